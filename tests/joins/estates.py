"""Makes random small estates: a firewall, exports and an inventory.

Every estate follows from its number alone.
"""

import random as randomness
import shutil

import exchange
import firewalls
import forms

ZONES = [
    # name, interface of the ASA, interface of the gateway, network, class, security level
    ("internet", "outside", "eth0", "0.0.0.0/0", "internet", 0),
    ("dmz", "dmz", "eth1", "192.0.2.0/24", "perimeter", 10),
    ("servers", "inside", "eth2", "10.1.0.0/24", "internal", 100),
    ("users", "users", "eth3", "10.2.0.0/16", "client", 60),
    ("frontend", "frontend", "eth4", "10.3.0.0/24", "internal", 70),
    ("branch", "branch", "eth5", "10.5.0.0/24", "internal", 50),
]
SERVERS = [
    # name, roles, usual zone, site, share of the estates that have it
    ("edge1", ["edge"], "dmz", None, 0.8),
    ("edge2", ["edge"], "dmz", None, 0.25),
    ("hub1", ["hub"], "servers", "Tokyo", 0.9),
    ("hub2", ["hub"], "branch", "Osaka", 0.5),
    ("cas1", ["cas"], "servers", "Tokyo", 0.8),
    ("mbx1", ["mailbox"], "servers", "Tokyo", 0.7),
    ("dc1", ["ad"], "servers", "Tokyo", 0.4),
    ("proxy1", ["reverse-proxy"], "dmz", None, 0.15),
]
ROLE_NAMES = {"edge": "Edge", "hub": "HubTransport", "cas": "ClientAccess", "mailbox": "Mailbox"}
ELSEWHERE = {
    "cas": ["dmz", "frontend"],
    "hub": ["servers", "dmz"],
    "mailbox": ["frontend"],
    "edge": ["servers"],
}


def make(number, folder, form=None):
    """Writes the estate with a number into a folder.

    With a form, every export has it, as far as it can, and lacks nothing.
    """
    random = randomness.Random(number)
    estate = {"firewall": "fw1", "zones": [], "servers": []}
    platform = random.choice(["asa", "asa", "iptables"])
    for name, interface, device, network, kind, level in ZONES:
        if name in ("frontend", "branch", "users") and random.random() < 0.4:
            continue
        estate["zones"].append(
            {
                "name": name,
                "interface": interface if platform == "asa" else device,
                "network": network,
                "class": kind,
                "level": level,
            }
        )
    _servers(random, estate)
    text = getattr(firewalls, platform)(random, estate, firewalls.rules(random, estate))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    ending = "cfg" if platform == "asa" else "txt"
    (folder / f"fw1.{ending}").write_text(text)
    (folder / "exlint.toml").write_text(_inventory(random, estate, ending))
    _exports(random, estate, folder / "exports", form)


def _servers(random, estate):
    known = [zone["name"] for zone in estate["zones"]]
    networks = {zone["name"]: zone["network"] for zone in estate["zones"]}
    for number, (name, roles, zone, site, share) in enumerate(SERVERS, start=11):
        if random.random() >= share:
            continue
        roles = list(roles)
        if "hub" in roles and random.random() < 0.2:
            roles.append("cas")
        if random.random() < 0.2:
            zone = random.choice(ELSEWHERE.get(roles[0], [zone]))
        if site and random.random() < 0.12:
            site = random.choice(["Tokyo", "Osaka", None])
        zone = zone if zone in known else "servers"
        address = networks[zone].rsplit(".", 1)[0] + f".{number}" if random.random() < 0.94 else None
        estate["servers"].append(
            {
                "name": name,
                "fqdn": f"{name}.contoso.com",
                "roles": roles,
                "zone": zone,
                "site": site,
                "address": address,
                "state": random.choice(["active"] * 14 + ["building", "retired"]),
                "published": f"203.0.113.{number}" if address and random.random() < 0.2 else None,
            }
        )


