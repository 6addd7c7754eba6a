//! Packets, products of sets ("cubes") and exact packet sets.

use std::fmt;
use std::net::IpAddr;

use super::describe;
use super::sets::{IpSet, PortSet, ProtocolSet, ServiceCube};
use crate::model::net::{IpRange, Protocol};

/// One packet, as far as filters look at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Packet {
    /// Source address.
    pub source: IpAddr,
    /// Destination address, of the same family.
    pub destination: IpAddr,
    /// IP protocol.
    pub protocol: Protocol,
    /// Source port; meaningless for protocols without ports.
    pub source_port: u16,
    /// Destination port; for ICMP `type * 256 + code`.
    pub destination_port: u16,
}

impl fmt::Display for Packet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.protocol.has_ports() {
            write!(
                f,
                "{} {}:{} -> {}:{}",
                self.protocol,
                self.source,
                self.source_port,
                self.destination,
                self.destination_port
            )
        } else {
            write!(
                f,
                "{} {} -> {}",
                self.protocol, self.source, self.destination
            )
        }
    }
}

/// Packets whose every field lies in a set of its own.
///
/// Source and destination are of one family: a cube is the union of its IPv4
/// and its IPv6 product.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Cube {
    /// Source addresses.
    pub source: IpSet,
    /// Destination addresses.
    pub destination: IpSet,
    /// Protocols.
    pub protocols: ProtocolSet,
    /// Source ports; full for protocols without ports.
    pub source_ports: PortSet,
    /// Destination ports or ICMP type and code; full for other protocols.
    pub destination_ports: PortSet,
}

impl Cube {
    /// Every packet.
    pub const ALL: Self = Self {
        source: IpSet::ALL,
        destination: IpSet::ALL,
        protocols: ProtocolSet::ALL,
        source_ports: PortSet::ALL,
        destination_ports: PortSet::ALL,
    };

    /// The packets of a service between two sets of addresses.
    #[must_use]
    pub fn new(source: IpSet, destination: IpSet, service: &ServiceCube) -> Self {
        Self {
            source,
            destination,
            protocols: service.protocols,
            source_ports: service.source.clone(),
            destination_ports: service.destination.clone(),
        }
    }

    /// The cube of one packet.
    #[must_use]
    pub fn of(packet: &Packet) -> Self {
        let ports = packet.protocol.has_ports();
        let icmp = matches!(packet.protocol, Protocol::ICMP | Protocol::ICMP6);
        Self {
            source: IpSet::host(packet.source),
            destination: IpSet::host(packet.destination),
            protocols: ProtocolSet::one(packet.protocol),
            source_ports: if ports {
                PortSet::one(packet.source_port)
            } else {
                PortSet::ALL
            },
            destination_ports: if ports || icmp {
                PortSet::one(packet.destination_port)
            } else {
                PortSet::ALL
            },
        }
    }

