//! Findings and questions in a second language, for reports that hold two.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Identities, Language, Undecided, chosen, findings};
use crate::policy::{RawFinding, RawUndecided, RuleMeta};
use crate::source::Sources;

/// The words of a run in a second language.
#[derive(Debug, Default)]
pub struct Translations {
    /// The language.
    pub language: Language,
    /// The words of findings, by fingerprint.
    pub findings: HashMap<String, Wording>,
    /// The words of questions, by [`key`].
    questions: HashMap<String, QuestionWording>,
}

/// The words of a finding.
#[derive(Debug, Clone)]
pub struct Wording {
    /// What was found.
    pub message: String,
    /// Why it matters.
    pub why: Option<Arc<str>>,
    /// What to do.
    pub fix: Arc<str>,
    /// What its places show, the primary one first.
    pub labels: Vec<String>,
}

/// The words of a question.
#[derive(Debug, Clone)]
pub struct QuestionWording {
    /// What is not decided.
    pub message: String,
    /// Why it is not.
    pub why: Vec<String>,
}

impl Translations {
    /// The words of `raw` and `undecided`, whose own language is `own`, in the
    /// other one.
    pub fn new(
        raw: Vec<RawFinding>,
        undecided: &[RawUndecided],
        sources: &Sources,
        identities: &Identities,
        own: Language,
        why: impl Fn(&RuleMeta, Language) -> Option<String>,
    ) -> Self {
        let language = own.other();
        let told = findings(raw, sources, identities, language, |rule| {
            why(rule, language)
        });
        let findings = told
            .into_iter()
            .map(|finding| {
                let labels = std::iter::once(finding.primary).chain(finding.related);
                let wording = Wording {
                    message: finding.message,
                    why: finding.why,
                    fix: finding.fix,
                    labels: labels.map(|label| label.text).collect(),
                };
                (finding.fingerprint, wording)
            })
            .collect();
        let questions = undecided
            .iter()
            .map(|raw| {
                let in_language = |language: Language| QuestionWording {
                    message: raw.message(language.is_japanese()),
                    why: raw
                        .why
                        .iter()
                        .map(|why| chosen(why.clone(), language))
                        .collect(),
                };
                let known = in_language(own);
                let key = key(&raw.rule.id, &raw.subject, &known.message, &known.why);
                (key, in_language(language))
            })
            .collect();
        Self {
            language,
            findings,
            questions,
        }
    }

    /// The words of a question of the run.
    #[must_use]
    pub fn question(&self, item: &Undecided) -> Option<&QuestionWording> {
        let key = key(&item.rule.id, &item.subject, &item.message, &item.why);
        self.questions.get(&key)
    }
}

/// What tells a question from others: its words in the language of the run.
fn key(rule: &str, subject: &str, message: &str, why: &[String]) -> String {
    format!("{rule}\0{subject}\0{message}\0{}", why.join("\0"))
}
