//! `rules` for a terminal.

use std::io;

use super::{Human, severity_ink};
use crate::policy::{Policies, Severity};
use crate::report::style::Ink;
use crate::report::text::{printable, width};
use crate::report::wrap;

impl Human<'_> {
    /// Writes all rules, grouped by area.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn rules(&mut self, policies: &Policies) -> io::Result<()> {
        let japanese = self.words.language().is_japanese();
        let mut rules: Vec<_> = policies.rules().iter().map(|rule| &rule.meta).collect();
        rules.sort_by(|a, b| (&a.area, &a.id).cmp(&(&b.area, &b.id)));
        let column = [Severity::Error, Severity::Warning, Severity::Note]
            .iter()
            .map(|severity| width(self.severity_word(*severity), 1))
            .max()
            .unwrap_or(0);
        for group in rules.chunk_by(|a, b| a.area == b.area) {
            let Some(first) = group.first() else { continue };
            let area = printable(&first.area).into_owned();
            writeln!(self.out, "{}", self.paint.ink(Ink::Bold, &area))?;
            for rule in group {
                let word = self.severity_word(rule.severity);
                let blanks = " ".repeat(column.saturating_sub(width(word, 1)));
                writeln!(
                    self.out,
                    "  {}  {}{blanks}  {}",
                    printable(&rule.id),
                    self.paint.ink(severity_ink(rule.severity), word),
                    printable(&rule.name)
                )?;
                let indent = " ".repeat(column.saturating_add(11));
                let title = wrap::hanging(&indent, rule.title.get(japanese), self.columns);
                writeln!(self.out, "{title}")?;
            }
            writeln!(self.out)?;
        }
        let summary = self.words.count("rules.summary", rules.len());
        writeln!(self.out, "{summary}")
    }

    /// The word for a severity.
    pub(super) fn severity_word(&self, severity: Severity) -> &'static str {
        let words = self.words;
        match severity {
            Severity::Error => words.get("severity.error"),
            Severity::Warning => words.get("severity.warning"),
            Severity::Note => words.get("severity.note"),
        }
    }
}
