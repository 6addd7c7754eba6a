//! Object groups.
//!
//! Sources: Cisco IOS Security Command Reference, "object-group network",
//! "object-group service"; Cisco Nexus 7000 Series NX-OS Security Command
//! Reference, "object-group (identity policy) ip address", "… ip port".

use crate::model::firewall::{
    AddressObjectId, AddressTerm, PortMatch, ServiceObjectId, ServiceTerm,
};
use crate::model::net::IpRange;
use crate::source::Spanned;

use super::Dialect;
use super::address::{prefix4, quad, with_wildcard};
use super::command_table::short;
use super::device::{Device, ServiceKind};
use super::graph::back_edges;
use super::outcome::Outcome;
use super::rules::quoted;
use super::service::{inline, is_operator};
use super::tables;
use super::words::{Words, ipv6, ipv6_prefix, mask_length, number};

/// A group that is open.
#[derive(Debug, Clone, Copy)]
pub enum Group {
    /// Addresses.
    Network(AddressObjectId),
    /// Services, ports or protocols.
    Service(ServiceObjectId),
    /// Something that no list here uses (security groups, FQDN patterns).
    Other,
}

/// `object-group network N`, `object-group ip address N`, and their kin.
pub fn open<'c>(
    device: &mut Device<'c>,
    words: &mut Words<'c>,
    statement: &'c str,
) -> Option<Group> {
    let kind = words.next()?;
    let mut name = words.next()?;
    let kind = match kind {
        "ip" | "ipv4" | "ipv6" | "v4-network" | "v6-network" | "v4-service" | "v6-service" => {
            match (kind, name) {
                ("ip" | "ipv4" | "ipv6", "address") => {
                    name = words.next()?;
                    "network"
                }
                ("ip" | "ipv4" | "ipv6", "port") => {
                    name = words.next()?;
                    "port"
                }
                ("v4-network" | "v6-network", _) => "network",
                ("v4-service" | "v6-service", _) => "service",
                _ => return None,
            }
        }
        _ if short(kind, "network", 3) => "network",
        _ if short(kind, "service", 3) => "service",
        _ if short(kind, "protocol", 3) => "protocol",
        "port" => "port",
        _ => return Some(Group::Other),
    };
    Some(define(device, kind, name, statement))
}

/// Marks a group as defined.
pub fn define<'c>(
    device: &mut Device<'c>,
    kind: &'static str,
    name: &'c str,
    statement: &'c str,
) -> Group {
    let span = device.span(statement);
    let at = device.span(name);
    if kind == "network" {
        let id = device.network_group(name);
        if let Some(defined) = device.address_defined.get_mut(id.0 as usize) {
            *defined = true;
        }
        if let Some(object) = device.firewall.address_objects.get_mut(id.0 as usize) {
            object.span = span;
        }
        device.refer("object-group network", name, true, at);
        return Group::Network(id);
    }
    let id = device.service_group(name);
    let service_kind = match kind {
        "port" => ServiceKind::Ports,
        "protocol" => ServiceKind::Protocols,
        _ => ServiceKind::Services,
    };
    if let Some(slot) = device.service_kinds.get_mut(id.0 as usize) {
        *slot = service_kind;
    }
    if let Some(object) = device.service_mut(id) {
        object.span = span;
    }
    device.refer("object-group service", name, true, at);
    Group::Service(id)
}

/// A line inside a group.
pub fn line<'c>(
    device: &mut Device<'c>,
    group: Group,
    words: &mut Words<'c>,
    statement: &'c str,
) -> Outcome {
    let numbered = words.peek().and_then(number::<u32>).is_some();
    if numbered && words.peek_second().is_some() {
        words.next();
    }
    match words.peek() {
        None | Some("description" | "exit" | "end") => return Outcome::IRRELEVANT,
        Some(word) if short(word, "description", 4) => return Outcome::IRRELEVANT,
        Some("no") => {
            unreadable(device, group, statement);
            return Outcome::not_modelled(
                "a member is removed here: the file does not tell which ones are left",
            );
        }
        _ => {}
    }
    let before = device.firewall.not_modelled.len();
    let read = match group {
        Group::Network(id) => network_line(device, id, words, statement),
        Group::Service(id) => service_line(device, id, words, statement),
        Group::Other => return Outcome::IRRELEVANT,
    };
    if read.is_none() {
        unreadable(device, group, statement);
    }
    match device.firewall.not_modelled.get(before) {
        Some(doubt) => Outcome::not_modelled(doubt.reason.clone()),
        None => Outcome::MODELLED,
    }
}

