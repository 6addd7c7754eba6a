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
#     en: "Give clients the https URL, once the web site has a certificate for its name:\n{cmdlet} \"{directory}\" -ExternalUrl {cured}"
#     ja: "Web サイトにその名前の証明書を割り当てたうえで、https の URL を案内します:\n{cmdlet} \"{directory}\" -ExternalUrl {cured}"
#   undecided:
#     en: "Whether the external URL of \"{directory}\" is HTTPS could not be decided"
#     ja: "「{directory}」の外部 URL が HTTPS かどうかを判定できません"
#   labels:
#     no-url: {en: "\"{url}\" is no http or https URL", ja: "「{url}」は http または https の URL ではありません"}
#   variants:
#     itself:
#       message:
#         en: "\"{directory}\" tells clients to use {url}, which is each client itself: they do not find the server, and no TLS is asked for"
#         ja: "「{directory}」はクライアントに {url} を案内していますが、これはクライアント自身を指します。サーバーに到達できず、TLS も使われません"
#       fix:
#         en: "Give clients the name under which the server is published, with https:\n{cmdlet} \"{directory}\" -ExternalUrl https://"
#         ja: "サーバーの公開名を https で案内します:\n{cmdlet} \"{directory}\" -ExternalUrl https://"
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

# What clients do with each directory.
paths := {
	"Get-OwaVirtualDirectory": ["owa"],
	"Get-ActiveSyncVirtualDirectory": ["activesync"],
	"Get-WebServicesVirtualDirectory": ["availability-client"],
	"Get-OabVirtualDirectory": ["outlook-oab-cas"],
	"Get-AutodiscoverVirtualDirectory": ["autodiscover"],
	"Get-UMVirtualDirectory": ["um-web-service"],
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

# The server itself: nobody else reaches it there.
here(url) if regex.match(`(?i)^https?://(localhost|127\.|\[::1\])`, url)

findings contains finding if {
	some {"cmdlet": cmdlet, "object": directory} in directories
	url := properties.text(directory, "ExternalUrl")
	regex.match(`(?i)^http://[^/]`, url)
	finding := object.union(nobody(url), {
		"at": [directory.at.ExternalUrl],
		"args": {
			"directory": directory.identity,
			"url": url,
			"cmdlet": replace(cmdlet, "Get-", "Set-"),
			"cured": cured(url),
		},
		"subject": sprintf("%s %s", [cmdlet, directory.identity]),
		"paths": paths[cmdlet],
		"expected": cured(url),
		"actual": url,
	})
}

nobody(url) := {"severity": "warning", "variant": "itself"} if here(url)

nobody(url) := {} if not here(url)

undecided contains case if {
	some {"cmdlet": cmdlet, "object": directory} in directories
	why := unclear(directory)
	case := {
		"at": [object.get(directory.at, "ExternalUrl", directory.at.self)],
		"why": why,
		"needs": properties.export(cmdlet),
		"args": {"directory": directory.identity},
		"subject": directory.identity,
	}
}

unclear(directory) := properties.unknown(directory, ["ExternalUrl"]) if {
	not "ExternalUrl" in object.keys(directory.properties)
} else := [{"key": "no-url", "args": {"url": url}}] if {
	url := properties.text(directory, "ExternalUrl")
	url != ""
	not regex.match(`(?i)^https?://[^/]`, url)
}
