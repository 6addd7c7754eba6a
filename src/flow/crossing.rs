//! What one firewall does with packets that come in at one interface.

mod cite;
mod egress;
mod inside;
mod stages;
mod translation;

pub(super) use self::inside::{Inside, View, pool_reason};
use super::answer::{Decider, DeciderKind, Effect, EffectKind, TranslatedEnd};
use super::evaluate::{ConnectionState, Engine, PartVerdict};
use super::nat::{Side, Untranslated, project};
use super::packets::Cube;
use super::place::{Placement, Routing};
use super::resolve::{Reason, add_reasons};
use super::sets::IpSet;
use super::walk::Flight;
use crate::estate::FirewallId;
use crate::model::firewall::{InterfaceId, NatKind, Passage};

/// Packets after one firewall.
#[derive(Debug, Clone)]
pub(super) struct Crossed {
    /// As their source sent them.
    pub(super) sent: Cube,
    /// As they came in.
    pub(super) arrived: Cube,
    /// With real addresses.
    pub(super) real: Cube,
    /// As they leave.
    pub(super) left: Cube,
    /// Whether a pool hides which packet became which, up to here.
    pub(super) pooled: bool,
    /// What the firewall does with them.
    pub(super) verdict: PartVerdict,
    /// The statements that decide.
    pub(super) by: Vec<Decider>,
    /// Why it is not known.
    pub(super) reasons: Vec<Reason>,
    /// What happens to them.
    pub(super) effects: Vec<Effect>,
    /// Where they go out, if there is a way.
    pub(super) egress: Option<Placement>,
    /// Whether they are for the firewall itself and go no further.
    pub(super) home: bool,
}

impl Crossed {
    /// A part of the packets as they leave, or all of them.
    pub(super) fn of(&self, part: Option<Cube>) -> Self {
        let Some(left) = part else {
            return self.clone();
        };
        let (sent, exact) = project(&self.sent, &self.left, &left, self.pooled);
        // A translated view stays as wide as it was.
        let seen = |view: &Cube| match *view == self.left {
            true => left.clone(),
            false => view.clone(),
        };
        let mut crossed = Self {
            sent,
            arrived: seen(&self.arrived),
            real: seen(&self.real),
            left: left.clone(),
            ..self.clone()
        };
        if !exact {
            crossed.verdict = PartVerdict::Inconclusive;
            add_reasons(&mut crossed.reasons, &[pool_reason()]);
        }
        crossed
    }
}

/// How packets come to a firewall.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrival<'c> {
    pub(super) firewall: FirewallId,
    pub(super) ingress: InterfaceId,
    pub(super) sent: &'c Cube,
    pub(super) arrived: &'c Cube,
    pub(super) pooled: bool,
    pub(super) state: ConnectionState,
}

/// Packets with their way out, before any filter looked at them.
#[derive(Debug, Clone)]
pub(super) struct Routed {
    pub(super) by: Untranslated,
    pub(super) egress: Option<Placement>,
}

impl Routed {
    /// Whether a translation changed them.
    pub(super) fn moved(&self) -> bool {
        self.by.rule.is_some() && self.by.arrived != self.by.real
    }

    /// Whether they go out where a place lies.
    pub(super) fn returns_to(&self, ingress: &Placement) -> bool {
        let egress = self.egress.as_ref();
        egress.is_some_and(|egress| egress.interface == ingress.interface)
    }
}

