//! Firepower Threat Defense: the packet filter is that of an ASA, its lists are
//! written by the management and Snort looks at what they let pass.
//!
//! Sources: Cisco, "Clarify Firepower Threat Defense Access Control Policy Rule
//! Actions" (document 212321): `deny` drops in the packet filter, `trust` passes
//! without Snort, `permit` hands to Snort, which may drop what a rule of the
//! policy blocks; "Configure FTD Interfaces in Routed Mode" (document 200908):
//! all interfaces have level 0, and traffic between them and back out of one is
//! allowed, `same-security-traffic` is not applicable.

use crate::model::firewall::{Action, Condition, Rule};

use super::device::Device;

/// Why an entry that permits does not decide.
pub const SNORT: &str = "an `advanced permit` leaves the decision to the Snort engine";
/// The release of the ASA that the first release (6.0) was made of: version
/// numbers of the two are not comparable.
pub const BASE: (u16, u16, u16) = (9, 6, 0);
/// Without the list of the policy nothing is known.
pub const NO_POLICY: &str = "the access control policy of Threat Defense is not in this file";

/// Puts behind each entry that hands packets to Snort what Snort may do:
/// later entries do not see those packets.
pub fn finish(device: &mut Device<'_>) {
    if !device.threat_defense {
        return;
    }
    let firewall = &mut device.firewall;
    let said = &firewall.not_modelled;
    let handed = |rule: &Rule| {
        rule.conditions.iter().any(|condition| match condition {
            Condition::Unknown(id) => said
                .get(id.0 as usize)
                .is_some_and(|said| said.reason == SNORT),
            _ => false,
        })
    };
    for filter in &mut firewall.filters {
        if !filter.rules.iter().any(handed) {
            continue;
        }
        let rules = std::mem::take(&mut filter.rules);
        for rule in rules {
            let dropped = handed(&rule).then(|| Rule {
                action: Action::Deny,
                implicit: Some("the Snort engine may drop it".into()),
                ..rule.clone()
            });
            filter.rules.push(rule);
            filter.rules.extend(dropped);
        }
    }
}
