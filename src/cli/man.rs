//! `exlint man`: the manual page, with every command.

use std::io::{self, Write};

use super::failure::Failure;
use super::localise;
use crate::finding::Language;

/// Runs the command.
pub fn run() -> Result<u8, Failure> {
    let command = localise::command(Language::English);
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut page)?;
    for sub in command.get_subcommands() {
        let name = format!("exlint {}", sub.get_name());
        let man = clap_mangen::Man::new(sub.clone().bin_name(name.clone()));
        writeln!(page, ".SH \"{}\"", name.to_uppercase())?;
        man.render_synopsis_section(&mut page)?;
        man.render_description_section(&mut page)?;
        man.render_options_section(&mut page)?;
    }
    io::stdout().lock().write_all(&page)?;
    Ok(0)
}
