//! Baselines: findings that were there before, by fingerprint.
//!
//! A baseline is what `exlint baseline write` makes, or an ordinary report of
//! `check --format json`. A finding is known when it says the same and is no
//! worse than it was.

mod read;

use std::collections::{HashMap, HashSet};

pub use read::BaselineError;

use super::{Finding, Suppressed, Suppression, SuppressionKind};
use crate::policy::Severity;

/// The version of baselines that this program writes.
pub const SCHEMA: &str = "exlint/baseline/1";

/// Bytes of the largest file that is read as a baseline: some hundred thousand
/// findings of a report.
pub const MAX_BYTES: u64 = 256 * 1024 * 1024;

/// A baseline.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    /// Its file, as shown.
    pub name: String,
    /// What it knows, in its order.
    pub entries: Vec<Entry>,
}

/// A finding that a baseline knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Identity of the finding.
    pub fingerprint: String,
    /// Id of its rule.
    pub rule: String,
    /// What it is about.
    pub subject: String,
    /// The file that it was in.
    pub file: String,
    /// What was found.
    pub message: String,
    /// How bad it was.
    pub severity: Severity,
}

impl Baseline {
    /// Takes out what the baseline knows.
    #[must_use]
    pub fn apply(&self, findings: Vec<Finding>) -> (Vec<Finding>, Vec<Suppressed>) {
        let mut known: HashMap<&str, Severity> = HashMap::new();
        for entry in &self.entries {
            let worst = known.entry(&entry.fingerprint).or_insert(entry.severity);
            *worst = entry.severity.max(*worst);
        }
        let (hidden, left): (Vec<_>, Vec<_>) = findings.into_iter().partition(|finding| {
            let worst = known.get(&*finding.fingerprint);
            worst.is_some_and(|worst| finding.severity <= *worst)
        });
        let hidden = hidden.into_iter().map(|finding| Suppressed {
            finding,
            by: Suppression {
                kind: SuppressionKind::Baseline,
                reason: self.name.clone(),
                until: None,
                place: None,
            },
        });
        (left, hidden.collect())
    }

    /// Entries that match no finding although their rule was evaluated: what
    /// they were about is cured, or has changed.
    pub fn stale<'b>(
        &'b self,
        fingerprints: &HashSet<&str>,
        evaluated: &HashSet<&str>,
    ) -> Vec<&'b Entry> {
        let gone = |entry: &&Entry| {
            evaluated.contains(&*entry.rule) && !fingerprints.contains(&*entry.fingerprint)
        };
        self.entries.iter().filter(gone).collect()
    }
}
