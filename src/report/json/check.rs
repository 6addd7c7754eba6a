//! `check --format json`: `exlint/findings/1`.

use serde::Serialize;
use serde_json::Value;

use super::{Each, JsonPlace, JsonScope, safe_value};
use crate::finding::{Finding, Run, Summary, Suppressed, SuppressionKind, Undecided};
use crate::formats::Problem;
use crate::policy::RuleMeta;
use crate::report::Messages;
use crate::report::json::inputs::{JsonInput, inputs};
use crate::report::text::{printable, prose};

/// The whole object.
#[derive(Serialize)]
pub struct CheckJson<'a> {
    schema: &'static str,
    tool: Tool,
    summary: &'a Summary,
    findings: Each<'a, Finding, JsonFinding>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressed: Option<Each<'a, Suppressed, JsonSuppressed>>,
    undecided: Each<'a, Undecided, JsonUndecided>,
    errors: Vec<JsonError>,
    problems: Vec<JsonProblem>,
    inputs: Vec<JsonInput>,
}

/// Something wrong with an input: an inventory that names what does not
/// exist, a value that was cut off.
#[derive(Debug, Serialize)]
pub(super) struct JsonProblem {
    level: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    file: String,
    line: u32,
    column: u32,
}

#[derive(Debug, Serialize)]
pub(super) struct Tool {
    name: &'static str,
    version: &'static str,
    language: &'static str,
    reference_date: String,
}

#[derive(Debug, Serialize)]
struct JsonRule {
    id: String,
    name: String,
}

impl From<&RuleMeta> for JsonRule {
    fn from(rule: &RuleMeta) -> Self {
        Self {
            id: printable(&rule.id).into_owned(),
            name: printable(&rule.name).into_owned(),
        }
    }
}

/// A finding.
#[derive(Debug, Serialize)]
pub struct JsonFinding {
    rule: JsonRule,
    severity: &'static str,
    confidence: &'static str,
    message: String,
    subject: String,
    about: JsonAbout,
    exposure: &'static str,
    paths: Vec<String>,
    primary: JsonPlace,
    related: Vec<JsonPlace>,
    #[serde(skip_serializing_if = "Option::is_none")]
    weak: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    witness: Option<Value>,
    expected: Option<Value>,
    actual: Option<Value>,
    fix: String,
    fingerprint: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<JsonScope>,
}

/// A finding that an exception hides.
#[derive(Debug, Serialize)]
pub(super) struct JsonSuppressed {
    #[serde(flatten)]
    finding: JsonFinding,
    suppression: JsonSuppression,
}

/// What hides a finding.
#[derive(Debug, Serialize)]
struct JsonSuppression {
    kind: &'static str,
    reason: String,
    until: Option<String>,
    file: Option<String>,
    line: Option<u32>,
}

/// The device or server that a finding is told under.
#[derive(Debug, Serialize)]
struct JsonAbout {
    kind: &'static str,
    name: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct JsonUndecided {
    rule: JsonRule,
    message: String,
    why: Vec<String>,
    settle: Vec<String>,
    subject: String,
    places: Vec<JsonPlace>,
}

#[derive(Debug, Serialize)]
pub(super) struct JsonError {
    rule: JsonRule,
    message: String,
}

impl<'a> CheckJson<'a> {
    /// Collects the object of a run; what exceptions hide is in it where
    /// `show_suppressed`.
    #[must_use]
    pub fn new(run: &'a Run, show_suppressed: bool) -> Self {
        Self {
            schema: "exlint/findings/1",
            tool: tool(run),
            summary: &run.summary,
            findings: Each::new(&run.findings, run, finding),
            suppressed: show_suppressed.then(|| Each::new(&run.suppressed, run, suppressed)),
            undecided: Each::new(&run.undecided, run, undecided),
            errors: errors(run).collect(),
            problems: problems(run).collect(),
            inputs: inputs(run),
        }
    }
}

/// What made the output.
pub(super) fn tool(run: &Run) -> Tool {
    Tool {
        name: "exlint",
        version: env!("CARGO_PKG_VERSION"),
        language: run.language.code(),
        reference_date: run.estate.reference_date.clone(),
    }
}

/// Rules that failed.
pub(super) fn errors(run: &Run) -> impl Iterator<Item = JsonError> + '_ {
    run.failed_rules().map(|(rule, error)| JsonError {
        rule: JsonRule::from(rule),
        message: prose(&error.to_string()),
    })
}

