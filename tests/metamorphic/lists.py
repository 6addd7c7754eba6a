"""Reads and writes exports in the form of Format-List, as plain text."""

import codecs
import re

PROPERTY = re.compile(r"^(\w+)\s+: ?(.*)$")


def read(path):
    """The text of a file and the encoding that it has."""
    data = path.read_bytes()
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF8, "utf-8-sig")):
        if data.startswith(mark):
            return data.decode(encoding), encoding
    return data.decode("cp932", "replace"), "cp932"


def write(path, text, encoding):
    path.write_bytes(text.encode(encoding, "replace"))


def is_list(path):
    """Whether a file is one command's Format-List, as the support bundle writes it."""
    return path.name.upper().endswith("_FL.TXT") and read(path)[0].startswith("Result from:")


def parts(text):
    """The lines before the first object, and the lines of each object."""
    head, objects, current = [], [], None
    for line in text.splitlines(keepends=True):
        if PROPERTY.match(line.rstrip("\r\n")) and current is None:
            current = []
            objects.append(current)
        if current is None:
            (objects[-1] if objects else head).append(line)
        elif line.strip():
            current.append(line)
        else:
            current.append(line)
            current = None
    return head, objects


def spans(lines):
    """First and last line of every property of an object, with its name."""
    found = []
    for number, line in enumerate(lines):
        match = PROPERTY.match(line.rstrip("\r\n"))
        if match:
            found.append([match.group(1), number, number + 1])
        elif found and line.strip():
            found[-1][2] = number + 1
    return found
