//! Rules are made up here; the built-in ones have their own tests.

use std::path::Path;

use super::*;
use crate::model::path::Catalogue;
use crate::policy::facts::{FirewallFact, Ref, SCHEMA, SelfAt};
use crate::policy::{Confidence, Severity};
use crate::source::{FileId, Span};

const BODY: &str = r#"findings contains f if {
	some firewall in input.firewalls
	f := {"at": [firewall.at.self], "args": {"host": firewall.name}, "subject": firewall.name}
}
"#;

fn rego(id: &str, name: &str, needs: &str, body: &str) -> String {
    format!(
        "# METADATA
# title: Title of {id}
# custom:
#   id: {id}
#   name: {name}
#   severity: error
#   needs: [{needs}]
#   title.ja: 題
#   message:
#     en: \"{{host}} is open\"
#     ja: \"{{host}} が開いている\"
#   fix:
#     en: \"Close \\\"{{host}}\\\".\"
#     ja: 閉じる。
package exlint.rules.{}

import rego.v1

# The templates speak of \"host\".
{body}",
        name.replace('-', "_")
    )
}

fn catalogue() -> &'static Catalogue {
    crate::model::path::exchange_2007().expect("the embedded catalogue")
}

fn policies(rules: &[String]) -> Policies {
    let mut policies = Policies::default();
    for (index, rule) in rules.iter().enumerate() {
        policies.add_file(format!("rule{index}.rego"), rule.clone(), None, catalogue());
    }
    policies
}

fn facts() -> Facts {
    Facts {
        schema: SCHEMA,
        reference_date: "2009-11-02".to_owned(),
        files: vec!["fw/outer.cfg".to_owned()],
        kinds: vec!["firewall".to_owned()],
        firewalls: vec![FirewallFact {
            name: "outer".to_owned(),
            platform: "cisco-asa",
            software: None,
            at: SelfAt {
                this: Ref(Span::new(FileId(0), 4, 9)),
            },
            interfaces: Vec::new(),
            inspections: Vec::new(),
        }],
        ..Facts::default()
    }
}

fn evaluate(body: &str) -> RuleResult {
    let policies = policies(&[rego("ZZ001", "some-rule", "firewall", body)]);
    assert!(policies.errors().is_empty(), "{:?}", policies.errors());
    policies.evaluate(&facts(), None).pop().expect("one result")
}

fn failure(body: &str) -> PolicyError {
    match evaluate(body).status {
        Status::Failed(error) => *error,
        other => panic!("expected a failure, not {other:?}"),
    }
}

#[test]
fn a_finding_carries_its_evidence_and_speaks_both_languages() {
    let result = evaluate(BODY);
    assert!(matches!(result.status, Status::Evaluated));
    let [finding] = result.findings.as_slice() else {
        panic!("one finding: {result:?}");
    };
    assert_eq!(finding.at, [Span::new(FileId(0), 4, 9)]);
    assert_eq!(finding.severity, Severity::Error);
    assert_eq!(finding.message(false), "outer is open");
    assert_eq!(finding.message(true), "outer が開いている");
    assert_eq!(finding.fix(false), "Close \"outer\".");
}

#[test]
fn derived_evidence_lowers_the_severity_one_step() {
    let body = BODY.replace(
        "\"subject\": firewall.name",
        "\"subject\": firewall.name, \"confidence\": \"derived\", \"weak\": \"the class of dmz\"",
    );
    let result = evaluate(&body);
    let finding = result.findings.first().expect("one finding");
    assert_eq!(finding.severity, Severity::Warning);
    assert_eq!(finding.confidence, Confidence::Derived);
    assert_eq!(finding.weak.as_deref(), Some("the class of dmz"));
}

#[test]
fn a_rule_whose_input_is_absent_lacks_data_and_says_what_gives_it() {
    let rule = rego(
        "ZZ001",
        "some-rule",
        "firewall, [Get-ExchangeServer, inventory]",
        BODY,
    );
    let results = policies(&[rule]).evaluate(&facts(), None);
    let Some(Status::LacksData { missing, settle }) = results.first().map(|r| &r.status) else {
        panic!("{results:?}");
    };
    assert_eq!(
        missing,
        &[vec![
            "Get-ExchangeServer".to_owned(),
            "inventory".to_owned()
        ]]
    );
    let [settle] = settle.as_slice() else {
        panic!("{settle:?}");
    };
    assert!(
        settle.en.contains("Get-ExchangeServer | Export-Clixml"),
        "{}",
        settle.en
    );
    assert!(settle.en.contains("exlint.toml"), "{}", settle.en);
}

