//! `system interface`, `system zone`, SD-WAN zones.
//!
//! Source: Fortinet, FortiOS CLI Reference, "config system interface" and
//! "config system zone" (`intrazone` is deny unless set), "config system sdwan"
//! (members without a zone belong to `virtual-wan-link`).

use std::net::{IpAddr, Ipv4Addr};

use crate::formats::LineState;
use crate::model::firewall::{InterfaceAddress, InterfaceId, InterfaceMatch};
use crate::model::net::IpRange;
use crate::source::{Span, Spanned};

use super::addresses::{network6, pair};
use super::device::{Device, Zone};
use super::lex::Token;
use super::reader::Read;
use super::tables;
use super::tree::{LEFT_OPEN, NodeId, ROOT, Value};

/// The zone of SD-WAN members that name none.
pub const SDWAN: &str = "virtual-wan-link";
const ZONE: &str = "system zone";

/// Reads the interfaces of this domain.
pub fn read(device: &mut Device<'_, '_>, domain: Option<&str>) {
    let mut roots = vec![device.global];
    if device.root != device.global {
        roots.push(device.root);
    }
    for root in roots {
        for entry in device.tree().entries(root, "system interface") {
            let values = device.values(entry);
            let of = values
                .iter()
                .find(|value| value.key == "vdom")
                .map(Value::first);
            if let (Some(domain), Some(of)) = (domain, of)
                && domain != of
            {
                continue;
            }
            // Ports belong to `root` unless they are given away.
            let first = device.read.divided && domain == Some("root");
            if domain.is_some()
                && of.is_none()
                && !first
                && root == device.global
                && device.global != device.root
            {
                continue;
            }
            interface(device, entry, &values);
        }
    }
    for entry in device.entries("vpn ipsec phase1-interface") {
        tunnel(device, entry);
    }
}

/// Interfaces of virtual domains of which the file holds nothing decide nothing in
/// those that it holds.
pub fn cover_others(read: &mut Read<'_>) {
    let Some(global) = read.tree.find(ROOT, false, "global") else {
        return;
    };
    let domains = read.tree.entries(ROOT, "vdom");
    for entry in read.tree.entries(global, "system interface") {
        let values = read.tree.values(entry);
        let Some(domain) = values.iter().find(|value| value.key == "vdom") else {
            continue;
        };
        let held = domains.iter().any(|node| {
            read.tree.name(*node) == domain.first()
                && (read.divided || !read.tree.children(*node).is_empty())
        });
        if !domains.is_empty() && !held {
            read.tree.cover(entry, LineState::Irrelevant);
        }
    }
}

fn interface<'t>(device: &mut Device<'_, 't>, entry: NodeId, values: &[Value<'t>]) {
    let (name, line, span) = (device.name(entry), device.line(entry), device.span(entry));
    if device.interfaces.contains_key(&name) {
        return;
    }
    device.refer("interface", &name, true, line);
    let id = device.add_interface(&name, line);
    let (mut addresses, mut shutdown, mut dynamic) = (Vec::new(), None, None);
    let (mut own, mut remote) = (None, None);
    let mut hardware = None;
    for value in values {
        let at = device.span_of(value.raw);
        if matches!(value.key, "status" | "vdom") && value.is_open() {
            device.not_modelled(entry, value, LEFT_OPEN);
            device.doubt(LEFT_OPEN, at);
            continue;
        }
        match value.key {
            "ip" => own = pair(&value.words).map(|pair| (pair, at)),
            "remote-ip" => remote = pair(&value.words).map(|pair| (pair, at)),
            "status" => shutdown = (value.first() == "down").then_some(at),
            "mode" => dynamic = matches!(value.first(), "dhcp" | "pppoe" | "pppoa").then_some(at),
            "interface" => {
                let text = value.first().to_owned();
                device.refer("interface", &text, false, at);
                hardware = Some(Spanned::new(text, at));
            }
            "vrf" => {
                if !value.is_off() {
                    device.read.tree.mark(entry, "vrf", LineState::NotModelled);
                    device.firewall.dynamic_routing.push(at);
                    continue;
                }
            }
            key if tables::key("system interface", key).is_some() => {
                device.irrelevant(entry, key);
                continue;
            }
            key => {
                if value.is_off() {
                    device.irrelevant(entry, key);
                }
                continue;
            }
        }
        device.modelled(entry, value.key);
    }
    if let Some(((address, mask), at)) = own
        && address != 0
    {
        let network = match remote {
            Some(((peer, wide), _)) if mask == u32::MAX => (peer, wide),
            _ => (address, mask),
        };
        addresses.extend(own_address(address, network, at));
    }
    for child in device.tree().children(entry) {
        nested(device, child, &mut addresses, &mut dynamic);
    }
    if let Some(interface) = device.firewall.interfaces.get_mut(id.0 as usize) {
        interface.addresses = addresses;
        interface.shutdown = shutdown;
        interface.dynamic_address = dynamic;
        interface.hardware = hardware;
        interface.span = span;
    }
}

