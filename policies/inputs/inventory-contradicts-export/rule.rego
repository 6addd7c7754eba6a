# METADATA
# title: The inputs contradict each other
# custom:
#   id: IN004
#   name: inventory-contradicts-export
#   severity: error
#   paths: []
#   statements: [S36]
#   needs: [[Get-ExchangeServer, inventory]]
#   versions: []
#   title.ja: 入力どうしの矛盾
#   message:
#     en: "The inputs disagree about {property} of {about}: {values}"
#     ja: "{about} の {property} について、入力どうしが食い違っています: {values}"
#   fix:
#     en: "Find out which value is true; correct exlint.toml where it is wrong, and leave out the export that is out of date"
#     ja: "どの値が正しいかを確認し、誤りがあれば exlint.toml を修正し、古いエクスポートは入力から外します"
#   labels:
#     value: {en: "{property}: \"{value}\"", ja: "{property}: 「{value}」"}
#   variants:
#     several:
#       message:
#         en: "The inputs disagree about {about}: {differences}"
#         ja: "{about} について、入力どうしが食い違っています: {differences}"
#       fix:
#         en: "Find out which values are true; correct exlint.toml where it is wrong, and leave out the exports that are out of date"
#         ja: "どの値が正しいかを確認し、誤りがあれば exlint.toml を修正し、古いエクスポートは入力から外します"
#     organisations:
#       message:
#         en: "The exports of {about} come from different organisations: {values}"
#         ja: "{about} のエクスポートは異なる組織のものです: {values}"
#       fix:
#         en: "Check each organisation in a run of its own, for example from a folder of its own"
#         ja: "フォルダーを分けるなどして、組織ごとに検査します"
#   references:
#     - bb123873(v=exchg.80)
package exlint.rules.inventory_contradicts_export

import rego.v1

# What the user writes must not contradict a machine; two exports may only
# have been taken at different times.
severity(all) := "error" if {
	some known in all
	known.inventory
} else := "warning"

positions[subject] contains i if {
	some i, known in input.contradictions
	subject := known.subject
}

# In the order of the input.
about(subject) := [input.contradictions[i] | some i in positions[subject]]

variant(all) := {"variant": "organisations"} if {
	all[0].property == "organisation"
} else := {"variant": "several"} if {
	count(all) > 1
} else := {}

values(known) := [v.value | some v in known.values]

findings contains finding if {
	some subject, _ in positions
	all := about(subject)
	finding := object.union(variant(all), {
		"at": [v.at | some known in all; some v in known.values],
		"severity": severity(all),
		"args": {
			"about": subject,
			"property": all[0].property,
			"values": values(all[0]),
			"differences": [sprintf("%s (%s)", [known.property, concat(" / ", values(known))]) | some known in all],
		},
		"subject": sprintf("%s %s", [subject, concat(" ", [known.property | some known in all])]),
		"labels": [{"key": "value", "args": {"property": known.property, "value": v.value}} |
			some known in all
			some v in known.values
		],
	})
}
