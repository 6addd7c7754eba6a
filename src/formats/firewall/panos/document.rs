//! From a file to its document.

use crate::formats::{Content, Document, Ledger, Problem, ProblemLevel, Unit};
use crate::source::{SourceFile, Span, floor};

use super::statements::Statements;
use super::text::Text;
use super::{commands, convert, json, markup, running_policy};

/// What to type for an export that is read as a whole.
pub const EXPORT: &str = "export `running-config.xml` (Device > Setup > Operations > Export named configuration snapshot), or \
     `set cli pager off`, `set cli config-output-format set`, `configure`, `show`";
/// The same where Panorama pushed a part of the configuration.
pub const MERGED: &str =
    "give the output of `show config merged`, or export the configuration of Panorama";

/// Reads a whole file.
pub fn read(file: &SourceFile) -> Document {
    let body = file
        .text()
        .trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    if markup::starts(file.text()).is_some() {
        let decoded = match markup::decode(file.text()) {
            Ok(decoded) => decoded,
            Err((why, at)) => return refused(file, why, at),
        };
        let text = Text::new(file, decoded);
        return match markup::read(&text) {
            Ok(read) => finish(&text, read, Unit::Elements),
            Err((why, at)) => refused(file, why, at),
        };
    }
    if body.starts_with('{') {
        return match json::read(file) {
            Ok((decoded, tokens)) => {
                let text = Text::new(file, decoded);
                let read = json::statements(&text, &tokens);
                finish(&text, read, Unit::Elements)
            }
            Err((why, at)) => refused(file, why, at),
        };
    }
    let text = Text::new(file, Vec::new());
    let read = commands::read(&text);
    finish(&text, read, Unit::Lines)
}

fn finish<'t>(text: &'t Text<'_>, mut read: Statements<'t>, unit: Unit) -> Document {
    let mut ledger = Ledger::new(unit, read.units);
    for (index, state, why, span) in std::mem::take(&mut read.known) {
        ledger.set(index, state);
        if let Some(why) = why {
            ledger.note(state, why, span);
        }
    }
    let mut problems = std::mem::take(&mut read.problems);
    let (firewalls, found) = convert::convert(text, read, &mut ledger);
    problems.extend(found);
    let content: Vec<Content> = firewalls
        .into_iter()
        .map(|firewall| Content::Firewall(Box::new(firewall)))
        .collect();
    let file = text.file();
    let first = || file.lines().find(|(_, line)| running_policy::is_mark(line));
    if content.is_empty()
        && problems.is_empty()
        && let Some((span, _)) = first()
    {
        problems.push(Problem {
            level: ProblemLevel::Error,
            message: running_policy::ALONE.to_owned(),
            hint: Some(EXPORT.to_owned()),
            span,
        });
    }
    if content.is_empty() && problems.is_empty() {
        problems.push(Problem {
            level: ProblemLevel::Warning,
            message: "nothing in this file says what passes the device".to_owned(),
            hint: Some(EXPORT.to_owned()),
            span: Span::of(text.file().id(), 0..0),
        });
    }
    Document {
        content,
        ledger,
        problems,
    }
}

/// A document of a file that is not read at all.
fn refused(file: &SourceFile, why: String, at: usize) -> Document {
    let at = floor(file.text(), at);
    Document {
        content: Vec::new(),
        ledger: Ledger::new(Unit::Lines, file.line_count()),
        problems: vec![Problem {
            level: ProblemLevel::Error,
            message: why,
            hint: Some(EXPORT.to_owned()),
            span: Span::of(file.id(), at..at),
        }],
    }
}
