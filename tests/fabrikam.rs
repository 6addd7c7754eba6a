//! The estate of Fabrikam: the rules find the faults of its list
//! (`fixtures/fabrikam/README.md`, made of `fixtures/tools/fabrikam`), and
//! nothing else.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use assert_cmd::Command;
use serde_json::Value;

/// The JSON report of `exlint check`.
fn report() -> &'static Value {
    static REPORT: OnceLock<Value> = OnceLock::new();
    REPORT.get_or_init(|| run("check"))
}

fn run(command: &str) -> Value {
    let output = Command::cargo_bin("exlint")
        .expect("the binary is built")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args([command, "--format", "json", "fixtures/fabrikam"])
        .output()
        .expect("the binary runs");
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}\n{}", String::from_utf8_lossy(&output.stderr)))
}

fn items<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value
        .get(key)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// A row of the table: rule, object, and the places of the fault.
#[derive(Debug)]
struct Planted {
    rule: String,
    subject: String,
    places: Vec<String>,
}

/// The tables of the list: what is found, what the finding of another rule
/// tells, and what no rule finds yet.
struct Lists {
    found: Vec<Planted>,
    told: Vec<(Planted, String)>,
    later: Vec<Planted>,
}

fn lists() -> Lists {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/fabrikam/README.md");
    let text = std::fs::read_to_string(path).expect("the list is there");
    let (_, text) = text.split_once("## Planted faults").expect("a heading");
    let (found, text) = text.split_once("Faults that the finding").expect("tables");
    let (told, text) = text.split_once("Not found yet:").expect("tables");
    let (later, _) = text.split_once("## ").expect("a heading");
    Lists {
        found: rows(found).into_iter().map(|(row, _)| row).collect(),
        told: rows(told),
        later: rows(later).into_iter().map(|(row, _)| row).collect(),
    }
}

/// The rows of a table, each with its last cell.
fn rows(text: &str) -> Vec<(Planted, String)> {
    let rows = text.lines().filter(|line| line.starts_with("| "));
    rows.skip(1)
        .map(|line| {
            let cells: Vec<&str> = line
                .trim_matches('|')
                .split(" | ")
                .map(|cell| cell.trim().trim_end_matches(" |"))
                .collect();
            let places = cells[2].split(", ").map(|place| place.trim_matches('`'));
            let planted = Planted {
                rule: cells[0].to_owned(),
                subject: cells[1].to_owned(),
                places: places.map(str::to_owned).collect(),
            };
            let last = cells.last().copied().unwrap_or_default();
            (planted, last.to_owned())
        })
        .collect()
}

/// What a finding shows: lines, of a rule of several lines each, and files.
fn shown(finding: &Value) -> BTreeSet<String> {
    let places = finding.get("primary").into_iter();
    let places = places.chain(items(finding, "related"));
    places
        .flat_map(|place| {
            let file = place["file"].as_str().unwrap_or_default();
            let file = file.strip_prefix("fixtures/fabrikam/").unwrap_or(file);
            let first = place["line"].as_u64().unwrap_or(0);
            let last = place["end_line"].as_u64().unwrap_or(first);
            let lines = (first..=last).map(|line| format!("{file}:{line}"));
            lines.chain([file.to_owned()]).collect::<Vec<String>>()
        })
        .collect()
}

fn is_about(finding: &Value, row: &Planted) -> bool {
    let places = shown(finding);
    finding["rule"]["id"] == row.rule.as_str()
        && row.places.iter().all(|place| places.contains(place))
}

#[test]
fn every_fault_of_the_list_is_a_finding_that_shows_its_places() {
    let findings = items(report(), "findings");
    let missing: Vec<Planted> = lists()
        .found
        .into_iter()
        .filter(|row| !findings.iter().any(|finding| is_about(finding, row)))
        .collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

/// Rules that nothing is planted for may find more: how wide permits are, and
/// what is left over, is as in any other company.
#[test]
fn the_rules_of_the_list_find_nothing_else() {
    let found = lists().found;
    let more: Vec<String> = items(report(), "findings")
        .iter()
        .filter(|finding| {
            found
                .iter()
                .any(|row| finding["rule"]["id"] == row.rule.as_str())
        })
        .filter(|finding| !found.iter().any(|row| is_about(finding, row)))
        .map(|finding| format!("{} {}", finding["rule"]["id"], finding["message"]))
        .collect();
    assert!(more.is_empty(), "not in the list: {more:#?}");
}

#[test]
fn one_cause_is_one_finding() {
    let findings = items(report(), "findings");
    for (row, by) in lists().told {
        assert!(
            findings
                .iter()
                .any(|finding| finding["rule"]["id"] == by.as_str()),
            "{by} tells {} {}",
            row.rule,
            row.subject
        );
        assert!(
            !findings.iter().any(|finding| is_about(finding, &row)),
            "{} {} is told twice",
            row.rule,
            row.subject
        );
    }
}

#[test]
fn the_list_has_faults_for_most_rules() {
    let lists = lists();
    assert!(lists.later.len() <= 5, "{:#?}", lists.later);
    let rules: BTreeSet<String> = lists.found.into_iter().map(|row| row.rule).collect();
    assert!(rules.len() >= 80, "{rules:?}");
}

#[test]
fn every_file_but_the_readme_is_recognised_and_understood() {
    let coverage = run("coverage");
    let unread: Vec<&str> = items(&coverage, "files")
        .iter()
        .filter(|file| file["format"].is_null() || file["lines"]["unrecognised"] != 0)
        .filter_map(|file| file["file"].as_str())
        .collect();
    let expected: Vec<&str> = unread
        .iter()
        .copied()
        .filter(|file| {
            !(file.ends_with("README.md") || file.ends_with("__GetExchangeData_LOG.TXT"))
        })
        .collect();
    assert!(expected.is_empty(), "{expected:#?}");
}
