# METADATA
# title: Client Access server cannot take proxied requests
# custom:
#   id: CA008
#   name: proxied-cas-misconfigured
#   severity: error
#   paths: [cas-to-cas-owa, cas-to-cas-eas]
#   statements: [S63]
#   needs: [[Get-OwaVirtualDirectory, Get-ActiveSyncVirtualDirectory], [Get-ExchangeServer, inventory]]
#   versions: ["8", "14"]
#   title.ja: クライアント アクセス サーバーがプロキシされた要求を受けられない
#   message:
#     en: "{server} in site {site} must answer what Client Access servers of {facing} pass on, but {directories} takes no Windows authentication"
#     ja: "サイト {site} の {server} は {facing} のクライアント アクセス サーバーから渡される要求に応答する必要がありますが、{directories} で Windows 認証が無効です"
#   fix:
#     en: "Turn Windows authentication on for {server} (for Outlook Web Access, the logon form off):\n{commands}"
#     ja: "{server} で Windows 認証を有効にします (Outlook Web Access ではフォーム ベース認証を無効にします):\n{commands}"
#   undecided:
#     en: "Whether {server} can take proxied requests could not be decided"
#     ja: "{server} がプロキシされた要求を受けられるかどうかを判定できません"
#   labels:
#     windows: {en: "Windows authentication is off", ja: "Windows 認証が無効です"}
#     published: {en: "the published name", ja: "公開名"}
#     no-site: {en: "the AD site of {server} is not known", ja: "{server} の AD サイトが不明です"}
#     same-name: {en: "{host} is published in two sites, and nothing shows at which of them the Internet arrives", ja: "{host} が 2 つのサイトで公開されており、インターネットからどちらに届くかが不明です"}
#   variants:
#     external:
#       message:
#         en: "{server} in site {site} publishes {host}, but the Internet arrives at {other} under that name: requests for mailboxes in {site} are sent round in a circle instead of being passed on"
#         ja: "サイト {site} の {server} は {host} を公開していますが、この名前ではインターネットから {other} に届きます。{site} のメールボックスへの要求は、プロキシされずに転送を繰り返します"
#       fix:
#         en: "Take the external URL off {server}, so that requests are passed on to it:\n{commands}"
#         ja: "{server} の外部 URL を空にし、要求がプロキシされるようにします:\n{commands}"
#   references:
#     - bb310763(v=exchg.80)
#     - bb851554(v=exchg.80)
package exlint.rules.proxied_cas_misconfigured

import rego.v1

import data.exlint.lib.cases
import data.exlint.lib.directories
import data.exlint.lib.estate
import data.exlint.lib.properties
import data.exlint.lib.published
import data.exlint.lib.verdicts

# Services that Client Access servers pass on, and how they are told to take them.
flags := {
	"Get-OwaVirtualDirectory": {"property": "WindowsAuthentication", "command": "Set-OwaVirtualDirectory \"%s\" -FormsAuthentication $false -WindowsAuthentication $true"},
	"Get-ActiveSyncVirtualDirectory": {"property": "WindowsAuthEnabled", "command": "Set-ActiveSyncVirtualDirectory \"%s\" -WindowsAuthEnabled $true"},
}

passed := [object.union(known, flags[known.cmdlet]) |
	some known in directories.all
	flags[known.cmdlet]
	known.object.server
	estate.in_service(known.object.server)
	estate.before(known.object.server, 15)
	not legacy(known.object)
]

# Directories for mailboxes on Exchange 2003.
legacy(object_) if properties.text(object_, "OwaVersion") == "Exchange2003or2000"

# Sites whose users come in from the Internet, and those nobody can tell about.
facing := {estate.site(known.object.server) | some known in passed; directories.url(known.object, "ExternalUrl")}

untold := {estate.site(known.object.server) | some known in passed; not "ExternalUrl" in object.keys(known.object.properties)}

# Sites with mailboxes that only another site's servers publish.
behind contains site if {
	some name, server in estate.servers
	"mailbox" in server.roles
	site := estate.site(name)
	not site in facing
	not site in untold
	count(facing) > 0
}

deaf[server] contains i if {
	some i, known in passed
	server := known.object.server
	estate.site(server) in behind
	known.object.properties[known.property] == false
}

findings contains finding if {
	some server, _ in deaf
	list := [passed[i] | some i in sort(deaf[server])]
	places := [verdicts.place(known.object.at[known.property], "windows") | some known in list]
	commands := concat("\n", [sprintf(known.command, [known.object.identity]) | some known in list])
	args := {"directories": [known.object.identity | some known in list], "commands": commands}
	finding := object.union(cases.finding(places, object.union(args, about(server)), server), {"expected": true, "actual": false})
}

# One name that servers of two sites publish.
twins contains pair if {
	some a in published.names
	some b in published.names
	a.path in {"owa", "activesync"}
	a.path == b.path
	a.host == b.host
	estate.site(a.server) != estate.site(b.server)
	pair := {"here": a, "there": b}
}

cleared := {"owa": "Set-OwaVirtualDirectory \"%s\" -ExternalUrl $null", "activesync": "Set-ActiveSyncVirtualDirectory \"%s\" -ExternalUrl $null"}

findings contains finding if {
	some {"here": here, "there": there} in twins
	there.server in published.reached
	not here.server in published.reached
	estate.placed(here.server)
	places := [verdicts.place(at, "published") | some at in [here.at, there.at]]
	args := {"host": here.host, "other": there.server, "commands": sprintf(cleared[here.path], [here.directory]), "directories": here.directory}
	found := cases.finding(places, object.union(args, about(here.server)), sprintf("%s %s", [here.directory, here.host]))
	finding := object.union(found, {"variant": "external", "expected": null, "actual": here.host})
}

about(server) := {"server": server, "site": estate.plain_site(estate.servers[server]), "facing": sort(facing_sites)}

# The same sites as people write them.
facing_sites := {estate.plain_site(estate.servers[known.object.server]) | some known in passed; directories.url(known.object, "ExternalUrl")}

undecided contains case if {
	some {"here": here, "there": there} in twins
	not here.server in published.reached
	not there.server in published.reached
	needs := [sprintf("exlint trace --from internet --to %s --service tcp/443", [name]) | some name in sort({here.server, there.server})]
	why := [{"key": "same-name", "args": {"host": here.host}}]
	case := cases.undecided([here.at, there.at], why, needs, {"server": here.server}, here.server)
}

undecided contains case if {
	some known in passed
	server := known.object.server
	estate.site(server) in behind
	not is_boolean(object.get(known.object.properties, known.property, null))
	case := object.union(cases.unread(known.object, known.property, known.cmdlet, {"server": server}), {"subject": server})
}

# Two servers or more, and a site that is not known.
undecided contains case if {
	count({known.object.server | some known in passed}) > 1
	some known in passed
	server := known.object.server
	not estate.site(server)
	why := [{"key": "no-site", "args": {"server": server}}]
	case := cases.undecided([known.object.at.self], why, ["Get-ExchangeServer | Export-Clixml Get-ExchangeServer.xml"], {"server": server}, server)
}
