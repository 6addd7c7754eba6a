//! Static, destination and source NAT.
//!
//! Source: Juniper, "Network Address Translation User Guide": "NAT Overview"
//! (static and destination NAT before the policy, source NAT after it; static
//! comes first of both), "Understanding … NAT Rules" (a rule set is chosen by
//! the most specific match of interface, then zone, then routing instance; in
//! it the first rule that matches), "Static NAT" (works in both directions).
//!
//! Order in the model: static rules (both ways), source rules, destination
//! rules. Source rules never look at a destination's translation, so that their
//! place before the destination rules changes nothing but lets both apply to
//! one packet, as the device does.

use crate::formats::firewall::shared::word_tree::NodeId;
use crate::model::firewall::{
    AddressMatch, AddressTerm, Condition, InterfaceId, NatKind, NatRule, NatService, ReasonId,
};
use crate::model::net::{IpRange, PortRange, Protocol};
use crate::source::Span;

use super::device::{Device, address, any_of, network, prefix};
use super::{interfaces, tables};

mod matching;

use matching::{policy, read_match};

/// Most model rules that one NAT rule becomes.
const MAX_COPIES: usize = 256;
/// Most model rules for NAT.
const MAX_RULES: usize = 20_000;

/// A side of a rule set's context.
#[derive(Debug, Clone, Default)]
struct Side {
    interfaces: Vec<Option<InterfaceId>>,
    /// 0 for interfaces, 1 for zones, 2 for routing instances, 3 for none.
    weight: u8,
    unknown: Option<ReasonId>,
}

struct RuleSet {
    node: NodeId,
    from: Side,
    to: Side,
}

/// Reads `security nat`.
pub fn read(device: &mut Device<'_, '_>) {
    if device.at(&["security", "nat"]).is_none() {
        return;
    }
    device.firewall.nat.session_replies = true;
    for set in sets(device, "static") {
        for rule in rules_of(device, &set) {
            static_rule(device, &set, rule);
        }
    }
    for set in sets(device, "source") {
        for rule in rules_of(device, &set) {
            source_rule(device, &set, rule);
        }
    }
    for set in sets(device, "destination") {
        for rule in rules_of(device, &set) {
            destination_rule(device, &set, rule);
        }
    }
    for kind in ["source", "destination"] {
        for pool in device
            .at(&["security", "nat", kind, "pool"])
            .map(|top| device.children(top))
            .unwrap_or_default()
        {
            let (name, span) = (device.word(pool), device.span(pool));
            device.refer("NAT pool", name, true, span);
            device.modelled_all(pool);
        }
    }
}

/// The rule sets of a kind, the most specific context first.
fn sets(device: &mut Device<'_, '_>, kind: &str) -> Vec<RuleSet> {
    let Some(top) = device.at(&["security", "nat", kind, "rule-set"]) else {
        return Vec::new();
    };
    let mut sets = Vec::new();
    for node in device.children(top) {
        device.modelled(node);
        let from = side(device, node, "from");
        let to = side(device, node, "to");
        if let Some(description) = device.tree.get(node, "description") {
            device.irrelevant(description);
        }
        sets.push(RuleSet { node, from, to });
    }
    sets.sort_by_key(|set| (set.from.weight, set.to.weight));
    sets
}

fn side(device: &mut Device<'_, '_>, set: NodeId, key: &str) -> Side {
    let mut side = Side {
        weight: 3,
        ..Side::default()
    };
    let Some(node) = device.tree.get(set, key) else {
        side.interfaces.push(None);
        return side;
    };
    device.modelled(node);
    for (word, weight) in [
        ("interface", 0),
        ("zone", 1),
        ("routing-instance", 2),
        ("routing-group", 2),
    ] {
        for value in device.below(node, &[word]) {
            device.modelled(value);
            side.weight = side.weight.min(weight);
            match word {
                "interface" => {
                    let id = interfaces::find_or_add(device, value);
                    side.interfaces.push(Some(id));
                }
                "zone" => {
                    let (name, span) = (device.word(value), device.span(value));
                    device.refer("security-zone", name, false, span);
                    let members = device
                        .zones
                        .get(name)
                        .map(|zone| zone.members.clone())
                        .unwrap_or_default();
                    side.interfaces.extend(members.into_iter().map(Some));
                }
                _ => {
                    let name = device.word(value);
                    let members: Vec<InterfaceId> = interfaces::instances(device)
                        .into_iter()
                        .filter(|(instance, ..)| instance == name)
                        .flat_map(|(_, members, _)| members)
                        .collect();
                    if members.is_empty() {
                        let why = "NAT of this routing instance is not modelled";
                        side.unknown = Some(device.not_modelled(value, why));
                        side.interfaces.push(None);
                    }
                    side.interfaces.extend(members.into_iter().map(Some));
                }
            }
        }
    }
    side
}

