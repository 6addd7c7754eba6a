# METADATA
# title: Calls from a gateway to a Unified Messaging server are blocked
# custom:
#   id: FR018
#   name: required-um-sip-blocked
#   severity: error
#   paths: [um-phone, um-fax, um-gateway-ip-auth]
#   statements: [S45, S47, S48, S49]
#   needs: [firewall, Get-UMIPGateway]
#   versions: ["8", "14", "15"]
#   title.ja: ゲートウェイからユニファイド メッセージング サーバーへの通話がブロックされている
#   message:
#     en: "{gateway} cannot deliver calls of dial plan {plan} to {um}: {firewall} denies {service}"
#     ja: "{gateway} がダイヤル プラン {plan} の通話を {um} に渡せません。{firewall} が {service} を拒否しています"
#   fix:
#     en: "On {firewall}, permit {gateway} to {um} on {service}, on the worker ports 5065 to 5068/tcp and for media, both ways, {place}{lines}"
#     ja: "{firewall} で、{gateway} と {um} の間の {service}、ワーカー ポート 5065～5068/tcp、メディアを両方向とも{place}許可します{lines}"
#   variants:
#     media:
#       message:
#         en: "{gateway} reaches {um} by SIP, but {firewall} denies what a call needs next: {service}"
#         ja: "{gateway} は SIP で {um} に到達しますが、{firewall} が通話に続いて必要な {service} を拒否しています"
#       fix:
#         en: "On {firewall}, permit {gateway} to {um} on {service}, or let its SIP inspection open it, {place}{lines}"
#         ja: "{firewall} で、{gateway} から {um} への {service} を{place}許可するか、SIP の検査に開けさせます{lines}"
#   undecided:
#     en: "Whether {gateway} must and can deliver calls to {um} could not be decided"
#     ja: "{gateway} が {um} へ通話を渡す必要があるか、渡せるかを判定できません"
#   labels:
#     security: {en: "VoIPSecurity of dial plan {plan}", ja: "ダイヤル プラン {plan} の VoIPSecurity"}
#     gateway: {en: "address of the gateway object", ja: "ゲートウェイ オブジェクトのアドレス"}
#     no-machine: {en: "no file tells where the gateway {gateway} is", ja: "ゲートウェイ {gateway} の位置を示すファイルがありません"}
#     no-plan: {en: "no export tells which dial plan the gateway {gateway} serves, its servers, or its VoIPSecurity", ja: "ゲートウェイ {gateway} のダイヤル プラン、そのサーバー、または VoIPSecurity を示すエクスポートがありません"}
#     no-server: {en: "a server of its dial plan", ja: "ダイヤル プランのサーバー"}
#   references:
#     - bb331973(v=exchg.80)
#     - bb124092(v=exchg.80)
#     - aa996771(v=exchg.80)
package exlint.rules.required_um_sip_blocked

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.properties
import data.exlint.lib.required
import data.exlint.lib.telephony
import data.exlint.lib.verdicts

flows := required.of({"um-phone"})

to_server(call) := [flow | some flow in flows; flow.source == call.gateway; flow.destination == call.server]

sip(call) := [flow | some flow in to_server(call); flow.service == telephony.port(call.plan)]

# What follows the first request: the worker ports, and media unless the
# inspection of the firewall opens it.
following(call) := [flow |
	every first in sip(call) { first.works == "yes" }
	some flow in to_server(call)
	flow.need == "negotiated"
	flow.works == "no"
	not opened(call)
]

opened(call) if {
	some flow in sip(call)
	some effect in flow.effects
	effect.kind == "opens-media"
}

arguments(call) := {"gateway": call.gateway, "um": call.server, "plan": call.plan.identity}

subject(call) := sprintf("%s -> %s", [call.gateway, call.server])

reasons(call) := [
	verdicts.place(call.plan.at.VoIPSecurity, {"key": "security", "args": {"plan": call.plan.identity}}),
	verdicts.place(call.object.at.Address, "gateway"),
]

findings contains found if {
	some call in telephony.calls
	group := required.with_works(sip(call), {"no"})
	count(group) > 0
	found := required.blocked_as(group, arguments(call), subject(call), reasons(call))
}

findings contains found if {
	some call in telephony.calls
	group := following(call)
	count(group) > 0
	args := object.union(arguments(call), {"service": required.services(group)})
	finding := required.blocked_as(group, args, subject(call), reasons(call))
	found := object.union(finding, {"severity": "warning", "variant": "media"})
}

undecided contains case if {
	some call in telephony.calls
	group := required.with_works(sip(call), {"unknown"})
	count(group) > 0
	case := required.doubtful(group, arguments(call), subject(call))
}

# Gateways that no call could be made of.
undecided contains case if {
	some gateway in telephony.gateways
	needs := missing(gateway)
	told := {"at": [gateway.at.self], "args": {"gateway": gateway.identity, "um": {"key": "no-server"}}, "subject": gateway.identity}
	case := object.union(told, needs)
}

missing(gateway) := {"why": [{"key": "no-machine", "args": {"gateway": gateway.identity}}], "needs": [lines]} if {
	not telephony.machines[gateway.identity]
	lines := sprintf("[[host]]\nname = \"%s\"\nroles = [\"ip-gateway\"]\naddresses = [\"192.0.2.1\"]", [lower(gateway.identity)])
} else := {"why": [{"key": "no-plan", "args": {"gateway": gateway.identity}}], "needs": needs} if {
	not gateway.identity in called
	not joined
	needs := [sprintf("%s | Export-Clixml %s.xml", [c, c]) | some c in ["Get-UMHuntGroup", "Get-UMDialPlan", "Get-UMServer"]]
}

called := {call.object.identity | some call in telephony.calls; telephony.port(call.plan)}

# All three exports are there, and the gateway serves no dial plan.
joined if {
	every cmdlet in ["Get-UMHuntGroup", "Get-UMDialPlan", "Get-UMServer"] { cmdlet in input.kinds }
	every plan in object.get(input.objects, "Get-UMDialPlan", []) { telephony.port(plan) }
}
