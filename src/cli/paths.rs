//! `exlint paths`: every data path of the catalogue, and whether it is open.

use std::io::{self, Write};

use super::args::{Format, PathsArgs};
use super::failure::{Explained, Failure};
use super::session::Session;
use crate::model::path::{Catalogue, PathId};
use crate::report::json::{self, paths::PathsJson};

/// Runs the command.
pub fn run(session: &Session, args: &PathsArgs) -> Result<u8, Failure> {
    let catalogue = session.catalogue()?;
    let rows = args
        .rows
        .iter()
        .map(|text| row(session, catalogue, text))
        .collect::<Result<Vec<PathId>, Failure>>()?;
    let run = session.run(&args.paths)?;
    let nothing = session.nothing_recognised(&run);
    if nothing.is_none() || args.format == Format::Json {
        let mut out = io::BufWriter::new(io::stdout().lock());
        match args.format {
            Format::Human => session
                .human(&mut out, session.paint)
                .paths(&run, catalogue, &rows)?,
            Format::Json => json::write(&mut out, &PathsJson::new(&run, catalogue, &rows))?,
        }
        out.flush()?;
    }
    match nothing {
        Some(failure) => Err(failure),
        None => Ok(if run.incomplete() { 2 } else { 0 }),
    }
}

/// The path that a row means: its id, or its table and row (`transport/2`).
fn row(session: &Session, catalogue: &Catalogue, text: &str) -> Result<PathId, Failure> {
    let wanted = text.to_lowercase();
    let by_number = wanted.split_once(['/', ':', ' ']);
    let found = catalogue.paths.iter().find(|path| {
        *path.id.0 == *wanted
            || by_number.is_some_and(|(table, row)| {
                path.table.id() == table && path.row.is_some_and(|own| own.to_string() == row)
            })
    });
    if let Some(path) = found {
        return Ok(path.id.clone());
    }
    let words = session.words;
    let mut help = vec![words.get("error.help-rows").to_owned()];
    let near = catalogue
        .paths
        .iter()
        .map(|path| (strsim::jaro_winkler(&path.id.0, &wanted), &path.id))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(likeness, _)| *likeness > 0.8);
    if let Some((_, near)) = near {
        help.insert(0, words.fill("error.help-nearest", &[("near", near)]));
    }
    Err(Failure::User(Explained {
        message: words.fill("error.unknown-row", &[("row", &text)]),
        details: Vec::new(),
        help,
    }))
}
