//! Export-Csv: one row for each object, whatever the delimiter.

use std::borrow::Cow;

use super::interpret::Interpreter;
use super::{Key, Property, Record, are_known, key};
use crate::formats::{Document, Ledger, LineState, Problem, ProblemLevel, Unit};
use crate::source::{SourceFile, Span};

/// Most columns of a row.
const MAX_COLUMNS: usize = 512;

/// The header of a table and its delimiter; `None` where the text has none
/// that firewall objects have. The offset is that of the first row.
pub fn header(text: &str) -> Option<(Vec<&str>, u8, usize)> {
    let start = text
        .len()
        .saturating_sub(text.trim_start_matches(['\u{feff}', '\r', '\n', ' ']).len());
    let mut at = start;
    let mut line = line_at(text, at)?;
    // The command that a capture shows, and the type of the objects.
    for _ in 0..MAX_BEFORE {
        if !is_command(line) && !line.trim().is_empty() {
            break;
        }
        at = at.saturating_add(line.len()).saturating_add(1);
        line = line_at(text, at)?;
    }
    if line.starts_with("#TYPE") {
        at = at.saturating_add(line.len()).saturating_add(1);
        line = line_at(text, at)?;
    }
    if line.len() > 16 * 1024 {
        return None;
    }
    let bytes = line.as_bytes();
    let delimiter = *[b',', b';', b'\t']
        .iter()
        .max_by_key(|delimiter| memchr::memchr_iter(**delimiter, bytes).count())?;
    let names: Vec<&str> = line
        .trim_end()
        .split(char::from(delimiter))
        .map(|name| name.trim_matches(['"', ' ']))
        .collect();
    let keys: Vec<_> = names.iter().filter_map(|name| key(name)).collect();
    if is_command(line)
        || names.len() < 3
        || names.len() > MAX_COLUMNS
        || !are_known(|wanted| keys.contains(&wanted))
    {
        return None;
    }
    Some((
        names,
        delimiter,
        at.saturating_add(line.len()).saturating_add(1),
    ))
}

/// Whether a line is a pipeline over rules and not the names of columns.
fn is_command(line: &str) -> bool {
    let named = memchr::memmem::find(line.as_bytes(), b"-NetFirewall").is_some();
    named && line.contains('|')
}

/// The line at an offset, with a CR at its end.
fn line_at(text: &str, at: usize) -> Option<&str> {
    let rest = text.get(at..)?;
    Some(rest.split('\n').next().unwrap_or(rest))
}

/// At most so many lines stand before the names of the columns.
const MAX_BEFORE: usize = 8;

/// Reads a whole file.
pub fn read(file: &SourceFile) -> Document {
    let text = file.text();
    let mut ledger = Ledger::new(Unit::Records, 0);
    let mut interpreter = Interpreter::new(file);
    let Some((names, delimiter, start)) = header(text) else {
        return interpreter.finish(ledger);
    };
    let keys: Vec<Option<Key>> = names.iter().map(|name| key(name)).collect();
    let mut rows = Rows {
        text,
        at: start,
        delimiter,
        cut: false,
    };
    let mut fields = Vec::with_capacity(names.len());
    let mut properties = Vec::with_capacity(names.len());
    while let Some(range) = rows.next(&mut fields) {
        if fields.iter().all(|field| field.trim().is_empty()) {
            continue;
        }
        let unit = ledger.states().len();
        ledger.push(LineState::Unrecognised);
        let span = Span::of(file.id(), range);
        if fields.len() != names.len() {
            let why = "the row does not have the columns of the header";
            ledger.set(unit, LineState::Unrecognised);
            ledger.note(LineState::Unrecognised, why, span);
            continue;
        }
        let units = unit..unit.saturating_add(1);
        properties.clear();
        for (key, field) in keys.iter().zip(&fields) {
            if key.is_none() {
                continue;
            }
            let (inner, value) = match plain(field) {
                Some(inner) => (inner, Cow::Borrowed(inner)),
                None => (field.trim().trim_matches('"'), unquoted(field)),
            };
            let at = if inner.is_empty() {
                None
            } else {
                file.span_of(inner)
            };
            properties.push(Property::one(
                *key,
                value,
                at.unwrap_or(span),
                units.clone(),
            ));
        }
        let record = Record::new(properties, span, units);
        interpreter.take(&record, &mut ledger);
        properties = record.properties;
    }
    if rows.cut {
        let end = text.len();
        interpreter.problem(Problem {
            level: ProblemLevel::Error,
            message: "a quoted value of the table is not closed".to_owned(),
            hint: Some("save the whole output of Export-Csv".to_owned()),
            span: Span::of(file.id(), end..end),
        });
    }
    interpreter.finish(ledger)
}

