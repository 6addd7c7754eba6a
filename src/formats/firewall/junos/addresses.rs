//! Address books: the global one, those attached to zones, and those inside a
//! zone (before 11.2).
//!
//! Source: Juniper, "Security Policies User Guide", "Address Books and Address
//! Sets": a policy looks a name up in the book of its zone and then in the
//! global one; a wildcard address is matched in the bits that its mask sets.

use std::net::Ipv4Addr;

use crate::formats::firewall::shared::word_tree::NodeId;
use crate::model::firewall::{AddressObjectId, AddressTerm};
use crate::model::net::IpRange;
use crate::source::Spanned;

use super::device::{Device, address, masked, prefix};

/// Reads all address books.
pub fn read(device: &mut Device<'_, '_>) {
    let mut found: Vec<(String, NodeId)> = Vec::new();
    if let Some(top) = device.at(&["security", "address-book"]) {
        for book in device.children(top) {
            let name = device.word(book);
            // Before 11.2 a global book stood here without a name.
            if matches!(name, "address" | "address-set") {
                found.push((String::new(), top));
                break;
            }
            device.modelled(book);
            for zone in device.below(book, &["attach", "zone"]) {
                device.modelled_all(zone);
                let zone_name = device.word(zone);
                let span = device.span(zone);
                device.refer("security-zone", zone_name, false, span);
                device
                    .books
                    .entry(zone_name)
                    .or_default()
                    .push(name.to_owned());
            }
            let key = if name == "global" {
                String::new()
            } else {
                name.to_owned()
            };
            found.push((key, book));
        }
    }
    if let Some(top) = device.at(&["security", "zones", "security-zone"]) {
        for zone in device.children(top) {
            let Some(book) = device.tree.get(zone, "address-book") else {
                continue;
            };
            let name = device.word(zone);
            let key = format!("zone {name}");
            device.books.entry(name).or_default().push(key.clone());
            found.push((key, book));
        }
    }
    // Names first: sets may use what stands behind them.
    let mut entries = Vec::new();
    for (book, node) in &found {
        for kind in ["address", "address-set"] {
            for entry in device.below(*node, &[kind]) {
                let name = device.word(entry);
                let span = device.statement(entry);
                let id = device.add_address(name, Vec::new(), span);
                let label = qualified(book, name);
                let at = device.span(entry);
                device.refer("address-book entry", &label, true, at);
                device.addresses.insert((book.clone(), name), id);
                device.modelled(entry);
                entries.push((book.clone(), kind, entry, id));
            }
        }
    }
    for (book, kind, entry, id) in entries {
        let mut members = if kind == "address" {
            addresses(device, entry)
        } else {
            set(device, &book, entry)
        };
        if members.is_empty() {
            let span = device.statement(entry);
            let reason = device.reason(
                format!("address {} is empty in this file", device.word(entry)),
                span,
            );
            members.push(Spanned::new(AddressTerm::Unknown(reason), span));
        }
        if device.is_cut(entry) {
            let span = device.statement(entry);
            let reason = device.reason("the file ends inside this line: it may be cut off", span);
            members.push(Spanned::new(AddressTerm::Unknown(reason), span));
        }
        if let Some(object) = device.firewall.address_objects.get_mut(id.0 as usize) {
            object.members = members;
        }
    }
    cut_cycles(device);
}

fn qualified(book: &str, name: &str) -> String {
    if book.is_empty() {
        name.to_owned()
    } else {
        format!("{book}/{name}")
    }
}

/// What an `address` holds.
fn addresses(device: &mut Device<'_, '_>, entry: NodeId) -> Vec<Spanned<AddressTerm>> {
    let mut members = Vec::new();
    for statement in device.children(entry) {
        let word = device.word(statement);
        let span = device.statement(statement);
        match word {
            "description" => device.irrelevant(statement),
            "ip-prefix" => {
                for value in device.children(statement) {
                    let term = prefix(device.word(value));
                    push(device, value, term, &mut members);
                }
            }
            "range-address" => {
                for low in device.children(statement) {
                    let high = device.tree.value(low, "to");
                    let term = address(device.word(low))
                        .zip(high.and_then(|high| address(device.word(high))))
                        .and_then(|(low, high)| IpRange::between(low, high))
                        .map(AddressTerm::from);
                    push(device, low, term, &mut members);
                    if let Some(high) = high {
                        device.modelled(high);
                    }
                }
            }
            "wildcard-address" => {
                for value in device.children(statement) {
                    let term = device
                        .word(value)
                        .split_once('/')
                        .and_then(|(value, mask)| {
                            let value = value.parse::<Ipv4Addr>().ok()?.to_bits();
                            let mask = mask.parse::<Ipv4Addr>().ok()?.to_bits();
                            Some(masked(value, mask))
                        });
                    push(device, value, term, &mut members);
                }
            }
            "dns-name" | "address-feed" => {
                for value in device.children(statement) {
                    let text = format!(
                        "address {} is defined by a name ({})",
                        device.word(entry),
                        device.word(value)
                    );
                    let reason = device.not_modelled(value, text);
                    members.push(Spanned::new(AddressTerm::Unknown(reason), span));
                }
            }
            _ => {
                let term = prefix(word);
                push(device, statement, term, &mut members);
                for inner in device.children(statement) {
                    device.irrelevant(inner);
                }
            }
        }
    }
    members
}

