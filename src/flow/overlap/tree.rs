//! A tree of boxes over rules of about the same extent.

use std::collections::BTreeMap;
use std::ops::Range;

use super::Relation;
use crate::flow::ranges::Bound;
use crate::flow::sets::ProtocolSet;
use crate::model::net::Protocol;

/// So many rules stand in one leaf.
const LEAF: usize = 16;
/// Looking through a leaf costs as much as so many comparisons of cubes.
const LEAF_COST: usize = 2;
/// Protocols with trees of their own.
const OWN_TREES: [Protocol; 3] = [Protocol::TCP, Protocol::UDP, Protocol::ICMP];

/// The smallest box around the packets of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bounds<T> {
    /// First and last source address.
    pub(super) source: (T, T),
    /// First and last destination address.
    pub(super) destination: (T, T),
    /// First and last destination port.
    pub(super) ports: (u16, u16),
}

fn touch<T: Ord>(a: &(T, T), b: &(T, T)) -> bool {
    a.0 <= b.1 && b.0 <= a.1
}

fn hold<T: Ord>(outer: &(T, T), inner: &(T, T)) -> bool {
    outer.0 <= inner.0 && inner.1 <= outer.1
}

fn around<T: Ord + Copy>(a: (T, T), b: (T, T)) -> (T, T) {
    (a.0.min(b.0), a.1.max(b.1))
}

impl<T: Bound> Bounds<T> {
    fn relates(&self, wanted: &Self, relation: Relation) -> bool {
        match relation {
            Relation::Touch => {
                touch(&self.source, &wanted.source)
                    && touch(&self.destination, &wanted.destination)
                    && touch(&self.ports, &wanted.ports)
            }
            Relation::Hold => {
                hold(&self.source, &wanted.source)
                    && hold(&self.destination, &wanted.destination)
                    && hold(&self.ports, &wanted.ports)
            }
        }
    }

    fn around(self, other: Self) -> Self {
        Self {
            source: around(self.source, other.source),
            destination: around(self.destination, other.destination),
            ports: around(self.ports, other.ports),
        }
    }
}

/// How wide boxes are in each position, in steps of a quarter of its bits, and
/// the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Extent {
    /// Index in [`OWN_TREES`]; `None` for others and for several.
    protocol: Option<usize>,
    widths: [u32; 3],
}

fn width<T: Bound>(range: (T, T), bits: u32) -> u32 {
    let size = T::distance(range.0, range.1);
    let log = u128::BITS.saturating_sub(size.saturating_sub(1).leading_zeros());
    log.div_ceil((bits / 4).max(1))
}

impl Extent {
    fn of<T: Bound>(bounds: &Bounds<T>, protocols: ProtocolSet) -> Self {
        let bits = u32::try_from(size_of::<T>()).unwrap_or(4).saturating_mul(8);
        let protocol = protocols.single();
        Self {
            protocol: protocol.and_then(|own| OWN_TREES.iter().position(|known| *known == own)),
            widths: [
                width(bounds.source, bits),
                width(bounds.destination, bits),
                width(bounds.ports, u16::BITS),
            ],
        }
    }
}

/// A box that rules are looked for by.
#[derive(Debug, Clone)]
pub(super) struct Wanted<T> {
    bounds: Bounds<T>,
    protocols: ProtocolSet,
    extent: Extent,
}

