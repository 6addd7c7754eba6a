# METADATA
# title: Open port without anything that listens
# custom:
#   id: XC002
#   name: open-port-without-listener
#   severity: note
#   paths: [smtp-client-to-hub, pop3, imap4, um-phone, hub-to-edge-edgesync]
#   statements: [S61]
#   needs: [firewall, [Get-ReceiveConnector, Get-PopSettings, Get-ImapSettings]]
#   versions: ["8", "14", "15"]
#   title.ja: 待ち受けるもののないポートが開いている
#   message:
#     en: "{firewall} lets traffic from {from} reach {service} on {server}, where nothing listens"
#     ja: "{firewall} は {from} から {server} の {service} への到達を許可していますが、待ち受けるものがありません"
#   fix:
#     en: "Take {service} to {server} out of \"{rule}\" on {firewall}"
#     ja: "{firewall} の「{rule}」から {server} の {service} を外します"
#   undecided:
#     en: "Whether anything listens on {service} of {server} could not be decided"
#     ja: "{server} の {service} で待ち受けるものがあるかどうかを判定できません"
#   labels:
#     bindings: {en: "listens elsewhere", ja: "別のポートで待ち受けます"}
#     off: {en: "does not listen", ja: "待ち受けません"}
#   references:
#     - bb331973(v=exchg.80)
#     - bb125139(v=exchg.80)
package exlint.rules.open_port_without_listener

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.properties
import data.exlint.lib.protocols
import data.exlint.lib.verdicts

# What listens on the ports of SMTP, POP3 and IMAP4: cmdlet, property.
listeners := {
	"tcp/25": ["Get-ReceiveConnector", "Bindings"], "tcp/587": ["Get-ReceiveConnector", "Bindings"],
	"tcp/110": ["Get-PopSettings", "UnencryptedOrTLSBindings"], "tcp/995": ["Get-PopSettings", "SSLBindings"],
	"tcp/143": ["Get-ImapSettings", "UnencryptedOrTLSBindings"], "tcp/993": ["Get-ImapSettings", "SSLBindings"],
}

# Ways to these ports: exposures, and flows of people with POP3 or IMAP4.
ways[end] contains way if {
	some way in array.concat(input.exposures, [object.union(flow, {"from": flow.source}) | some flow in input.flows; flow.path in {"pop3", "imap4"}])
	listeners[way.service]
	way.verdict in {"permit", "partial"}
	count(way.decided_by) > 0
	estate.in_service(way.destination)
	end := [way.destination, way.service]
}

candidates(server, service) := [object_ | some object_ in object.get(input.objects, listeners[service][0], []); object.get(object_, "server", "") == server]

# Whether one of them listens on the port: "yes" | "unknown" | "no".
hears(object_, service) := "no" if {
	object_.properties.Enabled == false
} else := "no" if {
	some known in protocols.settings
	known.object == object_
	protocols.disabled(known)
} else := "unknown" if {
	not properties.values(object_, listeners[service][1])
} else := "no" if {
	not bound(object_, service)
} else := "unknown" if {
	"Enabled" in wanted(service)
	not object_.properties.Enabled == true
} else := "yes"

bound(object_, service) if {
	some binding in properties.values(object_, listeners[service][1])
	endswith(binding, concat("", [":", split(service, "/")[1]]))
}

# What the export must tell of a listener.
wanted(service) := array.concat([name | some name in ["Enabled"]; listeners[service][0] == "Get-ReceiveConnector"], [listeners[service][1]])

answers(server, service) := {hears(object_, service) | some object_ in candidates(server, service)}

labels := {true: "bindings", false: "off"}

findings contains finding if {
	some [server, service], list in ways
	answers(server, service) == {"no"}
	way := [w | some w in list; w.id == min([v.id | some v in list])][0]
	property := listeners[service][1]
	places := [verdicts.place(at, labels[object.get(o.properties, "Enabled", true)]) | some o in candidates(server, service); at := o.at[property]]
	args := {"from": sort({w.from | some w in list}), "server": server, "service": service}
	found := object.remove(verdicts.exposed(way, {"source", "destination", "service"}, args, sprintf("%s %s", [server, service])), ["variant"])
	finding := object.union(found, {"at": array.concat(found.at, verdicts.refs(places)), "labels": array.concat(found.labels, verdicts.labels(places)), "flows": verdicts.keys(list)})
}

undecided contains case if {
	some [server, service], _ in ways
	said := answers(server, service)
	"unknown" in said
	not "yes" in said
	[cmdlet, property] := listeners[service]
	lost := [object_ | some object_ in candidates(server, service); hears(object_, service) == "unknown"]
	case := {
		"at": [object.get(lost[0].at, property, lost[0].at.self)],
		"why": [reason | some object_ in lost; some reason in properties.unknown(object_, wanted(service))],
		"needs": properties.export(cmdlet),
		"args": {"server": server, "service": service},
		"subject": sprintf("%s %s", [server, service]),
	}
}
