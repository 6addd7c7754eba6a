# METADATA
# title: RPC between Mailbox and Hub Transport servers of one site is blocked
# custom:
#   id: FR008
#   name: required-mailbox-hub-rpc-blocked
#   severity: error
#   paths: [mailbox-to-hub-submission, hub-to-mailbox-mapi]
#   statements: [S11, S12]
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: 同じサイトのメールボックス サーバーとハブ トランスポート サーバーの間の RPC がブロックされている
#   message:
#     en: "{sources} cannot reach {destinations} by RPC: {firewall} denies {service} between Mailbox and Hub Transport servers of one AD site"
#     ja: "{sources} から {destinations} へ RPC で到達できません。{firewall} が、同じ AD サイトのメールボックス サーバーとハブ トランスポート サーバーの間の {service} を拒否しています"
#   fix:
#     en: "Let {firewall} pass everything between the Exchange servers of the site, or place them behind one interface; opening single ports does not suffice, as RPC chooses the others"
#     ja: "サイトの Exchange サーバー間の通信を {firewall} ですべて通すか、両者を同じインターフェイスの内側に置きます。残りのポートは RPC が選ぶため、個々のポートを開けるだけでは足りません"
#   undecided:
#     en: "Whether {sources} must and can reach {destinations} by RPC could not be decided"
#     ja: "{sources} が RPC で {destinations} に到達する必要があるか、到達できるかを判定できません"
#   variants:
#     mutual:
#       message:
#         en: "{sources} cannot reach one another by RPC: {firewall} denies {service} between Mailbox and Hub Transport servers of one AD site"
#         ja: "{sources} の間で RPC が通りません。{firewall} が、同じ AD サイトのメールボックス サーバーとハブ トランスポート サーバーの間の {service} を拒否しています"
#       fix:
#         en: "Let {firewall} pass everything between the Exchange servers of the site, or place them behind one interface; opening single ports does not suffice, as RPC chooses the others"
#         ja: "サイトの Exchange サーバー間の通信を {firewall} ですべて通すか、両者を同じインターフェイスの内側に置きます。残りのポートは RPC が選ぶため、個々のポートを開けるだけでは足りません"
#   references:
#     - bb331973(v=exchg.80)
#     - https://techcommunity.microsoft.com/blog/exchange/595710
package exlint.rules.required_mailbox_hub_rpc_blocked

import rego.v1

import data.exlint.lib.required

# The endpoint mapper alone: what it assigns afterwards is FR011's business.
flows := [flow |
	some flow in required.of({"mailbox-to-hub-submission", "hub-to-mailbox-mapi"})
	flow.service == "tcp/135"
	not required.superseded(flow)
]

denied := [flow | some flow in required.with_works(flows, {"no"}); required.one_site(flow)]

arguments(group) := {"sources": required.sources(group), "destinations": required.destinations(group)}

subject(group) := sprintf("%s -> %s", [concat(", ", required.sources(group)), concat(", ", required.destinations(group))])

findings contains found if {
	some group in required.together(denied)
	found := object.union(required.blocked(group, arguments(group), subject(group)), required.mutual(group))
}

undecided contains case if {
	some flow in required.with_works(flows, {"no", "unknown"})
	case := object.union(required.doubtful([flow], arguments([flow]), subject([flow])), missing(flow))
}

missing(flow) := required.siteless(flow)

missing(flow) := {} if {
	required.one_site(flow)
	flow.works == "unknown"
}
