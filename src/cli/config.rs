//! `exlint config`: how runs are judged here, and who said so.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;

use super::failure::{Explained, Failure};
use super::gate::GateArgs;
use super::session::Session;
use crate::configure;
use crate::finding::Run;
use crate::formats::ProblemLevel;
use crate::report::human::ConfigurationFile;

/// The JSON Schema of `exlint.toml`.
const SCHEMA: &str = include_str!("../../schemas/config.schema.json");

/// Options of `config`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  exlint config --show ./exports        every value, and who said so
  exlint config --show --profile strict ./exports
  exlint config --schema > config.schema.json")]
pub struct ConfigArgs {
    /// Files or folders from which `exlint.toml` is looked for upwards.
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    /// Show the effective configuration (what happens without an option, too).
    #[arg(long)]
    pub show: bool,

    /// Print the JSON Schema of `exlint.toml`.
    #[arg(long, conflicts_with = "show")]
    pub schema: bool,

    /// Which findings count.
    #[command(flatten)]
    pub counting: GateArgs,
}

/// Runs the command.
pub fn run(session: &Session, args: &ConfigArgs) -> Result<u8, Failure> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    if args.schema {
        out.write_all(SCHEMA.as_bytes())
            .and_then(|()| out.flush())?;
        return Ok(0);
    }
    let options = session.options(&args.paths)?;
    let run = configure(&options).map_err(|error| session.run_error(error, &options))?;
    wrong(session, &run)?;
    let inventory = run.estate.inventory.as_ref();
    let file = inventory.and_then(|inventory| run.sources.get(inventory.span?.file));
    let from = options.paths.first().cloned().unwrap_or_default();
    let found = match file {
        Some(file) => ConfigurationFile::Used(file.name()),
        None => ConfigurationFile::None(&from),
    };
    session
        .human(&mut out, session.paint)
        .configuration(&run, &found)
        .and_then(|()| out.flush())?;
    Ok(0)
}

/// What is wrong in the file itself; that it names firewalls of which no file
/// was read here is none of it.
fn wrong(session: &Session, run: &Run) -> Result<(), Failure> {
    let errors = run
        .files
        .iter()
        .flat_map(|file| &file.problems)
        .filter(|problem| problem.level == ProblemLevel::Error);
    let mut details = Vec::new();
    for problem in errors {
        let Some((file, at)) = run.sources.locate(problem.span) else {
            continue;
        };
        let message = session.words.phrase(&problem.message);
        details.push(format!("{file}:{}:{}: {message}", at.line, at.column));
        if let Some(hint) = &problem.hint {
            let help = session.words.get("error.help");
            details.push(format!("    {help}{}", session.words.phrase(hint)));
        }
    }
    if details.is_empty() {
        return Ok(());
    }
    Err(Failure::Configuration(Explained {
        message: session.words.get("error.configuration").to_owned(),
        details,
        help: vec![session.words.get("error.help-inventory").to_owned()],
    }))
}
