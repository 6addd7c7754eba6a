# METADATA
# title: Receive connectors keep another Exchange server out
# custom:
#   id: RC011
#   name: receive-range-excludes-peer
#   severity: error
#   paths: [hub-to-hub-smtp, edge-to-hub-smtp, hub-to-edge-smtp, um-to-hub-smtp]
#   statements: [S04]
#   needs: [Get-ReceiveConnector, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: 受信コネクタがほかの Exchange サーバーを締め出している
#   message:
#     en: "Receive connector \"{connector}\" takes the sessions of {peers} away from the connector that servers authenticate to: its ranges are narrower, and it has no ExchangeServer"
#     ja: "受信コネクタ「{connector}」は範囲が狭いため、{peers} からの接続がサーバー認証用のコネクタではなくこちらに割り当てられますが、ExchangeServer がありません"
#   fix:
#     en: "Leave the addresses of Exchange servers out of its ranges ({addresses}):\nSet-ReceiveConnector \"{connector}\" -RemoteIPRanges <the application's hosts>"
#     ja: "範囲から Exchange サーバーのアドレス ({addresses}) を除きます:\nSet-ReceiveConnector \"{connector}\" -RemoteIPRanges <アプリケーションのホスト>"
#   undecided:
#     en: "Which receive connector of {server} the other Exchange servers meet could not be decided"
#     ja: "ほかの Exchange サーバーが {server} のどの受信コネクタに接続するかを判定できません"
#   labels:
#     reach: {en: "the narrowest ranges around them", ja: "これらを含む最も狭い範囲"}
#     mechanism: {en: "ExchangeServer is missing", ja: "ExchangeServer がありません"}
#     no-address: {en: "no address of {peer} is known", ja: "{peer} のアドレスが不明です"}
#   variants:
#     excluded:
#       message:
#         en: "No receive connector of {server} accepts {peers} on port 25"
#         ja: "{server} の受信コネクタは、いずれも 25 番ポートで {peers} を受け付けません"
#       fix:
#         en: "Let the connector for servers accept them ({addresses}):\nSet-ReceiveConnector \"{connector}\" -RemoteIPRanges 0.0.0.0-255.255.255.255"
#         ja: "サーバー用のコネクタで受け付けます ({addresses}):\nSet-ReceiveConnector \"{connector}\" -RemoteIPRanges 0.0.0.0-255.255.255.255"
#   references:
#     - bb125139(v=exchg.80)
#     - aa996395(v=exchg.80)
package exlint.rules.receive_range_excludes_peer

import rego.v1

import data.exlint.lib.addresses
import data.exlint.lib.connectors
import data.exlint.lib.estate
import data.exlint.lib.properties
import data.exlint.lib.verdicts

# Connectors that may get sessions on port 25, by server.
listening[server] contains connector if {
	some server, all in connectors.of
	estate.in_service(server)
	count({"hub", "edge"} & {role | some role in estate.servers[server].roles}) > 0
	some connector in all
	connectors.listens(connector) != "no"
	not elsewhere(connector)
}

elsewhere(connector) if {
	properties.values(connector, "Bindings")
	not "25" in connectors.ports(connector)
}

elsewhere(connector) if connectors.audience(connector) == "loopback"

elsewhere(connector) if connectors.frontend(connector)

# Servers where it makes a difference who comes: the others have a connector
# for everyone, and only such that servers can authenticate to.
choosy contains server if {
	some server, all in listening
	some connector in all
	not general(connector)
}

general(connector) if {
	connectors.everyone(connector)
	"ExchangeServer" in connectors.mechanisms(connector)
}

# Who must reach a server.
peer(server, name) if {
	estate.has_role(server, "hub")
	estate.has_role(name, "hub")
	name != server
}

peer(server, name) if {
	estate.has_role(server, "edge")
	estate.has_role(name, "hub")
	estate.serves(name, server)
}

