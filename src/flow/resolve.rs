//! Objects and groups as sets, with what is sure and what is only possible.
//!
//! Every position of a rule becomes a lower bound (*surely* matched) and an
//! upper bound (*possibly* matched). They differ where the file does not tell
//! what an object holds, and then the reasons say why. Negation swaps them.

mod order;
mod services;

use std::borrow::Cow;
use std::sync::Arc;

use self::order::post_order;
use super::sets::{IpSet, PortSet, ServiceSet};
use crate::model::firewall::{AddressMatch, AddressObjectId, AddressTerm, Firewall, ReasonId};
use crate::model::net::IpRange;
use crate::source::Span;

/// Why something is not known.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reason {
    /// In words, ready to follow "because".
    pub text: Arc<str>,
    /// The statement that brings the doubt, where there is one.
    pub span: Option<Span>,
}

impl Reason {
    /// Makes a reason.
    pub fn new(text: impl Into<Arc<str>>, span: Option<Span>) -> Self {
        Self {
            text: text.into(),
            span,
        }
    }

    /// That nothing on the Internet can send to addresses, as far as the given
    /// firewalls tell.
    pub(super) fn unpublished(addresses: &str, span: Option<Span>) -> Self {
        let text =
            format!("{UNPUBLISHED}{addresses} to the Internet for this service, only for others");
        Self::new(text, span)
    }

    /// Whether it is that reason.
    #[must_use]
    pub fn is_unpublished(&self) -> bool {
        self.text.starts_with(UNPUBLISHED)
    }
}

const UNPUBLISHED: &str = "no given firewall publishes ";

/// A set that is known between two bounds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bounds<T> {
    /// Members without doubt.
    pub surely: T,
    /// Members that cannot be ruled out; includes `surely`.
    pub possibly: T,
    /// Why the two differ; empty when they are equal.
    pub reasons: Vec<Reason>,
}

impl<T: Clone> Bounds<T> {
    /// A set known exactly.
    pub fn exact(set: T) -> Self {
        Self {
            surely: set.clone(),
            possibly: set,
            reasons: Vec::new(),
        }
    }

    /// Whether both bounds are the same.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.reasons.is_empty()
    }
}

/// At most so many reasons are kept for one thing.
pub(super) const MAX_REASONS: usize = 8;

/// Appends reasons that are not there yet.
pub(super) fn add_reasons(to: &mut Vec<Reason>, from: &[Reason]) {
    for reason in from {
        if to.len() >= MAX_REASONS {
            return;
        }
        if !to.contains(reason) {
            to.push(reason.clone());
        }
    }
}

/// All ranges of all objects of one firewall together are at most so many;
/// beyond (groups of groups of groups …) objects become unknown.
const MAX_RANGES: usize = 4_000_000;
/// A wildcard mask may stand for at most so many ranges.
const MAX_MASK_RANGES: u32 = 4096;

/// The objects of one firewall, resolved once.
#[derive(Debug, Clone, Default)]
pub struct Objects {
    addresses: Vec<Bounds<IpSet>>,
    services: Vec<Bounds<ServiceSet>>,
    ports: Vec<Bounds<PortSet>>,
    interfaces: Vec<Bounds<IpSet>>,
    reasons: Vec<Reason>,
}

impl Objects {
    /// Resolves all objects and groups of a firewall, members first. A group
    /// that contains itself is unknown, and so is what contains it.
    #[must_use]
    pub fn new(firewall: &Firewall) -> Self {
        let mut objects = Self {
            reasons: firewall
                .not_modelled
                .iter()
                .map(|known| Reason::new(known.reason.as_str(), Some(known.span)))
                .collect(),
            ..Self::default()
        };
        objects.interfaces = firewall
            .interfaces
            .iter()
            .map(|interface| {
                let own = IpSet::of(interface.addresses.iter().map(|a| a.address));
                match interface.dynamic_address {
                    Some(span) => Bounds {
                        surely: own,
                        possibly: IpSet::ALL,
                        reasons: vec![Reason::new(
                            format!(
                                "the address of interface {} is not in the file",
                                interface.name.value
                            ),
                            Some(span),
                        )],
                    },
                    None if own.is_empty() => Bounds {
                        surely: own,
                        possibly: IpSet::ALL,
                        reasons: vec![Reason::new(
                            format!(
                                "interface {} has no address in the file",
                                interface.name.value
                            ),
                            Some(interface.name.span),
                        )],
                    },
                    None => Bounds::exact(own),
                }
            })
            .collect();
        objects.resolve_addresses(firewall);
        objects.resolve_services(firewall);
        objects
    }

