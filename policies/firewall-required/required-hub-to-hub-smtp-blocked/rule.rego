# METADATA
# title: SMTP between Hub Transport servers is blocked
# custom:
#   id: FR006
#   name: required-hub-to-hub-smtp-blocked
#   severity: error
#   paths: [hub-to-hub-smtp]
#   statements: [S02, S03]
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   versions: ["8", "14", "15"]
#   title.ja: ハブ トランスポート サーバー間の SMTP がブロックされている
#   message:
#     en: "{sources} cannot relay mail to {destinations}: {firewall} denies {service} between these Hub Transport servers"
#     ja: "{sources} から {destinations} へメールを中継できません。{firewall} がハブ トランスポート サーバー間の {service} を拒否しています"
#   fix:
#     en: "On {firewall}, permit tcp/25 both ways between all Hub Transport servers, {place}{lines}"
#     ja: "{firewall} で、すべてのハブ トランスポート サーバーの間の tcp/25 を両方向とも{place}許可します{lines}"
#   undecided:
#     en: "Whether {sources} can relay mail to {destinations} on tcp/25 could not be decided"
#     ja: "{sources} が tcp/25 で {destinations} へメールを中継できるかどうかを判定できません"
#   variants:
#     mutual:
#       message:
#         en: "{sources} cannot relay mail to one another: {firewall} denies {service} between these Hub Transport servers"
#         ja: "{sources} の間でメールを中継できません。{firewall} がハブ トランスポート サーバー間の {service} を拒否しています"
#       fix:
#         en: "On {firewall}, permit tcp/25 both ways between all Hub Transport servers, {place}{lines}"
#         ja: "{firewall} で、すべてのハブ トランスポート サーバーの間の tcp/25 を両方向とも{place}許可します{lines}"
#   labels:
#     hub-site: {en: "{site} is a hub site: mail may be relayed there instead of directly", ja: "{site} はハブ サイトであり、直接ではなくここで中継される場合があります"}
#   references:
#     - bb331973(v=exchg.80)
package exlint.rules.required_hub_to_hub_smtp_blocked

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.required
import data.exlint.lib.verdicts

flows := required.of({"hub-to-hub-smtp"})

denied := required.with_works(flows, {"no"})

severity(group) := "warning" if required.detour(group)

severity(group) := "error" if not required.detour(group)

hub_places(group) := [verdicts.place(site.at.HubSiteEnabled, {"key": "hub-site", "args": {"site": estate.plain_site({"site": site.identity})}}) |
	required.detour(group)
	some site in required.hub_sites
]

arguments(group) := {"sources": required.sources(group), "destinations": required.destinations(group)}

subject(group) := sprintf("%s -> %s", [concat(", ", required.sources(group)), concat(", ", required.destinations(group))])

findings contains found if {
	some group in required.together(denied)
	finding := required.blocked_as(group, arguments(group), subject(group), hub_places(group))
	found := object.union(object.union(finding, {"severity": severity(group)}), required.mutual(group))
}

undecided contains case if {
	open := required.with_works(flows, {"unknown"})
	some hub in {flow.destination | some flow in open}
	group := [flow | some flow in open; flow.destination == hub]
	case := required.doubtful(group, arguments(group), hub)
}
