#!/usr/bin/env python3
"""Compares what exlint reads from rulesets of Linux with the Linux kernel.

    python3 tests/kernel/rulesets.py [--tool NAME]... [--sets N] [--packets N] [--seed N]
                                     [--dumps FOLDER [--real]] [--must-run]

Tools: iptables-legacy, iptables-nft, ip6tables-legacy, ip6tables-nft, nft.
For each: random rulesets in the words of the tool are loaded into a network
namespace, raw packets are sent through it, and the example `verdicts` answers
for the same packets from the same *text*, through the reader. What the kernel
lists afterwards (`iptables-save`, `nft list ruleset`, `nft -j list ruleset`)
is read and asked, too: it must give the same answers.

With --dumps, rulesets of a folder are loaded as far as this kernel can, and asked
for packets at the edges of what they name. With --real, only those that the
corpus says were taken from a device (kind `real` in the PROVENANCE.tsv beside
the folder), not the tests of other projects.

Exit code: 0 equal or not run, 1 different, 2 had to run and could not.
"""

import argparse
import ipaddress
import json
import os
import pathlib
import random
import re
import shutil
import socket
import struct
import subprocess
import sys
import time

import compare
import words_iptables
import words_nft

ROOT = compare.ROOT
TOOLS = ("iptables-legacy", "iptables-nft", "ip6tables-legacy", "ip6tables-nft", "nft")
SETUP6 = """
ip -6 address add 2001:db8:ff::1/64 dev in0 nodad
ip -6 address add 2001:db8:fe::1/64 dev out0 nodad
ip -6 neighbour add 2001:db8:fe::2 lladdr 02:00:00:00:00:99 dev out0 nud permanent
ip -6 route add default via 2001:db8:fe::2
"""
SYSCTL6 = {
    "net/ipv6/conf/all/disable_ipv6": 0,
    "net/ipv6/conf/in0/disable_ipv6": 0,
    "net/ipv6/conf/out0/disable_ipv6": 0,
    "net/ipv6/conf/all/forwarding": 1,
    "net/ipv6/conf/in0/forwarding": 1,
    "net/ipv6/conf/out0/forwarding": 1,
}


def sum16(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def datagram6(packet, number, stage=0):
    """An IPv6 packet that carries its number as flow label."""
    source, destination, protocol, source_port, destination_port = packet[:5]
    ends = socket.inet_pton(socket.AF_INET6, source) + socket.inet_pton(socket.AF_INET6, destination)
    pseudo = lambda body: ends + struct.pack("!II", len(body), protocol) + body
    if protocol == 6:
        flags, sequence, acknowledged = [(0x02, 1000, 0), (0x12, 5000, 1001), (0x10, 1001, 5001)][stage]
        body = struct.pack(
            "!HHIIBBHHH", source_port, destination_port, sequence, acknowledged, 0x50, flags, 8192, 0, 0
        )
        body = body[:16] + struct.pack("!H", sum16(pseudo(body))) + body[18:]
    elif protocol == 17:
        body = struct.pack("!HHHH", source_port, destination_port, 12, 0) + b"test"
        body = body[:6] + struct.pack("!H", sum16(pseudo(body)) or 0xFFFF) + body[8:]
    elif protocol == 58:
        body = struct.pack("!BBHI", source_port, destination_port, 0, 0) + bytes(28)
        body = body[:2] + struct.pack("!H", sum16(pseudo(body))) + body[4:]
    elif protocol == 132:
        body = struct.pack("!HHII", source_port, destination_port, 0, 0) + bytes(4)
    else:
        body = bytes(24)
    return struct.pack("!IHBB", 0x60000000 | number, len(body), protocol, 64) + ends + body


class Kernel(compare.Kernel):
    """The router of compare.py, for both families."""

    def __init__(self, v6):
        super().__init__()
        self.v6 = v6
        if v6:
            self.set(SYSCTL6)
            for line in SETUP6.strip().splitlines():
                subprocess.run(line.split(), check=True, capture_output=True)
            self.receiver6 = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0003))
            self.receiver6.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)
            self.receiver6.bind(("b0", 0x86DD))
            self.receiver6.settimeout(5)
            time.sleep(1.5)  # duplicate address detection of the link-local addresses

    def send6(self, packets, stage=0):
        head = self.ethernet[:12] + b"\x86\xdd"
        answer = ["D"] * len(packets)
        for start in range(0, len(packets), compare.BATCH):
            batch = packets[start : start + compare.BATCH]
            for number, packet in enumerate(batch):
                self.sender.send(head + datagram6(packet, number, stage))
            sentinel = ["2001:db8:1::1", "2001:db8:2::2", compare.SENTINEL, 0, 0]
            self.sender.send(head + datagram6(sentinel, compare.BATCH))
            while True:
                frame = self.receiver6.recv(2048)
                number = struct.unpack("!I", frame[14:18])[0] & 0xFFFFF
                protocol = frame[20]
                if protocol == compare.SENTINEL:
                    break
                seen = [
                    socket.inet_ntop(socket.AF_INET6, frame[22:38]),
                    socket.inet_ntop(socket.AF_INET6, frame[38:54]),
                    protocol,
                ]
                if number >= len(batch) or seen != batch[number][:3]:
                    continue  # neighbour discovery and the router's own errors
                answer[start + number] = "P"
        return "".join(answer)

    def ask(self, packets, stage=0):
        return self.send6(packets, stage) if self.v6 else self.send(packets, stage)


