# METADATA
# title: Send connectors, and how mail leaves a server
package exlint.lib.outbound

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.properties
import data.exlint.lib.verdicts

# Send connectors that may be in use.
connectors := [connector |
	some connector in object.get(input.objects, "Get-SendConnector", [])
	not connector.properties.Enabled == false
]

# A server as a list of servers names it: `EDGE1` or `edge1.contoso.com`.
plain(text) := lower(verdicts.first(split(text, ".")))

# Connectors whose source is a server, and those that do not tell it.
of(server) := [connector |
	some connector in connectors
	some source in properties.values(connector, "SourceTransportServers")
	plain(source) == server
]

sourceless := [connector | some connector in connectors; not properties.values(connector, "SourceTransportServers")]

# Connectors of a server that find the next hop by DNS, and those that do not
# tell it.
by_dns(server) := [connector | some connector in of(server); connector.properties.DNSRoutingEnabled == true]

untold(server) := array.concat(
	[connector | some connector in of(server); not is_boolean(object.get(connector.properties, "DNSRoutingEnabled", null))],
	sourceless,
)

# Get-SendConnector ran where it can answer for a server: in the organisation,
# or on the Edge itself, which keeps its own.
listed(server) if {
	some run in input.runs
	run.cmdlet == "Get-SendConnector"
	answers(run, server)
}

answers(run, server) if plain(object.get(run, "host", "")) == server

answers(run, _) if not estate.has_role(plain(object.get(run, "host", "")), "edge")

# "yes" | "no" | "unknown": a server sends mail by DNS.
dns(server) := "yes" if {
	count(by_dns(server)) > 0
} else := "unknown" if {
	not listed(server)
} else := "unknown" if {
	count(untold(server)) > 0
} else := "no"

# What is missing where it is not known.
unlisted(server) := {"why": why, "needs": properties.export("Get-SendConnector")} if {
	count(untold(server)) > 0
	why := [w | some c in untold(server); some w in properties.unknown(c, ["DNSRoutingEnabled", "SourceTransportServers"])]
} else := {
	"why": [{"key": "no-send-connector-export", "args": {"server": server}}],
	"needs": properties.export("Get-SendConnector"),
}

# Evidence that a server sends by DNS.
places(server) := [verdicts.place(connector.at.DNSRoutingEnabled, {"key": "routed-by-dns", "args": {"connector": connector.identity}}) |
	some connector in by_dns(server)
]
