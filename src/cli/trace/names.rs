//! Words of a question as the things of the estate that they name.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::OnceLock;

use crate::estate::{Estate, FirewallId, ServerId, ZoneId};
use crate::flow::{Endpoint, IpSet, Network, PortSet, ProtocolSet, ServiceCube, ServiceSet};
use crate::model::firewall::{Filter, FilterId, InterfaceId};
use crate::model::net::{IpRange, PortRange, Protocol};
use crate::report::Messages;

/// Why a word of a question cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Key of the message.
    key: &'static str,
    /// What fills its holes.
    holes: Vec<(&'static str, String)>,
    /// The name that was probably meant.
    pub near: Option<String>,
}

impl Trouble {
    /// A trouble with holes to fill.
    pub fn new(key: &'static str, holes: &[(&'static str, &str)]) -> Self {
        Self {
            key,
            holes: holes
                .iter()
                .map(|(name, value)| (*name, (*value).to_owned()))
                .collect(),
            near: None,
        }
    }

    /// Adds the name that was probably meant.
    pub fn near(mut self, near: Option<String>) -> Self {
        self.near = near;
        self
    }

    /// In words.
    pub fn text(&self, words: &Messages) -> String {
        let holes: Vec<(&str, &dyn std::fmt::Display)> = self
            .holes
            .iter()
            .map(|(name, value)| (*name, value as &dyn std::fmt::Display))
            .collect();
        words.fill(self.key, &holes)
    }
}

/// Looks names up.
#[derive(Debug, Clone, Copy)]
pub struct Names<'a> {
    /// The estate.
    pub estate: &'a Estate,
    /// Its firewalls, prepared.
    pub network: &'a Network<'a>,
}

impl<'a> Names<'a> {
    /// A firewall by its name in the run or its host name.
    pub fn device(&self, name: &str) -> Result<FirewallId, Trouble> {
        let all = || (0u32..).map(FirewallId).zip(&self.estate.firewalls);
        let found = all()
            .find(|(_, firewall)| firewall.name == name)
            .or_else(|| all().find(|(_, firewall)| firewall.firewall.name.value == name))
            .or_else(|| {
                all().find(|(_, firewall)| {
                    firewall.name.eq_ignore_ascii_case(name)
                        || firewall.firewall.name.value.eq_ignore_ascii_case(name)
                })
            });
        if let Some((id, _)) = found {
            return Ok(id);
        }
        let known: Vec<&str> = all().map(|(_, firewall)| firewall.name.as_str()).collect();
        Err(Trouble::new(
            "trace.no-device",
            &[("name", name), ("known", &listed(&known))],
        )
        .near(nearest(name, &known)))
    }

    /// The only firewall on which `find` finds something.
    fn only<T>(
        &self,
        what: &'static str,
        name: &str,
        find: impl Fn(FirewallId) -> Result<T, Trouble>,
    ) -> Result<(FirewallId, T), Trouble> {
        let mut found = Vec::new();
        let mut first = None;
        for index in 0..self.estate.firewalls.len() {
            let id = FirewallId(u32::try_from(index).unwrap_or(u32::MAX));
            match find(id) {
                Ok(value) => found.push((id, value)),
                Err(trouble) if trouble.near.is_some() || first.is_none() => {
                    first = Some(trouble);
                }
                Err(_) => {}
            }
        }
        if found.len() > 1 {
            let names: Vec<&str> = found.iter().map(|(id, _)| self.device_name(*id)).collect();
            return Err(Trouble::new(
                what,
                &[("name", name), ("devices", &listed(&names))],
            ));
        }
        found.pop().ok_or_else(|| {
            first.unwrap_or_else(|| {
                Trouble::new("trace.no-device", &[("name", name), ("known", "–")])
            })
        })
    }

    /// The firewall of a question that names none, by what it names instead.
    pub fn device_of(
        &self,
        filter: Option<&str>,
        interface: Option<&str>,
    ) -> Result<Option<FirewallId>, Trouble> {
        if let Some(name) = filter {
            let found = self.only("trace.which-device", name, |id| self.filter(id, name));
            return found.map(|(id, _)| Some(id));
        }
        if let Some(name) = interface {
            let found = self.only("trace.which-device", name, |id| {
                self.interface(id, name, None)
            });
            return found.map(|(id, _)| Some(id));
        }
        Ok(None)
    }

