//! Zones that are published: an Internet-facing interface permits a named
//! address of the zone, and the domain controllers are elsewhere
//! (`reference/topology.md` §4).

use std::collections::{HashMap, HashSet};

use crate::model::firewall::{
    Action, AddressMatch, AddressObjectId, AddressTerm, Firewall, InterfaceId, NatKind,
};
use crate::model::net::IpRange;
use crate::source::Span;

use super::place::{interface, is_default};
use super::types::{Estate, FirewallId, Role, Signal, SignalKind, Zone, ZoneClass, ZoneId};

/// How deep address groups may nest before the search gives up.
const DEEPEST: usize = 16;

/// With more zones than this the signal is left out, because every zone means a
/// look at every rule. A device has at most some 1,000 interfaces.
const MOST_ZONES: usize = 4096;

/// The signals of all zones that are published.
pub(super) fn signals(estate: &Estate, zones: &[Zone]) -> Vec<(ZoneId, Signal)> {
    let controllers: HashSet<ZoneId> = estate
        .servers
        .iter()
        .filter(|server| {
            server
                .roles
                .iter()
                .any(|r| r.value == Role::ActiveDirectory)
        })
        .flat_map(|server| &server.addresses)
        .filter_map(|address| address.zone)
        .collect();
    if controllers.is_empty() || zones.len() > MOST_ZONES {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (position, zone) in zones.iter().enumerate() {
        let id = ZoneId(u32::try_from(position).unwrap_or(u32::MAX));
        if zone.class.is_some() || controllers.contains(&id) {
            continue;
        }
        for (firewall_id, interface_id) in &zone.attachments {
            let Some(known) = estate.firewalls.get(firewall_id.0 as usize) else {
                continue;
            };
            let internet = internet_interfaces(zones, *firewall_id);
            if internet.is_empty() || internet.contains(interface_id) {
                continue;
            }
            let networks: Vec<IpRange> = interface(&known.firewall, *interface_id)
                .into_iter()
                .flat_map(|interface| &interface.addresses)
                .map(|address| address.network)
                .collect();
            if let Some(span) = published(&known.firewall, &networks, &internet) {
                found.push((
                    id,
                    Signal {
                        kind: SignalKind::Published,
                        class: ZoneClass::Perimeter,
                        weight: 2,
                        what: "a rule for the Internet permits one of its addresses, and the \
                               domain controllers are elsewhere"
                            .to_owned(),
                        span,
                    },
                ));
                break;
            }
        }
    }
    found
}

fn internet_interfaces(zones: &[Zone], firewall: FirewallId) -> Vec<InterfaceId> {
    zones
        .iter()
        .filter(|zone| zone.class == Some(ZoneClass::Internet))
        .flat_map(|zone| &zone.attachments)
        .filter(|(at, _)| *at == firewall)
        .map(|(_, interface)| *interface)
        .collect()
}

/// The permit that names an address of the networks, real or mapped, in a
/// filter for packets from one of the interfaces.
fn published(firewall: &Firewall, networks: &[IpRange], internet: &[InterfaceId]) -> Option<Span> {
    let mut wanted: Vec<IpRange> = networks.to_vec();
    let mut real = Search::new(firewall, networks);
    let mut collected = HashSet::new();
    for rule in &firewall.nat.rules {
        let outward = rule
            .mapped_interface
            .is_none_or(|id| internet.contains(&id));
        if rule.enabled && rule.kind == NatKind::Static && outward && real.names(&rule.real_source)
        {
            terms(&rule.mapped_source, |term| {
                collect(firewall, term, &mut wanted, &mut collected, 0);
            });
        }
    }
    let mut search = Search::new(firewall, &wanted);
    for stage in &firewall.stages {
        if stage.ingress.is_any() || !internet.iter().any(|id| stage.ingress.contains(*id)) {
            continue;
        }
        let Some(filter) = firewall.filters.get(stage.filter.0 as usize) else {
            continue;
        };
        for rule in &filter.rules {
            if rule.enabled
                && rule.action == Action::Permit
                && rule.implicit.is_none()
                && rule.conditions.is_empty()
                && search.names(&rule.destination)
            {
                return Some(rule.span);
            }
        }
    }
    None
}

fn terms(of: &AddressMatch, mut each: impl FnMut(&AddressTerm)) {
    match of {
        AddressMatch::One(term) => each(term),
        AddressMatch::AnyOf(terms) => terms.iter().for_each(each),
        AddressMatch::Any | AddressMatch::NoneOf(_) => {}
    }
}

/// The address ranges of a term, each object once: groups of groups would
/// multiply.
fn collect(
    firewall: &Firewall,
    term: &AddressTerm,
    ranges: &mut Vec<IpRange>,
    collected: &mut HashSet<AddressObjectId>,
    depth: usize,
) {
    if depth > DEEPEST {
        return;
    }
    match term {
        AddressTerm::V4(a, b) => ranges.push(IpRange::V4(*a, *b)),
        AddressTerm::V6(range) => ranges.push(IpRange::V6(range.0, range.1)),
        AddressTerm::Interface(id) => {
            let addresses = interface(firewall, *id)
                .into_iter()
                .flat_map(|interface| &interface.addresses);
            ranges.extend(addresses.map(|address| address.address));
        }
        AddressTerm::Object(id) if collected.insert(*id) => {
            let Some(object) = firewall.address_objects.get(id.0 as usize) else {
                return;
            };
            for member in &object.members {
                let depth = depth.saturating_add(1);
                collect(firewall, &member.value, ranges, collected, depth);
            }
        }
        AddressTerm::Object(_)
        | AddressTerm::Any4
        | AddressTerm::Any6
        | AddressTerm::Masked(_)
        | AddressTerm::Unknown(_) => {}
    }
}

/// Whether matches name addresses of some networks; remembers objects.
struct Search<'f> {
    firewall: &'f Firewall,
    networks: &'f [IpRange],
    known: HashMap<AddressObjectId, bool>,
}

