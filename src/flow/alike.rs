//! Servers that every statement of every firewall treats alike.
//!
//! Two addresses are alike when the same address sets hold them: those of all
//! rules, objects, translations, routes and interfaces. Whatever a firewall
//! does with packets of one it does with those of the other. Every set gets a
//! random number, and an address the exclusive or of those that hold it: a
//! sweep over the sorted addresses, whatever the number of servers.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;

use super::host::Host;
use super::reach::Node;
use super::sets::IpSet;
use crate::estate::{Estate, Server, ServerId, Strength, ZoneId};
use crate::model::firewall::{AddressMatch, AddressTerm, NatKind};
use crate::model::net::IpRange;

/// The classes of servers that are alike as ends of flows.
#[derive(Debug, Clone, Default)]
pub struct Classes {
    of: Vec<u32>,
    members: Vec<Vec<ServerId>>,
}

impl Classes {
    /// The class of a server.
    #[must_use]
    pub fn of(&self, id: ServerId) -> Option<u32> {
        self.of.get(id.0 as usize).copied()
    }

    /// The servers of a class, in their order.
    #[must_use]
    pub fn members(&self, class: u32) -> &[ServerId] {
        self.members
            .get(class as usize)
            .map_or(&[], |members| members.as_slice())
    }

    /// The first server of every class.
    pub fn first(&self) -> impl Iterator<Item = ServerId> + '_ {
        self.members.iter().filter_map(|m| m.first().copied())
    }

    /// Sorts the servers of an estate.
    pub(super) fn new(estate: &Estate, nodes: &[Node<'_>], hosts: &[Host]) -> Self {
        let mut sweep = Sweep::new(estate);
        for node in nodes {
            sweep.firewall(node);
        }
        // A server with a firewall of its own is like no other.
        for host in hosts {
            sweep.moves(&host.addresses);
        }
        let signatures = sweep.signatures();
        let special = special_names(estate);
        // Without any firewall no packet's way is known, whatever the site.
        let blind = nodes.is_empty() && hosts.is_empty();
        let mut numbers: HashMap<Key<'_>, u32> = HashMap::new();
        let mut classes = Self::default();
        for (id, server) in (0u32..).map(ServerId).zip(&estate.servers) {
            let key = if blind {
                Key::of_role(server)
            } else {
                Key::new(id, server, &signatures, &special)
            };
            let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            let number = *numbers.entry(key).or_insert(next);
            classes.of.push(number);
            match classes.members.get_mut(number as usize) {
                Some(members) => members.push(id),
                None => classes.members.push(vec![id]),
            }
        }
        classes
    }
}

/// Servers of which the inventory or a contradiction says something that sets
/// them apart.
fn special_names(estate: &Estate) -> HashSet<String> {
    let machines = estate.inventory.iter().flat_map(|known| &known.machines);
    let moved = machines
        .filter(|known| known.adam_ldap_port.is_some() || known.adam_ssl_port.is_some())
        .map(|known| known.name.value.to_ascii_lowercase());
    let disputed = estate.contradictions.iter();
    moved
        .chain(disputed.map(|known| known.subject.to_ascii_lowercase()))
        .collect()
}

/// What makes two servers alike.
#[derive(Default, PartialEq, Eq, Hash)]
struct Key<'e> {
    /// Set for a server that is like no other.
    alone: Option<ServerId>,
    exchange: bool,
    roles: Vec<&'static str>,
    site: Option<&'e str>,
    state: Option<&'e str>,
    version: Option<(u16, u16)>,
    addresses: Vec<(u128, bool, Option<ZoneId>, Strength)>,
}

impl<'e> Key<'e> {
    /// What sets servers apart of which nothing else counts.
    fn of_role(server: &'e Server) -> Self {
        Self {
            exchange: server.exchange,
            roles: roles(server),
            state: server.state.as_ref().map(|state| state.value.as_str()),
            ..Self::default()
        }
    }

    fn new(
        id: ServerId,
        server: &'e Server,
        signatures: &HashMap<IpAddr, Option<u128>>,
        special: &HashSet<String>,
    ) -> Self {
        let signature = |ip| signatures.get(&ip).copied().flatten();
        let named = |name: &str| special.contains(&name.to_ascii_lowercase());
        let special = !server.published.is_empty()
            || !server.nodes.is_empty()
            || server
                .addresses
                .iter()
                .any(|address| signature(address.ip).is_none())
            || named(&server.name)
            || server.fqdn.as_ref().is_some_and(|fqdn| named(&fqdn.value));
        Self {
            alone: special.then_some(id),
            exchange: server.exchange,
            roles: roles(server),
            site: server.site.as_ref().map(|site| site.value.as_str()),
            state: server.state.as_ref().map(|state| state.value.as_str()),
            version: server
                .version
                .as_ref()
                .map(|version| (version.major, version.minor)),
            addresses: server
                .addresses
                .iter()
                .map(|address| {
                    (
                        signature(address.ip).unwrap_or_default(),
                        address.ip.is_ipv4(),
                        address.zone,
                        address.strength,
                    )
                })
                .collect(),
        }
    }
}

