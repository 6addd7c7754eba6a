# METADATA
# title: Grouping without comparing everything with everything
package exlint.lib.groups

import rego.v1

# The places of equal keys, one list for each key in the order of keys; `keyed`
# is an array of [key, place]. Asking for the members of every key in turn would
# cost the square of their number.
together(keyed) := [[entry[1] | some entry in array.slice(ordered, from, bounds[n + 1])] | some n, from in starts] if {
	ordered := sort(keyed)
	starts := [n | some n, entry in ordered; begins(ordered, n, entry[0])]
	bounds := array.concat(starts, [count(ordered)])
}

begins(_, n, _) if n == 0

begins(ordered, n, key) if {
	n > 0
	ordered[n - 1][0] != key
}
