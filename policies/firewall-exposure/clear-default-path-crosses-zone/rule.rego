# METADATA
# title: A path that nothing encrypts by default crosses networks
# custom:
#   id: FU003
#   name: clear-default-path-crosses-zone
#   severity: warning
#   paths: [ccr-scr-log-shipping, ccr-scr-seeding, legacy-backup, clustering, admin-smb, admin-remote-registry, cas-to-legacy-mailbox, vss-backup]
#   statements: [S56]
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: 既定で暗号化されない経路がネットワークをまたいでいる
#   message:
#     en: "What passes {firewall} from {sources} to {destinations} is not encrypted by default, and no IPsec is declared ({paths}: {services})"
#     ja: "{sources} から {destinations} への通信 ({paths}: {services}) が平文で {firewall} を越えています。既定では暗号化されず、IPsec も宣言されていません"
#   fix:
#     en: "Protect {sources} and {destinations} with IPsec and declare it as an [[encrypted_link]], or keep both in one network and close \"{rule}\" on {firewall}"
#     ja: "{sources} と {destinations} の間を IPsec で保護して [[encrypted_link]] として宣言するか、両者を 1 つのネットワークに置いて {firewall} の「{rule}」を閉じます"
#   undecided:
#     en: "Whether {paths} from {sources} to {destinations} crosses networks in clear text could not be decided"
#     ja: "{sources} から {destinations} への {paths} が平文でネットワークをまたぐかどうかを判定できません"
#   labels:
#     may-encrypt: {en: "whether the tunnel of {firewall} carries these packets is not known", ja: "{firewall} のトンネルがこのパケットを運ぶかどうか不明です"}
#   references:
#     - bb331973(v=exchg.80)
package exlint.rules.clear_default_path_crosses_zone

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.replication
import data.exlint.lib.required
import data.exlint.lib.verdicts

copied := {"ccr-scr-log-shipping", "ccr-scr-seeding"}

paths := {
	"ccr-scr-log-shipping", "ccr-scr-seeding", "legacy-backup", "clustering",
	"admin-smb", "admin-remote-registry", "cas-to-legacy-mailbox", "vss-backup",
}

flows := [flow |
	some flow in required.of(paths)
	flow.verdict in {"permit", "partial", "inconclusive"}
	count(flow.firewalls) > 0
	runs(flow)
	count(zones(flow.source) & zones(flow.destination)) == 0
	not kind_of(object.get(flow, "effects", []))
]

# Copies run between partners alone; the other paths between all that have the roles.
runs(flow) if not flow.path in copied

runs(flow) if replication.partners(flow)

zones(name) := {address.zone | some address in estate.servers[name].addresses} if estate.servers[name]

zones(name) := {name} if not estate.servers[name]

kind_of(effects) if {
	some effect in effects
	effect.kind == "encrypted"
}

hidden(flow) if kind_of(object.get(flow, "possible_effects", []))

# Ports that RPC assigns carry nothing while the endpoint mapper is closed.
begun(flow) if flow.need != "negotiated"

begun(flow) if not [flow.path, flow.source, flow.destination] in unopened

unopened := {[flow.path, flow.source, flow.destination] | some flow in required.with_verdict(required.of(paths), {"deny"}); flow.need != "negotiated"}

clear := [flow | some flow in required.with_verdict(flows, {"permit", "partial"}); not hidden(flow); begun(flow)]

arguments(group) := {
	"sources": required.sources(group),
	"destinations": required.destinations(group),
	"services": required.services(group),
	"paths": sort({flow.path | some flow in group}),
}

subject(group) := sprintf("%s -> %s", [concat(", ", required.sources(group)), concat(", ", required.destinations(group))])

# The rules that let it pass, each a cause.
permits(flow) := [d | some d in flow.decided_by; d.action == "permit"]

passes(flow) := [d.at | some d in permits(flow)]

places(group) := verdicts.unique([place |
	some flow in array.slice(group, 0, required.most_shown)
	some place in array.concat([verdicts.place(d.at, d.label) | some d in permits(flow)], verdicts.grounds(flow))
])

findings contains found if {
	some rules in {passes(flow) | some flow in clear}
	group := [flow | some flow in clear; passes(flow) == rules]
	rule := permits(group[0])[0]
	args := object.union(arguments(group), {"firewall": rule.firewall, "rule": rule.rule})
	finding := object.union(verdicts.finding(group[0], args, subject(group)), verdicts.shown(places(group)))
	found := object.union(finding, {"expected": "encrypted", "paths": arguments(group).paths, "flows": verdicts.keys(group)})
}

undecided contains case if {
	open := [flow | some flow in flows; doubt(flow)]
	some end in {flow.destination | some flow in open}
	group := [flow | some flow in open; flow.destination == end]
	case := object.union(required.doubtful(group, arguments(group), subject(group)), tunnels(group))
}

doubt(flow) if flow.verdict == "inconclusive"

doubt(flow) if hidden(flow)

tunnels(group) := {"why": why} if {
	why := [{"key": "may-encrypt", "args": {"firewall": verdicts.firewall(flow)}} | some flow in group; hidden(flow)]
	count(why) > 0
} else := {}
