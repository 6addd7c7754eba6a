//! Applications and application sets, the device's own and the predefined ones.
//!
//! Source: Juniper, "Security Policies User Guide", "Configuring Policy
//! Applications"; an application with several terms matches any of them. An
//! application with a UUID or a program number is for connections to ports that
//! the endpoint mapper told ("RPC ALGs for Security Devices"), so that no port
//! can be given for it.

use crate::formats::firewall::shared::word_tree::NodeId;
use crate::model::firewall::{
    IcmpMatch, Inspection, InspectionEffect, PortMatch, ProtocolMatch, ServiceObjectId, ServiceTerm,
};
use crate::model::net::{PortRange, Protocol};
use crate::source::{Span, Spanned};

use super::device::Device;
use super::tables::{self, Predefined, Service};

/// Reads `applications`.
pub fn read(device: &mut Device<'_, '_>) {
    let mut entries = Vec::new();
    for kind in ["application", "application-set"] {
        let Some(top) = device.at(&["applications", kind]) else {
            continue;
        };
        for entry in device.children(top) {
            let name = device.word(entry);
            let span = device.statement(entry);
            let id = device.add_service(name, span);
            let at = device.span(entry);
            device.refer("application", name, true, at);
            device.applications.insert(name, id);
            device.modelled(entry);
            entries.push((kind, entry, id));
        }
    }
    for (kind, entry, id) in entries {
        let mut services = if kind == "application" {
            application(device, entry)
        } else {
            set(device, entry)
        };
        let span = device.statement(entry);
        if services.is_empty() {
            let reason = device.reason(
                format!("application {} is empty in this file", device.word(entry)),
                span,
            );
            services.push(Spanned::new(ServiceTerm::Unknown(reason), span));
        }
        if device.is_cut(entry) {
            let reason = device.reason("the file ends inside this line: it may be cut off", span);
            services.push(Spanned::new(ServiceTerm::Unknown(reason), span));
        }
        if let Some(object) = device.firewall.service_objects.get_mut(id.0 as usize) {
            object.services = services;
        }
    }
    cut_cycles(device);
}

fn application(device: &mut Device<'_, '_>, entry: NodeId) -> Vec<Spanned<ServiceTerm>> {
    let terms = device.below(entry, &["term"]);
    if terms.is_empty() {
        return one(device, entry).into_iter().collect();
    }
    let mut services = Vec::new();
    for term in terms {
        device.modelled(term);
        services.extend(one(device, term));
    }
    for statement in device.children(entry) {
        if device.word(statement) != "term" {
            device.irrelevant(statement);
        }
    }
    services
}

/// What one application or term says.
#[derive(Default)]
struct Attributes {
    protocol: Option<Protocol>,
    source: Option<PortRange>,
    destination: Option<PortRange>,
    kind: Option<u8>,
    code: Option<u8>,
    /// By UUID or program number.
    rpc: Option<NodeId>,
    alg: Option<NodeId>,
    /// Something that could not be read, and why.
    unknown: Option<(NodeId, String)>,
    any: bool,
}

