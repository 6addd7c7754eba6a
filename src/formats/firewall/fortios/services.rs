//! `firewall service custom` and `group`.
//!
//! Source: Fortinet, FortiOS CLI Reference, "config firewall service custom":
//! port ranges are written destination:source; protocol number 0 (the default of
//! `protocol IP`) is every protocol; ICMP without a type is every type.

use crate::formats::LineState;
use crate::formats::firewall::shared::rules::quoted;
use crate::model::firewall::{IcmpMatch, PortMatch, ProtocolMatch, ServiceObjectId, ServiceTerm};
use crate::model::net::{PortRange, Protocol};
use crate::source::{Span, Spanned};

use super::device::Device;
use super::tables::{self, Predefined};
use super::tree::NodeId;

/// Sections whose entries are services.
const SECTIONS: [&str; 2] = ["firewall service custom", "firewall service group"];
/// Most flat services of a group.
const MAX_FLAT: usize = 4_000;

/// A service in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// Every packet.
    Any,
    /// A protocol, with source and destination ports where it has some.
    Ports(Protocol, PortRange, PortRange),
    /// A protocol.
    Protocol(Protocol),
    /// ICMP with type and code.
    Icmp(Protocol, Option<u8>, Option<u8>),
}

impl Service {
    /// As the model writes it.
    pub fn term(self) -> ServiceTerm {
        let ports = |range: PortRange| {
            if range == PortRange::ANY {
                PortMatch::Any
            } else {
                PortMatch::Range(range)
            }
        };
        match self {
            Self::Any => ServiceTerm::Inline {
                protocol: ProtocolMatch::Any,
                source: PortMatch::Any,
                destination: PortMatch::Any,
            },
            Self::Ports(protocol, source, destination) => ServiceTerm::Inline {
                protocol: ProtocolMatch::One(protocol),
                source: ports(source),
                destination: ports(destination),
            },
            Self::Protocol(protocol) => ServiceTerm::Inline {
                protocol: ProtocolMatch::One(protocol),
                source: PortMatch::Any,
                destination: PortMatch::Any,
            },
            Self::Icmp(protocol, kind, code) => ServiceTerm::Icmp(IcmpMatch {
                protocol,
                kind,
                code,
            }),
        }
    }
}

/// `25`, `1-65535`; all ports from 0 or 1 to 65535 are any.
fn range(text: &str) -> Option<PortRange> {
    let (low, high) = text.split_once('-').unwrap_or((text, text));
    let range = PortRange::new(low.parse().ok()?, high.parse().ok()?)?;
    Some(if range.low <= 1 && range.high == u16::MAX {
        PortRange::ANY
    } else {
        range
    })
}

/// `25`, `443:1024-65535`.
fn ports(protocol: Protocol, text: &str) -> Option<Service> {
    let (destination, source) = match text.split_once(':') {
        Some((destination, source)) => (range(destination)?, range(source)?),
        None => (range(text)?, PortRange::ANY),
    };
    Some(Service::Ports(protocol, source, destination))
}

/// A word of the table of predefined services.
fn word(text: &str) -> Option<Service> {
    let (head, rest) = text.split_once('/').unwrap_or((text, ""));
    let number = rest.parse::<u8>().ok();
    Some(match head {
        "any" => Service::Any,
        "ip" => Service::Protocol(Protocol(number?)),
        "icmp" => Service::Icmp(Protocol::ICMP, number, None),
        "icmp6" => Service::Icmp(Protocol::ICMP6, number, None),
        "tcp" => ports(Protocol::TCP, rest)?,
        "udp" => ports(Protocol::UDP, rest)?,
        "sctp" => ports(SCTP, rest)?,
        _ => return None,
    })
}

const SCTP: Protocol = Protocol(132);

