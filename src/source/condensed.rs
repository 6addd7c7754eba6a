//! Texts that are kept in part, with the places that they had in the whole.
//!
//! A file of gigabytes holds little that matters: a format that knows what can
//! be left out while the file streams by makes a [`Condensed`] of it. What is
//! kept stands there as it was, in its order, so that readers need not know;
//! lines and columns are those of the whole file.

use std::fs::File;
use std::io;

/// Reads a file in pieces and keeps what matters of it; `None` when it is not
/// what the format can condense, or does not read as such to its end.
///
/// # Errors
/// What the system says.
pub type Condense = fn(&mut File) -> io::Result<Option<Condensed>>;

/// What is kept of a text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Condensed {
    /// The kept parts, one after the other.
    pub text: String,
    /// Where parts are missing.
    pub cuts: Cuts,
    /// What is missing.
    pub omitted: Omitted,
}

/// What was left out of a text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Omitted {
    /// Units that the ledger would count.
    pub units: u64,
    /// Objects by their kind, where the file names it; one of each kind is kept.
    pub objects: Vec<(Option<String>, u64)>,
    /// Objects that would count, were there not too many before them.
    pub beyond: u64,
}

/// The places where a text goes on after a part that was left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cuts {
    /// Offset in the kept text, and all lines that are missing before it.
    lines: Vec<(u32, u32)>,
    /// Offset in the kept text, and the columns that are missing before it in
    /// its line.
    columns: Vec<(u32, u32)>,
}

/// How many cuts there are, to return to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mark {
    lines: usize,
    columns: usize,
}

impl Cuts {
    /// The text goes on at `offset`, behind `lines` missing lines in all and
    /// `columns` missing characters in this line.
    pub fn push(&mut self, offset: u32, lines: u32, columns: u32) {
        if self.lines.last().map_or(0, |(_, before)| *before) != lines {
            self.lines.push((offset, lines));
        }
        if columns > 0 {
            self.columns.push((offset, columns));
        }
    }

    /// The present end.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark {
            lines: self.lines.len(),
            columns: self.columns.len(),
        }
    }

    /// Forgets what came behind a mark.
    pub fn return_to(&mut self, mark: Mark) {
        self.lines.truncate(mark.lines);
        self.columns.truncate(mark.columns);
    }

    /// Lines that are missing before an offset.
    #[must_use]
    pub fn lines_before(&self, offset: u32) -> u32 {
        missing(&self.lines, offset).map_or(0, |(_, lines)| lines)
    }

    /// Columns that are missing before an offset in its line, which begins at
    /// `start`.
    #[must_use]
    pub fn columns_before(&self, start: u32, offset: u32) -> u32 {
        match missing(&self.columns, offset) {
            Some((at, columns)) if at >= start => columns,
            _ => 0,
        }
    }
}

fn missing(cuts: &[(u32, u32)], offset: u32) -> Option<(u32, u32)> {
    let index = cuts.partition_point(|(at, _)| *at <= offset);
    cuts.get(index.checked_sub(1)?).copied()
}
