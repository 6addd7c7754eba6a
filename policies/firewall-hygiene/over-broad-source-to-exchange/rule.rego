# METADATA
# title: A rule lets far more sources reach an Exchange server than need it
# custom:
#   id: FH002
#   name: over-broad-source-to-exchange
#   severity: warning
#   paths: []
#   statements: [S45, S58]
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: 必要な相手よりはるかに広い送信元から Exchange サーバーに到達できる
#   message:
#     en: "\"{rule}\" on {firewall} lets {source} reach {servers} on {service}; only a few machines need that"
#     ja: "{firewall} の「{rule}」により、{source} から {servers} の {service} に到達できます。必要なのはごく一部のマシンだけです"
#   fix:
#     en: "Replace the source of \"{rule}\" on {firewall} by a group of the machines that need {service}"
#     ja: "{firewall} の「{rule}」の送信元を、{service} を必要とするマシンのグループに置き換えます"
#   variants:
#     mixed:
#       message:
#         en: "\"{rule}\" on {firewall} lets {source} reach {servers} on {service} along with what is there for everybody; only a few machines need that"
#         ja: "{firewall} の「{rule}」により、{source} から {servers} へ、誰もが使うサービスと一緒に {service} にも到達できます。これが必要なのはごく一部のマシンだけです"
#       fix:
#         en: "Take {service} out of \"{rule}\" on {firewall}, and permit it in a rule of its own from the machines that need it, if there are any"
#         ja: "{firewall} の「{rule}」から {service} を外し、必要とするマシンがあれば、そのマシンからだけ許可する規則を別に作ります"
#   undecided:
#     en: "Whether a rule lets more sources reach {servers} than need them could not be decided"
#     ja: "{servers} に、必要な相手よりも広い送信元から到達できる規則があるかを判定できません"
#   labels:
#     no-address: {en: "no export tells an address of an Exchange server", ja: "Exchange サーバーのアドレスを示すエクスポートがありません"}
#   references:
#     - bb331973(v=exchg.80)
package exlint.rules.over_broad_source_to_exchange

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.permits

# What is there for everybody: mail to an Edge, web and mail clients over TLS.
public := {
	"edge": {"tcp/25"},
	"cas": {"tcp/443", "tcp/993", "tcp/995", "tcp/587"},
	"hub": {"tcp/587"},
}

# Where no Edge is known, mail from everybody comes to a Hub: FU008 speaks of it.
facing := {"hub": {"tcp/25"}} if {
	every server in input.servers { not "edge" in server.roles }
} else := {}

# What users on the internal network need from a server.
inside := {
	"cas": {"tcp/80", "tcp/110", "tcp/143"},
	"hub": {"tcp/25"},
	"mailbox": {"tcp/135", "tcp/1024-65535", "tcp/1025-5000", "tcp/49152-65535", "tcp/6001-6004"},
}

# A machine that logs on to the domain may come from anywhere inside.
within := {"client", "internal", "admin", "voice"}

wanted(permit, name) := {service |
	some role in estate.servers[name].roles
	some service in object.get(public, role, set()) | object.get(facing, role, set())
} |
	{service | indoors(permit); some role in estate.servers[name].roles; some service in object.get(inside, role, set())}

indoors(permit) if {
	count(permit.classes) > 0
	every known in permit.classes { known in within }
}

# What a rule opens of a server beyond what everybody needs.
beyond(permit, name) := {service |
	not directory(permit, name)
	some service in permit.service.services
	not service in wanted(permit, name)
}

# Servers of a rule that not everybody needs on these services.
exposed(permit) := {name |
	some name in permits.reached(permit) - estate.roleless
	count(beyond(permit, name)) > 0
}

# Servers of a rule, with what none of them is there for; apart where they have
# nothing of that kind in common.
needless(permit) := {[servers, services]} if {
	servers := exposed(permit)
	services := intersection({beyond(permit, name) | some name in servers})
	count(services) > 0
} else := {[servers, services] |
	some one in exposed(permit)
	services := beyond(permit, one)
	servers := {name | some name in exposed(permit); beyond(permit, name) == services}
}

# In the order of the rule.
told(permit, needless_) := [service | some service in permit.service.services; service in needless_]

variant(permit, services) := {"variant": "mixed"} if {
	count(services) < count(permit.service.services)
} else := {}

directory(permit, name) if {
	estate.has_role(name, "ad")
	indoors(permit)
}

findings contains found if {
	some permit in permits.effective
	permit.source.wide
	not permit.destination.wide
	some [servers, needless_] in needless(permit)
	count(servers) > 0
	services := told(permit, needless_)
	found := object.union(permits.finding(permit, servers, {"service": permits.listed(services, 0)}), variant(permit, services))
}

undecided contains permits.undecided

# Servers that everybody may need, or nobody.
undecided contains case if {
	some permit in permits.effective
	permit.source.wide
	not permit.destination.wide
	servers := permits.reached(permit) & estate.roleless
	count(servers) > 0
	case := {
		"at": [permit.at],
		"why": [{"key": "roles-untold", "args": {"servers": sort(servers)}}],
		"needs": ["Get-ExchangeServer | Export-Clixml Get-ExchangeServer.xml"],
		"args": {"servers": sort(servers)},
		"subject": sprintf("%s %s: %s", [permit.firewall, permit.filter, permit.rule]),
	}
}
