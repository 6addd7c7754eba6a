# METADATA
# title: UM server of the first release serves both kinds of dial plans
# custom:
#   id: UM003
#   name: um-rtm-mixed-security
#   severity: error
#   paths: [um-phone]
#   statements: [S01, S50]
#   needs: [Get-UMServer, Get-UMDialPlan]
#   versions: ["8"]
#   title.ja: 初版の UM サーバーが両方の種類のダイヤル プランを担当している
#   message:
#     en: "{server} is of the first release and can hear secured or unsecured calls, not both, but serves {plans}"
#     ja: "{server} は初版のため、保護された通話と保護されない通話のどちらか一方しか受け付けられませんが、{plans} を担当しています"
#   fix:
#     en: "Install Service Pack 1 or later on {server}, or give it plans of one kind only:\nSet-UMServer {server} -DialPlans <plans of one kind>"
#     ja: "{server} に Service Pack 1 以降をインストールするか、1 種類のプランだけを担当させます:\nSet-UMServer {server} -DialPlans <同じ種類のプラン>"
#   undecided:
#     en: "Whether {server} can hear the calls of all its dial plans could not be decided"
#     ja: "{server} がすべてのダイヤル プランの通話を受け付けられるかどうかを判定できません"
#   labels:
#     plan: {en: "what the plan asks for", ja: "プランの設定"}
#     version: {en: "the version of {server}", ja: "{server} のバージョン"}
#     no-version: {en: "the version of {server} is not known; only the first release has this limit", ja: "{server} のバージョンが不明です。この制限があるのは初版だけです"}
#     no-plan: {en: "dial plan {plan} is not in the input", ja: "ダイヤル プラン {plan} が入力にありません"}
#   variants:
#     ports:
#       message:
#         en: "{firewall} lets calls reach {server} on 5060/tcp and on 5061/tcp, but a server of the first release listens on one of them only"
#         ja: "{firewall} は {server} への 5060/tcp と 5061/tcp の両方を許可していますが、初版のサーバーはどちらか一方でしか待ち受けません"
#       fix:
#         en: "Take the port that the dial plans of {server} do not use out of \"{rule}\" on {firewall}"
#         ja: "{firewall} の「{rule}」から、{server} のダイヤル プランが使わないほうのポートを外します"
#   references:
#     - bb331973(v=exchg.80)
#     - bb676516(v=exchg.80)
package exlint.rules.um_rtm_mixed_security

import rego.v1

import data.exlint.lib.properties
import data.exlint.lib.verdicts
import data.exlint.lib.voice

plans(server) := [plan | some name in sort(voice.server_plans[server]); some plan in object.get(voice.by_name, name, set())]

kinds(server) := {voice.kind(plan) | some plan in plans(server)}

# Servers with plans of both kinds.
mixed contains server if {
	some server, _ in voice.server_plans
	count(kinds(server)) == 2
}

places(server) := array.concat(
	[verdicts.place(plan.at.VoIPSecurity, "plan") | some plan in plans(server); plan.at.VoIPSecurity],
	[verdicts.place(machine.at.version, {"key": "version", "args": {"server": server}}) | some machine in input.servers; machine.name == server; machine.at.version],
)

findings contains finding if {
	some server in mixed
	voice.first_release(server)
	finding := object.union(verdicts.shown(places(server)), {
		"args": {"server": server, "plans": [sprintf("%s (%s)", [plan.identity, voice.security(plan)]) | some plan in plans(server)]},
		"subject": server,
	})
}

# SIP that a firewall lets through to a server, by port.
opened[server] contains flow if {
	some flow in input.flows
	flow.path == "um-phone"
	flow.service in {"tcp/5060", "tcp/5061"}
	flow.verdict in {"permit", "partial"}
	count(flow.decided_by) > 0
	server := flow.destination
}

findings contains finding if {
	some server, flows in opened
	voice.first_release(server)
	not server in mixed
	clear := [flow | some flow in flows; flow.service == "tcp/5060"]
	secure := [flow | some flow in flows; flow.service == "tcp/5061"]
	count(clear) > 0
	count(secure) > 0
	found := verdicts.finding(clear[0], {"server": server, "plans": sort(voice.server_plans[server])}, server)
	more := verdicts.places(secure[0])
	finding := object.union(found, {
		"severity": "warning",
		"variant": "ports",
		"flows": verdicts.keys(array.concat(clear, secure)),
		"at": array.concat(found.at, verdicts.refs(more)),
		"labels": array.concat(found.labels, verdicts.labels(more)),
	})
}

doubt(server) := {"why": [{"key": "no-version", "args": {"server": server}}], "needs": ["Get-ExchangeServer | Export-Clixml Get-ExchangeServer.xml"]} if {
	server in mixed
	not voice.versions[server]
} else := {"why": array.concat(absent(server), unread(server)), "needs": properties.export("Get-UMDialPlan")} if {
	voice.first_release(server)
	count(array.concat(absent(server), unread(server))) > 0
}

absent(server) := [{"key": "no-plan", "args": {"plan": name}} | some name in sort(voice.server_plans[server]); not voice.by_name[name]]

unread(server) := [reason | some plan in plans(server); not voice.security(plan); some reason in properties.unknown(plan, ["VoIPSecurity"])]

undecided contains case if {
	some object_ in voice.um_servers
	server := voice.key(object_.identity)
	voice.server_plans[server]
	told := doubt(server)
	case := object.union(told, {"at": [object.get(object_.at, "DialPlans", object_.at.self)], "args": {"server": server}, "subject": server})
}
