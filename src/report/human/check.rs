//! `check` for a terminal: findings, open questions, the last line.

use std::collections::BTreeSet;
use std::io;

use super::Human;
use crate::finding::{Run, Summary};
use crate::policy::Status;
use crate::report::messages::thousands;
use crate::report::text::prose;

impl Human<'_> {
    /// Writes the findings, the open questions and the last line.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn check(&mut self, run: &Run) -> io::Result<()> {
        self.findings(&run.findings, &run.sources)?;
        if !self.quiet {
            self.undecided(&run.undecided)?;
        }
        if run.configuration.show_suppressed.value {
            self.suppressed(&run.suppressed)?;
        }
        let rules = &run.summary.rules;
        if rules.evaluated == 0 && rules.total > 0 {
            self.nothing_evaluated(run)?;
        }
        let summary = self.summary(&run.summary);
        writeln!(self.out, "{summary}")
    }

    /// Says that silence is no success when no rule could be evaluated.
    fn nothing_evaluated(&mut self, run: &Run) -> io::Result<()> {
        let or = self.words.get("coverage.or");
        let missing: BTreeSet<String> = run
            .results
            .iter()
            .filter_map(|result| match &result.status {
                Status::LacksData { missing, .. } => Some(missing),
                _ => None,
            })
            .flatten()
            .map(|kinds| kinds.join(or))
            .collect();
        let missing: Vec<String> = missing.into_iter().collect();
        let missing = missing.join(", ");
        let words = self.words;
        let text = match missing.is_empty() {
            true => words.get("check.nothing-said").to_owned(),
            false => words.fill("check.nothing-evaluated", &[("missing", &missing)]),
        };
        self.text(0, &prose(&text))?;
        writeln!(self.out)
    }

    /// The last line. It is one line whatever the width, so that a program
    /// finds it.
    #[must_use]
    pub fn summary(&self, summary: &Summary) -> String {
        let words = self.words;
        let (rules, inputs) = (&summary.rules, &summary.inputs);
        let mut severities = words.fill(
            "summary.severities",
            &[
                (
                    "findings",
                    &words.count("summary.findings", summary.findings),
                ),
                ("errors", &words.count("summary.errors", summary.errors)),
                (
                    "warnings",
                    &words.count("summary.warnings", summary.warnings),
                ),
                ("notes", &words.count("summary.notes", summary.notes)),
                ("suppressed", &thousands(summary.suppressed)),
            ],
        );
        if summary.expired > 0 {
            severities.push_str(&words.count("summary.expired", summary.expired));
        }
        for (key, count) in [
            ("summary.left-out", summary.left_out),
            ("summary.stale", summary.stale),
        ] {
            if count > 0 {
                severities.push_str(words.get("summary.comma"));
                severities.push_str(&words.count(key, count));
            }
        }
        let off = summary.rules.off;
        let mut rules = words.fill(
            "summary.rules",
            &[
                ("evaluated", &thousands(rules.evaluated)),
                ("total", &thousands(rules.total)),
                ("not_applicable", &thousands(rules.not_applicable)),
                ("lacked", &thousands(rules.lacks_data)),
            ],
        );
        if off > 0 {
            rules.push_str(words.get("summary.comma"));
            rules.push_str(&words.count("summary.off", off));
        }
        let inputs = words.fill(
            "summary.inputs",
            &[
                ("files", &words.count("summary.files", inputs.files)),
                ("not_recognised", &thousands(inputs.not_recognised)),
                ("lines", &words.count("summary.lines", inputs.lines)),
                ("not_understood", &thousands(inputs.not_understood)),
            ],
        );
        let mut line = format!("{severities} · {rules} · {inputs}");
        if summary.inputs.problems > 0 {
            let problems = words.count("summary.problems", summary.inputs.problems);
            line.push_str(words.get("summary.comma"));
            line.push_str(&problems);
        }
        line
    }
}
