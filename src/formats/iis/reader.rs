//! Reads the XML of a configuration file of IIS 7 and later.

use std::borrow::Cow;
use std::collections::BTreeMap;

use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};

use super::configuration::{
    Change, Configuration, Directory, Kind, Mode, Registered, Section, Site, Statement, below,
};
use super::settings::{Provider, Setting, Stated};
use crate::source::{Span, floor};

/// Elements nest at most this deep.
const MAX_DEPTH: usize = 128;

/// Paths have at most this many folders; IIS itself takes no longer URL than
/// 260 characters of a folder each.
const MAX_FOLDERS: usize = 128;

/// Why a section that stands in another file or is encrypted is not known.
const ELSEWHERE: &str =
    "the section is in another file (configSource), which exlint does not follow";
const ENCRYPTED: &str = "the section is encrypted (configProtectionProvider)";

/// A text and where its parts stand in a file.
pub struct Text<'a> {
    /// The text.
    pub text: &'a str,
    /// The place of a part of it.
    pub place: &'a dyn Fn(std::ops::Range<usize>) -> Span,
}

impl Text<'_> {
    fn span(&self, start: usize, end: usize) -> Span {
        (self.place)(start..end.max(start))
    }

    /// The place of a part of the text.
    fn span_of(&self, part: &str) -> Option<Span> {
        let start = (part.as_ptr() as usize).checked_sub(self.text.as_ptr() as usize)?;
        let end = start.checked_add(part.len())?;
        (end <= self.text.len()).then(|| self.span(start, end))
    }

    /// An attribute of a tag, decoded.
    fn attribute(&self, tag: &BytesStart<'_>, name: &str) -> Option<(String, Span)> {
        let mut all = tag.attributes().flatten();
        let found = all.find(|attribute| attribute.key.as_ref() == name)?;
        let Cow::Borrowed(raw) = found.value else {
            return None;
        };
        let decoded = unescape(raw).map_or_else(|_| raw.to_owned(), Cow::into_owned);
        Some((decoded, self.span_of(raw)?))
    }
}

/// An open `location`.
#[derive(Debug, Clone)]
struct Location {
    path: String,
    mode: Option<Mode>,
    inherited: bool,
}

/// Whether folders below may have a `web.config`, as defaults of each level say.
#[derive(Debug, Default)]
struct Below {
    sites: Option<bool>,
    site: Option<bool>,
    application: Option<bool>,
}

struct State<'t, 'a> {
    text: &'t Text<'a>,
    open: Vec<String>,
    locations: Vec<Location>,
    /// Names of the open section groups of `<configSections>`.
    groups: Vec<String>,
    application: String,
    below: Below,
    configuration: Configuration,
    too_long: Option<Span>,
}

/// What was read, or the offset of the fault where the XML is broken.
pub struct Reading {
    /// What the file states.
    pub configuration: Configuration,
    /// The first path that is too long to be one.
    pub too_long: Option<Span>,
}

