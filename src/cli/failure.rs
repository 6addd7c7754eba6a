//! Why a command ends without a result, for a person.
//!
//! A failure is the user's (usage, unreadable input), the configuration's, or
//! ours; it ends with one to three `help:` lines.

use std::io::{self, Write};

use crate::report::text::{printable, printable_lines};
use crate::report::{Ink, Messages, Paint, wrap};

/// Why a command ends without a result.
#[derive(Debug)]
pub enum Failure {
    /// Wrong usage or unreadable input: exit code 2.
    User(Explained),
    /// An inventory or rule of the user is wrong: exit code 2.
    Configuration(Explained),
    /// A fault of exlint: exit code 2.
    Internal(String),
    /// No input was recognised: exit code 3.
    NothingRecognised(Explained),
    /// The reader of our output went away: no word about it.
    ClosedPipe,
}

/// What is wrong, with what to do.
#[derive(Debug, Default)]
pub struct Explained {
    /// What is wrong.
    pub message: String,
    /// Details, one per line; printed as they are.
    pub details: Vec<String>,
    /// One to three hints.
    pub help: Vec<String>,
}

impl Explained {
    /// A message without details.
    pub fn new(message: String, help: &[&str]) -> Self {
        Self {
            message,
            details: Vec::new(),
            help: help.iter().map(|hint| (*hint).to_owned()).collect(),
        }
    }
}

impl From<io::Error> for Failure {
    /// An error while the result is written to standard output.
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::ClosedPipe;
        }
        Self::User(Explained::new(error.to_string(), &[]))
    }
}

impl Failure {
    /// The exit code.
    #[must_use]
    pub fn code(&self) -> u8 {
        match self {
            Self::ClosedPipe => 0,
            Self::NothingRecognised(_) => 3,
            Self::User(_) | Self::Configuration(_) | Self::Internal(_) => 2,
        }
    }

    /// Writes it; errors of the writing are of no more use to anybody.
    pub fn write(&self, out: &mut dyn Write, words: &Messages, paint: Paint, columns: usize) {
        let internal;
        let explained = match self {
            Self::ClosedPipe => return,
            Self::Internal(what) => {
                internal = Explained::new(
                    words.fill("error.internal", &[("what", what)]),
                    &[words.get("error.help-internal")],
                );
                &internal
            }
            Self::User(explained)
            | Self::Configuration(explained)
            | Self::NothingRecognised(explained) => explained,
        };
        let _ = explained.write(out, words, paint, columns);
    }
}

impl Explained {
    fn write(
        &self,
        out: &mut dyn Write,
        words: &Messages,
        paint: Paint,
        columns: usize,
    ) -> io::Result<()> {
        let mut item = |key: &str, ink: Ink, text: &str| {
            let lead = words.get(key);
            let block = wrap::hanging(lead, &printable_lines(text), columns);
            let rest = block.get(lead.trim_end().len()..).unwrap_or_default();
            writeln!(out, "{}{rest}", paint.ink(ink, lead.trim_end()))
        };
        item("error.error", Ink::Red, &self.message)?;
        for detail in &self.details {
            for line in wrap::lines(&printable(detail), columns.saturating_sub(2)) {
                writeln!(out, "  {line}")?;
            }
        }
        let mut item = |key: &str, ink: Ink, text: &str| {
            let lead = words.get(key);
            let block = wrap::hanging(lead, &printable_lines(text), columns);
            let rest = block.get(lead.trim_end().len()..).unwrap_or_default();
            writeln!(out, "{}{rest}", paint.ink(ink, lead.trim_end()))
        };
        for hint in &self.help {
            item("error.help", Ink::Cyan, hint)?;
        }
        Ok(())
    }
}
