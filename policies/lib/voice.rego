# METADATA
# title: Dial plans, gateways and servers of Unified Messaging
package exlint.lib.voice

import rego.v1

import data.exlint.lib.addresses as ranges
import data.exlint.lib.properties

plans := object.get(input.objects, "Get-UMDialPlan", [])

gateways := object.get(input.objects, "Get-UMIPGateway", [])

um_servers := object.get(input.objects, "Get-UMServer", [])

hunt_groups := object.get(input.objects, "Get-UMHuntGroup", [])

# The last part of a name, for comparison.
key(text) := lower(regex.replace(text, `^.*[/\\]`, ""))

secured := {"SIPSecured", "Secured"}

security(plan) := properties.text(plan, "VoIPSecurity")

# Which of the two ports a plan uses.
kind(plan) := "secured" if security(plan) in secured

kind(plan) := "unsecured" if security(plan) == "Unsecured"

by_name[name] contains plan if {
	some plan in plans
	name := key(plan.identity)
}

# Names of the dial plans of a UM server, from either side.
server_plans[server] contains name if {
	some object_ in um_servers
	server := key(object_.identity)
	some plan in properties.values(object_, "DialPlans")
	name := key(plan)
}

server_plans[server] contains name if {
	some plan in plans
	name := key(plan.identity)
	some text in properties.values(plan, "UMServers")
	server := key(text)
}

# UM servers of a dial plan.
plan_servers[name] contains server if {
	some server, names in server_plans
	some name in names
}

# Names of the dial plans of a gateway, by hunt groups or from the plan.
gateway_plans[gateway] contains name if {
	some group in hunt_groups
	gateway := key(properties.text(group, "UMIPGateway"))
	name := key(properties.text(group, "UMDialPlan"))
}

gateway_plans[gateway] contains name if {
	some plan in plans
	name := key(plan.identity)
	some text in properties.values(plan, "UMIPGateway")
	gateway := key(text)
}

# Gateways of a dial plan that may take calls.
plan_gateways(plan) := [gateway |
	some gateway in gateways
	key(plan.identity) in object.get(gateway_plans, key(gateway.identity), set())
	not disabled(gateway)
]

disabled(gateway) if properties.text(gateway, "Status") == "Disabled"

is_ip(address) if regex.match(`^[0-9]+(\.[0-9]+){3}$|^\[?[0-9a-fA-F.]*:[0-9a-fA-F.:]*:[0-9a-fA-F.:]*\]?$`, address)

# Machines of the estate by what an address may say: name, FQDN, IP address.
known_as[text] contains name if {
	some server in input.servers
	name := server.name
	some text in array.concat([name, object.get(server, "fqdn", name)], [known.ip | some known in server.addresses])
}

machines(address) := object.get(known_as, lower(address), set()) | short(address)

# `pbxgw1.contoso.com` may be known as `pbxgw1`.
short(address) := object.get(known_as, split(lower(address), ".")[0], set()) if not is_ip(address)

short(address) := set() if is_ip(address)

# Addresses of a machine.
addresses[name] contains known if {
	some server in input.servers
	name := server.name
	some known in server.addresses
}

addresses_of(name) := sort([known | some known in object.get(addresses, name, set())])

server_zones(name) := {known.zone | some known in object.get(addresses, name, set()); known.zone}

# Zones in which an address lies.
zones(address) := found if {
	found := {zone | some name in machines(address); some zone in server_zones(name)}
	count(found) > 0
} else := {zone.name |
	some zone in input.zones
	not zone["class"] == "internet"
	some network in zone.networks
	ranges.holds(network, address)
}

# Versions of servers, where they are known.
versions[name] contains version if {
	some server in input.servers
	name := server.name
	version := server.version
}

# Whether a server is of the first release.
first_release(name) if {
	some version in versions[name]
	version.major == 8
	version.minor == 0
}
