# METADATA
# title: Internal URL is not HTTPS
# custom:
#   id: CA004
#   name: internal-url-not-https
#   severity: warning
#   paths: [owa, activesync, availability-client, autodiscover, cas-to-cas-owa, outlook-oab-cas]
#   statements: [S59, S63]
#   needs: [[Get-OwaVirtualDirectory, Get-ActiveSyncVirtualDirectory, Get-WebServicesVirtualDirectory, Get-OabVirtualDirectory, Get-AutodiscoverVirtualDirectory, Get-UMVirtualDirectory, Get-ClientAccessServer]]
#   versions: ["8", "14", "15"]
#   title.ja: 内部 URL が HTTPS ではない
#   message:
#     en: "\"{directory}\" tells clients inside to use {url}, without TLS"
#     ja: "「{directory}」は内部のクライアントに TLS のない {url} を案内しています"
#   fix:
#     en: "Give clients the https URL:\n{cmdlet} \"{directory}\" -{property} {cured}"
#     ja: "https の URL を案内します:\n{cmdlet} \"{directory}\" -{property} {cured}"
#   undecided:
#     en: "Whether the internal URL of \"{directory}\" is HTTPS could not be decided"
#     ja: "「{directory}」の内部 URL が HTTPS かどうかを判定できません"
#   labels:
#     no-url: {en: "\"{url}\" is no http or https URL", ja: "「{url}」は http または https の URL ではありません"}
#   references:
#     - bb331973(v=exchg.80)
#     - bb124507(v=exchg.80)
#     - bb851554(v=exchg.80)
package exlint.rules.internal_url_not_https

import rego.v1

import data.exlint.lib.cases
import data.exlint.lib.directories
import data.exlint.lib.properties

paths := {
	"Get-OwaVirtualDirectory": ["owa", "cas-to-cas-owa"], "Get-ActiveSyncVirtualDirectory": ["activesync"],
	"Get-WebServicesVirtualDirectory": ["availability-client"], "Get-OabVirtualDirectory": ["outlook-oab-cas"],
	"Get-AutodiscoverVirtualDirectory": ["autodiscover"], "Get-ClientAccessServer": ["autodiscover"], "Get-UMVirtualDirectory": [],
}

# Who gives clients inside a URL, and in which property. CA005 tells all of an
# offline address book that does not require SSL.
sources contains source if {
	some known in directories.all
	not known.object.properties.RequireSSL == false
	source := {"cmdlet": known.cmdlet, "object": known.object, "property": "InternalUrl"}
}

sources contains source if {
	some object_ in object.get(input.objects, "Get-ClientAccessServer", [])
	source := {"cmdlet": "Get-ClientAccessServer", "object": object_, "property": "AutoDiscoverServiceInternalUri"}
}

# For the offline address book it is what setup writes.
severity(cmdlet) := object.get({"Get-OabVirtualDirectory": "note"}, cmdlet, "warning")

cured(url) := regex.replace(regex.replace(url, `(?i)^http:`, "https:"), `^(https://[^/]*):80(/|$)`, "$1$2")

findings contains finding if {
	some {"cmdlet": cmdlet, "object": object_, "property": property} in sources
	url := properties.text(object_, property)
	regex.match(`(?i)^http://[^/]`, url)
	args := {"directory": object_.identity, "url": url, "cmdlet": replace(cmdlet, "Get-", "Set-"), "property": property, "cured": cured(url)}
	graded := {"severity": severity(cmdlet), "paths": paths[cmdlet], "expected": cured(url), "actual": url}
	finding := object.union(graded, {"at": [object_.at[property]], "args": args, "subject": sprintf("%s %s", [cmdlet, object_.identity])})
}

undecided contains case if {
	some {"cmdlet": cmdlet, "object": object_, "property": property} in sources
	not property in object.keys(object_.properties)
	case := cases.unread(object_, property, cmdlet, {"directory": object_.identity})
}

undecided contains case if {
	some {"cmdlet": cmdlet, "object": object_, "property": property} in sources
	url := regex.find_n(`(?s).+`, properties.text(object_, property), 1)[0]
	not directories.url(object_, property)
	case := object.union(cases.unread(object_, property, cmdlet, {"directory": object_.identity}), {"why": [{"key": "no-url", "args": {"url": url}}]})
}