peer(server, name) if {
	estate.has_role(server, "hub")
	estate.has_role(name, "edge")
	estate.serves(server, name)
}

peer(server, name) if {
	estate.has_role(server, "hub")
	estate.has_role(name, "um")
	name != server
	estate.site(name) == estate.site(server)
}

# Servers that mail comes from.
senders := {server.name | some server in input.servers; count({"hub", "edge", "um"} & {role | some role in server.roles}) > 0; estate.in_service(server.name)}

points contains point if {
	some name in senders
	some address in estate.servers[name].addresses
	number := addresses.number(address.ip)
	point := {"peer": name, "ip": address.ip, "number": number, "at": address.at}
}

# Ranges of the connectors of a choosy server, as numbers: many are compared.
spans[server] contains span if {
	some server in choosy
	sure(server)
	some connector in listening[server]
	some range in properties.values(connector, "RemoteIPRanges")
	ends := addresses.bounds(range)
	exchange := [name | some name in connectors.mechanisms(connector); name == "ExchangeServer"]
	span := {"low": ends[0], "high": ends[1], "width": ends[1] - ends[0], "connector": connector.identity, "exchange": count(exchange)}
}

# Who ends up at a connector without ExchangeServer: the narrowest range around
# an address gets the session.
captured[connector] contains known if {
	some server, all in spans
	some span in all
	span.exchange == 0
	some known in points
	span.low <= known.number
	known.number <= span.high
	peer(server, known.peer)
	not narrower(all, known.number, span.width)
	connector := span.connector
}

narrower(all, number, width) if {
	some span in all
	span.width < width
	span.low <= number
	number <= span.high
}

# Who ends up nowhere.
excluded[server] contains known if {
	some server, all in spans
	unattributed == []
	every connector in listening[server] { not connectors.everyone(connector) }
	some known in points
	peer(server, known.peer)
	not narrower(all, known.number, 4294967296)
}

# Connectors of which nobody knows the server.
unattributed := [connector | some connector in connectors.receive; not connector.server]

# Whether everything is known that decides.
sure(server) if {
	every connector in listening[server] { properties.known(connector, read) }
}

read := ["Enabled", "Bindings", "RemoteIPRanges", "AuthMechanism"]

arguments(server, all) := {"server": server, "peers": sort({known.peer | some known in all}), "addresses": sort({known.ip | some known in all})}

places(all) := [verdicts.place(known.at, {"key": "address-of", "args": {"server": known.peer}}) | some known in all]

findings contains finding if {
	some server, _ in spans
	some connector in listening[server]
	all := captured[connector.identity]
	own := properties.places(connector, [["RemoteIPRanges", "reach"], ["AuthMechanism", "mechanism"]])
	args := object.union(arguments(server, all), {"connector": connector.identity})
	finding := object.union(verdicts.shown(array.concat(own, places(all))), {"args": args, "subject": connector.identity})
}

findings contains finding if {
	some server, all in excluded
	own := [place | some connector in listening[server]; some place in properties.places(connector, [["RemoteIPRanges", "reach"]])]
	args := object.union(arguments(server, all), {"connector": sort({c.identity | some c in listening[server]})[0]})
	finding := object.union(verdicts.shown(array.concat(own, places(all))), {"variant": "excluded", "args": args, "subject": server})
}

undecided contains case if {
	some server in choosy
	some connector in listening[server]
	not properties.known(connector, read)
	count({name | some name in senders; peer(server, name)}) > 0
	case := object.union(connectors.doubtful(connector, read), {"args": {"server": server}})
}

undecided contains case if {
	some server, _ in spans
	some name in senders
	estate.servers[name].addresses == []
	peer(server, name)
	needs := estate.doubt({name}, [{"key": "no-address", "args": {"peer": name}}], [sprintf("Get-NetworkConnectionInfo %s | fl *", [upper(name)])])
	case := object.union(needs, {"at": [estate.servers[name].at.self], "args": {"server": server}, "subject": sprintf("%s: %s", [server, name])})
}
