//! Which rows and ways of the data paths are asked for.

use super::Way;
use crate::model::path::{DataPath, PathId};

/// What is asked for; everything when nothing is named.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Paths.
    pub rows: Vec<PathId>,
    /// A service.
    pub service: Option<Service>,
    /// A server, zone or `internet` at either end, in lower case.
    pub server: Option<String>,
}

/// A protocol and a range of ports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    protocol: String,
    first: u16,
    last: u16,
}

impl Service {
    /// Reads `tcp/135`, `135/tcp` or `udp/1024-65535`; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (one, other) = text.trim().split_once('/')?;
        let (protocol, ports) = match one.starts_with(|c: char| c.is_ascii_digit()) {
            true => (other, one),
            false => (one, other),
        };
        let protocol = protocol.to_ascii_lowercase();
        let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
        let (first, last) = (first.parse().ok()?, last.parse().ok()?);
        (matches!(&*protocol, "tcp" | "udp") && first <= last).then_some(Self {
            protocol,
            first,
            last,
        })
    }

    fn meets(&self, service: &str) -> bool {
        Self::parse(service).is_some_and(|other| {
            self.protocol == other.protocol && self.first <= other.last && other.first <= self.last
        })
    }
}

impl Filter {
    /// Whether a row is asked for.
    #[must_use]
    pub fn row(&self, path: &DataPath) -> bool {
        self.rows.is_empty() || self.rows.contains(&path.id)
    }

    /// Whether all ways of a row are asked for.
    #[must_use]
    pub fn everywhere(&self) -> bool {
        self.service.is_none() && self.server.is_none()
    }

    /// Whether a way is asked for; leaves it the services that are.
    pub fn way(&self, way: &mut Way<'_>) -> bool {
        if let Some(server) = &self.server
            && ![way.source, way.destination].contains(&server.as_str())
        {
            return false;
        }
        if let Some(service) = &self.service {
            way.services.retain(|known| service.meets(known.service));
        }
        !way.services.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_written_either_way_round_and_meets_ranges() {
        let mapper = Service::parse("135/tcp").expect("a service");
        assert_eq!(Some(mapper.clone()), Service::parse("TCP/135"));
        assert!(mapper.meets("tcp/135") && !mapper.meets("udp/135"));
        let dynamic = Service::parse("tcp/1024-1030").expect("a range");
        assert!(dynamic.meets("tcp/1025-5000") && !dynamic.meets("tcp/135"));
    }

    #[test]
    fn what_is_no_service_is_refused() {
        for text in [
            "135",
            "tcp",
            "tcp/",
            "tcp/70000",
            "icmp/8",
            "tcp/20-10",
            "smtp/25",
        ] {
            assert_eq!(Service::parse(text), None, "{text}");
        }
    }
}
