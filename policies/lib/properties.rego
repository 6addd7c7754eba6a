# METADATA
# title: Properties of Exchange objects; undefined unless the export tells them
package exlint.lib.properties

import rego.v1

# A property as a list of names: flags, a list, or a single text.
values(object_, name) := value if {
	value := object_.properties[name]
	is_array(value)
}

values(object_, name) := [value] if {
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
