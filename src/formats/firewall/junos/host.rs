//! `host-inbound-traffic`: what an SRX accepts for itself.
//!
//! Source: Juniper, "Security Policies User Guide", "Controlling Inbound
//! Traffic": services and protocols of a zone, or of one of its interfaces,
//! which then replace those of the zone; `except` takes one away from `all`.

use std::collections::HashSet;

use crate::formats::firewall::shared::word_tree::NodeId;
use crate::model::firewall::{
    Action, AddressMatch, AddressObjectId, AddressTerm, AddressView, FilterId, InterfaceId,
    InterfaceMatch, Passage, ReasonId, Rule, ServiceMatch, Stage,
};
use crate::source::Span;

use super::device::{Device, blank_rule, pseudo_rule, undecided};
use super::{applications, interfaces, other_zones, tables};

/// Protocols of `host-inbound-traffic protocols`, by what carries them.
const PROTOCOLS: &[(&str, &str)] = &[
    ("bfd", "bfd"),
    ("bgp", "bgp"),
    ("ospf", "ospf"),
    ("ospf3", "ospf"),
    ("pim", "pim"),
    ("igmp", "igmp"),
    ("rip", "rip"),
    ("rsvp", "rsvp"),
    ("vrrp", "vrrp"),
    ("ldp", "ldp"),
    ("msdp", "msdp"),
    ("all", "all"),
];

/// Makes a stage for each zone and for each interface with traffic of its own.
pub fn compile(device: &mut Device<'_, '_>) {
    let Some(top) = device.at(&["security", "zones", "security-zone"]) else {
        return;
    };
    let mut filters: Vec<(Vec<InterfaceId>, Option<NodeId>, NodeId)> = Vec::new();
    for zone in device.children(top) {
        let mut left: Vec<InterfaceId> = Vec::new();
        let mut named: HashSet<InterfaceId> = HashSet::new();
        let mut rest = None;
        for member in device.below(zone, &["interfaces"]) {
            let node = device.tree.get(member, "host-inbound-traffic");
            if device.word(member) == "all" {
                rest = Some(node);
                continue;
            }
            let id = interfaces::find_or_add(device, member);
            named.insert(id);
            match node {
                Some(node) => filters.push((vec![id], Some(node), zone)),
                None => left.push(id),
            }
        }
        if let Some(node) = rest {
            let members = device.zones.get(device.word(zone));
            let members = members.iter().flat_map(|zone| &zone.members);
            let others: Vec<InterfaceId> =
                members.copied().filter(|id| !named.contains(id)).collect();
            match node {
                Some(node) => filters.push((others, Some(node), zone)),
                None => left.extend(others),
            }
        }
        let node = device.tree.get(zone, "host-inbound-traffic");
        filters.push((left, node, zone));
    }
    let start = device.statement(top);
    let all = other_zones::all_own(device, start);
    for (members, node, zone) in filters {
        stage(device, members, node, zone, all);
    }
    if let Some(contested) = device.contested.clone() {
        let label = "several zones take the interface";
        let span = contested.span;
        let filter = device.add_filter(
            label.to_owned(),
            contested.open(false).to_vec(),
            (Action::Deny, label.to_owned(), span),
            span,
        );
        device.firewall.stages.push(Stage {
            label: label.to_owned(),
            passage: Passage::ToHost,
            ingress: InterfaceMatch::any_of(contested.interfaces),
            egress: InterfaceMatch::Any,
            filter,
            view: AddressView::Real,
            span,
        });
    }
}

