//! Whether a rule leaves a record of the connections that it lets through.

use crate::formats::firewall::{cisco_asa, iptables, nftables, windows_firewall};
use crate::model::firewall::{
    Action, AddressMatch, Filter, FilterId, Firewall, Rule, ServiceMatch,
};

/// Platforms that log connections unless they are told otherwise: an ASA and a
/// PIX write message 302013 for every connection, whatever the entry that
/// permits it says (Cisco ASA Series Syslog Messages, 302013; `log` adds 106100).
const LOG_BY_THEMSELVES: [&str; 1] = [cisco_asa::ID];

/// Platforms on which a rule of its own logs, and evaluation goes on.
const LOG_BEFORE: [&str; 2] = [iptables::ID, nftables::ID];

/// Whether connections that a permit lets through are logged; `None` where the
/// file does not tell (the Windows Firewall logs by profile, not by rule).
#[must_use]
pub fn of_rule(firewall: &Firewall, filter: FilterId, index: u32) -> Option<bool> {
    let filter = firewall.filters.get(filter.0 as usize)?;
    let position = index as usize;
    let rule = filter.rules.get(position)?;
    if rule.action != Action::Permit || rule.implicit.is_some() {
        return None;
    }
    if firewall.platform == windows_firewall::ID {
        return None;
    }
    if rule.logs || LOG_BY_THEMSELVES.contains(&firewall.platform) {
        return Some(true);
    }
    Some(LOG_BEFORE.contains(&firewall.platform) && logged_before(filter, position, rule))
}

/// At most so many rules before one are looked at.
const LOOKED_AT: usize = 1_000;

/// Whether a rule that only logs stands before and has the same packets.
fn logged_before(filter: &Filter, position: usize, rule: &Rule) -> bool {
    let before = filter.rules.iter().take(position).rev().take(LOOKED_AT);
    let mut logging = before.filter(|before| before.logs && before.action == Action::Continue);
    logging.any(|log| {
        let addresses =
            |log: &AddressMatch, own: &AddressMatch| matches!(log, AddressMatch::Any) || log == own;
        let service = matches!(log.service, ServiceMatch::Any) || log.service == rule.service;
        log.enabled
            && service
            && addresses(&log.source, &rule.source)
            && addresses(&log.destination, &rule.destination)
            && log.ingress.covers(&rule.ingress)
            && log.egress.covers(&rule.egress)
    })
}
