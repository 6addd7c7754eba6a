//! What makes a capture doubtful as a whole: another program stood behind the
//! command, rules were changed behind a dump, or two listings disagree.

use std::collections::BTreeMap;

use super::{Reader, prompt};
use crate::formats::firewall::iptables::lex::{Word, Words};
use crate::formats::firewall::iptables::listing;
use crate::formats::{Problem, ProblemLevel};
use crate::source::Span;

/// Why no rule of a host is certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// A second policy of a chain outside `iptables-save`, or a listing that is
    /// not what was dumped: of another table, another family or another day.
    Listings,
    /// A typed command whose output went through a program that may have dropped
    /// lines of it.
    Part,
    /// A typed command that changes rules which were printed before.
    Changed,
}

impl Doubt {
    /// The reason at every verdict.
    pub fn why(self) -> &'static str {
        match self {
            Self::Listings => "the file holds several listings",
            Self::Part => "only a part of the rules may be in the file",
            Self::Changed => "a command behind the rules changes them",
        }
    }

    /// The problem of the file.
    pub fn problem(self, span: Span) -> Problem {
        let message = match self {
            Self::Listings => {
                "a second policy of the same chain, or another listing of the same table: the file \
                 holds several listings, and decides nothing"
            }
            Self::Part => {
                "the output went through another program, which may have dropped rules: they \
                 decide nothing"
            }
            Self::Changed => {
                "this command changes rules that were printed before: they decide nothing"
            }
        };
        Problem {
            level: ProblemLevel::Error,
            message: message.to_owned(),
            hint: Some("save the whole output of `iptables-save -c`".to_owned()),
            span,
        }
    }
}

/// Programs that print all that they are given.
const WHOLE: [&str; 6] = ["less", "more", "cat", "tee", "nl", "most"];

/// Programs that print a part of a file.
const CUT: [&str; 12] = [
    "grep", "egrep", "fgrep", "zgrep", "awk", "gawk", "sed", "head", "tail", "cut", "sort", "uniq",
];

/// Whether what a typed line prints may lack lines of what it reads.
pub fn cuts_down(text: &str) -> bool {
    let program = |stage: &'_ str| -> String {
        let mut words = stage.split_whitespace();
        let word = words.find(|word| !is_before_a_command(word));
        let word = word.unwrap_or_default().trim_matches(['\'', '"', '(', ')']);
        word.rsplit('/').next().unwrap_or_default().to_owned()
    };
    text.split([';', '&']).any(|statement| {
        let mut stages = statement.split('|');
        let first = program(stages.next().unwrap_or_default());
        CUT.contains(&first.as_str())
            || stages.any(|stage| !WHOLE.contains(&program(stage).as_str()))
    })
}

/// `root@gw1:~#`, `[root@gw1`, `~]#`, `$`, `sudo`.
fn is_before_a_command(word: &str) -> bool {
    matches!(word, "sudo" | "doas" | "+")
        || word.contains('@')
        || word.ends_with(['#', '$', '%', '>'])
}

/// Whether a line was typed behind a prompt.
pub fn is_typed(text: &str) -> bool {
    text.split_whitespace()
        .next()
        .is_some_and(|word| prompt(word).is_some() || matches!(word, "$" | "sudo"))
}

/// Whether a typed line changes rules.
pub fn changes(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let Some(program) = words.find(|word| !is_before_a_command(word)) else {
        return false;
    };
    let program = program.rsplit('/').next().unwrap_or_default();
    let base = program.split('-').next().unwrap_or_default();
    if !matches!(base, "iptables" | "ip6tables") || program.ends_with("-save") {
        return false;
    }
    program.ends_with("-restore")
        || words.any(|word| {
            let long = [
                "--append",
                "--insert",
                "--delete",
                "--delete-chain",
                "--policy",
                "--flush",
                "--replace",
                "--rename-chain",
            ];
            let short = word.len() == 2
                && word
                    .strip_prefix('-')
                    .is_some_and(|flag| "AIDPFRXE".contains(flag));
            short || long.contains(&word)
        })
}

/// What a table says, chain by chain: policies and rules.
type Said<'f> = BTreeMap<&'f str, Vec<&'f str>>;

impl<'f> Reader<'f> {
    /// A doubt about all rules of the host.
    pub(super) fn doubt(&mut self, doubt: Doubt, text: &str) {
        let span = self.rules.builder.span(text);
        self.rules.doubt.get_or_insert((doubt, span));
    }

