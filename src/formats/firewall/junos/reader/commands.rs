//! Commands in words: `set`, `delete`, `insert`, `deactivate` and their kin.

use super::{IRRELEVANT, MAX_WORDS, Reader, State};
use crate::formats::LineState;
use crate::formats::firewall::junos::tables;
use crate::formats::firewall::junos::words::Words;
use crate::formats::firewall::shared::word_tree::{NodeId, ROOT};

impl<'t> Reader<'t> {
    /// The path of a `set` command, all words of which may be new.
    pub(super) fn set(&mut self, rest: &'t str) {
        let mut at = ROOT;
        let mut depth = 0usize;
        let mut same = true;
        let mut list = None;
        let mut version = false;
        for word in (Words { rest }).take(MAX_WORDS) {
            match word {
                "[" => {
                    list = Some(at);
                    continue;
                }
                "]" => {
                    list = None;
                    continue;
                }
                _ => {}
            }
            if depth == 0 && word == "version" {
                version = true;
            }
            let parent = list.unwrap_or(at);
            if version
                && depth == 1
                && self
                    .now
                    .tree
                    .get(ROOT, "version")
                    .is_some_and(|v| !self.now.tree.is_leaf(v))
            {
                self.next_device(rest);
                at = ROOT;
                at = self.now.tree.child(at, "version", self.line).0;
                version = false;
                let (node, _) = self.now.tree.child(at, word, self.line);
                at = node;
                continue;
            }
            let known = if same {
                self.path.get(depth).copied()
            } else {
                None
            };
            let node = match known {
                Some(node)
                    if self.now.tree.word(node) == word
                        && self.now.tree.parent(node) == Some(parent) =>
                {
                    node
                }
                _ => {
                    same = false;
                    self.path.truncate(depth);
                    let (node, _) = self.now.tree.child(parent, word, self.line);
                    self.path.push(node);
                    node
                }
            };
            self.now.tree.pass(node);
            depth = depth.saturating_add(1);
            if list.is_some() {
                self.now.tree.end(self.line, node);
            }
            at = node;
        }
        self.path.truncate(depth);
        if at != ROOT {
            self.now.tree.end(self.line, at);
        }
    }

    /// The node of a path, if it is there.
    fn lookup(&self, rest: &'t str) -> Option<NodeId> {
        let mut at = ROOT;
        for word in self.edit.iter().copied().chain(Words { rest }) {
            at = self.now.tree.find(at, word)?;
        }
        (at != ROOT).then_some(at)
    }

    /// A command of the configuration mode.
    pub(super) fn command(&mut self, verb: &'t str, rest: &'t str) -> State {
        self.path.clear();
        match verb {
            "set" => {
                let mut at = ROOT;
                let mut list = None;
                let words: Vec<&'t str> = self
                    .edit
                    .iter()
                    .copied()
                    .chain(Words { rest })
                    .take(MAX_WORDS)
                    .collect();
                for word in words {
                    match word {
                        "[" => list = Some(at),
                        "]" => list = None,
                        _ => {
                            let (node, _) =
                                self.now.tree.child(list.unwrap_or(at), word, self.line);
                            self.now.tree.pass(node);
                            if list.is_some() {
                                self.now.tree.end(self.line, node);
                            }
                            at = node;
                        }
                    }
                }
                if at != ROOT {
                    self.now.tree.end(self.line, at);
                }
                None
            }
            "deactivate" | "activate" | "delete" => {
                let Some(node) = self.lookup(rest) else {
                    return if verb == "delete" {
                        IRRELEVANT
                    } else {
                        Some((
                            LineState::Irrelevant,
                            Some("it names a statement that is not in this file"),
                        ))
                    };
                };
                match verb {
                    "deactivate" => self.now.tree.deactivate(node, false),
                    "activate" => self.now.tree.activate(node),
                    _ => self.now.tree.remove(node),
                }
                Some((LineState::Modelled, None))
            }
            "insert" => self.insert(rest),
            "edit" => {
                self.edit.extend(Words { rest });
                IRRELEVANT
            }
            "top" => {
                self.edit.clear();
                let mut words = Words { rest };
                match words.next() {
                    Some(verb) if tables::is_verb(verb) => self.command(verb, words.rest),
                    _ => IRRELEVANT,
                }
            }
            "up" | "exit" | "quit" => {
                // One level: words of a path, not statements. What follows is
                // only placed right after `top`.
                self.edit.clear();
                IRRELEVANT
            }
            "rename" | "copy" | "replace" | "load" | "rollback" => {
                let span = self.text.span_of(verb);
                if self.now.broken.is_none() {
                    self.now.broken = Some((
                        "a command changes statements in a way that is not followed",
                        span,
                    ));
                }
                Some((
                    LineState::NotModelled,
                    Some("exlint does not carry out this command; give the configuration after it"),
                ))
            }
            _ => IRRELEVANT,
        }
    }

    /// `insert PATH a before|after b`.
    fn insert(&mut self, rest: &'t str) -> State {
        let found = [" before ", " after "].into_iter().find_map(|word| {
            let (path, other) = rest.split_once(word)?;
            Some((path, other.trim(), word == " after "))
        });
        let moved = found.and_then(|(path, other, behind)| {
            let node = self.lookup(path)?;
            // `policy b`: the kind of the other thing, then its name.
            let name = Words { rest: other }.last()?;
            let sibling = self.now.tree.find(self.now.tree.parent(node)?, name)?;
            self.now.tree.rearrange(node, sibling, behind).then_some(())
        });
        match moved {
            Some(()) => Some((LineState::Modelled, None)),
            None => {
                let span = self.text.span_of(rest);
                if self.now.broken.is_none() {
                    self.now.broken = Some((
                        "a command changes the order in a way that is not followed",
                        span,
                    ));
                }
                Some((
                    LineState::NotModelled,
                    Some("what this command moves is not in this file"),
                ))
            }
        }
    }
}
