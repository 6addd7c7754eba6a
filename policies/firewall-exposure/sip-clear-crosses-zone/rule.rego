# METADATA
# title: Calls cross networks without encryption
# custom:
#   id: FU013
#   name: sip-clear-crosses-zone
#   severity: warning
#   paths: [um-phone, um-fax]
#   statements: [S45, S55]
#   needs: [firewall, Get-UMDialPlan]
#   versions: ["8", "14", "15"]
#   title.ja: 通話が暗号化されずにネットワークをまたいでいる
#   message:
#     en: "Calls of dial plan {plan} from {gateway} to {um} cross {firewall} without encryption ({service}; VoIPSecurity is {security})"
#     ja: "ダイヤル プラン {plan} の {gateway} から {um} への通話が、暗号化されずに {firewall} を越えています ({service}、VoIPSecurity は {security})"
#   fix:
#     en: "Set-UMDialPlan \"{plan}\" -VoIPSecurity Secured, let the gateway use tcp/5061, and close tcp/5060 (\"{rule}\" on {firewall}); or protect the two with IPsec"
#     ja: "Set-UMDialPlan \"{plan}\" -VoIPSecurity Secured を設定してゲートウェイに tcp/5061 を使わせ、{firewall} の「{rule}」の tcp/5060 を閉じるか、両者の間を IPsec で保護します"
#   undecided:
#     en: "Whether calls of dial plan {plan} from {gateway} to {um} cross networks without encryption could not be decided"
#     ja: "ダイヤル プラン {plan} の {gateway} から {um} への通話が、暗号化されずにネットワークをまたぐかどうかを判定できません"
#   labels:
#     security: {en: "VoIPSecurity of dial plan {plan}", ja: "ダイヤル プラン {plan} の VoIPSecurity"}
#   references:
#     - bb331973(v=exchg.80)
#     - aa996771(v=exchg.80)
package exlint.rules.sip_clear_crosses_zone

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.properties
import data.exlint.lib.required
import data.exlint.lib.telephony
import data.exlint.lib.verdicts

flows := [flow |
	some flow in required.of({"um-phone"})
	flow.service == "tcp/5060"
	count(flow.firewalls) > 0
	count(zones(flow.source) & zones(flow.destination)) == 0
	not encrypted(flow)
]

zones(name) := {address.zone | some address in estate.servers[name].addresses}

encrypted(flow) if {
	some effect in flow.effects
	effect.kind == "encrypted"
}

of(call) := [flow | some flow in flows; flow.source == call.gateway; flow.destination == call.server]

security(call) := properties.text(call.plan, "VoIPSecurity")

arguments(call) := {"gateway": call.gateway, "um": call.server, "plan": call.plan.identity}

subject(call) := sprintf("%s -> %s", [call.gateway, call.server])

findings contains found if {
	some call in telephony.calls
	security(call) == "Unsecured"
	some flow in required.with_verdict(of(call), {"permit", "partial"})
	args := object.union(arguments(call), {"security": security(call)})
	more := [verdicts.place(call.plan.at.VoIPSecurity, {"key": "security", "args": {"plan": call.plan.identity}})]
	finding := required.blocked_as([flow], args, subject(call), more)
	found := object.union(finding, {"expected": "encrypted"})
}

undecided contains case if {
	some call in telephony.calls
	group := [flow | some flow in of(call); flow.verdict != "deny"]
	count(group) > 0
	case := object.union(required.doubtful(group, arguments(call), subject(call)), missing(call, group[0]))
}

missing(call, _) := {"why": properties.unknown(call.plan, ["VoIPSecurity"]), "needs": properties.export("Get-UMDialPlan")} if {
	not security(call)
} else := {} if {
	security(call) == "Unsecured"
	group := of(call)
	group[0].verdict == "inconclusive"
}
