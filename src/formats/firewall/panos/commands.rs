//! The command line's forms: `set` commands, and the curly braces of the
//! default output format, with what a terminal captures around them.
//!
//! Source: Palo Alto Networks, "PAN-OS CLI Quick Start": `set cli
//! config-output-format`, `delete`, `move … top|bottom|before|after`, `rename …
//! to`.

use crate::formats::LineState;
use crate::formats::firewall::shared::braces::{Token, tokens};
use crate::formats::firewall::shared::templates;
use crate::formats::firewall::shared::word_tree::{NodeId, ROOT, WordTree};
use crate::formats::firewall::shared::words::trimmed;
use crate::source::Span;

use super::running_policy::{self, RunningRule};
use super::statements::{Place, Statements, TOP, step};
use super::tables;
use super::text::Text;
use super::values;
use super::words::{Words, prompt};

/// Most words of a command.
const MAX_WORDS: usize = 65_536;
/// Most lines of a quoted value.
const MAX_QUOTED: usize = 4_096;

struct Reader<'t> {
    text: &'t Text<'t>,
    read: Statements<'t>,
    /// Where `edit` went, and the words after a prompt's `show`.
    edit: Place,
    /// Open blocks in curly braces.
    stack: Vec<Place>,
    /// Where the statement being read got to; `None` between statements.
    at: Option<Place>,
    /// Where the list being read hangs.
    list: Option<Place>,
    remark: bool,
    /// The output of a command that shows no configuration.
    foreign: bool,
    /// Within a rule that `show running security-policy` printed.
    printed: bool,
    /// Only the rules that match a packet are printed (`test security-policy-match`).
    asked: bool,
    line: u32,
    /// The line with the last statement.
    last: Option<u32>,
}

type State = Option<(LineState, Option<&'static str>)>;
const IRRELEVANT: State = Some((LineState::Irrelevant, None));

/// Reads all lines.
pub fn read<'t>(text: &'t Text<'_>) -> Statements<'t> {
    let mut reader = Reader {
        text,
        read: Statements::new(text.file().text()),
        edit: TOP,
        stack: Vec::new(),
        at: None,
        list: None,
        remark: false,
        foreign: false,
        printed: false,
        asked: false,
        line: 0,
        last: None,
    };
    let file = text.file();
    let count = file.line_count();
    reader.read.units = count;
    let mut index = 0usize;
    while index < count {
        let Some(line) = file.line(index) else { break };
        reader.line = u32::try_from(index).unwrap_or(u32::MAX);
        let end = quoted_end(text, index, line, &reader);
        let content = if end > index {
            joined(text, index, end)
        } else {
            line
        };
        if let Some((state, why)) = reader.line(content) {
            let span = text.span_of(content.trim());
            for unit in index..=end {
                let why = why.filter(|_| unit == index);
                reader.read.known.push((unit, state, why, span));
            }
        } else {
            // The other lines of a value have the state of its first.
            for unit in index.saturating_add(1)..=end {
                let state = LineState::Irrelevant;
                let span = text.span_of(content);
                reader.read.known.push((unit, state, None, span));
            }
        }
        index = end.saturating_add(1);
    }
    reader.finish();
    reader.read
}

/// The line on which a quoted value that starts on a line ends.
fn quoted_end(text: &Text<'_>, index: usize, line: &str, reader: &Reader<'_>) -> usize {
    if !line.contains('"') {
        return index;
    }
    let file = text.file();
    let begins = line.trim_start();
    let open = if begins.starts_with("set ") {
        // The last word starts with a quote that nothing closes.
        let mut words = Words { rest: begins };
        let mut open = false;
        while let Some(word) = words.next() {
            let end = word.as_ptr() as usize;
            let whole = words.rest.is_empty() && !begins.trim_end().ends_with('"');
            let start = end.saturating_sub(begins.as_ptr() as usize);
            let quoted = start > 0 && begins.as_bytes().get(start.saturating_sub(1)) == Some(&b'"');
            open = whole && quoted;
        }
        open
    } else if !reader.stack.is_empty() {
        begins.bytes().filter(|byte| *byte == b'"').count() % 2 == 1
    } else {
        false
    };
    if !open {
        return index;
    }
    for end in index.saturating_add(1)..file.line_count().min(index.saturating_add(MAX_QUOTED)) {
        let Some(next) = file.line(end) else { break };
        let next = next.trim_end();
        if next.ends_with('"') || next.ends_with("\";") {
            return end;
        }
        if next.starts_with("set ") {
            break;
        }
    }
    index
}

fn joined<'t>(text: &Text<'t>, first: usize, last: usize) -> &'t str {
    let file = text.file();
    let start = file.line(first).and_then(|line| file.span_of(line));
    let end = file.line(last).and_then(|line| file.span_of(line));
    start
        .zip(end)
        .and_then(|(start, end)| file.text().get(start.range().start..end.range().end))
        .unwrap_or_default()
}

