//! `display xml` and `display json`: translated into the device's own words.
//!
//! An element is a word, its `<name>` and its text are the words behind it;
//! `data/markup.tsv` has the exceptions. The result is a text in curly braces
//! whose parts point into the file. A document type is refused, so no entity
//! is ever expanded but the five of XML.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::OnceLock;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::source::{SourceFile, Span, head};

use super::text::Mapped;

/// Elements nested deeper than this are refused.
const MAX_DEPTH: usize = 200;
/// How much of a file is searched for the start of a configuration.
const HEAD: usize = 64 * 1024;

/// A configuration in words, and which line's statement each line belongs to.
#[derive(Debug)]
pub struct Translated {
    /// The words.
    pub text: Mapped,
    /// Lines of the file, with the line of the statement that they belong to.
    pub owners: Vec<(u32, u32)>,
}

/// Why markup cannot be read.
pub type Refused = (String, Span);

/// What shows that a file is a Junos configuration in markup.
pub fn recognise(file: &SourceFile) -> Option<(&str, Span)> {
    let text = file.text();
    let head = head(text, HEAD);
    for mark in ["<configuration-text", "<configuration-set"] {
        if let Some(at) = head.find(mark)
            && head.get(..at).is_some_and(|before| before.len() < 4_000)
        {
            return line_at(file, at);
        }
    }
    if is_json(head) {
        let at = head.find("\"configuration\"")?;
        return line_at(file, at);
    }
    let at = start(head)?;
    let near = head.get(at..)?;
    let near = near.get(..near.len().min(2_000)).unwrap_or(near);
    let junos = near.contains("xml.juniper.net")
        || near.contains("junos:")
        || text.get(..at)?.contains("xml.juniper.net");
    junos.then(|| line_at(file, at)).flatten()
}

fn line_at(file: &SourceFile, at: usize) -> Option<(&str, Span)> {
    let line = file.line(file.line_of(u32::try_from(at).ok()?))?.trim();
    Some((line, file.span_of(line)?))
}

/// Where a configuration starts in XML.
fn start(text: &str) -> Option<usize> {
    ["<configuration>", "<configuration "]
        .iter()
        .filter_map(|mark| text.find(mark))
        .min()
}

/// `{ "configuration": … }`, as `display json` prints it.
fn is_json(text: &str) -> bool {
    let body = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    if !body.starts_with('{') {
        return false;
    }
    let Some(at) = body.find("\"configuration\"") else {
        return false;
    };
    let junos = [
        "junos:",
        "\"security\"",
        "\"firewall\"",
        "\"system\"",
        "\"interfaces\"",
        "yang.juniper.net",
        "xml.juniper.net",
    ];
    at < 2_000 && junos.iter().any(|mark| body.contains(mark))
}

/// The configurations of a file in words, where the file is markup.
pub fn translate(file: &SourceFile) -> Option<Result<Vec<Translated>, Refused>> {
    let text = file.text();
    let (what, _) = recognise(file)?;
    if what.contains("<configuration-text") || what.contains("<configuration-set") {
        return None;
    }
    if is_json(head(text, HEAD)) {
        return Some(super::json::read(file).map(|one| vec![one]));
    }
    let mut found = Vec::new();
    let mut from = 0usize;
    while let Some(rest) = text.get(from..)
        && let Some(at) = start(rest)
    {
        let begin = from.saturating_add(at);
        let end = rest
            .get(at..)
            .and_then(|body| body.find("</configuration>"))
            .map_or(text.len(), |end| {
                begin
                    .saturating_add(end)
                    .saturating_add("</configuration>".len())
            });
        match xml(file, begin..end) {
            Ok(one) => found.push(one),
            Err(refused) => return Some(Err(refused)),
        }
        from = end;
        if found.len() > 1_000 {
            break;
        }
    }
    Some(Ok(found))
}

/// What becomes of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Word(&'static str),
    Plain,
    Hidden,
    Open,
    Skip,
    Zone(&'static str),
}

fn role(name: &str, parent: Option<&str>) -> Role {
    static TABLE: OnceLock<HashMap<&'static str, Role>> = OnceLock::new();
    // `interfaces { interface { name … } }` but `security-zone … interfaces`.
    if name == "interface" && parent == Some("interfaces") {
        return Role::Open;
    }
    let table = TABLE.get_or_init(|| {
        include_str!("data/markup.tsv")
            .lines()
            .filter(|line| !line.starts_with('#') && !line.is_empty())
            .filter_map(|line| {
                let (name, role) = line.split_once('\t')?;
                let role = match role {
                    "hidden" => Role::Hidden,
                    "open" => Role::Open,
                    "skip" => Role::Skip,
                    "from-zone" | "to-zone" => Role::Zone(role),
                    _ => Role::Word(role.strip_prefix("as ")?),
                };
                Some((name, role))
            })
            .collect()
    });
    table.get(name).copied().unwrap_or(Role::Plain)
}

