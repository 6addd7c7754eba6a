"""XC001: connectors that relay, and who reaches them.

Written from the catalogue of rules and their pages, not from the rules.
"""

from decide_connectors import lets_anonymous_in, may_relay
from facts import covers, has, holds, is_everything, members, width
from verdicts import both, either, opposite

TOLD = ["AuthMechanism", "PermissionGroups", "Bindings", "RemoteIPRanges"]


def decide(facts, verdicts):
    for connector in facts.objects("Get-ReceiveConnector"):
        _relay_from_outside(facts, connector, verdicts)


def listens(connector, port):
    """Whether a connector is bound to a port."""
    bindings = members(connector, "Bindings")
    return None if bindings is None else any(binding.rsplit(":", 1)[-1] == port for binding in bindings)


def _narrowest(connector, source):
    """The width of the narrowest range with the source; None if unknown, 0 if there is none."""
    ranges = members(connector, "RemoteIPRanges")
    if ranges is None:
        return None
    return min((width(each) for each in ranges if covers(each, source)), default=0)


def _takes_everybody(facts, connector, port):
    """Whether it answers whatever source a translation shows it."""
    same = [
        each
        for each in facts.objects("Get-ReceiveConnector", connector["server"])
        if holds(each, "Enabled") is not False and listens(each, port) is not False
    ]
    ranges = [members(each, "RemoteIPRanges") for each in same]
    return all(found is not None and all(map(is_everything, found)) for found in ranges)


def _answers(facts, connector, port, source):
    """Whether this connector is the one that answers a source on a port."""
    mine = _narrowest(connector, source)
    if mine is None:
        return None
    answer = mine > 0
    for other in facts.objects("Get-ReceiveConnector", connector["server"]):
        if not answer or other is connector:
            continue
        theirs = _narrowest(other, source)
        narrower = None if theirs is None else 0 < theirs < mine
        answer = both(answer, opposite(both(holds(other, "Enabled"), listens(other, port), narrower)))
    return answer


def _relay_from_outside(facts, connector, verdicts):
    """XC001: a relay that strangers reach."""
    relays = either(
        both(lets_anonymous_in(connector), may_relay(facts, connector)),
        both(
            has(connector, "AuthMechanism", "ExternalAuthoritative"),
            has(connector, "PermissionGroups", "ExchangeServers"),
        ),
    )
    for zone, way in _ways(facts, connector.get("server")):
        port = way["service"].removeprefix("tcp/")
        # Without a given firewall on the way, another one may be.
        reached = True if way["verdict"] in ("permit", "partial") and way["firewalls"] else None
        source = way.get("witness", {}).get("source")
        translated = any(effect["kind"] == "translated" for effect in way["effects"])
        if source and not translated:
            answers = _answers(facts, connector, port, source)
        else:
            answers = _takes_everybody(facts, connector, port) or None
        # A proof rests on everything that the connector has to say.
        complete = True if all(members(connector, name) is not None for name in TOLD) else None
        fault = both(
            holds(connector, "Enabled"), listens(connector, port), relays, reached, answers, complete
        )
        verdicts.decide("XC001", f"{zone} {connector['identity']}", fault, "error")


def _ways(facts, server):
    """Networks that may hold strangers, with the way from there to a server by SMTP."""
    untrusted = ("internet", "perimeter", "partner")
    ways = [(way["from"], way) for way in facts.facts["exposures"] if way.get("class") in untrusted]
    # That an Edge takes mail from the Internet is no exposure, but a flow.
    ways += [("internet", way) for way in facts.facts["flows"] if way["source"] == "internet"]
    for zone, way in ways:
        if (
            way["destination"] == server
            and way["service"] in ("tcp/25", "tcp/587")
            and way["verdict"] != "deny"
        ):
            yield zone, way
