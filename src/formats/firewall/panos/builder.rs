//! From elements, of XML or of JSON, to the tree of statements.

use std::ops::Range;

use crate::formats::LineState;
use crate::formats::firewall::shared::word_tree::ROOT;
use crate::formats::firewall::shared::words::trimmed_of;

use super::statements::{Place, Statements, TOP, step};
use super::text::Text;

/// Elements nest at most this deep.
const MAX_DEPTH: usize = 150;

/// An element that is open.
struct Frame {
    place: Place,
    unit: usize,
    /// Whether it has a node of its own.
    own: bool,
    children: bool,
    /// `member`: its text is a word of the element around it.
    member: bool,
    text: Range<usize>,
}

/// The tree under construction.
pub struct Builder<'t> {
    text: &'t Text<'t>,
    /// What was read so far.
    pub read: Statements<'t>,
    frames: Vec<Frame>,
}

impl<'t> Builder<'t> {
    /// Nothing read yet.
    pub fn new(text: &'t Text<'t>) -> Self {
        Self {
            text,
            read: Statements::new(text.file().text()),
            frames: Vec::new(),
        }
    }

    /// Whether the first element was closed.
    pub fn is_closed(&self) -> bool {
        self.frames.is_empty() && self.read.units > 0
    }

    /// Closes what is open.
    pub fn finish(mut self) -> Statements<'t> {
        while !self.frames.is_empty() {
            self.close();
        }
        self.read
    }

    /// An attribute of the element that is about to be opened.
    pub fn attribute(&mut self, element: &str, key: &str, value: &'t str) {
        match key {
            "detail-version" if element == "config" => self.read.version = Some(value),
            "version" if element == "config" => {
                self.read.version.get_or_insert(value);
            }
            // Which template or device group a statement was pushed from.
            "ptpl" | "loc" | "src" => self.read.merged = true,
            _ => {}
        }
    }

    /// An element starts, with its name where it is an entry. `false` when
    /// elements nest too deep.
    pub fn open(&mut self, element: &'t str, entry: Option<&'t str>) -> bool {
        if self.frames.len() >= MAX_DEPTH {
            return false;
        }
        let unit = self.read.units;
        self.read.units = unit.saturating_add(1);
        let line = u32::try_from(unit).unwrap_or(u32::MAX);
        let above = self.frames.last_mut().map_or(TOP, |frame| {
            frame.children = true;
            frame.place
        });
        let word = match (element, entry) {
            ("entry", Some(name)) => Some(self.text.value(name)),
            ("entry" | "member", _) => None,
            _ => Some(element),
        };
        let known = self.read.tree.len();
        let (place, own) = match word {
            Some(word) => step(&mut self.read.tree, above, word, line),
            None => (above, false),
        };
        if own && element == "entry" && self.read.tree.len() == known {
            self.twice(place, entry.unwrap_or_default());
        }
        self.frames.push(Frame {
            place,
            unit,
            own,
            children: false,
            member: element == "member",
            text: 0..0,
        });
        true
    }

    /// A second entry of a name. No device has two, and which one counts is not
    /// known.
    fn twice(&mut self, place: Place, name: &str) {
        const LISTS: &[&str] = &[
            "rules",
            "address",
            "address-group",
            "service",
            "service-group",
            "application",
            "application-group",
            "schedule",
            "zone",
            "vsys",
            "device-group",
        ];
        let list = self.read.tree.parent(place.node);
        let list = list.map_or("", |list| self.read.tree.word(list));
        if LISTS.contains(&list) {
            let span = self.text.span_of(name);
            let why = format!("two entries under `{list}` have one name");
            self.read.spoil(why, span);
        }
    }

    /// A part of the text of the open element.
    pub fn part(&mut self, raw: &str) {
        let raw = trimmed_of(raw, char::is_whitespace);
        let (Some(frame), false) = (self.frames.last_mut(), raw.is_empty()) else {
            return;
        };
        let Some(span) = self.text.file().span_of(raw) else {
            return;
        };
        let range = span.range();
        if frame.text.is_empty() {
            frame.text = range;
        } else {
            frame.text.end = range.end;
        }
    }

    /// The text of an element, with the `&` and `;` around a reference at its
    /// ends.
    fn raw(&self, mut range: Range<usize>) -> &'t str {
        let whole = self.text.file().text();
        let before = range.start.saturating_sub(1);
        if whole.as_bytes().get(before) == Some(&b'&') {
            range.start = before;
        }
        if whole.as_bytes().get(range.end) == Some(&b';') {
            range.end = range.end.saturating_add(1);
        }
        whole.get(range).unwrap_or_default()
    }

    /// An element ends.
    pub fn close(&mut self) {
        let Some(frame) = self.frames.pop() else {
            return;
        };
        let line = u32::try_from(frame.unit).unwrap_or(u32::MAX);
        let mut node = frame.place.node;
        let mut stands = frame.own;
        if !frame.text.is_empty() {
            let raw = self.raw(frame.text);
            if frame.children {
                let span = self.text.span_of(raw);
                let why = "text stands between elements: a template that was not filled in?";
                self.read.spoil(why.to_owned(), span);
            } else if frame.member || frame.own {
                node = self.read.tree.child(node, self.text.value(raw), line).0;
                stands = true;
            }
        }
        if stands && node != ROOT {
            self.read.tree.end(line, node);
        } else {
            let span = self.text.span_of("");
            let known = (frame.unit, LineState::Irrelevant, None, span);
            self.read.known.push(known);
        }
    }
}
