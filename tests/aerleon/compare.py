#!/usr/bin/env python3
"""Compares exlint on rendered access lists with the policies they come from.

    python3 tests/aerleon/compare.py [--target NAME] [--ipv6] [--policies N] [--questions N] [--seed N]

Makes random policies, has an aerleon generator render each in the words of a
platform (`ciscoasa`, `cisco`, `cisconx`: an access list, `juniper`: a stateless filter,
`srx`, `fortigate`, `paloalto`: policies between zones, `iptables`, `nftables`: chains,
`windows_advfirewall`: commands, made into a listing, JSON or a registry export), and asks the
example `verdicts` (tests/kernel/verdicts.rs) about packets at the edges of the policy. What
is right is told by the policy's terms, evaluated below in a few lines; the rendered text is
not looked at.

aerleon comes from PyPI, into a virtual environment below target/, once. The
generator's known slips are not asked for: `tcp-established`, `next`, an
exclusion without an address to exclude from; on `srx`, `iptables` and `nftables`, one
that leaves no address; on `juniper`, one that holds an address of the list (the longest
prefix decides on the device, and aerleon prints both); on `fortigate`, a protocol without
ports (rendered as any service), a source port alone (as a service that is empty), several
types of ICMP in one service (the device takes one); on `paloalto`, any exclusion (a group
gets what another term left out), OSPF (refused) and ICMP without a type (the application
`icmp` is less than the protocol).

Exit code: 0 equal, 1 different or too often inconclusive, 2 could not compare.
"""

import argparse
import ipaddress
import json
import logging
import os
import pathlib
import random
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
HOME = ROOT / "target" / "aerleon"
PACKAGE = "aerleon==1.18.0"
PROTOCOLS = {"tcp": 6, "udp": 17, "icmp": 1, "icmpv6": 58, "gre": 47, "esp": 50, "ah": 51, "ospf": 89}
ICMP_TYPES = {
    "echo-reply": 0, "unreachable": 3, "source-quench": 4, "redirect": 5, "echo-request": 8,
    "time-exceeded": 11, "parameter-problem": 12, "timestamp-request": 13, "timestamp-reply": 14,
}
ICMP6_TYPES = {
    "destination-unreachable": 1, "packet-too-big": 2, "time-exceeded": 3, "parameter-problem": 4,
    # Not those of neighbour discovery, which lists of Cisco permit at their end.
    "echo-request": 128, "echo-reply": 129,
}


class Target:
    """How a generator is asked to render, and how the readers are asked about the text."""

    def __init__(self, header, header6, mark, ask):
        self.header, self.header6 = header, header6
        # Without a header for IPv6 the generator has none. The mark stands in a text that holds a rule.
        self.mark, self.ask = mark, ask


def asking(form, **more):
    return lambda text: {"rules": text, "format": form, **more}


def cisco(form):
    # A list without an entry permits everything, which no policy means.
    return lambda text: {"rules": text + "\nend\n", "format": form, "filter": "rendered"}


def srx(text):
    # Without the mode some releases drop IPv6.
    mode = "security { forwarding-options { family { inet6 { mode flow-based; } } } }\n"
    return {"rules": mode + text, "format": "junos", **ZONES}


ZONES = {"in": "trust", "out": "untrust"}
FROM_TO = "from-zone trust to-zone untrust"
TARGETS = {
    # A list whose file just stops may have lost its end; a whole export says `: end`.
    "ciscoasa": Target("rendered", None, "access-list rendered extended",
                       lambda text: {"asa": text + "\n: end\n", "filter": "rendered"}),
    "cisco": Target("rendered extended", "rendered inet6", " permit ", cisco("cisco-ios")),
    "cisconx": Target("rendered", "rendered inet6", " permit ", cisco("cisco-nxos")),
    "juniper": Target("rendered inet", "rendered inet6", "term ", asking("junos", filter="rendered")),
    "srx": Target(f"{FROM_TO} inet", f"{FROM_TO} inet6", "policy ", srx),
    "fortigate": Target(f"{FROM_TO} inet", f"{FROM_TO} inet6", "set action accept", asking("fortios", **ZONES)),
    "iptables": Target("FORWARD DROP", "FORWARD DROP inet6", "-A F_", asking("iptables")),
    "nftables": Target("inet forward", "inet6 forward", "jump ", asking("nftables")),
    "paloalto": Target(f"{FROM_TO} inet", None, "<action>", asking("panos", **ZONES)),
    # Both directions are asked, by the length of the text.
    "windows_advfirewall": Target("in inet", None, "netsh advfirewall firewall add rule ", lambda text: windows(text)),
}


