"""CA003 CA012 CE001 CE003: published names and the certificates for them.

Written from the catalogue of rules and their pages, not from the rules.
"""

import datetime
from urllib.parse import urlsplit

from exchange import DIRECTORIES
from facts import MISSING, has, holds, members, named, value
from verdicts import LOWER, both, either, opposite


def decide(facts, verdicts):
    for cmdlet in DIRECTORIES:
        for directory in facts.objects(cmdlet):
            _clear_url(directory, verdicts)
    # Where nobody exported any certificate, the rules report that as a whole.
    if not facts.ran("Get-ExchangeCertificate"):
        return
    for server in facts.with_role("cas"):
        _published(facts, server, verdicts)
    for certificate in facts.objects("Get-ExchangeCertificate"):
        _expires(facts, certificate, verdicts)
    for server in facts.with_role("hub", "edge"):
        _smtp_names(facts, server, verdicts)


def _is_local(host):
    return host in ("localhost", "127.0.0.1", "::1")


def _clear_url(directory, verdicts):
    """CA003: an external URL without TLS."""
    if "(Exchange Back End)" in directory["identity"]:
        return
    url = value(directory, "ExternalUrl")
    if url is MISSING:
        verdicts.say("CA003", directory["identity"], "undecided")
    elif url is not None:
        scheme = url.lower().partition("://")[0]
        if scheme == "http":
            local = _is_local(urlsplit(url).hostname)
            verdicts.say("CA003", directory["identity"], "warning" if local else "error")
        elif scheme != "https":
            verdicts.say("CA003", directory["identity"], "undecided")


def _day(certificate, name):
    """A date of a certificate; None where it is not known."""
    found = value(certificate, name)
    return datetime.date.fromisoformat(found[:10]) if isinstance(found, str) else None


def _valid(facts, certificate):
    """Whether it is valid on the reference date."""
    today = datetime.date.fromisoformat(facts.reference_date())
    start, end = _day(certificate, "NotBefore"), _day(certificate, "NotAfter")
    return both(None if start is None else start <= today, None if end is None else today <= end)


def _carries(certificate, name):
    """Whether it has a name that covers a host."""
    names = members(certificate, "CertificateDomains")
    return None if names is None else any(named(each, name) for each in names)


def _missing(facts, server, service, names):
    """(names that surely lack a certificate, names of which nobody knows)."""
    certificates = facts.objects("Get-ExchangeCertificate", server["name"])
    lacking, open_names = set(), set()
    for name in names:
        good = either(
            False,
            *(both(has(c, "Services", service), _carries(c, name), _valid(facts, c)) for c in certificates),
        )
        expired = either(
            False,
            *(
                both(has(c, "Services", service), _carries(c, name), _expired(facts, c))
                for c in certificates
            ),
        )
        if not certificates:
            open_names.add(name)
        elif good is False and expired is False:
            lacking.add(name)
        elif good is None or good is False and expired is None:
            open_names.add(name)
    return lacking, open_names


def _expired(facts, certificate):
    today = datetime.date.fromisoformat(facts.reference_date())
    start, end = _day(certificate, "NotBefore"), _day(certificate, "NotAfter")
    if start is not None and start > today:
        return False
    return None if end is None else end < today


def _published(facts, server, verdicts):
    """CA012: names for the Internet without a certificate."""
    names, unknown = set(), False
    for cmdlet in DIRECTORIES:
        for directory in facts.objects(cmdlet, server["name"]):
            if "(Exchange Back End)" in directory["identity"]:
                continue
            url = value(directory, "ExternalUrl")
            unknown = unknown or url is MISSING
            # What is no URL of a web site is CA003's question.
            if isinstance(url, str) and urlsplit(url).scheme in ("http", "https"):
                names.add(urlsplit(url).hostname)
    for directory in facts.objects("Get-OutlookAnywhere", server["name"]):
        host = value(directory, "ExternalHostname")
        unknown = unknown or host is MISSING
        if isinstance(host, str):
            names.add(host.lower())
    lacking, open_names = _missing(facts, server, "IIS", {name for name in names if not _is_local(name)})
    proxies = [
        each
        for each in facts.facts["servers"]
        if "reverse-proxy" in each["roles"]
        and each["state"] == "active"
        and _may_reach(facts, each, server)
    ]
    direct = any(
        exposure["destination"] == server["name"]
        and exposure["service"] == "tcp/443"
        and exposure.get("class") == "internet"
        and exposure["verdict"] in ("permit", "partial")
        for exposure in facts.facts["exposures"]
    )
    if lacking:
        verdicts.say("CA012", server["name"], "error" if direct or not proxies else "undecided")
    if open_names or unknown:
        verdicts.say("CA012", server["name"], "undecided")


