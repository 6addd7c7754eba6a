#!/usr/bin/env python3
"""Runs the hooks of .pre-commit-hooks.yaml with the real pre-commit.

    python3 tests/hooks/precommit.py --exlint FILE [--runs N] [--every-file]

In scratch git repositories: a mended estate passes, the same estate with a
fault fails and shows the finding, `git commit` is refused and let through, the
hook for changed files gets these alone. Then the time of a run is compared with
that of a hook which does nothing: the difference is what exlint costs. It is
printed, not judged.

pre-commit installs a hook of `language: rust` with `cargo install`, which would
compile exlint for minutes. So the repository with the hooks, as this test makes
it, has our .pre-commit-hooks.yaml and a crate of a few lines that starts the
program under test: the definitions and pre-commit's way to a Rust hook are the
real ones, the build of exlint itself is not part of this test.

pre-commit comes from PyPI, into target/hooks, once. Exit code: 0 all as it
should be, 1 not.
"""

import argparse
import json
import os
import pathlib
import re
import statistics
import sys
import tempfile
import time

import tools
from tools import ROOT, Failed, run

PRE_COMMIT = "pre-commit==4.7.0"
MANIFEST = ROOT / ".pre-commit-hooks.yaml"
STARTER = """fn main() {
    let status = std::process::Command::new(PROGRAM).args(std::env::args_os().skip(1)).status();
    std::process::exit(status.ok().and_then(|status| status.code()).unwrap_or(2));
}
"""
EXCEPTION = """
[[exception]]
rule = "RC013"
object = "EDGE2\\\\Default internal receive connector EDGE2"
reason = "the log goes elsewhere"
"""
CARGO = '[package]\nname = "exlint"\nversion = "0.0.0"\nedition = "2021"\n[workspace]\n'


class Scratch:
    """A place with a repository of hooks and one that uses them."""

    def __init__(self, place, programs, exlint):
        self.place, self.pre_commit = place, programs / "pre-commit"
        self.env = {**os.environ, "PRE_COMMIT_HOME": str(place / "cache"), "PRE_COMMIT_COLOR": "never",
                    "PATH": tools.on_path(exlint, place / "bin")}
        self.hooks = place / "hooks"
        tools.repository(self.hooks)
        manifest = MANIFEST.read_text()
        if "--ignore" not in tools.options_of(exlint):
            print("this build of exlint has no --ignore: the hooks run without it")
            manifest = re.sub(" --ignore [A-Z0-9,]+", "", manifest)
        (self.hooks / ".pre-commit-hooks.yaml").write_text(manifest)
        (self.hooks / "Cargo.toml").write_text(CARGO)
        (self.hooks / "src").mkdir()
        program = '"' + str(pathlib.Path(exlint).resolve()).replace("\\", "\\\\") + '"'
        (self.hooks / "src" / "main.rs").write_text(STARTER.replace("PROGRAM", program))
        tools.commit_all(self.hooks, "Hooks")
        self.revision = run(["git", "rev-parse", "HEAD"], cwd=self.hooks, expect=[0]).stdout.strip()

    def estate(self, name, hooks):
        """A repository with an estate that is in order, and the hooks that it uses."""
        folder = self.place / name
        tools.fixture("contoso-fixed", folder)
        self.use(folder, hooks)
        tools.repository(folder)
        tools.commit_all(folder, "Estate")
        return folder

    def use(self, folder, hooks, repo=None):
        lines = [f"repos:\n- repo: {repo or self.hooks}\n"]
        if repo is None:
            lines.append(f"  rev: {self.revision}\n")
        lines.append("  hooks:\n")
        lines.extend(f"  - {hook}\n" for hook in hooks)
        (folder / ".pre-commit-config.yaml").write_text("".join(lines))

    def run(self, folder, *arguments, expect):
        return run([self.pre_commit, *arguments], cwd=folder, env=self.env, expect=expect)


def contains(text, wanted, what):
    if wanted not in text:
        raise Failed(f"{what}: `{wanted}` is not in\n{text}")


def lacks(text, unwanted, what):
    if unwanted in text:
        raise Failed(f"{what}: `{unwanted}` is in\n{text}")