/// Reads a text.
///
/// # Errors
///
/// The offset where the XML is broken or too deep, or has a document type.
pub fn read(text: &Text<'_>) -> Result<Reading, usize> {
    let mut state = State {
        text,
        open: Vec::new(),
        locations: Vec::new(),
        groups: Vec::new(),
        application: String::new(),
        below: Below::default(),
        configuration: Configuration {
            kind: Kind::Web,
            host: None,
            place: None,
            path: None,
            sites: Vec::new(),
            statements: Vec::new(),
            registered: BTreeMap::new(),
            broken: false,
            span: text.span(0, text.text.len()),
        },
        too_long: None,
    };
    let all = text.text;
    let mut reader = Reader::from_str(all);
    reader.config_mut().check_comments = true;
    let offset = |position: u64| floor(all, usize::try_from(position).unwrap_or(usize::MAX));
    let mut root = None;
    loop {
        let before = offset(reader.buffer_position());
        match reader.read_event() {
            Ok(Event::Start(tag) | Event::Empty(tag))
                if !is_sound(&tag) || (root.is_some() && state.open.is_empty()) =>
            {
                return Err(before);
            }
            Ok(Event::Start(tag)) => {
                let span = text.span(before, offset(reader.buffer_position()));
                state.element(&tag, span);
                let name = tag.local_name().as_ref().to_owned();
                root.get_or_insert_with(|| name.clone());
                if name == "sectionGroup" {
                    let group = text.attribute(&tag, "name");
                    state
                        .groups
                        .push(group.map_or(String::new(), |(name, _)| name));
                }
                state.open.push(name);
                if state.open.len() > MAX_DEPTH {
                    return Err(before);
                }
            }
            Ok(Event::Empty(tag)) => {
                let span = text.span(before, offset(reader.buffer_position()));
                state.element(&tag, span);
                root.get_or_insert_with(|| tag.local_name().as_ref().to_owned());
                if tag.local_name().as_ref() == "location" {
                    state.locations.pop();
                }
            }
            Ok(Event::End(_)) => match state.open.pop().as_deref() {
                Some("location") => {
                    state.locations.pop();
                }
                Some("sectionGroup") => {
                    state.groups.pop();
                }
                _ => {}
            },
            // An entity of a document type may stand for anything.
            Ok(Event::DocType(_)) => return Err(before),
            Ok(Event::GeneralRef(name)) if unescape(&format!("&{};", &*name)).is_err() => {
                return Err(before);
            }
            Ok(Event::Text(content)) if state.open.is_empty() && !is_blank(&content) => {
                return Err(before);
            }
            Ok(Event::Eof) if state.open.is_empty() && root.is_some() => break,
            Ok(Event::Eof) => return Err(all.len()),
            Err(_) => return Err(offset(reader.error_position()).max(before)),
            Ok(_) => {}
        }
    }
    let mut configuration = state.configuration;
    let of_server = !configuration.sites.is_empty() || !configuration.registered.is_empty();
    configuration.kind = match root.as_deref() {
        _ if of_server => Kind::Host,
        Some("configuration") => Kind::Web,
        _ => Kind::Effective,
    };
    Ok(Reading {
        configuration,
        too_long: state.too_long,
    })
}

/// Whether nothing stands in a text between elements; a mark of the order of
/// bytes is nothing.
fn is_blank(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').trim().is_empty()
}

/// Whether the attributes of a tag are well formed, each there once, and without
/// entities that XML does not define.
fn is_sound(tag: &BytesStart<'_>) -> bool {
    tag.attributes().all(|attribute| {
        attribute.is_ok_and(|attribute| {
            !attribute.value.contains('<') && unescape(&attribute.value).is_ok()
        })
    })
}

fn is_true(text: &str) -> bool {
    text.eq_ignore_ascii_case("true")
}

impl State<'_, '_> {
    fn parent(&self) -> &str {
        self.open.last().map_or("", String::as_str)
    }

    /// Whether the innermost open elements are these, outermost first.
    fn is_in(&self, names: &[&str]) -> bool {
        let open = self.open.iter().rev();
        self.open.len() >= names.len() && open.zip(names.iter().rev()).all(|(one, two)| one == two)
    }

    fn value(&self, tag: &BytesStart<'_>, name: &str) -> Option<(String, Span)> {
        self.text.attribute(tag, name)
    }

    /// Whether a path is one; notes the first that is not.
    fn is_path(&mut self, path: &str, span: Span) -> bool {
        let short = path.split('/').take(MAX_FOLDERS).count() < MAX_FOLDERS;
        if !short {
            self.too_long.get_or_insert(span);
        }
        short
    }

