//! `exlint check`: findings in one or several formats.

use std::io::{self, Write};
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};

use clap::ArgMatches;

use super::args::{CheckArgs, CheckFormat};
use super::failure::{Explained, Failure};
use super::outputs::{Pending, identity};
use super::session::Session;
use crate::finding::Run;
use crate::policy::{Policies, Severity};
use crate::report::json::{self, check::CheckJson};
use crate::report::{
    Context, Paint, checkstyle, concise, csv, github, gitlab, html, junit, markdown, sarif,
};

/// Runs the command.
pub fn run(session: &Session, args: &CheckArgs, matches: &ArgMatches) -> Result<u8, Failure> {
    let outputs = pair(session, args, matches)?;
    let both = outputs
        .iter()
        .any(|(format, _)| *format == CheckFormat::Html);
    // The process ends with the command, and the system takes all memory back
    // faster than it can be given back piece by piece.
    let files: Vec<&Path> = outputs.iter().filter_map(|(_, file)| *file).collect();
    let (run, policies) = session.judge_for(&args.paths, &files, both)?;
    let run = ManuallyDrop::new(run);
    let report = Report {
        session,
        args,
        policies: &policies,
        run: &run,
    };
    let given = args.paths.iter().chain(&args.counting.baseline);
    session.refuse_inputs(&[&run], given, &files)?;
    if let Err(failure) = session.inventory(&run) {
        // A program that asked for JSON finds the errors there too.
        let told: Vec<Output<'_>> = outputs
            .into_iter()
            .filter(|(format, _)| holds_errors(*format))
            .collect();
        report.files(&told)?;
        report.standard_output(&told, Paint::default())?;
        return Err(failure);
    }
    session.notes(&run);
    if args.timing {
        session.timing(&run);
    }
    let nothing = session.nothing_recognised(&run);
    report.files(&outputs)?;
    let to_stdout = outputs.iter().find(|(_, file)| file.is_none());
    let machine = to_stdout.is_none_or(|(format, _)| *format != CheckFormat::Human);
    if machine && !session.global.quiet && nothing.is_none() {
        let summary = session
            .human(&mut io::sink(), Paint::default())
            .summary(&run.summary);
        let _ = writeln!(io::stderr(), "{summary}");
    }
    if nothing.is_none() || machine {
        match report.standard_output(&outputs, session.paint) {
            // Nobody reads on, but the verdict stands.
            Err(Failure::ClosedPipe) | Ok(()) => {}
            Err(failure) => return Err(failure),
        }
    }
    match nothing {
        Some(failure) => Err(failure),
        None => {
            let by_profile = run.configuration.require_coverage.value.then_some("100%");
            let required = args.gate.require_coverage.as_deref().or(by_profile);
            session
                .coverage(&run, required)
                .map_or_else(|| Ok(code(&run, run.configuration.fail_on.value)), Err)
        }
    }
}

/// Whether a format has a place for errors of the inventory.
fn holds_errors(format: CheckFormat) -> bool {
    matches!(
        format,
        CheckFormat::Json | CheckFormat::Jsonl | CheckFormat::Sarif
    )
}

/// A run with all that its reports need.
struct Report<'a> {
    session: &'a Session,
    args: &'a CheckArgs,
    policies: &'a Policies,
    run: &'a Run,
}

