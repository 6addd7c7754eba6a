//! What a rule looks at, and how a comparison narrows a match.

use super::lex::Token;
use super::values::{self, Element};
use crate::formats::firewall::shared::netfilter::build::Builder;
use crate::formats::firewall::shared::netfilter::matching::{Family, Match, states};
use crate::formats::firewall::shared::netfilter::ranges::{Number, Ranges, narrow};
use crate::formats::firewall::shared::netfilter::words::icmp_name;
use crate::model::firewall::InterfaceMatch;
use crate::model::net::{IpRange, Protocol};
use crate::source::Span;

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// Source address of a family.
    Source(Family),
    /// Destination address of a family.
    Destination(Family),
    /// Source port, of a protocol or of any that has ports.
    SourcePort(Option<Protocol>),
    /// Destination port.
    DestinationPort(Option<Protocol>),
    /// Protocol above IP; told by a header of a family, if any.
    Protocol(Family),
    /// IPv4 or IPv6.
    Family,
    /// Incoming interface.
    Ingress,
    /// Outgoing interface.
    Egress,
    /// ICMP type.
    IcmpType(Protocol),
    /// ICMP code.
    IcmpCode(Protocol),
    /// State of the connection.
    State,
    /// TCP flags.
    Flags,
    /// Not modelled; only packets of this protocol and family.
    Other(Option<Protocol>, Family, &'static str),
}

/// Protocols with ports where `th` looks for them.
const PORTED: [u8; 5] = [6, 17, 33, 132, 136];
const CONTENT: &str = "this field of a packet is not part of the question";

