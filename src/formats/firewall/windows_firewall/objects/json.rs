//! ConvertTo-Json: objects at any depth, filters of a rule perhaps inside it.

use std::borrow::Cow;

use super::interpret::Interpreter;
use super::{Key, Property, Record, Values, are_known, key};
use crate::formats::{Document, Ledger, LineState, Problem, ProblemLevel, Unit};
use crate::source::{SourceFile, Span, floor};

/// Arrays and objects nest at most this deep.
const MAX_DEPTH: usize = 100;
/// Filters inside filters are read this deep.
const MAX_FILTER_DEPTH: usize = 4;

/// A value with its place.
enum Node<'f> {
    Null,
    Scalar(&'f str, bool),
    List(Vec<Node<'f>>),
    Object(Vec<(&'f str, Node<'f>)>, std::ops::Range<usize>),
}

struct Parser<'f> {
    text: &'f str,
    at: usize,
    broken: bool,
}

/// Reads a whole file.
pub fn read(file: &SourceFile) -> Document {
    let mut ledger = Ledger::new(Unit::Records, 0);
    let mut interpreter = Interpreter::new(file);
    let mut parser = Parser {
        text: file.text(),
        at: 0,
        broken: false,
    };
    let root = parser.value(0);
    if parser.broken {
        let at = parser.boundary();
        interpreter.problem(Problem {
            level: ProblemLevel::Error,
            message: "the JSON text is cut off or not well formed".to_owned(),
            hint: Some("save the whole output of ConvertTo-Json -Depth 5".to_owned()),
            span: Span::of(file.id(), at..at),
        });
    }
    walk(&root, file, &mut interpreter, &mut ledger);
    interpreter.finish(ledger)
}

fn walk<'f>(
    node: &Node<'f>,
    file: &'f SourceFile,
    interpreter: &mut Interpreter<'f>,
    ledger: &mut Ledger,
) {
    match node {
        Node::Null | Node::Scalar(..) => {}
        Node::List(items) => {
            for item in items {
                walk(item, file, interpreter, ledger);
            }
        }
        Node::Object(members, range) => {
            if !is_record(members) {
                for (_, member) in members {
                    walk(member, file, interpreter, ledger);
                }
                return;
            }
            let unit = ledger.states().len();
            ledger.push(LineState::Unrecognised);
            let span = Span::of(file.id(), range.clone());
            let mut properties = Vec::new();
            collect(members, file, span, unit, &mut properties, 0);
            let record = Record::new(properties, span, unit..unit.saturating_add(1));
            interpreter.take(&record, ledger);
        }
    }
}

fn is_record(members: &[(&str, Node<'_>)]) -> bool {
    are_known(|wanted| members.iter().any(|(name, _)| key(name) == Some(wanted)))
}

/// The properties of an object and of the filters inside it.
fn collect<'f>(
    members: &[(&'f str, Node<'f>)],
    file: &'f SourceFile,
    whole: Span,
    unit: usize,
    properties: &mut Vec<Property<'f>>,
    depth: usize,
) {
    for (name, member) in members {
        let inside = match member {
            Node::Object(inner, _) if name.to_ascii_lowercase().contains("filter") => Some(inner),
            _ => None,
        };
        if let Some(inner) = inside {
            if depth < MAX_FILTER_DEPTH {
                let deeper = depth.saturating_add(1);
                collect(inner, file, whole, unit, properties, deeper);
            }
            continue;
        }
        let known = key(name);
        // Names and states of a filter are not those of its rule.
        let of_filter = matches!(
            known,
            Some(
                Key::Id
                    | Key::Name
                    | Key::Title
                    | Key::Enabled
                    | Key::Profiles
                    | Key::Status
                    | Key::Class
            )
        );
        if depth > 0 && of_filter {
            continue;
        }
        let mut values = Values::None;
        let mut place = None;
        texts(member, file, &mut values, &mut place, 0);
        properties.push(Property {
            key: known,
            values,
            span: place.unwrap_or(whole),
            units: unit..unit.saturating_add(1),
        });
    }
}

/// The scalars of a value: PowerShell 5.1 writes some lists as
/// `{"value": [...], "Count": n}`, and values of enumerations as objects.
fn texts<'f>(
    node: &Node<'f>,
    file: &'f SourceFile,
    values: &mut Values<'f>,
    place: &mut Option<Span>,
    depth: usize,
) {
    match node {
        Node::Null => {}
        Node::Scalar(text, escaped) => {
            if place.is_none() {
                *place = file.span_of(text).filter(|_| !text.is_empty());
            }
            if !text.is_empty() {
                values.push(if *escaped {
                    unescaped(text)
                } else {
                    Cow::Borrowed(*text)
                });
            }
        }
        Node::List(items) => {
            for item in items.iter().filter(|_| depth < 3) {
                texts(item, file, values, place, depth.saturating_add(1));
            }
        }
        Node::Object(members, _) => {
            let inner = members
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case("value"));
            if let Some((_, inner)) = inner
                && depth < 3
            {
                texts(inner, file, values, place, depth.saturating_add(1));
            }
        }
    }
}

