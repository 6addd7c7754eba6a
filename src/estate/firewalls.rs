//! Firewalls: their names, what the inventory adds, captured routing tables.

use std::collections::{HashMap, HashSet};

use crate::formats::inventory::{FirewallEntry, Inventory, nearest};
use crate::formats::{Problem, ProblemLevel};
use crate::model::firewall::{AddressView, Firewall, InterfaceId, Route};
use crate::source::{FileId, Sources, Span, Spanned};

use super::exports::RoutingTable;
use super::types::{Contradiction, EstateFirewall};

/// Names all firewalls and applies what the inventory says about them.
/// Two files with one text are one firewall.
pub(super) fn join(
    inputs: Vec<(FileId, Firewall)>,
    tables: Vec<RoutingTable>,
    inventory: Option<&Inventory>,
    sources: &Sources,
    contradictions: &mut Vec<Contradiction>,
    problems: &mut Vec<Problem>,
) -> Vec<EstateFirewall> {
    let entries = inventory.map_or(&[][..], |inventory| &inventory.firewalls);
    let mut firewalls: Vec<(FileId, EstateFirewall)> = Vec::new();
    let inputs = without_copies(inputs, entries, sources);
    let mut taken = Taken::default();
    let mut contexts: HashMap<FileId, usize> = HashMap::new();
    for (file, _) in &inputs {
        let count = contexts.entry(*file).or_default();
        *count = count.saturating_add(1);
    }
    for (file, mut firewall) in inputs {
        let alone = contexts.get(&file).is_none_or(|count| *count == 1);
        let entry = entry_of(entries, file, &firewall, alone, sources);
        let name = match entry {
            Some(entry) if alone || entry.name.value.eq_ignore_ascii_case(&firewall.name.value) => {
                entry.name.value.clone()
            }
            Some(entry) => format!("{}/{}", entry.name.value, firewall.name.value),
            None => firewall.name.value.clone(),
        };
        if let Some(entry) = entry {
            software(entry, &mut firewall, contradictions);
            format(entry, &firewall, contradictions);
        }
        let name = taken.unique(&name, file, &firewall, sources, problems);
        firewalls.push((file, EstateFirewall { name, firewall }));
    }
    for table in tables {
        routes(table, entries, &mut firewalls, sources, problems);
    }
    for entry in entries {
        missing_files(entry, sources, problems);
    }
    firewalls
        .into_iter()
        .map(|(_, firewall)| firewall)
        .collect()
}

/// Drops firewalls of files whose text another file has too, and rulesets that
/// sosreport saved once more with another command.
fn without_copies(
    inputs: Vec<(FileId, Firewall)>,
    entries: &[FirewallEntry],
    sources: &Sources,
) -> Vec<(FileId, Firewall)> {
    let declared = |file: FileId| {
        let path = sources.get(file).map_or("", |file| file.name());
        let mut configs = entries.iter().filter_map(|entry| entry.config.as_ref());
        configs.any(|config| ends_with_path(path, &config.value))
    };
    let mut seen: HashSet<(String, String)> = HashSet::new();
    let mut inputs = inputs;
    // What the inventory names stands for its copies.
    let named: Vec<(String, String)> = inputs
        .iter()
        .filter(|(file, _)| declared(*file))
        .filter_map(|(file, _)| saved_ruleset(*file, sources))
        .collect();
    seen.extend(named);
    inputs.retain(|(file, _)| {
        declared(*file) || saved_ruleset(*file, sources).is_none_or(|ruleset| seen.insert(ruleset))
    });
    let text = |file: FileId| sources.get(file).map_or("", |file| file.text());
    let mut kept: Vec<(FileId, Firewall)> = Vec::new();
    for (file, firewall) in inputs {
        let is_copy = kept.iter().any(|(other, known)| {
            *other != file
                && known.name.value == firewall.name.value
                && !text(file).is_empty()
                && text(*other) == text(file)
        });
        if !is_copy {
            kept.push((file, firewall));
        }
    }
    kept
}

