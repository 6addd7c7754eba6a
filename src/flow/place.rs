//! Where a firewall sees an address: longest match over networks and routes.

use std::borrow::Cow;
use std::net::IpAddr;

use super::resolve::Reason;
use super::sets::IpSet;
use crate::estate::Strength;
use crate::model::firewall::{Firewall, Interface, InterfaceId};
use crate::model::net::IpRange;
use crate::source::Span;

/// The interface behind which addresses lie, and how that is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Placement {
    /// The interface.
    pub interface: InterfaceId,
    /// How it is known.
    pub strength: Strength,
    /// The router that leads there; `None` in a connected network.
    pub next_hop: Option<IpAddr>,
    /// The statement that tells.
    pub span: Span,
    /// Why the placement may be wrong.
    pub doubt: Option<Reason>,
}

/// One network that a firewall knows.
#[derive(Debug, Clone)]
struct Entry {
    network: IpRange,
    placement: Placement,
    /// What it is where the table is not known; `None` for the same.
    anywhere: Option<Box<Placement>>,
    metric: u32,
    table: u32,
}

impl Entry {
    fn anywhere(&self) -> &Placement {
        self.anywhere.as_deref().unwrap_or(&self.placement)
    }
}

/// Among so many routes of other tables it is not looked up which of them
/// addresses lie in.
const MAX_OTHERS: usize = 256;

/// Addresses with the way that leads there.
type Ways<'r> = Vec<(IpSet, Cow<'r, Placement>)>;

/// The routing tables of a firewall, most specific networks first.
#[derive(Debug, Clone, Default)]
pub struct Routing {
    entries: Vec<Entry>,
    /// The table of each interface; empty when there is one table.
    tables: Vec<u32>,
}

impl Routing {
    /// Everything lies behind one interface, because the question says so.
    #[must_use]
    pub fn only(interface: InterfaceId, span: Span) -> Self {
        let entry = |network| Entry {
            network,
            anywhere: None,
            metric: 0,
            table: 0,
            placement: Placement {
                interface,
                strength: Strength::Declared,
                next_hop: None,
                span,
                doubt: None,
            },
        };
        Self {
            entries: vec![entry(IpRange::ANY4), entry(IpRange::ANY6)],
            tables: Vec::new(),
        }
    }

    /// Reads connected networks and routes.
    #[must_use]
    pub fn new(firewall: &Firewall) -> Self {
        let mut entries = Vec::new();
        for (index, interface) in firewall.interfaces.iter().enumerate() {
            if interface.shutdown.is_some() {
                continue;
            }
            let Ok(index) = u32::try_from(index) else {
                break;
            };
            for address in &interface.addresses {
                entries.push(Entry {
                    network: address.network,
                    anywhere: None,
                    metric: 0,
                    table: interface.table,
                    placement: Placement {
                        interface: InterfaceId(index),
                        strength: Strength::Connected,
                        next_hop: None,
                        span: address.span,
                        doubt: None,
                    },
                });
            }
        }
        let dynamic = firewall
            .dynamic_routing
            .first()
            .map(|span| routing_doubt(firewall, *span));
        for route in &firewall.routes {
            let default = is_default(route.network);
            // A route to nowhere is there for the ones within it that are learned.
            let summary = firewall.interfaces.get(route.interface.0 as usize);
            let summary = summary.is_some_and(Interface::discards);
            let doubt = dynamic.as_ref().filter(|_| default || summary);
            entries.push(Entry {
                network: route.network,
                anywhere: None,
                metric: route.metric,
                table: route.table,
                placement: Placement {
                    interface: route.interface,
                    strength: if default {
                        Strength::DefaultRoute
                    } else {
                        Strength::Routed
                    },
                    next_hop: route.next_hop.map(IpRange::first),
                    span: route.span,
                    doubt: doubt.cloned(),
                },
            });
        }
        sort(&mut entries);
        doubt_equals(&mut entries);
        let interfaces = firewall.interfaces.iter();
        let tables: Vec<u32> = interfaces.map(|interface| interface.table).collect();
        let several =
            entries.iter().any(|entry| entry.table != 0) || tables.iter().any(|table| *table != 0);
        Self {
            entries,
            tables: if several { tables } else { Vec::new() },
        }
    }

