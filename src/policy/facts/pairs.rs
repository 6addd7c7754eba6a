//! Which ends of the estate take the parts of a data path.
//!
//! Small estates are asked about pair by pair. Where servers are many, those
//! that every firewall treats alike are asked about once.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::asked::{End, server};
use crate::estate::{Estate, Role, Server, ServerId, ZoneClass, ZoneId};
use crate::flow::Classes;
use crate::model::path::{DataPath, Party};

/// Two ends of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    /// Who opens the connection.
    pub source: End,
    /// Who accepts it.
    pub destination: End,
    /// How many pairs it stands for, itself included.
    pub stands_for: usize,
    /// Whether it stands for pairs that are not asked about.
    pub left_open: bool,
}

/// Ends that are alike.
struct Group {
    first: End,
    second: Option<End>,
    count: usize,
}

/// The parts that machines and zones of an estate can take.
pub struct Parties<'e> {
    estate: &'e Estate,
    /// For the lower-case name of a node the servers that are its clusters.
    clusters: HashMap<String, Vec<usize>>,
    /// Clusters whose nodes share their storage.
    sharing: HashSet<usize>,
    /// Servers about whose site the files disagree.
    disputed: HashSet<&'e str>,
}

impl<'e> Parties<'e> {
    /// Looks up what is asked for often.
    pub fn new(estate: &'e Estate) -> Self {
        let mut clusters: HashMap<String, Vec<usize>> = HashMap::new();
        for (position, cluster) in estate.servers.iter().enumerate() {
            for node in &cluster.nodes {
                let known = clusters.entry(node.value.to_ascii_lowercase());
                known.or_default().push(position);
            }
        }
        let disputed = estate.contradictions.iter();
        Self {
            estate,
            clusters,
            sharing: sharing(estate),
            disputed: disputed
                .filter(|known| known.property == "site")
                .map(|known| known.subject.as_str())
                .collect(),
        }
    }

    /// The combinations of parties of a path.
    fn combinations(path: &DataPath) -> Vec<(Party, Party)> {
        if path.is_mutual() && path.source.len() > 1 {
            let both = path.source.iter().zip(&path.destination);
            return both.map(|(from, to)| (*from, *to)).collect();
        }
        let mut all = Vec::new();
        for source in &path.source {
            all.extend(path.destination.iter().map(|to| (*source, *to)));
        }
        all
    }

    /// No more pairs than this has a path.
    pub fn most_pairs(&self, path: &DataPath) -> usize {
        let count = |party| self.ends(party).len();
        Self::combinations(path)
            .into_iter()
            .map(|(from, to)| match from {
                Party::ClusterNode => self.clustered(path).values().fold(0, |sum: usize, nodes| {
                    sum.saturating_add(nodes.len().saturating_mul(nodes.len()))
                }),
                _ => count(from).saturating_mul(count(to)),
            })
            .fold(0, usize::saturating_add)
    }

    /// Pairs of different ends for a path, without repeats.
    pub fn pairs(&self, path: &DataPath) -> Vec<Pair> {
        let mut pairs = BTreeSet::new();
        for (source, destination) in Self::combinations(path) {
            if source == Party::ClusterNode {
                for nodes in self.clustered(path).values() {
                    for from in nodes {
                        let others = nodes.iter().filter(|to| *to != from);
                        pairs.extend(others.map(|to| (*from, *to)));
                    }
                }
                continue;
            }
            let to = self.ends(destination);
            for from in self.ends(source) {
                let allowed = to.iter().filter(|to| self.talk(from, **to));
                pairs.extend(allowed.map(|to| (from, *to)));
            }
        }
        if path.destination == [Party::Ad] {
            pairs = self.with_near_directories(&pairs);
        }
        pairs.into_iter().map(single).collect()
    }

