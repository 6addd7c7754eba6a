# METADATA
# title: Outlook cannot reach the Mailbox server
# custom:
#   id: FR017
#   name: required-outlook-mapi-blocked
#   severity: error
#   paths: [mapi-access, outlook-oab-mailbox, sa-legacy-listen]
#   statements: [S52]
#   needs: [firewall, inventory]
#   versions: ["8"]
#   supersedes: [FR011]
#   title.ja: Outlook がメールボックス サーバーに到達できない
#   message:
#     en: "Outlook in {zones} cannot open mailboxes on {servers}: {firewall} denies {services}"
#     ja: "{zones} の Outlook が {servers} のメールボックスを開けません。{firewall} が {services} を拒否しています"
#   fix:
#     en: "On {firewall}, permit {zones} to {servers} on {services}, {place}; or let these clients use Outlook Anywhere, which needs tcp/443 alone{lines}"
#     ja: "{firewall} で、{zones} から {servers} への {services} を{place}許可するか、tcp/443 だけで済む Outlook Anywhere をこれらのクライアントで使用します{lines}"
#   undecided:
#     en: "Whether Outlook in {zones} reaches the mailboxes on {servers} could not be decided"
#     ja: "{zones} の Outlook が {servers} のメールボックスに到達できるかどうかを判定できません"
#   variants:
#     assigned:
#       message:
#         en: "Outlook in {zones} cannot open mailboxes on {servers}: {firewall} lets it ask on tcp/135, but not use the ports that RPC assigns ({services})"
#         ja: "{zones} の Outlook が {servers} のメールボックスを開けません。{firewall} は tcp/135 を通しますが、RPC が割り当てるポート ({services}) を通しません"
#       fix:
#         en: "On {firewall}, permit {zones} to {servers} on {services} or turn RPC inspection on, {place}; or let these clients use Outlook Anywhere, which needs tcp/443 alone{lines}"
#         ja: "{firewall} で、{zones} から {servers} への {services} を許可するか、RPC の検査を有効にします。場所: {place}。または、tcp/443 だけで済む Outlook Anywhere をこれらのクライアントで使用します{lines}"
#   labels:
#     uses: {en: "clients of {zone} open mailboxes over RPC", ja: "{zone} のクライアントは RPC でメールボックスを開きます"}
#     no-class: {en: "zone {zone} uses outlook-mapi, but is not of class client", ja: "ゾーン {zone} は outlook-mapi を使用しますが、クラスが client ではありません"}
#   references:
#     - bb331973(v=exchg.80)
package exlint.rules.required_outlook_mapi_blocked

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.required
import data.exlint.lib.verdicts

zones[zone.name] := zone if {
	some zone in input.zones
	"outlook-mapi" in zone.uses
}

# The endpoint mapper, and the ports that it assigns.
flows := [flow |
	count(zones) > 0
	some flow in required.of({"mapi-access"})
	zones[flow.source]
	used(flow)
]

used(flow) if flow.service == "tcp/135"

used(flow) if flow.need == "negotiated"

arguments(group) := {"zones": required.sources(group), "servers": required.destinations(group), "services": required.services(group)}

subject(group) := sprintf("%s -> %s", [concat(", ", required.sources(group)), concat(", ", required.destinations(group))])

places(group) := [verdicts.place(zones[name].at.self, {"key": "uses", "args": {"zone": name}}) | some name in required.sources(group)]

findings contains found if {
	denied := required.with_works(flows, {"no"})
	some group in required.together(denied)
	found := object.union(required.blocked_as(group, arguments(group), subject(group), places(group)), variant(group))
}

# The endpoint mapper of all passes: the ports that it assigns are what is shut.
variant(group) := {"variant": "assigned"} if {
	every flow in group { mapped(flow) }
} else := {}

mapped(flow) if {
	flow.need == "negotiated"
	some mapper in flows
	mapper.service == "tcp/135"
	mapper.source == flow.source
	mapper.destination == flow.destination
	mapper.works == "yes"
}

undecided contains case if {
	some source in {flow.source | some flow in flows}
	doubt := verdicts.crossing([flow | some flow in flows; flow.source == source; flow.works == "unknown"])
	count(doubt) > 0
	case := required.doubtful(doubt, arguments(doubt), subject(doubt))
}

# Flows are asked about from zones of clients alone.
undecided contains case if {
	some name, zone in zones
	object.get(zone, "class", "") != "client"
	why := [{"key": "no-class", "args": {"zone": name}}]
	servers := sort({server | some server, known in estate.servers; "mailbox" in known.roles})
	args := {"zones": [name], "servers": servers}
	case := {"at": [zone.at.self], "why": why, "needs": ["class = \"client\""], "args": args, "subject": name}
}
