//! PIX access control before access lists: `conduit`, and `outbound` with
//! `apply`.
//!
//! Source: PIX Command Reference 6.3, "conduit" (the global, destination
//! address comes **before** the foreign, source address), "outbound / apply"
//! (the most specific entry decides, not the first).

use std::collections::HashMap;

use crate::model::firewall::{
    Action, AddressMatch, AddressTerm, Condition, FilterId, InterfaceId, PortMatch, ProtocolMatch,
    Rule, ServiceMatch, ServiceTerm,
};
use crate::model::net::{PortRange, Protocol};
use crate::source::Span;

use super::access_list::{add_condition, blank_rule};
use super::address::with_mask;
use super::device::{Device, ListKind};
use super::objects::doubtful;
use super::outcome::Outcome;
use super::service::{ProtocolWord, is_operator, protocol_word};
use super::tables;
use super::words::{Words, ipv4, parenthesised};

/// `outbound` entries by list, and where lists are applied.
#[derive(Debug, Default)]
pub struct Outbound<'c> {
    /// Entries by list id.
    pub lists: HashMap<&'c str, Vec<Rule>>,
    /// `apply (IF) LIST …`.
    pub applied: Vec<(InterfaceId, &'c str, bool, Span)>,
}

/// `conduit {permit|deny} PROTOCOL DESTINATION [PORTS] SOURCE [PORTS] [ICMP]`.
pub fn conduit<'c>(device: &mut Device<'c>, statement: &'c str, words: &mut Words<'c>) -> Outcome {
    let action = match words.next() {
        Some("permit") => Action::Permit,
        Some("deny") => Action::Deny,
        _ => return Outcome::UNRECOGNISED,
    };
    let span = device.span(statement);
    device.old_nat = device.old_nat.or(Some(span));
    let before = device.firewall.not_modelled.len();
    let id = match device.conduit {
        Some(id) => id,
        None => {
            let id = device.add_filter("conduit".to_owned(), span, ListKind::Extended);
            device.conduit = Some(id);
            if let Some(info) = device.list_info_mut(id) {
                info.defined = true;
            }
            id
        }
    };
    let mut rule = blank_rule(action, span);
    if read(device, words, &mut rule).is_none() {
        rule = blank_rule(action, span);
        let reason = device.reason("the conduit could not be read", span);
        add_condition(&mut rule, Condition::Unknown(reason));
    }
    if let Some(filter) = device.filter_mut(id) {
        filter.rules.push(rule);
        filter.default.action = Action::Return;
        filter.default.label = "no conduit permits it".to_owned();
        filter.default.span = span;
        filter.filters_traffic = true;
    }
    doubtful(device, before)
}

fn read<'c>(device: &mut Device<'c>, words: &mut Words<'c>, rule: &mut Rule) -> Option<()> {
    let protocol = match words.next()? {
        "object-group" => ProtocolMatch::Object(device.service_group(words.next()?)),
        word => match protocol_word(word)? {
            ProtocolWord::Any => ProtocolMatch::Any,
            ProtocolWord::One(protocol) => ProtocolMatch::One(protocol),
            ProtocolWord::TcpUdp => return None,
        },
    };
    rule.destination = device.address_match(words)?;
    let destination = ports(device, words);
    rule.source = device.address_match(words)?;
    let source = ports(device, words);
    rule.service = ServiceMatch::One(match protocol {
        ProtocolMatch::One(icmp @ (Protocol::ICMP | Protocol::ICMP6)) => {
            ServiceTerm::Icmp(device.icmp_match(icmp, words))
        }
        protocol => ServiceTerm::Inline {
            protocol,
            source,
            destination,
        },
    });
    if let Some(left) = words.peek() {
        let text = format!(
            "{} of the conduit is not understood",
            super::address::quoted(left)
        );
        let at = device.span(left);
        let reason = device.reason(text, at);
        add_condition(rule, Condition::Unknown(reason));
    }
    Some(())
}

