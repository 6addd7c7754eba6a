//! Behind which interface of a firewall an address lies.

use std::collections::HashMap;
use std::net::IpAddr;

use crate::model::firewall::{Firewall, Interface, InterfaceId};
use crate::model::net::IpRange;
use crate::source::{Span, Spanned};

use super::types::{Estate, FirewallId, Strength, Zone, ZoneId};

/// An interface that an address lies behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The interface.
    pub interface: InterfaceId,
    /// How that is known.
    pub strength: Strength,
    /// The network, route or declaration that tells.
    pub span: Span,
    /// The next hop, for a route that has one.
    pub next_hop: Option<IpRange>,
}

/// Where an address lies, seen from one firewall.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Placement {
    /// Behind this interface.
    At(Place),
    /// Behind one of several interfaces with equal claim.
    Several(Vec<Place>),
    /// No network and no route fits.
    Nowhere,
}

/// The interface that an address lies behind by the firewall's own networks
/// and routes: the longest prefix wins, a connected network before a static
/// route of the same length. `None` where nothing fits or several fit alike.
#[must_use]
pub fn interface_of(firewall: &Firewall, address: IpAddr) -> Option<(InterfaceId, Strength, Span)> {
    match choose(candidates(firewall, address)) {
        Placement::At(place) => Some((place.interface, place.strength, place.span)),
        _ => None,
    }
}

/// Where an address lies, seen from a firewall, with what the inventory
/// declares about its interfaces.
#[must_use]
pub fn place(estate: &Estate, id: FirewallId, address: IpAddr) -> Placement {
    let Some(known) = estate.firewalls.get(id.0 as usize) else {
        return Placement::Nowhere;
    };
    let mut found = candidates(&known.firewall, address);
    for zone in &estate.zones {
        declared(estate, zone, id, &known.firewall, address, &mut found);
    }
    choose(found)
}

/// One network that holds the address.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    size: u128,
    metric: u32,
    place: Place,
}

fn candidates(firewall: &Firewall, address: IpAddr) -> Vec<Candidate> {
    let mut found = Vec::new();
    for (position, interface) in firewall.interfaces.iter().enumerate() {
        if interface.shutdown.is_some() {
            continue;
        }
        let id = InterfaceId(u32::try_from(position).unwrap_or(u32::MAX));
        for known in &interface.addresses {
            if known.network.contains(address) {
                found.push(Candidate {
                    size: size(known.network),
                    metric: 0,
                    place: Place {
                        interface: id,
                        strength: Strength::Connected,
                        span: known.span,
                        next_hop: None,
                    },
                });
            }
        }
    }
    for route in &firewall.routes {
        if !route.network.contains(address) || !is_active(firewall, route.interface) {
            continue;
        }
        found.push(Candidate {
            size: size(route.network),
            metric: route.metric,
            place: Place {
                interface: route.interface,
                strength: if is_default(route.network) {
                    Strength::DefaultRoute
                } else {
                    Strength::Routed
                },
                span: route.span,
                next_hop: route.next_hop,
            },
        });
    }
    found
}

/// Adds the declared networks of a zone that touches the firewall at one
/// interface. At several interfaces the declaration does not tell which.
fn declared(
    estate: &Estate,
    zone: &Zone,
    id: FirewallId,
    firewall: &Firewall,
    address: IpAddr,
    found: &mut Vec<Candidate>,
) {
    let mut interfaces = zone
        .attachments
        .iter()
        .filter(|(at, interface)| *at == id && is_active(firewall, *interface))
        .map(|(_, interface)| *interface);
    let (Some(interface), None) = (interfaces.next(), interfaces.next()) else {
        return;
    };
    for network in declared_networks(estate, zone) {
        if network.value.contains(address) && !is_default(network.value) {
            found.push(Candidate {
                size: size(network.value),
                metric: 0,
                place: Place {
                    interface,
                    strength: Strength::Declared,
                    span: network.span,
                    next_hop: None,
                },
            });
        }
    }
}

fn choose(mut found: Vec<Candidate>) -> Placement {
    found.sort_by_key(|candidate| (candidate.size, candidate.place.strength, candidate.metric));
    let Some(best) = found.first().copied() else {
        return Placement::Nowhere;
    };
    let mut places: Vec<Place> = Vec::new();
    for candidate in found {
        let equal = candidate.size == best.size
            && candidate.place.strength == best.place.strength
            && candidate.metric == best.metric;
        if equal
            && !places
                .iter()
                .any(|p| p.interface == candidate.place.interface)
        {
            places.push(candidate.place);
        }
    }
    match places.as_slice() {
        [one] => Placement::At(*one),
        _ => Placement::Several(places),
    }
}

/// The networks that the inventory declares for a zone.
pub(super) fn declared_networks<'e>(estate: &'e Estate, zone: &Zone) -> &'e [Spanned<IpRange>] {
    estate
        .inventory
        .iter()
        .flat_map(|inventory| &inventory.zones)
        .find(|entry| entry.name.value == zone.name)
        .map_or(&[], |entry| entry.networks.as_slice())
}

/// Whether an interface exists and is not shut down.
pub(super) fn is_active(firewall: &Firewall, id: InterfaceId) -> bool {
    interface(firewall, id).is_some_and(|interface| interface.shutdown.is_none())
}

