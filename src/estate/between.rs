//! Whether a firewall stands between two machines
//! (`reference/topology.md` §1 and §3).
//!
//! That one does can be proved from networks, routes and declarations. That
//! none does can never be proved from files: `No` means that this firewall, as
//! far as its file tells, is not on the way.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;

use crate::model::firewall::Firewall;
use crate::source::Span;

use super::place::{Place, Placement, ZonePlacement, ZoneTable, place};
use super::types::{Address, Estate, FirewallId, ServerId, Strength, ZoneId};

/// An answer that may stay open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Answer {
    /// Certain.
    Yes,
    /// Not as far as the files tell.
    No,
    /// Something defeats the inference; the reasons say what.
    Unknown,
}

/// One end of a pair, seen from a firewall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Side {
    /// The address.
    pub ip: IpAddr,
    /// The interface that it lies behind, and how that is known.
    pub place: Place,
}

/// Whether packets between two addresses, or two machines, cross a firewall.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crossing {
    /// The answer.
    pub answer: Answer,
    /// The pair of addresses that the answer rests on.
    pub sides: Option<(Side, Side)>,
    /// The statements that tell the two addresses, where they are servers'.
    pub address_spans: Option<(Span, Span)>,
    /// The weakest link of the conclusion.
    pub weakest: Strength,
    /// Why the answer is not certain, each ready to follow "because".
    pub why: Vec<String>,
    /// What those reasons rest on.
    pub at: Vec<Span>,
}

impl Crossing {
    fn unknown(why: String, at: Vec<Span>) -> Self {
        Self {
            answer: Answer::Unknown,
            sides: None,
            address_spans: None,
            weakest: Strength::Name,
            why: vec![why],
            at,
        }
    }

    fn no() -> Self {
        Self {
            answer: Answer::No,
            sides: None,
            address_spans: None,
            weakest: Strength::Name,
            why: Vec::new(),
            at: Vec::new(),
        }
    }
}

/// Where every address of every machine lies, for many questions about pairs.
#[derive(Debug)]
pub struct Places<'e> {
    estate: &'e Estate,
    table: ZoneTable,
    known: HashMap<(FirewallId, IpAddr), Placement>,
    shared: HashMap<IpAddr, Vec<ZoneId>>,
}

/// Whether packets from one address to another cross a firewall; see
/// [`Places::crosses`] for many pairs.
#[must_use]
pub fn crosses(estate: &Estate, id: FirewallId, a: IpAddr, b: IpAddr) -> Crossing {
    Places::empty(estate).crosses(id, a, b)
}

/// Whether a firewall stands between two machines; see [`Places::between`] for
/// many pairs.
#[must_use]
pub fn between(estate: &Estate, id: FirewallId, s: ServerId, t: ServerId) -> Crossing {
    Places::empty(estate).between(id, s, t)
}

impl<'e> Places<'e> {
    fn empty(estate: &'e Estate) -> Self {
        Self {
            estate,
            table: ZoneTable::new(estate),
            known: HashMap::new(),
            shared: HashMap::new(),
        }
    }

    /// Places all addresses of all machines on all firewalls.
    #[must_use]
    pub fn new(estate: &'e Estate) -> Self {
        let mut places = Self::empty(estate);
        let ips: BTreeSet<IpAddr> = estate
            .servers
            .iter()
            .flat_map(|server| &server.addresses)
            .map(|address| address.ip)
            .collect();
        for ip in ips {
            places.shared.insert(ip, places.zones_sharing(ip));
            for position in 0..estate.firewalls.len() {
                let id = FirewallId(u32::try_from(position).unwrap_or(u32::MAX));
                places.known.insert((id, ip), place(estate, id, ip));
            }
        }
        places
    }

