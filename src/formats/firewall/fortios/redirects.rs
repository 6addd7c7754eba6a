//! Packets that leave where they came in: `allow-traffic-redirect`.
//!
//! Source: Fortinet, Technical Tip "Traffic handled by FortiGate for packets with
//! ingress & egress as same interface" (FD36468): while the setting of `system
//! global` is on, such packets are sent on by their route alone, without a policy.
//! It is on by default up to 7.4.9 and 7.6.4, and off from 7.4.10, 7.6.5 and 8.0.
//! Whether it holds for senders of other networks too, and for packets that were
//! translated, differs between versions: what no policy permits stays open.

use crate::formats::firewall::shared::rules::{add_condition, pseudo_rule, quoted};
use crate::model::firewall::{
    Action, AddressMatch, AddressTerm, Condition, InterfaceId, InterfaceMatch, Rule,
};

use super::device::{Device, index};

/// The setting of either family.
pub const SETTINGS: [(&str, AddressTerm); 2] = [
    ("allow-traffic-redirect", AddressTerm::Any4),
    ("ipv6-allow-traffic-redirect", AddressTerm::Any6),
];

/// Rules that leave open what may pass without a policy.
pub fn open(device: &mut Device<'_, '_>) -> Vec<Rule> {
    let start = device.firewall.name.span;
    let node = device.tree().find(device.global, false, "system global");
    let values = node.map_or_else(Vec::new, |node| device.values(node));
    let mut rules = Vec::new();
    for (key, family) in SETTINGS {
        let stated = values.iter().find(|value| value.key == key);
        let on = stated.map_or_else(
            || on_by_default(device.version),
            |value| value.is_on() || value.is_open(),
        );
        if !on {
            continue;
        }
        let at = stated.map_or(start, |value| device.span_of(value.raw));
        let why = format!(
            "packets that leave where they came in pass without a policy while {} is on",
            quoted(key)
        );
        let reason = device.reason(why, at);
        for id in (0..index(device.firewall.interfaces.len())).map(InterfaceId) {
            let interface = device.firewall.interfaces.get(id.0 as usize);
            if interface.is_none_or(|interface| interface.discards()) {
                continue;
            }
            let mut rule = pseudo_rule(Action::Permit, format!("{key} enable"), at);
            rule.source = AddressMatch::One(family.clone());
            rule.ingress = InterfaceMatch::One(id);
            rule.egress = InterfaceMatch::One(id);
            add_condition(&mut rule, Condition::Unknown(reason));
            rules.push(rule);
        }
    }
    rules
}

/// Whether a device whose file does not say may have it on.
fn on_by_default(version: Option<(u16, u16, u16)>) -> bool {
    match version {
        Some(version @ (7, 0..=4, _)) => version < (7, 4, 10),
        Some(version) => version < (7, 6, 5),
        None => true,
    }
}
