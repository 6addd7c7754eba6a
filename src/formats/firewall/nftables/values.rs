//! What a rule compares with: single values, ranges, prefixes, sets.

use super::lex::Token;
use crate::formats::firewall::shared::addresses::{ip, ipv4};
use crate::formats::firewall::shared::netfilter::words::{number, port, protocol};
use crate::model::net::IpRange;

/// One member of a set: the parts of a concatenation, each as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// The parts; `*` alone for all others.
    pub parts: Vec<String>,
    /// Tokens of what a map gives for it.
    pub gives: Vec<String>,
    /// Whether the element itself has a condition (a limit).
    pub limited: bool,
}

impl Element {
    fn empty() -> Self {
        Self {
            parts: Vec::new(),
            gives: Vec::new(),
            limited: false,
        }
    }
}

/// The right side of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Side {
    /// Values in place.
    Elements(Vec<Element>),
    /// `@name`.
    Named(String),
    /// Flags joined by `,` or `|`, with a mask after `/`.
    Flags(Vec<String>, Option<Vec<String>>),
}

/// Reads members up to the closing brace at `at`; returns them and the place
/// after the brace.
pub fn elements(tokens: &[Token<'_>], at: usize) -> (Vec<Element>, usize) {
    let mut all = Vec::new();
    let mut at = at;
    let mut element = Element::empty();
    let mut value = false;
    let mut part = String::new();
    let mut depth = 1usize;
    let mut skip = false;
    let mut finish = |element: &mut Element, part: &mut String, value: &mut bool| {
        if !part.is_empty() {
            element.parts.push(std::mem::take(part));
        }
        *value = false;
        let done = std::mem::replace(element, Element::empty());
        if !done.parts.is_empty() {
            all.push(done);
        }
    };
    while let Some(token) = tokens.get(at) {
        at = at.saturating_add(1);
        if token.is("{") {
            // A set that a variable brings along.
            depth = depth.saturating_add(1);
            continue;
        }
        if token.is("}") {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                finish(&mut element, &mut part, &mut value);
                return (all, at);
            }
            continue;
        }
        if token.is(",") {
            finish(&mut element, &mut part, &mut value);
            skip = false;
            continue;
        }
        if token.is(":") {
            if !part.is_empty() {
                element.parts.push(std::mem::take(&mut part));
            }
            value = true;
            skip = false;
            continue;
        }
        if value {
            element.gives.push(token.text.to_owned());
            continue;
        }
        if token.is(".") {
            if !part.is_empty() {
                element.parts.push(std::mem::take(&mut part));
            }
            continue;
        }
        if !part.is_empty() && !token.quoted {
            match token.text {
                "counter" | "timeout" | "expires" | "comment" | "last" | "handle" => skip = true,
                "limit" | "quota" | "ct" => {
                    skip = true;
                    element.limited = true;
                }
                _ => {}
            }
        }
        if skip {
            continue;
        }
        // `25-30`, `fin | syn`, or a name ended by a colon without blanks.
        if !part.is_empty() && !token.is("|") && !part.ends_with(['|', '-']) && token.text != "-" {
            continue;
        }
        match token.text.strip_suffix(':') {
            Some(start) if !token.quoted && !start.is_empty() && !start.ends_with(':') => {
                part.push_str(start);
                element.parts.push(std::mem::take(&mut part));
                value = true;
            }
            _ => part.push_str(token.text),
        }
    }
    finish(&mut element, &mut part, &mut value);
    (all, at)
}

/// `10.0.0.1`, `10.0.0.0/8`, `10.0.0.1-10.0.0.9`, of either family.
pub fn addresses(text: &str) -> Option<IpRange> {
    let sign = memchr::memchr2(b'-', b'/', text.as_bytes());
    let Some((head, rest)) = sign.and_then(|at| text.split_at_checked(at)) else {
        return ip(text).map(IpRange::host);
    };
    let base = ip(head)?;
    if let Some(high) = rest.strip_prefix('-') {
        return IpRange::between(base, ip(high)?);
    }
    let length = rest.get(1..)?;
    if let Ok(length) = length.parse::<u8>() {
        return IpRange::network(base, length);
    }
    let mask = ipv4(length)?.to_bits();
    let ones = mask.leading_ones();
    let whole = ones == mask.count_ones();
    IpRange::network(base, u8::try_from(ones).ok().filter(|_| whole)?)
}

/// A range of numbers, each read by a function.
fn range<T: Copy>(text: &str, read: impl Fn(&str) -> Option<T>) -> Option<(T, T)> {
    if let Some(one) = read(text) {
        return Some((one, one));
    }
    // Names have dashes, too: the dash may be any of them.
    text.match_indices('-').find_map(|(at, _)| {
        let (low, high) = (text.get(..at)?, text.get(at.saturating_add(1)..)?);
        Some((read(low)?, read(high)?))
    })
}

/// Ports by number or name.
pub fn ports(text: &str) -> Option<(u16, u16)> {
    range(text, port)
}

/// Protocols by number or name.
pub fn protocols(text: &str) -> Option<(u8, u8)> {
    range(text, |word| protocol(word).map(|protocol| protocol.0))
}

/// Bytes by number or a name that a function knows.
pub fn bytes(text: &str, name: impl Fn(&str) -> Option<u8>) -> Option<(u8, u8)> {
    range(text, |word| {
        name(word).or_else(|| number(word).and_then(|n| u8::try_from(n).ok()))
    })
}

/// TCP flags.
pub fn flag(name: &str) -> Option<u8> {
    Some(match name {
        "fin" => 0x01,
        "syn" => 0x02,
        "rst" => 0x04,
        "psh" => 0x08,
        "ack" => 0x10,
        "urg" => 0x20,
        "ecn" => 0x40,
        "cwr" => 0x80,
        _ => u8::try_from(number(name)?).ok()?,
    })
}
