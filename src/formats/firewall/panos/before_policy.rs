//! Rules that decide before the security policy, or beside it.
//!
//! Sources: Palo Alto Networks, "PAN-OS Web Interface Help", "Policies > Policy
//! Based Forwarding" (forward, discard, no PBF), "Policies > DoS Protection"
//! (deny, allow, protect), "Policies > Authentication".

use crate::formats::firewall::shared::word_tree::NodeId;
use crate::model::firewall::{Action, Passage, Rule, Stage};

use super::device::{Device, may_stop};
use super::matching::{self, Needs};
use super::security::stage;

/// Compiles forwarding, DoS and authentication rules into a stage, and marks
/// the rules of the other lists.
pub fn compile(device: &mut Device<'_, '_>) {
    let mut rules = Vec::new();
    for base in device.context.rulebases.clone() {
        for list in device.children(base.node) {
            device.modelled(list);
            let kind = device.word(list);
            if matches!(
                kind,
                "security" | "nat" | "decryption" | "default-security-rules"
            ) {
                continue;
            }
            for entry in device.below(list, &["rules"]) {
                match kind {
                    "pbf" => forwarding(device, entry, &mut rules),
                    "dos" => denial(device, entry, &mut rules),
                    "authentication" | "captive-portal" => {
                        authentication(device, entry, &mut rules);
                    }
                    "application-override" => device.note(
                        entry,
                        "an application override tells the application of a port: rules that ask \
                         for applications are undecided anyway",
                    ),
                    "tunnel-inspect" => device.note(entry, "inspection of tunnels is not modelled"),
                    _ => device.irrelevant(entry),
                }
            }
            if !device.tree.is_marked(list) {
                device.modelled(list);
            }
            for key in device.children(list) {
                if device.word(key) == "rules" {
                    device.modelled(key);
                } else {
                    device.irrelevant(key);
                }
            }
        }
    }
    let Some(first) = rules.first() else { return };
    let span = first.span;
    let label = "no rule before the security policy matches".to_owned();
    let default = (Action::Permit, label, span);
    let name = "rules before the security policy".to_owned();
    let filter = device.add_filter(name, rules, default, span);
    let stage = Stage {
        label: "rules before the security policy".to_owned(),
        ..stage(filter, Passage::Transit, span)
    };
    device.firewall.stages.push(stage);
}

const ALONE: Needs = Needs { application: false };

fn forwarding(device: &mut Device<'_, '_>, entry: NodeId, rules: &mut Vec<Rule>) {
    let mut asked = matching::read(device, entry, ALONE);
    // These rules look at where packets come from only.
    asked.conditions.clear();
    asked.to = matching::Zones::Any;
    let action = device
        .tree
        .get(entry, "action")
        .and_then(|node| device.tree.children(node).next())
        .map(|node| device.word(node));
    match action {
        Some("discard") => {
            device.modelled_all(entry);
            rules.extend(asked.rules(device, Action::Deny));
        }
        Some("no-pbf") => device.modelled_all(entry),
        _ => {
            let why = "packets of this rule leave by another way than the routing table tells";
            let reason = device.not_modelled(entry, why);
            for rule in asked.rules(device, Action::Permit) {
                rules.push(may_stop(&rule, reason));
            }
        }
    }
    let marked = device.children(entry);
    for key in marked {
        device.modelled_all(key);
    }
}

fn denial(device: &mut Device<'_, '_>, entry: NodeId, rules: &mut Vec<Rule>) {
    let asked = matching::read(device, entry, ALONE);
    let action = device
        .tree
        .get(entry, "action")
        .and_then(|node| device.tree.children(node).next())
        .map(|node| device.word(node));
    if action == Some("deny") {
        rules.extend(asked.rules(device, Action::Deny));
    }
    for key in device.children(entry) {
        device.irrelevant(key);
    }
}

fn authentication(device: &mut Device<'_, '_>, entry: NodeId, rules: &mut Vec<Rule>) {
    let asked = matching::read(device, entry, ALONE);
    let asks = device
        .tree
        .get(entry, "authentication-enforcement")
        .is_some()
        || matches!(
            device.value(entry, &["action"]),
            Some("web-form" | "browser-challenge" | "captive-portal" | "ntlm-auth")
        );
    if asks {
        let why = "users must sign in before packets of this rule pass";
        let reason = device.not_modelled(entry, why);
        for rule in asked.rules(device, Action::Permit) {
            rules.push(may_stop(&rule, reason));
        }
    }
    for key in device.children(entry) {
        device.irrelevant(key);
    }
}
