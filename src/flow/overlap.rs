//! Which rules of a filter overlap a rule, for filters of any size.
//!
//! For each address family and position, the bounds of the rules stand in a
//! tree over the places where bounds begin or end: its cost follows the number
//! of overlaps in the position that has fewer. Where both positions overlap
//! many rules, rows of bits answer instead: for each of a few pieces of the
//! address space, the rules that end before it and those that begin behind it.
//! The rules that touch a range in both positions are those in none of four
//! rows, 64 at a time, in order, and only as far as they are asked for. Memory
//! is linear in the number of rules.

use std::ops::Range;
use std::sync::OnceLock;

use super::packets::Cube;
use super::ranges::{Bound, RangeSet};

/// First and last address of the source, first and last of the destination.
type Bounds<T> = [T; 4];

/// The address space of a position has at most so many pieces with rows.
const MAX_PIECES: usize = 128;
/// Up to so many rules are taken from a tree.
const MANY: usize = 192;

/// The rules of a filter by their addresses.
#[derive(Debug, Default)]
pub(super) struct Overlaps {
    v4: Family<u32>,
    v6: Family<u128>,
    /// First and last destination port, by rule.
    ports: Vec<Option<(u16, u16)>>,
    port_rows: OnceLock<Pieces<u16>>,
    count: u32,
}

/// What one question finds; see [`Found::within`].
pub(super) enum Found<'o> {
    /// All rules that may overlap, ascending.
    Few(Vec<u32>),
    /// Rows of bits: of each family, and of the ports.
    Many(Box<[Rows<'o>; 3]>, &'o Overlaps, Box<Cube>),
}

impl Overlaps {
    /// Takes the rules of a filter, in order, each by the smallest cube around
    /// its packets; `None` for a rule that counts for nothing.
    pub(super) fn new(rules: &[Option<Cube>]) -> Self {
        let of = |cube: &Option<Cube>| cube.as_ref().and_then(bounds_v4);
        let other = |cube: &Option<Cube>| cube.as_ref().and_then(bounds_v6);
        Self {
            v4: Family::new(rules.iter().map(of).collect()),
            v6: Family::new(rules.iter().map(other).collect()),
            ports: rules.iter().map(|cube| ports(cube.as_ref()?)).collect(),
            port_rows: OnceLock::new(),
            count: u32::try_from(rules.len()).unwrap_or(u32::MAX),
        }
    }

    fn port_rows(&self) -> &Pieces<u16> {
        let make = || Pieces::new(self.ports.iter().copied());
        self.port_rows.get_or_init(make)
    }

    /// How many words a question reads at most that finds many rules.
    pub(super) fn words(&self) -> usize {
        (self.count as usize).div_ceil(64)
    }

    fn port_touches(&self, rule: u32, wanted: Option<(u16, u16)>) -> bool {
        let own = self.ports.get(rule as usize).copied().flatten();
        own.zip(wanted)
            .is_some_and(|((low, high), (from, to))| low <= to && from <= high)
    }

    fn port_holds(&self, rule: u32, wanted: Option<(u16, u16)>) -> bool {
        let own = self.ports.get(rule as usize).copied().flatten();
        own.zip(wanted)
            .is_some_and(|((low, high), (from, to))| low <= from && to <= high)
    }

    /// The rules that share addresses and ports with the cube, as far as their
    /// bounds tell.
    pub(super) fn touching(&self, cube: &Cube) -> Found<'_> {
        let (v4, v6) = (bounds_v4(cube), bounds_v6(cube));
        let few = self.v4.overlaps(v4).saturating_add(self.v6.overlaps(v6));
        let wanted = ports(cube);
        if few > MANY {
            let ports = match wanted {
                Some((low, high)) => {
                    let rows = self.port_rows();
                    let (before, behind) = (rows.ending_before(low), rows.beginning_behind(high));
                    Rows::Outside([before, behind, before, behind])
                }
                None => Rows::None,
            };
            let rows = [self.v4.rows(v4), self.v6.rows(v6), ports];
            return Found::Many(Box::new(rows), self, Box::new(cube.clone()));
        }
        let mut rules = Vec::with_capacity(few);
        self.v4.collect(v4, &mut rules);
        self.v6.collect(v6, &mut rules);
        rules.retain(|rule| self.port_touches(*rule, wanted));
        rules.sort_unstable();
        rules.dedup();
        Found::Few(rules)
    }

    /// The rules whose bounds hold all addresses and ports of the cube.
    pub(super) fn around(&self, cube: &Cube, within: Range<u32>) -> impl Iterator<Item = u32> {
        let (v4, v6) = (bounds_v4(cube), bounds_v6(cube));
        let wanted = ports(cube);
        let ports = match wanted {
            Some((low, high)) => {
                let rows = self.port_rows();
                let (behind, before) = (rows.beginning_behind(low), rows.ending_before(high));
                Rows::Outside([before, behind, before, behind])
            }
            None => Rows::None,
        };
        // Both families must be held where the cube has both.
        let rows = match (v4, v6) {
            (Some(_), Some(_)) => [self.v4.holders(v4), self.v6.holders(v6), ports],
            (Some(_), None) => [self.v4.holders(v4), Rows::Open, ports],
            (None, Some(_)) => [Rows::Open, self.v6.holders(v6), ports],
            (None, None) => [Rows::None, Rows::None, ports],
        };
        let word = move |index: usize| {
            rows.iter()
                .fold(u64::MAX, |all, rows| all & rows.word(index))
        };
        members(within.start, within.end.min(self.count), word).filter(move |rule| {
            self.port_holds(*rule, wanted)
                && v4.is_none_or(|wanted| self.v4.holds(*rule, wanted))
                && v6.is_none_or(|wanted| self.v6.holds(*rule, wanted))
        })
    }
}

