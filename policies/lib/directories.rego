# METADATA
# title: Virtual directories of Client Access servers
package exlint.lib.directories

import rego.v1

import data.exlint.lib.properties

# What clients do with each kind, and the property that turns Basic authentication on.
kinds := {
	"Get-OwaVirtualDirectory": {"path": "owa", "basic": "BasicAuthentication"},
	"Get-ActiveSyncVirtualDirectory": {"path": "activesync", "basic": "BasicAuthEnabled"},
	"Get-WebServicesVirtualDirectory": {"path": "availability-client", "basic": "BasicAuthentication"},
	"Get-OabVirtualDirectory": {"path": "outlook-oab-cas", "basic": "BasicAuthentication"},
	"Get-AutodiscoverVirtualDirectory": {"path": "autodiscover", "basic": "BasicAuthentication"},
	"Get-UMVirtualDirectory": {"path": "um-web-service", "basic": "BasicAuthentication"},
}

# Directories of a kind; not those of the back-end site (2013 and later).
of(cmdlet) := [object_ |
	some object_ in object.get(input.objects, cmdlet, [])
	not contains(object_.identity, "Exchange Back End")
]

# Every directory with its cmdlet.
all := [{"cmdlet": cmdlet, "object": object_} | some cmdlet, _ in kinds; some object_ in of(cmdlet)]

# An http or https URL of a directory.
url(object_, property) := text if {
	text := properties.text(object_, property)
	regex.match(`(?i)^https?://[^/]`, text)
}

# The name in a URL, without its port.
host(text) := lower(split(split(split(text, "://")[1], "/")[0], ":")[0])

# The server itself: nobody else reaches it there.
here(name) if regex.match(`^(localhost|127\.[0-9.]+|\[)`, name)

# Whether IIS refuses what does not come over TLS; undefined where no export tells.
requires_tls(object_) := object_.properties.IisRequireSSL if {
	is_boolean(object_.properties.IisRequireSSL)
} else := object_.properties.RequireSSL if {
	is_boolean(object_.properties.RequireSSL)
} else := said[0] if {
	said := [answer | some known in applications_of(object_); answer := known.properties.RequireSSL]
	count({answer | some answer in said}) == 1
}

# Whether an export tells it at all.
tls_told(object_) if is_boolean(requires_tls(object_))

tls_required(object_) if requires_tls(object_) == true

# Where that stands.
tls_at(object_) := array.concat(
	properties.at(object_, ["IisRequireSSL", "RequireSSL"]),
	[known.at.RequireSSL | some known in applications_of(object_)],
)

# The entries of IIS for a directory: same server, site and path. A report that does not
# number the sites names them, as the directory does.
applications_of(object_) := array.concat(
	[known | some known in object.get(applications, place(object_), set())],
	[known | some known in object.get(named_applications, named_place(object_), set())],
)

named_applications[where] contains known if {
	some known in object.get(input.objects, "Get-WebApplication", [])
	not known.properties.SiteId
	where := lower(sprintf("%s/%s%s", [known.server, properties.text(known, "Site"), properties.text(known, "Path")]))
}

# `cas1\owa (Default Web Site)` on cas1 as `cas1/default web site/owa`.
named_place(object_) := lower(sprintf("%s/%s/%s", [object_.server, trim_suffix(parts[1], ")"), parts[0]])) if {
	names := split(object_.identity, `\`)
	parts := split(names[count(names) - 1], " (")
	count(parts) == 2
} else := ""

applications[where] contains known if {
	some known in object.get(input.objects, "Get-WebApplication", [])
	where := sprintf("%s/%d%s", [known.server, known.properties.SiteId, lower(properties.text(known, "Path"))])
}

# `IIS://cas1.contoso.com/W3SVC/1/ROOT/owa` on cas1 as `cas1/1/owa`.
place(object_) := sprintf("%s/%s/%s", [object_.server, parts[4], lower(concat("/", array.slice(parts, 6, count(parts))))]) if {
	parts := split(properties.text(object_, "MetabasePath"), "/")
	parts[5] == "ROOT"
} else := ""

# What tells whether IIS requires TLS.
iis_export(server) := [
	sprintf("copy %%windir%%\\System32\\inetsrv\\config\\applicationHost.config %s_applicationHost.config", [upper(server)]),
	sprintf("copy %%windir%%\\System32\\inetsrv\\MetaBase.xml %s_metabase.xml", [upper(server)]),
]
