//! The parts of files that a finding shows, as a [`SourceCode`] for miette.
//!
//! miette's own `NamedSource` counts lines from the first byte for every
//! label, which makes rendering quadratic. This one is built per finding from
//! the files' line indexes: it holds the few lines that are shown, made safe
//! ([`super::text`]) and cut to the width, in an address space of its own.
//! Each run of neighbouring lines is a group with a file name and a line
//! number, so one report shows places of several files.

use miette::{LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use super::text::{SafeLine, printable, prose, width};
use super::wrap;
use crate::finding::{Place, Sighting};

/// Columns of a tab in an excerpt.
pub const TAB: usize = 4;

/// Groups of lines that one finding shows; more are counted.
const MAX_GROUPS: usize = 12;

/// Labels that one finding shows.
const MAX_LABELS: usize = 24;

/// Columns that the text of a label needs at least.
const LABEL_COLUMNS: usize = 20;

/// A run of neighbouring lines of one file.
#[derive(Debug)]
struct Group {
    /// Range of bytes in [`Excerpts::text`].
    start: usize,
    end: usize,
    /// File name, safe to print.
    name: String,
    /// Number of the first line, from 0.
    first_line: usize,
}

/// A labelled range.
#[derive(Debug)]
struct Mark {
    start: usize,
    end: usize,
    label: String,
    primary: bool,
    /// Place of its start in the file, from 0.
    line: usize,
    column: usize,
}

/// The lines that a finding shows.
#[derive(Debug, Default)]
pub struct Excerpts {
    text: String,
    groups: Vec<Group>,
    marks: Vec<Mark>,
    hidden: usize,
}

/// A place with the lines around it that are wanted.
struct Wanted<'a> {
    sighting: &'a Sighting<'a>,
    order: usize,
    from: usize,
    to: usize,
}

impl Excerpts {
    /// Collects the lines of `sightings` (the first is the primary one), each
    /// cut to fit `columns`.
    #[must_use]
    pub fn new(sightings: &[Sighting<'_>], columns: usize) -> Self {
        let mut out = Self::default();
        let mut wanted: Vec<Wanted<'_>> = sightings
            .iter()
            .take(MAX_LABELS)
            .enumerate()
            .map(|(order, sighting)| {
                let line = sighting.place.line.saturating_sub(1) as usize;
                // The primary place is shown with its neighbours, unless blank.
                let shown = |number: usize| {
                    let text = sighting.file.line(number);
                    order == 0 && text.is_some_and(|text| !text.trim().is_empty())
                };
                let (before, after) = (line.saturating_sub(1), line.saturating_add(1));
                Wanted {
                    sighting,
                    order,
                    from: if shown(before) { before } else { line },
                    to: if shown(after) { after } else { line },
                }
            })
            .collect();
        wanted.sort_by_key(|w| (w.sighting.file.id(), w.from, w.order));
        let mut groups: Vec<Vec<Wanted<'_>>> = Vec::new();
        for want in wanted {
            let joins = groups.last().and_then(|group| {
                let id = group.first()?.sighting.file.id();
                let end = group.iter().map(|w| w.to).max()?;
                Some(id == want.sighting.file.id() && want.from <= end.saturating_add(1))
            });
            match groups.last_mut() {
                Some(group) if joins == Some(true) => group.push(want),
                _ => groups.push(vec![want]),
            }
        }
        groups.sort_by_key(|group| group.iter().map(|w| w.order).min());
        out.hidden = groups.iter().skip(MAX_GROUPS).map(Vec::len).fold(
            sightings.len().saturating_sub(MAX_LABELS),
            usize::saturating_add,
        );
        for group in groups.iter().take(MAX_GROUPS) {
            out.add_group(group, columns);
        }
        out
    }

    /// How many places are not shown.
    #[must_use]
    pub fn hidden(&self) -> usize {
        self.hidden
    }

    /// Whether there is nothing to show.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.marks.is_empty()
    }

