//! The fixture estates, end to end: what the binary reports on them is what a
//! person derived in their `EXPECTED.md`.

mod fixes;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use assert_cmd::Command;
use serde_json::Value;

/// Exit code and JSON report of `exlint check` on a fixture.
fn check(estate: &str) -> (i32, Value) {
    check_in(estate, "en")
}

/// The same in a language; each is made once.
fn check_in(estate: &str, language: &str) -> (i32, Value) {
    static MADE: Mutex<BTreeMap<String, (i32, Value)>> = Mutex::new(BTreeMap::new());
    let key = format!("{estate} {language}");
    let mut made = MADE.lock().expect("no test panics with it");
    made.entry(key)
        .or_insert_with(|| make(estate, language))
        .clone()
}

fn make(estate: &str, language: &str) -> (i32, Value) {
    let output = Command::cargo_bin("exlint")
        .expect("the binary is built")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["check", "--format", "json", "--color", "never"])
        .args(["--lang", language])
        .arg(format!("fixtures/{estate}"))
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
        .strip_prefix(&format!("fixtures/{estate}/"))
        .unwrap_or(file);
    let line = finding
        .pointer("/primary/line")
        .and_then(Value::as_u64)
        .unwrap_or(0);
    format!("{} {} {file}:{line}", text("/rule/id"), text("/severity"))
}

fn items<'a>(report: &'a Value, key: &str) -> &'a [Value] {
    report
        .get(key)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// The rows of the first table of an `EXPECTED.md`, cells trimmed.
fn expected_rows(estate: &str) -> Vec<Vec<String>> {
    let path = format!(
        "{}/fixtures/{estate}/EXPECTED.md",
        env!("CARGO_MANIFEST_DIR")
    );
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    text.lines()
        .skip_while(|line| !line.starts_with("|---"))
        .skip(1)
        .take_while(|line| line.starts_with('|'))
        .map(|line| {
            line.trim_matches('|')
                .split('|')
                .map(|cell| cell.trim().to_owned())
                .collect()
        })
        .collect()
}

#[test]
fn contoso_shows_the_planted_faults_and_nothing_else() {
    let expected: Vec<String> = {
        let mut rows: Vec<String> = expected_rows("contoso")
            .iter()
            .map(|row| format!("{} {} {}", row[0], row[1], row[3]))
            .collect();
        rows.sort();
        rows
    };
    assert!(expected.len() >= 12, "at least twelve faults are planted");
    let rules: BTreeSet<&str> = expected.iter().map(|row| &row[..5]).collect();
    assert!(rules.len() >= 8, "of at least eight rules");

    let (code, report) = check("contoso");
    let mut found: Vec<String> = items(&report, "findings")
        .iter()
        .map(|finding| summary(finding, "contoso"))
        .collect();
    found.sort();
    assert_eq!(found, expected);
    assert_eq!(code, 1);
}

#[test]
fn a_contoso_finding_has_evidence_in_three_files() {
    let (_, report) = check("contoso");
    let most = items(&report, "findings")
        .iter()
        .map(|finding| {
            let related = items(finding, "related").iter();
            related
                .chain(finding.get("primary"))
                .filter_map(|place| place.get("file").and_then(Value::as_str))
                .collect::<BTreeSet<&str>>()
                .len()
        })
        .max();
    assert!(most >= Some(3), "{most:?}");
}

