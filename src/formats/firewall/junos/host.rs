//! `host-inbound-traffic`: what an SRX accepts for itself.
//!
//! Source: Juniper, "Security Policies User Guide", "Controlling Inbound
//! Traffic": services and protocols of a zone, or of one of its interfaces,
//! which then replace those of the zone; `except` takes one away from `all`.

use std::collections::HashSet;

use crate::formats::firewall::shared::rules::{blank_rule, pseudo_rule, undecided};
use crate::formats::firewall::shared::word_tree::NodeId;
use crate::model::firewall::{
    Action, AddressMatch, AddressObjectId, AddressTerm, AddressView, FilterId, InterfaceId,
    InterfaceMatch, Passage, ReasonId, Rule, ServiceMatch, ServiceTerm, Stage,
};
use crate::model::net::{IpRange, PortRange, Protocol};
use crate::source::Span;

use super::device::Device;
use super::{applications, interfaces, other_zones, tables};

/// What one list of `host-inbound-traffic` is for.
struct Listed {
    members: Vec<InterfaceId>,
    node: Option<NodeId>,
    zone: NodeId,
    /// Whether it is the zone of management interfaces, which forwards nothing.
    functional: bool,
}

/// Makes a stage for each zone and for each interface with traffic of its own.
pub fn compile(device: &mut Device<'_, '_>) {
    let Some(zones) = device.at(&["security", "zones"]) else {
        return;
    };
    let mut lists: Vec<Listed> = Vec::new();
    for kind in ["security-zone", "functional-zone"] {
        for zone in device.below(zones, &[kind]) {
            listed(device, zone, kind == "functional-zone", &mut lists);
        }
    }
    if lists.is_empty() {
        return;
    }
    let kinds = ["security-zone", "functional-zone"];
    let top = kinds.iter().find_map(|kind| device.tree.get(zones, kind));
    let start = device.statement(top.unwrap_or(zones));
    let all = other_zones::all_own(device, start);
    for list in lists {
        stage(device, list, all);
    }
    unzoned(device, start);
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

/// Collects the lists of a zone and of its interfaces.
fn listed(device: &mut Device<'_, '_>, zone: NodeId, functional: bool, lists: &mut Vec<Listed>) {
    let mut left: Vec<InterfaceId> = Vec::new();
    let mut named: HashSet<InterfaceId> = HashSet::new();
    let mut rest = None;
    let mut add = |members: Vec<InterfaceId>, node: Option<NodeId>| {
        lists.push(Listed {
            members,
            node,
            zone,
            functional,
        });
    };
    for member in device.below(zone, &["interfaces"]) {
        let node = device.tree.get(member, "host-inbound-traffic");
        if device.word(member) == "all" {
            rest = Some(node);
            continue;
        }
        let id = interfaces::find_or_add(device, member);
        named.insert(id);
        match node {
            Some(node) => add(vec![id], Some(node)),
            None => left.push(id),
        }
    }
    if let Some(node) = rest {
        let name = device.word(zone);
        let all = (0u32..).zip(&device.firewall.interfaces);
        let members = all.filter(|(_, interface)| {
            let known = interface.zone.as_ref();
            known.is_some_and(|zone| zone.value == name)
        });
        let members = members.map(|(id, _)| InterfaceId(id));
        let others: Vec<InterfaceId> = members.filter(|id| !named.contains(id)).collect();
        match node {
            Some(node) => add(others, Some(node)),
            None => left.extend(others),
        }
    }
    let node = device.tree.get(zone, "host-inbound-traffic");
    add(left, node);
}

/// Drops what comes in by an interface with addresses and without a zone.
///
/// Source: Juniper, "Security Zones User Guide", "Understanding Functional Zones"
/// and "Security Zones Overview": interfaces are in the null zone until they are
/// assigned to one, and the null zone drops all traffic.
fn unzoned(device: &mut Device<'_, '_>, span: Span) {
    let contested = device.contested.as_ref();
    let contested = contested.map_or(&[][..], |contested| contested.interfaces.as_slice());
    let all = (0u32..).zip(&device.firewall.interfaces);
    let outside: Vec<InterfaceId> = all
        .filter(|(id, interface)| {
            let addressed = !interface.addresses.is_empty() || interface.dynamic_address.is_some();
            addressed
                && interface.zone.is_none()
                && !interfaces::is_management(&interface.name)
                && !interface.name.starts_with("lo")
                && !contested.contains(&InterfaceId(*id))
        })
        .map(|(id, _)| InterfaceId(id))
        .collect();
    if outside.is_empty() {
        return;
    }
    let label = "interfaces in no zone".to_owned();
    let refused = "the interface that packets come in by is in no zone".to_owned();
    let default = (Action::Deny, refused, span);
    let filter = device.add_filter(label.clone(), Vec::new(), default, span);
    push(device, label, InterfaceMatch::any_of(outside), filter, span);
}

fn stage(device: &mut Device<'_, '_>, list: Listed, all: AddressObjectId) {
    let Listed {
        members,
        node,
        zone,
        functional,
    } = list;
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
                    last.push(rule);
                } else {
                    rules.push(rule);
                }
            }
            rules.sort_by_key(|rule| rule.action == Action::Permit);
            rules.extend(last);
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
    rules.extend(neighbours(device, &members, span));
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
    at_home.destination = AddressMatch::AnyOf(own.clone().into());
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
    if functional {
        // The management zone forwards nothing; whether its packets reach an
        // address of another zone, no manual says.
        rules.extend(undecided(&elsewhere, reason));
        at_home = elsewhere.clone();
        at_home.destination = AddressMatch::AnyOf(own.into());
    } else {
        rules.extend(undecided_where_denied(device, listed, &elsewhere, reason));
    }
    rules.push(jump);
    let filter = device.add_filter(label.clone(), rules, (Action::Deny, refused, span), span);
    push(device, label.clone(), inside, filter, span);
    let other = (
        Action::Permit,
        "packets for other addresses".to_owned(),
        span,
    );
    let rules = if functional {
        undecided(&at_home, reason).to_vec()
    } else {
        vec![at_home]
    };
    let filter = device.add_filter(label.clone(), rules, other, span);
    push(
        device,
        label,
        InterfaceMatch::none_of(members),
        filter,
        span,
    );
}

