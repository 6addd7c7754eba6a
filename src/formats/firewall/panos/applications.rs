//! Applications (App-ID) of a rule.
//!
//! A rule that asks for an application lets the first packets of a session pass
//! on the ports of its services and ends the session when it turns out to be
//! another application. By address and port such a rule matches *possibly*. Only
//! applications that a packet's header tells by itself are exact.
//!
//! Sources: Palo Alto Networks, "PAN-OS Administrator's Guide", "App-ID"
//! ("Safely Enable Applications on Default Ports": `application-default`);
//! "PAN-OS Web Interface Help", "Objects > Applications", "… Application Groups",
//! "… Application Filters".

use std::collections::HashSet;

use crate::formats::firewall::shared::rules::quoted;
use crate::formats::firewall::shared::word_tree::NodeId;
use crate::model::firewall::{IcmpMatch, PortMatch, ProtocolMatch, ServiceMatch, ServiceTerm};
use crate::model::net::Protocol;

use super::device::{Device, services_of};
use super::services;
use super::tables::{self, Port};

/// Most names that the groups of one rule are followed to.
const MAX_NAMES: usize = 2_000;
/// Most default ports that one rule is written with.
const MAX_PORTS: usize = 256;

/// The applications that a rule asks for.
#[derive(Debug, Default)]
struct Applications<'t> {
    any: bool,
    /// What the header tells.
    exact: Vec<ServiceTerm>,
    /// What only the content tells.
    others: Vec<&'t str>,
    /// Default ports of the others.
    ports: Vec<ServiceTerm>,
    /// Whether the default ports of one of them are not known.
    unknown: bool,
    placeholder: bool,
}

/// What a rule matches by protocol and port, and why that is not all it asks.
pub type Alternative = (ServiceMatch, Option<String>);

/// The alternatives that the applications and services of a rule are.
pub fn alternatives(
    device: &mut Device<'_, '_>,
    name: &str,
    applications: &[NodeId],
    services: &[NodeId],
) -> Vec<Alternative> {
    let found = resolve(device, applications);
    let mut any = services.is_empty();
    let mut default = false;
    let mut terms = Vec::new();
    for service in services {
        match device.word(*service) {
            "any" => any = true,
            "application-default" => default = true,
            _ => {
                terms.extend(services::named(device, *service));
                continue;
            }
        }
        device.modelled(*service);
    }
    let name = quoted(name);
    if found.any {
        if any || !default {
            return vec![(named(any, terms), None)];
        }
        let why = format!(
            "rule {name} matches each application on its own default ports (application-default)"
        );
        return vec![(ServiceMatch::Any, Some(why))];
    }
    let mut all = Vec::new();
    if !found.exact.is_empty() && (any || default) {
        all.push((services_of(found.exact), None));
    }
    if !found.others.is_empty() || found.placeholder {
        let list: Vec<String> = found
            .others
            .iter()
            .take(4)
            .map(|name| quoted(name))
            .collect();
        let more = if found.others.len() > 4 { " …" } else { "" };
        let why = format!(
            "rule {name} asks for application {}{more}: ports do not tell it",
            list.join(", ")
        );
        let matched = if any || default && (found.unknown || found.placeholder) {
            ServiceMatch::Any
        } else if default {
            services_of(found.ports)
        } else {
            services_of(terms)
        };
        all.push((matched, Some(why)));
    }
    if all.is_empty() {
        // An application without ports, on ports.
        all.push((ServiceMatch::AnyOf(Box::default()), None));
    }
    all
}

fn named(any: bool, terms: Vec<ServiceTerm>) -> ServiceMatch {
    if any {
        ServiceMatch::Any
    } else {
        services_of(terms)
    }
}

