# METADATA
# title: Communication between the nodes of a cluster is blocked
# custom:
#   id: FR012
#   name: required-cluster-heartbeat-blocked
#   severity: error
#   paths: [cluster-heartbeat-udp, cluster-random-tcp, clustering]
#   statements: [S27, S28, S30]
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: クラスター ノード間の通信がブロックされている
#   message:
#     en: "{firewall} denies {services} between nodes of one cluster ({sources} to {destinations})"
#     ja: "{firewall} が、同じクラスターのノード間 ({sources} から {destinations}) の {services} を拒否しています"
#   fix:
#     en: "On {firewall}, permit udp/3343, tcp/135 and high TCP ports both ways between the nodes, without address translation, {place}{lines}"
#     ja: "{firewall} で、ノード間の udp/3343、tcp/135、大きい番号の TCP ポートを、アドレス変換なしで両方向とも{place}許可します{lines}"
#   undecided:
#     en: "Whether the cluster node {node} is reached by the other nodes could not be decided"
#     ja: "クラスター ノード {node} にほかのノードから到達できるかどうかを判定できません"
#   references:
#     - bb331973(v=exchg.80)
package exlint.rules.required_cluster_heartbeat_blocked

import rego.v1

import data.exlint.lib.required

flows := required.of({"cluster-heartbeat-udp", "clustering", "cluster-random-tcp"})

denied := required.with_verdict(flows, {"deny", "partial"})

arguments(group) := {
	"sources": required.sources(group),
	"destinations": required.destinations(group),
	"services": required.services(group),
}

# Some addresses or ports pass: one of several networks may carry the cluster.
severity(group) := "warning" if {
	every flow in group { flow.verdict == "partial" }
} else := "error"

findings contains found if {
	some group in required.together(denied)
	subject := concat(", ", sort({n | some f in group; some n in [f.source, f.destination]}))
	found := object.union(required.blocked(group, arguments(group), subject), {"severity": severity(group)})
}

undecided contains case if {
	open := required.with_verdict(flows, {"inconclusive"})
	some node in {flow.destination | some flow in open}
	group := [flow | some flow in open; flow.destination == node]
	case := required.doubtful(group, {"node": node}, node)
}