impl<T: Bound> Wanted<T> {
    pub(super) fn new(bounds: Bounds<T>, protocols: ProtocolSet) -> Self {
        Self {
            extent: Extent::of(&bounds, protocols),
            bounds,
            protocols,
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Entry<T> {
    rule: u32,
    bounds: Bounds<T>,
}

#[derive(Debug, Clone, Copy)]
struct Node<T> {
    bounds: Bounds<T>,
    /// The lowest and the highest rule below it.
    rules: (u32, u32),
}

/// A node, by its number: the root is 1, the children of `n` are `2n` and
/// `2n + 1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Part(u32);

impl Part {
    pub(super) const ROOT: Self = Self(1);
}

/// Where a node leads to.
pub(super) enum Next {
    /// A rule that was looked for.
    Rule(u32),
    /// A node below, and the lowest rule that it leads to.
    Part(u32, Part),
}

/// Rules of about the same extent.
#[derive(Debug)]
pub(super) struct Tree<T> {
    extent: Extent,
    /// Those of a leaf stand together, the leaves in order.
    entries: Vec<Entry<T>>,
    /// `None` where a leaf has no entries; the first is not used.
    nodes: Vec<Option<Node<T>>>,
    /// Number of leaves, a power of two.
    leaves: usize,
}

/// Makes the trees for some rules.
pub(super) fn plant<T: Bound>(rules: Vec<(u32, Bounds<T>, ProtocolSet)>) -> Vec<Tree<T>> {
    let mut sizes: BTreeMap<Extent, usize> = BTreeMap::new();
    for (_, bounds, protocols) in &rules {
        let size = sizes.entry(Extent::of(bounds, *protocols)).or_default();
        *size = size.saturating_add(1);
    }
    let mut groups: BTreeMap<Extent, Vec<Entry<T>>> = sizes
        .into_iter()
        .map(|(extent, size)| (extent, Vec::with_capacity(size)))
        .collect();
    for (rule, bounds, protocols) in rules {
        if let Some(entries) = groups.get_mut(&Extent::of(&bounds, protocols)) {
            entries.push(Entry { rule, bounds });
        }
    }
    groups
        .into_iter()
        .map(|(extent, entries)| Tree::new(extent, entries))
        .collect()
}

impl<T: Bound> Tree<T> {
    fn new(extent: Extent, mut entries: Vec<Entry<T>>) -> Self {
        let leaves = entries.len().div_ceil(LEAF).next_power_of_two();
        let whole = spread(&entries);
        arrange(&mut entries, leaves, whole);
        let mut tree = Self {
            extent,
            nodes: vec![None; leaves.saturating_mul(2)],
            entries,
            leaves,
        };
        for (leaf, entries) in (leaves..).zip(tree.entries.chunks(LEAF)) {
            let node = entries.iter().fold(None, |node, entry| {
                let own = Node {
                    bounds: entry.bounds,
                    rules: (entry.rule, entry.rule),
                };
                Some(join(node, own))
            });
            if let Some(slot) = tree.nodes.get_mut(leaf) {
                *slot = node;
            }
        }
        for number in (1..leaves).rev() {
            let child = number.saturating_mul(2);
            let mut children = tree.nodes.iter().skip(child).take(2).flatten();
            let node = children.next().copied();
            let node = children.next().map(|other| join(node, *other)).or(node);
            if let Some(slot) = tree.nodes.get_mut(number) {
                *slot = node;
            }
        }
        tree
    }

    fn node(&self, part: Part) -> Option<&Node<T>> {
        self.nodes.get(part.0 as usize)?.as_ref()
    }

    /// The lowest rule that may be found at all.
    pub(super) fn root(
        &self,
        wanted: &Wanted<T>,
        relation: Relation,
        range: &Range<u32>,
    ) -> Option<u32> {
        let own = self.extent.protocol.and_then(|index| OWN_TREES.get(index));
        let fits = match relation {
            Relation::Touch => own.is_none_or(|own| wanted.protocols.contains(*own)),
            Relation::Hold => {
                own.is_none_or(|own| wanted.protocols.single() == Some(*own))
                    && self
                        .extent
                        .widths
                        .iter()
                        .zip(wanted.extent.widths)
                        .all(|(own, wanted)| *own >= wanted)
            }
        };
        if !fits {
            return None;
        }
        self.leads(Part::ROOT, wanted, relation, range)
    }

    /// The lowest rule that a node may lead to.
    fn leads(
        &self,
        part: Part,
        wanted: &Wanted<T>,
        relation: Relation,
        range: &Range<u32>,
    ) -> Option<u32> {
        let node = self.node(part)?;
        let within = node.rules.0 < range.end && range.start <= node.rules.1;
        (within && node.bounds.relates(&wanted.bounds, relation)).then_some(node.rules.0)
    }

    /// Calls `f` with what a node leads to; gives what that costs.
    pub(super) fn descend(
        &self,
        part: Part,
        wanted: &Wanted<T>,
        relation: Relation,
        range: &Range<u32>,
        mut f: impl FnMut(Next),
    ) -> usize {
        if let Some(leaf) = (part.0 as usize).checked_sub(self.leaves) {
            let from = leaf.saturating_mul(LEAF);
            for entry in self.entries.iter().skip(from).take(LEAF) {
                if range.contains(&entry.rule) && entry.bounds.relates(&wanted.bounds, relation) {
                    f(Next::Rule(entry.rule));
                }
            }
            return LEAF_COST;
        }
        let child = part.0.saturating_mul(2);
        for part in [Part(child), Part(child.saturating_add(1))] {
            if let Some(first) = self.leads(part, wanted, relation, range) {
                f(Next::Part(first, part));
            }
        }
        1
    }
}

fn join<T: Bound>(node: Option<Node<T>>, other: Node<T>) -> Node<T> {
    node.map_or(other, |node| Node {
        bounds: node.bounds.around(other.bounds),
        rules: around(node.rules, other.rules),
    })
}

/// How far boxes begin from each other, in each position.
fn spread<T: Bound>(entries: &[Entry<T>]) -> [u128; 3] {
    fn of<T: Bound, V: Bound>(entries: &[Entry<T>], value: impl Fn(&Bounds<T>) -> V) -> u128 {
        let values = || entries.iter().map(|entry| value(&entry.bounds));
        let ends = values().min().zip(values().max());
        ends.map_or(0, |(low, high)| V::distance(low, high).saturating_sub(1))
    }
    [
        of(entries, |bounds| bounds.source.0),
        of(entries, |bounds| bounds.destination.0),
        of(entries, |bounds| bounds.ports.0),
    ]
}

/// Puts entries that are near each other into the same leaves: they are halved
/// in the position where they are farthest apart, measured by all entries.
fn arrange<T: Bound>(entries: &mut [Entry<T>], leaves: usize, whole: [u128; 3]) {
    if leaves < 2 || entries.len() <= LEAF {
        return;
    }
    let half = leaves / 2;
    let middle = half.saturating_mul(LEAF);
    if middle >= entries.len() {
        arrange(entries, half, whole);
        return;
    }
    // In parts of 2^20, without overflow.
    let share = |(own, whole): (u128, u128)| {
        let shift = whole.leading_zeros().min(20);
        let unit = whole >> 20_u32.saturating_sub(shift);
        (own << shift).checked_div(unit).unwrap_or(0)
    };
    let widest = spread(entries)
        .into_iter()
        .zip(whole)
        .map(share)
        .enumerate()
        .max_by_key(|(position, share)| (*share, std::cmp::Reverse(*position)))
        .map_or(0, |(position, _)| position);
    // Equal ones stand in their order: a question for the lowest rules then looks
    // into few leaves.
    match widest {
        0 => entries.select_nth_unstable_by_key(middle, |entry| (entry.bounds.source, entry.rule)),
        1 => entries
            .select_nth_unstable_by_key(middle, |entry| (entry.bounds.destination, entry.rule)),
        _ => entries.select_nth_unstable_by_key(middle, |entry| (entry.bounds.ports, entry.rule)),
    };
    let (left, right) = entries.split_at_mut(middle);
    arrange(left, half, whole);
    arrange(right, half, whole);
}
