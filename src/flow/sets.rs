//! Exact sets of addresses, ports, protocols and services.

use std::net::IpAddr;
use std::sync::LazyLock;

use super::ranges::RangeSet;
use crate::model::net::{IpRange, PortRange, Protocol};

/// A set of ports, or of ICMP type and code as `type * 256 + code`.
pub type PortSet = RangeSet<u16>;

/// A set of addresses of both families.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct IpSet {
    /// IPv4 addresses.
    pub v4: RangeSet<u32>,
    /// IPv6 addresses.
    pub v6: RangeSet<u128>,
}

impl IpSet {
    /// No address.
    pub const EMPTY: Self = Self {
        v4: RangeSet::EMPTY,
        v6: RangeSet::EMPTY,
    };
    /// Every address of both families.
    pub const ALL: Self = Self {
        v4: RangeSet::ALL,
        v6: RangeSet::ALL,
    };
    /// Every IPv4 address.
    pub const ALL4: Self = Self {
        v4: RangeSet::ALL,
        v6: RangeSet::EMPTY,
    };
    /// Every IPv6 address.
    pub const ALL6: Self = Self {
        v4: RangeSet::EMPTY,
        v6: RangeSet::ALL,
    };

    /// The set of one address.
    #[must_use]
    pub fn host(address: IpAddr) -> Self {
        Self::from(IpRange::host(address))
    }

    /// The union of any ranges.
    #[must_use]
    pub fn of(ranges: impl IntoIterator<Item = IpRange>) -> Self {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for range in ranges {
            match range {
                IpRange::V4(low, high) => v4.push((low, high)),
                IpRange::V6(low, high) => v6.push((low, high)),
            }
        }
        Self {
            v4: RangeSet::of(v4),
            v6: RangeSet::of(v6),
        }
    }

    /// The ranges, IPv4 first, in ascending order.
    pub fn ranges(&self) -> impl Iterator<Item = IpRange> + '_ {
        let v4 = self.v4.ranges().iter().map(|r| IpRange::V4(r.0, r.1));
        let v6 = self.v6.ranges().iter().map(|r| IpRange::V6(r.0, r.1));
        v4.chain(v6)
    }

    /// Number of ranges.
    #[must_use]
    pub fn range_count(&self) -> usize {
        self.v4
            .ranges()
            .len()
            .saturating_add(self.v6.ranges().len())
    }

    /// Whether no address is in the set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }

    /// Whether every address of both families is in the set.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.v4.is_all() && self.v6.is_all()
    }

    /// The only address, if there is exactly one.
    #[must_use]
    pub fn single(&self) -> Option<IpAddr> {
        match (self.v4.single(), self.v6.single()) {
            (Some(a), None) if self.v6.is_empty() => Some(IpRange::V4(a, a).first()),
            (None, Some(a)) if self.v4.is_empty() => Some(IpRange::V6(a, a).first()),
            _ => None,
        }
    }

    /// Whether an address is in the set.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(a) => self.v4.contains(a.to_bits()),
            IpAddr::V6(a) => self.v6.contains(a.to_bits()),
        }
    }

    /// Whether every address of `other` is in `self`.
    #[must_use]
    pub fn includes(&self, other: &Self) -> bool {
        self.v4.includes(&other.v4) && self.v6.includes(&other.v6)
    }

    /// Whether the sets share an address.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.v4.overlaps(&other.v4) || self.v6.overlaps(&other.v6)
    }

    /// Addresses in either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self {
            v4: self.v4.union(&other.v4),
            v6: self.v6.union(&other.v6),
        }
    }

    /// Addresses in both sets.
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Self {
        Self {
            v4: self.v4.intersect(&other.v4),
            v6: self.v6.intersect(&other.v6),
        }
    }

    /// Addresses of `self` that are not in `other`.
    #[must_use]
    pub fn subtract(&self, other: &Self) -> Self {
        Self {
            v4: self.v4.subtract(&other.v4),
            v6: self.v6.subtract(&other.v6),
        }
    }

    /// Addresses that are not in the set.
    #[must_use]
    pub fn complement(&self) -> Self {
        Self::ALL.subtract(self)
    }

    /// The smallest network of each family around the set.
    #[must_use]
    pub fn hull(&self) -> Self {
        let v4 = self.v4.first().zip(self.v4.last()).map(|(low, high)| {
            let mask = u32::MAX
                .checked_shr((low ^ high).leading_zeros())
                .unwrap_or(0);
            IpRange::V4(low & !mask, low | mask)
        });
        let v6 = self.v6.first().zip(self.v6.last()).map(|(low, high)| {
            let mask = u128::MAX
                .checked_shr((low ^ high).leading_zeros())
                .unwrap_or(0);
            IpRange::V6(low & !mask, low | mask)
        });
        Self::of(v4.into_iter().chain(v6))
    }

    /// Number of addresses; saturating.
    #[must_use]
    pub fn size(&self) -> u128 {
        self.v4.size().saturating_add(self.v6.size())
    }
}

