//! Packets on their way from firewall to firewall.

use super::answer::{Answer, Decider, Effect, Part, Relation, Seen, Verdict};
use super::combine::summarise;
use super::crossing::{Arrival, Crossed, Routed};
use super::evaluate::{ConnectionState, PartVerdict};
use super::host;
use super::locate::Location;
use super::packets::{Cube, PacketSet};
use super::place::Placement;
use super::reach::{Network, Node};
use super::replies::Passed;
use super::resolve::{Reason, add_reasons};
use super::sets::{IpSet, PortSet, ServiceSet};
use super::starts::Start;
use super::together;
use crate::estate::{FirewallId, Strength};
use crate::model::firewall::{InterfaceId, Passage};
use crate::model::net::IpRange;
use crate::source::Span;

/// At most so many firewalls stand in a row.
const MAX_HOPS: usize = 16;
/// At most so many parts are kept for one pair of addresses.
const MAX_PARTS: usize = 4096;

/// Packets on their way, with what happened so far.
#[derive(Debug, Clone)]
pub(super) struct Flight {
    pub(super) sent: Cube,
    pub(super) now: Cube,
    pub(super) pooled: bool,
    pub(super) doubtful: bool,
    /// Whether they may go another way than this one: what a firewall further on
    /// denies, another may pass.
    pub(super) strays: bool,
    pub(super) by: Vec<Decider>,
    pub(super) reasons: Vec<Reason>,
    pub(super) effects: Vec<Effect>,
    pub(super) firewalls: Vec<FirewallId>,
    pub(super) seen: Vec<Seen>,
    /// The firewall of the host that sends them, after it let them go.
    pub(super) departed: Option<FirewallId>,
    pub(super) replies_denied: bool,
    pub(super) trail: Trail,
}

/// What a way rests on besides rules.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Trail {
    /// Why it is less than certain.
    pub(super) weak: Option<Reason>,
    /// The statements that lead along it.
    pub(super) at: Vec<Span>,
}

impl Flight {
    pub(super) fn new(cube: Cube) -> Self {
        Self {
            sent: cube.clone(),
            now: cube,
            pooled: false,
            doubtful: false,
            strays: false,
            by: Vec::new(),
            reasons: Vec::new(),
            effects: Vec::new(),
            firewalls: Vec::new(),
            seen: Vec::new(),
            departed: None,
            replies_denied: false,
            trail: Trail::default(),
        }
    }
}

/// Packets that ended alike.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) part: Part,
    /// The ways that led there, each with the destination ports of its packets.
    pub(super) trails: Vec<(Trail, PortSet)>,
    /// The flights that ended so.
    pub(super) turns: Vec<Turn>,
}

/// The end of one flight.
#[derive(Debug)]
pub(super) struct Turn {
    /// How many had ended before.
    pub(super) number: usize,
    /// The destination ports of its packets.
    pub(super) ports: PortSet,
    /// Where it was seen.
    pub(super) seen: Vec<Seen>,
}

pub(super) struct Walk<'w, 'a> {
    pub(super) network: &'w Network<'a>,
    pub(super) from: &'w Location,
    pub(super) to: &'w Location,
    pub(super) state: ConnectionState,
    /// The firewalls that the inventory puts on the way, in order.
    pub(super) declared: Option<Vec<FirewallId>>,
    /// What became of the packets.
    pub(super) ended: Vec<Ended>,
    /// How many flights ended.
    turns: usize,
    /// Whether there were more.
    pub(super) overflow: bool,
    /// The statements that lead to the first firewall.
    pub(super) at: Vec<Span>,
}

impl<'w, 'a> Walk<'w, 'a> {
    /// A walk that has not begun.
    pub(super) fn new(
        network: &'w Network<'a>,
        from: &'w Location,
        to: &'w Location,
        state: ConnectionState,
    ) -> Self {
        Self {
            network,
            from,
            to,
            state,
            declared: None,
            ended: Vec::new(),
            turns: 0,
            overflow: false,
            at: Vec::new(),
        }
    }

