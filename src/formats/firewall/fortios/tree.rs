//! The tree of a configuration: sections (`config`), their entries (`edit`) and
//! the statements in both.

use std::borrow::Cow;
use std::ops::Deref;

use crate::formats::LineState;
use crate::formats::firewall::shared::room::Progress;
use crate::formats::firewall::shared::tables::Map;
use crate::formats::firewall::shared::templates::is_placeholder;

use super::lex::Token;

/// A section or an entry.
pub type NodeId = u32;

/// The top.
pub const ROOT: NodeId = 0;

/// A section or an entry.
#[derive(Debug)]
pub struct Node<'t> {
    /// The path of a section, the name of an entry.
    pub name: Cow<'t, str>,
    /// Whether it is an entry.
    pub entry: bool,
    /// What it stands in.
    pub parent: NodeId,
    /// Sections and entries in it, in order.
    pub children: Vec<NodeId>,
    /// Statements in it, in order.
    pub settings: Vec<u32>,
    /// The line that opens it first.
    pub raw: &'t str,
    /// The line that ends it, or its last statement.
    pub end: &'t str,
    /// What became of its own lines, and of those in it that say nothing else.
    pub state: Option<LineState>,
}

/// What a statement does to a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// `set`, `select`.
    Set,
    /// `append`.
    Append,
    /// `unselect`: takes values away.
    Remove,
    /// `unset`.
    Unset,
}

/// A statement.
#[derive(Debug)]
pub struct Setting<'t> {
    /// What it does.
    pub operation: Operation,
    /// The key.
    pub key: &'t str,
    /// Its values: a range of [`Tree::values`].
    pub values: (u32, u32),
    /// The first line.
    pub raw: &'t str,
    /// Place in the order of all statements.
    pub order: u32,
    /// What became of it.
    pub state: Option<LineState>,
}

