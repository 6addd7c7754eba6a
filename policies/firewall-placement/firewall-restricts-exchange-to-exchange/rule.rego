# METADATA
# title: Firewall restricts traffic between Exchange servers of the internal network
# custom:
#   id: FS003
#   name: firewall-restricts-exchange-to-exchange
#   severity: warning
#   paths: [hub-to-hub-smtp, mailbox-to-hub-submission, cas-to-cas-owa, um-to-mailbox-rpc]
#   statements: [S34]
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: ファイアウォールが内部の Exchange サーバー間の通信を制限している
#   message:
#     en: "Firewall {firewall} restricts traffic between the Exchange servers {servers} (pairs of servers: {count}); the Exchange team supports no filtering between them (2013)"
#     ja: "ファイアウォール {firewall} が Exchange サーバー {servers} の間の通信を制限しています ({count} 組)。Exchange チームは、サーバー間の絞り込みをサポートしないとしています (2013 年)"
#   fix:
#     en: "Let {firewall} pass ip any between {servers}, both ways, in place of single ports"
#     ja: "個々のポートの代わりに、{firewall} で {servers} の間のすべての通信 (ip any) を両方向とも通します"
#   undecided:
#     en: "Whether {firewall} restricts traffic between {servers} could not be decided"
#     ja: "{firewall} が {servers} の間の通信を制限しているかどうかを判定できません"
#   labels:
#     rule: {en: "traffic between them is restricted here", ja: "通信はここで制限されています"}
#     restricts-unknown: {en: "whether a rule of {firewall} stops any packet between the two is not known", ja: "{firewall} の規則が両者間のパケットを止めるかどうか不明です"}
#   references:
#     - bb331973(v=exchg.80)
#     - https://techcommunity.microsoft.com/blog/exchange/595710
package exlint.rules.firewall_restricts_exchange_to_exchange

import rego.v1

import data.exlint.lib.between
import data.exlint.lib.placement
import data.exlint.lib.required

groups := [object.union(group, {"pairs": pairs}) |
	some group in between.left
	pairs := [pair |
		some pair in group.pairs
		placement.inner[pair.a]
		placement.inner[pair.b]
		not stopped[{pair.a, pair.b}]
	]
	count(pairs) > 0
]

# Pairs between which FR006 or FR008 report a path that does not work.
stopped contains ends if {
	some flow in required.of({"hub-to-hub-smtp", "mailbox-to-hub-submission", "hub-to-mailbox-mapi"})
	flow.verdict == "deny"
	reported(flow)
	ends := {flow.source, flow.destination}
}

reported(flow) if flow.path == "hub-to-hub-smtp"

reported(flow) if required.one_site(flow)

findings contains found if {
	some group in groups
	between.restricts(group)
	found := between.finding(group)
}

undecided contains case if {
	some firewall in {group.firewall | some group in groups}
	open := [group | some group in groups; group.firewall == firewall; between.open(group)]
	count(open) > 0
	case := between.doubtful(open)
}
