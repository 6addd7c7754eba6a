//! `exceptions`: what authors of inputs and inventory want hidden, and what
//! became of it. They are facts only after all other rules were evaluated.

use serde::Serialize;

use super::types::Ref;

/// An exception, for one of its rules.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExceptionFact {
    /// `inline`, `configuration` or `allowed-flow`.
    pub kind: &'static str,
    /// Id of the rule; absent for an allowed flow that is for every rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// What it is for, where it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// Why its author holds it right.
    pub reason: String,
    /// Last day of validity, `YYYY-MM-DD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// What became of it.
    pub state: ExceptionState,
    /// Where it is written.
    pub at: Ref,
}

/// What became of an exception.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExceptionState {
    /// It hides a finding.
    Used,
    /// It hides nothing.
    Unused,
    /// It hides nothing, and what it is for was not among the inputs.
    Foreign,
    /// Its rule was not evaluated, so nothing can be said.
    NotJudged,
    /// Its end is past, and the finding is back.
    Expired,
    /// Its end is past, and there is nothing to hide.
    ExpiredIdle,
    /// Its rule allows no exception.
    RefusedRule,
    /// The profile wants an end, and it has none.
    RefusedEndless,
    /// The profile wants an end within a year, and its is later.
    RefusedLong,
}