impl<'t> Reader<'t> {
    /// Reads a line; the state of one that holds no statement.
    fn line(&mut self, content: &'t str) -> State {
        if self.remark {
            return self.curly(content);
        }
        let text = trimmed(content);
        let Some(first) = text.bytes().next() else {
            return IRRELEVANT;
        };
        let between = self.stack.is_empty() && self.at.is_none();
        if let Some(state) = self.running(text, between) {
            return state;
        }
        if first == b's'
            && between
            && let Some(rest) = text.strip_prefix("set ")
        {
            if rest.starts_with("cli ") {
                return IRRELEVANT;
            }
            self.foreign = false;
            self.set(rest);
            return None;
        }
        if let Some(prompt) = prompt(text) {
            self.read.prompt_host = Some(prompt.host);
            return self.typed(prompt.typed);
        }
        if between {
            match first {
                b'{' | b'%' | b'$' | b'<'
                    if let Some(said) = templates::line(text).filter(|said| said.directive) =>
                {
                    return self.template(text, said);
                }
                b'#' | b'!' | b'<' => return IRRELEVANT,
                b'`' if text.starts_with("```") => return IRRELEVANT,
                b'[' if text.starts_with("[edit") => return IRRELEVANT,
                _ => {}
            }
            if tables::is_answer(text) {
                return IRRELEVANT;
            }
            let mut words = Words { rest: text };
            if let Some(verb) = words.next()
                && tables::is_verb(verb)
                && !text.ends_with(['{', ';'])
            {
                return self.command(verb, words.rest, text);
            }
            if self.foreign {
                let why = "output of a command that shows no configuration";
                return Some((LineState::Irrelevant, Some(why)));
            }
            if !text.ends_with(['{', '}', ';']) && !text.contains(['{', ';']) {
                let why = "this is neither a statement of PAN-OS nor a command of its command line";
                return Some((LineState::Unrecognised, Some(why)));
            }
        } else if tables::is_answer(text) {
            return IRRELEVANT;
        }
        self.curly(content)
    }

    /// A line of a rule that `show running security-policy` printed.
    fn running(&mut self, text: &'t str, between: bool) -> Option<State> {
        if self.printed && prompt(text).is_some() {
            // The output was cut off.
            self.printed = false;
            return None;
        }
        if !self.printed {
            if !between || !text.ends_with('{') {
                return None;
            }
            let file = self.text.file();
            let next = (self.line as usize).saturating_add(1);
            let behind = (next..file.line_count()).map_while(|line| file.line(line));
            if !running_policy::begins(text, behind) {
                return None;
            }
            self.printed = true;
            if !self.asked {
                self.read.running.push(RunningRule {
                    name: running_policy::name(text)?,
                    action: None,
                    span: self.text.span_of(text),
                });
            }
        } else if text == "}" {
            self.printed = false;
        } else if let Some(rule) = self.read.running.last_mut()
            && !self.asked
        {
            rule.action = running_policy::value(text, "action").or(rule.action);
        }
        let first = text.ends_with('{');
        let why = first.then_some(running_policy::WHY);
        Some(Some((LineState::NotModelled, why)))
    }

    /// A line of a template that was not filled in.
    fn template(&mut self, text: &'t str, said: templates::Line) -> State {
        if said.depth == 0 && !said.more && self.read.broken.is_empty() {
            // A comment, or a value that later lines use.
            return IRRELEVANT;
        }
        let span = self.text.span_of(text);
        let why = "a line of a template decides which commands are there";
        if self.read.broken.is_empty() {
            self.read.spoil(why.to_owned(), span);
        }
        Some((LineState::NotModelled, Some(why)))
    }

