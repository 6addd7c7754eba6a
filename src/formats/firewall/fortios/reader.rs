//! From lines to the tree: executes what the command line would.
//!
//! Source: Fortinet, FortiOS CLI Reference, "Command syntax": `config` enters a
//! section, `edit` an entry, `next` leaves the entry, `end` leaves the section
//! (and the entry in it). Sections that decide no packet are not kept.

use std::borrow::Cow;

use crate::formats::firewall::shared::capture::Clean;
use crate::formats::firewall::shared::rules::{clipped, quoted};
use crate::formats::firewall::shared::tables::Map;
use crate::formats::firewall::shared::templates;
use crate::formats::firewall::shared::words::trimmed_of;
use crate::formats::{Ledger, LineState, Problem, ProblemLevel, Unit};

use super::envelope::Envelope;
use super::lex::{self, Quotes, Token, path};
use super::numbering::Numbers;
use super::tables::{self, Part};
use super::terminal::{is_noise, prompt};
use super::torn;
use super::tree::{self, NodeId, Operation, ROOT, Rename, Setting, Tree};

/// Sections that all virtual domains share.
const SHARED: [&str; 3] = ["system global", "system interface", "system session-helper"];
/// Sections of whose entries one open value opens the whole meaning.
const WHOLE: [&str; 7] = [
    "firewall vip",
    "firewall vip6",
    "firewall service custom",
    "firewall central-snat-map",
    "firewall schedule onetime",
    "firewall schedule recurring",
    "firewall schedule group",
];
/// Sections and entries nest at most this deep; FortiOS nests ten or so.
const MAX_DEPTH: usize = 64;
pub use crate::formats::firewall::shared::unfilled::TEMPLATE;
/// Most `move` and `delete` commands that are executed.
const MAX_EDITS: usize = 20_000;

/// Whose state a line has.
#[derive(Debug, Clone, Copy)]
enum Owner {
    State(LineState),
    Node(NodeId),
    Setting(u32),
}

/// What was read.
pub struct Read<'t> {
    /// The tree.
    pub tree: Tree<'t>,
    /// Where the lines belong.
    owners: Vec<Owner>,
    /// Remarks: state, why, the part of the text.
    pub notes: Vec<(LineState, Cow<'static, str>, &'t str)>,
    /// What the user should know.
    pub problems: Vec<Problem>,
    /// The header, and version words from comments.
    pub header: Option<&'t str>,
    /// `# Version: FortiGate-… v7.4.7,…` of a capture.
    pub version: Option<&'t str>,
    /// Host name of a prompt.
    pub host: Option<&'t str>,
    /// Sections that are not known, with the node they stand in.
    pub unknown: Vec<(NodeId, &'t str)>,
    /// Sections that end with the file and not with `end`.
    pub open: Vec<NodeId>,
    /// Entries and sections of which a part is not understood: why, and where.
    pub spoiled: Map<NodeId, (&'static str, &'t str)>,
    /// A statement of an entry that stands in no section: a part of any.
    pub stray: Option<&'t str>,
    /// A line of a template that decides which statements are there.
    pub template: Option<&'t str>,
    /// A line that a pager tore in what no entry of its own holds.
    pub torn: Option<&'t str>,
    /// Whether the end of the file is missing.
    pub cut: bool,
    /// `config vdom` was seen.
    pub vdoms: bool,
    /// Whether the device got virtual domains after its first statements.
    pub divided: bool,
}

/// A section that is not kept.
struct Skip {
    depth: usize,
    state: LineState,
}

struct Reader<'t> {
    read: Read<'t>,
    stack: Vec<NodeId>,
    skip: Option<Skip>,
    /// The output of a command that shows no configuration.
    output: bool,
    order: u32,
    edits: usize,
    numbers: Numbers,
    too_deep: bool,
    parts: Parts<'t>,
    /// Whether the line at hand was torn in its values.
    torn: bool,
}

/// Parts of a file that a template may leave out.
#[derive(Default)]
struct Parts<'t> {
    /// How many are open.
    depth: i32,
    /// Whether a statement that is kept stands in the outermost of them.
    decides: bool,
    /// The lines that open, divide and close it, and where they stand.
    lines: Vec<(usize, &'t str)>,
}

