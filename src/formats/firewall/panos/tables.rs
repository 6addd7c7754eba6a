//! The data files: words of the command line, statements that no verdict
//! depends on, predefined applications.

use std::sync::OnceLock;

use crate::formats::LineState;
use crate::formats::firewall::shared::tables::{KeySet, Map, rows};
use crate::formats::firewall::shared::word_tree::{NodeId, WordTree};
use crate::model::net::{PortRange, Protocol};

#[derive(Default)]
struct LineWords {
    top: KeySet<&'static str>,
    verbs: KeySet<&'static str>,
    answers: Vec<&'static str>,
    free: KeySet<&'static str>,
    ignored: KeySet<&'static str>,
    secrets: KeySet<&'static str>,
}

fn line_words() -> &'static LineWords {
    static TABLE: OnceLock<LineWords> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut words = LineWords::default();
        for row in rows(include_str!("data/words.tsv")) {
            match row.as_slice() {
                ["top", list] => words.top.extend(list.split(' ')),
                ["verb", list] => words.verbs.extend(list.split(' ')),
                ["answer", list] => words.answers.extend(list.split('|')),
                ["rule-any", list] => words.free.extend(list.split(' ')),
                ["rule-irrelevant", list] => words.ignored.extend(list.split(' ')),
                ["secret", list] => words.secrets.extend(list.split(' ')),
                _ => {}
            }
        }
        words
    })
}

/// Whether a word is a statement of the top level.
pub fn is_top(word: &str) -> bool {
    line_words().top.contains(word)
}

/// Whether a word is a command.
pub fn is_verb(word: &str) -> bool {
    line_words().verbs.contains(word)
}

/// Whether a line is what the command line answers.
pub fn is_answer(line: &str) -> bool {
    line_words()
        .answers
        .iter()
        .any(|start| line.starts_with(start))
}

/// Whether a word of a rule asks for something that the model has not, unless
/// it says `any`.
pub fn is_identity(word: &str) -> bool {
    line_words().free.contains(word)
}

/// Whether a word of a rule cannot change what it matches.
pub fn is_ignored(word: &str) -> bool {
    line_words().ignored.contains(word)
}

/// Whether the value of an element is a secret.
pub fn is_secret(word: &str) -> bool {
    line_words().secrets.contains(word)
}

/// What an application uses by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Port {
    /// Ports of TCP, UDP or SCTP.
    Ports(Protocol, PortRange),
    /// A whole protocol.
    Protocol(Protocol),
    /// One type of ICMP.
    Icmp(Protocol, u8),
}

/// A predefined application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// What it uses by default.
    pub ports: Vec<Port>,
    /// Whether it also uses ports that are negotiated.
    pub dynamic: bool,
}

impl Application {
    /// Whether a packet's header alone tells the application.
    pub fn by_header(&self) -> bool {
        !self.dynamic
            && !self.ports.is_empty()
            && self
                .ports
                .iter()
                .all(|port| !matches!(port, Port::Ports(..)))
    }
}

/// A predefined application by name.
pub fn application(name: &str) -> Option<&'static Application> {
    static TABLE: OnceLock<Map<&'static str, Application>> = OnceLock::new();
    TABLE
        .get_or_init(|| {
            rows(include_str!("data/applications.tsv"))
                .filter_map(|row| {
                    let mut ports = Vec::new();
                    let mut dynamic = false;
                    for word in row.get(1)?.split(' ') {
                        dynamic |= word.ends_with("/dynamic");
                        ports.extend(default_ports(word).into_iter().flatten());
                    }
                    Some((*row.first()?, Application { ports, dynamic }))
                })
                .collect()
        })
        .get(name)
}

/// The default ports that a word tells: `tcp/25,587`, `udp/1024-2048`, `ip/50`,
/// `icmp/8`, `icmp6/128`. `None` for a word that tells none (`tcp/dynamic`).
pub fn default_ports(word: &str) -> Option<Vec<Port>> {
    let (protocol, list) = word.split_once('/')?;
    let mut found = Vec::new();
    for item in list.split(',') {
        found.push(match protocol.trim() {
            "tcp" => Port::Ports(Protocol::TCP, port_range(item)?),
            "udp" => Port::Ports(Protocol::UDP, port_range(item)?),
            "sctp" => Port::Ports(Protocol(132), port_range(item)?),
            "ip" => Port::Protocol(Protocol(item.trim().parse().ok()?)),
            "icmp" => Port::Icmp(Protocol::ICMP, item.trim().parse().ok()?),
            "icmp6" => Port::Icmp(Protocol::ICMP6, item.trim().parse().ok()?),
            _ => return None,
        });
    }
    Some(found)
}

/// A port, or `low-high`.
pub fn port_range(word: &str) -> Option<PortRange> {
    let number = |word: &str| word.trim().parse::<u16>().ok();
    match word.split_once('-') {
        Some((low, high)) => PortRange::new(number(low)?, number(high)?),
        None => number(word).map(PortRange::one),
    }
}

struct Row {
    section: &'static str,
    path: Vec<&'static str>,
    state: LineState,
    words: Vec<&'static str>,
    why: &'static str,
}

/// Gives the statements of `data/statements.tsv` below a node their state. The
/// section tells what the node is: `device`, or the `scope` of objects.
pub fn classify(tree: &mut WordTree<'_>, root: NodeId, section: &str) {
    static TABLE: OnceLock<Vec<Row>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        rows(include_str!("data/statements.tsv"))
            .filter_map(|row| {
                let mut path = row.first()?.split(' ');
                Some(Row {
                    section: path.next()?,
                    path: path.collect(),
                    state: match *row.get(1)? {
                        "irrelevant" => LineState::Irrelevant,
                        "modelled" => LineState::Modelled,
                        _ => LineState::NotModelled,
                    },
                    words: row.get(2)?.split(' ').collect(),
                    why: row.get(3).copied().unwrap_or("-"),
                })
            })
            .collect()
    });
    for row in table.iter().filter(|row| row.section == section) {
        let mut places = vec![root];
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
                if tree.is_marked(node) {
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
