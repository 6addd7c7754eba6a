# METADATA
# title: A rule lets everything through to Exchange servers
# custom:
#   id: FH001
#   name: any-any-permit
#   severity: error
#   paths: []
#   statements: [S34]
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: すべてを通す規則が Exchange サーバーに及んでいる
#   message:
#     en: "\"{rule}\" on {firewall} lets any source reach any destination on any service, {servers} among them"
#     ja: "{firewall} の「{rule}」により、任意の送信元から任意の宛先へ、{servers} も含めてすべてのサービスで到達できます"
#   fix:
#     en: "Replace \"{rule}\" on {firewall} by permits that name the peers of {servers} and the ports of their data paths (exlint paths lists them)"
#     ja: "{firewall} の「{rule}」を、{servers} の通信相手とデータ パスのポートだけを指定した許可に置き換えます (exlint paths で一覧できます)"
#   undecided:
#     en: "Which rules lead to {servers} could not be decided: no address of an Exchange server is known"
#     ja: "Exchange サーバーのアドレスが不明なため、どの規則が {servers} に及ぶかを判定できません"
#   variants:
#     outbound:
#       message:
#         en: "\"{rule}\" on {firewall} lets {servers} open any connection to anywhere behind it"
#         ja: "{firewall} の「{rule}」により、{servers} は向こう側のどこへでも任意の接続を開始できます"
#       fix:
#         en: "Replace \"{rule}\" on {firewall} by permits for what {servers} must reach: the directory, name resolution, the other Exchange servers"
#         ja: "{firewall} の「{rule}」を、{servers} に必要な宛先 (ディレクトリ、名前解決、ほかの Exchange サーバー) だけの許可に置き換えます"
#   labels:
#     no-address: {en: "no export tells an address of an Exchange server", ja: "Exchange サーバーのアドレスを示すエクスポートがありません"}
#   references:
#     - bb331973(v=exchg.80)
package exlint.rules.any_any_permit

import rego.v1

import data.exlint.lib.permits

open := [permit | some permit in permits.effective; permits.everything(permit)]

# To the servers, or only from them.
findings contains found if {
	some permit in open
	servers := permits.reached(permit)
	count(servers) > 0
	found := permits.finding(permit, servers, {})
}

findings contains found if {
	some permit in open
	permits.reached(permit) == set()
	found := object.union(permits.finding(permit, permits.started(permit), {}), {"severity": "warning", "variant": "outbound"})
}

undecided contains permits.undecided
