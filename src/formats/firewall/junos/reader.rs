//! From lines to trees of words: both syntaxes, terminal captures, several
//! devices in a file.

use crate::formats::firewall::shared::braces::{Token, tokens};
use crate::formats::firewall::shared::word_tree::{NodeId, ROOT, WordTree};
use crate::formats::firewall::shared::words::trimmed;
use crate::formats::{Ledger, LineState, Problem, ProblemLevel};
use crate::source::Span;

use super::tables;
use super::text::Text;
use super::words::{Prompt, Words, is_edit_banner, is_node_banner, prompt};

mod commands;

/// What to type for an export that is read as a whole.
pub const EXPORT: &str =
    "export the whole configuration with `show configuration | display set | no-more`";
/// Most words of a path.
const MAX_WORDS: usize = 512;

/// The statements of one device.
#[derive(Debug)]
pub struct Statements<'t> {
    /// All statements.
    pub tree: WordTree<'t>,
    /// Host name from a prompt.
    pub prompt_host: Option<&'t str>,
    /// Which node of a cluster the capture comes from (`node0`).
    pub cluster_node: Option<&'t str>,
    /// Where the device starts in the file.
    pub start: Span,
    /// The last statement, when the file ends inside its line.
    pub cut: Option<NodeId>,
    /// Why it is not certain that all statements are where they belong.
    pub broken: Option<(&'static str, Span)>,
}

impl<'t> Statements<'t> {
    fn new(text: &'t str, start: Span) -> Self {
        Self {
            tree: WordTree::new(text),
            prompt_host: None,
            cluster_node: None,
            start,
            cut: None,
            broken: None,
        }
    }
}

/// All devices of a text, the ledger of its lines so far, and problems.
pub struct Outcome<'t> {
    /// The devices in file order.
    pub devices: Vec<Statements<'t>>,
    /// What the user should know.
    pub problems: Vec<Problem>,
}

struct Reader<'t> {
    text: &'t Text<'t>,
    now: Statements<'t>,
    done: Vec<Statements<'t>>,
    problems: Vec<Problem>,
    /// Open blocks.
    stack: Vec<NodeId>,
    /// Blocks that were opened under a path, not at the top.
    base: NodeId,
    /// Where the statement being read got to; `None` between statements.
    at: Option<NodeId>,
    /// Where the list being read hangs.
    list: Option<NodeId>,
    /// Nodes of the statement being read that it made itself.
    made: Vec<NodeId>,
    inactive: bool,
    delete: bool,
    remark: bool,
    /// `[edit …]` or `edit …`: where set commands start.
    edit: Vec<&'t str>,
    /// The output of a command that shows no configuration.
    foreign: bool,
    /// The output of a comparison.
    compared: bool,
    /// Path of the set command before.
    path: Vec<NodeId>,
    /// Line being read.
    line: u32,
    /// The file's last line with a statement.
    last: &'t str,
}

/// Reads all lines; what is no statement gets its state at once.
pub fn read<'t>(text: &'t Text<'t>, ledger: &mut Ledger) -> Outcome<'t> {
    let start = Span::of(text.file().id(), 0..0);
    let mut reader = Reader {
        text,
        now: Statements::new(text.content(), start),
        done: Vec::new(),
        problems: Vec::new(),
        stack: Vec::new(),
        base: ROOT,
        at: None,
        list: None,
        made: Vec::new(),
        inactive: false,
        delete: false,
        remark: false,
        edit: Vec::new(),
        foreign: false,
        compared: false,
        path: Vec::new(),
        line: 0,
        last: "",
    };
    for index in 0..text.line_count() {
        let Some((line, content)) = text.line(index) else {
            continue;
        };
        reader.line = line;
        if let Some((state, why)) = reader.read_line(content) {
            ledger.set(line as usize, state);
            if let Some(why) = why {
                ledger.note(state, why, text.span_of(content.trim()));
            }
        }
    }
    reader.finish();
    Outcome {
        devices: reader.done,
        problems: reader.problems,
    }
}

/// A line that only a template engine reads (`{% for … %}`).
fn is_directive(text: &str) -> bool {
    [("{%", "%}"), ("<%", "%>")]
        .iter()
        .any(|(open, close)| text.starts_with(open) && text.ends_with(close))
}

