//! Mirror of what the policy stage returns, until it is here.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use crate::source::Span;

/// How bad a finding is; `Note < Warning < Error`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know.
    Note,
    /// Should be cured.
    Warning,
    /// Mail stops, or something is open that must not be.
    Error,
}

impl Severity {
    /// The word in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// How sure a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Stated by files.
    Certain,
    /// At least one link was inferred.
    Derived,
}

/// A text in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Localised {
    /// English.
    pub en: String,
    /// Japanese.
    pub ja: String,
}

impl Localised {
    /// The text in a language.
    #[must_use]
    pub fn get(&self, japanese: bool) -> &str {
        if japanese { &self.ja } else { &self.en }
    }
}

/// A rule.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleMeta {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Data paths.
    pub paths: Vec<String>,
}

/// A finding of a rule.
#[derive(Debug, Clone, PartialEq)]
pub struct RawFinding {
    /// The rule.
    pub rule: Arc<RuleMeta>,
    /// Severity.
    pub severity: Severity,
    /// Confidence.
    pub confidence: Confidence,
    /// Weak link.
    pub weak: Option<String>,
    /// Places, primary first.
    pub at: Vec<Span>,
    /// Labels, parallel.
    pub labels: Vec<Localised>,
    /// Message.
    pub message: Localised,
    /// Cure.
    pub fix: Localised,
    /// Subject.
    pub subject: String,
    /// Expected.
    pub expected: Option<Value>,
    /// Actual.
    pub actual: Option<Value>,
    /// Witness.
    pub witness: Option<Value>,
}

impl RawFinding {
    /// Message.
    #[must_use]
    pub fn message(&self, japanese: bool) -> String {
        self.message.get(japanese).to_owned()
    }

    /// Cure.
    #[must_use]
    pub fn fix(&self, japanese: bool) -> String {
        self.fix.get(japanese).to_owned()
    }
}

/// An undecided item of a rule.
#[derive(Debug, Clone, PartialEq)]
pub struct RawUndecided {
    /// The rule.
    pub rule: Arc<RuleMeta>,
    /// Places.
    pub at: Vec<Span>,
    /// What would settle it.
    pub needs: String,
    /// Message.
    pub message: Localised,
    /// Subject.
    pub subject: String,
}

impl RawUndecided {
    /// Message.
    #[must_use]
    pub fn message(&self, japanese: bool) -> String {
        self.message.get(japanese).to_owned()
    }
}
