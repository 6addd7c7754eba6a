//! The command line: arguments in, exit code out. One thin file per command.

mod args;
mod baseline;
mod check;
mod completions;
mod config;
mod coverage;
mod diff;
mod environment;
mod explain;
mod facts;
mod failure;
mod gate;
mod init;
mod localise;
mod man;
mod new;
mod notes;
mod outputs;
mod paths;
mod require;
mod rules;
mod session;
mod test;
mod timing;
mod trace;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::FromArgMatches;

pub use args::Cli;
use args::Command;
pub use failure::{Explained, Failure};
use gate::GateArgs;
use session::Session;

use crate::{Options, RunError, policy};

/// Runs exlint with the arguments of the process.
#[must_use]
pub fn main() -> ExitCode {
    let args: Vec<OsString> = require::joined(std::env::args_os().collect());
    let language = localise::language(&args);
    let matches = match localise::command(language).try_get_matches_from(&args) {
        Ok(matches) => matches,
        Err(error) => return localise::usage(&error, language, &args),
    };
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => return localise::usage(&error, language, &args),
    };
    let told = Session::new(cli.global.clone(), language);
    policy::limit_memory(move |errors| {
        // The engine cannot be stopped in any other way.
        let failure = told.run_error(RunError::Policy(errors), &Options::default());
        told.report(&failure);
        std::process::exit(failure.code().into());
    });
    let mut session = Session::new(cli.global, language);
    let within = matches
        .subcommand()
        .map_or(&matches, |(_, matches)| matches);
    let counting = match &cli.command {
        None => &cli.check.counting,
        Some(Command::Check(args)) => &args.counting,
        Some(Command::Config(args)) => &args.counting,
        Some(Command::Diff(args)) => &GateArgs {
            no_suppressions: args.no_suppressions,
            ..GateArgs::default()
        },
        Some(_) => &GateArgs::default(),
    };
    if let Err(failure) = session.choose(counting, within) {
        session.report(&failure);
        return ExitCode::from(failure.code());
    }
    let result = match &cli.command {
        None => check::run(&session, &cli.check, &matches),
        Some(Command::Check(args)) => match matches.subcommand() {
            Some((_, matches)) => check::run(&session, args, matches),
            None => check::run(&session, args, &matches),
        },
        Some(Command::Baseline(args)) => baseline::run(&mut session, args),
        Some(Command::Config(args)) => config::run(&session, args),
        Some(Command::Paths(args)) => paths::run(&session, args),
        Some(Command::Trace(args)) => trace::run(&session, args),
        Some(Command::Diff(args)) => diff::run(&session, args),
        Some(Command::Coverage(args)) => coverage::run(&session, args),
        Some(Command::Facts(args)) => facts::run(&session, args),
        Some(Command::Rules(args)) => rules::run(&session, args),
        Some(Command::Init(args)) => init::run(&session, args),
        Some(Command::Explain(args)) => explain::run(&session, args),
        Some(Command::New(args)) => new::run(&session, args),
        Some(Command::Test(args)) => test::run(&session, args),
        Some(Command::Completions(args)) => completions::run(args),
        Some(Command::Man) => man::run(),
    };
    ExitCode::from(match result {
        Ok(code) => code,
        Err(failure) => {
            session.report(&failure);
            failure.code()
        }
    })
}
