//! Which keys and values of the registry decide about data paths.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::data::Kind;
use crate::formats::firewall::shared::tables::rows;

/// What a value must be beside its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// Anything of the type.
    Any,
    /// The number of a port.
    Port,
    /// Ports or ranges of ports.
    Ports,
    /// `Y` or `N`.
    YesNo,
    /// `HUB1:6001-6002;HUB1:6004`.
    ValidPorts,
    /// 0 to 4.
    Start,
}

/// A value that decides about data paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// Its name as Microsoft writes it.
    pub name: &'static str,
    /// The type that Windows reads.
    pub kind: Kind,
    /// What it must be.
    pub check: Check,
}

/// What a key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// It holds settings; the index is that of its pattern.
    Known(usize),
    /// It is in a control set that is stored and not in force.
    Stored,
    /// Nothing of it decides about a data path.
    Foreign,
}

struct Pattern {
    path: &'static str,
    settings: Vec<Setting>,
}

struct Table {
    patterns: Vec<Pattern>,
    /// Patterns without `*` by their path.
    exact: HashMap<&'static str, usize>,
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut patterns: Vec<Pattern> = Vec::new();
        for row in rows(include_str!("data/settings.tsv")) {
            let (Some(path), Some(name), Some(kind)) = (
                row.first().copied(),
                row.get(1).copied(),
                row.get(2).and_then(|kind| Kind::of_name(kind)),
            ) else {
                continue;
            };
            let check = match row.get(3).copied() {
                Some("port") => Check::Port,
                Some("ports") => Check::Ports,
                Some("yes-no") => Check::YesNo,
                Some("valid-ports") => Check::ValidPorts,
                Some("start") => Check::Start,
                _ => Check::Any,
            };
            let setting = Setting { name, kind, check };
            match patterns.iter_mut().find(|known| known.path == path) {
                Some(known) => known.settings.push(setting),
                None => patterns.push(Pattern {
                    path,
                    settings: vec![setting],
                }),
            }
        }
        let exact = patterns
            .iter()
            .enumerate()
            .filter(|(_, pattern)| !pattern.path.contains('*'))
            .map(|(at, pattern)| (pattern.path, at))
            .collect();
        Table { patterns, exact }
    })
}

const HIVE: &str = "hkey_local_machine\\";
const STORED: &str = "system\\controlset";

/// What a key is, by its path from the hive on.
#[must_use]
pub fn key(path: &str) -> Key {
    let lower = path.trim_end_matches('\\').to_ascii_lowercase();
    let Some(path) = lower.strip_prefix(HIVE) else {
        return Key::Foreign;
    };
    if let Some(rest) = path.strip_prefix(STORED)
        && let Some((number, below)) = rest.split_once('\\')
        && number.bytes().all(|b| b.is_ascii_digit())
    {
        return match known(&format!("system\\currentcontrolset\\{below}")) {
            Some(_) => Key::Stored,
            None => Key::Foreign,
        };
    }
    known(path).map_or(Key::Foreign, Key::Known)
}

fn known(path: &str) -> Option<usize> {
    let table = table();
    if let Some(at) = table.exact.get(path) {
        return Some(*at);
    }
    let open = |(_, pattern): &(usize, &Pattern)| {
        pattern.path.contains('*') && matches(pattern.path, path)
    };
    let mut patterns = table.patterns.iter().enumerate();
    patterns.find(open).map(|(at, _)| at)
}

/// Whether a path fits a pattern, part by part.
fn matches(pattern: &str, path: &str) -> bool {
    let mut parts = path.split('\\');
    let mut wanted = pattern.split('\\');
    loop {
        match (wanted.next(), parts.next()) {
            (None, None) => return true,
            (Some(wanted), Some(part)) => {
                let fits = match wanted.strip_suffix('*') {
                    Some(head) => part.starts_with(head),
                    None => part == wanted,
                };
                if !fits {
                    return false;
                }
            }
            _ => return false,
        }
    }
}

/// The setting of a name in a known key.
#[must_use]
pub fn setting(key: Key, name: &str) -> Option<Setting> {
    let Key::Known(at) = key else { return None };
    let settings = &table().patterns.get(at)?.settings;
    settings
        .iter()
        .find(|setting| setting.name.eq_ignore_ascii_case(name))
        .copied()
}

/// A path as people write it: `HKLM\SOFTWARE\…`.
#[must_use]
pub fn short(path: &str) -> String {
    match path.get(..HIVE.len()) {
        Some(head) if head.eq_ignore_ascii_case(HIVE) => {
            format!("HKLM\\{}", path.get(HIVE.len()..).unwrap_or_default())
        }
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(below: &str) -> Key {
        key(&format!("HKEY_LOCAL_MACHINE\\{below}"))
    }

    #[test]
    fn keys_are_known_in_any_case_and_by_a_part_of_their_name() {
        let rpc = path("SOFTWARE\\Microsoft\\Rpc\\Internet");
        assert!(matches!(rpc, Key::Known(_)));
        assert_eq!(setting(rpc, "ports").map(|s| s.name), Some("Ports"));
        assert_eq!(setting(rpc, "Start"), None);
        for below in [
            "System\\CurrentControlSet\\Services\\MSExchangePOP3",
            "SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL\\Protocols\\TLS 1.0\\Server",
        ] {
            assert!(matches!(path(below), Key::Known(_)), "{below}");
        }
        for below in [
            "SOFTWARE\\Microsoft\\Rpc",
            "SOFTWARE\\Microsoft\\Rpc\\Internet\\X",
            "SYSTEM\\CurrentControlSet\\Services\\MSExchangePOP3\\Security",
        ] {
            assert_eq!(path(below), Key::Foreign, "{below}");
        }
        assert_eq!(
            path("SYSTEM\\ControlSet002\\Services\\MSExchangeIS\\ParametersSystem"),
            Key::Stored
        );
        assert_eq!(
            key("HKEY_CURRENT_USER\\Software\\Microsoft\\Rpc\\Internet"),
            Key::Foreign
        );
    }

    #[test]
    fn every_row_of_the_table_has_a_type_and_a_known_check() {
        for row in rows(include_str!("data/settings.tsv")) {
            let kind = row.get(2).and_then(|kind| Kind::of_name(kind));
            assert!(kind.is_some(), "{row:?}");
            let path = row.first().copied().unwrap_or_default();
            assert_eq!(path.to_ascii_lowercase(), path);
            if let Some(check) = row.get(3) {
                let known = ["port", "ports", "yes-no", "valid-ports", "start"];
                assert!(known.contains(check), "{row:?}");
            }
        }
    }
}
