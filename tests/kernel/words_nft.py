"""Random rulesets in the words of nft, for rulesets.py."""

import ipaddress

import words_iptables

SENTINEL = 253
HOOKS = {"prerouting": ["raw", "mangle", "-250", "mangle + 10"], "forward": ["filter", "0", "security", "mangle", "filter - 5"], "postrouting": ["mangle", "filter", "0"]}


def sentinels(text):
    """Commands that let the packet that ends a batch pass in front of all rules."""
    out, table, chain = [], None, None
    for line in text.splitlines():
        words = line.split()
        if words[:1] == ["table"]:
            table = words[1:3]
        elif words[:1] == ["chain"]:
            chain = words[1]
        elif words[:1] == ["type"] and "hook" in words and words[1] != "nat" and table[0] in ("ip", "ip6", "inet"):
            if words[3] in ("prerouting", "forward", "postrouting"):
                out.append(f"insert rule {table[0]} {table[1]} {chain} meta l4proto {SENTINEL} accept")
    return "\n".join(out) + "\n"


class Maker(words_iptables.Maker):
    """Makes rulesets, and packets at their edges."""

    def __init__(self, seed, stateful, v6):
        super().__init__(seed, stateful, v6)
        self.sets = []

    def network(self):
        pick = self.random
        base = int(pick.choice(self.bases)) + pick.randrange(256)
        if self.chance(0.3):
            last = base + pick.choice([1, 2, 7, 100])
            self.addresses.update([base - 1, base, last, last + 1])
            return f"{self.show(base)}-{self.show(last)}"
        length = pick.choice([8, 16, 32, 48, 64, 96, 120, 128]) if self.v6 else pick.choice([4, 8, 16, 22, 24, 28, 30, 32])
        mask = ((1 << length) - 1) << (self.bits - length)
        first = base & mask
        last = first | (mask ^ ((1 << self.bits) - 1))
        self.addresses.update([first - 1, first, last, last + 1])
        return self.show(first) if length == self.bits else f"{self.show(first)}/{length}"

    def disjoint(self, make, count):
        """Several values that do not overlap: sets refuse others."""
        spans, out = [], []
        for _ in range(count):
            text = make()
            low, high = self.span(text)
            if all(high < a - 1 or low > b + 1 for a, b in spans):
                spans.append((low, high))
                out.append(text)
        return out

    def span(self, text):
        if "/" in text:
            network = ipaddress.ip_network(text, strict=False)
            return int(network[0]), int(network[-1])
        low, _, high = text.partition("-")
        number = lambda word: int(word) if word.isdigit() else int(ipaddress.ip_address(word))
        return number(low), number(high or low)

    def port_text(self):
        low, high = self.port_range()
        return str(low) if low == high else f"{low}-{high}"

    def braces(self, values):
        return "{ " + ", ".join(values) + " }"

    def nft_address(self, side):
        pick = self.random
        family = "ip6" if self.v6 else "ip"
        sign = "!= " if self.chance(0.2) else ""
        kind = pick.choices(["one", "set", "named", "mask"], [5, 3, 2, 1])[0]
        if kind == "mask" and not self.v6:
            mask = pick.choice([0xFFF00FFF, 0xFFFF00FF, 0xFFFFFF0F])
            base = (int(pick.choice(self.bases)) + pick.randrange(256)) & mask
            self.addresses.update([base, base ^ 1])
            return f"{family} {side} & {self.show(mask)} {'!=' if sign else '=='} {self.show(base)}"
        if kind == "named":
            name = f"a{len(self.sets)}"
            members = self.disjoint(self.network, pick.randint(1, 4))
            kind = "ipv6_addr" if self.v6 else "ipv4_addr"
            self.sets.append(f"\tset {name} {{\n\t\ttype {kind}\n\t\tflags interval\n\t\telements = {self.braces(members)}\n\t}}")
            return f"{family} {side} {sign}@{name}"
        if kind == "set":
            return f"{family} {side} {sign}{self.braces(self.disjoint(self.network, pick.randint(1, 4)))}"
        return f"{family} {side} {sign}{self.network()}"

    def nft_service(self):
        pick = self.random
        icmp = "icmpv6" if self.v6 else "icmp"
        kind = pick.choices(["tcp", "udp", "th", "protocol", "icmp", "flags", "concat", "sctp"], [8, 4, 2, 3, 3, 1, 2, 1])[0]
        sign = "!= " if self.chance(0.2) else ""
        side = pick.choice(["dport", "dport", "sport"])
        if kind in ("tcp", "udp", "sctp"):
            form = pick.choice(["one", "set", "order"])
            if form == "set":
                return f"{kind} {side} {sign}{self.braces(self.disjoint(self.port_text, pick.randint(1, 5)))}"
            if form == "order":
                low, _ = self.port_range()
                return f"{kind} {side} {pick.choice(['<', '>', '<=', '>='])} {min(max(low, 1), 65534)}"
            return f"{kind} {side} {sign}{self.port_text()}"
        if kind == "th":
            return f"meta l4proto {{ tcp, udp }} th {side} {sign}{self.port_text()}"
        if kind == "protocol":
            names = pick.choice([["tcp"], ["udp"], ["tcp", "udp"], ["gre"], ["esp"], ["sctp", "tcp"], ["47"]])
            text = names[0] if len(names) == 1 else self.braces(names)
            key = "meta l4proto" if self.v6 or self.chance(0.5) else "ip protocol"
            return f"{key} {sign}{text}"
        if kind == "icmp":
            table = words_iptables.ICMP6 if self.v6 else words_iptables.ICMP4
            types = ["packet-too-big", "echo-request", "echo-reply", "time-exceeded"] if self.v6 else ["echo-request", "echo-reply", "time-exceeded", "destination-unreachable"]
            chosen = pick.sample(types, pick.randint(1, 2))
            for name in chosen:
                value = table[name][0]
                self.types.update([(value, 0), (value, 1), (value + 1, 0)])
            text = chosen[0] if len(chosen) == 1 else self.braces(chosen)
            code = f" {icmp} code {pick.randrange(3)}" if self.chance(0.2) else ""
            return f"{icmp} type {sign}{text}{code}"
        if kind == "flags":
            return pick.choice([
                "tcp flags syn", "tcp flags == syn", "tcp flags & (fin | syn | rst | ack) == syn", "tcp flags syn / fin,syn,rst,ack", "tcp flags != syn",
                "tcp flags & (syn | ack) == ack", "tcp flags & (fin | syn) == fin | syn", "tcp flags { syn, syn | ack }", "tcp flags ack",
            ])
        family = "ip6" if self.v6 else "ip"
        rows, seen = [], set()
        for _ in range(pick.randint(1, 4)):
            base = int(pick.choice(self.bases)) + pick.randrange(4)
            port = pick.choice([25, 53, 80, 443])
            self.addresses.add(base)
            self.ports.add(port)
            row = f"{self.show(base)} . {pick.choice(['tcp', 'udp'])} . {port}"
            if row not in seen:
                seen.add(row)
                rows.append(row)
        return f"{family} daddr . meta l4proto . th dport {self.braces(rows)}"

    def nft_rule(self, hook, later):
        pick = self.random
        parts = []
        if self.chance(0.55):
            parts.append(self.nft_address("saddr"))
        if self.chance(0.55):
            parts.append(self.nft_address("daddr"))
        service = self.chance(0.75)
        if service:
            parts.append(self.nft_service())
        names = ['"in0"', '"in*"', '"out0"', '"eth*"', '"eth0"']
        if self.chance(0.12) and hook in ("prerouting", "forward"):
            sign = "!= " if self.chance(0.3) else ""
            parts.append(f"iifname {sign}" + (pick.choice(names) if self.chance(0.7) else self.braces(sorted(pick.sample(['"in0"', '"eth0"', '"eth1"'], 2)))))
        if self.chance(0.12) and hook in ("forward", "postrouting"):
            parts.append(f"oifname {'!= ' if self.chance(0.3) else ''}{pick.choice(names)}")
        if self.stateful and self.chance(0.3) and hook != "raw":
            parts.append(pick.choice(["ct state new", "ct state established,related", "ct state { established, new }", "ct state != established", "ct state invalid", "ct state != { new, related }", "ct state untracked"]))
        if self.chance(0.1) and self.family == "inet" and not any("ip" in part or "icmp" in part for part in parts):
            parts.append(f"meta nfproto {pick.choice(['ipv4', 'ipv6'])}")
        pick.shuffle(parts)
        if self.chance(0.3):
            parts.append("counter")
        if self.chance(0.15):
            parts.append('log prefix "accept drop "')
        weights = [6, 5, 2, 1, 2, 1, 4 if later else 0, 1 if later else 0, 2]
        verdict = pick.choices(["accept", "drop", "reject", "return", "", "continue", "jump", "goto", "vmap"], weights)[0]
        if verdict in ("jump", "goto"):
            verdict = f"{verdict} {pick.choice(later)}"
        elif verdict == "reject" and hook != "forward":
            verdict = "drop"
        elif verdict == "vmap":
            verdict = self.vmap(later, service)
        parts.append(verdict)
        if self.chance(0.1):
            parts.append('comment "drop everything"')
        text = " ".join(part for part in parts if part)
        return text or "counter"

    def vmap(self, later, service):
        pick = self.random
        verdicts = ["accept", "drop", "return", "continue"] + [f"jump {name}" for name in later]
        if self.stateful and self.chance(0.5):
            states = pick.sample(["new", "established", "related", "invalid"], 3)
            return "ct state vmap " + self.braces([f"{state} : {pick.choice(verdicts)}" for state in states])
        if self.family == "inet" and not service and self.chance(0.6):
            ports = self.disjoint(self.port_text, 4)
            return f"{pick.choice(['tcp', 'udp'])} dport vmap " + self.braces([f"{port} : {pick.choice(verdicts)}" for port in ports])
        family = "ip6" if self.v6 else "ip"
        return f"{family} saddr vmap " + self.braces([f"{net} : {pick.choice(verdicts)}" for net in self.disjoint(self.network, 3)])

    def ruleset(self):
        pick = self.random
        out = []
        for number in range(pick.randint(1, 3)):
            family = pick.choice(["inet", "inet", "ip6" if self.v6 else "ip"])
            self.family = family
            name, users = f"t{number}", [f"u{k}" for k in range(pick.randint(0, 4))]
            self.sets, chains = [], []
            for hook in pick.sample(sorted(HOOKS), pick.randint(1, 3)) if number else ["forward", *pick.sample(["prerouting", "postrouting"], 1)]:
                policy = pick.choice(["accept", "accept", "drop"])
                lines = [f"\t\ttype filter hook {hook} priority {pick.choice(HOOKS[hook])}; policy {policy};", f"\t\tmeta l4proto {SENTINEL} accept"]
                if hook == "prerouting" and self.stateful and self.chance(0.5) and "raw" in lines[0]:
                    lines.append(f"\t\t{self.nft_address('saddr')} notrack")
                if self.v6:
                    lines.append("\t\ticmpv6 type { 133-137 } accept")
                early = hook == "prerouting"
                keep, self.stateful = self.stateful, self.stateful and not early
                allowed = [] if early else users
                lines += ["\t\t" + self.nft_rule(hook, allowed) for _ in range(pick.randint(1, 8))]
                self.stateful = keep
                chains.append((f"{hook}{number}", lines))
            for index, user in enumerate(users):
                chains.append((user, ["\t\t" + self.nft_rule("", users[index + 1 :]) for _ in range(pick.randint(0, 5))]))
            body = self.sets + [f"\tchain {chain} {{\n" + "\n".join(lines) + "\n\t}" for chain, lines in reversed(chains)]
            out.append(f"table {family} {name} {{\n" + "\n\n".join(body) + "\n}")
        return "\n".join(out) + "\n"
