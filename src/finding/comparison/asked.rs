//! What is told of conditions of which only one side has one.

use std::collections::BTreeSet;

use super::filters::{Decided, Deed};
use crate::finding::{Positions, Run};
use crate::source::{Sources, Span};

/// So many lines are told of each side.
const LINES: usize = 6;
/// Lines of one statement that are compared.
const COMPARED: usize = 100_000;

/// The lines of statements that the other side does not have: what changed of
/// that which decides whether a condition holds.
pub(super) fn differing(runs: [&Run; 2], on: &[Vec<Span>; 2]) -> [Vec<Decided>; 2] {
    let [before, after] = on;
    let own = lines(&runs[0].sources, before);
    let other = lines(&runs[1].sources, after);
    [told(runs[0], &own, &other), told(runs[1], &other, &own)]
}

/// A line: its words, and where it stands.
type Line = (String, Span);

fn lines(sources: &Sources, spans: &[Span]) -> Vec<Line> {
    let mut out: Vec<Line> = Vec::new();
    for span in spans {
        let Some(file) = sources.get(span.file) else {
            continue;
        };
        for line in file.slice(*span).lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            if words.is_empty() || out.len() >= COMPARED {
                continue;
            }
            let at = file.span_of(line.trim()).unwrap_or(*span);
            out.push((words.join(" "), at));
        }
    }
    out
}

fn told(run: &Run, own: &[Line], other: &[Line]) -> Vec<Decided> {
    let known: BTreeSet<&str> = other.iter().map(|(words, _)| words.as_str()).collect();
    let mut positions = Positions::new(&run.sources);
    let mut seen = BTreeSet::new();
    own.iter()
        .filter(|(words, _)| !known.contains(words.as_str()) && seen.insert(words.as_str()))
        .take(LINES)
        .map(|(words, span)| Decided {
            rule: super::filters::shortened(words),
            deed: Deed::Matters,
            place: positions.place(*span),
            span: *span,
        })
        .collect()
}
