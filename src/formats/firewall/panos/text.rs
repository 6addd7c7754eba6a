//! The text that words are slices of: the file itself, and what its markup
//! writes with entities.

use std::ops::Range;

use crate::source::{SourceFile, Span};

/// A file, with the values that an XML file writes in another form.
#[derive(Debug)]
pub struct Text<'f> {
    file: &'f SourceFile,
    /// By their start in the file.
    decoded: Vec<Decoded>,
    /// Where each value lies in memory, and its place above.
    addresses: Vec<(usize, usize)>,
}

/// A value that stands in the file with entities or escapes.
#[derive(Debug)]
pub struct Decoded {
    /// Where it stands.
    pub origin: Range<usize>,
    /// What it means.
    pub text: String,
}

impl<'f> Text<'f> {
    /// A file without such values, or with those given, in file order.
    pub fn new(file: &'f SourceFile, decoded: Vec<Decoded>) -> Self {
        let mut addresses: Vec<(usize, usize)> = decoded
            .iter()
            .enumerate()
            .map(|(index, value)| (value.text.as_ptr() as usize, index))
            .collect();
        addresses.sort_unstable();
        Self {
            file,
            decoded,
            addresses,
        }
    }

    /// The file.
    pub fn file(&self) -> &'f SourceFile {
        self.file
    }

    /// What a part of the file means.
    pub fn value<'t>(&'t self, raw: &'t str) -> &'t str {
        let Some(start) = self.offset(raw) else {
            return raw;
        };
        let found = self
            .decoded
            .binary_search_by_key(&start, |decoded| decoded.origin.start);
        match found.ok().and_then(|index| self.decoded.get(index)) {
            Some(decoded) if decoded.origin.len() == raw.len() => &decoded.text,
            _ => raw,
        }
    }

    fn offset(&self, part: &str) -> Option<usize> {
        let text = self.file.text();
        let start = (part.as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
        (start <= text.len()).then_some(start)
    }

    /// Where a part of the text, or a value, stands.
    pub fn span_of(&self, part: &str) -> Span {
        if let Some(span) = self.file.span_of(part) {
            return span;
        }
        let start = part.as_ptr() as usize;
        let next = self.addresses.partition_point(|(base, _)| *base <= start);
        let origin = next
            .checked_sub(1)
            .and_then(|index| self.addresses.get(index))
            .and_then(|(_, index)| self.decoded.get(*index));
        let range = origin.map_or(0..0, |decoded| decoded.origin.clone());
        Span::of(self.file.id(), range)
    }
}
