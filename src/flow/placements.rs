//! Which firewalls stand between two servers, and whether they restrict them.

use std::collections::HashMap;
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
    /// How many pairs that every firewall treats alike it stands for, itself
    /// included; one unless there are very many.
    pub stands_for: usize,
}

/// Up to so many pairs, every one is looked at.
const ALL_PAIRS: usize = 20_000;
/// Of more, no further ones when so many kinds of pairs were.
const GROUPED_PAIRS: usize = 4_000;

/// A server with its number.
type Known<'s> = (ServerId, &'s Server);

/// Pairs of servers, each with how many it stands for.
#[derive(Default)]
struct Pairs<'s> {
    asked: Vec<(Known<'s>, Known<'s>, usize)>,
    /// The first of those that are too many, and how many.
    open: Option<(Known<'s>, Known<'s>, usize)>,
}

fn left_open(firewall: FirewallId, a: ServerId, b: ServerId, stands_for: usize) -> PairPlacement {
    PairPlacement {
        firewall,
        a,
        b,
        a_interface: None,
        b_interface: None,
        addresses: None,
        between: Tri::Unknown,
        restricts: Tri::Unknown,
        certain: false,
        why: vec![Reason::new(
            format!(
                "{stands_for} like this were not asked about: too many servers differ in role, \
                 site or network; run exlint on the exports of one site at a time"
            ),
            None,
        )],
        a_at: None,
        b_at: None,
        decided_by: Vec::new(),
        stands_for,
    }
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
        let servers: Vec<Known<'_>> = (0u32..)
            .map(ServerId)
            .zip(&self.estate.servers)
            .filter(|(_, server)| wanted(server))
            .collect();
        let pairs = self.server_pairs(&servers);
        let mut found = Vec::new();
        for (id, node) in self.nodes() {
            for (a, b, stands_for) in &pairs.asked {
                let pair = self.pair(id, node, *a, *b).map(|pair| PairPlacement {
                    stands_for: *stands_for,
                    ..pair
                });
                found.extend(pair.filter(|pair| pair.between != Tri::No));
            }
            if let Some(((a, _), (b, _), stands_for)) = pairs.open {
                found.push(left_open(id, a, b, stands_for));
            }
        }
        found
    }

    /// Every two of the servers; of very many, one pair for all between those
    /// that are alike.
    fn server_pairs<'s>(&self, servers: &[Known<'s>]) -> Pairs<'s> {
        let mut pairs = Pairs::default();
        let count = servers.len();
        if count.saturating_mul(count) <= ALL_PAIRS.saturating_mul(2) {
            for (position, a) in servers.iter().enumerate() {
                let others = servers.iter().skip(position.saturating_add(1));
                pairs.asked.extend(others.map(|b| (*a, *b, 1)));
            }
            return pairs;
        }
        let classes = self.classes();
        let mut groups: Vec<(Known<'s>, Option<Known<'s>>, usize)> = Vec::new();
        let mut places: HashMap<u32, usize> = HashMap::new();
        for known in servers {
            let next = groups.len();
            let class = classes.of(known.0);
            let place = class.map_or(next, |class| *places.entry(class).or_insert(next));
            match groups.get_mut(place) {
                Some((_, second, count)) => {
                    second.get_or_insert(*known);
                    *count = count.saturating_add(1);
                }
                None => groups.push((*known, None, 1)),
            }
        }
        let mut rest = count;
        for (position, (a, second, count)) in groups.iter().enumerate() {
            rest = rest.saturating_sub(*count);
            if pairs.asked.len() >= GROUPED_PAIRS {
                let within = count.saturating_mul(count.saturating_sub(1)) / 2;
                let open = within.saturating_add(count.saturating_mul(rest));
                let next = groups.get(position.saturating_add(1)).map(|group| group.0);
                match (&mut pairs.open, second.or(next)) {
                    (Some((.., sum)), _) => *sum = sum.saturating_add(open),
                    (none, Some(b)) => *none = Some((*a, b, open)),
                    (_, None) => {}
                }
                continue;
            }
            if let Some(second) = second {
                let within = count.saturating_mul(count.saturating_sub(1)) / 2;
                pairs.asked.push((*a, *second, within));
            }
            for (b, _, others) in groups.iter().skip(position.saturating_add(1)) {
                pairs.asked.push((*a, *b, count.saturating_mul(*others)));
            }
        }
        pairs
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
            stands_for: 1,
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
