# METADATA
# title: An export lost values that rules read
# custom:
#   id: IN002
#   name: export-truncated-or-typed
#   severity: warning
#   paths: []
#   statements: []
#   needs: [[Get-ExchangeServer, Get-ReceiveConnector, Get-SendConnector, Get-TransportConfig, Get-TransportServer, Get-EdgeSubscription, Get-ExchangeCertificate, Get-OwaVirtualDirectory, Get-ActiveSyncVirtualDirectory, Get-WebServicesVirtualDirectory, Get-OabVirtualDirectory, Get-AutodiscoverVirtualDirectory, Get-UMVirtualDirectory, Get-OutlookAnywhere, Get-PopSettings, Get-ImapSettings, Get-ClientAccessServer, Get-MailboxServer, Get-NetworkConnectionInfo]]
#   versions: ["8", "14", "15"]
#   title.ja: 規則の読む値がエクスポートで失われている
#   message:
#     en: "{file} lost values of {cmdlet} ({what}): {properties}, in {objects}; no rule can decide on them"
#     ja: "{file} では {cmdlet} の値が失われています ({what}): {properties} ({objects})。規則はこれらの値について判定できません"
#   fix:
#     en: "Export the objects again, whole:\n{steps}"
#     ja: "オブジェクトを完全な形でエクスポートし直します:\n{steps}"
#   labels:
#     truncated: {en: "cut off", ja: "途中で切れています"}
#     type-name: {en: "the name of a .NET type instead of the value", ja: "値の代わりに .NET の型名"}
#     joined: {en: "a list that became one text", ja: "一つの文字列になったリスト"}
#     ambiguous-date: {en: "a date with two readings", ja: "二通りに読める日付"}
#     redacted: {en: "blacked out", ja: "伏せ字"}
#     number: {en: "a number that no source explains", ja: "意味のわからない番号"}
#     directory-only: {en: "not read from IIS (-ADPropertiesOnly)", ja: "IIS から読まれていない値 (-ADPropertiesOnly)"}
#     not-in-form: {en: "Export-Clixml does not hold it", ja: "Export-Clixml に含まれない値"}
#     object: {en: "1 object", ja: "1 個のオブジェクト"}
#     objects: {en: "{count} objects", ja: "{count} 個のオブジェクト"}
#   references:
#     - bb123778(v=exchg.80)
package exlint.rules.export_truncated_or_typed

import rego.v1

import data.exlint.lib.properties

# What the form of an export never holds is good to know, no more.
severity(lost) := "note" if {
	lost.kind in {"directory-only", "not-in-form"}
} else := "warning"

# The certificate itself is whole in CLIXML; its services and status are not in it.
steps(lost) := ["$FormatEnumerationLimit = -1", "Get-ExchangeCertificate | Format-List *"] if {
	lost.cmdlet == "Get-ExchangeCertificate"
} else := properties.export(lost.cmdlet)

objects(1) := {"key": "object"}

objects(count_) := {"key": "objects", "args": {"count": count_}} if count_ > 1

findings contains finding if {
	some lost in input.lost
	finding := {
		"at": lost.at,
		"severity": severity(lost),
		"args": {
			"file": lost.file,
			"cmdlet": lost.cmdlet,
			"what": {"key": lost.kind},
			"properties": lost.properties,
			"objects": objects(lost.objects),
			"steps": concat("\n", steps(lost)),
		},
		"subject": sprintf("%s %s %s", [lost.cmdlet, lost.kind, concat(" ", lost.properties)]),
		"labels": [lost.kind | some _ in lost.at],
	}
}
