# METADATA
# title: What Client Access servers publish, and who stands in front of them
package exlint.lib.published

import rego.v1

import data.exlint.lib.directories
import data.exlint.lib.estate
import data.exlint.lib.properties

# Servers by name. Not those of `estate`: in regorus 0.14 a library that asks
# another one for a key may find nothing.
machines[s.name] := s if some s in input.servers

# Names under which clients on the Internet come to a server.
names contains known if {
	some {"cmdlet": cmdlet, "object": object_} in directories.all
	host := directories.host(directories.url(object_, "ExternalUrl"))
	not directories.here(host)
	known := {"server": object.get(object_, "server", object_.identity), "host": host, "at": object_.at.ExternalUrl, "directory": object_.identity, "path": directories.kinds[cmdlet].path}
}

names contains known if {
	some object_ in directories.of("Get-OutlookAnywhere")
	host := lower(properties.text(object_, "ExternalHostname"))
	host != ""
	known := {"server": object.get(object_, "server", object_.identity), "host": host, "at": object_.at.ExternalHostname, "directory": object_.identity, "path": "outlook-anywhere"}
}

hosts[server] contains host if {
	some known in names
	server := known.server
	host := known.host
}

# Where a server publishes a name, in the order of the evidence.
places(server, host) := sort([known.at | some known in names; known.server == server; known.host == host])

# Reverse proxies of the inventory.
proxies := sort([name |
	some name, _ in estate.servers
	estate.has_role(name, "reverse-proxy")
	estate.in_service(name)
])

# Those that may stand in front of a server.
fronts(server) := [proxy | some proxy in proxies; not parted(proxy, server); not forwards_elsewhere(proxy, server)]

# The inventory says that it forwards to another server.
forwards_elsewhere(proxy, server) if {
	target := lower(machines[proxy].proxy.forwards_to)
	machines[target]
	target != server
}

# Those that may stand in front of a server for what clients do (`owa`): a proxy
# whose list of what it publishes has something else does not.
fronts_for(server, use) := [proxy | some proxy in fronts(server); not publishes_else(proxy, use)]

publishes_else(proxy, use) if {
	uses := machines[proxy].proxy.publishes
	count(uses) > 0
	not use in uses
}

# A firewall has both at different interfaces, and lets nobody from the network
# of the proxy reach the server by HTTP or HTTPS.
parted(proxy, server) if {
	zones := lies[proxy]
	there := lies[server]
	count(zones & there) == 0
	some _, touched in touches
	count(zones & touched) > 0
	count(there & touched) > 0
	every zone in zones { not open(zone, server) }
}

open(zone, server) if [zone, server] in web

touches[name] contains zone if {
	some firewall in input.firewalls
	name := firewall.name
	some interface in firewall.interfaces
	zone := interface.zone
}

# Zones in which machines lie.
lies[name] contains zone if {
	some server in input.servers
	name := server.name
	some known in server.addresses
	zone := known.zone
}

web contains ends if {
	some exposure in input.exposures
	exposure.service in {"tcp/80", "tcp/443"}
	ends := [exposure.from, exposure.destination]
}

# Whether clients on the Internet meet the server itself, and not a proxy.
met(server) if fronts(server) == []

met(server) if server in reached

# Servers that the Internet reaches by HTTPS.
reached contains server if {
	some exposure in input.exposures
	exposure.service == "tcp/443"
	exposure.from == "internet"
	exposure.verdict in {"permit", "partial"}
	server := exposure.destination
}

# What shows whose certificate clients see.
shown(host) := [sprintf("openssl s_client -connect %s:443 -servername %s </dev/null | openssl x509 -noout -subject -issuer -text", [host, host])]

# Directories of which the export does not tell whether they are published, by server.
untold[server] contains known if {
	some {"cmdlet": cmdlet, "object": object_} in directories.all
	not "ExternalUrl" in object.keys(object_.properties)
	server := object.get(object_, "server", object_.identity)
	known := {"at": object.get(object_.at, "ExternalUrl", object_.at.self), "why": properties.unknown(object_, ["ExternalUrl"]), "needs": properties.export(cmdlet)}
}

untold[server] contains known if {
	some object_ in directories.of("Get-OutlookAnywhere")
	not "ExternalHostname" in object.keys(object_.properties)
	server := object.get(object_, "server", object_.identity)
	known := {"at": object.get(object_.at, "ExternalHostname", object_.at.self), "why": properties.unknown(object_, ["ExternalHostname"]), "needs": properties.export("Get-OutlookAnywhere")}
}

# A case about them.
unpublished(server) := {
	"at": sort([known.at | some known in untold[server]]),
	"why": sort({reason | some known in untold[server]; some reason in known.why}),
	"needs": sort({step | some known in untold[server]; some step in known.needs}),
	"subject": server,
}