/// An element that is open.
#[derive(Debug)]
struct Frame<'t> {
    name: &'t str,
    role: Role,
    /// Words of its statement so far, with their places.
    head: Vec<(String, Range<usize>)>,
    /// Whether its block was opened.
    opened: bool,
    inactive: bool,
    line: u32,
}

/// Writes statements in curly braces for elements as they come.
pub struct Writer<'t> {
    file: &'t SourceFile,
    out: Mapped,
    owners: Vec<(u32, u32)>,
    frames: Vec<Frame<'t>>,
    skipping: usize,
    last_line: u32,
}

impl<'t> Writer<'t> {
    /// An empty text.
    pub fn new(file: &'t SourceFile) -> Self {
        Self {
            file,
            out: Mapped::default(),
            owners: Vec::new(),
            frames: Vec::new(),
            skipping: 0,
            last_line: 0,
        }
    }

    fn place(&self, part: &str) -> Range<usize> {
        self.file.span_of(part).map_or(0..0, Span::range)
    }

    fn line(&self, part: &str) -> u32 {
        let offset = self.file.span_of(part).map_or(0, |span| span.start);
        u32::try_from(self.file.line_of(offset)).unwrap_or(u32::MAX)
    }

    /// An element starts. `false` when elements nest too deep.
    pub fn open(&mut self, name: &'t str, inactive: bool) -> bool {
        if self.skipping > 0 {
            self.skipping = self.skipping.saturating_add(1);
            return true;
        }
        let parent = self.frames.last();
        let role = role(name, parent.map(|frame| frame.name));
        if role == Role::Skip {
            self.skipping = 1;
            return true;
        }
        if self.frames.len() >= MAX_DEPTH {
            return false;
        }
        let mut head = Vec::new();
        match role {
            Role::Plain => head.push((name.to_owned(), self.place(name))),
            Role::Word(word) => head.push((word.to_owned(), self.place(name))),
            _ => {}
        }
        if matches!(role, Role::Plain | Role::Word(_) | Role::Open) {
            self.open_block();
        }
        let line = self.line(name);
        self.frames.push(Frame {
            name,
            role,
            head,
            opened: false,
            inactive,
            line,
        });
        true
    }

    /// The statement that is open becomes a block.
    fn open_block(&mut self) {
        let Some(at) = self
            .frames
            .iter()
            .rposition(|frame| matches!(frame.role, Role::Plain | Role::Word(_) | Role::Open))
        else {
            return;
        };
        let Some(frame) = self.frames.get_mut(at) else {
            return;
        };
        if frame.opened || frame.head.is_empty() {
            return;
        }
        frame.opened = true;
        let (head, inactive, line) = (std::mem::take(&mut frame.head), frame.inactive, frame.line);
        self.statement(head, inactive, " {\n", line);
    }

    fn statement(
        &mut self,
        head: Vec<(String, Range<usize>)>,
        inactive: bool,
        end: &str,
        line: u32,
    ) {
        if inactive {
            self.out.push_plain("inactive: ");
        }
        for (word, place) in head {
            let quoted = word.is_empty()
                || word.contains(|c: char| {
                    c.is_whitespace() || matches!(c, ';' | '{' | '}' | '[' | ']' | '"' | '#')
                });
            if quoted {
                self.out.push_plain("\"");
                self.out.push(&word.replace(['"', '\n', '\r'], "'"), place);
                self.out.push_plain("\" ");
            } else {
                self.out.push(&word, place);
                self.out.push_plain(" ");
            }
        }
        self.out.push_plain(end);
        self.out.end_line(line);
        for between in self.last_line.saturating_add(1)..line {
            self.owners.push((between, self.last_line));
        }
        self.last_line = self.last_line.max(line);
    }

    /// Text inside the open element.
    pub fn text(&mut self, text: String, part: &str) {
        if self.skipping > 0 {
            return;
        }
        let place = self.place(part);
        let Some(frame) = self.frames.last_mut() else {
            return;
        };
        let named = usize::from(matches!(frame.role, Role::Plain | Role::Word(_)));
        let divided = frame.head.len() > named;
        match frame.head.last_mut() {
            // Text that an entity divided: `&` or `;` lies between.
            Some((word, range)) if divided && place.start.saturating_sub(range.end) <= 1 => {
                word.push_str(&text);
                range.end = place.end;
            }
            _ => frame.head.push((text, place)),
        }
    }

