//! How wide the sources and the services of a rule are.

use serde::Serialize;

use crate::flow::{IpSet, ServiceCube, ServiceSet};
use crate::model::net::{PortRange, Protocol};
use crate::policy::facts::sources::is_zero;

/// So many ranges are told.
const TOLD: usize = 8;

/// So many services are told: rules judge each of them.
const SERVICES: usize = 64;

/// IPv4 addresses of a /16: the width from which a set of sources is wide.
const WIDE4: u128 = 1 << 16;
/// IPv6 addresses of a /48, the network of a site (RFC 6177).
const WIDE6: u128 = 1 << 80;

/// Ports that a range of ports should not let through by the way: RPC endpoint
/// mapper, NetBIOS, LDAP, SMB, global catalog, ADAM of an Edge.
const SENSITIVE: [u16; 8] = [135, 137, 138, 139, 389, 445, 3268, 50_389];

/// From here on ranges are those that RPC assigns, and wide by nature: the last
/// two of the above are no reason against them.
const ASSIGNED_FROM: u16 = 1024;

/// Up to so many ports side by side are a service (the three of NetBIOS), and no
/// range that lets others through by the way.
pub const SIDE_BY_SIDE: u16 = 8;

/// A set of addresses.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AddressesFact {
    /// Whether it is every address of a family.
    pub any: bool,
    /// Whether it is a /16 or more in size, or an IPv6 /48.
    pub wide: bool,
    /// Families of the addresses: `ipv4`, `ipv6`.
    pub families: Vec<&'static str>,
    /// The first ranges.
    pub ranges: Vec<String>,
    /// How many further ranges there are.
    #[serde(skip_serializing_if = "is_zero")]
    pub more: usize,
}

impl AddressesFact {
    /// Describes a set.
    pub fn new(set: &IpSet) -> Self {
        let families = [("ipv4", set.v4.is_empty()), ("ipv6", set.v6.is_empty())];
        Self {
            any: is_any(set),
            wide: is_wide(set),
            families: families
                .into_iter()
                .filter_map(|(name, empty)| (!empty).then_some(name))
                .collect(),
            ranges: told(set),
            more: set.ranges().skip(TOLD).count(),
        }
    }
}

/// The first ranges of a set.
pub fn told(set: &IpSet) -> Vec<String> {
    set.ranges()
        .take(TOLD)
        .map(|range| range.to_string())
        .collect()
}

/// Whether a set is every address of a family.
pub fn is_any(set: &IpSet) -> bool {
    set.v4.is_all() || set.v6.is_all()
}

/// Whether a set is wide.
pub fn is_wide(set: &IpSet) -> bool {
    set.v4.size() >= WIDE4 || set.v6.size() >= WIDE6
}

/// A set of services.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ServicesFact {
    /// Whether it is every protocol and port.
    pub any: bool,
    /// Protocols of which it is every port: `tcp`, `udp`.
    pub all: Vec<&'static str>,
    /// Sensitive services that a range of ports lets through by the way.
    pub sensitive: Vec<String>,
    /// The first services, as `tcp/25` or `tcp/1024-65535`.
    pub services: Vec<String>,
    /// How many further ones there are.
    #[serde(skip_serializing_if = "is_zero")]
    pub more: usize,
}

impl ServicesFact {
    /// Describes a set.
    pub fn new(set: &ServiceSet) -> Self {
        let mut fact = Self {
            any: set.cubes().iter().any(is_everything),
            all: Vec::new(),
            sensitive: Vec::new(),
            services: Vec::new(),
            more: 0,
        };
        if fact.any {
            fact.services.push("any".to_owned());
            return fact;
        }
        for (protocol, name) in [(Protocol::TCP, "tcp"), (Protocol::UDP, "udp")] {
            fact.add(set, protocol, name);
        }
        fact
    }

    fn add(&mut self, set: &ServiceSet, protocol: Protocol, name: &'static str) {
        let cubes = || {
            let all = set.cubes().iter();
            all.filter(|cube| cube.protocols.contains(protocol))
        };
        if cubes().any(|cube| cube.destination.is_all()) {
            self.all.push(name);
            self.services.push(name.to_owned());
            return;
        }
        for (low, high) in cubes().flat_map(|cube| cube.destination.ranges()) {
            let Some(range) = PortRange::new(*low, *high) else {
                continue;
            };
            if *low < ASSIGNED_FROM && high.saturating_sub(*low) > SIDE_BY_SIDE {
                let inside = SENSITIVE
                    .iter()
                    .filter(|port| (*low..=*high).contains(*port));
                self.sensitive
                    .extend(inside.map(|port| format!("{name}/{port}")));
            }
            if self.services.len() < SERVICES {
                self.services.push(format!("{name}/{range}"));
            } else {
                self.more = self.more.saturating_add(1);
            }
        }
    }

    /// Whether it is neither TCP nor UDP.
    pub fn is_other(&self) -> bool {
        self.services.is_empty()
    }

    /// Whether it is wide.
    pub fn is_wide(&self) -> bool {
        self.any || !self.all.is_empty() || !self.sensitive.is_empty()
    }
}

fn is_everything(cube: &ServiceCube) -> bool {
    cube.protocols.is_all() && cube.source.is_all() && cube.destination.is_all()
}
