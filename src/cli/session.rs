//! What every command shares: language, colours, reading the inputs.

use std::io::{self, IsTerminal, Write};
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::GlobalArgs;
use super::failure::{Explained, Failure};
use super::outputs::identity;
use crate::finding::baseline::Baseline;
use crate::finding::configuration::Choices;
use crate::finding::{FileKind, Language, Run};
use crate::formats::detect::Override;
use crate::formats::{FORMATS, ProblemLevel};
use crate::model::path::{Catalogue, exchange_2007};
use crate::policy::{Policies, PolicyError};
use crate::report::human::Human;
use crate::report::{COLUMNS, ColorEnvironment, Messages, Paint};
use crate::source::ReadOptions;
use crate::{Options, RunError, Settings, Side};

/// Files that are named when nothing was recognised.
const NAMED_FILES: usize = 8;

/// Errors of an inventory that are printed.
const NAMED_ERRORS: usize = 20;

/// What every command shares.
pub struct Session {
    /// Options of every command.
    pub global: GlobalArgs,
    /// Language of messages.
    pub language: Language,
    /// Texts in that language.
    pub words: &'static Messages,
    /// Colours of standard output.
    pub paint: Paint,
    /// Colours of standard error.
    pub(super) error_paint: Paint,
    /// What the command line says of rules and exceptions.
    pub(super) choices: Choices,
    /// Findings that were there before.
    pub(super) baseline: Option<Arc<Baseline>>,
}

impl Session {
    /// Looks at the environment once.
    pub fn new(global: GlobalArgs, language: Language) -> Self {
        let choice = crate::report::ColorChoice::from(global.color);
        let paint = |terminal| Paint {
            colour: choice.decide(&ColorEnvironment::of_process(terminal)),
        };
        Self {
            paint: paint(io::stdout().is_terminal()),
            error_paint: paint(io::stderr().is_terminal()),
            words: Messages::of(language),
            language,
            global,
            choices: Choices::default(),
            baseline: None,
        }
    }

