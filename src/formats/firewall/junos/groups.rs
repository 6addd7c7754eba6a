//! Configuration groups: `apply-groups` puts the statements of a group where
//! they belong.
//!
//! Source: Juniper, CLI User Guide, "Configuration Groups": the statements of
//! the configuration itself come before those of a group, a group applied
//! further inside before one applied further outside, and of two groups at one
//! place the one named first; `<*>` in a group stands for every name that is
//! there.

use crate::formats::LineState;
use crate::formats::firewall::shared::word_tree::{NodeId, ROOT, WordTree};

/// Most statements that all groups together may add.
const MAX_ADDED: usize = 2_000_000;
/// Most steps through groups.
const MAX_STEPS: usize = 20_000_000;

/// A group whose statements are not known.
#[derive(Debug, Clone, Copy)]
pub struct Missing {
    /// The `apply-groups` entry.
    pub entry: NodeId,
    /// The statement that it stands in.
    pub place: NodeId,
    /// Whether the group is there but its statements were too many.
    pub too_many: bool,
}

/// Applies all groups; what could not be applied is given back.
pub fn apply(tree: &mut WordTree<'_>, cluster_node: Option<&str>) -> Vec<Missing> {
    let mut missing = Vec::new();
    let groups = tree.get(ROOT, "groups");
    let mut budget = MAX_ADDED.min(tree.len().saturating_mul(8).saturating_add(10_000));
    let mut steps = MAX_STEPS;
    for apply in tree.named("apply-groups") {
        let Some(place) = tree.parent(apply) else {
            continue;
        };
        if groups.is_some_and(|groups| tree.is_within(apply, groups)) {
            continue;
        }
        tree.cover(apply, LineState::Modelled);
        let entries: Vec<NodeId> = tree.children(apply).collect();
        for entry in entries {
            let name = tree.word(entry);
            if matches!(name, "junos-defaults" | "junos-ephemeral") {
                continue;
            }
            let Some(group) = find(tree, groups, name, cluster_node) else {
                if harmless(tree, groups, name) {
                    tree.explain(
                        entry,
                        LineState::Irrelevant,
                        "the groups of the cluster's nodes say nothing about packets that cross it",
                    );
                } else {
                    missing.push(Missing {
                        entry,
                        place,
                        too_many: false,
                    });
                }
                continue;
            };
            tree.cover(group, LineState::Modelled);
            let mut sources = vec![group];
            for word in tree.path(place) {
                sources = sources
                    .iter()
                    .flat_map(|source| matching(tree, *source, word))
                    .collect();
            }
            for source in sources {
                if !merge(tree, name, source, place, &mut budget, &mut steps) {
                    missing.push(Missing {
                        entry,
                        place,
                        too_many: true,
                    });
                }
            }
        }
    }
    for word in ["apply-groups-except", "apply-macro"] {
        for node in tree.named(word) {
            tree.cover(node, LineState::Modelled);
        }
    }
    // Whether `show configuration` leaves a statement out.
    for node in tree.named("apply-flags") {
        tree.cover(node, LineState::Irrelevant);
    }
    if let Some(groups) = groups {
        // A group that nothing applies says nothing.
        tree.cover(groups, LineState::Irrelevant);
        let all: Vec<NodeId> = tree.children(groups).collect();
        for group in all {
            if !tree.is_marked(group) {
                tree.explain(group, LineState::Irrelevant, "nothing applies this group");
            }
        }
    }
    missing
}

/// The group of a name; `${node}` is the node of a cluster that one looks at.
fn find(
    tree: &WordTree<'_>,
    groups: Option<NodeId>,
    name: &str,
    cluster_node: Option<&str>,
) -> Option<NodeId> {
    let name = match (name, cluster_node) {
        ("${node}", Some(node)) => node,
        ("${node}", None) => return None,
        _ => name,
    };
    tree.get(groups?, name)
}

/// Whether all groups that `${node}` may stand for leave packets alone.
fn harmless(tree: &WordTree<'_>, groups: Option<NodeId>, name: &str) -> bool {
    let Some(groups) = groups else { return false };
    if !name.starts_with("${") {
        return false;
    }
    let kind = name.trim_matches(['$', '{', '}']);
    let mut any = false;
    let all = tree
        .children(groups)
        .filter(|group| tree.word(*group).starts_with(kind))
        .all(|group| {
            any = true;
            tree.children(group).all(|top| match tree.word(top) {
                "system" | "snmp" | "chassis" | "event-options" => true,
                "interfaces" => tree.children(top).all(|interface| {
                    ["fxp", "em", "me"]
                        .iter()
                        .any(|start| tree.word(interface).starts_with(start))
                }),
                _ => false,
            })
        });
    any && all
}

