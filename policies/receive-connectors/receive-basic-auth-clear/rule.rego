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
#     en: "Accept passwords after STARTTLS only:\nSet-ReceiveConnector \"{connector}\" -AuthMechanism {mechanisms}"
#     ja: "パスワードは STARTTLS の後でだけ受け付けます:\nSet-ReceiveConnector \"{connector}\" -AuthMechanism {mechanisms}"
#   undecided:
#     en: "Whether receive connector \"{connector}\" accepts passwords without TLS could not be decided"
#     ja: "受信コネクタ「{connector}」が TLS なしでパスワードを受け付けるかどうかを判定できません"
#   labels:
#     mechanism: {en: "BasicAuth without BasicAuthRequireTLS", ja: "BasicAuthRequireTLS のない BasicAuth"}
#     reach: {en: "who can connect", ja: "接続できる範囲"}
#     listens: {en: "where it listens", ja: "待ち受けるアドレスとポート"}
#   references:
#     - bb125139(v=exchg.80)
#     - aa996395(v=exchg.80)
package exlint.rules.receive_basic_auth_clear

import rego.v1

import data.exlint.lib.connectors

# A password that never leaves the server, or only from hosts that are named.
severity := {"loopback": "note", "hosts": "warning", "networks": "error", "unknown": "error"}

# What AuthMechanism should be, in the order the shell prints it.
cured(mechanisms) := concat(",", [name |
	some name in ["Tls", "Integrated", "BasicAuth", "BasicAuthRequireTLS", "ExchangeServer"]
	name in array.concat(mechanisms, ["Tls", "BasicAuthRequireTLS"])
])

# Basic authentication before TLS.
clear contains connector if {
	some connector in connectors.receive
	"BasicAuth" in connectors.mechanisms(connector)
	not "BasicAuthRequireTLS" in connectors.mechanisms(connector)
}

findings contains finding if {
	some connector in clear
	connectors.listens(connector) == "yes"
	mechanisms := connectors.mechanisms(connector)
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
}

undecided contains case if {
	some connector in connectors.unstated
	case := connectors.undecided(connector)
}

undecided contains case if {
	some connector in clear
	connectors.listens(connector) == "unknown"
	case := connectors.undecided(connector)
}
