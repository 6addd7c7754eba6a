//! Interfaces, zones, and which of them a virtual system has.
//!
//! Source: Palo Alto Networks, "PAN-OS Networking Administrator's Guide",
//! "Configure Interfaces" (layer 3, layer 2, virtual wire, tap, loopback, VLAN
//! and tunnel interfaces, subinterfaces `ethernet1/1.10`), "Security Zones" (an
//! interface passes traffic only in a zone; a zone holds interfaces of one
//! kind); "PAN-OS Virtual Systems" (`import network interface`).

use std::net::IpAddr;

use crate::formats::firewall::shared::word_tree::NodeId;
use crate::model::firewall::{InterfaceAddress, InterfaceId};
use crate::model::net::IpRange;
use crate::source::Spanned;

use super::device::Device;
use super::tables;
use crate::formats::firewall::shared::addresses::ip;

/// Reads the interfaces.
pub fn read(device: &mut Device<'_, '_>) {
    for top in device.networks(&["network", "interface"]) {
        for kind in device.children(top) {
            match device.word(kind) {
                "ethernet" | "aggregate-ethernet" | "cellular" | "poe" => {
                    for entry in device.children(kind) {
                        physical(device, entry);
                    }
                }
                "loopback" | "vlan" | "tunnel" | "sdwan" => {
                    // Before units there was one interface of the kind itself.
                    layer3(device, kind, kind);
                    units(device, kind);
                }
                _ => device.irrelevant(kind),
            }
        }
    }
}

fn units(device: &mut Device<'_, '_>, parent: NodeId) {
    for unit in device.below(parent, &["units"]) {
        device.modelled(unit);
        layer3(device, unit, unit);
    }
}

/// A port or a bundle, in whatever mode it works.
fn physical(device: &mut Device<'_, '_>, entry: NodeId) {
    device.modelled(entry);
    let down = device.value(entry, &["link-state"]) == Some("down");
    for key in device.children(entry) {
        match device.word(key) {
            "layer3" => {
                layer3(device, entry, key);
                units(device, key);
            }
            "layer2" | "virtual-wire" | "tap" => {
                device.modelled(key);
                add(device, entry);
                for unit in device.below(key, &["units"]) {
                    device.modelled_all(unit);
                    add(device, unit);
                }
                for other in device.children(key) {
                    device.irrelevant(other);
                }
            }
            "link-state" => device.modelled_all(key),
            _ => device.irrelevant(key),
        }
    }
    if down && let Some(id) = device.interfaces.get(device.word(entry)).copied() {
        let key = device.tree.get(entry, "link-state").unwrap_or(entry);
        let span = device.statement(key);
        if let Some(interface) = device.interface_mut(id) {
            interface.shutdown = Some(span);
        }
    }
}

/// The interface of that name; made where there is none.
fn add(device: &mut Device<'_, '_>, entry: NodeId) -> InterfaceId {
    let name = device.word(entry);
    match device.interfaces.get(name) {
        Some(id) => *id,
        None => {
            let span = device.statement(entry);
            device.add_interface(name, span)
        }
    }
}

/// Addresses of a layer 3 interface.
fn layer3(device: &mut Device<'_, '_>, entry: NodeId, node: NodeId) {
    let own = ["ip", "ipv6", "dhcp-client", "pppoe"];
    let named = device.tree.get(node, "ip").is_some() || entry != node;
    let has_unit = device.tree.get(node, "units").is_some();
    let any = own.iter().any(|key| device.tree.get(node, key).is_some());
    if !(any || named || !has_unit) || is_kind(device, entry) && !any {
        account(device, node);
        return;
    }
    let known = device.interfaces.contains_key(device.word(entry));
    let id = add(device, entry);
    device.modelled(node);
    let filled = device
        .firewall
        .interfaces
        .get(id.0 as usize)
        .is_some_and(|interface| !interface.addresses.is_empty());
    if known && filled {
        // A template below one that wins.
        account(device, node);
        return;
    }
    for value in device.below(node, &["ip"]) {
        address(device, id, value);
    }
    for value in device.below(node, &["ipv6", "address"]) {
        address(device, id, value);
    }
    for path in [
        &["dhcp-client"][..],
        &["pppoe"],
        &["ipv6", "dhcp-client"],
        &["ipv6", "inherited"],
    ] {
        if let Some(key) = device.tree.at(node, path)
            && device.value(key, &["enable"]) != Some("no")
        {
            device.modelled_all(key);
            let span = device.statement(key);
            if let Some(interface) = device.interface_mut(id) {
                interface.dynamic_address = Some(span);
            }
        }
    }
    account(device, node);
}

