//! Packets for an address of the device that belongs to another zone than the
//! one they come in by.
//!
//! Source: Juniper KB27211 and KB30997: such packets pass to the interface that
//! has the address, which needs a policy between the two zones, and from there
//! to `junos-host`, as packets of the zone of that interface.

use std::collections::HashSet;

use super::device::Device;
use super::host::push;
use super::policies::{HOST, Pair, members};
use crate::formats::firewall::shared::rules::{pseudo_rule, undecided};
use crate::model::firewall::{
    Action, AddressMatch, AddressObjectId, AddressTerm, FilterId, InterfaceId, InterfaceMatch, Rule,
};
use crate::source::{Span, Spanned};

/// What decides where no policy matches, and which policies are for all zones.
pub struct Fallback {
    /// The global policies.
    pub global: Option<(FilterId, Span)>,
    /// `default-policy`.
    pub default: (Action, String, Span),
}

/// The addresses of interfaces.
pub fn addresses(device: &Device<'_, '_>, interfaces: &[InterfaceId]) -> Vec<AddressTerm> {
    let known = interfaces.iter().filter_map(|id| {
        let all = &device.firewall.interfaces;
        all.get(id.0 as usize)
    });
    known
        .flat_map(|interface| &interface.addresses)
        .map(|own| own.address.into())
        .collect()
}

/// An object with the addresses of all interfaces in zones.
pub fn all_own(device: &mut Device<'_, '_>, span: Span) -> AddressObjectId {
    let mut interfaces: Vec<InterfaceId> = Vec::new();
    for zone in device.zones.values() {
        interfaces.extend(&zone.members);
    }
    interfaces.sort_unstable();
    interfaces.dedup();
    own(device, &interfaces, span)
}

/// An object with the addresses of interfaces.
fn own(device: &mut Device<'_, '_>, interfaces: &[InterfaceId], span: Span) -> AddressObjectId {
    let terms = addresses(device, interfaces).into_iter();
    let members = terms.map(|term| Spanned::new(term, span)).collect();
    device.add_address("", members, span)
}

fn to(terms: &[AddressTerm], mut rule: Rule) -> Rule {
    rule.destination = AddressMatch::AnyOf(terms.into());
    rule
}

/// Adds the policies that packets need on their way to an interface of another
/// zone, or to another interface of their zone.
pub fn policies(device: &mut Device<'_, '_>, pairs: &[Pair<'_>], fallback: &Fallback) {
    let zones: Vec<(&str, Vec<InterfaceId>)> = device
        .zone_order
        .iter()
        .filter(|name| **name != HOST && **name != "any")
        .filter_map(|name| Some((*name, device.zones.get(name)?.members.clone())))
        .collect();
    let mut zoned: HashSet<InterfaceId> = HashSet::new();
    for (_, members) in &zones {
        zoned.extend(members);
    }
    let mut zoned: Vec<InterfaceId> = zoned.into_iter().collect();
    zoned.sort_unstable();
    for (zone, interfaces) in &zones {
        if addresses(device, interfaces).is_empty() {
            continue;
        }
        let span = fallback.default.2;
        let object = own(device, interfaces, span);
        let inside: HashSet<InterfaceId> = interfaces.iter().copied().collect();
        let others = zoned.iter().copied().filter(|id| !inside.contains(id));
        let ingress = InterfaceMatch::any_of(others);
        let rules = needed(device, pairs, zone, object, fallback);
        add(device, zone, ingress, rules, fallback);
        if interfaces.len() < 2 {
            continue;
        }
        // Whether packets for another interface of the same zone need a policy,
        // Juniper's articles do not say.
        for id in interfaces {
            let mut rules = needed(device, pairs, zone, object, fallback);
            let at_hand = addresses(device, &[*id]);
            if !at_hand.is_empty() {
                let label = "packets for the address of the interface";
                rules.insert(0, to(&at_hand, pseudo_rule(Action::Permit, label, span)));
            }
            if fallback.default.0 != Action::Permit {
                let reason = device.question(
                    "whether packets for another interface of their zone need a policy is not known",
                    span,
                    "policies inside a zone",
                );
                let open = pseudo_rule(Action::Permit, "no policy inside the zone matches", span);
                rules.extend(undecided(&open, reason));
            }
            add(device, zone, InterfaceMatch::One(*id), rules, fallback);
        }
    }
}

fn needed(
    device: &Device<'_, '_>,
    pairs: &[Pair<'_>],
    zone: &str,
    own: AddressObjectId,
    fallback: &Fallback,
) -> Vec<Rule> {
    let span = fallback.default.2;
    let mut elsewhere = pseudo_rule(Action::Permit, "packets for other addresses", span);
    elsewhere.destination = AddressMatch::NoneOf([AddressTerm::Object(own)].into());
    let mut rules = vec![elsewhere];
    for pair in pairs {
        if pair.from == HOST || (pair.to != zone && pair.to != "any") {
            continue;
        }
        let label = format!("policies from zone {} to zone {}", pair.from, pair.to);
        let mut rule = pseudo_rule(Action::Jump(pair.filter), label, pair.span);
        rule.ingress = members(device, pair.from);
        rules.push(rule);
    }
    if let Some((filter, at)) = fallback.global {
        rules.push(pseudo_rule(Action::Jump(filter), "global policies", at));
    }
    rules
}

fn add(
    device: &mut Device<'_, '_>,
    zone: &str,
    ingress: InterfaceMatch,
    rules: Vec<Rule>,
    fallback: &Fallback,
) {
    let (action, label, span) = fallback.default.clone();
    let name = format!("security policies to addresses of zone {zone}");
    let filter = device.add_filter(name.clone(), rules, (action, label, span), span);
    push(device, name, ingress, filter, span);
}

/// The stages that ask the policies from a zone to `junos-host`: for packets
/// that come in by it, unless they are for an address of another zone, and for
/// packets from elsewhere for an address of it.
pub fn host_policies(device: &mut Device<'_, '_>, pair: &Pair<'_>, all: AddressObjectId) {
    let inside = members(device, pair.from);
    let known = device.zones.get(pair.from);
    let interfaces = known.map(|zone| zone.members.clone()).unwrap_or_default();
    let own = addresses(device, &interfaces);
    let label = format!("policies from zone {} to zone {}", pair.from, pair.to);
    let jump = pseudo_rule(Action::Jump(pair.filter), label.clone(), pair.span);
    let mut stage = |ingress: InterfaceMatch, rules: Vec<Rule>| {
        let default = (Action::Permit, "other packets".to_owned(), pair.span);
        let filter = device.add_filter(label.clone(), rules, default, pair.span);
        push(device, label.clone(), ingress, filter, pair.span);
    };
    if inside == InterfaceMatch::Any {
        stage(inside, vec![jump]);
        return;
    }
    let mut pass = pseudo_rule(Action::Permit, "packets for other zones", pair.span);
    pass.destination = AddressMatch::One(AddressTerm::Object(all));
    if own.is_empty() {
        stage(inside, vec![pass, jump]);
        return;
    }
    let first = to(&own, jump.clone());
    stage(inside, vec![first.clone(), pass, jump]);
    stage(InterfaceMatch::none_of(interfaces), vec![first]);
}
