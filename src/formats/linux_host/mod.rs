//! What is saved of a Linux machine beside a plain dump: the output of
//! `iptables-save`, `iptables -S` or `nft list ruleset` as a journal or the log
//! of a container shows it, and rules of iptables and of nft in one capture.
//!
//! Each ruleset goes to its reader as a copy of the file in which all else is
//! blank, so that places stay what they are.

mod dumps;
mod prefix;
mod rulesets;
#[cfg(test)]
mod tests;

use super::firewall::shared::netfilter::build::undecide;
use super::firewall::{iptables, nftables};
use super::{
    CERTAIN, Content, Document, Evidence, Format, Ledger, LineState, Problem, ProblemLevel, Unit,
};
use crate::source::{SourceFile, Span, Spanned};
use dumps::{Dump, dumps};
use rulesets::{Tool, split};
use std::collections::{BTreeMap, HashSet};

const ID: &str = "linux-host";

/// Rulesets in a journal or in one capture.
pub const FORMAT: Format = Format {
    id: ID,
    title: "Linux host (iptables and nft in a journal or in one capture)",
    detect,
    parse,
};

/// Lines that detection looks at.
const LINES: usize = 20_000;
/// Bytes of copies that one log may cost, since each ruleset is read from a copy
/// as long as the log.
const MOST_BYTES: usize = 64 << 20;
/// Rulesets of one log that are read however long it is, and however short.
const RULESETS: (usize, usize) = (16, 1000);

fn detect(file: &SourceFile) -> Option<Evidence> {
    if let Some((origin, line)) = prefix::first(file, LINES) {
        let all = dumps(file);
        let found = all
            .iter()
            .filter(|dump| dump.begins(file).is_some())
            .take(most(file))
            .any(|dump| !read_rulesets(&dump.copy(file)).is_empty());
        let span = file.span_of(origin.name).unwrap_or(start(file));
        return found.then(|| told(file.line(line).unwrap_or_default(), span));
    }
    let line = rulesets::mixed(file, LINES)?;
    let both = read_rulesets(file).len() > 1;
    let text = file.line(line)?;
    let span = file.span_of(text.trim()).unwrap_or(start(file));
    both.then(|| told(text, span))
}

/// How many rulesets of a log are read.
fn most(file: &SourceFile) -> usize {
    let (least, most) = RULESETS;
    let each = file.text().len().max(1);
    MOST_BYTES
        .checked_div(each)
        .unwrap_or(least)
        .clamp(least, most)
}

fn told(line: &str, span: Span) -> Evidence {
    let shown = line.trim().chars().filter(|c| !c.is_control()).take(60);
    Evidence {
        strength: CERTAIN,
        what: format!("`{}`", shown.collect::<String>()),
        span,
    }
}

fn start(file: &SourceFile) -> Span {
    Span::of(file.id(), 0..0)
}

/// The rulesets of a text without prefixes, each with its reader and a copy.
fn read_rulesets(file: &SourceFile) -> Vec<(Tool, SourceFile)> {
    let is = |tool: Tool, file: &SourceFile| match tool {
        Tool::Iptables => (iptables::FORMAT.detect)(file).is_some(),
        Tool::Nft => (nftables::FORMAT.detect)(file).is_some(),
    };
    if rulesets::mixed(file, file.line_count()).is_some() {
        let parts = split(file);
        let parts: Vec<_> = parts.into_iter().filter(|(t, f)| is(*t, f)).collect();
        if parts.len() > 1 {
            return parts;
        }
    }
    [Tool::Iptables, Tool::Nft]
        .into_iter()
        .find(|tool| is(*tool, file))
        .map(|tool| (tool, rulesets::copy(file)))
        .into_iter()
        .collect()
}

fn parse(file: &SourceFile) -> Document {
    parse_within(file, most(file))
}

/// Reads as many rulesets of a log.
fn parse_within(file: &SourceFile, most: usize) -> Document {
    let mut whole = Whole {
        file,
        document: Document {
            content: Vec::new(),
            ledger: Ledger::new(Unit::Lines, file.line_count()),
            problems: Vec::new(),
        },
        hosts: BTreeMap::new(),
        left_out: None,
    };
    // What other programs logged, headings and blank lines.
    for line in 0..file.line_count() {
        whole.document.ledger.set(line, LineState::Irrelevant);
    }
    if prefix::first(file, LINES).is_none() {
        whole.capture();
        return whole.document;
    }
    let mut seen: HashSet<(&str, String)> = HashSet::new();
    let mut left = most;
    let all = dumps(file);
    for dump in &all {
        let Some(begin) = dump.begins(file) else {
            continue;
        };
        // The same ruleset of a host logged again is the same ruleset.
        if !seen.insert((dump.origin.name, dump.rules(file))) {
            continue;
        }
        if left == 0 {
            whole.leave_out(dump, begin);
            continue;
        }
        left = left.saturating_sub(1);
        whole.add(dump, begin);
    }
    whole.finish();
    whole.document
}