/// A member that could not be read may be any address or service.
pub fn unreadable(device: &mut Device<'_>, group: Group, statement: &str) {
    let span = device.span(statement);
    let reason = device.reason("a member of the object group could not be read", span);
    match group {
        Group::Network(id) => {
            if let Some(members) = device.members_mut(id) {
                members.push(Spanned::new(AddressTerm::Unknown(reason), span));
            }
        }
        Group::Service(id) => {
            let kind = device.service_kinds.get(id.0 as usize).copied();
            if let Some(object) = device.service_mut(id) {
                if kind == Some(ServiceKind::Ports) {
                    object
                        .ports
                        .push(Spanned::new(PortMatch::Unknown(reason), span));
                } else {
                    object
                        .services
                        .push(Spanned::new(ServiceTerm::Unknown(reason), span));
                }
            }
        }
        Group::Other => {}
    }
}

fn network_line<'c>(
    device: &mut Device<'c>,
    id: AddressObjectId,
    words: &mut Words<'c>,
    statement: &'c str,
) -> Option<()> {
    let span = device.span(statement);
    let mut word = words.next()?;
    if word == "network-object" {
        word = words.next()?;
    }
    let term = match word {
        "any" => AddressTerm::Any4,
        "host" | "host-info" => {
            let host = words.next()?;
            device.host_term(host)
        }
        "group-object" => {
            let name = words.next()?;
            let at = device.span(name);
            device.refer("object-group network", name, false, at);
            AddressTerm::Object(device.network_group(name))
        }
        "range" => {
            let (low, high) = (quad(words.next()?)?, quad(words.next()?)?);
            AddressTerm::from(IpRange::V4(low.min(high), low.max(high)))
        }
        _ => network_term(device, word, words)?,
    };
    device.members_mut(id)?.push(Spanned::new(term, span));
    Some(())
}

/// `A M` (a netmask on IOS, a wildcard on NX-OS), `P/L` or `P /L`.
fn network_term<'c>(
    device: &mut Device<'c>,
    word: &'c str,
    words: &mut Words<'c>,
) -> Option<AddressTerm> {
    if let Some((low, high)) = prefix4(word) {
        return Some(AddressTerm::V4(low, high));
    }
    if let Some(prefix) = ipv6_prefix(word) {
        return Some(prefix.into());
    }
    if let Some(address) = ipv6(word) {
        return Some(AddressTerm::V6(Box::new((address, address))));
    }
    let address = quad(word)?;
    if let Some(length) = words.peek().and_then(|next| next.strip_prefix('/')) {
        words.next();
        let range = IpRange::network(
            std::net::Ipv4Addr::from_bits(address).into(),
            length.parse().ok()?,
        )?;
        return Some(range.into());
    }
    let Some(mask) = words.next().and_then(quad) else {
        // NX-OS takes a lone address for a host.
        return (device.dialect == Dialect::Nxos).then_some(AddressTerm::V4(address, address));
    };
    if device.dialect == Dialect::Nxos {
        return Some(with_wildcard(address, mask));
    }
    if mask_length(mask).is_some() {
        return Some(with_wildcard(address, !mask));
    }
    let text = format!(
        "the mask {} of a network group is no netmask",
        quoted(std::net::Ipv4Addr::from_bits(mask).to_string().as_str())
    );
    Some(device.unknown_term(text, word))
}

fn service_line<'c>(
    device: &mut Device<'c>,
    id: ServiceObjectId,
    words: &mut Words<'c>,
    statement: &'c str,
) -> Option<()> {
    let span = device.span(statement);
    let kind = device.service_kinds.get(id.0 as usize).copied()?;
    match words.peek()? {
        "group-object" => {
            words.next();
            let name = words.next()?;
            let at = device.span(name);
            device.refer("object-group service", name, false, at);
            let inner = device.service_group(name);
            let object = device.service_mut(id)?;
            if kind == ServiceKind::Ports {
                object
                    .ports
                    .push(Spanned::new(PortMatch::Object(inner), span));
            } else {
                object
                    .services
                    .push(Spanned::new(ServiceTerm::Object(inner), span));
            }
            return Some(());
        }
        "protocol-object" => {
            words.next();
            let protocol = tables::protocol(words.next()?)?;
            let term = inline(protocol, PortMatch::Any, PortMatch::Any);
            device
                .service_mut(id)?
                .services
                .push(Spanned::new(term, span));
            return Some(());
        }
        "service-object" | "port-object" => {
            words.next();
        }
        _ => {}
    }
    if kind == ServiceKind::Ports {
        let operator = words.next().filter(|word| is_operator(word))?;
        let port = device.ports(operator, words);
        device.service_mut(id)?.ports.push(Spanned::new(port, span));
        return Some(());
    }
    let terms = device.whole_service(words)?;
    let object = device.service_mut(id)?;
    object
        .services
        .extend(terms.into_iter().map(|term| Spanned::new(term, span)));
    if !words.is_empty() {
        unreadable(device, Group::Service(id), statement);
    }
    Some(())
}

