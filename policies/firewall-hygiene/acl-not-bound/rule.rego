# METADATA
# title: Access list with Exchange permits is bound to nothing
# custom:
#   id: FH012
#   name: acl-not-bound
#   severity: warning
#   paths: []
#   statements: []
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: Exchange の許可を含むアクセス リストがどこにも割り当てられていない
#   message:
#     en: "Access list {filter} of {firewall} permits something for {servers}, but nothing uses it: no interface, no other list"
#     ja: "{firewall} のアクセス リスト {filter} には {servers} のための許可がありますが、どのインターフェイスにもほかのリストにも使われていません"
#   fix:
#     en: "Bind {filter} on {firewall} where it was meant to be, or delete it"
#     ja: "{firewall} で {filter} を本来の場所に割り当てるか、削除します"
#   undecided:
#     en: "Nothing uses access list {filter} of {firewall}; whether it was meant for Exchange servers could not be decided, as the members of the objects that its rules name are not known"
#     ja: "{firewall} のアクセス リスト {filter} はどこにも使われていません。規則の指定するオブジェクトのメンバーが不明なため、Exchange サーバーのためのものかどうかを判定できません"
#   labels:
#     unused: {en: "nothing leads to this rule", ja: "この規則に至る経路がありません"}
#     by-object: {en: "its rules name objects whose members no file shows", ja: "規則はオブジェクトを指定しており、そのメンバーがどのファイルにもありません"}
#   references:
#     - bb331973(v=exchg.80)
package exlint.rules.acl_not_bound

import rego.v1

import data.exlint.lib.named

# Permits that no packet is ever compared with, by their list.
unused[list] contains hidden if {
	some hidden in input.hidden_rules
	hidden.kind == "never-reached"
	hidden.action == "permit"
	not hidden.firewall in hosts
	list := [hidden.firewall, hidden.filter]
}

# A firewall of a server that is off uses none of its lists (HF003).
hosts := {firewall_.name | some firewall_ in input.firewalls; firewall_.platform == "windows-firewall"}

meant(list) := {name | some hidden in unused[list]; some name in named.of(hidden)}

places(list) := sort([hidden.at | some hidden in unused[list]; count(named.of(hidden)) > 0])

told(list) := {"args": {"firewall": list[0], "filter": list[1]}, "subject": sprintf("%s: %s", list)}

findings contains found if {
	some list, _ in unused
	servers := sort(meant(list))
	count(servers) > 0
	args := object.union(told(list).args, {"servers": servers})
	found := object.union(told(list), {"at": places(list), "args": args, "labels": ["unused" | some _ in places(list)]})
}

undecided contains case if {
	some list, hidden in unused
	count(meant(list)) == 0
	some rule in hidden
	named.unclear(rule)
	count(named.addresses) > 0
	needs := [named.members(list[0], list[1])]
	case := object.union(told(list), {"at": [sort([h.at | some h in hidden])[0]], "why": ["by-object"], "needs": needs})
}