    /// Whether no packet is in the cube.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.protocols.is_empty()
            || self.source_ports.is_empty()
            || self.destination_ports.is_empty()
            || ((self.source.v4.is_empty() || self.destination.v4.is_empty())
                && (self.source.v6.is_empty() || self.destination.v6.is_empty()))
    }

    /// Whether the cubes share a packet.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.protocols.overlaps(other.protocols)
            && self.destination_ports.overlaps(&other.destination_ports)
            && self.source_ports.overlaps(&other.source_ports)
            && ((self.source.v4.overlaps(&other.source.v4)
                && self.destination.v4.overlaps(&other.destination.v4))
                || (self.source.v6.overlaps(&other.source.v6)
                    && self.destination.v6.overlaps(&other.destination.v6)))
    }

    /// Packets in both cubes; `None` when there are none.
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Option<Self> {
        if !self.overlaps(other) {
            return None;
        }
        Some(Self {
            source: self.source.intersect(&other.source),
            destination: self.destination.intersect(&other.destination),
            protocols: self.protocols.intersect(other.protocols),
            source_ports: self.source_ports.intersect(&other.source_ports),
            destination_ports: self.destination_ports.intersect(&other.destination_ports),
        })
    }

    /// Whether every packet of `other` is in `self`.
    #[must_use]
    pub fn includes(&self, other: &Self) -> bool {
        if other.is_empty() {
            return true;
        }
        let family =
            |mine: [bool; 2], theirs: [bool; 2]| theirs.contains(&true) || mine == [true, true];
        self.protocols.includes(other.protocols)
            && self.source_ports.includes(&other.source_ports)
            && self.destination_ports.includes(&other.destination_ports)
            && family(
                [
                    self.source.v4.includes(&other.source.v4),
                    self.destination.v4.includes(&other.destination.v4),
                ],
                [other.source.v4.is_empty(), other.destination.v4.is_empty()],
            )
            && family(
                [
                    self.source.v6.includes(&other.source.v6),
                    self.destination.v6.includes(&other.destination.v6),
                ],
                [other.source.v6.is_empty(), other.destination.v6.is_empty()],
            )
    }

    /// Appends disjoint cubes with the packets of `self` that are not in `other`.
    pub fn subtract(&self, other: &Self, out: &mut Vec<Self>) {
        let Some(common) = self.intersect(other) else {
            if !self.is_empty() {
                out.push(self.clone());
            }
            return;
        };
        let mut keep = |piece: Self| {
            if !piece.is_empty() {
                out.push(piece);
            }
        };
        if !other.protocols.includes(self.protocols) {
            keep(Self {
                protocols: self.protocols.subtract(other.protocols),
                ..self.clone()
            });
        }
        if !other.destination_ports.includes(&self.destination_ports) {
            keep(Self {
                protocols: common.protocols,
                destination_ports: self.destination_ports.subtract(&other.destination_ports),
                ..self.clone()
            });
        }
        if !other.destination.includes(&self.destination) {
            keep(Self {
                protocols: common.protocols,
                destination_ports: common.destination_ports.clone(),
                destination: self.destination.subtract(&other.destination),
                ..self.clone()
            });
        }
        if !other.source.includes(&self.source) {
            keep(Self {
                source: self.source.subtract(&other.source),
                source_ports: self.source_ports.clone(),
                ..common.clone()
            });
        }
        if !other.source_ports.includes(&self.source_ports) {
            keep(Self {
                source_ports: self.source_ports.subtract(&other.source_ports),
                ..common
            });
        }
    }

    /// Whether a packet is in the cube.
    #[must_use]
    pub fn contains(&self, packet: &Packet) -> bool {
        self.protocols.contains(packet.protocol)
            && self.source.contains(packet.source)
            && self.destination.contains(packet.destination)
            && (!packet.protocol.has_ports() || self.source_ports.contains(packet.source_port))
            && (!(packet.protocol.has_ports()
                || matches!(packet.protocol, Protocol::ICMP | Protocol::ICMP6))
                || self.destination_ports.contains(packet.destination_port))
    }

    /// The same packets seen from the other end: replies.
    #[must_use]
    pub fn reversed(&self) -> Self {
        Self {
            source: self.destination.clone(),
            destination: self.source.clone(),
            protocols: self.protocols,
            source_ports: self.destination_ports.clone(),
            destination_ports: self.source_ports.clone(),
        }
    }

    /// A packet of the cube that a person recognises; see [`PacketSet::witness`].
    #[must_use]
    pub fn witness(&self, hints: &[IpAddr]) -> Option<Packet> {
        // Nobody sends to himself through a firewall.
        let pick = |set: &IpSet, v4: bool, other: Option<IpAddr>| -> Option<IpAddr> {
            let rest = other.map(|other| set.subtract(&IpSet::host(other)));
            let of_family = |rest: &&IpSet| {
                let mut ranges = rest.ranges();
                ranges.any(|range| matches!(range, IpRange::V4(..)) == v4)
            };
            let set = rest.as_ref().filter(of_family).unwrap_or(set);
            if let Some(only) = set.single() {
                return (only.is_ipv4() == v4).then_some(only);
            }
            let hinted = hints
                .iter()
                .find(|hint| hint.is_ipv4() == v4 && set.contains(**hint));
            if let Some(hint) = hinted {
                return Some(*hint);
            }
            let range = set
                .ranges()
                .find(|range| matches!(range, IpRange::V4(..)) == v4)?;
            // The lowest address of a network is seldom a host.
            let second = match range {
                IpRange::V4(low, high) if high.saturating_sub(low) >= 3 && low & 3 == 0 => {
                    IpRange::V4(low.saturating_add(1), high)
                }
                IpRange::V6(low, high) if high.saturating_sub(low) >= 3 && low & 3 == 0 => {
                    IpRange::V6(low.saturating_add(1), high)
                }
                other => other,
            };
            Some(second.first())
        };
        let (source, destination) = [true, false].into_iter().find_map(|v4| {
            let source = pick(&self.source, v4, self.destination.single())?;
            let destination = pick(&self.destination, v4, Some(source))?;
            Some((source, destination))
        })?;
        let protocol = [Protocol::TCP, Protocol::UDP, Protocol::ICMP]
            .into_iter()
            .find(|protocol| self.protocols.contains(*protocol))
            .or_else(|| self.protocols.iter().next())?;
        let port = |set: &PortSet, liked: &[u16], from: u16| {
            liked
                .iter()
                .copied()
                .find(|port| set.contains(*port))
                .or_else(|| set.intersect(&PortSet::range(from, u16::MAX)).first())
                .or_else(|| set.first())
        };
        let (source_port, destination_port) = if protocol.has_ports() {
            (
                port(&self.source_ports, &[40_000], 1024)?,
                port(&self.destination_ports, &WELL_KNOWN, 1)?,
            )
        } else if matches!(protocol, Protocol::ICMP | Protocol::ICMP6) {
            let echo = if protocol == Protocol::ICMP { 8 } else { 128 };
            (0, port(&self.destination_ports, &[echo << 8], 0)?)
        } else {
            (0, 0)
        };
        Some(Packet {
            source,
            destination,
            protocol,
            source_port,
            destination_port,
        })
    }
}

