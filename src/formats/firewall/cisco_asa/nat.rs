//! NAT of 8.3 and later: object (auto) NAT and twice (manual) NAT.
//!
//! Sources: Cisco ASA Series Command Reference, "nat (object)", "nat
//! (global)"; Cisco ASA Firewall CLI Configuration Guide, "NAT Rule Order":
//! section 1 manual rules in file order, section 2 object rules (static
//! before dynamic; fewer real addresses first; then the lower address; then
//! the object's name), section 3 `after-auto` rules in file order.

use crate::model::firewall::{
    AddressMatch, AddressObjectId, AddressTerm, Condition, InterfaceId, NatKind, NatRule,
    NatService, PortMatch, ProtocolMatch, ServiceTerm,
};
use crate::model::net::{IpRange, PortRange, Protocol};
use crate::source::Span;

use super::address::quoted;
use super::device::Device;
use super::objects::doubtful;
use super::outcome::Outcome;
use super::tables;
use super::words::{Words, interface_pair, number};

/// All rules, by section.
#[derive(Debug, Default)]
pub struct NatTable<'c> {
    manual: Vec<Manual<'c>>,
    auto: Vec<Auto<'c>>,
    after: Vec<Manual<'c>>,
}

#[derive(Debug)]
struct Manual<'c> {
    rule: NatRule,
    service: Option<(&'c str, &'c str)>,
}

#[derive(Debug)]
struct Auto<'c> {
    object: AddressObjectId,
    name: &'c str,
    rule: NatRule,
    /// A mapped address in place: as many addresses as the object has.
    inline: Option<u32>,
}

fn blank(span: Span) -> NatRule {
    NatRule {
        kind: NatKind::Static,
        real_interface: None,
        mapped_interface: None,
        real_source: AddressMatch::Any,
        mapped_source: AddressMatch::Any,
        mapped_destination: AddressMatch::Any,
        real_destination: AddressMatch::Any,
        service: None,
        destination_service: None,
        policy: None,
        unidirectional: false,
        enabled: true,
        conditions: Box::default(),
        span,
    }
}

/// A blank rule between the interfaces of `(real,mapped)`.
pub fn between<'c>(
    device: &mut Device<'c>,
    pair: Option<(&'c str, &'c str)>,
    span: Span,
) -> NatRule {
    let mut rule = blank(span);
    if let Some((real, mapped)) = pair {
        let mut side = |name| (name != "any").then(|| device.interface(name));
        rule.real_interface = side(real);
        rule.mapped_interface = side(mapped);
    }
    rule
}

/// Adds a condition to a rule.
pub fn doubt(rule: &mut NatRule, condition: Condition) {
    let mut all = std::mem::take(&mut rule.conditions).into_vec();
    all.push(condition);
    rule.conditions = all.into_boxed_slice();
}

/// The addresses of an interface.
fn interface_term(
    device: &mut Device<'_>,
    interface: Option<InterfaceId>,
    span: Span,
) -> AddressTerm {
    match interface {
        Some(id) => AddressTerm::Interface(id),
        None => {
            AddressTerm::Unknown(device.reason("the rule maps to any interface's address", span))
        }
    }
}

/// An object or group that a manual rule names without a keyword.
fn named<'c>(device: &mut Device<'c>, name: &'c str) -> AddressTerm {
    let span = device.span(name);
    let group = device.network_groups.contains_key(name);
    let kind = if group {
        "object-group network"
    } else {
        "object network"
    };
    device.refer(kind, name, false, span);
    if group {
        AddressTerm::Object(device.network_group(name))
    } else {
        AddressTerm::Object(device.network_object(name))
    }
}

/// The mapped side: `any`, an object, `interface [ipv6]`, an object with
/// `interface` as fallback, or `pat-pool OBJECT [options] [interface]`.
fn mapped_side<'c>(
    device: &mut Device<'c>,
    words: &mut Words<'c>,
    interface: Option<InterfaceId>,
    span: Span,
    inline: &mut Option<u32>,
) -> Option<AddressMatch> {
    let mut terms = Vec::new();
    let first = words.next()?;
    let first = if first == "pat-pool" {
        words.next()?
    } else {
        first
    };
    match first {
        "any" => return Some(AddressMatch::Any),
        "interface" => terms.push(interface_term(device, interface, span)),
        _ => match device.host(first) {
            // An address in place; objects may not be named like one.
            Some(IpRange::V4(address, _)) if !device.network_objects.contains_key(first) => {
                *inline = Some(address);
                terms.push(AddressTerm::V4(address, address));
            }
            Some(range) if !device.network_objects.contains_key(first) => terms.push(range.into()),
            _ => terms.push(named(device, first)),
        },
    }
    loop {
        match words.peek() {
            Some("pat-pool") => {
                words.next();
                let pool = words.next()?;
                if pool == "interface" {
                    terms.push(interface_term(device, interface, span));
                } else {
                    terms.push(named(device, pool));
                }
            }
            Some("interface") => {
                words.next();
                terms.push(interface_term(device, interface, span));
            }
            Some(
                "extended" | "flat" | "include-reserve" | "round-robin" | "block-allocation"
                | "ipv6",
            ) => {
                words.next();
            }
            _ => break,
        }
    }
    Some(match <[AddressTerm; 1]>::try_from(terms) {
        Ok([term]) => AddressMatch::One(term),
        Err(terms) => AddressMatch::AnyOf(terms.into_boxed_slice()),
    })
}

