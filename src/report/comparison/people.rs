//! Sets of packets in the words of the people who run the network: servers and
//! zones by name, ports with their services.

use std::net::IpAddr;

use crate::estate::{Estate, Zone};
use crate::flow::{Cube, IpSet, Packet, PortSet, ProtocolSet};
use crate::model::net::{PortRange, Protocol};
use crate::model::zone::ZoneClass;
use crate::report::Messages;
use crate::report::text::printable;

/// The table: protocol, port, name.
const SERVICES: &str = include_str!("services.tsv");

/// So many members of a set are written out.
const SHOWN: usize = 6;

/// Puts packets into words.
pub struct People<'a> {
    words: &'static Messages,
    hosts: Vec<(IpAddr, &'a str)>,
    zones: Vec<(IpSet, &'a str)>,
    /// Zones that a set may be told as a part of: none that is the Internet,
    /// which everybody draws otherwise.
    around: Vec<(IpSet, &'a str)>,
}

impl<'a> People<'a> {
    /// With the names of an estate.
    #[must_use]
    pub fn new(estate: &'a Estate, words: &'static Messages) -> Self {
        let hosts = estate.servers.iter().flat_map(|server| {
            let addresses = server.addresses.iter();
            addresses.map(|address| (address.ip, server.name.as_str()))
        });
        let named = |zone: &'a Zone| {
            let networks = IpSet::of(zone.networks.iter().map(|network| network.value));
            (!networks.is_empty()).then_some((networks, zone.name.as_str()))
        };
        let known = estate.zones.iter();
        let around = known
            .clone()
            .filter(|zone| zone.class != Some(ZoneClass::Internet));
        Self {
            words,
            hosts: hosts.collect(),
            around: around.filter_map(named).collect(),
            zones: known.filter_map(named).collect(),
        }
    }

    /// `tcp 25 (smtp) from hub1 (10.1.0.12) to any`.
    #[must_use]
    pub fn packets(&self, packets: &Cube) -> String {
        let service = self.service(packets);
        let (from, to) = (
            self.addresses(&packets.source),
            self.addresses(&packets.destination),
        );
        self.words.fill(
            "diff.packets",
            &[("service", &service), ("from", &from), ("to", &to)],
        )
    }

    /// `tcp 10.1.0.12:40000 -> 192.0.2.10:25`, with names.
    #[must_use]
    pub fn packet(&self, packet: &Packet) -> String {
        let named = |address: IpAddr| {
            let known = self.hosts.iter().find(|(known, _)| *known == address);
            known.map_or_else(String::new, |(_, name)| format!(" ({})", printable(name)))
        };
        let (source, destination) = (named(packet.source), named(packet.destination));
        if packet.protocol.has_ports() {
            let (from, to) = (address(packet.source), address(packet.destination));
            let (one, other) = (packet.source_port, packet.destination_port);
            format!(
                "{} {from}:{one}{source} -> {to}:{other}{destination}",
                packet.protocol
            )
        } else {
            let (from, to) = (packet.source, packet.destination);
            let protocol = self.protocol(packet.protocol);
            format!("{protocol} {from}{source} -> {to}{destination}")
        }
    }

    fn service(&self, packets: &Cube) -> String {
        let protocols = packets.protocols;
        let all = self.words.get("diff.any-protocol");
        let ports = &packets.destination_ports;
        let mut text = if protocols.is_all() {
            all.to_owned()
        } else if protocols.count() > 128 {
            let rest = ProtocolSet::ALL.subtract(protocols);
            let rest = self.listed(rest.iter().map(|p| self.protocol(p)).collect());
            self.words
                .fill("diff.except", &[("all", &all), ("rest", &rest)])
        } else {
            self.listed(protocols.iter().map(|p| self.protocol(p)).collect())
        };
        if !ports.is_all() {
            text.push(' ');
            text.push_str(&match protocols.single() {
                Some(Protocol::ICMP | Protocol::ICMP6) => self.messages(ports),
                single => self.ports(ports, single),
            });
        }
        if !packets.source_ports.is_all() {
            let ports = self.ports(&packets.source_ports, None);
            text = self.words.fill(
                "diff.source-ports",
                &[("service", &text), ("ports", &ports)],
            );
        }
        text
    }

    /// The name of a protocol, or its number with a word.
    fn protocol(&self, protocol: Protocol) -> String {
        let name = protocol.to_string();
        if name.bytes().all(|byte| byte.is_ascii_digit()) {
            self.words.fill("diff.protocol", &[("number", &name)])
        } else {
            name
        }
    }

    /// ICMP types and codes.
    fn messages(&self, set: &PortSet) -> String {
        let kinds = set.ranges().iter().map(|(low, high)| {
            let (first, last) = (low >> 8, high >> 8);
            if low == high {
                format!("type {first} code {}", low & 255)
            } else if first == last {
                format!("type {first}")
            } else {
                format!("type {first}-{last}")
            }
        });
        self.listed(kinds.collect())
    }

    fn ports(&self, set: &PortSet, protocol: Option<Protocol>) -> String {
        let shown = |set: &PortSet| {
            let ranges = set.ranges().iter().map(|(low, high)| {
                let (low, high) = (*low, *high);
                let name = (low == high)
                    .then(|| service_name(protocol?, low))
                    .flatten();
                match name {
                    Some(name) => format!("{low} ({name})"),
                    None => PortRange { low, high }.to_string(),
                }
            });
            self.listed(ranges.collect())
        };
        let rest = set.complement();
        if set.ranges().len() > 1 && rest.ranges().len() < set.ranges().len() {
            let all = self.words.get("diff.any-port");
            return self
                .words
                .fill("diff.except", &[("all", &all), ("rest", &shown(&rest))]);
        }
        shown(set)
    }

    fn addresses(&self, set: &IpSet) -> String {
        let any = self.words.get("diff.any-address");
        if set.is_all() {
            return any.to_owned();
        }
        if *set == IpSet::ALL4 {
            return format!("{any} (IPv4)");
        }
        if *set == IpSet::ALL6 {
            return format!("{any} (IPv6)");
        }
        if let Some((_, zone)) = self.zones.iter().find(|(zone, _)| zone == set) {
            let networks = self.ranges(set);
            return format!("{} ({networks})", printable(zone));
        }
        // A zone or network with holes reads better than the ranges between them.
        let around = self.around.iter().filter(|(zone, _)| zone.includes(set));
        let around = around.min_by_key(|(zone, _)| zone.size());
        let zone = around.map(|(zone, name)| {
            let networks = self.ranges(zone);
            (zone.clone(), format!("{} ({networks})", printable(name)))
        });
        let (whole, family) = if set.v6.is_empty() {
            (IpSet::ALL4, format!("{any} (IPv4)"))
        } else if set.v4.is_empty() {
            (IpSet::ALL6, format!("{any} (IPv6)"))
        } else {
            (IpSet::ALL, any.to_owned())
        };
        // Most of all addresses are all with exceptions.
        let most = whole.size() / 2;
        let network = set.hull();
        let network = (network.range_count() == 1 && network.size() < most).then(|| {
            let text = self.ranges(&network);
            (network, text)
        });
        let outer = if set.size() > most { 2 } else { 0 };
        let whole = (whole, family);
        let candidates = zone.into_iter().chain(network).map(|known| (known, 0));
        for ((hull, text), outer) in candidates.chain([(whole, outer)]) {
            let holes = hull.subtract(set);
            let told = holes.range_count();
            if !holes.is_empty() && told < set.range_count().saturating_add(outer) {
                let rest = self.ranges(&holes);
                return self
                    .words
                    .fill("diff.except", &[("all", &text), ("rest", &rest)]);
            }
        }
        self.ranges(set)
    }

    /// The ranges of a set; single addresses with the names of servers.
    fn ranges(&self, set: &IpSet) -> String {
        let mut members = Vec::new();
        for range in set.ranges() {
            let own = IpSet::from(range);
            let mut known: Vec<_> = self
                .hosts
                .iter()
                .filter(|(address, _)| own.contains(*address))
                .collect();
            known.sort_unstable();
            known.dedup_by_key(|(address, _)| *address);
            if own.size() == known.len() as u128 {
                // Servers side by side.
                let named = known
                    .iter()
                    .map(|(address, name)| format!("{} ({address})", printable(name)));
                members.extend(named);
            } else {
                members.push(self.zone(range, set));
            }
        }
        self.listed(members)
    }

    /// A range with the name of the zone that is exactly this range.
    fn zone(&self, range: crate::model::net::IpRange, set: &IpSet) -> String {
        let own = IpSet::from(range);
        match self
            .zones
            .iter()
            .find(|(zone, _)| *zone == own && own != *set)
        {
            Some((_, name)) => format!("{} ({range})", printable(name)),
            None => range.to_string(),
        }
    }

    /// A list of words, cut where it gets long.
    fn listed(&self, mut members: Vec<String>) -> String {
        if members.len() > SHOWN {
            let more = members.len().saturating_sub(SHOWN.saturating_sub(1));
            members.truncate(SHOWN.saturating_sub(1));
            members.push(self.words.count("diff.more-members", more));
        }
        match members.pop() {
            None => String::new(),
            Some(last) if members.is_empty() => last,
            Some(last) => {
                let comma = self.words.get("diff.comma");
                let and = self.words.get("diff.and");
                format!("{}{and}{last}", members.join(comma))
            }
        }
    }
}

fn address(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    }
}

/// The name of a service.
fn service_name(protocol: Protocol, port: u16) -> Option<&'static str> {
    let protocol = protocol.to_string();
    SERVICES
        .lines()
        .filter(|line| !line.starts_with('#'))
        .find_map(|line| {
            let mut cells = line.split('\t');
            let same = cells.next()? == protocol && cells.next()?.parse() == Ok(port);
            if same { cells.next() } else { None }
        })
}
