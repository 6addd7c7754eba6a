//! `cluster node`, `cluster group`, `cluster res` and `cluster res /priv` of
//! `cluster.exe`.
//!
//! The headings are in the language of Windows, the rulers below them are of
//! the same widths in all: they tell which table it is.

use std::ops::Range;

use super::Reader;
use super::columns::{cells, ruler};
use crate::formats::LineState;
use crate::formats::exchange::by_line::{cmdlet, text};
use crate::formats::exchange::record::RawProperty;
use crate::source::{SourceFile, Span};

/// Words for states: the name in the enumeration, and how it is printed.
const STATES: &str = include_str!("states.tsv");

/// Nodes remembered of one file; a cluster has at most 64.
const MOST_NODES: usize = 64;

/// Groups remembered of one file.
const MOST_GROUPS: usize = 256;

/// Which table is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Listing {
    Nodes,
    Groups,
    Resources,
    /// Private properties of resources.
    Private,
}

/// What has been read.
#[derive(Debug, Default)]
pub struct State<'a> {
    table: Option<(Listing, Vec<usize>)>,
    nodes: Vec<&'a str>,
    groups: Vec<&'a str>,
}

/// Tells rows from other lines while a format is detected.
#[derive(Debug, Default)]
pub struct Ruler(bool);

impl Ruler {
    /// Whether a line is a ruler of a table of `cluster.exe`.
    pub fn is_ruler(&mut self, line: &str) -> bool {
        let found = listing(&ruler(line)).is_some();
        self.0 |= found;
        found
    }

    /// Whether a line may be a row: a ruler stood above it.
    pub fn is_row(&self, line: &str) -> bool {
        self.0 && !line.trim().is_empty()
    }
}

/// The table with a ruler of these columns: names of nodes 14, 15 or 16 wide
/// with a number, groups with node and state, resources with group as well,
/// private properties with two letters for their kind.
fn listing(columns: &[Range<usize>]) -> Option<Listing> {
    let widths: Vec<usize> = columns.iter().map(|column| column.len()).collect();
    match widths.as_slice() {
        [14..=16, 7, states] if *states >= 10 => Some(Listing::Nodes),
        [20, 15, 6] => Some(Listing::Groups),
        [20, 20, 15, 6] => Some(Listing::Resources),
        [2, 20, 30, _] => Some(Listing::Private),
        _ => None,
    }
}

/// A row of a table of nodes: name, number and state.
fn node(line: &str) -> Option<(&str, &str, &str)> {
    let line = line.trim();
    let (name, rest) = line.split_once(char::is_whitespace)?;
    let (id, state) = rest.trim_start().split_once(char::is_whitespace)?;
    let number = !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit());
    number.then_some((name, id, state.trim()))
}

impl<'a> State<'a> {
    /// Remembers the nodes and groups of a file, which tell where a column
    /// begins that a long name has pushed aside.
    pub fn learn(&mut self, file: &'a SourceFile) {
        let mut table: Option<(Listing, Vec<usize>)> = None;
        for (_, line) in file.lines() {
            let columns = ruler(line);
            if let Some(found) = listing(&columns) {
                table = Some((found, columns.iter().map(|column| column.start).collect()));
                continue;
            }
            match &table {
                Some((Listing::Nodes, _)) => match node(line) {
                    Some((name, _, _)) if self.nodes.len() < MOST_NODES => self.nodes.push(name),
                    _ => table = None,
                },
                Some((Listing::Groups, starts)) if self.groups.len() < MOST_GROUPS => {
                    let row = cells(line, starts).or_else(|| by_node(line, &self.nodes, &[], 3));
                    match row.and_then(|row| row.first().copied()) {
                        Some(name) if !name.is_empty() => self.groups.push(name),
                        _ => table = None,
                    }
                }
                _ => {}
            }
        }
        // Of two groups that a text ends with, the longer is meant.
        self.groups
            .sort_by_key(|name| std::cmp::Reverse(name.len()));
    }

    /// A table ends where the next command stands.
    pub fn end_table(&mut self) {
        self.table = None;
    }
}

