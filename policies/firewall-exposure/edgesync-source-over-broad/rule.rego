# METADATA
# title: EdgeSync port of an Edge Transport server is open to more than its Hub Transport servers
# custom:
#   id: FU006
#   name: edgesync-source-over-broad
#   severity: warning
#   paths: [hub-to-edge-edgesync]
#   statements: [S08, S58]
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: エッジ トランスポート サーバーの EdgeSync ポートが、ハブ トランスポート サーバー以外にも開いている
#   message:
#     en: "{firewall} lets traffic from {from}{part} reach the EdgeSync port of {servers} ({services}), not only Hub Transport servers of the subscribed site"
#     ja: "{firewall} により、購読先サイトのハブ トランスポート サーバーに限らず、{from}{part} から {servers} の EdgeSync ポート ({services}) に到達できます"
#   fix:
#     en: "Limit the source of \"{rule}\" on {firewall} to the Hub Transport servers of the subscribed site ({hubs})"
#     ja: "{firewall} の「{rule}」の送信元を、購読先サイトのハブ トランスポート サーバーに限定します ({hubs})"
#   undecided:
#     en: "Who in {from} reaches the EdgeSync port of {servers} could not be decided"
#     ja: "{from} の誰が {servers} の EdgeSync ポートに到達できるかを判定できません"
#   variants:
#     unlisted:
#       message:
#         en: "{firewall} lets traffic from {from}{part} reach the EdgeSync port of {servers} ({services}), not only Hub Transport servers of the subscribed site"
#         ja: "{firewall} により、購読先サイトのハブ トランスポート サーバーに限らず、{from}{part} から {servers} の EdgeSync ポート ({services}) に到達できます"
#       fix:
#         en: "No access list of {firewall} stands in the way: bind one towards {from} that permits {services} to {servers} from the Hub Transport servers of the subscribed site alone ({hubs})"
#         ja: "{firewall} にこれを止めるアクセス リストがありません。{from} 側に、購読先サイトのハブ トランスポート サーバー ({hubs}) からだけ {servers} への {services} を許可するアクセス リストを割り当てます"
#   labels:
#     no-hub: {en: "the inputs name none of them", ja: "入力には 1 台も示されていません"}
#   references:
#     - bb331973(v=exchg.80)
#     - bb232180(v=exchg.80)
package exlint.rules.edgesync_source_over_broad

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.exposures

asked := [exposure |
	some exposure in input.exposures
	exposure.application == "adam-ldaps"
	estate.in_service(exposure.destination)
]

hubs(edge) := {name | some name, server in estate.servers; "hub" in server.roles; estate.in_service(name); may_serve(name, edge)}

may_serve(hub, edge) if estate.serves(hub, edge)

may_serve(_, edge) if estate.subscribed(edge) != "yes"

beyond := [exposure | some exposure in exposures.open(asked); exposures.beyond(exposure, hubs(exposure.destination))]

# Its Hubs, and servers that may be.
maybe(edge) := hubs(edge) | estate.roleless

stray(exposure) if exposures.beyond(exposure, maybe(exposure.destination))

opened := [exposure | some exposure in beyond; stray(exposure); not exposures.unnamed(exposure, maybe(exposure.destination))]

served(group) := names if {
	names := sort({hub | some exposure in group; some hub in hubs(exposure.destination)})
	count(names) > 0
} else := {"key": "no-hub"}

# Hubs of other sites in a common group are untidy, no more.
severity(group) := "note" if {
	every exposure in group {
		exposure.verdict == "partial"
		not exposure.sources.more
		exposure.sources.others == []
		every machine in exposure.sources.machines { estate.has_role(machine, "hub") }
	}
} else := "warning"

findings contains found if {
	some reason in exposures.causes(opened)
	group := exposures.by(reason, opened)
	found := object.union(exposures.reported(group, {"hubs": served(group)}), {"severity": severity(group)})
}

undecided contains case if {
	some zone in exposures.zones(asked)
	doubt := exposures.doubtful(asked, zone)
	count(doubt) > 0
	case := exposures.undecided(doubt, {})
}

undecided contains case if {
	some exposure in beyond
	stray(exposure)
	case := exposures.unaddressed(exposure, maybe(exposure.destination))
}

# Whoever reaches it beside its Hubs may be one: nothing tells.
undecided contains case if {
	some exposure in beyond
	not stray(exposure)
	case := object.union(exposures.undecided([exposure], {}), {
		"why": [{"key": "roles-untold", "args": {"servers": sort(estate.roleless)}}],
		"needs": ["Get-ExchangeServer | Export-Clixml Get-ExchangeServer.xml"],
	})
}

undecided contains case if {
	some exposure in exposures.open(asked)
	case := exposures.untold(exposure, maybe(exposure.destination))
}
