# METADATA
# title: Receive connectors
package exlint.lib.connectors

import rego.v1

import data.exlint.lib.addresses
import data.exlint.lib.properties

receive := object.get(input.objects, "Get-ReceiveConnector", [])

# More addresses than this are a network, not "the application's hosts".
most_hosts := 10

# Whether a connector listens: "yes" | "no" | "unknown", where the export
# leaves `Enabled` out.
listens(connector) := "yes" if {
	connector.properties.Enabled == true
} else := "no" if {
	connector.properties.Enabled == false
} else := "unknown"

# One address, in any of the notations of RemoteIPRanges; yields the address.
host(range) := split(range, "(")[0] if {
	endswith(range, "(255.255.255.255)")
} else := ends[0] if {
	ends := split(range, "-")
	count(ends) == 2
	ends[0] == ends[1]
} else := range if {
	net.cidr_is_valid(concat("", [range, "/32"]))
} else := ip if {
	net.cidr_is_valid(range)
	[ip, length] := split(range, "/")
	length == {true: "128", false: "32"}[contains(ip, ":")]
}

hosts(connector) := {host(range) | some range in properties.values(connector, "RemoteIPRanges")}

loopback(text) if startswith(text, "127.")

loopback(text) if {
	contains(text, "::1")
	regex.match(`^(\[::1\]:[0-9]+|::1(/128|-::1)?)$`, text)
}

# Who can talk to a connector: "loopback" | "hosts" | "networks" | "unknown".
audience(connector) := "loopback" if {
	all_loopback(properties.values(connector, "Bindings"))
} else := among(ranges_) if {
	ranges_ := properties.values(connector, "RemoteIPRanges")
} else := "unknown"

among(ranges_) := "loopback" if {
	all_loopback(ranges_)
} else := "hosts" if {
	count(ranges_) in numbers.range(1, most_hosts)
	every range in ranges_ { host(range) }
} else := "networks"

all_loopback(texts) if {
	count(texts) > 0
	every item in texts { loopback(item) }
}

# Ranges for a message.
ranges(connector) := concat(", ", properties.values(connector, "RemoteIPRanges")) if {
	properties.values(connector, "RemoteIPRanges")
} else := {"key": "anyone"}

# What the connector offers.
mechanisms(connector) := properties.values(connector, "AuthMechanism")

# Connectors that may listen, and whose mechanisms the export leaves out.
unstated contains connector if {
	some connector in receive
	listens(connector) != "no"
	not mechanisms(connector)
}

# The evidence: what is offered, then to whom.
evidence(connector) := properties.at(connector, ["AuthMechanism", "RemoteIPRanges", "Bindings"])

labels(connector) := [label |
	some [name, label] in [["AuthMechanism", "mechanism"], ["RemoteIPRanges", "reach"], ["Bindings", "listens"]]
	connector.at[name]
]

# A connector whose export leaves something out.
undecided(connector) := {
	"at": array.slice(array.concat(evidence(connector), [connector.at.self]), 0, 1),
	"why": properties.unknown(connector, ["Enabled", "AuthMechanism", "RemoteIPRanges"]),
	"needs": properties.export("Get-ReceiveConnector"),
	"args": {"connector": connector.identity},
	"subject": connector.identity,
}

# Ports that it listens on.
ports(connector) := {port |
	some binding in properties.values(connector, "Bindings")
	port := regex.find_n(`[0-9]+$`, binding, 1)[0]
}

# From 2013 on the front end takes connections of others; servers talk to
# another service on another port.
frontend(connector) if "FrontendTransport" in properties.values(connector, "TransportRole")

# Groups that may submit through it.
groups(connector) := properties.values(connector, "PermissionGroups")

# Connectors by their server.
of[server] contains connector if {
	some connector in receive
	server := connector.server
}

# Whether anyone on an IPv4 network can connect.
everyone(connector) if {
	some range in properties.values(connector, "RemoteIPRanges")
	addresses.everything(range)
}

# Whether somebody on the Internet can.
internet(connector) if {
	some range in properties.values(connector, "RemoteIPRanges")
	addresses.public(range)
}

# A connector that cannot be judged without some properties.
doubtful(connector, names) := {
	"at": properties.somewhere(connector, names),
	"why": properties.unknown(connector, names),
	"needs": properties.export("Get-ReceiveConnector"),
	"args": {"connector": connector.identity},
	"subject": connector.identity,
}
