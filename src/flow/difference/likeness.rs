//! Which entries of two programs are alike.

use std::collections::HashMap;

use super::program::{Act, DIMENSIONS, Program, Shared};

/// Numbers that are equal for entries that are alike in the rest of the
/// dimensions.
pub(super) struct Likeness {
    /// For each entry and dimension the number from that dimension on.
    pub(super) numbers: Vec<[u32; DIMENSIONS + 1]>,
    /// For each entry the dimension from which on it matches everything.
    pub(super) whole_from: Vec<u8>,
    /// For each entry whether the other program has it, too, in this order.
    pub(super) common: Vec<bool>,
}

impl Likeness {
    /// Numbers the entries of a program; `numbers` and `tails` are shared by both.
    pub(super) fn new(
        shared: &Shared,
        program: &Program,
        numbers: &mut HashMap<(u32, u32), u32>,
        tails: &mut HashMap<(Act, Option<u32>), u32>,
    ) -> Self {
        let count = program.entries.len();
        let mut all = Vec::with_capacity(count);
        let mut whole_from = Vec::with_capacity(count);
        for entry in &program.entries {
            let fresh = |numbers: &HashMap<(u32, u32), u32>, tails: usize| {
                u32::try_from(numbers.len().saturating_add(tails)).unwrap_or(u32::MAX)
            };
            let next = fresh(numbers, tails.len());
            let mut number = *tails.entry((entry.act, entry.condition)).or_insert(next);
            let mut own = [number; DIMENSIONS + 1];
            let mut from = DIMENSIONS;
            let mut whole = true;
            for (level, values) in entry.values.iter().enumerate().rev() {
                let next = fresh(numbers, tails.len());
                number = *numbers.entry((*values, number)).or_insert(next);
                if let Some(slot) = own.get_mut(level) {
                    *slot = number;
                }
                whole &= shared.whole(*values, level);
                if whole {
                    from = level;
                }
            }
            all.push(own);
            whole_from.push(u8::try_from(from).unwrap_or(u8::MAX));
        }
        Self {
            numbers: all,
            whole_from,
            common: vec![false; count],
        }
    }
}

/// Places of the longest sequence in which the second numbers increase.
pub(super) fn increasing(pairs: &[(u32, usize)]) -> Vec<usize> {
    let mut ends: Vec<(usize, usize)> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    for (at, (_, value)) in pairs.iter().enumerate() {
        let length = ends.partition_point(|(end, _)| end < value);
        let link = length
            .checked_sub(1)
            .and_then(|shorter| ends.get(shorter))
            .map(|(_, place)| *place);
        before.push(link);
        match ends.get_mut(length) {
            Some(slot) => *slot = (*value, at),
            None => ends.push((*value, at)),
        }
    }
    let mut out = Vec::new();
    let mut next = ends.last().map(|(_, at)| *at);
    while let Some(at) = next {
        out.push(at);
        next = before.get(at).copied().flatten();
    }
    out
}
