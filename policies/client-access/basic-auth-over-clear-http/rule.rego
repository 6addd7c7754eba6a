# METADATA
# title: Passwords over HTTP without TLS
# custom:
#   id: CA006
#   name: basic-auth-over-clear-http
#   severity: error
#   paths: [owa, webdav-cas, webdav-mailbox, activesync, outlook-oab-cas, autodiscover]
#   statements: [S59, S29]
#   needs: [[Get-OwaVirtualDirectory, Get-ActiveSyncVirtualDirectory, Get-WebServicesVirtualDirectory, Get-OabVirtualDirectory, Get-AutodiscoverVirtualDirectory, Get-UMVirtualDirectory]]
#   versions: ["8", "14", "15"]
#   title.ja: TLS のない HTTP でパスワードを受け付ける
#   message:
#     en: "{server} accepts passwords without TLS for {directories}: IIS does not require SSL there, and {firewall} lets traffic from {from} reach 80/tcp"
#     ja: "{server} は {directories} で TLS なしのパスワードを受け付けます。IIS は SSL を要求せず、{firewall} により {from} から 80/tcp に到達できます"
#   fix:
#     en: "Require SSL for each of them in IIS, for example:\nappcmd set config \"Default Web Site/{first}\" -section:access -sslFlags:\"Ssl, Ssl128\" -commit:apphost\nand take 80/tcp out of \"{rule}\" on {firewall}"
#     ja: "IIS でそれぞれに SSL を要求します。例:\nappcmd set config \"Default Web Site/{first}\" -section:access -sslFlags:\"Ssl, Ssl128\" -commit:apphost\nさらに、{firewall} の「{rule}」から 80/tcp を外します"
#   undecided:
#     en: "Whether {server} accepts passwords without TLS for {directories} could not be decided"
#     ja: "{server} が {directories} で TLS なしのパスワードを受け付けるかどうかを判定できません"
#   labels:
#     basic: {en: "Basic authentication is on", ja: "基本認証が有効です"}
#     no-tls: {en: "IIS does not require SSL", ja: "IIS は SSL を要求しません"}
#     clear-url: {en: "sends clients there without TLS", ja: "クライアントに TLS のない URL を案内しています"}
#     no-iis: {en: "no export of IIS on {server} tells whether it requires SSL", ja: "{server} の IIS が SSL を要求するかどうかを示すエクスポートがありません"}
#   variants:
#     url:
#       message:
#         en: "{server} accepts passwords without TLS for {directories}: IIS does not require SSL there, and clients are given an http URL"
#         ja: "{server} は {directories} で TLS なしのパスワードを受け付けます。IIS は SSL を要求せず、クライアントには http の URL を案内しています"
#       fix:
#         en: "Require SSL for each of them in IIS, and give clients https URLs, for example:\nappcmd set config \"Default Web Site/{first}\" -section:access -sslFlags:\"Ssl, Ssl128\" -commit:apphost"
#         ja: "IIS でそれぞれに SSL を要求し、クライアントには https の URL を案内します。例:\nappcmd set config \"Default Web Site/{first}\" -section:access -sslFlags:\"Ssl, Ssl128\" -commit:apphost"
#     anyone:
#       message:
#         en: "{server} accepts passwords without TLS for {directories}: IIS does not require SSL there, and no firewall in the input shows who reaches 80/tcp"
#         ja: "{server} は {directories} で TLS なしのパスワードを受け付けます。IIS は SSL を要求せず、80/tcp に到達できる範囲を示すファイアウォールが入力にありません"
#       fix:
#         en: "Require SSL for each of them in IIS, for example:\nappcmd set config \"Default Web Site/{first}\" -section:access -sslFlags:\"Ssl, Ssl128\" -commit:apphost"
#         ja: "IIS でそれぞれに SSL を要求します。例:\nappcmd set config \"Default Web Site/{first}\" -section:access -sslFlags:\"Ssl, Ssl128\" -commit:apphost"
#   references:
#     - bb331973(v=exchg.80)
#     - bb124507(v=exchg.80)
package exlint.rules.basic_auth_over_clear_http

import rego.v1

