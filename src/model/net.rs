//! Addresses, ports and protocols as exact sets.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An inclusive range of addresses of one family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum IpRange {
    /// IPv4, both ends included.
    V4(u32, u32),
    /// IPv6, both ends included.
    V6(u128, u128),
}

impl IpRange {
    /// Every IPv4 address.
    pub const ANY4: Self = Self::V4(0, u32::MAX);
    /// Every IPv6 address.
    pub const ANY6: Self = Self::V6(0, u128::MAX);

    /// The range that holds one address.
    #[must_use]
    pub fn host(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(a) => Self::V4(a.to_bits(), a.to_bits()),
            IpAddr::V6(a) => Self::V6(a.to_bits(), a.to_bits()),
        }
    }

    /// The network `address/length`; host bits are cleared. `None` when the
    /// length exceeds the family's width.
    #[must_use]
    pub fn network(address: IpAddr, length: u8) -> Option<Self> {
        match address {
            IpAddr::V4(a) => {
                let host_bits = 32u32.checked_sub(u32::from(length))?;
                let mask = u32::MAX.checked_shr(u32::from(length)).unwrap_or(0);
                let low = a.to_bits() & !mask;
                debug_assert!(host_bits <= 32);
                Some(Self::V4(low, low | mask))
            }
            IpAddr::V6(a) => {
                let host_bits = 128u32.checked_sub(u32::from(length))?;
                let mask = u128::MAX.checked_shr(u32::from(length)).unwrap_or(0);
                let low = a.to_bits() & !mask;
                debug_assert!(host_bits <= 128);
                Some(Self::V6(low, low | mask))
            }
        }
    }

    /// The range from `low` to `high`; `None` when the families differ or the
    /// ends are reversed.
    #[must_use]
    pub fn between(low: IpAddr, high: IpAddr) -> Option<Self> {
        match (low, high) {
            (IpAddr::V4(a), IpAddr::V4(b)) if a <= b => Some(Self::V4(a.to_bits(), b.to_bits())),
            (IpAddr::V6(a), IpAddr::V6(b)) if a <= b => Some(Self::V6(a.to_bits(), b.to_bits())),
            _ => None,
        }
    }

    /// The lowest address.
    #[must_use]
    pub fn first(self) -> IpAddr {
        match self {
            Self::V4(a, _) => IpAddr::V4(Ipv4Addr::from_bits(a)),
            Self::V6(a, _) => IpAddr::V6(Ipv6Addr::from_bits(a)),
        }
    }

    /// The highest address.
    #[must_use]
    pub fn last(self) -> IpAddr {
        match self {
            Self::V4(_, b) => IpAddr::V4(Ipv4Addr::from_bits(b)),
            Self::V6(_, b) => IpAddr::V6(Ipv6Addr::from_bits(b)),
        }
    }

    /// Whether the address lies in the range.
    #[must_use]
    pub fn contains(self, address: IpAddr) -> bool {
        match (self, address) {
            (Self::V4(a, b), IpAddr::V4(x)) => (a..=b).contains(&x.to_bits()),
            (Self::V6(a, b), IpAddr::V6(x)) => (a..=b).contains(&x.to_bits()),
            _ => false,
        }
    }

    /// The prefix length when the range is exactly one network.
    #[must_use]
    pub fn prefix(self) -> Option<u8> {
        match self {
            Self::V4(a, b) => {
                let mask = a ^ b;
                let length = mask.leading_zeros();
                let whole = mask == u32::MAX.checked_shr(length).unwrap_or(0) && a & mask == 0;
                whole.then_some(u8::try_from(length).ok()?)
            }
            Self::V6(a, b) => {
                let mask = a ^ b;
                let length = mask.leading_zeros();
                let whole = mask == u128::MAX.checked_shr(length).unwrap_or(0) && a & mask == 0;
                whole.then_some(u8::try_from(length).ok()?)
            }
        }
    }
}

impl fmt::Display for IpRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, last) = (self.first(), self.last());
        if first == last {
            return write!(f, "{first}");
        }
        match self.prefix() {
            Some(length) => write!(f, "{first}/{length}"),
            None => write!(f, "{first}-{last}"),
        }
    }
}

/// An inclusive range of ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PortRange {
    /// First port.
    pub low: u16,
    /// Last port; never less than `low`.
    pub high: u16,
}

impl PortRange {
    /// All ports.
    pub const ANY: Self = Self {
        low: 0,
        high: u16::MAX,
    };

    /// The range from `low` to `high`; `None` when reversed.
    #[must_use]
    pub fn new(low: u16, high: u16) -> Option<Self> {
        (low <= high).then_some(Self { low, high })
    }

    /// One port.
    #[must_use]
    pub fn one(port: u16) -> Self {
        Self {
            low: port,
            high: port,
        }
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.low == self.high {
            write!(f, "{}", self.low)
        } else {
            write!(f, "{}-{}", self.low, self.high)
        }
    }
}

/// An IP protocol number (IANA protocol-numbers registry).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Protocol(pub u8);

impl Protocol {
    /// ICMP for IPv4.
    pub const ICMP: Self = Self(1);
    /// TCP.
    pub const TCP: Self = Self(6);
    /// UDP.
    pub const UDP: Self = Self(17);
    /// ICMP for IPv6.
    pub const ICMP6: Self = Self(58);

    /// Whether packets of the protocol carry ports.
    #[must_use]
    pub fn has_ports(self) -> bool {
        matches!(self.0, 6 | 17 | 33 | 132 | 136)
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => f.write_str("icmp"),
            6 => f.write_str("tcp"),
            17 => f.write_str("udp"),
            58 => f.write_str("icmp6"),
            n => write!(f, "{n}"),
        }
    }
}
