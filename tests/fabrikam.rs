//! The estate of Fabrikam: today's rules find the faults that were planted for
//! them (`fixtures/fabrikam/README.md`, made of `fixtures/tools/fabrikam`), and
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

/// The rows of the tables of planted faults: those of today, and all of them.
fn planted() -> (Vec<Planted>, Vec<Planted>) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/fabrikam/README.md");
    let text = std::fs::read_to_string(path).expect("the list is there");
    let (_, text) = text.split_once("## Planted faults").expect("a heading");
    let (today, later) = text.split_once("For rules to come:").expect("two tables");
    let (later, _) = later.split_once("## ").expect("a heading");
    let rows = |text: &str| -> Vec<Planted> {
        let rows = text.lines().filter(|line| line.starts_with("| "));
        rows.skip(1)
            .map(|line| {
                let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
                let places = cells[2].split(", ").map(|place| place.trim_matches('`'));
                Planted {
                    rule: cells[0].to_owned(),
                    subject: cells[1].to_owned(),
                    places: places.map(str::to_owned).collect(),
                }
            })
            .collect()
    };
    (rows(today), rows(later))
}

/// Rule, severity, and the names in the message that tell the object.
const FINDINGS: &[(&str, &str, &[&str])] = &[
    ("CA003", "error", &[r"FABCAS1\OAB (Default Web Site)"]),
    ("CE001", "error", &["CN=FABEDGE2", "fabedge2", "2010-09-18"]),
    (
        "CE001",
        "warning",
        &["nagoya.fabrikam.example", "fabhub3", "2011-03-22"],
    ),
    ("FH004", "error", &["mail to Nagoya CHG-2010-0777"]),
    ("FR001", "error", &["fabedge2", "outer"]),
    ("FR003", "error", &["fabhub2", "fabedge1", "inner"]),
    ("FR005", "error", &["fabedge2", "fabhub3"]),
    ("FS001", "error", &["fabcas2", "fabmbx1", "inner"]),
    ("FS002", "error", &["fabcas2", "10.90.10.21", "perimeter"]),
    // Derived, and so one step lower: names and DNS tell what the controllers' addresses are.
    ("FU002", "warning", &["inner", "fabdc1", "fabdc2"]),
    ("FU005", "error", &["fabedge1", "inner"]),
    ("FU005", "error", &["fabedge2", "inner"]),
    ("IN001", "warning", &["fabum2"]),
    (
        "IN002",
        "warning",
        &["FABCAS1_ExchangeCertificate_FL.TXT", "CertificateDomains"],
    ),
    ("IN004", "error", &["fabmbx2", "10.81.1.32", "10.81.1.31"]),
    ("IN004", "warning", &["FABHUB3", "MSExchangePop3", "3, 2"]),
    ("RC001", "error", &[r"FABHUB2\Client FABHUB2"]),
    ("RC001", "error", &[r"FABHUB3\Branch POP clients"]),
    ("RC004", "warning", &[r"FABALL1\Default FABALL1"]),
    ("RC004", "warning", &[r"FABEDGE2\Woodgrove Bank"]),
    ("RC004", "warning", &[r"FABHUB3\Branch POP clients"]),
];

#[test]
fn the_rules_of_today_find_what_was_planted_for_them_and_nothing_else() {
    let mut left: Vec<&(&str, &str, &[&str])> = FINDINGS.iter().collect();
    let mut more = Vec::new();
    for finding in items(report(), "findings") {
        let message = finding["message"].as_str().expect("a text");
        let position = left.iter().position(|(rule, severity, names)| {
            finding["rule"]["id"] == *rule
                && finding["severity"] == *severity
                && (finding["confidence"] == "certain") == (*rule != "FU002")
                && names.iter().all(|name| message.contains(name))
        });
        match position {
            Some(position) => drop(left.remove(position)),
            None => more.push(format!("{} {message}", finding["rule"]["id"])),
        }
    }
    assert!(left.is_empty(), "not found: {left:#?}; found: {more:#?}");
    assert!(more.is_empty(), "not planted: {more:#?}");
}

#[test]
fn every_finding_is_in_the_list_of_planted_faults() {
    let (today, _) = planted();
    assert_eq!(today.len(), FINDINGS.len());
    let listed: Vec<&str> = today.iter().map(|row| row.rule.as_str()).collect();
    let mut listed = listed;
    listed.sort_unstable();
    let found: Vec<&str> = FINDINGS.iter().map(|(rule, ..)| *rule).collect();
    assert_eq!(listed, found, "the same rules, as often");
}

/// All lines that a finding shows, as `file:line`, and its files.
fn shown(finding: &Value) -> BTreeSet<String> {
    let places = finding.get("primary").into_iter();
    let places = places.chain(items(finding, "related"));
    places
        .flat_map(|place| {
            let file = place["file"].as_str().unwrap_or_default();
            let file = file.strip_prefix("fixtures/fabrikam/").unwrap_or(file);
            let line = place["line"].as_u64().unwrap_or(0);
            [format!("{file}:{line}"), file.to_owned()]
        })
        .collect()
}

/// Faults whose place is a property or a single line; those of a group of a
/// firewall show the policy that uses it.
#[test]
fn a_finding_about_an_object_shows_the_line_of_the_fault() {
    let (today, _) = planted();
    let findings = items(report(), "findings");
    for row in &today {
        if !["RC001", "RC004", "CA003", "CE001", "FS002", "IN004"].contains(&row.rule.as_str()) {
            continue;
        }
        let place = row.places.first().expect("a place");
        let found = findings
            .iter()
            .filter(|finding| finding["rule"]["id"] == row.rule.as_str())
            .any(|finding| shown(finding).contains(place));
        assert!(
            found,
            "{} {}: no finding shows {place}",
            row.rule, row.subject
        );
    }
}

#[test]
fn the_list_holds_faults_for_many_rules_to_come() {
    let (today, later) = planted();
    assert!(today.len() + later.len() >= 80);
    let rules: BTreeSet<&str> = today
        .iter()
        .chain(&later)
        .map(|row| row.rule.as_str())
        .collect();
    assert!(rules.len() >= 60, "{rules:?}");
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
