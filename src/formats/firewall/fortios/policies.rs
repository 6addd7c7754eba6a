//! `firewall policy`, `policy6` and `consolidated policy`.
//!
//! Source: Fortinet, FortiOS Administration Guide, "Firewall policy": the first
//! policy in the order of the list that matches decides, what none matches is
//! dropped (policy 0); CLI Reference, "config firewall policy": the action is
//! deny unless set. A virtual IP as destination stands for what it published, and
//! other addresses do not match such packets, but in deny policies with
//! `match-vip` (Technical Tip "DENY policy for Virtual IP firewall policy";
//! Fortinet's documents name 7.2.3 and 7.2.4 as the version that turned it on by
//! default, so that 7.2.3 stays open here).

use std::collections::BTreeSet;

use crate::formats::LineState;
use crate::formats::firewall::shared::discards;
use crate::formats::firewall::shared::rules::{add_condition, blank_rule, pseudo_rule, quoted};
use crate::model::firewall::{
    Action, AddressMatch, AddressTerm, AddressView, Condition, InterfaceMatch, Passage, ReasonId,
    Rule, ServiceMatch, ServiceTerm, Stage,
};
use crate::model::net::PortRange;
use crate::source::{Span, Spanned};

use super::addresses;
use super::device::{Address, Device, any_of};
use super::interfaces;
use super::nat::Pool;
use super::schedules::{self, Force};
use super::services::{self, Service};
use super::tables::{self, Key};
use super::tree::{LEFT_OPEN, NodeId, Value};
use super::{between_families, redirects, tls_inspection, vips};
use crate::formats::firewall::shared::rules::undecided;

/// Table of the keys that have no code of their own.
const KEYS: &str = "firewall policy";

/// A policy.
#[derive(Debug, Clone)]
pub struct Policy {
    /// The rule for packets that no virtual IP translated.
    pub rule: Rule,
    /// Whether its destination holds anything but virtual IPs.
    pub ordinary: bool,
    /// Virtual IPs in its destination.
    pub vips: Vec<usize>,
    /// Whether it matches translated packets too; `Err` when that is open.
    pub match_vip: Result<bool, ReasonId>,
    /// Whether it matches no others (`match-vip-only`).
    pub only_translated: bool,
    /// What its service means, where that is known.
    pub services: Option<Vec<Service>>,
    /// Whether the other end of its tunnel may start connections, too.
    pub inbound: bool,
    /// Why its action is not known.
    pub open: Option<ReasonId>,
    /// How it changes sources.
    pub pool: Pool,
    /// The profile that may decrypt its sessions.
    pub tls: Option<tls_inspection::Named>,
}

/// Reads the policies of all sections, in order.
pub fn read(device: &mut Device<'_, '_>) -> Vec<Policy> {
    let mut found = Vec::new();
    for (section, v6) in [
        ("firewall policy", false),
        ("firewall consolidated policy", false),
        ("firewall policy6", true),
    ] {
        if let Some(node) = device.section(section) {
            if let Some(reason) = device.spoiled(node) {
                let line = device.line(node);
                device.doubts.push((reason, line));
            }
            let entries = device.entries(section);
            found.reserve_exact(entries.len());
            for entry in entries {
                let mut read = policy(device, entry, v6, Action::Deny);
                need_interfaces(device, entry, &mut read.rule);
                found.push(read);
            }
        }
    }
    found
}

/// Without both interfaces the device takes no policy: what is missing stands
/// somewhere else.
fn need_interfaces(device: &mut Device<'_, '_>, entry: NodeId, rule: &mut Rule) {
    let values = device.values(entry);
    for (key, what) in [("srcintf", "incoming"), ("dstintf", "outgoing")] {
        let stated = values
            .iter()
            .any(|value| value.key == key && !value.words.is_empty());
        if !stated {
            let line = device.line(entry);
            let why =
                format!("the policy names no {what} interface in this file; the device needs one");
            let reason = device.reason(why, line);
            add_condition(rule, Condition::Unknown(reason));
        }
    }
}