fn unescaped(text: &str) -> Cow<'_, str> {
    match serde_json::from_str::<String>(&format!("\"{text}\"")) {
        Ok(plain) => Cow::Owned(plain),
        Err(_) => Cow::Borrowed(text),
    }
}

impl<'f> Parser<'f> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Where it stands, or the start of the character there.
    fn boundary(&self) -> usize {
        floor(self.text, self.at)
    }

    fn skip_blanks(&mut self) {
        const MARK: &str = "\u{feff}";
        while let Some(byte) = self.peek() {
            if byte.is_ascii_whitespace() {
                self.at = self.at.saturating_add(1);
            } else if self
                .text
                .get(self.at..)
                .is_some_and(|rest| rest.starts_with(MARK))
            {
                self.at = self.at.saturating_add(MARK.len());
            } else {
                return;
            }
        }
    }

    /// Any value. What is broken ends everything: what stood before counts.
    fn value(&mut self, depth: usize) -> Node<'f> {
        self.skip_blanks();
        if depth > MAX_DEPTH || self.broken {
            self.broken = true;
            return Node::Null;
        }
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.list(depth),
            Some(b'"') => match self.string() {
                Some((text, escaped)) => Node::Scalar(text, escaped),
                None => Node::Null,
            },
            Some(_) => self.bare(),
            None => {
                self.broken = true;
                Node::Null
            }
        }
    }

    fn bare(&mut self) -> Node<'f> {
        let start = self.at;
        let word = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'+' | b'.');
        while self.peek().is_some_and(word) {
            self.at = self.at.saturating_add(1);
        }
        match self.text.get(start..self.at) {
            Some("null") => Node::Null,
            Some(text) if !text.is_empty() => Node::Scalar(text, false),
            _ => {
                self.broken = true;
                Node::Null
            }
        }
    }

    fn string(&mut self) -> Option<(&'f str, bool)> {
        self.at = self.at.saturating_add(1);
        let start = self.at;
        let mut escaped = false;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    self.at = self.at.saturating_add(2);
                }
                Some(_) => self.at = self.at.saturating_add(1),
                None => {
                    self.broken = true;
                    return None;
                }
            }
        }
        let text = self.text.get(start..self.at);
        self.at = self.at.saturating_add(1);
        text.map(|text| (text, escaped))
    }

    fn list(&mut self, depth: usize) -> Node<'f> {
        self.at = self.at.saturating_add(1);
        let mut items = Vec::new();
        while !self.broken {
            self.skip_blanks();
            match self.peek() {
                Some(b']') => {
                    self.at = self.at.saturating_add(1);
                    break;
                }
                Some(b',') => self.at = self.at.saturating_add(1),
                _ => items.push(self.value(depth.saturating_add(1))),
            }
        }
        Node::List(items)
    }

    fn object(&mut self, depth: usize) -> Node<'f> {
        let start = self.at;
        self.at = self.at.saturating_add(1);
        let mut members = Vec::new();
        while !self.broken {
            self.skip_blanks();
            match self.peek() {
                Some(b'}') => {
                    self.at = self.at.saturating_add(1);
                    break;
                }
                Some(b',') => self.at = self.at.saturating_add(1),
                Some(b'"') => {
                    let Some((name, _)) = self.string() else {
                        break;
                    };
                    self.skip_blanks();
                    if self.peek() != Some(b':') {
                        self.broken = true;
                        break;
                    }
                    self.at = self.at.saturating_add(1);
                    members.push((name, self.value(depth.saturating_add(1))));
                }
                _ => self.broken = true,
            }
        }
        Node::Object(members, start..self.boundary())
    }
}
