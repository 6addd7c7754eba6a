//! What would let a denied flow through: where on the deciding firewall, and
//! the lines to type there, where the platform's syntax is known.

mod windows;

use std::net::{IpAddr, Ipv4Addr};

use super::asked::End;
use super::types::{LabelFact, RemedyFact};
use super::verdicts::{Words, shown_part};
use crate::flow::{Answer, Cube, Decider, DeciderKind, IpSet, Network, Part, PortSet};
use crate::formats::firewall::windows_firewall;
use crate::model::firewall::{AddressView, Firewall};
use crate::model::net::{IpRange, Protocol};
use crate::source::Span;

/// Hosts and networks of one end for which lines are written; a longer list is
/// the business of an object group.
const MOST_LINES: usize = 4;

/// What to add, and where.
#[must_use]
pub fn remedy(
    words: Words<'_>,
    network: &Network<'_>,
    answer: &Answer,
    ends: [End; 2],
) -> Option<RemedyFact> {
    let part = shown_part(answer, &answer.decided_by())?;
    let decider = part.by.last().filter(|decider| !decider.permits)?;
    let engine = network.engine(decider.firewall)?;
    let hosts = engine.firewall.platform == windows_firewall::ID;
    let place = if hosts {
        windows::place(words, decider)
    } else {
        place(words, decider)
    };
    let lines = match (engine.firewall.platform, place.key) {
        ("cisco-asa", "before-rule" | "end-of-list") => {
            asa(words, engine.firewall, decider, part, ends)
        }
        (windows_firewall::ID, _) => windows::lines(decider, part, ends),
        ("iptables", "before-rule" | "end-of-chain") => iptables(words, decider, part, ends),
        ("panos", "before-rule" | "before-default") => {
            super::remedy_panos::lines(words, engine.firewall, decider, part, ends)
        }
        _ => None,
    };
    Some(RemedyFact {
        place,
        lines: lines.unwrap_or_default(),
    })
}

/// The words for the place of the new rule.
fn place(words: Words<'_>, decider: &Decider) -> LabelFact {
    if matches!(
        decider.kind,
        DeciderKind::Translation | DeciderKind::NatControl
    ) {
        return LabelFact::new("needs-translation", []);
    }
    if let Some(list) = ended_list(decider) {
        return LabelFact::new("end-of-list", [("filter", list)]);
    }
    if let Some(list) = ended_chain(decider) {
        return LabelFact::new("end-of-chain", [("filter", list)]);
    }
    if let Some(level) = words.meanings.level(decider.span) {
        return LabelFact {
            key: "new-list",
            args: level.args.clone(),
        };
    }
    match &decider.label {
        None => LabelFact::new("before-rule", [("rule", &words.rule(decider.span))]),
        Some(_) => LabelFact::new("before-default", []),
    }
}

/// The list at whose end the implicit rule stands that decides.
pub fn ended_list(decider: &Decider) -> Option<&str> {
    decider
        .label
        .as_deref()?
        .strip_prefix("implicit deny at the end of access list ")
}

/// The chain or filter at whose end everything is denied.
fn ended_chain(decider: &Decider) -> Option<&str> {
    let label = decider.label.as_deref()?;
    label
        .strip_prefix("policy of chain ")
        .or_else(|| label.strip_prefix("implicit discard at the end of filter "))
}

/// Whether everything is denied because a list has come to its end.
pub fn list_ends(decider: &Decider) -> bool {
    ended_list(decider).is_some()
        || ended_chain(decider).is_some()
        || decider
            .label
            .as_deref()
            .is_some_and(|label| label.starts_with("no policy from zone "))
}

/// Commands for a chain of iptables (iptables(8), `-A` and `-I CHAIN NUMBER`).
fn iptables(
    words: Words<'_>,
    decider: &Decider,
    part: &Part,
    ends: [End; 2],
) -> Option<Vec<String>> {
    let name = ended_chain(decider).unwrap_or(&decider.filter_name);
    let (tool, name) = match name.strip_prefix("ip6 ") {
        Some(name) => ("ip6tables", name),
        None => ("iptables", name),
    };
    let chain = name.strip_prefix("filter/")?;
    let seen = part
        .seen
        .iter()
        .find(|seen| seen.firewall == decider.firewall)?;
    let protocol = match seen.real.protocols.single()? {
        Protocol::TCP => "tcp",
        Protocol::UDP => "udp",
        _ => return None,
    };
    let port = match seen.real.destination_ports.ranges() {
        [(first, last)] if first == last => first.to_string(),
        [(first, last)] => format!("{first}:{last}"),
        _ => return None,
    };
    let hosts = |end: End, option: &str, set: &IpSet| match end {
        End::Internet => Some(String::new()),
        End::Server(_) | End::Zone(_) => Some(format!(" {option} {}", set.single()?)),
    };
    let from = hosts(ends[0], "-s", &seen.real.source)?;
    let to = hosts(ends[1], "-d", &seen.real.destination)?;
    let place = match decider.label {
        Some(_) => format!("-A {chain}"),
        None => {
            let append = format!("-A {chain} ");
            let before = words
                .sources
                .get(decider.span.file)?
                .text()
                .get(..usize::try_from(decider.span.start).ok()?)?;
            let table = before.rsplit("*filter").next()?;
            let count = table
                .lines()
                .filter(|line| line.trim_start().starts_with(&append))
                .count();
            format!("-I {chain} {}", count.saturating_add(1))
        }
    };
    Some(vec![format!(
        "{tool} {place}{from}{to} -p {protocol} --dport {port} -j ACCEPT"
    )])
}