fn own_address(address: u32, network: (u32, u32), span: Span) -> Option<InterfaceAddress> {
    let (base, mask) = network;
    let low = base & mask;
    Some(InterfaceAddress {
        address: IpRange::host(IpAddr::V4(Ipv4Addr::from_bits(address))),
        network: IpRange::between(
            IpAddr::V4(Ipv4Addr::from_bits(low)),
            IpAddr::V4(Ipv4Addr::from_bits(low | !mask)),
        )?,
        span,
    })
}

/// `secondaryip` and `ipv6` of an interface; the rest decides nothing.
fn nested(
    device: &mut Device<'_, '_>,
    node: NodeId,
    addresses: &mut Vec<InterfaceAddress>,
    dynamic: &mut Option<Span>,
) {
    match device.tree().name(node) {
        "secondaryip" => {
            for entry in device.tree().children(node) {
                for value in device.values(entry) {
                    if value.key == "ip" {
                        let at = device.span_of(value.raw);
                        let own = pair(&value.words).filter(|(address, _)| *address != 0);
                        addresses.extend(own.and_then(|own| own_address(own.0, own, at)));
                        device.modelled(entry, "ip");
                    }
                }
            }
        }
        "ipv6" => {
            for value in device.values(node) {
                let at = device.span_of(value.raw);
                match value.key {
                    "ip6-address" => {
                        addresses.extend(own_address6(value.first(), at));
                        device.modelled(node, value.key);
                    }
                    "ip6-mode" if value.first() != "static" => {
                        dynamic.get_or_insert(at);
                        device.modelled(node, value.key);
                    }
                    _ => {}
                }
            }
            for child in device.tree().children(node) {
                if device.tree().name(child) == "ip6-extra-addr" {
                    for entry in device.tree().children(child) {
                        let (name, at) = (device.name(entry), device.line(entry));
                        addresses.extend(own_address6(&name, at));
                    }
                    device.cover(child, LineState::Modelled);
                }
            }
        }
        _ => {}
    }
    // What has no state yet decides nothing.
    let state = device.tree().node(node).and_then(|node| node.state);
    device.cover(node, LineState::Irrelevant);
    if matches!(device.tree().name(node), "secondaryip" | "ipv6") {
        device
            .read
            .tree
            .mark_node(node, state.unwrap_or(LineState::Modelled));
        for child in device.tree().children(node) {
            device.read.tree.mark_node(child, LineState::Modelled);
        }
    }
}

fn own_address6(word: &str, span: Span) -> Option<InterfaceAddress> {
    let network = network6(word)?;
    let address: IpAddr = word.split('/').next()?.parse().ok()?;
    let unset = address.is_unspecified();
    (!unset).then(|| InterfaceAddress {
        address: IpRange::host(address),
        network,
        span,
    })
}

/// A tunnel that policies name as an interface.
fn tunnel(device: &mut Device<'_, '_>, entry: NodeId) {
    let (name, line, span) = (device.name(entry), device.line(entry), device.span(entry));
    if !device.interfaces.contains_key(&name) {
        device.refer("interface", &name, true, line);
    }
    let id = device.interface(&name, line);
    let mut peers = Vec::new();
    for value in device.values(entry) {
        match value.key {
            "remote-gw" | "remote-gw6" => {
                let peer = value.first().parse::<IpAddr>().ok();
                peers.extend(
                    peer.filter(|peer| !peer.is_unspecified())
                        .map(IpRange::host),
                );
                device.modelled(entry, value.key);
            }
            "interface" => {
                let (text, at) = (value.first().to_owned(), device.span_of(value.raw));
                device.refer("interface", &text, false, at);
                device.modelled(entry, value.key);
            }
            key => device.irrelevant(entry, key),
        }
    }
    for child in device.tree().children(entry) {
        device.cover(child, LineState::Irrelevant);
    }
    device
        .firewall
        .tunnels
        .push(crate::model::firewall::Tunnel {
            name,
            interface: Some(id),
            filter: None,
            peers,
            filtered: Some(line),
            span,
        });
}