/// Whether an entry is a kind of interfaces (`loopback`) and no interface.
fn is_kind(device: &Device<'_, '_>, entry: NodeId) -> bool {
    matches!(device.word(entry), "loopback" | "vlan" | "tunnel" | "sdwan")
}

fn account(device: &mut Device<'_, '_>, node: NodeId) {
    for key in device.children(node) {
        match device.word(key) {
            "ip" | "units" => device.modelled(key),
            "ipv6" => {
                device.modelled(key);
                for inner in device.children(key) {
                    if device.word(inner) == "address" {
                        device.modelled(inner);
                    } else {
                        device.irrelevant(inner);
                    }
                }
            }
            _ => device.irrelevant(key),
        }
    }
}

fn address(device: &mut Device<'_, '_>, id: InterfaceId, node: NodeId) {
    let word = device.word(node);
    let span = device.statement(node);
    match own_address(device, word) {
        Some((own, network)) => {
            device.modelled_all(node);
            if let Some(interface) = device.interface_mut(id) {
                interface.addresses.push(InterfaceAddress {
                    address: IpRange::host(own),
                    network,
                    span,
                });
            }
        }
        None => {
            device.note(node, "the address of this interface is not in this file");
            if let Some(interface) = device.interface_mut(id) {
                interface.dynamic_address = Some(span);
            }
        }
    }
}

/// An address with the network that it is connected to: `192.0.2.1/24`, the name
/// of an address object, or a template variable.
pub fn own_address(device: &Device<'_, '_>, word: &str) -> Option<(IpAddr, IpRange)> {
    let word = match device.object("address", word) {
        Some(entry) => device.value(entry, &["ip-netmask"])?,
        None if word.starts_with('$') => variable(device, word)?,
        None => word,
    };
    let (head, tail) = word.split_once('/').unwrap_or((word, ""));
    let own = ip(head)?;
    let length = match (tail, own) {
        ("", IpAddr::V4(_)) => 32,
        ("", IpAddr::V6(_)) => 128,
        _ => tail.parse::<u8>().ok()?,
    };
    Some((own, IpRange::network(own, length)?))
}

/// The value of a template variable, if it is the same on all devices.
pub fn variable<'t>(device: &Device<'_, 't>, name: &str) -> Option<&'t str> {
    let own: Vec<Option<NodeId>> = device
        .context
        .serials
        .iter()
        .map(|serial| {
            let path = ["devices", serial, "variable", name];
            device.tree.at(device.context.stack?, &path)
        })
        .collect();
    let of_template = || {
        let mut places = device.context.variables.iter();
        places.find_map(|place| device.tree.get(*place, name))
    };
    let entry = match own.as_slice() {
        [Some(entry)] => *entry,
        all if all.iter().any(Option::is_some) => return None,
        _ => of_template()?,
    };
    let kind = device
        .tree
        .get(entry, "type")
        .and_then(|node| device.tree.children(node).next())?;
    let value = device.tree.children(kind).next()?;
    Some(device.word(value)).filter(|value| *value != "None")
}

/// Reads zones.
pub fn zones(device: &mut Device<'_, '_>) {
    for system in device.context.systems.clone() {
        if let Some(top) = device.tree.get(system, "zone") {
            for zone in device.children(top) {
                read_zone(device, zone);
            }
        }
    }
    restrict(device);
}

fn read_zone(device: &mut Device<'_, '_>, zone: NodeId) {
    let name = device.word(zone);
    let span = device.span(zone);
    device.modelled(zone);
    if device.zones.get(name).is_none_or(|zone| !zone.defined) {
        device.refer("zone", name, true, span);
    }
    device.declare_zone(name).defined = true;
    for key in device.children(zone) {
        if device.word(key) != "network" {
            device.irrelevant(key);
            continue;
        }
        device.modelled(key);
        for kind in device.children(key) {
            match device.word(kind) {
                "layer3" | "layer2" | "virtual-wire" | "tap" | "tunnel" => {
                    device.modelled(kind);
                    for member in device.children(kind) {
                        device.modelled(member);
                        let id = add(device, member);
                        join(device, name, id, member);
                    }
                }
                "external" => {
                    // Packets of another virtual system: an interface that is
                    // connected to nothing in this one.
                    device.note(kind, "traffic between virtual systems is not modelled");
                    let at = device.statement(kind);
                    let id = match device.interfaces.get(name) {
                        Some(id) => *id,
                        None => device.add_interface(name, at),
                    };
                    if let Some(interface) = device.interface_mut(id) {
                        interface.dynamic_address = Some(at);
                    }
                    join(device, name, id, kind);
                }
                "zone-protection-profile" => {
                    let why = "a zone protection profile limits rates and drops malformed packets; \
                               what passes otherwise is not changed";
                    device
                        .tree
                        .explain(kind, crate::formats::LineState::Irrelevant, why);
                }
                _ => device.irrelevant(kind),
            }
        }
    }
}

