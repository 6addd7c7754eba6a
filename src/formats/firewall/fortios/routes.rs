//! Static routes; what brings in routes that the file does not show.
//!
//! Source: Fortinet, FortiOS CLI Reference, "config router static": the
//! destination is 0.0.0.0/0 and the distance 10 unless set; `blackhole` drops what
//! is routed so.

use std::net::IpAddr;
use std::ops::Range;

use crate::formats::LineState;
use crate::formats::firewall::shared::discards;
use crate::formats::firewall::shared::tables::Map;
use crate::model::firewall::{AddressTerm, InterfaceId, Route};
use crate::model::net::IpRange;

use super::addresses::{self, network4, network6};
use super::device::Device;
use super::interfaces::SDWAN;
use super::tree::{LEFT_OPEN, NodeId, Value};

/// Reads `router …`.
pub fn read(device: &mut Device<'_, '_>) {
    for (section, v6) in [("router static", false), ("router static6", true)] {
        let mut all = Vec::new();
        for entry in device.entries(section) {
            let first = device.firewall.routes.len();
            route(device, entry, v6);
            all.push((first..device.firewall.routes.len(), priority(device, entry)));
        }
        prefer(device, &all);
    }
    for section in ["router policy", "router policy6"] {
        let entries = device.entries(section);
        for entry in entries {
            let line = device.line(entry);
            device.cover(entry, LineState::NotModelled);
            device.read.notes.push((
                LineState::NotModelled,
                "a policy route may send packets elsewhere".into(),
                device.read.tree.raw(entry),
            ));
            device.firewall.dynamic_routing.push(line);
        }
    }
    for section in ["bgp", "ospf", "ospf6", "rip", "ripng", "isis"] {
        dynamic(device, &format!("router {section}"));
    }
}

/// Which routes an entry made, and the priorities that they may have.
type Entry = (Range<usize>, Option<(u32, u32)>);

/// The least and the highest priority that a route may have; `None` where its
/// interfaces give it theirs. Without one it is 1 since FortiOS 7.0, and 0 before.
fn priority(device: &Device<'_, '_>, entry: NodeId) -> Option<(u32, u32)> {
    let values = device.tree().values(entry);
    let find = |key: &str| values.iter().find(|value| value.key == key);
    let zone = ["sdwan", "sdwan-zone", "virtual-wan-link"]
        .into_iter()
        .filter_map(find)
        .any(|value| !value.is_off());
    if zone {
        return None;
    }
    let Some(value) = find("priority").filter(|value| !value.words.is_empty()) else {
        return Some(match device.version {
            Some((..7, ..)) => (0, 0),
            Some(_) => (1, 1),
            None => (0, 1),
        });
    };
    value.first().parse().ok().map(|number| (number, number))
}

/// Takes out routes that are not used while one of the same network and distance
/// has a lower priority.
///
/// Source: Fortinet, FortiOS Administration Guide, "Routing concepts": of routes
/// with the same distance, that with the lowest priority is preferred.
fn prefer(device: &mut Device<'_, '_>, all: &[Entry]) {
    let mut best: Map<(IpRange, u32), Option<u32>> = Map::default();
    let (routes, interfaces) = (&device.firewall.routes, &device.firewall.interfaces);
    let keys = |range: &Range<usize>| {
        let routes = routes.get(range.clone()).unwrap_or_default();
        routes.iter().map(|route| {
            let down = interfaces
                .get(route.interface.0 as usize)
                .is_some_and(|interface| interface.shutdown.is_some());
            (down, (route.network, route.metric))
        })
    };
    for (range, priority) in all {
        // A route by an interface that is down is not there.
        for (_, key) in keys(range).filter(|(down, _)| !down) {
            let known = best
                .entry(key)
                .or_insert(priority.map(|(_, highest)| highest));
            *known = known
                .zip(*priority)
                .map(|(known, (_, highest))| known.min(highest));
        }
    }
    let mut lost = Vec::new();
    for (range, priority) in all {
        for (index, (_, key)) in range.clone().zip(keys(range)) {
            let lower = best.get(&key).copied().flatten();
            if lower
                .zip(*priority)
                .is_some_and(|(lower, (least, _))| lower < least)
            {
                lost.push(index);
            }
        }
    }
    let mut lost = lost.into_iter().peekable();
    let mut index = 0usize;
    device.firewall.routes.retain(|_| {
        let kept = lost.next_if_eq(&index).is_none();
        index = index.saturating_add(1);
        kept
    });
}

