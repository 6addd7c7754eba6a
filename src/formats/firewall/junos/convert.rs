//! From the statements of a device to the vendor-neutral firewall.

use crate::formats::firewall::shared::discards;
use crate::formats::firewall::shared::rules::{pseudo_rule, undecided};
use crate::formats::firewall::shared::word_tree::{NodeId, ROOT};
use crate::formats::{Ledger, LineState, Problem};
use crate::model::firewall::{Action, AddressView, Firewall, InterfaceMatch, Passage, Stage};
use crate::source::Spanned;

use super::device::Device;
use super::reader::Statements;
use super::text::Text;
use super::{
    addresses, alg, applications, filters, groups, host, interfaces, nat, policies, schedules,
    tables,
};

/// The firewalls of one set of statements: the device itself and its logical
/// systems.
pub fn convert<'t>(
    text: &Text<'t>,
    mut statements: Statements<'t>,
    ledger: &mut Ledger,
) -> (Vec<Firewall>, Vec<Problem>) {
    let missing = groups::apply(&mut statements.tree, statements.cluster_node);
    let mut roots = vec![(ROOT, None)];
    for kind in ["logical-systems", "tenants"] {
        if let Some(top) = statements.tree.get(ROOT, kind) {
            let all: Vec<NodeId> = statements.tree.children(top).collect();
            roots.extend(
                all.into_iter()
                    .map(|node| (node, Some(statements.tree.word(node).to_owned()))),
            );
        }
    }
    let mut firewalls = Vec::new();
    let mut problems = Vec::new();
    let several = roots.len() > 1;
    let mut host = None;
    for (root, system) in roots {
        let mut device = Device::new(text, &mut statements.tree, root, statements.start);
        device.cut = statements.cut;
        name(
            &mut device,
            statements.prompt_host,
            system.as_deref(),
            host.as_deref(),
        );
        if host.is_none() {
            host = Some(device.firewall.name.value.clone());
        }
        if let Some((why, span)) = statements.broken {
            device.doubt(why, span);
        }
        for group in &missing {
            if !device.tree.is_within(group.place, root) {
                continue;
            }
            let word = device.word(group.entry);
            let why = if group.too_many {
                format!("group {word} adds more statements than exlint follows")
            } else {
                format!("group {word} is applied but not defined in this file")
            };
            device.not_modelled(group.entry, why.clone());
            let span = device.statement(group.entry);
            if concerns_packets(&device, group.place) {
                device.doubt(why, span);
            }
        }
        build(&mut device);
        problems.append(&mut device.problems);
        let empty = carries_nothing(&device) && (several || !is_configuration(&device));
        if !empty {
            firewalls.push(device.firewall);
        }
    }
    report(text, &mut statements, ledger);
    (firewalls, problems)
}

/// Whether a group applied at a place could change what happens to packets.
fn concerns_packets(device: &Device<'_, '_>, place: NodeId) -> bool {
    let path = device.tree.path(place);
    !matches!(
        path.first(),
        Some(
            &("system"
                | "snmp"
                | "chassis"
                | "protocols"
                | "class-of-service"
                | "event-options"
                | "access"
                | "vlans")
        )
    )
}

fn is_configuration(device: &Device<'_, '_>) -> bool {
    ["system", "version", "interfaces", "security", "firewall"]
        .iter()
        .any(|word| device.at(&[word]).is_some())
}

/// Whether nothing about packets was read.
fn carries_nothing(device: &Device<'_, '_>) -> bool {
    let firewall = &device.firewall;
    firewall.interfaces.is_empty()
        && firewall.filters.is_empty()
        && firewall.routes.is_empty()
        && firewall.address_objects.is_empty()
        && firewall.service_objects.is_empty()
        && firewall.nat.rules.is_empty()
}