/// Reads all lines.
pub fn read<'t>(clean: &'t Clean<'_>) -> Read<'t> {
    let count = clean.file().line_count();
    let mut reader = Reader {
        read: Read {
            tree: Tree::new(clean.text()),
            owners: vec![Owner::State(LineState::Irrelevant); count],
            notes: Vec::new(),
            problems: Vec::new(),
            header: None,
            version: None,
            host: None,
            unknown: Vec::new(),
            open: Vec::new(),
            spoiled: Map::default(),
            stray: None,
            template: None,
            torn: None,
            cut: false,
            vdoms: false,
            divided: false,
        },
        stack: vec![ROOT],
        skip: None,
        output: false,
        order: 1,
        edits: 0,
        numbers: Numbers::default(),
        too_deep: false,
        parts: Parts::default(),
        torn: false,
    };
    let mut quotes = Quotes::default();
    let mut words = Vec::new();
    let mut envelope = Envelope::of(clean.text());
    let mut at = 0usize;
    while let Some(line) = clean.line(at) {
        let text = trimmed_of(line.text, |c| {
            matches!(c, ' ' | '\t' | '\r' | '\u{feff}' | '\u{c}')
        });
        let outside = envelope.as_mut().is_some_and(|held| held.holds(text));
        let directive = templates::line(text).is_some_and(|said| {
            reader.template(said, text, line.first, outside);
            said.directive
        });
        if text.is_empty() || outside || directive {
            at = at.saturating_add(1);
            continue;
        }
        if text.starts_with('#') {
            reader.comment(text);
            at = at.saturating_add(1);
            continue;
        }
        let text = reader.prompt(text);
        let stray = quotes.stray.len();
        let last = lex::words(clean, at, text, &mut words, &mut quotes);
        let owner = if text.is_empty() {
            Owner::State(LineState::Irrelevant)
        } else {
            reader.torn = torn::is_torn(text) && !torn::mend(text, &mut words);
            reader.statement(text, &mut words)
        };
        if quotes.stray.len() > stray {
            reader.spoil("a quote is opened and closes nowhere", text);
            reader.problem(clean, text, "a quote is opened and closes nowhere");
        }
        let end = match last {
            last if last == at => line.last,
            _ => clean.line(last).map_or(line.last, |line| line.last),
        };
        for physical in line.first..=end {
            if let Some(slot) = reader.read.owners.get_mut(physical) {
                *slot = owner;
            }
        }
        at = last.saturating_add(1);
    }
    reader.finish(clean)
}

impl<'t> Reader<'t> {
    fn here(&self) -> NodeId {
        self.stack.last().copied().unwrap_or(ROOT)
    }

    fn problem(&mut self, clean: &Clean<'_>, at: &str, message: &str) {
        if self.read.problems.len() < 100 {
            self.read.problems.push(Problem {
                level: ProblemLevel::Warning,
                message: message.to_owned(),
                hint: Some("export it again with `show full-configuration`, or as a backup without encryption".to_owned()),
                span: clean.span_of(at),
            });
        }
    }

    /// Remembers that a part of where we are is not understood.
    fn spoil(&mut self, why: &'static str, text: &'t str) {
        let here = self.here();
        self.read.spoiled.entry(here).or_insert((why, text));
    }

    fn comment(&mut self, text: &'t str) {
        let body = text.trim_start_matches(['#', ' ']);
        if body.starts_with("config-version=") {
            self.read.header.get_or_insert(text);
        } else if let Some(rest) = body.strip_prefix("Version: ") {
            if rest.starts_with("Forti") {
                self.read.version.get_or_insert(text);
            }
        } else if let Some(rest) = body.strip_prefix("Hostname: ") {
            self.read.host.get_or_insert(rest.trim());
        }
    }

    /// A line in which the language of a template stands.
    fn template(&mut self, said: templates::Line, text: &'t str, line: usize, outside: bool) {
        let skipped = outside || self.skip.is_some();
        self.parts.depth = self.parts.depth.saturating_add(said.depth);
        if said.directive && !skipped {
            self.parts.lines.push((line, text));
            if self.parts.decides || said.more || self.parts.depth < 0 {
                self.read.template.get_or_insert(text);
                self.left_out();
            }
        }
        if self.parts.depth <= 0 {
            self.parts = Parts::default();
        }
    }

