# METADATA
# title: IPv4 addresses, in the notations that Exchange prints
package exlint.lib.addresses

import rego.v1

# An address as a number; undefined for anything else.
number(ip) := ((((((to_number(p[0]) * 256) + to_number(p[1])) * 256) + to_number(p[2])) * 256) + to_number(p[3])) if {
	regex.match(`^(0|[1-9][0-9]{0,2})(\.(0|[1-9][0-9]{0,2})){3}$`, ip)
	p := split(ip, ".")
}

# First and last address of a range; undefined for IPv6.
bounds(range) := [n, n] if n := number(range)

bounds(range) := [number(trim_space(ends[0])), number(trim_space(ends[1]))] if {
	ends := split(range, "-")
	count(ends) == 2
}

bounds(range) := block(number(parts[0]), bits.lsh(1, 32 - to_number(parts[1]))) if {
	regex.match(`^[0-9.]+/([0-9]|[12][0-9]|3[012])$`, range)
	parts := split(range, "/")
}

bounds(range) := block(number(parts[0]), 4294967296 - number(parts[1])) if {
	endswith(range, ")")
	parts := split(trim_suffix(range, ")"), "(")
}

# The block of a size, a power of two, that an address lies in.
block(n, size) := [start, (start + size) - 1] if start := n - (n % size)

# Whether a range has an address, or a whole other range.
holds(range, part) if {
	outer := bounds(range)
	inner := bounds(part)
	outer[0] <= inner[0]
	inner[1] <= outer[1]
}

overlap(a, b) if {
	x := bounds(a)
	y := bounds(b)
	x[0] <= y[1]
	y[0] <= x[1]
}

# How many addresses a range has.
width(range) := (ends[1] - ends[0]) + 1 if ends := bounds(range)

everything(range) if holds(range, "1.0.0.0-223.255.255.255")

# Blocks that no packet of the Internet comes from.
private := ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16", "100.64.0.0/10"]

# Whether a range has addresses of the Internet; those of documentation count.
public(range) if {
	bounds(range)
	not inside_private(range)
}

inside_private(range) if {
	some block_ in private
	holds(block_, range)
}
