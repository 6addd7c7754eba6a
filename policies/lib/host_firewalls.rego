# METADATA
# title: Flows that end at the server's own Windows Firewall
package exlint.lib.host_firewalls

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.replication

windows := {firewall_.name | some firewall_ in input.firewalls; firewall_.platform == "windows-firewall"}

# The last firewall on a way.
last(flow) := flow.firewalls[count(flow.firewalls) - 1]

# Flows that a server must serve, and whose last hop is its own firewall.
flows contains flow if {
	count(windows) > 0
	some flow in input.flows
	flow.need == "required"
	flow.firewalls[count(flow.firewalls) - 1] in windows
	estate.in_service(flow.destination)
	estate.servers[flow.destination].exchange
	estate.used(flow)
	asked(flow)
}

# Logs are fetched by the machines that hold copies, and RPC over HTTP comes from
# servers with Outlook Anywhere.
asked(flow) if not flow.path in {"ccr-scr-log-shipping", "outlook-anywhere-backend"}

asked(flow) if replication.partners(flow)

asked(flow) if {
	flow.path == "outlook-anywhere-backend"
	not without_outlook_anywhere(flow.source)
}

# The exports have Outlook Anywhere of others alone.
without_outlook_anywhere(server) if {
	"Get-OutlookAnywhere" in input.kinds
	not server in anywhere
}

anywhere := {object_.server | some object_ in object.get(input.objects, "Get-OutlookAnywhere", []); object_.server}

# Rules and defaults of that firewall which decide a flow in one way.
deciding(flow, action) := [d | some d in flow.decided_by; d.action == action; d.firewall == last(flow)]

# Flows for a message.
named(all) := sort({sprintf("%s (%s)", [flow.service, flow.source]) | some flow in all})
