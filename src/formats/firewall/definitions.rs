//! What the names in a statement stand for, told by the text of a file alone.
//!
//! A condition that is not modelled speaks of groups, schedules, lists, services
//! of the vendor. Two files ask the same by it where the words are the same once
//! each name is replaced by what its definition says: a name may change, the
//! content may not.

use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeSet, HashMap};

use super::{cisco_asa, cisco_ios, fortios, junos, panos};
use crate::model::asks::{Asks, digest};
use crate::source::{SourceFile, Span};

mod blocks;

/// Definitions name each other at most this deep.
const MAX_DEPTH: usize = 16;
/// Of longer words only a digest is kept.
const LONGEST: usize = 512;
/// Bytes of a statement that are looked at.
const MAX_STATEMENT: usize = 16_384;
/// Bytes of all definitions that are kept.
const MAX_TEXT: usize = 64_000_000;
/// So many places of definitions are told of one statement.
const MAX_SPANS: usize = 64;

/// What a definition defines, as far as names of different things may be the
/// same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
enum Kind {
    /// One whose name no other thing has, or whose kind is not told apart.
    #[default]
    Any,
    TimeRange,
    Object,
    ObjectGroup,
    /// A list, a map, a class.
    Other,
}

impl Kind {
    /// Whether a name behind a word is one of this kind. A time range is named
    /// behind its keyword alone.
    fn is_named_behind(self, before: &str) -> bool {
        self == Self::Any
            || match before {
                "time-range" | "range" => self == Self::TimeRange,
                "object-group" => self == Self::ObjectGroup,
                "object" => matches!(self, Self::Object | Self::ObjectGroup),
                _ => self != Self::TimeRange,
            }
    }
}

/// A definition: its statements without its name.
#[derive(Debug, Default)]
struct Definition<'f> {
    kind: Kind,
    lines: Vec<Vec<Cow<'f, str>>>,
    /// Whether the order of its statements matters.
    ordered: bool,
    spans: Vec<Span>,
}

/// A name that was asked for: to which depth, which kinds are meant, and the name.
type Asked = (usize, Kinds, String);

/// The definitions of a file by name; found on first use.
#[derive(Debug)]
pub struct Definitions<'f> {
    platform: &'static str,
    file: Option<&'f SourceFile>,
    found: OnceCell<HashMap<Cow<'f, str>, Vec<Definition<'f>>>>,
    /// What names stand for, by depth and the kinds that are meant.
    known: RefCell<HashMap<Asked, String>>,
}

/// Words whose line says nothing about packets, or what nobody should read.
const REMARKS: [&str; 19] = [
    "passwd",
    "password",
    "secret",
    "ppk-secret",
    "key-string",
    "comment",
    "comments",
    "description",
    "remark",
    "uuid",
    "color",
    "fabric-object",
    "last-modified",
    "annotate",
    "log",
    "logtraffic",
    "snmp-index",
    "tag-color",
    "obj-tag",
];

/// Words behind which a reason has a name without quotes.
const NAMED: [&str; 12] = [
    "object",
    "address",
    "application",
    "scheduler",
    "list",
    "map",
    "time-range",
    "range",
    "group",
    "pool",
    "service",
    "rule",
];

/// Words of a statement whose next word only names the rule or its place.
fn places(platform: &str) -> &'static [&'static str] {
    match platform {
        cisco_asa::ID | cisco_ios::IOS | cisco_ios::NXOS => &["access-list", "route-map"],
        fortios::ID => &["edit"],
        junos::ID => &[
            "policy",
            "from-zone",
            "to-zone",
            "term",
            "filter",
            "rule",
            "rule-set",
        ],
        panos::ID => &["rules", "vsys", "device-group"],
        _ => &[],
    }
}

impl<'f> Definitions<'f> {
    /// Those of a firewall's file.
    #[must_use]
    pub fn new(platform: &'static str, file: Option<&'f SourceFile>) -> Self {
        Self {
            platform,
            file,
            found: OnceCell::new(),
            known: RefCell::default(),
        }
    }

    fn found(&self) -> &HashMap<Cow<'f, str>, Vec<Definition<'f>>> {
        self.found.get_or_init(|| {
            let mut found = Found::default();
            if let Some(file) = self.file {
                match self.platform {
                    cisco_asa::ID | cisco_ios::IOS | cisco_ios::NXOS => {
                        blocks::cisco(file, &mut found);
                    }
                    fortios::ID => blocks::fortios(file, &mut found),
                    junos::ID => blocks::junos(file, &mut found),
                    panos::ID => blocks::panos(file, &mut found),
                    _ => {}
                }
            }
            found.by_name
        })
    }

