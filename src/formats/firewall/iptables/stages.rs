//! Binds the built-in chains to the hooks of the kernel.
//!
//! At each hook the tables come in the order raw, mangle, nat, filter,
//! security, and a packet must be accepted by all of them. A crossing packet
//! meets `PREROUTING`, `FORWARD`, `POSTROUTING`; one for the host `PREROUTING`
//! and `INPUT`; one from the host `OUTPUT` and `POSTROUTING`
//! (iptables(8), "TABLES"; the Netfilter packet flow).

use super::reader::Rules;
use super::tables::{TABLES, is_built_in};
use super::{marks, nat};
use crate::formats::firewall::shared::netfilter::build::by_family;
use crate::formats::firewall::shared::netfilter::{delivered, translated, untracked};
use crate::model::firewall::{
    Action, AddressView, Filter, FilterId, Firewall, InterfaceMatch, Passage, Stage,
};
use crate::source::Span;

/// The chains that packets meet, in order, by table and chain.
const HOOKS: [(Passage, &[(&str, &str)]); 3] = [
    (
        Passage::Transit,
        &[
            ("raw", "PREROUTING"),
            ("mangle", "PREROUTING"),
            ("mangle", "FORWARD"),
            ("filter", "FORWARD"),
            ("security", "FORWARD"),
            ("mangle", "POSTROUTING"),
        ],
    ),
    (
        Passage::ToHost,
        &[
            ("raw", "PREROUTING"),
            ("mangle", "PREROUTING"),
            ("mangle", "INPUT"),
            ("filter", "INPUT"),
            ("security", "INPUT"),
        ],
    ),
    (
        Passage::FromHost,
        &[
            ("raw", "OUTPUT"),
            ("mangle", "OUTPUT"),
            ("filter", "OUTPUT"),
            ("security", "OUTPUT"),
            ("mangle", "POSTROUTING"),
        ],
    ),
];

/// The policy of a chain, and where it stands.
type Policy = Option<(Action, Span)>;

/// Makes the firewall of what was read.
pub fn compile(mut rules: Rules<'_>) -> Firewall {
    for v6 in [false, true] {
        nat::compile(&mut rules, v6);
    }
    undefined(&mut rules);
    marks::settle_all(&mut rules);
    let both = rules.tables.keys().any(|(v6, _)| *v6) && rules.tables.keys().any(|(v6, _)| !v6);
    let start = rules.builder.firewall.name.span;
    policies(&mut rules, both);
    for (passage, hooks) in HOOKS {
        for (table, chain) in hooks {
            stage(&mut rules, passage, table, chain, start);
        }
    }
    by_connection(&mut rules);
    marks::narrow_all(&mut rules);
    if let Some(span) = rules.cut {
        undecide(&mut rules, "the dump breaks off", span);
    }
    if let Some((doubt, span)) = rules.doubt {
        undecide(&mut rules, doubt.why(), span);
    }
    rules.builder.finish()
}

/// Leaves everything open, each chain by itself, too.
fn undecide(rules: &mut Rules<'_>, why: &str, span: Span) {
    rules.builder.undecide_all(why, span);
    let open = rules.builder.anything(why, span);
    for ((v6, _), table) in &rules.tables {
        for chain in &table.chains {
            rules.builder.insert_jump(chain.filter, open, *v6, span);
        }
    }
}

/// Takes packets without state out of the rules that ask for one, and those that
/// were not translated out of the rules that ask for that.
fn by_connection(rules: &mut Rules<'_>) {
    let mut sent = Vec::new();
    for table in rules.tables.values() {
        sent.extend(table.chain("OUTPUT").map(|chain| chain.filter));
    }
    let mut mixed = Vec::new();
    let filters = &rules.builder.firewall.filters;
    let mut open = sent.clone();
    while let Some(id) = open.pop() {
        let Some(filter) = filters.get(id.0 as usize) else {
            continue;
        };
        for rule in &filter.rules {
            if let Action::Jump(next) | Action::Goto(next) = rule.action
                && !mixed.contains(&next)
            {
                mixed.push(next);
                open.push(next);
            }
        }
    }
    untracked::apply(&mut rules.builder, &sent, &mixed);
    let nat = TABLES.iter().position(|name| *name == "nat");
    let translates = |v6: bool| {
        let table = nat.and_then(|nat| rules.tables.get(&(v6, nat)));
        table.is_some_and(|table| table.chain("PREROUTING").is_some())
    };
    let mut arriving = Vec::new();
    for ((v6, _), table) in &rules.tables {
        if translates(*v6) {
            arriving.extend(table.chains.iter().map(|chain| chain.filter));
        }
    }
    arriving.retain(|filter| !sent.contains(filter) && !mixed.contains(filter));
    translated::apply(&mut rules.builder, &arriving);
    let at = |hooks: &[&str]| {
        let tables = rules.tables.iter().filter(|((v6, _), _)| !v6);
        let chains = tables.flat_map(|(_, table)| &table.chains);
        let named = chains.filter(|chain| hooks.contains(&chain.name.as_str()));
        named.map(|chain| chain.filter).collect::<Vec<_>>()
    };
    let input = at(&["INPUT"]);
    let others = at(&["PREROUTING", "FORWARD", "OUTPUT", "POSTROUTING"]);
    delivered::apply(&mut rules.builder, &input, &others);
}

