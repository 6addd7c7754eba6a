# METADATA
# title: A rule opens far more services of an Exchange server than its data paths use
# custom:
#   id: FH003
#   name: over-broad-service-to-exchange
#   severity: warning
#   paths: []
#   statements: [S32]
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: データ パスよりはるかに多くのサービスが Exchange サーバーへ開いている
#   message:
#     en: "\"{rule}\" on {firewall} opens {service} of {servers} to {source}{sensitive}"
#     ja: "{firewall} の「{rule}」により、{source} から {servers} の {service} が開いています{sensitive}"
#   fix:
#     en: "Name the ports in \"{rule}\" on {firewall}: those of the data paths between these machines (exlint paths --server NAME lists them)"
#     ja: "{firewall} の「{rule}」で、これらのマシン間のデータ パスのポートを明示します (exlint paths --server NAME で一覧できます)"
#   undecided:
#     en: "Whether a rule opens more services of {servers} than the data paths use could not be decided"
#     ja: "データ パスに必要な範囲を超えて {servers} のサービスを開いている規則があるかを判定できません"
#   labels:
#     no-address: {en: "no export tells an address of an Exchange server", ja: "Exchange サーバーのアドレスを示すエクスポートがありません"}
#     by-the-way: {en: ", {ports} by the way", ja: " ({ports} も含まれます)"}
#     nothing: {en: "", ja: ""}
#   references:
#     - bb331973(v=exchg.80)
package exlint.rules.over_broad_service_to_exchange

import rego.v1

import data.exlint.lib.exposures
import data.exlint.lib.permits

# Between Exchange servers, and between them and the directory, nothing is to be
# restricted (FS003): wide is right there.
wide contains permit if {
	some permit in permits.effective
	not permits.everything(permit)
	not permit.between_servers
	not at_home(permit)
	far(permit)
}

far(permit) if broad(permit.service)

# A rule for everything of which earlier ones leave less than FH001 asks for.
far(permit) if permit.rest

# Administration, and networks of servers that are let through whole.
at_home(permit) if {
	not permit.source.wide
	permit.classes == ["admin"]
}

at_home(permit) if {
	not permit.source.wide
	permit.classes == ["internal"]
	count(permits.started(permit)) > 0
}

broad(service) if service.any

broad(service) if count(service.all) > 0

broad(service) if count(service.sensitive) > 0

sensitive(service) := {"key": "by-the-way", "args": {"ports": concat(", ", service.sensitive)}} if {
	count(service.sensitive) > 0
} else := {"key": "nothing"}

# Whose sources may be such servers, of which nobody told the address: in a
# network of servers.
maybe_between(permit) if {
	not permit.source.any
	"internal" in permit.classes
	exposures.maybe_theirs(permit.strangers, exposures.peers)
}

findings contains found if {
	some permit in wide
	not maybe_between(permit)
	servers := permits.reached(permit)
	count(servers) > 0
	found := permits.finding(permit, servers, {"sensitive": sensitive(permit.service)})
}

undecided contains permits.undecided

undecided contains case if {
	untold := sort(exposures.placeless(exposures.peers))
	some firewall in {permit.firewall | some permit in wide; maybe_between(permit)}
	doubt := [permit | some permit in wide; permit.firewall == firewall; maybe_between(permit)]
	case := {
		"at": [permit.at | some permit in array.slice(doubt, 0, 3)],
		"why": [{"key": "address-untold", "args": {"servers": untold}}],
		"needs": sort({exposures.telling(name) | some name in untold}),
		"args": {"servers": sort({name | some permit in doubt; some name in permits.reached(permit)})},
		"subject": firewall,
	}
}
