//! The lines of a fix, typed into the device, cure the finding.
//!
//! All fixes of an estate are applied to its configurations at once, in copies,
//! and the same check is run again.

mod fixes;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

/// Estates, and the rules of which at least one fix was applied there.
const ESTATES: [(&str, &[&str]); 8] = [
    ("contoso", &["FR003", "FR005"]),
    (
        "showcase",
        &["FR003", "FR004", "FR006", "FR007", "FR009", "FR021"],
    ),
    ("platforms/ios", &["FR005", "FR021"]),
    ("platforms/nxos", &["FR005", "FR021"]),
    ("platforms/srx", &["FR003", "FR005"]),
    ("platforms/fortios", &["FR003", "FR005"]),
    ("platforms/iptables", &["FR005", "FR021"]),
    ("platforms/nftables", &["FR005", "FR021"]),
];

/// A rule with the message of its finding.
type Told = (String, String);

/// What a check says.
struct Checked {
    /// Findings with a fix that has lines to type, by the file that they are
    /// typed into.
    fixes: BTreeMap<String, Vec<(Told, Vec<String>)>>,
    findings: Vec<Told>,
    /// Questions that stay open.
    open: Vec<Told>,
}

fn check(folder: &Path) -> Checked {
    let output = Command::cargo_bin("exlint")
        .expect("the binary is built")
        .current_dir(folder)
        .args(["--format", "json", "."])
        .output()
        .expect("the binary runs");
    let report: Value = serde_json::from_slice(&output.stdout).expect("a report is JSON");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (mut fixes, mut all): (BTreeMap<_, Vec<_>>, Vec<_>) = Default::default();
    for finding in report["findings"].as_array().expect("findings") {
        let told = (text(&finding["rule"]["id"]), text(&finding["message"]));
        all.push(told.clone());
        let fix = text(&finding["fix"]);
        let lines: Vec<String> = fix.lines().skip(1).map(str::to_owned).collect();
        // HF001 and others name commands that are no lines of a configuration.
        let file = text(&finding["primary"]["file"]);
        let typed = told.0.starts_with("FR") && !lines.is_empty() && !file.ends_with(".xml");
        if typed {
            fixes.entry(file).or_default().push((told, lines));
        }
    }
    let open = report["undecided"].as_array().expect("questions");
    let open = open
        .iter()
        .map(|one| (text(&one["rule"]["id"]), text(&one["message"])));
    Checked {
        fixes,
        findings: all,
        open: open.collect(),
    }
}

#[test]
fn fixes_that_are_typed_cure_their_findings() {
    for (estate, rules) in ESTATES {
        let source = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("fixtures")
            .join(estate);
        let folder = tempfile::tempdir().expect("a folder");
        fixes::applied::copy(&source, folder.path());
        let before = check(folder.path());
        let mut cured = Vec::new();
        for (file, findings) in before.fixes {
            let path = folder.path().join(file);
            let mut lines: Vec<String> = Vec::new();
            for (told, own) in findings {
                lines.extend(own);
                cured.push(told);
            }
            let export = fs::read(&path).expect("the configuration");
            fs::write(&path, fixes::applied::applied(&export, &lines)).expect("written");
        }
        for rule in rules {
            assert!(
                cured.iter().any(|(id, _)| id == rule),
                "{estate}: no fix of {rule}"
            );
        }
        let after = check(folder.path());
        let uncured: Vec<_> = cured
            .iter()
            .filter(|told| after.findings.contains(told))
            .collect();
        assert!(uncured.is_empty(), "{estate}: {uncured:#?}");
        // A cure is not that nobody can tell any more.
        let of_cured = |told: &&Told| cured.iter().any(|(id, _)| *id == told.0);
        let new = after.open.iter().filter(of_cured);
        let new: Vec<_> = new.filter(|told| !before.open.contains(told)).collect();
        assert!(new.is_empty(), "{estate}: {new:#?}");
    }
}