def _may_reach(facts, proxy, server):
    """Whether a proxy may stand in front: no firewall keeps its network from the web server."""
    here, there = (
        {address.get("zone") for address in each["addresses"]} - {None} for each in (proxy, server)
    )
    if here & there:
        return True
    separated = any(
        here & zones and there & zones
        for zones in (
            {each.get("zone") for each in firewall["interfaces"]} for firewall in facts.facts["firewalls"]
        )
    )
    web = any(
        exposure["from"] in here
        and exposure["destination"] == server["name"]
        and exposure["service"] in ("tcp/80", "tcp/443")
        for exposure in facts.facts["exposures"]
    )
    return web or not separated


def _expires(facts, certificate, verdicts):
    """CE001: a certificate in use that has ended or ends soon."""
    today = datetime.date.fromisoformat(facts.reference_date())
    end = _day(certificate, "NotAfter")
    services = members(certificate, "Services")
    thumbprint = certificate["identity"].rsplit("\\", 1)[-1]
    if services in ([], ["None"]):
        return
    if end is None:
        verdicts.say("CE001", thumbprint, "undecided")
        return
    if end > today + datetime.timedelta(days=30):
        return
    if services is None:
        verdicts.say("CE001", thumbprint, "undecided")
        return
    others = [
        each
        for each in facts.objects("Get-ExchangeCertificate", certificate.get("server"))
        if each is not certificate
    ]
    matters = []
    for service in services:
        replaced = either(
            False, *(_replaces(facts, other, certificate, service, end, today) for other in others)
        )
        matters.append(opposite(replaced))
    severity = _urgency(end, today)
    # Local time without its zone: a day earlier or later may be meant.
    zoned = value(certificate, "NotAfter").endswith("Z")
    shifted = {_urgency(end + datetime.timedelta(days=days), today) for days in (-1, 1)}
    if not zoned and shifted != {severity}:
        severity = LOWER[severity]
    verdicts.decide("CE001", thumbprint, either(*matters), severity)


def _urgency(end, today):
    if end < today:
        return "error"
    return "warning" if end <= today + datetime.timedelta(days=30) else None


def _replaces(facts, other, certificate, service, end, today):
    """Whether a service uses the other certificate instead."""
    start, last = _day(other, "NotBefore"), _day(other, "NotAfter")
    shared = True
    if service == "SMTP":
        mine = members(certificate, "CertificateDomains")
        if members(other, "CertificateDomains") == []:
            shared = False
        else:
            shared = None if mine is None else either(False, *(_carries(other, name) for name in mine))
    return both(
        has(other, "Services", service),
        None if start is None else start <= today,
        None if last is None else last > end,
        shared,
    )


def _smtp_names(facts, server, verdicts):
    """CE003: names of a server without a certificate for SMTP."""
    asked = facts.ran("Get-ExchangeServer") or facts.ran("Get-ReceiveConnector")
    if server["state"] != "active" or not asked:
        return
    names, perhaps, unknown = set(), set(), "fqdn" not in server
    if "fqdn" in server:
        names.add(server["fqdn"])
    for connector in facts.objects("Get-ReceiveConnector", server["name"]):
        offers = both(holds(connector, "Enabled"), has(connector, "AuthMechanism", "Tls"))
        name = value(connector, "Fqdn")
        if offers is False or name is None or isinstance(name, str) and "." not in name:
            continue
        if name is MISSING:
            unknown = True
        else:
            (names if offers else perhaps).add(name.lower())
    lacking, open_names = _missing(facts, server, "SMTP", names)
    doubtful = set().union(*_missing(facts, server, "SMTP", perhaps))
    if lacking:
        verdicts.say("CE003", server["name"], "error")
    if open_names or doubtful or unknown:
        verdicts.say("CE003", server["name"], "undecided")