    /// The name of a firewall.
    pub fn device_name(&self, id: FirewallId) -> &'a str {
        self.estate
            .firewalls
            .get(id.0 as usize)
            .map_or("", |firewall| firewall.name.as_str())
    }

    /// An interface by its name, its hardware or its zone. Where a zone has
    /// several, the one behind which `inside` lies, else the first.
    pub fn interface(
        &self,
        device: FirewallId,
        name: &str,
        inside: Option<&IpSet>,
    ) -> Result<InterfaceId, Trouble> {
        let Some(firewall) = self.estate.firewalls.get(device.0 as usize) else {
            return Err(Trouble::new("trace.no-device", &[("name", name)]));
        };
        let interfaces = &firewall.firewall.interfaces;
        let all = || (0u32..).map(InterfaceId).zip(interfaces);
        let by_name = |same: fn(&str, &str) -> bool| {
            all()
                .find(|(_, interface)| {
                    same(&interface.name.value, name)
                        || interface
                            .hardware
                            .as_ref()
                            .is_some_and(|hardware| same(&hardware.value, name))
                })
                .map(|(id, _)| id)
        };
        if let Some(id) = by_name(|a, b| a == b).or_else(|| by_name(str::eq_ignore_ascii_case)) {
            return Ok(id);
        }
        let mut in_zone: Vec<InterfaceId> = all()
            .filter(|(_, interface)| {
                interface
                    .zone
                    .as_ref()
                    .is_some_and(|zone| zone.value.eq_ignore_ascii_case(name))
            })
            .map(|(id, _)| id)
            .collect();
        for zone in &self.estate.zones {
            if zone.name.eq_ignore_ascii_case(name) {
                in_zone.extend(
                    zone.attachments
                        .iter()
                        .filter(|(at, _)| *at == device)
                        .map(|(_, interface)| *interface),
                );
            }
        }
        let located = inside
            .and_then(|set| self.network.interface_of(device, set))
            .filter(|id| in_zone.contains(id));
        if let Some(id) = located.or_else(|| in_zone.first().copied()) {
            return Ok(id);
        }
        // A ruleset of netfilter names interfaces only where rules ask for
        // them: one stands for all that begin alike, one for all others.
        let stands_for = all()
            .filter_map(|(id, interface)| {
                let held = interface.name.value.as_str();
                let start = held.strip_suffix(['*', '+'])?;
                let fits = name.starts_with(start) && (!start.is_empty() || held == "*");
                fits.then_some((start.len(), id))
            })
            .max();
        if let Some((_, id)) = stands_for
            && all().any(|(_, interface)| interface.name.value == "*")
            && !name.contains(':')
        {
            return Ok(id);
        }
        let mut known: Vec<&str> = interfaces.iter().map(|i| i.name.value.as_str()).collect();
        known.extend(
            interfaces
                .iter()
                .filter_map(|i| i.zone.as_ref().map(|zone| zone.value.as_str())),
        );
        known.extend(
            self.estate
                .zones
                .iter()
                .filter(|zone| zone.attachments.iter().any(|(at, _)| *at == device))
                .map(|zone| zone.name.as_str()),
        );
        Err(Trouble::new(
            "trace.no-interface",
            &[
                ("name", name),
                ("device", &firewall.name),
                ("known", &listed(&known)),
            ],
        )
        .near(nearest(name, &known)))
    }

    /// A filter of a firewall by its name.
    pub fn filter(&self, device: FirewallId, name: &str) -> Result<FilterId, Trouble> {
        let Some(firewall) = self.estate.firewalls.get(device.0 as usize) else {
            return Err(Trouble::new("trace.no-device", &[("name", name)]));
        };
        let filters = &firewall.firewall.filters;
        let place = filters
            .iter()
            .position(|filter| filter.name == name)
            .or_else(|| {
                filters
                    .iter()
                    .position(|filter| filter.name.eq_ignore_ascii_case(name))
            });
        // `INPUT` is the one of the table that iptables takes without `-t`.
        let place = place.or_else(|| {
            let in_table = |filter: &Filter| {
                let chain = filter.name.strip_prefix("filter/");
                chain.is_some_and(|chain| chain.eq_ignore_ascii_case(name))
            };
            filters.iter().position(in_table)
        });
        if let Some(id) = place.and_then(|place| u32::try_from(place).ok()) {
            return Ok(FilterId(id));
        }
        let known: Vec<&str> = filters.iter().map(|filter| filter.name.as_str()).collect();
        Err(Trouble::new(
            "trace.no-filter",
            &[
                ("name", name),
                ("device", &firewall.name),
                ("known", &listed(&known)),
            ],
        )
        .near(nearest(name, &known)))
    }

    /// An end: addresses, a server, a zone, `internet`, or an address object
    /// of a configuration.
    pub fn end(&self, word: &str, device: Option<FirewallId>) -> Result<Endpoint, Trouble> {
        let word = word.trim();
        match addresses(word) {
            Ok(Some(set)) => return Ok(Endpoint::Addresses(set)),
            Ok(None) => {}
            Err(trouble) => return Err(trouble),
        }
        if word.eq_ignore_ascii_case("internet") {
            return Ok(Endpoint::Internet);
        }
        let is_server = |server: &crate::estate::Server| {
            server.name.eq_ignore_ascii_case(word)
                || server
                    .fqdn
                    .as_ref()
                    .is_some_and(|fqdn| fqdn.value.eq_ignore_ascii_case(word))
        };
        let server = self.estate.servers.iter().position(is_server);
        if let Some(id) = server.and_then(|place| u32::try_from(place).ok()) {
            return Ok(Endpoint::Server(ServerId(id)));
        }
        let is_zone = |zone: &crate::estate::Zone| zone.name.eq_ignore_ascii_case(word);
        let zone = self.estate.zones.iter().position(is_zone);
        if let Some(id) = zone.and_then(|place| u32::try_from(place).ok()) {
            return Ok(Endpoint::Zone(ZoneId(id)));
        }
        if let Some(set) = self.object(word, device) {
            return Ok(Endpoint::Addresses(set));
        }
        let mut known: Vec<&str> = vec!["internet"];
        known.extend(
            self.estate
                .servers
                .iter()
                .map(|server| server.name.as_str()),
        );
        known.extend(self.estate.zones.iter().map(|zone| zone.name.as_str()));
        Err(Trouble::new(
            "trace.no-end",
            &[("name", word), ("known", &listed(&known))],
        )
        .near(nearest(word, &known)))
    }

    /// The addresses of an object that a configuration defines.
    fn object(&self, word: &str, device: Option<FirewallId>) -> Option<IpSet> {
        let all = (0u32..).map(FirewallId).zip(&self.estate.firewalls);
        for (id, firewall) in all.filter(|(id, _)| device.is_none_or(|device| device == *id)) {
            let objects = &firewall.firewall.address_objects;
            let bounds = objects
                .iter()
                .position(|object| !object.name.is_empty() && object.name == word)
                .and_then(|place| u32::try_from(place).ok())
                .map(crate::model::firewall::AddressObjectId)
                .and_then(|place| self.network.engine(id)?.objects().address_object(place));
            let Some(bounds) = bounds else { continue };
            if bounds.is_exact() && !bounds.surely.is_empty() {
                return Some(bounds.surely.clone());
            }
        }
        None
    }
}