/// The values of a key: usually one.
#[derive(Debug, Clone)]
pub enum Words<'t> {
    /// One value.
    One(Token<'t>),
    /// None, or several.
    Many(Vec<Token<'t>>),
}

impl<'t> Words<'t> {
    fn new(words: &[Token<'t>]) -> Self {
        match words {
            [word] => Self::One(word.clone()),
            _ => Self::Many(words.to_vec()),
        }
    }

    /// Changes the values as a list.
    fn change(&mut self, change: impl FnOnce(&mut Vec<Token<'t>>)) {
        let mut words = self.to_vec();
        change(&mut words);
        *self = Self::Many(words);
    }
}

impl<'t> Deref for Words<'t> {
    type Target = [Token<'t>];

    fn deref(&self) -> &[Token<'t>] {
        match self {
            Self::One(word) => std::slice::from_ref(word),
            Self::Many(words) => words,
        }
    }
}

/// A key with the values that hold in the end.
#[derive(Debug, Clone)]
pub struct Value<'t> {
    /// The key.
    pub key: &'t str,
    /// Its values.
    pub words: Words<'t>,
    /// The last statement of it.
    pub raw: &'t str,
    /// Place of that in the order of all statements.
    pub order: u32,
}

impl Value<'_> {
    /// The first value.
    pub fn first(&self) -> &str {
        self.words.first().map_or("", |word| &word.text)
    }

    /// Whether it says that something is on.
    pub fn is_on(&self) -> bool {
        self.first() == "enable"
    }

    /// Whether a template leaves it to be filled in.
    pub fn is_open(&self) -> bool {
        self.words.iter().any(|word| is_open(&word.text))
    }

    /// Whether it says that something is off or empty.
    pub fn is_off(&self) -> bool {
        matches!(
            self.first(),
            "" | "disable" | "none" | "0" | "0x00" | "default"
        )
    }
}

/// Why a value does not tell what it will be on the device.
pub const LEFT_OPEN: &str = "a template leaves this value to be filled in";

/// Whether a template leaves a value to be filled in. `$(name)` is a variable of
/// FortiManager (Fortinet, FortiManager Administration Guide, "CLI templates").
pub fn is_open(word: &str) -> bool {
    is_placeholder(word) || word.contains("$(")
}

/// `rename`: who used the old name before means the new one.
#[derive(Debug)]
pub struct Rename {
    /// The section.
    pub section: NodeId,
    /// The old name.
    pub from: String,
    /// The new name.
    pub to: String,
    /// Place in the order of all statements.
    pub order: u32,
}

/// The tree.
#[derive(Debug)]
pub struct Tree<'t> {
    /// The text that the statements are slices of.
    text: &'t str,
    /// Sections and entries.
    pub nodes: Vec<Node<'t>>,
    /// Statements.
    pub settings: Vec<Setting<'t>>,
    /// Values of the statements.
    pub values: Vec<Token<'t>>,
    /// Entries that got another name.
    pub renames: Vec<Rename>,
    index: Map<(NodeId, bool, Cow<'t, str>), NodeId>,
}

/// Room for at most so many statements is made before any is read.
const MOST_ALIKE: usize = 32;

fn id(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

impl<'t> Tree<'t> {
    /// An empty tree for the statements of a text.
    pub fn new(text: &'t str) -> Self {
        let root = Node {
            name: Cow::Borrowed(""),
            entry: false,
            parent: ROOT,
            children: Vec::new(),
            settings: Vec::new(),
            raw: "",
            end: "",
            state: None,
        };
        Self {
            text,
            nodes: vec![root],
            settings: Vec::new(),
            values: Vec::new(),
            renames: Vec::new(),
            index: Map::default(),
        }
    }

    /// A node.
    pub fn node(&self, node: NodeId) -> Option<&Node<'t>> {
        self.nodes.get(node as usize)
    }

    /// The name of a node.
    pub fn name(&self, node: NodeId) -> &str {
        self.node(node).map_or("", |node| &node.name)
    }

    /// The line that opens a node.
    pub fn raw(&self, node: NodeId) -> &'t str {
        self.node(node).map_or("", |node| node.raw)
    }

    /// What a node holds, in order.
    pub fn children(&self, node: NodeId) -> Vec<NodeId> {
        self.node(node)
            .map(|node| node.children.clone())
            .unwrap_or_default()
    }

    /// A section or entry in a node.
    pub fn find(&self, parent: NodeId, entry: bool, name: &str) -> Option<NodeId> {
        self.index
            .get(&(parent, entry, Cow::Borrowed(name)))
            .copied()
    }

    /// The entries of a section in a node.
    pub fn entries(&self, parent: NodeId, section: &str) -> Vec<NodeId> {
        self.find(parent, false, section)
            .map(|section| self.children(section))
            .unwrap_or_default()
            .into_iter()
            .filter(|child| self.node(*child).is_some_and(|node| node.entry))
            .collect()
    }

    /// Opens a section or an entry, new or known.
    pub fn open(
        &mut self,
        parent: NodeId,
        entry: bool,
        name: Cow<'t, str>,
        raw: &'t str,
    ) -> NodeId {
        let key = (parent, entry, name);
        if let Some(found) = self.index.get(&key) {
            return *found;
        }
        let made = id(self.nodes.len());
        let progress = Progress::at(self.text, raw);
        progress.make_room(&mut self.nodes);
        progress.make_room_in(&mut self.index);
        // Entries of a section have about as many statements.
        let sibling = self.node(parent).and_then(|node| node.children.last());
        let alike = sibling.and_then(|sibling| self.node(*sibling));
        let settings = alike.map_or(0, |alike| alike.settings.len().min(MOST_ALIKE));
        self.nodes.push(Node {
            name: key.2.clone(),
            entry,
            parent,
            children: Vec::new(),
            settings: Vec::with_capacity(settings),
            raw,
            end: raw,
            state: None,
        });
        if let Some(parent) = self.nodes.get_mut(parent as usize) {
            parent.children.push(made);
        }
        self.index.insert(key, made);
        made
    }

    /// Adds the values of the statement that is added next.
    pub fn add_values(
        &mut self,
        raw: &str,
        words: impl ExactSizeIterator<Item = Token<'t>>,
    ) -> (u32, u32) {
        Progress::at(self.text, raw).make_room_for(words.len(), &mut self.values);
        let start = id(self.values.len());
        self.values.extend(words);
        (start, id(self.values.len()))
    }

    /// Adds a statement.
    pub fn add(&mut self, node: NodeId, setting: Setting<'t>) -> u32 {
        let made = id(self.settings.len());
        let raw = setting.raw;
        Progress::at(self.text, raw).make_room(&mut self.settings);
        self.settings.push(setting);
        if let Some(node) = self.nodes.get_mut(node as usize) {
            node.settings.push(made);
            node.end = raw;
        }
        made
    }

    /// Moves a section to where none of its name is.
    pub fn adopt(&mut self, node: NodeId, to: NodeId) {
        let Some((parent, entry, name)) = self
            .node(node)
            .map(|held| (held.parent, held.entry, held.name.clone()))
        else {
            return;
        };
        let key = (to, entry, name);
        if self.index.contains_key(&key) {
            return;
        }
        self.index.remove(&(parent, entry, key.2.clone()));
        self.index.insert(key, node);
        if let Some(parent) = self.nodes.get_mut(parent as usize) {
            parent.children.retain(|child| *child != node);
        }
        if let Some(held) = self.nodes.get_mut(node as usize) {
            held.parent = to;
        }
        if let Some(to) = self.nodes.get_mut(to as usize) {
            to.children.push(node);
        }
    }

    /// Takes an entry out.
    pub fn delete(&mut self, node: NodeId) {
        let Some((parent, name)) = self.node(node).map(|n| (n.parent, n.name.clone())) else {
            return;
        };
        self.index.remove(&(parent, true, name));
        if let Some(parent) = self.nodes.get_mut(parent as usize) {
            parent.children.retain(|child| *child != node);
        }
        // That it is gone is what its statements say in the end.
        let mut work = vec![node];
        while let Some(at) = work.pop() {
            let Some(held) = self.nodes.get(at as usize) else {
                continue;
            };
            work.extend_from_slice(&held.children);
            for index in &held.settings {
                if let Some(setting) = self.settings.get_mut(*index as usize) {
                    setting.state = Some(LineState::Modelled);
                }
            }
        }
    }

    /// Gives an entry another name; `false` when that is taken.
    pub fn rename(&mut self, node: NodeId, to: Cow<'t, str>) -> bool {
        let Some((parent, name)) = self.node(node).map(|n| (n.parent, n.name.clone())) else {
            return false;
        };
        if self.find(parent, true, &to).is_some() {
            return false;
        }
        self.index.remove(&(parent, true, name));
        self.index.insert((parent, true, to.clone()), node);
        if let Some(node) = self.nodes.get_mut(node as usize) {
            node.name = to;
        }
        true
    }

    /// Makes an entry with the statements of another, without what nests in it.
    pub fn clone_entry(&mut self, node: NodeId, to: Cow<'t, str>, raw: &'t str) -> Option<NodeId> {
        let (parent, settings, deep) = self
            .node(node)
            .map(|n| (n.parent, n.settings.clone(), !n.children.is_empty()))?;
        if deep || self.find(parent, true, &to).is_some() {
            return None;
        }
        let made = self.open(parent, true, to, raw);
        if let Some(made) = self.nodes.get_mut(made as usize) {
            made.settings = settings;
        }
        Some(made)
    }

    /// Moves an entry before or behind another of its section.
    pub fn move_entry(&mut self, node: NodeId, other: NodeId, behind: bool) -> bool {
        let Some(parent) = self.node(node).map(|n| n.parent) else {
            return false;
        };
        if node == other || self.node(other).map(|n| n.parent) != Some(parent) {
            return false;
        }
        let Some(parent) = self.nodes.get_mut(parent as usize) else {
            return false;
        };
        parent.children.retain(|child| *child != node);
        let Some(place) = parent.children.iter().position(|child| *child == other) else {
            parent.children.push(node);
            return false;
        };
        let place = place.saturating_add(usize::from(behind));
        parent
            .children
            .insert(place.min(parent.children.len()), node);
        true
    }

    /// The keys of a node with the values that hold in the end, in the order of
    /// their first mention. `unset` leaves a key without values.
    pub fn values(&self, node: NodeId) -> Vec<Value<'t>> {
        let Some(node) = self.node(node) else {
            return Vec::new();
        };
        let mut found: Vec<Value<'t>> = Vec::with_capacity(node.settings.len().min(32));
        let mut places: Map<&str, usize> = Map::default();
        for index in &node.settings {
            let Some(setting) = self.settings.get(*index as usize) else {
                continue;
            };
            let (start, end) = (setting.values.0 as usize, setting.values.1 as usize);
            let words = self.values.get(start..end).unwrap_or_default();
            let next = found.len();
            let place = if next <= 16 {
                let held = found.iter().position(|value| value.key == setting.key);
                if next == 16 && held.is_none() {
                    places.extend(found.iter().enumerate().map(|(at, value)| (value.key, at)));
                    places.insert(setting.key, next);
                }
                held.unwrap_or(next)
            } else {
                *places.entry(setting.key).or_insert(next)
            };
            if place >= found.len() {
                found.push(Value {
                    key: setting.key,
                    words: Words::Many(Vec::new()),
                    raw: setting.raw,
                    order: setting.order,
                });
            }
            let Some(value) = found.get_mut(place) else {
                continue;
            };
            value.raw = setting.raw;
            value.order = setting.order;
            match setting.operation {
                Operation::Set => value.words = Words::new(words),
                Operation::Append => {
                    value.words.change(|all| all.extend_from_slice(words));
                }
                Operation::Unset => value.words = Words::Many(Vec::new()),
                Operation::Remove => value.words.change(|all| {
                    all.retain(|held| !words.iter().any(|word| word.text == held.text));
                }),
            }
        }
        found
    }

    /// Sets the state of all statements of a key that have none.
    pub fn mark(&mut self, node: NodeId, key: &str, state: LineState) {
        let Some(node) = self.nodes.get(node as usize) else {
            return;
        };
        for index in &node.settings {
            if let Some(setting) = self.settings.get_mut(*index as usize)
                && setting.key == key
            {
                setting.state = Some(state);
            }
        }
    }

    /// Marks a key that says something else than off as not modelled; `false`
    /// when it is off.
    pub fn mark_value(&mut self, node: NodeId, key: &str) -> bool {
        let values = self.values(node);
        let on = values
            .iter()
            .any(|value| value.key == key && !value.is_off());
        if on {
            self.mark(node, key, LineState::NotModelled);
        }
        on
    }

    /// Gives a state to a node, to what nests in it, and to all of its statements
    /// that have none.
    pub fn cover(&mut self, node: NodeId, state: LineState) {
        let mut work = vec![node];
        while let Some(at) = work.pop() {
            self.mark_node(at, state);
            let keys = self.node(at).map(|node| node.settings.clone());
            for index in keys.unwrap_or_default() {
                if let Some(setting) = self.settings.get_mut(index as usize) {
                    setting.state.get_or_insert(state);
                }
            }
            work.extend(self.children(at));
        }
    }

    /// Sets the state of a node's own lines.
    pub fn mark_node(&mut self, node: NodeId, state: LineState) {
        if let Some(node) = self.nodes.get_mut(node as usize) {
            node.state = Some(state);
        }
    }
}
