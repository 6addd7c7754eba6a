//! From a device that was read to the vendor-neutral firewall.

use std::collections::HashSet;

use crate::formats::Problem;
use crate::model::firewall::{Action, AddressTerm, Condition, Firewall, PortMatch, ServiceTerm};
use crate::source::{Span, Spanned};

use super::access_list::{add_condition, blank_rule};
use super::bindings::interface_ids;
use super::device::{Device, ListKind, Place, ServiceKind};
use super::graph::back_edges;
use super::{bridge, crypto, inspect, nat, nat_legacy, stages, threat_defense, time_ranges};

impl Device<'_> {
    /// Whether the file says anything about packets through this device.
    pub fn carries_policy(&self) -> bool {
        let firewall = &self.firewall;
        !firewall.interfaces.is_empty()
            || !firewall.filters.is_empty()
            || !firewall.routes.is_empty()
            || !firewall.address_objects.is_empty()
            || !firewall.service_objects.is_empty()
            || (self.version.is_some() && self.contexts.is_empty())
            || !self.policies.is_empty()
            || !self.names.is_empty()
            || (self.named && self.contexts.is_empty())
    }
}

/// Builds the firewall.
pub fn finish(mut device: Device<'_>) -> (Firewall, Vec<Problem>) {
    name(&mut device);
    complete_addresses(&mut device);
    complete_services(&mut device);
    time_ranges::finish(&mut device);
    threat_defense::finish(&mut device);
    let groups = bridge::find(&mut device);
    interface_defaults(&mut device);
    bridge::doubts(&mut device, &groups);
    lists(&mut device);
    super::routes::finish(&mut device);
    device.firewall.tunnels = crypto::finish(&mut device);
    device.firewall.inspections = inspect::finish(&mut device);
    contradicts_transparency(&mut device);
    stages::finish(&mut device, &groups);
    let mut rules = nat::finish(&mut device);
    rules.extend(nat_legacy::finish(&mut device));
    bridge::translations(&mut device, &groups, &mut rules);
    device.firewall.nat.rules = rules;
    if needs_translation(&device) && device.firewall.nat.control.is_none() {
        device.firewall.nat.control = Some(device.start);
    }
    super::routes::swallow(&mut device);
    let mut firewall = device.firewall;
    for filter in &mut firewall.filters {
        filter.rules.shrink_to_fit();
    }
    (firewall, device.problems)
}

/// Whether every packet to a less secure interface needs a translation though
/// no `nat-control` says so: on PIX before 7.0 and FWSM before 3.1. Later
/// releases have the command, and it is off by default (ASA Command
/// Reference 8.0 and FWSM Command Reference 3.1, "nat-control").
fn needs_translation(device: &Device<'_>) -> bool {
    let first_without = if device.module { (3, 1) } else { (7, 0) };
    device.old_product
        && device
            .version
            .is_some_and(|(major, minor, _)| (major, minor) < first_without)
}

/// A transparent device bridges: an interface with a network of its own
/// contradicts that, and which of the two holds the file does not tell.
fn contradicts_transparency(device: &mut Device<'_>) {
    let Some(span) = device.firewall.transparent else {
        return;
    };
    let shared = device.device_address.map(|address| address.span);
    let routed = device
        .firewall
        .interfaces
        .iter()
        .zip(&device.interface_info)
        .filter(|(_, info)| info.management_only.is_none() && info.bridge_group.is_none())
        .flat_map(|(interface, _)| &interface.addresses)
        .any(|address| Some(address.span) != shared);
    if !routed {
        return;
    }
    let text = "the device is transparent, yet an interface has an address of its own";
    let reason = device.reason(text, span);
    for action in [Action::Permit, Action::Deny] {
        device.doubt(super::device::Doubt {
            action,
            ingress: None,
            list: None,
            reason,
            span,
        });
    }
}

/// A context's name, where the configuration itself has no host name.
fn name(device: &mut Device<'_>) {
    let Some(context) = device.context.take().filter(|context| context != "system") else {
        return;
    };
    let span = device.firewall.name.span;
    let value = if device.named && device.firewall.name.value != context {
        format!("{}/{context}", device.firewall.name.value)
    } else {
        context
    };
    device.firewall.name = Spanned::new(value, span);
}

