//! The XML of JUnit, as build servers show it: a `testsuite` for each area of
//! rules, a `testcase` for each rule that was looked at.
//!
//! A rule without a finding is a test that passed; one that was not evaluated
//! or is undecided is skipped, with what would settle it; one with an error is
//! an error. Each finding is a test of its own, so that a server tells new
//! ones from old ones by name: it failed when the finding is at or above
//! `--fail-on`, so that the report and the exit code say the same. Names hold
//! no line numbers. There is no time: two runs give equal bytes.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::Context;
use super::text::{printable, prose};
use super::told::{Told, ToldQuestion, suppression};
use super::xml::Xml;
use crate::finding::{Finding, Suppressed};
use crate::policy::{RuleResult, Status};

/// A test.
struct Case {
    class: String,
    name: String,
    outcome: Outcome,
}

/// What became of a test.
enum Outcome {
    Passed,
    /// Passed, with something to say.
    Told(String),
    Failed {
        message: String,
        severity: &'static str,
        text: String,
    },
    Skipped(String),
    Error(String),
}

/// Writes the document.
///
/// # Errors
/// When the output cannot be written.
pub fn write(out: &mut dyn Write, context: &Context<'_>) -> io::Result<()> {
    let mut suites: BTreeMap<&str, Vec<Case>> = BTreeMap::new();
    for result in &context.run.results {
        let suite = suites.entry(&result.rule.area).or_default();
        suite.extend(cases(result, context));
    }
    let all = suites.values().flatten();
    let totals = Totals::of(all);
    let mut xml = Xml::new(out)?;
    xml.start("testsuites", &totals.attributes("exlint").borrowed())?;
    for (area, cases) in &suites {
        let totals = Totals::of(cases.iter());
        xml.start("testsuite", &totals.attributes(area).borrowed())?;
        for case in cases {
            write_case(&mut xml, case)?;
        }
        xml.end("testsuite")?;
    }
    xml.end("testsuites")?;
    xml.finish()
}

fn write_case(xml: &mut Xml<'_>, case: &Case) -> io::Result<()> {
    let attributes = [
        ("classname", case.class.as_str()),
        ("name", case.name.as_str()),
    ];
    if matches!(case.outcome, Outcome::Passed) {
        return xml.empty("testcase", &attributes);
    }
    xml.start("testcase", &attributes)?;
    match &case.outcome {
        Outcome::Passed => {}
        Outcome::Told(text) => xml.text("system-out", &[], text)?,
        Outcome::Failed {
            message,
            severity,
            text,
        } => xml.text("failure", &[("message", message), ("type", severity)], text)?,
        Outcome::Skipped(why) => xml.empty("skipped", &[("message", why)])?,
        Outcome::Error(what) => {
            xml.empty("error", &[("message", what), ("type", "rule-error")])?;
        }
    }
    xml.end("testcase")
}

/// The tests of one rule.
fn cases(result: &RuleResult, context: &Context<'_>) -> Vec<Case> {
    let Context { run, words, .. } = *context;
    let rule = &result.rule;
    let id = printable(&rule.id);
    let class = format!("exlint.{}.{id}", printable(&rule.area));
    let of = |finding: &Finding| finding.rule.id == rule.id;
    let mut cases: Vec<Case> = run
        .findings
        .iter()
        .filter(|finding| of(finding))
        .map(|finding| found(finding, &class, context))
        .collect();
    if context.show_suppressed {
        let hidden = run.suppressed.iter().filter(|s| of(&s.finding));
        cases.extend(hidden.map(|suppressed| hidden_case(suppressed, &class, context)));
    }
    let questions: Vec<String> = run
        .undecided
        .iter()
        .filter(|item| item.rule.id == rule.id)
        .map(|item| {
            let told = ToldQuestion::new(item, run, words);
            let settle = told.settle.join("; ").replace('\n', "; ");
            format!("{} ({settle})", told.message)
        })
        .collect();
    let outcome = match &result.status {
        Status::Failed(error) => Outcome::Error(prose(&error.to_string()).replace('\n', " ")),
        Status::NotApplicable(_) => Outcome::Skipped(words.get("junit.not-applicable").to_owned()),
        Status::Off(why) => {
            let why = prose(why.get(run.language.is_japanese()));
            Outcome::Skipped(why.replace('\n', "; "))
        }
        Status::LacksData { settle, .. } => {
            let japanese = run.language.is_japanese();
            let steps: Vec<&str> = settle.iter().map(|step| step.get(japanese)).collect();
            let steps = prose(&steps.join("; ")).replace('\n', "; ");
            Outcome::Skipped(words.fill("junit.lacks-data", &[("settle", &steps)]))
        }
        Status::Evaluated if !questions.is_empty() => Outcome::Skipped(questions.join(" | ")),
        Status::Evaluated if cases.is_empty() => Outcome::Passed,
        Status::Evaluated => return cases,
    };
    cases.push(Case {
        name: format!("{id} {}", printable(&rule.name)),
        class,
        outcome,
    });
    cases
}

