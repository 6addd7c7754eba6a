# METADATA
# title: Replication between networks without encryption
# custom:
#   id: MB002
#   name: replication-without-ipsec-across-sites
#   severity: warning
#   paths: [ccr-scr-log-shipping, ccr-scr-seeding]
#   statements: [S56]
#   needs: [firewall, [Get-StorageGroup, Get-MailboxServer, Get-ClusteredMailboxServerStatus]]
#   versions: ["8"]
#   supersedes: [FU003]
#   title.ja: 暗号化されないレプリケーションがネットワークをまたぐ
#   message:
#     en: "Transaction logs travel in clear between {source} and {target}, which lie in different networks or sites"
#     ja: "トランザクション ログが、別のネットワークまたはサイトにある {source} と {target} の間を暗号化されずに流れます"
#   fix:
#     en: "Protect the traffic between the two with IPsec, for example, on both:\nnetsh ipsec static add policy name=Replication assign=yes\n(a rule for all traffic between {source} and {target} with a filter action that negotiates), or declare the tunnel under it:\n[[encrypted_link]]\nbetween = [\"{a}\", \"{b}\"]\nby = \"ipsec\""
#     ja: "両者の間の通信を IPsec で保護します。例 (両方のサーバーで):\nnetsh ipsec static add policy name=Replication assign=yes\n({source} と {target} の間のすべての通信を対象とし、セキュリティをネゴシエートする規則)。下位のトンネルがある場合は宣言します:\n[[encrypted_link]]\nbetween = [\"{a}\", \"{b}\"]\nby = \"ipsec\""
#   undecided:
#     en: "Whether replication between {source} and {target} leaves their network could not be decided"
#     ja: "{source} と {target} の間のレプリケーションがネットワークの外に出るかどうかを判定できません"
#   labels:
#     standby: {en: "{target} is a standby target", ja: "{target} はスタンバイ ターゲットです"}
#     nowhere: {en: "nothing tells in which network {host} lies", ja: "{host} のネットワークがわかりません"}
#   references:
#     - bb331973(v=exchg.80)
package exlint.rules.replication_without_ipsec_across_sites

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.replication
import data.exlint.lib.verdicts
import data.exlint.lib.voice

# Log shipping between partners through a firewall, or perhaps through one, in
# the order of their names: nodes of a cluster copy either way.
flows[ends] contains flow if {
	some flow in input.flows
	flow.path == "ccr-scr-log-shipping"
	replication.partners(flow)
	not encrypted(flow)
	ends := sort([flow.source, flow.destination])
}

encrypted(flow) if {
	some effect in flow.effects
	effect.kind == "encrypted"
}

# How two partners stand: "apart" | "together" | "unknown".
stand(a, b) := "apart" if {
	estate.site(a) != estate.site(b)
} else := "unknown" if {
	some name in [a, b]
	voice.server_zones(name) == set()
} else := "apart" if {
	count(voice.server_zones(a) & voice.server_zones(b)) == 0
} else := "together"

# The first by id: sets of objects have no order that a person knows.
first(list) := [f | some f in list; f.id == min([g.id | some g in list])][0]

zone(name) := sort(voice.server_zones(name))[0] if {
	count(voice.server_zones(name)) > 0
} else := name

findings contains finding if {
	some ends, list in flows
	stand(ends[0], ends[1]) == "apart"
	flow := first([f | some f in list; count(f.firewalls) > 0])
	places := array.concat(replication.places(flow), verdicts.places(flow))
	finding := object.union(verdicts.shown(places), {
		"args": {"source": ends[0], "target": ends[1], "a": zone(ends[0]), "b": zone(ends[1])},
		"subject": concat(" - ", ends),
		"flows": verdicts.keys(list),
	})
}

undecided contains case if {
	some ends, list in flows
	stand(ends[0], ends[1]) == "unknown"
	flow := first([f | some f in list])
	case := {
		"at": verdicts.refs(array.concat(replication.places(flow), machines_at(ends))),
		"why": [{"key": "nowhere", "args": {"host": name}} | some name in ends; voice.server_zones(name) == set()],
		"needs": [sprintf("Get-NetworkConnectionInfo %s | fl *", [upper(name)]) | some name in ends; voice.server_zones(name) == set()],
		"args": {"source": ends[0], "target": ends[1]},
		"subject": concat(" - ", ends),
	}
}

machines_at(ends) := [verdicts.place(server.at.self, null) | some name in ends; some server in input.servers; server.name == name]
