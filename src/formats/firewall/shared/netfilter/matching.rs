//! What one rule of netfilter looks for: a conjunction of exact sets.
//!
//! iptables and nft write one condition after another, and all must hold.
//! Each narrows a field of a [`Match`]; a condition that the model cannot
//! express is kept as a reason.

use super::ranges::{Ranges, narrow};
use crate::model::firewall::{InterfaceMatch, InterfaceSet, ReasonId};
use crate::model::net::{IpRange, Protocol};

/// States of a connection, as bits.
pub mod states {
    /// First packet of a connection.
    pub const NEW: u8 = 1;
    /// Packet of a known connection.
    pub const ESTABLISHED: u8 = 2;
    /// Belongs to another connection (FTP data, ICMP errors).
    pub const RELATED: u8 = 4;
    /// Belongs to none and opens none.
    pub const INVALID: u8 = 8;
    /// Not looked at by connection tracking.
    pub const UNTRACKED: u8 = 16;
    /// Every state.
    pub const ALL: u8 = 31;

    /// The bit of a state's name, in any case.
    #[must_use]
    pub fn of(name: &str) -> Option<u8> {
        const NAMES: [(&str, u8); 5] = [
            ("NEW", NEW),
            ("ESTABLISHED", ESTABLISHED),
            ("RELATED", RELATED),
            ("INVALID", INVALID),
            ("UNTRACKED", UNTRACKED),
        ];
        let mut known = NAMES.iter();
        let (_, bit) = known.find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some(*bit)
    }
}

/// TCP flags of the packets that stand for a connection: the first packet,
/// then answers and later packets (SYN ACK, ACK, PSH ACK, FIN ACK).
const FLAG_SAMPLES: [u8; 5] = [0x02, 0x12, 0x10, 0x18, 0x11];
/// Every sample, as bits of [`Match::flags`].
pub const ALL_FLAGS: u8 = 0b1_1111;

/// Families of addresses that a rule is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// IPv4 only.
    V4,
    /// IPv6 only.
    V6,
    /// Both.
    Both,
}

impl Family {
    /// Whether IPv4 packets are in.
    #[must_use]
    pub fn v4(self) -> bool {
        self != Self::V6
    }

    /// Whether IPv6 packets are in.
    #[must_use]
    pub fn v6(self) -> bool {
        self != Self::V4
    }
}

/// Addresses of one end; `None` is every address of the family.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Addresses {
    /// IPv4.
    pub v4: Option<Ranges<u32>>,
    /// IPv6.
    pub v6: Option<Ranges<u128>>,
    /// Value and mask of a mask with holes, and whether it is negated.
    pub masked: Option<(u32, u32, bool)>,
}

impl Addresses {
    /// Keeps a set of one or both families, or all but it (of the same
    /// families).
    pub fn keep(&mut self, ranges: &[IpRange], negated: bool) {
        if let [IpRange::V4(low, high)] = ranges {
            narrow(&mut self.v4, Ranges::one(*low, *high).turned(negated));
            return narrow(&mut self.v6, Ranges::none().turned(negated));
        }
        let v4 = ranges.iter().filter_map(|range| match range {
            IpRange::V4(a, b) => Some((*a, *b)),
            IpRange::V6(..) => None,
        });
        let v6 = ranges.iter().filter_map(|range| match range {
            IpRange::V6(a, b) => Some((*a, *b)),
            IpRange::V4(..) => None,
        });
        narrow(&mut self.v4, v4.collect::<Ranges<_>>().turned(negated));
        narrow(&mut self.v6, v6.collect::<Ranges<_>>().turned(negated));
    }
}

/// A conjunction of conditions.
#[derive(Debug, Clone, PartialEq)]
pub struct Match {
    /// Families.
    pub family: Family,
    /// Source.
    pub source: Addresses,
    /// Destination.
    pub destination: Addresses,
    /// Protocols; `None` is any.
    pub protocols: Option<Ranges<u8>>,
    /// Source ports.
    pub source_ports: Option<Ranges<u16>>,
    /// Destination ports.
    pub destination_ports: Option<Ranges<u16>>,
    /// Ports of which the source or the destination must be one.
    pub either_ports: Option<Ranges<u16>>,
    /// ICMP type and code as `type * 256 + code`.
    pub icmp: Option<Ranges<u16>>,
    /// Incoming interfaces.
    pub ingress: InterfaceMatch,
    /// Outgoing interfaces.
    pub egress: InterfaceMatch,
    /// States, see [`states`].
    pub states: u8,
    /// Which of the sample packets have the TCP flags asked for.
    pub flags: u8,
    /// What else must hold and is not modelled.
    pub unknown: Vec<ReasonId>,
    /// Whether the conditions contradict each other.
    pub never: bool,
}

impl Match {
    /// Everything of a family.
    #[must_use]
    pub fn all(family: Family) -> Self {
        Self {
            family,
            source: Addresses::default(),
            destination: Addresses::default(),
            protocols: None,
            source_ports: None,
            destination_ports: None,
            either_ports: None,
            icmp: None,
            ingress: InterfaceMatch::Any,
            egress: InterfaceMatch::Any,
            states: states::ALL,
            flags: ALL_FLAGS,
            unknown: Vec::new(),
            never: false,
        }
    }