impl<'f> Search<'f> {
    fn new(firewall: &'f Firewall, networks: &'f [IpRange]) -> Self {
        Self {
            firewall,
            networks,
            known: HashMap::new(),
        }
    }

    fn names(&mut self, of: &AddressMatch) -> bool {
        let mut found = false;
        terms(of, |term| found = found || self.term(term, 0));
        found
    }

    fn term(&mut self, term: &AddressTerm, depth: usize) -> bool {
        match term {
            AddressTerm::V4(a, b) => self.within(IpRange::V4(*a, *b)),
            AddressTerm::V6(range) => self.within(IpRange::V6(range.0, range.1)),
            AddressTerm::Object(id) => self.object(*id, depth),
            AddressTerm::Interface(id) => {
                let addresses: Vec<IpRange> = interface(self.firewall, *id)
                    .into_iter()
                    .flat_map(|interface| &interface.addresses)
                    .map(|address| address.address)
                    .collect();
                addresses.into_iter().any(|address| self.within(address))
            }
            AddressTerm::Any4
            | AddressTerm::Any6
            | AddressTerm::Masked(_)
            | AddressTerm::Unknown(_) => false,
        }
    }

    fn object(&mut self, id: AddressObjectId, depth: usize) -> bool {
        if let Some(known) = self.known.get(&id) {
            return *known;
        }
        if depth > DEEPEST {
            return false;
        }
        // Against objects that contain themselves.
        self.known.insert(id, false);
        let firewall = self.firewall;
        let found = firewall
            .address_objects
            .get(id.0 as usize)
            .is_some_and(|object| {
                object
                    .members
                    .iter()
                    .any(|member| self.term(&member.value, depth.saturating_add(1)))
            });
        self.known.insert(id, found);
        found
    }

    /// Whether the range lies within one of the networks: a rule for a wider
    /// range does not name the address.
    fn within(&self, range: IpRange) -> bool {
        self.networks
            .iter()
            .any(|network| !is_default(*network) && super::place::is_within(range, *network))
    }
}
