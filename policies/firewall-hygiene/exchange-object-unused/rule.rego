# METADATA
# title: Object with the address of a server is used by nothing
# custom:
#   id: FH010
#   name: exchange-object-unused
#   severity: note
#   paths: []
#   statements: []
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: サーバーのアドレスを持つオブジェクトがどこからも使われていない
#   message:
#     en: "\"{object}\" of {firewall} holds the address of {servers}, and nothing in its configuration uses it"
#     ja: "{firewall} の「{object}」には {servers} のアドレスが含まれていますが、設定のどこからも使われていません"
#   fix:
#     en: "Use \"{object}\" in the rules that name its addresses one by one, or delete it from {firewall}"
#     ja: "アドレスを直接指定している規則で「{object}」を使うか、{firewall} から削除します"
#   undecided:
#     en: "Which objects hold addresses of {servers} could not be decided: no address of an Exchange server is known"
#     ja: "Exchange サーバーのアドレスが不明なため、どのオブジェクトに {servers} のアドレスが含まれるかを判定できません"
#   labels:
#     unused: {en: "defined here, used nowhere", ja: "ここで定義され、どこでも使われていません"}
#     no-address: {en: "no export tells an address of an Exchange server", ja: "Exchange サーバーのアドレスを示すエクスポートがありません"}
#   references:
#     - bb331973(v=exchg.80)
package exlint.rules.exchange_object_unused

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.permits
import data.exlint.lib.verdicts

findings contains found if {
	some known in input.unused_objects
	servers := [name | some name in known.servers; estate.in_service(name)]
	count(servers) > 0
	places := array.concat(
		[verdicts.place(known.at, "unused")],
		[verdicts.place(address.at, {"key": "address-of", "args": {"server": name}}) |
			some name in array.slice(servers, 0, 3)
			some address in estate.servers[name].addresses
		],
	)
	found := object.union(verdicts.shown(verdicts.unique(places)), {
		"args": {"firewall": known.firewall, "object": known.name, "servers": servers},
		"subject": sprintf("%s: %s", [known.firewall, known.name]),
	})
}

undecided contains permits.undecided