/// Groups without a definition or a member are unknown, never empty, and a
/// group that holds itself is cut at the point where it does.
pub fn complete(device: &mut Device<'_>) {
    for at in 0..device.firewall.address_objects.len() {
        let Some(object) = device.firewall.address_objects.get(at) else {
            continue;
        };
        if !object.members.is_empty() {
            continue;
        }
        let defined = device.address_defined.get(at).copied().unwrap_or(false);
        let text = empty(&object.name, defined);
        let span = object.span;
        let reason = device.reason(text, span);
        if let Some(object) = device.firewall.address_objects.get_mut(at) {
            let unknown = AddressTerm::Unknown(reason);
            object.members.push(Spanned::new(unknown, span));
        }
    }
    for at in 0..device.firewall.service_objects.len() {
        complete_service(device, at);
    }
    cut_cycles(device);
}

fn empty(name: &str, defined: bool) -> String {
    if defined {
        format!("object group {name} has no member in this file")
    } else {
        format!("object group {name} is not defined in this file")
    }
}

fn complete_service(device: &mut Device<'_>, at: usize) {
    let kind = device.service_kinds.get(at).copied();
    let Some(object) = device.firewall.service_objects.get(at) else {
        return;
    };
    let (name, span) = (object.name.clone(), object.span);
    let (no_services, no_ports) = (object.services.is_empty(), object.ports.is_empty());
    // Ports that an entry lists itself have no name to be used by as services.
    let listed = name.is_empty() && !no_ports;
    if (!no_services && !no_ports) || listed {
        return;
    }
    let text = match kind {
        None | Some(ServiceKind::Unknown) => empty(&name, false),
        _ if no_services && no_ports => empty(&name, true),
        _ if no_ports => format!("{name} is a group of services, not of ports"),
        _ => format!("{name} is a group of ports, not of services"),
    };
    let reason = device.reason(text, span);
    if let Some(object) = device.firewall.service_objects.get_mut(at) {
        if no_services {
            let unknown = ServiceTerm::Unknown(reason);
            object.services.push(Spanned::new(unknown, span));
        }
        if no_ports {
            let unknown = PortMatch::Unknown(reason);
            object.ports.push(Spanned::new(unknown, span));
        }
    }
}

fn cut_cycles(device: &mut Device<'_>) {
    let inner = |id: u32| id as usize;
    let addresses: Vec<Vec<usize>> = device
        .firewall
        .address_objects
        .iter()
        .map(|object| {
            let members = object.members.iter().map(|member| match member.value {
                AddressTerm::Object(id) => inner(id.0),
                _ => usize::MAX,
            });
            members.collect()
        })
        .collect();
    let text = "the object group holds itself";
    for (at, member) in back_edges(&addresses) {
        let reason = device.reason(text, device.start);
        let object = device.firewall.address_objects.get_mut(at);
        if let Some(slot) = object.and_then(|object| object.members.get_mut(member)) {
            slot.value = AddressTerm::Unknown(reason);
        }
    }
    let services: Vec<Vec<usize>> = device
        .firewall
        .service_objects
        .iter()
        .map(|object| {
            let members = object.services.iter().map(|member| match member.value {
                ServiceTerm::Object(id) => inner(id.0),
                _ => usize::MAX,
            });
            members.collect()
        })
        .collect();
    for (at, member) in back_edges(&services) {
        let reason = device.reason(text, device.start);
        let object = device.firewall.service_objects.get_mut(at);
        if let Some(slot) = object.and_then(|object| object.services.get_mut(member)) {
            slot.value = ServiceTerm::Unknown(reason);
        }
    }
    let ports: Vec<Vec<usize>> = device
        .firewall
        .service_objects
        .iter()
        .map(|object| {
            let members = object.ports.iter().map(|member| match member.value {
                PortMatch::Object(id) => inner(id.0),
                _ => usize::MAX,
            });
            members.collect()
        })
        .collect();
    for (at, member) in back_edges(&ports) {
        let reason = device.reason(text, device.start);
        let object = device.firewall.service_objects.get_mut(at);
        if let Some(slot) = object.and_then(|object| object.ports.get_mut(member)) {
            slot.value = PortMatch::Unknown(reason);
        }
    }
}
