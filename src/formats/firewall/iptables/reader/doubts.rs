//! What makes a capture doubtful as a whole: another program stood behind the
//! command, rules were changed behind a dump, or two listings disagree.

use std::collections::{BTreeMap, HashSet};

use super::{Reader, Rules, follows};
use crate::formats::firewall::iptables::lex::{Word, Words};
use crate::formats::firewall::iptables::listing;
use crate::formats::firewall::iptables::tables::TABLES;
use crate::formats::firewall::shared::netfilter::typed;
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
    /// The name of a table is lost.
    Lost,
    /// The machine has rules of another back end, too.
    Backend,
}

impl Doubt {
    /// The reason at every verdict.
    pub fn why(self) -> &'static str {
        match self {
            Self::Listings => "the file holds several listings",
            Self::Part => "only a part of the rules may be in the file",
            Self::Changed => "a command behind the rules changes them",
            Self::Lost => "a part of the rules stands in a table whose name is lost",
            Self::Backend => "the machine has rules of iptables-legacy, too",
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
            Self::Lost => {
                "a chain outside of every table: the line that names its table is lost or not \
                 understood, and the rules of the file decide nothing"
            }
            Self::Backend => {
                "the machine has rules of iptables-legacy, too, which this output leaves out: the \
                 rules decide nothing"
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

/// A dump without its last `COMMIT`.
pub(super) fn broken_off(span: Span) -> Problem {
    Problem {
        level: ProblemLevel::Error,
        message: "the dump breaks off before the COMMIT of its last table, and decides nothing"
            .to_owned(),
        hint: Some("save the whole output of `iptables-save -c`".to_owned()),
        span,
    }
}

/// A listing that leaves out interfaces.
pub(super) fn partial(span: Span) -> Problem {
    Problem {
        level: ProblemLevel::Warning,
        message: "this listing leaves out the interfaces of its rules, so that none of them \
                  is certain"
            .to_owned(),
        hint: Some(
            "export with `iptables-save -c` and `ip6tables-save -c`, or at least \
             `iptables -L -n -v`"
                .to_owned(),
        ),
        span,
    }
}

/// What a table says, chain by chain: policies and rules.
pub(super) type Said<'f> = BTreeMap<&'f str, Vec<String>>;

impl Rules<'_> {
    /// Whether a table of a family has a chain of that name.
    pub fn has_chain(&self, v6: bool, name: &str) -> bool {
        let mut tables = self.tables.iter().filter(|((family, _), _)| *family == v6);
        tables.any(|(_, table)| table.chain(name).is_some())
    }

    /// Whether the file holds some tables of a family to their end, and nothing that
    /// could not be read.
    pub fn is_whole(&self, v6: bool, tables: &[&str]) -> bool {
        let mut places = tables
            .iter()
            .map(|name| TABLES.iter().position(|known| known == name));
        let mut held = self.tables.keys().filter(|(family, _)| *family == v6);
        places.all(|place| place.is_some_and(|place| self.done.contains_key(&(v6, place))))
            && held.all(|key| self.done.contains_key(key))
            && self.unread.is_empty()
            && self.cut.is_none()
            && self.doubt.is_none()
    }
}

impl<'f> Reader<'f> {
    /// A doubt about all rules of the host.
    pub(super) fn doubt(&mut self, doubt: Doubt, text: &str) {
        let span = self.rules.builder.span(text);
        self.rules.doubt.get_or_insert((doubt, span));
    }

    /// Whether `# iptables -F` was perhaps typed at the prompt of root, and not
    /// written as a remark: in a capture, or behind rules that no file for
    /// iptables-restore holds.
    pub(super) fn may_have_run(&self, text: &str) -> bool {
        let Some(typed) = text.strip_prefix("# ").map(str::trim_start) else {
            return false;
        };
        (self.prompts || !self.saved)
            && !self.rules.tables.is_empty()
            && typed::is_bare(typed)
            && typed::changes(typed)
            && !self.restores_what_is_here(typed)
    }

    /// Whether a line restores what another one wrote with a text in the script.
    pub(super) fn restores_what_is_here(&self, text: &str) -> bool {
        typed::statements(text)
            .flat_map(typed::stages)
            .filter(|stage| typed::changes(stage))
            .all(|stage| {
                let path = match stage.split_once('<') {
                    Some((_, path)) => path.split_whitespace().next(),
                    None => {
                        let mut words = stage.split_whitespace().rev();
                        words.find(|word| !word.starts_with('-'))
                    }
                };
                let path = path.unwrap_or_default().trim_matches(['"', '\'']);
                stage.contains("-restore") && self.written.contains(&path)
            })
    }

    /// Whether a listing below a line says the same as the dump of its table
    /// whose first line is `dump`: the same policies and rules, of what `-L`
    /// prints the same ends, interfaces and targets. One that is cut down says
    /// nothing else. With the last line of the listing.
    pub(super) fn says_again(
        &mut self,
        (index, text): (usize, &str),
        dump: usize,
        v6: bool,
        commands: bool,
    ) -> (bool, usize) {
        let (listed, last) = if commands {
            self.commands_below(index)
        } else {
            self.rows_below(index, v6)
        };
        let key = (dump, commands);
        if self.dumped.as_ref().map(|(of, _)| *of) != Some(key) {
            self.dumped = Some((key, self.dumped(dump, commands)));
        }
        let dumped = self.dumped.as_ref().map(|(_, said)| said);
        let part = typed::cuts_down(text);
        let again = listed.iter().all(|(chain, said)| {
            let of_dump = dumped.and_then(|dumped| dumped.get(chain));
            let of_dump = of_dump.map_or(&[][..], |said| said.as_slice());
            if part {
                let held: HashSet<&String> = of_dump.iter().collect();
                return said.iter().all(|rule| held.contains(rule));
            }
            of_dump == said.as_slice()
        });
        (again, last)
    }

    /// Whether two listings, each below a line, say the same of the chains that
    /// both show.
    pub(super) fn say_the_same(&self, one: usize, other: usize, v6: bool) -> bool {
        let (one, other) = (self.rows_below(one, v6).0, self.rows_below(other, v6).0);
        one.iter()
            .all(|(chain, said)| other.get(chain).is_none_or(|other| other == said))
    }

    /// Whether two dumps, each by its first line, hold the same.
    pub(super) fn are_alike(&self, one: usize, other: usize) -> bool {
        self.dumped(one, true) == self.dumped(other, true)
    }

    fn lines_from(&self, index: usize) -> impl Iterator<Item = (usize, &'f str)> {
        let file = self.file;
        let lines = index.saturating_add(1)..file.line_count();
        lines.map(|line| (line, file.line(line).unwrap_or_default().trim()))
    }

    /// What a dump says of the table that begins on a line.
    fn dumped(&self, index: usize, whole: bool) -> Said<'f> {
        let mut said = Said::new();
        let lines = self.lines_from(index).map(|(_, text)| text);
        for text in lines.take_while(|text| *text != "COMMIT" && !text.starts_with('*')) {
            if let Some(declared) = text.strip_prefix(':') {
                let mut words = declared.split_whitespace();
                let (name, policy) = (words.next(), words.next().filter(|word| *word != "-"));
                if let Some(name) = name {
                    let said = said.entry(name).or_default();
                    said.extend(policy.map(str::to_owned));
                }
                continue;
            }
            let rule = match text.strip_prefix('[') {
                Some(rest) => rest.split_once(']').map_or("", |(_, rest)| rest.trim()),
                None => text,
            };
            if let Some((chain, rule)) = of_chain(rule, "-A ") {
                let rule = if whole {
                    without_counters(rule)
                } else {
                    shown(Words::new(rule))
                };
                said.entry(chain).or_default().push(rule);
            }
        }
        said
    }

    /// What `iptables -S` prints below a line, and where it ends.
    fn commands_below(&self, index: usize) -> (Said<'f>, usize) {
        let (mut said, mut last) = (Said::new(), index);
        let mut rules = false;
        for (line, text) in self.lines_from(index) {
            // Policies come first: behind rules another listing begins.
            if rules && text.starts_with("-P ") {
                break;
            }
            rules |= text.starts_with("-A ");
            let item = of_chain(text, "-P ").or_else(|| of_chain(text, "-A "));
            match item {
                Some((chain, what)) => {
                    let said = said.entry(chain).or_default();
                    said.push(without_counters(what));
                }
                None if text.is_empty() => {}
                None => match text.strip_prefix("-N ") {
                    Some(chain) => _ = said.entry(chain.trim()).or_default(),
                    None => break,
                },
            }
            last = line;
        }
        (said, last)
    }

    /// What `iptables -L` prints below a line, and where it ends.
    fn rows_below(&self, index: usize, v6: bool) -> (Said<'f>, usize) {
        let (mut said, mut last) = (Said::new(), index);
        let mut built_in: Vec<&str> = Vec::new();
        let (mut chain, mut columns) = (None, None);
        let mut words: Vec<Word<'f>> = Vec::new();
        for (line, text) in self.lines_from(index) {
            let typed = || typed::prompted(text, false).is_some() || typed::is_bare(text);
            if text.starts_with(['*', '#', ':']) || typed() {
                break;
            }
            if let Some((name, policy)) = listing::heading(text) {
                if policy.is_some() && !follows(&built_in, name) {
                    break;
                }
                built_in.extend(policy.map(|_| name));
                last = line;
                (chain, columns) = (Some(name), None);
                let said = said.entry(name).or_default();
                said.extend(policy.map(str::to_owned));
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
                    let row = if read {
                        shown(words.iter().copied())
                    } else {
                        "?".to_owned()
                    };
                    said.entry(name).or_default().push(row);
                }
            }
            last = line;
        }
        (said, last)
    }
}

