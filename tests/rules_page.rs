//! `docs/rules.md` says what the rules say. Run with `EXLINT_WRITE=1` to
//! write it anew after a rule was added.

use std::fmt::Write as _;
use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn words(value: &Value, key: &str) -> String {
    let list = value.get(key).and_then(Value::as_array);
    let words = list.into_iter().flatten().filter_map(Value::as_str);
    words.collect::<Vec<_>>().join(", ")
}

/// What a rule finds, and the rules for which it speaks.
fn finds(rule: &Value) -> String {
    let title = text(&rule["title"], "en");
    match words(rule, "supersedes") {
        others if others.is_empty() => title.to_owned(),
        others => format!("{title} (supersedes {others})"),
    }
}

fn page() -> String {
    let output = Command::cargo_bin("exlint")
        .expect("the binary")
        .args(["rules", "--format", "json"])
        .output()
        .expect("it runs");
    let list: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let rules = list["rules"].as_array().expect("rules");
    let mut page = String::from(
        "# The rules\n\n`exlint explain RULE` shows a rule's page: what it checks, why it matters, \
         how to fix\nit, when it stays silent, its sources, and examples that are run as tests.\n\n\
         A finding of a rule that *supersedes* others stands for theirs on the same flow (source,\n\
         destination, service) or, where one of the two is about no flow, on the same thing: what\n\
         they found or could not decide there is neither shown nor counted.\n",
    );
    let mut area = "";
    for rule in rules {
        if text(rule, "area") != area {
            area = text(rule, "area");
            let _ = write!(page, "\n## {area}\n\n");
            page.push_str(
                "| Rule | Severity at most | What it finds | Statements |\n|---|---|---|---|\n",
            );
        }
        let (id, name) = (text(rule, "id"), text(rule, "name"));
        let _ = writeln!(
            page,
            "| [{id} `{name}`](../policies/{area}/{name}/rule.md) ([日本語](../policies/{area}/{name}/rule.ja.md)) | {} | {} | {} |",
            text(rule, "severity"),
            finds(rule),
            words(rule, "statements"),
        );
    }
    page
}

#[test]
fn the_list_of_rules_in_the_documents_is_current() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("docs/rules.md");
    let page = page();
    for line in page.lines().filter(|line| line.starts_with("| [")) {
        for link in line.split("](../").skip(1) {
            let file = link.split(')').next().unwrap_or_default();
            assert!(root.join(file).is_file(), "{file} is missing");
        }
    }
    if std::env::var_os("EXLINT_WRITE").is_some() {
        std::fs::write(&path, &page).expect("written");
    }
    let held = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        held, page,
        "run with EXLINT_WRITE=1 to write docs/rules.md anew"
    );
}
