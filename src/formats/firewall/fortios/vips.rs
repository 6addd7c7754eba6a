//! `firewall vip` and `vipgrp`: published addresses.
//!
//! Source: Fortinet, FortiOS CLI Reference, "config firewall vip"; FortiOS
//! Administration Guide, "Virtual IPs": the destination changes before the policy
//! is looked up, and (without central NAT) a virtual IP works while a policy names
//! it as its destination.

use std::net::IpAddr;

use crate::formats::LineState;
use crate::formats::firewall::shared::rules::{blank_rule, quoted};
use crate::model::firewall::{
    Action, AddressMatch, AddressTerm, Condition, InterfaceId, NatKind, NatRule, NatService,
    ReasonId,
};
use crate::model::net::{IpRange, PortRange, Protocol};
use crate::source::Span;

use super::addresses::{kind, network4};
use super::device::{Address, Device, any_of};
use super::tables;
use super::tree::{NodeId, Value};

/// A virtual IP.
#[derive(Debug, Clone)]
pub struct Vip {
    /// Its name.
    pub name: String,
    /// The entry.
    pub span: Span,
    /// Where packets come in; `None` for any interface.
    pub interface: Option<InterfaceId>,
    /// Published addresses.
    pub external: Vec<AddressTerm>,
    /// Addresses of the servers.
    pub real: Vec<AddressTerm>,
    /// Protocol, published ports, ports of the server.
    pub ports: Option<(Protocol, PortRange, PortRange)>,
    /// Only for packets from these.
    pub sources: Vec<AddressTerm>,
    /// Whether it is on.
    pub enabled: bool,
    /// What is not modelled of it.
    pub unknown: Option<ReasonId>,
}

/// Reads virtual IPs and their groups.
pub fn read(device: &mut Device<'_, '_>) {
    for (section, group, v6) in [
        ("firewall vip", "firewall vipgrp", false),
        ("firewall vip6", "firewall vipgrp6", true),
    ] {
        for entry in device.entries(section) {
            let vip = one(device, section, entry);
            let (name, line) = (device.name(entry), device.line(entry));
            device.refer(kind(v6), &name, true, line);
            device.name_address(v6, name, Address::Vip(device.vips.len()));
            device.vips.push(vip);
        }
        for entry in device.entries(group) {
            let (name, line) = (device.name(entry), device.line(entry));
            device.refer(kind(v6), &name, true, line);
            let mut members = Vec::new();
            for value in device.values(entry) {
                if value.key != "member" {
                    device.irrelevant(entry, value.key);
                    continue;
                }
                device.modelled(entry, value.key);
                for word in value.words.iter() {
                    let at = device.span_of(word.raw);
                    match super::addresses::lookup(device, v6, &word.text, at, value.order) {
                        Some(Address::Vip(index)) => members.push(index),
                        Some(Address::Vips(more)) => members.extend(more),
                        Some(Address::Object(_)) | None => {
                            let why = format!(
                                "virtual IP {} is not defined in this file",
                                quoted(&word.text)
                            );
                            device.doubt(why, at);
                        }
                    }
                }
            }
            device.name_address(v6, name, Address::Vips(members));
        }
    }
}

/// `192.0.2.5` or `192.0.2.5-192.0.2.9`.
pub fn range(word: &str) -> Option<IpRange> {
    match word.split_once('-') {
        Some((low, high)) => IpRange::between(low.trim().parse().ok()?, high.trim().parse().ok()?),
        None => word.parse::<IpAddr>().ok().map(IpRange::host),
    }
}

fn ports(word: &str) -> Option<PortRange> {
    let (low, high) = word.split_once('-').unwrap_or((word, word));
    PortRange::new(low.parse().ok()?, high.parse().ok()?)
}

