//! Services and service groups.
//!
//! Source: Palo Alto Networks, "PAN-OS Web Interface Help", "Objects > Services"
//! (TCP, UDP, SCTP with destination and source ports; predefined are
//! `service-http`, 80 and 8080, and `service-https`, 443).

use crate::formats::firewall::shared::graph::back_edges;
use crate::formats::firewall::shared::rules::quoted;
use crate::formats::firewall::shared::word_tree::NodeId;
use crate::model::firewall::{
    PortMatch, ProtocolMatch, ServiceObject, ServiceObjectId, ServiceTerm,
};
use crate::model::net::{PortRange, Protocol};
use crate::source::Spanned;

use super::device::{Device, index};
use super::tables;

const KINDS: [&str; 2] = ["service", "service-group"];

/// Most pairs of source and destination ports of one service.
const MAX_PAIRS: usize = 65_536;

/// Services that every device has.
const PREDEFINED: [(&str, &[u16]); 2] = [("service-http", &[80, 8080]), ("service-https", &[443])];

/// A service in place.
pub fn inline(protocol: Protocol, source: PortMatch, destination: PortMatch) -> ServiceTerm {
    ServiceTerm::Inline {
        protocol: ProtocolMatch::One(protocol),
        source,
        destination,
    }
}

/// The terms of a service's name in a rule.
pub fn named(device: &mut Device<'_, '_>, node: NodeId) -> Vec<ServiceTerm> {
    let name = device.word(node);
    if let Some(reason) = device.placeholder(node) {
        return vec![ServiceTerm::Unknown(reason)];
    }
    for kind in KINDS {
        if let Some(entry) = device.object(kind, name) {
            device.modelled(node);
            let label = device.qualified(entry);
            let at = device.span(node);
            device.refer("service", &label, false, at);
            return vec![ServiceTerm::Object(object(device, entry))];
        }
    }
    if let Some((_, ports)) = PREDEFINED.iter().find(|(known, _)| *known == name) {
        device.modelled(node);
        let port = |port: &u16| {
            let range = PortMatch::Range(PortRange::one(*port));
            inline(Protocol::TCP, PortMatch::Any, range)
        };
        return ports.iter().map(port).collect();
    }
    let at = device.span(node);
    device.refer("service", name, false, at);
    let text = format!("service {} is not defined in this file", quoted(name));
    let reason = device.not_modelled(node, text);
    vec![ServiceTerm::Unknown(reason)]
}

fn object(device: &mut Device<'_, '_>, entry: NodeId) -> ServiceObjectId {
    if let Some(id) = device.services.get(&entry) {
        return *id;
    }
    let id = ServiceObjectId(index(device.firewall.service_objects.len()));
    let span = device.statement(entry);
    device.firewall.service_objects.push(ServiceObject {
        name: device.word(entry).to_owned(),
        services: Vec::new(),
        ports: Vec::new(),
        span,
    });
    device.services.insert(entry, id);
    device.pending_services.push(entry);
    id
}

/// Records the definitions of the scopes that only this device uses.
pub fn define(device: &mut Device<'_, '_>) {
    for scope in device.own_scopes() {
        for kind in KINDS {
            for entry in device.below(scope, &[kind]) {
                let label = device.qualified(entry);
                let at = device.span(entry);
                device.refer("service", &label, true, at);
            }
        }
    }
}

/// Reads the members of the services that are used.
pub fn fill(device: &mut Device<'_, '_>) {
    while let Some(entry) = device.pending_services.pop() {
        let Some(id) = device.services.get(&entry).copied() else {
            continue;
        };
        let kind = device
            .tree
            .parent(entry)
            .map_or("", |list| device.word(list));
        let mut terms = if kind == "service" {
            service(device, entry)
        } else {
            group(device, entry)
        };
        if terms.is_empty() || device.is_cut(entry) || device.left_open(entry).is_some() {
            let span = device.statement(entry);
            let text = format!(
                "service {} is not complete in this file",
                quoted(device.word(entry))
            );
            let reason = device.reason(text, span);
            terms.push(Spanned::new(ServiceTerm::Unknown(reason), span));
        }
        if let Some(object) = device.firewall.service_objects.get_mut(id.0 as usize) {
            object.services = terms;
        }
    }
    cut_cycles(device);
}

fn service(device: &mut Device<'_, '_>, entry: NodeId) -> Vec<Spanned<ServiceTerm>> {
    let mut terms = Vec::new();
    for node in device.below(entry, &["protocol"]) {
        let protocol = match device.word(node) {
            "tcp" => Protocol::TCP,
            "udp" => Protocol::UDP,
            "sctp" => Protocol(132),
            _ => continue,
        };
        let span = device.statement(node);
        let source = ports(device, node, "source-port");
        let destination = ports(device, node, "port");
        match (source, destination) {
            (Some(source), Some(destination))
                if source.len().saturating_mul(destination.len()) <= MAX_PAIRS =>
            {
                for from in &source {
                    for to in &destination {
                        terms.push(Spanned::new(inline(protocol, *from, *to), span));
                    }
                }
            }
            _ => {
                let text = format!(
                    "the ports of service {} are not known",
                    quoted(device.word(entry))
                );
                let reason = device.reason(text, span);
                terms.push(Spanned::new(ServiceTerm::Unknown(reason), span));
            }
        }
    }
    terms
}

/// The ports below a key: `80,443,1000-2000`. Without the key any port.
fn ports(device: &Device<'_, '_>, node: NodeId, key: &str) -> Option<Vec<PortMatch>> {
    let Some(key) = device.tree.get(node, key) else {
        return Some(vec![PortMatch::Any]);
    };
    let mut found = Vec::new();
    for value in device.tree.children(key) {
        for item in device.word(value).split(',') {
            found.push(PortMatch::Range(tables::port_range(item)?));
        }
    }
    (!found.is_empty()).then_some(found)
}

fn group(device: &mut Device<'_, '_>, entry: NodeId) -> Vec<Spanned<ServiceTerm>> {
    let mut members = device.below(entry, &["members"]);
    if members.is_empty() {
        // Before 5.0 the members stood right below the group.
        members = device
            .children(entry)
            .into_iter()
            .filter(|key| !matches!(device.word(*key), "members" | "tag"))
            .collect();
    }
    let mut terms = Vec::new();
    for member in members {
        let span = device.statement(member);
        let found = named(device, member);
        terms.extend(found.into_iter().map(|term| Spanned::new(term, span)));
    }
    terms
}

/// A group that holds itself is cut where it does.
fn cut_cycles(device: &mut Device<'_, '_>) {
    let edges: Vec<Vec<usize>> = device
        .firewall
        .service_objects
        .iter()
        .map(|object| {
            let inner = object.services.iter().map(|member| match member.value {
                ServiceTerm::Object(id) => id.0 as usize,
                _ => usize::MAX,
            });
            inner.collect()
        })
        .collect();
    for (at, member) in back_edges(&edges) {
        let object = device.firewall.service_objects.get(at);
        let Some(span) = object
            .and_then(|object| object.services.get(member))
            .map(|member| member.span)
        else {
            continue;
        };
        let reason = device.reason("the service group holds itself", span);
        let object = device.firewall.service_objects.get_mut(at);
        if let Some(slot) = object.and_then(|object| object.services.get_mut(member)) {
            slot.value = ServiceTerm::Unknown(reason);
        }
    }
}
