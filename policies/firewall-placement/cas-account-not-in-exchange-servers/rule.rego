# METADATA
# title: The Exchange Servers group does not hold the Client Access servers, or holds others
# custom:
#   id: FS007
#   name: cas-account-not-in-exchange-servers
#   severity: error
#   paths: [cas-to-mailbox-rpc]
#   statements: [S37, S38]
#   needs: [Get-ADGroupMember, Get-ExchangeServer]
#   versions: ["8", "14", "15"]
#   title.ja: Exchange Servers グループにクライアント アクセス サーバーがないか、ほかのコンピューターがある
#   message:
#     en: "The computer account of Client Access server {server} is not in the group Exchange Servers: it cannot read the configuration or open mailboxes"
#     ja: "クライアント アクセス サーバー {server} のコンピューター アカウントが Exchange Servers グループにありません。構成の読み取りもメールボックスへのアクセスもできません"
#   fix:
#     en: "Add the account, and restart the server; setup /PrepareAD repairs the groups themselves:\ndsmod group \"CN=Exchange Servers,OU=Microsoft Exchange Security Groups,<domain>\" -addmbr \"<distinguished name of {server}>\""
#     ja: "アカウントを追加してサーバーを再起動します。グループ自体は setup /PrepareAD で修復されます:\ndsmod group \"CN=Exchange Servers,OU=Microsoft Exchange Security Groups,<ドメイン>\" -addmbr \"<{server} の識別名>\""
#   undecided:
#     en: "Whether {server} is in the group Exchange Servers could not be decided"
#     ja: "{server} が Exchange Servers グループに属しているかどうかを判定できません"
#   variants:
#     stranger:
#       message:
#         en: "{server} is in the group Exchange Servers and is no Exchange server: whoever controls it can open every mailbox"
#         ja: "{server} は Exchange サーバーではないのに Exchange Servers グループに属しています。これを制御できる者は、すべてのメールボックスを開けます"
#       fix:
#         en: "Take it out:\ndsmod group \"CN=Exchange Servers,OU=Microsoft Exchange Security Groups,<domain>\" -rmmbr \"<distinguished name of {server}>\""
#         ja: "グループから削除します:\ndsmod group \"CN=Exchange Servers,OU=Microsoft Exchange Security Groups,<ドメイン>\" -rmmbr \"<{server} の識別名>\""
#   labels:
#     member: {en: "a member of Exchange Servers", ja: "Exchange Servers のメンバー"}
#     group: {en: "a member, but not {server}", ja: "メンバーですが {server} ではありません"}
#     nested: {en: "{group} is a member, and no export tells who is in it", ja: "{group} がメンバーですが、その中身を示すエクスポートがありません"}
#     no-group: {en: "the exported members are not told to be those of Exchange Servers", ja: "エクスポートされたメンバーが Exchange Servers のものかどうか不明です"}
#   references:
#     - bb331973(v=exchg.80)
#     - bb310792(v=exchg.80)
package exlint.rules.cas_account_not_in_exchange_servers

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.properties

entries := object.get(input.objects, "Get-ADGroupMember", [])

# Exported members by group, both in lower case.
members[group] contains name if {
	some entry in entries
	group := lower(properties.text(entry, "Group"))
	name := lower(properties.text(entry, "Name"))
}

direct := [entry | some entry in entries; lower(properties.text(entry, "Group")) == "exchange servers"]

named(entry) := lower(properties.text(entry, "Name"))

# Groups in the group, as far as their names or exports tell; setup makes one
# for each domain.
nested contains name if {
	some entry in direct
	name := named(entry)
	grouped(name)
}

grouped(name) if members[name]

grouped(name) if name in {"exchange install domain servers", "exchange domain servers", "exchange enterprise servers"}

inside := {named(entry) | some entry in direct} | {name | some group in nested; some name in object.get(members, group, set())}

closed contains group if {
	some group in nested
	not members[group]
}

missing contains name if {
	some name, server in estate.servers
	"cas" in server.roles
	estate.in_service(name)
	not name in inside
}

findings contains found if {
	count(direct) > 0
	count(closed) == 0
	some name in missing
	server := estate.servers[name]
	found := {
		"at": [server.at.self, direct[0].at.self],
		"labels": [{"key": "named-here", "args": {"server": name}}, {"key": "group", "args": {"server": name}}],
		"args": {"server": name},
		"subject": name,
		"expected": "member of Exchange Servers",
	}
}

# A computer among the members that does not run Exchange.
findings contains found if {
	some entry in direct
	name := named(entry)
	not grouped(name)
	not estate.servers[name].exchange
	not name in nodes
	computer(entry, name)
	found := {"at": [entry.at.self], "labels": ["member"], "args": {"server": name}, "subject": name, "variant": "stranger"}
}

# The accounts of a clustered Mailbox server are those of its nodes.
nodes := {lower(node) | some server in input.servers; some node in object.get(server, "nodes", [])}

computer(_, name) if estate.servers[name]

computer(entry, _) if lower(properties.text(entry, "objectClass")) == "computer"

computer(entry, _) if regex.match(`(?i)^CN=[^,]+,(CN=Computers|OU=Domain Controllers),`, properties.text(entry, "DistinguishedName"))

# Nodes of clusters have accounts of their own.
nodes := {lower(node) | some cluster in input.servers; some node in object.get(cluster, "nodes", [])}

export := ["dsget group \"CN=Exchange Servers,OU=Microsoft Exchange Security Groups,DC=contoso,DC=com\" -members -expand > members.txt"]

undecided contains case if {
	count(direct) > 0
	count(closed) > 0
	some name in missing
	why := [{"key": "nested", "args": {"group": group}} | some group in sort(closed)]
	case := {"at": [estate.servers[name].at.self], "why": why, "needs": export, "args": {"server": name}, "subject": name}
}

undecided contains case if {
	count(direct) == 0
	some name in missing
	case := {"at": [estate.servers[name].at.self], "why": ["no-group"], "needs": export, "args": {"server": name}, "subject": name}
}
