# METADATA
# title: AD site with mailboxes and without Client Access or Hub Transport server
# custom:
#   id: FS008
#   name: site-without-cas-or-hub
#   severity: warning
#   paths: [cas-to-mailbox-rpc, mailbox-to-hub-submission]
#   statements: [S34]
#   needs: [[Get-ExchangeServer, inventory]]
#   versions: ["8", "14"]
#   title.ja: メールボックスがあるのに、クライアント アクセスまたはハブ トランスポートのない AD サイト
#   message:
#     en: "AD site {site} holds Mailbox server {servers}, but no {missing} server"
#     ja: "AD サイト {site} にはメールボックス サーバー {servers} がありますが、{missing} のサーバーがありません"
#   fix:
#     en: "Install the role in site {site}, for example on a server of its own or beside the mailboxes"
#     ja: "サイト {site} に、専用のサーバーまたはメールボックスと同じサーバーで、この役割をインストールします"
#   undecided:
#     en: "Whether there is a server for {missing} in site {site} could not be decided"
#     ja: "サイト {site} に {missing} のサーバーがあるかどうかを判定できません"
#   labels:
#     mailboxes: {en: "mailboxes in this site", ja: "このサイトのメールボックス"}
#     cas: {en: "Client Access", ja: "クライアント アクセス"}
#     hub: {en: "Hub Transport", ja: "ハブ トランスポート"}
#     no-list: {en: "no output of Get-ExchangeServer lists more than one server, so it may not be the whole list", ja: "Get-ExchangeServer の出力にサーバーが 2 台以上なく、全サーバーの一覧ではない可能性があります"}
#     either-role: {en: "Client Access or Hub Transport", ja: "クライアント アクセスまたはハブ トランスポート"}
#     site-of: {en: "of Mailbox server {server}", ja: "(メールボックス サーバー {server} が属するもの)"}
#   references:
#     - bb232184(v=exchg.80)
package exlint.rules.site_without_cas_or_hub

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.verdicts

# Names of the servers of a role by site, and those whose site nobody tells.
located[role][site] contains name if {
	some name, server in estate.servers
	server.exchange
	estate.in_service(name)
	some role in server.roles
	asked(name, role)
	site := estate.site(name)
}

lost[role] contains name if {
	some name, server in estate.servers
	server.exchange
	estate.in_service(name)
	some role in server.roles
	asked(name, role)
	not estate.site(name)
}

# From 2013 on, transport is a part of the Mailbox role.
asked(_, role) if role != "mailbox"

asked(name, "mailbox") if estate.before(name, 15)

# All servers of the organisation are known only from the cmdlet without
# -Identity: what lists one server may have been asked for that one.
complete if {
	some run in input.runs
	run.cmdlet == "Get-ExchangeServer"
	run.count > 1
}

lacking contains missed if {
	some site, _ in located.mailbox
	some role in ["cas", "hub"]
	not located[role][site]
	missed := [role, site]
}

names(site) := sort(located.mailbox[site])

places(site) := [verdicts.place(object.get(estate.servers[name].at, "site", estate.servers[name].at.self), "mailboxes") | some name in names(site)]

told(role, site) := {
	"args": {"site": estate.plain_site(estate.servers[names(site)[0]]), "servers": names(site), "missing": {"key": role}},
	"subject": sprintf("%s: %s", [site, role]),
}

findings contains found if {
	some [role, site] in lacking
	complete
	not lost[role]
	found := object.union(told(role, site), verdicts.shown(places(site)))
}

undecided contains case if {
	some [role, site] in lacking
	needs := missing(role)
	case := object.union(object.union(told(role, site), {"at": verdicts.refs(places(site))}), needs)
}

missing(role) := {"why": why, "needs": ["Get-ExchangeServer | Export-Clixml Get-ExchangeServer.xml"]} if {
	why := [{"key": "no-site", "args": {"server": name}} | some name in lost[role]]
	count(why) > 0
} else := {"why": ["no-list"], "needs": ["Get-ExchangeServer | Export-Clixml Get-ExchangeServer.xml"]} if not complete

# A Mailbox server without a site.
undecided contains case if {
	some name in lost.mailbox
	case := {
		"at": [estate.servers[name].at.self],
		"why": [{"key": "no-site", "args": {"server": name}}],
		"needs": ["Get-ExchangeServer | Export-Clixml Get-ExchangeServer.xml"],
		"args": {"site": {"key": "site-of", "args": {"server": name}}, "missing": {"key": "either-role"}},
		"subject": name,
	}
}
