//! `exlint init`: which exports are missing, and which rules they would enable.
//! It writes nothing but its output.

use std::io::{self, Write};
use std::path::PathBuf;

use super::args::{Format, InitArgs};
use super::failure::Failure;
use super::session::Session;
use crate::report::init::Plan;
use crate::report::json::{self, init::InitJson};

/// Runs the command. A folder without any export is where everybody begins.
pub fn run(session: &Session, args: &InitArgs) -> Result<u8, Failure> {
    let folder: Vec<PathBuf> = args.folder.iter().cloned().collect();
    let run = session.run(&folder)?;
    let policies = session.policies()?;
    let plan = Plan::new(&run, &policies);
    let mut out = io::BufWriter::new(io::stdout().lock());
    match args.format {
        Format::Human => session.human(&mut out, session.paint).init(&plan)?,
        Format::Json => json::write(&mut out, &InitJson::new(&plan))?,
    }
    out.flush()?;
    Ok(if run.incomplete() { 2 } else { 0 })
}
