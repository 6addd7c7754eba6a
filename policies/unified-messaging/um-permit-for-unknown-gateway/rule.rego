# METADATA
# title: Firewall permits calls from a host that is no gateway
# custom:
#   id: UM006
#   name: um-permit-for-unknown-gateway
#   severity: warning
#   paths: [um-gateway-ip-auth, um-phone]
#   statements: [S46, S49]
#   needs: [firewall, Get-UMIPGateway]
#   versions: ["8", "14", "15"]
#   title.ja: ファイアウォールがゲートウェイではないホストからの通話を許可している
#   message:
#     en: "{firewall} lets {source} in zone {from} reach {server} by SIP ({services}), but no gateway has this address: the server refuses it, and the way is open"
#     ja: "{firewall} はゾーン {from} の {source} から {server} への SIP ({services}) を許可していますが、このアドレスのゲートウェイはありません。サーバーは拒否しますが、経路は開いています"
#   fix:
#     en: "Narrow \"{rule}\" on {firewall} to the gateways ({gateways}), or define the missing one:\nNew-UMIPGateway -Name <name> -Address {source} -UMDialPlan <plan>"
#     ja: "{firewall} の「{rule}」をゲートウェイ ({gateways}) だけに限定するか、足りないゲートウェイを定義します:\nNew-UMIPGateway -Name <名前> -Address {source} -UMDialPlan <プラン>"
#   undecided:
#     en: "Whether only gateways reach {server} by SIP from {from} could not be decided"
#     ja: "{from} から SIP で {server} に到達できるのがゲートウェイだけかどうかを判定できません"
#   labels:
#     nameless: {en: "the address of gateway {gateway} ({address}) is not known", ja: "ゲートウェイ {gateway} ({address}) のアドレスが不明です"}
#   references:
#     - bb331973(v=exchg.80)
#     - aa998263(v=exchg.80)
package exlint.rules.um_permit_for_unknown_gateway

import rego.v1

import data.exlint.lib.cases
import data.exlint.lib.estate
import data.exlint.lib.exposures
import data.exlint.lib.properties
import data.exlint.lib.verdicts
import data.exlint.lib.voice

# What may call: addresses of gateways, and of servers between which everything
# should pass; Client Access servers call to play messages on a telephone.
callers contains ip if {
	some gateway in voice.gateways
	address := properties.text(gateway, "Address")
	some ip in addresses(address)
}

callers contains ip if {
	some server in input.servers
	server.name in exposures.peers
	some known in server.addresses
	ip := known.ip
}

addresses(address) := {address} if voice.is_ip(address)

addresses(address) := {known.ip | some name in voice.machines(address); some known in voice.addresses_of(name)} if not voice.is_ip(address)

# Gateways by a name that nobody can resolve.
nameless := [gateway | some gateway in voice.gateways; addresses(object.get(gateway.properties, "Address", "")) == set()]

sip contains exposure if {
	some exposure in input.exposures
	exposure.application in {"sip", "sip-tls"}
}

# A single host that passes and has no reason to call: the one of the packet, or
# another one. What lets a network through is FU012's.
stranger(exposure) := exposure.witness.source if {
	exposures.hosts_alone(exposure, callers)
	not exposure.witness.source in callers
} else := others[0] if {
	exposures.hosts_alone(exposure, callers)
	others := sort(exposures.strangers(exposure, callers))
}

# One of these without a known address may be the host.
possible := callers | exposures.peers

# So may a server of which nothing tells what it is.
roleless(exposure) if {
	exposures.beyond(exposure, possible)
	not exposures.beyond(exposure, possible | estate.roleless)
}

unsure(exposure) if exposures.unnamed_server(exposure, possible)

unsure(exposure) if roleless(exposure)

# What opens SIP: the zone, the server and the deciding rules.
openings contains key if {
	some exposure in sip
	stranger(exposure)
	not unsure(exposure)
	key := {"from": exposure.from, "server": exposure.destination, "rules": verdicts.deciding(exposure)}
}

of(key) := [exposure |
	some exposure in sip
	stranger(exposure)
	not unsure(exposure)
	exposure.from == key.from
	exposure.destination == key.server
	verdicts.deciding(exposure) == key.rules
]

arguments(from, server, list) := {"from": from, "server": server, "services": sort({e.service | some e in list})}

findings contains finding if {
	some key in openings
	nameless == []
	open := of(key)
	args := object.union(arguments(key.from, key.server, open), {
		"source": stranger(open[0]),
		"gateways": cases.listed([gateway.identity | some gateway in voice.gateways]),
	})
	found := object.remove(verdicts.exposed(open[0], {"source"}, args, sprintf("%s: %s", [key.from, key.server])), ["variant"])
	finding := object.union(found, {"actual": stranger(open[0]), "flows": verdicts.keys(open)})
}

# A gateway without a known address may be the host.
undecided contains case if {
	some key in openings
	count(nameless) > 0
	open := of(key)
	why := [{"key": "nameless", "args": {"gateway": g.identity, "address": object.get(g.properties, "Address", "?")}} | some g in nameless]
	needs := [sprintf("nslookup %s", [object.get(g.properties, "Address", g.identity)]) | some g in nameless]
	case := cases.undecided(verdicts.evidence(open[0]), why, needs, arguments(key.from, key.server, open), key.server)
}

undecided contains case if {
	some exposure in sip
	stranger(exposure)
	args := arguments(exposure.from, exposure.destination, [exposure])
	case := object.union(object.remove(exposures.unaddressed_server(exposure, possible), ["args"]), {"args": args})
}

undecided contains case if {
	some exposure in sip
	stranger(exposure)
	roleless(exposure)
	why := [{"key": "roles-untold", "args": {"servers": sort(estate.roleless)}}]
	args := arguments(exposure.from, exposure.destination, [exposure])
	case := cases.undecided(verdicts.evidence(exposure), why, ["Get-ExchangeServer | Export-Clixml Get-ExchangeServer.xml"], args, exposure.destination)
}

undecided contains case if {
	some exposure in sip
	exposure.verdict == "inconclusive"
	verdicts.crossing([exposure]) != []
	args := arguments(exposure.from, exposure.destination, [exposure])
	case := object.union(verdicts.undecided(exposure, args, exposure.destination), {"args": args})
}
