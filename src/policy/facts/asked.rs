//! Which flows are asked about: every data path of the catalogue between all
//! ends of the estate that have its roles, and sensitive services from every
//! zone.

use std::collections::BTreeSet;
use std::fmt;

use crate::estate::{Estate, Role, Server, ServerId, ZoneClass, ZoneId};
use crate::model::net::{PortRange, Protocol};
use crate::model::path::{Catalogue, DataPath, DynamicKind, Need, Party, Transport};

/// One end of a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum End {
    /// A server.
    Server(ServerId),
    /// Any host of a zone.
    Zone(ZoneId),
    /// Any host on the Internet.
    Internet,
}

/// A protocol with destination ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Service {
    /// Protocol.
    pub protocol: Protocol,
    /// Destination ports.
    pub ports: PortRange,
}

impl Service {
    /// A TCP or UDP service on one port.
    pub fn one(transport: Transport, port: u16) -> Self {
        Self {
            protocol: transport.into(),
            ports: PortRange::one(port),
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.protocol, self.ports)
    }
}

/// A question about a data path.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The data path.
    pub path: &'a DataPath,
    /// Who opens the connection.
    pub source: End,
    /// Who accepts it.
    pub destination: End,
    /// Over what.
    pub service: Service,
    /// Whether the path works without it; `None` for negotiated ports.
    pub need: Option<Need>,
    /// Alternatives and conditional services by their group.
    pub group: Option<&'a str>,
    /// Whether the ports are only known within bounds: a verdict that is not
    /// the same for all of them decides nothing.
    pub ports_unknown: bool,
}

/// Every question that the catalogue raises in the estate, in its order.
pub fn paths<'a>(estate: &Estate, catalogue: &'a Catalogue) -> Vec<Asked<'a>> {
    let mut asked = Vec::new();
    for path in &catalogue.paths {
        for (source, destination) in pairs(path, estate) {
            services(path, source, destination, estate, catalogue, &mut asked);
        }
    }
    asked
}

/// Pairs of different ends for a path, without repeats.
fn pairs(path: &DataPath, estate: &Estate) -> BTreeSet<(End, End)> {
    let mut pairs = BTreeSet::new();
    let mut cross = |source: Party, destination: Party| {
        for from in ends(source, estate) {
            for to in ends(destination, estate) {
                let allowed = from != to
                    && used(from, to, estate)
                    && (source != Party::ClusterNode
                        || one_cluster(from, to, path.source.contains(&Party::Mailbox), estate))
                    && !(matches!(from, End::Internet) && matches!(to, End::Internet));
                if allowed {
                    pairs.insert((from, to));
                }
            }
        }
    };
    if path.is_mutual() && path.source.len() > 1 {
        for (source, destination) in path.source.iter().zip(&path.destination) {
            cross(*source, *destination);
        }
    } else {
        for source in &path.source {
            for destination in &path.destination {
                cross(*source, *destination);
            }
        }
    }
    if path.destination == [Party::Ad] {
        return with_near_directories(&pairs, estate);
    }
    pairs
}

/// Whether two ends talk at all: an Edge server and the Hub servers of its
/// subscribed site do, those of other sites do not.
fn used(a: End, b: End, estate: &Estate) -> bool {
    let (Some(a), Some(b)) = (server(a, estate), server(b, estate)) else {
        return true;
    };
    let is = |server: &Server, role| server.roles.iter().any(|known| known.value == role);
    let across = |hub, edge| is(hub, Role::Hub) && is(edge, Role::Edge);
    if !(across(a, b) || across(b, a)) {
        return true;
    }
    match (site(a, estate), site(b, estate)) {
        (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
        _ => true,
    }
}

/// The AD site of a server, unless the files disagree about it.
fn site<'e>(server: &'e Server, estate: &Estate) -> Option<&'e str> {
    let disputed = estate
        .contradictions
        .iter()
        .any(|known| known.property == "site" && known.subject == server.name);
    server
        .site
        .as_ref()
        .filter(|_| !disputed)
        .map(|site| site.value.as_str())
}

