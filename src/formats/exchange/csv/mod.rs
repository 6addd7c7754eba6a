//! `Export-Csv` and `ConvertTo-Csv`: one row for each object.
//!
//! The first line may be `#TYPE …`; the columns are those of the first object.
//! A spreadsheet that saved the file again leaves empty columns, other quotes
//! and another separator. A cell that holds the name of a .NET type in place
//! of a list says nothing (Microsoft Learn, `Export-Csv`).

mod header;
mod rows;
mod summary;

use std::borrow::Cow;

use super::cmdlets::Kind;
use super::collect::{Collector, Stated, may_matter};
use super::date::DateOrder;
use super::record::RawProperty;
use super::value::{Raw, trim};
use crate::formats::{CERTAIN, Document, Evidence, Format, LineState, Problem, ProblemLevel};
use crate::source::{SourceFile, Span};
use header::{Header, header};
use rows::{Cell, Rows};

/// Exchange objects as rows of separated values.
pub const CSV: Format = Format {
    id: "exchange-csv",
    title: "Exchange objects (Export-Csv)",
    detect,
    parse,
};

/// Rows that detection looks at.
const DETECT_ROWS: usize = 8;
/// Rows whose dates may settle the order of day and month.
const DATE_ROWS: usize = 100_000;

const ATTRIBUTE: &str = "a number here is the attribute of the directory; export the objects with Get-…VirtualDirectory | Export-Clixml";

const WHOLE_LISTS: &str = "export again with Export-Clixml, or join each list: Select-Object Identity, @{n='{list}';e={$_.{list} -join ';'}}";

fn detect(file: &SourceFile) -> Option<Evidence> {
    objects(file).or_else(|| summary::detect(file))
}

/// A table of objects of one kind.
fn objects(file: &SourceFile) -> Option<Evidence> {
    let found = header(file.text())?;
    let type_span = found.type_name.and_then(|name| file.span_of(name));
    if let (Some(name), Some(span)) = (found.type_name, type_span)
        && (found.cmdlet().is_some() || name.contains("Microsoft.Exchange."))
    {
        return Some(Evidence {
            strength: CERTAIN,
            what: format!("#TYPE {name}"),
            span,
        });
    }
    let mut collector = Collector::new(file, WHOLE_LISTS);
    let mut reader = Reader::new(file, &found);
    let first = found.names.iter().flatten().next()?;
    let last = found.names.iter().flatten().next_back()?;
    let span = file.span_of(first)?.to(file.span_of(last)?);
    let told = |strength, what: &str| {
        Some(Evidence {
            strength,
            what: what.to_owned(),
            span,
        })
    };
    let mut rows = 0_usize;
    while rows < DETECT_ROWS
        && let Some(row) = reader.next()
    {
        rows = rows.saturating_add(1);
        if row == Row::Whole
            && let Some((_, (what, _))) = collector.cmdlet_of(None, &reader.properties)
        {
            let strength = if found.known >= 4 { 90 } else { 82 };
            return told(strength, &what);
        }
    }
    let names = found.properties(span);
    if rows == 0
        && let Some((_, (what, _))) = collector.cmdlet_of(None, &names)
    {
        return told(80, &what);
    }
    if may_matter(&names) {
        return told(50, "columns with names of Exchange properties");
    }
    None
}

