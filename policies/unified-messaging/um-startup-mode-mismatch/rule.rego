# METADATA
# title: UM server listens for the wrong kind of calls
# custom:
#   id: UM007
#   name: um-startup-mode-mismatch
#   severity: error
#   paths: [um-phone]
#   statements: [S50]
#   needs: [Get-UMServer, Get-UMDialPlan]
#   versions: ["14", "15"]
#   title.ja: UM サーバーの起動モードがダイヤル プランと合わない
#   message:
#     en: "{server} starts in mode {actual} and refuses the calls of {plans}, which need {expected}"
#     ja: "{server} は {actual} モードで起動し、{expected} が必要な {plans} の通話を受け付けません"
#   fix:
#     en: "Let the server listen for both kinds, and restart the service:\nSet-UMServer {server} -UMStartupMode Dual\nRestart-Service MSExchangeUM"
#     ja: "両方の通話を受け付けるようにし、サービスを再起動します:\nSet-UMServer {server} -UMStartupMode Dual\nRestart-Service MSExchangeUM"
#   undecided:
#     en: "Whether {server} listens for the calls of its dial plans could not be decided"
#     ja: "{server} がダイヤル プランの通話を受け付けるかどうかを判定できません"
#   labels:
#     mode: {en: "how the service starts", ja: "サービスの起動モード"}
#     plan: {en: "what the plan asks for", ja: "プランの設定"}
#     no-version: {en: "the version of {server} is not known; Exchange 2007 has no such mode", ja: "{server} のバージョンが不明です。Exchange 2007 にこのモードはありません"}
#   references:
#     - ff326775(v=exchg.140)
#     - aa996327(v=exchg.80)
package exlint.rules.um_startup_mode_mismatch

import rego.v1

import data.exlint.lib.cases
import data.exlint.lib.properties
import data.exlint.lib.verdicts
import data.exlint.lib.voice

# Modes that hear only one kind of plan, and the kinds that they miss.
deaf := {"TCP": {"SIPSecured", "Secured"}, "TLS": {"Unsecured"}}

wanted := {"TCP": "TLS", "TLS": "TCP"}

# Plans of a server whose calls it does not hear.
missed(server) := [plan |
	some name in sort(object.get(voice.server_plans, voice.key(server.identity), set()))
	some plan in voice.by_name[name]
	voice.security(plan) in deaf[properties.text(server, "UMStartupMode")]
]

# Servers that miss calls, unless they are known to be of Exchange 2007.
mismatched contains server if {
	some server in voice.um_servers
	not old(server)
	count(missed(server)) > 0
}

old(server) if {
	some version in voice.versions[voice.key(server.identity)]
	version.major < 14
}

findings contains finding if {
	some server in mismatched
	voice.versions[voice.key(server.identity)]
	plans := missed(server)
	mode := properties.text(server, "UMStartupMode")
	places := array.concat(properties.places(server, [["UMStartupMode", "mode"]]), [verdicts.place(plan.at.VoIPSecurity, "plan") | some plan in plans])
	args := {"server": server.identity, "plans": [plan.identity | some plan in plans]}
	finding := object.union(cases.finding(places, args, server.identity), {"expected": wanted[mode], "actual": mode})
}

undecided contains case if {
	some server in mismatched
	not voice.versions[voice.key(server.identity)]
	why := [{"key": "no-version", "args": {"server": server.identity}}]
	case := cases.undecided([server.at.UMStartupMode], why, ["Get-ExchangeServer | Export-Clixml Get-ExchangeServer.xml"], {"server": server.identity}, server.identity)
}

# A server of a version with the property, in an export without it.
undecided contains case if {
	some server in voice.um_servers
	some version in voice.versions[voice.key(server.identity)]
	version.major >= 14
	some property in ["UMStartupMode", "DialPlans"]
	not property in object.keys(server.properties)
	case := cases.unread(server, property, "Get-UMServer", {"server": server.identity})
}
