//! Address translation.
//!
//! Sources: Palo Alto Networks, "PAN-OS Networking Administrator's Guide", "NAT
//! Policy Rules" (top down, one rule for each session; a rule looks at the packet
//! as it came in, its destination zone is that of the address before
//! translation), "Source NAT and Destination NAT", "NAT Translated Packet Tab"
//! (dynamic IP and port, dynamic IP, static IP, bi-directional).
//!
//! In the model each rule becomes one for destinations and one for sources. A
//! rule that leaves one of them as it is stands there too, because it keeps
//! packets from the rules behind it.

use std::net::IpAddr;

use crate::formats::firewall::shared::rules::{add_condition, pseudo_rule, quoted};
use crate::formats::firewall::shared::word_tree::NodeId;
use crate::model::firewall::{
    Action, AddressMatch, AddressTerm, Condition, FilterId, InterfaceId, InterfaceMatch, NatKind,
    NatRule, NatService, ReasonId, Rule, ServiceMatch,
};
use crate::model::net::{IpRange, PortRange, Protocol};
use crate::source::Span;

use super::device::{Device, any_of};
use super::matching::{self, Asked, Needs, Zones};
use super::{addresses, interfaces};

/// Most rules of the model for NAT.
const MAX_RULES: usize = 20_000;
/// Most interfaces that one rule is repeated for.
const MAX_SIDES: usize = 64;
/// Most routes that tell which addresses lie behind a zone.
const MAX_ROUTES: usize = 2_000;

/// What a rule does to a packet.
struct Translation {
    source: Source,
    destination: Option<Vec<AddressTerm>>,
    port: Option<u16>,
    both_ways: bool,
    unknown: Vec<Condition>,
}

/// What becomes of the source.
enum Source {
    Keep,
    Terms(Vec<AddressTerm>),
    Interface(Option<InterfaceId>),
}

/// Reads all rules.
pub fn compile(device: &mut Device<'_, '_>) {
    device.firewall.nat.session_replies = true;
    let mut rules: Vec<NodeId> = Vec::new();
    for base in device.context.rulebases.clone() {
        if let Some(list) = device.tree.get(base.node, "nat") {
            device.modelled(list);
        }
        rules.extend(device.below(base.node, &["nat", "rules"]));
    }
    if rules.is_empty() {
        return;
    }
    // Only a rule before one that changes destinations can keep packets from it.
    let changes = |device: &Device<'_, '_>, rule: &NodeId| {
        let yes = |path: &[&str]| device.value(*rule, path) == Some("yes");
        device.tree.get(*rule, "destination-translation").is_some()
            || device
                .tree
                .get(*rule, "dynamic-destination-translation")
                .is_some()
            || yes(&["source-translation", "static-ip", "bi-directional"])
    };
    let last = rules.iter().rposition(|rule| changes(device, rule));
    for (position, rule) in rules.into_iter().enumerate() {
        let before = last.is_some_and(|last| position <= last);
        read_rule(device, rule, before);
    }
}

fn read_rule(device: &mut Device<'_, '_>, node: NodeId, before_destinations: bool) {
    let needs = Needs { application: false };
    let mut asked = matching::read(device, node, needs);
    if let Some(kind) = device.tree.get(node, "nat-type") {
        let word = device.value(node, &["nat-type"]).unwrap_or("ipv4");
        if matches!(word, "nat64" | "nptv6") {
            let text = "translation between address families or prefixes is not modelled";
            let reason = device.not_modelled(kind, text);
            asked.conditions.push(Condition::Unknown(reason));
        } else {
            device.modelled_all(kind);
        }
    }
    // `to-interface any` asks for nothing.
    let mut egress = None;
    if let Some(key) = device.tree.get(node, "to-interface") {
        let name = device.value(node, &["to-interface"]).unwrap_or("any");
        device.modelled_all(key);
        if name != "any" {
            egress = device.interfaces.get(name).copied();
            if egress.is_none() {
                let text = format!("interface {} is not in this file", quoted(name));
                let reason = device.reason(text, asked.span);
                asked.conditions.push(Condition::Unknown(reason));
            }
        }
    }
    let translation = translation(device, node);
    asked.conditions.extend(translation.unknown.iter().cloned());
    if let Some(reason) = matching::rest(device, node) {
        asked.conditions.push(Condition::Unknown(reason));
    }
    if device.firewall.nat.rules.len() > MAX_RULES {
        if device.firewall.nat.rules.len() == MAX_RULES.saturating_add(1) {
            let text = "more NAT rules than exlint follows";
            let span = asked.span;
            device.doubt(text, span);
        }
        return;
    }
    if before_destinations || translation.destination.is_some() {
        destination(device, &asked, &translation);
    }
    source(device, &asked, &translation, egress);
}

