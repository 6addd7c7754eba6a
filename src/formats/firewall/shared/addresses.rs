//! Addresses as most platforms write them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address of either family, as the standard library reads it.
#[inline]
pub fn ip(text: &str) -> Option<IpAddr> {
    match ipv4(text) {
        Some(address) => Some(IpAddr::V4(address)),
        None => text.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
    }
}

/// A dotted quad: four decimal numbers without leading zeros.
#[inline]
pub fn ipv4(text: &str) -> Option<Ipv4Addr> {
    dotted::<false>(text).map(Ipv4Addr::from_bits)
}

/// Four decimal numbers with dots between them, with leading zeros or without.
/// Read by hand, because configurations are full of them.
#[inline]
pub fn dotted<const LEADING_ZEROS: bool>(text: &str) -> Option<u32> {
    let mut octets = text.as_bytes().split(|byte| *byte == b'.');
    let mut value: u32 = 0;
    for _ in 0..4 {
        value = (value << 8) | octet::<LEADING_ZEROS>(octets.next()?)?;
    }
    octets.next().is_none().then_some(value)
}

#[inline]
fn octet<const LEADING_ZEROS: bool>(text: &[u8]) -> Option<u32> {
    let digit = |byte: u8| byte.is_ascii_digit().then_some(u32::from(byte & 15));
    let tens = |high: u32, low: u8| Some(high.wrapping_mul(10).wrapping_add(digit(low)?));
    let number = match text {
        [one] => digit(*one)?,
        [b'0', ..] if !LEADING_ZEROS => return None,
        [high, low] => tens(digit(*high)?, *low)?,
        [high, middle, low] => tens(tens(digit(*high)?, *middle)?, *low)?,
        _ => return None,
    };
    (number <= 255).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dotted_quads_read_as_the_standard_library_reads_them() {
        let texts = [
            "",
            "0",
            "0.0.0.0",
            "255.255.255.255",
            "256.0.0.1",
            "1.2.3",
            "1.2.3.4.5",
            "1..2.3",
            "01.2.3.4",
            "1.2.3.04",
            "1.2.3.4 ",
            " 1.2.3.4",
            "1.2.3.",
            ".1.2.3",
            "1.2.3.0",
            "00.0.0.0",
            "1.2.3.1000",
            "a.b.c.d",
            "192.0.2.1",
            "2001:db8::1",
            "::",
            "::ffff:192.0.2.1",
            "fe80::1%1",
        ];
        for text in texts {
            assert_eq!(ip(text), text.parse().ok(), "{text}");
            assert_eq!(ipv4(text), text.parse().ok(), "{text}");
        }
    }
}
