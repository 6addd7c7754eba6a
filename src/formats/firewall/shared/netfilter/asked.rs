//! What the conditions of a ruleset depend on, when all of it is read.
//!
//! A condition on a mark, a label or a set whose members change holds or not by
//! what other rules do to packets before: their text belongs to what it asks.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;

use crate::model::asks::{Asks, digest};
use crate::model::firewall::{Action, Filter, Firewall};
use crate::source::{SourceFile, Span};

/// Of longer words only a digest is kept.
const LONGEST: usize = 512;
/// Of so many rules it is kept where they stand.
const MAX_SPANS: usize = 64;

/// What stands in a condition, and in the rules that decide whether it holds.
const DEPENDS: [(&[&str], &[&str]); 9] = [
    (&["mark", "connmark"], &["mark set", "MARK"]),
    (&["label", "connlabel"], &["label set", "-m connlabel"]),
    (&["helper"], &["helper set", "--helper"]),
    (&["recent"], &["-m recent", "--match recent"]),
    (&["dscp", "tos"], &["dscp set", "DSCP", "TOS"]),
    (&["priority"], &["priority set", "CLASSIFY"]),
    (&["--match-set"], &["-j SET", "--jump SET"]),
    (&["tracking", "state"], &["notrack", "NOTRACK", "no-track"]),
    (&["@"], &["add @", "update @", "delete @"]),
];

/// Completes what all conditions of a firewall ask. Rules that are records stand
/// in words of nft in `written`.
pub fn settle(firewall: &mut Firewall, file: &SourceFile, written: &HashMap<Span, Box<str>>) {
    let text = |span: Span| match written.get(&span) {
        Some(words) => words,
        None => file.slice(span),
    };
    if firewall.not_modelled.is_empty() {
        return;
    }
    let chains: BTreeSet<String> = firewall.filters.iter().map(short).collect();
    let mut statements: HashMap<Span, String> = HashMap::new();
    let mut writers: HashMap<usize, (String, Vec<Span>)> = HashMap::new();
    let filters = &firewall.filters;
    for known in &mut firewall.not_modelled {
        let said = match known.asks.words.take() {
            Some(words) => words.into_string(),
            None => {
                let statement = statements
                    .entry(known.span)
                    .or_insert_with(|| digest(&words(text(known.span), &chains)));
                format!("{} {statement}", known.reason)
            }
        };
        let mut all = said.clone();
        let mut on = std::mem::take(&mut known.asks.on).into_vec();
        for (index, (asked, written)) in DEPENDS.iter().enumerate() {
            let depends = said.split_whitespace().any(|word| {
                asked.contains(&word) || (word.starts_with('@') && asked.contains(&"@"))
            });
            if depends {
                let (text, spans) = writers
                    .entry(index)
                    .or_insert_with(|| rules_that(written, filters, &text, &chains));
                all.push(' ');
                all.push_str(text);
                on.extend_from_slice(spans);
            }
        }
        if all.len() > LONGEST {
            all = digest(&all);
        }
        let alone = known.asks.alone;
        known.asks = Asks {
            alone,
            on: on.into(),
            ..Asks::of(all)
        };
    }
}

/// The name of a filter's chain.
fn short(filter: &Filter) -> String {
    let name = filter.name.rsplit(['/', ' ']).next();
    name.unwrap_or_default().to_owned()
}

