//! Which earlier rules of a filter overlap a rule, for filters of any size.
//!
//! For each address family and position, the bounds of the rules stand in a
//! tree over the places where bounds begin or end. A question takes the
//! position with fewer overlaps, so that its cost follows the answer and not
//! the length of the filter, and memory is linear in the number of rules.

use super::packets::Cube;
use super::ranges::{Bound, RangeSet};

/// First and last address of the source, first and last of the destination.
type Bounds<T> = [T; 4];

/// The rules that were inserted so far.
#[derive(Debug, Default)]
pub(super) struct Overlaps {
    v4: Family<u32>,
    v6: Family<u128>,
}

impl Overlaps {
    /// Prepares for rules with these packets.
    pub(super) fn new<'c>(rules: impl Iterator<Item = &'c Cube> + Clone) -> Self {
        Self {
            v4: Family::new(rules.clone().filter_map(bounds_v4)),
            v6: Family::new(rules.filter_map(bounds_v6)),
        }
    }

    /// Adds a rule; the numbers must ascend.
    pub(super) fn insert(&mut self, rule: u32, cube: &Cube) {
        if let Some(bounds) = bounds_v4(cube) {
            self.v4.insert(rule, bounds);
        }
        if let Some(bounds) = bounds_v6(cube) {
            self.v6.insert(rule, bounds);
        }
    }

    /// All rules that share addresses with the cube, ascending, and some more.
    pub(super) fn candidates(&self, cube: &Cube) -> Vec<u32> {
        let mut rules = Vec::new();
        if let Some(bounds) = bounds_v4(cube) {
            self.v4.collect(bounds, &mut rules);
        }
        if let Some(bounds) = bounds_v6(cube) {
            self.v6.collect(bounds, &mut rules);
        }
        rules.sort_unstable();
        rules.dedup();
        rules
    }
}

fn bounds_v4(cube: &Cube) -> Option<Bounds<u32>> {
    bounds(&cube.source.v4, &cube.destination.v4)
}

fn bounds_v6(cube: &Cube) -> Option<Bounds<u128>> {
    bounds(&cube.source.v6, &cube.destination.v6)
}

fn bounds<T: Bound>(source: &RangeSet<T>, destination: &RangeSet<T>) -> Option<Bounds<T>> {
    Some([
        source.first()?,
        source.last()?,
        destination.first()?,
        destination.last()?,
    ])
}

#[derive(Debug, Default)]
struct Family<T> {
    source: Tree<T>,
    destination: Tree<T>,
}

impl<T: Bound> Family<T> {
    fn new(rules: impl Iterator<Item = Bounds<T>> + Clone) -> Self {
        Self {
            source: Tree::new(rules.clone().map(|[low, high, ..]| (low, high))),
            destination: Tree::new(rules.map(|[.., low, high]| (low, high))),
        }
    }

    fn insert(&mut self, rule: u32, [from, to, low, high]: Bounds<T>) {
        self.source.insert(rule, from, to);
        self.destination.insert(rule, low, high);
    }

    fn collect(&self, [from, to, low, high]: Bounds<T>, rules: &mut Vec<u32>) {
        if self.source.count(from, to) < self.destination.count(low, high) {
            self.source.collect(from, to, rules);
        } else {
            self.destination.collect(low, high, rules);
        }
    }
}

/// A segment tree: a rule stands in the few nodes that its range is made of.
#[derive(Debug, Default)]
struct Tree<T> {
    /// Where pieces begin, ascending.
    cuts: Vec<T>,
    /// Number of leaves, a power of two.
    leaves: usize,
    /// Node 1 is the root; the children of `n` are `2n` and `2n + 1`.
    nodes: Vec<Vec<u32>>,
    /// Entries in a node and all nodes below it.
    below: Vec<u32>,
}

impl<T: Bound> Tree<T> {
    fn new(ranges: impl Iterator<Item = (T, T)>) -> Self {
        let mut cuts = vec![T::MIN];
        for (low, high) in ranges {
            cuts.push(low);
            cuts.extend(high.next());
        }
        cuts.sort_unstable();
        cuts.dedup();
        cuts.shrink_to_fit();
        let leaves = cuts.len().next_power_of_two();
        Self {
            cuts,
            leaves,
            nodes: vec![Vec::new(); leaves.saturating_mul(2)],
            below: vec![0; leaves.saturating_mul(2)],
        }
    }

