# METADATA
# title: SMTP from a Unified Messaging server to the Hub Transport servers of its site is blocked
# custom:
#   id: FR007
#   name: required-um-to-hub-smtp-blocked
#   severity: error
#   paths: [um-to-hub-smtp, um-to-hub-smtp-um-table]
#   statements: []
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: ユニファイド メッセージング サーバーからサイトのハブ トランスポート サーバーへの SMTP がブロックされている
#   message:
#     en: "Unified Messaging server {um} cannot hand over voice mail: {firewall} denies {service} to every Hub Transport server of its site ({hubs})"
#     ja: "ユニファイド メッセージング サーバー {um} がボイス メールを渡せません。{firewall} が、サイトのすべてのハブ トランスポート サーバー ({hubs}) への {service} を拒否しています"
#   fix:
#     en: "On {firewall}, permit {um} to {hubs} on tcp/25, {place}{lines}"
#     ja: "{firewall} で、{um} から {hubs} への tcp/25 を{place}許可します{lines}"
#   undecided:
#     en: "Whether {um} reaches a Hub Transport server of its site ({hubs}) on tcp/25 could not be decided"
#     ja: "{um} がサイトのハブ トランスポート サーバー ({hubs}) に tcp/25 で到達できるかどうかを判定できません"
#   references:
#     - bb331973(v=exchg.80)
package exlint.rules.required_um_to_hub_smtp_blocked

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.required

# The same flow is a row of two tables: it is looked at once. A server that is
# a Hub itself asks no other.
flows := [flow |
	some flow in required.of({"um-to-hub-smtp"})
	maybe_near(flow)
	not estate.has_role(flow.source, "hub")
]

maybe_near(flow) if required.one_site(flow)

maybe_near(flow) if required.siteless(flow)

servers := {flow.source | some flow in flows}

from(um) := [flow | some flow in flows; flow.source == um]

findings contains found if {
	some um in servers
	near := from(um)
	every flow in near {
		flow.works == "no"
		required.one_site(flow)
	}
	found := required.blocked(near, {"um": um, "hubs": required.destinations(near)}, um)
}

undecided contains case if {
	some um in servers
	all := from(um)
	count(required.with_works([f | some f in all; required.one_site(f)], {"yes"})) == 0
	open := [flow | some flow in all; doubt(flow)]
	count(open) > 0
	case := object.union(required.doubtful(open, {"um": um, "hubs": required.destinations(open)}, um), missing(open[0]))
}

doubt(flow) if flow.works == "unknown"

doubt(flow) if required.siteless(flow)

missing(flow) := required.siteless(flow)

missing(flow) := {} if required.one_site(flow)
