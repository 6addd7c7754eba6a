//! Translation of sources: `nat enable` in policies, pools, the central table.
//!
//! Source: Fortinet, FortiOS Administration Guide, "Static SNAT", "Dynamic SNAT"
//! (the policy that lets a connection pass tells whether its source changes, to
//! the address of the outgoing interface or to a pool), "Central SNAT" (with
//! `central-nat` a table of its own tells, first match).

use crate::formats::LineState;
use crate::formats::firewall::shared::rules::{blank_rule, quoted};
use crate::model::firewall::{
    Action, AddressMatch, AddressTerm, Condition, FilterId, InterfaceId, NatKind, NatRule,
    ReasonId, Rule, ServiceMatch,
};
use crate::model::net::{IpRange, PortRange, Protocol};
use crate::source::Span;

use super::addresses;
use super::device::{Device, any_of};
use super::interfaces;
use super::policies::Policy;
use super::services::Service;
use super::vips::first;

/// Most rules in the lists that tell which policy translates.
const MAX_RULES: usize = 200_000;

/// How a policy changes sources.
#[derive(Debug, Clone, PartialEq)]
pub enum Pool {
    /// Not at all.
    Keep,
    /// To the address of the outgoing interface.
    Interface,
    /// To the addresses of pools with these names.
    Addresses(Vec<String>, Vec<AddressTerm>),
    /// Not told by the file.
    Unknown(ReasonId),
}

/// Marks the pools as read.
pub fn define(device: &mut Device<'_, '_>) {
    for section in ["firewall ippool", "firewall ippool6"] {
        for entry in device.entries(section) {
            let (name, line) = (device.name(entry), device.line(entry));
            device.refer("IP pool", &name, true, line);
            device.cover(entry, LineState::Modelled);
        }
    }
}

/// The addresses of a pool.
pub fn pool(
    device: &mut Device<'_, '_>,
    name: &str,
    at: Span,
    order: u32,
) -> Result<AddressTerm, ReasonId> {
    device.refer("IP pool", name, false, at);
    let sections = ["firewall ippool", "firewall ippool6"];
    let name = device.current(&sections, name, order);
    let entry = sections.into_iter().find_map(|section| {
        let section = device.section(section)?;
        device.tree().find(section, true, &name)
    });
    let range = entry.and_then(|entry| {
        let values = device.values(entry);
        let low = first(&values, "startip")?.parse().ok()?;
        let high = first(&values, "endip")?.parse().ok()?;
        IpRange::between(low, high)
    });
    range.map(AddressTerm::from).ok_or_else(|| {
        let why = format!(
            "the addresses of IP pool {} are not in this file",
            quoted(&name)
        );
        device.reason(why, at)
    })
}

/// Compiles what the policies say about sources.
pub fn compile(device: &mut Device<'_, '_>, policies: &[Policy]) {
    device.firewall.nat.session_replies = true;
    if device.central_nat {
        central(device);
        return;
    }
    let mut kinds: Vec<&Pool> = Vec::new();
    for policy in policies {
        if policy.pool != Pool::Keep
            && policy.rule.enabled
            && !kinds.contains(&&policy.pool)
            && kinds.len() < 256
        {
            kinds.push(&policy.pool);
        }
    }
    let wide = kinds.len().saturating_mul(policies.len()) > MAX_RULES;
    for kind in kinds {
        let span = policies
            .iter()
            .find(|policy| policy.pool == *kind)
            .map_or(device.firewall.name.span, |policy| policy.rule.span);
        if wide {
            let reason = device.reason(
                "more policies with pools of their own than exlint follows",
                span,
            );
            push(device, None, AddressMatch::Any, None, Some(reason), span);
            continue;
        }
        let filter = chooser(device, policies, kind, span);
        match kind {
            Pool::Keep => {}
            Pool::Unknown(reason) => {
                let mapped = AddressMatch::One(AddressTerm::Unknown(*reason));
                push(device, None, mapped, Some(filter), None, span);
            }
            Pool::Addresses(_, terms) => {
                push(
                    device,
                    None,
                    any_of(terms.clone()),
                    Some(filter),
                    None,
                    span,
                );
            }
            Pool::Interface => masquerade(device, filter, span),
        }
    }
}

/// To the address of whatever interface a packet leaves by.
fn masquerade(device: &mut Device<'_, '_>, filter: FilterId, span: Span) {
    for id in 0..device.firewall.interfaces.len() {
        let id = InterfaceId(super::device::index(id));
        let mapped = AddressMatch::One(AddressTerm::Interface(id));
        push(device, Some(id), mapped, Some(filter), None, span);
    }
}

