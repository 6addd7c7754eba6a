# METADATA
# title: Send connector hands mail to a smart host that is not ours
# custom:
#   id: CO001
#   name: smart-host-not-approved
#   severity: error
#   paths: [edge-to-internet-smtp]
#   needs: [Get-SendConnector]
#   title.ja: 承認されていないスマート ホストを使う送信コネクタ
#   message:
#     en: "Send connector \"{connector}\" hands mail to {hosts}, which is no relay of ours"
#     ja: "送信コネクタ「{connector}」は、承認されていないスマート ホスト {hosts} にメールを渡します"
#   fix:
#     en: "Set-SendConnector \"{connector}\" -SmartHosts {relays}"
#     ja: "Set-SendConnector \"{connector}\" -SmartHosts {relays}"
#   undecided:
#     en: "Whether send connector \"{connector}\" uses our relays only could not be decided"
#     ja: "送信コネクタ「{connector}」が承認済みの中継サーバーだけを使うかどうかを判定できません"
#   labels:
#     hosts: {en: "the smart hosts", ja: "スマート ホスト"}
package exlint.rules.smart_host_not_approved

import rego.v1

import data.exlint.lib.properties

relays := {"relay1.contoso.com", "relay2.contoso.com"}

# The connectors that exports have: none where the cmdlet was not exported.
connectors := object.get(input.objects, "Get-SendConnector", [])

# A name, or an address in brackets; `--` is what EdgeSync writes.
strangers(connector) := {host |
	some text in properties.values(connector, "SmartHosts")
	host := lower(trim(text, "[]"))
	not host in relays | {"--"}
}

findings contains finding if {
	some connector in connectors
	connector.properties.Enabled == true
	count(strangers(connector)) > 0
	finding := {
		"at": [connector.at.SmartHosts],
		"labels": ["hosts"],
		"args": {"connector": connector.identity, "hosts": sort(strangers(connector)), "relays": concat(",", sort(relays))},
		"subject": connector.identity,
	}
}

# The export cut the value off, or does not have it: ask, do not guess.
undecided contains case if {
	some connector in connectors
	not connector.properties.Enabled == false
	not properties.known(connector, ["SmartHosts", "Enabled"])
	case := {
		"at": properties.somewhere(connector, ["SmartHosts", "Enabled"]),
		"why": properties.unknown(connector, ["SmartHosts", "Enabled"]),
		"needs": properties.export("Get-SendConnector"),
		"args": {"connector": connector.identity},
		"subject": connector.identity,
	}
}