fn one(device: &mut Device<'_, '_>, section: &str, entry: NodeId) -> Vip {
    let (name, span) = (device.name(entry), device.span(entry));
    let mut vip = Vip {
        name: name.clone(),
        span,
        interface: None,
        external: Vec::new(),
        real: Vec::new(),
        ports: None,
        sources: Vec::new(),
        enabled: true,
        unknown: device.spoiled(entry),
    };
    let (mut forward, mut protocol) = (false, Protocol::TCP);
    let (mut outer, mut inner) = (None, None);
    // The default of `extip` (CLI Reference, "firewall vip") is 0.0.0.0: the
    // address of the external interface.
    let mut own = true;
    for value in device.values(entry) {
        match value.key {
            "extip" => {
                own = matches!(value.first(), "0.0.0.0" | "::");
                vip.external = value
                    .words
                    .iter()
                    .filter_map(|w| range(&w.text))
                    .map(Into::into)
                    .collect();
            }
            "mappedip" => {
                vip.real = value
                    .words
                    .iter()
                    .filter_map(|w| range(&w.text))
                    .map(Into::into)
                    .collect();
            }
            "extintf" => {
                if value.first() != "any" {
                    let (text, at) = (value.first().to_owned(), device.span_of(value.raw));
                    device.refer("interface", &text, false, at);
                    match device.zones.get(&text).map(|zone| zone.members.clone()) {
                        Some(members) if !device.interfaces.contains_key(&text) => {
                            if let [one] = members.as_slice() {
                                vip.interface = Some(*one);
                            } else {
                                vip.unknown = Some(device.reason(
                                    format!(
                                        "virtual IP {} is bound to a zone of several interfaces",
                                        quoted(&name)
                                    ),
                                    at,
                                ));
                            }
                        }
                        _ => vip.interface = Some(device.interface(&text, at)),
                    }
                }
            }
            "portforward" => forward = value.is_on(),
            "protocol" => match value.first() {
                "tcp" | "" => protocol = Protocol::TCP,
                "udp" => protocol = Protocol::UDP,
                "sctp" => protocol = Protocol(132),
                _ => protocol = Protocol::ICMP,
            },
            "extport" => outer = ports(value.first()).filter(|range| range.high > 0),
            "mappedport" | "ipv4-mappedport" => {
                inner = ports(value.first()).filter(|range| range.high > 0)
            }
            "status" => vip.enabled = value.first() != "disable",
            "src-filter" => {
                for word in value.words.iter() {
                    let term = network4(std::slice::from_ref(word))
                        .or_else(|| range(&word.text).map(Into::into));
                    vip.sources.extend(term);
                }
            }
            "type" => {
                if !matches!(value.first(), "static-nat" | "") {
                    let why = format!(
                        "virtual IP {} balances load or publishes in another way than one to one",
                        quoted(&name)
                    );
                    vip.unknown = Some(device.not_modelled(entry, &value, why));
                    continue;
                }
            }
            "srcintf-filter" | "service" | "extaddr" | "mapped-addr" | "server-type"
            | "ssl-server" | "ipv4-mappedip" | "ipv6-mappedip" | "ipv6-mappedport" | "nat64"
            | "nat66"
                if !value.is_off() =>
            {
                let why = format!(
                    "virtual IP {} also depends on {}",
                    quoted(&name),
                    quoted(value.key)
                );
                vip.unknown = Some(device.not_modelled(entry, &value, why));
                continue;
            }
            key if tables::key(section, key).is_some() || value.is_off() => {
                device.irrelevant(entry, key);
                continue;
            }
            key => {
                let why = format!("{} of a virtual IP is not known to exlint", quoted(key));
                vip.unknown = Some(device.not_modelled(entry, &value, why));
                continue;
            }
        }
        device.modelled(entry, value.key);
    }
    for child in device.tree().children(entry) {
        device.cover(child, LineState::NotModelled);
    }
    if own {
        vip.external = match vip.interface {
            Some(id) => vec![AddressTerm::Interface(id)],
            None => Vec::new(),
        };
    }
    if forward {
        let outer = outer.unwrap_or(PortRange::ANY);
        vip.ports = Some((protocol, outer, inner.unwrap_or(outer)));
    }
    if (vip.external.is_empty() || vip.real.is_empty()) && vip.unknown.is_none() {
        let why = format!(
            "the addresses of virtual IP {} are not in this file",
            quoted(&name)
        );
        vip.unknown = Some(device.reason(why, span));
    }
    vip
}

/// The translation that a virtual IP performs.
pub fn translate(device: &mut Device<'_, '_>, index: usize) {
    let Some(vip) = device.vips.get(index).cloned() else {
        return;
    };
    let policy = if vip.sources.is_empty() {
        None
    } else {
        let mut rule = blank_rule(Action::Permit, vip.span);
        rule.source = any_of(vip.sources.clone());
        let label = "the source filter of the virtual IP does not match";
        let id = device.add_filter(&vip.name, vec![rule], (Action::Deny, label), vip.span);
        if let Some(filter) = device.firewall.filters.get_mut(id.0 as usize) {
            filter.filters_traffic = false;
        }
        Some(id)
    };
    let or_unknown = |terms: &[AddressTerm]| match (terms, vip.unknown) {
        ([], Some(reason)) => AddressMatch::One(AddressTerm::Unknown(reason)),
        _ => any_of(terms.to_vec()),
    };
    device.firewall.nat.rules.push(NatRule {
        kind: NatKind::Destination,
        real_interface: None,
        mapped_interface: vip.interface,
        real_source: or_unknown(&vip.real),
        mapped_source: or_unknown(&vip.external),
        mapped_destination: AddressMatch::Any,
        real_destination: AddressMatch::Any,
        service: vip.ports.map(|(protocol, outer, inner)| {
            Box::new(NatService {
                protocol,
                real: inner,
                mapped: outer,
            })
        }),
        destination_service: None,
        policy,
        unidirectional: true,
        enabled: vip.enabled,
        conditions: vip.unknown.map(Condition::Unknown).into_iter().collect(),
        span: vip.span,
    });
}

/// The first value of a key.
pub fn first<'v>(values: &'v [Value<'_>], key: &str) -> Option<&'v str> {
    values
        .iter()
        .find(|value| value.key == key)
        .map(Value::first)
}
