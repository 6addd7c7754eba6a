//! Interfaces by unit, zones, routing instances and routes.
//!
//! Sources: Juniper, "Interfaces User Guide for Security Devices" (units,
//! families), "Security Policies User Guide" ("Security Zones": a zone holds
//! logical interfaces; an interface without a unit is its unit 0), "Protocol-
//! Independent Routing Properties User Guide" ("Static Routes", preference 5).

use std::net::IpAddr;

use crate::formats::LineState;
use crate::formats::firewall::shared::discards;
use crate::formats::firewall::shared::word_tree::NodeId;
use crate::model::firewall::{InterfaceAddress, InterfaceId, Route};
use crate::model::net::IpRange;
use crate::source::Spanned;

use super::device::{Contested, Device, address, network};
use super::{filters, groups};

/// Reads `interfaces`.
pub fn read(device: &mut Device<'_, '_>) {
    let Some(top) = device.at(&["interfaces"]) else {
        return;
    };
    ranges(device, top);
    for physical in device.children(top) {
        let name = device.word(physical);
        if matches!(
            name,
            "interface-range" | "traceoptions" | "interface-set" | "apply-groups"
        ) || device.tree.is_marked(physical)
        {
            continue;
        }
        if name.contains('.') && device.children(physical).is_empty() {
            // A tenant names the units that it gets; its zones name them again.
            device.modelled_all(physical);
            continue;
        }
        let disabled = device.tree.get(physical, "disable");
        if let Some(node) = disabled {
            device.modelled_all(node);
        }
        for unit in device.below(physical, &["unit"]) {
            read_unit(device, name, physical, unit, disabled);
        }
    }
}

/// Puts the statements of an interface range into its members.
fn ranges(device: &mut Device<'_, '_>, top: NodeId) {
    let Some(ranges) = device.tree.get(top, "interface-range") else {
        return;
    };
    for range in device.children(ranges) {
        for key in ["member-range", "member"] {
            if let Some(node) = device.tree.get(range, key) {
                device.modelled_all(node);
            }
        }
        let layer3 = device.below(range, &["unit"]).into_iter().any(|unit| {
            device.tree.at(unit, &["family", "inet"]).is_some()
                || device.tree.at(unit, &["family", "inet6"]).is_some()
        });
        if !layer3 {
            device.irrelevant(range);
            continue;
        }
        device.modelled_all(range);
        let members: Vec<_> = device
            .below(range, &["member"])
            .into_iter()
            .map(|member| device.word(member))
            .collect();
        let known: Vec<NodeId> = device.children(top);
        let mut targets = Vec::new();
        for member in members {
            if member.contains(['*', '[']) {
                targets.extend(
                    known
                        .iter()
                        .copied()
                        .filter(|node| groups::glob(member, device.word(*node))),
                );
            } else {
                targets.push(device.tree.inherit(top, member, device.tree.line(range)).0);
            }
        }
        let units = device.tree.get(range, "unit");
        for target in targets {
            if let Some(units) = units {
                copy(device, units, target);
            }
        }
        if device.tree.get(range, "member-range").is_some() {
            let span = device.statement(range);
            device.doubt(
                "an interface range gives addresses to a range of interfaces",
                span,
            );
        }
    }
}

/// Copies a statement and what lies below it.
fn copy(device: &mut Device<'_, '_>, from: NodeId, to: NodeId) {
    let mut work = vec![(from, to)];
    let mut left = 100_000usize;
    while let Some((from, to)) = work.pop() {
        if left == 0 {
            return;
        }
        left = left.saturating_sub(1);
        let (word, line) = (device.word(from), device.tree.line(from));
        let (made, _) = device.tree.inherit(to, word, line);
        let children = device.children(from);
        work.extend(children.into_iter().rev().map(|child| (child, made)));
    }
}

