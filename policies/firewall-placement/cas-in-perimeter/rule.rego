# METADATA
# title: Client Access server in the perimeter network
# custom:
#   id: FS002
#   name: cas-in-perimeter
#   severity: error
#   paths: [owa, cas-to-mailbox-rpc]
#   statements: [S35, S36, S38]
#   needs: [[Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: クライアント アクセス サーバーが境界ネットワークにある
#   message:
#     en: "Client Access server {server} has its address {ip} in the perimeter network {zone}"
#     ja: "クライアント アクセス サーバー {server} のアドレス {ip} は境界ネットワーク {zone} にあります"
#   fix:
#     en: "Move {server} to the internal network of its AD site; leave a reverse proxy in {zone} that publishes it on 443/tcp"
#     ja: "{server} を AD サイトの内部ネットワークへ移し、{zone} には 443/tcp で公開するリバース プロキシだけを置きます"
#   undecided:
#     en: "Whether Client Access server {server} is in the perimeter network could not be decided ({ip})"
#     ja: "クライアント アクセス サーバー {server} が境界ネットワークにあるかどうかを判定できません ({ip})"
#   labels:
#     no-address: {en: "no address known", ja: "アドレス不明"}
#     no-class: {en: "nothing tells what kind of network {ip} lies in", ja: "{ip} のネットワークの種類を示すものがありません"}
#     address: {en: its address, ja: そのアドレス}
#     role: {en: "the Client Access role", ja: "クライアント アクセスの役割"}
#     zone: {en: "why this network counts as perimeter", ja: "境界ネットワークと判断した根拠"}
#   references:
#     - bb331973(v=exchg.80)
#     - https://techcommunity.microsoft.com/blog/exchange/597927
package exlint.rules.cas_in_perimeter

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.verdicts

# Client Access servers; a reverse proxy that carries the name is none.
cas contains name if {
	some name, server in estate.servers
	server.exchange
	estate.has_role(name, "cas")
	not estate.has_role(name, "reverse-proxy")
	estate.in_service(name)
}

findings contains found if {
	some name in cas
	address := verdicts.first([a | some a in estate.servers[name].addresses; a.class == "perimeter"])
	zone_at := [at | some zone in input.zones; zone.name == address.zone; some at in zone.at["class"]]
	finding := {
		"at": array.concat([address.at, estate.servers[name].at.roles], zone_at),
		"args": {"server": name, "ip": address.ip, "zone": address.zone},
		"subject": name,
		"labels": array.concat(["address", "role"], ["zone" | some _ in zone_at]),
	}
	found := verdicts.graded(finding, address)
}

undecided contains case if {
	some name in cas
	not perimeter(name)
	some address in estate.servers[name].addresses
	not address["class"]
	lines := sprintf("[[zone]]\nname = \"servers\"\nclass = \"internal\"\nnetworks = [\"%s\"]", [address.ip])
	needs := estate.doubt({name, object.get(address, "zone", name)}, [{"key": "no-class", "args": {"ip": address.ip}}], [lines])
	case := object.union(needs, {"at": [address.at], "args": {"server": name, "ip": address.ip}, "subject": name})
}

undecided contains case if {
	some name in cas
	estate.servers[name].addresses == []
	needs := estate.doubt({name}, [], [sprintf("Get-NetworkConnectionInfo %s | fl *", [upper(name)])])
	case := object.union(needs, {"at": [estate.servers[name].at.self], "args": {"server": name, "ip": {"key": "no-address"}}, "subject": name})
}

perimeter(name) if {
	some address in estate.servers[name].addresses
	address["class"] == "perimeter"
}
