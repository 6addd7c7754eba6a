//! `exlint diff`: what a change opens, blocks, introduces and cures.

use std::io::{self, Write};
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::failure::{Explained, Failure};
use super::outputs::Pending;
use super::session::Session;
use crate::finding::comparison::Comparison;
use crate::formats::inventory::FILE_NAME;
use crate::policy::Severity;
use crate::report::Paint;
use crate::report::comparison::{github, markdown};
use crate::report::json::{self, diff::DiffJson};
use crate::source::{GitError, ReadOptions, Repository};
use crate::{Side, run_changed};

/// Options of `diff`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  exlint diff before/ after/
  exlint diff old/inner.cfg new/inner.cfg --with exports/
  exlint diff --git main..HEAD exports/
  exlint diff --git main --format markdown --output comment.md

Exits with 1 when a finding at or above --fail-on is introduced, or when a data
path is blocked or made unsafe (an error), or when something is not decided any
more that was (a warning).")]
pub struct DiffArgs {
    /// What there was and what there is: two folders or files. With `--git`, the
    /// paths in the repository; the current folder when left out.
    #[arg(value_name = "PATH")]
    pub sides: Vec<PathBuf>,

    /// Compare revisions: `main..HEAD`; one alone with the work tree.
    #[arg(long, value_name = "REV..REV")]
    pub git: Option<String>,

    /// File or folder that belongs to both sides (repeatable).
    #[arg(long, value_name = "PATH")]
    pub with: Vec<PathBuf>,

    /// Heed no exception, neither in comments nor in `exlint.toml`.
    #[arg(long, env = "EXLINT_NO_SUPPRESSIONS", hide_env_values = true)]
    pub no_suppressions: bool,

    /// Format of the output.
    #[arg(
        id = "diff_format",
        long = "format",
        value_name = "FORMAT",
        value_enum,
        default_value = "human"
    )]
    pub format: DiffFormat,

    /// File for the output; standard output when left out.
    #[arg(id = "diff_output", long = "output", value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Formats of `diff`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// Text for a terminal.
    Human,
    /// One JSON object.
    Json,
    /// A comment of a pull request.
    Markdown,
    /// Annotations of GitHub.
    Github,
}

/// Runs the command.
pub fn run(session: &Session, args: &DiffArgs) -> Result<u8, Failure> {
    let catalogue = session.catalogue()?;
    session.threads()?;
    let (sides, names) = sides(session, args)?;
    let [base, head] = sides;
    let folders = session.global.policy.clone();
    let runs = run_changed(base, head, || crate::policies(&folders));
    let runs = runs.map_err(|error| session.run_error(error, &crate::Options::default()))?;
    // The process ends with the command, and the system takes all memory back
    // faster than it can be given back piece by piece.
    let (base, head) = &*ManuallyDrop::new(runs);
    for run in [base, head] {
        session.inventory(run)?;
    }
    // What is wrong with both sides is said once.
    if base.incomplete() {
        session.notes(base);
    }
    session.notes(head);
    for (run, name) in [(base, &names[0]), (head, &names[1])] {
        if let Some(failure) = session.nothing_recognised(run) {
            return Err(of_side(session, failure, name));
        }
    }
    let outputs: Vec<&Path> = args.output.as_deref().into_iter().collect();
    let given = args.sides.iter().chain(&args.with);
    session.refuse_inputs(&[base, head], given, &outputs)?;
    let comparison = Comparison::new(base, head, catalogue);
    let names = [names[0].as_str(), names[1].as_str()];
    match &args.output {
        Some(path) => {
            let mut pending = Pending::default();
            pending
                .write(path, |out| {
                    let paint = Paint::default();
                    write(session, args.format, &comparison, names, paint, out)
                })
                .map_err(|error| session.cannot_write(path, &error))?;
            pending
                .commit()
                .map_err(|(path, error)| session.cannot_write(&path, &error))?;
        }
        None => {
            let mut out = io::BufWriter::new(io::stdout().lock());
            let written = write(
                session,
                args.format,
                &comparison,
                names,
                session.paint,
                &mut out,
            )
            .and_then(|()| out.flush());
            match written.map_err(Failure::from) {
                // Nobody reads on, but the verdict stands.
                Err(Failure::ClosedPipe) | Ok(()) => {}
                Err(failure) => return Err(failure),
            }
        }
    }
    if (args.format != DiffFormat::Human || args.output.is_some()) && !session.global.quiet {
        let summary = session
            .human(&mut io::sink(), Paint::default())
            .comparison_summary(&comparison);
        let _ = writeln!(io::stderr(), "{summary}");
    }
    Ok(code(&comparison, head.configuration.fail_on.value))
}

