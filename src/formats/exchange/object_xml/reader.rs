//! One pass over the elements, with a bounded stack.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::formats::exchange::clixml::text::expand_references;
use crate::formats::exchange::record::{MAX_OBJECTS, MAX_PROPERTIES, RawProperty};
use crate::formats::exchange::value::Raw;
use crate::source::{SourceFile, Span, floor};

/// Elements nest at most this deep.
const MAX_DEPTH: usize = 64;

/// Why a value that holds other properties is not read.
const NESTED: &str =
    "the export took this object apart; export with Export-Clixml or a smaller -Depth";

/// Why a list in one text is not read.
const JOINED: &str = "the log joins the items of a list with `, `, which these items hold as well";

/// A cmdlet that the wizard ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invocation<'a> {
    /// Its name.
    pub cmdlet: &'a str,
    /// `OnPremises` or `Tenant`.
    pub session: &'a str,
    /// The command line in the comment.
    pub command: Option<&'a str>,
    /// The start tag.
    pub span: Span,
}

/// An object.
#[derive(Debug)]
pub struct Found<'a> {
    /// The cmdlet around it.
    pub invocation: Option<Invocation<'a>>,
    /// The name of its .NET type.
    pub type_name: Option<(&'a str, Span)>,
    /// Its properties in file order.
    pub properties: Vec<RawProperty<'a>>,
    /// The whole object.
    pub span: Span,
}

/// What the file holds.
#[derive(Debug)]
pub enum Item<'a> {
    /// An object.
    Object(Found<'a>),
    /// A cmdlet with an empty element of results and no sign of an error.
    Empty(Invocation<'a>),
}

/// A property while it is read.
#[derive(Debug)]
struct Open<'a> {
    name: &'a str,
    type_name: &'a str,
    /// Its value as an attribute, with its place.
    value: Option<(&'a str, Span)>,
    null: bool,
    /// Values of the elements inside it.
    items: Vec<Cow<'a, str>>,
    /// It holds properties with names.
    nested: bool,
    /// Where its text begins and ends.
    text: Option<&'a str>,
    depth: usize,
    span: Span,
}

struct State<'s, 'a> {
    file: &'a SourceFile,
    names: Vec<String>,
    invocation: Option<Invocation<'a>>,
    /// Whether the invocation has shown results, and something else.
    results: bool,
    objects: usize,
    trouble: bool,
    object: Option<(Found<'a>, usize)>,
    property: Option<Open<'a>>,
    /// Text of an unnamed element inside a property.
    item: Option<&'a str>,
    found: usize,
    sink: &'s mut dyn FnMut(Item<'a>),
}

/// Reads a file; the offset of the fault where its XML is broken.
pub fn read<'a>(file: &'a SourceFile, sink: &mut dyn FnMut(Item<'a>)) -> Result<(), usize> {
    let text = file.text();
    let mut reader = Reader::from_str(text);
    reader.config_mut().allow_dangling_amp = true;
    let mut state = State {
        file,
        names: Vec::new(),
        invocation: None,
        results: false,
        objects: 0,
        trouble: false,
        object: None,
        property: None,
        item: None,
        found: 0,
        sink,
    };
    let offset = |position: u64| floor(text, usize::try_from(position).unwrap_or(usize::MAX));
    loop {
        let before = offset(reader.buffer_position());
        let event = reader.read_event();
        let after = offset(reader.buffer_position());
        let slice = text.get(before..after).unwrap_or_default();
        match event {
            Ok(Event::Start(tag)) => {
                if state.names.len() >= MAX_DEPTH || state.found > MAX_OBJECTS {
                    return Err(before);
                }
                state.open(&tag, Span::of(file.id(), before..after));
                state
                    .names
                    .push(tag.local_name().as_ref().to_ascii_lowercase());
            }
            Ok(Event::Empty(tag)) => {
                state.open(&tag, Span::of(file.id(), before..after));
                state
                    .names
                    .push(tag.local_name().as_ref().to_ascii_lowercase());
                state.close(after);
            }
            Ok(Event::End(_)) => state.close(after),
            Ok(Event::Comment(_)) => state.comment(slice),
            Ok(Event::Text(_) | Event::CData(_) | Event::GeneralRef(_)) => state.text(slice),
            Ok(Event::Eof) if state.names.is_empty() => return Ok(()),
            Ok(Event::Eof) => return Err(text.len()),
            Err(_) => return Err(offset(reader.error_position()).max(before)),
            Ok(_) => {}
        }
    }
}

impl<'a> State<'_, 'a> {
    /// The value of an attribute whose name may have any case.
    fn attribute(&self, tag: &BytesStart<'_>, name: &str) -> Option<(&'a str, Span)> {
        let file = self.file;
        let found = tag
            .attributes()
            .with_checks(false)
            .flatten()
            .find(|a| a.key.as_ref().eq_ignore_ascii_case(name))?;
        let Cow::Borrowed(value) = &found.value else {
            return None;
        };
        let span = file.span_of(value)?;
        Some((file.slice(span), span))
    }

    fn open(&mut self, tag: &BytesStart<'_>, span: Span) {
        let name = tag.local_name().as_ref().to_ascii_lowercase();
        let depth = self.names.len();
        if let Some(property) = &mut self.property {
            let named = tag
                .attributes()
                .with_checks(false)
                .flatten()
                .any(|a| a.key.as_ref().eq_ignore_ascii_case("name"));
            property.nested |= name == "property" && named;
            self.item = None;
            return;
        }
        match name.as_str() {
            "invoke" if self.object.is_none() => {
                self.invocation = Some(Invocation {
                    cmdlet: self.attribute(tag, "cmdlet").map_or("", |(text, _)| text),
                    session: self.attribute(tag, "type").map_or("", |(text, _)| text),
                    command: None,
                    span,
                });
                self.results = false;
                self.trouble = false;
                self.objects = 0;
            }
            "results" => self.results = true,
            "object" if self.object.is_none() => {
                self.objects = self.objects.saturating_add(1);
                let found = Found {
                    invocation: self.invocation,
                    type_name: self.attribute(tag, "type"),
                    properties: Vec::new(),
                    span,
                };
                self.object = Some((found, depth));
            }
            "property" if self.object.is_some() => {
                let Some((property, _)) = self.attribute(tag, "name") else {
                    return;
                };
                let null = self.attribute(tag, "valueIsNull");
                self.property = Some(Open {
                    name: property,
                    type_name: self.attribute(tag, "type").map_or("", |(text, _)| text),
                    value: self.attribute(tag, "value"),
                    null: null.is_some_and(|(text, _)| text.eq_ignore_ascii_case("true")),
                    items: Vec::new(),
                    nested: false,
                    text: None,
                    depth,
                    span,
                });
            }
            _ => self.trouble |= self.invocation.is_some(),
        }
    }

    fn comment(&mut self, slice: &'a str) {
        let (Some(invocation), None) = (&mut self.invocation, &self.object) else {
            return;
        };
        let inner = slice
            .strip_prefix("<!--")
            .and_then(|s| s.strip_suffix("-->"));
        if invocation.command.is_none() {
            invocation.command = inner.map(str::trim);
        }
    }

    fn text(&mut self, slice: &'a str) {
        let Some(property) = &mut self.property else {
            self.trouble |= !slice.trim().is_empty() && self.invocation.is_some();
            return;
        };
        let inside = self.names.len() > property.depth.saturating_add(1);
        let slot = if inside {
            &mut self.item
        } else {
            &mut property.text
        };
        // Text and references follow each other without a gap.
        *slot = match *slot {
            Some(known) => self
                .file
                .span_of(known)
                .zip(self.file.span_of(slice))
                .map(|(first, last)| self.file.slice(first.to(last))),
            None => Some(slice),
        };
    }

    fn close(&mut self, end: usize) {
        let name = self.names.pop();
        let depth = self.names.len();
        if let Some(property) = &mut self.property {
            if depth > property.depth {
                if property.items.len() < MAX_PROPERTIES.saturating_mul(16) {
                    let text = self.item.take().unwrap_or_default();
                    property.items.push(unescape(text));
                }
                return;
            }
            let Some(property) = self.property.take() else {
                return;
            };
            if let Some((found, _)) = &mut self.object
                && found.properties.len() < MAX_PROPERTIES
            {
                found.properties.push(finish(property, self.file));
            }
            return;
        }
        if let Some((mut found, _)) = self.object.take_if(|(_, at)| *at == depth) {
            let start = found.span;
            let at = u32::try_from(end).unwrap_or(u32::MAX);
            found.span = start.to(Span::new(start.file, at, at));
            self.found = self.found.saturating_add(1);
            (self.sink)(Item::Object(found));
            return;
        }
        if name.as_deref() == Some("invoke")
            && self.object.is_none()
            && let Some(invocation) = self.invocation.take()
            && self.results
            && self.objects == 0
            && !self.trouble
        {
            (self.sink)(Item::Empty(invocation));
        }
    }
}

