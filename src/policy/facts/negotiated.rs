//! Which ports a data path negotiates: those of the inventory, else those that
//! the registry of the server names, else the bounds of the catalogue.

use std::sync::OnceLock;

use super::asked::{End, Service};
use crate::estate::{Estate, HostPorts};
use crate::model::net::{PortRange, Protocol};
use crate::model::path::{Catalogue, DataPath, DynamicKind, DynamicProfile};
use crate::source::Span;

/// Ports that a path may negotiate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Negotiated {
    /// Protocol and ports.
    pub service: Service,
    /// Whether only bounds are known.
    pub unknown: bool,
    /// What tells them of this server.
    pub at: Option<Span>,
}

impl Negotiated {
    fn tcp(ports: PortRange, at: Span) -> Self {
        Self {
            service: Service {
                protocol: Protocol::TCP,
                ports,
            },
            unknown: false,
            at: Some(at),
        }
    }
}

/// The negotiated ports of a path.
#[derive(Debug, Clone)]
pub struct OfPath {
    /// Where nothing is known of the server.
    anywhere: Vec<Negotiated>,
    /// Whether a server may tell others: the endpoint mapper hands them out,
    /// and the inventory does not name them.
    of_server: bool,
    listeners: &'static [&'static str],
}

impl OfPath {
    /// How many services there are at most.
    pub fn most(&self) -> usize {
        self.anywhere.len().saturating_add(if self.of_server {
            self.listeners.len()
        } else {
            0
        })
    }

    /// The ports at one end.
    pub fn at(&self, destination: End, estate: &Estate) -> Vec<Negotiated> {
        let End::Server(id) = destination else {
            return self.anywhere.clone();
        };
        match estate.host_ports.get(&id).filter(|_| self.of_server) {
            Some(host) => self.of_host(host),
            None => self.anywhere.clone(),
        }
    }

    fn of_host(&self, host: &HostPorts) -> Vec<Negotiated> {
        let mut all: Vec<Negotiated> = Vec::new();
        for listener in self.listeners {
            if let Some(port) = host.fixed.get(listener) {
                all.push(Negotiated::tcp(PortRange::one(port.value), port.span));
            }
        }
        // What listens on no fixed port is somewhere in the range.
        if self.listeners.is_empty() || all.len() < self.listeners.len() {
            all.extend(self.range(host));
        }
        all.dedup_by_key(|known| known.service);
        all
    }

    fn range(&self, host: &HostPorts) -> Vec<Negotiated> {
        if !host.rpc.is_empty() {
            let ranges = host.rpc.iter();
            return ranges
                .map(|range| Negotiated::tcp(range.value, range.span))
                .collect();
        }
        match host.dynamic {
            // The registry, which no file shows, may name others.
            Some(range) => vec![Negotiated {
                unknown: true,
                ..Negotiated::tcp(range.value, range.span)
            }],
            None => self.anywhere.clone(),
        }
    }
}

/// The listeners of the table for a path.
fn listeners(path: &str) -> &'static [&'static str] {
    static TABLE: OnceLock<Vec<(&str, Vec<&str>)>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        include_str!("rpc-services.tsv")
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.split_once('\t'))
            .map(|(path, listeners)| (path, listeners.split(' ').collect()))
            .collect()
    });
    let row = table.iter().find(|(known, _)| *known == path);
    row.map_or(&[], |(_, listeners)| listeners)
}

/// The negotiated ports of a path of the catalogue.
pub fn of_path(path: &DataPath, estate: &Estate, catalogue: &Catalogue) -> OfPath {
    let is_rpc = matches!(
        path.dynamic_ports.kind,
        DynamicKind::Rpc | DynamicKind::RpcAndRandom
    );
    let declared = is_rpc.then(|| declared(estate, catalogue)).flatten();
    OfPath {
        of_server: is_rpc && declared.is_none(),
        anywhere: match declared {
            Some(service) => vec![Negotiated {
                service,
                unknown: false,
                at: None,
            }],
            None => bounds(path, catalogue),
        },
        listeners: listeners(&path.id.0),
    }
}

/// The ports of RPC that the inventory declares.
fn declared(estate: &Estate, catalogue: &Catalogue) -> Option<Service> {
    let rpc = estate.inventory.as_ref()?.rpc.as_ref()?;
    if let Some(range) = &rpc.range {
        return Some(Service {
            protocol: Protocol::TCP,
            ports: range.value,
        });
    }
    let profile = rpc.profile.as_ref()?;
    let known = named(catalogue, &format!("rpc-{}", profile.value))?;
    Some(Service {
        protocol: known.protocol.into(),
        ports: PortRange::new(known.first?, known.last?)?,
    })
}

fn named<'c>(catalogue: &'c Catalogue, name: &str) -> Option<&'c DynamicProfile> {
    let mut profiles = catalogue.dynamic_profiles.iter();
    profiles.find(|profile| profile.name == name)
}

/// Nothing tells which profile is in force: the bounds of all of them.
fn bounds(path: &DataPath, catalogue: &Catalogue) -> Vec<Negotiated> {
    let mut bounds: Vec<Service> = Vec::new();
    let profiles = path.dynamic_ports.profiles.iter();
    for profile in profiles.filter_map(|name| named(catalogue, name)) {
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
    bounds
        .into_iter()
        .map(|service| Negotiated {
            service,
            unknown: true,
            at: None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::path::exchange_2007;

    #[test]
    fn every_path_of_the_table_negotiates_ports_over_rpc() {
        let catalogue = exchange_2007().expect("the embedded catalogue");
        for line in include_str!("rpc-services.tsv").lines() {
            let Some((id, _)) = line.split_once('\t').filter(|_| !line.starts_with('#')) else {
                continue;
            };
            let path = catalogue.paths.iter().find(|path| *path.id.0 == *id);
            let kind = path.map(|path| path.dynamic_ports.kind);
            assert_eq!(kind, Some(DynamicKind::Rpc), "{id}");
        }
    }
}
