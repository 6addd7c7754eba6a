//! How much a finding is about, so that one that shrank is told from one that
//! grew: flows, or what its rule names as its extent.
//!
//! As fingerprints, it is told by keyed hashes: a baseline holds them, and
//! nothing can be read out of them.

use std::hash::Hasher;

use serde_json::Value;
use siphasher::sip::SipHasher24;

use super::fingerprint::{KEY, collapsed, meaning, says};
use crate::policy::RawFinding;

/// How much a finding is about. Of two of one kin, the one that is about a part
/// and says no more is the smaller.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Its rule, texts and confidence, and what should be.
    pub kin: u64,
    /// Each thing that it is about, sorted.
    pub about: Vec<u64>,
    /// Each value that it says, sorted.
    pub said: Vec<u64>,
}

impl Scope {
    /// The scope of a finding.
    pub(super) fn of(finding: &RawFinding) -> Self {
        let kin = hash(&[
            &finding.rule.id,
            finding.variant.as_deref().unwrap_or_default(),
            finding.confidence.as_str(),
            &finding.expected.as_ref().map(meaning).unwrap_or_default(),
        ]);
        let flows = finding.flows.iter().map(|flow| {
            let service = flow.service.as_deref().unwrap_or_default();
            hash(&["flow", &flow.source, &flow.destination, service])
        });
        let extent = finding.extent.iter().map(|part| hash(&["part", part]));
        let subject = collapsed(&finding.subject);
        let subject = subject.split([',', ';', ':']);
        let subject = subject.map(|part| hash(&["subject", part.trim()]));
        let named = says(finding).filter(|(name, _)| *name != "expected");
        let named = named
            .filter(|(_, value)| !measures(value, &finding.extent) && !counts(value, finding))
            .flat_map(|(name, value)| {
                let parts = meaning(value);
                let parts = parts.split('\n').map(|part| hash(&[name, part]));
                parts.collect::<Vec<_>>()
            });
        Self {
            kin,
            about: sorted(flows.chain(extent)),
            said: sorted(subject.chain(named)),
        }
    }

    /// Whether all that another is about is in this one.
    #[must_use]
    pub fn holds(&self, other: &Self) -> bool {
        within(&other.about, &self.about)
    }

    /// Whether another is what is left of this one: about less, with nothing
    /// that this one does not say.
    #[must_use]
    pub fn shrinks_to(&self, other: &Self) -> bool {
        self.kin == other.kin
            && !other.about.is_empty()
            && other.about.len() < self.about.len()
            && self.holds(other)
            && within(&other.said, &self.said)
    }
}

/// Whether a value only tells how much a finding is about, or some of it: the
/// extent stands for it.
pub(super) fn measures(value: &Value, extent: &[String]) -> bool {
    let known = |text: &str| extent.iter().any(|part| part == text);
    !extent.is_empty()
        && match value {
            Value::Number(number) => number.as_u64() == Some(extent.len() as u64),
            Value::String(text) => text.split(", ").all(known),
            Value::Array(items) => items.iter().all(|item| item.as_str().is_some_and(known)),
            _ => false,
        }
}

/// Whether a value is the number of flows.
fn counts(value: &Value, finding: &RawFinding) -> bool {
    let flows = finding.flows.len();
    flows > 1 && value.as_u64() == Some(flows as u64)
}

fn hash(parts: &[&str]) -> u64 {
    let mut hasher = SipHasher24::new_with_key(KEY);
    for part in parts {
        hasher.write(part.as_bytes());
        hasher.write_u8(0xff);
    }
    hasher.finish()
}

fn sorted(parts: impl Iterator<Item = u64>) -> Vec<u64> {
    let mut parts: Vec<u64> = parts.collect();
    parts.sort_unstable();
    parts.dedup();
    parts
}

/// Whether every member of one sorted list is in another.
fn within(part: &[u64], whole: &[u64]) -> bool {
    part.len() <= whole.len() && part.iter().all(|item| whole.binary_search(item).is_ok())
}
