//! From one end of the network to the other.
//!
//! Packets are followed from firewall to firewall over shared networks and
//! next hops. A denial anywhere is a denial, whatever is unknown before it;
//! what is unknown and not denied later is inconclusive.

use std::collections::HashMap;
use std::net::IpAddr;

use super::answer::{Answer, Decider, Effect, Part, Relation, Verdict};
use super::crossing::{Arrival, Crossed};
use super::evaluate::{ConnectionState, Context, Engine, PartVerdict};
use super::internet;
use super::packets::{Cube, PacketSet};
use super::place::{Placement, Routing};
use super::resolve::{Reason, add_reasons};
use super::sets::{IpSet, PortSet, ProtocolSet, ServiceCube, ServiceSet};
use crate::estate::{Estate, FirewallId, Server, ServerId, Strength, Zone, ZoneClass, ZoneId};
use crate::model::firewall::{InterfaceId, NatKind, NatService};
use crate::model::net::{IpRange, PortRange, Protocol};
use crate::source::Span;

/// At most so many firewalls stand in a row.
const MAX_HOPS: usize = 16;
/// At most so many parts are kept for one pair of addresses.
const MAX_PARTS: usize = 4096;

/// One end of a flow.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// A server or other host of the estate.
    Server(ServerId),
    /// A network area.
    Zone(ZoneId),
    /// Every address that is not private, reserved or the estate's own.
    Internet,
    /// Any addresses.
    Addresses(IpSet),
}

/// A question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Who sends.
    pub from: Endpoint,
    /// Who receives.
    pub to: Endpoint,
    /// Which packets; [`service`] makes the usual ones.
    pub services: ServiceSet,
    /// State of the connection.
    pub state: ConnectionState,
}

impl Query {
    /// Asks for the first packets of connections.
    #[must_use]
    pub fn new(from: Endpoint, to: Endpoint, services: ServiceSet) -> Self {
        Self {
            from,
            to,
            services,
            state: ConnectionState::New,
        }
    }
}

/// Client packets to ports of a protocol. TCP and UDP clients send from
/// unprivileged ports (1024-65535).
#[must_use]
pub fn service(protocol: Protocol, ports: PortRange) -> ServiceSet {
    let ported = protocol.has_ports();
    ServiceSet::of(vec![ServiceCube {
        protocols: ProtocolSet::one(protocol),
        source: if ported {
            PortSet::range(1024, u16::MAX)
        } else {
            PortSet::ALL
        },
        destination: if ported {
            PortSet::from(ports)
        } else {
            PortSet::ALL
        },
    }])
}

/// Addresses that lie in one place of every firewall.
#[derive(Debug, Clone)]
struct Location {
    addresses: IpSet,
    zone: Option<ZoneId>,
    internet: bool,
    strength: Strength,
    span: Option<Span>,
}

/// An address under which a destination is known to a source.
#[derive(Debug, Clone)]
struct Name {
    address: IpSet,
    service: Option<NatService>,
}

/// A firewall with what routing needs.
#[derive(Debug)]
pub(super) struct Node<'a> {
    pub(super) engine: Engine<'a>,
    pub(super) routing: Routing,
}

/// All firewalls of an estate, prepared for questions.
#[derive(Debug)]
pub struct Network<'a> {
    pub(super) estate: &'a Estate,
    pub(super) nodes: Vec<Node<'a>>,
    owners: HashMap<IpAddr, (FirewallId, InterfaceId)>,
    internet: IpSet,
    pub(super) hints: Vec<IpAddr>,
}

