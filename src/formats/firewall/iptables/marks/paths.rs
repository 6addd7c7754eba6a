//! Where a mark comes from: each packet that a rule with `--mark` matches met a rule
//! that sets the bit.
//!
//! The rule with `--mark` calls copies of the ways from the built-in chains to the
//! rules that set the bit, as far as a packet keeps what they look at: its source,
//! its interface, its protocol, whether it opens a connection. Its destination is
//! what the way asks for, or one that a translation of the file writes. Whether the
//! packet did go that way stays open, but for a rule of the same chain right above.

use std::collections::BTreeSet;

use super::{Bits, UNKNOWN, gives, is_plain, mark_of, sets};
use crate::formats::firewall::iptables::reader::Rules;
use crate::formats::firewall::iptables::tables::{TABLES, is_built_in};
use crate::formats::firewall::shared::netfilter::build::{by_family, plain};
use crate::formats::firewall::shared::netfilter::translated::targets;
use crate::formats::firewall::shared::tables::Map;
use crate::model::firewall::{
    Action, AddressMatch, AddressTerm, Condition, FilterId, NatKind, PortMatch, ReasonId, Rule,
    ServiceMatch, ServiceTerm, StateMatch,
};

/// More rules than these are not copied.
const MAX_COPIED: usize = 20_000;
/// What a packet meets before it is at a hook.
const BEFORE: [(&str, &[&str]); 3] = [
    ("INPUT", &["PREROUTING", "INPUT"]),
    ("FORWARD", &["PREROUTING", "FORWARD"]),
    ("OUTPUT", &["OUTPUT"]),
];
const LABEL: &str = "where the mark is set";

/// A chain, with its rules as the file has them.
struct Node {
    id: FilterId,
    rules: Vec<Rule>,
    /// Its own hook.
    hook: Option<&'static str>,
    /// Hooks that lead to it.
    from: Vec<&'static str>,
    /// Whether only the first packet of a connection comes by.
    first_only: bool,
}

/// A rule that asks for a mark.
struct Asking {
    node: usize,
    at: usize,
    reason: ReasonId,
    value: u32,
    mask: u32,
}

/// Narrows the rules of one family.
pub fn narrow(rules: &mut Rules<'_>, v6: bool, bits: &Bits) {
    let ways = Ways::new(rules, v6);
    let asking = ways.asking(rules, bits);
    let mut leads: Map<u32, Vec<BTreeSet<usize>>> = Map::default();
    let mut copied = 0usize;
    for asks in &asking {
        // One bit is enough: all of them must be there.
        let bit = asks.value & asks.value.wrapping_neg();
        let leads = leads.entry(bit).or_insert_with(|| ways.leading(rules, bit));
        let size: usize = leads.iter().map(BTreeSet::len).sum();
        copied = copied.saturating_add(size);
        if copied > MAX_COPIED {
            break;
        }
        ways.lead(rules, asks, leads);
    }
    // From the last rule on, so that the places of others stay what they are.
    for asks in asking.iter().rev() {
        ways.right_above(rules, asks);
    }
}

/// The chains of one family.
struct Ways {
    v6: bool,
    nodes: Vec<Node>,
    place: Map<FilterId, usize>,
    /// The destinations that translations write, where the file tells.
    targets: Option<Vec<AddressTerm>>,
    /// Whether sources are translated, so that destinations of replies are, too.
    masquerades: bool,
}

impl Ways {
    fn new(rules: &Rules<'_>, v6: bool) -> Self {
        let filters = &rules.builder.firewall.filters;
        let tables = rules.tables.range((v6, 0)..=(v6, TABLES.len()));
        let hooks = ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"];
        let mut nodes = Vec::new();
        for ((_, table), held) in tables {
            for chain in &held.chains {
                let filter = filters.get(chain.filter.0 as usize);
                nodes.push(Node {
                    id: chain.filter,
                    rules: filter
                        .map(|filter| filter.rules.clone())
                        .unwrap_or_default(),
                    hook: hooks
                        .into_iter()
                        .find(|hook| is_built_in(hook) && chain.name == *hook),
                    from: Vec::new(),
                    first_only: TABLES.get(*table) == Some(&"nat"),
                });
            }
        }
        let places = nodes.iter().enumerate();
        let place: Map<FilterId, usize> = places.map(|(at, node)| (node.id, at)).collect();
        for hook in hooks {
            let starts = nodes.iter().enumerate();
            let starts = starts.filter(|(_, node)| node.hook == Some(hook));
            let mut open: Vec<usize> = starts.map(|(at, _)| at).collect();
            while let Some(at) = open.pop() {
                let Some(node) = nodes.get_mut(at).filter(|node| !node.from.contains(&hook)) else {
                    continue;
                };
                node.from.push(hook);
                let called = node.rules.iter().filter_map(called);
                open.extend(called.filter_map(|to| place.get(&to).copied()));
            }
        }
        let nat = &rules.builder.firewall.nat.rules;
        Self {
            v6,
            nodes,
            place,
            targets: targets(nat),
            masquerades: nat.iter().any(|rule| rule.kind == NatKind::Source),
        }
    }

