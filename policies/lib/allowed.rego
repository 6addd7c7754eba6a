# METADATA
# title: Exceptions that the inventory justifies
package exlint.lib.allowed

import rego.v1

import data.exlint.lib.estate

# Servers by name. Not those of `estate`: in regorus 0.14 a library that asks
# another one for a key may find nothing.
known[s.name] := s if some s in input.servers

# Those that are in force on the reference date.
current := [flow | some flow in input.allowed_flows; not over(flow)]

over(flow) if flow.until < input.reference_date

# Whether one of them is for some services between two ends; an end is known by
# several names.
exempt(from, to, services) if {
	some flow in current
	flow.from in from
	flow.to in to
	every service in services { covers(flow, service) }
}

covers(flow, _) if not flow.service

covers(flow, service) if flow.service in {service, split(service, "/")[0]}

# What an exception may call a server: its names and addresses, and its zones.
names(server) := estate.names(server) | {address.zone | some address in known[server].addresses; address.zone}
