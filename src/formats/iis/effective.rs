//! What `appcmd list config "SITE/PATH" …` prints behind its command: the
//! settings that hold at that place, with everything inherited in them; and, beside
//! it, the sites and paths that are listed ([`places`]).
//!
//! Only output that says where it holds counts: below a command that names a site
//! or a path in one, and that prints the XML as it is. What is printed of the whole
//! server tells nothing of a site, which may state something else; a URL does
//! not tell the site; and a filter (`| findstr`) may have taken lines away.
//!
//! Sources: "Getting Started with AppCmd.exe" and the outputs in Microsoft's
//! articles on IIS, on learn.microsoft.com.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use super::configuration::{Configuration, Section};
use super::places;
use super::reader::{Text, read};
use super::settings::{Application, Settings, add};
use crate::formats::exchange::collect::Collector;
use crate::formats::{Content, Problem, ProblemLevel, prompt};
use crate::source::{SourceFile, Span};

/// The server itself, above all sites.
const SERVER: &str = "MACHINE/WEBROOT/APPHOST";

/// How people write the name of the program.
const SPELLINGS: [&str; 4] = ["appcmd", "AppCmd", "Appcmd", "APPCMD"];

/// What the output below the commands of a capture tells.
#[derive(Debug, Default)]
pub struct Listed {
    /// One application for each place.
    pub content: Vec<Content>,
    /// The commands whose output was read.
    pub commands: Vec<Span>,
    /// Lines of XML that were read, and whether what stands there matters.
    pub lines: Vec<(Range<usize>, bool)>,
    /// What is not whole.
    pub problems: Vec<Problem>,
}

/// A command that asks for the settings of a place.
#[derive(Debug, PartialEq, Eq)]
struct Asked<'a> {
    /// The machine of the prompt.
    host: Option<&'a str>,
    site: &'a str,
    /// `/owa`, or `/` for the site itself.
    path: String,
}

/// Settings of one place that may be read together: each section stands there
/// once.
struct Shown<'a> {
    asked: Asked<'a>,
    /// The command.
    span: Span,
    configuration: Configuration,
    sections: BTreeSet<Section>,
}

/// The machine of the prompt, site and path.
type Place<'a> = (Option<&'a str>, String, String);

impl<'a> Asked<'a> {
    fn place(&self) -> Place<'a> {
        (
            self.host,
            self.site.to_lowercase(),
            self.path.to_lowercase(),
        )
    }
}

/// The command of a line: behind a prompt, or alone.
pub fn command(line: &str) -> &str {
    let line = line.trim_start_matches('\u{feff}').trim();
    prompt::read(line).map_or(line, |prompt| prompt.command)
}

/// The words of a command, those between quotation marks as one.
fn words(command: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = command.trim_start();
    while let Some(first) = rest.chars().next() {
        let quoted = matches!(first, '"' | '\'' | '“');
        let inside = rest.get(first.len_utf8()..).unwrap_or_default();
        let found = if quoted {
            let closing = if first == '“' { '”' } else { first };
            inside.split_once(closing)
        } else {
            None
        };
        let (word, behind) = found
            .or_else(|| rest.split_once([' ', '\t']))
            .unwrap_or((rest, ""));
        words.push(word);
        rest = behind.trim_start();
    }
    words
}

/// The arguments of `appcmd list`, whatever is listed.
pub fn appcmd_list(command: &str) -> Option<Vec<&str>> {
    let mut words = words(command).into_iter().peekable();
    words.next_if_eq(&"&");
    let program = words.next()?.rsplit(['\\', '/']).next()?;
    let is_appcmd = ["appcmd", "appcmd.exe"]
        .iter()
        .any(|name| program.eq_ignore_ascii_case(name));
    let lists = words.next()?.eq_ignore_ascii_case("list");
    (is_appcmd && lists).then(|| words.collect())
}

