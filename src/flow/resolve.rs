//! Objects and groups as sets, with what is sure and what is only possible.
//!
//! Every position of a rule becomes a lower bound (*surely* matched) and an
//! upper bound (*possibly* matched). They differ where the file does not tell
//! what an object holds, and then the reasons say why. Negation swaps them.

use std::borrow::Cow;
use std::sync::Arc;

use super::sets::{IpSet, PortSet, ProtocolSet, ServiceCube, ServiceSet};
use crate::model::firewall::{
    AddressMatch, AddressObjectId, AddressTerm, Firewall, IcmpMatch, PortMatch, ProtocolMatch,
    ReasonId, ServiceMatch, ServiceObjectId, ServiceTerm,
};
use crate::model::net::{IpRange, Protocol};
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
}

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
                        uncertain.push(IpRange::ANY4);
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

    fn resolve_services(&mut self, firewall: &Firewall) {
        let count = firewall.service_objects.len();
        self.services = vec![Bounds::default(); count];
        self.ports = vec![Bounds::default(); count];
        let children = |index: usize| {
            let object = firewall.service_objects.get(index);
            object.into_iter().flat_map(|object| {
                let services = object.services.iter().flat_map(|term| match &term.value {
                    ServiceTerm::Object(id) => vec![id.0 as usize],
                    ServiceTerm::Inline {
                        protocol,
                        source,
                        destination,
                    } => {
                        let mut ids = Vec::new();
                        if let ProtocolMatch::Object(id) = protocol {
                            ids.push(id.0 as usize);
                        }
                        for port in [source, destination] {
                            if let PortMatch::Object(id) = port {
                                ids.push(id.0 as usize);
                            }
                        }
                        ids
                    }
                    _ => Vec::new(),
                });
                let ports = object.ports.iter().filter_map(|port| match port.value {
                    PortMatch::Object(id) => Some(id.0 as usize),
                    _ => None,
                });
                services.chain(ports)
            })
        };
        let mut cubes = 0usize;
        for step in post_order(count, children) {
            let Some(object) = firewall.service_objects.get(step.index) else {
                continue;
            };
            let doubt = if step.cyclic {
                Some(format!("service group {} contains itself", object.name))
            } else if cubes > MAX_RANGES {
                Some(format!(
                    "service group {} is too large to expand",
                    object.name
                ))
            } else {
                None
            };
            let (services, ports) = match doubt {
                Some(text) => {
                    let reason = Reason::new(text, Some(object.span));
                    (unknown_services(reason.clone()), unknown_ports(reason))
                }
                None => {
                    let ports = self.port_terms(object.ports.iter().map(|p| &p.value));
                    let mut services = self.service_terms(object.services.iter().map(|s| &s.value));
                    if object.services.is_empty() && !object.ports.is_empty() {
                        // A group of bare ports where a service is asked for:
                        // the protocol is not told.
                        services.possibly = ServiceSet::of(vec![ServiceCube {
                            protocols: ProtocolSet::with_ports(),
                            source: PortSet::ALL,
                            destination: ports.possibly.clone(),
                        }]);
                        services.reasons = vec![Reason::new(
                            format!("service group {} does not tell its protocol", object.name),
                            Some(object.span),
                        )];
                    }
                    (services, ports)
                }
            };
            cubes = cubes.saturating_add(
                services
                    .possibly
                    .cubes()
                    .iter()
                    .map(|cube| {
                        cube.source
                            .ranges()
                            .len()
                            .saturating_add(cube.destination.ranges().len())
                    })
                    .sum(),
            );
            if let Some(slot) = self.services.get_mut(step.index) {
                *slot = services;
            }
            if let Some(slot) = self.ports.get_mut(step.index) {
                *slot = ports;
            }
        }
    }

    fn port_terms<'a>(&self, terms: impl Iterator<Item = &'a PortMatch>) -> Bounds<PortSet> {
        let (mut surely, mut possibly) = (Vec::new(), Vec::new());
        let mut reasons = Vec::new();
        for term in terms {
            let bounds = self.ports(term);
            surely.extend_from_slice(bounds.surely.ranges());
            possibly.extend_from_slice(bounds.possibly.ranges());
            add_reasons(&mut reasons, &bounds.reasons);
        }
        Bounds {
            surely: PortSet::of(surely),
            possibly: PortSet::of(possibly),
            reasons,
        }
    }

    pub(super) fn ports(&self, term: &PortMatch) -> Bounds<PortSet> {
        match term {
            PortMatch::Any => Bounds::exact(PortSet::ALL),
            PortMatch::Range(range) => Bounds::exact(PortSet::from(*range)),
            PortMatch::Not(range) => Bounds::exact(PortSet::from(*range).complement()),
            PortMatch::Object(id) => self.port_object(*id),
            PortMatch::Unknown(id) => unknown_ports(self.reason(*id)),
        }
    }

    fn port_object(&self, id: ServiceObjectId) -> Bounds<PortSet> {
        self.ports
            .get(id.0 as usize)
            .cloned()
            .unwrap_or_else(|| unknown_ports(Reason::new("a service object is missing", None)))
    }

    fn service_terms<'a>(
        &self,
        terms: impl Iterator<Item = &'a ServiceTerm>,
    ) -> Bounds<ServiceSet> {
        let (mut surely, mut possibly) = (Vec::new(), Vec::new());
        let mut reasons = Vec::new();
        for term in terms {
            let bounds = self.service_term(term);
            surely.extend_from_slice(bounds.surely.cubes());
            possibly.extend_from_slice(bounds.possibly.cubes());
            add_reasons(&mut reasons, &bounds.reasons);
        }
        let surely = ServiceSet::of(surely);
        if reasons.is_empty() {
            return Bounds::exact(surely);
        }
        Bounds {
            surely,
            possibly: ServiceSet::of(possibly),
            reasons,
        }
    }

    fn service_term(&self, term: &ServiceTerm) -> Bounds<ServiceSet> {
        match term {
            ServiceTerm::Object(id) => {
                self.services
                    .get(id.0 as usize)
                    .cloned()
                    .unwrap_or_else(|| {
                        unknown_services(Reason::new("a service object is missing", None))
                    })
            }
            ServiceTerm::Unknown(id) => unknown_services(self.reason(*id)),
            ServiceTerm::Icmp(icmp) => Bounds::exact(ServiceSet::of(vec![icmp_cube(icmp)])),
            ServiceTerm::Inline {
                protocol,
                source,
                destination,
            } => {
                let protocols = self.protocols(protocol);
                let source = self.ports(source);
                let destination = self.ports(destination);
                let mut reasons = protocols.reasons;
                add_reasons(&mut reasons, &source.reasons);
                add_reasons(&mut reasons, &destination.reasons);
                Bounds {
                    surely: ServiceSet::of(with_ports(
                        protocols.surely,
                        source.surely,
                        destination.surely,
                    )),
                    possibly: ServiceSet::of(with_ports(
                        protocols.possibly,
                        source.possibly,
                        destination.possibly,
                    )),
                    reasons,
                }
            }
        }
    }

    fn protocols(&self, protocol: &ProtocolMatch) -> Bounds<ProtocolSet> {
        let of = |set: &ServiceSet| {
            set.cubes()
                .iter()
                .fold(ProtocolSet::EMPTY, |sum, cube| sum.union(cube.protocols))
        };
        match protocol {
            ProtocolMatch::Any => Bounds::exact(ProtocolSet::ALL),
            ProtocolMatch::One(protocol) => Bounds::exact(ProtocolSet::one(*protocol)),
            ProtocolMatch::Object(id) => match self.services.get(id.0 as usize) {
                Some(bounds) => Bounds {
                    surely: of(&bounds.surely),
                    possibly: of(&bounds.possibly),
                    reasons: bounds.reasons.clone(),
                },
                None => Bounds {
                    surely: ProtocolSet::EMPTY,
                    possibly: ProtocolSet::ALL,
                    reasons: vec![Reason::new("a protocol group is missing", None)],
                },
            },
            ProtocolMatch::Unknown(id) => Bounds {
                surely: ProtocolSet::EMPTY,
                possibly: ProtocolSet::ALL,
                reasons: vec![self.reason(*id)],
            },
        }
    }

    /// The services of a rule's position.
    #[must_use]
    pub fn services(&self, position: &ServiceMatch) -> Bounds<ServiceSet> {
        match position {
            ServiceMatch::Any => Bounds::exact(ServiceSet::all()),
            ServiceMatch::One(term) => self.service_term(term),
            ServiceMatch::AnyOf(terms) => self.service_terms(terms.iter()),
            ServiceMatch::NoneOf(terms) => {
                let bounds = self.service_terms(terms.iter());
                Bounds {
                    surely: bounds.possibly.complement(),
                    possibly: bounds.surely.complement(),
                    reasons: bounds.reasons,
                }
            }
        }
    }
}