/// `-A FORWARD …` and `-P INPUT DROP` by chain.
fn of_chain<'f>(text: &'f str, verb: &str) -> Option<(&'f str, &'f str)> {
    let rest = text.strip_prefix(verb)?;
    let (chain, what) = rest.split_once(' ').unwrap_or((rest, ""));
    Some((chain, what.trim()))
}

/// A rule without its counters and those of its policy (`iptables -vS`).
fn without_counters(rule: &str) -> String {
    let mut out = String::with_capacity(rule.len());
    let mut words = rule.split(' ');
    while let Some(word) = words.next() {
        if word == "-c" {
            words.next();
            words.next();
            continue;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// What both a dump and a row of a listing show of a rule: its ends, as far as
/// they are numbers, its interfaces, and its target.
fn shown<'w>(words: impl Iterator<Item = Word<'w>>) -> String {
    let mut parts: BTreeMap<&str, String> = BTreeMap::new();
    let mut words = words.peekable();
    let mut not = "";
    while let Some(word) = words.next() {
        let option = match word.text {
            "!" => {
                not = "!";
                continue;
            }
            "-s" | "-d" | "-i" | "-o" => word.text,
            "-j" | "-g" => "-j",
            "--sport" | "--source-port" => "--sport",
            "--dport" | "--destination-port" => "--dport",
            _ => {
                not = "";
                continue;
            }
        };
        let value = words.next().map_or("", |word| word.text);
        let (bare, inverse) = match value.strip_prefix('!') {
            Some(bare) => (bare, "!"),
            None => (value, std::mem::take(&mut not)),
        };
        let bare = bare.strip_suffix("/32").unwrap_or(bare);
        let bare = bare.strip_suffix("/128").unwrap_or(bare);
        let ends = matches!(option, "-s" | "-d" | "--sport" | "--dport");
        let number = bare.starts_with(|c: char| c.is_ascii_digit()) || bare.contains(':');
        let any = matches!(bare, "0.0.0.0/0" | "::/0" | "*" | "any");
        // A listing may resolve numbers to names.
        let value = match ends && !number {
            true => "name".to_owned(),
            false => format!("{inverse}{bare}"),
        };
        if !any {
            parts.insert(option, value);
        }
    }
    format!("{parts:?}")
}
