//! Base chains at their hooks, in order of priority.
//!
//! A packet must be accepted by every base chain of every hook that it meets:
//! `accept` ends one chain, `drop` is final (nft(8), "VERDICT STATEMENTS").

use super::ruleset::{Ruleset, Sets};
use crate::formats::firewall::shared::netfilter::build::{Builder, by_family};
use crate::formats::firewall::shared::netfilter::matching::Family;
use crate::formats::firewall::shared::netfilter::nat::{self, NatChain};
use crate::formats::firewall::shared::netfilter::{delivered, translated, untracked};
use crate::formats::firewall::shared::tables::Map;
use crate::model::firewall::{
    Action, AddressView, FilterId, Firewall, InterfaceMatch, NatKind, Passage, Stage,
};
use crate::source::Span;

/// A table.
pub struct Table {
    /// `ip`, `ip6`, `inet`, `arp`, `bridge` or `netdev`.
    pub family: String,
    /// Its name.
    pub name: String,
    /// Chains in order.
    pub chains: Vec<Chain>,
    /// Sets and maps.
    pub sets: Sets,
    /// What its limits, quotas and helpers say, by name.
    pub objects: Map<String, String>,
    /// Whether it is switched off.
    pub dormant: bool,
    /// A file that its block includes, which is not followed.
    pub included: Option<Span>,
    /// Whether its rules may translate: then they are kept as they were read.
    pub translates: bool,
}

/// A chain.
pub struct Chain {
    /// Its name.
    pub name: String,
    /// Its filter.
    pub filter: FilterId,
    /// Its hook, for a base chain.
    pub base: Option<Base>,
    /// Its rules again, as translations.
    pub nat: NatChain,
    /// Its first line.
    pub span: Span,
}

/// Where a base chain is bound.
pub struct Base {
    /// `filter`, `nat` or `route`.
    pub kind: String,
    /// Hook.
    pub hook: String,
    /// Lower comes first.
    pub priority: i64,
    /// Only these devices (ingress and egress).
    pub devices: Vec<String>,
    /// Policy; `accept` when not told.
    pub policy: Option<(Action, Span)>,
    /// The statement.
    pub span: Span,
}

/// Destinations are translated at this priority (nft(8), "standard
/// priorities").
const DSTNAT: i64 = -100;

/// Whether a hook is known.
pub fn is_hook(hook: &str) -> bool {
    matches!(
        hook,
        "ingress" | "prerouting" | "input" | "forward" | "output" | "postrouting" | "egress"
    )
}

/// `0`, `-150`, `filter`, `mangle + 10`, `raw - 5`.
pub fn priority(family: &str, words: &[&str]) -> Option<i64> {
    let first = words.first()?;
    if let Ok(number) = first.parse() {
        return Some(number);
    }
    let bridge = family == "bridge";
    let (name, glued) = match first.find(['+', '-']) {
        Some(at) if at > 0 => first.split_at_checked(at)?,
        _ => (*first, ""),
    };
    let base = match name {
        "raw" => -300,
        "mangle" => -150,
        "dstnat" => {
            if bridge {
                -300
            } else {
                DSTNAT
            }
        }
        "filter" => {
            if bridge {
                -200
            } else {
                0
            }
        }
        "out" => 100,
        "security" => 50,
        "srcnat" => {
            if bridge {
                300
            } else {
                100
            }
        }
        "" | "-" => 0,
        _ => return None,
    };
    if !glued.is_empty() {
        return Some(base.saturating_add(glued.parse::<i32>().map(i64::from).ok()?));
    }
    let step = |word: Option<&&str>| {
        word.and_then(|word| word.parse::<i32>().ok())
            .map(i64::from)
    };
    Some(match words.get(1) {
        Some(&"+") => base.saturating_add(step(words.get(2))?),
        Some(&"-") => base.saturating_sub(step(words.get(2))?),
        Some(word) => base.saturating_add(word.parse::<i32>().map_or(0, i64::from)),
        None => base,
    })
}

/// The hooks that packets meet, in order.
const WAYS: [(Passage, &[&str]); 3] = [
    (
        Passage::Transit,
        &["ingress", "prerouting", "forward", "postrouting", "egress"],
    ),
    (Passage::ToHost, &["ingress", "prerouting", "input"]),
    (Passage::FromHost, &["output", "postrouting", "egress"]),
];

