//! Virtual directories of Exchange and what IIS is configured to do with them.
//!
//! Exchange does not tell whether a client must use TLS: IIS decides it. A
//! directory gets the settings of the application that its `MetabasePath`
//! (`IIS://cas1.contoso.com/W3SVC/1/ROOT/owa`) names on the same server, else of
//! the one with the names in its identity (`CAS1\owa (Default Web Site)`).

mod web_config;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::formats::exchange::cmdlets::table;
use crate::formats::{Problem, ProblemLevel};
use crate::model::exchange::{Lookup, Property, Record, Value};
use crate::source::{FileId, Sources, Span};

use super::types::{Estate, Object, ServerId};

pub(super) use web_config::apply as apply_web_configs;

/// The cmdlet under which the readers of IIS give applications.
const APPLICATION: &str = "Get-WebApplication";

/// Properties of an application, and their names in a virtual directory.
const CARRIED: &[(&str, &str)] = &[
    ("RequireSSL", "IisRequireSSL"),
    ("SslFlags", "IisSslFlags"),
    ("SiteBindings", "IisBindings"),
    (
        "WindowsAuthenticationProviders",
        "IisWindowsAuthenticationProviders",
    ),
    ("ExtendedProtectionTokenChecking", "IisExtendedProtection"),
];

/// Kinds of authentication that an application offers, by the property that
/// turns each on.
const AUTHENTICATION: &[(&str, &str)] = &[
    ("AnonymousAuthentication", "Anonymous"),
    ("BasicAuthentication", "Basic"),
    ("DigestAuthentication", "Digest"),
    ("WindowsAuthentication", "Windows"),
];

const NO_APPLICATION: &str =
    "the configuration of IIS of this server shows no such virtual directory";

/// Where something stands on a web server.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    /// The number of the site.
    site_id: Option<i64>,
    /// The name of the site, in lower case.
    site: Option<String>,
    /// `/owa`, in lower case.
    path: String,
}

impl Place {
    /// Whether both are one place: by the numbers of their sites where both
    /// tell one, else by the names.
    fn is(&self, other: &Self) -> bool {
        let same_site = match (self.site_id, other.site_id) {
            (Some(one), Some(two)) => one == two,
            _ => self.site.is_some() && self.site == other.site,
        };
        same_site && self.path == other.path
    }
}

/// What tells an application from its siblings: `Default Web Site/owa`.
pub(super) fn own_name(record: &Record) -> Option<String> {
    let (site, _) = record.text("Site")?;
    let (path, _) = record.text("Path")?;
    Some(format!("{site}{path}"))
}

/// Gives virtual directories the settings of IIS.
pub(super) fn join(estate: &mut Estate, sources: &Sources) {
    let mut applications: HashMap<ServerId, Vec<(Place, Arc<Record>)>> = HashMap::new();
    let mut homeless: BTreeMap<FileId, Span> = BTreeMap::new();
    for object in estate.objects.iter().filter(|o| o.cmdlet == APPLICATION) {
        let Some(place) = of_application(&object.record) else {
            continue;
        };
        match object.server {
            Some(server) => {
                let known = applications.entry(server).or_default();
                known.push((place, Arc::clone(&object.record)));
            }
            None => {
                let span = object.record.span;
                homeless.entry(span.file).or_insert(span);
            }
        }
    }
    let mut waiting = false;
    for object in &mut estate.objects {
        let in_iis = table()
            .cmdlet(object.cmdlet)
            .is_some_and(|cmdlet| !cmdlet.sites.is_empty());
        if !in_iis {
            continue;
        }
        let Some(known) = object.server.and_then(|server| applications.get(&server)) else {
            waiting = true;
            continue;
        };
        let Some(place) = of_directory(object) else {
            continue;
        };
        let mut found = known.iter().filter(|(other, _)| place.is(other)).peekable();
        let record = Arc::make_mut(&mut object.record);
        // Another site's configuration may be in another file, and what tells no folder
        // does not list all paths of a site.
        let lists = |(other, application): &(Place, Arc<Record>)| {
            shares_site(&place, other) && application.text("PhysicalPath").is_some()
        };
        if found.peek().is_none() && known.iter().any(lists) {
            absent(record);
        }
        // What one source does not tell of a place, another may.
        for (_, application) in found {
            carry(application, record);
        }
    }
    if waiting {
        let tell = |span| homeless_problem(span, sources);
        estate.problems.extend(homeless.into_values().map(tell));
    }
}

fn shares_site(one: &Place, other: &Place) -> bool {
    let at_root = |place: &Place| Place {
        path: "/".to_owned(),
        ..place.clone()
    };
    at_root(one).is(&at_root(other))
}

