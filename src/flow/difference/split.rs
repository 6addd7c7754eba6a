//! The space of packets, cut where two programs differ.
//!
//! Dimension by dimension, pieces of the space in which the same entries of
//! both programs are left are looked at together. What comes out is a diagram:
//! a node for each dimension, edges labelled with values, and at the end how
//! the verdict turns. Equal parts of it are one node, so that the diagram
//! stays small and its paths are few.

use std::collections::{HashMap, HashSet};

use foldhash::fast::RandomState;

use super::Turn;
use super::active::Active;
use super::diagram::{DENIED, Node, NodeId, PERMITTED, SAME, UNEXPLORED};
use super::likeness::{Likeness, increasing};
use super::program::{Act, DIMENSIONS, EGRESS, INGRESS, Program, Shared};
use crate::flow::ranges::RangeSet;

/// A comparison may look at so many entries.
const MAX_WORK: usize = 8_000_000;
/// A diagram has at most so many nodes.
const MAX_NODES: usize = 400_000;
/// So many conditions are tried in all combinations.
const MAX_CONDITIONS: usize = 8;

/// Entries of a program that are left, in order.
pub(super) type Left = Vec<u32>;

/// One comparison.
pub(super) struct Splitter<'s> {
    pub(super) shared: &'s Shared,
    programs: [Program; 2],
    likeness: [Likeness; 2],
    within: [Vec<(u128, u128)>; 2],
    /// Whether no program has calls, so that entries decide by order alone.
    flat: bool,
    pub(super) nodes: Vec<Node>,
    known: HashMap<Node, NodeId>,
    solved: HashMap<(u8, Vec<u64>, Vec<u64>), NodeId, RandomState>,
    work: usize,
    /// For numbers of likeness: when they were last seen.
    stamps: Vec<u32>,
    stamp: u32,
}

impl<'s> Splitter<'s> {
    /// Prepares a comparison of packets that come in and go out at interfaces
    /// `within`.
    pub(super) fn new(
        shared: &'s Shared,
        programs: [Program; 2],
        within: [Vec<(u128, u128)>; 2],
    ) -> Self {
        let mut numbers = HashMap::new();
        let mut tails = HashMap::new();
        let likeness = [&programs[0], &programs[1]]
            .map(|program| Likeness::new(shared, program, &mut numbers, &mut tails));
        let leaves = [
            Node::Same,
            Node::Turn(Turn::Permitted, Vec::new()),
            Node::Turn(Turn::Denied, Vec::new()),
            Node::Turn(Turn::Unexplored, Vec::new()),
        ];
        Self {
            shared,
            flat: programs.iter().all(|program| !program.calls),
            programs,
            likeness,
            within,
            known: leaves.iter().cloned().zip(0..).collect(),
            nodes: leaves.into(),
            solved: HashMap::default(),
            work: 0,
            stamps: vec![0; numbers.len().saturating_add(tails.len())],
            stamp: 0,
        }
    }

    /// Builds the diagram.
    pub(super) fn root(&mut self) -> NodeId {
        let all = |program: &Program| -> Left { (0u32..).take(program.entries.len()).collect() };
        let [base, head] = [all(&self.programs[0]), all(&self.programs[1])];
        if self.flat {
            let (base, head) = (self.distinct(0, 0, base), self.distinct(1, 0, head));
            self.mark_common(&base, &head);
            return self.solve(0, base, head);
        }
        self.solve(0, base, head)
    }

    fn likeness(&self, side: usize, level: usize, entry: u32) -> u32 {
        self.likeness
            .get(side)
            .and_then(|l| l.numbers.get(entry as usize))
            .and_then(|numbers| numbers.get(level))
            .copied()
            .unwrap_or(u32::MAX)
    }

    /// Leaves out entries that repeat one before, and all behind one that
    /// takes every packet.
    fn distinct(&mut self, side: usize, level: usize, left: Left) -> Left {
        self.stamp = self.stamp.saturating_add(1);
        let mut out = Left::with_capacity(left.len());
        for entry in left {
            let number = self.likeness(side, level, entry) as usize;
            match self.stamps.get_mut(number) {
                Some(seen) if *seen == self.stamp => continue,
                Some(seen) => *seen = self.stamp,
                None => {}
            }
            out.push(entry);
            if self.takes_all(side, level, entry) {
                break;
            }
        }
        out
    }

