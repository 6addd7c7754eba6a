# METADATA
# title: Rights of anonymous sessions on connectors
package exlint.lib.permissions

import rego.v1

import data.exlint.lib.properties

# Entries that are, or may be, about anonymous sessions, by the object's name.
entries[name] contains entry if {
	some entry in object.get(input.objects, "Get-ADPermission", [])
	not someone_else(entry)
	name := lower(entry.identity)
}

# The account has one name in every language of Windows but a few.
someone_else(entry) if {
	user := lower(properties.text(entry, "User"))
	not regex.match(`(^|\\)(anonymous logon|anonymous-anmeldung|s-1-5-7)$`, user)
}

# "yes" | "no" | "unknown": whether anonymous sessions have a right. An entry of
# the object itself comes before an inherited one, and of equals the denial does.
anonymous(name, right) := "unknown" if {
	some entry in entries[lower(name)]
	unclear(entry, right)
} else := "yes" if {
	count(granted(name, right)) > 0
} else := "no" if {
	count(entries[lower(name)]) > 0
} else := "unknown"

granted(name, right) := {entry |
	some entry in entries[lower(name)]
	has(entry, right)
	entry.properties.Deny == false
	not overridden(entry, right)
}

overridden(entry, right) if {
	some denial in entries[lower(entry.identity)]
	has(denial, right)
	denial.properties.Deny == true
	before(denial, entry)
}

before(denial, _) if denial.properties.IsInherited == false

before(_, entry) if entry.properties.IsInherited == true

has(entry, right) if {
	some name in properties.values(entry, "ExtendedRights")
	lower(name) == right
}

# A list of rights that is cut off or missing, a name that is, or a right of which it is
# not told whether it is granted or denied.
unclear(entry, _) if not properties.known(entry, ["ExtendedRights"])

unclear(entry, right) if {
	has(entry, right)
	not told(entry)
}

told(entry) if {
	properties.text(entry, "User")
	is_boolean(entry.properties.Deny)
	is_boolean(entry.properties.IsInherited)
}