    /// Notes that the lines of a template decide which statements are there.
    fn left_out(&mut self) {
        for (line, text) in std::mem::take(&mut self.parts.lines) {
            if let Some(owner) = self.read.owners.get_mut(line) {
                *owner = Owner::State(LineState::NotModelled);
            }
            self.read
                .notes
                .push((LineState::NotModelled, Cow::Borrowed(TEMPLATE), text));
        }
    }

    /// Takes a prompt off a line: what was typed remains.
    fn prompt(&mut self, text: &'t str) -> &'t str {
        let Some((host, typed)) = prompt(text) else {
            return text;
        };
        self.read.host.get_or_insert(host);
        self.output = false;
        let verb = typed.split(' ').next().unwrap_or_default();
        match verb {
            "config" | "edit" | "set" | "unset" | "append" | "next" | "end" | "abort" | "move"
            | "rename" | "delete" | "clone" => typed,
            "show" | "" => "",
            _ => {
                self.output = true;
                ""
            }
        }
    }

    fn statement(&mut self, text: &'t str, words: &mut Vec<Token<'t>>) -> Owner {
        let skipped = self.skip.is_some();
        let owner = self.execute(text, words);
        if self.parts.depth > 0 && !self.parts.decides && !skipped && self.skip.is_none() {
            self.parts.decides = true;
            self.read.template.get_or_insert(text);
            self.left_out();
        }
        owner
    }

    fn execute(&mut self, text: &'t str, words: &mut Vec<Token<'t>>) -> Owner {
        self.order = self.order.saturating_add(1);
        let verb = words.first().map_or("", |word| &*word.text);
        if self.output && verb != "config" {
            return Owner::State(LineState::Irrelevant);
        }
        self.output = false;
        if let Some(owner) = self.skipped(verb, text, words) {
            return owner;
        }
        let operation = match verb {
            "set" | "select" => Some(Operation::Set),
            "append" => Some(Operation::Append),
            "unselect" => Some(Operation::Remove),
            "unset" => Some(Operation::Unset),
            _ => None,
        };
        if let Some(operation) = operation {
            return self.set(operation, text, words);
        }
        let here = self.here();
        let rest = words.get(1..).unwrap_or_default();
        match verb {
            "config" => self.config(text, rest),
            "edit" => self.edit(text, rest),
            "next" => {
                if self.is_entry(here) {
                    self.stack.pop();
                    return self.closed(here, text);
                }
                let why = "`next` ends no entry here: the device refuses it";
                self.read
                    .notes
                    .push((LineState::Irrelevant, Cow::Borrowed(why), text));
                Owner::State(LineState::Irrelevant)
            }
            "end" | "abort" => self.end(text),
            "rename" | "clone" | "move" | "delete" | "purge" => self.change(verb, text, rest),
            "show" | "get" | "execute" | "exec" | "diagnose" | "diag" | "exit" | "logout" => {
                self.output = !matches!(verb, "show" | "exit" | "logout");
                Owner::State(LineState::Irrelevant)
            }
            _ if self.stack.len() == 1 && is_noise(text) => Owner::State(LineState::Irrelevant),
            _ => self.unread(text, "this is no statement of FortiOS"),
        }
    }

    /// A torn line that says something of an entry.
    fn torn_in(&mut self, entry: NodeId, key: &str, text: &'t str) {
        let tree = &self.read.tree;
        let held = tree.node(entry);
        let section = held.map_or("", |node| {
            tree.name(if node.entry { node.parent } else { entry })
        });
        if tables::key(section, key) == Some(tables::Key::Irrelevant) {
            return;
        }
        self.read
            .notes
            .push((LineState::NotModelled, Cow::Borrowed(torn::WHY), text));
        if held.is_some_and(|node| node.entry) && tables::holds_its_own(section) {
            self.read.spoiled.entry(entry).or_insert((torn::WHY, text));
        } else {
            self.read.torn.get_or_insert(text);
        }
    }

    /// A line that is not understood.
    fn unread(&mut self, text: &'t str, why: &'static str) -> Owner {
        let here = self.here();
        self.read
            .notes
            .push((LineState::Unrecognised, Cow::Borrowed(why), text));
        if here != ROOT {
            self.spoil("a line in it is not understood", text);
        }
        Owner::State(LineState::Unrecognised)
    }

    fn closed(&mut self, node: NodeId, text: &'t str) -> Owner {
        if let Some(node) = self.read.tree.nodes.get_mut(node as usize) {
            node.end = text;
        }
        Owner::Node(node)
    }

    fn is_entry(&self, node: NodeId) -> bool {
        self.read.tree.node(node).is_some_and(|node| node.entry)
    }

    /// Lines of a section that is not kept.
    fn skipped(&mut self, verb: &str, text: &'t str, words: &[Token<'t>]) -> Option<Owner> {
        let skip = self.skip.as_mut()?;
        let state = Owner::State(skip.state);
        match verb {
            "config" => {
                let path = path(words.get(1..).unwrap_or_default());
                if tables::is_top(&path) || path == "vdom" && !text.starts_with(' ') {
                    // The `end` is missing.
                    self.skip = None;
                    return None;
                }
                skip.depth = skip.depth.saturating_add(1);
            }
            "end" | "abort" => {
                skip.depth = skip.depth.saturating_sub(1);
                if skip.depth == 0 {
                    self.skip = None;
                }
            }
            _ => {}
        }
        Some(state)
    }

