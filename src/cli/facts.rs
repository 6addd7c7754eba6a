//! `exlint facts`: what rules see, as JSON.

use std::io::{self, Write};

use super::args::FactsArgs;
use super::failure::Failure;
use super::session::Session;
use crate::report::json::{self, facts::FactsJson};

/// Describes the facts.
const SCHEMA: &str = include_str!("../../schemas/facts.schema.json");

/// Runs the command.
pub fn run(session: &Session, args: &FactsArgs) -> Result<u8, Failure> {
    if args.describe {
        io::stdout().lock().write_all(SCHEMA.as_bytes())?;
        return Ok(0);
    }
    let run = session.run_for_facts(&args.paths)?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    json::write(&mut out, &FactsJson::new(&run.facts))?;
    out.flush()?;
    match session.nothing_recognised(&run) {
        Some(failure) => Err(failure),
        None => Ok(if run.incomplete() { 2 } else { 0 }),
    }
}
