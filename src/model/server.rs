//! Roles and versions of servers, as the inventory, the exports and the
//! catalogue of data paths name them.

use std::fmt;

/// Roles of servers and other hosts, as in the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Hub Transport.
    Hub,
    /// Edge Transport.
    Edge,
    /// Mailbox.
    Mailbox,
    /// Client Access.
    ClientAccess,
    /// Unified Messaging.
    UnifiedMessaging,
    /// Domain controller or global catalogue.
    ActiveDirectory,
    /// DNS server.
    Dns,
    /// Exchange 2003 or 2000.
    LegacyMailbox,
    /// Reverse proxy or load balancer in front of Client Access servers.
    ReverseProxy,
    /// SIP gateway or IP PBX.
    IpGateway,
    /// Backup server.
    Backup,
    /// Administrator's workstation.
    AdminWorkstation,
}

/// Every role with the word that `exlint.toml`, the facts and the catalogue
/// write for it (`reference/topology.md` §5).
pub const ROLES: &[(Role, &str)] = &[
    (Role::Hub, "hub"),
    (Role::Edge, "edge"),
    (Role::Mailbox, "mailbox"),
    (Role::ClientAccess, "cas"),
    (Role::UnifiedMessaging, "um"),
    (Role::ActiveDirectory, "ad"),
    (Role::Dns, "dns"),
    (Role::LegacyMailbox, "legacy-mailbox"),
    (Role::ReverseProxy, "reverse-proxy"),
    (Role::IpGateway, "ip-gateway"),
    (Role::Backup, "backup"),
    (Role::AdminWorkstation, "admin-workstation"),
];

impl Role {
    /// The role's word (`cas`).
    #[must_use]
    pub fn id(self) -> &'static str {
        ROLES
            .iter()
            .find(|(role, _)| *role == self)
            .map_or("", |(_, id)| id)
    }

    /// The role of a word; only exact spellings.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        ROLES
            .iter()
            .find(|(_, word)| *word == id)
            .map(|(role, _)| *role)
    }

    /// Whether the role is one that Exchange Server installs.
    #[must_use]
    pub fn is_exchange(self) -> bool {
        matches!(
            self,
            Self::Hub
                | Self::Edge
                | Self::Mailbox
                | Self::ClientAccess
                | Self::UnifiedMessaging
                | Self::LegacyMailbox
        )
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// An Exchange version as in `AdminDisplayVersion`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// 6 for 2003, 8 for 2007, 14 for 2010, 15 for 2013 and later.
    pub major: u16,
    /// Service pack in 2007 (0 RTM … 3 SP3).
    pub minor: u16,
    /// Build.
    pub build: Option<u32>,
}

impl Version {
    /// Reads `8.3`, `8.3.83.6`, `Version 8.3 (Build 83.6)` or
    /// `Version 6.5 (Build 7638.2: Service Pack 2)`; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = strip_prefix_ignore_case(text, "version").unwrap_or(text);
        let text = text.trim_start();
        let (numbers, rest) = match text.split_once('(') {
            Some((numbers, rest)) => (numbers.trim_end(), Some(rest.trim_start())),
            None => (text, None),
        };
        let mut parts = numbers.split('.');
        let major = parts.next()?.parse().ok()?;
        let minor = parts.next()?.parse().ok()?;
        let dotted = match parts.next() {
            Some(build) => Some(build.parse().ok()?),
            None => None,
        };
        if parts
            .next()
            .is_some_and(|rest| rest.parse::<u32>().is_err())
            || parts.next().is_some()
        {
            return None;
        }
        let build = match rest {
            None => dotted,
            Some(rest) => {
                let rest = strip_prefix_ignore_case(rest, "build")?.trim_start();
                let end = rest
                    .find(|c: char| !c.is_ascii_digit())
                    .unwrap_or(rest.len());
                Some(rest.get(..end)?.parse().ok()?)
            }
        };
        Some(Self {
            major,
            minor,
            build,
        })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

fn strip_prefix_ignore_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix)
        .then(|| text.get(prefix.len()..))
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(major: u16, minor: u16, build: Option<u32>) -> Option<Version> {
        Some(Version {
            major,
            minor,
            build,
        })
    }

    #[test]
    fn display_versions_of_2007_and_2003_are_read() {
        assert_eq!(
            Version::parse("Version 8.3 (Build 83.6)"),
            version(8, 3, Some(83))
        );
        assert_eq!(
            Version::parse("Version 6.5 (Build 7638.2: Service Pack 2)"),
            version(6, 5, Some(7638))
        );
        assert_eq!(Version::parse("8.1"), version(8, 1, None));
        assert_eq!(Version::parse("8.1.240.6"), version(8, 1, Some(240)));
    }

    #[test]
    fn other_texts_are_not_versions() {
        for text in ["", "8", "eight", "8.x", "2007 SP3", "8.1.2.3.4", "8.1 (x)"] {
            assert_eq!(Version::parse(text), None, "{text}");
        }
    }

    #[test]
    fn every_role_has_one_word() {
        for (role, id) in ROLES {
            assert_eq!(role.id(), *id);
            assert_eq!(Role::from_id(id), Some(*role));
        }
        assert_eq!(Role::from_id("CAS"), None);
    }
}