fn read_unit(
    device: &mut Device<'_, '_>,
    physical: &str,
    parent: NodeId,
    unit: NodeId,
    disabled: Option<NodeId>,
) {
    let name = format!("{physical}.{}", device.word(unit));
    let span = device.statement(unit);
    let id = device.add_interface(&name, span);
    device.modelled(unit);
    let hardware = Spanned::new(physical.to_owned(), device.span(parent));
    let off = disabled.or_else(|| device.tree.get(unit, "disable"));
    if let Some(node) = off {
        device.modelled_all(node);
        let at = device.statement(node);
        if let Some(interface) = device.interface_mut(id) {
            interface.shutdown = Some(at);
        }
    }
    if let Some(interface) = device.interface_mut(id) {
        interface.hardware = Some(hardware);
    }
    for family in ["inet", "inet6"] {
        let Some(node) = device.tree.at(unit, &["family", family]) else {
            continue;
        };
        device.modelled(node);
        for statement in device.children(node) {
            match device.word(statement) {
                "address" => {
                    for entry in device.children(statement) {
                        read_address(device, id, entry);
                    }
                }
                "dhcp" | "dhcp-client" | "dhcpv6-client" | "negotiate-address"
                | "unnumbered-address" => {
                    device.modelled_all(statement);
                    let at = device.statement(statement);
                    if let Some(interface) = device.interface_mut(id) {
                        interface.dynamic_address = Some(at);
                    }
                }
                "service" => {
                    let reason =
                        "packets of this interface go through services that are not modelled";
                    device.not_modelled(statement, reason);
                    let at = device.statement(statement);
                    device.doubt(reason, at);
                }
                "filter" | "simple-filter" => {}
                _ if device.tree.is_marked(statement) => {}
                other if other.starts_with("filter-") => {}
                _ => {}
            }
        }
    }
    for family in ["ethernet-switching", "bridge"] {
        if let Some(node) = device.tree.at(unit, &["family", family]) {
            device.modelled(node);
        }
    }
    filters::bound(device, id, unit);
}

fn read_address(device: &mut Device<'_, '_>, id: InterfaceId, entry: NodeId) {
    let word = device.word(entry);
    let (head, tail) = word.split_once('/').unwrap_or((word, ""));
    let span = device.statement(entry);
    let parsed = address(head).and_then(|own| {
        let length = if tail.is_empty() {
            if own.is_ipv4() { 32 } else { 128 }
        } else {
            tail.parse::<u8>().ok()?
        };
        Some((own, IpRange::network(own, length)?))
    });
    match parsed {
        Some((own, network)) => {
            device.modelled(entry);
            if let Some(interface) = device.interface_mut(id) {
                interface.addresses.push(InterfaceAddress {
                    address: IpRange::host(own),
                    network,
                    span,
                });
            }
        }
        None => {
            device.not_modelled(
                entry,
                format!("`{word}` is not an address with a prefix length"),
            );
            if let Some(interface) = device.interface_mut(id) {
                interface.dynamic_address = Some(span);
            }
        }
    }
}

/// The unit that a name means: `ge-0/0/0` is `ge-0/0/0.0`.
pub fn unit_name(word: &str) -> String {
    match word.rsplit_once('.') {
        Some((_, unit)) if unit.bytes().all(|byte| byte.is_ascii_digit()) => word.to_owned(),
        _ => format!("{word}.0"),
    }
}

/// The interface of a name in a zone or a route; made where the file does not
/// configure it.
pub fn find_or_add(device: &mut Device<'_, '_>, node: NodeId) -> InterfaceId {
    let name = unit_name(device.word(node));
    match device.interfaces.get(&name) {
        Some(id) => *id,
        None => {
            let span = device.span(node);
            device.add_interface(&name, span)
        }
    }
}

/// Reads `security zones`.
pub fn zones(device: &mut Device<'_, '_>) {
    let Some(top) = device.at(&["security", "zones"]) else {
        return;
    };
    let mut rest = Vec::new();
    for kind in ["security-zone", "functional-zone"] {
        for zone in device.below(top, &[kind]) {
            let name = device.word(zone);
            device.modelled(zone);
            if kind == "security-zone" {
                let span = device.span(zone);
                device.refer("security-zone", name, true, span);
                declare(device, name);
                if let Some(known) = device.zones.get_mut(name) {
                    known.defined = true;
                }
            }
            for member in device.below(zone, &["interfaces"]) {
                device.modelled(member);
                let label = Spanned::new(name.to_owned(), device.span(member));
                if device.word(member) == "all" {
                    rest.push((name, kind, label, member));
                } else {
                    let id = find_or_add(device, member);
                    join(device, name, kind, id, &label);
                }
            }
        }
    }
    // An interface is in one zone: `all` are those that no zone names.
    let all = (0u32..).zip(&device.firewall.interfaces);
    let free =
        all.filter(|(_, interface)| interface.zone.is_none() && !is_management(&interface.name));
    let free: Vec<InterfaceId> = free.map(|(id, _)| InterfaceId(id)).collect();
    match rest.as_slice() {
        [(name, kind, label, _)] => {
            for id in free {
                join(device, name, kind, id, label);
            }
        }
        // A device refuses the second one: which zone has them is not known.
        [(first, ..), (second, _, _, node), ..] if !free.is_empty() => {
            let why = format!("zones {first} and {second} both take all interfaces");
            let reason = device.not_modelled(*node, why);
            device.contested = Some(Contested {
                interfaces: free,
                reason,
                span: device.statement(*node),
            });
        }
        _ => {}
    }
}

