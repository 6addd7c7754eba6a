# METADATA
# title: The rule that a required flow needs has a time range that is over
# custom:
#   id: FH008
#   name: expired-time-range
#   severity: warning
#   paths: []
#   statements: []
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: 必要な通信を許可するはずの規則の時間帯が終わっている
#   message:
#     en: "\"{dormant}\" on {firewall} is not in force on {date}, as its time range has ended or not begun, although required flows depend on it ({count}: {flows}); \"{rule}\" denies them"
#     ja: "{firewall} で、必要な通信 {count} 件 ({flows}) を許可するはずの「{dormant}」は、{date} の時点で時間帯が終わっているか始まっていません。「{rule}」が拒否しています"
#   fix:
#     en: "Renew the time range of the rule on {firewall}, or take it off the rule; delete both if the flow is no longer meant"
#     ja: "{firewall} で規則の時間帯を更新するか、規則から外します。通信が不要になっていれば両方を削除します"
#   undecided:
#     en: "A rule whose time range is over would permit {flows}; whether that flow is needed could not be decided"
#     ja: "時間帯の終わった規則が {flows} を許可するはずですが、この通信が必要かどうかを判定できません"
#   references:
#     - bb331973(v=exchg.80)
package exlint.rules.expired_time_range

import rego.v1

import data.exlint.lib.explained
import data.exlint.lib.verdicts

closed := explained.closed("permits-at-other-times")

findings contains found if {
	some at in explained.rules(closed, "yes")
	finding := explained.finding(explained.of(closed, at, "yes"))
	found := object.union(finding, {"args": object.union(finding.args, {"date": input.reference_date})})
}

undecided contains case if {
	some at in explained.rules(closed, "unknown")
	case := explained.undecided(explained.of(closed, at, "unknown"))
}

undecided contains case if case := verdicts.unlooked(input.flows)
