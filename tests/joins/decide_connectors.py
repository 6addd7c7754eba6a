"""RC001 RC002 RC004 RC006 SC003 TC001: what connectors demand and let through.

Written from the catalogue of rules and their pages, not from the rules.
"""

from facts import covers, has, holds, is_loopback, is_single, members, value
from verdicts import both, either, opposite

ANONYMOUS = "NT AUTHORITY\\ANONYMOUS LOGON"
RELAY = "ms-Exch-SMTP-Accept-Any-Recipient"
FEW = 10


def decide(facts, verdicts):
    for connector in facts.objects("Get-ReceiveConnector"):
        _passwords(connector, verdicts)
        _relay(facts, connector, verdicts)
        _no_tls(facts, connector, verdicts)
        _domain_secure(connector, verdicts)
    for connector in facts.objects("Get-SendConnector"):
        _incoherent(facts, connector, verdicts)
    _domain_lists(facts, verdicts)


def only_itself(connector):
    """Whether only the server itself can connect."""
    ranges = members(connector, "RemoteIPRanges")
    return None if ranges is None else bool(ranges) and all(map(is_loopback, ranges))


def only_few_hosts(connector):
    """Whether hosts that are named one by one can connect, and not many."""
    ranges = members(connector, "RemoteIPRanges")
    return None if ranges is None else bool(ranges) and len(ranges) <= FEW and all(map(is_single, ranges))


def _passwords(connector, verdicts):
    """RC001: Basic authentication before TLS."""
    clear = both(
        holds(connector, "Enabled"),
        has(connector, "AuthMechanism", "BasicAuth"),
        opposite(has(connector, "AuthMechanism", "BasicAuthRequireTLS")),
    )
    severity = "error"
    if only_few_hosts(connector):
        severity = "warning"
    if only_itself(connector):
        severity = "note"
    verdicts.decide("RC001", connector["identity"], clear, severity)


def may_relay(facts, connector):
    """Whether anonymous sessions hold the right to send to anybody."""
    entries = [
        entry
        for entry in facts.objects("Get-ADPermission")
        if (value(entry, "Identity") or "").lower() == connector["identity"].lower()
    ]
    # A list of what others may do is not a list of everything.
    if not any((value(entry, "User") or "").upper() == ANONYMOUS for entry in entries):
        return None
    # An entry of the connector itself comes first; of equal ones the denial wins.
    verdict = {True: None, False: None}
    for entry in entries:
        if (value(entry, "User") or "").upper() != ANONYMOUS:
            continue
        if has(entry, "ExtendedRights", RELAY) is None:
            return None
        if not has(entry, "ExtendedRights", RELAY):
            continue
        inherited, denied = holds(entry, "IsInherited"), holds(entry, "Deny")
        if inherited is None or denied is None:
            return None
        verdict[inherited] = verdict[inherited] is not False and not denied
    own, inherited = verdict[False], verdict[True]
    return bool(inherited if own is None else own)


def lets_anonymous_in(connector):
    """Whether the groups of the connector admit a session without a name."""
    return either(
        has(connector, "PermissionGroups", "AnonymousUsers"), has(connector, "PermissionGroups", "Custom")
    )


def _relay(facts, connector, verdicts):
    """RC002: an open relay."""
    relays = both(
        holds(connector, "Enabled"),
        lets_anonymous_in(connector),
        opposite(only_few_hosts(connector)),
        opposite(only_itself(connector)),
        may_relay(facts, connector),
    )
    verdicts.decide("RC002", connector["identity"], relays, "error")


def _no_tls(facts, connector, verdicts):
    """RC004: no TLS for others than a few devices."""
    ranges = members(connector, "RemoteIPRanges") or []
    others = [
        each
        for each in facts.facts["servers"]
        if each["exchange"] and each["name"] != connector.get("server")
    ]
    addresses = {address["ip"] for each in others for address in each["addresses"]}
    peers = any(covers(each, address) for each in ranges for address in addresses)
    devices = both(only_few_hosts(connector), not peers)
    lacks = both(
        holds(connector, "Enabled"),
        opposite(has(connector, "AuthMechanism", "Tls")),
        opposite(only_itself(connector)),
        opposite(devices),
    )
    verdicts.decide("RC004", connector["identity"], lacks, "warning")


