//! What `exlint.toml` says of judging: rules, exceptions, what fails a run.
//!
//! Whether a rule of that name exists is checked where rules are known; here
//! only the form is.

use serde::Serialize;
use toml::Spanned as TomlSpanned;
use toml::de::DeValue;

use super::context::{Section, one_of, type_name};
use crate::model::severity::{Confidence, Severity};
use crate::source::{Span, Spanned};

/// Keys before the first section, as [`keys`] reads them.
pub(super) const KEYS: &[&str] = &[
    "profile",
    "select",
    "ignore",
    "fail_on",
    "min_confidence",
    "policies",
];

/// Words for how bad a rule's findings are, or that it is not evaluated.
pub const LEVELS: &[&str] = &[OFF, NOTE, WARNING, ERROR];

/// Words for severities.
pub const SEVERITIES: &[&str] = &[NOTE, WARNING, ERROR];

/// The word for a rule that is not evaluated.
pub const OFF: &str = "off";

const NOTE: &str = Severity::Note.as_str();
const WARNING: &str = Severity::Warning.as_str();
const ERROR: &str = Severity::Error.as_str();

/// Words for how sure a finding must be.
pub const CONFIDENCES: &[&str] = &[Confidence::Certain.as_str(), Confidence::Derived.as_str()];

/// Words for profiles.
pub const PROFILES: &[&str] = &["default", "auditor", "strict"];

/// What the file says of judging.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Gate {
    /// `profile`.
    pub profile: Option<Spanned<String>>,
    /// `select`: the only rules that count; `None` for all.
    pub select: Option<Vec<Spanned<String>>>,
    /// `ignore`: rules that do not count.
    pub ignore: Vec<Spanned<String>>,
    /// `fail_on`.
    pub fail_on: Option<Spanned<String>>,
    /// `min_confidence`.
    pub min_confidence: Option<Spanned<String>>,
    /// `policies`: folders with rules of the user, relative to the file.
    pub policies: Vec<Spanned<String>>,
    /// `[rules]`.
    pub rules: Vec<RuleEntry>,
    /// `[[exception]]`.
    pub exceptions: Vec<ExceptionEntry>,
}

/// A key of `[rules]`.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleEntry {
    /// Id or name of the rule.
    pub rule: Spanned<String>,
    /// One of [`LEVELS`].
    pub severity: Option<Spanned<String>>,
    /// Whether exceptions may hide its findings.
    pub suppressible: Option<Spanned<bool>>,
    /// Its parameters.
    pub parameters: Vec<(Spanned<String>, Spanned<Parameter>)>,
}

/// The value of a rule's parameter.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Parameter {
    /// A whole number.
    Number(i64),
    /// A text.
    Text(String),
    /// `true` or `false`.
    Flag(bool),
    /// A list of texts.
    Texts(Vec<String>),
}

/// `[[exception]]`.
#[derive(Debug, Clone, PartialEq)]
pub struct ExceptionEntry {
    /// Ids or names of rules.
    pub rules: Vec<Spanned<String>>,
    /// What it is for: a subject, device, server or file; may be a glob.
    pub object: Spanned<String>,
    /// Why it is right.
    pub reason: Spanned<String>,
    /// Last day of validity, `YYYY-MM-DD`.
    pub until: Option<Spanned<String>>,
    /// The entry.
    pub span: Span,
}

/// Reads the keys before the first section.
pub(super) fn keys(section: &mut Section<'_, '_, '_, '_>, gate: &mut Gate) {
    gate.profile = section.word("profile", PROFILES);
    gate.select = section.texts("select");
    gate.ignore = section.texts("ignore").unwrap_or_default();
    gate.fail_on = section.word("fail_on", SEVERITIES);
    gate.min_confidence = section.word("min_confidence", CONFIDENCES);
    gate.policies = section.texts("policies").unwrap_or_default();
}

/// Reads `[rules]`.
pub(super) fn rules(section: &mut Section<'_, '_, '_, '_>) -> Vec<RuleEntry> {
    let mut rules = Vec::new();
    for (name, value) in section.rest() {
        let entry = match value.get_ref() {
            DeValue::String(text) => {
                let span = section.context.span(value.span());
                match one_of(&name.value, text, LEVELS) {
                    Ok(level) => Some(RuleEntry {
                        severity: Some(Spanned::new(level, span)),
                        suppressible: None,
                        parameters: Vec::new(),
                        rule: name.clone(),
                    }),
                    Err(bad) => {
                        section.context.error(bad.message, Some(bad.hint), span);
                        None
                    }
                }
            }
            DeValue::Table(table) => {
                let span = section.context.span(value.span());
                let mut inner = Section::new(section.context, "[rules.RULE]", table, span);
                Some(rule(&mut inner, name.clone()))
            }
            other => {
                let message = format!(
                    "`{}` must be a severity or a table, not {}",
                    name.value,
                    type_name(other)
                );
                let hint =
                    "write \"off\", \"note\", \"warning\", \"error\", or { severity = \"note\" }";
                section
                    .context
                    .error(message, Some(hint.to_owned()), name.span);
                None
            }
        };
        rules.extend(entry);
    }
    rules
}

fn rule(section: &mut Section<'_, '_, '_, '_>, rule: Spanned<String>) -> RuleEntry {
    let severity = section.word("severity", LEVELS);
    let suppressible = section.flag("suppressible");
    let mut parameters = Vec::new();
    for (name, value) in section.rest() {
        let span = section.context.span(value.span());
        match parameter(value) {
            Some(value) => parameters.push((name, Spanned::new(value, span))),
            None => section.context.error(
                format!("`{}` is no value of a parameter", name.value),
                Some("write a whole number, a text, true, false or a list of texts".to_owned()),
                span,
            ),
        }
    }
    RuleEntry {
        rule,
        severity,
        suppressible,
        parameters,
    }
}

fn parameter(value: &TomlSpanned<DeValue<'_>>) -> Option<Parameter> {
    match value.get_ref() {
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .ok()
            .map(Parameter::Number),
        DeValue::String(text) => Some(Parameter::Text(text.as_ref().to_owned())),
        DeValue::Boolean(flag) => Some(Parameter::Flag(*flag)),
        DeValue::Array(items) => {
            let texts = items.iter().map(|item| match item.get_ref() {
                DeValue::String(text) => Some(text.as_ref().to_owned()),
                _ => None,
            });
            texts.collect::<Option<_>>().map(Parameter::Texts)
        }
        _ => None,
    }
}

/// Reads an entry of `[[exception]]`.
pub(super) fn exception(section: &mut Section<'_, '_, '_, '_>) -> Option<ExceptionEntry> {
    let rules = section.texts("rule");
    if rules.is_none() && !section.has("rule") {
        section.missing("rule");
    }
    let object = section.required("object");
    let reason = section.required("reason");
    let until = section.date("until");
    let span = section.span;
    let rules = rules?;
    if rules.is_empty() {
        section.context.error(
            "an exception is for at least one rule".to_owned(),
            Some("write rule = \"FU005\"".to_owned()),
            span,
        );
        return None;
    }
    Some(ExceptionEntry {
        rules,
        object: object?,
        reason: reason?,
        until,
        span,
    })
}
