# METADATA
# title: Receive connector accepts passwords in clear text
# custom:
#   id: RC001
#   name: receive-basic-auth-clear
#   severity: error
#   paths: [smtp-client-to-hub]
#   statements: [S60]
#   needs: [Get-ReceiveConnector]
#   versions: ["8", "14", "15"]
#   title.ja: 受信コネクタが暗号化されていないパスワードを受け付ける
#   message:
#     en: "Receive connector \"{connector}\" offers Basic authentication without requiring TLS, to {ranges}"
#     ja: "受信コネクタ「{connector}」は TLS を要求せずに基本認証を {ranges} に提供しています"
#   fix:
#     en: "Set-ReceiveConnector \"{connector}\" -AuthMechanism {mechanisms}"
#     ja: "Set-ReceiveConnector \"{connector}\" -AuthMechanism {mechanisms}"
#   undecided:
#     en: "Whether receive connector \"{connector}\" accepts passwords without TLS could not be decided"
#     ja: "受信コネクタ「{connector}」が TLS なしでパスワードを受け付けるかどうかを判定できません"
#   labels:
#     mechanism: {en: "BasicAuth without BasicAuthRequireTLS", ja: "BasicAuthRequireTLS のない BasicAuth"}
#     reach: {en: "who can connect", ja: "接続できる範囲"}
#   references:
#     - bb125139(v=exchg.80)
#     - aa996395(v=exchg.80)
package exlint.rules.receive_basic_auth_clear

import rego.v1

import data.exlint.lib.connectors
import data.exlint.lib.verdicts

# A password that never leaves the server, or only from hosts that are named.
severity := {"loopback": "note", "hosts": "warning", "networks": "error", "unknown": "error"}

# What AuthMechanism should be, in the order the shell prints it.
cured(mechanisms) := concat(",", [name |
	some name in ["Tls", "Integrated", "BasicAuth", "BasicAuthRequireTLS", "ExchangeServer"]
	name in array.concat(mechanisms, ["Tls", "BasicAuthRequireTLS"])
])

findings contains found if {
	some connector in connectors.receive
	connectors.may_listen(connector)
	mechanisms := connectors.mechanisms(connector)
	"BasicAuth" in mechanisms
	not "BasicAuthRequireTLS" in mechanisms
	finding := {
		"at": connectors.evidence(connector),
		"severity": severity[connectors.audience(connector)],
		"args": {
			"connector": connector.identity,
			"ranges": connectors.ranges(connector),
			"mechanisms": cured(mechanisms),
		},
		"subject": connector.identity,
		"expected": "BasicAuth, BasicAuthRequireTLS, Tls",
		"actual": concat(", ", mechanisms),
		"labels": connectors.labels(connector),
	}
	found := verdicts.graded(finding, connectors.certainty(connector))
}

undecided contains case if {
	some connector in connectors.receive
	connectors.may_listen(connector)
	not connectors.mechanisms(connector)
	case := {"at": [connector.at.self], "needs": connectors.settle, "args": {"connector": connector.identity}, "subject": connector.identity}
}
