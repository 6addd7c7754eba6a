//! `netsh ipsec static show all` (or `policy`, `rule`, `filterlist`,
//! `filteraction`): the policies of Windows 2000, Server 2003 and later.
//!
//! A rule ties a filter list to a filter action. Each filter of each rule
//! becomes a record of `Get-NetIPsecRule` that tells which packets it is for,
//! whether its policy is assigned, and whether packets are encrypted:
//! `Encryption` is `Required` where every security method has ESP with a
//! cipher and nothing falls back to clear text, `Offered` where some has, and
//! `None` otherwise.

mod rule;

use std::collections::HashMap;
use std::sync::OnceLock;

use super::objects::Objects;
use crate::formats::firewall::windows_firewall::words::Words;
use crate::formats::{Content, Document, Ledger, LineState, Problem, ProblemLevel, Unit, prompt};
use crate::source::{SourceFile, Span};
use rule::{Action, Filter, Placed, Rule, object};

const WHAT: &str = "output of netsh ipsec static";

fn label(text: &str) -> Option<&'static str> {
    static LABELS: OnceLock<Words> = OnceLock::new();
    let labels =
        LABELS.get_or_init(|| Words::new(include_str!("../data/ipsec_labels.tsv"), 2, |_| true));
    labels.get(text)
}

fn word(text: &str) -> Option<&'static str> {
    static WORDS: OnceLock<Words> = OnceLock::new();
    let words =
        WORDS.get_or_init(|| Words::new(include_str!("../data/ipsec_words.tsv"), 2, |_| true));
    words.get(&text.to_lowercase())
}

/// Lines behind the name of a policy that are looked at to tell that it is one.
const HEAD_LINES: usize = 12;

/// Whether the name of a policy, a filter list or a filter action stands in a
/// line, with settings of IPsec below it.
#[must_use]
pub fn is_heading(file: &SourceFile, index: usize) -> bool {
    let key = |line: &str| {
        let (text, value) = split(line)?;
        label(text).filter(|_| !value.is_empty())
    };
    let named = file.line(index).and_then(key);
    if !matches!(named, Some("policy" | "list" | "filter-action")) {
        return false;
    }
    (1..HEAD_LINES).any(|more| {
        let below = file.line(index.saturating_add(more)).unwrap_or_default();
        let telling = matches!(
            key(below),
            Some(
                "assigned"
                    | "mirrored"
                    | "source"
                    | "rule-id"
                    | "list"
                    | "filter-action"
                    | "fallback"
            )
        );
        telling || below.trim_start().starts_with("No. of ")
    })
}

fn split(line: &str) -> Option<(&str, &str)> {
    let (label, value) = line.split_once([':', '：'])?;
    Some((label.trim(), value.trim()))
}

/// What the lines belong to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Nothing,
    Policy,
    Rule,
    List,
    Action,
}

struct Reader<'f> {
    file: &'f SourceFile,
    open: Open,
    policy: Option<Placed<'f>>,
    assigned: Option<Placed<'f>>,
    rules: Vec<Rule<'f>>,
    /// Whether what follows is of the last rule.
    in_rule: bool,
    list: Option<&'f str>,
    lists: HashMap<&'f str, Vec<Filter<'f>>>,
    action: Option<&'f str>,
    actions: HashMap<&'f str, Action<'f>>,
    secrets: Vec<Span>,
    host: Option<&'f str>,
    first: Option<Span>,
}

/// Reads a file; blank lines are left to others.
#[must_use]
pub fn read(file: &SourceFile) -> Document {
    let mut reader = Reader {
        file,
        open: Open::Nothing,
        policy: None,
        assigned: None,
        rules: Vec::new(),
        in_rule: false,
        list: None,
        lists: HashMap::new(),
        action: None,
        actions: HashMap::new(),
        secrets: Vec::new(),
        host: None,
        first: None,
    };
    let mut ledger = Ledger::new(Unit::Lines, file.line_count());
    for index in 0..file.line_count() {
        let line = file.line(index).unwrap_or_default();
        let state = reader.line(line.trim_matches([' ', '\t', '\u{feff}', '\0']));
        ledger.set(index, state);
        if state == LineState::Unrecognised {
            let why = "no line of netsh ipsec reads like this";
            ledger.note(state, why, reader.span(line.trim()));
        }
    }
    reader.finish(ledger)
}