fn parse(file: &SourceFile) -> Document {
    let mut collector = Collector::new(file, WHOLE_LISTS);
    if objects(file).is_none()
        && let Some(document) = summary::parse(file, Collector::new(file, WHOLE_LISTS))
    {
        return document;
    }
    let Some(found) = header(file.text()) else {
        // Export-Csv without any object leaves an empty file.
        if file.text().trim().is_empty() {
            collector.empty_by_name();
        }
        return collector.finish();
    };
    let stated = found.cmdlet().and_then(|cmdlet| {
        let name = found.type_name?;
        Some(Stated {
            cmdlet,
            what: format!("type {name}").into(),
            span: file.span_of(name)?,
            certain: true,
        })
    });
    collector.dates = order_of_dates(file, &found, stated.as_ref());
    let mut reader = Reader::new(file, &found);
    let mut rows = 0_usize;
    while let Some(row) = reader.next() {
        rows = rows.saturating_add(1);
        let span = reader.span;
        match row {
            Row::TooLong => {
                collector.refuse("the row has more cells than there are columns", span);
            }
            Row::Whole | Row::Short => {
                if !collector.add(stated.as_ref(), &reader.properties, span) {
                    collector.leave_out(&reader.properties, span);
                }
            }
        }
    }
    let head = Span::of(file.id(), found.place.clone());
    if rows == 0 {
        let names = found.properties(head);
        if let Some((cmdlet, _)) = collector.cmdlet_of(stated.as_ref(), &names) {
            collector.empty(cmdlet, head);
        }
    }
    tell_faults(file, &reader, &mut collector);
    collector.finish()
}

/// Says what is wrong with rows.
fn tell_faults(file: &SourceFile, reader: &Reader<'_>, collector: &mut Collector<'_>) {
    let mut problem = |level, message: String, hint: &str, span| {
        collector.problems.push(Problem {
            level,
            message,
            hint: Some(hint.to_owned()),
            span,
        });
    };
    if let Some((span, count)) = reader.too_long {
        problem(
            ProblemLevel::Error,
            format!("{count} rows have more cells than there are columns, and were not read"),
            "export again; a value with the separator in it must stand in quotes",
            span,
        );
    }
    if let Some((span, count)) = reader.too_short {
        problem(
            ProblemLevel::Warning,
            format!("{count} rows have fewer cells than there are columns"),
            "export again; what the missing cells held is not known",
            span,
        );
    }
    if let Some(at) = reader.rows.unclosed {
        problem(
            ProblemLevel::Error,
            "a value in quotes never ends; what stands before it was read".to_owned(),
            "export again: the file was cut off or edited",
            Span::of(file.id(), at..at.saturating_add(1)),
        );
    }
    if reader.rows.unclosed.is_some()
        && let Some(last) = collector.ledger.states().len().checked_sub(1)
    {
        collector.ledger.set(last, LineState::NotModelled);
    }
}

/// What a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Row {
    Whole,
    /// Cells at its end are missing.
    Short,
    /// It has cells beyond the columns, so that none can be trusted.
    TooLong,
}

/// Rows as raw properties.
struct Reader<'a> {
    file: &'a SourceFile,
    names: &'a [Option<&'a str>],
    rows: Rows<'a>,
    cells: Vec<Cell<'a>>,
    /// Of the last row.
    properties: Vec<RawProperty<'a>>,
    span: Span,
    /// First of such rows, and how many there are.
    too_long: Option<(Span, usize)>,
    too_short: Option<(Span, usize)>,
}

impl<'a> Reader<'a> {
    fn new(file: &'a SourceFile, header: &'a Header<'a>) -> Self {
        Self {
            file,
            names: &header.names,
            rows: Rows::new(file.text(), header.place.end, header.delimiter),
            cells: Vec::with_capacity(header.names.len()),
            properties: Vec::with_capacity(header.names.len()),
            span: Span::new(file.id(), 0, 0),
            too_long: None,
            too_short: None,
        }
    }

    /// Reads a row; rows of nothing but separators are skipped.
    fn next(&mut self) -> Option<Row> {
        loop {
            let place = self.rows.next(&mut self.cells)?;
            self.span = Span::of(self.file.id(), place);
            if self.cells.iter().any(|cell| !cell.text.is_empty()) {
                return Some(self.row());
            }
        }
    }

