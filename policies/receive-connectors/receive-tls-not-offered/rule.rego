# METADATA
# title: Receive connector does not offer TLS
# custom:
#   id: RC004
#   name: receive-tls-not-offered
#   severity: warning
#   paths: [hub-to-hub-smtp, edge-to-edge-smtp, smtp-client-to-hub, um-to-hub-smtp]
#   statements: [S02, S09, S60]
#   needs: [Get-ReceiveConnector]
#   versions: ["8", "14", "15"]
#   title.ja: 受信コネクタが TLS を提供していない
#   message:
#     en: "Receive connector \"{connector}\" does not offer TLS to {ranges}: AuthMechanism is {mechanisms}"
#     ja: "受信コネクタ「{connector}」は {ranges} に TLS を提供していません (AuthMechanism は {mechanisms})"
#   fix:
#     en: "Offer TLS:\nSet-ReceiveConnector \"{connector}\" -AuthMechanism {cured}"
#     ja: "TLS を提供します:\nSet-ReceiveConnector \"{connector}\" -AuthMechanism {cured}"
#   undecided:
#     en: "Whether receive connector \"{connector}\" offers TLS where it must could not be decided"
#     ja: "受信コネクタ「{connector}」が必要な相手に TLS を提供しているかどうかを判定できません"
#   labels:
#     mechanism: {en: "Tls is missing", ja: "Tls がありません"}
#     reach: {en: "who can connect", ja: "接続できる範囲"}
#     listens: {en: "where it listens", ja: "待ち受けるアドレスとポート"}
#   references:
#     - bb125139(v=exchg.80)
#     - aa996395(v=exchg.80)
package exlint.rules.receive_tls_not_offered

import rego.v1

import data.exlint.lib.connectors
import data.exlint.lib.properties

# Connectors without TLS that may listen, and who can talk to them.
bare contains known if {
	some connector in connectors.receive
	listens := connectors.listens(connector)
	listens != "no"
	mechanisms := connectors.mechanisms(connector)
	not "Tls" in mechanisms
	known := {"connector": connector, "listens": listens, "audience": connectors.audience(connector)}
}

# Whether it serves more than a few devices of its own.
serves(_, audience) if audience == "networks"

serves(connector, audience) if {
	audience == "hosts"
	some host in connectors.hosts(connector)
	some name in exchange_at[host]
	name != object.get(connector, "server", "")
}

# Exchange servers by address.
exchange_at[ip] contains name if {
	some server in input.servers
	server.exchange
	name := server.name
	some address in server.addresses
	ip := address.ip
}

findings contains finding if {
	some {"connector": connector, "listens": "yes", "audience": audience} in bare
	serves(connector, audience)
	mechanisms := connectors.mechanisms(connector)
	finding := {
		"at": connectors.evidence(connector),
		"args": {
			"connector": connector.identity,
			"ranges": connectors.ranges(connector),
			"mechanisms": concat(", ", mechanisms),
			"cured": concat(",", array.concat(["Tls"], [name | some name in mechanisms; name != "None"])),
		},
		"subject": connector.identity,
		"expected": "Tls",
		"actual": concat(", ", mechanisms),
		"labels": connectors.labels(connector),
		"extent": properties.values(connector, "RemoteIPRanges"),
	}
}

undecided contains case if {
	some connector in connectors.unstated
	audience := connectors.audience(connector)
	matters(connector, audience)
	case := connectors.undecided(connector)
}

undecided contains case if {
	some known in bare
	unclear(known)
	case := connectors.undecided(known.connector)
}

matters(_, audience) if audience == "unknown"

matters(connector, audience) if serves(connector, audience)

unclear(known) if known.audience == "unknown"

unclear(known) if {
	known.listens == "unknown"
	serves(known.connector, known.audience)
}
