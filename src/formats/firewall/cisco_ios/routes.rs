//! Static routes.
//!
//! Sources: Cisco IOS IP Routing: Protocol-Independent Command Reference, "ip
//! route", "ip route vrf"; Cisco Nexus 7000 Series NX-OS Unicast Routing
//! Command Reference, "ip route".

use crate::formats::firewall::shared::discards;
use crate::model::firewall::{Interface, InterfaceId, Route};
use crate::model::net::IpRange;
use crate::source::Span;

use super::address::{prefix4, quad};
use super::device::Device;
use super::outcome::Outcome;
use super::words::{Words, ipv6, ipv6_prefix, mask_length, number};

/// Rounds of looking up next hops in other routes.
const MAX_RECURSION: usize = 8;

/// A route as written.
#[derive(Debug, Clone)]
pub struct RouteStatement {
    vrf: Option<String>,
    network: IpRange,
    interface: Option<String>,
    next_hop: Option<IpRange>,
    metric: u32,
    tracked: bool,
    span: Span,
}

/// `ip route [vrf V] N M {I [A] | A} [D] …`, `ip route P/L …`.
pub fn statement<'c>(
    device: &mut Device<'c>,
    words: &mut Words<'c>,
    statement: &'c str,
    vrf: Option<&str>,
) -> Outcome {
    let span = device.span(statement);
    match read(words, vrf, span) {
        Some(route) => {
            device.routes.push(route);
            Outcome::MODELLED
        }
        None => lost(device, span),
    }
}

/// A route that could not be read may lead anywhere.
fn lost(device: &mut Device<'_>, span: Span) -> Outcome {
    let text = "a route of the file could not be read";
    device.reason(text, span);
    device.firewall.dynamic_routing.push(span);
    Outcome::not_modelled(text)
}

fn read(words: &mut Words<'_>, vrf: Option<&str>, span: Span) -> Option<RouteStatement> {
    let mut vrf = vrf.map(str::to_owned);
    while matches!(words.peek(), Some("vrf" | "topology")) {
        let is_vrf = words.next() == Some("vrf");
        let name = words.next()?;
        if is_vrf {
            vrf = Some(name.to_owned());
        }
    }
    let first = words.next()?;
    let network = if let Some((low, high)) = prefix4(first) {
        IpRange::V4(low, high)
    } else if let Some(prefix) = ipv6_prefix(first) {
        prefix
    } else {
        let (address, mask) = (quad(first)?, quad(words.next()?)?);
        mask_length(mask)?;
        IpRange::V4(address & mask, (address & mask) | !mask)
    };
    let hop = |word: &str| -> Option<IpRange> {
        let bare = word.split_once('/').map_or(word, |(address, _)| address);
        if let Some(address) = quad(bare) {
            return Some(IpRange::V4(address, address));
        }
        ipv6(bare).map(|address| IpRange::V6(address, address))
    };
    let mut interface = None;
    let mut next_hop = None;
    let word = words.next()?;
    match hop(word) {
        Some(address) => next_hop = Some(address),
        None if word == "dhcp" => return None,
        None => {
            let mut name = word.to_owned();
            if !name.ends_with(|c: char| c.is_ascii_digit())
                && words.peek().is_some_and(|number| {
                    number.starts_with(|c: char| c.is_ascii_digit()) && hop(number).is_none()
                })
            {
                name.push_str(words.next().unwrap_or_default());
            }
            interface = Some(name);
            if let Some(address) = words.peek().and_then(hop) {
                next_hop = Some(address);
                words.next();
            }
        }
    }
    let mut metric = 1;
    let mut tracked = false;
    while let Some(word) = words.next() {
        match word {
            "name" | "tag" => {
                words.next();
            }
            "track" => {
                words.next();
                tracked = true;
            }
            "vrf" => {
                // NX-OS: the next hop lies in another VRF.
                words.next();
            }
            _ => {
                if let Some(distance) = number::<u32>(word) {
                    metric = distance;
                }
            }
        }
    }
    Some(RouteStatement {
        vrf,
        network,
        interface,
        next_hop,
        metric,
        tracked,
        span,
    })
}