/// Objects without a definition or an address are unknown, never empty, and a
/// group that holds itself is cut at the point where it does.
fn complete_addresses(device: &mut Device<'_>) {
    for at in 0..device.firewall.address_objects.len() {
        let Some(object) = device.firewall.address_objects.get(at) else {
            continue;
        };
        if !object.members.is_empty() {
            continue;
        }
        let defined = device.address_defined.get(at).copied().unwrap_or(false);
        let (name, span) = (object.name.clone(), object.span);
        let text = if defined {
            format!("object {name} has no address in this file")
        } else {
            format!("object {name} is not defined in this file")
        };
        let reason = device.reason(text, span);
        if let Some(object) = device.firewall.address_objects.get_mut(at) {
            object
                .members
                .push(Spanned::new(AddressTerm::Unknown(reason), span));
        }
    }
    let edges: Vec<Vec<usize>> = device
        .firewall
        .address_objects
        .iter()
        .map(|object| {
            let inner = object.members.iter().map(|member| match member.value {
                AddressTerm::Object(id) => id.0 as usize,
                _ => usize::MAX,
            });
            inner.collect()
        })
        .collect();
    for (object, member) in back_edges(&edges) {
        let Some(span) = member_span(device, object, member) else {
            continue;
        };
        let reason = device.reason("the object group holds itself", span);
        let found = device.firewall.address_objects.get_mut(object);
        if let Some(slot) = found.and_then(|object| object.members.get_mut(member)) {
            slot.value = AddressTerm::Unknown(reason);
        }
    }
}

fn member_span(device: &Device<'_>, object: usize, member: usize) -> Option<Span> {
    Some(
        device
            .firewall
            .address_objects
            .get(object)?
            .members
            .get(member)?
            .span,
    )
}

/// As [`complete_addresses`], for services. A group in a position that its
/// kind does not fit is unknown there, too.
fn complete_services(device: &mut Device<'_>) {
    for at in 0..device.firewall.service_objects.len() {
        let kind = device
            .service_kinds
            .get(at)
            .copied()
            .unwrap_or(ServiceKind::Unknown);
        let Some(object) = device.firewall.service_objects.get(at) else {
            continue;
        };
        let (name, span) = (object.name.clone(), object.span);
        let (no_services, no_ports) = (object.services.is_empty(), object.ports.is_empty());
        let text = match kind {
            ServiceKind::Unknown => format!("service {name} is not defined in this file"),
            _ if no_services && no_ports => format!("service {name} is empty in this file"),
            ServiceKind::Ports(_) if no_services => {
                format!("{name} is a group of ports, not of services")
            }
            _ if no_ports => format!("{name} is a group of services, not of ports"),
            _ if no_services => format!("{name} is a group of ports, not of services"),
            _ => continue,
        };
        let reason = device.reason(text, span);
        if let Some(object) = device.firewall.service_objects.get_mut(at) {
            if no_services {
                object
                    .services
                    .push(Spanned::new(ServiceTerm::Unknown(reason), span));
            }
            if no_ports {
                object
                    .ports
                    .push(Spanned::new(PortMatch::Unknown(reason), span));
            }
        }
    }
    let services: Vec<Vec<usize>> = device
        .firewall
        .service_objects
        .iter()
        .map(|object| {
            let services = object.services.iter().map(|service| match service.value {
                ServiceTerm::Object(id) => id.0 as usize,
                _ => usize::MAX,
            });
            services.collect()
        })
        .collect();
    let ports: Vec<Vec<usize>> = device
        .firewall
        .service_objects
        .iter()
        .map(|object| {
            let ports = object.ports.iter().map(|port| match port.value {
                PortMatch::Object(id) => id.0 as usize,
                _ => usize::MAX,
            });
            ports.collect()
        })
        .collect();
    for (at, member) in back_edges(&services) {
        let span = device
            .firewall
            .service_objects
            .get(at)
            .map_or(device.start, |object| object.span);
        let reason = device.reason("the object group holds itself", span);
        let object = device.firewall.service_objects.get_mut(at);
        if let Some(slot) = object.and_then(|object| object.services.get_mut(member)) {
            slot.value = ServiceTerm::Unknown(reason);
        }
    }
    for (at, member) in back_edges(&ports) {
        let span = device
            .firewall
            .service_objects
            .get(at)
            .map_or(device.start, |object| object.span);
        let reason = device.reason("the object group holds itself", span);
        let object = device.firewall.service_objects.get_mut(at);
        if let Some(slot) = object.and_then(|object| object.ports.get_mut(member)) {
            slot.value = PortMatch::Unknown(reason);
        }
    }
}