class Engine(compare.Engine):
    def rules(self, text, form, packets, **more):
        question = {"rules": text, "format": form, "in": "in0", "out": "out0", "packets": packets, **more}
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()


def run(command, text=None):
    return subprocess.run(command, input=text, text=True, capture_output=True)


def loader(tool):
    """Commands that load a ruleset, list it, and empty the kernel."""
    if tool == "nft":
        return ["nft", "-f", "-"], [(["nft", "list", "ruleset"], "nftables"), (["nft", "-a", "-n", "-s", "list", "ruleset"], "nftables"), (["nft", "-j", "list", "ruleset"], "nftables")]
    # A listing does not say of which table it is: the typed command does.
    typed = f'for t in raw mangle filter; do echo "root@gw:~# {tool} -t $t -L -n -v"; {tool} -t $t -L -n -v --line-numbers; done'
    return [f"{tool}-restore"], [([f"{tool}-save", "-c"], "iptables"), (["sh", "-c", typed], "iptables")]


def conversations(maker, kernel, count, used, replies):
    """As in compare.py, for both families. Where the ruleset takes packets out of
    connection tracking, an answer may belong to no connection: only first
    packets are asked for."""
    firsts = []
    while len(firsts) < count // 3:
        packet = maker.packet((6, 17))
        ends = frozenset([(packet[0], packet[3]), (packet[1], packet[4])]) | {packet[2]}
        if len(ends) == 3 and ends not in used:
            used.add(ends)
            firsts.append(packet)
    turn = lambda p: [p[1], p[0], p[2], p[4], p[3]]
    asked = [[*packet, False] for packet in firsts]
    got = kernel.ask(firsts)
    known = [packet for packet, fate in zip(firsts, got) if fate == "P" and replies]
    answers = kernel.ask([turn(packet) for packet in known], 1)
    asked += [[*turn(packet), True] for packet in known]
    got += answers
    # Without its answer a connection is not open.
    known = [packet for packet, fate in zip(known, answers) if fate == "P"]
    asked += [[*packet, True] for packet in known]
    return asked, got + kernel.ask(known, 2)


class Tally:
    def __init__(self, name):
        self.name, self.start = name, time.monotonic()
        self.sets = self.refused = self.compared = self.wrong = self.open = self.passed = self.listed = 0

    def add(self, title, packets, got, said, text, listing=False):
        if len(said) != len(got):
            raise RuntimeError(f"{len(said)} answers to {len(got)} questions: {said}\n{text}")
        self.compared += len(got)
        self.listed += len(got) if listing else 0
        self.open += said.count("I")
        self.passed += got.count("P")
        wrong = [entry for entry in zip(packets, got, said) if entry[2] not in (entry[1], "I")]
        if wrong and self.wrong < 3:
            print(f"\n{self.name}, {title}:\n{text if len(text) < 6000 else '(long)'}")
            for packet, fate, answer in wrong[:5]:
                print(f"  {packet}: kernel {fate}, exlint {answer}")
        self.wrong += len(wrong)

    def show(self):
        print(
            f"{self.name}: {self.sets} rulesets ({self.refused} refused by the tool), "
            f"{self.compared} packets compared ({self.listed} of them with what the kernel lists), "
            f"{self.passed} passed, {self.wrong} different, {self.open} inconclusive "
            f"[{time.monotonic() - self.start:.0f} s]",
            flush=True,
        )


