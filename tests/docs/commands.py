#!/usr/bin/env python3
"""Runs every command that the README and the documents show.

    python3 tests/docs/commands.py --exlint FILE [--skip-unknown] [PAGE...]

Blocks `sh` and `console`, and indented ones that begin with a program, are run
line by line in a scratch folder, one for each page, with `exlint` the program
under test:

- `exports` is the estate fixtures/contoso, and so is the current folder's
  `fixtures/contoso`; `before` and `after` are the firewalls of that estate
  before and after a change; the folder is a git repository whose HEAD has that
  change in `exports`, and whose branch `main` has not.
- A command must end with 0, `exlint` and `exlint check` with 0 or 1; a comment
  behind it that says `ends with 1` wants just that.
- What a `console` block shows must be printed, line by line; `…` stands for
  anything.
- `cargo run --release --` stands for the program, `cargo test` is left out.
- What is piped to a program that this machine lacks is left out.
- `<!-- not run: REASON -->` in front of a block leaves it out. The reasons are
  printed.

Blocks of TOML are given to exlint as the `exlint.toml` of an estate, which must
take them; blocks of YAML must be readable as such. Code within sentences is not
run; its subcommands and options must exist, as must what links lead to.

With --skip-unknown a command of which this build knows an option or a format
not is said and left out, instead of failing.

Exit code: 0 all run, 1 not.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib

import pages

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Pages on which an option that stands alone is one of exlint.
USERS = {"README.md", "docs/auditor.md", "docs/hook.md", "docs/output.md", "docs/trace.md", "docs/writing-rules.md"}
CHANGE = "access-list outside_in extended permit tcp any any eq 50389\n"
# What a build says of options, values and commands that it does not have: it
# takes the name of a command for that of a folder.
UNKNOWN = re.compile(r"there is no option|is no value for|cannot read (baseline|config|diff|new):|値として使用できません")


class Exlint:
    """The program under test: its subcommands and options, as its help tells."""

    def __init__(self, file):
        self.file = pathlib.Path(file).resolve()
        self.known = {None: self.help()}
        names = re.findall(r"(?m)^  ([a-z-]+) {2,}\S", self.known[None].split("Options:")[0])
        for name in names:
            self.known[name] = self.help(name)

    def help(self, *command):
        done = subprocess.run([self.file, *command, "--help"], capture_output=True, text=True)
        return done.stdout

    def problem(self, words):
        """What of `exlint …` does not exist, or None."""
        command = next((word for word in words if re.fullmatch("[a-z][a-z-]+", word)), None)
        command = command if words and command == words[0] else None
        if command and command not in self.known:
            return f"no subcommand `{command}`"
        text = self.known[command]
        for word in words:
            option = re.match(r"--[a-z][a-z-]*", word)
            if option and not re.search(rf"(?m)(^|[\s\[|]){option.group()}\b(?!-)", text):
                return f"no option `{option.group()}`" + (f" of `{command}`" if command else "")
        return None

    def nowhere(self, option):
        """That no command has an option, or None."""
        name = option.partition("=")[0]
        if any(re.search(rf"{re.escape(name)}\b(?!-)", text) for text in self.known.values()):
            return None
        return f"no option `{name}` of any command"


def change(text):
    """A firewall as after the change."""
    lines = text.splitlines(keepends=True)
    first = next(n for n, line in enumerate(lines) if line.startswith("access-list outside_in "))
    return "".join([*lines[:first], CHANGE, *lines[first:]])


def git(folder, *words):
    subprocess.run(["git", "-c", "user.name=Test", "-c", "user.email=test@contoso.example", *words],
                   cwd=folder, check=True, capture_output=True)


def prepare(folder):
    """The folder in which a page's commands run."""
    # Commands read these and write none.
    for name in ("fixtures", "policies", "docs"):
        (folder / name).symlink_to(ROOT / name)
    contoso = ROOT / "fixtures" / "contoso"
    for name in ("exports", "before", "after"):
        shutil.copytree(contoso, folder / name)
    for name in ("after",):
        outer = folder / name / "fw" / "outer.cfg"
        outer.write_text(change(outer.read_text()))
    git(folder, "init", "--quiet", "--initial-branch", "main")
    git(folder, "add", "exports")
    git(folder, "commit", "--quiet", "--message", "Estate")
    git(folder, "checkout", "--quiet", "-b", "change")
    outer = folder / "exports" / "fw" / "outer.cfg"
    outer.write_text(change(outer.read_text()))
    git(folder, "commit", "--quiet", "--all", "--message", "Change")
    git(folder, "update-ref", "refs/remotes/origin/main", "main")