/// Security levels that the file leaves to the default (100 for `inside`, 0
/// for any other name: Command Reference, "nameif"), and the addresses that a
/// bridge group or a transparent device gives its interfaces.
fn interface_defaults(device: &mut Device<'_>) {
    super::interfaces::shut_subinterfaces(device);
    for id in interface_ids(device) {
        let group = device
            .interface_info
            .get(id.0 as usize)
            .and_then(|info| info.bridge_group);
        let shared = match group {
            Some(group) => device.bridge_addresses.get(&group).copied(),
            None => device
                .device_address
                .filter(|_| device.firewall.transparent.is_some()),
        };
        let Some((interface, info)) = device.interface_mut(id) else {
            continue;
        };
        if interface.addresses.is_empty() && interface.dynamic_address.is_none() {
            interface.addresses.extend(shared);
        }
        if info.defined && interface.security_level.is_none() {
            let level = if interface.name.value.eq_ignore_ascii_case("inside") {
                100
            } else {
                0
            };
            interface.security_level = Some(Spanned::new(level, interface.name.span));
        }
    }
}

/// Access lists that are bound filter packets. A list that is used and not
/// defined decides nothing that is known.
fn lists(device: &mut Device<'_>) {
    for at in 0..device.firewall.filters.len() {
        if device.list_info.get(at).is_some_and(|info| !info.defined)
            && let Some(filter) = device.firewall.filters.get(at)
        {
            let text = format!(
                "access list {} is used but not defined in this file",
                filter.name
            );
            let span = filter.span;
            undecided(device, at, text, span);
        }
    }
    // A list that nothing uses was written to filter packets.
    let used: HashSet<String> = device
        .firewall
        .references
        .iter()
        .filter(|reference| reference.kind == "access-list" && !reference.definition)
        .map(|reference| reference.name.to_owned())
        .collect();
    for (filter, info) in device.firewall.filters.iter_mut().zip(&device.list_info) {
        let filters = matches!(info.kind, ListKind::Extended | ListKind::Ipv6);
        if (info.configured || info.shown.is_some()) && filters && !used.contains(&filter.name) {
            filter.filters_traffic = true;
        }
    }
    for binding in device.all_bindings() {
        let at = binding.filter.0 as usize;
        let standard = device.kind_of(binding.filter) == Some(ListKind::Standard);
        if standard && let Some(filter) = device.firewall.filters.get(at) {
            let text = format!(
                "access list {} is a standard list and cannot filter packets",
                filter.name
            );
            undecided(device, at, text, binding.span);
        }
        if let Some(filter) = device.filter_mut(binding.filter) {
            filter.filters_traffic = !standard;
        }
    }
    let global = device
        .bindings
        .get(&Place::Global)
        .and_then(|all| all.first().copied());
    if let Some(global) = global {
        // The global list decides what an interface's list does not.
        for binding in device.all_bindings() {
            let same_kind = device.kind_of(binding.filter) == device.kind_of(global.filter);
            if matches!(binding.place, Place::In(_))
                && binding.filter != global.filter
                && same_kind
                && let Some(filter) = device.filter_mut(binding.filter)
                && filter.default.action == Action::Deny
            {
                filter.default.action = Action::Return;
                filter.default.label = format!(
                    "end of access list {}: the global access list decides",
                    filter.name
                );
            }
        }
    }
}

/// Makes a list one that may permit or deny anything.
fn undecided(device: &mut Device<'_>, at: usize, text: String, span: Span) {
    let reason = device.reason(text, span);
    let mut rule = blank_rule(Action::Permit, span);
    add_condition(&mut rule, Condition::Unknown(reason));
    if let Some(filter) = device.firewall.filters.get_mut(at) {
        filter.rules = vec![rule];
        filter.default.span = span;
    }
}