/// A term may stand on one line: then each value leads to the next key.
fn one(device: &mut Device<'_, '_>, node: NodeId) -> Option<Spanned<ServiceTerm>> {
    let mut found = Attributes::default();
    let mut work: Vec<NodeId> = device.children(node);
    work.reverse();
    while let Some(key) = work.pop() {
        let word = device.word(key);
        let flag = matches!(
            word,
            "do-not-translate-AAAA-query-to-A-query"
                | "do-not-translate-A-query-to-AAAA-query"
                | "learn-sip-register"
        );
        if word == "term" || flag {
            continue;
        }
        let values = device.children(key);
        for value in values.into_iter().rev() {
            let inner = device.children(value);
            work.extend(inner.into_iter().rev());
            attribute(device, &mut found, key, value);
        }
    }
    if !found.any {
        return None;
    }
    let span = device.statement(node);
    let term = |term| Some(Spanned::new(term, span));
    if let Some((at, why)) = found.unknown {
        let reason = device.not_modelled(at, why);
        return term(ServiceTerm::Unknown(reason));
    }
    let name = device.word(node).to_owned();
    let Some(protocol) = found.protocol else {
        if found.alg.is_some()
            && found.destination.is_none()
            && found.source.is_none()
            && found.rpc.is_none()
        {
            let reason = device.reason(
                format!("application {name} has no protocol in this file"),
                span,
            );
            return term(ServiceTerm::Unknown(reason));
        }
        let reason = device.reason(format!("application {name} has no protocol"), span);
        return term(ServiceTerm::Unknown(reason));
    };
    if let Some(rpc) = found.rpc {
        let reason = device.not_modelled(
            rpc,
            format!("application {name} is for RPC connections to ports that are told at run time"),
        );
        return term(ServiceTerm::Inline {
            protocol: ProtocolMatch::One(protocol),
            source: PortMatch::Any,
            destination: PortMatch::Unknown(reason),
        });
    }
    if let Some(alg) = found.alg
        && device.word(alg) == "ms-rpc"
        && let Some(ports) = found.destination
        && ports != PortRange::one(135)
    {
        let at = device.statement(alg);
        device.firewall.inspections.push(Inspection {
            protocol: "dcerpc".to_owned(),
            effect: InspectionEffect::OpensRpc,
            interface: None,
            filter: None,
            ports: vec![(protocol, ports)],
            default: false,
            span: at,
            related: Vec::new(),
        });
    }
    if matches!(protocol, Protocol::ICMP | Protocol::ICMP6) {
        return term(ServiceTerm::Icmp(IcmpMatch {
            protocol,
            kind: found.kind,
            code: found.code,
        }));
    }
    term(inline(protocol, found.source, found.destination))
}

/// A protocol with ports, where it has some.
pub fn inline(
    protocol: Protocol,
    source: Option<PortRange>,
    destination: Option<PortRange>,
) -> ServiceTerm {
    let ports = |range: Option<PortRange>| range.map_or(PortMatch::Any, PortMatch::Range);
    ServiceTerm::Inline {
        protocol: ProtocolMatch::One(protocol),
        source: ports(source),
        destination: ports(destination),
    }
}

fn attribute(device: &mut Device<'_, '_>, found: &mut Attributes, key: NodeId, value: NodeId) {
    let (word, text) = (device.word(key), device.word(value));
    device.modelled(value);
    let mut unread = |what: &str| {
        found
            .unknown
            .get_or_insert_with(|| (value, format!("the {what} `{text}` is not known")));
    };
    let mut any = true;
    match word {
        "protocol" => match tables::protocol(text) {
            Some(protocol) => found.protocol = Some(protocol),
            None => unread("protocol"),
        },
        "source-port" | "destination-port" => match tables::port_range(text) {
            Some(range) if word == "source-port" => found.source = Some(range),
            Some(range) => found.destination = Some(range),
            None => unread("port"),
        },
        "icmp-type" | "icmp-code" | "icmp6-type" | "icmp6-code" => {
            let protocol = if word.starts_with("icmp6") {
                Protocol::ICMP6
            } else {
                Protocol::ICMP
            };
            match tables::icmp(protocol, word.ends_with("code"), text) {
                Some(number) if word.ends_with("code") => found.code = Some(number),
                Some(number) => found.kind = Some(number),
                None => unread("ICMP type or code"),
            }
            found.protocol.get_or_insert(protocol);
        }
        "uuid" | "rpc-program-number" => found.rpc = Some(value),
        "application-protocol" | "alg" => found.alg = Some(value),
        "inactivity-timeout"
        | "description"
        | "ttl-threshold"
        | "snmp-command"
        | "sip-call-hold-timeout" => any = false,
        "ether-type" => unread("frame type"),
        _ => unread("statement in an application"),
    }
    found.any |= any;
}