    fn config(&mut self, text: &'t str, words: &[Token<'t>]) -> Owner {
        let mut path = path(words);
        if self.torn
            && tables::part(&path).is_none()
            && let Some(whole) = torn::paths(words)
                .into_iter()
                .find(|path| tables::part(path).is_some())
        {
            path = Cow::Owned(whole);
        }
        let mut here = self.here();
        let mut base = self.is_base(here);
        if !base && tables::is_top(&path) {
            // The `end` before it is missing.
            while !self.is_base(self.here()) {
                self.stack.pop();
            }
            let why = "an `end` is missing before this section";
            self.read
                .notes
                .push((LineState::Modelled, Cow::Borrowed(why), text));
            here = self.here();
            base = true;
        }
        if base {
            let mut part = tables::part(&path);
            if part.is_none()
                && let Some(full) = tables::expand(&path)
            {
                part = tables::part(&full);
                path = full;
            }
            match part {
                Some(Part::Read) if path != "global" && path != "vdom" => {}
                Some(Part::Read) => {
                    if here == ROOT {
                        self.divide();
                    }
                    self.read.vdoms |= path == "vdom";
                }
                Some(Part::Irrelevant) => return self.skip(LineState::Irrelevant),
                Some(Part::Noted(why)) => {
                    let made = self.read.tree.open(here, false, path, text);
                    self.read.tree.mark_node(made, LineState::NotModelled);
                    self.read
                        .notes
                        .push((LineState::NotModelled, Cow::Borrowed(why), text));
                    self.stack.push(made);
                    return Owner::Node(made);
                }
                None => {
                    self.read.unknown.push((here, text));
                    let why = format!("section {} is not known to exlint", quoted(&path));
                    self.read
                        .notes
                        .push((LineState::Unrecognised, Cow::Owned(why), text));
                    return self.skip(LineState::Unrecognised);
                }
            }
        }
        if self.stack.len() >= MAX_DEPTH {
            if !self.too_deep {
                self.too_deep = true;
                let why =
                    "sections nest deeper than FortiOS nests them; what lies deeper is not read";
                self.read
                    .notes
                    .push((LineState::Unrecognised, Cow::Borrowed(why), text));
                self.spoil("sections nest deeper than FortiOS nests them", text);
            }
            return self.skip(LineState::Unrecognised);
        }
        let made = self.read.tree.open(here, false, path, text);
        self.stack.push(made);
        Owner::Node(made)
    }

    /// Takes what was said before the device had virtual domains to where it is
    /// from then on: the domain `root`, or what all domains share.
    ///
    /// Source: Fortinet, FortiOS Administration Guide, "Enable multi VDOM mode":
    /// the settings that a device has then become those of `root`.
    fn divide(&mut self) {
        let found = self.read.tree.children(ROOT);
        for section in found {
            let (name, raw) = (
                self.read.tree.name(section).to_owned(),
                self.read.tree.raw(section),
            );
            if self.is_entry(section) || matches!(name.as_str(), "global" | "vdom") {
                continue;
            }
            let to = if SHARED.contains(&name.as_str()) {
                // Its ports belong to the first domain unless they are given away.
                self.first_domain(raw);
                self.read
                    .tree
                    .open(ROOT, false, Cow::Borrowed("global"), raw)
            } else {
                self.first_domain(raw)
            };
            self.read.tree.adopt(section, to);
            self.read.divided = true;
        }
        if self.read.unknown.iter().any(|(node, _)| *node == ROOT) {
            let raw = self.read.unknown.first().map_or("", |(_, raw)| *raw);
            let to = self.first_domain(raw);
            for (node, _) in &mut self.read.unknown {
                if *node == ROOT {
                    *node = to;
                }
            }
        }
    }

    /// The domain that every device has.
    fn first_domain(&mut self, raw: &'t str) -> NodeId {
        let tree = &mut self.read.tree;
        let domains = tree.open(ROOT, false, Cow::Borrowed("vdom"), raw);
        tree.open(domains, true, Cow::Borrowed("root"), raw)
    }

    fn skip(&mut self, state: LineState) -> Owner {
        self.skip = Some(Skip { depth: 1, state });
        Owner::State(state)
    }

    /// Whether sections of the top level stand in a node.
    fn is_base(&self, node: NodeId) -> bool {
        let tree = &self.read.tree;
        let Some(held) = tree.node(node) else {
            return true;
        };
        node == ROOT
            || !held.entry && held.name == "global"
            || held.entry && tree.name(held.parent) == "vdom"
    }

    fn edit(&mut self, text: &'t str, words: &[Token<'t>]) -> Owner {
        let mut here = self.here();
        if self.is_entry(here) && !self.is_base(here) {
            // The `next` before it is missing.
            self.stack.pop();
            here = self.here();
        } else if self.is_entry(here) {
            self.stack.pop();
            here = self.here();
        }
        if here == ROOT {
            self.read.stray.get_or_insert(text);
            return self.unread(text, "`edit` stands in no section");
        }
        let (name, raw) = words
            .first()
            .map(|word| (word.text.clone(), word.raw))
            .unwrap_or_default();
        let name = if raw == "0" && Numbers::counts(self.read.tree.name(here)) {
            Cow::Owned(self.numbers.next(&self.read.tree, here).to_string())
        } else {
            self.numbers.seen(here, &name);
            name
        };
        let made = self.read.tree.open(here, true, name, text);
        if self.torn {
            self.torn_in(made, "", text);
        }
        self.stack.push(made);
        Owner::Node(made)
    }

    fn end(&mut self, text: &'t str) -> Owner {
        let mut here = self.here();
        if here == ROOT {
            let why = "`end` ends no section here";
            self.read
                .notes
                .push((LineState::Irrelevant, Cow::Borrowed(why), text));
            return Owner::State(LineState::Irrelevant);
        }
        if self.is_entry(here) {
            self.stack.pop();
            here = self.here();
        }
        self.stack.pop();
        if self.stack.is_empty() {
            self.stack.push(ROOT);
        }
        Owner::Node(here)
    }

    /// Takes the values of a statement over.
    fn set(&mut self, operation: Operation, text: &'t str, words: &mut Vec<Token<'t>>) -> Owner {
        let here = self.here();
        let key = words.get(1).map_or("", |word| word.raw);
        let key = trimmed_of(key, |c| c == '"');
        if here == ROOT || key.is_empty() {
            self.read.stray.get_or_insert(text);
            return self.unread(text, "this statement stands in no section");
        }
        if self.torn {
            self.torn_in(here, key, text);
        }
        if words.iter().skip(2).any(|word| tree::is_open(&word.text)) {
            self.open(here, key, text);
        }
        let values = self.read.tree.add_values(text, words.drain(2..));
        let setting = Setting {
            operation,
            key,
            values,
            raw: text,
            order: self.order,
            state: None,
        };
        Owner::Setting(self.read.tree.add(here, setting))
    }

    /// A value that a template leaves open, of an entry that holds nothing then.
    fn open(&mut self, here: NodeId, key: &str, text: &'t str) {
        let tree = &self.read.tree;
        let section = tree.node(here).map_or("", |node| tree.name(node.parent));
        if WHOLE.contains(&section) && tables::key(section, key).is_none() {
            self.spoil(tree::LEFT_OPEN, text);
        }
    }

    /// Commands that change entries as a whole.
    fn change(&mut self, verb: &str, text: &'t str, words: &[Token<'t>]) -> Owner {
        let section = self.here();
        if self.torn {
            self.read.torn.get_or_insert(text);
        }
        let word = |at: usize| {
            words
                .get(at)
                .map(|word| word.text.clone())
                .unwrap_or_default()
        };
        self.edits = self.edits.saturating_add(1);
        if self.edits > MAX_EDITS {
            self.spoil(
                "more entries are moved and deleted than exlint follows",
                text,
            );
            return Owner::State(LineState::NotModelled);
        }
        if verb == "purge" {
            for entry in self.read.tree.children(section) {
                self.read.tree.delete(entry);
            }
            return Owner::Node(section);
        }
        let found = self.read.tree.find(section, true, &word(0));
        let done = match (verb, found) {
            ("delete", Some(entry)) => {
                self.read.tree.delete(entry);
                true
            }
            ("rename", Some(entry)) => {
                let (from, to) = (word(0), word(2));
                let renamed = self.read.tree.rename(entry, to.clone());
                if renamed {
                    self.read.tree.renames.push(Rename {
                        section,
                        from: from.into_owned(),
                        to: to.into_owned(),
                        order: self.order,
                    });
                }
                renamed
            }
            ("clone", Some(entry)) => self.read.tree.clone_entry(entry, word(2), text).is_some(),
            ("move", Some(entry)) => {
                let other = self.read.tree.find(section, true, &word(2));
                other.is_some_and(|other| {
                    let behind = word(1) == "after";
                    self.read.tree.move_entry(entry, other, behind)
                })
            }
            _ => false,
        };
        if words.iter().any(|word| tree::is_open(&word.text)) {
            self.spoil(tree::LEFT_OPEN, text);
            self.read
                .notes
                .push((LineState::NotModelled, Cow::Borrowed(tree::LEFT_OPEN), text));
            return Owner::State(LineState::NotModelled);
        }
        if !done {
            let why = format!(
                "{} names no entry of the section: the device refuses it",
                quoted(&clipped(text))
            );
            self.read
                .notes
                .push((LineState::Irrelevant, Cow::Owned(why), text));
            return Owner::State(LineState::Irrelevant);
        }
        Owner::Node(section)
    }

    fn finish(mut self, clean: &Clean<'_>) -> Read<'t> {
        self.read.open = self
            .stack
            .iter()
            .copied()
            .filter(|node| *node != ROOT)
            .collect();
        // A capture may end in the virtual domain that was entered by hand.
        let cut = self
            .read
            .open
            .iter()
            .any(|node| !self.is_base(*node) && self.read.tree.name(*node) != "vdom");
        if !cut && self.skip.is_none() {
            self.read.open.clear();
        }
        self.read.cut = cut || self.skip.is_some();
        if self.read.cut {
            let at = self
                .stack
                .last()
                .map_or("", |node| self.read.tree.raw(*node));
            let path = self
                .read
                .open
                .first()
                .map(|node| self.read.tree.name(*node).to_owned());
            let message = match path {
                Some(path) if cut => format!(
                    "the file ends inside of section {}: it may be cut off",
                    quoted(&path)
                ),
                _ => "the file ends inside of a section: it may be cut off".to_owned(),
            };
            self.problem(clean, at, &message);
        }
        self.read
    }
}

impl Read<'_> {
    /// The ledger, after all modules marked what they read.
    pub fn ledger(&self, clean: &Clean<'_>) -> Ledger {
        let mut ledger = Ledger::new(Unit::Lines, self.owners.len());
        for (line, owner) in self.owners.iter().enumerate() {
            let state = match owner {
                Owner::State(state) => *state,
                Owner::Node(node) => self.inherited(*node),
                Owner::Setting(setting) => self
                    .tree
                    .settings
                    .get(*setting as usize)
                    .and_then(|setting| setting.state)
                    .unwrap_or_default(),
            };
            ledger.set(line, state);
        }
        for (state, why, at) in &self.notes {
            ledger.note(*state, why.clone(), clean.span_of(at));
        }
        ledger
    }

    fn inherited(&self, node: NodeId) -> LineState {
        let mut at = node;
        for _ in 0..=MAX_DEPTH {
            let Some(held) = self.tree.node(at) else {
                break;
            };
            if let Some(state) = held.state {
                return state;
            }
            if at == ROOT {
                break;
            }
            at = held.parent;
        }
        LineState::Modelled
    }
}
