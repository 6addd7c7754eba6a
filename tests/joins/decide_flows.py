"""FR003 FR004 FR005 FS001 FS002 FU002 FU005 FU008 XC002: servers, networks
and what firewalls let through between them.

Written from the catalogue of rules and their pages, not from the rules.
"""

import itertools

from decide_relays import listens
from facts import MISSING, holds, members, value
from verdicts import LOWER, both, either

SMB = {"smb", "netbios-name", "netbios-datagram", "netbios-session"}
PROTOCOLS = {
    "110": ("Get-PopSettings", "UnencryptedOrTLSBindings"),
    "995": ("Get-PopSettings", "SSLBindings"),
    "143": ("Get-ImapSettings", "UnencryptedOrTLSBindings"),
    "993": ("Get-ImapSettings", "SSLBindings"),
}


def decide(facts, verdicts):
    for edge in facts.with_role("edge"):
        if edge["state"] == "active":
            _subscribed(facts, edge, verdicts)
    _between(facts, verdicts)
    for server in facts.with_role("cas"):
        if server["state"] == "active":
            _in_perimeter(server, verdicts)
    for flow in facts.facts["flows"]:
        if flow["path"] in ("pop3", "imap4"):
            _no_listener(facts, flow, verdicts)
    for exposure in facts.facts["exposures"]:
        # The directory of an Edge is exposed even before it is in use.
        _adam(facts, exposure, verdicts)
        if facts.servers[exposure["destination"]]["state"] != "active":
            continue
        _smb(facts, exposure, verdicts)
        _direct_mail(facts, exposure, verdicts)
        _no_listener(facts, exposure, verdicts)


def subscription(facts, edge):
    """(whether it is subscribed, the site): None where it is not known."""
    for each in facts.objects("Get-EdgeSubscription"):
        if edge["name"] in (each.get("server"), each["identity"].lower()):
            site = value(each, "Site")
            return True, None if site is MISSING or site is None else site.rsplit("/", 1)[-1]
    asked = any(
        run["cmdlet"] == "Get-EdgeSubscription"
        and "edge" not in facts.servers.get((run.get("host") or "").lower(), {}).get("roles", [])
        for run in facts.facts["runs"]
    )
    return (False, None) if asked else (None, None)


def _flow(facts, path, source, destination):
    """Whether a flow gets through; None where it is not known."""
    # The source lists the clear-text port too, which EdgeSync does not need.
    found = [
        flow["works"]
        for flow in facts.facts["flows"]
        if (flow["path"], flow["source"], flow["destination"]) == (path, source, destination)
        and flow["service"] != "tcp/50389"
    ]
    return {"yes": True, "no": False}.get(found[0]) if len(found) == 1 else None


def _sources(facts, edge):
    """Hubs that Send connectors name as sources towards an Edge."""
    names = {edge["name"], edge.get("fqdn")} | {address["ip"] for address in edge["addresses"]}
    found = set()
    for connector in facts.objects("Get-SendConnector"):
        hosts = {host.strip("[]").lower() for host in members(connector, "SmartHosts") or []}
        if holds(connector, "Enabled") is not False and hosts & names:
            found |= {name.lower() for name in members(connector, "SourceTransportServers") or []}
    return sorted(found)


def _worlds(facts, edge, hubs):
    """What may be true of an Edge: (subscribed, Hubs of its site), all possibilities."""
    subscribed, site = subscription(facts, edge)
    if subscribed is not True:
        yield False, []
    if subscribed is False:
        return
    lost = [hub["name"] for hub in hubs if "site" not in hub]
    sites = {site} if site else {hub["site"] for hub in hubs if "site" in hub} | {"another site"}
    for each in sorted(sites):
        sure = [hub["name"] for hub in hubs if hub.get("site") == each]
        for count in range(len(lost) + 1):
            for more in itertools.combinations(lost, count):
                yield True, sorted([*sure, *more])


def _subscribed(facts, edge, verdicts):
    """FR003, FR004 and FR005: an Edge and the Hubs of its site."""
    name = edge["name"]
    hubs = [hub for hub in facts.with_role("hub") if hub["state"] == "active"]
    worlds = list(_worlds(facts, edge, hubs))

    def agree(rule, thing, told):
        """Says what is told in every world; a question where worlds differ."""
        first = told[0]
        if any(each != first for each in told):
            # A fault in every world is one; only how bad it is may be open.
            sure = all(each - {"undecided"} for each in told)
            first = {"warning", "undecided"} if sure else {"undecided"}
        for verdict in first:
            verdicts.say(rule, name if verdict == "undecided" else thing, verdict)

    for hub in hubs:
        through = _flow(facts, "hub-to-edge-smtp", hub["name"], name)
        blocked = {True: set(), False: {"error"}, None: {"undecided"}}[through]
        named = _sources(facts, edge)
        meant = [hub["name"] in (of_site if subscribed else named) for subscribed, of_site in worlds]
        agree("FR003", f"{hub['name']} -> {name}", [blocked if each else set() for each in meant])
    agree("FR004", name, [_mail(facts, name, of_site) for _, of_site in worlds])
    agree("FR005", name, [_sync(facts, name, of_site) for _, of_site in worlds])


def _mail(facts, edge, hubs):
    """FR004 for an Edge and the Hubs of its site."""
    through = [_flow(facts, "edge-to-hub-smtp", edge, hub) for hub in hubs]
    if True in through:
        return {"warning"} if False in through else set()
    if None in through:
        return {"warning", "undecided"} if False in through else {"undecided"}
    return {"error"} if through else set()


def _sync(facts, edge, hubs):
    """FR005 for an Edge and the Hubs of its site."""
    through = [_flow(facts, "hub-to-edge-edgesync", hub, edge) for hub in hubs]
    if not through or True in through:
        return set()
    return {"undecided"} if None in through else {"error"}


