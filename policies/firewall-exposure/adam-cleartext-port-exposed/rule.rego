# METADATA
# title: Clear-text directory port of an Edge Transport server is exposed
# custom:
#   id: FU005
#   name: adam-cleartext-port-exposed
#   severity: error
#   paths: [edge-local-adam, hub-to-edge-edgesync]
#   statements: [S57, S58]
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: エッジ トランスポート サーバーの暗号化されないディレクトリ ポートが公開されている
#   message:
#     en: "{firewall} lets traffic from {from} reach the clear-text directory port {port} of Edge Transport server {edge}; EdgeSync does not need it"
#     ja: "{firewall} により、{from} からエッジ トランスポート サーバー {edge} の暗号化されないディレクトリ ポート {port} に到達できます。EdgeSync には不要です"
#   fix:
#     en: "Take {service} out of \"{rule}\" on {firewall}; EdgeSync works with {secure} from the Hub Transport servers alone"
#     ja: "{firewall} の「{rule}」から {service} を外します。EdgeSync はハブ トランスポート サーバーからの {secure} だけで動作します"
#   undecided:
#     en: "Whether {from} reaches the clear-text directory port of {edge} could not be decided"
#     ja: "{from} から {edge} の暗号化されないディレクトリ ポートに到達できるかどうかを判定できません"
#   variants:
#     unlisted:
#       message:
#         en: "{firewall} lets traffic from {from} reach the clear-text directory port {port} of Edge Transport server {edge}; EdgeSync does not need it"
#         ja: "{firewall} により、{from} からエッジ トランスポート サーバー {edge} の暗号化されないディレクトリ ポート {port} に到達できます。EdgeSync には不要です"
#       fix:
#         en: "No access list of {firewall} stands in the way: bind one towards {from} that denies {service} to {edge}; EdgeSync works with {secure} from the Hub Transport servers alone"
#         ja: "{firewall} にこれを止めるアクセス リストがありません。{from} 側に、{edge} への {service} を拒否するアクセス リストを割り当てます。EdgeSync はハブ トランスポート サーバーからの {secure} だけで動作します"
#   references:
#     - bb331973(v=exchg.80)
#     - bb331973(v=exchg.141)
#     - bb693319(v=exchg.80)
package exlint.rules.adam_cleartext_port_exposed

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.verdicts

exposures contains exposure if {
	some exposure in input.exposures
	exposure.application == "adam-ldap"
	estate.has_role(exposure.destination, "edge")
}

# What opens the port: the Edge, and the deciding rules.
opening(exposure) := {"edge": exposure.destination, "rules": verdicts.cause(exposure)}

opened := [{"key": opening(exposure), "exposure": exposure} | some exposure in exposures]

openings := {o.key | some o in opened}

of(key, states) := [o.exposure | some o in opened; o.key == key; o.exposure.verdict in states]

arguments(key, exposed) := {
	"edge": key.edge, "from": sort({e.from | some e in exposed}),
	"port": number(exposed[0].service), "secure": secure(key.edge),
}

# A port as people name it: `50389/tcp`.
number(service) := concat("/", [parts[1], parts[0]]) if parts := split(service, "/")

# The port that EdgeSync uses, where it may have been moved as well.
secure(edge) := number(min(moved)) if {
	moved := {e.service | some e in input.exposures; e.destination == edge; e.application == "adam-ldaps"}
	count(moved) > 0
} else := "50636/tcp"

findings contains finding if {
	some key in openings
	open := of(key, {"permit", "partial"})
	found := object.union(verdicts.exposed(verdicts.surest(open), {"service"}, arguments(key, open), key.edge), verdicts.interfaces(open))
	finding := object.union(found, {"expected": "deny", "flows": verdicts.keys(open)})
}

undecided contains case if {
	some key in openings
	doubt := verdicts.crossing(of(key, {"inconclusive"}))
	count(doubt) > 0
	case := {"at": verdicts.evidence(doubt[0]), "why": verdicts.reasons(doubt), "needs": verdicts.settle(doubt), "args": arguments(key, doubt), "subject": key.edge}
}
