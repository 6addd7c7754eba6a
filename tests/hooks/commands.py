#!/usr/bin/env python3
"""Runs the commands inside action.yml, the GitLab template and the Dockerfile.

    python3 tests/hooks/commands.py --exlint FILE

Taken out of the files and run here with the program under test, because no
runner of GitHub or GitLab and no container engine is at hand: what those
platforms themselves do with the files is not tested. A build of exlint that
lacks a report format which a file asks for skips that part and says so.

Exit code: 0 all as it should be, 1 not.
"""

import argparse
import hashlib
import json
import os
import pathlib
import re
import shutil
import sys
import tarfile
import xml.etree.ElementTree

import yaml

import image
import tools
from action import Runner
from tools import ROOT, check, run

HOSTILE = ['$(touch pwned)', '; touch pwned', '`touch pwned`', '"; touch pwned; "', "a' ; touch pwned '"]


def action_checks(place, exlint, path):
    """The step that checks: faults, none, hostile inputs, hostile files."""
    workspace = place / "github"
    for estate in ("contoso", "contoso-fixed"):
        tools.fixture(estate, workspace / estate)

    faults = Runner(place / "faults", workspace, path, version="installed", paths="contoso", args="--fail-on=error")
    check(faults.run() == 1, f"faults must end with 1\n{faults.log}")
    check(faults.values["steps.check.outputs.exit-code"] == "1", "the output exit-code is 1")
    check(os.access(faults.values["steps.check.outputs.program"], os.X_OK), "the output program is one")
    sarif = json.loads(pathlib.Path(faults.values["steps.check.outputs.sarif"]).read_text())
    check(sarif["version"] == "2.1.0" and sarif["runs"][0]["results"], "SARIF has the findings")
    check("FU005" in faults.summary.read_text(), "the job summary names the findings")
    annotations = [line for line in faults.log.splitlines() if re.match("::(error|warning|notice) ", line)]
    check(annotations, f"annotations follow the text\n{faults.log}")
    check(all("file=contoso/" in line for line in annotations), f"files are those of the repository\n{annotations[0]}")

    clean = Runner(place / "clean", workspace, path, version="installed", sarif="", working_directory="contoso-fixed")
    check(clean.run() == 0, f"an estate in order must end with 0\n{clean.log}")
    check("steps.check.outputs.sarif" not in clean.values, "no SARIF file where none is asked for")

    for text in HOSTILE:
        for inputs in ({"paths": text}, {"args": text}, {"sarif": text}, {"version": text}):
            hostile = Runner(place / "hostile", workspace, path, **{"version": "installed", **inputs})
            hostile.run()
    pwned = list(workspace.rglob("pwned")) + list((place / "hostile").rglob("pwned"))
    check(not pwned, f"an input was run as a command: {pwned}")

    spoken = workspace / "spoken"
    spoken.mkdir()
    shutil.copy(ROOT / "fixtures" / "contoso" / "exlint.toml", spoken)
    shutil.copytree(ROOT / "fixtures" / "contoso" / "fw", spoken / "fw")
    outer = spoken / "fw" / "outer.cfg"
    outer.write_text(re.sub("(?m)^(access-list outside_in extended permit)", "::add-mask::x\n\\1", outer.read_text()))
    runner = Runner(place / "spoken", workspace, path, version="installed", paths="spoken", args="-v", sarif="")
    runner.run()
    stopped, obeyed = None, []
    for line in runner.log.splitlines():
        begins = re.match("::stop-commands::([0-9a-f]{32})$", line)
        if begins:
            stopped = begins.group(1)
        elif stopped and line == f"::{stopped}::":
            stopped = None
        elif stopped is None and re.match(r"\s*::", line) and not re.match("::(error|warning|notice) ", line):
            obeyed.append(line)
    check(stopped is None and not obeyed, f"text of a file reaches the runner as a command: {obeyed}")
    print("action.yml: findings, SARIF, summary, annotations; nothing given is run as a command")