    /// Adds a network that the inventory places behind an interface, unless
    /// the file says so already.
    pub fn declare(&mut self, network: IpRange, interface: InterfaceId, span: Span) {
        let (known, lost) = self.divide(&IpSet::from(network));
        if lost.is_empty()
            && known
                .iter()
                .all(|(_, placement)| placement.interface == interface)
        {
            return;
        }
        self.entries.push(Entry {
            network,
            anywhere: None,
            metric: 0,
            table: self.table(interface),
            placement: Placement {
                interface,
                strength: Strength::Declared,
                next_hop: None,
                span,
                doubt: None,
            },
        });
        sort(&mut self.entries);
    }

    /// Where one address lies.
    #[must_use]
    pub fn locate(&self, address: IpAddr) -> Option<&Placement> {
        self.entries
            .iter()
            .find(|entry| entry.network.contains(address))
            .map(Entry::anywhere)
    }

    /// The default route of a family.
    #[must_use]
    pub fn default_route(&self, v4: bool) -> Option<&Placement> {
        let wanted = if v4 { IpRange::ANY4 } else { IpRange::ANY6 };
        self.entries
            .iter()
            .find(|entry| entry.network == wanted)
            .map(Entry::anywhere)
    }

    /// Divides addresses by where they lie; the second value has no route.
    #[must_use]
    pub fn divide(&self, addresses: &IpSet) -> (Vec<(IpSet, &Placement)>, IpSet) {
        if let Some(address) = addresses.single() {
            return match self.locate(address) {
                Some(placement) => (vec![(addresses.clone(), placement)], IpSet::EMPTY),
                None => (Vec::new(), addresses.clone()),
            };
        }
        let mut left = addresses.clone();
        let mut pieces: Vec<(IpSet, &Placement)> = Vec::new();
        for entry in &self.entries {
            if left.is_empty() {
                break;
            }
            if !touches(&left, entry.network) {
                continue;
            }
            let network = IpSet::from(entry.network);
            let here = left.intersect(&network);
            left = left.subtract(&network);
            let there = entry.anywhere();
            match pieces.iter_mut().find(|(_, placement)| *placement == there) {
                Some((set, _)) => *set = set.union(&here),
                None => pieces.push((here, there)),
            }
        }
        (pieces, left)
    }

    /// Divides addresses by where packets for them go that came in at an
    /// interface: its own table leads. What that does not know may be known to
    /// others, into which routes may be leaked.
    #[must_use]
    pub fn divide_from(&self, ingress: InterfaceId, addresses: &IpSet) -> (Ways<'_>, IpSet) {
        let whole = |set: &IpSet| {
            let (ways, lost) = self.divide(set);
            let ways = ways.into_iter().map(|(set, way)| (set, Cow::Borrowed(way)));
            (ways.collect::<Vec<_>>(), lost)
        };
        if self.tables.is_empty() {
            return whole(addresses);
        }
        let table = self.table(ingress);
        let mut left = addresses.clone();
        let mut pieces: Ways<'_> = Vec::new();
        let mut others: Vec<&Entry> = Vec::new();
        for entry in &self.entries {
            if left.is_empty() {
                break;
            }
            if !touches(&left, entry.network) {
                continue;
            }
            if entry.table != table {
                others.push(entry);
                continue;
            }
            let network = IpSet::from(entry.network);
            let mut here = left.intersect(&network);
            left = left.subtract(&network);
            // A more specific route of another table may be leaked into this one.
            let doubtful = |other: &Entry| {
                let text = format!("a route of another table may lead to {}", other.network);
                let mut doubtful = entry.placement.clone();
                doubtful.doubt = Some(Reason::new(text, Some(other.placement.span)));
                Cow::Owned(doubtful)
            };
            let smaller = |other: &&Entry| {
                size(other.network) < size(entry.network)
                    && other.placement.interface != entry.placement.interface
            };
            let mut near = others.iter().copied().filter(smaller);
            if others.len() > MAX_OTHERS {
                if let Some(other) = near.next() {
                    pieces.push((std::mem::take(&mut here), doubtful(other)));
                }
            } else {
                for other in near {
                    if touches(&here, other.network) {
                        let network = IpSet::from(other.network);
                        pieces.push((here.intersect(&network), doubtful(other)));
                        here = here.subtract(&network);
                    }
                }
            }
            if !here.is_empty() {
                pieces.push((here, Cow::Borrowed(&entry.placement)));
            }
        }
        let (ways, lost) = whole(&left);
        pieces.extend(ways);
        (pieces, lost)
    }

