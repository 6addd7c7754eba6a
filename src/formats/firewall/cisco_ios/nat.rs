//! `ip nat`: static, dynamic and port translation.
//!
//! The inside and the outside are interfaces; several of each are possible.
//! Translation of what comes from outside happens before routing, of what
//! comes from inside after it, so that a list bound `in` outside sees global
//! addresses and a list bound `out` outside sees translated ones.
//!
//! Sources: Cisco IOS IP Addressing Services Command Reference, "ip nat inside
//! source", "ip nat outside source", "ip nat pool"; Cisco, "NAT Order of
//! Operation" (document 6209).

use std::collections::HashMap;

use crate::formats::LineState;
use crate::model::firewall::{
    AddressMatch, AddressTerm, Condition, FilterId, InterfaceId, NatKind, NatRule, NatService,
};
use crate::model::net::{IpRange, PortRange, Protocol};
use crate::source::Span;

use super::address::{prefix4, quad};
use super::device::{Device, Family};
use super::outcome::Outcome;
use super::tables;
use super::words::{Words, mask_length, number};

/// Most rules that all statements of a device may become.
const MAX_RULES: usize = 200_000;

/// Which side's source a statement translates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Inside,
    Outside,
}

/// What is translated.
#[derive(Debug, Clone)]
enum Selector<'c> {
    Host(IpRange),
    List(FilterId),
    RouteMap(&'c str),
}

/// What it becomes.
#[derive(Debug, Clone)]
enum Target<'c> {
    Addresses(IpRange),
    Pool(&'c str),
    Interface(String),
}

/// A statement.
#[derive(Debug, Clone)]
struct Statement<'c> {
    side: Side,
    selector: Selector<'c>,
    target: Target<'c>,
    ports: Option<NatService>,
    doubt: Option<String>,
    span: Span,
}

/// All statements.
#[derive(Debug, Default)]
pub struct NatStatements<'c> {
    statements: Vec<Statement<'c>>,
    pools: HashMap<&'c str, (Option<IpRange>, Span)>,
    /// `ip nat enable` on an interface.
    pub virtual_interface: Option<Span>,
    /// Statements that could not be read.
    unread: Vec<(String, Span)>,
}

impl NatStatements<'_> {
    /// Whether nothing is translated.
    pub fn is_empty(&self) -> bool {
        self.statements.is_empty() && self.virtual_interface.is_none() && self.unread.is_empty()
    }

    /// Whether packets may have another destination behind a translation when they
    /// begin a connection.
    pub fn translates_destinations(&self) -> bool {
        let turns = |one: &Statement<'_>| {
            one.side == Side::Outside || matches!(one.selector, Selector::Host(_))
        };
        self.statements.iter().any(turns)
            || self.virtual_interface.is_some()
            || !self.unread.is_empty()
    }
}

/// `ip nat …` at the top level.
pub fn statement<'c>(
    device: &mut Device<'c>,
    words: &mut Words<'c>,
    statement: &'c str,
) -> Outcome {
    let span = device.span(statement);
    match words.next().unwrap_or_default() {
        "pool" => pool(device, words, span),
        "inside" if words.peek() == Some("destination") => {
            let text = "the destination of these packets is shared among several hosts";
            device.nat.unread.push((text.to_owned(), span));
            Outcome::not_modelled(text)
        }
        "inside" => source(device, words, Side::Inside, None, span),
        "outside" => source(device, words, Side::Outside, None, span),
        "source" => {
            let doubt =
                "NAT over virtual interfaces translates on any interface with `ip nat enable`";
            source(device, words, Side::Inside, Some(doubt.to_owned()), span)
        }
        "translation" | "log" | "service" | "stateful" | "create" | "piggyback-support"
        | "settings" | "switchover" | "portmap" | "scope" | "cgn" | "alg" | "redundancy" => {
            Outcome::IRRELEVANT
        }
        _ => unread(device, span),
    }
}

fn unread(device: &mut Device<'_>, span: Span) -> Outcome {
    let text = "this translation could not be read";
    device.nat.unread.push((text.to_owned(), span));
    Outcome::not_modelled(text)
}

/// `ip nat pool N A B {netmask M | prefix-length L} …`.
fn pool<'c>(device: &mut Device<'c>, words: &mut Words<'c>, span: Span) -> Outcome {
    let Some(name) = words.next() else {
        return unread(device, span);
    };
    let ends = (words.next().and_then(quad), words.next().and_then(quad));
    let range = match ends {
        (Some(low), Some(high)) if low <= high => Some(IpRange::V4(low, high)),
        _ => None,
    };
    device.nat.pools.insert(name, (range, span));
    let at = device.span(name);
    device.refer("ip nat pool", name, true, at);
    match range {
        Some(_) => Outcome::MODELLED,
        None => Outcome::not_modelled("the addresses of the pool could not be read"),
    }
}

