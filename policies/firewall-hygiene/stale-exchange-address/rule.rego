# METADATA
# title: A permit still names the address of a retired server
# custom:
#   id: FH011
#   name: stale-exchange-address
#   severity: warning
#   paths: []
#   statements: []
#   needs: [firewall, inventory]
#   versions: ["8", "14", "15"]
#   title.ja: 廃止したサーバーのアドレスを指定した許可が残っている
#   message:
#     en: "\"{rule}\" on {firewall} still permits something for {servers}, which is retired"
#     ja: "{firewall} の「{rule}」は、廃止した {servers} のための許可を残しています"
#   fix:
#     en: "Remove the address of {servers} from \"{rule}\" on {firewall} before somebody else gets it"
#     ja: "{servers} のアドレスがほかで使われる前に、{firewall} の「{rule}」から削除します"
#   labels:
#     retired: {en: "declared as retired", ja: "廃止済みと宣言されています"}
#   references:
#     - bb331973(v=exchg.80)
package exlint.rules.stale_exchange_address

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.verdicts

retired[name] := server if {
	some name, server in estate.servers
	server.state == "retired"
}

names_retired := object.keys(retired)

# Permits on a way from or to a retired server.
permits contains permit if {
	count(retired) > 0
	some flow in array.concat(input.flows, input.exposures)
	some name in {object.get(flow, "source", ""), flow.destination} & names_retired
	flow.verdict in {"permit", "partial"}
	some decision in flow.decided_by
	decision.action == "permit"
	permit := {"server": name, "decision": decision}
	names(decision, name)
}

# The rule names its address, or a member of a group does: a permit for a whole
# network is no leftover.
names(decision, name) if {
	some address in retired[name].addresses
	some word in split(decision.rule, " ")
	trim_suffix(word, "/32") == address.ip
}

names(decision, name) if {
	some address in retired[name].addresses
	some member in object.get(decision, "members", [])
	some word in split(member.label.args.member, " ")
	trim_suffix(word, "/32") == address.ip
}

members(group) := [place |
	some permit in group
	some member in object.get(permit.decision, "members", [])
	some place in [verdicts.place(member.at, member.label), verdicts.place(member.definition, member.definition_label)]
]

findings contains found if {
	some at in {permit.decision.at | some permit in permits}
	group := [permit | some permit in permits; permit.decision.at == at]
	servers := sort({permit.server | some permit in group})
	states := [verdicts.place(object.get(retired[name].at, "state", retired[name].at.self), "retired") | some name in servers]
	rule := group[0].decision
	places := verdicts.unique(array.concat([verdicts.place(at, rule.label)], array.concat(members(group), states)))
	found := object.union(verdicts.shown(places), {
		"args": {"rule": rule.rule, "firewall": rule.firewall, "servers": servers},
		"subject": sprintf("%s: %s", [rule.firewall, concat(", ", servers)]),
	})
}
