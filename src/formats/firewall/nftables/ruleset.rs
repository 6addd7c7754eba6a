//! Tables, chains and sets of a ruleset.

use std::cell::OnceCell;
use std::collections::HashMap;

use super::detect::FAMILIES;
use super::lex::{Token, Tokens, tokens};
use super::stages::{self, Table};
use super::values::Element;
use crate::formats::firewall::shared::netfilter::build::Builder;
use crate::formats::firewall::shared::netfilter::matching::Family;
use crate::formats::firewall::shared::room::Progress;
use crate::formats::firewall::shared::tables::Map;
use crate::formats::firewall::shared::words::trimmed_of;
use crate::formats::{Content, Document, Ledger, LineState, Problem, ProblemLevel, Unit};
use crate::source::{SourceFile, Span};

mod bodies;
pub mod captures;
mod write;

/// Variables expand to at most so many tokens in one statement.
const MAX_EXPANSION: usize = 200_000;
/// Variables name each other at most this deep.
const MAX_DEPTH: usize = 8;
/// Chains in place of a jump nest at most this deep.
const MAX_INLINE: usize = 16;
/// Rules that may name their place by a number.
const MAX_PLACED: usize = 1_000;

/// A named set or map.
#[derive(Debug, Clone, Default)]
pub struct Set {
    /// Members.
    pub elements: Vec<Element>,
    /// Whether the kernel changes it while it is used.
    pub dynamic: bool,
    /// Its other properties, as written.
    pub says: Vec<String>,
    /// Where it stands.
    pub spans: Vec<Span>,
    /// A digest of all that, made on first use.
    pub content: OnceCell<String>,
    /// Whether the listing may leave its members out (`nft -t`).
    pub unlisted: bool,
}

/// Sets and maps of a table by name.
pub type Sets = Map<String, Set>;

/// Where the text of a ruleset stands in the file.
pub enum Mapping<'m> {
    /// It is the file's text.
    File,
    /// It was written from records: start in the text, span in the file; and the
    /// words of those that are rules.
    Records(&'m [(usize, Span)], HashMap<Span, Box<str>>),
}

/// A ruleset while it is read.
pub struct Ruleset<'f, 'm> {
    /// The firewall under construction.
    pub builder: Builder<'f>,
    /// Tables in order.
    pub tables: Vec<Table>,
    /// Whether something is included that is not followed.
    pub included: Option<Span>,
    /// A file that is included outside of every table.
    pub included_outside: Option<Span>,
    /// Where a brace is missing or one too many: nft takes nothing of such a file.
    pub broken: Option<Span>,
    /// A typed command behind the ruleset that changes it.
    pub changed: Option<Span>,
    mapping: Mapping<'m>,
    ledger: Ledger,
    /// The line or record that was marked last: the next one is near.
    last: usize,
}

/// Reads a file of text.
pub fn read(file: &SourceFile) -> Document {
    let mut ledger = Ledger::new(Unit::Lines, file.line_count());
    for (index, (_, line)) in file.lines().enumerate() {
        let line = trimmed_of(line, |c| matches!(c, ' ' | '\t' | '\u{feff}' | '\0'));
        let bare = line.is_empty()
            || line.starts_with('#')
            || line
                .chars()
                .all(|c| matches!(c, '{' | '}' | ';' | ' ' | '\t' | ','));
        if bare {
            ledger.set(index, LineState::Irrelevant);
        }
    }
    run(file, file.text(), Mapping::File, ledger)
}

