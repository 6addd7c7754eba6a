//! What `appcmd list site`, `list app` and `list vdir` print, as text and with
//! `/xml`: sites with their bindings, and the folders of their paths. Each line
//! tells all of one thing, so that a filter takes nothing away from it.
//!
//! Shapes: "Getting Started with AppCmd.exe" on learn.microsoft.com, and outputs
//! in public repositories:
//!
//! ```text
//! SITE "Default Web Site" (id:1,bindings:http/*:80:,https/*:443:,state:Started)
//! APP "Default Web Site/owa" (applicationPool:MSExchangeOWAAppPool)
//! VDIR "Default Web Site/owa/" (physicalPath:C:\Exchange\ClientAccess\owa)
//! <SITE SITE.NAME="Default Web Site" SITE.ID="1" bindings="http/*:80:" state="Started" />
//! <APP APP.NAME="Default Web Site/owa" SITE.NAME="Default Web Site" path="/owa" />
//! <VDIR VDIR.NAME="Default Web Site/owa/" APP.NAME="Default Web Site/owa" path="/" physicalPath="C:\…" />
//! ```

use std::collections::HashSet;

use quick_xml::escape::unescape;
use quick_xml::events::Event;

use super::effective::{appcmd_list, command};
use super::settings::{Application, Placed, attribute};
use crate::formats::prompt;
use crate::source::{SourceFile, Span};

/// A site of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Site<'a> {
    host: Option<&'a str>,
    name: String,
    id: Placed,
    bindings: Vec<Placed>,
    span: Span,
}

/// A path of a site.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Directory<'a> {
    host: Option<&'a str>,
    site: String,
    /// `/owa`, or `/` for the site itself.
    path: String,
    folder: Option<Placed>,
    span: Span,
}

/// What a line is.
enum Line<'a> {
    Site(Site<'a>),
    Directory(Directory<'a>),
    /// Application pools, the command itself, what stands around the elements.
    Nothing,
}

/// The sites and paths of a capture.
#[derive(Debug, Default)]
pub struct Places<'a> {
    sites: Vec<Site<'a>>,
    directories: Vec<Directory<'a>>,
    /// Lines that were read, and whether they tell something.
    pub lines: Vec<(usize, bool)>,
}

/// What a listing of this kind has in it.
const MARKS: [&str; 4] = ["(id:", "(applicationPool:", "(physicalPath:", ".NAME=\""];

/// Reads the lines of a capture.
#[must_use]
pub fn read(file: &SourceFile) -> Places<'_> {
    let mut out = Places::default();
    if !MARKS.iter().any(|mark| file.text().contains(mark)) {
        return out;
    }
    let mut host = None;
    let mut around = Vec::new();
    for (number, (span, text)) in file.lines().enumerate() {
        let text = text.trim_start_matches('\u{feff}').trim();
        if prompt::read(text).is_some() {
            host = prompt::host(text);
        }
        match line(file, text, span, host) {
            Some(Line::Site(site)) => {
                out.sites.push(site);
                out.lines.push((number, true));
            }
            Some(Line::Directory(directory)) => {
                out.directories.push(directory);
                out.lines.push((number, true));
            }
            Some(Line::Nothing) => around.push((number, false)),
            None => {}
        }
    }
    if !out.lines.is_empty() {
        out.lines.append(&mut around);
    }
    out
}

/// Whether a line is an element of such a listing.
pub fn is_element(line: &str) -> bool {
    [
        "<SITE SITE.NAME=\"",
        "<APP APP.NAME=\"",
        "<VDIR VDIR.NAME=\"",
    ]
    .iter()
    .any(|start| line.starts_with(start))
}

