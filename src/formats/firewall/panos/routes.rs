//! Static routes of virtual and logical routers.
//!
//! Source: Palo Alto Networks, "PAN-OS Networking Administrator's Guide",
//! "Static Routes" (administrative distance 10, metric 10 unless set).

use std::net::IpAddr;

use crate::formats::firewall::shared::discards;
use crate::formats::firewall::shared::word_tree::NodeId;
use crate::model::firewall::{InterfaceId, Route};
use crate::model::net::IpRange;

use super::addresses;
use super::device::Device;

/// A router: interfaces that share a routing table.
#[derive(Debug, Clone)]
pub struct Router {
    /// Where it is defined.
    pub node: NodeId,
    /// Its interfaces on this device.
    pub members: Vec<InterfaceId>,
    /// Whether it hands packets on to another router.
    pub hands_on: bool,
}

/// Reads all routers and their routes.
pub fn read(device: &mut Device<'_, '_>) -> Vec<Router> {
    let mut routers = Vec::new();
    for kind in ["virtual-router", "logical-router"] {
        for top in device.networks(&["network", kind]) {
            for entry in device.children(top) {
                device.modelled(entry);
                let inner = device.below(entry, &["vrf"]);
                for node in inner.into_iter().chain([entry]) {
                    routers.extend(router(device, node));
                }
            }
        }
    }
    routers.retain(|router| !router.members.is_empty());
    routers
}

fn router(device: &mut Device<'_, '_>, node: NodeId) -> Option<Router> {
    let members: Vec<InterfaceId> = device
        .below(node, &["interface"])
        .into_iter()
        .filter_map(|member| {
            device.modelled(member);
            device.interfaces.get(device.word(member)).copied()
        })
        .collect();
    device.modelled(node);
    let mut router = Router {
        node,
        members,
        hands_on: false,
    };
    for key in device.children(node) {
        match device.word(key) {
            "interface" | "vrf" => device.modelled(key),
            "routing-table" => {
                device.modelled(key);
                for family in device.children(key) {
                    device.modelled(family);
                    for route in device.below(family, &["static-route"]) {
                        static_route(device, route, &mut router);
                    }
                }
            }
            "protocol" => {
                device.modelled(key);
                for protocol in device.children(key) {
                    dynamic(device, protocol);
                }
            }
            "bgp" | "ospf" | "ospfv3" | "rip" => dynamic(device, key),
            _ => device.irrelevant(key),
        }
    }
    Some(router)
}

/// A routing protocol: brings in routes unless it is off.
fn dynamic(device: &mut Device<'_, '_>, node: NodeId) {
    let listed = matches!(
        device.word(node),
        "bgp" | "ospf" | "ospfv3" | "rip" | "rip-ng"
    );
    if listed
        && device
            .value(node, &["enable"])
            .is_some_and(|value| value == "yes")
    {
        let span = device.statement(node);
        device.firewall.dynamic_routing.push(span);
        device.note(node, "routes that a protocol brings in are not in the file");
    } else {
        device.irrelevant(node);
    }
}

fn static_route(device: &mut Device<'_, '_>, node: NodeId, router: &mut Router) {
    let span = device.statement(node);
    let number = |device: &Device<'_, '_>, key| {
        let word = device.value(node, &[key])?;
        word.parse::<u32>().ok()
    };
    let distance = number(device, "admin-dist").unwrap_or(10);
    let metric = number(device, "metric").unwrap_or(10);
    let network = device
        .value(node, &["destination"])
        .and_then(|word| destination(device, word));
    let hop = device.value(node, &["nexthop", "ip-address"]);
    let hop = hop
        .or_else(|| device.value(node, &["nexthop", "ipv6-address"]))
        .and_then(|word| addresses::single(device, word));
    let named = device
        .value(node, &["interface"])
        .and_then(|name| device.interfaces.get(name).copied());
    if device.tree.at(node, &["nexthop", "next-vr"]).is_some()
        || device.tree.at(node, &["nexthop", "next-lr"]).is_some()
    {
        router.hands_on = true;
        device.note(node, "a route into another virtual router is not followed");
        device.firewall.dynamic_routing.push(span);
        return;
    }
    let interface = if device.tree.at(node, &["nexthop", "discard"]).is_some() {
        Some(discards::interface(&mut device.firewall, span))
    } else {
        named.or_else(|| hop.and_then(|hop| reach(device, router, hop)))
    };
    match (network, interface) {
        (Some(network), Some(interface)) => {
            device.modelled_all(node);
            device.firewall.routes.push(Route {
                interface,
                network,
                next_hop: hop.map(IpRange::host),
                metric: distance.saturating_mul(65_536).saturating_add(metric),
                table: 0,
                span,
            });
        }
        _ => {
            device.note(node, "where this route leads is not in this file");
            device.firewall.dynamic_routing.push(span);
        }
    }
}

fn destination(device: &Device<'_, '_>, word: &str) -> Option<IpRange> {
    super::interfaces::own_address(device, word).map(|(_, network)| network)
}

/// The interface of the router on whose network a next hop lies.
fn reach(device: &Device<'_, '_>, router: &Router, hop: IpAddr) -> Option<InterfaceId> {
    (0u32..)
        .zip(&device.firewall.interfaces)
        .filter(|(id, _)| router.members.is_empty() || router.members.contains(&InterfaceId(*id)))
        .flat_map(|(id, interface)| interface.addresses.iter().map(move |own| (id, own)))
        .filter(|(_, own)| own.network.contains(hop))
        .max_by_key(|(_, own)| own.network.prefix())
        .map(|(id, _)| InterfaceId(id))
}