/// Reads what is looked at; the place after it. `None` when no key stands
/// there.
pub fn key(tokens: &[Token<'_>], at: usize) -> Option<(Key, usize)> {
    let token = tokens.get(at)?;
    if token.quoted {
        return None;
    }
    let next = |step: usize| {
        tokens
            .get(at.saturating_add(step))
            .filter(|token| !token.quoted)
            .map_or("", |token| token.text)
    };
    let after = |count: usize, key: Key| Some((key, at.saturating_add(count)));
    let ported = |protocol: Option<Protocol>| match next(1) {
        "sport" => after(2, Key::SourcePort(protocol)),
        "dport" => after(2, Key::DestinationPort(protocol)),
        "flags" if protocol == Some(Protocol::TCP) => after(2, Key::Flags),
        // `tcp option NAME`, `sctp chunk NAME`, with a field or without. nft asks for
        // no protocol here: a packet that has no such header lacks the option.
        "option" | "chunk" => {
            let (count, there) = presence(next(3), next(4));
            let protocol = protocol.filter(|_| there);
            after(count, Key::Other(protocol, Family::Both, CONTENT))
        }
        "" => None,
        _ => after(2, Key::Other(protocol, Family::Both, CONTENT)),
    };
    match token.text {
        "ip" => match next(1) {
            "saddr" => after(2, Key::Source(Family::V4)),
            "daddr" => after(2, Key::Destination(Family::V4)),
            "protocol" => after(2, Key::Protocol(Family::V4)),
            "option" => {
                let (count, _) = presence(next(3), next(4));
                after(count, Key::Other(None, Family::V4, CONTENT))
            }
            "" => None,
            _ => after(2, Key::Other(None, Family::V4, CONTENT)),
        },
        "ip6" => match next(1) {
            "saddr" => after(2, Key::Source(Family::V6)),
            "daddr" => after(2, Key::Destination(Family::V6)),
            "nexthdr" => after(2, Key::Protocol(Family::V6)),
            "" => None,
            _ => after(2, Key::Other(None, Family::V6, CONTENT)),
        },
        "tcp" => ported(Some(Protocol::TCP)),
        "udp" => ported(Some(Protocol::UDP)),
        "udplite" => ported(Some(Protocol(136))),
        "sctp" => ported(Some(Protocol(132))),
        "dccp" => ported(Some(Protocol(33))),
        "th" => ported(None),
        "icmp" | "icmpv6" => {
            let protocol = if token.text == "icmp" {
                Protocol::ICMP
            } else {
                Protocol::ICMP6
            };
            match next(1) {
                "type" => after(2, Key::IcmpType(protocol)),
                "code" => after(2, Key::IcmpCode(protocol)),
                "" => None,
                _ => after(2, Key::Other(Some(protocol), Family::Both, CONTENT)),
            }
        }
        "esp" | "ah" | "comp" => {
            let number = match token.text {
                "esp" => 50,
                "ah" => 51,
                _ => 108,
            };
            after(2, Key::Other(Some(Protocol(number)), Family::Both, CONTENT))
        }
        "meta" => match next(1) {
            "nfproto" => after(2, Key::Family),
            "l4proto" => after(2, Key::Protocol(Family::Both)),
            "protocol" => after(2, Key::Family),
            "iif" | "iifname" => after(2, Key::Ingress),
            "oif" | "oifname" => after(2, Key::Egress),
            "" => None,
            other => after(2, Key::Other(None, Family::Both, meta(other))),
        },
        "iif" | "iifname" => after(1, Key::Ingress),
        "oif" | "oifname" => after(1, Key::Egress),
        "protocol" if !next(1).is_empty() => after(1, Key::Family),
        "nfproto" => after(1, Key::Family),
        "l4proto" => after(1, Key::Protocol(Family::Both)),
        "mark" | "skuid" | "skgid" | "iifgroup" | "oifgroup" | "iiftype" | "oiftype"
        | "iifkind" | "oifkind" | "pkttype" | "rtclassid" | "cpu" | "cgroup" | "ibrname"
        | "obrname" | "ibriport" | "obriport" | "length" | "priority" | "hour" | "day" | "time"
        | "random" | "sdif" | "sdifname" | "ibridgename" | "obridgename" => {
            after(1, Key::Other(None, Family::Both, meta(token.text)))
        }
        "ct" => ct(tokens, at),
        "ether" | "vlan" | "arp" | "8021q" => {
            if token.text == "ether" && next(1) == "type" {
                return after(2, Key::Family);
            }
            after(
                2,
                Key::Other(
                    None,
                    Family::Both,
                    "link layer headers are not part of the question",
                ),
            )
        }
        "fib" => {
            let mut count = 1usize;
            while !matches!(next(count), "" | "type" | "oif" | "oifname" | "check") {
                count = count.saturating_add(1);
            }
            after(
                count.saturating_add(1),
                Key::Other(
                    None,
                    Family::Both,
                    "the routes and addresses of the host are not in the file",
                ),
            )
        }
        "exthdr" | "hbh" | "frag" | "dst" | "mh" | "srh" | "auth" => {
            after(2, Key::Other(None, Family::V6, CONTENT))
        }
        "rt" if matches!(next(1), "type" | "hdrlength" | "nexthdr" | "seg-left") => {
            after(2, Key::Other(None, Family::V6, CONTENT))
        }
        "igmp" => after(2, Key::Other(Some(Protocol(2)), Family::V4, CONTENT)),
        "socket" if next(1) == "cgroupv2" => {
            // `socket cgroupv2 level 2`; the JSON form leaves the level out.
            let count = if next(2) == "level" { 4 } else { 2 };
            after(count, Key::Other(None, Family::Both, meta("cgroup")))
        }
        "rt" | "socket" | "ipsec" | "osf" | "dnshdr" | "gre" | "gretap" | "vxlan" | "geneve" => {
            let mut count = if token.text == "ipsec" { 3 } else { 2usize };
            // `ipsec in spnum 0 …`, `osf ttl skip …`.
            if next(count.saturating_sub(1)) == "spnum" || next(1) == "ttl" {
                count = count.saturating_add(2);
            }
            // `rt ip nexthop`, `ipsec in ip saddr`, `vxlan tcp dport`.
            if matches!(
                next(count.saturating_sub(1)),
                "ip" | "ip6" | "tcp" | "udp" | "icmp" | "icmpv6" | "ether" | "vlan"
            ) {
                count = count.saturating_add(1);
            }
            after(count, Key::Other(None, Family::Both, CONTENT))
        }
        "numgen" | "symhash" => {
            let (why, mut count) = match token.text {
                "numgen" => ("it is random or counts packets", 4usize),
                _ => ("it depends on a hash", 3),
            };
            if next(count) == "offset" {
                count = count.saturating_add(2);
            }
            after(count, Key::Other(None, Family::Both, why))
        }
        "jhash" => {
            let mut count = 1usize;
            while !matches!(next(count), "" | "mod") {
                count = count.saturating_add(1);
            }
            count = count.saturating_add(2);
            for word in ["seed", "offset"] {
                if next(count) == word {
                    count = count.saturating_add(2);
                }
            }
            after(
                count,
                Key::Other(None, Family::Both, "it depends on a hash"),
            )
        }
        word if word.starts_with('@')
            && tokens.get(at.saturating_add(1)).is_some_and(|t| t.is(",")) =>
        {
            // `@th,160,16`: base, offset and length.
            after(5, Key::Other(None, Family::Both, CONTENT))
        }
        _ => None,
    }
}

/// How many words an option or a chunk takes, by those behind its name, and
/// whether only packets that have it can match.
fn presence(behind: &str, next: &str) -> (usize, bool) {
    match behind {
        // With `-n`, nft writes 1 and 0 for them.
        "exists" | "1" => (3, true),
        "==" => (3, matches!(next, "exists" | "1")),
        "missing" | "0" | "!=" | "" => (3, false),
        _ => (4, true),
    }
}

fn ct(tokens: &[Token<'_>], at: usize) -> Option<(Key, usize)> {
    const KEPT: &str = "what connection tracking keeps of a connection is not in the file";
    let next = |step: usize| {
        tokens
            .get(at.saturating_add(step))
            .map_or("", |token| token.text)
    };
    let mut count = match next(1) {
        "state" => return Some((Key::State, at.saturating_add(2))),
        "original" | "reply" => match next(2) {
            "ip" | "ip6" => 4,
            "" => return None,
            _ => 3,
        },
        "" => return None,
        _ => 2,
    };
    if matches!(next(1), "count") && next(2) == "over" {
        count = 3;
    }
    Some((
        Key::Other(None, Family::Both, KEPT),
        at.saturating_add(count),
    ))
}

fn meta(key: &str) -> &'static str {
    match key {
        "mark" => "the mark of a packet is not known",
        "skuid" | "skgid" | "cgroup" => "the sending process is not known",
        "hour" | "day" | "time" => "it depends on the time of day",
        "random" => "it is random",
        "cpu" => "which processor handles a packet is not known",
        "iifgroup" | "oifgroup" => "the groups of interfaces are not in the file",
        "ipsec" | "secpath" => "whether IPsec protects a packet is not known",
        _ => CONTENT,
    }
}

/// Only packets that have what a key looks at.
pub fn imply(key: Key, matched: &mut Match) {
    match key {
        Key::Source(family) | Key::Destination(family) | Key::Protocol(family) => {
            matched.only(family);
        }
        Key::SourcePort(Some(protocol)) | Key::DestinationPort(Some(protocol)) => {
            matched.protocol(protocol, false);
        }
        Key::SourcePort(None) | Key::DestinationPort(None) => {
            let ported = PORTED.map(|number| (number, number));
            narrow(&mut matched.protocols, ported.into_iter().collect());
        }
        Key::IcmpType(protocol) | Key::IcmpCode(protocol) => icmp(protocol, matched),
        Key::Flags => matched.protocol(Protocol::TCP, false),
        Key::Other(protocol, family, _) => {
            matched.only(family);
            match protocol {
                Some(protocol @ (Protocol::ICMP | Protocol::ICMP6)) => icmp(protocol, matched),
                Some(protocol) => matched.protocol(protocol, false),
                None => {}
            }
        }
        Key::Family | Key::Ingress | Key::Egress | Key::State => {}
    }
}

/// A field of ICMP is asked of IPv4 only and one of ICMPv6 of IPv6 only, unless
/// the rule has said before which family or which protocol it is about (nft(8),
/// "ICMP header expression", "ICMPv6 header expression").
fn icmp(protocol: Protocol, matched: &mut Match) {
    if matched.family == Family::Both && matched.one_protocol() != Some(protocol) {
        matched.only(if protocol == Protocol::ICMP {
            Family::V4
        } else {
            Family::V6
        });
    }
    matched.protocol(protocol, false);
}

/// Narrows a match to packets whose field is one of some values. `Err` says
/// what cannot be read.
pub fn compare(
    builder: &mut Builder<'_>,
    key: Key,
    texts: &[&str],
    negated: bool,
    matched: &mut Match,
    span: Span,
) -> Result<(), String> {
    if negated && matches!(key, Key::SourcePort(None) | Key::DestinationPort(None)) {
        // `th dport != 25`: of a packet without ports nft compares other bytes.
        let ported = |(low, high): &(u8, u8)| low == high && PORTED.contains(low);
        let all = matched.protocols.as_ref().map(Ranges::ranges);
        if !all.is_some_and(|all| all.iter().all(ported)) {
            builder.doubt(matched, CONTENT, span);
            return Ok(());
        }
    }
    imply(key, matched);
    let bad = |text: &str| format!("`{}` cannot be read", super::rule::short(text));
    let every = texts.contains(&"*");
    if every {
        matched.never |= negated;
        return Ok(());
    }
    match key {
        Key::Source(family) | Key::Destination(family) => {
            let end = if matches!(key, Key::Source(_)) {
                &mut matched.source
            } else {
                &mut matched.destination
            };
            if let [text] = texts {
                let range = values::addresses(text).ok_or_else(|| bad(text))?;
                end.keep(of_family(family, &[range]), negated);
                return Ok(());
            }
            let mut all: Vec<IpRange> = Vec::with_capacity(texts.len());
            for text in texts {
                let range = values::addresses(text).ok_or_else(|| bad(text))?;
                all.extend_from_slice(of_family(family, &[range]));
            }
            end.keep(&all, negated);
        }
        Key::SourcePort(_) | Key::DestinationPort(_) => {
            let set = numbers(texts, values::ports).map_err(bad)?;
            let field = if matches!(key, Key::SourcePort(_)) {
                &mut matched.source_ports
            } else {
                &mut matched.destination_ports
            };
            narrow(field, set.turned(negated));
        }
        Key::Protocol(_) => {
            let set = numbers(texts, values::protocols).map_err(bad)?;
            narrow(&mut matched.protocols, set.turned(negated));
        }
        Key::Family => {
            let mut v4 = false;
            let mut v6 = false;
            for text in texts {
                match *text {
                    "ipv4" | "ip" | "0x0800" | "2" => v4 = true,
                    "ipv6" | "ip6" | "0x86dd" | "10" => v6 = true,
                    _ => {}
                }
            }
            match (v4 != negated, v6 != negated) {
                (true, true) => {}
                (true, false) => matched.only(Family::V4),
                (false, true) => matched.only(Family::V6),
                (false, false) => matched.never = true,
            }
        }
        Key::Ingress | Key::Egress => {
            let mut ids = Vec::new();
            let mut every = false;
            for text in texts {
                match builder.interfaces(text, '*', false, span) {
                    InterfaceMatch::One(id) => ids.push(id),
                    _ => every = true,
                }
            }
            let which = match (every, negated) {
                (true, false) => InterfaceMatch::Any,
                (true, true) => InterfaceMatch::any_of([]),
                (false, false) => InterfaceMatch::any_of(ids),
                (false, true) => InterfaceMatch::none_of(ids),
            };
            if key == Key::Ingress {
                matched.came_in(which);
            } else {
                matched.goes_out(which);
            }
        }
        Key::IcmpType(protocol) => {
            let name = |word: &str| icmp_name(protocol, word).map(|(kind, _)| kind);
            let set = numbers(texts, |text| {
                let (low, high) = values::bytes(text, name)?;
                Some((
                    u16::from_be_bytes([low, 0]),
                    u16::from_be_bytes([high, 255]),
                ))
            })
            .map_err(bad)?;
            narrow(&mut matched.icmp, set.turned(negated));
        }
        Key::IcmpCode(protocol) => {
            let read = |text: &str| values::bytes(text, |word| icmp_code(protocol, word));
            let codes = numbers(texts, read).map_err(bad)?.turned(negated);
            let all = (0..=u8::MAX).flat_map(|kind| {
                let each = codes.ranges().iter();
                each.map(move |(low, high)| {
                    (
                        u16::from_be_bytes([kind, *low]),
                        u16::from_be_bytes([kind, *high]),
                    )
                })
            });
            narrow(&mut matched.icmp, all.collect());
        }
        Key::State => {
            let mut bits = 0;
            for text in texts {
                bits |= states::of(text)
                    .or_else(|| numbered_state(text))
                    .ok_or_else(|| bad(text))?;
            }
            matched.state(bits, negated);
        }
        Key::Flags => {
            let mut wanted = Vec::new();
            for text in texts {
                let mut bits = 0;
                for name in text.split(['|', ' ']).filter(|name| !name.is_empty()) {
                    bits |= values::flag(name.trim_matches(['(', ')'])).ok_or_else(|| bad(text))?;
                }
                wanted.push(bits);
            }
            matched.tcp_flags(|flags| wanted.contains(&flags) != negated);
        }
        Key::Other(_, _, why) => {
            builder.doubt(matched, why, span);
        }
    }
    Ok(())
}

/// States as `nft -n` prints them (`0x2`): the bits of the kernel's
/// `nf_conntrack_common.h` (`NF_CT_STATE_BIT`, `NF_CT_STATE_INVALID_BIT`,
/// `NF_CT_STATE_UNTRACKED_BIT`).
fn numbered_state(text: &str) -> Option<u8> {
    const BITS: [(u32, u8); 5] = [
        (0x01, states::INVALID),
        (0x02, states::ESTABLISHED),
        (0x04, states::RELATED),
        (0x08, states::NEW),
        (0x40, states::UNTRACKED),
    ];
    let mut left = u32::from_str_radix(text.strip_prefix("0x")?, 16).ok()?;
    let mut found = 0;
    for (bit, state) in BITS {
        if left & bit != 0 {
            left &= !bit;
            found |= state;
        }
    }
    (left == 0 && found != 0).then_some(found)
}

/// Members of the other family say nothing.
fn of_family(family: Family, range: &[IpRange; 1]) -> &[IpRange] {
    let [one] = range;
    if matches!(one, IpRange::V4(..)) == family.v4() {
        range
    } else {
        &[]
    }
}

fn numbers<'t, T: Number>(
    texts: &[&'t str],
    read: impl Fn(&str) -> Option<(T, T)>,
) -> Result<Ranges<T>, &'t str> {
    if let [text] = texts {
        let (low, high) = read(text).ok_or(*text)?;
        return Ok(Ranges::one(low, high));
    }
    let all = texts.iter().map(|text| read(text).ok_or(*text));
    all.collect()
}