    /// The reason behind an id.
    #[must_use]
    pub fn reason(&self, id: ReasonId) -> Reason {
        self.reasons
            .get(id.0 as usize)
            .cloned()
            .unwrap_or_else(|| Reason::new("something there is not modelled", None))
    }

    fn resolve_addresses(&mut self, firewall: &Firewall) {
        let count = firewall.address_objects.len();
        self.addresses = vec![Bounds::default(); count];
        let children = |index: usize| {
            let object = firewall.address_objects.get(index);
            object
                .into_iter()
                .flat_map(|object| object.members.iter().chain(&object.excluded))
                .filter_map(|term| match term.value {
                    AddressTerm::Object(id) => Some(id.0 as usize),
                    _ => None,
                })
        };
        let mut ranges = 0usize;
        for step in post_order(count, children) {
            let Some(object) = firewall.address_objects.get(step.index) else {
                continue;
            };
            let bounds = if step.cyclic {
                unknown_addresses(Reason::new(
                    format!("object group {} contains itself", object.name),
                    Some(object.span),
                ))
            } else if ranges > MAX_RANGES {
                unknown_addresses(Reason::new(
                    format!("object group {} is too large to expand", object.name),
                    Some(object.span),
                ))
            } else {
                let members = self.address_terms(object.members.iter().map(|t| &t.value));
                if object.excluded.is_empty() {
                    members
                } else {
                    let out = self.address_terms(object.excluded.iter().map(|t| &t.value));
                    let mut reasons = members.reasons;
                    add_reasons(&mut reasons, &out.reasons);
                    Bounds {
                        surely: members.surely.subtract(&out.possibly),
                        possibly: members.possibly.subtract(&out.surely),
                        reasons,
                    }
                }
            };
            ranges = ranges
                .saturating_add(bounds.surely.range_count())
                .saturating_add(bounds.possibly.range_count());
            if let Some(slot) = self.addresses.get_mut(step.index) {
                *slot = bounds;
            }
        }
    }

