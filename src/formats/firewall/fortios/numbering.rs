//! Sections whose entries have numbers, and the number that `edit 0` gives.
//!
//! Source: Fortinet, FortiOS CLI Reference and Administration Guide, "CLI
//! basics": in a table with numbers as keys, `edit 0` makes a new entry with the
//! next number that is free. Scripts use it for every entry.

use crate::formats::firewall::shared::tables::Map;

use super::tree::{NodeId, Tree};

/// The sections that this reader knows by numbers, the last word of nested ones.
const NUMBERED: [&str; 20] = [
    "firewall policy",
    "firewall policy6",
    "firewall consolidated policy",
    "firewall security-policy",
    "firewall central-snat-map",
    "firewall local-in-policy",
    "firewall local-in-policy6",
    "firewall acl",
    "firewall acl6",
    "firewall interface-policy",
    "firewall interface-policy6",
    "router static",
    "router static6",
    "router policy",
    "router policy6",
    "system session-helper",
    "members",
    "secondaryip",
    "realservers",
    "service",
];

/// The highest number of the sections in which one was asked for.
#[derive(Debug, Default)]
pub struct Numbers {
    highest: Map<NodeId, u64>,
}

impl Numbers {
    /// Whether `edit 0` in a section makes an entry.
    pub fn counts(section: &str) -> bool {
        NUMBERED.contains(&section)
    }

    /// The number that a new entry of a section gets.
    pub fn next(&mut self, tree: &Tree<'_>, section: NodeId) -> u64 {
        let highest = self.highest.entry(section).or_insert_with(|| {
            let entries = tree.children(section);
            let numbers = entries.iter().filter_map(|entry| number(tree.name(*entry)));
            numbers.max().unwrap_or_default()
        });
        *highest = highest.saturating_add(1);
        *highest
    }

    /// Takes note of an entry with a number of its own.
    pub fn seen(&mut self, section: NodeId, name: &str) {
        if self.highest.is_empty() {
            return;
        }
        if let (Some(highest), Some(number)) = (self.highest.get_mut(&section), number(name)) {
            *highest = number.max(*highest);
        }
    }
}

fn number(name: &str) -> Option<u64> {
    // Policies go up to 4294967294.
    name.parse::<u32>().ok().map(u64::from)
}