/// At most so many known names are listed.
const LISTED: usize = 12;

fn listed(names: &[&str]) -> String {
    let mut once: Vec<&str> = Vec::new();
    for name in names {
        if once.len() > LISTED {
            break;
        }
        if !once.contains(name) {
            once.push(name);
        }
    }
    let more = once.len() > LISTED;
    once.truncate(LISTED);
    let mut text = once.join(", ");
    if more {
        text.push_str(", …");
    }
    text
}

/// The nearest of several names, if one is near.
pub fn nearest(name: &str, known: &[&str]) -> Option<String> {
    let wanted = name.to_lowercase();
    if wanted.len() > 256 {
        return None;
    }
    known
        .iter()
        .filter(|candidate| candidate.len() <= 256)
        .map(|candidate| {
            let distance = strsim::damerau_levenshtein(&wanted, &candidate.to_lowercase());
            (distance, *candidate)
        })
        .filter(|(distance, candidate)| {
            let length = candidate.chars().count().max(wanted.chars().count());
            *distance <= (length / 3).max(1)
        })
        .min()
        .map(|(_, candidate)| candidate.to_owned())
}

/// Addresses in any notation: `10.1.0.5`, `10.1.0.0/16`, `10.1.0.0/255.255.0.0`,
/// `10.1.0.5-10.1.0.9`, `any`. `None` when the word looks like a name.
pub fn addresses(word: &str) -> Result<Option<IpSet>, Trouble> {
    if let Ok(address) = word.parse::<IpAddr>() {
        return Ok(Some(IpSet::host(address)));
    }
    match word {
        "any" | "*" => return Ok(Some(IpSet::ALL)),
        "any4" => return Ok(Some(IpSet::ALL4)),
        "any6" => return Ok(Some(IpSet::ALL6)),
        _ => {}
    }
    let bad = || Trouble::new("trace.bad-address", &[("text", word)]);
    if let Some((address, length)) = word.split_once(['/', ' ']) {
        let Ok(address) = address.trim().parse::<IpAddr>() else {
            return if numeric(word) { Err(bad()) } else { Ok(None) };
        };
        let length = length.trim();
        let length = match length.parse::<u8>() {
            Ok(length) => Some(length),
            Err(_) => length.parse().ok().and_then(mask_length),
        };
        let range = length.and_then(|length| IpRange::network(address, length));
        return range.map(|range| Some(IpSet::from(range))).ok_or_else(bad);
    }
    if let Some((low, high)) = word.split_once('-') {
        let (Ok(low), Ok(high)) = (low.trim().parse::<IpAddr>(), high.trim().parse::<IpAddr>())
        else {
            return if numeric(word) { Err(bad()) } else { Ok(None) };
        };
        if low.is_ipv4() != high.is_ipv4() {
            return Err(Trouble::new("trace.mixed-range", &[("text", word)]));
        }
        return IpRange::between(low, high)
            .map(|range| Some(IpSet::from(range)))
            .ok_or_else(|| Trouble::new("trace.reversed-range", &[("text", word)]));
    }
    if numeric(word) { Err(bad()) } else { Ok(None) }
}

