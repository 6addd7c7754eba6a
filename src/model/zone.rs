//! Classes of networks, as the inventory and the catalogue name them.

use std::fmt;

/// Classes of networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ZoneClass {
    /// The Internet.
    Internet,
    /// Perimeter network (DMZ).
    Perimeter,
    /// Server or internal network.
    Internal,
    /// Client network.
    Client,
    /// Telephony.
    Voice,
    /// Administration.
    Admin,
    /// A partner's network.
    Partner,
}

/// Every class with the word that `exlint.toml` and the facts write for it
/// (`reference/topology.md` §5).
pub const ZONE_CLASSES: &[(ZoneClass, &str)] = &[
    (ZoneClass::Internet, "internet"),
    (ZoneClass::Perimeter, "perimeter"),
    (ZoneClass::Internal, "internal"),
    (ZoneClass::Client, "client"),
    (ZoneClass::Voice, "voice"),
    (ZoneClass::Admin, "admin"),
    (ZoneClass::Partner, "partner"),
];

impl ZoneClass {
    /// The class's word (`perimeter`).
    #[must_use]
    pub fn id(self) -> &'static str {
        ZONE_CLASSES
            .iter()
            .find(|(class, _)| *class == self)
            .map_or("", |(_, id)| id)
    }

    /// The class of a word; only exact spellings.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        ZONE_CLASSES
            .iter()
            .find(|(_, word)| *word == id)
            .map(|(class, _)| *class)
    }
}

impl fmt::Display for ZoneClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_has_one_word() {
        for (class, id) in ZONE_CLASSES {
            assert_eq!(class.id(), *id);
            assert_eq!(ZoneClass::from_id(id), Some(*class));
        }
        assert_eq!(ZoneClass::from_id("dmz"), None);
    }
}
