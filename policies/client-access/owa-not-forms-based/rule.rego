# METADATA
# title: Outlook Web Access has no logon form
# custom:
#   id: CA007
#   name: owa-not-forms-based
#   severity: note
#   paths: [owa]
#   statements: [S41]
#   needs: [Get-OwaVirtualDirectory]
#   versions: ["8", "14", "15"]
#   title.ja: Outlook Web Access がフォーム ベース認証を使っていない
#   message:
#     en: "\"{directory}\" is published as {url} without forms-based authentication: browsers keep the password until they are closed"
#     ja: "「{directory}」はフォーム ベース認証なしで {url} として公開されています。ブラウザーを閉じるまでパスワードが保持されます"
#   fix:
#     en: "Use the logon form, with a certificate that clients trust:\nSet-OwaVirtualDirectory \"{directory}\" -FormsAuthentication $true\niisreset /noforce"
#     ja: "クライアントが信頼する証明書とともに、フォーム ベース認証を使います:\nSet-OwaVirtualDirectory \"{directory}\" -FormsAuthentication $true\niisreset /noforce"
#   undecided:
#     en: "Whether people log on to \"{directory}\" with a form could not be decided"
#     ja: "「{directory}」にフォームでログオンするかどうかを判定できません"
#   labels:
#     forms: {en: "no logon form", ja: "フォーム ベース認証が無効です"}
#     published: {en: "published as", ja: "公開 URL"}
#     proxy: {en: "{proxy} stands in front and may show a form of its own, which needs this setting off", ja: "手前の {proxy} が独自のフォームを表示している可能性があります。その場合、この設定は無効にする必要があります"}
#   references:
#     - bb430762(v=exchg.80)
#     - bb124507(v=exchg.80)
package exlint.rules.owa_not_forms_based

import rego.v1

import data.exlint.lib.cases
import data.exlint.lib.directories
import data.exlint.lib.properties
import data.exlint.lib.published

# Directories of Outlook Web Access itself that are published; those for
# mailboxes on Exchange 2003 (/exchange, /public) follow it.
facing contains known if {
	some directory in directories.of("Get-OwaVirtualDirectory")
	not legacy(directory)
	url := directories.url(directory, "ExternalUrl")
	known := {"directory": directory, "url": url}
}

legacy(directory) if properties.text(directory, "OwaVersion") == "Exchange2003or2000"

findings contains finding if {
	some {"directory": directory, "url": url} in facing
	directory.properties.FormsAuthentication == false
	published.fronts_for(object.get(directory, "server", ""), "owa") == []
	places := properties.places(directory, [["FormsAuthentication", "forms"], ["ExternalUrl", "published"]])
	finding := object.union(cases.finding(places, {"directory": directory.identity, "url": url}, directory.identity), {"expected": true, "actual": false})
}

undecided contains case if {
	some known in facing
	not is_boolean(object.get(known.directory.properties, "FormsAuthentication", null))
	case := cases.unread(known.directory, "FormsAuthentication", "Get-OwaVirtualDirectory", {"directory": known.directory.identity})
}

undecided contains case if {
	some {"directory": directory, "url": url} in facing
	directory.properties.FormsAuthentication == false
	why := [{"key": "proxy", "args": {"proxy": proxy}} | some proxy in published.fronts_for(object.get(directory, "server", ""), "owa")]
	count(why) > 0
	case := cases.undecided([directory.at.FormsAuthentication], why, [sprintf("curl -skI %s", [url])], {"directory": directory.identity}, directory.identity)
}
