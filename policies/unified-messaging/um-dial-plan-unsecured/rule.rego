# METADATA
# title: Calls of an unsecured dial plan cross networks
# custom:
#   id: UM001
#   name: um-dial-plan-unsecured
#   severity: warning
#   paths: [um-phone, um-fax, cas-to-um]
#   statements: [S45, S55]
#   needs: [Get-UMDialPlan, Get-UMIPGateway]
#   versions: ["8", "14", "15"]
#   supersedes: [FU013]
#   title.ja: 保護されないダイヤル プランの通話がネットワークをまたぐ
#   message:
#     en: "Dial plan {plan} is unsecured, and its calls travel in clear from {gateways} to {servers}, which lie in different networks"
#     ja: "ダイヤル プラン {plan} は保護されておらず、通話は暗号化されずに {gateways} から別のネットワークの {servers} へ流れます"
#   fix:
#     en: "Give gateway and server certificates, name the gateway by its FQDN, and secure the plan:\nSet-UMIPGateway {first} -Address <FQDN of {first}> -Port 5061\nSet-UMDialPlan \"{plan}\" -VoIPSecurity Secured"
#     ja: "ゲートウェイとサーバーに証明書を用意し、ゲートウェイを FQDN で指定したうえで、プランを保護します:\nSet-UMIPGateway {first} -Address <{first} の FQDN> -Port 5061\nSet-UMDialPlan \"{plan}\" -VoIPSecurity Secured"
#   undecided:
#     en: "Whether calls of dial plan {plan} travel in clear between networks could not be decided"
#     ja: "ダイヤル プラン {plan} の通話が暗号化されずにネットワークをまたぐかどうかを判定できません"
#   labels:
#     security: {en: "signalling and media in clear", ja: "シグナリングもメディアも暗号化されません"}
#     gateway: {en: "the gateway", ja: "ゲートウェイ"}
#     nowhere: {en: "nothing tells in which network {host} lies", ja: "{host} のネットワークがわかりません"}
#     no-server: {en: "nothing tells which UM servers serve {plan}", ja: "{plan} の UM サーバーがわかりません"}
#   variants:
#     first-release:
#       message:
#         en: "Dial plan {plan} is unsecured, and its calls travel in clear from {gateways} to {servers}, which lie in different networks"
#         ja: "ダイヤル プラン {plan} は保護されておらず、通話は暗号化されずに {gateways} から別のネットワークの {servers} へ流れます"
#       fix:
#         en: "Give gateway and server certificates, name the gateway by its FQDN, and secure at least the signalling (the media only from Service Pack 1 on):\nSet-UMIPGateway {first} -Address <FQDN of {first}> -Port 5061\nSet-UMDialPlan \"{plan}\" -VoIPSecurity SIPSecured"
#         ja: "ゲートウェイとサーバーに証明書を用意し、ゲートウェイを FQDN で指定したうえで、少なくともシグナリングを保護します (メディアの保護は Service Pack 1 以降):\nSet-UMIPGateway {first} -Address <{first} の FQDN> -Port 5061\nSet-UMDialPlan \"{plan}\" -VoIPSecurity SIPSecured"
#   references:
#     - bb331973(v=exchg.80)
#     - aa996771(v=exchg.80)
#     - bb676516(v=exchg.80)
package exlint.rules.um_dial_plan_unsecured

import rego.v1

import data.exlint.lib.cases
import data.exlint.lib.properties
import data.exlint.lib.voice
import data.exlint.lib.verdicts

serving(plan) := object.get(voice.plan_servers, voice.key(plan.identity), set())

# Gateways that lie in another network than a UM server of the plan.
apart(plan) := [gateway |
	some gateway in voice.plan_gateways(plan)
	some server in serving(plan)
	here := voice.server_zones(server)
	there := voice.zones(properties.text(gateway, "Address"))
	count(here) > 0
	count(there) > 0
	count(here & there) == 0
	not encrypted(gateway, server)
]

# A tunnel underneath protects them.
encrypted(gateway, server) if {
	some machine in voice.machines(properties.text(gateway, "Address"))
	[machine, server] in tunnelled
}

tunnelled contains ends if {
	some flow in input.flows
	flow.path == "um-phone"
	some effect in flow.effects
	effect.kind == "encrypted"
	ends := [flow.source, flow.destination]
}

variant(plan) := {"variant": "first-release"} if {
	some server in serving(plan)
	voice.first_release(server)
} else := {}

findings contains finding if {
	some plan in voice.plans
	voice.security(plan) == "Unsecured"
	found := verdicts.unique(apart(plan))
	count(found) > 0
	addresses := [known.at | some server in sort(serving(plan)); some known in voice.addresses_of(server)]
	ends := array.concat([verdicts.place(g.at.Address, "gateway") | some g in found], [verdicts.place(at, "address") | some at in addresses])
	places := array.concat([verdicts.place(plan.at.VoIPSecurity, "security")], ends)
	args := {"plan": plan.identity, "gateways": [g.identity | some g in found], "first": found[0].identity, "servers": sort(serving(plan))}
	told := object.union(cases.finding(places, args, plan.identity), variant(plan))
	finding := object.union(told, {"expected": "Secured", "actual": "Unsecured", "flows": calls(found, serving(plan))})
}

# Gateways and servers, whatever they say to each other.
calls(gateways, servers) := [[machine, server] |
	some gateway in gateways
	some machine in sort(voice.machines(properties.text(gateway, "Address")))
	some server in sort(servers)
]

# Ends whose network nobody tells.
nowhere(plan) := [{"key": "nowhere", "args": {"host": gateway.identity}} |
	some gateway in voice.plan_gateways(plan)
	voice.zones(object.get(gateway.properties, "Address", "")) == set()
]

lost(plan) := [{"key": "nowhere", "args": {"host": server}} | some server in sort(serving(plan)); voice.server_zones(server) == set()]

unclear(plan) := properties.unknown(plan, ["VoIPSecurity"]) if {
	not voice.security(plan)
} else := [{"key": "no-server", "args": {"plan": plan.identity}}] if {
	voice.security(plan) == "Unsecured"
	count(voice.plan_gateways(plan)) > 0
	serving(plan) == set()
} else := array.concat(nowhere(plan), lost(plan)) if {
	voice.security(plan) == "Unsecured"
	count(voice.plan_gateways(plan)) > 0
	apart(plan) == []
}

settle(plan) := array.concat(properties.export("Get-UMDialPlan"), ["Get-UMServer | Export-Clixml Get-UMServer.xml"]) if {
	serving(plan) == set()
} else := properties.export("Get-UMDialPlan") if {
	not voice.security(plan)
} else := array.concat(
	[sprintf("[[host]]\nname = \"%s\"\nroles = [\"ip-gateway\"]\naddresses = [\"<its address>\"]\n\n[[zone]]\nname = \"voice\"\nclass = \"voice\"\nnetworks = [\"<its network>\"]", [known.args.host]) |
		some known in nowhere(plan)
	],
	[sprintf("Get-NetworkConnectionInfo %s | fl *", [upper(known.args.host)]) | some known in lost(plan)],
)

undecided contains case if {
	some plan in voice.plans
	why := unclear(plan)
	count(why) > 0
	case := object.union(cases.unread(plan, "VoIPSecurity", "Get-UMDialPlan", {"plan": plan.identity}), {"why": why, "needs": settle(plan)})
}
