//! The command line in the user's language: help texts and usage errors.

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command, CommandFactory};

use super::args::Cli;
use super::environment;
use super::failure::{Explained, Failure};
use crate::finding::Language;
use crate::report::{COLUMNS, ColorChoice, ColorEnvironment, Messages, Paint, wrap};

/// The language of the user: `--lang`, else `LC_ALL`, `LC_MESSAGES`, `LANG`.
///
/// It is read before the arguments are parsed, because help and usage errors
/// need it.
#[must_use]
pub fn language(args: &[OsString]) -> Language {
    let mut chosen = None;
    let mut args = args.iter().skip(1).map(|arg| arg.to_string_lossy());
    while let Some(arg) = args.next() {
        if arg == "--" {
            break;
        }
        if let Some(value) = arg.strip_prefix("--lang=") {
            chosen = Language::from_locale(value);
        } else if arg == "--lang" {
            chosen = args.next().and_then(|value| Language::from_locale(&value));
        }
    }
    chosen
        .or_else(|| {
            ["EXLINT_LANG", "LC_ALL", "LC_MESSAGES", "LANG"]
                .iter()
                .filter_map(|name| std::env::var(name).ok())
                .find(|value| !value.is_empty())
                .and_then(|value| Language::from_locale(&value))
        })
        .unwrap_or_default()
}

/// The command line with its help in a language.
#[must_use]
pub fn command(language: Language) -> Command {
    let command = environment::without_empty(Cli::command());
    match language {
        Language::English => command,
        Language::Japanese => japanese(command, true),
    }
}

/// Names of all commands.
#[must_use]
pub fn command_names() -> Vec<String> {
    Cli::command()
        .get_subcommands()
        .map(|command| command.get_name().to_owned())
        .collect()
}

const TEMPLATE: &str = "{about}\n\n使用法: {usage}\n\n{all-args}\n\n{after-help}";

fn japanese(command: Command, root: bool) -> Command {
    let words = Messages::of(Language::Japanese);
    let name = command.get_name().to_owned();
    let text = |key: &str| words.find(key).map(str::to_owned);
    let mut command = command
        .help_template(TEMPLATE)
        .next_line_help(true)
        .subcommand_help_heading("コマンド")
        .disable_help_flag(true)
        .arg(
            Arg::new("help")
                .short('h')
                .long("help")
                .action(ArgAction::Help)
                .help(text("help.arg-help").unwrap_or_default())
                .help_heading("オプション"),
        );
    if root {
        command = command.disable_version_flag(true).arg(
            Arg::new("version")
                .short('V')
                .long("version")
                .action(ArgAction::Version)
                .help(text("help.arg-version").unwrap_or_default())
                .help_heading("オプション"),
        );
    }
    let about = text(&format!("help.{name}"));
    if let Some(about) = about {
        // A command's description also stands in the list of commands.
        let indent = if root { 0 } else { HELP_INDENT };
        command = command.about(wrapped(&about, indent));
    }
    let after = text(&format!("help.{name}-examples"));
    if let Some(after) = after {
        command = command.after_help(after);
    }
    command
        .mut_args(|arg| japanese_argument(arg, words))
        .mut_subcommands(|command| japanese(command, false))
}

/// Columns that clap puts before the help of an argument on its own line.
const HELP_INDENT: usize = 10;

/// Breaks Japanese text, which clap cannot, to the width that is left.
fn wrapped(text: &str, indent: usize) -> String {
    wrap::lines(text, COLUMNS.saturating_sub(indent)).join("\n")
}

fn japanese_argument(arg: Arg, words: &Messages) -> Arg {
    let key = format!("help.arg-{}", arg.get_id().as_str().replace('_', "-"));
    let heading = match arg.get_help_heading() {
        Some("Input") => "入力",
        Some("Output") => "出力",
        Some("Rules") => "規則",
        Some("Exceptions") => "例外",
        _ if arg.is_positional() => "引数",
        _ => "オプション",
    };
    let mut arg = arg.help_heading(heading);
    if arg.get_action().takes_values() {
        arg = arg.hide_possible_values(true).hide_default_value(true);
    }
    match words.find(&key) {
        Some(help) => {
            let help = wrapped(help, HELP_INDENT);
            arg.help(help.clone()).long_help(help)
        }
        None => arg,
    }
}

