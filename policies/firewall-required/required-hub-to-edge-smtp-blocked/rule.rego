# METADATA
# title: SMTP from a Hub Transport server to its Edge Transport server is blocked
# custom:
#   id: FR003
#   name: required-hub-to-edge-smtp-blocked
#   severity: error
#   paths: [hub-to-edge-smtp]
#   statements: [S04]
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: ハブ トランスポート サーバーからエッジ トランスポート サーバーへの SMTP がブロックされている
#   message:
#     en: "Hub Transport server {hub} cannot send to its Edge Transport server {edge}: {firewall} denies {service}"
#     ja: "ハブ トランスポート サーバー {hub} がエッジ トランスポート サーバー {edge} へ送信できません。{firewall} が {service} を拒否しています"
#   fix:
#     en: "On {firewall}, permit {hub} to {edge} on tcp/25, {place}{lines}"
#     ja: "{firewall} で、{hub} から {edge} への tcp/25 を{place}許可します{lines}"
#   undecided:
#     en: "Whether {hub} must and can send to {edge} on {service} could not be decided"
#     ja: "{hub} が {service} で {edge} へ送信する必要があるか、送信できるかを判定できません"
#   references:
#     - bb331973(v=exchg.80)
#     - bb232180(v=exchg.80)
package exlint.rules.required_hub_to_edge_smtp_blocked

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.properties
import data.exlint.lib.verdicts

flows contains flow if {
	some flow in input.flows
	flow.path == "hub-to-edge-smtp"
	flow.service == "tcp/25"
	estate.in_service(flow.source)
	estate.in_service(flow.destination)
}

# With a subscription, the Hubs of its site send; without one, those that a
# Send connector names.
sends(hub, edge) if {
	estate.surely_serves(hub, edge)
}

sends(hub, edge) if {
	estate.subscribed(edge) == "no"
	some connector in object.get(input.objects, "Get-SendConnector", [])
	not connector.properties.Enabled == false
	some smart_host in properties.values(connector, "SmartHosts")
	trim(lower(smart_host), "[]") in estate.names(edge)
	some source in properties.values(connector, "SourceTransportServers")
	lower(source) == hub
}

findings contains finding if {
	some flow in flows
	flow.works == "no"
	sends(flow.source, flow.destination)
	args := {"hub": flow.source, "edge": flow.destination}
	found := verdicts.finding(flow, args, sprintf("%s -> %s", [flow.source, flow.destination]))
	places := array.concat(verdicts.places(flow), estate.subscription_places(flow.destination))
	finding := object.union(object.union(found, verdicts.shown(places)), {"expected": "permit"})
}

undecided contains case if {
	some flow in flows
	args := {"hub": flow.source, "edge": flow.destination}
	needs := missing(flow)
	case := object.union(verdicts.undecided(flow, args, flow.destination), needs)
}

missing(flow) := estate.unplaced(flow.source, flow.destination) if {
	flow.works != "yes"
	not sends(flow.source, flow.destination)
	estate.may_serve(flow.source, flow.destination)
} else := {} if {
	flow.works == "unknown"
	sends(flow.source, flow.destination)
}
