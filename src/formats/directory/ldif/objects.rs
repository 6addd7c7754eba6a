//! Objects of the directory as objects of cmdlets, from `objects.tsv`.

use std::borrow::Cow;

use super::entry::Entry;
use crate::formats::directory::distinguished_name::{leaf, parts};
use crate::formats::exchange::by_line::{list, text};
use crate::formats::exchange::record::RawProperty;
use crate::source::Span;

/// The data file.
const OBJECTS: &str = include_str!("objects.tsv");

/// One property from the values of an attribute.
pub fn read<'a>(
    entry: &Entry<'a>,
    attribute: &str,
    property: &'static str,
    how: &str,
) -> Option<RawProperty<'a>> {
    let values: Vec<(&str, Span)> = entry
        .all(attribute)
        .filter_map(|a| Some((a.value.as_deref()?, a.span)))
        .collect();
    let (first, span) = values.first().copied()?;
    let owned = |values: Vec<String>| values.into_iter().map(Cow::Owned).collect();
    let each = |f: fn(&str) -> String| values.iter().map(|(value, _)| f(value)).collect();
    let own_leaf = |value: &str| leaf(value).unwrap_or_else(|| value.to_owned());
    Some(match how {
        "list" => list(property, owned(each(str::to_owned)), span),
        "leaves" => list(property, owned(each(own_leaf)), span),
        "leaf" => text(property, own_leaf(first), span),
        "bits" => text(property, roles(first)?, span),
        _ => text(property, first.to_owned(), span),
    })
}

/// The roles of `msExchCurrentServerRoles`; `None` where a bit is not known.
pub fn roles(number: &str) -> Option<String> {
    const ROLES: [(u32, &str); 5] = [
        (2, "Mailbox"),
        (4, "ClientAccess"),
        (16, "UnifiedMessaging"),
        (32, "HubTransport"),
        (64, "Edge"),
    ];
    let number: u32 = number.trim().parse().ok()?;
    let known = ROLES.iter().fold(0, |all, (bit, _)| all | bit);
    if number & !known != 0 {
        return None;
    }
    let names = ROLES.iter().filter(|(bit, _)| number & bit != 0);
    let names: Vec<&str> = names.map(|(_, name)| *name).collect();
    Some(if names.is_empty() {
        "None".to_owned()
    } else {
        names.join(", ")
    })
}

/// The host in `networkAddress: ncacn_ip_tcp:hub1.contoso.com`.
pub fn host_name<'a>(entry: &Entry<'a>) -> Option<RawProperty<'a>> {
    entry.all("networkAddress").find_map(|address| {
        let host = address.value.as_deref()?.strip_prefix("ncacn_ip_tcp:")?;
        Some(text("Fqdn", host.to_owned(), address.span))
    })
}

/// The server of `CN=Default HUB1,CN=SMTP Receive Connectors,CN=Protocols,CN=HUB1,…`.
pub fn owner<'a>(dn: &str, at: Span) -> Option<RawProperty<'a>> {
    let parts = parts(dn)?;
    let (_, server) = parts.get(3)?;
    Some(text("Server", server.clone(), at))
}

/// A line of `objects.tsv` with those below it.
pub struct Object {
    /// Class of the directory.
    pub class: &'static str,
    /// The cmdlet that returns such objects.
    pub cmdlet: &'static str,
    /// Attribute, property, and how to read it.
    pub attributes: Vec<(&'static str, &'static str, &'static str)>,
}

/// All lines of the data file.
pub fn table() -> Vec<Object> {
    let mut objects: Vec<Object> = Vec::new();
    for line in OBJECTS.lines().filter(|line| !line.starts_with('#')) {
        let words: Vec<&'static str> = line.split('\t').collect();
        match words.as_slice() {
            ["", attribute, property, how] => {
                if let Some(object) = objects.last_mut() {
                    object.attributes.push((attribute, property, how));
                }
            }
            [class, cmdlet] => objects.push(Object {
                class,
                cmdlet,
                attributes: Vec::new(),
            }),
            _ => {}
        }
    }
    objects
}