/// Names of ICMP codes (`nft describe icmp_code`, `icmpv6_code`).
fn icmp_code(protocol: Protocol, word: &str) -> Option<u8> {
    Some(match (protocol == Protocol::ICMP6, word) {
        (false, "net-unreachable") | (true, "no-route") => 0,
        (false, "host-unreachable") | (true, "admin-prohibited") => 1,
        (false, "prot-unreachable") => 2,
        (false, "port-unreachable") | (true, "addr-unreachable") => 3,
        (false, "frag-needed") | (true, "port-unreachable") => 4,
        (true, "policy-fail") => 5,
        (true, "reject-route") => 6,
        (false, "net-prohibited") => 9,
        (false, "host-prohibited") => 10,
        (false, "admin-prohibited") => 13,
        _ => return None,
    })
}

/// Narrows a match to the fields of one element of a concatenation.
pub fn concatenated(
    builder: &mut Builder<'_>,
    keys: &[Key],
    element: &Element,
    matched: &mut Match,
    span: Span,
) -> Result<(), String> {
    if element.parts.first().is_some_and(|part| part == "*") {
        return Ok(());
    }
    if element.parts.len() != keys.len() {
        return Err("the parts of a set do not fit what is compared".to_owned());
    }
    for (key, part) in keys.iter().zip(&element.parts) {
        compare(builder, *key, &[part.as_str()], false, matched, span)?;
    }
    Ok(())
}