/// Servers ask the directory of their own site, and that of others only where
/// it has none.
fn with_near_directories(pairs: &BTreeSet<(End, End)>, estate: &Estate) -> BTreeSet<(End, End)> {
    let site_of = |end| server(end, estate).and_then(|server| site(server, estate));
    let near = |from: End, to: End| match (site_of(from), site_of(to)) {
        (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
        _ => false,
    };
    let served: BTreeSet<End> = pairs
        .iter()
        .filter(|(from, to)| near(*from, *to))
        .map(|(from, _)| *from)
        .collect();
    pairs
        .iter()
        .filter(|(from, to)| !served.contains(from) || near(*from, *to))
        .copied()
        .collect()
}

/// Everything in the estate that takes the part of a party.
fn ends(party: Party, estate: &Estate) -> Vec<End> {
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
        Party::Client => return zones(estate, ZoneClass::Client),
        // An Edge server is in no domain.
        Party::ExchangeServer => {
            return servers(estate, |server| {
                let edge = server.roles.iter().any(|role| role.value == Role::Edge);
                server.exchange && !edge
            });
        }
        Party::ClusterNode => return servers(estate, |server| is_node(server, estate)),
    };
    let mut ends = servers(estate, |server| {
        server.roles.iter().any(|known| known.value == role)
    });
    // Named workstations stand for the network that they are in.
    if party == Party::AdminWorkstation && ends.is_empty() {
        ends.extend(zones(estate, ZoneClass::Admin));
    }
    ends
}

fn servers(estate: &Estate, wanted: impl Fn(&Server) -> bool) -> Vec<End> {
    (0u32..)
        .zip(&estate.servers)
        .filter(|(_, server)| wanted(server))
        .map(|(index, _)| End::Server(ServerId(index)))
        .collect()
}

fn zones(estate: &Estate, class: ZoneClass) -> Vec<End> {
    (0u32..)
        .zip(&estate.zones)
        .filter(|(_, zone)| zone.class == Some(class))
        .map(|(index, _)| End::Zone(ZoneId(index)))
        .collect()
}

/// Whether some clustered mailbox server names the machine as its node.
fn is_node(server: &Server, estate: &Estate) -> bool {
    estate
        .servers
        .iter()
        .any(|cluster| has_node(cluster, server))
}

fn has_node(cluster: &Server, server: &Server) -> bool {
    cluster
        .nodes
        .iter()
        .any(|node| node.value.eq_ignore_ascii_case(&server.name))
}

/// Whether two ends are nodes of one cluster; for replication, of one whose
/// nodes do not share their storage.
fn one_cluster(a: End, b: End, replication: bool, estate: &Estate) -> bool {
    match (server(a, estate), server(b, estate)) {
        (Some(a), Some(b)) => (0u32..).zip(&estate.servers).any(|(index, cluster)| {
            has_node(cluster, a)
                && has_node(cluster, b)
                && !(replication && shares_storage(ServerId(index), estate))
        }),
        _ => false,
    }
}

/// Whether an export says that the nodes of a cluster use the same disks (a
/// single copy cluster: `ClusteredStorageType` of Get-MailboxServer).
fn shares_storage(cluster: ServerId, estate: &Estate) -> bool {
    estate
        .objects
        .iter()
        .filter(|object| object.cmdlet == "Get-MailboxServer" && object.server == Some(cluster))
        .filter_map(|object| object.record.text("clusteredstoragetype"))
        .any(|(kind, _)| kind.eq_ignore_ascii_case("Shared"))
}

/// The server of an end.
pub fn server(end: End, estate: &Estate) -> Option<&Server> {
    match end {
        End::Server(id) => super::servers::server_of(id, estate),
        End::Zone(_) | End::Internet => None,
    }
}

/// Adds the services of a path between two ends.
fn services<'a>(
    path: &'a DataPath,
    source: End,
    destination: End,
    estate: &Estate,
    catalogue: &'a Catalogue,
    asked: &mut Vec<Asked<'a>>,
) {
    for service in &path.services {
        asked.push(Asked {
            path,
            source,
            destination,
            service: Service::one(
                service.protocol,
                actual_port(service.port, destination, estate),
            ),
            need: Some(service.need),
            group: service.group.as_deref(),
            ports_unknown: false,
        });
    }
    for (service, ports_unknown) in dynamic(path, estate, catalogue) {
        asked.push(Asked {
            path,
            source,
            destination,
            service,
            need: None,
            group: None,
            ports_unknown,
        });
    }
}

/// Ports of the directory on an Edge server, as setup installs it.
const ADAM_LDAP: u16 = 50_389;
const ADAM_LDAPS: u16 = 50_636;