    /// Where else addresses may lie that were placed: behind other interfaces
    /// that lead to the same network equally well.
    pub(super) fn rivals(&self, placement: &Placement) -> Vec<Placement> {
        if placement.doubt.is_none() {
            return Vec::new();
        }
        let chosen = self.entries.iter().find(|e| e.anywhere() == placement);
        let Some(chosen) = chosen else {
            return Vec::new();
        };
        let mut rivals: Vec<Placement> = Vec::new();
        for entry in &self.entries {
            let own = &entry.placement;
            let equal = entry.network == chosen.network
                && entry.metric == chosen.metric
                && own.strength == placement.strength
                && own.interface != placement.interface;
            if equal && rivals.iter().all(|r| r.interface != own.interface) {
                rivals.push(own.clone());
            }
        }
        rivals
    }

    /// Whether interfaces have routing tables of their own.
    pub(super) fn has_tables(&self) -> bool {
        !self.tables.is_empty()
    }

    fn table(&self, interface: InterfaceId) -> u32 {
        let table = self.tables.get(interface.0 as usize);
        table.copied().unwrap_or_default()
    }

    /// Networks that lie behind other interfaces than the given one, the
    /// default route aside.
    #[must_use]
    pub fn behind_others(&self, interface: InterfaceId) -> IpSet {
        IpSet::of(
            self.entries
                .iter()
                .filter(|entry| {
                    entry.placement.interface != interface && !is_default(entry.network)
                })
                .map(|entry| entry.network),
        )
    }

    /// All networks that the firewall names.
    pub fn networks(&self) -> impl Iterator<Item = IpRange> + '_ {
        self.entries.iter().map(|entry| entry.network)
    }
}

/// Two equally good routes over different interfaces: either is taken, or, in
/// different tables, which one is meant is not known.
fn doubt_equals(entries: &mut [Entry]) {
    let mut doubts = Vec::new();
    for (position, pair) in entries.windows(2).enumerate() {
        if let [a, b] = pair
            && a.network == b.network
            && a.metric == b.metric
            && a.placement.strength == b.placement.strength
            && a.placement.interface != b.placement.interface
        {
            let same = a.table == b.table;
            doubts.push((position, b.placement.span, a.network, same));
        }
    }
    for (position, span, network, same) in doubts {
        let Some(entry) = entries.get_mut(position) else {
            continue;
        };
        let doubt = Some(Reason::new(
            format!("two interfaces lead to {network} equally well"),
            Some(span),
        ));
        if same {
            entry.placement.doubt = doubt;
        } else {
            let doubtful = Placement {
                doubt,
                ..entry.placement.clone()
            };
            entry.anywhere = Some(Box::new(doubtful));
        }
    }
}

fn touches(set: &IpSet, network: IpRange) -> bool {
    match network {
        IpRange::V4(low, high) => set.v4.touches(low, high),
        IpRange::V6(low, high) => set.v6.touches(low, high),
    }
}

fn sort(entries: &mut [Entry]) {
    entries.sort_by_key(|entry| {
        (
            size(entry.network),
            entry.placement.strength,
            entry.metric,
            entry.network,
            entry.table,
        )
    });
}

/// Why the routes of the file may not be all: what the reader says of the
/// statement, or that a protocol brings further ones.
fn routing_doubt(firewall: &Firewall, span: Span) -> Reason {
    let said = firewall
        .not_modelled
        .iter()
        .find(|reason| reason.span == span);
    let text = said.map_or(
        "routes come from a routing protocol and are not in the file",
        |reason| reason.reason.as_str(),
    );
    Reason::new(text, Some(span))
}

fn is_default(network: IpRange) -> bool {
    network == IpRange::ANY4 || network == IpRange::ANY6
}

fn size(network: IpRange) -> u128 {
    match network {
        IpRange::V4(low, high) => u128::from(high.saturating_sub(low)),
        IpRange::V6(low, high) => high.saturating_sub(low),
    }
}