fn translation(device: &mut Device<'_, '_>, node: NodeId) -> Translation {
    let mut found = Translation {
        source: Source::Keep,
        destination: None,
        port: None,
        both_ways: false,
        unknown: Vec::new(),
    };
    if let Some(top) = device.tree.get(node, "source-translation") {
        device.modelled(top);
        for kind in device.children(top) {
            device.modelled(kind);
            source_translation(device, kind, &mut found);
        }
    }
    for key in ["destination-translation", "dynamic-destination-translation"] {
        let Some(top) = device.tree.get(node, key) else {
            continue;
        };
        device.modelled(top);
        for part in device.children(top) {
            match device.word(part) {
                "translated-address" => {
                    device.modelled(part);
                    let mut terms = Vec::new();
                    for value in device.children(part) {
                        terms.extend(addresses::named(device, value));
                    }
                    found.destination = Some(terms);
                }
                "translated-port" => {
                    let word = device.value(top, &["translated-port"]).unwrap_or_default();
                    found.port = word.parse().ok();
                    device.modelled_all(part);
                    if found.port.is_none() {
                        let text = format!("{} is not a port", quoted(word));
                        let reason = device.not_modelled(part, text);
                        found.unknown.push(Condition::Unknown(reason));
                    }
                }
                _ => device.irrelevant(part),
            }
        }
        // A port alone leaves the address.
        if found.destination.is_none() && found.port.is_some() {
            found.destination = Some(Vec::new());
        }
    }
    found
}

fn source_translation(device: &mut Device<'_, '_>, kind: NodeId, found: &mut Translation) {
    match device.word(kind) {
        "dynamic-ip-and-port" | "dynamic-ip" | "static-ip" | "persistent-dynamic-ip-and-port" => {}
        "none" => return,
        _ => {
            let text = "this kind of translation is not known to exlint";
            let reason = device.not_modelled(kind, text);
            found.unknown.push(Condition::Unknown(reason));
            return;
        }
    }
    for part in device.children(kind) {
        match device.word(part) {
            "translated-address" => {
                device.modelled(part);
                let mut terms = Vec::new();
                for value in device.children(part) {
                    terms.extend(addresses::named(device, value));
                }
                found.source = Source::Terms(terms);
            }
            "interface-address" => {
                device.modelled_all(part);
                let own = device
                    .value(part, &["ip"])
                    .and_then(|word| interfaces::own_address(device, word));
                let name = device.value(part, &["interface"]).unwrap_or_default();
                let id = device.interfaces.get(name).copied();
                found.source = match own {
                    Some((own, _)) => Source::Terms(vec![IpRange::host(own).into()]),
                    None => Source::Interface(id),
                };
            }
            "bi-directional" => {
                found.both_ways = device.says_yes(kind, "bi-directional");
                device.modelled_all(part);
            }
            "fallback" => device.note(part, "what is used when a pool is empty is not modelled"),
            _ => device.irrelevant(part),
        }
    }
}

fn blank(kind: NatKind, asked: &Asked<'_>) -> NatRule {
    NatRule {
        kind,
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
        enabled: asked.enabled,
        conditions: asked.conditions.clone().into(),
        span: asked.span,
    }
}