def _between(facts, verdicts):
    """FS001: a firewall between Client Access and Mailbox servers."""
    placed = [(group, pair) for group in facts.facts["placements"] for pair in group["pairs"]]
    for placement, pair in placed:
        a, b = facts.servers[pair["a"]], facts.servers[pair["b"]]
        if not a["state"] == b["state"] == "active":
            continue
        if not any("cas" in x["roles"] and "mailbox" in y["roles"] for x, y in ((a, b), (b, a))):
            continue
        same_site = None if "site" not in a or "site" not in b else a["site"] == b["site"]
        between = {"yes": True, "no": False, "unknown": None}[placement["between"]]
        severity = {"yes": "error", "no": "note", "unknown": None}[placement["restricts"]]
        fault = both(same_site, between, None if severity is None else True)
        if pair["certainty"] == "derived" and severity:
            severity = LOWER[severity]
        verdicts.decide("FS001", f"{placement['firewall']}: {a['name']} - {b['name']}", fault, severity)
    for server in facts.with_role("cas", "mailbox"):
        other = "mailbox" if "cas" in server["roles"] else "cas"
        partners = [
            each
            for each in facts.with_role(other)
            if each is not server and each["state"] == "active" and _may_share_site(each, server)
        ]
        if not server["addresses"] and partners and server["state"] == "active":
            verdicts.say("FS001", server["name"], "undecided")


def _may_share_site(a, b):
    return "site" not in a or "site" not in b or a["site"] == b["site"]


def _in_perimeter(server, verdicts):
    """FS002: a Client Access server in the perimeter network."""
    for address in server["addresses"]:
        if address.get("class") == "perimeter":
            verdicts.say(
                "FS002", server["name"], "error" if address["certainty"] == "declared" else "warning"
            )
        elif "class" not in address:
            verdicts.say("FS002", server["name"], "undecided")
    if not server["addresses"]:
        verdicts.say("FS002", server["name"], "undecided")


def _opened(facts, exposure):
    """The line of the rule that opens it; of several the first stands for all."""
    if exposure["verdict"] not in ("permit", "partial"):
        return []
    return [facts.line(rule["at"]) for rule in exposure["decided_by"] if rule["action"] == "permit"][:1]


def _severity(exposure, severity, class_matters):
    """A severity, lower where the evidence is weak."""
    weak = exposure["certainty"] == "derived" or class_matters and exposure["class_certainty"] == "derived"
    return LOWER[severity] if weak else severity


def _judge(facts, rule, thing, exposure, severity, verdicts):
    for line in _opened(facts, exposure):
        verdicts.say(rule, f"{thing} {line}", _severity(exposure, severity, rule != "FU005"))
    # Where no firewall is known to be between, nothing is asked of a firewall.
    if exposure["verdict"] == "inconclusive" and exposure["firewalls"]:
        # A question about SMB is asked once for a network, not for each server.
        verdicts.say(rule, exposure["from"] if rule == "FU002" else thing, "undecided")


def _smb(facts, exposure, verdicts):
    """FU002: file shares for strangers."""
    server = facts.servers[exposure["destination"]]
    if exposure["application"] in SMB and exposure.get("class") in ("internet", "perimeter"):
        if server["exchange"] or "ad" in server["roles"]:
            _judge(facts, "FU002", f"{exposure['from']}: {server['name']}", exposure, "error", verdicts)


def _adam(facts, exposure, verdicts):
    """FU005: the directory of an Edge in clear text."""
    if exposure["application"] == "adam-ldap" and "edge" in facts.servers[exposure["destination"]]["roles"]:
        _judge(facts, "FU005", exposure["destination"], exposure, "error", verdicts)


def _direct_mail(facts, exposure, verdicts):
    """FU008: mail from the Internet past the Edge."""
    server = facts.servers[exposure["destination"]]
    if exposure["service"] == "tcp/25" and exposure.get("class") == "internet" and "hub" in server["roles"]:
        edges = [edge for edge in facts.with_role("edge") if edge["state"] == "active"]
        usual = edges and exposure["verdict"] == "permit"
        _judge(
            facts,
            "FU008",
            f"{exposure['from']}: {server['name']}",
            exposure,
            "warning" if usual else "note",
            verdicts,
        )


def _listener(facts, server, port):
    """Whether anything listens; None where the exports leave it open; MISSING without exports."""
    if port in ("25", "587"):
        connectors = facts.objects("Get-ReceiveConnector", server["name"])
        if not connectors:
            return MISSING
        return either(False, *(both(holds(c, "Enabled"), listens(c, port)) for c in connectors))
    cmdlet, name = PROTOCOLS[port]
    settings = facts.objects(cmdlet, server["name"])
    if not settings:
        return MISSING
    bindings = [members(each, name) for each in settings]
    return either(
        *(None if each is None else any(b.rsplit(":", 1)[-1] == port for b in each) for each in bindings)
    )


def _no_listener(facts, exposure, verdicts):
    """XC002: a permit for a port without a listener."""
    server = facts.servers[exposure["destination"]]
    protocol, port = exposure["service"].split("/")
    if protocol != "tcp" or port not in ("25", "587", *PROTOCOLS) or not server["exchange"]:
        return
    if server["state"] != "active":
        return
    listener = _listener(facts, server, port)
    # Within a network no firewall opens anything.
    opened = exposure["verdict"] in ("permit", "partial") and exposure["decided_by"]
    if listener is MISSING or listener is True or not opened:
        return
    verdicts.say(
        "XC002", f"{server['name']} {exposure['service']}", "note" if listener is False else "undecided"
    )
