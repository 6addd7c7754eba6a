//! Tables whose cells go on in the next rows (`Format-Table -Wrap`).
//!
//! A row goes on with the one above where its first cell is empty, and where a
//! column that every object has (`True`, a list in braces) shows nothing new in
//! it. Each cell of such a row must be one that had no room above: the shell
//! fills a line before it begins another. Where that leaves it open whether a row is
//! an object of its own, the table is not read.

use std::ops::Range;

use super::{DOUBTFUL, Reader};
use crate::formats::exchange::cmdlets::{Cmdlet, Kind, table};
use crate::formats::exchange::list::asked::unquoted;
use crate::formats::exchange::list::block::{Grid, Section};
use crate::formats::exchange::list::join::between_names;
use crate::formats::exchange::record::RawProperty;
use crate::formats::exchange::table::{Column, Measure, cells, pieces, raw};
use crate::formats::exchange::value::Raw;

/// Whether the command above a table lets its cells go on below.
fn wraps(section: &Section<'_>) -> bool {
    let Some((command, _)) = &section.command else {
        return false;
    };
    let plain = unquoted(command.text);
    let mut words = plain.split([' ', '|']);
    words.any(|word| {
        let name = word.strip_prefix(['-', '–']).unwrap_or_default();
        name.len() >= 2 && "wrap".starts_with(&name.to_ascii_lowercase())
    })
}

/// A column that tells where an object begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Solid {
    /// `True` or `False` stand in the first row of each object.
    Bool(usize),
    /// `{` does.
    List(usize),
}

impl Solid {
    /// By the first row; truth values are surer, because they never wrap.
    fn of(first: &[&str]) -> Option<Self> {
        let is_bool = |cell: &&str| matches!(*cell, "True" | "False");
        let bool = first.iter().position(is_bool).map(Self::Bool);
        let list = || first.iter().position(|cell| cell.starts_with('{'));
        bool.or_else(|| list().map(Self::List))
    }

    fn begins(self, row: &[&str]) -> bool {
        match self {
            Self::Bool(at) => row.get(at).is_some_and(|cell| !cell.is_empty()),
            Self::List(at) => row.get(at).is_some_and(|cell| cell.starts_with('{')),
        }
    }
}

/// The columns of a table with the places that their cells have.
struct Widths(Vec<usize>);