/// The packets that a rule asks for.
fn chooser(
    device: &mut Device<'_, '_>,
    asked: &Asked<'_>,
    change: &dyn Fn(&mut Rule),
    behind: &Behind,
) -> FilterId {
    let mut rules = asked.rules(device, Action::Permit);
    for rule in &mut rules {
        // The conditions are those of the translation.
        rule.conditions = Box::default();
        rule.enabled = true;
        change(rule);
        if let Behind::Unknown(reason) = behind {
            add_condition(rule, Condition::Unknown(*reason));
        }
    }
    let name = format!("NAT rule {}", asked.name);
    let filter = device.add_chooser(name, rules, asked.span);
    let Behind::Routes(routes, rest) = behind else {
        return filter;
    };
    let mut rules: Vec<Rule> = routes
        .iter()
        .map(|(range, inside)| {
            let (action, label) = if *inside {
                (
                    Action::Goto(filter),
                    "the route to the zone that the NAT rule asks for",
                )
            } else {
                (
                    Action::Deny,
                    "the route to another zone than the NAT rule asks for",
                )
            };
            let mut rule = pseudo_rule(action, label, asked.span);
            rule.destination = AddressMatch::One((*range).into());
            rule
        })
        .collect();
    if let Some(reason) = rest {
        let open = chooser(device, asked, change, &Behind::Unknown(*reason));
        let label = "a route that is not in this file";
        rules.push(pseudo_rule(Action::Goto(open), label, asked.span));
    }
    let name = format!("routes to the zones of NAT rule {}", asked.name);
    device.add_chooser(name, rules, asked.span)
}

/// What the rule does to destinations, before the way out is chosen.
fn destination(device: &mut Device<'_, '_>, asked: &Asked<'_>, translation: &Translation) {
    let mut rule = blank(NatKind::Destination, asked);
    let behind = behind(device, &asked.to, asked.span);
    let clear = |rule: &mut Rule| rule.egress = InterfaceMatch::Any;
    let Some(terms) = &translation.destination else {
        if translation.both_ways
            && let Source::Terms(terms) = &translation.source
        {
            // The rule in the other direction: from any zone to the new address.
            let mut back = blank(NatKind::Destination, asked);
            back.mapped_source = any_of(terms.clone());
            back.real_source = asked.source.clone();
            publish(device, back, &asked.to);
        }
        // It leaves destinations alone, and keeps packets from rules behind it.
        rule.policy = Some(chooser(device, asked, &clear, &behind));
        device.firewall.nat.rules.push(rule);
        return;
    };
    rule.mapped_source = asked.destination.clone();
    if !terms.is_empty() {
        rule.real_source = any_of(terms.clone());
    }
    let Some(port) = translation.port else {
        rule.policy = Some(chooser(device, asked, &clear, &behind));
        publish(device, rule, &asked.from);
        return;
    };
    for protocol in [Protocol::TCP, Protocol::UDP] {
        let mut copy = rule.clone();
        copy.policy = Some(chooser(device, asked, &clear, &behind));
        copy.service = Some(Box::new(NatService {
            protocol,
            real: PortRange::one(port),
            mapped: PortRange::ANY,
        }));
        publish(device, copy, &asked.from);
    }
}

/// Adds a rule for each interface on whose side it publishes an address.
fn publish(device: &mut Device<'_, '_>, rule: NatRule, zones: &Zones<'_>) {
    let members: Vec<InterfaceId> = match zones {
        Zones::Any => Vec::new(),
        Zones::Named(names) => names
            .iter()
            .flat_map(|name| device.members(name))
            .copied()
            .collect(),
    };
    if members.is_empty() || members.len() > MAX_SIDES {
        device.firewall.nat.rules.push(rule);
        return;
    }
    for id in members {
        device.firewall.nat.rules.push(NatRule {
            mapped_interface: Some(id),
            ..rule.clone()
        });
    }
}