/// Cubes of protocols with ports. A port condition can only hold for
/// protocols that carry ports, and only if it is one.
fn with_ports(protocols: ProtocolSet, source: PortSet, destination: PortSet) -> Vec<ServiceCube> {
    if source.is_all() && destination.is_all() {
        return vec![ServiceCube {
            protocols,
            source,
            destination,
        }];
    }
    vec![ServiceCube {
        protocols: protocols.intersect(ProtocolSet::with_ports()),
        source,
        destination,
    }]
}

fn icmp_cube(icmp: &IcmpMatch) -> ServiceCube {
    let destination = match (icmp.kind, icmp.code) {
        (None, _) => PortSet::ALL,
        (Some(kind), None) => {
            let low = u16::from(kind) << 8;
            PortSet::range(low, low | 255)
        }
        (Some(kind), Some(code)) => PortSet::one(u16::from(kind) << 8 | u16::from(code)),
    };
    ServiceCube {
        protocols: ProtocolSet::one(match icmp.protocol {
            Protocol(58) => Protocol::ICMP6,
            other => other,
        }),
        source: PortSet::ALL,
        destination,
    }
}

fn unknown_addresses(reason: Reason) -> Bounds<IpSet> {
    Bounds {
        surely: IpSet::EMPTY,
        possibly: IpSet::ALL,
        reasons: vec![reason],
    }
}

