# METADATA
# title: Send connector to a foreign smart host does not require TLS
# custom:
#   id: SC004
#   name: send-smarthost-tls-not-required
#   severity: warning
#   paths: [edge-to-internet-smtp]
#   statements: [S10]
#   needs: [Get-SendConnector]
#   versions: ["8", "14", "15"]
#   title.ja: 外部のスマート ホストへの送信コネクタが TLS を必須としていない
#   message:
#     en: "Send connector \"{connector}\" hands all of its mail to {hosts}, and does not require TLS for it"
#     ja: "送信コネクタ「{connector}」はすべてのメールを {hosts} に渡しますが、TLS を必須としていません"
#   fix:
#     en: "Require TLS, once the smart host offers it; from Exchange 2010 on also say whose certificate it must be (-TlsAuthLevel DomainValidation -TlsDomain):\nSet-SendConnector \"{connector}\" -RequireTLS $true"
#     ja: "スマート ホストが TLS を提供していることを確認して必須にします。Exchange 2010 以降では証明書の名前も指定します (-TlsAuthLevel DomainValidation -TlsDomain):\nSet-SendConnector \"{connector}\" -RequireTLS $true"
#   undecided:
#     en: "Whether send connector \"{connector}\" needs and requires TLS could not be decided"
#     ja: "送信コネクタ「{connector}」に TLS が必要か、必須としているかを判定できません"
#   labels:
#     tls: {en: "TLS is tried, not required", ja: "TLS は試行されるだけで必須ではありません"}
#     hosts: {en: "in a network of others", ja: "外部のネットワークにあります"}
#     unplaced: {en: "nothing tells which network {hosts} is in", ja: "{hosts} がどのネットワークにあるか不明です"}
#   references:
#     - aa998294(v=exchg.80)
package exlint.rules.send_smarthost_tls_not_required

import rego.v1

import data.exlint.lib.properties
import data.exlint.lib.sending
import data.exlint.lib.verdicts

# Mechanisms that require TLS by themselves.
guarded(connector) if connector.properties.SmartHostAuthMechanism in {"BasicAuthRequireTLS", "ExchangeServer"}

# Connectors to smart hosts that may be strange, without a guard that is known.
open contains connector if {
	some connector in sending.working
	not connector.properties.RequireTLS == true
	not guarded(connector)
	count(sending.smart_hosts(connector)) > 0
}

read := ["Enabled", "RequireTLS", "SmartHostAuthMechanism"]

findings contains finding if {
	some connector in open
	properties.known(connector, read)
	hosts := sending.strange(connector)
	count(hosts) > 0
	places := properties.places(connector, [["RequireTLS", "tls"], ["SmartHosts", "hosts"]])
	finding := object.union(verdicts.shown(places), {
		"args": {"connector": connector.identity, "hosts": sort(hosts)},
		"subject": connector.identity,
		"expected": "RequireTLS True",
		"actual": "RequireTLS False",
	})
}

undecided contains case if {
	some connector in open
	not properties.known(connector, read)
	count(sending.strange(connector) | sending.unplaced(connector)) > 0
	case := sending.doubtful(connector, read)
}

undecided contains case if {
	some connector in open
	properties.known(connector, read)
	count(sending.strange(connector)) == 0
	hosts := sending.unplaced(connector)
	count(hosts) > 0
	case := object.union(sending.doubtful(connector, ["SmartHosts"]), {"why": [{"key": "unplaced", "args": {"hosts": sort(hosts)}}], "needs": sending.placing(hosts)})
}
