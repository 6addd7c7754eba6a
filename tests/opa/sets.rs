//! Prints, as one JSON object a line, an input and what each built-in rule
//! yields on it. `compare.py` gives the same inputs to OPA.
//!
//! Arguments: `*.json` files with facts as `exlint facts` prints them, and
//! `*.yaml` files with a list of cases that have `facts` over empty ones. A file
//! that is named after a rule is about that rule alone.

use std::error::Error;
use std::io::Write;
use std::path::Path;

use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn Error>> {
    let catalogue = exlint::model::path::exchange_2007()?;
    let mut policies = exlint::policy::Policies::default();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
    policies.add_folder(&folder, catalogue);
    if let Some(error) = policies.errors().first() {
        return Err(error.clone().into());
    }
    let mut out = std::io::stdout().lock();
    let modules: Vec<_> = policies
        .libraries()
        .chain(
            policies
                .rules()
                .iter()
                .map(|rule| (rule.file(), rule.rego())),
        )
        .map(|(file, text)| json!({"file": file, "text": text}))
        .collect();
    writeln!(out, "{}", json!({ "modules": modules }))?;
    for path in std::env::args().skip(1) {
        let stem = Path::new(&path).file_stem().and_then(|stem| stem.to_str());
        let mut asked = policies.clone();
        if let Some(own) = stem.and_then(|id| policies.find(id)) {
            asked.retain(|rule| rule.id == own.meta.id);
        }
        for (name, input) in inputs(&path)? {
            let rules: Vec<_> = asked
                .sets(input.clone())
                .into_iter()
                .map(|(rule, sets)| match sets {
                    Ok(sets) => json!({
                        "id": rule.meta.id,
                        "package": rule.package(),
                        "findings": sets.findings,
                        "undecided": sets.undecided,
                    }),
                    Err(error) => json!({
                        "id": rule.meta.id,
                        "package": rule.package(),
                        "error": error.to_string(),
                    }),
                })
                .collect();
            writeln!(
                out,
                "{}",
                json!({"name": name, "input": input, "rules": rules})
            )?;
        }
    }
    Ok(())
}

/// The inputs of a file with their names.
fn inputs(path: &str) -> Result<Vec<(String, Value)>, Box<dyn Error>> {
    let text = std::fs::read_to_string(path)?;
    if path.ends_with(".json") {
        return Ok(vec![(path.to_owned(), serde_json::from_str(&text)?)]);
    }
    let mut cases: serde_norway::Value = serde_norway::from_str(&text)?;
    // A merged mapping may hold a merge key itself, hence more than once.
    for _ in 0..4 {
        cases.apply_merge()?;
    }
    let cases: Vec<Value> = serde_norway::from_value(cases)?;
    let named = |case: &Value| {
        let mut facts = json!({
            "schema": "exlint/facts/1", "reference_date": "2009-11-02",
            "files": [], "kinds": [], "servers": [], "zones": [], "firewalls": [],
            "placements": [], "flows": [], "exposures": [], "hidden_rules": [],
            "objects": {}, "runs": [], "contradictions": [], "questions": [],
            "permits": [], "egress": [], "client_access": [], "deliveries": [],
            "allowed_flows": [],
            "unused_objects": [],
        });
        if let (Some(facts), Some(stated)) = (facts.as_object_mut(), case["facts"].as_object()) {
            facts.extend(stated.clone());
        }
        (format!("{path}: {}", case["name"]), facts)
    };
    Ok(cases.iter().map(named).collect())
}
