# METADATA
# title: Receive connector for servers has a changed FQDN
# custom:
#   id: RC010
#   name: receive-default-fqdn-changed
#   severity: error
#   paths: [hub-to-hub-smtp]
#   statements: [S03]
#   needs: [Get-ReceiveConnector, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: サーバー用の受信コネクタの FQDN が変更されている
#   message:
#     en: "Receive connector \"{connector}\" calls itself {fqdn}, so other Hub Transport servers cannot authenticate to {server}"
#     ja: "受信コネクタ「{connector}」の FQDN が {fqdn} のため、ほかのハブ トランスポート サーバーが {server} に認証できません"
#   fix:
#     en: "Give the server's own name back; a connector without ExchangeServer may carry the public one:\nSet-ReceiveConnector \"{connector}\" -Fqdn {own}"
#     ja: "サーバー自身の名前に戻します。公開名は、ExchangeServer を含まない別のコネクタで使います:\nSet-ReceiveConnector \"{connector}\" -Fqdn {own}"
#   undecided:
#     en: "Whether receive connector \"{connector}\" carries the name of its server could not be decided"
#     ja: "受信コネクタ「{connector}」がサーバー自身の名前を使っているかどうかを判定できません"
#   labels:
#     fqdn: {en: "the name in its greeting", ja: "応答で名乗る名前"}
#     mechanism: {en: "servers authenticate here", ja: "サーバーの認証に使われます"}
#     listens: {en: "where it listens", ja: "待ち受けるアドレスとポート"}
#     no-fqdn: {en: "the full name of {server} is not known", ja: "{server} の完全修飾名が不明です"}
#   references:
#     - bb125139(v=exchg.80)
package exlint.rules.receive_default_fqdn_changed

import rego.v1

import data.exlint.lib.connectors
import data.exlint.lib.estate
import data.exlint.lib.properties
import data.exlint.lib.verdicts

read := ["Enabled", "AuthMechanism", "Bindings", "Fqdn"]

# Connectors where Hub Transport servers authenticate to each other, or may,
# with another name than the short one of the server.
named contains connector if {
	some connector in connectors.receive
	estate.has_role(connector.server, "hub")
	connectors.listens(connector) != "no"
	connectors.audience(connector) != "loopback"
	not other(connector)
	not own(connector)
}

# Not for servers, or not where they come.
other(connector) if {
	mechanisms := connectors.mechanisms(connector)
	not "ExchangeServer" in mechanisms
}

other(connector) if {
	properties.values(connector, "Bindings")
	not "25" in connectors.ports(connector)
}

own(connector) if connector.properties.Fqdn in {null, ""}

own(connector) if lower(properties.text(connector, "Fqdn")) in {connector.server, full(connector)}

full(connector) := object.get(estate.servers[connector.server], "fqdn", "")

findings contains finding if {
	some connector in named
	properties.known(connector, read)
	name := full(connector)
	name != ""
	places := properties.places(connector, [["Fqdn", "fqdn"], ["AuthMechanism", "mechanism"], ["Bindings", "listens"]])
	ends := [verdicts.place(estate.servers[connector.server].at.self, {"key": "named-here", "args": {"server": name}})]
	finding := object.union(verdicts.shown(array.concat(places, ends)), {
		"args": {"connector": connector.identity, "fqdn": connector.properties.Fqdn, "server": connector.server, "own": name},
		"subject": connector.identity,
		"expected": name,
		"actual": connector.properties.Fqdn,
	})
}

undecided contains case if {
	some connector in named
	not properties.known(connector, read)
	case := connectors.doubtful(connector, read)
}

undecided contains case if {
	some connector in named
	properties.known(connector, read)
	full(connector) == ""
	case := object.union(connectors.doubtful(connector, read), {
		"why": [{"key": "no-fqdn", "args": {"server": connector.server}}],
		"needs": ["Get-ExchangeServer | Export-Clixml Get-ExchangeServer.xml"],
	})
}
