//! `test` for a terminal.

use std::io;

use super::Human;
use crate::policy::literate::PageReport;
use crate::report::style::Ink;
use crate::report::text::{printable, prose};

impl Human<'_> {
    /// Writes the result of every example that does not agree, and totals.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn tests(&mut self, reports: &[(String, PageReport)]) -> io::Result<()> {
        let (ok, failed) = (self.words.get("test.passed"), self.words.get("test.failed"));
        let (mut passed, mut total) = (0usize, 0usize);
        for (id, report) in reports {
            total = total.saturating_add(report.outcomes.len());
            let good = report.outcomes.iter().filter(|o| o.differences.is_empty());
            let good = good.count();
            passed = passed.saturating_add(good);
            let mark = if report.passed() {
                self.paint.ink(Ink::Green, ok)
            } else {
                self.paint.ink(Ink::Red, failed)
            };
            let cases = report.outcomes.len();
            writeln!(self.out, "{} {good}/{cases} {mark}", printable(id))?;
            for problem in &report.problems {
                let place = format!("{}:{}", problem.page, problem.line);
                self.text(
                    2,
                    &format!(
                        "{}: {}",
                        printable(&place),
                        prose(&self.words.phrase(&problem.what))
                    ),
                )?;
            }
            for outcome in report.outcomes.iter().filter(|o| !o.differences.is_empty()) {
                for line in outcome.to_string().lines() {
                    let words = self.words.phrase(line.trim_start());
                    let blanks = line.len().saturating_sub(line.trim_start().len());
                    writeln!(self.out, "  {}{}", " ".repeat(blanks), prose(&words))?;
                }
            }
        }
        let rules = self.words.count("test.rules", reports.len());
        let summary = self.words.fill(
            "test.summary",
            &[("passed", &passed), ("total", &total), ("rules", &rules)],
        );
        writeln!(self.out, "{summary}")
    }
}