/// A routing protocol counts when it has a neighbour, a network or an area.
fn dynamic(device: &mut Device<'_, '_>, section: &str) {
    let Some(node) = device.section(section) else {
        return;
    };
    let runs = device.tree().children(node).into_iter().any(|child| {
        matches!(
            device.tree().name(child),
            "neighbor"
                | "neighbor-group"
                | "network"
                | "area"
                | "interface"
                | "ospf-interface"
                | "isis-net"
                | "isis-interface"
                | "ospf6-interface"
        ) && !device.tree().children(child).is_empty()
    });
    if runs {
        let line = device.line(node);
        device.firewall.dynamic_routing.push(line);
        device.cover(node, LineState::Modelled);
    } else {
        device.cover(node, LineState::Irrelevant);
    }
}

fn route(device: &mut Device<'_, '_>, entry: NodeId, v6: bool) {
    let span = device.span(entry);
    let values = device.values(entry);
    let find = |key: &str| {
        values
            .iter()
            .find(|value| value.key == key && !value.words.is_empty())
    };
    device.cover(entry, LineState::Modelled);
    if find("status").is_some_and(|value| value.first() == "disable") {
        return;
    }
    let open = values
        .iter()
        .find(|value| DECIDES.contains(&value.key) && value.is_open() && !names_own(device, value));
    if let Some(value) = open {
        device.noted(entry, value, LEFT_OPEN);
        device.firewall.dynamic_routing.push(span);
        return;
    }
    let networks = match (find("dst"), find("dstaddr").filter(|value| !value.is_off())) {
        (_, Some(value)) if !v6 => {
            let at = device.span_of(value.raw);
            let name = value.first().to_owned();
            device.refer(addresses::kind(v6), &name, false, at);
            let name = device.current(&ADDRESSES, &name, value.order);
            let mut work = MOST_OBJECTS;
            named(device, &name, &mut work)
        }
        (None, _) if v6 => Some(vec![IpRange::ANY6]),
        (None, _) => Some(vec![IpRange::ANY4]),
        (Some(value), _) if v6 => network6(value.first()).map(|network| vec![network]),
        (Some(value), _) => network4(&value.words)
            .and_then(whole)
            .map(|network| vec![network]),
    };
    let unnamed = if networks.is_none() || v6 {
        "dstaddr"
    } else {
        ""
    };
    let other = [
        unnamed,
        "internet-service",
        "internet-service-custom",
        "vrf",
    ]
    .into_iter()
    .find_map(&find)
    .filter(|value| !value.is_off());
    let hole = find("blackhole").filter(|value| value.is_on());
    if let Some(value) = other {
        device.noted(
            entry,
            value,
            "a route to more than a network is not modelled",
        );
        device.firewall.dynamic_routing.push(span);
        return;
    }
    let Some(networks) = networks else {
        device.firewall.dynamic_routing.push(span);
        return;
    };
    let next_hop = find("gateway").and_then(|value| hop(value.first()));
    let metric = find("distance")
        .and_then(|value| value.first().parse().ok())
        .unwrap_or(10);
    let sdwan = ["sdwan", "virtual-wan-link"]
        .into_iter()
        .find_map(&find)
        .is_some_and(Value::is_on);
    let zones: Vec<String> = match find("sdwan-zone") {
        Some(value) => value
            .words
            .iter()
            .map(|word| word.text.to_string())
            .collect(),
        None if sdwan => vec![SDWAN.to_owned()],
        None => Vec::new(),
    };
    let mut interfaces: Vec<(InterfaceId, Option<IpRange>)> = Vec::new();
    if hole.is_some() {
        interfaces.push((discards::interface(&mut device.firewall, span), None));
    }
    for zone in &zones {
        let members = device.zones.get(zone).map(|zone| zone.members.clone());
        for id in members.unwrap_or_default() {
            interfaces.push((id, member_gateway(device, id, v6)));
        }
    }
    if zones.is_empty()
        && hole.is_none()
        && let Some(value) = find("device")
    {
        let (name, at) = (value.first().to_owned(), device.span_of(value.raw));
        device.refer("interface", &name, false, at);
        if device.zones.contains_key(&name) && !device.interfaces.contains_key(&name) {
            let members = device.zones.get(&name).map(|zone| zone.members.clone());
            for id in members.unwrap_or_default() {
                interfaces.push((id, member_gateway(device, id, v6)));
            }
        } else {
            interfaces.push((device.interface(&name, at), next_hop));
        }
    }
    if interfaces.is_empty() {
        device.firewall.dynamic_routing.push(span);
    }
    for (interface, next_hop) in interfaces {
        for network in &networks {
            device.firewall.routes.push(Route {
                interface,
                network: *network,
                next_hop,
                metric,
                table: 0,
                span,
            });
        }
    }
}

