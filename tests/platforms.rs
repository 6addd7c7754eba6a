//! One estate per firewall platform, with the faults of contoso in that
//! platform's own words: the rules say the same of every platform.

mod fixes;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Mutex;

use assert_cmd::Command;
use serde_json::Value;

/// The rules that the planted faults break, on every platform.
const RULES: &[&str] = &[
    "FH004", "FR003", "FR005", "FS001", "FS002", "FU002", "FU003", "FU005", "FU005", "FU006",
];

/// Those of the smaller estate, where firewalls of servers stand behind a
/// firewall of the network. One server has a firewall of its own that lets SMB
/// in, the others have none: two findings.
const RULES_OF_HOSTS: &[&str] = &[
    "FH004", "FS001", "FU002", "FU002", "FU005", "HF001", "HF001",
];

/// Rules about how wide permits are, whether they log and what is left over:
/// the estates are as realistic there as others, and not about that.
const NOT_THE_SUBJECT: &[&str] = &[
    "FH001", "FH002", "FH003", "FH007", "FH010", "FH014", "FU016",
];

/// Estates below `fixtures/platforms` and the rules that speak there; each has
/// a mended twin.
const PLATFORMS: &[(&str, &[&str])] = &[
    ("srx", RULES),
    ("fortios", RULES),
    ("panos", RULES),
    ("windows", RULES_OF_HOSTS),
];

/// Exit code and JSON report of `exlint check` on an estate; each is made once.
fn check(estate: &str) -> (i32, Value) {
    static MADE: Mutex<BTreeMap<String, (i32, Value)>> = Mutex::new(BTreeMap::new());
    let mut made = MADE.lock().expect("no test panics with it");
    made.entry(estate.to_owned())
        .or_insert_with(|| make(estate))
        .clone()
}

fn make(estate: &str) -> (i32, Value) {
    let output = Command::cargo_bin("exlint")
        .expect("the binary is built")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["check", "--format", "json", "--color", "never"])
        .arg(format!("fixtures/platforms/{estate}"))
        .output()
        .expect("the binary runs");
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!(
            "{estate}: {error}\n{}",
            String::from_utf8_lossy(&output.stderr)
        )
    });
    (output.status.code().expect("it ends by itself"), report)
}

fn findings(report: &Value) -> Vec<&Value> {
    let all = report.get("findings").and_then(Value::as_array);
    all.into_iter()
        .flatten()
        .filter(|finding| {
            let id = finding.pointer("/rule/id").and_then(Value::as_str);
            !NOT_THE_SUBJECT.contains(&id.unwrap_or_default())
        })
        .collect()
}

/// `rule severity file:line` of a finding, the file relative to the estate.
fn summary(finding: &Value, estate: &str) -> String {
    let text = |pointer: &str| {
        finding
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or("?")
    };
    let file = text("/primary/file");
    let file = file
        .strip_prefix(&format!("fixtures/platforms/{estate}/"))
        .unwrap_or(file);
    let line = finding
        .pointer("/primary/line")
        .and_then(Value::as_u64)
        .unwrap_or(0);
    format!("{} {} {file}:{line}", text("/rule/id"), text("/severity"))
}

/// The rows of the first table of an `EXPECTED.md`: rule, severity, place.
fn expected(estate: &str) -> Vec<String> {
    let path = format!(
        "{}/fixtures/platforms/{estate}/EXPECTED.md",
        env!("CARGO_MANIFEST_DIR")
    );
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut rows: Vec<String> = text
        .lines()
        .skip_while(|line| !line.starts_with("|---"))
        .skip(1)
        .take_while(|line| line.starts_with('|'))
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            format!("{} {} {}", cells[0], cells[1], cells[3])
        })
        .collect();
    rows.sort();
    rows
}

