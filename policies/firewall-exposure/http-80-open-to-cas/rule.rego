# METADATA
# title: HTTP without encryption is open from the Internet to a Client Access server
# custom:
#   id: FU009
#   name: http-80-open-to-cas
#   severity: warning
#   paths: [owa, autodiscover, activesync, outlook-anywhere, webdav-cas, outlook-oab-cas]
#   statements: [S59]
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: インターネットからクライアント アクセス サーバーへ暗号化されない HTTP が開いている
#   message:
#     en: "{firewall} lets traffic from {from}{part} reach Client Access server {servers} by HTTP without encryption ({services})"
#     ja: "{firewall} により、{from}{part} からクライアント アクセス サーバー {servers} へ暗号化されない HTTP ({services}) で到達できます"
#   fix:
#     en: "Take tcp/80 out of \"{rule}\" on {firewall}; if people type the name without https, let a proxy answer 80 with a redirect and nothing else"
#     ja: "{firewall} の「{rule}」から tcp/80 を外します。https を付けずに入力する利用者のためには、80 にリダイレクトだけを返すプロキシを置きます"
#   undecided:
#     en: "Whether {from} reaches {servers} on tcp/80 could not be decided"
#     ja: "{from} から {servers} の tcp/80 に到達できるかどうかを判定できません"
#   variants:
#     unlisted:
#       message:
#         en: "{firewall} lets traffic from {from}{part} reach Client Access server {servers} by HTTP without encryption ({services})"
#         ja: "{firewall} により、{from}{part} からクライアント アクセス サーバー {servers} へ暗号化されない HTTP ({services}) で到達できます"
#       fix:
#         en: "No access list of {firewall} stands in the way: bind one towards {from} that denies {services} to {servers}"
#         ja: "{firewall} にこれを止めるアクセス リストがありません。{from} 側に、{servers} への {services} を拒否するアクセス リストを割り当てます"
#   references:
#     - bb331973(v=exchg.80)
package exlint.rules.http_80_open_to_cas

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.exposures

asked := [exposure | some exposure in exposures.of({"tcp/80"}, {"internet"}); estate.has_role(exposure.destination, "cas")]

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
