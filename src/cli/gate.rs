//! Options that say which findings count, and how much.

use std::path::PathBuf;
use std::sync::Arc;

use clap::builder::BoolishValueParser;
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, ValueEnum};

use super::failure::{Explained, Failure};
use super::session::Session;
use crate::finding::configuration::{Choices, Level, Origin, Profile, Setting};
use crate::policy::Confidence;

/// Options that say which findings count.
#[derive(Debug, Clone, Default, Args)]
pub struct GateArgs {
    /// Evaluate only these rules: ids, names, areas, or beginnings of ids (`FU`).
    #[arg(
        long,
        value_name = "RULES",
        value_delimiter = ',',
        env = "EXLINT_SELECT",
        hide_env_values = true,
        help_heading = "Rules"
    )]
    pub select: Vec<String>,

    /// Do not evaluate these rules.
    #[arg(
        long,
        value_name = "RULES",
        value_delimiter = ',',
        env = "EXLINT_IGNORE",
        hide_env_values = true,
        help_heading = "Rules"
    )]
    pub ignore: Vec<String>,

    /// Give the findings of a rule another severity, or turn it off (repeatable).
    #[arg(
        long,
        value_name = "RULE=LEVEL",
        value_delimiter = ',',
        env = "EXLINT_SEVERITY",
        hide_env_values = true,
        help_heading = "Rules"
    )]
    pub severity: Vec<String>,

    /// Tell only findings that are at least so sure.
    #[arg(
        long,
        value_name = "CONFIDENCE",
        value_enum,
        env = "EXLINT_MIN_CONFIDENCE",
        hide_env_values = true,
        help_heading = "Rules"
    )]
    pub min_confidence: Option<MinConfidence>,

    /// What the run is for; decides what else is left out.
    #[arg(
        long,
        value_name = "PROFILE",
        value_enum,
        env = "EXLINT_PROFILE",
        hide_env_values = true,
        help_heading = "Rules"
    )]
    pub profile: Option<ProfileName>,

    /// Heed no exception, neither in comments nor in `exlint.toml`.
    #[arg(
        long,
        value_parser = BoolishValueParser::new(),
        env = "EXLINT_NO_SUPPRESSIONS",
        hide_env_values = true,
        help_heading = "Exceptions"
    )]
    pub no_suppressions: bool,

    /// List what exceptions and the baseline hide, with reason and end.
    #[arg(
        long,
        value_parser = BoolishValueParser::new(),
        env = "EXLINT_SHOW_SUPPRESSED",
        hide_env_values = true,
        help_heading = "Exceptions"
    )]
    pub show_suppressed: bool,

    /// Hide findings that a baseline, or an earlier JSON report, knows.
    #[arg(
        long,
        value_name = "FILE",
        env = "EXLINT_BASELINE",
        hide_env_values = true,
        help_heading = "Exceptions"
    )]
    pub baseline: Option<PathBuf>,

    /// Go on without the baseline when its file does not exist.
    #[arg(long, requires = "baseline", help_heading = "Exceptions")]
    pub baseline_optional: bool,
}

/// How sure a finding must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum MinConfidence {
    /// Every link of the evidence is stated by a file.
    Certain,
    /// Links may be inferred.
    Derived,
}

/// Names of profiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ProfileName {
    /// Warnings fail the run; exceptions count.
    Default,
    /// Everything fails the run, and what is hidden is listed.
    Auditor,
    /// As for auditors; exceptions must end within a year, no rule may lack data.
    Strict,
}

impl From<ProfileName> for Profile {
    fn from(name: ProfileName) -> Self {
        match name {
            ProfileName::Default => Self::Default,
            ProfileName::Auditor => Self::Auditor,
            ProfileName::Strict => Self::Strict,
        }
    }
}

/// Where an option's value comes from.
fn origin(
    matches: &ArgMatches,
    id: &str,
    option: &'static str,
    variable: &'static str,
) -> Option<Origin> {
    // Commands that do not judge have none of these options.
    matches.try_contains_id(id).ok()?;
    match matches.value_source(id)? {
        ValueSource::CommandLine => Some(Origin::Option(option)),
        ValueSource::EnvVariable => Some(Origin::Variable(variable)),
        _ => None,
    }
}

impl Session {
    /// Keeps what the user chose for this command.
    ///
    /// # Errors
    /// When an option has no meaning, or the baseline cannot be read.
    pub fn choose(&mut self, args: &GateArgs, matches: &ArgMatches) -> Result<(), Failure> {
        let levels = self.levels(&args.severity)?;
        self.choices = Choices {
            profile: args.profile.and_then(|name| {
                let origin = origin(matches, "profile", "--profile", "EXLINT_PROFILE")?;
                Some(Setting::new(Profile::from(name), origin))
            }),
            select: origin(matches, "select", "--select", "EXLINT_SELECT")
                .map(|origin| Setting::new(args.select.clone(), origin)),
            ignore: origin(matches, "ignore", "--ignore", "EXLINT_IGNORE")
                .map(|origin| Setting::new(args.ignore.clone(), origin)),
            levels: origin(matches, "severity", "--severity", "EXLINT_SEVERITY")
                .map(|origin| Setting::new(levels, origin)),
            fail_on: self.global.fail_on.and_then(|severity| {
                let origin = origin(matches, "fail_on", "--fail-on", "EXLINT_FAIL_ON")?;
                Some(Setting::new(severity.into(), origin))
            }),
            min_confidence: args.min_confidence.and_then(|wanted| {
                let option = ("--min-confidence", "EXLINT_MIN_CONFIDENCE");
                let origin = origin(matches, "min_confidence", option.0, option.1)?;
                let wanted = match wanted {
                    MinConfidence::Certain => Confidence::Certain,
                    MinConfidence::Derived => Confidence::Derived,
                };
                Some(Setting::new(wanted, origin))
            }),
            no_suppressions: origin(
                matches,
                "no_suppressions",
                "--no-suppressions",
                "EXLINT_NO_SUPPRESSIONS",
            )
            .map(|origin| Setting::new(args.no_suppressions, origin)),
            show_suppressed: origin(
                matches,
                "show_suppressed",
                "--show-suppressed",
                "EXLINT_SHOW_SUPPRESSED",
            )
            .map(|origin| Setting::new(args.show_suppressed, origin)),
        };
        if let Some(file) = &args.baseline {
            let baseline = self.read_baseline(file, args.baseline_optional)?;
            self.baseline = baseline.map(Arc::new);
        }
        Ok(())
    }

    /// Reads `RULE=LEVEL`.
    fn levels(&self, texts: &[String]) -> Result<Vec<(String, Level)>, Failure> {
        let level = |text: &String| {
            let (rule, word) = text.split_once('=')?;
            Some((rule.trim().to_owned(), Level::from_word(word.trim())?))
        };
        let read = |text| {
            level(text).ok_or_else(|| {
                Failure::User(Explained::new(
                    self.words.fill("error.severity", &[("text", text)]),
                    &[self.words.get("error.help-severity")],
                ))
            })
        };
        texts.iter().map(read).collect()
    }
}
