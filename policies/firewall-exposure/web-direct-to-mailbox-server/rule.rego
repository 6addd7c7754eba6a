# METADATA
# title: Clients or the Internet reach the web service of a Mailbox server directly
# custom:
#   id: FU010
#   name: web-direct-to-mailbox-server
#   severity: warning
#   paths: [webdav-mailbox, cas-to-mailbox-webdav]
#   statements: [S29]
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8"]
#   title.ja: クライアントまたはインターネットからメールボックス サーバーの Web サービスに直接到達できる
#   message:
#     en: "{firewall} lets traffic from {from}{part} reach Mailbox server {servers} by HTTP ({services}); clients belong on a Client Access server"
#     ja: "{firewall} により、{from}{part} からメールボックス サーバー {servers} に HTTP ({services}) で到達できます。クライアントの接続先はクライアント アクセス サーバーです"
#   fix:
#     en: "Point WebDAV clients to the Client Access server and take {services} to {servers} out of \"{rule}\" on {firewall}"
#     ja: "WebDAV クライアントの接続先をクライアント アクセス サーバーに変え、{firewall} の「{rule}」から {servers} への {services} を外します"
#   undecided:
#     en: "Whether {from} reaches the web service of {servers} could not be decided"
#     ja: "{from} から {servers} の Web サービスに到達できるかどうかを判定できません"
#   variants:
#     unlisted:
#       message:
#         en: "{firewall} lets traffic from {from}{part} reach Mailbox server {servers} by HTTP ({services}); clients belong on a Client Access server"
#         ja: "{firewall} により、{from}{part} からメールボックス サーバー {servers} に HTTP ({services}) で到達できます。クライアントの接続先はクライアント アクセス サーバーです"
#       fix:
#         en: "No access list of {firewall} stands in the way: bind one towards {from} that denies {services} to {servers}"
#         ja: "{firewall} にこれを止めるアクセス リストがありません。{from} 側に、{servers} への {services} を拒否するアクセス リストを割り当てます"
#   references:
#     - bb331973(v=exchg.80)
package exlint.rules.web_direct_to_mailbox_server

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.exposures

# Servers that hold mailboxes and do not serve clients by HTTP themselves.
asked := [exposure |
	some exposure in exposures.of({"tcp/80", "tcp/443"}, {"internet", "client"})
	estate.has_role(exposure.destination, "mailbox")
	not estate.has_role(exposure.destination, "cas")
	estate.before(exposure.destination, 15)
]

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
