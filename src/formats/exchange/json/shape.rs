//! What PowerShell would print of a value that `ConvertTo-Json` took apart.
//!
//! Objects below the depth limit are strings or joined lists already
//! (PowerShell issues 9266 and 10168); those above it are their properties.
//! Only the parts of types that are documented are put together again
//! (Microsoft Learn: `TimeSpan`, `Version`, `IPAddress`, `IPEndPoint`, and the
//! namespace `Microsoft.Exchange.Data`). Everything else is unknown, never a
//! guess.

use std::borrow::Cow;

use jiff::Timestamp;

use super::scan::Node;
use crate::formats::exchange::value::Raw;

const PARTS: &str = "the export took this value apart; export with Export-Clixml";
const LARGE: &str = "the value is too large to be read";
const BLANK: &str = "the export cut the values of this list off; use ConvertTo-Json -Depth 5";

type Members<'a> = Vec<(&'a str, Node<'a>)>;

/// The raw value of a property.
#[must_use]
pub fn raw(node: Node<'_>) -> Raw<'_> {
    match node {
        Node::Null => Raw::Null,
        Node::Bool(true) => Raw::Text("True".into()),
        Node::Bool(false) => Raw::Text("False".into()),
        Node::Number(number) => Raw::Text(number.into()),
        Node::Text(text) => match date(&text) {
            Some(date) => Raw::Text(date.into()),
            None => Raw::Text(text),
        },
        Node::List(items) => list(items),
        Node::Object(members) => object(members),
        Node::TooLarge => Raw::Opaque(LARGE),
    }
}

fn list(items: Vec<Node<'_>>) -> Raw<'_> {
    let mut texts: Vec<Cow<'_, str>> = Vec::with_capacity(items.len());
    for item in items {
        match raw(item) {
            Raw::Null => {}
            Raw::Text(text) | Raw::Cut(text) if text.trim().is_empty() => {
                return Raw::Opaque(BLANK);
            }
            Raw::Text(text) | Raw::Cut(text) => texts.push(text),
            Raw::List(inner) => texts.push(inner.join(", ").into()),
            Raw::Secret => return Raw::Secret,
            Raw::Opaque(why) => return Raw::Opaque(why),
        }
    }
    Raw::List(texts.into())
}

fn object(members: Members<'_>) -> Raw<'_> {
    let has = |name: &str| members.iter().any(|(key, _)| *key == name);
    if has("Password") || has("SecureString") || has("AsPlainText") {
        return Raw::Secret;
    }
    if has("value") {
        return wrapped(members);
    }
    if let Some(limited) = get(&members, "IsUnlimited") {
        return match limited {
            Node::Bool(true) => Raw::Text("Unlimited".into()),
            _ => take(members, "Value").map_or(Raw::Opaque(PARTS), raw),
        };
    }
    if has("IPAddressToString") {
        return take(members, "IPAddressToString").map_or(Raw::Opaque(PARTS), raw);
    }
    match printed(&members) {
        Some(text) => Raw::Text(text.into()),
        None => Raw::Opaque(PARTS),
    }
}

/// `{"value": …, …}`: a value with properties that PowerShell added to it,
/// such as the `Count` of a list, the `DisplayHint` of a date, or the name
/// (`Value`) of an enumeration's number.
fn wrapped(members: Members<'_>) -> Raw<'_> {
    if let (Some(Node::Number(_)), Some(Node::Text(name))) =
        (get(&members, "value"), get(&members, "Value"))
    {
        return Raw::Text(Cow::Owned(name.clone().into_owned()));
    }
    match take(members, "value") {
        Some(value) => raw(value),
        None => Raw::Opaque(PARTS),
    }
}

fn get<'n, 'a>(members: &'n Members<'a>, name: &str) -> Option<&'n Node<'a>> {
    let mut found = members.iter().filter(|(key, _)| *key == name);
    found.next().map(|(_, node)| node)
}

fn take<'a>(members: Members<'a>, name: &str) -> Option<Node<'a>> {
    let mut found = members.into_iter().filter(|(key, _)| *key == name);
    found.next().map(|(_, node)| node)
}

/// What the parts of a known type print.
fn printed(members: &Members<'_>) -> Option<String> {
    time_span(members)
        .or_else(|| version(members))
        .or_else(|| address_space(members))
        .or_else(|| endpoint(members))
        .or_else(|| address_range(members))
        .or_else(|| directory_object(members))
}

fn number(members: &Members<'_>, name: &str) -> Option<i64> {
    match get(members, name)? {
        Node::Number(number) => number.parse().ok(),
        _ => None,
    }
}

fn text(members: &Members<'_>, name: &str) -> Option<String> {
    match get(members, name)? {
        Node::Text(text) if !text.trim().is_empty() => Some(text.clone().into_owned()),
        Node::Object(inner) => text(inner, "IPAddressToString"),
        _ => None,
    }
}

/// `[-][d.]hh:mm:ss[.fffffff]`, as the constant format of `TimeSpan` has it.
fn time_span(members: &Members<'_>) -> Option<String> {
    const TICKS: u64 = 10_000_000;
    get(members, "TotalSeconds")?;
    let ticks = number(members, "Ticks")?;
    let sign = if ticks < 0 { "-" } else { "" };
    let all = ticks.unsigned_abs();
    let (seconds, part) = (all / TICKS, all % TICKS);
    let (days, hours) = (seconds / 86_400, seconds / 3600 % 24);
    let (minutes, seconds) = (seconds / 60 % 60, seconds % 60);
    let days = if days > 0 {
        format!("{days}.")
    } else {
        String::new()
    };
    let part = if part > 0 {
        format!(".{part:07}")
    } else {
        String::new()
    };
    Some(format!(
        "{sign}{days}{hours:02}:{minutes:02}:{seconds:02}{part}"
    ))
}

/// `Version 8.3 (Build 83.6)` of Exchange, or `8.3.83.6` of .NET, which alone
/// splits the revision.
fn version(members: &Members<'_>) -> Option<String> {
    let [major, minor, build, revision] =
        ["Major", "Minor", "Build", "Revision"].map(|name| number(members, name));
    let (major, minor, build, revision) = (major?, minor?, build?, revision?);
    if get(members, "MajorRevision").is_some() {
        let parts = [major, minor, build, revision];
        let shown = parts.iter().take_while(|part| **part >= 0);
        let shown: Vec<String> = shown.map(i64::to_string).collect();
        return Some(shown.join("."));
    }
    Some(format!(
        "Version {major}.{minor} (Build {build}.{revision})"
    ))
}

/// `SMTP:*;1`.
fn address_space(members: &Members<'_>) -> Option<String> {
    if get(members, "IsLocal") == Some(&Node::Bool(true)) {
        return None;
    }
    let (kind, address) = (text(members, "Type")?, text(members, "Address")?);
    let cost = number(members, "Cost")?;
    Some(format!("{kind}:{address};{cost}"))
}

/// `0.0.0.0:25`, `[::]:25`.
fn endpoint(members: &Members<'_>) -> Option<String> {
    let (address, port) = (text(members, "Address")?, number(members, "Port")?);
    Some(if address.contains(':') {
        format!("[{address}]:{port}")
    } else {
        format!("{address}:{port}")
    })
}

/// `192.0.2.1-192.0.2.9`.
fn address_range(members: &Members<'_>) -> Option<String> {
    get(members, "RangeFormat")?;
    let (low, high) = (text(members, "LowerBound")?, text(members, "UpperBound")?);
    Some(if low == high {
        low
    } else {
        format!("{low}-{high}")
    })
}

/// Members of the id of an object of the directory (`ADObjectId`).
const DIRECTORY_MEMBERS: [&str; 16] = [
    "Name",
    "DistinguishedName",
    "ObjectGuid",
    "PartitionGuid",
    "PartitionFQDN",
    "OrgHierarchyToIgnore",
    "Rdn",
    "Parent",
    "Depth",
    "DomainId",
    "DomainName",
    "ScopeFolder",
    "IsDeleted",
    "IsRelativeDn",
    "SecurityIdentifierString",
    "InternalGuid",
];

/// The name of an object of the directory, as its id prints it: of a server its
/// own name, of what belongs to a server both (`HUB1\Default HUB1`), of what lies
/// outside of Exchange's configuration the path
/// (`contoso.com/Configuration/Sites/Tokyo`).
fn directory_object(members: &Members<'_>) -> Option<String> {
    let is_id = members
        .iter()
        .all(|(name, _)| DIRECTORY_MEMBERS.contains(name));
    if !is_id && get(members, "ObjectGuid").is_none() {
        return None;
    }
    let own = || text(members, "Name");
    let Some(path) = text(members, "DistinguishedName") else {
        return own().filter(|_| is_id);
    };
    if path.contains(['\\', '/']) {
        return None;
    }
    let parts: Vec<(&str, &str)> = path
        .split(',')
        .map(|part| part.split_once('='))
        .collect::<Option<_>>()?;
    let names: Vec<&str> = parts.iter().map(|(_, name)| *name).collect();
    if names.contains(&"Microsoft Exchange") {
        return in_configuration(&names);
    }
    let domain = parts.iter().filter(|(kind, _)| *kind == "DC");
    let domain: Vec<&str> = domain.map(|(_, name)| *name).collect();
    let above = parts.iter().rev().filter(|(kind, _)| *kind != "DC");
    let above = above.map(|(_, name)| *name);
    let shown: Vec<&str> = above.collect();
    Some(format!("{}/{}", domain.join("."), shown.join("/")))
}

/// The same of an object in Exchange's configuration, by the names in its path
/// from itself upwards: below `Protocols` or `InformationStore` of a server it
/// belongs to that server.
fn in_configuration(names: &[&str]) -> Option<String> {
    let leaf = *names.first()?;
    let Some(servers) = names.iter().position(|name| *name == "Servers") else {
        return Some(leaf.to_owned());
    };
    let server = *names.get(servers.checked_sub(1)?)?;
    let Some(container) = servers.checked_sub(2) else {
        return Some(server.to_owned());
    };
    match *names.get(container)? {
        "Protocols" => Some(format!("{server}\\{leaf}")),
        "InformationStore" => {
            let below = names.get(..container)?.iter().rev();
            Some(below.fold(server.to_owned(), |path, name| format!("{path}\\{name}")))
        }
        _ => None,
    }
}

/// `/Date(1257159600000)/` and `/Date(1257159600000+0900)/`, milliseconds since
/// 1970 in UTC, in the form of ISO 8601.
fn date(text: &str) -> Option<String> {
    let inner = text.strip_prefix("/Date(")?.strip_suffix(")/")?;
    let end = inner
        .char_indices()
        .skip(1)
        .find(|(_, c)| matches!(c, '+' | '-'))
        .map_or(inner.len(), |(at, _)| at);
    let milliseconds: i64 = inner.get(..end)?.parse().ok()?;
    let instant = Timestamp::from_millisecond(milliseconds).ok()?;
    Some(instant.to_string())
}

#[cfg(test)]
mod tests {
    use super::super::scan::Scanner;
    use super::*;

    fn shown(json: &str) -> Raw<'_> {
        raw(Scanner::new(json, 0).value(0).expect("JSON"))
    }

    fn text(text: &str) -> Raw<'_> {
        Raw::Text(text.into())
    }

    #[test]
    fn ids_of_the_directory_are_the_names_that_they_print() {
        let above = ",CN=Servers,CN=Exchange Administrative Group (FYDIBOHF23SPDLT),CN=Administrative Groups,\
            CN=First Organization,CN=Microsoft Exchange,CN=Services,CN=Configuration,DC=contoso,DC=com";
        for (path, wanted) in [
            ("CN=HUB1", "HUB1"),
            (
                "CN=Default HUB1,CN=SMTP Receive Connectors,CN=Protocols,CN=HUB1",
                "HUB1\\Default HUB1",
            ),
            (
                "CN=owa (Default Web Site),CN=HTTP,CN=Protocols,CN=CAS1",
                "CAS1\\owa (Default Web Site)",
            ),
            (
                "CN=DB1,CN=First Storage Group,CN=InformationStore,CN=MBX1",
                "MBX1\\First Storage Group\\DB1",
            ),
        ] {
            let json = format!(r#"{{"Name":"x","DistinguishedName":"{path}{above}"}}"#);
            assert_eq!(shown(&json), text(wanted));
        }
        assert_eq!(shown(r#"{"Rdn":"CN=Relay","Name":"Relay"}"#), text("Relay"));
        assert_eq!(
            shown(r#"{"IsDeleted":false,"Depth":3}"#),
            Raw::Opaque(PARTS)
        );
        assert_eq!(shown(r#"{"Name":"x","Length":3}"#), Raw::Opaque(PARTS));
    }

    #[test]
    fn dates_count_milliseconds_in_utc() {
        assert_eq!(
            shown(r#""\/Date(1257159600000)\/""#),
            text("2009-11-02T11:00:00Z")
        );
        let hinted = r#"{"value":"\/Date(0)\/","DisplayHint":2,"DateTime":"Thursday"}"#;
        assert_eq!(shown(hinted), text("1970-01-01T00:00:00Z"));
    }

    #[test]
    fn wrappers_give_way_to_what_they_hold() {
        let list = Raw::List([Cow::Borrowed("a"), Cow::Borrowed("b")].into());
        assert_eq!(shown(r#"{"value":["a","b"],"Count":2}"#), list);
        let named = r#"{"value":31,"Value":"Tls, ExchangeServer"}"#;
        assert_eq!(shown(named), text("Tls, ExchangeServer"));
    }

    #[test]
    fn parts_of_known_types_are_put_together() {
        for (json, expected) in [
            (
                r#"{"Ticks":6000000000,"Days":0,"Minutes":10,"TotalSeconds":600}"#,
                "00:10:00",
            ),
            (
                r#"{"Ticks":864010000001,"TotalSeconds":86401}"#,
                "1.00:00:01.0000001",
            ),
            (
                r#"{"Major":8,"Minor":3,"Build":83,"Revision":6}"#,
                "Version 8.3 (Build 83.6)",
            ),
            (r#"{"Address":"0.0.0.0","Port":25}"#, "0.0.0.0:25"),
            (
                r#"{"Address":{"IPAddressToString":"::"},"Port":25}"#,
                "[::]:25",
            ),
            (
                r#"{"Type":"SMTP","Address":"*","Cost":1,"IsLocal":false}"#,
                "SMTP:*;1",
            ),
            (
                r#"{"LowerBound":"10.0.0.1","UpperBound":"10.0.0.9","RangeFormat":1}"#,
                "10.0.0.1-10.0.0.9",
            ),
            (r#"{"IsUnlimited":true}"#, "Unlimited"),
            (
                r#"{"DistinguishedName":"CN=Tokyo,CN=Sites,CN=Configuration,DC=contoso,DC=com","ObjectGuid":"x"}"#,
                "contoso.com/Configuration/Sites/Tokyo",
            ),
            (
                r#"{"DistinguishedName":"CN=HUB1,CN=Servers,CN=A,CN=Microsoft Exchange,CN=Services,CN=Configuration,DC=c","ObjectGuid":"x"}"#,
                "HUB1",
            ),
        ] {
            assert_eq!(shown(json), text(expected), "{json}");
        }
    }

    #[test]
    fn parts_of_other_types_are_unknown_and_credentials_are_dropped() {
        assert_eq!(shown(r#"{"Length":3}"#), Raw::Opaque(PARTS));
        assert_eq!(shown(r#"[{"Length":3}]"#), Raw::Opaque(PARTS));
        assert_eq!(shown(r#"["", " "]"#), Raw::Opaque(BLANK));
        let credential = r#"{"UserName":"relay","Password":{"Length":7}}"#;
        assert_eq!(shown(credential), Raw::Secret);
    }
}
