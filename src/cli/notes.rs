//! What is said on standard error beside the result: inputs that were not
//! read, problems in them, rules that failed.

use std::io::{self, Write};

use super::failure::Failure;
use super::session::{Session, policy_error};
use crate::finding::{FileKind, ReadFile, Run};
use crate::formats::{Problem, ProblemLevel};
use crate::report::messages::thousands;
use crate::report::text::prose;
use crate::report::{COLUMNS, Ink, wrap};
use crate::source::SkipReason;

/// Problems of one file that are printed without `-v`.
const SHOWN_PROBLEMS: usize = 3;

impl Session {
    /// The failure of a run that does not cover what the user requires. Without
    /// the requirement, a run that could not evaluate any rule is only loud.
    pub fn coverage(&self, run: &Run, required: Option<&str>) -> Option<Failure> {
        let words = self.words;
        let rules = &run.summary.rules;
        let failure = self.required(run, required);
        if failure.is_some() {
            return failure;
        }
        if rules.evaluated == 0 && rules.total > 0 && !self.global.quiet {
            let mut out = io::stderr().lock();
            let text = words.get("error.no-rule-evaluated");
            let _ = self.line(&mut out, "error.warning", text);
            let _ = self.line(&mut out, "error.help", words.get("error.help-coverage"));
        }
        None
    }

    /// Says on standard error what happened to inputs, unless `-q`.
    pub(super) fn notes(&self, run: &Run) {
        let mut out = io::stderr().lock();
        let _ = self.write_notes(&mut out, run);
    }

    fn write_notes(&self, out: &mut dyn Write, run: &Run) -> io::Result<()> {
        let words = self.words;
        let global = &self.global;
        for skipped in &run.skipped {
            let error = skipped.reason.is_error();
            let quiet = matches!(skipped.reason, SkipReason::VersionControl) && !global.verbose;
            if (global.quiet && !error) || quiet {
                continue;
            }
            let reason = skipped.reason.to_string();
            let (name, reason) = (&skipped.name, &words.phrase(&reason));
            let text = words.fill("error.skipped", &[("name", name), ("reason", reason)]);
            let key = if error { "error.error" } else { "error.note" };
            self.line(out, key, &text)?;
        }
        for (rule, error) in run.failed_rules() {
            let (id, error) = (&rule.id, policy_error(error));
            let text = words.fill("check.rule-error", &[("rule", id), ("error", &error)]);
            self.line(out, "error.error", &text)?;
        }
        if global.quiet {
            return Ok(());
        }
        if global.verbose {
            self.configuration_file(out, run)?;
        }
        if let Some(grouped) = run.facts.grouped() {
            let [shown, pairs, open] =
                [grouped.shown, grouped.stand_for, grouped.left_open].map(thousands);
            let text = words.fill(
                "error.flows-grouped",
                &[("shown", &shown), ("pairs", &pairs)],
            );
            self.line(out, "error.note", &text)?;
            if grouped.left_open > 0 {
                let text = words.fill("error.flows-left-open", &[("pairs", &open)]);
                self.line(out, "error.warning", &text)?;
            }
        }
        for problem in &run.estate.problems {
            if problem.level > ProblemLevel::Note || global.verbose {
                self.problem(out, run, problem)?;
            }
        }
        for file in &run.files {
            let worth = |level| level > ProblemLevel::Note || global.verbose;
            let problems: Vec<_> = file
                .problems
                .iter()
                .filter(|problem| worth(problem.level))
                .collect();
            let shown = if global.verbose {
                problems.len()
            } else {
                SHOWN_PROBLEMS
            };
            for problem in problems.iter().take(shown) {
                self.problem(out, run, problem)?;
            }
            let more = problems.len().saturating_sub(shown);
            if more > 0 {
                let name = run.sources.get(file.id).map_or("", |file| file.name());
                let text = words
                    .count("error.problems-more", more)
                    .replace("{file}", name);
                self.line(out, "error.note", &text)?;
            }
            if global.verbose {
                self.verbose_file(out, run, file)?;
            }
        }
        Ok(())
    }

    /// Which configuration was taken.
    fn configuration_file(&self, out: &mut dyn Write, run: &Run) -> io::Result<()> {
        let inventory = run.estate.inventory.as_ref();
        let file = inventory.and_then(|inventory| run.sources.get(inventory.span?.file));
        let text = match file {
            Some(file) => {
                let name = file.name();
                self.words.fill("verbose.inventory", &[("name", &name)])
            }
            None => {
                let here = std::env::current_dir().unwrap_or_default();
                let name = here.display();
                self.words.fill("verbose.no-inventory", &[("name", &name)])
            }
        };
        self.line(out, "error.note", &text)
    }

    fn problem(&self, out: &mut dyn Write, run: &Run, problem: &Problem) -> io::Result<()> {
        let words = self.words;
        let Some((file, at)) = run.sources.locate(problem.span) else {
            return Ok(());
        };
        let place = format!("{file}:{}:{}", at.line, at.column);
        let text = words.fill(
            "error.problem",
            &[
                ("place", &place),
                ("message", &words.phrase(&problem.message)),
            ],
        );
        let key = match problem.level {
            ProblemLevel::Note => "error.note",
            ProblemLevel::Warning => "error.warning",
            ProblemLevel::Error => "error.error",
        };
        self.line(out, key, &text)?;
        match &problem.hint {
            Some(hint) => self.line(out, "error.help", &words.phrase(hint)),
            None => Ok(()),
        }
    }

    fn verbose_file(&self, out: &mut dyn Write, run: &Run, file: &ReadFile) -> io::Result<()> {
        let name = run.sources.get(file.id).map_or("", |file| file.name());
        let text = match &file.kind {
            FileKind::Recognised { format, evidence } => {
                let line = run
                    .sources
                    .locate(evidence.span)
                    .map_or(1, |(_, at)| at.line);
                self.words.fill(
                    "verbose.format",
                    &[
                        ("file", &name),
                        ("format", &self.words.phrase(format.title)),
                        ("evidence", &self.words.phrase(&evidence.what)),
                        ("line", &line),
                    ],
                )
            }
            FileKind::NotRecognised { reason, .. } => self.words.fill(
                "verbose.not-recognised",
                &[("file", &name), ("reason", &self.words.phrase(reason))],
            ),
        };
        self.line(out, "error.note", &text)
    }

    /// Writes one line on standard error, led by a word such as `note:`.
    pub fn line(&self, out: &mut dyn Write, key: &str, text: &str) -> io::Result<()> {
        let lead = self.words.get(key);
        let ink = match key {
            "error.error" => Ink::Red,
            "error.warning" => Ink::Yellow,
            _ => Ink::Cyan,
        };
        let block = wrap::hanging(lead, &prose(text), COLUMNS);
        let rest = block.get(lead.trim_end().len()..).unwrap_or_default();
        let lead = self.error_paint.ink(ink, lead.trim_end());
        writeln!(out, "{lead}{rest}")
    }
}
