//! `ConvertTo-Json` of Exchange objects, by Windows PowerShell 5.1 and
//! PowerShell 7: one object, an array, several documents one after the other,
//! or arrays under the names of their cmdlets.
//!
//! One object is held at a time. Windows PowerShell writes enumerations as
//! numbers and dates as `\/Date(…)\/`, wraps lists as `{"value":…,"Count":…}`,
//! and makes text of what lies too deep.

mod scan;
mod shape;

use super::collect::{Collector, Stated, is_known, is_telling, may_matter};
use super::naming;
use super::record::{MAX_PROPERTIES, RawProperty};
use crate::formats::{Document, Evidence, Format, LineState, Problem, ProblemLevel};
use crate::source::{SourceFile, Span, floor, head};
use scan::{Broken, Node, Scanner};

/// Exchange objects as JSON.
pub const JSON: Format = Format {
    id: "exchange-json",
    title: "Exchange objects (ConvertTo-Json)",
    detect,
    parse,
};

/// How much of a file detection looks at.
const DETECT_BYTES: usize = 256 * 1024;
/// Objects that detection looks at.
const DETECT_OBJECTS: usize = 256;
/// Objects around the objects of cmdlets: a script's own structure.
const MAX_WRAPPERS: usize = 5;

const WHOLE_LISTS: &str = "export again with ConvertTo-Json -Depth 5, or with Export-Clixml";

fn detect(file: &SourceFile) -> Option<Evidence> {
    let text = file.text();
    let start = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    if !start.starts_with(['{', '[']) {
        return None;
    }
    let mut reader = Reader::new(file, head(text, DETECT_BYTES));
    reader.looking = true;
    let _ = reader.documents();
    reader.seen
}

fn parse(file: &SourceFile) -> Document {
    let mut reader = Reader::new(file, file.text());
    let outcome = reader.documents();
    let mut collector = reader.collector;
    if outcome.is_err() {
        let at = floor(file.text(), reader.scanner.at);
        collector.problems.push(Problem {
            level: ProblemLevel::Error,
            message: "the JSON is broken here; what stands before it was read".to_owned(),
            hint: Some("export again: the file was cut off or edited".to_owned()),
            span: Span::of(file.id(), at..at),
        });
    } else if !collector.has_found() && collector.ledger.states().is_empty() {
        collector.empty_by_name();
    }
    collector.finish()
}

/// A member that may hold objects of its own.
struct Nested<'a> {
    key: &'a str,
    at: usize,
}

struct Reader<'a> {
    file: &'a SourceFile,
    scanner: Scanner<'a>,
    collector: Collector<'a>,
    /// Of the object that is being read.
    properties: Vec<RawProperty<'a>>,
    /// Only the first known object is looked for.
    looking: bool,
    seen: Option<Evidence>,
    /// Objects that were looked at.
    looked: usize,
}

impl<'a> Reader<'a> {
    fn new(file: &'a SourceFile, text: &'a str) -> Self {
        Self {
            file,
            scanner: Scanner::new(text, 0),
            collector: Collector::new(file, WHOLE_LISTS),
            properties: Vec::new(),
            looking: false,
            seen: None,
            looked: 0,
        }
    }

    /// All documents of the file.
    fn documents(&mut self) -> Result<(), Broken> {
        while let Some(first) = self.scanner.peek() {
            if !matches!(first, b'{' | b'[') {
                return Err(Broken);
            }
            self.container(None, 0, true)?;
            if self.is_done() {
                break;
            }
        }
        Ok(())
    }

    fn is_done(&self) -> bool {
        let enough = self.seen.as_ref().is_some_and(|seen| seen.strength > 50);
        self.looking && (enough || self.looked >= DETECT_OBJECTS)
    }

    /// An array of objects, or one object that `may_wrap` others.
    fn container(
        &mut self,
        stated: Option<&Stated>,
        wrappers: usize,
        may_wrap: bool,
    ) -> Result<(), Broken> {
        match self.scanner.peek() {
            Some(b'{') if may_wrap && self.is_wrapper(stated)? => self.wrapper(wrappers),
            Some(b'{') => self.object(stated, wrappers),
            Some(b'[') => {
                let start = self.scanner.at;
                self.scanner.take(b'[')?;
                let mut first = true;
                let mut objects = false;
                while self.scanner.next(first, b']')? {
                    first = false;
                    match self.scanner.peek() {
                        Some(b'{') => {
                            objects = true;
                            self.object(stated, wrappers)?;
                        }
                        Some(b'[') if wrappers < MAX_WRAPPERS => {
                            objects = true;
                            self.container(stated, wrappers.saturating_add(1), false)?;
                        }
                        _ => objects |= self.scanner.value(wrappers)? != Node::Null,
                    }
                    if self.is_done() {
                        return Ok(());
                    }
                }
                // `[]` and `[null]` under a name: that cmdlet returned nothing.
                if !objects && let Some(stated) = stated {
                    let span = self.span(start, self.scanner.at);
                    self.collector.empty(stated.cmdlet, span);
                }
                Ok(())
            }
            _ => self.scanner.value(wrappers).map(|_| ()),
        }
    }

