//! Rules under construction.

use crate::model::firewall::{
    Action, AddressMatch, AddressTerm, Condition, InterfaceMatch, ReasonId, Rule, ServiceMatch,
    StateMatch,
};
use crate::source::Span;

/// A rule that matches everything, to start from.
pub fn blank_rule(action: Action, span: Span) -> Rule {
    Rule {
        action,
        enabled: true,
        logs: false,
        ingress: InterfaceMatch::Any,
        egress: InterfaceMatch::Any,
        source: AddressMatch::Any,
        destination: AddressMatch::Any,
        service: ServiceMatch::Any,
        state: StateMatch::Any,
        conditions: Box::default(),
        implicit: None,
        span,
    }
}

/// A rule that stands in no file: it has words to cite.
pub fn pseudo_rule(action: Action, label: impl Into<Box<str>>, span: Span) -> Rule {
    Rule {
        implicit: Some(label.into()),
        ..blank_rule(action, span)
    }
}

/// Adds a condition to a rule that does not have it yet.
pub fn add_condition(rule: &mut Rule, condition: Condition) {
    if rule.conditions.contains(&condition) {
        return;
    }
    let mut all = std::mem::take(&mut rule.conditions).into_vec();
    all.push(condition);
    rule.conditions = all.into_boxed_slice();
}

/// Rules that leave what they match undecided.
pub fn undecided(rule: &Rule, reason: ReasonId) -> [Rule; 2] {
    [Action::Permit, Action::Deny].map(|action| {
        let mut rule = rule.clone();
        rule.action = action;
        add_condition(&mut rule, Condition::Unknown(reason));
        rule
    })
}

/// Replaces `any` in both positions, for a list of one address family.
pub fn narrow(rule: &mut Rule, any: &AddressTerm) {
    for side in [&mut rule.source, &mut rule.destination] {
        if *side == AddressMatch::Any {
            *side = AddressMatch::One(any.clone());
        }
    }
}

/// A word of the file inside a reason: short, in backquotes.
pub fn quoted(word: &str) -> String {
    let short: String = word.chars().filter(|c| !c.is_control()).take(60).collect();
    format!("`{short}`")
}

/// The start of a line, for a message.
pub fn clipped(line: &str) -> String {
    line.chars().filter(|c| !c.is_control()).take(60).collect()
}
