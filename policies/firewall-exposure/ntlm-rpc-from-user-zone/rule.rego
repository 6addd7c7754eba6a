# METADATA
# title: Administration by SMB is open from a client network
# custom:
#   id: FU014
#   name: ntlm-rpc-from-user-zone
#   severity: note
#   paths: [admin-remote-registry, admin-smb, rus-rpc]
#   statements: [S24]
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: クライアント ネットワークから SMB による管理が開いている
#   message:
#     en: "{firewall} lets clients in {from}{part} reach {servers} by SMB ({services}), which only administration needs"
#     ja: "{firewall} により、クライアントのいる {from}{part} から、管理にしか必要のない SMB ({services}) で {servers} に到達できます"
#   fix:
#     en: "Limit {services} to {servers} in \"{rule}\" on {firewall} to the administration network"
#     ja: "{firewall} の「{rule}」で、{servers} への {services} を管理ネットワークからに限定します"
#   undecided:
#     en: "Whether clients in {from} reach {servers} by SMB could not be decided"
#     ja: "{from} のクライアントから {servers} に SMB で到達できるかどうかを判定できません"
#   variants:
#     unlisted:
#       message:
#         en: "{firewall} lets clients in {from}{part} reach {servers} by SMB ({services}), which only administration needs"
#         ja: "{firewall} により、クライアントのいる {from}{part} から、管理にしか必要のない SMB ({services}) で {servers} に到達できます"
#       fix:
#         en: "No access list of {firewall} stands in the way: bind one towards {from} that denies {services} to {servers}"
#         ja: "{firewall} にこれを止めるアクセス リストがありません。{from} 側に、{servers} への {services} を拒否するアクセス リストを割り当てます"
#   references:
#     - bb331973(v=exchg.80)
package exlint.rules.ntlm_rpc_from_user_zone

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.exposures

# A named administrator's machine in a network of clients may do it.
administrators := {name | some name, server in estate.servers; "admin-workstation" in server.roles}

asked := [exposure | some exposure in exposures.of({"tcp/445"}, {"client"}); estate.servers[exposure.destination].exchange]

beyond := [exposure | some exposure in exposures.open(asked); exposures.beyond(exposure, administrators)]

opened := [exposure | some exposure in beyond; not exposures.unnamed(exposure, administrators)]

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
	case := exposures.unaddressed(exposure, administrators)
}

undecided contains case if some case in exposures.all_untold(asked, administrators)
