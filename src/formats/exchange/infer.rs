//! Which cmdlet returned an object, when nothing but the object tells.

use super::cmdlets::{Cmdlet, CmdletSet, bit, table};
use super::record::RawProperty;
use super::value::Raw;
use crate::source::Span;

/// A cmdlet, what tells it, and where that stands.
pub type Inferred = (&'static Cmdlet, String, Span);

/// What an object must score: one telling property of its own.
const ENOUGH: f32 = 0.9;
/// By how much the best cmdlet must lead.
const LEAD: f32 = 0.4;
/// What a rare cmdlet must show beyond the properties that it shares.
const RARE: f32 = 0.5;

/// Infers the cmdlet of an object from its properties, with the evidence.
///
/// A property counts by how few cmdlets have it; one-word names (`Port`,
/// `Status`) count little, for they occur in any text. The directory class,
/// the place in IIS and telling values count most.
#[must_use]
pub fn infer(properties: &[RawProperty<'_>]) -> Option<Inferred> {
    if let Some(found) = by_class(properties) {
        return Some(found);
    }
    if let Some(found) = by_view(properties) {
        return Some(found);
    }
    let keys: Vec<Key> = properties
        .iter()
        .map(|property| {
            let lower = property.name.to_ascii_lowercase();
            let (holders, hinted) = table().holders(&lower);
            Key {
                owners: table().owners(&lower),
                holders,
                hinted,
                places: matches!(&*lower, "identity" | "name" | "metabasepath"),
                lower,
            }
        })
        .collect();
    let mut best: Option<(f32, &'static Cmdlet)> = None;
    let mut second = 0.0_f32;
    for (place, cmdlet) in table().cmdlets.iter().enumerate() {
        if cmdlet.stated {
            continue;
        }
        let score = score(cmdlet, bit(place), properties, &keys);
        match best {
            Some((leading, _)) if score <= leading => second = second.max(score),
            _ => {
                second = second.max(best.map_or(0.0, |(leading, _)| leading));
                best = Some((score, cmdlet));
            }
        }
    }
    let (score, cmdlet) = best?;
    if score < ENOUGH || score - second < LEAD {
        return None;
    }
    let telling: Vec<&str> = keys
        .iter()
        .filter_map(|key| cmdlet.properties.get(&key.lower))
        .map(|property| property.name)
        .take(4)
        .collect();
    let span = properties.first()?.span;
    let evidence = format!("properties of {}: {}", cmdlet.name, telling.join(", "));
    Some((cmdlet, evidence, span))
}

/// The name of a property, asked for with every cmdlet.
struct Key {
    /// In lower case.
    lower: String,
    /// How many cmdlets have it as their own.
    owners: usize,
    /// All that have it.
    holders: CmdletSet,
    /// Those of which its value may tell objects.
    hinted: CmdletSet,
    /// Whether its value may be a place in IIS.
    places: bool,
}

/// The cmdlet whose default table has just these columns.
fn by_view(properties: &[RawProperty<'_>]) -> Option<Inferred> {
    let shows = |name: &&str| {
        let mut all = properties.iter();
        all.any(|property| property.name.eq_ignore_ascii_case(name))
    };
    let mut cmdlets = table().cmdlets.iter();
    let cmdlet = cmdlets.find(|cmdlet| {
        !cmdlet.view.is_empty()
            && cmdlet.view.len() == properties.len()
            && cmdlet.view.iter().all(&shows)
    })?;
    let evidence = format!(
        "columns of the default table of {}: {}",
        cmdlet.name,
        cmdlet.view.join(", ")
    );
    Some((cmdlet, evidence, properties.first()?.span))
}

/// The cmdlet by the directory class that an object shows; `None` where
/// several cmdlets return objects of that class.
pub fn by_class(properties: &[RawProperty<'_>]) -> Option<Inferred> {
    for property in properties {
        let tells = |name: &str| property.name.eq_ignore_ascii_case(name);
        if !tells("ObjectClass") && !tells("ObjectCategory") {
            continue;
        }
        let text = text_of(&property.raw);
        let own = |cmdlet: &Cmdlet| {
            let mut names = properties.iter().map(|p| p.name.to_ascii_lowercase());
            names.any(|name| cmdlet.properties.contains_key(&name))
        };
        let cmdlets = table().cmdlets.iter();
        let mut named = cmdlets.filter(|cmdlet| has_class(cmdlet, &text) && own(cmdlet));
        if let (Some(cmdlet), None) = (named.next(), named.next()) {
            let evidence = format!("directory class of {}", cmdlet.name);
            return Some((cmdlet, evidence, property.span));
        }
    }
    None
}

/// The cmdlet of a virtual directory that has the name of another one's, whatever is
/// said to have printed it: `EWS (Default Web Site)` is none of Outlook Web Access.
pub fn by_place(said: &Cmdlet, properties: &[RawProperty<'_>]) -> Option<Inferred> {
    if said.sites.is_empty() {
        return None;
    }
    let places = properties.iter().filter_map(|property| {
        let mut names = ["identity", "name", "metabasepath"].iter();
        names.find(|name| property.name.eq_ignore_ascii_case(name))?;
        let text = text_of(&property.raw).to_ascii_lowercase();
        Some((text, property.span))
    });
    for (text, span) in places {
        let at = |cmdlet: &&Cmdlet| cmdlet.sites.iter().any(|site| stands_at(&text, site));
        if at(&said) {
            return None;
        }
        if let Some(other) = table().cmdlets.iter().find(at) {
            let evidence = format!("place of {}: {text}", other.name);
            return Some((other, evidence, span));
        }
    }
    None
}

fn has_class(cmdlet: &Cmdlet, text: &str) -> bool {
    cmdlet.classes.iter().any(|class| {
        text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
            .any(|word| word.eq_ignore_ascii_case(class))
    })
}

fn score(cmdlet: &Cmdlet, own: CmdletSet, properties: &[RawProperty<'_>], keys: &[Key]) -> f32 {
    let mut score = if cmdlet.rare { -RARE } else { 0.0 };
    for (property, key) in properties.iter().zip(keys) {
        if key.owners > 0 {
            let holds = key.holders & own != 0;
            if let Some(known) = holds.then(|| cmdlet.properties.get(&key.lower)).flatten() {
                let owners = u16::try_from(key.owners).unwrap_or(u16::MAX);
                let weight = if is_one_word(known.name) { 0.25 } else { 1.0 };
                score += weight / f32::from(owners);
            } else if cmdlet.property(&key.lower).is_none() {
                score -= 0.25;
            }
        }
        if key.hinted & own != 0 || key.places {
            score += value_score(cmdlet, &key.lower, property);
        }
    }
    score
}

/// What a value adds: a place in IIS, or a hint of the table.
fn value_score(cmdlet: &Cmdlet, key: &str, property: &RawProperty<'_>) -> f32 {
    let hinted = cmdlet.hints.iter().any(|(name, _)| name == key);
    let placed = !cmdlet.sites.is_empty() && matches!(key, "identity" | "name" | "metabasepath");
    if !hinted && !placed {
        return 0.0;
    }
    let text = text_of(&property.raw).to_ascii_lowercase();
    if placed && cmdlet.sites.iter().any(|site| stands_at(&text, site)) {
        return 2.0;
    }
    let matches = |(name, hint): &(String, &str)| {
        name == key && text.contains(&hint.replace('~', " ").to_ascii_lowercase())
    };
    if hinted && cmdlet.hints.iter().any(matches) {
        return 2.0;
    }
    0.0
}

/// `SRV\owa (Default Web Site)` or `IIS://srv/W3SVC/1/ROOT/owa`.
fn stands_at(lower_case_text: &str, site: &str) -> bool {
    let last = lower_case_text
        .rsplit(['\\', '/'])
        .next()
        .unwrap_or_default();
    let site = site.to_ascii_lowercase();
    match last.strip_prefix(site.as_str()) {
        Some("") => lower_case_text.contains("/root/"),
        Some(rest) => rest.starts_with(" ("),
        None => false,
    }
}

fn text_of(raw: &Raw<'_>) -> String {
    match raw {
        Raw::Text(text) | Raw::Cut(text) => text.clone().into_owned(),
        Raw::List(items) => items.join(", "),
        Raw::Null | Raw::Secret | Raw::Opaque(_) => String::new(),
    }
}

/// `Port`, `Status`, `IsDefault`: no second capitalised word inside, besides `Is`.
pub fn is_one_word(name: &str) -> bool {
    let name = name.strip_prefix("Is").unwrap_or(name);
    !name
        .as_bytes()
        .windows(2)
        .any(|pair| matches!(pair, [a, b] if !a.is_ascii_uppercase() && b.is_ascii_uppercase()))
        && name.len() < 12
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn inferred(properties: &[(&'static str, &'static str)]) -> Option<&'static str> {
        let raw: Vec<_> = properties
            .iter()
            .map(|(name, value)| RawProperty {
                name,
                raw: Raw::Text((*value).into()),
                span: Span::new(FileId(0), 0, 0),
            })
            .collect();
        infer(&raw).map(|(cmdlet, _, _)| cmdlet.name)
    }

    #[test]
    fn a_connector_is_told_from_its_properties() {
        let receive = [
            ("Name", "Relay"),
            ("AuthMechanism", "Tls"),
            ("PermissionGroups", "AnonymousUsers"),
        ];
        assert_eq!(inferred(&receive), Some("Get-ReceiveConnector"));
        let send = [
            ("Name", "Internet"),
            ("AddressSpaces", "{SMTP:*;1}"),
            ("SourceTransportServers", "{HUB1}"),
        ];
        assert_eq!(inferred(&send), Some("Get-SendConnector"));
    }

    #[test]
    fn a_directory_of_another_name_is_none_of_the_cmdlet_that_stands_above_it() {
        let said = table().cmdlet("Get-OwaVirtualDirectory").expect("known");
        let place = |name: &'static str, value: &'static str| {
            let property = RawProperty {
                name,
                raw: Raw::Text(value.into()),
                span: Span::new(FileId(0), 0, 0),
            };
            by_place(said, &[property]).map(|(cmdlet, ..)| cmdlet.name)
        };
        let ews = Some("Get-WebServicesVirtualDirectory");
        assert_eq!(place("Name", "EWS (Default Web Site)"), ews);
        assert_eq!(place("Identity", "CAS1\\EWS (Default Web Site)"), ews);
        assert_eq!(place("MetabasePath", "IIS://cas1/W3SVC/1/ROOT/EWS"), ews);
        // Directories of Exchange 2003 are those of Outlook Web Access, too.
        for own in ["owa", "Exchange", "Public", "Exadmin", "mail"] {
            let name: &'static str = format!("{own} (Default Web Site)").leak();
            assert_eq!(place("Name", name), None, "{own}");
        }
        let receive = table().cmdlet("Get-ReceiveConnector").expect("known");
        assert!(by_place(receive, &[]).is_none());
    }

    #[test]
    fn a_name_that_all_objects_have_speaks_against_none() {
        let access = [
            ("Name", "CAS1"),
            (
                "AutoDiscoverServiceInternalUri",
                "https://cas1/Autodiscover",
            ),
        ];
        assert_eq!(inferred(&access), Some("Get-ClientAccessServer"));
    }

    #[test]
    fn virtual_directories_are_told_by_their_place() {
        for (identity, url, cmdlet) in [
            (
                "EX1\\owa (Default Web Site)",
                "https://ex1/owa",
                "Get-OwaVirtualDirectory",
            ),
            (
                "EX1\\EWS (Default Web Site)",
                "",
                "Get-WebServicesVirtualDirectory",
            ),
            (
                "EX1\\OAB (Default Web Site)",
                "http://ex1/OAB",
                "Get-OabVirtualDirectory",
            ),
            (
                "EX1\\Microsoft-Server-ActiveSync (Default Web Site)",
                "",
                "Get-ActiveSyncVirtualDirectory",
            ),
        ] {
            let found = inferred(&[("Identity", identity), ("InternalUrl", url)]);
            assert_eq!(found, Some(cmdlet), "{identity}");
        }
        assert_eq!(
            inferred(&[("Name", "x"), ("InternalUrl", "https://ex1/mail")]),
            None
        );
    }

    #[test]
    fn pop_and_imap_are_told_by_their_ports() {
        let pop = [
            ("LoginType", "SecureLogin"),
            ("SSLBindings", "{0.0.0.0:995}"),
        ];
        assert_eq!(inferred(&pop), Some("Get-PopSettings"));
        let imap = [
            ("LoginType", "SecureLogin"),
            ("SSLBindings", "{0.0.0.0:993}"),
        ];
        assert_eq!(inferred(&imap), Some("Get-ImapSettings"));
        let either = [("LoginType", "SecureLogin"), ("Server", "CAS1")];
        assert_eq!(inferred(&either), None);
    }

    #[test]
    fn servers_are_told_from_the_usual_selection() {
        let server = [
            ("Name", "HUB1"),
            ("AdminDisplayVersion", "Version 8.3 (Build 83.6)"),
            ("Site", "contoso.com/Configuration/Sites/Tokyo"),
            ("ServerRole", "HubTransport"),
        ];
        assert_eq!(inferred(&server), Some("Get-ExchangeServer"));
    }

    #[test]
    fn the_directory_class_settles_it() {
        let object = [
            ("Server", "HUB1"),
            ("ObjectClass", "{top, msExchSmtpReceiveConnector}"),
        ];
        assert_eq!(inferred(&object), Some("Get-ReceiveConnector"));
    }

    #[test]
    fn words_of_any_text_do_not_make_an_object() {
        for text in [
            &[("Port", "25"), ("Status", "up"), ("Address", "192.0.2.1")][..],
            &[("Subject", "Re: fw"), ("From", "x"), ("Date", "y")],
            &[("Name", "x"), ("Enabled", "True"), ("Server", "y")],
            &[
                ("Direction", "In"),
                ("Profiles", "Domain"),
                ("LocalIP", "Any"),
            ],
        ] {
            assert_eq!(inferred(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_rare_cmdlet_is_told_by_what_only_it_has() {
        let shared = [
            ("AddressSpaces", "{X400:c=US;1}"),
            ("SourceTransportServers", "{HUB1}"),
        ];
        assert_eq!(inferred(&shared), Some("Get-SendConnector"));
        let own = [
            ("AddressSpaces", "{FAX:*;1}"),
            ("DropDirectory", "Fax"),
            ("RelayDsnRequired", "False"),
        ];
        assert_eq!(inferred(&own), Some("Get-ForeignConnector"));
        let permission = [
            ("User", "NT AUTHORITY\\ANONYMOUS LOGON"),
            ("Deny", "False"),
            ("ExtendedRights", "{ms-Exch-SMTP-Submit}"),
        ];
        assert_eq!(inferred(&permission), Some("Get-ADPermission"));
    }
}
