//! The command line: one definition of each option, with its help.
//!
//! Japanese help texts stand in `messages.ja.toml` under `help`; a test makes
//! sure that none is missing.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use super::gate::GateArgs;
use crate::policy::Severity;
use crate::report::ColorChoice;

/// Checks exported firewall configurations and Exchange settings against the
/// data paths of Exchange Server 2007.
#[derive(Debug, Parser)]
#[command(
    name = "exlint",
    version,
    about,
    long_about = None,
    disable_help_subcommand = true,
    max_term_width = 80,
    after_help = EXAMPLES
)]
pub struct Cli {
    /// What to do; `check` when left out.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// The options of `check`.
    #[command(flatten)]
    pub check: CheckArgs,

    /// Options of every command.
    #[command(flatten)]
    pub global: GlobalArgs,
}

/// Examples below `exlint --help`.
pub const EXAMPLES: &str = "\
Examples:
  exlint ./exports                      findings, with the lines that show them
  exlint ./exports --fail-on error      exit code 1 for errors only
  exlint --format json --output findings.json ./exports
  ssh admin@fw1 'show running-config' | exlint --stdin-filename fw1.cfg -
  exlint coverage ./exports             what was read, and what is missing
  exlint explain FU005                  a rule, its reasons and its cure

Exit codes: 0 nothing at or above --fail-on, 1 findings, 2 usage, unreadable
input or internal error, 3 no input recognised.";

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Report what is wrong, with the lines that show it.
    Check(CheckArgs),
    /// Remember today's findings, so that only new ones fail a run.
    Baseline(super::baseline::BaselineArgs),
    /// Show the configuration that counts here, and who said so.
    Config(super::config::ConfigArgs),
    /// Show where every data path runs here, and whether it is open.
    Paths(PathsArgs),
    /// Explain what happens to one flow, or to each of a batch of questions.
    Trace(super::trace::TraceArgs),
    /// Show what a change opens, blocks, introduces and cures.
    Diff(super::diff::DiffArgs),
    /// Show what was read and understood, and which rules lack data.
    Coverage(CoverageArgs),
    /// Print what rules see, as JSON.
    Facts(FactsArgs),
    /// Show which exports are missing, and which rules they would enable.
    Init(InitArgs),
    /// List the rules.
    Rules(RulesArgs),
    /// Explain a rule: what it checks, why, and how to fix it.
    Explain(ExplainArgs),
    /// Write the beginning of something of your own: a rule.
    New(super::new::NewArgs),
    /// Run the examples of rule pages as tests.
    Test(TestArgs),
    /// Print a completion script for a shell.
    Completions(CompletionsArgs),
    /// Print the manual page.
    Man,
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
pub struct GlobalArgs {
    /// Configuration to use, instead of the `exlint.toml` found from the paths upwards.
    #[arg(
        long,
        value_name = "FILE",
        env = "EXLINT_CONFIG",
        hide_env_values = true,
        global = true,
        help_heading = "Input"
    )]
    pub config: Option<PathBuf>,

    /// Take files that match a glob for a format (repeatable).
    #[arg(
        long = "format-of",
        value_name = "GLOB=FORMAT",
        global = true,
        help_heading = "Input"
    )]
    pub format_of: Vec<String>,

    /// Name to show for standard input (`-`).
    #[arg(long, value_name = "NAME", global = true, help_heading = "Input")]
    pub stdin_filename: Option<String>,

    /// Follow symbolic links inside folders.
    #[arg(long, global = true, help_heading = "Input")]
    pub follow_links: bool,

    /// Add the rules in a folder (repeatable).
    #[arg(long, value_name = "DIR", global = true, help_heading = "Input")]
    pub policy: Vec<PathBuf>,

    /// Judge dates as of this day (YYYY-MM-DD); today when left out.
    #[arg(
        long,
        value_name = "DATE",
        env = "EXLINT_REFERENCE_DATE",
        hide_env_values = true,
        global = true,
        help_heading = "Input"
    )]
    pub reference_date: Option<String>,

    /// Language of the output; from LC_ALL, LC_MESSAGES or LANG when left out.
    #[arg(
        long,
        value_name = "LANG",
        value_enum,
        env = "EXLINT_LANG",
        hide_env_values = true,
        global = true,
        help_heading = "Output"
    )]
    pub lang: Option<Lang>,

    /// When to use colours (also NO_COLOR, FORCE_COLOR, CLICOLOR).
    #[arg(
        long,
        value_name = "WHEN",
        value_enum,
        env = "EXLINT_COLOR",
        hide_env_values = true,
        default_value = "auto",
        global = true,
        help_heading = "Output"
    )]
    pub color: Color,

    /// Exit with 1 when a finding has at least this severity (by default `warning`).
    #[arg(
        long,
        value_name = "SEVERITY",
        value_enum,
        env = "EXLINT_FAIL_ON",
        hide_env_values = true,
        global = true,
        help_heading = "Output"
    )]
    pub fail_on: Option<FailOn>,

    /// Say more: evidence of formats, lists in full.
    #[arg(short, long, global = true, help_heading = "Output")]
    pub verbose: bool,

    /// Say less: only findings, no open questions, no notes on standard error.
    #[arg(
        short,
        long,
        global = true,
        conflicts_with = "verbose",
        help_heading = "Output"
    )]
    pub quiet: bool,

    /// Number of threads to read files with.
    #[arg(long, value_name = "N", global = true, help_heading = "Output")]
    pub threads: Option<usize>,
}

