# METADATA
# title: SMTP inspection removes STARTTLS
# custom:
#   id: FU018
#   name: smtp-inspection-strips-starttls
#   severity: error
#   paths: [hub-to-edge-smtp, edge-to-hub-smtp, hub-to-hub-smtp, edge-to-edge-smtp, um-to-hub-smtp, smtp-client-to-hub]
#   statements: [S02, S04, S09, S10]
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: SMTP 検査が STARTTLS を取り除いている
#   message:
#     en: "{firewall} inspects SMTP and removes STARTTLS where mail passes (open paths: {count}, such as {flows})"
#     ja: "{firewall} の SMTP 検査は、許可された {count} 本の経路で STARTTLS を取り除きます ({flows} など)"
#   fix:
#     en: "On {firewall}, take the Exchange servers out of the inspection, or make a map that lets TLS pass and name it where the inspection is (`inspect esmtp exchange`):\npolicy-map type inspect esmtp exchange\n parameters\n  allow-tls"
#     ja: "{firewall} で Exchange サーバーを検査の対象から外すか、TLS を通すマップを作り、検査の行で指定します (`inspect esmtp exchange`):\npolicy-map type inspect esmtp exchange\n parameters\n  allow-tls"
#   undecided:
#     en: "{firewall} removes STARTTLS, but whether SMTP passes it at all could not be decided"
#     ja: "{firewall} は STARTTLS を取り除きますが、SMTP がここを通過するかどうかを判定できません"
#   labels:
#     inspection: {en: "this inspection removes STARTTLS", ja: "この検査が STARTTLS を取り除きます"}
#     shaped: {en: "applied through this statement", ja: "この設定によって適用されます"}
#   references:
#     - bb331973(v=exchg.80)
#     - "Cisco ASA 5500 Series Configuration Guide, ESMTP inspection: the default map has no allow-tls"
package exlint.rules.smtp_inspection_strips_starttls

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.verdicts

paths := {
	"hub-to-edge-smtp", "edge-to-hub-smtp", "hub-to-hub-smtp", "edge-to-edge-smtp", "internet-to-edge-smtp",
	"edge-to-internet-smtp", "um-to-hub-smtp", "um-to-hub-smtp-um-table", "smtp-client-to-hub",
}

flows contains flow if {
	some flow in input.flows
	flow.path in paths
	flow.verdict != "deny"
	estate.used(flow)
}

# Open flows that an inspection strips STARTTLS from.
# Inspections that strip an open flow, and those that may: either the
# inspection may not apply, or the flow may not pass.
certain contains effect if {
	some flow in flows
	flow.verdict != "inconclusive"
	some effect in flow.effects
	effect.kind == "strips-starttls"
}

possible contains effect if {
	some flow in flows
	some effect in array.concat(flow.effects, object.get(flow, "possible_effects", []))
	effect.kind == "strips-starttls"
}

labels(effect) := array.concat(["inspection"], ["shaped" | some _ in object.get(effect, "related", [])])

findings contains finding if {
	some effect in certain
	at := array.concat([effect.at], object.get(effect, "related", []))
	passing := {f | some f in flows; effect in f.effects; f.verdict != "inconclusive"}
	open := sort({sprintf("%s -> %s (%s)", [f.source, f.destination, f.service]) | some f in passing})
	args := {"firewall": effect.firewall, "count": count(open), "flows": array.slice(open, 0, 3)}
	finding := {"at": at, "args": args, "subject": effect.firewall, "labels": labels(effect), "extent": open}
}

undecided contains case if {
	some effect in possible - certain
	doubt := [f | some f in flows; effect in array.concat(f.effects, object.get(f, "possible_effects", []))]
	told := {"at": [effect.at], "args": {"firewall": effect.firewall}, "subject": effect.firewall}
	case := object.union(told, {"why": verdicts.reasons(doubt), "needs": verdicts.settle(doubt)})
}
