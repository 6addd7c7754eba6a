# METADATA
# title: Certificate in use cannot be used
# custom:
#   id: CE006
#   name: certificate-unusable
#   severity: warning
#   paths: [hub-to-edge-smtp, owa]
#   statements: []
#   needs: [Get-ExchangeCertificate]
#   versions: ["8", "14", "15"]
#   title.ja: 割り当てられた証明書が使えない
#   message:
#     en: "The certificate {subject} that serves {services} on {server} has no private key: nobody can use it"
#     ja: "{server} で {services} に割り当てられた証明書 {subject} には秘密キーがなく、使えません"
#   fix:
#     en: "Import it again with its key, from the machine where it was requested, or finish the request there:\nImport-ExchangeCertificate -Path <file.pfx> -Password (Get-Credential).Password | Enable-ExchangeCertificate -Services \"{services}\""
#     ja: "証明書を要求したコンピューターから秘密キーとともにインポートし直すか、そのコンピューターで要求を完了します:\nImport-ExchangeCertificate -Path <file.pfx> -Password (Get-Credential).Password | Enable-ExchangeCertificate -Services \"{services}\""
#   undecided:
#     en: "Whether certificate {certificate} can be used could not be decided"
#     ja: "証明書 {certificate} が使えるかどうかを判定できません"
#   labels:
#     key: {en: "no private key", ja: "秘密キーがありません"}
#     status: {en: "what the server thinks of it", ja: "サーバーによる検証結果"}
#     services: {en: "in use for", ja: "割り当てられたサービス"}
#     status-unknown: {en: "the server could not tell its status", ja: "サーバーが状態を確認できませんでした"}
#   variants:
#     status:
#       message:
#         en: "The certificate {subject} that serves {services} on {server} does not pass the server's own check (Status is {actual})"
#         ja: "{server} で {services} に割り当てられた証明書 {subject} は、サーバー自身の検証に失敗しています (Status は {actual})"
#       fix:
#         en: "Revoked or Invalid: replace it. Untrusted: install the certificates of its authority on {server}. RevocationCheckFailure: let {server} reach the revocation list.\nGet-ExchangeCertificate {thumbprint} | Format-List Status,RootCAType,Issuer"
#         ja: "Revoked または Invalid の場合は交換します。Untrusted の場合は認証局の証明書を {server} にインストールします。RevocationCheckFailure の場合は {server} から失効リストに到達できるようにします。\nGet-ExchangeCertificate {thumbprint} | Format-List Status,RootCAType,Issuer"
#   references:
#     - bb124424(v=exchg.80)
package exlint.rules.certificate_unusable

import rego.v1

import data.exlint.lib.cases
import data.exlint.lib.certificates
import data.exlint.lib.estate
import data.exlint.lib.properties

# The paths that each service protects.
paths := {"SMTP": "hub-to-edge-smtp", "IIS": "owa"}

# Statuses that say something against it; that it has expired is CE001's.
bad := {"Invalid", "Revoked", "Untrusted", "RevocationCheckFailure"}

# Certificates in use, with the services that no better one has.
used contains known if {
	some certificate in certificates.certificates
	questionable(certificate)
	services := {s | some s in certificates.services(certificate); certificates.replaced(certificate, s) == "no"}
	count(services) > 0
	known := {"certificate": certificate, "services": services}
}

# Whether a better one is there is looked for in a whole store: only for these.
questionable(certificate) if not properties.text(certificate, "Status") == "Valid"

questionable(certificate) if not certificate.properties.HasPrivateKey == true

keyless(certificate) if certificate.properties.HasPrivateKey == false

# Revocation lists lie on the Internet, and an Edge often cannot fetch them.
severity(certificate) := "note" if {
	properties.text(certificate, "Status") == "RevocationCheckFailure"
	estate.has_role(object.get(certificate, "server", ""), "edge")
} else := "warning"

finding_on(known, property, more) := object.union(more, {
	"at": properties.at(known.certificate, [property, "Services"]),
	"args": {
		"subject": object.get(known.certificate.properties, "Subject", known.certificate.identity),
		"thumbprint": object.get(known.certificate.properties, "Thumbprint", known.certificate.identity),
		"server": object.get(known.certificate, "server", {"key": "unknown-server"}),
		"services": concat(", ", sort(known.services)),
	},
	"paths": [path | some service, path in paths; service in known.services],
	"subject": sprintf("%s %s", [object.get(known.certificate, "server", ""), known.certificate.identity]),
})

findings contains finding if {
	some known in used
	keyless(known.certificate)
	finding := finding_on(known, "HasPrivateKey", {"expected": true, "actual": false, "labels": ["key", "services"]})
}

findings contains finding if {
	some known in used
	not keyless(known.certificate)
	status := properties.text(known.certificate, "Status")
	status in bad
	more := {"variant": "status", "severity": severity(known.certificate), "expected": "Valid", "actual": status, "labels": ["status", "services"]}
	finding := finding_on(known, "Status", more)
}

undecided contains case if {
	some known in used
	not keyless(known.certificate)
	name := known.certificate.identity
	why := array.concat(properties.unknown(known.certificate, ["HasPrivateKey", "Status"]), ["status-unknown" | properties.text(known.certificate, "Status") == "Unknown"])
	count(why) > 0
	case := cases.undecided([known.certificate.at.self], why, certificates.export, {"certificate": name}, name)
}
