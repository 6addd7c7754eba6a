# METADATA
# title: SMTP from the Internet reaches a Hub Transport server directly
# custom:
#   id: FU008
#   name: smtp-direct-to-internal-from-internet
#   severity: warning
#   paths: [internet-to-edge-smtp]
#   statements: [S16]
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: インターネットからの SMTP がハブ トランスポート サーバーに直接届く
#   message:
#     en: "{firewall} lets traffic from {from}{part} reach Hub Transport server {servers} on {services}, past the Edge Transport servers"
#     ja: "{firewall} により、{from}{part} からエッジ トランスポート サーバーを通らずにハブ トランスポート サーバー {servers} の {services} に到達できます"
#   fix:
#     en: "Let \"{rule}\" on {firewall} end at the Edge Transport servers, and check that no MX record names {servers}"
#     ja: "{firewall} の「{rule}」の宛先をエッジ トランスポート サーバーにし、{servers} を指す MX レコードがないことを確認します"
#   variants:
#     unlisted:
#       message:
#         en: "{firewall} lets traffic from {from}{part} reach Hub Transport server {servers} on {services}, past the Edge Transport servers"
#         ja: "{firewall} により、{from}{part} からエッジ トランスポート サーバーを通らずにハブ トランスポート サーバー {servers} の {services} に到達できます"
#       fix:
#         en: "No access list of {firewall} stands in the way: bind one towards {from} that denies {services} to {servers}"
#         ja: "{firewall} にこれを止めるアクセス リストがありません。{from} 側に、{servers} への {services} を拒否するアクセス リストを割り当てます"
#     no-edge:
#       message:
#         en: "{firewall} lets traffic from {from}{part} reach Hub Transport server {servers} on {services}; no Edge Transport server is known, and a Hub facing the Internet is not recommended"
#         ja: "{firewall} により、{from}{part} からハブ トランスポート サーバー {servers} の {services} に到達できます。エッジ トランスポート サーバーがなく、ハブをインターネットに直接公開する構成は推奨されません"
#       fix:
#         en: "Take inbound mail in at an Edge Transport server or a gateway in the perimeter network instead of \"{rule}\" on {firewall}"
#         ja: "{firewall} の「{rule}」の代わりに、境界ネットワークのエッジ トランスポート サーバーまたはゲートウェイで受信します"
#   undecided:
#     en: "Whether {from} reaches {servers} on tcp/25 could not be decided"
#     ja: "{from} から {servers} の tcp/25 に到達できるかどうかを判定できません"
#   references:
#     - bb331973(v=exchg.80)
#     - aa996395(v=exchg.80)
package exlint.rules.smtp_direct_to_internal_from_internet

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.exposures

asked := exposures.of({"tcp/25"}, {"internet"})

opened := exposures.open(asked)

edges := [name | some name, server in estate.servers; "edge" in server.roles; estate.in_service(name)]

# Without an Edge it is not recommended, no more; and a filtering service whose
# addresses alone pass is a gateway.
kind(group) := {"severity": "note", "variant": "no-edge"} if {
	count(edges) == 0
} else := {"severity": "note"} if {
	every exposure in group { exposure.verdict == "partial" }
} else := {}

findings contains found if {
	some reason in exposures.causes(opened)
	group := exposures.by(reason, opened)
	found := object.union(exposures.reported(group, {}), kind(group))
}

undecided contains case if {
	some zone in exposures.zones(asked)
	doubt := exposures.doubtful(asked, zone)
	count(doubt) > 0
	case := exposures.undecided(doubt, {})
}
