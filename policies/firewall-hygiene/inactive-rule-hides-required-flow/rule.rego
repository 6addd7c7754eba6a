# METADATA
# title: The rule that a required flow needs is inactive
# custom:
#   id: FH009
#   name: inactive-rule-hides-required-flow
#   severity: warning
#   paths: []
#   statements: []
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: 必要な通信を許可するはずの規則が無効になっている
#   message:
#     en: "\"{dormant}\" on {firewall} is inactive although required flows depend on it ({count}: {flows}); \"{rule}\" denies them now"
#     ja: "{firewall} で、必要な通信 {count} 件 ({flows}) を許可するはずの「{dormant}」が無効になっており、現在は「{rule}」が拒否しています"
#   fix:
#     en: "Enable the rule on {firewall}, or put another in its place and delete it"
#     ja: "{firewall} でこの規則を有効にするか、別の規則で置き換えて削除します"
#   undecided:
#     en: "An inactive rule would permit {flows}; whether that flow is needed could not be decided"
#     ja: "無効な規則が {flows} を許可するはずですが、この通信が必要かどうかを判定できません"
#   references:
#     - bb331973(v=exchg.80)
package exlint.rules.inactive_rule_hides_required_flow

import rego.v1

import data.exlint.lib.explained
import data.exlint.lib.verdicts

# Their rules are there or not there: none can be switched off.
always_on := {f.name | some f in input.firewalls; f.platform in {"iptables", "nftables"}}

closed := [known | some known in explained.closed("permits-if-enabled"); not verdicts.firewall(known.flow) in always_on]

findings contains found if {
	some at in explained.rules(closed, "yes")
	found := explained.finding(explained.of(closed, at, "yes"))
}

undecided contains case if {
	some at in explained.rules(closed, "unknown")
	case := explained.undecided(explained.of(closed, at, "unknown"))
}

undecided contains case if case := verdicts.unlooked(input.flows)
