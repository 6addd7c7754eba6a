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

import data.exlint.lib.estate
import data.exlint.lib.replication
import data.exlint.lib.required
import data.exlint.lib.verdicts

windows := {firewall_.name | some firewall_ in input.firewalls; firewall_.platform == "windows-firewall"}

# Flows that a server must serve, and whose last hop is its own firewall.
flows contains flow if {
	count(windows) > 0
	some flow in input.flows
	flow.need == "required"
	flow.firewalls[count(flow.firewalls) - 1] in windows
	estate.in_service(flow.destination)
	estate.servers[flow.destination].exchange
	estate.used(flow)
	asked(flow)
}

# Logs are fetched by the machines that hold copies, and RPC over HTTP comes from
# servers with Outlook Anywhere.
asked(flow) if not flow.path in {"ccr-scr-log-shipping", "outlook-anywhere-backend"}

asked(flow) if replication.partners(flow)

asked(flow) if {
	flow.path == "outlook-anywhere-backend"
	not without_outlook_anywhere(flow.source)
}

# The exports have Outlook Anywhere of others alone.
without_outlook_anywhere(server) if {
	"Get-OutlookAnywhere" in input.kinds
	not server in anywhere
}

anywhere := {object_.server | some object_ in object.get(input.objects, "Get-OutlookAnywhere", []); object_.server}

# Rules of that firewall that deny a flow.
denials contains known if {
	some flow in flows
	flow.verdict == "deny"
	some d in flow.decided_by
	d.action == "deny"
	d.firewall == flow.firewalls[count(flow.firewalls) - 1]
	known := {"server": flow.destination, "at": d.at, "flow": flow}
}

name(flow) := sprintf("%s (%s)", [flow.service, flow.source])

findings contains found if {
	some key in {[known.server, known.at] | some known in denials}
	all := [known.flow | some known in denials; [known.server, known.at] == key]
	args := {"server": key[0], "flows": sort({name(flow) | some flow in all}), "lines": required.lines(all)}
	found := object.union(verdicts.merged(all, args, key[0]), {"expected": "permit"})
}

undecided contains case if {
	some server in {flow.destination | some flow in flows}
	doubt := [flow | some flow in flows; flow.destination == server; flow.verdict == "inconclusive"]
	count(doubt) > 0
	case := verdicts.undecided_all(doubt, {"server": server, "flows": sort({name(flow) | some flow in doubt})}, server)
}
