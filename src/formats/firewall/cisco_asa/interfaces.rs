//! Interfaces: the stanzas of ASA and FWSM, the one-line commands of PIX, and
//! security levels.
//!
//! Source: Cisco ASA Series Command Reference, "interface", "nameif",
//! "security-level", "ip address", "ipv6 address", "management-only",
//! "same-security-traffic", "bridge-group"; PIX Command Reference 6.3,
//! "nameif", "ip address", "interface".

use std::net::IpAddr;

use crate::model::firewall::{Action, InterfaceAddress, InterfaceId, Route};
use crate::model::net::IpRange;
use crate::source::{Span, Spanned};

use super::commands::abbreviates;
use super::device::{Device, Doubt};
use super::outcome::Outcome;
use super::words::{Words, ipv4, mask_length, number};

/// The interface stanza that is being read.
#[derive(Debug, Clone, Default)]
pub struct Stanza {
    /// Interface, once `nameif` gave it a name.
    pub id: Option<InterfaceId>,
    hardware: Option<Spanned<String>>,
    level: Option<Spanned<u8>>,
    addresses: Vec<InterfaceAddress>,
    shutdown: Option<Span>,
    dynamic: Option<Span>,
    management_only: Option<Span>,
    bridge_group: Option<u32>,
    /// `setroute`: the default route comes with the address.
    default_route: bool,
    ipv6: bool,
    /// The routing table (`vrf forwarding`).
    table: u32,
    /// `policy-route route-map`.
    policy_route: Option<Span>,
    /// `zone-member`.
    traffic_zone: Option<(String, Span)>,
    span: Option<Span>,
}

impl Stanza {
    /// Key of the hardware name in [`Device::stanzas`]; the device takes it in
    /// any case.
    fn key(&self) -> Option<String> {
        let hardware = self.hardware.as_ref()?;
        Some(hardware.value.to_ascii_lowercase())
    }
}

/// Opens `interface HARDWARE`, or reads PIX's `interface ethernet0 auto
/// [shutdown]`.
pub fn open(device: &mut Device<'_>, words: &mut Words<'_>, statement: &str) -> Option<Stanza> {
    let first = words.next()?;
    let span = device.span(statement);
    let hardware = Some(Spanned::new(first.to_owned(), device.span(first)));
    let shutdown = (words.rest().split(' ').next_back() == Some("shutdown")).then_some(span);
    if let Some(found) = shutdown {
        // PIX names interfaces by `nameif` lines that came before.
        let named = device
            .firewall
            .interfaces
            .iter_mut()
            .take(1024)
            .find(|interface| {
                interface
                    .hardware
                    .as_ref()
                    .is_some_and(|h| h.value == first)
            });
        if let Some(interface) = named {
            interface.shutdown = Some(found);
        }
    }
    // A stanza that is opened again goes on; later statements win.
    let known = device.stanzas.get(&first.to_ascii_lowercase()).cloned();
    let old = known.unwrap_or_default();
    Some(Stanza {
        hardware,
        shutdown: if words.is_empty() {
            old.shutdown
        } else {
            shutdown
        },
        span: Some(span),
        ..old
    })
}

/// A line of an interface stanza. `None` when the stanza does not know it.
pub fn line<'c>(
    device: &mut Device<'c>,
    stanza: &mut Stanza,
    statement: &'c str,
    words: &mut Words<'c>,
) -> Option<Outcome> {
    let span = device.span(statement);
    if let Some(whole) = stanza.span.as_mut() {
        *whole = whole.to(span);
    }
    let outcome = match words.next()? {
        "nameif" => {
            let name = words.next()?;
            let id = device.interface(name);
            stanza.id = Some(id);
            if let Some((interface, info)) = device.interface_mut(id) {
                interface.name = Spanned::new(name.to_owned(), span);
                info.defined = true;
            }
            device.refer("interface", name, true, span);
            Outcome::MODELLED
        }
        "security-level" => {
            let Some(level) = words
                .next()
                .and_then(number::<u8>)
                .filter(|level| *level <= 100)
            else {
                return Some(Outcome::UNRECOGNISED);
            };
            stanza.level = Some(Spanned::new(level, span));
            Outcome::MODELLED
        }
        "ip" => match words.next() {
            Some(word) if word.len() > 2 && abbreviates(word, "address") => {
                ip_address(device, stanza, words, span)
            }
            Some("access-group") => {
                return Some(Outcome::not_modelled(
                    "`ip access-group` is a command of IOS; the ASA binds lists with `access-group`",
                ));
            }
            _ => Outcome::IRRELEVANT,
        },
        "ipv6" => match words.next() {
            Some("address") => ipv6_address(stanza, words, span),
            _ => Outcome::IRRELEVANT,
        },
        "shutdown" => {
            stanza.shutdown = Some(span);
            Outcome::MODELLED
        }
        "management-only" => {
            stanza.management_only = Some(span);
            Outcome::MODELLED
        }
        "bridge-group" => {
            stanza.bridge_group = words.next().and_then(number);
            Outcome::MODELLED
        }
        "policy-route" => {
            device.firewall.dynamic_routing.push(span);
            if words.next() == Some("route-map") {
                stanza.policy_route = Some(span);
            }
            Outcome::not_modelled("policy-based routing may send packets to another interface")
        }
        "vrf" => {
            if !words.eat("forwarding") {
                return Some(Outcome::UNRECOGNISED);
            }
            stanza.table = super::virtual_routers::table(device, words.next().unwrap_or_default());
            Outcome::MODELLED
        }
        "zone-member" => {
            stanza.traffic_zone = words.next().map(|zone| (zone.to_owned(), span));
            Outcome::not_modelled("traffic zones let a connection use several interfaces")
        }
        "no" => {
            match words.next() {
                Some("shutdown") => stanza.shutdown = None,
                Some("management-only") => stanza.management_only = None,
                _ => {}
            }
            Outcome::IRRELEVANT
        }
        word => {
            let known = super::commands::mode("interface").is_some_and(|mode| mode.has(word));
            return known.then_some(Outcome::IRRELEVANT);
        }
    };
    Some(outcome)
}