    /// Whether an entry decides every packet that is left.
    fn takes_all(&self, side: usize, level: usize, id: u32) -> bool {
        let (Some(program), Some(likeness)) = (self.programs.get(side), self.likeness.get(side))
        else {
            return false;
        };
        let (Some(entry), Some(from)) = (
            program.entries.get(id as usize),
            likeness.whole_from.get(id as usize),
        ) else {
            return false;
        };
        entry.condition.is_none()
            && matches!(entry.act, Act::Permit | Act::Deny)
            && usize::from(*from) <= level
    }

    fn act(&self, side: usize, id: u32) -> Option<Act> {
        let program = self.programs.get(side)?;
        program.entries.get(id as usize).map(|entry| entry.act)
    }

    /// Leaves out what cannot change the verdict on what is left.
    fn reduced(&mut self, side: usize, level: usize, left: Left) -> Left {
        if !self.flat {
            return left;
        }
        let mut out = self.distinct(side, level, left);
        // Entries right before the last one that do the same are needless.
        if let Some(last) = out.pop() {
            let act = self.act(side, last);
            while out
                .last()
                .is_some_and(|entry| self.act(side, *entry) == act)
            {
                out.pop();
            }
            out.push(last);
        }
        out
    }

    /// Marks the entries that both sides have in the same order: packets that
    /// match no other entry are treated alike.
    fn mark_common(&mut self, base: &[u32], head: &[u32]) {
        let places: HashMap<u32, usize> = head
            .iter()
            .enumerate()
            .map(|(place, entry)| (self.likeness(1, 0, *entry), place))
            .collect();
        let pairs: Vec<(u32, usize)> = base
            .iter()
            .filter_map(|entry| Some((*entry, *places.get(&self.likeness(0, 0, *entry))?)))
            .collect();
        for at in increasing(&pairs) {
            let Some((mine, place)) = pairs.get(at) else {
                continue;
            };
            let theirs = head.get(*place).copied();
            for (side, entry) in [(0, Some(*mine)), (1, theirs)] {
                let slot = self
                    .likeness
                    .get_mut(side)
                    .zip(entry)
                    .and_then(|(likeness, entry)| likeness.common.get_mut(entry as usize));
                if let Some(slot) = slot {
                    *slot = true;
                }
            }
        }
    }

    /// What identifies the entries left: their likeness and, with calls, which
    /// of them contains which.
    fn signature(&self, side: usize, level: usize, left: &[u32]) -> Vec<u64> {
        let Some(program) = self.programs.get(side) else {
            return Vec::new();
        };
        let mut places: HashMap<u32, u64> = HashMap::new();
        (1u64..)
            .zip(left)
            .map(|(place, id)| {
                let number = u64::from(self.likeness(side, level, *id));
                if self.flat {
                    return number;
                }
                let entry = program.entries.get(*id as usize);
                if entry.is_some_and(|entry| entry.act == Act::Enter) {
                    places.insert(*id, place);
                }
                let parent = entry.and_then(|entry| entry.parent);
                let parent = parent.and_then(|parent| places.get(&parent));
                number | parent.copied().unwrap_or(0) << 32
            })
            .collect()
    }

    fn solve(&mut self, level: usize, base: Left, head: Left) -> NodeId {
        self.work = self
            .work
            .saturating_add(base.len())
            .saturating_add(head.len());
        let base = self.reduced(0, level, base);
        let head = self.reduced(1, level, head);
        let key = (
            u8::try_from(level).unwrap_or(u8::MAX),
            self.signature(0, level, &base),
            self.signature(1, level, &head),
        );
        if key.1 == key.2 {
            return SAME;
        }
        if let (&[before], &[after]) = (base.as_slice(), head.as_slice())
            && self.takes_all(0, level, before)
            && self.takes_all(1, level, after)
        {
            return match (self.act(0, before), self.act(1, after)) {
                (Some(Act::Deny), Some(Act::Permit)) => PERMITTED,
                (Some(Act::Permit), Some(Act::Deny)) => DENIED,
                _ => SAME,
            };
        }
        if level == DIMENSIONS {
            return self.leaf(&base, &head);
        }
        if let Some(node) = self.solved.get(&key) {
            return *node;
        }
        if self.work > MAX_WORK || self.nodes.len() > MAX_NODES {
            return UNEXPLORED;
        }
        let node = self.cut(level, &base, &head);
        self.solved.insert(key, node);
        node
    }