#[test]
fn an_error_in_one_rule_stays_in_that_rule() {
    let bad = BODY.replace(
        "some firewall",
        "net.cidr_contains(\"bogus\", \"10.0.0.1\")\n\tsome firewall",
    );
    let rules = policies(&[
        rego("ZZ001", "bad-rule", "firewall", &bad),
        rego("ZZ002", "good-rule", "firewall", BODY),
    ]);
    let results = rules.evaluate(&facts(), None);
    let [bad, good] = results.as_slice() else {
        panic!("two results");
    };
    let Status::Failed(error) = &bad.status else {
        panic!("a failure, not {:?}", bad.status);
    };
    assert_eq!(error.file, "rule0.rego");
    assert!(error.place.is_some(), "{error:?}");
    assert_eq!(good.findings.len(), 1);
}

#[test]
fn a_rule_that_does_not_compile_does_not_stop_the_others() {
    let unsafe_variable = BODY.replace("firewall.name}", "nowhere}");
    let rules = policies(&[
        rego("ZZ001", "bad-rule", "firewall", &unsafe_variable),
        rego("ZZ002", "good-rule", "firewall", BODY),
    ]);
    let results = rules.evaluate(&facts(), None);
    assert!(matches!(
        results.first().map(|r| &r.status),
        Some(Status::Failed(_))
    ));
    assert_eq!(results.get(1).map(|r| r.findings.len()), Some(1));
}

#[test]
fn a_negated_builtin_on_a_bad_value_is_an_error_not_a_finding() {
    let body = BODY.replace(
        "some firewall",
        "not net.cidr_contains(\"bogus\", \"10.0.0.1\")\n\tsome firewall",
    );
    failure(&body);
}

#[test]
fn what_breaks_the_contract_is_an_error() {
    for (from, to, expected) in [
        ("[firewall.at.self]", "[]", "needs evidence"),
        ("[firewall.at.self]", "[\"7:1:2\"]", "no file 7"),
        ("[firewall.at.self]", "[\"outer.cfg\"]", "not a ref"),
        (
            "\"host\": firewall.name",
            "\"hots\": firewall.name",
            "no `host`",
        ),
        ("\"subject\"", "\"subjekt\"", "unknown key"),
        (
            "\"subject\"",
            "\"severity\": \"fatal\", \"subject\"",
            "severity",
        ),
        (
            "\"subject\"",
            "\"confidence\": \"maybe\", \"subject\"",
            "confidence",
        ),
    ] {
        let error = failure(&BODY.replace(from, to));
        assert!(error.message.contains(expected), "{to}: {error}");
    }
}

#[test]
fn a_severity_above_the_rules_own_is_an_error() {
    let rule = rego(
        "ZZ001",
        "some-rule",
        "firewall",
        &BODY.replace("\"subject\"", "\"severity\": \"error\", \"subject\""),
    );
    let rule = rule.replace("severity: error", "severity: note");
    let results = policies(&[rule]).evaluate(&facts(), None);
    assert!(matches!(
        results.first().map(|r| &r.status),
        Some(Status::Failed(_))
    ));
}

#[test]
fn a_rule_without_findings_is_an_error() {
    let error = failure("finding contains 1 if true\n");
    assert!(error.message.contains("no `findings`"), "{error}");
}

#[test]
fn an_undecided_case_says_what_would_settle_it() {
    let body = format!(
        "{BODY}\nundecided contains {{\"at\": [], \"needs\": \"show route\", \"args\": {{}}, \"subject\": \"outer\"}} if true\n"
    );
    let result = evaluate(&body);
    let case = result.undecided.first().expect("one case");
    assert_eq!(case.needs, ["show route"]);
    assert_eq!(case.message(false), "outer: Title of ZZ001");
}

#[test]
fn a_rule_that_does_not_apply_says_so() {
    let result = evaluate(&format!(
        "{BODY}\napplies if input.firewalls[0].name == \"inner\"\n"
    ));
    assert!(
        matches!(result.status, Status::NotApplicable(_)),
        "{result:?}"
    );
    assert!(result.findings.is_empty());
}

