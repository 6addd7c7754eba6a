# METADATA
# title: Replication port of a Mailbox server is open to more than its partners
# custom:
#   id: FU015
#   name: cluster-or-replication-ports-over-broad
#   severity: warning
#   paths: [cluster-heartbeat-udp, ccr-scr-log-shipping, clustering]
#   statements: [S27, S56]
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8"]
#   title.ja: メールボックス サーバーのレプリケーション ポートが、相手以外にも開いている
#   message:
#     en: "{firewall} lets traffic from {from}{part} reach {servers}, which replicates mailboxes, on {services}; only its partners need that"
#     ja: "{firewall} により、メールボックスをレプリケートする {servers} の {services} に {from}{part} から到達できます。必要なのはレプリケーションの相手だけです"
#   fix:
#     en: "Limit {services} to {servers} in \"{rule}\" on {firewall} to the partners of the replication and the administration network"
#     ja: "{firewall} の「{rule}」で、{servers} への {services} をレプリケーションの相手と管理ネットワークからに限定します"
#   undecided:
#     en: "Who in {from} reaches the replication port of {servers} could not be decided"
#     ja: "{from} の誰が {servers} のレプリケーション ポートに到達できるかを判定できません"
#   variants:
#     unlisted:
#       message:
#         en: "{firewall} lets traffic from {from}{part} reach {servers}, which replicates mailboxes, on {services}; only its partners need that"
#         ja: "{firewall} により、メールボックスをレプリケートする {servers} の {services} に {from}{part} から到達できます。必要なのはレプリケーションの相手だけです"
#       fix:
#         en: "No access list of {firewall} stands in the way: bind one towards {from} that permits {services} to {servers} from the partners alone"
#         ja: "{firewall} にこれを止めるアクセス リストがありません。{from} 側に、相手からだけ {servers} への {services} を許可するアクセス リストを割り当てます"
#   references:
#     - bb331973(v=exchg.80)
package exlint.rules.cluster_or_replication_ports_over_broad

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.exposures
import data.exlint.lib.replication

# Mailbox servers that hold or feed copies.
replicating := {name |
	some name, server in estate.servers
	"mailbox" in server.roles
	copies(name, server)
}

copies(_, server) if server.cluster

copies(name, _) if {
	some pair, _ in replication.standby
	name in pair
}

# Machines with a reason of their own to use SMB, partners among them.
others := {name | some name, server in estate.servers; server.exchange} |
	{name | some name, server in estate.servers; some role in ["ad", "backup", "admin-workstation"]; role in server.roles} |
	{name | some pair in replication.nodes; some name in pair}

asked := [exposure | some exposure in exposures.of({"tcp/445"}, {"internal", "partner", "voice"}); exposure.destination in replicating]

beyond := [exposure | some exposure in exposures.open(asked); exposures.beyond(exposure, others)]

opened := [exposure | some exposure in beyond; not exposures.unnamed(exposure, others)]

findings contains found if {
	some reason in exposures.causes(opened)
	found := exposures.reported(exposures.by(reason, opened), {})
}

undecided contains case if {
	some zone in exposures.zones(asked)
	doubt := exposures.doubtful(asked, zone)
	count(doubt) > 0
	case := exposures.undecided(doubt, {})
}

undecided contains case if {
	some exposure in beyond
	case := exposures.unaddressed(exposure, others)
}

undecided contains case if some case in exposures.all_untold(asked, others)