/// The roles of a server, each once, sorted.
fn roles(server: &Server) -> Vec<&'static str> {
    let mut roles: Vec<&str> = server.roles.iter().map(|role| role.id()).collect();
    roles.sort_unstable();
    roles.dedup();
    roles
}

/// The sorted addresses of all servers, with what starts or ends before each.
struct Sweep {
    addresses: Vec<IpAddr>,
    changes: Vec<u128>,
    /// Addresses that a translation changes: each is like no other.
    moved: Vec<bool>,
    numbers: RandomState,
    count: u64,
}

impl Sweep {
    fn new(estate: &Estate) -> Self {
        let mut addresses: Vec<IpAddr> = estate
            .servers
            .iter()
            .flat_map(|server| server.addresses.iter().map(|address| address.ip))
            .collect();
        addresses.sort_unstable();
        addresses.dedup();
        Self {
            changes: vec![0; addresses.len().saturating_add(1)],
            moved: vec![false; addresses.len()],
            addresses,
            numbers: RandomState::new(),
            count: 0,
        }
    }

    fn signatures(self) -> HashMap<IpAddr, Option<u128>> {
        let mut now = 0;
        let changes = self.changes.iter().zip(&self.moved);
        let signatures = changes.map(|(change, moved)| {
            now ^= change;
            (!moved).then_some(now)
        });
        self.addresses.iter().copied().zip(signatures).collect()
    }

    fn firewall(&mut self, node: &Node<'_>) {
        let engine = &node.engine;
        let firewall = engine.firewall;
        for rule in firewall.filters.iter().flat_map(|filter| &filter.rules) {
            self.position(node, &rule.source);
            self.position(node, &rule.destination);
        }
        for index in (0u32..).take(firewall.address_objects.len()) {
            let id = crate::model::firewall::AddressObjectId(index);
            if let Some(bounds) = engine.objects.address_object(id) {
                self.set(&bounds.possibly);
                if !bounds.is_exact() {
                    self.set(&bounds.surely);
                }
            }
        }
        for network in node.routing.networks() {
            self.ranges([network].into_iter());
        }
        for address in firewall.interfaces.iter().flat_map(|i| &i.addresses) {
            self.ranges([address.address].into_iter());
        }
        for known in engine.translations() {
            for bounds in [
                &known.real,
                &known.mapped,
                &known.real_peers,
                &known.mapped_peers,
            ] {
                self.set(&bounds.possibly);
                if !bounds.is_exact() {
                    self.set(&bounds.surely);
                }
            }
            let kind = firewall.nat.rules.get(known.index as usize).map(|r| r.kind);
            let moves = matches!(kind, Some(NatKind::Static | NatKind::Destination));
            if moves && known.real.possibly != known.mapped.possibly {
                self.moves(&known.real.possibly);
                self.moves(&known.mapped.possibly);
            }
            if known.twice.is_some() && known.real_peers.possibly != known.mapped_peers.possibly {
                self.moves(&known.real_peers.possibly);
                self.moves(&known.mapped_peers.possibly);
            }
        }
    }

    fn position(&mut self, node: &Node<'_>, position: &AddressMatch) {
        let terms = match position {
            AddressMatch::Any => return,
            AddressMatch::One(term) => std::slice::from_ref(term),
            AddressMatch::AnyOf(terms) | AddressMatch::NoneOf(terms) => terms,
        };
        for term in terms {
            match term {
                // Resolved with the objects.
                AddressTerm::Object(_) | AddressTerm::Any4 | AddressTerm::Any6 => {}
                AddressTerm::V4(low, high) => {
                    self.ranges([IpRange::V4(*low, *high)].into_iter());
                }
                AddressTerm::V6(range) => self.ranges([IpRange::V6(range.0, range.1)].into_iter()),
                AddressTerm::Masked(_) | AddressTerm::Interface(_) | AddressTerm::Unknown(_) => {
                    let one = AddressMatch::One(term.clone());
                    let bounds = node.engine.objects.addresses(&one);
                    self.set(&bounds.possibly);
                    self.set(&bounds.surely);
                }
            }
        }
    }

    fn set(&mut self, set: &IpSet) {
        self.ranges(set.ranges());
    }

    fn moves(&mut self, set: &IpSet) {
        for range in set.ranges() {
            let (from, to) = self.held(range);
            let count = to.saturating_sub(from);
            for moved in self.moved.iter_mut().skip(from).take(count) {
                *moved = true;
            }
        }
    }

    /// The places of the addresses that a range holds.
    fn held(&self, range: IpRange) -> (usize, usize) {
        let (first, last) = (range.first(), range.last());
        (
            self.addresses.partition_point(|address| *address < first),
            self.addresses.partition_point(|address| *address <= last),
        )
    }

    /// Notes one set of addresses.
    fn ranges(&mut self, ranges: impl Iterator<Item = IpRange>) {
        let mut number = None;
        for range in ranges {
            let (from, to) = self.held(range);
            if from >= to {
                continue;
            }
            let number = *number.get_or_insert_with(|| {
                self.count = self.count.saturating_add(1);
                let half = |side: u8| u128::from(self.numbers.hash_one((self.count, side)));
                half(0) << 64 | half(1)
            });
            for place in [from, to] {
                if let Some(change) = self.changes.get_mut(place) {
                    *change ^= number;
                }
            }
        }
    }
}
