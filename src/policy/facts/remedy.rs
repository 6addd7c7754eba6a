//! What would let a denied flow through: where on the deciding firewall, and
//! the lines to type there, where the platform's syntax is known.

mod cisco;
mod fortios;
mod junos;
mod netfilter;
mod numbered;
mod permit;
mod windows;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::IpAddr;

use numbered::Numbered;
use permit::Denied;

use super::asked::End;
use super::types::{LabelFact, RemedyFact};
use super::verdicts::{Words, shown_part};
use crate::estate::FirewallId;
use crate::flow::{Answer, Decider, DeciderKind, Network, Part, PartVerdict};
use crate::formats::firewall::windows_firewall;
use crate::model::firewall::FilterId;
use crate::source::Span;

/// What lets denied flows through, where one rule may deny many of them.
pub struct Remedies<'a> {
    words: Words<'a>,
    network: &'a Network<'a>,
    positions: Positions,
}

/// Where entries that deny stand in their lists: counting them takes a walk
/// over the list or its file.
#[derive(Debug, Default)]
pub struct Positions(RefCell<BTreeMap<Place, Option<usize>>>);

/// An entry of a filter.
pub type Place = (FirewallId, Option<FilterId>, Span);

impl Positions {
    /// The position of an entry, counted once.
    fn of(&self, place: Place, count: impl FnOnce() -> Option<usize>) -> Option<usize> {
        *self.0.borrow_mut().entry(place).or_insert_with(count)
    }
}

/// What would let a denied flow through, before entries with numbers have theirs.
#[derive(Debug)]
pub struct Cure {
    place: LabelFact,
    lines: Lines,
}

/// What to type.
#[derive(Debug)]
enum Lines {
    Typed(Vec<String>),
    Numbered(Numbered),
}

impl<'a> Remedies<'a> {
    /// For the flows of one section.
    pub fn new(words: Words<'a>, network: &'a Network<'a>) -> Self {
        Self {
            words,
            network,
            positions: Positions::default(),
        }
    }

    /// What to add for a flow, and where.
    #[must_use]
    pub fn of(&self, answer: &Answer, ends: [End; 2]) -> Option<Cure> {
        remedy(self, answer, ends)
    }
}

/// The cures of all flows, each with the place of its flow: entries in front of
/// one rule get numbers that differ.
pub fn told(cures: Vec<(usize, Cure)>) -> impl Iterator<Item = (usize, RemedyFact)> {
    let all = cures.iter().filter_map(|(_, cure)| match &cure.lines {
        Lines::Numbered(entries) => Some(entries),
        Lines::Typed(_) => None,
    });
    let numbers = numbered::Numbers::of(all);
    cures.into_iter().map(move |(flow, cure)| {
        let lines = match cure.lines {
            Lines::Typed(lines) => lines,
            Lines::Numbered(entries) => numbers.lines(&entries).unwrap_or_default(),
        };
        let place = cure.place;
        (flow, RemedyFact { place, lines })
    })
}

fn remedy(remedies: &Remedies<'_>, answer: &Answer, ends: [End; 2]) -> Option<Cure> {
    let Remedies { words, network, .. } = *remedies;
    let part = shown_part(answer, &answer.decided_by())?;
    let decider = part.by.last().filter(|decider| !decider.permits)?;
    let engine = network.engine(decider.firewall)?;
    let hosts = engine.firewall.platform == windows_firewall::ID;
    let place = if hosts {
        windows::place(words, decider)
    } else {
        place(words, decider)
    };
    let others = other_addresses(answer, part, ends);
    let lines = if others.is_empty() {
        of_part(remedies, part, ends)
    } else {
        of_parts(remedies, part, &others, ends)
    };
    Some(Cure {
        place,
        lines: lines.unwrap_or(Lines::Typed(Vec::new())),
    })
}

/// Denied packets between other addresses of two servers than those of the part
/// that is shown.
fn other_addresses<'a>(answer: &'a Answer, shown: &Part, ends: [End; 2]) -> Vec<&'a Part> {
    if !ends.iter().all(|end| matches!(end, End::Server(_))) {
        return Vec::new();
    }
    let mut known = vec![addresses(shown)];
    let mut others = Vec::new();
    for part in &answer.parts {
        let own = addresses(part);
        if part.verdict == PartVerdict::Deny && !known.contains(&own) {
            known.push(own);
            others.push(part);
        }
    }
    others
}

fn addresses(part: &Part) -> Option<(IpAddr, IpAddr)> {
    part.witness
        .map(|packet| (packet.source, packet.destination))
}

