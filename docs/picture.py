#!/usr/bin/env python3
"""Draws the README's picture: runs exlint on fixtures/contoso and renders what
a terminal of 80 columns would show, as SVG. Python's standard library only.

    cargo build --release && python3 docs/picture.py > docs/contoso.svg
"""

import html
import os
import re
import subprocess
import sys
import unicodedata

COLUMNS = 80
CELL, LINE, PAD = 8.4, 18, 16
COMMAND = [os.environ.get("EXLINT", "target/release/exlint"), "fixtures/contoso", "--color", "always"]
# The sixteen colours of the terminal, on a dark ground.
BASIC = [
    "#3b4252", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#d8dee9",
    "#7f8794", "#ff7b86", "#b1dd8b", "#ffd68a", "#7cc4ff", "#da8fee", "#72d2dd", "#ffffff",
]
PLAIN = "#d8dee9"


def colour_256(number):
    if number < 16:
        return BASIC[number]
    if number < 232:
        number -= 16
        levels = [0, 95, 135, 175, 215, 255]
        return "#%02x%02x%02x" % (
            levels[number // 36], levels[number // 6 % 6], levels[number % 6])
    grey = 8 + (number - 232) * 10
    return "#%02x%02x%02x" % (grey, grey, grey)


def apply(style, codes):
    """Applies one SGR sequence to a style (colour, bold, underline, dim)."""
    colour, bold, underline, dim = style
    codes = [int(c) if c else 0 for c in codes.split(";")]
    while codes:
        code = codes.pop(0)
        if code == 0:
            colour, bold, underline, dim = PLAIN, False, False, False
        elif code == 1:
            bold = True
        elif code == 2:
            dim = True
        elif code == 4:
            underline = True
        elif code == 22:
            bold = dim = False
        elif code == 24:
            underline = False
        elif 30 <= code <= 37:
            colour = BASIC[code - 30]
        elif 90 <= code <= 97:
            colour = BASIC[code - 90 + 8]
        elif code == 39:
            colour = PLAIN
        elif code == 38 and codes[:1] == [5]:
            colour = colour_256(codes[1])
            codes = codes[2:]
        elif code == 38 and codes[:1] == [2]:
            colour = "#%02x%02x%02x" % tuple(codes[1:4])
            codes = codes[4:]
    return colour, bold, underline, dim


def width(text):
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text)


def plain(line):
    return re.sub(r"\x1b\[[0-9;]*m", "", line)


def wrapped(line):
    """Breaks a line where a terminal does, at its last column."""
    line = plain(line)
    return [line[at:at + COLUMNS] for at in range(0, len(line), COLUMNS)]


def spans(line):
    style = (PLAIN, False, False, False)
    at = 0
    for part in re.split(r"(\x1b\[[0-9;]*m)", line):
        match = re.fullmatch(r"\x1b\[([0-9;]*)m", part)
        if match:
            style = apply(style, match.group(1))
        elif part:
            yield at, part, style
            at += width(part)


def draw(lines):
    height = len(lines) * LINE + 2 * PAD + 24
    wide = COLUMNS * CELL + 2 * PAD
    yield (f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide:.0f}" height="{height}" '
           f'viewBox="0 0 {wide:.0f} {height}" role="img" '
           'aria-label="exlint in a terminal of 80 columns">')
    yield f'<rect width="100%" height="100%" rx="8" fill="#1f232b"/>'
    for index, dot in enumerate(["#ff5f57", "#febc2e", "#28c840"]):
        yield f'<circle cx="{PAD + 6 + index * 18}" cy="16" r="5" fill="{dot}"/>'
    yield ('<g font-family="\'DejaVu Sans Mono\', Menlo, Consolas, \'Noto Sans Mono CJK JP\', '
           'monospace" font-size="14" xml:space="preserve">')
    for row, line in enumerate(lines):
        y = PAD + 24 + row * LINE + 4
        for at, text, (colour, bold, underline, dim) in spans(line):
            if not text.strip():
                continue
            extra = ' font-weight="bold"' if bold else ""
            extra += ' text-decoration="underline"' if underline else ""
            extra += ' opacity="0.7"' if dim else ""
            yield (f'<text x="{PAD + at * CELL:.1f}" y="{y}" fill="{colour}" '
                   f'textLength="{width(text) * CELL:.1f}" '
                   f'lengthAdjust="spacingAndGlyphs"{extra}>{html.escape(text)}</text>')
    yield "</g></svg>"


def main():
    environment = {**os.environ, "COLUMNS": str(COLUMNS), "TERM": "xterm-256color"}
    result = subprocess.run(COMMAND, capture_output=True, text=True, env=environment, check=False)
    if result.returncode != 1:
        sys.exit(f"exlint ended with {result.returncode}, not with findings:\n{result.stderr}")
    lines = result.stdout.rstrip("\n").split("\n")
    # One finding whose evidence stands in several files, and the last line.
    first = next(n for n, line in enumerate(lines) if "[FR003]" in line)
    last = next(n for n, line in enumerate(lines) if n > first and "see:" in plain(line))
    shown = ["\x1b[1m$\x1b[0m exlint fixtures/contoso", "  \x1b[2m…\x1b[0m"]
    shown += lines[first:last + 1]
    shown += ["  \x1b[2m…\x1b[0m", *wrapped(lines[-1])]
    sys.stdout.write("\n".join(draw(shown)) + "\n")


if __name__ == "__main__":
    main()
