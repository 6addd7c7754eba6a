# METADATA
# title: Backup server cannot reach the agent on a Mailbox server
# custom:
#   id: CO002
#   name: backup-cannot-reach-mailbox-server
#   severity: warning
#   needs: [firewall, inventory]
#   title.ja: バックアップ サーバーからメールボックス サーバーのエージェントに接続できない
#   message:
#     en: "{backup} cannot reach the backup agent of {mailbox} ({service}): {rule} on {firewall}"
#     ja: "{backup} から {mailbox} のバックアップ エージェント ({service}) に接続できません: {firewall} の {rule}"
#   fix:
#     en: "Allow it {place}{lines}"
#     ja: "{place}許可します{lines}"
#   undecided:
#     en: "Whether {backup} reaches the backup agent of {mailbox} ({service}) could not be decided"
#     ja: "{backup} から {mailbox} のバックアップ エージェント ({service}) に接続できるかどうかを判定できません"
package exlint.rules.backup_cannot_reach_mailbox_server

import rego.v1

import data.exlint.lib.estate
import data.exlint.lib.verdicts

agent := "tcp/10000"

servers_with(role) := {server.name |
	some server in input.servers
	role in server.roles
	estate.in_service(server.name)
}

# A question that no data path of the catalogue asks: the engine is asked.
answers contains {"backup": backup, "mailbox": mailbox, "flow": exlint.reach(backup, mailbox, agent)} if {
	some backup in servers_with("backup")
	some mailbox in servers_with("mailbox")
}

args(answer) := {"backup": answer.backup, "mailbox": answer.mailbox}

findings contains verdicts.finding(answer.flow, args(answer), answer.mailbox) if {
	some answer in answers
	answer.flow.verdict in {"deny", "partial"}
}

undecided contains verdicts.undecided(answer.flow, args(answer), answer.mailbox) if {
	some answer in answers
	answer.flow.verdict == "inconclusive"
}
