//! Addresses of machines by their names: zones, hosts files, answers of DNS.
//!
//! A name gives an address to a machine that has none of its own; it is weaker
//! than every other statement. Each file is a view: views that differ are
//! never merged. An internal view beside an external one is said; two internal
//! ones that differ contradict each other, and neither counts.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;

use crate::formats::{Problem, ProblemLevel};
use crate::source::{FileId, Sources, Span, Spanned};

use super::addresses::usable;
use super::class::is_public;
use super::draft::{Draft, Drafts};
use super::exports::Exported;
use super::names::MachineName;
use super::types::{Contradiction, Strength};

/// Names that lead to each other are followed this far (RFC 1034 3.6.2 asks
/// for no chains at all).
const MOST_ALIASES: usize = 8;

/// Addresses that a contradiction shows.
const MOST_SHOWN: usize = 8;

/// Addresses that one name is given.
const MOST_ADDRESSES: usize = 64;

/// What one file says of names, in lower case and without a dot at the end.
#[derive(Debug, Default)]
struct View {
    addresses: HashMap<String, Vec<(IpAddr, Span)>>,
    aliases: HashMap<String, String>,
}

type Addresses = BTreeMap<IpAddr, Span>;

impl View {
    /// The addresses of a name, through its aliases.
    fn resolve(&self, name: &str) -> Addresses {
        let mut name = name;
        for _ in 0..MOST_ALIASES {
            if let Some(found) = self.addresses.get(name) {
                return found.iter().take(MOST_ADDRESSES).copied().collect();
            }
            match self.aliases.get(name) {
                Some(next) => name = next,
                None => break,
            }
        }
        Addresses::new()
    }
}

fn key(name: &str) -> String {
    name.trim_end_matches('.').to_lowercase()
}

/// The views of a run by their files, in the order of the exports.
fn views(exported: &[Exported]) -> Vec<(FileId, View)> {
    let mut views: Vec<(FileId, View)> = Vec::new();
    for item in exported
        .iter()
        .filter(|item| item.cmdlet == "Resolve-DnsName")
    {
        let record = &item.record;
        let Some((name, _)) = record.text("name") else {
            continue;
        };
        let file = record.span.file;
        if views.last().is_none_or(|(known, _)| *known != file) {
            views.push((file, View::default()));
        }
        let Some((_, view)) = views.last_mut() else {
            continue;
        };
        let kind = record.text("type").or_else(|| record.text("querytype"));
        let is_alias = kind.is_some_and(|(kind, _)| kind.eq_ignore_ascii_case("CNAME"));
        if let Some((target, _)) = record.text("namehost").filter(|_| is_alias) {
            view.aliases.entry(key(name)).or_insert_with(|| key(target));
        }
        let address = ["ipaddress", "ip4address", "ip6address", "address"]
            .iter()
            .find_map(|property| record.text(property));
        if let Some((text, span)) = address
            && let Some(ip) = usable(text)
        {
            view.addresses
                .entry(key(name))
                .or_default()
                .push((ip, span));
        }
    }
    views
}

/// The names under which a view knows a machine: its FQDN, or its first label
/// where that fits no other machine.
fn names_in<'v>(view: &'v View, drafts: &Drafts) -> HashMap<usize, BTreeSet<&'v str>> {
    let mut found: HashMap<usize, BTreeSet<&str>> = HashMap::new();
    for name in view.addresses.keys().chain(view.aliases.keys()) {
        let parsed = MachineName::parse(name).filter(|_| name.parse::<IpAddr>().is_err());
        if let Some(machine) = parsed.and_then(|parsed| drafts.directory.own(&parsed)) {
            found.entry(machine).or_default().insert(name);
        }
    }
    found
}

/// The addresses that a view gives a machine. The FQDN is asked before a bare
/// name; several FQDNs that fit a bare machine are several machines.
fn of_machine(view: &View, draft: &Draft, names: &BTreeSet<&str>) -> Addresses {
    let known = draft.fqdns.iter().map(|fqdn| fqdn.value.to_lowercase());
    let known: BTreeSet<String> = known.collect();
    let (whole, bare): (Vec<&str>, Vec<&str>) = names.iter().partition(|name| name.contains('.'));
    let fitting: Vec<&str> = whole
        .iter()
        .copied()
        .filter(|name| known.is_empty() || known.contains(*name))
        .collect();
    match fitting.as_slice() {
        [name] => view.resolve(name),
        [] => bare
            .first()
            .map(|name| view.resolve(name))
            .unwrap_or_default(),
        _ => Addresses::new(),
    }
}

