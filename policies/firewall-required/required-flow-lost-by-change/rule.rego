# METADATA
# title: A change blocks a data path that worked before
# custom:
#   id: FR022
#   name: required-flow-lost-by-change
#   severity: error
#   paths: [activesync, autodiscover, availability-client, availability-mailbox-access, cas-to-cas-eas, cas-to-cas-owa, cas-to-legacy-mailbox, cas-to-mailbox-rpc, cas-to-um, cas-um-to-ad, ccr-scr-log-shipping, cluster-heartbeat-udp, cluster-random-tcp, clustering, dsaccess-ad, edge-dns, edge-to-edge-smtp, edge-to-hub-smtp, edge-to-internet-smtp, hub-to-ad, hub-to-edge-edgesync, hub-to-edge-smtp, hub-to-hub-smtp, hub-to-mailbox-mapi, internet-to-edge-smtp, mailbox-to-ad, mailbox-to-hub-submission, mapi-access, oab-to-ad, outlook-anywhere, outlook-oab-cas, outlook-oab-mailbox, owa, recipient-update-ad, sa-legacy-ad, sa-legacy-listen, um-fax, um-gateway-ip-auth, um-phone, um-to-hub-smtp, um-to-hub-smtp-um-table, um-to-mailbox-rpc, um-web-service]
#   statements: [S04]
#   needs: [comparison]
#   title.ja: これまで通っていたデータ パスが変更によって遮断される
#   message:
#     en: "This change blocks {path}: {sources} can no longer reach {destinations} on {services}. Before, {former} let it through"
#     ja: "この変更により {path} が遮断されます。{sources} は {destinations} へ {services} で到達できなくなります。変更前は {former} が許可していました"
#   fix:
#     en: "On {firewall}, put the permit back, {place}{lines}"
#     ja: "{firewall} で、{place}許可を元に戻します{lines}"
#   undecided:
#     en: "Before this change {source} reached {destination} on {service}; whether it still does cannot be decided"
#     ja: "変更前は {source} から {destination} へ {service} で到達できましたが、変更後も到達できるかを判定できません"
#   references:
#     - bb331973(v=exchg.80)
package exlint.rules.required_flow_lost_by_change

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.required
import data.exlint.lib.verdicts

# The paths that rules of this area require.
paths := {
	"activesync", "autodiscover", "availability-client", "availability-mailbox-access",
	"cas-to-cas-eas", "cas-to-cas-owa", "cas-to-legacy-mailbox", "cas-to-mailbox-rpc", "cas-to-um",
	"cas-um-to-ad", "ccr-scr-log-shipping", "cluster-heartbeat-udp", "cluster-random-tcp", "clustering",
	"dsaccess-ad", "edge-dns", "edge-to-edge-smtp", "edge-to-hub-smtp", "edge-to-internet-smtp",
	"hub-to-ad", "hub-to-edge-edgesync", "hub-to-edge-smtp", "hub-to-hub-smtp", "hub-to-mailbox-mapi",
	"internet-to-edge-smtp", "mailbox-to-ad", "mailbox-to-hub-submission", "mapi-access", "oab-to-ad",
	"outlook-anywhere", "outlook-oab-cas", "outlook-oab-mailbox", "owa", "recipient-update-ad",
	"sa-legacy-ad", "sa-legacy-listen", "um-fax", "um-gateway-ip-auth", "um-phone", "um-to-hub-smtp",
	"um-to-hub-smtp-um-table", "um-to-mailbox-rpc", "um-web-service",
}

changes := {changed.id: changed | some changed in input.comparison.flows}

# Flows of those paths that passed before the change, wholly or in part.
passed contains flow if {
	some flow in input.flows
	changes[flow.id].before in {"permit", "partial"}
	flow.path in paths
	needed(flow)
	estate.in_service(flow.source)
	estate.in_service(flow.destination)
}

# The clear-text port of the directory of an Edge is `local`: FR005 tells why.
needed(flow) if flow.need in {"required", "negotiated"}

# Of alternatives one is enough.
needed(flow) if {
	flow.need == "alternative"
	not replaced(flow)
}

replaced(flow) if {
	some other in input.flows
	other.path == flow.path
	other.source == flow.source
	other.destination == flow.destination
	other.need == "alternative"
	object.get(other, "group", "") == object.get(flow, "group", "")
	other.verdict == "permit"
}

lost_now(flow) if flow.verdict == "deny"

# It passed wholly, and now fails for some.
lost_now(flow) if {
	flow.works == "no"
	changes[flow.id].before == "permit"
}

lost(path) := [flow | some flow in passed; flow.path == path; lost_now(flow)]

# What let flows through before: rules with their places.
former(flows) := concat("; ", array.slice(rules, 0, 3)) if {
	rules := verdicts.unique([sprintf("\"%s\" (%s)", [decision.rule, decision.place]) |
		some flow in flows
		some decision in changes[flow.id].decided_by
		decision.action == "permit"
	])
	count(rules) > 0
} else := "a firewall of the base"

findings contains finding if {
	some path in {flow.path | some flow in passed}
	some flows in required.together(lost(path))
	args := {
		"path": path,
		"sources": sort({flow.source | some flow in flows}),
		"destinations": sort({flow.destination | some flow in flows}),
		"services": sort({flow.service | some flow in flows}),
		"former": former(flows),
	}
	finding := required.blocked(flows, args, path)
}

doubtful(flow) if flow.verdict == "inconclusive"

doubtful(flow) if {
	flow.works == "unknown"
	changes[flow.id].before == "permit"
}

undecided contains case if {
	some flow in passed
	doubtful(flow)
	args := {"source": flow.source, "destination": flow.destination}
	case := verdicts.undecided(flow, args, flow.destination)
}
