//! What the directory's and the cluster's tools print in a console: `dsquery`,
//! `dsget`, `nltest` and `cluster`.
//!
//! Their lines tell what they are, whatever the language of Windows: quoted
//! distinguished names, columns named after switches, `[DS] Site:`, rulers of
//! known widths. A command line above them tells what the lines cannot: whose
//! members are listed, and on which computer.

mod cluster;
mod columns;
mod command;
mod ds;
mod nltest;

use std::sync::Arc;

use crate::formats::exchange::by_line::LineCollector;
use crate::formats::{Document, Evidence, Format, LineState, ProblemLevel};
use crate::source::{SourceFile, Span};
use command::Command;

/// Output of dsquery, dsget, nltest and cluster.exe.
pub const CONSOLE: Format = Format {
    id: "directory-tools",
    title: "directory and cluster (dsquery, dsget, nltest, cluster)",
    detect,
    parse,
};

/// Lines that detection looks at.
const DETECT_LINES: usize = 2000;

/// Words that end an output in the languages that are known: `dsget
/// succeeded`, `The command completed successfully`.
const ENDINGS: &str = include_str!("endings.tsv");

/// Whether a line says only that a tool is done.
fn is_ending(line: &str) -> bool {
    ENDINGS
        .lines()
        .filter(|known| !known.starts_with('#'))
        .any(|known| {
            line.trim()
                .trim_end_matches('.')
                .eq_ignore_ascii_case(known)
        })
}

fn detect(file: &SourceFile) -> Option<Evidence> {
    let (mut told, mut others) = (0_usize, 0_usize);
    let mut best: Option<(u8, Span)> = None;
    let mut rulers = cluster::Ruler::default();
    for (span, line) in file.lines().take(DETECT_LINES) {
        let line = line.trim_start_matches('\u{feff}');
        let strength = if line.trim().is_empty() {
            continue;
        } else if command::read(line).is_some_and(|command| command.is_known()) {
            92
        } else if rulers.is_ruler(line) || nltest::is_telling(line) {
            94
        } else if ds::quoted_name(line).is_some() {
            84
        } else if ds::is_heading(line) {
            80
        } else if is_ending(line) || rulers.is_row(line) {
            0
        } else {
            others = others.saturating_add(1);
            continue;
        };
        told = told.saturating_add(1);
        if best.is_none_or(|(known, _)| known < strength) {
            best = Some((strength, span));
        }
    }
    let (strength, span) = best.filter(|(strength, _)| *strength > 0)?;
    // Text around it is a transcript; a text with a line of it is not.
    if strength < 90 && others > told.saturating_mul(2) {
        return None;
    }
    Some(Evidence {
        strength,
        what: file.slice(span).trim().chars().take(120).collect(),
        span,
    })
}

/// The state of reading one file.
struct Reader<'a> {
    collector: LineCollector<'a>,
    /// The command whose output is read.
    command: Option<Command<'a>>,
    /// The heading of the table that is read.
    table: Option<ds::Table<'a>>,
    nltest: nltest::State<'a>,
    cluster: cluster::State<'a>,
    what: Arc<str>,
    /// The first name whose command is not known.
    open: Option<Span>,
}

fn parse(file: &SourceFile) -> Document {
    let mut reader = Reader {
        collector: LineCollector::new(file),
        command: None,
        table: None,
        nltest: nltest::State::default(),
        cluster: cluster::State::default(),
        what: "output of a directory tool".into(),
        open: None,
    };
    reader.cluster.learn(file);
    for (span, line) in file.lines() {
        reader.line(span, line);
    }
    nltest::finish(&mut reader);
    if let Some(span) = reader.open {
        reader.collector.problem(
            ProblemLevel::Warning,
            "the file lists names, but not the command that printed them".to_owned(),
            "keep the command line above its output, for example `C:\\>dsget group \"CN=…\" -members`",
            span,
        );
    }
    reader.collector.finish()
}

impl<'a> Reader<'a> {
    fn line(&mut self, span: Span, line: &'a str) {
        let line = line.trim_start_matches('\u{feff}');
        if line.trim().is_empty() {
            self.collector.mark(span, LineState::Irrelevant);
            return;
        }
        if let Some(command) = command::read(line) {
            nltest::finish(self);
            self.table = None;
            self.cluster.end_table();
            self.what = command.what();
            self.command = Some(command);
            self.collector.mark(span, LineState::Irrelevant);
            return;
        }
        if is_ending(line) {
            self.table = None;
            self.collector.mark(span, LineState::Irrelevant);
            return;
        }
        let read = cluster::line(self, span, line)
            || nltest::line(self, span, line)
            || ds::line(self, span, line);
        if !read {
            self.collector.mark(span, LineState::Unrecognised);
        }
    }
}

#[cfg(test)]
mod tests;
