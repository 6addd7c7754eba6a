//! Slices: which rules of a filter can matter for given addresses.
//!
//! The address space is cut once at the boundaries of what the run asks for
//! (servers, zones, networks, translations). Every piece lists the rules that
//! may match there; rules that touch many pieces are a bit each instead, so
//! that the memory is linear in the rules. A query joins the pieces that it
//! touches and intersects source with destination. The answer is a superset:
//! the exact test follows.

use std::borrow::Cow;
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
const MAX_CUTS: usize = 16_384;
/// Sets that touch more pieces than this are joined once and remembered.
const FEW: usize = 4;
/// So many such sets are remembered.
const REMEMBERED: usize = 256;

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

    fn contains(&self, index: usize) -> bool {
        self.0
            .get(index >> 6)
            .is_some_and(|word| word & (1 << (index & 63)) != 0)
    }

    /// The members of both in ascending order.
    fn common(&self, other: &Self) -> impl Iterator<Item = usize> {
        members(self.0.iter().zip(&other.0).map(|(a, b)| a & b))
    }

    /// The members of either in ascending order.
    fn either(&self, other: &Self) -> impl Iterator<Item = usize> {
        members(self.0.iter().zip(&other.0).map(|(a, b)| a | b))
    }
}

/// The numbers of the bits that are set.
fn members(words: impl Iterator<Item = u64>) -> impl Iterator<Item = usize> {
    words
        .enumerate()
        .filter(|(_, word)| *word != 0)
        .flat_map(|(position, word)| {
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
    /// For every piece the rules that touch few pieces, in ascending order.
    pieces: Vec<Vec<u32>>,
    /// The rules that touch many.
    wide: Arc<Bits>,
    remembered: RwLock<HashMap<IpSet, Arc<Bits>>>,
}

/// Rules of one position: those listed and those whose bit is set.
struct Picked<'s> {
    listed: Cow<'s, [u32]>,
    bits: Arc<Bits>,
}

impl Side {
    fn new(cuts: &Cuts) -> Self {
        Self {
            pieces: vec![Vec::new(); cuts.count()],
            ..Self::default()
        }
    }

    /// Adds a rule behind all that are there; `true` when it is wide.
    fn insert(&mut self, cuts: &Cuts, rule: u32, set: &IpSet) -> bool {
        let mut width = 0usize;
        let mut touched = [(0, 0); WIDE];
        let mut ranges = 0usize;
        cuts.pieces(set, |first, last| {
            width = width.saturating_add(last.saturating_sub(first).saturating_add(1));
            if let Some(slot) = touched.get_mut(ranges) {
                *slot = (first, last);
            }
            ranges = ranges.saturating_add(1);
        });
        if width > WIDE {
            return true;
        }
        let pieces = &mut self.pieces;
        for (first, last) in touched.into_iter().take(ranges) {
            for index in first..=last {
                if let Some(rules) = pieces.get_mut(index)
                    && rules.last() != Some(&rule)
                {
                    rules.push(rule);
                }
            }
        }
        false
    }

    fn candidates(&self, cuts: &Cuts, set: &IpSet) -> Picked<'_> {
        let mut touched: Vec<&[u32]> = Vec::new();
        let mut width = 0usize;
        cuts.pieces(set, |first, last| {
            let count = last.saturating_sub(first).saturating_add(1);
            width = width.saturating_add(count);
            if width <= FEW {
                let rules = self.pieces.iter().skip(first).take(count);
                touched.extend(rules.map(Vec::as_slice).filter(|rules| !rules.is_empty()));
            }
        });
        if width <= FEW {
            let listed = match touched.as_slice() {
                [] => Cow::Borrowed(&[][..]),
                [one] => Cow::Borrowed(*one),
                several => {
                    let mut rules = several.concat();
                    rules.sort_unstable();
                    rules.dedup();
                    Cow::Owned(rules)
                }
            };
            return Picked {
                listed,
                bits: Arc::clone(&self.wide),
            };
        }
        Picked {
            listed: Cow::Borrowed(&[]),
            bits: self.joined(cuts, set),
        }
    }

    /// The rules of many pieces, remembered: such sets are asked for again.
    fn joined(&self, cuts: &Cuts, set: &IpSet) -> Arc<Bits> {
        if let Ok(remembered) = self.remembered.read()
            && let Some(bits) = remembered.get(set)
        {
            return Arc::clone(bits);
        }
        let mut bits = (*self.wide).clone();
        cuts.pieces(set, |first, last| {
            let count = last.saturating_sub(first).saturating_add(1);
            for rule in self.pieces.iter().skip(first).take(count).flatten() {
                bits.insert(*rule as usize);
            }
        });
        let bits = Arc::new(bits);
        if let Ok(mut remembered) = self.remembered.write()
            && remembered.len() < REMEMBERED
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
    /// Slices `rules`, given in ascending order as upper bounds of source and
    /// destination; `services` has an entry for every rule.
    pub(super) fn new<'r>(
        cuts: &Arc<Cuts>,
        services: Vec<Quick>,
        rules: impl Iterator<Item = (usize, Cow<'r, IpSet>, Cow<'r, IpSet>)>,
    ) -> Self {
        let mut source = Side::new(cuts);
        let mut destination = Side::new(cuts);
        let mut wide = [(); 2].map(|()| Bits::with_capacity(services.len()));
        for (rule, from, to) in rules {
            let Ok(number) = u32::try_from(rule) else {
                break;
            };
            let [wide_source, wide_destination] = &mut wide;
            if source.insert(cuts, number, &from) {
                wide_source.insert(rule);
            }
            if destination.insert(cuts, number, &to) {
                wide_destination.insert(rule);
            }
        }
        let [wide_source, wide_destination] = wide;
        source.wide = Arc::new(wide_source);
        destination.wide = Arc::new(wide_destination);
        Self {
            cuts: Arc::clone(cuts),
            source,
            destination,
            services,
        }
    }

    /// Rules that may match a packet of the cube, in order.
    pub(super) fn candidates(&self, cube: &Cube) -> Vec<usize> {
        let source = self.source.candidates(&self.cuts, &cube.source);
        let destination = self.destination.candidates(&self.cuts, &cube.destination);
        let quick = |rule: &usize| {
            self.services
                .get(*rule)
                .is_none_or(|quick| quick.touches(cube))
        };
        let mut rules: Vec<usize> = source
            .bits
            .common(&destination.bits)
            .filter(quick)
            .collect();
        let sorted = rules.len();
        let listed = source
            .listed
            .iter()
            .filter(|rule| {
                destination.bits.contains(**rule as usize)
                    || destination.listed.binary_search(rule).is_ok()
            })
            .chain(
                destination
                    .listed
                    .iter()
                    .filter(|rule| source.bits.contains(**rule as usize)),
            );
        rules.extend(listed.map(|rule| *rule as usize).filter(quick));
        if rules.len() > sorted {
            rules.sort_unstable();
            rules.dedup();
        }
        rules
    }

    /// Rules that may match the source or the destination of a packet of the
    /// cube, whatever its service, in order.
    pub(super) fn beside(&self, cube: &Cube) -> Vec<usize> {
        let source = self.source.candidates(&self.cuts, &cube.source);
        let destination = self.destination.candidates(&self.cuts, &cube.destination);
        let listed = source.listed.iter().chain(destination.listed.iter());
        let mut rules: Vec<usize> = source.bits.either(&destination.bits).collect();
        rules.extend(listed.map(|rule| *rule as usize));
        rules.sort_unstable();
        rules.dedup();
        rules
    }
}
