"""Random settings of Exchange servers, as the cmdlets return them."""

import datetime

from forms import Cut, Day, Flags

REFERENCE = datetime.date(2013, 6, 3)
EVERYWHERE = "0.0.0.0-255.255.255.255"
DIRECTORIES = {
    "Get-OwaVirtualDirectory": "owa",
    "Get-ActiveSyncVirtualDirectory": "Microsoft-Server-ActiveSync",
    "Get-WebServicesVirtualDirectory": "EWS",
    "Get-OabVirtualDirectory": "OAB",
    "Get-AutodiscoverVirtualDirectory": "Autodiscover",
    "Get-UMVirtualDirectory": "UnifiedMessaging",
}


def _some(random, values, most):
    return random.sample(values, random.randint(0, min(most, len(values))))


def receive_connectors(random, server, estate):
    """Connectors of a Hub or an Edge, and the permissions on them."""
    connectors, permissions = [], []
    for number in range(random.randint(1, 3)):
        name = ["Default", "Client", "Relay"][number] + f" {server['name'].upper()}"
        mechanisms = ["Tls", "Integrated", "BasicAuth", "BasicAuthRequireTLS", "ExchangeServer"]
        authentication = [each for each in mechanisms if random.random() < 0.6]
        if random.random() < 0.2:
            authentication.append("ExternalAuthoritative")
        connector = {
            "AuthMechanism": Flags(authentication),
            "Bindings": random.choice(
                [
                    ["0.0.0.0:25"],
                    ["0.0.0.0:25"],
                    ["0.0.0.0:587"],
                    [f"{server['address'] or '10.1.0.99'}:25"],
                    [":::25", "0.0.0.0:25"],
                    ["0.0.0.0:2525"],
                ]
            ),
            "DomainSecureEnabled": random.random() < 0.3,
            "Enabled": random.random() < 0.85,
            "Fqdn": random.choice(
                [server["fqdn"], server["fqdn"], "mail.contoso.com", server["name"], None]
            ),
            "PermissionGroups": Flags(
                _some(
                    random, ["AnonymousUsers", "ExchangeUsers", "ExchangeServers", "Partners", "Custom"], 4
                )
            ),
            "RemoteIPRanges": ranges(random, estate),
            "RequireTLS": random.random() < 0.2,
            "Server": server["name"].upper(),
            "Name": name,
            "Identity": f"{server['name'].upper()}\\{name}",
        }
        connectors.append(connector)
        if random.random() < 0.75:
            permissions += access(random, connector["Identity"])
    return connectors, permissions


def ranges(random, estate):
    """Who may connect: everybody, networks, some hosts, or this server."""
    hosts = [server["address"] for server in estate["servers"] if server["address"]]
    hosts += ["10.2.0.7", "10.2.0.8", "192.0.2.77"]
    kind = random.random()
    if kind < 0.4:
        return [EVERYWHERE]
    if kind < 0.5:
        return ["::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", EVERYWHERE]
    if kind < 0.6:
        return random.choice([["127.0.0.1"], ["127.0.0.1", "::1"], ["127.0.0.0/8"]])
    if kind < 0.8:
        return random.sample(hosts, random.randint(1, min(3, len(hosts))))
    if kind < 0.86:
        return [f"10.2.0.{number}" for number in range(1, random.choice([10, 11, 12, 13]))]
    if kind < 0.9:
        return ["10.2.0.9-10.2.0.9"]
    return random.choice(
        [["10.0.0.0/8"], ["10.2.0.0-10.2.0.255", "10.2.1.1"], ["192.0.2.0/24"], ["198.51.100.0/28"]]
    )


def access(random, identity):
    """Entries of Get-ADPermission on a connector."""
    entries = []
    for _ in range(random.randint(1, 4)):
        entries.append(
            {
                "User": random.choice(
                    ["NT AUTHORITY\\ANONYMOUS LOGON"] * 3 + ["CONTOSO\\Exchange Servers"]
                ),
                "Identity": identity,
                "Deny": random.random() < 0.25,
                "AccessRights": ["ExtendedRight"],
                "IsInherited": random.random() < 0.4,
                "ExtendedRights": [
                    random.choice(
                        [
                            "ms-Exch-SMTP-Accept-Any-Recipient",
                            "ms-Exch-SMTP-Accept-Any-Recipient",
                            "ms-Exch-SMTP-Submit",
                            "ms-Exch-SMTP-Accept-Any-Sender",
                        ]
                    )
                ],
            }
        )
    return entries


def certificates(random, server):
    """Certificates of a server, some of them past or near their end."""
    found = []
    names = [
        "mail.contoso.com",
        "autodiscover.contoso.com",
        "*.contoso.com",
        server["fqdn"],
        server["name"],
        "other.fabrikam.com",
    ]
    for number in range(random.randint(1, 4)):
        end = REFERENCE + datetime.timedelta(
            days=random.choice([-400, -30, -2, -1, 0, 1, 10, 29, 30, 31, 32, 90, 400, 800])
        )
        start = random.choice(
            [
                end - datetime.timedelta(days=365),
                REFERENCE + datetime.timedelta(days=random.choice([-1, 0, 1, 5])),
            ]
        )
        if start >= end:
            start = end - datetime.timedelta(days=365)
        self_signed = random.random() < 0.5
        found.append(
            {
                "CertificateDomains": random.sample(names, random.randint(1, 4)),
                "IsSelfSigned": self_signed,
                "Issuer": "CN=" + server["name"].upper()
                if self_signed
                else "CN=Fabrikam Issuing CA 2, O=Fabrikam Trust, C=JP",
                "NotAfter": Day(end.year, end.month, end.day),
                "NotBefore": Day(start.year, start.month, start.day),
                "Services": Flags(_some(random, ["IMAP", "POP", "IIS", "SMTP"], 4)),
                "Status": "Valid",
                "Subject": "CN=" + server["name"].upper(),
                "Thumbprint": "".join(random.choice("0123456789ABCDEF") for _ in range(40)),
            }
        )
    return found


