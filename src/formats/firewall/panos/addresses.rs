//! Address objects, groups, and what else may stand where an address stands.
//!
//! Sources: Palo Alto Networks, "PAN-OS Web Interface Help", "Objects >
//! Addresses" (IP netmask, IP range, IP wildcard mask, FQDN; in a wildcard mask
//! a 1 bit matches anything), "Objects > Address Groups" (static, and dynamic by
//! tags); "PAN-OS Networking Administrator's Guide", "NAT Policy Rules": `any`
//! is any IPv4 or IPv6 address, and an IPv4 address also matches an IPv6 prefix
//! that holds it in its last 32 bits with the first 96 zero. "Traffic Log Fields",
//! "Source Country": private addresses have a region of their own.

use std::net::{IpAddr, Ipv4Addr};

use crate::formats::firewall::shared::addresses::{ip, ipv4, private};
use crate::formats::firewall::shared::graph::back_edges;
use crate::formats::firewall::shared::room::Progress;
use crate::formats::firewall::shared::rules::quoted;
use crate::formats::firewall::shared::word_tree::NodeId;
use crate::formats::firewall::shared::words::split_at_byte;
use crate::model::firewall::{AddressMatch, AddressObject, AddressObjectId, AddressTerm};
use crate::model::net::IpRange;
use crate::source::{Span, Spanned};

use super::device::{Device, any_of, index};
use super::{interfaces, tags};

/// Kinds of entries that an address may be the name of, in order.
const KINDS: [&str; 4] = ["address", "address-group", "external-list", "region"];

type Members = Vec<Spanned<AddressTerm>>;

/// The one address that a word means: itself, or an address object's.
pub fn single(device: &Device<'_, '_>, word: &str) -> Option<IpAddr> {
    let (own, _) = interfaces::own_address(device, word)?;
    Some(own)
}

/// The terms of a literal: address, prefix, `low-high` or `address/wildcard`.
pub fn literal(word: &str) -> Option<Vec<AddressTerm>> {
    let range = if let Some((low, high)) = split_at_byte(word, b'-') {
        IpRange::between(ip(low.trim())?, ip(high.trim())?)?
    } else if let Some((head, tail)) = split_at_byte(word, b'/') {
        let address = ip(head)?;
        if let Some(mask) = ipv4(tail) {
            let IpAddr::V4(address) = address else {
                return None;
            };
            return Some(vec![wildcard(address, mask)]);
        }
        IpRange::network(address, tail.parse().ok()?)?
    } else {
        IpRange::host(ip(word)?)
    };
    Some(with_ipv4(range))
}

/// Addresses that equal one where the wildcard mask has no 1.
fn wildcard(address: Ipv4Addr, mask: Ipv4Addr) -> AddressTerm {
    let care = !mask.to_bits();
    let value = address.to_bits() & care;
    if care.leading_ones().saturating_add(care.trailing_zeros()) >= 32 {
        AddressTerm::V4(value, value | !care)
    } else {
        AddressTerm::Masked(Box::new((value, care)))
    }
}

/// A range, with the IPv4 addresses that an IPv6 range holds for the device.
fn with_ipv4(range: IpRange) -> Vec<AddressTerm> {
    let IpRange::V6(low, high) = range else {
        return vec![range.into()];
    };
    let mut terms = vec![range.into()];
    let mapped = u128::from(u32::MAX);
    if low <= mapped {
        let low = u32::try_from(low).unwrap_or(u32::MAX);
        let high = u32::try_from(high.min(mapped)).unwrap_or(u32::MAX);
        terms.push(AddressTerm::V4(low, high));
    }
    terms
}

/// The addresses that a list of names means; `negated` turns them round.
pub fn position(device: &mut Device<'_, '_>, values: &[NodeId], negated: bool) -> AddressMatch {
    let mut terms = Vec::new();
    let mut any = false;
    for value in values {
        if device.word(*value) == "any" {
            device.modelled(*value);
            any = true;
        } else {
            terms.extend(named(device, *value));
        }
    }
    match (any, negated) {
        (true, true) => AddressMatch::AnyOf(Box::default()),
        (true, false) => AddressMatch::Any,
        (false, true) => AddressMatch::NoneOf(terms.into()),
        (false, false) => any_of(terms),
    }
}

/// The terms of one name or literal.
pub fn named(device: &mut Device<'_, '_>, node: NodeId) -> Vec<AddressTerm> {
    let name = device.word(node);
    if let Some(reason) = device.placeholder(node) {
        return vec![AddressTerm::Unknown(reason)];
    }
    for kind in KINDS {
        if let Some(entry) = device.object(kind, name) {
            device.modelled(node);
            let label = device.qualified(entry);
            let at = device.span(node);
            device.refer("address", &label, false, at);
            return vec![AddressTerm::Object(object(device, entry))];
        }
    }
    if let Some(terms) = literal(name) {
        device.modelled(node);
        return terms;
    }
    if name.starts_with('$')
        && let Some(terms) = interfaces::variable(device, name).and_then(literal)
    {
        device.modelled(node);
        return terms;
    }
    if is_region(name) {
        return vec![AddressTerm::Object(country(device, node))];
    }
    let text = if name.starts_with("panw-") {
        format!(
            "the addresses of the list {} are not in this file",
            quoted(name)
        )
    } else {
        let at = device.span(node);
        device.refer("address", name, false, at);
        format!("address {} is not defined in this file", quoted(name))
    };
    let reason = device.not_modelled(node, text);
    vec![AddressTerm::Unknown(reason)]
}