/// Keys without whose values a route leads anywhere or nowhere.
const DECIDES: [&str; 7] = [
    "status",
    "device",
    "blackhole",
    "distance",
    "sdwan",
    "sdwan-zone",
    "virtual-wan-link",
];

/// Where the destinations of routes are named.
const ADDRESSES: [&str; 2] = ["firewall address", "firewall addrgrp"];

/// Most objects that the destination of one route is looked for among.
const MOST_OBJECTS: usize = 10_000;

/// Whether the interface of a route is one that the file itself names so.
fn names_own(device: &Device<'_, '_>, value: &Value<'_>) -> bool {
    value.key == "device" && device.defines_interfaces(value)
}

fn whole(term: AddressTerm) -> Option<IpRange> {
    match term {
        AddressTerm::Any4 => Some(IpRange::ANY4),
        AddressTerm::V4(low, high) => Some(IpRange::V4(low, high)),
        _ => None,
    }
}

/// The networks of an address or a group that a route names as its destination;
/// `None` when the file does not tell them all.
fn named(device: &Device<'_, '_>, name: &str, work: &mut usize) -> Option<Vec<IpRange>> {
    let mut found = Vec::new();
    let mut open = vec![name.to_owned()];
    while let Some(name) = open.pop() {
        *work = work.checked_sub(1)?;
        let find = |section: &str| {
            let section = device.section(section)?;
            device.tree().find(section, true, &name)
        };
        let (entry, group) = match find(ADDRESSES[0]) {
            Some(entry) => (entry, false),
            None => (find(ADDRESSES[1])?, true),
        };
        if device.read.spoiled.contains_key(&entry) {
            return None;
        }
        let values = device.tree().values(entry);
        let get = |key: &str| values.iter().find(|value| value.key == key);
        if group {
            if get("exclude").is_some_and(|value| !value.is_off()) {
                return None;
            }
            open.extend(
                get("member")?
                    .words
                    .iter()
                    .map(|word| word.text.to_string()),
            );
            continue;
        }
        if !matches!(get("type").map_or("", Value::first), "" | "ipmask") {
            return None;
        }
        found.push(whole(network4(&get("subnet")?.words)?)?);
    }
    Some(found)
}

fn hop(word: &str) -> Option<IpRange> {
    let address: IpAddr = word.parse().ok()?;
    (!address.is_unspecified()).then(|| IpRange::host(address))
}

/// The gateway of an SD-WAN member.
fn member_gateway(device: &Device<'_, '_>, id: InterfaceId, v6: bool) -> Option<IpRange> {
    let name = &device.firewall.interfaces.get(id.0 as usize)?.name.value;
    for section in ["system sdwan", "system virtual-wan-link"] {
        let Some(node) = device.section(section) else {
            continue;
        };
        for entry in device.tree().entries(node, "members") {
            let values = device.tree().values(entry);
            let get = |key: &str| {
                values
                    .iter()
                    .find(|value| value.key == key)
                    .map(Value::first)
            };
            if get("interface") == Some(name.as_str()) {
                return get(if v6 { "gateway6" } else { "gateway" }).and_then(hop);
            }
        }
    }
    None
}
