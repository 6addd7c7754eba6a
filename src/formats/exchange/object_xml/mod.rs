//! Objects as elements of XML: the `.xhcw` log of the Hybrid Configuration
//! Wizard, and what `ConvertTo-Xml` makes.
//!
//! The wizard writes an `invoke` element for each cmdlet that it ran, with its
//! command line as a comment and its `results`; the file has no root element.
//! It asks Exchange on the premises and Exchange Online; only the first counts
//! here. A log is in the order of time, so of several answers about one object
//! the last one holds, and a note says so.
//!
//! Sources: `hybridConfigCollection.ps1` of felgar73/hybridConfigcheck (how the
//! elements are named and that a root is missing), Microsoft's *Modern HCW:
//! troubleshooting like a pro*, `ConvertTo-Xml` on Microsoft Learn, and
//! `reference/exchange-exports.md` §2.

mod reader;

use std::collections::HashMap;

use super::cmdlets::{Cmdlet, table};
use super::collect::{Collector, Stated, is_telling};
use super::list::command::find_command;
use super::value::Raw;
use crate::formats::{Document, Evidence, Format, LineState, Problem, ProblemLevel};
use crate::source::{SourceFile, Span, head};
use reader::{Found, Invocation, Item};

/// Exchange objects as elements of XML.
pub const OBJECT_XML: Format = Format {
    id: "exchange-xml",
    title: "Exchange objects (ConvertTo-Xml, log of the Hybrid Configuration Wizard)",
    detect,
    parse,
};

/// How much of a file detection looks at; the wizard's log begins with what it
/// asks of Exchange Online.
const DETECT_BYTES: usize = 256 * 1024;

const WHOLE_LISTS: &str = "export again with Export-Clixml, or with ConvertTo-Xml -Depth 2";

fn detect(file: &SourceFile) -> Option<Evidence> {
    let text = file.text();
    let start = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    if !start.starts_with('<') || start.starts_with("<Objs") {
        return None;
    }
    let head = head(text, DETECT_BYTES);
    if let Some(tag) = tag(head, "<invoke ").filter(|tag| tag.contains(" cmdlet=")) {
        return Some(Evidence {
            strength: 94,
            what: "an element <invoke> of the Hybrid Configuration Wizard".to_owned(),
            span: file.span_of(tag)?,
        });
    }
    tag(head, "<Object")?;
    let mut named = head
        .match_indices("<Property Name=\"")
        .filter_map(|(at, mark)| {
            let rest = head.get(at.checked_add(mark.len())?..)?;
            rest.split('"').next()
        });
    let telling = named.by_ref().take(4000).filter(|name| is_telling(name));
    let first = telling.take(2).last()?;
    Some(Evidence {
        strength: 88,
        what: format!("property {first} in an object of ConvertTo-Xml"),
        span: file.span_of(first)?,
    })
}

/// The first tag that begins with `start`.
fn tag<'t>(text: &'t str, start: &str) -> Option<&'t str> {
    let at = text.find(start)?;
    let tag = text.get(at..)?;
    tag.get(..tag.find('>')?)
}

