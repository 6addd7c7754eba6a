//! Settings by their place, and what holds at a path after inheritance.
//!
//! IIS passes a setting down: from the server to a site, to its applications,
//! to the folders in them. A place may be written down twice; the later value
//! of one setting wins (Microsoft Learn, *location* element; for IIS 6 the
//! inheritance of metabase properties).

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use crate::formats::exchange::cmdlets::{Cmdlet, table};
use crate::formats::exchange::collect::{Collector, Stated as OfCmdlet};
use crate::formats::exchange::record::{MAX_OBJECTS, RawProperty};
use crate::formats::exchange::value::Raw;
use crate::source::{SourceFile, Span};

/// A setting that decides what a client must do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Setting {
    /// `SslFlags`.
    Ssl,
    /// Anonymous access.
    Anonymous,
    /// Basic authentication.
    Basic,
    /// Digest authentication.
    Digest,
    /// Integrated Windows authentication.
    Windows,
    /// Client certificates that stand for accounts.
    ClientCertificate,
    /// Extended protection.
    ExtendedProtection,
}

impl Setting {
    /// What holds where a whole configuration of IIS 7 and later does not state
    /// a setting (`IIS_schema.xml`, attribute `enabled` of the authentication
    /// sections and `sslFlags` of `access`).
    pub fn default(self) -> Option<&'static str> {
        match self {
            Self::Ssl => Some("None"),
            Self::Anonymous => Some("True"),
            Self::Basic | Self::Digest | Self::Windows | Self::ClientCertificate => Some("False"),
            Self::ExtendedProtection => None,
        }
    }

    /// All with the properties that show them.
    pub const ALL: [(Self, &'static str); 7] = [
        (Self::Ssl, "SslFlags"),
        (Self::Anonymous, "AnonymousAuthentication"),
        (Self::Basic, "BasicAuthentication"),
        (Self::Digest, "DigestAuthentication"),
        (Self::Windows, "WindowsAuthentication"),
        (
            Self::ClientCertificate,
            "ClientCertificateMappingAuthentication",
        ),
        (Self::ExtendedProtection, "ExtendedProtectionTokenChecking"),
    ];
}

/// What a place says about a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stated {
    /// The value as it is written.
    Value(String),
    /// Something that the files do not show; why.
    Unknown(&'static str),
}

impl Stated {
    /// Whether both are one value, whatever the order of their flags and the case
    /// of their letters; what is not known is like nothing else.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.words()
            .is_some_and(|words| Some(words) == other.words())
    }

    /// The flags of a value, whatever their order and the case of their letters;
    /// `None` where it is not known.
    #[must_use]
    pub fn words(&self) -> Option<BTreeSet<String>> {
        let Self::Value(text) = self else { return None };
        let words = text.split([',', '|']);
        Some(words.map(|word| word.trim().to_lowercase()).collect())
    }
}

/// A change to the list of providers of Windows authentication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Provider {
    /// All that came from above are gone.
    Clear,
    /// One is gone.
    Remove(String),
    /// One more.
    Add(String, Span),
    /// Something that the files do not show; why, and where.
    Unknown(&'static str, Span),
}

impl Provider {
    /// Whether both do the same, wherever they stand.
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Clear, Self::Clear) => true,
            (Self::Remove(one), Self::Remove(two)) | (Self::Add(one, _), Self::Add(two, _)) => {
                one.eq_ignore_ascii_case(two)
            }
            _ => false,
        }
    }
}

/// A value and its place.
pub type Placed = (String, Span);

/// A setting as one place states it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    stated: Stated,
    span: Span,
    /// Whether applications below inherit it.
    inherited: bool,
}

/// Where a setting comes from that holds at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin<'s> {
    /// The path that states it, in lower case.
    pub place: String,
    /// What it states.
    pub stated: &'s Stated,
    /// Where that stands.
    pub span: Span,
}

/// Settings by the lower-case path of their place; the server's path is empty.
#[derive(Debug, Default)]
pub struct Settings {
    values: HashMap<(String, Setting), Entry>,
    /// Changes to providers, each with whether applications below inherit it.
    providers: HashMap<String, Vec<(Provider, bool)>>,
    /// Paths of applications, in lower case: what is not inherited in child
    /// applications ends at them.
    applications: Arc<HashSet<String>>,
}

