//! Reads `cmdlets.txt`.

use crate::formats::firewall::shared::tables::Map;

use super::{Cmdlet, DefaultValue, Enumeration, Kind, PropertyKind, Table, bit};

/// Reads the data file; what does not fit is left out (a test checks that
/// nothing is).
pub fn read(data: &'static str) -> Table {
    let mut table = Table::default();
    // The properties of several cmdlets that the lines belong to.
    let mut shared = None;
    for line in data.lines() {
        let mut words = line.split_ascii_whitespace();
        let Some(first) = words.next() else { continue };
        match first {
            _ if first.starts_with('#') => {}
            "enum" => read_enumeration(&mut table, words),
            "letters" => {
                if let Some(found) = words.next().and_then(|n| table.enumerations.get_mut(n)) {
                    found.letters = words
                        .filter_map(|pair| pair.split_once('='))
                        .filter_map(|(letter, name)| Some((letter.chars().next()?, name)))
                        .collect();
                }
            }
            "common" | "web" => shared = Some(first),
            "cmdlet" => {
                shared = None;
                if let Some(name) = words.next() {
                    table.cmdlets.push(nothing_known(name, words.collect()));
                }
            }
            _ if shared.is_some() => {
                let Some(kind) = read_kind(first) else {
                    continue;
                };
                let properties = words.map(|name| PropertyKind { name, kind });
                if shared == Some("web") {
                    table.web.extend(properties);
                } else {
                    let named = properties.map(|p| (p.name.to_ascii_lowercase(), p));
                    table.common.extend(named);
                }
            }
            _ => {
                if let Some(cmdlet) = table.cmdlets.last_mut() {
                    read_cmdlet_line(cmdlet, first, words);
                }
            }
        }
    }
    count_owners(&mut table);
    table
}

/// Counts the cmdlets that have a property. A rare cmdlet does not make the
/// properties of others less telling; those of one that is only stated tell
/// nothing.
fn count_owners(table: &mut Table) {
    let Table {
        cmdlets, owners, ..
    } = table;
    for (place, cmdlet) in cmdlets.iter().enumerate() {
        for name in cmdlet.properties.keys() {
            let owners = owners.entry(name.clone()).or_default();
            owners.all |= bit(place);
            if !cmdlet.rare && !cmdlet.stated {
                owners.count = owners.count.saturating_add(1);
            }
        }
        for (name, _) in &cmdlet.hints {
            owners.entry(name.clone()).or_default().hinted |= bit(place);
        }
    }
    for cmdlet in cmdlets.iter().filter(|c| c.rare && !c.stated) {
        for name in cmdlet.properties.keys() {
            let owners = owners.entry(name.clone()).or_default();
            owners.count = owners.count.max(1);
        }
    }
}

fn nothing_known(name: &'static str, aliases: Vec<&'static str>) -> Cmdlet {
    Cmdlet {
        name,
        aliases,
        key: "Identity",
        types: Vec::new(),
        classes: Vec::new(),
        sites: Vec::new(),
        hints: Vec::new(),
        view: Vec::new(),
        minor: Vec::new(),
        host_is_identity: false,
        iis_path: Vec::new(),
        iis_state: Vec::new(),
        rare: false,
        stated: false,
        versions: ("", None),
        since: Vec::new(),
        until: Vec::new(),
        defaults: Vec::new(),
        paths: Vec::new(),
        properties: Map::default(),
        order: Vec::new(),
    }
}

fn read_enumeration(table: &mut Table, mut words: std::str::SplitAsciiWhitespace<'static>) {
    let (Some(name), Some(shape), Some(growth)) = (words.next(), words.next(), words.next()) else {
        return;
    };
    let mut unconfirmed = Vec::new();
    let names = words
        .map(|word| match word.split_once('=') {
            Some((name, number)) => match number.strip_prefix('~') {
                Some(number) => {
                    unconfirmed.extend(number.parse::<i64>());
                    (name, None)
                }
                None => (name, number.parse().ok()),
            },
            None => (word, None),
        })
        .collect();
    table.enumerations.insert(
        name,
        Enumeration {
            flags: shape == "flags",
            open: growth == "open",
            names,
            unconfirmed,
            letters: Vec::new(),
        },
    );
}

fn read_cmdlet_line(
    cmdlet: &mut Cmdlet,
    first: &'static str,
    mut words: std::str::SplitAsciiWhitespace<'static>,
) {
    match first {
        "key" => cmdlet.key = words.next().unwrap_or(cmdlet.key),
        "type" => cmdlet.types.extend(words),
        "class" => cmdlet.classes.extend(words),
        "site" => cmdlet.sites.extend(words),
        "hint" => {
            if let (Some(property), Some(text)) = (words.next(), words.next()) {
                cmdlet.hints.push((property.to_ascii_lowercase(), text));
            }
        }
        "view" => cmdlet.view.extend(words),
        "minor" => cmdlet.minor.extend(words),
        "host-is-identity" => cmdlet.host_is_identity = true,
        "iis-path" => cmdlet.iis_path.extend(words),
        "iis-state" => cmdlet.iis_state.extend(words),
        "rare" => cmdlet.rare = true,
        "stated" => cmdlet.stated = true,
        "versions" => cmdlet.versions = (words.next().unwrap_or_default(), words.next()),
        "since" | "until" => {
            if let Some(version) = words.next() {
                let list = if first == "since" {
                    &mut cmdlet.since
                } else {
                    &mut cmdlet.until
                };
                list.extend(words.map(|name| (name, version)));
            }
        }
        "default" => {
            if let Some(property) = words.next() {
                let values = words.map(|word| default_value(property, word));
                cmdlet.defaults.extend(values);
            }
        }
        "paths" => cmdlet.paths.extend(words),
        _ => {
            if let Some(kind) = read_kind(first) {
                for name in words.map(with_blanks) {
                    let property = PropertyKind { name, kind };
                    let key = name.to_ascii_lowercase();
                    if cmdlet.properties.insert(key, property).is_none() {
                        cmdlet.order.push(property);
                    }
                }
            }
        }
    }
}

/// `False`, or `2013=True`.
fn default_value(property: &'static str, word: &'static str) -> DefaultValue {
    let versioned = word
        .split_once('=')
        .filter(|(version, _)| version.starts_with("20"));
    let (since, value) = match versioned {
        Some((version, value)) => (Some(version), value),
        None => (None, word),
    };
    DefaultValue {
        property,
        since,
        value,
    }
}

/// A name with its blanks: `TCP/IP~Port` is `TCP/IP Port`. The table is read
/// once and lives as long as the program.
fn with_blanks(word: &'static str) -> &'static str {
    if word.contains('~') {
        Box::leak(word.replace('~', " ").into_boxed_str())
    } else {
        word
    }
}

/// The kind of a line with properties.
pub fn read_kind(word: &'static str) -> Option<Kind> {
    let (kind, of) = match word.split_once(':') {
        Some((kind, of)) => (kind, Some(of)),
        None => (word, None),
    };
    Some(match (kind, of) {
        ("bool", None) => Kind::Bool,
        ("integer", None) => Kind::Integer,
        ("text", None) => Kind::Text,
        ("url", None) => Kind::Url,
        ("version", None) => Kind::Version,
        ("date", None) => Kind::Date,
        ("list", None) => Kind::List,
        ("list", Some(of)) => Kind::ListOf(of),
        ("enum", Some(of)) => Kind::Enum(of),
        ("flags", Some(of)) => Kind::Flags(of),
        ("typename", None) => Kind::TypeName,
        ("secret", None) => Kind::Secret,
        _ => return None,
    })
}
