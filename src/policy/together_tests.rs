use super::*;
use crate::policy::Policies;
use crate::policy::host::Module;
use crate::policy::registry::RegoFile;

/// Rules of these bodies, as if they were built in.
fn built_in(bodies: &[&str]) -> Policies {
    let catalogue = crate::model::path::exchange_2007().expect("the embedded catalogue");
    let mut policies = Policies::default();
    for (index, body) in bodies.iter().enumerate() {
        let text = format!(
            "# METADATA
# title: Title
# custom:
#   id: ZZ00{index}
#   name: rule-{index}
#   severity: error
#   needs: []
#   title.ja: 題
#   message:
#     en: Open
#     ja: 開いている
#   fix:
#     en: Close it.
#     ja: 閉じる。
package exlint.rules.rule_{index}

import rego.v1

{body}"
        );
        policies.add_file(format!("rule{index}.rego"), text, None, catalogue);
    }
    assert!(policies.errors().is_empty(), "{:?}", policies.errors());
    let file = RegoFile {
        text: "",
        words: "",
        sections: None,
    };
    for rule in &mut policies.rules {
        rule.module = Module {
            built_in: Some(file),
            ..rule.module.clone()
        };
    }
    policies
}

/// What the rules at some places yield on an input, by place.
fn yields(policies: &Policies, asked: &[usize], input: &str) -> BTreeMap<usize, String> {
    let rules: Vec<&Rule> = policies.rules().iter().collect();
    let mut engine = policies.engine(&rules).expect("rules that compile");
    engine.set_input(Value::from_json_str(input).expect("an input"));
    let asked: Vec<_> = asked
        .iter()
        .filter_map(|at| Some((*at, *rules.get(*at)?)))
        .collect();
    let yielded = evaluate(&engine, &asked).into_iter();
    yielded
        .map(|(at, (sets, _))| (at, sets.to_string()))
        .collect()
}

const ONE: &str = "findings contains input.name";
const FAILS: &str = "findings contains f if f := net.cidr_contains(input.name, \"x\")";
const UNDECIDED: &str = "findings contains 1 if false\n\nundecided contains input.name";
const APPLIES: &str = "applies if input.name == \"other\"\n\nfindings contains 1";

#[test]
fn rules_yield_what_each_of_them_says() {
    let policies = built_in(&[ONE, UNDECIDED, APPLIES]);
    let expected = [
        (0, "[[\"outer\"],[]]".to_owned()),
        (1, "[[],[\"outer\"]]".to_owned()),
        (2, "null".to_owned()),
    ];
    let yielded = yields(&policies, &[0, 1, 2], "{\"name\": \"outer\"}");
    assert_eq!(yielded, BTreeMap::from(expected));
    let other = yields(&policies, &[2], "{\"name\": \"other\"}");
    assert_eq!(other, BTreeMap::from([(2, "[[1],[]]".to_owned())]));
}

#[test]
fn a_rule_that_is_not_asked_is_not_evaluated() {
    let policies = built_in(&[ONE, FAILS]);
    let yielded = yields(&policies, &[0], "{\"name\": \"outer\"}");
    assert_eq!(yielded.keys().collect::<Vec<_>>(), [&0]);
}

#[test]
fn an_error_gives_nothing() {
    let policies = built_in(&[ONE, FAILS]);
    assert!(yields(&policies, &[0, 1], "{\"name\": \"outer\"}").is_empty());
}

#[test]
fn rules_of_a_user_are_left_out() {
    let mut policies = built_in(&[ONE, UNDECIDED]);
    for rule in policies.rules.iter_mut().skip(1) {
        rule.module.built_in = None;
    }
    let yielded = yields(&policies, &[0, 1], "{\"name\": \"outer\"}");
    assert_eq!(yielded.keys().collect::<Vec<_>>(), [&0]);
}

#[test]
fn each_rule_takes_the_time_until_the_next_begins() {
    let starts = Starts::default();
    starts.add(7);
    starts.add(3);
    let end = Instant::now() + Duration::from_secs(5);
    let took = starts.until(end);
    assert_eq!(took.keys().collect::<Vec<_>>(), [&3, &7]);
    assert!(took[&3] > took[&7]);
}