/// The port that a server really uses: the inventory may move those of ADAM.
pub fn actual_port(port: u16, destination: End, estate: &Estate) -> u16 {
    if port != ADAM_LDAP && port != ADAM_LDAPS {
        return port;
    }
    let declared = || {
        let server = server(destination, estate)?;
        let inventory = estate.inventory.as_ref()?;
        let machine = inventory.machines.iter().find(|machine| {
            let name = &machine.name.value;
            name.eq_ignore_ascii_case(&server.name)
                || server
                    .fqdn
                    .as_ref()
                    .is_some_and(|fqdn| name.eq_ignore_ascii_case(&fqdn.value))
        })?;
        if port == ADAM_LDAP {
            machine.adam_ldap_port
        } else {
            machine.adam_ssl_port
        }
    };
    declared().map_or(port, |port| port.value)
}

/// Negotiated ports of a path, each with whether only bounds are known.
fn dynamic(path: &DataPath, estate: &Estate, catalogue: &Catalogue) -> Vec<(Service, bool)> {
    let is_rpc = matches!(
        path.dynamic_ports.kind,
        DynamicKind::Rpc | DynamicKind::RpcAndRandom
    );
    let declared = estate.inventory.as_ref().and_then(|i| i.rpc.as_ref());
    if let (true, Some(range)) = (is_rpc, declared.and_then(|rpc| rpc.range.as_ref())) {
        let service = Service {
            protocol: Protocol::TCP,
            ports: range.value,
        };
        return vec![(service, false)];
    }
    let chosen = declared.and_then(|rpc| rpc.profile.as_ref());
    let named = |name: &str| {
        catalogue
            .dynamic_profiles
            .iter()
            .find(|profile| profile.name == name)
    };
    if let (true, Some(profile)) = (is_rpc, chosen) {
        let known = named(&format!("rpc-{}", profile.value));
        let ports = known.and_then(|p| PortRange::new(p.first?, p.last?));
        if let (Some(profile), Some(ports)) = (known, ports) {
            let service = Service {
                protocol: profile.protocol.into(),
                ports,
            };
            return vec![(service, false)];
        }
    }
    // Nothing tells which profile is in force: the bounds of all of them.
    let mut bounds: Vec<Service> = Vec::new();
    for profile in path.dynamic_ports.profiles.iter().filter_map(|n| named(n)) {
        let Some(ports) = profile
            .first
            .zip(profile.last)
            .and_then(|(low, high)| PortRange::new(low, high))
        else {
            continue;
        };
        let protocol = Protocol::from(profile.protocol);
        match bounds.iter_mut().find(|known| known.protocol == protocol) {
            Some(known) => {
                known.ports.low = known.ports.low.min(ports.low);
                known.ports.high = known.ports.high.max(ports.high);
            }
            None => bounds.push(Service { protocol, ports }),
        }
    }
    bounds.into_iter().map(|service| (service, true)).collect()
}

/// A service that must not be reachable from where it is not needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sensitive {
    /// The service.
    pub service: Service,
    /// What it is (`smb`, `adam-ldap`).
    pub application: &'static str,
}

/// The table: role, service, application.
const SENSITIVE: &str = include_str!("sensitive-services.tsv");

/// Sensitive services of a server, by its roles, sorted.
pub fn sensitive(id: ServerId, estate: &Estate) -> Vec<Sensitive> {
    let end = End::Server(id);
    let Some(server) = server(end, estate) else {
        return Vec::new();
    };
    let concerns = |word: &str| match word {
        "exchange" => server.exchange,
        word => server.roles.iter().any(|role| role.id() == word),
    };
    let mut services: Vec<Sensitive> = SENSITIVE
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let mut cells = line.split('\t');
            let (roles, service, application) = (cells.next()?, cells.next()?, cells.next()?);
            let (protocol, port) = service.split_once('/')?;
            let transport = match protocol {
                "tcp" => Transport::Tcp,
                "udp" => Transport::Udp,
                _ => return None,
            };
            let port = actual_port(port.parse().ok()?, end, estate);
            roles.split(' ').any(concerns).then_some(Sensitive {
                service: Service::one(transport, port),
                application,
            })
        })
        .collect();
    services.sort_by_key(|known| known.service);
    services.dedup_by_key(|known| known.service);
    services
}

#[cfg(test)]
#[path = "asked_tests.rs"]
mod tests;
