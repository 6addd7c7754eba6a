//! `firewall address`, `address6`, `addrgrp`, `addrgrp6`.
//!
//! Source: Fortinet, FortiOS CLI Reference, "config firewall address": the type
//! is `ipmask` and the subnet 0.0.0.0/0 unless set; a wildcard's mask says with
//! its ones which bits must be equal. "config firewall addrgrp": excluded
//! members count while `exclude` is enabled. "FortiOS Log Message Reference":
//! private addresses have the country `Reserved` (`ZZ`), so that no other country
//! holds one unless `config system geoip-override` says so.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::formats::LineState;
use crate::formats::firewall::shared::addresses::private;
use crate::formats::firewall::shared::graph::back_edges;
use crate::formats::firewall::shared::rules::quoted;
use crate::formats::firewall::shared::words::{Masked, ipv6_prefix, masked};
use crate::model::firewall::{AddressObjectId, AddressTerm};
use crate::model::net::IpRange;
use crate::source::{Span, Spanned};

use super::device::{Address, Device, has_statements};
use super::tables::{self, Key};
use super::tree::{NodeId, Value};

/// Kind of the references to addresses of a family.
pub fn kind(v6: bool) -> &'static str {
    if v6 { "address6" } else { "address" }
}

/// Sections whose entries are addresses.
pub const SECTIONS: [&str; 8] = [
    "firewall address",
    "firewall address6",
    "firewall addrgrp",
    "firewall addrgrp6",
    "firewall vip",
    "firewall vip6",
    "firewall vipgrp",
    "firewall vipgrp6",
];

/// Reads addresses and groups.
pub fn read(device: &mut Device<'_, '_>) {
    for v6 in [false, true] {
        let (single, group) = if v6 {
            ("firewall address6", "firewall addrgrp6")
        } else {
            ("firewall address", "firewall addrgrp")
        };
        for entry in device.entries(single) {
            let terms = address(device, single, entry, v6);
            define(device, entry, v6, terms);
        }
        groups(device, group, v6);
    }
}

fn define(device: &mut Device<'_, '_>, entry: NodeId, v6: bool, terms: Vec<AddressTerm>) {
    let (name, span) = (device.name(entry), device.span(entry));
    let line = device.line(entry);
    device.refer(kind(v6), &name, true, line);
    let members = terms
        .into_iter()
        .map(|term| Spanned::new(term, span))
        .collect();
    let id = device.add_address(&name, members, Vec::new(), span);
    device.name_address(v6, name, Address::Object(id));
}

/// The addresses of a country, which are not in the file.
fn country(device: &mut Device<'_, '_>, code: &str, why: String, span: Span) -> Vec<AddressTerm> {
    let unknown = AddressTerm::Unknown(device.reason(why, span));
    let moved = *device
        .countries_moved
        .get_or_insert_with(|| has_statements(device.clean.text(), "system geoip-override"));
    let named = code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase());
    if moved || !named || code == "ZZ" {
        return vec![unknown];
    }
    let members = vec![Spanned::new(unknown, span)];
    let id = device.add_address(code, members, private(span), span);
    vec![AddressTerm::Object(id)]
}

