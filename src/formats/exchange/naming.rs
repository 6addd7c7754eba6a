//! Cmdlets by the names that people and scripts give to files, keys and
//! headings: `HUB1_ReceiveConnector_FL.TXT`, `Get-ReceiveConnector.csv`,
//! `Send_Connectors.json`, `"receive_connectors": […]`.

use std::ops::Range;

use super::cmdlets::{Cmdlet, table};

/// Longer names are sentences, not names.
const LONGEST: usize = 255;
/// A noun written with separators has at most this many words
/// (`Web_Services_Virtual_Directories`).
const MOST_WORDS: usize = 5;

/// The one cmdlet that a name tells; `None` where it tells none or several.
///
/// Words may be apart, and a noun inside of a longer one does not count.
#[must_use]
pub fn cmdlet_in(name: &str) -> Option<&'static Cmdlet> {
    if name.len() > LONGEST {
        return None;
    }
    let words: Vec<String> = name
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    let mut found: Option<(Range<usize>, &'static Cmdlet)> = None;
    for start in 0..words.len() {
        for count in (1..=MOST_WORDS).rev() {
            let range = start..start.saturating_add(count);
            let Some(joined) = words.get(range.clone()).map(<[String]>::concat) else {
                continue;
            };
            let Some(cmdlet) = of_noun(joined.strip_prefix("get").unwrap_or(&joined)) else {
                continue;
            };
            match &found {
                Some((known, _)) if range.end <= known.end => {}
                Some((_, known)) if known.name != cmdlet.name => return None,
                _ => found = Some((range, cmdlet)),
            }
        }
    }
    found.map(|(_, cmdlet)| cmdlet)
}

/// The cmdlet of a noun in lower case, singular or plural.
fn of_noun(noun: &str) -> Option<&'static Cmdlet> {
    let is = |name: &str| {
        let known = name.strip_prefix("Get-").unwrap_or(name);
        let head = noun.get(..known.len());
        if head.is_some_and(|head| head.eq_ignore_ascii_case(known)) {
            return matches!(noun.get(known.len()..), Some("" | "s" | "es"));
        }
        let (Some(stem), Some(plural)) = (known.strip_suffix('y'), noun.strip_suffix("ies")) else {
            return false;
        };
        stem.eq_ignore_ascii_case(plural)
    };
    let mut cmdlets = table().cmdlets.iter();
    cmdlets.find(|cmdlet| is(cmdlet.name) || cmdlet.aliases.iter().any(|alias| is(alias)))
}

/// The cmdlet that the name of a file tells, without its folders.
#[must_use]
pub fn cmdlet_of_file(file_name: &str) -> Option<&'static Cmdlet> {
    let base = file_name.rsplit(['/', '\\']).next()?;
    let stem = base.rsplit_once('.').map_or(base, |(stem, _)| stem);
    cmdlet_in(stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_keys_and_headings_tell_the_cmdlet() {
        for (name, cmdlet) in [
            ("HUB1_ReceiveConnector_FL", Some("Get-ReceiveConnector")),
            ("Get-ReceiveConnector", Some("Get-ReceiveConnector")),
            ("Send_Connectors", Some("Get-SendConnector")),
            ("receive_connectors", Some("Get-ReceiveConnector")),
            ("OwaVirtualDirectories", Some("Get-OwaVirtualDirectory")),
            (
                "2024-01-31 TransportService ex1",
                Some("Get-TransportServer"),
            ),
            ("AcceptedDomains", Some("Get-AcceptedDomain")),
            ("ReceiveConnector and SendConnectors", None),
            ("connectors", None),
            ("", None),
        ] {
            assert_eq!(cmdlet_in(name).map(|c| c.name), cmdlet, "{name}");
        }
    }

    #[test]
    fn folders_do_not_name_a_cmdlet() {
        assert!(cmdlet_of_file("ReceiveConnector/export.csv").is_none());
        let found = cmdlet_of_file("exports/EX1_SendConnector.csv");
        assert_eq!(found.map(|c| c.name), Some("Get-SendConnector"));
    }
}