    /// An element ends; `part` is where.
    pub fn close(&mut self, part: &str) {
        if self.skipping > 0 {
            self.skipping = self.skipping.saturating_sub(1);
            return;
        }
        let Some(frame) = self.frames.pop() else {
            return;
        };
        match frame.role {
            Role::Hidden => {
                if let Some(parent) = self.frames.last_mut() {
                    if parent.opened {
                        // A value behind the block's start: a statement of its own.
                        let line = frame.line;
                        self.statement(frame.head, false, ";\n", line);
                    } else {
                        parent.head.extend(frame.head);
                    }
                }
            }
            Role::Zone(word) => {
                let place = self.place(frame.name);
                if let Some(parent) = self.frames.last_mut() {
                    if word == "from-zone" {
                        parent.head.clear();
                    }
                    parent.head.push((word.to_owned(), place));
                    parent.head.extend(frame.head);
                }
            }
            Role::Skip => {}
            Role::Plain | Role::Word(_) | Role::Open => {
                if frame.opened {
                    let line = self.line(part);
                    self.out.push_plain("}\n");
                    self.out.end_line(line);
                    for between in self.last_line.saturating_add(1)..line {
                        self.owners.push((between, self.last_line));
                    }
                    self.last_line = self.last_line.max(line);
                } else if !frame.head.is_empty() {
                    self.statement(frame.head, frame.inactive, ";\n", frame.line);
                }
            }
        }
    }

    /// The whole text.
    pub fn finish(mut self) -> Translated {
        if !self.frames.is_empty() {
            self.open_block();
        }
        let lines = u32::try_from(self.file.line_count()).unwrap_or(u32::MAX);
        for between in self.last_line.saturating_add(1)..lines {
            self.owners.push((between, self.last_line));
        }
        Translated {
            text: self.out,
            owners: self.owners,
        }
    }
}

fn xml(file: &SourceFile, range: Range<usize>) -> Result<Translated, Refused> {
    let text = file.text().get(range.clone()).unwrap_or_default();
    let refuse = |why: &str, at: u64| {
        let start = range.start.saturating_add(usize::try_from(at).unwrap_or(0));
        (why.to_owned(), Span::of(file.id(), start..start))
    };
    let mut reader = Reader::from_str(text);
    let config = reader.config_mut();
    config.trim_text(true);
    config.check_end_names = false;
    let mut writer = Writer::new(file);
    loop {
        let at = reader.buffer_position();
        match reader.read_event() {
            Ok(Event::Start(element)) => {
                if !open(&mut writer, text, &element) {
                    return Err(refuse("elements nest deeper than Junos nests them", at));
                }
            }
            Ok(Event::Empty(element)) => {
                if !open(&mut writer, text, &element) {
                    return Err(refuse("elements nest deeper than Junos nests them", at));
                }
                writer.close(slice_of(text, element.name().into_inner()));
            }
            Ok(Event::End(element)) => writer.close(slice_of(text, element.name().into_inner())),
            Ok(Event::Text(part)) => {
                let raw = slice_of(text, &part);
                if !raw.trim().is_empty() {
                    writer.text(raw.trim().to_owned(), raw);
                }
            }
            Ok(Event::CData(part)) => {
                let raw = slice_of(text, &part);
                writer.text(raw.to_owned(), raw);
            }
            Ok(Event::GeneralRef(reference)) => {
                let raw = slice_of(text, &reference);
                let word = match raw {
                    "lt" => "<".to_owned(),
                    "gt" => ">".to_owned(),
                    "amp" => "&".to_owned(),
                    "quot" => "\"".to_owned(),
                    "apos" => "'".to_owned(),
                    _ => match reference.resolve_char_ref() {
                        Ok(Some(c)) if !c.is_control() => c.to_string(),
                        _ => {
                            return Err(refuse(
                                "an XML entity that only a document type could define is refused",
                                at,
                            ));
                        }
                    },
                };
                writer.text(word, raw);
            }
            Ok(Event::DocType(_)) => {
                return Err(refuse(
                    "a document type declaration is refused: no device writes one",
                    at,
                ));
            }
            Ok(Event::Eof) => break,
            Ok(_) => {}
            Err(error) => {
                return Err(refuse(&format!("the XML cannot be read: {error}"), at));
            }
        }
    }
    Ok(writer.finish())
}

fn open<'t>(writer: &mut Writer<'t>, text: &'t str, element: &BytesStart<'_>) -> bool {
    let inactive = element
        .attributes()
        .flatten()
        .any(|attribute| attribute.key.local_name().into_inner() == "inactive");
    writer.open(slice_of(text, element.name().into_inner()), inactive)
}

/// The slice of the text that a part of an event is.
fn slice_of<'t>(text: &'t str, part: &str) -> &'t str {
    let Some(start) = (part.as_ptr() as usize).checked_sub(text.as_ptr() as usize) else {
        return "";
    };
    text.get(start..start.saturating_add(part.len()))
        .unwrap_or_default()
}