    fn row(&mut self) -> Row {
        self.properties.clear();
        let beyond = self.cells.get(self.names.len()..).unwrap_or_default();
        if beyond.iter().any(|cell| !cell.text.is_empty()) {
            let (_, count) = self.too_long.get_or_insert((self.span, 0));
            *count = count.saturating_add(1);
            return Row::TooLong;
        }
        let last = self.cells.len().saturating_sub(1);
        for (index, name) in self.names.iter().enumerate() {
            let Some(name) = name else { continue };
            let (raw, span) = match self.cells.get(index) {
                Some(cell) if is_attribute(name, cell.text) => {
                    (Raw::Opaque(ATTRIBUTE), self.place(cell.text))
                }
                Some(cell) => (self.raw(*cell, index == last), self.place(cell.text)),
                None => {
                    let end = self.span.end;
                    let behind = Span::new(self.file.id(), end, end);
                    (Raw::Opaque("the row ends before this column"), behind)
                }
            };
            self.properties.push(RawProperty { name, raw, span });
        }
        if self.cells.len() < self.names.len() {
            let (_, count) = self.too_short.get_or_insert((self.span, 0));
            *count = count.saturating_add(1);
            return Row::Short;
        }
        Row::Whole
    }

    fn raw(&self, cell: Cell<'a>, last: bool) -> Raw<'a> {
        if last && self.rows.unclosed.is_some() {
            return Raw::Cut(cell.value());
        }
        // Most cells begin with a letter or a digit: nothing is trimmed from them.
        let blank = |text: &str| match text.bytes().next() {
            Some(first) if first.is_ascii_alphanumeric() => false,
            _ => trim(text).is_empty(),
        };
        match cell.value() {
            Cow::Borrowed(text) if blank(text) => Raw::Null,
            value => Raw::Text(value),
        }
    }

    fn place(&self, text: &str) -> Span {
        self.file.span_of(text).unwrap_or(self.span)
    }
}

/// Whether a cell holds the number of a directory attribute. Exchange itself
/// writes these lists as names, and counts them otherwise where it writes a
/// number: 4 is forms-based authentication in the attribute, and integrated
/// Windows authentication in the list.
fn is_attribute(name: &str, cell: &str) -> bool {
    let first = cell.bytes().next();
    first.is_some_and(|byte| byte.is_ascii_digit())
        && name.ends_with("AuthenticationMethods")
        && cell.bytes().all(|byte| byte.is_ascii_digit())
}

/// The order of day and month, where a date of the file settles it.
fn order_of_dates(file: &SourceFile, header: &Header<'_>, stated: Option<&Stated>) -> DateOrder {
    let is_date = |name: &str| {
        let lower = name.to_ascii_lowercase();
        let kind = match stated {
            Some(stated) => stated.cmdlet.property(&lower).map(|known| known.kind),
            None => super::cmdlets::table()
                .common
                .get(&lower)
                .map(|known| known.kind),
        };
        kind == Some(Kind::Date) || lower.starts_with("not") || lower.starts_with("when")
    };
    let columns: Vec<usize> = header
        .names
        .iter()
        .enumerate()
        .filter(|(_, name)| name.is_some_and(is_date))
        .map(|(index, _)| index)
        .collect();
    let mut order = DateOrder::Unknown;
    let rest = file.text().as_bytes().get(header.place.end..);
    if columns.is_empty() || !rest.is_some_and(holds_slashed_date) {
        return order;
    }
    let mut rows = Rows::new(file.text(), header.place.end, header.delimiter);
    let mut cells = Vec::new();
    let mut seen = 0_usize;
    while seen < DATE_ROWS && rows.next(&mut cells).is_some() {
        seen = seen.saturating_add(1);
        for column in &columns {
            if let Some(cell) = cells.get(*column) {
                order = order.learn(cell.text);
            }
        }
        // One date settles it: an export is written in one session.
        if order != DateOrder::Unknown {
            break;
        }
    }
    order
}

/// Whether anything looks like `1/31/2018`, as all dates do that settle the
/// order: a number between two slashes, and a digit before them.
fn holds_slashed_date(text: &[u8]) -> bool {
    memchr::memchr_iter(b'/', text).any(|at| {
        let before = at.checked_sub(1).and_then(|before| text.get(before));
        let mut behind = text.iter().skip(at.saturating_add(1));
        before.is_some_and(u8::is_ascii_digit)
            && behind.find(|byte| !byte.is_ascii_digit() && **byte != b'+') == Some(&b'/')
    })
}

#[cfg(test)]
mod tests;
