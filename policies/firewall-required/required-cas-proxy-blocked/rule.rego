# METADATA
# title: Internet-facing Client Access server cannot proxy to another site
# custom:
#   id: FR015
#   name: required-cas-proxy-blocked
#   severity: error
#   paths: [cas-to-cas-owa, cas-to-cas-eas]
#   statements: [S63]
#   needs: [firewall, [Get-OwaVirtualDirectory, Get-ActiveSyncVirtualDirectory]]
#   versions: ["8", "14"]
#   title.ja: インターネットに公開したクライアント アクセス サーバーが別のサイトへプロキシできない
#   message:
#     en: "{sources} cannot proxy clients to {destinations}, which has no external URL: {firewall} denies {service}"
#     ja: "{sources} から、外部 URL のない {destinations} へクライアントをプロキシできません。{firewall} が {service} を拒否しています"
#   fix:
#     en: "On {firewall}, permit {sources} to {destinations} on tcp/443, {place}; or give {destinations} an external URL of its own{lines}"
#     ja: "{firewall} で、{sources} から {destinations} への tcp/443 を{place}許可するか、{destinations} に独自の外部 URL を設定します{lines}"
#   undecided:
#     en: "Whether {sources} must and can proxy to {destinations} could not be decided"
#     ja: "{sources} が {destinations} へプロキシする必要があるか、できるかを判定できません"
#   labels:
#     facing: {en: "{server} is published under this URL", ja: "{server} はこの URL で公開されています"}
#     internal: {en: "{server} has no external URL: others proxy to it", ja: "{server} には外部 URL がなく、ほかのサーバーがプロキシします"}
#     no-directory-export: {en: "no export tells the external URL of {server}", ja: "{server} の外部 URL を示すエクスポートがありません"}
#   references:
#     - bb331973(v=exchg.80)
package exlint.rules.required_cas_proxy_blocked

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.properties
import data.exlint.lib.required
import data.exlint.lib.verdicts

cmdlet := {"cas-to-cas-owa": "Get-OwaVirtualDirectory", "cas-to-cas-eas": "Get-ActiveSyncVirtualDirectory"}

# Virtual directories of a path by server.
directories[path][server] contains directory if {
	some path, name in cmdlet
	some directory in object.get(input.objects, name, [])
	server := directory.server
}

of(flow, server) := object.get(directories, [flow.path, server], set())

facing(flow) if {
	some directory in of(flow, flow.source)
	properties.text(directory, "ExternalUrl") != ""
}

# The export of the first server leaves its external URL out.
faceless(flow) if {
	count(of(flow, flow.source)) > 0
	every directory in of(flow, flow.source) { not "ExternalUrl" in object.keys(directory.properties) }
}

concerns(flow) if facing(flow)

concerns(flow) if faceless(flow)

# "yes" | "no" | "unknown": the other server is reached by proxy alone.
proxied(flow) := "unknown" if {
	count(told(flow)) == 0
} else := "no" if {
	some directory in of(flow, flow.destination)
	properties.text(directory, "ExternalUrl") != ""
} else := "yes"

told(flow) := [d | some d in of(flow, flow.destination); "ExternalUrl" in object.keys(d.properties)]

mailbox_sites := {estate.site(name) | some name, server in estate.servers; "mailbox" in server.roles; estate.in_service(name)}

flows := [flow |
	some flow in required.of({"cas-to-cas-owa", "cas-to-cas-eas"})
	flow.service == "tcp/443"
	estate.site(flow.source) != estate.site(flow.destination)
	estate.site(flow.destination) in mailbox_sites
	concerns(flow)
	proxied(flow) != "no"
	estate.before(flow.destination, 15)
]

denied := [flow | some flow in required.with_works(flows, {"no"}); facing(flow); proxied(flow) == "yes"]

arguments(group) := {"sources": required.sources(group), "destinations": required.destinations(group)}

url_places(flow) := array.concat(
	[verdicts.place(d.at.ExternalUrl, {"key": "facing", "args": {"server": flow.source}}) | some d in of(flow, flow.source); properties.text(d, "ExternalUrl")],
	[verdicts.place(d.at.ExternalUrl, {"key": "internal", "args": {"server": flow.destination}}) | some d in told(flow)],
)

findings contains found if {
	some group in required.together(denied)
	subject := sprintf("%s -> %s", [concat(", ", required.sources(group)), concat(", ", required.destinations(group))])
	found := required.blocked_as(group, arguments(group), subject, [p | some f in group; some p in url_places(f)])
}

undecided contains case if {
	some flow in required.with_works(flows, {"no", "unknown"})
	case := object.union(required.doubtful([flow], arguments([flow]), sprintf("%s -> %s", [flow.source, flow.destination])), missing(flow))
}

missing(flow) := {"why": [{"key": "no-directory-export", "args": {"server": server}}], "needs": properties.export(cmdlet[flow.path])} if {
	server := unclear(flow)
} else := {} if flow.works == "unknown"

unclear(flow) := flow.source if {
	faceless(flow)
} else := flow.destination if proxied(flow) == "unknown"
