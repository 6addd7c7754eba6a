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
#   supersedes: [FR008, FR011, FR019]
#   title.ja: 同じサイトのクライアント アクセス サーバーとメールボックス サーバーの間にファイアウォールがある
#   message:
#     en: "Firewall {firewall} stands between Client Access server {cas} and Mailbox server {mailbox} of AD site {site}"
#     ja: "AD サイト {site} のクライアント アクセス サーバー {cas} とメールボックス サーバー {mailbox} の間に、ファイアウォール {firewall} があります"
#   fix:
#     en: "Move {cas} into the network of {mailbox}, so that {firewall} stands in front of both, and publish it through a reverse proxy in the perimeter network"
#     ja: "{cas} を {mailbox} のネットワークへ移して {firewall} を両者の手前に置き、境界ネットワークのリバース プロキシ経由で公開します"
#   undecided:
#     en: "{subject}: whether a firewall restricts traffic between Client Access and Mailbox servers of one AD site could not be decided"
#     ja: "{subject}: 同じ AD サイトのクライアント アクセス サーバーとメールボックス サーバーの間をファイアウォールが制限しているかどうかを判定できません"
#   labels:
#     rule: {en: "traffic between the two is restricted here", ja: "両者間の通信はここで制限されています"}
#     restricts-unknown: {en: "whether a rule of {firewall} stops any packet between the two is not known", ja: "{firewall} の規則が両者間のパケットを止めるかどうか不明です"}
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

# Placements of a Client Access server and a Mailbox server, whichever is `a`:
# the rules that restrict, both interfaces, both addresses.
# Client Access and Mailbox servers with a firewall between them, with the place
# of each. Sets first: of two hundred servers there are forty thousand pairs.
with_role[role] contains name if {
	some role in ["cas", "mailbox"]
	some server in input.servers
	role in server.roles
	name := server.name
	estate.in_service(name)
}

pairs contains known if {
	some group in input.placements
	some cas, mailbox in {"a": "b", "b": "a"}
	some pair in group.pairs
	with_role.cas[pair[cas]]
	with_role.mailbox[pair[mailbox]]
	not elsewhere(pair)
	known := object.union(object.union(object.remove(group, ["pairs"]), pair), {
		"cas": pair[cas],
		"mailbox": pair[mailbox],
		"ends": [pair.at[interface[cas]], pair.at[interface[mailbox]], pair[address[cas]], pair[address[mailbox]]],
	})
}

interface := {"a": 0, "b": 1}

address := {"a": "a_at", "b": "b_at"}

# Two sites: supported, and FS003's business.
elsewhere(pair) if estate.site(pair.a) != estate.site(pair.b)

one_site(pair) if estate.site(pair.a) == estate.site(pair.b)

findings contains found if {
	some pair in pairs
	one_site(pair)
	pair.between == "yes"
	severity := severities[pair.restricts]
	finding := {
		"at": array.concat(array.concat(pair.rules, pair.ends), verdicts.refs(facts_of(pair))),
		"severity": severity,
		"args": {"firewall": pair.firewall, "cas": pair.cas, "mailbox": pair.mailbox, "site": estate.plain_site(estate.servers[pair.cas])},
		"subject": sprintf("%s: %s - %s", [pair.firewall, pair.cas, pair.mailbox]),
		"labels": array.concat(labels(pair), verdicts.labels(facts_of(pair))),
		"flows": [[pair.cas, pair.mailbox], [pair.mailbox, pair.cas]],
	}
	found := verdicts.graded(object.union(finding, stopped(pair)), pair)
}

stopped(pair) := {"expected": "everything passes", "actual": "restricted"} if pair.restricts == "yes"

stopped(pair) := {} if pair.restricts != "yes"

severities := {"yes": "error", "no": "note"}

labels(pair) := array.concat(["rule" | some _ in pair.rules], array.concat(
	["cas", "mailbox"],
	[label("address-of", name, {}) | some name in [pair.cas, pair.mailbox]],
))

label(key, name, more) := {"key": key, "args": object.union({"server": name}, more)}

# What tells the roles and the site of both servers.
facts_of(pair) := [place |
	some name in [pair.cas, pair.mailbox]
	server := estate.servers[name]
	some place in [
		verdicts.place(server.at.roles, label("role-of", name, {})),
		verdicts.place(object.get(server.at, "site", server.at.self), site_label(name, server)),
	]
]

site_label(name, server) := label("site-of", name, {"site": estate.plain_site(server)}) if {
	server.site
} else := label("role-of", name, {})

undecided contains case if {
	some pair in pairs
	needs := missing(pair)
	subject := sprintf("%s: %s - %s", [pair.firewall, pair.cas, pair.mailbox])
	case := object.union(needs, {"at": pair.ends, "args": {}, "subject": subject})
}

# A server without an address has no placement at all.
undecided contains case if {
	some name, server in estate.servers
	server.addresses == []
	estate.in_service(name)
	partner(name)
	needs := estate.doubt({name}, [], [sprintf("Get-NetworkConnectionInfo %s | fl *", [upper(name)])])
	case := object.union(needs, {"at": [server.at.self], "args": {}, "subject": name})
}

# A server of the other role that may be in the same site.
partner(name) if {
	some role, other in {"cas": "mailbox", "mailbox": "cas"}
	estate.has_role(name, role)
	some another, _ in estate.servers
	another != name
	estate.has_role(another, other)
	estate.in_service(another)
	not elsewhere({"a": name, "b": another})
}

missing(pair) := {
	"why": [{"key": "no-site", "args": {"server": name}} | some name in [pair.cas, pair.mailbox]; not estate.site(name)],
	"needs": ["Get-ExchangeServer | Export-Clixml Get-ExchangeServer.xml"],
} if {
	not one_site(pair)
} else := {
	"why": reasons(pair),
	"needs": estate.doubt({pair.a, pair.b, pair.firewall}, [], [traced(pair)]).needs,
} if {
	"unknown" in {pair.between, pair.restricts}
}

reasons(pair) := pair.why if {
	count(pair.why) > 0
} else := [{"key": "restricts-unknown", "args": {"firewall": pair.firewall}}]

traced(pair) := sprintf("exlint trace --device %s --from %s --to %s --service tcp/135", [pair.firewall, pair.cas, pair.mailbox])
