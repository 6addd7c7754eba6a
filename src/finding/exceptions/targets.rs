//! What an exception in a comment may be for: the rules, translations and
//! objects of the estate, by place.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;

use crate::estate::Estate;
use crate::formats::comments::TEXT_PROPERTIES;
use crate::model::exchange::Record;
use crate::source::{FileId, SourceFile, Span, head as head_of};

/// How many things before a place are looked at for one around it: more are
/// never nested.
const NEAR: usize = 256;

/// How many heads before a place are looked at for one whose block holds it.
const NEAR_BLOCKS: usize = 8;

/// Lines of fields below a name.
const MOST_FIELDS: usize = 40;

/// Bytes of blanks before a field.
const LONGEST_MARGIN: usize = 1024;

/// Bytes of a block that are looked through.
const LONGEST_BLOCK: usize = 64 * 1024;

/// Things of an estate by their files.
pub(super) struct Targets {
    /// Whole statements and objects.
    things: HashMap<FileId, Vec<Span>>,
    /// Values of properties, and whether they are free text.
    properties: HashMap<FileId, Vec<(Span, bool)>>,
    /// The blocks of heads that were asked for.
    blocks: RefCell<HashMap<Span, Range<usize>>>,
}

impl Targets {
    /// Those of an estate.
    pub fn of(estate: &Estate) -> Self {
        let mut targets = Self {
            things: HashMap::new(),
            properties: HashMap::new(),
            blocks: RefCell::default(),
        };
        for known in &estate.firewalls {
            let firewall = &known.firewall;
            let rules = firewall.filters.iter().flat_map(|filter| &filter.rules);
            let rules = rules.filter(|rule| rule.implicit.is_none());
            let spans = rules
                .map(|rule| rule.span)
                .chain(firewall.nat.rules.iter().map(|rule| rule.span))
                .chain(firewall.interfaces.iter().map(|known| known.span))
                .chain(firewall.address_objects.iter().map(|known| known.span))
                .chain(firewall.service_objects.iter().map(|known| known.span));
            for span in spans {
                targets.things.entry(span.file).or_default().push(span);
            }
        }
        for object in &estate.objects {
            targets.record(&object.record);
        }
        for spans in targets.things.values_mut() {
            spans.sort_unstable_by_key(|span| (span.start, span.end));
            spans.dedup();
        }
        for values in targets.properties.values_mut() {
            values.sort_unstable_by_key(|(span, _)| (span.start, span.end));
        }
        targets
    }

    fn record(&mut self, record: &Record) {
        let span = record.span;
        self.things.entry(span.file).or_default().push(span);
        for property in &record.properties {
            let mut names = TEXT_PROPERTIES.iter();
            let text = names.any(|name| property.name.eq_ignore_ascii_case(name));
            let place = property.span;
            let here = self.properties.entry(place.file).or_default();
            here.push((place, text));
        }
    }

    /// Whether the value at a place is free text; `None` where no property of
    /// an object stands.
    pub fn property(&self, file: FileId, at: u32) -> Option<bool> {
        let here = self.properties.get(&file)?;
        let before = here.partition_point(|(span, _)| span.start <= at);
        let near = here.get(before.saturating_sub(NEAR)..before)?;
        let around = near.iter().rev().find(|(span, _)| at < span.end);
        around.map(|(_, text)| *text)
    }

    /// The smallest thing around a place.
    pub fn around(&self, file: FileId, at: u32) -> Option<Span> {
        let here = self.things.get(&file)?;
        let before = here.partition_point(|span| span.start <= at);
        let near = here.get(before.saturating_sub(NEAR)..before)?;
        near.iter()
            .filter(|span| at < span.end)
            .min_by_key(|span| span.end.saturating_sub(span.start))
            .copied()
    }

    /// The thing whose block a place lies in, for things of which only the head
    /// is kept: up to the place.
    pub fn block(&self, file: &SourceFile, at: u32) -> Option<Span> {
        let here = self.things.get(&file.id())?;
        let before = here.partition_point(|span| span.start <= at);
        let near = here.get(before.saturating_sub(NEAR_BLOCKS)..before)?;
        let holds = |head: &&Span| {
            let mut blocks = self.blocks.borrow_mut();
            let block = blocks.entry(**head).or_insert_with(|| block(file, **head));
            block.contains(&(at as usize)) || same_path(file, **head, at)
        };
        let around = near.iter().rev().find(holds)?;
        Some(Span::new(file.id(), around.start, at.saturating_add(1)))
    }

