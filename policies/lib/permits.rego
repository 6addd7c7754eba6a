# METADATA
# title: Rules that let much through to Exchange servers
package exlint.lib.permits

import rego.v1

import data.exlint.lib.allowed
import data.exlint.lib.estate
import data.exlint.lib.verdicts

# Servers by name. Not those of `estate`: in regorus 0.14 a library that asks
# another one for a key may find nothing.
known[s.name] := s if some s in input.servers

# Facts tell no more servers of a rule than one more than this.
most_servers := 31

# Rules that concern a server in service, take effect, and are no exception.
effective := [permit |
	some permit in input.permits
	count(reached(permit) | started(permit)) > 0
	not permit.at in hidden
	not excepted(permit)
]

# Places of rules that never decide.
hidden contains at if {
	some rule in input.hidden_rules
	rule.kind in {"shadowed", "redundant", "never-matches", "never-reached"}
	at := rule.at
}

# Servers that a rule leads to, and those that it lets start connections.
reached(permit) := {name | some name in permit.servers; estate.in_service(name)}

started(permit) := {name | some name in permit.senders; estate.in_service(name)}

everything(permit) if {
	permit.source.any
	permit.destination.any
	permit.service.any
}

# The inventory justifies the way to every server that the rule leads to: from
# wherever its packets come in, or from all addresses that it names. What is not
# told is not justified.
excepted(permit) if justified(permit, zones(permit))

excepted(permit) if {
	not permit.source.more
	justified(permit, permit.source.ranges)
}

justified(permit, sources) if {
	count(permit.servers) > 0
	count(permit.servers) <= most_servers
	not permit.service.more
	count(sources) > 0
	every from in sources { allowed.from_some(from) }
	every from in sources {
		every name in permit.servers { allowed.exempt({from}, allowed.names(name), permit.service.services) }
	}
}

interfaces(permit) := [interface |
	some interface in interfaces_of[permit.firewall]
	interface.name in permit.interfaces
] if {
	permit.interfaces != []
} else := object.get(interfaces_of, permit.firewall, [])

interfaces_of[name] := all if {
	some name in {firewall.name | some firewall in input.firewalls}
	all := [interface | some firewall in input.firewalls; firewall.name == name; some interface in firewall.interfaces]
}

# Where its packets come in; nothing where that is not known of an interface.
zones(permit) := {interface.zone | some interface in interfaces(permit)} if {
	every interface in interfaces(permit) { interface.zone }
} else := set()

# The rule, where its packets come in, and the addresses of some of the servers.
places(permit, servers) := array.concat(
	[verdicts.place(permit.at, permit.label)],
	array.concat(
		[verdicts.place(interface.at, {"key": "interface", "args": {"firewall": permit.firewall, "interface": interface.name}}) |
			permit.interfaces != []
			some interface in interfaces(permit)
		],
		[verdicts.place(address.at, {"key": "address-of", "args": {"server": name}}) |
			some name in array.slice(sort(servers), 0, 3)
			some address in known[name].addresses
		],
	),
)

# A finding on a rule.
finding(permit, servers, args) := verdicts.graded(found, certainty(servers)) if {
	found := object.union(verdicts.shown(verdicts.unique(places(permit, servers))), {
		"args": object.union(arguments(permit, servers), args),
		"subject": sprintf("%s %s: %s", [permit.firewall, permit.filter, permit.rule]),
	})
}

# A rule leads to a server for sure where its network is known: others may lie
# on the side from which the packets come.
certainty(servers) := {} if {
	some name in servers
	placed(name)
} else := {"certainty": "derived", "weak": sprintf("the network of %s is not known", [concat(", ", sort(servers))])}

placed(name) if {
	some address in known[name].addresses
	address.zone
}

arguments(permit, servers) := {
	"firewall": permit.firewall,
	"rule": permit.rule,
	"servers": sort(servers),
	"source": ranges(permit.source),
	"service": listed(permit.service.services, object.get(permit.service, "more", 0)),
}

ranges(addresses) := ["any"] if addresses.any

ranges(addresses) := listed(addresses.ranges, object.get(addresses, "more", 0)) if not addresses.any

# As much of a list as a message takes; there are so many further items already.
listed(items, more) := array.concat(array.slice(items, 0, 8), [{"key": "and-more", "args": {"count": rest}}]) if {
	rest := (max([0, count(items) - 8])) + more
	rest > 0
} else := items

# Without any address of a server, nobody knows which rules concern one.
unplaced contains name if {
	count(input.firewalls) > 0
	every server in concerned { server.addresses == [] }
	some server in concerned
	name := server.name
}

concerned := [server | some server in input.servers; server.exchange; estate.in_service(server.name)]

undecided := object.union(told, {"at": [at], "args": {"servers": sort(unplaced)}, "subject": concat(", ", sort(unplaced))}) if {
	count(unplaced) > 0
	told := estate.doubt(unplaced, [{"key": "no-address"}], ["Get-ExchangeServer | ForEach { Get-NetworkConnectionInfo $_.Name } | Export-Clixml Get-NetworkConnectionInfo.xml"])
	at := sort({known[name].at.self | some name in unplaced})[0]
}
