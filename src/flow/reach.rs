//! From one end of the network to the other.
//!
//! Packets are followed from firewall to firewall over shared networks and
//! next hops. A denial anywhere is a denial, whatever is unknown before it;
//! what is unknown and not denied later is inconclusive.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use super::alike::Classes;
use super::answer::{Answer, Relation, Verdict};
use super::combine::{better, combine};
use super::evaluate::{ConnectionState, Engine, PartVerdict, RuleRef};
use super::host::{self, Host};
use super::index::Cuts;
use super::internet;
use super::locate::Location;
use super::names::ported;
use super::packets::Cube;
use super::place::Routing;
use super::resolve::{Reason, add_reasons};
use super::sets::{IpSet, PortSet, ProtocolSet, ServiceCube, ServiceSet};
use super::starts::{DeclaredPath, Starts};
use super::together::{self, Together};
use super::walk::Walk;
use crate::estate::{Estate, FirewallId, Server, ServerId, Strength, Zone, ZoneId};
use crate::model::firewall::{Action, AddressMatch, AddressView, InterfaceId, NatKind, NatService};
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

/// Two places, with what holds for all questions about them.
struct Pair<'p> {
    from: &'p Location,
    to: &'p Location,
    /// The destination under other addresses, each for a service or for all.
    names: Vec<(Location, Option<NatService>)>,
    /// Whether one of them stands for all services.
    whole: bool,
    /// Whether the source may send to the destination's own address, though
    /// that has names.
    direct: bool,
    declared: Result<DeclaredPath, Reason>,
    unknown_name: OnceCell<Option<Reason>>,
    state: ConnectionState,
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
    classes: OnceLock<Classes>,
    together: OnceLock<Together>,
}

