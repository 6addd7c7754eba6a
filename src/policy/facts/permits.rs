//! `permits`: rules that let much through to an Exchange server or a domain
//! controller: from many sources, or on many services.
//!
//! A rule that something else narrows (a user, an application, a time), that is
//! disabled or that nothing leads to is left out, and so are those of a firewall
//! that only filters for its own host.

mod passed;
mod reach;
mod width;

use serde::Serialize;

use super::logging;
use super::types::{LabelFact, Ref};
use super::verdicts::Words;
use crate::estate::FirewallId;
use crate::flow::{Engine, IpSet, Network, Objects, RuleRef};
use crate::model::firewall::{
    Action, AddressMatch, AddressTerm, Filter, FilterId, Rule, StateMatch,
};
use passed::Passed;
use rayon::prelude::*;
use reach::{Reach, Way};
pub use width::{AddressesFact, ServicesFact};

/// A permit that is wide in its source or its services.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PermitFact {
    /// Firewall.
    pub firewall: String,
    /// Access list, policy or chain.
    pub filter: String,
    /// Text of the rule.
    pub rule: String,
    /// Interfaces on which its packets come in; empty for every one.
    pub interfaces: Vec<String>,
    /// Classes of the zones behind these interfaces, where they are known.
    pub classes: Vec<&'static str>,
    /// Source addresses.
    pub source: AddressesFact,
    /// Destination addresses.
    pub destination: AddressesFact,
    /// Services.
    pub service: ServicesFact,
    /// Exchange servers and domain controllers that it leads to, sorted; the
    /// first of them.
    pub servers: Vec<String>,
    /// Those that it lets start connections, sorted; the first of them.
    pub senders: Vec<String>,
    /// Whether its sources are Exchange servers, nodes of their clusters, and
    /// domain controllers alone.
    pub between_servers: bool,
    /// Sources that are no addresses of such machines: the first ranges.
    pub strangers: Vec<String>,
    /// Whether this is what earlier rules leave of a rule for everything, where
    /// that is less than half of TCP.
    pub rest: bool,
    /// Whether connections that it lets through are logged; absent where the
    /// file does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logs: Option<bool>,
    /// The rule.
    pub at: Ref,
    /// What it shows.
    pub label: LabelFact,
}

/// At most so many rules of one firewall are told.
const MOST: usize = 1_000;

/// One fact for each rule, by place.
pub fn build(words: Words<'_>, network: &Network<'_>) -> Vec<PermitFact> {
    let count = u32::try_from(words.estate.firewalls.len()).unwrap_or(u32::MAX);
    let mut facts: Vec<PermitFact> = (0..count)
        .into_par_iter()
        .map(FirewallId)
        .filter(|id| network.forwards(*id))
        .flat_map_iter(|id| of_firewall(words, network, id))
        .collect();
    facts.sort_by(|a, b| (a.at, &a.filter).cmp(&(b.at, &b.filter)));
    facts
}

fn of_firewall(words: Words<'_>, network: &Network<'_>, id: FirewallId) -> Vec<PermitFact> {
    let Some(engine) = network.engine(id) else {
        return Vec::new();
    };
    let reach = Reach::new(words.estate, network, id, engine);
    if reach.is_empty() {
        return Vec::new();
    }
    let mut facts: Vec<PermitFact> = Vec::new();
    for (filter_id, filter) in (0u32..).map(FilterId).zip(&engine.firewall.filters) {
        let ways = reach.ways(filter_id);
        if ways.is_empty() || !filter.filters_traffic {
            continue;
        }
        for (index, rule) in (0u32..).zip(&filter.rules) {
            if facts.len() >= MOST {
                return facts;
            }
            let place = RuleRef {
                filter: filter_id,
                rule: Some(index),
            };
            for found in wide(engine, &reach, ways, (place, rule)) {
                // What one statement says for several pairs of zones is one rule; what
                // it says of one address and one port at a time is several.
                let same_statement = facts.iter_mut().rev();
                let mut same_statement =
                    same_statement.take_while(|known| known.at == Ref(rule.span));
                if let Some(known) = same_statement.find(|known| found.says_the_same(known)) {
                    merge(known, found, &reach);
                    continue;
                }
                facts.push(fact(
                    words,
                    id,
                    (filter_id, filter),
                    (index, rule),
                    found,
                    &reach,
                ));
            }
        }
    }
    facts
}