/// Makes the firewall of what was read.
pub fn compile(mut ruleset: Ruleset<'_, '_>) -> Firewall {
    let start = ruleset.builder.firewall.name.span;
    let tables = std::mem::take(&mut ruleset.tables);
    let tables: Vec<Table> = tables.into_iter().filter(|table| !table.dormant).collect();
    let builder = &mut ruleset.builder;
    // Families that the file speaks of at all.
    let families = |wanted: fn(Family) -> bool| {
        tables.iter().any(|table| {
            matches!(table.family.as_str(), "ip" | "ip6" | "inet") && wanted(table.rules_family())
        })
    };
    let (has4, has6) = (families(Family::v4), families(Family::v6));
    let mut all: Vec<(&Table, &Chain, &Base)> = Vec::new();
    for table in &tables {
        if matches!(table.family.as_str(), "arp" | "bridge") {
            continue;
        }
        for chain in &table.chains {
            if let Some(base) = &chain.base {
                all.push((table, chain, base));
            }
        }
    }
    all.sort_by_key(|(_, _, base)| base.priority);
    for (table, chain, base) in &all {
        if base.kind != "nat" {
            policy(builder, table, chain, base, (has4, has6));
        } else if let Some(filter) = builder.filter_mut(chain.filter) {
            filter.filters_traffic = false;
        }
    }
    for (passage, hooks) in WAYS {
        let mut bound = false;
        for hook in hooks {
            for (table, chain, base) in &all {
                if base.hook == *hook && base.kind != "nat" {
                    bound |= matches!(*hook, "forward" | "input" | "output");
                    stage(builder, passage, table, chain, base);
                }
            }
        }
        if !bound {
            open(builder, passage, (has4, has6), start);
        }
        if let Some(span) = ruleset.included {
            let why = "the file leaves out parts of the ruleset";
            let filter = builder.anything(why, span);
            let whole = builder.filter("parts that are left out".to_owned(), false, span);
            if let Some(held) = builder.filter_mut(whole) {
                held.default.action = Action::Permit;
            }
            builder.insert_jump(whole, filter, false, span);
            builder.insert_jump(whole, filter, true, span);
            bind(
                builder,
                passage,
                "parts that are left out".to_owned(),
                whole,
                AddressView::Real,
                span,
            );
        }
    }
    translations(builder, &tables);
    by_connection(builder, &tables, &all);
    if let Some(span) = ruleset.broken {
        builder.undecide_all("a brace of the ruleset has no partner", span);
    }
    if let Some(span) = ruleset.changed {
        builder.undecide_all(super::ruleset::captures::WHY, span);
    }
    ruleset.builder.finish()
}

/// Gives a base chain its policy. Packets of the other family do not meet a
/// chain of one family; what happens to them is not known when the file has
/// no rules for that family at all.
fn policy(
    builder: &mut Builder<'_>,
    table: &Table,
    chain: &Chain,
    base: &Base,
    (has4, has6): (bool, bool),
) {
    let (action, span) = base.policy.unwrap_or((Action::Permit, base.span));
    let label = format!("policy of chain {} {}", table.title(), chain.name);
    if let Some(filter) = builder.filter_mut(chain.filter) {
        filter.span = chain.span;
        filter.default.action = action;
        filter.default.span = span;
        filter.default.label = label;
    }
    let v6 = match table.rules_family() {
        Family::V4 => true,
        Family::V6 => false,
        Family::Both => return,
    };
    let known = if v6 { has6 } else { has4 };
    let (name, other) = if v6 { ("IPv6", "ip6") } else { ("IPv4", "ip") };
    let (action, why) = if known {
        (
            Action::Permit,
            format!("{name} packets do not meet table {}", table.title()),
        )
    } else {
        let why = format!("the file holds no table of {other} or inet");
        (Action::Goto(builder.undecided(&why, span)), why)
    };
    builder.insert_first(chain.filter, by_family(action, v6, &why, span));
}

fn stage(builder: &mut Builder<'_>, passage: Passage, table: &Table, chain: &Chain, base: &Base) {
    let view = if base.hook == "ingress" || base.hook == "prerouting" && base.priority < DSTNAT {
        AddressView::Mapped
    } else {
        AddressView::Real
    };
    let label = format!("chain {} {}", table.title(), chain.name);
    bind(builder, passage, label, chain.filter, view, chain.span);
    if base.devices.is_empty() {
        return;
    }
    let ids: Vec<_> = base
        .devices
        .iter()
        .filter_map(
            |device| match builder.interfaces(device, '*', false, base.span) {
                InterfaceMatch::One(id) => Some(id),
                _ => None,
            },
        )
        .collect();
    if let Some(stage) = builder.firewall.stages.last_mut() {
        let only = InterfaceMatch::any_of(ids);
        if base.hook == "egress" {
            stage.egress = only;
        } else {
            stage.ingress = only;
        }
    }
}

