//! What a packet must pass, as stages.
//!
//! Sources: Cisco ASA Firewall CLI Configuration Guide, "Access Rules":
//! "Implicit Permits" (from a more to a less secure interface, only where no
//! access rule is configured), "Implicit Deny" (interface rule, then global
//! rule, then implicit deny), "Inbound and Outbound Rules"; Cisco ASA General
//! Operations CLI Configuration Guide, "Allowing Same Security Level
//! Communication"; Cisco ASA Series Command Reference, "management-only".
//! `same-security-traffic` is needed whatever
//! the access lists permit.

use crate::formats::firewall::shared::rules::pseudo_rule;
use crate::model::firewall::{
    Action, AddressMatch, AddressTerm, AddressView, Condition, FilterId, InterfaceId,
    InterfaceMatch, Passage, Rule, Stage,
};
use crate::source::Span;

use super::access_list::{add_condition, blank_rule};
use super::bindings::{bound, interface_ids};
use super::device::{Binding, Device, Doubt, ListKind, Place};
use super::{bridge, conduit};

/// Most interfaces whose security levels are compared in pairs.
const MAX_COMPARED: usize = 256;
/// Most rules copied from a list that something not modelled refers to.
const MAX_DOUBTFUL_RULES: usize = 2_000;

/// Adds all stages.
pub fn finish(device: &mut Device<'_>, groups: &[bridge::Group]) {
    let view = match device.has_real_addresses() {
        Some(true) => AddressView::Real,
        Some(false) => AddressView::Mapped,
        None => AddressView::Unknown,
    };
    super::diversion::finish(device);
    let mut stages = Vec::new();
    management_only(device, view, &mut stages);
    bridge::stages(device, groups, view, &mut stages);
    super::virtual_routers::stages(device, view, &mut stages);
    let global = bound(device, Place::Global);
    let shared = shared_doubts(device);
    for id in interface_ids(device) {
        let inbound = bound(device, Place::In(id));
        stages.push(ingress(device, id, inbound, global, shared, view));
        let has_list =
            inbound.0.is_some() || inbound.1.is_some() || global.0.is_some() || global.1.is_some();
        if has_list {
            same_security(device, id, view, &mut stages);
        }
    }
    for (interface, filter, span) in conduit::finish(device) {
        stages.push(Stage {
            passage: Passage::Transit,
            label: format!("apply on {}", interface_name(device, interface)),
            ingress: InterfaceMatch::One(interface),
            egress: InterfaceMatch::Any,
            filter,
            view,
            span,
        });
    }
    for id in interface_ids(device) {
        let outbound = bound(device, Place::Out(id));
        egress(device, id, outbound, view, &mut stages);
    }
    device.firewall.stages = stages;
}

fn interface_name(device: &Device<'_>, id: InterfaceId) -> String {
    let interface = device.firewall.interfaces.get(id.0 as usize);
    interface
        .map(|interface| interface.name.value.clone())
        .unwrap_or_default()
}

/// Adds a filter made of pseudo-rules.
pub fn pseudo_filter(
    device: &mut Device<'_>,
    name: String,
    rules: Vec<Rule>,
    action: Action,
    label: String,
    span: Span,
) -> FilterId {
    let id = device.add_filter(name, span, ListKind::Extended);
    if let Some(filter) = device.filter_mut(id) {
        filter.rules = rules;
        filter.default.action = action;
        filter.default.label = label;
        filter.filters_traffic = true;
    }
    id
}

