//! A configuration as a tree of single words.
//!
//! `from-zone a to-zone b { policy p { then { permit; } } }` and `set … from-zone
//! a to-zone b policy p then permit` are the same path of words, so both
//! syntaxes of one configuration give one tree. A node remembers where its
//! word stood first, what became of it, and whether it was deactivated.
//! Bounded: words nest [`MAX_DEPTH`] deep, what lies deeper joins its parent.

use crate::formats::LineState;
use crate::formats::firewall::shared::room::Progress;
use crate::formats::firewall::shared::tables::Map;
use crate::model::asks::Asks;
use crate::source::Span;

/// So many bytes of what a node says are written out.
const MAX_SAID: usize = 1_000_000;
/// Of so many words of a condition it is told where they stand.
const MAX_LEAVES: usize = 8;
/// Deepest word that is kept apart from its parent.
pub const MAX_DEPTH: u16 = 160;
/// Children from which on they are found by a table.
const WIDE: u32 = 12;
/// How many links all moves of a tree may follow.
const MAX_MOVES: usize = 20_000_000;
const NONE: u32 = u32::MAX;

/// Index of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(u32);

/// The node above all others.
pub const ROOT: NodeId = NodeId(0);

#[derive(Debug, Clone)]
struct Node<'t> {
    word: &'t str,
    /// See [`head`].
    head: u64,
    line: u32,
    parent: u32,
    first: u32,
    last: u32,
    next: u32,
    children: u32,
    depth: u16,
    flags: u8,
    state: u8,
}

/// Deactivated: the device ignores the statement.
const INACTIVE: u8 = 1;
/// Deactivated only as a part of a deactivated statement.
const IMPLIED: u8 = 2;
/// Deleted.
const REMOVED: u8 = 4;
/// Came from a configuration group.
const INHERITED: u8 = 8;
/// The node's state is that of everything below it.
const COVERS: u8 = 16;
/// Nothing reads the node, so that what holds it is not known.
const UNKNOWN: u8 = 32;

/// A remark on a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// The node.
    pub node: NodeId,
    /// Its state.
    pub state: LineState,
    /// Why.
    pub why: std::borrow::Cow<'static, str>,
}

/// The tree.
#[derive(Debug)]
pub struct WordTree<'t> {
    /// The text that most words are slices of.
    text: &'t str,
    nodes: Vec<Node<'t>>,
    wide: Map<(u32, &'t str), u32>,
    /// The last word of every statement, with the line that it stood on.
    ends: Vec<(u32, u32)>,
    remarks: Vec<Remark>,
    moves: usize,
    too_deep: Option<u32>,
}

impl Default for WordTree<'_> {
    fn default() -> Self {
        Self::new("")
    }
}

impl<'t> WordTree<'t> {
    /// An empty tree for the words of a text.
    pub fn new(text: &'t str) -> Self {
        Self {
            text,
            nodes: vec![Node {
                word: "",
                head: 0,
                line: 0,
                parent: NONE,
                first: NONE,
                last: NONE,
                next: NONE,
                children: 0,
                depth: 0,
                flags: 0,
                state: 0,
            }],
            wide: Map::default(),
            ends: Vec::new(),
            remarks: Vec::new(),
            moves: 0,
            too_deep: None,
        }
    }
}

fn code(state: LineState) -> u8 {
    match state {
        LineState::Unrecognised => 1,
        LineState::Irrelevant => 2,
        LineState::NotModelled => 3,
        LineState::Modelled => 4,
    }
}

fn state_of(code: u8) -> LineState {
    match code {
        2 => LineState::Irrelevant,
        3 => LineState::NotModelled,
        4 => LineState::Modelled,
        _ => LineState::Unrecognised,
    }
}

/// The length of a word and its first seven bytes: most words that differ,
/// differ here, and short ones only here.
fn head(word: &str) -> u64 {
    let length = u64::try_from(word.len()).unwrap_or(u64::MAX).min(0xff);
    let first = match word.as_bytes().first_chunk::<8>() {
        Some(bytes) => u64::from_le_bytes(*bytes) << 8,
        None => {
            word.bytes()
                .rev()
                .fold(0, |all: u64, byte| all << 8 | u64::from(byte))
                << 8
        }
    };
    first | length
}

