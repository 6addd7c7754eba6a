# METADATA
# title: Mailbox, Hub Transport or Unified Messaging server in the perimeter network
# custom:
#   id: FS005
#   name: internal-role-in-perimeter
#   severity: error
#   paths: [hub-to-edge-smtp, mapi-access]
#   statements: [S35, S38]
#   needs: [[Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: メールボックス、ハブ トランスポート、ユニファイド メッセージングのサーバーが境界ネットワークにある
#   message:
#     en: "{server} ({roles}) has its address {ip} in the perimeter network {zone}; only the Edge Transport role belongs there"
#     ja: "{server} ({roles}) のアドレス {ip} は境界ネットワーク {zone} にあります。ここに置けるのはエッジ トランスポートの役割だけです"
#   fix:
#     en: "Move {server} to the internal network of its AD site; leave Edge Transport servers and reverse proxies in {zone}"
#     ja: "{server} を AD サイトの内部ネットワークへ移し、{zone} にはエッジ トランスポート サーバーとリバース プロキシだけを置きます"
#   undecided:
#     en: "Whether {server} is in the perimeter network could not be decided ({ip})"
#     ja: "{server} が境界ネットワークにあるかどうかを判定できません ({ip})"
#   labels:
#     no-address: {en: "no address known", ja: "アドレス不明"}
#     no-class: {en: "nothing tells what kind of network {ip} lies in", ja: "{ip} のネットワークの種類を示すものがありません"}
#     address: {en: its address, ja: そのアドレス}
#     role: {en: "its roles", ja: "その役割"}
#     zone: {en: "why this network counts as perimeter", ja: "境界ネットワークと判断した根拠"}
#   references:
#     - bb331973(v=exchg.80)
#     - https://techcommunity.microsoft.com/blog/exchange/597927
package exlint.rules.internal_role_in_perimeter

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.placement

# Members of the domain that serve no web clients: FS002 speaks of the others.
members contains name if {
	some name in placement.inner
	some role in ["mailbox", "hub", "um"]
	estate.has_role(name, role)
	not estate.has_role(name, "cas")
}

findings contains found if {
	some name in members
	addresses := placement.in_class(name, "perimeter")
	count(addresses) > 0
	found := placement.stands(name, addresses[0], {"roles": sort(estate.servers[name].roles)})
}

undecided contains case if {
	some name in members
	count(placement.in_class(name, "perimeter")) == 0
	some address in placement.classless(name)
	case := placement.unclassed(name, address)
}

undecided contains case if {
	some name in members
	estate.servers[name].addresses == []
	case := placement.unplaced(name)
}
