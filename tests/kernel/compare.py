#!/usr/bin/env python3
"""Compares the engine with the Linux kernel, packet by packet.

    python3 tests/kernel/compare.py [--sets N] [--packets N] [--seed N] [--must-run]

Makes random filters, loads each with iptables-restore in a network namespace
of its own, sends raw IPv4 packets through it from one veth end to another and
notes which arrive. The same filter, as an abstract structure, goes to the
example `verdicts` (tests/kernel/verdicts.rs), which asks the engine about the
same packets. Half of the filters also look at connection state: those meet
short conversations (first packet, reply, next packet).

No router, no neighbour and no other machine takes part. Needs root or user
namespaces, iptables and iproute2; otherwise it says `not run` and ends well,
unless --must-run or the environment's CI asks for it.

Exit code: 0 equal or not run, 1 different, 2 had to run and could not.
"""

import argparse
import ipaddress
import json
import os
import pathlib
import random
import shutil
import socket
import struct
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SETUP = """
ip link add in0 type veth peer name a0
ip link add out0 type veth peer name b0
ip link set lo up
ip link set in0 up
ip link set a0 up
ip link set out0 up
ip link set b0 up
ip address add 198.18.0.1/30 dev in0
ip address add 198.18.1.1/30 dev out0
ip neighbour add 198.18.1.2 lladdr 02:00:00:00:00:99 dev out0 nud permanent
ip route add default via 198.18.1.2
"""
SYSCTL = {
    "net/ipv4/ip_forward": 1,
    "net/ipv4/conf/all/rp_filter": 0,
    "net/ipv4/conf/in0/rp_filter": 0,
    "net/ipv4/conf/in0/send_redirects": 0,
    "net/ipv6/conf/all/disable_ipv6": 1,
}
CONNTRACK = {"net/netfilter/nf_conntrack_checksum": 0}
SENTINEL = 253  # an IP protocol for experiments: no filter here looks at it
BATCH = 200  # fewer than the kernel's shortest receive queue
PORTED = (6, 17, 132)
TCP, UDP, ICMP = 6, 17, 1


# --- Random filters: iptables words and an abstract structure side by side --


def dotted(number):
    return str(ipaddress.IPv4Address(number))


