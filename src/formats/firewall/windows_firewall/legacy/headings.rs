//! Headings and remarks of `netsh firewall`.

use crate::formats::firewall::shared::tables::rows;
use crate::formats::firewall::windows_firewall::facts::{Profile, Profiles};

const HEADINGS: &str = include_str!("../data/legacy_headings.tsv");

/// A table of openings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// Predefined services.
    Services,
    /// Programs that may open ports.
    Programs,
    /// Ports.
    Ports,
    /// Kinds of ICMP.
    Icmp,
    /// Ports that are open now, whatever opened them.
    Open,
}

/// A heading.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Heading<'f> {
    /// Settings of profiles.
    Profile {
        /// Which.
        profiles: &'static [Profile],
        /// Whether they are in force.
        current: bool,
    },
    /// What is in force now.
    Status,
    /// Settings of one interface.
    Interface(&'f str),
    /// A table, and the profile or interface that it is of.
    Table(Table, Option<&'f str>),
    /// Settings of the log.
    Log,
}

/// Reads a heading: it ends in a colon.
pub fn read(line: &str) -> Option<Heading<'_>> {
    let text = line.strip_suffix(':')?.trim_end();
    let marked = words("current").find_map(|mark| text.strip_suffix(mark));
    let current = marked.is_some();
    let text = marked.unwrap_or(text).trim_end();
    for row in rows(HEADINGS) {
        let [kind, _, words, beside] = *row.as_slice() else {
            continue;
        };
        let of = match beside {
            "before" => text.strip_suffix(words),
            _ => text.strip_prefix(words),
        };
        let Some(of) = of.map(str::trim) else {
            continue;
        };
        if of.is_empty() != (beside == "-") {
            continue;
        }
        let of = (!of.is_empty()).then_some(of);
        return Some(match kind {
            "profile" => Heading::Profile {
                profiles: profile(text.split(' ').next()?)?,
                current,
            },
            "status" => Heading::Status,
            "services" => Heading::Table(Table::Services, of),
            "programs" => Heading::Table(Table::Programs, of),
            "ports" => Heading::Table(Table::Ports, of),
            "icmp" => Heading::Table(Table::Icmp, of),
            "open" => Heading::Table(Table::Open, of),
            "log" => Heading::Log,
            _ => continue,
        });
    }
    // The settings of the profile in force, in a language that names it first.
    if current && let Some(profiles) = text.split_once(' ').and_then(|(name, _)| profile(name)) {
        return Some(Heading::Profile { profiles, current });
    }
    text.strip_suffix(" firewall configuration")
        .filter(|name| !name.is_empty())
        .map(Heading::Interface)
}

/// What `data/legacy_headings.tsv` has of a kind.
fn words(kind: &str) -> impl Iterator<Item = &'static str> {
    rows(HEADINGS)
        .filter(move |row| row.first().copied() == Some(kind))
        .filter_map(|row| row.get(2).copied())
}

/// The key of a label of a setting, or of the name of a profile.
pub fn label(text: &str) -> Option<&'static str> {
    rows(include_str!("../data/legacy_labels.tsv"))
        .find(|row| row.get(2).copied() == Some(text))
        .and_then(|row| row.first().copied())
}

/// The profiles of today that a name of these listings stands for: `Standard`
/// is every network without a domain controller of the computer's domain.
pub fn profile(name: &str) -> Option<&'static [Profile]> {
    match label(name.trim().trim_end_matches(" profile"))? {
        "domain" => Some(&[Profile::Domain]),
        "standard" => Some(&[Profile::Private, Profile::Public]),
        _ => None,
    }
}

/// Profiles as a set; none means all.
pub fn set(profiles: &[Profile]) -> Profiles {
    if profiles.is_empty() {
        return Profiles::ALL;
    }
    let none = Profiles::default();
    profiles
        .iter()
        .fold(none, |set, one| set.with(Profiles::one(*one)))
}

/// What later versions of Windows print below their listings, and what stands
/// in a table without rows.
pub fn is_remark(line: &str) -> bool {
    words("remark").any(|start| line.starts_with(start))
}