/// Adds to machines the addresses that their names have.
pub(super) fn collect(
    exported: &[Exported],
    drafts: &mut Drafts,
    sources: &Sources,
    contradictions: &mut Vec<Contradiction>,
    problems: &mut Vec<Problem>,
) {
    let views = views(exported);
    let mut by_machine: BTreeMap<usize, Vec<Addresses>> = BTreeMap::new();
    for (_, view) in &views {
        for (machine, names) in names_in(view, drafts) {
            let Some(draft) = drafts.machines.get(machine) else {
                continue;
            };
            let addresses = of_machine(view, draft, &names);
            if !addresses.is_empty() {
                by_machine.entry(machine).or_default().push(addresses);
            }
        }
    }
    for (machine, views) in by_machine {
        if let Some(draft) = drafts.get_mut(machine) {
            join(draft, &views, sources, contradictions, problems);
        }
    }
}

/// Compares what views say with each other and with what is known.
fn join(
    draft: &mut Draft,
    views: &[Addresses],
    sources: &Sources,
    contradictions: &mut Vec<Contradiction>,
    problems: &mut Vec<Problem>,
) {
    let ips = |view: &Addresses| view.keys().copied().collect::<BTreeSet<IpAddr>>();
    let mut distinct: Vec<&Addresses> = Vec::new();
    for view in views {
        if !distinct.iter().any(|known| ips(known) == ips(view)) {
            distinct.push(view);
        }
    }
    let (outside, inside): (Vec<&Addresses>, Vec<&Addresses>) = distinct
        .iter()
        .partition(|view| view.keys().all(|ip| is_public(*ip)));
    let chosen = match (inside.as_slice(), outside.as_slice()) {
        ([one], []) | ([], [one]) => *one,
        ([one], [external, ..]) => {
            problems.extend(split(draft, one, external, sources));
            *one
        }
        (several, []) | ([], several) | (several, _) => {
            contradictions.push(Contradiction {
                subject: draft.label.clone(),
                property: "address".to_owned(),
                values: several.iter().filter_map(|view| shown(view)).collect(),
                inventory: false,
            });
            return;
        }
    };
    let own: Addresses = draft
        .addresses
        .iter()
        .filter(|stated| !stated.by_node)
        .map(|stated| (stated.address.ip, stated.address.span))
        .collect();
    let by_name = draft
        .addresses
        .iter()
        .all(|stated| stated.by_node || stated.address.strength == Strength::Name);
    if own.is_empty() || (by_name && chosen.keys().any(|ip| own.contains_key(ip))) {
        for (ip, span) in chosen {
            draft.add_address(*ip, *span, Strength::Name);
        }
    } else if by_name {
        contradictions.push(Contradiction {
            subject: draft.label.clone(),
            property: "address".to_owned(),
            values: [&own, chosen].into_iter().filter_map(shown).collect(),
            inventory: false,
        });
    } else {
        contradictions.extend(against_own(draft, chosen));
    }
}

/// An internal and an external view of one name.
fn split(
    draft: &Draft,
    internal: &Addresses,
    external: &Addresses,
    sources: &Sources,
) -> Option<Problem> {
    let (inside, outside) = (shown(internal)?, shown(external)?);
    let file = |span: Span| sources.get(span.file).map_or("", |file| file.name());
    Some(Problem {
        level: ProblemLevel::Note,
        message: format!(
            "{} is {} in {} and {} in {}: taken for an internal and an external view, of which the \
             internal one counts",
            draft.label,
            inside.value,
            file(inside.span),
            outside.value,
            file(outside.span),
        ),
        hint: None,
        span: outside.span,
    })
}

/// What a view and a machine's own statements disagree about. A public address
/// of a machine with private ones is its address outside, behind translation.
fn against_own(draft: &Draft, view: &Addresses) -> Option<Contradiction> {
    let complete: Vec<_> = draft
        .addresses
        .iter()
        .filter(|stated| stated.complete && !stated.by_node)
        .collect();
    let declared: Vec<_> = draft
        .addresses
        .iter()
        .filter(|stated| stated.inventory)
        .collect();
    let (of, inventory) = match (complete.is_empty(), declared.is_empty()) {
        (false, _) => (complete, false),
        (true, false) => (declared, true),
        (true, true) => return None,
    };
    let known: Addresses = of
        .iter()
        .map(|stated| (stated.address.ip, stated.address.span))
        .collect();
    let private = known.keys().any(|ip| !is_public(*ip));
    let others: Addresses = view
        .iter()
        .filter(|(ip, _)| !known.contains_key(ip) && !(private && is_public(**ip)))
        .map(|(ip, span)| (*ip, *span))
        .collect();
    Some(Contradiction {
        subject: draft.label.clone(),
        property: "address".to_owned(),
        values: vec![shown(&known)?, shown(&others)?],
        inventory,
    })
}

/// The addresses in words, at the place of the first.
fn shown(addresses: &Addresses) -> Option<Spanned<String>> {
    let span = *addresses.values().next()?;
    let texts: Vec<String> = addresses
        .keys()
        .take(MOST_SHOWN)
        .map(IpAddr::to_string)
        .collect();
    Some(Spanned::new(texts.join(", "), span))
}
