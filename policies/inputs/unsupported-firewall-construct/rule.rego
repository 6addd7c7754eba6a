# METADATA
# title: A statement of a firewall leaves verdicts about Exchange open
# custom:
#   id: IN003
#   name: unsupported-firewall-construct
#   severity: warning
#   paths: []
#   statements: []
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: []
#   title.ja: ファイアウォールの記述により、Exchange に関する判定ができない
#   message:
#     en: "{firewall}: {reasons}. Verdicts about Exchange servers that this leaves open: {count}, such as {flows}"
#     ja: "{firewall} では「{reasons}」のため、Exchange サーバーに関する {count} 件を判定できません ({flows} など)"
#   fix:
#     en: "Write the statement with what the file itself tells (addresses, ports); this shows what stays open: `{settle}`"
#     ja: "ファイルだけからわかる形 (アドレス、ポート) で書きます。未判定の内容は次で確認できます: `{settle}`"
#   references:
#     - bb331973(v=exchg.80)
package exlint.rules.unsupported_firewall_construct

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.verdicts

# Open questions about flows that are needed and services that should be closed.
open := array.concat(
	verdicts.crossing([flow | some flow in input.flows; flow.verdict == "inconclusive"; flow.need in {"required", "alternative"}; meant(flow)]),
	verdicts.crossing([exposure | some exposure in input.exposures; exposure.verdict == "inconclusive"; estate.in_service(exposure.destination)]),
)

meant(flow) if {
	estate.in_service(flow.source)
	estate.in_service(flow.destination)
	estate.used(flow)
}

# Statements that leave them open, with what they leave open.
causes[at] contains i if {
	some i, question in open
	some j, label in question.labels
	label.key == "doubt"
	at := question.at[j]
}

# One cause often stands in several lines: those that leave the same open are
# one finding.
statements[positions] contains at if some at, positions in causes

told(question) := sprintf("%s -> %s (%s)", [object.get(question, "source", object.get(question, "from", "")), question.destination, question.service])

findings contains found if {
	some positions, lines in statements
	places := verdicts.in_order(lines)
	questions := [open[i] | some i in positions]
	ends := sort({told(question) | some question in questions})
	firewalls := sort({firewall | some question in questions; some firewall in question.firewalls})
	found := {
		"at": places,
		"labels": [{"key": "doubt"} | some _ in places],
		"args": {
			"firewall": firewalls,
			"reasons": verdicts.reasons(questions), "count": count(ends),
			"flows": array.slice(ends, 0, 3),
			"settle": array.slice(verdicts.settle(questions), 0, 1),
		},
		"subject": sprintf("%s: %s", [concat(", ", firewalls), concat("; ", verdicts.reasons(questions))]),
		"extent": ends,
	}
}
