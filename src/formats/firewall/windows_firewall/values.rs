//! Values of a rule: lists of addresses, ports, profiles, ICMP types.
//!
//! Sources: `netsh advfirewall firewall add rule` (learn.microsoft.com, "Netsh
//! AdvFirewall Firewall Commands") for the notation of addresses and ports;
//! MS-FASP 2.2.3 to 2.2.21 for what they mean.

use super::facts::{Addresses, IcmpFact, Ports, Profiles, ProtocolFact, Term, Told};
use super::words::{self, PortWord};
use crate::formats::firewall::shared::addresses::{ip, ipv4};
use crate::formats::firewall::shared::rules::quoted;
use crate::formats::firewall::shared::words::{mask_length, number, split_at_byte, trimmed_of};
use crate::model::net::{IpRange, PortRange, Protocol};
use crate::source::{Span, Spanned};

/// Longest list that is read; more is one doubt.
const MAX_ITEMS: usize = 20_000;

/// The items of a list: separated by commas as netsh writes them, by other
/// signs where a script joined them.
fn items(text: &str) -> impl Iterator<Item = &str> {
    let is_sign = |byte: &u8| matches!(byte, b',' | b'|' | b';' | b' ' | b'\t' | b'\n' | b'\r');
    let mut rest = Some(text);
    let parts = std::iter::from_fn(move || {
        let whole = rest?;
        let end = whole.as_bytes().iter().position(is_sign);
        rest = end.and_then(|end| whole.get(end.saturating_add(1)..));
        whole.get(..end.unwrap_or(whole.len()))
    });
    parts
        .map(|item| trimmed_of(item, |c| matches!(c, '{' | '}' | '"' | '\'')))
        .filter(|item| !item.is_empty())
}

/// Adds the addresses of a value to a list; `false` once it means any.
fn add_addresses(list: &mut Addresses, text: &str, span: Span) -> bool {
    for item in items(text) {
        if words::is_any(item) {
            list.clear();
            return false;
        }
        if list.len() >= MAX_ITEMS {
            list.push(Term::open("the list of addresses is too long", span));
            return true;
        }
        list.push(match address(item) {
            Some(range) => Term::Exact(range),
            None => match words::address_word(item) {
                Some(why) => Term::open(why, span),
                None => Term::open(format!("{} is no address", quoted(item)), span),
            },
        });
    }
    true
}

/// The addresses of one or several values; none means any.
pub fn addresses<'t>(values: impl IntoIterator<Item = &'t str>, span: Span) -> Addresses {
    let mut list = Addresses::new();
    for value in values {
        if !add_addresses(&mut list, value, span) {
            return Addresses::new();
        }
    }
    list
}

/// An address, a network by length or mask, or a range.
fn address(item: &str) -> Option<IpRange> {
    if let Some((address, rest)) = split_at_byte(item, b'/') {
        let address = ip(address.trim())?;
        let rest = rest.trim();
        let length = match ipv4(rest) {
            Some(mask) if address.is_ipv4() => mask_length(mask.to_bits())?,
            _ => number(rest)?,
        };
        return IpRange::network(address, length);
    }
    if let Some((low, high)) = split_at_byte(item, b'-') {
        return IpRange::between(ip(low.trim())?, ip(high.trim())?);
    }
    ip(item).map(IpRange::host)
}

/// The ports of one or several values; none means any.
pub fn ports<'t>(values: impl IntoIterator<Item = &'t str>, span: Span) -> Ports {
    let mut list = Ports::new();
    for value in values {
        for item in items(value) {
            if words::is_any(item) {
                return Ports::new();
            }
            if list.len() >= MAX_ITEMS {
                list.push(Term::open("the list of ports is too long", span));
                return list;
            }
            list.push(port(item, span));
        }
    }
    list
}

fn port(item: &str, span: Span) -> Term<PortRange> {
    let range = match split_at_byte(item, b'-') {
        Some((low, high)) => match (number(low.trim()), number(high.trim())) {
            (Some(low), Some(high)) => PortRange::new(low, high),
            _ => None,
        },
        None => number(item).map(PortRange::one),
    };
    if let Some(range) = range {
        return Term::Exact(range);
    }
    match words::port_word(item) {
        Some(PortWord::Port(port)) => Term::Exact(PortRange::one(port)),
        Some(PortWord::Open(why)) => Term::open(why, span),
        None => Term::open(format!("{} is no port", quoted(item)), span),
    }
}

/// A protocol. 256 is how the store writes any (MS-FASP 2.2.37, `wIpProtocol`).
pub fn protocol(text: &str, span: Span) -> Told<ProtocolFact> {
    let text = text.trim();
    if words::is_any(text) || text == "256" {
        return Told::Known(ProtocolFact::Any);
    }
    match words::protocol(text) {
        Some(protocol) => Told::Known(ProtocolFact::One(protocol)),
        None => Told::unclear(
            format!("{} is no protocol that is known", quoted(text)),
            span,
        ),
    }
}