/// Ports that a witness prefers, most telling first.
const WELL_KNOWN: [u16; 12] = [25, 443, 80, 587, 389, 445, 135, 53, 110, 143, 993, 995];

/// An exact set of packets, as disjoint cubes.
#[derive(Debug, Clone, Default)]
pub struct PacketSet {
    cubes: Vec<Cube>,
}

impl PacketSet {
    /// No packet.
    pub const EMPTY: Self = Self { cubes: Vec::new() };

    /// Every packet.
    #[must_use]
    pub fn all() -> Self {
        Self::from(Cube::ALL)
    }

    /// Joins cubes that are known to be disjoint.
    #[must_use]
    pub fn of_disjoint(cubes: Vec<Cube>) -> Self {
        Self { cubes }
    }

    /// The disjoint cubes; their number bounds the set's size.
    #[must_use]
    pub fn cubes(&self) -> &[Cube] {
        &self.cubes
    }

    /// The disjoint cubes, taken out.
    #[must_use]
    pub fn into_cubes(self) -> Vec<Cube> {
        self.cubes
    }

    /// Whether no packet is in the set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cubes.is_empty()
    }

    /// Whether a packet is in the set.
    #[must_use]
    pub fn contains(&self, packet: &Packet) -> bool {
        self.cubes.iter().any(|cube| cube.contains(packet))
    }

    /// Adds a cube's packets.
    pub fn insert(&mut self, cube: &Cube) {
        if cube.is_empty() || self.cubes.iter().any(|mine| mine.includes(cube)) {
            return;
        }
        let mut fresh = vec![cube.clone()];
        for mine in &self.cubes {
            fresh = subtract_all(&fresh, mine);
        }
        self.cubes.append(&mut fresh);
    }

    /// Packets in either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let mut union = self.clone();
        for cube in &other.cubes {
            union.insert(cube);
        }
        union
    }

    /// Packets in both sets.
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Self {
        let cubes = self
            .cubes
            .iter()
            .flat_map(|mine| other.cubes.iter().filter_map(|cube| mine.intersect(cube)))
            .collect();
        Self { cubes }
    }

    /// Packets of `self` that are not in `other`.
    #[must_use]
    pub fn subtract(&self, other: &Self) -> Self {
        let mut cubes = self.cubes.clone();
        for cut in &other.cubes {
            cubes = subtract_all(&cubes, cut);
        }
        Self { cubes }
    }

    /// Whether every packet of `other` is in `self`.
    #[must_use]
    pub fn includes(&self, other: &Self) -> bool {
        other.subtract(self).is_empty()
    }

    /// Whether the sets hold the same packets.
    #[must_use]
    pub fn same(&self, other: &Self) -> bool {
        self.includes(other) && other.includes(self)
    }

    /// A packet of the set that a person recognises: an address out of
    /// `hints`, a well-known port, source port 40000; else the smallest.
    #[must_use]
    pub fn witness(&self, hints: &[IpAddr]) -> Option<Packet> {
        let score = |packet: &Packet| {
            let named = |address| usize::from(!hints.contains(address));
            let unknown_port = WELL_KNOWN
                .iter()
                .position(|port| *port == packet.destination_port)
                .unwrap_or(WELL_KNOWN.len());
            (
                packet.source == packet.destination,
                named(&packet.source).saturating_add(named(&packet.destination)),
                usize::from(packet.protocol != Protocol::TCP),
                unknown_port,
                usize::from(packet.source_port != 40_000),
                *packet,
            )
        };
        self.cubes
            .iter()
            .filter_map(|cube| cube.witness(hints))
            .min_by_key(score)
    }

    /// The set in words: `tcp 25 and 587 from 10.1.0.0/16 except 10.1.3.0/24 to any`.
    #[must_use]
    pub fn describe(&self) -> String {
        describe::packets(&self.cubes)
    }
}

impl From<Cube> for PacketSet {
    fn from(cube: Cube) -> Self {
        Self {
            cubes: if cube.is_empty() {
                Vec::new()
            } else {
                vec![cube]
            },
        }
    }
}

/// Takes a cube away from every one of several.
#[must_use]
pub fn subtract_all(cubes: &[Cube], cut: &Cube) -> Vec<Cube> {
    let mut left = Vec::with_capacity(cubes.len());
    for cube in cubes {
        cube.subtract(cut, &mut left);
    }
    left
}