/// `file:line label` of every place of the findings of a rule on a subject.
fn places(report: &Value, estate: &str, rule: &str, about: &str) -> Vec<String> {
    let text = |value: &Value, key: &str| {
        let text = value.get(key).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    let matching = items(report, "findings").iter().filter(|finding| {
        finding.pointer("/rule/id").and_then(Value::as_str) == Some(rule)
            && text(finding, "message").contains(about)
    });
    matching
        .flat_map(|finding| {
            finding
                .get("primary")
                .into_iter()
                .chain(items(finding, "related"))
        })
        .map(|place| {
            let file = text(place, "file");
            let file = file
                .strip_prefix(&format!("fixtures/{estate}/"))
                .unwrap_or(&file);
            let line = place.get("line").and_then(Value::as_u64).unwrap_or(0);
            format!("{file}:{line} {}", text(place, "label"))
        })
        .collect()
}

/// A place without words leaves the reader to guess why it is shown.
#[test]
fn every_place_of_a_finding_says_what_it_is() {
    for language in ["en", "ja"] {
        for estate in ["contoso", "tailspin"] {
            let (_, report) = check_in(estate, language);
            for finding in items(&report, "findings") {
                for place in finding
                    .get("primary")
                    .into_iter()
                    .chain(items(finding, "related"))
                {
                    let label = place.get("label").and_then(Value::as_str).unwrap_or("");
                    // A rule that shows one place says in its message what it is.
                    let alone = items(finding, "related").is_empty();
                    assert!(!label.is_empty() || alone, "{language}: {finding:#}");
                }
            }
        }
    }
}

#[test]
fn labels_name_the_server_the_network_and_the_subscription() {
    let (_, english) = check_in("contoso", "en");
    let shown = places(&english, "contoso", "FR003", "hub2");
    for wanted in [
        "fw/inner.cfg:609 denied here (wan_in on inner)",
        "exports/HUB2/HUB2_NetworkConnectionInfo_FL.TXT:6 address of hub2",
        "exports/HUB1/HUB1_EdgeSubscription_FL.TXT:14 Edge subscription of edge2: site Osaka",
        "exlint.toml:82 hub2 lies in zone wan through this network",
    ] {
        assert!(
            shown.iter().any(|place| place == wanted),
            "{wanted}: {shown:#?}"
        );
    }
    let (_, japanese) = check_in("contoso", "ja");
    let shown = places(&japanese, "contoso", "FR003", "hub2");
    assert!(
        shown
            .iter()
            .any(|place| place.ends_with(" hub2 のアドレス")),
        "{shown:#?}"
    );
}

/// `security levels do not forbid packets` explains nothing where an access
/// list permits.
#[test]
fn what_only_does_not_object_is_no_evidence() {
    let (_, report) = check("contoso");
    for rule in ["FU005", "FU002"] {
        let shown = places(&report, "contoso", rule, "");
        assert!(
            shown
                .iter()
                .all(|place| !place.contains("permitted by default")),
            "{shown:#?}"
        );
    }
}

/// Asserts that a rule shows all of these places.
fn assert_shows(rule: &str, about: &str, wanted: &[&str]) {
    let (_, report) = check("contoso");
    let shown = places(&report, "contoso", rule, about);
    for wanted in wanted {
        assert!(
            shown.iter().any(|place| place == wanted),
            "{wanted}: {shown:#?}"
        );
    }
}

#[test]
fn an_exposure_shows_the_line_of_the_group_that_opens_it() {
    assert_shows(
        "FU005",
        "edge1",
        &[
            "fw/inner.cfg:130 EDGESYNC_PORTS matches through this line (tcp 50389)",
            "fw/inner.cfg:127 definition of EDGESYNC_PORTS",
        ],
    );
    assert_shows(
        "FU002",
        "dmz",
        &[
            "fw/inner.cfg:150 LOGSHARE_SERVERS matches through this line (10.1.0.0/26)",
            "fw/inner.cfg:147 definition of LOGSHARE_SERVERS",
        ],
    );
}

#[test]
fn a_blocked_path_shows_the_permit_that_was_meant_for_it() {
    assert_shows(
        "FR003",
        "hub2",
        &["fw/inner.cfg:611 would permit it, but stands after the rule that denies"],
    );
    assert_shows(
        "FR005",
        "hub2",
        &[
            "fw/inner.cfg:518 would permit it, but not from this source",
            "fw/inner.cfg:105 hub2 is not in EXCH_HUBS",
        ],
    );
    assert_shows(
        "NT001",
        "edge2",
        &[
            "fw/outer.cfg:276 meant to permit it, but outer compares the address on the other \
             side of the translation",
            "fw/outer.cfg:605 outer translates the address here",
        ],
    );
}

#[test]
fn a_firewall_between_two_servers_shows_address_role_and_site_of_both() {
    let (_, report) = check("contoso");
    let shown = places(&report, "contoso", "FS001", "");
    for wanted in [
        " address of cas1",
        " address of mail1",
        " roles of cas1",
        " roles of mail1",
        " cas1: site Tokyo",
        " mail1: site Tokyo",
    ] {
        assert!(
            shown.iter().any(|place| place.ends_with(wanted)),
            "{wanted}: {shown:#?}"
        );
    }
}

/// The block list denies other packets than the rule that is cited.
#[test]
fn the_packet_of_a_denied_path_is_one_that_the_cited_rule_denies() {
    let (_, report) = check("contoso");
    let finding = items(&report, "findings")
        .iter()
        .find(|finding| finding.pointer("/rule/id").and_then(Value::as_str) == Some("NT001"))
        .expect("edge2 is not reached");
    let source = finding
        .pointer("/witness/source")
        .and_then(Value::as_str)
        .expect("a packet");
    let configuration = std::fs::read_to_string(format!(
        "{}/fixtures/contoso/fw/outer.cfg",
        env!("CARGO_MANIFEST_DIR")
    ))
    .expect("the fixture is there");
    assert!(
        !configuration.contains(&format!("host {source}\n"))
            && !configuration.contains(&format!("host {source}\r")),
        "{source} is on the block list"
    );
}

#[test]
fn contoso_after_the_cures_is_clean() {
    let (code, report) = check("contoso-fixed");
    let found: Vec<String> = items(&report, "findings")
        .iter()
        .map(|finding| summary(finding, "contoso-fixed"))
        .collect();
    assert_eq!(found, Vec::<String>::new());
    assert_eq!(code, 0);
}

#[test]
fn tailspin_is_met_with_doubt_and_says_what_would_settle_it() {
    let (_, report) = check("tailspin");
    let certain: BTreeSet<&str> = items(&report, "findings")
        .iter()
        .filter(|finding| finding.get("confidence").and_then(Value::as_str) == Some("certain"))
        .filter_map(|finding| finding.pointer("/rule/id").and_then(Value::as_str))
        .collect();
    let only = BTreeSet::from(["CA005", "IN001", "IN002"]);
    assert_eq!(certain, only, "what is missing, and what the OAB says");
    let undecided = items(&report, "undecided");
    let rules: BTreeSet<&str> = undecided
        .iter()
        .filter_map(|doubt| doubt.pointer("/rule/id").and_then(Value::as_str))
        .collect();
    for rule in ["CA003", "FR001", "FR003", "FR005", "RC004"] {
        assert!(rules.contains(rule), "{rule} is undecided: {rules:?}");
    }
    for doubt in undecided {
        assert!(
            !items(doubt, "why").is_empty(),
            "a doubt has reasons: {doubt}"
        );
        let settle = items(doubt, "settle");
        assert!(
            !settle.is_empty(),
            "a doubt names what would settle it: {doubt}"
        );
        for line in settle.iter().filter_map(Value::as_str).flat_map(str::lines) {
            assert!(can_be_pasted(line), "{line:?} is no command: {doubt}");
        }
    }
}

/// Whether a person can type or paste a line: a command, or a part of the
/// inventory; `#` starts a comment in both.
fn can_be_pasted(line: &str) -> bool {
    let starts = [
        "Get-",
        "Test-",
        "copy ",
        "openssl ",
        "$",
        "#",
        "[[",
        "exlint trace ",
        "packet-tracer ",
        "show ",
        "nslookup ",
    ];
    let key = line.split_once(" = ").is_some_and(|(key, _)| {
        !key.is_empty() && key.chars().all(|c| c.is_ascii_lowercase() || c == '_')
    });
    key || starts.iter().any(|start| line.starts_with(start))
}

/// States of the paths of the catalogue on a fixture, by id.
fn path_states(estate: &str) -> BTreeMap<String, String> {
    let output = Command::cargo_bin("exlint")
        .expect("the binary is built")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["paths", "--format", "json"])
        .arg(format!("fixtures/{estate}"))
        .output()
        .expect("the binary runs");
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    items(&report, "paths")
        .iter()
        .map(|path| {
            let text = |key: &str| path.get(key).and_then(Value::as_str).expect("a text");
            (text("id").to_owned(), text("state").to_owned())
        })
        .collect()
}

