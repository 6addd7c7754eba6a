//! Identity of a finding across runs.
//!
//! Made of content, never of line numbers or file names: the rule, what the
//! finding is about, its flows, what stands at its primary place, and which of
//! several equal ones it is. What stands there is the thing that it means
//! ([`Identities`]), else its text with blanks collapsed. It is hashed with a key, so that a
//! fingerprint cannot be used to guess a short secret in that text by looking
//! the hash up; it is computed before masking, so that masking can change.

use std::collections::HashMap;
use std::hash::Hasher;

use siphasher::sip128::{Hasher128, SipHasher24};

use super::Identities;
use crate::policy::RawFinding;
use crate::source::{Sources, Span, head};

/// Key of the hash. Changing it changes every fingerprint.
const KEY: &[u8; 16] = b"exlint/finding/1";

/// Bytes of the primary text that count.
const MAX_TEXT: usize = 4096;

/// The fingerprints of `raw`, in the same order.
#[must_use]
pub fn all(raw: &[RawFinding], sources: &Sources, identities: &Identities) -> Vec<String> {
    let mut order: Vec<usize> = (0..raw.len()).collect();
    let at = |index: &usize| raw.get(*index).and_then(|raw| raw.at.first().copied());
    order.sort_by_key(|index| at(index).map(|span: Span| (span.file, span.start, span.end)));
    let mut seen: HashMap<u128, u64> = HashMap::new();
    let mut out = vec![String::new(); raw.len()];
    for index in order {
        let Some(finding) = raw.get(index) else {
            continue;
        };
        let content = content(finding, sources, identities);
        let occurrence = seen.entry(content).or_insert(0);
        let mut hasher = SipHasher24::new_with_key(KEY);
        hasher.write_u128(content);
        hasher.write_u64(*occurrence);
        *occurrence = occurrence.saturating_add(1);
        if let Some(slot) = out.get_mut(index) {
            *slot = format!("{:032x}", hasher.finish128().as_u128());
        }
    }
    out
}

/// Hash of what the finding is about.
fn content(finding: &RawFinding, sources: &Sources, identities: &Identities) -> u128 {
    let mut hasher = SipHasher24::new_with_key(KEY);
    let mut field = |text: &str| {
        hasher.write(text.as_bytes());
        hasher.write_u8(0xff);
    };
    field(&finding.rule.id);
    let at = finding.at.first();
    let thing = at.and_then(|place| identities.at(*place));
    let text = at
        .and_then(|span| Some(sources.get(span.file)?.slice(*span)))
        .unwrap_or_default();
    let text = head(text, MAX_TEXT);
    let mut subject = collapsed(&finding.subject);
    if thing.is_some() {
        // A subject may quote the thing in the form of its file.
        subject = subject.replace(&collapsed(text), "");
    }
    field(&subject);
    field(finding.variant.as_deref().unwrap_or_default());
    let mut flows: Vec<_> = finding.flows.iter().collect();
    flows.sort_unstable();
    for flow in flows {
        field(&flow.source);
        field(&flow.destination);
        field(flow.service.as_deref().unwrap_or_default());
    }
    // Several fields never look like one: what follows the flows is marked.
    field("at");
    match thing {
        Some(thing) => {
            field("thing");
            field(thing);
        }
        None => text.split_whitespace().for_each(field),
    }
    hasher.finish128().as_u128()
}

/// A text with one blank for each run of blanks.
fn collapsed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
