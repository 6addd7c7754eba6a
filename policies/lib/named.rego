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

# The text names something that has its members elsewhere.
by_object(text) if {
	some word in split(text, " ")
	word in {"object", "object-group", "addrgroup", "match-set"}
}

# Policies of Junos and PAN-OS show their name alone, those of FortiOS objects,
# rules of nftables sets.
by_object(text) if regex.match(`^(policy|term) |^<entry |set (src|dst)addr "| @[A-Za-z_]`, text)