fn source<'c>(
    device: &mut Device<'c>,
    words: &mut Words<'c>,
    side: Side,
    doubt: Option<String>,
    span: Span,
) -> Outcome {
    if side == Side::Inside && doubt.is_none() || side == Side::Outside {
        words.eat("source");
    }
    let read = match words.next() {
        Some("static") => fixed(words),
        Some("list") => match words.next() {
            Some(name) => {
                let list = device.list(name, Family::V4);
                let at = device.span(name);
                device.refer("access-list", name, false, at);
                dynamic(words).map(|target| (Selector::List(list), target, None))
            }
            None => None,
        },
        Some("route-map") => words.next().and_then(|name| {
            let at = device.span(name);
            device.refer("route-map", name, false, at);
            dynamic(words).map(|target| (Selector::RouteMap(name), target, None))
        }),
        _ => None,
    };
    let Some((selector, target, ports)) = read else {
        return unread(device, span);
    };
    if let Target::Pool(name) = &target {
        let at = device.span(name);
        device.refer("ip nat pool", name, false, at);
    }
    let mut doubt = doubt;
    while let Some(word) = words.next() {
        match word {
            "extendable" | "overload" | "no-alias" | "no-payload" | "add-route" | "reversible"
            | "oer" | "egress-interface" | "netmask" => {}
            "vrf" | "mapping-id" | "redundancy" | "match-in-vrf" => {
                if word != "match-in-vrf" {
                    words.next();
                }
            }
            "route-map" => {
                words.next();
                doubt = Some("the translation holds where a route map says so".to_owned());
            }
            _ if quad(word).is_some() => {}
            _ => {
                doubt = Some(format!(
                    "the option {} of the translation is not known",
                    super::rules::quoted(word)
                ));
            }
        }
    }
    let why = doubt.clone();
    device.nat.statements.push(Statement {
        side,
        selector,
        target,
        ports,
        doubt,
        span,
    });
    match why {
        Some(why) => Outcome::not_modelled(why),
        None => Outcome {
            state: LineState::Modelled,
            why: None,
        },
    }
}

type Fixed<'c> = (Selector<'c>, Target<'c>, Option<NatService>);

/// `static [network] L G [M | /N]`, `static {tcp|udp} L p {G | interface I} q`.
fn fixed<'c>(words: &mut Words<'c>) -> Option<Fixed<'c>> {
    let word = words.next()?;
    if word == "network" {
        let (local, global) = (words.next()?, words.next()?);
        let (local, global) = (quad(local)?, quad(global)?);
        let last = words.next()?;
        let length = match last.strip_prefix('/') {
            Some(length) => number::<u8>(length)?,
            None => quad(last).and_then(mask_length)?,
        };
        let network = |address: u32| {
            let text = format!("{}/{length}", std::net::Ipv4Addr::from_bits(address));
            prefix4(&text).map(|(low, high)| IpRange::V4(low, high))
        };
        return Some((
            Selector::Host(network(local)?),
            Target::Addresses(network(global)?),
            None,
        ));
    }
    if let Some(protocol @ (Protocol::TCP | Protocol::UDP)) = tables::protocol(word) {
        let local = quad(words.next()?)?;
        let real = tables::port(words.next()?)?;
        let target = match words.next()? {
            "interface" => interface(words)?,
            address => Target::Addresses(host(quad(address)?)),
        };
        let mapped = tables::port(words.next()?)?;
        let service = NatService {
            protocol,
            real: PortRange::one(real),
            mapped: PortRange::one(mapped),
        };
        return Some((Selector::Host(host(local)), target, Some(service)));
    }
    let local = quad(word)?;
    let target = match words.next()? {
        "interface" => interface(words)?,
        address => Target::Addresses(host(quad(address)?)),
    };
    Some((Selector::Host(host(local)), target, None))
}

fn host(address: u32) -> IpRange {
    IpRange::V4(address, address)
}

/// `pool N` or `interface I`, then `overload`.
fn dynamic<'c>(words: &mut Words<'c>) -> Option<Target<'c>> {
    match words.next()? {
        "pool" => Some(Target::Pool(words.next()?)),
        "interface" => interface(words),
        _ => None,
    }
}

/// An interface name, which may have a blank before its number.
fn interface<'c>(words: &mut Words<'c>) -> Option<Target<'c>> {
    let mut name = words.next()?.to_owned();
    let numbered = name.ends_with(|c: char| c.is_ascii_digit());
    if !numbered && let Some(number) = words.next() {
        name.push_str(number);
    }
    Some(Target::Interface(name))
}