impl<'a> Network<'a> {
    /// Prepares the firewalls of an estate and slices their rules to the
    /// estate's addresses.
    #[must_use]
    pub fn new(estate: &'a Estate) -> Self {
        let mut routings: Vec<Routing> = estate
            .firewalls
            .iter()
            .map(|firewall| Routing::new(&firewall.firewall))
            .collect();
        let declared = |zone: &&Zone| zone.strength == Strength::Declared;
        for zone in estate.zones.iter().filter(declared) {
            for (firewall, interface) in &zone.attachments {
                if let Some(routing) = routings.get_mut(firewall.0 as usize) {
                    for network in &zone.networks {
                        routing.declare(network.value, *interface, network.span);
                    }
                }
            }
        }
        let hints: Vec<IpAddr> = estate
            .servers
            .iter()
            .flat_map(|server| server.addresses.iter().map(|address| address.ip))
            .collect();
        let internet = internet::addresses(estate, &routings);
        let mut interesting: Vec<IpSet> = hints.iter().map(|ip| IpSet::host(*ip)).collect();
        interesting.push(internet.clone());
        interesting.extend(
            estate
                .zones
                .iter()
                .map(|zone| IpSet::of(zone.networks.iter().map(|network| network.value))),
        );
        interesting.extend(
            estate
                .servers
                .iter()
                .map(|server| IpSet::of(server.published.iter().map(|p| p.value))),
        );
        let nodes: Vec<Node<'a>> = estate
            .firewalls
            .iter()
            .zip(routings)
            .map(|(firewall, routing)| Node {
                engine: Engine::new(&firewall.firewall, &estate.reference_date, &interesting),
                routing,
            })
            .collect();
        let mut owners = HashMap::new();
        for (id, firewall) in (0u32..).zip(&estate.firewalls) {
            for (index, interface) in (0u32..).zip(&firewall.firewall.interfaces) {
                for address in &interface.addresses {
                    owners
                        .entry(address.address.first())
                        .or_insert((FirewallId(id), InterfaceId(index)));
                }
            }
        }
        Self {
            estate,
            nodes,
            owners,
            internet,
            hints,
        }
    }

