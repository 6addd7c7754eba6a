//! NAT before 8.3: `nat`, `global`, `static`, `nat 0`, `alias`, `nat-control`.
//!
//! Sources: Cisco Security Appliance Command Line Configuration Guide 8.0,
//! "Applying NAT", "Order of NAT Commands Used to Match Real Addresses":
//! exemption (`nat 0 access-list`) in order, then `static` (policy and plain)
//! in order, then policy dynamic NAT in order, then plain dynamic NAT by best
//! match; PIX Command Reference 6.3, "nat", "global", "static", "alias"; ASDM
//! Configuration Guide 6.4, "Configuring NAT (ASA 8.2 and Earlier)", "Real
//! Addresses in a NAT Rule Must be Translated on All Lower or Same Security
//! Interfaces" (packet-tracer: "dynamic translation to pool 10 (No matching
//! global)", drop).

use std::collections::{BTreeMap, HashMap};

use crate::model::firewall::{
    Action, AddressMatch, AddressTerm, Condition, FilterId, InterfaceId, NatKind, NatRule,
    NatService, PortMatch, ProtocolMatch, Rule, ServiceMatch, ServiceTerm,
};
use crate::model::net::{PortRange, Protocol};
use crate::source::Span;

use super::address::{quoted, with_mask};
use super::device::{Device, ListKind};
use super::nat::{between, doubt};
use super::objects::doubtful;
use super::outcome::Outcome;
use super::tables;
use super::words::{Words, interface_pair, ipv4, number, parenthesised};

/// Most rules made from pairs of `nat` and `global`.
const MAX_RULES: usize = 200_000;

/// Everything read so far.
#[derive(Debug, Default)]
pub struct LegacyNat<'c> {
    exempt: Vec<NatRule>,
    statics: Vec<NatRule>,
    aliases: Vec<NatRule>,
    sources: Vec<Source<'c>>,
    globals: Vec<Global<'c>>,
    /// Statics that take their real addresses from a list.
    listed: Vec<Listed>,
    /// `nat-control`.
    pub control: Option<Span>,
    /// `no nat-control`, or a release where it is off.
    pub control_off: bool,
}

#[derive(Debug)]
struct Source<'c> {
    interface: InterfaceId,
    id: &'c str,
    addresses: AddressMatch,
    size: u64,
    policy: Option<FilterId>,
    /// `outside`: towards interfaces of higher levels, too.
    outside: bool,
    span: Span,
}

#[derive(Debug)]
struct Global<'c> {
    interface: InterfaceId,
    id: &'c str,
    term: AddressTerm,
}

/// What a policy static says beside its list.
#[derive(Debug)]
struct Listed {
    /// Index in [`LegacyNat::statics`].
    rule: usize,
    list: FilterId,
    /// Protocol and mapped port of a port translation.
    port: Option<(Protocol, u16)>,
}

/// `nat (IF) ID {NET [MASK] | access-list L} [outside] [dns] [limits]`.
pub fn nat<'c>(device: &mut Device<'c>, statement: &'c str, words: &mut Words<'c>) -> Outcome {
    let Some(interface) = words.next().and_then(parenthesised) else {
        return Outcome::UNRECOGNISED;
    };
    let Some(id) = words.next().filter(|id| number::<u32>(id).is_some()) else {
        return Outcome::UNRECOGNISED;
    };
    let span = device.span(statement);
    device.old_nat = device.old_nat.or(Some(span));
    let before = device.firewall.not_modelled.len();
    let interface = device.interface(interface);
    let mut policy = None;
    let mut addresses = AddressMatch::Any;
    let mut size = u64::from(u32::MAX);
    match words.next() {
        Some("access-list") => {
            let Some(name) = words.next() else {
                return Outcome::UNRECOGNISED;
            };
            let at = device.span(name);
            device.refer("access-list", name, false, at);
            policy = Some(device.filter(name, ListKind::Extended));
        }
        Some(word) => {
            let mask = words.peek().and_then(ipv4);
            if mask.is_some() {
                words.next();
            }
            let term = match (device.host4(word), mask) {
                (Some(address), Some(mask)) => with_mask(address, mask),
                (Some(0), None) => AddressTerm::Any4,
                (Some(address), None) => AddressTerm::V4(address, address),
                (None, _) => device.unknown_address(word),
            };
            if let AddressTerm::V4(low, high) = term {
                size = u64::from(high.saturating_sub(low));
            }
            addresses = AddressMatch::One(term);
        }
        None => addresses = AddressMatch::One(AddressTerm::Any4),
    }
    if id == "0" {
        let mut rule = between(device, None, span);
        rule.kind = NatKind::Exempt;
        rule.real_interface = Some(interface);
        rule.mapped_source = addresses.clone();
        rule.real_source = addresses;
        // Identity NAT (`nat 0` with a network) is for outbound connections.
        rule.unidirectional = policy.is_none();
        rule.policy = policy;
        if policy.is_some() {
            device.legacy.exempt.push(rule);
        } else {
            device.legacy.sources.push(Source {
                interface,
                id,
                addresses: rule.real_source,
                size,
                policy: None,
                outside: false,
                span,
            });
        }
    } else {
        let outside = std::iter::from_fn(|| words.next()).any(|word| word == "outside");
        device.legacy.sources.push(Source {
            interface,
            id,
            addresses,
            size,
            policy,
            outside,
            span,
        });
    }
    doubtful(device, before)
}

