//! Names of services, protocols and ICMP types as iptables and nft know them.

use std::sync::OnceLock;

use crate::formats::firewall::shared::tables::Map;
use crate::model::net::Protocol;

/// The rows of a table: tab-separated fields, without comments and blanks.
pub fn rows(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
        .map(|line| line.split('\t').collect())
}

/// A number in decimal, octal (`0…`) or hexadecimal (`0x…`) as `strtoul`
/// reads it.
#[must_use]
pub fn number(word: &str) -> Option<u64> {
    match word.as_bytes() {
        [b'1'..=b'9', ..] | [b'0'] => word.parse().ok(),
        [b'0', b'x' | b'X', ..] => u64::from_str_radix(word.get(2..)?, 16).ok(),
        [b'0', ..] => u64::from_str_radix(word.get(1..)?, 8).ok(),
        _ => None,
    }
}

/// The port of a number or a service name.
#[must_use]
pub fn port(word: &str) -> Option<u16> {
    static PORTS: OnceLock<Map<&'static str, u16>> = OnceLock::new();
    if word.as_bytes().first().is_some_and(u8::is_ascii_digit) {
        return u16::try_from(number(word)?).ok();
    }
    let table = PORTS.get_or_init(|| {
        rows(include_str!("data/services.tsv"))
            .filter_map(|row| Some((*row.first()?, row.get(1)?.parse().ok()?)))
            .collect()
    });
    table.get(word).copied()
}

/// The protocol of a number or name; `all` and `ip` are not among them.
#[must_use]
pub fn protocol(word: &str) -> Option<Protocol> {
    static PROTOCOLS: OnceLock<Map<&'static str, u8>> = OnceLock::new();
    match word {
        "tcp" => return Some(Protocol::TCP),
        "udp" => return Some(Protocol::UDP),
        "icmp" => return Some(Protocol::ICMP),
        _ if word.starts_with(|c: char| c.is_ascii_digit()) => {
            return Some(Protocol(u8::try_from(number(word)?).ok()?));
        }
        _ => {}
    }
    let table = PROTOCOLS.get_or_init(|| {
        rows(include_str!("data/protocols.tsv"))
            .filter_map(|row| Some((*row.first()?, row.get(1)?.parse().ok()?)))
            .collect()
    });
    table
        .get(word.to_ascii_lowercase().as_str())
        .copied()
        .map(Protocol)
}

/// ICMP type and code of a name.
#[must_use]
pub fn icmp_name(protocol: Protocol, word: &str) -> Option<(u8, Option<u8>)> {
    type Table = Map<(bool, String), (u8, Option<u8>)>;
    static TYPES: OnceLock<Table> = OnceLock::new();
    let table = TYPES.get_or_init(|| {
        rows(include_str!("data/icmp.tsv"))
            .filter_map(|row| {
                let key = (*row.first()? == "6", row.get(1)?.to_ascii_lowercase());
                Some((key, (row.get(2)?.parse().ok()?, row.get(3)?.parse().ok())))
            })
            .collect()
    });
    let key = (protocol == Protocol::ICMP6, word.to_ascii_lowercase());
    table.get(&key).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_iana_and_not_of_cisco() {
        assert_eq!(port("kerberos"), Some(88));
        assert_eq!(port("microsoft-ds"), Some(445));
        assert_eq!(port("0x19"), Some(25));
        assert_eq!(port("65536"), None);
        assert_eq!(protocol("ipv6-icmp"), Some(Protocol::ICMP6));
        assert_eq!(protocol("ESP"), Some(Protocol(50)));
        assert_eq!(
            icmp_name(Protocol::ICMP, "port-unreachable"),
            Some((3, Some(3)))
        );
        assert_eq!(
            icmp_name(Protocol::ICMP6, "echo-request"),
            Some((128, None))
        );
    }
}
