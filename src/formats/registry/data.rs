//! The types of registry values, and what their bytes say.
//!
//! Sources: "Registry value types" on learn.microsoft.com, and KB 310516 on
//! `.reg` files, whose `hex(n)` numbers are those of the types.

use std::borrow::Cow;
use std::fmt;

/// The type of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `REG_NONE`.
    None,
    /// `REG_SZ`.
    Text,
    /// `REG_EXPAND_SZ`.
    ExpandText,
    /// `REG_BINARY`.
    Binary,
    /// `REG_DWORD`.
    Number,
    /// `REG_DWORD_BIG_ENDIAN`.
    BigEndianNumber,
    /// `REG_LINK`.
    Link,
    /// `REG_MULTI_SZ`.
    Texts,
    /// `REG_QWORD`.
    LongNumber,
    /// A type of drivers and services alone.
    Other,
}

/// Names and numbers of the types.
const KINDS: &[(Kind, &str, u32)] = &[
    (Kind::None, "REG_NONE", 0),
    (Kind::Text, "REG_SZ", 1),
    (Kind::ExpandText, "REG_EXPAND_SZ", 2),
    (Kind::Binary, "REG_BINARY", 3),
    (Kind::Number, "REG_DWORD", 4),
    (Kind::BigEndianNumber, "REG_DWORD_BIG_ENDIAN", 5),
    (Kind::Link, "REG_LINK", 6),
    (Kind::Texts, "REG_MULTI_SZ", 7),
    (Kind::Other, "REG_RESOURCE_LIST", 8),
    (Kind::Other, "REG_FULL_RESOURCE_DESCRIPTOR", 9),
    (Kind::Other, "REG_RESOURCE_REQUIREMENTS_LIST", 10),
    (Kind::LongNumber, "REG_QWORD", 11),
];

impl Kind {
    /// The type of a name such as `REG_DWORD`.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        let named = match name {
            "REG_DWORD_LITTLE_ENDIAN" => "REG_DWORD",
            "REG_QWORD_LITTLE_ENDIAN" => "REG_QWORD",
            name => name,
        };
        let known = KINDS.iter().find(|(_, known, _)| *known == named);
        known.map(|(kind, ..)| *kind)
    }

    /// The type of the number in `hex(7)`.
    #[must_use]
    pub fn of_number(number: u32) -> Self {
        let known = KINDS.iter().find(|(.., known)| *known == number);
        known.map_or(Self::Other, |(kind, ..)| *kind)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = KINDS.iter().find(|(kind, ..)| kind == self);
        f.write_str(known.map_or("another type", |(_, name, _)| name))
    }
}

/// What a value holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Data<'f> {
    /// One text; what stands in the file where nothing in it is escaped.
    Text(Cow<'f, str>),
    /// Texts of a list.
    Texts(Vec<String>),
    /// A number.
    Number(u64),
    /// Bytes that nobody needs here.
    Bytes,
    /// Written so that Windows reads something else than was meant.
    Damaged(Damage),
}

/// How the bytes of a text are written wrongly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Damage {
    /// Single bytes in a file of version 5, whose texts are UTF-16; what was
    /// meant.
    SingleBytes(Vec<String>),
    /// UTF-16 in a file of version 4, whose texts are single bytes; what was
    /// meant.
    Wide(Vec<String>),
    /// Digits that are none.
    Digits,
    /// A number of bytes that the type does not have.
    Length,
}

/// How a container writes the bytes of texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bytes {
    /// `Windows Registry Editor Version 5.00`: UTF-16, little endian.
    Wide,
    /// `REGEDIT4`: bytes of the machine's code page.
    Single,
}

/// The data of `hex(n):…` with its bytes in hexadecimal, separated by commas.
#[must_use]
pub fn of_hex(kind: Kind, digits: &str, bytes: Bytes) -> Data<'static> {
    let Some(raw) = parse(digits) else {
        return Data::Damaged(Damage::Digits);
    };
    match kind {
        Kind::Text | Kind::ExpandText => match texts(&raw, bytes) {
            Ok(texts) => Data::Text(texts.into_iter().next().unwrap_or_default().into()),
            Err(damage) => Data::Damaged(damage),
        },
        Kind::Texts => match texts(&raw, bytes) {
            Ok(texts) => Data::Texts(texts),
            Err(damage) => Data::Damaged(damage),
        },
        Kind::Number => match <[u8; 4]>::try_from(raw.as_slice()) {
            Ok(raw) => Data::Number(u32::from_le_bytes(raw).into()),
            Err(_) => Data::Damaged(Damage::Length),
        },
        Kind::BigEndianNumber => match <[u8; 4]>::try_from(raw.as_slice()) {
            Ok(raw) => Data::Number(u32::from_be_bytes(raw).into()),
            Err(_) => Data::Damaged(Damage::Length),
        },
        Kind::LongNumber => match <[u8; 8]>::try_from(raw.as_slice()) {
            Ok(raw) => Data::Number(u64::from_le_bytes(raw)),
            Err(_) => Data::Damaged(Damage::Length),
        },
        Kind::None | Kind::Binary | Kind::Link | Kind::Other => Data::Bytes,
    }
}