    /// Sends packets into a firewall and follows what comes out.
    /// The ways through it are `routed`, if they were looked up already.
    pub(super) fn enter(
        &mut self,
        id: FirewallId,
        ingress: InterfaceId,
        flight: &Flight,
        routed: Option<Vec<Routed>>,
    ) {
        let Some(node) = self.network.node(id) else {
            return;
        };
        if flight.departed == Some(id) {
            self.leave(id, node, flight);
            return;
        }
        if flight.firewalls.contains(&id) || flight.firewalls.len() >= MAX_HOPS {
            let reason = Reason::new(
                format!(
                    "the routes of {} lead in a circle",
                    self.network.names_of(&flight.firewalls)
                ),
                None,
            );
            let mut flight = flight.clone();
            add_reasons(&mut flight.reasons, &[reason]);
            self.end(flight, PartVerdict::Inconclusive);
            return;
        }
        let arrival = Arrival {
            firewall: id,
            ingress,
            sent: &flight.sent,
            arrived: &flight.now,
            pooled: flight.pooled,
            state: self.state,
        };
        let routed =
            routed.unwrap_or_else(|| node.engine.route(&node.routing, ingress, &flight.now));
        for crossed in node.engine.cross_routed(routed, &arrival) {
            self.after(id, ingress, node, flight, crossed);
        }
    }

    pub(super) fn after(
        &mut self,
        id: FirewallId,
        ingress: InterfaceId,
        node: &Node<'_>,
        before: &Flight,
        crossed: Crossed,
    ) {
        let mut flight = before.clone();
        flight.firewalls.push(id);
        let (arrived, real) = Seen::packets(crossed.arrived, crossed.real);
        flight.seen.push(Seen {
            firewall: id,
            passage: if crossed.home {
                Passage::ToHost
            } else {
                Passage::Transit
            },
            ingress: Some(ingress),
            egress: crossed.egress.as_ref().map(|way| way.interface),
            arrived,
            real,
        });
        flight.sent = crossed.sent;
        flight.now = crossed.left;
        flight.pooled = crossed.pooled;
        if crossed.verdict == PartVerdict::Deny {
            flight.by = crossed.by;
            let verdict = match flight.strays {
                true => PartVerdict::Inconclusive,
                false => PartVerdict::Deny,
            };
            self.end(flight, verdict);
            return;
        }
        let firewall = &node.engine.firewall;
        flight.strays |= crossed
            .egress
            .as_ref()
            .is_some_and(|way| way.doubt.is_some())
            || crossed.verdict == PartVerdict::Inconclusive
                && firewall.policy_routing.contains(&ingress);
        flight.by.extend(crossed.by);
        flight.effects.extend(crossed.effects);
        if crossed.verdict == PartVerdict::Inconclusive {
            flight.doubtful = true;
            add_reasons(&mut flight.reasons, &crossed.reasons);
        }
        let Some(egress) = crossed.egress else {
            self.end(flight, PartVerdict::Inconclusive);
            return;
        };
        if crossed.home {
            self.end(flight, PartVerdict::Permit);
            return;
        }
        let Some(seen) = flight.seen.last() else {
            return;
        };
        let passed = Passed {
            arrived: &seen.arrived,
            real: &seen.real,
            left: &flight.now,
            egress: egress.interface,
        };
        for returned in node.replies(id, &node.routing, passed) {
            let mut flight = flight.of(returned.left);
            let why = flight.reasons.clone();
            if flight.heed(returned.replies) {
                self.sent_on(id, ingress, node, egress.clone(), flight);
            } else if flight.strays {
                // Replies to packets that took another way may come back.
                add_reasons(&mut flight.reasons, &why);
                self.end(flight, PartVerdict::Inconclusive);
            } else {
                self.end(flight, PartVerdict::Deny);
            }
        }
    }

    /// Follows packets that a firewall let pass, and replies to which come back.
    fn sent_on(
        &mut self,
        id: FirewallId,
        ingress: InterfaceId,
        node: &Node<'_>,
        egress: Placement,
        mut flight: Flight,
    ) {
        let back = egress.interface == ingress;
        let turned = self.turned(&flight);
        // Where a translation sends packets back, the replies may pass by.
        let beside = turned && flight.firewalls.len() == 1 && self.declared.is_none();
        if back && (!turned || beside) {
            // Sent back: the firewall is not between.
            let reason = Reason::new(
                format!(
                    "{} sends the packets back where they came from",
                    node.engine.firewall.name.value
                ),
                Some(egress.span),
            );
            add_reasons(&mut flight.reasons, &[reason]);
            self.end(flight, PartVerdict::Inconclusive);
            return;
        }
        self.onward(id, node, egress, flight);
    }

