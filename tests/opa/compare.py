#!/usr/bin/env python3
"""Compares every built-in rule with OPA itself: equal sets on equal facts. First it
asks whether the flows of each finding hold every server, zone and service that the
finding names, which needs no OPA.

    python3 tests/opa/compare.py [--where-reachable] [--exlint FILE] [--rego-sets FILE]
                                 [FACTS.json | CASES.yaml]...

Without arguments it takes the cases of tests/rules/ and the facts of every
estate in fixtures/. cargo builds the two programs that are asked, unless they
are named. OPA is the Go library inside the package
opa-golib-python-bindings. Its metadata asks for Python 3.14, but the wheel
works with 3.11 when it is unpacked by hand, which is done here, once, below
target/opa. Needs nothing else than the standard library, pip and cargo.

With --where-reachable, a machine from which no package at all can be fetched
says so and passes; a registry that answers and does not give OPA still fails.

Exit code: 0 equal, 1 different, 2 could not compare.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = ROOT / "target" / "opa"
PACKAGE = "opa-golib-python-bindings==0.4.4"


class Unreachable(Exception):
    """No package can be fetched from here."""


def download(package, folder, *options):
    """Fetches a package; whether it came."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    return subprocess.run([*pip, *options, "--dest", str(folder), package]).returncode == 0


def load_opa():
    """Imports the OPA bindings, after download where they are not there."""
    unpacked = CACHE / "unpacked"
    if not (unpacked / "opa_bindings").is_dir():
        CACHE.mkdir(parents=True, exist_ok=True)
        if not download(PACKAGE, CACHE, "--python-version", "3.14", "--only-binary=:all:"):
            with tempfile.TemporaryDirectory() as folder:
                if not download("wheel", folder):
                    raise Unreachable("the package registry does not answer from here")
            raise OSError(f"the registry answers, but does not give {PACKAGE}")
        wheel = next(CACHE.glob("opa_golib_python_bindings-*.whl"))
        zipfile.ZipFile(wheel).extractall(unpacked)
    sys.path.insert(0, str(unpacked))
    from opa_bindings.engine import OpaEngine, OpaError

    return OpaEngine, OpaError


def output(program, *arguments):
    """What a program prints; `program` is a list of its first words."""
    command = [*program, *arguments]
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout


def estates(everything):
    """Fixtures: the whole estates, or every folder with an inventory and those without
    one on purpose."""
    fixtures = ROOT / "fixtures"
    if not everything:
        return [fixtures / name for name in ("contoso", "fabrikam", "showcase", "tailspin")]
    found = {inventory.parent for inventory in fixtures.rglob("exlint.toml")}
    found |= {folder for folder in (fixtures / "forms").iterdir() if folder.is_dir()}
    return sorted(found | {fixtures / "tailspin"})


def inputs(options):
    """Files to compare on: those named, or all that the repository has."""
    if options.inputs:
        return options.inputs
    found = sorted(str(path) for path in (ROOT / "tests" / "rules").glob("*.yaml"))
    CACHE.mkdir(parents=True, exist_ok=True)
    for estate in estates(options.all):
        facts = CACHE / f"{'-'.join(estate.relative_to(ROOT / 'fixtures').parts)}.json"
        facts.write_bytes(output(options.exlint, "facts", str(estate.relative_to(ROOT))))
        found.append(str(facts))
    return found


def canonical(items):
    """A set as a sorted list of texts, so that order does not matter."""
    return sorted(json.dumps(item, sort_keys=True, ensure_ascii=False) for item in items)


def sets_of(engine, OpaError, sets, facts):
    """What OPA says of each of the sets, or the error that stops it."""

    def ask(wanted):
        # An undefined set must not make the whole answer undefined.
        each = ", ".join(f'"{name}": [x | x := data.{name}]' for name in wanted)
        answer = engine.eval_query("sets := {" + each + "}", facts)[0]["sets"]
        return {name: canonical(found[0]) if found else [] for name, found in answer.items()}

    try:
        # In one query: handing the facts over costs more than the rules.
        return ask(sets)
    except OpaError:
        pass
    answers = {}
    for name in sets:
        try:
            answers |= ask([name])
        except OpaError as error:
            answers[name] = [f"error: {error.message}"]
    return answers


# Arguments that name others than who sends and receives: those that may, and the
# networks of a line for the inventory.
OTHERS = {"FU006": {"hubs"}, "FU012": {"gateways"}, "MB002": {"a", "b"}}
SERVICE = re.compile(r"(tcp|udp)/(\d+)(?:-(\d+))?")


