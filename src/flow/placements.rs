//! Which firewalls stand between two servers, and whether they restrict them.

use std::net::IpAddr;

use super::answer::Decider;
use super::crossing::Arrival;
use super::evaluate::{ConnectionState, PartVerdict};
use super::packets::Cube;
use super::place::Placement;
use super::reach::{Network, Node};
use super::resolve::{Reason, add_reasons};
use super::sets::{IpSet, ServiceCube};
use crate::estate::{FirewallId, Role, Server, ServerId, Strength};
use crate::model::firewall::InterfaceId;
use crate::source::Span;

/// Yes, no, or not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tri {
    /// Yes.
    Yes,
    /// No.
    No,
    /// Not known.
    Unknown,
}

impl Tri {
    /// The word that facts use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Unknown => "unknown",
        }
    }
}

/// How a firewall lies to a pair of servers (`topology.md` §1).
#[derive(Debug, Clone)]
pub struct PairPlacement {
    /// The firewall.
    pub firewall: FirewallId,
    /// One server.
    pub a: ServerId,
    /// The other; a pair stands once.
    pub b: ServerId,
    /// Behind which interface `a` lies.
    pub a_interface: Option<InterfaceId>,
    /// Behind which interface `b` lies.
    pub b_interface: Option<InterfaceId>,
    /// The addresses that this is about.
    pub addresses: Option<(IpAddr, IpAddr)>,
    /// Whether the firewall is between them.
    pub between: Tri,
    /// Whether it lets less than everything pass, in either direction.
    pub restricts: Tri,
    /// `false` when it rests on a static route only at both ends.
    pub certain: bool,
    /// What it rests on, or why it is not known.
    pub why: Vec<Reason>,
    /// What places `a`.
    pub a_at: Option<Span>,
    /// What places `b`.
    pub b_at: Option<Span>,
    /// The rules that restrict.
    pub decided_by: Vec<Decider>,
}

/// One pair of addresses as a firewall sees it.
struct Sight {
    addresses: (IpAddr, IpAddr),
    a: Option<Placement>,
    b: Option<Placement>,
    between: Tri,
    why: Vec<Reason>,
}

