"""What the tests of hooks and templates share: packages from PyPI in virtual
environments below target/, and runs of commands that show what went wrong."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
HOME = ROOT / "target" / "hooks"


class Failed(Exception):
    """Something is not as it should be; the text says what."""


def check(condition, what):
    """Fails unless something holds."""
    if not condition:
        raise Failed(what)


def packages(name, wanted):
    """The folder with the programs of some packages, which are fetched once.

    None where they cannot be had: no registry answers, or it has no build for
    this machine."""
    folder = HOME / name
    ready = folder / "ready"
    if not ready.exists() or ready.read_text() != " ".join(wanted):
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet",
               "--disable-pip-version-check", "--only-binary=:all:"]
        if subprocess.run([*pip, *wanted]).returncode != 0:
            return None
        ready.write_text(" ".join(wanted))
    return folder / "bin"


def run(command, cwd=None, expect=None, env=None, stdin=None):
    """Runs a command; an exit code other than one of `expect` fails."""
    done = subprocess.run([str(word) for word in command], cwd=cwd, env=env, input=stdin,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if expect is not None and done.returncode not in expect:
        raise Failed(f"{' '.join(map(str, command))}: exit code {done.returncode}, "
                     f"not {' or '.join(map(str, expect))}\n{done.stdout}")
    return done


def repository(folder):
    """Makes a folder a git repository whose commits need no settings of the user."""
    folder.mkdir(parents=True, exist_ok=True)
    run(["git", "init", "--quiet", "--initial-branch", "main", folder], expect=[0])
    for key, value in (("user.name", "Test"), ("user.email", "test@contoso.example"),
                       ("commit.gpgsign", "false"), ("core.autocrlf", "false")):
        run(["git", "config", key, value], cwd=folder, expect=[0])


def commit_all(folder, message):
    """Commits everything, without hooks."""
    run(["git", "add", "--all"], cwd=folder, expect=[0])
    run(["git", "commit", "--quiet", "--no-verify", "--message", message], cwd=folder, expect=[0])


def fixture(name, folder):
    """Copies an estate of fixtures/ into a folder."""
    shutil.copytree(ROOT / "fixtures" / name, folder, dirs_exist_ok=True)


def options_of(exlint, command="check"):
    """The options and format names that this build of exlint knows."""
    text = run([exlint, command, "--help"], expect=[0]).stdout
    return set(re.findall(r"(--[a-z][a-z-]*)", text)) | set(re.findall(r"^ *- ([a-z][a-z-]*):", text, re.M))


def scratch():
    """A temporary folder, removed at the end."""
    return tempfile.TemporaryDirectory(prefix="exlint-hooks-")


def on_path(exlint, folder):
    """A folder for PATH in which `exlint` is the program under test."""
    folder.mkdir(parents=True, exist_ok=True)
    link = folder / "exlint"
    if not link.exists():
        link.symlink_to(pathlib.Path(exlint).resolve())
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def main(test):
    """Runs a test; 1 when it fails."""
    try:
        return test()
    except Failed as failed:
        print(f"failed: {failed}", file=sys.stderr)
        return 1
