//! The diagram of a difference: its parts, and the ways through it.

use std::collections::HashMap;

use super::Turn;
use super::pieces::Raw;
use super::program::DIMENSIONS;
use super::split::Splitter;
use crate::flow::resolve::add_reasons;

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
                    for condition in conditions {
                        if let Some(doubt) = self.shared.doubts.get(*condition as usize) {
                            add_reasons(&mut reasons, &doubt.reasons);
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
