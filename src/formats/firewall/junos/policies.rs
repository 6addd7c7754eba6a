//! Security policies: between zones, global, and the default.
//!
//! Sources: Juniper, "Security Policies User Guide": "Security Policies
//! Overview" (policies of the zone pair in order, then global policies, then
//! `default-policy`, which denies unless it says `permit-all`; traffic inside a
//! zone needs a policy, too), "Global Security Policies" (only names of the
//! global address book), "Configuring Policies Using … Negated Source Address".
//! Source and destination are looked up with real addresses: destination and
//! static NAT come before the policy, source NAT after ("NAT User Guide").

use crate::formats::firewall::shared::discards;
use crate::formats::firewall::shared::rules::{add_condition, pseudo_rule, undecided};
use crate::formats::firewall::shared::word_tree::NodeId;
use crate::model::firewall::{
    Action, AddressMatch, AddressTerm, AddressView, Condition, FilterId, InterfaceId,
    InterfaceMatch, Passage, Rule, Stage, StateMatch,
};
use crate::source::Span;

use super::device::Device;
use super::interfaces;
use super::other_zones::{self, Fallback};

mod policy;

use policy::read_policy;

/// The name of the device itself among the zones.
pub const HOST: &str = "junos-host";

/// Policies of one pair of zones, compiled.
pub struct Pair<'t> {
    /// The zone that packets come from.
    pub from: &'t str,
    /// The zone that they go to.
    pub to: &'t str,
    /// Its policies.
    pub filter: FilterId,
    /// The statement.
    pub span: Span,
}

/// Whether the device decides by zones and policies at all.
pub fn has_policies(device: &Device<'_, '_>) -> bool {
    device.at(&["security", "policies"]).is_some()
        || device.at(&["security", "zones", "security-zone"]).is_some()
}

/// Compiles all policies into stages.
pub fn compile(device: &mut Device<'_, '_>) {
    let top = device.at(&["security", "policies"]);
    let pairs = top.map(|top| read_pairs(device, top)).unwrap_or_default();
    let global = top
        .and_then(|top| device.tree.get(top, "global"))
        .and_then(|node| read_global(device, node));
    let (default, label, span) = default_policy(device, top);
    unknown_zones(device);

    let mut rules = prelude(device, span);
    for pair in &pairs {
        if pair.from == HOST || pair.to == HOST {
            continue;
        }
        let mut rule = pseudo_rule(
            Action::Jump(pair.filter),
            format!("policies from zone {} to zone {}", pair.from, pair.to),
            pair.span,
        );
        rule.ingress = members(device, pair.from);
        rule.egress = members(device, pair.to);
        rules.push(rule);
    }
    if let Some((filter, at)) = global {
        rules.push(pseudo_rule(Action::Jump(filter), "global policies", at));
    }
    let filter = device.add_filter(
        "security policies".to_owned(),
        rules,
        (default, label.clone(), span),
        span,
    );
    device.firewall.stages.push(Stage {
        label: "security policies".to_owned(),
        passage: Passage::Transit,
        ingress: InterfaceMatch::Any,
        egress: InterfaceMatch::Any,
        filter,
        view: AddressView::Real,
        span,
    });
    let fallback = Fallback {
        global,
        default: (default, label, span),
    };
    other_zones::policies(device, &pairs, &fallback);
    host_policies(device, &pairs);
}