class Maker:
    """Makes filters, and packets at their edges."""

    def __init__(self, seed, stateful):
        self.random = random.Random(seed)
        self.stateful = stateful
        self.addresses = {0x0A000001, 0x0A000105, 0xC0000219, 0xCB007107}
        self.ports = {0, 1, 25, 1023, 1024, 65535}
        self.icmp = {(0, 0), (3, 1), (3, 4), (8, 0), (11, 0)}

    def chance(self, probability):
        return self.random.random() < probability

    def address(self, flag):
        """A position's words and structure; both empty for any."""
        pick = self.random
        kind = pick.choices(["any", "network", "range", "masked"], [5, 8, 3, 1])[0]
        if kind == "any":
            return [], None
        turned = self.chance(0.2)
        words = ["!"] if turned else []
        base = pick.choice([0x0A000000, 0x0A000100, 0x0A010000, 0xC0000200, 0xCB007100])
        base += pick.randrange(256)
        if kind == "masked":
            mask = pick.choice([0xFFF00FFF, 0xFFFF00FF, 0xFFFFFF0F, 0xFFFFFFFE, 0xFFFFFF05])
            self.addresses.update([base, base ^ 1, base ^ 0x100, base ^ 0x10])
            words += [f"-{flag[0]}", f"{dotted(base & mask)}/{dotted(mask)}"]
            return words, {"masked": [dotted(base & mask), dotted(mask)], "not": turned}
        if kind == "range":
            first, last = base, base + pick.choice([0, 1, 2, 7, 100, 300])
            name = {"s": "src", "d": "dst"}[flag]
            words = ["-m", "iprange", *words, f"--{name}-range", f"{dotted(first)}-{dotted(last)}"]
        else:
            length = pick.choice([0, 1, 4, 8, 12, 16, 22, 24, 25, 27, 28, 29, 30, 31, 32, 32])
            if length == 0 and turned:
                length = 1
            mask = (0xFFFFFFFF << (32 - length)) & 0xFFFFFFFF
            first, last = base & mask, (base & mask) | (~mask & 0xFFFFFFFF)
            words += [f"-{flag}", f"{dotted(first)}/{length}"]
        self.addresses.update([first - 1, first, last, last + 1, (first + last) // 2])
        return words, {"ranges": [[dotted(first), dotted(last)]], "not": turned}

    def port_range(self):
        low = self.random.choice([0, 20, 25, 53, 80, 135, 443, 1024, 50636, 65530])
        low = min(65535, low + self.random.randrange(5))
        high = min(65535, low + self.random.choice([0, 0, 0, 1, 3, 40, 5000, 65535]))
        self.ports.update([max(0, low - 1), low, high, min(65535, high + 1)])
        return low, high

    def port(self, side):
        """Words and structure of a port position, in a ported protocol."""
        kind = self.random.choices(["any", "range", "several"], [4, 5, 2])[0]
        if kind == "any":
            return [], None
        turned = self.chance(0.2)
        word = lambda pair: str(pair[0]) if pair[0] == pair[1] else f"{pair[0]}:{pair[1]}"
        ranges = [self.port_range() for _ in range(1 if kind == "range" else self.random.randint(2, 7))]
        words = ["!"] if turned else []
        if kind == "range":
            words += [f"--{side}port", word(ranges[0])]
        else:
            words = ["-m", "multiport", *words, f"--{side}ports", ",".join(map(word, ranges))]
        return words, {"ranges": ranges, "not": turned}

    def service(self):
        """Words and structure of protocol, ports, ICMP type."""
        pick = self.random
        protocol = pick.choices([None, 6, 17, 1, 47, 50, 132], [4, 9, 5, 4, 1, 1, 1])[0]
        if protocol is None:
            return [], {}
        name = {6: "tcp", 17: "udp", 1: "icmp", 132: "sctp"}.get(protocol, str(protocol))
        if self.chance(0.1):
            return ["!", "-p", name], {"protocol": protocol, "not_protocol": True}
        words, rule = ["-p", name], {"protocol": protocol}
        if protocol == ICMP and self.chance(0.8):
            kind = pick.choice([0, 3, 8, 11, 13, 254])
            code = pick.choice([None, None, 0, 1, 4])
            self.icmp.update([(kind, code or 0), (kind, (code or 0) + 1), (max(kind - 1, 0), 0)])
            words += ["--icmp-type", str(kind) if code is None else f"{kind}/{code}"]
            rule["icmp"] = [kind, code]
        if protocol in PORTED:
            source, rule["source_ports"] = self.port("s") if self.chance(0.25) else ([], None)
            destination, rule["destination_ports"] = self.port("d")
            # One match may only be loaded once, single ports come first.
            single = [part for part in (source, destination) if part[:1] != ["-m"]]
            several = [part for part in (source, destination) if part[:1] == ["-m"]]
            if any(single):
                words += ["-m", name]
            for part in [*single, *several]:
                words += part
        return words, rule

    def rule(self, chain, chains):
        """The words after `-A chain`, and the structure."""
        pick = self.random
        words, rule = [], {}
        for position, flag in (("source", "s"), ("destination", "d")):
            part, rule[position] = self.address(flag)
            words += part
        if self.chance(0.1):
            number = pick.randrange(2)
            flag, key = pick.choice([("-i", "in"), ("-o", "out")])
            words += [flag, ["in0", "out0"][number]]
            rule[key] = number
        part, service = self.service()
        words, rule = [*words, *part], {**rule, **service}
        if self.stateful and self.chance(0.35):
            state = pick.choice(["new", "established", "established"])
            words += ["-m", "conntrack", "--ctstate", state.upper()]
            rule["state"] = state
        later = list(range(chain + 1, chains))
        weights = [6, 5, 1, 2, 1, 4 if later else 0, 1 if later else 0]
        kinds = ["accept", "drop", "reject", "return", "log", "jump", "goto"]
        rule["action"] = action = pick.choices(kinds, weights)[0]
        if action in ("jump", "goto"):
            rule["to"] = pick.choice(later)
            words += ["-j" if action == "jump" else "-g", f"c{rule['to']}"]
        elif action != "log":  # a rule without a target only counts
            words += ["-j", action.upper()]
        return words, rule

    def filter(self):
        """A whole filter: what iptables-restore reads, and the structure."""
        count = self.random.randint(1, 5)
        policy = self.random.choice(["ACCEPT", "DROP"])
        head = ["*filter", ":INPUT DROP [0:0]", f":FORWARD {policy} [0:0]", ":OUTPUT DROP [0:0]"]
        head += [f":c{number} - [0:0]" for number in range(1, count)]
        lines = [f"-A FORWARD -p {SENTINEL} -j ACCEPT"]
        chains = []
        for number in range(count):
            name = f"c{number}" if number else "FORWARD"
            default = "return" if number else policy.lower()
            chains.append({"name": name, "default": default, "rules": []})
            for _ in range(self.random.randint(1, 9)):
                words, rule = self.rule(number, count)
                lines.append(" ".join(["-A", name, *words]))
                chains[-1]["rules"].append(rule)
        return "\n".join([*head, *lines, "COMMIT", ""]), chains

    def some_address(self):
        while True:
            number = self.random.choice(sorted(self.addresses))
            if self.chance(0.05):
                number = self.random.getrandbits(32)
            # Addresses that a router forwards: not 0/8, 127/8, its own, multicast.
            if number >> 24 not in (0, 127) and 0 < number < 0xE0000000 and number >> 17 != 0x6309:
                return dotted(number)

    def packet(self, protocols=(6, 6, 6, 17, 17, 1, 1, 47, 50, 51, 132)):
        """`[source, destination, protocol, source port, destination port]`."""
        protocol = self.random.choice(protocols)
        ports = [0, 0]
        if protocol == ICMP:
            ports = list(self.random.choice(sorted(self.icmp)))
        elif protocol in PORTED:
            known = sorted(self.ports)
            ports = [self.random.choice([40000, self.random.choice(known)]), self.random.choice(known)]
        return [self.some_address(), self.some_address(), protocol, *ports]


# --- The kernel --------------------------------------------------------------


def checksum(header):
    total = sum(struct.unpack(f"!{len(header) // 2}H", header))
    total = (total & 0xFFFF) + (total >> 16)
    return ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF


def datagram(packet, number, stage=0):
    """An IPv4 packet that carries its number as identification. `stage` is
    its place in a conversation: first, reply, next."""
    source, destination, protocol, source_port, destination_port = packet[:5]
    if protocol == TCP:
        flags, sequence, acknowledged = [(0x02, 1000, 0), (0x12, 5000, 1001), (0x10, 1001, 5001)][stage]
        body = struct.pack(
            "!HHIIBBHHH", source_port, destination_port, sequence, acknowledged, 0x50, flags, 8192, 0, 0
        )
    elif protocol == UDP:
        body = struct.pack("!HHHH", source_port, destination_port, 12, 0) + b"test"
    elif protocol == ICMP:
        body = struct.pack("!BBHI", source_port, destination_port, 0, 0) + bytes(28)
        body = body[:2] + struct.pack("!H", checksum(body)) + body[4:]
    elif protocol == 132:
        body = struct.pack("!HHII", source_port, destination_port, 0, 0) + bytes(4)
    else:
        body = bytes(24)
    head = lambda check: struct.pack(
        "!BBHHHBBH4s4s", 0x45, 0, 20 + len(body), number, 0, 64, protocol, check,
        socket.inet_aton(source), socket.inet_aton(destination),
    )
    return head(checksum(head(0))) + body


class Kernel:
    """One namespace with a router, its two neighbours being sockets."""

    def __init__(self):
        # One processor: a packet is through before the next one is sent.
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        for line in SETUP.strip().splitlines():
            subprocess.run(line.split(), check=True, capture_output=True)
        self.set(SYSCTL)
        everything = socket.htons(0x0003)
        self.sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self.sender.bind(("a0", 0))
        self.receiver = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, everything)
        self.receiver.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)  # SO_RCVBUFFORCE
        self.receiver.bind(("b0", 0x0800))
        self.receiver.settimeout(5)
        shown = subprocess.run(["ip", "-o", "link", "show", "in0"], check=True, capture_output=True, text=True)
        words = shown.stdout.split()
        inside = bytes.fromhex(words[words.index("link/ether") + 1].replace(":", ""))
        self.ethernet = inside + bytes.fromhex("020000000001") + b"\x08\x00"

    @staticmethod
    def set(values):
        for name, value in values.items():
            path = pathlib.Path("/proc/sys") / name
            if path.exists():
                path.write_text(str(value))

    @staticmethod
    def load(text):
        result = subprocess.run(["iptables-restore"], input=text, text=True, capture_output=True)
        if result.returncode:
            raise RuntimeError(f"iptables-restore: {result.stderr}\n{text}")

    def send(self, packets, stage=0):
        """Which of the packets arrive: a string of `P` and `D`."""
        answer = ["D"] * len(packets)
        for start in range(0, len(packets), BATCH):
            batch = packets[start : start + BATCH]
            for number, packet in enumerate(batch):
                self.sender.send(self.ethernet + datagram(packet, number, stage))
            sentinel = ["10.0.0.1", "10.0.0.2", SENTINEL, 0, 0]
            self.sender.send(self.ethernet + datagram(sentinel, BATCH))
            while True:
                frame = self.receiver.recv(2048)
                number, protocol = struct.unpack("!H", frame[18:20])[0], frame[23]
                if protocol == SENTINEL:
                    break
                # Errors that the router itself sends are not ours.
                if socket.inet_ntoa(frame[26:30]).startswith("198.18."):
                    continue
                packet = batch[number]
                seen = [socket.inet_ntoa(frame[26:30]), socket.inet_ntoa(frame[30:34]), protocol]
                if seen != packet[:3]:
                    raise RuntimeError(f"{packet} came out as {seen}")
                answer[start + number] = "P"
        return "".join(answer)


