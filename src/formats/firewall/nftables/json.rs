//! The JSON form of a ruleset (libnftables-json(5)).

use super::ruleset;
use crate::formats::{Document, Problem, ProblemLevel};
use crate::source::{SourceFile, Span};

/// Reads `nft -j list ruleset`.
pub fn read(file: &SourceFile) -> Document {
    let mut document = ruleset::read(&SourceFile::from_text(file.id(), file.name(), ""));
    document.problems.push(Problem {
        level: ProblemLevel::Error,
        message: "the JSON form is not read yet".to_owned(),
        hint: Some("give what `nft list ruleset` prints".to_owned()),
        span: Span::of(file.id(), 0..0),
    });
    document
}
