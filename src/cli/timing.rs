//! `check --timing`: which rules cost most.

use std::io::{self, Write};
use std::time::Duration;

use super::session::Session;
use crate::finding::Run;
use crate::policy::{RuleResult, Status};

/// Rules that are named.
const NAMED: usize = 10;

impl Session {
    /// Tells on standard error how long rules took, the longest first. A rule
    /// that is the first to ask a library pays for what others use too.
    pub fn timing(&self, run: &Run) {
        let _ = self.write_timing(&mut io::stderr().lock(), &run.results);
    }

    fn write_timing(&self, out: &mut dyn Write, results: &[RuleResult]) -> io::Result<()> {
        let evaluated = results
            .iter()
            .filter(|result| matches!(result.status, Status::Evaluated | Status::Failed(_)));
        let mut slowest: Vec<&RuleResult> = evaluated.collect();
        slowest.sort_by(|a, b| b.took.cmp(&a.took).then_with(|| a.rule.id.cmp(&b.rule.id)));
        let total: Duration = slowest.iter().map(|result| result.took).sum();
        let count = slowest.len().to_string();
        let title = self.words.fill(
            "timing.title",
            &[("rules", &count), ("time", &milliseconds(total))],
        );
        writeln!(out, "{title}")?;
        for result in slowest.iter().take(NAMED) {
            let (id, name) = (&result.rule.id, &result.rule.name);
            writeln!(out, "{:>9} ms  {id}  {name}", milliseconds(result.took))?;
        }
        Ok(())
    }
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1_000.0)
}
