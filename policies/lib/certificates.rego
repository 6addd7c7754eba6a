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

# Another certificate of the store serves the same, is valid already and longer.
replaced(certificate, service) if {
	some other in stored[store(certificate)]
	days_left(other) > days_left(certificate)
	instant(properties.text(other, "NotBefore")) <= today
	service in services(other)
	serves_same_names(certificate, other, service)
}

# Only SMTP chooses by name; the other services use the one that was enabled last.
serves_same_names(_, _, service) if service != "SMTP"

serves_same_names(a, b, "SMTP") if {
	some x in names(a)
	some y in names(b)
	same_name(x, y)
}

serves_same_names(a, b, "SMTP") if 0 in {count(names(a)), count(names(b))}

names(certificate) := {lower(n) | some n in properties.values(certificate, "CertificateDomains")}

same_name(x, y) if x == y

same_name(x, y) if {
	startswith(y, "*.")
	endswith(x, substring(y, 1, -1))
}