    /// The nodes of the first and the last leaf that a range touches.
    fn ends(&self, low: T, high: T) -> (usize, usize) {
        let piece = |value: T| self.cuts.partition_point(|cut| *cut <= value).max(1);
        // The last piece reaches to the end of the tree.
        let last = if high == T::MAX {
            self.leaves
        } else {
            piece(high)
        };
        let leaf = |piece: usize| piece.saturating_sub(1).saturating_add(self.leaves);
        (leaf(piece(low)), leaf(last))
    }

    /// Calls `f` with the nodes that a range is made of.
    fn parts(&self, low: T, high: T, mut f: impl FnMut(usize)) {
        let (mut first, mut last) = self.ends(low, high);
        while first <= last && first > 0 {
            if first & 1 == 1 {
                f(first);
                first = first.saturating_add(1);
            }
            if last & 1 == 0 {
                f(last);
                last = last.saturating_sub(1);
            }
            first >>= 1;
            last >>= 1;
        }
    }

    /// Calls `f` with the nodes that hold more than a range and touch it.
    fn around(&self, low: T, high: T, mut f: impl FnMut(usize)) {
        let (first, last) = self.ends(low, high);
        let (mut left, mut right) = (first, last);
        let mut height = 0_u32;
        while left > 0 {
            let holds_more = |node: usize| {
                let start = node.checked_shl(height).unwrap_or(0);
                let end = node.saturating_add(1).checked_shl(height).unwrap_or(0);
                start < first || end > last.saturating_add(1)
            };
            if holds_more(left) {
                f(left);
            }
            if right != left && holds_more(right) {
                f(right);
            }
            left >>= 1;
            right >>= 1;
            height = height.saturating_add(1);
        }
    }

    fn insert(&mut self, rule: u32, low: T, high: T) {
        let mut parts = Vec::new();
        self.parts(low, high, |node| parts.push(node));
        for part in parts {
            if let Some(entries) = self.nodes.get_mut(part) {
                entries.push(rule);
            }
            let mut node = part;
            while let Some(count) = self.below.get_mut(node).filter(|_| node > 0) {
                *count = count.saturating_add(1);
                node >>= 1;
            }
        }
    }

    /// How many entries overlap a range; a rule may have several.
    fn count(&self, low: T, high: T) -> usize {
        let mut count = 0_usize;
        self.parts(low, high, |node| {
            let below = self.below.get(node).copied().unwrap_or(0);
            count = count.saturating_add(below as usize);
        });
        self.around(low, high, |node| {
            count = count.saturating_add(self.nodes.get(node).map_or(0, Vec::len));
        });
        count
    }

    fn collect(&self, low: T, high: T, rules: &mut Vec<u32>) {
        self.around(low, high, |node| {
            rules.extend(self.nodes.get(node).into_iter().flatten());
        });
        let mut open = Vec::new();
        self.parts(low, high, |node| open.push(node));
        while let Some(node) = open.pop() {
            if self.below.get(node).is_none_or(|below| *below == 0) {
                continue;
            }
            rules.extend(self.nodes.get(node).into_iter().flatten());
            let child = node.saturating_mul(2);
            open.extend([child, child.saturating_add(1)]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_tree_yields_exactly_the_ranges_that_overlap(
            ranges in prop::collection::vec((0u32..60, 0u32..60, any::<bool>()), 0..40),
            asked in (0u32..60, 0u32..60),
        ) {
            let order = |a: u32, b: u32| (a.min(b), a.max(b));
            let ranges: Vec<(u32, u32)> = ranges
                .into_iter()
                .map(|(a, b, open)| (a.min(b), if open { u32::MAX } else { a.max(b) }))
                .collect();
            let (low, high) = order(asked.0, asked.1);
            let mut tree = Tree::new(ranges.iter().copied().chain([(low, high)]));
            for (rule, (from, to)) in (0u32..).zip(&ranges) {
                tree.insert(rule, *from, *to);
            }
            let mut found = Vec::new();
            tree.collect(low, high, &mut found);
            prop_assert_eq!(found.len(), tree.count(low, high));
            found.sort_unstable();
            found.dedup();
            let expected: Vec<u32> = (0u32..)
                .zip(&ranges)
                .filter(|(_, (from, to))| *from <= high && *to >= low)
                .map(|(rule, _)| rule)
                .collect();
            prop_assert_eq!(found, expected);
        }
    }
}
