# METADATA
# title: Required flows that one thing about a rule keeps closed
package exlint.lib.explained

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.verdicts

# Flows that fail and that a rule would permit but for one thing, by the place of the
# rule; the key of its label says what that thing is.
closed(key) := [{"flow": flow, "place": place} |
	some flow in input.flows
	flow.works == "no"
	some place in object.get(flow, "explained", [])
	place.label.key == key
	estate.in_service(flow.source)
	estate.in_service(flow.destination)
	not needless(flow)
]

# Mail and EdgeSync between a Hub and an Edge that it does not serve.
needless(flow) if needed(flow) == "no"

needed(flow) := between(flow.source, flow.destination) if {
	estate.has_role(flow.source, "hub")
	estate.has_role(flow.destination, "edge")
} else := between(flow.destination, flow.source) if {
	estate.has_role(flow.source, "edge")
	estate.has_role(flow.destination, "hub")
} else := "yes"

between(hub, edge) := "yes" if {
	estate.subscribed(edge) == "yes"
	estate.serves(hub, edge)
} else := "unknown" if {
	estate.subscribed(edge) == "unknown"
} else := "no"

# The Edge whose subscription decides.
edge(flow) := verdicts.first([name | some name in [flow.source, flow.destination]; estate.has_role(name, "edge")])

rules(known, need) := {k.place.at | some k in known; needed(k.flow) == need}

of(known, at, need) := [k | some k in known; k.place.at == at; needed(k.flow) == need]

# The first of the flows, for a message that also tells their count.
flows(group) := array.slice(sort({sprintf("%s -> %s (%s)", [k.flow.source, k.flow.destination, k.flow.service]) | some k in group}), 0, 3)

# The rule first, then what denies now and what tells the ends.
places(group) := verdicts.unique(array.concat(
	[verdicts.place(group[0].place.at, group[0].place.label)],
	[place | some k in array.slice(group, 0, 6); some place in array.concat(verdicts.decisions(k.flow), verdicts.grounds(k.flow))],
))

finding(group) := object.union(found, object.union(verdicts.shown(places(group)), {"expected": "permit", "flows": verdicts.keys([k.flow | some k in group])})) if {
	args := {"flows": flows(group), "count": count(group), "dormant": group[0].place.label.args.rule}
	found := verdicts.finding(group[0].flow, args, concat(", ", flows(group)))
}

undecided(group) := object.union(needs, {"at": verdicts.refs(places(group)), "args": {"flows": flows(group)}, "subject": concat(", ", flows(group))}) if {
	needs := estate.unsubscribed(edge(group[0].flow))
}
