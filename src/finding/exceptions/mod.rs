//! Exceptions: findings that somebody holds right, each with a reason and
//! perhaps an end.
//!
//! They stand in comments of the inputs ([`inline`]), in `[[exception]]` and in
//! `[[allowed_flow]]` of `exlint.toml` ([`declared`]). [`apply`] hides what
//! they are for, and says of every exception what became of it; the rules XS001
//! to XS003 judge that.

mod apply;
mod declared;
mod flows;
mod inline;
mod marker;
mod targets;

pub use apply::{Applied, Circumstances, apply};

use globset::GlobMatcher;

use super::SuppressionKind;
use super::configuration::Names;
use crate::estate::Estate;
use crate::finding::ReadFile;
use crate::formats::{Problem, ProblemLevel};
use crate::source::{FileId, Sources, Span};

/// The area of the rules about exceptions.
pub const AREA: &str = "exceptions";

/// Rules that one exception may name; there are not as many.
const MAX_RULES: usize = 256;

/// Wrong exceptions that are told of one file.
const MAX_PROBLEMS: usize = 100;

/// An exception.
#[derive(Debug, Clone)]
pub struct Exception {
    /// Where it is written.
    pub kind: SuppressionKind,
    /// Ids of the rules that it is for; every rule when empty.
    pub rules: Vec<String>,
    /// What it hides.
    pub scope: Scope,
    /// Why it is right.
    pub reason: String,
    /// Last day of validity, `YYYY-MM-DD`.
    pub until: Option<String>,
    /// The exception itself.
    pub span: Span,
}

/// What an exception hides.
#[derive(Debug, Clone)]
pub enum Scope {
    /// What begins within a part of a file.
    Part(Span),
    /// All in a file.
    File(FileId),
    /// What is about a thing.
    Object(Object),
    /// What lies within packets between two ends.
    Flow(flows::Within),
}

/// The name of a thing, or a pattern of names.
#[derive(Debug, Clone)]
pub struct Object {
    /// As written.
    pub text: String,
    /// The same as a pattern, where it is one.
    pub glob: Option<GlobMatcher>,
    /// The folder of `exlint.toml` as shown, for patterns of files.
    pub folder: String,
}

/// All exceptions of a run, and what is wrong with some that are none.
#[derive(Debug, Default)]
pub struct Exceptions {
    /// Those that are well formed.
    pub all: Vec<Exception>,
    /// What is wrong with the others.
    pub problems: Vec<Problem>,
}

impl Exceptions {
    /// Finds all exceptions of a run.
    #[must_use]
    pub fn find(sources: &Sources, files: &[ReadFile], estate: &Estate, names: Names<'_>) -> Self {
        let mut found = Self::default();
        inline::find(sources, files, estate, names, &mut found);
        declared::find(sources, estate, names, &mut found);
        found
    }

    /// Whether so much is wrong in a file, of which the problems from `first` on
    /// are, that the rest of it is not looked at; that is told.
    fn too_much(&mut self, first: usize, at: Span) -> bool {
        if self.problems.len().saturating_sub(first) < MAX_PROBLEMS {
            return false;
        }
        self.problems.push(Problem {
            level: ProblemLevel::Error,
            message: format!(
                "more than {MAX_PROBLEMS} exceptions of this file are wrong; those from here on are not heeded"
            ),
            hint: Some("mend those above first".to_owned()),
            span: at,
        });
        true
    }

    /// The ids of rules that an exception names, each once; a name that no rule
    /// has is a problem.
    fn ids<'n>(
        &mut self,
        rules: impl Iterator<Item = (&'n str, Span)>,
        names: Names<'_>,
    ) -> Vec<String> {
        let mut ids: Vec<String> = Vec::new();
        for (name, span) in rules {
            match names.rule(name) {
                Ok(rule) if !ids.contains(&rule.id) => ids.push(rule.id.clone()),
                Ok(_) => {}
                Err(unknown) => self.problems.push(Problem {
                    level: ProblemLevel::Error,
                    message: unknown.message(),
                    hint: Some(unknown.hint()),
                    span,
                }),
            }
        }
        ids
    }
}
