//! Annotations for a workflow of GitHub Actions, as workflow commands on
//! standard output.
//!
//! Escaping is that of `escapeData` and `escapeProperty` of the toolkit
//! (`actions/toolkit`, `packages/core/src/command.ts`). GitHub shows ten
//! annotations of each level for a step and drops the others without a word
//! (docs.github.com, "Check runs": "limited to 10 warning annotations and 10
//! error annotations per step"), so only the worst are written as commands and
//! the others as plain lines of the log.

use std::io::{self, Write};

use super::Context;
use super::told::{Told, ToldPlace};
use crate::policy::Severity;

/// Annotations of one level that GitHub shows for a step.
const SHOWN: usize = 10;

/// Writes an annotation for each of the worst findings, and a line for each
/// other one.
///
/// # Errors
/// When the output cannot be written.
pub fn write(out: &mut dyn Write, context: &Context<'_>) -> io::Result<()> {
    let Context { run, words, .. } = *context;
    let mut shown = Shown::default();
    for finding in &run.findings {
        let told = Told::new(finding, run, words);
        if shown.takes(told.severity) {
            annotation(out, level(told.severity), &told)?;
        } else {
            let (place, tag) = (told.place.address(), told.tag());
            let text = format!("{place}: {tag} {}", told.message);
            writeln!(out, "{}", plain(&text))?;
        }
    }
    if shown.others > 0 {
        let text = words.count("github.more", shown.others);
        writeln!(out, "{}", plain(&text))?;
    }
    Ok(())
}

/// Annotations by what GitHub shows of them.
#[derive(Default)]
pub(super) struct Shown {
    written: [usize; 3],
    /// Those that GitHub would drop.
    pub others: usize,
}

impl Shown {
    /// Whether one more of a level is shown.
    pub fn takes(&mut self, severity: Severity) -> bool {
        let [errors, warnings, notices] = &mut self.written;
        let count = match severity {
            Severity::Error => errors,
            Severity::Warning => warnings,
            Severity::Note => notices,
        };
        *count = count.saturating_add(1);
        let shown = *count <= SHOWN;
        if !shown {
            self.others = self.others.saturating_add(1);
        }
        shown
    }
}

/// The command for a severity.
pub(super) fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    }
}

fn annotation(out: &mut dyn Write, level: &str, told: &Told) -> io::Result<()> {
    let ToldPlace {
        file,
        line,
        column,
        end_line,
        end_column,
        ..
    } = &told.place;
    write!(out, "::{level} file={},line={line}", property(file))?;
    write!(out, ",endLine={end_line}")?;
    // GitHub takes columns only for a place on one line.
    if line == end_line {
        write!(out, ",col={column},endColumn={end_column}")?;
    }
    let title = format!("{} {}", told.rule, told.name);
    let mut message = told.message.clone();
    if !told.fix.is_empty() {
        message.push('\n');
        message.push_str(&told.fix);
    }
    for command in &told.commands {
        message.push('\n');
        message.push_str(command);
    }
    let (title, message) = (property(&title), data(&message));
    writeln!(out, ",title={title}::{message}")
}

/// A line of the log that is no command. The runner takes `::` for one behind
/// leading blanks, and `##[` anywhere in a line (`actions/runner`,
/// `ActionCommand.cs`).
pub(super) fn plain(text: &str) -> String {
    format!("- {}", text.replace("##[", "# #["))
}

/// Escapes the message of a command.
pub(super) fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// Escapes a property of a command.
pub(super) fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_property_cannot_end_itself_nor_the_command() {
        assert_eq!(property("a,b::c%\n"), "a%2Cb%3A%3Ac%25%0A");
        assert_eq!(data("50%\n::error::x"), "50%25%0A::error::x");
    }

    #[test]
    fn a_line_of_the_log_is_never_a_command() {
        assert_eq!(plain("::error::x"), "- ::error::x");
        assert_eq!(plain("a ##[error]x"), "- a # #[error]x");
    }
}