/// What is wrong with the inputs.
pub(super) fn problems(run: &Run) -> impl Iterator<Item = JsonProblem> + '_ {
    run.problems().filter_map(|found| problem(found, run))
}

fn problem(problem: &Problem, run: &Run) -> Option<JsonProblem> {
    let words = Messages::of(run.language);
    let (file, at) = run.sources.locate(problem.span)?;
    Some(JsonProblem {
        level: problem.level.as_str(),
        message: prose(&words.phrase(&problem.message)),
        hint: problem
            .hint
            .as_deref()
            .map(|hint| prose(&words.phrase(hint))),
        file: printable(file).into_owned(),
        line: at.line,
        column: at.column,
    })
}

/// A finding of a run.
#[must_use]
pub fn finding(finding: &Finding, run: &Run) -> JsonFinding {
    let words = Messages::of(run.language);
    JsonFinding {
        rule: JsonRule::from(&*finding.rule),
        severity: finding.severity.as_str(),
        confidence: finding.confidence.as_str(),
        message: prose(&words.quoting(&finding.message)),
        subject: printable(&finding.subject).into_owned(),
        about: JsonAbout {
            kind: finding.about.kind(),
            name: finding
                .about
                .name()
                .map(|name| printable(name).into_owned()),
        },
        exposure: finding.exposure.as_str(),
        paths: finding.paths.to_vec(),
        primary: JsonPlace::new(&finding.primary, &run.sources),
        related: finding
            .related
            .iter()
            .map(|label| JsonPlace::new(label, &run.sources))
            .collect(),
        weak: finding
            .weak
            .as_deref()
            .map(|weak| prose(&Messages::of(run.language).phrase(weak))),
        why: finding.why.as_deref().map(prose),
        witness: finding.witness.as_ref().map(safe_value),
        expected: finding.expected.as_ref().map(safe_value),
        actual: finding.actual.as_ref().map(safe_value),
        fix: prose(&words.quoting(&finding.fix)),
        fingerprint: finding.fingerprint.clone(),
        scope: JsonScope::of_finding(finding),
    }
}

/// A hidden finding as JSON.
pub(super) fn suppressed(suppressed: &Suppressed, run: &Run) -> JsonSuppressed {
    let by = &suppressed.by;
    JsonSuppressed {
        finding: finding(&suppressed.finding, run),
        suppression: JsonSuppression {
            kind: suppression_kind(by.kind),
            reason: prose(&by.reason),
            until: by
                .until
                .as_deref()
                .map(|until| printable(until).into_owned()),
            file: by
                .place
                .as_ref()
                .map(|place| printable(&place.file).into_owned()),
            line: by.place.as_ref().map(|place| place.line),
        },
    }
}

/// The word for a kind of exception.
#[must_use]
pub fn suppression_kind(kind: SuppressionKind) -> &'static str {
    match kind {
        SuppressionKind::Inline => "inline",
        SuppressionKind::Configuration => "configuration",
        SuppressionKind::AllowedFlow => "allowed-flow",
        SuppressionKind::Baseline => "baseline",
    }
}

/// A question as JSON.
pub(super) fn undecided(item: &Undecided, run: &Run) -> JsonUndecided {
    let words = Messages::of(run.language);
    let texts = |texts: &[String]| -> Vec<String> {
        texts.iter().map(|t| prose(&words.phrase(t))).collect()
    };
    JsonUndecided {
        rule: JsonRule::from(&*item.rule),
        message: prose(&words.quoting(&item.message)),
        why: texts(&item.why),
        settle: texts(&item.settle),
        subject: printable(&item.subject).into_owned(),
        places: item
            .labels
            .iter()
            .map(|label| JsonPlace::new(label, &run.sources))
            .collect(),
    }
}
