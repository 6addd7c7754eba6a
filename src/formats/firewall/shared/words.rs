//! The grammar inside a line: words, and the scalars that Cisco writes in them.
//!
//! Productions work on `&str`, so that every word stays a slice
//! of the text it came from and its span costs one subtraction.

use std::net::{IpAddr, Ipv6Addr};

use nom::{
    IResult, Parser,
    character::complete::char as letter,
    combinator::{all_consuming, verify},
    sequence::delimited,
};

use super::addresses::dotted;
use crate::model::net::IpRange;

/// A cursor over the words of one logical line. It keeps the next word ready,
/// because the grammar looks at most words more than once.
#[derive(Debug, Clone, Copy)]
pub struct Words<'a> {
    /// From the next word on.
    line: &'a str,
    /// Length of the next word; 0 at the end.
    length: usize,
}

impl<'a> Words<'a> {
    /// Starts at the first word of `line`.
    #[inline]
    pub fn new(line: &'a str) -> Self {
        let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
        let start = line.as_bytes().iter().position(|byte| !blank(byte));
        let line = start.and_then(|start| line.get(start..)).unwrap_or("");
        let length = line.as_bytes().iter().position(blank);
        Self {
            line,
            length: length.unwrap_or(line.len()),
        }
    }

    /// Takes the next word.
    #[inline]
    pub fn next(&mut self) -> Option<&'a str> {
        let found = self.peek()?;
        *self = Self::new(self.line.get(self.length..).unwrap_or_default());
        Some(found)
    }

    /// The next word, without taking it.
    #[inline]
    pub fn peek(&self) -> Option<&'a str> {
        self.line
            .get(..self.length)
            .filter(|found| !found.is_empty())
    }

    /// The word after the next one.
    pub fn peek_second(&self) -> Option<&'a str> {
        let mut ahead = *self;
        ahead.next();
        ahead.peek()
    }

    /// Takes the next word if it is `keyword`.
    #[inline]
    pub fn eat(&mut self, keyword: &str) -> bool {
        let found = self.peek() == Some(keyword);
        if found {
            self.next();
        }
        found
    }

    /// What is left, without the blanks at both ends.
    pub fn rest(&self) -> &'a str {
        self.line.trim_end_matches([' ', '\t'])
    }

    /// Whether no word is left.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }
}

/// A text without the blanks around it, as [`str::trim_matches`] has it. Looks
/// at bytes, and at characters only where an end is not ASCII.
#[inline]
pub fn trimmed_of(text: &str, blank: impl Fn(char) -> bool) -> &str {
    let bytes = text.as_bytes();
    let kept = |byte: &u8| !byte.is_ascii() || !blank(char::from(*byte));
    let Some(start) = bytes.iter().position(kept) else {
        return "";
    };
    let end = bytes.iter().rposition(kept).unwrap_or(start);
    let inside = text.get(start..=end).unwrap_or(text);
    let ascii = |byte: Option<&u8>| byte.is_none_or(u8::is_ascii);
    if ascii(bytes.get(start)) && ascii(bytes.get(end)) {
        return inside;
    }
    inside.trim_matches(blank)
}

/// A text without the blanks, control characters and byte order marks around it.
#[inline]
pub fn trimmed(text: &str) -> &str {
    trimmed_of(text, |c| {
        matches!(c, '\0'..=' ' | '\u{7f}' | '\u{feff}') || c.is_whitespace() || c.is_control()
    })
}

/// What stands before and behind the first such byte, which must be ASCII. For
/// words of a few bytes, where a search by vectors does not pay.
#[inline]
pub fn split_at_byte(word: &str, byte: u8) -> Option<(&str, &str)> {
    let at = word.as_bytes().iter().position(|found| *found == byte)?;
    Some((word.get(..at)?, word.get(at.saturating_add(1)..)?))
}

/// What stands between such bytes, which must be ASCII, as [`str::split`] has it:
/// one search by vectors for all of them.
pub fn parts_at_byte(text: &str, byte: u8) -> impl Iterator<Item = &str> {
    let ends = memchr::memchr_iter(byte, text.as_bytes());
    let mut start = 0usize;
    ends.chain(std::iter::once(text.len())).map(move |end| {
        let part = text.get(start..end).unwrap_or_default();
        start = end.saturating_add(1);
        part
    })
}

/// A decimal number that fills the whole word.
pub fn number<T: std::str::FromStr>(text: &str) -> Option<T> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}

/// A dotted IPv4 address, or the `0` that old commands accept for `0.0.0.0`.
pub fn ipv4(text: &str) -> Option<u32> {
    if text == "0" {
        return Some(0);
    }
    dotted::<true>(text)
}

