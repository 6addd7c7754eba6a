# METADATA
# title: Exceptions that the inventory justifies
package exlint.lib.allowed

import rego.v1

import data.exlint.lib.estate

# Servers by name. Not those of `estate`: in regorus 0.14 a library that asks
# another one for a key may find nothing.
known[s.name] := s if some s in input.servers

over(flow) if flow.until < input.reference_date

# Those that are in force on the reference date, by the ends that they name.
between[ends] contains service if {
	some flow in input.allowed_flows
	not over(flow)
	ends := sprintf("%s>%s", [flow.from, flow.to])
	service := object.get(flow, "service", "any")
}

# Whether one of them is for each of some services between two ends; an end is
# known by several names.
exempt(from, to, services) if {
	some source in from
	some destination in to
	allowed := between[sprintf("%s>%s", [source, destination])]
	every service in services { covered(allowed, service) }
}

covered(allowed, _) if "any" in allowed

covered(allowed, service) if service in allowed

covered(allowed, service) if split(service, "/")[0] in allowed

# Whether one of them is for an end that is called so, to whatever other end.
from_some(name) if name in sources

sources contains source if {
	some flow in input.allowed_flows
	not over(flow)
	source := flow.from
}

# What an exception may call a server: its names and addresses, and the zone in
# which all of it lies.
names(server) := estate.names(server) | whole(server)

whole(server) := zones if {
	zones := {address.zone | some address in known[server].addresses}
	count(zones) == 1
	every address in known[server].addresses { address.zone }
} else := set()
