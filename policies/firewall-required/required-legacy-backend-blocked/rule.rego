# METADATA
# title: Client Access server cannot reach an Exchange 2003 back end
# custom:
#   id: FR016
#   name: required-legacy-backend-blocked
#   severity: warning
#   paths: [cas-to-legacy-mailbox]
#   statements: [S40, S42]
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["6", "8"]
#   title.ja: クライアント アクセス サーバーが Exchange 2003 のバックエンドに到達できない
#   message:
#     en: "{sources} cannot reach the Exchange 2003 servers {destinations}: {firewall} denies {service}"
#     ja: "{sources} が Exchange 2003 サーバー {destinations} に到達できません。{firewall} が {service} を拒否しています"
#   fix:
#     en: "On {firewall}, permit {sources} to {destinations} on tcp/80 while both versions exist, protected by IPsec, {place}{lines}"
#     ja: "{firewall} で、両バージョンが共存する間、{sources} から {destinations} への tcp/80 を IPsec で保護して{place}許可します{lines}"
#   undecided:
#     en: "Whether {sources} reaches the Exchange 2003 server {destinations} on tcp/80 could not be decided"
#     ja: "{sources} が tcp/80 で Exchange 2003 サーバー {destinations} に到達できるかどうかを判定できません"
#   references:
#     - bb331973(v=exchg.80)
package exlint.rules.required_legacy_backend_blocked

import rego.v1

import data.exlint.lib.required

# 443 does not help: the back end is asked over 80.
flows := [flow | some flow in required.of({"cas-to-legacy-mailbox"}); flow.service == "tcp/80"]

denied := required.with_works(flows, {"no"})

arguments(group) := {"sources": required.sources(group), "destinations": required.destinations(group)}

findings contains found if {
	some group in required.together(denied)
	subject := sprintf("%s -> %s", [concat(", ", required.sources(group)), concat(", ", required.destinations(group))])
	found := required.blocked(group, arguments(group), subject)
}

undecided contains case if {
	some flow in required.with_works(flows, {"unknown"})
	case := required.doubtful([flow], arguments([flow]), sprintf("%s -> %s", [flow.source, flow.destination]))
}