/// The folder and the rules of a file that sosreport saved (`nft_-a_list_ruleset`,
/// `iptables_-vnxL` …), without what differs from one command to the next:
/// counters, handles, widths of columns. The family is a part of the rules.
fn saved_ruleset(file: FileId, sources: &Sources) -> Option<(String, String)> {
    const STARTS: &[&str] = &["iptables_-", "ip6tables_-", "nft_-", "nft_list_ruleset"];
    let file = sources.get(file)?;
    let (folder, base) = file.name().rsplit_once(['/', '\\'])?;
    let start = STARTS.iter().find(|start| base.starts_with(**start))?;
    let tool = start.split('_').next().unwrap_or_default();
    let mut rules = tool.to_owned();
    for (_, line) in file.lines() {
        let line = line.split(" # handle ").next().unwrap_or(line);
        let mut words: Vec<&str> = line.split_whitespace().collect();
        if words.first() == Some(&"Chain") {
            words.truncate(4);
        } else if tool != "nft" && words.len() > 2 && words.iter().take(2).all(|w| is_count(w)) {
            words.drain(..2);
        }
        let words = without_counters(&words);
        if !words.is_empty() && words.first() != Some(&"pkts") {
            rules.push('\n');
            rules.push_str(&words.join(" "));
        }
    }
    Some((folder.to_owned(), rules))
}

/// Words without the numbers of `counter packets 5 bytes 300`.
fn without_counters<'a>(words: &[&'a str]) -> Vec<&'a str> {
    let mut kept = Vec::with_capacity(words.len());
    let mut rest = words;
    while let Some((word, behind)) = rest.split_first() {
        kept.push(*word);
        rest = match rest {
            ["counter", "packets", _, "bytes", _, behind @ ..] => behind,
            _ => behind,
        };
    }
    kept
}

/// `1234`, `12K`.
fn is_count(word: &str) -> bool {
    let digits = word.trim_end_matches(['K', 'M', 'G', 'T']);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

/// The inventory's entry of a firewall: by its file, else by its host name.
fn entry_of<'e>(
    entries: &'e [FirewallEntry],
    file: FileId,
    firewall: &Firewall,
    alone: bool,
    sources: &Sources,
) -> Option<&'e FirewallEntry> {
    let path = sources.get(file).map_or("", |file| file.name());
    let by_file: Vec<&FirewallEntry> = entries
        .iter()
        .filter(|entry| {
            entry
                .config
                .as_ref()
                .is_some_and(|config| ends_with_path(path, &config.value))
        })
        .collect();
    let by_name = |entry: &&FirewallEntry| same_host(&entry.name.value, &firewall.name.value);
    match by_file.as_slice() {
        [] => entries
            .iter()
            .filter(|entry| entry.config.is_none() || !has_file(entry, sources))
            .find(by_name),
        [one] if alone => Some(*one),
        several => several
            .iter()
            .find(|entry| by_name(entry))
            .or(several.first())
            .copied(),
    }
}

fn has_file(entry: &FirewallEntry, sources: &Sources) -> bool {
    entry.config.as_ref().is_some_and(|config| {
        sources
            .files()
            .iter()
            .any(|file| ends_with_path(file.name(), &config.value))
    })
}

/// Whether two host names are equal, one of them perhaps with its domain.
fn same_host(a: &str, b: &str) -> bool {
    let label = |name: &str| name.split('.').next().unwrap_or_default().to_lowercase();
    a.eq_ignore_ascii_case(b) || (a.contains('.') != b.contains('.') && label(a) == label(b))
}

/// Whether a path ends in all parts of another: `fixtures/a/fw/outer.cfg` ends
/// in `fw/outer.cfg` and in `./fw/outer.cfg`, not in `w/outer.cfg`.
pub(super) fn ends_with_path(path: &str, suffix: &str) -> bool {
    let parts = |path: &str| -> Vec<String> {
        path.split(['/', '\\'])
            .filter(|part| !part.is_empty() && *part != "." && *part != "..")
            .map(str::to_lowercase)
            .collect()
    };
    let (path, suffix) = (parts(path), parts(suffix));
    !suffix.is_empty() && path.ends_with(&suffix)
}

