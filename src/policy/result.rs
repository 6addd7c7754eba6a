//! What the evaluation of a rule yields.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::error::PolicyError;
use super::metadata::{RuleMeta, Texts};
use super::template::{self, Args};
use crate::model::path::Localised;
use crate::model::severity::{Confidence, Severity};
use crate::source::Span;

/// The outcome of one rule.
#[derive(Debug, Clone)]
pub struct RuleResult {
    /// The rule.
    pub rule: Arc<RuleMeta>,
    /// Whether it was evaluated.
    pub status: Status,
    /// What it found, in a stable order.
    pub findings: Vec<RawFinding>,
    /// What it could not decide, in a stable order.
    pub undecided: Vec<RawUndecided>,
    /// How long its thread evaluated it.
    pub took: Duration,
}

/// Whether a rule was evaluated.
#[derive(Debug, Clone)]
pub enum Status {
    /// It was.
    Evaluated,
    /// It concerns nothing in the estate; why.
    NotApplicable(Localised),
    /// Kinds of input that it needs are not there.
    LacksData {
        /// The kinds; of the kinds in one entry any suffices.
        missing: Vec<Vec<String>>,
        /// For each entry, what would give it.
        settle: Vec<Localised>,
    },
    /// The user does not want it; who said so.
    Off(Localised),
    /// It has an error: it neither passed nor found anything.
    Failed(Box<PolicyError>),
}

/// A finding of a rule, not yet compared with suppressions.
#[derive(Debug, Clone, PartialEq)]
pub struct RawFinding {
    /// The rule.
    pub rule: Arc<RuleMeta>,
    /// Severity, after lowering by confidence.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// The weak link, in words; only with [`Confidence::Derived`].
    pub weak: Option<String>,
    /// Evidence, primary first; never empty.
    pub at: Vec<Span>,
    /// A label for each place of `at`; empty where there is none.
    pub labels: Vec<Localised>,
    /// Values for templates.
    pub args: Args,
    /// What it is about (`edge1`).
    pub subject: String,
    /// What should be.
    pub expected: Option<Value>,
    /// What is.
    pub actual: Option<Value>,
    /// A packet that shows it.
    pub witness: Option<Value>,
    /// Data paths that it concerns.
    pub paths: Arc<[String]>,
    /// Name of the texts, for a rule with variants.
    pub variant: Option<String>,
    /// What to do, where the rule's own words for it do not fit.
    pub fix: Option<Localised>,
    /// Flows that it is about; empty where it is about none.
    pub flows: Vec<FlowKey>,
    /// All that it is about where its sentence names only some of it: with less
    /// of it the finding is the same one, and smaller.
    pub extent: Vec<String>,
    /// The allowed flow for which the rule itself does not tell it.
    pub allowed: Option<Span>,
}

/// A flow that a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FlowKey {
    /// Who opens the connection: a server, a zone or `internet`.
    pub source: String,
    /// Who accepts it.
    pub destination: String,
    /// `tcp/25`; `None` for all between the two.
    pub service: Option<String>,
}

/// A case that a rule could not decide.
#[derive(Debug, Clone, PartialEq)]
pub struct RawUndecided {
    /// The rule.
    pub rule: Arc<RuleMeta>,
    /// Evidence; may be empty.
    pub at: Vec<Span>,
    /// Why it could not, one reason each.
    pub why: Vec<Localised>,
    /// What would settle it: commands or lines of the inventory.
    pub needs: Vec<String>,
    /// Values for templates.
    pub args: Args,
    /// What it is about.
    pub subject: String,
    /// Flows that it is about; empty where it is about none.
    pub flows: Vec<FlowKey>,
}

/// Ids of the rules that were evaluated.
#[must_use]
pub fn evaluated(results: &[RuleResult]) -> HashSet<&str> {
    let evaluated = results
        .iter()
        .filter(|result| matches!(result.status, Status::Evaluated));
    evaluated.map(|result| &*result.rule.id).collect()
}

impl RawFinding {
    fn texts(&self) -> &Texts {
        self.variant
            .as_ref()
            .and_then(|variant| self.rule.variants.get(variant))
            .unwrap_or(&self.rule.texts)
    }

    /// The values that its sentence names, each once, in the order of their names.
    pub fn named(&self) -> impl Iterator<Item = (&str, &Value)> {
        let holes = template::holes(&self.texts().message.en).unwrap_or_default();
        let holes: BTreeSet<&str> = holes.into_iter().collect();
        let value = |hole| self.args.get_key_value(hole);
        holes
            .into_iter()
            .filter_map(value)
            .map(|(name, value)| (name.as_str(), value))
    }

    /// What was found, as a sentence.
    #[must_use]
    pub fn message(&self, japanese: bool) -> String {
        fill(self.texts().message.get(japanese), &self.args, japanese)
    }

    /// What to do.
    #[must_use]
    pub fn fix(&self, japanese: bool) -> String {
        match &self.fix {
            Some(fix) => fix.get(japanese).to_owned(),
            None => fill(self.texts().fix.get(japanese), &self.args, japanese),
        }
    }
}

impl RawUndecided {
    /// What could not be decided, as a sentence.
    #[must_use]
    pub fn message(&self, japanese: bool) -> String {
        match &self.rule.undecided {
            Some(text) => fill(text.get(japanese), &self.args, japanese),
            None => {
                let title = self.rule.title.get(japanese);
                match (self.subject.is_empty(), japanese) {
                    (true, _) => title.to_owned(),
                    (false, false) => format!("{}: {title}", self.subject),
                    (false, true) => format!("{}: {title}", self.subject),
                }
            }
        }
    }
}

/// Fills a template whose holes were checked when the finding was made.
fn fill(text: &str, args: &Args, japanese: bool) -> String {
    template::render(text, args, japanese).unwrap_or_else(|_| text.to_owned())
}
