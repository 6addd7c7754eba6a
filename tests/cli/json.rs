use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::estate::Estate;

fn schema(name: &str) -> jsonschema::Validator {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("schemas")
        .join(format!("{name}.schema.json"));
    let text = fs::read_to_string(path).expect("a schema");
    let schema: Value = serde_json::from_str(&text).expect("JSON");
    jsonschema::draft202012::meta::validate(&schema).expect("a valid schema");
    jsonschema::validator_for(&schema).expect("a schema that compiles")
}

fn check(name: &str, output: &str) -> Value {
    let value: Value = serde_json::from_str(output).expect("JSON");
    let errors: Vec<String> = schema(name)
        .iter_errors(&value)
        .take(5)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{name}: {errors:#?}");
    let first = value
        .as_object()
        .and_then(|object| object.keys().next().cloned());
    assert_eq!(first.as_deref(), Some("schema"));
    value
}

const COMMANDS: [(&str, &[&str]); 6] = [
    ("findings", &["check", "--format", "json"]),
    ("paths", &["paths", "--format", "json"]),
    ("coverage", &["coverage", "--format", "json"]),
    ("facts", &["facts"]),
    ("rules", &["rules", "--format", "json"]),
    ("init", &["init", "--format", "json"]),
];

fn outputs(estate: &Estate, folder: &str, languages: &[&str]) {
    for (name, args) in COMMANDS {
        for lang in languages {
            let mut args = args.to_vec();
            args.extend(["--lang", lang]);
            if name != "rules" {
                args.push(folder);
            }
            check(name, &estate.run(&args).out);
        }
    }
}

#[test]
fn every_output_of_a_small_estate_keeps_to_its_schema() {
    outputs(&Estate::small(), "exports", &["en", "ja"]);
}

#[test]
fn every_output_without_any_recognised_input_keeps_to_its_schema() {
    outputs(&Estate::empty().with("a.txt", "x\n"), ".", &["en"]);
}

#[test]
fn every_output_of_the_fixtures_keeps_to_its_schema() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let folder = |name: &str| fixtures.join(name).to_str().expect("UTF-8").to_owned();
    outputs(&Estate::empty(), &folder("contoso"), &["en"]);
    for name in ["contoso-fixed", "tailspin"] {
        let folder = folder(name);
        let args = ["check", "--format", "json", &folder];
        check("findings", &Estate::empty().run(&args).out);
    }
}

#[test]
fn facts_name_hidden_rules_though_no_rule_asks_for_them_without_servers() {
    let rules = "*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp --dport 25 -j ACCEPT\n\
                 -A INPUT -p tcp -s 192.0.2.1 --dport 25 -j DROP\nCOMMIT\n";
    let estate = Estate::empty().with("edge.rules", rules);
    let facts = check("facts", &estate.run(&["facts", "."]).out);
    let kind = facts["hidden_rules"][0]["kind"].as_str();
    assert_eq!(kind, Some("shadowed"));
}

#[test]
fn paths_holds_every_row_of_the_four_tables() {
    let value = check(
        "paths",
        &Estate::small()
            .run(&["paths", "--format", "json", "exports"])
            .out,
    );
    let paths = value["paths"].as_array().expect("an array");
    for (table, rows) in [
        ("transport", 11),
        ("mailbox", 22),
        ("client-access", 14),
        ("unified-messaging", 5),
    ] {
        let count = paths.iter().filter(|path| path["table"] == table).count();
        assert_eq!(count, rows, "{table}");
    }
}

#[test]
fn findings_name_their_places_and_their_identity_survives_moved_lines() {
    let run = |estate: &Estate| {
        check(
            "findings",
            &estate.run(&["--format", "json", "exports"]).out,
        )["findings"]
            .clone()
    };
    let before = run(&Estate::small());
    let moved = Estate::small().with(
        "exports/inner.cfg",
        crate::estate::FIREWALL.replace("names\n", "names\nname 10.1.0.77 printer\n"),
    );
    let after = run(&moved);
    let identities = |findings: &Value| -> Vec<String> {
        let mut all: Vec<String> = findings
            .as_array()
            .expect("an array")
            .iter()
            .map(|finding| finding["fingerprint"].as_str().expect("text").to_owned())
            .collect();
        all.sort();
        all
    };
    assert_eq!(identities(&before), identities(&after));
    let lines = |findings: &Value| -> Vec<u64> {
        findings
            .as_array()
            .expect("an array")
            .iter()
            .filter(|finding| finding["primary"]["file"] == "exports/inner.cfg")
            .map(|finding| finding["primary"]["line"].as_u64().expect("a number"))
            .collect()
    };
    let moved_by_one: Vec<u64> = lines(&before).iter().map(|line| line + 1).collect();
    assert!(!moved_by_one.is_empty());
    assert_eq!(moved_by_one, lines(&after));
}
