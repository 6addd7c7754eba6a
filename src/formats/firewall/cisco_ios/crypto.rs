//! Crypto maps: which packets leave encrypted.
//!
//! Source: Cisco IOS Security Command Reference, "crypto map (global IPsec)",
//! "match address (IPSec)", "set peer (IPSec)", "crypto map (interface IPsec)".

use std::collections::HashMap;

use crate::model::firewall::{FilterId, Tunnel};
use crate::model::net::IpRange;
use crate::source::Span;

use super::address::quad;
use super::device::{Device, Family};
use super::outcome::Outcome;
use super::words::Words;

/// One entry of a crypto map.
#[derive(Debug, Clone)]
struct Entry {
    name: String,
    list: Option<FilterId>,
    peers: Vec<IpRange>,
    span: Span,
}

/// All crypto maps by name.
#[derive(Debug, Default)]
pub struct CryptoMaps<'c> {
    maps: HashMap<&'c str, Vec<Entry>>,
}

/// `crypto map M SEQ …`: the map whose entry is open.
pub fn open<'c>(
    device: &mut Device<'c>,
    words: &mut Words<'c>,
    statement: &'c str,
) -> Option<&'c str> {
    if words.peek() == Some("ipv6") {
        // `crypto map ipv6 M SEQ …` selects with IPv6 lists.
        return None;
    }
    let name = words.next()?;
    let sequence = words.next()?;
    super::words::number::<u32>(sequence)?;
    let span = device.span(statement);
    let fresh = !device.crypto.maps.contains_key(name);
    device.crypto.maps.entry(name).or_default().push(Entry {
        name: format!("{name} {sequence}"),
        list: None,
        peers: Vec::new(),
        span,
    });
    if fresh {
        let at = device.span(name);
        device.refer("crypto map", name, true, at);
    }
    Some(name)
}

/// A line of an entry.
pub fn line<'c>(device: &mut Device<'c>, map: &'c str, words: &mut Words<'c>) -> Outcome {
    match (words.next(), words.next()) {
        (Some("match"), Some("address")) => {
            let Some(name) = words.next() else {
                return Outcome::UNRECOGNISED;
            };
            let list = device.list(name, Family::V4);
            let at = device.span(name);
            device.refer("access-list", name, false, at);
            if let Some(entry) = last(device, map) {
                entry.list = Some(list);
            }
            Outcome::MODELLED
        }
        (Some("set"), Some("peer")) => {
            let peer = words.next().and_then(quad);
            if let (Some(peer), Some(entry)) = (peer, last(device, map)) {
                entry.peers.push(IpRange::V4(peer, peer));
            }
            Outcome::MODELLED
        }
        _ => Outcome::IRRELEVANT,
    }
}

fn last<'d>(device: &'d mut Device<'_>, map: &str) -> Option<&'d mut Entry> {
    device.crypto.maps.get_mut(map)?.last_mut()
}

/// The tunnels of all interfaces.
pub fn finish(device: &mut Device<'_>) {
    let mut tunnels = Vec::new();
    for stanza in &device.stanzas {
        let (Some(id), Some((map, _))) = (stanza.id, &stanza.crypto) else {
            continue;
        };
        for entry in device.crypto.maps.get(map.as_str()).into_iter().flatten() {
            tunnels.push(Tunnel {
                name: entry.name.clone(),
                interface: Some(id),
                filter: entry.list,
                peers: entry.peers.clone(),
                // Releases differ: decrypted packets meet the list again, or not.
                filtered: None,
                span: entry.span,
            });
        }
    }
    device.firewall.tunnels = tunnels;
}
