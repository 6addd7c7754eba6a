//! A decoded file with its line index.

use std::sync::Arc;

use super::condensed::{Condensed, Cuts, Omitted};
use super::decode::{self, Encoding, Segment};
use super::span::{FileId, Span};

/// Width of the terminals that break lines.
const TERMINAL_WIDTH: usize = 80;

/// A decoded input file.
///
/// A line ends at LF, CRLF or a lone CR, as editors see it. Lines and columns
/// are counted from 1; a column counts characters, a tab as one.
///
/// A file may be kept in part ([`Condensed`]): its text is then shorter, and
/// lines and columns are those of the whole.
#[derive(Debug, Clone)]
pub struct SourceFile {
    id: FileId,
    name: Arc<str>,
    /// Shared as it was read: a large export is never copied.
    text: Arc<String>,
    line_starts: Vec<u32>,
    segments: Vec<Segment>,
    malformed: usize,
    binary: Option<&'static str>,
    cuts: Cuts,
    omitted: Option<Arc<Omitted>>,
}

/// A place as a person writes it, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    /// Line.
    pub line: u32,
    /// Column in characters.
    pub column: u32,
}

impl SourceFile {
    /// Makes a file from text that is already decoded.
    #[must_use]
    pub fn from_text(id: FileId, name: &str, text: impl Into<String>) -> Self {
        let text = Arc::new(text.into());
        let line_starts = index_lines(&text);
        Self {
            id,
            name: name.into(),
            text,
            line_starts,
            segments: Vec::new(),
            malformed: 0,
            binary: None,
            cuts: Cuts::default(),
            omitted: None,
        }
    }

    /// Makes a file of which a part is kept.
    #[must_use]
    pub fn condensed(id: FileId, name: &str, condensed: Condensed) -> Self {
        let mut file = Self::from_text(id, name, condensed.text);
        file.cuts = condensed.cuts;
        file.omitted = Some(Arc::new(condensed.omitted));
        file
    }

    /// What was left out of the text, where the file is kept in part.
    #[must_use]
    pub fn omitted(&self) -> Option<&Omitted> {
        self.omitted.as_deref()
    }

    /// Decodes bytes by their content.
    #[must_use]
    pub fn decode(id: FileId, name: &str, bytes: Vec<u8>) -> Self {
        let decoded = decode::decode(bytes);
        let mut file = Self::from_text(id, name, decoded.text);
        file.segments = decoded.segments;
        file.malformed = decoded.malformed;
        file.binary = decoded.binary;
        file
    }

