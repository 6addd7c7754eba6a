//! `exlint completions`: a completion script for a shell.

use std::io::{self, Write};

use super::args::CompletionsArgs;
use super::failure::Failure;
use super::localise;
use crate::finding::Language;

/// Runs the command.
pub fn run(args: &CompletionsArgs) -> Result<u8, Failure> {
    let mut command = localise::command(Language::English);
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "exlint", &mut script);
    io::stdout().lock().write_all(&script)?;
    Ok(0)
}
