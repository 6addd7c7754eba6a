//! Exceptions in comments of the inputs.

use std::ops::Range;

use regex::bytes::Regex;

use super::marker::{self, MARKER, NAME, Wrong};
use super::targets::Targets;
use super::{Exception, Exceptions, Scope};
use crate::estate::Estate;
use crate::finding::configuration::Names;
use crate::finding::{FileKind, ReadFile, SuppressionKind};
use crate::formats::comments::{Comments, Standing, comments};
use crate::formats::{Problem, ProblemLevel};
use crate::source::{SourceFile, Sources, Span, floor};

/// Lines at a file's top that may hold an exception for the whole file.
const TOP: usize = 50;

/// Bytes before a line in which the beginning of a comment is looked for.
const LONGEST_COMMENT: usize = 16 * 1024;

/// Exceptions of one file; a hostile file could hold millions.
const MAX_PER_FILE: usize = 10_000;

/// Finds the exceptions in all files that a format claims.
pub(super) fn find(
    sources: &Sources,
    files: &[ReadFile],
    estate: &Estate,
    names: Names<'_>,
    found: &mut Exceptions,
) {
    // In any case: another spelling is told.
    let (Ok(name), Ok(misspelt)) = (
        Regex::new(&format!("(?i-u){NAME}")),
        Regex::new(marker::MISSPELT),
    ) else {
        return;
    };
    // Most runs have none, and pay for this search only.
    let mut targets = None;
    for read in files {
        let FileKind::Recognised { format, .. } = read.kind else {
            continue;
        };
        let Some(file) = sources.get(read.id) else {
            continue;
        };
        let text = file.text();
        let found_at = name.find_iter(text.as_bytes()).map(|found| found.start());
        let markers = found_at.filter(|at| text.get(*at..).is_some_and(marker::begins));
        let first = found.problems.len();
        let occurrence = |at| Occurrence {
            file,
            comments: comments(format.id),
            at,
        };
        // Lines with nothing but comments below which the last exception was.
        let mut below = 0..0;
        for (count, at) in markers.enumerate() {
            let place = occurrence(at);
            if found.too_much(first, place.span(0..NAME.len())) {
                break;
            }
            if count >= MAX_PER_FILE {
                place.tell(too_many(), found);
                break;
            }
            let targets = targets.get_or_insert_with(|| Targets::of(estate));
            place.read(targets, names, &mut below, found);
        }
        // Most files do not have the word.
        if memchr::memmem::find(text.as_bytes(), b"gnore").is_none() {
            continue;
        }
        for candidate in misspelt.find_iter(text.as_bytes()).take(MAX_PER_FILE) {
            let at = candidate.start();
            let Some(wrong) = text.get(at..).and_then(marker::misspelt) else {
                continue;
            };
            let place = occurrence(at);
            if found.too_much(first, place.span(0..NAME.len())) {
                break;
            }
            let targets = targets.get_or_insert_with(|| Targets::of(estate));
            if place.stands(targets) {
                place.tell(wrong, found);
            }
        }
    }
}

fn too_many() -> Wrong {
    Wrong {
        doubtful: false,
        message: format!(
            "a file holds at most {MAX_PER_FILE} exceptions; those from here on are not heeded"
        ),
        hint: "write one for the whole file, or use a baseline".to_owned(),
        at: 0..NAME.len(),
    }
}

/// A place where the marker stands.
struct Occurrence<'f> {
    file: &'f SourceFile,
    comments: &'static Comments,
    at: usize,
}

