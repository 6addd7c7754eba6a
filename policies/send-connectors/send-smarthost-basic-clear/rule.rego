# METADATA
# title: Send connector sends a password in clear text
# custom:
#   id: SC001
#   name: send-smarthost-basic-clear
#   severity: error
#   paths: [edge-to-internet-smtp]
#   statements: [S10]
#   needs: [Get-SendConnector]
#   versions: ["8", "14", "15"]
#   supersedes: [SC004]
#   title.ja: 送信コネクタがパスワードを暗号化せずに送信する
#   message:
#     en: "Send connector \"{connector}\" logs on to {hosts} with a password that TLS need not protect (BasicAuth)"
#     ja: "送信コネクタ「{connector}」は、TLS を必須とせずにパスワードで {hosts} にログオンします (BasicAuth)"
#   fix:
#     en: "Send the password only after TLS:\nSet-SendConnector \"{connector}\" -SmartHostAuthMechanism BasicAuthRequireTLS"
#     ja: "パスワードを TLS の確立後にだけ送信します:\nSet-SendConnector \"{connector}\" -SmartHostAuthMechanism BasicAuthRequireTLS"
#   undecided:
#     en: "Whether send connector \"{connector}\" sends a password in clear text could not be decided"
#     ja: "送信コネクタ「{connector}」がパスワードを暗号化せずに送信するかどうかを判定できません"
#   labels:
#     mechanism: {en: "BasicAuth asks for no TLS", ja: "BasicAuth は TLS を要求しません"}
#     hosts: {en: "where the password goes", ja: "パスワードの送信先"}
#   references:
#     - aa998294(v=exchg.80)
package exlint.rules.send_smarthost_basic_clear

import rego.v1

import data.exlint.lib.properties
import data.exlint.lib.sending
import data.exlint.lib.verdicts

clear contains connector if {
	some connector in sending.working
	connector.properties.SmartHostAuthMechanism == "BasicAuth"
}

# A host of the internal network: seen by fewer.
severity(connector) := "warning" if {
	every host in sending.smart_hosts(connector) { sending.class(host) in sending.trusted }
} else := "error"

findings contains finding if {
	some connector in clear
	sending.sends(connector) == "yes"
	count(sending.smart_hosts(connector)) > 0
	places := properties.places(connector, [["SmartHostAuthMechanism", "mechanism"], ["SmartHosts", "hosts"], ["SmartHostsString", "hosts"]])
	args := {"connector": connector.identity, "hosts": sort(sending.smart_hosts(connector))}
	found := {"args": args, "subject": connector.identity, "expected": "BasicAuthRequireTLS", "actual": "BasicAuth"}
	finding := object.union(object.union(verdicts.shown(places), found), {"severity": severity(connector)})
}

undecided contains case if {
	some connector in clear
	unclear(connector)
	case := sending.doubtful(connector, ["Enabled", "SmartHosts"])
}

undecided contains case if {
	some connector in sending.working
	not "SmartHostAuthMechanism" in object.keys(connector.properties)
	not without_hosts(connector)
	case := sending.doubtful(connector, ["SmartHostAuthMechanism", "Enabled"])
}

# The mechanism says nothing where there is no smart host.
without_hosts(connector) if count(sending.smart_hosts(connector)) == 0

unclear(connector) if not sending.smart_hosts(connector)

unclear(connector) if {
	sending.sends(connector) == "unknown"
	count(sending.smart_hosts(connector)) > 0
}
