//! Slices: which rules of a filter can matter for given addresses.
//!
//! The address space is cut once at the boundaries of what the run asks for
//! (servers, zones, networks, translations). For every piece, a bit per rule
//! tells whether the rule may match there; a query ORs the pieces that it
//! touches and ANDs source with destination. The answer is a superset: the
//! exact test follows.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use super::packets::Cube;
use super::ranges::{Bound, RangeSet};
use super::sets::IpSet;
use crate::model::firewall::{PortMatch, ProtocolMatch, ServiceMatch, ServiceTerm};
use crate::model::net::Protocol;

/// A rule that spans more pieces than this counts as matching everywhere.
const WIDE: usize = 12;
/// The address space is cut at most this often.
const MAX_CUTS: usize = 4096;
/// Sets that touch more pieces than this are remembered.
const REMEMBER: usize = 8;

/// A set of rule numbers.
#[derive(Debug, Clone, Default)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    fn with_capacity(count: usize) -> Self {
        Self(vec![0; count.div_ceil(64)])
    }

    fn insert(&mut self, index: usize) {
        if let Some(word) = self.0.get_mut(index >> 6) {
            *word |= 1 << (index & 63);
        }
    }

    fn add(&mut self, other: &Self) {
        for (word, with) in self.0.iter_mut().zip(&other.0) {
            *word |= with;
        }
    }

    fn keep(&mut self, other: &Self) {
        for (word, with) in self.0.iter_mut().zip(&other.0) {
            *word &= with;
        }
    }

    /// The members in ascending order.
    fn members(self) -> impl Iterator<Item = usize> {
        self.0.into_iter().enumerate().flat_map(|(position, word)| {
            let mut left = word;
            std::iter::from_fn(move || {
                let bit = left.trailing_zeros();
                if bit == 64 {
                    return None;
                }
                left &= left.wrapping_sub(1);
                Some((position << 6) | bit as usize)
            })
        })
    }
}

/// Where the address space is cut.
#[derive(Debug, Clone, Default)]
pub(super) struct Cuts {
    v4: Vec<u32>,
    v6: Vec<u128>,
}

impl Cuts {
    /// Cuts at both ends of every range of the sets.
    pub(super) fn new<'a>(sets: impl Iterator<Item = &'a IpSet>) -> Self {
        let (mut v4, mut v6) = (vec![0], vec![0]);
        for set in sets {
            ends(&set.v4, &mut v4);
            ends(&set.v6, &mut v6);
        }
        Self {
            v4: thin(v4),
            v6: thin(v6),
        }
    }

    fn count(&self) -> usize {
        self.v4.len().saturating_add(self.v6.len())
    }

    /// Calls `f` with the first and last piece of every range of the set.
    fn pieces(&self, set: &IpSet, mut f: impl FnMut(usize, usize)) {
        for (low, high) in set.v4.ranges() {
            f(piece(&self.v4, *low), piece(&self.v4, *high));
        }
        for (low, high) in set.v6.ranges() {
            let base = self.v4.len();
            f(
                base.saturating_add(piece(&self.v6, *low)),
                base.saturating_add(piece(&self.v6, *high)),
            );
        }
    }
}

fn ends<T: Bound>(set: &RangeSet<T>, cuts: &mut Vec<T>) {
    for (low, high) in set.ranges() {
        cuts.push(*low);
        cuts.extend(high.next());
    }
}

fn thin<T: Bound>(mut cuts: Vec<T>) -> Vec<T> {
    cuts.sort_unstable();
    cuts.dedup();
    if cuts.len() > MAX_CUTS {
        let step = cuts.len().div_ceil(MAX_CUTS);
        cuts = cuts.into_iter().step_by(step).collect();
    }
    cuts
}

fn piece<T: Bound>(cuts: &[T], value: T) -> usize {
    cuts.partition_point(|cut| *cut <= value).saturating_sub(1)
}

/// The slices of one position (source or destination).
#[derive(Debug, Default)]
struct Side {
    pieces: Vec<Bits>,
    wide: Bits,
    remembered: RwLock<HashMap<IpSet, Arc<Bits>>>,
}

impl Side {
    fn new(cuts: &Cuts, rules: usize) -> Self {
        Self {
            pieces: vec![Bits::default(); cuts.count()],
            wide: Bits::with_capacity(rules),
            remembered: RwLock::default(),
        }
    }

