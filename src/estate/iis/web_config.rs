//! Each server's `applicationHost.config` with the `web.config` files of its
//! folders, before objects are joined: what IIS does is what all of them say.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use crate::formats::iis::configuration::{Configuration, Kind};
use crate::formats::iis::place::{Exported as ExportedFile, Folders, Where};
use crate::formats::iis::{Web, merge};
use crate::formats::{Content, Problem, ProblemLevel};
use crate::model::exchange::{Property, Record, Value};
use crate::source::{FileId, Sources, Span};

use super::super::exports::Exported;
use super::super::names::Directory;
use super::APPLICATION;

/// As many differing copies of the `applicationHost.config` of one server are read
/// with its `web.config` files; a server has one, an export perhaps a few of its
/// history.
const MOST_HOSTS: usize = 64;
const TOO_MANY: &str = "too many copies of applicationHost.config of one server differ to be read with web.config files";

/// The properties that a `web.config` may change.
const CHANGED: &[&str] = &[
    "RequireSSL",
    "SslFlags",
    "AnonymousAuthentication",
    "BasicAuthentication",
    "DigestAuthentication",
    "WindowsAuthentication",
    "ClientCertificateMappingAuthentication",
    "ExtendedProtectionTokenChecking",
    "WindowsAuthenticationProviders",
];

/// The server of a configuration.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Machine {
    /// One that other exports show.
    Known(usize),
    /// Only the export of the configuration names it, in lower case.
    Told(String),
}

/// A configuration and the server that it is of.
struct Owned<'c> {
    file: FileId,
    machine: Option<Machine>,
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
    let mut not_read: BTreeMap<(String, FileId, u32), &Owned<'_>> = BTreeMap::new();
    let mut known: HashSet<(&Machine, &str)> = HashSet::new();
    let mut counts: HashMap<Option<&Machine>, usize> = HashMap::new();
    let (mut copies, mut left) = (Places::default(), Places::default());
    for host in &hosts {
        let text = sources
            .get(host.file)
            .map_or("", |file| file.slice(host.configuration.span));
        let machine = host.machine.as_ref();
        if machine.is_some_and(|machine| !known.insert((machine, text))) {
            copies.add(host.configuration.span);
            continue;
        }
        let count = counts.entry(machine).or_default();
        *count = count.saturating_add(1);
    }
    let mut told: HashSet<Option<&Machine>> = HashSet::new();
    for host in &hosts {
        let whole = host.configuration.span;
        let Some(file) = sources.get(host.file).filter(|_| !copies.have(whole)) else {
            continue;
        };
        let machine = host.machine.as_ref();
        if counts
            .get(&machine)
            .is_some_and(|count| *count > MOST_HOSTS)
        {
            left.add(whole);
            if told.insert(machine) {
                problems.push(Problem {
                    level: ProblemLevel::Warning,
                    message: TOO_MANY.to_owned(),
                    hint: Some("give only the one that IIS uses".to_owned()),
                    span: start_of(whole),
                });
            }
            continue;
        }
        let folders = Folders::new(host.configuration);
        let mut placed: Vec<Web<'_>> = Vec::new();
        let mut nowhere: Vec<&Configuration> = Vec::new();
        for web in &webs {
            if web.machine.is_some() && web.machine != host.machine {
                continue;
            }
            let name = sources.get(web.file).map_or("", |file| file.name());
            let at = web.configuration.span;
            let key = || (name.to_owned(), at.file, at.start);
            let of_server = |part: &str| {
                let found = directory.find_text(part).map(Machine::Known);
                found.is_some() && found == web.machine
            };
            let stands = match &web.configuration.place {
                Some(place) => Where::At(of_place(place, web.configuration, &folders)),
                None => folders.of_export(&ExportedFile::new(name, of_server)),
            };
            match stands {
                Where::NotRead => {
                    not_read.insert(key(), web);
                }
                Where::At(places) if web.machine.is_some() => {
                    placed.extend(places.into_iter().map(|place| Web {
                        place,
                        configuration: web.configuration,
                    }));
                }
                Where::At(_) | Where::Unknown => {
                    nowhere.push(web.configuration);
                    unplaced.insert(key(), web);
                }
            }
        }
        if placed.is_empty() && nowhere.is_empty() {
            continue;
        }
        let document = merge(file, host.configuration, &placed, &nowhere);
        problems.extend(document.problems);
        replace(host, document.content, exported);
    }
    exported.retain(|item| item.cmdlet != APPLICATION || !copies.have(item.record.span));
    for item in exported.iter_mut() {
        if item.cmdlet == APPLICATION && left.have(item.record.span) {
            open(&mut item.record);
        }
    }
    problems.extend(not_read.into_iter().map(|((name, ..), web)| Problem {
        level: ProblemLevel::Note,
        message: format!(
            "{name} is not read by IIS, which takes only web.config; it changes nothing"
        ),
        hint: None,
        span: start_of(web.configuration.span),
    }));
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

/// Texts in files, none of which reaches into another.
#[derive(Debug, Default)]
struct Places(BTreeMap<(FileId, u32), u32>);

impl Places {
    fn add(&mut self, span: Span) {
        self.0.insert((span.file, span.start), span.end);
    }

    /// Whether something stands in one of them.
    fn have(&self, span: Span) -> bool {
        let before = self.0.range(..=(span.file, span.start)).next_back();
        before.is_some_and(|((file, _), end)| *file == span.file && span.end <= *end)
    }
}

/// Leaves open what a `web.config` may change of an application.
fn open(record: &mut Record) {
    for name in CHANGED {
        let span = record
            .properties
            .get(name)
            .map_or(record.span, |known| known.span);
        record.properties.insert(Property {
            name: (*name).into(),
            value: Value::Unusable(TOO_MANY.into()),
            span,
        });
    }
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
fn machine(name: &str, configuration: &Configuration, directory: &Directory) -> Option<Machine> {
    let mut parts = name.rsplit(['/', '\\']);
    let base = parts.next().unwrap_or_default();
    // The name of every such file is no name of a server.
    let by_name = (!base.eq_ignore_ascii_case("web.config"))
        .then(|| directory.find_in_file_name(base))
        .flatten();
    if by_name.is_some() {
        return by_name.map(Machine::Known);
    }
    if let Some(host) = configuration.host.as_deref() {
        let found = directory.find_text(host).map(Machine::Known);
        return found.or_else(|| Some(Machine::Told(host.to_lowercase())));
    }
    let mut machines = parts.filter_map(|folder| directory.find_text(folder));
    let first = machines.next()?;
    let only = machines.all(|other| other == first);
    only.then_some(Machine::Known(first))
}
