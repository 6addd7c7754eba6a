//! Tables as objects: rows under headings, or pairs of name and value.

use std::borrow::Cow;

use super::tags::{Tag, next_tag, plain};
use crate::formats::exchange::record::{MAX_PROPERTIES, RawProperty};
use crate::formats::exchange::value::Raw;
use crate::source::{SourceFile, Span};

/// Headings longer than this are prose.
const LONGEST_HEADING: usize = 200;

/// What a table shows.
#[derive(Debug)]
pub enum Found<'a> {
    /// An object.
    Object(Vec<RawProperty<'a>>, Span),
    /// A row that has more cells than its heading, with the heading's names.
    Refused(Vec<&'a str>, Span),
    /// A heading without any row.
    Empty(Vec<&'a str>, Span),
}

/// A cell of a row.
#[derive(Debug, Clone, Copy)]
struct Cell<'a> {
    /// Between its tags, without blanks around it.
    piece: &'a str,
    heading: bool,
    /// It holds a line that parts objects.
    rule: bool,
}

/// Walks over the tables of a page.
pub struct Tables<'a> {
    file: &'a SourceFile,
    text: &'a str,
    at: usize,
    /// The last heading above the table.
    pub heading: Option<&'a str>,
    names: Vec<&'a str>,
    head: Span,
    rows: usize,
    /// Pairs of an object that is written as a list.
    pairs: Vec<RawProperty<'a>>,
    /// Where a table begins whose end was not seen yet.
    pub open: Option<Span>,
}

impl<'a> Tables<'a> {
    /// From the beginning of a text of the file.
    #[must_use]
    pub fn new(file: &'a SourceFile, text: &'a str) -> Self {
        Self {
            file,
            text,
            at: 0,
            heading: None,
            names: Vec::new(),
            head: Span::new(file.id(), 0, 0),
            rows: 0,
            pairs: Vec::new(),
            open: None,
        }
    }

    /// The next object, or what is left of one.
    pub fn next(&mut self) -> Option<Found<'a>> {
        loop {
            let Some(tag) = next_tag(self.text, self.at) else {
                self.at = self.text.len();
                if self.open.is_some() {
                    // The rows of a heading may stand where the file breaks off.
                    self.names.clear();
                }
                return self.end_of_table();
            };
            self.at = tag.behind;
            if tag.is_heading() && !tag.end {
                self.read_heading(tag);
            } else if tag.is("table") {
                let span = Span::of(self.file.id(), tag.start..tag.behind);
                self.open = (!tag.end).then_some(span);
                if let Some(found) = self.end_of_table() {
                    return Some(found);
                }
            } else if tag.is("tr")
                && !tag.end
                && let Some(found) = self.row(tag)
            {
                return Some(found);
            }
        }
    }

    fn read_heading(&mut self, tag: Tag<'a>) {
        let rest = self.text.get(tag.behind..).unwrap_or_default();
        let piece = rest.split("</").next().unwrap_or_default().trim();
        let piece = piece.rsplit('>').next().unwrap_or(piece).trim();
        self.heading = (piece.len() <= LONGEST_HEADING).then_some(piece);
    }

    /// What a table leaves behind: an object in pairs, or a heading alone.
    fn end_of_table(&mut self) -> Option<Found<'a>> {
        let names = std::mem::take(&mut self.names);
        let rows = std::mem::take(&mut self.rows);
        self.end_of_pairs()
            .or_else(|| (rows == 0 && !names.is_empty()).then_some(Found::Empty(names, self.head)))
    }

    fn end_of_pairs(&mut self) -> Option<Found<'a>> {
        let pairs = std::mem::take(&mut self.pairs);
        let span = pairs.first()?.span.to(pairs.last()?.span);
        Some(Found::Object(pairs, span))
    }

    /// The cells of a row, and the offset of its end.
    fn cells(&mut self) -> Vec<Cell<'a>> {
        let mut cells: Vec<Cell<'a>> = Vec::new();
        let mut open: Option<(usize, bool)> = None;
        let mut rule = false;
        while let Some(tag) = next_tag(self.text, self.at) {
            let is_cell = tag.is("td") || tag.is("th");
            let ends_row = tag.is("tr") || tag.is("table");
            rule |= tag.is("hr");
            if (is_cell || ends_row)
                && let Some((start, heading)) = open.take()
            {
                let piece = self.text.get(start..tag.start).unwrap_or_default().trim();
                if cells.len() < MAX_PROPERTIES {
                    cells.push(Cell {
                        piece,
                        heading,
                        rule,
                    });
                }
                rule = false;
            }
            if ends_row {
                if tag.end && tag.is("tr") {
                    self.at = tag.behind;
                }
                return cells;
            }
            self.at = tag.behind;
            if is_cell && !tag.end {
                open = Some((tag.behind, tag.is("th")));
            }
        }
        self.at = self.text.len();
        cells
    }

    fn row(&mut self, tag: Tag<'a>) -> Option<Found<'a>> {
        let cells = self.cells();
        let span = Span::of(self.file.id(), tag.start..self.at);
        if cells.iter().all(|cell| cell.heading) && !cells.is_empty() {
            let found = self.end_of_table();
            self.names = cells.iter().map(|cell| cell.piece).collect();
            self.head = span;
            return found;
        }
        if self.names.is_empty() {
            return self.pair(&cells);
        }
        self.rows = self.rows.saturating_add(1);
        if cells.len() > self.names.len() {
            return Some(Found::Refused(self.names.clone(), span));
        }
        let mut properties = Vec::with_capacity(cells.len());
        for (index, name) in self.names.iter().enumerate() {
            if name.is_empty() {
                continue;
            }
            properties.push(match cells.get(index) {
                Some(cell) => self.property(name, cell.piece, span),
                None => RawProperty {
                    name,
                    raw: Raw::Opaque("the row ends before this column"),
                    span,
                },
            });
        }
        (!properties.is_empty()).then_some(Found::Object(properties, span))
    }

    /// A row of `Name:` and value, or the line between two objects.
    fn pair(&mut self, cells: &[Cell<'a>]) -> Option<Found<'a>> {
        match cells {
            [name, value] => {
                let key = name.piece.strip_suffix(':').unwrap_or(name.piece).trim();
                if key.is_empty() || key.contains(['<', ' ']) {
                    return None;
                }
                let again = self.pairs.first().is_some_and(|first| first.name == key);
                let found = if again { self.end_of_pairs() } else { None };
                let span = self.file.span_of(value.piece).unwrap_or(self.head);
                let property = self.property(key, value.piece, span);
                if self.pairs.len() < MAX_PROPERTIES {
                    self.pairs.push(property);
                }
                found
            }
            [line] if line.rule => self.end_of_pairs(),
            _ => None,
        }
    }

    fn property(&self, name: &'a str, piece: &'a str, row: Span) -> RawProperty<'a> {
        let span = self.file.span_of(piece).unwrap_or(row);
        let raw = match plain(piece) {
            Cow::Borrowed("") => Raw::Null,
            Cow::Owned(text) if text.trim().is_empty() => Raw::Null,
            text => Raw::Text(text),
        };
        RawProperty { name, raw, span }
    }
}
