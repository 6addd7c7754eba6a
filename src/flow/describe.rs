//! Packet sets in words.

use super::packets::Cube;
use super::sets::{IpSet, PortSet, ProtocolSet};
use crate::model::net::{PortRange, Protocol};

/// At most so many members are written out.
const SHOWN: usize = 6;

/// Disjoint cubes, joined by semicolons.
pub(super) fn packets(cubes: &[Cube]) -> String {
    if cubes.is_empty() {
        return "no packet".to_owned();
    }
    let mut parts: Vec<String> = cubes.iter().take(SHOWN).map(cube).collect();
    if cubes.len() > SHOWN {
        parts.push(format!("{} more parts", cubes.len().saturating_sub(SHOWN)));
    }
    parts.join("; ")
}

fn cube(cube: &Cube) -> String {
    let text = service(cube.protocols, &cube.source_ports, &cube.destination_ports);
    format!(
        "{text} from {} to {}",
        addresses(&cube.source),
        addresses(&cube.destination)
    )
}

/// A service: `tcp 25`, `udp 53 from port 1024-65535`.
pub(super) fn service(protocols: ProtocolSet, source: &PortSet, destination: &PortSet) -> String {
    let text = services(protocols, destination);
    if source.is_all() {
        return text;
    }
    format!("{text} from port {}", ports(source))
}

fn services(protocols: ProtocolSet, destination: &PortSet) -> String {
    let name = if protocols.is_all() {
        "any protocol".to_owned()
    } else if protocols.count() > 128 {
        let names = protocol_names(ProtocolSet::ALL.subtract(protocols));
        format!("any protocol except {names}")
    } else {
        protocol_names(protocols)
    };
    if destination.is_all() {
        return name;
    }
    let icmp = [Protocol::ICMP, Protocol::ICMP6]
        .into_iter()
        .collect::<ProtocolSet>();
    if icmp.includes(protocols) {
        let kinds: Vec<String> = destination
            .ranges()
            .iter()
            .take(SHOWN)
            .map(|(low, high)| {
                let (first, last) = (low >> 8, high >> 8);
                if low == high {
                    format!("type {first} code {}", low & 255)
                } else if first == last {
                    format!("type {first}")
                } else {
                    format!("type {first}-{last}")
                }
            })
            .collect();
        return format!("{name} {}", join(kinds));
    }
    format!("{name} {}", ports(destination))
}

fn protocol_names(protocols: ProtocolSet) -> String {
    join(protocols.iter().map(|p| p.to_string()).collect())
}

/// Ports: `25, 80 and 1024-65535`.
pub(super) fn ports(set: &PortSet) -> String {
    let shown = |set: &PortSet| {
        let ranges = set.ranges().iter().map(|(low, high)| {
            PortRange {
                low: *low,
                high: *high,
            }
            .to_string()
        });
        join(ranges.collect())
    };
    let rest = set.complement();
    if set.is_all() {
        "any".to_owned()
    } else if set.ranges().len() > 1 && rest.ranges().len() < set.ranges().len() {
        format!("any except {}", shown(&rest))
    } else {
        shown(set)
    }
}

/// Addresses: `10.1.0.0/16 except 10.1.3.0/24`.
pub(super) fn addresses(set: &IpSet) -> String {
    if set.is_all() {
        return "any".to_owned();
    }
    if set.is_empty() {
        return "no address".to_owned();
    }
    let shown = |set: &IpSet| join(set.ranges().map(|range| range.to_string()).collect());
    // A network with holes reads better than the ranges between the holes.
    let hull = set.hull();
    let holes = hull.subtract(set);
    if !holes.is_empty() && holes.range_count() < set.range_count() {
        let hull = if hull.is_all() {
            "any".to_owned()
        } else {
            shown(&hull)
        };
        return format!("{hull} except {}", shown(&holes));
    }
    shown(set)
}

fn join(mut words: Vec<String>) -> String {
    if words.len() > SHOWN {
        let more = words.len().saturating_sub(SHOWN);
        words.truncate(SHOWN);
        words.push(format!("{more} more"));
    }
    match words.pop() {
        None => String::new(),
        Some(last) if words.is_empty() => last,
        Some(last) => format!("{} and {last}", words.join(", ")),
    }
}
