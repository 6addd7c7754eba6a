//! From one end of the network to the other.
//!
//! Packets are followed from firewall to firewall over shared networks and
//! next hops. A denial anywhere is a denial, whatever is unknown before it;
//! what is unknown and not denied later is inconclusive.

use std::collections::HashMap;
use std::net::IpAddr;

use super::answer::{Answer, Relation, Verdict};
use super::combine::{combine, combine_names};
use super::evaluate::{ConnectionState, Engine, PartVerdict, RuleRef};
use super::host::{self, Host};
use super::internet;
use super::locate::Location;
use super::names::ported;
use super::packets::Cube;
use super::place::Routing;
use super::resolve::{Reason, add_reasons};
use super::sets::{IpSet, PortSet, ProtocolSet, ServiceCube, ServiceSet};
use super::starts::Starts;
use super::walk::Walk;
use crate::estate::{Estate, FirewallId, Server, ServerId, Strength, Zone, ZoneId};
use crate::model::firewall::{Action, AddressMatch, AddressView, InterfaceId, NatKind};
use crate::model::net::{PortRange, Protocol};

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

/// A firewall with what routing needs.
#[derive(Debug)]
pub(super) struct Node<'a> {
    pub(super) engine: Engine<'a>,
    pub(super) routing: Routing,
    /// Whether packets cross it; one that only filters for its host stands
    /// between no two machines.
    pub(super) forwards: bool,
}

