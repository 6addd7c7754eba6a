# METADATA
# title: Services that a zone reaches and should not
package exlint.lib.exposures

import rego.v1

import data.exlint.lib.addresses
import data.exlint.lib.estate
import data.exlint.lib.verdicts

# Exposures of some services to zones of some classes.
of(services, classes) := [exposure |
	some exposure in input.exposures
	exposure.service in services
	exposure["class"] in classes
	estate.in_service(exposure.destination)
]

open(exposures) := [exposure | some exposure in exposures; exposure.verdict in {"permit", "partial"}]

# What opens them. One rule is one finding, whatever zones and services it
# opens.
causes(exposures) := {verdicts.cause(exposure) | some exposure in exposures}

by(reason, exposures) := [exposure | some exposure in exposures; verdicts.cause(exposure) == reason]

arguments(group) := {
	"from": sort({exposure.from | some exposure in group}),
	"servers": sort({exposure.destination | some exposure in group}),
	"services": sort({exposure.service | some exposure in group}),
}

subject(group) := sprintf("%s: %s", [concat(", ", arguments(group).from), concat(", ", arguments(group).servers)])

# A finding on exposures with one cause. The class of the zone is a link of the
# evidence.
reported(group, args) := object.union(found, {"expected": "deny", "flows": verdicts.keys(group)}) if {
	told := object.union(object.union(arguments(group), {"part": part(group)}), args)
	shown := verdicts.exposed(verdicts.surest(group), {"source", "destination", "service"}, told, subject(group))
	found := verdicts.graded(object.union(shown, verdicts.interfaces(group)), certainty(group))
}

# Who of the zones gets through, where they are few: it goes without saying of a
# whole zone.
part(group) := {"key": "these-alone", "args": {"sources": concat(", ", sort(passing))}} if {
	every exposure in group {
		exposure.verdict == "partial"
		exposure.sources
		not exposure.sources.more
	}
	passing := {one | some exposure in group; some one in array.concat(exposure.sources.machines, exposure.sources.others)}
	count(passing) in numbers.range(1, 3)
} else := ""

certainty(group) := {"certainty": "derived", "weak": sprintf("class of %s", [group[0].from])} if {
	every exposure in group { exposure.class_certainty == "derived" }
} else := {}

# Those of a zone that a given firewall leaves open.
doubtful(exposures, zone) := verdicts.crossing([exposure |
	some exposure in exposures
	exposure.verdict == "inconclusive"
	exposure.from == zone
])

zones(exposures) := {exposure.from | some exposure in exposures; exposure.verdict == "inconclusive"}

undecided(group, args) := {
	"flows": verdicts.keys(group),
	"at": verdicts.evidence(group[0]),
	"why": verdicts.reasons(group),
	"needs": verdicts.settle(group),
	"args": object.union(arguments(group), args),
	"subject": subject(group),
}

# Servers by name. Not those of `estate`: in regorus 0.14 a library that asks
# another one for a key may find nothing.
known[s.name] := s if some s in input.servers

# Machines by address, and the machine whose packet shows an exposure: of a
# zone that reaches a service in part, the witness is one that does.
owners[ip] contains name if {
	some server in input.servers
	name := server.name
	some address in server.addresses
	ip := address.ip
}

shown_by(exposure) := object.get(owners, exposure.witness.source, set())

# Who of a zone reaches a service in part: machines, and addresses that belong
# to none; where nothing tells, the machine of the packet.
machines(exposure) := {name | some name in exposure.sources.machines} if {
	exposure.sources
} else := shown_by(exposure)

others(exposure) := object.get(object.get(exposure, "sources", {}), "others", [])

# A whole zone reaches it, or somebody of it who may not.
beyond(exposure, _) if exposure.verdict == "permit"

beyond(exposure, allowed) if {
	exposure.verdict == "partial"
	count(strangers(exposure, allowed)) > 0
}

# Who of a zone that reaches a service in part is not among some machines, given
# by name or address: machines, and addresses and networks of others.
strangers(exposure, allowed) := machines_ | {range | some range in others(exposure); not only(range, allowed, own)} if {
	machines_ := {name |
		some name in exposure.sources.machines
		count(estate.names(name) & allowed) == 0
	}
	own := {n | count(others(exposure)) > 0; some address in allowed; n := addresses.number(address)}
}

