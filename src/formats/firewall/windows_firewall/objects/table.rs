//! Format-Table: a row for each object below a line of dashes.
//!
//! `Get-NetFirewallRule | Format-Table` shows names, states and actions only;
//! scripts add the columns of filters to it. What a cell leaves out is not told:
//! an empty one, and one that ends in dots.

use std::borrow::Cow;
use std::ops::Range;

use super::interpret::Interpreter;
use super::{Key, Property, Record, are_known, key};
use crate::formats::exchange::table::{Column, Measure, columns, pieces};
use crate::formats::{Ledger, LineState, Problem, ProblemLevel};
use crate::source::{SourceFile, Span};

/// The columns of a table of firewall objects whose headings stand in a line;
/// `None` where none begins there.
pub fn begins(file: &SourceFile, index: usize) -> Option<Vec<Column<'_>>> {
    let dashes = file.line(index.saturating_add(1))?.trim_end();
    let drawn = dashes.starts_with('-') && dashes.bytes().all(|byte| matches!(byte, b'-' | b' '));
    if !drawn || !dashes.contains(' ') {
        return None;
    }
    let all = columns(file.line(index)?.trim_end(), dashes)?;
    let keys: Vec<Key> = all.iter().filter_map(|column| key(column.name)).collect();
    (all.len() >= 3 && are_known(|wanted| keys.contains(&wanted))).then_some(all)
}

/// Reads the table whose headings stand in a line; the line behind it.
pub fn read<'f>(
    file: &'f SourceFile,
    head: usize,
    mut columns: Vec<Column<'f>>,
    interpreter: &mut Interpreter<'f>,
    ledger: &mut Ledger,
) -> usize {
    let first = head.saturating_add(2);
    let mut end = first;
    while file.line(end).is_some_and(|line| !line.trim().is_empty()) {
        end = end.saturating_add(1);
    }
    for index in head..first {
        ledger.set(index, LineState::Irrelevant);
    }
    align_right(&mut columns, file, first..end);
    // One shell counts wide characters twice, another does not.
    let fits = |measure: &Measure| {
        (first..end).all(|index| cells(file, index, &columns, *measure).is_some())
    };
    let measure = Measure::ALL
        .into_iter()
        .find(fits)
        .unwrap_or(Measure::Width);
    for index in first..end {
        let line = file.line(index).unwrap_or_default().trim();
        let span = file
            .span_of(line)
            .unwrap_or_else(|| Span::of(file.id(), 0..0));
        let Some(cells) = cells(file, index, &columns, measure) else {
            ledger.set(index, LineState::Unrecognised);
            let why = "the row does not keep to the columns of the table";
            ledger.note(LineState::Unrecognised, why, span);
            interpreter.problem(Problem {
                level: ProblemLevel::Error,
                message: why.to_owned(),
                hint: Some(
                    "export it again: Get-NetFirewallRule | Export-Clixml rules.xml".to_owned(),
                ),
                span,
            });
            continue;
        };
        let units = index..index.saturating_add(1);
        let told = columns.iter().zip(cells).filter(|(_, cell)| {
            let cut = cell.ends_with("...") || cell.ends_with('…') || cell.ends_with("...}");
            !cell.is_empty() && !cut
        });
        let properties = told.map(|(column, cell)| {
            Property::one(
                key(column.name),
                Cow::Borrowed(cell),
                file.span_of(cell).unwrap_or(span),
                units.clone(),
            )
        });
        let properties = properties.collect();
        let record = Record::new(properties, span, units.clone());
        interpreter.take(&record, ledger);
    }
    end
}

fn cells<'f>(
    file: &'f SourceFile,
    index: usize,
    columns: &[Column<'_>],
    measure: Measure,
) -> Option<Vec<&'f str>> {
    let cells = pieces(file.line(index)?.trim_end(), columns, measure)?;
    // A row without its first cell goes on with the one above (-Wrap).
    cells
        .first()
        .is_some_and(|cell| !cell.is_empty())
        .then_some(cells)
}

/// Moves the left border of columns that the shell aligns to the right, as it
/// does with the names of enumerations: `Domain, Private` begins before its
/// heading, and behind the right border of the column before it.
fn align_right(columns: &mut [Column<'_>], file: &SourceFile, rows: Range<usize>) {
    let rows = || {
        let lines = rows.clone().filter_map(|index| file.line(index));
        lines.map(str::trim_end).filter(|row| row.is_ascii())
    };
    let mut border: Option<usize> = None;
    for at in 0..columns.len() {
        let Some(column) = columns.get(at) else {
            return;
        };
        let right = column.range.start.saturating_add(column.name.len());
        let ends = |row: &str| {
            let bytes = row.as_bytes();
            let last = right.checked_sub(1).and_then(|last| bytes.get(last));
            last.is_some_and(|byte| *byte != b' ')
                && bytes.get(right).is_none_or(|byte| *byte == b' ')
        };
        let aligned = rows().next().is_some() && rows().all(ends);
        if let Some(left) = border.filter(|_| aligned)
            && let Some([before, column]) = columns.get_mut(at.saturating_sub(1)..=at)
        {
            before.range.end = left;
            column.range.start = left;
        }
        border = aligned.then_some(right.saturating_add(1));
    }
}
