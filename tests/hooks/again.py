#!/usr/bin/env python3
"""Checks an estate twice, with reports of every format written into it.

    python3 tests/hooks/again.py --exlint FILE

What the first run wrote must not become an input of the second: equal exit
codes, findings and bytes of every report. Rules of a user that lie in the tree,
whose pages show exports, must not count as exports either.

Exit code: 0 all as it should be, 1 not.
"""

import argparse
import json
import pathlib
import re
import shutil
import sys

import tools
from tools import ROOT, check, run

# What becomes of a name whose content is not told by it.
SUFFIXES = {"human": "txt", "concise": "log", "junit": "xml", "checkstyle": "checkstyle.xml", "gitlab": "gitlab.json",
            "github": "annotations.txt", "github-summary": "md", "markdown": "report.md"}


def formats(exlint):
    """The formats of `exlint check`."""
    text = run([exlint, "check", "--help"], expect=[0]).stdout.split("--output <FILE>")[0]
    return re.findall(r"(?m)^ *- ([a-z-]+):", text)


def findings(exlint, tree):
    """What a run finds in a tree, without writing into it."""
    done = run([exlint, "check", "--format", "json", "--quiet", "."], cwd=tree)
    try:
        return [finding["fingerprint"] for finding in json.loads(done.stdout)["findings"]]
    except (ValueError, KeyError):
        return f"exit code {done.returncode}: {done.stdout[-800:]}"


def test():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--exlint", required=True, help="the program under test")
    exlint = pathlib.Path(parser.parse_args().exlint).resolve()
    with tools.scratch() as name:
        tree = pathlib.Path(name) / "tree"
        tools.fixture("contoso", tree)
        before = findings(exlint, tree)
        check(isinstance(before, list) and before, f"contoso has findings: {before}")

        wanted = {form: tree / f"report.{SUFFIXES.get(form, form)}" for form in formats(exlint)}
        command = [exlint, "check", "."]
        for form, file in wanted.items():
            command += ["--format", form, "--output", file]
        run(command, cwd=tree, expect=[1])
        first = {form: file.read_bytes() for form, file in wanted.items()}
        spoilt = []
        for form, file in wanted.items():
            for other in wanted.values():
                other.unlink(missing_ok=True)
            file.write_bytes(first[form])
            if findings(exlint, tree) != before:
                spoilt.append(file.name)
        check(not spoilt, f"reports that become inputs of the next run: {', '.join(spoilt)}")
        print(f"{len(wanted)} formats: a report in the tree changes nothing")

        for file in wanted.values():
            file.unlink(missing_ok=True)
        shutil.copytree(ROOT / "docs" / "examples" / "rules", tree / "rules")
        after = findings(exlint, tree)
        check(after == before, f"pages of rules in the tree are read as exports: {after}")
        print("rules in the tree: their examples are no exports")
    return 0


if __name__ == "__main__":
    sys.exit(tools.main(test))
