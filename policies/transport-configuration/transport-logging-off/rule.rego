# METADATA
# title: Transport server does not record what it does
# custom:
#   id: TC005
#   name: transport-logging-off
#   severity: note
#   paths: [hub-to-hub-smtp]
#   statements: []
#   needs: [Get-TransportServer]
#   versions: ["8", "14", "15"]
#   title.ja: トランスポート サーバーのログが無効
#   message:
#     en: "{server} does not keep its {logs}"
#     ja: "{server} は{logs}を記録していません"
#   fix:
#     en: "Set-TransportServer {server} {switches}"
#     ja: "Set-TransportServer {server} {switches}"
#   undecided:
#     en: "Whether {server} keeps its logs could not be decided"
#     ja: "{server} がログを記録しているかどうかを判定できません"
#   labels:
#     off: {en: "nothing is recorded", ja: "何も記録されません"}
#     tracking: {en: "message tracking log", ja: "メッセージ追跡ログ"}
#     connectivity: {en: "connectivity log", ja: "接続ログ"}
#     both: {en: "message tracking log and connectivity log", ja: "メッセージ追跡ログと接続ログ"}
#   references:
#     - aa998631(v=exchg.80)
package exlint.rules.transport_logging_off

import rego.v1

import data.exlint.lib.properties
import data.exlint.lib.verdicts

logs := {"MessageTrackingLogEnabled": "tracking", "ConnectivityLogEnabled": "connectivity"}

names(["ConnectivityLogEnabled", "MessageTrackingLogEnabled"]) := "both"

names([name]) := logs[name]

findings contains finding if {
	some server in object.get(input.objects, "Get-TransportServer", [])
	off := sort([name | some name, _ in logs; server.properties[name] == false])
	count(off) > 0
	finding := object.union(verdicts.shown(properties.places(server, [[name, "off"] | some name in off])), {
		"args": {"server": server.identity, "logs": {"key": names(off)}, "switches": concat(" ", [sprintf("-%s $true", [name]) | some name in off])},
		"subject": server.identity,
		"expected": "True",
		"actual": "False",
	})
}

undecided contains case if {
	some server in object.get(input.objects, "Get-TransportServer", [])
	read := [name | some name, _ in logs]
	not properties.known(server, read)
	case := {
		"at": properties.somewhere(server, read),
		"why": properties.unknown(server, read),
		"needs": properties.export("Get-TransportServer"),
		"args": {"server": server.identity},
		"subject": server.identity,
	}
}
