//! Names that FortiOS knows: sections, keys, predefined services.

use std::borrow::Cow;
use std::sync::OnceLock;

use crate::formats::firewall::shared::tables::{KeySet, Map, rows};

/// What a section is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// This reader knows its statements.
    Read,
    /// Decides no packet that crosses the device.
    Irrelevant,
    /// Could change what passes.
    Noted(&'static str),
}

struct Sections {
    exact: Map<&'static str, Part>,
    /// Starts of paths, the longest first.
    starts: Vec<(&'static str, Part)>,
}

fn sections() -> &'static Sections {
    static TABLE: OnceLock<Sections> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut all = Sections {
            exact: Map::default(),
            starts: Vec::new(),
        };
        for row in rows(include_str!("data/sections.tsv")) {
            let (Some(path), Some(state)) = (row.first(), row.get(1)) else {
                continue;
            };
            let part = match *state {
                "read" => Part::Read,
                "noted" => Part::Noted(row.get(2).copied().unwrap_or_default()),
                _ => Part::Irrelevant,
            };
            match path.strip_suffix('*') {
                Some(start) => all.starts.push((start, part)),
                None => {
                    all.exact.insert(path, part);
                }
            }
        }
        all.starts
            .sort_by_key(|(start, _)| std::cmp::Reverse(start.len()));
        all
    })
}

/// What a section is for; `None` when it is not known.
pub fn part(path: &str) -> Option<Part> {
    let all = sections();
    all.exact.get(path).copied().or_else(|| {
        all.starts
            .iter()
            .find(|(start, _)| path.starts_with(start))
            .map(|(_, part)| *part)
    })
}

/// Whether a path is that of a section of the top level and of nothing else.
pub fn is_top(path: &str) -> bool {
    path.contains(' ') && sections().exact.contains_key(path)
}

/// The path that shortened words stand for, as `sys glo` for `system global`.
///
/// Source: Fortinet, FortiOS Administration Guide, "CLI basics", "Command
/// abbreviation": a word may be cut to as many letters as tell it apart. A word
/// that is whole is never an abbreviation.
pub fn expand(path: &str) -> Option<Cow<'static, str>> {
    let mut best: Option<(&'static str, usize)> = None;
    let mut alone = false;
    for candidate in sections().exact.keys() {
        let mut short = path.split(' ');
        let mut full = candidate.split(' ');
        let mut whole = 0usize;
        let fits = loop {
            match (short.next(), full.next()) {
                (None, None) => break true,
                (Some(short), Some(full)) if full.starts_with(short) => {
                    whole = whole.saturating_add(usize::from(full == short));
                }
                _ => break false,
            }
        };
        if !fits {
            continue;
        }
        match best {
            Some((_, words)) if words > whole => {}
            Some((_, words)) if words == whole => alone = false,
            _ => (best, alone) = (Some((*candidate, whole)), true),
        }
    }
    if let Some((found, _)) = best {
        return alone.then_some(Cow::Borrowed(found));
    }
    // Sections that are told by their first words only.
    let (first, rest) = path.split_once(' ')?;
    let mut chapters = CHAPTERS.iter().filter(|chapter| chapter.starts_with(first));
    let chapter = chapters.next().filter(|_| chapters.next().is_none())?;
    let full = format!("{chapter} {rest}");
    part(&full).is_some().then_some(Cow::Owned(full))
}

/// The first words of sections: the chapters of the CLI reference that are told
/// apart by few letters.
const CHAPTERS: [&str; 6] = ["firewall", "log", "router", "system", "user", "vpn"];

/// What a key without code of its own is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// Inspects what a connection carries.
    Content,
    /// Asks for more than addresses, ports and interfaces tell.
    Condition,
    /// Decides nothing.
    Irrelevant,
}

/// What a key of a section is for.
pub fn key(section: &str, key: &str) -> Option<Key> {
    static TABLE: OnceLock<Map<&'static str, Map<&'static str, Key>>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        let mut all: Map<_, Map<_, _>> = Map::default();
        for row in rows(include_str!("data/keys.tsv")) {
            let [section, state, keys] = row.as_slice() else {
                continue;
            };
            let state = match *state {
                "content" => Key::Content,
                "condition" => Key::Condition,
                _ => Key::Irrelevant,
            };
            let held = all.entry(*section).or_default();
            for key in keys.split(' ') {
                held.entry(key).or_insert(state);
            }
        }
        all
    });
    let keys = table.get(section)?;
    keys.get(key).copied().or_else(|| {
        key.split_once('-')
            .and_then(|(start, _)| keys.get(format!("{start}-*").as_str()))
            .copied()
    })
}

/// What a predefined service means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Predefined {
    /// Protocols and ports, blank-separated.
    Service(&'static str),
    /// Names of services, separated by `|`.
    Group(&'static str),
}

/// A service that a FortiGate has before anybody configures one.
pub fn predefined(name: &str) -> Option<Predefined> {
    static TABLE: OnceLock<Map<&'static str, Predefined>> = OnceLock::new();
    TABLE
        .get_or_init(|| {
            rows(include_str!("data/services.tsv"))
                .filter_map(|row| {
                    let text = *row.get(1)?;
                    let meaning = match text.strip_prefix("= ") {
                        Some(members) => Predefined::Group(members),
                        None => Predefined::Service(text),
                    };
                    Some((*row.first()?, meaning))
                })
                .collect()
        })
        .get(name)
        .copied()
}

/// Whether what is not certain of an entry opens that entry alone: the modules of
/// these sections look at it.
pub fn holds_its_own(section: &str) -> bool {
    [
        "firewall policy",
        "firewall policy6",
        "firewall consolidated policy",
        "firewall local-in-policy",
        "firewall local-in-policy6",
        "firewall acl",
        "firewall acl6",
        "firewall address",
        "firewall address6",
        "firewall addrgrp",
        "firewall addrgrp6",
        "firewall service custom",
        "firewall service group",
        "firewall schedule onetime",
        "firewall schedule recurring",
        "firewall schedule group",
        "firewall vip",
        "firewall vip6",
        "firewall central-snat-map",
    ]
    .contains(&section)
}

/// Whether the value of a key is a secret.
pub fn is_secret(key: &str) -> bool {
    static TABLE: OnceLock<KeySet<&'static str>> = OnceLock::new();
    TABLE
        .get_or_init(|| {
            rows(include_str!("data/secrets.tsv"))
                .filter_map(|row| row.first().copied())
                .collect()
        })
        .contains(key)
        || [
            "passwd",
            "password",
            "psksecret",
            "passphrase",
            "-pwd",
            "-secret",
        ]
        .iter()
        .any(|end| key.ends_with(end))
}
