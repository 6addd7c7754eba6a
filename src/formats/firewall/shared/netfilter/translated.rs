//! Rules for connections whose destination was translated.
//!
//! `ct status dnat` and `--ctstate DNAT` match a connection after a rule of a nat
//! chain changed its destination (nft(8), "CONNTRACK EXPRESSIONS";
//! iptables-extensions(8), "conntrack"). The first packet of such a connection has
//! one of the addresses that these rules write, a reply does not; without such
//! rules there is no such connection.

use super::build::Builder;
use crate::model::firewall::{
    AddressMatch, AddressTerm, Condition, FilterId, NatKind, ReasonId, Rule, StateMatch,
};

/// Why a rule that asks for it matches only possibly.
pub const DESTINATION: &str =
    "whether the destination of a connection was translated is not followed here";

/// Leaves such rules of some filters for the packets that they can match. `filters`
/// are those whose packets met the translations of the file, and no others.
pub fn apply(builder: &mut Builder<'_>, filters: &[FilterId]) {
    let firewall = &mut builder.firewall;
    let reasons = (0u32..).map(ReasonId).zip(&firewall.not_modelled);
    let reasons: Vec<ReasonId> = reasons
        .filter(|(_, reason)| reason.reason == DESTINATION)
        .map(|(id, _)| id)
        .collect();
    if reasons.is_empty() {
        return;
    }
    let targets = targets(&firewall.nat.rules);
    let asks = |rule: &Rule| {
        let mut conditions = rule.conditions.iter();
        conditions.any(|condition| {
            matches!(condition, Condition::Unknown(id) if reasons.binary_search(id).is_ok())
        })
    };
    for id in filters {
        let Some(filter) = firewall.filters.get_mut(id.0 as usize) else {
            continue;
        };
        let mut from = 0;
        while let Some(at) = filter.rules.iter().skip(from).position(asks) {
            let at = from.saturating_add(at);
            from = at.saturating_add(1);
            let Some(rule) = filter.rules.get_mut(at) else {
                break;
            };
            for condition in &mut rule.conditions {
                if let Condition::Unknown(id) = condition
                    && reasons.binary_search(id).is_ok()
                {
                    *condition = Condition::NewDestination(*id);
                }
            }
            let Some(targets) = &targets else { continue };
            if targets.is_empty() {
                rule.destination = AddressMatch::AnyOf(Box::default());
                continue;
            }
            if rule.destination != AddressMatch::Any || rule.state == StateMatch::Established {
                continue;
            }
            let reply = Rule {
                state: StateMatch::Established,
                ..rule.clone()
            };
            let both = rule.state == StateMatch::Any;
            rule.state = StateMatch::New;
            rule.destination = AddressMatch::AnyOf(targets.clone().into());
            if both {
                filter.rules.insert(from, reply);
                from = from.saturating_add(1);
            }
        }
    }
}

/// The addresses that translations write; `None` where the file does not tell.
pub fn targets(rules: &[crate::model::firewall::NatRule]) -> Option<Vec<AddressTerm>> {
    let mut targets: Vec<AddressTerm> = Vec::new();
    let destinations = rules
        .iter()
        .filter(|rule| rule.kind == NatKind::Destination);
    for rule in destinations {
        match &rule.real_source {
            AddressMatch::One(term @ (AddressTerm::V4(..) | AddressTerm::V6(_))) => {
                if !targets.contains(term) {
                    targets.push(term.clone());
                }
            }
            _ => return None,
        }
        if targets.len() > MAX_TARGETS {
            return None;
        }
    }
    Some(targets)
}

/// More addresses are not looked for in one rule.
const MAX_TARGETS: usize = 256;
