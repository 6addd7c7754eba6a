//! The class of a zone from signals (`reference/topology.md` §4).
//!
//! A class needs a weight of 3 from two different kinds of signals; only a
//! declaration, and a default route to a public next hop for the Internet,
//! decide alone.

use std::collections::HashMap;
use std::net::IpAddr;

use crate::model::firewall::{Firewall, Interface, InterfaceId, Route};
use crate::model::net::IpRange;
use crate::source::Span;

use super::place::{
    ZonePlacement, ZoneTable, interface, is_default, leads_to_firewall, own_addresses,
};
use super::types::{
    Address, Estate, FirewallId, Role, Server, Signal, SignalKind, Strength, Zone, ZoneClass,
    ZoneId,
};

/// The weight that decides a class.
const ENOUGH: i16 = 3;

/// Words that call a network a perimeter.
const PERIMETER_WORDS: &[&str] = &["dmz", "perimeter", "screened"];

/// The same in Japanese and Chinese scripts, where words are not separated.
const PERIMETER_SIGNS: &[&str] = &["境界", "非武装"];

/// Gives every address its zone and every zone its signals and class.
pub(super) fn classify(estate: &mut Estate) {
    place_addresses(estate);
    let own = own_addresses(estate);
    let mut zones = std::mem::take(&mut estate.zones);
    let mut machines: HashMap<ZoneId, Vec<(&Server, &Address)>> = HashMap::new();
    for server in &estate.servers {
        for address in &server.addresses {
            if let Some(zone) = address.zone {
                machines.entry(zone).or_default().push((server, address));
            }
        }
    }
    let devices: Vec<Device<'_>> = estate
        .firewalls
        .iter()
        .map(|known| Device::new(&known.firewall))
        .collect();
    for (position, zone) in zones.iter_mut().enumerate() {
        let id = ZoneId(u32::try_from(position).unwrap_or(u32::MAX));
        let holds = Holds {
            machines: machines.get(&id).map_or(&[], Vec::as_slice),
        };
        zone.signals = signals(estate, &devices, zone, &holds, &own);
    }
    decide(&mut zones);
    let published = super::published::signals(estate, &zones);
    for (id, signal) in published {
        if let Some(zone) = zones.get_mut(id.0 as usize) {
            zone.signals.push(signal);
        }
    }
    decide(&mut zones);
    estate.zones = zones;
}

