"""Random rulesets in the words of iptables and ip6tables, for rulesets.py."""

import ipaddress
import random

SENTINEL = 253
PORTED = (6, 17, 132)
SERVICES = {25: "smtp", 53: "domain", 80: "http", 443: "https", 110: "pop3", 143: "imap2", 389: "ldap", 636: "ldaps", 445: "microsoft-ds", 88: "kerberos"}
ICMP4 = {"echo-request": [8, None], "echo-reply": [0, None], "port-unreachable": [3, 3], "time-exceeded": [11, None], "destination-unreachable": [3, None], "fragmentation-needed": [3, 4]}
ICMP6 = {"echo-request": [128, None], "echo-reply": [129, None], "packet-too-big": [2, None], "no-route": [1, 0], "time-exceeded": [3, None]}


class Maker:
    """Makes rulesets, and packets at their edges."""

    def __init__(self, seed, stateful, v6):
        self.random = random.Random(seed)
        self.stateful, self.v6, self.keep_stateful = stateful, v6, False
        self.bases = (
            [ipaddress.IPv6Address(a) for a in ("2001:db8::", "2001:db8:0:1::", "2001:db8:1::", "2a00:1450::")]
            if v6
            else [ipaddress.IPv4Address(a) for a in ("10.0.0.0", "10.0.1.0", "10.1.0.0", "192.0.2.0", "203.0.113.0")]
        )
        self.bits = 128 if v6 else 32
        self.kind = ipaddress.IPv6Address if v6 else ipaddress.IPv4Address
        self.addresses = {int(base) + 1 for base in self.bases}
        self.ports = {0, 1, 25, 1023, 1024, 65535}
        self.types = {(128, 0), (1, 0)} if v6 else {(8, 0), (3, 1)}

    def chance(self, probability):
        return self.random.random() < probability

    def negated(self, option, value, probability=0.2):
        """Both places of the exclamation mark."""
        if not self.chance(probability):
            return [option, value]
        return ["!", option, value]

    def show(self, number):
        return str(self.kind(number % (1 << self.bits)))

    def address(self, flag):
        pick = self.random
        kind = pick.choices(["any", "network", "range", "mask", "holes"], [5, 8, 3, 2, 1])[0]
        if kind == "any":
            return []
        base = int(pick.choice(self.bases)) + pick.randrange(256)
        long = {"s": "--source", "d": "--destination"}[flag]
        option = pick.choice([f"-{flag}", long])
        if kind == "range":
            last = base + pick.choice([0, 1, 2, 7, 100, 300])
            self.addresses.update([base - 1, base, last, last + 1])
            name = {"s": "src", "d": "dst"}[flag]
            return ["-m", "iprange", *self.negated(f"--{name}-range", f"{self.show(base)}-{self.show(last)}")]
        if kind == "holes" and not self.v6:
            mask = pick.choice([0xFFF00FFF, 0xFFFF00FF, 0xFFFFFF0F, 0xFFFFFFFE, 0xFFFFFF05])
            self.addresses.update([base, base ^ 1, base ^ 0x100, base ^ 0x10])
            return self.negated(option, f"{self.show(base)}/{self.show(mask)}")
        length = pick.choice([1, 4, 8, 12, 16, 22, 24, 25, 28, 29, 30, 31, 32, 32])
        if self.v6:
            length = pick.choice([3, 8, 16, 32, 48, 56, 64, 96, 120, 126, 128, 128])
        width = self.bits
        mask = ((1 << length) - 1) << (width - length)
        first = base & mask
        last = first | (mask ^ ((1 << width) - 1))
        self.addresses.update([first - 1, first, last, last + 1, (first + last) // 2])
        text = f"{self.show(base if self.chance(0.5) else first)}/{length}"
        if kind == "mask":
            text = f"{self.show(first)}/{self.show(mask)}"
        if length == width and self.chance(0.5):
            text = self.show(first)
        return self.negated(option, text)

    def port_range(self):
        low = self.random.choice([0, 20, 25, 53, 80, 135, 443, 1024, 50636, 65530])
        low = min(65535, low + self.random.randrange(5))
        high = min(65535, low + self.random.choice([0, 0, 0, 1, 3, 40, 5000, 65535]))
        self.ports.update([max(0, low - 1), low, high, min(65535, high + 1)])
        return low, high

    def port_word(self, pair, several=False):
        low, high = pair
        if low == high:
            return SERVICES[low] if low in SERVICES and self.chance(0.4) else str(low)
        if high == 65535 and not several and self.chance(0.7):
            return f"{low}:"
        if low == 0 and not several and self.chance(0.7):
            return f":{high}"
        return f"{low}:{high}"

    def service(self):
        pick = self.random
        icmp = 58 if self.v6 else 1
        protocol = pick.choices([None, 6, 17, icmp, 47, 50, 132], [4, 10, 5, 4, 1, 1, 1])[0]
        if protocol is None:
            return []
        names = {6: ["tcp", "6"], 17: ["udp", "17"], 1: ["icmp", "1"], 58: ["icmpv6", "ipv6-icmp", "58"], 132: ["sctp"], 47: ["gre", "47"], 50: ["esp"]}
        name = pick.choice(names[protocol])
        if self.chance(0.1):
            return ["!", pick.choice(["-p", "--protocol"]), name]
        words = [pick.choice(["-p", "--protocol"]), name]
        if protocol == icmp and self.chance(0.8):
            table = ICMP6 if self.v6 else ICMP4
            if self.chance(0.5):
                text = pick.choice(sorted(table))
                kind, code = table[text]
            else:
                kind, code = pick.choice([0, 3, 8, 11, 128, 129, 2]), pick.choice([None, 0, 1, 4])
                text = str(kind) if code is None else f"{kind}/{code}"
            self.types.update([(kind, code or 0), (kind, ((code or 0) + 1) % 256), (max(kind - 1, 0), 0)])
            option = "--icmpv6-type" if self.v6 else "--icmp-type"
            words += ["-m", "icmp6" if self.v6 else "icmp", *self.negated(option, text)]
        if protocol in PORTED:
            base = {6: "tcp", 17: "udp", 132: "sctp"}[protocol]
            single, several = [], []
            for side in "sd":
                kind = pick.choices(["any", "range", "several"], [8 if side == "s" else 3, 5, 2])[0]
                if kind == "range":
                    option = pick.choice([f"--{side}port", {"s": "--source-port", "d": "--destination-port"}[side]])
                    single += self.negated(option, self.port_word(self.port_range()))
                elif kind == "several":
                    ranges = [self.port_range() for _ in range(pick.randint(2, 6))]
                    text = ",".join(self.port_word(pair, True) for pair in ranges)
                    option = f"--{side}ports"
                    if side == "d" and self.chance(0.3):
                        option = "--ports"
                    several += ["-m", "multiport", *self.negated(option, text)]
            if protocol == 6 and self.chance(0.2):
                single += pick.choice([
                    ["--syn"], ["!", "--syn"], ["--tcp-flags", "FIN,SYN,RST,ACK", "SYN"], ["--tcp-flags", "ALL", "NONE"],
                    ["!", "--tcp-flags", "SYN,RST,ACK,FIN", "SYN"], ["--tcp-flags", "SYN,RST", "SYN,RST"], ["--tcp-flags", "ACK", "ACK"],
                    ["--tcp-flags", "SYN,ACK", "ACK"],
                ])
            if single:
                words += ["-m", base, *single]
            words += several
        return words

    def rule(self, table, chain, later, built_in):
        pick = self.random
        parts = [self.address("s"), self.address("d"), self.service()]
        if self.chance(0.12) and chain in ("PREROUTING", "INPUT", "FORWARD"):
            parts.append(self.negated(pick.choice(["-i", "--in-interface"]), pick.choice(["in0", "in+", "out0", "eth+", "eth0", "i+"]), 0.3))
        if self.chance(0.12) and chain in ("FORWARD", "OUTPUT", "POSTROUTING"):
            parts.append(self.negated("-o", pick.choice(["out0", "out+", "in0", "o+"]), 0.3))
        if self.stateful and self.chance(0.35):
            states = pick.choice(["NEW", "ESTABLISHED", "RELATED,ESTABLISHED", "NEW,ESTABLISHED", "INVALID", "NEW,RELATED", "UNTRACKED", "RELATED,ESTABLISHED,UNTRACKED"])
            parts.append(pick.choice([["-m", "state", "--state", states], ["-m", "conntrack", *self.negated("--ctstate", states)]]))
        if self.chance(0.1):
            parts.append(["-m", "comment", "--comment", '"a -j DROP \\"quoted\\" ! comment"'])
        if self.chance(0.03):
            parts.append(["-m", "addrtype", *self.negated("--dst-type", "MULTICAST")])
        if not any(words[:2] == ["-m", "iprange"] for words in parts):
            pick.shuffle(parts)
        else:
            parts[2:] = pick.sample(parts[2:], len(parts) - 2)
        words = [word for part in parts for word in part]
        weights = [6, 5, 1 if table == "filter" else 0, 2, 1, 1, 4 if later else 0, 1 if later else 0]
        action = pick.choices(["ACCEPT", "DROP", "REJECT", "RETURN", "LOG", "", "jump", "goto"], weights)[0]
        if action in ("jump", "goto"):
            words += [pick.choice(["-j", "--jump"]) if action == "jump" else "-g", pick.choice(later)]
        elif action == "LOG":
            words += ["-j", "LOG", "--log-prefix", '"-j ACCEPT "']
        elif action == "REJECT":
            words += ["-j", "REJECT"] + (["--reject-with", "icmp6-adm-prohibited" if self.v6 else "icmp-port-unreachable"] if self.chance(0.5) else [])
        elif action:
            words += ["-j", action]
        return " ".join(words)

    def table(self, name, chains):
        pick = self.random
        users = [f"{name[0]}{number}" for number in range(pick.randint(0, 4))]
        policies = {chain: pick.choice(["ACCEPT", "DROP"]) if name == "filter" else "ACCEPT" for chain in chains}
        head = [f"*{name}"] + [f":{chain} {policies[chain]} [0:0]" for chain in chains] + [f":{user} - [0:0]" for user in users]
        lines = []
        for chain in [*chains, *users]:
            if chain in chains:
                lines.append(f"-A {chain} -p {SENTINEL} -j ACCEPT")
            if name == "filter" and chain in ("INPUT", "OUTPUT"):
                continue
            later = users[users.index(chain) + 1 :] if chain in users else users
            if name == "raw" and chain == "PREROUTING" and self.keep_stateful:
                for _ in range(pick.randint(0, 3)):
                    words = [*self.address("s"), *self.service()]
                    lines.append(f"-A {chain} {' '.join(words)} -j {pick.choice(['NOTRACK', 'CT --notrack'])}")
            many = pick.randint(1, 9) if name == "filter" else pick.randint(0, 3)
            for _ in range(many):
                counters = f"[{pick.randrange(9999)}:{pick.randrange(99999)}] " if self.chance(0.2) else ""
                lines.append(f"{counters}-A {chain} {self.rule(name, chain, later, chain in chains)}")
        return [*head, *lines, "COMMIT"]

    def ruleset(self):
        lines = [f"# Generated by {'ip6tables' if self.v6 else 'iptables'}-save v1.8.9 on Mon Nov  2 09:00:00 2009"]
        for name, chains in (("raw", ["PREROUTING", "OUTPUT"]), ("mangle", ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"])):
            if self.chance(0.4):
                lines += self.plain_table(name, chains)
            else:
                lines += [f"*{name}", *[f":{chain} ACCEPT [0:0]" for chain in chains], "COMMIT"]
        return "\n".join([*lines, *self.table("filter", ["INPUT", "FORWARD", "OUTPUT"]), ""])

    def plain_table(self, name, chains):
        if name == "raw":
            keep, self.stateful = self.stateful, False
            self.keep_stateful = keep
            made = self.table(name, chains)
            self.stateful = keep
            return made
        return self.table(name, chains)

    def some_address(self):
        while True:
            number = self.random.choice(sorted(self.addresses))
            if self.chance(0.05):
                number = self.random.getrandbits(self.bits)
            if self.v6:
                if 0x2000 << 112 <= number < 0x4000 << 112 and number >> 64 not in (0x20010DB800FF0000, 0x20010DB800FE0000):
                    return str(ipaddress.IPv6Address(number))
            elif number >> 24 not in (0, 127) and 0 < number < 0xE0000000 and number >> 17 != 0x6309:
                return str(ipaddress.IPv4Address(number))

    def packet(self, protocols=None):
        icmp = 58 if self.v6 else 1
        protocol = self.random.choice(protocols or (6, 6, 6, 17, 17, icmp, icmp, 47, 50 if not self.v6 else 47, 132))
        ports = [0, 0]
        if protocol == icmp:
            ports = list(self.random.choice(sorted(self.types)))
        elif protocol in PORTED:
            known = sorted(self.ports)
            ports = [self.random.choice([40000, self.random.choice(known)]), self.random.choice(known)]
        return [self.some_address(), self.some_address(), protocol, *ports]
