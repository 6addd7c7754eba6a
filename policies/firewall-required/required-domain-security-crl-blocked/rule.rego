# METADATA
# title: Domain Security is in use and the Edge Transport server cannot fetch revocation lists
# custom:
#   id: FR020
#   name: required-domain-security-crl-blocked
#   severity: warning
#   paths: [edge-to-edge-smtp]
#   statements: [S13]
#   needs: [firewall, Get-TransportConfig]
#   versions: ["8", "14", "15"]
#   title.ja: ドメイン セキュリティを使用しているがエッジ トランスポート サーバーが失効リストを取得できない
#   message:
#     en: "Domain Security is configured ({domains}), but {firewall} denies Edge Transport server {edge} the way to revocation lists ({service}); mail to these partners fails unless a WinHTTP proxy is set"
#     ja: "ドメイン セキュリティが構成されていますが ({domains})、{firewall} がエッジ トランスポート サーバー {edge} から失効リストへの {service} を拒否しています。WinHTTP プロキシがなければ、相手とのメールは失敗します"
#   fix:
#     en: "On {firewall}, permit {edge} to the Internet on tcp/80, {place}, or set a proxy on {edge} with proxycfg or netsh winhttp{lines}"
#     ja: "{firewall} で、{edge} からインターネットへの tcp/80 を{place}許可するか、{edge} で proxycfg または netsh winhttp によりプロキシを設定します{lines}"
#   undecided:
#     en: "Whether {edge} can fetch revocation lists could not be decided"
#     ja: "{edge} が失効リストを取得できるかどうかを判定できません"
#   labels:
#     domains: {en: mail with these domains needs valid certificates, ja: これらのドメインとのメールには有効な証明書が必要です}
#     connector: {en: "Domain Security is on for this connector", ja: "このコネクタでドメイン セキュリティが有効です"}
#   references:
#     - bb331973(v=exchg.80)
#     - bb123543(v=exchg.80)
package exlint.rules.required_domain_security_crl_blocked

import rego.v1

import data.exlint.lib.properties
import data.exlint.lib.required
import data.exlint.lib.verdicts

flows := [flow | some flow in required.of({"edge-to-edge-smtp"}); flow.service == "tcp/80"; flow.destination == "internet"]

lists := ["TLSSendDomainSecureList", "TLSReceiveDomainSecureList"]

configs := object.get(input.objects, "Get-TransportConfig", [])

domains := sort({domain | some config in configs; some name in lists; some domain in properties.values(config, name)})

# Connectors with Domain Security make a domain that no list names.
connectors := [connector |
	some cmdlet in ["Get-SendConnector", "Get-ReceiveConnector"]
	some connector in object.get(input.objects, cmdlet, [])
	connector.properties.DomainSecureEnabled == true
	count(domains) > 0
]

places := array.concat(
	[verdicts.place(config.at[name], "domains") | some config in configs; some name in lists; count(properties.values(config, name)) > 0],
	[verdicts.place(connector.at.DomainSecureEnabled, "connector") | some connector in connectors],
)

# No export tells the proxy of WinHTTP, which makes the direct way needless.
weak := {"confidence": "derived", "weak": "no export tells whether the Edge has a WinHTTP proxy"}

findings contains found if {
	count(domains) > 0
	some flow in required.with_works(flows, {"no"})
	finding := required.blocked_as([flow], {"edge": flow.source, "domains": domains}, flow.source, places)
	found := object.union(finding, weak)
}

# Lists that the export leaves out or cuts.
untold := [reason | some config in configs; some reason in properties.unknown(config, lists)]

undecided contains case if {
	some flow in required.with_works(flows, {"no", "unknown"})
	case := object.union(required.doubtful([flow], {"edge": flow.source}, flow.source), missing(flow))
}

missing(flow) := {"why": untold, "needs": properties.export("Get-TransportConfig")} if {
	count(domains) == 0
	count(untold) > 0
} else := {} if {
	count(domains) > 0
	flow.works == "unknown"
}
