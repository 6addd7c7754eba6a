# METADATA
# title: Unified Messaging server cannot reach mailboxes, or is not reached for Play on Phone
# custom:
#   id: FR019
#   name: required-um-mailbox-or-cas-um-blocked
#   severity: warning
#   paths: [um-to-mailbox-rpc, cas-to-um]
#   statements: [S32]
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: ユニファイド メッセージング サーバーがメールボックスに到達できない、または「電話で再生」で到達されない
#   message:
#     en: "Unified Messaging server {sources} cannot reach the mailboxes on {destinations}: {firewall} denies {services}"
#     ja: "ユニファイド メッセージング サーバー {sources} が {destinations} のメールボックスに到達できません。{firewall} が {services} を拒否しています"
#   fix:
#     en: "Let {firewall} pass everything from {sources} to {destinations}, {place}; RPC needs more than tcp/135{lines}"
#     ja: "{firewall} で、{sources} から {destinations} への通信をすべて{place}通します。RPC には tcp/135 以外も必要です{lines}"
#   variants:
#     play:
#       message:
#         en: "Play on Phone fails: {firewall} denies {services} from Client Access server {sources} to Unified Messaging server {destinations}"
#         ja: "「電話で再生」が失敗します。{firewall} が、クライアント アクセス サーバー {sources} からユニファイド メッセージング サーバー {destinations} への {services} を拒否しています"
#       fix:
#         en: "On {firewall}, permit {sources} to {destinations} on tcp/5060 or tcp/5061, as the dial plan needs, {place}{lines}"
#         ja: "{firewall} で、{sources} から {destinations} への tcp/5060 または tcp/5061 (ダイヤル プランによる) を{place}許可します{lines}"
#   undecided:
#     en: "Whether {sources} reaches {destinations} could not be decided"
#     ja: "{sources} が {destinations} に到達できるかどうかを判定できません"
#   references:
#     - bb331973(v=exchg.80)
package exlint.rules.required_um_mailbox_or_cas_um_blocked

import rego.v1

import data.exlint.lib.required

rpc := [flow | some flow in required.of({"um-to-mailbox-rpc"}); flow.service == "tcp/135"]

sip := [flow | some flow in required.of({"cas-to-um"}); flow.service in {"tcp/5060", "tcp/5061"}]

# Either port will do: the dial plan chooses.
silent := {[flow.source, flow.destination] | some flow in required.with_works(sip, {"yes", "unknown"})}

play := [flow | some flow in required.with_works(sip, {"no"}); not [flow.source, flow.destination] in silent]

denied := {"rpc": required.with_works(rpc, {"no"}), "play": play}

# No export that is read tells whether Play on Phone is allowed at all.
variant := {
	"rpc": {},
	"play": {"variant": "play", "confidence": "derived", "weak": "whether Play on Phone is in use"},
}

arguments(group) := {
	"sources": required.sources(group),
	"destinations": required.destinations(group),
	"services": required.services(group),
}

subject(group) := sprintf("%s -> %s", [concat(", ", required.sources(group)), concat(", ", required.destinations(group))])

findings contains found if {
	some kind, flows in denied
	some group in required.together(flows)
	found := object.union(required.blocked(group, arguments(group), subject(group)), variant[kind])
}

undecided contains case if {
	some end in {flow.destination | some flow in required.with_works(rpc, {"unknown"})}
	group := [flow | some flow in required.with_works(rpc, {"unknown"}); flow.destination == end]
	case := required.doubtful(group, arguments(group), end)
}
