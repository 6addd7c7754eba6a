# METADATA
# title: Firewall between a Client Access server and a Mailbox server of one site
# custom:
#   id: FS001
#   name: firewall-between-cas-and-mailbox
#   severity: error
#   paths: [cas-to-mailbox-rpc, availability-mailbox-access]
#   statements: [S34, S39]
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: 同じサイトのクライアント アクセス サーバーとメールボックス サーバーの間にファイアウォールがある
#   message:
#     en: "Firewall {firewall} stands between Client Access server {cas} and Mailbox server {mailbox} of AD site {site}"
#     ja: "AD サイト {site} のクライアント アクセス サーバー {cas} とメールボックス サーバー {mailbox} の間に、ファイアウォール {firewall} があります"
#   fix:
#     en: "Put {cas} and {mailbox} behind the same interface of {firewall} (or on a network it does not filter), and publish Client Access through a reverse proxy in the perimeter network"
#     ja: "{cas} と {mailbox} を {firewall} の同じインターフェイスの内側 (またはフィルターのかからないネットワーク) に置き、クライアント アクセスは境界ネットワークのリバース プロキシ経由で公開します"
#   undecided:
#     en: "Whether {firewall} restricts traffic between Client Access server {cas} and Mailbox server {mailbox} of one AD site could not be decided"
#     ja: "同じ AD サイトのクライアント アクセス サーバー {cas} とメールボックス サーバー {mailbox} の間を {firewall} が制限しているかどうかを判定できません"
#   labels:
#     rule: {en: "traffic between the two is restricted here", ja: "両者間の通信はここで制限されています"}
#     cas: {en: the Client Access server is behind this interface, ja: クライアント アクセス サーバーはこの内側にあります}
#     mailbox: {en: the Mailbox server is behind this interface, ja: メールボックス サーバーはこの内側にあります}
#   references:
#     - bb331973(v=exchg.80)
#     - https://techcommunity.microsoft.com/blog/exchange/595710
#     - https://techcommunity.microsoft.com/blog/exchange/597927
package exlint.rules.firewall_between_cas_and_mailbox

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.verdicts

# Placements of a Client Access server and a Mailbox server, whichever is `a`.
pairs contains known if {
	some pair in input.placements
	some ends, order in {["a", "b"]: [0, 1], ["b", "a"]: [1, 0]}
	estate.has_role(pair[ends[0]], "cas")
	estate.has_role(pair[ends[1]], "mailbox")
	estate.in_service(pair.a)
	estate.in_service(pair.b)
	not elsewhere(pair)
	ats := [pair.at[i] | some i in array.concat(order, numbers.range(2, count(pair.at)))]
	known := object.union(pair, {"cas": pair[ends[0]], "mailbox": pair[ends[1]], "ats": ats})
}

# Two sites: supported, and FS003's business.
elsewhere(pair) if estate.site(pair.a) != estate.site(pair.b)

one_site(pair) if estate.site(pair.a) == estate.site(pair.b)

findings contains found if {
	some pair in pairs
	one_site(pair)
	pair.between == "yes"
	severity := {"yes": "error", "no": "note"}[pair.restricts]
	finding := {
		"at": array.concat(array.slice(pair.ats, 2, count(pair.ats)), array.slice(pair.ats, 0, 2)),
		"severity": severity,
		"args": {"firewall": pair.firewall, "cas": pair.cas, "mailbox": pair.mailbox, "site": estate.servers[pair.cas].site},
		"subject": sprintf("%s: %s - %s", [pair.firewall, pair.cas, pair.mailbox]),
		"labels": array.concat(["rule" | some _ in array.slice(pair.ats, 2, count(pair.ats))], ["cas", "mailbox"]),
	}
	found := verdicts.graded(finding, pair)
}

undecided contains case if {
	some pair in pairs
	needs := missing(pair)
	args := {"firewall": pair.firewall, "cas": pair.cas, "mailbox": pair.mailbox}
	case := {"at": pair.ats, "needs": needs, "args": args, "subject": pair.firewall}
}

missing(pair) := "Get-ExchangeServer | fl Name,Site" if {
	not one_site(pair)
} else := verdicts.reasons([pair]) if {
	"unknown" in {pair.between, pair.restricts}
}