impl Found<'_> {
    /// Those of some numbers, ascending.
    pub(super) fn within(&self, range: Range<u32>) -> Box<dyn Iterator<Item = u32> + '_> {
        match self {
            Self::Few(rules) => {
                let from = rules.partition_point(|rule| *rule < range.start);
                let rules = rules.get(from..).unwrap_or_default().iter().copied();
                Box::new(rules.take_while(move |rule| *rule < range.end))
            }
            Self::Many(rows, overlaps, cube) => {
                let [v4, v6, port_rows] = rows.as_ref();
                let bounds = (bounds_v4(cube), bounds_v6(cube));
                let wanted = ports(cube);
                let word = |index: usize| match port_rows.word(index) {
                    0 => 0,
                    ports => ports & (v4.word(index) | v6.word(index)),
                };
                let end = range.end.min(overlaps.count);
                Box::new(members(range.start, end, word).filter(move |rule| {
                    overlaps.port_touches(*rule, wanted)
                        && (bounds.0.is_some_and(|b| overlaps.v4.touches(*rule, b))
                            || bounds.1.is_some_and(|b| overlaps.v6.touches(*rule, b)))
                }))
            }
        }
    }
}

/// Rows that together tell which rules match; a set bit rules a rule out.
pub(super) enum Rows<'o> {
    /// No rule.
    None,
    /// Every rule.
    Open,
    /// Those in none of these rows.
    Outside([&'o [u64]; 4]),
}

impl Rows<'_> {
    fn word(&self, index: usize) -> u64 {
        match self {
            Self::None => 0,
            Self::Open => u64::MAX,
            Self::Outside(rows) => !rows.iter().fold(0, |out, row| {
                out | row.get(index).copied().unwrap_or(u64::MAX)
            }),
        }
    }
}

/// The numbers of set bits in a range, ascending.
fn members(from: u32, to: u32, word: impl Fn(usize) -> u64) -> impl Iterator<Item = u32> {
    let last = (to as usize).div_ceil(64);
    (from as usize >> 6..last).flat_map(move |index| {
        let mut bits = word(index);
        let base = u32::try_from(index << 6).unwrap_or(u32::MAX);
        std::iter::from_fn(move || {
            while bits != 0 {
                let number = base.saturating_add(bits.trailing_zeros());
                bits &= bits.wrapping_sub(1);
                if (from..to).contains(&number) {
                    return Some(number);
                }
            }
            None
        })
    })
}

fn ports(cube: &Cube) -> Option<(u16, u16)> {
    let ports = &cube.destination_ports;
    Some((ports.first()?, ports.last()?))
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
    /// By rule; no range begins behind its end, so the default touches none.
    bounds: Vec<Option<Bounds<T>>>,
    source: Tree<T>,
    destination: Tree<T>,
    rows: OnceLock<[Pieces<T>; 2]>,
}

impl<T: Bound> Family<T> {
    fn new(bounds: Vec<Option<Bounds<T>>>) -> Self {
        let ranges = |first: usize| {
            let pick =
                move |b: &Bounds<T>| Some((*b.get(first)?, *b.get(first.saturating_add(1))?));
            (0u32..)
                .zip(&bounds)
                .filter_map(move |(rule, bounds)| Some((rule, bounds.as_ref().and_then(pick)?)))
        };
        Self {
            source: Tree::of(ranges(0)),
            destination: Tree::of(ranges(2)),
            rows: OnceLock::new(),
            bounds,
        }
    }