/// Reads both sides, and how to call them.
fn sides(session: &Session, args: &DiffArgs) -> Result<([Side; 2], [String; 2]), Failure> {
    if let Some(range) = &args.git {
        return revisions(session, args, range);
    }
    let words = session.words;
    let [base, head] = args.sides.as_slice() else {
        return Err(Failure::User(Explained::new(
            words.get("diff.sides").to_owned(),
            &[words.get("diff.help-sides")],
        )));
    };
    let read = |path: &PathBuf| -> Result<Side, Failure> {
        let mut paths = vec![path.clone()];
        paths.extend(args.with.iter().cloned());
        session.side(&paths)
    };
    let names = [base, head].map(|path| path.display().to_string());
    Ok(([read(base)?, read(head)?], names))
}

/// Reads revisions of the repository of the current folder.
fn revisions(
    session: &Session,
    args: &DiffArgs,
    range: &str,
) -> Result<([Side; 2], [String; 2]), Failure> {
    let words = session.words;
    let here = std::env::current_dir().map_err(Failure::from)?;
    let fail = |error: GitError| git_failure(session, &error);
    let repository = Repository::of(&here).map_err(fail)?;
    let or_head = |name: &str| if name.is_empty() { "HEAD" } else { name }.to_owned();
    let paths = if args.sides.is_empty() {
        vec![PathBuf::from(".")]
    } else {
        args.sides.clone()
    };
    let read = |revision: &str| -> Result<Side, Failure> {
        let read = |discover| -> Result<Side, Failure> {
            let mut side = session.shared_side(&args.with, discover)?;
            repository
                .read(
                    revision,
                    &paths,
                    FILE_NAME,
                    &ReadOptions::default(),
                    &mut side.inputs,
                )
                .map_err(fail)?;
            Ok(side)
        };
        // The first inventory counts: that of the disk only where the revision
        // has none.
        let side = read(false)?;
        let mut files = side.inputs.sources.files().iter();
        let inventory = |name: &str| name.rsplit('/').next() == Some(FILE_NAME);
        if args.with.is_empty() || files.any(|file| inventory(file.name())) {
            return Ok(side);
        }
        read(true)
    };
    if let Some((base, head)) = range.split_once("...") {
        let [base, head] = [or_head(base), or_head(head)];
        let parting = repository.parting(&base, &head).map_err(fail)?;
        let sides = [read(&parting)?, read(&head)?];
        return Ok((sides, [format!("{base}...{head}"), head]));
    }
    if let Some((base, head)) = range.split_once("..") {
        let [base, head] = [or_head(base), or_head(head)];
        return Ok(([read(&base)?, read(&head)?], [base, head]));
    }
    let base = read(range)?;
    let mut all = paths.clone();
    all.extend(args.with.iter().cloned());
    let head = session.side(&all)?;
    let tree = words.get("diff.work-tree").to_owned();
    Ok(([base, head], [range.to_owned(), tree]))
}

/// Why a repository or revision cannot be read, with what to do.
fn git_failure(session: &Session, error: &GitError) -> Failure {
    let words = session.words;
    let help = match error {
        GitError::NoRevision { shallow: true, .. } => "diff.help-shallow",
        GitError::Partial { .. } => "diff.help-partial",
        GitError::NoRevision { .. } => "diff.help-revision",
        GitError::NoRepository(_) | GitError::Outside(_) => "diff.help-repository",
        GitError::NoPath { .. } => "diff.help-git-path",
        GitError::NoGit(_) => "diff.help-no-git",
        GitError::Refused { .. } | GitError::TooLarge(_) | GitError::Failed { .. } => {
            "diff.help-folders"
        }
    };
    Failure::User(Explained::new(
        words.phrase(&error.to_string()).into_owned(),
        &[words.get(help)],
    ))
}

/// The failure of a side, with the side's name.
fn of_side(session: &Session, failure: Failure, name: &str) -> Failure {
    match failure {
        Failure::NothingRecognised(explained) => Failure::NothingRecognised(Explained {
            message: session.words.fill(
                "diff.side-not-recognised",
                &[("side", &name), ("message", &explained.message)],
            ),
            ..explained
        }),
        other => other,
    }
}

fn write(
    session: &Session,
    format: DiffFormat,
    comparison: &Comparison<'_>,
    names: [&str; 2],
    paint: Paint,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        DiffFormat::Human => session.human(out, paint).comparison(comparison),
        DiffFormat::Json => json::write(out, &DiffJson::new(comparison, names)),
        DiffFormat::Markdown => {
            let summary = session
                .human(&mut io::sink(), Paint::default())
                .comparison_summary(comparison);
            markdown::write(out, comparison, names, &summary)
        }
        DiffFormat::Github => github::write(out, comparison),
    }
}

/// The exit code of a comparison.
fn code(comparison: &Comparison<'_>, fail_on: Severity) -> u8 {
    if comparison.incomplete() {
        2
    } else if comparison.worst().is_some_and(|worst| worst >= fail_on) {
        1
    } else {
        0
    }
}