fn line<'a>(
    file: &'a SourceFile,
    text: &'a str,
    span: Span,
    host: Option<&'a str>,
) -> Option<Line<'a>> {
    let named = |start: &str, behind: &str| -> Option<(&'a str, &'a str)> {
        let rest = text.strip_prefix(start)?.strip_suffix(')')?;
        rest.split_once(behind)
    };
    if let Some((name, rest)) = named("SITE \"", "\" (id:") {
        let (id, rest) = rest.split_once(",bindings:")?;
        let (bindings, _) = rest.rsplit_once(",state:")?;
        return site(file, host, name, id, bindings, span).map(Line::Site);
    }
    if let Some((name, _)) = named("APP \"", "\" (applicationPool:") {
        return directory(host, name, None, span).map(Line::Directory);
    }
    if let Some((name, folder)) = named("VDIR \"", "\" (physicalPath:") {
        let folder = placed(file, folder)?;
        return directory(host, name, Some(folder), span).map(Line::Directory);
    }
    if text.starts_with("APPPOOL \"") || is_around(text) {
        return Some(Line::Nothing);
    }
    is_element(text).then(|| element(file, text, span, host))?
}

/// Commands whose output is read by its lines, and what stands around elements.
fn is_around(text: &str) -> bool {
    const LISTED: [&str; 10] = [
        "site", "sites", "app", "apps", "vdir", "vdirs", "apppool", "apppools", "wp", "wps",
    ];
    let of_command = || {
        let arguments = appcmd_list(command(text))?;
        let what = *arguments.first()?;
        Some(LISTED.iter().any(|word| what.eq_ignore_ascii_case(word)))
    };
    matches!(text, "<appcmd>" | "</appcmd>")
        || text.starts_with("<?xml ")
        || text.starts_with("<APPPOOL APPPOOL.NAME=\"")
        || of_command().unwrap_or(false)
}

/// An element of the form with `/xml`. Attributes with entities in them are
/// decoded; their place is that of the line.
fn element<'a>(
    file: &'a SourceFile,
    text: &str,
    span: Span,
    host: Option<&'a str>,
) -> Option<Line<'a>> {
    let mut reader = quick_xml::Reader::from_str(text);
    let tag = match reader.read_event().ok()? {
        Event::Empty(tag) | Event::Start(tag) => tag,
        _ => return None,
    };
    let value = |name: &str| {
        let (raw, at) = attribute(file, &tag, name)?;
        Some((unescape(raw).ok()?.into_owned(), at))
    };
    if let Some((name, _)) = value("SITE.NAME").filter(|_| text.starts_with("<SITE ")) {
        let (id, at) = value("SITE.ID")?;
        let (bindings, place) = value("bindings")?;
        return Some(Line::Site(Site {
            host,
            name,
            id: number(&id).then_some((id, at))?,
            bindings: bindings_in(&bindings, |_| Some(place))?,
            span,
        }));
    }
    if let Some((name, _)) = value("APP.NAME").filter(|_| text.starts_with("<APP ")) {
        return directory(host, &name, None, span).map(Line::Directory);
    }
    let (name, _) = value("VDIR.NAME")?;
    let folder = value("physicalPath")?;
    directory(host, &name, Some(folder), span).map(Line::Directory)
}

fn placed(file: &SourceFile, text: &str) -> Option<Placed> {
    Some((text.to_owned(), file.span_of(text)?))
}

fn number(text: &str) -> bool {
    !text.is_empty() && text.len() <= 10 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn site<'a>(
    file: &SourceFile,
    host: Option<&'a str>,
    name: &str,
    id: &str,
    bindings: &str,
    span: Span,
) -> Option<Site<'a>> {
    (!name.is_empty() && number(id)).then_some(())?;
    Some(Site {
        host,
        name: name.to_owned(),
        id: placed(file, id)?,
        bindings: bindings_in(bindings, |binding| file.span_of(binding))?,
        span,
    })
}

/// `http/*:80:,https/*:443:` as other readers of IIS tell bindings, `https *:443:`.
/// No binding has a comma in it.
fn bindings_in(text: &str, place: impl Fn(&str) -> Option<Span>) -> Option<Vec<Placed>> {
    if text.is_empty() {
        return Some(Vec::new());
    }
    text.split(',')
        .map(|binding| {
            let (protocol, information) = binding.split_once('/')?;
            let known = !protocol.is_empty() && !protocol.contains(char::is_whitespace);
            known.then_some(())?;
            Some((format!("{protocol} {information}"), place(binding)?))
        })
        .collect()
}

