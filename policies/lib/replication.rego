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
# storage group (`MBX9` or `<NodeName:MBX9;ReplayLagTime:…>`), with what shows it.
standby[pair] contains at if {
	some group in object.get(input.objects, "Get-StorageGroup", [])
	some machine in properties.values(group, "StandbyMachines")
	target := regex.replace(lower(verdicts.first(split(verdicts.first(split(machine, ";")), "."))), `^<nodename:`, "")
	pair := [target, lower(object.get(group, "server", ""))]
	at := group.at.StandbyMachines
}

# A flow from the machine that fetches logs to the one that has them.
partners(flow) if [flow.source, flow.destination] in nodes

partners(flow) if standby[[flow.source, flow.destination]]

# The same in either direction.
related(a, b) if [a, b] in nodes

related(a, b) if standby[[a, b]]

related(a, b) if standby[[b, a]]

places(flow) := [verdicts.place(at, {"key": "standby", "args": {"target": flow.source}}) |
	some at in object.get(standby, [[flow.source, flow.destination]], set())
]
