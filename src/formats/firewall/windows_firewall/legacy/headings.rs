//! Headings and remarks of `netsh firewall`.

use crate::formats::firewall::shared::tables::rows;
use crate::formats::firewall::windows_firewall::facts::{Profile, Profiles};

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
    let (text, current) = match text.strip_suffix("(current)") {
        Some(rest) => (rest.trim_end(), true),
        None => (text, false),
    };
    for row in rows(include_str!("../data/legacy_headings.tsv")) {
        let [kind, _, start, goes_on] = *row.as_slice() else {
            continue;
        };
        let Some(rest) = text.strip_prefix(start) else {
            continue;
        };
        let of = rest.trim();
        if of.is_empty() != (goes_on == "-") {
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
            _ => Heading::Log,
        });
    }
    text.strip_suffix(" firewall configuration")
        .filter(|name| !name.is_empty())
        .map(Heading::Interface)
}

/// The profiles of today that a name of these listings stands for: `Standard`
/// is every network without a domain controller of the computer's domain.
pub fn profile(name: &str) -> Option<&'static [Profile]> {
    match name.trim().trim_end_matches(" profile") {
        "Domain" => Some(&[Profile::Domain]),
        "Standard" => Some(&[Profile::Private, Profile::Public]),
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
    const STARTS: &[&str] = &[
        "IMPORTANT: ",
        "However, \"",
        "For more information on using",
        "instead of \"",
        "at http",
        "No ports are currently open on",
    ];
    STARTS.iter().any(|start| line.starts_with(start))
}
