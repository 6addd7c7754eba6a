//! `exlint paths`: every data path of the catalogue, and whether it is open.

use std::io::{self, Write};

use super::args::{Format, PathsArgs};
use super::failure::Failure;
use super::session::Session;
use crate::report::json::{self, paths::PathsJson};

/// Runs the command.
pub fn run(session: &Session, args: &PathsArgs) -> Result<u8, Failure> {
    let run = session.run(&args.paths)?;
    let catalogue = session.catalogue()?;
    let nothing = session.nothing_recognised(&run);
    if nothing.is_none() || args.format == Format::Json {
        let mut out = io::BufWriter::new(io::stdout().lock());
        match args.format {
            Format::Human => session
                .human(&mut out, session.paint)
                .paths(&run, catalogue)?,
            Format::Json => json::write(&mut out, &PathsJson::new(&run, catalogue))?,
        }
        out.flush()?;
    }
    match nothing {
        Some(failure) => Err(failure),
        None => Ok(if run.incomplete() { 2 } else { 0 }),
    }
}