/// An interface by id.
pub(super) fn interface(firewall: &Firewall, id: InterfaceId) -> Option<&Interface> {
    firewall.interfaces.get(id.0 as usize)
}

/// Whether a network is 0.0.0.0/0 or ::/0.
pub(super) fn is_default(network: IpRange) -> bool {
    network == IpRange::ANY4 || network == IpRange::ANY6
}

/// Number of addresses less one: smaller is more specific.
pub(super) fn size(network: IpRange) -> u128 {
    match network {
        IpRange::V4(a, b) => u128::from(b.saturating_sub(a)),
        IpRange::V6(a, b) => b.saturating_sub(a),
    }
}

/// Whether one range lies within another.
pub(super) fn is_within(inner: IpRange, outer: IpRange) -> bool {
    outer.contains(inner.first()) && outer.contains(inner.last())
}

/// The zone that an address lies in, and how that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ZonePlacement {
    /// In this zone.
    In {
        /// The zone.
        zone: ZoneId,
        /// How that is known.
        strength: Strength,
        /// The network, route or declaration that tells.
        span: Span,
    },
    /// Networks of several zones hold it with equal claim.
    Several(Vec<ZoneId>),
    /// No network of any zone holds it.
    Nowhere,
}

/// Finds the zone of an address by the longest prefix over declared networks,
/// connected networks and routes of all firewalls. A route to another firewall
/// of the run tells nothing: that firewall knows better. A default route tells
/// least.
#[must_use]
pub fn zone_of(estate: &Estate, address: IpAddr) -> ZonePlacement {
    ZoneTable::new(estate).find(address)
}

/// All networks of all zones, for many look-ups.
#[derive(Debug)]
pub(super) struct ZoneTable {
    networks: Vec<(IpRange, Strength, ZoneId, Span)>,
}

impl ZoneTable {
    pub fn new(estate: &Estate) -> Self {
        let mut zone_at: HashMap<(FirewallId, InterfaceId), ZoneId> = HashMap::new();
        let mut networks = Vec::new();
        for (position, zone) in estate.zones.iter().enumerate() {
            let id = ZoneId(u32::try_from(position).unwrap_or(u32::MAX));
            for attachment in &zone.attachments {
                zone_at.insert(*attachment, id);
            }
            for network in declared_networks(estate, zone) {
                let strength = if is_default(network.value) {
                    Strength::DefaultRoute
                } else {
                    Strength::Declared
                };
                networks.push((network.value, strength, id, network.span));
            }
        }
        let own = own_addresses(estate);
        for (position, known) in estate.firewalls.iter().enumerate() {
            let id = FirewallId(u32::try_from(position).unwrap_or(u32::MAX));
            let firewall = &known.firewall;
            for (position, interface) in firewall.interfaces.iter().enumerate() {
                let interface_id = InterfaceId(u32::try_from(position).unwrap_or(u32::MAX));
                let Some(zone) = zone_at.get(&(id, interface_id)) else {
                    continue;
                };
                for known in &interface.addresses {
                    networks.push((known.network, Strength::Connected, *zone, known.span));
                }
            }
            for route in &firewall.routes {
                let Some(zone) = zone_at.get(&(id, route.interface)) else {
                    continue;
                };
                if leads_to_firewall(route.next_hop, id, &own) {
                    continue;
                }
                let strength = if is_default(route.network) {
                    Strength::DefaultRoute
                } else {
                    Strength::Routed
                };
                networks.push((route.network, strength, *zone, route.span));
            }
        }
        networks.sort_by_key(|(network, strength, zone, _)| (size(*network), *strength, *zone));
        Self { networks }
    }

    pub fn find(&self, address: IpAddr) -> ZonePlacement {
        let mut fitting = self
            .networks
            .iter()
            .filter(|(network, ..)| network.contains(address));
        let Some((network, strength, zone, span)) = fitting.next() else {
            return ZonePlacement::Nowhere;
        };
        let mut zones = vec![*zone];
        for (other, other_strength, other_zone, _) in fitting {
            if size(*other) != size(*network) || other_strength != strength {
                break;
            }
            if !zones.contains(other_zone) {
                zones.push(*other_zone);
            }
        }
        if zones.len() > 1 {
            return ZonePlacement::Several(zones);
        }
        ZonePlacement::In {
            zone: *zone,
            strength: *strength,
            span: *span,
        }
    }
}

/// The addresses of all firewalls' interfaces.
pub(super) fn own_addresses(estate: &Estate) -> HashMap<IpAddr, Vec<FirewallId>> {
    let mut own: HashMap<IpAddr, Vec<FirewallId>> = HashMap::new();
    for (position, known) in estate.firewalls.iter().enumerate() {
        let id = FirewallId(u32::try_from(position).unwrap_or(u32::MAX));
        for interface in &known.firewall.interfaces {
            for address in &interface.addresses {
                own.entry(address.address.first()).or_default().push(id);
            }
        }
    }
    own
}

/// Whether a next hop is another firewall of the run.
pub(super) fn leads_to_firewall(
    next_hop: Option<IpRange>,
    from: FirewallId,
    own: &HashMap<IpAddr, Vec<FirewallId>>,
) -> bool {
    next_hop
        .and_then(|hop| own.get(&hop.first()))
        .is_some_and(|firewalls| firewalls.iter().any(|id| *id != from))
}