def shows(command, printed):
    """The first line that a page shows and the program does not print, or None."""
    at, free = 0, False
    lines = [line.rstrip() for line in printed.splitlines()]
    for line in (line.rstrip() for line in command.shown):
        if line.strip() == "…":
            free = True
            continue
        pattern = re.compile(".*".join(map(re.escape, line.split("…"))))
        while at < len(lines) and not pattern.fullmatch(lines[at]):
            if not free and at:
                return line
            at += 1
        if at == len(lines):
            return line
        at, free = at + 1, False
    return None


def programs(text):
    """Programs at the ends of pipes, which a machine may lack."""
    return [part.split()[0] for part in text.split("|")[1:] if re.match(r"[ ]*[a-z]+\b", part)]


def is_check(text):
    """Whether findings may make the command end with 1."""
    words = re.sub(r"#.*", "", text).split("|")[-1].split()
    words = [word for word in words if not re.match(r"[A-Z_]+=", word)]
    return words[:2] == ["exlint", "check"] or (
        words[:1] == ["exlint"] and (len(words) == 1 or not re.fullmatch("[a-z]+", words[1])))


class Run:
    """One page, with what went wrong on it."""

    def __init__(self, exlint, skip):
        self.exlint, self.skip = exlint, skip
        self.done, self.left, self.failures = 0, [], []

    def fail(self, page, line, what):
        self.failures.append(f"{page}:{line}: {what}")

    def page(self, page):
        text = (ROOT / page).read_text()
        found = list(pages.blocks(text))
        if any(pages.is_commands(block) for block in found):
            with tempfile.TemporaryDirectory(prefix="exlint-docs-") as name:
                folder = pathlib.Path(name)
                place = folder / "work"
                place.mkdir()
                prepare(place)
                (folder / "bin").mkdir()
                (folder / "bin" / "exlint").symlink_to(self.exlint.file)
                for block in found:
                    self.block(page, block, place, folder)
        for block in found:
            self.data(page, block)
        for line, code in pages.inline(text):
            self.inline(page, line, code)
        for line, target in pages.links(text):
            self.link(page, line, target)

    def link(self, page, line, target):
        name, _, heading = target.partition("#")
        file = (ROOT / page).parent / name if name else ROOT / page
        if not file.exists():
            self.fail(page, line, f"a link to {target}, which is not there")
        elif heading and heading not in pages.anchors(file.read_text()):
            self.fail(page, line, f"a link to {target}: no such heading")

    def block(self, page, block, place, folder):
        if not pages.is_commands(block):
            return
        if block.not_run:
            self.left.append(f"{page}:{block.line}: not run: {block.not_run}")
            return
        env = {key: value for key, value in os.environ.items() if not key.startswith(("LC_", "EXLINT_"))}
        env.update(PATH=f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}", HOME=str(folder), LANG="en_US.UTF-8",
                   NO_COLOR="1")
        for command in pages.commands(block):
            command.text = command.text.replace("cargo run --release -- ", "exlint ")
            if command.text.startswith("cargo test"):
                self.left.append(f"{page}:{command.line}: not run: a step of its own in the gate")
                continue
            absent = [word for word in programs(command.text) if not shutil.which(word, path=env["PATH"])]
            if absent:
                self.left.append(f"{page}:{command.line}: not run: {absent[0]} is not on this machine")
                continue
            done = subprocess.run(["bash", "-o", "pipefail", "-c", command.text], cwd=place, env=env, text=True,
                                  capture_output=True, stdin=subprocess.DEVNULL)
            expected = [command.expected] if command.expected is not None else [0, 1] if is_check(command.text) else [0]
            if done.returncode == 2 and 2 not in expected and self.skip and UNKNOWN.search(done.stderr):
                self.left.append(f"{page}:{command.line}: this build does not know it: {command.text}")
                continue
            self.done += 1
            if done.returncode not in expected:
                self.fail(page, command.line, f"{command.text}\n  ends with {done.returncode}, not "
                                              f"{' or '.join(map(str, expected))}\n{done.stderr[-1500:]}")
                continue
            missing = shows(command, done.stdout)
            if missing is not None:
                self.fail(page, command.line, f"{command.text}\n  does not print: {missing}\n{done.stdout[:1500]}")

    def data(self, page, block):
        try:
            if block.language == "toml":
                tomllib.loads(block.text)
                self.configuration(page, block)
            elif block.language == "yaml":
                import yaml
                yaml.safe_load(block.text)
        except Exception as error:
            self.fail(page, block.line, f"the {block.language} cannot be read: {error}")

    def configuration(self, page, block):
        with tempfile.TemporaryDirectory(prefix="exlint-docs-") as name:
            folder = pathlib.Path(name)
            for part in ("exports", "fw"):
                shutil.copytree(ROOT / "fixtures" / "contoso" / part, folder / part)
            shutil.copytree(ROOT / "docs" / "examples" / "rules", folder / "rules")
            (folder / "fw" / "outer-routes.txt").write_text("")
            (folder / "exlint.toml").write_text(block.text)
            done = subprocess.run([self.exlint.file, "check", "--quiet", "exports", "fw"], cwd=folder, text=True,
                                  capture_output=True)
        if done.returncode == 2 and self.skip and re.search(r"exlint\.toml has no (key|section)", done.stderr):
            self.left.append(f"{page}:{block.line}: this build does not know a key of this exlint.toml")
        elif done.returncode not in (0, 1):
            self.fail(page, block.line, f"exlint.toml is refused\n{done.stderr[-1500:]}")

    def inline(self, page, line, code):
        words = code.split()
        if words[:1] == ["exlint"] or (code.startswith("--") and page in USERS):
            problem = self.exlint.problem(words[1:]) if words[0] == "exlint" else self.exlint.nowhere(words[0])
            if problem and self.skip:
                self.left.append(f"{page}:{line}: this build does not know it: {code}")
            elif problem:
                self.fail(page, line, f"`{code}`: {problem}")
        elif words[:1] == ["python3"] and len(words) > 1 and words[1].startswith("tests/"):
            script = ROOT / words[1]
            if not script.is_file():
                self.fail(page, line, f"`{code}`: {words[1]} is not there")
                return
            known = script.read_text()
            for option in (word for word in words[2:] if re.fullmatch("--[a-z-]+", word)):
                if f'"{option}"' not in known:
                    self.fail(page, line, f"`{code}`: no option {option}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--exlint", required=True, help="the program under test")
    parser.add_argument("--skip-unknown", action="store_true", help="leave out what this build does not know")
    parser.add_argument("pages", nargs="*", help="pages, relative to the repository")
    options = parser.parse_args()
    chosen = options.pages or ["README.md", "CONTRIBUTING.md", *sorted(
        str(page.relative_to(ROOT)) for page in (ROOT / "docs").glob("*.md"))]
    exlint = Exlint(options.exlint)

    def one(page):
        run = Run(exlint, options.skip_unknown)
        run.page(page)
        return run

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        runs = list(pool.map(one, chosen))
    left = [line for run in runs for line in run.left]
    failures = [line for run in runs for line in run.failures]
    for line in [*left, *failures]:
        print(line)
    done = sum(run.done for run in runs)
    print(f"{len(chosen)} pages, {done} commands run, {len(left)} left out, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
