//! One packet through one firewall with translation, as simple as possible:
//! addresses are numbers, rules are asked one by one.

use std::net::IpAddr;

use super::naive::{Fate, World};
use crate::flow::Packet;
use crate::model::firewall::*;
use crate::model::net::PortRange;

/// What became of the packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Crossing {
    /// It leaves there, as one of these packets (several for a pool; then the
    /// source port is any).
    Passes(InterfaceId, Vec<Packet>),
    Dropped,
}

/// Which view every list is asked in, if not the one that it states.
pub type View = Option<AddressView>;

/// Sends one packet through.
pub fn cross(
    firewall: &Firewall,
    ingress: InterfaceId,
    packet: &Packet,
    view: View,
    holds: &dyn Fn(ReasonId) -> bool,
) -> Crossing {
    let arrived = *packet;
    let (real, by) = untranslate(firewall, ingress, &arrived);
    let routed = route(firewall, real.destination);
    let egress = by
        .and_then(|(index, from_real)| {
            let rule = &firewall.nat.rules[index];
            if rule.kind == NatKind::Exempt {
                None
            } else if from_real {
                rule.mapped_interface
            } else {
                rule.real_interface
            }
        })
        .unwrap_or(routed);
    let mut dropped = false;
    // Replies must not look as if another host had sent them.
    if by.is_none() && !firewall.nat.rules.is_empty() {
        let reply = reversed(&real);
        if let Some((_, sources)) = translate(firewall, egress, ingress, &reply, None) {
            dropped |= !sources.is_empty() && sources != [reply];
        }
    }
    let translated = translate(firewall, ingress, egress, &real, by);
    let left = match &translated {
        None => vec![real],
        Some((_, packets)) => packets.clone(),
    };
    dropped |= left.is_empty();
    if firewall.nat.control.is_some() {
        let level = |id: InterfaceId| {
            let interface = &firewall.interfaces[id.0 as usize];
            interface.security_level.unwrap().value
        };
        let (from, to) = (level(ingress), level(egress));
        if from > to && translated.is_none() && by.is_none() || from < to && by.is_none() {
            dropped = true;
        }
    }
    for stage in &firewall.stages {
        if !stage.ingress.contains(ingress) || !stage.egress.contains(egress) {
            continue;
        }
        let world = World {
            firewall,
            holds,
            established: false,
            ingress: Some(ingress),
            egress: Some(egress),
        };
        let leaves = stage.ingress.is_any() && !stage.egress.is_any();
        let asked = match view.unwrap_or(stage.view) {
            AddressView::Real => &[real][..],
            AddressView::Mapped if leaves && !left.is_empty() => &left[..],
            AddressView::Mapped if leaves => &[real][..],
            AddressView::Mapped => &[arrived][..],
            AddressView::Unknown => panic!("ask one view at a time"),
        };
        let permits =
            |packet: &Packet| matches!(world.verdict(stage.filter, packet), Fate::Permit(..));
        // A pool whose addresses a list tells apart is for the caller.
        assert!(
            asked.iter().all(permits) || !asked.iter().any(permits),
            "generators keep lists from telling pool addresses apart"
        );
        if !asked.iter().all(permits) {
            return Crossing::Dropped;
        }
    }
    if dropped {
        return Crossing::Dropped;
    }
    Crossing::Passes(egress, left)
}

fn bits(address: IpAddr) -> u32 {
    match address {
        IpAddr::V4(address) => address.to_bits(),
        IpAddr::V6(_) => panic!("IPv4 in these tests"),
    }
}

/// The first and last address of a position; `None` for an empty one.
fn range(position: &AddressMatch) -> Option<(u32, u32)> {
    match position {
        AddressMatch::Any => Some((0, u32::MAX)),
        AddressMatch::One(AddressTerm::V4(a, b)) => Some((*a, *b)),
        AddressMatch::AnyOf(terms) if terms.is_empty() => None,
        other => panic!("one range in these tests, not {other:?}"),
    }
}

fn within(position: &AddressMatch, address: IpAddr) -> bool {
    range(position).is_some_and(|(a, b)| a <= bits(address) && bits(address) <= b)
}

/// The address at the same place in another range.
fn moved(address: IpAddr, from: &AddressMatch, to: &AddressMatch) -> IpAddr {
    let (from, to) = (range(from).unwrap(), range(to).unwrap());
    IpAddr::V4((bits(address) - from.0 + to.0).into())
}

fn in_range(port: u16, range: PortRange) -> bool {
    range.low <= port && port <= range.high
}

fn reversed(packet: &Packet) -> Packet {
    let ported = packet.protocol.has_ports();
    Packet {
        source: packet.destination,
        destination: packet.source,
        protocol: packet.protocol,
        source_port: if ported {
            packet.destination_port
        } else {
            packet.source_port
        },
        destination_port: if ported {
            packet.source_port
        } else {
            packet.destination_port
        },
    }
}