/// The rules of all chains that write something, and of those that call them.
fn rules_that<'t>(
    written: &[&str],
    filters: &[Filter],
    text: &impl Fn(Span) -> &'t str,
    chains: &BTreeSet<String>,
) -> (String, Vec<Span>) {
    let spans: Vec<Vec<Span>> = filters
        .iter()
        .map(|filter| {
            let mut spans: Vec<Span> = filter.rules.iter().map(|rule| rule.span).collect();
            spans.dedup();
            spans
        })
        .collect();
    let texts: Vec<Vec<String>> = spans
        .iter()
        .map(|spans| {
            let spans = spans.iter();
            spans.map(|span| words(text(*span), chains)).collect()
        })
        .collect();
    let mut chosen: Vec<bool> = texts
        .iter()
        .map(|rules| {
            let mut rules = rules.iter();
            rules.any(|rule| written.iter().any(|word| rule.contains(word)))
        })
        .collect();
    // Who calls one of them decides which packets come there.
    let mut grows = true;
    while grows {
        grows = false;
        for (index, filter) in filters.iter().enumerate() {
            let calls = filter.rules.iter().map(|rule| rule.action);
            let calls = calls.chain([filter.default.action]).any(|action| {
                matches!(action, Action::Jump(to) | Action::Goto(to)
                    if chosen.get(to.0 as usize) == Some(&true))
            });
            if calls && let Some(slot @ false) = chosen.get_mut(index) {
                *slot = true;
                grows = true;
            }
        }
    }
    let mut all: Vec<String> = Vec::new();
    let mut on = Vec::new();
    for (index, filter) in filters.iter().enumerate() {
        if chosen.get(index) != Some(&true) {
            continue;
        }
        let (Some(texts), Some(spans)) = (texts.get(index), spans.get(index)) else {
            continue;
        };
        // Where packets are dropped, a rule in front that takes some away is told
        // by itself. Elsewhere it only decides what comes to the rules behind.
        let drops = filter.default.action == Action::Deny
            || filter.rules.iter().any(|rule| rule.action == Action::Deny);
        let calls: BTreeSet<Span> = filter
            .rules
            .iter()
            .filter(|rule| {
                matches!(rule.action, Action::Jump(to) | Action::Goto(to)
                    if chosen.get(to.0 as usize) == Some(&true))
            })
            .map(|rule| rule.span)
            .collect();
        let mut told: Vec<&str> = Vec::new();
        for (text, span) in texts.iter().zip(spans) {
            let writes = written.iter().any(|word| text.contains(word));
            if !drops || writes || calls.contains(span) {
                told.push(text);
                if on.len() < MAX_SPANS {
                    on.push(*span);
                }
            }
        }
        if drops {
            told.sort_unstable();
        }
        all.push(told.join("\n"));
    }
    all.sort_unstable();
    (digest(&all.join("\u{1}")), on)
}

/// Words as both forms of a ruleset say them: numbers with base 10, sizes in
/// bytes, times in milliseconds; no burst that goes without saying, and nothing
/// that was counted.
pub fn canonical(words: &str) -> String {
    let words: Vec<&str> = words.split_whitespace().collect();
    let word = |at: usize| words.get(at).copied().unwrap_or_default();
    let mut out = String::with_capacity(words.len().saturating_mul(8));
    let mut at = 0usize;
    while at < words.len() {
        let (this, next, third) = (word(at), word(at.wrapping_add(1)), word(at.wrapping_add(2)));
        let step = match (this, next, third) {
            ("burst", "5", "packets") | ("burst", "0", "bytes") => 3,
            ("used", _, unit) if unit.ends_with("bytes") => 3,
            _ => match size(this, next) {
                Some((bytes, rest)) => {
                    _ = write!(out, "{bytes} bytes{rest} ");
                    2
                }
                None => {
                    match number(this) {
                        Some(number) => _ = write!(out, "{number} "),
                        None => match milliseconds(this) {
                            Some(time) => _ = write!(out, "{time}ms "),
                            None => _ = write!(out, "{this} "),
                        },
                    }
                    1
                }
            },
        };
        at = at.saturating_add(step);
    }
    out.truncate(out.trim_end().len());
    out
}

/// `512 kbytes/second`, in bytes, and what follows the unit.
fn size<'w>(number: &str, unit: &'w str) -> Option<(u64, &'w str)> {
    let number: u64 = number.parse().ok()?;
    let kinds = [
        ("bytes", 1u64),
        ("kbytes", 1 << 10),
        ("mbytes", 1 << 20),
        ("gbytes", 1 << 30),
    ];
    kinds.iter().find_map(|(word, factor)| {
        let rest = unit.strip_prefix(word)?;
        let whole = rest.is_empty() || rest.starts_with('/');
        Some((number.checked_mul(*factor)?, rest)).filter(|_| whole)
    })
}

/// A number with base 16.
fn number(word: &str) -> Option<u128> {
    u128::from_str_radix(word.strip_prefix("0x")?, 16).ok()
}

