//! Profiles: names for what belongs together.

use super::Honour;
use crate::policy::{Confidence, Severity};

/// What a run is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Profile {
    /// A person or a pipeline that wants to know what to cure.
    #[default]
    Default,
    /// An auditor: everything counts, and what is hidden is shown.
    Auditor,
    /// A gate that trusts no exception without an end and no missing input.
    Strict,
}

impl Profile {
    /// All, as users write them.
    pub const ALL: [Self; 3] = [Self::Default, Self::Auditor, Self::Strict];

    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Auditor => "auditor",
            Self::Strict => "strict",
        }
    }

    /// Reads the word; `None` for any other.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|profile| profile.as_str() == word)
    }

    /// The severity from which a finding fails the run.
    #[must_use]
    pub fn fail_on(self) -> Severity {
        match self {
            Self::Default => Severity::Warning,
            Self::Auditor | Self::Strict => Severity::Note,
        }
    }

    /// How sure a finding must be to be told.
    #[must_use]
    pub fn min_confidence(self) -> Confidence {
        Confidence::Derived
    }

    /// Which exceptions it heeds.
    #[must_use]
    pub fn exceptions(self) -> Honour {
        match self {
            Self::Default | Self::Auditor => Honour::All,
            Self::Strict => Honour::Ending,
        }
    }

    /// Whether it lists what exceptions hide.
    #[must_use]
    pub fn show_suppressed(self) -> bool {
        self == Self::Auditor
    }

    /// Whether rules that lack data fail the run.
    #[must_use]
    pub fn require_coverage(self) -> bool {
        self == Self::Strict
    }
}
