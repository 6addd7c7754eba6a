# METADATA
# title: POP3 or IMAP4 names a certificate that is not there
# custom:
#   id: CA002
#   name: pop-imap-certificate-mismatch
#   severity: warning
#   paths: [pop3, imap4]
#   statements: [S61]
#   needs: [[Get-PopSettings, Get-ImapSettings], Get-ExchangeCertificate]
#   versions: ["8", "14", "15"]
#   title.ja: POP3 または IMAP4 の指定する証明書がない
#   message:
#     en: "{protocol} on {server} wants a certificate for {name}, but no valid certificate there that serves {flag} carries this name (names: {names})"
#     ja: "{server} の {protocol} は {name} の証明書を使う設定ですが、{flag} に割り当てられた有効な証明書にこの名前がありません (証明書にある名前: {names})"
#   fix:
#     en: "Give the protocol a certificate with the name, or name one that is there, and restart the service:\nEnable-ExchangeCertificate -Thumbprint <thumbprint> -Services {flag}\n{set} -Server {server} -X509CertificateName <name in the certificate>\nRestart-Service {service}"
#     ja: "この名前の証明書を割り当てるか、既存の証明書の名前を指定し、サービスを再起動します:\nEnable-ExchangeCertificate -Thumbprint <拇印> -Services {flag}\n{set} -Server {server} -X509CertificateName <証明書にある名前>\nRestart-Service {service}"
#   undecided:
#     en: "Whether {protocol} on {server} has the certificate that it names could not be decided"
#     ja: "{server} の {protocol} が指定する証明書があるかどうかを判定できません"
#   labels:
#     name: {en: "the name that the certificate must carry", ja: "証明書に必要な名前"}
#     names: {en: "the names that it carries", ja: "証明書にある名前"}
#     bindings: {en: "nothing listens with TLS from the first byte", ja: "最初から TLS を使う待ち受けがありません"}
#     no-name: {en: "X509CertificateName is empty", ja: "X509CertificateName が空です"}
#     no-certificates: {en: "the certificates of {server} are not in the input", ja: "{server} の証明書が入力にありません"}
#   variants:
#     unbound:
#       message:
#         en: "{protocol} on {server} has no port with TLS from the first byte (SSLBindings is empty): programs that expect it fail, or fall back to clear text"
#         ja: "{server} の {protocol} には最初から TLS を使うポートがありません (SSLBindings が空)。これを前提とするソフトは失敗するか、平文に切り替わります"
#       fix:
#         en: "Bind the port again, and restart the service:\n{set} -Server {server} -SSLBindings 0.0.0.0:{port}\nRestart-Service {service}"
#         ja: "ポートを割り当て直し、サービスを再起動します:\n{set} -Server {server} -SSLBindings 0.0.0.0:{port}\nRestart-Service {service}"
#   references:
#     - aa997154(v=exchg.80)
#     - bb124424(v=exchg.80)
package exlint.rules.pop_imap_certificate_mismatch

import rego.v1

import data.exlint.lib.cases
import data.exlint.lib.certificates
import data.exlint.lib.properties
import data.exlint.lib.protocols
import data.exlint.lib.verdicts

ports := {"POP3": 995, "IMAP4": 993}

running contains known if {
	some known in protocols.settings
	not protocols.disabled(known)
}

# Whether the certificate is there. A wildcard cannot be enabled for the
# protocols: it works through the name alone.
answer(known, name) := "yes" if {
	"yes" in wild(known.server, name)
} else := "unknown" if {
	"unknown" in wild(known.server, name)
	certificates.answer(known.server, known.flag, name) != "yes"
} else := certificates.answer(known.server, known.flag, name)

# Whether the wildcards for a name are valid.
wild(server, name) := {certificates.current(certificate) |
	some certificate in certificates.of[server]
	certificates.wildcard(name) in certificates.names(certificate)
}

arguments(known) := {"protocol": known.protocol, "server": known.server, "set": known.set, "service": known.service, "flag": known.flag}

findings contains finding if {
	some known in running
	name := properties.text(known.object, "X509CertificateName")
	name != ""
	answer(known, name) == "no"
	serving := certificates.serving(known.server, known.flag)
	carried := certificates.carried(serving)
	places := array.concat(properties.places(known.object, [["X509CertificateName", "name"]]), [verdicts.place(c.at.CertificateDomains, "names") | some c in serving])
	args := object.union(arguments(known), {"name": name, "names": cases.listed(carried)})
	finding := object.union(cases.finding(places, args, protocols.subject(known)), {"paths": [known.path], "expected": name, "actual": carried})
}

findings contains finding if {
	some known in running
	properties.values(known.object, "SSLBindings") == []
	args := object.union(arguments(known), {"port": ports[known.protocol], "name": object.get(known.object.properties, "X509CertificateName", null), "names": null})
	found := cases.finding(properties.places(known.object, [["SSLBindings", "bindings"]]), args, protocols.subject(known))
	finding := object.union(found, {"variant": "unbound", "paths": [known.path]})
}

undecided contains case if {
	some known in running
	doubt := unclear(known)
	case := object.union(cases.unread(known.object, "X509CertificateName", known.cmdlet, arguments(known)), doubt)
}

unclear(known) := {} if {
	not "X509CertificateName" in object.keys(known.object.properties)
} else := {"why": ["no-name"], "needs": [sprintf("openssl s_client -connect %s:%d </dev/null", [known.server, ports[known.protocol]])]} if {
	object.get(known.object.properties, "X509CertificateName", null) in {null, ""}
} else := {"why": certificates.doubt(known.server, ["Services", "CertificateDomains", "NotAfter"]), "needs": certificates.export} if {
	answer(known, properties.text(known.object, "X509CertificateName")) == "unknown"
}