/// What the signals of every interface of a firewall need, found once: there
/// may be as many routes as interfaces.
struct Device<'e> {
    firewall: &'e Firewall,
    /// The first two interfaces with security level 0, and with 100: one of
    /// them is another than the one in question.
    outside: Vec<(InterfaceId, &'e Interface)>,
    trusted: Vec<(InterfaceId, &'e Interface)>,
    default_routes: HashMap<InterfaceId, Vec<&'e Route>>,
}

impl<'e> Device<'e> {
    fn new(firewall: &'e Firewall) -> Self {
        let with_level = |wanted: u8| {
            let interfaces = firewall.interfaces.iter().enumerate();
            let active = interfaces.filter(|(_, interface)| interface.shutdown.is_none());
            active
                .filter(|(_, i)| i.security_level.is_some_and(|level| level.value == wanted))
                .map(|(id, i)| (InterfaceId(u32::try_from(id).unwrap_or(u32::MAX)), i))
                .take(2)
                .collect()
        };
        let mut default_routes: HashMap<InterfaceId, Vec<&Route>> = HashMap::new();
        for route in firewall.routes.iter().filter(|r| is_default(r.network)) {
            let routes = default_routes.entry(route.interface).or_default();
            routes.push(route);
        }
        Self {
            firewall,
            outside: with_level(0),
            trusted: with_level(100),
            default_routes,
        }
    }
}

fn decide(zones: &mut [Zone]) {
    for zone in zones {
        if zone.signals.iter().any(|s| s.kind == SignalKind::Declared) {
            continue;
        }
        zone.class = class_from(&zone.signals, None);
        zone.strength = match zone.class {
            Some(_) => Strength::Routed,
            None => Strength::Name,
        };
    }
}

fn place_addresses(estate: &mut Estate) {
    let table = ZoneTable::new(estate);
    for server in &mut estate.servers {
        for address in &mut server.addresses {
            // Only a default route leading somewhere says nothing of a class.
            address.zone = match table.find(address.ip) {
                ZonePlacement::In { zone, strength, .. } if strength <= Strength::Routed => {
                    Some(zone)
                }
                _ => None,
            };
        }
    }
}

/// The class of a zone as it holds for one server: an Edge server's presence
/// is no evidence about that Edge itself.
#[must_use]
pub fn class_for(zone: &Zone, server: &Server) -> Option<ZoneClass> {
    let edge = server.roles.iter().any(|role| role.value == Role::Edge);
    class_from(&zone.signals, edge.then_some(SignalKind::HoldsEdge)).or_else(|| {
        // A zone that was made without signals keeps its class.
        zone.signals.is_empty().then_some(zone.class).flatten()
    })
}

fn class_from(signals: &[Signal], without: Option<SignalKind>) -> Option<ZoneClass> {
    let signals: Vec<&Signal> = signals
        .iter()
        .filter(|signal| Some(signal.kind) != without)
        .collect();
    let alone = |kind: SignalKind| signals.iter().find(|signal| signal.kind == kind);
    if let Some(signal) = alone(SignalKind::Declared).or_else(|| alone(SignalKind::DefaultRoute)) {
        return Some(signal.class);
    }
    let of = |class: ZoneClass| signals.iter().filter(move |signal| signal.class == class);
    let enough = |class: ZoneClass, against: i16| {
        let sum = of(class).fold(0_i16, |sum, signal| {
            sum.saturating_add(i16::from(signal.weight))
        });
        let mut kinds: Vec<SignalKind> = of(class)
            .filter(|signal| signal.weight > 0)
            .map(|signal| row(signal.kind))
            .collect();
        kinds.sort();
        kinds.dedup();
        kinds.len() >= 2 && sum.saturating_sub(against) >= ENOUGH
    };
    if enough(ZoneClass::Perimeter, 0) {
        return Some(ZoneClass::Perimeter);
    }
    // Levels, names and rules that make it a perimeter leave it open; what stands
    // there may only be misplaced.
    let doubtful = of(ZoneClass::Perimeter).any(|signal| {
        signal.weight > 0
            && matches!(
                signal.kind,
                SignalKind::SecurityLevel | SignalKind::Label | SignalKind::Published
            )
    });
    if doubtful {
        return None;
    }
    let perimeter = of(ZoneClass::Perimeter)
        .filter(|signal| signal.weight > 0)
        .fold(0_i16, |sum, signal| {
            sum.saturating_add(i16::from(signal.weight))
        });
    enough(ZoneClass::Internal, perimeter).then_some(ZoneClass::Internal)
}

/// Kinds that are one kind of evidence.
fn row(kind: SignalKind) -> SignalKind {
    match kind {
        SignalKind::HoldsReverseProxy => SignalKind::HoldsEdge,
        other => other,
    }
}

/// All signals about a zone. Of one kind for one class, the strongest counts.
fn signals(
    estate: &Estate,
    devices: &[Device<'_>],
    zone: &Zone,
    holds: &Holds<'_>,
    own: &HashMap<IpAddr, Vec<FirewallId>>,
) -> Vec<Signal> {
    let declared = estate
        .inventory
        .iter()
        .flat_map(|inventory| &inventory.zones)
        .find(|entry| entry.name.value == zone.name)
        .and_then(|entry| entry.class);
    if let Some(class) = declared {
        return vec![Signal {
            kind: SignalKind::Declared,
            class: class.value,
            weight: 3,
            what: format!("the inventory declares it {}", class.value),
            span: class.span,
        }];
    }
    let mut found = Signals::default();
    for (firewall_id, interface_id) in &zone.attachments {
        let Some(device) = devices.get(firewall_id.0 as usize) else {
            continue;
        };
        let Some(interface) = interface(device.firewall, *interface_id) else {
            continue;
        };
        default_route(device, *firewall_id, *interface_id, own, holds, &mut found);
        security_level(device, interface, *interface_id, &mut found);
        label(interface, &mut found);
    }
    if security_levels_differ(estate, zone) {
        found.0.retain(|signal| {
            signal.kind != SignalKind::SecurityLevel || signal.class != ZoneClass::Internal
        });
    }
    address_range(estate, zone, &mut found);
    holds.signals(&mut found);
    found.0
}

#[derive(Debug, Default)]
struct Signals(Vec<Signal>);

impl Signals {
    fn add(&mut self, signal: Signal) {
        let same = self
            .0
            .iter_mut()
            .find(|known| known.kind == signal.kind && known.class == signal.class);
        match same {
            Some(known) if signal.weight.abs() > known.weight.abs() => *known = signal,
            Some(_) => {}
            None => self.0.push(signal),
        }
    }
}

/// A default route to a public next hop leads to the Internet, unless the next
/// hop is another firewall of the run, or known servers stand on the network
/// itself: then it may as well be a perimeter in front of a further firewall.
fn default_route(
    device: &Device<'_>,
    firewall_id: FirewallId,
    interface_id: InterfaceId,
    own: &HashMap<IpAddr, Vec<FirewallId>>,
    holds: &Holds<'_>,
    found: &mut Signals,
) {
    let routes = device.default_routes.get(&interface_id);
    for route in routes.into_iter().flatten() {
        let Some(next_hop) = route.next_hop else {
            continue;
        };
        if is_public(next_hop.first())
            && !leads_to_firewall(route.next_hop, firewall_id, own)
            && holds.is_empty()
        {
            found.add(Signal {
                kind: SignalKind::DefaultRoute,
                class: ZoneClass::Internet,
                weight: 3,
                what: format!(
                    "the default route leads to the public next hop {}",
                    next_hop.first()
                ),
                span: route.span,
            });
        }
    }
}

/// ASA and PIX: a level between 0 and 100 lies between an untrusted and a
/// trusted interface. Where several interfaces have 100, levels tell nothing.
fn security_level(
    device: &Device<'_>,
    interface: &Interface,
    interface_id: InterfaceId,
    found: &mut Signals,
) {
    let Some(level) = interface.security_level else {
        return;
    };
    let other = |interfaces: &[(InterfaceId, &Interface)]| {
        let mut others = interfaces.iter().filter(|(id, _)| *id != interface_id);
        others
            .next()
            .map(|(_, interface)| interface.name.value.clone())
    };
    let trusted = other(&device.trusted);
    let Some(outside) = other(&device.outside) else {
        return;
    };
    match (level.value, trusted) {
        (1..=99, Some(inside)) => found.add(Signal {
            kind: SignalKind::SecurityLevel,
            class: ZoneClass::Perimeter,
            weight: 2,
            what: format!(
                "security level {} lies between {} (0) and {} (100)",
                level.value, outside, inside
            ),
            span: level.span,
        }),
        (100, None) => found.add(Signal {
            kind: SignalKind::SecurityLevel,
            class: ZoneClass::Internal,
            weight: 2,
            what: format!(
                "it is the only interface with security level 100, against {} (0)",
                outside
            ),
            span: level.span,
        }),
        _ => {}
    }
}

/// Whether two firewalls rank the zone differently (100 here, less there).
fn security_levels_differ(estate: &Estate, zone: &Zone) -> bool {
    let mut levels = zone.attachments.iter().filter_map(|(firewall, id)| {
        let known = estate.firewalls.get(firewall.0 as usize)?;
        interface(&known.firewall, *id)?
            .security_level
            .map(|level| level.value)
    });
    let Some(first) = levels.next() else {
        return false;
    };
    levels.any(|level| level != first)
}

/// A zone that is literally called a perimeter weighs 2; an interface name,
/// which is less deliberate, weighs 1.
fn label(interface: &Interface, found: &mut Signals) {
    let labels = [(interface.zone.as_ref(), 2), (Some(&interface.name), 1)];
    for (name, weight) in labels {
        let Some(name) = name else {
            continue;
        };
        if is_perimeter_label(&name.value) {
            found.add(Signal {
                kind: SignalKind::Label,
                class: ZoneClass::Perimeter,
                weight,
                what: format!("it is called `{}`", name.value),
                span: name.span,
            });
        }
    }
}

fn is_perimeter_label(name: &str) -> bool {
    let lower = name.to_lowercase();
    let is_word =
        |word: &str| PERIMETER_WORDS.contains(&word.trim_end_matches(|c: char| c.is_ascii_digit()));
    lower.split(|c: char| !c.is_alphanumeric()).any(is_word)
        || PERIMETER_SIGNS.iter().any(|sign| lower.contains(sign))
}

fn address_range(estate: &Estate, zone: &Zone, found: &mut Signals) {
    let connected: Vec<(IpRange, Span)> = zone
        .attachments
        .iter()
        .filter_map(|(firewall, id)| {
            interface(&estate.firewalls.get(firewall.0 as usize)?.firewall, *id)
        })
        .flat_map(|interface| &interface.addresses)
        .map(|address| (address.network, address.span))
        .collect();
    let public = connected
        .iter()
        .find(|(network, _)| is_public(network.first()));
    match (public, connected.first()) {
        (Some((network, span)), _) => found.add(Signal {
            kind: SignalKind::AddressRange,
            class: ZoneClass::Perimeter,
            weight: 1,
            what: format!("its network {network} has public addresses"),
            span: *span,
        }),
        (None, Some((network, span))) => found.add(Signal {
            kind: SignalKind::AddressRange,
            class: ZoneClass::Internal,
            weight: 1,
            what: format!("its network {network} has private addresses"),
            span: *span,
        }),
        (None, None) => {}
    }
}

/// The machines in a zone.
struct Holds<'e> {
    machines: &'e [(&'e Server, &'e Address)],
}

impl<'e> Holds<'e> {
    fn is_empty(&self) -> bool {
        self.machines.is_empty()
    }

    fn with(&self, role: Role) -> Option<(&'e Server, &'e Address)> {
        self.machines
            .iter()
            .find(|(server, _)| server.roles.iter().any(|known| known.value == role))
            .copied()
    }

    fn signals(&self, found: &mut Signals) {
        let kinds = [
            (Role::Edge, SignalKind::HoldsEdge, "the Edge server"),
            (
                Role::ReverseProxy,
                SignalKind::HoldsReverseProxy,
                "the reverse proxy",
            ),
        ];
        // Both are one kind of evidence, so one of them counts; the proxy
        // first, because it is evidence for the Edge too.
        let holds_proxy = self.with(Role::ReverseProxy).is_some();
        for (role, kind, what) in kinds {
            if role == Role::Edge && holds_proxy {
                continue;
            }
            if let Some((server, address)) = self.with(role) {
                found.add(Signal {
                    kind,
                    class: ZoneClass::Perimeter,
                    weight: 1,
                    what: format!("{what} {} is there ({})", server.name, address.ip),
                    span: address.span,
                });
            }
        }
        if let Some((server, address)) = self.with(Role::ActiveDirectory) {
            for (class, weight) in [(ZoneClass::Perimeter, -3), (ZoneClass::Internal, 3)] {
                found.add(Signal {
                    kind: SignalKind::HoldsDomainController,
                    class,
                    weight,
                    what: format!(
                        "the domain controller {} is there ({})",
                        server.name, address.ip
                    ),
                    span: address.span,
                });
            }
        }
    }
}

/// IPv4 networks that are not routed on the Internet (RFC 6890). The networks
/// for documentation (RFC 5737) stand for public ones in examples, and count so.
const NOT_PUBLIC: &[(u32, u8)] = &[
    (0x0000_0000, 8),
    (0x0A00_0000, 8),
    (0x6440_0000, 10),
    (0x7F00_0000, 8),
    (0xA9FE_0000, 16),
    (0xAC10_0000, 12),
    (0xC0A8_0000, 16),
    (0xC612_0000, 15),
    (0xE000_0000, 3),
];

/// Whether an address is public: for IPv6, in 2000::/3.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(ip) => {
            let bits = ip.to_bits();
            !NOT_PUBLIC.iter().any(|(network, length)| {
                let mask = u32::MAX.checked_shr(u32::from(*length)).unwrap_or(0);
                bits & !mask == *network
            })
        }
        IpAddr::V6(ip) => ip.to_bits() >> 125 == 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documentation_networks_count_as_public() {
        for text in [
            "192.0.2.1",
            "198.51.100.1",
            "203.0.113.1",
            "8.8.8.8",
            "2001:db8::1",
        ] {
            assert!(is_public(text.parse().expect("an address")), "{text}");
        }
        for text in [
            "10.1.1.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "100.64.0.1",
            "169.254.1.1",
            "127.0.0.1",
            "224.0.0.1",
            "fd00::1",
            "fe80::1",
        ] {
            assert!(!is_public(text.parse().expect("an address")), "{text}");
        }
        assert!(is_public("172.32.0.1".parse().expect("an address")));
    }

    #[test]
    fn only_whole_words_call_a_zone_a_perimeter() {
        for name in [
            "dmz",
            "DMZ",
            "DMZ-1",
            "dmz2",
            "web_dmz",
            "perimeter",
            "境界ネット",
        ] {
            assert!(is_perimeter_label(name), "{name}");
        }
        for name in ["inside", "admz", "dmzone", "servers"] {
            assert!(!is_perimeter_label(name), "{name}");
        }
    }
}
