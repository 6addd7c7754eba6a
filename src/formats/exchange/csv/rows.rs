//! Rows and cells of a table of separated values (RFC 4180), borrowed from
//! the text: quoted cells may hold separators, line breaks and doubled quotes.

use std::borrow::Cow;
use std::ops::Range;

use crate::formats::exchange::value::trim;

/// A cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell<'a> {
    /// The text between the quotes, or the whole cell without blanks around it.
    pub text: &'a str,
    /// Quotes inside of it are doubled.
    pub doubled: bool,
}

impl<'a> Cell<'a> {
    /// The value.
    #[must_use]
    pub fn value(self) -> Cow<'a, str> {
        if self.doubled {
            Cow::Owned(self.text.replace("\"\"", "\""))
        } else {
            Cow::Borrowed(self.text)
        }
    }
}

/// Walks over the rows of a text.
#[derive(Debug, Clone)]
pub struct Rows<'a> {
    text: &'a str,
    at: usize,
    delimiter: u8,
    /// Where a quoted cell begins that never ends.
    pub unclosed: Option<usize>,
}

impl<'a> Rows<'a> {
    /// The rows from an offset on.
    #[must_use]
    pub fn new(text: &'a str, at: usize, delimiter: u8) -> Self {
        Self {
            text,
            at,
            delimiter,
            unclosed: None,
        }
    }

    /// Reads the next row into `cells` and gives its place without the line
    /// break; rows without any character are skipped.
    pub fn next(&mut self, cells: &mut Vec<Cell<'a>>) -> Option<Range<usize>> {
        cells.clear();
        let bytes = self.text.as_bytes();
        while matches!(bytes.get(self.at), Some(b'\r' | b'\n')) {
            self.at = self.at.saturating_add(1);
        }
        if self.at >= bytes.len() {
            return None;
        }
        let start = self.at;
        loop {
            let (cell, end) = self.cell(self.at);
            cells.push(cell);
            self.at = end.saturating_add(1);
            if bytes.get(end) != Some(&self.delimiter) {
                self.at = end;
                return Some(start..end);
            }
        }
    }

    /// The cell at an offset, and the offset of what ends it.
    fn cell(&mut self, start: usize) -> (Cell<'a>, usize) {
        let bytes = self.text.as_bytes();
        let mut first = start;
        while self.delimiter != b' ' && bytes.get(first) == Some(&b' ') {
            first = first.saturating_add(1);
        }
        if bytes.get(first) == Some(&b'"')
            && let Some(quoted) = self.quoted(first.saturating_add(1))
        {
            return quoted;
        }
        let end = self.end_of_plain(start);
        let text = trim(self.text.get(start..end).unwrap_or_default());
        let doubled = false;
        (Cell { text, doubled }, end)
    }

    /// A quoted cell from behind its first quote; `None` where something
    /// stands behind the last quote, so that the quotes belong to the value.
    fn quoted(&mut self, start: usize) -> Option<(Cell<'a>, usize)> {
        let bytes = self.text.as_bytes();
        let mut at = start;
        let mut doubled = false;
        let close = loop {
            let rest = bytes.get(at..).unwrap_or_default();
            let Some(found) = quote_in(rest) else {
                self.unclosed = Some(start.saturating_sub(1));
                break bytes.len();
            };
            let quote = at.saturating_add(found);
            if bytes.get(quote.saturating_add(1)) != Some(&b'"') {
                break quote;
            }
            doubled = true;
            at = quote.saturating_add(2);
        };
        let mut end = close.saturating_add(1).min(bytes.len());
        while bytes.get(end) == Some(&b' ') {
            end = end.saturating_add(1);
        }
        let ends = match bytes.get(end) {
            None | Some(b'\r' | b'\n') => true,
            Some(byte) => *byte == self.delimiter,
        };
        let text = self.text.get(start..close)?;
        ends.then_some((Cell { text, doubled }, end))
    }

    fn end_of_plain(&self, start: usize) -> usize {
        let rest = self.text.as_bytes().get(start..).unwrap_or_default();
        let delimiter = self.delimiter;
        let ends = |byte: &u8| *byte == delimiter || matches!(byte, b'\n' | b'\r');
        let length = rest.iter().position(ends).unwrap_or(rest.len());
        start.saturating_add(length)
    }
}

/// Cells are this short, mostly: looking at each byte is faster there than a
/// search that is made for long texts.
const SHORT: usize = 16;

/// The first quotation mark.
#[inline]
fn quote_in(bytes: &[u8]) -> Option<usize> {
    let short = bytes.iter().take(SHORT).position(|byte| *byte == b'"');
    short.or_else(|| {
        let rest = bytes.get(SHORT..)?;
        Some(memchr::memchr(b'"', rest)?.saturating_add(SHORT))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str, delimiter: u8) -> Vec<Vec<String>> {
        let mut rows = Rows::new(text, 0, delimiter);
        let mut cells = Vec::new();
        let mut all = Vec::new();
        while rows.next(&mut cells).is_some() {
            all.push(cells.iter().map(|c| c.value().into_owned()).collect());
        }
        all
    }

    #[test]
    fn quoted_cells_may_hold_separators_breaks_and_quotes() {
        let text = "a,\"b, c\",\"d\r\ne\"\r\n\"say \"\"yes\"\"\",,\"\"\n";
        assert_eq!(
            rows(text, b','),
            [vec!["a", "b, c", "d\r\ne"], vec!["say \"yes\"", "", ""]]
        );
    }

    #[test]
    fn every_separator_ends_a_cell_and_only_its_own_kind() {
        assert_eq!(rows("a;b,c;d", b';'), [vec!["a", "b,c", "d"]]);
        assert_eq!(rows("a\t\tb", b'\t'), [vec!["a", "", "b"]]);
    }

    #[test]
    fn quotes_inside_of_a_plain_cell_belong_to_it() {
        assert_eq!(rows("\"a\" b,c", b','), [vec!["\"a\" b", "c"]]);
    }

    #[test]
    fn a_quote_is_found_wherever_it_stands() {
        for length in 0..40 {
            let text = "x".repeat(length) + "\"y\"";
            assert_eq!(quote_in(text.as_bytes()), Some(length));
            assert_eq!(quote_in("x".repeat(length).as_bytes()), None);
        }
    }

    #[test]
    fn an_open_quote_is_told() {
        let mut rows = Rows::new("a,\"b\nc", 0, b',');
        let mut cells = Vec::new();
        assert_eq!(rows.next(&mut cells), Some(0..6));
        assert_eq!(rows.unclosed, Some(2));
        assert_eq!(rows.next(&mut cells), None);
    }
}
