//! Marks that no packet carries, because no packet meets the rules that set them.
//!
//! A packet comes without a mark, and `MARK`, `CONNMARK --restore-mark` and a few
//! other targets set bits of it (iptables-extensions(8)). Of Kubernetes, every
//! node drops the packets with the bit 0x8000, and has a chain that sets it; where
//! nothing calls that chain, nothing is dropped. Bits that no rule of the file sets
//! may be set by other programs, and stay open.

mod paths;

use super::lex::Words;
use super::reader::Rules;
use super::tables::{TABLES, Target, is_built_in, target};
use crate::model::firewall::{Action, AddressMatch, Condition, FilterId, ReasonId, Rule};
use crate::source::SourceFile;

/// Why a rule that asks for a mark matches only possibly (`data/matches.tsv`).
const UNKNOWN: &str = "the mark of a packet is not known";

/// The bits that rules set.
#[derive(Default)]
struct Bits {
    /// By rules that packets may meet.
    reached: u32,
    /// By rules that no built-in chain leads to.
    unreached: u32,
}

/// Takes out what no packet can match, where the file holds all of what
/// `iptables-save` prints.
pub fn settle_all(rules: &mut Rules<'_>) {
    let reasons = (0u32..).map(ReasonId);
    let reasons = reasons.zip(&rules.builder.firewall.not_modelled);
    let asks: Vec<ReasonId> = reasons
        .filter(|(_, reason)| reason.reason == UNKNOWN)
        .map(|(id, _)| id)
        .collect();
    if asks.is_empty() {
        return;
    }
    for v6 in whole(rules) {
        let bits = bits(rules, v6);
        let chains = rules.tables.range((v6, 0)..=(v6, TABLES.len()));
        let filters: Vec<FilterId> = chains
            .flat_map(|(_, table)| table.chains.iter().map(|chain| chain.filter))
            .collect();
        let file = rules.builder.file;
        for id in filters {
            let Some(filter) = rules.builder.filter_mut(id) else {
                continue;
            };
            for rule in &mut filter.rules {
                settle(rule, &asks, &bits, file);
            }
        }
    }
}

/// Leaves the rules that ask for a mark for the packets that may have got it.
pub fn narrow_all(rules: &mut Rules<'_>) {
    let asked = rules.builder.firewall.not_modelled.iter();
    if !asked.into_iter().any(|reason| reason.reason == UNKNOWN) {
        return;
    }
    for v6 in whole(rules) {
        let bits = bits(rules, v6);
        paths::narrow(rules, v6, &bits);
    }
}

/// The families of which the file holds all tables that may set a mark.
fn whole(rules: &Rules<'_>) -> Vec<bool> {
    // `-m socket --restore-skmark` gives a packet the mark of its socket.
    let text = rules.builder.file.text().as_bytes();
    if memchr::memmem::find(text, b"--restore-skmark").is_some() {
        return Vec::new();
    }
    let tables = ["mangle", "nat", "filter"];
    let families = [false, true].into_iter();
    families.filter(|v6| rules.is_whole(*v6, &tables)).collect()
}

/// Takes a condition on a mark away that always holds, and all packets out of a
/// rule whose condition never does.
fn settle(rule: &mut Rule, asks: &[ReasonId], bits: &Bits, file: &SourceFile) {
    let asked = |condition: &Condition| matches!(condition, Condition::Unknown(id) if asks.binary_search(id).is_ok());
    if !rule.conditions.iter().any(asked) {
        return;
    }
    match holds(file.slice(rule.span), bits) {
        Some(true) => {
            let mut left = std::mem::take(&mut rule.conditions).into_vec();
            left.retain(|condition| !asked(condition));
            rule.conditions = left.into();
        }
        Some(false) => rule.destination = AddressMatch::AnyOf(Box::default()),
        None => {}
    }
}

/// Whether the only `--mark` of a rule surely holds or surely does not.
fn holds(text: &str, bits: &Bits) -> Option<bool> {
    let (value, mask, negated) = mark_of(text)?;
    let never = bits.unreached & !bits.reached;
    let matches = if value & never != 0 {
        false
    } else if value == 0 && mask != 0 && mask & bits.reached == 0 && mask & !bits.unreached == 0 {
        true
    } else {
        return None;
    };
    Some(matches != negated)
}

