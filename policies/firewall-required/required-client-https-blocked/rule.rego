# METADATA
# title: Clients cannot reach the Client Access server by HTTPS
# custom:
#   id: FR014
#   name: required-client-https-blocked
#   severity: error
#   paths: [owa, activesync, outlook-anywhere, autodiscover, availability-client, outlook-oab-cas, um-web-service]
#   statements: []
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: クライアントが HTTPS でクライアント アクセス サーバーに到達できない
#   message:
#     en: "Clients of {from} cannot reach {names}: {firewall} denies {service} from {sources} to {destinations}"
#     ja: "{from} のクライアントが {names} に到達できません。{firewall} が {sources} から {destinations} への {service} を拒否しています"
#   fix:
#     en: "On {firewall}, permit {sources} to {destinations} on {service}, {place}; or publish the service on a reverse proxy{lines}"
#     ja: "{firewall} で、{sources} から {destinations} への {service} を{place}許可するか、リバース プロキシで公開します{lines}"
#   variants:
#     unpublished:
#       message:
#         en: "Clients of {from} cannot reach {names}: {firewall} denies {service} from {sources} to {destinations}, and no file shows a public address of {destinations}"
#         ja: "{from} のクライアントが {names} に到達できません。{firewall} が {sources} から {destinations} への {service} を拒否しており、{destinations} の公開アドレスを示すファイルもありません"
#       fix:
#         en: "On {firewall}, give {destinations} a public address (static NAT; where another device translates, write it as `published` into exlint.toml), and permit {sources} to {destinations} on {service}, {place}; or publish the service on a reverse proxy"
#         ja: "{firewall} で {destinations} に公開アドレスを割り当て (静的 NAT。ほかの機器が変換する場合は exlint.toml に `published` として書きます)、{sources} から {destinations} への {service} を{place}許可するか、リバース プロキシで公開します"
#   undecided:
#     en: "Whether clients of {from} must and can reach {names} could not be decided"
#     ja: "{from} のクライアントが {names} に到達する必要があるか、できるかを判定できません"
#   labels:
#     published: {en: "{server} is published under this name", ja: "{server} はこの名前で公開されています"}
#     uses: {en: "clients of {zone} use web services", ja: "{zone} のクライアントは Web サービスを使用します"}
#   references:
#     - bb331973(v=exchg.80)
#     - aa998036(v=exchg.80)
package exlint.rules.required_client_https_blocked

import rego.v1

import data.exlint.lib.addresses
import data.exlint.lib.estate
import data.exlint.lib.published
import data.exlint.lib.required
import data.exlint.lib.verdicts

# Data paths of what the inventory says that a zone uses.
web := {
	"owa": "owa", "activesync": "activesync", "outlook-anywhere": "outlook-anywhere", "ews": "availability-client",
	"autodiscover": "autodiscover", "oab": "outlook-oab-cas", "um-web": "um-web-service",
}

ways[ends] := way if {
	some way in input.client_access
	ends := sprintf("%s>%s", [way.source, way.destination])
}

between(from, to) := ways[sprintf("%s>%s", [from, to])]

servers := {name | some name, server in estate.servers; "cas" in server.roles; estate.in_service(name)}

# Proxies that forward to a server, or do not say where to.
fronts(server) := [name | some name in published.proxies; not elsewhere(name, server)]

elsewhere(proxy, server) if not lower(estate.servers[proxy].proxy.forwards_to) in estate.names(server)

# The legs of every way in: straight, or to a proxy and on.
routes(from, server) := [[between(from, server)]] if fronts(server) == []

routes(from, server) := array.concat([[between(from, server)]], [[between(from, proxy), between(proxy, server)] | some proxy in fronts(server)]) if {
	count(fronts(server)) > 0
}

# "open" | "blocked" | "unknown"
state(from, server) := "open" if {
	some route in routes(from, server)
	every leg in route { leg.works == "yes" }
} else := "unknown" if {
	some route in routes(from, server)
	every leg in route { leg.works != "no" }
} else := "blocked" if count(routes(from, server)) > 0

# What stops them: behind a proxy the leg that is missing, else the way itself.
stopped(from, server) := [leg |
	some route in routes(from, server)
	count(route) == min([2, count(fronts(server)) + 1])
	some leg in route
	leg.works == "no"
]

# Where clients come from, to which servers, and what says so.
wanted contains need if {
	some server, hosts in published.hosts
	server in servers
	need := {"from": "internet", "servers": {name | some name in servers; count(object.get(published.hosts, name, set()) & hosts) > 0}, "names": sort(hosts), "paths": {known.path | some known in published.names; known.host in hosts}, "at": facing(server)}
}

wanted contains need if {
	some zone in input.zones
	paths := {web[use] | some use in zone.uses}
	count(paths) > 0
	from := end(zone)
	need := {"from": from, "servers": servers, "names": sort(servers), "paths": paths, "at": [verdicts.place(zone.at.self, {"key": "uses", "args": {"zone": zone.name}})]}
}

end(zone) := "internet" if zone["class"] == "internet"

end(zone) := zone.name if object.get(zone, "class", "") != "internet"

facing(server) := [verdicts.place(at, {"key": "published", "args": {"server": server}}) |
	some host in published.hosts[server]
	some at in published.places(server, host)
]

states(need) := {state(need.from, server) | some server in need.servers}

arguments(need, legs) := {"from": need.from, "names": need.names, "sources": required.sources(legs), "destinations": required.destinations(legs)}

subject(need) := sprintf("%s: %s", [need.from, concat(", ", need.names)])

# No client on the Internet can send to a private address.
variant(legs) := {"variant": "unpublished"} if {
	some leg in legs
	leg.source == "internet"
	addresses.inside_private(leg.witness.destination)
} else := {}

# One open way is enough.
findings contains found if {
	some need in wanted
	states(need) == {"blocked"}
	legs := [leg | some server in need.servers; some leg in stopped(need.from, server)]
	some group in required.together(legs)
	blocked := required.blocked_as(group, arguments(need, group), subject(need), need.at)
	found := object.union(object.union(blocked, {"paths": sort(need.paths)}), variant(group))
}

undecided contains case if {
	some need in wanted
	not "open" in states(need)
	"unknown" in states(need)
	doubt := verdicts.crossing([leg |
		some server in need.servers
		some route in routes(need.from, server)
		some leg in route
		leg.works == "unknown"
	])
	count(doubt) > 0
	case := required.doubtful(doubt, arguments(need, doubt), subject(need))
}

# Nobody told whether the server is published.
undecided contains case if {
	some server in servers
	state("internet", server) == "blocked"
	not published.hosts[server]
	published.untold[server]
	case := object.union(published.unpublished(server), {"args": {"from": "internet", "names": [server]}})
}