    /// One pair for all between ends that are alike, at most `most` and one
    /// more that stands for the rest.
    pub fn grouped(&self, path: &DataPath, classes: &Classes, most: usize) -> Vec<Pair> {
        let mut pairs: BTreeMap<(End, End), Pair> = BTreeMap::new();
        let mut rest = 0usize;
        let mut open = None;
        for (source, destination) in Self::combinations(path) {
            if source == Party::ClusterNode {
                // Nodes meet only within their cluster.
                for nodes in self.clustered(path).values() {
                    for from in nodes {
                        if pairs.len() > most {
                            rest = rest.saturating_add(nodes.len().saturating_sub(1));
                            continue;
                        }
                        let others = nodes.iter().filter(|to| *to != from);
                        pairs.extend(others.map(|to| ((*from, *to), single((*from, *to)))));
                    }
                }
                continue;
            }
            let to = self.groups(destination, classes);
            let from = self.groups(source, classes);
            let receivers = to.iter().fold(0usize, |n, g| n.saturating_add(g.count));
            let receiving: HashSet<End> = to.iter().map(|group| group.first).collect();
            for group in &from {
                if pairs.len() >= most {
                    let others = if receiving.contains(&group.first) {
                        receivers.saturating_sub(1)
                    } else {
                        receivers
                    };
                    rest = rest.saturating_add(group.count.saturating_mul(others));
                    if open.is_none() {
                        open = to.iter().find_map(|to| self.meet(group, to)).map(ends_of);
                    }
                    continue;
                }
                let mut met: Vec<Pair> = to.iter().filter_map(|to| self.meet(group, to)).collect();
                if path.destination == [Party::Ad] {
                    self.keep_near(&mut met);
                }
                for pair in met {
                    pairs.insert(ends_of(pair), pair);
                }
            }
        }
        let mut pairs: Vec<Pair> = pairs.into_values().collect();
        for pair in pairs.iter().skip(most) {
            rest = rest.saturating_add(pair.stands_for);
            open.get_or_insert(ends_of(*pair));
        }
        pairs.truncate(most);
        if let (Some((source, destination)), true) = (open, rest > 0) {
            pairs.push(Pair {
                source,
                destination,
                stands_for: rest,
                left_open: true,
            });
        }
        pairs
    }

    /// The pair that stands for those between two groups, if they talk.
    fn meet(&self, from: &Group, to: &Group) -> Option<Pair> {
        let same = from.first == to.first;
        let destination = if same { to.second? } else { to.first };
        self.talk(from.first, destination).then(|| Pair {
            source: from.first,
            destination,
            stands_for: from.count.saturating_mul(if same {
                to.count.saturating_sub(1)
            } else {
                to.count
            }),
            left_open: false,
        })
    }

