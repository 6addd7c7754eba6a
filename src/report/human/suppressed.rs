//! `check --show-suppressed`: what exceptions and the baseline hide.

use std::io;

use super::Human;
use crate::finding::{Suppressed, SuppressionKind};
use crate::policy::Severity;
use crate::report::text::{printable, prose};
use crate::report::{Ink, wrap};

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
            let told = self.hidden_by(item);
            let lead = format!("  {}", self.words.get("check.suppressed-by"));
            writeln!(self.out, "{}", wrap::hanging(&lead, &told, self.columns))?;
            writeln!(self.out)?;
        }
        Ok(())
    }

    /// What hides a finding, in a sentence.
    fn hidden_by(&self, item: &Suppressed) -> String {
        let by = &item.by;
        let words = self.words;
        let reason = prose(&by.reason);
        if by.kind == SuppressionKind::Baseline {
            return words.fill("check.suppressed-baseline", &[("name", &reason)]);
        }
        let mut told = words.fill("check.suppressed-reason", &[("reason", &reason)]);
        if let Some(day) = &by.until {
            told.push_str(&words.fill("check.suppressed-until", &[("day", &printable(day))]));
        }
        if let Some(place) = &by.place {
            let place = format!("{}:{}:{}", printable(&place.file), place.line, place.column);
            told.push_str(&words.fill("check.suppressed-place", &[("place", &place)]));
        }
        told
    }
}