fn parse(digits: &str) -> Option<Vec<u8>> {
    let digits = digits.trim().trim_end_matches(',');
    if digits.is_empty() {
        return Some(Vec::new());
    }
    digits
        .split(',')
        .map(|byte| u8::from_str_radix(byte.trim(), 16).ok())
        .collect()
}

fn texts(raw: &[u8], bytes: Bytes) -> Result<Vec<String>, Damage> {
    let single = || split(raw.iter().map(|byte| char::from(*byte)));
    let wide = || {
        let units = raw.chunks_exact(2).filter_map(|pair| {
            let pair = <[u8; 2]>::try_from(pair).ok()?;
            Some(u16::from_le_bytes(pair))
        });
        let decoded = char::decode_utf16(units);
        split(decoded.map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)))
    };
    match bytes {
        Bytes::Wide if is_single(raw) => Err(Damage::SingleBytes(single())),
        Bytes::Wide if raw.len() % 2 == 1 => Err(Damage::Length),
        Bytes::Wide => Ok(wide()),
        Bytes::Single if is_wide(raw) => Err(Damage::Wide(wide())),
        Bytes::Single => Ok(single()),
    }
}

/// Texts that end at NULs; the list ends at an empty one.
fn split(chars: impl Iterator<Item = char>) -> Vec<String> {
    let all: String = chars.collect();
    let mut texts: Vec<String> = all.split('\0').map(str::to_owned).collect();
    while texts.last().is_some_and(String::is_empty) {
        texts.pop();
    }
    texts
}

/// Whether bytes are ASCII one by one: two in a row have no NUL between them,
/// which the UTF-16 of such texts has.
fn is_single(raw: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
    raw.len() > 2
        && raw.iter().all(|byte| plain(byte) || *byte == 0)
        && raw
            .windows(2)
            .any(|pair| matches!(pair, [a, b] if plain(a) && plain(b)))
}

/// Whether bytes are ASCII with a NUL behind each.
fn is_wide(raw: &[u8]) -> bool {
    raw.len() > 3
        && raw.first() != Some(&0)
        && raw
            .chunks(2)
            .all(|pair| matches!(pair, [low, 0] if low.is_ascii()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(items: &[&str]) -> Vec<String> {
        items.iter().map(|item| (*item).to_owned()).collect()
    }

    #[test]
    fn texts_are_utf_16_in_version_5_and_single_bytes_in_version_4() {
        let wide = "35,00,30,00,00,00,36,00,00,00,00,00";
        let single = "35,30,30,30,00,36,30,30,30,00,00";
        assert_eq!(
            of_hex(Kind::Texts, wide, Bytes::Wide),
            Data::Texts(list(&["50", "6"]))
        );
        assert_eq!(
            of_hex(Kind::Texts, single, Bytes::Single),
            Data::Texts(list(&["5000", "6000"]))
        );
    }

    #[test]
    fn texts_in_the_bytes_of_the_other_version_are_damaged() {
        let wide = "35,00,30,00,00,00,00,00";
        let single = "35,30,30,30,00,00";
        assert_eq!(
            of_hex(Kind::Texts, single, Bytes::Wide),
            Data::Damaged(Damage::SingleBytes(list(&["5000"])))
        );
        assert_eq!(
            of_hex(Kind::Texts, wide, Bytes::Single),
            Data::Damaged(Damage::Wide(list(&["50"])))
        );
    }

    #[test]
    fn numbers_have_the_bytes_of_their_type() {
        for (kind, digits, data) in [
            (Kind::Number, "88,13,00,00", Data::Number(5000)),
            (Kind::BigEndianNumber, "00,00,13,88", Data::Number(5000)),
            (Kind::LongNumber, "01,00,00,00,00,00,00,00", Data::Number(1)),
            (Kind::Number, "88,13", Data::Damaged(Damage::Length)),
            (Kind::Number, "8g,13", Data::Damaged(Damage::Digits)),
            (Kind::Binary, "8a,13", Data::Bytes),
            (Kind::Texts, "", Data::Texts(Vec::new())),
        ] {
            assert_eq!(of_hex(kind, digits, Bytes::Wide), data, "{digits}");
        }
    }
}
