//! The streaming reader: one pass, a bounded stack, no tree.
//!
//! Only the properties of the object being read are held. A value object is
//! reduced at its end to what PowerShell would print of it; that form is kept
//! for `<Ref>`.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::text::{decode, time_span};
use crate::formats::exchange::cmdlets::{Cmdlet, table};
use crate::formats::exchange::record::{MAX_PROPERTIES, RawProperty};
use crate::formats::exchange::value::Raw;
use crate::formats::{Ledger, LineState, Problem, ProblemLevel, Unit};
use crate::source::{SourceFile, Span, floor};

/// Elements nested deeper than this are counted, not read. `Export-Clixml`
/// writes two levels of objects, about 16 elements, unless told otherwise.
const MAX_DEPTH: usize = 256;

/// What an item of a list costs beside its text, in bytes: its tags.
const SIZE_OF_ITEM: usize = 16;

/// An object that may become a record.
#[derive(Debug)]
pub struct Found<'a> {
    /// Cmdlet by the object's type, with the place of the type name.
    pub cmdlet: Option<(&'static Cmdlet, &'a str, Span)>,
    /// First type name.
    pub type_name: Option<&'a str>,
    /// Properties in file order, with the number of their element.
    pub properties: Vec<(RawProperty<'a>, usize)>,
    /// Base64 of a certificate.
    pub raw_data: Option<(&'a str, Span, usize)>,
    /// Numbers of the object's elements.
    pub elements: std::ops::Range<usize>,
    /// The whole object.
    pub span: Span,
}

/// What an object held by the reader has shown so far.
#[derive(Debug, Default)]
struct Object<'a> {
    reference: Option<u32>,
    cmdlet: Option<(&'static Cmdlet, &'a str, Span)>,
    type_name: Option<&'a str>,
    secret: bool,
    printed: Option<&'a str>,
    scalar: Option<Raw<'a>>,
    items: Option<Vec<Cow<'a, str>>>,
    dictionary: bool,
    /// At the root, or in a list at the root.
    outer: bool,
    collects: bool,
    properties: Vec<(RawProperty<'a>, usize)>,
    raw_data: Option<(&'a str, Span, usize)>,
}

#[derive(Debug)]
enum Frame<'a> {
    Root,
    Object(Box<Object<'a>>),
    Members,
    List,
    Entry,
    Types {
        reference: Option<u32>,
        types: Types<'a>,
    },
    Leaf,
    Unknown,
}

#[derive(Debug)]
struct Open<'a> {
    frame: Frame<'a>,
    tag: Tag,
    name: Option<&'a str>,
    /// Number of the element.
    element: usize,
    /// Offset of the start tag, and of the content behind it.
    start: usize,
    content: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tag {
    Structure,
    ToString,
    TypeName,
    TypeReference,
    Reference,
    Nil,
    Secret,
    Bytes,
    Character,
    TimeSpan,
    Document,
    Scalar,
    Unknown,
}

/// What the type names of an object tell.
#[derive(Debug, Clone, Copy, Default)]
struct Types<'a> {
    first: Option<&'a str>,
    cmdlet: Option<(&'static Cmdlet, &'a str, Span)>,
    secret: bool,
}

impl<'a> Types<'a> {
    fn add(&mut self, name: &'a str, span: Span) {
        self.first.get_or_insert(name);
        self.secret |= name.ends_with(".PSCredential") || name.ends_with(".SecureString");
        if self.cmdlet.is_none() {
            self.cmdlet = table().by_type(name).map(|cmdlet| (cmdlet, name, span));
        }
    }
}

/// Takes each object as it ends, with the ledger and the problems so far.
pub type Sink<'s, 'a> = dyn FnMut(Found<'a>, &mut Ledger, &mut Vec<Problem>) + 's;

struct State<'s, 'a> {
    file: &'a SourceFile,
    stack: Vec<Open<'a>>,
    /// Elements below [`MAX_DEPTH`] that are open.
    too_deep: usize,
    deep_reported: bool,
    types: HashMap<u32, Types<'a>>,
    /// Forms of objects that a `<Ref>` asks for, and how much text each repeats.
    values: HashMap<u32, (Raw<'a>, usize)>,
    /// How much text references may still repeat.
    repeatable: usize,
    /// The numbers that some `<Ref>` of the file names.
    referenced: HashSet<u32>,
    ledger: Ledger,
    elements: usize,
    problems: Vec<Problem>,
    sink: &'s mut Sink<'s, 'a>,
    /// Number of open objects whose type names a cmdlet.
    inside: usize,
}

/// What is known of the file as a whole.
pub struct Reading {
    /// One unit per element; all irrelevant but what is unknown.
    pub ledger: Ledger,
    /// What went wrong.
    pub problems: Vec<Problem>,
}

/// Reads a file to its end or to the first fault. Objects at the root and
/// objects with a cmdlet's type anywhere go to `sink`, in the order of their
/// ends.
pub fn read<'s, 'a>(file: &'a SourceFile, sink: &'s mut Sink<'s, 'a>) -> Reading {
    let text = file.text();
    let mut reader = Reader::from_str(text);
    reader.config_mut().allow_dangling_amp = true;
    let mut state = State {
        file,
        stack: Vec::new(),
        too_deep: 0,
        deep_reported: false,
        types: HashMap::new(),
        values: HashMap::new(),
        repeatable: text.len(),
        referenced: referenced(text),
        ledger: Ledger::new(Unit::Elements, 0),
        elements: 0,
        problems: Vec::new(),
        sink,
        inside: 0,
    };
    loop {
        let before = offset(reader.buffer_position());
        match reader.read_event() {
            Ok(Event::Start(tag)) => {
                let after = offset(reader.buffer_position());
                state.open(&tag, before, after);
            }
            Ok(Event::Empty(tag)) => {
                let after = offset(reader.buffer_position());
                state.open(&tag, before, after);
                state.close(after, after);
            }
            Ok(Event::End(_)) => state.close(before, offset(reader.buffer_position())),
            Ok(Event::DocType(_)) => {
                let span = state.span(before, offset(reader.buffer_position()));
                state.problems.push(Problem {
                    level: ProblemLevel::Warning,
                    message: "a document type declaration in CLIXML was ignored".into(),
                    hint: Some(
                        "Export-Clixml never writes one; check where the file comes from".into(),
                    ),
                    span,
                });
            }
            Ok(Event::Eof) => {
                if !state.stack.is_empty() || state.too_deep > 0 {
                    state.broken_off(text.len(), "the file ends inside an object");
                }
                break;
            }
            Err(_) => {
                // The XML reader counts bytes and may stop inside a character.
                let at = floor(text, offset(reader.error_position()).max(before));
                state.broken_off(at, "the XML is broken here");
                break;
            }
            Ok(_) => {}
        }
    }
    Reading {
        ledger: state.ledger,
        problems: state.problems,
    }
}

/// The numbers that `<Ref … RefId="7" />` elements name. Most objects are
/// never named again, and their forms need not be kept.
fn referenced(text: &str) -> HashSet<u32> {
    memchr::memmem::find_iter(text.as_bytes(), b"<Ref ")
        .filter_map(|at| {
            let tag = text.get(at..)?.split('>').next()?;
            let (_, value) = tag.split_once("RefId=")?;
            let digits = value.trim_start_matches(['"', '\'']);
            let end = digits.find(|c: char| !c.is_ascii_digit())?;
            digits.get(..end)?.parse().ok()
        })
        .collect()
}

fn offset(position: u64) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}

impl<'a> State<'_, 'a> {
    fn span(&self, start: usize, end: usize) -> Span {
        Span::of(self.file.id(), start..end)
    }

    fn open(&mut self, tag: &BytesStart<'a>, start: usize, content: usize) {
        let element = self.elements;
        self.elements = self.elements.saturating_add(1);
        self.ledger.push(LineState::Irrelevant);
        if self.too_deep > 0 || self.stack.len() >= MAX_DEPTH {
            self.too_deep = self.too_deep.saturating_add(1);
            if !self.deep_reported {
                self.deep_reported = true;
                let span = self.span(start, content);
                self.problems.push(Problem {
                    level: ProblemLevel::Warning,
                    message: format!("elements nested deeper than {MAX_DEPTH} were not read"),
                    hint: None,
                    span,
                });
            }
            return;
        }
        let (name, reference) = self.attributes(tag);
        let (frame, kind) = self.frame_of(tag.local_name().as_ref(), reference);
        if kind == Tag::Unknown {
            self.ledger.set(element, LineState::Unrecognised);
        }
        self.stack.push(Open {
            frame,
            tag: kind,
            name,
            element,
            start,
            content,
        });
        match kind {
            Tag::TypeReference => {
                if let Some(types) = reference.and_then(|id| self.types.get(&id)).copied() {
                    self.set_types(types, 2);
                }
            }
            Tag::Reference => {
                let value = self.referred_to(reference);
                self.set_scalar_of_open(value);
            }
            _ => {}
        }
    }

    /// The form of an object that was read before.
    ///
    /// Every reference repeats it. All together may repeat as much as the file
    /// is long: real exports refer to short values, and a file of a few megabytes
    /// could otherwise stand for gigabytes.
    fn referred_to(&mut self, reference: Option<u32>) -> Raw<'a> {
        let Some((value, size)) = reference.and_then(|id| self.values.get(&id)) else {
            return Raw::Opaque("the export refers to an object that it does not hold");
        };
        match self.repeatable.checked_sub(*size) {
            Some(rest) => {
                self.repeatable = rest;
                value.clone()
            }
            None => Raw::Opaque("the export refers to one long value again and again"),
        }
    }

    /// A reference's value waits in a frame of its own until the end tag.
    fn set_scalar_of_open(&mut self, value: Raw<'a>) {
        if let Some(open) = self.stack.last_mut() {
            open.frame = Frame::Object(Box::new(Object {
                scalar: Some(value),
                ..Object::default()
            }));
        }
    }

    fn attributes(&self, tag: &BytesStart<'a>) -> (Option<&'a str>, Option<u32>) {
        let (mut name, mut reference) = (None, None);
        for attribute in tag.attributes().with_checks(false).flatten() {
            match attribute.key.as_ref() {
                "N" => {
                    // The attribute borrows from the tag; the text lives longer.
                    if let Cow::Borrowed(value) = attribute.value {
                        name = self.slice_of(value);
                    }
                }
                "RefId" => reference = attribute.value.parse().ok(),
                _ => {}
            }
        }
        (name, reference)
    }

    /// The part of the text that `part` is.
    fn slice_of(&self, part: &str) -> Option<&'a str> {
        let file: &'a SourceFile = self.file;
        Some(file.slice(file.span_of(part)?))
    }

    fn frame_of(&mut self, tag: &str, reference: Option<u32>) -> (Frame<'a>, Tag) {
        let structure = |frame| (frame, Tag::Structure);
        match tag {
            "Objs" => {
                // RefIds are unique within one root only.
                self.types.clear();
                self.values.clear();
                structure(Frame::Root)
            }
            "Obj" => structure(Frame::Object(Box::new(Object {
                reference,
                outer: self.opens_outer_object(),
                ..Object::default()
            }))),
            "Props" | "MS" => {
                let inside = self.inside;
                if let Some(object) = self.innermost_object() {
                    // A matched object counts itself in `inside`.
                    let own = usize::from(object.cmdlet.is_some());
                    object.collects = inside <= own && (object.outer || object.cmdlet.is_some());
                }
                structure(Frame::Members)
            }
            "TN" => structure(Frame::Types {
                reference,
                types: Types::default(),
            }),
            "T" => (Frame::Leaf, Tag::TypeName),
            "TNRef" => (Frame::Leaf, Tag::TypeReference),
            "ToString" => (Frame::Leaf, Tag::ToString),
            "LST" | "IE" | "STK" | "QUE" => {
                if let Some(object) = self.innermost_object() {
                    object.items.get_or_insert_default();
                }
                structure(Frame::List)
            }
            "DCT" => {
                if let Some(object) = self.innermost_object() {
                    object.dictionary = true;
                }
                structure(Frame::List)
            }
            "En" => structure(Frame::Entry),
            "Ref" => (Frame::Leaf, Tag::Reference),
            "Nil" => (Frame::Leaf, Tag::Nil),
            "SS" => (Frame::Leaf, Tag::Secret),
            "BA" => (Frame::Leaf, Tag::Bytes),
            "C" => (Frame::Leaf, Tag::Character),
            "TS" => (Frame::Leaf, Tag::TimeSpan),
            "XD" => (Frame::Leaf, Tag::Document),
            "S" | "B" | "By" | "SB" | "I16" | "U16" | "I32" | "U32" | "I64" | "U64" | "Sg"
            | "Db" | "D" | "G" | "URI" | "DT" | "Version" | "SBK" => (Frame::Leaf, Tag::Scalar),
            "PR" | "AV" | "AI" | "SD" => (Frame::Leaf, Tag::Document),
            _ => (Frame::Unknown, Tag::Unknown),
        }
    }

    /// Whether an object that opens now is one of those that were exported,
    /// not a part of one.
    fn opens_outer_object(&self) -> bool {
        let mut above = self.stack.iter().rev();
        match above.next().map(|open| &open.frame) {
            None | Some(Frame::Root) => true,
            Some(Frame::List) => match above.next().map(|open| &open.frame) {
                Some(Frame::Object(list)) => list.outer && list.cmdlet.is_none(),
                _ => false,
            },
            _ => false,
        }
    }

    fn innermost_object(&mut self) -> Option<&mut Object<'a>> {
        self.stack
            .iter_mut()
            .rev()
            .find_map(|open| match &mut open.frame {
                Frame::Object(object) => Some(object.as_mut()),
                _ => None,
            })
    }

    /// Gives the type to the object whose `TN` or `TNRef` stands `above`
    /// frames above the top of the stack.
    fn set_types(&mut self, types: Types<'a>, above: usize) {
        let first_inside = self.inside;
        let Some(open) = self
            .stack
            .len()
            .checked_sub(above)
            .and_then(|i| self.stack.get_mut(i))
        else {
            return;
        };
        let Frame::Object(object) = &mut open.frame else {
            return;
        };
        object.type_name = types.first;
        object.secret = types.secret;
        if object.cmdlet.is_none() && first_inside == 0 && types.cmdlet.is_some() {
            object.cmdlet = types.cmdlet;
            self.inside = self.inside.saturating_add(1);
        }
    }

    /// Whether the innermost open element has a use for a value.
    fn is_wanted(&self) -> bool {
        let mut above = self.stack.iter().rev();
        match above.next().map(|open| &open.frame) {
            Some(Frame::Members) => match above.next().map(|open| &open.frame) {
                Some(Frame::Object(object)) => object.collects,
                _ => false,
            },
            Some(Frame::List | Frame::Object(_)) => true,
            _ => false,
        }
    }

    fn close(&mut self, end_tag: usize, end: usize) {
        if self.too_deep > 0 {
            self.too_deep = self.too_deep.saturating_sub(1);
            return;
        }
        let Some(open) = self.stack.pop() else {
            return;
        };
        let file: &'a SourceFile = self.file;
        let content = file.text().get(open.content..end_tag).unwrap_or_default();
        let span = self.span(open.start, end);
        match open.frame {
            Frame::Types { reference, types } => {
                self.set_types(types, 1);
                if let Some(id) = reference {
                    self.types.insert(id, types);
                }
            }
            Frame::Object(object) if open.tag == Tag::Reference => {
                let value = object.scalar.unwrap_or(Raw::Null);
                self.deliver(open.name, value, span, open.element);
            }
            Frame::Object(object) => self.close_object(*object, open.name, span, open.element),
            Frame::Leaf => match open.tag {
                Tag::TypeName => {
                    if let Some(Open {
                        frame: Frame::Types { types, .. },
                        ..
                    }) = self.stack.last_mut()
                    {
                        types.add(content.trim(), span);
                    }
                }
                Tag::ToString => {
                    if let Some(Open {
                        frame: Frame::Object(object),
                        ..
                    }) = self.stack.last_mut()
                    {
                        object.printed = Some(content);
                    }
                }
                Tag::TypeReference => {}
                Tag::Bytes => self.close_bytes(open.name, content, span, open.element),
                _ if !self.is_wanted() => {}
                tag => self.deliver(open.name, scalar(tag, content), span, open.element),
            },
            Frame::Root | Frame::Members | Frame::List | Frame::Entry | Frame::Unknown => {}
        }
    }

    fn close_bytes(&mut self, name: Option<&'a str>, content: &'a str, span: Span, element: usize) {
        match name {
            Some("SerializationData") => {}
            Some("RawData") => {
                let in_members = matches!(
                    self.stack.last(),
                    Some(Open {
                        frame: Frame::Members,
                        ..
                    })
                );
                if in_members && let Some(object) = self.innermost_object() {
                    object.raw_data = Some((content, span, element));
                }
            }
            _ => self.deliver(name, Raw::Opaque("binary data"), span, element),
        }
    }

    fn close_object(
        &mut self,
        mut object: Object<'a>,
        name: Option<&'a str>,
        span: Span,
        element: usize,
    ) {
        if object.cmdlet.is_some() {
            self.inside = self.inside.saturating_sub(1);
        }
        let referenced = object.reference.filter(|id| self.referenced.contains(id));
        if referenced.is_none() && !self.is_wanted() {
            self.keep(object, span, element);
            return;
        }
        let value = if object.secret {
            Raw::Secret
        } else if let Some(items) = object.items.take() {
            Raw::List(items.into())
        } else if object.dictionary {
            Raw::Opaque("the export holds a hash table here")
        } else if let Some(printed) = object.printed {
            Raw::Text(decode(printed))
        } else {
            object.scalar.take().unwrap_or(Raw::Opaque(
                "the export holds an object without a printed form here",
            ))
        };
        if let Some(id) = referenced {
            self.values.insert(id, (value.clone(), size_of(&value)));
        }
        self.keep(object, span, element);
        self.deliver(name, value, span, element);
    }

    /// Keeps a finished (or broken-off) object if it may become a record.
    fn keep(&mut self, object: Object<'a>, span: Span, element: usize) {
        let something = !object.properties.is_empty() || object.raw_data.is_some();
        if object.collects && something {
            let found = Found {
                cmdlet: object.cmdlet,
                type_name: object.type_name,
                properties: object.properties,
                raw_data: object.raw_data,
                elements: element..self.elements,
                span,
            };
            (self.sink)(found, &mut self.ledger, &mut self.problems);
        }
    }

    /// Hands a finished value to the element that holds it.
    fn deliver(&mut self, name: Option<&'a str>, value: Raw<'a>, span: Span, element: usize) {
        let mut above = self.stack.iter_mut().rev();
        let Some(holder) = above.next() else { return };
        match &mut holder.frame {
            Frame::Object(object) => object.scalar = Some(value),
            Frame::Members => {
                let (
                    Some(Open {
                        frame: Frame::Object(object),
                        ..
                    }),
                    Some(name),
                ) = (above.next(), name)
                else {
                    return;
                };
                if object.collects && object.properties.len() < MAX_PROPERTIES {
                    let raw = value;
                    object
                        .properties
                        .push((RawProperty { name, raw, span }, element));
                }
            }
            Frame::List => {
                if let Some(Open {
                    frame: Frame::Object(object),
                    ..
                }) = above.next()
                {
                    object.secret |= value == Raw::Secret;
                    if let Some(items) = &mut object.items {
                        match value {
                            Raw::Text(text) | Raw::Cut(text) => items.push(text),
                            Raw::List(inner) => items.push(inner.join(", ").into()),
                            Raw::Opaque(_) => items.push("System.Object".into()),
                            Raw::Null | Raw::Secret => {}
                        }
                    }
                }
            }
            _ => {}
        }
    }

    /// Reports a fault and keeps what the open objects have shown so far.
    fn broken_off(&mut self, at: usize, what: &str) {
        let span = self.span(at, at);
        let open = std::mem::take(&mut self.stack);
        for open in open {
            if let Frame::Object(object) = open.frame {
                let span = self.span(open.start, at);
                self.keep(*object, span, open.element);
            }
        }
        self.problems.push(Problem {
            level: ProblemLevel::Error,
            message: format!("{what}; what stands before it was read"),
            hint: Some("export again: the file was cut off or edited".into()),
            span,
        });
    }
}

/// How much text a reference to a value repeats.
fn size_of(value: &Raw<'_>) -> usize {
    match value {
        Raw::Text(text) | Raw::Cut(text) => text.len(),
        Raw::List(items) => items
            .iter()
            .map(|item| item.len().saturating_add(SIZE_OF_ITEM))
            .fold(0, usize::saturating_add),
        Raw::Null | Raw::Secret | Raw::Opaque(_) => 0,
    }
}

fn scalar(tag: Tag, content: &str) -> Raw<'_> {
    match tag {
        Tag::Nil => Raw::Null,
        Tag::Secret => Raw::Secret,
        Tag::Document => Raw::Opaque("the export holds a document here"),
        Tag::Character => {
            let code = content.trim().parse().ok().and_then(char::from_u32);
            code.map_or(Raw::Null, |c| Raw::Text(c.to_string().into()))
        }
        Tag::TimeSpan => match time_span(content.trim()) {
            Some(text) => Raw::Text(text.into()),
            None => Raw::Text(decode(content)),
        },
        _ => Raw::Text(decode(content)),
    }
}