    /// Why the file is no text at all; its text is then empty.
    #[must_use]
    pub fn binary(&self) -> Option<&'static str> {
        self.binary
    }

    /// How many byte sequences did not decode (shown as U+FFFD).
    #[must_use]
    pub fn malformed(&self) -> usize {
        self.malformed
    }

    /// The encodings of the file in order of their first appearance.
    #[must_use]
    pub fn encodings(&self) -> Vec<Encoding> {
        let mut all = Vec::new();
        for segment in &self.segments {
            if !all.contains(&segment.encoding) {
                all.push(segment.encoding);
            }
        }
        all
    }

    /// Offset in the original bytes of an offset in the decoded text; of a file
    /// that is kept in part, in what is kept.
    ///
    /// Exact wherever the bytes before it in its segment decoded; a malformed
    /// sequence counts as one character.
    #[must_use]
    pub fn original_offset(&self, offset: u32) -> u64 {
        let index = self
            .segments
            .partition_point(|segment| segment.text_start <= offset);
        let Some(segment) = index.checked_sub(1).and_then(|i| self.segments.get(i)) else {
            return u64::from(offset);
        };
        let start = u64::from(segment.byte_start);
        let inside = offset.saturating_sub(segment.text_start);
        if segment.encoding == Encoding::Utf8 {
            return start.saturating_add(u64::from(inside));
        }
        let text = self
            .text
            .get(segment.text_start as usize..offset as usize)
            .unwrap_or_default();
        let width: usize = text
            .chars()
            .map(|c| segment.encoding.width(c))
            .fold(0, usize::saturating_add);
        start.saturating_add(width as u64)
    }

    /// The file's id in its [`super::Sources`].
    #[must_use]
    pub fn id(&self) -> FileId {
        self.id
    }

    /// The name to show: relative to the current directory, forward slashes.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The decoded text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Number of lines of the text; one that ends in a line break has no extra
    /// line.
    #[must_use]
    pub fn line_count(&self) -> usize {
        self.line_starts.len()
    }

    /// Number of lines of the whole file, with those that were left out.
    #[must_use]
    pub fn whole_line_count(&self) -> usize {
        let last = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        let missing = self.cuts.lines_before(last) as usize;
        self.line_count().saturating_add(missing)
    }

    /// The text of a line (counted from 0) without its line break.
    #[must_use]
    pub fn line(&self, index: usize) -> Option<&str> {
        let range = self.line_range(index)?;
        self.text.get(range)
    }

    /// Byte range of a line (counted from 0) without its line break; `None`
    /// where the file has no such line, or it was left out.
    #[must_use]
    pub fn line_range(&self, index: usize) -> Option<std::ops::Range<usize>> {
        if self.omitted.is_none() {
            return self.kept_range(index);
        }
        let before = |start: &u32| self.line_of(*start) < index;
        let near = self.line_starts.partition_point(before);
        let start = self.line_starts.get(near)?;
        (self.line_of(*start) == index).then(|| self.kept_range(near))?
    }

    /// Byte range of a line of the text, whatever was left out before it.
    fn kept_range(&self, index: usize) -> Option<std::ops::Range<usize>> {
        let start = *self.line_starts.get(index)? as usize;
        let end = self
            .line_starts
            .get(index.saturating_add(1))
            .map_or(self.text.len(), |end| *end as usize);
        let line = self.text.as_bytes().get(start..end)?;
        let last = line.iter().rposition(|byte| !matches!(byte, b'\n' | b'\r'));
        let kept = last.map_or(0, |last| last.saturating_add(1));
        Some(start..start.saturating_add(kept))
    }

    /// All lines in order with their spans, without line breaks.
    pub fn lines(&self) -> impl Iterator<Item = (Span, &str)> {
        (0..self.line_count()).filter_map(move |index| {
            let range = self.kept_range(index)?;
            let text = self.text.get(range.clone())?;
            Some((Span::of(self.id, range), text))
        })
    }

    /// The line (counted from 0) that holds a byte offset.
    #[must_use]
    pub fn line_of(&self, offset: u32) -> usize {
        let missing = self.cuts.lines_before(offset) as usize;
        self.kept_line_of(offset).saturating_add(missing)
    }

    /// The line of the text that holds an offset, whatever was left out before.
    fn kept_line_of(&self, offset: u32) -> usize {
        self.line_starts
            .partition_point(|start| *start <= offset)
            .saturating_sub(1)
    }

    /// The same as [`Self::line_of`], for an offset that is probably in the line
    /// `near` or in one of the next: readers go through a text from its start
    /// to its end.
    #[must_use]
    pub fn line_near(&self, near: usize, offset: u32) -> usize {
        /// Lines that are looked at before all are searched.
        const NEAR: usize = 8;
        if self.omitted.is_some() {
            return self.line_of(offset);
        }
        let ahead = self.line_starts.get(near..).unwrap_or_default();
        let steps = ahead
            .iter()
            .take(NEAR)
            .take_while(|start| **start <= offset);
        match steps.count() {
            0 | NEAR => self.line_of(offset),
            steps => near.saturating_add(steps).saturating_sub(1),
        }
    }

    /// Line and column of a byte offset.
    #[must_use]
    pub fn position(&self, offset: u32) -> Position {
        let start = self.line_starts.get(self.kept_line_of(offset));
        let start = start.copied().unwrap_or(0);
        let before = self
            .text
            .get(start as usize..offset as usize)
            .unwrap_or_default();
        let column = before.chars().count().saturating_add(1);
        let line = self.line_of(offset).saturating_add(1);
        Position {
            line: u32::try_from(line).unwrap_or(u32::MAX),
            column: u32::try_from(column)
                .unwrap_or(u32::MAX)
                .saturating_add(self.cuts.columns_before(start, offset)),
        }
    }

    /// Line and column of the end of a span, which is one with the offset where
    /// the text goes on after a part that was left out.
    #[must_use]
    pub fn end_position(&self, offset: u32) -> Position {
        let text = self.text.get(..offset as usize).unwrap_or_default();
        let last = text.chars().next_back().filter(|c| *c != '\n');
        let length = last.map_or(0, char::len_utf8);
        match u32::try_from(length) {
            Ok(length @ 1..) if self.omitted.is_some() => {
                let last = self.position(offset.saturating_sub(length));
                Position {
                    column: last.column.saturating_add(1),
                    ..last
                }
            }
            _ => self.position(offset),
        }
    }

    /// Characters of its line that were left out before an offset.
    #[must_use]
    pub fn columns_left_out(&self, offset: u32) -> u32 {
        let start = self.line_starts.get(self.kept_line_of(offset));
        self.cuts
            .columns_before(start.copied().unwrap_or(0), offset)
    }

    /// The text of a span; empty when it does not fit this file.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or_default()
    }

    /// The text of a span with lines that a terminal broke joined again: one
    /// that fills 80 columns goes on without a blank, any other with one.
    #[must_use]
    pub fn joined(&self, span: Span) -> String {
        let text = self.slice(span);
        let mut out = String::with_capacity(text.len());
        for piece in text.split_inclusive('\n') {
            let line = piece.trim_end_matches(['\n', '\r']);
            out.push_str(line);
            if line.len() == piece.len() {
                continue;
            }
            let part = self.span_of(line).map(|part| self.position(part.start));
            let before = part.map_or(0, |at| at.column.saturating_sub(1) as usize);
            if before.saturating_add(line.chars().count()) != TERMINAL_WIDTH {
                out.push(' ');
            }
        }
        out
    }

    /// The span of `part`, which must be a slice of this file's text; `None`
    /// when it is not. This is how parsers get spans from `&str` alone.
    #[must_use]
    pub fn span_of(&self, part: &str) -> Option<Span> {
        let base = self.text.as_ptr() as usize;
        let start = (part.as_ptr() as usize).checked_sub(base)?;
        let end = start.checked_add(part.len())?;
        (end <= self.text.len()).then(|| Span::of(self.id, start..end))
    }
}

