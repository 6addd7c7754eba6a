//! The diagram of a difference: its parts, and the ways through it.

use std::collections::HashMap;

use super::Turn;
use super::pieces::Raw;
use super::program::DIMENSIONS;
use super::split::Splitter;
use crate::flow::evaluate::RuleRef;
use crate::flow::resolve::add_reasons;
use crate::source::Span;

/// So many rules and statements of a piece are told.
const MAX_TOLD: usize = 512;

/// Number of a node.
pub(super) type NodeId = u32;
/// The node of packets whose verdict does not change.
pub(super) const SAME: NodeId = 0;
pub(super) const PERMITTED: NodeId = 1;
pub(super) const DENIED: NodeId = 2;
pub(super) const UNEXPLORED: NodeId = 3;

/// A part of the diagram.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Node {
    /// The verdict does not change.
    Same,
    /// It turns; for `Undecided` with the conditions that it depends on.
    Turn(Turn, Vec<u32>),
    /// It depends on a dimension; values that no edge has are `Same`.
    Cut(u8, Vec<(Vec<(u128, u128)>, NodeId)>),
}

impl Splitter<'_> {
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
                    let mut rules: [Vec<RuleRef>; 2] = Default::default();
                    let mut on: [Vec<Span>; 2] = Default::default();
                    for condition in conditions {
                        if let Some(doubt) = self.shared.doubts.get(*condition as usize) {
                            add_reasons(&mut reasons, &doubt.reasons);
                            // What only one side asks is what changed.
                            if doubt.rules.iter().any(Vec::is_empty) {
                                for side in 0..2 {
                                    extend(&mut rules, side, &doubt.rules);
                                    extend(&mut on, side, &doubt.on);
                                }
                            }
                        }
                    }
                    let mut raw = Raw::new(self.shared, *turn, &values, reasons);
                    raw.piece.rules = rules;
                    raw.piece.on = on;
                    out.push(raw);
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

/// Adds what one side has.
fn extend<T: Copy + PartialEq>(to: &mut [Vec<T>; 2], side: usize, from: &[Vec<T>; 2]) {
    let (Some(to), Some(from)) = (to.get_mut(side), from.get(side)) else {
        return;
    };
    for item in from {
        if to.len() < MAX_TOLD && !to.contains(item) {
            to.push(*item);
        }
    }
}
