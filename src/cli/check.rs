//! `exlint check`: findings in one or several formats.

use std::io::{self, Write};
use std::mem::ManuallyDrop;
use std::path::Path;

use clap::ArgMatches;

use super::args::{CheckArgs, Format};
use super::failure::{Explained, Failure};
use super::session::Session;
use crate::finding::Run;
use crate::model::path::exchange_2007;
use crate::policy::Severity;
use crate::report::Paint;
use crate::report::json::{self, check::CheckJson};

/// Runs the command.
pub fn run(session: &Session, args: &CheckArgs, matches: &ArgMatches) -> Result<u8, Failure> {
    let outputs = pair(session, args, matches)?;
    let write = |format, run: &Run, paint, out: &mut dyn Write| {
        write(session, args, format, run, paint, out)
    };
    // The process ends with the command, and the system takes all memory back
    // faster than it can be given back piece by piece.
    let run = ManuallyDrop::new(session.judge(&args.paths)?);
    if let Err(failure) = session.inventory(&run) {
        // A program that asked for JSON finds the errors there too.
        for (format, file) in outputs.iter().filter(|(format, _)| *format == Format::Json) {
            let mut content = Vec::new();
            write(*format, &run, Paint::default(), &mut content)?;
            match file {
                Some(path) => session.write_file(path, &content)?,
                None => io::stdout().lock().write_all(&content)?,
            }
        }
        return Err(failure);
    }
    session.notes(&run);
    let nothing = session.nothing_recognised(&run);
    let to_stdout = outputs.iter().find(|(_, file)| file.is_none());
    for (format, file) in &outputs {
        let Some(path) = file else { continue };
        let mut content = Vec::new();
        write(*format, &run, Paint::default(), &mut content)?;
        session.write_file(path, &content)?;
    }
    let machine = to_stdout.is_none_or(|(format, _)| *format != Format::Human);
    if machine && !session.global.quiet && nothing.is_none() {
        let summary = session
            .human(&mut io::sink(), Paint::default())
            .summary(&run.summary);
        let _ = writeln!(io::stderr(), "{summary}");
    }
    if let Some((format, _)) = to_stdout
        && (nothing.is_none() || *format != Format::Human)
    {
        let mut out = io::BufWriter::new(io::stdout().lock());
        let written = write(*format, &run, session.paint, &mut out).and_then(|()| out.flush());
        match written.map_err(Failure::from) {
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

fn write(
    session: &Session,
    args: &CheckArgs,
    format: Format,
    run: &Run,
    paint: Paint,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        Format::Human if args.summary => {
            let catalogue = exchange_2007().map_err(io::Error::other)?;
            session.human(out, paint).page(run, catalogue)
        }
        Format::Human => session.human(out, paint).check(run),
        Format::Json => json::write(out, &CheckJson::new(run)),
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

type Output<'a> = (Format, Option<&'a Path>);

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
            [] => Ok(vec![(Format::Human, None)]),
            [file] => Ok(vec![(Format::Human, Some(file.as_path()))]),
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
    let mut events: Vec<(usize, Result<Format, &Path>)> = indices("format")
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
                Some((_, slot @ None)) => {
                    // The lifetime of the arguments outlives the events.
                    *slot = files.iter().map(|f| f.as_path()).find(|f| *f == file);
                }
                _ => return Err(wrong("error.output-pairs")),
            },
        }
    }
    for (index, (_, file)) in outputs.iter().enumerate() {
        if outputs
            .iter()
            .skip(index.saturating_add(1))
            .any(|(_, other)| other == file)
        {
            let stdout = words.get("error.stdout");
            let name = file.map_or(stdout.to_owned(), |file| file.display().to_string());
            return Err(Failure::User(Explained::new(
                words.fill("error.output-twice", &[("name", &name)]),
                &[words.get("error.help-output-twice")],
            )));
        }
    }
    Ok(outputs)
}
