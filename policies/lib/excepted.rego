# METADATA
# title: Exceptions and what became of them
package exlint.lib.excepted

import rego.v1

# What an allowed flow may be for.
rule(exception) := exception.rule

rule(exception) := {"key": "every"} if not exception.rule

# A finding on an exception.
finding(exception) := {
	"at": [exception.at],
	"args": object.union(
		{"rule": rule(exception), "reason": exception.reason},
		{key: exception[key] | some key in ["object", "until"]; exception[key]},
	),
	"subject": concat(" ", [exception[key] | some key in ["rule", "object"]; exception[key]]),
	"labels": ["here"],
}
