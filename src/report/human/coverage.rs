//! `coverage` for a terminal: files, rules, statements.

use std::io;

use super::Human;
use crate::finding::{FileKind, ReadFile, Run};
use crate::formats::{LineState, Unit};
use crate::policy::{RuleResult, Status};
use crate::report::coverage::{
    Statement, UnknownProperty, samples, statements, unknown_properties,
};
use crate::report::messages::thousands;
use crate::report::style::Ink;
use crate::report::text::{clip, printable, prose};
use crate::report::wrap;

/// Samples per file without `-v`.
const SHOWN_SAMPLES: usize = 5;
/// Properties per cmdlet without `-v`.
const SHOWN_PROPERTIES: usize = 12;

impl Human<'_> {
    /// Writes what was read and understood, and what rules lack.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn coverage(&mut self, run: &Run) -> io::Result<()> {
        let words = self.words;
        writeln!(
            self.out,
            "{}",
            self.paint.ink(Ink::Bold, words.get("coverage.files"))
        )?;
        for file in &run.files {
            self.coverage_file(file, run)?;
        }
        for skipped in &run.skipped {
            writeln!(self.out, "  {}", printable(&skipped.name))?;
            let text = words.fill(
                "coverage.not-read",
                &[("reason", &words.phrase(&skipped.reason.to_string()))],
            );
            self.text(6, &prose(&text))?;
        }
        self.coverage_properties(&unknown_properties(run))?;
        writeln!(self.out)?;
        writeln!(
            self.out,
            "{}",
            self.paint.ink(Ink::Bold, words.get("coverage.rules"))
        )?;
        for result in &run.results {
            self.coverage_rule(result)?;
        }
        writeln!(self.out)?;
        let statements = statements(run);
        let checked = statements
            .iter()
            .filter(|s| s.status == "evaluated")
            .count();
        let line = words.fill(
            "coverage.statements-line",
            &[("checked", &checked), ("total", &statements.len())],
        );
        writeln!(
            self.out,
            "{}",
            self.paint.ink(Ink::Bold, words.get("coverage.statements"))
        )?;
        self.text(2, &line)?;
        for statement in &statements {
            self.coverage_statement(statement, run)?;
        }
        writeln!(self.out)?;
        let summary = self.summary(&run.summary);
        writeln!(self.out, "{summary}")
    }

    /// A statement of the source: which rules speak for it, by what became of
    /// them.
    fn coverage_statement(&mut self, statement: &Statement, run: &Run) -> io::Result<()> {
        let words = self.words;
        let mut by_state: Vec<(&str, Vec<&str>)> = Vec::new();
        for id in &statement.rules {
            let result = run.results.iter().find(|result| result.rule.id == *id);
            let key = match result.map(|result| &result.status) {
                Some(Status::Evaluated) => "coverage.evaluated",
                Some(Status::NotApplicable(_)) => "coverage.not-applicable",
                Some(Status::LacksData { .. }) => "coverage.lacks-data",
                Some(Status::Off(_)) => "coverage.off",
                Some(Status::Failed(_)) | None => "coverage.errored",
            };
            match by_state.iter_mut().find(|(known, _)| *known == key) {
                Some((_, ids)) => ids.push(id),
                None => by_state.push((key, vec![id])),
            }
        }
        let told: Vec<String> = by_state
            .iter()
            .map(|(key, ids)| format!("{} {}", ids.join(" "), words.get(key)))
            .collect();
        let text = match told.is_empty() {
            true => words.get("coverage.no-rule").to_owned(),
            false => told.join(words.get("summary.comma")),
        };
        let lead = format!("  {} ", printable(&statement.id));
        writeln!(
            self.out,
            "{}",
            wrap::hanging(&lead, &printable(&text), self.columns)
        )
    }

    /// Properties of Exchange objects that are kept and not read, by cmdlet.
    fn coverage_properties(&mut self, unknown: &[UnknownProperty]) -> io::Result<()> {
        let words = self.words;
        if unknown.is_empty() {
            return Ok(());
        }
        writeln!(self.out)?;
        let title = words.get("coverage.properties");
        writeln!(self.out, "{}", self.paint.ink(Ink::Bold, title))?;
        let limit = if self.verbose {
            usize::MAX
        } else {
            SHOWN_PROPERTIES
        };
        for of_one in unknown.chunk_by(|one, other| one.cmdlet == other.cmdlet) {
            let names = of_one.iter().take(limit).map(|property| &*property.name);
            let mut text = names.collect::<Vec<_>>().join(", ");
            let more = of_one.len().saturating_sub(limit);
            if more > 0 {
                text.push(' ');
                text.push_str(&words.count("coverage.more", more));
            }
            let cmdlet = of_one.first().map_or("", |property| property.cmdlet);
            self.text(2, &prose(&format!("{cmdlet}: {text}")))?;
        }
        Ok(())
    }

    fn coverage_file(&mut self, file: &ReadFile, run: &Run) -> io::Result<()> {
        let words = self.words;
        let name = run.sources.get(file.id).map_or("", |source| source.name());
        writeln!(self.out, "  {}", printable(name))?;
        match &file.kind {
            FileKind::NotRecognised { reason, .. } => {
                let text = words.fill(
                    "coverage.not-recognised",
                    &[("reason", &words.phrase(reason))],
                );
                let text = prose(&text);
                let block = wrap::lines(&text, self.columns.saturating_sub(6)).join("\n      ");
                writeln!(self.out, "      {}", self.paint.ink(Ink::Yellow, &block))
            }
            FileKind::Recognised { format, evidence } => {
                let line = run
                    .sources
                    .locate(evidence.span)
                    .map_or(1, |(_, at)| at.line);
                let text = words.fill(
                    "coverage.because",
                    &[
                        ("format", &words.phrase(format.title)),
                        ("evidence", &words.phrase(&evidence.what)),
                        ("line", &line),
                    ],
                );
                self.text(6, &prose(&text))?;
                let totals = file.totals();
                let unit = match file.unit() {
                    Unit::Lines => words.get("coverage.lines"),
                    Unit::Elements => words.get("coverage.elements"),
                    Unit::Records => words.get("coverage.records"),
                };
                let parts: Vec<String> = [
                    ("coverage.modelled", totals.modelled),
                    ("coverage.irrelevant", totals.irrelevant),
                    ("coverage.not-modelled", totals.not_modelled),
                    ("coverage.unrecognised", totals.unrecognised),
                ]
                .into_iter()
                .map(|(key, n)| format!("{} {}", thousands(n), words.get(key)))
                .collect();
                let total = thousands(totals.total);
                self.text(6, &format!("{total} {unit}: {}", parts.join(", ")))?;
                self.coverage_samples(file, run)
            }
        }
    }

    fn coverage_samples(&mut self, file: &ReadFile, run: &Run) -> io::Result<()> {
        let words = self.words;
        let limit = if self.verbose {
            usize::MAX
        } else {
            SHOWN_SAMPLES
        };
        let (samples, total) = samples(file, run, limit);
        for sample in &samples {
            let line = words.fill("coverage.sample", &[("line", &sample.line)]);
            let (key, ink) = match sample.state {
                LineState::NotModelled => ("coverage.not-modelled", Ink::Yellow),
                _ => ("coverage.unrecognised", Ink::Red),
            };
            let lead = format!("{line}, ");
            let state = words.get(key);
            let room = self
                .columns
                .saturating_sub(10)
                .saturating_sub(crate::report::text::width(&lead, 1))
                .saturating_sub(crate::report::text::width(state, 1));
            writeln!(
                self.out,
                "        {lead}{}: {}",
                self.paint.ink(ink, state),
                clip(&sample.text, room)
            )?;
            if !sample.why.is_empty() {
                self.text(10, &words.phrase(&sample.why))?;
            }
        }
        let more = total.saturating_sub(samples.len());
        if more > 0 {
            let more = words.count("coverage.more", more);
            self.text(8, &more)?;
        }
        Ok(())
    }

    fn coverage_rule(&mut self, result: &RuleResult) -> io::Result<()> {
        let words = self.words;
        let japanese = words.language().is_japanese();
        let (key, ink) = match &result.status {
            Status::Evaluated => ("coverage.evaluated", Ink::Green),
            Status::NotApplicable(_) => ("coverage.not-applicable", Ink::Dim),
            Status::LacksData { .. } => ("coverage.lacks-data", Ink::Yellow),
            Status::Off(_) => ("coverage.off", Ink::Dim),
            Status::Failed(_) => ("coverage.errored", Ink::Red),
        };
        let state = words.get(key);
        writeln!(
            self.out,
            "  {} {} · {}",
            printable(&result.rule.id),
            printable(&result.rule.name),
            self.paint.ink(ink, state)
        )?;
        match &result.status {
            Status::Evaluated => Ok(()),
            Status::NotApplicable(why) | Status::Off(why) => {
                self.text(6, &prose(why.get(japanese)))
            }
            Status::Failed(error) => self.text(6, &prose(&error.to_string())),
            Status::LacksData { missing, settle } => {
                let or = words.get("coverage.or");
                for (kinds, settle) in missing.iter().zip(settle) {
                    let lead = format!("      {}", words.get("coverage.needs"));
                    let kinds = printable(&kinds.join(or)).into_owned();
                    writeln!(self.out, "{}", wrap::hanging(&lead, &kinds, self.columns))?;
                    let lead = format!("      {}", words.get("coverage.settle"));
                    let text = prose(settle.get(japanese));
                    writeln!(self.out, "{}", wrap::hanging(&lead, &text, self.columns))?;
                }
                Ok(())
            }
        }
    }
}
