//! Everything that a run found out, for the reports.

use std::collections::HashSet;

use serde::Serialize;

use super::baseline::Entry;
use super::configuration::Configuration;
use super::{Finding, Language, Suppressed, Translations, Undecided};
use crate::estate::Estate;
use crate::formats::{Evidence, Format, Ledger, Problem, ProblemLevel, Totals, Unit, inventory};
use crate::policy::facts::Facts;
use crate::policy::literate::{Kind, ResultLine};
use crate::policy::{PolicyError, RuleMeta, RuleResult, Severity, Status, evaluated};
use crate::source::{FileId, Skipped, Sources, Span};

/// The outcome of a run.
#[derive(Debug)]
pub struct Run {
    /// The language of all texts.
    pub language: Language,
    /// The files.
    pub sources: Sources,
    /// What was found and not read.
    pub skipped: Vec<Skipped>,
    /// What became of each file, in order of their ids.
    pub files: Vec<ReadFile>,
    /// All documents joined.
    pub estate: Estate,
    /// What the rules saw.
    pub facts: Facts,
    /// The outcome of each rule, by id.
    pub results: Vec<RuleResult>,
    /// What the rules found, sorted.
    pub findings: Vec<Finding>,
    /// What they found and an exception hides, sorted.
    pub suppressed: Vec<Suppressed>,
    /// What they could not decide, sorted.
    pub undecided: Vec<Undecided>,
    /// All of them in the other language, where that was asked for.
    pub translations: Option<Translations>,
    /// What the baseline knows and the rules find no more.
    pub stale: Vec<Entry>,
    /// How it was judged.
    pub configuration: Configuration,
    /// Totals.
    pub summary: Summary,
}

/// A file that was read.
#[derive(Debug)]
pub struct ReadFile {
    /// The file.
    pub id: FileId,
    /// What it is.
    pub kind: FileKind,
    /// State of every line; empty when it is not recognised.
    pub ledger: Ledger,
    /// What the user should know of it.
    pub problems: Vec<Problem>,
}

/// What a file is.
#[derive(Debug, Clone)]
pub enum FileKind {
    /// A format claims it.
    Recognised {
        /// The format.
        format: &'static Format,
        /// Why.
        evidence: Evidence,
    },
    /// No format claims it.
    NotRecognised {
        /// Why.
        reason: String,
        /// What shows it, where something does.
        span: Option<Span>,
    },
}

impl ReadFile {
    /// Whether a format claims it.
    #[must_use]
    pub fn recognised(&self) -> bool {
        matches!(self.kind, FileKind::Recognised { .. })
    }

    /// Totals of its ledger.
    #[must_use]
    pub fn totals(&self) -> Totals {
        self.ledger.totals()
    }

    /// What its ledger counts.
    #[must_use]
    pub fn unit(&self) -> Unit {
        self.ledger.unit
    }
}

/// Totals of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Findings.
    pub findings: usize,
    /// Findings that are errors.
    pub errors: usize,
    /// Findings that are warnings.
    pub warnings: usize,
    /// Findings that are notes.
    pub notes: usize,
    /// Findings that a suppression hides.
    pub suppressed: usize,
    /// Exceptions whose end is past.
    pub expired: usize,
    /// Findings that are less sure than wanted.
    pub left_out: usize,
    /// Entries of the baseline that match nothing any more.
    pub stale: usize,
    /// Open questions.
    pub undecided: usize,
    /// Whether any rule was evaluated: without one, no finding is no success.
    pub evaluated: bool,
    /// Rules.
    pub rules: RuleSummary,
    /// Inputs.
    pub inputs: InputSummary,
}

/// Rules by what became of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RuleSummary {
    /// All rules.
    pub total: usize,
    /// Evaluated.
    pub evaluated: usize,
    /// Concern nothing here.
    pub not_applicable: usize,
    /// Need an input that is not there.
    pub lacks_data: usize,
    /// Not wanted by the user.
    pub off: usize,
    /// Have an error.
    pub failed: usize,
}

/// Inputs by what became of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct InputSummary {
    /// Files that were read.
    pub files: usize,
    /// Files that no format claims.
    pub not_recognised: usize,
    /// Files and folders that were not read.
    pub skipped: usize,
    /// Lines of the recognised files.
    pub lines: usize,
    /// Lines (or elements) of them that were not understood.
    pub not_understood: usize,
    /// What is wrong with them: keys that nobody knows, files that are not
    /// there, values that were cut off.
    pub problems: usize,
}