/// All firewalls of an estate, prepared for questions.
#[derive(Debug)]
pub struct Network<'a> {
    pub(super) estate: &'a Estate,
    pub(super) nodes: Vec<Node<'a>>,
    pub(super) hosts: Vec<Host>,
    pub(super) owners: HashMap<IpAddr, (FirewallId, InterfaceId)>,
    pub(super) internet: IpSet,
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
            .map(|firewall| {
                if host::forwards(&firewall.firewall) {
                    Routing::new(&firewall.firewall)
                } else {
                    Routing::default()
                }
            })
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
                forwards: host::forwards(&firewall.firewall),
            })
            .collect();
        let mut owners = HashMap::new();
        for (id, firewall) in (0u32..).zip(&estate.firewalls) {
            if !host::forwards(&firewall.firewall) {
                continue;
            }
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
            hosts: host::hosts(estate),
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

    pub(super) fn node(&self, id: FirewallId) -> Option<&Node<'a>> {
        self.nodes.get(id.0 as usize)
    }

    /// The firewalls that packets cross.
    pub(super) fn nodes(&self) -> impl Iterator<Item = (FirewallId, &Node<'a>)> {
        let all = (0u32..).map(FirewallId).zip(&self.nodes);
        all.filter(|(_, node)| node.forwards)
    }

    pub(super) fn server(&self, id: ServerId) -> Option<&'a Server> {
        self.estate.servers.get(id.0 as usize)
    }

    pub(super) fn zone(&self, id: ZoneId) -> Option<&'a Zone> {
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
        if !whole
            && answer.verdict != Verdict::Permit
            && answer.relation != Relation::NoneBetween
            && let Some(reason) = self.unknown_name(from, to)
        {
            answer.verdict = Verdict::Inconclusive;
            add_reasons(&mut answer.why, std::slice::from_ref(&reason));
            for part in &mut answer.parts {
                if part.verdict != PartVerdict::Permit {
                    part.verdict = PartVerdict::Inconclusive;
                    add_reasons(&mut part.reasons, std::slice::from_ref(&reason));
                }
            }
        }
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

    /// Says that a destination is an address of a firewall.
    fn own_address(&self, to: &Location) -> Option<Reason> {
        let address = to.addresses.single()?;
        let (firewall, _) = self.owners.get(&address)?;
        self.node(*firewall)?.engine.to_itself(&to.addresses)
    }

    /// Says that a destination is an address to which a firewall translates: it
    /// answers for the address itself, so that nothing behind the same
    /// interface gets the packets.
    pub(super) fn owned(&self, to: &Location) -> Option<Reason> {
        self.nodes().find_map(|(_, node)| {
            let firewall = node.engine.firewall;
            let rule = firewall.nat.rules.iter().find(|rule| {
                rule.enabled
                    && rule.kind != NatKind::Exempt
                    && rule.mapped_source != AddressMatch::Any
                    && rule.mapped_source != rule.real_source
                    && {
                        let mapped = node.engine.objects.addresses(&rule.mapped_source);
                        mapped.surely.overlaps(&to.addresses)
                    }
            })?;
            Some(Reason::new(
                format!(
                    "{} answers for {} because of a translation, and none fits these packets",
                    firewall.name.value,
                    super::describe::addresses(&to.addresses)
                ),
                Some(rule.span),
            ))
        })
    }

    /// Follows packets from their source.
    pub(super) fn follow(
        &self,
        from: &Location,
        to: &Location,
        services: &ServiceSet,
        state: ConnectionState,
    ) -> Answer {
        let mut answer = self.followed(from, to, services, state);
        self.add_links(from, to, &mut answer);
        answer
    }

    fn followed(
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
        let declared = match self.declared_path(from, to) {
            Ok(declared) => declared,
            Err(reason) => {
                return Answer::without_parts(
                    Verdict::Inconclusive,
                    Relation::Unknown,
                    vec![reason],
                );
            }
        };
        let starts = match &declared {
            Some((first, ..)) => self.declared_start(*first, from),
            None => self.starts(from, to, &cubes),
        };
        let owned = match &starts {
            Starts::At(_) => None,
            Starts::None(..) | Starts::Unknown(_) => self.owned(to),
        };
        let starts = match starts {
            Starts::At(starts) => starts,
            Starts::None(..) | Starts::Unknown(_) if owned.is_some() => {
                return Answer::without_parts(
                    Verdict::Inconclusive,
                    Relation::Unknown,
                    owned.into_iter().collect(),
                );
            }
            Starts::None(reason, at) => {
                let hosts = self.by_hosts(from, to, state, &cubes, &[]);
                if let Some(mut answer) = hosts {
                    add_reasons(&mut answer.why, &[reason]);
                    answer.relation = Relation::NoneBetween;
                    answer.at.extend(at);
                    return answer;
                }
                if let Some(own) = self.own_address(to) {
                    return Answer::without_parts(
                        Verdict::Inconclusive,
                        Relation::Unknown,
                        vec![own],
                    );
                }
                let mut answer =
                    Answer::without_parts(Verdict::Permit, Relation::NoneBetween, vec![reason]);
                answer.at.extend(at);
                return answer;
            }
            Starts::Unknown(reasons) => {
                if let Some(answer) = self.by_hosts(from, to, state, &cubes, &reasons) {
                    return answer;
                }
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
                    declared: declared.as_ref().map(|(_, all, _)| all.clone()),
                    parts: Vec::new(),
                    weak: None,
                    at: std::iter::once(start.placement.span)
                        .chain(declared.as_ref().map(|(.., span)| *span))
                        .collect(),
                };
                for cube in &cubes {
                    for flight in walk.depart(cube) {
                        walk.enter(start.firewall, start.placement.interface, &flight);
                    }
                }
                walk.finish(Some(start))
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

    /// What the firewalls of the two hosts alone say, where no other one is
    /// known to be on the way; `None` when none was given. `doubts` tell why it
    /// is not known what else is on the way.
    fn by_hosts(
        &self,
        from: &Location,
        to: &Location,
        state: ConnectionState,
        cubes: &[Cube],
        doubts: &[Reason],
    ) -> Option<Answer> {
        let mut walk = Walk {
            network: self,
            from,
            to,
            state,
            declared: None,
            parts: Vec::new(),
            weak: None,
            at: Vec::new(),
        };
        for cube in cubes {
            for mut flight in walk.depart(cube) {
                if !doubts.is_empty() {
                    flight.doubtful = true;
                    add_reasons(&mut flight.reasons, doubts);
                }
                walk.arrive(flight);
            }
        }
        let asked = walk.parts.iter().any(|part| !part.firewalls.is_empty());
        asked.then(|| walk.finish(None))
    }

    /// Whether a rule, were it asked first, could let packets of an answer
    /// through: it permits, it is in a list that a firewall on their way asks
    /// for these interfaces, and it may match them there.
    #[must_use]
    pub fn would_permit(&self, answer: &Answer, firewall: FirewallId, place: RuleRef) -> bool {
        let Some(engine) = self.engine(firewall) else {
            return false;
        };
        let permits = engine
            .rule(place)
            .is_some_and(|rule| rule.action == Action::Permit);
        let matched = place
            .rule
            .and_then(|index| engine.rule_match(place.filter, index as usize));
        let (true, Some(matched)) = (permits, matched) else {
            return false;
        };
        let touches = |cube: &Cube| matched.possibly().iter().any(|own| own.overlaps(cube));
        let seen = answer.parts.iter().flat_map(|part| &part.seen);
        seen.filter(|seen| seen.firewall == firewall).any(|seen| {
            engine.firewall.stages.iter().any(|stage| {
                stage.passage == seen.passage
                    && stage.ingress.admits(seen.ingress) != Some(false)
                    && stage.egress.admits(seen.egress) == Some(true)
                    && match stage.view {
                        AddressView::Real => touches(&seen.real),
                        AddressView::Mapped => touches(&seen.arrived),
                        AddressView::Unknown => touches(&seen.real) || touches(&seen.arrived),
                    }
                    && engine.calls(stage.filter, place.filter)
            })
        })
    }

    pub(super) fn names_of(&self, ids: &[FirewallId]) -> String {
        let names: Vec<&str> = ids
            .iter()
            .filter_map(|id| self.estate.firewalls.get(id.0 as usize))
            .map(|firewall| firewall.name.as_str())
            .collect();
        names.join(" and ")
    }
}

pub(super) fn same_family(a: &IpSet, b: &IpSet) -> bool {
    !(a.v4.is_empty() || b.v4.is_empty()) || !(a.v6.is_empty() || b.v6.is_empty())
}

/// The packets of a service set as disjoint cubes.
pub(super) fn disjoint(services: &ServiceSet) -> Vec<ServiceCube> {
    let mut done = ServiceSet::EMPTY;
    for cube in services.cubes() {
        let fresh = ServiceSet::of(vec![cube.clone()]).subtract(&done);
        let mut cubes = done.cubes().to_vec();
        cubes.extend_from_slice(fresh.cubes());
        done = ServiceSet::of(cubes);
    }
    done.cubes().to_vec()
}