/// What is wide about a rule, and for whom.
struct Wide<'r> {
    source: IpSet,
    destination: IpSet,
    service: ServicesFact,
    servers: Vec<&'r str>,
    senders: Vec<&'r str>,
    interfaces: Vec<usize>,
    rest: bool,
}

impl Wide<'_> {
    /// Whether it lets the same packets through as what is known.
    fn says_the_same(&self, known: &PermitFact) -> bool {
        known.rest == self.rest
            && known.service == self.service
            && known.source == AddressesFact::new(&self.source)
            && known.destination == AddressesFact::new(&self.destination)
    }
}

fn wide<'r>(
    engine: &Engine<'_>,
    reach: &'r Reach<'_>,
    ways: &[Way<'_>],
    (place, rule): (RuleRef, &Rule),
) -> Vec<Wide<'r>> {
    let plain = rule.action == Action::Permit
        && rule.enabled
        && rule.conditions.is_empty()
        && rule.implicit.is_none()
        && rule.state != StateMatch::Established;
    if !plain || !touches(engine.objects(), &rule.destination, reach.addresses()) {
        return Vec::new();
    }
    let objects = engine.objects();
    let mut source = objects.addresses(&rule.source).surely;
    let services = objects.services(&rule.service).surely;
    let mut service = ServicesFact::new(&services);
    if service.is_other() || !(width::is_wide(&source) || service.is_wide()) {
        return Vec::new();
    }
    let destination = objects.addresses(&rule.destination).surely;
    let written = (&source, &destination, &services);
    let passed = Passed::new(engine, reach, ways, (place, rule), written);
    // Who says everything is judged by what is left of it.
    let everything = service.any && width::is_any(&source) && width::is_any(&destination);
    let mut servers = reach.destinations(|address, side| match everything {
        true => passed.is_open_to(address, side),
        false => passed.is_wide_to(address, side),
    });
    let mut all = Vec::new();
    if everything {
        all.extend(rest(&passed, reach, &destination));
    }
    // A rule of a chain says but a part of what its packets are.
    let mut interfaces = reach.interfaces(ways, rule);
    if !servers.is_empty() && ways.iter().all(|way| way.root != place.filter) {
        source = passed.source();
        service = ServicesFact::new(&passed.services());
        interfaces = passed.interfaces();
    }
    let everything = service.any && width::is_any(&source) && width::is_any(&destination);
    if !everything {
        for (service, shown) in by_ports(&passed, reach, &servers, &service) {
            servers.retain(|name| !shown.contains(name));
            all.push(Wide {
                interfaces: interfaces.clone(),
                source: source.clone(),
                destination: destination.clone(),
                service,
                servers: shown,
                senders: Vec::new(),
                rest: false,
            });
        }
    }
    let senders = reach.sources(&source, ways, rule, |address, filter, context| {
        !everything || passed::is_open_from(engine, place, address, (filter, context))
    });
    if servers.is_empty() && (senders.is_empty() || !everything) {
        return all;
    }
    all.push(Wide {
        interfaces,
        source,
        destination,
        service,
        servers,
        senders,
        rest: false,
    });
    all
}