impl From<IpRange> for IpSet {
    fn from(range: IpRange) -> Self {
        match range {
            IpRange::V4(low, high) => Self {
                v4: RangeSet::range(low, high),
                v6: RangeSet::EMPTY,
            },
            IpRange::V6(low, high) => Self {
                v4: RangeSet::EMPTY,
                v6: RangeSet::range(low, high),
            },
        }
    }
}

impl From<PortRange> for PortSet {
    fn from(range: PortRange) -> Self {
        Self::range(range.low, range.high)
    }
}

/// A set of IP protocols.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct ProtocolSet([u64; 4]);

impl ProtocolSet {
    /// No protocol.
    pub const EMPTY: Self = Self([0; 4]);
    /// Every protocol.
    pub const ALL: Self = Self([u64::MAX; 4]);

    /// The set of one protocol.
    #[must_use]
    pub fn one(protocol: Protocol) -> Self {
        let mut set = Self::EMPTY;
        set.insert(protocol);
        set
    }

    /// The protocols whose packets carry ports.
    #[must_use]
    pub fn with_ports() -> Self {
        static PORTED: LazyLock<ProtocolSet> = LazyLock::new(|| {
            (0..=u8::MAX)
                .map(Protocol)
                .filter(|protocol| protocol.has_ports())
                .collect()
        });
        *PORTED
    }

    /// Adds a protocol.
    pub fn insert(&mut self, protocol: Protocol) {
        if let Some(word) = self.0.get_mut(usize::from(protocol.0 >> 6)) {
            *word |= 1 << (protocol.0 & 63);
        }
    }

    /// Whether a protocol is in the set.
    #[must_use]
    pub fn contains(&self, protocol: Protocol) -> bool {
        self.0
            .get(usize::from(protocol.0 >> 6))
            .is_some_and(|word| word & (1 << (protocol.0 & 63)) != 0)
    }

    /// Whether no protocol is in the set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0 == [0; 4]
    }

    /// The only protocol of the set, if it has one.
    #[must_use]
    pub fn single(&self) -> Option<Protocol> {
        if self.count() != 1 {
            return None;
        }
        let (index, word) = (0u8..).zip(self.0).find(|(_, word)| *word != 0)?;
        let bit = u8::try_from(word.trailing_zeros()).ok()?;
        Some(Protocol(index.checked_mul(64)?.checked_add(bit)?))
    }

    /// Whether every protocol is in the set.
    #[must_use]
    pub fn is_all(&self) -> bool {
        *self == Self::ALL
    }

    fn zip(self, other: Self, f: impl Fn(u64, u64) -> u64) -> Self {
        let mut words = self.0;
        for (word, with) in words.iter_mut().zip(other.0) {
            *word = f(*word, with);
        }
        Self(words)
    }

    /// Protocols in either set.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        self.zip(other, |a, b| a | b)
    }

    /// Protocols in both sets.
    #[must_use]
    pub fn intersect(self, other: Self) -> Self {
        self.zip(other, |a, b| a & b)
    }

    /// Protocols of `self` that are not in `other`.
    #[must_use]
    pub fn subtract(self, other: Self) -> Self {
        self.zip(other, |a, b| a & !b)
    }

    /// Whether every protocol of `other` is in `self`.
    #[must_use]
    pub fn includes(self, other: Self) -> bool {
        self.0.iter().zip(other.0).all(|(a, b)| b & !a == 0)
    }

    /// Whether the sets share a protocol.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        self.0.iter().zip(other.0).any(|(a, b)| a & b != 0)
    }

    /// The protocols in ascending order.
    pub fn iter(self) -> impl Iterator<Item = Protocol> {
        (0..=u8::MAX)
            .map(Protocol)
            .filter(move |protocol| self.contains(*protocol))
    }

    /// Number of protocols.
    #[must_use]
    pub fn count(self) -> u32 {
        self.0
            .iter()
            .fold(0u32, |sum, word| sum.saturating_add(word.count_ones()))
    }
}

impl FromIterator<Protocol> for ProtocolSet {
    fn from_iter<I: IntoIterator<Item = Protocol>>(protocols: I) -> Self {
        let mut set = Self::EMPTY;
        for protocol in protocols {
            set.insert(protocol);
        }
        set
    }
}

/// Protocols with source and destination ports: one product of sets.
///
/// For protocols without ports both port sets are full; ICMP keeps type and
/// code in `destination`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ServiceCube {
    /// Protocols.
    pub protocols: ProtocolSet,
    /// Source ports.
    pub source: PortSet,
    /// Destination ports, or ICMP type and code.
    pub destination: PortSet,
}

impl ServiceCube {
    /// Every packet.
    pub const ALL: Self = Self {
        protocols: ProtocolSet::ALL,
        source: PortSet::ALL,
        destination: PortSet::ALL,
    };

