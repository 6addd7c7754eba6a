# METADATA
# title: RPC is open from the Internet
# custom:
#   id: FU001
#   name: rpc-open-from-internet
#   severity: error
#   paths: [mapi-access, cas-to-mailbox-rpc, sa-legacy-listen]
#   statements: [S24, S25]
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: インターネットから RPC が開いている
#   message:
#     en: "{firewall} lets traffic from {from}{part} reach the RPC endpoint mapper of {servers} ({services})"
#     ja: "{firewall} により、{from}{part} から {servers} の RPC エンドポイント マッパー ({services}) に到達できます"
#   fix:
#     en: "Take {services} out of \"{rule}\" on {firewall}; people outside use Outlook Anywhere over tcp/443"
#     ja: "{firewall} の「{rule}」から {services} を外します。外部の利用者は 443/tcp の Outlook Anywhere を使います"
#   undecided:
#     en: "Whether {from} reaches the RPC endpoint mapper of {servers} could not be decided"
#     ja: "{from} から {servers} の RPC エンドポイント マッパーに到達できるかどうかを判定できません"
#   variants:
#     unlisted:
#       message:
#         en: "{firewall} lets traffic from {from}{part} reach the RPC endpoint mapper of {servers} ({services})"
#         ja: "{firewall} により、{from}{part} から {servers} の RPC エンドポイント マッパー ({services}) に到達できます"
#       fix:
#         en: "No access list of {firewall} stands in the way: bind one towards {from} that denies {services} to {servers}"
#         ja: "{firewall} にこれを止めるアクセス リストがありません。{from} 側に、{servers} への {services} を拒否するアクセス リストを割り当てます"
#   references:
#     - bb331973(v=exchg.80)
package exlint.rules.rpc_open_from_internet

import rego.v1

import data.exlint.lib.exposures

asked := exposures.of({"tcp/135"}, {"internet"})

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
