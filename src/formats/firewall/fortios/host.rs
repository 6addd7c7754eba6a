//! Packets for the FortiGate itself: `firewall local-in-policy`; and access
//! control lists that drop before any policy.
//!
//! Source: Fortinet, FortiOS Administration Guide, "Local-in policy": policies of
//! the administrator come first, then those that the device makes of its services
//! (`allowaccess`, VPN, routing), which no export shows. "config firewall acl":
//! packets that an entry matches are dropped.

use crate::formats::firewall::shared::rules::pseudo_rule;
use crate::model::firewall::{Action, AddressView, InterfaceMatch, Passage, Stage};

use super::device::Device;
use super::management;
use super::policies::policy;
use crate::formats::firewall::shared::rules::undecided;

/// Makes the stage for packets to the device.
pub fn compile(device: &mut Device<'_, '_>) {
    let start = device.firewall.name.span;
    let mut rules = Vec::new();
    let mut span = None;
    for (section, v6) in [
        ("firewall local-in-policy", false),
        ("firewall local-in-policy6", true),
    ] {
        for entry in device.entries(section) {
            span.get_or_insert(device.line(entry));
            let read = policy(device, entry, v6, Action::Deny);
            rules.push(read.rule);
        }
    }
    let span = span.unwrap_or(start);
    rules.extend(management::rules(device));
    let rest = pseudo_rule(Action::Permit, "services of the device itself", span);
    let reason = device.reason(
        "what the device itself answers depends on its services, which are not modelled",
        span,
    );
    rules.extend(undecided(&rest, reason));
    let label = "implicit deny: no local-in policy matches";
    let filter = device.add_filter("local-in policies", rules, (Action::Deny, label), span);
    device.firewall.stages.push(Stage {
        label: "local-in policies".to_owned(),
        passage: Passage::ToHost,
        ingress: InterfaceMatch::Any,
        egress: InterfaceMatch::Any,
        filter,
        view: AddressView::Real,
        span,
    });
}

/// Makes the stage of access control lists.
pub fn access_lists(device: &mut Device<'_, '_>) {
    let mut rules = Vec::new();
    let mut span = None;
    for (section, v6) in [("firewall acl", false), ("firewall acl6", true)] {
        for entry in device.entries(section) {
            span.get_or_insert(device.line(entry));
            let read = policy(device, entry, v6, Action::Deny);
            rules.push(read.rule);
        }
    }
    let Some(span) = span else {
        return;
    };
    let label = "no access control list drops the packet";
    let filter = device.add_filter("access control lists", rules, (Action::Permit, label), span);
    device.firewall.stages.push(Stage {
        label: "access control lists".to_owned(),
        passage: Passage::Transit,
        ingress: InterfaceMatch::Any,
        egress: InterfaceMatch::Any,
        filter,
        view: AddressView::Mapped,
        span,
    });
}
