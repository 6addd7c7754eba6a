# METADATA
# title: Flows that a data path needs, and findings on those that are blocked
package exlint.lib.required

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.groups
import data.exlint.lib.verdicts

# Flows of some paths between machines that are meant to work.
of(paths) := [input.flows[place] | some place in {i | some path in paths; some i in working[path]}]

# Places of such flows, by path.
working[path] contains i if {
	some i, flow in input.flows
	estate.in_service(flow.source)
	estate.in_service(flow.destination)
	path := flow.path
}

# What denies a flow: the rule to change. Flows with one cause are one finding.
cause(flow) := verdicts.decisive(flow)

cause(flow) := verdicts.firewall(flow) if count(flow.decided_by) == 0

together(flows) := [[flows[i] | some i in places_] |
	some places_ in groups.together([[cause(flow), i] | some i, flow in flows])
]

# More flows of one cause are named and cured, but not shown each with its
# evidence.
most_shown := 12

# The evidence of flows, each place once.
places(flows) := verdicts.unique([place |
	some flow in array.slice(flows, 0, most_shown)
	some place in verdicts.places(flow)
])

# A finding on flows with one cause, with the evidence and the cure of each.
blocked(flows, args, subject) := object.union(found, object.union(verdicts.shown(places(flows)), {"expected": "permit", "flows": verdicts.keys(flows)})) if {
	found := verdicts.finding(flows[0], object.union({"lines": lines(flows), "count": count(flows)}, args), subject)
}

# The lines to type for all flows, each cure once, in the order of the flows.
# Lines for some of them alone would pass for the whole.
lines(flows) := concat("", [cures[i] | some i in firsts]) if {
	every flow in flows { cured(flow) }
	cures := [verdicts.remedy(flow).lines | some flow in flows]
	firsts := sort([places_[0] | some places_ in groups.together([[cure, i] | some i, cure in cures])])
} else := ""

cured(flow) if {
	count(flow.remedy.lines) > 0
	object.get(flow, "stands_for", 1) == 1
}

# The same with more places, which tell why the flows are needed.
blocked_as(flows, args, subject, more) := object.union(blocked(flows, args, subject), verdicts.shown(shown)) if {
	shown := verdicts.unique(array.concat(places(flows), more))
}

# The same as a question: flows that nobody can decide.
doubtful(flows, args, subject) := {
	"flows": verdicts.keys(flows),
	"at": verdicts.refs(places(flows)),
	"why": verdicts.reasons(flows),
	"needs": verdicts.settle(flows),
	"args": args,
	"subject": subject,
}

# Ends and services of flows, for messages.
sources(flows) := sort({flow.source | some flow in flows})

destinations(flows) := sort({flow.destination | some flow in flows})

# The text for servers that are cut off from one another.
mutual(flows) := {"variant": "mutual"} if {
	sources(flows) == destinations(flows)
} else := {}

services(flows) := sort({flow.service | some flow in flows})

# Flows by whether they work for those who use them: tells what a part means.
with_works(flows, words) := [flow | some flow in flows; flow.works in words]

with_verdict(flows, states) := [flow | some flow in flows; flow.verdict in states]

# FS001 speaks of a Client Access server and a Mailbox server of one site with
# a firewall between them: to open ports there is no cure.
superseded(flow) if between_cas_and_mailbox(flow, flow.source, flow.destination)

superseded(flow) if between_cas_and_mailbox(flow, flow.destination, flow.source)

between_cas_and_mailbox(flow, cas, mailbox) if {
	count(flow.firewalls) > 0
	estate.has_role(cas, "cas")
	estate.has_role(mailbox, "mailbox")
	estate.site(cas) == estate.site(mailbox)
}

# Both ends are in one AD site.
one_site(flow) if estate.site(flow.source) == estate.site(flow.destination)

# What is missing where the site of an end is not known.
siteless(flow) := {"why": why, "needs": ["Get-ExchangeServer | Export-Clixml Get-ExchangeServer.xml"]} if {
	why := [{"key": "no-site", "args": {"server": name}} | some name in [flow.source, flow.destination]; not estate.site(name)]
	count(why) > 0
}

hub_sites := [site | some site in object.get(input.objects, "Get-ADSite", []); site.properties.HubSiteEnabled == true]

# With a hub site, Hub servers of other sites may not deliver to each other directly.
detour(flows) if {
	count(hub_sites) > 0
	every flow in flows { not one_site(flow) }
}
