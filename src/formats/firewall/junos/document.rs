//! From a file to its document.

use crate::formats::{Content, Document, Ledger, LineState, Problem, ProblemLevel, Unit};
use crate::source::{SourceFile, Span};

use super::reader::EXPORT;
use super::text::Text;
use super::{convert, markup, reader};

/// Reads a whole file.
pub fn read(file: &SourceFile) -> Document {
    let mut ledger = Ledger::new(Unit::Lines, file.line_count());
    let text = match markup::translate(file) {
        None => Text::plain(file),
        Some(Ok(mapped)) => {
            // Tags without a statement of their own.
            for line in 0..file.line_count() {
                ledger.set(line, LineState::Irrelevant);
            }
            Text::mapped(file, mapped)
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
    };
    let read = reader::read(&text, &mut ledger);
    let mut problems = read.problems;
    let mut content = Vec::new();
    for statements in read.devices {
        let (firewalls, found) = convert::convert(&text, statements, &mut ledger);
        problems.extend(found);
        content.extend(
            firewalls
                .into_iter()
                .map(|firewall| Content::Firewall(Box::new(firewall))),
        );
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
