# METADATA
# title: Address of an IP gateway is translated on its way to Unified Messaging
# custom:
#   id: NT004
#   name: snat-hides-um-gateway
#   severity: error
#   paths: [um-gateway-ip-auth, um-phone]
#   statements: [S45, S46, S49]
#   needs: [firewall, Get-UMIPGateway, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: IP ゲートウェイのアドレスがユニファイド メッセージングへの途中で変換されている
#   message:
#     en: "{firewall} translates the address {ip} of IP gateway \"{gateway}\" on its way to {servers}, which know it only by that address and refuse its calls"
#     ja: "{firewall} は IP ゲートウェイ「{gateway}」のアドレス {ip} を {servers} への途中で変換しています。サーバーはこのアドレスでしかゲートウェイを認識しないため、着信を拒否します"
#   fix:
#     en: "Exempt {ip} from translation towards {servers} on {firewall}; or, if the translated address is its alone, give the gateway that one:\nSet-UMIPGateway \"{gateway}\" -Address <translated address>"
#     ja: "{firewall} で {ip} から {servers} への通信を変換の対象から除外します。変換後のアドレスがこのゲートウェイ専用であれば、そちらを指定することもできます:\nSet-UMIPGateway \"{gateway}\" -Address <変換後のアドレス>"
#   undecided:
#     en: "Whether {server} sees IP gateway {source} under an address that it knows could not be decided"
#     ja: "{server} が IP ゲートウェイ {source} を既知のアドレスで認識できるかどうかを判定できません"
#   labels:
#     known-as: {en: "the address that Unified Messaging knows", ja: "ユニファイド メッセージングに登録されたアドレス"}
#     translated: {en: "translated here", ja: "ここで変換されます"}
#     other-name: {en: "no UM IP gateway has an address of {source}; maybe one has the translated one", ja: "{source} のアドレスを持つ UM IP ゲートウェイがありません。変換後のアドレスが登録されている可能性があります"}
#   references:
#     - aa998263(v=exchg.80)
package exlint.rules.snat_hides_um_gateway

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.properties
import data.exlint.lib.verdicts

# Translated ways from gateways to Unified Messaging servers, where what is
# translated is not the server's address: the packet goes to its own.
hidden contains known if {
	some flow in input.flows
	flow.verdict in {"permit", "partial"}
	some effect in flow.effects
	effect.kind == "translated"
	estate.has_role(flow.source, "ip-gateway")
	estate.has_role(flow.destination, "um")
	estate.in_service(flow.destination)
	flow.witness.destination in {a.ip | some a in estate.servers[flow.destination].addresses}
	known := {"flow": flow, "effect": effect, "gateways": gateways(flow.source)}
}

# The gateway objects that know a machine by an address of its own.
gateways(name) := [gateway |
	some gateway in object.get(input.objects, "Get-UMIPGateway", [])
	properties.text(gateway, "Address") in {a.ip | some a in estate.servers[name].addresses}
]

findings contains finding if {
	some key in {[known.effect.at, gateway.identity] | some known in hidden; some gateway in known.gateways}
	all := [known | some known in hidden; known.effect.at == key[0]; some g in known.gateways; g.identity == key[1]]
	gateway := [g | some g in all[0].gateways; g.identity == key[1]][0]
	own := array.concat(properties.places(gateway, [["Address", "known-as"]]), [verdicts.place(key[0], "translated")])
	grounds := [place | some known in all; some place in verdicts.grounds(known.flow)]
	places := verdicts.unique(array.concat(own, grounds))
	args := {"firewall": all[0].effect.firewall, "gateway": gateway.identity, "ip": gateway.properties.Address, "servers": sort({k.flow.destination | some k in all})}
	finding := object.union(object.union(verdicts.shown(places), verdicts.witness(all[0].flow)), {"args": args, "subject": gateway.identity})
}

undecided contains case if {
	some pair in {[known.flow.source, known.flow.destination, known.effect.at] | some known in hidden; known.gateways == []}
	why := [{"key": "other-name", "args": {"source": pair[0]}}]
	needs := array.concat(["show xlate"], properties.export("Get-UMIPGateway"))
	args := {"source": pair[0], "server": pair[1]}
	case := {"at": [pair[2]], "why": why, "needs": needs, "args": args, "subject": sprintf("%s -> %s", [pair[0], pair[1]])}
}
