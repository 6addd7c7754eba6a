# METADATA
# title: Receive connector offers Windows logons to the Internet
# custom:
#   id: RC009
#   name: receive-integrated-auth-internet
#   severity: warning
#   paths: [internet-to-edge-smtp, smtp-client-to-hub]
#   statements: [S09, S60]
#   needs: [firewall, Get-ReceiveConnector, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: 受信コネクタがインターネットに Windows ログオンを提供している
#   message:
#     en: "{firewall} lets the Internet reach receive connector \"{connector}\" on {services}, where it can try logons with domain accounts ({offers})"
#     ja: "{firewall} により、インターネットから受信コネクタ「{connector}」に {services} で到達でき、ドメイン アカウントでのログオンを試行できます ({offers})"
#   fix:
#     en: "Let clients on the Internet submit through a connector of its own on port 587 with BasicAuthRequireTLS, or through a VPN, and take the rest away here:\nSet-ReceiveConnector \"{connector}\" -AuthMechanism {mechanisms} -PermissionGroups {groups}"
#     ja: "インターネット上のクライアントには、BasicAuthRequireTLS を使う 587 番ポート専用のコネクタか VPN を用意し、ここからは外します:\nSet-ReceiveConnector \"{connector}\" -AuthMechanism {mechanisms} -PermissionGroups {groups}"
#   undecided:
#     en: "Whether receive connector \"{connector}\" offers logons to the Internet could not be decided"
#     ja: "受信コネクタ「{connector}」がインターネットにログオンを提供しているかどうかを判定できません"
#   labels:
#     mechanism: {en: "what it offers", ja: "提供する認証方法"}
#     groups: {en: "who may submit", ja: "送信を許可されたグループ"}
#     listens: {en: "where it listens", ja: "待ち受けるアドレスとポート"}
#     narrower: {en: "the packets that are known to pass go to receive connector \"{connector}\", whose range is narrower; others may pass as well", ja: "通過するとわかっているパケットは、範囲のより狭い受信コネクタ「{connector}」に渡ります。ほかのパケットも通る可能性があります"}
#   references:
#     - bb125139(v=exchg.80)
#     - aa996395(v=exchg.80)
package exlint.rules.receive_integrated_auth_internet

import rego.v1

import data.exlint.lib.addresses
import data.exlint.lib.connectors
import data.exlint.lib.estate
import data.exlint.lib.properties
import data.exlint.lib.verdicts

read := ["Enabled", "AuthMechanism", "PermissionGroups", "Bindings", "RemoteIPRanges"]

# Ways from the Internet to mail ports of servers, by server.
ways[server] contains way if {
	some way in input.exposures
	way["class"] == "internet"
	way.service in {"tcp/25", "tcp/587"}
	server := way.destination
}

ways[server] contains way if {
	some way in input.flows
	way.path == "internet-to-edge-smtp"
	way.verdict != "deny"
	server := way.destination
}

# Connectors at the end of such a way that offer logons, or may.
offered contains known if {
	some server, all in ways
	estate.in_service(server)
	some connector in connectors.of[server]
	connectors.listens(connector) != "no"
	not local(connector)
	some way in all
	port := trim_prefix(way.service, "tcp/")
	at_port(connector, port)
	not plain(connector, port)
	known := {"connector": connector, "way": way}
}

local(connector) if {
	properties.values(connector, "RemoteIPRanges")
	not connectors.internet(connector)
}

at_port(connector, port) if port in connectors.ports(connector)

at_port(connector, _) if not properties.values(connector, "Bindings")

# Nothing to log on with; on the submission port, passwords after TLS are the rule.
plain(connector, port) if {
	mechanisms := connectors.mechanisms(connector)
	not "Integrated" in mechanisms
	not accounts(connector, port)
}

accounts(connector, port) if {
	port == "25"
	not without_users(connector)
}

without_users(connector) if {
	groups := connectors.groups(connector)
	not "ExchangeUsers" in groups
}

# The connector with the narrowest range around a sender gets the session: one
# that takes the packets which are known to pass.
taken(known) := [other.identity |
	some other in connectors.of[known.connector.server]
	connectors.listens(other) == "yes"
	trim_prefix(known.way.service, "tcp/") in connectors.ports(other)
	narrowest(other, known.way.witness.source) < narrowest(known.connector, known.way.witness.source)
]

narrowest(connector, sender) := min([addresses.width(range) |
	some range in properties.values(connector, "RemoteIPRanges")
	addresses.holds(range, sender)
])

passing := {known | some known in offered; known.way.verdict in {"permit", "partial"}; properties.known(known.connector, read)}

open := {known | some known in passing; taken(known) == []}

findings contains found if {
	some connector in {known.connector | some known in open}
	ways_ := [known.way | some known in open; known.connector == connector]
	own := properties.places(connector, [["AuthMechanism", "mechanism"], ["PermissionGroups", "groups"], ["Bindings", "listens"]])
	finding := verdicts.finding(ways_[0], {
		"connector": connector.identity,
		"services": sort({way.service | some way in ways_}),
		"offers": concat(", ", array.concat(connectors.mechanisms(connector), connectors.groups(connector))),
		"mechanisms": rest(connectors.mechanisms(connector), {"Integrated"}),
		"groups": rest(connectors.groups(connector), {"ExchangeUsers"}),
	}, connector.identity)
	found := object.union(object.union(finding, {"flows": verdicts.keys(ways_)}), verdicts.shown(array.concat(own, verdicts.places(ways_[0]))))
}

rest(names, without) := concat(",", left) if {
	left := [name | some name in names; not name in without]
	count(left) > 0
} else := "None"

undecided contains case if {
	some known in offered
	not properties.known(known.connector, read)
	case := connectors.doubtful(known.connector, read)
}

undecided contains case if {
	some known in offered
	known.way.verdict == "inconclusive"
	properties.known(known.connector, read)
	case := verdicts.undecided(known.way, {"connector": known.connector.identity}, known.connector.identity)
}

# Those packets go elsewhere; others may pass as well.
undecided contains case if {
	some known in passing
	some other in taken(known)
	case := {
		"at": verdicts.evidence(known.way),
		"why": [{"key": "narrower", "args": {"connector": other}}],
		"needs": verdicts.settle([known.way]),
		"args": {"connector": known.connector.identity, "service": known.way.service},
		"subject": known.connector.identity,
	}
}
