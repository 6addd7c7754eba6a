# METADATA
# title: Windows Firewall of a server blocks a port that its role needs
# custom:
#   id: HF001
#   name: host-firewall-blocks-required-port
#   severity: error
#   paths: [hub-to-hub-smtp, hub-to-edge-edgesync, cas-to-mailbox-rpc, owa]
#   statements: [S04]
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   supersedes: [FR001, FR003, FR004, FR005, FR006, FR007, FR008, FR013, FR018, FR019, FR021]
#   title.ja: サーバーの Windows ファイアウォールが役割に必要なポートをブロックしている
#   message:
#     en: "The Windows Firewall of {server} blocks what its roles must serve: {flows}"
#     ja: "{server} の Windows ファイアウォールが、役割に必要な通信をブロックしています: {flows}"
#   fix:
#     en: "Apply the Security Configuration Wizard with the template of Exchange for its roles again (Exchange2007.xml, on an Edge Exchange2007Edge.xml), or allow it by hand, {place}{lines}"
#     ja: "役割に応じた Exchange のテンプレート (Exchange2007.xml、エッジでは Exchange2007Edge.xml) でセキュリティの構成ウィザードを再適用するか、{place}手動で許可します{lines}"
#   undecided:
#     en: "Whether the Windows Firewall of {server} lets {flows} in could not be decided"
#     ja: "{server} の Windows ファイアウォールが {flows} を許可するかどうかを判定できません"
#   references:
#     - bb397223(v=exchg.80)
package exlint.rules.host_firewall_blocks_required_port

import rego.v1

import data.exlint.lib.host_firewalls
import data.exlint.lib.required
import data.exlint.lib.verdicts

# Rules of that firewall that deny a flow.
denials contains known if {
	some flow in host_firewalls.flows
	flow.works == "no"
	some d in host_firewalls.deciding(flow, "deny")
	known := {"server": flow.destination, "at": d.at, "flow": flow}
}

findings contains found if {
	some key in {[known.server, known.at] | some known in denials}
	all := [known.flow | some known in denials; [known.server, known.at] == key]
	args := {"server": key[0], "flows": host_firewalls.named(all), "lines": required.lines(all)}
	found := object.union(verdicts.merged(all, args, key[0]), {"expected": "permit"})
}

undecided contains case if {
	some server in {flow.destination | some flow in host_firewalls.flows}
	doubt := [flow | some flow in host_firewalls.flows; flow.destination == server; flow.works == "unknown"]
	count(doubt) > 0
	case := verdicts.undecided_all(doubt, {"server": server, "flows": host_firewalls.named(doubt)}, server)
}
