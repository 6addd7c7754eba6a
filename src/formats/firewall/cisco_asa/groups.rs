//! `object-group network | service | protocol | icmp-type`, nested.
//!
//! Source: Cisco ASA Series Command Reference, "object-group",
//! "network-object", "service-object", "port-object", "protocol-object",
//! "icmp-object", "group-object".

use crate::model::firewall::{
    AddressObjectId, AddressTerm, PortMatch, ProtocolMatch, ServiceObjectId, ServiceTerm,
};
use crate::model::net::Protocol;
use crate::source::Spanned;

use super::address::quoted;
use super::device::{Device, PortFamily, ServiceKind};
use super::objects::{define_address, define_service, doubtful};
use super::outcome::Outcome;
use super::service::{ProtocolWord, is_operator, protocol_word};
use super::tables;
use super::words::Words;

/// A group that was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// `network`.
    Network(AddressObjectId),
    /// `service`, `protocol` or `icmp-type`.
    Service(ServiceObjectId),
    /// `user` or `security`: who, not where.
    Identity(&'static str),
}

/// An object or group that may get a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Member {
    /// Of addresses.
    Address(AddressObjectId),
    /// Of services, ports, protocols or ICMP types.
    Service(ServiceObjectId),
}

/// What a line of a group is that could not be read.
pub const UNREADABLE: &str = "a member of the object or group could not be read";