    fn placement(&self, id: FirewallId, ip: IpAddr) -> Cow<'_, Placement> {
        match self.known.get(&(id, ip)) {
            Some(placement) => Cow::Borrowed(placement),
            None => Cow::Owned(place(self.estate, id, ip)),
        }
    }

    /// The zones that hold an address with equal claim; none for one zone.
    fn zones_sharing(&self, ip: IpAddr) -> Vec<ZoneId> {
        match self.shared.get(&ip) {
            Some(zones) => zones.clone(),
            None => match self.table.find(ip) {
                ZonePlacement::Several(zones) => zones,
                _ => Vec::new(),
            },
        }
    }

    /// Whether packets from one address to another cross a firewall: it has
    /// them behind different interfaces, and forwards between those.
    #[must_use]
    pub fn crosses(&self, id: FirewallId, a: IpAddr, b: IpAddr) -> Crossing {
        let Some(known) = self.estate.firewalls.get(id.0 as usize) else {
            return Crossing::no();
        };
        let (name, firewall) = (&known.name, &known.firewall);
        if let Some(span) = firewall.transparent {
            let why = format!("{name} is transparent: both sides have one network");
            return Crossing::unknown(why, vec![span]);
        }
        if !shows_networks(firewall) {
            let why = format!("{name} shows no interface addresses");
            return Crossing::unknown(why, vec![firewall.name.span]);
        }
        match (&*self.placement(id, a), &*self.placement(id, b)) {
            (Placement::At(at_a), Placement::At(at_b)) => {
                let side = |ip, place: &Place| Side { ip, place: *place };
                self.placed(name, firewall, side(a, at_a), side(b, at_b))
            }
            (Placement::Several(places), _) => several(name, a, places),
            (_, Placement::Several(places)) => several(name, b, places),
            (Placement::Nowhere, other) => nowhere(firewall, name, a, other),
            (other, Placement::Nowhere) => nowhere(firewall, name, b, other),
        }
    }
}

fn shows_networks(firewall: &Firewall) -> bool {
    firewall
        .interfaces
        .iter()
        .any(|interface| interface.shutdown.is_none() && !interface.addresses.is_empty())
}

fn several(firewall: &str, ip: IpAddr, places: &[Place]) -> Crossing {
    Crossing::unknown(
        format!("{ip} lies behind several interfaces of {firewall} with equal claim"),
        places.iter().map(|place| place.span).collect(),
    )
}

/// A firewall that has no route to an address does not forward to it, unless
/// routes are missing from its file.
fn nowhere(firewall: &Firewall, name: &str, ip: IpAddr, other: &Placement) -> Crossing {
    if let Some(span) = firewall.dynamic_routing.first() {
        return Crossing::unknown(
            format!("{name} learns routes that its file does not show, and {ip} may lie there"),
            vec![*span],
        );
    }
    let dynamic = firewall
        .interfaces
        .iter()
        .filter(|interface| interface.shutdown.is_none())
        .find_map(|interface| interface.dynamic_address);
    if let (Some(span), Placement::At(_)) = (dynamic, other) {
        return Crossing::unknown(
            format!("{name} gets an address from a server, and {ip} may lie there"),
            vec![span],
        );
    }
    Crossing::no()
}

