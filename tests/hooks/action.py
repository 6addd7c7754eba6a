"""Runs action.yml as a runner of GitHub does: expressions, outputs of steps,
files for outputs and summaries. Steps that use other actions are not run."""

import os
import re
import subprocess

import yaml

from tools import ROOT, Failed

ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
EXPRESSION = re.compile(r"\$\{\{ *([a-z_.-]+) *\}\}")


class Runner:
    """One use of the action, in a folder, with inputs."""

    def __init__(self, place, workspace, path, **inputs):
        known = ACTION["inputs"]
        given = {name.replace("_", "-"): value for name, value in inputs.items()}
        if set(given) - set(known):
            raise Failed(f"no such inputs: {set(given) - set(known)}")
        self.place, self.workspace, self.path = place, workspace, path
        self.values = {f"inputs.{name}": given.get(name, known[name].get("default", "")) for name in known}
        self.values["github.action_repository"] = "contoso/exlint"
        self.values["github.token"] = "a-token"
        self.place.mkdir(parents=True, exist_ok=True)
        self.summary = place / "summary.md"
        self.log = ""

    def fill(self, text):
        def value(match):
            name = match.group(1)
            if name in self.values:
                return self.values[name]
            if name.startswith("steps."):
                return ""
            raise Failed(f"unknown expression {match.group(0)}")

        before = None
        while before != text:
            before, text = text, EXPRESSION.sub(value, text)
        return text

    def wanted(self, step):
        """Whether the `if` of a step holds: comparisons joined with `&&`."""
        for term in filter(None, step.get("if", "").split(" && ")):
            match = re.fullmatch(r"([a-z_.-]+) (==|!=) '(.*)'", term)
            if not match:
                raise Failed(f"a condition that this test cannot read: {term}")
            name, sign, text = match.groups()
            if (self.values.get(name, "") == text) != (sign == "=="):
                return False
        return True

    def run(self):
        """Runs the steps until one fails; its exit code, and all that was printed."""
        for number, step in enumerate(ACTION["runs"]["steps"]):
            if not self.wanted(step):
                continue
            if "uses" in step:
                if not re.fullmatch(r"[\w/.-]+@[0-9a-f]{40}", step["uses"]):
                    raise Failed(f"{step['uses']} is not pinned to a commit")
                continue
            code = self.step(number, step)
            if code:
                return code
        return 0

    def step(self, number, step):
        if "${{" in step["run"]:
            raise Failed(f"{step['name']}: an expression inside a script can be a command")
        outputs = self.place / f"outputs-{number}"
        outputs.write_text("")
        env = {"PATH": self.path, "HOME": str(self.place), "RUNNER_TEMP": str(self.place / "temp"),
               "RUNNER_OS": "Linux", "RUNNER_ARCH": "X64", "GITHUB_ACTION_PATH": str(ROOT),
               "GITHUB_OUTPUT": str(outputs), "GITHUB_STEP_SUMMARY": str(self.summary), "LANG": "C.UTF-8"}
        if "CARGO_HOME" in os.environ:
            env["CARGO_HOME"] = os.environ["CARGO_HOME"]
        (self.place / "temp").mkdir(exist_ok=True)
        self.summary.touch()
        env.update({key: self.fill(value) for key, value in step.get("env", {}).items()})
        script = self.place / f"step-{number}.sh"
        script.write_text(step["run"])
        folder = self.workspace / self.fill(step.get("working-directory", "."))
        done = subprocess.run(["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)],
                              cwd=folder, env=env, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.log += done.stdout
        for line in outputs.read_text().splitlines():
            name, _, value = line.partition("=")
            self.values[f"steps.{step.get('id')}.outputs.{name}"] = value
        return done.returncode
