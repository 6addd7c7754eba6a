//! `baseline show`: what a baseline knows.

use std::io;

use super::Human;
use crate::finding::baseline::{Baseline, Entry};
use crate::report::Ink;
use crate::report::text::printable;

impl Human<'_> {
    /// Lists the entries of a baseline by rule, and their number.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn baseline(&mut self, baseline: &Baseline) -> io::Result<()> {
        let mut entries: Vec<&Entry> = baseline.entries.iter().collect();
        entries.sort_by_key(|entry| (&entry.rule, &entry.subject, &entry.fingerprint));
        let mut rule = None;
        for entry in entries {
            if rule != Some(&entry.rule) {
                let title = printable(&entry.rule).into_owned();
                writeln!(self.out, "{}", self.paint.ink(Ink::Bold, &title))?;
                rule = Some(&entry.rule);
            }
            let told = match entry.message.is_empty() {
                true => &entry.subject,
                false => &entry.message,
            };
            self.text(2, &printable(told))?;
            let place = printable(&entry.file).into_owned();
            self.text(
                4,
                &format!("--> {place} · {}", printable(&entry.fingerprint)),
            )?;
        }
        let count = self.words.count("baseline.entries", baseline.entries.len());
        writeln!(self.out, "{}: {count}", printable(&baseline.name))
    }
}