/// Reads a ruleset in words of nft.
pub fn run(file: &SourceFile, text: &str, mut mapping: Mapping<'_>, ledger: Ledger) -> Document {
    let mut builder = Builder::new(file, super::ID);
    builder.keeps = memchr::memmem::find(text.as_bytes(), b"notrack").is_some();
    if let Mapping::Records(_, written) = &mut mapping {
        builder.written = std::mem::take(written);
    }
    let mut ruleset = Ruleset {
        builder,
        tables: Vec::new(),
        included: None,
        included_outside: None,
        broken: None,
        changed: None,
        mapping,
        ledger,
        last: 0,
    };
    let all = tokens(text);
    let unbalanced = all.unbalanced();
    ruleset.broken = unbalanced.map(|token| ruleset.span(token.start, token.end));
    if matches!(ruleset.mapping, Mapping::File) {
        ruleset.changed = captures::changed(file, &all);
    }
    let mut reader = Reader {
        ruleset: &mut ruleset,
        tokens: &all,
        variables: Map::default(),
        pending: Vec::new(),
        placed: 0,
        statement: Vec::new(),
    };
    reader.commands();
    reader.rules();
    reader.open_included();
    let Ruleset { ledger, .. } = &mut ruleset;
    let mut ledger = std::mem::take(ledger);
    if let Some(span) = ruleset.changed {
        ledger.set(file.line_of(span.start), LineState::NotModelled);
        ledger.note(LineState::NotModelled, captures::WHY, span);
    }
    let broken = ruleset.broken.map(broken).into_iter();
    let problems = broken
        .chain(ruleset.changed.map(captures::problem))
        .collect();
    let content = if ruleset.tables.is_empty() {
        Vec::new()
    } else {
        vec![Content::Firewall(Box::new(stages::compile(ruleset)))]
    };
    Document {
        content,
        ledger,
        problems,
    }
}

fn broken(span: Span) -> Problem {
    Problem {
        level: ProblemLevel::Error,
        message: "this brace has no partner: the ruleset is cut off or broken, and decides nothing"
            .to_owned(),
        hint: Some("export it again with `nft list ruleset`".to_owned()),
        span,
    }
}

impl Ruleset<'_, '_> {
    /// The place in the file of a part of the text.
    fn span(&self, start: usize, end: usize) -> Span {
        let file = self.builder.file;
        match self.mapping {
            Mapping::File => Span::of(file.id(), start..end.max(start)),
            Mapping::Records(records, _) => {
                let index = records.partition_point(|(from, _)| *from <= start);
                let record = index.checked_sub(1).and_then(|index| records.get(index));
                record.map_or(Span::of(file.id(), 0..0), |(_, span)| *span)
            }
        }
    }

    /// Sets the state of all lines or records of a part of the text, where
    /// nothing worse stands.
    fn mark(
        &mut self,
        start: usize,
        end: usize,
        state: LineState,
        why: Option<std::borrow::Cow<'static, str>>,
    ) {
        let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let (first, last) = match self.mapping {
            Mapping::File => {
                let file = self.builder.file;
                let first = file.line_near(self.last, clamp(start));
                let end = clamp(end.saturating_sub(1).max(start));
                (first, file.line_near(first, end))
            }
            Mapping::Records(records, _) => {
                let index = records.partition_point(|(from, _)| *from <= start);
                let index = index.saturating_sub(1);
                (index, index)
            }
        };
        self.last = first;
        let rank = |state: LineState| match state {
            LineState::Irrelevant => 0,
            LineState::Modelled => 1,
            LineState::NotModelled => 2,
            LineState::Unrecognised => 3,
        };
        for line in first..=last {
            let held = self.ledger.state(line);
            let fresh = held == Some(LineState::Unrecognised);
            if fresh || held.is_some_and(|held| rank(held) < rank(state)) {
                self.ledger.set(line, state);
            }
        }
        if let Some(why) = why {
            let span = self.span(start, end);
            self.ledger.note(state, why, span);
        }
    }
}

struct Reader<'r, 'f, 'm, 't> {
    ruleset: &'r mut Ruleset<'f, 'm>,
    tokens: &'t Tokens<'t>,
    variables: Map<&'t str, Vec<Token<'t>>>,
    /// Rules to be read when all sets are known.
    pending: Vec<Pending>,
    /// How many of them name their place by a number.
    placed: usize,
    /// The tokens of the rule that is being read.
    statement: Vec<Token<'t>>,
}

/// A rule that is still to be read.
struct Pending {
    table: usize,
    chain: usize,
    /// Its tokens.
    range: std::ops::Range<usize>,
    /// Whether it comes before all others of its chain.
    front: bool,
}

