//! `exlint facts`: what rules see, as JSON.

use std::io::{self, Write};

use super::args::FactsArgs;
use super::failure::Failure;
use super::session::Session;
use crate::report::json;

/// Runs the command.
pub fn run(session: &Session, args: &FactsArgs) -> Result<u8, Failure> {
    let run = session.run(&args.paths)?;
    let facts =
        serde_json::to_value(&run.facts).map_err(|error| Failure::Internal(error.to_string()))?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    json::write(&mut out, &json::safe_value(&facts))?;
    out.flush()?;
    match session.nothing_recognised(&run) {
        Some(failure) => Err(failure),
        None => Ok(if run.incomplete() { 2 } else { 0 }),
    }
}