/// The value of a field in quotes that has none inside, as most have.
fn plain(field: &str) -> Option<&str> {
    let inner = field.strip_prefix('"')?.strip_suffix('"')?;
    memchr::memchr(b'"', inner.as_bytes())
        .is_none()
        .then_some(inner)
}

fn unquoted(field: &str) -> Cow<'_, str> {
    let Some(inner) = field.trim().strip_prefix('"') else {
        return Cow::Borrowed(field.trim());
    };
    let inner = inner.strip_suffix('"').unwrap_or(inner);
    if inner.contains("\"\"") {
        Cow::Owned(inner.replace("\"\"", "\""))
    } else {
        Cow::Borrowed(inner)
    }
}

struct Rows<'f> {
    text: &'f str,
    at: usize,
    delimiter: u8,
    cut: bool,
}

impl<'f> Rows<'f> {
    /// Reads the next row's fields, with their quotes; its range.
    fn next(&mut self, fields: &mut Vec<&'f str>) -> Option<std::ops::Range<usize>> {
        let bytes = self.text.as_bytes();
        if self.at >= bytes.len() {
            return None;
        }
        let start = self.at;
        fields.clear();
        let mut field = start;
        let mut at = start;
        loop {
            match bytes.get(at) {
                Some(b'"') => {
                    // To the closing quote; two in a row are one of the value.
                    let rest = bytes.get(at.saturating_add(1)..).unwrap_or_default();
                    // Values are short: a search by vectors does not pay.
                    match rest.iter().position(|byte| *byte == b'"') {
                        Some(length) => at = at.saturating_add(length).saturating_add(2),
                        None => {
                            self.cut = true;
                            at = bytes.len();
                        }
                    }
                }
                Some(byte) if *byte == self.delimiter && fields.len() < MAX_COLUMNS => {
                    fields.push(self.text.get(field..at).unwrap_or_default());
                    at = at.saturating_add(1);
                    field = at;
                }
                Some(b'\n') | None => {
                    let end = at;
                    let last = self.text.get(field..end).unwrap_or_default();
                    fields.push(last.trim_end_matches('\r'));
                    self.at = at.saturating_add(1);
                    let kept = self.text.get(start..end).unwrap_or_default();
                    let kept = kept.trim_end_matches('\r').len();
                    return Some(start..start.saturating_add(kept));
                }
                Some(_) => at = at.saturating_add(1),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_value_may_hold_delimiters_quotes_and_line_breaks() {
        let text = "1;\"a;b\";\"say \"\"no\"\"\nmore\"\r\n2;x;y\n";
        let mut rows = Rows {
            text,
            at: 0,
            delimiter: b';',
            cut: false,
        };
        let mut fields = Vec::new();
        assert!(rows.next(&mut fields).is_some());
        let first: Vec<_> = fields.iter().map(|field| unquoted(field)).collect();
        assert_eq!(first, ["1", "a;b", "say \"no\"\nmore"]);
        assert!(rows.next(&mut fields).is_some());
        assert_eq!(fields, ["2", "x", "y"]);
        assert!(rows.next(&mut fields).is_none() && !rows.cut);
    }

    #[test]
    fn the_header_tells_the_delimiter() {
        let names = "Name;DisplayName;Enabled;Direction;Action\r\n";
        assert_eq!(
            header(names).map(|(names, delimiter, _)| (names.len(), delimiter)),
            Some((5, b';'))
        );
        let typed = "#TYPE Selected\n\"Name\",\"Enabled\",\"Direction\",\"Action\"\n";
        assert_eq!(header(typed).map(|(_, delimiter, _)| delimiter), Some(b','));
        assert!(header("Name,Value,Other\n").is_none());
    }
}