/// Reads services and groups.
pub fn read(device: &mut Device<'_, '_>) {
    for entry in device.entries(SECTIONS[0]) {
        custom(device, entry);
    }
    let mut defined = Vec::new();
    for entry in device.entries(SECTIONS[1]) {
        let (name, span, line) = (device.name(entry), device.span(entry), device.line(entry));
        device.refer("service", &name, true, line);
        let id = device.add_service(&name, span);
        device.services.entry(name).or_insert(id);
        defined.push((entry, id));
    }
    for (entry, id) in &defined {
        for value in device.values(*entry) {
            if value.key == "member" {
                device.modelled(*entry, value.key);
                for word in value.words.iter() {
                    let at = device.span_of(word.raw);
                    let term = match named(device, &word.text, at, value.order) {
                        Some(member) => ServiceTerm::Object(member),
                        None => missing(device, &word.text, at),
                    };
                    push(device, *id, term, at);
                }
            } else {
                device.irrelevant(*entry, value.key);
            }
        }
        if let Some(reason) = device.spoiled(*entry) {
            let at = device.line(*entry);
            push(device, *id, ServiceTerm::Unknown(reason), at);
        }
    }
    flatten(device, &defined);
}

fn push(device: &mut Device<'_, '_>, id: ServiceObjectId, term: ServiceTerm, at: Span) {
    if let Some(object) = device.firewall.service_objects.get_mut(id.0 as usize) {
        object.services.push(Spanned::new(term, at));
    }
}

fn custom(device: &mut Device<'_, '_>, entry: NodeId) {
    let (name, span, line) = (device.name(entry), device.span(entry), device.line(entry));
    device.refer("service", &name, true, line);
    let id = device.add_service(&name, span);
    device.services.insert(name.clone(), id);
    let values = device.values(entry);
    let (mut kind, mut number) = (String::new(), None);
    let (mut icmp, mut code) = (None, None);
    let mut found = Vec::new();
    let mut unknown = None;
    for value in &values {
        let protocol = match value.key {
            "tcp-portrange" => Some(Protocol::TCP),
            "udp-portrange" => Some(Protocol::UDP),
            "sctp-portrange" => Some(SCTP),
            _ => None,
        };
        if let Some(protocol) = protocol {
            device.modelled(entry, value.key);
            // `show full-configuration` writes `set udp-portrange ''` for none.
            let stated = value.words.iter().filter(|word| !word.text.is_empty());
            for word in stated {
                match ports(protocol, &word.text) {
                    Some(service) => found.push(service),
                    None => {
                        let why =
                            format!("the ports of service {} are not readable", quoted(&name));
                        unknown = Some(device.not_modelled(entry, value, why));
                    }
                }
            }
            continue;
        }
        match value.key {
            "protocol" => value.first().clone_into(&mut kind),
            "protocol-number" => number = value.first().parse::<u8>().ok(),
            "icmptype" => icmp = value.first().parse::<u8>().ok(),
            "icmpcode" => code = value.first().parse::<u8>().ok(),
            "fqdn" | "iprange" | "application" | "app-category" | "app-service-type"
                if !value.is_off() && value.first() != "0.0.0.0" =>
            {
                let why = format!(
                    "service {} also depends on {}",
                    quoted(&name),
                    quoted(value.key)
                );
                unknown = Some(device.not_modelled(entry, value, why));
                continue;
            }
            "proxy" | "fqdn" | "iprange" | "application" | "app-category" | "app-service-type" => {
                device.irrelevant(entry, value.key);
                continue;
            }
            key if tables::key(SECTIONS[0], key).is_some() || value.is_off() => {
                device.irrelevant(entry, key);
                continue;
            }
            key => {
                let why = format!("{} of a service is not known to exlint", quoted(key));
                unknown = Some(device.not_modelled(entry, value, why));
                continue;
            }
        }
        device.modelled(entry, value.key);
    }
    let services = match kind.as_str() {
        "" | "TCP/UDP/SCTP" | "TCP/UDP" | "TCP/UDP/UDP-Lite/SCTP" => found,
        "IP" => vec![match number {
            None | Some(0) => Service::Any,
            Some(number) => Service::Protocol(Protocol(number)),
        }],
        "ICMP" => vec![Service::Icmp(Protocol::ICMP, icmp, code)],
        "ICMP6" => vec![Service::Icmp(Protocol::ICMP6, icmp, code)],
        "ALL" => vec![Service::Any],
        other => {
            let why = format!(
                "service {} is of protocol {}, which exlint does not know",
                quoted(&name),
                quoted(other)
            );
            unknown = Some(device.reason(why, line));
            Vec::new()
        }
    };
    let unknown = unknown.or_else(|| device.spoiled(entry));
    if let Some(reason) = unknown {
        push(device, id, ServiceTerm::Unknown(reason), span);
        device.meanings.insert(id, None);
        return;
    }
    for service in &services {
        push(device, id, service.term(), span);
    }
    device.meanings.insert(id, Some(services));
}

