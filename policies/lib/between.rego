# METADATA
# title: What stands between two servers
package exlint.lib.between

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.verdicts

# Two hundred servers make forty thousand pairs: whatever is asked about a pair
# is looked up in sets that are made once.
perimeter contains name if {
	some server in input.servers
	some address in server.addresses
	address["class"] == "perimeter"
	name := server.name
}

site_of[role][name] := site if {
	some role in ["cas", "mailbox"]
	some server in input.servers
	role in server.roles
	name := server.name
	site := estate.site(name)
}

# Client Access and Mailbox servers of one site: FS001 speaks of them. With the
# end of each that is the Client Access server.
of_one_site := array.concat(
	[{"group": group, "pair": pair, "cas": pair.a} | some group in input.placements; some pair in group.pairs; site_of.cas[pair.a] == site_of.mailbox[pair.b]],
	[{"group": group, "pair": pair, "cas": pair.b} | some group in input.placements; some pair in group.pairs; site_of.cas[pair.b] == site_of.mailbox[pair.a]],
)

reserved contains ends if {
	some known in of_one_site
	ends := {known.pair.a, known.pair.b}
}

# Client Access servers that stand on the wrong side of a firewall themselves.
misplaced contains place if {
	some known in of_one_site
	restricts(known.group)
	place := [known.group.firewall, known.cas]
}

# Groups with their pairs of which no other rule speaks first: FS001, or FS002
# and FS005 of a server in the perimeter network.
left := [object.union(group, {"pairs": pairs}) |
	some group in input.placements
	pairs := [pair |
		some pair in group.pairs
		not perimeter[pair.a]
		not perimeter[pair.b]
		not reserved[{pair.a, pair.b}]
		not misplaced[[group.firewall, pair.a]]
		not misplaced[[group.firewall, pair.b]]
	]
]

restricts(group) if {
	group.between == "yes"
	group.restricts == "yes"
}

open(group) if {
	"unknown" in {group.between, group.restricts}
	not "no" in {group.between, group.restricts}
}

names(groups, end) := {pair[end] | some group in groups; some pair in group.pairs}

servers(groups) := sort(names(groups, "a") | names(groups, "b"))

label(key, name) := {"key": key, "args": {"server": name}}

# The rules that restrict, then both ends of the first pairs.
places(group) := verdicts.unique(array.concat(
	[verdicts.place(at, "rule") | some at in group.rules],
	[place |
		some pair in array.slice(group.pairs, 0, 3)
		some place in [
			verdicts.place(pair.a_at, label("address-of", pair.a)),
			verdicts.place(pair.b_at, label("address-of", pair.b)),
		]
	],
))

count_of(pairs) := sum([object.get(pair, "stands_for", 1) | some pair in pairs])

finding(group) := verdicts.graded(object.union(found, verdicts.shown(places(group))), group.pairs[0]) if {
	names_ := servers([group])
	found := {
		"args": {"firewall": group.firewall, "servers": names_, "count": count_of(group.pairs)},
		"subject": sprintf("%s: %s", [group.firewall, concat(", ", names_)]),
		"expected": "everything passes",
		"actual": "restricted",
	}
}

# Open questions about one firewall.
doubtful(groups) := {
	"at": verdicts.refs(places(first)),
	"why": reasons(groups),
	"needs": needs,
	"args": {"firewall": first.firewall, "servers": servers(groups)},
	"subject": first.firewall,
} if {
	first := groups[0]
	pair := first.pairs[0]
	needs := estate.doubt({pair.a, pair.b, first.firewall}, [], [traced(first.firewall, pair)]).needs
}

reasons(groups) := sort(told) if {
	told := {why | some group in groups; some pair in group.pairs; some why in pair.why}
	count(told) > 0
} else := [{"key": "restricts-unknown", "args": {"firewall": groups[0].firewall}}]

traced(firewall, pair) := sprintf("exlint trace --device %s --from %s --to %s --service tcp/135", [firewall, pair.a, pair.b])
