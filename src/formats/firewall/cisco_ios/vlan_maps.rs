//! VLAN access maps and lists on switched ports.
//!
//! Sources: Cisco Nexus 7000 Series NX-OS Security Configuration Guide,
//! "Configuring VLAN ACLs", "Order of ACL Application"; Catalyst 6500 IOS
//! Software Configuration Guide, "Configuring Port ACLs and VLAN ACLs" (a VLAN
//! map filters what enters and what leaves a VLAN; packets of a protocol that
//! it matches on and that no entry matches are dropped).

use std::collections::HashMap;

use crate::model::firewall::{
    Action, AddressMatch, AddressTerm, AddressView, Condition, FilterId, InterfaceId,
    InterfaceMatch, Passage, Rule, Stage,
};
use crate::source::Span;

use super::device::{Device, Family};
use super::outcome::Outcome;
use super::rules::{add_condition, pseudo_rule};
use super::words::{Words, number};

/// Most VLANs that one filter may name.
const MAX_VLANS: u32 = 4095;

/// One entry of a VLAN access map.
#[derive(Debug, Clone)]
struct Entry {
    number: u32,
    lists: Vec<(FilterId, Family)>,
    other_match: bool,
    action: Option<Action>,
    redirect: bool,
    span: Span,
}

/// All maps and where they are applied.
#[derive(Debug, Default)]
pub struct VlanMaps<'c> {
    maps: HashMap<&'c str, Vec<Entry>>,
    filters: Vec<Applied>,
}

/// A map, the VLANs that it filters, and the statement.
type Applied = (String, Vec<(u32, u32)>, Span);

/// `vlan access-map M [SEQ]`.
pub fn open<'c>(
    device: &mut Device<'c>,
    words: &mut Words<'c>,
    statement: &'c str,
) -> Option<&'c str> {
    let name = words.next()?;
    let at = words.next().and_then(number).unwrap_or(10);
    let span = device.span(statement);
    if !device.vlan_maps.maps.contains_key(name) {
        let place = device.span(name);
        device.refer("vlan access-map", name, true, place);
    }
    device.vlan_maps.maps.entry(name).or_default().push(Entry {
        number: at,
        lists: Vec::new(),
        other_match: false,
        action: None,
        redirect: false,
        span,
    });
    Some(name)
}

/// A line of a map's entry.
pub fn line<'c>(device: &mut Device<'c>, map: &'c str, words: &mut Words<'c>) -> Outcome {
    match words.next().unwrap_or_default() {
        "match" => {
            let family = match words.next() {
                Some("ip") => Family::V4,
                Some("ipv6") => Family::V6,
                _ => {
                    if let Some(entry) = last(device, map) {
                        entry.other_match = true;
                    }
                    return Outcome::irrelevant("matches frames that are not IP");
                }
            };
            words.eat("address");
            while let Some(name) = words.next() {
                let list = device.list(name, family);
                let at = device.span(name);
                device.refer("access-list", name, false, at);
                if let Some(entry) = last(device, map) {
                    entry.lists.push((list, family));
                }
            }
            Outcome::MODELLED
        }
        "action" => {
            let word = words.next().unwrap_or_default();
            if let Some(entry) = last(device, map) {
                entry.redirect = word == "redirect";
                entry.action = Some(if word == "drop" {
                    Action::Deny
                } else {
                    Action::Permit
                });
            }
            Outcome::MODELLED
        }
        _ => Outcome::IRRELEVANT,
    }
}

fn last<'d>(device: &'d mut Device<'_>, map: &str) -> Option<&'d mut Entry> {
    device.vlan_maps.maps.get_mut(map)?.last_mut()
}

/// `vlan filter M vlan-list 10,20-30`.
pub fn filter<'c>(device: &mut Device<'c>, words: &mut Words<'c>, statement: &'c str) -> Outcome {
    let span = device.span(statement);
    let Some(name) = words.next() else {
        return Outcome::UNRECOGNISED;
    };
    let at = device.span(name);
    device.refer("vlan access-map", name, false, at);
    words.eat("vlan-list");
    let mut vlans = Vec::new();
    for part in words
        .rest()
        .split([',', ' '])
        .filter(|part| !part.is_empty())
    {
        let (low, high) = part.split_once('-').unwrap_or((part, part));
        match (number::<u32>(low), number::<u32>(high)) {
            (Some(low), Some(high)) => vlans.push((low, high.min(MAX_VLANS))),
            _ if part == "all" => vlans.push((1, MAX_VLANS)),
            _ => {}
        }
    }
    device
        .vlan_maps
        .filters
        .push((name.to_owned(), vlans, span));
    Outcome::MODELLED
}

/// The VLAN of an interface name (`Vlan10`).
fn vlan_of(name: &str) -> Option<u32> {
    let lower = name.to_ascii_lowercase();
    number(lower.strip_prefix("vlan")?)
}

