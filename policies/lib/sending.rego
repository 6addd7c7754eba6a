# METADATA
# title: Send connectors and the hosts that they send to
package exlint.lib.sending

import rego.v1

import data.exlint.lib.addresses
import data.exlint.lib.estate
import data.exlint.lib.properties

connectors := object.get(input.objects, "Get-SendConnector", [])

# Whether a connector sends: "yes" | "no" | "unknown".
sends(connector) := "yes" if {
	connector.properties.Enabled == true
} else := "no" if {
	connector.properties.Enabled == false
} else := "unknown"

# Those that are not switched off.
working := [connector | some connector in connectors; sends(connector) != "no"]

# Smart hosts without brackets; `--` stands for the subscribed servers.
smart_hosts(connector) := {host | some name in named(connector); host := trim(lower(trim_space(name)), "[]"); not host in {"--", ""}}

# A table or a CSV file keeps only the list as one text.
named(connector) := properties.values(connector, "SmartHosts") if {
	properties.values(connector, "SmartHosts")
} else := split(properties.text(connector, "SmartHostsString"), ",")

sources(connector) := {lower(name) | some name in properties.values(connector, "SourceTransportServers")}

# Domains of an address space, each with its cost: `smtp:*;1`, `*.contoso.com`.
# A CSV file may hold several in one text: `SMTP:a.example;1;SMTP:b.example;1`.
spaces(connector) := [{"domain": domain, "cost": cost} |
	some text in properties.values(connector, "AddressSpaces")
	some space in split(regex.replace(text, `;([A-Za-z][A-Za-z0-9]*:)`, "\n${1}"), "\n")
	domain := regex.replace(lower(split(space, ";")[0]), `^[a-z0-9]+:`, "")
	cost := cost_of(space)
]

# What it costs to send there; 1 where the export does not say.
cost_of(space) := to_number(split(space, ";")[1]) if {
	regex.match(`;[1-9][0-9]*$`, space)
} else := 1

# Whether it sends to any domain.
to_all(connector) if {
	some space in spaces(connector)
	space.domain == "*"
}

# Servers by the names and addresses that others call them by.
called[name] contains server if {
	some server, _ in estate.servers
	some name in estate.names(server)
}

# The same for what packets are sent to: their first addresses.
addressed[name] contains ip if {
	some server in input.servers
	count(server.addresses) > 0
	ip := server.addresses[0].ip
	some name in estate.names(server.name)
}

# Address of a smart host: its own notation, else that of the server it names.
address(host) := host if addresses.number(host)

address(host) := min(addressed[host]) if not addresses.number(host)

# Class of the network that a smart host is in: by the smallest zone, else by
# its being a public address. "unknown" for a name that nothing resolves.
class(host) := min(around)[1] if {
	around := zones_around(address(host))
	count(around) > 0
} else := "internet" if {
	addresses.public(address(host))
} else := "unknown"

# Each zone around an address: its width, its class.
zones_around(ip) := {[addresses.width(network), zone["class"]] |
	some zone in input.zones
	zone["class"]
	some network in zone.networks
	addresses.holds(network, ip)
	not addresses.everything(network)
}

trusted := {"internal", "admin"}

# Smart hosts in networks of others, and those of which it is not known.
strange(connector) := {host | some host in smart_hosts(connector); not class(host) in (trusted | {"unknown"})}

unplaced(connector) := {host | some host in smart_hosts(connector); class(host) == "unknown"}

# What settles where smart hosts are.
placing(hosts) := sort({placed(host) | some host in hosts})

placed(host) := sprintf("# in exlint.toml:\n[[zone]]\nname = \"smart hosts\"\nclass = \"<class>\"\nnetworks = [\"%s\"]", [host]) if {
	addresses.number(host)
} else := sprintf("nslookup %s\n# then in exlint.toml:\n[[host]]\nname = \"%s\"\naddresses = [\"<its address>\"]", [host, host])

# A connector that cannot be judged without some properties.
doubtful(connector, names) := {
	"at": properties.somewhere(connector, names),
	"why": properties.unknown(connector, names),
	"needs": properties.export("Get-SendConnector"),
	"args": {"connector": connector.identity},
	"subject": connector.identity,
}