/// Of servers those that a rule leads to by the address of a translation alone,
/// where this takes some of the rule's services to each: one public address may
/// show several servers.
fn by_ports<'r>(
    passed: &Passed,
    reach: &'r Reach<'_>,
    servers: &[&'r str],
    written: &ServicesFact,
) -> Vec<(ServicesFact, Vec<&'r str>)> {
    let shown =
        reach.destinations(|address, side| side.real.is_some() && passed.is_wide_to(address, side));
    if shown.is_empty() {
        return Vec::new();
    }
    let own =
        reach.destinations(|address, side| side.real.is_none() && passed.is_wide_to(address, side));
    let mut groups: Vec<(ServicesFact, Vec<&str>)> = Vec::new();
    for name in shown {
        if own.contains(&name) || !servers.contains(&name) {
            continue;
        }
        let (_, services) =
            passed.to(|_, side| side.real.is_some_and(|real| reach.has(name, real)));
        let service = ServicesFact::new(&services);
        if service == *written {
            continue;
        }
        match groups.iter_mut().find(|(known, _)| *known == service) {
            Some((_, names)) => names.push(name),
            None => groups.push((service, vec![name])),
        }
    }
    groups
}

/// What earlier rules leave of a rule for everything, to servers that it is not
/// open to.
fn rest<'r>(passed: &Passed, reach: &'r Reach<'_>, destination: &IpSet) -> Option<Wide<'r>> {
    let left =
        |address, side| !passed.is_open_to(address, side) && passed.leaves_ports_of(address, side);
    let servers = reach.destinations(left);
    let (source, services) = passed.to(left);
    (!servers.is_empty()).then(|| Wide {
        interfaces: passed.interfaces(),
        source,
        destination: destination.clone(),
        service: ServicesFact::new(&services),
        servers,
        senders: Vec::new(),
        rest: true,
    })
}

/// Whether a position may hold one of some addresses, without making its set
/// where that is plain.
fn touches(objects: &Objects, position: &AddressMatch, addresses: &IpSet) -> bool {
    match position {
        AddressMatch::Any => true,
        AddressMatch::One(AddressTerm::V4(low, high)) => addresses.v4.touches(*low, *high),
        AddressMatch::One(AddressTerm::Object(id)) => objects
            .address_object(*id)
            .is_some_and(|known| known.surely.overlaps(addresses)),
        _ => objects.addresses(position).surely.overlaps(addresses),
    }
}

fn fact(
    words: Words<'_>,
    id: FirewallId,
    (filter_id, filter): (FilterId, &Filter),
    (index, rule): (u32, &Rule),
    found: Wide<'_>,
    reach: &Reach<'_>,
) -> PermitFact {
    let firewall = words.firewall(id);
    let names = [("filter", filter.name.as_str()), ("firewall", &firewall)];
    let known = words.estate.firewalls.get(id.0 as usize);
    PermitFact {
        filter: filter.name.clone(),
        rule: words.rule(rule.span),
        interfaces: reach.names(&found.interfaces),
        classes: reach.classes(&found.interfaces),
        source: AddressesFact::new(&found.source),
        destination: AddressesFact::new(&found.destination),
        service: found.service,
        servers: owned(&found.servers),
        senders: owned(&found.senders),
        between_servers: reach.own().includes(&found.source),
        strangers: width::told(&found.source.subtract(reach.own())),
        rest: found.rest,
        logs: known.and_then(|known| logging::of_rule(&known.firewall, filter_id, index)),
        at: Ref(rule.span),
        label: LabelFact::new("permits", names),
        firewall,
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Adds what the same statement says for other interfaces.
fn merge(known: &mut PermitFact, found: Wide<'_>, reach: &Reach<'_>) {
    let add = |to: &mut Vec<String>, more: Vec<String>| {
        to.extend(more);
        to.sort();
        to.dedup();
        to.truncate(reach::NAMED);
    };
    add(&mut known.servers, owned(&found.servers));
    add(&mut known.senders, owned(&found.senders));
    if !known.interfaces.is_empty() {
        let more = reach.names(&found.interfaces);
        if more.is_empty() {
            known.interfaces.clear();
        } else {
            add(&mut known.interfaces, more);
        }
    }
    known.classes.extend(reach.classes(&found.interfaces));
    known.classes.sort_unstable();
    known.classes.dedup();
}
