# METADATA
# title: Rules of a firewall that name the address of a server
package exlint.lib.named

import rego.v1

# Servers by address: those that the firewall rules should know.
addresses[ip] contains name if {
	some server in input.servers
	known(server)
	name := server.name
	some address in server.addresses
	ip := address.ip
}

known(server) if server.exchange

known(server) if "ad" in server.roles

# Servers that the text of a rule names by address. A rule that names objects,
# groups or networks tells nobody here whom it means.
servers(text) := {name |
	some word in split(text, " ")
	some name in object.get(addresses, trim_suffix(word, "/32"), set())
}

# Servers that a hidden rule names, also by objects and groups; where members of
# those are not known, by its text.
of(hidden) := {name | some name in hidden.servers} if {
	hidden.servers
} else := servers(hidden.rule)

# Nobody can tell whom it means.
unclear(hidden) if {
	not hidden.servers
	count(servers(hidden.rule)) == 0
	by_object(hidden.rule)
}

# The text names something that has its members elsewhere.
by_object(text) if {
	some word in split(text, " ")
	word in {"object", "object-group", "addrgroup", "match-set"}
}

# Policies of Junos, PAN-OS and FortiOS show their name alone, rules of nftables
# sets.
by_object(text) if regex.match(`^(policy|term|edit) |^<entry | @[A-Za-z_]`, text)

# What shows the members: the device knows the answers of name servers, and
# the ledger tells which objects were not understood.
members(firewall, filter) := sprintf("show access-list %s", [filter]) if {
	some firewall_ in input.firewalls
	firewall_.name == firewall
	firewall_.platform == "cisco-asa"
} else := "exlint coverage"