    /// Sends packets on that leave a firewall: to the next, or to their end.
    fn onward(
        &mut self,
        id: FirewallId,
        node: &Node<'_>,
        mut egress: Placement,
        mut flight: Flight,
    ) {
        // A declared place of the destination outranks the route, unless the
        // packets were translated.
        if flight.now.destination == self.to.addresses
            && let Some(declared) = self.network.place(id, self.to)
            && declared.interface == egress.interface
            && declared.strength < egress.strength
        {
            egress = Placement {
                next_hop: egress.next_hop,
                ..declared
            };
        }
        flight.trail.at.push(egress.span);
        match self.next(id, node, &egress, &mut flight) {
            Some((next, interface)) => self.enter(next, interface, &flight, None),
            None => {
                if flight.trail.weak.is_none()
                    && egress.strength == Strength::DefaultRoute
                    && !self.to.internet
                {
                    flight.trail.weak = Some(Reason::new(
                        format!(
                            "only the default route of {} leads to {}",
                            node.engine.firewall.name.value,
                            super::describe::addresses(&flight.now.destination)
                        ),
                        Some(egress.span),
                    ));
                }
                self.arrive(flight);
            }
        }
    }

    /// Packets that their host sends: what its own firewall lets go. What it
    /// denies ends here.
    pub(super) fn depart(&mut self, cube: &Cube) -> Vec<Flight> {
        let flight = Flight::new(cube.clone());
        let network = self.network;
        let (own, rest) = host::divide(&network.hosts, Passage::FromHost, cube);
        let mut gone: Vec<Flight> = rest.into_iter().map(|now| flight.narrowed(now)).collect();
        for (host, now) in own {
            let part = flight.narrowed(now);
            for mut flight in self.filtered_by(host.firewall, Passage::FromHost, part) {
                let forwards = network
                    .node(host.firewall)
                    .is_some_and(|node| node.forwards);
                flight.departed = forwards.then_some(host.firewall);
                gone.push(flight);
            }
        }
        gone
    }

    /// Packets that reach their host: what its own firewall lets in.
    pub(super) fn arrive(&mut self, flight: Flight) {
        let network = self.network;
        let (own, rest) = host::divide(&network.hosts, Passage::ToHost, &flight.now);
        if own.is_empty() {
            self.end(flight, PartVerdict::Permit);
            return;
        }
        for (host, now) in own {
            let part = flight.narrowed(now);
            for flight in self.filtered_by(host.firewall, Passage::ToHost, part) {
                self.end(flight, PartVerdict::Permit);
            }
        }
        if let Some(now) = rest {
            self.end(flight.narrowed(now), PartVerdict::Permit);
        }
    }

    /// What the firewall of a host lets pass of packets for it or from it; the
    /// others end here.
    fn filtered_by(&mut self, id: FirewallId, passage: Passage, flight: Flight) -> Vec<Flight> {
        let Some(node) = self.network.node(id) else {
            return vec![flight];
        };
        let engine = &node.engine;
        let crossed = engine.at_host(id, passage, None, &flight, self.state);
        if crossed.is_empty() {
            // It has no rules for this direction.
            return vec![flight];
        }
        let mut passed = Vec::new();
        for crossed in crossed {
            let interface = engine.host_interface(passage, &crossed.arrived);
            let mut flight = flight.clone();
            flight.firewalls.push(id);
            let (arrived, real) = Seen::packets(crossed.arrived, crossed.real);
            flight.seen.push(Seen {
                firewall: id,
                passage,
                ingress: interface.filter(|_| passage == Passage::ToHost),
                egress: interface.filter(|_| passage == Passage::FromHost),
                arrived,
                real,
            });
            flight.sent = crossed.sent;
            flight.now = crossed.left;
            if crossed.verdict == PartVerdict::Deny {
                flight.by = crossed.by;
                self.end(flight, PartVerdict::Deny);
                continue;
            }
            flight.by.extend(crossed.by);
            if crossed.verdict == PartVerdict::Inconclusive {
                flight.doubtful = true;
                add_reasons(&mut flight.reasons, &crossed.reasons);
            }
            for returned in node.replies_at_host(id, passage, None, &flight.now) {
                let mut flight = flight.of(returned.left);
                if flight.heed(returned.replies) {
                    passed.push(flight);
                } else {
                    self.end(flight, PartVerdict::Deny);
                }
            }
        }
        passed
    }