fn join<'t>(device: &mut Device<'_, 't>, zone: &'t str, id: InterfaceId, member: NodeId) {
    let label = Spanned::new(zone.to_owned(), device.span(member));
    if let Some(interface) = device.interface_mut(id) {
        interface.zone.get_or_insert(label);
    }
    let zone = device.declare_zone(zone);
    if !zone.members.contains(&id) {
        zone.members.push(id);
    }
}

/// Of several virtual systems each has the interfaces that it imports or puts
/// into zones.
fn restrict(device: &mut Device<'_, '_>) {
    let mut own: Vec<InterfaceId> = Vec::new();
    for system in device.context.systems.clone() {
        let members = device.below(system, &["import", "network", "interface"]);
        for member in members {
            device.modelled(member);
            own.extend(device.interfaces.get(device.word(member)));
        }
        if let Some(import) = device.tree.get(system, "import") {
            for key in device.children(import) {
                if device.word(key) == "network" {
                    for inner in device.children(key) {
                        if device.word(inner) != "interface" {
                            device.irrelevant(inner);
                        }
                    }
                } else {
                    device.irrelevant(key);
                }
            }
        }
    }
    if !device.context.shares_network {
        return;
    }
    for zone in device.zones.values() {
        own.extend(&zone.members);
    }
    own.sort_unstable();
    own.dedup();
    let all = std::mem::take(&mut device.firewall.interfaces);
    let mut renumbered = std::collections::HashMap::new();
    for (old, interface) in (0u32..).zip(all) {
        if own.binary_search(&InterfaceId(old)).is_ok() {
            let new = InterfaceId(super::device::index(device.firewall.interfaces.len()));
            renumbered.insert(InterfaceId(old), new);
            device.firewall.interfaces.push(interface);
        }
    }
    device.interfaces.retain(|_, id| match renumbered.get(id) {
        Some(new) => {
            *id = *new;
            true
        }
        None => false,
    });
    for zone in device.zones.values_mut() {
        zone.members = zone
            .members
            .iter()
            .filter_map(|id| renumbered.get(id).copied())
            .collect();
    }
}

/// A file without zones still says what passes between them: each zone that its
/// rules name gets an interface of its name.
pub fn assume_zones(device: &mut Device<'_, '_>) {
    if !device.zones.is_empty() {
        return;
    }
    for base in device.context.rulebases.clone() {
        for list in ["security", "nat"] {
            for rule in device.below(base.node, &[list, "rules"]) {
                for key in ["from", "to"] {
                    for zone in device.below(rule, &[key]) {
                        let name = device.word(zone);
                        if matches!(name, "any" | "multicast")
                            || crate::formats::firewall::shared::templates::is_placeholder(name)
                            || device.zones.contains_key(name)
                        {
                            continue;
                        }
                        let span = device.span(zone);
                        let id = match device.interfaces.get(name) {
                            Some(id) => *id,
                            None => device.add_interface(name, span),
                        };
                        join(device, name, id, zone);
                    }
                }
            }
        }
    }
}

/// A device whose ports are virtual wires bridges between its zones.
pub fn bridges(device: &mut Device<'_, '_>) {
    let routed = device
        .firewall
        .interfaces
        .iter()
        .any(|interface| !interface.addresses.is_empty());
    let wires = device.network(&["network", "virtual-wire"]);
    if let Some(node) = wires
        && !routed
        && !device.tree.is_leaf(node)
    {
        device.firewall.transparent = Some(device.statement(node));
    }
}

/// Gives the statements of the network their state where they have none.
pub fn classify(device: &mut Device<'_, '_>) {
    for place in device.context.networks.clone() {
        tables::classify(device.tree, place, "device");
    }
}
