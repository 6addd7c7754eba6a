# METADATA
# title: SMB is open from the Internet or the perimeter network
# custom:
#   id: FU002
#   name: smb-open-from-untrusted
#   severity: error
#   paths: [ccr-scr-log-shipping, admin-smb, vss-backup]
#   statements: [S56]
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: インターネットまたは境界ネットワークから SMB が開いている
#   message:
#     en: "{firewall} lets traffic from {from} reach {servers} by SMB or NetBIOS ({services})"
#     ja: "{firewall} により、{from} から {servers} へ SMB または NetBIOS ({services}) で到達できます"
#   fix:
#     en: "Remove these ports from \"{rule}\" on {firewall}; where a replica in another site needs them, name its address and protect the path with IPsec"
#     ja: "{firewall} の「{rule}」からこれらのポートを外します。別サイトのレプリカに必要な場合は、そのアドレスに限定し、IPsec で保護します"
#   undecided:
#     en: "Whether {from} reaches {servers} on {services} could not be decided"
#     ja: "{from} から {servers} の {services} に到達できるかどうかを判定できません"
#   variants:
#     unlisted:
#       message:
#         en: "{firewall} lets traffic from {from} reach {servers} by SMB or NetBIOS ({services})"
#         ja: "{firewall} により、{from} から {servers} へ SMB または NetBIOS ({services}) で到達できます"
#       fix:
#         en: "No access list of {firewall} stands in the way: bind one towards {from} that denies {services} to {servers}"
#         ja: "{firewall} にこれを止めるアクセス リストがありません。{from} 側に、{servers} への {services} を拒否するアクセス リストを割り当てます"
#   references:
#     - bb331973(v=exchg.80)
package exlint.rules.smb_open_from_untrusted

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.verdicts

services := {"tcp/445", "tcp/139", "tcp/138", "tcp/137", "udp/445", "udp/139", "udp/138", "udp/137"}

exposures contains exposure if {
	some exposure in input.exposures
	exposure.service in services
	exposure["class"] in {"internet", "perimeter"}
	estate.in_service(exposure.destination)
}

# What opens a port: the zone that it opens to, and the deciding rules.
opening(exposure) := {"from": exposure.from, "rules": verdicts.deciding(exposure)}

opened := [{"key": opening(exposure), "exposure": exposure} | some exposure in exposures]

openings := {o.key | some o in opened}

of(key, states) := [o.exposure | some o in opened; o.key == key; o.exposure.verdict in states]

arguments(key, open) := {
	"from": key.from,
	"servers": sort({e.destination | some e in open}),
	"services": sort({e.service | some e in open}),
}

# The class of the zone is a link of the evidence.
certainty(exposure) := {"certainty": "derived", "weak": sprintf("class of %s", [exposure.from])} if {
	exposure.class_certainty == "derived"
} else := {}

findings contains finding if {
	some key in openings
	open := of(key, {"permit", "partial"})
	args := arguments(key, open)
	subject := sprintf("%s: %s", [key.from, concat(", ", args.servers)])
	found := verdicts.graded(verdicts.exposed(verdicts.surest(open), {"destination", "service"}, args, subject), certainty(open[0]))
	finding := object.union(found, {"expected": "deny", "flows": verdicts.keys(open)})
}

undecided contains case if {
	some key in openings
	doubt := verdicts.crossing(of(key, {"inconclusive"}))
	count(doubt) > 0
	case := {"at": verdicts.evidence(doubt[0]), "why": verdicts.reasons(doubt), "needs": verdicts.settle(doubt), "args": arguments(key, doubt), "subject": key.from}
}
