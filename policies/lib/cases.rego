# METADATA
# title: Parts of findings and of undecided cases
package exlint.lib.cases

import rego.v1

import data.exlint.lib.properties
import data.exlint.lib.verdicts

# A finding with places, each with its label, for evidence.
finding(places, args, subject) := object.union(verdicts.shown(places), {"args": args, "subject": subject})

undecided(at, why, needs, args, subject) := {"at": at, "why": why, "needs": needs, "args": args, "subject": subject}

# A case about a property that the export of a cmdlet leaves out, or that cannot be used.
unread(object_, property, cmdlet, args) := undecided(
	[object.get(object_.at, property, object_.at.self)],
	properties.unknown(object_, [property]),
	properties.export(cmdlet),
	args,
	object_.identity,
)

# A list in a message; an empty one is "none".
listed(names) := names if count(names) > 0

listed([]) := null
