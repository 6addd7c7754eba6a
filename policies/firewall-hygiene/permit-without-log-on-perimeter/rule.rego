# METADATA
# title: A permit from the Internet or the perimeter network leaves no log
# custom:
#   id: FH007
#   name: permit-without-log-on-perimeter
#   severity: warning
#   paths: [internet-to-edge-smtp, owa]
#   statements: []
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: インターネットまたは境界ネットワークからの許可がログに残らない
#   message:
#     en: "\"{rule}\" on {firewall} lets {from} reach {servers} ({services}) and logs nothing"
#     ja: "{firewall} の「{rule}」は {from} から {servers} ({services}) への通信を許可していますが、ログを残しません"
#   fix:
#     en: "Let \"{rule}\" on {firewall} log the connections: {how}"
#     ja: "{firewall} の「{rule}」で接続をログに記録します: {how}"
#   undecided:
#     en: "\"{rule}\" on {firewall} logs nothing; whether it lets {from} reach {servers} could not be decided"
#     ja: "{firewall} の「{rule}」はログを残しません。これにより {from} から {servers} に到達できるかを判定できません"
#   labels:
#     silent: {en: "permits, and logs nothing", ja: "許可し、ログを残しません"}
#   references:
#     - bb331973(v=exchg.80)
package exlint.rules.permit_without_log_on_perimeter

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.verdicts

outside := {"internet", "perimeter"}

# Ways from outside to Exchange servers.
ways contains way if {
	some exposure in input.exposures
	exposure["class"] in outside
	way := {"from": exposure.from, "fact": exposure}
}

ways contains way if {
	some flow in input.flows
	flow.verdict != "deny"
	flow.source in outsiders
	way := {"from": flow.source, "fact": flow}
}

outsiders contains "internet"

outsiders contains name if {
	some name, server in estate.servers
	some address in server.addresses
	address["class"] in outside
}

# Rules that let such a way through without a record, by firewall and place.
silent[key] contains known if {
	some way in ways
	estate.servers[way.fact.destination].exchange
	estate.in_service(way.fact.destination)
	some d in way.fact.decided_by
	d.logs == false
	key := [d.firewall, d.at]
	known := {"from": way.from, "fact": way.fact, "rule": d.rule}
}

# How each platform is told to.
hints := {
	"fortios": "set logtraffic all",
	"junos": "then log session-close",
	"panos": "log-end yes",
	"cisco-ios": "log",
	"iptables": "-j LOG before -j ACCEPT",
	"nftables": "log accept",
}

how(name) := hints[platform] if {
	some firewall in input.firewalls
	firewall.name == name
	platform := firewall.platform
}

told(key, group) := {
	"args": {
		"firewall": key[0],
		"rule": group[0].rule,
		"from": sort({known.from | some known in group}),
		"servers": sort({known.fact.destination | some known in group}),
		"services": sort({known.fact.service | some known in group}),
		"how": how(key[0]),
	},
	"subject": sprintf("%s: %s", [key[0], group[0].rule]),
}

findings contains found if {
	some key, all in silent
	group := [known | some known in all; known.fact.verdict in {"permit", "partial"}]
	count(group) > 0
	places := array.concat([verdicts.place(key[1], "silent")], verdicts.grounds(group[0].fact))
	found := object.union(object.union(told(key, group), verdicts.witness(group[0].fact)), verdicts.shown(verdicts.unique(places)))
}

undecided contains case if {
	some key, all in silent
	every known in all { known.fact.verdict == "inconclusive" }
	group := [known | some known in all]
	facts := [known.fact | some known in group]
	case := object.union(told(key, group), {"at": [key[1]], "why": verdicts.reasons(facts), "needs": verdicts.settle(facts)})
}
