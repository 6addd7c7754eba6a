//! The types of resource records and their data.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::Names;
use crate::formats::dns::answer::{Data, is_name};
use crate::source::SourceFile;

/// Types whose records tell who answers where.
const READ: [&str; 7] = ["A", "AAAA", "CNAME", "MX", "NS", "PTR", "SRV"];

/// Types that say nothing of addresses (the IANA registry *DNS parameters*).
const IRRELEVANT: [&str; 45] = [
    "AFSDB",
    "APL",
    "ATMA",
    "CAA",
    "CDNSKEY",
    "CDS",
    "CERT",
    "CSYNC",
    "DHCID",
    "DLV",
    "DNSKEY",
    "DS",
    "EUI48",
    "EUI64",
    "HINFO",
    "HIP",
    "HTTPS",
    "IPSECKEY",
    "ISDN",
    "KEY",
    "KX",
    "LOC",
    "MB",
    "MG",
    "MINFO",
    "MR",
    "NAPTR",
    "NSEC",
    "NSEC3",
    "NSEC3PARAM",
    "NULL",
    "OPENPGPKEY",
    "RP",
    "RRSIG",
    "RT",
    "SIG",
    "SMIMEA",
    "SPF",
    "SSHFP",
    "SVCB",
    "TLSA",
    "TXT",
    "URI",
    "WKS",
    "X25",
];

/// Types that lead to addresses in a way that is not followed: `DNAME` renames
/// a tree, `WINS` asks another service, `ALIAS` and `ANAME` are of providers.
const NOT_FOLLOWED: [&str; 7] = [
    "DNAME", "WINS", "WINSR", "WINS-R", "NBSTAT", "ALIAS", "ANAME",
];

/// What a word means as the type of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Its data is read.
    Read(&'static str),
    /// The start of a zone.
    Authority,
    /// Of no use to a rule.
    Irrelevant,
    /// Leads to addresses, and is not followed.
    NotFollowed,
}

/// The type that a word names, in any case.
#[must_use]
pub fn kind(word: &str) -> Option<Kind> {
    let is = |known: &&&str| known.eq_ignore_ascii_case(word);
    if let Some(known) = READ.iter().find(is) {
        return Some(Kind::Read(known));
    }
    if word.eq_ignore_ascii_case("SOA") {
        return Some(Kind::Authority);
    }
    if NOT_FOLLOWED.iter().any(|known| is(&known)) {
        return Some(Kind::NotFollowed);
    }
    // RFC 3597: types that the writer did not know.
    let number = word
        .get(..4)
        .filter(|head| head.eq_ignore_ascii_case("TYPE"));
    let unnamed = number.is_some_and(|_| word.get(4..).is_some_and(|n| n.parse::<u16>().is_ok()));
    (unnamed || IRRELEVANT.iter().any(|known| is(&known))).then_some(Kind::Irrelevant)
}

/// The properties that the data of a record has; `None` where the words are
/// not what the type wants.
pub fn data<'a>(
    file: &'a SourceFile,
    kind: &'static str,
    words: &[&'a str],
    names: &Names,
) -> Option<Data<'a>> {
    let at = |word: &'a str| file.span_of(word);
    let name = |word: &'a str| {
        let sound = is_name(word) || matches!(word, "@" | ".");
        Some((names.absolute(word), at(word)?)).filter(|_| sound)
    };
    let number = |property: &'static str, word: &'a str| {
        word.parse::<u16>().ok()?;
        Some((property, word.into(), at(word)?))
    };
    match (kind, words) {
        ("A", [ip]) => {
            ip.parse::<Ipv4Addr>().ok()?;
            Some(vec![("IPAddress", (*ip).into(), at(ip)?)])
        }
        ("AAAA", [ip]) => {
            ip.parse::<Ipv6Addr>().ok()?;
            Some(vec![("IPAddress", (*ip).into(), at(ip)?)])
        }
        ("CNAME" | "NS" | "PTR", [host]) => {
            let (host, span) = name(host)?;
            Some(vec![("NameHost", host, span)])
        }
        ("MX", [preference, host]) => {
            let (host, span) = name(host)?;
            let preference = number("Preference", preference)?;
            Some(vec![preference, ("NameExchange", host, span)])
        }
        ("SRV", [priority, weight, port, host]) => {
            let (host, span) = name(host)?;
            Some(vec![
                number("Priority", priority)?,
                number("Weight", weight)?,
                number("Port", port)?,
                ("NameTarget", host, span),
            ])
        }
        _ => None,
    }
}

/// Seconds: `3600`, or with the units of BIND, `1h30m`.
#[must_use]
pub fn ttl(word: &str) -> Option<u32> {
    let mut total = 0_u32;
    let mut number: Option<u32> = None;
    for c in word.chars() {
        if let Some(digit) = c.to_digit(10) {
            number = Some(number.unwrap_or(0).checked_mul(10)?.checked_add(digit)?);
            continue;
        }
        let unit = match c.to_ascii_lowercase() {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            'w' => 604_800,
            _ => return None,
        };
        total = total.checked_add(number.take()?.checked_mul(unit)?)?;
    }
    match number {
        Some(number) => total.checked_add(number),
        None => (!word.is_empty()).then_some(total),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_to_live_may_have_units() {
        for (word, seconds) in [
            ("3600", Some(3600)),
            ("1h30m", Some(5400)),
            ("1W", Some(604_800)),
            ("IN", None),
            ("", None),
            ("h", None),
            ("99999999999", None),
        ] {
            assert_eq!(ttl(word), seconds, "{word}");
        }
    }

    #[test]
    fn a_type_is_known_in_any_case_and_by_number() {
        assert_eq!(kind("aaaa"), Some(Kind::Read("AAAA")));
        assert_eq!(kind("Soa"), Some(Kind::Authority));
        assert_eq!(kind("TYPE257"), Some(Kind::Irrelevant));
        assert_eq!(kind("WINS"), Some(Kind::NotFollowed));
        assert_eq!(kind("IN"), None);
    }
}
