//! Crypto maps and what lets decrypted packets in.
//!
//! Sources: Cisco ASA Series Command Reference, "crypto map match address",
//! "crypto map set peer", "crypto map interface", "crypto dynamic-map", "ip
//! local pool", "sysopt connection permit-vpn" (on by default: decrypted
//! packets bypass the interface access lists; called `permit-ipsec` before
//! 7.1). A [`Tunnel`] says which packets may arrive decrypted, so that a flow
//! through it is not judged by the interface lists alone.

use std::collections::HashMap;

use crate::model::firewall::{Action, AddressMatch, AddressTerm, FilterId, InterfaceId, Tunnel};
use crate::model::net::IpRange;
use crate::source::Span;

use super::access_list::blank_rule;
use super::device::{Device, ListKind};
use super::outcome::Outcome;
use super::words::{Words, number};

/// Most tunnels made per device.
const MAX_TUNNELS: usize = 20_000;

/// Everything read so far.
#[derive(Debug, Default)]
pub struct Vpn<'c> {
    entries: Vec<Entry<'c>>,
    index: HashMap<(bool, &'c str, u32), usize>,
    bindings: Vec<(&'c str, InterfaceId, Span)>,
    /// Addresses of VPN clients.
    pub pools: Vec<(AddressTerm, Span)>,
    /// Interfaces on which `webvpn` accepts clients.
    pub client_interfaces: Vec<InterfaceId>,
    /// `[no] sysopt connection permit-vpn`.
    pub permit: Option<(bool, Span)>,
}

#[derive(Debug)]
struct Entry<'c> {
    dynamic: bool,
    map: &'c str,
    sequence: u32,
    list: Option<FilterId>,
    peers: Vec<IpRange>,
    uses: Option<&'c str>,
    span: Span,
}

/// `crypto map …` and `crypto dynamic-map …`, after those words.
pub fn map<'c>(
    device: &mut Device<'c>,
    statement: &'c str,
    words: &mut Words<'c>,
    dynamic: bool,
) -> Outcome {
    let Some(name) = words.next() else {
        return Outcome::UNRECOGNISED;
    };
    let span = device.span(statement);
    let Some(second) = words.next() else {
        return Outcome::UNRECOGNISED;
    };
    if second == "interface" {
        let Some(interface) = words.next() else {
            return Outcome::UNRECOGNISED;
        };
        let interface = device.interface(interface);
        device.vpn.bindings.push((name, interface, span));
        return Outcome::MODELLED;
    }
    let Some(sequence) = number::<u32>(second) else {
        return Outcome::IRRELEVANT;
    };
    let known = device.vpn.index.get(&(dynamic, name, sequence)).copied();
    let position = known.unwrap_or_else(|| {
        let next = device.vpn.entries.len();
        device.vpn.index.insert((dynamic, name, sequence), next);
        device.vpn.entries.push(Entry {
            dynamic,
            map: name,
            sequence,
            list: None,
            peers: Vec::new(),
            uses: None,
            span,
        });
        next
    });
    match (words.next(), words.next()) {
        (Some("match"), Some("address")) => {
            let Some(list) = words.next() else {
                return Outcome::UNRECOGNISED;
            };
            let at = device.span(list);
            device.refer("access-list", list, false, at);
            let id = device.filter(list, ListKind::Extended);
            if let Some(entry) = device.vpn.entries.get_mut(position) {
                entry.list = Some(id);
                entry.span = span;
            }
            Outcome::MODELLED
        }
        (Some("set"), Some("peer")) => {
            let mut peers = Vec::new();
            while let Some(peer) = words.next() {
                peers.extend(device.host(peer));
            }
            if let Some(entry) = device.vpn.entries.get_mut(position) {
                entry.peers.extend(peers);
            }
            Outcome::MODELLED
        }
        (Some("ipsec-isakmp"), Some("dynamic")) => {
            let uses = words.next();
            if let Some(entry) = device.vpn.entries.get_mut(position) {
                entry.uses = uses;
                entry.span = span;
            }
            Outcome::MODELLED
        }
        _ => Outcome::IRRELEVANT,
    }
}

