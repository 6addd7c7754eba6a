#!/usr/bin/env python3
"""Changes estates and looks whether findings change as they should.

    python3 tests/metamorphic/compare.py [--exlint FILE] [--policy DIR] [--estates N] [--removals N] [--seed N] [--each]

Over fixtures/contoso, fabrikam and tailspin and random estates of tests/joins:

- an irrelevant machine, another order of files, other names of objects, an export split
  into two files, JSON or CLIXML instead of a list: the findings and questions stay the same;
- a file or a property less, and CSV, which does not tell an empty list from no value: a
  finding may go, or become a question; nothing new is found.
  EXCEPTIONS names the rules that may, each with the reason. With --each, every
  export of more fixtures goes once.

Compared are rule, severity and subject, not the places. Needs the standard library only.
Exit code: 0 as it should be, 1 not, 2 could not compare.
"""

import argparse
import json
import pathlib
import random as randomness
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "joins"))

import changes

import estates

FIXTURES = ["contoso", "fabrikam", "tailspin"]
# Those whose exports go one after another.
EACH = ["contoso", "contoso-fixed", "tailspin", "fabrikam", "showcase", "showcase-fixed"]
# Without these it is another estate: which servers there are, which Edge servers
# are subscribed, and which firewalls.
KEPT = re.compile(r"ExchangeServer|EdgeSubscription|advfirewall|netsh|Firewall|profiles", re.IGNORECASE)
FORMS = ["list", "json", "csv", "clixml"]
# Rules that may find more when less is known, as their pages say.
EXCEPTIONS = {
    "IN001": "finds addresses that no input tells",
    "IN002": "finds values that an export lost",
    "FR006": "is silent where FR021 speaks of the same flows",
    "FS003": "is silent where FS001 speaks of the same servers",
    "FU004": "is silent while it sees the host that needs the directory, in the wrong network",
}


def things(finding):
    """Rule, kind of subject and each thing in it, so that a shorter list is less of the same.

    Of flows, each source with each destination."""
    subject = finding["subject"]
    rule = finding["rule"]["id"]
    sources, arrow, destinations = subject.partition(" -> ")
    if arrow:
        return {
            (rule, f"{source} -> ", destination)
            for source in sources.split(", ")
            for destination in destinations.split(", ")
        }
    head, mark, rest = subject.partition(": ")
    if not mark:
        head, rest = "", subject
    return {(rule, head + mark, item) for item in rest.split(", ")}


def ask(program, folder):
    """(findings with severity, questions, things that were found) of an estate."""
    done = subprocess.run(
        [*program, "check", "--reference-date", "2013-06-03", "--format", "json", "."],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    if done.returncode not in (0, 1):
        raise OSError(f"exit code {done.returncode}: {done.stderr.decode()[-1500:]}")
    answer = json.loads(done.stdout)
    findings = sorted((f["rule"]["id"], f["subject"], f["severity"]) for f in answer["findings"])
    questions = sorted((u["rule"]["id"], u["subject"] or "") for u in answer["undecided"])
    found = set().union(set(), *(things(finding) for finding in answer["findings"]))
    return findings, questions, found


def translated(entries, names):
    """Entries with the old names of objects instead of the new ones."""
    back = {new: old for old, new in names.items()}
    if not back:
        return entries
    pattern = re.compile("|".join(map(re.escape, sorted(back, key=len, reverse=True))))
    return sorted(
        tuple(pattern.sub(lambda match: back[match.group()], part) for part in entry) for entry in entries
    )


class Comparison:
    """Counts what was tried, and prints what is not as it should be."""

    def __init__(self, program):
        self.program, self.tried, self.wrong = program, 0, 0

    def complain(self, name, change, text):
        self.wrong += 1
        print(f"{name}: {change}: {text}", flush=True)

    def same(self, name, change, before, after, names):
        """The same findings and questions."""
        self.tried += 1
        for kind, old, new in zip(("finding", "question"), before[:2], after[:2]):
            new = translated(new, names)
            for entry in [entry for entry in old if entry not in new]:
                self.complain(name, change, f"lost {kind} {' '.join(entry)}")
            for entry in [entry for entry in new if entry not in old]:
                self.complain(name, change, f"new {kind} {' '.join(entry)}")

    def fewer(self, name, change, before, after):
        """No finding that was not there."""
        self.tried += 1
        for rule, head, item in sorted(after[2] - before[2]):
            if rule not in EXCEPTIONS:
                self.complain(name, change, f"new finding {rule} {head}{item}")


def copies(source, folder, change, random):
    """A changed copy: the table of new names, or None where nothing was changed."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(source, folder)
    return change(folder, random)


def examine(comparison, name, source, folder, random, removals):
    """All changes of one estate."""
    before = ask(comparison.program, source)
    for change in changes.KEEP:
        names = copies(source, folder, change, random)
        if names is not None:
            comparison.same(name, change.__name__, before, ask(comparison.program, folder), names)
    for change in changes.REMOVE:
        for _ in range(removals):
            if copies(source, folder, change, random) is not None:
                comparison.fewer(name, change.__name__, before, ask(comparison.program, folder))


def each_export(comparison, name, folder):
    """Without one export after another."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "fixtures" / name, folder)
    before = ask(comparison.program, folder)
    exports = (path for path in sorted((folder / "exports").rglob("*")) if path.is_file())
    for path in exports:
        if KEPT.search(path.name):
            continue
        content = path.read_bytes()
        path.unlink()
        after = ask(comparison.program, folder)
        comparison.fewer(name, f"without {path.relative_to(folder)}", before, after)
        path.write_bytes(content)


def forms(comparison, number, home):
    """One random estate in every form of export."""
    answers = []
    for form in FORMS:
        estates.make(number, home / form, form)
        answers.append(ask(comparison.program, home / form))
    for form, answer in zip(FORMS[1:], answers[1:]):
        # A cell of CSV does not tell an empty list from no value.
        if form == "csv":
            comparison.fewer(f"estate {number}", form, answers[0], answer)
        else:
            comparison.same(f"estate {number}", form, answers[0], answer, {})


def main(options):
    program = [*options.exlint]
    for folder in options.policy:
        program += ["--policy", str(pathlib.Path(folder).resolve())]
    comparison = Comparison(program)
    random = randomness.Random(options.seed)
    with tempfile.TemporaryDirectory() as temporary:
        home = pathlib.Path(temporary)
        for name in FIXTURES:
            source = home / "source"
            shutil.rmtree(source, ignore_errors=True)
            shutil.copytree(ROOT / "fixtures" / name, source)
            examine(comparison, name, source, home / "changed", random, options.removals * 5)
        for number in range(options.seed, options.seed + options.estates):
            source = home / "source"
            estates.make(number, source)
            examine(comparison, f"estate {number}", source, home / "changed", random, options.removals)
            forms(comparison, number, home)
        for name in EACH if options.each else []:
            each_export(comparison, name, home / "each")
    print(f"{comparison.tried} changed estates: {comparison.wrong} differences that should not be")
    return 1 if comparison.wrong else 0


def parse():
    cargo = ["cargo", "run", "--quiet", "--manifest-path", str(ROOT / "Cargo.toml"), "--"]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--exlint", type=lambda path: [str(pathlib.Path(path).resolve())], default=cargo)
    parser.add_argument("--policy", action="append", default=[])
    parser.add_argument("--estates", type=int, default=5)
    parser.add_argument("--removals", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--each", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        sys.exit(main(parse()))
    except OSError as error:
        print(f"could not compare: {error}", file=sys.stderr)
        sys.exit(2)
