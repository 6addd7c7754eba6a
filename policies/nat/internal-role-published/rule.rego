# METADATA
# title: Internal server is published to the Internet
# custom:
#   id: NT002
#   name: internal-role-published
#   severity: error
#   paths: [internet-to-edge-smtp, mapi-access]
#   statements: [S35]
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: 内部用のサーバーがインターネットに公開されている
#   message:
#     en: "{firewall} publishes {server} ({roles}) to the Internet by address translation: {services}"
#     ja: "{firewall} のアドレス変換により、{server} ({roles}) がインターネットに公開されています: {services}"
#   fix:
#     en: "Take the translation and \"{rule}\" away on {firewall}; publish a reverse proxy for web clients and an Edge Transport server for mail instead"
#     ja: "{firewall} からこの変換と「{rule}」を削除します。代わりに Web クライアントにはリバース プロキシを、メールにはエッジ トランスポート サーバーを公開します"
#   undecided:
#     en: "Whether {server} ({roles}) is published to the Internet ({services}) could not be decided"
#     ja: "{server} ({roles}) がインターネットに公開されているか ({services}) を判定できません"
#   labels:
#     translated: {en: "this translation publishes it", ja: "この変換で公開されています"}
#   references:
#     - bb331973(v=exchg.80)
package exlint.rules.internal_role_published

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.verdicts

within := {"mailbox", "hub", "um", "ad"}

roles(server) := {role | some role in estate.servers[server].roles}

# Ways from the Internet to such servers through a translation.
published[server] contains way if {
	some way in input.exposures
	way["class"] == "internet"
	server := way.destination
	count(roles(server) & within) > 0
	estate.in_service(server)
	count(translations(way)) > 0
}

translations(way) := [verdicts.place(effect.at, "translated") |
	some effect in array.concat(way.effects, object.get(way, "possible_effects", []))
	effect.kind == "translated"
	not effect.changes == "source"
]

in_state(server, states) := [way | some way in published[server]; way.verdict in states]

# A small organization has all roles on one server and must publish some of it.
severity(server, services) := "warning" if {
	"cas" in roles(server)
	every service in services { service in {"tcp/443", "tcp/25"} }
} else := "error"

arguments(server, ways) := {"server": server, "roles": concat(", ", sort(roles(server))), "services": sort({way.service | some way in ways})}

findings contains found if {
	some server, _ in published
	ways := in_state(server, {"permit", "partial"})
	count(ways) > 0
	args := arguments(server, ways)
	finding := object.union(verdicts.finding(ways[0], args, server), {"severity": severity(server, args.services), "flows": verdicts.keys(ways)})
	places := array.concat(translations(ways[0]), [place | some way in ways; some place in verdicts.places(way)])
	found := object.union(finding, verdicts.shown(verdicts.unique(places)))
}

undecided contains case if {
	some server, _ in published
	ways := in_state(server, {"inconclusive"})
	count(ways) > 0
	case := verdicts.undecided_all(ways, arguments(server, ways), server)
}
