//! From raw properties to a [`Record`]: typing, and what one property says of
//! another.

use std::sync::Arc;

use super::cmdlets::Cmdlet;
use super::date::DateOrder;
use super::typing::Typing;
use super::value::Raw;
use crate::formats::{Problem, ProblemLevel};
use crate::model::exchange::{Properties, Property, Record, Value};
use crate::source::Span;

/// Properties kept per object; a real object has at most about 200.
pub const MAX_PROPERTIES: usize = 1024;

/// Objects kept of a file. An organisation of 1,000 servers has some 10,000
/// of a kind; a hostile table of short lines would take all memory.
pub const MAX_OBJECTS: usize = 50_000;

/// The problem of a file with more objects than that.
#[must_use]
pub fn too_many(first: Span) -> Problem {
    Problem {
        level: ProblemLevel::Error,
        message: format!("only the first {MAX_OBJECTS} objects were read"),
        hint: Some("export the servers of one site at a time".to_owned()),
        span: first,
    }
}

/// A property before its type is known.
#[derive(Debug, Clone)]
pub struct RawProperty<'a> {
    /// Name as printed.
    pub name: &'a str,
    /// Value as printed.
    pub raw: Raw<'a>,
    /// Where the value stands.
    pub span: Span,
}

/// What is known of an object beside its properties.
#[derive(Debug, Clone)]
pub struct Origin {
    /// Cmdlet that returned it.
    pub cmdlet: Option<&'static Cmdlet>,
    /// How the cmdlet is known.
    pub evidence: Option<(Arc<str>, Span)>,
    /// Host that the export was taken on.
    pub host: Option<Arc<str>>,
    /// The command said `-ADPropertiesOnly`.
    pub directory_only: bool,
    /// Order of day and month in the file.
    pub dates: DateOrder,
}

const DIRECTORY_ONLY: &str =
    "the export was taken with -ADPropertiesOnly, which does not read this setting from IIS";

/// Types the properties of one object.
#[must_use]
pub fn build<'a>(
    origin: Origin,
    properties: &[RawProperty<'a>],
    span: Span,
    typing: &mut Typing<'a>,
) -> Record {
    let count = properties.len().min(MAX_PROPERTIES);
    let mut typed_properties = Properties::with_capacity(count);
    // As long as an object has the names of the one before, it is known which
    // of them it has twice.
    let mut alike = true;
    for (index, property) in properties.iter().take(MAX_PROPERTIES).enumerate() {
        let (printed, raw) = (property.name, &property.raw);
        let (name, value, known) =
            typing.property(index, origin.cmdlet, printed, raw, origin.dates);
        alike &= known;
        let held = if alike && typing.is_first(index) {
            None
        } else {
            let held = typed_properties.get_mut(&name);
            typing.note_first(index, held.is_none());
            held
        };
        match held {
            None => typed_properties.push_new(Property {
                name,
                value,
                span: property.span,
            }),
            Some(first) if first.value == value => {}
            Some(first) => {
                first.value = Value::Unusable("the export shows two different values".into());
            }
        }
    }
    if !alike {
        typing.forget_first(count);
    }
    let named = |name| match typed_properties.get(name).map(|p| &p.value) {
        Some(Value::Text(host)) => Some(host.clone()),
        _ => None,
    };
    let adapter = origin
        .cmdlet
        .is_some_and(|cmdlet| cmdlet.name == "Win32_NetworkAdapterConfiguration");
    let host = origin
        .host
        .or_else(|| named("PSComputerName"))
        .or_else(|| named("DNSHostName").filter(|_| adapter));
    let mut record = Record {
        cmdlet: origin.cmdlet.map(|cmdlet| cmdlet.name),
        cmdlet_evidence: origin.evidence,
        host,
        properties: typed_properties,
        span,
    };
    if let Some(cmdlet) = origin.cmdlet
        && (origin.directory_only || is_directory_only(cmdlet, &record))
    {
        forget_iis_state(cmdlet, &mut record);
    }
    record
}

/// Whether an object was read with `-ADPropertiesOnly`: what IIS would fill
/// in is empty, and no authentication is on.
fn is_directory_only(cmdlet: &Cmdlet, record: &Record) -> bool {
    let value = |name: &&str| {
        let property = record.properties.get(name)?;
        Some(&property.value)
    };
    let mut paths = cmdlet.iis_path.iter().filter_map(value).peekable();
    let mut states = cmdlet.iis_state.iter().filter_map(value).peekable();
    paths.peek().is_some()
        && states.peek().is_some()
        && paths.all(|v| *v == Value::Null)
        && states.all(|v| matches!(v, Value::Null | Value::Bool(false)))
}

fn forget_iis_state(cmdlet: &Cmdlet, record: &mut Record) {
    for name in &cmdlet.iis_state {
        if let Some(property) = record.properties.get_mut(name) {
            property.value = Value::Unusable(DIRECTORY_ONLY.into());
        }
    }
}

/// The host in the name of a file such as `HUB1_ReceiveConnector_FL.TXT`, as
/// Microsoft's support collector names them (`NODE1_CMS_MBX1_…` on a cluster).
#[must_use]
pub fn host_of_file(file_name: &str, cmdlet: &Cmdlet) -> Option<String> {
    let base = file_name.rsplit(['/', '\\']).next()?;
    let (stem, _) = base.rsplit_once('.')?;
    let stem = without_form(stem);
    let nouns = std::iter::once(cmdlet.name).chain(cmdlet.aliases.iter().copied());
    let host = nouns.into_iter().find_map(|name| {
        let noun = name.strip_prefix("Get-").unwrap_or(name);
        let cut = stem.len().checked_sub(noun.len())?;
        let (head, tail) = (stem.get(..cut)?, stem.get(cut..)?);
        let head = head.strip_suffix("Get-").unwrap_or(head);
        let plural = |tail: &str| tail.eq_ignore_ascii_case(noun);
        plural(tail).then_some(head)?.strip_suffix('_')
    })?;
    let host = host.split_once("_CMS_").map_or(host, |(node, _)| node);
    let sound = !host.is_empty()
        && host.len() <= 255
        && host
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.');
    sound.then(|| host.to_owned())
}

