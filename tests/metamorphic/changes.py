"""Changes to an estate that mean nothing: findings must stay as they are.

Each takes a folder and a random generator, changes files in place, and gives
back a table of new names, or None where there was nothing to change.
"""

import re

import lists

RESERVED = {"any", "any4", "any6", "host", "object", "object-group", "interface"}


def exports(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file() and lists.is_list(path))


def irrelevant_machine(folder, _random):
    """A machine that is of no kind that the catalogue knows, and a note."""
    inventory = folder / "exlint.toml"
    if not inventory.exists():
        return None
    host = '\n[[host]]\nname = "printer9"\nroles = []\naddresses = ["10.250.9.9"]\n'
    inventory.write_text(inventory.read_text() + host)
    (folder / "notes.txt").write_text("Lunch is at twelve.\n")
    return {}


def other_order(folder, random):
    """Every export one folder deeper, so that files come in another order."""
    moved = {}
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        above = path.relative_to(folder).parts
        if len(above) < 2 or above[0] != "exports":
            continue
        order = moved.setdefault(above[1], f"{random.randrange(1000):03}")
        target = folder.joinpath(above[0], order, *above[1:])
        target.parent.mkdir(parents=True, exist_ok=True)
        path.rename(target)
    return {} if moved else None


def renamed_objects(folder, random):
    """Objects, groups and access lists of an ASA under other names."""
    names = {}
    for path in sorted(folder.rglob("*.cfg")):
        text = path.read_bytes().decode("latin-1")
        found = re.findall(
            r"^object-group (?:network|service|protocol|icmp-type) (\S+)", text, re.MULTILINE
        )
        found += re.findall(r"^object (?:network|service) (\S+)", text, re.MULTILINE)
        found += re.findall(r"^access-list (\S+)", text, re.MULTILINE)
        new = {
            name: f"N{random.randrange(10**6):06}-{number}"
            for number, name in enumerate(dict.fromkeys(found))
            if name not in RESERVED
        }
        # Addresses have names too; a word that is both is left alone.
        for name in re.findall(r"^name \S+ (\S+)", text, re.MULTILINE):
            new.pop(name, None)
        words = re.split(r"(\s+)", text)
        path.write_bytes("".join(new.get(word, word) for word in words).encode("latin-1"))
        names |= new
    return names or None


def split_files(folder, random):
    """An export of several objects in two files, each with a part of them."""
    done = False
    for path in exports(folder):
        text, encoding = lists.read(path)
        head, objects = lists.parts(text)
        if len(objects) < 2:
            continue
        at = random.randrange(1, len(objects))
        above = path.relative_to(folder)
        second = folder / above.parent.parent / "more" / above.parent.name / above.name
        second.parent.mkdir(parents=True, exist_ok=True)
        for target, part in ((path, objects[:at]), (second, objects[at:])):
            lists.write(target, "".join([*head, *(line for each in part for line in each)]), encoding)
        done = True
    return {} if done else None


KEEP = [irrelevant_machine, other_order, renamed_objects, split_files]


def fewer_files(folder, random):
    """Without one export."""
    found = sorted(path for path in (folder / "exports").rglob("*") if path.is_file())
    if not found:
        return None
    random.choice(found).unlink()
    return {}


def fewer_properties(folder, random):
    """Without a property of one object."""
    found = exports(folder)
    random.shuffle(found)
    for path in found:
        text, encoding = lists.read(path)
        head, objects = lists.parts(text)
        chosen = random.choice(objects) if objects else []
        known = [span for span in lists.spans(chosen) if span[0] not in NAMING]
        if not known:
            continue
        _, first, last = random.choice(known)
        del chosen[first:last]
        lists.write(path, "".join([*head, *(line for each in objects for line in each)]), encoding)
        return {}
    return None


# What tells which object it is; without it, it is another one.
NAMING = {
    "Identity",
    "Name",
    "Server",
    "Thumbprint",
    "User",
    "ServerName",
    "Guid",
    "DistinguishedName",
    "Id",
}
REMOVE = [fewer_files, fewer_properties]