/// The stage of packets that enter at an interface.
fn ingress(
    device: &mut Device<'_>,
    id: InterfaceId,
    (list, list6): (Option<Binding>, Option<Binding>),
    (global, global6): (Option<Binding>, Option<Binding>),
    shared: Option<FilterId>,
    view: AddressView,
) -> Stage {
    let name = interface_name(device, id);
    let prelude = prelude(device, id, shared);
    let separate = device.separate_any && device.has_separate_families()
        || list6.is_some()
        || global6.is_some();
    if let (Some(binding), None, true, false) = (list, global, prelude.is_empty(), separate) {
        return stage(device, binding, Some(id), None, view);
    }
    let bindings: Vec<Binding> = [list, list6, global, global6]
        .into_iter()
        .flatten()
        .collect();
    let mut rules = prelude;
    if separate {
        rules.extend(family_rules(device, id, AddressTerm::Any4, list, global));
        rules.extend(family_rules(device, id, AddressTerm::Any6, list6, global6));
    } else if bindings.is_empty() {
        rules.extend(implicit_rules(device, id));
    } else {
        rules.extend(
            [list, global]
                .into_iter()
                .flatten()
                .map(|binding| jump(device, binding)),
        );
    }
    let span = bindings
        .first()
        .map_or_else(|| level_span(device, id), |binding| binding.span);
    let (filter_name, default) = match bindings.last() {
        Some(binding) => {
            let list = list_name(device, binding.filter);
            (
                format!("inbound on {name}"),
                format!("implicit deny at the end of access list {list}"),
            )
        }
        None => (
            format!("security levels on {name}"),
            format!("implicit deny of packets from {name} that no security level permits"),
        ),
    };
    let label = match bindings.first() {
        Some(binding) => format!(
            "access-group {} in interface {name}",
            list_name(device, binding.filter)
        ),
        None => format!("no access list in on interface {name}: security levels decide"),
    };
    let filter = pseudo_filter(device, filter_name, rules, Action::Deny, default, span);
    Stage {
        passage: Passage::Transit,
        label,
        ingress: InterfaceMatch::One(id),
        egress: InterfaceMatch::Any,
        filter,
        view,
        span,
    }
}

fn list_name(device: &Device<'_>, id: FilterId) -> String {
    let filter = device.firewall.filters.get(id.0 as usize);
    filter.map(|filter| filter.name.clone()).unwrap_or_default()
}

/// A stage that runs a bound list itself.
fn stage(
    device: &mut Device<'_>,
    binding: Binding,
    ingress: Option<InterfaceId>,
    egress: Option<InterfaceId>,
    view: AddressView,
) -> Stage {
    let name = list_name(device, binding.filter);
    let label = match (ingress, egress) {
        (Some(id), _) => format!(
            "access-group {name} in interface {}",
            interface_name(device, id)
        ),
        (None, Some(id)) => format!(
            "access-group {name} out interface {}",
            interface_name(device, id)
        ),
        (None, None) => format!("access-group {name} global"),
    };
    Stage {
        passage: Passage::Transit,
        label,
        ingress: ingress.into(),
        egress: egress.into(),
        filter: binding.filter,
        view,
        span: binding.span,
    }
}

/// Evaluates a bound list, then goes on.
pub fn jump(device: &Device<'_>, binding: Binding) -> Rule {
    let label = format!(
        "access list {} is bound here",
        list_name(device, binding.filter)
    );
    pseudo_rule(Action::Jump(binding.filter), label, binding.span)
}

/// The lists of one address family, or its security levels. Before 9.0 an
/// IPv4 list says nothing about IPv6 and the other way round.
fn family_rules(
    device: &mut Device<'_>,
    id: InterfaceId,
    any: AddressTerm,
    list: Option<Binding>,
    global: Option<Binding>,
) -> Vec<Rule> {
    let bindings: Vec<Binding> = [list, global].into_iter().flatten().collect();
    let mut rules: Vec<Rule> = if bindings.is_empty() {
        implicit_rules(device, id)
    } else {
        bindings
            .into_iter()
            .map(|binding| jump(device, binding))
            .collect()
    };
    for rule in &mut rules {
        rule.source = AddressMatch::One(any.clone());
    }
    rules
}

/// What may permit or deny packets before the lists are asked: what concerns
/// all interfaces stands in one filter.
fn prelude(device: &mut Device<'_>, id: InterfaceId, shared: Option<FilterId>) -> Vec<Rule> {
    let own: Vec<Doubt> = device
        .doubts
        .iter()
        .filter(|doubt| doubt.ingress == Some(id))
        .copied()
        .collect();
    let mut rules = Vec::new();
    for doubt in own {
        doubtful_rules(device, doubt, &mut rules);
    }
    if let Some(shared) = shared {
        let span = device
            .firewall
            .filters
            .get(shared.0 as usize)
            .map_or(device.start, |filter| filter.span);
        rules.push(pseudo_rule(
            Action::Jump(shared),
            "statements that are not modelled".to_owned(),
            span,
        ));
    }
    rules
}

/// The filter of the doubts that concern all interfaces.
fn shared_doubts(device: &mut Device<'_>) -> Option<FilterId> {
    let all: Vec<Doubt> = device
        .doubts
        .iter()
        .filter(|doubt| doubt.ingress.is_none())
        .copied()
        .collect();
    let span = all.first()?.span;
    let mut rules = Vec::new();
    for doubt in all {
        doubtful_rules(device, doubt, &mut rules);
    }
    let (name, label) = (
        "statements that are not modelled",
        "nothing else is in doubt",
    );
    Some(pseudo_filter(
        device,
        name.to_owned(),
        rules,
        Action::Return,
        label.to_owned(),
        span,
    ))
}