    fn element(&mut self, tag: &BytesStart<'_>, span: Span) {
        let name = tag.local_name();
        let name = name.as_ref();
        match (self.parent(), name) {
            (_, "location") => self.location(tag, span),
            ("sites", "site") => {
                self.below.site = None;
                let site = Site {
                    name: self.value(tag, "name").map_or(String::new(), |(n, _)| n),
                    id: self.value(tag, "id"),
                    ..Site::default()
                };
                self.configuration.sites.push(site);
            }
            ("site", "application") => {
                self.below.application = None;
                self.application = self.value(tag, "path").map_or("/".to_owned(), |(p, _)| p);
            }
            (above @ ("sites" | "site" | "application"), "virtualDirectoryDefaults") => {
                let above = above.to_owned();
                let stated = self.value(tag, "allowSubDirConfig");
                let stated = stated.map(|(text, _)| is_true(&text));
                match above.as_str() {
                    "sites" => self.below.sites = stated,
                    "site" => self.below.site = stated,
                    _ => self.below.application = stated,
                }
            }
            ("application", "virtualDirectory") => self.directory(tag, span),
            ("bindings", "binding") => {
                let (Some((protocol, _)), Some((information, at))) = (
                    self.value(tag, "protocol"),
                    self.value(tag, "bindingInformation"),
                ) else {
                    return;
                };
                if let Some(site) = self.configuration.sites.last_mut() {
                    site.bindings
                        .push((format!("{protocol} {information}"), at));
                }
            }
            (_, "section") if self.open.iter().any(|one| one == "configSections") => {
                self.register(tag);
            }
            _ => self.setting(tag, name, span),
        }
    }

    fn location(&mut self, tag: &BytesStart<'_>, span: Span) {
        let path = self.value(tag, "path").map_or(String::new(), |(p, _)| p);
        let path = path.trim_matches('/');
        let legacy = self.value(tag, "allowOverride");
        let mode = match self.value(tag, "overrideMode") {
            Some((mode, _)) if mode.eq_ignore_ascii_case("allow") => Some(Mode::Allow),
            Some((mode, _)) if mode.eq_ignore_ascii_case("deny") => Some(Mode::Deny),
            Some(_) => None,
            None => legacy.map(|(text, _)| {
                if is_true(&text) {
                    Mode::Allow
                } else {
                    Mode::Deny
                }
            }),
        };
        let inherited = self.value(tag, "inheritInChildApplications");
        let inherited = inherited.is_none_or(|(text, _)| is_true(&text));
        let path = if path == "." { "" } else { path }.to_owned();
        // What stands in a path that is none must not count for another.
        self.is_path(&path, span);
        self.locations.push(Location {
            path,
            mode,
            inherited,
        });
    }

    fn directory(&mut self, tag: &BytesStart<'_>, span: Span) {
        let folder = self.value(tag, "physicalPath");
        let own = self.value(tag, "path").map_or("/".to_owned(), |(p, _)| p);
        let own_below = self.value(tag, "allowSubDirConfig");
        let path = format!(
            "{}{}",
            self.application.trim_end_matches('/'),
            own.trim_end_matches('/')
        );
        if !self.is_path(&path, span) {
            return;
        }
        let below = own_below
            .map(|(text, _)| is_true(&text))
            .or(self.below.application)
            .or(self.below.site)
            .or(self.below.sites)
            .unwrap_or(true);
        let application = self.application.clone();
        let Some(site) = self.configuration.sites.last_mut() else {
            return;
        };
        let collected = format!("{}{application}{own}", site.name).replace('/', "_");
        site.directories.push(Directory {
            place: format!("{}{path}", site.name).to_lowercase(),
            path,
            folder,
            application: own == "/",
            below,
            collected: collected.to_lowercase(),
            span,
        });
    }

    /// A section of `<configSections>`.
    fn register(&mut self, tag: &BytesStart<'_>) {
        let Some((name, _)) = self.value(tag, "name") else {
            return;
        };
        let groups: Vec<&str> = self.groups.iter().map(String::as_str).collect();
        let section = match groups.as_slice() {
            ["system.webServer", above @ "security"]
            | ["system.webServer", "security", above @ "authentication"] => {
                Section::of(above, &name)
            }
            _ => None,
        };
        let Some(section) = section else { return };
        let denied = |(mode, _): (String, Span)| mode.eq_ignore_ascii_case("deny");
        let mode = self.value(tag, "overrideModeDefault").is_some_and(denied);
        let level = self.value(tag, "allowDefinition");
        let level = level.map_or(String::new(), |(text, _)| text.to_lowercase());
        // `AppHostOnly`, `MachineOnly`, `MachineToRootWeb`, `MachineToWebRoot`.
        let above_sites = level == "apphostonly"
            || (level.starts_with("machine") && level != "machinetoapplication");
        let registered = Registered {
            mode: if mode || above_sites {
                Mode::Deny
            } else {
                Mode::Allow
            },
            in_applications: level == "machinetoapplication",
        };
        self.configuration.registered.insert(section, registered);
    }

