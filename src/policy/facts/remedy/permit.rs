//! The rule that is missing, before it is put into the words of a platform.

use std::net::{IpAddr, Ipv4Addr};

use super::super::asked::End;
use super::super::verdicts::Words;
use super::{Place, Positions};
use crate::flow::{Cube, Decider, Part, PortSet, Seen};
use crate::model::firewall::{Filter, Firewall, Interface, InterfaceId};
use crate::model::net::{IpRange, Protocol};

/// Hosts and networks of one end for which lines are written; a longer list is
/// the business of an object group.
pub const MOST_LINES: usize = 4;

/// One protocol and one range of ports from some networks to others.
#[derive(Debug)]
pub struct Permit {
    /// `tcp` or `udp`.
    pub protocol: &'static str,
    /// First and last port.
    pub ports: (u16, u16),
    /// Who sends; empty for anyone.
    pub from: Vec<Net>,
    /// Who receives; empty for anyone.
    pub to: Vec<Net>,
}

/// An IPv4 network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Net {
    /// First address.
    pub base: Ipv4Addr,
    /// Length of the prefix.
    pub length: u32,
}

impl Net {
    /// `10.1.0.5/32`.
    pub fn prefix(self) -> String {
        format!("{}/{}", self.base, self.length)
    }

    /// `10.1.0.5`, or `10.1.0.0/16`.
    pub fn short(self) -> String {
        match self.length {
            32 => self.base.to_string(),
            _ => self.prefix(),
        }
    }

    /// The mask of the network, or its inverse.
    pub fn mask(self, inverse: bool) -> Ipv4Addr {
        let wild = u32::MAX.checked_shr(self.length).unwrap_or(0);
        Ipv4Addr::from_bits(if inverse { wild } else { !wild })
    }
}

impl Permit {
    /// What packets of this shape need. `None` for several protocols or
    /// ranges, for IPv6, and for ends that are no few networks.
    pub fn of(cube: &Cube, [from, to]: [End; 2]) -> Option<Self> {
        let protocol = match cube.protocols.single()? {
            Protocol::TCP => "tcp",
            Protocol::UDP => "udp",
            _ => return None,
        };
        let nets = |end: End, ranges: Vec<IpRange>| match end {
            End::Internet => Some(Vec::new()),
            End::Server(_) | End::Zone(_) | End::Host(_) => {
                ranges.into_iter().map(network).collect()
            }
        };
        let from: Vec<Net> = nets(from, cube.source.ranges().collect())?;
        let to: Vec<Net> = nets(to, cube.destination.ranges().collect())?;
        (from.len().max(to.len()) <= MOST_LINES).then_some(Self {
            protocol,
            ports: ports(&cube.destination_ports)?,
            from,
            to,
        })
    }

    /// Every pair of a sender and a receiver; `None` for anyone.
    pub fn pairs(&self) -> impl Iterator<Item = (Option<Net>, Option<Net>)> {
        let all = |nets: &[Net]| -> Vec<Option<Net>> {
            match nets {
                [] => vec![None],
                nets => nets.iter().copied().map(Some).collect(),
            }
        };
        let to = all(&self.to);
        all(&self.from)
            .into_iter()
            .flat_map(move |from| to.clone().into_iter().map(move |to| (from, to)))
    }
}

/// What is asked for where a firewall denies.
#[derive(Clone, Copy)]
pub struct Denied<'a> {
    /// Texts and names.
    pub words: Words<'a>,
    /// The firewall.
    pub firewall: &'a Firewall,
    /// What denies.
    pub decider: &'a Decider,
    /// The packets that share this fate.
    pub part: &'a Part,
    /// As this firewall sees them.
    pub seen: &'a Seen,
    /// Who asks whom.
    pub ends: [End; 2],
    /// Positions that are known.
    pub positions: &'a Positions,
}

impl Denied<'_> {
    /// The filter that denies.
    pub fn filter(&self) -> Option<&Filter> {
        let id = self.decider.filter?;
        self.firewall.filters.get(id.0 as usize)
    }

    /// The missing rule, where no translation changes addresses on the way.
    pub fn untranslated(&self) -> Option<Permit> {
        (self.seen.real == self.seen.arrived)
            .then(|| Permit::of(&self.seen.real, self.ends))
            .flatten()
    }

    /// Whether anyone on the Internet is to reach a private address that nothing
    /// translates: the public one, which some platforms name in rules, is missing.
    pub fn unpublished(&self) -> bool {
        let private = |range: IpRange| match range.first() {
            IpAddr::V4(first) => first.is_private(),
            IpAddr::V6(first) => first.is_unique_local(),
        };
        let [from, _] = self.ends;
        from == End::Internet && self.seen.arrived.destination.ranges().any(private)
    }

    /// The entry that denies.
    pub fn place(&self) -> Place {
        let decider = self.decider;
        (decider.firewall, decider.filter, decider.span)
    }

    /// How many statements of the filter stand before the one that denies.
    pub fn before(&self) -> Option<usize> {
        self.positions.of(self.place(), || self.counted_before())
    }

    fn counted_before(&self) -> Option<usize> {
        let rules = &self.filter()?.rules;
        let mut spans = Vec::new();
        for rule in rules.iter().filter(|rule| rule.implicit.is_none()) {
            if rule.span == self.decider.span {
                return Some(spans.len());
            }
            if spans.last() != Some(&rule.span) {
                spans.push(rule.span);
            }
        }
        None
    }

    /// An interface of the firewall.
    pub fn interface(&self, id: Option<InterfaceId>) -> Option<&Interface> {
        self.firewall.interfaces.get(id?.0 as usize)
    }
}

/// `None` for what is no network, and for IPv6.
fn network(range: IpRange) -> Option<Net> {
    let (IpAddr::V4(first), IpAddr::V4(last)) = (range.first(), range.last()) else {
        return None;
    };
    let wild = first.to_bits() ^ last.to_bits();
    let whole = wild & wild.wrapping_add(1) == 0 && first.to_bits() & wild == 0;
    whole.then_some(Net {
        base: first,
        length: wild.leading_zeros(),
    })
}

fn ports(ports: &PortSet) -> Option<(u16, u16)> {
    match ports.ranges() {
        [one] => Some(*one),
        _ => None,
    }
}