/// What is told of providers that are added twice: the collection has each once
/// (`IIS_schema.xml`, `addElement="add"` with the key `value`), and IIS answers a
/// second one with error 500.19.
const TWICE: &str = "IIS refuses this configuration, because it adds a provider twice";

/// A path at or below a level, from there on.
pub fn relative<'p>(level: &str, path: &'p str) -> &'p str {
    let rest = path.strip_prefix(level).unwrap_or(path);
    rest.strip_prefix('/')
        .filter(|_| !level.is_empty())
        .unwrap_or(rest)
}

/// A location below a level of IIS.
pub fn below(level: &str, location: &str) -> String {
    match (level, location) {
        ("", location) => location.to_owned(),
        (level, "") => level.to_owned(),
        (level, location) => format!("{level}/{location}"),
    }
}

/// The paths from the server down to a place.
pub fn chain(path: &str) -> Vec<&str> {
    let mut places = vec![path];
    let mut rest = path;
    while let Some((above, _)) = rest.rsplit_once('/') {
        places.push(above);
        rest = above;
    }
    if !path.is_empty() && places.last() != Some(&"") {
        places.push("");
    }
    places.reverse();
    places
}

/// Changes to the list of providers, and whether each is inherited.
type Changes = Vec<(Provider, bool)>;

impl Settings {
    /// Notes a setting; a later one for the same place wins.
    pub fn set(&mut self, path: &str, setting: Setting, value: String, span: Span) {
        self.state(path, setting, Stated::Value(value), span, true);
    }

    /// Notes what a place says about a setting; a later one wins.
    pub fn state(
        &mut self,
        path: &str,
        setting: Setting,
        stated: Stated,
        span: Span,
        inherited: bool,
    ) {
        let entry = Entry {
            stated,
            span,
            inherited,
        };
        self.values.insert((path.to_lowercase(), setting), entry);
    }

    /// Notes a change to providers.
    pub fn change_providers(&mut self, path: &str, change: Provider, inherited: bool) {
        let changes = self.providers.entry(path.to_lowercase()).or_default();
        changes.push((change, inherited));
    }

    /// Notes that an application begins at a path.
    pub fn begin_application(&mut self, path: &str) {
        Arc::make_mut(&mut self.applications).insert(path.to_lowercase());
    }

    /// Takes the places of all applications, in lower case.
    pub fn share_applications(&mut self, applications: &Arc<HashSet<String>>) {
        self.applications = Arc::clone(applications);
    }

    /// What copies of one file state: of a place of which they say different
    /// things, nothing is known, and `why` says so. `span` is that of
    /// the file.
    #[must_use]
    pub fn of_copies(copies: Vec<Self>, why: &'static str, span: Span) -> Self {
        let count = copies.len();
        let mut values: HashMap<(String, Setting), (Entry, usize, bool)> = HashMap::new();
        let mut lists: HashMap<String, (Changes, usize, bool)> = HashMap::new();
        let mut applications = Arc::default();
        for copy in copies {
            for (key, entry) in copy.values {
                let Some((first, seen, same)) = values.get_mut(&key) else {
                    values.insert(key, (entry, 1, true));
                    continue;
                };
                *seen = seen.saturating_add(1);
                *same &= first.stated.is_same(&entry.stated) && first.inherited == entry.inherited;
                first.inherited |= entry.inherited;
            }
            for (place, changes) in copy.providers {
                let Some((first, seen, same)) = lists.get_mut(&place) else {
                    lists.insert(place, (changes, 1, true));
                    continue;
                };
                *seen = seen.saturating_add(1);
                *same &= first.len() == changes.len()
                    && (first.iter().zip(&changes))
                        .all(|((one, first), (two, other))| first == other && one.is_same(two));
            }
            applications = copy.applications;
        }
        let values = values.into_iter().map(|(key, (mut entry, seen, same))| {
            if count > 1 && (seen != count || !same) {
                entry.stated = Stated::Unknown(why);
            }
            (key, entry)
        });
        let providers = lists.into_iter().map(|(place, (mut changes, seen, same))| {
            if count > 1 && (seen != count || !same) {
                changes = vec![(Provider::Unknown(why, span), true)];
            }
            (place, changes)
        });
        Self {
            values: values.collect(),
            providers: providers.collect(),
            applications,
        }
    }