#[test]
fn every_platform_shows_the_planted_faults_and_nothing_else() {
    for (estate, planted) in PLATFORMS {
        let (code, report) = check(estate);
        let mut found: Vec<String> = findings(&report)
            .iter()
            .map(|finding| summary(finding, estate))
            .collect();
        found.sort();
        assert_eq!(found, expected(estate), "{estate}");
        let rules: Vec<&str> = found.iter().map(|row| &row[..5]).collect();
        assert_eq!(rules, *planted, "{estate}");
        assert_eq!(code, 1, "{estate}");
    }
}

#[test]
fn every_mended_platform_is_clean() {
    for (estate, _) in PLATFORMS {
        let estate = format!("{estate}-fixed");
        let (_, report) = check(&estate);
        assert_eq!(findings(&report), Vec::<&Value>::new(), "{estate}");
        let errors = report.pointer("/summary/errors");
        assert_eq!(errors.and_then(Value::as_u64), Some(0), "{estate}");
    }
}

/// SRX, FortiGate and Palo Alto: the other platforms are read where their
/// estates are.
#[test]
fn fixes_are_lines_that_the_reader_of_the_platform_understands() {
    for (estate, _) in PLATFORMS {
        let (_, report) = check(estate);
        let read = fixes::read_all(&report);
        assert!(
            read > 0 || *estate == "windows",
            "{estate} has no fix with lines"
        );
    }
}

/// Every line of the platform's file is understood.
#[test]
fn no_line_of_a_platforms_export_is_unrecognised() {
    for (estate, _) in PLATFORMS {
        let (_, report) = check(estate);
        let unread = report.pointer("/summary/inputs/not_understood");
        assert_eq!(unread.and_then(Value::as_u64), Some(0), "{estate}");
    }
}

/// The configuration in the estate of each platform.
const CONFIGURATIONS: [(&str, &str); 6] = [
    ("ios", "ctso-rtr1-confg.txt"),
    ("nxos", "ctso-core1.log"),
    ("srx", "fw/srx.conf"),
    ("fortios", "fw/fgt.conf"),
    ("iptables", "fw/ctso-gw1_iptables-save.txt"),
    ("nftables", "fw/ctso-gw2_nft-list-ruleset.txt"),
];

fn facts(folder: &Path) -> Value {
    let output = Command::cargo_bin("exlint")
        .expect("the binary is built")
        .arg("facts")
        .arg(folder)
        .output()
        .expect("the binary runs");
    serde_json::from_slice(&output.stdout).expect("facts are JSON")
}

#[test]
fn the_lines_of_a_fix_let_the_flow_through_on_every_platform() {
    for (platform, name) in CONFIGURATIONS {
        let estate = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("fixtures/platforms")
            .join(platform);
        let before = facts(&estate);
        let flows = |facts: &Value| facts["flows"].as_array().cloned().unwrap_or_default();
        let mut seen = Vec::new();
        for flow in flows(&before) {
            let lines = flow["remedy"]["lines"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            let rule = flow["decided_by"]
                .as_array()
                .and_then(|all| all.last().cloned());
            let rule = rule.map_or(String::new(), |one| one["rule"].to_string());
            if lines.is_empty() || seen.contains(&rule) {
                continue;
            }
            seen.push(rule);
            let lines: Vec<String> = lines
                .iter()
                .map(|line| line.as_str().expect("a line").to_owned())
                .collect();
            let folder = tempfile::tempdir().expect("a folder");
            fixes::applied::copy(&estate, folder.path());
            let path = folder.path().join(name);
            let export = fs::read(&path).expect("the configuration");
            fs::write(&path, fixes::applied::applied(&export, &lines)).expect("written");
            let after = flows(&facts(folder.path()));
            let same = after.iter().find(|other| other["id"] == flow["id"]);
            let verdict = same.map(|flow| flow["verdict"].clone());
            assert_eq!(
                verdict,
                Some(Value::from("permit")),
                "{platform}: {lines:#?}"
            );
        }
        assert!(seen.len() > 1, "{platform}: {seen:?}");
    }
}
