# METADATA
# title: A deny that protects an Exchange server never matches
# custom:
#   id: FH005
#   name: shadowed-deny
#   severity: error
#   paths: []
#   statements: []
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: Exchange サーバーを守る拒否規則が一致することがない
#   message:
#     en: "\"{rule}\" can never match: earlier rules of {filter} on {firewall} already permit what it would deny to or from {servers}"
#     ja: "「{rule}」は一致することがありません。{firewall} の {filter} で先にある規則が、{servers} との間で止めるはずの通信を許可しています"
#   fix:
#     en: "On {firewall}, move \"{rule}\" above \"{hiding}\", or delete it"
#     ja: "{firewall} で「{rule}」を「{hiding}」より前に移すか、削除します"
#   undecided:
#     en: "{count} denies of {filter} on {firewall} never match and name only objects; whether they should protect an Exchange server could not be decided"
#     ja: "{firewall} の {filter} にある {count} 件の拒否は一致することがなく、オブジェクトだけを指定しているため、Exchange サーバーを守るものかどうかを判定できません"
#   labels:
#     hidden: {en: "never matches", ja: "一致することがありません"}
#     hides: {en: "hides it", ja: "この規則に隠されています"}
#     by-object: {en: "its rules name objects whose members no file shows", ja: "規則はオブジェクトを指定しており、そのメンバーがどのファイルにもありません"}
#   references:
#     - bb331973(v=exchg.80)
package exlint.rules.shadowed_deny

import rego.v1

import data.exlint.lib.named

# Denies that earlier rules hide whole, at least partly with a permit.
shadowed contains hidden if {
	some hidden in input.hidden_rules
	hidden.action == "deny"
	hidden.kind == "shadowed"
	some by in hidden.hidden_by
	by.action == "permit"
}

told(hidden) := {
	"at": array.concat([hidden.at], [by.at | some by in hidden.hidden_by]),
	"args": {
		"rule": hidden.rule,
		"filter": hidden.filter,
		"firewall": hidden.firewall,
		"hiding": hidden.hidden_by[0].rule,
		"servers": sort(named.of(hidden)),
	},
	"subject": sprintf("%s: %s", [hidden.firewall, hidden.rule]),
}

findings contains finding if {
	some hidden in shadowed
	count(named.of(hidden)) > 0
	finding := object.union(told(hidden), {"labels": array.concat(["hidden"], ["hides" | some _ in hidden.hidden_by])})
}

# Rules that name only objects, by their list: one question for all of them.
unnamed[list] contains hidden if {
	some hidden in shadowed
	named.unclear(hidden)
	list := [hidden.firewall, hidden.filter]
}

undecided contains case if {
	some list, group in unnamed
	places := sort([hidden.at | some hidden in group])
	case := {
		"at": array.slice(places, 0, 3),
		"why": ["by-object"],
		"needs": [named.members(list[0], list[1])],
		"args": {"firewall": list[0], "filter": list[1], "count": count(places)},
		"subject": sprintf("%s: %s", list),
	}
}
