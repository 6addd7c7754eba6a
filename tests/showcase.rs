//! The estate of Lucerne: every registered rule finds what was planted for it
//! (`fixtures/showcase/README.md`, made of `fixtures/tools/showcase`), and in
//! its mended twin, written with the faults switched off, none finds anything.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use assert_cmd::Command;
use serde_json::Value;

const SHOWCASE: &str = "fixtures/showcase";
const TWIN: &str = "fixtures/showcase-fixed";

/// Registered rules that are not about what one run of `check` finds in an
/// estate, with where they are tried.
const WAITING: &[(&str, &str)] = &[
    ("FR022", "judges a change: tests/cli/diff.rs"),
    ("XS001", "judges an exception: tests/exceptions"),
    ("XS002", "judges an exception: tests/exceptions"),
    ("XS003", "judges an exception: tests/exceptions"),
];

/// Registered rules that another one supersedes wherever they would speak, with
/// that rule: their fault is planted, and its row names the other.
const SUPERSEDED: &[(&str, &str)] = &[
    // An unsecured dial plan whose calls cross networks: in clear, on the port that they use.
    ("FU013", "UM001"),
];

/// Rules whose fault may leave the twin undecided, with the reason.
const OPEN_IN_TWIN: &[(&str, &str)] = &[];

fn run(arguments: &[&str]) -> Value {
    let output = Command::cargo_bin("exlint")
        .expect("the binary is built")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(arguments)
        .output()
        .expect("the binary runs");
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}\n{}", String::from_utf8_lossy(&output.stderr)))
}

fn check(estate: &str) -> Value {
    run(&["check", "--format", "json", estate])
}

/// The JSON report on the estate with faults.
fn report() -> &'static Value {
    static REPORT: OnceLock<Value> = OnceLock::new();
    REPORT.get_or_init(|| check(SHOWCASE))
}

fn items<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value
        .get(key)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

fn ids(list: &[(&str, &str)]) -> BTreeSet<String> {
    list.iter().map(|(id, _)| (*id).to_owned()).collect()
}

fn rules_of(report: &Value, key: &str) -> BTreeSet<String> {
    items(report, key)
        .iter()
        .filter_map(|item| item["rule"]["id"].as_str())
        .map(str::to_owned)
        .collect()
}

/// Ids of the registered rules.
fn registered() -> BTreeSet<String> {
    let list = run(&["rules", "--format", "json"]);
    items(&list, "rules")
        .iter()
        .filter_map(|rule| rule["id"].as_str())
        .map(str::to_owned)
        .collect()
}

/// A row of the table: rule, what its message names, the places of the fault,
/// and whether the fault is that something is not there.
#[derive(Debug)]
struct Planted {
    rule: String,
    names: Vec<String>,
    places: Vec<String>,
    left_out: bool,
}

fn rows(text: &str) -> Vec<Planted> {
    let rows = text.lines().filter(|line| line.starts_with("| "));
    rows.skip(1)
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
            let (places, left_out) = match cells[2].strip_suffix(" (left out)") {
                Some(places) => (places, true),
                None => (cells[2], false),
            };
            Planted {
                rule: cells[0].to_owned(),
                names: cells[1]
                    .split([' ', '→', '–'])
                    .filter(|name| !name.is_empty())
                    .map(str::to_lowercase)
                    .collect(),
                places: places
                    .split(", ")
                    .map(|place| place.trim_matches('`').to_owned())
                    .collect(),
                left_out,
            }
        })
        .collect()
}

/// The rows for registered rules, and those for rules to come.
fn planted() -> (Vec<Planted>, Vec<Planted>) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/showcase/README.md");
    let text = std::fs::read_to_string(path).expect("the list is there");
    let (_, text) = text.split_once("## Planted faults").expect("a heading");
    let (today, later) = text
        .split_once("Planted for rules to come:")
        .expect("two tables");
    (rows(today), rows(later))
}

