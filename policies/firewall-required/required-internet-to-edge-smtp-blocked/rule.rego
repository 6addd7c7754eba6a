# METADATA
# title: SMTP from the Internet to the Edge Transport server is blocked
# custom:
#   id: FR001
#   name: required-internet-to-edge-smtp-blocked
#   severity: error
#   paths: [internet-to-edge-smtp, edge-to-edge-smtp]
#   statements: [S09]
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: インターネットからエッジ トランスポート サーバーへの SMTP がブロックされている
#   message:
#     en: "Internet mail cannot reach Edge Transport server {edge}: {firewall} denies {service} to it"
#     ja: "インターネットからのメールがエッジ トランスポート サーバー {edge} に届きません。{firewall} が {service} を拒否しています"
#   fix:
#     en: "On {firewall}, permit any source to {edge} on tcp/25, {place}{lines}"
#     ja: "{firewall} で、任意の送信元から {edge} への tcp/25 を{place}許可します{lines}"
#   undecided:
#     en: "Whether Internet mail reaches {edge} on {service} could not be decided"
#     ja: "インターネットからのメールが {service} で {edge} に届くかどうかを判定できません"
#   references:
#     - bb331973(v=exchg.80)
package exlint.rules.required_internet_to_edge_smtp_blocked

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.verdicts

flows contains flow if {
	some flow in input.flows
	flow.path == "internet-to-edge-smtp"
	flow.service == "tcp/25"
	estate.in_service(flow.destination)
}

# Edges that Internet senders reach, be it from some addresses only.
reached contains edge if {
	some flow in flows
	flow.works == "yes"
	edge := flow.destination
}

# Another Edge takes the mail, and nobody declares that this one is published:
# it may have no MX record on purpose.
severity(edge) := {"severity": "note"} if {
	count(reached) > 0
	count(object.get(estate.servers[edge], "published", [])) == 0
} else := {}

findings contains finding if {
	some flow in flows
	flow.works == "no"
	not flow.destination in reached
	denied := object.union(verdicts.finding(flow, {"edge": flow.destination}, flow.destination), {"expected": "permit"})
	finding := object.union(denied, severity(flow.destination))
}

undecided contains case if {
	some flow in flows
	flow.works == "unknown"
	case := verdicts.undecided(flow, {"edge": flow.destination}, flow.destination)
}
