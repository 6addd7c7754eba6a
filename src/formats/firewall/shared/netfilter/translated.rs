//! Rules that ask whether a connection has a translated destination:
//! `--ctstate DNAT`, `ct status dnat`.
//!
//! Only a translation of the table `nat` gives a connection that state
//! (iptables-extensions(8), "conntrack"; nft(8), "CT EXPRESSIONS"). So such a rule
//! is for packets whose destination is one that a translation of the file leads
//! to; whether such a packet was translated, or sent there directly, is not
//! followed. Without a translation the rule matches nothing.

use super::build::Builder;
use crate::model::firewall::{
    Action, AddressMatch, AddressTerm, Condition, FilterId, Firewall, NatKind, NatRule, PortMatch,
    ProtocolMatch, ReasonId, Rule, ServiceMatch, ServiceTerm,
};
use crate::source::Span;

/// Why such a rule is open.
pub const WHY: &str = "whether a connection is translated is not followed here";

/// More terms than this are not written into all rules together.
const MAX_TERMS: usize = 50_000;

/// What a rule of a ruleset asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// The condition that stands for it.
    pub reason: ReasonId,
    /// Whether it asks for connections that are not translated.
    pub negated: bool,
}

impl Builder<'_> {
    /// A condition that stands for a translated destination, or for none.
    pub fn translated(&mut self, negated: bool, span: Span) -> ReasonId {
        let before = self.firewall.not_modelled.len();
        let reason = self.reason(WHY, span);
        // Beyond the bound, several conditions share one reason.
        if self.firewall.not_modelled.len() > before {
            self.asked.push(Asked { reason, negated });
        }
        reason
    }
}

/// Where the translations of a ruleset lead.
enum Targets {
    Nowhere,
    To(Vec<AddressTerm>, Option<Vec<ServiceTerm>>),
    Anywhere,
}

/// Narrows the rules that ask for a translation. The packets of `open` filters may
/// have been translated in a way that is not followed.
pub fn apply(builder: &mut Builder<'_>, open: &[FilterId]) {
    let asked = std::mem::take(&mut builder.asked);
    if asked.is_empty() {
        return;
    }
    let targets = targets(&builder.firewall);
    let size = match &targets {
        Targets::Nowhere => 0,
        Targets::To(addresses, services) => addresses
            .len()
            .saturating_add(services.as_ref().map_or(0, Vec::len)),
        Targets::Anywhere => return,
    };
    if size.saturating_mul(asked.len()) > MAX_TERMS {
        return;
    }
    for (number, filter) in builder.firewall.filters.iter_mut().enumerate() {
        if open.iter().any(|id| id.0 as usize == number) {
            continue;
        }
        for rule in &mut filter.rules {
            if let Some(of) = asked.iter().find(|of| asks(rule, of.reason)) {
                settle(rule, *of, &targets);
            }
        }
    }
}

fn asks(rule: &Rule, reason: ReasonId) -> bool {
    rule.conditions.contains(&Condition::Unknown(reason))
}

fn settle(rule: &mut Rule, asked: Asked, targets: &Targets) {
    match (targets, asked.negated) {
        (Targets::Nowhere, false) => rule.enabled = false,
        (Targets::Nowhere, true) => {
            let all = std::mem::take(&mut rule.conditions).into_vec();
            let left = all
                .into_iter()
                .filter(|one| *one != Condition::Unknown(asked.reason));
            rule.conditions = left.collect();
        }
        (Targets::To(addresses, services), false) => {
            if rule.destination == AddressMatch::Any {
                rule.destination = AddressMatch::AnyOf(addresses.clone().into());
            }
            if let (ServiceMatch::Any, Some(services)) = (&rule.service, services) {
                rule.service = ServiceMatch::AnyOf(services.clone().into());
            }
        }
        (Targets::To(..), true) | (Targets::Anywhere, _) => {}
    }
}

fn targets(firewall: &Firewall) -> Targets {
    let rules = firewall.nat.rules.iter();
    let mut addresses = Vec::new();
    let mut services = Some(Vec::new());
    for rule in rules.filter(|rule| rule.kind == NatKind::Destination) {
        if !rule.conditions.is_empty() {
            return Targets::Anywhere;
        }
        match &rule.real_source {
            AddressMatch::One(AddressTerm::Unknown(_)) => return Targets::Anywhere,
            AddressMatch::One(term) => addresses.push(term.clone()),
            // Packets that keep their destination, or get another port of it.
            _ if keeps(rule) => continue,
            _ => return Targets::Anywhere,
        }
        match (&rule.service, &mut services) {
            (Some(service), Some(all)) => all.push(ServiceTerm::Inline {
                protocol: ProtocolMatch::One(service.protocol),
                source: PortMatch::Any,
                destination: PortMatch::Range(service.real),
            }),
            _ => services = None,
        }
    }
    if addresses.is_empty() {
        return Targets::Nowhere;
    }
    Targets::To(addresses, services)
}

fn keeps(rule: &NatRule) -> bool {
    let same = |service: &crate::model::firewall::NatService| service.real == service.mapped;
    rule.service.as_deref().is_none_or(same)
}

/// Filters that are called from some, and those.
pub fn reachable(firewall: &Firewall, starts: Vec<FilterId>) -> Vec<FilterId> {
    let mut all = starts.clone();
    let mut open = starts;
    while let Some(id) = open.pop() {
        let Some(filter) = firewall.filters.get(id.0 as usize) else {
            continue;
        };
        for rule in &filter.rules {
            if let Action::Jump(next) | Action::Goto(next) = rule.action
                && !all.contains(&next)
            {
                all.push(next);
                open.push(next);
            }
        }
    }
    all
}