fn name(
    device: &mut Device<'_, '_>,
    prompt: Option<&str>,
    system: Option<&str>,
    host: Option<&str>,
) {
    let node = device
        .at(&["system"])
        .and_then(|system| device.tree.value(system, "host-name"));
    if let Some(node) = node {
        let span = device.statement(node);
        device.firewall.name = Spanned::new(device.word(node).to_owned(), span);
        device.modelled(node);
    } else if let Some(prompt) = prompt {
        let span = device.text.span_of(prompt);
        device.firewall.name = Spanned::new(prompt.to_owned(), span);
    }
    if let Some(system) = system {
        let base = host.unwrap_or(&device.firewall.name.value);
        let value = format!("{base}/{system}");
        let span = device.span(device.root);
        device.firewall.name = Spanned::new(value, span);
    }
    let version = device
        .at(&["version"])
        .and_then(|version| device.children(version).first().copied());
    if let Some(node) = version {
        let span = device.statement(node);
        device.firewall.software = Some(Spanned::new(device.word(node).to_owned(), span));
        if let Some(version) = device.at(&["version"]) {
            device.modelled_all(version);
        }
    }
}

fn build(device: &mut Device<'_, '_>) {
    tables::classify(device.tree, device.root);
    // The name is one of the statements that are irrelevant otherwise.
    if let Some(system) = device.at(&["system"])
        && let Some(node) = device.tree.value(system, "host-name")
    {
        device.modelled(node);
    }
    interfaces::read(device);
    interfaces::zones(device);
    schedules::define(device);
    addresses::read(device);
    applications::read(device);
    filters::read(device);
    interfaces::routes(device);
    transparent(device);
    nat::read(device);
    let by_policy = policies::has_policies(device);
    device.firewall.stateful = by_policy && !filters::any_bound(device);
    filters::stages(device, false);
    if by_policy {
        alg::read(device);
        policies::compile(device);
        host::compile(device);
    } else {
        forwards(device);
    }
    discards::stage(&mut device.firewall);
    filters::stages(device, true);
    for filter in &mut device.firewall.filters {
        filter.rules.shrink_to_fit();
    }
}

/// A device without security policies forwards what no filter stops.
fn forwards(device: &mut Device<'_, '_>) {
    if device.firewall.interfaces.is_empty() {
        return;
    }
    let span = device.firewall.name.span;
    let mut rules = Vec::new();
    for doubt in device.doubts.clone() {
        let rule = pseudo_rule(
            Action::Permit,
            "statements that are not modelled",
            doubt.span,
        );
        rules.extend(undecided(&rule, doubt.reason));
    }
    for (name, members, node) in interfaces::instances(device) {
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
    let label = "a router forwards what no filter stops".to_owned();
    let filter = device.add_filter(
        "forwarding".to_owned(),
        rules,
        (Action::Permit, label, span),
        span,
    );
    device.firewall.stages.push(Stage {
        label: "forwarding".to_owned(),
        passage: Passage::Transit,
        ingress: InterfaceMatch::Any,
        egress: InterfaceMatch::Any,
        filter,
        view: AddressView::Real,
        span,
    });
}

/// A device that bridges between its zones.
fn transparent(device: &mut Device<'_, '_>) {
    let node = device
        .at(&["protocols", "l2-learning"])
        .and_then(|node| device.tree.value(node, "global-mode"));
    if let Some(node) = node
        && device.word(node) == "transparent-bridge"
    {
        device.modelled(node);
        device.firewall.transparent = Some(device.statement(node));
    }
}

/// Gives every line its state.
fn report<'t>(text: &Text<'t>, statements: &mut Statements<'t>, ledger: &mut Ledger) {
    let rank = |state: LineState| match state {
        LineState::Irrelevant => 0,
        LineState::Modelled => 1,
        LineState::NotModelled => 2,
        LineState::Unrecognised => 3,
    };
    let states = statements.tree.states();
    let mut before: Option<(u32, LineState)> = None;
    for (line, node, state) in states {
        let state = match before {
            Some((last, held)) if last == line && rank(held) > rank(state) => held,
            _ => state,
        };
        before = Some((line, state));
        ledger.set(line as usize, state);
        if state == LineState::Unrecognised {
            let word = statements.tree.word(node);
            let why = "no statement of Junos is known to exlint that reads like this";
            ledger.note(state, why, text.span_of(word));
        }
    }
    for remark in statements.tree.remarks() {
        let span = text.span_of(statements.tree.word(remark.node));
        ledger.note(remark.state, remark.why.clone(), span);
    }
}
