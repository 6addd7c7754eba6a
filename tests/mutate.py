#!/usr/bin/env python3
"""Breaks the evaluator in plausible ways, one at a time, and shows which tests
of `flow` notice.

    python3 tests/mutate.py [NUMBER]...

Works on a copy of the sources below target/. All mutations are compiled in at
once, each behind a switch that the environment's EXLINT_MUTANT sets, so one
build serves for all. A mutation whose text is not found any more is an error.

Exit code: 0 all caught, 1 one was not caught, 2 it could not be tried.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
COPY = ROOT / "target" / "mutants"
SWITCH = """
/// Which mutation is on.
pub(crate) fn mutant(number: u8) -> bool {
    static ON: std::sync::OnceLock<u8> = std::sync::OnceLock::new();
    let read = || std::env::var("EXLINT_MUTANT").ok().and_then(|n| n.parse().ok());
    *ON.get_or_init(|| read().unwrap_or(0)) == number
}
"""
# What is broken, where, the text and what stands there instead.
MUTATIONS = [
    (
        "a port range ends one too early",
        "sets.rs",
        "Self::range(range.low, range.high)",
        "Self::range(range.low, if crate::mutant(1) { range.high.saturating_sub(1).max(range.low) } else { range.high })",
    ),
    (
        "rules are asked from the last to the first",
        "evaluate/run.rs",
        "for index in from..filter.rules.len() {",
        "for index in from..filter.rules.len() { let index = if crate::mutant(2) { from + (filter.rules.len() - 1 - index) } else { index };",
    ),
    (
        "a default that denies permits",
        "evaluate/run.rs",
        ".extend(left.into_iter().map(|f| (f, End::Deny(default)))),",
        ".extend(left.into_iter().map(|f| (f, if crate::mutant(3) { End::Permit(default) } else { End::Deny(default) }))),",
    ),
    (
        "a mask is taken for its inverse",
        "resolve.rs",
        "    let tail = care.trailing_zeros();",
        "    let care = if crate::mutant(4) { !care } else { care };\n    let tail = care.trailing_zeros();",
    ),
    (
        "the last translation that matches counts",
        "nat.rs",
        "for (known, rule) in self.nat_rules() {",
        "for (known, rule) in { let mut all: Vec<_> = self.nat_rules().collect(); if crate::mutant(5) { all.reverse(); } all } {",
    ),
    (
        "the negation of a service is ignored",
        "resolve/services.rs",
        "            ServiceMatch::NoneOf(terms) => {\n                let bounds = self.service_terms(terms.iter());",
        "            ServiceMatch::NoneOf(terms) => {\n                let bounds = self.service_terms(terms.iter());\n                if crate::mutant(6) { return bounds; }",
    ),
    (
        "a return from a called chain also leaves the caller",
        "evaluate/run.rs",
        "way.left.extend(returned);",
        "if crate::mutant(7) { way.returned.extend(returned) } else { way.left.extend(returned) }",
    ),
    (
        "`established` also matches new connections",
        "evaluate/run.rs",
        "StateMatch::Established => self.context.state == ConnectionState::Established,",
        "StateMatch::Established => crate::mutant(8) || self.context.state == ConnectionState::Established,",
    ),
    (
        "an unknown condition is ignored",
        "evaluate.rs",
        "Decision::Unknown(reason) => add_reasons(&mut reasons, &[reason]),",
        "Decision::Unknown(reason) => if !crate::mutant(9) { add_reasons(&mut reasons, &[reason]) },",
    ),
    (
        "lists see real addresses where they speak of mapped ones",
        "crossing/stages.rs",
        "        let views: &[View] = match stage.view {",
        "        let mapped = if crate::mutant(10) && stage.view == AddressView::Mapped { View::Real } else { mapped };\n        let views: &[View] = match stage.view {",
    ),
    (
        "what one of two firewalls leaves open is forgotten",
        "walk.rs",
        "PartVerdict::Permit if flight.doubtful => PartVerdict::Inconclusive,",
        "PartVerdict::Permit if flight.doubtful && !crate::mutant(11) => PartVerdict::Inconclusive,",
    ),
    (
        "the other end of twice NAT gets the server's port",
        "nat.rs",
        "let ports = rule.destination_service.as_deref();",
        "let ports = if crate::mutant(12) { rule.service.as_deref() } else { rule.destination_service.as_deref() };",
    ),
    (
        "a rule that matches only possibly hides others",
        "hiding/search.rs",
        "            let sure = &matched.surely;",
        "            let sure = &if crate::mutant(13) { matched.possibly().to_vec() } else { matched.surely.clone() };",
    ),
    (
        "a rule is among those before it",
        "hiding/search.rs",
        "self.find(id, Relation::Touch, &taken.left, 0..end)",
        "self.find(id, Relation::Touch, &taken.left, 0..end + usize::from(crate::mutant(14)))",
    ),
    (
        "rules that only share their last address do not touch",
        "overlap/tree.rs",
        "    a.0 <= b.1 && b.0 <= a.1",
        "    if crate::mutant(15) { a.0 < b.1 && b.0 < a.1 } else { a.0 <= b.1 && b.0 <= a.1 }",
    ),
    (
        "a rule is needless although a later one decides otherwise",
        "hiding/search.rs",
        "Action::Permit | Action::Deny | Action::Continue => return Ok(None),",
        "Action::Permit | Action::Deny | Action::Continue => if !crate::mutant(16) { return Ok(None) },",
    ),
    (
        "a rule for one interface hides those for all",
        "hiding/search.rs",
        "        (rule.ingress.is_any() ||",
        "        (crate::mutant(17) || rule.ingress.is_any() ||",
    ),
    (
        "the firewall of the destination's host is not asked",
        "walk.rs",
        "        if own.is_empty() {",
        "        if own.is_empty() || crate::mutant(18) {",
    ),
    (
        "of several filters on one hook only the first is asked",
        "crossing/stages.rs",
        "            any = true;",
        "            if any && crate::mutant(19) { break; }\n            any = true;",
    ),
    (
        "a firewall that keeps no connections lets all replies back",
        "replies.rs",
        "        if self.engine.firewall.stateful {",
        "        if self.engine.firewall.stateful || crate::mutant(20) {",
    ),
]


def copy():
    """The sources as they are now, with all mutations behind switches."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    files = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    shutil.rmtree(COPY, ignore_errors=True)
    for name in files.splitlines():
        if (ROOT / name).is_file():
            (COPY / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, COPY / name)
    with (COPY / "src" / "lib.rs").open("a") as file:
        file.write(SWITCH)
    for what, name, old, new in MUTATIONS:
        path = COPY / "src" / "flow" / name
        text = path.read_text()
        if old not in text:
            sys.exit(f"not found in {name}: {old!r} ({what})")
        path.write_text(text.replace(old, new))