    /// An element of a section that decides what a client must do.
    fn setting(&mut self, tag: &BytesStart<'_>, name: &str, span: Span) {
        let security = ["system.webServer", "security"];
        let authentication = ["system.webServer", "security", "authentication"];
        let providers = [
            "system.webServer",
            "security",
            "authentication",
            "windowsAuthentication",
            "providers",
        ];
        let windows = providers.split_last().map_or(&[][..], |(_, above)| above);
        if self.is_in(&security) || self.is_in(&authentication) {
            let Some(section) = Section::of(self.parent(), name) else {
                return;
            };
            self.section(section, tag, span);
        } else if self.is_in(windows) && name == "extendedProtection" {
            if let Some((value, at)) = self.value(tag, "tokenChecking") {
                let change = Change::Value(Setting::ExtendedProtection, Stated::Value(value));
                self.state(Section::Windows, change, at);
            }
            self.note_locks(Section::Windows, tag, span);
        } else if self.is_in(windows) && name == "providers" {
            self.note_locks(Section::Windows, tag, span);
        } else if self.parent() == "providers" && self.is_in(&providers) {
            self.note_locks(Section::Windows, tag, span);
            let change = match (name, self.value(tag, "value")) {
                ("clear", _) => Provider::Clear,
                ("add", Some((provider, at))) => Provider::Add(provider, at),
                ("remove", Some((provider, _))) => Provider::Remove(provider),
                _ => return,
            };
            self.state(Section::Windows, Change::Provider(change), span);
        }
    }

    fn section(&mut self, section: Section, tag: &BytesStart<'_>, span: Span) {
        self.state(section, Change::Present, span);
        if let Some(mode) = self.locations.last().and_then(|location| location.mode) {
            self.state(section, Change::Mode(mode), span);
        }
        self.note_locks(section, tag, span);
        let hidden = if let Some((_, at)) = self.value(tag, "configSource") {
            Some((ELSEWHERE, at))
        } else {
            let protected = self.value(tag, "configProtectionProvider");
            protected.map(|(_, at)| (ENCRYPTED, at))
        };
        if let Some((why, at)) = hidden {
            for setting in section.settings() {
                self.state(section, Change::Value(*setting, Stated::Unknown(why)), at);
            }
            if section == Section::Windows {
                let change = Change::Provider(Provider::Unknown(why, at));
                self.state(section, change, at);
            }
            return;
        }
        let (setting, attribute) = match section {
            Section::Access => (Setting::Ssl, "sslFlags"),
            Section::Anonymous => (Setting::Anonymous, "enabled"),
            Section::Basic => (Setting::Basic, "enabled"),
            Section::Digest => (Setting::Digest, "enabled"),
            Section::Windows => (Setting::Windows, "enabled"),
            Section::ClientCertificate => (Setting::ClientCertificate, "enabled"),
        };
        if let Some((value, at)) = self.value(tag, attribute) {
            self.state(section, Change::Value(setting, Stated::Value(value)), at);
        }
    }

    /// Notes what locks parts of a section.
    fn note_locks(&mut self, section: Section, tag: &BytesStart<'_>, span: Span) {
        let locks = |name: &str| match self.value(tag, name) {
            Some((text, _)) if name == "lockItem" => is_true(&text),
            Some((text, _)) => !text.trim().is_empty(),
            None => false,
        };
        let any = [
            "lockItem",
            "lockAttributes",
            "lockElements",
            "lockAllAttributesExcept",
            "lockAllElementsExcept",
        ]
        .into_iter()
        .any(locks);
        if any {
            self.state(section, Change::PartLocked, span);
        }
    }

    fn state(&mut self, section: Section, change: Change, span: Span) {
        let location = self.locations.last();
        let path = location.map_or("", |location| location.path.as_str());
        if path.split('/').take(MAX_FOLDERS).count() >= MAX_FOLDERS {
            return;
        }
        self.configuration.statements.push(Statement {
            location: below("", path),
            inherited: location.is_none_or(|location| location.inherited),
            section,
            change,
            span,
        });
    }
}