/// The text that markup stands for.
fn unescape(markup: &str) -> Cow<'_, str> {
    match markup
        .strip_prefix("<![CDATA[")
        .and_then(|s| s.strip_suffix("]]>"))
    {
        Some(literal) => Cow::Borrowed(literal),
        None => expand_references(markup),
    }
}

/// Whether a .NET type holds several values.
fn is_collection(type_name: &str) -> bool {
    type_name.contains("MultiValuedProperty")
        || type_name.ends_with("[]")
        || ["ArrayList", "List`1", "Collection"]
            .iter()
            .any(|part| type_name.contains(part))
}

fn finish<'a>(property: Open<'a>, file: &'a SourceFile) -> RawProperty<'a> {
    let Open {
        name,
        type_name,
        value,
        null,
        items,
        nested,
        text,
        span,
        ..
    } = property;
    let text = text.filter(|text| !text.trim().is_empty());
    let place = match (value, text) {
        (Some((_, at)), _) => at,
        (None, Some(text)) => file.span_of(text).unwrap_or(span),
        (None, None) => span,
    };
    let several = is_collection(type_name);
    let secret = ["SecureString", "PSCredential"]
        .iter()
        .any(|secret| type_name.ends_with(secret));
    let raw = match value.map(|(text, _)| text).or(text) {
        _ if secret => Raw::Secret,
        _ if nested => Raw::Opaque(NESTED),
        _ if null => Raw::Null,
        _ if !items.is_empty() => Raw::List(items.into()),
        None | Some("") if several => Raw::List(Vec::new().into()),
        None => Raw::Null,
        Some(text) => {
            let text = unescape(text);
            if several && value.is_some() {
                split(&text)
            } else {
                Raw::Text(text)
            }
        }
    };
    RawProperty {
        name,
        raw,
        span: place,
    }
}

/// The items of a list that the wizard joined. A distinguished name, or the
/// name in a certificate, holds the separator itself.
fn split<'a>(text: &str) -> Raw<'a> {
    let items: Vec<&str> = text.split(", ").collect();
    if items.len() > 1 && items.iter().any(|item| item.contains('=')) {
        return Raw::Opaque(JOINED);
    }
    Raw::List(
        items
            .into_iter()
            .map(|item| Cow::Owned(item.to_owned()))
            .collect(),
    )
}