    fn insert(&mut self, cuts: &Cuts, rules: usize, rule: usize, set: &IpSet) {
        let mut width = 0usize;
        cuts.pieces(set, |first, last| {
            width = width.saturating_add(last.saturating_sub(first).saturating_add(1));
        });
        if width > WIDE {
            self.wide.insert(rule);
            return;
        }
        let pieces = &mut self.pieces;
        cuts.pieces(set, |first, last| {
            for index in first..=last {
                if let Some(bits) = pieces.get_mut(index) {
                    if bits.0.is_empty() {
                        *bits = Bits::with_capacity(rules);
                    }
                    bits.insert(rule);
                }
            }
        });
    }

    fn candidates(&self, cuts: &Cuts, set: &IpSet) -> Arc<Bits> {
        let mut width = 0usize;
        cuts.pieces(set, |first, last| {
            width = width.saturating_add(last.saturating_sub(first).saturating_add(1));
        });
        if width > REMEMBER
            && let Ok(remembered) = self.remembered.read()
            && let Some(bits) = remembered.get(set)
        {
            return Arc::clone(bits);
        }
        let mut bits = self.wide.clone();
        cuts.pieces(set, |first, last| {
            for index in first..=last {
                if let Some(piece) = self.pieces.get(index) {
                    bits.add(piece);
                }
            }
        });
        let bits = Arc::new(bits);
        if width > REMEMBER
            && let Ok(mut remembered) = self.remembered.write()
            && remembered.len() < 256
        {
            remembered.insert(set.clone(), Arc::clone(&bits));
        }
        bits
    }
}

/// A quick bound on the services of a rule: one protocol or any, and the
/// smallest range around its destination ports. Eight bytes a rule, so that
/// most rules are ruled out without touching them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quick {
    /// `None` for several protocols.
    protocol: Option<Protocol>,
    low: u16,
    high: u16,
}

impl Quick {
    /// Bounds a position without resolving it, where that is possible.
    pub(super) fn new(position: &ServiceMatch) -> Self {
        let any = Self {
            protocol: None,
            low: 0,
            high: u16::MAX,
        };
        let ServiceMatch::One(ServiceTerm::Inline {
            protocol,
            destination,
            ..
        }) = position
        else {
            return any;
        };
        let protocol = match protocol {
            ProtocolMatch::One(protocol) => Some(*protocol),
            _ => None,
        };
        match destination {
            PortMatch::Range(range) => Self {
                protocol,
                low: range.low,
                high: range.high,
            },
            _ => Self { protocol, ..any },
        }
    }

    pub(super) fn touches(self, cube: &Cube) -> bool {
        self.protocol
            .is_none_or(|protocol| cube.protocols.contains(protocol))
            && cube.destination_ports.touches(self.low, self.high)
    }
}

/// The slices of one filter.
#[derive(Debug)]
pub(super) struct FilterIndex {
    cuts: Arc<Cuts>,
    source: Side,
    destination: Side,
    services: Vec<Quick>,
}

impl FilterIndex {
    /// Slices `rules`, given as upper bounds of source and destination;
    /// `services` has an entry for every rule.
    pub(super) fn new(
        cuts: &Arc<Cuts>,
        services: Vec<Quick>,
        rules: impl Iterator<Item = (usize, IpSet, IpSet)>,
    ) -> Self {
        let count = services.len();
        let mut source = Side::new(cuts, count);
        let mut destination = Side::new(cuts, count);
        for (rule, from, to) in rules {
            source.insert(cuts, count, rule, &from);
            destination.insert(cuts, count, rule, &to);
        }
        Self {
            cuts: Arc::clone(cuts),
            source,
            destination,
            services,
        }
    }

    /// Rules that may match a packet of the cube, in order.
    pub(super) fn candidates(&self, cube: &Cube) -> impl Iterator<Item = usize> {
        let source = self.source.candidates(&self.cuts, &cube.source);
        let destination = self.destination.candidates(&self.cuts, &cube.destination);
        let mut bits = (*source).clone();
        bits.keep(&destination);
        bits.members().filter(|rule| {
            self.services
                .get(*rule)
                .is_none_or(|quick| quick.touches(cube))
        })
    }
}