/// Children of a group's statement that stand for a word.
fn matching(tree: &WordTree<'_>, source: NodeId, word: &str) -> Vec<NodeId> {
    tree.children(source)
        .filter(|child| {
            let pattern = tree.word(*child);
            pattern == word || wildcard(pattern).is_some_and(|pattern| glob(pattern, word))
        })
        .collect()
}

/// The pattern inside `<…>`.
pub fn wildcard(word: &str) -> Option<&str> {
    word.strip_prefix('<')?.strip_suffix('>')
}

/// Merges what lies below `source` into `place`. `false` when there was too
/// much of it.
fn merge(
    tree: &mut WordTree<'_>,
    name: &str,
    source: NodeId,
    place: NodeId,
    budget: &mut usize,
    steps: &mut usize,
) -> bool {
    let mut work = vec![(source, place)];
    while let Some((source, place)) = work.pop() {
        let except = tree.get(place, "apply-groups-except");
        if except.is_some_and(|except| tree.get(except, name).is_some()) {
            continue;
        }
        let children: Vec<NodeId> = tree.children(source).collect();
        let mut deeper = Vec::new();
        for child in &children {
            let word = tree.word(*child);
            if wildcard(word).is_some() {
                continue;
            }
            if *budget == 0 || *steps == 0 {
                return false;
            }
            *steps = steps.saturating_sub(1);
            let line = tree.line(*child);
            let (copy, made) = tree.inherit(place, word, line);
            if made {
                *budget = budget.saturating_sub(1);
            }
            if copy != place && !tree.is_inactive(copy) {
                deeper.push((*child, copy));
            }
        }
        for child in &children {
            let Some(pattern) = wildcard(tree.word(*child)) else {
                continue;
            };
            for target in tree.children(place) {
                *steps = steps.saturating_sub(1);
                if *steps == 0 {
                    return false;
                }
                if glob(pattern, tree.word(target)) {
                    deeper.push((*child, target));
                }
            }
        }
        work.extend(deeper.into_iter().rev());
    }
    true
}

/// Whether a word fits a pattern with `*`, `?` and `[a-z]`.
pub fn glob(pattern: &str, word: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let word: Vec<char> = word.chars().collect();
    let (mut p, mut w) = (0usize, 0usize);
    let mut back: Option<(usize, usize)> = None;
    loop {
        let step = match (pattern.get(p), word.get(w)) {
            (None, None) => return true,
            (Some('*'), _) => {
                back = Some((p, w));
                p = p.saturating_add(1);
                continue;
            }
            (Some('?'), Some(_)) => Some(p.saturating_add(1)),
            (Some('['), Some(c)) => class(&pattern, p, *c),
            (Some(wanted), Some(c)) if wanted == c => Some(p.saturating_add(1)),
            _ => None,
        };
        match (step, back) {
            (Some(next), _) => {
                p = next;
                w = w.saturating_add(1);
            }
            (None, Some((star, from))) if from < word.len() => {
                let from = from.saturating_add(1);
                back = Some((star, from));
                p = star.saturating_add(1);
                w = from;
            }
            _ => return false,
        }
    }
}

/// Where a pattern goes on behind a `[…]` that holds a character.
fn class(pattern: &[char], open: usize, c: char) -> Option<usize> {
    let close = pattern
        .iter()
        .skip(open)
        .position(|c| *c == ']')?
        .saturating_add(open);
    let inside = pattern.get(open.saturating_add(1)..close)?;
    let mut at = 0usize;
    let mut found = false;
    while let Some(low) = inside.get(at) {
        match (
            inside.get(at.saturating_add(1)),
            inside.get(at.saturating_add(2)),
        ) {
            (Some('-'), Some(high)) => {
                found |= (*low..=*high).contains(&c);
                at = at.saturating_add(3);
            }
            _ => {
                found |= *low == c;
                at = at.saturating_add(1);
            }
        }
    }
    found.then(|| close.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::glob;

    #[test]
    fn patterns_of_groups() {
        for (pattern, word, fits) in [
            ("*", "trust", true),
            ("ge-*", "ge-0/0/1", true),
            ("ge-*", "xe-0/0/1", false),
            ("*.*", "10.1.0.1", true),
            ("*.*", "fe80::1", false),
            ("ge-0/0/[0-3]", "ge-0/0/2", true),
            ("ge-0/0/[0-3]", "ge-0/0/7", false),
            ("a?c", "abc", true),
            ("*b*b", "abab", true),
        ] {
            assert_eq!(glob(pattern, word), fits, "{pattern} {word}");
        }
    }
}