/// Whether an interface belongs to the routing engine or to a cluster, which no
/// zone takes.
///
/// Source: Juniper, "Interfaces User Guide for Security Devices", "Configuring
/// Management and Discard Interfaces" (`fxp0` is a port of the routing engine and
/// cannot be placed into the management zone); "Chassis Cluster User Guide for SRX Series
/// Devices" (control links `fxp1` and `em0`, fabric links `fab` and `swfab`).
pub fn is_management(name: &str) -> bool {
    let port = name.split('.').next().unwrap_or_default();
    let kind = port.trim_end_matches(|c: char| c.is_ascii_digit());
    matches!(kind, "fxp" | "em" | "me" | "vme" | "fab" | "swfab")
}

/// Puts an interface into a zone.
fn join<'t>(
    device: &mut Device<'_, 't>,
    name: &'t str,
    kind: &str,
    id: InterfaceId,
    label: &Spanned<String>,
) {
    if let Some(interface) = device.interface_mut(id) {
        interface.zone.get_or_insert(label.clone());
    }
    if kind == "security-zone"
        && let Some(known) = device.zones.get_mut(name)
    {
        known.members.push(id);
    }
}

/// Notes a zone's name.
pub fn declare<'t>(device: &mut Device<'_, 't>, name: &'t str) {
    if !device.zones.contains_key(name) {
        device.zones.insert(name, super::device::Zone::default());
        device.zone_order.push(name);
    }
}

/// Routes of the main table and of the routing instances, and what else
/// brings in routes.
pub fn routes(device: &mut Device<'_, '_>) {
    let mut tables = vec![device.root];
    if let Some(instances) = device.at(&["routing-instances"]) {
        for instance in device.children(instances) {
            device.modelled(instance);
            tables.push(instance);
        }
    }
    for (_, members, instance) in instances(device) {
        let number = (0u32..).zip(&tables).find(|(_, node)| **node == instance);
        for member in members {
            let interface = device.firewall.interfaces.get_mut(member.0 as usize);
            if let (Some(interface), Some((number, _))) = (interface, number) {
                interface.table = number;
            }
        }
    }
    for (number, table) in (0u32..).zip(&tables) {
        let mut statics = Vec::new();
        if let Some(node) = device.tree.at(*table, &["routing-options", "static"]) {
            statics.push((node, number));
        }
        for rib in device.below(*table, &["routing-options", "rib"]) {
            if let Some(node) = device.tree.get(rib, "static") {
                statics.push((node, named_table(device, rib, &tables).unwrap_or(number)));
            }
        }
        for (node, number) in statics {
            for route in device.below(node, &["route"]) {
                read_route(device, route, number);
            }
        }
        for protocol in device.below(*table, &["protocols"]) {
            let word = device.word(protocol);
            if matches!(word, "bgp" | "ospf" | "ospf3" | "rip" | "ripng" | "isis") {
                let span = device.statement(protocol);
                device.firewall.dynamic_routing.push(span);
                device.modelled_all(protocol);
            }
        }
        if number > 0 {
            separate(device, *table);
        }
    }
}

/// The table of the routing instance that a `rib` names (`guest.inet.0`).
fn named_table(device: &Device<'_, '_>, rib: NodeId, tables: &[NodeId]) -> Option<u32> {
    let (instance, _) = device.word(rib).rsplit_once(".inet")?;
    (0u32..)
        .zip(tables)
        .skip(1)
        .find(|(_, node)| device.word(**node) == instance)
        .map(|(number, _)| number)
}