    /// Whether a line of a script restores a file that a line above it names: the
    /// script writes the dump there.
    pub(super) fn restores_what_is_here(&self, text: &str) -> bool {
        if is_typed(text) || !text.contains("tables-restore") || self.rules.doubt.is_some() {
            return false;
        }
        let path = text.split(['<', ' ']).next_back().unwrap_or_default();
        let line = self.rules.builder.span(text).start;
        let above = usize::try_from(line).ok();
        let above = above.and_then(|line| self.file.text().get(..line));
        path.contains('/') && above.is_some_and(|above| above.contains(path))
    }

    /// Whether a listing below a line says the same as the dump of its table
    /// whose first line is `dump`: the same policies and rules, of what `-L`
    /// prints the same number with the same targets.
    pub(super) fn says_again(&self, index: usize, dump: usize, v6: bool, commands: bool) -> bool {
        let listed = if commands {
            self.commands_below(index)
        } else {
            self.rows_below(index, v6)
        };
        let dumped = self.dumped(dump, commands);
        listed.iter().all(|(chain, said)| {
            let of_dump = dumped.get(chain).map_or(&[][..], |said| said.as_slice());
            of_dump == said.as_slice()
        })
    }

    fn lines_from(&self, index: usize) -> impl Iterator<Item = &'f str> {
        let file = self.file;
        let lines = index.saturating_add(1)..file.line_count();
        lines.map(|line| file.line(line).unwrap_or_default().trim())
    }

    /// What a dump says of the table that begins on a line.
    fn dumped(&self, index: usize, whole: bool) -> Said<'f> {
        let mut said = Said::new();
        let lines = self.lines_from(index);
        for text in lines.take_while(|text| *text != "COMMIT" && !text.starts_with('*')) {
            if let Some(declared) = text.strip_prefix(':') {
                let mut words = declared.split_whitespace();
                let (name, policy) = (words.next(), words.next().filter(|word| *word != "-"));
                if let (Some(name), Some(policy)) = (name, policy) {
                    said.entry(name).or_default().push(policy);
                }
                continue;
            }
            let rule = match text.strip_prefix('[') {
                Some(rest) => rest.split_once(']').map_or("", |(_, rest)| rest.trim()),
                None => text,
            };
            if let Some((chain, rule)) = of_chain(rule, "-A ") {
                let rule = if whole { rule } else { target(rule) };
                said.entry(chain).or_default().push(rule);
            }
        }
        said
    }

    /// What `iptables -S` prints below a line.
    fn commands_below(&self, index: usize) -> Said<'f> {
        let mut said = Said::new();
        for text in self.lines_from(index) {
            let item = of_chain(text, "-P ").or_else(|| of_chain(text, "-A "));
            match item {
                Some((chain, what)) => said.entry(chain).or_default().push(what),
                None if text.starts_with("-N ") || text.is_empty() => {}
                None => break,
            }
        }
        said
    }

    /// What `iptables -L` prints below a line.
    fn rows_below(&self, index: usize, v6: bool) -> Said<'f> {
        let mut said = Said::new();
        let (mut chain, mut columns) = (None, None);
        let mut words: Vec<Word<'f>> = Vec::new();
        for text in self.lines_from(index) {
            if text.starts_with(['*', '#', ':']) || is_typed(text) {
                break;
            }
            if let Some((name, policy)) = listing::heading(text) {
                (chain, columns) = (Some(name), None);
                said.entry(name).or_default().extend(policy);
                continue;
            }
            let (Some(name), false) = (chain, text.is_empty()) else {
                if !text.is_empty() {
                    break;
                }
                chain = None;
                continue;
            };
            match columns {
                None => {
                    columns = listing::columns(text);
                    if columns.is_none() {
                        break;
                    }
                }
                Some(known) => {
                    words.clear();
                    let read = listing::rule(known, v6, text, &mut words).is_some();
                    let place = words
                        .iter()
                        .position(|word| matches!(word.text, "-j" | "-g"));
                    let next = place.and_then(|place| words.get(place.saturating_add(1)));
                    let target = next.map_or("", |word| word.text);
                    let said = said.entry(name).or_default();
                    said.push(if read { target } else { "?" });
                }
            }
        }
        said
    }
}

/// `-A FORWARD …` and `-P INPUT DROP` by chain.
fn of_chain<'f>(text: &'f str, verb: &str) -> Option<(&'f str, &'f str)> {
    let rest = text.strip_prefix(verb)?;
    let (chain, what) = rest.split_once(' ').unwrap_or((rest, ""));
    Some((chain, what.trim()))
}

/// The target of a rule.
fn target(rule: &str) -> &str {
    let mut words = Words::new(rule);
    while let Some(word) = words.next() {
        if matches!(word.text, "-j" | "-g") {
            return words.next().map_or("", |word| word.text);
        }
    }
    ""
}
