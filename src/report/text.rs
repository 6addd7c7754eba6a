//! The one place through which text from an input reaches an output.
//!
//! Inputs are hostile and hold secrets. What a terminal would obey (control
//! characters, escape sequences, bidirectional overrides, invisible
//! characters) is made visible, secrets are masked ([`super::secrets`]), and
//! lines of any length are cut to a window around the place of interest.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::Range;

use unicode_width::UnicodeWidthChar;

use super::secrets::{secret_ranges, secrets_in_prose};
use crate::source::MASK;

/// Bytes of a line that are looked at before and after a place of interest.
/// A longer line is cut first, so that one line of a gigabyte costs nothing.
const WINDOW: usize = 4096;

/// Longest text, in bytes, that [`printable`] returns.
const MAX_TEXT: usize = 16_384;

/// Stands where text was cut off.
pub const ELLIPSIS: char = '…';

/// A line made safe to print, with the way back from offsets in the original.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SafeLine {
    /// The printable text: one line, no control character but tab.
    pub text: String,
    /// Pairs of (offset in the original line, offset in `text`), ascending.
    map: Vec<(usize, usize)>,
}

impl SafeLine {
    /// Makes `line` safe; `focus` is the range of bytes that must stay
    /// visible when the line is too long to be shown whole.
    #[must_use]
    pub fn new(line: &str, focus: Range<usize>) -> Self {
        let (from, to) = window(line, &focus);
        let part = line.get(from..to).unwrap_or_default();
        let mut safe = Self::default();
        if from > 0 {
            safe.text.push(ELLIPSIS);
        }
        safe.map.push((from, safe.text.len()));
        safe.fill(part, from, secret_ranges(part));
        safe.map.push((to, safe.text.len()));
        if to < line.len() {
            safe.text.push(ELLIPSIS);
        }
        safe
    }

    /// Appends `part`, which starts at `from` in the line, without `secrets`.
    fn fill(&mut self, part: &str, from: usize, secrets: Vec<Range<usize>>) {
        let safe = self;
        let mut at = 0;
        for secret in secrets {
            safe.append(part, at..secret.start, from);
            safe.map
                .push((from.saturating_add(secret.start), safe.text.len()));
            safe.text.push_str(MASK);
            safe.map
                .push((from.saturating_add(secret.end), safe.text.len()));
            at = secret.end;
        }
        safe.append(part, at..part.len(), from);
    }

    /// Appends a range of `part`, which starts at `base` in the line.
    fn append(&mut self, part: &str, range: Range<usize>, base: usize) {
        let start = range.start;
        let Some(piece) = part.get(range) else { return };
        if piece.bytes().all(|b| (b' '..0x7f).contains(&b)) {
            self.text.push_str(piece);
            return;
        }
        for (at, c) in piece.char_indices() {
            if c == '\t' || is_harmless(c) {
                self.text.push(c);
                continue;
            }
            let original = base.saturating_add(start).saturating_add(at);
            self.map.push((original, self.text.len()));
            push_visible(&mut self.text, c);
            self.map
                .push((original.saturating_add(c.len_utf8()), self.text.len()));
        }
    }

    /// Where an offset of the original line stands in [`SafeLine::text`].
    #[must_use]
    pub fn offset(&self, original: usize) -> usize {
        let next = self.map.partition_point(|(from, _)| *from <= original);
        let Some(&(from, to)) = next.checked_sub(1).and_then(|i| self.map.get(i)) else {
            return self.map.first().map_or(0, |(_, to)| *to);
        };
        // Inside a replacement there is nothing between its two ends.
        let limit = self.map.get(next).map_or(self.text.len(), |(_, to)| *to);
        let mut offset = to.saturating_add(original.saturating_sub(from)).min(limit);
        while !self.text.is_char_boundary(offset) {
            offset = offset.saturating_sub(1);
        }
        offset
    }

    /// Cuts the line to `columns` so that `focus` (offsets in the original)
    /// stays in sight; a tab counts `tab` columns.
    #[must_use]
    pub fn fit(self, focus: Range<usize>, columns: usize, tab: usize) -> Self {
        if width(&self.text, tab) <= columns {
            return self;
        }
        // When little follows the focus, more of what precedes it has room.
        let start = self.offset(focus.start);
        let rest = self.text.get(start..).map_or(0, |t| width(t, tab));
        let before = columns.saturating_sub(2).saturating_sub(rest);
        self.fit_left(focus, columns, before.max(columns / 3), tab)
    }