/// A ruleset of a host.
struct Known {
    tool: Tool,
    /// Whether it may hold rules of IPv4, and whether of IPv6.
    families: (bool, bool),
    /// The number of the dump that shows it.
    dump: usize,
    /// Where it begins.
    line: usize,
    /// Its firewall among the content; `None` where it was not read.
    content: Option<usize>,
    /// A line that tells that lines of it are missing.
    lost: Option<usize>,
}

struct Whole<'f> {
    file: &'f SourceFile,
    document: Document,
    /// The rulesets of each host.
    hosts: BTreeMap<&'f str, Vec<Known>>,
    /// The first ruleset beyond what is read, and how many there are.
    left_out: Option<(usize, usize)>,
}

impl<'f> Whole<'f> {
    /// Reads the rulesets of a text without prefixes.
    fn capture(&mut self) {
        let parts = read_rulesets(self.file);
        let several = parts.len() > 1;
        for (tool, part) in parts {
            for mut content in self.read(tool, &part, 0..self.file.line_count()) {
                if let Content::Firewall(firewall) = &mut content
                    && several
                    && tool == Tool::Nft
                {
                    firewall.name.value.push_str("#nft");
                }
                self.document.content.push(content);
            }
        }
        if several {
            let problem = both("the capture holds", start(self.file));
            self.document.problems.push(problem);
        }
    }

    /// Reads a part by its own reader; `lines` are its lines in the file.
    fn read(
        &mut self,
        tool: Tool,
        part: &SourceFile,
        lines: impl Iterator<Item = usize>,
    ) -> Vec<Content> {
        let read = match tool {
            Tool::Iptables => (iptables::FORMAT.parse)(part),
            Tool::Nft => (nftables::FORMAT.parse)(part),
        };
        let ledger = &mut self.document.ledger;
        for line in lines {
            let blank = part.line(line).is_none_or(|line| line.trim().is_empty());
            if let Some(state) = read.ledger.state(line).filter(|_| !blank) {
                ledger.set(line, state);
            }
        }
        for note in read.ledger.notes() {
            ledger.note(note.state, note.why.clone(), note.span);
        }
        self.document.problems.extend(read.problems);
        read.content
    }

    /// Reads a ruleset of a log.
    fn add(&mut self, dump: &Dump<'f>, begin: usize) {
        let parts = read_rulesets(&dump.copy(self.file));
        if parts.is_empty() {
            let why = "lines like those of a ruleset, which no reader takes for one";
            self.not_modelled(dump, begin, why);
            return;
        }
        let span = self
            .file
            .span_of(dump.origin.name)
            .unwrap_or(start(self.file));
        for (tool, part) in parts {
            for mut content in self.read(tool, &part, dump.lines.iter().map(|(line, _)| *line)) {
                if let Content::Firewall(firewall) = &mut content {
                    firewall.name = Spanned::new(dump.origin.name.to_owned(), span);
                    let known = self.hosts.entry(dump.origin.name).or_default();
                    known.push(Known {
                        tool,
                        families: dump.families(),
                        dump: dump.first(),
                        line: begin,
                        content: Some(self.document.content.len()),
                        lost: dump.lost,
                    });
                }
                self.document.content.push(content);
            }
        }
    }

    /// Leaves a ruleset unread. Its host has one more that may be in force.
    fn leave_out(&mut self, dump: &Dump<'f>, begin: usize) {
        let why = "a ruleset beyond the number that is read of one log";
        self.not_modelled(dump, begin, why);
        let (_, number) = self.left_out.get_or_insert((begin, 0));
        *number = number.saturating_add(1);
        for tool in [Tool::Iptables, Tool::Nft] {
            let known = self.hosts.entry(dump.origin.name).or_default();
            known.push(Known {
                tool,
                families: dump.families(),
                dump: dump.first(),
                line: begin,
                content: None,
                lost: None,
            });
        }
    }

    fn not_modelled(&mut self, dump: &Dump<'f>, begin: usize, why: &'static str) {
        for (line, from) in &dump.lines {
            let text = self.file.line(*line).and_then(|line| line.get(*from..));
            if !text.unwrap_or_default().trim().is_empty() {
                self.document.ledger.set(*line, LineState::NotModelled);
            }
        }
        let span = self.span(begin);
        self.document.ledger.note(LineState::NotModelled, why, span);
    }

