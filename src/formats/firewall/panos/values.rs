//! Several values in one command.
//!
//! `set rulebase security rules web from trust to untrust action allow` names
//! three values of one rule: behind a value the command goes on where its key
//! stands, or further out. The device never prints this; whoever types does.
//! Source: Palo Alto Networks, "PAN-OS CLI Quick Start", "CLI Command Hierarchy".

use std::sync::OnceLock;

use crate::formats::firewall::shared::tables::{KeySet, rows};
use crate::formats::firewall::shared::word_tree::{NodeId, ROOT, WordTree};

/// What may stand at a place.
struct Row {
    /// Words that lead there, the last one first.
    place: Vec<&'static str>,
    /// Keys with a value or a list of values.
    valued: Vec<&'static str>,
    /// Keys that lead further.
    leading: Vec<&'static str>,
}

#[derive(Default)]
struct Table {
    rows: Vec<Row>,
    /// All keys with values.
    keys: KeySet<&'static str>,
    /// Shapes of those keys.
    shapes: Shapes,
    /// Shapes of all words with which a command goes on.
    onward: Shapes,
}

/// Lengths of words, as bits, by their first letter: most words of a command are
/// told from all others by these.
#[derive(Default)]
struct Shapes([u64; 26]);

impl Shapes {
    fn add(&mut self, word: &str) {
        if let Some(lengths) = letter(word).and_then(|letter| self.0.get_mut(letter)) {
            *lengths |= length_bit(word);
        }
    }

    #[inline]
    fn has(&self, word: &str) -> bool {
        let lengths = letter(word).and_then(|letter| self.0.get(letter));
        lengths.is_some_and(|lengths| lengths & length_bit(word) != 0)
    }
}

#[inline]
fn letter(word: &str) -> Option<usize> {
    let first = word.as_bytes().first()?;
    first.checked_sub(b'a').map(usize::from)
}

impl Table {
    /// Whether a word is a key with a value.
    fn is_key(&self, word: &str) -> bool {
        self.shapes.has(word) && self.keys.contains(word)
    }
}

/// A word's length as a bit.
#[inline]
fn length_bit(word: &str) -> u64 {
    let length = u32::try_from(word.len()).unwrap_or(u32::MAX);
    1u64.checked_shl(length).unwrap_or_default()
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        let list = |cell: &'static str| cell.split(' ').filter(|word| *word != "-").collect();
        let mut all = Table::default();
        for row in rows(include_str!("data/values.tsv")) {
            let [place, valued, leading] = row.as_slice() else {
                continue;
            };
            let valued: Vec<&'static str> = list(valued);
            let leading: Vec<&'static str> = list(leading);
            valued.iter().for_each(|key| all.shapes.add(key));
            let onward = valued.iter().chain(&leading);
            onward.for_each(|key| all.onward.add(key));
            all.keys.extend(valued.iter().copied());
            all.rows.push(Row {
                place: place.rsplit(' ').collect(),
                valued,
                leading,
            });
        }
        all
    })
}

/// The node from which a command goes on with a word, when it stands behind a
/// value there; `None` when the word belongs where the command is.
pub fn resume(tree: &WordTree<'_>, value: NodeId, word: &str) -> Option<NodeId> {
    if !table().onward.has(word) {
        return None;
    }
    let key = tree.parent(value)?;
    if !table().is_key(tree.word(key)) {
        return None;
    }
    let mut at = tree.parent(key)?;
    let mut row = found(tree, at)?;
    if !row.valued.contains(&tree.word(key)) {
        return None;
    }
    loop {
        if row.valued.contains(&word) || row.leading.contains(&word) {
            return Some(at);
        }
        at = tree.parent(at)?;
        row = found(tree, at)?;
    }
}

/// What may stand at a node.
fn found(tree: &WordTree<'_>, node: NodeId) -> Option<&'static Row> {
    table().rows.iter().find(|row| {
        let mut at = Some(node);
        for word in &row.place {
            match at {
                Some(here) if here != ROOT && (*word == "*" || *word == tree.word(here)) => {
                    at = tree.parent(here);
                }
                _ => return false,
            }
        }
        at.is_some_and(|above| is_scope(tree, above))
    })
}

/// Whether rules, objects or a network may stand right below a node.
fn is_scope(tree: &WordTree<'_>, node: NodeId) -> bool {
    if node == ROOT
        || matches!(
            tree.word(node),
            "rulebase" | "pre-rulebase" | "post-rulebase" | "shared" | "config"
        )
    {
        return true;
    }
    tree.parent(node)
        .is_some_and(|above| matches!(tree.word(above), "vsys" | "device-group"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_told_by_its_length_and_first_letter() {
        let table = table();
        assert!(table.keys.len() > 20);
        for key in &table.keys {
            assert!(table.is_key(key), "{key}");
        }
        assert!(!table.is_key("rulebase") && !table.is_key("") && !table.is_key("10.0.0.1"));
    }

    #[test]
    fn a_place_is_found_by_all_of_its_words() {
        let mut tree = WordTree::new("");
        let mut at = ROOT;
        for word in ["rulebase", "security", "rules", "service", "from", "a"] {
            at = tree.child(at, word, 0).0;
        }
        let rule = tree.at(ROOT, &["rulebase", "security", "rules", "service"]);
        assert_eq!(resume(&tree, at, "to"), rule);
        assert_eq!(resume(&tree, at, "b"), None);
        // The rule itself is no value of a key, whatever its name.
        let key = tree.parent(at).expect("there is a key");
        assert_eq!(resume(&tree, key, "to"), None);
    }
}