    /// Cuts one dimension at the bounds of the entries left.
    fn cut(&mut self, level: usize, base: &[u32], head: &[u32]) -> NodeId {
        let highest = self.shared.highest(level);
        let mut bounds: Vec<(u128, u32)> = Vec::new();
        let all: Vec<(usize, u32)> = [(0, base), (1, head)]
            .into_iter()
            .flat_map(|(side, left)| left.iter().map(move |id| (side, *id)))
            .collect();
        let values = |side: usize, id: u32| -> &[(u128, u128)] {
            let program = self.programs.get(side);
            let entry = program.and_then(|program| program.entries.get(id as usize));
            let number = entry.and_then(|entry| entry.values.get(level));
            number.map_or(&[], |number| self.shared.values(*number))
        };
        // Only where an entry of one side alone matches there is anything to see.
        let own: Vec<bool> = all
            .iter()
            .map(|(side, id)| !self.common(*side, *id))
            .collect();
        let alone = all.iter().zip(&own).filter(|(_, own)| **own);
        let seen = RangeSet::of(
            alone
                .flat_map(|((side, id), _)| values(*side, *id))
                .copied()
                .collect(),
        );
        let mut active = Active::new(base.len(), own);
        for (at, (side, id)) in (0u32..).zip(&all) {
            for (low, high) in values(*side, *id) {
                if !seen.touches(*low, *high) {
                    continue;
                }
                if *low == 0 {
                    active.toggle(at);
                } else {
                    bounds.push((*low, at));
                }
                if *high < highest {
                    bounds.push((high.saturating_add(1), at));
                }
            }
        }
        bounds.sort_unstable();
        // One whole range of a dimension is one step.
        let within = self.allowed(level);
        let mut children: HashMap<u128, NodeId> = HashMap::new();
        let mut edges: Vec<(NodeId, Vec<(u128, u128)>)> = Vec::new();
        let mut places: HashMap<NodeId, usize> = HashMap::new();
        let mut low = 0u128;
        let mut rest = bounds.as_slice();
        loop {
            while let Some(((at, entry), more)) = rest.split_first()
                && *at == low
            {
                active.toggle(*entry);
                rest = more;
            }
            let high = rest
                .first()
                .map_or(highest, |(next, _)| next.saturating_sub(1));
            if active.differ > 0 {
                let child = match children.get(&active.hash) {
                    Some(child) => *child,
                    None => {
                        let (base, head) = active.left(base, head);
                        let (base, head) = (self.reachable(0, base), self.reachable(1, head));
                        let child = self.solve(level.saturating_add(1), base, head);
                        children.insert(active.hash, child);
                        child
                    }
                };
                if child != SAME {
                    let place = *places.entry(child).or_insert_with(|| {
                        edges.push((child, Vec::new()));
                        edges.len().saturating_sub(1)
                    });
                    if let Some((_, values)) = edges.get_mut(place) {
                        extend(values, (low, high), &within);
                    }
                }
            }
            if rest.is_empty() {
                break;
            }
            low = high.saturating_add(1);
        }
        edges.retain(|(_, values)| !values.is_empty());
        match edges.as_slice() {
            [] => SAME,
            [(child, values)] if values.as_slice() == [(0, highest)] => *child,
            _ => {
                let edges = edges.into_iter().map(|(child, values)| (values, child));
                let level = u8::try_from(level).unwrap_or(u8::MAX);
                self.node(Node::Cut(level, edges.collect()))
            }
        }
    }

    /// Whether both sides have an entry, in the same order.
    fn common(&self, side: usize, id: u32) -> bool {
        self.flat
            && self
                .likeness
                .get(side)
                .and_then(|likeness| likeness.common.get(id as usize))
                .copied()
                .unwrap_or(false)
    }