fn address(
    device: &mut Device<'_, '_>,
    section: &str,
    entry: NodeId,
    v6: bool,
) -> Vec<AddressTerm> {
    let values = device.values(entry);
    let (name, span) = (device.name(entry), device.line(entry));
    let find = |key: &str| values.iter().find(|value| value.key == key);
    let kind = find("type").map_or("", Value::first);
    let mut unknown = None;
    for value in &values {
        match value.key {
            "type" | "subnet" | "start-ip" | "end-ip" | "wildcard" | "ip6" | "interface" => {
                device.modelled(entry, value.key);
            }
            // `show full-configuration` names what is not set, too.
            key if value.is_off() => device.irrelevant(entry, key),
            "fqdn"
            | "wildcard-fqdn"
            | "country"
            | "sub-type"
            | "sdn"
            | "filter"
            | "macaddr"
            | "start-mac"
            | "end-mac"
            | "obj-id"
            | "obj-type"
            | "organization"
            | "policy-group"
            | "subnet-name"
            | "tenant"
            | "epg-name"
            | "sdn-tag"
            | "sdn-addr-type"
            | "node-ip-only"
            | "fsso-group"
            | "hw-vendor"
            | "hw-model"
            | "os"
            | "sw-version"
            | "epg"
            | "host"
            | "host-type"
            | "template"
            | "route-tag"
            | "global-object"
            | "url"
            | "uid"
            | "cache"
            | "list"
            | "clearpass"
            | "detection"
            | "interface-name"
            | "passive-fqdn-learning" => {
                device
                    .read
                    .tree
                    .mark(entry, value.key, LineState::NotModelled);
            }
            key if tables::key(section, key).is_some() || value.is_off() => {
                device.irrelevant(entry, key);
            }
            key => {
                let why = format!("{} of an address is not known to exlint", quoted(key));
                unknown = Some(device.not_modelled(entry, value, why));
            }
        }
    }
    cover_nested(device, entry);
    let unknown = unknown.or_else(|| device.spoiled(entry));
    if let Some(reason) = unknown {
        return vec![AddressTerm::Unknown(reason)];
    }
    let stated = |keys: &[&str]| {
        let values = keys.iter().filter_map(|key| find(key));
        let words = values.flat_map(|value| value.words.iter());
        let words: Vec<_> = words.map(|word| word.text.as_ref()).collect();
        words.join(" ")
    };
    let mut not_told = |why: String| vec![AddressTerm::Unknown(device.reason(why, span))];
    match (kind, v6) {
        ("" | "ipmask", false) => match find("subnet").filter(|v| !v.words.is_empty()) {
            None => vec![AddressTerm::Any4],
            Some(value) => network4(&value.words).map_or_else(
                || not_told(format!("address {} is not readable", quoted(&name))),
                |term| vec![term],
            ),
        },
        ("" | "ipprefix", true) => match find("ip6").filter(|v| !v.words.is_empty()) {
            None => vec![AddressTerm::Any6],
            Some(value) => network6(value.first()).map_or_else(
                || not_told(format!("address {} is not readable", quoted(&name))),
                |range| vec![whole6(range)],
            ),
        },
        ("iprange", _) => {
            let bound = |key: &str| {
                find(key).map_or_else(
                    || {
                        Some(if v6 {
                            IpAddr::V6(Ipv6Addr::UNSPECIFIED)
                        } else {
                            IpAddr::V4(Ipv4Addr::UNSPECIFIED)
                        })
                    },
                    |value| value.first().parse::<IpAddr>().ok(),
                )
            };
            match (bound("start-ip"), bound("end-ip")) {
                (Some(low), Some(high)) if let Some(range) = IpRange::between(low, high) => {
                    vec![range.into()]
                }
                _ => not_told(format!("address {} is not readable", quoted(&name))),
            }
        }
        ("wildcard", false) => {
            let words = find("wildcard")
                .map(|value| &*value.words)
                .unwrap_or_default();
            match words {
                [] => vec![AddressTerm::Any4],
                words => wildcard(words).map_or_else(
                    || not_told(format!("address {} is not readable", quoted(&name))),
                    |term| vec![term],
                ),
            }
        }
        ("interface-subnet", false) => {
            let interface = find("interface").map_or("", Value::first).to_owned();
            let networks: Vec<AddressTerm> = device
                .interfaces
                .get(&interface)
                .and_then(|id| device.firewall.interfaces.get(id.0 as usize))
                .map(|interface| {
                    let all = interface.addresses.iter().map(|own| own.network);
                    all.filter(|range| matches!(range, IpRange::V4(..)))
                        .map(AddressTerm::from)
                        .collect()
                })
                .unwrap_or_default();
            if networks.is_empty() {
                let why = format!(
                    "address {} is the network of an interface that has none in this file",
                    quoted(&name)
                );
                return vec![AddressTerm::Unknown(device.reason(why, span))];
            }
            networks
        }
        // What defines the object stands in the reason: another definition is
        // another condition (`exlint diff`).
        ("fqdn" | "wildcard-fqdn", _) => not_told(format!(
            "address {} is defined by a name ({})",
            quoted(&name),
            stated(&["fqdn", "wildcard-fqdn"])
        )),
        ("geography", _) => {
            let code = stated(&["country"]);
            let why = format!("address {} is a country ({code})", quoted(&name));
            country(device, &code, why, span)
        }
        ("mac", _) => not_told(format!(
            "address {} is defined by hardware addresses ({})",
            quoted(&name),
            stated(&["macaddr", "start-mac", "end-mac"])
        )),
        (other, _) => {
            let keys = [
                "sub-type", "sdn", "filter", "obj-tag", "obj-type", "tag-type",
            ];
            not_told(format!(
                "address {} is of type {} ({}): the device learns it while it runs",
                quoted(&name),
                quoted(other),
                stated(&keys)
            ))
        }
    }
}

