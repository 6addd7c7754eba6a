//! Room in lists and tables for what is still to come of a text.
//!
//! A list of a million rules that doubles whenever it is full is copied again
//! and again into fresh memory, which costs more than reading the rules. What
//! was read so far tells how much the rest will bring.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash};

use crate::model::references::References;
use crate::source::Span;

/// Shorter lists grow as they like.
const FEW: usize = 512;
/// A list takes at most so many times the bytes of the text.
const MOST: usize = 4;

/// How far a reader is in its text, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// What was read.
    pub read: usize,
    /// The whole text.
    pub whole: usize,
}

impl Progress {
    /// At a part of a text; at its start for what is no part of it.
    #[inline]
    pub fn at(text: &str, part: &str) -> Self {
        let start = (part.as_ptr() as usize).checked_sub(text.as_ptr() as usize);
        Self {
            read: start.filter(|start| *start <= text.len()).unwrap_or(0),
            whole: text.len(),
        }
    }

    /// Behind a part of a text of so many bytes.
    #[inline]
    pub fn behind(part: Span, whole: usize) -> Self {
        Self {
            read: part.end as usize,
            whole,
        }
    }

    /// Makes room in a full list.
    #[inline]
    pub fn make_room<T>(self, list: &mut Vec<T>) {
        self.make_room_for(1, list);
    }

    /// Makes room in a list that has none for so many more entries.
    #[inline]
    pub fn make_room_for<T>(self, count: usize, list: &mut Vec<T>) {
        if list.capacity().saturating_sub(list.len()) < count
            && let Some(more) = self.more(list.len(), size_of::<T>())
        {
            // Without so much memory it grows step by step.
            let _ = list.try_reserve_exact(more);
        }
    }

    /// Makes room in a full table.
    #[inline]
    pub fn make_room_in<K: Eq + Hash, V, S: BuildHasher>(self, table: &mut HashMap<K, V, S>) {
        if table.len() == table.capacity()
            && let Some(more) = self.more(table.len(), size_of::<(K, V)>())
        {
            let _ = table.try_reserve(more);
        }
    }

    /// Makes room in a full list of references.
    #[inline]
    pub fn make_room_among(self, references: &mut References) {
        if references.len() == references.capacity()
            && let Some(more) = self.more(references.len(), References::SIZE)
        {
            references.make_room(more);
        }
    }

    /// How many entries of a size are still to come, where `held` have come.
    fn more(self, held: usize, size: usize) -> Option<usize> {
        if held < FEW || self.read == 0 {
            return None;
        }
        let expected = held.checked_mul(self.whole)?.checked_div(self.read)?;
        // A little more, because entries are not all of one length.
        let expected = expected.saturating_add(expected / 16);
        let least = held / 4;
        let more = expected.saturating_sub(held).max(least);
        let limit = self.whole.saturating_mul(MOST).checked_div(size.max(1))?;
        let more = more.min(limit.saturating_sub(held));
        (more >= least).then_some(more)
    }
}

#[cfg(test)]
mod tests {
    use super::Progress;

    #[test]
    fn a_list_that_is_half_read_gets_room_for_the_other_half() {
        let mut list = vec![0u32; 1_000];
        list.shrink_to_fit();
        let progress = Progress {
            read: 10_000,
            whole: 20_000,
        };
        progress.make_room(&mut list);
        assert!((2_000..2_300).contains(&list.capacity()));
    }

    #[test]
    fn a_start_with_many_entries_reserves_no_more_than_a_few_times_the_text() {
        let mut list = vec![0u64; 1_000];
        list.shrink_to_fit();
        let progress = Progress {
            read: 1,
            whole: 8_000,
        };
        progress.make_room(&mut list);
        assert!(list.capacity() <= 4_000, "{}", list.capacity());
    }

    #[test]
    fn what_is_no_part_of_the_text_makes_no_room() {
        let other = String::from("elsewhere");
        assert_eq!(Progress::at("text", &other).read, 0);
        let text = "one two";
        let part = text.get(4..).unwrap_or_default();
        assert_eq!(Progress::at(text, part), Progress { read: 4, whole: 7 });
    }
}
