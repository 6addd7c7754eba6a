# METADATA
# title: SMTP from an Edge Transport server to the Hub Transport servers of its site is blocked
# custom:
#   id: FR004
#   name: required-edge-to-hub-smtp-blocked
#   severity: error
#   paths: [edge-to-hub-smtp]
#   statements: [S04]
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: エッジ トランスポート サーバーから購読先サイトのハブ トランスポート サーバーへの SMTP がブロックされている
#   message:
#     en: "Edge Transport server {edge} cannot deliver inbound mail: {firewall} denies {service} to all Hub Transport servers of the subscribed site ({hubs})"
#     ja: "エッジ トランスポート サーバー {edge} が受信メールを配信できません。{firewall} が、購読先サイトのすべてのハブ トランスポート サーバー ({hubs}) への {service} を拒否しています"
#   fix:
#     en: "On {firewall}, permit {edge} to {hubs} on tcp/25, {place}{lines}"
#     ja: "{firewall} で、{edge} から {hubs} への tcp/25 を{place}許可します{lines}"
#   variants:
#     some:
#       message:
#         en: "Edge Transport server {edge} does not reach every Hub Transport server of its site: {firewall} denies {service} to {hubs}"
#         ja: "エッジ トランスポート サーバー {edge} は、サイトの一部のハブ トランスポート サーバーに到達できません。{firewall} が {hubs} への {service} を拒否しています"
#       fix:
#         en: "On {firewall}, permit {edge} to {hubs} on tcp/25 as well, {place}{lines}"
#         ja: "{firewall} で、{edge} から {hubs} への tcp/25 も{place}許可します{lines}"
#   undecided:
#     en: "Whether {edge} must and can deliver to {hubs} on tcp/25 could not be decided"
#     ja: "{edge} が tcp/25 で {hubs} へ配信する必要があるか、配信できるかを判定できません"
#   references:
#     - bb331973(v=exchg.80)
#     - bb232180(v=exchg.80)
package exlint.rules.required_edge_to_hub_smtp_blocked

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.required

# Flows to the Hubs that serve, or may serve, the subscription of the Edge.
flows := [flow | some flow in required.of({"edge-to-hub-smtp"}); estate.may_serve(flow.destination, flow.source)]

edges := {flow.source | some flow in flows}

from(edge) := [flow | some flow in flows; flow.source == edge]

# Those to Hubs that surely do.
sure(edge) := [flow | some flow in from(edge); estate.surely_serves(flow.destination, edge)]

states(list) := {flow.works | some flow in list}

# One Hub that can be reached keeps the mail flowing.
degree(edge) := {} if {
	states(from(edge)) == {"no"}
} else := {"severity": "warning", "variant": "some"}

findings contains found if {
	some edge in edges
	denied := [flow | some flow in sure(edge); flow.works == "no"]
	count(denied) > 0
	args := {"edge": edge, "hubs": required.destinations(denied)}
	found := object.union(required.blocked_as(denied, args, edge, estate.subscription_places(edge)), degree(edge))
}

# What is open about the Hubs of a site that the Edge may be subscribed to, and
# those without a known site.
undecided contains case if {
	some edge in edges
	some site in estate.possible_sites(edge)
	of_site := [flow | some flow in from(edge); estate.site(flow.destination) == site]
	siteless := [flow | some flow in from(edge); not estate.site(flow.destination)]
	unclear(edge, states(of_site), states(siteless))
	open := [flow | some flow in array.concat(of_site, siteless); flow.works in {"no", "unknown"}]
	case := object.union(required.doubtful(open, {"edge": edge, "hubs": required.destinations(open)}, edge), missing(edge, open))
}

# A Hub that may serve the Edge is out of reach.
unclear(_, here, lost) if {
	not "no" in here
	"no" in lost
}

unclear(edge, here, _) if {
	not estate.sited(edge)
	"no" in here
}

# None is surely reached, and one may be.
unclear(_, here, lost) if {
	not reached(here)
	"unknown" in (here | lost)
}

unclear(_, here, lost) if {
	not reached(here)
	"no" in here
	reached(lost)
}

reached(known) if "yes" in known

missing(edge, open) := estate.unplaced(lost[0].destination, edge) if {
	lost := [flow | some flow in open; not estate.surely_serves(flow.destination, edge)]
	count(lost) > 0
} else := {}
