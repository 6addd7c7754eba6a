# METADATA
# title: LDAP of a domain controller is open from the perimeter network or the Internet
# custom:
#   id: FU004
#   name: ldap-open-from-perimeter
#   severity: error
#   paths: [hub-to-ad, edge-local-adam]
#   statements: [S15, S16, S64]
#   needs: [firewall, [inventory, Get-ADDomainController]]
#   versions: ["8", "14", "15"]
#   title.ja: 境界ネットワークまたはインターネットからドメイン コントローラーの LDAP が開いている
#   message:
#     en: "{firewall} lets traffic from {from}{part} reach the directory on {servers} ({services}); Edge Transport servers ask their local ADAM"
#     ja: "{firewall} により、{from}{part} から {servers} のディレクトリ ({services}) に到達できます。エッジ トランスポート サーバーはローカルの ADAM を参照するため不要です"
#   fix:
#     en: "Remove {services} to {servers} from \"{rule}\" on {firewall}; a reverse proxy that must ask the directory gets tcp/636 alone"
#     ja: "{firewall} の「{rule}」から {servers} への {services} を外します。ディレクトリを参照する必要のあるリバース プロキシには tcp/636 だけを許可します"
#   undecided:
#     en: "Whether {from} reaches the directory on {servers} could not be decided"
#     ja: "{from} から {servers} のディレクトリに到達できるかどうかを判定できません"
#   variants:
#     unlisted:
#       message:
#         en: "{firewall} lets traffic from {from}{part} reach the directory on {servers} ({services}); Edge Transport servers ask their local ADAM"
#         ja: "{firewall} により、{from}{part} から {servers} のディレクトリ ({services}) に到達できます。エッジ トランスポート サーバーはローカルの ADAM を参照するため不要です"
#       fix:
#         en: "No access list of {firewall} stands in the way: bind one towards {from} that denies {services} to {servers}"
#         ja: "{firewall} にこれを止めるアクセス リストがありません。{from} 側に、{servers} への {services} を拒否するアクセス リストを割り当てます"
#   references:
#     - bb331973(v=exchg.80)
package exlint.rules.ldap_open_from_perimeter

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.exposures

services := {"tcp/389", "udp/389", "tcp/636", "tcp/3268", "tcp/3269"}

asked := [exposure |
	some exposure in exposures.of(services, {"internet", "perimeter"})
	estate.has_role(exposure.destination, "ad")
	not excused(exposure)
]

excused(exposure) if {
	exposure.verdict == "partial"
	exposures.others(exposure) == []
	count(exposures.machines(exposure)) > 0
	every machine in exposures.machines(exposure) { may_ask(machine, exposure.service) }
}

# A reverse proxy may ask by LDAP over SSL, to check who logs on.
may_ask(machine, "tcp/636") if estate.has_role(machine, "reverse-proxy")

# A member of the domain that stands there has to: that it does is FS002 or FS005.
may_ask(machine, _) if {
	estate.servers[machine].exchange
	not estate.has_role(machine, "edge")
}

opened := exposures.open(asked)

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
