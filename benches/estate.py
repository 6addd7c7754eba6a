#!/usr/bin/env python3
"""Writes an estate of a given size: benches/estate.py SERVERS FIREWALLS RULES FOLDER

One perimeter firewall and the firewalls of sites, all on one backbone. The
servers stand in the sites, a domain controller in each, Edge servers in the
perimeter. The entries of a firewall are those that Exchange needs, in groups
by role, and for the rest those of other machines of the site: so most servers
of a role and a site are treated alike, as in a network that people keep.
The same numbers give the same files.
"""

import random
import sys
from pathlib import Path

ROLES = ("hub", "cas", "mailbox", "mailbox", "um")


def interface(port, name, level, address, mask):
    return (
        f"interface GigabitEthernet0/{port}\n nameif {name}\n security-level {level}\n"
        f" ip address {address} {mask}\n!\n"
    )


def group(name, hosts):
    return f"object-group network {name}\n" + "".join(f" network-object host {host}\n" for host in hosts)


def entries(count, site, numbers):
    """Entries about machines that are no servers of Exchange."""
    for _ in range(count):
        source = f"10.{numbers.randrange(1, 20)}.{numbers.randrange(100, 250)}.{numbers.randrange(1, 255)}"
        target = f"10.{site}.{numbers.randrange(100, 250)}.{numbers.randrange(1, 255)}"
        action = "deny" if numbers.random() < 0.1 else "permit"
        port = numbers.choice(("www", "https", "ssh", "1433", "3389", "8080", f"range {5000 + numbers.randrange(900)} 6000"))
        port = port if port.startswith("range") else f"eq {port}"
        yield f"{action} tcp host {source} host {target} {port}"


def main():
    servers, firewalls, rules = (int(argument) for argument in sys.argv[1:4])
    folder = Path(sys.argv[4])
    folder.mkdir(parents=True, exist_ok=True)
    numbers = random.Random(2007)
    sites = max(firewalls - 1, 1)
    placed = {role: [] for role in ("edge", "hub", "cas", "mailbox", "um", "ad")}
    of_site = {site: [] for site in range(1, sites + 1)}
    for number in range(servers):
        if number % 20 == 0:
            placed["edge"].append((f"edge{number}", f"192.0.2.{10 + number // 20}", None))
            continue
        site = number % sites + 1
        # By how many servers the site has, so that each gets all roles.
        role = ROLES[len(of_site[site]) % len(ROLES)]
        server = (f"{role}{number}", f"10.{site}.1.{10 + len(of_site[site])}", site)
        of_site[site].append(server)
        placed[role].append(server)
    for site in of_site:
        placed["ad"].append((f"dc{site}", f"10.{site}.1.5", site))

    toml = ["[exchange]\nreference_date = 2009-11-02\n"]

    def zone(name, kind, network, at):
        places = ", ".join(f'"{place}"' for place in at)
        toml.append(f'[[zone]]\nname = "{name}"\nclass = "{kind}"\nat = [{places}]\nnetworks = ["{network}"]\n')

    zone("internet", "internet", "0.0.0.0/0", ["fw0:outside"])
    zone("dmz", "perimeter", "192.0.2.0/24", ["fw0:dmz"])
    zone("backbone", "internal", "10.0.0.0/24", [f"fw{n}:backbone" for n in range(sites + 1)])
    for site in of_site:
        zone(f"site{site}", "internal", f"10.{site}.0.0/16", [f"fw{site}:site"])
    for role, members in placed.items():
        for name, address, site in members:
            kind = "host" if role == "ad" else "server"
            toml.append(f'[[{kind}]]\nname = "{name}"\nroles = ["{role}"]\naddresses = ["{address}"]')
            toml.append(f'site = "Site{site}"\n' if site else "")
    (folder / "exlint.toml").write_text("\n".join(toml))

    groups = "".join(group(role.upper(), [address for _, address, _ in placed[role]]) for role in placed)
    groups += (
        "object-group network EXCHANGE\n"
        + "".join(f" group-object {role.upper()}\n" for role in ("hub", "cas", "mailbox", "um", "ad"))
    )
    needed = [
        "permit ip object-group EXCHANGE object-group EXCHANGE",
        "permit tcp object-group EDGE object-group HUB eq smtp",
        "permit tcp object-group HUB object-group EDGE eq smtp",
        "permit tcp object-group HUB object-group EDGE eq 50636",
    ]
    for number in range(sites + 1):
        text = f": Saved\n:\nASA Version 9.1(7)\n!\nhostname fw{number}\nnames\n!\n"
        text += interface(0, "backbone", 90, f"10.0.0.{number + 1}", "255.255.255.0")
        if number:
            text += interface(1, "site", 100, f"10.{number}.0.1", "255.255.0.0")
            names, here = ("backbone", "site"), number
        else:
            text += interface(1, "dmz", 50, "192.0.2.1", "255.255.255.0")
            text += interface(2, "outside", 0, "203.0.113.1", "255.255.255.0")
            names, here = ("backbone", "dmz", "outside"), 1
        text += groups
        for name in names:
            lines = list(needed)
            if name == "outside":
                lines = ["permit tcp any object-group EDGE eq smtp"]
            lines += entries(rules // len(names) - len(lines) - 1, here, numbers)
            lines.append("deny ip any any")
            text += "".join(f"access-list {name}_in extended {line}\n" for line in lines)
            text += f"access-group {name}_in in interface {name}\n"
        for site in range(1, sites + 1):
            if site != number:
                text += f"route backbone 10.{site}.0.0 255.255.0.0 10.0.0.{site + 1} 1\n"
        if number:
            text += "route backbone 0.0.0.0 0.0.0.0 10.0.0.1 1\n"
        else:
            text += "route outside 0.0.0.0 0.0.0.0 203.0.113.254 1\n"
        (folder / f"fw{number}.cfg").write_text(text + "Cryptochecksum:00000000000000000000000000000000\n: end\n")


if __name__ == "__main__":
    main()