/// Whether a template leaves a value open that has no code for such values below.
fn decides_and_is_open(device: &Device<'_, '_>, value: &Value<'_>) -> bool {
    if !value.is_open() {
        return false;
    }
    match value.key {
        // Names of objects that are in no file are unknown themselves.
        "srcaddr" | "dstaddr" | "srcaddr4" | "dstaddr4" | "srcaddr6" | "dstaddr6" | "service"
        | "action" | "inbound" | "logtraffic" | "nat" | "ippool" | "poolname" | "poolname6" => {
            false
        }
        "srcintf" | "dstintf" | "intf" | "interface" => !device.defines_interfaces(value),
        key => tables::key(KEYS, key).is_none(),
    }
}

/// What leads to the destination or source of a policy.
#[derive(Default)]
struct Side<'v, 't> {
    v4: Option<&'v Value<'t>>,
    v6: Option<&'v Value<'t>>,
    not4: bool,
    not6: bool,
}

/// Reads one policy; `unset` is its action when it names none.
pub fn policy(device: &mut Device<'_, '_>, entry: NodeId, six: bool, unset: Action) -> Policy {
    let span = device.span(entry);
    let line = device.line(entry);
    let values = device.values(entry);
    let mut rule = blank_rule(unset, span);
    let (mut source, mut destination) = (Side::default(), Side::default());
    let (mut service, mut not_service) = (None, false);
    let (mut any_source, mut any_destination) = (false, false);
    let mut open = None;
    let (mut tunnel, mut inbound) = (false, false);
    let (mut match_vip, mut only_translated) = (None, false);
    let (mut nat, mut pools, mut from_pool) = (false, Vec::new(), false);
    let mut nat_open = None;
    for value in &values {
        let at = device.span_of(value.raw);
        if decides_and_is_open(device, value) {
            let reason = device.not_modelled(entry, value, LEFT_OPEN);
            add_condition(&mut rule, Condition::Unknown(reason));
            continue;
        }
        match value.key {
            "srcintf" | "intf" | "interface" => {
                rule.ingress = interfaces::side(device, &value.words, value.order)
            }
            "dstintf" => rule.egress = interfaces::side(device, &value.words, value.order),
            "srcaddr" if six => source.v6 = Some(value),
            "dstaddr" if six => destination.v6 = Some(value),
            "srcaddr" | "srcaddr4" => source.v4 = Some(value),
            "dstaddr" | "dstaddr4" => destination.v4 = Some(value),
            "srcaddr6" => source.v6 = Some(value),
            "dstaddr6" => destination.v6 = Some(value),
            "srcaddr-negate" if six => source.not6 = value.is_on(),
            "dstaddr-negate" if six => destination.not6 = value.is_on(),
            "srcaddr-negate" => source.not4 = value.is_on(),
            "dstaddr-negate" => destination.not4 = value.is_on(),
            "srcaddr6-negate" => source.not6 = value.is_on(),
            "dstaddr6-negate" => destination.not6 = value.is_on(),
            "service" => service = Some(value),
            "service-negate" => not_service = value.is_on(),
            "status" => rule.enabled = value.first() != "disable",
            // `enable` in FortiOS 4, `all` since 5.0.
            "logtraffic" => rule.logs = matches!(value.first(), "all" | "enable"),
            "action" => match value.first() {
                "accept" => rule.action = Action::Permit,
                "deny" | "" => rule.action = Action::Deny,
                "ipsec" | "encrypt" => {
                    rule.action = Action::Permit;
                    tunnel = true;
                    let reason = device.not_modelled(entry, value, "the policy sends packets into a VPN: only packets that the VPN carries pass");
                    add_condition(&mut rule, Condition::Unknown(reason));
                    continue;
                }
                other => {
                    let why = format!("the action {} is not known to exlint", quoted(other));
                    open = Some(device.not_modelled(entry, value, why));
                    continue;
                }
            },
            "schedule" => {
                let name = value.first().to_owned();
                match schedules::force(device, &name, at, value.order) {
                    Force::Always => {}
                    Force::Never => rule.enabled = false,
                    Force::When(condition) => add_condition(&mut rule, condition),
                }
            }
            "inbound" => inbound = value.is_on() || value.is_open(),
            "match-vip" => match_vip = Some(value.is_on()),
            "match-vip-only" => only_translated = value.is_on(),
            "nat" | "ippool" if value.is_open() => {
                nat_open = Some(device.not_modelled(entry, value, LEFT_OPEN));
                continue;
            }
            "nat" => nat = value.is_on(),
            "ippool" => from_pool = value.is_on(),
            "poolname" | "poolname6" => pools.extend(
                value
                    .words
                    .iter()
                    .map(|word| (word.text.to_string(), at, value.order)),
            ),
            "internet-service"
            | "internet-service6"
            | "internet-service-src"
            | "internet-service6-src"
                if value.is_on() =>
            {
                let source = value.key.ends_with("src");
                any_source |= source;
                any_destination |= !source;
                let reason = device.not_modelled(entry, value, "the policy names an internet service: its addresses and ports are not in this file");
                let named = values.iter().filter(|value| {
                    value.key.starts_with("internet-service")
                        || value.key.starts_with("network-service")
                });
                device.ask(reason, named);
                add_condition(&mut rule, Condition::Unknown(reason));
                continue;
            }
            key if key.starts_with("internet-service") || key.starts_with("network-service") => {
                let held = device.read.tree.mark_value(entry, key);
                if !held {
                    device.irrelevant(entry, key);
                }
                continue;
            }
            key => {
                other_key(device, entry, value, key, &mut rule);
                continue;
            }
        }
        device.modelled(entry, value.key);
    }
    for child in device.tree().children(entry) {
        device.cover(child, LineState::NotModelled);
        let at = device.line(child);
        let why = format!(
            "the policy holds a section {} that is not modelled",
            quoted(&device.name(child))
        );
        let reason = device.reason(why, at);
        let says = device.says(child);
        device.ask_text(reason, &says);
        add_condition(&mut rule, Condition::Unknown(reason));
    }
    if let Some(reason) = device.spoiled(entry) {
        add_condition(&mut rule, Condition::Unknown(reason));
    }
    if device.read.cut && device.read.open.contains(&entry) {
        let reason = device.reason("the file ends inside of this policy", line);
        add_condition(&mut rule, Condition::Unknown(reason));
    }
    let (terms, hidden) = side(device, &source, line);
    for _ in hidden {
        let reason = device.reason("a virtual IP stands where sources stand", line);
        add_condition(&mut rule, Condition::Unknown(reason));
    }
    rule.source = if any_source {
        AddressMatch::Any
    } else {
        position(device, terms, &source, "source", line)
    };
    let (terms, mut used) = side(device, &destination, line);
    let ordinary = used.is_empty() || !terms.is_empty();
    rule.destination = if any_destination {
        AddressMatch::Any
    } else if ordinary {
        position(device, terms, &destination, "destination", line)
    } else {
        AddressMatch::AnyOf(Box::default())
    };
    used.sort_unstable();
    used.dedup();
    let mut flat = Some(vec![Service::Any]);
    if !any_destination {
        (rule.service, flat) = service_of(device, service, not_service, line);
    }
    let match_vip = match only_translated.then_some(true).or(match_vip) {
        Some(on) => Ok(on),
        None if rule.action == Action::Permit => Ok(false),
        None => match device.version {
            Some(version) if version >= (7, 2, 4) => Ok(true),
            Some(version) if version < (7, 2, 3) => Ok(false),
            _ => Err(device.reason(
                "whether a deny policy matches published addresses (match-vip) depends on the version",
                line,
            )),
        },
    };
    let pool = if let Some(reason) = nat_open {
        Pool::Unknown(reason)
    } else if !nat || rule.action != Action::Permit {
        Pool::Keep
    } else if from_pool && !pools.is_empty() {
        let mut terms = Vec::new();
        for (name, at, order) in &pools {
            match super::nat::pool(device, name, *at, *order) {
                Ok(term) => terms.push(term),
                Err(reason) => nat_open = Some(reason),
            }
        }
        match nat_open {
            Some(reason) => Pool::Unknown(reason),
            None => Pool::Addresses(pools.into_iter().map(|(name, ..)| name).collect(), terms),
        }
    } else {
        Pool::Interface
    };
    Policy {
        rule,
        ordinary,
        vips: used,
        match_vip,
        only_translated,
        services: flat,
        inbound: tunnel && inbound,
        open,
        pool,
        tls: tls_inspection::Named::of(device, &values),
    }
}