def action_versions(place, exlint, path):
    """Where the program comes from: a build, a release, or neither."""
    workspace = place / "versions"
    tools.fixture("contoso-fixed", workspace)
    programs = place / "programs"
    programs.mkdir()
    fake = programs / "cargo"
    fake.write_text(f'#!/bin/sh\necho "cargo $*"\nwhile [ "$1" != --root ]; do shift; done\n'
                    f'mkdir -p "$2/bin" && cp "{pathlib.Path(exlint).resolve()}" "$2/bin/exlint"\n')
    fake.chmod(0o755)
    # Without an installed exlint on the way.
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"

    built = Runner(place / "built", workspace, path, sarif="")
    code = built.run()
    key = built.values["steps.version.outputs.key"]
    check(re.fullmatch("exlint-Linux-X64-[0-9a-f]{40}", key), f"a key for the cache: {key}")
    arguments = re.search("cargo (install .*)", built.log)
    check(arguments, f"cargo was not called\n{built.log}")
    for word in ("--locked", f"--path {ROOT}", "--root"):
        check(word in arguments.group(1), f"{word} is missing: {arguments.group(1)}")
    know = tools.options_of(exlint)
    if {"github", "github-summary"} <= know:
        check(code == 0, f"the program that was built must check\n{built.log}")

    version, target = "0.1.0", "x86_64-unknown-linux-musl"
    name = f"exlint-{version}-{target}"
    release = place / "release"
    release.mkdir()
    archive = release / f"{name}.tar.gz"
    with tarfile.open(archive, "w:gz", compresslevel=1) as tar:
        tar.add(pathlib.Path(exlint).resolve(), f"{name}/exlint")
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    other = "0" * 64
    gh = programs / "gh"
    gh.write_text(f'#!/bin/sh\necho "gh $*"\ntest "$GH_TOKEN" = a-token || exit 1\ncp "{release}"/* .\n')
    gh.chmod(0o755)
    for sum_, right in ((digest, True), (other, False)):
        (release / "SHA256SUMS").write_text(f"{other}  {name}-sbom.json\n{sum_}  {name}.tar.gz\n")
        fetched = Runner(place / f"fetched-{right}", workspace, path, version=version, sarif="")
        code = fetched.run()
        check(f"release download v{version} --repo contoso/exlint" in fetched.log, f"gh was not asked\n{fetched.log}")
        there = (place / f"fetched-{right}" / "temp" / "exlint" / "bin" / "exlint").exists()
        check(there == right, f"a release with {'its' if right else 'another'} checksum\n{fetched.log}")
        check(right or code != 0, "another checksum must fail")

    missing = Runner(place / "missing", workspace, os.environ["PATH"], version="installed")
    if shutil.which("exlint") is None:
        check(missing.run() == 2, "not installed is an error")
    print("action.yml: builds with a key for the cache, takes a release only with its checksum")


def changed_repository(folder):
    """An estate in git, with a branch that opens a port; the commit before it."""
    tools.fixture("contoso", folder / "exports")
    (folder / "firewalls").mkdir()
    shutil.move(folder / "exports" / "fw", folder / "firewalls" / "fw")
    inventory = folder / "exports" / "exlint.toml"
    (folder / "exlint.toml").write_text(inventory.read_text().replace('"fw/', '"firewalls/fw/'))
    inventory.unlink()
    tools.repository(folder)
    tools.commit_all(folder, "Estate")
    before = run(["git", "rev-parse", "HEAD"], cwd=folder, expect=[0]).stdout.strip()
    outer = folder / "firewalls" / "fw" / "outer.cfg"
    opened = "access-list outside_in extended permit tcp any any eq 50389\n"
    outer.write_text(re.sub("(?m)^(access-list outside_in )", opened + r"\1", outer.read_text(), count=1))
    tools.commit_all(folder, "Open a port")
    return before


