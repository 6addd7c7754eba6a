# METADATA
# title: Address or network of an Exchange server is unknown
# custom:
#   id: IN001
#   name: server-address-or-zone-unknown
#   severity: warning
#   paths: []
#   statements: [S34, S35]
#   needs: [[Get-ExchangeServer, inventory]]
#   versions: []
#   title.ja: Exchange サーバーのアドレスまたはネットワークが不明
#   message:
#     en: "No address of {server} is known, so no firewall rule can be judged for it"
#     ja: "{server} のアドレスが不明なため、このサーバーについてファイアウォール規則を判定できません"
#   fix:
#     en: "Give the output of the command, or the address in exlint.toml:\n{steps}"
#     ja: "コマンドの出力を渡すか、exlint.toml にアドレスを書きます:\n{steps}"
#   variants:
#     nowhere:
#       message:
#         en: "{addresses} of {server} lies in no network that the firewalls know, or in several with equal claim, so no firewall rule can be judged for it"
#         ja: "{server} の {addresses} はファイアウォールの知るどのネットワークにもないか、複数に等しく当てはまるため、このサーバーについてファイアウォール規則を判定できません"
#       fix:
#         en: "Tell its network in exlint.toml, or correct the address there if it is wrong:\n{steps}"
#         ja: "exlint.toml にそのネットワークを書きます。アドレスが誤っている場合は修正します:\n{steps}"
#   undecided:
#     en: "The network of {server} is known, but not what kind of network it is"
#     ja: "{server} のネットワークはわかっていますが、その種類がわかりません"
#   labels:
#     server: {en: "known only by name", ja: "名前だけがわかっています"}
#     address: {en: "in no network of a firewall, or in several with equal claim", ja: "ファイアウォールのどのネットワークにもないか、複数に等しく当てはまります"}
#   references:
#     - bb123873(v=exchg.80)
package exlint.rules.server_address_or_zone_unknown

import rego.v1

import data.exlint.lib.estate

# Exchange servers that neither an address of their own nor one of a node of
# the cluster places in a network.
unplaced contains name if {
	some name, server in estate.servers
	server.exchange
	estate.in_service(name)
	every machine in array.concat([name], object.get(server, "nodes", [])) { not estate.placed(lower(machine)) }
}

# A virtual name, or nothing to place it against: good to know, no more.
severity(name) := "note" if {
	estate.clustered(name)
} else := "note" if {
	not "firewall" in input.kinds
} else := "warning"

variant([]) := {}

variant(addresses) := {"variant": "nowhere"} if count(addresses) > 0

# What tells it: the command, and the lines of the inventory without comments.
steps(name) := concat("\n", [line | some need in needs(name); some line in split(need, "\n"); not startswith(line, "#")])

needs(name) := estate.doubt({name}, [], [sprintf("Get-NetworkConnectionInfo %s | fl *", [upper(name)])]).needs

findings contains finding if {
	some name in unplaced
	server := estate.servers[name]
	finding := object.union(variant(server.addresses), {
		"at": array.concat([server.at.self], [a.at | some a in server.addresses]),
		"severity": severity(name),
		"args": {"server": name, "addresses": [a.ip | some a in server.addresses], "steps": steps(name)},
		"subject": name,
		"labels": array.concat(["server"], ["address" | some _ in server.addresses]),
	})
}

undecided contains case if {
	some name, server in estate.servers
	server.exchange
	estate.in_service(name)
	some address in server.addresses
	address.zone
	not address["class"]
	lines := sprintf("[[zone]]\nname = \"%s\"\nclass = \"internal\"", [address.zone])
	doubt := estate.doubt({address.zone}, [], [lines])
	case := object.union(doubt, {"at": [address.at], "args": {"server": name}, "subject": name})
}