/// Adds a member that is not known, for a line that could not be read: the
/// group holds more than the other lines tell.
pub fn unreadable(device: &mut Device<'_>, member: Member, statement: &str) {
    let span = device.span(statement);
    let reason = device.reason(UNREADABLE, span);
    match member {
        Member::Address(id) => {
            if let Some(members) = device.members_mut(id) {
                members.push(Spanned::new(AddressTerm::Unknown(reason), span));
            }
        }
        Member::Service(id) => {
            let ports = matches!(device.service_kind(id), ServiceKind::Ports(_));
            let Some(object) = device.service_mut(id) else {
                return;
            };
            if ports {
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
}

/// Opens `object-group TYPE NAME [tcp|udp|tcp-udp]`.
pub fn open<'c>(
    device: &mut Device<'c>,
    words: &mut Words<'c>,
    statement: &'c str,
) -> Option<Group> {
    let mut kind = words.next()?;
    // Batfish's fixtures write `object-group group network N`.
    if kind == "group" {
        kind = words.next()?;
    }
    let name = words.next()?;
    Some(match kind {
        "network" => {
            let id = device.network_group(name);
            define_address(device, id, "object-group network", name, statement);
            Group::Network(id)
        }
        "service" => {
            let kind = match words.next() {
                Some("tcp") => ServiceKind::Ports(PortFamily::Tcp),
                Some("udp") => ServiceKind::Ports(PortFamily::Udp),
                Some("tcp-udp") => ServiceKind::Ports(PortFamily::TcpUdp),
                _ => ServiceKind::Services,
            };
            let id = device.service_group(name);
            define_service(device, id, kind, "object-group service", name, statement);
            Group::Service(id)
        }
        "protocol" => {
            let id = device.service_group(name);
            define_service(
                device,
                id,
                ServiceKind::Protocols,
                "object-group protocol",
                name,
                statement,
            );
            Group::Service(id)
        }
        "icmp-type" => {
            let id = device.service_group(name);
            define_service(
                device,
                id,
                ServiceKind::IcmpTypes,
                "object-group icmp-type",
                name,
                statement,
            );
            Group::Service(id)
        }
        "user" => Group::Identity("group-user"),
        "security" => Group::Identity("group-security"),
        _ => return None,
    })
}

/// A line of `object-group network`.
pub fn network_line<'c>(
    device: &mut Device<'c>,
    id: AddressObjectId,
    statement: &'c str,
    words: &mut Words<'c>,
) -> Outcome {
    let before = device.firewall.not_modelled.len();
    let term = match words.next() {
        Some("description") => return Outcome::IRRELEVANT,
        Some("group-object") => {
            let Some(name) = words.next() else {
                return Outcome::UNRECOGNISED;
            };
            let span = device.span(name);
            device.refer("object-group network", name, false, span);
            AddressTerm::Object(device.network_group(name))
        }
        Some("network-object") => match words.next() {
            Some("object") => {
                let Some(name) = words.next() else {
                    return Outcome::UNRECOGNISED;
                };
                let span = device.span(name);
                device.refer("object network", name, false, span);
                AddressTerm::Object(device.network_object(name))
            }
            Some("host") => match words.next() {
                Some(word) => device.host_term(word),
                None => return Outcome::UNRECOGNISED,
            },
            Some("range") => match (words.next(), words.next()) {
                (Some(low), Some(high)) => device.range_term(low, high),
                _ => return Outcome::UNRECOGNISED,
            },
            Some("any" | "any4") => AddressTerm::Any4,
            Some("any6") => AddressTerm::Any6,
            Some(word) => device.network_term(word, words),
            None => return Outcome::UNRECOGNISED,
        },
        _ => return Outcome::UNRECOGNISED,
    };
    let span = device.span(statement);
    if let Some(members) = device.members_mut(id) {
        members.push(Spanned::new(term, span));
    }
    doubtful(device, before)
}

/// A line of `object-group service | protocol | icmp-type`.
pub fn service_line<'c>(
    device: &mut Device<'c>,
    id: ServiceObjectId,
    statement: &'c str,
    words: &mut Words<'c>,
) -> Outcome {
    let before = device.firewall.not_modelled.len();
    let kind = device.service_kind(id);
    let span = device.span(statement);
    match words.next() {
        Some("description") => return Outcome::IRRELEVANT,
        Some("group-object") => {
            let Some(name) = words.next() else {
                return Outcome::UNRECOGNISED;
            };
            let at = device.span(name);
            device.refer("object-group service", name, false, at);
            let nested = device.service_group(name);
            let Some(object) = device.service_mut(id) else {
                return Outcome::UNRECOGNISED;
            };
            if matches!(kind, ServiceKind::Ports(_)) {
                object
                    .ports
                    .push(Spanned::new(PortMatch::Object(nested), span));
            } else {
                object
                    .services
                    .push(Spanned::new(ServiceTerm::Object(nested), span));
            }
        }
        Some("port-object") => {
            let port = match words.peek() {
                Some(word) if is_operator(word) => device.port_match(words),
                _ => None,
            };
            let (Some(port), Some(object)) = (port, device.service_mut(id)) else {
                return Outcome::UNRECOGNISED;
            };
            object.ports.push(Spanned::new(port, span));
        }
        Some("service-object") => {
            let terms = if words.peek() == Some("object") {
                words.next();
                words.next().map(|name| {
                    let at = device.span(name);
                    device.refer("object service", name, false, at);
                    vec![ServiceTerm::Object(device.service_object(name))]
                })
            } else {
                device.whole_service(words)
            };
            let Some(mut terms) = terms else {
                return Outcome::UNRECOGNISED;
            };
            if let Some(left) = words.peek().filter(|word| !word.starts_with('!')) {
                let text = format!("{} is not understood", quoted(left));
                terms = vec![ServiceTerm::Unknown(device.reason(text, span))];
            }
            if let Some(object) = device.service_mut(id) {
                object
                    .services
                    .extend(terms.into_iter().map(|term| Spanned::new(term, span)));
            }
        }
        Some("protocol-object") => {
            let Some(word) = words.next() else {
                return Outcome::UNRECOGNISED;
            };
            let inline = |protocol| ServiceTerm::Inline {
                protocol,
                source: PortMatch::Any,
                destination: PortMatch::Any,
            };
            let terms = match protocol_word(word) {
                Some(ProtocolWord::Any) => vec![inline(ProtocolMatch::Any)],
                Some(ProtocolWord::One(protocol)) => vec![inline(ProtocolMatch::One(protocol))],
                Some(ProtocolWord::TcpUdp) => [Protocol::TCP, Protocol::UDP]
                    .map(|protocol| inline(ProtocolMatch::One(protocol)))
                    .to_vec(),
                None => {
                    let text = format!("{} is not a protocol name of the ASA", quoted(word));
                    vec![ServiceTerm::Unknown(device.reason(text, span))]
                }
            };
            if let Some(object) = device.service_mut(id) {
                object
                    .services
                    .extend(terms.into_iter().map(|term| Spanned::new(term, span)));
            }
        }
        Some("icmp-object") => {
            let Some(word) = words.next() else {
                return Outcome::UNRECOGNISED;
            };
            let term = match tables::icmp_type(Protocol::ICMP, word) {
                Some(kind) => {
                    let code = words.next().and_then(super::words::number);
                    ServiceTerm::Icmp(crate::model::firewall::IcmpMatch {
                        protocol: Protocol::ICMP,
                        kind: Some(kind),
                        code,
                    })
                }
                None => {
                    let text = format!("{} is not an ICMP type name of the ASA", quoted(word));
                    ServiceTerm::Unknown(device.reason(text, span))
                }
            };
            if let Some(object) = device.service_mut(id) {
                object.services.push(Spanned::new(term, span));
            }
        }
        _ => return Outcome::UNRECOGNISED,
    }
    doubtful(device, before)
}