impl Engine<'_> {
    /// Un-translates and routes packets that come in at an interface.
    pub(super) fn route(
        &self,
        routing: &Routing,
        ingress: InterfaceId,
        cube: &Cube,
    ) -> Vec<Routed> {
        let mut routed = Vec::new();
        for piece in self.untranslate(ingress, cube) {
            let (ways, lost) = routing.divide_from(ingress, &piece.real.destination);
            let nat_side = piece.rule.and_then(|(index, side)| {
                let rule = self.firewall.nat.rules.get(index as usize)?;
                // Identity translations follow the route; others divert.
                (rule.kind != NatKind::Exempt)
                    .then_some(match side {
                        Side::Mapped => rule.real_interface,
                        Side::Real => rule.mapped_interface,
                    })
                    .flatten()
            });
            let narrowed = |destination: &IpSet| -> Option<Untranslated> {
                let part = Cube {
                    destination: destination.clone(),
                    ..piece.real.clone()
                };
                if part.is_empty() {
                    return None;
                }
                let (arrived, _) = project(&piece.arrived, &piece.real, &part, false);
                Some(Untranslated {
                    arrived,
                    real: part,
                    ..piece.clone()
                })
            };
            for (set, placement) in ways {
                if let Some(by) = narrowed(&set) {
                    let mut placement = placement.into_owned();
                    if let Some(interface) = nat_side
                        && interface != placement.interface
                    {
                        placement.interface = interface;
                        placement.next_hop = None;
                        placement.doubt = None;
                    }
                    routed.push(Routed {
                        by,
                        egress: Some(placement),
                    });
                }
            }
            if let Some(by) = narrowed(&lost) {
                let egress = nat_side.map(|interface| Placement {
                    interface,
                    strength: crate::estate::Strength::Routed,
                    next_hop: None,
                    span: self.firewall.name.span,
                    doubt: None,
                });
                routed.push(Routed { by, egress });
            }
        }
        routed
    }

    /// Sends packets through the firewall.
    pub(super) fn cross(&self, routing: &Routing, at: &Arrival<'_>) -> Vec<Crossed> {
        self.cross_routed(self.route(routing, at.ingress, at.arrived), at)
    }

    /// Sends packets through the firewall whose ways are known.
    pub(super) fn cross_routed(&self, routed: Vec<Routed>, at: &Arrival<'_>) -> Vec<Crossed> {
        let mut out = Vec::new();
        for routed in routed {
            let (sent, exact) = project(at.sent, at.arrived, &routed.by.arrived, at.pooled);
            let mut start = Inside::new(&sent, &routed.by.arrived, &routed.by.real, at.pooled);
            start.new_destination = routed.by.new_destination();
            start.uncertain = !routed.by.doubts.is_empty();
            if !exact {
                start.doubt(&[pool_reason()]);
            }
            start.doubt(&routed.by.doubts);
            let Some(egress) = routed.egress else {
                start.doubt(&[self.no_route(&start.real.destination)]);
                out.push(start.end(PartVerdict::Inconclusive, None));
                continue;
            };
            start.doubt(egress.doubt.as_slice());
            if let Some(reason) = self.to_itself(&start.real.destination) {
                let flight = Flight {
                    sent: start.sent.clone(),
                    pooled: start.pooled_before,
                    ..Flight::new(start.arrived.clone())
                };
                let home = self.at_host(
                    at.firewall,
                    Passage::ToHost,
                    Some(at.ingress),
                    &flight,
                    at.state,
                );
                if !home.is_empty() {
                    out.extend(home.into_iter().map(|crossed| Crossed {
                        egress: Some(egress.clone()),
                        home: true,
                        ..crossed
                    }));
                    continue;
                }
                start.doubt(&[reason]);
                out.push(start.end(PartVerdict::Inconclusive, Some(egress)));
                continue;
            }
            if let Some((index, _)) = routed.by.rule
                && start.arrived != start.real
            {
                self.note_translation(at.firewall, index, TranslatedEnd::Destination, &mut start);
            }
            let mut inside = Vec::new();
            self.source_side(at, &egress, start, routed.by.rule, &mut inside);
            for piece in inside {
                self.stages(at, &egress, piece, &mut out);
            }
        }
        out
    }

    /// Sends the replies to packets that were translated back through the
    /// firewall. They are translated by the connection and not by the rules:
    /// `real` and `left` are the packets with real addresses and as they came,
    /// reversed.
    pub(super) fn cross_back(
        &self,
        routing: &Routing,
        at: &Arrival<'_>,
        real: &Cube,
        left: &Cube,
    ) -> Vec<Crossed> {
        let mut out = Vec::new();
        let (ways, lost) = routing.divide_from(at.ingress, &real.destination);
        let ways = ways
            .into_iter()
            .map(|(set, placement)| (set, Some(placement)));
        for (destination, egress) in ways.chain([(lost, None)]) {
            let part = Cube {
                destination,
                ..real.clone()
            };
            if part.is_empty() {
                continue;
            }
            let (arrived, exact) = project(at.arrived, real, &part, false);
            let (left, exact_left) = project(left, real, &part, false);
            let mut start = Inside::new(&arrived, &arrived, &part, false);
            start.left = left;
            if !(exact && exact_left) {
                start.doubt(&[pool_reason()]);
            }
            match egress {
                Some(egress) => {
                    start.doubt(egress.doubt.as_slice());
                    self.stages(at, &egress, start, &mut out);
                }
                None => {
                    start.doubt(&[self.no_route(&start.real.destination)]);
                    out.push(start.end(PartVerdict::Inconclusive, None));
                }
            }
        }
        out
    }

    pub(super) fn no_route(&self, destination: &IpSet) -> Reason {
        Reason::new(
            format!(
                "{} has no route to {}",
                self.firewall.name.value,
                super::describe::addresses(destination)
            ),
            self.firewall.dynamic_routing.first().copied(),
        )
    }

    /// Packets to the firewall itself are not filtered like others.
    pub(super) fn to_itself(&self, destination: &IpSet) -> Option<Reason> {
        let own = self
            .firewall
            .interfaces
            .iter()
            .flat_map(|interface| &interface.addresses)
            .find(|own| destination.single() == Some(own.address.first()))?;
        Some(Reason::new(
            format!(
                "{} is the firewall's own address: traffic to the firewall itself is not filtered by these lists",
                own.address
            ),
            Some(own.span),
        ))
    }
}
