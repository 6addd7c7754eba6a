//! Kinds of destinations (`addrtype`, `fib daddr type`) in chains that only `INPUT`
//! leads to.
//!
//! The kernel hands IPv4 packets to `INPUT` whose destination is local, broadcast
//! or multicast, and no others (net/ipv4/route.c, `ip_route_input_slow`; ip(7)).
//! Which address is which, the file does not tell; rules one behind the other that
//! do the same for all three leave nothing over (`ufw-not-local` of ufw).

use crate::formats::firewall::shared::netfilter::build::Builder;
use crate::model::firewall::{
    Action, AddressMatch, AddressTerm, Condition, Filter, FilterId, Rule, ServiceMatch, StateMatch,
};

/// Why a rule for local destinations matches only possibly.
pub const LOCAL: &str = "whether the destination is an address of the host is not in the file";
/// Why a rule for broadcasts matches only possibly.
pub const BROADCAST: &str = "whether the destination is a broadcast is not in the file";

/// The addresses of IPv4 multicast.
pub const MULTICAST: (u32, u32) = (0xE000_0000, 0xEFFF_FFFF);

/// Kinds of destinations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Local,
    Broadcast,
    Multicast,
}

/// Makes the last of such rules match all that is left. `input` are the chains of
/// IPv4 at that hook, `others` those at all other hooks.
pub fn apply(builder: &mut Builder<'_>, input: &[FilterId], others: &[FilterId]) {
    let filters = &builder.firewall.filters;
    let (mut reached, elsewhere) = (reached(filters, input), reached(filters, others));
    reached.retain(|id| !elsewhere.contains(id));
    for id in reached {
        let Some(filter) = builder.firewall.filters.get(id.0 as usize) else {
            continue;
        };
        let kinds: Vec<Option<(Kind, Action)>> = filter
            .rules
            .iter()
            .map(|rule| Some((kind(builder, rule)?, rule.action)))
            .collect();
        let last: Vec<usize> = (2..kinds.len())
            .filter(|at| {
                let three = kinds.get(at.saturating_sub(2)..=*at);
                let [Some(a), Some(b), Some(c)] = three.unwrap_or_default() else {
                    return false;
                };
                a.1 == b.1 && b.1 == c.1 && a.0 != b.0 && b.0 != c.0 && a.0 != c.0
            })
            .collect();
        let Some(filter) = builder.filter_mut(id) else {
            continue;
        };
        for at in last {
            if let Some(rule) = filter.rules.get_mut(at) {
                rule.conditions = Box::default();
                rule.destination = AddressMatch::One(AddressTerm::Any4);
            }
        }
    }
}

/// The filters that some filters lead to, and themselves.
fn reached(filters: &[Filter], starts: &[FilterId]) -> Vec<FilterId> {
    let mut seen = vec![false; filters.len()];
    let mut open = starts.to_vec();
    let mut all = Vec::new();
    while let Some(id) = open.pop() {
        let (Some(filter), Some(slot)) = (filters.get(id.0 as usize), seen.get_mut(id.0 as usize))
        else {
            continue;
        };
        if std::mem::replace(slot, true) {
            continue;
        }
        all.push(id);
        let actions = filter.rules.iter().map(|rule| rule.action);
        for action in actions.chain([filter.default.action]) {
            if let Action::Jump(next) | Action::Goto(next) = action {
                open.push(next);
            }
        }
    }
    all
}

/// The kind of destination that a rule asks for, if it asks for nothing else.
fn kind(builder: &Builder<'_>, rule: &Rule) -> Option<Kind> {
    let alone = rule.enabled
        && rule.state == StateMatch::Any
        && rule.ingress.is_any()
        && rule.egress.is_any()
        && matches!(
            rule.source,
            AddressMatch::Any | AddressMatch::One(AddressTerm::Any4)
        )
        && rule.service == ServiceMatch::Any;
    if !alone {
        return None;
    }
    let (low, high) = MULTICAST;
    let inside = AddressTerm::V4(low, high);
    let outside = [
        AddressTerm::V4(0, low.saturating_sub(1)),
        AddressTerm::V4(high.saturating_add(1), u32::MAX),
    ];
    match (rule.conditions.as_ref(), &rule.destination) {
        ([], destination) => (*destination == AddressMatch::One(inside)).then_some(Kind::Multicast),
        ([Condition::Unknown(id)], AddressMatch::AnyOf(terms)) if **terms == outside => {
            let reason = builder.firewall.not_modelled.get(id.0 as usize)?;
            match reason.reason.as_str() {
                LOCAL => Some(Kind::Local),
                BROADCAST => Some(Kind::Broadcast),
                _ => None,
            }
        }
        _ => None,
    }
}
