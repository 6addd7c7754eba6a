# METADATA
# title: An Edge Transport server may start connections into the internal network beyond SMTP
# custom:
#   id: FU007
#   name: edge-initiates-beyond-smtp
#   severity: warning
#   paths: [edge-to-hub-smtp, edge-dns]
#   statements: [S14, S19]
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: エッジ トランスポート サーバーが SMTP 以外でも内部ネットワークへ接続できる
#   message:
#     en: "{firewall} lets Edge Transport server {edges} open {services} to {servers}; it needs 25/tcp to Hub Transport servers and name resolution"
#     ja: "{firewall} により、エッジ トランスポート サーバー {edges} から {servers} への {services} を開始できます。必要なのはハブ トランスポート サーバーへの 25/tcp と名前解決だけです"
#   fix:
#     en: "Narrow \"{rule}\" on {firewall} to tcp/25 from {edges} to the Hub Transport servers, and 53 to its resolver"
#     ja: "{firewall} の「{rule}」を、{edges} からハブ トランスポート サーバーへの tcp/25 とリゾルバーへの 53 に絞ります"
#   undecided:
#     en: "Whether {edges} may open connections to {servers} could not be decided"
#     ja: "{edges} から {servers} への接続を開始できるかどうかを判定できません"
#   variants:
#     unlisted:
#       message:
#         en: "{firewall} lets Edge Transport server {edges} open {services} to {servers}; it needs 25/tcp to Hub Transport servers and name resolution"
#         ja: "{firewall} により、エッジ トランスポート サーバー {edges} から {servers} への {services} を開始できます。必要なのはハブ トランスポート サーバーへの 25/tcp と名前解決だけです"
#       fix:
#         en: "No access list of {firewall} stands in the way: bind one towards {from} that permits tcp/25 to the Hub Transport servers and denies the rest"
#         ja: "{firewall} にこれを止めるアクセス リストがありません。{from} 側に、ハブ トランスポート サーバーへの tcp/25 だけを許可するアクセス リストを割り当てます"
#   references:
#     - bb331973(v=exchg.80)
package exlint.rules.edge_initiates_beyond_smtp

import rego.v1

import data.exlint.lib.allowed
import data.exlint.lib.estate
import data.exlint.lib.exposures

# Edges by the zone that they are in.
edges[zone] contains name if {
	some name, server in estate.servers
	"edge" in server.roles
	estate.in_service(name)
	some address in server.addresses
	zone := address.zone
}

# What a zone with an Edge opens in another one; mail to a Hub is what it is for.
asked := [exposure |
	some exposure in input.exposures
	edges[exposure.from]
	not estate.has_role(exposure.destination, "edge")
	not mail(exposure)
	not excepted(exposure)
	estate.in_service(exposure.destination)
]

# Agents for monitoring, backup or patches that the inventory justifies.
excepted(exposure) if {
	every edge in edges[exposure.from] {
		allowed.exempt(allowed.names(edge), allowed.names(exposure.destination), [exposure.service])
	}
}

mail(exposure) if {
	exposure.service == "tcp/25"
	estate.has_role(exposure.destination, "hub")
}

opened := [exposure | some exposure in exposures.open(asked); count(by_edges(exposure)) > 0]

# The Edges that may open it: all of the zone, or those among who reaches it.
by_edges(exposure) := edges[exposure.from] if exposure.verdict != "partial"

by_edges(exposure) := edges[exposure.from] & exposures.machines(exposure) if exposure.verdict == "partial"

# FU002 and FU004 report SMB and LDAP: alone they are no second finding.
reported_elsewhere := {
	"tcp/445", "udp/445", "tcp/137", "udp/137", "tcp/138", "udp/138", "tcp/139", "udp/139",
	"tcp/389", "udp/389", "tcp/636", "tcp/3268", "tcp/3269",
}

findings contains found if {
	some reason in exposures.causes(opened)
	group := exposures.by(reason, opened)
	some exposure in group
	not exposure.service in reported_elsewhere
	found := exposures.reported(group, {"edges": sort({name | some e in group; some name in by_edges(e)})})
}

undecided contains case if {
	some zone in exposures.zones(asked)
	doubt := exposures.doubtful(asked, zone)
	count(doubt) > 0
	case := exposures.undecided(doubt, {"edges": sort(edges[zone])})
}
