# METADATA
# title: Permit names the address on the wrong side of a translation
# custom:
#   id: NT001
#   name: permit-uses-wrong-side-of-nat
#   severity: error
#   paths: [internet-to-edge-smtp, owa]
#   statements: []
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   supersedes: [FR001, FR003, FR004, FR005, FR006, FR021]
#   title.ja: 許可規則がアドレス変換の反対側のアドレスを指定している
#   message:
#     en: "A rule of {firewall} means to permit {flows}, but names the address on the other side of the translation and never matches"
#     ja: "{firewall} の規則は {flows} を許可するつもりですが、変換の反対側のアドレスを指定しているため一致しません"
#   fix:
#     en: "In that rule of {firewall}, name the address that the device compares: the real one (ASA from 8.3 on, SRX, FortiGate with a VIP object), or the translated one (PIX, ASA before 8.3, PAN-OS)"
#     ja: "{firewall} のその規則に、装置が比較するアドレスを指定します。実アドレス (ASA 8.3 以降、SRX、VIP オブジェクトを使う FortiGate) または変換後のアドレス (PIX、8.3 より前の ASA、PAN-OS) です"
#   undecided:
#     en: "Whether the rules of {firewall} for {flows} name the right side of the translation could not be decided"
#     ja: "{flows} についての {firewall} の規則が、変換の正しい側のアドレスを指定しているかどうかを判定できません"
#   references:
#     - bb331973(v=exchg.80)
#     - "Cisco ASA 5500 Migration Guide for Version 8.3, Real IP addresses in access lists"
package exlint.rules.permit_uses_wrong_side_of_nat

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.verdicts

# Denied flows that a permit with the other address was meant for.
confused contains known if {
	some flow in input.flows
	flow.verdict == "deny"
	some place in object.get(flow, "explained", [])
	place.label.key == "names-other-address"
	estate.used(flow)
	estate.in_service(flow.destination)
	known := {"permit": place.at, "flow": flow}
}

name(flow) := sprintf("%s -> %s (%s)", [flow.source, flow.destination, flow.service])

findings contains found if {
	some permit in {known.permit | some known in confused}
	flows := [known.flow | some known in confused; known.permit == permit]
	explained := flows[0].explained
	args := {"flows": sort({name(flow) | some flow in flows})}
	finding := verdicts.finding(flows[0], args, sprintf("%s: %s", [verdicts.firewall(flows[0]), verdicts.rule(flows[0])]))
	shown := verdicts.shown(array.concat(explained, verdicts.places(flows[0])))
	found := object.union(object.union(finding, shown), {"expected": "permit", "flows": verdicts.keys(flows)})
}

# Translated flows of which the rules leave open whether they mean them, by firewall.
open[firewall] contains i if {
	some i, flow in input.flows
	flow.verdict == "inconclusive"
	some effect in array.concat(flow.effects, object.get(flow, "possible_effects", []))
	effect.kind == "translated"
	estate.used(flow)
	estate.in_service(flow.destination)
	firewall := effect.firewall
}

undecided contains case if {
	some firewall, places in open
	group := [input.flows[i] | some i in places]
	case := verdicts.undecided_all(group, {"firewall": firewall, "flows": sort({name(flow) | some flow in group})}, firewall)
}

undecided contains case if case := verdicts.unlooked(input.flows)
