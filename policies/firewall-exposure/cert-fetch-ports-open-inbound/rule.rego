# METADATA
# title: LDAP or HTTP is open from the Internet to an Edge Transport server
# custom:
#   id: FU019
#   name: cert-fetch-ports-open-inbound
#   severity: warning
#   paths: [edge-to-edge-smtp]
#   statements: [S13]
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: インターネットからエッジ トランスポート サーバーへ LDAP または HTTP が開いている
#   message:
#     en: "{firewall} lets traffic from {from}{part} reach Edge Transport server {servers} on {services}; the Edge fetches revocation lists outbound and needs neither inbound"
#     ja: "{firewall} により、{from}{part} からエッジ トランスポート サーバー {servers} の {services} に到達できます。失効リストの取得は外向きであり、内向きには不要です"
#   fix:
#     en: "Take {services} to {servers} out of \"{rule}\" on {firewall}"
#     ja: "{firewall} の「{rule}」から {servers} への {services} を外します"
#   undecided:
#     en: "Whether {from} reaches {servers} by LDAP or HTTP could not be decided"
#     ja: "{from} から {servers} に LDAP または HTTP で到達できるかどうかを判定できません"
#   variants:
#     unlisted:
#       message:
#         en: "{firewall} lets traffic from {from}{part} reach Edge Transport server {servers} on {services}; the Edge fetches revocation lists outbound and needs neither inbound"
#         ja: "{firewall} により、{from}{part} からエッジ トランスポート サーバー {servers} の {services} に到達できます。失効リストの取得は外向きであり、内向きには不要です"
#       fix:
#         en: "No access list of {firewall} stands in the way: bind one towards {from} that denies {services} to {servers}"
#         ja: "{firewall} にこれを止めるアクセス リストがありません。{from} 側に、{servers} への {services} を拒否するアクセス リストを割り当てます"
#   references:
#     - bb331973(v=exchg.80)
#     - bb331973(v=exchg.141)
package exlint.rules.cert_fetch_ports_open_inbound

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.exposures

asked := [exposure | some exposure in exposures.of({"tcp/389", "tcp/80"}, {"internet"}); estate.has_role(exposure.destination, "edge")]

opened := exposures.open(asked)

findings contains found if {
	some reason in exposures.causes(opened)
	found := exposures.reported(exposures.by(reason, opened), {})
}

undecided contains case if {
	some zone in exposures.zones(asked)
	doubt := exposures.doubtful(asked, zone)
	count(doubt) > 0
	case := exposures.undecided(doubt, {})
}
