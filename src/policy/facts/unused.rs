//! `unused_objects`: named objects with the address of a server that nothing in
//! their file uses.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use serde::Serialize;

use super::types::Ref;
use super::verdicts::Words;
use crate::estate::{Estate, EstateFirewall, FirewallId, Role};
use crate::flow::{IpSet, Network};
use crate::model::firewall::{AddressMatch, AddressObject, AddressObjectId, AddressTerm, Firewall};
use crate::source::Sources;

/// A named object that nothing uses.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UnusedObjectFact {
    /// Firewall.
    pub firewall: String,
    /// Name of the object or group.
    pub name: String,
    /// Machines whose address it has, sorted.
    pub servers: Vec<String>,
    /// The first of its addresses.
    pub addresses: Vec<String>,
    /// The definition.
    pub at: Ref,
}

/// An object with more addresses than this is a network, and not an object of a
/// server.
const LARGEST: u128 = 32;

/// So many objects of one firewall are looked up in its text.
const MOST: usize = 200;

/// So many ranges are told.
const TOLD: usize = 4;

/// One fact for each object, by firewall and name.
pub fn build(words: Words<'_>, network: &Network<'_>) -> Vec<UnusedObjectFact> {
    let machines = machines(words.estate);
    let mut facts = Vec::new();
    for (id, known) in (0u32..).map(FirewallId).zip(&words.estate.firewalls) {
        if known.firewall.address_objects.is_empty() {
            continue;
        }
        if let Some(engine) = network.engine(id) {
            let set = |object| engine.objects().address_object(object).map(|b| &b.surely);
            facts.extend(of_firewall(words.sources, known, &machines, set));
        }
    }
    facts.sort_by(|a, b| (&a.firewall, &a.name, a.at).cmp(&(&b.firewall, &b.name, b.at)));
    facts
}

/// Exchange servers, domain controllers and IP gateways by address.
fn machines(estate: &Estate) -> HashMap<IpAddr, &str> {
    let concerned = estate.servers.iter().filter(|server| {
        let role = |role: &Role| matches!(role, Role::ActiveDirectory | Role::IpGateway);
        server.exchange || server.roles.iter().any(|known| role(&known.value))
    });
    concerned
        .flat_map(|server| {
            let addresses = server.addresses.iter();
            addresses.map(|address| (address.ip, server.name.as_str()))
        })
        .collect()
}

fn of_firewall<'s>(
    sources: &Sources,
    known: &EstateFirewall,
    machines: &HashMap<IpAddr, &str>,
    set: impl Fn(AddressObjectId) -> Option<&'s IpSet>,
) -> Vec<UnusedObjectFact> {
    let firewall = &known.firewall;
    let used = used(firewall);
    let mut facts = Vec::new();
    for (index, object) in (0u32..).zip(&firewall.address_objects) {
        let id = AddressObjectId(index);
        if object.name.is_empty() || used.contains(&index) {
            continue;
        }
        let Some(addresses) = set(id).filter(|set| set.size() <= LARGEST) else {
            continue;
        };
        let mut servers: Vec<String> = machines
            .iter()
            .filter(|(address, _)| addresses.contains(**address))
            .map(|(_, name)| (*name).to_owned())
            .collect();
        if servers.is_empty() {
            continue;
        }
        if facts.len() >= MOST {
            break;
        }
        if mentioned(sources, object) {
            continue;
        }
        servers.sort();
        servers.dedup();
        facts.push(UnusedObjectFact {
            firewall: known.name.clone(),
            name: object.name.clone(),
            servers,
            addresses: addresses
                .ranges()
                .take(TOLD)
                .map(|r| r.to_string())
                .collect(),
            at: Ref(object.span),
        });
    }
    facts
}

/// Objects that rules and translations use, with those in their groups.
fn used(firewall: &Firewall) -> HashSet<u32> {
    let mut open: Vec<AddressObjectId> = Vec::new();
    let rules = firewall.filters.iter().flat_map(|filter| &filter.rules);
    for rule in rules {
        add(&rule.source, &mut open);
        add(&rule.destination, &mut open);
    }
    for rule in &firewall.nat.rules {
        for position in [
            &rule.real_source,
            &rule.mapped_source,
            &rule.mapped_destination,
            &rule.real_destination,
        ] {
            add(position, &mut open);
        }
    }
    let mut used = HashSet::new();
    while let Some(id) = open.pop() {
        if !used.insert(id.0) {
            continue;
        }
        if let Some(object) = firewall.address_objects.get(id.0 as usize) {
            let terms = object.members.iter().chain(&object.excluded);
            open.extend(terms.filter_map(|term| object_of(&term.value)));
        }
    }
    used
}

fn add(position: &AddressMatch, to: &mut Vec<AddressObjectId>) {
    let terms = match position {
        AddressMatch::One(term) => std::slice::from_ref(term),
        AddressMatch::AnyOf(terms) | AddressMatch::NoneOf(terms) => terms,
        AddressMatch::Any => &[],
    };
    to.extend(terms.iter().filter_map(object_of));
}

fn object_of(term: &AddressTerm) -> Option<AddressObjectId> {
    match term {
        AddressTerm::Object(id) => Some(*id),
        _ => None,
    }
}

/// Whether the file names the object outside its definition: by something that
/// is not modelled (a tunnel, a server for authentication), or by a group.
fn mentioned(sources: &Sources, object: &AddressObject) -> bool {
    let Some(text) = sources.get(object.span.file).map(|file| file.text()) else {
        return true;
    };
    let own = object.span.start as usize..object.span.end as usize;
    let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    text.match_indices(object.name.as_str()).any(|(at, name)| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let after = text.get(at.saturating_add(name.len())..);
        let after = after.and_then(|text| text.chars().next());
        let whole = !before.is_some_and(part) && !after.is_some_and(part);
        whole && !own.contains(&at)
    })
}
