//! Where a configuration defines and uses names.
//!
//! A large configuration uses the same few names for hundreds of thousands of
//! times (`any`, a zone, a service), so each name is held once.

use std::collections::HashSet;

use foldhash::fast::RandomState;
use indexmap::IndexSet;

use crate::source::Span;

/// A definition or a use of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference<'a> {
    /// Kind of thing: `access-list`, `object-group network`, `class-map` …
    pub kind: &'static str,
    /// Name.
    pub name: &'a str,
    /// `true` for the definition.
    pub definition: bool,
    /// Where.
    pub span: Span,
}

/// What stands in the list for a reference.
#[derive(Debug, Clone, Copy)]
struct Entry {
    /// Place among the names.
    name: u32,
    /// Place among the kinds.
    kind: u8,
    definition: bool,
    span: Span,
}

/// All definitions and uses of names, in the order in which they were read.
#[derive(Debug, Clone, Default)]
pub struct References {
    kinds: Vec<&'static str>,
    names: IndexSet<Box<str>, RandomState>,
    entries: Vec<Entry>,
}

impl References {
    /// Bytes that one more takes, where its name is known.
    pub const SIZE: usize = size_of::<Entry>();

    /// Adds one. A reader has a few dozen kinds; what is beyond 256 of them, or
    /// beyond four thousand million names, is not held.
    pub fn push(&mut self, kind: &'static str, name: &str, definition: bool, span: Span) {
        let (Some(kind), Some(name)) = (self.kind(kind), self.name(name)) else {
            return;
        };
        self.entries.push(Entry {
            name,
            kind,
            definition,
            span,
        });
    }

    fn kind(&mut self, kind: &'static str) -> Option<u8> {
        let known = self.kinds.iter().position(|known| *known == kind);
        let at = known.unwrap_or(self.kinds.len());
        let id = u8::try_from(at).ok()?;
        if known.is_none() {
            self.kinds.push(kind);
        }
        Some(id)
    }

    fn name(&mut self, name: &str) -> Option<u32> {
        let at = match self.names.get_index_of(name) {
            Some(at) => at,
            None => self.names.insert_full(name.into()).0,
        };
        u32::try_from(at).ok()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many there can be before the list grows.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.entries.capacity()
    }

    /// Makes room for so many more, where there is so much memory.
    pub fn make_room(&mut self, more: usize) {
        // Without so much memory the list grows step by step.
        let _ = self.entries.try_reserve_exact(more);
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = Reference<'_>> {
        self.entries.iter().filter_map(|entry| {
            Some(Reference {
                kind: self.kinds.get(usize::from(entry.kind))?,
                name: self.names.get_index(entry.name as usize)?,
                definition: entry.definition,
                span: entry.span,
            })
        })
    }

    /// Where names stand that nothing defines.
    #[must_use]
    pub fn undefined(&self) -> Vec<Span> {
        let definitions = self.entries.iter().filter(|entry| entry.definition);
        let defined: HashSet<(u8, u32), RandomState> =
            definitions.map(|entry| (entry.kind, entry.name)).collect();
        let uses = self.entries.iter().filter(|entry| !entry.definition);
        uses.filter(|entry| !defined.contains(&(entry.kind, entry.name)))
            .map(|entry| entry.span)
            .collect()
    }
}

impl PartialEq for References {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::{Reference, References};
    use crate::source::{FileId, Span};

    fn at(start: u32) -> Span {
        Span::new(FileId(0), start, start + 1)
    }

    #[test]
    fn a_use_is_undefined_where_only_another_kind_has_the_name() {
        let mut references = References::default();
        references.push("access-list", "OUT", true, at(0));
        references.push("access-list", "OUT", false, at(1));
        references.push("object", "OUT", false, at(2));
        references.push("access-list", "IN", false, at(3));
        assert_eq!(references.undefined(), [at(2), at(3)]);
        assert_eq!(references.len(), 4);
    }

    #[test]
    fn references_are_equal_by_what_they_say_not_by_when_a_name_was_first_read() {
        let (mut one, mut other) = (References::default(), References::default());
        one.push("object", "A", true, at(0));
        assert_ne!(one, other);
        other.push("object", "A", true, at(0));
        assert_eq!(one, other);
        let first = one.iter().next();
        let expected = Reference {
            kind: "object",
            name: "A",
            definition: true,
            span: at(0),
        };
        assert_eq!(first, Some(expected));
    }
}
