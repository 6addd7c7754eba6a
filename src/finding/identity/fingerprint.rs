//! Identity of a finding across runs.
//!
//! Made of content, never of line numbers or file names: the rule, what the
//! finding is about, its flows, what it says, what stands at its primary place,
//! and which of several equal ones it is. What it says are the values that its
//! sentence names, with what should be and what is: one more network that may
//! connect makes another finding. Values that only measure its extent are none
//! of them: [`Scope`] tells whether it grew. What stands at the primary place is the thing
//! that it means ([`Identities`]), else its text with blanks collapsed. How bad
//! it is is no part: a baseline compares that by itself.
//!
//! It is hashed with a key, so that a fingerprint cannot be used to guess a
//! short secret in that text by looking the hash up; it is computed before
//! masking, so that masking can change.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hasher;

use serde_json::Value;
use siphasher::sip128::{Hasher128, SipHasher24};

use super::Identities;
use super::scope::{Scope, measures};
use crate::policy::RawFinding;
use crate::source::{Sources, Span, head};

/// What a fingerprint is made of: whoever changes that raises it. It stands
/// before the digits of every fingerprint.
pub const VERSION: u32 = 3;

/// The version of the fingerprints of findings without an extent, and the
/// oldest that is known: it told of an extent what the sentence named.
pub const OLDEST: u32 = 2;

/// Key of the hash. Changing it changes every fingerprint.
pub(super) const KEY: &[u8; 16] = b"exlint/finding/2";

/// Bytes of the primary text that count.
const MAX_TEXT: usize = 4096;

/// Values that quote a file, which the thing at the primary place stands for,
/// and the day on which it is judged.
const NO_MEANING: &[&str] = &["rule", "file", "date", "reference", "part"];

/// Values that are fields of a finding, too.
const FIELDS: &[&str] = &["subject", "expected", "actual", "weak"];

/// What makes a finding the same across runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// Its version, `-`, and 32 hexadecimal digits.
    pub fingerprint: String,
    /// What the oldest known version made of it, where that differs.
    pub former: Option<String>,
    /// How much it is about.
    pub scope: Scope,
}

/// The identities of `raw`, in the same order.
#[must_use]
pub fn all(raw: &[RawFinding], sources: &Sources, identities: &Identities) -> Vec<Identity> {
    let of = |version| prints(raw, sources, identities, version);
    let former = of(OLDEST);
    if raw.iter().all(|raw| raw.extent.is_empty()) {
        let prints = raw.iter().zip(former);
        return prints.map(|(raw, print)| only(raw, print)).collect();
    }
    let prints = raw.iter().zip(former).zip(of(VERSION));
    prints
        .map(|((raw, former), print)| match raw.extent.is_empty() {
            true => only(raw, former),
            false => Identity {
                former: Some(former),
                ..only(raw, print)
            },
        })
        .collect()
}

fn only(raw: &RawFinding, fingerprint: String) -> Identity {
    Identity {
        fingerprint,
        former: None,
        scope: Scope::of(raw),
    }
}

/// The fingerprints of a version.
fn prints(
    raw: &[RawFinding],
    sources: &Sources,
    identities: &Identities,
    version: u32,
) -> Vec<String> {
    let mut order: Vec<usize> = (0..raw.len()).collect();
    let at = |index: &usize| raw.get(*index).and_then(|raw| raw.at.first().copied());
    order.sort_by_key(|index| at(index).map(|span: Span| (span.file, span.start, span.end)));
    let mut seen: HashMap<u128, u64> = HashMap::new();
    let mut out = vec![String::new(); raw.len()];
    for index in order {
        let Some(finding) = raw.get(index) else {
            continue;
        };
        let content = content(finding, sources, identities, version);
        let occurrence = seen.entry(content).or_insert(0);
        let mut hasher = SipHasher24::new_with_key(KEY);
        hasher.write_u128(content);
        hasher.write_u64(*occurrence);
        *occurrence = occurrence.saturating_add(1);
        if let Some(slot) = out.get_mut(index) {
            *slot = format!("{version}-{:032x}", hasher.finish128().as_u128());
        }
    }
    out
}

/// Hash of what the finding is about.
fn content(finding: &RawFinding, sources: &Sources, identities: &Identities, version: u32) -> u128 {
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
    let flows: BTreeSet<_> = finding.flows.iter().collect();
    for flow in flows {
        field(&flow.source);
        field(&flow.destination);
        field(flow.service.as_deref().unwrap_or_default());
    }
    // Several fields never look like one: what follows the flows is marked.
    field("says");
    let extent = if version > OLDEST {
        &*finding.extent
    } else {
        &[]
    };
    for (name, value) in says(finding).filter(|(_, value)| !measures(value, extent)) {
        field(name);
        field(&meaning(value));
    }
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
pub(super) fn collapsed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a finding says beyond its subject, by name.
pub(super) fn says(finding: &RawFinding) -> impl Iterator<Item = (&str, &Value)> {
    let known = |name: &str| NO_MEANING.contains(&name) || FIELDS.contains(&name);
    let named = finding.named().filter(move |(name, _)| !known(name));
    let fields = [("expected", &finding.expected), ("actual", &finding.actual)];
    named.chain(
        fields
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.as_ref()?))),
    )
}

/// A value whatever its form: the order of what is listed has no meaning, nor
/// has case in the names of Exchange.
pub(super) fn meaning(value: &Value) -> String {
    let listed = |items: BTreeSet<String>| items.into_iter().collect::<Vec<_>>().join("\n");
    match value {
        Value::String(text) => {
            let text = collapsed(&text.to_lowercase());
            listed(text.split(", ").map(str::to_owned).collect())
        }
        Value::Array(items) => listed(items.iter().map(meaning).collect()),
        // Words of a label, in both languages.
        Value::Object(texts) => texts.get("en").map_or_else(|| value.to_string(), meaning),
        other => other.to_string(),
    }
}
