# METADATA
# title: Exchange servers cannot reach a domain controller of their site
# custom:
#   id: FR009
#   name: required-exchange-to-ad-blocked
#   severity: error
#   paths: [hub-to-ad, mailbox-to-ad, sa-legacy-ad, recipient-update-ad, dsaccess-ad, oab-to-ad, cas-um-to-ad]
#   statements: [S20, S22, S51, S64]
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: Exchange サーバーがサイトのドメイン コントローラーに到達できない
#   message:
#     en: "{firewall} denies {services} from {servers} to every domain controller that they use ({directories})"
#     ja: "{firewall} が、{servers} から使用するすべてのドメイン コントローラー ({directories}) への {services} を拒否しています"
#   fix:
#     en: "On {firewall}, permit {servers} to {directories} on {services}, {place}; open tcp/445, tcp/464, udp/464 and dynamic RPC along with them (KB 179442){lines}"
#     ja: "{firewall} で、{servers} から {directories} への {services} を{place}許可します。併せて tcp/445、tcp/464、udp/464、動的 RPC も開けます (KB 179442){lines}"
#   undecided:
#     en: "Whether {servers} can reach a domain controller on {services} could not be decided"
#     ja: "{servers} が {services} でドメイン コントローラーに到達できるかどうかを判定できません"
#   labels:
#     no-directory: {en: "no file tells the domain controllers and their addresses", ja: "ドメイン コントローラーとそのアドレスを示すファイルがありません"}
#     all: {en: "any port", ja: "いずれのポート"}
#   references:
#     - bb331973(v=exchg.80)
#     - "KB 179442: firewalls for domains and trusts"
package exlint.rules.required_exchange_to_ad_blocked

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.required

# A server that is a domain controller itself has one at hand.
flows := [flow |
	some flow in required.of({"hub-to-ad", "mailbox-to-ad", "cas-um-to-ad"})
	flow.need == "required"
	not estate.has_role(flow.source, "ad")
]

key(flow) := [flow.source, flow.service]

# What a server reaches on some domain controller, and what it may reach.
reached := {key(flow) | some flow in required.with_works(flows, {"yes"})}

doubted := {key(flow) | some flow in required.with_works(flows, {"unknown"})}

lacking := [flow |
	some flow in required.with_works(flows, {"no"})
	not key(flow) in reached
	not key(flow) in doubted
]

arguments(group) := {"servers": required.sources(group), "services": required.services(group), "directories": required.destinations(group)}

findings contains found if {
	some group in required.together(lacking)
	found := required.blocked(group, arguments(group), concat(", ", required.sources(group)))
}

undecided contains case if {
	open := [flow | some flow in required.with_works(flows, {"unknown"}); not key(flow) in reached]
	some server in {flow.source | some flow in open}
	group := [flow | some flow in open; flow.source == server]
	case := required.doubtful(group, arguments(group), server)
}

directories := [name | some name, server in estate.servers; "ad" in server.roles]

members := sort([name |
	some name, server in estate.servers
	server.exchange
	count(server.roles) > 0
	not "edge" in server.roles
	estate.in_service(name)
])

# Without any domain controller there is no flow to judge.
undecided contains case if {
	count(directories) == 0
	count(members) > 0
	case := {
		"at": [estate.servers[members[0]].at.self],
		"why": [{"key": "no-directory"}],
		"needs": ["Get-ExchangeServer -Status | Format-List Name,CurrentDomainControllers,CurrentGlobalCatalogs", "[[host]]\nname = \"dc1\"\nroles = [\"ad\", \"dns\"]"],
		"args": {"servers": members, "services": {"key": "all"}},
		"subject": "domain controllers",
	}
}
