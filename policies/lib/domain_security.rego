# METADATA
# title: Domains of Domain Security (mutual TLS with partners)
package exlint.lib.domain_security

import rego.v1

import data.exlint.lib.properties

# One object for the organization, and one for an Edge that is not subscribed.
configs := object.get(input.objects, "Get-TransportConfig", [])

listed(list) := {lower(domain) | some config in configs; some domain in properties.values(config, list)}

# "yes" | "no" | "unknown": whether a list has any domain.
any(list) := "yes" if {
	count(listed(list)) > 0
} else := "no" if {
	count(configs) > 0
	every config in configs { properties.known(config, [list]) }
} else := "unknown"
