//! Juniper's own names: applications, ports, protocols, ICMP types, and the
//! statements that no verdict depends on.
//!
//! The data are in `data/*.tsv` with their source; nothing here falls back to
//! IANA's names, which sometimes mean another port.

use std::sync::OnceLock;

use crate::formats::LineState;
use crate::formats::firewall::shared::tables::{KeySet, Map};
use crate::formats::firewall::shared::word_tree::{NodeId, ROOT, WordTree};
use crate::model::net::{PortRange, Protocol};

/// The rows of a table: tab-separated fields, without comments and blanks.
fn rows(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
        .map(|line| line.split('\t').collect())
}

/// A service of a predefined application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// Every packet.
    Any,
    /// A protocol, with destination ports where it has some.
    Ports(Protocol, Option<PortRange>),
    /// ICMP or ICMPv6 with type and code.
    Icmp(Protocol, Option<u8>, Option<u8>),
    /// Connections to ports that an RPC endpoint mapper tells at run time.
    Rpc(Protocol),
    /// Not told.
    Unknown,
}

/// What a predefined name means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Predefined {
    /// An application.
    Application(Vec<Service>),
    /// An application set.
    Set(Vec<&'static str>),
}

fn service(word: &str) -> Option<Service> {
    let mut parts = word.split('/');
    let head = parts.next()?;
    let second = parts.next();
    let kind = |text: Option<&str>| text.and_then(|text| text.parse::<u8>().ok());
    Some(match head {
        "any" => Service::Any,
        "?" => Service::Unknown,
        "icmp" => Service::Icmp(Protocol::ICMP, kind(second), kind(parts.next())),
        "icmp6" => Service::Icmp(Protocol::ICMP6, kind(second), kind(parts.next())),
        _ => {
            let protocol = protocol(head)?;
            match second {
                Some("rpc") => Service::Rpc(protocol),
                Some(ports) => Service::Ports(protocol, Some(port_range(ports)?)),
                None => Service::Ports(protocol, None),
            }
        }
    })
}

/// A predefined application or application set.
pub fn predefined(name: &str) -> Option<&'static Predefined> {
    static TABLE: OnceLock<Map<&'static str, Predefined>> = OnceLock::new();
    TABLE
        .get_or_init(|| {
            rows(include_str!("data/applications.tsv"))
                .filter_map(|row| {
                    let text = *row.get(1)?;
                    let meaning = match text.strip_prefix("= ") {
                        Some(members) => Predefined::Set(members.split(' ').collect()),
                        None => {
                            Predefined::Application(text.split(' ').filter_map(service).collect())
                        }
                    };
                    Some((*row.first()?, meaning))
                })
                .collect()
        })
        .get(name)
}

/// What a word of `system-services` lets in.
pub fn host_service(name: &str) -> Option<&'static [Service]> {
    let mut known = host_services();
    known.find(|(word, _)| *word == name).map(|(_, all)| all)
}

/// The words of `system-services` and what each lets in.
pub fn host_services() -> impl Iterator<Item = (&'static str, &'static [Service])> {
    static TABLE: OnceLock<Vec<(&'static str, Vec<Service>)>> = OnceLock::new();
    by_word(&TABLE, include_str!("data/host_services.tsv"))
}

/// What a word of `host-inbound-traffic protocols` lets in.
pub fn host_protocols(name: &str) -> Option<Vec<Service>> {
    static TABLE: OnceLock<Vec<(&'static str, Vec<Service>)>> = OnceLock::new();
    let mut known = by_word(&TABLE, include_str!("data/host_protocols.tsv"));
    if name == "all" {
        return Some(known.flat_map(|(_, services)| services).copied().collect());
    }
    known
        .find(|(word, _)| *word == name)
        .map(|(_, services)| services.to_vec())
}

fn by_word(
    table: &'static OnceLock<Vec<(&'static str, Vec<Service>)>>,
    text: &'static str,
) -> impl Iterator<Item = (&'static str, &'static [Service])> {
    table
        .get_or_init(|| {
            rows(text)
                .filter_map(|row| {
                    let services = row.get(1)?.split(' ').filter_map(service).collect();
                    Some((*row.first()?, services))
                })
                .collect()
        })
        .iter()
        .map(|(word, services)| (*word, services.as_slice()))
}

/// The port of a name or number.
pub fn port(word: &str) -> Option<u16> {
    static PORTS: OnceLock<Map<&'static str, u16>> = OnceLock::new();
    if word.starts_with(|c: char| c.is_ascii_digit()) {
        return number(word).and_then(|number| u16::try_from(number).ok());
    }
    PORTS
        .get_or_init(|| {
            rows(include_str!("data/ports.tsv"))
                .filter_map(|row| Some((*row.first()?, row.get(1)?.parse().ok()?)))
                .collect()
        })
        .get(word)
        .copied()
}

/// A port, or `low-high`.
pub fn port_range(word: &str) -> Option<PortRange> {
    if let Some(port) = port(word) {
        return Some(PortRange::one(port));
    }
    let (low, high) = word.split_once('-')?;
    PortRange::new(port(low)?, port(high)?)
}

/// A number, decimal or `0x` hexadecimal.
pub fn number(word: &str) -> Option<u32> {
    match word.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None if word.bytes().all(|byte| byte.is_ascii_digit()) => word.parse().ok(),
        None => None,
    }
}