/// Reads a line; `false` where it is not of `cluster.exe`.
pub fn line<'a>(reader: &mut Reader<'a>, span: Span, line: &'a str) -> bool {
    let columns = ruler(line);
    if let Some(found) = listing(&columns) {
        let starts = columns.iter().map(|column| column.start).collect();
        reader.cluster.table = Some((found, starts));
        reader.collector.mark(span, LineState::Irrelevant);
        return true;
    }
    if lists_networks(reader) {
        reader.collector.mark(span, LineState::Irrelevant);
        return true;
    }
    let Some((listing, starts)) = reader.cluster.table.clone() else {
        // The announcement and the heading, in any language.
        let next = reader.collector.file.line_of(span.start);
        let announces = (1..=4).any(|after| {
            let line = reader.collector.file.line(next.saturating_add(after));
            line.is_some_and(|line| self::listing(&ruler(line)).is_some())
        });
        if announces {
            reader.collector.mark(span, LineState::Irrelevant);
        }
        return announces;
    };
    let row = match listing {
        Listing::Nodes => node(line).map(|(name, id, state)| vec![name, id, state]),
        Listing::Groups | Listing::Resources => cells(line, &starts)
            .filter(|cells| cells.iter().all(|cell| !cell.is_empty()))
            .or_else(|| {
                let State { nodes, groups, .. } = &reader.cluster;
                by_node(line, nodes, groups, starts.len())
            }),
        Listing::Private => private(line, &starts),
    };
    match row {
        Some(row) => deliver(reader, listing, &row, span),
        None if listing == Listing::Nodes => {
            reader.cluster.table = None;
            return false;
        }
        None => {
            let why = "the columns of this row run into each other";
            reader.collector.note(span, LineState::NotModelled, why);
        }
    }
    true
}

/// Whether the command lists networks or adapters by name and state: it shows
/// no address.
fn lists_networks(reader: &Reader<'_>) -> bool {
    reader.command.as_ref().is_some_and(|command| {
        command.program() == "cluster"
            && ["net", "network", "netint", "netinterface"]
                .iter()
                .any(|object| command.has(object))
            && !command.has_start("/priv")
            && !command.has_start("/prop")
    })
}

/// The cells of a row in which a long name has pushed the others aside, told
/// by the name of a node, and of a group where the row has one.
fn by_node<'a>(
    line: &'a str,
    nodes: &[&str],
    groups: &[&str],
    columns: usize,
) -> Option<Vec<&'a str>> {
    nodes.iter().find_map(|node| {
        let at = line.rfind(&format!(" {node} "))?;
        let start = at.saturating_add(1);
        let end = start.saturating_add(node.len());
        let before = line.get(..at)?.trim();
        let (node, state) = (line.get(start..end)?, line.get(end..)?.trim());
        if columns == 3 {
            return Some(vec![before, node, state]);
        }
        groups.iter().find_map(|group| {
            let name = before.strip_suffix(group)?;
            let group = before.get(name.len()..)?;
            let apart = name.ends_with(char::is_whitespace);
            apart.then(|| vec![name.trim(), group, node, state])
        })
    })
}

/// Kind, resource, name and value of a private property; `None` where a long
/// name pushes the others aside.
fn private<'a>(line: &'a str, starts: &[usize]) -> Option<Vec<&'a str>> {
    let cells = cells(line, starts)?;
    let whole = cells.iter().take(3).all(|cell| !cell.is_empty());
    let one_word = cells.get(2).is_some_and(|name| !name.contains(' '));
    (whole && one_word).then_some(cells)
}

/// The name of a state in the enumerations; what is not known stays.
fn state(word: &str) -> &str {
    STATES
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('\t'))
        .find(|(_, printed)| printed.eq_ignore_ascii_case(word))
        .map_or(word, |(name, _)| name)
}

fn deliver<'a>(reader: &mut Reader<'a>, listing: Listing, row: &[&'a str], span: Span) {
    let at = |word: &str| reader.collector.file.span_of(word).unwrap_or(span);
    let cell = |name: &'static str, word: &'a str| text(name, word, at(word));
    let (kind, mut properties): (&str, Vec<RawProperty<'a>>) = match (listing, row) {
        (Listing::Nodes, [name, id, word]) => (
            "Get-ClusterNode",
            vec![
                cell("Name", name),
                cell("Id", id),
                text("State", state(word), at(word)),
            ],
        ),
        (Listing::Groups, [name, node, word]) => (
            "Get-ClusterGroup",
            vec![
                cell("Name", name),
                cell("OwnerNode", node),
                text("State", state(word), at(word)),
            ],
        ),
        (Listing::Resources, [name, group, node, word]) => (
            "Get-ClusterResource",
            vec![
                cell("Name", name),
                cell("OwnerGroup", group),
                cell("OwnerNode", node),
                text("State", state(word), at(word)),
            ],
        ),
        (Listing::Private, [_, resource, name, value]) => (
            "Get-ClusterParameter",
            vec![
                cell("Object", resource),
                cell("Name", name),
                cell("Value", value),
            ],
        ),
        _ => return,
    };
    let cluster = reader
        .command
        .as_ref()
        .and_then(|command| command.cluster());
    properties.extend(cluster.map(|name| text("Cluster", name, at(name))));
    if let Some(cmdlet) = cmdlet(kind) {
        reader
            .collector
            .add(cmdlet, &reader.what, &properties, span);
    }
}
