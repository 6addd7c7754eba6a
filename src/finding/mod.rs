//! Findings as a person gets them: with words, places, order and identity.
//!
//! Turns what the rules returned ([`crate::policy`]) into [`Finding`]s and
//! [`Undecided`] items: fills the message templates in one language, finds
//! line and column of every span, gives each finding a fingerprint that
//! survives moved lines, and sorts by what a person should do first.

mod about;
pub mod baseline;
pub mod comparison;
pub mod configuration;
pub mod exceptions;
mod identity;
mod language;
mod order;
mod paths;
mod position;
mod run;
mod suppression;
mod touch;
mod translation;

use std::sync::Arc;

use serde_json::Value;

pub use identity::{
    Identities, Identity, OLDEST as OLDEST_FINGERPRINT, Scope, VERSION as FINGERPRINT_VERSION,
};

pub use about::{About, Exposure, by_about, place};
pub use language::Language;
pub use paths::{
    Configured, Filter, PathReport, PathState, Service, ServiceVerdict, Setting, Strength, Way,
    path_reports,
};
pub use position::{Place, Positions, Sighting, bytes_in_line};

pub use touch::{narrow, touches};

pub use translation::{QuestionWording, Translations, Wording};

pub use suppression::{Suppressed, Suppression, SuppressionKind};

pub use run::{FileKind, InputSummary, ReadFile, RuleSummary, Run, Summary};

use crate::model::path::Localised;
use crate::policy::{Confidence, FlowKey, RawFinding, RawUndecided, RuleMeta, Severity};
use crate::source::{Sources, Span};

/// A fault that a rule found.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The rule.
    pub rule: Arc<RuleMeta>,
    /// How bad it is.
    pub severity: Severity,
    /// How sure it is.
    pub confidence: Confidence,
    /// The weak link of a derived finding, in words.
    pub weak: Option<String>,
    /// What was found.
    pub message: String,
    /// Why it matters; all findings of a rule share it.
    pub why: Option<Arc<str>>,
    /// What to do; may have several lines. Shared with others of the same.
    pub fix: Arc<str>,
    /// Data paths of the catalogue that it concerns.
    pub paths: Arc<[String]>,
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
    /// Flows that it is about; empty where it is about none.
    pub flows: Vec<FlowKey>,
    /// All that it is about where its sentence names only some of it.
    pub extent: Vec<String>,
    /// The allowed flow for which its rule does not tell it by itself.
    pub allowed: Option<Span>,
    /// From where what it is about can be reached.
    pub exposure: Exposure,
    /// The device or server under which it is told.
    pub about: About,
    /// Identity across runs: its version, `-`, and 32 hexadecimal digits.
    pub fingerprint: String,
    /// The fingerprint that it has in older baselines, where that is another.
    pub former_fingerprint: Option<String>,
    /// How much it is about.
    pub scope: Scope,
}

impl Finding {
    /// How much it is about, where that can be less or more.
    #[must_use]
    pub fn divisible(&self) -> Option<&Scope> {
        let several = self.scope.about.len() > 1 || !self.extent.is_empty();
        several.then_some(&self.scope)
    }
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
    pub rule: Arc<RuleMeta>,
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
pub fn findings(
    raw: Vec<RawFinding>,
    sources: &Sources,
    identities: &Identities,
    language: Language,
    why: impl Fn(&RuleMeta) -> Option<String>,
) -> Vec<Finding> {
    let mut positions = Positions::new(sources);
    let known = identity::identities(&raw, sources, identities);
    let mut out: Vec<Finding> = Vec::with_capacity(raw.len());
    for (raw, identity) in raw.into_iter().zip(known) {
        // Findings come rule by rule.
        let before = out.last().filter(|last| Arc::ptr_eq(&last.rule, &raw.rule));
        let why = match before {
            Some(before) => before.why.clone(),
            None => why(&raw.rule).map(Arc::from),
        };
        let fix = raw.fix(language.is_japanese());
        let fix = match before {
            Some(before) if *before.fix == *fix => Arc::clone(&before.fix),
            _ => Arc::from(fix),
        };
        out.extend(finding(raw, why, fix, identity, &mut positions, language));
    }
    order::sort(&mut out);
    out
}

fn finding(
    raw: RawFinding,
    why: Option<Arc<str>>,
    fix: Arc<str>,
    identity: Identity,
    positions: &mut Positions<'_>,
    language: Language,
) -> Option<Finding> {
    let message = raw.message(language.is_japanese());
    let mut labels = labels(&raw.at, raw.labels, positions, language).into_iter();
    let primary = labels.next()?;
    Some(Finding {
        rule: raw.rule,
        severity: raw.severity,
        confidence: raw.confidence,
        weak: raw.weak,
        message,
        why,
        fix,
        paths: raw.paths,
        primary,
        related: labels.collect(),
        witness: raw.witness,
        expected: raw.expected,
        actual: raw.actual,
        subject: raw.subject,
        flows: raw.flows,
        extent: raw.extent,
        allowed: raw.allowed,
        exposure: Exposure::Inside,
        about: About::Organization,
        fingerprint: identity.fingerprint,
        former_fingerprint: identity.former,
        scope: identity.scope,
    })
}

/// Makes undecided items of what the rules returned, sorted by rule and place.
#[must_use]
pub fn undecided(
    raw: impl IntoIterator<Item = RawUndecided>,
    sources: &Sources,
    language: Language,
) -> Vec<Undecided> {
    let mut positions = Positions::new(sources);
    let mut out: Vec<Undecided> = raw
        .into_iter()
        .map(|raw| Undecided {
            message: raw.message(language.is_japanese()),
            why: raw.why.into_iter().map(|w| chosen(w, language)).collect(),
            settle: raw.needs,
            subject: raw.subject,
            labels: labels(&raw.at, Vec::new(), &mut positions, language),
            rule: raw.rule,
        })
        .collect();
    out.sort_by(|a, b| order::undecided_key(a).cmp(&order::undecided_key(b)));
    out.dedup();
    out
}

/// Places with what they show; a text that is not there is empty.
fn labels(
    at: &[Span],
    texts: Vec<Localised>,
    positions: &mut Positions<'_>,
    language: Language,
) -> Vec<Label> {
    let texts = texts.into_iter().map(|text| chosen(text, language));
    at.iter()
        .zip(texts.chain(std::iter::repeat_with(String::new)))
        .filter_map(|(span, text)| {
            Some(Label {
                span: *span,
                place: positions.place(*span)?,
                text,
            })
        })
        .collect()
}

/// The text in a language.
fn chosen(text: Localised, language: Language) -> String {
    if language.is_japanese() {
        text.ja
    } else {
        text.en
    }
}

#[cfg(test)]
mod tests;
