//! Entries with numbers, which put them in front of the entry that denies.
//!
//! Several flows may be cured in front of one entry, and two entries of one
//! number are one: numbers are given when all of them are known. Where fewer are
//! free than are wanted, or the file shows none, the list is numbered anew first.

use std::collections::BTreeMap;

use super::permit::Denied;
use super::{Place, ended_list};
use crate::source::Span;

/// Numbers between two entries of a list that is numbered anew.
const STEP: usize = 1_000;

/// Entries for one flow.
#[derive(Debug)]
pub struct Numbered {
    place: Place,
    entries: Vec<String>,
    /// The command that numbers the list anew, without its numbers.
    again: String,
    /// The command that opens the list.
    mode: String,
    before: Before,
}

/// What is known of the numbers in front of the entry that denies.
#[derive(Debug, Clone, Copy)]
enum Before {
    /// The list ends: entries without a number come last.
    End,
    /// So many numbers are free, the last of them first, and so many statements
    /// stand before it.
    Entry {
        last: usize,
        free: usize,
        statements: usize,
    },
}

impl Numbered {
    /// `None` where the place is not known.
    pub fn new(
        denied: Denied<'_>,
        entries: Vec<String>,
        again: String,
        mode: String,
    ) -> Option<Self> {
        let before = if ended_list(denied.decider).is_some() {
            Before::End
        } else {
            let (last, free) = free(denied);
            let statements = denied.before()?;
            Before::Entry {
                last,
                free,
                statements,
            }
        };
        Some(Self {
            place: denied.place(),
            entries,
            again,
            mode,
            before,
        })
    }
}

/// The last number in front of the entry that denies, and how many are free
/// there; none where the file shows no numbers.
fn free(denied: Denied<'_>) -> (usize, usize) {
    let number = |span: Span| -> Option<usize> {
        let text = denied.words.rule(span);
        text.split(' ').next()?.parse().ok()
    };
    let known = || {
        let own = number(denied.decider.span)?;
        let rules = &denied.filter()?.rules;
        let known = rules.iter().filter_map(|rule| number(rule.span));
        let highest = known.filter(|known| *known < own).max().unwrap_or(0);
        let last = own.checked_sub(1)?;
        // Remarks have numbers too: those of ten are usual.
        Some((last, last.saturating_sub(highest).min(9)))
    };
    known().unwrap_or_default()
}

/// How many entries are wanted in front of each, and which number each has.
#[derive(Debug, Default)]
pub struct Numbers(BTreeMap<Place, Vec<String>>);

impl Numbers {
    /// Gives numbers to the entries of all flows; equal ones are one entry.
    pub fn of<'n>(all: impl Iterator<Item = &'n Numbered>) -> Self {
        let mut wanted: BTreeMap<Place, Vec<String>> = BTreeMap::new();
        for numbered in all {
            let known = wanted.entry(numbered.place).or_default();
            for entry in &numbered.entries {
                if !known.contains(entry) {
                    known.push(entry.clone());
                }
            }
        }
        Self(wanted)
    }

    /// The lines for one flow; `None` where so many entries do not fit.
    pub fn lines(&self, numbered: &Numbered) -> Option<Vec<String>> {
        let wanted = self.0.get(&numbered.place)?;
        let mut lines = Vec::new();
        let last = match numbered.before {
            Before::End => None,
            Before::Entry { last, free, .. } if wanted.len() <= free => Some(last),
            Before::Entry { statements, .. } => {
                if wanted.len() >= STEP {
                    return None;
                }
                lines.push(format!("{} {STEP} {STEP}", numbered.again));
                let next = statements.checked_add(1)?.checked_mul(STEP)?;
                Some(next.checked_sub(1)?)
            }
        };
        lines.push(numbered.mode.clone());
        for entry in &numbered.entries {
            let place = wanted.iter().position(|known| known == entry)?;
            lines.push(match last {
                None => format!(" {entry}"),
                Some(last) => format!(" {} {entry}", last.checked_sub(place)?),
            });
        }
        Some(lines)
    }
}