/// Adds the stages of the VLAN maps, on the way in or out.
pub fn finish(device: &mut Device<'_>, inbound: bool, stages: &mut Vec<Stage>) {
    let vlans: Vec<(InterfaceId, u32)> = device
        .stanzas
        .iter()
        .filter_map(|stanza| Some((stanza.id?, vlan_of(&stanza.name.value)?)))
        .collect();
    for (map, ranges, span) in device.vlan_maps.filters.clone() {
        let ids: Vec<InterfaceId> = vlans
            .iter()
            .filter(|(_, vlan)| {
                ranges
                    .iter()
                    .any(|(low, high)| (low..=high).contains(&vlan))
            })
            .map(|(id, _)| *id)
            .collect();
        if ids.is_empty() {
            continue;
        }
        let filter = map_filter(device, &map, span);
        for id in ids {
            let (ingress, egress) = if inbound {
                (InterfaceMatch::One(id), InterfaceMatch::Any)
            } else {
                (InterfaceMatch::Any, InterfaceMatch::One(id))
            };
            stages.push(Stage {
                label: format!("vlan filter {map}"),
                passage: Passage::Transit,
                ingress,
                egress,
                filter,
                view: AddressView::Mapped,
                span,
            });
        }
    }
}

fn map_filter(device: &mut Device<'_>, map: &str, span: Span) -> FilterId {
    let mut entries = device.vlan_maps.maps.get(map).cloned().unwrap_or_default();
    entries.sort_by_key(|entry| entry.number);
    let mut rules = Vec::new();
    let mut families = Vec::new();
    for entry in &entries {
        let action = entry.action.unwrap_or(Action::Permit);
        let word = if action == Action::Deny {
            "drop"
        } else {
            "forward"
        };
        let label = format!("vlan access-map {map} {}: {word}", entry.number);
        let mut conditions = Vec::new();
        if entry.redirect {
            let text = format!("vlan access-map {map} sends packets out of another port");
            conditions.push(Condition::Unknown(device.reason(text, entry.span)));
        }
        if entry.lists.is_empty() && !entry.other_match {
            let mut rule = pseudo_rule(action, label.clone(), entry.span);
            for condition in &conditions {
                add_condition(&mut rule, condition.clone());
            }
            rules.push(rule);
        }
        for (list, family) in &entry.lists {
            families.push(*family);
            let selector =
                device.selector(*list, action, conditions.clone(), label.clone(), entry.span);
            rules.push(pseudo_rule(
                Action::Jump(selector),
                label.clone(),
                entry.span,
            ));
        }
    }
    for (family, any) in [
        (Family::V4, AddressTerm::Any4),
        (Family::V6, AddressTerm::Any6),
    ] {
        if !families.contains(&family) {
            let label = format!("vlan access-map {map} matches nothing of this family");
            let mut rule = pseudo_rule(Action::Permit, label, span);
            rule.source = AddressMatch::One(any);
            rules.push(rule);
        }
    }
    let label = format!("vlan access-map {map} drops what no entry matches");
    device.add_pseudo(
        format!("vlan access-map {map}"),
        rules,
        (Action::Deny, label),
        span,
    )
}

/// Lists of switched ports: a packet may or may not have come through the
/// port, so that what the list denies is in doubt at the VLAN's interface.
pub fn ports(device: &mut Device<'_>, stages: &mut Vec<Stage>) {
    let bound: Vec<(String, Option<u32>, FilterId, bool, Span)> = device
        .stanzas
        .iter()
        .flat_map(|stanza| {
            let lists = stanza.lists.iter().filter(|binding| binding.port);
            lists.map(|binding| {
                (
                    stanza.name.value.clone(),
                    stanza.vlan,
                    binding.list,
                    binding.inbound,
                    binding.span,
                )
            })
        })
        .collect();
    for (name, vlan, list, inbound, span) in bound {
        let ids: Vec<InterfaceId> = device
            .stanzas
            .iter()
            .filter_map(|stanza| Some((stanza.id?, vlan_of(&stanza.name.value)?)))
            .filter(|(_, number)| vlan.is_none_or(|vlan| vlan == *number))
            .map(|(id, _)| id)
            .collect();
        if ids.is_empty() {
            continue;
        }
        let text = format!("only packets that pass port {name} meet this list");
        let reason = device.reason(text, span);
        let entries: Vec<Rule> = device
            .filter(list)
            .map(|filter| filter.rules.clone())
            .unwrap_or_default();
        if entries.is_empty() {
            continue;
        }
        let mut rules = Vec::new();
        for mut rule in entries {
            if rule.action == Action::Deny {
                add_condition(&mut rule, Condition::Unknown(reason));
            }
            rules.push(rule);
        }
        let mut rest = pseudo_rule(
            Action::Deny,
            format!("implicit deny at the end of the list of port {name}"),
            span,
        );
        rest.source = AddressMatch::One(AddressTerm::Any4);
        add_condition(&mut rest, Condition::Unknown(reason));
        rules.push(rest);
        let filter = device.add_pseudo(
            format!("port list of {name}"),
            rules,
            (Action::Permit, "packets of other ports".to_owned()),
            span,
        );
        let members = InterfaceMatch::any_of(ids);
        let (ingress, egress) = if inbound {
            (members, InterfaceMatch::Any)
        } else {
            (InterfaceMatch::Any, members)
        };
        stages.push(Stage {
            label: format!("list of port {name}"),
            passage: Passage::Transit,
            ingress,
            egress,
            filter,
            view: AddressView::Mapped,
            span,
        });
    }
}
