//! Texts inside the inventory: addresses, dates, ports, services.

use std::net::IpAddr;

use crate::model::net::{IpRange, PortRange, Protocol};

use super::types::Service;

/// A value that could not be read: what is wrong, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(super) struct BadValue {
    pub message: String,
    pub hint: String,
}

fn bad<T>(message: String, hint: impl Into<String>) -> Result<T, BadValue> {
    Err(BadValue {
        message,
        hint: hint.into(),
    })
}

/// Reads a text that says something, without blanks around it.
pub(super) fn not_empty(text: &str) -> Result<String, BadValue> {
    match text.trim() {
        "" => bad(
            "an item is empty".to_owned(),
            "give a name, or leave the item out",
        ),
        text => Ok(text.to_owned()),
    }
}

const ADDRESS_FORMS: &str = "write a host (10.1.0.5), a range (10.1.0.5-10.1.0.9) or a network \
                             (10.1.0.0/24); IPv6 in the same forms";

/// Reads a host, a range or a network of either family.
pub(super) fn address(text: &str) -> Result<IpRange, BadValue> {
    let text = text.trim();
    if let Some((address, length)) = text.split_once('/') {
        return network(text, address.trim(), length.trim());
    }
    if let Some((low, high)) = text.split_once('-') {
        return range(text, low.trim(), high.trim());
    }
    match text.parse::<IpAddr>() {
        Ok(address) => Ok(IpRange::host(address)),
        Err(_) => bad(format!("`{text}` is not an IP address"), ADDRESS_FORMS),
    }
}

fn network(text: &str, address: &str, length: &str) -> Result<IpRange, BadValue> {
    let Ok(ip) = address.parse::<IpAddr>() else {
        return bad(format!("`{text}` is not a network"), ADDRESS_FORMS);
    };
    let width = if ip.is_ipv4() { 32 } else { 128 };
    let length = length.parse::<u8>().ok().filter(|n| *n <= width);
    let Some((length, range)) =
        length.and_then(|length| Some((length, IpRange::network(ip, length)?)))
    else {
        return bad(
            format!("`{text}` has no valid prefix length"),
            format!("write a length from 0 to {width} after the slash, not a mask"),
        );
    };
    if range.first() != ip {
        return bad(
            format!("`{text}` has bits set behind the prefix"),
            format!("write {range} for the network, or {ip} for the host"),
        );
    }
    debug_assert!(length <= width);
    Ok(range)
}

fn range(text: &str, low: &str, high: &str) -> Result<IpRange, BadValue> {
    let (Ok(low), Ok(high)) = (low.parse::<IpAddr>(), high.parse::<IpAddr>()) else {
        return bad(
            format!("`{text}` is not a range of IP addresses"),
            ADDRESS_FORMS,
        );
    };
    match IpRange::between(low, high) {
        Some(range) => Ok(range),
        None if low.is_ipv4() != high.is_ipv4() => bad(
            format!("`{text}` mixes IPv4 and IPv6"),
            "give both ends in one family",
        ),
        None => bad(
            format!("`{text}` ends before it begins"),
            format!("write {high}-{low}"),
        ),
    }
}

/// Reads a date `YYYY-MM-DD` and gives it back in that form.
pub(super) fn date(text: &str) -> Result<String, BadValue> {
    match text.trim().parse::<jiff::civil::Date>() {
        Ok(date) => Ok(date.to_string()),
        Err(_) => bad(
            format!("`{text}` is not a date"),
            "write the day as 2009-11-02 (year-month-day)",
        ),
    }
}