    /// The values of a dimension that are asked about.
    pub(super) fn allowed(&self, level: usize) -> Vec<(u128, u128)> {
        match level {
            INGRESS => self.within[0].clone(),
            EGRESS => self.within[1].clone(),
            _ => vec![(0, self.shared.highest(level))],
        }
    }

    /// Leaves out entries inside calls that do not match any more.
    fn reachable(&self, side: usize, left: Left) -> Left {
        let Some(program) = self.programs.get(side).filter(|program| program.calls) else {
            return left;
        };
        let mut here: HashSet<u32> = HashSet::new();
        left.into_iter()
            .filter(|id| {
                let Some(entry) = program.entries.get(*id as usize) else {
                    return false;
                };
                let reached = entry.parent.is_none_or(|parent| here.contains(&parent));
                if reached && entry.act == Act::Enter {
                    here.insert(*id);
                }
                reached
            })
            .collect()
    }

    fn node(&mut self, node: Node) -> NodeId {
        if let Some(id) = self.known.get(&node) {
            return *id;
        }
        let id = NodeId::try_from(self.nodes.len()).unwrap_or(NodeId::MAX);
        self.nodes.push(node.clone());
        self.known.insert(node, id);
        id
    }

    /// How the verdict turns for packets that match exactly the entries left.
    fn leaf(&mut self, base: &[u32], head: &[u32]) -> NodeId {
        let mut conditions: Vec<u32> = [(0, base), (1, head)]
            .into_iter()
            .flat_map(|(side, left)| {
                let entries = self.programs.get(side).map(|program| &program.entries);
                left.iter()
                    .filter_map(move |id| entries?.get(*id as usize)?.condition)
            })
            .collect();
        conditions.sort_unstable();
        conditions.dedup();
        if conditions.len() > MAX_CONDITIONS {
            return self.node(Node::Turn(Turn::Undecided, conditions));
        }
        let worlds = 1u32 << conditions.len();
        let looks = base.len().saturating_add(head.len());
        self.work = self.work.saturating_add(looks << conditions.len());
        let (mut permitted, mut denied, mut same) = (false, false, false);
        for world in 0..worlds {
            let holds = |condition: u32| {
                let place = conditions.binary_search(&condition).unwrap_or(0);
                world >> place & 1 == 1
            };
            match (self.permits(0, base, &holds), self.permits(1, head, &holds)) {
                (false, true) => permitted = true,
                (true, false) => denied = true,
                _ => same = true,
            }
        }
        match (permitted, denied, same) {
            (false, false, _) => SAME,
            (true, false, false) => PERMITTED,
            (false, true, false) => DENIED,
            _ => self.node(Node::Turn(Turn::Undecided, conditions)),
        }
    }

    /// Whether packets that match the entries left pass.
    fn permits(&self, side: usize, left: &[u32], holds: &dyn Fn(u32) -> bool) -> bool {
        let Some(program) = self.programs.get(side) else {
            return false;
        };
        let last = program.entries.len().saturating_sub(1);
        let last = u32::try_from(last).unwrap_or(u32::MAX);
        let mut from = 0u32;
        for id in left {
            let Some(entry) = program.entries.get(*id as usize).filter(|_| *id >= from) else {
                continue;
            };
            if !entry.condition.is_none_or(holds) {
                from = entry.end;
                continue;
            }
            match entry.act {
                Act::Permit => return true,
                Act::Deny => return false,
                Act::Enter => {}
                Act::Return => {
                    from = entry
                        .parent
                        .and_then(|parent| program.entries.get(parent as usize))
                        .map_or(last, |parent| parent.end);
                }
            }
        }
        false
    }
}

/// Adds the part of a range that is asked about, joined to the last range
/// where they are adjacent.
fn extend(values: &mut Vec<(u128, u128)>, range: (u128, u128), within: &[(u128, u128)]) {
    for (low, high) in within {
        let (low, high) = (range.0.max(*low), range.1.min(*high));
        if low > high {
            continue;
        }
        match values.last_mut() {
            Some(last) if last.1.checked_add(1) == Some(low) => last.1 = high,
            _ => values.push((low, high)),
        }
    }
}
