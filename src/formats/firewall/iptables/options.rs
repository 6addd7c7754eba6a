//! One option of a rule narrows its match.

use std::net::{IpAddr, Ipv6Addr};

use super::lex::Flag;
use crate::formats::firewall::shared::addresses::{ip, ipv4};
use crate::formats::firewall::shared::netfilter::build::Builder;
use crate::formats::firewall::shared::netfilter::delivered;
use crate::formats::firewall::shared::netfilter::matching::{Addresses, Family, Match, states};
use crate::formats::firewall::shared::netfilter::ranges::{Ranges, narrow};
use crate::formats::firewall::shared::netfilter::words::{icmp_name, number, port, protocol};
use crate::formats::firewall::shared::words::split_at_byte;
use crate::model::net::{IpRange, Protocol};

/// What became of an option.
#[derive(Debug, PartialEq, Eq)]
pub enum Read {
    /// It narrowed the match, or adds nothing.
    Done,
    /// It is known, and not modelled for this reason.
    Doubt(&'static str),
    /// Its value cannot be read.
    Bad,
    /// It is not one of the options that are read one by one.
    Other,
}

/// A state that only a translation gives.
pub const TRANSLATED: u8 = 32;
/// The same for its source.
pub const SOURCE_TRANSLATED: u8 = 64;

/// Reads an option of the match.
pub fn option(
    builder: &mut Builder<'_>,
    matched: &mut Match,
    flag: &Flag<'_, '_>,
    module: &str,
) -> Read {
    let not = flag.negated;
    let value = flag.value();
    match flag.name {
        "-p" | "--protocol" | "--proto" => match value {
            "all" | "0" | "any" if !not => Read::Done,
            // ip6tables takes names of IPv6 for granted.
            _ => done(protocol(value).map(|number| matched.protocol(number, not))),
        },
        "-s" | "--source" | "--src" => addresses(&mut matched.source, matched.family, value, not),
        "-d" | "--destination" | "--dst" => {
            addresses(&mut matched.destination, matched.family, value, not)
        }
        "-i" | "--in-interface" if !value.is_empty() => {
            let span = builder.span(value);
            matched.came_in(builder.interfaces(value, '+', not, span));
            Read::Done
        }
        "-o" | "--out-interface" if !value.is_empty() => {
            let span = builder.span(value);
            matched.goes_out(builder.interfaces(value, '+', not, span));
            Read::Done
        }
        // Later fragments have no ports: a question is about a whole packet.
        "-f" | "--fragment" | "--fragments" => {
            matched.never |= !not;
            Read::Done
        }
        "--sport" | "--source-port" | "--sports" | "--source-ports" => {
            ports(&mut matched.source_ports, value, not)
        }
        "--dport" | "--destination-port" | "--dports" | "--destination-ports" => {
            ports(&mut matched.destination_ports, value, not)
        }
        "--ports" | "--port" => either_ports(matched, value, not),
        "--tcp-flags" => {
            let (Some(mask), Some(wanted)) = (tcp_flags(value), tcp_flags(flag.second())) else {
                return Read::Bad;
            };
            matched.tcp_flags(|flags| (flags & mask == wanted) != not);
            Read::Done
        }
        "--syn" => {
            matched.tcp_flags(|flags| (flags & 0x17 == 0x02) != not);
            Read::Done
        }
        "--icmp-type" => icmp(matched, Protocol::ICMP, (value, flag.second()), not),
        "--icmpv6-type" => icmp(matched, Protocol::ICMP6, (value, flag.second()), not),
        "--state" | "--ctstate" => state(matched, value, not),
        "--src-range" => iprange(&mut matched.source, matched.family, value, not),
        "--dst-range" => iprange(&mut matched.destination, matched.family, value, not),
        "--src-type" => kind(&mut matched.source, matched.family, value, not, false),
        "--dst-type" => kind(&mut matched.destination, matched.family, value, not, true),
        "--limit-iface-in" | "--limit-iface-out" if module == "addrtype" => {
            Read::Doubt("which addresses are local is not in the file")
        }
        "--listed-without-interfaces" => {
            Read::Doubt("a listing without -v leaves out the interfaces of its rules")
        }
        "--listed" => Read::Bad,
        "--tcp-option" | "--dccp-types" | "--dccp-option" | "--chunk-types" => {
            Read::Doubt("the content of a packet is not part of the question")
        }
        // `--set` alone always matches; it only remembers the source.
        "--set" | "--name" | "--rsource" | "--rdest" | "--mask" if module == "recent" && !not => {
            Read::Done
        }
        "--rcheck" | "--update" | "--remove" | "--seconds" | "--hitcount" | "--rttl" | "--reap"
        | "--set"
            if module == "recent" =>
        {
            Read::Doubt("it depends on earlier packets")
        }
        name if module == "conntrack" && name.starts_with("--ct") => {
            Read::Doubt("what connection tracking keeps of a connection is not in the file")
        }
        _ => Read::Other,
    }
}

fn done(result: Option<()>) -> Read {
    result.map_or(Read::Bad, |()| Read::Done)
}

/// `10.0.0.0/8`, `10.0.0.0/255.0.0.0`, `2001:db8::/32`, or several of them.
fn addresses(end: &mut Addresses, family: Family, value: &str, negated: bool) -> Read {
    if value.as_bytes().contains(&b',') {
        let mut ranges = Vec::new();
        for part in value.split(',') {
            match network(part, family) {
                Ok(Network::Range(range)) => ranges.push(range),
                Ok(Network::Holes(..)) => return Read::Doubt("masks with holes are joined"),
                Err(read) => return read,
            }
        }
        end.keep(&ranges, negated);
        return Read::Done;
    }
    match network(value, family) {
        Ok(Network::Range(range)) => end.keep(&[range], negated),
        Ok(Network::Holes(..)) if end.masked.is_some() => {
            return Read::Doubt("masks with holes are joined");
        }
        Ok(Network::Holes(base, mask)) => end.masked = Some((base & mask, mask, negated)),
        Err(read) => return read,
    }
    Read::Done
}

enum Network {
    Range(IpRange),
    /// An IPv4 address, and a mask with holes.
    Holes(u32, u32),
}

fn network(part: &str, family: Family) -> Result<Network, Read> {
    let (base, mask) = split_at_byte(part, b'/').unwrap_or((part, ""));
    let Some(base) = ip(base) else {
        let name = !base.is_empty()
            && base
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'));
        return Err(match name && mask.is_empty() {
            true => Read::Doubt("a host name stands for addresses that are not in the file"),
            false => Read::Bad,
        });
    };
    if base.is_ipv4() != family.v4() {
        return Err(Read::Bad);
    }
    match (mask_of(base, mask).ok_or(Read::Bad)?, base) {
        (Mask::Prefix(length), _) => IpRange::network(base, length)
            .map(Network::Range)
            .ok_or(Read::Bad),
        (Mask::Holes(mask), IpAddr::V4(base)) => Ok(Network::Holes(base.to_bits(), mask)),
        (Mask::Holes(_), IpAddr::V6(_)) => Err(Read::Bad),
        (Mask::Holes6, _) => Err(Read::Doubt("an IPv6 mask with holes is not modelled")),
    }
}

enum Mask {
    Prefix(u8),
    Holes(u32),
    Holes6,
}

fn mask_of(base: IpAddr, mask: &str) -> Option<Mask> {
    if mask.is_empty() {
        return Some(Mask::Prefix(if base.is_ipv4() { 32 } else { 128 }));
    }
    if let Ok(length) = mask.parse::<u8>() {
        return (length <= if base.is_ipv4() { 32 } else { 128 }).then_some(Mask::Prefix(length));
    }
    if base.is_ipv4() {
        let bits = ipv4(mask)?.to_bits();
        let ones = bits.leading_ones();
        return Some(if ones == bits.count_ones() {
            Mask::Prefix(u8::try_from(ones).ok()?)
        } else {
            Mask::Holes(bits)
        });
    }
    let bits = mask.parse::<Ipv6Addr>().ok()?.to_bits();
    let ones = bits.leading_ones();
    Some(if ones == bits.count_ones() {
        Mask::Prefix(u8::try_from(ones).ok()?)
    } else {
        Mask::Holes6
    })
}

/// `10.0.0.1-10.0.0.9`, or one address.
fn iprange(end: &mut Addresses, family: Family, value: &str, negated: bool) -> Read {
    let (low, high) = value.split_once('-').unwrap_or((value, value));
    let (Some(low), Some(high)) = (ip(low), ip(high)) else {
        return Read::Bad;
    };
    match IpRange::between(low, high) {
        Some(range) if low.is_ipv4() == family.v4() => {
            end.keep(&[range], negated);
            Read::Done
        }
        _ => Read::Bad,
    }
}

/// Kinds of addresses: multicast is told by the address, the others by the
/// routes of the firewall.
fn kind(
    end: &mut Addresses,
    family: Family,
    value: &str,
    negated: bool,
    destination: bool,
) -> Read {
    let kinds: Vec<&str> = value.split(',').collect();
    let multicast = if family.v4() {
        IpRange::V4(delivered::MULTICAST.0, delivered::MULTICAST.1)
    } else {
        IpRange::V6(0xFF << 120, u128::MAX)
    };
    let named = kinds
        .iter()
        .any(|kind| kind.eq_ignore_ascii_case("MULTICAST"));
    match kinds.len() {
        1 if named => {
            end.keep(&[multicast], negated);
            return Read::Done;
        }
        // Multicast addresses are of no other kind.
        _ if named == negated => end.keep(&[multicast], true),
        _ => {}
    }
    let plain = destination && !negated;
    Read::Doubt(match kinds.as_slice() {
        [one] if plain && one.eq_ignore_ascii_case("LOCAL") => delivered::LOCAL,
        [one] if plain && one.eq_ignore_ascii_case("BROADCAST") => delivered::BROADCAST,
        _ => "which addresses are local, broadcast or reachable is not in the file",
    })
}

/// `25`, `smtp`, `1024:`, `:1023`, `80,443,8000:8080`.
fn port_set(value: &str) -> Option<Ranges<u16>> {
    let range = |part: &str| {
        let Some((low, high)) = split_at_byte(part, b':') else {
            let one = port(part)?;
            return Some((one, one));
        };
        let low = if low.is_empty() { 0 } else { port(low)? };
        let high = if high.is_empty() {
            u16::MAX
        } else {
            port(high)?
        };
        Some((low, high))
    };
    if !value.as_bytes().contains(&b',') {
        let (low, high) = range(value)?;
        return Some(Ranges::one(low, high));
    }
    value.split(',').map(range).collect()
}

fn ports(field: &mut Option<Ranges<u16>>, value: &str, negated: bool) -> Read {
    done(port_set(value).map(|set| {
        narrow(field, set.turned(negated));
    }))
}

fn either_ports(matched: &mut Match, value: &str, negated: bool) -> Read {
    let Some(set) = port_set(value) else {
        return Read::Bad;
    };
    if negated {
        narrow(&mut matched.source_ports, set.complement());
        narrow(&mut matched.destination_ports, set.complement());
        return Read::Done;
    }
    if matched.either_ports.is_some() {
        return Read::Doubt("two conditions on ports of either end are joined");
    }
    matched.either_ports = Some(set);
    Read::Done
}

/// `8`, `8/0`, `echo-request`; a listing has the code in a word of its own.
fn icmp(matched: &mut Match, of: Protocol, (value, second): (&str, &str), negated: bool) -> Read {
    let wanted = if value == "any" {
        (0, u16::MAX)
    } else if let Some((kind, code)) = icmp_name(of, value) {
        kind_range(kind, code)
    } else {
        let (kind, code) = value.split_once('/').unwrap_or((value, second));
        let byte = |word: &str| number(word).and_then(|n| u8::try_from(n).ok());
        let Some(kind) = byte(kind) else {
            return Read::Bad;
        };
        // Type 255 is `any` for iptables of IPv4.
        if kind == 255 && of == Protocol::ICMP && code.is_empty() {
            (0, u16::MAX)
        } else if code.is_empty() {
            kind_range(kind, None)
        } else {
            match byte(code) {
                Some(code) => kind_range(kind, Some(code)),
                None => return Read::Bad,
            }
        }
    };
    matched.protocol(of, false);
    let set = Ranges::one(wanted.0, wanted.1);
    narrow(&mut matched.icmp, set.turned(negated));
    Read::Done
}

fn kind_range(kind: u8, code: Option<u8>) -> (u16, u16) {
    let (low, high) = code.map_or((0, u8::MAX), |code| (code, code));
    (
        u16::from_be_bytes([kind, low]),
        u16::from_be_bytes([kind, high]),
    )
}

fn state(matched: &mut Match, value: &str, negated: bool) -> Read {
    let mut wanted = 0;
    let mut translated = 0;
    for name in value.split(',') {
        match states::of(name) {
            Some(bit) => wanted |= bit,
            None if name == "DNAT" => translated |= TRANSLATED,
            None if name == "SNAT" => translated |= TRANSLATED | SOURCE_TRANSLATED,
            None => return Read::Bad,
        }
    }
    if translated != 0 && negated {
        matched.state(wanted, true);
        return Read::Doubt("whether a connection is translated is not followed here");
    }
    if translated != 0 {
        // Either of the states, or a translation: the rule says so by a
        // second rule with a doubt.
        matched.states &= wanted | TRANSLATED | SOURCE_TRANSLATED;
        matched.states |= translated;
        return Read::Done;
    }
    matched.state(wanted, negated);
    Read::Done
}

/// `FIN,SYN,RST,ACK`, `ALL`, `NONE`, or a number.
fn tcp_flags(value: &str) -> Option<u8> {
    let mut bits = 0u8;
    for name in value.split(',') {
        bits |= match name {
            "FIN" => 0x01,
            "SYN" => 0x02,
            "RST" => 0x04,
            "PSH" => 0x08,
            "ACK" => 0x10,
            "URG" => 0x20,
            "ALL" => 0x3f,
            "NONE" => 0,
            _ => u8::try_from(number(name)?).ok()?,
        };
    }
    Some(bits)
}
