//! From a file to its document.

use crate::formats::{Content, Document, Ledger, LineState, Problem, ProblemLevel, Unit};
use crate::source::{SourceFile, Span};

use super::reader::EXPORT;
use super::text::Text;
use super::{convert, markup, reader};

/// Reads a whole file.
pub fn read(file: &SourceFile) -> Document {
    let mut ledger = Ledger::new(Unit::Lines, file.line_count());
    let mut owners = Vec::new();
    let mut texts = Vec::new();
    match markup::translate(file) {
        None => texts.push(Text::plain(file)),
        Some(Ok(found)) => {
            // Tags around the configuration.
            for line in 0..file.line_count() {
                ledger.set(line, LineState::Irrelevant);
            }
            for one in found {
                owners.extend(one.owners);
                texts.push(Text::mapped(file, one.text));
            }
        }
        Some(Err((why, span))) => {
            return Document {
                content: Vec::new(),
                ledger,
                problems: vec![Problem {
                    level: ProblemLevel::Error,
                    message: why,
                    hint: Some(EXPORT.to_owned()),
                    span,
                }],
            };
        }
    }
    let mut problems = Vec::new();
    let mut content = Vec::new();
    for text in &texts {
        let read = reader::read(text, &mut ledger);
        problems.extend(read.problems);
        for statements in read.devices {
            let (firewalls, found) = convert::convert(text, statements, &mut ledger);
            problems.extend(found);
            let firewalls = firewalls.into_iter();
            content.extend(firewalls.map(|firewall| Content::Firewall(Box::new(firewall))));
        }
    }
    for (line, owner) in owners {
        if let Some(state) = ledger.state(owner as usize) {
            ledger.set(line as usize, state);
        }
    }
    distinguish(&mut content);
    if content.is_empty() && problems.is_empty() {
        problems.push(Problem {
            level: ProblemLevel::Warning,
            message: "nothing in this file says what passes the device".to_owned(),
            hint: Some(EXPORT.to_owned()),
            span: Span::of(file.id(), 0..0),
        });
    }
    Document {
        content,
        ledger,
        problems,
    }
}

/// Two devices of one name get names of their own.
fn distinguish(content: &mut [Content]) {
    let mut seen = std::collections::HashMap::<String, usize>::new();
    for entry in content {
        if let Content::Firewall(firewall) = entry {
            let count = seen.entry(firewall.name.value.clone()).or_insert(0);
            *count = count.saturating_add(1);
            if *count > 1 {
                firewall.name.value = format!("{}#{count}", firewall.name.value);
            }
        }
    }
}
