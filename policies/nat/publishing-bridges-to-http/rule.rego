# METADATA
# title: HTTPS is published, and clear HTTP reaches the server
# custom:
#   id: NT006
#   name: publishing-bridges-to-http
#   severity: warning
#   paths: [owa, outlook-anywhere, activesync]
#   statements: [S41]
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: HTTPS として公開され、サーバーには平文の HTTP で届く
#   message:
#     en: "{firewall} forwards port 443 from the Internet to port 80 of Client Access server {server}: without TLS in between, passwords travel in clear"
#     ja: "{firewall} はインターネットからの 443 番ポートを、クライアント アクセス サーバー {server} の 80 番ポートへ転送しています。途中に TLS がないため、パスワードが平文で流れます"
#   fix:
#     en: "On {firewall}, forward 443 to 443 of {server}; if a device in between ends TLS on purpose, let it encrypt again, or set this on the server and keep the segment to itself:\nSet-OutlookAnywhere \"{server}\\Rpc (Default Web Site)\" -SSLOffloading $true"
#     ja: "{firewall} で、443 を {server} の 443 へ転送します。途中の装置で意図的に TLS を終端する場合は再び暗号化させるか、サーバー側もそれに合わせ、その区間を専用にします:\nSet-OutlookAnywhere \"{server}\\Rpc (Default Web Site)\" -SSLOffloading $true"
#   undecided:
#     en: "Whether {firewall} forwards port 443 from the Internet to port 80 of {server} could not be decided"
#     ja: "{firewall} がインターネットからの 443 番ポートを {server} の 80 番ポートへ転送するかどうかを判定できません"
#   labels:
#     forwards: {en: "from 443 to 80", ja: "443 から 80 へ"}
#     offloads: {en: "the server expects it", ja: "サーバーはこれを想定しています"}
#   references:
#     - bb331973(v=exchg.80)
#     - bb123545(v=exchg.80)
package exlint.rules.publishing_bridges_to_http

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.properties
import data.exlint.lib.verdicts

# Ways from the Internet to port 80 that begin at port 443.
bridges contains way if {
	some way in input.exposures
	way["class"] == "internet"
	way.service == "tcp/80"
	estate.has_role(way.destination, "cas")
	estate.in_service(way.destination)
	way.witness.destination_port == 443
}

translations(way) := [verdicts.place(effect.at, "forwards") | some effect in array.concat(way.effects, object.get(way, "possible_effects", [])); effect.kind == "translated"; not effect.changes == "source"]

# Outlook Anywhere of a server that expects its TLS to end before it.
offloading(server) := [place |
	some directory in object.get(input.objects, "Get-OutlookAnywhere", [])
	directory.server == server
	directory.properties.SSLOffloading == true
	some place in properties.places(directory, [["SSLOffloading", "offloads"]])
]

severity(server) := "note" if count(offloading(server)) > 0

severity(server) := "warning" if count(offloading(server)) == 0

findings contains found if {
	some way in bridges
	way.verdict in {"permit", "partial"}
	server := way.destination
	finding := verdicts.finding(way, {"server": server}, server)
	places := array.concat(array.concat(translations(way), verdicts.places(way)), offloading(server))
	found := object.union(object.union(finding, verdicts.shown(places)), {"severity": severity(server), "expected": "tcp/443", "actual": "tcp/80"})
}

undecided contains case if {
	some way in bridges
	way.verdict == "inconclusive"
	case := verdicts.undecided(way, {"server": way.destination, "firewall": concat(", ", way.firewalls)}, way.destination)
}
