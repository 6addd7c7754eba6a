# METADATA
# title: Domain Security on a Receive connector without its conditions
# custom:
#   id: RC006
#   name: receive-domain-secure-without-tls
#   severity: error
#   paths: [edge-to-edge-smtp]
#   statements: [S13]
#   needs: [Get-ReceiveConnector]
#   versions: ["8", "14", "15"]
#   title.ja: 受信コネクタのドメイン セキュリティの条件が満たされていない
#   message:
#     en: "Receive connector \"{connector}\" has Domain Security switched on, but cannot do it: AuthMechanism is {mechanisms}"
#     ja: "受信コネクタ「{connector}」はドメイン セキュリティが有効ですが、AuthMechanism が {mechanisms} のため機能しません"
#   fix:
#     en: "Offer TLS, and take ExternalAuthoritative away:\nSet-ReceiveConnector \"{connector}\" -AuthMechanism {cured}"
#     ja: "TLS を提供し、ExternalAuthoritative を外します:\nSet-ReceiveConnector \"{connector}\" -AuthMechanism {cured}"
#   undecided:
#     en: "Whether Domain Security of receive connector \"{connector}\" can work could not be decided"
#     ja: "受信コネクタ「{connector}」のドメイン セキュリティが機能するかどうかを判定できません"
#   labels:
#     domain-secure: {en: "Domain Security is on", ja: "ドメイン セキュリティが有効です"}
#     mechanism: {en: "which needs Tls here, and no ExternalAuthoritative", ja: "Tls が必要で、ExternalAuthoritative とは併用できません"}
#   references:
#     - bb125139(v=exchg.80)
#     - bb123543(v=exchg.80)
package exlint.rules.receive_domain_secure_without_tls

import rego.v1

import data.exlint.lib.connectors
import data.exlint.lib.properties
import data.exlint.lib.verdicts

read := ["Enabled", "DomainSecureEnabled", "AuthMechanism"]

# Enabled, with Domain Security, with mechanisms that forbid it: or possibly so.
possible contains connector if {
	some connector in connectors.receive
	connectors.listens(connector) != "no"
	not connector.properties.DomainSecureEnabled == false
	not sound(connector)
}

sound(connector) if {
	mechanisms := connectors.mechanisms(connector)
	"Tls" in mechanisms
	not "ExternalAuthoritative" in mechanisms
}

# All three have a value; nothing at all is none.
told(connector) if {
	connector.properties.Enabled == true
	connector.properties.DomainSecureEnabled == true
	connectors.mechanisms(connector)
}

findings contains finding if {
	some connector in possible
	told(connector)
	mechanisms := connectors.mechanisms(connector)
	places := properties.places(connector, [["AuthMechanism", "mechanism"], ["DomainSecureEnabled", "domain-secure"]])
	finding := object.union(verdicts.shown(places), {
		"args": {
			"connector": connector.identity,
			"mechanisms": concat(", ", mechanisms),
			"cured": concat(",", array.concat(["Tls"], [m | some m in mechanisms; not m in {"None", "Tls", "ExternalAuthoritative"}])),
		},
		"subject": connector.identity,
		"expected": "Tls",
		"actual": concat(", ", mechanisms),
	})
}

undecided contains case if {
	some connector in possible
	not told(connector)
	case := connectors.doubtful(connector, read)
}