/// The place that a command asks for, where its output tells all that holds there.
fn asked(line: &str) -> Option<Asked<'_>> {
    let command = command(line);
    // What is filtered or saved elsewhere does not stand below as it was.
    if command.contains(['|', '>', '<']) {
        return None;
    }
    let arguments = appcmd_list(command)?;
    let (what, rest) = arguments.split_first()?;
    let (place, options) = rest.split_first()?;
    let plain = |option: &&str| {
        let option = option.trim_start_matches(['/', '-', '–']).to_lowercase();
        option.starts_with("section:") || option.starts_with("config")
    };
    if !what.eq_ignore_ascii_case("config")
        || place.starts_with(['/', '-', '–'])
        || place.contains("://")
        || !options.iter().all(plain)
    {
        return None;
    }
    let of_site = match place.get(..SERVER.len()) {
        Some(start) if start.eq_ignore_ascii_case(SERVER) => {
            place.get(SERVER.len()..)?.strip_prefix('/')?
        }
        _ => place,
    };
    let (site, path) = of_site.split_once('/').unwrap_or((of_site, ""));
    let told = |text: &str| !text.contains(['%', '$', '*', '\\', ':', '"']);
    (!site.is_empty() && told(of_site)).then(|| Asked {
        host: prompt::host(line.trim()),
        site,
        path: format!("/{}", path.trim_matches('/')),
    })
}

/// The lines of the element that begins at a line, or `None` where nothing
/// ends it before the next command.
fn element(file: &SourceFile, start: usize) -> Option<Range<usize>> {
    let first = file.line(start)?.trim();
    let name = first.strip_prefix('<')?;
    let name = name.split([' ', '\t', '>', '/']).next()?;
    let closing = format!("</{name}>");
    if first.ends_with(&closing) || first.ends_with("/>") {
        return Some(start..start.saturating_add(1));
    }
    // A console breaks a tag that is too long for it.
    let mut open = !first.ends_with('>');
    for index in start.saturating_add(1)..file.line_count() {
        let line = file.line(index)?.trim();
        if line == closing {
            return Some(start..index.saturating_add(1));
        }
        if !line.is_empty() && !line.starts_with('<') && !open {
            return None;
        }
        open = !line.ends_with('>');
    }
    None
}

/// Reads what stands below the commands of a capture.
#[must_use]
pub fn listed(file: &SourceFile) -> Listed {
    let mut out = Listed::default();
    let places = places::read(file);
    let known = places.lines.iter();
    out.lines = known
        .map(|(line, matters)| (*line..line.saturating_add(1), *matters))
        .collect();
    let shown = match SPELLINGS.iter().any(|name| file.text().contains(name)) {
        true => shown(file, &mut out),
        false => Vec::new(),
    };
    let machine = machine(file);
    let listed = places.applications().into_iter().filter(|(host, listed)| {
        !shown.iter().any(|one| {
            one.asked.host == *host
                && one.asked.site.eq_ignore_ascii_case(&listed.site)
                && one.asked.path.eq_ignore_ascii_case(&listed.path)
        })
    });
    for (host, application) in listed {
        let nothing = Settings::default();
        deliver(file, &application, &nothing, host.or(machine), &mut out);
    }
    for one in shown {
        let mut application = Application {
            site: one.asked.site.to_owned(),
            site_id: None,
            path: one.asked.path.clone(),
            place: String::new(),
            folder: None,
            bindings: Vec::new(),
            span: one.span,
        };
        places.complete(one.asked.host, &mut application);
        let settings = one.configuration.settings("");
        let host = one.asked.host.or(machine);
        deliver(file, &application, &settings, host, &mut out);
    }
    out
}

