//! `exlint paths`: every data path of the catalogue, and whether it is open.

use std::io::{self, Write};

use super::args::{Format, PathsArgs};
use super::failure::{Explained, Failure};
use super::session::Session;
use crate::finding::{Filter, Run, Service};
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
    let service = args
        .only_service
        .as_deref()
        .map(|text| service(session, text));
    let mut filter = Filter {
        rows,
        service: service.transpose()?,
        server: None,
    };
    let run = session.run(&args.paths)?;
    if let Some(name) = &args.only_server {
        filter.server = Some(end(session, &run, name)?);
    }
    let nothing = session.nothing_recognised(&run);
    if nothing.is_none() || args.format == Format::Json {
        let mut out = io::BufWriter::new(io::stdout().lock());
        match args.format {
            Format::Human => session
                .human(&mut out, session.paint)
                .paths(&run, catalogue, &filter)?,
            Format::Json => json::write(&mut out, &PathsJson::new(&run, catalogue, &filter))?,
        }
        out.flush()?;
    }
    match nothing {
        Some(failure) => Err(failure),
        None => Ok(if run.incomplete() { 2 } else { 0 }),
    }
}

/// The service that a text means.
fn service(session: &Session, text: &str) -> Result<Service, Failure> {
    Service::parse(text).ok_or_else(|| {
        let words = session.words;
        Failure::User(Explained::new(
            words.fill("error.service", &[("text", &text)]),
            &[words.get("error.help-service")],
        ))
    })
}

/// The server, zone or `internet` that a name means: its name or FQDN.
fn end(session: &Session, run: &Run, name: &str) -> Result<String, Failure> {
    let known = |own: &str| own.eq_ignore_ascii_case(name);
    let server = run
        .facts
        .servers
        .iter()
        .find(|server| known(&server.name) || server.fqdn.as_deref().is_some_and(known));
    let zone = || {
        let mut zones = run.facts.zones.iter().map(|zone| zone.name.as_str());
        zones.find(|zone| known(zone))
    };
    let found = server.map(|server| server.name.as_str()).or_else(zone);
    if let Some(found) = found.or(known("internet").then_some("internet")) {
        return Ok(found.to_owned());
    }
    let words = session.words;
    let wanted = name.to_lowercase();
    let near = run
        .facts
        .servers
        .iter()
        .map(|server| (strsim::jaro_winkler(&server.name, &wanted), &server.name))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(likeness, _)| *likeness > 0.8);
    let mut help = vec![words.get("error.help-server").to_owned()];
    if let Some((_, near)) = near {
        help.insert(0, words.fill("error.help-nearest", &[("near", near)]));
    }
    Err(Failure::User(Explained {
        message: words.fill("error.unknown-server", &[("name", &name)]),
        details: Vec::new(),
        help,
    }))
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