fn set(device: &mut Device<'_, '_>, entry: NodeId) -> Vec<Spanned<ServiceTerm>> {
    let mut services = Vec::new();
    for statement in device.children(entry) {
        match device.word(statement) {
            "application" | "application-set" => {
                for member in device.children(statement) {
                    device.modelled(member);
                    let span = device.statement(member);
                    let term = named(device, member);
                    services.push(Spanned::new(term, span));
                }
            }
            "description" => device.irrelevant(statement),
            other => {
                let text = format!("`{other}` in an application set is not modelled");
                let reason = device.not_modelled(statement, text);
                let span = device.statement(statement);
                services.push(Spanned::new(ServiceTerm::Unknown(reason), span));
            }
        }
    }
    services
}

/// Any protocol and port.
pub const ANY: ServiceTerm = ServiceTerm::Inline {
    protocol: ProtocolMatch::Any,
    source: PortMatch::Any,
    destination: PortMatch::Any,
};

/// The service of a name in a policy or a set.
pub fn named(device: &mut Device<'_, '_>, node: NodeId) -> ServiceTerm {
    let name = device.word(node);
    if name == "any" {
        return ANY;
    }
    let span = device.span(node);
    device.refer("application", name, false, span);
    if let Some(id) = device.applications.get(name) {
        return ServiceTerm::Object(*id);
    }
    ServiceTerm::Object(predefined(device, name, span))
}

/// The object of a predefined name; one without services where there is none.
fn predefined<'t>(device: &mut Device<'_, 't>, name: &'t str, span: Span) -> ServiceObjectId {
    if let Some(id) = device.applications.get(name) {
        return *id;
    }
    let known = tables::predefined(name);
    // The device knows it, and no line defines it: least of all the one that
    // happens to use it first.
    let span = known.as_ref().map_or(span, |_| device.firewall.name.span);
    let id = device.add_service(name, span);
    device.applications.insert(name, id);
    let services = match known {
        Some(Predefined::Application(services)) => services
            .iter()
            .map(|service| Spanned::new(service_term(device, name, *service, span), span))
            .collect(),
        Some(Predefined::Set(members)) => members
            .iter()
            .map(|member| Spanned::new(ServiceTerm::Object(predefined(device, member, span)), span))
            .collect(),
        None => {
            let reason = device.reason(
                format!("application {name} is not defined in this file"),
                span,
            );
            vec![Spanned::new(ServiceTerm::Unknown(reason), span)]
        }
    };
    if let Some(object) = device.firewall.service_objects.get_mut(id.0 as usize) {
        object.services = services;
    }
    id
}

/// A service of a table as the model says it.
pub fn service_term(
    device: &mut Device<'_, '_>,
    name: &str,
    service: Service,
    span: Span,
) -> ServiceTerm {
    match service {
        Service::Any => ANY,
        Service::Ports(protocol, ports) => inline(protocol, None, ports),
        Service::Icmp(protocol, kind, code) => ServiceTerm::Icmp(IcmpMatch {
            protocol,
            kind,
            code,
        }),
        Service::Rpc(protocol) => {
            let reason = device.reason(
                format!(
                    "application {name} is for RPC connections to ports that are told at run time"
                ),
                span,
            );
            ServiceTerm::Inline {
                protocol: ProtocolMatch::One(protocol),
                source: PortMatch::Any,
                destination: PortMatch::Unknown(reason),
            }
        }
        Service::Unknown => {
            let reason = device.reason(format!("the ports of {name} are not known"), span);
            ServiceTerm::Unknown(reason)
        }
    }
}

fn cut_cycles(device: &mut Device<'_, '_>) {
    let edges: Vec<Vec<usize>> = device
        .firewall
        .service_objects
        .iter()
        .map(|object| {
            let inner = object.services.iter().map(|service| match service.value {
                ServiceTerm::Object(id) => id.0 as usize,
                _ => usize::MAX,
            });
            inner.collect()
        })
        .collect();
    for (at, member) in super::cycles::back_edges(&edges) {
        let Some(span) = device
            .firewall
            .service_objects
            .get(at)
            .map(|object| object.span)
        else {
            continue;
        };
        let reason = device.reason("the application set holds itself", span);
        let object = device.firewall.service_objects.get_mut(at);
        if let Some(slot) = object.and_then(|object| object.services.get_mut(member)) {
            slot.value = ServiceTerm::Unknown(reason);
        }
    }
}