/// Profiles by name, or as bits.
pub fn profiles<'t>(
    values: impl IntoIterator<Item = &'t str>,
    span: Span,
) -> Told<Spanned<Profiles>> {
    let mut all = Profiles::default();
    for value in values {
        for item in items(value) {
            if words::is_any(item) {
                return Told::Known(Spanned::new(Profiles::ALL, span));
            }
            if let Some(bits) = number::<u32>(item) {
                all = all.with(Profiles::of_bits(bits));
            } else if let Some(profile) = words::profile(item) {
                all = all.with(Profiles::one(profile));
            } else {
                let why = format!("{} is no profile", quoted(item));
                return Told::unclear(why, span);
            }
        }
    }
    if all.is_empty() {
        Told::Absent
    } else {
        Told::Known(Spanned::new(all, span))
    }
}

/// ICMP types: `8`, `8:0`, `8:*`, `3,4` as PowerShell and the store write
/// them; none means any. `None` when one is not understood.
pub fn icmp<'t>(values: impl IntoIterator<Item = &'t str>) -> Option<Vec<IcmpFact>> {
    let mut list = Vec::new();
    for value in values {
        for item in items(value) {
            if words::is_any(item) {
                return Some(Vec::new());
            }
            let (kind, code) = item.split_once(':').unwrap_or((item, "*"));
            let fact = icmp_pair(kind, code)?;
            if fact.kind.is_none() {
                return Some(Vec::new());
            }
            list.push(fact);
        }
    }
    Some(list)
}

/// A type and a code of ICMP, each perhaps any.
pub fn icmp_pair(kind: &str, code: &str) -> Option<IcmpFact> {
    let part = |text: &str| {
        let text = text.trim();
        if words::is_any(text) || text == "256" {
            Some(None)
        } else {
            number::<u8>(text).map(Some)
        }
    };
    Some(IcmpFact {
        kind: part(kind)?,
        code: part(code)?,
    })
}

/// Whether packets of a protocol carry ports that rules can name.
pub fn has_ports(protocol: Option<ProtocolFact>) -> bool {
    matches!(
        protocol,
        Some(ProtocolFact::One(Protocol::TCP | Protocol::UDP))
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn span() -> Span {
        Span::new(FileId(0), 0, 0)
    }

    #[test]
    fn addresses_come_as_hosts_networks_masks_and_ranges() {
        let list = addresses(
            [
                "10.1.0.11,10.1.0.0/24,192.0.2.0/255.255.255.128",
                "10.5.0.1-10.5.0.9,2001:db8::/32",
            ],
            span(),
        );
        let shown: Vec<String> = list
            .iter()
            .map(|term| match term {
                Term::Exact(range) => range.to_string(),
                Term::Open(doubt) => doubt.reason.to_string(),
            })
            .collect();
        assert_eq!(
            shown,
            [
                "10.1.0.11",
                "10.1.0.0/24",
                "192.0.2.0/25",
                "10.5.0.1-10.5.0.9",
                "2001:db8::/32"
            ]
        );
        assert!(addresses(["10.1.0.1", "Any"], span()).is_empty());
        assert!(matches!(
            &addresses(["LocalSubnet"], span())[..],
            [Term::Open(_)]
        ));
        assert!(matches!(
            &addresses(["10.0.0.0/255.0.255.0"], span())[..],
            [Term::Open(_)]
        ));
    }

    #[test]
    fn ports_come_as_numbers_ranges_and_words() {
        let list = ports(["25|587, 6001-6004 RPC-EPMap"], span());
        let exact: Vec<String> = list
            .iter()
            .filter_map(|term| match term {
                Term::Exact(range) => Some(range.to_string()),
                Term::Open(_) => None,
            })
            .collect();
        assert_eq!(exact, ["25", "587", "6001-6004", "135"]);
        assert!(matches!(&ports(["RPC"], span())[..], [Term::Open(_)]));
        assert!(matches!(&ports(["9-3"], span())[..], [Term::Open(_)]));
    }

    #[test]
    fn profiles_come_as_names_and_as_bits() {
        let domain = Profiles::one(super::super::facts::Profile::Domain);
        let known = |profiles| Told::Known(Spanned::new(profiles, span()));
        assert_eq!(profiles(["Domain"], span()), known(domain));
        assert_eq!(
            profiles(["Domain, Private", "Public"], span()),
            known(Profiles::ALL)
        );
        assert_eq!(profiles(["1"], span()), known(domain));
        assert_eq!(profiles(["2147483647"], span()), known(Profiles::ALL));
        assert!(matches!(profiles(["Heim"], span()), Told::Unclear(_)));
    }

    #[test]
    fn icmp_types_have_codes_or_any() {
        let one = |kind, code| IcmpFact { kind, code };
        assert_eq!(icmp(["8"]), Some(vec![one(Some(8), None)]));
        assert_eq!(
            icmp(["3:4,8:*"]),
            Some(vec![one(Some(3), Some(4)), one(Some(8), None)])
        );
        assert_eq!(icmp(["Any"]), Some(Vec::new()));
        assert_eq!(icmp(["RPC"]), None);
    }
}