    /// What a condition asks, without names: those in it are replaced by what
    /// they stand for.
    #[must_use]
    pub fn says(&self, asks: &Asks, reason: &str, span: Span) -> String {
        let mut out = String::new();
        let statement = match &asks.words {
            Some(words) => words,
            None => {
                self.sentence(reason, &mut out);
                self.statement(reason, span)
            }
        };
        let places = places(self.platform);
        let mut before = "";
        for word in words(statement) {
            if !places.contains(&before) {
                match self.content(before, word, MAX_DEPTH) {
                    Some(content) => out.push_str(&content),
                    None => out.push_str(word),
                }
                out.push(' ');
            }
            before = word;
        }
        if out.len() > LONGEST {
            digest(&out)
        } else {
            out
        }
    }

    /// A sentence without names: those that it quotes, or that follow the word
    /// for what they name.
    fn sentence(&self, reason: &str, out: &mut String) {
        let mut before = "";
        let mut rest = reason;
        while let Some(first) = rest.chars().next() {
            let quoted = matches!(first, '`' | '"');
            let start = first.len_utf8();
            let (word, next) = if quoted {
                let inner = rest.get(start..).unwrap_or_default();
                let end = inner.find(first).unwrap_or(inner.len());
                let (word, next) = inner.split_at_checked(end).unwrap_or((inner, ""));
                (word, next.get(start..).unwrap_or_default())
            } else if first.is_whitespace() {
                rest = rest.get(start..).unwrap_or_default();
                continue;
            } else {
                let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
                rest.split_at_checked(end).unwrap_or((rest, ""))
            };
            rest = next;
            let rule = matches!(before, "policy" | "rule" | "term" | "entry");
            let named = quoted || NAMED.contains(&before);
            let behind = std::mem::replace(&mut before, word);
            if rule {
                continue;
            }
            match self.content(behind, word, MAX_DEPTH).filter(|_| named) {
                Some(content) => out.push_str(&content),
                None => out.push_str(word),
            }
            out.push(' ');
        }
        out.push('\u{1}');
    }

    /// What the name of a schedule stands for; nothing where the file does not
    /// define it.
    #[must_use]
    pub fn schedule(&self, name: &str) -> Option<String> {
        self.content("time-range", name, MAX_DEPTH)
    }

    /// Where the names in a statement and in a reason are defined.
    #[must_use]
    pub fn places(&self, asks: &Asks, reason: &str, span: Span) -> Vec<Span> {
        let found = self.found();
        let mut out = Vec::new();
        let statement = match &asks.words {
            Some(words) => words,
            None => self.statement(reason, span),
        };
        let mut open: Vec<(Kinds, Cow<'_, str>, usize)> = Vec::new();
        for text in [reason, statement] {
            let mut before = "";
            for word in words(text) {
                open.push((kinds(before), Cow::Borrowed(word), 0));
                before = word;
            }
        }
        let mut seen: BTreeSet<(Kinds, String)> = BTreeSet::new();
        while let Some((kinds, word, depth)) = open.pop() {
            let known = (kinds, word.into_owned());
            if out.len() >= MAX_SPANS || depth > MAX_DEPTH || seen.contains(&known) {
                continue;
            }
            let next = depth.saturating_add(1);
            for definition in meant(found, kinds, &known.1) {
                out.extend(&definition.spans);
                let inner = definition.lines.iter().flat_map(|line| named(line));
                open.extend(
                    inner
                        .take(256)
                        .map(|(kinds, word)| (kinds, word.clone(), next)),
                );
            }
            seen.insert(known);
        }
        out
    }

    /// The text of a span. A keyword of Cisco stands for what follows it on its
    /// line, unless the reason tells all.
    fn statement(&self, reason: &str, span: Span) -> &'f str {
        let Some(file) = self.file.filter(|file| file.id() == span.file) else {
            return "";
        };
        let text = file.slice(span);
        let cisco = matches!(
            self.platform,
            cisco_asa::ID | cisco_ios::IOS | cisco_ios::NXOS
        );
        let text = if cisco && !text.contains(char::is_whitespace) && !reason.contains(text) {
            let rest = file.text().get(span.range().start..).unwrap_or(text);
            rest.lines().next().unwrap_or(text)
        } else {
            text
        };
        crate::source::head(text, MAX_STATEMENT)
    }

    /// What a name behind a word stands for, with the names in it down to a depth:
    /// deeper ones count as they are written. Each name is asked once for each
    /// depth, however many others name it.
    fn content(&self, before: &str, name: &str, depth: usize) -> Option<String> {
        self.content_of(kinds(before), name, depth)
    }