    /// The prepared firewall behind an id, for questions about it alone.
    #[must_use]
    pub fn engine(&self, id: FirewallId) -> Option<&Engine<'a>> {
        self.nodes.get(id.0 as usize).map(|node| &node.engine)
    }

    /// The addresses that count as the Internet.
    #[must_use]
    pub fn internet(&self) -> &IpSet {
        &self.internet
    }

    fn node(&self, id: FirewallId) -> Option<&Node<'a>> {
        self.nodes.get(id.0 as usize)
    }

    fn nodes(&self) -> impl Iterator<Item = (FirewallId, &Node<'a>)> {
        (0u32..).map(FirewallId).zip(&self.nodes)
    }

    fn server(&self, id: ServerId) -> Option<&'a Server> {
        self.estate.servers.get(id.0 as usize)
    }

    fn zone(&self, id: ZoneId) -> Option<&'a Zone> {
        self.estate.zones.get(id.0 as usize)
    }

    /// Answers a question about all packets from one end to the other.
    #[must_use]
    pub fn reach(&self, query: &Query) -> Answer {
        if let (Endpoint::Server(a), Endpoint::Server(b)) = (&query.from, &query.to)
            && a == b
        {
            let why = vec![Reason::new(
                "the same machine: there is no network path",
                None,
            )];
            return Answer::without_parts(Verdict::Permit, Relation::SameHost, why);
        }
        if self.nodes.is_empty() {
            let why = vec![Reason::new("no firewall configuration was given", None)];
            return Answer::without_parts(Verdict::Inconclusive, Relation::Unknown, why);
        }
        let (from, to) = match (self.locate(&query.from), self.locate(&query.to)) {
            (Ok(from), Ok(to)) => (from, to),
            (Err(reason), Ok(_)) | (Ok(_), Err(reason)) => {
                return Answer::without_parts(
                    Verdict::Inconclusive,
                    Relation::Unknown,
                    vec![reason],
                );
            }
            (Err(a), Err(b)) => {
                return Answer::without_parts(Verdict::Inconclusive, Relation::Unknown, vec![a, b]);
            }
        };
        let mut answers = Vec::new();
        for source in &from {
            for destination in &to {
                if !same_family(&source.addresses, &destination.addresses) {
                    continue;
                }
                answers.push(self.between(source, destination, query));
            }
        }
        combine(answers)
    }

    /// The places of an end.
    fn locate(&self, end: &Endpoint) -> Result<Vec<Location>, Reason> {
        match end {
            Endpoint::Server(id) => {
                let server = self
                    .server(*id)
                    .ok_or_else(|| Reason::new("the server is not in the estate", None))?;
                if server.addresses.is_empty() {
                    return Err(Reason::new(
                        format!("the address of {} is not known", server.name),
                        Some(server.span),
                    ));
                }
                Ok(server
                    .addresses
                    .iter()
                    .map(|address| Location {
                        addresses: IpSet::host(address.ip),
                        zone: address.zone,
                        internet: false,
                        strength: address.strength,
                        span: Some(address.span),
                    })
                    .collect())
            }
            Endpoint::Internet => Ok(vec![self.internet_location(None)]),
            Endpoint::Zone(id) => {
                let zone = self
                    .zone(*id)
                    .ok_or_else(|| Reason::new("the zone is not in the estate", None))?;
                if zone.class == Some(ZoneClass::Internet) {
                    return Ok(vec![self.internet_location(Some(*id))]);
                }
                let mut addresses = IpSet::of(zone.networks.iter().map(|n| n.value));
                if addresses.is_empty() {
                    addresses = IpSet::of(zone.attachments.iter().flat_map(|(firewall, at)| {
                        self.node(*firewall)
                            .and_then(|n| n.engine.firewall.interfaces.get(at.0 as usize))
                            .into_iter()
                            .flat_map(|interface| interface.addresses.iter().map(|a| a.network))
                    }));
                }
                if addresses.is_empty() {
                    return Err(Reason::new(
                        format!("the networks of zone {} are not known", zone.name),
                        Some(zone.span),
                    ));
                }
                Ok(vec![Location {
                    addresses,
                    zone: Some(*id),
                    internet: false,
                    strength: zone.strength,
                    span: Some(zone.span),
                }])
            }
            Endpoint::Addresses(set) => Ok(self.divide(set)),
        }
    }

    fn internet_location(&self, zone: Option<ZoneId>) -> Location {
        Location {
            addresses: self.internet.clone(),
            zone: zone.or_else(|| {
                (0u32..)
                    .map(ZoneId)
                    .zip(&self.estate.zones)
                    .find(|(_, zone)| zone.class == Some(ZoneClass::Internet))
                    .map(|(id, _)| id)
            }),
            internet: true,
            strength: Strength::Declared,
            span: None,
        }
    }

    /// Divides addresses so that each piece has one place on every firewall.
    fn divide(&self, set: &IpSet) -> Vec<Location> {
        let mut pieces = vec![set.clone()];
        for node in &self.nodes {
            let mut next = Vec::new();
            for piece in pieces {
                let (ways, lost) = node.routing.divide(&piece);
                next.extend(ways.into_iter().map(|(set, _)| set));
                if !lost.is_empty() {
                    next.push(lost);
                }
            }
            pieces = next;
        }
        pieces
            .into_iter()
            .map(|addresses| Location {
                addresses,
                zone: None,
                internet: false,
                strength: Strength::Declared,
                span: None,
            })
            .collect()
    }

    /// The interface of a firewall behind which a location lies.
    fn place(&self, id: FirewallId, location: &Location) -> Option<Placement> {
        let node = self.node(id)?;
        let zone = location.zone.and_then(|zone| self.zone(zone));
        if let Some(zone) = zone
            && (zone.strength == Strength::Declared || location.internet)
        {
            let attached = zone.attachments.iter().find(|(at, _)| *at == id);
            if let Some((_, interface)) = attached {
                return Some(Placement {
                    interface: *interface,
                    strength: Strength::Declared,
                    next_hop: None,
                    span: zone.span,
                    doubt: None,
                });
            }
        }
        if location.internet {
            return node
                .routing
                .default_route(true)
                .or_else(|| node.routing.default_route(false))
                .cloned();
        }
        let (ways, lost) = node.routing.divide(&location.addresses);
        match ways.as_slice() {
            [(_, placement)] if lost.is_empty() => Some((*placement).clone()),
            _ => None,
        }
    }

    /// Addresses under which a source knows a destination that firewalls
    /// translate.
    fn names(&self, from: &Location, to: &Location) -> Vec<Name> {
        let mut names = Vec::new();
        let mut open = vec![(to.addresses.clone(), None::<NatService>, 0usize)];
        while let Some((address, service, depth)) = open.pop() {
            if depth > 4 || names.len() > 64 {
                break;
            }
            for (id, node) in self.nodes() {
                if node.engine.firewall.nat.rules.is_empty() {
                    continue;
                }
                let Some(ingress) = self.place(id, from) else {
                    continue;
                };
                for (mapped, ports) in self.published_by(node, &ingress, &address, &from.addresses)
                {
                    let known = |name: &Name| name.address == mapped && name.service == ports;
                    if mapped == to.addresses || names.iter().any(known) {
                        continue;
                    }
                    let ports = ports.or_else(|| service.clone());
                    names.push(Name {
                        address: mapped.clone(),
                        service: ports.clone(),
                    });
                    open.push((mapped, ports, depth.saturating_add(1)));
                }
            }
        }
        names
    }

    /// Mapped addresses of a real one on the side of an interface, in the
    /// order of the translations; ends at the first that takes all packets.
    fn published_by(
        &self,
        node: &Node<'a>,
        ingress: &Placement,
        address: &IpSet,
        sources: &IpSet,
    ) -> Vec<(IpSet, Option<NatService>)> {
        let engine = &node.engine;
        let mut found = Vec::new();
        for rule in &engine.firewall.nat.rules {
            let fits = |wanted: Option<InterfaceId>| {
                wanted.is_none_or(|wanted| wanted == ingress.interface)
            };
            if !rule.enabled
                || !fits(rule.mapped_interface)
                || rule.real_interface == Some(ingress.interface)
            {
                continue;
            }
            let real = engine.objects.addresses(&rule.real_source);
            if !real.surely.includes(address) {
                continue;
            }
            let behind = node
                .routing
                .divide(address)
                .0
                .first()
                .map(|(_, placement)| placement.interface);
            if let (Some(wanted), Some(behind)) = (rule.real_interface, behind)
                && wanted != behind
            {
                continue;
            }
            let peers = engine.objects.addresses(&rule.real_destination);
            if !peers.possibly.overlaps(sources) {
                continue;
            }
            if let Some(policy) = rule.policy {
                let replies = PacketSet::from(Cube::new(
                    address.clone(),
                    sources.clone(),
                    &ServiceCube::ALL,
                ));
                let parts = engine.evaluate_filter(policy, &replies, &Context::default());
                if parts
                    .iter()
                    .all(|part| part.outcome.verdict == PartVerdict::Deny)
                {
                    continue;
                }
            }
            match rule.kind {
                NatKind::Exempt => return found,
                NatKind::Dynamic => continue,
                NatKind::Static if rule.unidirectional => continue,
                NatKind::Static => {}
            }
            let mapped = engine.objects.addresses(&rule.mapped_source);
            if !mapped.is_exact() {
                continue;
            }
            if let Some(moved) = super::nat::shift(address, &real.possibly, &mapped.possibly) {
                let service = rule.service.as_deref().cloned();
                let whole = service.is_none();
                found.push((moved, service));
                if whole {
                    return found;
                }
            }
        }
        found
    }

    /// Answers for one pair of places.
    fn between(&self, from: &Location, to: &Location, query: &Query) -> Answer {
        let mut names = self.names(from, to);
        if from.internet && names.is_empty() {
            names.extend(self.declared_names(query));
        }
        let mut answers = Vec::new();
        let mut rest = query.services.clone();
        for name in &names {
            let services = match &name.service {
                None => query.services.clone(),
                Some(service) => ported(&query.services, service, true),
            };
            if let Some(service) = &name.service {
                rest = rest.subtract(&ported(&query.services, service, false));
            }
            if services.is_empty() {
                continue;
            }
            let to = Location {
                addresses: name.address.clone(),
                // A translated address lies elsewhere than the host.
                zone: None,
                ..to.clone()
            };
            answers.push(self.follow(from, &to, &services, query.state));
        }
        let whole = names.iter().any(|name| name.service.is_none());
        if !(whole || rest.is_empty()) {
            answers.push(self.follow(from, to, &rest, query.state));
        }
        let mut answer = combine_names(answers);
        for location in [from, to] {
            answer.at.extend(location.span);
            if location.strength > Strength::Routed && answer.weak.is_none() {
                answer.weak = Some(Reason::new(
                    format!(
                        "the address {} is only inferred",
                        super::describe::addresses(&location.addresses)
                    ),
                    location.span,
                ));
            }
        }
        answer
    }

    /// Addresses that the inventory declares as published.
    fn declared_names(&self, query: &Query) -> Vec<Name> {
        let Endpoint::Server(id) = &query.to else {
            return Vec::new();
        };
        self.server(*id)
            .into_iter()
            .flat_map(|server| &server.published)
            .map(|published| Name {
                address: IpSet::from(published.value),
                service: None,
            })
            .collect()
    }

    /// Follows packets from their source.
    fn follow(
        &self,
        from: &Location,
        to: &Location,
        services: &ServiceSet,
        state: ConnectionState,
    ) -> Answer {
        let cubes: Vec<Cube> = disjoint(services)
            .iter()
            .map(|cube| Cube::new(from.addresses.clone(), to.addresses.clone(), cube))
            .filter(|cube| !cube.is_empty())
            .collect();
        let starts = match self.starts(from, to, &cubes) {
            Starts::At(starts) => starts,
            Starts::None(reason, at) => {
                let mut answer =
                    Answer::without_parts(Verdict::Permit, Relation::NoneBetween, vec![reason]);
                answer.at.extend(at);
                return answer;
            }
            Starts::Unknown(reasons) => {
                return Answer::without_parts(Verdict::Inconclusive, Relation::Unknown, reasons);
            }
        };
        let mut answers: Vec<Answer> = starts
            .iter()
            .map(|start| {
                let mut walk = Walk {
                    network: self,
                    from,
                    to,
                    state,
                    parts: Vec::new(),
                    weak: None,
                    at: vec![start.placement.span],
                };
                for cube in &cubes {
                    walk.enter(
                        start.firewall,
                        start.placement.interface,
                        &Flight::new(cube.clone()),
                    );
                }
                walk.finish(start)
            })
            .collect();
        let Some(mut first) = answers.pop() else {
            return Answer::without_parts(
                Verdict::Inconclusive,
                Relation::Unknown,
                vec![Reason::new("no path was found", None)],
            );
        };
        // Several candidate paths: they agree, or the answer stays open.
        for other in answers {
            if other.verdict != first.verdict {
                let name = |answer: &Answer| self.names_of(&answer.firewalls);
                let reason = Reason::new(
                    format!(
                        "the packets may go through {} or through {}, which differ",
                        name(&other),
                        name(&first)
                    ),
                    None,
                );
                first.verdict = Verdict::Inconclusive;
                add_reasons(&mut first.why, std::slice::from_ref(&reason));
                for part in &mut first.parts {
                    part.verdict = PartVerdict::Inconclusive;
                    add_reasons(&mut part.reasons, std::slice::from_ref(&reason));
                }
            } else if first.weak.is_none() {
                first.weak = Some(Reason::new("several paths lead there", None));
            }
        }
        first
    }

    fn names_of(&self, ids: &[FirewallId]) -> String {
        let names: Vec<&str> = ids
            .iter()
            .filter_map(|id| self.estate.firewalls.get(id.0 as usize))
            .map(|firewall| firewall.name.as_str())
            .collect();
        names.join(" and ")
    }

    /// The firewalls at which packets arrive first.
    fn starts(&self, from: &Location, to: &Location, cubes: &[Cube]) -> Starts {
        let mut starts: Vec<Start> = Vec::new();
        let mut aside = None;
        let mut reasons = Vec::new();
        for (id, node) in self.nodes() {
            let Some(placement) = self.place(id, from) else {
                continue;
            };
            let Some(far) = self.way_out(id, node, &placement, to, cubes) else {
                if placement.strength <= Strength::Routed {
                    add_reasons(
                        &mut reasons,
                        &[Reason::new(
                            format!(
                                "{} has no route to {}",
                                self.names_of(&[id]),
                                super::describe::addresses(&to.addresses)
                            ),
                            None,
                        )],
                    );
                }
                continue;
            };
            if far.interface == placement.interface {
                // Both ends lie behind the same interface.
                let weakest = placement.strength.max(far.strength);
                if weakest <= Strength::Routed {
                    aside.get_or_insert((id, placement.interface, [placement.span, far.span]));
                    if node.engine.firewall.transparent.is_some() {
                        add_reasons(
                            &mut reasons,
                            &[Reason::new(
                                format!(
                                    "{} is transparent: one network lies on both sides",
                                    self.names_of(&[id])
                                ),
                                node.engine.firewall.transparent,
                            )],
                        );
                    }
                }
                continue;
            }
            let behind_other = placement
                .next_hop
                .and_then(|hop| self.owners.get(&hop))
                .is_some_and(|(owner, _)| *owner != id);
            if behind_other {
                continue;
            }
            starts.push(Start {
                firewall: id,
                rank: (placement.strength, far.strength),
                placement,
            });
        }
        let best = starts.iter().map(|start| start.rank).min();
        starts.retain(|start| Some(start.rank) == best);
        if !starts.is_empty() {
            return Starts::At(starts);
        }
        let transparent = reasons.iter().any(|r| r.text.contains("transparent"));
        if let Some((id, interface, spans)) = aside
            && !transparent
        {
            let name = self
                .node(id)
                .and_then(|n| n.engine.firewall.interfaces.get(interface.0 as usize))
                .map_or("", |interface| interface.name.value.as_str());
            return Starts::None(
                Reason::new(
                    format!(
                        "none of the given firewalls is between: both ends lie behind {}:{name}",
                        self.names_of(&[id])
                    ),
                    spans.first().copied(),
                ),
                spans.to_vec(),
            );
        }
        if from.zone.is_some() && from.zone == to.zone && !transparent {
            return Starts::None(
                Reason::new(
                    "none of the given firewalls is between: both ends lie in one zone",
                    None,
                ),
                Vec::new(),
            );
        }
        if reasons.is_empty() {
            reasons.push(Reason::new(
                format!(
                    "no given firewall knows where {} and {} lie",
                    super::describe::addresses(&from.addresses),
                    super::describe::addresses(&to.addresses)
                ),
                None,
            ));
        }
        Starts::Unknown(reasons)
    }

    /// Where packets to a place leave a firewall: through a translation, to a
    /// declared zone, or along a route.
    fn way_out(
        &self,
        id: FirewallId,
        node: &Node<'a>,
        ingress: &Placement,
        to: &Location,
        cubes: &[Cube],
    ) -> Option<Placement> {
        let routed = cubes
            .iter()
            .flat_map(|cube| node.engine.route(&node.routing, ingress.interface, cube))
            .collect::<Vec<_>>();
        let moved = routed
            .iter()
            .find(|routed| routed.by.rule.is_some() && routed.by.arrived != routed.by.real);
        if let Some(moved) = moved {
            return moved.egress.clone();
        }
        self.place(id, to).or_else(|| {
            routed
                .iter()
                .filter_map(|routed| routed.egress.as_ref())
                .find(|egress| egress.interface != ingress.interface)
                .cloned()
        })
    }
}

