# METADATA
# title: IPv4 addresses, in the notations that Exchange prints
package exlint.lib.addresses

import rego.v1

# An address as a number; undefined for anything else. A regular expression
# would tell as well, and takes longer than all the rest together.
number(ip) := ((((((to_number(p[0]) * 256) + to_number(p[1])) * 256) + to_number(p[2])) * 256) + to_number(p[3])) if {
	net.cidr_is_valid(concat("", [ip, "/32"]))
	not contains(ip, ":")
	p := split(ip, ".")
}

# How many addresses a block has, by the length of its prefix.
sizes[sprintf("%d", [length])] := bits.lsh(1, 32 - length) if some length in numbers.range(0, 32)

# First and last address of a range; undefined for IPv6.
bounds(range) := [n, n] if {
	n := number(range)
} else := block(n, sizes[length]) if {
	[ip, length] := split(range, "/")
	sizes[length]
	n := number(ip)
} else := block(n, 4294967296 - mask) if {
	endswith(range, ")")
	[ip, ending] := split(range, "(")
	n := number(ip)
	mask := number(trim_suffix(ending, ")"))
} else := [number(first), number(last)] if {
	[start, end] := split(range, "-")
	first := trim_space(start)
	last := trim_space(end)
	number(first)
	number(last)
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

# From 1.0.0.0 to 223.255.255.255.
everything(range) if {
	ends := bounds(range)
	ends[0] <= 16777216
	3758096383 <= ends[1]
}

# Blocks that no packet of the Internet comes from.
private := [bounds(range) | some range in ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16", "100.64.0.0/10"]]

# Whether a range has addresses of the Internet; those of documentation count.
public(range) if {
	ends := bounds(range)
	not within_private(ends)
}

inside_private(range) if within_private(bounds(range))

within_private(ends) if {
	some block_ in private
	block_[0] <= ends[0]
	ends[1] <= block_[1]
}