    fn address_terms<'a>(&self, terms: impl Iterator<Item = &'a AddressTerm>) -> Bounds<IpSet> {
        let mut plain: Vec<IpRange> = Vec::new();
        let mut uncertain: Vec<IpRange> = Vec::new();
        let mut reasons = Vec::new();
        for term in terms {
            match term {
                AddressTerm::Any4 => plain.push(IpRange::ANY4),
                AddressTerm::Any6 => plain.push(IpRange::ANY6),
                AddressTerm::V4(low, high) => plain.push(IpRange::V4(*low, *high)),
                AddressTerm::V6(range) => plain.push(IpRange::V6(range.0, range.1)),
                AddressTerm::Masked(masked) => match masked_ranges(masked.0, masked.1) {
                    Some(ranges) => plain.extend(ranges),
                    None => {
                        // All that match lie between the least and the greatest.
                        let (value, care) = **masked;
                        let low = value & care;
                        uncertain.push(IpRange::V4(low, low | !care));
                        add_reasons(
                            &mut reasons,
                            &[Reason::new("a wildcard mask has too many holes", None)],
                        );
                    }
                },
                AddressTerm::Object(_) | AddressTerm::Interface(_) | AddressTerm::Unknown(_) => {
                    let looked_up;
                    let bounds = match term {
                        AddressTerm::Object(id) => self.addresses.get(id.0 as usize),
                        AddressTerm::Interface(id) => self.interfaces.get(id.0 as usize),
                        AddressTerm::Unknown(id) => {
                            looked_up = unknown_addresses(self.reason(*id));
                            Some(&looked_up)
                        }
                        _ => None,
                    };
                    match bounds {
                        Some(bounds) => {
                            plain.extend(bounds.surely.ranges());
                            if !bounds.is_exact() {
                                uncertain.extend(bounds.possibly.ranges());
                                add_reasons(&mut reasons, &bounds.reasons);
                            }
                        }
                        None => {
                            uncertain.extend([IpRange::ANY4, IpRange::ANY6]);
                            add_reasons(
                                &mut reasons,
                                &[Reason::new("an address object is missing", None)],
                            );
                        }
                    }
                }
            }
        }
        let surely = IpSet::of(plain);
        let possibly = if uncertain.is_empty() {
            surely.clone()
        } else {
            surely.union(&IpSet::of(uncertain))
        };
        // The doubt may be about addresses that are in anyway.
        if possibly == surely {
            reasons.clear();
        }
        Bounds {
            surely,
            possibly,
            reasons,
        }
    }

    /// The addresses of a rule's position.
    #[must_use]
    pub fn addresses(&self, position: &AddressMatch) -> Bounds<IpSet> {
        match position {
            AddressMatch::Any => Bounds::exact(IpSet::ALL),
            AddressMatch::One(AddressTerm::Object(id)) => match self.addresses.get(id.0 as usize) {
                Some(bounds) => bounds.clone(),
                None => self.address_terms([AddressTerm::Object(*id)].iter()),
            },
            AddressMatch::One(term) => match plain(term) {
                Some(range) => Bounds::exact(IpSet::from(range)),
                None => self.address_terms(std::iter::once(term)),
            },
            AddressMatch::AnyOf(terms) => self.address_terms(terms.iter()),
            AddressMatch::NoneOf(terms) => {
                let bounds = self.address_terms(terms.iter());
                Bounds {
                    surely: bounds.possibly.complement(),
                    possibly: bounds.surely.complement(),
                    reasons: bounds.reasons,
                }
            }
        }
    }

    /// The addresses that a rule's position may match.
    pub(super) fn possible(&self, position: &AddressMatch) -> Cow<'_, IpSet> {
        if let AddressMatch::One(AddressTerm::Object(id)) = position
            && let Some(bounds) = self.addresses.get(id.0 as usize)
        {
            return Cow::Borrowed(&bounds.possibly);
        }
        Cow::Owned(self.addresses(position).possibly)
    }

    /// Whether a rule's position may match one of some addresses: `false` only
    /// when it surely matches none. Cheap for what stands in the rule itself.
    pub(super) fn may_meet(&self, position: &AddressMatch, addresses: &IpSet) -> bool {
        match position {
            AddressMatch::One(AddressTerm::V4(low, high)) => addresses.v4.touches(*low, *high),
            AddressMatch::One(AddressTerm::Object(id)) => self
                .addresses
                .get(id.0 as usize)
                .is_none_or(|bounds| bounds.possibly.overlaps(addresses)),
            _ => true,
        }
    }

    /// A resolved address object.
    #[must_use]
    pub fn address_object(&self, id: AddressObjectId) -> Option<&Bounds<IpSet>> {
        self.addresses.get(id.0 as usize)
    }
}

fn unknown_addresses(reason: Reason) -> Bounds<IpSet> {
    Bounds {
        surely: IpSet::EMPTY,
        possibly: IpSet::ALL,
        reasons: vec![reason],
    }
}

/// The range of a term that needs no look at anything else.
fn plain(term: &AddressTerm) -> Option<IpRange> {
    match term {
        AddressTerm::Any4 => Some(IpRange::ANY4),
        AddressTerm::Any6 => Some(IpRange::ANY6),
        AddressTerm::V4(low, high) => Some(IpRange::V4(*low, *high)),
        AddressTerm::V6(range) => Some(IpRange::V6(range.0, range.1)),
        AddressTerm::Masked(_)
        | AddressTerm::Object(_)
        | AddressTerm::Interface(_)
        | AddressTerm::Unknown(_) => None,
    }
}

/// The ranges of addresses that equal `value` in the bits set in `care`;
/// `None` when there are too many.
fn masked_ranges(value: u32, care: u32) -> Option<Vec<IpRange>> {
    let tail = care.trailing_zeros();
    let low_mask = u32::MAX
        .checked_shr(32u32.saturating_sub(tail))
        .unwrap_or(0);
    let free = !care & !low_mask;
    if free.count_ones() > MAX_MASK_RANGES.ilog2() {
        return None;
    }
    let base = value & care;
    let mut ranges = Vec::new();
    // Walks all subsets of the free bits in ascending order.
    let mut subset = 0u32;
    loop {
        let low = base | subset;
        ranges.push(IpRange::V4(low, low | low_mask));
        subset = subset.wrapping_sub(free) & free;
        if subset == 0 {
            return Some(ranges);
        }
    }
}