/// `1h30m`, as nft writes times.
fn milliseconds(word: &str) -> Option<u64> {
    let mut rest = word;
    let mut sum = 0u64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, unit) = rest.split_at_checked(digits)?;
        let end = unit
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(unit.len());
        let (unit, after) = unit.split_at_checked(end)?;
        let factor = match unit {
            "d" => 86_400_000,
            "h" => 3_600_000,
            "m" => 60_000,
            "s" => 1_000,
            "ms" => 1,
            _ => return None,
        };
        let part = number.parse::<u64>().ok()?.checked_mul(factor)?;
        sum = sum.checked_add(part)?;
        rest = after;
    }
    (!word.is_empty()).then_some(sum)
}

/// Options that say the same.
const SAME: [(&str, &str); 14] = [
    ("--state", "--ctstate"),
    ("--destination-port", "--dport"),
    ("--source-port", "--sport"),
    ("--destination-ports", "--dports"),
    ("--source-ports", "--sports"),
    ("--protocol", "-p"),
    ("--source", "-s"),
    ("--src", "-s"),
    ("--destination", "-d"),
    ("--dst", "-d"),
    ("--in-interface", "-i"),
    ("--out-interface", "-o"),
    ("--jump", "-j"),
    ("--goto", "-g"),
];

/// Modules that only allow options which say all.
const MODULES: [&str; 6] = ["comment", "state", "conntrack", "tcp", "udp", "multiport"];

/// The words of a rule, without its chain, comments, counters and handles.
pub fn words(text: &str, chains: &BTreeSet<String>) -> String {
    let record = text.trim_start().starts_with('{');
    let plain: String;
    let text = if record {
        plain = text.replace(['{', '}', '[', ']', '"', ':', ','], " ");
        plain.as_str()
    } else {
        text
    };
    let mut out: Vec<&str> = Vec::new();
    let mut all = split(text).into_iter().peekable();
    while let Some(word) = all.next() {
        let drop = match word {
            "-A" | "--append" | "-I" | "--insert" | "--comment" | "comment" | "handle"
            | "--log-prefix" | "prefix" => 1,
            "chain" if record => 1,
            "-m" | "--match" if all.peek().is_some_and(|name| MODULES.contains(name)) => 1,
            "-c" | "--set-counters" => 2,
            "counter" if all.peek() == Some(&"packets") => 4,
            "counter" | "#" => 0,
            "-j" | "--jump" | "-g" | "--goto" | "jump" | "goto" => {
                out.push(short_option(word));
                if all.peek().is_some_and(|name| chains.contains(*name)) {
                    out.push("chain");
                    all.next();
                }
                continue;
            }
            word if word.starts_with('[') && word.ends_with(']') => 0,
            _ => {
                out.push(short_option(word));
                continue;
            }
        };
        for _ in 0..drop {
            all.next();
        }
    }
    let sorted = |word: &str| {
        let mut parts: Vec<&str> = word.split(',').collect();
        parts.sort_unstable();
        parts.join(",")
    };
    let words: Vec<String> = out.into_iter().map(sorted).collect();
    canonical(&words.join(" "))
}

fn short_option(word: &str) -> &str {
    let mut known = SAME.iter();
    known
        .find(|(long, _)| *long == word)
        .map_or(word, |(_, short)| short)
}

/// Words between blanks; what stands in quotes is one.
fn split(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (word, next) = match rest.strip_prefix('"') {
            Some(quoted) => {
                let end = quoted.find('"').unwrap_or(quoted.len());
                let (word, after) = quoted.split_at_checked(end).unwrap_or((quoted, ""));
                (word, after.strip_prefix('"').unwrap_or(after))
            }
            None => {
                let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
                rest.split_at_checked(end).unwrap_or((rest, ""))
            }
        };
        let word = word.trim_end_matches([';', '{']);
        if !word.is_empty() {
            out.push(word);
        }
        rest = next.trim_start();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::words;
    use std::collections::BTreeSet;

    #[test]
    fn chains_comments_counters_and_handles_are_no_part_of_a_rule() {
        let chains = BTreeSet::from(["web".to_owned(), "mail".to_owned()]);
        let one = words(
            "[1:2] -A web -m comment --comment \"a b\" -s 192.0.2.1 -j mail",
            &chains,
        );
        let other = words("-A mail -s 192.0.2.1 -j web", &chains);
        assert_eq!(other, "-s 192.0.2.1 -j chain");
        assert_eq!(one, other);
        let nft = "tcp dport 25 counter packets 5 bytes 9 comment \"x y\" jump web # handle 5";
        assert_eq!(words(nft, &chains), "tcp dport 25 jump chain");
    }
}
