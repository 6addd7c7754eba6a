# METADATA
# title: Offline address book is still distributed through public folders
# custom:
#   id: CA011
#   name: oab-legacy-distribution-on
#   severity: note
#   paths: [outlook-oab-mailbox]
#   statements: [S52, S53]
#   needs: [Get-OfflineAddressBook]
#   versions: ["8", "14"]
#   title.ja: オフライン アドレス帳がパブリック フォルダーでも配布されている
#   message:
#     en: "Offline address book \"{book}\" is distributed through public folders as well{versions}; only Outlook 2003 and earlier need that, over RPC to a Mailbox server"
#     ja: "オフライン アドレス帳「{book}」がパブリック フォルダーでも配布されています{versions}。これを必要とするのは、メールボックス サーバーへの RPC を使う Outlook 2003 以前だけです"
#   fix:
#     en: "Where nobody uses Outlook 2003 any more, switch it off:\nSet-OfflineAddressBook \"{book}\" -PublicFolderDistributionEnabled $false -Versions Version4"
#     ja: "Outlook 2003 を使う人がいなければ、無効にします:\nSet-OfflineAddressBook \"{book}\" -PublicFolderDistributionEnabled $false -Versions Version4"
#   undecided:
#     en: "Whether offline address book \"{book}\" is distributed through public folders could not be decided"
#     ja: "オフライン アドレス帳「{book}」がパブリック フォルダーで配布されているかどうかを判定できません"
#   labels:
#     distributed: {en: "also through public folders", ja: "パブリック フォルダーでも配布します"}
#     versions: {en: "formats that are made", ja: "生成される形式"}
#     web: {en: "Client Access servers that distribute it", ja: "配布するクライアント アクセス サーバー"}
#     old: {en: " in the formats {formats}", ja: " (形式 {formats})"}
#     current: {en: "", ja: ""}
#   references:
#     - bb232155(v=exchg.80)
package exlint.rules.oab_legacy_distribution_on

import rego.v1

import data.exlint.lib.properties
import data.exlint.lib.verdicts

books := object.get(input.objects, "Get-OfflineAddressBook", [])

# Formats that Outlook 2007 does not read.
old(book) := [format | some format in properties.values(book, "Versions"); format in {"Version1", "Version2", "Version3"}]

formats(book) := {"key": "old", "args": {"formats": concat(", ", old(book))}} if {
	count(old(book)) > 0
} else := {"key": "current"}

findings contains finding if {
	some book in books
	book.properties.PublicFolderDistributionEnabled == true
	places := properties.places(book, [["PublicFolderDistributionEnabled", "distributed"], ["Versions", "versions"], ["VirtualDirectories", "web"]])
	finding := object.union(verdicts.shown(places), {"args": {"book": book.identity, "versions": formats(book)}, "subject": book.identity, "expected": false, "actual": true})
}

undecided contains case if {
	some book in books
	not is_boolean(object.get(book.properties, "PublicFolderDistributionEnabled", ""))
	case := {
		"at": properties.somewhere(book, ["PublicFolderDistributionEnabled"]),
		"why": properties.unknown(book, ["PublicFolderDistributionEnabled"]),
		"needs": properties.export("Get-OfflineAddressBook"),
		"args": {"book": book.identity},
		"subject": book.identity,
	}
}
