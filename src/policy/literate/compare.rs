//! Expected against actual result lines.

use std::fmt;

use super::{Expectation, Kind, ResultLine};

/// One line on which expected and actual result differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// Expected, and not there.
    Missing(Expectation),
    /// There, and not expected.
    Unexpected(ResultLine),
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(expected) => {
                write!(
                    f,
                    "- {} (expected in line {})",
                    expected.result, expected.line
                )
            }
            Self::Unexpected(line) => write!(f, "+ {line}"),
        }
    }
}

/// What differs. Each expected line takes one actual line, but `undecided`
/// without a place takes all undecided lines that no other line names.
#[must_use]
pub fn differences(expected: &[Expectation], actual: &[ResultLine]) -> Vec<Difference> {
    let mut left: Vec<&ResultLine> = actual.iter().collect();
    let mut missing = Vec::new();
    let is_general = |line: &ResultLine| line.kind == Kind::Undecided && line.place.is_none();
    for expectation in expected.iter().filter(|e| !is_general(&e.result)) {
        match left.iter().position(|line| **line == expectation.result) {
            Some(at) => {
                left.remove(at);
            }
            None => missing.push(Difference::Missing(expectation.clone())),
        }
    }
    for expectation in expected.iter().filter(|e| is_general(&e.result)) {
        let before = left.len();
        left.retain(|line| line.kind != Kind::Undecided || line.rule != expectation.result.rule);
        if left.len() == before {
            missing.push(Difference::Missing(expectation.clone()));
        }
    }
    missing.extend(left.into_iter().cloned().map(Difference::Unexpected));
    missing
}