# Facts name the first of many senders only: where all of these may, the others
# may or may not.
untold(exposure, allowed) := object.union(undecided([exposure], {}), {
	"why": [{"key": "more-senders", "args": {"count": exposure.sources.more}}],
	"needs": [verdicts.traced(exposure)],
}) if {
	exposure.verdict == "partial"
	exposure.sources.more > 0
	count(strangers(exposure, allowed)) == 0
}

all_untold(asked, allowed) := {case | some exposure in open(asked); case := untold(exposure, allowed)}

# All of them are single hosts.
hosts_alone(exposure, allowed) if {
	exposure.verdict == "partial"
	not exposure.sources.more
	single(strangers(exposure, allowed))
}

single(passing) if {
	every stranger in passing { not regex.match(`^[0-9.]+[-/]|:.*[-/]`, stranger) }
}

# Whoever passes beside some machines is a single host that nobody knows, or a
# range with few such hosts, and of these machines nobody told some addresses:
# they may be the hosts.
unnamed(exposure, machines_) if {
	exposure.verdict == "partial"
	most := count(placeless(machines_))
	most > 0
	passing := strangers(exposure, machines_)
	count(passing & server_names) == 0
	few(passing, most)
}

# The same of servers, which lie in networks of servers.
unnamed_server(exposure, machines_) if {
	exposure["class"] == "internal"
	unnamed(exposure, machines_)
}

few(passing, _) if single(passing)

few(passing, most) if {
	every stranger in passing { spare(stranger) <= most }
}

server_names := {server.name | some server in input.servers}

# How many addresses of a range no machine has.
spare(range) := ((ends[1] - ends[0]) + 1) - count([n | some n in owned; ends[0] <= n; n <= ends[1]]) if ends := addresses.bounds(range)

owned := {n | some ip, _ in owners; n := addresses.number(ip)}

placeless(machines_) := {name | some name in machines_; not placed(name)}

placed(name) if count(known[name].addresses) > 0

# An address among them, of either family.
placed(name) if addresses.number(name)

placed(name) if contains(name, ":")

# Exchange tells the addresses of its servers, a node or a workstation its own.
telling(name) := "Get-NetworkConnectionInfo | Export-Clixml Get-NetworkConnectionInfo.xml" if {
	known[name].exchange
} else := sprintf("ipconfig /all > %s_ipconfig.txt", [upper(name)])

# What is missing to tell.
unaddressed(exposure, machines_) := object.union(undecided([exposure], {}), {
	"why": [{"key": "address-untold", "args": {"servers": sort(placeless(machines_))}}],
	"needs": sort({telling(name) | some name in placeless(machines_)}),
}) if {
	unnamed(exposure, machines_)
}

unaddressed_server(exposure, machines_) := unaddressed(exposure, machines_) if unnamed_server(exposure, machines_)

# Addresses of a rule that may be those of machines of which nobody told some:
# besides those of the machines there are only few that nobody is known to have.
maybe_theirs(ranges, machines_) if {
	most := count(placeless(machines_))
	most > 0
	free := {range | some range in ranges; unowned(range)}
	count(free) > 0
	few(free, most)
	not others_in(ranges, machines_)
}

unowned(range) if spare(range) > 0

unowned(range) if {
	not addresses.bounds(range)
	not range in object.keys(owners)
}

others_in(ranges, machines_) if {
	some ip, names_ in owners
	count(names_ & machines_) == 0
	some range in ranges
	holds(range, ip)
}

holds(range, ip) if range == ip

holds(range, ip) if addresses.holds(range, ip)

# A range has the addresses of some machines alone; those are given as text and
# as numbers.
only(range, allowed, _) if range in allowed

only(range, _, own) if {
	ends := addresses.bounds(range)
	count([n | some n in own; ends[0] <= n; n <= ends[1]]) == (ends[1] - ends[0]) + 1
}

# Machines between which firewalls should let everything pass (FS003, FS004):
# Exchange servers of the internal network, nodes of their clusters, and domain
# controllers.
peers contains name if {
	some server in input.servers
	server.exchange
	not "edge" in server.roles
	name := server.name
}

peers contains name if {
	some server in input.servers
	"ad" in server.roles
	name := server.name
}

peers contains name if {
	some server in input.servers
	some node in object.get(server, "nodes", [])
	name := lower(node)
}
