# METADATA
# title: Flow verdicts, and the evidence that a finding on a flow carries
package exlint.lib.verdicts

import rego.v1

# Every element once, in the order of its first appearance.
unique(array_) := [x |
	some i, x in array_
	not x in array.slice(array_, 0, i)
]

# Rules that decided a flow, the last denying one first, each with its label.
# What is before it denies a part (a block list); it denies the rest, and is
# the one to change.
decisions(flow) := array.concat(
	array.reverse([place(d.at, object.get(d, "label", null)) | some d in flow.decided_by; d.action == "deny"]),
	[place(d.at, object.get(d, "label", null)) | some d in flow.decided_by; d.action != "deny"],
)

place(at, label) := {"at": at, "label": label}

deciding(flow) := [p.at | some p in decisions(flow)]

# The first of them: the last that denies, else the first of all.
decisive(flow) := denying[count(denying) - 1] if {
	denying := [d.at | some d in flow.decided_by; d.action == "deny"]
	count(denying) > 0
} else := flow.decided_by[0].at

first(items) := items[0]

# What tells the ends of a flow.
grounds(flow) := [place(at, label_of(object.get(flow, "labels", []), i)) | some i, at in object.get(flow, "at", [])]

label_of(labels_, i) := labels_[i] if {
	i < count(labels_)
} else := null

# Deciding rules, what explains a denial, then what tells the addresses.
places(flow) := array.concat(array.concat(decisions(flow), object.get(flow, "explained", [])), grounds(flow))

# Lines of objects and groups through which the first deciding rule matches in
# some positions, each below the definition.
members(flow, positions) := [p |
	decisive_at := decisive(flow)
	some d in flow.decided_by
	d.at == decisive_at
	some m in object.get(d, "members", [])
	m.position in positions
	some p in [place(m.at, m.label), place(m.definition, m.definition_label)]
]

# A finding on an exposure: as on a flow, with those lines after the rule.
exposed(exposure, positions, args, subject) := object.union(
	object.union(finding(exposure, args, subject), unlisted(exposure)),
	shown(unique(array.concat(
		array.concat(decisions(exposure), members(exposure, positions)),
		grounds(exposure),
	))),
)

# Labels of what permits where there is no access list.
defaults := {"level-permits", "default-permits"}

# The surest of several, to stand for all.
surest(exposures) := array.concat([known | some known in exposures; known.certainty == "certain"], exposures)[0]

# No access list permits it: there is no rule to take something out of.
unlisted(exposure) := {"variant": "unlisted"} if {
	decisive_at := decisive(exposure)
	some d in exposure.decided_by
	d.at == decisive_at
	d.label.key in defaults
} else := {"variant": "unlisted"} if {
	exposure.decided_by == []
} else := {}

# What opens an exposure: the deciding rules, or a firewall without lists,
# whatever interfaces lack one.
cause(exposure) := sort({d.firewall | some d in exposure.decided_by}) if {
	count(exposure.decided_by) > 0
	every d in exposure.decided_by { d.label.key in defaults }
} else := deciding(exposure)

# Every interface without a list, where that is the cause of all exposures.
interfaces(group) := shown(unique(array.concat(
	[place_ | some exposure in group; some place_ in decisions(exposure)],
	grounds(group[0]),
))) if {
	unlisted(group[0]) != {}
} else := {}

evidence(flow) := refs(places(flow))

refs(places_) := [p.at | some p in places_]

labels(places_) := [p.label | some p in places_]

# A finding's evidence from places.
shown(places_) := {"at": refs(places_), "labels": labels(places_)}

# The firewall whose rule comes first in the evidence.
firewall(flow) := first([d.firewall | some d in flow.decided_by; d.at == decisive_at]) if {
	decisive_at := decisive(flow)
} else := concat(", ", object.get(flow, "firewalls", []))

# The rule that comes first in the evidence.
rule(flow) := first([d.rule | some d in flow.decided_by; d.at == decisive_at]) if {
	decisive_at := decisive(flow)
} else := {"key": "its-rules", "args": {"firewall": firewall(flow)}}

# A finding graded by how sure the fact under it is.
graded(finding, fact) := object.union(finding, {"confidence": "derived", "weak": object.get(fact, "weak", "")}) if {
	fact.certainty == "derived"
}

graded(finding, fact) := finding if not fact.certainty == "derived"