    /// The value that holds at a path.
    #[must_use]
    pub fn at(&self, path: &str, setting: Setting) -> Option<Origin<'_>> {
        self.at_below("", &path.to_lowercase(), setting)
    }

    /// The value that holds at a path, both it and the level in lower case, if
    /// these are the settings of a file at that level, with places below it.
    #[must_use]
    pub fn at_below(&self, level: &str, path: &str, setting: Setting) -> Option<Origin<'_>> {
        let mut crossed = false;
        for place in chain(relative(level, path)).into_iter().rev() {
            let whole = below(level, place);
            if let Some(entry) = self.values.get(&(place.to_owned(), setting))
                && (entry.inherited || !crossed)
            {
                return Some(Origin {
                    place: whole,
                    stated: &entry.stated,
                    span: entry.span,
                });
            }
            crossed |= self.applications.contains(&whole);
        }
        None
    }

    /// Changes to providers on the way down to a path, with their places.
    #[must_use]
    pub fn provider_changes(&self, path: &str) -> Vec<(String, Vec<&Provider>)> {
        self.provider_changes_below("", &path.to_lowercase())
    }

    /// The same of a file at a level, as [`Settings::at_below`].
    #[must_use]
    pub fn provider_changes_below(&self, level: &str, path: &str) -> Vec<(String, Vec<&Provider>)> {
        let mut crossed = false;
        let mut all = Vec::new();
        for place in chain(relative(level, path)).into_iter().rev() {
            let whole = below(level, place);
            let is_application = self.applications.contains(&whole);
            if let Some(changes) = self.providers.get(place) {
                let held = changes
                    .iter()
                    .filter(|(_, inherited)| *inherited || !crossed)
                    .map(|(change, _)| change);
                let held: Vec<&Provider> = held.collect();
                if !held.is_empty() {
                    all.push((whole, held));
                }
            }
            crossed |= is_application;
        }
        all.reverse();
        all
    }

    /// Paths with settings of their own, and where one of these stands.
    pub fn paths(&self) -> impl Iterator<Item = (&str, Span)> {
        let values = self.values.iter();
        values.map(|((path, _), entry)| (path.as_str(), entry.span))
    }
}

/// The providers after some changes, with the place of the last one that was
/// added.
pub fn providers<'s>(changes: impl Iterator<Item = &'s Provider>) -> Option<Providers<'s>> {
    let mut names: Vec<&'s str> = Vec::new();
    let mut place = None;
    let mut unknown = None;
    // What comes behind does not help a file that IIS refuses.
    let mut twice = None;
    let mut known: HashSet<String> = HashSet::new();
    for change in changes {
        match change {
            Provider::Clear => {
                names.clear();
                known.clear();
                unknown = None;
            }
            Provider::Remove(name) => {
                if known.remove(&name.to_lowercase()) {
                    names.retain(|known| !known.eq_ignore_ascii_case(name));
                }
            }
            Provider::Add(name, span) => {
                if !known.insert(name.to_lowercase()) {
                    twice = twice.or(Some(*span));
                    continue;
                }
                names.push(name);
                place = Some(*span);
            }
            Provider::Unknown(why, span) => {
                unknown = Some(*why);
                place = Some(*span);
            }
        }
    }
    if let Some(span) = twice {
        return Some(Providers::Unknown(TWICE, span));
    }
    let place = place?;
    Some(match unknown {
        Some(why) => Providers::Unknown(why, place),
        None => Providers::Known(names, place),
    })
}

