# METADATA
# title: Send connector calls an unprotected smart host externally secured
# custom:
#   id: SC005
#   name: send-smarthost-external-authoritative
#   severity: warning
#   paths: [hub-to-edge-smtp]
#   statements: [S04]
#   needs: [Get-SendConnector]
#   versions: ["8", "14", "15"]
#   title.ja: 送信コネクタが保護されていないスマート ホストを外部で保護済みとみなしている
#   message:
#     en: "Send connector \"{connector}\" takes {hosts} for externally secured: internal headers go there, unencrypted and without authentication"
#     ja: "送信コネクタ「{connector}」は {hosts} を外部で保護済みとみなし、認証も暗号化もなしに内部用のヘッダーを渡します"
#   fix:
#     en: "Let the servers authenticate (ExchangeServer), or log on after TLS:\nSet-SendConnector \"{connector}\" -SmartHostAuthMechanism BasicAuthRequireTLS -AuthenticationCredential (Get-Credential)"
#     ja: "サーバー間で認証するか (ExchangeServer)、TLS の確立後にログオンします:\nSet-SendConnector \"{connector}\" -SmartHostAuthMechanism BasicAuthRequireTLS -AuthenticationCredential (Get-Credential)"
#   undecided:
#     en: "Whether the smart hosts of send connector \"{connector}\" are protected could not be decided"
#     ja: "送信コネクタ「{connector}」のスマート ホストが保護されているかどうかを判定できません"
#   labels:
#     mechanism: {en: "no authentication, no TLS", ja: "認証も TLS も使いません"}
#     hosts: {en: "in a network of others", ja: "外部のネットワークにあります"}
#     unplaced: {en: "nothing tells which network {hosts} is in", ja: "{hosts} がどのネットワークにあるか不明です"}
#   references:
#     - aa998294(v=exchg.80)
package exlint.rules.send_smarthost_external_authoritative

import rego.v1

import data.exlint.lib.properties
import data.exlint.lib.sending
import data.exlint.lib.verdicts

trusting contains connector if {
	some connector in sending.working
	connector.properties.SmartHostAuthMechanism == "ExternalAuthoritative"
}

findings contains finding if {
	some connector in trusting
	sending.sends(connector) == "yes"
	hosts := sending.strange(connector)
	count(hosts) > 0
	places := properties.places(connector, [["SmartHostAuthMechanism", "mechanism"], ["SmartHosts", "hosts"]])
	finding := object.union(verdicts.shown(places), {"args": {"connector": connector.identity, "hosts": sort(hosts)}, "subject": connector.identity, "actual": "ExternalAuthoritative"})
}

undecided contains case if {
	some connector in trusting
	unclear(connector)
	case := sending.doubtful(connector, ["Enabled", "SmartHosts"])
}

unclear(connector) if not sending.smart_hosts(connector)

unclear(connector) if {
	sending.sends(connector) == "unknown"
	count(sending.strange(connector)) > 0
}

undecided contains case if {
	some connector in trusting
	count(sending.strange(connector)) == 0
	hosts := sending.unplaced(connector)
	count(hosts) > 0
	case := object.union(sending.doubtful(connector, ["SmartHosts"]), {"why": [{"key": "unplaced", "args": {"hosts": sort(hosts)}}], "needs": sending.placing(hosts)})
}

undecided contains case if {
	some connector in sending.working
	count(sending.smart_hosts(connector)) > 0
	not "SmartHostAuthMechanism" in object.keys(connector.properties)
	case := sending.doubtful(connector, ["SmartHostAuthMechanism", "Enabled"])
}
