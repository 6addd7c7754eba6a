# METADATA
# title: Receive connector listens on an address that its server does not have
# custom:
#   id: RC012
#   name: receive-binding-not-local
#   severity: error
#   paths: []
#   statements: []
#   needs: [Get-ReceiveConnector]
#   versions: ["8", "14", "15"]
#   title.ja: 受信コネクタがサーバーにないアドレスで待ち受けている
#   message:
#     en: "Receive connector \"{connector}\" is bound to {address}, which is no address of {server}: it cannot listen there"
#     ja: "受信コネクタ「{connector}」は {address} に割り当てられていますが、{server} のアドレスではないため待ち受けできません"
#   fix:
#     en: "Bind it to an address that the server has, or to all of them:\nSet-ReceiveConnector \"{connector}\" -Bindings 0.0.0.0:{port}"
#     ja: "サーバーのアドレス、またはすべてのアドレスに割り当てます:\nSet-ReceiveConnector \"{connector}\" -Bindings 0.0.0.0:{port}"
#   undecided:
#     en: "Whether {server} has the address {address} of receive connector \"{connector}\" could not be decided"
#     ja: "受信コネクタ「{connector}」のアドレス {address} を {server} が持つかどうかを判定できません"
#   labels:
#     listens: {en: "bound to {address}", ja: "割り当て先: {address}"}
#     no-addresses: {en: "no address of {server} is known", ja: "{server} のアドレスが不明です"}
#   references:
#     - bb125139(v=exchg.80)
package exlint.rules.receive_binding_not_local

import rego.v1

import data.exlint.lib.addresses
import data.exlint.lib.connectors
import data.exlint.lib.estate
import data.exlint.lib.properties
import data.exlint.lib.verdicts

# Bindings to one address, of connectors that are not switched off.
bound contains known if {
	some connector in connectors.receive
	connectors.listens(connector) != "no"
	some binding in properties.values(connector, "Bindings")
	parts := split(binding, ":")
	count(parts) == 2
	address := parts[0]
	addresses.number(address)
	address != "0.0.0.0"
	not connectors.loopback(address)
	server := object.get(connector, "server", "")
	not address in listed(server)
	own := known_addresses(server)
	not address in {a.ip | some a in own}
	known := {"connector": connector, "address": address, "port": parts[1], "server": server, "own": own}
}

# Addresses of a server that something else than a binding tells.
known_addresses(name) := [a | some a in object.get(estate.servers, name, {"addresses": []}).addresses; not by_binding(name, a.at)]

by_binding(name, at) if {
	some connector in connectors.of[name]
	inner := split(at, ":")
	outer := split(connector.at.Bindings, ":")
	inner[0] == outer[0]
	to_number(outer[1]) <= to_number(inner[1])
	to_number(inner[2]) <= to_number(outer[2])
}

# Only the server itself can list all of its addresses.
lists(name) := [object_ | some object_ in object.get(input.objects, "Get-NetworkConnectionInfo", []); object_.server == name]

listed(name) := {ip | some object_ in lists(name); some ip in properties.values(object_, "IPAddresses")}

certainty(name) := {} if {
	count(lists(name)) > 0
} else := {"certainty": "derived", "weak": sprintf("%s may have more addresses than are known", [name])}

arguments(known) := {"connector": known.connector.identity, "address": known.address, "port": known.port, "server": known.server}

findings contains found if {
	some known in bound
	connectors.listens(known.connector) == "yes"
	count(known.own) > 0
	own := verdicts.place(known.connector.at.Bindings, {"key": "listens", "args": {"address": known.address}})
	places := [verdicts.place(a.at, {"key": "address-of", "args": {"server": known.server}}) | some a in known.own]
	finding := object.union(verdicts.shown(array.concat([own], places)), {
		"args": arguments(known),
		"subject": sprintf("%s: %s", [known.connector.identity, known.address]),
		"expected": concat(", ", [a.ip | some a in known.own]),
		"actual": known.address,
	})
	found := verdicts.graded(finding, certainty(known.server))
}

undecided contains case if {
	some known in bound
	count(known.own) == 0
	name := known.server
	needs := estate.doubt({name}, [{"key": "no-addresses", "args": {"server": name}}], [sprintf("Get-NetworkConnectionInfo %s | fl *", [upper(name)])])
	case := object.union(needs, {"at": [known.connector.at.Bindings], "args": arguments(known), "subject": known.connector.identity})
}

undecided contains case if {
	some known in bound
	count(known.own) > 0
	connectors.listens(known.connector) == "unknown"
	case := object.union(connectors.doubtful(known.connector, ["Enabled"]), {"args": arguments(known)})
}