/// The providers of Windows authentication that hold at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Providers<'s> {
    /// Their names, and where the last one stands.
    Known(Vec<&'s str>, Span),
    /// Why they are not known, and where that stands.
    Unknown(&'static str, Span),
}

/// What tells the settings that hold at a path.
pub trait Holds {
    /// The setting at a path, with its place.
    fn setting(&self, path: &str, setting: Setting) -> Option<(Stated, Span)>;

    /// The providers at a path.
    fn providers(&self, path: &str) -> Option<Providers<'_>>;
}

impl Holds for Settings {
    fn setting(&self, path: &str, setting: Setting) -> Option<(Stated, Span)> {
        let origin = self.at(path, setting)?;
        Some((origin.stated.clone(), origin.span))
    }

    fn providers(&self, path: &str) -> Option<Providers<'_>> {
        let changes = self.provider_changes(path);
        providers(changes.into_iter().flat_map(|(_, changes)| changes))
    }
}

/// A place that clients reach.
#[derive(Debug, Clone)]
pub struct Application {
    /// The name of the site.
    pub site: String,
    /// Its number, and where that stands.
    pub site_id: Option<Placed>,
    /// `/owa`; the site itself is `/`.
    pub path: String,
    /// The path that settings are looked up with.
    pub place: String,
    /// The folder.
    pub folder: Option<Placed>,
    /// `https *:443:`, with their places.
    pub bindings: Vec<Placed>,
    /// Where it is declared.
    pub span: Span,
}

/// The name that the table of objects has for applications of IIS.
fn cmdlet() -> Option<&'static Cmdlet> {
    table().cmdlet("Get-WebApplication")
}

/// Why flags count for nothing.
const NO_FLAGS: &str = "sslFlags has a value that the schema of IIS does not know";

/// Whether a value is made of the flags of `sslFlags` (Microsoft Learn, *access*).
/// Whether IIS takes their numbers in XML is not documented.
fn are_flags(value: &str) -> bool {
    const FLAGS: [&str; 6] = [
        "None",
        "Ssl",
        "SslNegotiateCert",
        "SslRequireCert",
        "SslMapCert",
        "Ssl128",
    ];
    value.trim().is_empty()
        || value.split([',', '|']).all(|word| {
            let mut flags = FLAGS.iter();
            flags.any(|flag| word.trim().eq_ignore_ascii_case(flag))
        })
}

/// Adds an application with the settings that hold for it. `default` is what
/// holds where no place states a setting, if the file shows that much.
pub fn add<'a>(
    application: &Application,
    settings: &dyn Holds,
    default: impl Fn(Setting) -> Option<&'static str>,
    collector: &mut Collector<'a>,
) {
    let Some(cmdlet) = cmdlet() else { return };
    if collector.ledger.states().len() > MAX_OBJECTS {
        return;
    }
    let span = application.span;
    let property = |name: &'static str, raw, span| RawProperty { name, raw, span };
    let text =
        |name: &'static str, value: String, span| property(name, Raw::Text(value.into()), span);
    let mut properties = Vec::new();
    if !application.site.is_empty() {
        properties.push(text("Site", application.site.clone(), span));
        properties.push(text("Path", application.path.clone(), span));
    }
    if let Some((id, at)) = &application.site_id {
        properties.push(text("SiteId", id.clone(), *at));
    }
    if let Some((folder, at)) = &application.folder {
        properties.push(text("PhysicalPath", folder.clone(), *at));
    }
    if let Some((_, at)) = application.bindings.first() {
        let all = application
            .bindings
            .iter()
            .map(|(text, _)| text.clone().into());
        properties.push(property("SiteBindings", Raw::List(all.collect()), *at));
    }
    for (setting, name) in Setting::ALL {
        let found = settings.setting(&application.place, setting);
        let unstated = || Some((Stated::Value(default(setting)?.to_owned()), span));
        let Some((stated, at)) = found.or_else(unstated) else {
            continue;
        };
        let (raw, required) = match stated {
            Stated::Value(value) if setting == Setting::Ssl && !are_flags(&value) => {
                (Raw::Opaque(NO_FLAGS), Raw::Opaque(NO_FLAGS))
            }
            Stated::Value(value) => {
                let mut flags = value.split([',', '|']).map(str::trim);
                let required = flags.any(|flag| flag.eq_ignore_ascii_case("ssl"));
                let required = if required { "True" } else { "False" };
                (Raw::Text(value.into()), Raw::Text(required.into()))
            }
            Stated::Unknown(why) => (Raw::Opaque(why), Raw::Opaque(why)),
        };
        if setting == Setting::Ssl {
            properties.push(property("RequireSSL", required, at));
        }
        properties.push(property(name, raw, at));
    }
    if let Some(held) = settings.providers(&application.place) {
        let (raw, at) = match held {
            Providers::Known(names, at) => {
                let names = names.into_iter().map(|name| name.to_owned().into());
                (Raw::List(names.collect()), at)
            }
            Providers::Unknown(why, at) => (Raw::Opaque(why), at),
        };
        properties.push(property("WindowsAuthenticationProviders", raw, at));
    }
    let stated = OfCmdlet {
        cmdlet,
        what: "configuration of IIS".into(),
        span,
        certain: true,
    };
    collector.add(Some(&stated), &properties, span);
}

