//! Which commands there are, and which of them cannot change a verdict.

use crate::formats::firewall::shared::tables::{KeySet, Map};
use std::sync::OnceLock;

use super::lex::Terminal;
use super::tables::rows;
use super::words::Words;

/// What a command means for the question which packets pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Read by a construct of its own.
    Code,
    /// Cannot change it.
    Irrelevant,
    /// Could change it.
    NotModelled,
}

/// A row of the command table.
#[derive(Debug)]
pub struct Command {
    words: Vec<&'static str>,
    /// What it means.
    pub effect: Effect,
    /// The mode that it opens.
    pub mode: Option<&'static str>,
    /// Why it is not modelled.
    pub why: &'static str,
}

/// What a stanza may hold.
#[derive(Debug, Default)]
pub struct SubMode {
    words: KeySet<&'static str>,
    /// Whether any indented line belongs to the stanza.
    pub open: bool,
}

impl SubMode {
    /// Whether the word may start a line of the stanza.
    pub fn has(&self, word: &str) -> bool {
        self.words.contains(word)
    }
}

fn commands() -> &'static Map<&'static str, Vec<Command>> {
    static TABLE: OnceLock<Map<&'static str, Vec<Command>>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table: Map<&'static str, Vec<Command>> = Map::default();
        for row in rows(include_str!("data/commands.tsv")) {
            let words: Vec<_> = row
                .first()
                .copied()
                .unwrap_or_default()
                .split(' ')
                .collect();
            let effect = match row.get(1).copied() {
                Some("code") => Effect::Code,
                Some("not-modelled") => Effect::NotModelled,
                _ => Effect::Irrelevant,
            };
            let mode = row.get(2).copied().filter(|mode| *mode != "-");
            let why = row.get(3).copied().unwrap_or_default();
            let Some(first) = words.first().copied() else {
                continue;
            };
            let entries = table.entry(first).or_default();
            entries.push(Command {
                words,
                effect,
                mode,
                why,
            });
            entries.sort_by_key(|command| std::cmp::Reverse(command.words.len()));
        }
        table
    })
}

fn modes() -> &'static Map<&'static str, SubMode> {
    static TABLE: OnceLock<Map<&'static str, SubMode>> = OnceLock::new();
    TABLE.get_or_init(|| {
        rows(include_str!("data/submodes.tsv"))
            .filter_map(|row| {
                let words: KeySet<_> = row.get(1)?.split(' ').collect();
                let open = words.contains("*");
                Some((*row.first()?, SubMode { words, open }))
            })
            .collect()
    })
}

/// The row for a line (without a leading `no`).
pub fn find(line: &str) -> Option<&'static Command> {
    let mut words = Words::new(line);
    find_words(words.next()?, words)
}

/// The row for a command and the words after it.
pub fn find_words(first: &str, words: Words<'_>) -> Option<&'static Command> {
    let entries = commands().get(first)?;
    entries.iter().find(|command| {
        let mut line = words;
        command.words.iter().skip(1).all(|word| line.eat(word))
    })
}

/// Commands that decide which packets pass and where they go.
const POLICY: [&str; 15] = [
    "access-group",
    "access-list",
    "conduit",
    "global",
    "interface",
    "name",
    "nameif",
    "nat",
    "object",
    "object-group",
    "outbound",
    "route",
    "same-security-traffic",
    "service-policy",
    "static",
];
/// Shorter words are noise sooner than abbreviations.
const SHORTEST_ABBREVIATION: usize = 3;

/// Whether a word is, or may be short for, a command that carries policy.
pub fn may_carry_policy(word: &str) -> bool {
    word.len() >= SHORTEST_ABBREVIATION && POLICY.iter().any(|full| full.starts_with(word))
}

/// The command that a word is short for, if it is short for one only: the
/// device takes the first characters of a command for the command.
///
/// Source: Cisco ASA Series CLI Configuration Guide, "Abbreviating Commands".
pub fn unabbreviated(word: &str) -> Option<&'static str> {
    if word.len() < SHORTEST_ABBREVIATION || is_top_level(word) {
        return None;
    }
    let mut fitting = commands().keys().filter(|full| full.starts_with(word));
    let only = fitting.next()?;
    fitting.next().is_none().then_some(*only)
}

/// Whether a word is short for a keyword, or the keyword itself.
pub fn abbreviates(word: &str, keyword: &str) -> bool {
    !word.is_empty() && keyword.starts_with(word)
}

/// Whether a word starts a top-level line.
pub fn is_top_level(word: &str) -> bool {
    word == "no" || commands().contains_key(word)
}

/// What a mode may hold.
pub fn mode(name: &str) -> Option<&'static SubMode> {
    modes().get(name)
}

/// What a capture of an ASA, PIX or FWSM holds besides the configuration.
pub const TERMINAL: Terminal = Terminal {
    pager_hint: "--- More",
    pager: |text| text.starts_with(PAGER).then_some(PAGER.len()),
    starts_line: Some(starts_line),
};

/// What the pager prints; the same number of blanks overwrites it.
const PAGER: &str = "<--- More --->";

/// Whether a word can start a line after a full one: it starts a command, or,
/// inside a stanza, a line of a stanza.
fn starts_line(full: &str, word: &str) -> bool {
    let one_line = !full.starts_with(' ') && find(full).is_some_and(|c| c.mode.is_none());
    if one_line {
        is_top_level(word)
    } else {
        starts_any_line(word)
    }
}

/// Whether a word starts a line of any kind.
pub fn starts_any_line(word: &str) -> bool {
    is_top_level(word) || modes().values().any(|mode| mode.has(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_row_wins() {
        let mode = |line| find(line).and_then(|command| command.mode);
        assert_eq!(mode("crypto ca certificate chain x"), Some("certificates"));
        assert_eq!(
            mode("crypto ipsec security-association lifetime seconds 28800"),
            None
        );
        assert_eq!(
            find("crypto map m 1 match address a").map(|c| c.effect),
            Some(Effect::Code)
        );
        assert!(find("frobnicate").is_none());
    }

    #[test]
    fn every_mode_that_a_command_opens_is_described() {
        for command in commands().values().flatten() {
            if let Some(name) = command.mode {
                assert!(mode(name).is_some(), "{name}");
            }
        }
    }
}