/// Value and mask of the only `--mark` of a rule, and whether it is negated.
fn mark_of(text: &str) -> Option<(u32, u32, bool)> {
    let words: Vec<_> = Words::new(text).collect();
    let mut places = (0..words.len()).filter(|at| {
        let word = words.get(*at);
        word.is_some_and(|word| !word.quoted && word.text == "--mark")
    });
    let (at, None) = (places.next()?, places.next()) else {
        return None;
    };
    let word = |at: usize| words.get(at).map_or("", |word| word.text);
    let before = at.checked_sub(1).is_some_and(|at| word(at) == "!");
    let behind = word(at.saturating_add(1)) == "!";
    let place = at.saturating_add(if behind { 2 } else { 1 });
    let (value, mask) = pair(word(place))?;
    Some((value, mask, before || behind))
}

/// Whether a packet that met a rule with `-j MARK` has a mark.
fn gives(text: &str, value: u32, mask: u32) -> bool {
    let words: Vec<_> = Words::new(text).collect();
    let behind = |name: &str| {
        let mut pairs = words.iter().zip(words.iter().skip(1));
        let found = pairs.find(|(word, _)| !word.quoted && word.text == name);
        found.map(|(_, value)| value.text)
    };
    let set = behind("--set-xmark").or_else(|| behind("--set-mark"));
    behind("-j") == Some("MARK")
        && set
            .and_then(pair)
            .is_some_and(|(set, of)| mask & !of == 0 && set & mask == value)
}

/// `0x8000/0x8000`: value and mask.
fn pair(text: &str) -> Option<(u32, u32)> {
    match text.split_once('/') {
        Some((value, mask)) => Some((number(value)?, number(mask)?)),
        None => Some((number(text)?, u32::MAX)),
    }
}

fn number(text: &str) -> Option<u32> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// The bits that the rules of a family set.
fn bits(rules: &Rules<'_>, v6: bool) -> Bits {
    let filters = &rules.builder.firewall.filters;
    let mut open = Vec::new();
    let tables = || rules.tables.range((v6, 0)..=(v6, TABLES.len()));
    for (_, table) in tables() {
        let built_in = table.chains.iter().filter(|chain| is_built_in(&chain.name));
        open.extend(built_in.map(|chain| chain.filter));
    }
    let mut reached = vec![false; filters.len()];
    while let Some(id) = open.pop() {
        let at = id.0 as usize;
        let (Some(filter), Some(slot)) = (filters.get(at), reached.get_mut(at)) else {
            continue;
        };
        if std::mem::replace(slot, true) {
            continue;
        }
        for rule in &filter.rules {
            if let Action::Jump(next) | Action::Goto(next) = rule.action {
                open.push(next);
            }
        }
    }
    let mut bits = Bits::default();
    for (_, table) in tables() {
        for chain in &table.chains {
            let at = chain.filter.0 as usize;
            let Some(filter) = filters.get(at) else {
                continue;
            };
            let met = reached.get(at).copied().unwrap_or(true);
            for rule in &filter.rules {
                if is_plain(rule) {
                    continue;
                }
                let text = rules.builder.file.slice(rule.span);
                let set = sets(text, |name| table.chain(name).is_some());
                if met {
                    bits.reached |= set;
                } else {
                    bits.unreached |= set;
                }
            }
        }
    }
    bits
}

/// Whether a rule has a target that sets nothing.
fn is_plain(rule: &Rule) -> bool {
    matches!(rule.action, Action::Permit | Action::Deny | Action::Return)
}

/// The bits that a rule may set to 1.
fn sets(text: &str, is_chain: impl Fn(&str) -> bool) -> u32 {
    let words: Vec<_> = Words::new(text).collect();
    let behind = |names: &[&str]| {
        let found = words
            .iter()
            .position(|word| !word.quoted && names.contains(&word.text))?;
        words.get(found.saturating_add(1)).map(|word| word.text)
    };
    let Some(name) = behind(&["-j", "--jump", "-g", "--goto"]) else {
        return 0;
    };
    let value = |names: &[&str]| behind(names).and_then(pair).map(|(value, _)| value);
    match name {
        "MARK" => value(&["--set-xmark", "--set-mark", "--or-mark", "--xor-mark"])
            .or_else(|| behind(&["--and-mark"]).map(|_| 0))
            .unwrap_or(u32::MAX),
        // Only what it restores goes to the packet.
        "CONNMARK" if !text.contains("--restore-mark") => 0,
        "CONNMARK" => value(&["--nfmask", "--mask"]).unwrap_or(u32::MAX),
        "SET" | "TPROXY" | "HMARK" | "IPMARK" => u32::MAX,
        _ if is_chain(name) => 0,
        _ => match target(name) {
            None | Some(Target::Unknown(_)) => u32::MAX,
            Some(_) => 0,
        },
    }
}
