//! The lines that a finding shows, safe to write, with the marked parts: what
//! [`super::excerpt`] is to a terminal, for reports of other forms.

use std::ops::Range;

use super::text::{SafeLine, printable};
use super::told::Told;
use crate::finding::{Finding, bytes_in_line};
use crate::source::Sources;

/// Places that one finding shows.
const MAX_PLACES: usize = 24;

/// Columns of a line that are shown.
const COLUMNS: usize = 240;

/// Neighbouring lines of one file.
#[derive(Debug)]
pub struct Quote {
    /// `fw/inner.cfg:12:1`, of the first mark.
    pub address: String,
    /// The lines.
    pub lines: Vec<QuotedLine>,
}

/// A line.
#[derive(Debug)]
pub struct QuotedLine {
    /// Its number, from 1.
    pub number: u32,
    /// Its text.
    pub text: String,
    /// Marked parts, by place.
    pub marks: Vec<Mark>,
}

/// A marked part of a line.
#[derive(Debug)]
pub struct Mark {
    /// Bytes of the line's text.
    pub bytes: Range<usize>,
    /// Which place of the finding it is: 0 is the primary one.
    pub place: usize,
    /// What it shows; may be empty.
    pub label: String,
}

/// The lines of a finding's places: the primary one first, places of
/// neighbouring lines of one file together.
#[must_use]
pub fn quotes(finding: &Finding, told: &Told, sources: &Sources) -> Vec<Quote> {
    let labels = std::iter::once(&finding.primary).chain(&finding.related);
    let words = std::iter::once(&told.place).chain(&told.related);
    let mut quotes: Vec<Quote> = Vec::new();
    let mut files: Vec<crate::source::FileId> = Vec::new();
    for (place, (label, words)) in labels.zip(words).take(MAX_PLACES).enumerate() {
        let Some(file) = sources.get(label.span.file) else {
            continue;
        };
        let number = label.place.line;
        let bytes = bytes_in_line(file, label.span);
        let raw = file.line(number.saturating_sub(1) as usize);
        let safe =
            SafeLine::new(raw.unwrap_or_default(), bytes.clone()).fit(bytes.clone(), COLUMNS, 1);
        let start = safe.offset(bytes.start);
        let mark = Mark {
            bytes: start..safe.offset(bytes.end).max(start),
            place,
            label: words.label.clone(),
        };
        let near = quotes.iter_mut().zip(&files).find(|(quote, id)| {
            let mut lines = quote.lines.iter().map(|line| line.number);
            **id == file.id() && lines.any(|line| line.abs_diff(number) <= 1)
        });
        let Some((quote, _)) = near else {
            quotes.push(Quote {
                address: printable(&words.address()).into_owned(),
                lines: vec![QuotedLine {
                    number,
                    text: safe.text,
                    marks: vec![mark],
                }],
            });
            files.push(file.id());
            continue;
        };
        match quote.lines.iter_mut().find(|line| line.number == number) {
            // A long line is cut around its first mark; one outside is not shown.
            Some(line) if line.text == safe.text => line.marks.push(mark),
            Some(line) => line.marks.push(Mark {
                bytes: line.text.len()..line.text.len(),
                ..mark
            }),
            None => quote.lines.push(QuotedLine {
                number,
                text: safe.text,
                marks: vec![mark],
            }),
        }
        quote.lines.sort_by_key(|line| line.number);
    }
    for line in quotes.iter_mut().flat_map(|quote| &mut quote.lines) {
        line.marks
            .sort_by_key(|mark| (mark.bytes.start, mark.bytes.end, mark.place));
    }
    quotes
}