/// Reads zones of interfaces and of SD-WAN members.
pub fn zones(device: &mut Device<'_, '_>) {
    for entry in device.entries(ZONE) {
        let (name, line) = (device.name(entry), device.line(entry));
        device.refer("interface", &name, true, line);
        let mut zone = Zone {
            members: Vec::new(),
            intrazone: None,
        };
        for value in device.values(entry) {
            if matches!(value.key, "interface" | "intrazone") && value.is_open() {
                let at = device.span_of(value.raw);
                device.not_modelled(entry, &value, LEFT_OPEN);
                device.doubt(LEFT_OPEN, at);
                continue;
            }
            match value.key {
                "interface" => {
                    for word in value.words.iter() {
                        zone.members
                            .push(member(device, &word.text, word, line, &name));
                    }
                }
                "intrazone" => {
                    zone.intrazone = (value.first() == "allow").then(|| device.span_of(value.raw));
                }
                key => {
                    if tables::key(ZONE, key).is_some() || value.is_off() {
                        device.irrelevant(entry, key);
                    }
                    continue;
                }
            }
            device.modelled(entry, value.key);
        }
        for child in device.tree().children(entry) {
            device.cover(child, LineState::Irrelevant);
        }
        device.zones.insert(name, zone);
    }
    for section in ["system sdwan", SECTION_OLD] {
        sdwan(device, section);
    }
}

const SECTION_OLD: &str = "system virtual-wan-link";

fn member(
    device: &mut Device<'_, '_>,
    name: &str,
    word: &Token<'_>,
    line: Span,
    zone: &str,
) -> InterfaceId {
    let at = device.span_of(word.raw);
    device.refer("interface", name, false, at);
    let id = device.interface(name, at);
    if let Some(interface) = device.firewall.interfaces.get_mut(id.0 as usize) {
        interface.zone = Some(Spanned::new(zone.to_owned(), line));
    }
    id
}

fn sdwan(device: &mut Device<'_, '_>, section: &str) {
    let Some(node) = device.section(section) else {
        return;
    };
    let line = device.line(node);
    device.zones.entry(SDWAN.to_owned()).or_insert(Zone {
        members: Vec::new(),
        intrazone: None,
    });
    for entry in device.tree().entries(node, "zone") {
        let (name, at) = (device.name(entry), device.line(entry));
        device.refer("interface", &name, true, at);
        device.cover(entry, LineState::Modelled);
        device.zones.entry(name).or_insert(Zone {
            members: Vec::new(),
            intrazone: None,
        });
    }
    for entry in device.tree().entries(node, "members") {
        let values = device.values(entry);
        let find = |key: &str| values.iter().find(|value| value.key == key);
        let zone = find("zone").map_or(SDWAN, Value::first).to_owned();
        for value in values.iter().filter(|value| value.key == "interface") {
            for word in value.words.iter() {
                let id = member(device, &word.text, word, line, &zone);
                device
                    .zones
                    .entry(zone.clone())
                    .or_insert(Zone {
                        members: Vec::new(),
                        intrazone: None,
                    })
                    .members
                    .push(id);
            }
        }
        for key in ["zone", "interface", "gateway", "gateway6", "status"] {
            device.modelled(entry, key);
        }
    }
    device.cover(node, LineState::Irrelevant);
    device.read.tree.mark_node(node, LineState::Modelled);
}

/// The interfaces that names in a policy stand for, and whether one of them
/// stands for nothing that the file has.
pub fn side(device: &mut Device<'_, '_>, words: &[Token<'_>], order: u32) -> InterfaceMatch {
    let mut ids = Vec::new();
    for word in words {
        if word.text == "any" {
            return InterfaceMatch::Any;
        }
        let at = device.span_of(word.raw);
        device.refer("interface", &word.text, false, at);
        let name = device.current(&[ZONE], &word.text, order);
        match device.zones.get(&*name) {
            Some(zone) => ids.extend(zone.members.iter().copied()),
            None => ids.push(device.interface(&name, at)),
        }
    }
    InterfaceMatch::any_of(ids)
}
