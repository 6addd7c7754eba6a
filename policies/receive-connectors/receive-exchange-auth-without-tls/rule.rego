# METADATA
# title: Servers authenticate to a Receive connector without TLS
# custom:
#   id: RC005
#   name: receive-exchange-auth-without-tls
#   severity: error
#   paths: [hub-to-hub-smtp, hub-to-edge-smtp, edge-to-hub-smtp]
#   statements: [S02, S04]
#   needs: [Get-ReceiveConnector]
#   versions: ["8", "14", "15"]
#   supersedes: [RC004]
#   title.ja: 受信コネクタでサーバーが TLS なしで認証している
#   message:
#     en: "Receive connector \"{connector}\" offers Exchange Server authentication without TLS: mail between servers is not encrypted there"
#     ja: "受信コネクタ「{connector}」は TLS なしで Exchange Server 認証を提供しています。サーバー間のメールが暗号化されません"
#   fix:
#     en: "Offer TLS beside it:\nSet-ReceiveConnector \"{connector}\" -AuthMechanism {cured}"
#     ja: "TLS も提供します:\nSet-ReceiveConnector \"{connector}\" -AuthMechanism {cured}"
#   undecided:
#     en: "Whether servers authenticate to receive connector \"{connector}\" with TLS could not be decided"
#     ja: "受信コネクタ「{connector}」でサーバーが TLS を使って認証するかどうかを判定できません"
#   labels:
#     mechanism: {en: "how servers authenticate", ja: "サーバーの認証方法"}
#     suppressed: {en: "TLS between servers is not offered", ja: "サーバー間の TLS を提供していません"}
#     downgraded: {en: "the server accepts authentication without TLS", ja: "サーバーは TLS なしの認証を受け入れます"}
#     reach: {en: "who can connect", ja: "接続できる範囲"}
#   variants:
#     suppressed:
#       message:
#         en: "Receive connector \"{connector}\" hides TLS from other Exchange servers (SuppressXAnonymousTls): their mail is not encrypted there"
#         ja: "受信コネクタ「{connector}」は他の Exchange サーバーに TLS を提示しません (SuppressXAnonymousTls)。サーバー間のメールが暗号化されません"
#       fix:
#         en: "Offer TLS to servers again, unless a WAN optimizer needs clear text on exactly these addresses:\nSet-ReceiveConnector \"{connector}\" -SuppressXAnonymousTls $false"
#         ja: "WAN 最適化装置がこのアドレスの間で平文を必要とする場合を除き、サーバーへの TLS の提示を元に戻します:\nSet-ReceiveConnector \"{connector}\" -SuppressXAnonymousTls $false"
#   references:
#     - bb125139(v=exchg.80)
#     - bb125139(v=exchg.141)
package exlint.rules.receive_exchange_auth_without_tls

import rego.v1

import data.exlint.lib.connectors
import data.exlint.lib.properties
import data.exlint.lib.verdicts

# Connectors that servers authenticate to without TLS, and how that comes.
bare contains known if {
	some connector in connectors.receive
	connectors.listens(connector) != "no"
	connectors.audience(connector) != "loopback"
	mechanisms := connectors.mechanisms(connector)
	"ExchangeServer" in mechanisms
	how := way(connector, mechanisms)
	known := {"connector": connector, "how": how}
}

way(connector, mechanisms) := "bare" if {
	not "Tls" in mechanisms
} else := "suppressed" if {
	connector.properties.SuppressXAnonymousTls == true
}

# From 2010 on a connector can hide TLS from servers alone. Addresses that are
# named for it are a design; everybody is not.
severity(known) := "warning" if {
	known.how == "suppressed"
	not connectors.everyone(known.connector)
} else := "error"

variants := {"bare": {}, "suppressed": {"variant": "suppressed"}}

findings contains finding if {
	some known in bare
	connector := known.connector
	connectors.listens(connector) == "yes"
	mechanisms := connectors.mechanisms(connector)
	pairs := array.concat(first[known.how], [["AuthMechanism", "mechanism"], ["RemoteIPRanges", "reach"]])
	places := array.concat(properties.places(connector, pairs), downgrades(connector))
	finding := object.union(object.union(variants[known.how], verdicts.shown(places)), {
		"severity": severity(known),
		"args": {"connector": connector.identity, "cured": concat(",", array.concat(["Tls"], mechanisms))},
		"subject": connector.identity,
		"expected": "Tls, ExchangeServer",
		"actual": concat(", ", mechanisms),
	})
}

first := {"bare": [], "suppressed": [["SuppressXAnonymousTls", "suppressed"]]}

downgrades(connector) := [{"at": server.at.UseDowngradedExchangeServerAuth, "label": "downgraded"} |
	some server in object.get(input.objects, "Get-TransportServer", [])
	server.server == connector.server
	server.properties.UseDowngradedExchangeServerAuth == true
]

undecided contains case if {
	some known in bare
	connectors.listens(known.connector) == "unknown"
	case := connectors.doubtful(known.connector, ["Enabled"])
}

undecided contains case if {
	some connector in connectors.unstated
	case := connectors.doubtful(connector, ["AuthMechanism"])
}
