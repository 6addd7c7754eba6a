//! `[[allowed_flow]]`: whether all packets that a finding is about lie within
//! those that are allowed. What cannot be proved is not hidden.

use crate::estate::{Estate, Server, Zone};
use crate::formats::inventory::{AllowedFlow, Service};
use crate::model::net::{IpRange, PortRange, Protocol};
use crate::model::zone::ZoneClass;
use crate::policy::{FlowKey, parse_range};

/// The packets of an allowed flow.
#[derive(Debug, Clone)]
pub struct Within {
    from: String,
    to: String,
    service: Option<Service>,
}

impl Within {
    /// Those of an entry.
    #[must_use]
    pub fn new(entry: &AllowedFlow) -> Self {
        Self {
            from: entry.from.value.clone(),
            to: entry.to.value.clone(),
            service: entry.service.as_ref().map(|known| known.value),
        }
    }

    /// As a person reads it.
    #[must_use]
    pub fn described(&self) -> String {
        format!("{} -> {}", self.from, self.to)
    }

    /// Whether every packet of a flow lies within.
    #[must_use]
    pub fn holds(&self, flow: &FlowKey, estate: &Estate) -> bool {
        holds_end(&self.from, &flow.source, estate)
            && holds_end(&self.to, &flow.destination, estate)
            && self.holds_service(flow.service.as_deref())
    }

    fn holds_service(&self, service: Option<&str>) -> bool {
        let Some(allowed) = self.service else {
            return true;
        };
        let Some(protocol) = allowed.protocol else {
            return true;
        };
        let Some((wanted, ports)) = service.and_then(parsed) else {
            return false;
        };
        protocol == wanted && allowed.ports.low <= ports.low && ports.high <= allowed.ports.high
    }
}

/// Reads `tcp/25` or `tcp/1024-65535`.
fn parsed(service: &str) -> Option<(Protocol, PortRange)> {
    let (protocol, ports) = match service.split_once('/') {
        Some((protocol, ports)) => (protocol, ports),
        None => (service, "0-65535"),
    };
    let protocol = match protocol {
        "tcp" => Protocol::TCP,
        "udp" => Protocol::UDP,
        "icmp" => Protocol::ICMP,
        "icmp6" => Protocol::ICMP6,
        number => Protocol(number.parse().ok()?),
    };
    let (low, high) = ports.split_once('-').unwrap_or((ports, ports));
    Some((
        protocol,
        PortRange::new(low.parse().ok()?, high.parse().ok()?)?,
    ))
}

/// Whether one end of a flow lies within what an exception names.
fn holds_end(allowed: &str, end: &str, estate: &Estate) -> bool {
    if allowed.eq_ignore_ascii_case(end) {
        return true;
    }
    let server = server(end, estate);
    if let Some(server) = server
        && is(server, allowed)
    {
        return true;
    }
    // A server lies within its zone when all of its addresses do.
    if let (Some(server), Some((zone, _))) = (server, zone(allowed, estate)) {
        let inside = |index: Option<usize>| index == Some(zone);
        let zones = server.addresses.iter();
        return !server.addresses.is_empty()
            && zones
                .map(|address| address.zone.map(|id| id.0 as usize))
                .all(inside);
    }
    let Some(allowed) = parse_range(allowed) else {
        return false;
    };
    let ends: Vec<IpRange> = match (server, zone(end, estate)) {
        (Some(server), _) => {
            let addresses = server.addresses.iter();
            addresses.map(|address| IpRange::host(address.ip)).collect()
        }
        // Whatever is not listed elsewhere belongs to the Internet.
        (None, Some((_, zone))) if zone.class != Some(ZoneClass::Internet) => {
            zone.networks.iter().map(|network| network.value).collect()
        }
        _ => parse_range(end).into_iter().collect(),
    };
    let inside =
        |range: &IpRange| allowed.contains(range.first()) && allowed.contains(range.last());
    !ends.is_empty() && ends.iter().all(inside)
}

fn server<'e>(name: &str, estate: &'e Estate) -> Option<&'e Server> {
    estate.servers.iter().find(|server| server.name == name)
}

/// Whether a server has a name: its own, its first label, or its FQDN.
pub(super) fn is(server: &Server, name: &str) -> bool {
    let name = name.to_lowercase();
    let fqdn = server.fqdn.as_ref().map(|fqdn| fqdn.value.as_str());
    let first = |text: &str| text.split('.').next().unwrap_or_default().to_owned();
    server.name == name
        || fqdn == Some(name.as_str())
        || (parse_range(&name).is_none() && first(&server.name) == name)
        || (fqdn.is_none() && first(&name) == server.name)
}

fn zone<'e>(name: &str, estate: &'e Estate) -> Option<(usize, &'e Zone)> {
    let mut zones = estate.zones.iter().enumerate();
    zones.find(|(_, zone)| zone.name.eq_ignore_ascii_case(name))
}
