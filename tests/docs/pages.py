"""Reads Markdown pages: blocks of commands, and code within sentences."""

import dataclasses
import re

FENCE = re.compile(r"^( {0,3})(```+) *([\w-]*)")
NOT_RUN = re.compile(r"<!-- not run: (.+?) -->")
# First words that make an indented block one of commands.
PROGRAMS = ("exlint", "cargo", "python3", "git", "docker", "scripts/", "pre-commit", "EXLINT_CASES", "fuzz/run")


@dataclasses.dataclass
class Block:
    """A block of code, with the line of its first line."""

    line: int
    language: str
    text: str
    # Why its commands are not run, where the page says so.
    not_run: str | None


@dataclasses.dataclass
class Command:
    """A command, what the page shows of its output, and how it may end."""

    line: int
    text: str
    shown: list[str]
    expected: int | None


def blocks(page):
    """The blocks of a page: fenced ones, and indented ones (language `indented`)."""
    lines = page.splitlines()
    reason, number = None, 0
    while number < len(lines):
        line = lines[number]
        fence = FENCE.match(line)
        if fence:
            indent, marks, language = fence.groups()
            end = number + 1
            while end < len(lines) and not lines[end].startswith(indent + marks):
                end += 1
            text = "\n".join(part.removeprefix(indent) for part in lines[number + 1:end])
            yield Block(number + 2, language, text, reason)
            reason, number = None, end + 1
            continue
        if line.startswith("    ") and (number == 0 or not lines[number - 1].strip() or reason):
            end = number
            while end < len(lines) and (lines[end].startswith("    ") or not lines[end].strip()):
                end += 1
            text = "\n".join(part[4:] for part in lines[number:end]).rstrip()
            yield Block(number + 1, "indented", text, reason)
            reason, number = None, end
            continue
        mark = NOT_RUN.search(line)
        if mark:
            reason = mark.group(1)
        elif line.strip():
            reason = None
        number += 1


def is_commands(block):
    """Whether a block is for a shell."""
    if block.language in ("sh", "console"):
        return True
    return block.language == "indented" and block.text.startswith(PROGRAMS)


def commands(block):
    """The commands of a block. Lines that end with a backslash go on; in a
    `console` block commands begin with `$`, and the rest is what they print."""
    found, open_ = [], False
    for offset, line in enumerate(block.text.splitlines()):
        if open_:
            found[-1].text += "\n" + line
        elif block.language == "console" and not line.startswith("$ "):
            if found:
                found[-1].shown.append(line)
            continue
        elif not line.strip() or line.startswith("#"):
            continue
        else:
            found.append(Command(block.line + offset, line.removeprefix("$ "), [], None))
        open_ = line.endswith("\\")
    for command in found:
        ends = re.search(r"#.*\bends with (\d)", command.text)
        command.expected = int(ends.group(1)) if ends else None
    return found


def inline(page):
    """Code within sentences and tables, with its line: outside of blocks."""
    inside = False
    for number, line in enumerate(page.splitlines(), 1):
        if FENCE.match(line):
            inside = not inside
        elif not inside and not line.startswith("    "):
            for code in re.findall(r"`([^`]+)`", line):
                yield number, code


def links(page):
    """Links to other files and headings, with their lines."""
    for number, line in enumerate(page.splitlines(), 1):
        for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "", line)):
            if not re.match(r"[a-z]+:", target):
                yield number, target


def anchors(page):
    """The headings of a page as GitHub names them in links, and marks of its own."""
    yield from re.findall(r'<a (?:id|name)="([^"]+)"', page)
    for line in page.splitlines():
        heading = re.match(r"#+ (.*)", line)
        if heading:
            words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading.group(1)).lower()
            yield re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
