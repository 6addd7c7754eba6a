//! The space of packets, cut where two programs differ.
//!
//! Dimension by dimension, pieces of the space in which the same entries of
//! both programs are left are looked at together. What comes out is a diagram:
//! a node for each dimension, edges labelled with values, and at the end how
//! the verdict turns. Equal parts of it are one node, so that the diagram
//! stays small and its paths are few.

use std::collections::{HashMap, HashSet};

use super::Turn;
use super::pieces::Raw;
use super::program::{Act, DIMENSIONS, EGRESS, INGRESS, Program, Shared};

/// A comparison may look at so many entries.
const MAX_WORK: usize = 40_000_000;
/// A diagram has at most so many nodes.
const MAX_NODES: usize = 400_000;
/// So many conditions are tried in all combinations.
const MAX_CONDITIONS: usize = 8;

/// Number of a node.
pub(super) type NodeId = u32;
/// The node of packets whose verdict does not change.
const SAME: NodeId = 0;
const PERMITTED: NodeId = 1;
const DENIED: NodeId = 2;
const UNEXPLORED: NodeId = 3;

/// A part of the diagram.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Node {
    /// The verdict does not change.
    Same,
    /// It turns; for `Undecided` with the conditions that it depends on.
    Turn(Turn, Vec<u32>),
    /// It depends on a dimension; values that no edge has are `Same`.
    Cut(u8, Vec<(Vec<(u128, u128)>, NodeId)>),
}

/// Entries of a program that are left, in order.
type Left = Vec<u32>;

/// Numbers that are equal for entries that are alike in the rest of the
/// dimensions.
struct Likeness {
    /// For each entry and dimension the number from that dimension on.
    numbers: Vec<[u32; DIMENSIONS + 1]>,
    /// For each entry the dimension from which on it matches everything.
    whole_from: Vec<u8>,
    /// For each entry whether the other program has it, too, in this order.
    common: Vec<bool>,
}

