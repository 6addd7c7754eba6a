//! Lines and columns of many spans, without counting a long line anew for each.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use crate::source::{FileId, SourceFile, Sources, Span, floor};

/// A place as a person writes it; numbers count from 1, columns characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place {
    /// Name as shown: relative to the current directory, forward slashes.
    pub file: Arc<str>,
    /// First line.
    pub line: u32,
    /// First column.
    pub column: u32,
    /// Last line.
    pub end_line: u32,
    /// One past the last column.
    pub end_column: u32,
}

/// A place within the line that shows it.
#[derive(Debug, Clone)]
pub struct Sighting<'a> {
    /// The file.
    pub file: &'a SourceFile,
    /// The place.
    pub place: &'a Place,
    /// Bytes of the place within its first line.
    pub bytes: Range<usize>,
    /// What it shows.
    pub label: &'a str,
}

/// Lines longer than this get checkpoints.
const LONG_LINE: usize = 64 * 1024;

/// Bytes between two checkpoints.
const STEP: usize = 4096;

/// Finds lines and columns.
pub struct Positions<'a> {
    sources: &'a Sources,
    /// Characters before every [`STEP`]th byte of long lines.
    checkpoints: HashMap<(FileId, usize), Vec<u32>>,
    /// Names of files.
    names: HashMap<FileId, Arc<str>>,
}

impl<'a> Positions<'a> {
    /// Looks into `sources`.
    #[must_use]
    pub fn new(sources: &'a Sources) -> Self {
        Self {
            sources,
            checkpoints: HashMap::new(),
            names: HashMap::new(),
        }
    }

    /// The place of a span; `None` when it does not fit its file.
    pub fn place(&mut self, span: Span) -> Option<Place> {
        let file = self.sources.get(span.file)?;
        let (line, column) = self.line_and_column(file, span.start)?;
        let (end_line, end_column) = if span.end > span.start && file.omitted().is_some() {
            let end = file.end_position(span.end);
            (end.line, end.column)
        } else if span.end > span.start {
            self.line_and_column(file, span.end)?
        } else {
            (line, column)
        };
        let name = self.names.entry(span.file);
        Some(Place {
            file: Arc::clone(name.or_insert_with(|| file.name().into())),
            line,
            column,
            end_line,
            end_column,
        })
    }

    fn line_and_column(&mut self, file: &SourceFile, offset: u32) -> Option<(u32, u32)> {
        let line = file.line_of(offset);
        let column = match file.line_range(line) {
            Some(range) if range.len() > LONG_LINE => {
                let inside = (offset as usize)
                    .saturating_sub(range.start)
                    .min(range.len());
                let text = file.text().get(range)?;
                let counts = self
                    .checkpoints
                    .entry((file.id(), line))
                    .or_insert_with(|| checkpoints(text));
                let step = inside / STEP;
                let before = counts.get(step).copied().unwrap_or(0);
                let from = floor(text, step.saturating_mul(STEP));
                let rest = text.get(from..inside)?.chars().count();
                before
                    .saturating_add(u32::try_from(rest).unwrap_or(u32::MAX))
                    .saturating_add(file.columns_left_out(offset))
                    .saturating_add(1)
            }
            _ => file.position(offset).column,
        };
        let line = u32::try_from(line.saturating_add(1)).unwrap_or(u32::MAX);
        Some((line, column))
    }
}

/// The characters before every [`STEP`]th byte, at character boundaries.
fn checkpoints(text: &str) -> Vec<u32> {
    let mut counts = Vec::with_capacity(text.len() / STEP + 1);
    let (mut count, mut from) = (0u32, 0usize);
    let mut at = 0usize;
    while at <= text.len() {
        let here = floor(text, at);
        let more = text.get(from..here).map_or(0, |part| part.chars().count());
        count = count.saturating_add(u32::try_from(more).unwrap_or(u32::MAX));
        counts.push(count);
        from = here;
        at = at.saturating_add(STEP);
    }
    counts
}

/// Bytes of a span within its first line, without blanks at either end.
#[must_use]
pub fn bytes_in_line(file: &SourceFile, span: Span) -> Range<usize> {
    let line = file.line_of(span.start);
    let Some(range) = file.line_range(line) else {
        return 0..0;
    };
    let clamp = |at: u32| {
        (at as usize)
            .clamp(range.start, range.end)
            .saturating_sub(range.start)
    };
    let (start, end) = (clamp(span.start), clamp(span.end));
    let text = file.line(line).unwrap_or_default();
    let Some(inside) = text.get(start..end) else {
        return start..start;
    };
    let trimmed = inside.trim_end();
    start..start.saturating_add(trimmed.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_in_a_long_line_agree_with_counting_from_its_start() {
        let text = format!("first\n{}x{}", "境界 ".repeat(30_000), "é".repeat(40_000));
        let mut sources = Sources::default();
        let id = sources.add(|id| SourceFile::from_text(id, "a", text.clone()));
        let file = sources.get(id).expect("added");
        let mut positions = Positions::new(&sources);
        for wanted in ['x', 'é'] {
            let offset = u32::try_from(text.find(wanted).expect("there")).expect("small");
            let place = positions
                .place(Span::new(id, offset, offset))
                .expect("fits");
            assert_eq!(place.line, 2);
            assert_eq!(place.column, file.position(offset).column);
        }
    }

    #[test]
    fn a_place_within_its_line_ends_with_the_line() {
        let mut sources = Sources::default();
        let id = sources.add(|id| SourceFile::from_text(id, "a", "one\n two  \nthree\n"));
        let file = sources.get(id).expect("added");
        assert_eq!(bytes_in_line(file, Span::new(id, 5, 16)), 1..4);
        assert_eq!(bytes_in_line(file, Span::new(id, 900, 901)), 5..5);
    }
}