#[test]
fn a_rule_for_other_versions_does_not_apply() {
    let mut facts = facts();
    facts.servers.push(crate::policy::facts::ServerFact {
        proxy: None,
        name: "hub1".to_owned(),
        fqdn: None,
        exchange: true,
        roles: vec!["hub"],
        site: None,
        version: Some(crate::policy::facts::VersionFact {
            major: 14,
            minor: 1,
            build: None,
        }),
        state: "active".to_owned(),
        cluster: false,
        nodes: Vec::new(),
        published: Vec::new(),
        addresses: Vec::new(),
        at: crate::policy::facts::ServerAt {
            this: Ref(Span::new(FileId(0), 0, 1)),
            roles: Ref(Span::new(FileId(0), 0, 1)),
            site: None,
            version: None,
            state: None,
            addresses: Vec::new(),
        },
    });
    let rule = rego("ZZ001", "some-rule", "firewall", BODY)
        .replace("#   needs", "#   versions: [\"8.0\", \"8.1\"]\n#   needs");
    let results = policies(std::slice::from_ref(&rule)).evaluate(&facts, None);
    assert!(matches!(
        results.first().map(|r| &r.status),
        Some(Status::NotApplicable(_))
    ));
    // A version later than all that is known is like the latest; one between
    // them tells nothing.
    for (versions, major, findings) in [("15", 99, 1), ("14", 99, 0), ("14", 11, 1)] {
        let text = rule.replace("[\"8.0\", \"8.1\"]", &format!("[\"{versions}\"]"));
        let known = facts.servers.iter_mut().find_map(|s| s.version.as_mut());
        known.expect("a version").major = major;
        let results = policies(&[text]).evaluate(&facts, None);
        let found = results.first().map(|r| r.findings.len());
        assert_eq!(found, Some(findings), "{versions} and {major}");
    }
    facts.servers.clear();
    let results = policies(&[rule]).evaluate(&facts, None);
    assert_eq!(results.first().map(|r| r.findings.len()), Some(1));
}

#[test]
fn regular_expressions_know_flags_and_classes() {
    let body = BODY.replace(
        "some firewall",
        "regex.match(`(?i)^OUT\\w+\\d?$`, input.firewalls[0].name)\n\tsome firewall",
    );
    assert_eq!(evaluate(&body).findings.len(), 1);
}

#[test]
fn rules_import_the_libraries_of_the_same_set() {
    let mut rules = policies(&[rego(
        "ZZ001",
        "some-rule",
        "firewall",
        &BODY.replace(
            "some firewall in",
            "some firewall in data.mine.all(input.firewalls); true\n\tsome other in",
        ),
    )]);
    rules.add_file(
        "lib.rego".to_owned(),
        "package mine\nimport rego.v1\nall(x) := x\n".to_owned(),
        None,
        catalogue(),
    );
    let results = rules.evaluate(&facts(), None);
    assert_eq!(
        results.first().map(|r| r.findings.len()),
        Some(1),
        "{results:?}"
    );
}

#[test]
fn two_rules_with_one_id_are_an_error() {
    let rules = policies(&[
        rego("ZZ001", "one-rule", "firewall", BODY),
        rego("ZZ001", "other-rule", "firewall", BODY),
    ]);
    assert_eq!(rules.errors().len(), 1);
    assert_eq!(rules.rules().len(), 1);
}

#[test]
fn a_syntax_error_points_at_its_line() {
    let rules = policies(&["package exlint.rules.x\n\nfindings contains if {\n".to_owned()]);
    let error = rules.errors().first().expect("an error");
    assert_eq!(error.place.map(|place| place.0), Some(3), "{error:?}");
}

#[test]
fn a_rule_that_calls_reach_gets_the_verdict() {
    let body = BODY.replace(
        "some firewall",
        "exlint.reach(\"hub1\", \"edge1\", \"tcp/25\").verdict == \"deny\"\n\tsome firewall",
    );
    let rules = policies(&[rego("ZZ001", "some-rule", "firewall", &body)]);
    let reach = |question: [&str; 3]| {
        assert_eq!(question, ["hub1", "edge1", "tcp/25"]);
        serde_json::json!({"verdict": "deny"})
    };
    let results = rules.evaluate(&facts(), Some(&reach));
    assert_eq!(results.first().map(|r| r.findings.len()), Some(1));
    let results = rules.evaluate(&facts(), None);
    assert!(matches!(
        results.first().map(|r| &r.status),
        Some(Status::Failed(_))
    ));
}

