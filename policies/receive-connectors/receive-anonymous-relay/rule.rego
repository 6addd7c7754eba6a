# METADATA
# title: Receive connector relays for anyone without authentication
# custom:
#   id: RC002
#   name: receive-anonymous-relay
#   severity: error
#   paths: [internet-to-edge-smtp, smtp-client-to-hub]
#   statements: [S09]
#   needs: [Get-ReceiveConnector]
#   versions: ["8", "14", "15"]
#   title.ja: 受信コネクタが認証なしで誰のメールでも中継する
#   message:
#     en: "Receive connector \"{connector}\" relays to any domain for {ranges}, without authentication"
#     ja: "受信コネクタ「{connector}」は {ranges} からのメールを、認証なしで任意のドメインへ中継します"
#   fix:
#     en: "Take the right away, or name the application's hosts by -RemoteIPRanges instead:\nRemove-ADPermission \"{connector}\" -User \"NT AUTHORITY\\ANONYMOUS LOGON\" -ExtendedRights ms-Exch-SMTP-Accept-Any-Recipient"
#     ja: "この権限を削除するか、-RemoteIPRanges をアプリケーションのホストだけに限定します:\nRemove-ADPermission \"{connector}\" -User \"NT AUTHORITY\\ANONYMOUS LOGON\" -ExtendedRights ms-Exch-SMTP-Accept-Any-Recipient"
#   undecided:
#     en: "Whether receive connector \"{connector}\" relays for anonymous senders could not be decided"
#     ja: "受信コネクタ「{connector}」が匿名の送信者のメールを中継するかどうかを判定できません"
#   labels:
#     right: {en: "anonymous sessions may send to any recipient", ja: "匿名のセッションが任意の受信者に送信できます"}
#     reach: {en: "who can connect", ja: "接続できる範囲"}
#     groups: {en: "who may submit", ja: "送信を許可されたグループ"}
#     listens: {en: "where it listens", ja: "待ち受けるアドレスとポート"}
#     no-rights: {en: "no output of Get-ADPermission tells the rights of anonymous sessions on it", ja: "Get-ADPermission の出力がないため、匿名のセッションの権限が不明です"}
#   references:
#     - bb232021(v=exchg.80)
#     - bb125139(v=exchg.80)
package exlint.rules.receive_anonymous_relay

import rego.v1

import data.exlint.lib.connectors
import data.exlint.lib.permissions
import data.exlint.lib.properties
import data.exlint.lib.verdicts

relaying := "ms-exch-smtp-accept-any-recipient"

# Connectors that more than a few hosts may use, or may.
broad contains known if {
	some connector in connectors.receive
	listens := connectors.listens(connector)
	listens != "no"
	audience := connectors.audience(connector)
	audience in {"networks", "unknown"}
	known := {"connector": connector, "ways": {listens, audience}, "relays": relays(connector)}
}

# Without the groups that let anonymous sessions in, nothing is relayed for them.
relays(connector) := "no" if {
	groups := connectors.groups(connector)
	every group in ["AnonymousUsers", "Custom"] { not group in groups }
} else := permissions.anonymous(connector.identity, relaying)

findings contains finding if {
	some {"connector": connector, "ways": {"yes", "networks"}, "relays": "yes"} in broad
	entries := [{"at": entry.at.ExtendedRights, "label": "right"} | some entry in permissions.granted(connector.identity, relaying)]
	pairs := [["RemoteIPRanges", "reach"], ["PermissionGroups", "groups"], ["Bindings", "listens"]]
	finding := object.union(verdicts.shown(array.concat(entries, properties.places(connector, pairs))), {
		"args": {"connector": connector.identity, "ranges": connectors.ranges(connector)},
		"subject": connector.identity,
		"actual": "ms-Exch-SMTP-Accept-Any-Recipient",
	})
}

undecided contains case if {
	some known in broad
	case := object.union(connectors.doubtful(known.connector, read), {"why": doubt(known), "needs": needs})
}

doubt(known) := array.concat(["no-rights"], properties.unknown(known.connector, read)) if known.relays == "unknown"

doubt(known) := properties.unknown(known.connector, read) if {
	known.relays == "yes"
	known.ways != {"yes", "networks"}
}

read := ["PermissionGroups", "RemoteIPRanges", "Enabled"]

needs := array.concat(["Get-ReceiveConnector | Get-ADPermission | Export-Clixml Get-ADPermission.xml"], properties.export("Get-ReceiveConnector"))
