//! `exlint coverage`: what was read and understood, and which rules lack data.

use std::io::{self, Write};

use super::args::{CoverageArgs, Format};
use super::failure::Failure;
use super::session::Session;
use crate::report::json::{self, coverage::CoverageJson};

/// Runs the command.
pub fn run(session: &Session, args: &CoverageArgs) -> Result<u8, Failure> {
    let run = session.run(&args.paths)?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    match args.format {
        Format::Human => session.human(&mut out, session.paint).coverage(&run)?,
        Format::Json => json::write(&mut out, &CoverageJson::new(&run))?,
    }
    out.flush()?;
    match session.nothing_recognised(&run) {
        Some(failure) => Err(failure),
        None => match session.required(&run, args.gate.require_coverage.as_deref()) {
            Some(failure) => Err(failure),
            None => Ok(if run.incomplete() { 2 } else { 0 }),
        },
    }
}
