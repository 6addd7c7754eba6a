# METADATA
# title: Rule of Windows Firewall is limited to a network profile that is not in use
# custom:
#   id: HF002
#   name: host-rule-profile-mismatch
#   severity: warning
#   paths: [hub-to-edge-smtp, hub-to-edge-edgesync]
#   statements: []
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   supersedes: [HF001]
#   title.ja: Windows ファイアウォールの規則が、使用していないネットワーク プロファイルに限定されている
#   message:
#     en: "The rule that would let {flows} into {server} is limited to other network profiles ({profiles}) than the one in use: {rule}"
#     ja: "{server} への {flows} を許可する規則は、使用中のものとは異なるネットワーク プロファイル ({profiles}) に限定されています: {rule}"
#   fix:
#     en: "Enable the rule for the profile in use, with the name of the rule:\nnetsh advfirewall firewall set rule name=\"NAME\" dir=in new profile=any\nOn a member of a domain, find out first why Windows does not recognise the domain's network there"
#     ja: "使用中のプロファイルで規則を有効にします (NAME は規則の名前):\nnetsh advfirewall firewall set rule name=\"NAME\" dir=in new profile=any\nドメインのメンバーの場合は、まず Windows がドメインのネットワークと認識しない原因を調べます"
#   undecided:
#     en: "{flows} into {server} is let in by rules that are not in force in every network profile, and which one is in use could not be decided"
#     ja: "{server} への {flows} を許可する規則は一部のネットワーク プロファイルでのみ有効です。使用中のプロファイルを判定できません"
#   references:
#     - cc754893(v=ws.10)
package exlint.rules.host_rule_profile_mismatch

import rego.v1

import data.exlint.lib.host_firewalls
import data.exlint.lib.verdicts

# Denied by the default of the profile, and a rule of other profiles would let
# it in: the places of that rule, the line that limits it first.
mismatched contains known if {
	some flow in host_firewalls.flows
	flow.verdict == "deny"
	some denial in host_firewalls.deciding(flow, "deny")
	some limit in flow.explained
	limit.label.key == "permits-in-other-profiles"
	known := {"key": [flow.destination, limit.at], "flow": flow, "limit": limit, "rule": denial.rule}
}

findings contains found if {
	some key in {known.key | some known in mismatched}
	all := [known | some known in mismatched; known.key == key]
	flows := [known.flow | some known in all]
	args := {"server": key[0], "flows": host_firewalls.named(flows), "profiles": all[0].limit.label.args.profiles, "rule": all[0].rule}
	places := verdicts.unique([place | some flow in flows; some place in array.concat(flow.explained, verdicts.places(flow))])
	found := object.union(verdicts.merged(flows, args, key[0]), object.union(verdicts.shown(places), {"expected": "permit"}))
}

# One profile has a rule that lets it in, and another has none.
unclear(flow) if {
	some permit in host_firewalls.deciding(flow, "permit")
	permit.label.key == "permits"
	some denial in host_firewalls.deciding(flow, "deny")
	denial.label.key == "default-denies"
	permit.filter != denial.filter
}

undecided contains case if {
	some server in {flow.destination | some flow in host_firewalls.flows}
	doubt := [flow | some flow in host_firewalls.flows; flow.destination == server; flow.verdict == "inconclusive"; unclear(flow)]
	count(doubt) > 0
	rules := [permit.at | some flow in doubt; some permit in host_firewalls.deciding(flow, "permit"); permit.label.key == "permits"]
	told := {"at": verdicts.unique(array.concat(rules, verdicts.evidence(doubt[0]))), "needs": ["netsh advfirewall show currentprofile"]}
	case := object.union(verdicts.undecided_all(doubt, {"server": server, "flows": host_firewalls.named(doubt)}, server), told)
}

undecided contains case if case := verdicts.unlooked(host_firewalls.flows)
