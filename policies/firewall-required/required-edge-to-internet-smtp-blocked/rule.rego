# METADATA
# title: SMTP from the Edge Transport server to the Internet is blocked
# custom:
#   id: FR002
#   name: required-edge-to-internet-smtp-blocked
#   severity: error
#   paths: [edge-to-internet-smtp, edge-to-edge-smtp]
#   statements: [S10]
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: エッジ トランスポート サーバーからインターネットへの SMTP がブロックされている
#   message:
#     en: "Edge Transport server {edge} finds its receivers by DNS ({connectors}), but {firewall} denies it {service} to the Internet"
#     ja: "エッジ トランスポート サーバー {edge} は DNS で宛先を探して送信しますが ({connectors})、{firewall} がインターネットへの {service} を拒否しています"
#   fix:
#     en: "On {firewall}, permit {edge} to any destination on tcp/25, {place}{lines}"
#     ja: "{firewall} で、{edge} から任意の宛先への tcp/25 を{place}許可します{lines}"
#   undecided:
#     en: "Whether {edge} must and can send to the Internet on {service} could not be decided"
#     ja: "{edge} が {service} でインターネットへ送信する必要があるか、送信できるかを判定できません"
#   labels:
#     routed-by-dns: {en: "{connector} finds the next hop by DNS", ja: "{connector} は DNS で次の宛先を探します"}
#     no-send-connector-export: {en: "no output of Get-SendConnector tells how mail leaves {server}", ja: "Get-SendConnector の出力がないため、{server} がメールをどう送信するか不明です"}
#   references:
#     - bb331973(v=exchg.80)
package exlint.rules.required_edge_to_internet_smtp_blocked

import rego.v1

import data.exlint.lib.outbound
import data.exlint.lib.required
import data.exlint.lib.verdicts

flows := [flow | some flow in required.of({"edge-to-internet-smtp"}); flow.service == "tcp/25"]

findings contains found if {
	some flow in required.with_works(flows, {"no"})
	outbound.dns(flow.source) == "yes"
	connectors := sort({connector.identity | some connector in outbound.by_dns(flow.source)})
	found := required.blocked_as([flow], {"edge": flow.source, "connectors": connectors}, flow.source, outbound.places(flow.source))
}

undecided contains case if {
	some flow in flows
	case := object.union(verdicts.undecided(flow, {"edge": flow.source}, flow.source), missing(flow))
}

missing(flow) := outbound.unlisted(flow.source) if {
	flow.works in {"no", "unknown"}
	outbound.dns(flow.source) == "unknown"
} else := {} if {
	flow.works == "unknown"
	outbound.dns(flow.source) == "yes"
}