    fn touches(&self, rule: u32, [from, to, low, high]: Bounds<T>) -> bool {
        let own = self.bounds.get(rule as usize).copied().flatten();
        own.is_some_and(|[a, b, c, d]| a <= to && from <= b && c <= high && low <= d)
    }

    fn holds(&self, rule: u32, [from, to, low, high]: Bounds<T>) -> bool {
        let own = self.bounds.get(rule as usize).copied().flatten();
        own.is_some_and(|[a, b, c, d]| a <= from && to <= b && c <= low && high <= d)
    }

    /// How many rules overlap, in the position that has fewer.
    fn overlaps(&self, wanted: Option<Bounds<T>>) -> usize {
        wanted.map_or(0, |[from, to, low, high]| {
            let source = self.source.count(from, to);
            source.min(self.destination.count(low, high))
        })
    }

    fn collect(&self, wanted: Option<Bounds<T>>, rules: &mut Vec<u32>) {
        let Some(wanted @ [from, to, low, high]) = wanted else {
            return;
        };
        let first = rules.len();
        if self.source.count(from, to) < self.destination.count(low, high) {
            self.source.collect(from, to, rules);
        } else {
            self.destination.collect(low, high, rules);
        }
        let mut fresh = rules.split_off(first);
        fresh.retain(|rule| self.touches(*rule, wanted));
        rules.append(&mut fresh);
    }

    fn pieces(&self) -> &[Pieces<T>; 2] {
        self.rows.get_or_init(|| {
            [0, 2].map(|first: usize| {
                Pieces::new(self.bounds.iter().map(|bounds| {
                    let bounds = bounds.as_ref()?;
                    Some((*bounds.get(first)?, *bounds.get(first.saturating_add(1))?))
                }))
            })
        })
    }

    fn rows(&self, wanted: Option<Bounds<T>>) -> Rows<'_> {
        let Some([from, to, low, high]) = wanted else {
            return Rows::None;
        };
        let [source, destination] = self.pieces();
        Rows::Outside([
            source.ending_before(from),
            source.beginning_behind(to),
            destination.ending_before(low),
            destination.beginning_behind(high),
        ])
    }

    fn holders(&self, wanted: Option<Bounds<T>>) -> Rows<'_> {
        let Some([from, to, low, high]) = wanted else {
            return Rows::None;
        };
        let [source, destination] = self.pieces();
        Rows::Outside([
            source.beginning_behind(from),
            source.ending_before(to),
            destination.beginning_behind(low),
            destination.ending_before(high),
        ])
    }
}

/// The address space in pieces, with two rows of bits for each.
#[derive(Debug, Default)]
struct Pieces<T> {
    /// Where pieces begin, ascending; the first begins at the lowest address.
    cuts: Vec<T>,
    /// Words in a row.
    width: usize,
    /// For each piece the rules whose last piece is an earlier one, and those
    /// that are not in the family.
    before: Vec<u64>,
    /// For each piece the rules whose first piece is a later one, and those
    /// that are not in the family.
    behind: Vec<u64>,
}

impl<T: Bound> Pieces<T> {
    fn new(ranges: impl Iterator<Item = Option<(T, T)>> + Clone) -> Self {
        let mut cuts: Vec<T> = ranges
            .clone()
            .flatten()
            .flat_map(|(low, high)| [Some(low), high.next()])
            .flatten()
            .collect();
        let count = ranges.clone().count();
        cuts.sort_unstable();
        // As many bounds in every piece.
        let step = cuts.len().div_ceil(MAX_PIECES).max(1);
        let mut cuts: Vec<T> = cuts.into_iter().step_by(step).collect();
        cuts.insert(0, T::MIN);
        cuts.dedup();
        let width = count.div_ceil(64);
        let mut pieces = Self {
            before: vec![0; width.saturating_mul(cuts.len())],
            behind: vec![0; width.saturating_mul(cuts.len())],
            width,
            cuts,
        };
        let mut ends: Vec<Vec<usize>> = vec![Vec::new(); pieces.cuts.len()];
        let mut begins = ends.clone();
        let mut absent = Vec::new();
        for (rule, range) in ranges.enumerate() {
            let Some((low, high)) = range else {
                absent.push(rule);
                continue;
            };
            for (list, value) in [(&mut begins, low), (&mut ends, high)] {
                if let Some(rules) = list.get_mut(pieces.piece(value)) {
                    rules.push(rule);
                }
            }
        }
        let set = |row: &mut [u64], rules: &[usize]| {
            for rule in rules {
                if let Some(word) = row.get_mut(rule >> 6) {
                    *word |= 1 << (rule & 63);
                }
            }
        };
        let mut row = vec![0; width];
        set(&mut row, &absent);
        for (piece, ends) in ends.iter().enumerate() {
            pieces.write(piece, &row, false);
            set(&mut row, ends);
        }
        row.fill(0);
        set(&mut row, &absent);
        for (piece, begins) in begins.iter().enumerate().rev() {
            pieces.write(piece, &row, true);
            set(&mut row, begins);
        }
        pieces
    }