#[test]
fn every_data_path_is_in_the_state_that_the_configurations_put_it_in() {
    let table = include_str!("path-states.tsv");
    let rows: Vec<Vec<&str>> = table
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split('\t').collect())
        .collect();
    for (column, estate) in [(1, "contoso"), (2, "contoso-fixed")] {
        let states = path_states(estate);
        assert_eq!(states.len(), rows.len(), "one row for each path");
        let wrong: Vec<String> = rows
            .iter()
            .filter(|row| states.get(row[0]).map(String::as_str) != Some(row[column]))
            .map(|row| format!("{}: {:?}, but {}", row[0], states.get(row[0]), row[3]))
            .collect();
        assert!(wrong.is_empty(), "{estate}: {wrong:#?}");
    }
}

/// Rules about how wide permits are, whether they log and what is left over:
/// the estates are as realistic there as others, and not about that.
const NOT_THE_SUBJECT: &[&str] = &[
    "FH001", "FH002", "FH003", "FH007", "FH010", "FH014", "FU016",
];

/// Rules that speak on a platform's estate, each with the line that it cites.
fn cited(estate: &str) -> (i32, Vec<(String, String)>) {
    let (code, report) = check(estate);
    let mut found: Vec<(String, String)> = items(&report, "findings")
        .iter()
        .filter(|finding| {
            let id = finding.pointer("/rule/id").and_then(Value::as_str);
            !NOT_THE_SUBJECT.contains(&id.unwrap_or_default())
        })
        .map(|finding| {
            let text = |pointer: &str| {
                let value = finding.pointer(pointer).and_then(Value::as_str);
                value.unwrap_or_default().to_owned()
            };
            let line = finding.pointer("/primary/line").and_then(Value::as_u64);
            let path = format!("{}/{}", env!("CARGO_MANIFEST_DIR"), text("/primary/file"));
            let file = std::fs::read_to_string(&path).unwrap_or_default();
            let index = usize::try_from(line.unwrap_or(1)).unwrap_or(1) - 1;
            let cited = file.lines().nth(index).unwrap_or_default();
            (text("/rule/id"), cited.trim().to_owned())
        })
        .collect();
    found.sort();
    assert!(items(&report, "undecided").is_empty(), "{estate}");
    assert_eq!(
        fixes::read_all(&report) == 0,
        estate.ends_with("-fixed") || estate.ends_with("/windows"),
        "{estate}: lines of netsh are not read, they have no export"
    );
    (code, found)
}