def random_sets(options, tool, kernel, engine):
    tally, used = Tally(tool), set()
    load, listings = loader(tool)
    form = "nftables" if tool == "nft" else "iptables"
    for number in range(options.sets):
        stateful = number % 3 == 1
        seed = f"{options.seed}/{tool}/{number}"
        if tool == "nft":
            maker = words_nft.Maker(seed, stateful, kernel.v6 and number % 2 == 1)
        else:
            maker = words_iptables.Maker(seed, stateful, tool.startswith("ip6"))
        text = maker.ruleset()
        tally.sets += 1
        if tool == "nft":
            run(["nft", "flush", "ruleset"])
        loaded = run(load, text)
        if loaded.returncode:
            tally.refused += 1
            if tally.refused <= options.show:
                print(f"{tool} refuses: {loaded.stderr}\n{text}")
            continue
        kernel.set(compare.CONNTRACK)
        v6 = maker.v6
        kernel.v6 = v6
        if stateful:
            packets, got = conversations(maker, kernel, options.packets, used, "notrack" not in text.lower())
        else:
            packets = [maker.packet() for _ in range(options.packets)]
            got = kernel.ask(packets)
        tally.add(f"ruleset {number} of seed {options.seed}", packets, got, engine.rules(text, form, packets), text)
        if number % 4 == 0:
            for command, form_of in listings:
                listed = run(command).stdout
                said = engine.rules(listed, form_of, packets)
                tally.add(f"{' '.join(command)} of ruleset {number}", packets, got, said, listed, True)
    tally.show()
    return tally


# --- Real rulesets ------------------------------------------------------------


EMPTY = """*raw
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
COMMIT
*mangle
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
COMMIT
"""


