# METADATA
# title: Mailbox server accepts MAPI without encryption
# custom:
#   id: MB001
#   name: mapi-encryption-not-required
#   severity: warning
#   paths: [mapi-access, mailbox-assistants, sa-legacy-listen]
#   statements: [S25]
#   needs: [firewall, [Get-MailboxServer, Get-RpcClientAccess]]
#   versions: ["8", "14", "15"]
#   title.ja: メールボックス サーバーが暗号化されない MAPI を受け付ける
#   message:
#     en: "{server} accepts MAPI connections without encryption, and clients in {from} reach it through {firewall}"
#     ja: "{server} は暗号化されない MAPI 接続を受け付け、{firewall} により {from} のクライアントから到達できます"
#   fix:
#     en: "Once every Outlook profile encrypts (Outlook 2003 does not by itself), require it:\n{command}"
#     ja: "すべての Outlook プロファイルで暗号化を有効にしたうえで (Outlook 2003 では既定で無効です)、暗号化を必須にします:\n{command}"
#   undecided:
#     en: "Whether clients of another network may use MAPI without encryption at {server} could not be decided"
#     ja: "別のネットワークのクライアントが {server} で暗号化なしの MAPI を使えるかどうかを判定できません"
#   labels:
#     required: {en: "encryption is not required", ja: "暗号化は必須ではありません"}
#     no-version: {en: "the version of {server} is not known; from Exchange 2010 on another setting decides", ja: "{server} のバージョンが不明です。Exchange 2010 以降では別の設定で決まります"}
#   references:
#     - bb331973(v=exchg.80)
#     - dd439391(v=exchg.80)
package exlint.rules.mapi_encryption_not_required

import rego.v1

import data.exlint.lib.cases
import data.exlint.lib.properties
import data.exlint.lib.verdicts

# The setting of each version: where it is, and who reaches the server by RPC.
settings := {
	"Get-MailboxServer": {"property": "MAPIEncryptionRequired", "command": "Set-MailboxServer %s -MAPIEncryptionRequired $true"},
	"Get-RpcClientAccess": {"property": "EncryptionRequired", "command": "Set-RpcClientAccess -Server %s -EncryptionRequired $true"},
}

majors[name] contains major if {
	some server in input.servers
	name := server.name
	major := server.version.major
}

# Exchange 2007 decides at the Mailbox server, later versions at the Client Access server.
fits("Get-MailboxServer", server) if 8 in majors[server]

fits("Get-MailboxServer", server) if not majors[server]

fits(cmdlet, _) if cmdlet == "Get-RpcClientAccess"

asked contains known if {
	some cmdlet, setting in settings
	some object_ in object.get(input.objects, cmdlet, [])
	server := object.get(object_, "server", lower(object_.identity))
	fits(cmdlet, server)
	object.get(object_.properties, setting.property, false) == false
	known := {"cmdlet": cmdlet, "object": object_, "server": server, "reach": [exposures[i] | some i in sort(object.get(reach, server, set()))]}
}

exposures := input.exposures

# Client networks that reach the endpoint mapper through a firewall, or may.
reach[server] contains i if {
	some i, exposure in exposures
	exposure.service == "tcp/135"
	exposure["class"] == "client"
	server := exposure.destination
}

findings contains finding if {
	some known in asked
	setting := settings[known.cmdlet]
	known.object.properties[setting.property] == false
	sure(known)
	open := [exposure | some exposure in known.reach; exposure.verdict in {"permit", "partial"}]
	count(open) > 0
	at := known.object.at[setting.property]
	args := {"server": known.server, "from": sort({e.from | some e in open}), "command": sprintf(setting.command, [upper(known.server)])}
	opened := object.remove(verdicts.exposed(open[0], {"source", "destination"}, args, known.server), ["variant"])
	more := {"at": array.concat([at], opened.at), "labels": array.concat(["required"], opened.labels)}
	finding := object.union(object.union(opened, more), {"expected": true, "actual": false, "flows": verdicts.keys(open)})
}

sure(known) if known.cmdlet == "Get-RpcClientAccess"

sure(known) if majors[known.server]

# What is not known of a server that clients reach, or may reach.
doubt(known) := {"why": properties.unknown(known.object, [property]), "needs": properties.export(known.cmdlet)} if {
	property := settings[known.cmdlet].property
	not property in object.keys(known.object.properties)
	count(known.reach) > 0
} else := {"why": [{"key": "no-version", "args": {"server": known.server}}], "needs": ["Get-ExchangeServer | Export-Clixml Get-ExchangeServer.xml"]} if {
	not sure(known)
	count(known.reach) > 0
} else := {"why": verdicts.reasons(known.reach), "needs": verdicts.settle(known.reach)} if {
	count(known.reach) > 0
	every exposure in known.reach { exposure.verdict == "inconclusive" }
}

undecided contains case if {
	some known in asked
	told := doubt(known)
	case := object.union(cases.unread(known.object, settings[known.cmdlet].property, known.cmdlet, {"server": known.server}), told)
}