#[test]
fn the_registry_lists_every_folder_of_the_repository() {
    let built_in = Policies::built_in(catalogue());
    assert!(built_in.errors().is_empty(), "{:?}", built_in.errors());
    let mut found = Policies::default();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
    found.add_folder(&folder, catalogue());
    let ids = |policies: &Policies| -> Vec<String> {
        policies
            .rules()
            .iter()
            .map(|rule| rule.meta.id.clone())
            .collect()
    };
    assert_eq!(ids(&built_in), ids(&found));
    let names = |policies: &Policies| -> Vec<String> {
        let name = |file: &str| file.rsplit('/').next().unwrap_or_default().to_owned();
        policies.libraries().map(|(file, _)| name(file)).collect()
    };
    assert_eq!(names(&built_in), names(&found));
}

#[test]
fn an_error_is_drawn_with_its_rego_line() {
    let rules = policies(&["package exlint.rules.x\n\nfindings contains if {\n".to_owned()]);
    let error = rules.errors().first().expect("an error");
    let mut drawn = String::new();
    miette::GraphicalReportHandler::new_themed(miette::GraphicalTheme::unicode_nocolor())
        .render_report(&mut drawn, error)
        .expect("a report");
    assert!(drawn.contains("rule0.rego:3:"), "{drawn}");
    assert!(drawn.contains("findings contains if {"), "{drawn}");
}

#[test]
fn a_rule_that_is_added_after_preparation_is_evaluated_too() {
    let mut policies = policies(&[rego("ZZ001", "some-rule", "firewall", BODY)]);
    policies.prepare();
    assert_eq!(policies.evaluate(&facts(), None).len(), 1);
    let other = rego("ZZ002", "other-rule", "firewall", BODY);
    policies.add_file("other.rego".to_owned(), other, None, catalogue());
    let results = policies.evaluate(&facts(), None);
    let found: Vec<_> = results
        .iter()
        .map(|result| (result.rule.id.as_str(), result.findings.len()))
        .collect();
    assert_eq!(found, [("ZZ001", 1), ("ZZ002", 1)]);
}

#[test]
fn sets_that_rest_on_an_undefined_value_are_an_error_of_the_rule() {
    let body = "undecided contains u if { u := {} } \nfindings := x if { x := input.nothing }\n";
    assert!(failure(body).message.contains("is undefined"));
}

#[test]
fn few_rules_are_compiled_alone_and_all_are_accounted_for() {
    let mut rules = vec![rego("ZZ001", "asked-rule", "firewall", BODY)];
    for other in 2..=6 {
        let (id, name) = (format!("ZZ00{other}"), format!("other-{other}"));
        rules.push(rego(&id, &name, "Get-SendConnector", BODY));
    }
    let policies = policies(&rules);
    let facts = facts();
    policies.expect(&facts.kinds);
    policies.prepare();
    // Neither the preparation nor an evaluation compiles the five others.
    assert!(policies.compiled.all().is_none());
    for _ in 0..2 {
        let results = policies.evaluate(&facts, None);
        let told: Vec<_> = results
            .iter()
            .map(|result| (result.rule.id.as_str(), result.findings.len()))
            .collect();
        let ids = ["ZZ001", "ZZ002", "ZZ003", "ZZ004", "ZZ005", "ZZ006"];
        assert_eq!(told, ids.map(|id| (id, usize::from(id == "ZZ001"))));
        let lacking = |result: &&RuleResult| matches!(result.status, Status::LacksData { .. });
        assert_eq!(results.iter().filter(lacking).count(), 5);
        assert!(policies.compiled.all().is_none());
    }
}

#[test]
fn many_rules_are_compiled_at_once() {
    let ask = |id: &str, name: &str, needs| rego(id, name, needs, BODY);
    let policies = policies(&[
        ask("ZZ001", "asked-rule", "firewall"),
        ask("ZZ002", "other-rule", "Get-SendConnector"),
    ]);
    policies.expect(&facts().kinds);
    policies.prepare();
    assert!(policies.compiled.all().is_some());
}

/// The parser of the engine takes twice the time for each.
#[test]
fn brackets_that_nest_too_deep_are_an_error() {
    let nested = |depth: usize| {
        let body = format!(
            "deep := {}1{}\n\n{BODY}",
            "[".repeat(depth),
            "]".repeat(depth)
        );
        let policies = policies(&[rego("ZZ001", "some-rule", "firewall", &body)]);
        policies
            .errors()
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    assert!(nested(12).is_empty());
    let errors = nested(40);
    assert!(errors[0].contains("nest more than 14 deep"), "{errors:?}");
    let quoted = format!(
        "text := \"{}\" # {}\n\n{BODY}",
        "[".repeat(40),
        "(".repeat(40)
    );
    let policies = policies(&[rego("ZZ001", "some-rule", "firewall", &quoted)]);
    assert!(policies.errors().is_empty());
}