/// Whether a word can only be meant as an address.
fn numeric(word: &str) -> bool {
    let digits = word.bytes().any(|b| b.is_ascii_digit());
    let v4 = word
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'/' | b'-' | b' '));
    let v6 = word.bytes().filter(|b| *b == b':').count() >= 2
        && word
            .bytes()
            .all(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.' | b'/' | b'-'));
    word.is_empty() || (digits && v4) || v6
}

fn mask_length(mask: std::net::Ipv4Addr) -> Option<u8> {
    let bits = mask.to_bits();
    let length = bits.leading_ones();
    let whole = bits
        == u32::MAX
            .checked_shl(32u32.saturating_sub(length))
            .unwrap_or(0);
    whole.then(|| u8::try_from(length).ok()).flatten()
}

/// A protocol by name or number; `None` for any.
pub fn protocol(word: &str) -> Result<Option<Protocol>, Trouble> {
    if let Ok(number) = word.parse::<u8>() {
        return Ok(Some(Protocol(number)));
    }
    Ok(match word.to_ascii_lowercase().as_str() {
        "any" | "ip" => None,
        "icmp" => Some(Protocol::ICMP),
        "icmp6" | "icmpv6" | "ipv6-icmp" => Some(Protocol::ICMP6),
        "tcp" => Some(Protocol::TCP),
        "udp" => Some(Protocol::UDP),
        "igmp" => Some(Protocol(2)),
        "gre" => Some(Protocol(47)),
        "esp" => Some(Protocol(50)),
        "ah" => Some(Protocol(51)),
        "ospf" => Some(Protocol(89)),
        "sctp" => Some(Protocol(132)),
        _ => {
            const KNOWN: [&str; 10] = [
                "tcp", "udp", "icmp", "icmp6", "ip", "gre", "esp", "ah", "igmp", "sctp",
            ];
            return Err(
                Trouble::new("trace.bad-protocol", &[("text", word)]).near(nearest(word, &KNOWN))
            );
        }
    })
}

/// A port or a range of ports.
pub fn ports(word: &str) -> Result<PortRange, Trouble> {
    let bad = || Trouble::new("trace.bad-port", &[("text", word)]);
    let port = |text: &str| text.trim().parse::<u16>().map_err(|_| bad());
    match word.split_once(['-', ':']) {
        None => port(word).map(PortRange::one),
        Some((low, high)) => PortRange::new(port(low)?, port(high)?)
            .ok_or_else(|| Trouble::new("trace.reversed-ports", &[("text", word)])),
    }
}

/// The packets of a service: `tcp/25`, `25/tcp`, `udp/1024-65535`, `smtp`,
/// `icmp`, `icmp/8`, `esp`, `ip`; several are joined by commas.
pub fn service(text: &str, source: Option<PortRange>) -> Result<ServiceSet, Trouble> {
    let mut cubes = Vec::new();
    for word in text.split(',') {
        cubes.extend(one_service(word.trim(), source)?);
    }
    Ok(ServiceSet::of(cubes))
}

