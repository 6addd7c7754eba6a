# METADATA
# title: Open-proxy test of sender reputation and the firewall disagree
# custom:
#   id: FU017
#   name: sender-reputation-egress-unneeded
#   severity: note
#   paths: [sender-reputation-proxy-test]
#   statements: [S18]
#   needs: [firewall, Get-SenderReputationConfig]
#   versions: ["8", "14", "15"]
#   title.ja: 送信者評価のオープン プロキシ検査とファイアウォールの設定が一致していない
#   message:
#     en: "Open-proxy detection is off, but {firewall} still lets {edges} open {services} to the Internet for it"
#     ja: "オープン プロキシの検出は無効ですが、{firewall} は {edges} からインターネットへの {services} を許可したままです"
#   fix:
#     en: "Take {services} out of \"{rule}\" on {firewall}"
#     ja: "{firewall} の「{rule}」から {services} を外します"
#   variants:
#     closed:
#       message:
#         en: "Open-proxy detection is on, but {firewall} lets {edges} open none of its ports to the Internet ({services}), so it finds nothing"
#         ja: "オープン プロキシの検出は有効ですが、{firewall} は {edges} からインターネットへのポート ({services}) をどれも許可していないため、何も検出できません"
#       fix:
#         en: "Set-SenderReputationConfig -OpenProxyDetectionEnabled $false, or permit the ports on {firewall} ({rule})"
#         ja: "Set-SenderReputationConfig -OpenProxyDetectionEnabled $false を設定するか、{firewall} でポートを許可します ({rule})"
#   undecided:
#     en: "Whether {edges} may open the ports of the open-proxy test could not be decided"
#     ja: "{edges} がオープン プロキシ検査のポートを開けるかどうかを判定できません"
#   labels:
#     switch: {en: "the switch of open-proxy detection", ja: "オープン プロキシ検出の設定"}
#   references:
#     - bb331973(v=exchg.80)
package exlint.rules.sender_reputation_egress_unneeded

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.properties
import data.exlint.lib.required
import data.exlint.lib.verdicts

# 80 has other uses; these have none.
ports := {"tcp/23", "tcp/1080", "tcp/1081", "tcp/3128", "tcp/6588"}

configs := object.get(input.objects, "Get-SenderReputationConfig", [])

# The configuration of an Edge is its own; one without a server is for all.
config(edge) := [c | some c in configs; object.get(c, "server", edge) == edge]

test(edge) := "on" if {
	some c in config(edge)
	c.properties.OpenProxyDetectionEnabled == true
	not c.properties.Enabled == false
} else := "off" if {
	some c in config(edge)
	some switch in ["OpenProxyDetectionEnabled", "Enabled"]
	c.properties[switch] == false
}

# Through a proxy of its own it needs none of the ports.
proxied(edge) if {
	some c in config(edge)
	is_string(c.properties.ProxyServerName)
}

flows := [flow |
	some flow in required.of({"sender-reputation-proxy-test"})
	flow.service in ports
	estate.has_role(flow.source, "edge")
	not proxied(flow.source)
]

needless := [opened(flow) | some flow in required.with_verdict(flows, {"permit", "partial"}); test(flow.source) == "off"]

# A flow with the rules that let it through: the firewall itself, on the Internet
# too, denies a part of it.
opened(flow) := object.union(flow, {"decided_by": [d | some d in flow.decided_by; d.action == "permit"]})

passing := {flow.source | some flow in flows; flow.verdict != "deny"}

futile := [flow | some flow in flows; test(flow.source) == "on"; not flow.source in passing]

groups := {"open": needless, "closed": futile}

kind := {"open": {"expected": "deny"}, "closed": {"variant": "closed", "expected": "permit"}}

switches(group) := [verdicts.place(c.at.OpenProxyDetectionEnabled, "switch") | some c in config(group[0].source); c.at.OpenProxyDetectionEnabled]

arguments(group) := {"edges": required.sources(group), "services": required.services(group)}

findings contains found if {
	some name, all in groups
	some group in required.together(all)
	finding := required.blocked_as(group, arguments(group), concat(", ", required.sources(group)), switches(group))
	found := object.union(finding, kind[name])
}

# An export without the switch says nothing.
undecided contains case if {
	some edge in {flow.source | some flow in flows}
	some c in config(edge)
	not test(edge)
	group := [flow | some flow in flows; flow.source == edge]
	told := {"why": properties.unknown(c, ["Enabled", "OpenProxyDetectionEnabled"]), "needs": properties.export("Get-SenderReputationConfig")}
	case := object.union(required.doubtful(group, arguments(group), edge), told)
}

undecided contains case if {
	open := [flow | some flow in required.with_verdict(flows, {"inconclusive"}); test(flow.source)]
	count(open) > 0
	case := required.doubtful(open, arguments(open), "open-proxy test")
}