# The witness packet of a flow as a part of a finding.
witness(flow) := {"witness": flow.witness} if flow.witness

witness(flow) := {} if not flow.witness

# Places in the order of the files.
in_order(places_) := [place_[2] | some place_ in sort({[to_number(parts[0]), to_number(parts[1]), at] |
	some at in places_
	parts := split(at, ":")
})]

# Which flows a finding is about: rules with `supersedes` compare them.
keys(flows) := [[source(flow), flow.destination, flow.service] | some flow in flows]

source(flow) := object.get(flow, "source", object.get(flow, "from", "internet"))

# A finding on a flow.
finding(flow, args, subject) := graded(found, flow) if {
	places_ := places(flow)
	found := object.union(object.union(witness(flow), misdirected(flow)), {
		"at": refs(places_),
		"labels": labels(places_),
		"args": object.union(object.union({"firewall": firewall(flow), "rule": rule(flow), "service": flow.service}, remedy(flow)), args),
		"subject": subject,
		"actual": flow.verdict,
		"flows": keys([flow]),
	})
}

# Why flows are not decided, each reason once.
reasons(flows) := sort({reason | some flow in flows; some reason in flow.why})

# What settles flows that are not decided: commands and inventory lines where
# they are known, else the command that shows what is not.
settle(flows) := sort(steps) if {
	steps := {step | some flow in flows; some step in flow.settle}
	count(steps) > 0
} else := sort({traced(flow) | some flow in flows})

traced(flow) := sprintf("exlint trace --from %s --to %s --service %s", [
	source(flow), flow.destination, flow.service,
])

# The texts for a firewall that asks block rules first, wherever they stand.
unordered(name) := {"variant": "unordered"} if {
	some firewall_ in input.firewalls
	firewall_.name == name
	firewall_.platform == "windows-firewall"
} else := {}

# Where the firewall itself has the address, no rule lets the flow through: the
# fix says so.
misdirected(flow) := {"fix": {"key": "own-address", "args": {"firewall": firewall(flow), "server": flow.destination}}} if {
	decisive_at := decisive(flow)
	some d in flow.decided_by
	d.at == decisive_at
	d.label.key == "is-asked-itself"
} else := {}

# What would let a denied flow through, for a fix: the place and the lines.
remedy(flow) := {"place": flow.remedy.place, "lines": concat("", [sprintf("\n%s", [line]) | some line in flow.remedy.lines])} if {
	flow.remedy
} else := {"place": {"key": "before-rule", "args": {"rule": rule(flow)}}, "lines": ""} if {
	count(flow.decided_by) > 0
} else := {"place": {"key": "before-default"}, "lines": ""}

# Flows that some firewall of the input is known to see. What none of them
# sees is a question about the input (IN001), not about a rule.
crossing(flows) := [flow | some flow in flows; count(object.get(flow, "firewalls", [])) > 0]

# A flow that could not be decided.
undecided(flow, args, subject) := {
	"flows": keys([flow]),
	"at": evidence(flow),
	"why": reasons([flow]),
	"needs": settle([flow]),
	"args": object.union({"service": flow.service}, args),
	"subject": subject,
}

# A finding on flows that one cause stops, with the evidence of all.
merged(flows, args, subject) := object.union(object.union(finding(flows[0], args, subject), {"flows": keys(flows)}), shown(unique([place_ |
	some flow in flows
	some place_ in places(flow)
])))

# Flows that could not be decided, as one case.
undecided_all(flows, args, subject) := {
	"flows": keys(flows),
	"at": evidence(flows[0]),
	"why": reasons(flows),
	"needs": settle(flows),
	"args": args,
	"subject": subject,
}

# That some rule may be meant to permit denied flows of which nobody looked what
# comes close to it, as one case: of very many, facts explain the first.
unlooked(flows) := object.union(undecided_all(left, args, "unexplained"), {
	"why": [{"key": "too-many-denials", "args": {"count": count(left)}}],
	"needs": [traced(left[0])],
}) if {
	left := [flow | some flow in flows; flow.unexplained]
	count(left) > 0
	told := [sprintf("%s -> %s (%s)", [flow.source, flow.destination, flow.service]) | some flow in array.slice(left, 0, 3)]
	args := {"flows": told, "server": left[0].destination, "firewall": firewall(left[0])}
}
