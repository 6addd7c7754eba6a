//! From a device that was read to the vendor-neutral firewall.

use std::collections::HashSet;

use crate::formats::Problem;
use crate::model::firewall::{Action, AddressTerm, Condition, FilterId, Firewall};

use super::device::{Device, ListKind};
use super::rules::{add_condition, blank_rule, narrow};
use super::{crypto, groups, interfaces, lists, nat, routes, stages, time_ranges};

/// Builds the firewall.
pub fn finish(mut device: Device<'_>) -> (Firewall, Vec<Problem>) {
    time_ranges::finish(&mut device);
    lists::order(&mut device);
    lists::reflect(&mut device);
    interfaces::finish(&mut device);
    routes::finish(&mut device);
    let bound = bound(&device);
    selectors(&mut device, &bound);
    lists::complete(&mut device);
    lists::neighbour_discovery(&mut device);
    crypto::finish(&mut device);
    stages::finish(&mut device);
    nat::finish(&mut device);
    groups::complete(&mut device);
    traffic(&mut device, &bound);
    let mut firewall = device.firewall;
    for filter in &mut firewall.filters {
        filter.rules.shrink_to_fit();
    }
    (firewall, device.problems)
}

/// Lists that filter packets at an interface or a line.
fn bound(device: &Device<'_>) -> HashSet<FilterId> {
    let classes = device.lines.iter().flat_map(|line| &line.classes);
    let lines = classes.map(|class| class.list);
    let ports = device.stanzas.iter().flat_map(|stanza| &stanza.lists);
    ports.map(|binding| binding.list).chain(lines).collect()
}

/// A list that only selects, and does not exist or is empty: what it selects
/// is not known.
fn selectors(device: &mut Device<'_>, bound: &HashSet<FilterId>) {
    for at in 0..device.firewall.filters.len() {
        let id = FilterId(super::device::index(at));
        let (Some(info), Some(filter)) = (device.info(id), device.filter(id)) else {
            continue;
        };
        let empty_nexus = device.dialect == super::Dialect::Nxos && info.defined;
        if info.kind == ListKind::Pseudo
            || !filter.rules.is_empty()
            || device.selecting(id) != id
            || (bound.contains(&id) && !empty_nexus)
        {
            continue;
        }
        let text = if info.defined {
            format!("access list {} has no entry in this file", filter.name)
        } else {
            format!("access list {} is not defined in this file", filter.name)
        };
        let span = filter.span;
        let used = bound.contains(&id) || !info.defined;
        if !used {
            continue;
        }
        let reason = device.reason(text, span);
        let mut rule = blank_rule(Action::Permit, span);
        add_condition(&mut rule, Condition::Unknown(reason));
        let any = match device.info(id).map(|info| info.kind) {
            Some(ListKind::Ipv6) => AddressTerm::Any6,
            _ => AddressTerm::Any4,
        };
        narrow(&mut rule, &any);
        if let Some(filter) = device.filter_mut(id) {
            filter.rules.push(rule);
        }
    }
}

/// Marks the lists that filter packets: those that are bound, and those that
/// nothing uses.
fn traffic(device: &mut Device<'_>, bound: &HashSet<FilterId>) {
    let used: HashSet<String> = device
        .firewall
        .references
        .iter()
        .filter(|reference| reference.kind == "access-list" && !reference.definition)
        .map(|reference| reference.name.to_owned())
        .collect();
    for (at, (filter, info)) in device
        .firewall
        .filters
        .iter_mut()
        .zip(&device.list_info)
        .enumerate()
    {
        let id = FilterId(super::device::index(at));
        let entries = info.configured || info.shown;
        let free = entries && info.kind != ListKind::Standard && !used.contains(&filter.name);
        filter.filters_traffic = bound.contains(&id) || free;
    }
}
