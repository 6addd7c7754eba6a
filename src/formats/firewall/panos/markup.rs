//! XML: what the web interface, the API and `config-output-format xml` give.
//!
//! `<entry name="x">` is the word `x`, `<member>x</member>` is the word `x`,
//! every other element is its name, text in an element is a word below it.
//! Refused are document types, entities that only one could define, and XML
//! that ends too early or does not balance: no device writes such a file.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};

use crate::source::{Span, floor, head};

use super::builder::Builder;
use super::statements::Statements;
use super::text::{Decoded, Text};

/// How far into a file the configuration may start.
const HEAD: usize = 65_536;

/// Why a file is not read, and where.
pub type Refused = (String, usize);

/// Where the XML starts, if it is a configuration of PAN-OS or the answer of
/// its API: behind a prompt and a command, perhaps.
pub fn starts(text: &str) -> Option<usize> {
    let head = head(text, HEAD);
    let own = [
        "<config ",
        "<config>",
        "<config\n",
        "<config\r",
        "<response status=",
    ]
    .iter()
    .filter_map(|mark| head.find(mark))
    .min()?;
    let before = head.get(..own)?;
    // A declaration, or a document type to be refused, stands before it.
    let from = ["<?xml", "<!DOCTYPE"]
        .iter()
        .filter_map(|mark| before.find(mark))
        .min()
        .unwrap_or(own);
    let prelude = before.get(..from)?;
    (prelude.len() < 4_096 && !prelude.contains("</")).then_some(from)
}

/// The values that are written with entities.
pub fn decode(text: &str) -> Result<Vec<Decoded>, Refused> {
    let bytes = text.as_bytes();
    let mut decoded: Vec<Decoded> = Vec::new();
    let mut past = 0usize;
    for at in memchr::memchr_iter(b'&', bytes) {
        if at < past {
            continue;
        }
        let before = bytes.get(..at).unwrap_or_default();
        let open = memchr::memrchr(b'<', before);
        let close = memchr::memrchr(b'>', before);
        let (start, end) = if open > close {
            // Inside a tag: an attribute's value.
            let Some(quote) = memchr::memrchr2(b'"', b'\'', before) else {
                continue;
            };
            let mark = bytes.get(quote).copied().unwrap_or(b'"');
            (quote.saturating_add(1), find(bytes, at, mark))
        } else {
            (
                close.map_or(0, |at| at.saturating_add(1)),
                find(bytes, at, b'<'),
            )
        };
        past = end;
        let raw = text.get(start..end).unwrap_or_default();
        let shift = raw.len().saturating_sub(raw.trim_start().len());
        let start = start.saturating_add(shift);
        let raw = raw.trim();
        decoded.push(Decoded {
            origin: start..start.saturating_add(raw.len()),
            text: unescape(raw).map_err(|at| (ENTITY.to_owned(), start.saturating_add(at)))?,
        });
    }
    Ok(decoded)
}

const ENTITY: &str = "an XML entity that only a document type could define is refused";

fn find(bytes: &[u8], from: usize, mark: u8) -> usize {
    let tail = bytes.get(from..).unwrap_or_default();
    memchr::memchr(mark, tail).map_or(bytes.len(), |at| from.saturating_add(at))
}

/// Text without entities; the place of one that nobody defines.
fn unescape(raw: &str) -> Result<String, usize> {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('&') {
        let (head, tail) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(head);
        let place = raw.len().saturating_sub(tail.len());
        let tail = tail.get(1..).unwrap_or_default();
        let (name, after) = tail.split_once(';').unwrap_or((tail, ""));
        match (resolve_predefined_entity(name), character(name)) {
            (Some(text), _) => out.push_str(text),
            (None, Some(found)) => out.push(found),
            (None, None) if is_name(name) => return Err(place),
            // A bare ampersand, as people type it into templates.
            (None, None) => {
                out.push('&');
                rest = tail;
                continue;
            }
        }
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() < 64
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'#'))
}

/// `#38`, `#x26`.
fn character(name: &str) -> Option<char> {
    let digits = name.strip_prefix('#')?;
    let code = match digits.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => digits.parse().ok()?,
    };
    char::from_u32(code)
}

/// Reads the statements.
pub fn read<'t>(text: &'t Text<'_>) -> Result<Statements<'t>, Refused> {
    let whole = text.file().text();
    let base = starts(whole).unwrap_or(0);
    let body = whole.get(base..).unwrap_or_default();
    let mut reader = Reader::from_str(body);
    let config = reader.config_mut();
    config.allow_dangling_amp = true;
    let mut builder = Builder::new(text);
    loop {
        let at = usize::try_from(reader.buffer_position()).unwrap_or(0);
        let here = floor(whole, base.saturating_add(at));
        match reader.read_event() {
            Ok(Event::Start(element)) => {
                if !open(&mut builder, body, &element) {
                    let why = "elements nest deeper than PAN-OS nests them".to_owned();
                    return Err((why, here));
                }
            }
            Ok(Event::Empty(element)) => {
                if open(&mut builder, body, &element) {
                    builder.close();
                }
            }
            Ok(Event::End(_)) => {
                builder.close();
                if builder.is_closed() {
                    // What follows is the prompt of a terminal.
                    break;
                }
            }
            Ok(Event::Text(part)) => builder.part(slice(body, &part)),
            Ok(Event::CData(part)) => builder.part(slice(body, &part)),
            Ok(Event::GeneralRef(part)) => builder.part(slice(body, &part)),
            Ok(Event::DocType(_)) => {
                return Err((
                    "a document type declaration is refused: no device writes one".to_owned(),
                    here,
                ));
            }
            Ok(Event::Eof) => break,
            Ok(_) => {}
            Err(error) => {
                let span = Span::of(text.file().id(), here..here);
                let why = format!("the XML cannot be read from here on: {error}");
                builder.read.spoil(why, span);
                return Ok(builder.finish());
            }
        }
    }
    if !builder.is_closed() {
        let end = whole.len();
        let span = Span::of(text.file().id(), end..end);
        let why = "the XML ends before its elements do: the export is cut off";
        builder.read.spoil(why.to_owned(), span);
    }
    Ok(builder.finish())
}

/// The slice of the text that a part of an event is.
fn slice<'t>(text: &'t str, part: &str) -> &'t str {
    let Some(start) = (part.as_ptr() as usize).checked_sub(text.as_ptr() as usize) else {
        return "";
    };
    text.get(start..start.saturating_add(part.len()))
        .unwrap_or_default()
}

fn open<'t>(builder: &mut Builder<'t>, body: &'t str, element: &BytesStart<'_>) -> bool {
    let name = slice(body, element.name().into_inner());
    let mut entry = None;
    for attribute in element.attributes().with_checks(false).flatten() {
        let value = match &attribute.value {
            std::borrow::Cow::Borrowed(value) => slice(body, value),
            std::borrow::Cow::Owned(_) => "",
        };
        let key = attribute.key.into_inner();
        if key == "name" {
            entry = Some(value);
        } else {
            builder.attribute(name, key, value);
        }
    }
    builder.open(name, entry)
}
