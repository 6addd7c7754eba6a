# METADATA
# title: Edge Transport server without an Edge subscription
# custom:
#   id: TC002
#   name: edge-without-subscription
#   severity: warning
#   paths: [hub-to-edge-edgesync, hub-to-edge-smtp]
#   statements: [S07, S08]
#   needs: [[Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: エッジ サブスクリプションのないエッジ トランスポート サーバー
#   message:
#     en: "Edge Transport server {edge} is not subscribed to the organization: no direct trust with Hub Transport servers, and no recipient data"
#     ja: "エッジ トランスポート サーバー {edge} は組織に購読されていません。ハブ トランスポート サーバーとの直接信頼も、受信者データもありません"
#   fix:
#     en: "Subscribe it: the first line on {edge}, the second on a Hub Transport server of the site that is to serve it:\nNew-EdgeSubscription -FileName C:\\{edge}.xml\nNew-EdgeSubscription -FileName C:\\{edge}.xml -Site <site>"
#     ja: "購読します。1 行目は {edge} 上で、2 行目は購読先サイトのハブ トランスポート サーバー上で実行します:\nNew-EdgeSubscription -FileName C:\\{edge}.xml\nNew-EdgeSubscription -FileName C:\\{edge}.xml -Site <サイト>"
#   undecided:
#     en: "Whether Edge Transport server {edge} is subscribed could not be decided"
#     ja: "エッジ トランスポート サーバー {edge} が購読されているかどうかを判定できません"
#   labels:
#     edge: {en: "this Edge Transport server", ja: "このエッジ トランスポート サーバー"}
#     listed: {en: "it is not in this list", ja: "この一覧にありません"}
#   references:
#     - bb310755(v=exchg.80)
#     - bb124801(v=exchg.80)
package exlint.rules.edge_without_subscription

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.verdicts

edges contains edge if {
	some edge in input.servers
	"edge" in edge.roles
	estate.in_service(edge.name)
}

# The lists that do not have it.
lists := [verdicts.place(run.at, "listed") | some run in input.runs; run.cmdlet == "Get-EdgeSubscription"]

findings contains finding if {
	some edge in edges
	estate.subscribed(edge.name) == "no"
	finding := object.union(verdicts.shown(array.concat([verdicts.place(edge.at.self, "edge")], lists)), {"args": {"edge": edge.name}, "subject": edge.name})
}

undecided contains case if {
	some edge in edges
	estate.subscribed(edge.name) == "unknown"
	case := object.union(estate.unsubscribed(edge.name), {"at": [edge.at.self], "args": {"edge": edge.name}, "subject": edge.name})
}
