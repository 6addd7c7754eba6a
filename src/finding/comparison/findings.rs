//! Findings that a change introduces, and those that it cures.

use std::collections::HashMap;
use std::hash::Hash;

use crate::finding::{Finding, Run};
use crate::policy::FlowKey;

/// What tells that a finding is the same although the text that shows it is
/// written in another way: a renamed group, a rule that was split.
#[derive(PartialEq, Eq, Hash)]
struct Likeness<'f> {
    rule: &'f str,
    severity: &'static str,
    subject: &'f str,
    flows: &'f [FlowKey],
    witness: Option<String>,
    /// What it says, where no flow and no packet tells what it is about.
    message: Option<&'f str>,
}

impl<'f> Likeness<'f> {
    fn of(finding: &'f Finding) -> Self {
        let witness = finding.witness.as_ref().map(ToString::to_string);
        let told = !finding.flows.is_empty() || witness.is_some();
        Self {
            rule: &finding.rule.id,
            severity: finding.severity.as_str(),
            subject: &finding.subject,
            flows: &finding.flows,
            message: (!told).then_some(&finding.message),
            witness,
        }
    }
}

/// Findings that only the head has, and findings that only the base has.
pub(super) fn changes<'r>(base: &'r Run, head: &'r Run) -> (Vec<&'r Finding>, Vec<&'r Finding>) {
    let (before, after): (Vec<&Finding>, Vec<&Finding>) = (
        base.findings.iter().collect(),
        head.findings.iter().collect(),
    );
    let (before, after) = without_common(before, after, |f| (f.fingerprint.as_str(), f.severity));
    let (before, after) = without_common(before, after, |finding| Likeness::of(finding));
    (after, before)
}

/// Takes away what both have, one for one.
fn without_common<'r, K: Eq + Hash>(
    before: Vec<&'r Finding>,
    after: Vec<&'r Finding>,
    key: impl Fn(&'r Finding) -> K,
) -> (Vec<&'r Finding>, Vec<&'r Finding>) {
    let mut known: HashMap<K, usize> = HashMap::new();
    for finding in &before {
        let count = known.entry(key(finding)).or_default();
        *count = count.saturating_add(1);
    }
    let mut common: HashMap<K, usize> = HashMap::new();
    let after = after
        .into_iter()
        .filter(|finding| match known.get_mut(&key(finding)) {
            Some(count) if *count > 0 => {
                *count = count.saturating_sub(1);
                let taken = common.entry(key(finding)).or_default();
                *taken = taken.saturating_add(1);
                false
            }
            _ => true,
        })
        .collect();
    let before = before
        .into_iter()
        .filter(|finding| match common.get_mut(&key(finding)) {
            Some(count) if *count > 0 => {
                *count = count.saturating_sub(1);
                false
            }
            _ => true,
        })
        .collect();
    (before, after)
}
