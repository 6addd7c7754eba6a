//! Whether the replies to packets come back through a firewall that keeps no
//! connections.

use super::answer::{Decider, Part};
use super::crossing::{Arrival, Crossed};
use super::evaluate::{ConnectionState, PartVerdict};
use super::packets::{Cube, subtract_all};
use super::place::Routing;
use super::reach::Node;
use super::resolve::{Reason, add_reasons};
use super::walk::Flight;
use crate::estate::FirewallId;
use crate::model::firewall::{InterfaceId, Passage};

/// What becomes of replies.
#[derive(Debug, Clone)]
pub(super) enum Replies {
    /// They pass.
    Pass,
    /// All are denied, by these statements.
    Denied(Vec<Decider>, Reason),
    /// Some may be denied: that, and what leaves it open.
    Doubtful(Vec<Reason>),
}

/// Packets that left a firewall, and what becomes of the replies to them.
#[derive(Debug, Clone)]
pub(super) struct Returned {
    /// The packets; `None` for all.
    pub(super) left: Option<Cube>,
    /// What becomes of the replies.
    pub(super) replies: Replies,
}

impl Returned {
    fn all(replies: Replies) -> Vec<Self> {
        vec![Self {
            left: None,
            replies,
        }]
    }

    /// Replies that nobody asks about.
    pub(super) fn unasked() -> Vec<Self> {
        Self::all(Replies::Pass)
    }
}

/// Into more pieces replies are not divided: a doubt stands for all.
const MAX_PIECES: usize = 64;

/// So many reasons tell why all of them are doubtful.
const MAX_REASONS: usize = 4;

/// Packets that a firewall let pass, in the views that replies need.
#[derive(Debug, Clone, Copy)]
pub(super) struct Passed<'c> {
    pub(super) arrived: &'c Cube,
    pub(super) real: &'c Cube,
    pub(super) left: &'c Cube,
    pub(super) egress: InterfaceId,
}

impl Node<'_> {
    /// What becomes of the replies to packets that crossed the firewall;
    /// `routing` leads them back.
    pub(super) fn replies(
        &self,
        id: FirewallId,
        routing: &Routing,
        passed: Passed<'_>,
    ) -> Vec<Returned> {
        if self.engine.firewall.stateful {
            return Returned::all(Replies::Pass);
        }
        let replies = passed.left.reversed();
        let arrival = Arrival {
            firewall: id,
            ingress: passed.egress,
            sent: &replies,
            arrived: &replies,
            pooled: false,
            state: ConnectionState::Established,
        };
        let back = if self.engine.firewall.nat.rules.is_empty() {
            self.engine.cross(routing, &arrival)
        } else {
            let (real, left) = (passed.real.reversed(), passed.arrived.reversed());
            self.engine.cross_back(routing, &arrival, &real, &left)
        };
        let untranslated = passed.arrived == passed.left;
        self.judge(back, untranslated.then_some(passed.left))
    }

    /// What becomes of the replies to packets that the firewall of a host let
    /// pass.
    pub(super) fn replies_at_host(
        &self,
        id: FirewallId,
        passage: Passage,
        interface: Option<InterfaceId>,
        left: &Cube,
    ) -> Vec<Returned> {
        if self.engine.firewall.stateful {
            return Returned::all(Replies::Pass);
        }
        let other = match passage {
            Passage::FromHost => Passage::ToHost,
            _ => Passage::FromHost,
        };
        let replies = Flight::new(left.reversed());
        let state = ConnectionState::Established;
        let back = self.engine.at_host(id, other, interface, &replies, state);
        self.judge(back, Some(left))
    }

    /// What becomes of replies by what became of their pieces. Those of packets
    /// that are as they were when they `left` tell which of them are meant.
    fn judge(&self, back: Vec<Crossed>, left: Option<&Cube>) -> Vec<Returned> {
        let name = &self.engine.firewall.name;
        let drops = |by| {
            let text = format!(
                "{} lets the packets pass and drops the replies: it keeps no connections, so \
                 replies need a rule of their own",
                name.value
            );
            Replies::Denied(by, Reason::new(text, Some(name.span)))
        };
        let doubt = |open: &[Reason]| {
            let text = format!(
                "{} keeps no connections and may not let replies back",
                name.value
            );
            let mut reasons = vec![Reason::new(text, Some(name.span))];
            add_reasons(&mut reasons, open);
            Replies::Doubtful(reasons)
        };
        let denied = |crossed: &Crossed| crossed.verdict == PartVerdict::Deny;
        if !back.is_empty() && back.iter().all(denied) {
            return Returned::all(drops(back.into_iter().flat_map(|c| c.by).collect()));
        }
        if back.iter().all(|c| c.verdict == PartVerdict::Permit) {
            return Returned::all(Replies::Pass);
        }
        if !left.is_some_and(|left| divides(left, &back)) {
            let mut open = Vec::new();
            for crossed in &back {
                add_reasons(&mut open, &crossed.reasons);
            }
            open.truncate(MAX_REASONS);
            return Returned::all(doubt(&open));
        }
        let pieces = back.into_iter().map(|crossed| {
            let replies = match crossed.verdict {
                PartVerdict::Permit => Replies::Pass,
                PartVerdict::Deny => drops(crossed.by),
                PartVerdict::Inconclusive => doubt(&crossed.reasons),
            };
            Returned {
                left: Some(crossed.arrived.reversed()),
                replies,
            }
        });
        pieces.collect()
    }
}

/// Whether a few pieces of replies are those to all packets that left, each to
/// some of them.
fn divides(left: &Cube, back: &[Crossed]) -> bool {
    if back.len() > MAX_PIECES {
        return false;
    }
    let meant: Vec<Cube> = back.iter().map(|piece| piece.arrived.reversed()).collect();
    let apart = meant.iter().enumerate().all(|(place, one)| {
        let mut others = meant.iter().skip(place.saturating_add(1));
        left.includes(one) && !others.any(|other| one.overlaps(other))
    });
    let rest = meant.iter().fold(vec![left.clone()], |rest, one| {
        if apart {
            subtract_all(&rest, one)
        } else {
            rest
        }
    });
    rest.is_empty()
}

impl Flight {
    /// Takes note of what becomes of replies; `false` when all are denied.
    pub(super) fn heed(&mut self, replies: Replies) -> bool {
        match replies {
            Replies::Pass => true,
            Replies::Denied(by, reason) => {
                self.by = by;
                self.replies_denied = true;
                self.reasons = vec![reason];
                false
            }
            Replies::Doubtful(reasons) => {
                self.doubtful = true;
                add_reasons(&mut self.reasons, &reasons);
                true
            }
        }
    }
}

impl Part {
    /// Takes note of what becomes of the replies to packets that pass.
    pub(super) fn heed(&mut self, replies: Replies) {
        match replies {
            Replies::Pass => {}
            Replies::Denied(by, reason) => {
                self.verdict = PartVerdict::Deny;
                self.by = by;
                self.replies_denied = true;
                self.reasons = vec![reason];
            }
            Replies::Doubtful(reasons) => {
                self.verdict = PartVerdict::Inconclusive;
                add_reasons(&mut self.reasons, &reasons);
            }
        }
    }
}