/// Where a walk begins.
struct Start {
    firewall: FirewallId,
    placement: Placement,
    rank: (Strength, Strength),
}

enum Starts {
    At(Vec<Start>),
    None(Reason, Vec<Span>),
    Unknown(Vec<Reason>),
}

/// Packets on their way, with what happened so far.
#[derive(Debug, Clone)]
struct Flight {
    sent: Cube,
    now: Cube,
    pooled: bool,
    doubtful: bool,
    by: Vec<Decider>,
    reasons: Vec<Reason>,
    effects: Vec<Effect>,
    firewalls: Vec<FirewallId>,
}

impl Flight {
    fn new(cube: Cube) -> Self {
        Self {
            sent: cube.clone(),
            now: cube,
            pooled: false,
            doubtful: false,
            by: Vec::new(),
            reasons: Vec::new(),
            effects: Vec::new(),
            firewalls: Vec::new(),
        }
    }
}

struct Walk<'w, 'a> {
    network: &'w Network<'a>,
    from: &'w Location,
    to: &'w Location,
    state: ConnectionState,
    parts: Vec<Part>,
    weak: Option<Reason>,
    at: Vec<Span>,
}

impl Walk<'_, '_> {
    /// Sends packets into a firewall and follows what comes out.
    fn enter(&mut self, id: FirewallId, ingress: InterfaceId, flight: &Flight) {
        let Some(node) = self.network.node(id) else {
            return;
        };
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
        for crossed in node.engine.cross(&node.routing, &arrival) {
            self.after(id, ingress, node, flight, crossed);
        }
    }

