//! `exlint baseline`: remembers what is wrong today, so that only what is new
//! fails a run.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::failure::{Explained, Failure};
use super::outputs::Pending;
use super::session::Session;
use crate::finding::Run;
use crate::finding::baseline::{Baseline, BaselineError, MAX_BYTES};
use crate::finding::configuration::{Origin, Setting};
use crate::policy::Confidence;
use crate::report::json::{self, baseline::BaselineJson};

/// Options of `baseline`.
#[derive(Debug, Clone, Args)]
pub struct BaselineArgs {
    /// What to do.
    #[command(subcommand)]
    pub action: BaselineAction,
}

/// What to do with a baseline.
#[derive(Debug, Clone, Subcommand)]
pub enum BaselineAction {
    /// Write a baseline that knows every finding of today.
    Write(WriteArgs),
    /// Take out of a baseline what is found no more.
    Prune(PruneArgs),
    /// List what a baseline knows.
    Show(ShowArgs),
}

/// Options of `baseline write`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  exlint baseline write --output baseline.json ./exports
  exlint check --baseline baseline.json ./exports    only what is new")]
pub struct WriteArgs {
    /// Files, folders, or `-` for standard input; the current folder when left out.
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    /// File for the baseline; standard output when left out.
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Options of `baseline prune`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  exlint baseline prune --baseline baseline.json ./exports
  exlint baseline prune --baseline old.json --output new.json ./exports")]
pub struct PruneArgs {
    /// Files, folders, or `-` for standard input; the current folder when left out.
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    /// The baseline, or an earlier JSON report.
    #[arg(long, value_name = "FILE")]
    pub baseline: PathBuf,

    /// File for the result; the baseline itself when left out.
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Options of `baseline show`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Example:
  exlint baseline show baseline.json")]
pub struct ShowArgs {
    /// The baseline, or an earlier JSON report.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// Runs the command.
pub fn run(session: &mut Session, args: &BaselineArgs) -> Result<u8, Failure> {
    match &args.action {
        BaselineAction::Write(args) => write(session, args),
        BaselineAction::Prune(args) => prune(session, args),
        BaselineAction::Show(args) => show(session, args),
    }
}

/// Runs on the paths with everything that rules find, whatever exceptions and
/// baselines hide: what is written down must not rest on them.
fn all_findings(session: &mut Session, paths: &[PathBuf]) -> Result<Run, Failure> {
    let origin = Origin::Option("exlint baseline");
    session.baseline = None;
    session.choices.no_suppressions = Some(Setting::new(true, origin));
    session.choices.min_confidence = Some(Setting::new(Confidence::Derived, origin));
    let run = session.run(paths)?;
    if let Some(failure) = session.nothing_recognised(&run) {
        return Err(failure);
    }
    // A finding that an unread file would have given is missing.
    if run.incomplete() {
        let words = session.words;
        return Err(Failure::User(Explained::new(
            words.get("error.baseline-incomplete").to_owned(),
            &[words.get("error.help-baseline-incomplete")],
        )));
    }
    Ok(run)
}

fn write(session: &mut Session, args: &WriteArgs) -> Result<u8, Failure> {
    let run = all_findings(session, &args.paths)?;
    let content = BaselineJson::of(&run.findings);
    put(session, &run, args.output.as_deref(), &content)?;
    tell(session, "baseline.written", run.findings.len());
    Ok(0)
}

fn prune(session: &mut Session, args: &PruneArgs) -> Result<u8, Failure> {
    let held = session.read_baseline(&args.baseline, false)?;
    let held = held.unwrap_or_default();
    let run = all_findings(session, &args.paths)?;
    let comparison = held.compare(run.findings.iter());
    let evaluated = run.evaluated();
    let left = held.pruned(&comparison, &run.findings, &evaluated);
    let content = BaselineJson::of_entries(left.iter());
    let gone = held.stale(&comparison, &evaluated).len();
    let output = args.output.as_deref().unwrap_or(&args.baseline);
    put(session, &run, Some(output), &content)?;
    tell(session, "baseline.pruned", gone);
    Ok(0)
}

fn show(session: &Session, args: &ShowArgs) -> Result<u8, Failure> {
    let baseline: Baseline = session
        .read_baseline(&args.file, false)?
        .unwrap_or_default();
    let mut out = io::BufWriter::new(io::stdout().lock());
    session
        .human(&mut out, session.paint)
        .baseline(&baseline)
        .and_then(|()| out.flush())?;
    Ok(0)
}

/// Writes a baseline to a file, which holds it whole or stays what it was, or
/// to standard output.
fn put(
    session: &Session,
    run: &Run,
    file: Option<&Path>,
    content: &BaselineJson,
) -> Result<(), Failure> {
    let Some(file) = file else {
        let mut out = io::BufWriter::new(io::stdout().lock());
        return Ok(json::write(&mut out, content).and_then(|()| out.flush())?);
    };
    session.refuse_inputs(&[run], std::iter::empty(), &[file])?;
    let mut pending = Pending::default();
    pending
        .write(file, |out| json::write(out, content))
        .map_err(|error| session.cannot_write(file, &error))?;
    pending
        .commit()
        .map_err(|(path, error)| session.cannot_write(&path, &error))
}

/// Says on standard error what was done.
fn tell(session: &Session, key: &str, count: usize) {
    if !session.global.quiet {
        let text = session.words.count(key, count);
        let _ = session.line(&mut io::stderr().lock(), "error.note", &text);
    }
}

impl Session {
    /// Reads a baseline; `None` when it may be absent and is.
    ///
    /// # Errors
    /// When it cannot be read, or is no baseline of a known version.
    pub fn read_baseline(&self, file: &Path, optional: bool) -> Result<Option<Baseline>, Failure> {
        let words = self.words;
        let name = file.display().to_string().replace('\\', "/");
        let read = match bytes(file) {
            Err(error) if optional && error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                let error = error.to_string();
                let error = words.phrase(&error);
                return Err(Failure::User(Explained::new(
                    words.fill("error.cannot-read", &[("name", &name), ("error", &error)]),
                    &[words.get("error.help-baseline-missing")],
                )));
            }
            Ok(bytes) => bytes.and_then(|bytes| Baseline::read(&name, &bytes)),
        };
        read.map(Some).map_err(|error| {
            let help = match &error {
                BaselineError::Newer(_) | BaselineError::NewerFingerprint(_) => {
                    "error.help-baseline-newer"
                }
                BaselineError::OlderFingerprint(_) => "error.help-baseline-older",
                _ => "error.help-baseline",
            };
            let error = error.to_string();
            let error = words.phrase(&error);
            Failure::User(Explained::new(
                words.fill("error.baseline", &[("name", &name), ("error", &error)]),
                &[words.get(help)],
            ))
        })
    }
}

/// The bytes of a file that is one: a pipe would be waited for, and a device
/// may never end.
fn bytes(file: &Path) -> io::Result<Result<Vec<u8>, BaselineError>> {
    if !std::fs::metadata(file)?.is_file() {
        return Ok(Err(BaselineError::NoFile));
    }
    let mut bytes = Vec::new();
    let most = MAX_BYTES.saturating_add(1);
    File::open(file)?.take(most).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        let mebibytes = MAX_BYTES >> 20;
        return Ok(Err(BaselineError::TooLarge(mebibytes)));
    }
    Ok(Ok(bytes))
}
