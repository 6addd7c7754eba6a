"""Reads the facts of an estate in the plainest way."""

import ipaddress

MISSING = object()


class Facts:
    """The facts that `exlint facts` printed."""

    def __init__(self, facts, texts):
        self.facts = facts
        self.texts = texts
        self.servers = {server["name"]: server for server in facts["servers"]}

    def objects(self, cmdlet, server=None):
        """Objects of a cmdlet, of one server where it is named."""
        found = self.facts["objects"].get(cmdlet, [])
        return [each for each in found if server is None or each.get("server") == server]

    def ran(self, cmdlet):
        """Whether anybody asked, even if there was no answer."""
        return cmdlet in self.facts["kinds"]

    def with_role(self, *roles):
        """Exchange servers that have one of the roles."""
        return [
            each for each in self.facts["servers"] if each["exchange"] and set(roles) & set(each["roles"])
        ]

    def line(self, ref):
        """FILE:LINE of an evidence reference."""
        file, start, _ = (int(part) for part in ref.split(":"))
        before = self.texts(self.facts["files"][file])[:start]
        return f"{self.facts['files'][file]}:{before.count(chr(10).encode()) + 1}"

    def reference_date(self):
        return self.facts["reference_date"]


def value(thing, name):
    """A property, or MISSING where the export does not tell it."""
    return thing["properties"].get(name, MISSING)


def holds(thing, name):
    """A property that is True or False; None where it is not known."""
    found = value(thing, name)
    return found if isinstance(found, bool) else None


def members(thing, name):
    """The values of a list or of flags; None where they are not known."""
    found = value(thing, name)
    # No list and no flags are printed as nothing at all: null tells nothing.
    if found is MISSING or found is None:
        return None
    return found if isinstance(found, list) else [found]


def has(thing, name, member):
    """Whether a list has a member; None where the list is not known."""
    found = members(thing, name)
    return None if found is None else member in found


def span(text):
    """First and last address of a range of RemoteIPRanges, as numbers, with the version."""
    if "-" in text:
        first, last = (ipaddress.ip_address(part.strip()) for part in text.split("-"))
    elif "/" in text:
        network = ipaddress.ip_network(text, strict=False)
        first, last = network[0], network[-1]
    else:
        first = last = ipaddress.ip_address(text)
    return first.version, int(first), int(last)


def is_single(text):
    """Whether a range is one address."""
    _, first, last = span(text)
    return first == last


def is_loopback(text):
    """Whether a range holds addresses of the host itself only."""
    version, first, last = span(text)
    inside = span("127.0.0.0/8" if version == 4 else "::1")
    return inside[1] <= first and last <= inside[2]


def is_everything(text):
    """Whether a range holds every address of its version."""
    version, first, last = span(text)
    return first == 0 and last + 1 == 2 ** (32 if version == 4 else 128)


def covers(text, address):
    """Whether a range holds an address."""
    version, first, last = span(text)
    asked = ipaddress.ip_address(address)
    return asked.version == version and first <= int(asked) <= last


def width(text):
    """How many addresses a range has."""
    _, first, last = span(text)
    return last - first + 1


def named(pattern, name):
    """Whether a name of a certificate covers a host; a star is one label."""
    pattern, name = pattern.lower(), name.lower()
    if pattern.startswith("*."):
        return name.partition(".")[2] == pattern[2:]
    return pattern == name
