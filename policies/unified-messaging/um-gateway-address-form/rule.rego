# METADATA
# title: Address of a gateway does not fit its dial plan
# custom:
#   id: UM004
#   name: um-gateway-address-form
#   severity: error
#   paths: [um-gateway-ip-auth]
#   statements: [S47, S49]
#   needs: [Get-UMIPGateway, Get-UMDialPlan]
#   versions: ["8", "14", "15"]
#   title.ja: ゲートウェイのアドレスの形式がダイヤル プランに合わない
#   message:
#     en: "Gateway {gateway} is defined by the address {actual}, but dial plan {plan} is secured and compares the name in the certificate: its calls are refused"
#     ja: "ゲートウェイ {gateway} はアドレス {actual} で定義されていますが、ダイヤル プラン {plan} は保護されており証明書の名前を照合するため、通話が拒否されます"
#   fix:
#     en: "Name the gateway as its certificate does:\nSet-UMIPGateway \"{gateway}\" -Address <FQDN of the gateway> -Port 5061"
#     ja: "ゲートウェイを証明書の名前で定義します:\nSet-UMIPGateway \"{gateway}\" -Address <ゲートウェイの FQDN> -Port 5061"
#   undecided:
#     en: "Whether the address of gateway {gateway} fits its dial plan could not be decided"
#     ja: "ゲートウェイ {gateway} のアドレスがダイヤル プランに合うかどうかを判定できません"
#   labels:
#     address: {en: "how the gateway is defined", ja: "ゲートウェイの定義"}
#     plan: {en: "what the plan asks for", ja: "プランの設定"}
#     group: {en: "joins gateway and plan", ja: "ゲートウェイとプランを結び付けます"}
#   variants:
#     name:
#       message:
#         en: "Gateway {gateway} of the unsecured dial plan {plan} is defined by the name {actual}, and nothing tells its address: if the server cannot resolve it either, it refuses the calls"
#         ja: "保護されないダイヤル プラン {plan} のゲートウェイ {gateway} は名前 {actual} で定義されていますが、そのアドレスがわかりません。サーバーも名前を解決できなければ、通話は拒否されます"
#       fix:
#         en: "Define the gateway by its address, or declare the address of the name in exlint.toml:\nSet-UMIPGateway \"{gateway}\" -Address <IP address of the gateway>"
#         ja: "ゲートウェイを IP アドレスで定義するか、名前のアドレスを exlint.toml に宣言します:\nSet-UMIPGateway \"{gateway}\" -Address <ゲートウェイの IP アドレス>"
#   references:
#     - bb124092(v=exchg.80)
#     - aa998263(v=exchg.80)
package exlint.rules.um_gateway_address_form

import rego.v1

import data.exlint.lib.cases
import data.exlint.lib.properties
import data.exlint.lib.verdicts
import data.exlint.lib.voice

# Gateways with each of their dial plans.
pairs contains pair if {
	some gateway in voice.gateways
	some name in object.get(voice.gateway_plans, voice.key(gateway.identity), set())
	some plan in voice.by_name[name]
	pair := {"gateway": gateway, "plan": plan}
}

# What is wrong with the form of an address: "address" where a name must be,
# "name" where nobody knows the address.
wrong(gateway, plan) := "address" if {
	voice.security(plan) in voice.secured
	voice.is_ip(properties.text(gateway, "Address"))
} else := "name" if {
	voice.security(plan) == "Unsecured"
	address := properties.text(gateway, "Address")
	not voice.is_ip(address)
	every name in voice.machines(address) { voice.addresses_of(name) == [] }
}

forms := {"address": {"expected": "FQDN"}, "name": {"expected": "IP address", "variant": "name"}}

groups(gateway, plan) := [verdicts.place(group.at.self, "group") |
	some group in voice.hunt_groups
	[voice.key(properties.text(group, "UMIPGateway")), voice.key(properties.text(group, "UMDialPlan"))] == [voice.key(gateway.identity), voice.key(plan.identity)]
]

findings contains finding if {
	some {"gateway": gateway, "plan": plan} in pairs
	places := array.concat(properties.places(gateway, [["Address", "address"]]), array.concat(properties.places(plan, [["VoIPSecurity", "plan"]]), groups(gateway, plan)))
	found := cases.finding(places, {"gateway": gateway.identity, "plan": plan.identity}, sprintf("%s %s", [gateway.identity, plan.identity]))
	finding := object.union(object.union(found, forms[wrong(gateway, plan)]), {"actual": properties.text(gateway, "Address")})
}

undecided contains case if {
	some {"gateway": gateway, "plan": plan} in pairs
	why := array.concat(unread(gateway, "Address"), unread(plan, "VoIPSecurity"))
	count(why) > 0
	needs := array.concat(properties.export("Get-UMIPGateway"), ["Get-UMDialPlan | Export-Clixml Get-UMDialPlan.xml"])
	case := cases.undecided([gateway.at.self, plan.at.self], why, needs, {"gateway": gateway.identity}, gateway.identity)
}

unread(object_, property) := [reason | not properties.text(object_, property); some reason in properties.unknown(object_, [property])]
