# METADATA
# title: Calls are not encrypted, only their signalling is
# custom:
#   id: UM002
#   name: um-media-in-clear
#   severity: note
#   paths: [um-phone, um-fax]
#   statements: [S55]
#   needs: [Get-UMDialPlan]
#   versions: ["8", "14", "15"]
#   title.ja: シグナリングだけが保護され、通話は暗号化されない
#   message:
#     en: "Dial plan {plan} protects the signalling of its calls, but what people say travels in clear (VoIPSecurity is SIPSecured)"
#     ja: "ダイヤル プラン {plan} は通話のシグナリングを保護しますが、音声は暗号化されずに流れます (VoIPSecurity は SIPSecured)"
#   fix:
#     en: "Where the gateways speak SRTP, protect the media as well:\nSet-UMDialPlan \"{plan}\" -VoIPSecurity Secured\nRestart-Service MSExchangeUM"
#     ja: "ゲートウェイが SRTP に対応していれば、メディアも保護します:\nSet-UMDialPlan \"{plan}\" -VoIPSecurity Secured\nRestart-Service MSExchangeUM"
#   undecided:
#     en: "Whether dial plan {plan} could encrypt its calls could not be decided"
#     ja: "ダイヤル プラン {plan} の通話を暗号化できるかどうかを判定できません"
#   labels:
#     security: {en: "signalling only", ja: "シグナリングだけを保護します"}
#     no-version: {en: "the version of {server} is not known; the first release cannot do more", ja: "{server} のバージョンが不明です。初版ではこれ以上の保護はできません"}
#     no-server: {en: "nothing tells which UM servers serve {plan}", ja: "{plan} の UM サーバーがわかりません"}
#   references:
#     - aa996771(v=exchg.80)
#     - bb676516(v=exchg.80)
package exlint.rules.um_media_in_clear

import rego.v1

import data.exlint.lib.cases
import data.exlint.lib.properties
import data.exlint.lib.voice

# Plans without protection of the media, and their servers.
half contains known if {
	some plan in voice.plans
	voice.security(plan) == "SIPSecured"
	known := {"plan": plan, "servers": object.get(voice.plan_servers, voice.key(plan.identity), set())}
}

# Some server of the plan is newer than the first release.
able(servers) if {
	some name in servers
	voice.versions[name]
	not voice.first_release(name)
}

unknown(servers) := [{"key": "no-version", "args": {"server": name}} | some name in sort(servers); not voice.versions[name]]

findings contains finding if {
	some {"plan": plan, "servers": servers} in half
	able(servers)
	found := cases.finding(properties.places(plan, [["VoIPSecurity", "security"]]), {"plan": plan.identity}, plan.identity)
	finding := object.union(found, {"expected": "Secured", "actual": "SIPSecured"})
}

undecided contains case if {
	some {"plan": plan, "servers": servers} in half
	not able(servers)
	why := array.concat(unknown(servers), [{"key": "no-server", "args": {"plan": plan.identity}} | servers == set()])
	count(why) > 0
	needs := ["Get-ExchangeServer | Export-Clixml Get-ExchangeServer.xml", "Get-UMServer | Export-Clixml Get-UMServer.xml"]
	case := cases.undecided([plan.at.VoIPSecurity], why, needs, {"plan": plan.identity}, plan.identity)
}

undecided contains case if {
	some plan in voice.plans
	not voice.security(plan)
	case := cases.unread(plan, "VoIPSecurity", "Get-UMDialPlan", {"plan": plan.identity})
}