    /// The last thing before a place, when no blank line stands between: for
    /// forms that tell the fields of a thing in lines below its name.
    pub fn head_before(&self, file: &SourceFile, at: u32) -> Option<Span> {
        let here = self.things.get(&file.id())?;
        let before = here.partition_point(|span| span.start <= at);
        let head = here.get(before.checked_sub(1)?)?;
        let lines = file.line_of(head.start)..file.line_of(at);
        if lines.len() > MOST_FIELDS {
            return None;
        }
        let mut lines = lines.filter_map(|line| file.line(line));
        let whole = lines.all(|line| !head_of(line, LONGEST_MARGIN).trim().is_empty());
        whole.then(|| Span::new(file.id(), head.start, at.saturating_add(1)))
    }

    /// The largest thing that begins within a line, from the line's begin on.
    pub fn beginning_in(&self, line: Span) -> Option<Span> {
        let here = self.things.get(&line.file)?;
        let from = here.partition_point(|span| span.start < line.start);
        let until = here.partition_point(|span| span.start < line.end);
        let ends = here.get(from..until)?.iter().map(|span| span.end);
        ends.max()
            .map(|end| Span::new(line.file, line.start, end.max(line.end)))
    }
}

/// The places in the block that a head opens: between its braces, or in its
/// element.
fn block(file: &SourceFile, head: Span) -> Range<usize> {
    let start = head.start as usize;
    let text = file.text().get(start..).unwrap_or_default();
    let text = head_of(text, LONGEST_BLOCK);
    let block = match text.starts_with('<') {
        true => element(text),
        false => braces(text),
    };
    let from = |at: usize| start.saturating_add(at);
    from(block.start)..from(block.end)
}

/// The element that a text begins with.
fn element(text: &str) -> Range<usize> {
    let name = text.get(1..).unwrap_or_default();
    let name = name
        .split(|c: char| c.is_whitespace() || c == '>' || c == '/')
        .next()
        .unwrap_or_default();
    if name.is_empty() {
        return 0..0;
    }
    let (begin, end) = (format!("<{name}"), format!("</{name}>"));
    let opened = text.match_indices(&*begin).map(|(at, _)| (at, true));
    let closed = text.match_indices(&*end).map(|(at, _)| (at, false));
    let mut tags: Vec<(usize, bool)> = opened.chain(closed).collect();
    tags.sort_unstable();
    let mut depth = 0usize;
    for (at, opens) in tags {
        depth = match opens {
            true => depth.saturating_add(1),
            false => depth.saturating_sub(1),
        };
        if depth == 0 {
            return 0..at;
        }
    }
    0..text.len()
}

/// What stands between the first braces of a text; nothing where a statement
/// ends before.
fn braces(text: &str) -> Range<usize> {
    let mut depth = 0usize;
    let mut quoted = false;
    let mut begin = None;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'{' if !quoted => {
                depth = depth.saturating_add(1);
                begin.get_or_insert(at);
            }
            b'}' if !quoted && depth <= 1 => return begin.map_or(0..0, |begin| begin..at),
            b'}' if !quoted => depth = depth.saturating_sub(1),
            b';' if !quoted && depth == 0 => return 0..0,
            _ => {}
        }
    }
    begin.map_or(0..0, |begin| begin..text.len())
}

/// Whether the line of a place goes on from the same words as that of a head.
fn same_path(file: &SourceFile, head: Span, at: u32) -> bool {
    let words = |line: usize, end: Option<usize>| {
        let text = file.line(line)?.trim_start();
        let skipped = file.line(line)?.len().saturating_sub(text.len());
        let text = match end {
            Some(end) => text.get(..end.saturating_sub(skipped))?,
            None => text,
        };
        text.starts_with("set ").then_some(text)
    };
    let line = file.line_of(head.start);
    let Some(range) = file.line_range(line) else {
        return false;
    };
    let end = (head.end as usize)
        .min(range.end)
        .saturating_sub(range.start);
    let path = words(line, Some(end));
    let here = words(file.line_of(at), None);
    path.zip(here)
        .and_then(|(path, here)| here.strip_prefix(path))
        .is_some_and(|rest| rest.starts_with(' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_element_ends_where_as_many_are_closed_as_were_opened() {
        for (text, within) in [
            ("<rule a=\"b\">x</rule>y", "<rule a=\"b\">x"),
            ("<rule><rule>x</rule>y</rule>z", "<rule><rule>x</rule>y"),
            ("<rule>x</rule><rule>y</rule>", "<rule>x"),
            ("<rule>x", "<rule>x"),
            ("< rule>x", ""),
            ("<", ""),
        ] {
            assert_eq!(&text[element(text)], within, "{text}");
        }
    }

    #[test]
    fn a_block_stands_between_the_first_braces_of_its_head() {
        for (text, within) in [
            ("policy a { b { c; } d; } e;", "{ b { c; } d; "),
            ("policy \"{\" { b; }", "{ b; "),
            ("address 10.0.0.1; } x { y }", ""),
            ("} x { y }", ""),
            ("policy a { b;", "{ b;"),
            ("policy a", ""),
        ] {
            assert_eq!(&text[braces(text)], within, "{text}");
        }
    }
}