/// Stages of packets to and from the device itself. Without a policy of their
/// own they pass here; `host-inbound-traffic` decides apart.
fn host_policies(device: &mut Device<'_, '_>, pairs: &[Pair<'_>]) {
    let to_host = pairs.iter().find(|pair| pair.to == HOST);
    let all = to_host.map(|pair| other_zones::all_own(device, pair.span));
    for pair in pairs {
        if pair.to != HOST && pair.from != HOST {
            continue;
        }
        if let Some(filter) = device.firewall.filters.get_mut(pair.filter.0 as usize) {
            filter.default.action = Action::Permit;
            filter.default.label = "no policy for packets of the device itself matches".to_owned();
        }
        if pair.to == HOST {
            if let Some(all) = all {
                other_zones::host_policies(device, pair, all);
            }
            continue;
        }
        device.firewall.stages.push(Stage {
            label: format!("policies from zone {} to zone {}", pair.from, pair.to),
            passage: Passage::FromHost,
            ingress: InterfaceMatch::Any,
            egress: members(device, pair.to),
            filter: pair.filter,
            view: AddressView::Real,
            span: pair.span,
        });
    }
}

/// The members of a zone.
pub fn members(device: &Device<'_, '_>, zone: &str) -> InterfaceMatch {
    if zone == "any" {
        return InterfaceMatch::Any;
    }
    let known = device.zones.get(zone);
    InterfaceMatch::any_of(known.map(|zone| zone.members.clone()).unwrap_or_default())
}

/// A file without zone definitions still says what passes between zones: each
/// zone gets an interface of its name.
fn unknown_zones(device: &mut Device<'_, '_>) {
    if device.at(&["security", "zones", "security-zone"]).is_some() {
        return;
    }
    for name in device.zone_order.clone() {
        let named = device
            .zones
            .get(name)
            .is_some_and(|zone| !zone.members.is_empty());
        if name == HOST || name == "any" || named {
            continue;
        }
        let span = device.text.span_of(name);
        let id = device.add_interface(name, span);
        if let Some(interface) = device.interface_mut(id) {
            interface.zone = Some(crate::source::Spanned::new(name.to_owned(), span));
        }
        if let Some(zone) = device.zones.get_mut(name) {
            zone.members.push(id);
        }
    }
}

/// What decides before any policy.
fn prelude(device: &mut Device<'_, '_>, span: Span) -> Vec<Rule> {
    let mut rules = Vec::new();
    let mut zoned: Vec<InterfaceId> = Vec::new();
    for zone in device.zones.values() {
        zoned.extend(&zone.members);
    }
    zoned.sort_unstable();
    zoned.dedup();
    for doubt in device.doubts.clone() {
        rules.extend(undecided(
            &pseudo_rule(
                Action::Permit,
                "statements that are not modelled",
                doubt.span,
            ),
            doubt.reason,
        ));
    }
    if let Some(contested) = &device.contested {
        rules.extend(contested.open(false));
        rules.extend(contested.open(true));
    }
    rules.extend(discards::open(&mut device.firewall));
    packet_mode(device, &mut rules);
    if !device.firewall.stateful {
        let mut rule = pseudo_rule(
            Action::Permit,
            "packets of a session are not looked up again",
            span,
        );
        rule.state = StateMatch::Established;
        rules.push(rule);
    }
    if device.at(&["security", "zones", "security-zone"]).is_some() {
        for (way, at) in [("in", 0), ("out", 1)] {
            let mut rule = pseudo_rule(
                Action::Deny,
                format!("the interface that packets come {way} by is in no zone"),
                span,
            );
            let outside = InterfaceMatch::none_of(zoned.iter().copied());
            if zoned.is_empty() {
                continue;
            }
            if at == 0 {
                rule.ingress = outside;
            } else {
                rule.implicit = Some("the interface that packets go out by is in no zone".into());
                rule.egress = outside;
            }
            rules.push(rule);
        }
    }
    let instances = interfaces::instances(device);
    for (name, members, node) in instances {
        let at = device.statement(node);
        let text = format!("routing instance {name} has a routing table of its own");
        let reason = device.reason(text.clone(), at);
        for inward in [true, false] {
            let mut rule = pseudo_rule(Action::Permit, text.clone(), at);
            let inside = InterfaceMatch::any_of(members.iter().copied());
            let outside = InterfaceMatch::none_of(members.iter().copied());
            (rule.ingress, rule.egress) = if inward {
                (outside, inside)
            } else {
                (inside, outside)
            };
            rules.extend(undecided(&rule, reason));
        }
    }
    rules
}

/// `security forwarding-options`: packets that sessions are not made for.
///
/// Source: Juniper, CLI Reference, "mode (Security Forwarding Options)": IPv6
/// is dropped unless `mode flow-based` is set, on releases that changed the
/// default it is not; `family mpls mode packet-based` takes the whole device
/// out of flow mode.
fn packet_mode(device: &mut Device<'_, '_>, rules: &mut Vec<Rule>) {
    let top = device.at(&["security", "forwarding-options"]);
    let mode = |device: &Device<'_, '_>, family: &str| {
        let node = device.tree.at(top?, &["family", family])?;
        device.tree.value(node, "mode")
    };
    if let Some(node) = mode(device, "mpls") {
        if device.word(node) == "packet-based" {
            let reason = device.not_modelled(
                node,
                "the device forwards packet by packet: whether policies apply is not modelled",
            );
            let span = device.statement(node);
            rules.extend(undecided(
                &pseudo_rule(Action::Permit, "packet-based forwarding", span),
                reason,
            ));
        } else {
            device.modelled(node);
        }
    }
    let six = |mut rule: Rule| {
        rule.source = AddressMatch::One(AddressTerm::Any6);
        rule
    };
    match mode(device, "inet6") {
        Some(node) => {
            let span = device.statement(node);
            match device.word(node) {
                "flow-based" => device.modelled(node),
                "drop" => {
                    device.modelled(node);
                    rules.push(six(pseudo_rule(
                        Action::Deny,
                        "IPv6 packets are dropped",
                        span,
                    )));
                }
                _ => {
                    let reason = device.not_modelled(node, "IPv6 is forwarded packet by packet: whether policies apply is not modelled");
                    rules.extend(undecided(
                        &six(pseudo_rule(
                            Action::Permit,
                            "packet-based forwarding of IPv6",
                            span,
                        )),
                        reason,
                    ));
                }
            }
        }
        None => {
            let span = device.firewall.name.span;
            let text = "whether the device forwards IPv6 depends on its release: `security forwarding-options family inet6 mode` is not in this file";
            let reason = device.reason(text, span);
            let mut rule = six(pseudo_rule(
                Action::Deny,
                "IPv6 is dropped unless flow mode is on for it",
                span,
            ));
            add_condition(&mut rule, Condition::Unknown(reason));
            rules.push(rule);
        }
    }
}

fn default_policy(device: &mut Device<'_, '_>, top: Option<NodeId>) -> (Action, String, Span) {
    let stated = top.and_then(|top| device.tree.value(top, "default-policy"));
    if let Some(node) = stated {
        let span = device.statement(node);
        return match device.word(node) {
            "permit-all" => {
                device.modelled_all(node);
                (Action::Permit, "default-policy permit-all".to_owned(), span)
            }
            _ => {
                device.modelled_all(node);
                (Action::Deny, "default-policy deny-all".to_owned(), span)
            }
        };
    }
    let place = top
        .or_else(|| device.at(&["security", "zones"]))
        .unwrap_or(device.root);
    let span = if place == device.root {
        device.firewall.name.span
    } else {
        device.statement(place)
    };
    (
        Action::Deny,
        "the default policy denies what no policy matches".to_owned(),
        span,
    )
}

fn read_pairs<'t>(device: &mut Device<'_, 't>, top: NodeId) -> Vec<Pair<'t>> {
    let mut pairs = Vec::new();
    for from in device.below(top, &["from-zone"]) {
        for to in device.below(from, &["to-zone"]) {
            let names = [device.word(from), device.word(to)];
            for (name, node) in names.into_iter().zip([from, to]) {
                if name != HOST {
                    let span = device.span(node);
                    device.refer("security-zone", name, false, span);
                    interfaces::declare(device, name);
                }
            }
            let [from_name, to_name] = names;
            let span = device.statement(to);
            device.modelled(to);
            let mut rules = Vec::new();
            for statement in device.children(to) {
                if device.word(statement) != "policy" {
                    if !device.tree.is_marked(statement) {
                        let why = "this statement between zones is not known to exlint";
                        let reason = device.not_modelled(statement, why);
                        rules.extend(undecided(&pseudo_rule(Action::Permit, why, span), reason));
                    }
                    continue;
                }
                let all: Vec<NodeId> = device.tree.all(statement).collect();
                for policy in all {
                    read_policy(device, policy, (Some(from_name), Some(to_name)), &mut rules);
                }
            }
            let label = format!("no policy from zone {from_name} to zone {to_name} matches");
            let name = format!("from-zone {from_name} to-zone {to_name}");
            let filter = device.add_filter(name, rules, (Action::Return, label, span), span);
            pairs.push(Pair {
                from: from_name,
                to: to_name,
                filter,
                span,
            });
        }
    }
    pairs
}

fn read_global(device: &mut Device<'_, '_>, node: NodeId) -> Option<(FilterId, Span)> {
    let policies: Vec<NodeId> = device
        .tree
        .get(node, "policy")
        .map(|policies| device.tree.all(policies).collect())
        .unwrap_or_default();
    // Zones that only global policies name.
    for policy in &policies {
        for key in ["from-zone", "to-zone"] {
            for zone in device.below(*policy, &["match", key]) {
                let name = device.word(zone);
                if name != "any" && name != HOST {
                    let span = device.span(zone);
                    device.refer("security-zone", name, false, span);
                    interfaces::declare(device, name);
                }
            }
        }
    }
    unknown_zones(device);
    let mut rules = Vec::new();
    for policy in &policies {
        read_policy(device, *policy, (None, None), &mut rules);
    }
    if policies.is_empty() {
        return None;
    }
    let span = device.statement(node);
    device.modelled(node);
    let label = "no global policy matches".to_owned();
    let filter = device.add_filter(
        "global policies".to_owned(),
        rules,
        (Action::Return, label, span),
        span,
    );
    Some((filter, span))
}