/// The flat meaning of groups, the inner ones first.
fn flatten(device: &mut Device<'_, '_>, groups: &[(NodeId, ServiceObjectId)]) {
    // Groups nest by few levels; what is left after many rounds is a cycle.
    for _ in 0..32 {
        let mut changed = false;
        for (_, id) in groups {
            if device.meanings.contains_key(id) {
                continue;
            }
            let Some(object) = device.firewall.service_objects.get(id.0 as usize) else {
                continue;
            };
            let mut flat = Some(Vec::new());
            let mut ready = true;
            for member in &object.services {
                match &member.value {
                    ServiceTerm::Object(inner) => match device.meanings.get(inner) {
                        Some(Some(more)) => {
                            if let Some(list) = &mut flat {
                                list.extend_from_slice(more);
                            }
                        }
                        Some(None) => flat = None,
                        None => ready = false,
                    },
                    _ => flat = None,
                }
            }
            if ready {
                let flat = flat.filter(|list| list.len() <= MAX_FLAT);
                device.meanings.insert(*id, flat);
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    for (_, id) in groups {
        if device.meanings.contains_key(id) {
            continue;
        }
        let Some((name, span)) = device
            .firewall
            .service_objects
            .get(id.0 as usize)
            .map(|object| (object.name.clone(), object.span))
        else {
            continue;
        };
        let reason = device.reason(format!("group {} contains itself", quoted(&name)), span);
        if let Some(object) = device.firewall.service_objects.get_mut(id.0 as usize) {
            object.services = vec![Spanned::new(ServiceTerm::Unknown(reason), span)];
        }
        device.meanings.insert(*id, None);
    }
}

/// The service of a name; records the use. Predefined ones are made when asked
/// for.
pub fn named(
    device: &mut Device<'_, '_>,
    name: &str,
    at: Span,
    order: u32,
) -> Option<ServiceObjectId> {
    device.refer("service", name, false, at);
    let name = device.current(&SECTIONS, name, order);
    if let Some(id) = device.services.get(&*name) {
        return Some(*id);
    }
    let flat = predefined(&name)?;
    let span = device.firewall.name.span;
    let id = device.add_service(&name, span);
    for service in &flat {
        push(device, id, service.term(), at);
    }
    device.services.insert(name.into_owned(), id);
    device.meanings.insert(id, Some(flat));
    Some(id)
}

fn predefined(name: &str) -> Option<Vec<Service>> {
    let text = match tables::predefined(name)? {
        Predefined::Service(text) => text.to_owned(),
        Predefined::Group(members) => members
            .split('|')
            .filter_map(|member| match tables::predefined(member) {
                Some(Predefined::Service(text)) => Some(text),
                _ => None,
            })
            .collect::<Vec<_>>()
            .join(" "),
    };
    Some(text.split(' ').filter_map(word).collect())
}

/// A service that nobody defines.
pub fn missing(device: &mut Device<'_, '_>, name: &str, at: Span) -> ServiceTerm {
    let why = format!("service {} is not defined in this file", quoted(name));
    ServiceTerm::Unknown(device.reason(why, at))
}

/// Categories and the like of the sections decide nothing.
pub fn cover(device: &mut Device<'_, '_>) {
    for section in SECTIONS {
        if let Some(node) = device.section(section) {
            for child in device.tree().children(node) {
                for inner in device.tree().children(child) {
                    device.cover(inner, LineState::Irrelevant);
                }
            }
        }
    }
}