fn resolve<'t>(device: &mut Device<'_, 't>, nodes: &[NodeId]) -> Applications<'t> {
    let mut found = Applications {
        any: nodes.is_empty(),
        ..Applications::default()
    };
    let mut work: Vec<NodeId> = nodes.iter().rev().copied().collect();
    let mut seen = HashSet::new();
    while let Some(node) = work.pop() {
        let name = device.word(node);
        if device.placeholder(node).is_some() {
            found.placeholder = true;
            continue;
        }
        device.modelled(node);
        if name == "any" {
            found.any = true;
            continue;
        }
        if !seen.insert(name) {
            continue;
        }
        if seen.len() > MAX_NAMES {
            found.others.push(name);
            found.unknown = true;
            break;
        }
        if let Some(group) = device.object("application-group", name) {
            let mut members = device.below(group, &["members"]);
            if members.is_empty() {
                members = device.children(group);
            }
            work.extend(members.into_iter().rev());
            continue;
        }
        if let Some(entry) = device.object("application", name) {
            match custom(device, entry) {
                Custom::Header(term) => found.exact.push(term),
                Custom::Content(ports) => {
                    found.others.push(name);
                    found.unknown |= ports.is_empty();
                    found.ports.extend(ports);
                }
            }
            continue;
        }
        match tables::application(name) {
            Some(known) if known.by_header() => {
                found
                    .exact
                    .extend(known.ports.iter().map(|port| term(*port)));
            }
            Some(known) if !known.dynamic => {
                found.others.push(name);
                found
                    .ports
                    .extend(known.ports.iter().map(|port| term(*port)));
            }
            _ => {
                found.others.push(name);
                found.unknown = true;
            }
        }
    }
    found.unknown |= found.ports.len() > MAX_PORTS;
    if found.exact.len() > MAX_PORTS {
        found.exact.clear();
        found.others.push("…");
        found.unknown = true;
    }
    found
}

/// An application of the file's own.
enum Custom {
    /// The header tells it.
    Header(ServiceTerm),
    /// Its content tells it; with default ports, where they are known.
    Content(Vec<ServiceTerm>),
}

fn custom(device: &Device<'_, '_>, entry: NodeId) -> Custom {
    let signed = device
        .tree
        .get(entry, "signature")
        .is_some_and(|node| !device.tree.is_leaf(node));
    let number = |path: &[&str]| device.value(entry, path).and_then(|word| word.parse().ok());
    let header = [
        ("ident-by-icmp-type", Protocol::ICMP),
        ("ident-by-icmp6-type", Protocol::ICMP6),
    ]
    .into_iter()
    .find_map(|(key, protocol)| {
        let kind = number(&["default", key, "type"]).or_else(|| number(&["default", key]))?;
        // A code narrows it.
        device
            .value(entry, &["default", key, "code"])
            .is_none()
            .then(|| term(Port::Icmp(protocol, kind)))
    })
    .or_else(|| {
        let number = number(&["default", "ident-by-ip-protocol"])?;
        Some(term(Port::Protocol(Protocol(number))))
    });
    if let (Some(found), false) = (header, signed) {
        return Custom::Header(found);
    }
    let mut ports = Vec::new();
    for value in device.below(entry, &["default", "port"]) {
        match tables::default_ports(device.word(value)) {
            Some(found) => ports.extend(found.into_iter().map(term)),
            None => return Custom::Content(Vec::new()),
        }
    }
    Custom::Content(ports)
}

/// What a default port matches.
pub fn term(port: Port) -> ServiceTerm {
    match port {
        Port::Ports(protocol, range) => {
            services::inline(protocol, PortMatch::Any, PortMatch::Range(range))
        }
        Port::Protocol(protocol) => ServiceTerm::Inline {
            protocol: ProtocolMatch::One(protocol),
            source: PortMatch::Any,
            destination: PortMatch::Any,
        },
        Port::Icmp(protocol, kind) => ServiceTerm::Icmp(IcmpMatch {
            protocol,
            kind: Some(kind),
            code: None,
        }),
    }
}