fn allowed(firewall: &Firewall, rule: &NatRule, packet: &Packet) -> bool {
    let world = World {
        firewall,
        holds: &|_| panic!("policies have no conditions"),
        established: false,
        ingress: None,
        egress: None,
    };
    rule.policy
        .is_none_or(|id| matches!(world.verdict(id, packet), Fate::Permit(..)))
}

fn fits(wanted: Option<InterfaceId>, given: InterfaceId) -> bool {
    wanted.is_none() || wanted == Some(given)
}

/// The packet with its real destination, and the rule that told it, with
/// `true` when the packet comes from the rule's real side.
fn untranslate(
    firewall: &Firewall,
    ingress: InterfaceId,
    packet: &Packet,
) -> (Packet, Option<(usize, bool)>) {
    for (index, rule) in firewall.nat.rules.iter().enumerate() {
        if !rule.enabled {
            continue;
        }
        let mapped = if rule.kind == NatKind::Exempt {
            &rule.real_source
        } else {
            &rule.mapped_source
        };
        let port = rule.service.as_ref().is_none_or(|service| {
            packet.protocol == service.protocol && in_range(packet.destination_port, service.mapped)
        });
        if rule.kind != NatKind::Dynamic
            && !rule.unidirectional
            && fits(rule.mapped_interface, ingress)
            && within(mapped, packet.destination)
            && within(&rule.real_destination, packet.source)
            && port
        {
            let mut real = *packet;
            real.destination = moved(packet.destination, mapped, &rule.real_source);
            if let Some(service) = &rule.service {
                real.destination_port =
                    packet.destination_port - service.mapped.low + service.real.low;
            }
            if allowed(firewall, rule, &reversed(&real)) {
                return (real, Some((index, false)));
            }
        }
        let port = rule.service.as_ref().is_none_or(|service| {
            packet.protocol == service.protocol && in_range(packet.source_port, service.real)
        });
        if rule.mapped_destination != AddressMatch::Any
            && fits(rule.real_interface, ingress)
            && within(&rule.real_source, packet.source)
            && within(&rule.mapped_destination, packet.destination)
            && port
        {
            let mut real = *packet;
            real.destination = moved(
                packet.destination,
                &rule.mapped_destination,
                &rule.real_destination,
            );
            if allowed(firewall, rule, &real) {
                return (real, Some((index, true)));
            }
        }
    }
    (*packet, None)
}

/// The most specific network or route.
fn route(firewall: &Firewall, destination: IpAddr) -> InterfaceId {
    for (index, interface) in (0u32..).zip(&firewall.interfaces) {
        if interface
            .addresses
            .iter()
            .any(|address| address.network.contains(destination))
        {
            return InterfaceId(index);
        }
    }
    firewall
        .routes
        .iter()
        .filter(|route| route.network.contains(destination))
        .max_by_key(|route| route.network.prefix())
        .expect("a default route")
        .interface
}

/// The rule that translates the source, and what the packet may become:
/// nothing when the rule has no address to give.
fn translate(
    firewall: &Firewall,
    ingress: InterfaceId,
    egress: InterfaceId,
    packet: &Packet,
    by: Option<(usize, bool)>,
) -> Option<(usize, Vec<Packet>)> {
    for (index, rule) in firewall.nat.rules.iter().enumerate() {
        if !rule.enabled {
            continue;
        }
        let twice = rule.mapped_destination != AddressMatch::Any;
        if twice && by == Some((index, false)) {
            // The other end of a rule for both ends: its address alone changes.
            let mut left = *packet;
            left.source = moved(
                packet.source,
                &rule.real_destination,
                &rule.mapped_destination,
            );
            return Some((index, vec![left]));
        }
        if twice && by != Some((index, true)) {
            continue;
        }
        let port = rule.service.as_ref().is_none_or(|service| {
            packet.protocol == service.protocol && in_range(packet.source_port, service.real)
        });
        if !fits(rule.real_interface, ingress)
            || !fits(rule.mapped_interface, egress)
            || !within(&rule.real_source, packet.source)
            || !port
            || !allowed(firewall, rule, packet)
        {
            continue;
        }
        let mut left = *packet;
        let packets = match rule.kind {
            NatKind::Exempt => vec![left],
            NatKind::Static => {
                left.source = moved(packet.source, &rule.real_source, &rule.mapped_source);
                if let Some(service) = &rule.service {
                    left.source_port = packet.source_port - service.real.low + service.mapped.low;
                }
                vec![left]
            }
            NatKind::Destination | NatKind::Source => unreachable!("not generated"),
            NatKind::Dynamic => match range(&rule.mapped_source) {
                None => Vec::new(),
                Some((low, high)) => (low..=high)
                    .map(|source| Packet {
                        source: IpAddr::V4(source.into()),
                        ..left
                    })
                    .collect(),
            },
        };
        return Some((index, packets));
    }
    None
}
