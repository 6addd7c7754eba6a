//! Static routes, and the statements that bring in routes from elsewhere.
//!
//! Source: Cisco ASA Series Command Reference, "route", "ipv6 route",
//! "show route"; PIX Command Reference 6.3, "route", "rip".

use std::collections::{HashMap, HashSet};

use crate::formats::firewall::shared::discards;
use crate::model::firewall::{Interface, InterfaceId, Route};
use crate::model::net::IpRange;
use crate::source::Span;

use super::device::Device;
use super::outcome::Outcome;
use super::virtual_routers;
use super::words::{Masked, Words, ipv4, ipv6_prefix, masked, number};

/// `route IF NET MASK GATEWAY [METRIC] [track N | tunneled]`.
pub fn route<'c>(device: &mut Device<'c>, words: &mut Words<'c>, statement: &'c str) -> Outcome {
    let table = virtual_routers::of_route(device, words);
    let (Some(interface), Some(network), Some(mask)) = (words.next(), words.next(), words.next())
    else {
        return Outcome::UNRECOGNISED;
    };
    let gateway = words.next();
    let span = device.span(statement);
    let tunneled = words.rest().split(' ').any(|word| word == "tunneled");
    if tunneled {
        return Outcome::not_modelled("a tunneled route is for decrypted packets only");
    }
    let network = device
        .host4(network)
        .zip(ipv4(mask))
        .map(|(net, mask)| masked(net, mask));
    let Some(Masked::Range(low, high)) = network else {
        // Somewhere a network is reached that the file does not tell.
        device.firewall.dynamic_routing.push(span);
        return Outcome::not_modelled("the network of the route could not be read");
    };
    let next_hop = gateway.and_then(|gateway| device.host(gateway));
    let metric = words.peek().and_then(number).unwrap_or(1);
    let tracked = words.rest().split(' ').any(|word| word == "track");
    let network = IpRange::V4(low, high);
    if interface.eq_ignore_ascii_case(Interface::NULL) {
        device.swallowed.push((network, metric, span));
        return Outcome::MODELLED;
    }
    let interface = device.interface(interface);
    if tracked {
        device.tracked.push(device.firewall.routes.len());
    }
    device.firewall.routes.push(Route {
        interface,
        network,
        next_hop,
        metric,
        table,
        span,
    });
    Outcome::MODELLED
}

/// Why a tracked route is not certain.
const TRACKED: &str =
    "the route goes when what it tracks fails, and another interface leads to the same network";

/// A route that an SLA monitor may withdraw makes the way uncertain when
/// another interface leads to the same network.
pub fn finish(device: &mut Device<'_>) {
    tracked(device);
    management(device);
}

/// Management-only interfaces have a routing table of their own from 9.5, and
/// always on Threat Defense: no packet that the device forwards is led by it.
///
/// Source: Cisco ASA Series General Operations CLI Configuration Guide 9.5,
/// "Routing Table for Management Traffic".
fn management(device: &mut Device<'_>) {
    let separate = device.threat_defense || device.version.is_some_and(|v| v >= (9, 5, 0));
    let interfaces = device.firewall.interfaces.iter_mut();
    let mut any = false;
    for (interface, info) in interfaces.zip(&device.interface_info) {
        if separate && info.management_only.is_some() {
            interface.table = virtual_routers::MANAGEMENT;
            any = true;
        }
    }
    if any {
        let interfaces = &device.firewall.interfaces;
        device.firewall.routes.retain(|route| {
            let interface = interfaces.get(route.interface.0 as usize);
            interface.is_none_or(|interface| interface.table != virtual_routers::MANAGEMENT)
        });
    }
}

/// Doubts routes that something watches, where there are others.
fn tracked(device: &mut Device<'_>) {
    let mut ways: HashMap<IpRange, HashSet<InterfaceId>> = HashMap::new();
    if device.tracked.is_empty() {
        return;
    }
    for route in &device.firewall.routes {
        ways.entry(route.network)
            .or_default()
            .insert(route.interface);
    }
    for index in std::mem::take(&mut device.tracked) {
        if let Some(route) = device.firewall.routes.get(index)
            && ways
                .get(&route.network)
                .is_some_and(|interfaces| interfaces.len() > 1)
        {
            let span = route.span;
            device.firewall.dynamic_routing.push(span);
            device.reason(TRACKED, span);
        }
    }
}

/// `ipv6 route IF PREFIX/LEN GATEWAY [DISTANCE]`.
pub fn ipv6_route<'c>(
    device: &mut Device<'c>,
    words: &mut Words<'c>,
    statement: &'c str,
) -> Outcome {
    let table = virtual_routers::of_route(device, words);
    let (Some(interface), Some(prefix)) = (words.next(), words.next()) else {
        return Outcome::UNRECOGNISED;
    };
    let Some(network) = ipv6_prefix(prefix) else {
        device
            .firewall
            .dynamic_routing
            .push(device.clean.span_of(statement));
        return Outcome::not_modelled("the network of the route could not be read");
    };
    let next_hop = words.next().and_then(|gateway| device.host(gateway));
    let metric = words.next().and_then(number).unwrap_or(1);
    let span = device.span(statement);
    if interface.eq_ignore_ascii_case(Interface::NULL) {
        device.swallowed.push((network, metric, span));
        return Outcome::MODELLED;
    }
    let interface = device.interface(interface);
    device.firewall.routes.push(Route {
        interface,
        network,
        next_hop,
        metric,
        table,
        span,
    });
    Outcome::MODELLED
}

