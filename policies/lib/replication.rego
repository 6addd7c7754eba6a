# METADATA
# title: Which Mailbox servers hold copies for which
package exlint.lib.replication

import rego.v1

import data.exlint.lib.properties
import data.exlint.lib.verdicts

# Nodes of one cluster, as pairs of names. Those that share their disks have
# nothing to copy, and no flow of a path that copies.
nodes contains pair if {
	some cluster in input.servers
	some a in object.get(cluster, "nodes", [])
	some b in object.get(cluster, "nodes", [])
	a != b
	pair := [lower(a), lower(b)]
}

# [target, source] of standby continuous replication: StandbyMachines of a
# storage group, with what shows it.
standby[pair] contains at if {
	some group in object.get(input.objects, "Get-StorageGroup", [])
	some machine in properties.values(group, "StandbyMachines")
	pair := [standby_machine(machine), lower(object.get(group, "server", ""))]
	at := group.at.StandbyMachines
}

# Its name: `SCR1`, `SCR1.contoso.com;1.00:00:00`, or `NodeName:SCR1` among delays
# in angle brackets.
standby_machine(text) := lower(verdicts.first(split(name, "."))) if {
	name := regex.replace(verdicts.first(split(text, ";")), `(?i)^<?\s*(NodeName\s*:\s*)?|\s*>$`, "")
}

# A flow from the machine that fetches logs to the one that has them.
partners(flow) if [flow.source, flow.destination] in nodes

partners(flow) if standby[[flow.source, flow.destination]]

places(flow) := [verdicts.place(at, {"key": "standby", "args": {"target": flow.source}}) |
	some at in object.get(standby, [[flow.source, flow.destination]], set())
]
