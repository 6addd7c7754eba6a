//! Rules, things and flows are made up here.

use std::sync::Arc;

use super::*;
use crate::policy::{Confidence, Policies, RawUndecided, Severity, Status};
use crate::source::{FileId, Span};

/// A rule, and what its finding and its undecided case are about.
struct Case {
    rego: String,
    id: &'static str,
    subject: &'static str,
    flows: Vec<FlowKey>,
}

fn rule(
    id: &'static str,
    supersedes: &str,
    subject: &'static str,
    flows: &[(&str, &str, &str)],
) -> Case {
    let name = format!("rule-{}", id.to_lowercase());
    let package = name.replace('-', "_");
    let rego = format!(
        "# METADATA
# title: t
# custom:
#   id: {id}
#   name: {name}
#   severity: error
#   supersedes: [{supersedes}]
#   title.ja: 題
#   message: {{en: m, ja: m}}
#   fix: {{en: f, ja: f}}
package exlint.rules.{package}
"
    );
    let flows = flows.iter().map(|(source, destination, service)| FlowKey {
        source: (*source).to_owned(),
        destination: (*destination).to_owned(),
        service: (!service.is_empty()).then(|| (*service).to_owned()),
    });
    let flows = flows.collect();
    Case {
        rego,
        id,
        subject,
        flows,
    }
}

fn policies(cases: &[Case]) -> Policies {
    let mut policies = Policies::default();
    for case in cases {
        let file = format!("{}.rego", case.id);
        policies.add_file(file, case.rego.clone(), None, catalogue());
    }
    assert!(policies.errors().is_empty(), "{:?}", policies.errors());
    policies
}

fn catalogue() -> &'static crate::model::path::Catalogue {
    crate::model::path::exchange_2007().expect("the embedded catalogue")
}

fn result(case: &Case, policies: &Policies) -> RuleResult {
    let rule = Arc::clone(&policies.find(case.id).expect("the rule").meta);
    let finding = RawFinding {
        rule: Arc::clone(&rule),
        severity: Severity::Error,
        confidence: Confidence::Certain,
        weak: None,
        at: vec![Span::new(FileId(0), 0, 1)],
        labels: Vec::new(),
        args: Default::default(),
        subject: case.subject.to_owned(),
        expected: None,
        actual: None,
        witness: None,
        paths: Vec::new().into(),
        variant: None,
        fix: None,
        flows: case.flows.clone(),
        extent: Vec::new(),
        allowed: None,
    };
    let undecided = RawUndecided {
        rule: Arc::clone(&rule),
        at: Vec::new(),
        why: Vec::new(),
        needs: vec!["look".to_owned()],
        args: Default::default(),
        subject: case.subject.to_owned(),
        flows: case.flows.clone(),
    };
    RuleResult {
        rule,
        status: Status::Evaluated,
        findings: vec![finding],
        undecided: vec![undecided],
        took: std::time::Duration::ZERO,
    }
}

/// Rules that still have findings and cases, by id.
fn left(cases: &[Case]) -> (Vec<String>, Vec<String>) {
    let policies = policies(cases);
    let mut results: Vec<_> = cases.iter().map(|case| result(case, &policies)).collect();
    apply(&mut results);
    let ids = |some: fn(&RuleResult) -> bool| {
        let having = results.iter().filter(|result| some(result));
        having.map(|result| result.rule.id.clone()).collect()
    };
    (
        ids(|result| !result.findings.is_empty()),
        ids(|result| !result.undecided.is_empty()),
    )
}

fn ids(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

#[test]
fn a_finding_replaces_findings_and_cases_of_a_superseded_rule_on_the_same_thing() {
    let rules = [
        rule("ZZ001", "ZZ002", "HUB1\\Default", &[]),
        rule("ZZ002", "", "HUB1\\Default", &[]),
    ];
    assert_eq!(left(&rules), (ids(&["ZZ001"]), ids(&["ZZ001"])));
}

#[test]
fn another_thing_keeps_its_finding() {
    let rules = [
        rule("ZZ001", "ZZ002", "hub1", &[]),
        rule("ZZ002", "", "hub2", &[]),
    ];
    assert_eq!(left(&rules).0, ids(&["ZZ001", "ZZ002"]));
}

#[test]
fn a_rule_that_is_not_named_keeps_its_finding() {
    let rules = [
        rule("ZZ001", "", "hub1", &[]),
        rule("ZZ002", "", "hub1", &[]),
    ];
    assert_eq!(left(&rules).0, ids(&["ZZ001", "ZZ002"]));
}

/// The pair without a service stands for all of its flows.
#[test]
fn a_finding_goes_when_all_of_its_flows_are_superseded_and_stays_with_one_more() {
    let pair = [("cas1", "mail1", "")];
    let one = [("cas1", "mail1", "tcp/135")];
    let more = [("cas1", "mail1", "tcp/135"), ("hub1", "mail1", "tcp/135")];
    let with = |flows: &[(&str, &str, &str)]| {
        left(&[
            rule("ZZ001", "ZZ002", "inner: cas1 - mail1", &pair),
            rule("ZZ002", "", "cas1 -> mail1", flows),
        ])
    };
    assert_eq!(with(&one).0, ids(&["ZZ001"]));
    assert_eq!(with(&more).0, ids(&["ZZ001", "ZZ002"]));
}

#[test]
fn findings_on_different_flows_of_one_server_stand_side_by_side() {
    let rules = [
        rule(
            "ZZ001",
            "ZZ002",
            "edge1",
            &[("internet", "edge1", "tcp/25")],
        ),
        rule("ZZ002", "", "edge1", &[("internet", "edge1", "tcp/80")]),
    ];
    assert_eq!(left(&rules).0, ids(&["ZZ001", "ZZ002"]));
}

#[test]
fn what_is_superseded_supersedes_still() {
    let rules = [
        rule("ZZ003", "ZZ002", "hub1", &[]),
        rule("ZZ002", "ZZ001", "hub1", &[]),
        rule("ZZ001", "", "hub1", &[]),
    ];
    assert_eq!(left(&rules).0, ids(&["ZZ003"]));
}

#[test]
fn every_built_in_rule_supersedes_rules_that_exist_and_no_circle() {
    let policies = Policies::built_in(catalogue());
    let errors = check(policies.rules());
    assert!(errors.is_empty(), "{errors:?}");
}

#[test]
fn an_id_of_no_rule_and_a_circle_are_errors() {
    let unknown = policies(&[rule("ZZ001", "ZZ009", "x", &[])]);
    let circle = policies(&[
        rule("ZZ001", "ZZ002", "x", &[]),
        rule("ZZ002", "ZZ001", "x", &[]),
    ]);
    assert_eq!(check(unknown.rules()).len(), 1);
    assert_eq!(check(circle.rules()).len(), 2);
}