/// `global (IF) ID {interface | A[-B] [netmask M]}`.
pub fn global<'c>(device: &mut Device<'c>, statement: &'c str, words: &mut Words<'c>) -> Outcome {
    let (Some(interface), Some(id), Some(word)) = (
        words.next().and_then(parenthesised),
        words.next(),
        words.next(),
    ) else {
        return Outcome::UNRECOGNISED;
    };
    let span = device.span(statement);
    device.old_nat = device.old_nat.or(Some(span));
    let before = device.firewall.not_modelled.len();
    let interface = device.interface(interface);
    let term = match word.split_once('-') {
        _ if word == "interface" => AddressTerm::Interface(interface),
        Some((low, high)) if device.host(word).is_none() => device.range_term(low, high),
        _ => device.host_term(word),
    };
    device.legacy.globals.push(Global {
        interface,
        id,
        term,
    });
    doubtful(device, before)
}

/// `static (real,mapped) [tcp|udp] MAPPED [PORT] {REAL [PORT] | access-list L}
/// [netmask M] [options]`.
pub fn static_nat<'c>(
    device: &mut Device<'c>,
    statement: &'c str,
    words: &mut Words<'c>,
) -> Outcome {
    let Some(pair) = words.next().and_then(interface_pair) else {
        return Outcome::UNRECOGNISED;
    };
    let span = device.span(statement);
    device.old_nat = device.old_nat.or(Some(span));
    let before = device.firewall.not_modelled.len();
    let mut rule = between(device, Some(pair), span);
    let protocol = words.peek().filter(|word| matches!(*word, "tcp" | "udp"));
    if protocol.is_some() {
        words.next();
    }
    let Some(mapped) = words.next() else {
        return Outcome::UNRECOGNISED;
    };
    let mapped_port = if protocol.is_some() {
        words.next()
    } else {
        None
    };
    let Some(real) = words.next() else {
        return Outcome::UNRECOGNISED;
    };
    let mut real_port = mapped_port;
    if real == "access-list" {
        let Some(name) = words.next() else {
            return Outcome::UNRECOGNISED;
        };
        let at = device.span(name);
        device.refer("access-list", name, false, at);
        let list = device.filter(name, ListKind::Extended);
        rule.policy = Some(list);
        let number = match protocol {
            Some("tcp") => Some(Protocol::TCP),
            Some(_) => Some(Protocol::UDP),
            None => None,
        };
        let port = number.zip(mapped_port.and_then(tables::port));
        if number.is_some() && port.is_none() {
            let reason = device.reason("a port of the static rule could not be read", span);
            doubt(&mut rule, Condition::Unknown(reason));
        }
        device.legacy.listed.push(Listed {
            rule: device.legacy.statics.len(),
            list,
            port,
        });
    } else if protocol.is_some() {
        real_port = words.next();
    }
    let mut mask = u32::MAX;
    if words.eat("netmask") {
        match words.next().and_then(ipv4) {
            Some(found) => mask = found,
            None => return Outcome::UNRECOGNISED,
        }
    }
    rule.mapped_source = AddressMatch::One(match device.host4(mapped) {
        _ if mapped == "interface" => match rule.mapped_interface {
            Some(id) => AddressTerm::Interface(id),
            None => device.unknown_address(mapped),
        },
        Some(address) => with_mask(address, mask),
        None => device.unknown_address(mapped),
    });
    if rule.policy.is_none() {
        rule.real_source = AddressMatch::One(match device.host4(real) {
            Some(address) => with_mask(address, mask),
            None => device.unknown_address(real),
        });
        if rule.real_source == rule.mapped_source && real_port == mapped_port {
            rule.kind = NatKind::Exempt;
        }
    }
    if let Some(name) = protocol.filter(|_| rule.policy.is_none()) {
        let ports = real_port
            .and_then(tables::port)
            .zip(mapped_port.and_then(tables::port));
        match ports {
            Some((real, mapped)) => {
                rule.service = Some(Box::new(NatService {
                    protocol: if name == "tcp" {
                        Protocol::TCP
                    } else {
                        Protocol::UDP
                    },
                    real: PortRange::one(real),
                    mapped: PortRange::one(mapped),
                }));
            }
            None => {
                let reason = device.reason("a port of the static rule could not be read", span);
                doubt(&mut rule, Condition::Unknown(reason));
            }
        }
    }
    trailing(device, words, &mut rule);
    device.legacy.statics.push(rule);
    doubtful(device, before)
}