/// What the rule does to sources, on the way out.
fn source(
    device: &mut Device<'_, '_>,
    asked: &Asked<'_>,
    translation: &Translation,
    egress: Option<InterfaceId>,
) {
    let mut rule = blank(NatKind::Source, asked);
    let real = translation.destination.clone();
    let moved = real.is_some();
    let change = |rule: &mut Rule| {
        // The destination was changed by the same rule before.
        if let Some(terms) = real.as_ref().filter(|terms| !terms.is_empty()) {
            rule.destination = any_of(terms.clone());
        }
        if moved {
            rule.egress = InterfaceMatch::Any;
        }
        if translation.port.is_some() {
            rule.service = ServiceMatch::Any;
        }
    };
    rule.policy = Some(chooser(device, asked, &change, &Behind::Anything));
    rule.mapped_interface = egress.filter(|_| !moved);
    match &translation.source {
        Source::Keep => {}
        Source::Terms(terms) => rule.mapped_source = any_of(terms.clone()),
        Source::Interface(Some(id)) => {
            rule.mapped_source = AddressMatch::One(AddressTerm::Interface(*id));
        }
        Source::Interface(None) => {
            let text = "the address of the outgoing interface is not in this file";
            let reason = device.reason(text, asked.span);
            rule.mapped_source = AddressMatch::One(AddressTerm::Unknown(reason));
        }
    }
    device.firewall.nat.rules.push(rule);
}

/// Which destinations lie behind a rule's zones.
enum Behind {
    Anything,
    /// Networks, the longest prefix first, and whether they lie there; and why
    /// it is not known of all others.
    Routes(Vec<(IpRange, bool)>, Option<ReasonId>),
    Unknown(ReasonId),
}

/// What the routing table tells about the zones of a destination. The longest
/// prefix decides, so longer ones stand first.
fn behind(device: &mut Device<'_, '_>, zones: &Zones<'_>, span: Span) -> Behind {
    if *zones == Zones::Any {
        return Behind::Anything;
    }
    let members = zones.interfaces(device);
    let mut table: Vec<(IpRange, InterfaceId, u32)> = Vec::new();
    for (id, interface) in (0u32..).zip(&device.firewall.interfaces) {
        let id = InterfaceId(id);
        table.extend(interface.addresses.iter().map(|own| (own.network, id, 0)));
    }
    let routes = device.firewall.routes.iter();
    table.extend(routes.map(|route| (route.network, route.interface, route.metric)));
    if table.is_empty()
        && device
            .firewall
            .interfaces
            .iter()
            .all(|one| one.addresses.is_empty())
    {
        // Without a network the zones cannot be told: trust the rule.
        return Behind::Anything;
    }
    let open = !device.firewall.dynamic_routing.is_empty()
        || device
            .firewall
            .interfaces
            .iter()
            .any(|interface| interface.dynamic_address.is_some());
    let text = "which zone an address lies in depends on routes that are not in this file";
    if table.len() > MAX_ROUTES {
        return Behind::Unknown(device.reason(text, span));
    }
    let mut rest = None;
    if open {
        // What a protocol brings in does not lead away from the networks of the
        // interfaces.
        rest = Some(device.reason(text, span));
        let interfaces = device.firewall.interfaces.iter();
        let own: Vec<IpRange> = interfaces
            .flat_map(|interface| interface.addresses.iter().map(|own| own.network))
            .collect();
        table.retain(|(range, _, _)| {
            let mut own = own.iter();
            own.any(|own| own.contains(range.first()) && own.contains(range.last()))
        });
    }
    table.sort_by_key(|(range, _, metric)| (std::cmp::Reverse(width(*range)), *metric));
    let mut found: Vec<(IpRange, bool)> = Vec::new();
    for (range, id, _) in table {
        if !found.iter().any(|(known, _)| *known == range) {
            found.push((range, members.contains(id)));
        }
    }
    Behind::Routes(found, rest)
}

fn width(range: IpRange) -> u8 {
    range.prefix().unwrap_or(match range.first() {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    })
}
