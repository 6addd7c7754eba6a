# METADATA
# title: Domain of Domain Security without a connector that secures it
# custom:
#   id: TC001
#   name: domain-secure-list-without-connector
#   severity: error
#   paths: [edge-to-edge-smtp]
#   statements: [S13]
#   needs: [Get-TransportConfig]
#   versions: ["8", "14", "15"]
#   title.ja: ドメイン セキュリティの対象ドメインに対応するコネクタがない
#   message:
#     en: "{list} names {domains}, but no send connector with Domain Security sends there: the mail is not secured"
#     ja: "{list} に {domains} がありますが、ドメイン セキュリティが有効な送信コネクタが対応していないため、メールは保護されません"
#   fix:
#     en: "Switch Domain Security on in the connector that sends to these domains:\nSet-SendConnector \"{connector}\" -DomainSecureEnabled $true -DNSRoutingEnabled $true -IgnoreSTARTTLS $false"
#     ja: "対象ドメインへの送信に使われるコネクタでドメイン セキュリティを有効にします:\nSet-SendConnector \"{connector}\" -DomainSecureEnabled $true -DNSRoutingEnabled $true -IgnoreSTARTTLS $false"
#   undecided:
#     en: "Whether connectors secure the domains of {list} could not be decided"
#     ja: "{list} のドメインがコネクタで保護されるかどうかを判定できません"
#   labels:
#     list: {en: "these domains are to be secured", ja: "保護の対象とされたドメイン"}
#     sends: {en: "this connector sends there", ja: "このコネクタが送信します"}
#     receives: {en: "without Domain Security", ja: "ドメイン セキュリティが無効です"}
#     no-connectors: {en: "no output of {cmdlet} tells the connectors", ja: "{cmdlet} の出力がないため、コネクタが不明です"}
#     no-connectors-of: {en: "no output of {cmdlet} tells the connectors of {servers}", ja: "{servers} の {cmdlet} の出力がないため、コネクタが不明です"}
#     a-connector: {en: "<connector>", ja: "<コネクタ>"}
#   variants:
#     receive:
#       message:
#         en: "{list} names {domains}, but no receive connector has Domain Security with TLS: mail from there is not checked"
#         ja: "{list} に {domains} がありますが、TLS を提供しドメイン セキュリティが有効な受信コネクタがないため、受信メールは検証されません"
#       fix:
#         en: "Switch Domain Security on in the connector that takes the partner's mail:\nSet-ReceiveConnector \"{connector}\" -DomainSecureEnabled $true -AuthMechanism Tls"
#         ja: "相手先のメールを受信するコネクタでドメイン セキュリティを有効にします:\nSet-ReceiveConnector \"{connector}\" -DomainSecureEnabled $true -AuthMechanism Tls"
#     wildcard:
#       message:
#         en: "{list} has {domains}, but a wildcard matches no domain there"
#         ja: "{list} に {domains} がありますが、ワイルドカードはどのドメインにも一致しません"
#       fix:
#         en: "Name every domain by itself:\nSet-TransportConfig -{list} <domain>,<domain>"
#         ja: "ドメインを 1 つずつ指定します:\nSet-TransportConfig -{list} <ドメイン>,<ドメイン>"
#   references:
#     - bb123543(v=exchg.80)
#     - bb124151(v=exchg.80)
#     - aa998662(v=exchg.80)
package exlint.rules.domain_secure_list_without_connector

import rego.v1

import data.exlint.lib.connectors
import data.exlint.lib.domain_security
import data.exlint.lib.estate
import data.exlint.lib.properties
import data.exlint.lib.sending
import data.exlint.lib.verdicts

lists := {"TLSSendDomainSecureList": "Get-SendConnector", "TLSReceiveDomainSecureList": "Get-ReceiveConnector"}

# Domains of a list as they are meant.
plain(list) := {domain | some domain in domain_security.listed(list); not contains(domain, "*")}

# The connectors whose address space fits a domain best: the longest one.
routes(domain) := {r[1] | some r in fitting; r[0] == longest} if {
	fitting := {[fit(domain, space.domain), connector] |
		some connector in sending.working
		some space in sending.spaces(connector)
	}
	longest := max({r[0] | some r in fitting})
} else := set()

# How closely an address space matches a domain: the domain itself best; a star
# stands for a domain and all below it.
fit(domain, space) := 1000 if {
	space == domain
} else := 1 if {
	space == "*"
} else := count(space) if {
	startswith(space, "*.")
	endswith(concat("", [".", domain]), substring(space, 1, -1))
}