def _domain_secure(connector, verdicts):
    """RC006: Domain Security without what it needs."""
    wrong = both(
        holds(connector, "Enabled"),
        holds(connector, "DomainSecureEnabled"),
        either(
            opposite(has(connector, "AuthMechanism", "Tls")),
            has(connector, "AuthMechanism", "ExternalAuthoritative"),
        ),
    )
    verdicts.decide("RC006", connector["identity"], wrong, "error")


def _secured_domains(facts, name):
    """A list of Domain Security, None where it is not known."""
    found = facts.objects("Get-TransportConfig")
    return members(found[0], name) if found else None


def _spaces(connector):
    """Domains of the address spaces, without type and cost."""
    spaces = members(connector, "AddressSpaces")
    if spaces is None:
        return None
    return [space.split(":", 1)[-1].split(";")[0].lower() for space in spaces]


def _incoherent(facts, connector, verdicts):
    """SC003: a Send connector that cannot secure a domain."""
    listed = _secured_domains(facts, "TLSSendDomainSecureList")
    spaces = _spaces(connector)
    for_everybody = None if spaces is None else "*" in spaces
    counts = either(opposite(for_everybody), None if listed is None else bool(listed))
    wrong = both(
        holds(connector, "Enabled"),
        holds(connector, "DomainSecureEnabled"),
        either(opposite(holds(connector, "DNSRoutingEnabled")), holds(connector, "IgnoreSTARTTLS")),
        counts,
    )
    verdicts.decide("SC003", connector["identity"], wrong, "error")


def _matches(space, domain):
    """How well an address space fits a domain; 0 where it does not."""
    if space == "*":
        return 1
    if space.startswith("*."):
        return len(space) if domain == space[2:] or domain.endswith(space[1:]) else 0
    return 1000 if space == domain else 0


def _send_is_secured(facts, domain):
    """Whether mail to a domain takes a connector with Domain Security."""
    best, answers = 0, []
    for connector in facts.objects("Get-SendConnector"):
        if holds(connector, "Enabled") is False:
            continue
        spaces = _spaces(connector)
        if spaces is None:
            return None
        fit = max((_matches(space, domain.lower()) for space in spaces), default=0)
        if fit == 0:
            continue
        if fit > best:
            best, answers = fit, []
        if fit == best:
            answers.append((holds(connector, "Enabled"), holds(connector, "DomainSecureEnabled")))
    if not answers:
        return False
    return either(*(both(*answer) for answer in answers))


def _domain_lists(facts, verdicts):
    """TC001: domains that are listed and not secured."""
    if not facts.ran("Get-TransportConfig"):
        return
    sending, receiving = "TLSSendDomainSecureList", "TLSReceiveDomainSecureList"
    for name in (sending, receiving):
        listed = _secured_domains(facts, name)
        if listed is None:
            verdicts.say("TC001", name, "undecided")
            continue
        if any("*" in domain for domain in listed):
            verdicts.say("TC001", f"{name} *", "error")
        for domain in listed:
            if "*" in domain:
                continue
            if name == sending:
                secured = _send_is_secured(facts, domain) if facts.ran("Get-SendConnector") else None
            else:
                secured = None
                if facts.ran("Get-ReceiveConnector"):
                    secured = either(
                        False,
                        *(
                            both(
                                holds(c, "Enabled"),
                                holds(c, "DomainSecureEnabled"),
                                has(c, "AuthMechanism", "Tls"),
                            )
                            for c in facts.objects("Get-ReceiveConnector")
                        ),
                    )
                    # Who was not asked may have the connector.
                    if secured is False and any(
                        not facts.objects("Get-ReceiveConnector", server["name"])
                        for server in facts.facts["servers"]
                        if server["state"] == "active"
                        and server["exchange"]
                        and (not server["roles"] or {"hub", "edge"} & set(server["roles"]))
                    ):
                        secured = None
            verdicts.decide("TC001", name, opposite(secured), "error")