    fn add_group(&mut self, group: &[Wanted<'_>], columns: usize) {
        let Some(first) = group.first() else { return };
        let file = first.sighting.file;
        let from = group.iter().map(|w| w.from).min().unwrap_or(first.from);
        let to = group.iter().map(|w| w.to).max().unwrap_or(first.to);
        let gutter = to.saturating_add(1).to_string().len().saturating_add(4);
        let room = columns.saturating_sub(gutter).max(LABEL_COLUMNS);
        let start = self.text.len();
        for number in from..=to {
            let line = file.line(number).unwrap_or_default();
            let on_line: Vec<&Wanted<'_>> = group
                .iter()
                .filter(|w| w.sighting.place.line.saturating_sub(1) as usize == number)
                .collect();
            self.add_line(line, &on_line, room);
        }
        self.groups.push(Group {
            start,
            end: self.text.len(),
            name: printable(file.name()).into_owned(),
            first_line: from,
        });
    }

    fn add_line(&mut self, line: &str, wanted: &[&Wanted<'_>], room: usize) {
        let base = self.text.len();
        let lead = wanted.iter().min_by_key(|w| w.order);
        let Some(lead) = lead else {
            let safe = SafeLine::new(line, 0..0).fit(0..0, room, TAB);
            self.text.push_str(&safe.text);
            self.text.push('\n');
            return;
        };
        let focus = lead.sighting.bytes.clone();
        let whole = SafeLine::new(line, focus.clone());
        let mut safe = whole.clone().fit(focus.clone(), room, TAB);
        // A label that starts far right leaves its text no room: cut the left.
        let middle = |safe: &SafeLine| {
            let start = safe.offset(focus.start);
            let end = safe.offset(focus.end).max(start);
            let before = safe.text.get(..start).map_or(0, |t| width(t, TAB));
            let marked = safe.text.get(start..end).map_or(0, |t| width(t, TAB));
            before.saturating_add(marked / 2)
        };
        let label_room = room.saturating_sub(LABEL_COLUMNS.saturating_add(4));
        let fits = middle(&safe)
            .saturating_add(5)
            .saturating_add(width(lead.sighting.label, TAB))
            <= room;
        let crowded =
            |safe: &SafeLine| middle(safe) > label_room && !fits && !lead.sighting.label.is_empty();
        let too_long = width(&whole.text, TAB) > room;
        if too_long || crowded(&safe) {
            safe = whole
                .clone()
                .collapse(focus.clone())
                .fit(focus.clone(), room, TAB);
        }
        if crowded(&safe) {
            let narrower = whole.fit_left(focus.clone(), room, label_room / 2, TAB);
            if middle(&narrower) < middle(&safe) {
                safe = narrower;
            }
        }
        // Places with the same range share one label.
        let mut seen: Vec<(usize, usize, usize)> = Vec::new();
        for want in wanted {
            let start = safe.offset(want.sighting.bytes.start);
            let end = safe.offset(want.sighting.bytes.end).max(start);
            let label = prose(want.sighting.label);
            let same = seen
                .iter()
                .find(|(s, e, _)| (*s, *e) == (start, end))
                .map(|(_, _, index)| *index);
            if let Some(mark) = same.and_then(|index| self.marks.get_mut(index)) {
                mark.primary |= want.order == 0;
                if !label.is_empty() && !mark.label.contains(&label) {
                    if !mark.label.is_empty() {
                        mark.label.push_str("; ");
                    }
                    mark.label.push_str(&label);
                }
                continue;
            }
            seen.push((start, end, self.marks.len()));
            self.marks.push(Mark {
                start: base.saturating_add(start),
                end: base.saturating_add(end),
                label,
                primary: want.order == 0,
                line: want.sighting.place.line.saturating_sub(1) as usize,
                column: want.sighting.place.column.saturating_sub(1) as usize,
            });
        }
        // Wrap label texts to the room that is left right of their middle.
        for (start, end, index) in seen {
            let before = safe.text.get(..start).map_or(0, |t| width(t, TAB));
            let marked = safe.text.get(start..end).map_or(0, |t| width(t, TAB));
            let column = before.saturating_add(marked / 2).saturating_add(5);
            let left = room.saturating_sub(column).max(16);
            if let Some(mark) = self.marks.get_mut(index) {
                mark.label = wrap::lines(&mark.label, left).join("\n");
            }
        }
        self.text.push_str(&safe.text);
        self.text.push('\n');
    }

    /// The labels for miette, sorted by place.
    #[must_use]
    pub fn labels(&self) -> Vec<LabeledSpan> {
        let mut marks: Vec<&Mark> = self.marks.iter().collect();
        marks.sort_by_key(|mark| (mark.start, mark.end));
        marks
            .into_iter()
            .map(|mark| {
                let label = (!mark.label.is_empty()).then(|| mark.label.clone());
                let span = (mark.start, mark.end.saturating_sub(mark.start));
                if mark.primary {
                    LabeledSpan::new_primary_with_span(label, span)
                } else {
                    LabeledSpan::new_with_span(label, span)
                }
            })
            .collect()
    }
}

impl SourceCode for Excerpts {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let (start, end) = (span.offset(), span.offset().saturating_add(span.len()));
        let group = self
            .groups
            .iter()
            .find(|group| group.start <= start && end <= group.end && start < group.end)
            .ok_or(MietteError::OutOfBounds)?;
        let data = self
            .text
            .get(group.start..group.end)
            .ok_or(MietteError::OutOfBounds)?
            .as_bytes();
        let lines = data.iter().filter(|byte| **byte == b'\n').count();
        // miette asks without context for the place that it puts in the header.
        let (line, column) = if before == 0 && after == 0 {
            self.marks
                .iter()
                .find(|mark| mark.start == start && mark.end == end)
                .map_or((group.first_line, 0), |mark| (mark.line, mark.column))
        } else {
            (group.first_line, 0)
        };
        let whole = SourceSpan::from((group.start, data.len()));
        Ok(Box::new(MietteSpanContents::new_named(
            group.name.clone(),
            data,
            whole,
            line,
            column,
            lines,
        )))
    }
}

/// Where a place starts, as text: `fw/inner.cfg:12:1`.
#[must_use]
pub fn address(place: &Place) -> String {
    format!("{}:{}:{}", printable(&place.file), place.line, place.column)
}

#[cfg(test)]
#[path = "excerpt_tests.rs"]
mod tests;