type State = Option<(LineState, Option<&'static str>)>;
const IRRELEVANT: State = Some((LineState::Irrelevant, None));

impl<'t> Reader<'t> {
    /// Reads a line; the state of one that holds no statement.
    fn read_line(&mut self, content: &'t str) -> State {
        if self.remark {
            return self.curly(content);
        }
        let text = trimmed(content);
        let Some(first) = text.bytes().next() else {
            return IRRELEVANT;
        };
        if is_directive(text) {
            // Of a template: its braces are none of the configuration.
            return Some((LineState::Unrecognised, None));
        }
        let between = self.stack.is_empty() && self.at.is_none();
        if first == b's'
            && between
            && !self.foreign
            && let Some(rest) = text.strip_prefix("set ")
            && self.edit.is_empty()
        {
            // The hot path of `display set`.
            self.last = content;
            self.set(rest);
            return None;
        }
        if let Some(prompt) = prompt(text)
            && (between || prompt.sure)
        {
            return self.at_prompt(&prompt);
        }
        if between {
            if let Some(state) = self.noise(text, first) {
                return state;
            }
            if self.foreign {
                return Some((
                    LineState::Irrelevant,
                    Some("output of a command that shows no configuration"),
                ));
            }
            let mut words = Words { rest: text };
            if let Some(verb) = words.next()
                && !text.ends_with(['{', '}'])
                && tables::is_verb(verb)
            {
                self.last = content;
                return self.command(verb, words.rest);
            }
            if !text.ends_with(['{', '}', ';'])
                && !text.contains([';', '{', '}'])
                && !text.starts_with("/*")
            {
                // A statement that a terminal broke starts so, and prose too.
                return if tables::top_level(text.split(' ').next().unwrap_or_default()) {
                    self.curly(content)
                } else {
                    Some((
                        LineState::Unrecognised,
                        Some(
                            "this is neither a statement of Junos nor a command of its command line",
                        ),
                    ))
                };
            }
        } else if matches!(first, b'[' | b'{') && (is_edit_banner(text) || is_node_banner(text)) {
            return IRRELEVANT;
        }
        self.last = content;
        self.curly(content)
    }

    /// Banners, remarks and markup around a configuration.
    fn noise(&mut self, text: &'t str, first: u8) -> Option<State> {
        if self.compared {
            if matches!(first, b'+' | b'-' | b'!' | b' ') || is_edit_banner(text) {
                return Some(Some((
                    LineState::NotModelled,
                    Some("a difference between two configurations, not a configuration"),
                )));
            }
            self.compared = false;
        }
        match first {
            b'{' if is_node_banner(text) => {
                let inside = text.trim_matches(['{', '}']);
                if let Some((_, node)) = inside.split_once(':') {
                    self.now.cluster_node = Some(node);
                }
                Some(IRRELEVANT)
            }
            b'[' if is_edit_banner(text) => {
                let path = text.trim_matches(['[', ']']);
                self.edit = path
                    .split(' ')
                    .skip(1)
                    .filter(|word| !word.is_empty())
                    .collect();
                Some(IRRELEVANT)
            }
            b'#' => {
                if text.starts_with("## Last commit") || text.starts_with("## Last changed") {
                    self.foreign = false;
                    self.next_device(text);
                }
                Some(IRRELEVANT)
            }
            b'+' | b'-'
                if text.starts_with("+ ") || text.starts_with("- ") || text.starts_with("+  ") =>
            {
                self.compared = true;
                if self.problems.is_empty() {
                    self.problems.push(Problem {
                        level: ProblemLevel::Error,
                        message:
                            "this is the difference between two configurations, not a configuration"
                                .to_owned(),
                        hint: Some(EXPORT.to_owned()),
                        span: self.text.span_of(text),
                    });
                }
                Some(Some((
                    LineState::NotModelled,
                    Some("a difference between two configurations, not a configuration"),
                )))
            }
            b'<' | b']' => Some(IRRELEVANT),
            _ if tables::is_answer(text) => Some(IRRELEVANT),
            _ if text.starts_with("---(more") && text.ends_with(")---") => Some(IRRELEVANT),
            _ if !self.foreign => None,
            _ if text.starts_with("version ") || text.starts_with("set version ") => {
                self.foreign = false;
                None
            }
            _ => None,
        }
    }

    /// What a prompt and the command behind it mean for what follows.
    fn at_prompt(&mut self, prompt: &Prompt<'t>) -> State {
        if !self.stack.is_empty() || self.at.is_some() {
            self.unfinished(prompt.typed);
        }
        self.foreign = false;
        self.compared = false;
        if self.now.prompt_host.is_some_and(|host| host != prompt.host) && !self.now.tree.is_empty()
        {
            self.split(prompt.host);
        }
        self.now.prompt_host = Some(prompt.host);
        self.base = ROOT;
        let mut words = Words { rest: prompt.typed };
        let Some(verb) = words.next() else {
            return IRRELEVANT;
        };
        if verb.starts_with("sh") && "show".starts_with(verb) {
            let command = words.rest;
            let (path, pipe) = command.split_once('|').unwrap_or((command, ""));
            let mut path = Words { rest: path };
            if pipe.contains("compare") {
                self.compared = true;
                return IRRELEVANT;
            }
            let configures = prompt.configures;
            let shown = if configures {
                true
            } else {
                path.next()
                    .is_some_and(|word| word.len() >= 4 && "configuration".starts_with(word))
            };
            self.foreign = !shown;
            if shown && !pipe.contains("display set") && !pipe.contains("display xml") {
                let mut at = ROOT;
                let edit = if configures {
                    self.edit.clone()
                } else {
                    Vec::new()
                };
                for word in edit.into_iter().chain(path) {
                    at = self.now.tree.child(at, word, self.line).0;
                }
                self.base = at;
            }
            if configures {
                self.edit.clear();
            }
            return IRRELEVANT;
        }
        if prompt.configures && tables::is_verb(verb) {
            return self.command(verb, words.rest);
        }
        self.foreign =
            !prompt.configures && !matches!(verb, "configure" | "edit" | "exit" | "quit");
        IRRELEVANT
    }

    /// The next device starts here when the current one is there already.
    fn next_device(&mut self, text: &'t str) {
        if self.now.tree.get(ROOT, "version").is_some()
            || self.now.tree.get(ROOT, "system").is_some()
        {
            self.split(text);
        }
    }

    fn split(&mut self, text: &'t str) {
        if !self.stack.is_empty() || self.at.is_some() {
            self.unfinished(text);
        }
        let start = self.text.span_of(text);
        let done = std::mem::replace(&mut self.now, Statements::new(self.text.content(), start));
        self.done.push(done);
        self.path.clear();
        self.edit.clear();
        self.base = ROOT;
    }

    /// A block or a statement was not closed before something else begins.
    fn unfinished(&mut self, text: &'t str) {
        let open = self.at.or(self.stack.last().copied()).unwrap_or(ROOT);
        let path = self.path_of(open);
        let span = self.text.span_of(self.now.tree.word(open));
        if self.now.broken.is_none() {
            self.now.broken = Some((
                "the configuration ends inside a block: it may be cut off",
                span,
            ));
        }
        self.problems.push(Problem {
            level: ProblemLevel::Warning,
            message: format!("the configuration ends inside `{path}`; it may be cut off"),
            hint: Some(EXPORT.to_owned()),
            span: if text.is_empty() {
                span
            } else {
                self.text.span_of(text)
            },
        });
        if let Some(at) = self.at.take() {
            self.now.tree.end(self.line, at);
        }
        self.stack.clear();
        self.made.clear();
        self.list = None;
        self.inactive = false;
        self.delete = false;
    }

    fn path_of(&self, node: NodeId) -> String {
        let mut words = Vec::new();
        let mut at = Some(node);
        while let Some(node) = at {
            let word = self.now.tree.word(node);
            if !word.is_empty() && words.len() < 8 {
                words.push(word);
            }
            at = self.now.tree.parent(node);
        }
        words.reverse();
        words.join(" ")
    }

    /// Reads a line in curly braces.
    fn curly(&mut self, content: &'t str) -> State {
        let mut remark = self.remark;
        let mut any = false;
        for token in tokens(content, &mut remark) {
            any |= !matches!(token, Token::Remark(_));
            self.token(token);
        }
        self.remark = remark;
        if any { None } else { IRRELEVANT }
    }

    fn token(&mut self, token: Token<'t>) {
        match token {
            Token::Remark(_) => {}
            Token::Word(word) => {
                let Some(at) = self.at else {
                    self.start(word);
                    return;
                };
                let parent = self.list.unwrap_or(at);
                let (node, made) = self.now.tree.child(parent, word, self.line);
                self.step(node, made);
                if self.list.is_some() {
                    self.finish_statement(node);
                } else {
                    self.at = Some(node);
                }
            }
            Token::ListOpen => self.list = Some(self.at.unwrap_or(self.base)),
            Token::ListClose => {
                if let Some(list) = self.list.take()
                    && self.now.tree.is_leaf(list)
                {
                    self.now.tree.end(self.line, list);
                }
            }
            Token::Open => {
                let node = self.at.take().unwrap_or(self.top());
                self.list = None;
                self.finish_statement(node);
                self.made.clear();
                self.inactive = false;
                self.delete = false;
                self.stack.push(node);
            }
            Token::End => {
                let listed = self.list.take().is_some();
                if let Some(node) = self.at.take()
                    && !listed
                {
                    self.finish_statement(node);
                }
                self.made.clear();
                self.inactive = false;
                self.delete = false;
            }
            Token::Close => {
                if let Some(node) = self.at.take() {
                    self.finish_statement(node);
                }
                self.made.clear();
                self.list = None;
                self.inactive = false;
                match self.stack.pop() {
                    Some(node) => self.now.tree.end(self.line, node),
                    None => {
                        let span = Span::of(self.text.file().id(), 0..0);
                        let span = self
                            .text
                            .line(self.line as usize)
                            .map_or(span, |(_, text)| self.text.span_of(text.trim()));
                        if self.now.broken.is_none() {
                            self.now.broken = Some((
                                "a closing brace has no opening one: blocks after it may belong elsewhere",
                                span,
                            ));
                            self.problems.push(Problem {
                                level: ProblemLevel::Warning,
                                message: "a closing brace has no opening one".to_owned(),
                                hint: Some(EXPORT.to_owned()),
                                span,
                            });
                        }
                        self.now.tree.end(self.line, ROOT);
                    }
                }
            }
        }
    }

    /// The block that statements go into.
    fn top(&self) -> NodeId {
        self.stack.last().copied().unwrap_or(self.base)
    }

    /// The first word of a statement, with what may stand before it.
    fn start(&mut self, word: &'t str) {
        match word {
            "inactive:" => self.inactive = true,
            "protect:" | "replace:" | "active:" => {}
            "delete:" => self.delete = true,
            _ => {
                let mut top = self.top();
                if top == ROOT {
                    if word == "version" {
                        self.next_device(word);
                        top = ROOT;
                    } else if !tables::top_level(word) {
                        // A part of a configuration, shown without its path.
                        for step in tables::part_of(word) {
                            top = self.now.tree.child(top, step, self.line).0;
                        }
                    }
                }
                let (node, made) = self.now.tree.child(top, word, self.line);
                self.at = Some(node);
                self.step(node, made);
            }
        }
    }

    fn step(&mut self, node: NodeId, made: bool) {
        if made {
            self.made.push(node);
        } else if !self.inactive {
            self.now.tree.pass(node);
        }
    }

    /// A statement, or one element of its list, ends at a node.
    fn finish_statement(&mut self, node: NodeId) {
        self.now.tree.end(self.line, node);
        if self.inactive {
            for made in std::mem::take(&mut self.made) {
                self.now.tree.deactivate(made, true);
            }
            self.now.tree.deactivate(node, false);
        }
        if self.delete {
            self.now.tree.remove(node);
        }
    }

    fn finish(&mut self) {
        if !self.stack.is_empty() || self.at.is_some() {
            self.unfinished("");
        } else {
            let text = self.text.file().text();
            let whole = text.ends_with(['\n', '\r'])
                || self.last.trim_end().ends_with('}')
                || self.last.trim_end().ends_with(';');
            if !whole
                && !self.text.is_mapped()
                && !text.is_empty()
                && text.trim_end().ends_with(self.last.trim())
            {
                self.now.cut = self.now.tree.last_end();
            }
        }
        if let Some(line) = self.now.tree.too_deep() {
            let span = self
                .text
                .line(line as usize)
                .map_or(self.now.start, |(_, text)| self.text.span_of(text.trim()));
            self.now.broken = Some(("blocks nest deeper than Junos nests them", span));
            self.problems.push(Problem {
                level: ProblemLevel::Error,
                message: "blocks nest deeper than Junos nests them; what lies deeper is not read"
                    .to_owned(),
                hint: Some(EXPORT.to_owned()),
                span,
            });
        }
        let start = self.now.start;
        let done = std::mem::replace(&mut self.now, Statements::new(self.text.content(), start));
        self.done.push(done);
    }
}
