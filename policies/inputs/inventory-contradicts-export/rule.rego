# METADATA
# title: The inputs contradict each other
# custom:
#   id: IN004
#   name: inventory-contradicts-export
#   severity: error
#   paths: []
#   statements: [S36]
#   needs: [[Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: 入力どうしの矛盾
#   message:
#     en: "The inputs disagree about {property} of {about}: {values}"
#     ja: "{about} の {property} について、入力どうしが食い違っています: {values}"
#   fix:
#     en: "Find out which value is true; correct exlint.toml where it is wrong, and leave out the export that is out of date"
#     ja: "どの値が正しいかを確認し、誤りがあれば exlint.toml を修正し、古いエクスポートは入力から外します"
#   references:
#     - bb123873(v=exchg.80)
package exlint.rules.inventory_contradicts_export

import rego.v1

# What the user writes must not contradict a machine; two exports may only
# have been taken at different times.
severity(known) := "error" if {
	known.inventory
} else := "warning"

findings contains finding if {
	some known in input.contradictions
	finding := {
		"at": [v.at | some v in known.values],
		"severity": severity(known),
		"args": {"about": known.subject, "property": known.property, "values": [v.value | some v in known.values]},
		"subject": sprintf("%s %s", [known.subject, known.property]),
		"labels": [sprintf("\"%s\"", [v.value]) | some v in known.values],
	}
}
