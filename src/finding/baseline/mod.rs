//! Baselines: findings that were there before, by fingerprint.
//!
//! A baseline is what `exlint baseline write` makes, or an ordinary report of
//! `check --format json`. A finding is known when it says the same and is no
//! worse than it was, or is what is left of one that was there.

mod read;

use std::collections::{HashMap, HashSet};

pub use read::BaselineError;

use super::{Finding, Scope, Suppressed, Suppression, SuppressionKind};
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
    /// How much it was about; `None` for one thing.
    pub scope: Option<Scope>,
}

/// How findings and the entries of a baseline meet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// For each finding the index of the entry that knows it.
    pub known: Vec<Option<usize>>,
    /// For each entry whether a finding of its identity is there, or what is
    /// left of it.
    met: Vec<bool>,
}

impl Baseline {
    /// Compares with all findings of a run, those that exceptions hide among
    /// them.
    pub fn compare<'f>(&self, findings: impl Iterator<Item = &'f Finding>) -> Comparison {
        let findings: Vec<&Finding> = findings.collect();
        let mut prints: HashMap<&str, Vec<usize>> = HashMap::new();
        for (index, entry) in self.entries.iter().enumerate() {
            prints.entry(&entry.fingerprint).or_default().push(index);
        }
        let mut met = vec![false; self.entries.len()];
        let mut known = vec![None; findings.len()];
        for (finding, known) in findings.iter().zip(&mut known) {
            let former = finding.former_fingerprint.as_deref();
            let same = std::iter::once(&*finding.fingerprint).chain(former);
            for index in same.filter_map(|print| prints.get(print)).flatten() {
                if let (Some(entry), Some(met)) = (self.entries.get(*index), met.get_mut(*index)) {
                    *met = true;
                    if known.is_none() && entry.knows(finding) {
                        *known = Some(*index);
                    }
                }
            }
        }
        self.match_smaller(&findings, &mut known, &mut met);
        Comparison { known, met }
    }

    /// Finds the entries of which something is left under another identity.
    fn match_smaller(&self, findings: &[&Finding], known: &mut [Option<usize>], met: &mut [bool]) {
        let mut kin: HashMap<u64, Vec<usize>> = HashMap::new();
        let unmet = self.entries.iter().zip(&*met).enumerate();
        for (index, (entry, _)) in unmet.filter(|(_, (_, met))| !**met) {
            if let Some(scope) = &entry.scope {
                kin.entry(scope.kin).or_default().push(index);
            }
        }
        let unknown = findings.iter().zip(known);
        for (finding, known) in unknown.filter(|(_, known)| known.is_none()) {
            let entries = kin.get(&finding.scope.kin).into_iter().flatten();
            *known = entries.copied().find(|index| {
                let entry = self.entries.get(*index);
                entry.is_some_and(|entry| entry.shrinks_to(finding))
            });
            if let Some(met) = known.and_then(|index| met.get_mut(index)) {
                *met = true;
            }
        }
    }

    /// Entries that match no finding although their rule was evaluated: what
    /// they were about is cured, or has changed.
    pub fn stale<'b>(
        &'b self,
        comparison: &Comparison,
        evaluated: &HashSet<&str>,
    ) -> Vec<&'b Entry> {
        let entries = self.entries.iter().zip(&comparison.met);
        let gone = entries.filter(|(entry, met)| !**met && evaluated.contains(&*entry.rule));
        gone.map(|(entry, _)| entry).collect()
    }

    /// The baseline without what is stale, and with no more of an entry than is
    /// left of it.
    #[must_use]
    pub fn pruned(
        &self,
        comparison: &Comparison,
        findings: &[Finding],
        evaluated: &HashSet<&str>,
    ) -> Vec<Entry> {
        let mut smaller: HashMap<usize, Vec<Entry>> = HashMap::new();
        for (finding, known) in findings.iter().zip(&comparison.known) {
            let known = known.and_then(|index| Some((index, self.entries.get(index)?)));
            if let Some((index, entry)) = known
                && entry.is_larger_than(finding)
            {
                let left = Entry {
                    severity: entry.severity,
                    ..Entry::of(finding)
                };
                smaller.entry(index).or_default().push(left);
            }
        }
        let stale: HashSet<*const Entry> = self
            .stale(comparison, evaluated)
            .into_iter()
            .map(std::ptr::from_ref)
            .collect();
        let left = self.entries.iter().enumerate();
        left.filter(|(_, entry)| !stale.contains(&std::ptr::from_ref(*entry)))
            .flat_map(|(index, entry)| match smaller.remove(&index) {
                Some(parts) => parts,
                None => vec![entry.clone()],
            })
            .collect()
    }

    /// What a baseline hides of the findings that come first in a comparison.
    #[must_use]
    pub fn apply(
        &self,
        comparison: &Comparison,
        findings: Vec<Finding>,
    ) -> (Vec<Finding>, Vec<Suppressed>) {
        let known = comparison.known.iter().map(Option::is_some);
        let all = findings
            .into_iter()
            .zip(known.chain(std::iter::repeat(false)));
        let (hidden, left): (Vec<_>, Vec<_>) = all.partition(|(_, known)| *known);
        let hidden = hidden.into_iter().map(|(finding, _)| Suppressed {
            finding,
            by: Suppression {
                kind: SuppressionKind::Baseline,
                reason: self.name.clone(),
                until: None,
                place: None,
            },
        });
        let left = left.into_iter().map(|(finding, _)| finding);
        (left.collect(), hidden.collect())
    }
}

impl Entry {
    /// The entry that knows a finding.
    #[must_use]
    pub fn of(finding: &Finding) -> Self {
        Self {
            fingerprint: finding.fingerprint.clone(),
            rule: finding.rule.id.clone(),
            subject: finding.subject.clone(),
            file: finding.primary.place.file.to_string(),
            message: finding.message.clone(),
            severity: finding.severity,
            scope: finding.divisible().cloned(),
        }
    }

    /// Whether a finding of the same identity is no worse than it was.
    fn knows(&self, finding: &Finding) -> bool {
        // What an older fingerprint is made of tells the extent.
        let whole = finding.extent.is_empty()
            || finding.former_fingerprint.as_ref() == Some(&self.fingerprint);
        let scope = self.scope.as_ref();
        finding.severity <= self.severity
            && (whole || scope.is_some_and(|scope| scope.holds(&finding.scope)))
    }

    /// Whether a finding of another identity is what is left of this one.
    fn shrinks_to(&self, finding: &Finding) -> bool {
        let scope = self.scope.as_ref();
        finding.severity <= self.severity
            && scope.is_some_and(|scope| scope.shrinks_to(&finding.scope))
    }

    /// Whether a finding that this entry knows is about less than it was.
    fn is_larger_than(&self, finding: &Finding) -> bool {
        let scope = self.scope.as_ref();
        scope.is_some_and(|scope| scope.about.len() > finding.scope.about.len())
    }
}