/// Gives the software version to a file without one; reports a different one.
fn software(
    entry: &FirewallEntry,
    firewall: &mut Firewall,
    contradictions: &mut Vec<Contradiction>,
) {
    let Some(declared) = &entry.software else {
        return;
    };
    match &firewall.software {
        None => {
            set_view(firewall, view(firewall.platform, &declared.value), false);
            firewall.software = Some(declared.clone());
        }
        Some(stated) => {
            let (a, b) = (numbers(&declared.value), numbers(&stated.value));
            if a == b {
                return;
            }
            contradictions.push(Contradiction {
                subject: entry.name.value.clone(),
                property: "software".to_owned(),
                values: vec![declared.clone(), stated.clone()],
                inventory: true,
            });
            // Which of the two is right decides what the rules mean.
            if view(firewall.platform, &declared.value) != view(firewall.platform, &stated.value) {
                set_view(firewall, Some(AddressView::Unknown), true);
            }
        }
    }
}

/// Major and minor version of `8.2(5)`.
fn numbers(text: &str) -> Option<(u32, u32)> {
    let mut parts = text
        .split(|c: char| !c.is_ascii_digit())
        .filter(|part| !part.is_empty());
    let major = parts.next()?.parse().ok()?;
    let minor = parts.next().map_or(Some(0), |minor| minor.parse().ok())?;
    Some((major, minor))
}

/// Whether access lists of an ASA name real or mapped addresses:
/// real from ASA 8.3 on, mapped before and on PIX and FWSM (Cisco, "ASA 8.3
/// Migration Guide", real IP addresses in access lists).
fn view(platform: &str, software: &str) -> Option<AddressView> {
    if platform != "cisco-asa" {
        return None;
    }
    let version = numbers(software)?;
    Some(if version >= (8, 3) {
        AddressView::Real
    } else {
        AddressView::Mapped
    })
}

fn set_view(firewall: &mut Firewall, view: Option<AddressView>, always: bool) {
    let Some(view) = view else {
        return;
    };
    for stage in &mut firewall.stages {
        if always || stage.view == AddressView::Unknown {
            stage.view = view;
        }
    }
}

fn format(entry: &FirewallEntry, firewall: &Firewall, contradictions: &mut Vec<Contradiction>) {
    if let Some(format) = &entry.format
        && format.value != firewall.platform
    {
        contradictions.push(Contradiction {
            subject: entry.name.value.clone(),
            property: "format".to_owned(),
            values: vec![
                format.clone(),
                Spanned::new(firewall.platform.to_owned(), firewall.name.span),
            ],
            inventory: true,
        });
    }
}

/// Names of firewalls that are taken, in lower case, with the file of each.
#[derive(Default)]
struct Taken {
    names: HashMap<String, FileId>,
    /// How many numbers a name has used up.
    numbers: HashMap<String, usize>,
}

impl Taken {
    /// A name that no other firewall has.
    fn unique(
        &mut self,
        name: &str,
        file: FileId,
        firewall: &Firewall,
        sources: &Sources,
        problems: &mut Vec<Problem>,
    ) -> String {
        let of = firewall.name.span.file;
        let Some(other) = self.names.get(&name.to_ascii_lowercase()).copied() else {
            self.names.insert(name.to_ascii_lowercase(), of);
            return name.to_owned();
        };
        let path = sources.get(file).map_or("", |file| file.name());
        let base = path.rsplit(['/', '\\']).next().unwrap_or(path);
        let stem = base.rsplit_once('.').map_or(base, |(stem, _)| stem);
        let mut unique = format!("{name}@{stem}");
        let number = self.numbers.entry(unique.to_ascii_lowercase()).or_insert(1);
        while self.names.contains_key(&unique.to_ascii_lowercase()) {
            *number = number.saturating_add(1);
            unique = format!("{name}@{stem}-{number}");
        }
        self.names.insert(unique.to_ascii_lowercase(), of);
        let other_file = sources.get(other).map_or("", |file| file.name());
        problems.push(Problem {
        level: ProblemLevel::Warning,
        message: format!(
            "{path} and {other_file} both configure a firewall named {name}; they are read as two"
        ),
        hint: Some(
            "give only the current configuration, or give each a [[firewall]] entry with its \
             own name and config"
                .to_owned(),
        ),
        span: firewall.name.span,
    });
        unique
    }
}