impl Node<'_> {
    fn is(&self, head: u64, word: &str) -> bool {
        self.head == head && (word.len() < 8 || self.word == word)
    }
}

impl<'t> WordTree<'t> {
    fn node(&self, id: u32) -> Option<&Node<'t>> {
        self.nodes.get(id as usize)
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.nodes.len() <= 1
    }

    /// The line of the first word that lay too deep.
    pub fn too_deep(&self) -> Option<u32> {
        self.too_deep
    }

    /// The child of that word, if there is one, deactivated or not.
    pub fn find(&self, parent: NodeId, word: &str) -> Option<NodeId> {
        self.find_by(parent, head(word), word)
    }

    fn find_by(&self, parent: NodeId, head: u64, word: &str) -> Option<NodeId> {
        let node = self.node(parent.0)?;
        if node.children > WIDE {
            let found = self.wide.get(&(parent.0, word)).copied()?;
            let alive = self
                .node(found)
                .is_some_and(|node| node.flags & REMOVED == 0);
            return alive.then_some(NodeId(found));
        }
        let mut at = node.first;
        while let Some(child) = self.node(at) {
            if child.is(head, word) && child.flags & REMOVED == 0 {
                return Some(NodeId(at));
            }
            at = child.next;
        }
        None
    }

    /// The child of that word; made as the last one where there is none. The
    /// flag tells whether it was made.
    pub fn child(&mut self, parent: NodeId, word: &'t str, line: u32) -> (NodeId, bool) {
        let head = head(word);
        if let Some(node) = self.node(parent.0)
            && let Some(last) = self.node(node.last)
            && last.is(head, word)
            && last.flags & REMOVED == 0
        {
            return (NodeId(node.last), false);
        }
        if let Some(found) = self.find_by(parent, head, word) {
            return (found, false);
        }
        let depth = self.node(parent.0).map_or(0, |node| node.depth);
        if depth >= MAX_DEPTH {
            self.too_deep.get_or_insert(line);
            return (parent, false);
        }
        let Ok(id) = u32::try_from(self.nodes.len()) else {
            return (parent, false);
        };
        let progress = Progress::at(self.text, word);
        progress.make_room(&mut self.nodes);
        self.nodes.push(Node {
            word,
            head,
            line,
            parent: parent.0,
            first: NONE,
            last: NONE,
            next: NONE,
            children: 0,
            depth: depth.saturating_add(1),
            flags: 0,
            state: 0,
        });
        let mut before = NONE;
        let mut count = 0;
        if let Some(node) = self.nodes.get_mut(parent.0 as usize) {
            before = std::mem::replace(&mut node.last, id);
            if node.first == NONE {
                node.first = id;
            }
            node.children = node.children.saturating_add(1);
            count = node.children;
        }
        if let Some(node) = self.nodes.get_mut(before as usize) {
            node.next = id;
        }
        if count == WIDE.saturating_add(1) {
            let mut at = self.node(parent.0).map_or(NONE, |node| node.first);
            while let Some(child) = self.nodes.get(at as usize) {
                if child.flags & REMOVED == 0 {
                    self.wide.insert((parent.0, child.word), at);
                }
                at = child.next;
            }
        } else if count > WIDE {
            progress.make_room_in(&mut self.wide);
            self.wide.insert((parent.0, word), id);
        }
        (NodeId(id), true)
    }

    /// Notes that a statement ended at a node, on a line.
    pub fn end(&mut self, line: u32, node: NodeId) {
        let word = self.node(node.0).map_or("", |node| node.word);
        Progress::at(self.text, word).make_room(&mut self.ends);
        self.ends.push((line, node.0));
    }

    /// The last statement's end.
    pub fn last_end(&self) -> Option<NodeId> {
        self.ends.last().map(|(_, node)| NodeId(*node))
    }

    fn flag(&mut self, node: NodeId, set: u8, clear: u8) {
        if let Some(node) = self.nodes.get_mut(node.0 as usize) {
            node.flags = node.flags & !clear | set;
        }
    }

    fn has(&self, node: NodeId, flag: u8) -> bool {
        self.node(node.0).is_some_and(|node| node.flags & flag != 0)
    }

    /// Deactivates a statement; `implied` for the words that only lead to it.
    pub fn deactivate(&mut self, node: NodeId, implied: bool) {
        if implied {
            self.flag(node, INACTIVE | IMPLIED, 0);
        } else {
            self.flag(node, INACTIVE, IMPLIED);
        }
    }

    /// Activates a statement.
    pub fn activate(&mut self, node: NodeId) {
        self.flag(node, 0, INACTIVE | IMPLIED);
    }

    /// A live statement leads through a node: it is not deactivated as a part
    /// of another one.
    pub fn pass(&mut self, node: NodeId) {
        if self.has(node, IMPLIED) {
            self.activate(node);
        }
    }

    /// Deletes a statement.
    pub fn remove(&mut self, node: NodeId) {
        self.flag(node, REMOVED, 0);
        if let Some((parent, word)) = self.node(node.0).map(|node| (node.parent, node.word))
            && self.wide.get(&(parent, word)) == Some(&node.0)
        {
            self.wide.remove(&(parent, word));
        }
    }

    /// Whether a statement is deactivated itself.
    pub fn is_inactive(&self, node: NodeId) -> bool {
        self.has(node, INACTIVE)
    }

    /// Whether a statement came from a configuration group.
    pub fn is_inherited(&self, node: NodeId) -> bool {
        self.has(node, INHERITED)
    }

    /// Puts a child before or behind a sibling. `false` when the two are not
    /// siblings or the tree was rearranged too often.
    pub fn rearrange(&mut self, node: NodeId, sibling: NodeId, behind: bool) -> bool {
        let Some(parent) = self.node(node.0).map(|node| node.parent) else {
            return false;
        };
        if node == sibling || self.node(sibling.0).map(|node| node.parent) != Some(parent) {
            return false;
        }
        let mut order = Vec::new();
        let mut at = self.node(parent).map_or(NONE, |node| node.first);
        while let Some(next) = self.node(at).map(|child| child.next) {
            self.moves = self.moves.saturating_add(1);
            if at == sibling.0 {
                let pair = if behind {
                    [sibling.0, node.0]
                } else {
                    [node.0, sibling.0]
                };
                order.extend(pair);
            } else if at != node.0 {
                order.push(at);
            }
            at = next;
            if self.moves > MAX_MOVES {
                return false;
            }
        }
        let mut next = NONE;
        for id in order.iter().rev() {
            if let Some(child) = self.nodes.get_mut(*id as usize) {
                child.next = next;
            }
            next = *id;
        }
        if let Some(parent) = self.nodes.get_mut(parent as usize) {
            parent.first = order.first().copied().unwrap_or(NONE);
            parent.last = order.last().copied().unwrap_or(NONE);
        }
        true
    }

    /// The word of a node.
    pub fn word(&self, node: NodeId) -> &'t str {
        self.node(node.0).map_or("", |node| node.word)
    }

    /// The line of a node's first mention, from 0.
    pub fn line(&self, node: NodeId) -> u32 {
        self.node(node.0).map_or(0, |node| node.line)
    }

    /// The node above.
    pub fn parent(&self, node: NodeId) -> Option<NodeId> {
        let parent = self.node(node.0)?.parent;
        (parent != NONE).then_some(NodeId(parent))
    }

    /// Whether a node is another one or lies below it.
    pub fn is_within(&self, node: NodeId, ancestor: NodeId) -> bool {
        let mut at = Some(node);
        while let Some(id) = at {
            if id == ancestor {
                return true;
            }
            at = self.parent(id);
        }
        false
    }

    /// All children that were not deleted, deactivated ones too.
    pub fn all(&self, node: NodeId) -> Children<'_, 't> {
        Children {
            tree: self,
            at: self.node(node.0).map_or(NONE, |node| node.first),
            skip: REMOVED,
        }
    }

    /// The children that count on the device.
    pub fn children(&self, node: NodeId) -> Children<'_, 't> {
        Children {
            skip: REMOVED | INACTIVE,
            ..self.all(node)
        }
    }

    /// The children that count, for who changes the tree meanwhile.
    pub fn list(&self, node: NodeId) -> Vec<NodeId> {
        let count = self.node(node.0).map_or(0, |node| node.children);
        let mut all = Vec::with_capacity(count as usize);
        all.extend(self.children(node));
        all
    }

    /// Whether a node has children that count.
    pub fn is_leaf(&self, node: NodeId) -> bool {
        self.children(node).next().is_none()
    }

    /// The child of that word that counts on the device.
    pub fn get(&self, node: NodeId, word: &str) -> Option<NodeId> {
        self.find(node, word)
            .filter(|found| !self.is_inactive(*found))
    }

    /// The node at the end of a path from another one.
    pub fn at(&self, node: NodeId, path: &[&str]) -> Option<NodeId> {
        path.iter()
            .try_fold(node, |node, word| self.get(node, word))
    }

    /// The value behind a key of which only one can hold: the device's own
    /// before one from a group.
    pub fn value(&self, node: NodeId, key: &str) -> Option<NodeId> {
        let key = self.get(node, key)?;
        let mut values = self.children(key);
        let first = values.next()?;
        if !self.is_inherited(first) {
            return Some(first);
        }
        Some(
            values
                .find(|value| !self.is_inherited(*value))
                .unwrap_or(first),
        )
    }

    /// The child of that word, made as one that came from a group where there
    /// is none.
    pub fn inherit(&mut self, parent: NodeId, word: &'t str, line: u32) -> (NodeId, bool) {
        let (node, made) = self.child(parent, word, line);
        if made {
            self.flag(node, INHERITED, 0);
        }
        (node, made)
    }

    /// All nodes of that word that count, deepest first.
    pub fn named(&self, word: &str) -> Vec<NodeId> {
        let head = head(word);
        let mut found: Vec<(u16, u32)> = (0u32..)
            .zip(&self.nodes)
            .filter(|(_, node)| node.is(head, word) && node.flags & (REMOVED | INACTIVE) == 0)
            .map(|(id, node)| (node.depth, id))
            .collect();
        found.sort_by_key(|(depth, id)| (std::cmp::Reverse(*depth), *id));
        found.into_iter().map(|(_, id)| NodeId(id)).collect()
    }

    /// The words from the top to a node.
    pub fn path(&self, node: NodeId) -> Vec<&'t str> {
        let mut words = Vec::new();
        let mut at = Some(node);
        while let Some(id) = at {
            if id != ROOT {
                words.push(self.word(id));
            }
            at = self.parent(id);
        }
        words.reverse();
        words
    }

    /// What a condition asks: what its node says, and where the last words of that
    /// stand.
    pub fn asks(&self, node: NodeId, place: impl Fn(NodeId) -> Span) -> Asks {
        let leaves = self.leaves(node, MAX_LEAVES);
        Asks {
            on: leaves.into_iter().map(place).collect(),
            ..Asks::of(self.says(node))
        }
    }

    /// What a node says with all below it, in any order and in any syntax:
    /// without remarks, names with blanks in quotes.
    fn says(&self, node: NodeId) -> String {
        let mut lines = Vec::new();
        let mut bytes = 0usize;
        let mut open = vec![(node, String::new())];
        while let Some((at, before)) = open.pop() {
            let word = self.word(at);
            if matches!(word, "description" | "comments" | "annotate" | "@uuid") {
                continue;
            }
            let said = if word.contains(char::is_whitespace) {
                format!("{before} \"{word}\"")
            } else {
                format!("{before} {word}")
            };
            bytes = bytes.saturating_add(said.len());
            let children = self.list(at);
            if children.is_empty() || bytes > MAX_SAID {
                lines.push(said);
            } else {
                open.extend(children.into_iter().map(|child| (child, said.clone())));
            }
        }
        lines.sort_unstable();
        lines.join("\n")
    }

    /// The last words of what a node says, at most so many.
    fn leaves(&self, node: NodeId, most: usize) -> Vec<NodeId> {
        let mut out = Vec::new();
        let mut open = vec![node];
        while let Some(at) = open.pop() {
            let children = self.list(at);
            if children.is_empty() {
                out.push(at);
            }
            if out.len() >= most {
                break;
            }
            open.extend(children);
        }
        out
    }

    /// Gives a node a state.
    pub fn mark(&mut self, node: NodeId, state: LineState) {
        if let Some(node) = self.nodes.get_mut(node.0 as usize) {
            node.state = code(state);
        }
    }

    /// Gives a node and all below it a state, where they have none.
    pub fn cover(&mut self, node: NodeId, state: LineState) {
        self.mark(node, state);
        self.flag(node, COVERS, 0);
    }

    /// Covers a node and says why.
    pub fn explain(
        &mut self,
        node: NodeId,
        state: LineState,
        why: impl Into<std::borrow::Cow<'static, str>>,
    ) {
        self.cover(node, state);
        if self.remarks.len() < crate::formats::MAX_NOTES {
            self.remarks.push(Remark {
                node,
                state,
                why: why.into(),
            });
        }
    }

    /// Whether a node has a state.
    pub fn is_marked(&self, node: NodeId) -> bool {
        self.node(node.0).is_some_and(|node| node.state != 0)
    }

    /// Tells that nothing reads a node: whoever reads what holds it, once more or
    /// for another device, has to count with it.
    pub fn mark_unknown(&mut self, node: NodeId) {
        self.flag(node, UNKNOWN, 0);
    }

    /// Whether a node has a state that a reader gave it knowingly.
    pub fn is_read(&self, node: NodeId) -> bool {
        self.is_marked(node) && !self.has(node, UNKNOWN)
    }

    /// All remarks.
    pub fn remarks(&self) -> &[Remark] {
        &self.remarks
    }

    /// The state of every statement, with its line and last word. A word that
    /// only leads to others has the best state of those.
    pub fn states(&mut self) -> Vec<(u32, NodeId, LineState)> {
        // From above: what covers, and what is switched off.
        for at in 0..self.nodes.len() {
            let Some(node) = self.nodes.get(at) else {
                continue;
            };
            let above = self
                .node(node.parent)
                .map(|up| (up.state, up.flags & COVERS));
            let off = node.flags & (INACTIVE | REMOVED) != 0;
            let Some(node) = self.nodes.get_mut(at) else {
                continue;
            };
            if node.state == 0 && off {
                node.state = code(LineState::Irrelevant);
                node.flags |= COVERS;
            } else if node.state == 0
                && let Some((state, COVERS)) = above
            {
                node.state = state;
                node.flags |= COVERS;
            }
        }
        // From below: children come after their parents.
        let mut best = vec![0u8; self.nodes.len()];
        for at in (1..self.nodes.len()).rev() {
            let Some(node) = self.nodes.get_mut(at) else {
                continue;
            };
            if node.state == 0 {
                node.state = best.get(at).copied().unwrap_or(0).max(1);
            }
            let (state, parent) = (node.state, node.parent as usize);
            if let Some(slot) = best.get_mut(parent) {
                *slot = (*slot).max(state);
            }
        }
        self.ends
            .iter()
            .map(|(line, node)| {
                let state = self.node(*node).map_or(0, |node| node.state);
                (*line, NodeId(*node), state_of(state))
            })
            .collect()
    }
}