/// Options of `check`.
#[derive(Debug, Clone, Args)]
#[command(after_help = CHECK_EXAMPLES)]
pub struct CheckArgs {
    /// Files, folders, or `-` for standard input; the current folder when left out.
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    /// Format of the findings (repeatable; each may have an `--output`).
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub format: Vec<CheckFormat>,

    /// File for the `--format` before it; standard output when left out.
    #[arg(long, value_name = "FILE")]
    pub output: Vec<PathBuf>,

    /// What must have been evaluated.
    #[command(flatten)]
    pub gate: CoverageGate,

    /// Which findings count.
    #[command(flatten)]
    pub counting: GateArgs,

    /// Show one page: counts, the worst, and what could not be decided.
    #[arg(long)]
    pub summary: bool,

    /// Name the ten rules that took longest, on standard error.
    #[arg(long)]
    pub timing: bool,
}

const CHECK_EXAMPLES: &str = "\
Examples:
  exlint check firewall.cfg exchange/
  exlint check --format human --format json --output findings.json ./exports
  exlint check --format html --output report.html ./exports
  exlint check --summary ./exports      one page for whoever decides
  exlint check --require-coverage=90% ./exports
  exlint check --reference-date 2009-11-02 --lang ja ./exports";

/// Options of `paths`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  exlint paths ./exports
  exlint paths --row hub-to-edge-smtp ./exports
  exlint paths --row transport/2 --row transport/3 ./exports
  exlint paths --service tcp/135 --server mail1 ./exports
  exlint paths --format json ./exports | jq '.paths[] | select(.state == \"blocked\")'")]
pub struct PathsArgs {
    /// Files, folders, or `-` for standard input; the current folder when left out.
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    /// Show this row only: the id of a path, or its table and row (`transport/2`);
    /// repeatable.
    #[arg(long = "row", value_name = "ROW")]
    pub rows: Vec<String>,

    /// Show only where this service runs (`tcp/135`).
    #[arg(long = "service", value_name = "SERVICE")]
    pub only_service: Option<String>,

    /// Show only what begins or ends at this server, zone, or `internet`.
    #[arg(long = "server", value_name = "NAME")]
    pub only_server: Option<String>,

    /// Format of the output.
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "human")]
    pub format: Format,
}

/// How much must have been evaluated, for `check` and `coverage`.
#[derive(Debug, Clone, Args)]
pub struct CoverageGate {
    /// Exit with 3 when rules lack the inputs that they need: any of them, one of a
    /// list (`FU005,RC001`), or too many for a share (`90%`).
    #[arg(
        long,
        value_name = "RULES|PERCENT",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "100%"
    )]
    pub require_coverage: Option<String>,
}