impl Occurrence<'_> {
    fn read(
        &self,
        targets: &Targets,
        names: Names<'_>,
        below: &mut Range<usize>,
        found: &mut Exceptions,
    ) {
        let start = u32::try_from(self.at).unwrap_or(u32::MAX);
        let line_number = self.file.line_of(start);
        let Some(range) = self.file.line_range(line_number) else {
            return;
        };
        let line = self.file.line(line_number).unwrap_or_default();
        let column = self.at.saturating_sub(range.start);
        let text = line.get(column..).unwrap_or_default();
        let standing = match targets.property(self.file.id(), start) {
            Some(true) => Some(Standing::Field),
            // Names, addresses and the like may come from anybody.
            Some(false) => None,
            None => self.comments.standing(line, column, self.open(range.start)),
        };
        if let Some(wrong) = marker::near_miss(text) {
            if standing.is_some() {
                self.tell(wrong, found);
            }
            return;
        }
        let parsed = marker::parse(text);
        let Some(standing) = standing else {
            if parsed.is_ok() {
                found.problems.push(Problem {
                    level: ProblemLevel::Warning,
                    message: "this exception stands in no comment, and is not heeded".to_owned(),
                    hint: Some(
                        "write it into a comment of this format, or as [[exception]] in exlint.toml"
                            .to_owned(),
                    ),
                    span: self.span(0..text.len().min(MARKER.len())),
                });
            }
            return;
        };
        let marker = match parsed {
            Ok(marker) => marker,
            Err(wrong) => {
                self.tell(wrong, found);
                return;
            }
        };
        if marker.whole_file && line_number >= TOP {
            found.problems.push(Problem {
                level: ProblemLevel::Error,
                message: format!("`ignore-file` stands below line {TOP}"),
                hint: Some("move it to the top of the file".to_owned()),
                span: self.span(0..marker.end),
            });
            return;
        }
        let rules = marker.rules.iter();
        let rules = rules.map(|(name, at)| (&**name, self.span(at.clone())));
        let rules = found.ids(rules, names);
        if rules.is_empty() {
            return;
        }
        let scope = match marker.whole_file {
            true => Scope::File(self.file.id()),
            false => Scope::Part(self.target(standing, line_number, targets, below)),
        };
        found.all.push(Exception {
            kind: SuppressionKind::Inline,
            rules,
            scope,
            span: self.span(0..marker.end),
            reason: marker.reason,
            until: marker.until,
        });
    }

    /// Whether it stands where an exception may.
    fn stands(&self, targets: &Targets) -> bool {
        let start = u32::try_from(self.at).unwrap_or(u32::MAX);
        let number = self.file.line_of(start);
        let Some(range) = self.file.line_range(number) else {
            return false;
        };
        let line = self.file.line(number).unwrap_or_default();
        let column = self.at.saturating_sub(range.start);
        match targets.property(self.file.id(), start) {
            Some(known) => known,
            None => {
                let open = self.open(range.start);
                self.comments.standing(line, column, open).is_some()
            }
        }
    }

    fn tell(&self, wrong: Wrong, found: &mut Exceptions) {
        found.problems.push(Problem {
            level: match wrong.doubtful {
                true => ProblemLevel::Warning,
                false => ProblemLevel::Error,
            },
            message: wrong.message,
            hint: Some(wrong.hint),
            span: self.span(wrong.at),
        });
    }

    /// Whether a block comment is open where a line begins.
    fn open(&self, line: usize) -> bool {
        let Some((begin, end)) = self.comments.block else {
            return false;
        };
        let text = self.file.text();
        let from = floor(text, line.saturating_sub(LONGEST_COMMENT));
        let before = text.get(from..line).unwrap_or_default();
        match (before.rfind(begin), before.rfind(end)) {
            (Some(begun), Some(ended)) => begun > ended,
            (begun, _) => begun.is_some(),
        }
    }

    /// What the exception is for: the rule or object around it, else its own
    /// line, else the next one that is no comment.
    fn target(
        &self,
        standing: Standing,
        line: usize,
        targets: &Targets,
        below: &mut Range<usize>,
    ) -> Span {
        let file = self.file.id();
        let start = u32::try_from(self.at).unwrap_or(u32::MAX);
        if let Some(around) = targets.around(file, start) {
            return around;
        }
        if let Some(block) = targets.block(self.file, start) {
            return block;
        }
        if standing == Standing::Field
            && let Some(head) = targets.head_before(self.file, start)
        {
            return head;
        }
        let own = self.line_span(line);
        if standing != Standing::Alone {
            return own;
        }
        if !below.contains(&line) {
            *below = line..self.next(line);
        }
        let below = self.line_span(below.end);
        targets.beginning_in(below).unwrap_or(below)
    }

    /// The next line that is neither blank nor a comment.
    fn next(&self, line: usize) -> usize {
        let mut next = line.saturating_add(1);
        let mut open = self.opens(line);
        while let Some(text) = self.file.line(next) {
            let (begin, end) = self.comments.block.unwrap_or_default();
            if open {
                open = !text.contains(end);
            } else if self.comments.fills(text) {
                open = !begin.is_empty() && text.contains(begin) && !text.contains(end);
            } else {
                break;
            }
            next = next.saturating_add(1);
        }
        next
    }

    /// Whether a block comment is still open behind a line.
    fn opens(&self, line: usize) -> bool {
        self.file
            .line_range(line)
            .is_some_and(|range| self.open(range.end))
    }

    fn line_span(&self, line: usize) -> Span {
        let range = self.file.line_range(line).unwrap_or_default();
        Span::of(self.file.id(), range)
    }

    /// A part of the text from the marker on.
    fn span(&self, range: Range<usize>) -> Span {
        let from = |n: usize| self.at.saturating_add(n);
        Span::of(self.file.id(), from(range.start)..from(range.end))
    }
}