/// The number of a protocol name or number.
pub fn protocol(word: &str) -> Option<Protocol> {
    static TABLE: OnceLock<Map<&'static str, u8>> = OnceLock::new();
    match word {
        "tcp" => return Some(Protocol::TCP),
        "udp" => return Some(Protocol::UDP),
        _ if word.starts_with(|c: char| c.is_ascii_digit()) => {
            return number(word)
                .and_then(|number| u8::try_from(number).ok())
                .map(Protocol);
        }
        _ => {}
    }
    TABLE
        .get_or_init(|| {
            rows(include_str!("data/protocols.tsv"))
                .filter_map(|row| Some((*row.first()?, row.get(1)?.parse().ok()?)))
                .collect()
        })
        .get(word)
        .copied()
        .map(Protocol)
}

/// The number of an ICMP type (or code) by name or number.
pub fn icmp(protocol: Protocol, code: bool, word: &str) -> Option<u8> {
    static TABLE: OnceLock<Map<(bool, bool, &'static str), u8>> = OnceLock::new();
    if word.starts_with(|c: char| c.is_ascii_digit()) {
        return number(word).and_then(|number| u8::try_from(number).ok());
    }
    TABLE
        .get_or_init(|| {
            rows(include_str!("data/icmp.tsv"))
                .filter_map(|row| {
                    let six = *row.first()? == "6";
                    let code = *row.get(1)? == "code";
                    Some(((six, code, *row.get(2)?), row.get(3)?.parse().ok()?))
                })
                .collect()
        })
        .get(&(protocol == Protocol::ICMP6, code, word))
        .copied()
}

struct LineWords {
    top: KeySet<&'static str>,
    verbs: KeySet<&'static str>,
    parts: Map<&'static str, Vec<&'static str>>,
    answers: Vec<&'static str>,
}

fn line_words() -> &'static LineWords {
    static TABLE: OnceLock<LineWords> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut words = LineWords {
            top: KeySet::default(),
            verbs: KeySet::default(),
            parts: Map::default(),
            answers: Vec::new(),
        };
        for row in rows(include_str!("data/words.tsv")) {
            match row.as_slice() {
                ["top", list] => words.top.extend(list.split(' ')),
                ["verb", list] => words.verbs.extend(list.split(' ')),
                ["part", path, list] => {
                    for word in list.split(' ') {
                        words.parts.insert(word, path.split(' ').collect());
                    }
                }
                ["answer", list] => words.answers.extend(list.split('|')),
                _ => {}
            }
        }
        words
    })
}

/// Whether a word is a statement of the top level.
pub fn top_level(word: &str) -> bool {
    line_words().top.contains(word)
}

/// Whether a word is a command of the configuration mode.
pub fn is_verb(word: &str) -> bool {
    line_words().verbs.contains(word)
}

/// Where a word belongs that starts a configuration shown in part.
pub fn part_of(word: &str) -> &'static [&'static str] {
    line_words().parts.get(word).map_or(&[], Vec::as_slice)
}

/// Whether a line is what the command line answers.
pub fn is_answer(line: &str) -> bool {
    line_words()
        .answers
        .iter()
        .any(|start| line.starts_with(start))
}

struct Row {
    path: Vec<&'static str>,
    state: LineState,
    words: Vec<&'static str>,
    why: &'static str,
}

/// Gives the statements of `data/statements.tsv` their state.
pub fn classify(tree: &mut WordTree<'_>, root: NodeId) {
    static TABLE: OnceLock<Vec<Row>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        rows(include_str!("data/statements.tsv"))
            .filter_map(|row| {
                Some(Row {
                    path: row
                        .first()?
                        .split(' ')
                        .filter(|word| *word != "-")
                        .collect(),
                    state: match *row.get(1)? {
                        "irrelevant" => LineState::Irrelevant,
                        _ => LineState::NotModelled,
                    },
                    words: row.get(2)?.split(' ').collect(),
                    why: row.get(3).copied().unwrap_or("-"),
                })
            })
            .collect()
    });
    let base = if root == ROOT { ROOT } else { root };
    for row in table {
        let mut places = vec![base];
        for step in &row.path {
            places = places
                .iter()
                .flat_map(|place| -> Vec<NodeId> {
                    if *step == "*" {
                        tree.all(*place).collect()
                    } else {
                        tree.find(*place, step).into_iter().collect()
                    }
                })
                .collect();
        }
        for place in places {
            for word in &row.words {
                let Some(node) = tree.find(place, word) else {
                    continue;
                };
                if tree.is_inactive(node) {
                    continue;
                }
                if row.why == "-" {
                    tree.cover(node, row.state);
                } else {
                    tree.explain(node, row.state, row.why);
                }
            }
        }
    }
}
