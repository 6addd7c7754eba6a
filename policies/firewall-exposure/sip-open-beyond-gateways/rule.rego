# METADATA
# title: SIP of a Unified Messaging server is open to more than its gateways
# custom:
#   id: FU012
#   name: sip-open-beyond-gateways
#   severity: error
#   paths: [um-phone, um-fax, cas-to-um]
#   statements: [S45, S46, S49]
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: ユニファイド メッセージング サーバーの SIP が、ゲートウェイ以外にも開いている
#   message:
#     en: "{firewall} lets traffic from {from}{part} reach the SIP ports of Unified Messaging server {servers} ({services}), not only its gateways"
#     ja: "{firewall} により、ゲートウェイに限らず、{from}{part} からユニファイド メッセージング サーバー {servers} の SIP ポート ({services}) に到達できます"
#   fix:
#     en: "Limit the source of \"{rule}\" on {firewall} to the UM IP gateways and the Client Access servers ({gateways})"
#     ja: "{firewall} の「{rule}」の送信元を、UM IP ゲートウェイとクライアント アクセス サーバー ({gateways}) に限定します"
#   undecided:
#     en: "Who in {from} reaches the SIP ports of {servers} could not be decided"
#     ja: "{from} の誰が {servers} の SIP ポートに到達できるかを判定できません"
#   variants:
#     unlisted:
#       message:
#         en: "{firewall} lets traffic from {from}{part} reach the SIP ports of Unified Messaging server {servers} ({services}), not only its gateways"
#         ja: "{firewall} により、ゲートウェイに限らず、{from}{part} からユニファイド メッセージング サーバー {servers} の SIP ポート ({services}) に到達できます"
#       fix:
#         en: "No access list of {firewall} stands in the way: bind one towards {from} that permits SIP to {servers} from {gateways} alone"
#         ja: "{firewall} にこれを止めるアクセス リストがありません。{from} 側に、{gateways} からだけ {servers} への SIP を許可するアクセス リストを割り当てます"
#   references:
#     - bb331973(v=exchg.80)
package exlint.rules.sip_open_beyond_gateways

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.exposures
import data.exlint.lib.telephony

sip := {"tcp/5060", "tcp/5061", "tcp/5062"}

asked := [exposure |
	some exposure in input.exposures
	exposure.service in sip
	estate.has_role(exposure.destination, "um")
	estate.in_service(exposure.destination)
]

callers := {name | some name, server in estate.servers; some role in ["ip-gateway", "cas"]; role in server.roles}

gateways := callers | {machine | some gateway in telephony.gateways; some machine in object.get(telephony.machines, gateway.identity, set())}

# By address too: a gateway need not be among the machines. Between the servers
# of the organisation everything should pass.
known := (gateways | exposures.peers) | {address | some gateway in telephony.gateways; address := gateway.properties.Address; is_string(address)}

# A single host that is no gateway is UM006's.
beyond := [exposure |
	some exposure in exposures.open(asked)
	exposures.beyond(exposure, known)
	not exposures.hosts_alone(exposure, known)
]

opened := [exposure | some exposure in beyond; not exposures.unnamed_server(exposure, known)]

# Networks of servers may be let through whole between Exchange servers.
severity(group) := "warning" if {
	every exposure in group { exposure["class"] == "internal" }
} else := "error"

findings contains found if {
	some reason in exposures.causes(opened)
	group := exposures.by(reason, opened)
	found := object.union(exposures.reported(group, {"gateways": sort(gateways)}), {"severity": severity(group)})
}

undecided contains case if {
	some zone in exposures.zones(asked)
	doubt := exposures.doubtful(asked, zone)
	count(doubt) > 0
	case := exposures.undecided(doubt, {})
}

undecided contains case if {
	some exposure in beyond
	case := exposures.unaddressed_server(exposure, known)
}

undecided contains case if some case in exposures.all_untold(asked, known)