/// Most carriage returns before a line feed that still are one line break.
const MAX_RETURNS: usize = 4;

/// Finds where lines start: after LF, CRLF and lone CR. Carriage returns before
/// an LF are one line break with it, however many: a text that went through a
/// translation of line ends twice has `\r\r\n`.
fn index_lines(text: &str) -> Vec<u32> {
    let bytes = text.as_bytes();
    let mut starts = Vec::with_capacity(bytes.len() / 48 + 1);
    if !bytes.is_empty() {
        starts.push(0);
    }
    for at in memchr::memchr2_iter(b'\n', b'\r', bytes) {
        let next = at.saturating_add(1);
        if bytes.get(at) == Some(&b'\r') {
            let after = bytes.get(next..).unwrap_or_default();
            // A run of carriage returns is looked at once for each: bounded.
            let run = after.iter().take(MAX_RETURNS).take_while(|b| **b == b'\r');
            if after.get(run.count()) == Some(&b'\n') {
                continue;
            }
        }
        if next < bytes.len() {
            starts.push(u32::try_from(next).unwrap_or(u32::MAX));
        }
    }
    starts
}

/// A text with a star in the place of every byte of some ranges, in order of
/// their starts; line breaks stay.
fn with_stars(text: &str, ranges: &[std::ops::Range<usize>]) -> String {
    let mut out = String::with_capacity(text.len());
    for range in ranges {
        let start = range.start.max(out.len());
        let (Some(before), Some(secret)) = (text.get(out.len()..start), text.get(start..range.end))
        else {
            continue;
        };
        out.push_str(before);
        for c in secret.chars() {
            if matches!(c, '\r' | '\n') {
                out.push(c);
            } else {
                out.extend(std::iter::repeat_n('*', c.len_utf8()));
            }
        }
    }
    out.push_str(text.get(out.len()..).unwrap_or_default());
    out
}

/// All files of a run.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
}