/// The lines for all of several parts, each line once: those for one address
/// alone would pass for the whole. None where the source has several addresses
/// and firewalls further on may let one of them through and not another.
fn of_parts(
    remedies: &Remedies<'_>,
    shown: &Part,
    others: &[&Part],
    ends: [End; 2],
) -> Option<Lines> {
    let source = |part: &Part| addresses(part).map(|(source, _)| source);
    let last = |part: &Part| {
        let mut by = part.by.last().into_iter();
        by.any(|decider| !remedies.network.forwards(decider.firewall))
    };
    let all_last = others.iter().all(|part| last(part)) && last(shown);
    if !all_last && others.iter().any(|part| source(part) != source(shown)) {
        return None;
    }
    let mut all: Vec<String> = Vec::new();
    for part in std::iter::once(shown).chain(others.iter().copied()) {
        let Lines::Typed(lines) = of_part(remedies, part, ends)? else {
            return None;
        };
        for line in lines {
            if !all.contains(&line) {
                all.push(line);
            }
        }
    }
    Some(Lines::Typed(all))
}

fn of_part(remedies: &Remedies<'_>, part: &Part, ends: [End; 2]) -> Option<Lines> {
    let Remedies { words, network, .. } = *remedies;
    let decider = part.by.last().filter(|decider| !decider.permits)?;
    let engine = network.engine(decider.firewall)?;
    let mut seen = part.seen.iter();
    let seen = seen.find(|seen| seen.firewall == decider.firewall)?;
    lines(Denied {
        words,
        firewall: engine.firewall,
        decider,
        part,
        seen,
        ends,
        positions: &remedies.positions,
    })
}

/// The lines to type, where the platform's syntax is known and a rule is what
/// is missing.
fn lines(denied: Denied<'_>) -> Option<Lines> {
    let decider = denied.decider;
    // A list that is not there, or the rules of a device without one.
    let replaced = decider.label.is_some() && !list_ends(decider);
    let typed = match denied.firewall.platform {
        "fortios" if replaced && is_policy_0(decider) => fortios::policy(denied),
        "junos" if replaced && ends_globally(decider) => junos::policy(denied),
        windows_firewall::ID => windows::lines(decider, denied.part, denied.ends),
        "panos" if denied.unpublished() => None,
        "panos" if matches!(decider.kind, DeciderKind::Rule | DeciderKind::Default) => {
            let Denied {
                words,
                firewall,
                part,
                ends,
                ..
            } = denied;
            super::remedy_panos::lines(words, firewall, decider, part, ends)
        }
        _ if replaced || decider.kind != DeciderKind::Rule && decider.label.is_none() => None,
        "cisco-asa" => cisco::asa(denied),
        "cisco-ios" => return cisco::ios(denied).map(Lines::Numbered),
        "cisco-nxos" => return cisco::nxos(denied).map(Lines::Numbered),
        "junos" => junos::policy(denied),
        "fortios" => fortios::policy(denied),
        "iptables" => netfilter::iptables(denied),
        "nftables" => netfilter::nftables(denied),
        _ => None,
    };
    typed.map(Lines::Typed)
}

/// The default of the policies of a FortiGate.
fn is_policy_0(decider: &Decider) -> bool {
    decider.label.as_deref() == Some("implicit deny (policy 0): no policy matches")
}

/// The default of an SRX, behind its global policies.
fn ends_globally(decider: &Decider) -> bool {
    decider.label.as_deref() == Some("no global policy matches")
}

/// The words for the place of the new rule.
fn place(words: Words<'_>, decider: &Decider) -> LabelFact {
    if matches!(
        decider.kind,
        DeciderKind::Translation | DeciderKind::NatControl
    ) {
        return LabelFact::new("needs-translation", []);
    }
    if let Some(list) = ended_list(decider) {
        return LabelFact::new("end-of-list", [("filter", list)]);
    }
    if let Some(list) = ended_chain(decider) {
        return LabelFact::new("end-of-chain", [("filter", list)]);
    }
    if let Some(level) = words.meanings.level(decider.span) {
        return LabelFact {
            key: "new-list",
            args: level.args.clone(),
        };
    }
    match &decider.label {
        None => LabelFact::new("before-rule", [("rule", &words.rule(decider.span))]),
        Some(_) => LabelFact::new("before-default", []),
    }
}

/// The list at whose end the implicit rule stands that decides.
pub fn ended_list(decider: &Decider) -> Option<&str> {
    decider
        .label
        .as_deref()?
        .strip_prefix("implicit deny at the end of access list ")
}

/// The chain or filter at whose end everything is denied.
fn ended_chain(decider: &Decider) -> Option<&str> {
    let label = decider.label.as_deref()?;
    label
        .strip_prefix("policy of chain ")
        .or_else(|| label.strip_prefix("implicit discard at the end of filter "))
}

/// Whether everything is denied because a list has come to its end.
pub fn list_ends(decider: &Decider) -> bool {
    ended_list(decider).is_some()
        || ended_chain(decider).is_some()
        || decider
            .label
            .as_deref()
            .is_some_and(|label| label.starts_with("no policy from zone "))
}