/// A configuration that no server can be found for, while directories wait.
fn homeless_problem(span: Span, sources: &Sources) -> Problem {
    let path = sources.get(span.file).map_or("", |file| file.name());
    let base = path.rsplit(['/', '\\']).next().unwrap_or(path);
    Problem {
        level: ProblemLevel::Warning,
        message: format!(
            "{path} does not tell which server's IIS it configures; it decides about no virtual directory"
        ),
        hint: Some(format!("name the file after its server: SERVER_{base}")),
        span,
    }
}

fn of_application(record: &Record) -> Option<Place> {
    let (path, _) = record.text("Path")?;
    let site_id = match record.get("SiteId") {
        Lookup::Known(Value::Integer(id), _) => Some(*id),
        _ => None,
    };
    Some(Place {
        site_id,
        site: record.text("Site").map(|(site, _)| site.to_lowercase()),
        path: path.to_lowercase(),
    })
}

/// Where a virtual directory stands.
fn of_directory(object: &Object) -> Option<Place> {
    let record = &object.record;
    let named = by_name(object);
    let site = ["WebSite", "WebsiteName"]
        .iter()
        .find_map(|name| record.text(name))
        .map(|(site, _)| site.to_lowercase())
        .or_else(|| named.as_ref().map(|(_, site)| site.clone()));
    let by_path = record
        .text("MetabasePath")
        .and_then(|(path, _)| metabase_path(path));
    match by_path {
        Some((id, path)) => Some(Place {
            site_id: Some(id),
            site,
            path,
        }),
        None => named.map(|(path, _)| Place {
            site_id: None,
            site,
            path,
        }),
    }
}

/// The number of the site and the path in `IIS://host/W3SVC/1/ROOT/owa`.
fn metabase_path(text: &str) -> Option<(i64, String)> {
    let lower = text.to_lowercase();
    let rest = lower.strip_prefix("iis://")?;
    let (_, rest) = rest.split_once("/w3svc/")?;
    let (id, path) = rest.split_once("/root")?;
    let path = if path.is_empty() { "/" } else { path };
    Some((id.parse().ok()?, path.to_owned()))
}

/// The path and the site in `CAS1\owa (Default Web Site)`.
fn by_name(object: &Object) -> Option<(String, String)> {
    let record = &object.record;
    let names = ["Name", "Identity"];
    names.iter().find_map(|name| {
        let (text, _) = record.text(name)?;
        let own = text.rsplit_once('\\').map_or(text, |(_, own)| own);
        let (path, site) = own.split_once(" (")?;
        let site = site.strip_suffix(')')?;
        Some((format!("/{}", path.to_lowercase()), site.to_lowercase()))
    })
}

/// Adds the settings of an application to a virtual directory.
fn carry(application: &Record, directory: &mut Record) {
    for (name, carried) in CARRIED {
        let told = directory.properties.get(carried).is_some();
        if let Some(property) = application.properties.get(name).filter(|_| !told) {
            directory.properties.insert(Property {
                name: (*carried).into(),
                value: property.value.clone(),
                span: property.span,
            });
        }
    }
    let told = matches!(directory.get("IisAuthentication"), Lookup::Known(..));
    if let Some((value, span)) = authentication(application).filter(|_| !told) {
        directory.properties.insert(Property {
            name: "IisAuthentication".into(),
            value,
            span,
        });
    }
}

/// The kinds of authentication that are on; unknown where one of them is not
/// stated. The place is that of the first that is on.
fn authentication(application: &Record) -> Option<(Value, Span)> {
    let mut on: Vec<Value> = Vec::new();
    let mut place = None;
    let mut open = false;
    for (property, kind) in AUTHENTICATION {
        match application.get(property) {
            Lookup::Known(Value::Bool(true), span) => {
                if on.is_empty() {
                    place = Some(span);
                }
                on.push(Value::Text((*kind).into()));
            }
            Lookup::Known(Value::Bool(false), span) => {
                place.get_or_insert(span);
            }
            _ => open = true,
        }
    }
    let place = place?;
    let why = "the configuration of IIS does not state every kind of authentication";
    let value = if open {
        Value::Unusable(why.into())
    } else {
        Value::List(on.into())
    };
    Some((value, place))
}

/// Notes that IIS has no such directory.
fn absent(directory: &mut Record) {
    let span = directory.span;
    for name in ["IisRequireSSL", "IisAuthentication", "IisBindings"] {
        directory.properties.insert(Property {
            name: name.into(),
            value: Value::Unusable(NO_APPLICATION.into()),
            span,
        });
    }
}

#[cfg(test)]
mod tests;