/// Builds the rules: ports before hosts before networks before what is
/// dynamic, each once for every outside interface.
pub fn finish(device: &mut Device<'_>) {
    let (mut inside, mut outside) = (Vec::new(), Vec::new());
    for stanza in &device.stanzas {
        if let (Some(id), Some((is_inside, _))) = (stanza.id, stanza.nat) {
            if is_inside { &mut inside } else { &mut outside }.push(id);
        }
    }
    let mut statements = std::mem::take(&mut device.nat.statements);
    statements.sort_by_key(|statement| {
        let wide = match &statement.selector {
            Selector::Host(IpRange::V4(low, high)) => high.saturating_sub(*low),
            _ => u32::MAX,
        };
        (statement.ports.is_none(), wide)
    });
    let mut rules = Vec::new();
    for statement in &statements {
        if rules.len() > MAX_RULES {
            break;
        }
        build(device, statement, &inside, &outside, &mut rules);
    }
    for (text, span) in std::mem::take(&mut device.nat.unread) {
        // Which packets it translates is not known.
        device.doubt(text, span);
    }
    device.firewall.nat.rules = rules;
    // A router does not look for the translation that replies would get:
    // Cisco, "NAT: Local and Global Definitions" and "Order of Operation", where
    // a packet from outside is translated or not, and then routed.
    device.firewall.nat.session_replies = true;
}

fn build(
    device: &mut Device<'_>,
    statement: &Statement<'_>,
    inside: &[InterfaceId],
    outside: &[InterfaceId],
    rules: &mut Vec<NatRule>,
) {
    let span = statement.span;
    let mut conditions = Vec::new();
    let mut doubt = |device: &mut Device<'_>, text: String| {
        conditions.push(Condition::Unknown(device.reason(text, span)));
    };
    if let Some(text) = &statement.doubt {
        doubt(device, text.clone());
    }
    let mapped = match &statement.target {
        Target::Addresses(range) => AddressTerm::from(*range),
        Target::Pool(name) => match device.nat.pools.get(name).copied() {
            Some((Some(range), _)) => range.into(),
            _ => {
                let text = format!("the pool {name} is not known");
                AddressTerm::Unknown(device.reason(text, span))
            }
        },
        Target::Interface(name) => match device.interface_id(name) {
            Some(id) => AddressTerm::Interface(id),
            None => {
                let text = format!("the interface {name} is not in this file");
                AddressTerm::Unknown(device.reason(text, span))
            }
        },
    };
    let mut policy = None;
    let mut route_map = None;
    let (kind, real) = match &statement.selector {
        Selector::Host(range) => (NatKind::Static, AddressTerm::from(*range)),
        Selector::List(list) => {
            policy = Some(*list);
            (NatKind::Dynamic, AddressTerm::Any4)
        }
        Selector::RouteMap(name) => {
            match device.route_map_list(name) {
                Some(list) => policy = Some(list),
                None if device.route_maps.contains_key(*name) => route_map = Some(*name),
                None => doubt(
                    device,
                    format!("what route map {name} selects is not known"),
                ),
            }
            (NatKind::Dynamic, AddressTerm::Any4)
        }
    };
    let (from, to) = match statement.side {
        Side::Inside => (inside, outside),
        Side::Outside => (outside, inside),
    };
    // A fixed host is where its route leads; a list may match packets of
    // interfaces that are neither inside nor outside.
    let sources: Vec<Option<InterfaceId>> = match kind {
        NatKind::Dynamic => from.iter().copied().map(Some).collect(),
        _ if from.is_empty() => Vec::new(),
        _ => vec![None],
    };
    let mut policies: Vec<(InterfaceId, Option<FilterId>)> = Vec::new();
    let mut open = None;
    for to in to {
        let of_map = route_map.map(|name| (name, device.route_map_filter(name, *to)));
        if let Some((name, None)) = of_map {
            open = Some(name);
        }
        policies.push((*to, of_map.map_or(policy, |(_, filter)| filter)));
    }
    if let Some(name) = open {
        let text = format!("what route map {name} selects is not known");
        conditions.push(Condition::Unknown(device.reason(text, span)));
    }
    for real_interface in &sources {
        for (mapped_interface, policy) in &policies {
            rules.push(NatRule {
                kind,
                real_interface: *real_interface,
                mapped_interface: Some(*mapped_interface),
                real_source: AddressMatch::One(real.clone()),
                mapped_source: AddressMatch::One(mapped.clone()),
                mapped_destination: AddressMatch::Any,
                real_destination: AddressMatch::Any,
                service: statement.ports.clone().map(Box::new),
                destination_service: None,
                policy: *policy,
                unidirectional: false,
                enabled: true,
                conditions: conditions.clone().into(),
                span,
            });
        }
    }
}
