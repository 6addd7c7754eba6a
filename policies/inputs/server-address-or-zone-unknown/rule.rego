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
#     en: "{server} has no known place in the network, so no firewall rule can be judged for it (addresses known: {addresses})"
#     ja: "{server} のネットワーク上の位置が不明なため、ファイアウォール規則を判定できません (既知のアドレス: {addresses})"
#   fix:
#     en: "Add {server} with its addresses as a [[server]] to exlint.toml and its network to a [[zone]], or give the output of: Get-NetworkConnectionInfo {server} | fl *"
#     ja: "exlint.toml に {server} のアドレスを [[server]] として、ネットワークを [[zone]] として追記するか、Get-NetworkConnectionInfo {server} | fl * の出力を渡します"
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

known(addresses) := [a.ip | some a in addresses] if count(addresses) > 0

known([]) := null

findings contains finding if {
	some name in unplaced
	server := estate.servers[name]
	finding := {
		"at": array.concat([server.at.self], [a.at | some a in server.addresses]),
		"severity": severity(name),
		"args": {"server": name, "addresses": known(server.addresses)},
		"subject": name,
		"labels": array.concat(["server"], ["address" | some _ in server.addresses]),
	}
}

undecided contains case if {
	some name, server in estate.servers
	server.exchange
	estate.in_service(name)
	some address in server.addresses
	address.zone
	not address["class"]
	lines := sprintf("[[zone]]\nname = \"%s\"\nclass = \"internal\"", [address.zone])
	needs := estate.doubt({address.zone}, [], [lines])
	case := object.union(needs, {"at": [address.at], "args": {"server": name}, "subject": name})
}