fn other_key<'t>(
    device: &mut Device<'_, 't>,
    entry: NodeId,
    value: &Value<'t>,
    key: &str,
    rule: &mut Rule,
) {
    let known = tables::key(KEYS, key);
    if value.is_off() && known != Some(Key::Content) || known == Some(Key::Irrelevant) {
        device.irrelevant(entry, value.key);
        return;
    }
    match known {
        Some(Key::Content) => {
            let plain = value.is_off()
                || matches!(value.first(), "single" | "flow")
                || value.key == "profile-protocol-options" && value.first() == "default"
                || value.key == "ssl-ssh-profile" && value.first() == "no-inspection";
            if plain {
                device.irrelevant(entry, value.key);
            } else {
                device.noted_key(entry, value.key, value.raw);
            }
        }
        _ => {
            let why = if known == Some(Key::Condition) {
                format!("the policy also asks for {}", quoted(key))
            } else {
                format!("{} of a policy is not known to exlint", quoted(key))
            };
            let span = device.span_of(value.raw);
            device.explain(entry, value.key, value.raw, &why);
            let reason = device.reason(why, span);
            add_condition(rule, Condition::Unknown(reason));
        }
    }
}

/// The terms of both families, and the virtual IPs among them.
fn side(
    device: &mut Device<'_, '_>,
    side: &Side<'_, '_>,
    line: Span,
) -> (Vec<AddressTerm>, Vec<usize>) {
    let (mut all, mut used) = (Vec::new(), Vec::new());
    for (value, v6, negated) in [(side.v4, false, side.not4), (side.v6, true, side.not6)] {
        let Some(value) = value else {
            continue;
        };
        let mut terms = Vec::new();
        for word in value.words.iter() {
            let at = device.span_of(word.raw);
            match addresses::lookup(device, v6, &word.text, at, value.order) {
                Some(Address::Object(id)) => terms.push(AddressTerm::Object(id)),
                Some(_) if negated || device.central_nat => {
                    let why = format!(
                        "{} is a virtual IP where addresses stand",
                        quoted(&word.text)
                    );
                    let reason = device.reason(why, at);
                    terms.push(AddressTerm::Unknown(reason));
                }
                Some(Address::Vip(index)) => used.push(index),
                Some(Address::Vips(more)) => used.extend(more),
                None => terms.push(addresses::missing(device, v6, &word.text, at)),
            }
        }
        if negated && !value.words.is_empty() {
            let any = if v6 {
                AddressTerm::Any6
            } else {
                AddressTerm::Any4
            };
            let excluded = terms
                .into_iter()
                .map(|term| Spanned::new(term, line))
                .collect();
            let id = device.add_address("", vec![Spanned::new(any, line)], excluded, line);
            all.push(AddressTerm::Object(id));
        } else {
            all.extend(terms);
        }
    }
    (all, used)
}

