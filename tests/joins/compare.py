#!/usr/bin/env python3
"""Compares twenty rules that join facts with a second opinion.

    python3 tests/joins/compare.py [--exlint FILE] [--policy DIR] [--estates N] [--seed N] [--keep DIR]

Makes random small estates (`estates.py`), asks `exlint facts` for their facts and
`exlint check` for its findings, and decides the rules once more from the facts, in a
naive way (`decide_*.py`), written from the catalogue and the pages of the rules. Compared
is for every rule and every thing that it looks at whether it is silent, undecided, or
fires, and with which severity.

Needs nothing else than the standard library. Without --exlint, cargo builds it.
Exit code: 0 equal, 1 different, 2 could not compare.
"""

import argparse
import collections
import functools
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import decide_certificates
import decide_connectors
import decide_flows
import decide_relays
import estates
from facts import Facts
from verdicts import Verdicts

ROOT = pathlib.Path(__file__).resolve().parents[2]
RULES = set(
    "FR003 FR004 FR005 FS001 FS002 FU002 FU005 FU008 RC001 RC002 RC004 RC006 CA003 CA012 CE001 CE003 XC001 XC002 TC001 SC003".split()
)


def run(program, folder, *arguments):
    """What exlint says of an estate, as JSON."""
    done = subprocess.run(
        [*program, *arguments, "."], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    if done.returncode not in (0, 1):
        raise OSError(f"{folder}: exit code {done.returncode}: {done.stderr.decode()[-1500:]}")
    return json.loads(done.stdout)


def things(rule, subject, place):
    """The things that a finding or an open question is about."""
    if rule == "CE001":
        return [re.split(r"[ \\]", subject)[-1]]
    if rule == "CA003":
        return [re.sub(r"^Get-\w+ ", "", subject)]
    if rule in ("FU002", "FU008"):
        # An open question may be about a network as a whole.
        zone, _, servers = subject.partition(": ")
        return [f"{zone}: {server}{place}" for server in servers.split(", ")] if servers else [zone]
    return [subject + place] if rule == "FU005" else [subject]


def found(answer):
    """What exlint decided, in the same words as `Verdicts`."""
    verdicts = Verdicts()
    for finding in answer["findings"]:
        rule = finding["rule"]["id"]
        place = f" {finding['primary']['file']}:{finding['primary']['line']}"
        for thing in things(rule, finding["subject"], place) if rule in RULES else []:
            verdicts.say(rule, thing, finding["severity"])
    for question in answer["undecided"]:
        rule = question["rule"]["id"]
        # An Edge is asked about once, whichever Hub the question is about.
        subject = question["subject"].split(" -> ")[-1] if rule == "FR003" else question["subject"]
        for thing in things(rule, subject, "") if rule in RULES else []:
            verdicts.say(rule, thing, "undecided")
    return verdicts.found


def precedence():
    """The rules that take precedence over each rule, from their METADATA."""
    over = collections.defaultdict(set)
    for file in ROOT.glob("policies/*/*/rule.rego"):
        text = file.read_text(encoding="utf-8")
        speaks = re.search(r"^#   id: (\w+)", text, re.M).group(1)
        silent = re.search(r"^#   supersedes: \[(.*)\]", text, re.M)
        for rule in silent.group(1).split(", ") if silent else []:
            over[rule].add(speaks)
    return over


def said_by_others(answer, over):
    """Whether a rule that takes precedence over one found something on the same thing, or
    a finding of the rule shows the place among others with the same cause."""
    spoken = {(finding["rule"]["id"], finding["subject"]) for finding in answer["findings"]}
    shown = {
        (finding["rule"]["id"], f"{finding['subject']} {place['file']}:{place['line']}")
        for finding in answer["findings"]
        for place in finding["related"]
    }
    return lambda rule, thing: (rule, thing) in shown or any(
        (other, thing) in spoken for other in over[rule]
    )


def expected(facts, folder):
    """What the second opinion is."""
    texts = functools.cache(lambda name: (folder / name).read_bytes())
    verdicts = Verdicts()
    for part in (decide_flows, decide_connectors, decide_relays, decide_certificates):
        part.decide(Facts(facts, texts), verdicts)
    return verdicts.found


def differences(number, folder, program, counts):
    """Lines that tell where the two disagree about an estate."""
    estates.make(number, folder)
    theirs = expected(run(program, folder, "facts"), folder)
    answer = run(program, folder, "check", "--select", ",".join(sorted(RULES)), "--format", "json")
    ours, told = found(answer), said_by_others(answer, precedence())
    for (rule, _), verdicts in theirs.items():
        for verdict in verdicts:
            counts[rule, verdict] += 1
    lines = []
    for key in sorted(ours.keys() | theirs.keys()):
        if key not in ours and told(*key):
            continue
        if ours.get(key) != theirs.get(key):
            shown = [" and ".join(sorted(side.get(key, ["silent"]))) for side in (ours, theirs)]
            lines.append(f"estate {number}: {key[0]} {key[1]}: exlint {shown[0]}, expected {shown[1]}")
    return lines


def main(options):
    program = [*options.exlint]
    for folder in options.policy:
        program += ["--policy", str(pathlib.Path(folder).resolve())]
    counts, different = collections.Counter(), 0
    with tempfile.TemporaryDirectory() as temporary:
        home = pathlib.Path(options.keep or temporary)
        for number in range(options.seed, options.seed + options.estates):
            for line in differences(number, home / str(number), program, counts):
                different += 1
                print(line, flush=True)
    for rule in sorted(RULES):
        told = ", ".join(
            f"{counts[rule, verdict]} {verdict}" for verdict in ("error", "warning", "note", "undecided")
        )
        print(f"{rule}: {told}")
    print(
        f"{options.estates} estates, {sum(counts.values())} verdicts that are not silence: {different} different"
    )
    return 1 if different else 0


def parse():
    cargo = ["cargo", "run", "--quiet", "--manifest-path", str(ROOT / "Cargo.toml"), "--"]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--exlint", type=lambda path: [str(pathlib.Path(path).resolve())], default=cargo)
    parser.add_argument("--policy", action="append", default=[])
    parser.add_argument("--estates", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        sys.exit(main(parse()))
    except OSError as error:
        print(f"could not compare: {error}", file=sys.stderr)
        sys.exit(2)