/// The options that end a rule.
fn options<'c>(device: &mut Device<'c>, words: &mut Words<'c>, rule: &mut NatRule) {
    while let Some(word) = words.next() {
        match word {
            "dns" | "no-proxy-arp" | "route-lookup" | "net-to-net" => {}
            "unidirectional" => rule.unidirectional = true,
            "inactive" => rule.enabled = false,
            "description" => return,
            _ => {
                let span = device.span(word);
                let text = format!("the option {} of the NAT rule is not known", quoted(word));
                let reason = device.reason(text, span);
                doubt(rule, Condition::Unknown(reason));
            }
        }
    }
}

/// `nat [(real,mapped)] …` inside `object network`.
pub fn object<'c>(
    device: &mut Device<'c>,
    object: AddressObjectId,
    name: &'c str,
    statement: &'c str,
    words: &mut Words<'c>,
) -> Outcome {
    let span = device.span(statement);
    device.new_nat = device.new_nat.or(Some(span));
    let before = device.firewall.not_modelled.len();
    let pair = words.peek().and_then(interface_pair);
    if pair.is_some() {
        words.next();
    }
    let mut rule = between(device, pair, span);
    rule.kind = match words.next() {
        Some("static") => NatKind::Static,
        Some("dynamic") => NatKind::Dynamic,
        _ => return Outcome::UNRECOGNISED,
    };
    rule.real_source = AddressMatch::One(AddressTerm::Object(object));
    let mut inline = None;
    let mapped = rule.mapped_interface;
    let Some(source) = mapped_side(device, words, mapped, span, &mut inline) else {
        return Outcome::UNRECOGNISED;
    };
    if rule.kind == NatKind::Static && source == rule.real_source {
        rule.kind = NatKind::Exempt;
    }
    rule.mapped_source = source;
    let mut early = true;
    while early {
        early = words.eat("net-to-net") || words.eat("dns");
    }
    if words.eat("service") {
        let protocol = words.next().and_then(tables::protocol);
        let real = words.next().and_then(tables::port);
        let mapped = words.next().and_then(tables::port);
        match (protocol, real, mapped) {
            (Some(protocol), Some(real), Some(mapped)) => {
                rule.service = Some(Box::new(NatService {
                    protocol,
                    real: PortRange::one(real),
                    mapped: PortRange::one(mapped),
                }));
            }
            _ => {
                let reason = device.reason("the service of the NAT rule could not be read", span);
                doubt(&mut rule, Condition::Unknown(reason));
            }
        }
    }
    options(device, words, &mut rule);
    device.nat.auto.push(Auto {
        object,
        name,
        rule,
        inline,
    });
    doubtful(device, before)
}

/// `nat [(real,mapped)] [after-auto] [LINE] source {static|dynamic} …` at the
/// top level. `None` when it is not a rule of 8.3 and later.
pub fn manual<'c>(
    device: &mut Device<'c>,
    statement: &'c str,
    words: &mut Words<'c>,
) -> Option<Outcome> {
    let span = device.span(statement);
    let before = device.firewall.not_modelled.len();
    let pair = words.peek().and_then(interface_pair);
    if pair.is_some() {
        words.next();
    }
    let after = words.eat("after-auto");
    if words
        .peek()
        .is_some_and(|word| number::<u32>(word).is_some())
    {
        words.next();
    }
    if !words.eat("source") {
        return None;
    }
    device.new_nat = device.new_nat.or(Some(span));
    let mut rule = between(device, pair, span);
    rule.kind = match words.next()? {
        "static" => NatKind::Static,
        "dynamic" => NatKind::Dynamic,
        _ => return Some(Outcome::UNRECOGNISED),
    };
    let real = words.next()?;
    rule.real_source = match real {
        "any" => AddressMatch::Any,
        "interface" => AddressMatch::One(interface_term(device, rule.real_interface, span)),
        _ => AddressMatch::One(named(device, real)),
    };
    let mapped = rule.mapped_interface;
    rule.mapped_source = mapped_side(device, words, mapped, span, &mut None)?;
    if words.eat("destination") && words.eat("static") {
        let word = words.next()?;
        rule.mapped_destination = match word {
            "any" => AddressMatch::Any,
            // The real host addresses the interface that it reaches.
            "interface" => {
                words.eat("ipv6");
                AddressMatch::One(interface_term(device, rule.real_interface, span))
            }
            _ => AddressMatch::One(named(device, word)),
        };
        let word = words.next()?;
        rule.real_destination = match word {
            "any" => AddressMatch::Any,
            _ => AddressMatch::One(named(device, word)),
        };
    }
    let mut service = None;
    if words.eat("service") {
        service = Some((words.next()?, words.next()?));
    }
    if rule.kind == NatKind::Static
        && rule.real_source == rule.mapped_source
        && rule.mapped_destination == rule.real_destination
        && service.is_none_or(|(a, b)| a == b)
    {
        rule.kind = NatKind::Exempt;
    }
    options(device, words, &mut rule);
    let entry = Manual { rule, service };
    if after {
        device.nat.after.push(entry);
    } else {
        device.nat.manual.push(entry);
    }
    Some(doubtful(device, before))
}