/// An IPv6 address without a prefix length.
pub fn ipv6(text: &str) -> Option<u128> {
    if !text.bytes().any(|byte| byte == b':') {
        return None;
    }
    text.parse::<Ipv6Addr>().ok().map(Ipv6Addr::to_bits)
}

/// An IPv6 prefix, `2001:db8::/32`.
pub fn ipv6_prefix(text: &str) -> Option<IpRange> {
    let (address, length) = split_at_byte(text, b'/')?;
    let address = address.parse::<Ipv6Addr>().ok()?;
    IpRange::network(IpAddr::V6(address), number(length)?)
}

/// The prefix length of a contiguous netmask.
pub fn mask_length(mask: u32) -> Option<u8> {
    let ones = mask.leading_ones();
    (ones.saturating_add(mask.trailing_zeros()) >= 32)
        .then(|| u8::try_from(ones).ok())
        .flatten()
}

/// What an IPv4 address with a netmask matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Masked {
    /// A network.
    Range(u32, u32),
    /// A netmask with holes: value and mask.
    Holes(u32, u32),
}

/// Applies a netmask as the ASA does: set bits must be equal.
pub fn masked(address: u32, mask: u32) -> Masked {
    if mask_length(mask).is_some() {
        Masked::Range(address & mask, (address & mask) | !mask)
    } else {
        Masked::Holes(address & mask, mask)
    }
}

/// `(inside)` → `inside`.
pub fn parenthesised(text: &str) -> Option<&str> {
    let inner = verify(
        nom::bytes::complete::take_till(|c| c == ')'),
        |inner: &str| !inner.is_empty(),
    );
    let mut whole = all_consuming(delimited(letter('('), inner, letter(')')));
    let result: IResult<&str, &str> = whole.parse(text);
    result.ok().map(|(_, inner)| inner)
}

/// `(inside,outside)` → both names.
pub fn interface_pair(text: &str) -> Option<(&str, &str)> {
    let (real, mapped) = parenthesised(text)?.split_once(',')?;
    (!real.is_empty() && !mapped.is_empty()).then_some((real.trim(), mapped.trim()))
}

/// Whether a word looks like a netmask or wildcard (so that an unreadable
/// address before it is known to take two words).
pub fn looks_like_mask(text: &str) -> bool {
    ipv4(text).is_some_and(|mask| mask_length(mask).is_some() || mask_length(!mask).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_slices_of_the_line() {
        let line = "  access-list  out permit\t";
        let mut words = Words::new(line);
        let first = words.next().unwrap_or_default();
        assert_eq!(first, "access-list");
        assert_eq!(first.as_ptr() as usize - line.as_ptr() as usize, 2);
        assert!(words.eat("out"));
        assert_eq!(words.rest(), "permit");
        assert_eq!(words.next(), Some("permit"));
        assert!(words.is_empty() && words.next().is_none());
    }

    #[test]
    fn a_text_is_trimmed_of_all_that_is_not_seen() {
        let slow = |text: &'static str| {
            text.trim_matches(|c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}')
        };
        for text in [
            "",
            " ",
            "a",
            "  a b\t\r",
            "\u{feff}a",
            "\u{feff} a \u{a0}",
            "\u{7f}a\0",
            "\u{85}",
            "é",
            " é b ",
            "b \u{3000}\u{feff}",
        ] {
            assert_eq!(trimmed(text), slow(text), "{text:?}");
        }
    }

    #[test]
    fn addresses_are_dotted_quads_or_a_lone_zero() {
        assert_eq!(ipv4("192.0.2.1"), Some(0xC000_0201));
        assert_eq!(ipv4("0"), Some(0));
        for bad in [
            "",
            "1",
            "256.1.1.1",
            "1.2.3",
            "1.2.3.4.5",
            "a.b.c.d",
            "1..2.3",
            "1.2.3.",
        ] {
            assert_eq!(ipv4(bad), None, "{bad}");
        }
    }

    #[test]
    fn masks_may_have_holes() {
        assert_eq!(
            masked(0x0A01_0203, 0xFFFF_FF00),
            Masked::Range(0x0A01_0200, 0x0A01_02FF)
        );
        assert_eq!(
            masked(0x0A01_0203, 0xFFFF_00FF),
            Masked::Holes(0x0A01_0003, 0xFFFF_00FF)
        );
        assert_eq!(masked(0, 0), Masked::Range(0, u32::MAX));
    }

    #[test]
    fn an_interface_pair_is_written_without_blanks() {
        assert_eq!(interface_pair("(dmz,outside)"), Some(("dmz", "outside")));
        assert_eq!(interface_pair("(dmz)"), None);
        assert_eq!(parenthesised("(dmz)"), Some("dmz"));
        assert_eq!(parenthesised("dmz"), None);
    }
}