fn bind(
    builder: &mut Builder<'_>,
    passage: Passage,
    label: String,
    filter: FilterId,
    view: AddressView,
    span: Span,
) {
    builder.firewall.stages.push(Stage {
        label,
        passage,
        ingress: InterfaceMatch::Any,
        egress: InterfaceMatch::Any,
        filter,
        view,
        span,
    });
}

/// A hook without a chain lets everything pass; of a family without any chain
/// nothing is known.
fn open(builder: &mut Builder<'_>, passage: Passage, (has4, has6): (bool, bool), start: Span) {
    let hook = match passage {
        Passage::Transit => "forward",
        Passage::ToHost => "input",
        Passage::FromHost => "output",
    };
    let label = format!("no chain is at hook {hook}: the kernel lets packets pass");
    let filter = builder.filter(format!("no chain at hook {hook}"), false, start);
    if let Some(held) = builder.filter_mut(filter) {
        held.default.action = Action::Permit;
        held.default.label.clone_from(&label);
    }
    for (v6, known) in [(false, has4), (true, has6)] {
        if !known {
            let other = if v6 { "ip6" } else { "ip" };
            let why = format!("the file holds no table of {other} or inet");
            let undecided = builder.undecided(&why, start);
            builder.insert_first(filter, by_family(Action::Goto(undecided), v6, &why, start));
        }
    }
    bind(builder, passage, label, filter, AddressView::Real, start);
}

fn translations(builder: &mut Builder<'_>, tables: &[Table]) {
    let mut starts: Vec<(i64, usize, usize, NatKind)> = Vec::new();
    for (number, table) in tables.iter().enumerate() {
        if !matches!(table.family.as_str(), "ip" | "ip6" | "inet") {
            continue;
        }
        for (index, chain) in table.chains.iter().enumerate() {
            let Some(base) = chain.base.as_ref().filter(|base| base.kind == "nat") else {
                continue;
            };
            match base.hook.as_str() {
                "prerouting" => starts.push((base.priority, number, index, NatKind::Destination)),
                "postrouting" => starts.push((base.priority, number, index, NatKind::Source)),
                _ => {}
            }
        }
    }
    starts.sort_by_key(|(priority, ..)| *priority);
    let mut chains: Vec<Vec<NatChain>> = Vec::new();
    if starts.is_empty() {
        return;
    }
    for table in tables {
        let all = table.chains.iter().map(|chain| NatChain {
            name: format!("{} {}", table.title(), chain.name),
            rules: chain
                .nat
                .rules
                .iter()
                .map(|entry| nat::Entry {
                    matches: entry.matches.clone(),
                    does: entry.does,
                    to: entry.to.clone(),
                    span: entry.span,
                })
                .collect(),
            unknown: false,
        });
        chains.push(all.collect());
    }
    for (_, number, index, kind) in starts {
        if let (Some(table), Some(chains)) = (tables.get(number), chains.get(number)) {
            nat::compile(builder, chains, index, kind, table.rules_family());
        }
    }
}

/// Takes packets without state out of the rules that ask for one, and those that
/// were not translated out of the rules that ask for that; and lets rules for all
/// kinds of destinations leave nothing over.
fn by_connection(builder: &mut Builder<'_>, tables: &[Table], all: &[(&Table, &Chain, &Base)]) {
    let sent: Vec<FilterId> = all
        .iter()
        .filter(|(_, _, base)| base.hook == "output")
        .map(|(_, chain, _)| chain.filter)
        .collect();
    let mut mixed = Vec::new();
    let mut open = sent.clone();
    while let Some(id) = open.pop() {
        let Some(filter) = builder.firewall.filters.get(id.0 as usize) else {
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
    untracked::apply(builder, &sent, &mixed);
    let translates = |base: &Base| base.kind == "nat" && base.hook == "prerouting";
    if all.iter().any(|(_, _, base)| translates(base)) {
        let chains = tables.iter().flat_map(|table| &table.chains);
        let mut arriving: Vec<FilterId> = chains.map(|chain| chain.filter).collect();
        arriving.retain(|filter| !sent.contains(filter) && !mixed.contains(filter));
        translated::apply(builder, &arriving);
    }
    let at = |input: bool| {
        let bound = all.iter();
        let bound = bound.filter(|(_, _, base)| (base.hook == "input") == input);
        bound.map(|(_, chain, _)| chain.filter).collect::<Vec<_>>()
    };
    delivered::apply(builder, &at(true), &at(false));
}