fn parse(file: &SourceFile) -> Document {
    let mut collector = Collector::new(file, WHOLE_LISTS);
    let mut items: Vec<Item<'_>> = Vec::new();
    let end = reader::read(file, &mut |item| items.push(item));
    let last = last_answers(&items);
    let mut repeated: Option<(Span, usize)> = None;
    let mut cloud: Option<(Span, usize)> = None;
    for (position, item) in items.into_iter().enumerate() {
        match item {
            Item::Object(found) if is_elsewhere(found.invocation.as_ref()) => {
                collector.ledger.push(LineState::Irrelevant);
                let (_, count) = cloud.get_or_insert((found.span, 0));
                *count = count.saturating_add(1);
            }
            Item::Object(found) => {
                let of_log = key(&found).is_some_and(|key| last.get(&key) != Some(&position));
                if of_log {
                    collector.ledger.push(LineState::Irrelevant);
                    let (_, count) = repeated.get_or_insert((found.span, 0));
                    *count = count.saturating_add(1);
                    continue;
                }
                let command = found.invocation.as_ref().and_then(|known| known.command);
                collector.directory_only = command
                    .and_then(find_command)
                    .is_some_and(|command| command.directory_only);
                let stated = stated(&found);
                if !collector.add(stated.as_ref(), &found.properties, found.span) {
                    collector.leave_out(&found.properties, found.span);
                }
            }
            Item::Empty(invocation) => empty(&invocation, &mut collector),
        }
    }
    if let Some((span, count)) = cloud {
        let why = format!("{count} objects of Exchange Online, which is not judged");
        collector.ledger.note(LineState::Irrelevant, why, span);
    }
    if let Some((span, count)) = repeated {
        let why = format!("{count} objects that the log shows again, further down");
        collector.ledger.note(LineState::Irrelevant, why, span);
        collector.problems.push(Problem {
            level: ProblemLevel::Note,
            message: "the log shows some objects several times; the last of each counts".to_owned(),
            hint: None,
            span,
        });
    }
    if let Err(at) = end {
        collector.problems.push(Problem {
            level: ProblemLevel::Error,
            message: "the XML breaks off or is broken here; the rest was not read".to_owned(),
            hint: Some("copy or export the file again".to_owned()),
            span: Span::of(file.id(), at..at),
        });
    }
    collector.finish()
}

/// Whether a cmdlet ran in Exchange Online.
fn is_elsewhere(invocation: Option<&Invocation<'_>>) -> bool {
    invocation.is_some_and(|known| !known.session.eq_ignore_ascii_case("OnPremises"))
}

/// The cmdlet whose object it is: by its type, else the one that ran.
fn stated(found: &Found<'_>) -> Option<Stated> {
    let of_type = found.type_name.and_then(|(name, span)| {
        Some(Stated {
            cmdlet: table().by_type(name)?,
            what: format!("type {name}").into(),
            span,
            certain: true,
        })
    });
    of_type.or_else(|| {
        let known = found.invocation.as_ref()?;
        Some(Stated {
            cmdlet: table().cmdlet(known.cmdlet)?,
            what: format!("cmdlet {}", known.cmdlet).into(),
            span: known.span,
            certain: false,
        })
    })
}

/// What tells an object of the wizard's log from others: its cmdlet and
/// identity.
fn key<'a>(found: &Found<'a>) -> Option<(&'a str, String)> {
    let invocation = found.invocation.as_ref()?;
    let (type_name, _) = found
        .type_name
        .unwrap_or((invocation.cmdlet, invocation.span));
    let identity = ["Identity", "Guid", "Thumbprint"].iter().find_map(|name| {
        let property = found.properties.iter().find(|p| p.name == *name)?;
        match &property.raw {
            Raw::Text(text) => Some(text.to_lowercase()),
            _ => None,
        }
    })?;
    Some((type_name, identity))
}

/// The position of the last answer about each object.
fn last_answers<'a>(items: &[Item<'a>]) -> HashMap<(&'a str, String), usize> {
    let objects = items.iter().enumerate().filter_map(|(position, item)| {
        let Item::Object(found) = item else {
            return None;
        };
        let here = !is_elsewhere(found.invocation.as_ref());
        Some((key(found).filter(|_| here)?, position))
    });
    objects.collect()
}

/// A cmdlet that returned nothing, where its command asked for everything.
fn empty(invocation: &Invocation<'_>, collector: &mut Collector<'_>) {
    if is_elsewhere(Some(invocation)) {
        return;
    }
    let command = invocation.command.and_then(find_command);
    let Some(cmdlet) = command.filter(|c| c.complete).and_then(|c| c.cmdlet()) else {
        return;
    };
    let same = |cmdlet: &Cmdlet| cmdlet.name.eq_ignore_ascii_case(invocation.cmdlet);
    if same(cmdlet) {
        collector.empty(cmdlet, invocation.span);
    }
}

#[cfg(test)]
mod tests;
