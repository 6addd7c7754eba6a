//! `exlint rules`: all rules.

use std::io::{self, Write};

use super::args::{Format, RulesArgs};
use super::failure::Failure;
use super::session::Session;
use crate::report::json::{self, rules::RulesJson};

/// Runs the command.
pub fn run(session: &Session, args: &RulesArgs) -> Result<u8, Failure> {
    let policies = session.policies_here()?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    match args.format {
        Format::Human => session.human(&mut out, session.paint).rules(&policies)?,
        Format::Json => json::write(&mut out, &RulesJson::new(&policies))?,
    }
    out.flush()?;
    Ok(0)
}