impl Summary {
    /// Counts.
    #[must_use]
    pub fn new(
        findings: &[Finding],
        undecided: &[Undecided],
        results: &[RuleResult],
        files: &[ReadFile],
        sources: &Sources,
        skipped: &[Skipped],
        joined: &[Problem],
    ) -> Self {
        let of = |severity| findings.iter().filter(|f| f.severity == severity).count();
        let rules = |wanted: fn(&Status) -> bool| {
            results
                .iter()
                .filter(|result| wanted(&result.status))
                .count()
        };
        let recognised = || files.iter().filter(|file| file.recognised());
        Self {
            findings: findings.len(),
            errors: of(Severity::Error),
            warnings: of(Severity::Warning),
            notes: of(Severity::Note),
            suppressed: 0,
            expired: 0,
            left_out: 0,
            stale: 0,
            undecided: undecided.len(),
            evaluated: results
                .iter()
                .any(|result| matches!(result.status, Status::Evaluated)),
            rules: RuleSummary {
                total: results.len(),
                evaluated: rules(|status| matches!(status, Status::Evaluated)),
                not_applicable: rules(|status| matches!(status, Status::NotApplicable(_))),
                lacks_data: rules(|status| matches!(status, Status::LacksData { .. })),
                off: rules(|status| matches!(status, Status::Off(_))),
                failed: rules(|status| matches!(status, Status::Failed(_))),
            },
            inputs: InputSummary {
                files: files.len(),
                not_recognised: files.iter().filter(|file| !file.recognised()).count(),
                skipped: skipped.len(),
                lines: recognised()
                    .filter_map(|file| sources.get(file.id))
                    .map(|file| file.whole_line_count())
                    .fold(0, usize::saturating_add),
                not_understood: recognised()
                    .map(|file| file.totals().unrecognised)
                    .fold(0, usize::saturating_add),
                problems: joined
                    .iter()
                    .chain(files.iter().flat_map(|file| &file.problems))
                    .filter(|problem| problem.level != ProblemLevel::Note)
                    .count(),
            },
        }
    }
}

impl Run {
    /// All that the rules found: an exception takes a finding out of the count,
    /// and changes nothing of the estate.
    pub fn found(&self) -> impl Iterator<Item = &Finding> {
        let hidden = self.suppressed.iter().map(|hidden| &hidden.finding);
        self.findings.iter().chain(hidden)
    }

    /// The highest severity of a finding.
    #[must_use]
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }

    /// Rules that have an error, with it.
    pub fn failed_rules(&self) -> impl Iterator<Item = (&RuleMeta, &PolicyError)> {
        self.results
            .iter()
            .filter_map(|result| match &result.status {
                Status::Failed(error) => Some((&*result.rule, &**error)),
                _ => None,
            })
    }

    /// Errors in the inventory, with which nothing that it says can be trusted.
    pub fn inventory_errors(&self) -> impl Iterator<Item = &Problem> {
        self.files
            .iter()
            .filter(|file| match &file.kind {
                FileKind::Recognised { format, .. } => format.id == inventory::FORMAT.id,
                FileKind::NotRecognised { .. } => false,
            })
            .flat_map(|file| &file.problems)
            .filter(|problem| problem.level == ProblemLevel::Error)
    }

    /// What is wrong with the inputs: as a whole first, then file by file.
    pub fn problems(&self) -> impl Iterator<Item = &Problem> {
        self.estate
            .problems
            .iter()
            .chain(self.files.iter().flat_map(|file| &file.problems))
    }

    /// Ids of the rules that were evaluated.
    #[must_use]
    pub fn evaluated(&self) -> HashSet<&str> {
        evaluated(&self.results)
    }

    /// What the rules gave, as the examples of rule pages write it.
    #[must_use]
    pub fn result_lines(&self) -> Vec<ResultLine> {
        let place = |span: Option<Span>| {
            let (file, at) = self.sources.locate(span?)?;
            Some((file.to_owned(), at.line, at.column))
        };
        let line = |kind, rule: &RuleMeta, place| ResultLine {
            kind,
            rule: rule.id.clone(),
            place,
        };
        let found = self.findings.iter().map(|finding| {
            let kind = Kind::Finding(finding.severity);
            line(kind, &finding.rule, place(Some(finding.primary.span)))
        });
        let open = self.undecided.iter().map(|item| {
            let at = item.labels.first().map(|label| label.span);
            line(Kind::Undecided, &item.rule, place(at))
        });
        let rules = self.results.iter().filter_map(|result| {
            let kind = match &result.status {
                Status::LacksData { .. } => Kind::Undecided,
                Status::Failed(error) => Kind::Failed(error.to_string()),
                Status::Evaluated | Status::NotApplicable(_) | Status::Off(_) => return None,
            };
            Some(line(kind, &result.rule, None))
        });
        found.chain(open).chain(rules).collect()
    }

    /// Whether any file was recognised.
    #[must_use]
    pub fn recognised_any(&self) -> bool {
        self.files.iter().any(ReadFile::recognised)
    }

    /// Whether something that should have been read or evaluated was not.
    #[must_use]
    pub fn incomplete(&self) -> bool {
        self.skipped.iter().any(|skipped| skipped.reason.is_error())
            || self.failed_rules().next().is_some()
            || self
                .problems()
                .any(|problem| problem.level == ProblemLevel::Error)
    }
}