/// Connection limits and DNS rewriting, which do not change the match.
fn trailing<'c>(device: &mut Device<'c>, words: &mut Words<'c>, rule: &mut NatRule) {
    while let Some(word) = words.next() {
        let known = matches!(word, "dns" | "norandomseq" | "tcp" | "udp" | "static")
            || number::<u32>(word).is_some();
        if !known {
            let span = device.span(word);
            let text = format!("the option {} of the NAT rule is not known", quoted(word));
            let reason = device.reason(text, span);
            doubt(rule, Condition::Unknown(reason));
        }
    }
}

/// `alias (IF) DNAT FOREIGN [MASK]`: rewrites destinations and DNS replies.
pub fn alias<'c>(device: &mut Device<'c>, statement: &'c str, words: &mut Words<'c>) -> Outcome {
    let (Some(interface), Some(from), Some(to)) = (
        words.next().and_then(parenthesised),
        words.next(),
        words.next(),
    ) else {
        return Outcome::UNRECOGNISED;
    };
    let span = device.span(statement);
    device.old_nat = device.old_nat.or(Some(span));
    let mask = words.next().and_then(ipv4).unwrap_or(u32::MAX);
    let mut rule = between(device, None, span);
    rule.real_interface = Some(device.interface(interface));
    let mut side = |word| match device.host4(word) {
        Some(address) => with_mask(address, mask),
        None => device.unknown_address(word),
    };
    rule.mapped_destination = AddressMatch::One(side(from));
    rule.real_destination = AddressMatch::One(side(to));
    rule.unidirectional = true;
    let text = "alias rewrites destination addresses and DNS replies";
    let reason = device.reason(text, span);
    doubt(&mut rule, Condition::Unknown(reason));
    device.legacy.aliases.push(rule);
    Outcome::not_modelled(text)
}

/// Takes the real addresses and ports of policy statics from their lists: the
/// source of the entries, as the Command Reference 8.0 says ("static", policy
/// NAT). What is not one range of addresses stays unknown.
fn resolve_listed(device: &mut Device<'_>, legacy: &mut LegacyNat<'_>) {
    for listed in std::mem::take(&mut legacy.listed) {
        let Some(rule) = legacy.statics.get_mut(listed.rule) else {
            continue;
        };
        let entries = device
            .firewall
            .filters
            .get(listed.list.0 as usize)
            .map_or(&[][..], |filter| filter.rules.as_slice());
        if let Some(()) = from_list(rule, entries, listed.port) {
            continue;
        }
        let text = "policy static NAT takes its real addresses from an access list";
        let reason = device.reason(text, rule.span);
        doubt(rule, Condition::Unknown(reason));
    }
}