    /// Only packets of one family from now on.
    pub fn only(&mut self, family: Family) {
        match (self.family, family) {
            (_, Family::Both) => {}
            (Family::Both, one) => self.family = one,
            (held, one) if held == one => {}
            _ => self.never = true,
        }
    }

    /// Only this protocol, or all but it.
    pub fn protocol(&mut self, protocol: Protocol, negated: bool) {
        let one = Ranges::one(protocol.0, protocol.0);
        narrow(&mut self.protocols, one.turned(negated));
    }

    /// The one protocol that the conditions leave.
    #[must_use]
    pub fn one_protocol(&self) -> Option<Protocol> {
        match self.protocols.as_ref()?.ranges() {
            [(low, high)] if low == high => Some(Protocol(*low)),
            _ => None,
        }
    }

    /// Only these states, or all but these.
    pub fn state(&mut self, wanted: u8, negated: bool) {
        self.states &= if negated {
            !wanted & states::ALL
        } else {
            wanted
        };
    }

    /// Only TCP packets whose flags satisfy a test.
    pub fn tcp_flags(&mut self, holds: impl Fn(u8) -> bool) {
        self.protocol(Protocol::TCP, false);
        for (bit, flags) in FLAG_SAMPLES.iter().enumerate() {
            if !holds(*flags) {
                self.flags &= !(1u8 << bit);
            }
        }
    }

    /// Whether [`Match::and`] is exact.
    #[must_use]
    pub fn joins(&self, other: &Self) -> bool {
        let masks = |a: &Addresses, b: &Addresses| a.masked.is_some() && b.masked.is_some();
        !masks(&self.source, &other.source)
            && !masks(&self.destination, &other.destination)
            && (self.either_ports.is_none() || other.either_ports.is_none())
    }

    /// What this and another conjunction admit; more where they do not
    /// [`Match::joins`].
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let mut joined = self.clone();
        joined.only(other.family);
        for (end, by) in [
            (&mut joined.source, &other.source),
            (&mut joined.destination, &other.destination),
        ] {
            if let Some(v4) = &by.v4 {
                narrow(&mut end.v4, v4.clone());
            }
            if let Some(v6) = &by.v6 {
                narrow(&mut end.v6, v6.clone());
            }
            end.masked = end.masked.or(by.masked);
        }
        if let Some(protocols) = &other.protocols {
            narrow(&mut joined.protocols, protocols.clone());
        }
        for (field, by) in [
            (&mut joined.source_ports, &other.source_ports),
            (&mut joined.destination_ports, &other.destination_ports),
            (&mut joined.icmp, &other.icmp),
        ] {
            if let Some(by) = by {
                narrow(field, by.clone());
            }
        }
        if joined.either_ports.is_none() {
            joined.either_ports.clone_from(&other.either_ports);
        }
        joined.came_in(other.ingress.clone());
        joined.goes_out(other.egress.clone());
        joined.states &= other.states;
        joined.flags &= other.flags;
        joined.unknown.extend(&other.unknown);
        joined.never |= other.never;
        joined
    }

    /// Whether some packet may meet all conditions, as far as single fields
    /// tell.
    #[must_use]
    pub fn is_possible(&self) -> bool {
        let open = |end: &Addresses| {
            self.family.v4() && end.v4.as_ref().is_none_or(|set| !set.is_empty())
                || self.family.v6() && end.v6.as_ref().is_none_or(|set| !set.is_empty())
        };
        let some = |ports: &Option<Ranges<u16>>| ports.as_ref().is_none_or(|set| !set.is_empty());
        let no_interface = |which: &InterfaceMatch| matches!(which, InterfaceMatch::Set(set) if set.ids.is_empty());
        !self.never
            && open(&self.source)
            && open(&self.destination)
            && self.protocols.as_ref().is_none_or(|set| !set.is_empty())
            && some(&self.source_ports)
            && some(&self.destination_ports)
            && some(&self.icmp)
            && !no_interface(&self.ingress)
            && !no_interface(&self.egress)
    }

    /// Only these incoming interfaces.
    pub fn came_in(&mut self, wanted: InterfaceMatch) {
        self.ingress = both(&self.ingress, wanted);
    }

    /// Only these outgoing interfaces.
    pub fn goes_out(&mut self, wanted: InterfaceMatch) {
        self.egress = both(&self.egress, wanted);
    }
}

/// Interfaces that two conditions admit.
fn both(held: &InterfaceMatch, wanted: InterfaceMatch) -> InterfaceMatch {
    let parts = |which: &InterfaceMatch| match which {
        InterfaceMatch::Any => (true, Vec::new()),
        InterfaceMatch::One(id) => (false, vec![*id]),
        InterfaceMatch::Set(set) => {
            let InterfaceSet { except, ids } = &**set;
            (*except, ids.to_vec())
        }
    };
    if held.is_any() {
        return wanted;
    }
    let ((except, mut ids), (other_except, others)) = (parts(held), parts(&wanted));
    match (except, other_except) {
        (true, true) => {
            ids.extend(others);
            InterfaceMatch::none_of(ids)
        }
        (true, false) => InterfaceMatch::any_of(others.into_iter().filter(|id| !ids.contains(id))),
        (false, _) => InterfaceMatch::any_of(
            ids.into_iter()
                .filter(|id| others.contains(id) != other_except),
        ),
    }
}