    /// One protocol with any source port and the given destination ports.
    #[must_use]
    pub fn ports(protocol: Protocol, destination: PortSet) -> Self {
        Self {
            protocols: ProtocolSet::one(protocol),
            source: PortSet::ALL,
            destination,
        }
    }

    /// Whether no packet is in the cube.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.protocols.is_empty() || self.source.is_empty() || self.destination.is_empty()
    }

    fn includes(&self, other: &Self) -> bool {
        self.protocols.includes(other.protocols)
            && self.source.includes(&other.source)
            && self.destination.includes(&other.destination)
    }

    fn subtract(&self, other: &Self, out: &mut Vec<Self>) {
        let common = Self {
            protocols: self.protocols.intersect(other.protocols),
            source: self.source.intersect(&other.source),
            destination: self.destination.intersect(&other.destination),
        };
        if common.is_empty() {
            out.push(self.clone());
            return;
        }
        let pieces = [
            Self {
                protocols: self.protocols.subtract(other.protocols),
                ..self.clone()
            },
            Self {
                protocols: common.protocols,
                source: self.source.clone(),
                destination: self.destination.subtract(&other.destination),
            },
            Self {
                protocols: common.protocols,
                source: self.source.subtract(&other.source),
                destination: common.destination,
            },
        ];
        out.extend(pieces.into_iter().filter(|piece| !piece.is_empty()));
    }
}

/// A set of services: a union of cubes, which may overlap.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct ServiceSet {
    cubes: Vec<ServiceCube>,
}

impl ServiceSet {
    /// No service.
    pub const EMPTY: Self = Self { cubes: Vec::new() };

    /// Every service.
    #[must_use]
    pub fn all() -> Self {
        Self {
            cubes: vec![ServiceCube::ALL],
        }
    }

    /// The union of cubes; cubes that differ in one dimension are merged.
    #[must_use]
    pub fn of(cubes: Vec<ServiceCube>) -> Self {
        let mut merged: Vec<ServiceCube> = cubes.into_iter().filter(|c| !c.is_empty()).collect();
        if merged.len() > 1 {
            merged.sort_by(|a, b| {
                (a.protocols, a.source.ranges()).cmp(&(b.protocols, b.source.ranges()))
            });
            merged = merge(merged, |a, b| {
                (a.protocols == b.protocols && a.source == b.source).then(|| ServiceCube {
                    destination: a.destination.union(&b.destination),
                    ..a.clone()
                })
            });
            merged.sort_by(|a, b| {
                (a.source.ranges(), a.destination.ranges())
                    .cmp(&(b.source.ranges(), b.destination.ranges()))
            });
            merged = merge(merged, |a, b| {
                (a.destination == b.destination && a.source == b.source).then(|| ServiceCube {
                    protocols: a.protocols.union(b.protocols),
                    ..a.clone()
                })
            });
        }
        if merged.len() > 1
            && let Some(whole) = merged.iter().find(|cube| **cube == ServiceCube::ALL)
        {
            merged = vec![whole.clone()];
        }
        Self { cubes: merged }
    }

    /// The cubes, in no particular order; they may overlap.
    #[must_use]
    pub fn cubes(&self) -> &[ServiceCube] {
        &self.cubes
    }

    /// Whether no service is in the set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cubes.is_empty()
    }

    /// Services in either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let mut cubes = self.cubes.clone();
        cubes.extend_from_slice(&other.cubes);
        Self::of(cubes)
    }

    /// Services of `self` that are not in `other`; the cubes are disjoint when
    /// those of `self` are.
    #[must_use]
    pub fn subtract(&self, other: &Self) -> Self {
        let mut left = self.cubes.clone();
        for cut in &other.cubes {
            let mut next = Vec::with_capacity(left.len());
            for cube in &left {
                cube.subtract(cut, &mut next);
            }
            left = next;
        }
        Self { cubes: left }
    }

    /// Whether every service of `other` is in `self`.
    #[must_use]
    pub fn includes(&self, other: &Self) -> bool {
        other
            .cubes
            .iter()
            .all(|cube| self.cubes.iter().any(|mine| mine.includes(cube)))
            || other.subtract(self).is_empty()
    }

    /// Every service that is not in the set.
    #[must_use]
    pub fn complement(&self) -> Self {
        Self::all().subtract(self)
    }
}

/// Joins neighbours of a sorted list wherever `join` gives a joint cube.
fn merge(
    cubes: Vec<ServiceCube>,
    join: impl Fn(&ServiceCube, &ServiceCube) -> Option<ServiceCube>,
) -> Vec<ServiceCube> {
    let mut merged: Vec<ServiceCube> = Vec::with_capacity(cubes.len());
    for cube in cubes {
        match merged.last_mut() {
            Some(last) => match join(last, &cube) {
                Some(joint) => *last = joint,
                None => merged.push(cube),
            },
            None => merged.push(cube),
        }
    }
    merged
}
