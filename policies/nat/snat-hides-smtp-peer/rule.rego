# METADATA
# title: Internet mail arrives from an address that a relay connector trusts
# custom:
#   id: NT003
#   name: snat-hides-smtp-peer
#   severity: error
#   paths: [internet-to-edge-smtp]
#   statements: [S09]
#   needs: [firewall, Get-ReceiveConnector]
#   versions: ["8", "14", "15"]
#   title.ja: インターネットからのメールが、中継用コネクタの信頼するアドレスから届く
#   message:
#     en: "{firewall} gives SMTP from the Internet the source address {address} on its way to {server}, and \"{connector}\" relays for that address: anybody can send to anybody"
#     ja: "{firewall} はインターネットからの SMTP の送信元を {server} への途中で {address} に変換し、「{connector}」はそのアドレスからのメールを中継します。誰でも誰宛てにでも送信できます"
#   fix:
#     en: "Keep the client's address: take the translation of sources off this way on {firewall}. Until then take {address} out of the connector:\nSet-ReceiveConnector \"{connector}\" -RemoteIPRanges <ranges without {address}>"
#     ja: "クライアントのアドレスを保持します。{firewall} で、この経路の送信元の変換をやめます。それまでは、コネクタから {address} を除外します:\nSet-ReceiveConnector \"{connector}\" -RemoteIPRanges <{address} を含まない範囲>"
#   undecided:
#     en: "Whether \"{connector}\" relays for {address}, as which mail from the Internet arrives at {server}, could not be decided"
#     ja: "インターネットからのメールが {server} に届くときのアドレス {address} に対して、「{connector}」が中継するかどうかを判定できません"
#   labels:
#     translated: {en: "sources become {address} here", ja: "送信元はここで {address} になります"}
#     reach: {en: "trusts that address", ja: "このアドレスを信頼しています"}
#     right: {en: "anonymous sessions may send to anybody", ja: "匿名のセッションが誰宛てにでも送信できます"}
#     trusted: {en: "every session counts as an Exchange server's", ja: "すべてのセッションが Exchange サーバーのものとして扱われます"}
#     groups: {en: "who may submit", ja: "送信できるグループ"}
#     no-rights: {en: "no export tells the rights of anonymous sessions", ja: "匿名のセッションの権限を示すエクスポートがありません"}
#   references:
#     - bb232021(v=exchg.80)
#     - aa996395(v=exchg.80)
package exlint.rules.snat_hides_smtp_peer

import rego.v1

import data.exlint.lib.addresses
import data.exlint.lib.connectors
import data.exlint.lib.estate
import data.exlint.lib.permissions
import data.exlint.lib.properties
import data.exlint.lib.verdicts

relaying := "ms-exch-smtp-accept-any-recipient"

# SMTP from the Internet.
ways contains way if {
	some way in input.exposures
	way.from == "internet"
	way.service == "tcp/25"
}

ways contains way if {
	some way in input.flows
	way.path == "internet-to-edge-smtp"
}

# What its sources are on arrival.
hidden contains known if {
	some way in ways
	way.verdict in {"permit", "partial"}
	estate.in_service(way.destination)
	some effect in way.effects
	some address in effect.source_becomes
	known := {"way": way, "effect": effect, "address": address}
}

# Connectors that take that address because they name it.
met contains known if {
	some entry in hidden
	some connector in connectors.of[entry.way.destination]
	connectors.listens(connector) != "no"
	not connectors.everyone(connector)
	named(connector, entry.address)
	answer := relays(connector)
	answer != "no"
	known := object.union(entry, {"connector": connector, "relays": answer})
}

named(connector, address) if {
	some range in properties.values(connector, "RemoteIPRanges")
	addresses.overlap(range, address)
}

relays(connector) := "yes" if {
	"ExternalAuthoritative" in connectors.mechanisms(connector)
	"ExchangeServers" in connectors.groups(connector)
} else := permissions.anonymous(connector.identity, relaying) if {
	some group in ["AnonymousUsers", "Custom"]
	group in connectors.groups(connector)
} else := "no" if {
	properties.known(connector, ["AuthMechanism", "PermissionGroups"])
} else := "unknown"

pairs(connector) := [["RemoteIPRanges", "reach"], ["AuthMechanism", "trusted"], ["PermissionGroups", "groups"]] if {
	"ExternalAuthoritative" in connectors.mechanisms(connector)
} else := [["RemoteIPRanges", "reach"], ["PermissionGroups", "groups"]]

places(known) := array.concat(
	[verdicts.place(known.effect.at, {"key": "translated", "args": {"address": known.address}})],
	array.concat(
		array.concat(
			properties.places(known.connector, pairs(known.connector)),
			[verdicts.place(entry.at.ExtendedRights, "right") | some entry in permissions.granted(known.connector.identity, relaying)],
		),
		array.concat(verdicts.decisions(known.way), verdicts.grounds(known.way)),
	),
)

told(known) := {
	"args": {"firewall": known.effect.firewall, "address": known.address, "server": known.way.destination, "connector": known.connector.identity},
	"subject": sprintf("%s %s", [known.effect.firewall, known.connector.identity]),
}

findings contains found if {
	some known in met
	known.relays == "yes"
	found := object.union(object.union(told(known), verdicts.witness(known.way)), verdicts.shown(verdicts.unique(places(known))))
}

undecided contains case if {
	some known in met
	known.relays == "unknown"
	why := array.concat(["no-rights"], properties.unknown(known.connector, ["AuthMechanism", "PermissionGroups"]))
	needs := array.concat(["Get-ReceiveConnector | Get-ADPermission | Export-Clixml Get-ADPermission.xml"], properties.export("Get-ReceiveConnector"))
	case := object.union(told(known), {"at": [known.effect.at], "why": why, "needs": needs})
}