fn rules_of(device: &mut Device<'_, '_>, set: &RuleSet) -> Vec<NodeId> {
    let rules: Vec<NodeId> = device
        .tree
        .get(set.node, "rule")
        .map(|rules| device.tree.all(rules).collect())
        .unwrap_or_default();
    for rule in &rules {
        device.modelled(*rule);
        if device.tree.is_inactive(*rule) {
            device.modelled_all(*rule);
        }
    }
    rules
}

fn blank(span: Span) -> NatRule {
    NatRule {
        kind: NatKind::Exempt,
        real_interface: None,
        mapped_interface: None,
        real_source: AddressMatch::Any,
        mapped_source: AddressMatch::Any,
        mapped_destination: AddressMatch::Any,
        real_destination: AddressMatch::Any,
        service: None,
        destination_service: None,
        policy: None,
        unidirectional: true,
        enabled: true,
        conditions: Box::default(),
        span,
    }
}

/// Adds a rule for each pair of interfaces of its context.
fn push(
    device: &mut Device<'_, '_>,
    rule: NatRule,
    set: &RuleSet,
    ends: (&[Option<InterfaceId>], &[Option<InterfaceId>]),
    unknown: &[ReasonId],
) {
    let mut conditions: Vec<Condition> = unknown
        .iter()
        .map(|reason| Condition::Unknown(*reason))
        .collect();
    conditions.extend(
        [set.from.unknown, set.to.unknown]
            .into_iter()
            .flatten()
            .map(Condition::Unknown),
    );
    let (real, mapped) = ends;
    let copies = real.len().saturating_mul(mapped.len());
    let known = device.firewall.nat.rules.len();
    if copies > MAX_COPIES || known > MAX_RULES {
        let reason = device.reason("this NAT rule is for too many interfaces", rule.span);
        conditions.push(Condition::Unknown(reason));
        if known > MAX_RULES.saturating_add(1) {
            return;
        }
        device.firewall.nat.rules.push(NatRule {
            conditions: conditions.into(),
            ..rule
        });
        return;
    }
    for real in real {
        for mapped in mapped {
            device.firewall.nat.rules.push(NatRule {
                real_interface: *real,
                mapped_interface: *mapped,
                conditions: conditions.clone().into(),
                ..rule.clone()
            });
        }
    }
}

const ANYWHERE: &[Option<InterfaceId>] = &[None];