/// With more servers than this, rules are sliced to one server of each kind.
const MANY_SERVERS: usize = 256;

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
            for (firewall, interface) in zone.attachments.iter().chain(&zone.beyond) {
                if let Some(routing) = routings.get_mut(firewall.0 as usize) {
                    for network in &zone.networks {
                        routing.declare(network.value, *interface, network.span);
                    }
                }
            }
        }
        internet::place(estate, &mut routings);
        let hints: Vec<IpAddr> = estate
            .servers
            .iter()
            .flat_map(|server| server.addresses.iter().map(|address| address.ip))
            .collect();
        let internet = internet::addresses(estate, &routings);
        let mut nodes: Vec<Node<'a>> = estate
            .firewalls
            .iter()
            .zip(routings)
            .map(|(firewall, routing)| Node {
                engine: Engine::new(&firewall.firewall, &estate.reference_date, &[]),
                routing,
                forwards: host::forwards(&firewall.firewall),
            })
            .collect();
        let hosts = host::hosts(estate);
        let classes = OnceLock::new();
        // Of many servers one of each kind is asked for.
        let servers: Vec<&Server> = if estate.servers.len() > MANY_SERVERS {
            let classes = classes.get_or_init(|| Classes::new(estate, &nodes, &hosts));
            let first = classes.first();
            first
                .filter_map(|id| estate.servers.get(id.0 as usize))
                .collect()
        } else {
            estate.servers.iter().collect()
        };
        let own = servers.iter().flat_map(|server| &server.addresses);
        let mut interesting: Vec<IpSet> = own.map(|address| IpSet::host(address.ip)).collect();
        interesting.push(internet.clone());
        interesting.extend(
            estate
                .zones
                .iter()
                .map(|zone| IpSet::of(zone.networks.iter().map(|network| network.value))),
        );
        interesting.extend(
            servers
                .iter()
                .map(|server| IpSet::of(server.published.iter().map(|p| p.value))),
        );
        let cuts = Arc::new(Cuts::new(interesting.iter()));
        for node in &mut nodes {
            node.engine.slice_to(&cuts);
        }
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
            hosts,
            owners,
            internet,
            hints,
            classes,
            together: OnceLock::new(),
        }
    }

    /// Servers that are alike as ends of flows.
    #[must_use]
    pub fn classes(&self) -> &Classes {
        self.classes
            .get_or_init(|| Classes::new(self.estate, &self.nodes, &self.hosts))
    }

    /// Which services may be followed together.
    fn together(&self) -> &Together {
        self.together
            .get_or_init(|| Together::new(self.nodes.iter().map(|node| &node.engine)))
    }

    /// The prepared firewall behind an id, for questions about it alone.
    #[must_use]
    pub fn engine(&self, id: FirewallId) -> Option<&Engine<'a>> {
        self.nodes.get(id.0 as usize).map(|node| &node.engine)
    }

    /// Addresses of servers: a witness prefers them.
    #[must_use]
    pub fn hints(&self) -> &[IpAddr] {
        &self.hints
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
        let services = std::slice::from_ref(&query.services);
        self.reach_each(query, services)
            .pop()
            .unwrap_or_else(|| combine(Vec::new()))
    }

    /// Answers several questions about the ends of one, in their order. What
    /// does not depend on the service is looked up once.
    pub(super) fn reach_each(&self, query: &Query, services: &[ServiceSet]) -> Vec<Answer> {
        let all = |answer: Answer| vec![answer; services.len()];
        if let (Endpoint::Server(a), Endpoint::Server(b)) = (&query.from, &query.to)
            && a == b
        {
            let why = vec![Reason::new(
                "the same machine: there is no network path",
                None,
            )];
            return all(Answer::without_parts(
                Verdict::Permit,
                Relation::SameHost,
                why,
            ));
        }
        let unknown = |why| Answer::without_parts(Verdict::Inconclusive, Relation::Unknown, why);
        if self.nodes.is_empty() {
            let why = vec![Reason::new("no firewall configuration was given", None)];
            return all(unknown(why));
        }
        let (from, to) = match (self.locate(&query.from), self.locate(&query.to)) {
            (Ok(from), Ok(to)) => (from, to),
            (Err(reason), Ok(_)) | (Ok(_), Err(reason)) => return all(unknown(vec![reason])),
            (Err(a), Err(b)) => return all(unknown(vec![a, b])),
        };
        let mut pairs = Vec::new();
        for source in &from {
            for destination in &to {
                if same_family(&source.addresses, &destination.addresses) {
                    pairs.push(self.both(source, destination, query));
                }
            }
        }
        let mut of_each: Vec<Vec<Answer>> = vec![Vec::new(); services.len()];
        for pair in &pairs {
            let answers = self.between(pair, services);
            for (all, answer) in of_each.iter_mut().zip(answers) {
                all.push(answer);
            }
        }
        of_each.into_iter().map(combine).collect()
    }

    /// Looks up what holds for all questions about two places.
    fn both<'p>(&self, from: &'p Location, to: &'p Location, query: &Query) -> Pair<'p> {
        let mut names = self.names(from, to);
        if from.internet && names.is_empty() {
            names.extend(self.declared_names(query));
        }
        // From the Internet nothing leads to an inner address.
        let inner = !from.internet && !self.internet.overlaps(&from.addresses);
        Pair {
            from,
            to,
            direct: inner && !names.is_empty() && names.iter().all(|name| name.one_way),
            whole: names.iter().any(|name| name.service.is_none()),
            names: names
                .into_iter()
                .map(|name| {
                    let to = Location {
                        addresses: name.address,
                        // A translated address lies elsewhere than the host.
                        zone: None,
                        ..to.clone()
                    };
                    (to, name.service)
                })
                .collect(),
            declared: self.declared_path(from, to),
            unknown_name: OnceCell::new(),
            state: query.state,
        }
    }

    /// Answers for one pair of places, each of several services.
    fn between(&self, pair: &Pair<'_>, asked: &[ServiceSet]) -> Vec<Answer> {
        let from = pair.from;
        let mut of_each: Vec<Vec<Answer>> = vec![Vec::new(); asked.len()];
        let mut follow = |to: &Location, services: &[Cow<'_, ServiceSet>]| {
            let answers = self.follow_each(from, to, services, pair.state, &pair.declared);
            for (all, answer) in of_each.iter_mut().zip(answers) {
                all.extend(answer);
            }
        };
        let mut rest: Vec<Cow<'_, ServiceSet>> = asked.iter().map(Cow::Borrowed).collect();
        for (to, service) in &pair.names {
            let services: Vec<Cow<'_, ServiceSet>> = match service {
                None => asked.iter().map(Cow::Borrowed).collect(),
                Some(service) => {
                    let part = |asked| Cow::Owned(ported(asked, service, true));
                    asked.iter().map(part).collect()
                }
            };
            if let Some(service) = service {
                for (rest, asked) in rest.iter_mut().zip(asked) {
                    *rest = Cow::Owned(rest.subtract(&ported(asked, service, false)));
                }
            }
            follow(to, &services);
        }
        if !pair.whole {
            let answers = self.follow_each(from, pair.to, &rest, pair.state, &pair.declared);
            let unpublished = self.unpublished(pair);
            for (all, answer) in of_each.iter_mut().zip(answers) {
                all.extend(answer.map(|mut answer| {
                    if let Some(reason) = &unpublished {
                        answer.doubt_permits(reason);
                    }
                    answer
                }));
            }
        }
        of_each
            .into_iter()
            .zip(asked)
            .map(|(answers, asked)| {
                let mut answer = combine(answers);
                if pair.direct && answer.verdict != Verdict::Permit {
                    let asked = [Cow::Borrowed(asked)];
                    let own = self.follow_each(from, pair.to, &asked, pair.state, &pair.declared);
                    if let Some(own) = own.into_iter().flatten().next() {
                        answer = better(answer, own);
                    }
                }
                self.qualified(pair, answer)
            })
            .collect()
    }

    /// That nothing on the Internet can send to a private address that given
    /// firewalls publish for other services.
    fn unpublished(&self, pair: &Pair<'_>) -> Option<Reason> {
        let hidden = pair.from.internet
            && !pair.names.is_empty()
            && internet::reserved().includes(&pair.to.addresses);
        hidden.then(|| {
            let addresses = super::describe::addresses(&pair.to.addresses);
            Reason::unpublished(&addresses, pair.to.span)
        })
    }

    /// An answer with what is uncertain about the places themselves.
    fn qualified(&self, pair: &Pair<'_>, mut answer: Answer) -> Answer {
        let (from, to) = (pair.from, pair.to);
        if !pair.whole
            && answer.verdict != Verdict::Permit
            && answer.relation != Relation::NoneBetween
            && let Some(reason) = pair
                .unknown_name
                .get_or_init(|| self.unknown_name(from, to))
        {
            answer.verdict = Verdict::Inconclusive;
            add_reasons(&mut answer.why, std::slice::from_ref(reason));
            for part in &mut answer.parts {
                if part.verdict != PartVerdict::Permit {
                    part.verdict = PartVerdict::Inconclusive;
                    add_reasons(&mut part.reasons, std::slice::from_ref(reason));
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

    /// The part of a destination to which a firewall translates, and what tells:
    /// it answers for these addresses itself, so that nothing behind the same
    /// interface gets the packets.
    pub(super) fn owned(&self, to: &Location) -> Option<(IpSet, Reason)> {
        let mut all: Option<(IpSet, Reason)> = None;
        for (_, node) in self.nodes() {
            let firewall = node.engine.firewall;
            let translates = firewall.nat.rules.iter().filter(|rule| {
                rule.enabled
                    && rule.kind != NatKind::Exempt
                    && rule.mapped_source != AddressMatch::Any
                    && rule.mapped_source != rule.real_source
            });
            for rule in translates {
                let mapped = node.engine.objects.addresses(&rule.mapped_source);
                let own = mapped.surely.intersect(&to.addresses);
                if own.is_empty() {
                    continue;
                }
                match &mut all {
                    Some((known, _)) => *known = known.union(&own),
                    None => {
                        let text = format!(
                            "{} answers for {} because of a translation, and none fits these packets",
                            firewall.name.value,
                            super::describe::addresses(&own)
                        );
                        all = Some((own, Reason::new(text, Some(rule.span))));
                    }
                }
            }
        }
        all
    }

    /// Follows packets from their source.
    pub(super) fn follow(
        &self,
        from: &Location,
        to: &Location,
        services: &ServiceSet,
        state: ConnectionState,
    ) -> Answer {
        let declared = self.declared_path(from, to);
        let answers = self.follow_each(from, to, &[Cow::Borrowed(services)], state, &declared);
        let answer = answers.into_iter().flatten().next();
        answer.unwrap_or_else(|| combine(Vec::new()))
    }

    /// Follows packets of several services from their source, along a declared
    /// path if there is one. `None` for a service without packets.
    fn follow_each(
        &self,
        from: &Location,
        to: &Location,
        services: &[Cow<'_, ServiceSet>],
        state: ConnectionState,
        declared: &Result<DeclaredPath, Reason>,
    ) -> Vec<Option<Answer>> {
        let mut of_each: Vec<Option<Answer>> = vec![None; services.len()];
        for group in self.together().groups(services) {
            let some = |index: &usize| services.get(*index).map(AsRef::as_ref);
            let members: Vec<&ServiceSet> = group.iter().filter_map(some).collect();
            let answers = self.followed(from, to, &members, state, declared);
            for (index, mut answer) in group.into_iter().zip(answers) {
                self.add_links(from, to, &mut answer);
                // Whoever declares the way of a flow says what it crosses.
                if matches!(declared, Ok(None)) {
                    self.doubt_unread(from, to, &mut answer);
                }
                if let Some(place) = of_each.get_mut(index) {
                    *place = Some(answer);
                }
            }
        }
        of_each
    }

    /// Follows packets of services that nothing but filters tells apart; an
    /// answer for each.
    fn followed(
        &self,
        from: &Location,
        to: &Location,
        services: &[&ServiceSet],
        state: ConnectionState,
        declared: &Result<DeclaredPath, Reason>,
    ) -> Vec<Answer> {
        let all = |answer: Answer| vec![answer; services.len()];
        let cubes: Vec<Cube> = disjoint(&together::union(services))
            .iter()
            .map(|cube| Cube::new(from.addresses.clone(), to.addresses.clone(), cube))
            .filter(|cube| !cube.is_empty())
            .collect();
        let declared = match declared {
            Ok(declared) => declared,
            Err(reason) => {
                return all(Answer::without_parts(
                    Verdict::Inconclusive,
                    Relation::Unknown,
                    vec![reason.clone()],
                ));
            }
        };
        let starts = match declared {
            Some((first, ..)) => self.declared_start(*first, from),
            None => self.starts(from, to, &cubes),
        };
        let owned = match &starts {
            Starts::At(_) => None,
            Starts::None(..) | Starts::Unknown(_) => self.owned(to),
        };
        let owned = match owned {
            Some((part, reason)) if part == to.addresses => Some(reason),
            // What holds for a part says nothing about the others.
            Some((part, _)) if matches!(starts, Starts::None(..)) => {
                let rest = to.addresses.subtract(&part);
                let [part, rest] = [part, rest].map(|addresses| {
                    let to = Location {
                        addresses,
                        ..to.clone()
                    };
                    self.followed(from, &to, services, state, &Ok(None))
                });
                let both = rest.into_iter().zip(part);
                return both.map(|(rest, part)| combine(vec![rest, part])).collect();
            }
            _ => None,
        };
        let starts = match starts {
            Starts::At(starts) => starts,
            Starts::None(..) | Starts::Unknown(_) if owned.is_some() => {
                return all(Answer::without_parts(
                    Verdict::Inconclusive,
                    Relation::Unknown,
                    owned.into_iter().collect(),
                ));
            }
            Starts::None(reason, at) => {
                let hosts = self.by_hosts(from, to, state, &cubes, services, &[]);
                if let Some(mut answers) = hosts {
                    for answer in &mut answers {
                        add_reasons(&mut answer.why, std::slice::from_ref(&reason));
                        answer.relation = Relation::NoneBetween;
                        answer.at.extend_from_slice(&at);
                    }
                    return answers;
                }
                if let Some(own) = self.own_address(to) {
                    return all(Answer::without_parts(
                        Verdict::Inconclusive,
                        Relation::Unknown,
                        vec![own],
                    ));
                }
                let mut answer =
                    Answer::without_parts(Verdict::Permit, Relation::NoneBetween, vec![reason]);
                answer.at.extend(at);
                return all(answer);
            }
            Starts::Unknown(reasons) => {
                if let Some(known) = self.by_hosts(from, to, state, &cubes, services, &reasons) {
                    return known;
                }
                let unknown = Relation::Unknown;
                return all(Answer::without_parts(
                    Verdict::Inconclusive,
                    unknown,
                    reasons,
                ));
            }
        };
        let mut of_each: Vec<Vec<Answer>> = vec![Vec::new(); services.len()];
        for mut start in starts {
            let mut walk = Walk::new(self, from, to, state);
            walk.declared = declared.as_ref().map(|(_, all, _)| all.clone());
            walk.at.push(start.placement.span);
            walk.at.extend(declared.as_ref().map(|(.., span)| *span));
            let mut routed = std::mem::take(&mut start.routed).into_iter();
            for cube in &cubes {
                let mut routed = routed.next();
                for flight in walk.depart(cube) {
                    // A host may let only a part of them go.
                    let routed = routed.take().filter(|_| flight.now == *cube);
                    let ingress = start.placement.interface;
                    walk.enter(start.firewall, ingress, &flight, routed);
                }
            }
            let answers = walk.finish(Some(&start), services);
            for (all, answer) in of_each.iter_mut().zip(answers) {
                all.push(answer);
            }
        }
        let agreed = of_each.into_iter().map(|answers| self.agreed(answers));
        agreed.collect()
    }

    /// Several candidate paths: they agree, or the answer stays open.
    fn agreed(&self, mut answers: Vec<Answer>) -> Answer {
        let Some(mut first) = answers.pop() else {
            return Answer::without_parts(
                Verdict::Inconclusive,
                Relation::Unknown,
                vec![Reason::new("no path was found", None)],
            );
        };
        for other in answers {
            if other.verdict != first.verdict {
                let [one, two] = [&other, &first].map(|a| self.names_of(&a.firewalls));
                let text = match one == two {
                    true => format!("where the packets come in at {one} is not known: it matters"),
                    false => {
                        format!("the packets may go through {one} or through {two}, which differ")
                    }
                };
                let reason = Reason::new(text, None);
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
        services: &[&ServiceSet],
        doubts: &[Reason],
    ) -> Option<Vec<Answer>> {
        let mut walk = Walk::new(self, from, to, state);
        for cube in cubes {
            for mut flight in walk.depart(cube) {
                if !doubts.is_empty() {
                    flight.doubtful = true;
                    add_reasons(&mut flight.reasons, doubts);
                }
                walk.arrive(flight);
            }
        }
        let asked = walk
            .ended
            .iter()
            .any(|ended| !ended.part.firewalls.is_empty());
        asked.then(|| walk.finish(None, services))
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