impl Widths {
    fn new(columns: &[Column<'_>], rows: &[Vec<&str>], measure: Measure) -> Self {
        let widths = columns.iter().enumerate().map(|(at, column)| {
            let cells = rows.iter().filter_map(|row| row.get(at));
            let longest = cells.map(|cell| measure.places(cell)).max().unwrap_or(0);
            // The last one reaches as far as the console does.
            let drawn = column.range.end.saturating_sub(column.range.start);
            if column.range.end == usize::MAX {
                longest
            } else {
                drawn.saturating_sub(1).max(longest)
            }
        });
        Self(widths.collect())
    }

    fn of(&self, column: usize) -> usize {
        self.0.get(column).copied().unwrap_or(0)
    }
}

impl<'l> Reader<'_, 'l> {
    /// The rows of each object of a table; `None` where they do not keep to the
    /// columns, or cannot be told apart.
    pub(super) fn grid_objects(
        &self,
        section: &Section<'l>,
        grid: &Grid,
        columns: &[Column<'l>],
    ) -> Option<(Measure, Vec<Range<usize>>)> {
        let text = |line: usize| self.lines.get(line).map_or("", |line| line.text);
        let keeps = |measure: &Measure| {
            let mut rows = grid.rows.clone();
            rows.all(|line| cells(text(line), columns, *measure).is_some())
        };
        let even = Measure::ALL.into_iter().find(keeps);
        if let Some(measure) = even.filter(|_| !wraps(section)) {
            let one = |line: usize| line..line.saturating_add(1);
            return Some((measure, grid.rows.clone().map(one).collect()));
        }
        let (measure, objects) = self.wrapped_rows(grid, columns)?;
        let mut several = objects.iter().filter(|lines| lines.len() > 1);
        let read = |lines: &Range<usize>| self.grid_row(columns, lines, measure, None).is_some();
        several.all(read).then_some((measure, objects))
    }

    /// The cells of an object.
    pub(super) fn grid_row(
        &self,
        columns: &[Column<'l>],
        lines: &Range<usize>,
        measure: Measure,
        cmdlet: Option<&Cmdlet>,
    ) -> Option<Vec<RawProperty<'l>>> {
        if lines.len() > 1 {
            return self.wrapped_row(columns, lines.clone(), measure, cmdlet);
        }
        let text = self.lines.get(lines.start).map_or("", |line| line.text);
        self.row(columns, text, lines.start, measure)
    }

    /// The rows of each object; `None` where they cannot be told apart.
    fn wrapped_rows(
        &self,
        grid: &Grid,
        columns: &[Column<'l>],
    ) -> Option<(Measure, Vec<Range<usize>>)> {
        let text = |line: usize| self.lines.get(line).map_or("", |line| line.text);
        let split = |measure: Measure| -> Option<(Measure, Vec<Vec<&'l str>>)> {
            let rows = grid.rows.clone();
            let rows: Option<Vec<_>> = rows
                .map(|line| pieces(text(line), columns, measure))
                .collect();
            Some((measure, rows?))
        };
        let (measure, rows) = Measure::ALL.into_iter().find_map(split)?;
        let first = rows
            .first()
            .filter(|row| row.first().is_some_and(|cell| !cell.is_empty()))?;
        let solid = Solid::of(first);
        let widths = Widths::new(columns, &rows, measure);
        let mut objects: Vec<Range<usize>> = Vec::new();
        let mut above: Vec<&str> = Vec::new();
        for (line, row) in grid.rows.clone().zip(&rows) {
            let named = row.first().is_some_and(|cell| !cell.is_empty());
            let no_room = || {
                let mut cells = row.iter().enumerate().filter(|(_, cell)| !cell.is_empty());
                cells.all(|(at, cell)| {
                    let before = above.get(at).copied().unwrap_or_default();
                    let word = cell.split(' ').next().unwrap_or_default();
                    let taken = measure.places(before).saturating_add(measure.places(word));
                    !before.is_empty() && taken.saturating_add(1) > widths.of(at)
                })
            };
            let begins = match solid {
                _ if above.is_empty() => true,
                _ if !named => false,
                Some(solid) => solid.begins(row),
                None if no_room() => return None,
                None => true,
            };
            let next = line.saturating_add(1);
            if begins {
                objects.push(line..next);
                above.clone_from(row);
                continue;
            }
            if !no_room() {
                return None;
            }
            objects.last_mut()?.end = next;
            for (before, cell) in above
                .iter_mut()
                .zip(row)
                .filter(|(_, cell)| !cell.is_empty())
            {
                *before = cell;
            }
        }
        Some((measure, objects))
    }

    /// The cells of an object in several rows; `None` where its name is open.
    fn wrapped_row(
        &self,
        columns: &[Column<'l>],
        lines: Range<usize>,
        measure: Measure,
        cmdlet: Option<&Cmdlet>,
    ) -> Option<Vec<RawProperty<'l>>> {
        let text = |line: usize| self.lines.get(line).map_or("", |line| line.text);
        let rows: Option<Vec<Vec<&'l str>>> = lines
            .clone()
            .map(|line| pieces(text(line), columns, measure))
            .collect();
        let rows = rows?;
        let widths = Widths::new(columns, &rows, measure);
        let mut properties = Vec::with_capacity(columns.len());
        for (at, column) in columns.iter().enumerate() {
            let cells = lines.clone().zip(&rows);
            let cells = cells.filter_map(|(line, row)| Some((line, *row.get(at)?)));
            let found: Vec<(usize, &'l str)> = cells.filter(|(_, cell)| !cell.is_empty()).collect();
            let kind = cmdlet.and_then(|cmdlet| {
                let known = cmdlet.property(&column.name.to_ascii_lowercase())?;
                Some(known.kind)
            });
            let full = |cell: &str| measure.places(cell) >= widths.of(at);
            let value = match found.as_slice() {
                [] => Raw::Null,
                [(_, cell)] => raw(column.name, cell),
                several => joined(several.iter().map(|(_, cell)| *cell), full, kind)
                    .map_or(Raw::Opaque(DOUBTFUL), |text| Raw::Text(text.into())),
            };
            if at == 0 && matches!(value, Raw::Opaque(_)) {
                return None;
            }
            let start = lines.start;
            let span = match (found.first(), found.last()) {
                (Some((first, one)), Some((last, other))) => {
                    self.span_of(one, *first).to(self.span_of(other, *last))
                }
                _ => self.span_of_lines(start, start),
            };
            properties.push(RawProperty {
                name: column.name,
                raw: value,
                span,
            });
        }
        Some(properties)
    }
}

/// The pieces of a cell as one text; `None` where a blank may have stood between
/// two of them or not.
fn joined<'a>(
    pieces: impl Iterator<Item = &'a str> + Clone,
    full: impl Fn(&str) -> bool,
    kind: Option<Kind>,
) -> Option<String> {
    let names = match kind {
        Some(Kind::Enum(of) | Kind::Flags(of) | Kind::ListOf(of)) => table().enumeration(of),
        _ => None,
    };
    let mut all = pieces.clone();
    let is_list = pieces.clone().next()?.starts_with('{');
    // A blank behind a comma parts two items; another one stands in an item.
    let plain = !all.any(|piece| piece.replace(", ", ",").contains(' '));
    let mut text = String::new();
    let mut before = "";
    for piece in pieces {
        let between = match names {
            _ if text.is_empty() => "",
            _ if before.ends_with(',') => " ",
            _ if !full(before) && !is_list => " ",
            Some(names) => {
                let ends = [' ', ',', '{'];
                let tail = text.rsplit(ends).next().unwrap_or_default();
                let head = piece.split([' ', ',', '}']).next().unwrap_or_default();
                between_names(names, &text, tail, head, full(before))
            }
            None if kind == Some(Kind::Url) => "",
            None if is_list && plain && full(before) => "",
            None => return None,
        };
        text.push_str(between);
        text.push_str(piece);
        before = piece;
    }
    (!is_list || text.ends_with('}')).then_some(text)
}
