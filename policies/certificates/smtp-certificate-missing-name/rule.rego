# METADATA
# title: Transport server has no SMTP certificate for its name
# custom:
#   id: CE003
#   name: smtp-certificate-missing-name
#   severity: error
#   paths: [hub-to-hub-smtp, hub-to-edge-smtp, edge-to-edge-smtp]
#   statements: [S02, S05, S06, S07]
#   needs: [Get-ExchangeCertificate, [Get-ExchangeServer, Get-ReceiveConnector]]
#   versions: ["8", "14", "15"]
#   title.ja: トランスポート サーバーに自分の名前の SMTP 証明書がない
#   message:
#     en: "{server} has no valid certificate that serves SMTP and carries {name} (names there: {names}): it cannot offer TLS under that name"
#     ja: "{server} には {name} を含み SMTP に割り当てられた有効な証明書がなく (証明書にある名前: {names})、この名前で TLS を提供できません"
#   fix:
#     en: "Make one on {server}; subscribe an Edge Transport server again afterwards:\nNew-ExchangeCertificate -DomainName {domains} -Services SMTP"
#     ja: "{server} 上で証明書を作成します。エッジ トランスポート サーバーではその後に購読をやり直します:\nNew-ExchangeCertificate -DomainName {domains} -Services SMTP"
#   undecided:
#     en: "Whether {server} has an SMTP certificate for {name} could not be decided"
#     ja: "{server} に {name} の SMTP 証明書があるかどうかを判定できません"
#   labels:
#     name: {en: "the name that the certificate must carry", ja: "証明書に必要な名前"}
#     names: {en: "the names that it carries", ja: "証明書にある名前"}
#     no-certificates: {en: "the certificates of {server} are not in the input", ja: "{server} の証明書が入力にありません"}
#     no-full-name: {en: "no output of Get-ExchangeServer tells the full name of {server}", ja: "{server} の完全修飾名を示す Get-ExchangeServer の出力がありません"}
#     full-name: {en: "its full name", ja: "完全修飾名"}
#   references:
#     - bb124424(v=exchg.80)
#     - bb331973(v=exchg.80)
package exlint.rules.smtp_certificate_missing_name

import rego.v1

import data.exlint.lib.cases
import data.exlint.lib.certificates
import data.exlint.lib.connectors
import data.exlint.lib.estate
import data.exlint.lib.properties
import data.exlint.lib.verdicts

# Names under which a transport server offers TLS, or may, with what shows each:
# its own, and those of its connectors.
names[server] contains known if {
	some object_ in object.get(input.objects, "Get-ExchangeServer", [])
	server := object_.server
	transports(server)
	known := {"name": lower(properties.text(object_, "Fqdn")), "at": object_.at.Fqdn, "sure": true}
}

names[server] contains known if {
	some connector in connectors.receive
	server := connector.server
	transports(server)
	offers(connector) != "no"
	name := lower(properties.text(connector, "Fqdn"))
	contains(name, ".")
	known := {"name": name, "at": connector.at.Fqdn, "sure": offers(connector) == "yes"}
}

# Whether a connector offers TLS: "yes" | "no" | "unknown".
offers(connector) := "no" if {
	connectors.listens(connector) == "no"
} else := "no" if {
	connectors.mechanisms(connector)
	not "Tls" in connectors.mechanisms(connector)
} else := "yes" if {
	connectors.listens(connector) == "yes"
	connectors.mechanisms(connector)
} else := "unknown"

transports(server) if {
	some role in ["hub", "edge"]
	estate.has_role(server, role)
	estate.in_service(server)
}

asked[server] contains known if {
	some server, list in names
	some one in list
	known := object.union(one, {"answer": certificates.answer(server, "SMTP", one.name)})
}

about(server, answer) := [known | some known in asked[server]; known.answer == answer]

findings contains finding if {
	some server, _ in asked
	missing := [known | some known in about(server, "no"); known.sure]
	named := sort({known.name | some known in missing})
	serving := certificates.serving(server, "SMTP")
	carried := certificates.carried(serving)
	places := array.concat([verdicts.place(at, "name") | some at in sort([known.at | some known in missing])], [verdicts.place(c.at.CertificateDomains, "names") | some c in serving])
	found := cases.finding(places, {"server": server, "name": named, "domains": concat(",", named), "names": cases.listed(carried)}, server)
	count(missing) > 0
	finding := object.union(found, {"expected": named, "actual": carried})
}

undecided contains case if {
	some server, _ in asked
	open := about(server, "unknown")
	count(open) > 0
	why := certificates.doubt(server, ["Services", "CertificateDomains", "NotBefore", "NotAfter"])
	case := cases.undecided(sort([known.at | some known in open]), why, certificates.export, {"server": server, "name": open[0].name}, server)
}

# A connector of which the export does not tell whether it offers TLS, or under
# which name.
undecided contains case if {
	some server, list in asked
	open := [known | some known in list; known.answer == "no"; not known.sure]
	count(open) > 0
	needs := properties.export("Get-ReceiveConnector")
	case := cases.undecided(sort([known.at | some known in open]), [], needs, {"server": server, "name": open[0].name}, server)
}

undecided contains case if {
	some connector in connectors.receive
	transports(connector.server)
	offers(connector) != "no"
	not "Fqdn" in object.keys(connector.properties)
	args := {"server": connector.server, "name": {"key": "full-name"}}
	case := object.union(cases.unread(connector, "Fqdn", "Get-ReceiveConnector", args), {"subject": connector.server})
}

# A transport server that no export of its settings is about.
undecided contains case if {
	some server, machine in estate.servers
	transports(server)
	not described[server]
	needs := properties.export("Get-ExchangeServer")
	case := cases.undecided([machine.at.self], [{"key": "no-full-name", "args": {"server": server}}], needs, {"server": server, "name": {"key": "full-name"}}, server)
}

described contains server if {
	some object_ in object.get(input.objects, "Get-ExchangeServer", [])
	server := object_.server
}

# A transport server whose full name the export leaves out.
undecided contains case if {
	some object_ in object.get(input.objects, "Get-ExchangeServer", [])
	transports(object_.server)
	not properties.text(object_, "Fqdn")
	args := {"server": object_.server, "name": {"key": "full-name"}}
	case := object.union(cases.unread(object_, "Fqdn", "Get-ExchangeServer", args), {"subject": object_.server})
}