/// `ip address {A M [standby S] | dhcp [setroute] | pppoe [setroute]}`.
fn ip_address(
    device: &Device<'_>,
    stanza: &mut Stanza,
    words: &mut Words<'_>,
    span: Span,
) -> Outcome {
    let Some(word) = words.next() else {
        return Outcome::UNRECOGNISED;
    };
    if matches!(word, "dhcp" | "pppoe") {
        stanza.dynamic = Some(span);
        stanza.default_route = words.rest().split(' ').any(|word| word == "setroute");
        return Outcome::MODELLED;
    }
    match interface_address(device, word, words.next(), span) {
        Some(address) => {
            // An interface has one IPv4 address: the last one.
            let six = |known: &InterfaceAddress| matches!(known.address, IpRange::V6(..));
            stanza.addresses.retain(six);
            stanza.addresses.push(address);
            stanza.dynamic = None;
            Outcome::MODELLED
        }
        None => {
            stanza.dynamic = Some(span);
            Outcome::not_modelled("the address of the interface could not be read")
        }
    }
}

/// `ipv6 address {P/L [eui-64 | standby S] | autoconfig | A link-local}`.
fn ipv6_address(stanza: &mut Stanza, words: &mut Words<'_>, span: Span) -> Outcome {
    stanza.ipv6 = true;
    let Some(word) = words.next() else {
        return Outcome::UNRECOGNISED;
    };
    let parts = word.split_once('/').and_then(|(address, length)| {
        Some((IpAddr::V6(address.parse().ok()?), number::<u8>(length)?))
    });
    match parts.and_then(|(address, length)| Some((address, IpRange::network(address, length)?))) {
        Some((address, network)) => {
            let address = IpRange::host(address);
            stanza.addresses.push(InterfaceAddress {
                address,
                network,
                span,
            });
            Outcome::MODELLED
        }
        None => Outcome::IRRELEVANT,
    }
}

/// An address and its network.
fn interface_address(
    device: &Device<'_>,
    word: &str,
    mask: Option<&str>,
    span: Span,
) -> Option<InterfaceAddress> {
    let address = device.host4(word)?;
    let length = match mask {
        Some(mask) => mask_length(ipv4(mask)?)?,
        None => classful_length(address),
    };
    let address = IpAddr::V4(address.into());
    Some(InterfaceAddress {
        address: IpRange::host(address),
        network: IpRange::network(address, length)?,
        span,
    })
}

/// The mask that `ip address` implies when none is given.
fn classful_length(address: u32) -> u8 {
    match address >> 24 {
        0..=127 => 8,
        128..=191 => 16,
        _ => 24,
    }
}

/// The bridge group of a virtual interface (`BVI1`).
pub fn bridge(hardware: &str) -> Option<u32> {
    let (prefix, tail) = hardware.split_at_checked(3)?;
    let is_virtual = prefix.eq_ignore_ascii_case("bvi");
    is_virtual.then(|| number::<u32>(tail.trim()))?
}