# --- The comparison ------------------------------------------------------------


class Engine:
    """The example `verdicts`, as a process that answers line by line."""

    def __init__(self, program):
        self.process = subprocess.Popen(
            [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def ask(self, chains, packets):
        question = json.dumps({"chains": chains, "packets": packets})
        self.process.stdin.write(question + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()


def conversations(maker, kernel, count, used):
    """Sends first packets, replies and next packets. A reply belongs to a
    connection only when the first packet passed. The packets with what the
    kernel did and whether their connection was known."""
    firsts = []
    while len(firsts) < count // 3:
        packet = maker.packet((TCP, UDP))
        ends = frozenset([(packet[0], packet[3]), (packet[1], packet[4])]) | {packet[2]}
        if len(ends) == 3 and ends not in used:
            used.add(ends)
            firsts.append(packet)
    turn = lambda p: [p[1], p[0], p[2], p[4], p[3]]
    asked = [[*packet, False] for packet in firsts]
    got = kernel.send(firsts)
    known = [packet for packet, fate in zip(firsts, got) if fate == "P"]
    for stage, packets in ((1, [turn(packet) for packet in known]), (2, known)):
        asked += [[*packet, True] for packet in packets]
        got += kernel.send(packets, stage)
    return asked, got


def inside(options):
    """Runs in the namespace."""
    kernel, engine = Kernel(), Engine(options.verdicts)
    totals = {"P": 0, "D": 0}
    compared = different = open_ = established = rules = jumps = 0
    used, start = set(), time.monotonic()
    for number in range(options.sets):
        stateful = number % 2 == 1
        maker = Maker(f"{options.seed}/{number}", stateful)
        text, chains = maker.filter()
        kernel.load(text)
        kernel.set(CONNTRACK)
        if stateful:
            packets, got = conversations(maker, kernel, options.packets, used)
        else:
            packets = [maker.packet() for _ in range(options.packets)]
            got = kernel.send(packets)
        said = engine.ask(chains, packets)
        if len(said) != len(got):
            raise RuntimeError(f"{len(said)} answers to {len(got)} questions:\n{text}")
        compared += len(got)
        established += sum(1 for packet in packets if packet[5:] == [True])
        rules += sum(len(chain["rules"]) for chain in chains)
        jumps += sum(rule["action"] in ("jump", "goto") for chain in chains for rule in chain["rules"])
        open_ += said.count("I")
        wrong = [entry for entry in zip(packets, got, said) if entry[2] not in (entry[1], "I")]
        for fate in got:
            totals[fate] += 1
        if wrong and different < 5:
            print(f"\nfilter {number} of seed {options.seed}:\n{text}")
            for packet, fate, answer in wrong[:5]:
                print(f"  {packet}: kernel {fate}, exlint {answer}")
        different += len(wrong)
    kernel_release = os.uname().release
    version = subprocess.run(["iptables", "-V"], capture_output=True, text=True).stdout.strip()
    print(
        f"kernel {kernel_release}, {version}: {options.sets} filters, {rules} rules, {jumps} of them calls; "
        f"{compared} packets compared ({established} of a known connection), "
        f"kernel passed {totals['P']} and dropped {totals['D']}, "
        f"{different} different, {open_} inconclusive "
        f"[seed {options.seed}, {time.monotonic() - start:.0f} s]"
    )
    # What iptables says is all modelled here: silence would be a lack.
    return 1 if different or open_ * 1000 > compared else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=int, default=60)
    parser.add_argument("--packets", type=int, default=400)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--must-run", action="store_true")
    parser.add_argument("--verdicts", help="the built example, instead of building it")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        return inside(options)
    must_run = options.must_run or bool(os.environ.get("CI"))

    def not_run(why):
        print(f"kernel comparison: not run, {why}", file=sys.stderr)
        return 2 if must_run else 0

    for program in ("iptables-restore", "ip", "unshare"):
        if not shutil.which(program):
            return not_run(f"{program} is not installed")
    unshare = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-rn"]
    probe = "ip link add x0 type veth peer name x1 && iptables -A FORWARD -p tcp -j ACCEPT"
    tried = subprocess.run([*unshare, "sh", "-c", probe], capture_output=True, text=True)
    if tried.returncode:
        return not_run(f"no namespace with a packet filter here ({tried.stderr.strip()})")
    if not options.verdicts:
        build = ["cargo", "build", "--quiet", "--locked", "--example", "verdicts"]
        subprocess.run(build, cwd=ROOT, check=True)
        target = os.environ.get("CARGO_TARGET_DIR", str(ROOT / "target"))
        options.verdicts = str(pathlib.Path(target) / "debug" / "examples" / "verdicts")
    command = [*unshare, sys.executable, __file__, "--inside", "--verdicts", options.verdicts]
    command += ["--sets", str(options.sets), "--packets", str(options.packets), "--seed", options.seed]
    return subprocess.run(command).returncode


if __name__ == "__main__":
    sys.exit(main())
