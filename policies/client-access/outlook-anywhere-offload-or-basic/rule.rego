# METADATA
# title: Outlook Anywhere gives up TLS, or takes Basic authentication
# custom:
#   id: CA009
#   name: outlook-anywhere-offload-or-basic
#   severity: warning
#   paths: [outlook-anywhere]
#   statements: [S59]
#   needs: [Get-OutlookAnywhere]
#   versions: ["8", "14", "15"]
#   title.ja: Outlook Anywhere が TLS を手前に任せている、または基本認証を使う
#   message:
#     en: "\"{directory}\" leaves TLS to something in front (SSLOffloading), and nothing in front is declared: the server takes RPC over plain HTTP"
#     ja: "「{directory}」は TLS を手前の機器に任せていますが (SSLOffloading)、手前の機器は宣言されていません。サーバーは平文の HTTP で RPC を受け付けます"
#   fix:
#     en: "End TLS at the server, or declare the device in exlint.toml as a host with the role reverse-proxy:\nSet-OutlookAnywhere \"{directory}\" -SSLOffloading $false"
#     ja: "TLS をサーバーで終端するか、手前の機器を reverse-proxy の役割のホストとして exlint.toml に宣言します:\nSet-OutlookAnywhere \"{directory}\" -SSLOffloading $false"
#   undecided:
#     en: "Whether Outlook Anywhere at \"{directory}\" is protected could not be decided"
#     ja: "「{directory}」の Outlook Anywhere が保護されているかどうかを判定できません"
#   labels:
#     offloading: {en: "SSL is not required here", ja: "ここでは SSL を要求しません"}
#     method: {en: "how clients log on", ja: "クライアントの認証方法"}
#     proxy: {en: "{proxy} stands in front; whether it ends TLS, and how the stretch behind it is protected, is not known", ja: "手前に {proxy} がありますが、TLS を終端するかどうか、その先の区間がどう保護されているかが不明です"}
#   variants:
#     basic:
#       message:
#         en: "\"{directory}\" has clients log on with Basic authentication: the password itself travels inside TLS, and every proxy that opens TLS sees it"
#         ja: "「{directory}」のクライアントは基本認証でログオンします。パスワードそのものが TLS の中を流れ、TLS を終端するプロキシから見えます"
#       fix:
#         en: "Prefer NTLM where nothing between breaks it:\nSet-OutlookAnywhere \"{directory}\" {parameter} Ntlm"
#         ja: "経路上に妨げるものがなければ NTLM を使います:\nSet-OutlookAnywhere \"{directory}\" {parameter} Ntlm"
#   references:
#     - bb123545(v=exchg.80)
#     - bb690988(v=exchg.80)
package exlint.rules.outlook_anywhere_offload_or_basic

import rego.v1

import data.exlint.lib.cases
import data.exlint.lib.directories
import data.exlint.lib.properties
import data.exlint.lib.published

# The property has had three names: first release, Service Pack 1, 2013.
methods := ["ExternalAuthenticationMethod", "ClientAuthenticationMethod", "ExternalClientAuthenticationMethod"]

anywhere := directories.of("Get-OutlookAnywhere")

# TLS is given up: from 2013 on, clients may still be told to use it.
offloads(directory) if {
	directory.properties.SSLOffloading == true
	not directory.properties.ExternalClientsRequireSsl == true
}

findings contains finding if {
	some directory in anywhere
	offloads(directory)
	published.fronts_for(object.get(directory, "server", ""), "outlook-anywhere") == []
	places := properties.places(directory, array.concat([["SSLOffloading", "offloading"]], [[name, "method"] | some name in methods]))
	finding := object.union(cases.finding(places, {"directory": directory.identity}, directory.identity), {"expected": false, "actual": true})
}

findings contains finding if {
	some directory in anywhere
	not offloads(directory)
	basic := [name | some name in methods; properties.text(directory, name) == "Basic"]
	places := properties.places(directory, [[name, "method"] | some name in basic])
	args := {"directory": directory.identity, "parameter": concat("", ["-", basic[0]])}
	finding := object.union(cases.finding(places, args, directory.identity), {"severity": "note", "variant": "basic", "expected": "Ntlm", "actual": "Basic"})
}

undecided contains case if {
	some directory in anywhere
	not is_boolean(object.get(directory.properties, "SSLOffloading", null))
	case := cases.unread(directory, "SSLOffloading", "Get-OutlookAnywhere", {"directory": directory.identity})
}

undecided contains case if {
	some directory in anywhere
	every name in methods { not name in object.keys(directory.properties) }
	case := cases.unread(directory, "ClientAuthenticationMethod", "Get-OutlookAnywhere", {"directory": directory.identity})
}

undecided contains case if {
	some directory in anywhere
	offloads(directory)
	why := [{"key": "proxy", "args": {"proxy": proxy}} | some proxy in published.fronts_for(object.get(directory, "server", ""), "outlook-anywhere")]
	count(why) > 0
	needs := published.shown(object.get(directory.properties, "ExternalHostname", directory.identity))
	case := cases.undecided([directory.at.SSLOffloading], why, needs, {"directory": directory.identity}, directory.identity)
}