/// Rules that match possibly, for a doubt.
fn doubtful_rules(device: &Device<'_>, doubt: Doubt, rules: &mut Vec<Rule>) {
    let condition = Condition::Unknown(doubt.reason);
    let Some(list) = doubt.list else {
        let mut rule = blank_rule(doubt.action, doubt.span);
        add_condition(&mut rule, condition);
        rules.push(rule);
        return;
    };
    let Some(filter) = device.firewall.filters.get(list.0 as usize) else {
        return;
    };
    let permits = filter
        .rules
        .iter()
        .filter(|rule| rule.action == Action::Permit);
    for rule in permits.take(MAX_DOUBTFUL_RULES) {
        let mut rule = rule.clone();
        rule.action = doubt.action;
        add_condition(&mut rule, condition.clone());
        rules.push(rule);
    }
}

fn level(device: &Device<'_>, id: InterfaceId) -> Option<crate::source::Spanned<u8>> {
    device
        .firewall
        .interfaces
        .get(id.0 as usize)?
        .security_level
}

fn level_span(device: &Device<'_>, id: InterfaceId) -> Span {
    let interface = device.firewall.interfaces.get(id.0 as usize);
    interface.map_or(device.start, |interface| {
        interface
            .security_level
            .map_or(interface.name.span, |level| level.span)
    })
}

/// What security levels say where no access list is bound: one citable rule
/// per outgoing interface.
fn implicit_rules(device: &mut Device<'_>, id: InterfaceId) -> Vec<Rule> {
    let name = interface_name(device, id);
    let span = level_span(device, id);
    let known = !device.threat_defense && device.firewall.interfaces.len() <= MAX_COMPARED;
    let Some(own) = level(device, id).filter(|_| known) else {
        let text = match device.threat_defense {
            true => super::threat_defense::NO_POLICY.to_owned(),
            false => format!("the security level of interface {name} is not in this file"),
        };
        let reason = device.reason(text.clone(), span);
        return [Action::Permit, Action::Deny]
            .into_iter()
            .map(|action| {
                let mut rule = pseudo_rule(action, text.clone(), span);
                add_condition(&mut rule, Condition::Unknown(reason));
                rule
            })
            .collect();
    };
    let mut rules = Vec::new();
    for other in interface_ids(device) {
        let peer = interface_name(device, other);
        let Some(level) = level(device, other) else {
            let text = format!("the security level of interface {peer} is not in this file");
            let reason = device.reason(text.clone(), span);
            for action in [Action::Permit, Action::Deny] {
                let mut rule = pseudo_rule(action, text.clone(), span);
                rule.egress = InterfaceMatch::One(other);
                add_condition(&mut rule, Condition::Unknown(reason));
                rules.push(rule);
            }
            continue;
        };
        let way = format!("from {name} ({}) to {peer} ({})", own.value, level.value);
        let mut add = |action, label: String, span| {
            let mut rule = pseudo_rule(action, label, span);
            rule.egress = InterfaceMatch::One(other);
            rules.push(rule);
        };
        if device.module && other != id {
            // FWSM Configuration Guide, "Security Policy Overview".
            add(
                Action::Deny,
                format!("an FWSM passes nothing without an access list: {way}"),
                span,
            );
        } else if other == id {
            match device.intra_interface {
                Some(at) => add(
                    Action::Permit,
                    format!("same-security-traffic permits packets back out of {name}"),
                    at,
                ),
                None => add(
                    Action::Deny,
                    format!("packets do not leave through {name}, where they came in"),
                    span,
                ),
            }
        } else if own.value > level.value {
            add(Action::Permit, format!("implicit permit {way}"), span);
        } else if own.value < level.value {
            if let Some(conduit) = device.conduit {
                let at = device
                    .firewall
                    .filters
                    .get(conduit.0 as usize)
                    .map_or(span, |filter| filter.span);
                add(Action::Jump(conduit), format!("conduits decide {way}"), at);
            }
            add(Action::Deny, format!("implicit deny {way}"), span);
        } else {
            match device.inter_interface {
                Some(at) => add(
                    Action::Permit,
                    format!("same-security-traffic permits {way}"),
                    at,
                ),
                None => add(
                    Action::Deny,
                    format!("same security level, no same-security-traffic: {way}"),
                    span,
                ),
            }
        }
    }
    rules
}