fn position(
    device: &mut Device<'_, '_>,
    terms: Vec<AddressTerm>,
    side: &Side<'_, '_>,
    what: &str,
    line: Span,
) -> AddressMatch {
    let stated = [side.v4, side.v6]
        .into_iter()
        .flatten()
        .any(|value| !value.words.is_empty());
    if !stated {
        let why = format!("the policy names no {what} in this file; the device needs one");
        return AddressMatch::One(AddressTerm::Unknown(device.reason(why, line)));
    }
    any_of(terms)
}

fn service_of(
    device: &mut Device<'_, '_>,
    value: Option<&Value<'_>>,
    negated: bool,
    line: Span,
) -> (ServiceMatch, Option<Vec<Service>>) {
    let Some(value) = value.filter(|value| !value.words.is_empty()) else {
        let reason = device.reason(
            "the policy names no service in this file; the device needs one",
            line,
        );
        return (ServiceMatch::One(ServiceTerm::Unknown(reason)), None);
    };
    let mut terms = Vec::new();
    let mut flat = Some(Vec::new());
    for word in value.words.iter() {
        let at = device.span_of(word.raw);
        match services::named(device, &word.text, at, value.order) {
            Some(id) => {
                match device.meanings.get(&id) {
                    Some(Some(more)) => {
                        if let Some(list) = &mut flat {
                            list.extend_from_slice(more);
                        }
                    }
                    _ => flat = None,
                }
                terms.push(ServiceTerm::Object(id));
            }
            None => {
                flat = None;
                terms.push(services::missing(device, &word.text, at));
            }
        }
    }
    if negated {
        return (ServiceMatch::NoneOf(terms.into()), None);
    }
    if terms.len() == 1
        && let Some(term) = terms.pop()
    {
        return (ServiceMatch::One(term), flat);
    }
    (ServiceMatch::AnyOf(terms.into()), flat)
}

