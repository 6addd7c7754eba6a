# METADATA
# title: A permit that Exchange needs never matches
# custom:
#   id: FH004
#   name: shadowed-exchange-permit
#   severity: error
#   paths: []
#   statements: []
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: Exchange に必要な許可規則が一致することがない
#   message:
#     en: "\"{rule}\" can never match: earlier rules of {filter} on {firewall} already deny what {flows} needs"
#     ja: "「{rule}」は一致することがありません。{firewall} の {filter} で先にある規則が、{flows} に必要な通信を拒否しています"
#   fix:
#     en: "On {firewall}, move \"{rule}\" above \"{hiding}\""
#     ja: "{firewall} で「{rule}」を「{hiding}」より前に移します"
#   undecided:
#     en: "\"{rule}\" on {firewall} never matches; whether {flows} misses it could not be decided"
#     ja: "{firewall} の「{rule}」は一致することがありません。{flows} に影響するかどうかを判定できません"
#   labels:
#     hidden: {en: "never matches", ja: "一致することがありません"}
#     hides: {en: "hides it", ja: "この規則に隠されています"}
#   variants:
#     unordered:
#       message:
#         en: "\"{rule}\" can never match: a block rule of {filter} on {firewall} wins over it and denies what {flows} needs"
#         ja: "「{rule}」は一致することがありません。{firewall} の {filter} でブロックの規則が優先し、{flows} に必要な通信を拒否しています"
#       fix:
#         en: "On {firewall}, narrow or remove \"{hiding}\": a block rule wins over every allow rule, wherever it stands"
#         ja: "{firewall} で「{hiding}」の範囲を狭めるか削除します。ブロックの規則は位置に関係なく許可の規則に優先します"
#   references:
#     - bb331973(v=exchg.80)
package exlint.rules.shadowed_exchange_permit

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.verdicts

# Permits that earlier rules hide whole, at least partly with a deny.
shadowed contains hidden if {
	some hidden in input.hidden_rules
	hidden.action == "permit"
	hidden.kind == "shadowed"
	some by in hidden.hidden_by
	by.action == "deny"
}

wanted := {id | some hidden in shadowed; some id in hidden.flows}

by_id := {flow.id: flow | some flow in input.flows; flow.id in wanted; estate.used(flow)}

# Required flows that a hidden rule would permit, by verdict.
missed(hidden, states) := [by_id[id] | some id in hidden.flows; by_id[id].verdict in states]

evidence(hidden) := array.concat([hidden.at], [by.at | some by in hidden.hidden_by])

arguments(hidden, flows) := {
	"rule": hidden.rule,
	"filter": hidden.filter,
	"firewall": hidden.firewall,
	"hiding": hidden.hidden_by[0].rule,
	"flows": sort({sprintf("%s -> %s (%s)", [f.source, f.destination, f.service]) | some f in flows}),
}

findings contains finding if {
	some hidden in shadowed
	flows := missed(hidden, {"deny", "partial"})
	count(flows) > 0
	finding := object.union(verdicts.unordered(hidden.firewall), {
		"at": evidence(hidden),
		"args": arguments(hidden, flows),
		"subject": sprintf("%s: %s", [hidden.firewall, hidden.rule]),
		"labels": array.concat(["hidden"], ["hides" | some _ in hidden.hidden_by]),
	})
}

undecided contains case if {
	some hidden in shadowed
	count(missed(hidden, {"deny", "partial"})) == 0
	flows := missed(hidden, {"inconclusive"})
	count(flows) > 0
	case := {"at": evidence(hidden), "why": verdicts.reasons(flows), "needs": verdicts.settle(flows), "args": arguments(hidden, flows), "subject": hidden.firewall}
}