/// Neighbour discovery of IPv6: `protocols ndp` lets it in; that interfaces do
/// without it where nothing names it, no manual says, and most work.
fn neighbours(device: &mut Device<'_, '_>, members: &[InterfaceId], span: Span) -> Vec<Rule> {
    let speaks = |id: &InterfaceId| {
        let interface = device.firewall.interfaces.get(id.0 as usize);
        interface.is_some_and(|interface| {
            let mut addresses = interface.addresses.iter();
            addresses.any(|own| matches!(own.network, IpRange::V6(..)))
        })
    };
    let Some(services) = tables::host_protocols("ndp").filter(|_| members.iter().any(speaks))
    else {
        return Vec::new();
    };
    let label = "whether neighbor discovery needs `protocols ndp` is not known";
    let reason = device.reason(label, span);
    let mut rule = pseudo_rule(Action::Permit, label, span);
    rule.service = ServiceMatch::AnyOf(terms(device, "ndp", &services, span).into());
    undecided(&rule, reason).into()
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

fn rule(device: &mut Device<'_, '_>, kind: &str, word: NodeId, action: Action) -> Rule {
    let name = device.word(word);
    let span = device.statement(word);
    let terms = if kind == "protocols" {
        match tables::host_protocols(name) {
            Some(services) => terms(device, name, &services, span),
            None => {
                let reason =
                    device.not_modelled(word, "this protocol of host-inbound-traffic is not known");
                vec![ServiceTerm::Unknown(reason)]
            }
        }
    } else if name == "all" {
        all_services(device, span)
    } else {
        match tables::host_service(name) {
            Some(services) => {
                let services = at_own_port(device, name, services);
                terms(device, name, &services, span)
            }
            None => {
                device.not_modelled(word, "this system service is not known to exlint");
                terms(device, name, &[tables::Service::Unknown], span)
            }
        }
    };
    let mut rule = blank_rule(action, span);
    rule.service = ServiceMatch::AnyOf(terms.into());
    rule
}

fn terms(
    device: &mut Device<'_, '_>,
    name: &str,
    services: &[tables::Service],
    span: Span,
) -> Vec<ServiceTerm> {
    let services = services.iter();
    services
        .map(|service| applications::service_term(device, name, *service, span))
        .collect()
}

/// What `system-services all` lets in.
///
/// Source: Juniper, CLI Reference, "system-services (Security Zones Host Inbound
/// Traffic)": `all` are the services that the routing engine defines, `any-service`
/// the whole range of ports. Which ones a release defines, it does not say.
fn all_services(device: &mut Device<'_, '_>, span: Span) -> Vec<ServiceTerm> {
    let mut found = Vec::new();
    for (name, services) in tables::host_services() {
        let told = services
            .iter()
            .all(|service| !matches!(service, tables::Service::Any | tables::Service::Unknown));
        if told {
            let services = at_own_port(device, name, services);
            found.extend(terms(device, name, &services, span));
        }
    }
    let reason = device.question(
        "whether `system-services all` lets in what is no service of Junos is not known",
        span,
        "system-services all",
    );
    found.push(ServiceTerm::Unknown(reason));
    found
}

/// The services of a name, at the port that `system services` gives them.
///
/// Source: Juniper, "Understanding How to Control Inbound Traffic Based on Traffic
/// Types": a service that is mapped to another port is let in at that port.
fn at_own_port(
    device: &Device<'_, '_>,
    name: &str,
    services: &[tables::Service],
) -> Vec<tables::Service> {
    let path: &[&str] = match name {
        "http" => &["system", "services", "web-management", "http"],
        "https" => &["system", "services", "web-management", "https"],
        "ssh" => &["system", "services", "ssh"],
        "netconf" => &["system", "services", "netconf", "ssh"],
        _ => return services.to_vec(),
    };
    let port = device
        .at(path)
        .and_then(|node| device.tree.value(node, "port"))
        .and_then(|node| tables::port(device.word(node)));
    match port {
        Some(port) => vec![tables::Service::Ports(
            Protocol::TCP,
            Some(PortRange::one(port)),
        )],
        None => services.to_vec(),
    }
}