fn one_service(word: &str, source: Option<PortRange>) -> Result<Vec<ServiceCube>, Trouble> {
    static NAMES: OnceLock<HashMap<&'static str, &'static str>> = OnceLock::new();
    let names = NAMES.get_or_init(|| {
        include_str!("services.tsv")
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.split_once('\t'))
            .collect()
    });
    let lower = word.to_ascii_lowercase();
    if let Some(known) = names.get(lower.as_str()) {
        let mut cubes = Vec::new();
        for one in known.split(',') {
            cubes.extend(written(one, source)?);
        }
        return Ok(cubes);
    }
    written(word, source).map_err(|trouble| {
        if trouble.key != "trace.bad-service" {
            return trouble;
        }
        let known: Vec<&str> = names.keys().copied().collect();
        trouble.near(nearest(&lower, &known))
    })
}

/// Ports that clients of TCP and UDP send from.
pub const CLIENT_PORTS: PortRange = PortRange {
    low: 1024,
    high: u16::MAX,
};

fn written(word: &str, source: Option<PortRange>) -> Result<Vec<ServiceCube>, Trouble> {
    let bad = |_| Trouble::new("trace.bad-service", &[("text", word)]);
    let Some((first, second)) = word.split_once('/') else {
        let protocol = protocol(word).map_err(bad)?;
        return cubes(protocol, None, source, word);
    };
    let (named, rest) = match protocol(first) {
        // `25/tcp`: a number stands before a name.
        Ok(_) if first.parse::<u8>().is_ok() && second.parse::<u32>().is_err() => (second, first),
        Ok(_) => (first, second),
        Err(_) => (second, first),
    };
    let protocol = protocol(named).map_err(bad)?;
    if let Some(icmp @ (Protocol::ICMP | Protocol::ICMP6)) = protocol {
        let (kind, code) = rest
            .split_once('/')
            .map_or((rest, None), |(k, c)| (k, Some(c)));
        let number = |text: &str| {
            text.parse::<u8>()
                .map_err(|_| Trouble::new("trace.bad-icmp", &[("text", word)]))
        };
        let kind = number(kind)?;
        let code = code.map(number).transpose()?;
        return Ok(vec![ServiceCube::ports(icmp, icmp_ports(kind, code))]);
    }
    cubes(protocol, Some(ports(rest)?), source, word)
}

/// ICMP type and code as a cube's destination ports.
pub fn icmp_ports(kind: u8, code: Option<u8>) -> PortSet {
    let low = u16::from(kind) << 8;
    match code {
        Some(code) => PortSet::one(low | u16::from(code)),
        None => PortSet::range(low, low | 255),
    }
}

fn cubes(
    protocol: Option<Protocol>,
    destination: Option<PortRange>,
    source: Option<PortRange>,
    word: &str,
) -> Result<Vec<ServiceCube>, Trouble> {
    let ported = protocol.is_some_and(Protocol::has_ports);
    if !ported && (destination.is_some() || source.is_some()) {
        return Err(Trouble::new("trace.no-ports", &[("text", word)]));
    }
    Ok(vec![ServiceCube {
        protocols: protocol.map_or(ProtocolSet::ALL, ProtocolSet::one),
        source: if ported {
            PortSet::from(source.unwrap_or(CLIENT_PORTS))
        } else {
            PortSet::ALL
        },
        destination: destination.map_or(PortSet::ALL, PortSet::from),
    }])
}

/// Whether two sets share a family; an empty set shares none.
pub fn same_family(a: &IpSet, b: &IpSet) -> bool {
    let v4 = |set: &IpSet| set.overlaps(&IpSet::ALL4);
    let v6 = |set: &IpSet| set.overlaps(&IpSet::ALL6);
    (v4(a) && v4(b)) || (v6(a) && v6(b))
}

#[cfg(test)]
mod tests {
    use super::{ServiceCube, service};

    #[test]
    fn every_service_that_a_comparison_names_can_be_asked_for() {
        let table = include_str!("../../report/comparison/services.tsv");
        let rows = table.lines().filter(|line| !line.starts_with('#'));
        let mut count = 0;
        for row in rows {
            let [protocol, port, name] = row.split('\t').collect::<Vec<_>>()[..] else {
                panic!("{row}");
            };
            let named = service(name, None).expect(name);
            // Where a name is known for both, the one over TCP is meant.
            if protocol == "tcp" {
                let exact = service(&format!("{protocol}/{port}"), None).expect(row);
                let held = |one: &ServiceCube| {
                    named.cubes().iter().any(|cube| {
                        let mut protocols = one.protocols.iter();
                        cube.destination == one.destination
                            && protocols.all(|known| cube.protocols.contains(known))
                    })
                };
                assert!(exact.cubes().iter().all(held), "{row}");
            }
            count += 1;
        }
        assert!(count > 40);
    }
}
