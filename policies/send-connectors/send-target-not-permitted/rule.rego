# METADATA
# title: Smart host of a Send connector is blocked
# custom:
#   id: SC007
#   name: send-target-not-permitted
#   severity: error
#   paths: [edge-to-internet-smtp, hub-to-edge-smtp]
#   statements: [S10]
#   needs: [firewall, Get-SendConnector, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: 送信コネクタのスマート ホストへの通信がブロックされている
#   message:
#     en: "{sources} cannot deliver through send connector \"{connector}\": {firewall} denies {service} to its smart host {host}"
#     ja: "{sources} は送信コネクタ「{connector}」で配信できません。{firewall} がスマート ホスト {host} への {service} を拒否しています"
#   fix:
#     en: "On {firewall}, permit {sources} to {host} on {service}, {place}; or give the connector a smart host that can be reached"
#     ja: "{firewall} で、{sources} から {host} への {service} を{place}許可します。または、到達できるスマート ホストをコネクタに指定します"
#   undecided:
#     en: "Whether {sources} reaches {host} on {service} for send connector \"{connector}\" could not be decided"
#     ja: "送信コネクタ「{connector}」の {sources} から {host} の {service} に到達できるかどうかを判定できません"
#   labels:
#     hosts: {en: "the smart host", ja: "スマート ホスト"}
#     sources: {en: "who sends", ja: "送信元"}
#     not-asked: {en: "no path of the catalogue leads from {source} to {host} on {service}", ja: "カタログに {source} から {host} への {service} の経路がありません"}
#     unresolved: {en: "nothing tells the address of {host}", ja: "{host} のアドレスが不明です"}
#     narrower: {en: "{firewall} passes a part of the Internet on {service} only", ja: "{firewall} が {service} で許可するのはインターネットの一部だけです"}
#   references:
#     - aa998294(v=exchg.80)
package exlint.rules.send_target_not_permitted

import rego.v1

import data.exlint.lib.addresses
import data.exlint.lib.estate
import data.exlint.lib.properties
import data.exlint.lib.sending
import data.exlint.lib.verdicts

# From which server which connector must reach which smart host, on which port.
deliveries contains delivery if {
	some connector in sending.connectors
	sending.sends(connector) == "yes"
	some host in sending.smart_hosts(connector)
	some source in sending.sources(connector)
	estate.in_service(source)
	not required(source, host)
	not neighbours(source, host)
	service := sprintf("tcp/%v", [object.get(connector.properties, "Port", "25")])
	delivery := {"connector": connector, "host": host, "source": source, "service": service}
}

# An Edge that the Hub serves by its subscription is FR003's business.
required(hub, host) if {
	some edge in sending.called[host]
	estate.has_role(hub, "hub")
	estate.has_role(edge, "edge")
	not estate.strangers(hub, edge)
}

# No firewall parts hosts of one network.
neighbours(source, host) if {
	some address in estate.servers[source].addresses
	some zone in input.zones
	zone.name == address.zone
	some network in zone.networks
	addresses.holds(network, sending.address(host))
}

# Flows from a server, by source.
from[source] contains flow if {
	sources := {d.source | some d in deliveries}
	some flow in input.flows
	flow.source in sources
	source := flow.source
}

# The flow that answers for a delivery: to the server that the host is, or to
# the whole Internet for a public address.
answers(delivery) := [flow |
	some flow in from[delivery.source]
	flow.service == delivery.service
	flow.destination in target(delivery.host)
]

target(host) := sending.called[host] if {
	sending.called[host]
} else := {"internet"} if {
	addresses.public(sending.address(host))
} else := set()

arguments(delivery) := {"connector": delivery.connector.identity, "host": delivery.host, "service": delivery.service}

blocked contains known if {
	some delivery in deliveries
	flows := answers(delivery)
	flows[0].verdict == "deny"
	known := {"delivery": delivery, "flow": flows[0]}
}

keys := {[known.delivery.connector.identity, known.delivery.host] | some known in blocked}

findings contains found if {
	some key in keys
	all := [known | some known in blocked; [known.delivery.connector.identity, known.delivery.host] == key]
	delivery := all[0].delivery
	args := object.union(arguments(delivery), {"sources": sort({known.delivery.source | some known in all})})
	finding := verdicts.finding(all[0].flow, args, sprintf("%s: %s", key))
	own := properties.places(delivery.connector, [["SmartHosts", "hosts"], ["SourceTransportServers", "sources"]])
	places := [place | some known in all; some place in verdicts.places(known.flow)]
	flows_ := [known.flow | some known in all]
	asked := object.union(witness(all[0]), {"expected": "permit", "flows": verdicts.keys(flows_)})
	found := object.union(object.union(finding, asked), verdicts.shown(verdicts.unique(array.concat(places, own))))
}

# The packet to this smart host, where the flow is about the whole Internet.
witness(known) := {"witness": object.union(known.flow.witness, {"destination": sending.address(known.delivery.host)})} if {
	known.flow.destination == "internet"
	known.flow.witness
} else := verdicts.witness(known.flow)

undecided contains case if {
	some delivery in deliveries
	flows := answers(delivery)
	flows[0].verdict == "inconclusive"
	args := object.union(arguments(delivery), {"sources": delivery.source})
	case := verdicts.undecided(flows[0], args, delivery.connector.identity)
}

# A part of the Internet, or no answer at all.
undecided contains case if {
	some delivery in deliveries
	why := unasked(delivery)
	case := {
		"at": properties.somewhere(delivery.connector, ["SmartHosts"]),
		"why": [why],
		"needs": asking(delivery),
		"args": object.union(arguments(delivery), {"sources": delivery.source}),
		"subject": sprintf("%s: %s", [delivery.connector.identity, delivery.host]),
	}
}

unasked(delivery) := {"key": "narrower", "args": {"firewall": concat(", ", flows[0].firewalls), "service": delivery.service}} if {
	flows := answers(delivery)
	flows[0].verdict == "partial"
}

unasked(delivery) := {"key": "unresolved", "args": {"host": delivery.host}} if {
	not sending.address(delivery.host)
}

unasked(delivery) := {"key": "not-asked", "args": {"source": delivery.source, "host": delivery.host, "service": delivery.service}} if {
	answers(delivery) == []
	sending.address(delivery.host)
}

asking(delivery) := [sprintf("exlint trace --from %s --to %s --service %s", [delivery.source, ip, delivery.service])] if {
	ip := sending.address(delivery.host)
} else := sending.placing({delivery.host})
