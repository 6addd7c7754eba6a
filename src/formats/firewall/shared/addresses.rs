//! Addresses as most platforms write them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::model::firewall::AddressTerm;
use crate::source::{Span, Spanned};

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
    let mut value: u32 = 0;
    let mut octet: u32 = 0;
    let mut digits: u8 = 0;
    let mut dots: u8 = 0;
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' if LEADING_ZEROS || digits == 0 || octet != 0 => {
                let digit = u32::from(byte.wrapping_sub(b'0'));
                octet = octet.saturating_mul(10).saturating_add(digit);
                digits = digits.saturating_add(1);
                if octet > 255 || digits > 3 {
                    return None;
                }
            }
            b'.' if digits > 0 && dots < 3 => {
                value = (value << 8) | octet;
                octet = 0;
                digits = 0;
                dots = dots.saturating_add(1);
            }
            _ => return None,
        }
    }
    (dots == 3 && digits > 0).then_some((value << 8) | octet)
}

/// The networks for private use (RFC 1918), which lie in no country.
#[must_use]
pub fn private(span: Span) -> Vec<Spanned<AddressTerm>> {
    [
        (0x0A00_0000, 0x0AFF_FFFF),
        (0xAC10_0000, 0xAC1F_FFFF),
        (0xC0A8_0000, 0xC0A8_FFFF),
    ]
    .map(|(low, high)| Spanned::new(AddressTerm::V4(low, high), span))
    .into()
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
