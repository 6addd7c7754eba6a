# METADATA
# title: Receive connector for strangers keeps no protocol log
# custom:
#   id: RC013
#   name: receive-logging-off
#   severity: note
#   paths: [internet-to-edge-smtp]
#   statements: []
#   needs: [Get-ReceiveConnector]
#   versions: ["8", "14", "15"]
#   title.ja: 外部向けの受信コネクタでプロトコル ログが無効
#   message:
#     en: "Receive connector \"{connector}\" serves senders that do not log on, and keeps no protocol log"
#     ja: "受信コネクタ「{connector}」は認証しない送信者に応じますが、プロトコル ログを記録していません"
#   fix:
#     en: "Set-ReceiveConnector \"{connector}\" -ProtocolLoggingLevel Verbose"
#     ja: "Set-ReceiveConnector \"{connector}\" -ProtocolLoggingLevel Verbose"
#   undecided:
#     en: "Whether receive connector \"{connector}\" keeps a protocol log could not be decided"
#     ja: "受信コネクタ「{connector}」がプロトコル ログを記録しているかどうかを判定できません"
#   labels:
#     logging: {en: "nothing is recorded", ja: "何も記録されません"}
#     groups: {en: "anonymous senders may submit", ja: "匿名の送信者が送信できます"}
#     mechanism: {en: "taken for secured without authentication", ja: "認証なしで保護済みとみなされます"}
#   references:
#     - bb125139(v=exchg.80)
package exlint.rules.receive_logging_off

import rego.v1

import data.exlint.lib.connectors
import data.exlint.lib.properties
import data.exlint.lib.verdicts

# What opens a connector to senders that do not log on.
opening(connector) := ["PermissionGroups", "groups"] if {
	"AnonymousUsers" in connectors.groups(connector)
} else := ["AuthMechanism", "mechanism"] if {
	"ExternalAuthoritative" in connectors.mechanisms(connector)
}

strangers contains connector if {
	some connector in connectors.receive
	connectors.listens(connector) != "no"
	connectors.audience(connector) != "loopback"
	opening(connector)
}

findings contains finding if {
	some connector in strangers
	connectors.listens(connector) == "yes"
	connector.properties.ProtocolLoggingLevel == "None"
	places := properties.places(connector, [["ProtocolLoggingLevel", "logging"], opening(connector)])
	finding := object.union(verdicts.shown(places), {"args": {"connector": connector.identity}, "subject": connector.identity, "expected": "Verbose", "actual": "None"})
}

undecided contains case if {
	some connector in strangers
	connector.properties.ProtocolLoggingLevel != "Verbose"
	connectors.listens(connector) == "unknown"
	case := connectors.doubtful(connector, ["Enabled"])
}

undecided contains case if {
	some connector in strangers
	not "ProtocolLoggingLevel" in object.keys(connector.properties)
	case := connectors.doubtful(connector, ["ProtocolLoggingLevel", "Enabled"])
}