def show_rules(text):
    """Rules as `netsh advfirewall firewall show rule` prints them, of the commands that make them."""
    rules = []
    for line in text.splitlines():
        if not line.startswith("netsh advfirewall firewall add rule "):
            continue
        rule = dict(atom.split("=", 1) for atom in line.split()[5:])
        protocol, _, icmp = rule["protocol"].partition(":")
        protocol = {"icmpv4": "ICMPv4", "tcp": "TCP", "udp": "UDP", "any": "Any"}.get(protocol, protocol)
        rule["protocol"] = str(PROTOCOLS.get(protocol, protocol))
        rules.append((rule, icmp.replace(",any", "")))
    return rules


def windows_listing(rules):
    """netsh, verbose, with the settings of the profiles."""
    lines = []
    row = lambda label, value: lines.append(f"{label + ':':<38}{value}")
    word = lambda value: "Any" if value == "any" else value
    for rule, icmp in rules:
        lines.append("")
        row("Rule Name", rule["name"])
        lines.append("-" * 70)
        row("Enabled", "Yes")
        row("Direction", rule["dir"].title())
        row("Profiles", "Domain,Private,Public")
        row("Grouping", "")
        row("LocalIP", word(rule["localip"]))
        row("RemoteIP", word(rule["remoteip"]))
        row("Protocol", rule["protocol"])
        if rule["protocol"] in ("TCP", "UDP"):
            row("LocalPort", rule.get("localport", "Any"))
            row("RemotePort", rule.get("remoteport", "Any"))
        if rule["protocol"] == "ICMPv4":
            lines += [" " * 38 + "Type    Code", " " * 38 + f"{icmp or 'Any':<8}Any "]
        row("Edge traversal", "No")
        row("InterfaceTypes", "Any")
        row("Security", "NotRequired")
        row("Rule source", "Local Setting")
        row("Action", rule["action"].title())
    for profile in ("Domain", "Private", "Public"):
        lines += ["", f"{profile} Profile Settings: ", "-" * 70, f"{'State':<38}ON",
                  f"{'Firewall Policy':<38}BlockInbound,BlockOutbound", ""]
    return "\r\n".join([*lines, "Ok.", ""])


def windows_json(rules):
    """Get-NetFirewallRule joined with its filters, and Get-NetFirewallProfile, as JSON."""
    many = lambda value: "Any" if value == "any" else value.split(",")
    objects = [
        {"Name": f"{{{number}}}", "DisplayName": rule["name"], "Enabled": 1, "Profile": 0,
         "Direction": {"in": 1, "out": 2}[rule["dir"]], "Action": {"allow": 2, "block": 4}[rule["action"]],
         "PortFilter": {"Protocol": rule["protocol"], "LocalPort": many(rule.get("localport", "any")),
                        "RemotePort": many(rule.get("remoteport", "any")), "IcmpType": icmp or "Any"},
         "AddressFilter": {"LocalAddress": many(rule["localip"]), "RemoteAddress": many(rule["remoteip"])},
         "ApplicationFilter": {"Program": "Any", "Package": None}, "ServiceFilter": {"Service": "Any"},
         "InterfaceFilter": {"InterfaceAlias": "Any"}, "InterfaceTypeFilter": {"InterfaceType": "Any"},
         "SecurityFilter": {"Authentication": "NotRequired", "Encryption": "NotRequired"}}
        for number, (rule, icmp) in enumerate(rules)
    ]
    profiles = [
        {"Name": name, "Enabled": 1, "DefaultInboundAction": 4, "DefaultOutboundAction": 4}
        for name in ("Domain", "Private", "Public")
    ]
    return json.dumps({"Profiles": profiles, "Rules": objects})


