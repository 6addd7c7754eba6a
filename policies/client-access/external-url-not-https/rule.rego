# METADATA
# title: External URL is not HTTPS
# custom:
#   id: CA003
#   name: external-url-not-https
#   severity: error
#   paths: [owa, activesync, availability-client, outlook-oab-cas, autodiscover, um-web-service]
#   statements: [S59]
#   needs: [[Get-OwaVirtualDirectory, Get-ActiveSyncVirtualDirectory, Get-WebServicesVirtualDirectory, Get-OabVirtualDirectory, Get-AutodiscoverVirtualDirectory, Get-UMVirtualDirectory]]
#   versions: ["8", "14", "15"]
#   title.ja: 外部 URL が HTTPS ではない
#   message:
#     en: "\"{directory}\" tells clients on the Internet to use {url}: passwords and mail travel unencrypted"
#     ja: "「{directory}」はインターネット上のクライアントに {url} を案内しています。パスワードとメールが暗号化されずに流れます"
#   fix:
#     en: "{cmdlet} \"{directory}\" -ExternalUrl {cured}"
#     ja: "{cmdlet} \"{directory}\" -ExternalUrl {cured}"
#   undecided:
#     en: "Whether the external URL of \"{directory}\" is HTTPS could not be decided"
#     ja: "「{directory}」の外部 URL が HTTPS かどうかを判定できません"
#   references:
#     - bb331973(v=exchg.80)
#     - bb124507(v=exchg.80)
package exlint.rules.external_url_not_https

import rego.v1

import data.exlint.lib.properties

cmdlets := {
	"Get-OwaVirtualDirectory", "Get-ActiveSyncVirtualDirectory", "Get-WebServicesVirtualDirectory",
	"Get-OabVirtualDirectory", "Get-AutodiscoverVirtualDirectory", "Get-UMVirtualDirectory",
}

# Virtual directories that clients use; not those of the back-end site (2013 and later).
directories contains directory if {
	some cmdlet in cmdlets
	some object_ in object.get(input.objects, cmdlet, [])
	not contains(object_.identity, "Exchange Back End")
	directory := {"cmdlet": cmdlet, "object": object_}
}

# The same URL over TLS; an explicit port 80 goes away.
cured(url) := regex.replace(regex.replace(url, `(?i)^http:`, "https:"), `^(https://[^/]*):80(/|$)`, "$1$2")

findings contains finding if {
	some {"cmdlet": cmdlet, "object": directory} in directories
	url := properties.text(directory, "ExternalUrl")
	startswith(lower(url), "http:")
	finding := {
		"at": [directory.at.ExternalUrl],
		"args": {
			"directory": directory.identity,
			"url": url,
			"cmdlet": replace(cmdlet, "Get-", "Set-"),
			"cured": cured(url),
		},
		"subject": sprintf("%s %s", [cmdlet, directory.identity]),
		"expected": cured(url),
		"actual": url,
	}
}

undecided contains case if {
	some {"cmdlet": cmdlet, "object": directory} in directories
	not "ExternalUrl" in object.keys(directory.properties)
	needs := sprintf("%s | fl Identity,ExternalUrl", [cmdlet])
	case := {"at": [directory.at.self], "needs": needs, "args": {"directory": directory.identity}, "subject": directory.identity}
}