impl Report<'_> {
    /// Writes the files of all outputs; on an error none of them changes.
    fn files(&self, outputs: &[Output<'_>]) -> Result<(), Failure> {
        let mut pending = Pending::default();
        for (format, file) in outputs {
            let Some(path) = file else { continue };
            pending
                .write(path, |out| self.write(*format, Paint::default(), out))
                .map_err(|error| self.session.cannot_write(path, &error))?;
        }
        pending
            .commit()
            .map_err(|(path, error)| self.session.cannot_write(&path, &error))
    }

    /// Writes the output that has no file.
    fn standard_output(&self, outputs: &[Output<'_>], paint: Paint) -> Result<(), Failure> {
        let Some((format, _)) = outputs.iter().find(|(_, file)| file.is_none()) else {
            return Ok(());
        };
        let mut out = io::BufWriter::new(io::stdout().lock());
        self.write(*format, paint, &mut out)
            .and_then(|()| out.flush())
            .map_err(Failure::from)
    }

    fn write(&self, format: CheckFormat, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
        let Self {
            session, args, run, ..
        } = *self;
        let context = Context {
            run,
            words: session.words,
            policies: self.policies,
            catalogue: crate::model::path::exchange_2007().map_err(io::Error::other)?,
            fail_on: run.configuration.fail_on.value,
            show_suppressed: run.configuration.show_suppressed.value,
            quiet: session.global.quiet,
        };
        match format {
            CheckFormat::Human if args.summary => {
                session.human(out, paint).page(run, context.catalogue)
            }
            CheckFormat::Human => session.human(out, paint).check(run),
            CheckFormat::Concise => concise::write(out, &context),
            CheckFormat::Json => json::write(
                out,
                &CheckJson::new(run, run.configuration.show_suppressed.value),
            ),
            CheckFormat::Jsonl => json::lines::write(out, &context),
            CheckFormat::Sarif => sarif::write(out, &context),
            CheckFormat::Junit => junit::write(out, &context),
            CheckFormat::Github => github::write(out, &context),
            CheckFormat::GithubSummary => markdown::write_summary(out, &context),
            CheckFormat::Gitlab => gitlab::write(out, &context),
            CheckFormat::Checkstyle => checkstyle::write(out, &context),
            CheckFormat::Csv => csv::write(out, &context),
            CheckFormat::Markdown => markdown::write(out, &context),
            CheckFormat::Html => html::write(out, &context),
        }
    }
}

/// The exit code of a run.
fn code(run: &Run, fail_on: Severity) -> u8 {
    if run.incomplete() {
        2
    } else if run.worst().is_some_and(|worst| worst >= fail_on) {
        1
    } else {
        0
    }
}

type Output<'a> = (CheckFormat, Option<&'a Path>);

/// Gives each `--output` to the `--format` before it.
fn pair<'a>(
    session: &Session,
    args: &'a CheckArgs,
    matches: &ArgMatches,
) -> Result<Vec<Output<'a>>, Failure> {
    let words = session.words;
    let wrong = |key: &str| {
        Failure::User(Explained::new(
            words.get(key).to_owned(),
            &[words.get("error.help-output-pairs")],
        ))
    };
    let (formats, files) = (&args.format, &args.output);
    if formats.is_empty() {
        return match files.as_slice() {
            [] => Ok(vec![(CheckFormat::Human, None)]),
            [file] => Ok(vec![(CheckFormat::Human, Some(file.as_path()))]),
            _ => Err(wrong("error.output-pairs")),
        };
    }
    if let ([format], [file]) = (formats.as_slice(), files.as_slice()) {
        return Ok(vec![(*format, Some(file.as_path()))]);
    }
    let indices = |name: &str| -> Vec<usize> {
        matches
            .indices_of(name)
            .map(Iterator::collect)
            .unwrap_or_default()
    };
    let mut events: Vec<(usize, Result<CheckFormat, &'a Path>)> = indices("format")
        .into_iter()
        .zip(formats.iter().map(|format| Ok(*format)))
        .chain(
            indices("output")
                .into_iter()
                .zip(files.iter().map(|file| Err(file.as_path()))),
        )
        .collect();
    events.sort_by_key(|(index, _)| *index);
    let mut outputs: Vec<Output<'a>> = Vec::new();
    for (_, event) in events {
        match event {
            Ok(format) => outputs.push((format, None)),
            Err(file) => match outputs.last_mut() {
                Some((_, slot @ None)) => *slot = Some(file),
                _ => return Err(wrong("error.output-pairs")),
            },
        }
    }
    once(session, &outputs)?;
    Ok(outputs)
}

/// Refuses two outputs to one place, however it is spelt.
fn once(session: &Session, outputs: &[Output<'_>]) -> Result<(), Failure> {
    let words = session.words;
    let mut seen: Vec<Option<PathBuf>> = Vec::new();
    for (_, file) in outputs {
        let place = file.map(identity);
        if seen.contains(&place) {
            let stdout = words.get("error.stdout");
            let name = file.map_or(stdout.to_owned(), |file| file.display().to_string());
            return Err(Failure::User(Explained::new(
                words.fill("error.output-twice", &[("name", &name)]),
                &[words.get("error.help-output-twice")],
            )));
        }
        seen.push(place);
    }
    Ok(())
}