def windows_registry(rules):
    """A registry export of the local store."""
    numbers = {"TCP": "6", "UDP": "17", "ICMPv4": "1"}
    root = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy"
    lines = ["Windows Registry Editor Version 5.00", ""]
    for profile in ("DomainProfile", "StandardProfile", "PublicProfile"):
        lines += [f"[{root}\\{profile}]", '"EnableFirewall"=dword:00000001',
                  '"DefaultInboundAction"=dword:00000001', '"DefaultOutboundAction"=dword:00000001', ""]
    lines += [f"[{root}\\FirewallRules]"]
    for number, (rule, icmp) in enumerate(rules):
        fields = [f"Action={rule['action'].title()}", "Active=TRUE", f"Dir={rule['dir'].title()}"]
        if rule["protocol"] != "Any":
            fields += [f"Protocol={numbers.get(rule['protocol'], rule['protocol'])}"]
        if icmp:
            fields += [f"ICMP4={icmp}:*"]
        for key, field in (("localport", "LPort2_10"), ("remoteport", "RPort2_10"), ("localip", "LA4"), ("remoteip", "RA4")):
            values = rule.get(key, "any")
            fields += [f"{field}={value}" for value in values.split(",") if value != "any"]
        lines += [f'"{{{number}}}"="v2.10|' + "|".join(fields) + f'|Name={rule["name"]}|"']
    return "\r\n".join([*lines, ""])


def windows(text):
    """The question to one of the export forms, by turns."""
    rules = show_rules(text)
    form = (windows_listing, windows_json, windows_registry)[len(text) % 3]
    direction = "inbound" if " dir=in " in text else "outbound"
    return {"rules": form(rules), "format": "windows-firewall", "filter": direction}


