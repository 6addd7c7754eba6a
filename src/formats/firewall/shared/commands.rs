//! Tables of commands: which words start which command, and what a stanza may
//! hold. Keywords are matched without regard to case and may be abbreviated,
//! as Cisco's parsers accept them.

use crate::formats::firewall::shared::tables::{KeySet, Map};

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

/// A row of a command table.
#[derive(Debug)]
pub struct Command {
    /// The words that it starts with, in full.
    pub words: Vec<&'static str>,
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
    /// Whether the word, or the one that it is short for, may start a line of
    /// the stanza.
    pub fn has(&self, word: &str) -> bool {
        if word.len() > LONGEST {
            // Not worth a hash of megabytes.
            return false;
        }
        self.words.contains(word)
            || self.words.contains(word.to_ascii_lowercase().as_str())
            || (word.len() >= SHORTEST && self.words.iter().any(|full| abbreviates(word, full)))
    }
}

/// No command is a longer word.
const LONGEST: usize = 64;

/// Shorter words are noise sooner than abbreviations.
const SHORTEST: usize = 3;

/// The commands and stanzas of a platform.
#[derive(Debug)]
pub struct CommandTable {
    commands: Map<&'static str, Vec<Command>>,
    modes: Map<&'static str, SubMode>,
    /// The words of all modes.
    stanza_words: KeySet<&'static str>,
    /// The same in lower case, sorted, to find what a word is short for.
    sorted_words: Vec<String>,
}

impl CommandTable {
    /// Reads the two data files.
    pub fn new(commands: &'static str, modes: &'static str) -> Self {
        let mut table: Map<&'static str, Vec<Command>> = Map::default();
        for row in rows(commands) {
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
            let Some(first) = words.first().copied() else {
                continue;
            };
            table.entry(first).or_default().push(Command {
                words,
                effect,
                mode: row.get(2).copied().filter(|mode| *mode != "-"),
                why: row.get(3).copied().unwrap_or_default(),
            });
        }
        for entries in table.values_mut() {
            entries.sort_by_key(|command| std::cmp::Reverse(command.words.len()));
        }
        let modes: Map<_, _> = rows(modes)
            .filter_map(|row| {
                let words: KeySet<_> = row.get(1)?.split(' ').collect();
                let open = words.contains("*");
                Some((*row.first()?, SubMode { words, open }))
            })
            .collect();
        let stanza_words: KeySet<_> = modes
            .values()
            .flat_map(|mode| mode.words.iter().copied())
            .collect();
        let mut sorted_words: Vec<_> = stanza_words
            .iter()
            .map(|word| word.to_ascii_lowercase())
            .collect();
        sorted_words.sort_unstable();
        Self {
            commands: table,
            modes,
            stanza_words,
            sorted_words,
        }
    }

    /// The row for a line (without a leading `no`): exact words before
    /// abbreviated ones, longer rows before shorter ones.
    pub fn find(&self, line: &str) -> Option<&Command> {
        let mut words = Words::new(line);
        let first = words.next()?;
        let first = self.full_word(first)?;
        let entries = self.commands.get(first)?;
        let matches = |command: &&Command, same: fn(&str, &str) -> bool| {
            let mut line = words;
            command
                .words
                .iter()
                .skip(1)
                .all(|full| line.next().is_some_and(|word| same(word, full)))
        };
        entries
            .iter()
            .find(|command| matches(command, |word, full| word.eq_ignore_ascii_case(full)))
            .filter(|command| command.words.len() > 1)
            .or_else(|| entries.iter().find(|command| matches(command, abbreviates)))
    }

    /// The command that a first word is, or is short for. An ambiguous word is
    /// taken for a command that carries policy before any other.
    pub fn full_word(&self, word: &str) -> Option<&'static str> {
        if let Some((full, _)) = self.commands.get_key_value(word) {
            return Some(full);
        }
        let lower = word.to_ascii_lowercase();
        if let Some((full, _)) = self.commands.get_key_value(lower.as_str()) {
            return Some(full);
        }
        if word.len() < SHORTEST {
            return None;
        }
        let mut fitting: Vec<_> = self
            .commands
            .iter()
            .filter(|(full, _)| full.starts_with(lower.as_str()))
            .map(|(full, rows)| {
                let code = rows.iter().any(|row| row.effect == Effect::Code);
                (!code, *full)
            })
            .collect();
        fitting.sort_unstable();
        fitting.first().map(|(_, full)| *full)
    }

    /// Whether a word, written in full, starts a top-level line.
    pub fn is_top_level(&self, word: &str) -> bool {
        word == "no"
            || self.commands.contains_key(word)
            || self
                .commands
                .contains_key(word.to_ascii_lowercase().as_str())
    }

    /// What a mode may hold.
    pub fn mode(&self, name: &str) -> Option<&SubMode> {
        self.modes.get(name)
    }

    /// Whether a word starts a line of any kind.
    pub fn starts_any_line(&self, word: &str) -> bool {
        if self.is_top_level(word) {
            return true;
        }
        if word.len() > LONGEST {
            return false;
        }
        let lower = word.to_ascii_lowercase();
        // The first word that is not before it starts with it if any does.
        let next = self.sorted_words.partition_point(|full| *full < lower);
        let full = self.sorted_words.get(next);
        self.stanza_words.contains(word)
            || self.stanza_words.contains(lower.as_str())
            || (word.len() >= SHORTEST && full.is_some_and(|full| full.starts_with(&lower)))
    }
}

/// Whether a word is a keyword or short for it, in any case.
pub fn abbreviates(word: &str, keyword: &str) -> bool {
    !word.is_empty()
        && keyword
            .get(..word.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(word))
}

/// Whether a word is a keyword or short for it by at least `least` letters.
pub fn short(word: &str, keyword: &str, least: usize) -> bool {
    word.len() >= least && abbreviates(word, keyword)
}

impl CommandTable {
    /// The word of an interface stanza that a word is, or is short for.
    pub fn full_interface_word<'w>(&'w self, word: &'w str) -> &'w str {
        /// Words that carry policy, and the least that tells them apart.
        const POLICY: [(&str, usize); 8] = [
            ("ip", 2),
            ("ipv6", 4),
            ("shutdown", 4),
            ("zone-member", 4),
            ("switchport", 6),
            ("service-policy", 9),
            ("crypto", 3),
            ("no", 2),
        ];
        POLICY
            .iter()
            .find(|(full, least)| short(word, full, *least))
            .map_or(word, |(full, _)| full)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_any_stanza_starts_a_line_in_full_or_shortened() {
        let modes = "interface\tip shutdown Tunnel\nroute-map\tmatch set\n";
        let table = CommandTable::new("hostname\tirrelevant\t-\t\n", modes);
        for word in [
            "hostname", "no", "ip", "IP", "shutdown", "shut", "SHU", "tun", "Tunnel", "match",
        ] {
            assert!(table.starts_any_line(word), "{word}");
        }
        for word in ["sh", "shutdowns", "ma", "zebra", "a", "x"] {
            assert!(!table.starts_any_line(word), "{word}");
        }
    }
}
