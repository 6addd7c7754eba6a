# METADATA
# title: An Exchange server may open any port to the Internet
# custom:
#   id: FU016
#   name: exchange-egress-unrestricted
#   severity: warning
#   paths: [edge-to-internet-smtp, sender-reputation-proxy-test]
#   statements: [S14, S18]
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   parameters:
#     ports:
#       default: 100
#       text:
#         en: "How many ports towards the Internet a server may reach"
#         ja: "サーバーからインターネットへ到達できてよいポートの数"
#   title.ja: Exchange サーバーがインターネットの任意のポートへ接続できる
#   message:
#     en: "{firewall} lets {servers} open {ports} TCP ports to the Internet ({services}); mail, name resolution and revocation lists need four"
#     ja: "{firewall} により、{servers} はインターネットの {ports} 個の TCP ポート ({services}) へ接続できます。メール、名前解決、失効リストに必要なのは 4 つだけです"
#   fix:
#     en: "Replace \"{rule}\" on {firewall} by permits from {servers} for tcp/25, 53 to its resolver, and tcp/80 and tcp/443 to the targets that it needs"
#     ja: "{firewall} の「{rule}」を、{servers} からの tcp/25、リゾルバーへの 53、必要な宛先への tcp/80 と tcp/443 だけの許可に置き換えます"
#   undecided:
#     en: "Which ports {servers} may open to the Internet could not be decided"
#     ja: "{servers} がインターネットのどのポートへ接続できるかを判定できません"
#   variants:
#     unlisted:
#       message:
#         en: "{firewall} lets {servers} open {ports} TCP ports to the Internet ({services}); mail, name resolution and revocation lists need four"
#         ja: "{firewall} により、{servers} はインターネットの {ports} 個の TCP ポート ({services}) へ接続できます。メール、名前解決、失効リストに必要なのは 4 つだけです"
#       fix:
#         en: "No access list of {firewall} stands in the way: bind one towards {servers} that permits tcp/25, 53 to its resolver, and tcp/80 and tcp/443 to the targets that it needs"
#         ja: "{firewall} にこれを止めるアクセス リストがありません。{servers} の側に、tcp/25、リゾルバーへの 53、必要な宛先への tcp/80 と tcp/443 だけを許可するアクセス リストを割り当てます"
#   references:
#     - bb331973(v=exchg.80)
package exlint.rules.exchange_egress_unrestricted

import rego.v1

import data.exlint.lib.allowed
import data.exlint.lib.estate
import data.exlint.lib.exposures
import data.exlint.lib.permits
import data.exlint.lib.verdicts

# More ports than this are no list of services any more.
default most := 100

most := input.parameters.FU016.ports

# Servers with what they may open, as a flow to the Internet.
leaving := [object.union(known, {"source": known.server, "destination": "internet", "service": "tcp/0-65535"}) |
	some known in input.egress
	estate.in_service(known.server)
]

open := [way | some way in leaving; way.ports > most; not excepted(way)]

internet := {"internet"} | {zone.name | some zone in input.zones; zone["class"] == "internet"}

excepted(way) if {
	not way.more
	allowed.exempt(allowed.names(way.server), internet, way.services)
}

servers(group) := sort({way.server | some way in group})

findings contains found if {
	some reason in exposures.causes(open)
	group := exposures.by(reason, open)
	args := {"servers": servers(group), "ports": max([way.ports | some way in group]), "services": permits.listed(group[0].services, object.get(group[0], "more", 0))}
	shown := verdicts.exposed(group[0], {"source", "destination", "service"}, args, concat(", ", servers(group)))
	found := object.union(shown, {"expected": "deny", "flows": verdicts.keys(group)})
}

undecided contains case if {
	doubt := verdicts.crossing([way | some way in leaving; way.verdict == "inconclusive"])
	count(doubt) > 0
	case := verdicts.undecided_all(doubt, {"servers": servers(doubt)}, concat(", ", servers(doubt)))
}
