# METADATA
# title: Certificates of Exchange servers
package exlint.lib.certificates

import rego.v1

import data.exlint.lib.properties
import data.exlint.lib.verdicts

certificates := object.get(input.objects, "Get-ExchangeCertificate", [])

day := ((24 * 60) * 60) * 1000000000

# More days than any certificate is over: engines disagree on the floor of
# numbers between -1 and 0.
far := 100000

# Whole days from the reference date to the end of validity; negative: over.
days_left(certificate) := floor((left / day) + far) - far if {
	left := instant(properties.text(certificate, "NotAfter")) - today
}

# A time as an export has it; without a zone it is local time, taken as UTC.
instant(text) := time.parse_rfc3339_ns(text) if {
	zoned(text)
} else := time.parse_rfc3339_ns(concat("", [text, "Z"]))

zoned(text) if endswith(text, "Z")

today := time.parse_rfc3339_ns(sprintf("%sT00:00:00Z", [input.reference_date]))

services(certificate) := {s | some s in properties.values(certificate, "Services"); s != "None"}

# The store a certificate lies in: its server, else the file of the export.
store(certificate) := certificate.server if {
	certificate.server
} else := verdicts.first(split(certificate.at.self, ":"))

# Certificates by their store.
stored[place] contains certificate if {
	some certificate in certificates
	place := store(certificate)
}

# Another certificate of the store serves the same, is valid already and longer:
# "yes" | "no" | "unknown".
replaced(certificate, service) := "yes" if {
	some purpose in purposes(certificate, service)
	last_day[purpose] > days_left(certificate)
} else := "unknown" if {
	some other in doubtful(certificate)
	other != certificate
	may_replace(other, certificate, service)
} else := "no"

# What a certificate is looked for in its store: a service, or for SMTP one of
# its names or a wildcard that stands for it. Only SMTP chooses by name; the
# other services use the one that was enabled last.
purposes(certificate, service) := {sprintf("%s %s", [store(certificate), service]) | service != "SMTP"} | {purpose |
	service == "SMTP"
	some name in names(certificate)
	some known in array.concat([name], wildcards(name))
	purpose := sprintf("%s SMTP %s", [store(certificate), known])
}

wildcards(name) := [wild |
	labels := split(name, ".")
	some at, _ in labels
	at > 0
	wild := concat(".", array.concat(["*"], array.slice(labels, at, count(labels))))
]

# What a certificate is found for.
served(certificate) := {sprintf("%s %s", [store(certificate), service]) | some service in services(certificate)} | {purpose |
	"SMTP" in services(certificate)
	some name in names(certificate)
	purpose := sprintf("%s SMTP %s", [store(certificate), name])
}

# Looked up and not compared: stores may hold thousands.
days[purpose] contains left if {
	some certificate in certificates
	begun(certificate)
	left := days_left(certificate)
	some purpose in served(certificate)
}

last_day[purpose] := max(known) if some purpose, known in days

# Those of the store of which the export does not tell whether they replace it.
doubtful(certificate) := stored[store(certificate)] if {
	vague(certificate)
} else := object.get(vague_in, store(certificate), set())

vague_in[place] contains certificate if {
	some place, found in stored
	some certificate in found
	vague(certificate)
}

vague(certificate) if {
	some property in ["NotAfter", "NotBefore"]
	not properties.text(certificate, property)
}

vague(certificate) if {
	some property in ["Services", "CertificateDomains"]
	not properties.values(certificate, property)
}

# As far as the export tells.
may_replace(other, certificate, service) if {
	not shorter(other, certificate)
	not unborn(other)
	may_serve(other, service)
	may_share_names(certificate, other, service)
}

shorter(other, certificate) if days_left(other) <= days_left(certificate)

begun(certificate) if instant(properties.text(certificate, "NotBefore")) < today + day

unborn(certificate) if instant(properties.text(certificate, "NotBefore")) >= today + day

may_share_names(a, b, service) if serves_same_names(a, b, service)

may_share_names(a, b, _) if {
	some certificate in [a, b]
	not properties.values(certificate, "CertificateDomains")
	not nameless(a)
	not nameless(b)
}

nameless(certificate) if properties.values(certificate, "CertificateDomains") == []

# Only SMTP chooses by name; the other services use the one that was enabled last.
serves_same_names(_, _, service) if service != "SMTP"

serves_same_names(a, b, "SMTP") if {
	some x in names(a)
	some y in names(b)
	same_name(x, y)
}

names(certificate) := {lower(n) | some n in properties.values(certificate, "CertificateDomains")}

same_name(x, y) if x == y

same_name(x, y) if {
	startswith(y, "*.")
	endswith(x, substring(y, 1, -1))
}

# Certificates by the server that they lie on.
of[server] contains certificate if {
	some certificate in certificates
	server := certificate.server
}

# Whether the certificates of a server are there, be it none.
exported(server) if of[server]

exported(server) if {
	some run in input.runs
	run.cmdlet == "Get-ExchangeCertificate"
	run.count == 0
	lower(object.get(run, "host", "")) == server
}

# Whether a certificate is good for a name; a wildcard stands for one label.
covers(certificate, host) if lower(host) in names(certificate)

covers(certificate, host) if wildcard(host) in names(certificate)

wildcard(host) := concat(".", array.concat(["*"], array.slice(labels, 1, count(labels)))) if {
	labels := split(lower(host), ".")
}

# Whether it is valid on the reference date: "yes" | "no" | "unknown".
current(certificate) := "no" if {
	days_left(certificate) < 0
} else := "no" if {
	instant(properties.text(certificate, "NotBefore")) >= today + day
} else := "yes" if {
	days_left(certificate) >= 0
	properties.text(certificate, "NotBefore")
} else := "unknown"

# Whether it is over; one that is not valid yet is not.
expired(certificate) if days_left(certificate) < 0

# Whether it may serve a service, as far as the export tells.
may_serve(certificate, service) if service in services(certificate)

may_serve(certificate, _) if not properties.values(certificate, "Services")

may_cover(certificate, host) if covers(certificate, host)

may_cover(certificate, _) if not properties.values(certificate, "CertificateDomains")

# Whether a server has a certificate for a service that carries a name:
# "yes" | "expired" | "unknown" | "no".
answer(server, service, host) := "yes" if {
	some certificate in of[server]
	service in services(certificate)
	covers(certificate, host)
	current(certificate) == "yes"
} else := "unknown" if {
	not exported(server)
} else := "unknown" if {
	some certificate in of[server]
	may_serve(certificate, service)
	may_cover(certificate, host)
	current(certificate) != "no"
} else := "expired" if {
	some certificate in of[server]
	service in services(certificate)
	covers(certificate, host)
	expired(certificate)
} else := "unknown" if {
	some certificate in of[server]
	may_serve(certificate, service)
	may_cover(certificate, host)
	expired(certificate)
} else := "no"

# Certificates of a server that serve a service, and the names they carry.
serving(server, service) := [certificate | some certificate in object.get(of, server, set()); service in services(certificate)]

carried(list) := sort({name | some certificate in list; some name in names(certificate)})

# Why it is not known whether a server has such a certificate.
doubt(server, properties_) := [{"key": "no-certificates", "args": {"server": server}}] if {
	not exported(server)
} else := sort({reason |
	some certificate in of[server]
	some reason in properties.unknown(certificate, properties_)
})

# What tells it: only lists name the services.
export := properties.listed("Get-ExchangeCertificate")