/// Completes a policy static from the entries of its list; `None`, and no
/// change, when they do not tell one range of addresses (and one port).
fn from_list(rule: &mut NatRule, entries: &[Rule], port: Option<(Protocol, u16)>) -> Option<()> {
    let (first, rest) = entries.split_first()?;
    let AddressMatch::One(AddressTerm::V4(low, high)) = first.source else {
        return None;
    };
    let plain = |entry: &Rule| {
        entry.enabled
            && entry.action == Action::Permit
            && entry.conditions.is_empty()
            && entry.source == first.source
    };
    if !entries.iter().all(plain) {
        return None;
    }
    let service = match port {
        None => None,
        Some((protocol, mapped)) => match &first.service {
            ServiceMatch::One(ServiceTerm::Inline {
                protocol: ProtocolMatch::One(found),
                source: PortMatch::Range(real),
                ..
            }) if *found == protocol
                && real.low == real.high
                && rest.iter().all(|entry| entry.service == first.service) =>
            {
                Some(Box::new(NatService {
                    protocol,
                    real: *real,
                    mapped: PortRange::one(mapped),
                }))
            }
            _ => return None,
        },
    };
    match rule.mapped_source {
        AddressMatch::One(AddressTerm::V4(base, _)) => {
            let last = base.checked_add(high.checked_sub(low)?)?;
            rule.mapped_source = AddressMatch::One(AddressTerm::V4(base, last));
        }
        _ if low == high => {}
        _ => return None,
    }
    rule.real_source = first.source.clone();
    rule.service = service;
    Some(())
}

type Pools = BTreeMap<InterfaceId, Vec<AddressTerm>>;

/// Interfaces that packets of a `nat` need a `global` of its number for and have
/// none: those of the same or a lower level, each with no address at all.
fn without_pool(device: &Device<'_>, source: &Source<'_>, pools: Option<&Pools>) -> Pools {
    let level = |id: InterfaceId| {
        let interface = device.firewall.interfaces.get(id.0 as usize)?;
        interface.security_level.as_ref().map(|level| level.value)
    };
    let Some(own) = level(source.interface) else {
        return Pools::new();
    };
    let count = u32::try_from(device.firewall.interfaces.len()).unwrap_or(u32::MAX);
    (0..count)
        .map(InterfaceId)
        .filter(|id| pools.is_none_or(|pools| !pools.contains_key(id)))
        .filter(|id| level(*id).is_some_and(|level| level <= own || source.outside))
        .map(|id| (id, Vec::new()))
        .collect()
}

/// All rules in evaluation order.
pub fn finish(device: &mut Device<'_>) -> Vec<NatRule> {
    let mut legacy = std::mem::take(&mut device.legacy);
    resolve_listed(device, &mut legacy);
    let mut pools: HashMap<&str, Pools> = HashMap::new();
    for global in legacy.globals {
        let pool = pools
            .entry(global.id)
            .or_default()
            .entry(global.interface)
            .or_default();
        pool.push(global.term);
    }
    let mut rules = legacy.exempt;
    rules.extend(legacy.aliases);
    rules.extend(legacy.statics);
    let mut sources = legacy.sources;
    // Policy rules keep their order; plain ones go by best match.
    sources.sort_by_key(|source| {
        if source.policy.is_some() {
            (0, 0)
        } else {
            (1, source.size)
        }
    });
    for source in sources {
        if source.id == "0" {
            let mut rule = between(device, None, source.span);
            rule.kind = NatKind::Exempt;
            rule.real_interface = Some(source.interface);
            rule.mapped_source = source.addresses.clone();
            rule.real_source = source.addresses;
            rule.unidirectional = true;
            rules.push(rule);
            continue;
        }
        let pools = pools.get(source.id);
        let without = without_pool(device, &source, pools);
        for (interface, pool) in pools.into_iter().flatten().chain(&without) {
            if rules.len() >= MAX_RULES {
                break;
            }
            let mut rule = between(device, None, source.span);
            rule.kind = NatKind::Dynamic;
            rule.real_interface = Some(source.interface);
            rule.mapped_interface = Some(*interface);
            rule.real_source = source.addresses.clone();
            rule.policy = source.policy;
            rule.mapped_source = match pool.as_slice() {
                [term] => AddressMatch::One(term.clone()),
                terms => AddressMatch::AnyOf(terms.into()),
            };
            rules.push(rule);
        }
    }
    device.firewall.nat.control = legacy.control.filter(|_| !legacy.control_off);
    rules
}