fn emit(rules: &mut Vec<Rule>, policy: &Policy, rule: Rule) {
    match policy.open {
        Some(reason) if rule.enabled => rules.extend(undecided(&rule, reason)),
        _ => rules.push(rule),
    }
}

/// Compiles the policies into the stage that crossing packets meet.
pub fn compile(device: &mut Device<'_, '_>, policies: &[Policy]) {
    let start = device.firewall.name.span;
    let section = [
        "firewall policy",
        "firewall consolidated policy",
        "firewall policy6",
    ]
    .into_iter()
    .find_map(|section| device.section(section));
    let span = section.map_or(start, |node| device.line(node));
    let mut rules = Vec::with_capacity(policies.len());
    for (reason, at) in device.doubts.clone() {
        let rule = pseudo_rule(Action::Permit, "statements that are not modelled", at);
        rules.extend(undecided(&rule, reason));
    }
    rules.extend(discards::open(&mut device.firewall));
    rules.extend(between_families::open(device));
    rules.extend(redirects::open(device));
    let mut zones: Vec<_> = device.zones.iter().collect();
    zones.sort_by(|a, b| a.0.cmp(b.0));
    for (name, zone) in zones {
        if let Some(at) = zone.intrazone {
            let label = format!("zone {name} lets packets between its interfaces pass");
            let mut rule = pseudo_rule(Action::Permit, label, at);
            rule.ingress = InterfaceMatch::any_of(zone.members.iter().copied());
            rule.egress = rule.ingress.clone();
            rules.push(rule);
        }
    }
    let used: BTreeSet<usize> = policies
        .iter()
        .filter(|policy| policy.rule.enabled)
        .flat_map(|policy| policy.vips.iter().copied())
        .collect();
    let mut used: Vec<usize> = used
        .into_iter()
        .filter(|index| device.vips.get(*index).is_some_and(|vip| vip.enabled))
        .collect();
    // One with ports is more specific than one without.
    used.sort_by_key(|index| {
        device
            .vips
            .get(*index)
            .is_some_and(|vip| vip.ports.is_none())
    });
    if device.central_nat {
        for index in 0..device.vips.len() {
            vips::translate(device, index);
        }
    } else {
        for index in &used {
            vips::translate(device, *index);
        }
        if !used.is_empty() {
            published(device, policies, &used, &mut rules, span);
        }
    }
    let others = |policy: &&Policy| policy.ordinary && !policy.only_translated;
    for policy in policies.iter().filter(others) {
        emit(&mut rules, policy, policy.rule.clone());
        if policy.inbound {
            // Source: FortiOS CLI Reference, "config firewall policy", `inbound`:
            // traffic from the remote network may initiate the tunnel.
            let mut back = policy.rule.clone();
            std::mem::swap(&mut back.ingress, &mut back.egress);
            std::mem::swap(&mut back.source, &mut back.destination);
            emit(&mut rules, policy, back);
        }
    }
    match section {
        None => {
            let rule = pseudo_rule(Action::Permit, "policies that are not in this file", start);
            let reason = device.reason("the file holds no `config firewall policy`", start);
            rules.extend(undecided(&rule, reason));
        }
        Some(node) if device.read.cut && device.read.open.contains(&node) => {
            let rule = pseudo_rule(Action::Permit, "policies behind the end of the file", span);
            let reason = device.reason("the file ends inside of its policies", span);
            rules.extend(undecided(&rule, reason));
        }
        Some(_) => {}
    }
    let label = "implicit deny (policy 0): no policy matches";
    let filter = device.add_filter("firewall policy", rules, (Action::Deny, label), span);
    let view = if used.is_empty() || device.central_nat {
        AddressView::Real
    } else {
        AddressView::Mapped
    };
    device.firewall.stages.push(Stage {
        label: "firewall policies".to_owned(),
        passage: Passage::Transit,
        ingress: InterfaceMatch::Any,
        egress: InterfaceMatch::Any,
        filter,
        view,
        span,
    });
}

