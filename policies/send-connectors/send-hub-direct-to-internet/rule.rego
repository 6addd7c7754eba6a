# METADATA
# title: Hub Transport servers send to the Internet past the Edge
# custom:
#   id: SC006
#   name: send-hub-direct-to-internet
#   severity: note
#   paths: [edge-to-internet-smtp]
#   statements: [S16]
#   needs: [Get-SendConnector, [Get-ExchangeServer, inventory], Get-EdgeSubscription]
#   versions: ["8", "14", "15"]
#   title.ja: ハブ トランスポート サーバーがエッジを経由せずにインターネットへ送信する
#   message:
#     en: "Send connector \"{connector}\" lets {hubs} send to the Internet, past Edge Transport server {edges}"
#     ja: "送信コネクタ「{connector}」により、{hubs} はエッジ トランスポート サーバー {edges} を経由せずにインターネットへ送信します"
#   fix:
#     en: "Let the connector of the Edge subscription do it:\nSet-SendConnector \"{connector}\" -Enabled $false"
#     ja: "エッジ サブスクリプションのコネクタに任せます:\nSet-SendConnector \"{connector}\" -Enabled $false"
#   undecided:
#     en: "Whether send connector \"{connector}\" bypasses the Edge could not be decided"
#     ja: "送信コネクタ「{connector}」がエッジを経由しないかどうかを判定できません"
#   labels:
#     spaces: {en: "every domain", ja: "すべてのドメイン"}
#     sources: {en: "these servers send", ja: "送信元のサーバー"}
#   references:
#     - aa998294(v=exchg.80)
#     - bb310755(v=exchg.80)
package exlint.rules.send_hub_direct_to_internet

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.properties
import data.exlint.lib.sending
import data.exlint.lib.verdicts

edges := {server.name | some server in input.servers; "edge" in server.roles; count(estate.subscriptions(server.name)) > 0; estate.in_service(server.name)}

hubs(connector) := {name | some name in sending.sources(connector); estate.has_role(name, "hub")}

# What the cheapest connector of an Edge costs for any domain.
cheapest := min({cost(connector) | some connector in sending.connectors; connector.properties.Enabled == true; count(sending.sources(connector) & edges) > 0})

cost(connector) := min({space.cost | some space in sending.spaces(connector); space.domain == "*"})

# A dearer one is only used when the Edge cannot.
backup(connector) if cost(connector) > cheapest

direct contains connector if {
	count(edges) > 0
	some connector in sending.working
	cost(connector)
	not without_hub(connector)
	not backup(connector)
}

without_hub(connector) if {
	properties.values(connector, "SourceTransportServers")
	count(hubs(connector)) == 0
}

findings contains finding if {
	some connector in direct
	properties.known(connector, ["Enabled", "SourceTransportServers"])
	own := properties.places(connector, [["AddressSpaces", "spaces"], ["SourceTransportServers", "sources"]])
	subscriptions := [place | some edge in sort(edges); some place in estate.subscription_places(edge)]
	args := {"connector": connector.identity, "hubs": sort(hubs(connector)), "edges": sort(edges)}
	finding := object.union(verdicts.shown(array.concat(own, subscriptions)), {"args": args, "subject": connector.identity})
}

undecided contains case if {
	some connector in direct
	not properties.known(connector, ["Enabled", "SourceTransportServers"])
	case := sending.doubtful(connector, ["SourceTransportServers", "Enabled"])
}

undecided contains case if {
	count(edges) > 0
	some connector in sending.working
	not "AddressSpaces" in object.keys(connector.properties)
	not without_hub(connector)
	case := sending.doubtful(connector, ["AddressSpaces"])
}
