# METADATA
# title: POP3 or IMAP4 accepts passwords in clear text
# custom:
#   id: CA001
#   name: pop-imap-plaintext-login
#   severity: error
#   paths: [pop3, imap4]
#   statements: [S61]
#   needs: [[Get-PopSettings, Get-ImapSettings]]
#   versions: ["8", "14", "15"]
#   title.ja: POP3 または IMAP4 が暗号化されていないパスワードを受け付ける
#   message:
#     en: "{protocol} on {server} accepts passwords without TLS (LoginType is {actual})"
#     ja: "{server} の {protocol} は TLS なしでパスワードを受け付けます (LoginType は {actual})"
#   fix:
#     en: "Let clients start TLS before they log on, and restart the service:\n{set} -Server {server} -LoginType SecureLogin\nRestart-Service {service}"
#     ja: "ログオンの前に TLS を開始させ、サービスを再起動します:\n{set} -Server {server} -LoginType SecureLogin\nRestart-Service {service}"
#   undecided:
#     en: "Whether {protocol} on {server} accepts passwords without TLS could not be decided"
#     ja: "{server} の {protocol} が TLS なしでパスワードを受け付けるかどうかを判定できません"
#   labels:
#     login: {en: "how clients may log on", ja: "許可されているログオンの方法"}
#     listens: {en: "where it listens without TLS", ja: "TLS なしで待ち受けるアドレスとポート"}
#   variants:
#     integrated:
#       message:
#         en: "{protocol} on {server} asks for TLS only before plain passwords: NTLM and Kerberos logons, and the mail after them, may travel in clear (LoginType is {actual})"
#         ja: "{server} の {protocol} が TLS を要求するのは平文のパスワードの場合だけです。NTLM や Kerberos によるログオンと、その後のメールは暗号化されずに流れることがあります (LoginType は {actual})"
#       fix:
#         en: "Let clients start TLS before they log on, and restart the service:\n{set} -Server {server} -LoginType SecureLogin\nRestart-Service {service}"
#         ja: "ログオンの前に TLS を開始させ、サービスを再起動します:\n{set} -Server {server} -LoginType SecureLogin\nRestart-Service {service}"
#   references:
#     - aa997154(v=exchg.80)
#     - aa997188(v=exchg.141)
package exlint.rules.pop_imap_plaintext_login

import rego.v1

import data.exlint.lib.cases
import data.exlint.lib.properties
import data.exlint.lib.protocols

# What each setting gives away while the service runs, and while it cannot start.
grades := {"PlainTextLogin": ["error", "warning"], "PlainTextAuthentication": ["warning", "note"]}

grade(known, both) := both[1] if protocols.disabled(known)

grade(known, both) := both[0] if not protocols.disabled(known)

variant("PlainTextLogin") := {}

variant("PlainTextAuthentication") := {"variant": "integrated"}

findings contains finding if {
	some known in protocols.settings
	type := properties.text(known.object, "LoginType")
	both := grades[type]
	not protocols.closed(known)
	places := properties.places(known.object, [["LoginType", "login"], ["UnencryptedOrTLSBindings", "listens"]])
	args := {"protocol": known.protocol, "server": known.server, "set": known.set, "service": known.service}
	found := object.union(cases.finding(places, args, protocols.subject(known)), variant(type))
	finding := object.union(found, {"severity": grade(known, both), "paths": [known.path], "expected": "SecureLogin", "actual": type})
}

undecided contains case if {
	some known in protocols.settings
	not properties.text(known.object, "LoginType")
	not protocols.closed(known)
	case := cases.unread(known.object, "LoginType", known.cmdlet, {"protocol": known.protocol, "server": known.server})
}
