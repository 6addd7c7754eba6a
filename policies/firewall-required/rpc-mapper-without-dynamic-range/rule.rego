# METADATA
# title: The RPC endpoint mapper is open, the ports that it assigns are not
# custom:
#   id: FR011
#   name: rpc-mapper-without-dynamic-range
#   severity: warning
#   paths: [mailbox-to-hub-submission, hub-to-mailbox-mapi, cas-to-mailbox-rpc, mapi-access, um-to-mailbox-rpc, availability-mailbox-access]
#   statements: [S32, S33]
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: RPC エンドポイント マッパーは開いているが、割り当てられるポートが開いていない
#   message:
#     en: "{firewall} lets {sources} ask {destinations} on tcp/135, but not use the ports that RPC assigns ({service})"
#     ja: "{firewall} は {sources} から {destinations} への tcp/135 を通しますが、RPC が割り当てるポート ({service}) を通しません"
#   fix:
#     en: "Between Exchange servers, let {firewall} pass everything; from clients, permit the declared range ({service}) or turn RPC inspection on, {place}{lines}"
#     ja: "Exchange サーバー間では {firewall} ですべてを通します。クライアントからは、宣言した範囲 ({service}) を許可するか、RPC の検査を有効にします。場所: {place}{lines}"
#   undecided:
#     en: "tcp/135 from {sources} to {destinations} is open; whether the ports are that RPC assigns could not be decided ({service})"
#     ja: "{sources} から {destinations} への tcp/135 は開いていますが、RPC が割り当てるポート ({service}) が開いているかどうかを判定できません"
#   labels:
#     mapper: {en: the endpoint mapper is permitted here, ja: エンドポイント マッパーはここで許可されています}
#     addresses: {en: "a part of the addresses passes on tcp/135, and a part on the other ports", ja: "tcp/135 も割り当てられるポートも、アドレスの一部についてしか通りません"}
#   references:
#     - bb331973(v=exchg.80)
#     - "KB 154596: RPC dynamic port allocation with firewalls"
package exlint.rules.rpc_mapper_without_dynamic_range

import rego.v1

import data.exlint.lib.required
import data.exlint.lib.verdicts

paths := {
	"mailbox-to-hub-submission", "hub-to-mailbox-mapi", "cas-to-mailbox-rpc",
	"mapi-access", "um-to-mailbox-rpc", "availability-mailbox-access",
}

flows := [flow | some flow in required.of(paths); count(flow.firewalls) > 0; not required.superseded(flow)]

ends(flow) := [flow.source, flow.destination]

# The open endpoint mapper of two ends; of a server with several addresses some
# may be open.
mappers[pair] := mapper if {
	some flow in flows
	flow.service == "tcp/135"
	flow.verdict in {"permit", "partial"}
	flow.works != "no"
	pair := ends(flow)
	mapper := {"works": flow.works, "at": verdicts.deciding(flow)}
}

# What it assigns.
assigned := [flow | some flow in flows; flow.need == "negotiated"; mappers[ends(flow)]]

closed := [flow | some flow in assigned; shut(flow)]

shut(flow) if flow.verdict == "deny"

shut(flow) if {
	flow.works == "no"
	mappers[ends(flow)].works == "yes"
}

mapper_places(group) := [verdicts.place(at, "mapper") |
	some flow in array.slice(group, 0, required.most_shown)
	some at in mappers[ends(flow)].at
]

arguments(group) := {"sources": required.sources(group), "destinations": required.destinations(group), "service": required.services(group)}

subject(group) := sprintf("%s -> %s", [concat(", ", required.sources(group)), concat(", ", required.destinations(group))])

findings contains found if {
	some group in required.together(closed)
	found := required.blocked_as(group, arguments(group), subject(group), mapper_places(group))
}

undecided contains case if {
	open := [flow | some flow in assigned; unclear(flow)]
	some end in {flow.destination | some flow in open}
	group := [flow | some flow in open; flow.destination == end]
	case := object.union(required.doubtful(group, arguments(group), end), why(group))
}

unclear(flow) if flow.works == "unknown"

# Some of the server's addresses pass on either: nothing tells whether the same.
unclear(flow) if {
	flow.works == "no"
	flow.verdict == "partial"
	mappers[ends(flow)].works == "unknown"
}

why(group) := {} if {
	count(verdicts.reasons(group)) > 0
} else := {"why": ["addresses"]}