/// Entries for an access list of an ASA (Cisco ASA Series Command Reference,
/// `access-list extended`: `line` inserts before the entry of that number;
/// remarks have numbers too).
fn asa(
    words: Words<'_>,
    firewall: &Firewall,
    decider: &Decider,
    part: &Part,
    ends: [End; 2],
) -> Option<Vec<String>> {
    let list = ended_list(decider).unwrap_or(&decider.filter_name);
    let seen = part
        .seen
        .iter()
        .find(|seen| seen.firewall == decider.firewall)?;
    let cube = match firewall.stages.first()?.view {
        AddressView::Real => &seen.real,
        AddressView::Mapped => &seen.arrived,
        AddressView::Unknown => return None,
    };
    let protocol = match cube.protocols.single()? {
        Protocol::TCP => "tcp",
        Protocol::UDP => "udp",
        _ => return None,
    };
    let port = ports(&cube.destination_ports)?;
    let (from, to) = sides(cube, ends)?;
    let number = match ended_list(decider) {
        Some(_) => String::new(),
        None => format!(" line {}", number(words, list, decider.span)?),
    };
    // Lists of PIX have no such word.
    let entry = words.rule(decider.span);
    let extended = if entry.contains(" extended ") {
        " extended"
    } else {
        ""
    };
    Some(
        from.iter()
            .flat_map(|from| {
                let (number, port) = (&number, &port);
                to.iter().map(move |to| {
                    format!(
                        "access-list {list}{number}{extended} permit {protocol} {from} {to} {port}"
                    )
                })
            })
            .collect(),
    )
}

fn sides(cube: &Cube, [from, to]: [End; 2]) -> Option<(Vec<String>, Vec<String>)> {
    let words = |end: End, ranges: Vec<IpRange>| match end {
        End::Internet => Some(vec!["any".to_owned()]),
        End::Server(_) | End::Zone(_) => ranges.into_iter().map(address).collect(),
    };
    let from: Vec<String> = words(from, cube.source.ranges().collect())?;
    let to: Vec<String> = words(to, cube.destination.ranges().collect())?;
    let few = !from.is_empty() && !to.is_empty() && from.len().max(to.len()) <= MOST_LINES;
    few.then_some((from, to))
}

/// `host 10.1.0.11` or `10.1.0.0 255.255.255.0`; `None` for what is no network
/// and for IPv6, which older releases filter with other lists.
fn address(range: IpRange) -> Option<String> {
    let (IpAddr::V4(first), IpAddr::V4(last)) = (range.first(), range.last()) else {
        return None;
    };
    if first == last {
        return Some(format!("host {first}"));
    }
    let wild = first.to_bits() ^ last.to_bits();
    let network = wild & wild.wrapping_add(1) == 0 && first.to_bits() & wild == 0;
    network.then(|| format!("{first} {}", Ipv4Addr::from_bits(!wild)))
}

fn ports(ports: &PortSet) -> Option<String> {
    match ports.ranges() {
        [(first, last)] if first == last => Some(format!("eq {first}")),
        [(first, last)] => Some(format!("range {first} {last}")),
        _ => None,
    }
}

/// The number of an entry in its list: the one that `show access-list` prints,
/// or the count of the lines of the list.
fn number(words: Words<'_>, list: &str, entry: Span) -> Option<usize> {
    let text = words.rule(entry);
    if let Some((_, rest)) = text.split_once(" line ") {
        return rest.split(' ').next()?.parse().ok();
    }
    // In the file of several contexts, a list of the same name may be another.
    let firewalls = &words.estate.firewalls;
    let here = |known: &&crate::estate::EstateFirewall| known.firewall.name.span.file == entry.file;
    if firewalls.iter().filter(here).count() > 1 {
        return None;
    }
    let before = words
        .sources
        .get(entry.file)?
        .text()
        .get(..usize::try_from(entry.start).ok()?)?;
    let starts_line = |at: usize| {
        let indent = before.get(..at).unwrap_or_default();
        indent.trim_end_matches([' ', '\t']).ends_with(['\n', '\r']) || indent.trim().is_empty()
    };
    let names_list = |at: usize| {
        let after = before
            .get(at..)
            .and_then(|text| text.strip_prefix("access-list"));
        after.is_some_and(|after| {
            let name = after.trim_start_matches([' ', '\t']);
            let end = name.strip_prefix(list);
            name.len() < after.len() && end.is_some_and(|end| end.starts_with(char::is_whitespace))
        })
    };
    let count = memchr::memmem::find_iter(before.as_bytes(), b"access-list")
        .filter(|at| names_list(*at) && starts_line(*at))
        .count();
    Some(count.saturating_add(1))
}
