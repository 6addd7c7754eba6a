//! Questions about packets as they stand in their headers, and the story of
//! one packet: where it comes in, what each firewall does, where it goes.

use super::answer::{Answer, Decider, Effect, Part, Relation, Seen, Verdict};
use super::combine::{combine, summarise};
use super::crossing::{Arrival, Crossed};
use super::evaluate::{ConnectionState, Context, Engine, FilterPart, PartVerdict};
use super::packets::{Cube, PacketSet};
use super::place::{Placement, Routing};
use super::reach::{Endpoint, Network, Query, disjoint, same_family};
use super::replies::{Passed, Returned};
use super::resolve::{Reason, add_reasons};
use super::sets::{IpSet, ServiceSet};
use super::walk::Flight;
use crate::estate::FirewallId;
use crate::model::firewall::{FilterId, InterfaceId, Passage};
use crate::source::Span;

/// One firewall, entered and left where the question says; what it leaves open
/// follows from networks and routes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Crossing {
    /// The firewall.
    pub firewall: FirewallId,
    /// Where the packets come in.
    pub ingress: Option<InterfaceId>,
    /// Where they go out.
    pub egress: Option<InterfaceId>,
}

/// One firewall on a packet's way.
#[derive(Debug, Clone)]
pub struct Hop {
    /// The firewall.
    pub firewall: FirewallId,
    /// Whether it crosses the firewall, or is for its host or from it.
    pub passage: Passage,
    /// Where the packet comes in; `None` when not known.
    pub ingress: Option<InterfaceId>,
    /// Where the firewall sees the source, and what tells; `None` when the
    /// firewall does not tell or the question did.
    pub source: Option<Placement>,
    /// Where it goes out, and what tells.
    pub egress: Option<Placement>,
    /// As it arrives.
    pub arrived: Cube,
    /// With real addresses, as lists of newer platforms see it.
    pub real: Cube,
    /// As it leaves.
    pub left: Cube,
    /// What the firewall does with it.
    pub verdict: PartVerdict,
    /// The statements that decide.
    pub by: Vec<Decider>,
    /// Why it is not known.
    pub reasons: Vec<Reason>,
    /// What else happens to it.
    pub effects: Vec<Effect>,
}