    /// As [`SafeLine::fit`], with at most `before` columns left of the focus.
    #[must_use]
    pub fn fit_left(self, focus: Range<usize>, columns: usize, before: usize, tab: usize) -> Self {
        let start = self.offset(focus.start);
        let end = self.offset(focus.end).max(start);
        let marked = self.text.get(start..end).map_or(0, |t| width(t, tab));
        // One column for the ellipsis at either end.
        let room = columns.saturating_sub(2);
        let before = room.saturating_sub(marked).min(before);
        let mut from = start;
        let mut used = 0usize;
        for (at, c) in self
            .text
            .get(..start)
            .unwrap_or_default()
            .char_indices()
            .rev()
        {
            used = used.saturating_add(char_width(c, tab));
            if used > before {
                break;
            }
            from = at;
        }
        let mut to = from;
        let mut used = 0usize;
        for (at, c) in self.text.get(from..).unwrap_or_default().char_indices() {
            used = used.saturating_add(char_width(c, tab));
            if used > room {
                break;
            }
            to = from.saturating_add(at).saturating_add(c.len_utf8());
        }
        self.cut(from..to)
    }

    /// Shortens the widest run of blanks before `focus` (offsets in the
    /// original), so that the start of the line (the name of a property) stays
    /// in sight.
    #[must_use]
    pub fn collapse(mut self, focus: Range<usize>) -> Self {
        const SHORT: &str = " \u{2026} ";
        const SHORT_COLUMNS: usize = 3;
        let start = self.offset(focus.start);
        let before = self.text.get(..start).unwrap_or_default();
        let mut widest = 0..0;
        let mut at = 0usize;
        for piece in before.split_inclusive(|c: char| c != ' ') {
            let blanks = piece.bytes().take_while(|b| *b == b' ').count();
            if at > 0 && blanks > widest.len() {
                widest = at..at.saturating_add(blanks);
            }
            at = at.saturating_add(piece.len());
        }
        if widest.len() <= SHORT_COLUMNS.saturating_add(1) {
            return self;
        }
        let next = self.map.partition_point(|(_, to)| *to <= widest.end);
        let end = next
            .checked_sub(1)
            .and_then(|index| self.map.get(index))
            .map_or(widest.end, |(from, to)| {
                from.saturating_add(widest.end.saturating_sub(*to))
            });
        let short_end = widest.start.saturating_add(SHORT.len());
        self.map
            .retain(|(_, to)| *to <= widest.start || *to >= widest.end);
        for (_, to) in &mut self.map {
            if *to >= widest.end {
                *to = to.saturating_sub(widest.end).saturating_add(short_end);
            }
        }
        self.map.push((end, short_end));
        self.map.sort_unstable();
        self.text.replace_range(widest, SHORT);
        self
    }

    /// Keeps the range of `text`, with an ellipsis where something is lost.
    fn cut(self, keep: Range<usize>) -> Self {
        let mut text = String::with_capacity(keep.len().saturating_add(6));
        if keep.start > 0 {
            text.push(ELLIPSIS);
        }
        let base = text.len();
        text.push_str(self.text.get(keep.clone()).unwrap_or_default());
        let last = text.len();
        if keep.end < self.text.len() {
            text.push(ELLIPSIS);
        }
        let shift = |to: usize| base.saturating_add(to.saturating_sub(keep.start)).min(last);
        let map = self
            .map
            .iter()
            .map(|(from, to)| (*from, shift(*to)))
            .collect::<Vec<_>>();
        // Between two anchors offsets run on one to one, so the cut needs its own.
        let original = |to: usize| {
            let next = self.map.partition_point(|(_, t)| *t <= to);
            next.checked_sub(1)
                .and_then(|i| self.map.get(i))
                .map(|(f, t)| f.saturating_add(to.saturating_sub(*t)))
        };
        let mut map = map;
        for place in [keep.start, keep.end] {
            if let Some(from) = original(place) {
                map.push((from, shift(place)));
            }
        }
        map.sort_unstable();
        Self { text, map }
    }
}

