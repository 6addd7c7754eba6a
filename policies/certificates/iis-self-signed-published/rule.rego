# METADATA
# title: Published web site shows a self-signed certificate
# custom:
#   id: CE002
#   name: iis-self-signed-published
#   severity: warning
#   paths: [owa, activesync, outlook-anywhere]
#   statements: [S41]
#   needs: [[Get-OwaVirtualDirectory, Get-ActiveSyncVirtualDirectory, Get-OutlookAnywhere], Get-ExchangeCertificate]
#   versions: ["8", "14", "15"]
#   title.ja: 公開 Web サイトが自己署名入り証明書を使っている
#   message:
#     en: "{server} is published as {hosts} and shows clients the self-signed certificate {subject}"
#     ja: "{server} は {hosts} として公開されていますが、クライアントに自己署名入り証明書 {subject} を提示します"
#   fix:
#     en: "Give IIS a certificate of an authority that clients trust; the self-signed one may go on serving SMTP:\nNew-ExchangeCertificate -GenerateRequest -SubjectName \"CN={host}\" -DomainName {all} -PrivateKeyExportable $true -Path C:\\{server}.req\nImport-ExchangeCertificate -Path C:\\{server}.cer | Enable-ExchangeCertificate -Services IIS"
#     ja: "クライアントが信頼する認証局の証明書を IIS に割り当てます。自己署名入り証明書は SMTP で使い続けてもかまいません:\nNew-ExchangeCertificate -GenerateRequest -SubjectName \"CN={host}\" -DomainName {all} -PrivateKeyExportable $true -Path C:\\{server}.req\nImport-ExchangeCertificate -Path C:\\{server}.cer | Enable-ExchangeCertificate -Services IIS"
#   undecided:
#     en: "Whether clients on the Internet meet a self-signed certificate at {server} could not be decided"
#     ja: "インターネットのクライアントが {server} で自己署名入り証明書を受け取るかどうかを判定できません"
#   labels:
#     self-signed: {en: "signed by itself", ja: "自己署名"}
#     services: {en: "in use for", ja: "割り当てられたサービス"}
#     published: {en: "sends clients to this server", ja: "クライアントをこのサーバーに案内しています"}
#     no-certificates: {en: "the certificates of {server} are not in the input", ja: "{server} の証明書が入力にありません"}
#     proxy: {en: "{proxy} stands in front; which certificate clients meet there is not known", ja: "手前に {proxy} があり、クライアントが受け取る証明書が不明です"}
#   references:
#     - bb124507(v=exchg.80)
#     - bb851554(v=exchg.80)
package exlint.rules.iis_self_signed_published

import rego.v1

import data.exlint.lib.cases
import data.exlint.lib.certificates
import data.exlint.lib.properties
import data.exlint.lib.published
import data.exlint.lib.verdicts

# Whether IIS of a server shows a self-signed certificate.
shows(server) := "unknown" if {
	not certificates.exported(server)
} else := "no" if {
	some certificate in certificates.serving(server, "IIS")
	certificate.properties.IsSelfSigned == false
	certificates.current(certificate) == "yes"
} else := "unknown" if {
	some certificate in certificates.of[server]
	certificates.may_serve(certificate, "IIS")
	certificates.current(certificate) != "no"
	unclear(certificate)
} else := "yes" if {
	count(own(server, "yes")) > 0
} else := "unknown" if {
	count(own(server, "unknown")) > 0
} else := "no"

unclear(certificate) if not is_boolean(object.get(certificate.properties, "IsSelfSigned", null))

unclear(certificate) if not properties.values(certificate, "Services")

# A trusted one may have expired.
unclear(certificate) if {
	certificate.properties.IsSelfSigned == false
	certificates.current(certificate) == "unknown"
}

own(server, current) := [certificate |
	some certificate in certificates.serving(server, "IIS")
	certificate.properties.IsSelfSigned
	certificates.current(certificate) == current
]

# The name is missing as well: one new certificate cures both, and CA012 says so.
unnamed(server) if {
	some host in published.hosts[server]
	certificates.answer(server, "IIS", host) == "no"
}

published_at(server) := [at | some host in published.hosts[server]; some at in published.places(server, host)]

findings contains finding if {
	some server, hosts in published.hosts
	shows(server) == "yes"
	published.met(server)
	not unnamed(server)
	certificate := own(server, "yes")[0]
	shown := properties.places(certificate, [["IsSelfSigned", "self-signed"], ["Services", "services"]])
	places := array.concat(shown, [verdicts.place(at, "published") | some at in published_at(server)])
	names := sort(hosts)
	subject := object.get(certificate.properties, "Subject", certificate.identity)
	args := {"server": server, "hosts": names, "host": names[0], "all": concat(",", names), "subject": subject}
	finding := object.union(cases.finding(places, args, server), {"expected": false, "actual": true})
}

undecided contains case if {
	some server, _ in published.hosts
	shows(server) == "unknown"
	case := open(server, certificates.doubt(server, ["IsSelfSigned", "Services", "NotAfter"]), certificates.export)
}

undecided contains case if {
	some server, hosts in published.hosts
	shows(server) == "yes"
	not published.met(server)
	why := [{"key": "proxy", "args": {"proxy": proxy}} | some proxy in published.fronts(server)]
	case := open(server, why, [command | some host in sort(hosts); some command in published.shown(host)])
}

undecided contains case if {
	some server, _ in published.untold
	case := object.union(published.unpublished(server), {"args": {"server": server}})
}

open(server, why, needs) := cases.undecided(published_at(server), why, needs, {"server": server}, server)