/// Options of `coverage`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  exlint coverage ./exports
  exlint coverage -v firewall.cfg       every line that was not understood
  exlint coverage --require-coverage=FU005,RC001 ./exports")]
pub struct CoverageArgs {
    /// Files, folders, or `-` for standard input; the current folder when left out.
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    /// Format of the output.
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "human")]
    pub format: Format,

    /// What must have been evaluated.
    #[command(flatten)]
    pub gate: CoverageGate,
}

/// Options of `facts`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  exlint facts ./exports > facts.json
  exlint facts ./exports | jq '.servers[].name'
  exlint facts --schema > facts.schema.json")]
pub struct FactsArgs {
    /// Files, folders, or `-` for standard input; the current folder when left out.
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    /// Print the JSON Schema that describes the facts instead.
    #[arg(long = "schema", conflicts_with = "paths")]
    pub describe: bool,
}

/// Options of `init`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  exlint init ./exports                 what is missing, with the commands
  exlint init --write ./exports         and a first exlint.toml
  exlint init --format json ./exports | jq -r '.missing[].kind'")]
pub struct InitArgs {
    /// The folder that holds the exports, or will; the current folder when left out.
    #[arg(value_name = "DIR")]
    pub folder: Option<PathBuf>,

    /// Write an `exlint.toml` there, drafted from what the exports tell.
    #[arg(long)]
    pub write: bool,

    /// Format of the output.
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "human")]
    pub format: Format,
}

/// Options of `rules`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  exlint rules
  exlint rules --format json | jq -r '.rules[].id'")]
pub struct RulesArgs {
    /// Format of the output.
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "human")]
    pub format: Format,
}

/// Options of `explain`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  exlint explain FU005
  exlint explain FU005 FU018
  exlint explain --lang ja adam-cleartext-port-exposed")]
pub struct ExplainArgs {
    /// Ids or names of rules.
    #[arg(value_name = "RULE", required = true)]
    pub rules: Vec<String>,
}

/// Options of `test`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  exlint test                           the built-in rules
  exlint test my-policies/              the rules in a folder")]
pub struct TestArgs {
    /// Folders with rules; the built-in rules when left out.
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
}

/// Options of `completions`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Example:
  exlint completions bash > ~/.local/share/bash-completion/completions/exlint")]
pub struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum)]
    pub shell: Shell,
}

/// Formats of the findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// Text for a terminal.
    Human,
    /// One line for each finding.
    Concise,
    /// One JSON object.
    Json,
    /// JSON lines: one object for each finding.
    Jsonl,
    /// SARIF 2.1.0, for code scanning and editors.
    Sarif,
    /// JUnit XML, for build servers.
    Junit,
    /// Annotations for GitHub Actions.
    Github,
    /// A summary of a job of GitHub Actions, in Markdown.
    GithubSummary,
    /// Code Quality report of GitLab.
    Gitlab,
    /// Checkstyle XML.
    Checkstyle,
    /// A table for a spreadsheet.
    Csv,
    /// The whole result in Markdown.
    Markdown,
    /// One page for a browser, in both languages, with a picture.
    Html,
}

/// Formats of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Text for a terminal.
    Human,
    /// One JSON object.
    Json,
}

/// Languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Lang {
    /// English.
    En,
    /// Japanese.
    Ja,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl From<Color> for ColorChoice {
    fn from(color: Color) -> Self {
        match color {
            Color::Auto => Self::Auto,
            Color::Always => Self::Always,
            Color::Never => Self::Never,
        }
    }
}

/// Severities for `--fail-on`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Errors.
    Error,
    /// Warnings and errors.
    Warning,
    /// Any finding.
    Note,
}

impl From<FailOn> for Severity {
    fn from(fail_on: FailOn) -> Self {
        match fail_on {
            FailOn::Error => Self::Error,
            FailOn::Warning => Self::Warning,
            FailOn::Note => Self::Note,
        }
    }
}
