//! Certificates in DER, shown in their armour.
//!
//! A run keeps the text of its inputs and not their bytes. A small file that
//! is one DER value of a known shape becomes the text that RFC 7468 gives to
//! it, so that a reader of that text reads both and every place in it can be
//! shown. A private key keeps its label and nothing else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Larger files are no certificates: a chain has some 10 kB.
const MAX_BYTES: usize = 1024 * 1024;

/// Characters in a line of the armour (RFC 7468 2).
const LINE: usize = 64;

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const CONTEXT_0: u8 = 0xa0;

/// `1.2.840.113549.1.7.2`, signed data (RFC 5652 5.1).
const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];

/// A value: its tag, its content, and what follows it.
struct Value<'a> {
    tag: u8,
    content: &'a [u8],
    rest: &'a [u8],
}

/// The first value of some bytes, of definite length.
fn value(bytes: &[u8]) -> Option<Value<'_>> {
    let (tag, rest) = bytes.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0x00..=0x7f => (usize::from(*first), rest),
        0x81..=0x84 => {
            let count = usize::from(*first & 0x7f);
            let (length, rest) = rest.split_at_checked(count)?;
            let length = length.iter().try_fold(0_usize, |sum, b| {
                sum.checked_mul(256)?.checked_add(usize::from(*b))
            })?;
            (length, rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some(Value {
        tag: *tag,
        content,
        rest,
    })
}

/// Signed data of indefinite length, as some programs write it.
fn is_endless_signed_data(bytes: &[u8]) -> bool {
    let rest = bytes.strip_prefix(&[SEQUENCE, 0x80, OBJECT_IDENTIFIER, 0x09]);
    rest.is_some_and(|rest| rest.starts_with(SIGNED_DATA))
}

/// Whether a file that begins so may be a certificate, a chain or a key, and
/// is worth reading whole.
#[must_use]
pub fn may_be(head: &[u8]) -> bool {
    let length = match head {
        [SEQUENCE, 0x81, a, ..] => usize::from(*a),
        [SEQUENCE, 0x82, a, b, ..] => usize::from(u16::from_be_bytes([*a, *b])),
        [SEQUENCE, 0x83, 0, a, b, ..] => usize::from(u16::from_be_bytes([*a, *b])),
        [SEQUENCE, 0x83, a, b, c, ..] => {
            usize::try_from(u32::from_be_bytes([0, *a, *b, *c])).unwrap_or(usize::MAX)
        }
        _ => return is_endless_signed_data(head),
    };
    length < MAX_BYTES
}

/// The armour of the one DER value that a file is.
#[must_use]
pub fn armour(bytes: &[u8]) -> Option<String> {
    if bytes.len() > MAX_BYTES || bytes.first() != Some(&SEQUENCE) {
        return None;
    }
    if is_endless_signed_data(bytes) {
        return Some(encoded("PKCS7", bytes));
    }
    let outer = value(bytes)?;
    // Some programs end the file with a line break or a NUL.
    let blank = |b: &u8| matches!(b, 0 | b'\r' | b'\n');
    if outer.rest.len() > 4 || !outer.rest.iter().all(blank) {
        return None;
    }
    let whole = bytes.get(..bytes.len().checked_sub(outer.rest.len())?)?;
    match label(outer.content)? {
        Label::Shown(label) => Some(encoded(label, whole)),
        Label::Key(label) => Some(format!("-----BEGIN {label}-----\n-----END {label}-----\n")),
    }
}

enum Label {
    Shown(&'static str),
    /// Its content is not kept.
    Key(&'static str),
}

/// What a sequence is, by the tags of its first values.
fn label(content: &[u8]) -> Option<Label> {
    let first = value(content)?;
    let second = value(first.rest)?;
    match (first.tag, first.content, second.tag) {
        (OBJECT_IDENTIFIER, SIGNED_DATA, CONTEXT_0) => Some(Label::Shown("PKCS7")),
        // PFX (RFC 7292 4), RSA and PKCS #8 (RFC 8017 A.1.2, RFC 5208 5), EC (RFC 5915 3).
        (INTEGER, [3], SEQUENCE) => Some(Label::Key("PKCS12")),
        (INTEGER, [0 | 1], INTEGER | SEQUENCE) => Some(Label::Key("PRIVATE KEY")),
        (INTEGER, [1], OCTET_STRING) => Some(Label::Key("EC PRIVATE KEY")),
        (SEQUENCE, inner, OCTET_STRING) if value(inner)?.tag == OBJECT_IDENTIFIER => {
            Some(Label::Key("ENCRYPTED PRIVATE KEY"))
        }
        (SEQUENCE, inner, BIT_STRING) if value(inner)?.tag == OBJECT_IDENTIFIER => {
            Some(Label::Shown("PUBLIC KEY"))
        }
        (SEQUENCE, inner, SEQUENCE) => signed(inner),
        _ => None,
    }
}

/// What a signed sequence holds: a certificate (RFC 5280 4.1), a list of
/// revoked ones (5.1), or a request (RFC 2986 4.1).
fn signed(content: &[u8]) -> Option<Label> {
    let first = value(content)?;
    match first.tag {
        CONTEXT_0 => Some(Label::Shown("CERTIFICATE")),
        SEQUENCE => Some(Label::Shown("X509 CRL")),
        INTEGER => {
            let second = value(first.rest)?;
            let third = value(second.rest)?;
            match value(third.rest).map(|fourth| fourth.tag) {
                Some(SEQUENCE) => Some(Label::Shown("CERTIFICATE")),
                Some(UTC_TIME | GENERALIZED_TIME) => Some(Label::Shown("X509 CRL")),
                _ => Some(Label::Shown("CERTIFICATE REQUEST")),
            }
        }
        _ => None,
    }
}

fn encoded(label: &str, bytes: &[u8]) -> String {
    let base64 = STANDARD.encode(bytes);
    let mut text = format!("-----BEGIN {label}-----\n");
    let mut rest = base64.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(LINE));
        text.push_str(line);
        text.push('\n');
        rest = after;
    }
    text.push_str(&format!("-----END {label}-----\n"));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A value with its length in the short or the long form.
    fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = content.len();
        let mut bytes = vec![tag];
        if length < 0x80 {
            bytes.push(u8::try_from(length).expect("short"));
        } else {
            bytes.push(0x82);
            bytes.extend(u16::try_from(length).expect("small").to_be_bytes());
        }
        bytes.extend(content);
        bytes
    }

    fn label_of(bytes: &[u8]) -> Option<String> {
        let text = armour(bytes)?;
        let first = text.lines().next()?;
        Some(
            first
                .trim_matches('-')
                .trim_start_matches("BEGIN ")
                .to_owned(),
        )
    }

    #[test]
    fn what_a_value_is_shows_in_its_first_tags() {
        let sequence = tlv(SEQUENCE, &[]);
        let tbs = tlv(
            SEQUENCE,
            &[tlv(CONTEXT_0, &tlv(INTEGER, &[2])), sequence.clone()].concat(),
        );
        let certificate = tlv(
            SEQUENCE,
            &[tbs, sequence.clone(), tlv(BIT_STRING, &[0; 300])].concat(),
        );
        assert_eq!(label_of(&certificate).as_deref(), Some("CERTIFICATE"));
        assert!(may_be(&certificate));
        let signed = [
            tlv(OBJECT_IDENTIFIER, SIGNED_DATA),
            tlv(CONTEXT_0, &[0; 200]),
        ]
        .concat();
        assert_eq!(label_of(&tlv(SEQUENCE, &signed)).as_deref(), Some("PKCS7"));
        let request = [tlv(INTEGER, &[0]), sequence.clone(), sequence.clone()].concat();
        let request = tlv(
            SEQUENCE,
            &[tlv(SEQUENCE, &request), sequence.clone()].concat(),
        );
        assert_eq!(label_of(&request).as_deref(), Some("CERTIFICATE REQUEST"));
    }

    #[test]
    fn nothing_of_a_private_key_is_kept() {
        let secret = tlv(INTEGER, &[0x77; 64]);
        let key = tlv(SEQUENCE, &[tlv(INTEGER, &[0]), secret.clone()].concat());
        let text = armour(&key).expect("a key");
        assert_eq!(
            text,
            "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"
        );
        let bundle = tlv(
            SEQUENCE,
            &[tlv(INTEGER, &[3]), tlv(SEQUENCE, &secret)].concat(),
        );
        assert_eq!(label_of(&bundle).as_deref(), Some("PKCS12"));
    }

    #[test]
    fn other_bytes_are_no_certificate() {
        for bytes in [
            &b"0\x82"[..],
            b"0\x82\xff\xff",
            b"0 text that begins with a digit",
            &[SEQUENCE, 0x03, INTEGER, 1, 5],
            &tlv(SEQUENCE, &[tlv(SEQUENCE, &[]), tlv(SEQUENCE, &[])].concat()),
        ] {
            assert_eq!(armour(bytes), None, "{bytes:?}");
        }
        let mut longer = tlv(SEQUENCE, &[tlv(INTEGER, &[0]), tlv(INTEGER, &[5])].concat());
        longer.extend(b"more than a line break");
        assert_eq!(armour(&longer), None);
    }
}
