# METADATA
# title: Send connector never uses TLS
# custom:
#   id: SC002
#   name: send-ignores-starttls
#   severity: warning
#   paths: [edge-to-internet-smtp, edge-to-edge-smtp]
#   statements: [S10]
#   needs: [Get-SendConnector]
#   versions: ["8", "14", "15"]
#   title.ja: 送信コネクタが TLS を使用しない
#   message:
#     en: "Send connector \"{connector}\" sends mail for {domains} in clear text, even to servers that offer TLS ({causes})"
#     ja: "送信コネクタ「{connector}」は、相手が TLS を提供していても {domains} 宛てのメールを平文で送信します ({causes})"
#   fix:
#     en: "Let it try TLS; give a partner that cannot a connector of its own with a narrow address space:\nSet-SendConnector \"{connector}\" -IgnoreSTARTTLS $false -ForceHELO $false"
#     ja: "TLS を試行させます。対応できない相手には、アドレス スペースを限定した専用のコネクタを作ります:\nSet-SendConnector \"{connector}\" -IgnoreSTARTTLS $false -ForceHELO $false"
#   undecided:
#     en: "Whether send connector \"{connector}\" ever uses TLS could not be decided"
#     ja: "送信コネクタ「{connector}」が TLS を使用するかどうかを判定できません"
#   labels:
#     ignores: {en: "the offer of STARTTLS is ignored", ja: "STARTTLS の提示を無視します"}
#     helo: {en: "with HELO no server offers STARTTLS", ja: "HELO では STARTTLS が提示されません"}
#     spaces: {en: "for these domains", ja: "対象のドメイン"}
#     any-domain: {en: "unknown domains", ja: "不明なドメイン"}
#   references:
#     - aa998294(v=exchg.80)
package exlint.rules.send_ignores_starttls

import rego.v1

import data.exlint.lib.properties
import data.exlint.lib.sending
import data.exlint.lib.verdicts

read := {"IgnoreSTARTTLS": "ignores", "ForceHELO": "helo"}

causes(connector) := [name | some name, _ in read; connector.properties[name] == true]

bare contains connector if {
	some connector in sending.working
	count(causes(connector)) > 0
}

# For a few domains it is a way around one broken server.
severity(connector) := {"severity": "note"} if {
	properties.values(connector, "AddressSpaces")
	not sending.to_all(connector)
} else := {"confidence": "derived", "weak": "AddressSpaces is not known"} if {
	not properties.values(connector, "AddressSpaces")
} else := {}

domains(connector) := sort({space.domain | some space in sending.spaces(connector)}) if {
	properties.values(connector, "AddressSpaces")
} else := {"key": "any-domain"}

findings contains finding if {
	some connector in bare
	sending.sends(connector) == "yes"
	pairs := array.concat([[name, read[name]] | some name in causes(connector)], [["AddressSpaces", "spaces"]])
	shown := object.union(severity(connector), verdicts.shown(properties.places(connector, pairs)))
	args := {"connector": connector.identity, "domains": domains(connector), "causes": concat(", ", causes(connector))}
	finding := object.union(shown, {"args": args, "subject": connector.identity, "expected": "IgnoreSTARTTLS False, ForceHELO False"})
}

undecided contains case if {
	some connector in bare
	sending.sends(connector) == "unknown"
	case := sending.doubtful(connector, ["Enabled"])
}

undecided contains case if {
	some connector in sending.working
	count(causes(connector)) == 0
	names := [name | some name, _ in read]
	not properties.known(connector, names)
	case := sending.doubtful(connector, names)
}