    /// What was typed at a prompt.
    fn typed(&mut self, typed: &'t str) -> State {
        let mut words = Words { rest: typed };
        let Some(verb) = words.next() else {
            return IRRELEVANT;
        };
        self.asked = verb == "test";
        self.foreign |= self.asked;
        if verb == "show" {
            let rest = words.rest.trim();
            let shown = rest.is_empty()
                || rest.starts_with("config")
                || tables::is_top(rest.split(' ').next().unwrap_or_default());
            self.foreign = !shown;
            if rest.starts_with("config merged") {
                self.read.merged = true;
            }
            return IRRELEVANT;
        }
        if verb == "set" && !words.rest.trim_start().starts_with("cli") {
            self.set(words.rest);
            return None;
        }
        if tables::is_verb(verb) {
            return self.command(verb, words.rest, typed);
        }
        IRRELEVANT
    }

    fn set(&mut self, rest: &'t str) {
        let mut at = self.edit;
        let mut list = None;
        let mut open = false;
        self.last = Some(self.line);
        for word in (Words { rest }).take(MAX_WORDS) {
            open |= list.is_none() && self.is_left_open(rest, word, at);
            match word {
                "[" => list = Some(at),
                "]" => list = None,
                _ => {
                    if list.is_none()
                        && let Some(node) = values::resume(&self.read.tree, at.node, word)
                    {
                        self.read.tree.end(self.line, at.node);
                        at = Place::at(node);
                    }
                    let (place, own) =
                        step(&mut self.read.tree, list.unwrap_or(at), word, self.line);
                    if list.is_some() && own {
                        self.read.tree.end(self.line, place.node);
                    }
                    at = place;
                }
            }
        }
        let node = list.unwrap_or(at).node;
        if open {
            self.leave_open(rest, node);
        }
        if node == ROOT {
            let span = self.text.span_of(rest);
            let unit = self.line as usize;
            self.read
                .known
                .push((unit, LineState::Irrelevant, None, span));
        } else {
            self.read.tree.end(self.line, node);
        }
    }

    /// Whether a template decides here which words the command has: by a directive,
    /// or by a value where the command may go on with a key.
    fn is_left_open(&self, rest: &str, word: &str, at: Place) -> bool {
        if !word.contains(['{', '<']) {
            return false;
        }
        let start = (word.as_ptr() as usize).saturating_sub(rest.as_ptr() as usize);
        let before = start.checked_sub(1).and_then(|at| rest.as_bytes().get(at));
        if before == Some(&b'"') {
            return false;
        }
        ["{%", "%{", "<%"].iter().any(|mark| word.contains(mark))
            || templates::is_placeholder(word)
                && (self.entry(at.node) == Some(at.node)
                    || values::resume(&self.read.tree, at.node, "description").is_some()
                    || values::resume(&self.read.tree, at.node, "action").is_some())
    }

    /// Leaves open what a template may make of a command.
    fn leave_open(&mut self, rest: &'t str, node: NodeId) {
        match self.entry(node) {
            Some(entry) => self.read.left_open.push(entry),
            None => {
                let why = "a template decides which words this command has";
                let span = self.text.span_of(rest);
                self.read.spoil(why.to_owned(), span);
            }
        }
    }

    /// The rule or the object that a node belongs to.
    fn entry(&self, node: NodeId) -> Option<NodeId> {
        let tree = &self.read.tree;
        let mut at = node;
        loop {
            let list = tree.parent(at)?;
            let kinds = [
                "rules",
                "address",
                "address-group",
                "service",
                "service-group",
            ];
            let above = tree.parent(list)?;
            let place = tree.word(above);
            let of_rule = tree.word(list) == "rules" && tree.parent(above).is_some();
            let of_object = above == ROOT
                || place == "shared"
                || tree
                    .parent(above)
                    .is_some_and(|list| matches!(tree.word(list), "vsys" | "device-group"));
            if kinds.contains(&tree.word(list)) && (of_rule || of_object) {
                return Some(at);
            }
            at = list;
        }
    }

