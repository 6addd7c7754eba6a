# METADATA
# title: Domain Security on a Send connector without its conditions
# custom:
#   id: SC003
#   name: send-domain-secure-incoherent
#   severity: error
#   paths: [edge-to-edge-smtp]
#   statements: [S13]
#   needs: [Get-SendConnector]
#   versions: ["8", "14", "15"]
#   title.ja: 送信コネクタのドメイン セキュリティの条件が満たされていない
#   message:
#     en: "Send connector \"{connector}\" has Domain Security switched on, but cannot do it: {causes}"
#     ja: "送信コネクタ「{connector}」はドメイン セキュリティが有効ですが、{causes} のため機能しません"
#   fix:
#     en: "Route by DNS and let it use TLS:\nSet-SendConnector \"{connector}\" -DNSRoutingEnabled $true -SmartHosts $null -IgnoreSTARTTLS $false"
#     ja: "DNS で配送し、TLS を使用させます:\nSet-SendConnector \"{connector}\" -DNSRoutingEnabled $true -SmartHosts $null -IgnoreSTARTTLS $false"
#   undecided:
#     en: "Whether Domain Security of send connector \"{connector}\" can work could not be decided"
#     ja: "送信コネクタ「{connector}」のドメイン セキュリティが機能するかどうかを判定できません"
#   labels:
#     domain-secure: {en: "Domain Security is on", ja: "ドメイン セキュリティが有効です"}
#     routing: {en: "it needs DNS routing", ja: "DNS による配送が必要です"}
#     ignores: {en: "it needs STARTTLS", ja: "STARTTLS が必要です"}
#     list: {en: "for these domains", ja: "対象のドメイン"}
#     no-list: {en: "no output of Get-TransportConfig tells whether any domain is to be secured", ja: "Get-TransportConfig の出力がないため、対象のドメインがあるか不明です"}
#   references:
#     - aa998294(v=exchg.80)
#     - bb123543(v=exchg.80)
package exlint.rules.send_domain_secure_incoherent

import rego.v1

import data.exlint.lib.domain_security
import data.exlint.lib.properties
import data.exlint.lib.sending
import data.exlint.lib.verdicts

# What stands against Domain Security, with its label.
wrong := [["DNSRoutingEnabled", "routing", false], ["IgnoreSTARTTLS", "ignores", true]]

# The value beside the forbidden one.
sound := {true: false, false: true}

conflicts(connector) := [c | some c in wrong; connector.properties[c[0]] == c[2]]

# Setup of an Edge switches it on for every domain; that asks for nothing
# unless a domain is listed.
wanted(connector) := "yes" if {
	properties.values(connector, "AddressSpaces")
	not sending.to_all(connector)
} else := "unknown" if {
	not properties.values(connector, "AddressSpaces")
	listed != "yes"
} else := listed

listed := domain_security.any("TLSSendDomainSecureList")

# Why it is not known: the domains of the connector, or the list.
open(connector) := {"why": reasons, "needs": properties.export("Get-SendConnector")} if {
	reasons := properties.unknown(connector, ["AddressSpaces"])
	count(reasons) > 0
} else := {"why": ["no-list"], "needs": properties.export("Get-TransportConfig")}

secured contains connector if {
	some connector in sending.working
	not connector.properties.DomainSecureEnabled == false
}

# What must have a value before anything is said.
told(connector) if {
	connector.properties.DomainSecureEnabled == true
	sending.sends(connector) == "yes"
}

findings contains finding if {
	some connector in secured
	told(connector)
	wanted(connector) == "yes"
	causes := conflicts(connector)
	count(causes) > 0
	own := properties.places(connector, array.concat([[c[0], c[1]] | some c in causes], [["DomainSecureEnabled", "domain-secure"]]))
	lists := [place | some config in domain_security.configs; some place in properties.places(config, [["TLSSendDomainSecureList", "list"]])]
	finding := object.union(verdicts.shown(array.concat(own, lists)), {
		"args": {"connector": connector.identity, "causes": concat(", ", [sprintf("%s %v", [c[0], c[2]]) | some c in causes])},
		"subject": connector.identity,
		"expected": "DNSRoutingEnabled True, IgnoreSTARTTLS False",
	})
}

# All that stands against it may be true, and something of it is not told.
possible contains connector if {
	some connector in secured
	wanted(connector) != "no"
	some [name, _, forbidden] in wrong
	not connector.properties[name] == sound[forbidden]
}

certain(connector) if {
	told(connector)
	wanted(connector) == "yes"
	count(conflicts(connector)) > 0
}

undecided contains case if {
	some connector in possible
	not certain(connector)
	wanted(connector) == "unknown"
	case := object.union(sending.doubtful(connector, ["DomainSecureEnabled"]), open(connector))
}

undecided contains case if {
	some connector in possible
	not certain(connector)
	wanted(connector) == "yes"
	case := sending.doubtful(connector, ["DNSRoutingEnabled", "IgnoreSTARTTLS", "DomainSecureEnabled", "Enabled"])
}