impl Places<'_> {
    fn placed(&self, name: &str, firewall: &Firewall, a: Side, b: Side) -> Crossing {
        let weakest = a.place.strength.max(b.place.strength);
        let sides = Some((a, b));
        let mut crossing = Crossing {
            answer: Answer::No,
            sides,
            address_spans: None,
            weakest,
            why: Vec::new(),
            at: Vec::new(),
        };
        if a.place.interface == b.place.interface {
            return crossing;
        }
        let same_hop = a.place.next_hop.is_some() && a.place.next_hop == b.place.next_hop;
        if same_hop {
            return crossing;
        }
        for side in [a, b] {
            if side.place.strength > Strength::Routed {
                crossing.why.push(format!(
                    "only the default route of {name} leads to {}",
                    side.ip
                ));
                crossing.at.push(side.place.span);
            } else if side.place.strength == Strength::Routed
                && let Some(span) = firewall.dynamic_routing.first()
            {
                crossing.why.push(format!(
                "{name} learns routes that its file does not show, which may lead to {} otherwise",
                side.ip
            ));
                crossing.at.push(*span);
            }
            // Two contexts (or sites) that use one address space.
            let shared = self.zones_sharing(side.ip);
            if !shared.is_empty() {
                crossing.why.push(format!(
                    "{} lies in several networks with equal claim",
                    side.ip
                ));
                let zones = shared
                    .iter()
                    .filter_map(|id| self.estate.zones.get(id.0 as usize));
                crossing.at.extend(zones.map(|zone| zone.span));
            }
        }
        crossing.answer = if crossing.why.is_empty() {
            Answer::Yes
        } else {
            Answer::Unknown
        };
        crossing
    }

    /// Whether a firewall stands between two machines. All pairs of their
    /// addresses are looked at; pairs that differ leave the answer open and are
    /// named. Addresses that the firewall cannot place (heartbeat networks) count
    /// only when there are no others.
    #[must_use]
    pub fn between(&self, id: FirewallId, s: ServerId, t: ServerId) -> Crossing {
        let estate = self.estate;
        let (Some(source), Some(target), Some(known)) = (
            estate.servers.get(s.0 as usize),
            estate.servers.get(t.0 as usize),
            estate.firewalls.get(id.0 as usize),
        ) else {
            return Crossing::no();
        };
        if s == t || is_host_firewall(&known.firewall) {
            return Crossing::no();
        }
        for server in [source, target] {
            if server.addresses.is_empty() {
                return Crossing::unknown(
                    format!("no address of {} is known", server.name),
                    vec![server.span],
                );
            }
        }
        let mut yes: Vec<Crossing> = Vec::new();
        let mut no: Vec<Crossing> = Vec::new();
        let mut unknown: Vec<Crossing> = Vec::new();
        let mut unplaced: Vec<Crossing> = Vec::new();
        for a in &source.addresses {
            for b in &target.addresses {
                let crossing = self.pair(id, a, b);
                match (crossing.answer, &crossing.sides) {
                    (Answer::Yes, _) => yes.push(crossing),
                    (Answer::Unknown, _) => unknown.push(crossing),
                    (Answer::No, Some(_)) => no.push(crossing),
                    (Answer::No, None) => unplaced.push(crossing),
                }
            }
        }
        let differ = usize::from(!yes.is_empty())
            .saturating_add(usize::from(!no.is_empty()))
            .saturating_add(usize::from(!unknown.is_empty()))
            > 1;
        if differ {
            return mixed(&known.name, &yes, &no, unknown);
        }
        yes.into_iter()
            .chain(no)
            .chain(unknown)
            .chain(unplaced)
            .next()
            .unwrap_or_else(Crossing::no)
    }

    fn pair(&self, id: FirewallId, a: &Address, b: &Address) -> Crossing {
        let mut crossing = self.crosses(id, a.ip, b.ip);
        crossing.address_spans = Some((a.span, b.span));
        if crossing.answer == Answer::Yes {
            crossing.weakest = crossing.weakest.max(a.strength).max(b.strength);
            // The address itself is a guess: a node's for its cluster.
            for address in [a, b] {
                if address.strength > Strength::Routed {
                    crossing.answer = Answer::Unknown;
                    crossing.why.push(format!(
                        "{} is the address of a cluster's node, and the cluster's own may lie \
                     elsewhere",
                        address.ip
                    ));
                    crossing.at.push(address.span);
                }
            }
        }
        crossing
    }
}

/// Pairs of addresses that do not agree.
fn mixed(firewall: &str, yes: &[Crossing], no: &[Crossing], unknown: Vec<Crossing>) -> Crossing {
    let shown = |crossing: &Crossing| {
        crossing
            .sides
            .map_or_else(String::new, |(a, b)| format!("{} and {}", a.ip, b.ip))
    };
    let mut why = Vec::new();
    let mut at = Vec::new();
    if let Some(crossing) = yes.first() {
        why.push(format!("{firewall} stands between {}", shown(crossing)));
    }
    if let Some(crossing) = no.first() {
        why.push(format!(
            "{firewall} does not stand between {}",
            shown(crossing)
        ));
    }
    for crossing in &unknown {
        for reason in &crossing.why {
            if !why.contains(reason) {
                why.push(reason.clone());
            }
        }
        at.extend_from_slice(&crossing.at);
    }
    let best = yes
        .first()
        .or_else(|| unknown.first())
        .or_else(|| no.first());
    for crossing in yes.first().into_iter().chain(no.first()) {
        if let Some((a, b)) = crossing.address_spans {
            at.extend([a, b]);
        }
    }
    at.sort();
    at.dedup();
    Crossing {
        answer: Answer::Unknown,
        sides: best.and_then(|crossing| crossing.sides),
        address_spans: best.and_then(|crossing| crossing.address_spans),
        weakest: Strength::Name,
        why,
        at,
    }
}

/// Firewalls of the servers themselves are never between two machines
/// (`reference/topology.md` §7).
fn is_host_firewall(firewall: &Firewall) -> bool {
    firewall.platform.starts_with("windows")
}