impl<'f> Reader<'f> {
    fn span(&self, part: &str) -> Span {
        let start = Span::of(self.file.id(), 0..0);
        self.file.span_of(part).unwrap_or(start)
    }

    fn line(&mut self, line: &'f str) -> LineState {
        if line.is_empty()
            || prompt::is_noise(line)
            || line.bytes().all(|b| matches!(b, b'-' | b' '))
        {
            return LineState::Irrelevant;
        }
        if let Some(prompt) = prompt::read(line) {
            self.host = prompt.host.or(self.host);
            return LineState::Irrelevant;
        }
        if self.open == Open::Action && line.contains('[') {
            return self.method(line);
        }
        if let Some(state) = self.row(line) {
            return state;
        }
        let Some((text, value)) = split(line) else {
            // Headings of parts, of tables, and lists of ways to authenticate.
            return LineState::Irrelevant;
        };
        let Some(key) = label(text) else {
            return LineState::Unrecognised;
        };
        let placed = (
            value,
            self.span(if value.is_empty() { line } else { value }),
        );
        self.first.get_or_insert(placed.1);
        self.setting(key, placed)
    }

    fn setting(&mut self, key: &'static str, placed: Placed<'f>) -> LineState {
        let (value, span) = placed;
        match key {
            "policy" => {
                self.open = Open::Policy;
                self.in_rule = false;
                self.policy = Some(placed);
                self.assigned = None;
            }
            "assigned" => {
                self.assigned = Some(placed);
                let policy = self.policy;
                let of_policy = self.rules.iter_mut().filter(|rule| rule.policy == policy);
                of_policy.for_each(|rule| rule.assigned = Some(placed));
            }
            "rule-id" | "rule" => self.rule(key, placed),
            "activated" => {
                if let Some(rule) = self.rules.last_mut().filter(|_| self.in_rule) {
                    rule.activated = Some(placed);
                }
            }
            "list" => {
                self.open = Open::List;
                self.list = Some(value);
                self.lists.entry(value).or_default().clear();
                if let Some(rule) = self.rules.last_mut().filter(|_| self.in_rule) {
                    rule.list = Some(value);
                }
            }
            "filter-action" => {
                self.open = Open::Action;
                self.action = Some(value);
                self.actions.insert(value, Action::default());
                if let Some(rule) = self.rules.last_mut().filter(|_| self.in_rule) {
                    rule.action = Some(value);
                }
            }
            "key" => self.secrets.push(span),
            "action" | "fallback" | "passthrough" => return self.of_action(key, placed),
            "tunnel" => return LineState::NotModelled,
            "other" => return LineState::Irrelevant,
            _ => return self.of_filter(key, placed),
        }
        LineState::Modelled
    }

    /// `Rule ID` begins a rule, and so does `Rule Name` where none came before.
    fn rule(&mut self, key: &str, placed: Placed<'f>) {
        let named = self.rules.last_mut().filter(|_| self.open == Open::Rule);
        if let (Some(rule), "rule") = (named, key)
            && rule.name.is_none()
        {
            rule.name = Some(placed);
            return;
        }
        self.open = Open::Rule;
        self.in_rule = true;
        self.rules.push(Rule {
            name: (key == "rule").then_some(placed),
            policy: self.policy,
            assigned: self.assigned,
            ..Rule::default()
        });
    }

