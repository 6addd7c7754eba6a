# METADATA
# title: Domain Security with a certificate that partners cannot trust
# custom:
#   id: CE005
#   name: domain-security-untrusted-certificate
#   severity: error
#   paths: [edge-to-edge-smtp]
#   statements: [S13]
#   needs: [Get-TransportConfig, Get-ExchangeCertificate]
#   versions: ["8", "14", "15"]
#   title.ja: ドメイン セキュリティの証明書を取引先が信頼できない
#   message:
#     en: "Domain Security is on for {domains}, but {edge} has only a self-signed certificate for SMTP: partners cannot verify it, and that mail stays in the queue"
#     ja: "{domains} とのドメイン セキュリティが有効ですが、{edge} の SMTP 証明書は自己署名入りのものだけです。取引先は検証できず、メールはキューに滞留します"
#   fix:
#     en: "Install on {edge} a certificate of an authority that both sides trust, beside the self-signed one, and enable it for SMTP:\nImport-ExchangeCertificate -Path C:\\{edge}.cer | Enable-ExchangeCertificate -Services SMTP"
#     ja: "双方が信頼する認証局の証明書を、自己署名入り証明書を残したまま {edge} にインストールし、SMTP に割り当てます:\nImport-ExchangeCertificate -Path C:\\{edge}.cer | Enable-ExchangeCertificate -Services SMTP"
#   undecided:
#     en: "Whether partners can trust the certificate of {edge} could not be decided"
#     ja: "取引先が {edge} の証明書を信頼できるかどうかを判定できません"
#   labels:
#     domains: {en: "Domain Security is on for these", ja: "ドメイン セキュリティの対象"}
#     self-signed: {en: "signed by itself", ja: "自己署名"}
#     no-certificates: {en: "the certificates of {server} are not in the input", ja: "{server} の証明書が入力にありません"}
#   references:
#     - bb124392(v=exchg.80)
#     - bb124424(v=exchg.80)
package exlint.rules.domain_security_untrusted_certificate

import rego.v1

import data.exlint.lib.cases
import data.exlint.lib.certificates
import data.exlint.lib.estate
import data.exlint.lib.properties
import data.exlint.lib.verdicts

lists := ["TLSSendDomainSecureList", "TLSReceiveDomainSecureList"]

configs := object.get(input.objects, "Get-TransportConfig", [])

domains := sort({domain | some config in configs; some list in lists; some domain in properties.values(config, list)})

domains_at := [config.at[list] | some config in configs; some list in lists; count(properties.values(config, list)) > 0]

edges contains name if {
	count(domains) > 0
	some name, _ in estate.servers
	estate.has_role(name, "edge")
	estate.in_service(name)
}

# What partners see: "trusted" | "unknown" | "self-signed" | "none".
shows(edge) := "trusted" if {
	some certificate in certificates.serving(edge, "SMTP")
	certificate.properties.IsSelfSigned == false
	certificates.current(certificate) == "yes"
} else := "unknown" if {
	not certificates.exported(edge)
} else := "unknown" if {
	some certificate in certificates.of[edge]
	certificates.may_serve(certificate, "SMTP")
	certificates.current(certificate) != "no"
	unclear(certificate)
} else := "self-signed" if {
	count(own(edge)) > 0
} else := "none"

unclear(certificate) if not is_boolean(object.get(certificate.properties, "IsSelfSigned", null))

unclear(certificate) if {
	certificate.properties.IsSelfSigned == false
	not properties.values(certificate, "Services")
}

# It may have expired.
unclear(certificate) if {
	certificate.properties.IsSelfSigned == false
	certificates.current(certificate) == "unknown"
}

own(edge) := [certificate | some certificate in certificates.serving(edge, "SMTP"); certificate.properties.IsSelfSigned == true]

findings contains finding if {
	some edge in edges
	shows(edge) == "self-signed"
	places := array.concat([verdicts.place(c.at.IsSelfSigned, "self-signed") | some c in own(edge)], [verdicts.place(at, "domains") | some at in domains_at])
	finding := object.union(cases.finding(places, {"edge": edge, "domains": domains}, edge), {"expected": false, "actual": true})
}

undecided contains case if {
	some edge in edges
	shows(edge) == "unknown"
	case := cases.undecided(domains_at, certificates.doubt(edge, ["IsSelfSigned", "Services", "NotAfter"]), certificates.export, {"edge": edge}, edge)
}

# The lists are not in the export, or were cut off.
undecided contains case if {
	some config in configs
	domains == []
	some name, _ in estate.servers
	estate.has_role(name, "edge")
	some list in lists
	not list in object.keys(config.properties)
	case := cases.unread(config, list, "Get-TransportConfig", {"edge": name})
}
