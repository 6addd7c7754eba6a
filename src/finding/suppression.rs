//! Why a finding does not count: an exception that somebody wrote, or a
//! baseline that knows it.

use super::{Finding, Place};

/// What kind of exception it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SuppressionKind {
    /// A comment in the file itself.
    Inline,
    /// `[[exception]]` in `exlint.toml`, by rule and object.
    Configuration,
    /// `[[allowed_flow]]` in `exlint.toml`, by packets.
    AllowedFlow,
    /// `--baseline`: the finding was there before.
    Baseline,
}

impl SuppressionKind {
    /// The word in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inline => "inline",
            Self::Configuration => "configuration",
            Self::AllowedFlow => "allowed-flow",
            Self::Baseline => "baseline",
        }
    }
}

/// An exception as it applies to one finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// What kind of exception it is.
    pub kind: SuppressionKind,
    /// The reason that its author gave; of a baseline its file.
    pub reason: String,
    /// The last day on which it holds (`YYYY-MM-DD`); always when `None`.
    pub until: Option<String>,
    /// Where it is written; a baseline has no place.
    pub place: Option<Place>,
}

/// A finding that an exception hides.
#[derive(Debug, Clone, PartialEq)]
pub struct Suppressed {
    /// What was found.
    pub finding: Finding,
    /// What hides it.
    pub by: Suppression,
}