/// `Default Web Site/owa/` is the path `/owa` of a site.
fn directory<'a>(
    host: Option<&'a str>,
    name: &str,
    folder: Option<Placed>,
    span: Span,
) -> Option<Directory<'a>> {
    let (site, path) = name.split_once('/')?;
    (!site.is_empty()).then_some(())?;
    Some(Directory {
        host,
        site: site.to_owned(),
        path: format!("/{}", path.trim_matches('/')),
        folder,
        span,
    })
}

impl<'a> Places<'a> {
    /// What the listing tells of a site: the lines that do not say the same.
    fn sites_of(&self, host: Option<&str>, name: &str) -> Vec<&Site<'a>> {
        let mut found: Vec<&Site<'a>> = Vec::new();
        for site in &self.sites {
            let same = |other: &&&Site<'_>| {
                other.id.0 == site.id.0 && words(&other.bindings) == words(&site.bindings)
            };
            if site.host == host
                && site.name.eq_ignore_ascii_case(name)
                && !found.iter().any(|other| same(&other))
            {
                found.push(site);
            }
        }
        found
    }

    /// Tells an application that is known otherwise what the listing says of its
    /// site and folder, where that is one thing.
    pub fn complete(&self, host: Option<&str>, application: &mut Application) {
        if let [site] = self.sites_of(host, &application.site)[..] {
            application.site_id = Some(site.id.clone());
            application.bindings.clone_from(&site.bindings);
        }
        let mut folders = self.directories.iter().filter(|directory| {
            directory.host == host
                && directory.site.eq_ignore_ascii_case(&application.site)
                && directory.path.eq_ignore_ascii_case(&application.path)
        });
        let folder = folders.find_map(|directory| directory.folder.clone());
        application.folder = application.folder.take().or(folder);
    }

    /// Every path of every site, once, with its host. A site that no path is listed
    /// of is there with its root.
    pub fn applications(&self) -> Vec<(Option<&'a str>, Application)> {
        // The folder of an application is that of its virtual directory.
        let (with, without): (Vec<_>, Vec<_>) = self
            .directories
            .iter()
            .partition(|directory| directory.folder.is_some());
        let key = |one: &Directory<'a>| {
            let (site, path) = (one.site.to_lowercase(), one.path.to_lowercase());
            (one.host, site, path)
        };
        let mut seen = HashSet::new();
        let mut told = HashSet::new();
        let mut out = Vec::new();
        let folders = with.iter().map(|one| (key(one), *one));
        let folders: Vec<_> = folders.collect();
        let have: HashSet<_> = folders.iter().map(|(key, _)| key.clone()).collect();
        let others = without.iter().map(|one| (key(one), *one));
        let others = others.filter(|(key, _)| !have.contains(key));
        for (key, one) in folders.iter().cloned().chain(others) {
            let folder = one.folder.as_ref().map(|(folder, _)| folder.to_lowercase());
            told.insert((key.0, key.1.clone()));
            if seen.insert((key, folder)) {
                self.add(one, &mut out);
            }
        }
        for site in &self.sites {
            if told.insert((site.host, site.name.to_lowercase())) {
                let root = Directory {
                    host: site.host,
                    site: site.name.clone(),
                    path: "/".to_owned(),
                    folder: None,
                    span: site.span,
                };
                self.add(&root, &mut out);
            }
        }
        out
    }

    fn add(&self, directory: &Directory<'a>, out: &mut Vec<(Option<&'a str>, Application)>) {
        let host = directory.host;
        let application = Application {
            site: directory.site.clone(),
            site_id: None,
            path: directory.path.clone(),
            place: String::new(),
            folder: directory.folder.clone(),
            bindings: Vec::new(),
            span: directory.span,
        };
        let sites = self.sites_of(host, &directory.site);
        if sites.is_empty() {
            out.push((host, application));
            return;
        }
        for known in sites {
            let application = Application {
                site_id: Some(known.id.clone()),
                bindings: known.bindings.clone(),
                ..application.clone()
            };
            out.push((host, application));
        }
    }
}

fn words(bindings: &[Placed]) -> Vec<&str> {
    bindings.iter().map(|(text, _)| text.as_str()).collect()
}
