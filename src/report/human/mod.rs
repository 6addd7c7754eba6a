//! Output for a terminal, at most [`super::COLUMNS`] wide.

mod baseline;
mod check;
mod comparison;
mod configuration;
mod coverage;
mod explain;
mod findings;
mod init;
mod page;
mod path_story;
mod paths;
mod rules;
mod suppressed;
mod tests;
mod trace;

pub use configuration::ConfigurationFile;

use std::io::{self, Write};

use super::messages::Messages;
use super::style::{Ink, Paint};
use super::text::{prose, width};
use super::wrap;
use crate::policy::Severity;

/// Writes human output with one language and one choice of colours.
pub struct Human<'a> {
    /// Where to.
    pub out: &'a mut dyn Write,
    /// The texts.
    pub words: &'static Messages,
    /// The colours.
    pub paint: Paint,
    /// Columns to keep to.
    pub columns: usize,
    /// Whether to show lists in full.
    pub verbose: bool,
    /// Whether to leave out open questions.
    pub quiet: bool,
}

impl Human<'_> {
    /// Writes `key` (a text that ends in a blank) and `text`, wrapped under
    /// itself and indented by two.
    fn item(&mut self, ink: Ink, key: &str, text: &str) -> io::Result<()> {
        let lead = format!("  {}", self.words.get(key));
        let block = wrap::hanging(&lead, text, self.columns);
        let rest = block.get(lead.trim_end().len()..).unwrap_or_default();
        let painted = self.paint.ink(ink, lead.trim_end().trim_start());
        writeln!(self.out, "  {painted}{rest}")
    }

    /// Writes `key` and texts to type or paste, line by line, broken only where
    /// the shell reads on.
    fn commands(&mut self, ink: Ink, key: &str, texts: &[String]) -> io::Result<()> {
        let lead = format!("  {}", self.words.get(key));
        let blanks = " ".repeat(width(&lead, 1));
        let painted = self.paint.ink(ink, lead.trim()).to_string();
        let room = self.columns.saturating_sub(blanks.len());
        let mut first = true;
        for text in texts {
            let text = prose(&self.words.phrase(text));
            for line in text.lines().flat_map(|line| wrap::command(line, room)) {
                if first {
                    writeln!(self.out, "  {painted} {line}")?;
                } else {
                    writeln!(self.out, "{blanks}{line}")?;
                }
                first = false;
            }
        }
        Ok(())
    }

    /// Writes a text wrapped, with `indent` blanks before each line.
    fn text(&mut self, indent: usize, text: &str) -> io::Result<()> {
        let blanks = " ".repeat(indent);
        for line in wrap::lines(text, self.columns.saturating_sub(indent)) {
            if line.is_empty() {
                writeln!(self.out)?;
            } else {
                writeln!(self.out, "{blanks}{line}")?;
            }
        }
        Ok(())
    }
}

/// The colour of a severity.
#[must_use]
pub fn severity_ink(severity: Severity) -> Ink {
    match severity {
        Severity::Error => Ink::Red,
        Severity::Warning => Ink::Yellow,
        Severity::Note => Ink::Cyan,
    }
}
