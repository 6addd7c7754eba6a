# METADATA
# title: A permit for an Exchange server repeats what earlier permits allow
# custom:
#   id: FH006
#   name: redundant-exchange-permit
#   severity: note
#   paths: []
#   statements: []
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: Exchange サーバーのための許可が、先にある許可と重複している
#   message:
#     en: "\"{rule}\" changes nothing: earlier permits of {filter} on {firewall} already let everything through that it permits for {servers}"
#     ja: "「{rule}」は何も変えません。{firewall} の {filter} で先にある許可が、{servers} のために許可する通信をすでにすべて通しています"
#   fix:
#     en: "Delete \"{rule}\" on {firewall}, or narrow \"{hiding}\" if that is the one that goes too far"
#     ja: "{firewall} で「{rule}」を削除します。広すぎるのが「{hiding}」のほうであれば、そちらの範囲を狭めます"
#   undecided:
#     en: "{count} permits of {filter} on {firewall} change nothing and name only objects; whether they are about an Exchange server could not be decided"
#     ja: "{firewall} の {filter} にある {count} 件の許可は何も変えず、オブジェクトだけを指定しているため、Exchange サーバーに関するものかどうかを判定できません"
#   labels:
#     hidden: {en: "changes nothing", ja: "何も変えません"}
#     hides: {en: "permits it already", ja: "すでに許可しています"}
#     by-object: {en: "its rules name objects whose members no file shows", ja: "規則はオブジェクトを指定しており、そのメンバーがどのファイルにもありません"}
#   references:
#     - bb331973(v=exchg.80)
package exlint.rules.redundant_exchange_permit

import rego.v1

import data.exlint.lib.named
import data.exlint.lib.verdicts

# Permits that earlier permits alone make needless.
redundant contains hidden if {
	some hidden in input.hidden_rules
	hidden.action == "permit"
	hidden.kind == "redundant"
	count(hidden.hidden_by) > 0
	every by in hidden.hidden_by {
		by.action == "permit"
		alike(hidden.rule, by.rule)
	}
}

# Neither logs nor has a time of its own that the other has not.
alike(a, b) if marks(a) == marks(b)

marks(text) := {word | some word in split(text, " "); word in {"log", "log-input", "time-range", "inactive"}}

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
	some hidden in redundant
	count(named.of(hidden)) > 0
	finding := object.union(told(hidden), {"labels": array.concat(["hidden"], ["hides" | some _ in hidden.hidden_by])})
}

# Rules that name only objects, by their list: one question for all of them.
unnamed[list] contains hidden if {
	some hidden in redundant
	named.unclear(hidden)
	list := [hidden.firewall, hidden.filter]
}

undecided contains case if {
	some list, group in unnamed
	places := verdicts.in_order({hidden.at | some hidden in group})
	case := {
		"at": array.slice(places, 0, 3),
		"why": ["by-object"],
		"needs": [named.members(list[0], list[1])],
		"args": {"firewall": list[0], "filter": list[1], "count": count(places)},
		"subject": sprintf("%s: %s", list),
	}
}
