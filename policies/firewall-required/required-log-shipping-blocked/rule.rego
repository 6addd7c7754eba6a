# METADATA
# title: Continuous replication cannot fetch transaction logs
# custom:
#   id: FR013
#   name: required-log-shipping-blocked
#   severity: error
#   paths: [ccr-scr-log-shipping]
#   statements: [S56]
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8"]
#   title.ja: 連続レプリケーションがトランザクション ログを取得できない
#   message:
#     en: "{targets} cannot fetch transaction logs from {origins}: {firewall} denies {service}"
#     ja: "{targets} が {origins} からトランザクション ログを取得できません。{firewall} が {service} を拒否しています"
#   fix:
#     en: "On {firewall}, permit {targets} to {origins} on tcp/445, in this direction only and inside IPsec, {place}{lines}"
#     ja: "{firewall} で、{targets} から {origins} への tcp/445 を、この方向だけ、IPsec で保護して{place}許可します{lines}"
#   undecided:
#     en: "Whether {targets} can fetch transaction logs from {origins} could not be decided"
#     ja: "{targets} が {origins} からトランザクション ログを取得できるかどうかを判定できません"
#   labels:
#     unread: {en: "a standby machine", ja: "スタンバイのサーバー"}
#     standby: {en: "{target} is a standby copy of this storage group", ja: "{target} はこのストレージ グループのスタンバイです"}
#   references:
#     - bb331973(v=exchg.80)
#     - bb331973(v=exchg.141)
package exlint.rules.required_log_shipping_blocked

import rego.v1

import data.exlint.lib.properties
import data.exlint.lib.replication
import data.exlint.lib.required

flows := [flow | some flow in required.of({"ccr-scr-log-shipping"}); replication.partners(flow)]

denied := required.with_works(flows, {"no"})

arguments(group) := {"targets": required.sources(group), "origins": required.destinations(group)}

findings contains found if {
	some group in required.together(denied)
	subject := sprintf("%s -> %s", [concat(", ", required.sources(group)), concat(", ", required.destinations(group))])
	found := required.blocked_as(group, arguments(group), subject, [p | some f in group; some p in replication.places(f)])
}

# Storage groups whose list of standby machines cannot be read.
undecided contains case if {
	some group in object.get(input.objects, "Get-StorageGroup", [])
	group.unknown.StandbyMachines
	case := {
		"at": [group.at.self],
		"why": properties.unknown(group, ["StandbyMachines"]),
		"needs": properties.export("Get-StorageGroup"),
		"args": {"targets": {"key": "unread"}, "origins": [object.get(group, "server", group.identity)]},
		"subject": group.identity,
	}
}

undecided contains case if {
	some flow in required.with_works(flows, {"unknown"})
	case := required.doubtful([flow], arguments([flow]), sprintf("%s -> %s", [flow.source, flow.destination]))
}
