//! Which servers a rule can lead to: those in its destination that do not lie
//! on the side from which its packets come, and how to ask for them.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::estate::{Estate, FirewallId, Role, ServerId};
use crate::flow::{Context, Cube, Engine, IpSet, Network};
use crate::model::firewall::{
    Action, AddressView, FilterId, Firewall, InterfaceId, InterfaceMatch, NatKind, Passage, Rule,
};
use crate::model::net::IpRange;
use crate::model::zone::ZoneClass;

/// So many servers are named.
pub const NAMED: usize = 32;

/// Interfaces between which a filter is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way<'f> {
    ingress: &'f InterfaceMatch,
    egress: &'f InterfaceMatch,
    /// Which address of a translated server the rules compare.
    view: AddressView,
    /// The filter that is asked first, and leads to this one.
    pub root: FilterId,
}

/// An address by which rules may mean a server.
struct Known<'e> {
    address: IpAddr,
    name: &'e str,
    /// Where it is met.
    side: Side,
}

/// Where the address of a server is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Side {
    /// Interface that the server lies at, as far as the firewall knows.
    interface: Option<InterfaceId>,
    /// Whether it is the address by which the Internet knows the server: from
    /// elsewhere it leads to the device that translates it, if anywhere.
    published: bool,
    /// Where packets must come in to be translated to the server, if that is
    /// what the address takes.
    translated_from: Option<InterfaceId>,
    /// The server's own address, where this firewall translates the address to
    /// it: rules that compare real addresses never meet it.
    pub real: Option<IpAddr>,
}

impl Side {
    /// Of packets to an address on this side that pass a filter: those that a
    /// translation leads on, or lets arrive at the address itself. What nothing
    /// tells of is taken to arrive.
    pub fn arriving(&self, engine: &Engine<'_>, asked: &Asked, cube: &Cube) -> Vec<Cube> {
        let Some(ingress) = asked.context.ingress else {
            return vec![cube.clone()];
        };
        match self.interface {
            Some(own) if self.real.is_none() && !self.published => {
                engine.arriving((ingress, own), cube, asked.view)
            }
            _ => match self.real {
                Some(real) => engine.led_on(ingress, cube, real),
                None => vec![cube.clone()],
            },
        }
    }
}

/// A filter that is asked first, for packets of a rule.
pub struct Asked {
    pub filter: FilterId,
    pub context: Context,
    /// Which address of a translated server it compares.
    view: AddressView,
}

