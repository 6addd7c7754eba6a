//! Every built-in rule against hand-made facts: the unit test of the Rego
//! alone, without readers, joining or flow. Cases are data, one file for each
//! rule in `tests/rules/`; a case states all findings and all undecided
//! entries that it expects, each by the keys that matter.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use regorus::{Engine, Value};
use serde_json::{Value as Json, json};

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    facts: Json,
    #[serde(default)]
    findings: Vec<Json>,
    #[serde(default)]
    undecided: Vec<Json>,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path, name: &dyn Fn(&Path) -> bool) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = walkdir::WalkDir::new(folder)
        .into_iter()
        .filter_map(Result::ok)
        .map(walkdir::DirEntry::into_path)
        .filter(|path| path.is_file() && name(path))
        .collect();
    found.sort();
    found
}

/// Id and package of a rule, from its text.
fn identity(text: &str) -> (String, String) {
    let after = |prefix: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(prefix))
            .unwrap_or_else(|| panic!("no {prefix:?}"))
            .trim()
            .to_string()
    };
    (after("#   id: "), after("package "))
}

/// The cases of a rule; YAML merge keys (`<<`) vary one fact at a time.
fn cases(id: &str) -> Vec<Case> {
    let file = root().join(format!("tests/rules/{id}.yaml"));
    let text = fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let mut yaml: serde_norway::Value =
        serde_norway::from_str(&text).unwrap_or_else(|e| panic!("{id}: {e}"));
    // A merged mapping may hold a merge key itself, hence more than once.
    for _ in 0..4 {
        yaml.apply_merge().unwrap();
    }
    serde_norway::from_value(yaml).unwrap_or_else(|e| panic!("{id}: {e}"))
}

/// Rules by id: package and path.
fn rules() -> BTreeMap<String, (String, PathBuf)> {
    files(&root().join("policies"), &|p| p.ends_with("rule.rego"))
        .into_iter()
        .map(|path| {
            let (id, package) = identity(&fs::read_to_string(&path).unwrap());
            (id, (package, path))
        })
        .collect()
}

fn engine(rule: &Path) -> Engine {
    let mut engine = Engine::new();
    engine.set_strict_builtin_errors(true);
    for lib in files(&root().join("policies/lib"), &|p| {
        p.extension().is_some_and(|e| e == "rego")
    }) {
        engine
            .add_policy_from_file(&lib)
            .unwrap_or_else(|e| panic!("{}: {e}", lib.display()));
    }
    engine
        .add_policy_from_file(rule)
        .unwrap_or_else(|e| panic!("{}: {e}", rule.display()));
    engine
}

/// Facts of a case over facts that say nothing.
fn facts(case: &Case) -> Value {
    let mut facts = json!({
        "schema": "exlint/facts/1", "reference_date": "2009-11-02",
        "files": [], "kinds": [], "servers": [], "zones": [], "firewalls": [],
        "placements": [], "flows": [], "exposures": [], "hidden_rules": [],
        "permits": [], "egress": [], "client_access": [], "deliveries": [],
        "allowed_flows": [], "unused_objects": [],
        "objects": {}, "runs": [], "contradictions": [], "questions": [], "lost": [],
        "exceptions": [],
    });
    for (key, value) in case.facts.as_object().expect("facts is an object") {
        // Only a comparison has this section.
        let known = key == "comparison" || facts.get(key).is_some();
        assert!(known, "unknown facts key {key}");
        facts[key] = match key.as_str() {
            "placements" => grouped(value),
            _ => value.clone(),
        };
    }
    Value::from_json_str(&facts.to_string()).unwrap()
}

/// Cases tell placements pair by pair, with the rules that restrict behind the
/// interfaces in `at`; facts hold pairs with the same rules together.
fn grouped(pairs: &Json) -> Json {
    let mut groups: Vec<Json> = Vec::new();
    for pair in pairs.as_array().expect("placements") {
        let at = pair["at"].as_array().expect("interfaces and rules");
        let mut group = json!({
            "firewall": pair["firewall"], "between": pair["between"],
            "restricts": pair["restricts"], "rules": at[2..], "pairs": [],
        });
        let mut one = pair.clone();
        one["at"] = json!(at[..2]);
        let fields = one.as_object_mut().expect("a pair");
        for shared in ["firewall", "between", "restricts"] {
            fields.remove(shared);
        }
        let same = |known: &&mut Json| {
            ["firewall", "between", "restricts", "rules"]
                .iter()
                .all(|key| known[*key] == group[*key])
        };
        match groups.iter_mut().find(same) {
            Some(known) => known["pairs"].as_array_mut().expect("pairs").push(one),
            None => {
                group["pairs"] = json!([one]);
                groups.push(group);
            }
        }
    }
    Json::Array(groups)
}

