//! Virtual routers of Threat Defense: each has interfaces and routes of its own.
//!
//! Source: Cisco Secure Firewall Management Center Device Configuration Guide
//! 7.0, "Virtual Routers": routes of one are not known to another unless a
//! static route of it names an interface of the other, or BGP leaks them.

use crate::formats::firewall::shared::rules::pseudo_rule;
use crate::model::firewall::{
    Action, AddressView, Condition, InterfaceId, InterfaceMatch, Passage, Stage,
};

use super::access_list::add_condition;
use super::bindings::interface_ids;
use super::device::{Device, index};
use super::stages::pseudo_filter;
use super::words::Words;

/// The table of management-only interfaces.
pub const MANAGEMENT: u32 = 1;

/// The routing table of a virtual router.
pub fn table(device: &mut Device<'_>, name: &str) -> u32 {
    if let Some(table) = device.tables.get(name) {
        return *table;
    }
    let table = index(device.tables.len().saturating_add(2));
    device.tables.insert(name.to_owned(), table);
    table
}

/// The table that a route names (`vrf NAME`); the main one else.
pub fn of_route(device: &mut Device<'_>, words: &mut Words<'_>) -> u32 {
    if !words.eat("vrf") {
        return 0;
    }
    table(device, words.next().unwrap_or_default())
}

/// Packets go from one virtual router to another only along routes: what other
/// ones are leaked the file does not tell.
pub fn stages(device: &mut Device<'_>, view: AddressView, stages: &mut Vec<Stage>) {
    if device.tables.is_empty() {
        return;
    }
    let mut tables: Vec<(String, u32)> = device.tables.clone().into_iter().collect();
    tables.push(("global".to_owned(), 0));
    tables.sort_unstable_by_key(|(_, table)| *table);
    for (name, table) in tables {
        let of_table = |id: &InterfaceId| {
            let interface = device.firewall.interfaces.get(id.0 as usize);
            interface.is_some_and(|interface| interface.table == table)
        };
        let members: Vec<InterfaceId> = interface_ids(device).filter(of_table).collect();
        if members.is_empty() {
            continue;
        }
        let routes = device.firewall.routes.iter();
        let led = routes.filter(|route| route.table == table);
        let known: Vec<InterfaceId> = led
            .map(|route| route.interface)
            .chain(members.clone())
            .collect();
        let label = format!("packets leave virtual router {name} only where routes are leaked");
        let span = device.start;
        let reason = device.reason(label.clone(), span);
        let rules = [Action::Permit, Action::Deny].map(|action| {
            let mut rule = pseudo_rule(action, label.clone(), span);
            rule.egress = InterfaceMatch::none_of(known.iter().copied());
            add_condition(&mut rule, Condition::Unknown(reason));
            rule
        });
        let title = format!("virtual router {name}");
        let default = format!("routes of virtual router {name} lead there");
        let filter = pseudo_filter(
            device,
            title.clone(),
            rules.into(),
            Action::Permit,
            default,
            span,
        );
        stages.push(Stage {
            passage: Passage::Transit,
            label: title,
            ingress: InterfaceMatch::any_of(members),
            egress: InterfaceMatch::Any,
            filter,
            view,
            span,
        });
    }
}