    /// The node of a path, if it is there, and what is left of the words.
    fn lookup(&mut self, rest: &'t str) -> Option<NodeId> {
        let mut at = self.edit;
        for word in (Words { rest }).take(MAX_WORDS) {
            if matches!(word, "[" | "]") {
                continue;
            }
            let known = self.read.tree.len();
            let (place, own) = step(&mut self.read.tree, at, word, self.line);
            if own && self.read.tree.len() > known {
                self.read.tree.remove(place.node);
                return None;
            }
            at = place;
        }
        (at.node != ROOT).then_some(at.node)
    }

    fn command(&mut self, verb: &'t str, rest: &'t str, line: &'t str) -> State {
        match verb {
            "delete" => {
                if let Some(node) = self.lookup(rest) {
                    self.read.tree.remove(node);
                    return Some((LineState::Modelled, None));
                }
                IRRELEVANT
            }
            "move" => self.moved(rest),
            "rename" => {
                let found = rest.rsplit_once(" to ").and_then(|(path, name)| {
                    let node = self.lookup(path)?;
                    let parent = self.read.tree.parent(node)?;
                    let name = Words { rest: name }.next()?;
                    let made = copy(&mut self.read.tree, node, parent, name, self.line)?;
                    self.read.tree.rearrange(made, node, false);
                    self.read.tree.remove(node);
                    Some(())
                });
                self.carried_out(found.is_some(), line)
            }
            "copy" => {
                let found = rest.rsplit_once(" to ").and_then(|(path, name)| {
                    let node = self.lookup(path)?;
                    let parent = self.read.tree.parent(node)?;
                    let name = Words { rest: name }.next()?;
                    copy(&mut self.read.tree, node, parent, name, self.line)
                });
                self.carried_out(found.is_some(), line)
            }
            "edit" => {
                for word in (Words { rest }) {
                    self.edit = step(&mut self.read.tree, self.edit, word, self.line).0;
                }
                IRRELEVANT
            }
            "top" | "up" => {
                self.edit = TOP;
                IRRELEVANT
            }
            "load" | "override" | "revert" => self.carried_out(false, line),
            _ => IRRELEVANT,
        }
    }

    fn carried_out(&mut self, done: bool, line: &'t str) -> State {
        if done {
            return Some((LineState::Modelled, None));
        }
        let why = "exlint does not carry out this command; give the configuration after it";
        let span = self.text.span_of(line);
        self.read.spoil(why.to_owned(), span);
        Some((LineState::NotModelled, Some(why)))
    }

    /// `move PATH top|bottom|before X|after X`.
    fn moved(&mut self, rest: &'t str) -> State {
        let words: Vec<&'t str> = Words { rest }.take(MAX_WORDS).collect();
        let found = match words.as_slice() {
            [.., name, "before", other] => Some((*name, Some(*other), false)),
            [.., name, "after", other] => Some((*name, Some(*other), true)),
            [.., name, "top"] => Some((*name, None, false)),
            [.., name, "bottom"] => Some((*name, None, true)),
            _ => None,
        };
        let done = found.and_then(|(name, other, behind)| {
            // The path ends with the name of what is moved.
            let start = rest.as_ptr() as usize;
            let length = (name.as_ptr() as usize)
                .checked_sub(start)?
                .checked_add(name.len())?;
            let node = self.lookup(rest.get(..length)?)?;
            let tree = &mut self.read.tree;
            let parent = tree.parent(node)?;
            let mut others = tree.all(parent).filter(|other| *other != node);
            let sibling = match other {
                Some(other) => tree.find(parent, other)?,
                None if behind => match others.last() {
                    Some(last) => last,
                    None => return Some(()),
                },
                None => match others.next() {
                    Some(first) => first,
                    None => return Some(()),
                },
            };
            tree.rearrange(node, sibling, behind).then_some(())
        });
        self.carried_out(done.is_some(), rest)
    }