/// ISO 3166 codes of countries, as predefined regions have them.
fn is_region(name: &str) -> bool {
    name.len() == 2 && name.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// A predefined region. Its addresses are not in the file, but no private one is
/// among them: those are regions of their own (`10.0.0.0-10.255.255.255`).
fn country(device: &mut Device<'_, '_>, node: NodeId) -> AddressObjectId {
    let name = device.word(node);
    let text = format!(
        "the addresses of region {} are not in this file",
        quoted(name)
    );
    let reason = device.not_modelled(node, text);
    let span = device.statement(node);
    add(
        device,
        AddressObject {
            name: name.to_owned(),
            members: vec![Spanned::new(AddressTerm::Unknown(reason), span)],
            excluded: private(span),
            span,
        },
    )
}

fn add(device: &mut Device<'_, '_>, object: AddressObject) -> AddressObjectId {
    let id = AddressObjectId(index(device.firewall.address_objects.len()));
    let progress = Progress::behind(object.span, device.text.file().text().len());
    progress.make_room(&mut device.firewall.address_objects);
    device.firewall.address_objects.push(object);
    id
}

/// The object of an entry; its members are read later.
pub fn object(device: &mut Device<'_, '_>, entry: NodeId) -> AddressObjectId {
    if let Some(id) = device.addresses.get(&entry) {
        return *id;
    }
    let span = device.statement(entry);
    let name = device.word(entry).to_owned();
    let id = add(
        device,
        AddressObject {
            name,
            members: Vec::new(),
            excluded: Vec::new(),
            span,
        },
    );
    device.addresses.insert(entry, id);
    device.pending_addresses.push(entry);
    id
}

/// Records the definitions of the scopes that only this device uses.
pub fn define(device: &mut Device<'_, '_>) {
    for scope in device.own_scopes() {
        for kind in KINDS {
            for entry in device.below(scope, &[kind]) {
                let label = device.qualified(entry);
                let at = device.span(entry);
                device.refer("address", &label, true, at);
            }
        }
    }
}

/// Reads the members of the objects that are used.
pub fn fill(device: &mut Device<'_, '_>) {
    while let Some(entry) = device.pending_addresses.pop() {
        let Some(id) = device.addresses.get(&entry).copied() else {
            continue;
        };
        let kind = device
            .tree
            .parent(entry)
            .map_or("", |list| device.word(list));
        let mut members = match kind {
            "address" => address(device, entry),
            "address-group" => group(device, entry),
            "region" => region(device, entry),
            _ => {
                let name = quoted(device.word(entry));
                let text =
                    format!("the addresses of the external list {name} are not in this file");
                unknown(device, entry, text)
            }
        };
        if members.is_empty() {
            let text = format!(
                "address {} is empty in this file",
                quoted(device.word(entry))
            );
            members = unknown(device, entry, text);
        }
        if let Some(reason) = device.left_open(entry) {
            let span = device.statement(entry);
            members.push(Spanned::new(AddressTerm::Unknown(reason), span));
        }
        if device.is_cut(entry) {
            let text = "the file ends inside this line: it may be cut off";
            members.extend(unknown(device, entry, text));
        }
        if let Some(object) = device.firewall.address_objects.get_mut(id.0 as usize) {
            object.members = members;
        }
    }
    cut_cycles(device);
}

fn unknown(device: &mut Device<'_, '_>, entry: NodeId, text: impl Into<String>) -> Members {
    let span = device.statement(entry);
    let reason = device.reason(text, span);
    vec![Spanned::new(AddressTerm::Unknown(reason), span)]
}

fn spanned(terms: Vec<AddressTerm>, span: Span) -> impl Iterator<Item = Spanned<AddressTerm>> {
    terms.into_iter().map(move |term| Spanned::new(term, span))
}

fn address(device: &mut Device<'_, '_>, entry: NodeId) -> Members {
    let mut members = Vec::new();
    for key in device.children(entry) {
        let kind = device.word(key);
        if !matches!(kind, "ip-netmask" | "ip-range" | "ip-wildcard" | "fqdn") {
            continue;
        }
        for value in device.children(key) {
            let word = device.word(value);
            let span = device.statement(key);
            let word = match interfaces::variable(device, word) {
                Some(value) if word.starts_with('$') => value,
                _ => word,
            };
            let terms = (kind != "fqdn").then(|| literal(word)).flatten();
            match terms {
                Some(terms) => members.extend(spanned(terms, span)),
                None if kind == "fqdn" => {
                    let text = format!(
                        "address {} is defined by a name (fqdn {})",
                        device.word(entry),
                        quoted(word)
                    );
                    members.extend(unknown(device, value, text));
                }
                None => {
                    let text = format!("{} is not an address that exlint knows", quoted(word));
                    members.extend(unknown(device, value, text));
                }
            }
        }
    }
    members
}

fn region(device: &mut Device<'_, '_>, entry: NodeId) -> Members {
    let mut members = Vec::new();
    for value in device.below(entry, &["address"]) {
        let span = device.statement(value);
        match literal(device.word(value)) {
            Some(terms) => members.extend(spanned(terms, span)),
            None => {
                let text = format!("{} is not an address", quoted(device.word(value)));
                members.extend(unknown(device, value, text));
            }
        }
    }
    members
}

fn group(device: &mut Device<'_, '_>, entry: NodeId) -> Members {
    let mut members = Vec::new();
    // Before 6.0 the members stood right below the group.
    let old: Vec<NodeId> = device
        .children(entry)
        .into_iter()
        .filter(|key| {
            device.tree.is_leaf(*key)
                && !matches!(
                    device.word(*key),
                    "static" | "dynamic" | "description" | "tag"
                )
        })
        .collect();
    for member in device.below(entry, &["static"]).into_iter().chain(old) {
        let span = device.statement(member);
        let terms = named(device, member);
        members.extend(spanned(terms, span));
    }
    for filter in device.below(entry, &["dynamic", "filter"]) {
        let span = device.statement(filter);
        let found = tagged(device, device.word(filter));
        let open = registers_addresses(device);
        match found {
            Some(entries) if !entries.is_empty() && open.is_none() => {
                for member in entries {
                    let label = device.qualified(member);
                    device.refer("address", &label, false, span);
                    let id = object(device, member);
                    members.push(Spanned::new(AddressTerm::Object(id), span));
                }
            }
            _ => {
                let text = format!(
                    "the members of dynamic group {} come from tags that are not in this file",
                    quoted(device.word(entry))
                );
                members.extend(unknown(device, entry, text));
            }
        }
    }
    members
}

/// What gives tags to addresses while the device runs.
fn registers_addresses(device: &Device<'_, '_>) -> Option<NodeId> {
    let scopes = device.context.scopes.iter().chain(&device.context.systems);
    let mut scopes = scopes.copied();
    scopes.find_map(|scope| {
        ["vm-info-source", "ip-tag"]
            .into_iter()
            .find_map(|key| device.tree.get(scope, key))
            .filter(|node| !device.tree.is_leaf(*node))
    })
}

/// The address objects whose tags a filter asks for.
fn tagged(device: &mut Device<'_, '_>, filter: &str) -> Option<Vec<NodeId>> {
    let filter = tags::parse(filter)?;
    let mut found = Vec::new();
    let mut left = device.tag_budget;
    for scope in &device.context.scopes {
        for kind in ["address", "address-group"] {
            let Some(list) = device.tree.get(*scope, kind) else {
                continue;
            };
            for entry in device.tree.children(list) {
                left = left.checked_sub(1)?;
                let Some(own) = device.tree.get(entry, "tag") else {
                    continue;
                };
                let has = |tag: &str| device.tree.get(own, tag).is_some();
                let shadowed = device.object(kind, device.word(entry)) != Some(entry);
                if !shadowed && filter.holds(&has) {
                    found.push(entry);
                }
            }
        }
    }
    device.tag_budget = left;
    Some(found)
}

/// A group that holds itself is cut where it does.
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
    for (at, member) in back_edges(&edges) {
        let object = device.firewall.address_objects.get(at);
        let Some(span) = object
            .and_then(|object| object.members.get(member))
            .map(|member| member.span)
        else {
            continue;
        };
        let reason = device.reason("the address group holds itself", span);
        let object = device.firewall.address_objects.get_mut(at);
        if let Some(slot) = object.and_then(|object| object.members.get_mut(member)) {
            slot.value = AddressTerm::Unknown(reason);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{AddressTerm, literal};

    #[test]
    fn an_ipv6_prefix_of_zeros_holds_ipv4_addresses_too() {
        let any = literal("::/0").unwrap_or_default();
        assert!(any.contains(&AddressTerm::V4(0, u32::MAX)));
        let one = literal("2001:db8::/32").unwrap_or_default();
        assert_eq!(one.len(), 1);
    }

    #[test]
    fn a_wildcard_mask_matches_anything_in_its_ones() {
        assert_eq!(
            literal("10.0.0.3/0.0.255.0"),
            Some(vec![AddressTerm::Masked(Box::new((
                0x0A00_0003,
                0xFFFF_00FF
            )))])
        );
        assert_eq!(
            literal("10.1.0.0/0.0.255.255"),
            Some(vec![AddressTerm::V4(0x0A01_0000, 0x0A01_FFFF)])
        );
    }
}