/// A chain or target that is used and not defined may do anything.
fn undefined(rules: &mut Rules<'_>) {
    let mut all = Vec::new();
    for ((v6, _), table) in &rules.tables {
        for chain in &table.chains {
            let empty = rules.builder.rule_count(chain.filter) == 0;
            if !chain.declared && empty && !is_built_in(&chain.name) {
                all.push((*v6, chain.filter, chain.name.clone()));
            }
        }
    }
    all.sort_by_key(|(_, filter, _)| *filter);
    for (v6, filter, name) in all {
        let span = rules.builder.filter_mut(filter).map(|filter| filter.span);
        let span = span.unwrap_or(rules.builder.firewall.name.span);
        let why = format!("`{name}` is neither a chain of the file nor a target that is known");
        let open = rules.builder.anything(&why, span);
        rules.builder.insert_jump(filter, open, v6, span);
    }
}

/// Gives the built-in chains their policies, and their packets of the other
/// family a place to go.
fn policies(rules: &mut Rules<'_>, both: bool) {
    let mut keys: Vec<(bool, usize)> = rules.tables.keys().copied().collect();
    keys.sort_unstable();
    for (v6, table) in keys {
        let title = TABLES.get(table).copied().unwrap_or_default();
        let Some(held) = rules.tables.get(&(v6, table)) else {
            continue;
        };
        let chains: Vec<(String, FilterId, Policy)> = held
            .chains
            .iter()
            .map(|chain| (chain.name.clone(), chain.filter, chain.policy))
            .collect();
        for (name, filter, policy) in chains {
            let span = policy.map(|(_, span)| span);
            let span = span
                .or_else(|| rules.builder.filter_mut(filter).map(|filter| filter.span))
                .unwrap_or(rules.builder.firewall.name.span);
            if v6
                && both
                && let Some(filter) = rules.builder.filter_mut(filter)
            {
                filter.name = format!("ip6 {}", filter.name);
            }
            if !is_built_in(&name) || title == "nat" {
                continue;
            }
            let (action, label) = match policy {
                Some((action, _)) => (action, format!("policy of chain {title}/{name}")),
                None => {
                    let why = format!("the policy of chain {title}/{name} is not in the file");
                    let open = rules.builder.undecided(&why, span);
                    (Action::Goto(open), why)
                }
            };
            let other = rules
                .tables
                .get(&(!v6, table))
                .and_then(|table| table.chain(&name))
                .map(|chain| chain.filter)
                .filter(|_| !v6);
            let (to, label_of_other) = match other {
                Some(chain) => (chain, "IPv6 packets meet the rules of ip6tables".to_owned()),
                None => {
                    let tool = if v6 { "iptables" } else { "ip6tables" };
                    let why = if both && v6 {
                        "IPv4 packets do not meet the rules of ip6tables".to_owned()
                    } else {
                        format!("the file holds no rules of {tool} for {title}/{name}")
                    };
                    (rules.builder.undecided(&why, span), why)
                }
            };
            let Some(held) = rules.builder.filter_mut(filter) else {
                continue;
            };
            held.default.action = action;
            held.default.label = label;
            held.default.span = span;
            let rule = by_family(Action::Goto(to), !v6, &label_of_other, span);
            rules.builder.insert_first(filter, rule);
        }
    }
}

/// Binds one chain, where it could make a difference.
fn stage(rules: &mut Rules<'_>, passage: Passage, table: &str, chain: &str, start: Span) {
    let Some(index) = TABLES.iter().position(|name| *name == table) else {
        return;
    };
    let find = |v6: bool| {
        let held = rules.tables.get(&(v6, index))?;
        held.chain(chain).map(|chain| chain.filter)
    };
    let (v4, v6) = (find(false), find(true));
    let matters = |id: FilterId| table == "filter" || can_deny(&rules.builder.firewall.filters, id);
    let filter = match (v4, v6) {
        (None, None) if table == "filter" => {
            let why = format!("the file does not hold chain {table}/{chain}");
            rules.builder.undecided(&why, start)
        }
        (Some(v4), _) if matters(v4) => v4,
        (Some(v4), Some(v6)) if matters(v6) => v4,
        (None, Some(v6)) if matters(v6) => v6,
        _ => return,
    };
    let view = if chain == "PREROUTING" {
        AddressView::Mapped
    } else {
        AddressView::Real
    };
    let held = rules.builder.filter_mut(filter);
    let (name, span) = held.map_or((String::new(), start), |filter| {
        (filter.name.clone(), filter.span)
    });
    rules.builder.firewall.stages.push(Stage {
        label: format!("chain {name}"),
        passage,
        ingress: InterfaceMatch::Any,
        egress: InterfaceMatch::Any,
        filter,
        view,
        span,
    });
}

/// Whether a chain, or one that it calls, may deny a packet of its family.
fn can_deny(filters: &[Filter], start: FilterId) -> bool {
    let mut seen = vec![false; filters.len()];
    let mut open = vec![(start, true)];
    while let Some((id, first)) = open.pop() {
        let (Some(filter), Some(slot)) = (filters.get(id.0 as usize), seen.get_mut(id.0 as usize))
        else {
            continue;
        };
        if std::mem::replace(slot, true) {
            continue;
        }
        let rules = filter.rules.iter();
        // The first rule of a built-in chain is for the other family.
        let rules = rules.skip(usize::from(first)).filter(|rule| rule.enabled);
        for action in rules.map(|rule| rule.action).chain([filter.default.action]) {
            match action {
                Action::Deny => return true,
                Action::Jump(next) | Action::Goto(next) => open.push((next, false)),
                Action::Permit | Action::Return | Action::Continue => {}
            }
        }
    }
    false
}
