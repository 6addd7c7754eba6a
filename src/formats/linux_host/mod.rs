//! What is saved of a Linux machine beside a plain dump: the output of
//! `iptables-save`, `iptables -S` or `nft list ruleset` as a journal or the log
//! of a container shows it, and rules of iptables and of nft in one capture.
//!
//! Each ruleset goes to its reader as a copy of the file in which all else is
//! blank, so that places stay what they are.

mod prefix;
mod rulesets;
#[cfg(test)]
mod tests;

use super::firewall::{iptables, nftables};
use super::{
    CERTAIN, Content, Document, Evidence, Format, Ledger, LineState, Problem, ProblemLevel, Unit,
};
use crate::source::{SourceFile, Span, Spanned};
use prefix::{Origin, Origins};
use rulesets::{Tool, split};

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

fn detect(file: &SourceFile) -> Option<Evidence> {
    if let Some((origin, line)) = prefix::first(file, LINES) {
        let origins = Origins::of(file);
        let found = origins
            .all()
            .any(|known| !read_rulesets(&origins.only(file, known)).is_empty());
        let span = file.span_of(origin.name).unwrap_or(start(file));
        return found.then(|| told(file.line(line).unwrap_or_default(), span));
    }
    let line = rulesets::mixed(file, LINES)?;
    let both = read_rulesets(file).len() > 1;
    let text = file.line(line)?;
    let span = file.span_of(text.trim()).unwrap_or(start(file));
    both.then(|| told(text, span))
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
    let mut whole = Whole {
        document: Document {
            content: Vec::new(),
            ledger: Ledger::new(Unit::Lines, file.line_count()),
            problems: Vec::new(),
        },
        names: Vec::new(),
    };
    if prefix::first(file, LINES).is_none() {
        let every = vec![true; file.line_count()];
        whole.add(file, &every, None);
        return whole.document;
    }
    let origins = Origins::of(file);
    // What other programs logged.
    for line in 0..file.line_count() {
        whole.document.ledger.set(line, LineState::Irrelevant);
    }
    let mut seen: Vec<String> = Vec::new();
    for origin in origins.all() {
        let text = origins.only(file, origin);
        let lines = origins.lines(origin);
        let said: Vec<&str> = text.text().lines().map(str::trim).collect();
        let said: String = said.into_iter().filter(|line| !line.is_empty()).collect();
        if read_rulesets(&text).is_empty() {
            continue;
        }
        // The same ruleset logged again is the same ruleset.
        let again = seen.contains(&said);
        if !again {
            seen.push(said);
            whole.add(&text, &lines, Some(origin));
        }
    }
    whole.document
}

struct Whole<'f> {
    document: Document,
    names: Vec<&'f str>,
}

impl<'f> Whole<'f> {
    /// Adds the rulesets of a text; `lines` are its lines in the file.
    fn add(&mut self, text: &SourceFile, lines: &[bool], origin: Option<Origin<'f>>) {
        let parts = read_rulesets(text);
        let several = parts.len() > 1;
        // Headings and blank lines between the rulesets.
        for (line, _) in lines.iter().enumerate().filter(|(_, is_own)| **is_own) {
            self.document.ledger.set(line, LineState::Irrelevant);
        }
        for (tool, part) in parts {
            let read = match tool {
                Tool::Iptables => (iptables::FORMAT.parse)(&part),
                Tool::Nft => (nftables::FORMAT.parse)(&part),
            };
            for (line, is_own) in lines.iter().enumerate() {
                let blank = part.line(line).is_none_or(|line| line.trim().is_empty());
                if let Some(state) = read.ledger.state(line).filter(|_| *is_own && !blank) {
                    self.document.ledger.set(line, state);
                }
            }
            for note in read.ledger.notes() {
                let ledger = &mut self.document.ledger;
                ledger.note(note.state, note.why.clone(), note.span);
            }
            self.document.problems.extend(read.problems);
            for mut content in read.content {
                if let Content::Firewall(firewall) = &mut content {
                    if let Some(origin) = origin {
                        let span = text.span_of(origin.name).unwrap_or(firewall.name.span);
                        firewall.name = Spanned::new(origin.name.to_owned(), span);
                    }
                    if several && tool == Tool::Nft {
                        firewall.name.value.push_str("#nft");
                    }
                }
                self.document.content.push(content);
            }
        }
        if several {
            self.document.problems.push(Problem {
                level: ProblemLevel::Warning,
                message: "the capture holds rules of iptables and of nft".to_owned(),
                hint: Some(
                    "a packet must pass both: give each a `[[firewall]]` of its own in exlint.toml, \
                     or leave one out where it shows the rules of the other"
                        .to_owned(),
                ),
                span: start(text),
            });
        }
        if let Some(origin) = origin {
            let before = self.names.iter().filter(|name| **name == origin.name);
            let number = before.count().saturating_add(1);
            if number > 1
                && let Some(Content::Firewall(firewall)) = self.document.content.last_mut()
            {
                firewall.name.value = format!("{}#{number}", firewall.name.value);
            }
            self.names.push(origin.name);
        }
    }
}
