//! Names of ports, protocols, ICMP messages and inspected protocols. The data
//! are in `data/*.tsv` with their source; nothing here falls back to IANA's
//! names, which the devices do not accept.

use std::sync::OnceLock;

use crate::formats::firewall::shared::tables::Map;
use crate::model::firewall::InspectionEffect;
use crate::model::net::{PortRange, Protocol};

use super::table_rows::rows;
use super::words::number;

/// The port of a name or number.
pub fn port(word: &str) -> Option<u16> {
    static PORTS: OnceLock<Map<&'static str, u16>> = OnceLock::new();
    if word.starts_with(|c: char| c.is_ascii_digit()) {
        return number(word);
    }
    let table = PORTS.get_or_init(|| {
        rows(include_str!("data/ports.tsv"))
            .filter_map(|row| Some((*row.first()?, number(row.get(1)?)?)))
            .collect()
    });
    table
        .get(word)
        .or_else(|| table.get(word.to_ascii_lowercase().as_str()))
        .copied()
}

/// The number of a protocol name or number, or of what only one name is short
/// for (`ah`); `ip` is not one of them.
pub fn protocol(word: &str) -> Option<Protocol> {
    static PROTOCOLS: OnceLock<Map<&'static str, u8>> = OnceLock::new();
    match word {
        "tcp" => return Some(Protocol::TCP),
        "udp" => return Some(Protocol::UDP),
        "ip" | "ipv6" => return None,
        _ if word.starts_with(|c: char| c.is_ascii_digit()) => return number(word).map(Protocol),
        _ => {}
    }
    let table = PROTOCOLS.get_or_init(|| {
        rows(include_str!("data/protocols.tsv"))
            .filter_map(|row| Some((*row.first()?, number(row.get(1)?)?)))
            .collect()
    });
    let lower = word.to_ascii_lowercase();
    let short = || {
        let mut fitting = table
            .iter()
            .filter(|(name, _)| word.len() > 1 && name.starts_with(lower.as_str()));
        let only = fitting.next()?.1;
        fitting.all(|(_, other)| other == only).then_some(only)
    };
    table
        .get(word)
        .or_else(|| table.get(lower.as_str()))
        .or_else(short)
        .copied()
        .map(Protocol)
}

/// The ICMP type, and code where it has one, of a message name.
pub fn icmp(protocol: Protocol, word: &str) -> Option<(u8, Option<u8>)> {
    type Messages = Map<(bool, &'static str), (u8, Option<u8>)>;
    static MESSAGES: OnceLock<Messages> = OnceLock::new();
    let table = MESSAGES.get_or_init(|| {
        rows(include_str!("data/icmp.tsv"))
            .filter_map(|row| {
                let code = row.get(3).and_then(|code| number(code));
                let key = (*row.first()? == "6", *row.get(1)?);
                Some((key, (number(row.get(2)?)?, code)))
            })
            .collect()
    });
    table.get(&(protocol == Protocol::ICMP6, word)).copied()
}

/// What an inspected protocol is.
#[derive(Debug, Clone)]
pub struct Inspected {
    /// Protocol and ports; all ports for a whole protocol.
    pub ports: Vec<(Protocol, PortRange)>,
    /// What the engine does to packets.
    pub effect: InspectionEffect,
}

/// The protocol behind a word of `ip inspect name` or `match protocol`.
pub fn inspected(word: &str) -> Option<&'static Inspected> {
    static TABLE: OnceLock<Map<&'static str, Inspected>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        rows(include_str!("data/inspections.tsv"))
            .filter_map(|row| {
                let effect = match row.get(2).copied() {
                    Some("strip-starttls") => InspectionEffect::StripsStarttls,
                    Some("opens-media") => InspectionEffect::OpensMedia,
                    _ => InspectionEffect::Other,
                };
                let name = *row.first()?;
                let ports = row.get(1)?.split(',').filter_map(mapped_port).collect();
                Some((name, Inspected { ports, effect }))
            })
            .collect()
    });
    table
        .get(word)
        .or_else(|| table.get(word.to_ascii_lowercase().as_str()))
}

/// `tcp/25`, `tcp/6660-6669`, `icmp`.
fn mapped_port(text: &str) -> Option<(Protocol, PortRange)> {
    let Some((name, ports)) = text.split_once('/') else {
        return Some((protocol(text)?, PortRange::ANY));
    };
    let (low, high) = ports.split_once('-').unwrap_or((ports, ports));
    Some((
        protocol(name)?,
        PortRange::new(number(low)?, number(high)?)?,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_parser_and_no_others() {
        for (name, expected) in [
            ("smtp", 25),
            ("www", 80),
            ("msrpc", 135),
            ("netbios-ss", 139),
            ("WWW", 80),
            ("50636", 50636),
        ] {
            assert_eq!(port(name), Some(expected), "{name}");
        }
        for name in ["ldap", "kerberos", "microsoft-ds", "cifs", "65536"] {
            assert_eq!(port(name), None, "{name}");
        }
        assert_eq!(protocol("ahp"), Some(Protocol(51)));
        assert_eq!(protocol("53"), Some(Protocol(53)));
        assert_eq!(protocol("ah"), Some(Protocol(51)));
        assert_eq!(protocol("ip"), None);
        assert_eq!(icmp(Protocol::ICMP, "packet-too-big"), Some((3, Some(4))));
        assert_eq!(icmp(Protocol::ICMP6, "nd-na"), Some((136, None)));
    }
}
