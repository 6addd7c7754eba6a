//! Format-List: `Name : value` lines, an empty line behind each object; and
//! tables between them.

use std::borrow::Cow;

use super::interpret::Interpreter;
use super::{Property, Record, key, table};
use crate::formats::exchange::list::line::{LineKind, classify, clean};
use crate::formats::firewall::windows_firewall::netsh::prompt;
use crate::formats::{Document, Ledger, LineState, Unit};
use crate::source::{SourceFile, Span, Spanned};

/// A property whose value may go on in the next lines.
struct Pending<'f> {
    name: &'f str,
    value: Cow<'f, str>,
    span: Span,
    colon: u32,
    lines: std::ops::Range<usize>,
    /// Columns of the last line.
    width: u32,
}

impl Pending<'_> {
    /// Whether the value goes on in the middle of a word: the last line filled
    /// the console. In a narrower one that is a line as wide as any, of one word
    /// that is longer than the room behind the names.
    fn is_cut(&self, widest: u32) -> bool {
        const LONG_WORD: usize = 20;
        let narrow =
            || self.width >= widest && self.value.len() >= LONG_WORD && !self.value.contains(' ');
        !self.value.ends_with([',', ' ']) && (self.width >= CONSOLE || narrow())
    }
}

/// Narrowest console whose lines count as full.
const CONSOLE: u32 = 79;

/// Columns of the widest line that holds a property.
fn widest(file: &SourceFile) -> u32 {
    let lines = (0..file.line_count()).filter_map(|index| file.line(index));
    let widths = lines.filter_map(|raw| {
        let cleaned = clean(raw);
        let line = classify(&cleaned);
        matches!(line.kind, LineKind::Key(_)).then_some(line.width)
    });
    widths.max().unwrap_or(0)
}

/// Reads a whole file.
pub fn read(file: &SourceFile) -> Document {
    let mut ledger = Ledger::new(Unit::Lines, file.line_count());
    let mut interpreter = Interpreter::new(file);
    let mut properties: Vec<Property<'_>> = Vec::new();
    let mut pending: Option<Pending<'_>> = None;
    let mut full = None;
    // The line behind the last table.
    let mut behind = 0;
    for index in 0..file.line_count() {
        if index < behind {
            continue;
        }
        if let Some(columns) = table::begins(file, index) {
            flush(&mut pending, &mut properties);
            end(&mut properties, &mut interpreter, &mut ledger);
            behind = table::read(file, index, columns, &mut interpreter, &mut ledger);
            continue;
        }
        let raw = file.line(index).unwrap_or_default();
        let cleaned = clean(raw.trim_matches(['\u{feff}', '\0']));
        let line = classify(&cleaned);
        match &line.kind {
            LineKind::Blank => {
                ledger.set(index, LineState::Irrelevant);
                flush(&mut pending, &mut properties);
                end(&mut properties, &mut interpreter, &mut ledger);
            }
            LineKind::Key(found)
                if pending
                    .as_ref()
                    .is_none_or(|open| found.colon <= open.colon.saturating_add(1)) =>
            {
                flush(&mut pending, &mut properties);
                let (name, value) = in_file(raw, found.key, found.value);
                let span = file.span_of(if value.is_empty() { raw.trim() } else { value });
                pending = Some(Pending {
                    name,
                    value: Cow::Borrowed(value),
                    span: span.unwrap_or(Span::of(file.id(), 0..0)),
                    colon: found.colon,
                    lines: index..index.saturating_add(1),
                    width: line.width,
                });
            }
            _ => {
                if let Some(command) = prompt::read(raw.trim()) {
                    ledger.set(index, LineState::Irrelevant);
                    flush(&mut pending, &mut properties);
                    end(&mut properties, &mut interpreter, &mut ledger);
                    asked(raw.trim(), &command, &mut interpreter, file);
                    continue;
                }
                match &mut pending {
                    Some(open) if line.indent > open.colon => {
                        let more = raw.trim();
                        let full = *full.get_or_insert_with(|| widest(file));
                        let glue = if open.is_cut(full) { "" } else { " " };
                        open.value = Cow::Owned(format!("{}{glue}{more}", open.value));
                        open.lines.end = index.saturating_add(1);
                        open.width = line.width;
                    }
                    _ => {
                        let noise = matches!(
                            line.kind,
                            LineKind::Dashes | LineKind::Message | LineKind::Command(_)
                        ) || prompt::is_noise(raw.trim());
                        let state = if noise {
                            LineState::Irrelevant
                        } else {
                            LineState::Unrecognised
                        };
                        ledger.set(index, state);
                        if state == LineState::Unrecognised {
                            let span = file
                                .span_of(raw.trim())
                                .unwrap_or(Span::of(file.id(), 0..0));
                            ledger.note(state, "no property of an object", span);
                        }
                    }
                }
            }
        }
    }
    flush(&mut pending, &mut properties);
    end(&mut properties, &mut interpreter, &mut ledger);
    interpreter.finish(ledger)
}

/// Name and value as slices of the file's own line.
fn in_file<'f>(raw: &'f str, key: &str, value: &str) -> (&'f str, &'f str) {
    let find = |part: &str, from: usize| {
        let at = raw.get(from..)?.find(part)?.saturating_add(from);
        Some((at, raw.get(at..at.saturating_add(part.len()))?))
    };
    let Some((at, name)) = find(key, 0) else {
        return ("", "");
    };
    let behind = at.saturating_add(name.len());
    if value.is_empty() {
        return (name, "");
    }
    (name, find(value, behind).map_or("", |(_, value)| value))
}

fn flush<'f>(pending: &mut Option<Pending<'f>>, properties: &mut Vec<Property<'f>>) {
    if let Some(open) = pending.take() {
        properties.push(Property::one(
            key(open.name),
            open.value,
            open.span,
            open.lines,
        ));
    }
}

fn end<'f>(
    properties: &mut Vec<Property<'f>>,
    interpreter: &mut Interpreter<'f>,
    ledger: &mut Ledger,
) {
    let (Some(first), Some(last)) = (properties.first(), properties.last()) else {
        return;
    };
    let (span, units) = (first.span, first.units.start..last.units.end);
    let record = Record::new(std::mem::take(properties), span, units);
    interpreter.take(&record, ledger);
}

/// What a typed command tells: the machine, and what it left out.
fn asked<'f>(
    line: &'f str,
    command: &prompt::Prompt<'f>,
    interpreter: &mut Interpreter<'f>,
    file: &SourceFile,
) {
    let start = Span::of(file.id(), 0..0);
    if let Some(host) = command.host {
        let span = file.span_of(host).unwrap_or(start);
        interpreter.at_prompt(Spanned::new(host.to_owned(), span));
    }
    let lower = line.to_ascii_lowercase();
    let narrow = [
        "-displayname",
        "-name ",
        "-displaygroup",
        "-group ",
        "-direction",
        "-action",
        "where",
        "| ?",
        "select-object -first",
        "-first ",
    ];
    // `New-NetFirewallRule` shows the rule that it makes.
    let one = ["new-", "set-", "copy-", "rename-", "enable-", "disable-"]
        .iter()
        .any(|verb| lower.contains(&format!("{verb}netfirewallrule")));
    let some = narrow.iter().any(|word| lower.contains(word));
    if one || lower.contains("get-netfirewallrule") && some {
        let span = file.span_of(line).unwrap_or(start);
        interpreter.leaves_out("the command lists some of the rules only", span);
    }
}