def build():
    """The test program."""
    command = ["cargo", "test", "--locked", "--release", "--lib", "--no-run", "--message-format=json"]
    environment = {"CARGO_TARGET_DIR": str(ROOT / "target"), **os.environ}
    done = subprocess.run(command, cwd=COPY, env=environment, stdout=subprocess.PIPE, text=True)
    programs = [json.loads(line).get("executable") for line in done.stdout.splitlines() if line.startswith("{")]
    programs = [program for program in programs if program]
    if done.returncode or not programs:
        sys.exit(2)
    return programs[-1]


def run(program, number):
    """The tests that fail with a mutation on, by name."""
    environment = {
        **os.environ, "EXLINT_MUTANT": str(number), "RUST_BACKTRACE": "0",
        # What the smallest failing case is does not matter here.
        "PROPTEST_MAX_SHRINK_ITERS": "0",
        "CARGO_MANIFEST_DIR": str(COPY),
    }
    done = subprocess.run([program, "flow::"], cwd=COPY, env=environment, capture_output=True, text=True)
    failed = re.findall(r"^test (\S+) \.\.\. FAILED$", done.stdout, re.MULTILINE)
    return sorted({name.removeprefix("flow::").removeprefix("tests::") for name in failed})


def main():
    wanted = [int(argument) for argument in sys.argv[1:]] or range(1, len(MUTATIONS) + 1)
    copy()
    program = build()
    print(f"no mutation: {run(program, 0) or 'all tests pass'}", flush=True)
    missed = 0
    print("| | what is broken | tests that notice |\n|---|---|---|")
    for number in wanted:
        failed = run(program, number)
        missed += not failed
        shown = [f"`{name}`" for name in failed]
        words = ", ".join(shown[:4]) + (f" and {len(shown) - 4} more" if len(shown) > 4 else "")
        print(f"| {number} | {MUTATIONS[number - 1][0]} | {words or '**none**'} |", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