/// The part of a long line that is worth reading: around `focus`.
fn window(line: &str, focus: &Range<usize>) -> (usize, usize) {
    if line.len() <= WINDOW.saturating_mul(2) {
        return (0, line.len());
    }
    let mut from = focus.start.min(line.len()).saturating_sub(WINDOW);
    let mut to = focus
        .start
        .min(line.len())
        .saturating_add(WINDOW)
        .min(line.len());
    while !line.is_char_boundary(from) {
        from = from.saturating_sub(1);
    }
    while !line.is_char_boundary(to) {
        to = to.saturating_sub(1);
    }
    (from, to)
}

/// Makes text from an input (or an argument of a message) safe to print on
/// one line: secrets masked, control characters visible, breaks and tabs as
/// spaces, over-long text cut.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    let secrets = if text.len() <= MAX_TEXT {
        secret_ranges(text)
    } else {
        Vec::new()
    };
    if secrets.is_empty() && text.len() <= MAX_TEXT && text.chars().all(is_harmless) {
        return Cow::Borrowed(text);
    }
    let safe = SafeLine::new(text, 0..0);
    Cow::Owned(safe.text.replace('\t', " "))
}

/// Makes a sentence of ours safe, which may quote an input: like [`printable`],
/// but masks only what it quotes, and keeps line breaks.
#[must_use]
pub fn prose(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (index, line) in text.lines().enumerate() {
        if index > 0 {
            out.push('\n');
        }
        let (_, to) = window(line, &(0..0));
        let part = line.get(..to).unwrap_or_default();
        let mut safe = SafeLine::default();
        safe.fill(part, 0, secrets_in_prose(part));
        out.push_str(&safe.text.replace('\t', " "));
        if to < line.len() {
            out.push(ELLIPSIS);
        }
    }
    out
}

/// Whether a character can be printed as it stands.
pub(super) fn is_harmless(c: char) -> bool {
    if c.is_ascii() {
        return !c.is_ascii_control();
    }
    !matches!(c,
        '\u{80}'..='\u{9f}'                 // C1 controls
        | '\u{ad}'                          // soft hyphen
        | '\u{34f}' | '\u{61c}'             // grapheme joiner, Arabic letter mark
        | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' // invisible Hangul fillers
        | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'           // zero width, direction marks
        | '\u{2028}'..='\u{202e}'           // separators, bidirectional overrides
        | '\u{2060}'..='\u{206f}'           // joiners, isolates
        | '\u{fe00}'..='\u{fe0f}'           // variation selectors
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e000}'..='\u{f8ff}'           // private use
        | '\u{e0000}'..='\u{10ffff}'        // tags, private use
    )
}

/// Writes a character that must not be printed as a picture or its number.
fn push_visible(out: &mut String, c: char) {
    match c {
        // Unicode has a picture for each of the C0 control characters.
        '\0'..='\x1f' => out.push(char::from_u32(0x2400 | u32::from(c)).unwrap_or('\u{fffd}')),
        '\x7f' => out.push('\u{2421}'),
        _ => {
            let _ = write!(out, "<U+{:04X}>", u32::from(c));
        }
    }
}

/// Columns that a character takes; a tab counts `tab`.
fn char_width(c: char, tab: usize) -> usize {
    match c {
        '\t' => tab,
        ' '..='~' => 1,
        _ => c.width().unwrap_or(0),
    }
}

/// Columns that a text takes; a tab counts `tab`.
#[must_use]
pub fn width(text: &str, tab: usize) -> usize {
    if text.bytes().all(|b| (b' '..0x7f).contains(&b)) {
        return text.len();
    }
    text.chars().map(|c| char_width(c, tab)).sum()
}

/// Cuts a text to a number of columns, with an ellipsis when something is lost.
#[must_use]
pub fn clip(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text, 1) <= columns {
        return Cow::Borrowed(text);
    }
    let mut out = String::new();
    let mut used = 1usize;
    for c in text.chars() {
        used = used.saturating_add(char_width(c, 1));
        if used > columns {
            break;
        }
        out.push(c);
    }
    out.push(ELLIPSIS);
    Cow::Owned(out)
}

#[cfg(test)]
#[path = "text_tests.rs"]
mod tests;