# How a list is served: "no", "unknown"; nothing where all is well.
state("TLSSendDomainSecureList", domain) := answer(routes(domain)) if not unspaced

state("TLSSendDomainSecureList", _) := "unknown" if unspaced

state("TLSReceiveDomainSecureList", _) := receiving

# A server whose connectors nobody exported may have the one that secures.
receiving := "unknown" if {
	offered == "no"
	count(unexported) > 0
} else := offered

offered := answer({c | some c in connectors.receive; offers(c)})

unexported contains name if {
	some name, server in estate.servers
	transports(server)
	estate.in_service(name)
	not connectors.of[name]
}

transports(server) if count({"hub", "edge"} & {role | some role in server.roles}) > 0

# Nothing tells its roles.
transports(server) if {
	server.exchange
	server.roles == []
}

# The address spaces of a connector are not told: mail may take it.
unspaced if {
	some connector in sending.working
	not properties.values(connector, "AddressSpaces")
}

offers(connector) if {
	connectors.listens(connector) != "no"
	"Tls" in connectors.mechanisms(connector)
}

offers(connector) if connector in connectors.unstated

answer(all) := "yes" if {
	some connector in all
	secures(connector)
} else := "unknown" if {
	some connector in all
	not connector.properties.DomainSecureEnabled == false
} else := "no"

# Nothing is left open about it; a Send connector has no AuthMechanism.
secures(connector) if {
	connector.properties.DomainSecureEnabled == true
	connector.properties.Enabled == true
	not unlisted(connector)
}

unlisted(connector) if {
	connector in connectors.receive
	not connectors.mechanisms(connector)
}

lacking(list, word) := {domain | some domain in plain(list); state(list, domain) == word}

variant := {"TLSSendDomainSecureList": {}, "TLSReceiveDomainSecureList": {"variant": "receive"}}

involved("TLSSendDomainSecureList", domains) := {c | some d in domains; some c in routes(d)}

involved("TLSReceiveDomainSecureList", _) := {c | some c in connectors.receive; offers(c)}

places(list) := [place | some config in domain_security.configs; some place in properties.places(config, [[list, "list"]])]

findings contains finding if {
	some list, cmdlet in lists
	cmdlet in input.kinds
	domains := lacking(list, "no")
	count(domains) > 0
	all := involved(list, domains)
	own := [place | some c in all; some place in properties.places(c, [["AddressSpaces", "sends"], ["DomainSecureEnabled", "receives"]])]
	finding := object.union(object.union(variant[list], verdicts.shown(array.concat(places(list), own))), {
		"args": {"list": list, "domains": sort(domains), "connector": first(sort({c.identity | some c in all}))},
		"subject": list,
	})
}

first(names) := names[0] if count(names) > 0

first([]) := {"key": "a-connector"}

findings contains finding if {
	some list, _ in lists
	domains := domain_security.listed(list) - plain(list)
	count(domains) > 0
	finding := object.union(verdicts.shown(places(list)), {"variant": "wildcard", "args": {"list": list, "domains": sort(domains), "connector": ""}, "subject": sprintf("%s *", [list])})
}

undecided contains case if {
	some list, cmdlet in lists
	count(plain(list)) > 0
	doubt(list, cmdlet)
	case := {
		"at": [place.at | some place in places(list)],
		"why": why(list, cmdlet),
		"needs": properties.export(cmdlet),
		"args": {"list": list},
		"subject": list,
	}
}

why(list, cmdlet) := array.concat(
	[{"key": "no-connectors", "args": {"cmdlet": cmdlet}} | not cmdlet in input.kinds],
	[{"key": "no-connectors-of", "args": {"cmdlet": cmdlet, "servers": sort(unexported)}} |
		cmdlet in input.kinds
		list == "TLSReceiveDomainSecureList"
		count(unexported) > 0
	],
)

doubt(_, cmdlet) if not cmdlet in input.kinds

doubt(list, cmdlet) if {
	cmdlet in input.kinds
	count(lacking(list, "unknown")) > 0
}

undecided contains case if {
	some list, _ in lists
	some config in domain_security.configs
	not properties.known(config, [list])
	case := {"at": properties.somewhere(config, [list]), "why": properties.unknown(config, [list]), "needs": properties.export("Get-TransportConfig"), "args": {"list": list}, "subject": list}
}
