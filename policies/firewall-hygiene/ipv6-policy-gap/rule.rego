# METADATA
# title: IPv6 to Exchange servers is open where IPv4 is filtered
# custom:
#   id: FH014
#   name: ipv6-policy-gap
#   severity: warning
#   paths: []
#   statements: []
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: IPv4 はフィルターされているのに、IPv6 が Exchange サーバーへ開いている
#   message:
#     en: "\"{rule}\" on {firewall} lets {source} reach {servers} over IPv6 on {service}; its IPv4 rules do not"
#     ja: "{firewall} の「{rule}」により、IPv6 では {source} から {servers} の {service} に到達できます。IPv4 の規則では許可されていません"
#   fix:
#     en: "Write the IPv4 rules for {servers} on {firewall} once more for IPv6, and take \"{rule}\" away"
#     ja: "{firewall} の {servers} に関する IPv4 の規則と同じものを IPv6 にも用意し、「{rule}」を削除します"
#   undecided:
#     en: "Which rules lead to {servers} could not be decided: no address of an Exchange server is known"
#     ja: "Exchange サーバーのアドレスが不明なため、どの規則が {servers} に及ぶかを判定できません"
#   labels:
#     no-address: {en: "no export tells an address of an Exchange server", ja: "Exchange サーバーのアドレスを示すエクスポートがありません"}
#   references:
#     - bb629624(v=exchg.80)
package exlint.rules.ipv6_policy_gap

import rego.v1

import data.exlint.lib.permits

# Broad rules, by the family of the packets that they can match.
broad(permit, family) if {
	permit.source.wide
	wide(permit.service)
	family in permit.source.families
	family in permit.destination.families
}

wide(service) if service.any

wide(service) if count(service.all) > 0

only_six(permit) if {
	broad(permit, "ipv6")
	not broad(permit, "ipv4")
}

# Servers that IPv4 packets reach on the same firewall just as freely.
as_open(firewall) := {name |
	some permit in permits.effective
	permit.firewall == firewall
	broad(permit, "ipv4")
	some name in permits.reached(permit)
}

findings contains found if {
	some permit in permits.effective
	only_six(permit)
	servers := permits.reached(permit) - as_open(permit.firewall)
	count(servers) > 0
	found := permits.finding(permit, servers, {})
}

undecided contains permits.undecided
