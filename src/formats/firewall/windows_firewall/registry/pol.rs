//! `registry.pol` of a group policy: records `[key;value;type;size;data]` in
//! UTF-16 behind the letters `PReg` (MS-GPREG 2.2.1).
//!
//! The decoder hands over the text behind the header; numbers in it are
//! characters.

use super::settings::{self, Key, Value};
use crate::formats::firewall::windows_firewall::facts::{Part, Store};
use crate::formats::firewall::windows_firewall::host;
use crate::formats::{Content, Document, Ledger, LineState, Problem, ProblemLevel, Unit};
use crate::source::{SourceFile, Span};

/// A record of the file.
struct Entry<'f> {
    key: &'f str,
    name: &'f str,
    kind: u32,
    data: &'f str,
    /// Bytes of the text that it takes.
    range: std::ops::Range<usize>,
}

/// Whether a text is one of a `registry.pol`.
pub fn is_policy(text: &str) -> bool {
    text.starts_with('[')
        && text
            .get(..text.len().min(4096))
            .is_some_and(|head| head.contains("\0;"))
        || text.starts_with('[') && text.contains("\0;")
}

/// Reads a whole file.
pub fn read(file: &SourceFile) -> Document {
    let text = file.text();
    let mut ledger = Ledger::new(Unit::Records, 0);
    let mut part = Part::new(host::stem(file));
    part.store = Store::GroupPolicy;
    let mut problems = Vec::new();
    let mut at = 0usize;
    while at < text.len() {
        let Some(entry) = entry(text, at) else {
            let span = Span::of(file.id(), at..at);
            ledger.push(LineState::Unrecognised);
            ledger.note(LineState::Unrecognised, "no record of a registry.pol", span);
            problems.push(Problem {
                level: ProblemLevel::Error,
                message: "the policy file is cut off or damaged".to_owned(),
                hint: Some("copy registry.pol again, in binary".to_owned()),
                span,
            });
            break;
        };
        at = entry.range.end;
        let unit = ledger.states().len();
        ledger.push(LineState::Irrelevant);
        let key = settings::key(entry.key);
        if key == Key::Foreign {
            continue;
        }
        settings::open(&mut part, key);
        let span = file
            .span_of(entry.data.trim_end_matches('\0'))
            .filter(|_| entry.kind != DWORD);
        let span = span.or_else(|| file.span_of(entry.name));
        let span = span.unwrap_or(Span::of(file.id(), entry.range));
        let value = Value {
            name: entry.name,
            text: matches!(entry.kind, 1 | 2).then(|| entry.data.trim_end_matches('\0')),
            number: (entry.kind == DWORD).then(|| number(entry.data)),
            span,
        };
        let outcome = settings::take(&mut part, key, value, file);
        ledger.set(unit, outcome.state);
        if let Some(why) = outcome.why {
            ledger.note(outcome.state, why, span);
        }
    }
    Document {
        content: if part.is_empty() {
            Vec::new()
        } else {
            vec![Content::HostFirewall(Box::new(part))]
        },
        ledger,
        problems,
    }
}

/// REG_DWORD.
const DWORD: u32 = 4;

/// Two characters as a number.
fn number(text: &str) -> u32 {
    let mut units = text.encode_utf16();
    let low = u32::from(units.next().unwrap_or(0));
    let high = u32::from(units.next().unwrap_or(0));
    low | (high << 16)
}

/// The record at an offset.
fn entry(text: &str, start: usize) -> Option<Entry<'_>> {
    let rest = text.get(start..)?.strip_prefix('[')?;
    let (key, rest) = rest.split_once("\0;")?;
    let (name, rest) = rest.split_once("\0;")?;
    let (kind, rest) = take_units(rest, 2)?;
    let rest = rest.strip_prefix(';')?;
    let (size, rest) = take_units(rest, 2)?;
    let rest = rest.strip_prefix(';')?;
    let units = usize::try_from(number(size)).ok()?.div_ceil(2);
    let (data, rest) = take_units(rest, units)?;
    let rest = rest.strip_prefix(']')?;
    Some(Entry {
        key,
        name,
        kind: number(kind),
        data,
        range: start..text.len().saturating_sub(rest.len()),
    })
}

/// Splits behind a number of UTF-16 units.
fn take_units(text: &str, units: usize) -> Option<(&str, &str)> {
    let mut left = units;
    for (at, c) in text.char_indices() {
        if left == 0 {
            return text.split_at_checked(at);
        }
        left = left.checked_sub(c.len_utf16())?;
    }
    (left == 0).then_some((text, ""))
}