    /// A row of the table of rules: `YES  list  action  Kerberos`. The names are
    /// those of lists and actions that were printed before.
    fn row(&mut self, line: &'f str) -> Option<LineState> {
        if self.open != Open::Policy || line.contains(':') {
            return None;
        }
        let (first, rest) = line.split_once([' ', '\t'])?;
        word(first).filter(|word| matches!(*word, "yes" | "no"))?;
        let longest = |names: Vec<&'f str>, text: &str| {
            let fits = names.into_iter().filter(|name| text.starts_with(*name));
            fits.max_by_key(|name| name.len())
        };
        let rest = rest.trim_start();
        let list = longest(self.lists.keys().copied().collect(), rest)?;
        let rest = rest.get(list.len()..)?.trim_start();
        let action = longest(self.actions.keys().copied().collect(), rest)?;
        let span = self.span(first);
        self.rules.push(Rule {
            name: None,
            policy: self.policy,
            assigned: self.assigned,
            activated: Some((first, span)),
            list: Some(list),
            action: Some(action),
        });
        Some(LineState::Modelled)
    }

    fn of_action(&mut self, key: &str, placed: Placed<'f>) -> LineState {
        let action = self.action.and_then(|name| self.actions.get_mut(name));
        let Some(action) = action.filter(|_| self.open == Open::Action) else {
            return LineState::Unrecognised;
        };
        let yes = word(placed.0) == Some("yes");
        match key {
            "action" => {
                action.action = Some(placed);
                if !matches!(word(placed.0), Some("permit" | "block" | "negotiate")) {
                    return LineState::NotModelled;
                }
            }
            "fallback" => action.fallback = yes,
            _ => action.passthrough = yes,
        }
        LineState::Modelled
    }

    /// `[NONE]  [SHA1 , 3DES]  900S/100000kb`: AH, then ESP with hash and cipher.
    fn method(&mut self, line: &'f str) -> LineState {
        let span = self.span(line);
        let mut parts = line.split('[').skip(1);
        let (Some(_), Some(esp)) = (parts.next(), parts.next()) else {
            return LineState::Irrelevant;
        };
        let esp = esp
            .split(']')
            .next()
            .unwrap_or_default()
            .to_ascii_uppercase();
        let cipher = esp.rsplit(',').next().unwrap_or_default().trim();
        let encrypts = cipher.contains("DES") || cipher.contains("AES");
        if let Some(action) = self.action.and_then(|name| self.actions.get_mut(name)) {
            action.methods.push((encrypts, span));
        }
        LineState::Modelled
    }

    fn of_filter(&mut self, key: &'static str, placed: Placed<'f>) -> LineState {
        let filters = self.list.and_then(|name| self.lists.get_mut(name));
        let Some(filters) = filters.filter(|_| self.open == Open::List) else {
            return LineState::Unrecognised;
        };
        // A filter begins with the setting that the one before has already.
        let starts = match (key, filters.last()) {
            (_, None) => true,
            ("mirrored", Some(last)) => last.mirrored.is_some() || last.source.is_some(),
            ("source", Some(last)) => last.source.is_some(),
            _ => false,
        };
        if starts {
            filters.push(Filter::default());
        }
        let Some(filter) = filters.last_mut() else {
            return LineState::Unrecognised;
        };
        let slot = match key {
            "mirrored" => &mut filter.mirrored,
            "source" => &mut filter.source,
            "source-mask" => &mut filter.source_mask,
            "destination" => &mut filter.destination,
            "destination-mask" => &mut filter.destination_mask,
            "protocol" => &mut filter.protocol,
            "source-port" => &mut filter.source_port,
            _ => &mut filter.destination_port,
        };
        *slot = Some(placed);
        LineState::Modelled
    }

    fn finish(self, ledger: Ledger) -> Document {
        let mut objects = Objects::default();
        for rule in &self.rules {
            let action = rule.action.and_then(|name| self.actions.get(name));
            let filters = rule.list.and_then(|name| self.lists.get(name));
            for filter in filters.into_iter().flatten() {
                objects.add(object(rule, action, filter), self.host, WHAT);
            }
        }
        let mut problems = std::mem::take(&mut objects.problems);
        let listed = self.lists.values().any(|filters| !filters.is_empty());
        if let Some(span) = self.first.filter(|_| self.rules.is_empty() && listed) {
            problems.push(Problem {
                level: ProblemLevel::Warning,
                message: "the output shows filters, but no rule that uses them".to_owned(),
                hint: Some(
                    "save what `netsh ipsec static show policy name=all level=verbose` prints"
                        .to_owned(),
                ),
                span,
            });
        }
        let mut content: Vec<Content> = objects.finish().collect();
        content.extend(Content::secrets(self.secrets));
        Document {
            content,
            ledger,
            problems,
        }
    }
}
