//! Terms of a stateless firewall filter.
//!
//! Source: Juniper, "Routing Policies, Firewall Filters, and Traffic Policers
//! User Guide": "Firewall Filter Match Conditions Based on Address Fields" (the
//! longest prefix of a list decides, `except` or not; each list ends with an
//! implicit `0/0 except`), "… for IPv4 Traffic" (values of one condition: any;
//! conditions: all; `port` is either port; a port does not imply a protocol;
//! `tcp-established` is ack or rst, `tcp-initial` syn without ack),
//! "Terminating Actions" (a term without one accepts), "Nonterminating
//! Actions" (`next term`). The model's packets are whole packets without IP
//! options: terms for fragments and options never match them.

use crate::formats::firewall::shared::rules::{blank_rule, pseudo_rule, undecided};
use crate::formats::firewall::shared::word_tree::NodeId;
use crate::model::firewall::{Action, Rule};

use self::actions::{THEN, Then};
use self::conditions::{FROM, From};
use self::variants::variants;
use super::device::Device;
use super::filters::{self, Family};

mod actions;
mod conditions;
mod variants;

/// The rules of all terms of a filter.
pub fn rules(device: &mut Device<'_, '_>, family: Family, filter: NodeId) -> Vec<Rule> {
    let mut rules = Vec::new();
    for statement in device.children(filter) {
        if device.word(statement) != "term" {
            // A filter without terms holds `from` and `then` itself.
            if matches!(device.word(statement), "from" | "then") {
                continue;
            }
            if !device.tree.is_read(statement) {
                device.tree.mark_unknown(statement);
                let why = "this statement of a filter is not known to exlint";
                let reason = device.not_modelled(statement, why);
                let span = device.statement(statement);
                rules.extend(undecided(&pseudo_rule(Action::Permit, why, span), reason));
            }
            continue;
        }
        let all: Vec<NodeId> = device.tree.all(statement).collect();
        for term in all {
            read_term(device, family, term, &mut rules);
        }
    }
    if device.tree.get(filter, "then").is_some() {
        read_term(device, family, filter, &mut rules);
    }
    rules
}

fn read_term(device: &mut Device<'_, '_>, family: Family, term: NodeId, out: &mut Vec<Rule>) {
    let span = device.statement(term);
    let mut base = blank_rule(Action::Permit, span);
    base.enabled = !device.tree.is_inactive(term);
    device.modelled(term);
    if !base.enabled {
        device.modelled_all(term);
    }
    let mut from = From::default();
    let mut then = Then::default();
    for statement in device.children(term) {
        match device.word(statement) {
            "from" => {
                for condition in device.chained(statement, &FROM) {
                    conditions::read(device, family, condition, &mut from);
                }
            }
            "then" => {
                for action in device.chained(statement, &THEN) {
                    actions::read(device, action, &mut then, &mut base);
                }
            }
            "filter" => {
                for name in device.children(statement) {
                    device.modelled_all(name);
                    let (word, at) = (device.word(name), device.statement(name));
                    let used = device.span(name);
                    device.refer("firewall filter", word, false, used);
                    match filters::filter(device, family, word, true) {
                        Some(id) => then.jump = Some(Action::Jump(id)),
                        None => {
                            then.unknown =
                                Some(device.reason(
                                    format!("filter {word} is not defined in this file"),
                                    at,
                                ));
                        }
                    }
                }
            }
            "term" => {}
            other => {
                if device.tree.is_read(statement) {
                    continue;
                }
                device.tree.mark_unknown(statement);
                let why = format!("`{other}` in a term is not known to exlint");
                then.unknown = Some(device.not_modelled(statement, why));
            }
        }
    }
    if device.is_cut(term) {
        from.unknown.push(device.reason(
            "the file ends inside this term's line: it may be cut off",
            span,
        ));
    }
    let Some(action) = then.action() else {
        // `next term` and nothing else.
        return;
    };
    base.action = action;
    if let Some(reason) = then.unknown
        && base.enabled
    {
        for rule in variants(device, family, &base, &from) {
            out.extend(undecided(&rule, reason));
        }
        return;
    }
    if from.never {
        return;
    }
    out.extend(variants(device, family, &base, &from));
}
