# METADATA
# title: POP3 and IMAP4 of Client Access servers
package exlint.lib.protocols

import rego.v1

import data.exlint.lib.connectors
import data.exlint.lib.properties

protocols := {
	"Get-PopSettings": {"protocol": "POP3", "flag": "POP", "service": "MSExchangePop3", "path": "pop3", "set": "Set-PopSettings"},
	"Get-ImapSettings": {"protocol": "IMAP4", "flag": "IMAP", "service": "MSExchangeImap4", "path": "imap4", "set": "Set-ImapSettings"},
}

# The settings of each server, with what belongs to the protocol.
settings contains known if {
	some cmdlet, protocol in protocols
	some object_ in object.get(input.objects, cmdlet, [])
	known := object.union(protocol, {"cmdlet": cmdlet, "object": object_, "server": object.get(object_, "server", object_.identity)})
}

# Nobody else reaches the port that begins in clear text.
closed(known) if properties.values(known.object, "UnencryptedOrTLSBindings") == []

closed(known) if connectors.all_loopback(properties.values(known.object, "UnencryptedOrTLSBindings"))

# The registry says that the service cannot start.
disabled(known) if {
	some key in object.get(input.objects, "Get-ItemProperty", [])
	key.server == known.server
	endswith(lower(properties.text(key, "PSPath")), lower(concat("\\Services\\", ["", known.service])))
	key.properties.Start == 4
}

subject(known) := sprintf("%s %s", [known.server, known.protocol])
