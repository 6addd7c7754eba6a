# METADATA
# title: Where servers stand
package exlint.lib.placement

import rego.v1

import data.exlint.lib.estate
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