impl Sources {
    /// Adds a file made by `make` with the id it gets.
    pub fn add(&mut self, make: impl FnOnce(FileId) -> SourceFile) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(make(id));
        id
    }

    /// Looks a file up.
    #[must_use]
    pub fn get(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(id.0 as usize)
    }

    /// Puts stars in the place of secrets, so that nothing can show them. Lines
    /// and offsets stay what they are.
    pub fn hide(&mut self, secrets: &[Span]) {
        for file in &mut self.files {
            let mut ranges: Vec<_> = secrets
                .iter()
                .filter(|span| span.file == file.id)
                .map(|span| span.range())
                .collect();
            ranges.sort_by_key(|range| range.start);
            if !ranges.is_empty() {
                file.text = Arc::new(with_stars(&file.text, &ranges));
            }
        }
    }

    /// All files in order of their ids.
    #[must_use]
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// The name of a span's file and the position of its start.
    #[must_use]
    pub fn locate(&self, span: Span) -> Option<(&str, Position)> {
        let file = self.get(span.file)?;
        Some((file.name(), file.position(span.start)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> SourceFile {
        SourceFile::from_text(FileId(0), "a.cfg", text)
    }

    #[test]
    fn hidden_secrets_leave_lines_and_offsets_alone() {
        let mut sources = Sources::default();
        let text = "a,geheim,b\r\nc,\"gehe\r\nim 語\",d";
        let id = sources.add(|id| SourceFile::from_text(id, "a.csv", text));
        let span = |secret: &str| {
            let start = text.find(secret).expect("in the text");
            Span::of(id, start..start + secret.len())
        };
        sources.hide(&[span("gehe\r\nim 語"), span("geheim")]);
        let hidden = sources.get(id).expect("a file");
        assert_eq!(hidden.text(), "a,******,b\r\nc,\"****\r\n******\",d");
        assert_eq!(hidden.line_count(), 3);
    }

    #[test]
    fn a_line_that_fills_the_terminal_goes_on_in_the_next_one() {
        let full = format!("{}GROUP", "x".repeat(75));
        let f = file(&format!("{full}\r\n-NAME any\nshort\nline\n"));
        let whole = Span::of(FileId(0), 0..f.text().len());
        assert_eq!(f.joined(whole), format!("{full}-NAME any short line "));
    }

    #[test]
    fn lines_end_at_lf_crlf_and_lone_cr() {
        let f = file("a\nb\r\nc\rd\r\n");
        let lines: Vec<_> = f.lines().map(|(_, text)| text).collect();
        assert_eq!(lines, ["a", "b", "c", "d"]);
        assert_eq!(f.line_count(), 4);
        assert_eq!(file("").line_count(), 0);
    }

    #[test]
    fn doubled_line_ends_are_one_line_break() {
        let f = file("a\r\r\n\r\r\nb\r\r\r\nc\r\rd\r\r\n");
        let lines: Vec<_> = f.lines().map(|(_, text)| text).collect();
        assert_eq!(lines, ["a", "", "b", "c", "", "d"]);
        let b = u32::try_from(f.text().find('b').unwrap()).unwrap();
        assert_eq!(f.position(b), Position { line: 3, column: 1 });
    }

    #[test]
    fn a_line_is_found_from_wherever_the_search_begins() {
        let text = "a\nbb\n\nccc\n".repeat(9);
        for text in [text.as_str(), "", "a"] {
            let f = file(text);
            for near in 0..f.line_count() + 2 {
                for offset in 0..u32::try_from(text.len()).unwrap() + 2 {
                    assert_eq!(f.line_near(near, offset), f.line_of(offset));
                }
            }
        }
    }

    #[test]
    fn columns_count_characters_not_bytes() {
        let f = file("x\n境界dmz");
        assert_eq!(f.position(8), Position { line: 2, column: 3 });
    }

    #[test]
    fn offsets_lead_back_to_the_original_bytes() {
        let text = "a\n境界 dmz";
        let mut bytes = vec![0xff, 0xfe];
        bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        let f = SourceFile::decode(FileId(0), "a.txt", bytes);
        let at = u32::try_from(text.find("dmz").expect("there")).expect("small");
        assert_eq!(f.position(at), Position { line: 2, column: 4 });
        assert_eq!(f.original_offset(at), 2 + 2 * 5);
    }

    #[test]
    fn a_slice_of_the_text_tells_its_span() {
        let f = file("access-list out permit");
        let word = f.text().split(' ').nth(1).unwrap_or_default();
        let span = f.span_of(word).expect("a slice of the text");
        assert_eq!(f.slice(span), "out");
        assert_eq!(f.span_of("elsewhere"), None);
    }
}
