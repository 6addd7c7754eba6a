# METADATA
# title: No Receive connector of the Edge accepts Internet mail
# custom:
#   id: RC008
#   name: receive-edge-cannot-accept-internet-mail
#   severity: error
#   paths: [internet-to-edge-smtp]
#   statements: [S09]
#   needs: [Get-ReceiveConnector, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: エッジ トランスポート サーバーのどの受信コネクタもインターネットのメールを受け付けない
#   message:
#     en: "No receive connector of Edge Transport server {edge} accepts mail from the Internet: {reasons}"
#     ja: "エッジ トランスポート サーバー {edge} の受信コネクタは、いずれもインターネットからのメールを受け付けません: {reasons}"
#   fix:
#     en: "Give one connector on port 25 what strangers need:\nSet-ReceiveConnector \"{connector}\" -Enabled $true -Bindings 0.0.0.0:25 -RemoteIPRanges 0.0.0.0-255.255.255.255 -RequireTLS $false -PermissionGroups AnonymousUsers,ExchangeServers,Partners"
#     ja: "25 番ポートのコネクタの 1 つを、外部の送信者が使えるように設定します:\nSet-ReceiveConnector \"{connector}\" -Enabled $true -Bindings 0.0.0.0:25 -RemoteIPRanges 0.0.0.0-255.255.255.255 -RequireTLS $false -PermissionGroups AnonymousUsers,ExchangeServers,Partners"
#   undecided:
#     en: "Whether Edge Transport server {edge} accepts mail from the Internet could not be decided"
#     ja: "エッジ トランスポート サーバー {edge} がインターネットからのメールを受け付けるかどうかを判定できません"
#   labels:
#     disabled: {en: "disabled", ja: "無効"}
#     other-port: {en: "not on port 25", ja: "25 番ポート以外"}
#     no-anonymous: {en: "not for anonymous senders", ja: "匿名の送信者は対象外"}
#     requires-tls: {en: "TLS is required, which strangers need not do", ja: "TLS が必須 (外部の送信者は対応していないことがあります)"}
#     range: {en: "not for addresses of the Internet", ja: "インターネットのアドレスは対象外"}
#     no-connectors: {en: "no receive connector of {edge} is among the exports", ja: "エクスポートに {edge} の受信コネクタがありません"}
#   references:
#     - aa996395(v=exchg.80)
#     - bb125139(v=exchg.80)
package exlint.rules.receive_edge_cannot_accept_internet_mail

import rego.v1

import data.exlint.lib.connectors
import data.exlint.lib.estate
import data.exlint.lib.properties
import data.exlint.lib.verdicts

read := ["Enabled", "Bindings", "PermissionGroups", "RequireTLS", "RemoteIPRanges"]

# Edges that the Internet may reach as far as the firewalls go.
edges contains edge if {
	some server in input.servers
	edge := server.name
	"edge" in server.roles
	estate.in_service(edge)
	not blocked(edge)
}

# What no packet reaches is FR001's business.
blocked(edge) if {
	some flow in input.flows
	flow.path == "internet-to-edge-smtp"
	flow.destination == edge
	flow.verdict == "deny"
}

# What in a connector keeps the senders of the Internet out.
obstacle(connector, "Enabled") := "disabled" if connector.properties.Enabled == false

obstacle(connector, "Bindings") := "other-port" if {
	properties.values(connector, "Bindings")
	not "25" in connectors.ports(connector)
}

obstacle(connector, "PermissionGroups") := "no-anonymous" if {
	groups := connectors.groups(connector)
	every group in ["AnonymousUsers", "Custom"] { not group in groups }
}

obstacle(connector, "RequireTLS") := "requires-tls" if connector.properties.RequireTLS == true

obstacle(connector, "RemoteIPRanges") := "range" if {
	properties.values(connector, "RemoteIPRanges")
	not connectors.internet(connector)
}

obstacles(connector) := [name | some name in read; obstacle(connector, name)]

# Connectors of an Edge, with all that is wrong with each.
of[edge] contains known if {
	some edge in edges
	some connector in connectors.of[edge]
	known := {"connector": connector, "obstacles": obstacles(connector)}
}

closed(edge) if {
	every known in of[edge] { known.obstacles != [] }
}

# A relay of somebody else may stand in front where private networks may send.
severity(edge) := "warning" if {
	some known in of[edge]
	known.obstacles == ["RemoteIPRanges"]
	connectors.audience(known.connector) != "loopback"
} else := "error"

findings contains finding if {
	some edge, unordered in of
	closed(edge)
	all := [known | some name in sort({k.connector.identity | some k in unordered}); some known in unordered; known.connector.identity == name]
	places := [place |
		some known in all
		some place in properties.places(known.connector, [[name, obstacle(known.connector, name)] | some name in known.obstacles])
	]
	finding := object.union(verdicts.shown(places), {
		"severity": severity(edge),
		"args": {"edge": edge, "reasons": [sprintf("%s (%s)", [k.connector.identity, concat(", ", k.obstacles)]) | some k in all], "connector": all[0].connector.identity},
		"subject": edge,
	})
}

undecided contains case if {
	some edge, all in of
	unclear := [k.connector | some k in all; k.obstacles == []; not properties.known(k.connector, read)]
	count(unclear) > 0
	count([k | some k in all; k.obstacles == []]) == count(unclear)
	case := object.union(connectors.doubtful(unclear[0], read), {"args": {"edge": edge}})
}

undecided contains case if {
	some edge in edges
	not of[edge]
	case := {
		"at": [estate.servers[edge].at.self],
		"why": [{"key": "no-connectors", "args": {"edge": edge}}],
		"needs": properties.export("Get-ReceiveConnector"),
		"args": {"edge": edge},
		"subject": edge,
	}
}