def directories(random, server):
    """Virtual directories of a Client Access server, by cmdlet."""
    found = {}
    for cmdlet, name in DIRECTORIES.items():
        if random.random() < 0.5:
            continue
        host = random.choice(
            [
                "mail.contoso.com",
                "mail.contoso.com",
                "autodiscover.contoso.com",
                "owa.eu.contoso.com",
                server["fqdn"],
                "localhost",
            ]
        )
        url = random.choice(
            [
                None,
                f"https://{host}/{name}",
                f"https://{host}/{name}",
                f"http://{host}/{name}",
                f"HTTP://{host}/{name}",
                f"httpx://{host}/{name}",
                f"{host}/{name}",
            ]
        )
        site = "Exchange Back End" if random.random() < 0.06 else "Default Web Site"
        found[cmdlet] = [
            {
                "Name": f"{name} ({site})",
                "InternalUrl": f"https://{server['fqdn']}/{name}",
                "ExternalUrl": url,
                "Server": server["name"].upper(),
                "Identity": f"{server['name'].upper()}\\{name} ({site})",
            }
        ]
    if random.random() < 0.3:
        found["Get-OutlookAnywhere"] = [
            {
                "ServerName": server["name"].upper(),
                "SSLOffloading": False,
                "ExternalHostname": random.choice([None, "mail.contoso.com", "rpc.contoso.com"]),
                "Server": server["name"].upper(),
                "Identity": f"{server['name'].upper()}\\Rpc (Default Web Site)",
            }
        ]
    return found


def mailbox_protocols(random, server):
    """Settings of POP3 and IMAP4, by cmdlet."""
    found = {}
    for cmdlet, protocol, clear, tls in (
        ("Get-PopSettings", "POP3", 110, 995),
        ("Get-ImapSettings", "IMAP4", 143, 993),
    ):
        if random.random() < 0.5:
            found[cmdlet] = [
                {
                    "ProtocolName": protocol,
                    "UnencryptedOrTLSBindings": random.choice(
                        [[], [f"0.0.0.0:{clear}"], [f"0.0.0.0:{clear}", f":::{clear}"]]
                    ),
                    "SSLBindings": random.choice([[], [f"0.0.0.0:{tls}"]]),
                    "LoginType": "SecureLogin",
                    "X509CertificateName": server["fqdn"],
                    "Server": server["name"].upper(),
                    "Identity": f"{server['name'].upper()}\\1",
                }
            ]
    return found


def send_connectors(random, estate):
    """Send connectors of the organization."""
    found = []
    for number in range(random.randint(0, 3)):
        found.append(
            {
                "AddressSpaces": random.choice(
                    [
                        ["SMTP:*;1"],
                        ["SMTP:*;1"],
                        ["SMTP:partner.example;1"],
                        ["SMTP:*.example;5"],
                        ["SMTP:*.partner.example;1", "SMTP:fabrikam.com;1"],
                    ]
                ),
                "DNSRoutingEnabled": random.random() < 0.6,
                "DomainSecureEnabled": random.random() < 0.6,
                "Enabled": random.random() < 0.85,
                "IgnoreSTARTTLS": random.random() < 0.3,
                "SmartHosts": random.choice([[], ["[192.0.2.10]"], ["edge1.contoso.com"]]),
                "SourceTransportServers": _some(
                    random, [s["name"].upper() for s in estate["servers"] if "hub" in s["roles"]], 2
                ),
                "Name": f"Out {number}",
                "Identity": f"Out {number}",
            }
        )
    return found


def transport_config(random):
    """The organization's lists of Domain Security."""
    domains = ["partner.example", "mail.partner.example", "fabrikam.com", "*.example", "tailspin.example"]
    return {
        "TLSReceiveDomainSecureList": _some(random, domains, 2),
        "TLSSendDomainSecureList": _some(random, domains, 2),
        "Identity": "TransportConfig",
    }


KEYS = {"Identity", "Name", "Server", "User", "Thumbprint", "Site", "ProtocolName"}


def spoil(random, objects, form, share):
    """Takes away what exports lack: a property, the end of a list, a value."""
    for properties in objects:
        for name in [name for name in properties if name not in KEYS]:
            if random.random() >= share:
                continue
            value = properties[name]
            kind = random.random()
            if isinstance(value, list) and not isinstance(value, Flags) and form == "list" and kind < 0.5:
                properties[name] = Cut(value[:4])
            elif kind < 0.8:
                del properties[name]
            else:
                properties[name] = [] if type(value) is list else None