impl Network<'_> {
    /// Answers like [`Network::reach`], but a destination that is given as
    /// addresses is taken literally: the packets carry it in their headers,
    /// also where a source would use a translated address instead.
    #[must_use]
    pub fn trace(&self, query: &Query) -> Answer {
        let Endpoint::Addresses(_) = query.to else {
            return self.reach(query);
        };
        if self.nodes.is_empty() {
            return self.reach(query);
        }
        let (from, to) = match (self.locate(&query.from), self.locate(&query.to)) {
            (Ok(from), Ok(to)) => (from, to),
            (Err(reason), _) | (_, Err(reason)) => return unknown(reason),
        };
        let mut answers = Vec::new();
        for source in &from {
            for destination in &to {
                if same_family(&source.addresses, &destination.addresses) {
                    answers.push(self.follow(source, destination, &query.services, query.state));
                }
            }
        }
        combine(answers)
    }

    /// The addresses that stand for an end.
    ///
    /// # Errors
    /// Why they are not known.
    pub fn addresses_of(&self, end: &Endpoint) -> Result<IpSet, Reason> {
        if let Endpoint::Addresses(set) = end {
            return Ok(set.clone());
        }
        let places = self.locate(end)?;
        Ok(places
            .iter()
            .fold(IpSet::EMPTY, |sum, place| sum.union(&place.addresses)))
    }

    /// What one firewall does with packets that cross it. Whether replies come
    /// back is not asked: see [`Network::connect`].
    #[must_use]
    pub fn cross(&self, at: &Crossing, packets: &[Cube], state: ConnectionState) -> Answer {
        self.across(at, packets, state, false)
    }

    /// What one firewall does with the first packets of connections that cross
    /// it; where it keeps no connections, the replies must come back, too.
    #[must_use]
    pub fn connect(&self, at: &Crossing, packets: &[Cube]) -> Answer {
        self.across(at, packets, ConnectionState::New, true)
    }

    fn across(
        &self,
        at: &Crossing,
        packets: &[Cube],
        state: ConnectionState,
        both_ways: bool,
    ) -> Answer {
        let mut parts: Vec<Part> = Vec::new();
        let mut aside = None;
        let mut seen_any = false;
        if !self.forwards(at.firewall) || self.for_host(at, packets) {
            return self.at_host(at, packets, state, both_ways);
        }
        for cube in packets {
            for (ingress, arrived) in self.arrivals(at, cube) {
                seen_any = true;
                let Some(ingress) = ingress else {
                    let reason = Reason::new(
                        format!(
                            "{} does not tell where {} comes in",
                            self.names_of(&[at.firewall]),
                            super::describe::addresses(&arrived.source)
                        ),
                        None,
                    );
                    push(&mut parts, lost(&arrived, at.firewall, reason));
                    continue;
                };
                for crossed in self.crossed(at, ingress, &arrived, state) {
                    let beside = beside(at, ingress, &crossed);
                    if beside && self.neighbours(at.firewall, ingress, &crossed) {
                        aside.get_or_insert((ingress, crossed.egress.map(|way| way.span)));
                        continue;
                    }
                    let way = crossed.egress.as_ref().map(|way| way.span);
                    let returned = if both_ways {
                        self.replies_to(at, &crossed)
                    } else {
                        Returned::unasked()
                    };
                    for returned in returned {
                        let crossed = crossed.of(returned.left);
                        let mut part = self.part(at.firewall, ingress, crossed);
                        part.heed(returned.replies);
                        if beside && part.verdict == PartVerdict::Deny {
                            // What goes around the firewall is not denied by it.
                            let text = format!(
                                "both ends lie behind {} of {}: whether a router sends the packets through it is not known",
                                self.interface_name(at.firewall, ingress),
                                self.names_of(&[at.firewall])
                            );
                            part.verdict = PartVerdict::Inconclusive;
                            part.replies_denied = false;
                            add_reasons(&mut part.reasons, &[Reason::new(text, way)]);
                        }
                        push(&mut parts, part);
                    }
                }
            }
        }
        for part in &mut parts {
            part.witness = part.packets.witness(&self.hints);
        }
        let Some((interface, span)) = aside else {
            return if seen_any {
                summarise(parts, Relation::Crosses)
            } else {
                unknown(Reason::new("the ends have no address of one family", None))
            };
        };
        let reason = Reason::new(
            format!(
                "both ends lie behind {} of {}",
                self.interface_name(at.firewall, interface),
                self.names_of(&[at.firewall])
            ),
            span,
        );
        let none = Answer::without_parts(Verdict::Permit, Relation::NoneBetween, vec![reason]);
        if parts.is_empty() {
            return none;
        }
        combine(vec![summarise(parts, Relation::Crosses), none])
    }

    /// Whether packets go from one machine to another of a network at which the
    /// firewall lies: it does not see them.
    fn neighbours(&self, id: FirewallId, interface: InterfaceId, crossed: &Crossed) -> bool {
        let Some(engine) = self.engine(id) else {
            return false;
        };
        let interface = engine.firewall.interfaces.get(interface.0 as usize);
        let mut own = interface
            .into_iter()
            .flat_map(|interface| &interface.addresses);
        own.any(|address| {
            let network = IpSet::from(address.network);
            network.includes(&crossed.sent.source) && network.includes(&crossed.sent.destination)
        })
    }

    /// Whether all packets are for the host of a firewall, or all from it, and
    /// nothing was asked about interfaces.
    fn for_host(&self, at: &Crossing, packets: &[Cube]) -> bool {
        let Some(host) = self.hosts.iter().find(|host| host.firewall == at.firewall) else {
            return false;
        };
        let to = |cube: &Cube| host.addresses.includes(&cube.destination);
        let from = |cube: &Cube| host.addresses.includes(&cube.source);
        at.ingress.is_none()
            && at.egress.is_none()
            && (packets.iter().all(to) || packets.iter().all(from))
    }

    /// What the firewall of a host does with packets for it and from it.
    fn at_host(
        &self,
        at: &Crossing,
        packets: &[Cube],
        state: ConnectionState,
        both_ways: bool,
    ) -> Answer {
        let (Some(node), Some(host)) = (
            self.node(at.firewall),
            self.hosts.iter().find(|host| host.firewall == at.firewall),
        ) else {
            return unknown(Reason::new("the firewall is not in the estate", None));
        };
        let mut parts: Vec<Part> = Vec::new();
        for cube in packets {
            let passage = match (at.ingress, at.egress) {
                (Some(_), None) => Some(Passage::ToHost),
                (None, Some(_)) => Some(Passage::FromHost),
                _ if cube.destination.overlaps(&host.addresses) => Some(Passage::ToHost),
                _ if cube.source.overlaps(&host.addresses) => Some(Passage::FromHost),
                _ => None,
            };
            let Some(passage) = passage else {
                let reason = Reason::new(
                    format!(
                        "{} only filters packets for its host and from it",
                        self.names_of(&[at.firewall])
                    ),
                    Some(node.engine.firewall.name.span),
                );
                push(&mut parts, lost(cube, at.firewall, reason));
                continue;
            };
            // The side of the other end, where routes tell.
            let beyond = |set: &IpSet| {
                let (ways, lost) = node.routing.divide(set);
                match ways.as_slice() {
                    [(_, way)] if lost.is_empty() => Some(way.interface),
                    _ => None,
                }
            };
            let interface = match passage {
                Passage::FromHost => at.egress.or_else(|| beyond(&cube.destination)),
                _ => at.ingress.or_else(|| beyond(&cube.source)),
            };
            let flight = Flight::new(cube.clone());
            for crossed in node
                .engine
                .at_host(at.firewall, passage, interface, &flight, state)
            {
                let ingress = interface.filter(|_| passage == Passage::ToHost);
                let egress = interface.filter(|_| passage == Passage::FromHost);
                let (arrived, real) = Seen::packets(crossed.arrived.clone(), crossed.real.clone());
                let seen = Seen {
                    firewall: at.firewall,
                    passage,
                    ingress,
                    egress,
                    arrived,
                    real,
                };
                let returned = if both_ways && crossed.verdict != PartVerdict::Deny {
                    node.replies_at_host(at.firewall, passage, interface, &crossed.left)
                } else {
                    Returned::unasked()
                };
                for returned in returned {
                    let mut part = Part {
                        seen: vec![seen.clone()],
                        ..self.part(at.firewall, InterfaceId(0), crossed.of(returned.left))
                    };
                    part.heed(returned.replies);
                    push(&mut parts, part);
                }
            }
        }
        for part in &mut parts {
            part.witness = part.packets.witness(&self.hints);
        }
        if parts.is_empty() {
            return unknown(Reason::new(
                "the host has no rules for packets of this direction",
                Some(node.engine.firewall.name.span),
            ));
        }
        summarise(parts, Relation::Crosses)
    }

    /// What one filter alone does with packets: no interfaces, no translation.
    #[must_use]
    pub fn filter(
        &self,
        firewall: FirewallId,
        filter: FilterId,
        packets: &[Cube],
        context: &Context,
    ) -> Answer {
        let Some(engine) = self.engine(firewall) else {
            return unknown(Reason::new("the firewall is not in the estate", None));
        };
        let set = PacketSet::of_disjoint(packets.to_vec());
        let parts: Vec<Part> = engine
            .evaluate_filter(filter, &set, context)
            .into_iter()
            .map(|part| filter_part(engine, firewall, part, &self.hints))
            .collect();
        if parts.is_empty() {
            return unknown(Reason::new("the ends have no address of one family", None));
        }
        summarise(parts, Relation::Crosses)
    }

    /// The story of one packet of a part, firewall by firewall. Empty for a
    /// part without firewalls.
    #[must_use]
    pub fn hops(&self, part: &Part, asked: Option<&Crossing>, state: ConnectionState) -> Vec<Hop> {
        let Some(witness) = part.witness else {
            return Vec::new();
        };
        let mut now = Cube::of(&witness);
        let mut hops = Vec::new();
        for (index, id) in part.firewalls.iter().enumerate() {
            let last = index.saturating_add(1) == part.firewalls.len();
            let Some(node) = self.node(*id) else { break };
            // The entry that has this packet, else the first of the firewall.
            let seen = part
                .seen
                .iter()
                .find(|seen| seen.firewall == *id && seen.arrived.overlaps(&now))
                .or_else(|| part.seen.iter().find(|seen| seen.firewall == *id));
            let Some(seen) = seen else { break };
            let at = Crossing {
                firewall: *id,
                ingress: seen.ingress,
                egress: asked.and_then(|asked| asked.egress),
            };
            let wanted = |crossed: &Crossed| match part.verdict {
                PartVerdict::Deny if last => crossed.verdict == PartVerdict::Deny,
                _ => crossed.verdict != PartVerdict::Deny,
            };
            let mut crossed = match (seen.passage, seen.ingress) {
                (Passage::Transit, Some(ingress)) => self.crossed(&at, ingress, &now, state),
                (passage, ingress) => {
                    let flight = Flight::new(now.clone());
                    node.engine.at_host(*id, passage, ingress, &flight, state)
                }
            };
            let place = crossed.iter().position(wanted).unwrap_or(0);
            if place >= crossed.len() {
                break;
            }
            let crossed = crossed.swap_remove(place);
            let source = now
                .source
                .single()
                .and_then(|ip| node.routing.locate(ip))
                .filter(|found| Some(found.interface) == seen.ingress)
                .cloned();
            now = crossed.left.clone();
            hops.push(Hop {
                firewall: *id,
                passage: seen.passage,
                ingress: seen.ingress,
                source,
                egress: crossed.egress,
                arrived: crossed.arrived,
                real: crossed.real,
                left: crossed.left,
                verdict: crossed.verdict,
                by: crossed.by,
                reasons: crossed.reasons,
                effects: crossed.effects,
            });
        }
        hops
    }

    /// Divides packets by the interface at which they come in.
    fn arrivals(&self, at: &Crossing, cube: &Cube) -> Vec<(Option<InterfaceId>, Cube)> {
        if let Some(ingress) = at.ingress {
            return vec![(Some(ingress), cube.clone())];
        }
        let Some(node) = self.node(at.firewall) else {
            return Vec::new();
        };
        let (ways, left) = node.routing.divide(&cube.source);
        let with = |source: IpSet| Cube {
            source,
            ..cube.clone()
        };
        let mut arrivals: Vec<(Option<InterfaceId>, Cube)> = ways
            .into_iter()
            .map(|(set, placement)| (Some(placement.interface), with(set)))
            .collect();
        arrivals.push((None, with(left)));
        arrivals.retain(|(_, cube)| !cube.is_empty());
        arrivals
    }

    fn crossed(
        &self,
        at: &Crossing,
        ingress: InterfaceId,
        cube: &Cube,
        state: ConnectionState,
    ) -> Vec<Crossed> {
        let Some(node) = self.node(at.firewall) else {
            return Vec::new();
        };
        let arrival = Arrival {
            firewall: at.firewall,
            ingress,
            sent: cube,
            arrived: cube,
            pooled: false,
            state,
        };
        let Some(egress) = at.egress else {
            return node.engine.cross(&node.routing, &arrival);
        };
        let routing = Routing::only(egress, self.interface_span(at.firewall, egress));
        let mut crossed = node.engine.cross(&routing, &arrival);
        for piece in &mut crossed {
            let elsewhere = piece
                .egress
                .as_ref()
                .filter(|way| way.interface != egress)
                .map(|way| way.interface);
            if let Some(elsewhere) = elsewhere {
                let reason = Reason::new(
                    format!(
                        "a translation sends the packets out at {}, not at {}",
                        self.interface_name(at.firewall, elsewhere),
                        self.interface_name(at.firewall, egress)
                    ),
                    None,
                );
                piece.verdict = PartVerdict::Inconclusive;
                add_reasons(&mut piece.reasons, &[reason]);
            }
        }
        crossed
    }

    /// What becomes of the replies to packets that crossed a firewall.
    fn replies_to(&self, at: &Crossing, crossed: &Crossed) -> Vec<Returned> {
        let (Some(node), Some(way)) = (self.node(at.firewall), &crossed.egress) else {
            return Returned::unasked();
        };
        if crossed.verdict == PartVerdict::Deny || crossed.home {
            return Returned::unasked();
        }
        let passed = Passed {
            arrived: &crossed.arrived,
            real: &crossed.real,
            left: &crossed.left,
            egress: way.interface,
        };
        match at.ingress {
            // They go back to where it was said that the packets come in.
            Some(ingress) => {
                let routing = Routing::only(ingress, self.interface_span(at.firewall, ingress));
                node.replies(at.firewall, &routing, passed)
            }
            None => node.replies(at.firewall, &node.routing, passed),
        }
    }

    fn part(&self, firewall: FirewallId, ingress: InterfaceId, crossed: Crossed) -> Part {
        let (arrived, real) = Seen::packets(crossed.arrived, crossed.real);
        Part {
            verdict: crossed.verdict,
            packets: PacketSet::from(crossed.sent),
            witness: None,
            by: crossed.by,
            reasons: crossed.reasons,
            replies_denied: false,
            effects: crossed.effects,
            firewalls: vec![firewall],
            seen: vec![Seen {
                firewall,
                passage: if crossed.home {
                    Passage::ToHost
                } else {
                    Passage::Transit
                },
                ingress: Some(ingress),
                egress: crossed.egress.map(|way| way.interface),
                arrived,
                real,
            }],
        }
    }

    /// The interface of a firewall behind which addresses lie, if it is one.
    #[must_use]
    pub fn interface_of(&self, firewall: FirewallId, addresses: &IpSet) -> Option<InterfaceId> {
        let (ways, _) = self.node(firewall)?.routing.divide(addresses);
        let (_, first) = ways.first()?;
        Some(first.interface)
    }

    /// The name of an interface; empty for none.
    #[must_use]
    pub fn interface_name(&self, firewall: FirewallId, interface: InterfaceId) -> &str {
        self.engine(firewall)
            .and_then(|engine| engine.firewall.interfaces.get(interface.0 as usize))
            .map_or("", |interface| interface.name.value.as_str())
    }

    fn interface_span(&self, firewall: FirewallId, interface: InterfaceId) -> Span {
        let engine = self.engine(firewall);
        engine
            .and_then(|engine| {
                let interface = engine.firewall.interfaces.get(interface.0 as usize);
                interface
                    .map(|i| i.span)
                    .or(Some(engine.firewall.name.span))
            })
            .unwrap_or_else(|| Span::new(crate::source::FileId(0), 0, 0))
    }
}

