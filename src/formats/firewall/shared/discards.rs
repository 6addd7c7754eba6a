//! Static routes that drop packets.
//!
//! They lead to an interface that no device has. What is routed there is lost.
//! A packet from an address with such a route comes in by an interface that the
//! routes do not tell: what a policy does to it stays open.

use crate::model::firewall::{
    Action, AddressView, Condition, Filter, FilterDefault, FilterId, Firewall, Interface,
    InterfaceId, InterfaceMatch, NotModelled, Passage, ReasonId, Rule, Stage,
};
use crate::source::Span;

use super::rules::{add_condition, pseudo_rule};

/// The interface that such routes lead to, when there is one.
pub fn find(firewall: &Firewall) -> Option<(InterfaceId, Span)> {
    (0u32..)
        .zip(&firewall.interfaces)
        .find(|(_, interface)| interface.discards())
        .map(|(id, interface)| (InterfaceId(id), interface.span))
}

/// The interface that such routes lead to; made for the first of them.
pub fn interface(firewall: &mut Firewall, span: Span) -> InterfaceId {
    named(firewall, Interface::NOWHERE, span)
}

/// The same with the name that the device gives it.
pub fn named(firewall: &mut Firewall, name: &'static str, span: Span) -> InterfaceId {
    if let Some((id, _)) = find(firewall) {
        return id;
    }
    let id = u32::try_from(firewall.interfaces.len()).unwrap_or(u32::MAX);
    firewall.interfaces.push(Interface::nowhere(name, span));
    InterfaceId(id)
}

/// Rules for the top of a policy: packets from an address whose route drops
/// what is sent there.
pub fn open(firewall: &mut Firewall) -> Vec<Rule> {
    let Some((id, span)) = find(firewall) else {
        return Vec::new();
    };
    let reason = ReasonId(u32::try_from(firewall.not_modelled.len()).unwrap_or(u32::MAX));
    firewall.not_modelled.push(NotModelled {
        reason: "the only route to the source drops packets: where they come in is not known"
            .to_owned(),
        span,
        asks: Default::default(),
    });
    [Action::Permit, Action::Deny]
        .map(|action| {
            let mut rule = pseudo_rule(action, "a route drops what is sent back", span);
            rule.ingress = InterfaceMatch::One(id);
            add_condition(&mut rule, Condition::Unknown(reason));
            rule
        })
        .to_vec()
}

/// Adds the stage in which packets are lost.
pub fn stage(firewall: &mut Firewall) {
    let Some((id, span)) = find(firewall) else {
        return;
    };
    let label = "a route drops these packets";
    let mut rules = open(firewall);
    let mut lost = pseudo_rule(Action::Deny, label, span);
    lost.egress = InterfaceMatch::One(id);
    rules.push(lost);
    let filter = FilterId(u32::try_from(firewall.filters.len()).unwrap_or(u32::MAX));
    firewall.filters.push(Filter {
        name: "routes that drop packets".to_owned(),
        rules,
        default: FilterDefault {
            action: Action::Permit,
            label: "no route drops these packets".to_owned(),
            span,
        },
        span,
        filters_traffic: false,
    });
    firewall.stages.push(Stage {
        label: label.to_owned(),
        passage: Passage::Transit,
        ingress: InterfaceMatch::Any,
        egress: InterfaceMatch::Any,
        filter,
        view: AddressView::Mapped,
        span,
    });
}