    fn after(
        &mut self,
        id: FirewallId,
        ingress: InterfaceId,
        node: &Node<'_>,
        before: &Flight,
        crossed: Crossed,
    ) {
        let mut flight = before.clone();
        flight.firewalls.push(id);
        flight.sent = crossed.sent;
        flight.now = crossed.left;
        flight.pooled = crossed.pooled;
        if crossed.verdict == PartVerdict::Deny {
            flight.by = crossed.by;
            self.end(flight, PartVerdict::Deny);
            return;
        }
        flight.by.extend(crossed.by);
        flight.effects.extend(crossed.effects);
        if crossed.verdict == PartVerdict::Inconclusive {
            flight.doubtful = true;
            add_reasons(&mut flight.reasons, &crossed.reasons);
        }
        let Some(mut egress) = crossed.egress else {
            self.end(flight, PartVerdict::Inconclusive);
            return;
        };
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
        self.at.push(egress.span);
        if egress.interface == ingress && !self.turned(&flight) {
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
        match self.next(id, node, &egress, &flight) {
            Some((next, interface)) => self.enter(next, interface, &flight),
            None => {
                if self.weak.is_none()
                    && egress.strength == Strength::DefaultRoute
                    && !self.to.internet
                {
                    self.weak = Some(Reason::new(
                        format!(
                            "only the default route of {} leads to {}",
                            node.engine.firewall.name.value,
                            super::describe::addresses(&flight.now.destination)
                        ),
                        Some(egress.span),
                    ));
                }
                self.end(flight, PartVerdict::Permit);
            }
        }
    }

    /// Whether the destination was translated on the way.
    fn turned(&self, flight: &Flight) -> bool {
        flight.now.destination != flight.sent.destination
    }

    /// The next firewall, or `None` when the packets arrive.
    fn next(
        &mut self,
        id: FirewallId,
        node: &Node<'_>,
        egress: &Placement,
        flight: &Flight,
    ) -> Option<(FirewallId, InterfaceId)> {
        let network = self.network;
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
        if self.weak.is_none() {
            self.weak = Some(Reason::new(
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

    fn end(&mut self, flight: Flight, verdict: PartVerdict) {
        let verdict = match verdict {
            PartVerdict::Permit if flight.doubtful => PartVerdict::Inconclusive,
            other => other,
        };
        let reasons = if verdict == PartVerdict::Inconclusive {
            flight.reasons
        } else {
            Vec::new()
        };
        let same = |part: &&mut Part| {
            part.verdict == verdict
                && part.by == flight.by
                && part.reasons == reasons
                && part.effects == flight.effects
                && part.firewalls == flight.firewalls
        };
        if let Some(part) = self.parts.iter_mut().find(same) {
            part.packets.insert(&flight.sent);
            return;
        }
        if self.parts.len() >= MAX_PARTS {
            return;
        }
        self.parts.push(Part {
            verdict,
            packets: PacketSet::from(flight.sent),
            witness: None,
            by: flight.by,
            reasons,
            effects: flight.effects,
            firewalls: flight.firewalls,
        });
    }

    fn finish(mut self, start: &Start) -> Answer {
        for part in &mut self.parts {
            part.witness = part.packets.witness(&self.network.hints);
        }
        if self.weak.is_none() && !self.from.internet && start.placement.strength > Strength::Routed
        {
            self.weak = Some(Reason::new(
                format!(
                    "only the default route of {} leads to {}",
                    self.network.names_of(&[start.firewall]),
                    super::describe::addresses(&self.from.addresses)
                ),
                Some(start.placement.span),
            ));
        }
        let mut answer = summarise(self.parts, Relation::Crosses);
        answer.weak = self.weak;
        answer.at = self.at;
        answer.at.dedup();
        answer
    }
}

/// The answer over parts.
fn summarise(parts: Vec<Part>, relation: Relation) -> Answer {
    let verdict = Verdict::of(parts.iter().map(|part| part.verdict));
    let mut effects: Vec<Effect> = Vec::new();
    let mut firewalls = Vec::new();
    let mut why = Vec::new();
    for part in &parts {
        if part.verdict != PartVerdict::Deny {
            for effect in &part.effects {
                if !effects.contains(effect) {
                    effects.push(effect.clone());
                }
            }
        }
        for id in &part.firewalls {
            if !firewalls.contains(id) {
                firewalls.push(*id);
            }
        }
        if part.verdict == PartVerdict::Inconclusive {
            add_reasons(&mut why, &part.reasons);
        }
    }
    Answer {
        verdict,
        relation,
        parts,
        effects,
        firewalls,
        why,
        weak: None,
        at: Vec::new(),
    }
}

/// Joins the answers for the names of one address: the best name counts.
fn combine_names(mut answers: Vec<Answer>) -> Answer {
    if answers.len() == 1
        && let Some(only) = answers.pop()
    {
        return only;
    }
    combine(answers)
}

/// Joins the answers for several pairs of addresses.
fn combine(answers: Vec<Answer>) -> Answer {
    let mut answers = answers;
    match answers.len() {
        0 => {
            return Answer::without_parts(
                Verdict::Inconclusive,
                Relation::Unknown,
                vec![Reason::new("the ends have no address of one family", None)],
            );
        }
        1 => {
            if let Some(only) = answers.pop() {
                return only;
            }
        }
        _ => {}
    }
    let verdict = {
        let flat = answers.iter().flat_map(|answer| match answer.verdict {
            Verdict::Permit => vec![PartVerdict::Permit],
            Verdict::Deny => vec![PartVerdict::Deny],
            Verdict::Inconclusive => vec![PartVerdict::Inconclusive],
            Verdict::Partial => vec![PartVerdict::Permit, PartVerdict::Deny],
        });
        Verdict::of(flat)
    };
    let relation = answers
        .iter()
        .map(|answer| answer.relation)
        .max()
        .unwrap_or(Relation::Unknown);
    let mut why = Vec::new();
    let mut weak = None;
    let mut at = Vec::new();
    let mut parts = Vec::new();
    for answer in answers {
        add_reasons(&mut why, &answer.why);
        weak = weak.or(answer.weak);
        at.extend(answer.at);
        parts.extend(answer.parts);
    }
    let mut joint = summarise(parts, relation);
    joint.verdict = verdict;
    joint.why = why;
    joint.weak = weak;
    joint.at = at;
    joint
}

fn same_family(a: &IpSet, b: &IpSet) -> bool {
    !(a.v4.is_empty() || b.v4.is_empty()) || !(a.v6.is_empty() || b.v6.is_empty())
}

/// The packets of a service set as disjoint cubes.
fn disjoint(services: &ServiceSet) -> Vec<ServiceCube> {
    let mut done = ServiceSet::EMPTY;
    for cube in services.cubes() {
        let fresh = ServiceSet::of(vec![cube.clone()]).subtract(&done);
        let mut cubes = done.cubes().to_vec();
        cubes.extend_from_slice(fresh.cubes());
        done = ServiceSet::of(cubes);
    }
    done.cubes().to_vec()
}

/// The services whose destination port a translation changes: as the mapped
/// side sends them (`mapped`), or as the server sees them.
fn ported(services: &ServiceSet, nat: &NatService, mapped: bool) -> ServiceSet {
    let cubes = services
        .cubes()
        .iter()
        .filter(|cube| cube.protocols.contains(nat.protocol))
        .filter_map(|cube| {
            let real = cube.destination.intersect(&PortSet::from(nat.real));
            let destination = if mapped {
                super::nat::shift_ports(&real, nat.real, nat.mapped)?
            } else {
                real
            };
            Some(ServiceCube {
                protocols: ProtocolSet::one(nat.protocol),
                source: cube.source.clone(),
                destination,
            })
        })
        .collect();
    ServiceSet::of(cubes)
}
