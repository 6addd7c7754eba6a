# METADATA
# title: Hub Transport server behind an Edge accepts anonymous mail from anywhere
# custom:
#   id: RC007
#   name: receive-anonymous-on-internal-hub
#   severity: warning
#   paths: [edge-to-hub-smtp]
#   statements: [S04]
#   needs: [Get-ReceiveConnector, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: エッジの内側のハブ トランスポート サーバーが匿名のメールを無制限に受け付ける
#   message:
#     en: "Receive connector \"{connector}\" takes anonymous mail from any address, although Internet mail comes through {edges}"
#     ja: "インターネットからのメールは {edges} を経由しますが、受信コネクタ「{connector}」は匿名のメールを任意のアドレスから受け付けます"
#   fix:
#     en: "Take the anonymous users out; mail from the Edge Transport server is authenticated. Applications get a connector of their own with -RemoteIPRanges:\nSet-ReceiveConnector \"{connector}\" -PermissionGroups {cured}"
#     ja: "匿名ユーザーを外します。エッジ トランスポート サーバーからのメールは認証されます。アプリケーションには、-RemoteIPRanges で限定した専用のコネクタを用意します:\nSet-ReceiveConnector \"{connector}\" -PermissionGroups {cured}"
#   undecided:
#     en: "Whether receive connector \"{connector}\" needs to take anonymous mail from anywhere could not be decided"
#     ja: "受信コネクタ「{connector}」が匿名のメールを任意のアドレスから受け付ける必要があるかどうかを判定できません"
#   labels:
#     groups: {en: "anonymous senders are among them", ja: "匿名の送信者を含みます"}
#     reach: {en: "any address", ja: "任意のアドレス"}
#   references:
#     - bb125139(v=exchg.80)
#     - aa996395(v=exchg.80)
package exlint.rules.receive_anonymous_on_internal_hub

import rego.v1

import data.exlint.lib.connectors
import data.exlint.lib.estate
import data.exlint.lib.properties
import data.exlint.lib.verdicts

read := ["Enabled", "PermissionGroups", "RemoteIPRanges"]

edges := {server.name | some server in input.servers; "edge" in server.roles; estate.in_service(server.name)}

subscribed := {edge | some edge in edges; estate.subscribed(edge) == "yes"}

unsure := {edge | some edge in edges; estate.subscribed(edge) == "unknown"}

# Connectors of Hub Transport servers that take anonymous mail from everywhere,
# or may, where an Edge Transport server stands in front.
open contains connector if {
	count(subscribed | unsure) > 0
	some connector in connectors.receive
	estate.has_role(connector.server, "hub")
	not estate.has_role(connector.server, "edge")
	connectors.listens(connector) != "no"
	not closed(connector)
	not direct(connector.server)
}

closed(connector) if {
	groups := connectors.groups(connector)
	not "AnonymousUsers" in groups
}

closed(connector) if {
	properties.values(connector, "RemoteIPRanges")
	not connectors.everyone(connector)
}

closed(connector) if connectors.audience(connector) == "loopback"

closed(connector) if connectors.frontend(connector)

# Mail from the Internet reaches it without the Edge, or may.
direct(hub) if {
	some exposure in input.exposures
	exposure.destination == hub
	exposure["class"] == "internet"
	exposure.service == "tcp/25"
	count(exposure.firewalls) > 0
}

findings contains finding if {
	some connector in open
	count(subscribed) > 0
	properties.known(connector, read)
	rest := [group | some group in connectors.groups(connector); group != "AnonymousUsers"]
	own := properties.places(connector, [["PermissionGroups", "groups"], ["RemoteIPRanges", "reach"]])
	subscriptions := [place | some edge in sort(subscribed); some place in estate.subscription_places(edge)]
	finding := object.union(verdicts.shown(array.concat(own, subscriptions)), {
		"args": {"connector": connector.identity, "edges": sort(subscribed), "cured": cured(rest)},
		"subject": connector.identity,
		"actual": concat(", ", connectors.groups(connector)),
	})
}

cured(groups) := concat(",", groups) if count(groups) > 0

cured([]) := "None"

undecided contains case if {
	some connector in open
	count(subscribed) > 0
	not properties.known(connector, read)
	case := connectors.doubtful(connector, read)
}

undecided contains case if {
	some connector in open
	count(subscribed) == 0
	some edge in unsure
	case := object.union(connectors.doubtful(connector, read), estate.unsubscribed(edge))
}