fn static_rule(device: &mut Device<'_, '_>, set: &RuleSet, node: NodeId) {
    let span = device.statement(node);
    let mut found = read_match(device, node);
    let mut rule = blank(span);
    rule.kind = NatKind::Static;
    rule.unidirectional = false;
    rule.enabled = !device.tree.is_inactive(node);
    rule.mapped_source = found.destination.clone();
    let mut mapped_port = None;
    let mut real = Vec::new();
    for action in device.below(node, &["then", "static-nat"]) {
        device.modelled(action);
        for value in device.children(action) {
            device.modelled_all(value);
            match (device.word(action), device.word(value)) {
                (_, "mapped-port") => {
                    for port in device.children(value) {
                        let low = tables::port_range(device.word(port));
                        let high = device
                            .tree
                            .value(port, "to")
                            .and_then(|to| tables::port(device.word(to)));
                        mapped_port = match (low, high) {
                            (Some(low), Some(high)) => PortRange::new(low.low, high),
                            (low, _) => low,
                        };
                    }
                }
                (_, "routing-instance") => {
                    let reason = device
                        .not_modelled(value, "NAT into another routing instance is not modelled");
                    found.unknown.push(reason);
                }
                ("prefix-name", _) => real.extend(super::addresses::term(device, None, value)),
                ("prefix", word) => match prefix(word) {
                    Some(term) => real.push(term),
                    None => {
                        let reason = device.not_modelled(value, "this is not a prefix");
                        real.push(AddressTerm::Unknown(reason));
                    }
                },
                _ => {
                    let reason =
                        device.not_modelled(value, "NAT between address families is not modelled");
                    found.unknown.push(reason);
                }
            }
        }
        if matches!(
            device.word(action),
            "inet" | "nptv6-prefix" | "nptv6-prefix-name"
        ) {
            let reason =
                device.not_modelled(action, "NAT between address families is not modelled");
            found.unknown.push(reason);
        }
    }
    rule.real_source = any_of(real);
    let limited = found.source != AddressMatch::Any || !found.source_ports.is_empty();
    match (found.destination_ports.as_slice(), mapped_port) {
        ([], None) => {
            if limited {
                rule.real_destination = found.source.clone();
            }
            push(
                device,
                rule,
                set,
                (ANYWHERE, &set.from.interfaces),
                &found.unknown,
            );
        }
        ([outer], inner) => {
            if limited {
                rule.real_destination = found.source.clone();
            }
            for protocol in [Protocol::TCP, Protocol::UDP] {
                let mut copy = rule.clone();
                copy.service = Some(Box::new(NatService {
                    protocol,
                    real: inner.unwrap_or(*outer),
                    mapped: *outer,
                }));
                push(
                    device,
                    copy,
                    set,
                    (ANYWHERE, &set.from.interfaces),
                    &found.unknown,
                );
            }
        }
        _ => {
            let reason =
                device.reason("a static NAT rule with several ports is not modelled", span);
            found.unknown.push(reason);
            push(
                device,
                rule,
                set,
                (ANYWHERE, &set.from.interfaces),
                &found.unknown,
            );
        }
    }
}

fn source_rule(device: &mut Device<'_, '_>, set: &RuleSet, node: NodeId) {
    let span = device.statement(node);
    let name = device.word(node).to_owned();
    let mut found = read_match(device, node);
    let mut rule = blank(span);
    rule.enabled = !device.tree.is_inactive(node);
    rule.real_source = found.source.clone();
    if found.destination != AddressMatch::Any || !found.is_plain() {
        let id = policy(
            device,
            &name,
            AddressMatch::Any,
            found.destination.clone(),
            &found,
            span,
        );
        rule.policy = Some(id);
    }
    let mut by_interface = false;
    let mut stated = false;
    for action in device.below(node, &["then", "source-nat"]) {
        stated = true;
        match device.word(action) {
            "off" => {
                device.modelled_all(action);
                rule.kind = NatKind::Exempt;
            }
            "interface" => {
                device.modelled_all(action);
                rule.kind = NatKind::Dynamic;
                by_interface = true;
            }
            "pool" => {
                device.modelled_all(action);
                rule.kind = NatKind::Dynamic;
                let mut terms = Vec::new();
                for pool in device.children(action) {
                    if device.word(pool) == "persistent-nat" {
                        continue;
                    }
                    terms.extend(pool_terms(device, "source", pool).0);
                }
                rule.mapped_source = any_of(terms);
            }
            _ => {
                let reason =
                    device.not_modelled(action, "this action of source NAT is not known to exlint");
                found.unknown.push(reason);
            }
        }
    }
    if !stated {
        let reason = device.reason(format!("NAT rule {name} has no action in this file"), span);
        found.unknown.push(reason);
    }
    if by_interface {
        for egress in set.to.interfaces.clone() {
            let mut copy = rule.clone();
            copy.mapped_source = match egress {
                Some(id) => AddressMatch::One(AddressTerm::Interface(id)),
                None => {
                    let reason =
                        device.reason("the address of the outgoing interface is not known", span);
                    AddressMatch::One(AddressTerm::Unknown(reason))
                }
            };
            push(
                device,
                copy,
                set,
                (&set.from.interfaces, &[egress]),
                &found.unknown,
            );
        }
    } else {
        push(
            device,
            rule,
            set,
            (&set.from.interfaces, &set.to.interfaces),
            &found.unknown,
        );
    }
}

