//! Whether the replies to packets come back through a firewall that keeps no
//! connections.

use super::answer::{Decider, Part};
use super::crossing::{Arrival, Crossed};
use super::evaluate::{ConnectionState, PartVerdict};
use super::packets::Cube;
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
    /// Some may be denied.
    Doubtful(Reason),
}

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
    pub(super) fn replies(&self, id: FirewallId, routing: &Routing, passed: Passed<'_>) -> Replies {
        if self.engine.firewall.stateful {
            return Replies::Pass;
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
        self.judge(back)
    }

    /// What becomes of the replies to packets that the firewall of a host let
    /// pass.
    pub(super) fn replies_at_host(
        &self,
        id: FirewallId,
        passage: Passage,
        interface: Option<InterfaceId>,
        left: &Cube,
    ) -> Replies {
        if self.engine.firewall.stateful {
            return Replies::Pass;
        }
        let other = match passage {
            Passage::FromHost => Passage::ToHost,
            _ => Passage::FromHost,
        };
        let replies = Flight::new(left.reversed());
        let state = ConnectionState::Established;
        self.judge(self.engine.at_host(id, other, interface, &replies, state))
    }

    fn judge(&self, back: Vec<Crossed>) -> Replies {
        let name = &self.engine.firewall.name;
        let denied = |crossed: &Crossed| crossed.verdict == PartVerdict::Deny;
        if !back.is_empty() && back.iter().all(denied) {
            let reason = Reason::new(
                format!(
                    "{} lets the packets pass and drops the replies: it keeps no connections, so \
                     replies need a rule of their own",
                    name.value
                ),
                Some(name.span),
            );
            return Replies::Denied(back.into_iter().flat_map(|c| c.by).collect(), reason);
        }
        if back.iter().all(|c| c.verdict == PartVerdict::Permit) {
            return Replies::Pass;
        }
        Replies::Doubtful(Reason::new(
            format!(
                "{} keeps no connections and may not let replies back",
                name.value
            ),
            Some(name.span),
        ))
    }
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
            Replies::Doubtful(reason) => {
                self.doubtful = true;
                add_reasons(&mut self.reasons, &[reason]);
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
            Replies::Doubtful(reason) => {
                self.verdict = PartVerdict::Inconclusive;
                add_reasons(&mut self.reasons, &[reason]);
            }
        }
    }
}