/// The name of a file without the form that the support collector appends.
fn without_form(stem: &str) -> &str {
    const FORMS: [&str; 6] = ["FL", "FT", "CSV", "XML", "JSON", "HTML"];
    match stem.rsplit_once('_') {
        Some((rest, form)) if FORMS.iter().any(|known| known.eq_ignore_ascii_case(form)) => rest,
        _ => stem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::exchange::cmdlets::table;
    use crate::source::FileId;

    fn record(cmdlet: &str, properties: &[(&'static str, &'static str)]) -> Record {
        let span = Span::new(FileId(0), 0, 0);
        let raw: Vec<_> = properties
            .iter()
            .map(|(name, value)| RawProperty {
                name,
                raw: if value.is_empty() {
                    Raw::Null
                } else {
                    Raw::Text((*value).into())
                },
                span,
            })
            .collect();
        let origin = Origin {
            cmdlet: table().cmdlet(cmdlet),
            evidence: None,
            host: None,
            directory_only: false,
            dates: DateOrder::Unknown,
        };
        build(origin, &raw, span, &mut Typing::default())
    }

    #[test]
    fn authentication_read_only_from_the_directory_is_unusable() {
        let from_directory = record(
            "Get-OwaVirtualDirectory",
            &[
                ("BasicAuthentication", "False"),
                ("FormsAuthentication", "False"),
                ("Path", ""),
                ("WebSite", ""),
                ("DisplayName", ""),
                ("InternalAuthenticationMethods", "{Basic, Fba}"),
            ],
        );
        let property = from_directory.properties.get("basicauthentication");
        assert!(matches!(
            property.map(|p| &p.value),
            Some(Value::Unusable(_))
        ));
        let methods = from_directory.names("InternalAuthenticationMethods");
        assert_eq!(methods.map(|(names, _)| names), Some(vec!["Basic", "Fba"]));
    }

    #[test]
    fn a_directory_with_a_path_in_iis_keeps_its_authentication() {
        let from_iis = record(
            "Get-WebServicesVirtualDirectory",
            &[("BasicAuthentication", "False"), ("Path", "C:\\EWS")],
        );
        let property = from_iis.properties.get("basicauthentication");
        assert_eq!(property.map(|p| &p.value), Some(&Value::Bool(false)));
    }

    #[test]
    fn a_property_printed_twice_counts_once_unless_the_values_differ() {
        let twice = record(
            "Get-OutlookAnywhere",
            &[
                ("InternalClientAuthenticationMethod", "Ntlm"),
                ("InternalClientAuthenticationMethod", "Ntlm"),
                ("SSLOffloading", "True"),
                ("ssloffloading", "False"),
            ],
        );
        assert_eq!(
            twice
                .text("InternalClientAuthenticationMethod")
                .map(|(t, _)| t),
            Some("Ntlm")
        );
        let property = twice.properties.get("ssloffloading");
        assert!(matches!(
            property.map(|p| &p.value),
            Some(Value::Unusable(_))
        ));
    }

    #[test]
    fn a_property_printed_twice_is_seen_whatever_object_stands_before() {
        let span = Span::new(FileId(0), 0, 0);
        let mut typing = Typing::default();
        let mut count = |names: &[&'static str]| {
            let raw = |&name: &&'static str| RawProperty {
                name,
                raw: Raw::Null,
                span,
            };
            let properties: Vec<_> = names.iter().map(raw).collect();
            let origin = Origin {
                cmdlet: None,
                evidence: None,
                host: None,
                directory_only: false,
                dates: DateOrder::Unknown,
            };
            build(origin, &properties, span, &mut typing)
                .properties
                .len()
        };
        assert_eq!(count(&["a", "b", "c"]), 3);
        assert_eq!(count(&["a", "b", "c"]), 3);
        assert_eq!(count(&["a", "c"]), 2);
        assert_eq!(count(&["a", "c", "c"]), 2);
        assert_eq!(count(&["a", "c", "C", "d"]), 3);
        assert_eq!(count(&["a", "c", "C", "d"]), 3);
        assert_eq!(count(&["a", "b", "c"]), 3);
    }

    #[test]
    fn property_names_get_their_canonical_spelling() {
        let record = record("Get-ReceiveConnector", &[("requiretls", "true")]);
        let property = record.properties.get("requiretls");
        assert_eq!(property.map(|p| &*p.name), Some("RequireTLS"));
    }

    #[test]
    fn the_support_collectors_file_names_tell_the_host() {
        let cmdlet = table()
            .cmdlet("Get-ReceiveConnector")
            .expect("in the table");
        for (name, host) in [
            ("in/HUB1_ReceiveConnector_FL.TXT", Some("HUB1")),
            ("in/HUB1_ReceiveConnector_CSV.CSV", Some("HUB1")),
            ("NODE1_CMS_MBX1_ReceiveConnector_FL.TXT", Some("NODE1")),
            (
                "hub1.contoso.com_Get-ReceiveConnector.xml",
                Some("hub1.contoso.com"),
            ),
            ("ReceiveConnector.xml", None),
            ("microsoft__Diagnostics_GetReceiveConnector.xml", None),
            ("HUB1_SendConnector_FL.TXT", None),
        ] {
            assert_eq!(host_of_file(name, cmdlet).as_deref(), host, "{name}");
        }
    }
}
