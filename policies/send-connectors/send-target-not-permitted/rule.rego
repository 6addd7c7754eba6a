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
#     port: {en: "its port", ja: "ポート"}
#     no-server: {en: "nothing tells where {source} is", ja: "{source} の場所が不明です"}
#     no-port: {en: "the port of the connector is not known", ja: "コネクタのポートが不明です"}
#     not-asked: {en: "there are too many connectors to ask about each", ja: "コネクタが多すぎるため、すべては調べません"}
#     unresolved: {en: "nothing tells the address of {host}", ja: "{host} のアドレスが不明です"}
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
	some name in sending.sources(connector)
	source := called(name)
	estate.in_service(source)
	service := sprintf("tcp/%v", [port(connector)])
	not required(source, host, service)
	not neighbours(source, host)
	delivery := {"connector": connector, "host": host, "source": source, "service": service}
}

called(name) := min(sending.called[name]) if {
	sending.called[name]
} else := name

port(connector) := object.get(connector.properties, "Port", 25) if {
	not unported(connector)
} else := "?"

# The export has the port, and it cannot be read.
unported(connector) if connector.unknown.Port

unported(connector) if connector.properties.Port == null

# An Edge that the Hub serves by its subscription is FR003's business.
required(hub, host, "tcp/25") if {
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

# The ways of mail that are answered, by connector.
ways[connector] contains way if {
	some way in input.deliveries
	connector := way.connector
}

# The answer to a delivery; none where an end is not known.
answer(delivery) := way if {
	some way in ways[delivery.connector.at.self]
	way.source == delivery.source
	way.host == delivery.host
}

arguments(delivery) := {"connector": delivery.connector.identity, "host": delivery.host, "service": delivery.service}

blocked contains known if {
	some delivery in deliveries
	flow := answer(delivery)
	flow.works == "no"
	known := {"delivery": delivery, "flow": flow}
}

keys := {[known.delivery.connector.identity, known.delivery.host] | some known in blocked}

findings contains found if {
	some key in keys
	all := [known | some known in blocked; [known.delivery.connector.identity, known.delivery.host] == key]
	delivery := all[0].delivery
	args := object.union(arguments(delivery), {"sources": sort({known.delivery.source | some known in all})})
	finding := verdicts.finding(all[0].flow, args, sprintf("%s: %s", key))
	own := properties.places(delivery.connector, [["SmartHosts", "hosts"], ["Port", "port"], ["SourceTransportServers", "sources"]])
	places := [place | some known in all; some place in verdicts.places(known.flow)]
	flows_ := [known.flow | some known in all]
	asked := {"expected": "permit", "flows": verdicts.keys(flows_)}
	found := object.union(object.union(finding, asked), verdicts.shown(verdicts.unique(array.concat(places, own))))
}

undecided contains case if {
	some delivery in deliveries
	flow := answer(delivery)
	flow.works == "unknown"
	args := object.union(arguments(delivery), {"sources": delivery.source})
	case := verdicts.undecided(flow, args, delivery.connector.identity)
}

# No answer at all.
undecided contains case if {
	some delivery in deliveries
	not answer(delivery)
	case := {
		"at": properties.somewhere(delivery.connector, ["SmartHosts"]),
		"why": [missing(delivery)],
		"needs": asking(delivery),
		"args": object.union(arguments(delivery), {"sources": delivery.source}),
		"subject": sprintf("%s: %s", [delivery.connector.identity, delivery.host]),
	}
}

missing(delivery) := {"key": "no-port"} if {
	unported(delivery.connector)
} else := {"key": "unresolved", "args": {"host": delivery.host}} if {
	not sending.address(delivery.host)
} else := {"key": "no-server", "args": {"source": delivery.source}} if {
	not estate.servers[delivery.source]
} else := {"key": "not-asked"}

asking(delivery) := properties.export("Get-SendConnector") if {
	unported(delivery.connector)
} else := [sprintf("exlint trace --from %s --to %s --service %s", [delivery.source, ip, delivery.service])] if {
	ip := sending.address(delivery.host)
} else := sending.placing({delivery.host})