/// Closes a stanza: a named one becomes an interface, a bridge group keeps its
/// address for its members, any other carries no traffic of its own.
pub fn close(device: &mut Device<'_>, mut stanza: Stanza) {
    let (default_route_comes, policy_route, traffic_zone) = (
        std::mem::take(&mut stanza.default_route),
        stanza.policy_route.take(),
        stanza.traffic_zone.take(),
    );
    if let Some(key) = stanza.key() {
        device.stanzas.insert(key, stanza.clone());
    }
    let hardware = stanza.hardware.as_ref();
    let group = hardware.and_then(|hardware| bridge(&hardware.value));
    if let (Some(group), Some(address)) = (group, stanza.addresses.first()) {
        device.bridge_addresses.insert(group, *address);
    }
    let Some(id) = stanza.id else { return };
    if let Some((interface, info)) = device.interface_mut(id) {
        interface.hardware = stanza.hardware;
        interface.security_level = stanza.level;
        interface.addresses = stanza.addresses;
        interface.shutdown = stanza.shutdown;
        interface.dynamic_address = stanza.dynamic;
        interface.table = stanza.table;
        if let Some(span) = stanza.span {
            interface.span = span;
        }
        info.management_only = stanza.management_only;
        info.bridge_group = stanza.bridge_group;
        info.ipv6 = stanza.ipv6;
    }
    if default_route_comes && let Some(span) = stanza.dynamic {
        default_route(device, id, span);
    }
    if let Some((zone, span)) = traffic_zone {
        super::diversion::member(device, zone, id, span);
    }
    if let Some(span) = policy_route {
        let text = "a route map may send packets that enter here to another interface";
        let reason = device.reason(text, span);
        for action in [Action::Permit, Action::Deny] {
            device.doubt(Doubt {
                action,
                ingress: Some(id),
                list: None,
                reason,
                span,
            });
        }
    }
}

/// `shutdown` of a physical interface stops its subinterfaces, too (ASA CLI
/// Configuration Guide, "Configuring VLAN Subinterfaces").
pub fn shut_subinterfaces(device: &mut Device<'_>) {
    for interface in &mut device.firewall.interfaces {
        let hardware = interface.hardware.as_ref().map(|h| h.value.as_str());
        let parent = hardware.and_then(|name| name.rsplit_once('.'));
        if let (None, Some((parent, _))) = (interface.shutdown, parent) {
            let parent = device.stanzas.get(&parent.to_ascii_lowercase());
            interface.shutdown = parent.and_then(|stanza| stanza.shutdown);
        }
    }
}

/// The default route that DHCP or PPPoE brings (`setroute`).
fn default_route(device: &mut Device<'_>, interface: InterfaceId, span: Span) {
    device.firewall.routes.push(Route {
        interface,
        network: IpRange::ANY4,
        next_hop: None,
        metric: 1,
        table: 0,
        span,
    });
}

/// PIX 6: `nameif ethernet0 outside security0`.
pub fn pix_nameif<'c>(
    device: &mut Device<'c>,
    words: &mut Words<'c>,
    statement: &'c str,
) -> Outcome {
    let (Some(hardware), Some(name), Some(level)) = (words.next(), words.next(), words.next())
    else {
        return Outcome::UNRECOGNISED;
    };
    let level = level.strip_prefix("security").unwrap_or(level);
    let Some(level) = number::<u8>(level).filter(|level| *level <= 100) else {
        return Outcome::UNRECOGNISED;
    };
    let span = device.span(statement);
    let hardware = Spanned::new(hardware.to_owned(), device.span(hardware));
    let id = device.interface(name);
    if let Some((interface, info)) = device.interface_mut(id) {
        interface.name.span = span;
        interface.span = span;
        interface.hardware = Some(hardware);
        interface.security_level = Some(Spanned::new(level, span));
        info.defined = true;
    }
    device.refer("interface", name, true, span);
    device.old_nat = device.old_nat.or(Some(span));
    Outcome::MODELLED
}

/// PIX 6: `ip address IF {A M | dhcp [setroute] | pppoe}`; transparent mode
/// before 8.4: `ip address A M` for the whole device.
pub fn pix_ip_address<'c>(
    device: &mut Device<'c>,
    words: &mut Words<'c>,
    statement: &'c str,
) -> Outcome {
    let Some(first) = words.next() else {
        return Outcome::UNRECOGNISED;
    };
    let span = device.span(statement);
    if device.host4(first).is_some()
        && words.peek().and_then(ipv4).is_some()
        && words.peek_second().is_none()
    {
        device.device_address = interface_address(device, first, words.next(), span);
        return Outcome::MODELLED;
    }
    let id = device.interface(first);
    let address = match words.next() {
        Some("dhcp" | "pppoe") | None => None,
        Some(word) => interface_address(device, word, words.next(), span),
    };
    let Some((interface, info)) = device.interface_mut(id) else {
        return Outcome::UNRECOGNISED;
    };
    info.defined = true;
    match address {
        Some(address) => interface.addresses.push(address),
        None => interface.dynamic_address = Some(span),
    }
    if address.is_none() && words.rest().split(' ').any(|word| word == "setroute") {
        default_route(device, id, span);
    }
    Outcome::MODELLED
}

/// `same-security-traffic permit {inter-interface | intra-interface}`.
pub fn same_security(device: &mut Device<'_>, words: &mut Words<'_>, statement: &str) -> Outcome {
    let span = device.span(statement);
    match (words.next(), words.next()) {
        (Some("permit"), Some("inter-interface")) => device.inter_interface = Some(span),
        (Some("permit"), Some("intra-interface")) => device.intra_interface = Some(span),
        _ => return Outcome::UNRECOGNISED,
    }
    Outcome::MODELLED
}