fn destination_rule(device: &mut Device<'_, '_>, set: &RuleSet, node: NodeId) {
    let span = device.statement(node);
    let name = device.word(node).to_owned();
    let mut found = read_match(device, node);
    let mut rule = blank(span);
    rule.enabled = !device.tree.is_inactive(node);
    rule.real_source = found.source.clone();
    rule.mapped_destination = found.destination.clone();
    let mut port = None;
    let mut stated = false;
    for action in device.below(node, &["then", "destination-nat"]) {
        stated = true;
        device.modelled_all(action);
        match device.word(action) {
            "off" => rule.real_destination = rule.mapped_destination.clone(),
            "pool" => {
                for pool in device.children(action) {
                    let (terms, at) = pool_terms(device, "destination", pool);
                    rule.real_destination = any_of(terms);
                    port = at;
                }
            }
            _ => {
                let reason = device.not_modelled(
                    action,
                    "this action of destination NAT is not known to exlint",
                );
                found.unknown.push(reason);
            }
        }
    }
    if !stated || rule.mapped_destination == AddressMatch::Any {
        let reason = device.reason(
            format!("NAT rule {name} is not complete in this file"),
            span,
        );
        found.unknown.push(reason);
    }
    if found.destination_ports.is_empty() && port.is_none() {
        if !found.is_plain() {
            // Asked after the translation, when the address is the real one.
            rule.policy = Some(policy(
                device,
                &name,
                AddressMatch::Any,
                AddressMatch::Any,
                &found,
                span,
            ));
        }
        push(
            device,
            rule,
            set,
            (&set.from.interfaces, ANYWHERE),
            &found.unknown,
        );
        return;
    }
    let protocols = if found.protocols.is_empty() {
        vec![Protocol::TCP, Protocol::UDP]
    } else {
        found.protocols.clone()
    };
    let outer = if found.destination_ports.is_empty() {
        vec![PortRange::ANY]
    } else {
        found.destination_ports.clone()
    };
    if !found.applications.is_empty() || !found.source_ports.is_empty() {
        let reason = device.reason(
            format!("NAT rule {name} asks for applications and translates ports"),
            span,
        );
        found.unknown.push(reason);
    }
    for protocol in protocols {
        for range in &outer {
            let mut copy = rule.clone();
            copy.destination_service = Some(Box::new(NatService {
                protocol,
                real: port.map_or(*range, PortRange::one),
                mapped: *range,
            }));
            push(
                device,
                copy,
                set,
                (&set.from.interfaces, ANYWHERE),
                &found.unknown,
            );
        }
    }
}

/// The addresses of a pool, and its port.
fn pool_terms(
    device: &mut Device<'_, '_>,
    kind: &str,
    node: NodeId,
) -> (Vec<AddressTerm>, Option<u16>) {
    let name = device.word(node);
    let at = device.span(node);
    device.refer("NAT pool", name, false, at);
    let Some(pool) = device.at(&["security", "nat", kind, "pool", name]) else {
        let reason = device.reason(format!("NAT pool {name} is not defined in this file"), at);
        return (vec![AddressTerm::Unknown(reason)], None);
    };
    let span = device.statement(pool);
    let mut terms = Vec::new();
    let mut port = None;
    // A pool of several addresses stands as `address A; address B;` or
    // `address { A; B; }`; of a pair `address A to B`.
    for value in device.below(pool, &["address"]) {
        let word = device.word(value);
        if matches!(word, "port" | "to") {
            // `address { 10.1.0.5/32; port 25; }`
            for inner in device.children(value) {
                port = tables::port(device.word(inner)).or(port);
            }
            continue;
        }
        if let Some(inner) = device.tree.value(value, "port") {
            port = tables::port(device.word(inner)).or(port);
        }
        let high = device.tree.value(value, "to");
        let head = |word: &str| address(word.split('/').next().unwrap_or_default());
        let term = match high {
            Some(high) => head(word)
                .zip(head(device.word(high)))
                .and_then(|(low, high)| IpRange::between(low, high))
                .map(AddressTerm::from),
            None => network(word).map(AddressTerm::from),
        };
        match term {
            Some(term) => terms.push(term),
            None => {
                let reason = device.not_modelled(value, "this is not an address");
                terms.push(AddressTerm::Unknown(reason));
            }
        }
    }
    if device.tree.get(pool, "routing-instance").is_some() {
        let reason = device.reason(
            format!("NAT pool {name} is in another routing instance"),
            span,
        );
        terms.push(AddressTerm::Unknown(reason));
    }
    if terms.is_empty() {
        let reason = device.reason(format!("NAT pool {name} has no address in this file"), span);
        terms.push(AddressTerm::Unknown(reason));
    }
    (terms, port)
}