def ports(service):
    """Protocol, first and last port of a service; None for what is none."""
    found = SERVICE.fullmatch(service)
    return found and (found[1], int(found[2]), int(found[3] or found[2]))


def named(rule, args):
    """The texts among the arguments of a finding that tell packets."""
    for value in (value for name, value in args.items() if name not in OTHERS.get(rule, ())):
        yield from (item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str))


def lacking(rule, finding, ends):
    """What a finding on flows tells and its flows lack: an allowed flow that covers the
    flows must cover all that the finding says. `ends` has each end that may be named,
    with what it lies within. No allowed flow hides what should pass."""
    flows = finding.get("flows")
    if not flows or finding.get("expected") == "permit":
        return
    told = {end for source, destination, *_ in flows for end in (source, destination)}
    known = [ports(service) for _, _, *rest in flows for service in rest if service]
    for text in named(rule, finding.get("args", {})):
        if text in ends and told.isdisjoint(ends[text]):
            yield text
        wanted = ports(text)
        if wanted and not any(
            has and has[0] == wanted[0] and has[1] <= wanted[1] and wanted[2] <= has[2] for has in known
        ):
            yield text
    if finding.get("actual") == "deny":
        yield "that a denied flow should pass"


def ends_of(facts):
    """Servers and zones by name, each with the names of what it lies within."""
    ends = {zone["name"]: {zone["name"]} for zone in facts["zones"] if "name" in zone}
    for server in facts["servers"]:
        zones = {address["zone"] for address in server.get("addresses", []) if "zone" in address}
        ends[server["name"]] = {server["name"], *zones}
    return ends


def print_lacking(case):
    """Prints what findings tell beyond their flows; how many do."""
    ends = ends_of(case["input"])
    count = 0
    for rule in case["rules"]:
        for finding in rule.get("findings", []):
            beyond = sorted(set(lacking(rule["id"], finding, ends)))
            if beyond:
                count += 1
                print(f"{case['name']}: {rule['id']} {finding['subject']}: flows lack {', '.join(beyond)}")
    return count


def main(options):
    lines = output(options.rego_sets, *inputs(options)).splitlines()
    if len(lines) < 2:
        print("nothing to compare", file=sys.stderr)
        return 2
    if beyond := sum(print_lacking(json.loads(line)) for line in lines[1:]):
        print(f"{beyond} findings tell more than their flows")
        return 1
    OpaEngine, OpaError = load_opa()
    engine = OpaEngine()
    for module in json.loads(lines[0])["modules"]:
        engine.add_policy(module["file"], module["text"])
    compared = elements = different = 0
    for line in lines[1:]:
        case = json.loads(line)
        packages = {rule["id"]: rule["package"].removeprefix("data.") for rule in case["rules"]}
        names = ("findings", "undecided")
        sets = [f"{package}.{name}" for package in packages.values() for name in names]
        answers = sets_of(engine, OpaError, sets, case["input"])
        for rule in case["rules"]:
            for name in names:
                compared += 1
                theirs = answers[f"{packages[rule['id']]}.{name}"]
                ours = canonical(rule[name]) if name in rule else [f"error: {rule['error']}"]
                elements += len(ours)
                both_fail = "error" in rule and theirs and theirs[0].startswith("error: ")
                if ours == theirs or both_fail:
                    continue
                different += 1
                print(f"{case['name']}: {rule['id']} {name}")
                for item in ours:
                    if item not in theirs:
                        print(f"  only exlint: {item}")
                for item in theirs:
                    if item not in ours:
                        print(f"  only OPA:    {item}")
    print(
        f"{compared} sets with {elements} elements over {len(lines) - 1} inputs: "
        f"{different} different"
    )
    return 1 if different else 0


def parse():
    """The command line, with programs as lists of words."""
    cargo = ["cargo", "run", "--quiet"]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--where-reachable", action="store_true")
    parser.add_argument("--all", action="store_true", help="every fixture, not only whole estates")
    for name, build in (("exlint", []), ("rego-sets", ["--example", "rego-sets"])):
        program = [*cargo, *build, "--"]
        parser.add_argument(f"--{name}", type=lambda path: [path], default=program)
    parser.add_argument("inputs", nargs="*")
    return parser.parse_args()


if __name__ == "__main__":
    given = parse()
    try:
        sys.exit(main(given))
    except Unreachable as error:
        print(f"NOT compared with OPA: {error}", file=sys.stderr)
        sys.exit(0 if given.where_reachable else 2)
    except (OSError, subprocess.CalledProcessError, StopIteration) as error:
        print(f"could not compare: {error}", file=sys.stderr)
        sys.exit(2)
