//! The certificates in a PKCS #7 message (RFC 5652 5.1, RFC 2315 9.1).

use x509_parser::asn1_rs::{Any, Class, FromBer, Tag};

/// `1.2.840.113549.1.7.2`: signed data.
const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];

/// Certificates in one message.
const MOST: usize = 1000;

/// The first value of some bytes in BER, whose lengths may be indefinite, and
/// what follows it.
fn value(bytes: &[u8]) -> Option<(&[u8], Any<'_>)> {
    Any::from_ber(bytes).ok()
}

fn has_tag(any: &Any<'_>, class: Class, tag: u32) -> bool {
    any.header.class() == class && any.header.tag() == Tag(tag)
}

/// The bytes of each certificate of signed data; `None` where the bytes are no
/// signed data. Other forms of certificates than X.509 are left out.
pub fn certificates(bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let (_, message) = value(bytes)?;
    let (rest, kind) = value(message.data)?;
    if kind.header.tag() != Tag::Oid || kind.data != SIGNED_DATA {
        return None;
    }
    let (_, content) = value(rest)?;
    if !has_tag(&content, Class::ContextSpecific, 0) {
        return None;
    }
    let (_, signed) = value(content.data)?;
    if signed.header.tag() != Tag::Sequence {
        return None;
    }
    let mut rest = signed.data;
    while let Some((after, field)) = value(rest) {
        if has_tag(&field, Class::ContextSpecific, 0) {
            return Some(each(field.data));
        }
        if after.len() >= rest.len() {
            break;
        }
        rest = after;
    }
    Some(Vec::new())
}

/// The X.509 certificates of a set.
fn each(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    while let Some((after, certificate)) = value(bytes) {
        let Some(length) = bytes.len().checked_sub(after.len()).filter(|n| *n > 0) else {
            break;
        };
        if certificate.header.tag() == Tag::Sequence && found.len() < MOST {
            found.extend(bytes.get(..length));
        }
        bytes = after;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_bytes_are_no_signed_data() {
        for bytes in [
            &[][..],
            &[0x30],
            &[0x30, 0x80],
            &[0x30, 0x03, 0x02, 0x01, 0x05],
            &[
                0x30, 0x0b, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02,
            ],
            &[0x30, 0x80, 0x30, 0x80, 0x30, 0x80],
        ] {
            assert_eq!(certificates(bytes), None, "{bytes:?}");
        }
    }
}
