# METADATA
# title: Servers, sites and Edge subscriptions
package exlint.lib.estate

import rego.v1

import data.exlint.lib.properties

servers[s.name] := s if some s in input.servers

# Machines that are meant to work: not under construction, not retired.
in_service(name) if not name in out_of_service

out_of_service contains name if {
	some server in input.servers
	server.state in {"building", "retired"}
	name := server.name
}

has_role(name, role) if role in servers[name].roles

# A server of a version before a major number, or of none that is known: the
# gate of a rule looks at the whole estate, where versions coexist.
before(name, major) if not since(name, major)

since(name, major) if servers[name].version.major >= major

# Name of an AD site without its container, for comparison.
site_name(text) := lower(parts[count(parts) - 1]) if parts := split(text, "/")

# Exchange servers of which nothing tells a role: any may be theirs.
roleless contains name if {
	some name, server in servers
	server.exchange
	server.roles == []
	in_service(name)
}

# Whether an address puts a server into a network. Without any firewall, an
# address is all that can be asked for.
placed(name) if {
	some address in servers[name].addresses
	address.zone
}

placed(name) if {
	not "firewall" in input.kinds
	count(servers[name].addresses) > 0
}

# The virtual name of a cluster.
clustered(name) if servers[name].cluster

clustered(name) if name in cluster_members

cluster_members contains name if {
	some object_ in object.get(input.objects, "Get-ExchangeServer", [])
	name := object_.server
	properties.text(object_, "IsMemberOfCluster") == "Yes"
}

# Name of a server's site as people write it.
plain_site(server) := parts[count(parts) - 1] if parts := split(server.site, "/")

# Open questions by the server, zone or firewall that they are about.
questions[subject] contains q if {
	some q in input.questions
	subject := q.subject
}

# Why something about them is not known, and what settles it; what is given is
# for subjects without a question.
doubt(subjects, why, needs) := {"why": sort({q.text | some q in asked}), "needs": sort({q.settle | some q in asked})} if {
	asked := {q | some subject in subjects; some q in questions[subject]}
	count(asked) > 0
} else := {"why": why, "needs": needs}

# What is missing where no export tells an Edge's subscription.
unsubscribed(edge) := {
	"why": [{"key": "no-subscription-export", "args": {"edge": edge}}],
	"needs": ["Get-EdgeSubscription | Export-Clixml Get-EdgeSubscription.xml"],
}

# AD site of a server.
site(name) := sites[name]

sites[name] := found if {
	some name, server in servers
	found := site_name(server.site)
}

# What other exports may call a server: name, FQDN, addresses.
names(name) := {name, lower(object.get(servers[name], "fqdn", name))} | {a.ip | some a in servers[name].addresses}

# Subscriptions of an Edge: one for each time the cmdlet was exported.
subscriptions(edge) := subscriptions_of[edge] if {
	subscriptions_of[edge]
} else := []

subscriptions_of[edge] := list if {
	some [edge, _] in named_subscriptions
	list := [subscription | some [name, subscription] in named_subscriptions; name == edge]
}

named_subscriptions := [[lower(name), subscription] |
	some subscription in object.get(input.objects, "Get-EdgeSubscription", [])
	name := split(properties.text(subscription, "Name"), ".")[0]
]

# Get-EdgeSubscription ran where it can answer: on a server of the organisation.
subscriptions_listed if {
	some run in input.runs
	run.cmdlet == "Get-EdgeSubscription"
	not has_role(lower(object.get(run, "host", "")), "edge")
}

# "yes" | "no" | "unknown": the AD site of an Edge is the one it is subscribed to.
subscribed(edge) := "yes" if {
	count(subscriptions(edge)) > 0
} else := "no" if {
	subscriptions_listed
} else := "yes" if {
	servers[edge].site
} else := "unknown"

# Sites an Edge is subscribed to.
subscribed_sites(edge) := sites_of[edge] if {
	sites_of[edge]
} else := {site(edge) | true}

sites_of[edge] := names_ if {
	some edge, list in subscriptions_of
	names_ := {site_name(properties.text(s, "Site")) | some s in list}
}

# Whether a Hub serves an Edge's subscription.
serves(hub, edge) if site(hub) in subscribed_sites(edge)

# Whether the export tells the sites of an Edge's subscription.
sited(edge) if {
	subscribed(edge) == "yes"
	every subscription in subscriptions(edge) { properties.text(subscription, "Site") }
}

# AD sites that an Edge may be subscribed to; "" for one without any known Hub.
possible_sites(edge) := subscribed_sites(edge) if {
	sited(edge)
} else := {""} if {
	subscribed(edge) == "no"
} else := hub_sites

hub_sites contains ""

hub_sites contains name if {
	some hub, _ in servers
	has_role(hub, "hub")
	name := site(hub)
}

# Whether a Hub surely serves an Edge, or may: nothing tells the Hub's site, or
# that of the subscription.
surely_serves(hub, edge) if {
	sited(edge)
	serves(hub, edge)
}

may_serve(hub, edge) if {
	subscribed(edge) != "no"
	site(hub) in possible_sites(edge)
}

may_serve(hub, edge) if {
	subscribed(edge) != "no"
	not site(hub)
}

# What is missing where it is not known whether a Hub serves an Edge.
unplaced(hub, edge) := unsubscribed(edge) if {
	subscribed(edge) == "unknown"
} else := {
	"why": [{"key": "no-site", "args": {"server": hub}}],
	"needs": ["Get-ExchangeServer | Export-Clixml Get-ExchangeServer.xml"],
} if {
	not site(hub)
} else := unsubscribed(edge)

# Whether a flow of the catalogue is used here: paths between Hubs and an Edge
# are, unless the Edge is subscribed to another site.
used(flow) if not elsewhere(flow)

elsewhere(flow) if strangers(flow.source, flow.destination)

elsewhere(flow) if strangers(flow.destination, flow.source)

# A Hub and an Edge that is subscribed to another site. A function: as a set of
# pairs it would be computed for all of them whenever this file is used.
strangers(hub, edge) if {
	edge in edges
	hub in hubs
	subscribed(edge) == "yes"
	not serves(hub, edge)
}

edges contains name if {
	some name, server in servers
	"edge" in server.roles
}

hubs contains name if {
	some name, server in servers
	"hub" in server.roles
}

# Evidence of a subscription: the site, else the object.
subscription_places(edge) := [{"at": at, "label": label} |
	some s in subscriptions(edge)
	at := object.get(s.at, "Site", s.at.self)
	label := subscription_label(edge, s)
]

subscription_label(edge, subscription) := {"key": "subscription", "args": {"edge": edge, "site": site_}} if {
	site_ := plain_site({"site": properties.text(subscription, "Site")})
} else := {"key": "subscription-of", "args": {"edge": edge}}