def break_firewall(folder):
    """Opens the clear-text directory port of the Edge servers to everybody."""
    configuration = folder / "fw" / "outer.cfg"
    lines = configuration.read_text().splitlines(keepends=True)
    first = next(n for n, line in enumerate(lines) if line.startswith("access-list outside_in "))
    lines.insert(first, "access-list outside_in extended permit tcp any any eq 50389\n")
    configuration.write_text("".join(lines))
    return configuration


def same_apart_from_language():
    """A hook and its twin differ in nothing but where the program comes from."""
    import yaml

    hooks = {hook["id"]: hook for hook in yaml.safe_load(MANIFEST.read_text())}
    if set(hooks) != {"exlint", "exlint-files", "exlint-system", "exlint-files-system"}:
        raise Failed(f"hooks are missing or new: {sorted(hooks)}")
    for name in ("exlint", "exlint-files"):
        here, twin = dict(hooks[name]), dict(hooks[name + "-system"])
        if (here.pop("language"), twin.pop("language")) != ("rust", "system"):
            raise Failed(f"{name}: the languages are not rust and system")
        for hook in (here, twin):
            del hook["id"], hook["description"]
        if here != twin:
            raise Failed(f"{name} and its twin differ: {here} {twin}")


def whole_tree(scratch):
    folder = scratch.estate("whole-tree", ["id: exlint"])
    clean = scratch.run(folder, "run", "--all-files", expect=[0]).stdout
    contains(clean, "Passed", "an estate in order")
    break_firewall(folder)
    broken = scratch.run(folder, "run", "--all-files", expect=[1]).stdout
    for wanted in ("Failed", "exit code: 1", "FU005", "fw/outer.cfg:"):
        contains(broken, wanted, "an open directory port")
    # A change of any file asks about all of them.
    scratch.run(folder, "run", "--files", "exlint.toml", expect=[1])
    print("exlint: passes and fails")
    return folder


def commits(scratch, folder):
    """`git commit` is refused while the fault is there."""
    scratch.run(folder, "install", expect=[0])
    run(["git", "add", "--all"], cwd=folder, expect=[0])
    refused = run(["git", "commit", "--message", "Open a port"], cwd=folder, env=scratch.env, expect=[1])
    contains(refused.stdout, "FU005", "a refused commit")
    run(["git", "checkout", "--quiet", "HEAD", "--", "fw/outer.cfg"], cwd=folder, expect=[0])
    (folder / "notes.txt").write_text("Nothing for exlint.\n")
    run(["git", "add", "--all"], cwd=folder, expect=[0])
    run(["git", "commit", "--message", "Notes"], cwd=folder, env=scratch.env, expect=[0])
    print("git commit: refused, then let through")


CONNECTOR = "exports/HUB1/HUB1_ReceiveConnector_FL.TXT"


def changed_files(scratch):
    folder = scratch.estate("changed-files", ["id: exlint-files\n    verbose: true"])
    clean = scratch.run(folder, "run", "--files", CONNECTOR, expect=[0]).stdout
    # The export, and the inventory that is found from it upwards.
    contains(clean, "2 files", "one changed file")
    other = scratch.run(folder, "run", "--files", "EXPECTED.md", expect=[0]).stdout
    contains(other, "no files to check", "a file of another kind")
    text = (folder / CONNECTOR).read_bytes().decode("utf-16")
    words, times = re.subn(r"(?m)^(ProtocolLoggingLevel +: )Verbose", r"\1None", text)
    if not times:
        raise Failed(f"{CONNECTOR}: no connector logs")
    (folder / CONNECTOR).write_bytes(words.encode("utf-16"))
    scratch.use(folder, ["id: exlint-files\n    args: [--fail-on, note]"])
    broken = scratch.run(folder, "run", "--files", CONNECTOR, expect=[1]).stdout
    contains(broken, "RC013", "a connector without a log")
    lacks(broken, "fw/inner.cfg", "a file that did not change")
    print("exlint-files: gets the changed files alone")