import data.exlint.lib.cases
import data.exlint.lib.directories
import data.exlint.lib.verdicts

# Directories with Basic authentication by server, in a fixed order.
basic[server] contains i if {
	some i, known in directories.all
	known.object.properties[directories.kinds[known.cmdlet].basic] == true
	server := object.get(known.object, "server", known.object.identity)
}

# Those that IIS serves without TLS, and those of which no export tells.
clear(server) := [directories.all[i] | some i in sort(basic[server]); directories.requires_tls(directories.all[i].object) == false]

untold(server) := [directories.all[i] | some i in sort(basic[server]); not directories.tls_told(directories.all[i].object)]

reached[server] contains exposure if {
	some exposure in input.exposures
	exposure.service == "tcp/80"
	server := exposure.destination
}

# Who reaches port 80 of a server.
reach(server, states) := [exposure | some exposure in object.get(reached, server, set()); exposure.verdict in states]

http_urls(list) := [known.object.at[property] |
	some known in list
	some property in ["InternalUrl", "ExternalUrl"]
	startswith(lower(directories.url(known.object, property)), "http:")
]

# How clients come in without TLS: through a firewall, by the URL that they are
# given, or in a way that no firewall of the input shows.
way(server, _) := object.union(object.remove(found, ["variant"]), {"flows": verdicts.keys(open)}) if {
	open := reach(server, {"permit", "partial"})
	count(open) > 0
	found := verdicts.exposed(open[0], {"service"}, {"from": sort({e.from | some e in open})}, server)
} else := object.union(unseen(server), {"variant": "url", "at": urls, "labels": ["clear-url" | some _ in urls]}) if {
	urls := http_urls(clear(server))
	count(urls) > 0
} else := object.union(unseen(server), {"variant": "anyone", "severity": "warning", "at": [], "labels": []}) if {
	not "firewall" in input.kinds
}

unseen(server) := {"args": {"firewall": null, "from": null, "rule": null}, "subject": server}

places(list) := [place |
	some known in list
	some place in array.concat(
		[verdicts.place(known.object.at[directories.kinds[known.cmdlet].basic], "basic")],
		[verdicts.place(at, "no-tls") | some at in directories.tls_at(known.object)],
	)
]

about(server, list) := {
	"server": server,
	"directories": [known.object.identity | some known in list],
	"first": verdicts.first(split(object.get(list[0].object.properties, "Name", "owa"), " (")),
}

findings contains finding if {
	some server, _ in basic
	list := clear(server)
	count(list) > 0
	found := way(server, list)
	ours := places(list)
	finding := object.union(found, {
		"at": array.concat(verdicts.refs(ours), found.at),
		"labels": array.concat(verdicts.labels(ours), found.labels),
		"args": about(server, list),
		"expected": true,
		"actual": false,
	})
}

undecided contains case if {
	some server, _ in basic
	list := clear(server)
	not way(server, list)
	doubt := reach(server, {"inconclusive"})
	count(doubt) > 0
	count(list) > 0
	case := cases.undecided(verdicts.refs(places(list)), verdicts.reasons(doubt), verdicts.settle(doubt), about(server, list), server)
}

undecided contains case if {
	some server, _ in basic
	list := untold(server)
	count(list) > 0
	not out_of_reach(server, list)
	why := [{"key": "no-iis", "args": {"server": server}}]
	case := cases.undecided(verdicts.refs(places(list)), why, directories.iis_export(server), about(server, list), server)
}

# The export leaves the flag out; the offline address book of 2007 has none.
undecided contains case if {
	some known in directories.all
	known.cmdlet != "Get-OabVirtualDirectory"
	property := directories.kinds[known.cmdlet].basic
	not property in object.keys(known.object.properties)
	server := object.get(known.object, "server", known.object.identity)
	not directories.tls_required(known.object)
	not out_of_reach(server, [known])
	case := cases.unread(known.object, property, known.cmdlet, about(server, [known]))
}

# No firewall lets anybody reach port 80, and nobody is sent there.
out_of_reach(server, list) if {
	"firewall" in input.kinds
	not reached[server]
	http_urls(list) == []
}
