//! Findings as a person gets them: with words, places, order and identity.
//!
//! Turns what the rules returned ([`crate::policy`]) into [`Finding`]s and
//! [`Undecided`] items: fills the message templates in one language, finds
//! line and column of every span, gives each finding a fingerprint that
//! survives moved lines, and sorts by what a person should do first.

mod fingerprint;
mod language;
mod order;
mod paths;
mod position;
mod run;
mod touch;

use serde_json::Value;

pub use language::Language;
pub use paths::{PathReport, PathState, ServiceVerdict, Way, path_reports};
pub use position::{Place, Positions, Sighting, bytes_in_line};

pub use touch::narrow;

pub use run::{FileKind, InputSummary, ReadFile, RuleSummary, Run, Summary};

use crate::model::path::Localised;
use crate::policy::{Confidence, RawFinding, RawUndecided, RuleMeta, Severity};
use crate::source::{Sources, Span};

/// A fault that a rule found.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The rule.
    pub rule: RuleRef,
    /// How bad it is.
    pub severity: Severity,
    /// How sure it is.
    pub confidence: Confidence,
    /// The weak link of a derived finding, in words.
    pub weak: Option<String>,
    /// What was found.
    pub message: String,
    /// Why it matters.
    pub why: Option<String>,
    /// What to do; may have several lines.
    pub fix: String,
    /// Data paths of the catalogue that it concerns.
    pub paths: Vec<String>,
    /// Where it is; the place to change.
    pub primary: Label,
    /// Further evidence, in other files too.
    pub related: Vec<Label>,
    /// A packet that shows it.
    pub witness: Option<Value>,
    /// What the rule wanted.
    pub expected: Option<Value>,
    /// What there is.
    pub actual: Option<Value>,
    /// What it is about (`edge1`).
    pub subject: String,
    /// Identity across runs: 32 hexadecimal digits.
    pub fingerprint: String,
}

/// A rule as findings name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleRef {
    /// `FU005`.
    pub id: String,
    /// `adam-cleartext-port-exposed`.
    pub name: String,
}

/// A place with what it shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The span.
    pub span: Span,
    /// The same for people.
    pub place: Place,
    /// What it shows; may be empty.
    pub text: String,
}

/// Something that a rule could not decide.
#[derive(Debug, Clone, PartialEq)]
pub struct Undecided {
    /// The rule.
    pub rule: RuleRef,
    /// What is not decided.
    pub message: String,
    /// Why it is not, one reason each.
    pub why: Vec<String>,
    /// What would settle it: each a command or lines for the inventory.
    pub settle: Vec<String>,
    /// What it is about.
    pub subject: String,
    /// What raises the question; may be empty.
    pub labels: Vec<Label>,
}

/// Makes findings of what the rules returned, sorted. `why` tells for a rule
/// why it matters.
#[must_use]
pub fn findings<'a>(
    raw: impl IntoIterator<Item = &'a RawFinding>,
    sources: &Sources,
    language: Language,
    why: impl Fn(&RuleMeta) -> Option<String>,
) -> Vec<Finding> {
    let raw: Vec<&RawFinding> = raw.into_iter().collect();
    let mut positions = Positions::new(sources);
    let fingerprints = fingerprint::all(&raw, sources);
    let mut out: Vec<Finding> = raw
        .into_iter()
        .zip(fingerprints)
        .filter_map(|(raw, fingerprint)| {
            let mut finding = finding(raw, fingerprint, &mut positions, language)?;
            finding.why = why(&raw.rule);
            Some(finding)
        })
        .collect();
    order::sort(&mut out);
    out
}

fn finding(
    raw: &RawFinding,
    fingerprint: String,
    positions: &mut Positions<'_>,
    language: Language,
) -> Option<Finding> {
    let mut labels = labels(&raw.at, &raw.labels, positions, language).into_iter();
    let primary = labels.next()?;
    Some(Finding {
        rule: reference(&raw.rule),
        severity: raw.severity,
        confidence: raw.confidence,
        weak: raw.weak.clone(),
        message: raw.message(language.is_japanese()),
        why: None,
        fix: raw.fix(language.is_japanese()),
        paths: raw.paths.clone(),
        primary,
        related: labels.collect(),
        witness: raw.witness.clone(),
        expected: raw.expected.clone(),
        actual: raw.actual.clone(),
        subject: raw.subject.clone(),
        fingerprint,
    })
}

/// Makes undecided items of what the rules returned, sorted by rule and place.
#[must_use]
pub fn undecided<'a>(
    raw: impl IntoIterator<Item = &'a RawUndecided>,
    sources: &Sources,
    language: Language,
) -> Vec<Undecided> {
    let mut positions = Positions::new(sources);
    let mut out: Vec<Undecided> = raw
        .into_iter()
        .map(|raw| Undecided {
            rule: reference(&raw.rule),
            message: raw.message(language.is_japanese()),
            why: raw
                .why
                .iter()
                .map(|why| why.get(language.is_japanese()).to_owned())
                .collect(),
            settle: raw.needs.clone(),
            subject: raw.subject.clone(),
            labels: labels(&raw.at, &[], &mut positions, language),
        })
        .collect();
    out.sort_by(|a, b| order::undecided_key(a).cmp(&order::undecided_key(b)));
    out.dedup();
    out
}

fn reference(rule: &RuleMeta) -> RuleRef {
    RuleRef {
        id: rule.id.clone(),
        name: rule.name.clone(),
    }
}

fn labels(
    at: &[Span],
    texts: &[Localised],
    positions: &mut Positions<'_>,
    language: Language,
) -> Vec<Label> {
    at.iter()
        .enumerate()
        .filter_map(|(index, span)| {
            Some(Label {
                span: *span,
                place: positions.place(*span)?,
                text: texts
                    .get(index)
                    .map(|text| text.get(language.is_japanese()).to_owned())
                    .unwrap_or_default(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests;
