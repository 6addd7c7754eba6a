//! The text that is read: the file itself, or what markup says in the device's
//! own words, with every part still pointing into the file.

use std::ops::Range;

use crate::source::{SourceFile, Span};

/// A text whose parts have a place in the file.
#[derive(Debug)]
pub struct Text<'f> {
    file: &'f SourceFile,
    mapped: Option<Mapped>,
}

/// A text that was made from a file.
#[derive(Debug, Default)]
pub struct Mapped {
    text: String,
    /// Where a part starts here, and its range in the file.
    pieces: Vec<(usize, Range<usize>)>,
    /// Lines, with the file's line that each came from.
    lines: Vec<(Range<usize>, u32)>,
}

impl Mapped {
    /// Appends a part that says what a range of the file says.
    pub fn push(&mut self, part: &str, origin: Range<usize>) {
        self.pieces.push((self.text.len(), origin));
        self.text.push_str(part);
    }

    /// Appends text without a place of its own.
    pub fn push_plain(&mut self, part: &str) {
        self.text.push_str(part);
    }

    /// Ends a line that came from a line of the file.
    pub fn end_line(&mut self, line: u32) {
        let start = self.lines.last().map_or(0, |(range, _)| range.end);
        self.lines.push((start..self.text.len(), line));
    }
}

impl<'f> Text<'f> {
    /// The file as it is.
    pub fn plain(file: &'f SourceFile) -> Self {
        Self { file, mapped: None }
    }

    /// A text made from the file.
    pub fn mapped(file: &'f SourceFile, mapped: Mapped) -> Self {
        Self {
            file,
            mapped: Some(mapped),
        }
    }

    /// The file.
    pub fn file(&self) -> &'f SourceFile {
        self.file
    }

    /// What lines are slices of.
    pub fn content(&self) -> &str {
        match &self.mapped {
            Some(mapped) => &mapped.text,
            None => self.file.text(),
        }
    }

    /// Whether the text was made from markup.
    pub fn is_mapped(&self) -> bool {
        self.mapped.is_some()
    }

    /// The number of lines.
    pub fn line_count(&self) -> usize {
        self.mapped
            .as_ref()
            .map_or(self.file.line_count(), |mapped| mapped.lines.len())
    }

    /// A line, with the number of the file's line.
    pub fn line(&self, index: usize) -> Option<(u32, &str)> {
        match &self.mapped {
            None => {
                let text = self.file.line(index)?;
                Some((u32::try_from(index).unwrap_or(u32::MAX), text))
            }
            Some(mapped) => {
                let (range, line) = mapped.lines.get(index)?;
                Some((*line, mapped.text.get(range.clone())?))
            }
        }
    }

    /// The place of a part of the text.
    pub fn span_of(&self, part: &str) -> Span {
        let none = Span::of(self.file.id(), 0..0);
        let Some(mapped) = &self.mapped else {
            return self.file.span_of(part).unwrap_or(none);
        };
        let base = mapped.text.as_ptr() as usize;
        let Some(at) = (part.as_ptr() as usize).checked_sub(base) else {
            return none;
        };
        if at > mapped.text.len() {
            return none;
        }
        let index = mapped.pieces.partition_point(|(start, _)| *start <= at);
        index
            .checked_sub(1)
            .and_then(|index| mapped.pieces.get(index))
            .map_or(none, |(_, origin)| Span::of(self.file.id(), origin.clone()))
    }
}