/// `ip local pool NAME A[-B] [mask M]`; other `ip local` lines do not matter.
pub fn local_pool<'c>(
    device: &mut Device<'c>,
    statement: &'c str,
    words: &mut Words<'c>,
) -> Outcome {
    if words.next() != Some("pool") {
        return Outcome::IRRELEVANT;
    }
    let (Some(_), Some(range)) = (words.next(), words.next()) else {
        return Outcome::UNRECOGNISED;
    };
    let span = device.span(statement);
    let (low, high) = range.split_once('-').unwrap_or((range, range));
    let term = device.range_term(low, high);
    device.vpn.pools.push((term, span));
    Outcome::MODELLED
}

/// `[no] sysopt connection {permit-vpn | permit-ipsec}`; other options do not
/// decide which packets pass.
pub fn sysopt(
    device: &mut Device<'_>,
    statement: &str,
    words: &mut Words<'_>,
    negated: bool,
) -> Outcome {
    if words.next() == Some("connection")
        && matches!(
            words.next(),
            Some("permit-vpn" | "permit-ipsec" | "permit-pptp" | "permit-l2tp")
        )
    {
        device.vpn.permit = Some((!negated, device.span(statement)));
        return Outcome::MODELLED;
    }
    Outcome::IRRELEVANT
}

/// `no sysopt connection permit-vpn`: decrypted packets meet the interface
/// lists. On by default, and where nothing is said.
fn filtered(device: &Device<'_>) -> Option<Span> {
    let said = device.vpn.permit.filter(|(permitted, _)| !permitted);
    said.map(|(_, span)| span)
}

/// All tunnels, by interface, in order of their sequence.
pub fn finish(device: &mut Device<'_>) -> Vec<Tunnel> {
    let filtered = filtered(device);
    let mut vpn = std::mem::take(&mut device.vpn);
    vpn.entries.sort_by_key(|entry| entry.sequence);
    let mut tunnels = Vec::new();
    'all: for (name, interface, _) in &vpn.bindings {
        for entry in vpn
            .entries
            .iter()
            .filter(|entry| !entry.dynamic && entry.map == *name)
        {
            if tunnels.len() >= MAX_TUNNELS {
                break 'all;
            }
            let tunnel = |entry: &Entry<'_>, list, sequence: u32| Tunnel {
                name: format!("{name} {sequence}"),
                interface: Some(*interface),
                filter: list,
                peers: entry.peers.clone(),
                filtered,
                span: entry.span,
            };
            match entry.uses {
                Some(uses) => {
                    for inner in vpn
                        .entries
                        .iter()
                        .filter(|inner| inner.dynamic && inner.map == uses)
                    {
                        tunnels.push(tunnel(inner, inner.list, entry.sequence));
                    }
                }
                None => tunnels.push(tunnel(entry, entry.list, entry.sequence)),
            }
        }
    }
    device.vpn = vpn;
    client_tunnels(device, &mut tunnels);
    tunnels
}

/// Interfaces on which VPN clients may arrive: `webvpn` is enabled there, or
/// a dynamic crypto map is bound.
fn client_interfaces(device: &Device<'_>) -> Vec<InterfaceId> {
    let vpn = &device.vpn;
    let mut found = vpn.client_interfaces.clone();
    for (name, interface, _) in &vpn.bindings {
        let dynamic = vpn
            .entries
            .iter()
            .any(|e| !e.dynamic && e.map == *name && e.uses.is_some());
        if dynamic && !found.contains(interface) {
            found.push(*interface);
        }
    }
    found
}

/// Adds a tunnel for the clients of every interface that accepts them: its
/// packets go to the addresses that the file's pools hand out.
fn client_tunnels(device: &mut Device<'_>, tunnels: &mut Vec<Tunnel>) {
    let pools = std::mem::take(&mut device.vpn.pools);
    let Some((_, span)) = pools.first().cloned() else {
        return;
    };
    let interfaces = client_interfaces(device);
    if interfaces.is_empty() {
        return;
    }
    let filter = device.add_filter("VPN client pools".to_owned(), span, ListKind::Extended);
    let rules = pools.into_iter().map(|(term, span)| {
        let mut rule = blank_rule(Action::Permit, span);
        rule.destination = AddressMatch::One(term);
        rule
    });
    if let Some(list) = device.filter_mut(filter) {
        list.rules = rules.collect();
    }
    if let Some(info) = device.list_info_mut(filter) {
        info.defined = true;
    }
    for interface in interfaces {
        tunnels.push(Tunnel {
            name: "of VPN clients".to_owned(),
            interface: Some(interface),
            filter: Some(filter),
            peers: Vec::new(),
            filtered: filtered(device),
            span,
        });
    }
}