/// The same faults in the words of each platform, and none after the cures.
fn assert_platform(name: &str, faults: &[(&str, &str)]) {
    let (code, found) = cited(&format!("platforms/{name}"));
    let found: Vec<(&str, &str)> = found
        .iter()
        .map(|(rule, line)| (rule.as_str(), line.as_str()))
        .collect();
    assert_eq!(found, faults, "{name}");
    assert_eq!(code, 1, "{name}");
    let (_, found) = cited(&format!("platforms/{name}-fixed"));
    assert_eq!(found, [], "{name}-fixed");
}

#[test]
fn an_ios_router_shows_the_planted_faults_and_its_twin_none() {
    assert_platform(
        "ios",
        &[
            (
                "FH004",
                "permit tcp host 10.1.0.12 host 10.20.10.11 eq smtp",
            ),
            ("FR005", "deny   ip any 10.20.10.0 0.0.0.255 log"),
            ("FR021", "deny   ip any 10.20.10.0 0.0.0.255 log"),
            ("FS001", "access-list 130 deny   ip any any log"),
            (
                "FU002",
                "permit tcp 10.20.10.0 0.0.0.255 object-group LOGSHARE eq 445",
            ),
            (
                "FU005",
                "permit object-group EDGESYNC object-group EXCH-HUBS host 10.20.10.11",
            ),
        ],
    );
}

#[test]
fn a_nexus_switch_shows_the_planted_faults_and_its_twin_none() {
    assert_platform(
        "nxos",
        &[
            ("FH004", "70 permit tcp 10.1.0.12/32 10.20.10.11/32 eq smtp"),
            ("FR005", "50 deny ip any 10.20.10.0/24 log"),
            ("FR021", "50 deny ip any 10.20.10.0/24 log"),
            ("FS001", "70 deny ip any any log"),
            (
                "FU002",
                "40 permit tcp 10.20.10.0/24 addrgroup LOGSHARE eq 445",
            ),
            (
                "FU005",
                "30 permit tcp addrgroup EXCH-HUBS 10.20.10.11/32 portgroup EDGESYNC",
            ),
        ],
    );
}