/// Whether packets would leave a firewall where they come in, so that they may
/// pass it by. Where the question names an interface, they do not.
fn beside(at: &Crossing, ingress: InterfaceId, crossed: &Crossed) -> bool {
    let turned = crossed.left.destination != crossed.sent.destination;
    let back = crossed.egress.as_ref().map(|way| way.interface) == Some(ingress);
    back && !turned && at.ingress.is_none() && at.egress.is_none() && !crossed.home
}

/// The packets of services between addresses, as disjoint cubes.
#[must_use]
pub fn cubes(from: &IpSet, to: &IpSet, services: &ServiceSet) -> Vec<Cube> {
    disjoint(services)
        .iter()
        .map(|cube| Cube::new(from.clone(), to.clone(), cube))
        .filter(|cube| !cube.is_empty())
        .collect()
}

fn unknown(reason: Reason) -> Answer {
    Answer::without_parts(Verdict::Inconclusive, Relation::Unknown, vec![reason])
}

fn lost(packets: &Cube, firewall: FirewallId, reason: Reason) -> Part {
    Part {
        verdict: PartVerdict::Inconclusive,
        packets: PacketSet::from(packets.clone()),
        witness: None,
        by: Vec::new(),
        reasons: vec![reason],
        replies_denied: false,
        effects: Vec::new(),
        firewalls: vec![firewall],
        seen: Vec::new(),
    }
}

/// Adds a part, or its packets to one with the same fate.
fn push(parts: &mut Vec<Part>, part: Part) {
    let same = parts.iter_mut().find(|known| {
        known.verdict == part.verdict
            && known.by == part.by
            && known.reasons == part.reasons
            && known.effects == part.effects
    });
    match same {
        Some(known) => {
            for cube in part.packets.cubes() {
                known.packets.insert(cube);
            }
            known.seen.extend(part.seen);
        }
        None => parts.push(part),
    }
}

fn filter_part(
    engine: &Engine<'_>,
    firewall: FirewallId,
    part: FilterPart,
    hints: &[std::net::IpAddr],
) -> Part {
    Part {
        verdict: part.outcome.verdict,
        witness: part.packets.witness(hints),
        packets: part.packets,
        by: part
            .outcome
            .by
            .iter()
            .filter_map(|place| engine.cite(firewall, *place))
            .collect(),
        reasons: part.outcome.reasons,
        replies_denied: false,
        effects: Vec::new(),
        firewalls: vec![firewall],
        seen: Vec::new(),
    }
}
