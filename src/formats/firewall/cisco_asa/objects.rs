//! `name`, `object network` and `object service`.
//!
//! Source: Cisco ASA Series Command Reference, "name", "object network",
//! "object service", "host", "subnet", "range", "fqdn", "service".

use std::net::IpAddr;

use crate::model::firewall::{AddressObjectId, AddressTerm, ServiceObjectId};
use crate::source::Spanned;

use super::device::{Device, ServiceKind};
use super::outcome::Outcome;
use super::words::Words;

/// `name 192.0.2.10 exch01 [description …]`.
pub fn name<'c>(device: &mut Device<'c>, words: &mut Words<'c>) -> Outcome {
    let (Some(address), Some(name)) = (words.next(), words.next()) else {
        return Outcome::UNRECOGNISED;
    };
    let Some(address) = address
        .parse::<IpAddr>()
        .ok()
        .or_else(|| super::words::ipv4(address).map(|bits| IpAddr::V4(bits.into())))
    else {
        return Outcome::not_modelled("the address of the name could not be read");
    };
    device.names.insert(name, address);
    let span = device.span(name);
    device.refer("name", name, true, span);
    Outcome::MODELLED
}

/// A line of `object network`; `nat` is read by [`super::nat`].
pub fn network_line<'c>(
    device: &mut Device<'c>,
    id: AddressObjectId,
    statement: &'c str,
    words: &mut Words<'c>,
) -> Outcome {
    let Some(keyword) = words.next() else {
        return Outcome::UNRECOGNISED;
    };
    let before = device.firewall.not_modelled.len();
    let term = match keyword {
        "host" => match words.next() {
            Some(word) => device.host_term(word),
            None => return Outcome::UNRECOGNISED,
        },
        "subnet" => match words.next() {
            Some(word) => device.network_term(word, words),
            None => return Outcome::UNRECOGNISED,
        },
        "range" => match (words.next(), words.next()) {
            (Some(low), Some(high)) => device.range_term(low, high),
            _ => return Outcome::UNRECOGNISED,
        },
        "fqdn" => {
            let mut name = words.next().unwrap_or_default();
            if matches!(name, "v4" | "v6") {
                name = words.next().unwrap_or_default();
            }
            let object = device.firewall.address_objects.get(id.0 as usize);
            let object = object.map(|object| object.name.clone()).unwrap_or_default();
            let text = format!("object {object} is defined by a name (fqdn {name})");
            let span = device.span(statement);
            AddressTerm::Unknown(device.reason(text, span))
        }
        "description" => return Outcome::IRRELEVANT,
        _ => return Outcome::UNRECOGNISED,
    };
    let span = device.span(statement);
    if let Some(members) = device.members_mut(id) {
        // An object holds one address; a later statement replaces it.
        members.clear();
        members.push(Spanned::new(term, span));
    }
    doubtful(device, before)
}

/// A line of `object service`.
pub fn service_line<'c>(
    device: &mut Device<'c>,
    id: ServiceObjectId,
    statement: &'c str,
    words: &mut Words<'c>,
) -> Outcome {
    match words.next() {
        Some("description") => Outcome::IRRELEVANT,
        Some("service") => {
            let before = device.firewall.not_modelled.len();
            let Some(mut terms) = device.whole_service(words) else {
                return Outcome::UNRECOGNISED;
            };
            let span = device.span(statement);
            if let Some(left) = words.peek() {
                let text = format!("{} is not understood", super::address::quoted(left));
                let reason = device.reason(text, span);
                terms = vec![crate::model::firewall::ServiceTerm::Unknown(reason)];
            }
            if let Some(object) = device.service_mut(id) {
                object.services = terms
                    .into_iter()
                    .map(|term| Spanned::new(term, span))
                    .collect();
            }
            doubtful(device, before)
        }
        _ => Outcome::UNRECOGNISED,
    }
}

/// Modelled, or not modelled when a reason was recorded since `before`.
pub fn doubtful(device: &Device<'_>, before: usize) -> Outcome {
    match device.firewall.not_modelled.get(before) {
        Some(doubt) => Outcome::not_modelled(doubt.reason.clone()),
        None => Outcome::MODELLED,
    }
}

/// Opens `object network NAME`.
pub fn open_network<'c>(
    device: &mut Device<'c>,
    name: &'c str,
    statement: &'c str,
) -> AddressObjectId {
    let id = device.network_object(name);
    define_address(device, id, "object network", name, statement);
    id
}

/// Marks an address object as defined at a statement.
pub fn define_address(
    device: &mut Device<'_>,
    id: AddressObjectId,
    kind: &'static str,
    name: &str,
    statement: &str,
) {
    let span = device.span(statement);
    let Some(defined) = device.address_defined.get_mut(id.0 as usize) else {
        return;
    };
    if !std::mem::replace(defined, true) {
        if let Some(object) = device.firewall.address_objects.get_mut(id.0 as usize) {
            object.span = span;
        }
        let at = device.span(name);
        device.refer(kind, name, true, at);
    }
}

/// Opens `object service NAME`.
pub fn open_service<'c>(
    device: &mut Device<'c>,
    name: &'c str,
    statement: &'c str,
) -> ServiceObjectId {
    let id = device.service_object(name);
    define_service(
        device,
        id,
        ServiceKind::Object,
        "object service",
        name,
        statement,
    );
    id
}

/// Marks a service object as defined at a statement.
pub fn define_service(
    device: &mut Device<'_>,
    id: ServiceObjectId,
    kind: ServiceKind,
    reference: &'static str,
    name: &str,
    statement: &str,
) {
    let span = device.span(statement);
    let Some(known) = device.service_kinds.get_mut(id.0 as usize) else {
        return;
    };
    if *known == ServiceKind::Unknown {
        *known = kind;
        if let Some(object) = device.service_mut(id) {
            object.span = span;
        }
        let at = device.span(name);
        device.refer(reference, name, true, at);
    }
}