#[test]
fn firewalls_of_servers_behind_an_asa_show_the_planted_faults_and_their_twins_none() {
    assert_platform(
        "windows",
        &[
            (
                "FH004",
                "Rule Name:                            Mail from HUB2",
            ),
            (
                "FS001",
                "access-list frontend_in extended deny ip any any log",
            ),
            (
                "FU002",
                "access-list dmz_in extended permit tcp 10.20.10.0 255.255.255.0 object LOG-SHARES eq 445",
            ),
            (
                "FU002",
                "access-list dmz_in extended permit tcp 10.20.10.0 255.255.255.0 object LOG-SHARES eq 445",
            ),
            (
                "FU005",
                "access-list servers_in extended permit ip 10.1.0.0 255.255.255.0 any",
            ),
            (
                "HF001",
                "Firewall Policy                       BlockInbound,AllowOutbound",
            ),
            ("HF001", "Rule Name:                            Audit 2012"),
        ],
    );
}

/// The built-in rules are given only the properties that they name; with a
/// Rego file of the user beside them they are given all.
#[test]
fn what_rules_do_not_name_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = "package contoso.lib\n\nimport rego.v1\n\nnothing := 1\n";
    std::fs::write(folder.path().join("lib.rego"), text).expect("written");
    for (estate, filled) in [("contoso", "findings"), ("tailspin", "undecided")] {
        let (_, report) = check(estate);
        let output = Command::cargo_bin("exlint")
            .expect("the binary is built")
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .args(["check", "--format", "json", "--policy"])
            .arg(folder.path())
            .arg(format!("fixtures/{estate}"))
            .output()
            .expect("the binary runs");
        let whole: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert!(!items(&whole, filled).is_empty(), "{estate}: no {filled}");
        for key in ["findings", "undecided"] {
            assert_eq!(items(&report, key), items(&whole, key), "{estate}: {key}");
        }
    }
}

#[test]
fn fixes_for_an_asa_are_lines_that_its_reader_understands() {
    let (_, report) = check("contoso");
    assert!(fixes::read_all(&report) > 0);
}

#[test]
fn a_file_read_again_gives_the_same_document() {
    let root = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let inputs = exlint::source::read(&[root], &exlint::source::ReadOptions::default());
    let (mut files, mut formats) = (0, BTreeSet::new());
    for file in inputs.expect("readable fixtures").sources.files() {
        // Whatever it is taken for: readers get more than their own files.
        for format in exlint::formats::FORMATS {
            if (format.detect)(file).is_none() {
                continue;
            }
            let read = || format!("{:?}", (format.parse)(file));
            assert!(read() == read(), "{} as {}", file.name(), format.id);
            files += 1;
            formats.insert(format.id);
        }
    }
    assert!(files > 300, "{files} files");
    assert!(formats.len() > 20, "{formats:?}");
}

/// A run on one file compiles the rules that the file concerns, `analyse` has all
/// of them compiled.
#[test]
fn a_file_alone_is_judged_as_by_all_rules_together() {
    let policies = exlint::policies(&[]).expect("the built-in rules");
    let fresh = policies.clone();
    let (mut files, mut found) = (0, BTreeSet::new());
    for estate in ["contoso/fw", "contoso/exports", "forms", "platforms"] {
        let root = format!("{}/fixtures/{estate}", env!("CARGO_MANIFEST_DIR"));
        for entry in walkdir::WalkDir::new(root).sort_by_file_name() {
            let path = entry.expect("a readable fixture").into_path();
            if !path.is_file() || path.ends_with("exlint.toml") {
                continue;
            }
            let options = exlint::Options::default();
            let read = || {
                let paths = std::slice::from_ref(&path);
                exlint::source::read(paths, &options.read).expect("a readable fixture")
            };
            let alone = exlint::analyse(read(), &options.settings, &policies).expect("a run");
            let again = fresh.clone();
            again.expect(&exlint::policy::facts::kinds(&alone.estate));
            let few = exlint::analyse(read(), &options.settings, &again).expect("a run");
            assert_eq!(alone.findings, few.findings, "{path:?}");
            assert_eq!(alone.undecided, few.undecided, "{path:?}");
            let states = |run: &exlint::finding::Run| -> Vec<_> {
                let state = |result: &exlint::policy::RuleResult| {
                    (result.rule.id.clone(), format!("{:?}", result.status))
                };
                run.results.iter().map(state).collect()
            };
            assert_eq!(states(&alone), states(&few), "{path:?}");
            files += 1;
            found.extend(few.findings.iter().map(|finding| finding.rule.id.clone()));
        }
    }
    assert!(files > 50, "{files} files");
    assert!(found.len() > 10, "{found:?}");
}
