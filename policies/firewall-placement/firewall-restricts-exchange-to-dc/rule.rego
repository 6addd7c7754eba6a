# METADATA
# title: Firewall restricts traffic between Exchange servers and domain controllers
# custom:
#   id: FS004
#   name: firewall-restricts-exchange-to-dc
#   severity: note
#   paths: [hub-to-ad, mailbox-to-ad]
#   statements: [S64]
#   needs: [firewall, [inventory, Get-ADDomainController]]
#   versions: ["8", "14", "15"]
#   title.ja: ファイアウォールが Exchange サーバーとドメイン コントローラーの間の通信を制限している
#   message:
#     en: "Firewall {firewall} restricts traffic between Exchange servers and domain controllers ({servers}); the reference lists fewer ports than Windows uses between them"
#     ja: "ファイアウォール {firewall} が Exchange サーバーとドメイン コントローラー ({servers}) の間の通信を制限しています。資料に挙げられたポートだけでは、Windows が使う通信をまかなえません"
#   fix:
#     en: "Let {firewall} pass everything between them, or at least the set of KB 179442: 53, 88, 123, 135, 389, 445, 464, 636, 3268, 3269 and dynamic RPC"
#     ja: "{firewall} で両者間をすべて通すか、少なくとも KB 179442 の一式 (53、88、123、135、389、445、464、636、3268、3269、動的 RPC) を通します"
#   undecided:
#     en: "Whether {firewall} restricts traffic between {servers} could not be decided"
#     ja: "{firewall} が {servers} の間の通信を制限しているかどうかを判定できません"
#   labels:
#     rule: {en: "traffic between them is restricted here", ja: "通信はここで制限されています"}
#     restricts-unknown: {en: "whether a rule of {firewall} stops any packet between the two is not known", ja: "{firewall} の規則が両者間のパケットを止めるかどうか不明です"}
#   references:
#     - bb331973(v=exchg.80)
#     - "KB 179442: firewalls for domains and trusts"
#     - https://techcommunity.microsoft.com/blog/exchange/595710
package exlint.rules.firewall_restricts_exchange_to_dc

import rego.v1

import data.exlint.lib.between
import data.exlint.lib.placement

directories contains name if {
	some server in input.servers
	"ad" in server.roles
	name := server.name
	not placement.inner[name]
}

groups := [object.union(group, {"pairs": pairs}) |
	some group in between.left
	pairs := [pair | some pair in group.pairs; mixed(pair)]
	count(pairs) > 0
]

# An Exchange server and a domain controller, whichever is `a`.
mixed(pair) if {
	placement.inner[pair.a]
	directories[pair.b]
}

mixed(pair) if {
	directories[pair.a]
	placement.inner[pair.b]
}

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