def no_more_than_the_tree(scratch, exlint, every):
    """What the hook for changed files finds in one file, the whole tree has too."""
    import yaml

    hooks = {hook["id"]: hook for hook in yaml.safe_load(MANIFEST.read_text())}
    ignored = set(hooks["exlint-files"]["entry"].split("--ignore ")[1].split()[0].split(","))
    estate = scratch.place / "alone"
    tools.fixture("contoso", estate)
    if "--no-suppressions" in tools.options_of(exlint):
        # An exception that only the whole tree needs.
        with (estate / "exlint.toml").open("a") as inventory:
            inventory.write(EXCEPTION)

    def found(*paths):
        run([exlint, "check", "--format", "json", "--output", report.name, *paths], cwd=estate, expect=[0, 1])
        findings = json.loads(pathlib.Path(report.name).read_text())["findings"]
        return {(f["rule"]["id"], f["primary"]["file"], f["primary"]["line"]) for f in findings}

    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        whole = found(".")
        if "XS001" in {rule for rule, _, _ in whole}:
            raise Failed("the exception hides nothing in the whole tree")
        files = sorted(path for path in estate.rglob("*") if re.search(hooks["exlint-files"]["files"], path.name))
        asked = files if every else files[::4]
        for path in asked:
            alone = found(path.relative_to(estate))
            more = {finding for finding in alone - whole if finding[0] not in ignored}
            if more:
                raise Failed(f"{path.name} alone has findings that the whole tree has not: {sorted(more)}")
    print(f"exlint-files: {len(asked)} files of contoso alone, no finding that the whole tree has not")


def arguments_and_installed(scratch):
    folder = scratch.estate("installed", ["id: exlint-system\n    args: [--fail-on, error, fw, exlint.toml]"])
    scratch.run(folder, "run", "--all-files", expect=[0])
    (folder / "exlint.toml").write_text("[exchang]\n")
    wrong = scratch.run(folder, "run", "--all-files", expect=[1]).stdout
    contains(wrong, "exit code: 2", "a broken inventory")
    print("exlint-system: takes arguments, shows errors")


def nothing_read(scratch):
    """A repository without any export never looks green."""
    folder = scratch.place / "empty"
    tools.repository(folder)
    (folder / "README.md").write_text("Nothing here.\n")
    scratch.use(folder, ["id: exlint"])
    tools.commit_all(folder, "Empty")
    nothing = scratch.run(folder, "run", "--all-files", expect=[1]).stdout
    contains(nothing, "exit code: 3", "a repository without exports")
    print("exlint: nothing recognised is no pass")


def times(scratch, runs):
    """What a run of the hook costs besides pre-commit itself."""
    folder = scratch.place / "times"
    tools.fixture("contoso", folder)
    tools.repository(folder)
    tools.commit_all(folder, "Estate")
    nothing = "id: nothing\n    name: nothing\n    entry: 'true'\n    language: system\n    pass_filenames: false"
    spent = {"nothing": [], "exlint": []}
    for round_ in range(runs + 1):
        for name in spent:
            if name == "nothing":
                scratch.use(folder, [nothing], repo="local")
            else:
                scratch.use(folder, ["id: exlint"])
            run(["git", "add", "--all"], cwd=folder, expect=[0])
            start = time.perf_counter()
            scratch.run(folder, "run", "--all-files", expect=[0] if name == "nothing" else [1])
            if round_:
                spent[name].append(time.perf_counter() - start)
    middle = {name: 1000 * statistics.median(values) for name, values in spent.items()}
    print(f"contoso, median of {runs} runs: a hook that does nothing {middle['nothing']:.0f} ms, "
          f"exlint {middle['exlint']:.0f} ms, difference {middle['exlint'] - middle['nothing']:.0f} ms")


def test():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--exlint", required=True, help="the program under test")
    parser.add_argument("--runs", type=int, default=5, help="runs that are timed")
    parser.add_argument("--every-file", action="store_true", help="check each file of contoso alone, not one of four")
    options = parser.parse_args()
    programs = tools.packages("pre-commit", [PRE_COMMIT])
    if programs is None:
        raise Failed(f"{PRE_COMMIT} cannot be fetched")
    python = programs / "python"
    if pathlib.Path(sys.prefix).resolve() != programs.parent.resolve():
        # Its YAML reader is the one that reads the hooks.
        os.execv(python, [str(python), __file__, *sys.argv[1:]])
    run([programs / "pre-commit", "validate-manifest", MANIFEST], expect=[0])
    same_apart_from_language()
    with tools.scratch() as place:
        scratch = Scratch(pathlib.Path(place), programs, options.exlint)
        folder = whole_tree(scratch)
        commits(scratch, folder)
        changed_files(scratch)
        arguments_and_installed(scratch)
        nothing_read(scratch)
        no_more_than_the_tree(scratch, options.exlint, options.every_file)
        times(scratch, options.runs)
    return 0


if __name__ == "__main__":
    sys.exit(tools.main(test))