    /// Whether the object ahead holds objects of cmdlets and is none itself:
    /// none of its members is a property of Exchange, some hold objects.
    fn is_wrapper(&mut self, stated: Option<&Stated>) -> Result<bool, Broken> {
        let mut ahead = self.scanner.clone();
        ahead.take(b'{')?;
        let (mut first, mut holds) = (true, false);
        while ahead.next(first, b'}')? {
            first = false;
            let key = ahead.key()?;
            if is_known(key) && (stated.is_some() || is_telling(key)) {
                return Ok(false);
            }
            holds |= match ahead.peek() {
                Some(b'{') => true,
                Some(b'[') => {
                    let mut items = ahead.clone();
                    items.take(b'[')?;
                    // An empty list tells only under the name of a cmdlet.
                    match items.peek() {
                        Some(b']' | b'n') => naming::cmdlet_in(key).is_some(),
                        other => matches!(other, Some(b'{' | b'[')),
                    }
                }
                _ => false,
            };
            if holds && naming::cmdlet_in(key).is_some() {
                return Ok(true);
            }
            ahead.value(0)?;
        }
        Ok(holds)
    }

    /// An object around others, each under a name that may be its cmdlet's.
    fn wrapper(&mut self, wrappers: usize) -> Result<(), Broken> {
        self.scanner.take(b'{')?;
        let mut first = true;
        while self.scanner.next(first, b'}')? {
            first = false;
            let key = self.scanner.key()?;
            match self.scanner.peek() {
                Some(b'{' | b'[') if wrappers < MAX_WRAPPERS => {
                    let stated = self.stated(key);
                    self.container(stated.as_ref(), wrappers.saturating_add(1), true)?;
                }
                _ => {
                    self.scanner.value(wrappers)?;
                }
            }
            if self.is_done() {
                break;
            }
        }
        Ok(())
    }

    fn stated(&self, key: &'a str) -> Option<Stated> {
        let cmdlet = naming::cmdlet_in(key)?;
        Some(Stated {
            cmdlet,
            what: format!("name of the member: {key}").into(),
            span: self.file.span_of(key)?,
            certain: false,
        })
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::of(self.file.id(), start..end)
    }

    /// An object of a cmdlet, or one around others.
    fn object(&mut self, stated: Option<&Stated>, wrappers: usize) -> Result<(), Broken> {
        let start = self.scanner.at;
        let mut nested: Vec<Nested<'a>> = Vec::new();
        self.properties.clear();
        let outcome = self.members(&mut nested);
        let span = self.span(start, self.scanner.at);
        if self.looking {
            self.look(stated, span);
        } else if !self.properties.is_empty() {
            let properties = std::mem::take(&mut self.properties);
            let known = self.collector.add(stated, &properties, span);
            if !known && (nested.is_empty() || wrappers >= MAX_WRAPPERS) {
                self.collector.leave_out(&properties, span);
            } else if known {
                nested.clear();
            }
            self.properties = properties;
            if outcome.is_err() && known {
                let unit = self.collector.ledger.states().len().saturating_sub(1);
                self.collector.ledger.set(unit, LineState::NotModelled);
            }
        }
        outcome?;
        if wrappers >= MAX_WRAPPERS || self.is_done() {
            return Ok(());
        }
        let end = self.scanner.at;
        for member in nested {
            let stated = self.stated(member.key);
            self.scanner.at = member.at;
            self.container(stated.as_ref(), wrappers.saturating_add(1), false)?;
            if self.is_done() {
                break;
            }
        }
        self.scanner.at = end;
        Ok(())
    }

    /// The members of an object as raw properties.
    fn members(&mut self, nested: &mut Vec<Nested<'a>>) -> Result<(), Broken> {
        self.scanner.take(b'{')?;
        let mut first = true;
        while self.scanner.next(first, b'}')? {
            first = false;
            let name = self.scanner.key()?;
            self.scanner.peek();
            let at = self.scanner.at;
            let node = self.scanner.value(1)?;
            let holds = match &node {
                Node::Object(_) | Node::TooLarge => true,
                Node::List(items) => matches!(items.first(), Some(Node::Object(_))),
                _ => false,
            };
            if holds {
                nested.push(Nested { key: name, at });
            }
            if self.properties.len() < MAX_PROPERTIES {
                let span = self.span(at, self.scanner.at);
                let raw = shape::raw(node);
                self.properties.push(RawProperty { name, raw, span });
            }
        }
        Ok(())
    }

    /// Looks whether the object is one that exlint knows.
    fn look(&mut self, stated: Option<&Stated>, span: Span) {
        self.looked = self.looked.saturating_add(1);
        let known = self.properties.iter().filter(|p| is_known(p.name)).count();
        if let Some((_, (what, at))) = self.collector.cmdlet_of(stated, &self.properties) {
            self.seen = Some(Evidence {
                strength: if known >= 4 { 90 } else { 82 },
                what: what.to_string(),
                span: at,
            });
        } else if self.seen.is_none() && may_matter(&self.properties) {
            self.seen = Some(Evidence {
                strength: 50,
                what: "members with names of Exchange properties".to_owned(),
                span,
            });
        }
    }
}

#[cfg(test)]
mod tests;