def _inventory(random, estate, ending):
    lines = ["[exchange]", "reference_date = 2013-06-03", ""]
    lines += ["[[firewall]]", 'name = "fw1"', f'config = "fw1.{ending}"', ""]
    for zone in estate["zones"]:
        if random.random() < 0.05:
            continue
        lines += ["[[zone]]", f'name = "{zone["name"]}"']
        kind = zone["class"]
        if zone["name"] == "dmz" and random.random() < 0.2:
            kind = random.choice([None, None, "partner", "internal"])
        if kind and random.random() < 0.93:
            lines.append(f'class = "{kind}"')
        lines += [f'at = ["fw1:{zone["interface"]}"]', f'networks = ["{zone["network"]}"]', ""]
    for server in estate["servers"]:
        exchange_server = server["roles"][0] in ROLE_NAMES
        lines += ["[[server]]" if exchange_server else "[[host]]", f'name = "{server["name"]}"']
        lines.append(f"roles = {server['roles']}".replace("'", '"'))
        if server["site"]:
            lines.append(f'site = "{server["site"]}"')
        if server["address"]:
            lines.append(f'addresses = ["{server["address"]}"]')
        if server["published"] and ending == "txt":
            lines.append(f'published = ["{server["published"]}"]')
        if exchange_server and server["state"] != "active":
            lines.append(f'state = "{server["state"]}"')
        if "edge" in server["roles"] and random.random() < 0.08:
            lines.append("adam_ssl_port = 50637")
        if "reverse-proxy" in server["roles"] and random.random() < 0.5:
            lines.append("terminates_tls = true")
        lines.append("")
    return "\n".join(lines)


def _exports(random, estate, folder, only):
    share = random.choice([0, 0, 0.03, 0.1])

    def export(cmdlet, server, objects):
        if random.random() < 0.08:
            return
        form = random.choice(["list"] * 4 + ["json"] * 2 + ["clixml"])
        form = only or form
        # Other forms of nothing do not tell what was asked, and a certificate
        # in CLIXML has lost its services.
        if not objects or cmdlet not in forms.TYPES and form in ("clixml", "csv"):
            form = "list"
        exchange.spoil(random, objects, form, 0 if only else share)
        forms.write(folder, form, cmdlet, server, objects)

    servers = [server for server in estate["servers"] if server["roles"][0] in ROLE_NAMES]
    if random.random() < 0.7:
        listed = [
            _server_object(server)
            for server in servers
            if "edge" not in server["roles"] or random.random() < 0.5
        ]
        export("Get-ExchangeServer", None, listed)
    subscriptions = [
        _subscription(random, server)
        for server in servers
        if "edge" in server["roles"] and random.random() < 0.75
    ]
    if random.random() < 0.85:
        export(
            "Get-EdgeSubscription",
            next((s["name"].upper() for s in servers if "hub" in s["roles"]), None),
            subscriptions,
        )
    for server in servers:
        name = server["name"].upper()
        if {"hub", "edge"} & set(server["roles"]):
            connectors, permissions = exchange.receive_connectors(random, server, estate)
            export("Get-ReceiveConnector", name, connectors)
            export("Get-ADPermission", name, permissions)
        if "mailbox" not in server["roles"]:
            export("Get-ExchangeCertificate", name, exchange.certificates(random, server))
        if "cas" in server["roles"]:
            for cmdlet, objects in (
                exchange.directories(random, server) | exchange.mailbox_protocols(random, server)
            ).items():
                export(cmdlet, name, objects)
    export("Get-SendConnector", None, exchange.send_connectors(random, estate))
    export("Get-TransportConfig", None, [exchange.transport_config(random)])


def _server_object(server):
    described = {
        "Name": server["name"].upper(),
        "Fqdn": server["fqdn"],
        "ServerRole": forms.Flags(ROLE_NAMES[role] for role in server["roles"]),
    }
    if server["site"]:
        described["Site"] = f"contoso.com/Configuration/Sites/{server['site']}"
    return described | {
        "AdminDisplayVersion": "Version 8.3 (Build 83.6)",
        "Identity": server["name"].upper(),
    }


def _subscription(random, server):
    return {
        "Site": f"contoso.com/Configuration/Sites/{random.choice(['Tokyo', 'Tokyo', 'Osaka'])}",
        "Domain": "contoso.com",
        "Name": server["name"].upper(),
        "Identity": server["name"].upper(),
    }
