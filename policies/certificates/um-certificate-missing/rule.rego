# METADATA
# title: UM server has no certificate for its secured calls
# custom:
#   id: CE004
#   name: um-certificate-missing
#   severity: error
#   paths: [um-phone]
#   statements: [S44, S55]
#   needs: [Get-UMDialPlan, Get-ExchangeCertificate]
#   versions: ["8", "14", "15"]
#   title.ja: UM サーバーに保護された通話用の証明書がない
#   message:
#     en: "{server} serves the secured dial plans {plans}, but has no valid certificate for Unified Messaging: it refuses their calls"
#     ja: "{server} は保護されたダイヤル プラン {plans} を担当していますが、ユニファイド メッセージングに割り当てられた有効な証明書がなく、通話を受け付けません"
#   fix:
#     en: "Give Unified Messaging a certificate that the gateways trust, and restart the service:\nEnable-ExchangeCertificate -Thumbprint <thumbprint> -Services UM\nRestart-Service MSExchangeUM"
#     ja: "ゲートウェイが信頼する証明書をユニファイド メッセージングに割り当て、サービスを再起動します:\nEnable-ExchangeCertificate -Thumbprint <拇印> -Services UM\nRestart-Service MSExchangeUM"
#   undecided:
#     en: "Whether {server} has a certificate for its secured calls could not be decided"
#     ja: "{server} に保護された通話用の証明書があるかどうかを判定できません"
#   labels:
#     plan: {en: "the plan is secured", ja: "プランは保護されています"}
#     services: {en: "what the certificate serves", ja: "証明書の割り当て"}
#     no-certificates: {en: "the certificates of {server} are not in the input", ja: "{server} の証明書が入力にありません"}
#   references:
#     - bb124092(v=exchg.80)
#     - aa996771(v=exchg.80)
package exlint.rules.um_certificate_missing

import rego.v1

import data.exlint.lib.cases
import data.exlint.lib.certificates
import data.exlint.lib.verdicts
import data.exlint.lib.voice

# Servers of secured dial plans, and those plans.
secured[server] contains name if {
	some server, names in voice.server_plans
	some name in names
	some plan in voice.by_name[name]
	voice.kind(plan) == "secured"
}

plans(server) := [plan | some name in sort(secured[server]); some plan in voice.by_name[name]]

# Whether a certificate serves UM: "yes" | "expired" | "unknown" | "no".
answer(server) := "yes" if {
	some certificate in certificates.serving(server, "UM")
	certificates.current(certificate) == "yes"
} else := "unknown" if {
	not certificates.exported(server)
} else := "unknown" if {
	some certificate in certificates.of[server]
	certificates.may_serve(certificate, "UM")
	certificates.current(certificate) != "no"
} else := "expired" if {
	some certificate in certificates.of[server]
	certificates.may_serve(certificate, "UM")
} else := "no"

findings contains finding if {
	some server, _ in secured
	answer(server) == "no"
	services := [verdicts.place(at, "services") | some at in sort([c.at.Services | some c in certificates.of[server]; c.at.Services])]
	places := array.concat([verdicts.place(plan.at.VoIPSecurity, "plan") | some plan in plans(server)], services)
	args := {"server": server, "plans": [plan.identity | some plan in plans(server)]}
	finding := object.union(cases.finding(places, args, server), {"expected": "UM"})
}

undecided contains case if {
	some server, _ in secured
	answer(server) == "unknown"
	at := [plan.at.VoIPSecurity | some plan in plans(server)]
	case := cases.undecided(at, certificates.doubt(server, ["Services", "NotAfter"]), certificates.export, {"server": server}, server)
}