/// `ip default-gateway A`: the way out of a device that does not route.
pub fn default_gateway<'c>(
    device: &mut Device<'c>,
    words: &mut Words<'c>,
    statement: &'c str,
) -> Outcome {
    let span = device.span(statement);
    let Some(address) = words.next().and_then(quad) else {
        return Outcome::UNRECOGNISED;
    };
    if !device.no_routing {
        return Outcome::irrelevant("only where `no ip routing` is set");
    }
    device.routes.push(RouteStatement {
        vrf: None,
        network: IpRange::ANY4,
        interface: None,
        next_hop: Some(IpRange::V4(address, address)),
        metric: 1,
        tracked: false,
        span,
    });
    Outcome::MODELLED
}

/// Whether a VRF only manages the device.
pub fn is_management(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.starts_with("mgmt") || lower.starts_with("management")
}

/// Finds the interfaces of the routes.
pub fn finish(device: &mut Device<'_>) {
    let statements: Vec<RouteStatement> = std::mem::take(&mut device.routes)
        .into_iter()
        .filter(|route| !route.vrf.as_deref().is_some_and(is_management))
        .collect();
    let mut found: Vec<Option<InterfaceId>> = vec![None; statements.len()];
    for _ in 0..MAX_RECURSION {
        let mut changed = false;
        for (at, route) in statements.iter().enumerate() {
            if found.get(at).copied().flatten().is_some() {
                continue;
            }
            let id = leads_to(device, route).or_else(|| through(&statements, &found, route));
            if let (Some(id), Some(slot)) = (id, found.get_mut(at)) {
                *slot = Some(id);
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    for (route, id) in statements.into_iter().zip(found) {
        let Some(interface) = id else {
            let text = format!(
                "the way of the route to {} is not in this file",
                route.network
            );
            device.reason(text, route.span);
            device.firewall.dynamic_routing.push(route.span);
            continue;
        };
        if route.tracked {
            let text = format!(
                "the route to {} holds while something is reachable",
                route.network
            );
            device.reason(text, route.span);
            device.firewall.dynamic_routing.push(route.span);
        }
        let table = device.table(route.vrf.as_deref());
        device.firewall.routes.push(Route {
            interface,
            network: route.network,
            next_hop: route.next_hop,
            metric: route.metric,
            table,
            span: route.span,
        });
    }
}

/// The interface that a route names, or whose network holds its next hop.
fn leads_to(device: &mut Device<'_>, route: &RouteStatement) -> Option<InterfaceId> {
    if let Some(name) = &route.interface {
        let lower = name.to_ascii_lowercase();
        if lower.starts_with("null") {
            return Some(null(device, route.span));
        }
        return device.interface_id(name);
    }
    let hop = route.next_hop?.first();
    let stanza = device.stanzas.iter().find(|stanza| {
        stanza.shutdown.is_none()
            && stanza.vrf.as_ref().map(|vrf| vrf.value.as_str()) == route.vrf.as_deref()
            && stanza.addresses.iter().any(|a| a.network.contains(hop))
    })?;
    stanza.id
}

/// The interface of the most specific other route to the next hop; a default
/// route does not lead to a next hop.
fn through(
    statements: &[RouteStatement],
    found: &[Option<InterfaceId>],
    route: &RouteStatement,
) -> Option<InterfaceId> {
    if route.interface.is_some() {
        return None;
    }
    let hop = route.next_hop?.first();
    statements
        .iter()
        .zip(found)
        .filter(|(other, id)| {
            id.is_some()
                && other.vrf == route.vrf
                && other.network != IpRange::ANY4
                && other.network != IpRange::ANY6
                && other.network.contains(hop)
        })
        .max_by_key(|(other, _)| other.network.prefix())
        .and_then(|(_, id)| *id)
}

/// The interface that swallows packets.
fn null(device: &mut Device<'_>, span: Span) -> InterfaceId {
    discards::named(&mut device.firewall, Interface::NULL, span)
}
