# METADATA
# title: Certificate of the Edge is newer than its subscription
# custom:
#   id: TC003
#   name: edge-certificate-newer-than-subscription
#   severity: error
#   paths: [hub-to-edge-smtp, edge-to-hub-smtp]
#   statements: [S05, S07]
#   needs: [Get-ExchangeCertificate, Get-EdgeSubscription]
#   versions: ["8", "14", "15"]
#   title.ja: エッジの証明書がエッジ サブスクリプションより新しい
#   message:
#     en: "{server} proves itself with a certificate of {since}, but the subscription of {edge} was last written on {subscribed}: the other side still trusts the old one"
#     ja: "{server} の証明書は {since} に発行されましたが、{edge} のサブスクリプションの最終更新は {subscribed} です。相手側は古い証明書を信頼したままです"
#   fix:
#     en: "Subscribe the Edge again: the first line on {edge}, the others on a Hub Transport server of its site:\nNew-EdgeSubscription -FileName C:\\{edge}.xml\nNew-EdgeSubscription -FileName C:\\{edge}.xml -Site <site>\nStart-EdgeSynchronization"
#     ja: "エッジを購読し直します。1 行目は {edge} 上で、以降は購読先サイトのハブ トランスポート サーバー上で実行します:\nNew-EdgeSubscription -FileName C:\\{edge}.xml\nNew-EdgeSubscription -FileName C:\\{edge}.xml -Site <サイト>\nStart-EdgeSynchronization"
#   undecided:
#     en: "Whether the certificate of {server} is the one that the subscription of {edge} published could not be decided"
#     ja: "{server} の証明書が {edge} のサブスクリプションで公開されたものかどうかを判定できません"
#   labels:
#     since: {en: "valid since", ja: "有効期間の開始"}
#     services: {en: "in use for", ja: "割り当てられたサービス"}
#     written: {en: "the subscription was last written", ja: "サブスクリプションの最終更新"}
#     mixed: {en: "an older certificate is still assigned to SMTP, too", ja: "古い証明書も SMTP に割り当てられたままです"}
#     stray: {en: "another certificate for SMTP is of a server that is not told", ja: "サーバーが不明な SMTP の証明書がほかにあります"}
#     rewritten: {en: "the subscription was changed after the certificate, maybe by subscribing again", ja: "サブスクリプションは証明書より後に変更されており、購読し直された可能性があります"}
#   variants:
#     hub:
#       message:
#         en: "{server} got a new certificate on {since}, after the subscription of {edge} was last written ({subscribed}); EdgeSync should have told {edge}"
#         ja: "{server} の証明書は {edge} のサブスクリプションの最終更新 ({subscribed}) より後の {since} に更新されています。EdgeSync で {edge} に反映されているはずです"
#       fix:
#         en: "See that EdgeSync runs, on a Hub Transport server of the site:\nTest-EdgeSynchronization\nStart-EdgeSynchronization"
#         ja: "サイトのハブ トランスポート サーバー上で、EdgeSync の動作を確認します:\nTest-EdgeSynchronization\nStart-EdgeSynchronization"
#   references:
#     - bb124424(v=exchg.80)
#     - bb310755(v=exchg.80)
package exlint.rules.edge_certificate_newer_than_subscription

import rego.v1

import data.exlint.lib.certificates as lib
import data.exlint.lib.estate
import data.exlint.lib.properties
import data.exlint.lib.verdicts

# Certificates that a server shows to SMTP peers, or may.
smtp[server] contains certificate if {
	some certificate in lib.certificates
	server := certificate.server
	not other(certificate)
}

other(certificate) if {
	properties.values(certificate, "Services")
	not "SMTP" in lib.services(certificate)
}

# Those of nobody knows whom.
strays := [certificate | some certificate in lib.certificates; not certificate.server; not other(certificate)]

read := ["Services", "NotBefore"]

unclear(all) := [certificate | some certificate in all; not properties.known(certificate, read)]

since(certificate) := lib.instant(properties.text(certificate, "NotBefore"))

written(subscription, name) := lib.instant(properties.text(subscription, name))

# More than a day later: local times of two zones differ by less.
later(certificate, time) if since(certificate) > time + lib.day

# Servers of a subscription, with their certificates.
pairs contains pair if {
	some edge, _ in estate.servers
	estate.has_role(edge, "edge")
	some subscription in estate.subscriptions(edge)
	some server, all in smtp
	concerned(server, edge)
	pair := {"edge": edge, "subscription": subscription, "server": server, "certificates": all, "state": state(subscription, all)}
}

concerned(server, edge) if server == edge

concerned(hub, edge) if {
	estate.has_role(hub, "hub")
	estate.serves(hub, edge)
}

# Whether all certificates are newer than all that is known of the
# subscription ("new"), or some, or newer than its making alone.
state(subscription, all) := "unclear" if {
	count(unclear(all)) > 0
} else := "unknown" if {
	not properties.text(subscription, "WhenChanged")
} else := "stray" if {
	count(strays) > 0
	every c in all { later(c, written(subscription, "WhenChanged")) }
} else := "new" if {
	every c in all { later(c, written(subscription, "WhenChanged")) }
} else := "mixed" if {
	some c in all
	later(c, written(subscription, "WhenChanged"))
} else := "rewritten" if {
	every c in all { later(c, written(subscription, "WhenCreated")) }
} else := "old"

arguments(pair) := {"server": pair.server, "edge": pair.edge}

findings contains finding if {
	some pair in pairs
	pair.state == "new"
	newest := max({since(c) | some c in pair.certificates})
	certificate := [c | some c in pair.certificates; since(c) == newest][0]
	own := properties.places(certificate, [["NotBefore", "since"], ["Services", "services"]])
	told := properties.places(pair.subscription, [["WhenChanged", "written"]])
	finding := object.union(object.union(variant(pair), verdicts.shown(array.concat(own, told))), {
		"args": object.union(arguments(pair), {"since": substring(certificate.properties.NotBefore, 0, 10), "subscribed": substring(pair.subscription.properties.WhenChanged, 0, 10)}),
		"subject": sprintf("%s: %s", [pair.edge, pair.server]),
		"actual": certificate.properties.NotBefore,
	})
}

# EdgeSync brings new certificates of Hubs to the Edge by itself.
variant(pair) := {} if {
	pair.server == pair.edge
} else := {"variant": "hub", "severity": "note"}

undecided contains case if {
	some pair in pairs
	pair.server == pair.edge
	pair.state in {"mixed", "rewritten", "unknown", "unclear", "stray"}
	case := {
		"at": [pair.subscription.at.self],
		"why": array.concat([pair.state | pair.state in {"mixed", "rewritten", "stray"}], doubts(pair)),
		"needs": needs[pair.state],
		"args": arguments(pair),
		"subject": pair.edge,
	}
}

doubts(pair) := array.concat(properties.unknown(pair.subscription, ["WhenChanged"]), [why | some certificate in unclear(pair.certificates); some why in properties.unknown(certificate, read)])

needs := {
	"mixed": ["Test-EdgeSynchronization | Format-List"],
	"rewritten": ["Test-EdgeSynchronization | Format-List"],
	"unknown": ["Get-EdgeSubscription | Export-Clixml Get-EdgeSubscription.xml"],
	"stray": ["Test-EdgeSynchronization | Format-List"],
	"unclear": ["Get-ExchangeCertificate | Format-List * > Get-ExchangeCertificate.txt"],
}
