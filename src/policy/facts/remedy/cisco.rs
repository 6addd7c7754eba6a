//! Entries for access lists of Cisco.

use super::ended_list;
use super::numbered::Numbered;
use super::permit::{Denied, Net, Permit};
use crate::flow::Decider;
use crate::model::firewall::AddressView;
use crate::source::Span;

/// Entries for an access list of an ASA (Cisco ASA Series Command Reference,
/// `access-list extended`: `line` inserts before the entry of that number;
/// remarks have numbers too).
pub fn asa(denied: Denied<'_>) -> Option<Vec<String>> {
    let Denied { words, decider, .. } = denied;
    let list = ended_list(decider).unwrap_or(&decider.filter_name);
    let cube = match denied.firewall.stages.first()?.view {
        AddressView::Real => &denied.seen.real,
        AddressView::Mapped if denied.unpublished() => return None,
        AddressView::Mapped => &denied.seen.arrived,
        AddressView::Unknown => return None,
    };
    let permit = Permit::of(cube, denied.ends)?;
    let number = match ended_list(decider) {
        Some(_) => String::new(),
        None => format!(" line {}", position(denied, list)?),
    };
    // Lists of PIX have no such word.
    let entry = words.rule(decider.span);
    let extended = if entry.contains(" extended ") {
        " extended"
    } else {
        ""
    };
    let net = |net: Option<Net>| match net {
        None => "any".to_owned(),
        Some(net) if net.length == 32 => format!("host {}", net.base),
        Some(net) => format!("{} {}", net.base, net.mask(false)),
    };
    Some(entries(&permit, net, |entry| {
        format!("access-list {list}{number}{extended} {entry}")
    }))
}

/// `permit tcp host 10.1.0.11 any eq 25` for each pair of networks.
fn entries(
    permit: &Permit,
    net: impl Fn(Option<Net>) -> String,
    line: impl Fn(&str) -> String,
) -> Vec<String> {
    let port = match permit.ports {
        (first, last) if first == last => format!("eq {first}"),
        (first, last) => format!("range {first} {last}"),
    };
    let protocol = permit.protocol;
    permit
        .pairs()
        .map(|(from, to)| {
            line(&format!(
                "permit {protocol} {} {} {port}",
                net(from),
                net(to)
            ))
        })
        .collect()
}

/// Entries for a list of IOS (Cisco IOS Security Command Reference, `ip
/// access-list resequence`).
pub fn ios(denied: Denied<'_>) -> Option<Numbered> {
    let (list, permit) = list(denied)?;
    let net = |net: Option<Net>| match net {
        None => "any".to_owned(),
        Some(net) if net.length == 32 => format!("host {}", net.base),
        Some(net) => format!("{} {}", net.base, net.mask(true)),
    };
    let again = format!("ip access-list resequence {list}");
    let mode = format!("ip access-list extended {list}");
    Numbered::new(denied, entries(&permit, net, str::to_owned), again, mode)
}

/// Entries for a list of NX-OS (Cisco Nexus NX-OS Security Command Reference,
/// `permit`, `resequence`).
pub fn nxos(denied: Denied<'_>) -> Option<Numbered> {
    let (list, permit) = list(denied)?;
    let net = |net: Option<Net>| net.map_or("any".to_owned(), Net::prefix);
    let again = format!("resequence ip access-list {list}");
    let mode = format!("ip access-list {list}");
    Numbered::new(denied, entries(&permit, net, str::to_owned), again, mode)
}

/// The extended IPv4 list that denies, and what is missing there.
fn list<'a>(denied: Denied<'a>) -> Option<(&'a str, Permit)> {
    let decider: &'a Decider = denied.decider;
    let list = ended_list(decider).unwrap_or(&decider.filter_name);
    let rules = &denied.filter()?.rules;
    let own = rules.iter().find(|rule| rule.implicit.is_none())?;
    let text = denied.words.rule(own.span);
    let entry = text.split_once("permit ").or(text.split_once("deny "))?.1;
    let protocols = ["ip", "tcp", "udp", "icmp", "gre", "esp", "ahp", "ospf"];
    // Standard lists know no ports; policies of zones have no entries.
    let extended = protocols.contains(&entry.split(' ').next()?) && !list.contains(' ');
    extended.then_some((list, denied.untranslated()?))
}

/// The number of the entry that denies, found once.
fn position(denied: Denied<'_>, list: &str) -> Option<usize> {
    denied.positions.of(denied.place(), || {
        line_number(denied, list, denied.decider.span)
    })
}

/// The number of an entry in its list: the one that `show access-list` prints,
/// or the count of the lines of the list.
fn line_number(denied: Denied<'_>, list: &str, entry: Span) -> Option<usize> {
    let words = denied.words;
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