def edges(text, v6):
    """Addresses, ports and protocols at the edges of what a text names."""
    numbers = set()
    pattern = r"[0-9a-fA-F:]*::?[0-9a-fA-F:]*(?:/\d+)?" if v6 else r"\d+\.\d+\.\d+\.\d+(?:/\d+)?"
    for word in re.findall(pattern, text):
        try:
            network = ipaddress.ip_network(word, strict=False)
        except ValueError:
            continue
        if network.version == (6 if v6 else 4):
            first, last = int(network[0]), int(network[-1])
            numbers.update([first - 1, first, first + 1, last, last + 1, (first + last) // 2])
    ports = {25, 443, 0, 65535, 40000}
    for word in re.findall(r"(?:ports?|dport|sport)\s+([0-9:,{} -]+)", text):
        for port in re.findall(r"\d+", word):
            ports.update(max(0, min(65535, int(port) + step)) for step in (-1, 0, 1))
    return numbers, sorted(ports)


class Asker:
    """Packets for a real ruleset, each the first of a connection of its own."""

    used = set()

    def __init__(self, text, v6, seed):
        self.random = random.Random(seed)
        # Connection tracking wants SCTP and ICMP to begin as they should.
        self.stateful = bool(re.search(r"state|ct |conntrack", text))
        self.v6 = v6
        numbers, self.ports = edges(text, v6)
        if v6:
            base = int(ipaddress.IPv6Address("2001:db8::1"))
            numbers.update([base, base + 1])
            self.addresses = sorted(
                n for n in numbers
                if 0x2000 << 112 <= n < 0x4000 << 112 and n >> 72 != int(ipaddress.IPv6Address("2001:db8:ff::")) >> 72
            )
        else:
            numbers.update([0x0A000001, 0xC0000219])
            self.addresses = sorted(
                n for n in numbers if n >> 24 not in (0, 127) and 0 < n < 0xE0000000 and n >> 17 != 0x6309
            )

    def packet(self):
        for _ in range(10_000):
            packet = self.any_packet()
            ported = packet[2] in (6, 17)
            ends = [(packet[0], packet[3] if ported else 0), (packet[1], packet[4] if ported else 0)]
            key = (frozenset(ends), packet[2])
            if not self.stateful or len(key[0]) == 2 and key not in self.used:
                self.used.add(key)
                return packet
        return None

    def any_packet(self):
        pick = self.random
        protocols = [6, 6, 6, 17, 17, 58 if self.v6 else 1, 47]
        protocol = pick.choice(protocols if self.stateful else [*protocols, 132])
        ports = [pick.choice([40000, pick.choice(self.ports)]), pick.choice(self.ports)]
        if protocol in (1, 58):
            ports = [pick.choice([128, 129, 1] if self.v6 else [0, 3, 8, 11, 13]), pick.choice([0, 1, 4])]
            if self.stateful:
                ports = [128 if self.v6 else 8, 0]
        elif protocol not in compare.PORTED:
            ports = [0, 0]
        kind = ipaddress.IPv6Address if self.v6 else ipaddress.IPv4Address
        ends = [str(kind(pick.choice(self.addresses))) for _ in range(2)]
        return [*ends, protocol, *ports]


def without_nat(text):
    """A dump without the table nat: translations have tests of their own."""
    return re.sub(r"(?ms)^\*nat$.*?^COMMIT$\n?", "", text)


def with_sentinel(text, v6):
    """Lets the packet that ends a batch pass in front of all rules."""
    out, table, family = [], None, "ip6" if v6 else "ip"
    for line in text.splitlines():
        if line.startswith("*"):
            table, pending = line[1:].strip(), True
        chains = {"filter": ["FORWARD"], "mangle": ["PREROUTING", "FORWARD", "POSTROUTING"], "raw": ["PREROUTING"], "security": ["FORWARD"]}
        if table and pending and (line.startswith(("-", "[")) or line == "COMMIT"):
            out += [f"-A {chain} -p {compare.SENTINEL} -j ACCEPT" for chain in chains.get(table, [])]
            pending = False
        out.append(line)
    return "\n".join(out) + "\n"


def from_devices(folder):
    """The files of a corpus folder that were taken from a device."""
    rows = (folder.parent / "PROVENANCE.tsv").read_text().splitlines()
    columns = [row.split("\t") for row in rows]
    kind = columns[0].index("kind")
    return {folder.parent / row[0] for row in columns[1:] if row[kind] == "real"}


def dumps(options, tool, kernel, engine):
    """Every dump of a folder that the tool can load."""
    tally = Tally(f"{tool}, real dumps")
    load, listings = loader(tool)
    v6 = tool.startswith("ip6")
    folder = pathlib.Path(options.dumps)
    real = from_devices(folder) if options.real else None
    for path in sorted(folder.rglob("*")):
        if real is not None and path not in real:
            continue
        if not path.is_file() or path.stat().st_size > 3_000_000:
            continue
        text = path.read_bytes().decode("utf-8", "replace").replace("\r", "")
        if tool == "nft":
            if not re.search(r"^\s*table ", text, re.M) or text.startswith("#!/"):
                continue
            # Translations have tests of their own.
            if re.search(r"type nat|dnat|snat", text):
                continue
            is_v6 = bool(kernel.both) and tally.sets % 2 == 1
        else:
            if not re.search(r"^\*(filter|mangle|raw)\s*$", text, re.M):
                continue
            is_v6 = v6
            text = without_nat(text)
            signs = r"Generated by ip6tables|icmp6|icmpv6|-[sd] [0-9a-f]*:"
            if bool(re.search(signs, text)) != v6 and (v6 or re.search(signs, text)):
                continue
            # Anonymised addresses that the tool refuses.
            text = re.sub(r"(--mac-source) \S*[^\s0-9A-Fa-f:]\S*", r"\1 00:11:22:33:44:55", text)
            run(load, EMPTY)
        tally.sets += 1
        kernel.v6 = is_v6
        if tool == "nft":
            run(["nft", "flush", "ruleset"])
            loaded = run(load, text)
            if not loaded.returncode:
                text = run(["nft", "list", "ruleset"]).stdout
                first = words_nft.sentinels(text)
                loaded = run(["nft", "-f", "-"], first)
        else:
            loaded = run(load, with_sentinel(text, v6))
        if loaded.returncode:
            tally.refused += 1
            if tally.refused <= options.show:
                print(f"{tool} refuses {path.name}: {loaded.stderr.strip()[:200]}")
            continue
        kernel.set(compare.CONNTRACK)
        asker = Asker(text, is_v6, path.name)
        packets = [packet for packet in (asker.packet() for _ in range(options.packets)) if packet]
        try:
            got = kernel.ask(packets)
        except TimeoutError:
            tally.refused += 1
            print(f"{tool}: {path.name}: packets do not come through at all")
            continue
        form = "nftables" if tool == "nft" else "iptables"
        before = tally.open
        tally.add(path.name, packets, got, engine.rules(text, form, packets), text)
        if options.show and tally.open > before:
            print(f"  {path.name}: {tally.open - before} of {len(packets)} inconclusive")
        if tool != "nft":
            for command, form_of in listings:
                listed = run(command).stdout
                before = tally.open
                tally.add(path.name + " as listed", packets, got, engine.rules(listed, form_of, packets), listed, True)
                if options.show and tally.open > before:
                    print(f"  {path.name} as listed: {tally.open - before} inconclusive")
    tally.show()
    return tally


def inside(options):
    tool = options.tool[0]
    v6 = tool.startswith("ip6") or tool == "nft"
    kernel, engine = Kernel(v6), Engine(options.verdicts)
    kernel.both = v6
    tally = dumps(options, tool, kernel, engine) if options.dumps else random_sets(options, tool, kernel, engine)
    return 1 if tally.wrong else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tool", action="append", choices=TOOLS)
    parser.add_argument("--sets", type=int, default=30)
    parser.add_argument("--packets", type=int, default=300)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--dumps", help="a folder of real rulesets")
    parser.add_argument("--real", action="store_true", help="only those that were taken from a device")
    parser.add_argument("--show", type=int, default=0, help="how many refused rulesets to print")
    parser.add_argument("--must-run", action="store_true")
    parser.add_argument("--verdicts", help="the built example, instead of building it")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        return inside(options)
    must_run = options.must_run or bool(os.environ.get("CI"))
    unshare = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-rn"]
    if not shutil.which("unshare") or not shutil.which("ip"):
        print("kernel comparison of rulesets: not run, unshare or ip is not installed", file=sys.stderr)
        return 2 if must_run else 0
    if not options.verdicts:
        build = ["cargo", "build", "--quiet", "--locked", "--example", "verdicts"]
        subprocess.run(build, cwd=ROOT, check=True)
        target = os.environ.get("CARGO_TARGET_DIR", str(ROOT / "target"))
        options.verdicts = str(pathlib.Path(target) / "debug" / "examples" / "verdicts")
    worst = 0
    for tool in options.tool or TOOLS:
        program = loader(tool)[0][0]
        probe = "ip link add x0 type veth peer name x1 && "
        probe += "nft add table x" if tool == "nft" else f"{program} </dev/null"
        tried = subprocess.run([*unshare, "sh", "-c", probe], capture_output=True, text=True)
        if not shutil.which(program) or tried.returncode:
            print(f"{tool}: not run here ({tried.stderr.strip()})", file=sys.stderr)
            if must_run and "legacy" not in tool:
                worst = max(worst, 2)
            continue
        command = [*unshare, sys.executable, __file__, "--inside", "--verdicts", options.verdicts, "--tool", tool]
        command += ["--sets", str(options.sets), "--packets", str(options.packets), "--seed", options.seed]
        command += ["--show", str(options.show)] + (["--dumps", options.dumps] if options.dumps else []) + ["--real"] * options.real
        worst = max(worst, subprocess.run(command).returncode)
    return worst


if __name__ == "__main__":
    sys.exit(main())