/// One comparison.
pub(super) struct Splitter<'s> {
    shared: &'s Shared,
    programs: [Program; 2],
    likeness: [Likeness; 2],
    within: [Vec<(u128, u128)>; 2],
    /// Whether no program has calls, so that entries decide by order alone.
    flat: bool,
    nodes: Vec<Node>,
    known: HashMap<Node, NodeId>,
    solved: HashMap<(u8, Vec<u64>, Vec<u64>), NodeId>,
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
            solved: HashMap::new(),
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
        let mut active = Active::new(base.len(), head.len());
        let mut bounds: Vec<(u128, u32)> = Vec::new();
        let all = base
            .iter()
            .map(|id| (0, *id))
            .chain(head.iter().map(|id| (1, *id)));
        for (at, (side, id)) in (0u32..).zip(all) {
            let entry = self
                .programs
                .get(side)
                .and_then(|program| program.entries.get(id as usize));
            let number = entry.and_then(|entry| entry.values.get(level)).copied();
            let common = self.flat
                && self
                    .likeness
                    .get(side)
                    .and_then(|likeness| likeness.common.get(id as usize))
                    .copied()
                    .unwrap_or(false);
            active.own.push(!common);
            for (low, high) in number.map_or(&[][..], |number| self.shared.values(number)) {
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

    /// The values of a dimension that are asked about.
    fn allowed(&self, level: usize) -> Vec<(u128, u128)> {
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

    /// Counts the paths from a node by the turn at their end.
    pub(super) fn count(&self, root: NodeId, counts: &mut [usize; 4]) {
        let mut known: HashMap<NodeId, [usize; 4]> = HashMap::new();
        let of_root = self.paths(root, &mut known);
        for (sum, more) in counts.iter_mut().zip(of_root) {
            *sum = sum.saturating_add(more);
        }
    }

    fn paths(&self, id: NodeId, known: &mut HashMap<NodeId, [usize; 4]>) -> [usize; 4] {
        if let Some(counts) = known.get(&id) {
            return *counts;
        }
        let mut counts = [0usize; 4];
        match self.nodes.get(id as usize) {
            None | Some(Node::Same) => {}
            Some(Node::Turn(turn, _)) => {
                if let Some(count) = counts.get_mut(*turn as usize) {
                    *count = 1;
                }
            }
            Some(Node::Cut(_, edges)) => {
                for (_, child) in edges {
                    for (sum, more) in counts.iter_mut().zip(self.paths(*child, known)) {
                        *sum = sum.saturating_add(more);
                    }
                }
            }
        }
        known.insert(id, counts);
        counts
    }

    /// The paths from a node, at most so many.
    pub(super) fn pieces(&self, root: NodeId, most: usize) -> Vec<Raw> {
        let mut out = Vec::new();
        let whole: [Vec<(u128, u128)>; DIMENSIONS] =
            std::array::from_fn(|dimension| self.allowed(dimension));
        let mut open = vec![(root, whole)];
        while let Some((id, values)) = open.pop() {
            if out.len() >= most {
                break;
            }
            match self.nodes.get(id as usize) {
                None | Some(Node::Same) => {}
                Some(Node::Turn(turn, conditions)) => {
                    let mut reasons = Vec::new();
                    for condition in conditions {
                        if let Some(doubt) = self.shared.doubts.get(*condition as usize) {
                            crate::flow::resolve::add_reasons(&mut reasons, &doubt.reasons);
                        }
                    }
                    out.push(Raw::new(self.shared, *turn, &values, reasons));
                }
                Some(Node::Cut(level, edges)) => {
                    for (edge, child) in edges.iter().rev() {
                        let mut values = values.clone();
                        if let Some(slot) = values.get_mut(usize::from(*level)) {
                            slot.clone_from(edge);
                        }
                        open.push((*child, values));
                    }
                }
            }
        }
        out
    }
}

impl Likeness {
    fn new(
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

/// Which entries match at a place of a dimension.
struct Active {
    bits: Vec<u64>,
    /// How many entries are of the base.
    base: usize,
    /// Tells sets of entries apart.
    hash: u128,
    /// For each entry whether only one side has it.
    own: Vec<bool>,
    /// How many such entries match.
    differ: usize,
}

impl Active {
    fn new(base: usize, head: usize) -> Self {
        let count = base.saturating_add(head);
        Self {
            bits: vec![0; count.div_ceil(64)],
            base,
            hash: 0,
            own: Vec::with_capacity(count),
            differ: 0,
        }
    }

    fn toggle(&mut self, at: u32) {
        let Some(word) = self.bits.get_mut(at as usize >> 6) else {
            return;
        };
        *word ^= 1 << (at & 63);
        let on = *word >> (at & 63) & 1 == 1;
        self.hash ^= mixed(at);
        if self.own.get(at as usize).copied().unwrap_or(true) {
            self.differ = if on {
                self.differ.saturating_add(1)
            } else {
                self.differ.saturating_sub(1)
            };
        }
    }

    /// The entries that match, of either side.
    fn left(&self, base: &[u32], head: &[u32]) -> (Left, Left) {
        let (mut before, mut after) = (Left::new(), Left::new());
        for (index, word) in self.bits.iter().enumerate() {
            let mut word = *word;
            while word != 0 {
                let at = index
                    .saturating_mul(64)
                    .saturating_add(word.trailing_zeros() as usize);
                word &= word.wrapping_sub(1);
                match at.checked_sub(self.base) {
                    None => before.extend(base.get(at)),
                    Some(at) => after.extend(head.get(at)),
                }
            }
        }
        (before, after)
    }
}

/// A number of 128 bits that looks random (the finaliser of splitmix64, for
/// each half).
fn mixed(at: u32) -> u128 {
    let half = |seed: u64| {
        let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    let low = half(u64::from(at));
    u128::from(low) | u128::from(half(low ^ 0x5851_f42d_4c95_7f2d)) << 64
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

/// Places of the longest sequence in which the second numbers increase.
fn increasing(pairs: &[(u32, usize)]) -> Vec<usize> {
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
