//! Exceptions in comments of the inputs.

use memchr::memmem::Finder;

use super::marker::{self, MARKER, Marker};
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
    let finder = Finder::new(MARKER);
    // Most runs have none, and pay for this search only.
    let mut targets = None;
    for read in files {
        let FileKind::Recognised { format, .. } = read.kind else {
            continue;
        };
        let Some(file) = sources.get(read.id) else {
            continue;
        };
        let at = finder.find_iter(file.text().as_bytes());
        for at in at.take(MAX_PER_FILE) {
            let targets = targets.get_or_insert_with(|| Targets::of(estate));
            let place = Occurrence {
                file,
                comments: comments(format.id),
                at,
            };
            place.read(targets, names, found);
        }
    }
}

/// A place where the marker stands.
struct Occurrence<'f> {
    file: &'f SourceFile,
    comments: Comments,
    at: usize,
}

impl Occurrence<'_> {
    fn read(&self, targets: &Targets, names: Names<'_>, found: &mut Exceptions) {
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
                found.problems.push(Problem {
                    level: match wrong.doubtful {
                        true => ProblemLevel::Warning,
                        false => ProblemLevel::Error,
                    },
                    message: wrong.message,
                    hint: Some(wrong.hint),
                    span: self.span(wrong.at),
                });
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
        let rules = self.rules(&marker, names, found);
        if rules.is_empty() {
            return;
        }
        let scope = match marker.whole_file {
            true => Scope::File(self.file.id()),
            false => Scope::Part(self.target(standing, line_number, targets)),
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

    /// The ids of the rules; a name that no rule has is a problem.
    fn rules(&self, marker: &Marker, names: Names<'_>, found: &mut Exceptions) -> Vec<String> {
        let mut ids: Vec<String> = Vec::new();
        for (name, at) in &marker.rules {
            match names.rule(name) {
                Ok(rule) if !ids.contains(&rule.id) => ids.push(rule.id.clone()),
                Ok(_) => {}
                Err(unknown) => found.problems.push(Problem {
                    level: ProblemLevel::Error,
                    message: unknown.message(),
                    hint: Some(unknown.hint()),
                    span: self.span(at.clone()),
                }),
            }
        }
        ids
    }

    /// What the exception is for: the rule or object around it, else its own
    /// line, else the next one that is no comment.
    fn target(&self, standing: Standing, line: usize, targets: &Targets) -> Span {
        let file = self.file.id();
        let start = u32::try_from(self.at).unwrap_or(u32::MAX);
        if let Some(around) = targets.around(file, start) {
            return around;
        }
        if let Some(block) = targets.block(self.file, start) {
            return block;
        }
        let paragraph = targets.head_before(self.file, start);
        if let Some(head) = paragraph.filter(|_| standing == Standing::Field) {
            return head;
        }
        let own = self.line_span(line);
        if standing != Standing::Alone {
            return own;
        }
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
        let below = self.line_span(next);
        targets.beginning_in(below).unwrap_or(below)
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
    fn span(&self, range: std::ops::Range<usize>) -> Span {
        let from = |n: usize| self.at.saturating_add(n);
        Span::of(self.file.id(), from(range.start)..from(range.end))
    }
}
