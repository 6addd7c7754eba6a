//! `check --show-suppressed`: what exceptions and the baseline hide.

use std::io;

use super::Human;
use crate::finding::Suppressed;
use crate::policy::Severity;
use crate::report::text::{printable, prose};
use crate::report::{Ink, told, wrap};

impl Human<'_> {
    /// Lists what is hidden, each with its reason and its end.
    pub(super) fn suppressed(&mut self, suppressed: &[Suppressed]) -> io::Result<()> {
        if suppressed.is_empty() {
            return Ok(());
        }
        let title = self.words.count("check.suppressed-title", suppressed.len());
        writeln!(self.out, "{}\n", self.paint.ink(Ink::Bold, &title))?;
        for item in suppressed {
            let finding = &item.finding;
            let place = &finding.primary.place;
            let severity = self.words.get(match finding.severity {
                Severity::Error => "severity.error",
                Severity::Warning => "severity.warning",
                Severity::Note => "severity.note",
            });
            let head = format!(
                "{severity}[{}] {}",
                printable(&finding.rule.id),
                printable(&finding.rule.name)
            );
            writeln!(self.out, "{}", self.paint.ink(Ink::Dim, &head))?;
            self.text(2, &prose(&self.words.quoting(&finding.message)))?;
            writeln!(
                self.out,
                "    --> {}:{}:{}",
                printable(&place.file),
                place.line,
                place.column
            )?;
            let told = told::suppression(&item.by, self.words);
            let lead = format!("  {}", self.words.get("check.suppressed-by"));
            writeln!(self.out, "{}", wrap::hanging(&lead, &told, self.columns))?;
            writeln!(self.out)?;
        }
        Ok(())
    }
}