/// Children of a node, in order.
#[derive(Debug, Clone)]
pub struct Children<'a, 't> {
    tree: &'a WordTree<'t>,
    at: u32,
    skip: u8,
}

impl Iterator for Children<'_, '_> {
    type Item = NodeId;

    fn next(&mut self) -> Option<NodeId> {
        loop {
            let node = self.tree.node(self.at)?;
            let id = NodeId(self.at);
            self.at = node.next;
            if node.flags & self.skip == 0 {
                return Some(id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ROOT, WordTree, head};

    #[test]
    fn words_that_begin_alike_are_told_apart() {
        let words = [
            "",
            "a",
            "aa",
            "a\0",
            "service",
            "services",
            "service-group",
            "servicez",
            "service-grouq",
            "日本語",
        ];
        let long = ["x".repeat(300), "x".repeat(301)];
        let words: Vec<&str> = words
            .into_iter()
            .chain(long.iter().map(String::as_str))
            .collect();
        let mut tree = WordTree::new("");
        let made: Vec<_> = words.iter().map(|word| tree.child(ROOT, word, 0)).collect();
        assert!(made.iter().all(|(_, made)| *made));
        for (word, (node, _)) in words.iter().zip(&made) {
            assert_eq!(tree.find(ROOT, word), Some(*node), "{word}");
            assert_eq!(tree.named(word).len(), 1 + usize::from(word.is_empty()));
        }
        assert_ne!(head("a"), head("a\0"));
    }
}
