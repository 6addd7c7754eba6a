//! Which servers a rule leads to: those in its destination that do not lie on
//! the side from which its packets come.

use std::net::IpAddr;

use crate::estate::{Estate, FirewallId, Role, ServerId};
use crate::flow::{Engine, IpSet, Network};
use crate::model::firewall::{
    Action, FilterId, Firewall, InterfaceId, InterfaceMatch, NatKind, Passage, Rule,
};
use crate::model::net::IpRange;

/// So many servers are named.
pub const NAMED: usize = 32;

/// Interfaces between which a filter is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way<'f> {
    ingress: &'f InterfaceMatch,
    egress: &'f InterfaceMatch,
}

/// An address by which rules may mean a server.
struct Known<'e> {
    address: IpAddr,
    name: &'e str,
    /// Where the server lies, as far as the firewall knows.
    interface: Option<InterfaceId>,
}

/// What a firewall knows about Exchange servers and domain controllers.
pub struct Reach<'e> {
    firewall: &'e Firewall,
    known: Vec<Known<'e>>,
    addresses: IpSet,
    ways: Vec<Vec<Way<'e>>>,
    /// Classes of the zones at each interface.
    classes: Vec<Vec<&'static str>>,
}

impl<'e> Reach<'e> {
    /// Looks up servers and filters.
    pub fn new(
        estate: &'e Estate,
        network: &Network<'_>,
        id: FirewallId,
        engine: &Engine<'e>,
    ) -> Self {
        let firewall = engine.firewall;
        let mut known = Vec::new();
        for server in (0u32..).map(ServerId).zip(&estate.servers).map(|(_, s)| s) {
            let directory = server
                .roles
                .iter()
                .any(|r| r.value == Role::ActiveDirectory);
            if !(server.exchange || directory) {
                continue;
            }
            let name = server.name.as_str();
            let mut own = Vec::new();
            for address in &server.addresses {
                let interface = network.interface_towards(id, address.ip);
                own.push((address.ip, interface));
            }
            let first = own.first().and_then(|(_, interface)| *interface);
            let published = server.published.iter().filter(|p| p.first() == p.last());
            own.extend(published.map(|range| (range.first(), first)));
            known.extend(own.into_iter().map(|(address, interface)| Known {
                address,
                name,
                interface,
            }));
        }
        add_translated(firewall, engine, &mut known);
        known.sort_by(|a, b| (a.address, a.name).cmp(&(b.address, b.name)));
        known.dedup_by(|a, b| (a.address, a.name) == (b.address, b.name));
        Self {
            firewall,
            addresses: IpSet::of(known.iter().map(|known| IpRange::host(known.address))),
            known,
            ways: ways(firewall),
            classes: classes(estate, id, firewall),
        }
    }

    /// Whether there is no server to lead to.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Every address of a server.
    pub fn addresses(&self) -> &IpSet {
        &self.addresses
    }

    /// Between which interfaces a filter is asked; none for one that no
    /// crossing packet reaches.
    pub fn ways(&self, filter: FilterId) -> &[Way<'e>] {
        self.ways.get(filter.0 as usize).map_or(&[], Vec::as_slice)
    }

