//! Cisco's own names for ports, protocols and ICMP types.
//!
//! The data are in `data/*.tsv` with their source; nothing here falls back to
//! IANA's names, which often mean another port.

use std::sync::OnceLock;

use crate::formats::firewall::shared::tables::Map;
use crate::model::firewall::InspectionEffect;
use crate::model::net::{PortRange, Protocol};

pub use super::super::shared::tables::rows;
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
    table.get(word).copied()
}

/// The number of a protocol name or number; `ip` is not one of them.
pub fn protocol(word: &str) -> Option<Protocol> {
    static PROTOCOLS: OnceLock<Map<&'static str, u8>> = OnceLock::new();
    match word {
        "tcp" => return Some(Protocol::TCP),
        "udp" => return Some(Protocol::UDP),
        _ if word.starts_with(|c: char| c.is_ascii_digit()) => return number(word).map(Protocol),
        _ => {}
    }
    let table = PROTOCOLS.get_or_init(|| {
        rows(include_str!("data/protocols.tsv"))
            .filter_map(|row| Some((*row.first()?, number(row.get(1)?)?)))
            .collect()
    });
    table.get(word).copied().map(Protocol)
}

/// The ICMP type of a name or number.
pub fn icmp_type(protocol: Protocol, word: &str) -> Option<u8> {
    static TYPES: OnceLock<Map<(bool, &'static str), u8>> = OnceLock::new();
    if word.starts_with(|c: char| c.is_ascii_digit()) {
        return number(word);
    }
    let table = TYPES.get_or_init(|| {
        rows(include_str!("data/icmp.tsv"))
            .filter_map(|row| Some(((*row.first()? == "6", *row.get(1)?), number(row.get(2)?)?)))
            .collect()
    });
    table.get(&(protocol == Protocol::ICMP6, word)).copied()
}

/// An inspection engine.
#[derive(Debug, Clone)]
pub struct Engine {
    /// Canonical name.
    pub name: &'static str,
    /// Ports of the default inspection traffic.
    pub ports: Vec<(Protocol, PortRange)>,
    /// What it does to packets.
    pub effect: InspectionEffect,
}

/// The engine behind a word of `inspect` or `fixup protocol`.
pub fn engine(word: &str) -> Option<&'static Engine> {
    static ENGINES: OnceLock<Map<&'static str, Engine>> = OnceLock::new();
    ENGINES
        .get_or_init(|| {
            rows(include_str!("data/inspections.tsv"))
                .filter_map(|row| {
                    let effect = match *row.get(3)? {
                        "strip-starttls" => InspectionEffect::StripsStarttls,
                        "opens-rpc" => InspectionEffect::OpensRpc,
                        "opens-media" => InspectionEffect::OpensMedia,
                        _ => InspectionEffect::Other,
                    };
                    let ports = row.get(2)?.split(',').filter_map(engine_port).collect();
                    let name = *row.get(1)?;
                    Some((
                        *row.first()?,
                        Engine {
                            name,
                            ports,
                            effect,
                        },
                    ))
                })
                .collect()
        })
        .get(word)
}

/// `udp/1718-1719`.
fn engine_port(text: &str) -> Option<(Protocol, PortRange)> {
    let (name, ports) = text.split_once('/')?;
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
    fn port_names_are_ciscos_own() {
        for (name, expected) in [
            ("kerberos", 750),
            ("cifs", 3020),
            ("radius", 1645),
            ("radius-acct", 1646),
            ("citrix-ica", 1494),
            ("sqlnet", 1521),
            ("www", 80),
            ("domain", 53),
            ("ldaps", 636),
            ("imap4", 143),
            ("8443", 8443),
        ] {
            assert_eq!(port(name), Some(expected), "{name}");
        }
        assert_eq!(port("microsoft-ds"), None);
        assert_eq!(port("65536"), None);
    }

    #[test]
    fn protocols_and_icmp_types_have_names_and_numbers() {
        assert_eq!(protocol("gre"), Some(Protocol(47)));
        assert_eq!(protocol("41"), Some(Protocol(41)));
        assert_eq!(protocol("ip"), None);
        assert_eq!(icmp_type(Protocol::ICMP, "echo"), Some(8));
        assert_eq!(icmp_type(Protocol::ICMP6, "echo"), Some(128));
        assert_eq!(icmp_type(Protocol::ICMP, "neighbor-advertisement"), None);
    }

    #[test]
    fn smtp_inspection_strips_starttls_and_dcerpc_opens_rpc() {
        let effect = |name| engine(name).map(|engine| engine.effect);
        assert_eq!(effect("esmtp"), Some(InspectionEffect::StripsStarttls));
        assert_eq!(effect("dcerpc"), Some(InspectionEffect::OpensRpc));
        assert_eq!(effect("sip"), Some(InspectionEffect::OpensMedia));
        assert_eq!(effect("ftp"), Some(InspectionEffect::Other));
        assert_eq!(effect("quic"), None);
    }
}
