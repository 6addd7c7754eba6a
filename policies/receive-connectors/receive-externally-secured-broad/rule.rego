# METADATA
# title: Receive connector trusts a whole network as externally secured
# custom:
#   id: RC003
#   name: receive-externally-secured-broad
#   severity: error
#   paths: [smtp-client-to-hub]
#   statements: [S09]
#   needs: [Get-ReceiveConnector]
#   versions: ["8", "14", "15"]
#   title.ja: 受信コネクタがネットワーク全体を外部で保護済みとみなしている
#   message:
#     en: "Receive connector \"{connector}\" takes everything from {ranges} for mail of the organization's own servers{strangers}"
#     ja: "受信コネクタ「{connector}」は {ranges} からのメールをすべて、組織内のサーバーからのものとして扱います{strangers}"
#   fix:
#     en: "Name the hosts whose traffic IPsec or a VPN protects, one by one, and nothing else:\nSet-ReceiveConnector \"{connector}\" -RemoteIPRanges <host>,<host>"
#     ja: "IPsec または VPN で保護されたホストだけを 1 台ずつ指定します:\nSet-ReceiveConnector \"{connector}\" -RemoteIPRanges <host>,<host>"
#   undecided:
#     en: "Whether receive connector \"{connector}\" trusts more than a few protected hosts could not be decided"
#     ja: "受信コネクタ「{connector}」が保護された少数のホスト以外も信頼しているかどうかを判定できません"
#   labels:
#     mechanism: {en: "no authentication, no checks", ja: "認証も検査も行いません"}
#     reach: {en: "for everyone here", ja: "この範囲の全員が対象です"}
#     groups: {en: "with the rights of Exchange servers", ja: "Exchange サーバーと同じ権限を与えます"}
#     stranger: {en: "{name} is among them", ja: "{name} を含みます"}
#     among: {en: "; among them {names}", ja: " ({names} を含みます)"}
#     nobody: {en: "", ja: ""}
#   references:
#     - bb125139(v=exchg.80)
#     - aa996395(v=exchg.80)
package exlint.rules.receive_externally_secured_broad

import rego.v1

import data.exlint.lib.addresses
import data.exlint.lib.connectors
import data.exlint.lib.properties
import data.exlint.lib.verdicts

read := ["Enabled", "AuthMechanism", "PermissionGroups", "RemoteIPRanges"]

# Connectors that trust without authentication, or may.
trusting contains connector if {
	some connector in connectors.receive
	connectors.listens(connector) != "no"
	"ExternalAuthoritative" in connectors.mechanisms(connector)
	connectors.audience(connector) != "loopback"
	not harmless(connector)
}

harmless(connector) if {
	groups := connectors.groups(connector)
	not "ExchangeServers" in groups
}

# Whom it should not trust: networks of others, and hosts that pass on what
# comes from others.
strangers(connector) := {stranger |
	some range in properties.values(connector, "RemoteIPRanges")
	some stranger in within(range)
}

within(range) := {{"name": "internet", "at": []} | addresses.public(range); not connectors.host(range)} | {{"name": zone.name, "at": [zone.at.self]} |
	some zone in input.zones
	zone["class"] in {"internet", "perimeter", "client", "voice", "partner"}
	some network in zone.networks
	not addresses.everything(network)
	not connectors.host(range)
	addresses.overlap(range, network)
} | {{"name": server.name, "at": [address.at]} |
	some server in input.servers
	"reverse-proxy" in server.roles
	some address in server.addresses
	addresses.holds(range, address.ip)
}

wide(_, names) if count(names) > 0

wide(connector, _) if connectors.audience(connector) == "networks"

severity(names) := "error" if count(names) > 0

severity(names) := "warning" if count(names) == 0

findings contains finding if {
	some connector in trusting
	properties.known(connector, read)
	among := strangers(connector)
	names := {stranger.name | some stranger in among}
	wide(connector, names)
	grounds := sort({verdicts.place(at, {"key": "stranger", "args": {"name": stranger.name}}) | some stranger in among; some at in stranger.at})
	pairs := [["RemoteIPRanges", "reach"], ["AuthMechanism", "mechanism"], ["PermissionGroups", "groups"]]
	finding := object.union(verdicts.shown(array.concat(properties.places(connector, pairs), grounds)), {
		"severity": severity(names),
		"args": {"connector": connector.identity, "ranges": connectors.ranges(connector), "strangers": list(names)},
		"subject": connector.identity,
		"actual": connectors.ranges(connector),
		"extent": properties.values(connector, "RemoteIPRanges"),
	})
}

list(names) := {"key": "among", "args": {"names": concat(", ", sort(names))}} if count(names) > 0

list(names) := {"key": "nobody"} if count(names) == 0

undecided contains case if {
	some connector in trusting
	not properties.known(connector, read)
	case := connectors.doubtful(connector, read)
}

undecided contains case if {
	some connector in connectors.unstated
	case := connectors.doubtful(connector, read)
}
