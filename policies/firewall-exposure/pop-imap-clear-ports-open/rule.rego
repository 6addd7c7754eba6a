# METADATA
# title: POP3 or IMAP4 without SSL is open from the Internet
# custom:
#   id: FU011
#   name: pop-imap-clear-ports-open
#   severity: error
#   paths: [pop3, imap4]
#   statements: [S61]
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: インターネットから SSL なしの POP3 または IMAP4 が開いている
#   message:
#     en: "{firewall} lets traffic from {from}{part} reach {servers} by POP3 or IMAP4 on a port without SSL ({services}; LoginType: {logins})"
#     ja: "{firewall} により、{from}{part} から {servers} へ SSL なしの POP3 または IMAP4 のポート ({services}、LoginType: {logins}) で到達できます"
#   fix:
#     en: "Take {services} out of \"{rule}\" on {firewall}; offer 995/tcp and 993/tcp, with LoginType SecureLogin"
#     ja: "{firewall} の「{rule}」から {services} を外し、995/tcp と 993/tcp を提供します (LoginType は SecureLogin)"
#   undecided:
#     en: "Whether {from} reaches {servers} by POP3 or IMAP4 could not be decided"
#     ja: "{from} から {servers} に POP3 または IMAP4 で到達できるかどうかを判定できません"
#   variants:
#     unlisted:
#       message:
#         en: "{firewall} lets traffic from {from}{part} reach {servers} by POP3 or IMAP4 on a port without SSL ({services}; LoginType: {logins})"
#         ja: "{firewall} により、{from}{part} から {servers} へ SSL なしの POP3 または IMAP4 のポート ({services}、LoginType: {logins}) で到達できます"
#       fix:
#         en: "No access list of {firewall} stands in the way: bind one towards {from} that denies {services} to {servers}"
#         ja: "{firewall} にこれを止めるアクセス リストがありません。{from} 側に、{servers} への {services} を拒否するアクセス リストを割り当てます"
#   labels:
#     login: {en: "how people log on: {login}", ja: "ログオンの方法: {login}"}
#     login-unknown: {en: "not exported", ja: "エクスポートなし"}
#   references:
#     - bb331973(v=exchg.80)
package exlint.rules.pop_imap_clear_ports_open

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.exposures
import data.exlint.lib.properties
import data.exlint.lib.verdicts

cmdlet := {"tcp/110": "Get-PopSettings", "tcp/143": "Get-ImapSettings"}

asked := [exposure | some exposure in exposures.of(object.keys(cmdlet), {"internet"}); estate.has_role(exposure.destination, "cas")]

opened := exposures.open(asked)

# What the server demands of who logs on, with its evidence.
logins(group) := [{"login": login, "at": settings.at.LoginType} |
	some exposure in group
	some settings in object.get(input.objects, cmdlet[exposure.service], [])
	settings.server == exposure.destination
	login := properties.text(settings, "LoginType")
]

# SecureLogin insists on TLS before the password; nothing else does.
severity(group) := "error" if {
	some known in logins(group)
	known.login != "SecureLogin"
} else := "warning"

shown(group) := sort({known.login | some known in logins(group)}) if count(logins(group)) > 0

shown(group) := {"key": "login-unknown"} if count(logins(group)) == 0

findings contains found if {
	some reason in exposures.causes(opened)
	group := exposures.by(reason, opened)
	finding := exposures.reported(group, {"logins": shown(group)})
	places := [verdicts.place(known.at, {"key": "login", "args": {"login": known.login}}) | some known in logins(group)]
	more := {"at": array.concat(finding.at, verdicts.refs(places)), "labels": array.concat(finding.labels, verdicts.labels(places))}
	found := object.union(object.union(finding, more), {"severity": severity(group)})
}

undecided contains case if {
	some zone in exposures.zones(asked)
	doubt := exposures.doubtful(asked, zone)
	count(doubt) > 0
	case := exposures.undecided(doubt, {})
}
