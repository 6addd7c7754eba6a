# METADATA
# title: Edge Transport server cannot reach its DNS servers
# custom:
#   id: FR010
#   name: required-edge-dns-blocked
#   severity: error
#   paths: [edge-dns]
#   statements: []
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   supersedes: [FH013]
#   title.ja: エッジ トランスポート サーバーが DNS サーバーに到達できない
#   message:
#     en: "Edge Transport server {edge} sends by DNS, but {firewall} denies {services} to every DNS server that it is set to use ({resolvers})"
#     ja: "エッジ トランスポート サーバー {edge} は DNS で宛先を探しますが、{firewall} が、設定されたすべての DNS サーバー ({resolvers}) への {services} を拒否しています"
#   fix:
#     en: "On {firewall}, permit {edge} to {resolvers} on udp/53 and tcp/53, {place}{lines}"
#     ja: "{firewall} で、{edge} から {resolvers} への udp/53 と tcp/53 を{place}許可します{lines}"
#   undecided:
#     en: "Whether {edge} reaches its DNS servers could not be decided"
#     ja: "{edge} が DNS サーバーに到達できるかどうかを判定できません"
#   labels:
#     routed-by-dns: {en: "{connector} finds the next hop by DNS", ja: "{connector} は DNS で次の宛先を探します"}
#     no-send-connector-export: {en: "no output of Get-SendConnector tells how mail leaves {server}", ja: "Get-SendConnector の出力がないため、{server} がメールをどう送信するか不明です"}
#     resolver: {en: "the DNS servers of {edge}", ja: "{edge} の DNS サーバー"}
#     no-resolvers: {en: "no export tells the DNS servers of {edge}", ja: "{edge} の DNS サーバーを示すエクスポートがありません"}
#     no-host: {en: "no file tells where {resolver} is", ja: "{resolver} の位置を示すファイルがありません"}
#   references:
#     - bb331973(v=exchg.80)
package exlint.rules.required_edge_dns_blocked

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.outbound
import data.exlint.lib.properties
import data.exlint.lib.required
import data.exlint.lib.verdicts

flows := required.of({"edge-dns"})

edges := {name | some name, server in estate.servers; "edge" in server.roles; estate.in_service(name); outbound.dns(name) == "yes"}

transport(edge) := [t | some t in object.get(input.objects, "Get-TransportServer", []); t.server == edge]

adapters(edge) := [a | some a in object.get(input.objects, "Get-NetworkConnectionInfo", []); a.server == edge]

lists := ["ExternalDNSServers", "InternalDNSServers"]

listed(edge) := [ip | some t in transport(edge); some name in lists; some ip in properties.values(t, name)]

# Both lists are exported and empty: the adapters' servers are used.
left_to_adapters(edge) if {
	some t in transport(edge)
	every name in lists { properties.values(t, name) == [] }
}

resolvers(edge) := listed(edge) if {
	count(listed(edge)) > 0
} else := found if {
	left_to_adapters(edge)
	found := [ip | some a in adapters(edge); some ip in properties.values(a, "DnsServers")]
	count(found) > 0
}

resolver_places(edge) := array.concat(
	[verdicts.place(t.at[name], {"key": "resolver", "args": {"edge": edge}}) | some t in transport(edge); some name in lists; t.at[name]],
	[verdicts.place(a.at.DnsServers, {"key": "resolver", "args": {"edge": edge}}) | some a in adapters(edge)],
)

# The host that has an address, and the flows of an Edge to its DNS servers.
owner[ip] contains name if {
	some name, server in estate.servers
	some address in server.addresses
	ip := address.ip
}

to_resolvers(edge) := [flow | some flow in flows; flow.source == edge; some ip in resolvers(edge); flow.destination in owner[ip]]

placeless(edge) := [ip | some ip in resolvers(edge); count({flow | some flow in flows; flow.source == edge; flow.destination in owner[ip]}) == 0]

# Flows of a service that no DNS server is reached by.
failing(edge) := [flow |
	count(placeless(edge)) == 0
	some flow in to_resolvers(edge)
	every other in to_resolvers(edge) { denied_or_other(other, flow.service) }
]

denied_or_other(flow, service) if flow.service != service

denied_or_other(flow, service) if flow.works == "no"

findings contains found if {
	some edge in edges
	group := failing(edge)
	count(group) > 0
	args := {"edge": edge, "services": required.services(group), "resolvers": required.destinations(group)}
	found := required.blocked_as(group, args, edge, array.concat(resolver_places(edge), outbound.places(edge)))
}

undecided contains case if {
	some edge in edges
	told := {"at": [estate.servers[edge].at.self], "args": {"edge": edge}, "subject": edge}
	case := object.union(told, missing(edge))
}

missing(edge) := {"why": [{"key": "no-resolvers", "args": {"edge": edge}}], "needs": needs} if {
	not resolvers(edge)
	needs := ["Get-TransportServer | Export-Clixml Get-TransportServer.xml", sprintf("Get-NetworkConnectionInfo %s | fl *", [upper(edge)])]
} else := {"why": why, "needs": needs} if {
	unknown := placeless(edge)
	count(unknown) > 0
	count(required.with_works(to_resolvers(edge), {"yes"})) < 2
	why := [{"key": "no-host", "args": {"resolver": ip}} | some ip in unknown]
	needs := [sprintf("[[host]]\nname = \"dns\"\nroles = [\"dns\"]\naddresses = [\"%s\"]", [ip]) | some ip in unknown]
} else := {"why": verdicts.reasons(open), "needs": verdicts.settle(open)} if {
	open := required.with_works(to_resolvers(edge), {"unknown"})
	count(open) > 0
	count(required.with_works(to_resolvers(edge), {"yes"})) < 2
}
