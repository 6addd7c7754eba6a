//! Options that environment variables give: a variable that is empty counts as
//! unset, and what is wrong with a value is told of the variable that has it.

use std::ffi::{OsStr as SystemStr, OsString};

use clap::builder::{OsStr, Resettable};
use clap::{Arg, Command};

/// The command line without variables that are empty.
#[must_use]
pub fn without_empty(command: Command) -> Command {
    command
        .mut_args(|arg| {
            let empty = arg
                .get_env()
                .is_some_and(|name| std::env::var_os(name).is_some_and(|value| value.is_empty()));
            match empty {
                true => arg.env(Resettable::<OsStr>::Reset),
                false => arg,
            }
        })
        .mut_subcommands(without_empty)
}

/// The variable that gives an option its value: `shown` is the option as help
/// shows it, `words` is the command line. `None` where the option stands there.
#[must_use]
pub fn variable(command: &Command, shown: &str, words: &[OsString]) -> Option<String> {
    let arg = find(command, shown)?;
    let long = format!("--{}", arg.get_long()?);
    let written = words.iter().any(|word| {
        let word = word.to_string_lossy();
        word == long || word.starts_with(&format!("{long}="))
    });
    let name = arg.get_env().filter(|_| !written)?;
    is_set(name).then(|| name.to_string_lossy().into_owned())
}

fn is_set(name: &SystemStr) -> bool {
    std::env::var_os(name).is_some_and(|value| !value.is_empty())
}

/// The option that help shows so, of a command or of one below it.
fn find<'c>(command: &'c Command, shown: &str) -> Option<&'c Arg> {
    let own = command.get_arguments().find(|arg| arg.to_string() == shown);
    own.or_else(|| {
        let mut below = command.get_subcommands();
        below.find_map(|command| find(command, shown))
    })
}
