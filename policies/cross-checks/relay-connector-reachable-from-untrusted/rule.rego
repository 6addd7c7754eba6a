# METADATA
# title: Relay is reachable from an untrusted network
# custom:
#   id: XC001
#   name: relay-connector-reachable-from-untrusted
#   severity: error
#   paths: [internet-to-edge-smtp, smtp-client-to-hub]
#   statements: [S09]
#   needs: [firewall, Get-ReceiveConnector]
#   versions: ["8", "14", "15"]
#   title.ja: 信頼できないネットワークから中継用コネクタに到達できる
#   message:
#     en: "From {from}, anybody can relay mail to anybody through \"{connector}\": {firewall} lets them reach {service} on {server}, and the connector takes them without a password"
#     ja: "{from} からは、誰でも「{connector}」を通して誰宛てにでもメールを中継できます。{firewall} により {server} の {service} に到達でき、コネクタは認証なしで受け付けます"
#   fix:
#     en: "Close the way in \"{rule}\" on {firewall}, and let only the hosts that need it use the connector:\nSet-ReceiveConnector \"{connector}\" -RemoteIPRanges <addresses of the applications>"
#     ja: "{firewall} の「{rule}」で経路を閉じ、コネクタを必要なホストだけに限定します:\nSet-ReceiveConnector \"{connector}\" -RemoteIPRanges <アプリケーションのアドレス>"
#   undecided:
#     en: "Whether an untrusted network can relay mail through \"{connector}\" could not be decided"
#     ja: "信頼できないネットワークが「{connector}」を通してメールを中継できるかどうかを判定できません"
#   labels:
#     right: {en: "anonymous sessions may send to anybody", ja: "匿名のセッションが誰宛てにでも送信できます"}
#     trusted: {en: "every session counts as an Exchange server's", ja: "すべてのセッションが Exchange サーバーのものとして扱われます"}
#     groups: {en: "who may submit", ja: "送信できるグループ"}
#     reach: {en: "who can connect", ja: "接続できる範囲"}
#     no-rights: {en: "no export tells the rights of anonymous sessions", ja: "匿名のセッションの権限を示すエクスポートがありません"}
#     translated: {en: "{firewall} translates addresses on the way; which source the connector sees is not known", ja: "途中で {firewall} がアドレスを変換するため、コネクタから見た送信元が不明です"}
#   references:
#     - bb232021(v=exchg.80)
#     - aa996395(v=exchg.80)
package exlint.rules.relay_connector_reachable_from_untrusted

import rego.v1

import data.exlint.lib.addresses
import data.exlint.lib.connectors
import data.exlint.lib.permissions
import data.exlint.lib.properties
import data.exlint.lib.verdicts

relaying := "ms-exch-smtp-accept-any-recipient"

# Whether a connector relays for whom it lets in without a password.
relays(connector) := "yes" if {
	"yes" in {trusts(connector), serves(connector)}
} else := "unknown" if {
	"unknown" in {trusts(connector), serves(connector)}
} else := "no"

# Every session counts as one of the organization's own servers.
trusts(connector) := "no" if {
	not "ExternalAuthoritative" in connectors.mechanisms(connector)
	connectors.mechanisms(connector)
} else := "no" if {
	not "ExchangeServers" in connectors.groups(connector)
	connectors.groups(connector)
} else := "yes" if {
	connectors.mechanisms(connector)
	connectors.groups(connector)
} else := "unknown"

# Anonymous sessions are let in, and may send to anybody.
serves(connector) := "no" if {
	groups := connectors.groups(connector)
	every group in ["AnonymousUsers", "Custom"] { not group in groups }
} else := right if {
	right := permissions.anonymous(connector.identity, relaying)
	needed := {"yes": ["PermissionGroups"], "no": [], "unknown": []}[right]
	every name in needed { properties.values(connector, name) }
} else := "unknown"

# SMTP from where nobody is trusted.
ways contains way if {
	some exposure in input.exposures
	exposure.service in {"tcp/25", "tcp/587"}
	exposure["class"] in {"internet", "perimeter", "partner"}
	way := exposure
}

ways contains way if {
	some flow in input.flows
	flow.path == "internet-to-edge-smtp"
	flow.verdict != "deny"
	way := object.union(flow, {"from": flow.source})
}

# Each way with a connector that listens at its end and may relay.
met contains known if {
	some way in ways
	some connector in connectors.of[way.destination]
	connectors.listens(connector) != "no"
	hears(connector, way)
	answer := relays(connector)
	answer != "no"
	takes(connector, way) != "no"
	missing := array.concat(properties.unknown(connector, read), empty(connector))
	known := {"way": way, "connector": connector, "relays": answer, "takes": takes(connector, way), "missing": missing}
}

read := ["Enabled", "AuthMechanism", "PermissionGroups", "Bindings", "RemoteIPRanges"]