    /// A writer of human output.
    pub fn human<'a>(&self, out: &'a mut dyn Write, paint: Paint) -> Human<'a> {
        Human {
            out,
            words: self.words,
            paint,
            columns: COLUMNS,
            verbose: self.global.verbose,
            quiet: self.global.quiet,
        }
    }

    /// Prints a failure on standard error.
    pub fn report(&self, failure: &Failure) {
        let mut out = io::stderr().lock();
        failure.write(&mut out, self.words, self.error_paint, COLUMNS);
    }

    /// Runs the pipeline on the paths and says on standard error what went wrong
    /// with inputs.
    pub fn run(&self, paths: &[PathBuf]) -> Result<Run, Failure> {
        let run = self.judge(paths)?;
        self.inventory(&run)?;
        self.notes(&run);
        Ok(run)
    }

    /// The same with the facts that no rule asks for.
    pub fn run_for_facts(&self, paths: &[PathBuf]) -> Result<Run, Failure> {
        let mut options = self.options(paths)?;
        options.settings.all_facts = true;
        let (run, _) = self.ran(&options)?;
        self.inventory(&run)?;
        self.notes(&run);
        Ok(run)
    }

    /// Runs the pipeline on the paths, whatever is wrong with the inventory.
    pub(super) fn judge(&self, paths: &[PathBuf]) -> Result<Run, Failure> {
        let (run, _) = self.judge_for(paths, &[], false)?;
        Ok(run)
    }

    /// As [`Session::judge`], for reports that go to `outputs`, in both
    /// languages where that is asked for, and with the rules that were asked.
    /// The process ends with the command, and the system takes the memory of
    /// the rules back faster than it can be given back piece by piece.
    pub(super) fn judge_for(
        &self,
        paths: &[PathBuf],
        outputs: &[&Path],
        both_languages: bool,
    ) -> Result<(Run, ManuallyDrop<Arc<Policies>>), Failure> {
        let mut options = self.options(paths)?;
        options.settings.both_languages = both_languages;
        options.read.outputs = outputs.iter().map(|file| identity(file)).collect();
        self.ran(&options)
    }

    fn ran(&self, options: &Options) -> Result<(Run, ManuallyDrop<Arc<Policies>>), Failure> {
        self.threads()?;
        crate::run_with_rules(options)
            .map(|(run, policies)| (run, ManuallyDrop::new(policies)))
            .map_err(|error| self.run_error(error, options))
    }

    /// Reads and joins the paths without asking any rule.
    pub fn gather(&self, paths: &[PathBuf]) -> Result<Run, Failure> {
        let options = self.options(paths)?;
        self.threads()?;
        let run = crate::gather(&options).map_err(|error| self.run_error(error, &options))?;
        self.notes(&run);
        self.inventory(&run)?;
        Ok(run)
    }

    /// Reads paths as one side of a comparison.
    pub(super) fn side(&self, paths: &[PathBuf]) -> Result<Side, Failure> {
        let options = self.options(paths)?;
        crate::side(&options).map_err(|error| self.run_error(error.into(), &options))
    }

    /// Reads what both sides of a comparison share: paths, and the inventory
    /// that the user chose; with `discover` also the one above the paths.
    /// Nothing when there is neither.
    pub(super) fn shared_side(&self, paths: &[PathBuf], discover: bool) -> Result<Side, Failure> {
        let mut options = self.options(paths)?;
        options.paths = paths.to_vec();
        let read = if discover { crate::side } else { crate::shared };
        read(&options).map_err(|error| self.run_error(error.into(), &options))
    }

    /// Built-in rules and those of `--policy`.
    pub fn policies(&self) -> Result<Policies, Failure> {
        let folders = &self.global.policy;
        crate::policies(folders).map_err(|error| self.run_error(error, &Options::default()))
    }

    /// All rules that a run asked.
    pub fn policies_of(&self, run: &Run) -> Result<Policies, Failure> {
        let folders = &self.global.policy;
        crate::policies_of(run, folders).map_err(|error| self.run_error(error, &Options::default()))
    }

    /// All rules that a run in the current folder would ask: also those that
    /// its `exlint.toml` names.
    pub fn policies_here(&self) -> Result<Policies, Failure> {
        let options = self.options(&[])?;
        let run = crate::configure(&options).map_err(|error| self.run_error(error, &options))?;
        self.policies_of(&run)
    }

    /// The rules in folders alone, with those of `--policy`.
    pub fn policies_in(&self, folders: &[PathBuf]) -> Result<Policies, Failure> {
        let all: Vec<PathBuf> = self.global.policy.iter().chain(folders).cloned().collect();
        crate::policies(&all).map_err(|error| self.error_of(error, &Options::default(), &all))
    }

    /// The embedded catalogue.
    pub fn catalogue(&self) -> Result<&'static Catalogue, Failure> {
        exchange_2007().map_err(|error| Failure::Internal(error.to_string()))
    }

    /// How to judge, from the options.
    pub fn settings(&self) -> Result<Settings, Failure> {
        let words = self.words;
        let mut overrides = Vec::new();
        for text in &self.global.format_of {
            let chosen = Override::parse(text, FORMATS).map_err(|error| {
                Failure::User(Explained::new(
                    words.fill(
                        "error.format-of",
                        &[("text", text), ("error", &words.phrase(&error.to_string()))],
                    ),
                    &[words.get("error.help-format-of-form")],
                ))
            })?;
            overrides.push(chosen);
        }
        if let Some(text) = &self.global.reference_date
            && (text.len() != 10 || text.parse::<jiff::civil::Date>().is_err())
        {
            return Err(Failure::User(Explained::new(
                words.fill("error.date", &[("text", text)]),
                &[words.get("error.help-date")],
            )));
        }
        Ok(Settings {
            overrides,
            reference_date: self.global.reference_date.clone(),
            language: self.language,
            both_languages: false,
            inventory: None,
            choices: self.choices.clone(),
            baseline: self.baseline.clone(),
            all_facts: false,
        })
    }

    pub(super) fn options(&self, paths: &[PathBuf]) -> Result<Options, Failure> {
        let words = self.words;
        let global = &self.global;
        let paths = if paths.is_empty() {
            vec![PathBuf::from(".")]
        } else {
            paths.to_vec()
        };
        let stdin = paths.iter().any(|path| path.as_os_str() == "-");
        if global.stdin_filename.is_some() && !stdin {
            return Err(Failure::User(Explained::new(
                words.get("error.stdin-name").to_owned(),
                &[words.get("error.help-stdin-name")],
            )));
        }
        if let Some(config) = global.config.as_deref()
            && let Err(error) = readable(config)
        {
            return Err(Failure::Configuration(Explained::new(
                words.fill(
                    "error.config",
                    &[
                        ("name", &config.display()),
                        ("error", &words.phrase(&error)),
                    ],
                ),
                &[words.get("error.help-config")],
            )));
        }
        Ok(Options {
            paths,
            read: ReadOptions {
                follow_links: global.follow_links,
                stdin_name: global.stdin_filename.clone(),
                ..ReadOptions::default()
            },
            inventory: global.config.clone(),
            policies: global.policy.clone(),
            settings: self.settings()?,
        })
    }

    pub(super) fn threads(&self) -> Result<(), Failure> {
        // 0 means as many as there are cores.
        let n = self.global.threads.unwrap_or(0);
        rayon::ThreadPoolBuilder::new()
            .num_threads(n)
            .use_current_thread()
            .build_global()
            .map_err(|error| {
                Failure::Internal(
                    self.words
                        .fill("error.threads", &[("n", &n), ("error", &error)]),
                )
            })
    }

    pub(super) fn run_error(&self, error: RunError, options: &Options) -> Failure {
        self.error_of(error, options, &self.global.policy)
    }

    /// The same, of a run with the rules in some folders.
    fn error_of(&self, error: RunError, options: &Options, folders: &[PathBuf]) -> Failure {
        let words = self.words;
        match error {
            RunError::Read(error) => {
                let mut explained = Explained::new(
                    words.fill(
                        "error.cannot-read",
                        &[
                            ("name", &error.name),
                            ("error", &words.phrase(&error.error.to_string())),
                        ],
                    ),
                    &[words.get("error.help-path")],
                );
                if let Some(near) = near_command(&error.name, &options.paths) {
                    let hint = words.fill("error.help-nearest", &[("near", &near)]);
                    explained.help.insert(0, hint);
                }
                Failure::User(explained)
            }
            RunError::Policy(errors) => {
                let folders: Vec<String> = folders
                    .iter()
                    .map(|folder| folder.display().to_string())
                    .collect();
                let message = if folders.is_empty() {
                    words.get("error.own-policies").to_owned()
                } else {
                    words.fill("error.policy", &[("name", &folders.join(", "))])
                };
                Failure::Configuration(Explained {
                    message,
                    details: errors.iter().map(policy_error).collect(),
                    help: vec![words.get("error.help-policy").to_owned()],
                })
            }
            RunError::Unknown(unknown) => {
                let details = unknown.iter().map(|(option, unknown)| {
                    let (message, hint) = (unknown.message(), unknown.hint());
                    let (message, hint) = (words.phrase(&message), words.phrase(&hint));
                    format!("{option}: {message}; {hint}")
                });
                Failure::User(Explained {
                    message: words.get("error.unknown-rules").to_owned(),
                    details: details.collect(),
                    help: vec![words.get("error.help-rules").to_owned()],
                })
            }
            RunError::Catalogue(error) => Failure::Internal(error.to_string()),
        }
    }

    /// Errors in the inventory end the run: a key that is misspelt would
    /// silently weaken checks.
    pub(super) fn inventory(&self, run: &Run) -> Result<(), Failure> {
        let mut details = Vec::new();
        let mut name = String::new();
        let joined = run.estate.problems.iter();
        let joined = joined.filter(|problem| problem.level == ProblemLevel::Error);
        for problem in run.inventory_errors().chain(joined).take(NAMED_ERRORS) {
            let Some((file, position)) = run.sources.locate(problem.span) else {
                continue;
            };
            file.clone_into(&mut name);
            let place = format!("{file}:{}:{}", position.line, position.column);
            details.push(format!("{place}: {}", self.words.phrase(&problem.message)));
            if let Some(hint) = &problem.hint {
                let hint = self.words.phrase(hint);
                details.push(format!("    {}{hint}", self.words.get("error.help")));
            }
        }
        if details.is_empty() {
            return Ok(());
        }
        let error = self.words.get("error.inventory-errors");
        Err(Failure::Configuration(Explained {
            message: self
                .words
                .fill("error.config", &[("name", &name), ("error", &error)]),
            details,
            help: vec![self.words.get("error.help-inventory").to_owned()],
        }))
    }

    /// The failure of a run in which nothing was recognised; `None` otherwise.
    pub fn nothing_recognised(&self, run: &Run) -> Option<Failure> {
        if run.recognised_any() {
            return None;
        }
        let words = self.words;
        let mut details: Vec<String> = run
            .files
            .iter()
            .filter_map(|file| match &file.kind {
                FileKind::NotRecognised { reason, .. } => {
                    let name = run.sources.get(file.id)?.name();
                    Some(words.fill(
                        "error.seen",
                        &[("file", &name), ("reason", &words.phrase(reason))],
                    ))
                }
                FileKind::Recognised { .. } => None,
            })
            .chain(run.skipped.iter().map(|skipped| {
                let reason = skipped.reason.to_string();
                let (name, reason) = (&skipped.name, &words.phrase(&reason));
                words.fill("error.seen", &[("file", name), ("reason", reason)])
            }))
            .collect();
        let more = details.len().saturating_sub(NAMED_FILES);
        if more > 0 && !self.global.verbose {
            details.truncate(NAMED_FILES);
            details.push(words.count("error.seen-more", more));
        }
        let message = if run.files.is_empty() {
            words.get("error.no-input")
        } else {
            words.get("error.nothing-recognised")
        };
        let formats: Vec<_> = FORMATS
            .iter()
            .map(|format| words.phrase(format.title))
            .collect();
        Some(Failure::NothingRecognised(Explained {
            message: message.to_owned(),
            details,
            help: vec![
                words.fill("error.help-formats", &[("formats", &formats.join(", "))]),
                words.get("error.help-format-of").to_owned(),
                words.get("error.help-export").to_owned(),
            ],
        }))
    }

    /// Why a file could not be written.
    pub fn cannot_write(&self, path: &Path, error: &io::Error) -> Failure {
        Failure::User(Explained::new(
            self.words.fill(
                "error.cannot-write",
                &[
                    ("name", &path.display()),
                    ("error", &self.words.phrase(&error.to_string())),
                ],
            ),
            &[self.words.get(match error.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "error.help-full",
                _ => "error.help-write",
            })],
        ))
    }
}

/// Whether a file can be opened for reading; else why not.
fn readable(file: &Path) -> Result<(), String> {
    let known = std::fs::metadata(file).map_err(|error| error.to_string())?;
    if known.is_dir() {
        return Err("it is a folder".to_owned());
    }
    std::fs::File::open(file)
        .map(|_| ())
        .map_err(|error| error.to_string())
}

/// A policy error on one line, with its place.
pub(super) fn policy_error(error: &PolicyError) -> String {
    let place = match error.place {
        Some((line, column)) => format!("{}:{line}:{column}", error.file),
        None => error.file.clone(),
    };
    match &error.hint {
        Some(hint) => format!("{place}: {} ({hint})", error.message),
        None => format!("{place}: {}", error.message),
    }
}

/// The command that a path which does not exist was meant to be.
fn near_command(name: &str, paths: &[PathBuf]) -> Option<String> {
    let first = paths.first()?.display().to_string();
    if first != name || name.contains(['/', '.', '\\']) {
        return None;
    }
    super::localise::command_names()
        .into_iter()
        .map(|command| (strsim::damerau_levenshtein(&command, name), command))
        .filter(|(distance, _)| *distance <= 2)
        .min()
        .map(|(_, command)| format!("exlint {command}"))
}
