# METADATA
# title: Windows Firewall of an Edge Transport server lets everything in
# custom:
#   id: HF003
#   name: host-firewall-off-in-perimeter
#   severity: warning
#   paths: [edge-local-adam]
#   statements: [S57]
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: エッジ トランスポート サーバーの Windows ファイアウォールがすべての着信を許可している
#   message:
#     en: "Nothing on Edge Transport server {edge} itself stops packets (\"{rule}\"), among them those to its directory"
#     ja: "エッジ トランスポート サーバー {edge} 自身は、ディレクトリ宛てを含め、パケットを止めません (「{rule}」)"
#   fix:
#     en: "Switch it on with the template for the Edge of the Security Configuration Wizard (Exchange2007Edge.xml):\nnetsh advfirewall set allprofiles state on\nnetsh advfirewall set allprofiles firewallpolicy blockinbound,allowoutbound"
#     ja: "セキュリティの構成ウィザードのエッジ用テンプレート (Exchange2007Edge.xml) を適用して有効にします:\nnetsh advfirewall set allprofiles state on\nnetsh advfirewall set allprofiles firewallpolicy blockinbound,allowoutbound"
#   undecided:
#     en: "Whether the Windows Firewall of Edge Transport server {edge} is on could not be decided"
#     ja: "エッジ トランスポート サーバー {edge} の Windows ファイアウォールが有効かどうかを判定できません"
#   references:
#     - bb397223(v=exchg.80)
package exlint.rules.host_firewall_off_in_perimeter

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.verdicts

windows := {firewall_.name | some firewall_ in input.firewalls; firewall_.platform == "windows-firewall"}

edges contains name if {
	some name, _ in estate.servers
	estate.has_role(name, "edge")
	estate.in_service(name)
}

# Ways to an Edge that end at its own firewall, and what that one says by default.
defaults[edge] contains known if {
	count(windows) > 0
	some flow in array.concat(input.flows, input.exposures)
	edge := flow.destination
	edge in edges
	some d in flow.decided_by
	d.firewall in windows
	d.firewall == flow.firewalls[count(flow.firewalls) - 1]
	d.action == "permit"
	d.label.key == "default-permits"
	known := {"decision": d, "flow": flow, "sure": {x.action | some x in flow.decided_by; x.firewall == d.firewall} == {"permit"}}
}

findings contains finding if {
	some edge, all in defaults
	some known in all
	known.sure
	d := known.decision
	places := array.concat([verdicts.place(d.at, d.label)], [verdicts.place(estate.servers[edge].at.self, {"key": "named-here", "args": {"server": edge}})])
	finding := object.union(verdicts.shown(places), {"args": {"edge": edge, "rule": d.rule}, "subject": edge, "actual": d.rule})
}

undecided contains case if {
	some edge, all in defaults
	every known in all { not known.sure }
	flows := [known.flow | some known in all]
	case := {"at": [estate.servers[edge].at.self], "why": verdicts.reasons(flows), "needs": ["netsh advfirewall show currentprofile"], "args": {"edge": edge}, "subject": edge}
}