    fn write(&mut self, piece: usize, row: &[u64], behind: bool) {
        let rows = if behind {
            &mut self.behind
        } else {
            &mut self.before
        };
        let from = piece.saturating_mul(self.width);
        if let Some(slot) = rows.get_mut(from..from.saturating_add(self.width)) {
            slot.copy_from_slice(row);
        }
    }

    fn piece(&self, value: T) -> usize {
        self.cuts
            .partition_point(|cut| *cut <= value)
            .saturating_sub(1)
    }

    fn row<'p>(&self, rows: &'p [u64], value: T) -> &'p [u64] {
        let from = self.piece(value).saturating_mul(self.width);
        rows.get(from..from.saturating_add(self.width))
            .unwrap_or_default()
    }

    /// The rules that surely end before a value's piece.
    fn ending_before(&self, value: T) -> &[u64] {
        self.row(&self.before, value)
    }

    /// The rules that surely begin behind a value's piece.
    fn beginning_behind(&self, value: T) -> &[u64] {
        self.row(&self.behind, value)
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
    fn of(ranges: impl Iterator<Item = (u32, (T, T))> + Clone) -> Self {
        let mut tree = Self::new(ranges.clone().map(|(_, range)| range));
        for (rule, (low, high)) in ranges {
            tree.insert(rule, low, high);
        }
        tree
    }

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

    type Box4 = (u32, u32, u32, u32);

    fn cube(from: u32, to: u32, low: u32, high: u32) -> Cube {
        let set = |a: u32, b: u32| crate::flow::IpSet {
            v4: RangeSet::range(a.min(b), a.max(b)),
            ..crate::flow::IpSet::EMPTY
        };
        Cube {
            source: set(from, to),
            destination: set(low, high),
            destination_ports: RangeSet::range(
                (from.min(low) * 100) as u16,
                (from.max(low) * 100) as u16,
            ),
            ..Cube::ALL
        }
    }

    proptest! {
        #[test]
        fn both_ways_find_the_rules_that_touch_and_those_that_hold(
            boxes in prop::collection::vec((0u32..40, 0u32..40, 0u32..40, 0u32..40), 0..150),
            asked in (0u32..40, 0u32..40, 0u32..40, 0u32..40),
            part in (0u32..150, 0u32..150),
        ) {
            let of = |b: &Box4| cube(b.0, b.1, b.2, b.3);
            let cubes: Vec<Cube> = boxes.iter().map(of).collect();
            // Every seventh rule counts for nothing.
            let counts = |index: &usize| index % 7 != 3;
            let rules: Vec<Option<Cube>> = cubes
                .iter()
                .enumerate()
                .map(|(index, cube)| counts(&index).then(|| cube.clone()))
                .collect();
            let overlaps = Overlaps::new(&rules);
            let asked = of(&asked);
            let range = part.0.min(part.1)..part.0.max(part.1);
            let expected = |test: &dyn Fn(&Cube) -> bool| -> Vec<u32> {
                (0u32..)
                    .zip(&rules)
                    .filter(|(rule, cube)| range.contains(rule) && cube.as_ref().is_some_and(test))
                    .map(|(rule, _)| rule)
                    .collect()
            };
            let touch = expected(&|cube| cube.overlaps(&asked));
            let hold = expected(&|cube| cube.includes(&asked));
            let found = overlaps.touching(&asked);
            prop_assert_eq!(found.within(range.clone()).collect::<Vec<_>>(), touch.clone());
            let (low, high) = ports(&asked).unwrap();
            let rows = overlaps.port_rows();
            let (before, behind) = (rows.ending_before(low), rows.beginning_behind(high));
            let many = Found::Many(
                Box::new([
                    overlaps.v4.rows(bounds_v4(&asked)),
                    overlaps.v6.rows(bounds_v6(&asked)),
                    Rows::Outside([before, behind, before, behind]),
                ]),
                &overlaps,
                Box::new(asked.clone()),
            );
            prop_assert_eq!(many.within(range.clone()).collect::<Vec<_>>(), touch);
            prop_assert_eq!(overlaps.around(&asked, range.clone()).collect::<Vec<_>>(), hold);
        }

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
