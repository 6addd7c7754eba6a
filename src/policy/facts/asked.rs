//! Which flows are asked about: every data path of the catalogue between all
//! ends of the estate that have its roles, and sensitive services from every
//! zone.

use std::fmt;
use std::net::IpAddr;

use super::bound;
use super::cover;
use super::negotiated::{self, OfPath};
use super::pairs::{Pair, Parties};
use crate::estate::{Estate, Server, ServerId, ZoneId};
use crate::flow::{Answer, Classes};
use crate::model::net::{PortRange, Protocol};
use crate::model::path::{Catalogue, DataPath, Need, Transport};
use crate::source::Span;

/// One end of a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum End {
    /// A server.
    Server(ServerId),
    /// Any host of a zone.
    Zone(ZoneId),
    /// Any host on the Internet.
    Internet,
    /// A machine that is no server of the estate, or one address of a server.
    Host(IpAddr),
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
    /// What tells the ports, where a file of the server does.
    pub ports_at: Option<Span>,
    /// How many pairs of ends that the same rules decide alike it stands for,
    /// this one included.
    pub stands_for: usize,
    /// Whether too many ends differ for all to be asked about; then this one
    /// stands for the rest and has no answer.
    pub left_open: bool,
}

/// How many questions are asked.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Up to so many in all, every pair of ends is asked about.
    pub all: usize,
    /// With more in all, every pair of a path with no more than so many.
    pub each: usize,
    /// Of a path with more, no more than so many.
    pub most: usize,
}

/// What two cores answer and judge in seconds.
pub const LIMITS: Limits = Limits {
    all: 40_000,
    each: 1_000,
    most: 2_500,
};
/// Pairs of ends of one path that are looked at to choose these: those of 140
/// kinds of servers with one another.
const LOOKED_AT: usize = 20_000;

/// Every question that the catalogue raises in the estate, in its order. Of
/// very many, one stands for those between servers that are `alike`; of these,
/// the `answers` tell which show all that there is to tell.
pub fn paths<'a, 'c>(
    estate: &Estate,
    catalogue: &'a Catalogue,
    alike: impl Fn() -> &'c Classes,
    answers: impl Fn(&[Asked<'a>]) -> Vec<Answer>,
    limits: Limits,
) -> Vec<Asked<'a>> {
    let parties = Parties::new(estate);
    let mut counted = Vec::new();
    for path in &catalogue.paths {
        let dynamic = negotiated::of_path(path, estate, catalogue);
        let services = path.services.len().saturating_add(dynamic.most());
        let count = parties.most_pairs(path).saturating_mul(services);
        counted.push((path, dynamic, services, count));
    }
    let total = counted
        .iter()
        .fold(0usize, |sum, (.., count)| sum.saturating_add(*count));
    let mut asked = Vec::new();
    for (path, dynamic, services, count) in counted {
        let pairs = if total <= limits.all || count <= limits.each {
            parties.pairs(path)
        } else {
            let pairs = parties.grouped(path, alike(), LOOKED_AT);
            let of = |questions: usize| questions.checked_div(services).unwrap_or(questions);
            if pairs.len() > of(limits.each) {
                let most = of(limits.most);
                let ask = |pair, asked: &mut Vec<_>| ask(path, pair, &dynamic, estate, asked);
                cover::choose(pairs, most, estate, ask, &answers)
            } else {
                pairs
            }
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
        End::Zone(_) | End::Internet | End::Host(_) => None,
    }
}

/// Adds the services of a path between two ends.
fn ask<'a>(
    path: &'a DataPath,
    pair: Pair,
    dynamic: &OfPath,
    estate: &Estate,
    asked: &mut Vec<Asked<'a>>,
) {
    let question = |service, need, group| Asked {
        path,
        source: pair.source,
        destination: pair.destination,
        service,
        need,
        group,
        ports_unknown: false,
        ports_at: None,
        stands_for: pair.stands_for,
        left_open: pair.left_open,
    };
    for known in &path.services {
        let instead = bound::instead(&path.id.0, known.port, pair.destination, estate);
        for port in &instead {
            let service = Service::one(known.protocol, port.value);
            asked.push(Asked {
                ports_at: port.at,
                ..question(service, Some(known.need), known.group.as_deref())
            });
        }
        if !instead.is_empty() {
            // Nothing needs the usual port: whether it is open is another question.
            let service = Service::one(known.protocol, known.port);
            asked.push(question(service, Some(Need::Optional), None));
            continue;
        }
        let port = actual_port(known.port, pair.destination, estate);
        let service = Service::one(known.protocol, port.value);
        asked.push(Asked {
            ports_at: port.at,
            ..question(service, Some(known.need), known.group.as_deref())
        });
    }
    for negotiated in dynamic.at(pair.destination, estate) {
        asked.push(Asked {
            ports_unknown: negotiated.unknown,
            ports_at: negotiated.at,
            ..question(negotiated.service, None, None)
        });
    }
}

/// Ports of the directory on an Edge server, as setup installs it.
const ADAM_LDAP: u16 = 50_389;
const ADAM_LDAPS: u16 = 50_636;

/// A port and what moved it there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActualPort {
    /// The port.
    pub value: u16,
    /// The file of the server that says so.
    pub at: Option<Span>,
}

/// The port that a server really uses: the inventory may move those of ADAM,
/// and the registry of the server tells where they are.
pub fn actual_port(port: u16, destination: End, estate: &Estate) -> ActualPort {
    let usual = ActualPort {
        value: port,
        at: None,
    };
    if port != ADAM_LDAP && port != ADAM_LDAPS {
        return usual;
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
    if let Some(declared) = declared() {
        return ActualPort {
            value: declared.value,
            at: None,
        };
    }
    let listener = if port == ADAM_LDAP {
        "adam-ldap"
    } else {
        "adam-ldaps"
    };
    let told = || match destination {
        End::Server(id) => estate.host_ports.get(&id)?.fixed.get(listener),
        End::Zone(_) | End::Internet | End::Host(_) => None,
    };
    told().map_or(usual, |told| ActualPort {
        value: told.value,
        at: Some(told.span),
    })
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
            let port = actual_port(port.parse().ok()?, end, estate).value;
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