# Where nothing stands, nothing is told.
empty(connector) := [{"key": "not-exported", "args": {"property": name}} | some name in read; connector.properties[name] == null]

hears(connector, way) if split(way.service, "/")[1] in connectors.ports(connector)

hears(connector, _) if not properties.values(connector, "Bindings")

rivals(way) := [range |
	some connector in connectors.of[way.destination]
	connectors.listens(connector) != "no"
	split(way.service, "/")[1] in connectors.ports(connector)
	some range in properties.values(connector, "RemoteIPRanges")
]

translators(way) := [effect.firewall | some effect in way.effects; effect.kind == "translated"]

# Whether the connector takes the witness packet: of several the one with the
# narrowest range does. Behind a translation only a range for all is sure.
takes(connector, way) := "yes" if {
	translators(way) == []
	width(connector, way) == min(widths(way, {"yes"}))
	width(connector, way) == min(widths(way, {"yes", "unknown"}))
	not hidden(way)
} else := "no" if {
	translators(way) == []
	way.witness
	properties.values(connector, "RemoteIPRanges")
	not first(connector, way)
} else := "yes" if {
	connectors.everyone(connector)
	not hidden(way)
	every range in rivals(way) { everywhere(range) }
} else := "unknown"

# A range for all, or one of IPv6, which no packet of IPv4 meets.
everywhere(range) if addresses.everything(range)

everywhere(range) if contains(range, ":")

# The narrowest range of a connector that holds the witness.
width(connector, way) := min(fitting) if {
	fitting := [addresses.width(range) |
		some range in properties.values(connector, "RemoteIPRanges")
		addresses.holds(range, way.witness.source)
	]
	count(fitting) > 0
}

# Whether it would be asked, as far as the export tells.
first(connector, way) if {
	ours := width(connector, way)
	every narrower in widths(way, {"yes"}) { narrower >= ours }
}

# The same of all connectors that answer on the port, surely or perhaps.
widths(way, states) := [found |
	some connector in connectors.of[way.destination]
	answers(connector, way) in states
	found := width(connector, way)
]

answers(connector, way) := "no" if {
	connectors.listens(connector) == "no"
} else := "no" if {
	not hears(connector, way)
} else := "yes" if {
	connectors.listens(connector) == "yes"
	properties.values(connector, "Bindings")
} else := "unknown"

# A connector whose range the export does not tell may be the narrowest.
hidden(way) if {
	some connector in connectors.of[way.destination]
	answers(connector, way) != "no"
	not properties.values(connector, "RemoteIPRanges")
}

grounds(connector) := properties.places(connector, [["AuthMechanism", "trusted"], ["PermissionGroups", "groups"], ["RemoteIPRanges", "reach"]]) if {
	"ExternalAuthoritative" in connectors.mechanisms(connector)
} else := array.concat(
	[verdicts.place(entry.at.ExtendedRights, "right") | some entry in permissions.granted(connector.identity, relaying)],
	properties.places(connector, [["PermissionGroups", "groups"], ["RemoteIPRanges", "reach"]]),
)

findings contains finding if {
	some {"way": way, "connector": connector, "relays": "yes", "takes": "yes", "missing": []} in met
	way.verdict in {"permit", "partial"}
	count(way.firewalls) > 0
	args := {"connector": connector.identity, "from": way.from, "server": way.destination}
	ours := grounds(connector)
	opened := object.remove(verdicts.exposed(way, {"source", "service"}, args, sprintf("%s %s", [way.from, connector.identity])), ["variant"])
	finding := object.union(opened, {"at": array.concat(verdicts.refs(ours), opened.at), "labels": array.concat(verdicts.labels(ours), opened.labels)})
}

# Nothing tells the way, or another firewall than the given ones may be on it.
unclear(way) if way.verdict == "inconclusive"

unclear(way) if count(way.firewalls) == 0

doubt(known) := {"why": known.missing, "needs": properties.export("Get-ReceiveConnector")} if {
	count(known.missing) > 0
} else := {"why": ["no-rights"], "needs": ["Get-ReceiveConnector | Get-ADPermission | Export-Clixml Get-ADPermission.xml"]} if {
	known.relays == "unknown"
} else := {"why": verdicts.reasons([known.way]), "needs": verdicts.settle([known.way])} if {
	known.relays == "yes"
	unclear(known.way)
} else := {
	"why": [{"key": "translated", "args": {"firewall": name}} | some name in translators(known.way)],
	"needs": [verdicts.traced(known.way)],
} if {
	known.relays == "yes"
	known.takes == "unknown"
}

undecided contains case if {
	some known in met
	told := doubt(known)
	subject := sprintf("%s %s", [known.way.from, known.connector.identity])
	at := array.slice(array.concat(verdicts.refs(grounds(known.connector)), [known.connector.at.self]), 0, 1)
	case := object.union(told, {"at": at, "args": {"connector": known.connector.identity}, "subject": subject})
}
