# METADATA
# title: No certificate carries the published name
# custom:
#   id: CA012
#   name: published-name-not-in-certificate
#   severity: error
#   paths: [owa, activesync, outlook-anywhere, autodiscover]
#   statements: [S41]
#   needs: [[Get-OwaVirtualDirectory, Get-ActiveSyncVirtualDirectory, Get-AutodiscoverVirtualDirectory, Get-WebServicesVirtualDirectory, Get-OabVirtualDirectory, Get-UMVirtualDirectory, Get-OutlookAnywhere], Get-ExchangeCertificate]
#   versions: ["8", "14", "15"]
#   title.ja: 公開する名前を含む証明書がない
#   message:
#     en: "{server} sends clients to {host}, but no valid certificate that serves IIS there carries that (names there: {names})"
#     ja: "{server} はクライアントに {host} を案内していますが、IIS で使われる有効な証明書にその名前がありません (証明書にある名前: {names})"
#   fix:
#     en: "Request a certificate with the name from an authority that clients trust, and give it to IIS:\nNew-ExchangeCertificate -GenerateRequest -SubjectName \"CN={first}\" -DomainName {all} -PrivateKeyExportable $true -Path C:\\{server}.req\nImport-ExchangeCertificate -Path C:\\{server}.cer | Enable-ExchangeCertificate -Services IIS"
#     ja: "クライアントが信頼する認証局からこの名前の証明書を取得し、IIS に割り当てます:\nNew-ExchangeCertificate -GenerateRequest -SubjectName \"CN={first}\" -DomainName {all} -PrivateKeyExportable $true -Path C:\\{server}.req\nImport-ExchangeCertificate -Path C:\\{server}.cer | Enable-ExchangeCertificate -Services IIS"
#   undecided:
#     en: "Whether clients of {server} meet a certificate with the name {host} could not be decided"
#     ja: "{server} のクライアントが受け取る証明書に {host} が含まれるかどうかを判定できません"
#   labels:
#     published: {en: "sends clients to this name", ja: "クライアントにこの名前を案内しています"}
#     names: {en: "the names that it carries", ja: "証明書にある名前"}
#     no-certificates: {en: "the certificates of {server} are not in the input", ja: "{server} の証明書が入力にありません"}
#     proxy: {en: "{proxy} stands in front; which certificate clients meet there is not known", ja: "手前に {proxy} があり、クライアントが受け取る証明書が不明です"}
#     unknown-name: {en: "under which it is published", ja: "公開に使う名前"}
#   references:
#     - bb124507(v=exchg.80)
package exlint.rules.published_name_not_in_certificate

import rego.v1

import data.exlint.lib.cases
import data.exlint.lib.certificates
import data.exlint.lib.published
import data.exlint.lib.verdicts

# Names of a server by what its certificates say of them.
asked[server] contains known if {
	some server, hosts in published.hosts
	some host in hosts
	known := {"host": host, "answer": certificates.answer(server, "IIS", host)}
}

answered(server, answer) := sort([known.host | some known in asked[server]; known.answer == answer])

published_at(server, names) := [at | some host in names; some at in published.places(server, host)]

findings contains finding if {
	some server, _ in asked
	published.met(server)
	missing := answered(server, "no")
	serving := certificates.serving(server, "IIS")
	names := certificates.carried(serving)
	places := array.concat([verdicts.place(at, "published") | some at in published_at(server, missing)], [verdicts.place(c.at.CertificateDomains, "names") | some c in serving])
	args := {"server": server, "host": missing, "first": missing[0], "names": cases.listed(names), "all": concat(",", sort(published.hosts[server]))}
	finding := object.union(cases.finding(places, args, server), {"expected": missing, "actual": names})
}

undecided contains case if {
	some server, _ in asked
	open := answered(server, "unknown")
	why := certificates.doubt(server, ["Services", "CertificateDomains", "NotAfter"])
	case := cases.undecided(published_at(server, open), why, certificates.export, {"server": server, "host": open[0]}, server)
}

undecided contains case if {
	some server, _ in asked
	not published.met(server)
	missing := answered(server, "no")
	why := [{"key": "proxy", "args": {"proxy": proxy}} | some proxy in published.fronts(server)]
	case := cases.undecided(published_at(server, missing), why, [step | some host in missing; some step in published.shown(host)], {"server": server, "host": missing[0]}, server)
}

undecided contains case if {
	some server, _ in published.untold
	case := object.union(published.unpublished(server), {"args": {"server": server, "host": {"key": "unknown-name"}}})
}
