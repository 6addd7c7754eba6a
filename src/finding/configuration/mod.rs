//! How to judge: what the command line, `exlint.toml`, the profile and the
//! defaults say together, each value with its origin.
//!
//! The command line wins over the file, the file over the profile.

mod names;
mod profile;
mod resolve;

use std::collections::BTreeMap;

pub use names::{Names, Unknown};
pub use profile::Profile;
pub use resolve::{Resolved, resolve};

use crate::formats::inventory::{OFF, Parameter};
use crate::model::path::Localised;
use crate::policy::{Confidence, RuleMeta, Severity};
use crate::source::Span;

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Origin {
    /// Nobody said anything.
    #[default]
    Default,
    /// The profile.
    Profile(Profile),
    /// `exlint.toml`.
    File(Span),
    /// An option of the command line.
    Option(&'static str),
    /// An environment variable.
    Variable(&'static str),
}

/// A value with its origin.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Who said so.
    pub origin: Origin,
}

impl<T> Setting<T> {
    /// A value with its origin.
    #[must_use]
    pub fn new(value: T, origin: Origin) -> Self {
        Self { value, origin }
    }
}

/// How bad a rule's findings are, or that it is not evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// The rule is not evaluated.
    Off,
    /// Its findings have this severity.
    On(Severity),
}

impl Level {
    /// Reads `off` or a severity; `None` for any other word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            OFF => Some(Self::Off),
            word => Severity::from_word(word).map(Self::On),
        }
    }

    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => OFF,
            Self::On(severity) => severity.as_str(),
        }
    }
}

/// Which exceptions count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Honour {
    /// All that are in force.
    #[default]
    All,
    /// Those that end within a year.
    Ending,
    /// None.
    Nothing,
}

impl Honour {
    /// The key of its words.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Ending => "ending",
            Self::Nothing => "none",
        }
    }
}

/// What the command line says; what it does not say is empty.
#[derive(Debug, Clone, Default)]
pub struct Choices {
    /// `--profile`.
    pub profile: Option<Setting<Profile>>,
    /// `--select`.
    pub select: Option<Setting<Vec<String>>>,
    /// `--ignore`.
    pub ignore: Option<Setting<Vec<String>>>,
    /// `--severity`.
    pub levels: Option<Setting<Vec<(String, Level)>>>,
    /// `--fail-on`.
    pub fail_on: Option<Setting<Severity>>,
    /// `--min-confidence`.
    pub min_confidence: Option<Setting<Confidence>>,
    /// `--no-suppressions`.
    pub no_suppressions: Option<Setting<bool>>,
    /// `--show-suppressed`.
    pub show_suppressed: Option<Setting<bool>>,
}

/// How to judge.
#[derive(Debug, Clone, Default)]
pub struct Configuration {
    /// What the run is for.
    pub profile: Setting<Profile>,
    /// The severity from which a finding fails the run.
    pub fail_on: Setting<Severity>,
    /// How sure a finding must be to be told.
    pub min_confidence: Setting<Confidence>,
    /// Which exceptions count.
    pub exceptions: Setting<Honour>,
    /// Whether what exceptions hide is listed.
    pub show_suppressed: Setting<bool>,
    /// Whether rules that lack data fail the run.
    pub require_coverage: Setting<bool>,
    /// What is said of rules, by id.
    pub rules: BTreeMap<String, RuleSetting>,
}

/// What is said of a rule.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RuleSetting {
    /// Who turned it off; `None` when it is on.
    pub off: Option<Origin>,
    /// The severity of its findings, where it is not its own.
    pub severity: Option<Setting<Severity>>,
    /// Whether exceptions may hide its findings, where the file says so.
    pub suppressible: Option<Setting<bool>>,
    /// Its parameters, where they are not its own.
    pub parameters: BTreeMap<String, Setting<Parameter>>,
}

impl Configuration {
    /// Why a rule is not evaluated; `None` for one that is.
    #[must_use]
    pub fn unwanted(&self, rule: &RuleMeta) -> Option<Localised> {
        let origin = self.rules.get(&rule.id)?.off?;
        Some(match origin {
            Origin::Option(option) | Origin::Variable(option) => Localised {
                en: format!("turned off by {option}"),
                ja: format!("{option} により無効です"),
            },
            Origin::File(_) | Origin::Profile(_) | Origin::Default => Localised {
                en: "turned off in exlint.toml".to_owned(),
                ja: "exlint.toml により無効です".to_owned(),
            },
        })
    }

    /// Values of rules that are not their own, by id and name.
    #[must_use]
    pub fn parameters(&self) -> BTreeMap<String, BTreeMap<String, Parameter>> {
        let changed = self
            .rules
            .iter()
            .filter(|(_, rule)| !rule.parameters.is_empty());
        changed
            .map(|(id, rule)| {
                let values = rule.parameters.iter();
                let values = values.map(|(name, value)| (name.clone(), value.value.clone()));
                (id.clone(), values.collect())
            })
            .collect()
    }

    /// Whether exceptions may hide what a rule finds.
    #[must_use]
    pub fn suppressible(&self, rule: &RuleMeta) -> bool {
        // The file may forbid what the rule allows, never the reverse.
        let said = self.rules.get(&rule.id);
        let said = said.and_then(|setting| setting.suppressible.as_ref());
        rule.suppressible && said.is_none_or(|setting| setting.value)
    }

    /// The severity of a finding of a rule that has this one by itself.
    #[must_use]
    pub fn severity(&self, rule: &str, confidence: Confidence, own: Severity) -> Severity {
        let said = self.rules.get(rule);
        match said.and_then(|setting| setting.severity.as_ref()) {
            None => own,
            Some(setting) => match confidence {
                Confidence::Certain => setting.value,
                Confidence::Derived => setting.value.lowered(),
            },
        }
    }
}
