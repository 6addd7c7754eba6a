//! What refuses or diverts connections that the access lists let pass: content
//! filters, web caches and traffic zones.
//!
//! Sources: Cisco ASA Series Command Reference, "filter url", "filter https",
//! "filter ftp" (outbound requests go to a content filter, which may refuse
//! them), "wccp interface … redirect in", "zone-member" (a connection may use
//! every interface of its zone). None of them says which connections it
//! refuses or moves, so those that it looks at are left open.

use std::collections::BTreeMap;

use crate::model::firewall::{
    Action, AddressMatch, FilterId, InterfaceId, PortMatch, ProtocolMatch, ServiceMatch,
    ServiceTerm,
};
use crate::model::net::{PortRange, Protocol};
use crate::source::Span;

use super::access_list::blank_rule;
use super::device::{Device, Doubt, ListKind};
use super::tables;
use super::words::Words;

/// Everything read so far.
#[derive(Debug, Default)]
pub struct Diversions {
    /// `filter url|https|ftp`: what it looks at.
    filters: Vec<(FilterId, Span)>,
    /// Interfaces of traffic zones.
    zones: BTreeMap<String, Vec<(InterfaceId, Span)>>,
}

/// `filter {url|https|ftp} {PORT[-PORT]|http|except} LOCAL MASK FOREIGN MASK`.
/// Filters of Java and ActiveX change contents only.
pub fn filter<'c>(device: &mut Device<'c>, statement: &'c str, words: &mut Words<'c>) {
    let usual = match words.next() {
        Some("url") => 80,
        Some("https") => 443,
        Some("ftp") => 21,
        _ => return,
    };
    let Some(word) = words.next() else { return };
    if word == "except" {
        return;
    }
    let (low, high) = word.split_once('-').unwrap_or((word, word));
    let ports = match tables::port(low).zip(tables::port(high)) {
        Some((low, high)) => PortRange::new(low, high),
        None => Some(PortRange::one(usual)),
    };
    let mut address = || -> Option<AddressMatch> {
        match words.next()? {
            "0" => {
                words.next();
                Some(AddressMatch::Any)
            }
            word => Some(AddressMatch::One(device.network_term(word, words))),
        }
    };
    let local = address().unwrap_or(AddressMatch::Any);
    let foreign = address().unwrap_or(AddressMatch::Any);
    let span = device.span(statement);
    let list = looks_at(device, span, (local, foreign), ports);
    device.diversions.filters.push((list, span));
}

/// `wccp interface IF {web-cache|SERVICE} redirect in`; without an interface
/// the command redirects nothing yet.
pub fn wccp<'c>(device: &mut Device<'c>, statement: &'c str, words: &mut Words<'c>) {
    if !words.eat("interface") {
        return;
    }
    let (Some(interface), Some(service)) = (words.next(), words.next()) else {
        return;
    };
    let ingress = device.interface(interface);
    let span = device.span(statement);
    let ports = (service == "web-cache").then(|| PortRange::one(80));
    let any = (AddressMatch::Any, AddressMatch::Any);
    let list = looks_at(device, span, any, ports);
    let reason = device.reason(
        "wccp redirects the connection to a cache that the file does not describe",
        span,
    );
    device.doubt(Doubt {
        action: Action::Deny,
        ingress: Some(ingress),
        list: Some(list),
        reason,
        span,
    });
}

/// `zone-member ZONE` of an interface.
pub fn member(device: &mut Device<'_>, zone: String, interface: InterfaceId, span: Span) {
    let members = device.diversions.zones.entry(zone).or_default();
    members.retain(|(known, _)| *known != interface);
    members.push((interface, span));
}

/// The TCP connections that a statement looks at.
fn looks_at(
    device: &mut Device<'_>,
    span: Span,
    (source, destination): (AddressMatch, AddressMatch),
    ports: Option<PortRange>,
) -> FilterId {
    let number = device.firewall.filters.len();
    let id = device.add_filter(format!("diverted {number}"), span, ListKind::Extended);
    let mut rule = blank_rule(Action::Permit, span);
    rule.source = source;
    rule.destination = destination;
    rule.service = ServiceMatch::One(ServiceTerm::Inline {
        protocol: ProtocolMatch::One(Protocol::TCP),
        source: PortMatch::Any,
        destination: ports.map_or(PortMatch::Any, PortMatch::Range),
    });
    if let Some(filter) = device.filter_mut(id) {
        filter.rules.push(rule);
    }
    if let Some(info) = device.list_info_mut(id) {
        info.defined = true;
    }
    id
}

/// Turns what was read into doubts, when all interfaces are known.
pub fn finish(device: &mut Device<'_>) {
    let Diversions { filters, zones } = std::mem::take(&mut device.diversions);
    let levels: Vec<Option<u8>> = device
        .firewall
        .interfaces
        .iter()
        .map(|interface| interface.security_level.map(|level| level.value))
        .collect();
    let lowest = levels.iter().flatten().min().copied();
    for (list, span) in filters {
        let reason = device.reason(
            "filter hands web requests to a content filter that may refuse them",
            span,
        );
        // Only requests from a more secure interface are filtered.
        let inner = (0u32..)
            .zip(&levels)
            .filter(|(_, level)| level.is_none() || **level != lowest);
        for (ingress, _) in inner {
            device.doubt(Doubt {
                action: Action::Deny,
                ingress: Some(InterfaceId(ingress)),
                list: Some(list),
                reason,
                span,
            });
        }
    }
    for members in zones.into_values().filter(|members| members.len() > 1) {
        for (ingress, span) in members {
            let reason = device.reason(
                "traffic zones let a connection use several interfaces",
                span,
            );
            for action in [Action::Permit, Action::Deny] {
                device.doubt(Doubt {
                    action,
                    ingress: Some(ingress),
                    list: None,
                    reason,
                    span,
                });
            }
        }
    }
}
