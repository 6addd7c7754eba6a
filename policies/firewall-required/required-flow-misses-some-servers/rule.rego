# METADATA
# title: A required flow is open for some servers of a role and closed for others
# custom:
#   id: FR021
#   name: required-flow-misses-some-servers
#   severity: error
#   paths: [hub-to-edge-smtp, edge-to-hub-smtp, hub-to-edge-edgesync, hub-to-hub-smtp, internet-to-edge-smtp]
#   statements: [S04, S08]
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   supersedes: [FR001, FR003, FR004, FR006]
#   title.ja: 必要な通信が、同じ役割の一部のサーバーにだけ開いている
#   message:
#     en: "{firewall} permits {service} for {present}, but not for {missing}, which has the same role and site (peers: {peers})"
#     ja: "{firewall} は {present} の {service} を許可していますが、同じ役割とサイトの {missing} には許可していません (相手: {peers})"
#   fix:
#     en: "Add {missing} to the group or rule of {firewall} that names {present}, {place}{lines}"
#     ja: "{firewall} で {present} を指定しているグループまたは規則に {missing} を追加します。場所: {place}{lines}"
#   undecided:
#     en: "{service} is open for {present}; whether it is for {missing} could not be decided"
#     ja: "{service} は {present} に開いていますが、{missing} に開いているかどうかを判定できません"
#   labels:
#     present: {en: "the others of this role are permitted here", ja: "同じ役割のほかのサーバーはここで許可されています"}
#   references:
#     - bb331973(v=exchg.80)
package exlint.rules.required_flow_misses_some_servers

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.groups
import data.exlint.lib.required
import data.exlint.lib.verdicts

# Which end of a path is one of several, and which is its peer.
varying := {
	"hub-to-edge-smtp": ["source", "destination"],
	"hub-to-edge-edgesync": ["source", "destination"],
	"edge-to-hub-smtp": ["destination", "source"],
	"hub-to-hub-smtp": ["source", "destination"],
	"internet-to-edge-smtp": ["destination", "source"],
}

flows := [flow | some flow in required.of(object.keys(varying)); flow.need == "required"; estate.used(flow)]

member(flow) := flow[varying[flow.path][0]]

peer(flow) := flow[varying[flow.path][1]]

# Of an Edge the site is the subscribed one.
site(name) := estate.site(name)

site(name) := "" if not estate.site(name)

# Members of one role and site that have the same peer.
key(flow) := [flow.path, flow.service, peer(flow), site(member(flow))]

# Places of flows by what they have in common.
passing[known] contains i if {
	some i, flow in flows
	flow.works == "yes"
	known := key(flow)
}

others[state] contains i if {
	some i, flow in flows
	flow.works in {"no", "unknown"}
	state := [key(flow), flow.works]
}

missed := [flows[i] | some i in union({others[[known, "no"]] | some known, _ in passing})]

present(group) := [flows[i] | some i in union({passing[key(flow)] | some flow in group})]

members(group) := sort({member(flow) | some flow in group})

arguments(group) := {
	"missing": members(group),
	"present": members(present(group)),
	"peers": sort({peer(flow) | some flow in group}),
	"service": group[0].service,
}

permits(group) := [verdicts.place(d.at, "present") |
	some flow in array.slice(present(group), 0, required.most_shown)
	some d in flow.decided_by
	d.action == "permit"
]

# Of one path and one cause.
together := groups.together([[[flow.path, required.cause(flow)], i] | some i, flow in missed])

findings contains found if {
	some places in together
	group := [missed[i] | some i in places]
	path := group[0].path
	subject := sprintf("%s: %s", [path, concat(", ", members(group))])
	finding := required.blocked_as(group, arguments(group), subject, permits(group))
	found := object.union(object.union(finding, {"paths": [path]}), degree(path, group))
}

# Mail goes on: an Edge has another Hub, and hub sites are a way around.
degree("edge-to-hub-smtp", _) := {"severity": "warning"}

degree("hub-to-hub-smtp", group) := {"severity": "warning"} if required.detour(group)

degree("hub-to-hub-smtp", group) := {} if not required.detour(group)

degree(path, _) := {} if not path in {"edge-to-hub-smtp", "hub-to-hub-smtp"}

undecided contains case if {
	some known, _ in passing
	group := [flows[i] | some i in others[[known, "unknown"]]]
	case := required.doubtful(group, arguments(group), sprintf("%s: %s", [known[0], concat(", ", members(group))]))
}
