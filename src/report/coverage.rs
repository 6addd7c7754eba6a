//! What a run understood, for people and programs alike: lines that need a
//! look, and statements of the source that are checked.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::text::{printable, prose};
use crate::finding::{ReadFile, Run};
use crate::formats::exchange::cmdlets;
use crate::formats::{LineState, Unit};
use crate::policy::Status;
use crate::source::Span;

/// A line (or element) that was not understood or not modelled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// Line, from 1.
    pub line: u32,
    /// `not-modelled` or `unrecognised`.
    pub state: LineState,
    /// The line, safe to print.
    pub text: String,
    /// Why, where the reader says so.
    pub why: Cow<'static, str>,
}

/// The word for a state in JSON.
#[must_use]
pub fn state(state: LineState) -> &'static str {
    match state {
        LineState::Modelled => "modelled",
        LineState::Irrelevant => "irrelevant",
        LineState::NotModelled => "not-modelled",
        LineState::Unrecognised => "unrecognised",
    }
}

/// At most `limit` samples of a file, in order of their lines, and how many
/// there are.
#[must_use]
pub fn samples(file: &ReadFile, run: &Run, limit: usize) -> (Vec<Sample>, usize) {
    let Some(source) = run.sources.get(file.id) else {
        return (Vec::new(), 0);
    };
    let wanted =
        |state: LineState| matches!(state, LineState::NotModelled | LineState::Unrecognised);
    let text = |line: usize| {
        let line = source.line(line).unwrap_or_default();
        printable(line.trim()).chars().take(240).collect::<String>()
    };
    let number = |line: usize| u32::try_from(line.saturating_add(1)).unwrap_or(u32::MAX);
    let mut by_line: BTreeMap<usize, (LineState, Cow<'static, str>)> = BTreeMap::new();
    for note in file.ledger.notes().iter().filter(|note| wanted(note.state)) {
        by_line
            .entry(source.line_of(note.span.start))
            .or_insert((note.state, note.why.clone()));
    }
    if file.ledger.unit == Unit::Lines {
        for (line, state) in file.ledger.states().iter().enumerate() {
            if wanted(*state) {
                by_line.entry(line).or_insert((*state, Cow::Borrowed("")));
            }
        }
    }
    let total = by_line.len().saturating_add(file.ledger.dropped_notes());
    let samples = by_line
        .into_iter()
        .take(limit)
        .map(|(line, (state, why))| Sample {
            line: number(line),
            state,
            text: text(line),
            why: Cow::Owned(prose(&why)),
        })
        .collect();
    (samples, total)
}

/// A property of Exchange objects that the table of cmdlets does not list: it
/// is kept, and no rule reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownProperty {
    /// Cmdlet of the objects.
    pub cmdlet: &'static str,
    /// As printed.
    pub name: String,
    /// How many objects have it.
    pub objects: usize,
    /// The first of them.
    pub first: Span,
}

/// Properties that are listed; a hostile file may have as many as it has bytes.
const MAX_UNKNOWN: usize = 2_000;

/// All properties that the table does not list, by cmdlet and name.
#[must_use]
pub fn unknown_properties(run: &Run) -> Vec<UnknownProperty> {
    let mut found: BTreeMap<(&'static str, String), (usize, Span)> = BTreeMap::new();
    for object in &run.estate.objects {
        let Some(cmdlet) = cmdlets::table().cmdlet(object.cmdlet) else {
            continue;
        };
        for property in &object.record.properties {
            if cmdlet
                .property(&property.name.to_ascii_lowercase())
                .is_some()
            {
                continue;
            }
            let key = (object.cmdlet, property.name.to_string());
            if found.len() < MAX_UNKNOWN || found.contains_key(&key) {
                let (objects, _) = found.entry(key).or_insert((0, property.span));
                *objects = objects.saturating_add(1);
            }
        }
    }
    found
        .into_iter()
        .map(|((cmdlet, name), (objects, first))| UnknownProperty {
            cmdlet,
            name,
            objects,
            first,
        })
        .collect()
}

/// Statements of the source, `S01` to `S64`.
const STATEMENTS: u8 = 64;

/// A statement and the rules that rest on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// `S34`.
    pub id: String,
    /// `evaluated`, `lacks-data`, `not-applicable`, or `no-rule`.
    pub status: &'static str,
    /// Ids of the rules.
    pub rules: Vec<String>,
}

/// Every statement of the source with the best status of its rules.
#[must_use]
pub fn statements(run: &Run) -> Vec<Statement> {
    (1..=STATEMENTS)
        .map(|number| {
            let id = format!("S{number:02}");
            let results: Vec<_> = run
                .results
                .iter()
                .filter(|result| result.rule.statements.contains(&id))
                .collect();
            let any = |wanted: fn(&Status) -> bool| results.iter().any(|r| wanted(&r.status));
            let status = if any(|status| matches!(status, Status::Evaluated)) {
                "evaluated"
            } else if any(|status| matches!(status, Status::LacksData { .. })) {
                "lacks-data"
            } else if results.is_empty() {
                "no-rule"
            } else {
                "not-applicable"
            };
            Statement {
                id,
                status,
                rules: results
                    .iter()
                    .map(|result| result.rule.id.clone())
                    .collect(),
            }
        })
        .collect()
}