/// Reads a port or a range of ports.
pub(super) fn ports(text: &str) -> Result<PortRange, BadValue> {
    const HINT: &str = "write a port (25) or a range of ports (5000-5100), from 1 to 65535";
    let text = text.trim();
    let (low, high) = text.split_once('-').unwrap_or((text, text));
    let port = |text: &str| text.trim().parse::<u16>().ok().filter(|port| *port > 0);
    let (Some(low), Some(high)) = (port(low), port(high)) else {
        return bad(format!("`{text}` is not a port or a range of ports"), HINT);
    };
    match PortRange::new(low, high) {
        Some(range) => Ok(range),
        None => bad(format!("`{text}` ends before it begins"), HINT),
    }
}

/// Reads `tcp/25`, `udp/5000-5100`, `icmp`, a protocol number, or `any`.
pub(super) fn service(text: &str) -> Result<Service, BadValue> {
    let trimmed = text.trim();
    let (protocol, range) = match trimmed.split_once('/') {
        Some((protocol, range)) => (protocol.trim(), Some(range)),
        None => (trimmed, None),
    };
    let protocol = match protocol.to_ascii_lowercase().as_str() {
        "any" | "ip" => None,
        "tcp" => Some(Protocol::TCP),
        "udp" => Some(Protocol::UDP),
        "icmp" => Some(Protocol::ICMP),
        "icmp6" => Some(Protocol::ICMP6),
        other => match other.parse::<u8>() {
            Ok(number) => Some(Protocol(number)),
            Err(_) => {
                return bad(
                    format!("`{text}` is not a service"),
                    "write tcp/25, udp/5000-5100, icmp, a protocol number, or any",
                );
            }
        },
    };
    let ports = match range {
        None => PortRange::ANY,
        Some(_) if protocol.is_none_or(|protocol| !protocol.has_ports()) => {
            return bad(
                format!("`{text}` gives ports to a protocol that has none"),
                "only tcp and udp have ports: write tcp/25 or udp/53",
            );
        }
        Some(range) => ports(range)?,
    };
    Ok(Service { protocol, ports })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        address(text).map_or_else(|bad| bad.hint, |range| range.to_string())
    }

    #[test]
    fn hosts_ranges_and_networks_of_both_families_are_read() {
        for text in [
            "10.1.0.5",
            "10.1.0.5-10.1.0.9",
            "10.1.0.0/24",
            "0.0.0.0/0",
            "2001:db8::5",
            "2001:db8::/32",
            "2001:db8::1-2001:db8::9",
        ] {
            assert_eq!(shown(text), text);
        }
    }

    #[test]
    fn a_bad_address_says_what_to_write() {
        assert_eq!(
            shown("10.1.0.5/24"),
            "write 10.1.0.0/24 for the network, or 10.1.0.5 for the host"
        );
        assert_eq!(shown("10.1.0.9-10.1.0.5"), "write 10.1.0.5-10.1.0.9");
        assert!(shown("10.1.0.0/255.255.255.0").contains("not a mask"));
        assert!(shown("10.1.0.0/33").contains("from 0 to 32"));
        for text in [
            "10.1.0.256",
            "10.1.0",
            "edge1",
            "",
            "::/129",
            "10.0.0.1-::1",
        ] {
            assert!(address(text).is_err(), "{text}");
        }
    }

    #[test]
    fn dates_must_exist() {
        assert_eq!(date("2012-02-29"), Ok("2012-02-29".to_owned()));
        for text in ["2009-02-29", "2009-13-01", "1/2/2009", "soon"] {
            assert!(date(text).is_err(), "{text}");
        }
    }

    #[test]
    fn services_name_protocol_and_ports() {
        let smtp = service("tcp/25").expect("a service");
        assert_eq!(
            (smtp.protocol, smtp.ports),
            (Some(Protocol::TCP), PortRange::one(25))
        );
        assert_eq!(
            service("any").map(|s| (s.protocol, s.ports)),
            Ok((None, PortRange::ANY))
        );
        for text in [
            "smtp",
            "tcp/0",
            "tcp/99999",
            "tcp/30-20",
            "icmp/8",
            "any/25",
        ] {
            assert!(service(text).is_err(), "{text}");
        }
    }
}
