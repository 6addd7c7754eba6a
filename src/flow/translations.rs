//! The translations of one firewall, resolved once.

use super::evaluate::{Decision, Engine};
use super::nat::{is_twice, two_way};
use super::packets::Cube;
use super::resolve::{Bounds, Reason, add_reasons};
use super::sets::{IpSet, PortSet, ProtocolSet};
use crate::model::firewall::{NatKind, NatRule};

/// A translation that may hold, with its addresses as sets.
#[derive(Debug)]
pub(super) struct Translation {
    /// Its place among the translations of the firewall.
    pub(super) index: u32,
    /// Real source addresses.
    pub(super) real: Bounds<IpSet>,
    /// Mapped source addresses; the real ones for an exemption.
    pub(super) mapped: Bounds<IpSet>,
    /// Real destination addresses.
    pub(super) real_peers: Bounds<IpSet>,
    /// Mapped destination addresses.
    pub(super) mapped_peers: Bounds<IpSet>,
    /// Packets from the mapped side that it un-translates.
    pub(super) reply: Option<Shape>,
    /// Packets from the real side whose destination it translates.
    pub(super) twice: Option<Shape>,
    /// Packets that get another destination, whoever sends them.
    pub(super) new_destination: Shape,
    /// Packets from the real side whose source it translates.
    pub(super) source: Shape,
}

/// Packets that a translation looks at.
#[derive(Debug)]
pub(super) struct Shape {
    /// At most these.
    pub(super) packets: Cube,
    /// Why it may not apply to all of them.
    pub(super) doubts: Vec<Reason>,
}

impl Shape {
    fn new(packets: Cube, conditions: &[Reason], bounds: &[&Bounds<IpSet>]) -> Self {
        let mut doubts = conditions.to_vec();
        for bounds in bounds {
            add_reasons(&mut doubts, &bounds.reasons);
        }
        Self { packets, doubts }
    }
}

impl Engine<'_> {
    /// The translations in their order, those left out that are disabled or
    /// do not hold on the reference date.
    pub(super) fn translations(&self) -> &[Translation] {
        self.translations.get_or_init(|| {
            (0u32..)
                .zip(&self.firewall.nat.rules)
                .filter_map(|(index, rule)| self.translation(index, rule))
                .collect()
        })
    }

    fn translation(&self, index: u32, rule: &NatRule) -> Option<Translation> {
        if !rule.enabled {
            return None;
        }
        let mut conditions = Vec::new();
        for condition in &rule.conditions {
            match self.decide(condition) {
                Decision::Holds => {}
                Decision::Fails => return None,
                Decision::Unknown(reason) => add_reasons(&mut conditions, &[reason]),
            }
        }
        let real = self.objects.addresses(&rule.real_source);
        let mapped = if rule.kind == NatKind::Exempt {
            real.clone()
        } else {
            self.objects.addresses(&rule.mapped_source)
        };
        let real_peers = self.objects.addresses(&rule.real_destination);
        let mapped_peers = self.objects.addresses(&rule.mapped_destination);
        let ports = rule.service.as_deref();
        let peer_ports = rule.destination_service.as_deref();
        let reply = two_way(rule).then(|| {
            let packets = Cube {
                source: real_peers.possibly.clone(),
                destination: mapped.possibly.clone(),
                protocols: ports
                    .or(peer_ports)
                    .map_or(ProtocolSet::ALL, |s| ProtocolSet::one(s.protocol)),
                source_ports: peer_ports.map_or(PortSet::ALL, |s| PortSet::from(s.real)),
                destination_ports: ports.map_or(PortSet::ALL, |s| PortSet::from(s.mapped)),
            };
            Shape::new(packets, &conditions, &[&real, &mapped, &real_peers])
        });
        let from_real = |destination: &IpSet| Cube {
            source: real.possibly.clone(),
            destination: destination.clone(),
            protocols: ports.map_or(ProtocolSet::ALL, |s| ProtocolSet::one(s.protocol)),
            source_ports: ports.map_or(PortSet::ALL, |s| PortSet::from(s.real)),
            destination_ports: PortSet::ALL,
        };
        let twice = is_twice(rule).then(|| {
            let mut packets = from_real(&mapped_peers.possibly);
            if let Some(service) = peer_ports {
                packets.protocols = ProtocolSet::one(service.protocol);
                packets.destination_ports = PortSet::from(service.mapped);
            }
            Shape::new(packets, &conditions, &[&real, &mapped_peers, &real_peers])
        });
        let new_destination = Shape::new(
            Cube {
                destination: mapped.possibly.clone(),
                protocols: ports.map_or(ProtocolSet::ALL, |s| ProtocolSet::one(s.protocol)),
                destination_ports: ports.map_or(PortSet::ALL, |s| PortSet::from(s.mapped)),
                ..Cube::ALL
            },
            &conditions,
            &[&real, &mapped],
        );
        let source = Shape::new(from_real(&IpSet::ALL), &conditions, &[&real]);
        Some(Translation {
            index,
            real,
            mapped,
            real_peers,
            mapped_peers,
            reply,
            twice,
            new_destination,
            source,
        })
    }
}
