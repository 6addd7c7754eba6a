//! Translation between IPv4 and IPv6 by sections of their own, up to FortiOS 7.0:
//! `firewall policy46` with `vip46`, `firewall policy64` with `vip64`.
//!
//! Source: Fortinet, FortiOS CLI Reference 6.4, "config firewall policy46", "config
//! firewall policy64", "config system nat64": packets for the address that a `vip46`
//! or `vip64` publishes, or for the NAT64 prefix (`64:ff9b::/96` unless set), meet
//! these policies and no others. What becomes of them is not modelled: they stay
//! open while such a policy is enabled.

use crate::formats::LineState;
use crate::formats::firewall::shared::rules::pseudo_rule;
use crate::model::firewall::{Action, AddressMatch, AddressTerm, Rule};
use crate::source::Span;

use super::addresses::network6;
use super::device::{Device, any_of};
use super::vips::{first, range};
use crate::formats::firewall::shared::rules::undecided;

/// The prefix that NAT64 looks for unless another is set.
const PREFIX: &str = "64:ff9b::/96";

/// Rules that leave open what these policies may translate.
pub fn open(device: &mut Device<'_, '_>) -> Vec<Rule> {
    let mut rules = Vec::new();
    if let Some(node) = device.section("system nat64") {
        device.cover(node, LineState::Irrelevant);
    }
    for (section, vips, v6) in [
        ("firewall policy46", "firewall vip46", false),
        ("firewall policy64", "firewall vip64", true),
    ] {
        let Some(at) = enabled(device, section) else {
            continue;
        };
        let label = format!("`{section}` may translate the packet to the other family");
        let mut rule = pseudo_rule(Action::Permit, label, at);
        rule.destination = match published(device, vips, v6) {
            Some(terms) => any_of(terms),
            None if v6 => AddressMatch::One(AddressTerm::Any6),
            None => AddressMatch::One(AddressTerm::Any4),
        };
        let why = "translation between IPv4 and IPv6 is not modelled";
        let reason = device.reason(why, at);
        rules.extend(undecided(&rule, reason));
    }
    rules
}

/// The line of the first policy of a section that is not switched off.
fn enabled(device: &mut Device<'_, '_>, section: &str) -> Option<Span> {
    let entries = device.entries(section);
    let on = entries.into_iter().find(|entry| {
        let values = device.values(*entry);
        first(&values, "status") != Some("disable")
    });
    on.map(|entry| device.line(entry))
}

/// Where the packets go that such policies look at; `None` where that is not told.
fn published(device: &mut Device<'_, '_>, section: &str, v6: bool) -> Option<Vec<AddressTerm>> {
    let mut terms = Vec::new();
    for entry in device.entries(section) {
        let values = device.values(entry);
        if first(&values, "status") != Some("disable") {
            terms.push(range(first(&values, "extip")?)?.into());
        }
    }
    if !v6 {
        // Without an address of its own no policy can name a destination.
        return (!terms.is_empty()).then_some(terms);
    }
    let mut prefix = network6(PREFIX);
    if let Some(node) = device.section("system nat64") {
        if !device.tree().children(node).is_empty() {
            return None;
        }
        let values = device.values(node);
        if let Some(stated) = first(&values, "nat64-prefix") {
            prefix = network6(stated);
            device.modelled(node, "nat64-prefix");
        }
    }
    terms.push(prefix?.into());
    Some(terms)
}