    fn span(&self, line: usize) -> Span {
        let text = self.file.line(line).unwrap_or_default();
        self.file.span_of(text.trim()).unwrap_or(start(self.file))
    }

    fn firewall(&mut self, known: &Known) -> Option<&mut crate::model::firewall::Firewall> {
        match self.document.content.get_mut(known.content?)? {
            Content::Firewall(firewall) => Some(firewall),
            _ => None,
        }
    }

    /// Names the firewalls, and leaves undecided what is not for certain in force.
    fn finish(&mut self) {
        for (host, all) in std::mem::take(&mut self.hosts) {
            let mut of_tool = [0_usize; 2];
            let has = |tool: Tool| {
                all.iter()
                    .find(|known| known.tool == tool && known.content.is_some())
            };
            let second = has(Tool::Iptables).and(has(Tool::Nft));
            for known in all.iter().filter(|known| known.content.is_some()) {
                let [iptables, nft] = &mut of_tool;
                let (number, end) = match known.tool {
                    Tool::Iptables => (iptables, ""),
                    Tool::Nft if second.is_some() => (nft, "#nft"),
                    Tool::Nft => (nft, ""),
                };
                *number = number.saturating_add(1);
                if let Some(firewall) = self.firewall(known) {
                    firewall.name.value = match *number {
                        1 => format!("{host}{end}"),
                        number => format!("{host}#{number}{end}"),
                    };
                }
            }
            if let Some(second) = second {
                let problem = both(
                    &format!("the log of `{host}` holds"),
                    self.span(second.line),
                );
                self.document.problems.push(problem);
            }
            self.versions(host, &all);
            let mut told = HashSet::new();
            for known in &all {
                let Some(lost) = known.lost else { continue };
                let span = self.span(lost);
                if let Some(firewall) = self.firewall(known) {
                    undecide(
                        firewall,
                        "lines of the ruleset are missing from the log",
                        span,
                    );
                }
                if told.insert(known.dump) {
                    self.document.problems.push(Problem {
                        level: ProblemLevel::Error,
                        message: format!(
                            "the log dropped lines here: the ruleset of `{host}` from line {} on is not \
                             whole, and decides nothing",
                            known.line.saturating_add(1)
                        ),
                        hint: Some("give what iptables-save or `nft list ruleset` prints".to_owned()),
                        span,
                    });
                }
            }
        }
        if let Some((line, number)) = self.left_out {
            self.document.problems.push(Problem {
                level: ProblemLevel::Error,
                message: format!("the log holds {number} more rulesets than are read of one file"),
                hint: Some("give the rulesets that are in force in files of their own".to_owned()),
                span: self.span(line),
            });
        }
    }

    /// Differing rulesets of one tool of a host: which is in force is not told.
    fn versions(&mut self, host: &str, all: &[Known]) {
        let mut told: Vec<Vec<usize>> = Vec::new();
        for (tool, v6) in [
            (Tool::Iptables, false),
            (Tool::Iptables, true),
            (Tool::Nft, false),
        ] {
            let of = || {
                all.iter().filter(move |known| {
                    let (v4, with_v6) = known.families;
                    known.tool == tool && if v6 { with_v6 } else { v4 || tool == Tool::Nft }
                })
            };
            let (Some(first), Some(last)) = (of().next(), of().next_back()) else {
                continue;
            };
            if of().count() < 2 || of().all(|known| known.content.is_none()) {
                continue;
            }
            let lines: Vec<usize> = of().map(|known| known.line).collect();
            if told.contains(&lines) {
                continue;
            }
            if tool == Tool::Iptables {
                told.push(lines);
            }
            let (from, to) = (first.line.saturating_add(1), last.line.saturating_add(1));
            let why =
                format!("the log shows differing rulesets of {host} (line {from}, line {to})");
            let span = self.span(last.line);
            for known in of() {
                let span = self.span(known.line);
                if let Some(firewall) = self.firewall(known) {
                    undecide(firewall, &why, span);
                }
            }
            self.document.problems.push(Problem {
                level: ProblemLevel::Warning,
                message: format!(
                    "the log shows differing rulesets of `{host}`, the first from line {from} on, the \
                     last from line {to} on: which is in force is not told, and none decides"
                ),
                hint: Some("leave in the log the ruleset that is in force alone".to_owned()),
                span,
            });
        }
    }
}

fn both(what: &str, span: Span) -> Problem {
    Problem {
        level: ProblemLevel::Warning,
        message: format!("{what} rules of iptables and of nft"),
        hint: Some(
            "a packet must pass both: give each a `[[firewall]]` of its own in exlint.toml, \
             or leave one out where it shows the rules of the other"
                .to_owned(),
        ),
        span,
    }
}