class Policy:
    """A random policy: networks, services and terms by name."""

    def __init__(self, seed, v6=False):
        self.random = pick = random.Random(seed)
        self.v6 = v6
        self.icmp, self.icmp_types = ("icmpv6", ICMP6_TYPES) if v6 else ("icmp", ICMP_TYPES)
        self.networks, self.services = {}, {}
        for index in range(pick.randint(3, 7)):
            self.networks[f"NET{index}"] = [self.network() for _ in range(pick.randint(1, 4))]
        for index in range(pick.randint(3, 6)):
            # aerleon takes a service for the protocols that it names.
            protocol = pick.choice(["tcp", "udp"])
            ranges = [self.ports() for _ in range(pick.randint(1, 4))]
            self.services[f"SVC{index}"] = (protocol, ranges)
        self.terms = [self.term(index) for index in range(pick.randint(2, 12))]

    def network(self):
        pick = self.random
        if self.v6:
            base = int(ipaddress.IPv6Address(pick.choice(["2001:db8::", "2001:db8:1::", "2001:db8:1:2::", "fd00::"])))
            length = pick.choice([16, 32, 40, 48, 56, 64, 96, 112, 120, 124, 126, 127, 128, 128, 128])
            return ipaddress.ip_network((base + pick.randrange(512), length), strict=False)
        base = pick.choice([0x0A000000, 0x0A010000, 0x0A010200, 0xC0000200, 0xC6336400, 0xCB007100])
        length = pick.choice([8, 12, 16, 20, 23, 24, 25, 27, 29, 30, 31, 32, 32, 32])
        return ipaddress.ip_network((base + pick.randrange(512), length), strict=False)

    def ports(self):
        low = self.random.choice([0, 21, 25, 53, 80, 135, 389, 443, 500, 1023, 3268, 50636, 65530])
        low = min(65535, low + self.random.choice([0, 0, 0, 1, 3]))
        return low, min(65535, low + self.random.choice([0, 0, 0, 1, 2, 50, 9000]))

    def some(self, names, most=2):
        return self.random.sample(sorted(names), self.random.randint(1, min(most, len(names))))

    def term(self, index):
        pick = self.random
        term = {"name": f"term-{index}", "action": pick.choice(["accept", "accept", "deny", "reject"])}
        for side in ("source", "destination"):
            if pick.random() < 0.65:
                term[f"{side}-address"] = self.some(self.networks)
                if pick.random() < 0.25:
                    term[f"{side}-exclude"] = self.some(self.networks)
        kind = pick.choices(["any", "ports", "icmp", "other"], [1, 7, 2, 1])[0]
        if kind == "ports":
            protocol = pick.choice(["tcp", "udp"])
            fitting = [name for name, (wanted, _) in self.services.items() if wanted == protocol]
            term["protocol"] = [protocol]
            if fitting and pick.random() < 0.85:
                term["destination-port"] = self.some(fitting, 3)
            if fitting and pick.random() < 0.2:
                term["source-port"] = self.some(fitting, 1)
            if len(term) and not {"destination-port", "source-port"} & term.keys() and pick.random() < 0.5:
                term["protocol"] = ["tcp", "udp"]
        elif kind == "icmp":
            term["protocol"] = [self.icmp]
            if pick.random() < 0.7:
                term["icmp-type"] = self.some(self.icmp_types, 3)
        elif kind == "other":
            term["protocol"] = self.some({"gre", "esp", "ah", "ospf", self.icmp, "tcp"}, 3)
        if pick.random() < 0.15:
            term["logging"] = "true"
        return term

    def fit(self, target):
        """Says the same kind of policy in what the generator has words for."""
        if target not in ("fortigate", "nftables"):
            return
        for term in self.terms:
            if term["action"] == "reject":
                term["action"] = "deny"
            if target == "nftables":
                term.pop("logging", None)
            elif "icmp-type" in term:
                term["icmp-type"] = term["icmp-type"][:1]
            elif "destination-port" not in term:
                term.pop("protocol", None)
                term.pop("source-port", None)
        if target == "fortigate":
            # The device has no port 0.
            for name, (protocol, ranges) in self.services.items():
                self.services[name] = (protocol, [(max(1, low), max(1, high)) for low, high in ranges])

    # What the policy says, from its words alone.

    def holds(self, names, address):
        return any(address in network for name in names for network in self.networks[name])

    def matches(self, term, packet):
        source, destination, protocol, *ports = packet
        for side, address in (("source", source), ("destination", destination)):
            if f"{side}-address" in term and not self.holds(term[f"{side}-address"], address):
                return False
            if self.holds(term.get(f"{side}-exclude", []), address):
                return False
        if "protocol" in term and protocol not in [PROTOCOLS[name] for name in term["protocol"]]:
            return False
        for key, port in (("source-port", ports[0]), ("destination-port", ports[1])):
            if key in term and not any(
                low <= port <= high for name in term[key] for low, high in self.services[name][1]
            ):
                return False
        return "icmp-type" not in term or ports[0] in [self.icmp_types[name] for name in term["icmp-type"]]

    def verdict(self, packet):
        for term in self.terms:
            if self.matches(term, packet):
                return "P" if term["action"] == "accept" else "D"
        return "D"

    def packet(self):
        pick = self.random

        kind, bits = (ipaddress.IPv6Address, 128) if self.v6 else (ipaddress.IPv4Address, 32)

        def address():
            if pick.random() < 0.05:
                return kind(pick.getrandbits(bits))
            network = pick.choice(self.networks[pick.choice(sorted(self.networks))])
            first, last = int(network[0]), int(network[-1])
            edge = pick.choice([first - 1, first, last, last + 1, pick.randint(first, last)])
            return kind(edge % (1 << bits))

        def port():
            low, high = pick.choice(self.services[pick.choice(sorted(self.services))][1])
            return min(65535, max(0, pick.choice([low - 1, low, high, high + 1, pick.randint(low, high)])))

        icmp = PROTOCOLS[self.icmp]
        protocol = pick.choice([6, 6, 6, 17, 17, icmp, pick.choice([47, 50, 51, 89, 103])])
        ports = [0, 0]
        if protocol in (6, 17):
            ports = [pick.choice([40000, port()]), port()]
        elif protocol == icmp:
            ports = [pick.choice([*self.icmp_types.values(), 17, 255]), pick.choice([0, 1, 4])]
        return [address(), address(), protocol, *ports]

    def empties(self):
        """Whether an exclusion leaves nothing of an address list."""
        for term in self.terms:
            for side in ("source", "destination"):
                without = [n for name in term.get(f"{side}-exclude", []) for n in self.networks[name]]
                left = [n for name in term.get(f"{side}-address", []) for n in self.networks[name]]
                for hole in ipaddress.collapse_addresses(without):
                    pieces = []
                    for n in left:
                        if n.subnet_of(hole):
                            continue
                        pieces += n.address_exclude(hole) if hole.subnet_of(n) else [n]
                    left = pieces
                if without and not left:
                    return True
        return False

    def fit_paloalto(self):
        """Leaves what aerleon can say in the words of PAN-OS."""
        for term in self.terms:
            if "icmp" in term.get("protocol", []) and len(term["protocol"]) == 1:
                term.setdefault("icmp-type", self.some(ICMP_TYPES, 3))
            elif "protocol" in term:
                term["protocol"] = [p for p in term["protocol"] if p not in ("icmp", "ospf")] or ["gre"]
            for side in ("source", "destination"):
                term.pop(f"{side}-exclude", None)

    def block_first(self):
        """Makes a policy whose order says what Windows means: block before allow. The generator knows
        neither exclusions nor logging nor `reject`."""
        for term in self.terms:
            for key in ("source-exclude", "destination-exclude", "logging"):
                term.pop(key, None)
            if term["action"] == "reject":
                term["action"] = "deny"
        self.terms.sort(key=lambda term: term["action"] != "deny")

    def nests(self):
        """Whether an exclusion holds a network of the list that it narrows."""
        return any(
            inner != outer and inner.subnet_of(outer)
            for term in self.terms
            for side in ("source", "destination")
            for excluded in term.get(f"{side}-exclude", [])
            for outer in self.networks[excluded]
            for listed in term.get(f"{side}-address", [])
            for inner in self.networks[listed]
        )

    def render(self, target):
        """The rendered text; fails where aerleon cannot make one."""
        from aerleon import api
        from aerleon.lib import fortigate, naming

        # Services of two kinds stop its sort.
        fortigate.FortigateObjectGroup.__lt__ = lambda one, other: one.name < other.name

        definitions = naming.Naming()
        networks = {
            name: {"values": [{"address": str(network)} for network in members]}
            for name, members in self.networks.items()
        }
        services = {
            name: [
                {"protocol": protocol, "port": str(low) if low == high else f"{low}-{high}"}
                for low, high in ranges
            ]
            for name, (protocol, ranges) in self.services.items()
        }
        definitions.ParseDefinitionsObject({"networks": networks, "services": services}, "random")
        words = lambda value: " ".join(value) if isinstance(value, list) else value
        terms = [{key: words(value) for key, value in term.items()} for term in self.terms]
        known = TARGETS[target]
        header = {"targets": {target: known.header6 if self.v6 else known.header}}
        policy = {"filename": "random", "filters": [{"header": header, "terms": terms}]}
        return "".join(api.Generate([policy], definitions).values())


