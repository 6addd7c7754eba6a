//! The text that is kept, with the places of its parts in the whole.

use super::blocks::Stop;
use super::tags::Token;
use crate::source::{Cuts, Mark};

/// The most that may be kept while it is not yet decided, in bytes.
const MOST: usize = 1024 * 1024 * 1024;

/// A place in a text, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Place {
    line: u32,
    /// In characters.
    column: u32,
}

impl Place {
    /// Moves behind a text. A carriage return alone would be a line's end of
    /// its own, which no program that writes CLIXML makes.
    fn advance(&mut self, text: &str) -> Result<(), Stop> {
        let bytes = text.as_bytes();
        for at in memchr::memchr_iter(b'\r', bytes) {
            if bytes.get(at.saturating_add(1)) != Some(&b'\n') {
                return Err(Stop::Foreign);
            }
        }
        let mut line = text;
        if let Some(last) = memchr::memrchr(b'\n', bytes) {
            let lines = memchr::memchr_iter(b'\n', bytes).count();
            let lines = u32::try_from(lines).map_err(|_| Stop::Foreign)?;
            self.line = self.line.checked_add(lines).ok_or(Stop::Foreign)?;
            self.column = 0;
            line = text.get(last.saturating_add(1)..).unwrap_or_default();
        }
        let columns = u32::try_from(line.chars().count()).map_err(|_| Stop::Foreign)?;
        self.column = self.column.checked_add(columns).ok_or(Stop::Foreign)?;
        Ok(())
    }
}

/// A state to return to.
#[derive(Debug, Clone, Copy)]
pub struct Back {
    length: usize,
    here: Place,
    mark: Mark,
    elements: u64,
}

/// What is kept so far.
#[derive(Debug, Default)]
pub struct Kept {
    text: String,
    cuts: Cuts,
    /// In the kept text.
    here: Place,
    /// In the whole text.
    there: Place,
    /// Something was left out since the last part that was kept.
    gap: bool,
    elements: u64,
}

impl Kept {
    /// Goes behind a token, and keeps it if asked to.
    pub fn add(&mut self, token: &Token<'_>, keep: bool) -> Result<(), Stop> {
        if keep {
            if self.gap {
                let lines = self.there.line.saturating_sub(self.here.line);
                let columns = if token.text.contains('\n') {
                    0
                } else {
                    self.there.column.saturating_sub(self.here.column)
                };
                // What begins with a new line goes on there.
                let blank = token.text.rfind('\n').map_or(0, |at| at.saturating_add(1));
                let at = self.text.len().saturating_add(blank);
                let at = u32::try_from(at).map_err(|_| Stop::Foreign)?;
                self.cuts.push(at, lines, columns);
                self.gap = false;
            }
            if self.text.len() > MOST {
                return Err(Stop::Foreign);
            }
            for part in [token.text, token.tag] {
                self.text.push_str(part);
                self.here.advance(part)?;
            }
        } else {
            self.gap = true;
        }
        self.there.advance(token.text)?;
        self.there.advance(token.tag)
    }

    /// Counts an element as kept.
    pub fn count(&mut self) {
        self.elements = self.elements.saturating_add(1);
    }

    /// Bytes that are kept.
    pub fn len(&self) -> usize {
        self.text.len()
    }

    /// The present state.
    pub fn back(&self) -> Back {
        Back {
            length: self.text.len(),
            here: self.here,
            mark: self.cuts.mark(),
            elements: self.elements,
        }
    }

    /// Leaves out what was kept since.
    pub fn return_to(&mut self, back: Back) {
        self.text.truncate(back.length);
        self.here = back.here;
        self.cuts.return_to(back.mark);
        self.elements = back.elements;
        self.gap = true;
    }

    /// What was kept since.
    pub fn since(&self, back: Back) -> &str {
        self.text.get(back.length..).unwrap_or_default()
    }

    /// The text, its cuts, and how many elements it has.
    pub fn finish(self) -> (String, Cuts, u64) {
        (self.text, self.cuts, self.elements)
    }
}