/// What stands below commands that ask for the settings of a place.
fn shown<'a>(file: &'a SourceFile, out: &mut Listed) -> Vec<Shown<'a>> {
    let mut shown: Vec<Shown<'_>> = Vec::new();
    let mut places: HashMap<Place<'_>, usize> = HashMap::new();
    for (number, (span, line)) in file.lines().enumerate() {
        if !SPELLINGS.iter().any(|name| line.contains(name)) {
            continue;
        }
        let Some(asked) = asked(line) else { continue };
        // Markdown fences the command and its output apart.
        let is_between = |line: &str| line.trim().is_empty() || line.trim().starts_with("```");
        let below = (number.saturating_add(1)..file.line_count())
            .find(|index| file.line(*index).is_some_and(|line| !is_between(line)));
        let is_xml = |index: usize| {
            let line = file.line(index).unwrap_or_default().trim_start();
            line.starts_with("<system.") || line.starts_with("<configuration")
        };
        let Some(mut at) = below.filter(|index| is_xml(*index)) else {
            continue;
        };
        let mut found: Option<Configuration> = None;
        while is_xml(at) {
            let lines = element(file, at);
            let one = lines.clone().and_then(|lines| configuration(file, lines));
            let (Some(lines), Some(one)) = (lines, one) else {
                out.problems.push(not_whole(file, at));
                found = None;
                break;
            };
            at = lines.end;
            out.lines.push((lines, !one.statements.is_empty()));
            match &mut found {
                Some(known) => known.statements.extend(one.statements),
                None => found = Some(one),
            }
        }
        let Some(configuration) = found.filter(|found| !found.statements.is_empty()) else {
            continue;
        };
        out.commands.push(span);
        let sections: BTreeSet<Section> = configuration
            .statements
            .iter()
            .map(|statement| statement.section)
            .collect();
        // What is shown twice may have been changed in between.
        let known = places.get(&asked.place());
        let known = known.and_then(|index| shown.get_mut(*index));
        match known.filter(|known| known.sections.is_disjoint(&sections)) {
            Some(known) => {
                known
                    .configuration
                    .statements
                    .extend(configuration.statements);
                known.sections.extend(sections);
            }
            None => {
                places.insert(asked.place(), shown.len());
                shown.push(Shown {
                    asked,
                    span,
                    configuration,
                    sections,
                });
            }
        }
    }
    shown
}

/// The configuration in some lines.
fn configuration(file: &SourceFile, lines: Range<usize>) -> Option<Configuration> {
    let start = file.line_range(lines.start)?.start;
    let end = file.line_range(lines.end.checked_sub(1)?)?.end;
    let text = Text {
        text: file.text().get(start..end)?,
        place: &|range| {
            Span::of(
                file.id(),
                range.start.saturating_add(start)..range.end.saturating_add(start),
            )
        },
    };
    Some(read(&text).ok()?.configuration)
}

/// The machine that commands of the capture ask for, where all answers agree.
fn machine(file: &SourceFile) -> Option<&str> {
    let mut names = prompt::machine_names(file).map(|(_, name)| name);
    let first = names.next()?;
    names
        .all(|name| name.eq_ignore_ascii_case(first))
        .then_some(first)
}

/// Adds an application with the settings that hold there.
fn deliver(
    file: &SourceFile,
    application: &Application,
    settings: &Settings,
    host: Option<&str>,
    out: &mut Listed,
) {
    let mut collector = Collector::new(file, "");
    add(application, settings, |_| None, &mut collector);
    let document = collector.finish();
    out.problems.extend(document.problems);
    for mut content in document.content {
        if let Content::Exchange(run) = &mut content
            && let Some(host) = host
        {
            run.host = Some(host.into());
            for record in &mut run.records {
                record.host.clone_from(&run.host);
            }
        }
        out.content.push(content);
    }
}

fn not_whole(file: &SourceFile, line: usize) -> Problem {
    let range = file.line_range(line).unwrap_or_default();
    Problem {
        level: ProblemLevel::Warning,
        message: "the XML below `appcmd list config` is not whole here, so it decides nothing"
            .to_owned(),
        hint: Some(
            "save it to a file: appcmd list config \"SITE/PATH\" /section:access > SERVER_iis.txt"
                .to_owned(),
        ),
        span: Span::of(file.id(), range.start..range.start),
    }
}