/// Packets for a published address meet policies that name it, and deny policies
/// with `match-vip`. The stage looks at packets as they arrive.
fn published(
    device: &mut Device<'_, '_>,
    policies: &[Policy],
    used: &[usize],
    rules: &mut Vec<Rule>,
    span: Span,
) {
    let mut inner = Vec::new();
    for policy in policies {
        if policy.ordinary {
            match policy.match_vip {
                Ok(true) => emit(&mut inner, policy, policy.rule.clone()),
                Ok(false) => {}
                Err(reason) => {
                    let mut rule = policy.rule.clone();
                    add_condition(&mut rule, Condition::Unknown(reason));
                    emit(&mut inner, policy, rule);
                }
            }
        }
        for index in &policy.vips {
            let Some(vip) = device.vips.get(*index).filter(|vip| vip.enabled) else {
                continue;
            };
            let mut rule = policy.rule.clone();
            rule.destination = match vip.unknown {
                Some(reason) if vip.external.is_empty() => {
                    AddressMatch::One(AddressTerm::Unknown(reason))
                }
                _ => any_of(vip.external.clone()),
            };
            if let Some(reason) = vip.unknown {
                add_condition(&mut rule, Condition::Unknown(reason));
            }
            if let Some((protocol, outer, real)) = vip.ports {
                let whole = Service::Ports(protocol, PortRange::ANY, outer);
                match &policy.services {
                    Some(list) => {
                        let terms: Vec<ServiceTerm> = list
                            .iter()
                            .filter_map(|service| arriving(*service, whole, real))
                            .map(Service::term)
                            .collect();
                        rule.service = ServiceMatch::AnyOf(terms.into());
                    }
                    None => {
                        rule.service = ServiceMatch::One(whole.term());
                        let why = "the policy's service is not known, and the virtual IP translates ports";
                        let reason = device.reason(why, policy.rule.span);
                        add_condition(&mut rule, Condition::Unknown(reason));
                    }
                }
            }
            emit(&mut inner, policy, rule);
        }
    }
    let label = "implicit deny (policy 0): no policy matches the published address";
    let filter = device.add_filter(
        "firewall policy, published addresses",
        inner,
        (Action::Deny, label),
        span,
    );
    for index in used {
        let Some(vip) = device.vips.get(*index) else {
            continue;
        };
        let mut rule = pseudo_rule(
            Action::Goto(filter),
            format!("virtual IP {}", vip.name),
            vip.span,
        );
        rule.ingress = vip.interface.into();
        rule.destination = match vip.unknown {
            Some(reason) if vip.external.is_empty() => {
                AddressMatch::One(AddressTerm::Unknown(reason))
            }
            _ => any_of(vip.external.clone()),
        };
        if !vip.sources.is_empty() {
            rule.source = any_of(vip.sources.clone());
        }
        if let Some((protocol, outer, _)) = vip.ports {
            rule.service =
                ServiceMatch::One(Service::Ports(protocol, PortRange::ANY, outer).term());
        }
        if let Some(reason) = vip.unknown {
            add_condition(&mut rule, Condition::Unknown(reason));
        }
        rules.push(rule);
    }
}

/// The packets of a service (which looks at the server's ports) as they arrive at
/// the published ports.
fn arriving(service: Service, whole: Service, real: PortRange) -> Option<Service> {
    let Service::Ports(protocol, _, outer) = whole else {
        return None;
    };
    match service {
        Service::Any => Some(whole),
        Service::Protocol(one) if one == protocol => Some(whole),
        Service::Ports(one, source, range) if one == protocol => {
            let (low, high) = (range.low.max(real.low), range.high.min(real.high));
            if low > high {
                return None;
            }
            // A range may be mapped to one port: all of it leads there.
            let one_to_one =
                real.high.saturating_sub(real.low) == outer.high.saturating_sub(outer.low);
            let outer = if one_to_one {
                PortRange::new(
                    outer.low.saturating_add(low.saturating_sub(real.low)),
                    outer.low.saturating_add(high.saturating_sub(real.low)),
                )?
            } else {
                outer
            };
            Some(Service::Ports(protocol, source, outer))
        }
        _ => None,
    }
}
