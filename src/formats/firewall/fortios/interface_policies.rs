//! Sensors that look at the packets of an interface before any policy:
//! `firewall interface-policy`.
//!
//! Source: Fortinet, FortiOS Administration Guide, "Interface policies": they come
//! before the policies, and inspect what enters and what leaves the interface with
//! the sensors that are on (`ips-sensor-status`, `application-list-status` …). A
//! sensor may end a connection for what it is or carries, which is not in the
//! file: the packets of a policy with a sensor pass possibly, all others as if it
//! were not there.

use crate::formats::firewall::shared::rules::add_condition;
use crate::model::firewall::{
    Action, AddressView, Condition, InterfaceMatch, Passage, Rule, Stage,
};

use super::device::Device;
use super::policies::policy;
use super::tree::NodeId;

/// Makes the stage of the policies that have a sensor.
pub fn compile(device: &mut Device<'_, '_>) {
    let mut rules: Vec<Rule> = Vec::new();
    let mut first = None;
    for (section, v6) in [
        ("firewall interface-policy", false),
        ("firewall interface-policy6", true),
    ] {
        for entry in device.entries(section) {
            let line = device.line(entry);
            let mut rule = policy(device, entry, v6, Action::Deny).rule;
            if !inspects(device, entry) {
                continue;
            }
            first.get_or_insert(line);
            let why = "a sensor of an interface policy may end the connection";
            let reason = device.reason(why, line);
            add_condition(&mut rule, Condition::Unknown(reason));
            let leaving = Rule {
                egress: rule.ingress.clone(),
                ingress: InterfaceMatch::Any,
                ..rule.clone()
            };
            rules.extend([rule, leaving]);
        }
    }
    let Some(span) = first else {
        return;
    };
    let label = "no interface policy inspects the packet";
    let filter = device.add_filter("interface policies", rules, (Action::Permit, label), span);
    for passage in [Passage::Transit, Passage::ToHost] {
        device.firewall.stages.push(Stage {
            label: "interface policies".to_owned(),
            passage,
            ingress: InterfaceMatch::Any,
            egress: InterfaceMatch::Any,
            filter,
            view: AddressView::Mapped,
            span,
        });
    }
}

/// Whether a sensor of the policy is on.
fn inspects(device: &mut Device<'_, '_>, entry: NodeId) -> bool {
    device.values(entry).iter().any(|value| {
        let sensor = value.key.ends_with("-status") && value.is_on();
        sensor || value.key == "scan-botnet-connections" && value.first() == "block"
    })
}
