# METADATA
# title: Gateway or UM server has no dial plan
# custom:
#   id: UM005
#   name: um-gateway-without-dial-plan
#   severity: error
#   paths: [um-phone]
#   statements: [S48, S49]
#   needs: [[Get-UMIPGateway, Get-UMServer]]
#   versions: ["8", "14", "15"]
#   title.ja: ゲートウェイまたは UM サーバーにダイヤル プランがない
#   message:
#     en: "Gateway {name} has no hunt group that joins it to a dial plan: every call from it is refused"
#     ja: "ゲートウェイ {name} をダイヤル プランに結び付けるハント グループがないため、そこからの通話はすべて拒否されます"
#   fix:
#     en: "Join it to a dial plan, or remove it and its permits on the firewall:\nNew-UMHuntGroup -Name {name}-Default -UMIPGateway {name} -UMDialPlan <plan> -PilotIdentifier <number>"
#     ja: "ダイヤル プランに結び付けるか、ファイアウォールの許可とともに削除します:\nNew-UMHuntGroup -Name {name}-Default -UMIPGateway {name} -UMDialPlan <プラン> -PilotIdentifier <番号>"
#   undecided:
#     en: "Whether {name} is joined to a dial plan could not be decided"
#     ja: "{name} がダイヤル プランに結び付けられているかどうかを判定できません"
#   labels:
#     no-groups: {en: "no hunt group", ja: "ハント グループがありません"}
#     no-plans: {en: "no dial plan", ja: "ダイヤル プランがありません"}
#     disabled: {en: "disabled", ja: "無効"}
#     no-hunt-groups: {en: "neither HuntGroups nor an output of Get-UMHuntGroup is in the input", ja: "HuntGroups も Get-UMHuntGroup の出力も入力にありません"}
#   variants:
#     server:
#       message:
#         en: "UM server {name} belongs to no dial plan: it answers no call"
#         ja: "UM サーバー {name} はどのダイヤル プランにも属していないため、通話に応答しません"
#       fix:
#         en: "Give it a dial plan, or take the role off the server:\nSet-UMServer {name} -DialPlans <plan>"
#         ja: "ダイヤル プランを割り当てるか、サーバーの役割を削除します:\nSet-UMServer {name} -DialPlans <プラン>"
#     disabled:
#       message:
#         en: "Gateway {name} is disabled, but {firewall} still lets it reach {server} on {service}"
#         ja: "ゲートウェイ {name} は無効ですが、{firewall} はまだ {server} の {service} への到達を許可しています"
#       fix:
#         en: "Take {name} out of \"{rule}\" on {firewall}, or enable it again:\nEnable-UMIPGateway {name}"
#         ja: "{firewall} の「{rule}」から {name} を外すか、もう一度有効にします:\nEnable-UMIPGateway {name}"
#   references:
#     - bb331973(v=exchg.80)
#     - aa998263(v=exchg.80)
package exlint.rules.um_gateway_without_dial_plan

import rego.v1

import data.exlint.lib.cases
import data.exlint.lib.properties
import data.exlint.lib.verdicts
import data.exlint.lib.voice

# Whether hunt groups join a gateway to a dial plan: "yes" | "no" | "unknown".
joined(gateway) := "yes" if {
	voice.gateway_plans[voice.key(gateway.identity)]
} else := "yes" if {
	count(properties.values(gateway, "HuntGroups")) > 0
} else := "no" if {
	properties.values(gateway, "HuntGroups") == []
} else := "no" if {
	some run in input.runs
	run.cmdlet == "Get-UMHuntGroup"
} else := "unknown"

# Kept for a move, or switched off: it need not take calls.
idle(object_) if properties.text(object_, "Status") in {"NoNewCalls", "Disabled"}

findings contains finding if {
	some gateway in voice.gateways
	not idle(gateway)
	joined(gateway) == "no"
	place := verdicts.place(object.get(gateway.at, "HuntGroups", gateway.at.self), "no-groups")
	finding := cases.finding([place], {"name": gateway.identity}, gateway.identity)
}

findings contains finding if {
	some server in voice.um_servers
	not idle(server)
	properties.values(server, "DialPlans") == []
	not voice.server_plans[voice.key(server.identity)]
	found := cases.finding([verdicts.place(server.at.DialPlans, "no-plans")], {"name": server.identity}, server.identity)
	finding := object.union(found, {"variant": "server"})
}

# A disabled gateway that a firewall still serves: nothing fails, but the way is open.
findings contains finding if {
	some gateway in voice.gateways
	properties.text(gateway, "Status") == "Disabled"
	open := served(gateway)
	count(open) > 0
	found := verdicts.finding(open[0], {"name": gateway.identity, "server": open[0].destination}, gateway.identity)
	more := {"at": array.concat([gateway.at.Status], found.at), "labels": array.concat(["disabled"], found.labels)}
	finding := object.union(object.union(found, more), {"severity": "warning", "variant": "disabled", "flows": verdicts.keys(open)})
}

served(gateway) := [flow |
	machines := voice.machines(properties.text(gateway, "Address"))
	some flow in input.flows
	flow.path == "um-phone"
	flow.source in machines
	flow.service in {"tcp/5060", "tcp/5061"}
	flow.verdict in {"permit", "partial"}
	count(flow.decided_by) > 0
]

undecided contains case if {
	some gateway in voice.gateways
	not idle(gateway)
	joined(gateway) == "unknown"
	needs := ["Get-UMHuntGroup | Export-Clixml Get-UMHuntGroup.xml"]
	case := cases.undecided([gateway.at.self], ["no-hunt-groups"], needs, {"name": gateway.identity}, gateway.identity)
}

undecided contains case if {
	some server in voice.um_servers
	not idle(server)
	not properties.values(server, "DialPlans")
	not voice.server_plans[voice.key(server.identity)]
	case := cases.unread(server, "DialPlans", "Get-UMServer", {"name": server.identity})
}
