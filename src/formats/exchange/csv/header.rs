//! The head of a table: `#TYPE`, the hint of a spreadsheet, the columns.

use std::ops::Range;

use super::rows::Rows;
use crate::formats::exchange::cmdlets::{Cmdlet, table};
use crate::formats::exchange::collect::is_known;
use crate::formats::exchange::markdown::rule_columns;
use crate::formats::exchange::record::RawProperty;
use crate::formats::exchange::value::Raw;
use crate::source::Span;

/// Columns of a table; a real object has at most about 200 properties.
const MAX_COLUMNS: usize = 1024;
/// No real header is longer, in bytes.
const LONGEST: usize = 64 * 1024;
/// Separators, the usual first: a comma, that of European locales, a tab.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// The head of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header<'a> {
    /// The type behind `#TYPE`.
    pub type_name: Option<&'a str>,
    /// Names of the columns; those without a name hold nothing.
    pub names: Vec<Option<&'a str>>,
    /// How many of them some cmdlet has.
    pub known: usize,
    /// What separates cells.
    pub delimiter: u8,
    /// The row with the names.
    pub place: Range<usize>,
}

impl<'a> Header<'a> {
    /// The cmdlet by the type of the objects.
    #[must_use]
    pub fn cmdlet(&self) -> Option<&'static Cmdlet> {
        table().by_type(self.type_name?)
    }

    /// The columns as properties without values.
    #[must_use]
    pub fn properties(&self, span: Span) -> Vec<RawProperty<'a>> {
        let raw = Raw::Null;
        let names = self.names.iter().flatten();
        names
            .map(|name| RawProperty {
                name,
                raw: raw.clone(),
                span,
            })
            .collect()
    }
}

/// The head of a table whose columns are properties of Exchange objects.
#[must_use]
pub fn header(text: &str) -> Option<Header<'_>> {
    let found = columns_of(text)?;
    let enough = if found.type_name.is_some() { 1 } else { 2 };
    (found.known >= enough).then_some(found)
}

/// The head of any table.
#[must_use]
pub fn columns_of(text: &str) -> Option<Header<'_>> {
    let mut at = text
        .len()
        .saturating_sub(text.trim_start_matches(['\u{feff}', '\r', '\n', ' ']).len());
    let mut type_name = None;
    let mut line = line_at(text, at)?;
    // A spreadsheet puts its own separators behind the line, and quotes around it.
    if let Some(rest) = line.trim_start_matches('"').strip_prefix("#TYPE ") {
        type_name = rest
            .split([',', ';', '\t', '"'])
            .next()
            .map(str::trim)
            .filter(|name| !name.is_empty());
        at = at.saturating_add(line.len());
        line = line_at(text, at)?;
    } else if line.len() == 5 && line.to_ascii_lowercase().starts_with("sep=") {
        at = at.saturating_add(line.len());
        line = line_at(text, at)?;
    }
    let start = at.saturating_add(line_break(text, at));
    if line.len() > LONGEST || line.starts_with(['{', '[', '<', '@']) {
        return None;
    }
    if is_command(line) {
        return None;
    }
    let below = start.saturating_add(line.len());
    if line.contains('|') && line_at(text, below).is_some_and(|line| rule_columns(line).is_some()) {
        return None;
    }
    let mut best: Option<Header<'_>> = None;
    for delimiter in DELIMITERS {
        let Some(mut found) = columns(text, start, delimiter) else {
            continue;
        };
        found.type_name = type_name;
        // Most known names, else most columns.
        let better =
            |best: &Header<'_>| (found.known, found.names.len()) > (best.known, best.names.len());
        if best.as_ref().is_none_or(better) {
            best = Some(found);
        }
    }
    best
}

/// Whether a line is a command whose properties have commas between them
/// (`Get-OutlookAnywhere | ft ServerName, InternalHostname`).
fn is_command(line: &str) -> bool {
    let first = line.split_once('|').map(|(first, _)| first);
    first.is_some_and(|first| {
        first.split([' ', '>', ';', '(']).any(|word| {
            word.get(..4)
                .is_some_and(|v| v.eq_ignore_ascii_case("get-"))
        })
    })
}

fn columns(text: &str, start: usize, delimiter: u8) -> Option<Header<'_>> {
    let mut rows = Rows::new(text, start, delimiter);
    let mut cells = Vec::new();
    let place = rows.next(&mut cells)?;
    if cells.len() > MAX_COLUMNS || rows.unclosed.is_some() {
        return None;
    }
    let names: Vec<Option<&str>> = cells
        .iter()
        .map(|cell| {
            let name = cell.text.trim();
            (!name.is_empty()).then_some(name)
        })
        .collect();
    let known = names.iter().flatten().filter(|name| is_known(name)).count();
    Some(Header {
        type_name: None,
        names,
        known,
        delimiter,
        place,
    })
}

/// The line that begins at an offset, or behind the line break there.
fn line_at(text: &str, at: usize) -> Option<&str> {
    let rest = text.get(at.saturating_add(line_break(text, at))..)?;
    Some(rest.split(['\r', '\n']).next().unwrap_or(rest))
}

/// How many characters of line breaks stand at an offset.
fn line_break(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    rest.len()
        .saturating_sub(rest.trim_start_matches(['\r', '\n']).len())
}