/// Routes to `Null0` (Command Reference, "route": packets that match are dropped), when
/// everything else is there: the interface is none that has lists or levels.
pub fn swallow(device: &mut Device<'_>) {
    let firewall = &mut device.firewall;
    for (network, metric, span) in std::mem::take(&mut device.swallowed) {
        let interface = discards::named(firewall, Interface::NULL, span);
        firewall.routes.push(Route {
            interface,
            network,
            next_hop: None,
            metric,
            table: 0,
            span,
        });
    }
    discards::stage(firewall);
}

/// `router …` and PIX's `rip IF default|passive`.
pub fn dynamic(device: &mut Device<'_>, statement: &str) -> Outcome {
    let span = device.span(statement);
    device.firewall.dynamic_routing.push(span);
    Outcome::not_modelled("a routing protocol brings in routes that the file does not show")
}

/// The routing table entry that a line of `show route` starts.
#[derive(Debug, Clone, Copy)]
pub struct ShownRoute {
    network: IpRange,
    span: Span,
}

/// A line of `show route`: `S 0.0.0.0 0.0.0.0 [1/0] via 192.0.2.1, outside`,
/// `C 10.0.0.0 255.0.0.0 is directly connected, inside`, the second half of an
/// entry that was broken in two, or PIX's `outside 0.0.0.0 0.0.0.0 192.0.2.1 1
/// OTHER static`. `None` when it is none of them.
pub fn shown(
    device: &mut Device<'_>,
    line: &str,
    open: &mut Option<ShownRoute>,
) -> Option<Outcome> {
    if let Some(outcome) = shown_by_pix(device, line) {
        return Some(outcome);
    }
    let mut words = Words::new(line);
    if !words.peek()?.starts_with('[') {
        let (low, high) = shown_network(&mut words)?;
        *open = Some(ShownRoute {
            network: IpRange::V4(low, high),
            span: device.span(line.trim()),
        });
    }
    let entry = (*open)?;
    let rest = words.rest();
    if rest.is_empty() {
        return Some(Outcome::MODELLED);
    }
    let interface = rest.rsplit(',').next()?.trim();
    if interface.ends_with(" tunneled") {
        return Some(Outcome::not_modelled(
            "a tunneled route is for decrypted packets only",
        ));
    }
    let metric = words
        .peek()
        .filter(|word| word.starts_with('['))
        .and_then(|word| number(word.trim_matches(['[', ']']).split('/').next()?));
    let next_hop = rest.split("via ").nth(1).and_then(|tail| {
        let address = ipv4(tail.split([',', ' ']).next()?)?;
        Some(IpRange::V4(address, address))
    });
    if !rest.contains("directly connected") && next_hop.is_none() {
        return None;
    }
    // A route of BGP ends with its age, not with an interface.
    if interface.is_empty() || interface.contains([' ', ':']) {
        return Some(Outcome::not_modelled(
            "the route does not tell its interface",
        ));
    }
    let route = Route {
        interface: InterfaceId(0),
        network: entry.network,
        next_hop,
        metric: metric.unwrap_or(0),
        table: 0,
        span: entry.span.to(device.span(line.trim())),
    };
    device.shown_routes.push((interface.to_owned(), route));
    Some(Outcome::MODELLED)
}

/// `O IA 10.9.0.0 255.255.0.0`: the codes and the network.
fn shown_network(words: &mut Words<'_>) -> Option<(u32, u32)> {
    let is_code = |word: &str| {
        word.len() <= 4
            && word.starts_with(|c: char| c.is_ascii_uppercase())
            && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '*')
    };
    words.next().filter(|code| is_code(code))?;
    let mut network = words.next()?;
    if is_code(network) {
        network = words.next()?;
    }
    match masked(ipv4(network)?, ipv4(words.next()?)?) {
        Masked::Range(low, high) => Some((low, high)),
        Masked::Holes(..) => None,
    }
}

/// `show route` of PIX 6: `IF NET MASK GATEWAY METRIC {CONNECT|OTHER} static`.
fn shown_by_pix(device: &mut Device<'_>, line: &str) -> Option<Outcome> {
    let line = line.trim();
    if !line.ends_with("static") {
        return None;
    }
    let mut words = Words::new(line);
    let interface = words.next()?;
    let (network, mask) = (ipv4(words.next()?)?, ipv4(words.next()?)?);
    let gateway = ipv4(words.next()?)?;
    let metric = number(words.next()?)?;
    let connected = match words.next()? {
        "CONNECT" => true,
        "OTHER" => false,
        _ => return None,
    };
    let Masked::Range(low, high) = masked(network, mask) else {
        return None;
    };
    let route = Route {
        interface: InterfaceId(0),
        network: IpRange::V4(low, high),
        next_hop: (!connected).then_some(IpRange::V4(gateway, gateway)),
        metric: if connected { 0 } else { metric },
        table: 0,
        span: device.span(line),
    };
    device.shown_routes.push((interface.to_owned(), route));
    Some(Outcome::MODELLED)
}