impl<'t> Reader<'_, '_, '_, 't> {
    fn words(&self, range: std::ops::Range<usize>) -> impl Iterator<Item = &'t str> {
        range.map(|at| self.text(at))
    }

    fn text(&self, at: usize) -> &'t str {
        self.tokens
            .get(at)
            .filter(|token| !token.quoted)
            .map_or("", |token| token.text)
    }

    fn name(&self, at: usize) -> &'t str {
        self.tokens.get(at).map_or("", |token| token.text)
    }

    fn bounds(&self, range: &std::ops::Range<usize>) -> (usize, usize) {
        let start = self
            .tokens
            .bounds(range.start)
            .map_or(0, |token| token.start);
        let last = range.end.saturating_sub(1).max(range.start);
        let end = self.tokens.bounds(last).map_or(start, |token| token.end);
        (start, end)
    }

    fn mark(
        &mut self,
        range: std::ops::Range<usize>,
        state: LineState,
        why: Option<std::borrow::Cow<'static, str>>,
    ) {
        let (start, end) = self.bounds(&range);
        self.ruleset.mark(start, end, state, why);
    }

    fn span(&self, range: &std::ops::Range<usize>) -> Span {
        let (start, end) = self.bounds(range);
        self.ruleset.span(start, end)
    }

    /// Where the statement that starts at `at` ends: at a semicolon, a line
    /// break or a brace that closes what is around it.
    fn end(&self, at: usize) -> usize {
        let mut index = at;
        while let Some((sign, breaks)) = self.tokens.sign(index) {
            match sign {
                _ if breaks && index > at => return index,
                b'}' | b';' => return index,
                b'{' => match self.tokens.closing(index) {
                    Some(close) => index = close,
                    None => return self.tokens.len(),
                },
                _ => {}
            }
            index = index.saturating_add(1);
        }
        index
    }

    fn commands(&mut self) {
        let mut at = 0usize;
        while at < self.tokens.len() {
            if matches!(self.text(at), ";" | "}") {
                at = at.saturating_add(1);
                continue;
            }
            at = self.command(at).max(at.saturating_add(1));
        }
    }

    /// One command; the place after it.
    fn command(&mut self, at: usize) -> usize {
        // The block of a table finds its own end.
        if self.text(at) == "table" {
            return self.table(at);
        }
        let end = self.end(at);
        match self.text(at) {
            "add" | "create" | "insert" => match self.text(at.saturating_add(1)) {
                "table" => self.table(at.saturating_add(1)),
                "element" => {
                    self.element(at.saturating_add(2), end);
                    end
                }
                word @ ("chain" | "set" | "map" | "rule" | "flowtable" | "counter" | "quota"
                | "limit" | "ct" | "synproxy" | "secmark") => {
                    let front = self.text(at) == "insert";
                    self.added(word, at.saturating_add(2), end, front);
                    end
                }
                // `add inet filter input …`: a rule.
                _ => {
                    let front = self.text(at) == "insert";
                    self.added("rule", at.saturating_add(1), end, front);
                    end
                }
            },
            "define" | "redefine" => {
                self.define(at, end);
                end
            }
            "undefine" | "list" | "monitor" | "describe" | "export" => {
                self.mark(at..end, LineState::Irrelevant, None);
                end
            }
            "include" => {
                let span = self.span(&(at..end));
                self.ruleset.included_outside.get_or_insert(span);
                self.include(at..end);
                end
            }
            "flush" if self.text(at.saturating_add(1)) == "ruleset" => {
                self.ruleset.tables.clear();
                self.pending.clear();
                // What was included before is gone, too.
                self.ruleset.included = None;
                self.ruleset.included_outside = None;
                self.mark(at..end, LineState::Irrelevant, None);
                end
            }
            "delete" | "destroy" | "flush" | "reset" | "rename" | "replace" => {
                self.removed(at, end);
                end
            }
            "nft" if captures::lists(self.words(at..end)) => {
                self.mark(at..end, LineState::Irrelevant, None);
                end
            }
            word if word.contains('@')
                || word.starts_with(['$', '%'])
                || self.text(at.saturating_add(1)) == "nft" =>
            {
                self.mark(at..end, LineState::Irrelevant, None);
                end
            }
            _ => {
                self.mark(
                    at..end,
                    LineState::Unrecognised,
                    Some("no command of nft is known that reads like this".into()),
                );
                end
            }
        }
    }

    /// `[family] name` from `at` on: the table's index and the place after.
    fn table_at(&mut self, at: usize, make: bool) -> (Option<usize>, usize) {
        let family = self.text(at);
        let (family, name_at) = if FAMILIES.contains(&family) {
            (family, at.saturating_add(1))
        } else {
            ("ip", at)
        };
        let name = self.name(name_at);
        let next = name_at.saturating_add(1);
        let held = self
            .ruleset
            .tables
            .iter()
            .position(|table| table.family == family && table.name == name);
        if held.is_some() || !make {
            return (held, next);
        }
        self.ruleset.tables.push(Table::new(family, name));
        (Some(self.ruleset.tables.len().saturating_sub(1)), next)
    }

    fn table(&mut self, at: usize) -> usize {
        let (table, next) = self.table_at(at.saturating_add(1), true);
        let Some(table) = table else { return next };
        self.mark(at..next, LineState::Modelled, None);
        if self.text(next) != "{" {
            return self.end(at);
        }
        let mut at = next.saturating_add(1);
        while let Some(token) = self.tokens.get(at) {
            if token.is("}") {
                return at.saturating_add(1);
            }
            if token.is(";") {
                at = at.saturating_add(1);
                continue;
            }
            at = self.in_table(table, at).max(at.saturating_add(1));
        }
        at
    }

    /// A statement of a table's block.
    fn in_table(&mut self, table: usize, at: usize) -> usize {
        let end = self.end(at);
        match self.text(at) {
            word @ ("chain" | "set" | "map" | "flowtable" | "counter" | "quota" | "limit"
            | "ct" | "synproxy" | "secmark") => {
                self.object(table, word, at.saturating_add(1), end);
                end
            }
            "include" => {
                let span = self.span(&(at..end));
                if let Some(table) = self.ruleset.tables.get_mut(table) {
                    table.included.get_or_insert(span);
                }
                self.include(at..end);
                end
            }
            "define" | "redefine" => self.command(at),
            "flags" => {
                let dormant = (at..end).any(|index| self.text(index) == "dormant");
                if let Some(table) = self.ruleset.tables.get_mut(table) {
                    table.dormant |= dormant;
                }
                self.mark(at..end, LineState::Modelled, None);
                end
            }
            "comment" | "handle" => {
                self.mark(at..end, LineState::Irrelevant, None);
                end
            }
            _ => {
                self.mark(
                    at..end,
                    LineState::Unrecognised,
                    Some("no part of a table is known that reads like this".into()),
                );
                end
            }
        }
    }

    /// `add chain inet filter input { … }` and its like.
    fn added(&mut self, word: &'t str, at: usize, end: usize, front: bool) {
        let (table, next) = self.table_at(at, true);
        let Some(table) = table else { return };
        if word != "rule" {
            return self.object(table, word, next, end);
        }
        let chain = self.chain(table, self.name(next), next);
        let mut from = next.saturating_add(1);
        let placed = matches!(self.text(from), "index" | "position" | "handle");
        let mut place = None;
        if placed {
            if self.text(from) == "index" {
                let index = self.text(from.saturating_add(1)).parse().ok();
                place = index.and_then(|index| self.place(table, chain, index, front));
            }
            from = from.saturating_add(2);
            if place.is_none() {
                let why = "where the rule stands among the others of its chain is not in the file";
                let span = self.span(&(at..end));
                self.open(table, Some(chain), why, span);
            }
        }
        self.mark(at..from.min(end), LineState::Modelled, None);
        let rule = Pending {
            table,
            chain,
            range: from..end,
            front: match place {
                Some((_, front)) => front,
                None => front && !placed,
            },
        };
        match place {
            Some((at, _)) if at <= self.pending.len() => self.pending.insert(at, rule),
            _ => self.wait(rule),
        }
    }

    /// Where among the waiting rules one has its place that comes before
    /// (`insert`) or behind (`add`) the rule of a number, and whether it is one
    /// of those in front; `None` where the file does not tell. Numbers count
    /// from 0 in the order of the chain as it is by then (nft(8), "RULES").
    fn place(
        &mut self,
        table: usize,
        chain: usize,
        index: usize,
        before: bool,
    ) -> Option<(usize, bool)> {
        // Each asks all rules that wait.
        self.placed = self.placed.saturating_add(1);
        if self.placed > MAX_PLACED {
            return None;
        }
        let mine = || {
            let all = self.pending.iter().enumerate();
            all.filter(|(_, rule)| (rule.table, rule.chain) == (table, chain))
        };
        // What was inserted last stands first.
        let mut order: Vec<_> = mine().filter(|(_, rule)| rule.front).collect();
        order.reverse();
        order.extend(mine().filter(|(_, rule)| !rule.front));
        let (at, rule) = order.get(index)?;
        let behind = before == rule.front;
        Some((at.saturating_add(usize::from(behind)), rule.front))
    }

    /// Keeps a rule until all sets are known.
    fn wait(&mut self, rule: Pending) {
        let progress = Progress {
            read: rule.range.end,
            whole: self.tokens.len(),
        };
        progress.make_room(&mut self.pending);
        self.pending.push(rule);
    }

    /// A chain, set or other object whose name stands at `at`.
    fn object(&mut self, table: usize, word: &str, at: usize, end: usize) {
        let name_at = if word == "ct" {
            at.saturating_add(1)
        } else {
            at
        };
        let name = self.name(name_at);
        let body = name_at.saturating_add(1);
        let inside = if self.text(body) == "{" {
            body.saturating_add(1)..end.saturating_sub(1)
        } else {
            end..end
        };
        let first = at.saturating_sub(1)..body;
        match word {
            "chain" => {
                let index = self.chain(table, name, at);
                self.mark(first, LineState::Modelled, None);
                self.chain_body(table, index, inside);
            }
            "set" | "map" => {
                self.mark(first, LineState::Modelled, None);
                let mut set = self.set_body(inside.clone());
                set.spans.push(self.span(&inside));
                let span = self.span(&(name_at..body));
                let family = self
                    .ruleset
                    .tables
                    .get(table)
                    .map_or(String::new(), Table::title);
                self.ruleset
                    .builder
                    .refer("set", &format!("{family} {name}"), true, span);
                if let Some(table) = self.ruleset.tables.get_mut(table) {
                    table.sets.insert(name.to_owned(), set);
                }
            }
            // Counters, quotas, limits, helpers: what uses them is doubted.
            _ => {
                let whole = at.saturating_sub(1)..end;
                let says: Vec<&str> = inside.map(|index| self.name(index)).collect();
                if let Some(table) = self.ruleset.tables.get_mut(table) {
                    let says = format!("{word} {}", says.join(" "));
                    table.objects.insert(name.to_owned(), says);
                }
                self.mark(whole, LineState::Irrelevant, None);
            }
        }
    }

    fn define(&mut self, at: usize, end: usize) {
        let name = self.name(at.saturating_add(1));
        let value = self.expand(at.saturating_add(3)..end);
        self.variables.insert(name, value);
        self.mark(at..end, LineState::Modelled, None);
    }

    /// Commands that take something away.
    fn removed(&mut self, at: usize, end: usize) {
        let what = self.text(at.saturating_add(1));
        let (table, next) = self.table_at(at.saturating_add(2), false);
        let verb = self.text(at);
        let Some(table) = table else {
            return self.mark(at..end, LineState::Irrelevant, None);
        };
        if what == "table" && verb != "rename" {
            // A table that is deleted before it is written again.
            self.pending.retain(|rule| rule.table != table);
            if let Some(held) = self.ruleset.tables.get_mut(table) {
                held.chains.clear();
                if verb != "flush" {
                    held.sets.clear();
                }
            }
            return self.mark(at..end, LineState::Modelled, None);
        }
        if what == "chain" && verb == "flush" {
            let name = self.name(next);
            let chain = self
                .ruleset
                .tables
                .get(table)
                .and_then(|t| t.chains.iter().position(|c| c.name == name));
            self.pending
                .retain(|rule| rule.table != table || Some(rule.chain) != chain);
            return self.mark(at..end, LineState::Modelled, None);
        }
        let span = self.span(&(at..end));
        let why = "something is taken away from what stands before";
        let name = self.name(next);
        let held = self.ruleset.tables.get_mut(table);
        if let Some(set) = held.and_then(|table| table.sets.get_mut(name)) {
            set.dynamic = true;
        }
        let chains = self.ruleset.tables.get(table).map(|table| &table.chains);
        let chain = chains.and_then(|all| all.iter().position(|chain| chain.name == name));
        self.open(table, chain, why, span);
        self.ruleset.included.get_or_insert(span);
        self.mark(at..end, LineState::NotModelled, Some(why.into()));
    }

    /// Notes a file that is included and not followed.
    fn include(&mut self, range: std::ops::Range<usize>) {
        let span = self.span(&range);
        self.ruleset.included.get_or_insert(span);
        let why = "an included file is not followed: give what `nft list ruleset` prints";
        self.mark(range, LineState::NotModelled, Some(why.into()));
    }

    /// Leaves open the chains to which an included file may add rules: a chain that
    /// is written twice holds the rules of both (nft(8), "CHAINS"). One that
    /// translates changes what every other chain sees.
    fn open_included(&mut self) {
        let translates = |table: &&Table| table.translates && table.included.is_some();
        let tables = &self.ruleset.tables;
        let everywhere = self
            .ruleset
            .included_outside
            .or_else(|| tables.iter().find(translates)?.included);
        for table in 0..tables.len() {
            let within = self.ruleset.tables.get(table).and_then(|t| t.included);
            if let Some(span) = everywhere.or(within) {
                let why = "an included file may hold rules of this chain";
                self.open(table, None, why, span);
            }
        }
    }

    /// Leaves open what one chain decides, or every chain of a table.
    pub(super) fn open(&mut self, table: usize, chain: Option<usize>, why: &str, span: Span) {
        let Some(held) = self.ruleset.tables.get(table) else {
            return;
        };
        let open = self.ruleset.builder.anything(why, span);
        for (index, held) in held.chains.iter().enumerate() {
            if chain.is_none_or(|chain| chain == index) {
                for v6 in [false, true] {
                    self.ruleset
                        .builder
                        .insert_jump(held.filter, open, v6, span);
                }
            }
        }
    }

    /// Tokens with variables replaced by what they stand for.
    fn expand(&self, range: std::ops::Range<usize>) -> Vec<Token<'t>> {
        let mut out = Vec::with_capacity(range.len());
        self.expand_into(range, &mut out);
        out
    }

    fn expand_into(&self, range: std::ops::Range<usize>, out: &mut Vec<Token<'t>>) {
        let tokens = self.tokens.range(range);
        if self.variables.is_empty() {
            return out.extend(tokens);
        }
        for token in tokens {
            if token.quoted || !token.text.starts_with('$') || !token.text.contains(':') {
                self.expand_token(token, out, 0);
                continue;
            }
            // A name ends at a colon: `dnat to $mail:25`, `{ $wan: jump outside }`.
            for (index, text) in token.text.split(':').enumerate() {
                let breaks = token.breaks && index == 0;
                if index > 0 {
                    out.push(Token { text: ":", ..token });
                }
                if !text.is_empty() {
                    let token = Token {
                        text,
                        breaks,
                        ..token
                    };
                    self.expand_token(token, out, 0);
                }
            }
        }
    }

    fn expand_token(&self, token: Token<'t>, out: &mut Vec<Token<'t>>, depth: usize) {
        let value = token
            .text
            .strip_prefix('$')
            .filter(|_| !token.quoted && depth < MAX_DEPTH && out.len() < MAX_EXPANSION)
            .and_then(|name| self.variables.get(name));
        match value {
            Some(value) => {
                for token in value {
                    self.expand_token(*token, out, depth.saturating_add(1));
                }
            }
            None => out.push(token),
        }
    }
}

impl Table {
    fn new(family: &str, name: &str) -> Self {
        Self {
            family: family.to_owned(),
            name: name.to_owned(),
            chains: Vec::new(),
            sets: Sets::default(),
            objects: Map::default(),
            dormant: false,
            included: None,
            translates: false,
        }
    }

    /// `inet filter`.
    pub fn title(&self) -> String {
        format!("{} {}", self.family, self.name)
    }

    /// Which packets its rules are for.
    pub fn rules_family(&self) -> Family {
        match self.family.as_str() {
            "ip" => Family::V4,
            "ip6" => Family::V6,
            _ => Family::Both,
        }
    }
}