def only_opens(told):
    """The change is told, and the paths of the two sides were not taken for each other."""
    check("50389" in told and "FU005" in told, f"the opened port is not told\n{told}")
    check("absent" not in told, f"a port that opens takes no server away\n{told}")


def workflow(place, path):
    """The step of the workflow that tells what a pull request changes."""
    folder = place / "workflow"
    folder.mkdir()
    before = changed_repository(folder)
    steps = yaml.safe_load((ROOT / "ci/github/exlint.yml").read_text())["jobs"]["data-paths"]["steps"]
    step = next(step for step in steps if "run" in step)
    check("${{" not in step["run"], "an expression inside a script can be a command")
    summary = place / "change.md"
    env = {**os.environ, "PATH": path, "EXLINT": "exlint", "BASE": before, "GITHUB_STEP_SUMMARY": str(summary)}
    done = run(["bash", "-e", "-o", "pipefail", "-c", step["run"]], cwd=folder, env=env)
    check(done.returncode == 1, f"an opened port must end with 1\n{done.stdout}")
    only_opens(summary.read_text())
    print("workflow: tells what a pull request changes")


def gitlab(place, path, know_diff):
    """The jobs of the template, with their variables."""
    template = yaml.safe_load((ROOT / "ci/gitlab/exlint.gitlab-ci.yml").read_text())
    folder = place / "gitlab"
    folder.mkdir()
    before = changed_repository(folder)

    def start(name, **variables):
        script = [*template[".exlint"]["before_script"], *template[name]["script"]]
        env = {**os.environ, "PATH": path, **template["variables"], **variables}
        return run(["sh", "-e", "-c", "\n".join(script)], cwd=folder, env=env)

    done = start("exlint", EXLINT_PATHS="exports firewalls", EXLINT_ARGS="--fail-on error")
    check(done.returncode == 1, f"faults must end with 1\n{done.stdout}")
    artifacts = template["exlint"]["artifacts"]
    quality = json.loads((folder / artifacts["reports"]["codequality"]).read_text())
    check({"description", "check_name", "fingerprint", "severity", "location"} <= set(quality[0]), "code quality")
    junit = xml.etree.ElementTree.parse(folder / artifacts["reports"]["junit"])
    check(junit.getroot().tag == "testsuites", "JUnit")
    for name in artifacts["paths"]:
        check((folder / name).stat().st_size > 0, f"{name} is empty")
    for text in HOSTILE:
        start("exlint", EXLINT_PATHS=text, EXLINT_ARGS=text)
    check(not list(folder.rglob("pwned")), "a variable was run as a command")
    print("GitLab template: code quality, JUnit and HTML; variables are words")
    if know_diff:
        told = start("exlint-change", CI_MERGE_REQUEST_DIFF_BASE_SHA=before, EXLINT_PATHS="exports firewalls")
        check(told.returncode == 1, f"an opened port must end with 1\n{told.stdout}")
        only_opens(told.stdout)
        print("GitLab template: tells what a merge request changes")


def test():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--exlint", required=True, help="the program under test")
    exlint = parser.parse_args().exlint
    know = tools.options_of(exlint)
    with tools.scratch() as name:
        place = pathlib.Path(name)
        path = tools.on_path(exlint, place / "bin")
        if {"github", "github-summary", "sarif"} <= know:
            action_checks(place, exlint, path)
        else:
            print("action.yml: this build has no github, github-summary and sarif, the check was not run")
        action_versions(place, exlint, path)
        diff = re.search(r"(?m)^  diff\b", run([exlint, "--help"], expect=[0]).stdout) is not None
        if diff:
            workflow(place, path)
        else:
            print("workflow: this build has no diff, not run")
        if {"gitlab", "junit", "html"} <= know:
            gitlab(place, path, diff)
        else:
            print("GitLab template: this build has no gitlab, junit and html, not run")
        image.test(place, exlint)
    return 0


if __name__ == "__main__":
    sys.exit(tools.main(test))