/// The test that a finding is.
fn found(finding: &Finding, class: &str, context: &Context<'_>) -> Case {
    let told = Told::new(finding, context.run, context.words);
    let text = details(&told, context);
    Case {
        class: class.to_owned(),
        name: name(finding, &told),
        outcome: if finding.severity >= context.fail_on {
            Outcome::Failed {
                message: told.message,
                severity: told.severity.as_str(),
                text,
            }
        } else {
            Outcome::Told(text)
        },
    }
}

fn hidden_case(suppressed: &Suppressed, class: &str, context: &Context<'_>) -> Case {
    let told = Told::new(&suppressed.finding, context.run, context.words);
    Case {
        class: class.to_owned(),
        name: name(&suppressed.finding, &told),
        outcome: Outcome::Skipped(format!(
            "{} ({})",
            told.message,
            suppression(&suppressed.by, context.words)
        )),
    }
}

/// The same for the same finding of another run.
fn name(finding: &Finding, told: &Told) -> String {
    let digits = finding.fingerprint.split('-').next_back();
    let short = digits
        .and_then(|digits| digits.get(..8))
        .unwrap_or_default();
    format!("{} {}: {} ({short})", told.rule, told.name, told.subject)
}

/// Everything of a finding that a person needs, as text.
fn details(told: &Told, context: &Context<'_>) -> String {
    let words = context.words;
    let mut text = format!("{}: {} {}", told.place.address(), told.tag(), told.message);
    let mut line = |lead: &str, rest: &str| {
        text.push('\n');
        text.push_str(lead);
        text.push_str(rest);
    };
    for place in &told.related {
        line("  ", &format!("{}: {}", place.address(), place.label));
    }
    if let Some(packet) = &told.packet {
        line(words.get("check.packet"), packet);
    }
    if let Some(weak) = &told.weak {
        line(words.get("check.derived"), weak);
    }
    if let Some(why) = &told.why {
        line(words.get("check.why"), why);
    }
    line(words.get("check.fix"), &told.fix);
    for command in &told.commands {
        line("    ", command);
    }
    text
}

/// Numbers of a suite.
#[derive(Default)]
struct Totals {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

/// Attributes with their values.
struct Attributes(Vec<(&'static str, String)>);

impl Attributes {
    fn borrowed(&self) -> Vec<(&str, &str)> {
        let pairs = self.0.iter();
        pairs.map(|(key, value)| (*key, value.as_str())).collect()
    }
}

impl Totals {
    fn of<'c>(cases: impl Iterator<Item = &'c Case>) -> Self {
        let mut totals = Self::default();
        for case in cases {
            totals.tests = totals.tests.saturating_add(1);
            let counter = match case.outcome {
                Outcome::Passed | Outcome::Told(_) => continue,
                Outcome::Failed { .. } => &mut totals.failures,
                Outcome::Skipped(_) => &mut totals.skipped,
                Outcome::Error(_) => &mut totals.errors,
            };
            *counter = counter.saturating_add(1);
        }
        totals
    }

    fn attributes(&self, name: &str) -> Attributes {
        let name = if name == "exlint" {
            name.to_owned()
        } else {
            format!("exlint.{}", printable(name))
        };
        Attributes(vec![
            ("name", name),
            ("tests", self.tests.to_string()),
            ("failures", self.failures.to_string()),
            ("errors", self.errors.to_string()),
            ("skipped", self.skipped.to_string()),
        ])
    }
}