fn unknown_services(reason: Reason) -> Bounds<ServiceSet> {
    Bounds {
        surely: ServiceSet::EMPTY,
        possibly: ServiceSet::all(),
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

fn unknown_ports(reason: Reason) -> Bounds<PortSet> {
    Bounds {
        surely: PortSet::EMPTY,
        possibly: PortSet::ALL,
        reasons: vec![reason],
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

/// A node of a dependency graph in the order in which to resolve it.
struct Step {
    index: usize,
    /// Whether the node is part of a cycle.
    cyclic: bool,
}

/// All nodes, children before parents, without recursion. Every node that
/// lies on a cycle is marked.
fn post_order<I>(count: usize, children: impl Fn(usize) -> I) -> Vec<Step>
where
    I: Iterator<Item = usize>,
{
    // Tarjan's strongly connected components with an explicit stack.
    const NEW: u32 = u32::MAX;
    let mut order = Vec::with_capacity(count);
    let mut number = vec![NEW; count];
    let mut low = vec![0u32; count];
    let mut open = vec![false; count];
    let mut component: Vec<usize> = Vec::new();
    let mut clock = 0u32;
    for root in 0..count {
        if number.get(root) != Some(&NEW) {
            continue;
        }
        let mut stack: Vec<(usize, Vec<usize>, bool)> = Vec::new();
        let enter = |node: usize,
                     number: &mut Vec<u32>,
                     low: &mut Vec<u32>,
                     open: &mut Vec<bool>,
                     clock: &mut u32| {
            if let (Some(n), Some(l), Some(o)) =
                (number.get_mut(node), low.get_mut(node), open.get_mut(node))
            {
                *n = *clock;
                *l = *clock;
                *o = true;
            }
            *clock = clock.saturating_add(1);
            let list: Vec<usize> = children(node).filter(|child| *child < count).collect();
            let own = list.contains(&node);
            (node, list, own)
        };
        stack.push(enter(root, &mut number, &mut low, &mut open, &mut clock));
        component.push(root);
        while let Some((node, list, own)) = stack.last_mut() {
            let (node, own) = (*node, *own);
            if let Some(child) = list.pop() {
                let seen = number.get(child).copied().unwrap_or(NEW);
                if seen == NEW {
                    stack.push(enter(child, &mut number, &mut low, &mut open, &mut clock));
                    component.push(child);
                } else if open.get(child) == Some(&true)
                    && let Some(l) = low.get_mut(node)
                {
                    *l = (*l).min(seen);
                }
                continue;
            }
            stack.pop();
            let my_low = low.get(node).copied().unwrap_or(0);
            if let Some((parent, _, _)) = stack.last()
                && let Some(l) = low.get_mut(*parent)
            {
                *l = (*l).min(my_low);
            }
            if number.get(node) == Some(&my_low) {
                let start = component.iter().rposition(|n| *n == node).unwrap_or(0);
                let members = component.split_off(start);
                let cyclic = members.len() > 1 || own;
                for index in members.into_iter().rev() {
                    if let Some(o) = open.get_mut(index) {
                        *o = false;
                    }
                    order.push(Step { index, cyclic });
                }
            }
        }
    }
    order
}
