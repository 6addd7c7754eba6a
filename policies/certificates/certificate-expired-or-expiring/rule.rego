# METADATA
# title: Certificate in use has expired or expires soon
# custom:
#   id: CE001
#   name: certificate-expired-or-expiring
#   severity: error
#   paths: [hub-to-edge-smtp, owa, pop3]
#   statements: [S02, S05]
#   needs: [Get-ExchangeCertificate]
#   versions: ["8", "14", "15"]
#   parameters:
#     days:
#       default: 30
#       text:
#         en: "How many days before its end a certificate is reported"
#         ja: "証明書の期限の何日前から報告するか"
#   title.ja: 使用中の証明書の有効期限が切れている、または間もなく切れる
#   message:
#     en: "The certificate {subject} that serves {services} on {server} is valid only until {until} (checked for {reference})"
#     ja: "{server} で {services} に使われている証明書 {subject} の有効期限は {until} です (判定日 {reference})"
#   fix:
#     en: "Renew it and put the new one into use (one of an authority needs a new request there instead); then subscribe an Edge Transport server again:\n$new = Get-ExchangeCertificate {thumbprint} | New-ExchangeCertificate\nEnable-ExchangeCertificate $new.Thumbprint -Services \"{services}\""
#     ja: "更新して割り当て直します (認証局の証明書は、認証局への新しい要求で更新します)。エッジ トランスポート サーバーではその後に購読もやり直します:\n$new = Get-ExchangeCertificate {thumbprint} | New-ExchangeCertificate\nEnable-ExchangeCertificate $new.Thumbprint -Services \"{services}\""
#   undecided:
#     en: "Whether certificate {certificate} is in use and still valid could not be decided"
#     ja: "証明書 {certificate} が使用中で有効期限内かどうかを判定できません"
#   labels:
#     expiry: {en: "valid until", ja: "有効期限"}
#     services: {en: "in use for", ja: "割り当てられたサービス"}
#   references:
#     - bb124424(v=exchg.80)
package exlint.rules.certificate_expired_or_expiring

import rego.v1

import data.exlint.lib.certificates as lib
import data.exlint.lib.properties

# A month: time enough to order, install and test a certificate.
default warning_days := 30

warning_days := input.parameters.CE001.days

# The paths that each service protects.
paths := {"SMTP": "hub-to-edge-smtp", "IIS": "owa", "POP": "pop3"}

severity(days) := "error" if days < 0

severity(days) := "warning" if {
	days >= 0
	days <= warning_days
}

arguments(certificate, services) := {
	"subject": object.get(certificate.properties, "Subject", certificate.identity),
	"thumbprint": object.get(certificate.properties, "Thumbprint", certificate.identity),
	"server": object.get(certificate, "server", {"key": "unknown-server"}),
	"services": concat(", ", sort(services)),
	"until": substring(certificate.properties.NotAfter, 0, 10),
	"reference": input.reference_date,
}

findings contains finding if {
	some certificate in lib.certificates
	severity(lib.days_left(certificate))
	services := {s | some s in lib.services(certificate); lib.replaced(certificate, s) == "no"}
	count(services) > 0
	finding := object.union(doubt(certificate), {
		"at": [certificate.at.NotAfter, certificate.at.Services],
		"severity": severity(lib.days_left(certificate)),
		"args": arguments(certificate, services),
		"paths": [path | some service, path in paths; service in services],
		"subject": sprintf("%s %s", [object.get(certificate, "server", ""), object.get(certificate.properties, "Thumbprint", "")]),
		"actual": certificate.properties.NotAfter,
		"labels": ["expiry", "services"],
	})
}

# Local time without its zone: a day earlier or later may be meant.
doubt(certificate) := {"confidence": "derived", "weak": "NotAfter is local time, and the export does not tell its zone"} if {
	not lib.zoned(properties.text(certificate, "NotAfter"))
	days := lib.days_left(certificate)
	some shift in [-1, 1]
	grade(days + shift) != grade(days)
} else := {}

grade(days) := severity(days) if {
	severity(days)
} else := "none"

undecided contains case if {
	some certificate in lib.certificates
	unclear(certificate)
	case := {
		"at": [certificate.at.self],
		"why": properties.unknown(certificate, ["NotAfter", "Services"]),
		"needs": missing(certificate),
		"args": {"certificate": certificate.identity},
		"subject": certificate.identity,
	}
}

# Only lists name the services, and only CLIXML gives dates without doubt.
missing(certificate) := [command |
	some property, command in {
		"NotAfter": "Get-ExchangeCertificate | Export-Clixml Get-ExchangeCertificate.xml",
		"Services": "Get-ExchangeCertificate | Format-List * > Get-ExchangeCertificate.txt",
	}
	not told(certificate, property)
]

told(certificate, "NotAfter") if properties.text(certificate, "NotAfter")

told(certificate, "Services") if properties.values(certificate, "Services")

# Expiring, but nothing tells whether it serves anything.
unclear(certificate) if {
	severity(lib.days_left(certificate))
	not properties.values(certificate, "Services")
}

# A certificate beside it may have taken over, and the export does not tell.
undecided contains case if {
	some certificate in lib.certificates
	severity(lib.days_left(certificate))
	said := {lib.replaced(certificate, service) | some service in lib.services(certificate)}
	"unknown" in said
	not "no" in said
	others := lib.stored[lib.store(certificate)] - {certificate}
	case := {
		"at": [certificate.at.NotAfter],
		"why": sort({reason | some other in others; some reason in properties.unknown(other, ["NotBefore", "NotAfter", "Services", "CertificateDomains"])}),
		"needs": lib.export,
		"args": {"certificate": certificate.identity},
		"subject": certificate.identity,
	}
}

# Known to serve nothing.
idle(certificate) if {
	properties.values(certificate, "Services")
	lib.services(certificate) == set()
}

unclear(certificate) if {
	not properties.text(certificate, "NotAfter")
	not idle(certificate)
}