/// Joins a captured routing table to its firewall.
fn routes(
    table: RoutingTable,
    entries: &[FirewallEntry],
    firewalls: &mut [(FileId, EstateFirewall)],
    sources: &Sources,
    problems: &mut Vec<Problem>,
) {
    let path = sources.get(table.file).map_or("", |file| file.name());
    let span = table
        .routes
        .first()
        .map_or(Span::new(table.file, 0, 0), |(_, route)| route.span);
    let declared = entries.iter().find(|entry| {
        entry
            .routes
            .as_ref()
            .is_some_and(|routes| ends_with_path(path, &routes.value))
    });
    let position = match (declared, &table.device) {
        (Some(entry), _) => firewalls
            .iter()
            .position(|(_, known)| known.name.eq_ignore_ascii_case(&entry.name.value)),
        (None, Some(device)) => {
            // The prompt of a context is `host/context`.
            let context = device.rsplit('/').next().unwrap_or(device);
            let fits = |name: &str| same_host(name, device) || same_host(name, context);
            let mut fitting = firewalls.iter().enumerate().filter(|(_, (file, known))| {
                *file == table.file || fits(&known.firewall.name.value) || fits(&known.name)
            });
            match (fitting.next(), fitting.next()) {
                (Some((position, _)), None) => Some(position),
                _ => None,
            }
        }
        // `show route` in the capture that also holds the configuration.
        (None, None) => {
            let mut same_file = firewalls
                .iter()
                .enumerate()
                .filter(|(_, (file, _))| *file == table.file);
            match (same_file.next(), same_file.next()) {
                (Some((position, _)), None) => Some(position),
                _ => None,
            }
        }
    };
    let Some((_, known)) = position.and_then(|position| firewalls.get_mut(position)) else {
        problems.push(Problem {
            level: ProblemLevel::Warning,
            message: format!("the routing table in {path} belongs to no firewall of the inputs"),
            hint: Some(format!(
                "name it in exlint.toml: [[firewall]] … routes = \"{path}\""
            )),
            span,
        });
        return;
    };
    let firewall = &mut known.firewall;
    let mut ids: HashMap<String, Option<InterfaceId>> = HashMap::new();
    let key = |route: &Route| (route.interface, route.network, route.next_hop);
    let mut present: HashSet<_> = firewall.routes.iter().map(key).collect();
    for (interface, route) in table.routes {
        let id = match ids.get(&interface) {
            Some(id) => *id,
            None => {
                let id = interface_named(firewall, &interface);
                if id.is_none() {
                    problems.push(unknown_interface(
                        path,
                        &interface,
                        &known.name,
                        firewall,
                        route.span,
                    ));
                }
                ids.insert(interface, id);
                id
            }
        };
        let Some(id) = id else {
            continue;
        };
        let route = Route {
            interface: id,
            ..route
        };
        if present.insert(key(&route)) {
            firewall.routes.push(route);
        }
    }
    // The table shows what the routing protocols brought in.
    firewall.dynamic_routing.clear();
}

fn unknown_interface(
    path: &str,
    interface: &str,
    firewall_name: &str,
    firewall: &Firewall,
    span: Span,
) -> Problem {
    let names = firewall.interfaces.iter().map(|i| i.name.value.as_str());
    Problem {
        level: ProblemLevel::Warning,
        message: format!(
            "the routing table in {path} names an interface `{interface}` that {firewall_name} \
             does not have"
        ),
        hint: nearest(interface, names).map(|near| format!("did you mean `{near}`?")),
        span,
    }
}

/// An interface by its logical name, hardware name or zone.
pub(super) fn interface_named(firewall: &Firewall, name: &str) -> Option<InterfaceId> {
    interfaces_named(firewall, name).first().copied()
}