/// Whether `actual` has all that `expected` names. An expected `at` may be a
/// prefix: the primary evidence and as many related ones as matter.
fn covers(expected: &Json, actual: &Json) -> bool {
    match (expected, actual) {
        (Json::Object(e), Json::Object(a)) => e.iter().all(|(key, value)| {
            let found = a.get(key).unwrap_or(&Json::Null);
            match (key.as_str(), value, found) {
                ("at", Json::Array(e), Json::Array(a)) => a.starts_with(e),
                _ => covers(value, found),
            }
        }),
        _ => expected == actual,
    }
}

fn evaluate(engine: &mut Engine, package: &str, set: &str) -> Vec<Json> {
    let value = match engine.eval_rule(format!("data.{package}.{set}")) {
        Ok(value) => value,
        // A rule that leaves nothing open has no such set.
        Err(e) if set == "undecided" && e.to_string().contains("not a valid rule path") => {
            return Vec::new();
        }
        Err(e) => panic!("{package}.{set}: {e}"),
    };
    match serde_json::to_value(&value).unwrap() {
        Json::Array(items) => items,
        other => panic!("{package}.{set} is not a set: {other}"),
    }
}

fn differs(kind: &str, expected: &[Json], actual: &[Json]) -> Option<String> {
    let mut rest: Vec<&Json> = actual.iter().collect();
    let mut missing = Vec::new();
    for item in expected {
        match rest.iter().position(|candidate| covers(item, candidate)) {
            Some(position) => {
                rest.remove(position);
            }
            None => missing.push(item),
        }
    }
    (!missing.is_empty() || !rest.is_empty()).then(|| {
        format!(
            "{kind}: missing {}, unexpected {}",
            serde_json::to_string_pretty(&missing).unwrap(),
            serde_json::to_string_pretty(&rest).unwrap()
        )
    })
}

#[test]
fn every_rule_decides_its_cases_as_stated() {
    let mut failures = Vec::new();
    for (id, (package, path)) in rules() {
        let mut engine = engine(&path);
        for case in cases(&id) {
            engine.set_input(facts(&case));
            for (set, expected) in [("findings", &case.findings), ("undecided", &case.undecided)] {
                let actual = evaluate(&mut engine, &package, set);
                for item in &actual {
                    let at = item["at"]
                        .as_array()
                        .unwrap_or_else(|| panic!("{id}: {item}"));
                    assert!(
                        !at.is_empty() && at.iter().all(Json::is_string),
                        "{id}, {}: no evidence in {item}",
                        case.name
                    );
                }
                if let Some(difference) = differs(set, expected, &actual) {
                    failures.push(format!("{id}, {}: {difference}", case.name));
                }
            }
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

#[test]
fn every_rule_has_cases_that_fire_stay_silent_and_stay_undecided() {
    for (id, (_, path)) in rules() {
        let cases = cases(&id);
        let has = |test: &dyn Fn(&Case) -> bool| cases.iter().any(test);
        assert!(has(&|c| !c.findings.is_empty()), "{id} never fires");
        assert!(
            has(&|c| c.findings.is_empty() && c.undecided.is_empty()),
            "{id} is never silent"
        );
        // A rule about the inputs themselves may leave nothing open.
        let asks = fs::read_to_string(&path)
            .unwrap()
            .contains("\nundecided contains ");
        assert!(
            !asks || has(&|c| !c.undecided.is_empty()),
            "{id} is never undecided"
        );
    }
}

#[test]
fn messages_and_fixes_have_no_hole_that_a_finding_leaves_open() {
    let hole = regex::Regex::new(r"\{([a-z_]+)\}").unwrap();
    for (id, (package, path)) in rules() {
        let text = fs::read_to_string(&path).unwrap();
        let templates = |wanted: &dyn Fn(&str) -> bool| -> Vec<String> {
            let mut key = "";
            let mut holes = Vec::new();
            for line in text.lines() {
                if let Some(found) = line.strip_prefix("#   ").filter(|l| !l.starts_with(' ')) {
                    key = found.split(':').next().unwrap_or_default();
                }
                if wanted(key) && line.starts_with("#     ") {
                    holes.extend(hole.captures_iter(line).map(|c| c[1].to_string()));
                }
            }
            holes
        };
        let of_finding = templates(&|key| key == "message" || key == "fix");
        let of_undecided = templates(&|key| key == "undecided");
        let asks = text.contains("\nundecided contains ");
        assert!(
            !of_finding.is_empty() && (!asks || !of_undecided.is_empty()),
            "{id}"
        );
        let mut engine = engine(&path);
        for case in cases(&id) {
            engine.set_input(facts(&case));
            for (set, holes) in [("findings", &of_finding), ("undecided", &of_undecided)] {
                for item in evaluate(&mut engine, &package, set) {
                    for name in holes {
                        assert!(
                            item["args"].get(name).is_some() || item.get(name).is_some(),
                            "{id}, {set}: no argument for {{{name}}} in {item}"
                        );
                    }
                }
            }
        }
    }
}
