//! Which packets two filters treat differently: exactly, by search, not by
//! comparing text.
//!
//! Both filters are compiled to one form ([`program`]) whose rules can be
//! compared across the two, then the space of packets is cut dimension by
//! dimension at the bounds of their rules ([`split`]). Pieces in which the two
//! filters are left with the same rules are not looked at further, so that the
//! work follows what changed and not the length of the filters.
//!
//! What is not modelled stands in the rules as a condition that may hold or
//! not. A piece whose verdicts differ under some conditions only is
//! *undecided*; one whose verdicts are the same under all of them did not
//! change.

mod active;
mod conditions;
mod diagram;
mod likeness;
mod pieces;
mod program;
mod split;

use std::collections::BTreeSet;

use super::evaluate::{ConnectionState, Engine, RuleRef};
use super::packets::Cube;
use super::resolve::Reason;
use crate::formats::firewall::definitions::Definitions;
use crate::model::firewall::{FilterId, InterfaceMatch};
use crate::source::Span;

use self::program::{Family, Shared};
use self::split::Splitter;

/// What decides packets at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// A filter.
    Filter(FilterId),
    /// Nothing: all packets pass.
    Open,
    /// The place does not exist: no packet passes.
    Closed,
}

/// One side of a comparison.
#[derive(Debug, Clone, Copy)]
pub struct Compared<'c, 'a> {
    /// The firewall.
    pub engine: &'c Engine<'a>,
    /// What names in its file stand for.
    pub definitions: &'c Definitions<'a>,
    /// What decides.
    pub standing: Standing,
    /// Where packets come in, if the place is bound there.
    pub ingress: &'c InterfaceMatch,
    /// Where they go out.
    pub egress: &'c InterfaceMatch,
}

/// How the verdict on packets changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Turn {
    /// Denied before, permitted now.
    Permitted,
    /// Permitted before, denied now.
    Denied,
    /// Depends on something that is not modelled.
    Undecided,
    /// Too many pieces to tell.
    Unexplored,
}

/// Packets whose verdict changes in one way.
#[derive(Debug, Clone)]
pub struct Piece {
    /// How.
    pub turn: Turn,
    /// Names of the interfaces where they come in; any when `None`.
    pub ingress: Option<Vec<String>>,
    /// Names of the interfaces where they go out; any when `None`.
    pub egress: Option<Vec<String>>,
    /// The state of their connections; any when `None`.
    pub state: Option<ConnectionState>,
    /// The packets.
    pub packets: Cube,
    /// Why it is undecided.
    pub reasons: Vec<Reason>,
    /// For each side the rules that depend on something on which no rule of the
    /// other side depends.
    pub rules: [Vec<RuleRef>; 2],
    /// For each side the statements that decide whether that holds.
    pub on: [Vec<Span>; 2],
}

/// What two filters treat differently. The pieces are disjoint.
#[derive(Debug, Clone, Default)]
pub struct Difference {
    /// The pieces, at most [`MAX_PIECES`].
    pub pieces: Vec<Piece>,
    /// How many there are of each turn, in the order of [`Turn`].
    pub counts: [usize; 4],
}

impl Difference {
    /// Whether no packet is treated differently.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.counts == [0; 4]
    }

    /// How many pieces there are of a turn; some may not be among
    /// [`Difference::pieces`].
    #[must_use]
    pub fn count(&self, turn: Turn) -> usize {
        let at = match turn {
            Turn::Permitted => 0,
            Turn::Denied => 1,
            Turn::Undecided => 2,
            Turn::Unexplored => 3,
        };
        self.counts.get(at).copied().unwrap_or(0)
    }
}

/// At most so many pieces are kept of one comparison.
pub const MAX_PIECES: usize = 4096;

/// Compares what decides at a place before and after a change.
#[must_use]
pub fn difference<'a>(base: Compared<'_, 'a>, head: Compared<'_, 'a>) -> Difference {
    let names: BTreeSet<&str> = [base, head]
        .iter()
        .flat_map(|side| &side.engine.firewall.interfaces)
        .map(|interface| interface.name.value.as_str())
        .collect();
    let names: Vec<&str> = names.into_iter().collect();
    let mut out = Difference::default();
    let mut found = Vec::new();
    for family in [Family::V4, Family::V6] {
        let mut shared = Shared::new(family, &names);
        let programs = [(0, base), (1, head)].map(|(number, side)| shared.compile(number, &side));
        let within = [
            shared.bound(&base, &head, true),
            shared.bound(&base, &head, false),
        ];
        let mut splitter = Splitter::new(&shared, programs, within);
        let root = splitter.root();
        splitter.count(root, &mut out.counts);
        let mut pieces = splitter.pieces(root, MAX_PIECES);
        found.append(&mut pieces);
    }
    out.pieces = pieces::joined(found, &mut out.counts);
    out.pieces.truncate(MAX_PIECES);
    out
}
