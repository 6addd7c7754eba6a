//! `exlint facts`: what rules see, as JSON.

use std::io::{self, Write};

use super::args::FactsArgs;
use super::failure::Failure;
use super::session::Session;
use crate::report::json::{self, facts::FactsJson};

/// Runs the command.
pub fn run(session: &Session, args: &FactsArgs) -> Result<u8, Failure> {
    let run = session.run(&args.paths)?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    json::write(&mut out, &FactsJson::new(&run.facts))?;
    out.flush()?;
    match session.nothing_recognised(&run) {
        Some(failure) => Err(failure),
        None => Ok(if run.incomplete() { 2 } else { 0 }),
    }
}