/// Equal levels and hairpins, which no access list opens.
fn same_security(
    device: &mut Device<'_>,
    id: InterfaceId,
    view: AddressView,
    stages: &mut Vec<Stage>,
) {
    let Some(own) = level(device, id) else { return };
    if device.threat_defense || device.firewall.interfaces.len() > MAX_COMPARED {
        return;
    }
    let name = interface_name(device, id);
    let mut rules = Vec::new();
    for other in interface_ids(device) {
        let peer = interface_name(device, other);
        let label = if other == id {
            if device.intra_interface.is_some() {
                continue;
            }
            format!("packets do not leave through {name}, where they came in")
        } else {
            let equal = level(device, other).is_some_and(|level| level.value == own.value);
            if !equal || device.inter_interface.is_some() {
                continue;
            }
            format!(
                "same security level, no same-security-traffic: from {name} to {peer} ({})",
                own.value
            )
        };
        let mut rule = pseudo_rule(Action::Deny, label, own.span);
        rule.egress = InterfaceMatch::One(other);
        rules.push(rule);
    }
    if rules.is_empty() {
        return;
    }
    let label = format!("same security level on {name}");
    let default = format!("security levels do not forbid packets from {name}");
    let filter = pseudo_filter(
        device,
        label.clone(),
        rules,
        Action::Permit,
        default,
        own.span,
    );
    stages.push(Stage {
        passage: Passage::Transit,
        label,
        ingress: InterfaceMatch::One(id),
        egress: InterfaceMatch::Any,
        filter,
        view,
        span: own.span,
    });
}

/// A management-only interface forwards nothing.
fn management_only(device: &mut Device<'_>, view: AddressView, stages: &mut Vec<Stage>) {
    for id in interface_ids(device) {
        let info = device.interface_info.get(id.0 as usize);
        let Some(span) = info.and_then(|info| info.management_only) else {
            continue;
        };
        let name = interface_name(device, id);
        let label = format!("interface {name} is management-only");
        let rules = vec![pseudo_rule(Action::Deny, label.clone(), span)];
        let filter = pseudo_filter(
            device,
            label.clone(),
            rules,
            Action::Deny,
            label.clone(),
            span,
        );
        for (ingress, egress) in [(Some(id), None), (None, Some(id))] {
            stages.push(Stage {
                passage: Passage::Transit,
                label: label.clone(),
                ingress: ingress.into(),
                egress: egress.into(),
                filter,
                view,
                span,
            });
        }
    }
}

/// The stage of packets that leave through an interface.
fn egress(
    device: &mut Device<'_>,
    id: InterfaceId,
    (list, list6): (Option<Binding>, Option<Binding>),
    view: AddressView,
    stages: &mut Vec<Stage>,
) {
    let separate = device.separate_any && device.has_separate_families() || list6.is_some();
    let returns = list.is_some_and(|binding| {
        let filter = device.firewall.filters.get(binding.filter.0 as usize);
        filter.is_some_and(|filter| filter.default.action == Action::Return)
    });
    let Some(first) = list.or(list6) else { return };
    if !separate && !returns {
        stages.push(stage(device, first, None, Some(id), view));
        return;
    }
    let name = interface_name(device, id);
    let mut rules = Vec::new();
    for (binding, any) in [(list, AddressTerm::Any4), (list6, AddressTerm::Any6)] {
        let mut rule = match binding {
            Some(binding) => jump(device, binding),
            // A family without a list leaves freely.
            None => pseudo_rule(
                Action::Permit,
                format!("no access list out on {name} for this family"),
                first.span,
            ),
        };
        if separate {
            rule.source = AddressMatch::One(any);
        } else if binding.is_none() {
            continue;
        }
        rules.push(rule);
    }
    let list_name = list_name(device, first.filter);
    let label = format!("access-group {list_name} out interface {name}");
    let default = format!("implicit deny at the end of access list {list_name}");
    let filter = pseudo_filter(
        device,
        format!("outbound on {name}"),
        rules,
        Action::Deny,
        default,
        first.span,
    );
    stages.push(Stage {
        passage: Passage::Transit,
        label,
        ingress: InterfaceMatch::Any,
        egress: InterfaceMatch::One(id),
        filter,
        view,
        span: first.span,
    });
}