    fn content_of(&self, kinds: Kinds, name: &str, depth: usize) -> Option<String> {
        let mut definitions = meant(self.found(), kinds, name).peekable();
        definitions.peek()?;
        let key = (depth, kinds, name.to_owned());
        if let Some(known) = self.known.borrow().get(&key) {
            return Some(known.clone());
        }
        let says = |kinds: Kinds, word: &Cow<'f, str>| match depth.checked_sub(1) {
            Some(less) => self.content_of(kinds, word, less),
            None => None,
        };
        let mut all: Vec<String> = definitions
            .map(|definition| {
                let mut lines: Vec<String> = definition
                    .lines
                    .iter()
                    .map(|line| {
                        let mut words: Vec<String> = named(line)
                            .map(|(kinds, word)| {
                                says(kinds, word).unwrap_or_else(|| word.to_string())
                            })
                            .collect();
                        if !definition.ordered {
                            words.sort_unstable();
                        }
                        words.join(" ")
                    })
                    .collect();
                if !definition.ordered {
                    lines.sort_unstable();
                }
                lines.join("\n")
            })
            .collect();
        all.sort_unstable();
        let content = format!("@{}", digest(&all.join("\u{1}")));
        self.known.borrow_mut().insert(key, content.clone());
        Some(content)
    }
}

/// Which kinds are meant, in the order of [`Kind`].
type Kinds = [bool; 5];

/// The kinds that a name behind a word may be of.
fn kinds(before: &str) -> Kinds {
    use Kind::{Any, Object, ObjectGroup, Other, TimeRange};
    [Any, TimeRange, Object, ObjectGroup, Other].map(|kind| kind.is_named_behind(before))
}

/// The words of a line, each with the kinds that it may name.
fn named<'l, 'f>(line: &'l [Cow<'f, str>]) -> impl Iterator<Item = (Kinds, &'l Cow<'f, str>)> {
    let before = std::iter::once("").chain(line.iter().map(|word| &**word));
    before.map(kinds).zip(line)
}

/// The definitions of a name that are of some kinds.
fn meant<'d, 'f>(
    found: &'d HashMap<Cow<'f, str>, Vec<Definition<'f>>>,
    kinds: Kinds,
    name: &str,
) -> impl Iterator<Item = &'d Definition<'f>> {
    let known = found.get(name).into_iter().flatten();
    known.filter(move |definition| kinds.get(definition.kind as usize) == Some(&true))
}

/// Definitions while they are found.
#[derive(Default)]
struct Found<'f> {
    by_name: HashMap<Cow<'f, str>, Vec<Definition<'f>>>,
    bytes: usize,
}

impl<'f> Found<'f> {
    fn add(&mut self, name: Cow<'f, str>, definition: Definition<'f>) {
        let size: usize = definition.lines.iter().map(Vec::len).sum();
        self.bytes = self.bytes.saturating_add(size.saturating_mul(24));
        if name.is_empty()
            || definition.lines.is_empty()
            || name.bytes().all(|b| b.is_ascii_digit())
            || self.bytes > MAX_TEXT
        {
            return;
        }
        self.by_name.entry(name).or_default().push(definition);
    }
}

/// The words of a line of a definition; none for a remark.
fn line(text: &str) -> Vec<Cow<'_, str>> {
    let all: Vec<&str> = words(text).collect();
    let told = if matches!(all.first(), Some(&"set" | &"no")) {
        1
    } else {
        0
    };
    if all.get(told).is_some_and(|word| REMARKS.contains(word)) {
        return Vec::new();
    }
    all.into_iter().map(Cow::Borrowed).collect()
}

/// Words of a statement in any of the syntaxes: between blanks, quotes, brackets
/// and tags. A number in front is left out.
fn words(text: &str) -> std::vec::IntoIter<&str> {
    let markup = text.trim_start().starts_with('<');
    let mut out: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (word, next) = match first {
            '"' | '`' => {
                let inner = rest.get(1..).unwrap_or_default();
                let end = inner.find(first).unwrap_or(inner.len());
                let (word, after) = inner.split_at_checked(end).unwrap_or((inner, ""));
                (word, after.get(1..).unwrap_or_default())
            }
            '<' if markup => {
                let end = rest.find('>').unwrap_or(rest.len());
                let (tag, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
                let tag = tag.trim_start_matches(['<', '/']).trim_end_matches('/');
                let content = after.get(1..).unwrap_or_default();
                // The name of an entry is a word; what else a tag says is not.
                let word = tag.split_whitespace().next().unwrap_or_default();
                (word, content)
            }
            _ if markup => {
                let end = rest.find('<').unwrap_or(rest.len());
                let (word, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
                (word.trim(), after)
            }
            _ if first.is_whitespace() || "{}[]();,".contains(first) => {
                ("", rest.get(first.len_utf8()..).unwrap_or_default())
            }
            _ => {
                let end = rest
                    .find(|c: char| c.is_whitespace() || "{}[]();,\"`".contains(c))
                    .unwrap_or(rest.len());
                rest.split_at_checked(end).unwrap_or((rest, ""))
            }
        };
        rest = next;
        if word.is_empty() {
            continue;
        }
        // The number of an entry of an access list.
        let number = out.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
        if !number {
            out.push(word);
        }
    }
    out.into_iter()
}

#[cfg(test)]
mod tests;
