# METADATA
# title: Where servers stand, and what stands between two of them
package exlint.lib.placement

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.groups
import data.exlint.lib.verdicts

# Servers by name. Not those of `estate`: in regorus 0.14 a library that asks
# another one for a key finds nothing once the whole was asked for elsewhere.
known[s.name] := s if some s in input.servers

# Exchange servers that belong to the internal network.
inner contains name if {
	some server in input.servers
	server.exchange
	count(server.roles) > 0
	not "edge" in server.roles
	name := server.name
	estate.in_service(name)
}

# What another rule says first: a Client Access and a Mailbox server of one site
# (FS001), or a server that stands in the perimeter network (FS002, FS005).
first_rule(pair) if {
	some name in [pair.a, pair.b]
	count(in_class(name, "perimeter")) > 0
}

first_rule(pair) if reserved(pair.a, pair.b)

first_rule(pair) if reserved(pair.b, pair.a)

# The Client Access server itself is what stands on the wrong side.
first_rule(pair) if {
	some name in [pair.a, pair.b]
	[pair.firewall, name] in misplaced
}

misplaced contains place if {
	some pair in input.placements
	pair.between == "yes"
	pair.restricts == "yes"
	some [cas, mailbox] in [[pair.a, pair.b], [pair.b, pair.a]]
	reserved(cas, mailbox)
	place := [pair.firewall, cas]
}

reserved(cas, mailbox) if {
	estate.has_role(cas, "cas")
	estate.has_role(mailbox, "mailbox")
	estate.site(cas) == estate.site(mailbox)
}

rules(pair) := array.slice(pair.at, 2, count(pair.at))

# What restricts: a firewall with its rules. Pairs with one cause are one finding.
cause(pair) := [pair.firewall, rules(pair)]

together(pairs) := [[pairs[i] | some i in places_] |
	some places_ in groups.together([[cause(pair), i] | some i, pair in pairs])
]

restricted(pairs) := [pair | some pair in pairs; pair.between == "yes"; pair.restricts == "yes"]

open(pairs) := [pair |
	some pair in pairs
	"unknown" in {pair.between, pair.restricts}
	not "no" in {pair.between, pair.restricts}
]

names(pairs, end) := {pair[end] | some pair in pairs}

servers(pairs) := sort(names(pairs, "a") | names(pairs, "b"))

label(key, name) := {"key": key, "args": {"server": name}}

# The rules that restrict, then both ends of the first pairs.
places(pairs) := verdicts.unique(array.concat(
	[verdicts.place(at, "rule") | some at in rules(pairs[0])],
	[place |
		some pair in array.slice(pairs, 0, 3)
		some place in [
			verdicts.place(pair.a_at, label("address-of", pair.a)),
			verdicts.place(pair.b_at, label("address-of", pair.b)),
		]
	],
))

finding(pairs, args) := verdicts.graded(object.union(found, verdicts.shown(places(pairs))), pairs[0]) if {
	found := {
		"args": object.union({"firewall": pairs[0].firewall, "servers": servers(pairs), "count": count(pairs)}, args),
		"subject": sprintf("%s: %s", [pairs[0].firewall, concat(", ", servers(pairs))]),
		"expected": "everything passes",
		"actual": "restricted",
	}
}

doubtful(pairs) := {
	"at": verdicts.refs(places(pairs)),
	"why": reasons(pairs),
	"needs": needs,
	"args": {"firewall": pairs[0].firewall, "servers": servers(pairs)},
	"subject": pairs[0].firewall,
} if {
	needs := estate.doubt({pairs[0].a, pairs[0].b, pairs[0].firewall}, [], [traced(pairs[0])]).needs
}

reasons(pairs) := sort(told) if {
	told := {why | some pair in pairs; some why in pair.why}
	count(told) > 0
} else := [{"key": "restricts-unknown", "args": {"firewall": pairs[0].firewall}}]

traced(pair) := sprintf("exlint trace --device %s --from %s --to %s --service tcp/135", [pair.firewall, pair.a, pair.b])

# Addresses of a server by the class of their network.
in_class(name, class) := [address | some address in known[name].addresses; address["class"] == class]

classless(name) := [address | some address in known[name].addresses; not address["class"]]

zone_places(zone_name) := [at | some zone in input.zones; zone.name == zone_name; some at in zone.at["class"]]

# A server stands in a network of a class: its address, its roles, the network.
stands(name, address, args) := verdicts.graded(found, address) if {
	zone_at := zone_places(address.zone)
	found := {
		"at": array.concat([address.at, known[name].at.roles], zone_at),
		"args": object.union({"server": name, "ip": address.ip, "zone": address.zone}, args),
		"subject": name,
		"labels": array.concat(["address", "role"], ["zone" | some _ in zone_at]),
	}
}

# Nothing tells the class of the network of a server.
unclassed(name, address) := object.union(needs, {"at": [address.at], "args": {"server": name, "ip": address.ip}, "subject": name}) if {
	lines := sprintf("[[zone]]\nname = \"servers\"\nclass = \"internal\"\nnetworks = [\"%s\"]", [address.ip])
	needs := estate.doubt({name, object.get(address, "zone", name)}, [{"key": "no-class", "args": {"ip": address.ip}}], [lines])
}

# Nothing tells its address.
unplaced(name) := object.union(needs, {"at": [known[name].at.self], "args": {"server": name, "ip": {"key": "no-address"}}, "subject": name}) if {
	needs := estate.doubt({name}, [], [sprintf("Get-NetworkConnectionInfo %s | fl *", [upper(name)])])
}
