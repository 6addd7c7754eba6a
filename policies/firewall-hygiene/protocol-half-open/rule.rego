# METADATA
# title: DNS, Kerberos or LDAP is open by only one of TCP and UDP
# custom:
#   id: FH013
#   name: protocol-half-open
#   severity: warning
#   paths: [hub-to-ad, mailbox-to-ad, edge-dns]
#   statements: [S64]
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: DNS、Kerberos、LDAP が TCP と UDP の一方だけ開いている
#   message:
#     en: "{firewall} permits {open} from {servers} to {directories}, but not {services}; the protocol uses both"
#     ja: "{firewall} は {servers} から {directories} への {open} を許可していますが、{services} を許可していません。このプロトコルは両方を使います"
#   fix:
#     en: "On {firewall}, permit {services} from {servers} to {directories} as well, {place}{lines}"
#     ja: "{firewall} で、{servers} から {directories} への {services} も{place}許可します{lines}"
#   undecided:
#     en: "{open} from {servers} to {directories} is permitted; whether {services} is could not be decided"
#     ja: "{servers} から {directories} への {open} は許可されていますが、{services} が許可されているかどうかを判定できません"
#   references:
#     - bb331973(v=exchg.80)
package exlint.rules.protocol_half_open

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.required

other := {
	"tcp/53": "udp/53", "tcp/88": "udp/88", "tcp/389": "udp/389",
	"udp/53": "tcp/53", "udp/88": "tcp/88", "udp/389": "tcp/389",
}

flows := [flow | some flow in required.of({"hub-to-ad", "mailbox-to-ad", "cas-um-to-ad", "edge-dns"}); other[flow.service]]

open := {[flow.source, flow.destination, flow.service] | some flow in required.with_verdict(flows, {"permit"})}

# What a server reaches somewhere. What it reaches nowhere is FR009's business.
# FR010 stands for this rule where an Edge reaches none of its resolvers.
reached := {[flow.source, flow.service] | some flow in required.with_verdict(flows, {"permit", "partial"})}

half := [flow |
	some flow in required.with_verdict(flows, {"deny", "inconclusive"})
	[flow.source, flow.destination, other[flow.service]] in open
	mine(flow)
]

mine(flow) if [flow.source, flow.service] in reached

mine(flow) if estate.has_role(flow.source, "edge")

arguments(group) := {
	"servers": required.sources(group), "directories": required.destinations(group),
	"services": required.services(group),
	"open": sort({other[flow.service] | some flow in group}),
}

subject(group) := sprintf("%s -> %s", [concat(", ", required.sources(group)), concat(", ", required.destinations(group))])

findings contains found if {
	denied := required.with_verdict(half, {"deny"})
	some group in required.together(denied)
	found := required.blocked(group, arguments(group), subject(group))
}

undecided contains case if {
	doubted := required.with_verdict(half, {"inconclusive"})
	some server in {flow.source | some flow in doubted}
	group := [flow | some flow in doubted; flow.source == server]
	case := required.doubtful(group, arguments(group), subject(group))
}