    /// Sends packets on that a forwarding host sends itself.
    fn leave(&mut self, id: FirewallId, node: &Node<'_>, flight: &Flight) {
        let (ways, lost) = node.routing.divide(&flight.now.destination);
        let part = |set: IpSet| {
            flight.narrowed(Cube {
                destination: set,
                ..flight.now.clone()
            })
        };
        for (set, egress) in ways {
            self.onward(id, node, egress.clone(), part(set));
        }
        if !lost.is_empty() {
            let mut flight = part(lost);
            let reason = node.engine.no_route(&flight.now.destination);
            add_reasons(&mut flight.reasons, &[reason]);
            self.end(flight, PartVerdict::Inconclusive);
        }
    }

    /// Whether the destination was translated on the way.
    pub(super) fn turned(&self, flight: &Flight) -> bool {
        flight.now.destination != flight.sent.destination
    }

    /// The next firewall, or `None` when the packets arrive.
    pub(super) fn next(
        &self,
        id: FirewallId,
        node: &Node<'_>,
        egress: &Placement,
        flight: &mut Flight,
    ) -> Option<(FirewallId, InterfaceId)> {
        let network = self.network;
        if let Some(declared) = &self.declared {
            let position = declared.iter().position(|other| *other == id)?;
            let next = *declared.get(position.saturating_add(1))?;
            let ingress = network.place(next, self.from)?;
            return Some((next, ingress.interface));
        }
        if let Some(hop) = egress.next_hop
            && let Some((owner, interface)) = network.owners.get(&hop)
            && *owner != id
        {
            return Some((*owner, *interface));
        }
        // A neighbour on the same network may translate the destination.
        let own: Vec<IpRange> = node
            .engine
            .firewall
            .interfaces
            .get(egress.interface.0 as usize)?
            .addresses
            .iter()
            .map(|address| address.network)
            .collect();
        for (other, neighbour) in network.nodes() {
            if other == id || flight.firewalls.contains(&other) {
                continue;
            }
            for (index, interface) in (0u32..).zip(&neighbour.engine.firewall.interfaces) {
                let shared = interface
                    .addresses
                    .iter()
                    .any(|address| own.contains(&address.network));
                let translates = shared
                    && neighbour
                        .engine
                        .untranslate(InterfaceId(index), &flight.now)
                        .iter()
                        .any(|piece| piece.arrived != piece.real && piece.doubts.is_empty());
                if translates {
                    return Some((other, InterfaceId(index)));
                }
            }
        }
        if egress.strength <= Strength::Connected {
            return None;
        }
        // Behind an unknown router another given firewall may still follow.
        let target = Location {
            addresses: flight.now.destination.clone(),
            zone: (flight.now.destination == self.to.addresses)
                .then_some(self.to.zone)
                .flatten(),
            ..self.to.clone()
        };
        let mut best: Option<(Strength, FirewallId, InterfaceId)> = None;
        for (other, _) in network.nodes() {
            if other == id || flight.firewalls.contains(&other) {
                continue;
            }
            let (Some(near), Some(far)) = (
                network.place(other, self.from),
                network.place(other, &target),
            ) else {
                continue;
            };
            if near.interface != far.interface
                && far.strength < egress.strength
                && best.is_none_or(|(strength, ..)| far.strength < strength)
            {
                best = Some((far.strength, other, near.interface));
            }
        }
        let (_, other, interface) = best?;
        if flight.trail.weak.is_none() {
            flight.trail.weak = Some(Reason::new(
                format!(
                    "what lies between {} and {} is not in the given files",
                    network.names_of(&[id]),
                    network.names_of(&[other])
                ),
                None,
            ));
        }
        Some((other, interface))
    }