def compare(options):
    logging.disable(logging.CRITICAL)
    process = subprocess.Popen(
        [options.verdicts], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    )
    asked = wrong = open_ = permitted = lines = refused = 0
    start = time.monotonic()
    for number in range(options.policies):
        policy = Policy(f"{options.seed}/{number}", options.ipv6)
        policy.fit(options.target)
        try:
            if options.target == "paloalto":
                policy.fit_paloalto()
            if options.target in ("srx", "iptables", "nftables") and policy.empties():
                raise ValueError("an exclusion leaves no address")
            if options.target == "juniper" and policy.nests():
                raise ValueError("an exclusion holds an address of the list")
            if options.target == "windows_advfirewall":
                policy.block_first()
                TARGETS[options.target].header = "in inet" if number % 2 else "out inet"
            text = policy.render(options.target)
        except Exception as error:  # aerleon refuses a policy: another one, but counted
            refused += 1
            if refused == 1:
                print(f"aerleon refuses policy {number}: {type(error).__name__}: {error}")
            continue
        # Where no term leaves a line the list does not exist.
        target = TARGETS[options.target]
        if target.mark not in text:
            refused += 1
            continue
        packets = [policy.packet() for _ in range(options.questions)]
        plain = [[str(packet[0]), str(packet[1]), *packet[2:]] for packet in packets]
        question = {**target.ask(text), "packets": plain}
        process.stdin.write(json.dumps(question) + "\n")
        process.stdin.flush()
        said = process.stdout.readline().strip()
        if len(said) != len(packets):
            raise RuntimeError(f"{len(said)} answers to {len(packets)} questions:\n{text}")
        lines += text.count(target.mark)
        different = []
        for packet, asked_for, answer in zip(packets, plain, said):
            right = policy.verdict(packet)
            asked += 1
            permitted += right == "P"
            open_ += answer == "I"
            if answer not in (right, "I"):
                different.append((asked_for, right, answer))
        if different and wrong < 5:
            print(f"\npolicy {number} of seed {options.seed}:")
            for term in policy.terms:
                print(f"  {term}")
            print(f"  {policy.services}")
            print(text)
            for packet, right, answer in different[:5]:
                print(f"  {packet}: policy {right}, exlint {answer}")
        wrong += len(different)
    print(
        f"{PACKAGE}, {options.target}{', IPv6' if options.ipv6 else ''}: {options.policies - refused} policies ({refused} without a list), {lines} rules, "
        f"{asked} questions ({permitted} permitted), {wrong} wrong, "
        f"{open_} inconclusive ({100 * open_ / max(asked, 1):.2f} %) "
        f"[seed {options.seed}, {time.monotonic() - start:.0f} s]"
    )
    return 1 if wrong or open_ * 200 > asked or not asked else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", choices=sorted(TARGETS), default="ciscoasa")
    parser.add_argument("--ipv6", action="store_true", help="policies of IPv6 addresses")
    parser.add_argument("--policies", type=int, default=60)
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--verdicts", help="the built example, instead of building it")
    options = parser.parse_args()
    if options.ipv6 and not TARGETS[options.target].header6:
        parser.error(f"{options.target} renders no IPv6")
    python = HOME / "venv" / "bin" / "python"
    if pathlib.Path(sys.prefix).resolve() != (HOME / "venv").resolve():
        if not (HOME / "ready").exists():
            subprocess.run([sys.executable, "-m", "venv", str(HOME / "venv")], check=True)
            pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*pip, PACKAGE], check=True)
            (HOME / "ready").touch()
        return subprocess.run([str(python), __file__, *sys.argv[1:]]).returncode
    if not options.verdicts:
        build = ["cargo", "build", "--quiet", "--locked", "--example", "verdicts"]
        subprocess.run(build, cwd=ROOT, check=True)
        target = os.environ.get("CARGO_TARGET_DIR", str(ROOT / "target"))
        options.verdicts = str(pathlib.Path(target) / "debug" / "examples" / "verdicts")
    return compare(options)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (subprocess.CalledProcessError, OSError) as error:
        print(f"aerleon comparison: not run, {error}", file=sys.stderr)
        sys.exit(2)