/// All interfaces of a name: one by logical or hardware name, else all of a zone.
pub(super) fn interfaces_named(firewall: &Firewall, name: &str) -> Vec<InterfaceId> {
    let name = name.trim();
    let id = |position: usize| InterfaceId(u32::try_from(position).unwrap_or(u32::MAX));
    let equal = |known: Option<&Spanned<String>>| {
        known.is_some_and(|known| known.value.eq_ignore_ascii_case(name))
    };
    let position = |test: &dyn Fn(&crate::model::firewall::Interface) -> bool| {
        firewall.interfaces.iter().position(test).map(id)
    };
    if let Some(found) = position(&|interface| equal(Some(&interface.name)))
        .or_else(|| position(&|interface| equal(interface.hardware.as_ref())))
    {
        return vec![found];
    }
    firewall
        .interfaces
        .iter()
        .enumerate()
        .filter(|(_, interface)| equal(interface.zone.as_ref()))
        .map(|(position, _)| id(position))
        .collect()
}

/// Declared firewalls of which no configuration was read: its file is not among
/// the inputs, or is none of a firewall.
pub(super) fn unread(entries: &[FirewallEntry], known: &[EstateFirewall]) -> Vec<Spanned<String>> {
    let read = |entry: &&FirewallEntry| {
        // A context, virtual system or virtual domain stands behind a slash.
        let mut names = known.iter().flat_map(|firewall| {
            let name = firewall.name.as_str();
            [name, name.split('/').next().unwrap_or(name)]
        });
        names.any(|name| name.eq_ignore_ascii_case(&entry.name.value))
    };
    let unread = entries.iter().filter(|entry| !read(entry));
    unread.map(|entry| entry.name.clone()).collect()
}

/// Whether a file that the inventory names is among the inputs.
fn is_read(file: &str, sources: &Sources) -> bool {
    let mut files = sources.files().iter();
    files.any(|known| ends_with_path(known.name(), file))
}

fn missing_files(entry: &FirewallEntry, sources: &Sources, problems: &mut Vec<Problem>) {
    for (key, file) in [("config", &entry.config), ("routes", &entry.routes)] {
        let Some(file) = file else {
            continue;
        };
        if !is_read(&file.value, sources) {
            let names = sources.files().iter().map(|known| known.name());
            let bases = names.clone().filter_map(|name| name.rsplit('/').next());
            let near = nearest(&file.value, names.chain(bases));
            problems.push(Problem {
                // A run may be about a part of the files only.
                level: ProblemLevel::Warning,
                message: format!(
                    "{key} of firewall `{}` is not among the inputs: {}",
                    entry.name.value, file.value
                ),
                hint: Some(match near {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "give its folder on the command line, or correct the path".to_owned(),
                }),
                span: file.span,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_ends_in_whole_parts() {
        assert!(ends_with_path(
            "fixtures/contoso/fw/outer.cfg",
            "fw/outer.cfg"
        ));
        assert!(ends_with_path("fw\\Outer.cfg", "./fw/outer.cfg"));
        assert!(ends_with_path("outer.cfg", "outer.cfg"));
        assert!(!ends_with_path("fw/outer.cfg", "w/outer.cfg"));
        assert!(!ends_with_path("outer.cfg", "fw/outer.cfg"));
        assert!(!ends_with_path("outer.cfg", ""));
    }

    #[test]
    fn counters_of_a_rule_are_no_part_of_it() {
        let without = |line: &str| {
            let words: Vec<&str> = line.split_whitespace().collect();
            without_counters(&words).join(" ")
        };
        assert_eq!(
            without("tcp dport 25 counter packets 5 bytes 300 accept"),
            "tcp dport 25 counter accept"
        );
        assert_eq!(
            without("counter packets 1 bytes 2 counter packets 3 bytes 4"),
            "counter counter"
        );
        let other = "limit rate 5 packets 1 bytes 2 counter packets";
        assert_eq!(without(other), other);
    }

    #[test]
    fn access_lists_name_real_addresses_from_8_3_on() {
        assert_eq!(view("cisco-asa", "8.2(5)"), Some(AddressView::Mapped));
        assert_eq!(view("cisco-asa", "8.3"), Some(AddressView::Real));
        assert_eq!(view("cisco-asa", "9.16(2)3"), Some(AddressView::Real));
        assert_eq!(view("cisco-asa", "unknown"), None);
        assert_eq!(view("fortios", "6.0"), None);
    }
}
