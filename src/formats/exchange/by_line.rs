//! Records from the lines of tools that are no cmdlets.
//!
//! Zone files, listings of consoles and certificates say what a cmdlet of
//! PowerShell says of the same thing; here they become its records, while
//! every line of the file gets a state.

use std::borrow::Cow;
use std::sync::Arc;

use super::cmdlets::{Cmdlet, table};
use super::collect::{Collector, Stated};
use super::record::RawProperty;
use super::value::Raw;
use crate::formats::{Document, Ledger, LineState, Problem, ProblemLevel, Unit};
use crate::source::{SourceFile, Span};

/// The records and the line states of one file.
pub struct LineCollector<'a> {
    /// The file.
    pub file: &'a SourceFile,
    collector: Collector<'a>,
    ledger: Ledger,
}

impl<'a> LineCollector<'a> {
    /// Nothing read yet: every line is still not understood.
    #[must_use]
    pub fn new(file: &'a SourceFile) -> Self {
        Self {
            file,
            collector: Collector::new(file, ""),
            ledger: Ledger::new(Unit::Lines, file.line_count()),
        }
    }

    /// Sets the state of the lines that a span touches.
    pub fn mark(&mut self, span: Span, state: LineState) {
        let first = self.file.line_of(span.start);
        let last = self
            .file
            .line_of(span.end.saturating_sub(1).max(span.start));
        for line in first..=last {
            self.ledger.set(line, state);
        }
    }

    /// Sets the state of the lines that a span touches, and says why.
    pub fn note(&mut self, span: Span, state: LineState, why: impl Into<Cow<'static, str>>) {
        self.mark(span, state);
        self.ledger.note(state, why, span);
    }

    /// Tells the user something.
    pub fn problem(&mut self, level: ProblemLevel, message: String, hint: &str, span: Span) {
        let hint = (!hint.is_empty()).then(|| hint.to_owned());
        self.collector.problems.push(Problem {
            level,
            message,
            hint,
            span,
        });
    }

    /// Adds a record of a cmdlet of the table and marks its lines. `what`
    /// tells, for a person, where the record comes from.
    pub fn add(
        &mut self,
        cmdlet: &'static Cmdlet,
        what: &Arc<str>,
        properties: &[RawProperty<'a>],
        span: Span,
    ) {
        let stated = Stated {
            cmdlet,
            what: Arc::clone(what),
            span,
            certain: true,
        };
        self.collector.add(Some(&stated), properties, span);
        let state = self.collector.ledger.states().last();
        self.mark(span, state.copied().unwrap_or(LineState::Modelled));
    }

    /// Notes that a cmdlet's counterpart was run and found nothing.
    pub fn empty(&mut self, cmdlet: &'static Cmdlet, span: Span) {
        self.collector.empty(cmdlet, span);
        self.mark(span, LineState::Modelled);
    }

    /// The document.
    #[must_use]
    pub fn finish(self) -> Document {
        let mut document = self.collector.finish();
        document.ledger = self.ledger;
        document
    }
}

/// A cmdlet of the table.
#[must_use]
pub fn cmdlet(name: &str) -> Option<&'static Cmdlet> {
    table().cmdlet(name)
}

/// A property with one value.
#[must_use]
pub fn text<'a>(name: &'static str, value: impl Into<Cow<'a, str>>, span: Span) -> RawProperty<'a> {
    RawProperty {
        name,
        raw: Raw::Text(value.into()),
        span,
    }
}

/// A property with several values.
#[must_use]
pub fn list<'a>(name: &'static str, values: Vec<Cow<'a, str>>, span: Span) -> RawProperty<'a> {
    RawProperty {
        name,
        raw: Raw::List(values.into()),
        span,
    }
}