/// What nests in an entry (tags, lists of dynamic members) decides nothing.
fn cover_nested(device: &mut Device<'_, '_>, entry: NodeId) {
    for child in device.tree().children(entry) {
        device.cover(child, LineState::Irrelevant);
    }
}

/// `10.1.0.0 255.255.0.0` or `10.1.0.0/16`.
pub fn network4(words: &[super::lex::Token<'_>]) -> Option<AddressTerm> {
    let (address, mask) = pair(words)?;
    Some(match masked(address, mask) {
        Masked::Range(0, u32::MAX) => AddressTerm::Any4,
        Masked::Range(low, high) => AddressTerm::V4(low, high),
        Masked::Holes(value, mask) => AddressTerm::Masked(Box::new((value, mask))),
    })
}

fn wildcard(words: &[super::lex::Token<'_>]) -> Option<AddressTerm> {
    network4(words)
}

/// Address and netmask.
pub fn pair(words: &[super::lex::Token<'_>]) -> Option<(u32, u32)> {
    let first = &*words.first()?.text;
    if let Some((address, length)) = first.split_once('/') {
        let address: Ipv4Addr = address.parse().ok()?;
        let mask = match length.parse::<u8>() {
            Ok(0) => 0,
            Ok(length @ 1..=32) => u32::MAX
                .checked_shl(32u32.saturating_sub(u32::from(length)))
                .unwrap_or(0),
            _ => length.parse::<Ipv4Addr>().ok()?.to_bits(),
        };
        return Some((address.to_bits(), mask));
    }
    let address: Ipv4Addr = first.parse().ok()?;
    let mask = match words.get(1) {
        Some(mask) => mask.text.parse::<Ipv4Addr>().ok()?.to_bits(),
        None => u32::MAX,
    };
    Some((address.to_bits(), mask))
}

/// `2001:db8::/32`, or an address.
pub fn network6(word: &str) -> Option<IpRange> {
    if word.contains('/') {
        return ipv6_prefix(word);
    }
    word.parse::<Ipv6Addr>()
        .ok()
        .map(|a| IpRange::host(IpAddr::V6(a)))
}

fn whole6(range: IpRange) -> AddressTerm {
    if range == IpRange::ANY6 {
        AddressTerm::Any6
    } else {
        range.into()
    }
}

/// Groups are defined before their members are looked up, so that they may name
/// each other in any order.
fn groups(device: &mut Device<'_, '_>, section: &str, v6: bool) {
    let entries = device.entries(section);
    let mut defined = Vec::new();
    for entry in &entries {
        let (name, span) = (device.name(*entry), device.span(*entry));
        let line = device.line(*entry);
        device.refer(kind(v6), &name, true, line);
        let id = device.add_address(&name, Vec::new(), Vec::new(), span);
        if device.address(v6, &name).is_none() {
            device.name_address(v6, name, Address::Object(id));
        }
        defined.push((*entry, id));
    }
    for (entry, id) in &defined {
        let (mut members, mut excluded, mut exclude) = (Vec::new(), Vec::new(), false);
        for value in device.values(*entry) {
            match value.key {
                "member" | "exclude-member" => {
                    device.modelled(*entry, value.key);
                    for word in value.words.iter() {
                        let at = device.span_of(word.raw);
                        let term = term(device, v6, &word.text, at, value.order);
                        let list = if value.key == "member" {
                            &mut members
                        } else {
                            &mut excluded
                        };
                        list.push(Spanned::new(term, at));
                    }
                }
                "exclude" => {
                    exclude = value.is_on();
                    device.modelled(*entry, value.key);
                }
                key if tables::key(section, key) == Some(Key::Irrelevant) || value.is_off() => {
                    device.irrelevant(*entry, key);
                }
                key => {
                    let why = format!("{} of a group is not known to exlint", quoted(key));
                    let reason = device.not_modelled(*entry, &value, why);
                    let at = device.span_of(value.raw);
                    members.push(Spanned::new(AddressTerm::Unknown(reason), at));
                }
            }
        }
        cover_nested(device, *entry);
        if let Some(reason) = device.spoiled(*entry) {
            let at = device.line(*entry);
            members.push(Spanned::new(AddressTerm::Unknown(reason), at));
        }
        if let Some(object) = device.firewall.address_objects.get_mut(id.0 as usize) {
            object.members = members;
            if exclude {
                object.excluded = excluded;
            }
        }
    }
    cut_cycles(
        device,
        &defined.iter().map(|(_, id)| *id).collect::<Vec<_>>(),
    );
}

/// A member that leads back to its group says nothing.
fn cut_cycles(device: &mut Device<'_, '_>, groups: &[AddressObjectId]) {
    let edges: Vec<Vec<usize>> = device
        .firewall
        .address_objects
        .iter()
        .map(|object| {
            object
                .members
                .iter()
                .chain(&object.excluded)
                .map(|member| match member.value {
                    AddressTerm::Object(id) => id.0 as usize,
                    _ => usize::MAX,
                })
                .collect()
        })
        .collect();
    if groups.is_empty() {
        return;
    }
    for (object, edge) in back_edges(&edges) {
        let Some((name, span)) = device
            .firewall
            .address_objects
            .get(object)
            .map(|object| (object.name.clone(), object.span))
        else {
            continue;
        };
        let reason = device.reason(format!("group {} contains itself", quoted(&name)), span);
        if let Some(object) = device.firewall.address_objects.get_mut(object) {
            let members = object.members.len();
            let slot = if edge < members {
                object.members.get_mut(edge)
            } else {
                object.excluded.get_mut(edge.saturating_sub(members))
            };
            if let Some(slot) = slot {
                slot.value = AddressTerm::Unknown(reason);
            }
        }
    }
}

/// What a name stands for; records the use.
pub fn lookup(
    device: &mut Device<'_, '_>,
    v6: bool,
    name: &str,
    at: Span,
    order: u32,
) -> Option<Address> {
    device.refer(kind(v6), name, false, at);
    let name = device.current(&SECTIONS, name, order);
    device.address(v6, &name).cloned()
}

/// The term for a name; a virtual IP stands for no addresses here.
pub fn term(
    device: &mut Device<'_, '_>,
    v6: bool,
    name: &str,
    at: Span,
    order: u32,
) -> AddressTerm {
    match lookup(device, v6, name, at, order) {
        Some(Address::Object(id)) => AddressTerm::Object(id),
        Some(Address::Vip(_) | Address::Vips(_)) => {
            let why = format!("{} is a virtual IP where addresses stand", quoted(name));
            AddressTerm::Unknown(device.reason(why, at))
        }
        None => missing(device, v6, name, at),
    }
}

/// A name that the file does not define.
pub fn missing(device: &mut Device<'_, '_>, v6: bool, name: &str, at: Span) -> AddressTerm {
    match (name, v6) {
        ("all", false) => AddressTerm::Any4,
        ("all", true) => AddressTerm::Any6,
        ("none", false) => AddressTerm::V4(0, 0),
        ("none", true) => AddressTerm::V6(Box::new((0, 0))),
        _ => {
            let why = format!("address {} is not defined in this file", quoted(name));
            AddressTerm::Unknown(device.reason(why, at))
        }
    }
}
