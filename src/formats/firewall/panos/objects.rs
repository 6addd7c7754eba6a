//! The states of objects, used or not, in all scopes.

use crate::formats::LineState;
use crate::formats::firewall::shared::word_tree::{NodeId, ROOT, WordTree};

use super::tables;

/// Gives the entries of all scopes their states.
pub fn account(tree: &mut WordTree<'_>) {
    for scope in scopes(tree) {
        for kind in ["address", "address-group", "region", "external-list"] {
            entries(tree, scope, kind, address);
        }
        for kind in ["service", "service-group"] {
            entries(tree, scope, kind, service);
        }
        for kind in [
            "application",
            "application-group",
            "application-filter",
            "schedule",
        ] {
            entries(tree, scope, kind, |tree, entry| {
                tree.cover(entry, LineState::Modelled)
            });
        }
        tables::classify(tree, scope, "scope");
    }
    templates(tree);
    passage(tree);
}

/// Marks the nodes that only lead to scopes.
fn passage(tree: &mut WordTree<'_>) {
    for path in [
        &["policy"][..],
        &["policy", "panorama"],
        &["vsys"],
        &["device-group"],
    ] {
        if let Some(node) = tree.at(ROOT, path)
            && tree.is_leaf(node)
        {
            tree.mark(node, LineState::Modelled);
        }
    }
    for kind in ["vsys", "device-group", "template", "template-stack"] {
        if let Some(top) = tree.get(ROOT, kind) {
            let all: Vec<NodeId> = tree.children(top).collect();
            for entry in all {
                tree.mark(entry, LineState::Modelled);
            }
        }
    }
}

/// Everywhere that objects may stand.
fn scopes(tree: &WordTree<'_>) -> Vec<NodeId> {
    let mut found = vec![ROOT];
    for path in [&["shared"][..], &["policy", "panorama"], &["panorama"]] {
        found.extend(tree.at(ROOT, path));
    }
    for kind in ["vsys", "device-group"] {
        if let Some(top) = tree.get(ROOT, kind) {
            found.extend(tree.children(top));
        }
    }
    for path in [&["panorama", "vsys"][..], &["policy", "panorama", "vsys"]] {
        if let Some(top) = tree.at(ROOT, path) {
            found.extend(tree.children(top));
        }
    }
    for kind in ["template", "template-stack"] {
        let Some(top) = tree.get(ROOT, kind) else {
            continue;
        };
        for template in tree.children(top) {
            let Some(config) = tree.get(template, "config") else {
                continue;
            };
            found.extend(tree.get(config, "shared"));
            if let Some(systems) = tree.get(config, "vsys") {
                found.extend(tree.children(systems));
            }
        }
    }
    found
}

fn entries(
    tree: &mut WordTree<'_>,
    scope: NodeId,
    kind: &str,
    each: impl Fn(&mut WordTree<'_>, NodeId),
) {
    let Some(list) = tree.get(scope, kind) else {
        return;
    };
    if !tree.is_marked(list) {
        tree.mark(list, LineState::Modelled);
    }
    let all: Vec<NodeId> = tree.children(list).collect();
    for entry in all {
        if !tree.is_marked(entry) {
            tree.mark(entry, LineState::Modelled);
        }
        each(tree, entry);
    }
}

fn address(tree: &mut WordTree<'_>, entry: NodeId) {
    let keys: Vec<NodeId> = tree.children(entry).collect();
    for key in keys {
        if tree.is_marked(key) {
            continue;
        }
        match tree.word(key) {
            "description" => tree.cover(key, LineState::Irrelevant),
            "fqdn" => tree.explain(key, LineState::NotModelled, "an address defined by a name"),
            "type" => tree.explain(
                key,
                LineState::NotModelled,
                "the addresses of an external list are not in this file",
            ),
            _ => tree.cover(key, LineState::Modelled),
        }
    }
}

fn service(tree: &mut WordTree<'_>, entry: NodeId) {
    let keys: Vec<NodeId> = tree.children(entry).collect();
    for key in keys {
        if tree.is_marked(key) {
            continue;
        }
        let state = match tree.word(key) {
            "description" | "tag" => LineState::Irrelevant,
            _ => LineState::Modelled,
        };
        tree.cover(key, state);
    }
}

/// Templates that no device uses, and what templates hold beside a
/// configuration.
fn templates(tree: &mut WordTree<'_>) {
    for kind in ["template", "template-stack"] {
        let Some(top) = tree.get(ROOT, kind) else {
            continue;
        };
        let all: Vec<NodeId> = tree.children(top).collect();
        for template in all {
            for word in ["devices", "templates", "variable"] {
                if let Some(node) = tree.get(template, word) {
                    tree.cover(node, LineState::Modelled);
                }
            }
            for word in ["description", "settings", "user-group-source"] {
                if let Some(node) = tree.get(template, word) {
                    tree.cover(node, LineState::Irrelevant);
                }
            }
            let Some(config) = tree.get(template, "config") else {
                continue;
            };
            tables::classify(tree, config, "device");
            if let Some(network) = tree.get(config, "network")
                && !tree.is_marked(network)
            {
                tree.cover(network, LineState::Modelled);
            }
        }
    }
}
