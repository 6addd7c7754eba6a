//! `exlint init`: which exports are missing, and which rules they would enable.
//! With `--write` it drafts an `exlint.toml`; one that is there stays as it is.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::args::{Format, InitArgs};
use super::failure::Failure;
use super::outputs;
use super::session::Session;
use crate::finding::Run;
use crate::report::init::Plan;
use crate::report::inventory_draft::draft;
use crate::report::json::{self, init::InitJson};

/// Runs the command. A folder without any export is where everybody begins.
pub fn run(session: &Session, args: &InitArgs) -> Result<u8, Failure> {
    let folder: Vec<PathBuf> = args.folder.iter().cloned().collect();
    let run = session.run(&folder)?;
    if args.write {
        write(session, &run, args.folder.as_deref())?;
    }
    let policies = session.policies_of(&run)?;
    let plan = Plan::new(&run, &policies);
    let mut out = io::BufWriter::new(io::stdout().lock());
    match args.format {
        Format::Human => session.human(&mut out, session.paint).init(&plan)?,
        Format::Json => json::write(&mut out, &InitJson::new(&plan))?,
    }
    out.flush()?;
    Ok(if run.incomplete() { 2 } else { 0 })
}

/// Writes the draft, unless a file of the name is there.
fn write(session: &Session, run: &Run, folder: Option<&Path>) -> Result<(), Failure> {
    let folder = folder.unwrap_or_else(|| Path::new("."));
    let file = folder.join("exlint.toml");
    let content = draft(run, folder);
    outputs::write_new(&file, content.as_bytes())
        .map_err(|error| session.cannot_write(&file, &error))?;
    let text = session
        .words
        .fill("init.written", &[("file", &file.display())]);
    let _ = writeln!(io::stderr(), "{text}");
    Ok(())
}