/// The list that permits packets which policies of one kind let pass.
fn chooser(device: &mut Device<'_, '_>, policies: &[Policy], kind: &Pool, span: Span) -> FilterId {
    let mut rules: Vec<Rule> = Vec::new();
    for policy in policies {
        let mut rule = policy.rule.clone();
        let mut terms = match &rule.destination {
            AddressMatch::AnyOf(terms) => terms.to_vec(),
            AddressMatch::One(term) => vec![term.clone()],
            AddressMatch::Any | AddressMatch::NoneOf(_) => Vec::new(),
        };
        if !policy.vips.is_empty() {
            for index in &policy.vips {
                terms.extend(
                    device
                        .vips
                        .get(*index)
                        .iter()
                        .flat_map(|vip| vip.real.clone()),
                );
            }
            rule.destination = any_of(terms);
        }
        rule.action = if policy.pool == *kind {
            Action::Permit
        } else {
            Action::Deny
        };
        rules.push(rule);
    }
    let label = "no policy that translates sources so";
    let id = device.add_filter("source NAT of policies", rules, (Action::Deny, label), span);
    if let Some(filter) = device.firewall.filters.get_mut(id.0 as usize) {
        filter.filters_traffic = false;
    }
    id
}

fn push(
    device: &mut Device<'_, '_>,
    egress: Option<InterfaceId>,
    mapped: AddressMatch,
    policy: Option<FilterId>,
    unknown: Option<ReasonId>,
    span: Span,
) {
    device.firewall.nat.rules.push(NatRule {
        kind: NatKind::Source,
        real_interface: None,
        mapped_interface: egress,
        real_source: AddressMatch::One(AddressTerm::Any4),
        mapped_source: mapped,
        mapped_destination: AddressMatch::Any,
        real_destination: AddressMatch::Any,
        service: None,
        destination_service: None,
        policy,
        unidirectional: true,
        enabled: true,
        conditions: unknown.map(Condition::Unknown).into_iter().collect(),
        span,
    });
}

/// `firewall central-snat-map`.
fn central(device: &mut Device<'_, '_>) {
    for entry in device.entries("firewall central-snat-map") {
        let span = device.span(entry);
        let values = device.values(entry);
        device.cover(entry, LineState::Modelled);
        if first(&values, "status") == Some("disable") {
            continue;
        }
        let mut rule = blank_rule(Action::Permit, span);
        let mut pools = Vec::new();
        let mut translates = true;
        let mut unknown = device.spoiled(entry);
        let v6 = first(&values, "type") == Some("ipv6");
        for value in &values {
            match value.key {
                "srcintf" => rule.ingress = interfaces::side(device, &value.words, value.order),
                "dstintf" => rule.egress = interfaces::side(device, &value.words, value.order),
                "orig-addr" | "dst-addr" | "orig-addr6" | "dst-addr6" => {
                    let six = v6 || value.key.ends_with('6');
                    let mut terms = Vec::new();
                    for word in value.words.iter() {
                        let at = device.span_of(word.raw);
                        terms.push(addresses::term(device, six, &word.text, at, value.order));
                    }
                    if value.words.is_empty() {
                        continue;
                    }
                    let side = if value.key.starts_with("orig") {
                        &mut rule.source
                    } else {
                        &mut rule.destination
                    };
                    *side = any_of(terms);
                }
                "nat" => translates = value.first() != "disable",
                "nat-ippool" | "nat-ippool6" => {
                    for word in value.words.iter() {
                        let at = device.span_of(word.raw);
                        match pool(device, &word.text, at, value.order) {
                            Ok(term) => pools.push(term),
                            Err(reason) => unknown = Some(reason),
                        }
                    }
                }
                "protocol" => {
                    if let Ok(number @ 1..) = value.first().parse::<u8>() {
                        let protocol = Protocol(number);
                        let service = if protocol.has_ports() {
                            Service::Ports(protocol, PortRange::ANY, PortRange::ANY)
                        } else {
                            Service::Protocol(protocol)
                        };
                        rule.service = ServiceMatch::One(service.term());
                    }
                }
                "orig-port" | "dst-port" | "nat46" | "nat64" if !value.is_off() => {
                    unknown = Some(device.not_modelled(
                        entry,
                        value,
                        "ports of the central table are not modelled",
                    ));
                }
                _ => {}
            }
        }
        let label = "the entry of the central table does not match";
        let filter = device.add_filter("central-snat-map", vec![rule], (Action::Deny, label), span);
        if let Some(filter) = device.firewall.filters.get_mut(filter.0 as usize) {
            filter.filters_traffic = false;
        }
        if !translates {
            push(device, None, AddressMatch::Any, Some(filter), unknown, span);
        } else if let Some(reason) = unknown.filter(|_| pools.is_empty()) {
            let mapped = AddressMatch::One(AddressTerm::Unknown(reason));
            push(device, None, mapped, Some(filter), Some(reason), span);
        } else if pools.is_empty() {
            masquerade(device, filter, span);
        } else {
            push(device, None, any_of(pools), Some(filter), unknown, span);
        }
    }
}