/// A routing instance with interfaces has a table of its own.
fn separate(device: &mut Device<'_, '_>, instance: NodeId) {
    if let Some(node) = device.tree.get(instance, "interface") {
        device.modelled_all(node);
    }
    if let Some(options) = device.tree.get(instance, "routing-options") {
        for statement in device.children(options) {
            if !matches!(device.word(statement), "static" | "rib") {
                device.irrelevant(statement);
            }
        }
    }
}

/// The members of each routing instance that routes packets by itself.
pub fn instances(device: &mut Device<'_, '_>) -> Vec<(String, Vec<InterfaceId>, NodeId)> {
    let Some(top) = device.at(&["routing-instances"]) else {
        return Vec::new();
    };
    let mut all = Vec::new();
    for instance in device.children(top) {
        let kind = device
            .tree
            .value(instance, "instance-type")
            .map(|kind| device.word(kind));
        if !matches!(kind, Some("virtual-router" | "vrf")) {
            continue;
        }
        let mut members = Vec::new();
        for member in device.below(instance, &["interface"]) {
            members.push(find_or_add(device, member));
        }
        if !members.is_empty() {
            all.push((device.word(instance).to_owned(), members, instance));
        }
    }
    all
}

fn read_route(device: &mut Device<'_, '_>, route: NodeId, table: u32) {
    let Some(to) = network(device.word(route)) else {
        device.not_modelled(route, "the destination of this route is not a network");
        return;
    };
    device.modelled(route);
    let span = device.statement(route);
    let metric = |device: &Device<'_, '_>, node: NodeId| {
        let value = device
            .tree
            .value(node, "preference")
            .or_else(|| device.tree.value(node, "metric"));
        value.and_then(|value| device.word(value).parse::<u32>().ok())
    };
    let preference = metric(device, route).unwrap_or(5);
    let mut hops: Vec<(NodeId, u32)> = Vec::new();
    for key in ["next-hop", "qualified-next-hop"] {
        for hop in device.below(route, &[key]) {
            let own = metric(device, hop).unwrap_or(preference);
            hops.push((hop, own));
        }
    }
    let mut known = false;
    for (hop, preference) in hops {
        device.modelled_all(hop);
        let word = device.word(hop);
        let next_hop = address(word);
        let named = device.tree.value(hop, "interface");
        let interface = match (next_hop, named) {
            (_, Some(named)) => Some(find_or_add(device, named)),
            (Some(next), None) => reach(device, next, table),
            (None, None) => Some(find_or_add(device, hop)),
        };
        if let Some(interface) = interface {
            known = true;
            device.firewall.routes.push(Route {
                interface,
                network: to,
                next_hop: next_hop.map(IpRange::host),
                metric: preference,
                table,
                span,
            });
        }
    }
    for statement in device.children(route) {
        match device.word(statement) {
            "discard" | "reject" => {
                device.modelled_all(statement);
                known = true;
                let interface = discards::interface(&mut device.firewall, span);
                device.firewall.routes.push(Route {
                    interface,
                    network: to,
                    next_hop: None,
                    metric: preference,
                    table,
                    span,
                });
            }
            "next-table" => {
                device.not_modelled(
                    statement,
                    "a route into another routing table is not modelled",
                );
            }
            _ => device.tree.cover(statement, LineState::Modelled),
        }
    }
    if !known {
        device.firewall.dynamic_routing.push(span);
    }
}

/// The interface on whose network a next hop lies.
fn reach(device: &Device<'_, '_>, next: IpAddr, table: u32) -> Option<InterfaceId> {
    // An instance without interfaces (`forwarding`) takes those of the main table.
    let mut interfaces = device.firewall.interfaces.iter();
    let home = match interfaces.any(|interface| interface.table == table) {
        true => table,
        false => 0,
    };
    let connected = (0u32..)
        .zip(&device.firewall.interfaces)
        .filter(|(_, interface)| interface.shutdown.is_none() && interface.table == home)
        .flat_map(|(id, interface)| interface.addresses.iter().map(move |own| (id, own)))
        .filter(|(_, own)| own.network.contains(next))
        .max_by_key(|(_, own)| own.network.prefix());
    if let Some((id, _)) = connected {
        return Some(InterfaceId(id));
    }
    // A next hop behind another static route (`resolve`).
    device
        .firewall
        .routes
        .iter()
        .filter(|route| route.table == table)
        .filter(|route| route.network.contains(next) && route.network.prefix() > Some(0))
        .max_by_key(|route| route.network.prefix())
        .map(|route| route.interface)
}
