//! Each server's `applicationHost.config` with the `web.config` files of its
//! folders, before objects are joined: what IIS does is what all of them say.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::formats::iis::configuration::{Configuration, Kind};
use crate::formats::iis::place::{Exported as ExportedFile, Folders};
use crate::formats::iis::{Web, merge};
use crate::formats::{Content, Problem, ProblemLevel};
use crate::source::{FileId, Sources, Span};

use super::super::exports::Exported;
use super::super::names::Directory;
use super::APPLICATION;

/// A configuration and the server that it is of.
struct Owned<'c> {
    file: FileId,
    machine: Option<usize>,
    configuration: &'c Configuration,
}

/// Puts what the `web.config` files say into the applications of their server.
pub(in crate::estate) fn apply(
    configurations: &[(FileId, Box<Configuration>)],
    exported: &mut Vec<Exported>,
    directory: &Directory,
    sources: &Sources,
    problems: &mut Vec<Problem>,
) {
    let (mut hosts, mut webs) = (Vec::new(), Vec::new());
    for (file, configuration) in configurations {
        let name = sources.get(*file).map_or("", |file| file.name());
        let owned = Owned {
            file: *file,
            machine: machine(name, configuration, directory),
            configuration,
        };
        match configuration.kind {
            Kind::Host => hosts.push(owned),
            Kind::Web => webs.push(owned),
            Kind::Effective => {}
        }
    }
    if webs.is_empty() {
        return;
    }
    let mut unplaced: BTreeMap<(String, FileId, u32), &Owned<'_>> = BTreeMap::new();
    for host in hosts {
        let (Some(machine), Some(file)) = (host.machine, sources.get(host.file)) else {
            continue;
        };
        let folders = Folders::new(host.configuration);
        let mut placed: Vec<Web<'_>> = Vec::new();
        let mut nowhere: Vec<&Configuration> = Vec::new();
        for web in &webs {
            if web.machine.is_some_and(|other| other != machine) {
                continue;
            }
            let name = sources.get(web.file).map_or("", |file| file.name());
            let of_server = |part: &str| directory.find_text(part) == Some(machine);
            let places = web.machine.and_then(|_| match &web.configuration.place {
                Some(place) => Some(of_place(place, web.configuration, &folders)),
                None => folders.of_export(&ExportedFile::new(name, of_server)),
            });
            match places {
                Some(places) => placed.extend(places.into_iter().map(|place| Web {
                    place,
                    configuration: web.configuration,
                })),
                None => {
                    nowhere.push(web.configuration);
                    let at = web.configuration.span;
                    unplaced.insert((name.to_owned(), at.file, at.start), web);
                }
            }
        }
        if placed.is_empty() && nowhere.is_empty() {
            continue;
        }
        let document = merge(file, host.configuration, &placed, &nowhere);
        problems.extend(document.problems);
        replace(&host, document.content, exported);
    }
    problems.extend(unplaced.into_iter().map(|((name, ..), web)| Problem {
        level: ProblemLevel::Warning,
        message: format!(
            "{name} does not tell which folder of IIS it configures; what it states is open wherever it may hold"
        ),
        hint: Some(
            "keep its path on the server: SERVER/C/inetpub/wwwroot/web.config".to_owned(),
        ),
        span: start_of(web.configuration.span),
    }));
}

/// A place that an export tells, with all others that have the same folder.
fn of_place(place: &str, web: &Configuration, folders: &Folders<'_>) -> Vec<String> {
    let place = place.to_lowercase();
    let shared = web.path.as_deref().and_then(|path| folders.of_path(path));
    match shared {
        Some(places) if places.contains(&place) => places,
        _ => vec![place],
    }
}

/// Where a text begins.
fn start_of(span: Span) -> Span {
    Span::new(span.file, span.start, span.start)
}

/// Puts new applications of a configuration in the place of its old ones.
fn replace(host: &Owned<'_>, content: Vec<Content>, exported: &mut Vec<Exported>) {
    let whole = host.configuration.span;
    let is_old = |item: &Exported| {
        let span = item.record.span;
        item.cmdlet == APPLICATION
            && span.file == whole.file
            && span.start >= whole.start
            && span.end <= whole.end
    };
    let Some(at) = exported.iter().position(is_old) else {
        return;
    };
    let old = exported.get(at).and_then(|item| item.host.clone());
    exported.retain(|item| !is_old(item));
    let records = content.into_iter().flat_map(|content| match content {
        Content::Exchange(run) => run.records,
        _ => Vec::new(),
    });
    let new = records.map(|mut record| {
        let told: Option<Arc<str>> = host.configuration.host.clone();
        record.host = told.or_else(|| old.clone()).or(record.host);
        Exported {
            cmdlet: APPLICATION,
            host: record.host.clone(),
            argument: None,
            copy_on: None,
            record,
        }
    });
    let at = at.min(exported.len());
    exported.splice(at..at, new);
}

/// The server of a configuration: that of the export, of its file's name or of
/// one of its folders. Folders on the server may have the names of servers, so
/// those of two tell none.
fn machine(name: &str, configuration: &Configuration, directory: &Directory) -> Option<usize> {
    let mut parts = name.rsplit(['/', '\\']);
    let base = parts.next().unwrap_or_default();
    // The name of every such file is no name of a server.
    let by_name = (!base.eq_ignore_ascii_case("web.config"))
        .then(|| directory.find_in_file_name(base))
        .flatten();
    if by_name.is_some() {
        return by_name;
    }
    if let Some(host) = configuration.host.as_deref() {
        return directory.find_text(host);
    }
    let mut machines = parts.filter_map(|folder| directory.find_text(folder));
    let first = machines.next()?;
    machines.all(|other| other == first).then_some(first)
}
