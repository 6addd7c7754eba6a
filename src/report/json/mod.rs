//! JSON outputs, one module per command; `schemas/` holds their schemas.

pub mod baseline;
pub mod check;
pub mod coverage;
mod decision;
pub mod diff;
pub mod facts;
pub mod init;
pub mod inputs;
pub mod lines;
pub mod paths;
pub mod rules;
pub mod trace;

use std::io::{self, Write};

use serde::{Serialize, Serializer};

use super::text::{SafeLine, printable, prose};
use crate::finding::{Finding, Label, Run, Scope, bytes_in_line};
use crate::source::Sources;

/// Writes one JSON object, indented, with a line break at the end.
///
/// # Errors
/// When the output cannot be written.
pub fn write(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value).map_err(io::Error::from)?;
    writeln!(out)
}

/// Things of a run, each made JSON only when it is written: all of them at once
/// may take more memory than everything else.
pub struct Each<'a, T, J> {
    items: &'a [T],
    run: &'a Run,
    make: fn(&T, &Run) -> J,
}

impl<'a, T, J> Each<'a, T, J> {
    /// `make` gives the JSON of one.
    pub fn new(items: &'a [T], run: &'a Run, make: fn(&T, &Run) -> J) -> Self {
        Self { items, run, make }
    }
}

impl<T, J: Serialize> Serialize for Each<'_, T, J> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let made = self.items.iter().map(|item| (self.make)(item, self.run));
        serializer.collect_seq(made)
    }
}

/// Characters of a place's text that are given.
const MAX_TEXT: usize = 1024;

/// A place as JSON.
#[derive(Debug, Serialize)]
pub struct JsonPlace {
    file: String,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    text: String,
    label: String,
}

impl JsonPlace {
    /// A label with the text of its first line, secrets masked.
    #[must_use]
    pub fn new(label: &Label, sources: &Sources) -> Self {
        let text = sources
            .get(label.span.file)
            .map(|file| {
                let line = file.line_of(label.span.start);
                let bytes = bytes_in_line(file, label.span);
                let safe = SafeLine::new(file.line(line).unwrap_or_default(), bytes.clone());
                let (from, to) = (safe.offset(bytes.start), safe.offset(bytes.end));
                let text = safe.text.get(from..to).unwrap_or_default();
                text.chars().take(MAX_TEXT).collect()
            })
            .unwrap_or_default();
        Self {
            file: printable(&label.place.file).into_owned(),
            line: label.place.line,
            column: label.place.column,
            end_line: label.place.end_line,
            end_column: label.place.end_column,
            text,
            label: prose(&label.text),
        }
    }
}

/// How much a finding is about, in hashes of 16 hexadecimal digits.
#[derive(Debug, Serialize, PartialEq, Eq, PartialOrd, Ord)]
pub struct JsonScope {
    kin: String,
    about: Vec<String>,
    said: Vec<String>,
}

impl JsonScope {
    /// A scope as it is written.
    #[must_use]
    pub fn of(scope: &Scope) -> Self {
        let hash = |hash: &u64| format!("{hash:016x}");
        Self {
            kin: hash(&scope.kin),
            about: scope.about.iter().map(hash).collect(),
            said: scope.said.iter().map(hash).collect(),
        }
    }

    /// That of a finding that can shrink or grow.
    #[must_use]
    pub fn of_finding(finding: &Finding) -> Option<Self> {
        finding.divisible().map(Self::of)
    }
}

/// Makes every string in a value safe to print.
#[must_use]
pub fn safe_value(value: &serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::String(text) => Value::String(printable(text).into_owned()),
        Value::Array(items) => Value::Array(items.iter().map(safe_value).collect()),
        Value::Object(map) => Value::Object(
            map.iter()
                .map(|(key, value)| (printable(key).into_owned(), safe_value(value)))
                .collect(),
        ),
        other => other.clone(),
    }
}
