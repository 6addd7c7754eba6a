# METADATA
# title: Unified Messaging: dial plans, their servers and gateways
package exlint.lib.telephony

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.properties

gateways := [gateway |
	some gateway in object.get(input.objects, "Get-UMIPGateway", [])
	properties.text(gateway, "Status") != "Disabled"
]

# Machines that a gateway object stands for, by name, FQDN or address.
machines[gateway] contains name if {
	some object_ in gateways
	gateway := object_.identity
	address := lower(properties.text(object_, "Address"))
	some server in input.servers
	name := server.name
	address in estate.names(name)
}

# Dial plans of a gateway: its hunt groups join them.
plans_of(gateway) := {lower(properties.text(group, "UMDialPlan")) |
	some group in object.get(input.objects, "Get-UMHuntGroup", [])
	lower(properties.text(group, "UMIPGateway")) == lower(gateway.identity)
}

# Servers of a dial plan.
servers_of[plan] contains name if {
	some server in object.get(input.objects, "Get-UMServer", [])
	some text in properties.values(server, "DialPlans")
	plan := lower(text)
	name := object.get(server, "server", lower(server.identity))
}

plans[name] := plan if {
	some plan in object.get(input.objects, "Get-UMDialPlan", [])
	name := lower(plan.identity)
}

# Port of SIP that the security of a dial plan implies.
ports := {"Unsecured": "tcp/5060", "SIPSecured": "tcp/5061", "Secured": "tcp/5061"}

port(plan) := ports[properties.text(plan, "VoIPSecurity")]

# Calls of gateways to servers of their dial plans.
calls contains call if {
	some gateway in gateways
	some name in plans_of(gateway)
	plan := plans[name]
	some machine in object.get(machines, gateway.identity, set())
	some server in object.get(servers_of, name, set())
	call := {"gateway": machine, "server": server, "plan": plan, "object": gateway}
}
