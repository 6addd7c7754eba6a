# METADATA
# title: Addresses are translated between Exchange servers
# custom:
#   id: NT005
#   name: nat-between-exchange-servers
#   severity: warning
#   paths: [cluster-heartbeat-udp, hub-to-ad, cas-to-mailbox-rpc]
#   statements: [S28]
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: Exchange サーバーの間でアドレスが変換されている
#   message:
#     en: "{firewall} translates addresses between servers that must know each other's: {pairs}"
#     ja: "{firewall} は、互いのアドレスを知る必要のあるサーバーの間でアドレスを変換しています: {pairs}"
#   fix:
#     en: "Exempt these servers from translation on {firewall} (nat 0 on an old ASA or PIX, a static identity translation above the others on a new one)"
#     ja: "{firewall} で、これらのサーバー間を変換の対象から除外します (旧 ASA や PIX では nat 0、新しい ASA では先頭に置いた静的な同一変換)"
#   undecided:
#     en: "Whether {firewall} translates addresses between {pairs} could not be decided"
#     ja: "{firewall} が {pairs} の間でアドレスを変換するかどうかを判定できません"
#   labels:
#     translated: {en: "this translation changes the address", ja: "この変換でアドレスが変わります"}
#   references:
#     - bb331973(v=exchg.80)
package exlint.rules.nat_between_exchange_servers

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.verdicts

# Servers of one organization; mail between Edge and Hub survives translation.
inner(name) if {
	roles := {role | some role in estate.servers[name].roles}
	count(roles & {"hub", "mailbox", "cas", "um", "ad"}) > 0
	estate.in_service(name)
}

translating contains known if {
	some flow in input.flows
	flow.verdict != "deny"
	some sort_ in ["effects", "possible_effects"]
	some effect in object.get(flow, sort_, [])
	effect.kind == "translated"
	inner(flow.source)
	inner(flow.destination)
	sure := {sort_, flow.verdict} & {"possible_effects", "inconclusive"} == set()
	known := {"at": effect.at, "firewall": effect.firewall, "sure": sure, "flow": flow}
}

pairs(all) := sort({sprintf("%s -> %s", [known.flow.source, known.flow.destination]) | some known in all})

findings contains finding if {
	some at in {known.at | some known in translating; known.sure}
	all := [known | some known in translating; known.at == at; known.sure]
	grounds := [place | some known in all; some place in verdicts.grounds(known.flow)]
	places := array.concat([verdicts.place(at, "translated")], verdicts.unique(grounds))
	finding := object.union(verdicts.shown(places), {"args": {"firewall": all[0].firewall, "pairs": pairs(all)}, "subject": sprintf("%s: %s", [all[0].firewall, concat(", ", pairs(all))])})
}

undecided contains case if {
	some at in {known.at | some known in translating} - {known.at | some known in translating; known.sure}
	all := [known | some known in translating; known.at == at]
	flows := [known.flow | some known in all]
	case := {"at": [at], "why": verdicts.reasons(flows), "needs": verdicts.settle(flows), "args": {"firewall": all[0].firewall, "pairs": pairs(all)}, "subject": all[0].firewall}
}
