# METADATA
# title: Offline address book does not require SSL
# custom:
#   id: CA005
#   name: oab-ssl-not-required
#   severity: warning
#   paths: [outlook-oab-cas]
#   statements: [S53]
#   needs: [Get-OabVirtualDirectory]
#   versions: ["8", "14", "15"]
#   title.ja: オフライン アドレス帳が SSL を要求していない
#   message:
#     en: "\"{directory}\" hands out the address book without TLS (RequireSSL is False; URLs: {urls})"
#     ja: "「{directory}」はアドレス帳を TLS なしで配布します (RequireSSL は False、URL: {urls})"
#   fix:
#     en: "Once the certificate of the web site is trusted by every client, require SSL and give out https URLs:\nSet-OabVirtualDirectory \"{directory}\" -RequireSSL $true{cured}"
#     ja: "すべてのクライアントが信頼する証明書を Web サイトに割り当てたうえで、SSL を要求し、https の URL を案内します:\nSet-OabVirtualDirectory \"{directory}\" -RequireSSL $true{cured}"
#   undecided:
#     en: "Whether \"{directory}\" requires SSL could not be decided"
#     ja: "「{directory}」が SSL を要求するかどうかを判定できません"
#   labels:
#     not-required: {en: "SSL is not required", ja: "SSL を要求しません"}
#     url: {en: "clients fetch the address book here", ja: "クライアントはここからアドレス帳を取得します"}
#   references:
#     - bb124707(v=exchg.80)
#     - bb331973(v=exchg.80)
package exlint.rules.oab_ssl_not_required

import rego.v1

import data.exlint.lib.cases
import data.exlint.lib.directories
import data.exlint.lib.verdicts

names := ["InternalUrl", "ExternalUrl"]

urls(directory) := [url | some name in names; url := directories.url(directory, name)]

# No client is sent there.
unused(directory) if {
	every name in names { directory.properties[name] == null }
}

# Clients follow the URL: with https alone nothing goes in clear by itself.
severity(directory) := "note" if {
	count(urls(directory)) > 0
	every url in urls(directory) { startswith(lower(url), "https:") }
} else := "warning"

cured(directory) := concat("", [sprintf(" -%s https:%s", [name, substring(url, 5, -1)]) |
	some name in names
	url := directories.url(directory, name)
	startswith(lower(url), "http:")
])

findings contains finding if {
	some directory in directories.of("Get-OabVirtualDirectory")
	directory.properties.RequireSSL == false
	not unused(directory)
	places := array.concat([verdicts.place(directory.at.RequireSSL, "not-required")], [verdicts.place(directory.at[name], "url") | some name in names; directories.url(directory, name)])
	args := {"directory": directory.identity, "urls": cases.listed(urls(directory)), "cured": cured(directory)}
	finding := object.union(cases.finding(places, args, directory.identity), {"severity": severity(directory), "expected": true, "actual": false})
}

undecided contains case if {
	some directory in directories.of("Get-OabVirtualDirectory")
	not is_boolean(object.get(directory.properties, "RequireSSL", null))
	not unused(directory)
	case := cases.unread(directory, "RequireSSL", "Get-OabVirtualDirectory", {"directory": directory.identity})
}
