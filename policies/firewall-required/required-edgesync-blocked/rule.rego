# METADATA
# title: EdgeSync cannot reach the directory of the Edge Transport server
# custom:
#   id: FR005
#   name: required-edgesync-blocked
#   severity: error
#   paths: [hub-to-edge-edgesync]
#   statements: [S08, S19, S58]
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: EdgeSync がエッジ トランスポート サーバーのディレクトリに到達できない
#   message:
#     en: "EdgeSync cannot update {edge}: no Hub Transport server of the subscribed site ({hubs}) reaches it on {service}"
#     ja: "EdgeSync が {edge} を更新できません。購読先サイトのハブ トランスポート サーバー ({hubs}) はいずれも {service} で到達できません"
#   fix:
#     en: "On {firewall}, permit {hubs} to {edge} on {service}, in this direction only, {place}; leave the clear-text port closed{lines}"
#     ja: "{firewall} で、{hubs} から {edge} への {service} をこの方向だけ、{place}許可します。暗号化されないポートは開けません{lines}"
#   undecided:
#     en: "Whether EdgeSync from {hub} must and can reach {edge} on {service} could not be decided"
#     ja: "{hub} から {edge} への EdgeSync ({service}) が必要か、到達できるかを判定できません"
#   references:
#     - bb331973(v=exchg.80)
#     - bb331973(v=exchg.141)
#     - bb232180(v=exchg.80)
#     - bb693319(v=exchg.80)
package exlint.rules.required_edgesync_blocked

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.required
import data.exlint.lib.verdicts

# Flows to the LDAPS port of an Edge, from Hubs that may synchronise it.
flows contains flow if {
	some flow in input.flows
	flow.path == "hub-to-edge-edgesync"
	flow.need != "local"
	estate.in_service(flow.source)
	estate.in_service(flow.destination)
	estate.may_serve(flow.source, flow.destination)
}

to(edge) := [flow | some flow in flows; flow.destination == edge]

edges := {flow.destination | some flow in flows}

states(list) := {flow.works | some flow in list}

# Every Hub that may synchronise the Edge is kept away, and one of them must.
blocked contains edge if {
	some edge in edges
	states(to(edge)) == {"no"}
	some flow in to(edge)
	estate.surely_serves(flow.source, edge)
}

findings contains found if {
	some edge in blocked
	sorted := to(edge)
	finding := verdicts.finding(sorted[0], {"edge": edge, "hubs": sort({flow.source | some flow in sorted}), "lines": required.lines(sorted)}, edge)
	places := [place | some flow in sorted; some place in verdicts.places(flow)]
	found := object.union(object.union(finding, {"expected": "permit", "flows": verdicts.keys(sorted)}), verdicts.shown(verdicts.unique(array.concat(places, estate.subscription_places(edge)))))
}

# The Hubs of each site that the Edge may be subscribed to: whether one surely
# gets through.
undecided contains case if {
	some edge in edges
	not edge in blocked
	some site in estate.possible_sites(edge)
	of_site := [flow | some flow in to(edge); estate.site(flow.source) == site]
	siteless := [flow | some flow in to(edge); not estate.site(flow.source)]
	not "yes" in states(of_site)
	some flow in array.concat(of_site, siteless)
	flow.works != "yes"
	case := object.union(verdicts.undecided(flow, {"edge": edge, "hub": flow.source}, edge), missing(edge, flow))
}

missing(edge, flow) := {} if {
	flow.works == "unknown"
	estate.surely_serves(flow.source, edge)
} else := estate.unplaced(flow.source, edge) if {
	not estate.surely_serves(flow.source, edge)
} else := estate.unplaced(lost[0], edge) if {
	lost := [other.source | some other in to(edge); not estate.site(other.source)]
}