fn stage(
    device: &mut Device<'_, '_>,
    members: Vec<InterfaceId>,
    node: Option<NodeId>,
    zone: NodeId,
    all: AddressObjectId,
) {
    let name = device.word(zone);
    let span = device.statement(node.unwrap_or(zone));
    let mut rules = Vec::new();
    if let Some(node) = node {
        device.modelled(node);
        for kind in ["system-services", "protocols"] {
            let Some(list) = device.tree.get(node, kind) else {
                continue;
            };
            device.modelled(list);
            let mut last = Vec::new();
            for word in device.children(list) {
                device.modelled(word);
                let except = device.tree.get(word, "except");
                if let Some(except) = except {
                    device.modelled(except);
                }
                let action = if except.is_some() {
                    Action::Deny
                } else {
                    Action::Permit
                };
                let rule = rule(device, kind, word, action);
                // `all` comes last, whatever the order of the file.
                if except.is_none() && matches!(device.word(word), "all" | "any-service") {
                    last.extend(rule);
                } else {
                    rules.extend(rule);
                }
            }
            rules.sort_by_key(|rule| rule.action == Action::Permit);
            if kind == "system-services" {
                rules.extend(last);
            }
        }
        for statement in device.children(node) {
            if !device.tree.is_marked(statement) {
                device.irrelevant(statement);
            }
        }
    }
    if members.is_empty() {
        return;
    }
    let own = other_zones::addresses(device, &members);
    let refused = format!("host-inbound-traffic of zone {name} does not let it in");
    let label = format!("host-inbound-traffic of zone {name}");
    let listed = device.add_filter(
        label.clone(),
        rules,
        (Action::Deny, refused.clone(), span),
        span,
    );
    let inside = InterfaceMatch::any_of(members.iter().copied());
    if own.is_empty() {
        push(device, label, inside, listed, span);
        return;
    }
    let jump = pseudo_rule(Action::Jump(listed), label.clone(), span);
    let mut at_home = jump.clone();
    at_home.destination = AddressMatch::AnyOf(own.into());
    let mut elsewhere = pseudo_rule(Action::Permit, "an address of another interface", span);
    elsewhere.destination = AddressMatch::One(AddressTerm::Object(all));
    // The interface with the address decides; that the one that the packets
    // come in by is not asked as well, no manual says.
    let reason = device.question(
        format!(
            "whether host-inbound-traffic of zone {name} counts for addresses of other zones is \
             not known"
        ),
        span,
        "host-inbound-traffic for other zones",
    );
    let mut rules = vec![at_home.clone()];
    rules.extend(undecided_where_denied(device, listed, &elsewhere, reason));
    rules.push(jump);
    let filter = device.add_filter(label.clone(), rules, (Action::Deny, refused, span), span);
    push(device, label.clone(), inside, filter, span);
    let other = (
        Action::Permit,
        "packets for other addresses".to_owned(),
        span,
    );
    let filter = device.add_filter(label.clone(), vec![at_home], other, span);
    push(
        device,
        label,
        InterfaceMatch::none_of(members),
        filter,
        span,
    );
}

/// Rules that permit what a list permits, of the packets that a rule is for,
/// and leave the rest of them undecided.
fn undecided_where_denied(
    device: &Device<'_, '_>,
    listed: FilterId,
    of: &Rule,
    reason: ReasonId,
) -> Vec<Rule> {
    let mut rules = Vec::new();
    let list = device.firewall.filters.get(listed.0 as usize);
    for known in list.iter().flat_map(|filter| &filter.rules) {
        let mut known = known.clone();
        known.destination = of.destination.clone();
        if known.action == Action::Deny {
            rules.extend(undecided(&known, reason));
        } else {
            rules.push(known);
        }
    }
    rules.extend(undecided(of, reason));
    rules
}

/// Adds a stage for packets for the device itself.
pub fn push(
    device: &mut Device<'_, '_>,
    label: String,
    ingress: InterfaceMatch,
    filter: FilterId,
    span: Span,
) {
    device.firewall.stages.push(Stage {
        label,
        passage: Passage::ToHost,
        ingress,
        egress: InterfaceMatch::Any,
        filter,
        view: AddressView::Real,
        span,
    });
}

fn rule(device: &mut Device<'_, '_>, kind: &str, word: NodeId, action: Action) -> Option<Rule> {
    let name = device.word(word);
    let span = device.statement(word);
    if kind == "protocols" {
        let carrier = PROTOCOLS
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, carrier)| *carrier)?;
        let protocol = tables::protocol(carrier)?;
        let mut rule = blank_rule(action, span);
        rule.service = ServiceMatch::One(applications::inline(protocol, None, None));
        return Some(rule);
    }
    let services = match tables::host_service(name) {
        Some(services) => services.to_vec(),
        None => {
            device.not_modelled(word, "this system service is not known to exlint");
            vec![tables::Service::Unknown]
        }
    };
    let terms: Vec<_> = services
        .into_iter()
        .map(|service| applications::service_term(device, name, service, span))
        .collect();
    let mut rule = blank_rule(action, span);
    rule.service = ServiceMatch::AnyOf(terms.into());
    Some(rule)
}
