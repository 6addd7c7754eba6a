//! Registry exports (`regedit /e`, `reg export`) and the output of `reg query`.

use std::borrow::Cow;

use super::settings::{self, Key, Value};
use crate::formats::firewall::windows_firewall::facts::{Part, Store};
use crate::formats::firewall::windows_firewall::host;
use crate::formats::firewall::windows_firewall::netsh::prompt;
use crate::formats::{Content, Document, Ledger, LineState, Unit};
use crate::source::{SourceFile, Span};

/// Reads a whole file.
pub fn read(file: &SourceFile) -> Document {
    let mut ledger = Ledger::new(Unit::Lines, file.line_count());
    let mut part = Part::new(host::stem(file));
    part.host = host::of_bundle(file);
    part.store = Store::GroupPolicy;
    let mut key = Key::Foreign;
    for index in 0..file.line_count() {
        let raw = file.line(index).unwrap_or_default();
        let line = raw.trim_matches([' ', '\t', '\u{feff}', '\0']);
        let span = file.span_of(line).unwrap_or(Span::of(file.id(), 0..0));
        if line.is_empty() || line.starts_with(';') || is_header(line) {
            ledger.set(index, LineState::Irrelevant);
            continue;
        }
        if let Some(path) = path(line) {
            key = settings::key(path);
            settings::open(&mut part, key);
            let of_firewall = key != Key::Foreign;
            ledger.set(
                index,
                if of_firewall {
                    LineState::Modelled
                } else {
                    LineState::Irrelevant
                },
            );
            continue;
        }
        // A quoted name begins a value, and only a value: most lines are that.
        let quoted = line.starts_with('"').then(|| value(line)).flatten();
        if quoted.is_none() && (prompt::read(line).is_some() || prompt::is_noise(line)) {
            ledger.set(index, LineState::Irrelevant);
            continue;
        }
        let Some((name, text, number)) = quoted.or_else(|| value(line)) else {
            let state = match key {
                // A continuation of a binary value.
                _ if line.starts_with(|c: char| c.is_ascii_hexdigit()) && line.contains(',') => {
                    LineState::Irrelevant
                }
                Key::Foreign | Key::Other => LineState::Irrelevant,
                _ => LineState::Unrecognised,
            };
            ledger.set(index, state);
            continue;
        };
        let taken = match &text {
            Some(Cow::Borrowed(text)) => Some(*text),
            Some(Cow::Owned(text)) => Some(text.as_str()),
            None => None,
        };
        let value = Value {
            name,
            text: taken,
            number,
            span,
        };
        let outcome = settings::take(&mut part, key, value, file);
        ledger.set(index, outcome.state);
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
        problems: Vec::new(),
    }
}

fn is_header(line: &str) -> bool {
    line.starts_with("Windows Registry Editor")
        || line == "REGEDIT4"
        || line.starts_with("End of search")
}

/// The path of a key.
pub fn path(line: &str) -> Option<&str> {
    if let Some(inner) = line.strip_prefix('[') {
        let inner = inner.strip_suffix(']')?;
        return Some(inner.strip_prefix('-').unwrap_or(inner));
    }
    line.starts_with("HKEY_").then_some(line)
}

type Parsed<'f> = (&'f str, Option<Cow<'f, str>>, Option<u32>);

/// `"name"="text"`, `"name"=dword:00000001`, or `name    REG_SZ    text`.
fn value(line: &str) -> Option<Parsed<'_>> {
    if let Some(rest) = line.strip_prefix('"') {
        let (name, rest) = rest.split_once("\"=")?;
        if let Some(number) = rest.strip_prefix("dword:") {
            return Some((name, None, u32::from_str_radix(number.trim(), 16).ok()));
        }
        let Some(text) = rest.strip_prefix('"') else {
            return Some((name, None, None));
        };
        let text = text.strip_suffix('"').unwrap_or(text);
        let text = if text.contains("\\\\") || text.contains("\\\"") {
            Cow::Owned(text.replace("\\\\", "\\").replace("\\\"", "\""))
        } else {
            Cow::Borrowed(text)
        };
        return Some((name, Some(text), None));
    }
    if line.starts_with('@') {
        return Some(("", None, None));
    }
    let at = line.find("REG_")?;
    let (name, rest) = line.split_at_checked(at)?;
    let (kind, text) = rest.split_once([' ', '\t']).unwrap_or((rest, ""));
    let text = text.trim();
    let number = match kind {
        "REG_DWORD" => match text.strip_prefix("0x") {
            Some(digits) => u32::from_str_radix(digits, 16).ok(),
            None => text.parse().ok(),
        },
        _ => None,
    };
    let text = matches!(kind, "REG_SZ" | "REG_EXPAND_SZ").then_some(Cow::Borrowed(text));
    Some((name.trim(), text, number))
}
