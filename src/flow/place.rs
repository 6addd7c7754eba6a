//! Where a firewall sees an address: longest match over networks and routes.

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
    metric: u32,
}

/// The routing table of a firewall, most specific networks first.
#[derive(Debug, Clone, Default)]
pub struct Routing {
    entries: Vec<Entry>,
}

impl Routing {
    /// Everything lies behind one interface, because the question says so.
    #[must_use]
    pub fn only(interface: InterfaceId, span: Span) -> Self {
        let entry = |network| Entry {
            network,
            metric: 0,
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
                    metric: 0,
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
                metric: route.metric,
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
        // Two equally good routes over different interfaces: either is taken.
        let mut doubts = Vec::new();
        for (position, pair) in entries.windows(2).enumerate() {
            if let [a, b] = pair
                && a.network == b.network
                && a.metric == b.metric
                && a.placement.strength == b.placement.strength
                && a.placement.interface != b.placement.interface
            {
                doubts.push((position, b.placement.span, a.network));
            }
        }
        for (position, span, network) in doubts {
            if let Some(entry) = entries.get_mut(position) {
                entry.placement.doubt = Some(Reason::new(
                    format!("two interfaces lead to {network} equally well"),
                    Some(span),
                ));
            }
        }
        Self { entries }
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
            metric: 0,
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
            .map(|entry| &entry.placement)
    }

    /// The default route of a family.
    #[must_use]
    pub fn default_route(&self, v4: bool) -> Option<&Placement> {
        let wanted = if v4 { IpRange::ANY4 } else { IpRange::ANY6 };
        self.entries
            .iter()
            .find(|entry| entry.network == wanted)
            .map(|entry| &entry.placement)
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
            let touched = match entry.network {
                IpRange::V4(low, high) => left.v4.touches(low, high),
                IpRange::V6(low, high) => left.v6.touches(low, high),
            };
            if !touched {
                continue;
            }
            let network = IpSet::from(entry.network);
            let here = left.intersect(&network);
            left = left.subtract(&network);
            match pieces
                .iter_mut()
                .find(|(_, placement)| **placement == entry.placement)
            {
                Some((set, _)) => *set = set.union(&here),
                None => pieces.push((here, &entry.placement)),
            }
        }
        (pieces, left)
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

fn sort(entries: &mut [Entry]) {
    entries.sort_by_key(|entry| {
        (
            size(entry.network),
            entry.placement.strength,
            entry.metric,
            entry.network,
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