    /// The ends of a party, those together that are alike.
    fn groups(&self, party: Party, classes: &Classes) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        let mut places: HashMap<u32, usize> = HashMap::new();
        for end in self.ends(party) {
            let class = match end {
                End::Server(id) => classes.of(id),
                End::Zone(_) | End::Internet | End::Host(_) => None,
            };
            let next = groups.len();
            let place = class.map_or(next, |class| *places.entry(class).or_insert(next));
            match groups.get_mut(place) {
                Some(group) => {
                    group.second.get_or_insert(end);
                    group.count = group.count.saturating_add(1);
                }
                None => groups.push(Group {
                    first: end,
                    second: None,
                    count: 1,
                }),
            }
        }
        groups
    }

    /// Whether two ends talk at all: an Edge server and the Hub servers of its
    /// subscribed site do, those of other sites do not.
    fn talk(&self, a: End, b: End) -> bool {
        if a == b {
            return false;
        }
        let (Some(from), Some(to)) = (server(a, self.estate), server(b, self.estate)) else {
            return true;
        };
        let is = |server: &Server, role| server.roles.iter().any(|known| known.value == role);
        let across = |hub, edge| is(hub, Role::Hub) && is(edge, Role::Edge);
        if !(across(from, to) || across(to, from)) {
            return true;
        }
        match (self.site(from), self.site(to)) {
            (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
            _ => true,
        }
    }

    /// The AD site of a server, unless the files disagree about it.
    fn site<'s>(&self, server: &'s Server) -> Option<&'s str> {
        let site = server.site.as_ref()?;
        (!self.disputed.contains(server.name.as_str())).then_some(site.value.as_str())
    }

    fn near(&self, from: End, to: End) -> bool {
        let site = |end| server(end, self.estate).and_then(|server| self.site(server));
        match (site(from), site(to)) {
            (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
            _ => false,
        }
    }

    /// Servers ask the directory of their own site, and that of others only
    /// where it has none.
    fn with_near_directories(&self, pairs: &BTreeSet<(End, End)>) -> BTreeSet<(End, End)> {
        let near: BTreeSet<(End, End)> = pairs
            .iter()
            .filter(|(from, to)| self.near(*from, *to))
            .copied()
            .collect();
        let served: BTreeSet<End> = near.iter().map(|(from, _)| *from).collect();
        let far = pairs.iter().filter(|(from, _)| !served.contains(from));
        let far: Vec<(End, End)> = far.copied().collect();
        near.into_iter().chain(far).collect()
    }

    /// The same for the pairs of one source.
    fn keep_near(&self, pairs: &mut Vec<Pair>) {
        let near = |pair: &Pair| self.near(pair.source, pair.destination);
        if pairs.iter().any(near) {
            pairs.retain(near);
        }
    }

    /// Everything in the estate that takes the part of a party.
    fn ends(&self, party: Party) -> Vec<End> {
        let role = match party {
            Party::Hub => Role::Hub,
            Party::Edge => Role::Edge,
            Party::Mailbox => Role::Mailbox,
            Party::Cas => Role::ClientAccess,
            Party::Um => Role::UnifiedMessaging,
            Party::Ad => Role::ActiveDirectory,
            Party::Dns => Role::Dns,
            Party::LegacyMailbox => Role::LegacyMailbox,
            Party::IpGateway => Role::IpGateway,
            Party::Backup => Role::Backup,
            Party::AdminWorkstation => Role::AdminWorkstation,
            Party::Internet | Party::OtherOrgEdge => return vec![End::Internet],
            // ADAM runs on the Edge itself: no firewall is between.
            Party::Adam => return Vec::new(),
            Party::Client => return self.zones(ZoneClass::Client),
            // An Edge server is in no domain.
            Party::ExchangeServer => {
                return self.servers(|server| {
                    let edge = server.roles.iter().any(|role| role.value == Role::Edge);
                    server.exchange && !edge
                });
            }
            Party::ClusterNode => {
                return self.servers(|server| {
                    let name = server.name.to_ascii_lowercase();
                    self.clusters.contains_key(&name)
                });
            }
        };
        let mut ends = self.servers(|server| server.roles.iter().any(|known| known.value == role));
        // Named workstations stand for the network that they are in.
        if party == Party::AdminWorkstation && ends.is_empty() {
            ends.extend(self.zones(ZoneClass::Admin));
        }
        ends
    }

    fn servers(&self, wanted: impl Fn(&Server) -> bool) -> Vec<End> {
        (0u32..)
            .zip(&self.estate.servers)
            .filter(|(_, server)| wanted(server))
            .map(|(index, _)| End::Server(ServerId(index)))
            .collect()
    }

    fn zones(&self, class: ZoneClass) -> Vec<End> {
        (0u32..)
            .zip(&self.estate.zones)
            .filter(|(_, zone)| zone.class == Some(class))
            .map(|(index, _)| End::Zone(ZoneId(index)))
            .collect()
    }

    /// The nodes of every cluster that has the path: replication runs only
    /// where they do not share their storage.
    fn clustered(&self, path: &DataPath) -> BTreeMap<usize, Vec<End>> {
        let replication = path.source.contains(&Party::Mailbox);
        let mut clustered: BTreeMap<usize, Vec<End>> = BTreeMap::new();
        for (index, server) in (0u32..).zip(&self.estate.servers) {
            let clusters = self.clusters.get(&server.name.to_ascii_lowercase());
            for cluster in clusters.into_iter().flatten() {
                if !(replication && self.sharing.contains(cluster)) {
                    let nodes = clustered.entry(*cluster).or_default();
                    nodes.push(End::Server(ServerId(index)));
                }
            }
        }
        clustered
    }
}

/// Clusters of which an export says that the nodes use the same disks (single
/// copy clusters: `ClusteredStorageType` of Get-MailboxServer).
fn sharing(estate: &Estate) -> HashSet<usize> {
    let objects = estate.objects.iter();
    let clusters = objects.filter(|object| object.cmdlet == "Get-MailboxServer");
    clusters
        .filter_map(|object| {
            let (kind, _) = object.record.text("clusteredstoragetype")?;
            let shared = kind.eq_ignore_ascii_case("Shared");
            usize::try_from(object.server.filter(|_| shared)?.0).ok()
        })
        .collect()
}

fn ends_of(pair: Pair) -> (End, End) {
    (pair.source, pair.destination)
}

fn single((source, destination): (End, End)) -> Pair {
    Pair {
        source,
        destination,
        stands_for: 1,
        left_open: false,
    }
}