/// Prints help, the version, or what is wrong with the arguments.
pub fn usage(error: &clap::Error, language: Language, args: &[OsString]) -> ExitCode {
    if !error.use_stderr() {
        let text = error.render();
        let mut out = io::stdout().lock();
        let colour = colours(out.is_terminal());
        let text = if colour {
            text.ansi().to_string()
        } else {
            text.to_string()
        };
        // A closed pipe is no error.
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        return ExitCode::SUCCESS;
    }
    let mut out = io::stderr().lock();
    let paint = Paint {
        colour: colours(out.is_terminal()),
    };
    let words = Messages::of(language);
    Failure::User(explain(error, words, args)).write(&mut out, words, paint, COLUMNS);
    ExitCode::from(2)
}

fn colours(terminal: bool) -> bool {
    ColorChoice::Auto.decide(&ColorEnvironment::of_process(terminal))
}

/// What is wrong with the arguments, in our words.
fn explain(error: &clap::Error, words: &Messages, args: &[OsString]) -> Explained {
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        Some(ContextValue::Strings(texts)) => Some(texts.join(", ")),
        Some(ContextValue::StyledStr(text)) => Some(text.to_string()),
        Some(ContextValue::Number(n)) => Some(n.to_string()),
        _ => None,
    };
    let arg = context(ContextKind::InvalidArg).unwrap_or_default();
    // Whoever set a variable does not look for an option.
    let mut command = Cli::command();
    command.build();
    let arg = environment::variable(&command, &arg, args).unwrap_or(arg);
    let value = context(ContextKind::InvalidValue).unwrap_or_default();
    let message = match error.kind() {
        ErrorKind::UnknownArgument => words.fill("usage.unknown-argument", &[("arg", &arg)]),
        ErrorKind::InvalidValue if value.is_empty() => {
            words.fill("usage.missing-value", &[("arg", &arg)])
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            words.fill("usage.invalid-value", &[("arg", &arg), ("value", &value)])
        }
        ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => {
            words.fill("usage.missing-value", &[("arg", &arg)])
        }
        ErrorKind::InvalidSubcommand => {
            let name = context(ContextKind::InvalidSubcommand).unwrap_or_default();
            words.fill("usage.unknown-command", &[("command", &name)])
        }
        ErrorKind::MissingRequiredArgument => {
            words.fill("usage.missing-argument", &[("arg", &arg)])
        }
        ErrorKind::ArgumentConflict => {
            let prior = context(ContextKind::PriorArg).unwrap_or_default();
            words.fill("usage.conflict", &[("arg", &arg), ("prior", &prior)])
        }
        _ => {
            let text = error.render().to_string();
            let first = text.lines().next().unwrap_or_default();
            first.trim_start_matches("error: ").to_owned()
        }
    };
    let mut help = Vec::new();
    let near = context(ContextKind::SuggestedArg)
        .or_else(|| context(ContextKind::SuggestedValue))
        .or_else(|| context(ContextKind::SuggestedSubcommand));
    if let Some(near) = near {
        help.push(words.fill("error.help-nearest", &[("near", &near)]));
    }
    let values = context(ContextKind::ValidValue);
    if let Some(values) = values.filter(|values| !values.is_empty()) {
        help.push(words.fill("usage.values", &[("values", &values)]));
    }
    help.push(words.get("usage.hint").to_owned());
    Explained {
        message,
        details: Vec::new(),
        help,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn japanese_text(text: &str) -> bool {
        text.chars().any(|c| ('\u{3040}'..='\u{9fff}').contains(&c))
    }

    fn check(command: &Command) {
        let name = command.get_name();
        let about = command
            .get_about()
            .map(ToString::to_string)
            .unwrap_or_default();
        assert!(japanese_text(&about), "{name} has no Japanese description");
        if let Some(after) = command.get_after_help() {
            assert!(japanese_text(&after.to_string()), "examples of {name}");
        }
        for arg in command.get_arguments() {
            let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
            assert!(japanese_text(&help), "{name} {}", arg.get_id());
        }
        for command in command.get_subcommands() {
            check(command);
        }
    }

    #[test]
    fn every_help_text_exists_in_japanese() {
        check(&command(Language::Japanese));
    }

    #[test]
    fn the_command_line_is_consistent() {
        command(Language::English).debug_assert();
        command(Language::Japanese).debug_assert();
    }

    #[test]
    fn the_option_wins_over_the_environment() {
        let args = |list: &[&str]| list.iter().map(OsString::from).collect::<Vec<_>>();
        assert_eq!(
            language(&args(&["exlint", "--lang", "ja"])),
            Language::Japanese
        );
        assert_eq!(
            language(&args(&["exlint", "check", "--lang=ja"])),
            Language::Japanese
        );
        assert_eq!(
            language(&args(&["exlint", "--lang=en", "--", "--lang=ja"])),
            Language::English
        );
    }
}