impl Network<'_> {
    /// Every pair of Exchange servers and directory servers that a firewall is
    /// or may be between; pairs that it is not between are left out.
    #[must_use]
    pub fn placements(&self) -> Vec<PairPlacement> {
        let wanted = |server: &Server| {
            server.exchange
                || server
                    .roles
                    .iter()
                    .any(|role| role.value == Role::ActiveDirectory)
        };
        let servers: Vec<(ServerId, &Server)> = (0u32..)
            .map(ServerId)
            .zip(&self.estate.servers)
            .filter(|(_, server)| wanted(server))
            .collect();
        let mut found = Vec::new();
        for (id, node) in self.nodes() {
            for (position, (a_id, a)) in servers.iter().enumerate() {
                for (b_id, b) in servers.iter().skip(position.saturating_add(1)) {
                    let pair = self.pair(id, node, (*a_id, a), (*b_id, b));
                    found.extend(pair.filter(|pair| pair.between != Tri::No));
                }
            }
        }
        found
    }

    fn pair(
        &self,
        firewall: FirewallId,
        node: &Node<'_>,
        (a_id, a): (ServerId, &Server),
        (b_id, b): (ServerId, &Server),
    ) -> Option<PairPlacement> {
        let mut sights: Vec<Sight> = Vec::new();
        for from in &a.addresses {
            for to in &b.addresses {
                if from.ip.is_ipv4() == to.ip.is_ipv4() && from.ip != to.ip {
                    sights.push(self.sight(node, from.ip, to.ip));
                }
            }
        }
        // Addresses that are only inferred carry no certain placement.
        let inferred = a
            .addresses
            .iter()
            .chain(&b.addresses)
            .any(|address| address.strength > Strength::Routed);
        let has = |wanted| sights.iter().any(|sight| sight.between == wanted);
        let between = match (has(Tri::Yes), has(Tri::No), has(Tri::Unknown)) {
            (true, false, _) => Tri::Yes,
            (true, true, _) | (false, _, true) => Tri::Unknown,
            (false, _, false) => Tri::No,
        };
        let mixed = has(Tri::Yes) && has(Tri::No);
        let chosen = sights
            .iter()
            .position(|sight| sight.between == Tri::Yes)
            .or_else(|| sights.iter().position(|sight| sight.between == between))?;
        let mut why = Vec::new();
        if mixed {
            for sight in &sights {
                let word = if sight.between == Tri::Yes {
                    "across"
                } else {
                    "not across"
                };
                let text = format!(
                    "{} to {} goes {word} the firewall",
                    sight.addresses.0, sight.addresses.1
                );
                add_reasons(&mut why, &[Reason::new(text, None)]);
            }
        }
        let sight = sights.swap_remove(chosen);
        add_reasons(&mut why, &sight.why);
        let strength = |placement: &Option<Placement>| placement.as_ref().map(|p| p.strength);
        let certain = !inferred
            && strength(&sight.a).is_some_and(|s| s <= Strength::Routed)
            && strength(&sight.b).is_some_and(|s| s <= Strength::Routed);
        let (restricts, decided_by) = match (&sight.a, &sight.b, between) {
            (Some(a), Some(b), Tri::Yes | Tri::Unknown) if a.interface != b.interface => {
                self.restricts(firewall, node, &sight)
            }
            _ => (Tri::Unknown, Vec::new()),
        };
        Some(PairPlacement {
            firewall,
            a: a_id,
            b: b_id,
            a_interface: sight.a.as_ref().map(|placement| placement.interface),
            b_interface: sight.b.as_ref().map(|placement| placement.interface),
            addresses: Some(sight.addresses),
            between,
            restricts,
            certain,
            why,
            a_at: sight.a.map(|placement| placement.span),
            b_at: sight.b.map(|placement| placement.span),
            decided_by,
        })
    }

    fn sight(&self, node: &Node<'_>, a: IpAddr, b: IpAddr) -> Sight {
        let (from, to) = (
            node.routing.locate(a).cloned(),
            node.routing.locate(b).cloned(),
        );
        let mut why = Vec::new();
        let transparent = node.engine.firewall.transparent;
        let between = match (&from, &to) {
            (Some(_), Some(_)) if transparent.is_some() => {
                why.push(Reason::new(
                    "the firewall is transparent: one network lies on both sides",
                    transparent,
                ));
                Tri::Unknown
            }
            (Some(from), Some(to)) if from.interface == to.interface => Tri::No,
            (Some(from), Some(to)) => {
                let mut between = Tri::Yes;
                for (address, placement) in [(a, from), (b, to)] {
                    if placement.strength > Strength::Routed {
                        why.push(Reason::new(
                            format!("only the default route leads to {address}"),
                            Some(placement.span),
                        ));
                        between = Tri::Unknown;
                    }
                    if let Some(doubt) = &placement.doubt {
                        why.push(doubt.clone());
                        between = Tri::Unknown;
                    }
                }
                between
            }
            // A firewall that does not know an address is not shown to be
            // between; one that knows neither says nothing.
            (Some(known), None) | (None, Some(known)) if known.strength <= Strength::Connected => {
                let lost = if from.is_none() { a } else { b };
                why.push(Reason::new(format!("no route leads to {lost}"), None));
                Tri::Unknown
            }
            _ => Tri::No,
        };
        Sight {
            addresses: (a, b),
            a: from,
            b: to,
            between,
            why,
        }
    }

    /// Whether "any ip" passes in both directions.
    fn restricts(
        &self,
        firewall: FirewallId,
        node: &Node<'_>,
        sight: &Sight,
    ) -> (Tri, Vec<Decider>) {
        let (a, b) = sight.addresses;
        let mut restricted = Tri::No;
        let mut by = Vec::new();
        for (from, to, placement) in [(a, b, &sight.a), (b, a, &sight.b)] {
            let Some(placement) = placement else {
                return (Tri::Unknown, Vec::new());
            };
            let cube = Cube::new(IpSet::host(from), IpSet::host(to), &ServiceCube::ALL);
            let arrival = Arrival {
                firewall,
                ingress: placement.interface,
                sent: &cube,
                arrived: &cube,
                pooled: false,
                state: ConnectionState::New,
            };
            for crossed in node.engine.cross(&node.routing, &arrival) {
                match crossed.verdict {
                    PartVerdict::Permit => {}
                    PartVerdict::Deny => {
                        restricted = Tri::Yes;
                        for decider in crossed.by {
                            if !by.contains(&decider) {
                                by.push(decider);
                            }
                        }
                    }
                    PartVerdict::Inconclusive if restricted == Tri::No => {
                        restricted = Tri::Unknown;
                    }
                    PartVerdict::Inconclusive => {}
                }
            }
        }
        (restricted, by)
    }
}