fn ports<'c>(device: &mut Device<'c>, words: &mut Words<'c>) -> PortMatch {
    match words.peek() {
        Some(word) if is_operator(word) => device.port_match(words).unwrap_or(PortMatch::Any),
        _ => PortMatch::Any,
    }
}

/// `outbound LIST {permit|deny|except} A [MASK] [PORT[-PORT]] [PROTOCOL]`.
pub fn outbound<'c>(device: &mut Device<'c>, statement: &'c str, words: &mut Words<'c>) -> Outcome {
    let (Some(list), Some(verb), Some(address)) = (words.next(), words.next(), words.next()) else {
        return Outcome::UNRECOGNISED;
    };
    let span = device.span(statement);
    let action = match verb {
        "permit" => Action::Permit,
        "deny" | "except" => Action::Deny,
        _ => return Outcome::UNRECOGNISED,
    };
    let mask = words.peek().and_then(ipv4);
    if mask.is_some() {
        words.next();
    }
    let mut rule = blank_rule(action, span);
    rule.source = AddressMatch::One(match (device.host4(address), mask) {
        (Some(0), _) => AddressTerm::Any4,
        (Some(address), mask) => with_mask(address, mask.unwrap_or(u32::MAX)),
        (None, _) => device.unknown_address(address),
    });
    let port = words.next().filter(|port| *port != "0").and_then(|port| {
        let (low, high) = port.split_once('-').unwrap_or((port, port));
        PortRange::new(tables::port(low)?, tables::port(high)?)
    });
    let protocol = words.next().and_then(tables::protocol);
    if let (Some(range), Some(protocol)) = (port, protocol) {
        rule.service = ServiceMatch::One(ServiceTerm::Inline {
            protocol: ProtocolMatch::One(protocol),
            source: PortMatch::Any,
            destination: PortMatch::Range(range),
        });
    }
    device.outbound.lists.entry(list).or_default().push(rule);
    Outcome::not_modelled(
        "the most specific entry of an outbound list decides, which is not modelled",
    )
}

/// `apply (IF) LIST {outgoing_src | outgoing_dest}`.
pub fn apply<'c>(device: &mut Device<'c>, statement: &'c str, words: &mut Words<'c>) -> Outcome {
    let (Some(interface), Some(list)) = (words.next().and_then(parenthesised), words.next()) else {
        return Outcome::UNRECOGNISED;
    };
    let by_destination = words.next() == Some("outgoing_dest");
    let span = device.span(statement);
    let interface = device.interface(interface);
    device
        .outbound
        .applied
        .push((interface, list, by_destination, span));
    Outcome::not_modelled(
        "the most specific entry of an outbound list decides, which is not modelled",
    )
}

/// For every applied list a filter whose deny entries match possibly.
pub fn finish(device: &mut Device<'_>) -> Vec<(InterfaceId, FilterId, Span)> {
    let outbound = std::mem::take(&mut device.outbound);
    let mut stages = Vec::new();
    let mut made: HashMap<(&str, bool), FilterId> = HashMap::new();
    for (interface, list, by_destination, span) in outbound.applied {
        if let Some(id) = made.get(&(list, by_destination)) {
            stages.push((interface, *id, span));
            continue;
        }
        let id = device.add_filter(format!("outbound {list}"), span, ListKind::Extended);
        let mut rules = Vec::new();
        for rule in outbound.lists.get(list).into_iter().flatten() {
            if rule.action != Action::Deny {
                continue;
            }
            let mut rule = rule.clone();
            if by_destination {
                std::mem::swap(&mut rule.source, &mut rule.destination);
            }
            let text = "the most specific entry of an outbound list decides";
            let reason = device.reason(text, rule.span);
            add_condition(&mut rule, Condition::Unknown(reason));
            rules.push(rule);
        }
        if let Some(filter) = device.filter_mut(id) {
            filter.rules = rules;
            filter.default.action = Action::Permit;
            filter.default.label = format!("outbound list {list} denies nothing else");
            filter.filters_traffic = true;
        }
        made.insert((list, by_destination), id);
        stages.push((interface, id, span));
    }
    stages
}