    /// A line in curly braces.
    fn curly(&mut self, content: &'t str) -> State {
        let mut remark = self.remark;
        let mut any = false;
        let mut wraps = false;
        let parts: Vec<Token<'t>> = tokens(content, &mut remark).collect();
        self.remark = remark;
        for (index, token) in parts.iter().copied().enumerate() {
            any |= !matches!(token, Token::Remark(_));
            let base = self.stack.last().copied().unwrap_or(self.edit);
            match token {
                // `rules { web 7b981534-88a4-4936-aa3c-eea3c4da8e67 { … } }`:
                // PAN-OS 9.0 and later show the identifier behind the name.
                Token::Word(word)
                    if self.at.is_some()
                        && is_identifier(word)
                        && parts.get(index.saturating_add(1)) == Some(&Token::Open) => {}
                Token::Word(word) => {
                    let from = self.list.or(self.at).unwrap_or(base);
                    let (place, own) = step(&mut self.read.tree, from, word, self.line);
                    if self.list.is_some() && own {
                        self.read.tree.end(self.line, place.node);
                    }
                    self.at = Some(place);
                }
                Token::ListOpen => self.list = Some(self.at.unwrap_or(base)),
                Token::ListClose => self.list = None,
                Token::Open => {
                    let place = self.at.take().unwrap_or(base);
                    wraps = place.node == ROOT;
                    if !wraps {
                        self.read.tree.end(self.line, place.node);
                    }
                    self.stack.push(place);
                }
                Token::End => {
                    if let Some(place) = self.at.take()
                        && place.node != ROOT
                    {
                        self.read.tree.end(self.line, place.node);
                    }
                    self.list = None;
                }
                Token::Close => {
                    self.at = None;
                    self.list = None;
                    if self.stack.pop().is_none() {
                        let span = self.text.span_of(content.trim());
                        let why = "a brace closes what was not opened";
                        self.read.spoil(why.to_owned(), span);
                    }
                }
                Token::Remark(_) => {}
            }
        }
        self.last = Some(self.line);
        if wraps && parts.last() == Some(&Token::Open) {
            return IRRELEVANT;
        }
        if any && self.at.is_none() && content.trim().chars().all(|c| matches!(c, '}' | ';')) {
            return IRRELEVANT;
        }
        if any { None } else { IRRELEVANT }
    }

    fn finish(&mut self) {
        let text = self.text.file().text();
        let end = Span::of(self.text.file().id(), text.len()..text.len());
        if !self.stack.is_empty() || self.at.is_some() {
            let why = "the configuration ends before its braces do: the export is cut off";
            self.read.spoil(why.to_owned(), end);
        } else if !text.ends_with(['\n', '\r', '}'])
            && self.last == u32::try_from(self.read.units.saturating_sub(1)).ok()
            && self.read.units > 1
        {
            // A `set` line without its line feed may have lost its end.
            self.read.cut = self.read.tree.last_end();
        }
        if let Some(line) = self.read.tree.too_deep() {
            let span = self
                .text
                .file()
                .line(line as usize)
                .map_or(end, |line| self.text.span_of(line.trim()));
            let why = "statements nest deeper than PAN-OS nests them; what lies deeper is not read";
            self.read.spoil(why.to_owned(), span);
        }
    }
}

/// Whether a word is a universally unique identifier (RFC 9562, section 4):
/// hexadecimal digits in groups of 8, 4, 4, 4 and 12.
fn is_identifier(word: &str) -> bool {
    let group = |group: &str| group.bytes().all(|byte| byte.is_ascii_hexdigit());
    word.len() == 36
        && word.split('-').map(str::len).eq([8, 4, 4, 4, 12])
        && word.split('-').all(group)
}

/// Copies a statement and all below it under another name.
fn copy<'t>(
    tree: &mut WordTree<'t>,
    from: NodeId,
    parent: NodeId,
    name: &'t str,
    line: u32,
) -> Option<NodeId> {
    let (to, made) = tree.child(parent, name, line);
    if !made {
        return None;
    }
    let mut work = vec![(from, to)];
    let mut left = 100_000usize;
    while let Some((from, to)) = work.pop() {
        left = left.checked_sub(1)?;
        let children: Vec<NodeId> = tree.children(from).collect();
        for child in children {
            let (word, line) = (tree.word(child), tree.line(child));
            let (made, _) = tree.child(to, word, line);
            work.push((child, made));
        }
    }
    Some(to)
}
