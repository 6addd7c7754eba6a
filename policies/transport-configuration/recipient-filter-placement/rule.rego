# METADATA
# title: Recipients are not checked where mail comes in
# custom:
#   id: TC004
#   name: recipient-filter-placement
#   severity: note
#   paths: [recipient-filter-hub-to-ad, hub-to-edge-edgesync]
#   statements: [S15, S16, S17, S19]
#   needs: [[Get-TransportAgent, Get-RecipientFilterConfig], [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: 受信者の検証がメールの入口で行われていない
#   message:
#     en: "{hub} filters recipients with queries to Active Directory, although Edge Transport server {edges} could refuse them first"
#     ja: "エッジ トランスポート サーバー {edges} で先に拒否できるのに、{hub} が Active Directory を照会して受信者をフィルターしています"
#   fix:
#     en: "Let the Edge validate recipients, then switch the agent off on {hub}:\nSet-RecipientFilterConfig -RecipientValidationEnabled $true   # on the Edge\nDisable-TransportAgent \"Recipient Filter Agent\"   # on {hub}"
#     ja: "エッジで受信者を検証し、{hub} のエージェントを無効にします:\nSet-RecipientFilterConfig -RecipientValidationEnabled $true   # エッジ上\nDisable-TransportAgent \"Recipient Filter Agent\"   # {hub} 上"
#   undecided:
#     en: "Whether {edge} checks recipients before it takes mail could not be decided"
#     ja: "{edge} がメールを受け付ける前に受信者を検証しているかどうかを判定できません"
#   labels:
#     agent: {en: "the agent runs here", ja: "ここでエージェントが動作しています"}
#     validation: {en: "validation of recipients", ja: "受信者の検証"}
#   variants:
#     off:
#       message:
#         en: "Edge Transport server {edge} takes mail for recipients that do not exist: RecipientValidationEnabled is False"
#         ja: "エッジ トランスポート サーバー {edge} は存在しない受信者宛てのメールも受け付けます (RecipientValidationEnabled が False)"
#       fix:
#         en: "On {edge}:\nSet-RecipientFilterConfig -RecipientValidationEnabled $true"
#         ja: "{edge} 上で実行します:\nSet-RecipientFilterConfig -RecipientValidationEnabled $true"
#     no-data:
#       message:
#         en: "Edge Transport server {edge} validates recipients, but without a subscription it knows none"
#         ja: "エッジ トランスポート サーバー {edge} は受信者を検証しますが、購読されていないため受信者データがありません"
#       fix:
#         en: "Subscribe {edge} (TC002), or switch validation off there:\nSet-RecipientFilterConfig -RecipientValidationEnabled $false"
#         ja: "{edge} を購読するか (TC002)、検証を無効にします:\nSet-RecipientFilterConfig -RecipientValidationEnabled $false"
#   references:
#     - bb331973(v=exchg.80)
#     - aa997139(v=exchg.80)
package exlint.rules.recipient_filter_placement

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.properties
import data.exlint.lib.verdicts

edges := {server.name | some server in input.servers; "edge" in server.roles; estate.in_service(server.name)}

# Edges that EdgeSync brings recipients to.
supplied := {edge | some edge in edges; estate.subscribed(edge) == "yes"}

findings contains finding if {
	count(supplied) > 0
	some agent in object.get(input.objects, "Get-TransportAgent", [])
	agent.identity == "Recipient Filter Agent"
	agent.properties.Enabled == true
	hub := agent.server
	estate.has_role(hub, "hub")
	finding := object.union(verdicts.shown(properties.places(agent, [["Enabled", "agent"]])), {"args": {"hub": hub, "edges": sort(supplied), "edge": ""}, "subject": hub})
}

# The configuration of an Edge is its own; the others share that of the organization.
own[edge] contains config if {
	some config in object.get(input.objects, "Get-RecipientFilterConfig", [])
	edge := config.server
	edge in edges
}

variant(edge, config) := "off" if {
	config.properties.RecipientValidationEnabled == false
	edge in supplied
}

variant(edge, config) := "no-data" if {
	config.properties.RecipientValidationEnabled == true
	estate.subscribed(edge) == "no"
}

findings contains finding if {
	some edge, configs in own
	some config in configs
	variant_ := variant(edge, config)
	finding := object.union(verdicts.shown(properties.places(config, [["RecipientValidationEnabled", "validation"]])), {
		"variant": variant_,
		"args": {"edge": edge, "hub": "", "edges": []},
		"subject": edge,
	})
}

undecided contains case if {
	some edge, configs in own
	some config in configs
	not properties.known(config, ["RecipientValidationEnabled"])
	case := {
		"at": properties.somewhere(config, ["RecipientValidationEnabled"]),
		"why": properties.unknown(config, ["RecipientValidationEnabled"]),
		"needs": [sprintf("Get-RecipientFilterConfig | Format-List * > %s_RecipientFilterConfig_FL.TXT", [upper(edge)])],
		"args": {"edge": edge},
		"subject": edge,
	}
}