/// All lines that a finding shows, as `file:line`.
fn shown(finding: &Value) -> BTreeSet<String> {
    let places = finding.get("primary").into_iter();
    places
        .chain(items(finding, "related"))
        .map(|place| {
            let file = place["file"].as_str().unwrap_or_default();
            let file = file.strip_prefix(SHOWCASE).unwrap_or(file);
            let line = place["line"].as_u64().unwrap_or(0);
            format!("{}:{line}", file.trim_start_matches('/'))
        })
        .collect()
}

/// Findings of a row's rule that name what the row names.
fn findings_of(row: &Planted) -> Vec<&'static Value> {
    items(report(), "findings")
        .iter()
        .filter(|finding| finding["rule"]["id"] == row.rule.as_str())
        .filter(|finding| {
            let text = |key: &str| finding[key].as_str().unwrap_or_default();
            let text = format!("{} {}", text("subject"), text("message")).to_lowercase();
            row.names.iter().all(|name| text.contains(name))
        })
        .collect()
}

#[test]
fn every_registered_rule_finds_something_in_the_showcase() {
    let fired = rules_of(report(), "findings");
    let excused: BTreeSet<String> = ids(WAITING).union(&ids(SUPERSEDED)).cloned().collect();
    let silent: Vec<String> = registered()
        .difference(&fired)
        .filter(|id| !excused.contains(*id))
        .cloned()
        .collect();
    assert!(silent.is_empty(), "these rules find nothing: {silent:?}");
}

#[test]
fn a_rule_that_is_excused_is_registered_and_silent() {
    let fired = rules_of(report(), "findings");
    let registered = registered();
    for (id, reason) in WAITING.iter().chain(SUPERSEDED) {
        assert!(registered.contains(*id), "{id} is not registered");
        assert!(
            !fired.contains(*id),
            "{id} fires and needs no excuse: {reason}"
        );
    }
}

#[test]
fn no_rule_finds_anything_in_the_mended_twin() {
    let report = check(TWIN);
    let found: Vec<String> = items(&report, "findings")
        .iter()
        .map(|finding| format!("{} {}", finding["rule"]["id"], finding["message"]))
        .collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn nothing_in_the_mended_twin_is_left_undecided() {
    let undecided = rules_of(&check(TWIN), "undecided");
    let open = ids(OPEN_IN_TWIN);
    assert_eq!(undecided, open, "undecided, and those with a reason");
}

#[test]
fn every_planted_fault_is_found_by_its_rule() {
    let (today, _) = planted();
    let missed: Vec<&Planted> = today
        .iter()
        .filter(|row| findings_of(row).is_empty())
        .collect();
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn a_finding_shows_the_line_of_the_fault() {
    let (today, _) = planted();
    let hidden: Vec<&Planted> = today
        .iter()
        .filter(|row| !row.left_out)
        .filter(|row| {
            let place = row.places.first().expect("a place");
            !findings_of(row)
                .iter()
                .any(|finding| shown(finding).contains(place))
        })
        .collect();
    assert!(hidden.is_empty(), "{hidden:#?}");
}

#[test]
fn the_list_has_a_row_for_every_registered_rule() {
    let (today, later) = planted();
    let rules = |rows: &[Planted]| -> BTreeSet<String> {
        rows.iter().map(|row| row.rule.clone()).collect()
    };
    let registered = registered();
    let excused: BTreeSet<String> = ids(WAITING).union(&ids(SUPERSEDED)).cloned().collect();
    let listed = rules(&today);
    let wanted: BTreeSet<String> = registered.difference(&excused).cloned().collect();
    assert_eq!(listed, wanted, "the first table and the register");
    let early: Vec<String> = rules(&later).intersection(&registered).cloned().collect();
    assert!(
        early.is_empty(),
        "now registered, so no more to come: {early:?}"
    );
}

#[test]
fn every_file_but_the_readme_is_recognised_and_understood() {
    for estate in [SHOWCASE, TWIN] {
        let coverage = run(&["coverage", "--format", "json", estate]);
        let unread: Vec<&str> = items(&coverage, "files")
            .iter()
            .filter(|file| file["format"].is_null() || file["lines"]["unrecognised"] != 0)
            .filter_map(|file| file["file"].as_str())
            .filter(|file| !file.ends_with("README.md"))
            .collect();
        assert!(unread.is_empty(), "{unread:#?}");
    }
}
