# METADATA
# title: Properties of Exchange objects; undefined unless the export tells them
package exlint.lib.properties

import rego.v1

# A property as a list of names: flags, a list, or a single text.
values(object_, name) := value if {
	value := object_.properties[name]
	is_array(value)
} else := [value] if {
	value := object_.properties[name]
	is_string(value)
}

# A property as text.
text(object_, name) := value if {
	value := object_.properties[name]
	is_string(value)
}

# Refs of the properties that the export has, in the given order.
at(object_, names) := [object_.at[name] | some name in names; object_.at[name]]

# Why properties are not known: what the reader says, or that they are not there.
unknown(object_, names) := [reason | some name in names; reason := lacking(object_, name)]

lacking(object_, name) := sprintf("%s: %s", [name, object_.unknown[name]]) if {
	object_.unknown[name]
} else := {"key": "not-exported", "args": {"property": name}} if {
	not name in object.keys(object_.properties)
}

# What exports the objects of a cmdlet whole: CLIXML cuts no list and keeps the
# meaning of dates.
export(cmdlet) := [sprintf("%s | Export-Clixml %s.xml", [cmdlet, cmdlet])]

# The same as text. The limit is what cuts lists there, and one step with the
# command: steps are sorted.
listed(cmdlet) := [sprintf("$FormatEnumerationLimit = -1; %s | Format-List * > %s.txt", [cmdlet, cmdlet])]

# Places of the properties that the export has, each with its label.
places(object_, pairs) := [{"at": object_.at[name], "label": label} |
	some [name, label] in pairs
	object_.at[name]
]

# One place for a case in doubt: the first of the properties that the export
# has, else the object.
somewhere(object_, names) := array.slice(array.concat(at(object_, names), [object_.at.self]), 0, 1)

# Whether every one of the properties has a value; an empty one counts.
known(object_, names) if {
	every name in names { name in object.keys(object_.properties) }
}
