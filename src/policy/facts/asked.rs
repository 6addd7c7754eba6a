//! Which flows are asked about: every data path of the catalogue between all
//! ends of the estate that have its roles, and sensitive services from every
//! zone.

use std::fmt;

use super::pairs::{Pair, Parties};
use crate::estate::{Estate, Server, ServerId, ZoneId};
use crate::flow::Classes;
use crate::model::net::{PortRange, Protocol};
use crate::model::path::{Catalogue, DataPath, DynamicKind, Need, Transport};

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
    /// How many pairs of ends that every firewall treats alike it stands for,
    /// this one included.
    pub stands_for: usize,
    /// Whether too many ends differ for all to be asked about; then this one
    /// stands for the rest and has no answer.
    pub left_open: bool,
}

/// Up to so many questions in all, every pair of ends is asked about.
const ALL: usize = 40_000;
/// With more in all, so many questions of one path.
const EACH: usize = 1_000;

/// Every question that the catalogue raises in the estate, in its order. Of
/// very many, one stands for those between servers that are `alike`.
pub fn paths<'a, 'c>(
    estate: &Estate,
    catalogue: &'a Catalogue,
    alike: impl Fn() -> &'c Classes,
) -> Vec<Asked<'a>> {
    let parties = Parties::new(estate);
    let mut counted = Vec::new();
    for path in &catalogue.paths {
        let dynamic = dynamic(path, estate, catalogue);
        let services = path.services.len().saturating_add(dynamic.len());
        let count = parties.most_pairs(path).saturating_mul(services);
        counted.push((path, dynamic, services, count));
    }
    let total = counted
        .iter()
        .fold(0usize, |sum, (.., count)| sum.saturating_add(*count));
    let mut asked = Vec::new();
    for (path, dynamic, services, count) in counted {
        let pairs = if total <= ALL || count <= EACH {
            parties.pairs(path)
        } else {
            let most = EACH.checked_div(services).unwrap_or(EACH);
            parties.grouped(path, alike(), most)
        };
        for pair in pairs {
            ask(path, pair, &dynamic, estate, &mut asked);
        }
    }
    asked
}

/// The server of an end.
pub fn server(end: End, estate: &Estate) -> Option<&Server> {
    match end {
        End::Server(id) => super::servers::server_of(id, estate),
        End::Zone(_) | End::Internet => None,
    }
}

/// Adds the services of a path between two ends.
fn ask<'a>(
    path: &'a DataPath,
    pair: Pair,
    dynamic: &[(Service, bool)],
    estate: &Estate,
    asked: &mut Vec<Asked<'a>>,
) {
    let question = |service, need, group, ports_unknown| Asked {
        path,
        source: pair.source,
        destination: pair.destination,
        service,
        need,
        group,
        ports_unknown,
        stands_for: pair.stands_for,
        left_open: pair.left_open,
    };
    for known in &path.services {
        let port = actual_port(known.port, pair.destination, estate);
        let service = Service::one(known.protocol, port);
        asked.push(question(
            service,
            Some(known.need),
            known.group.as_deref(),
            false,
        ));
    }
    for (service, ports_unknown) in dynamic {
        asked.push(question(*service, None, None, *ports_unknown));
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
