//! Settings by their place, and what holds at a path after inheritance.
//!
//! IIS passes a setting down: from the server to a site, to its applications,
//! to the folders in them. A place may be written down twice; the later value
//! of one setting wins (Microsoft Learn, *location* element; for IIS 6 the
//! inheritance of metabase properties).

use std::collections::HashMap;

use crate::formats::exchange::cmdlets::{Cmdlet, table};
use crate::formats::exchange::collect::{Collector, Stated};
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
    const ALL: [(Self, &'static str); 7] = [
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

/// A change to the list of providers of Windows authentication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider<'a> {
    /// All that came from above are gone.
    Clear,
    /// One is gone.
    Remove(&'a str),
    /// One more.
    Add(&'a str, Span),
}

/// A value and its place.
pub type Placed = (String, Span);

/// Settings by the lower-case path of their place; the server's path is empty.
#[derive(Debug, Default)]
pub struct Settings<'a> {
    values: HashMap<(String, Setting), Placed>,
    providers: HashMap<String, Vec<Provider<'a>>>,
}

/// The paths from the server down to a place.
fn chain(path: &str) -> Vec<&str> {
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

impl<'a> Settings<'a> {
    /// Notes a setting; a later one for the same place wins.
    pub fn set(&mut self, path: &str, setting: Setting, value: String, span: Span) {
        let path = path.to_lowercase();
        self.values.insert((path, setting), (value, span));
    }

    /// Notes a change to providers.
    pub fn change_providers(&mut self, path: &str, change: Provider<'a>) {
        let changes = self.providers.entry(path.to_lowercase()).or_default();
        changes.push(change);
    }

    /// The value that holds at a path.
    #[must_use]
    pub fn at(&self, path: &str, setting: Setting) -> Option<&Placed> {
        let path = path.to_lowercase();
        let mut places = chain(&path).into_iter().rev();
        places.find_map(|place| self.values.get(&(place.to_owned(), setting)))
    }

    /// The providers that hold at a path, with the place of the last one.
    #[must_use]
    pub fn providers_at(&self, path: &str) -> Option<(Vec<&'a str>, Span)> {
        let path = path.to_lowercase();
        let mut names: Vec<&'a str> = Vec::new();
        let mut place = None;
        for at in chain(&path) {
            for change in self.providers.get(at).into_iter().flatten() {
                match change {
                    Provider::Clear => names.clear(),
                    Provider::Remove(name) => names.retain(|known| known != name),
                    Provider::Add(name, span) => {
                        names.push(name);
                        place = Some(*span);
                    }
                }
            }
        }
        Some((names, place?))
    }

    /// Paths below a site that have settings of their own.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(|(path, _)| path.as_str())
    }
}

/// A place that clients reach.
#[derive(Debug, Clone)]
pub struct Application<'a> {
    /// The name of the site.
    pub site: String,
    /// Its number, and where that stands.
    pub site_id: Option<Placed>,
    /// `/owa`; the site itself is `/`.
    pub path: String,
    /// The path that settings are looked up with.
    pub place: String,
    /// The folder.
    pub folder: Option<(&'a str, Span)>,
    /// `https *:443:`, with their places.
    pub bindings: Vec<Placed>,
    /// Where it is declared.
    pub span: Span,
}

/// The name that the table of objects has for applications of IIS.
fn cmdlet() -> Option<&'static Cmdlet> {
    table().cmdlet("Get-WebApplication")
}

/// Adds an application with the settings that hold for it. `default` is what
/// holds where no place states a setting, if the file shows that much.
pub fn add<'a>(
    application: &Application<'a>,
    settings: &Settings<'a>,
    default: impl Fn(Setting) -> Option<&'static str>,
    collector: &mut Collector<'a>,
) {
    let Some(cmdlet) = cmdlet() else { return };
    if collector.ledger.states().len() > MAX_OBJECTS {
        return;
    }
    let span = application.span;
    let text = |name: &'static str, value: String, span| RawProperty {
        name,
        raw: Raw::Text(value.into()),
        span,
    };
    let mut properties = Vec::new();
    if !application.site.is_empty() {
        properties.push(text("Site", application.site.clone(), span));
        properties.push(text("Path", application.path.clone(), span));
    }
    if let Some((id, at)) = &application.site_id {
        properties.push(text("SiteId", id.clone(), *at));
    }
    if let Some((folder, at)) = application.folder {
        properties.push(text("PhysicalPath", folder.to_owned(), at));
    }
    if let Some((_, at)) = application.bindings.first() {
        let all = application
            .bindings
            .iter()
            .map(|(text, _)| text.clone().into());
        properties.push(RawProperty {
            name: "SiteBindings",
            raw: Raw::List(all.collect()),
            span: *at,
        });
    }
    for (setting, name) in Setting::ALL {
        let found = settings.at(&application.place, setting).cloned();
        let unstated = || Some((default(setting)?.to_owned(), span));
        let Some((value, at)) = found.or_else(unstated) else {
            continue;
        };
        if setting == Setting::Ssl {
            let mut flags = value.split([',', '|']).map(str::trim);
            let required = flags.any(|flag| flag.eq_ignore_ascii_case("ssl"));
            let required = if required { "True" } else { "False" };
            properties.push(text("RequireSSL", required.to_owned(), at));
        }
        properties.push(text(name, value, at));
    }
    if let Some((names, at)) = settings.providers_at(&application.place) {
        properties.push(RawProperty {
            name: "WindowsAuthenticationProviders",
            raw: Raw::List(names.into_iter().map(Into::into).collect()),
            span: at,
        });
    }
    let stated = Stated {
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
                .map(|(value, _)| value.as_str())
        };
        assert_eq!(at("default web site/owa/auth"), Some("Ssl"));
        assert_eq!(at("Default Web Site/rpc/x"), Some("None"));
        assert_eq!(at("Exchange Back End"), Some("None"));
        assert_eq!(settings.at("x", Setting::Basic), None);
    }

    #[test]
    fn providers_are_added_to_those_from_above_until_they_are_cleared() {
        let mut settings = Settings::default();
        let span = Span::new(FileId(0), 0, 0);
        settings.change_providers("", Provider::Add("Negotiate", span));
        settings.change_providers("", Provider::Add("NTLM", span));
        settings.change_providers("a/b", Provider::Clear);
        settings.change_providers("a/b", Provider::Add("NTLM", span));
        let at = |path: &str| settings.providers_at(path).map(|(names, _)| names);
        assert_eq!(at("a"), Some(vec!["Negotiate", "NTLM"]));
        assert_eq!(at("a/b/c"), Some(vec!["NTLM"]));
    }
}
