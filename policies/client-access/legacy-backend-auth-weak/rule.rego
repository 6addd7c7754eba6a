# METADATA
# title: Exchange 2003 back end takes weak logons from Client Access servers
# custom:
#   id: CA010
#   name: legacy-backend-auth-weak
#   severity: warning
#   paths: [cas-to-legacy-mailbox]
#   statements: [S40, S42, S62]
#   needs: [Get-WebApplication, [Get-ExchangeServer, inventory]]
#   versions: ["8"]
#   title.ja: Exchange 2003 バックエンドの認証が弱い
#   message:
#     en: "{path} on the Exchange 2003 server {server} takes Basic authentication: Client Access servers may pass passwords on to it in clear"
#     ja: "Exchange 2003 サーバー {server} の {path} は基本認証を受け付けます。クライアント アクセス サーバーからパスワードが平文で渡される可能性があります"
#   fix:
#     en: "On {server}, leave Integrated Windows authentication alone:\ncscript adsutil.vbs set W3SVC/{site}/ROOT{path}/AuthFlags 4"
#     ja: "{server} で統合 Windows 認証だけを残します:\ncscript adsutil.vbs set W3SVC/{site}/ROOT{path}/AuthFlags 4"
#   undecided:
#     en: "How {server} authenticates requests for {path} could not be decided"
#     ja: "{server} の {path} の認証方法を判定できません"
#   labels:
#     basic: {en: "Basic authentication is on", ja: "基本認証が有効です"}
#     integrated: {en: "Integrated Windows authentication is off", ja: "統合 Windows 認証が無効です"}
#     no-iis: {en: "no export of IIS on {server} shows this directory", ja: "{server} の IIS のエクスポートにこのディレクトリがありません"}
#   variants:
#     sync:
#       message:
#         en: "{path} on the Exchange 2003 server {server} has Integrated Windows authentication off: telephones of its mailboxes cannot synchronise through Exchange 2007"
#         ja: "Exchange 2003 サーバー {server} の {path} で統合 Windows 認証が無効です。このサーバーのメールボックスの携帯端末は Exchange 2007 経由で同期できません"
#       fix:
#         en: "Turn it on (in the Exchange System Manager of 2003 this needs a hotfix):\ncscript adsutil.vbs set W3SVC/{site}/ROOT{path}/AuthFlags 4"
#         ja: "有効にします (2003 の Exchange システム マネージャーで設定するには修正プログラムが必要です):\ncscript adsutil.vbs set W3SVC/{site}/ROOT{path}/AuthFlags 4"
#   references:
#     - bb331973(v=exchg.80)
package exlint.rules.legacy_backend_auth_weak

import rego.v1

import data.exlint.lib.directories
import data.exlint.lib.estate
import data.exlint.lib.properties

# Directories that Client Access servers use on an Exchange 2003 server.
paths := {"/exchange", "/public", "/microsoft-server-activesync"}

sync(path) if path == "/microsoft-server-activesync"

legacy contains name if {
	some name, _ in estate.servers
	estate.has_role(name, "legacy-mailbox")
	estate.in_service(name)
}

backends contains known if {
	some app in object.get(input.objects, "Get-WebApplication", [])
	app.server in legacy
	path := lower(properties.text(app, "Path"))
	path in paths
	known := {"app": app, "path": path}
}

arguments(app) := {"server": app.server, "path": app.properties.Path, "site": object.get(app.properties, "SiteId", 1)}

found(app, property, label, more) := object.union(more, {
	"at": [app.at[property]],
	"args": arguments(app),
	"subject": sprintf("%s%s", [app.server, app.properties.Path]),
	"labels": [label],
})

findings contains finding if {
	some {"app": app, "path": path} in backends
	sync(path)
	app.properties.WindowsAuthentication == false
	finding := found(app, "WindowsAuthentication", "integrated", {"variant": "sync", "expected": true, "actual": false})
}

findings contains finding if {
	some {"app": app, "path": path} in backends
	app.properties.BasicAuthentication == true
	not broken(app, path)
	finding := found(app, "BasicAuthentication", "basic", {"expected": false, "actual": true})
}

# The cure of the broken synchronisation turns Basic off as well.
broken(app, path) if {
	sync(path)
	app.properties.WindowsAuthentication == false
}

# What Client Access servers use, and no export shows.
undecided contains case if {
	some server in legacy
	shown := {known.path | some known in backends; known.app.server == server}
	some path in ["/exchange", "/microsoft-server-activesync"]
	not path in shown
	at := estate.servers[server].at.self
	case := open(server, path, at, [{"key": "no-iis", "args": {"server": server}}])
}

undecided contains case if {
	some {"app": app, "path": path} in backends
	missing := [name | some name in ["BasicAuthentication", "WindowsAuthentication"]; not is_boolean(object.get(app.properties, name, null))]
	count(missing) > 0
	case := open(app.server, path, app.at.self, properties.unknown(app, missing))
}

open(server, path, at, why) := {
	"at": [at],
	"why": why,
	"needs": [directories.iis_export(server)[1]],
	"args": {"server": server, "path": path},
	"subject": sprintf("%s%s", [server, path]),
}