fn push(
    device: &mut Device<'_, '_>,
    node: NodeId,
    term: Option<AddressTerm>,
    members: &mut Vec<Spanned<AddressTerm>>,
) {
    let span = device.statement(node);
    match term {
        Some(term) => {
            device.modelled(node);
            members.push(Spanned::new(term, span));
        }
        None => {
            let text = format!(
                "`{}` is not an address that exlint knows",
                device.word(node)
            );
            let reason = device.not_modelled(node, text);
            members.push(Spanned::new(AddressTerm::Unknown(reason), span));
        }
    }
}

/// The members of an `address-set`.
fn set(device: &mut Device<'_, '_>, book: &str, entry: NodeId) -> Vec<Spanned<AddressTerm>> {
    let mut members = Vec::new();
    for statement in device.children(entry) {
        match device.word(statement) {
            "address" | "address-set" => {
                for member in device.children(statement) {
                    let name = device.word(member);
                    let span = device.statement(member);
                    device.modelled(member);
                    let known = device
                        .addresses
                        .get(&(book.to_owned(), name))
                        .map(|id| (*id, book));
                    let known = known.or_else(|| {
                        device
                            .addresses
                            .get(&(String::new(), name))
                            .map(|id| (*id, ""))
                    });
                    let label = qualified(known.map_or(book, |(_, book)| book), name);
                    let id = match known {
                        Some((id, _)) => id,
                        None => undefined(device, book, member),
                    };
                    let at = device.span(member);
                    device.refer("address-book entry", &label, false, at);
                    members.push(Spanned::new(AddressTerm::Object(id), span));
                }
            }
            "description" => device.irrelevant(statement),
            other => {
                let text = format!("`{other}` in an address set is not modelled");
                let reason = device.not_modelled(statement, text);
                let span = device.statement(statement);
                members.push(Spanned::new(AddressTerm::Unknown(reason), span));
            }
        }
    }
    members
}

/// An entry for a name that no book of the file has.
fn undefined<'t>(device: &mut Device<'_, 't>, book: &str, node: NodeId) -> AddressObjectId {
    let name = device.word(node);
    let span = device.statement(node);
    let reason = device.reason(format!("address {name} is not defined in this file"), span);
    let id = device.add_address(
        name,
        vec![Spanned::new(AddressTerm::Unknown(reason), span)],
        span,
    );
    device.addresses.insert((book.to_owned(), name), id);
    id
}

/// The term of a name in a policy between zones; without a zone only the
/// global book counts.
pub fn term<'t>(
    device: &mut Device<'_, 't>,
    zone: Option<&str>,
    node: NodeId,
) -> Option<AddressTerm> {
    let name = device.word(node);
    match name {
        "any" => return None,
        "any-ipv4" => return Some(AddressTerm::Any4),
        "any-ipv6" => return Some(AddressTerm::Any6),
        _ => {}
    }
    let books = zone
        .and_then(|zone| device.books.get(zone))
        .cloned()
        .unwrap_or_default();
    let found = books.into_iter().chain([String::new()]).find_map(|book| {
        let id = device.addresses.get(&(book.clone(), name)).copied()?;
        Some((id, qualified(&book, name)))
    });
    let (id, label) = match found {
        Some(found) => found,
        None => (undefined(device, "", node), name.to_owned()),
    };
    let at = device.span(node);
    device.refer("address-book entry", &label, false, at);
    Some(AddressTerm::Object(id))
}

/// A set that holds itself is cut where it does.
fn cut_cycles(device: &mut Device<'_, '_>) {
    let edges: Vec<Vec<usize>> = device
        .firewall
        .address_objects
        .iter()
        .map(|object| {
            let inner = object.members.iter().map(|member| match member.value {
                AddressTerm::Object(id) => id.0 as usize,
                _ => usize::MAX,
            });
            inner.collect()
        })
        .collect();
    for (at, member) in super::cycles::back_edges(&edges) {
        let Some(span) = device
            .firewall
            .address_objects
            .get(at)
            .and_then(|object| object.members.get(member))
            .map(|member| member.span)
        else {
            continue;
        };
        let reason = device.reason("the address set holds itself", span);
        let object = device.firewall.address_objects.get_mut(at);
        if let Some(slot) = object.and_then(|object| object.members.get_mut(member)) {
            slot.value = AddressTerm::Unknown(reason);
        }
    }
}