    /// Servers that a rule leads to from the other side.
    pub fn destinations(&self, set: &IpSet, ways: &[Way<'_>], rule: &Rule) -> Vec<&'e str> {
        self.named(set, |known| match known.interface {
            None => true,
            Some(own) => ways.iter().any(|way| {
                way.egress.contains(own)
                    && rule.egress.contains(own)
                    && self.others(own).any(|other| enters(way, rule, other))
            }),
        })
    }

    /// Servers that a rule lets start connections to the other side.
    pub fn sources(&self, set: &IpSet, ways: &[Way<'_>], rule: &Rule) -> Vec<&'e str> {
        self.named(set, |known| match known.interface {
            None => false,
            Some(own) => ways.iter().any(|way| enters(way, rule, own)),
        })
    }

    fn named(&self, set: &IpSet, wanted: impl Fn(&Known<'_>) -> bool) -> Vec<&'e str> {
        let mut names: Vec<&str> = Vec::new();
        for known in &self.known {
            if names.len() >= NAMED {
                break;
            }
            if set.contains(known.address) && !names.contains(&known.name) && wanted(known) {
                names.push(known.name);
            }
        }
        names.sort_unstable();
        names
    }

    fn all(&self) -> impl Iterator<Item = InterfaceId> {
        (0..u32::try_from(self.firewall.interfaces.len()).unwrap_or(u32::MAX)).map(InterfaceId)
    }

    fn others(&self, own: InterfaceId) -> impl Iterator<Item = InterfaceId> {
        self.all().filter(move |other| *other != own)
    }

    /// Interfaces on which packets of a rule come in; none for every one.
    pub fn interfaces(&self, ways: &[Way<'_>], rule: &Rule) -> Vec<usize> {
        let entered: Vec<usize> = self
            .all()
            .filter(|id| ways.iter().any(|way| enters(way, rule, *id)))
            .filter_map(|id| usize::try_from(id.0).ok())
            .collect();
        if entered.len() == self.firewall.interfaces.len() {
            return Vec::new();
        }
        entered
    }

    /// Names of interfaces.
    pub fn names(&self, interfaces: &[usize]) -> Vec<String> {
        let known = interfaces
            .iter()
            .filter_map(|index| self.firewall.interfaces.get(*index));
        known
            .map(|interface| interface.name.value.clone())
            .collect()
    }

    /// Classes of the zones at some interfaces, or at every one.
    pub fn classes(&self, interfaces: &[usize]) -> Vec<&'static str> {
        let all: Vec<usize> = (0..self.classes.len()).collect();
        let chosen = if interfaces.is_empty() {
            &all
        } else {
            interfaces
        };
        let known = chosen.iter().filter_map(|index| self.classes.get(*index));
        let mut classes: Vec<&'static str> = known.flatten().copied().collect();
        classes.sort_unstable();
        classes.dedup();
        classes
    }
}

fn enters(way: &Way<'_>, rule: &Rule, interface: InterfaceId) -> bool {
    way.ingress.contains(interface) && rule.ingress.contains(interface)
}

/// Adds the addresses under which static translations show single servers.
fn add_translated<'e>(firewall: &Firewall, engine: &Engine<'_>, known: &mut Vec<Known<'e>>) {
    let mut shown = Vec::new();
    for rule in &firewall.nat.rules {
        if !rule.enabled || !matches!(rule.kind, NatKind::Static | NatKind::Destination) {
            continue;
        }
        let single = |position| engine.objects().addresses(position).surely.single();
        let (Some(real), Some(mapped)) = (single(&rule.real_source), single(&rule.mapped_source))
        else {
            continue;
        };
        let servers = known.iter().filter(|known| known.address == real);
        shown.extend(servers.map(|server| Known {
            address: mapped,
            ..*server
        }));
    }
    known.extend(shown);
}

/// Between which interfaces each filter is asked about packets that cross.
fn ways(firewall: &Firewall) -> Vec<Vec<Way<'_>>> {
    let mut ways: Vec<Vec<Way<'_>>> = vec![Vec::new(); firewall.filters.len()];
    for stage in &firewall.stages {
        if stage.passage != Passage::Transit {
            continue;
        }
        let way = Way {
            ingress: &stage.ingress,
            egress: &stage.egress,
        };
        let mut open = vec![stage.filter];
        while let Some(filter) = open.pop() {
            let index = filter.0 as usize;
            let Some(known) = ways.get_mut(index) else {
                continue;
            };
            if known.contains(&way) {
                continue;
            }
            known.push(way);
            let rules = firewall.filters.get(index).map(|filter| &filter.rules);
            open.extend(
                rules
                    .into_iter()
                    .flatten()
                    .filter_map(|rule| match rule.action {
                        Action::Jump(to) | Action::Goto(to) if rule.enabled => Some(to),
                        _ => None,
                    }),
            );
        }
    }
    ways
}

fn classes(estate: &Estate, id: FirewallId, firewall: &Firewall) -> Vec<Vec<&'static str>> {
    let mut classes = vec![Vec::new(); firewall.interfaces.len()];
    for zone in &estate.zones {
        let here = zone.attachments.iter().filter(|(at, _)| *at == id);
        for (_, interface) in here {
            if let (Some(known), Some(class)) = (classes.get_mut(interface.0 as usize), zone.class)
            {
                known.push(class.id());
            }
        }
    }
    classes
}
