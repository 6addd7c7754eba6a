//! The table `nat`: which chains translate, and where they begin.

use super::reader::Rules;
use super::rule::{ReadRule, Then};
use super::tables::{TABLES, Target, is_built_in};
use crate::formats::firewall::shared::netfilter::matching::Family;
use crate::formats::firewall::shared::netfilter::nat::{Does, Entry, NatChain, compile as walk};
use crate::model::firewall::NatKind;
use crate::source::Span;

/// A rule of the table as it was read; `chain` is where a jump leads.
pub fn entry(read: &ReadRule<'_>, chain: Option<usize>, span: Span) -> Entry {
    let does = match read.then {
        Then::Target(Target::Accept | Target::Drop) => Does::Accept,
        Then::Target(Target::Return) => Does::Return,
        Then::Target(Target::Continue | Target::NoTrack) | Then::Nothing => Does::Nothing,
        Then::Target(Target::Nat(how)) => Does::Translate(how),
        Then::Target(Target::Unknown(_)) => Does::Unknown,
        Then::Jump(_) => chain.map_or(Does::Unknown, Does::Jump),
        Then::Goto(_) => chain.map_or(Does::Unknown, Does::Goto),
    };
    Entry {
        matches: read.matches.clone(),
        does,
        to: read.to.iter().map(|to| (*to).to_owned()).collect(),
        span,
    }
}

/// Compiles the table of one family.
pub fn compile(rules: &mut Rules<'_>, v6: bool) {
    let Some(nat) = TABLES.iter().position(|name| *name == "nat") else {
        return;
    };
    let Some(table) = rules.tables.get_mut(&(v6, nat)) else {
        return;
    };
    let family = if v6 { Family::V6 } else { Family::V4 };
    let chains: Vec<NatChain> = table
        .chains
        .iter_mut()
        .map(|chain| {
            let mut taken = std::mem::take(&mut chain.nat);
            let known = chain.declared || !taken.rules.is_empty() || is_built_in(&chain.name);
            taken.unknown |= !known;
            taken.name = format!("nat/{}", chain.name);
            taken
        })
        .collect();
    for (hook, kind) in [
        ("PREROUTING", NatKind::Destination),
        ("POSTROUTING", NatKind::Source),
    ] {
        let start = table.chains.iter().position(|chain| chain.name == hook);
        if let Some(start) = start {
            walk(&mut rules.builder, &chains, start, kind, family);
        }
    }
}
