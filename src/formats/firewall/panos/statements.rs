//! The statements of a file as one tree, whatever syntax they came in.
//!
//! XML wraps the configuration of a firewall in `config/devices/entry`, the
//! command line does not: those wrappers lead nowhere, here and in templates.

use crate::formats::firewall::shared::word_tree::{NodeId, ROOT, WordTree};
use crate::formats::{LineState, Problem, ProblemLevel};
use crate::source::Span;

use super::running_policy::RunningRule;

/// What was read of a file.
#[derive(Debug)]
pub struct Statements<'t> {
    /// All statements. A node's line is its unit: a line, or an element.
    pub tree: WordTree<'t>,
    /// How many units there are.
    pub units: usize,
    /// Units that hold no statement: number, state, why, where.
    pub known: Vec<(usize, LineState, Option<&'static str>, Span)>,
    /// Software version, where the export states it.
    pub version: Option<&'t str>,
    /// Host name from a prompt.
    pub prompt_host: Option<&'t str>,
    /// Whether the export says which statements a Panorama pushed.
    pub merged: bool,
    /// Rules that `show running security-policy` printed.
    pub running: Vec<RunningRule<'t>>,
    /// The last statement, when the file ends inside its line.
    pub cut: Option<NodeId>,
    /// Rules and objects whose words a template decides.
    pub left_open: Vec<NodeId>,
    /// Why it is not certain that all statements are where they belong.
    pub broken: Vec<(String, Span)>,
    /// What the user should know.
    pub problems: Vec<Problem>,
}

impl<'t> Statements<'t> {
    /// No statements of a text yet.
    pub fn new(text: &'t str) -> Self {
        Self {
            tree: WordTree::new(text),
            units: 0,
            known: Vec::new(),
            version: None,
            prompt_host: None,
            merged: false,
            running: Vec::new(),
            cut: None,
            left_open: Vec::new(),
            broken: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// A part could not be read: an error for the user, and everything that
    /// passes the device stays open.
    pub fn spoil(&mut self, why: String, span: Span) {
        if self.problems.len() < 64 {
            self.problems.push(Problem {
                level: ProblemLevel::Error,
                message: why.clone(),
                hint: Some(super::document::EXPORT.to_owned()),
                span,
            });
        }
        if self.broken.len() < 64 {
            self.broken.push((why, span));
        }
    }
}

/// A place in the tree while words lead down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The node.
    pub node: NodeId,
    /// The next word names a device and leads nowhere.
    names_device: bool,
}

impl Place {
    /// The place of a node.
    pub fn at(node: NodeId) -> Self {
        Self {
            node,
            names_device: false,
        }
    }
}

/// The place above all statements.
pub const TOP: Place = Place {
    node: ROOT,
    names_device: false,
};

/// Words around a configuration that lead nowhere.
const WRAPPERS: &[&str] = &["config", "response", "result"];

/// One word down. The flag tells whether the word leads to a node of its own.
pub fn step<'t>(tree: &mut WordTree<'t>, at: Place, word: &'t str, line: u32) -> (Place, bool) {
    let stay = |names_device| {
        let node = at.node;
        (Place { node, names_device }, false)
    };
    if at.names_device {
        return stay(false);
    }
    if at.node == ROOT && WRAPPERS.contains(&word) {
        return stay(false);
    }
    if word == "devices" && (at.node == ROOT || in_template(tree, at.node)) {
        return stay(true);
    }
    let (node, _) = tree.child(at.node, word, line);
    let place = Place {
        node,
        names_device: false,
    };
    (place, true)
}

/// Whether a node is the `config` of a template.
fn in_template(tree: &WordTree<'_>, node: NodeId) -> bool {
    let above = |node| tree.parent(node);
    tree.word(node) == "config"
        && above(node)
            .and_then(above)
            .is_some_and(|kind| matches!(tree.word(kind), "template" | "template-stack"))
}
