//! Packets for the device itself: interface management profiles.
//!
//! Source: Palo Alto Networks, "PAN-OS Networking Administrator's Guide", "Use
//! Interface Management Profiles to Restrict Access": a profile names services
//! and permitted addresses; without one an interface answers none of them.

use crate::formats::firewall::shared::rules::{blank_rule, pseudo_rule, quoted};
use crate::formats::firewall::shared::word_tree::NodeId;
use crate::model::firewall::{
    Action, AddressView, InterfaceId, InterfaceMatch, Passage, PortMatch, Rule, Stage,
};
use crate::model::net::{PortRange, Protocol};

use super::device::{Device, services_of};
use super::services::inline;
use super::{addresses, applications, tables};
use crate::formats::firewall::shared::rules::undecided;

/// Services of a profile, and their ports.
const SERVICES: &[(&str, &str)] = &[
    ("ping", "icmp/8"),
    ("ping", "icmp6/128"),
    ("ssh", "tcp/22"),
    ("telnet", "tcp/23"),
    ("http", "tcp/80"),
    ("https", "tcp/443"),
    ("snmp", "udp/161"),
    ("http-ocsp", "tcp/80"),
    ("userid-service", "tcp/5007"),
    ("userid-syslog-listener-ssl", "tcp/6514"),
    ("userid-syslog-listener-udp", "udp/514"),
    ("response-pages", "tcp/6080-6082"),
];

/// Makes a stage for the interfaces of each profile, and one for the others.
pub fn compile(device: &mut Device<'_, '_>) {
    let mut left: Vec<InterfaceId> = Vec::new();
    let mut profiles: Vec<(String, Vec<InterfaceId>)> = Vec::new();
    let mut known: Vec<(InterfaceId, Option<String>)> = Vec::new();
    for (id, interface) in (0u32..).zip(&device.firewall.interfaces) {
        let name = interface.name.value.as_str();
        known.push((InterfaceId(id), profile_of(device, name)));
    }
    for (id, profile) in known {
        match profile {
            Some(name) => match profiles.iter_mut().find(|(held, _)| *held == name) {
                Some((_, ids)) => ids.push(id),
                None => profiles.push((name, vec![id])),
            },
            None => left.push(id),
        }
    }
    for (name, ids) in profiles {
        let node = device.network(&["network", "profiles", "interface-management-profile", &name]);
        stage(device, &name, ids, node);
    }
    if !left.is_empty() {
        stage(device, "none", left, None);
    }
}

/// The profile of an interface.
fn profile_of(device: &Device<'_, '_>, name: &str) -> Option<String> {
    let parent = name.rsplit_once('.').map(|(parent, _)| parent);
    for top in device.networks(&["network", "interface"]) {
        for kind in device.children(top) {
            let own = device
                .tree
                .get(kind, name)
                .and_then(|node| device.tree.get(node, "layer3"));
            let unit = parent
                .and_then(|parent| device.tree.at(kind, &[parent, "layer3", "units", name]))
                .or_else(|| device.tree.at(kind, &["units", name]));
            if let Some(node) = own.or(unit)
                && let Some(profile) = device.value(node, &["interface-management-profile"])
            {
                return Some(profile.to_owned());
            }
        }
    }
    None
}

fn stage(device: &mut Device<'_, '_>, name: &str, members: Vec<InterfaceId>, node: Option<NodeId>) {
    let span = node.map_or(device.firewall.name.span, |node| device.statement(node));
    let mut rules = Vec::new();
    if name != "none" && node.is_none() {
        let text = format!("management profile {} is not in this file", quoted(name));
        let reason = device.reason(text.clone(), span);
        rules.extend(undecided(&pseudo_rule(Action::Permit, text, span), reason));
    }
    if let Some(node) = node {
        let values = device.below(node, &["permitted-ip"]);
        let source = (!values.is_empty()).then(|| addresses::position(device, &values, false));
        for (service, ports) in SERVICES {
            if !device.says_yes(node, service) {
                continue;
            }
            let mut rule = blank_rule(Action::Permit, span);
            let found = tables::default_ports(ports).unwrap_or_default();
            rule.service = services_of(found.into_iter().map(applications::term).collect());
            if let Some(source) = &source {
                rule.source = source.clone();
            }
            rules.push(rule);
        }
        device.modelled_all(node);
    }
    rules.extend(listeners(device));
    let label = "the device answers nothing else here".to_owned();
    let default = (Action::Deny, label, span);
    let filter = device.add_filter(format!("management profile {name}"), rules, default, span);
    device.firewall.stages.push(Stage {
        label: format!("management profile {name}"),
        passage: Passage::ToHost,
        ingress: InterfaceMatch::any_of(members),
        egress: InterfaceMatch::Any,
        filter,
        view: AddressView::Real,
        span,
    });
}

/// What other parts of the device may answer: VPN, portals, routing.
fn listeners(device: &mut Device<'_, '_>) -> Vec<Rule> {
    let mut rules = Vec::new();
    let range = |port| PortMatch::Range(PortRange::one(port));
    let tcp = |port| inline(Protocol::TCP, PortMatch::Any, range(port));
    let udp = |port| inline(Protocol::UDP, PortMatch::Any, range(port));
    let whole = |number| inline(Protocol(number), PortMatch::Any, PortMatch::Any);
    let ike = device.network(&["network", "ike", "gateway"]);
    let portal = device.context.systems.iter().find_map(|system| {
        let top = device.tree.get(*system, "global-protect")?;
        (!device.tree.is_leaf(top)).then_some(top)
    });
    let mut sources = Vec::new();
    if let Some(node) = ike.filter(|node| !device.tree.is_leaf(*node)) {
        sources.push((node, "IKE gateways", vec![udp(500), udp(4500), whole(50)]));
    }
    if let Some(node) = portal {
        sources.push((node, "GlobalProtect", vec![tcp(443), udp(4501), whole(50)]));
    }
    for (node, what, terms) in sources {
        let span = device.statement(node);
        let text = format!("what {what} answer is not modelled");
        let reason = device.reason(text.clone(), span);
        let mut rule = pseudo_rule(Action::Permit, text, span);
        rule.service = services_of(terms);
        rules.extend(undecided(&rule, reason));
    }
    if let Some(span) = device.firewall.dynamic_routing.first().copied() {
        let text = "what routing protocols answer is not modelled";
        let reason = device.reason(text, span);
        let mut rule = pseudo_rule(Action::Permit, text, span);
        rule.service = services_of(vec![tcp(179), whole(89), udp(520)]);
        rules.extend(undecided(&rule, reason));
    }
    rules
}