    /// The rules that ask for bits which belong to the file.
    fn asking(&self, rules: &Rules<'_>, bits: &Bits) -> Vec<Asking> {
        let known = &rules.builder.firewall.not_modelled;
        let mut all = Vec::new();
        for (node, held) in self.nodes.iter().enumerate() {
            for (at, rule) in held
                .rules
                .iter()
                .enumerate()
                .filter(|(_, rule)| rule.enabled)
            {
                let reason = rule
                    .conditions
                    .iter()
                    .find_map(|condition| match condition {
                        Condition::Unknown(id) => {
                            let asks = known.get(id.0 as usize)?.reason == UNKNOWN;
                            asks.then_some(*id)
                        }
                        _ => None,
                    });
                let asked = || mark_of(rules.builder.file.slice(rule.span));
                if let Some(reason) = reason
                    && let Some((value, mask, false)) = asked()
                    && value != 0
                    && value & !(bits.reached | bits.unreached) == 0
                {
                    all.push(Asking {
                        node,
                        at,
                        reason,
                        value,
                        mask,
                    });
                }
            }
        }
        all
    }

    /// The rules of each chain that set a bit, or call a chain that has such rules.
    fn leading(&self, rules: &Rules<'_>, bit: u32) -> Vec<BTreeSet<usize>> {
        let is_chain = |name: &str| rules.has_chain(self.v6, name);
        let setting = |rule: &Rule| {
            !is_plain(rule) && sets(rules.builder.file.slice(rule.span), is_chain) & bit != 0
        };
        let enabled = |node: &'_ Node| -> Vec<usize> {
            let all = node.rules.iter().enumerate();
            all.filter(|(_, rule)| rule.enabled)
                .map(|(at, _)| at)
                .collect()
        };
        let mut leads: Vec<BTreeSet<usize>> = Vec::new();
        let mut callers: Map<usize, Vec<(usize, usize)>> = Map::default();
        for (place, node) in self.nodes.iter().enumerate() {
            let mut own = BTreeSet::new();
            for at in enabled(node) {
                let Some(rule) = node.rules.get(at) else {
                    continue;
                };
                match called(rule).and_then(|to| self.place.get(&to)) {
                    Some(to) => callers.entry(*to).or_default().push((place, at)),
                    None if setting(rule) => _ = own.insert(at),
                    None => {}
                }
            }
            leads.push(own);
        }
        let some = leads
            .iter()
            .enumerate()
            .filter(|(_, lead)| !lead.is_empty());
        let mut open: Vec<usize> = some.map(|(place, _)| place).collect();
        while let Some(to) = open.pop() {
            for (place, at) in callers.remove(&to).unwrap_or_default() {
                let Some(lead) = leads.get_mut(place) else {
                    continue;
                };
                if lead.is_empty() {
                    open.push(place);
                }
                lead.insert(at);
            }
        }
        leads
    }

    /// Makes a rule call the ways that lead to its bit, which then do what it does.
    fn lead(&self, rules: &mut Rules<'_>, asks: &Asking, leads: &[BTreeSet<usize>]) {
        let Some(node) = self.nodes.get(asks.node) else {
            return;
        };
        let known = |hook: &&str| BEFORE.iter().any(|(known, _)| known == hook);
        let Some(rule) = node.rules.get(asks.at).filter(|rule| {
            // Others leave the chain, which a called chain cannot do.
            let stays = matches!(rule.action, Action::Permit | Action::Deny | Action::Jump(_));
            stays && !node.from.is_empty() && node.from.iter().all(known)
        }) else {
            return;
        };
        let met = BEFORE.iter().filter(|(hook, _)| node.from.contains(hook));
        let hooks: Vec<&str> = met.flat_map(|(_, met)| met.iter().copied()).collect();
        let builder = &mut rules.builder;
        let copies: Vec<Option<FilterId>> = leads
            .iter()
            .map(|lead| {
                let some = !lead.is_empty();
                some.then(|| builder.filter(LABEL.to_owned(), false, rule.span))
            })
            .collect();
        let root = builder.filter(LABEL.to_owned(), false, rule.span);
        for ((node, lead), copy) in self.nodes.iter().zip(leads).zip(&copies) {
            let Some(copy) = *copy else { continue };
            let steps = lead.iter().filter_map(|at| node.rules.get(*at));
            let steps = steps.flat_map(|step| self.seen_later(node, step, &hooks));
            let steps = steps.map(|mut step| {
                let to = called(&step).and_then(|to| self.place.get(&to));
                step.implicit = Some(LABEL.into());
                step.logs = false;
                match to.and_then(|to| copies.get(*to).copied().flatten()) {
                    Some(to) => {
                        step.action = Action::Jump(to);
                        step.conditions = Box::default();
                    }
                    None => {
                        step.action = rule.action;
                        step.conditions = Box::new([Condition::Unknown(asks.reason)]);
                        step.span = rule.span;
                        step.implicit = None;
                        step.logs = rule.logs;
                    }
                }
                step
            });
            let steps: Vec<Rule> = steps.collect();
            if let Some(filter) = builder.filter_mut(copy) {
                filter.rules = steps;
            }
            if node.hook.is_some_and(|hook| hooks.contains(&hook))
                && let Some(filter) = builder.filter_mut(root)
            {
                let call = by_family(Action::Jump(copy), self.v6, LABEL, rule.span);
                filter.rules.push(call);
            }
        }
        let filter = builder.filter_mut(node.id);
        if let Some(rule) = filter.and_then(|filter| filter.rules.get_mut(asks.at)) {
            let mut left = std::mem::take(&mut rule.conditions).into_vec();
            left.retain(|condition| *condition != Condition::Unknown(asks.reason));
            rule.conditions = left.into();
            rule.action = Action::Jump(root);
        }
    }

    /// What a step asks for, in terms of the packet as it is at later hooks: as it
    /// came, or with a destination that a translation wrote. Nothing where no first
    /// packet of a connection takes it and no other comes by.
    fn seen_later(&self, node: &Node, step: &Rule, hooks: &[&str]) -> Vec<Rule> {
        let mut step = step.clone();
        if node.first_only {
            if step.state == StateMatch::Established {
                return Vec::new();
            }
            step.state = StateMatch::New;
        }
        let on_way = |hook: &str| hooks.contains(&hook) && node.from.contains(&hook);
        if !on_way("PREROUTING") && !on_way("OUTPUT") {
            return vec![step];
        }
        // Translations of what the host sends are not read, and replies get the
        // address of the client back.
        let lost = on_way("OUTPUT") || self.masquerades && step.state != StateMatch::New;
        let to = match &self.targets {
            Some(targets) if !lost => match targets.as_slice() {
                [] => return vec![step],
                targets => AddressMatch::AnyOf(targets.into()),
            },
            _ => AddressMatch::Any,
        };
        let service = match step.service {
            ServiceMatch::One(ServiceTerm::Inline {
                protocol, source, ..
            }) if !lost => ServiceMatch::One(ServiceTerm::Inline {
                protocol,
                source,
                destination: PortMatch::Any,
            }),
            _ => ServiceMatch::Any,
        };
        let translated = Rule {
            destination: to,
            service,
            ..step.clone()
        };
        match translated.destination {
            AddressMatch::Any => vec![translated],
            _ => vec![step, translated],
        }
    }

    /// The rule right above, in the same chain, that sets the mark: what it matches
    /// surely has it.
    fn right_above(&self, rules: &mut Rules<'_>, asks: &Asking) {
        let Some(node) = self.nodes.get(asks.node) else {
            return;
        };
        let above = asks.at.checked_sub(1).and_then(|at| node.rules.get(at));
        let (Some(above), Some(rule)) = (above, node.rules.get(asks.at)) else {
            return;
        };
        // Each must be all of what its line says, and the lower one ask for nothing
        // but the mark.
        let of = |line: &Rule| {
            node.rules
                .iter()
                .filter(|rule| rule.span == line.span)
                .count()
        };
        let every = plain(rule.action, rule.source.clone(), rule.span);
        let family = matches!(
            rule.source,
            AddressMatch::One(AddressTerm::Any4 | AddressTerm::Any6)
        );
        let only = Rule {
            conditions: Box::default(),
            logs: false,
            ..rule.clone()
        };
        let text = rules.builder.file.slice(above.span);
        let sets = above.enabled
            && above.conditions.is_empty()
            && above.action == Action::Continue
            && gives(text, asks.value, asks.mask);
        if sets
            && family
            && only == every
            && rule.conditions.len() == 1
            && of(rule) == 1
            && of(above) == 1
        {
            let sure = Rule {
                action: rule.action,
                logs: rule.logs,
                span: rule.span,
                ..above.clone()
            };
            if let Some(filter) = rules.builder.filter_mut(node.id) {
                let at = asks.at.min(filter.rules.len());
                filter.rules.insert(at, sure);
            }
        }
    }
}

/// The chain that a rule calls.
fn called(rule: &Rule) -> Option<FilterId> {
    match rule.action {
        Action::Jump(next) | Action::Goto(next) => Some(next),
        _ => None,
    }
}