    pub(super) fn end(&mut self, flight: Flight, verdict: PartVerdict) {
        let verdict = match verdict {
            PartVerdict::Permit if flight.doubtful => PartVerdict::Inconclusive,
            other => other,
        };
        let reasons = if verdict == PartVerdict::Inconclusive || flight.replies_denied {
            flight.reasons
        } else {
            Vec::new()
        };
        let ports = flight.sent.destination_ports.clone();
        let turn = Turn {
            number: self.turns,
            ports: ports.clone(),
            seen: flight.seen,
        };
        self.turns = self.turns.saturating_add(1);
        let same = |part: &Part| {
            part.verdict == verdict
                && part.by == flight.by
                && part.reasons == reasons
                && part.effects == flight.effects
                && part.firewalls == flight.firewalls
        };
        if let Some(known) = self.ended.iter_mut().find(|known| same(&known.part)) {
            known.part.packets.insert(&flight.sent);
            known.turns.push(turn);
            let mut trails = known.trails.iter_mut();
            match trails.find(|(trail, _)| *trail == flight.trail) {
                Some((_, known)) => *known = known.union(&ports),
                None => known.trails.push((flight.trail, ports)),
            }
            return;
        }
        if self.ended.len() >= MAX_PARTS {
            self.overflow = true;
            return;
        }
        let part = Part {
            verdict,
            packets: PacketSet::from(flight.sent),
            witness: None,
            by: flight.by,
            reasons,
            replies_denied: flight.replies_denied,
            effects: flight.effects,
            firewalls: flight.firewalls,
            seen: Vec::new(),
        };
        self.ended.push(Ended {
            part,
            turns: vec![turn],
            trails: vec![(flight.trail, ports)],
        });
    }

    /// The answer for each of the services that were sent together; `start` is
    /// where packets came in first, if at a firewall.
    pub(super) fn finish(self, start: Option<&Start>, services: &[&ServiceSet]) -> Vec<Answer> {
        let Self {
            network,
            from,
            ended,
            overflow,
            at,
            ..
        } = self;
        let relation = if start.is_some() {
            Relation::Crosses
        } else {
            Relation::Unknown
        };
        let answer = |ended: Vec<Ended>| {
            let mut weak = None;
            let mut spans = at.clone();
            spans.dedup();
            let mut told = Vec::with_capacity(ended.len());
            for Ended {
                mut part,
                trails,
                turns,
            } in ended
            {
                part.seen = turns.into_iter().flat_map(|turn| turn.seen).collect();
                part.seen.shrink_to_fit();
                part.witness = part.packets.witness(&network.hints);
                told.push(part);
                for (trail, _) in trails {
                    weak = weak.or(trail.weak);
                    for span in trail.at {
                        if !spans.contains(&span) {
                            spans.push(span);
                        }
                    }
                }
            }
            let mut answer = summarise(told, relation);
            answer.weak = weak.or_else(|| network.weak_start(start, from));
            answer.at = spans;
            if overflow {
                answer.verdict = Verdict::Inconclusive;
                let text = "the rules cut these packets into too many parts";
                add_reasons(&mut answer.why, &[Reason::new(text, None)]);
            }
            answer
        };
        match services {
            [_] => vec![answer(ended)],
            _ => services
                .iter()
                .map(|services| answer(together::narrowed(&ended, services)))
                .collect(),
        }
    }
}

impl Network<'_> {
    /// That only a default route tells where a walk begins.
    fn weak_start(&self, start: Option<&Start>, from: &Location) -> Option<Reason> {
        let placement = &start?.placement;
        let weak = !from.internet && placement.strength > Strength::Routed;
        weak.then(|| {
            let name = start.map_or_else(String::new, |start| self.names_of(&[start.firewall]));
            let addresses = super::describe::addresses(&from.addresses);
            Reason::new(
                format!("only the default route of {name} leads to {addresses}"),
                Some(placement.span),
            )
        })
    }
}