/// What a firewall knows about Exchange servers and domain controllers.
pub struct Reach<'e> {
    firewall: &'e Firewall,
    known: Vec<Known<'e>>,
    addresses: IpSet,
    own: IpSet,
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
                let side = Side {
                    interface: network.interface_towards(id, address.ip),
                    published: false,
                    translated_from: None,
                    real: None,
                };
                own.push((address.ip, side));
            }
            let side = Side {
                interface: own.first().and_then(|(_, side)| side.interface),
                published: true,
                translated_from: None,
                real: None,
            };
            let published = server.published.iter().filter(|p| p.first() == p.last());
            own.extend(published.map(|range| (range.first(), side)));
            known.extend(own.into_iter().map(|(address, side)| Known {
                address,
                name,
                side,
            }));
        }
        add_translated(firewall, engine, &mut known);
        known.sort_by(|a, b| (a.address, a.name, a.side).cmp(&(b.address, b.name, b.side)));
        known.dedup_by(|a, b| (a.address, a.name, a.side) == (b.address, b.name, b.side));
        Self {
            firewall,
            own: own(estate, &known),
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

    /// Every address of a server, and of the nodes of clusters.
    pub fn own(&self) -> &IpSet {
        &self.own
    }

    /// Between which interfaces a filter is asked; none for one that no
    /// crossing packet reaches.
    pub fn ways(&self, filter: FilterId) -> &[Way<'e>] {
        self.ways.get(filter.0 as usize).map_or(&[], Vec::as_slice)
    }

    /// Addresses of servers that a rule names in its destination, by their side.
    pub fn named_by_side(&self, set: &IpSet) -> BTreeMap<Side, IpSet> {
        let mut sides: BTreeMap<_, Vec<IpRange>> = BTreeMap::new();
        for known in self.known.iter().filter(|k| set.contains(k.address)) {
            let side = sides.entry(known.side).or_default();
            side.push(IpRange::host(known.address));
        }
        let sets = sides.into_iter().map(|(side, all)| (side, IpSet::of(all)));
        sets.collect()
    }

    /// What is asked for packets of a rule to servers on a side.
    pub fn asked(&self, side: Side, ways: &[Way<'_>], rule: &Rule) -> Vec<Asked> {
        let own = side.interface;
        let leaves = |way: &&Way<'_>| {
            let met = !(side.real.is_some() && way.view == AddressView::Real);
            met && own.is_none_or(|own| way.egress.contains(own) && rule.egress.contains(own))
        };
        let mut asked = Vec::new();
        for way in ways.iter().filter(leaves) {
            let question = |ingress| Asked {
                filter: way.root,
                context: Context {
                    ingress,
                    egress: own,
                    ..Context::default()
                },
                view: way.view,
            };
            let from = self.all().filter(|from| Some(*from) != own);
            let from = from.filter(|from| enters(way, rule, *from));
            let from = from.filter(|from| !side.published || self.may_face_internet(*from));
            let from = from.filter(|from| side.translated_from.is_none_or(|only| only == *from));
            asked.extend(from.map(|from| question(Some(from))));
            if self.firewall.interfaces.is_empty() {
                asked.push(question(None));
            }
        }
        asked
    }

    /// Servers that a rule leads to, of which `leads` is true for an address and
    /// where it is met.
    pub fn destinations(&self, leads: impl Fn(IpAddr, Side) -> bool) -> Vec<&'e str> {
        self.named(&self.addresses, |known| leads(known.address, known.side))
    }

    /// Servers that a rule lets start connections to the other side: of which
    /// `leaves` is true for an address, the filter that is asked first, and the
    /// interfaces.
    pub fn sources(
        &self,
        set: &IpSet,
        ways: &[Way<'_>],
        rule: &Rule,
        leaves: impl Fn(IpAddr, FilterId, &Context) -> bool,
    ) -> Vec<&'e str> {
        self.named(set, |known| {
            let Some(own) = known.side.interface else {
                return false;
            };
            let entered = ways.iter().filter(|way| enters(way, rule, own));
            let mut asked = entered.flat_map(|way| {
                let left = self.all().filter(move |to| {
                    *to != own
                        && self.leads_on(*to)
                        && way.egress.contains(*to)
                        && rule.egress.contains(*to)
                });
                left.map(move |to| (way.root, to))
            });
            asked.any(|(root, to)| {
                let context = Context {
                    ingress: Some(own),
                    egress: Some(to),
                    ..Context::default()
                };
                leaves(known.address, root, &context)
            })
        })
    }

    /// Whether an address is a server's.
    pub fn has(&self, name: &str, address: IpAddr) -> bool {
        let mut known = self.known.iter();
        known.any(|known| known.name == name && known.address == address)
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

    /// Whether a zone of the Internet is at an interface, or no zone at all.
    fn may_face_internet(&self, interface: InterfaceId) -> bool {
        let classes = usize::try_from(interface.0).ok();
        let classes = classes.and_then(|index| self.classes.get(index));
        classes.is_none_or(|known| known.is_empty() || known.contains(&ZoneClass::Internet.id()))
    }

    fn all(&self) -> impl Iterator<Item = InterfaceId> {
        (0..u32::try_from(self.firewall.interfaces.len()).unwrap_or(u32::MAX)).map(InterfaceId)
    }

    /// Whether there is anything behind an interface: behind a loopback there is
    /// but the device itself.
    fn leads_on(&self, id: InterfaceId) -> bool {
        let known = usize::try_from(id.0).ok();
        let Some(interface) = known.and_then(|place| self.firewall.interfaces.get(place)) else {
            return true;
        };
        let mut networks = interface.addresses.iter().map(|address| address.network);
        interface.addresses.is_empty()
            || networks.any(|network| network.first() != network.last())
            || self
                .firewall
                .routes
                .iter()
                .any(|route| route.interface == id)
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

/// The addresses of servers, and those of the nodes of their clusters.
fn own(estate: &Estate, known: &[Known<'_>]) -> IpSet {
    let nodes: BTreeSet<&str> = estate
        .servers
        .iter()
        .flat_map(|server| &server.nodes)
        .map(|node| node.value.as_str())
        .collect();
    let is_node = |name: &str| nodes.iter().any(|node| node.eq_ignore_ascii_case(name));
    let nodes = estate.servers.iter().filter(|server| is_node(&server.name));
    let nodes = nodes.flat_map(|node| node.addresses.iter().map(|address| address.ip));
    let all = known.iter().map(|known| known.address).chain(nodes);
    IpSet::of(all.map(IpRange::host))
}

/// Adds the addresses under which static translations show single servers.
fn add_translated(firewall: &Firewall, engine: &Engine<'_>, known: &mut Vec<Known<'_>>) {
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
        if real == mapped {
            continue;
        }
        for published in known.iter_mut().filter(|known| known.address == mapped) {
            if published.side.published {
                published.side.real = Some(real);
            }
        }
        let servers = known.iter().filter(|known| known.address == real);
        shown.extend(servers.map(|server| Known {
            address: mapped,
            side: Side {
                translated_from: rule.mapped_interface,
                real: Some(real),
                ..server.side
            },
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
            view: stage.view,
            root: stage.filter,
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