/// The part of a file's text that is an attribute of a tag.
#[must_use]
pub fn attribute<'a>(
    file: &'a SourceFile,
    tag: &quick_xml::events::BytesStart<'_>,
    name: &str,
) -> Option<(&'a str, Span)> {
    tag.attributes()
        .with_checks(false)
        .flatten()
        .find(|attribute| attribute.key.as_ref() == name)
        .and_then(|attribute| {
            let span = match &attribute.value {
                std::borrow::Cow::Borrowed(value) => file.span_of(value)?,
                std::borrow::Cow::Owned(_) => return None,
            };
            Some((file.slice(span), span))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    #[test]
    fn a_path_inherits_from_the_nearest_place_above_it() {
        let mut settings = Settings::default();
        let span = Span::new(FileId(0), 0, 0);
        settings.set("", Setting::Ssl, "None".to_owned(), span);
        settings.set("Default Web Site", Setting::Ssl, "Ssl".to_owned(), span);
        settings.set(
            "Default Web Site/Rpc",
            Setting::Ssl,
            "None".to_owned(),
            span,
        );
        let at = |path: &str| {
            settings
                .at(path, Setting::Ssl)
                .map(|origin| origin.stated.clone())
        };
        assert_eq!(
            at("default web site/owa/auth"),
            Some(Stated::Value("Ssl".to_owned()))
        );
        assert_eq!(
            at("Default Web Site/rpc/x"),
            Some(Stated::Value("None".to_owned()))
        );
        assert_eq!(
            at("Exchange Back End"),
            Some(Stated::Value("None".to_owned()))
        );
        assert_eq!(settings.at("x", Setting::Basic), None);
    }

    #[test]
    fn providers_are_added_to_those_from_above_until_they_are_cleared() {
        let mut settings = Settings::default();
        let span = Span::new(FileId(0), 0, 0);
        settings.change_providers("", Provider::Add("Negotiate".to_owned(), span), true);
        settings.change_providers("", Provider::Add("NTLM".to_owned(), span), true);
        settings.change_providers("a/b", Provider::Clear, true);
        settings.change_providers("a/b", Provider::Add("NTLM".to_owned(), span), true);
        let at = |path: &str| settings.providers(path);
        let known = |names: &[&'static str]| Some(Providers::Known(names.to_vec(), span));
        assert_eq!(at("a"), known(&["Negotiate", "NTLM"]));
        assert_eq!(at("a/b/c"), known(&["NTLM"]));
    }

    #[test]
    fn a_provider_that_is_added_twice_is_refused_and_case_does_not_count() {
        let mut settings = Settings::default();
        let span = Span::new(FileId(0), 0, 0);
        let add = |name: &str| Provider::Add(name.to_owned(), span);
        settings.change_providers("", add("Negotiate"), true);
        settings.change_providers("", add("NTLM"), true);
        settings.change_providers("a", Provider::Remove("ntlm".to_owned()), true);
        settings.change_providers("b", add("ntlm"), true);
        settings.change_providers("b/c", Provider::Clear, true);
        settings.change_providers("b/c", add("NTLM"), true);
        let known = Providers::Known(vec!["Negotiate"], span);
        assert_eq!(settings.providers("a"), Some(known));
        let refused = Some(Providers::Unknown(TWICE, span));
        assert_eq!(settings.providers("b"), refused);
        assert_eq!(settings.providers("b/c"), refused);
    }
}
