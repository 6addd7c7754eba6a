# METADATA
# title: Edge Transport server shares a network with internal servers
# custom:
#   id: FS006
#   name: edge-not-in-perimeter
#   severity: warning
#   paths: [edge-to-hub-smtp, hub-to-edge-edgesync]
#   statements: [S16]
#   needs: [[Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: エッジ トランスポート サーバーが内部のサーバーと同じネットワークにある
#   message:
#     en: "Edge Transport server {server} ({ip}) is in network {zone} together with {neighbours}, with no firewall between them"
#     ja: "エッジ トランスポート サーバー {server} ({ip}) が、{neighbours} と同じネットワーク {zone} にあり、間にファイアウォールがありません"
#   fix:
#     en: "Move {server} to a perimeter network, with a firewall that permits tcp/25 both ways and tcp/50636 from the Hub Transport servers"
#     ja: "{server} を境界ネットワークへ移し、tcp/25 を両方向、tcp/50636 をハブ トランスポート サーバーから許可するファイアウォールを置きます"
#   undecided:
#     en: "Whether Edge Transport server {server} shares a network with internal servers could not be decided ({ip})"
#     ja: "エッジ トランスポート サーバー {server} が内部のサーバーと同じネットワークにあるかどうかを判定できません ({ip})"
#   labels:
#     no-address: {en: "no address known", ja: "アドレス不明"}
#     address: {en: its address, ja: そのアドレス}
#     role: {en: "the Edge Transport role", ja: "エッジ トランスポートの役割"}
#     zone: {en: "why this network counts as internal", ja: "内部ネットワークと判断した根拠"}
#   references:
#     - bb331973(v=exchg.80)
#     - https://techcommunity.microsoft.com/blog/exchange/597927
package exlint.rules.edge_not_in_perimeter

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.placement
import data.exlint.lib.verdicts

edges contains name if {
	some name, server in estate.servers
	"edge" in server.roles
	estate.in_service(name)
}

# Servers of the inside by the zone that they are in: Exchange and the directory.
insiders[zone] contains name if {
	some name, server in estate.servers
	inside(name, server)
	some address in server.addresses
	zone := address.zone
}

inside(name, _) if name in placement.inner

inside(name, server) if {
	"ad" in server.roles
	estate.in_service(name)
}

# In a perimeter network it is the others that stand wrong: FS002 and FS005.
shared(edge) := [address |
	some address in estate.servers[edge].addresses
	insiders[address.zone]
	object.get(address, "class", "") != "perimeter"
]

places(names) := [verdicts.place(address.at, {"key": "address-of", "args": {"server": name}}) |
	some name in array.slice(names, 0, 3)
	some address in estate.servers[name].addresses
]

findings contains found if {
	some edge in edges
	address := shared(edge)[0]
	neighbours := sort(insiders[address.zone])
	finding := placement.stands(edge, address, {"neighbours": neighbours})
	more := places(neighbours)
	evidence := {"at": array.concat(finding.at, verdicts.refs(more)), "labels": array.concat(finding.labels, verdicts.labels(more))}
	found := object.union(finding, evidence)
}

undecided contains case if {
	some edge in edges
	estate.servers[edge].addresses == []
	case := placement.unplaced(edge)
}