/// All rules in evaluation order.
pub fn finish(device: &mut Device<'_>) -> Vec<NatRule> {
    let table = std::mem::take(&mut device.nat);
    let mut rules: Vec<_> = table
        .manual
        .into_iter()
        .map(|rule| with_service(device, rule))
        .collect();
    let mut auto: Vec<_> = table
        .auto
        .into_iter()
        .map(|mut entry| {
            let range = single_range(device, entry.object);
            if let (Some(base), Some(IpRange::V4(low, high))) = (entry.inline, range)
                && entry.rule.kind == NatKind::Static
            {
                let last = base.saturating_add(high.saturating_sub(low));
                entry.rule.mapped_source = AddressMatch::One(AddressTerm::V4(base, last));
                if base == low {
                    entry.rule.kind = NatKind::Exempt;
                }
            }
            let dynamic = entry.rule.kind == NatKind::Dynamic;
            let (size, first) = match range {
                Some(IpRange::V4(low, high)) => {
                    (u128::from(high.saturating_sub(low)), u128::from(low))
                }
                Some(IpRange::V6(low, high)) => (high.saturating_sub(low), low),
                None => (u128::MAX, u128::MAX),
            };
            ((dynamic, size, first, entry.name), entry.rule)
        })
        .collect();
    auto.sort_by_key(|(key, _)| *key);
    rules.extend(auto.into_iter().map(|(_, rule)| rule));
    rules.extend(
        table
            .after
            .into_iter()
            .map(|rule| with_service(device, rule)),
    );
    rules
}

/// The one range of an object.
fn single_range(device: &Device<'_>, object: AddressObjectId) -> Option<IpRange> {
    let object = device.firewall.address_objects.get(object.0 as usize)?;
    match object.members.as_slice() {
        [member] => match &member.value {
            AddressTerm::V4(low, high) => Some(IpRange::V4(*low, *high)),
            AddressTerm::V6(range) => Some(IpRange::V6(range.0, range.1)),
            _ => None,
        },
        _ => None,
    }
}

/// The one range of ports; `Some(None)` for any port.
fn port(port: PortMatch) -> Option<Option<PortRange>> {
    match port {
        PortMatch::Any => Some(None),
        PortMatch::Range(range) => Some(Some(range)),
        _ => None,
    }
}

/// Looks up the service objects of a manual rule. Their source ports are the
/// real and the mapped port of the real source; their destination ports are
/// the port that the real source asks for and the one that it reaches
/// (Command Reference, "nat (global)": `service` names the mapped object first
/// for destination ports).
fn with_service(device: &mut Device<'_>, entry: Manual<'_>) -> NatRule {
    let Manual { mut rule, service } = entry;
    let Some((real, mapped)) = service else {
        return rule;
    };
    let ports = |name: &str| -> Option<(Protocol, Option<PortRange>, Option<PortRange>)> {
        let id = device.service_objects.get(name)?;
        let object = device.firewall.service_objects.get(id.0 as usize)?;
        match object.services.as_slice() {
            [one] => match one.value {
                ServiceTerm::Inline {
                    protocol: ProtocolMatch::One(protocol),
                    source,
                    destination,
                } => Some((protocol, port(source)?, port(destination)?)),
                _ => None,
            },
            _ => None,
        }
    };
    let both = ports(real).zip(ports(mapped));
    let translated = both.and_then(|((protocol, source, asked), (other, mapped, reached))| {
        let pair = |real: Option<PortRange>, mapped: Option<PortRange>| match (real, mapped) {
            (Some(real), Some(mapped)) => Some(Some(Box::new(NatService {
                protocol,
                real,
                mapped,
            }))),
            (None, None) => Some(None),
            _ => None,
        };
        let (source, destination) = (pair(source, mapped)?, pair(reached, asked)?);
        (protocol == other && (source.is_some() || destination.is_some()))
            .then_some((source, destination))
    });
    match translated {
        Some((source, destination)) => {
            rule.service = source;
            rule.destination_service = destination;
        }
        None => {
            let text = "the NAT rule is for some services only";
            let reason = device.reason(text, rule.span);
            doubt(&mut rule, Condition::Unknown(reason));
        }
    }
    rule
}
