# METADATA
# title: An export lost values that rules read
# custom:
#   id: IN002
#   name: export-truncated-or-typed
#   severity: warning
#   paths: []
#   statements: []
#   needs: [[Get-ExchangeServer, Get-ReceiveConnector, Get-SendConnector, Get-TransportConfig, Get-TransportServer, Get-EdgeSubscription, Get-ExchangeCertificate, Get-OwaVirtualDirectory, Get-ActiveSyncVirtualDirectory, Get-WebServicesVirtualDirectory, Get-OabVirtualDirectory, Get-AutodiscoverVirtualDirectory, Get-UMVirtualDirectory, Get-OutlookAnywhere, Get-PopSettings, Get-ImapSettings, Get-ClientAccessServer, Get-MailboxServer, Get-NetworkConnectionInfo]]
#   versions: []
#   title.ja: 規則の読む値がエクスポートで失われている
#   message:
#     en: "{file} lost values of {cmdlet} ({what}): {properties}, in {objects}; no rule can decide on them"
#     ja: "{file} では {cmdlet} の値が失われています ({what}): {properties} ({objects})。規則はこれらの値について判定できません"
#   fix:
#     en: "Export the objects again, whole:\n{steps}"
#     ja: "オブジェクトを完全な形でエクスポートし直します:\n{steps}"
#   undecided:
#     en: "{file} does not tell what IIS does with the objects of {cmdlet}: {properties}"
#     ja: "{file} からは、{cmdlet} のオブジェクトについて IIS の実際の設定がわかりません: {properties}"
#   labels:
#     truncated: {en: "cut off", ja: "途中で切れています"}
#     type-name: {en: "the name of a .NET type instead of the value", ja: "値の代わりに .NET の型名"}
#     joined: {en: "a list that became one text", ja: "一つの文字列になったリスト"}
#     ambiguous-date: {en: "a date with two readings", ja: "二通りに読める日付"}
#     redacted: {en: "blacked out", ja: "伏せ字"}
#     number: {en: "a number that no source explains", ja: "意味のわからない番号"}
#     directory-only: {en: "the export was taken with -ADPropertiesOnly", ja: "-ADPropertiesOnly を付けたエクスポートです"}
#     object: {en: "1 object", ja: "1 個のオブジェクト"}
#     objects: {en: "{count} objects", ja: "{count} 個のオブジェクト"}
#   references:
#     - bb123778(v=exchg.80)
package exlint.rules.export_truncated_or_typed

import rego.v1

import data.exlint.lib.properties

# CLIXML holds the dates of a certificate, but neither its services nor its status.
steps(lost) := properties.listed("Get-ExchangeCertificate") if {
	lost.cmdlet == "Get-ExchangeCertificate"
	lost.kind != "ambiguous-date"
} else := properties.export(lost.cmdlet)

objects(1) := {"key": "object"}

objects(count_) := {"key": "objects", "args": {"count": count_}} if count_ > 1

findings contains finding if {
	some lost in input.lost
	lost.kind != "directory-only"
	finding := {
		"at": lost.at,
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

# Nothing is broken: the directory simply does not know the state of IIS.
undecided contains case if {
	some lost in input.lost
	lost.kind == "directory-only"
	case := {
		"at": lost.at,
		"why": [{"key": "directory-only"}],
		"needs": properties.export(lost.cmdlet),
		"args": {"file": lost.file, "cmdlet": lost.cmdlet, "properties": lost.properties},
		"subject": sprintf("%s %s", [lost.cmdlet, lost.file]),
	}
}
