//! Walks the lines of a dump.

use std::collections::{BTreeMap, HashSet};

use super::lex::{Word, Words};
use super::listing::{self, Columns};
use super::rule::short;
use super::stages;
use super::tables::{TABLES, is_built_in};
use crate::formats::firewall::shared::netfilter::build::Builder;
use crate::formats::firewall::shared::netfilter::nat::NatChain;
use crate::formats::firewall::shared::netfilter::typed;
use crate::formats::firewall::shared::tables::Map;
use crate::formats::firewall::shared::words::trimmed_of;
use crate::formats::{Content, Document, Ledger, LineState, Problem, Unit};
use crate::model::firewall::{Action, FilterId};
use crate::source::{SourceFile, Span, Spanned};

mod commands;
mod doubts;

use doubts::{Doubt, Said, broken_off, partial};

/// A chain of one family and table.
pub struct Chain {
    /// Its name.
    pub name: String,
    /// Its filter.
    pub filter: FilterId,
    /// Whether the file declares it.
    pub declared: bool,
    /// Its policy, for a built-in chain.
    pub policy: Option<(Action, Span)>,
    /// Its rules again, in the table `nat`.
    pub nat: NatChain,
}

/// The chains of one family and table.
#[derive(Default)]
pub struct Table {
    /// In order of appearance.
    pub chains: Vec<Chain>,
    names: Map<String, usize>,
}

impl Table {
    /// A chain by name.
    pub fn chain(&self, name: &str) -> Option<&Chain> {
        self.chains.get(*self.names.get(name)?)
    }
}

/// One host's rules while they are read.
pub struct Rules<'f> {
    /// The firewall under construction.
    pub builder: Builder<'f>,
    /// Tables by family (`true` for IPv6) and index in [`TABLES`].
    pub tables: BTreeMap<(bool, usize), Table>,
    /// Tables whose dump is complete, each with its first line.
    done: BTreeMap<(bool, usize), usize>,
    /// Tables that were listed, each with the line of the command and whether it
    /// prints commands.
    listed: BTreeMap<(bool, usize), (usize, bool)>,
    /// The end of a dump whose last table is not committed: rules and tables
    /// may be lost, and iptables-restore takes nothing of such a table.
    pub cut: Option<Span>,
    /// What makes all of it doubtful, and where.
    pub doubt: Option<(Doubt, Span)>,
    /// Chains, or tables, that a line opens which could not be read.
    unread: HashSet<(bool, usize, Option<usize>)>,
    /// Where the dump was taken, if a prompt tells.
    host: Option<&'f str>,
}

impl<'f> Rules<'f> {
    /// `keeps` tells whether the file speaks of packets without a state.
    fn new(file: &'f SourceFile, keeps: bool) -> Self {
        let mut builder = Builder::new(file, super::ID);
        builder.keeps = keeps;
        Self {
            builder,
            tables: BTreeMap::new(),
            done: BTreeMap::new(),
            listed: BTreeMap::new(),
            cut: None,
            doubt: None,
            unread: HashSet::new(),
            host: None,
        }
    }

    /// The index of a chain, made when it is not there.
    fn chain(&mut self, v6: bool, table: usize, name: &str, span: Span) -> usize {
        let held = self.tables.entry((v6, table)).or_default();
        if let Some(index) = held.names.get(name) {
            return *index;
        }
        let title = format!("{}/{name}", TABLES.get(table).copied().unwrap_or_default());
        let filter = self
            .builder
            .filter(title, TABLES.get(table) != Some(&"nat"), span);
        let index = held.chains.len();
        held.names.insert(name.to_owned(), index);
        held.chains.push(Chain {
            name: name.to_owned(),
            filter,
            declared: false,
            policy: None,
            nat: NatChain::default(),
        });
        index
    }

    fn chain_mut(&mut self, v6: bool, table: usize, index: usize) -> Option<&mut Chain> {
        self.tables.get_mut(&(v6, table))?.chains.get_mut(index)
    }
}

struct Reader<'f> {
    file: &'f SourceFile,
    rules: Rules<'f>,
    finished: Vec<Rules<'f>>,
    /// Family of the dump that is being read, where something tells.
    family: Option<bool>,
    /// Family and table that are open.
    open: Option<(bool, usize)>,
    /// Whether `*table` was read, so that lines outside tables are not rules.
    saved: bool,
    /// What `iptables -L` prints.
    listing: Listing<'f>,
    /// Whether the statement before was a policy: `iptables -S` prints all
    /// policies of a table first.
    policies: bool,
    /// A typed command whose output, if it follows, may be cut down, and whether
    /// it prints a dump, where it tells.
    filtered: Option<(&'f str, Option<bool>)>,
    /// Whether what follows lists a table again that was dumped before.
    repeats: bool,
    /// The line on which the open table of a dump begins.
    begins: usize,
    /// Whether `# ` is the prompt of root.
    root: bool,
    /// Whether a prompt was seen: the file is a capture.
    prompts: bool,
    /// Files that hold a part of what a command printed.
    parts: Vec<&'f str>,
    /// Files that a text in a script is written to.
    written: Vec<&'f str>,
    /// A chain outside of every table.
    lost: Option<Span>,
    /// Whether the file speaks of packets without a state.
    keeps: bool,
    /// What was read of a dump to compare listings with it: its first line, and
    /// whether whole rules were read.
    dumped: Option<((usize, bool), Said<'f>)>,
}

/// Most names of files that are remembered.
const MAX_FILES: usize = 64;

/// The listing that is being read.
#[derive(Default)]
struct Listing<'f> {
    /// Family and table that the command line names.
    typed: Option<(bool, usize)>,
    /// Those of further commands on the line, the last one first.
    more: Vec<(bool, usize)>,
    /// The built-in chains of the table so far.
    seen: Vec<&'f str>,
    /// The chain whose rows come.
    chain: Option<&'f str>,
    /// The table and chain whose rows a blank line ended.
    last: Option<((bool, usize), &'f str)>,
    columns: Option<Columns>,
    /// A header without interfaces.
    partial: Option<Span>,
}

type Outcome = (LineState, Option<std::borrow::Cow<'static, str>>);

const IRRELEVANT: Outcome = (LineState::Irrelevant, None);
const MODELLED: Outcome = (LineState::Modelled, None);

/// Reads a whole file.
pub fn read(file: &SourceFile) -> Document {
    let mut ledger = Ledger::new(Unit::Lines, file.line_count());
    let has = |word: &str| memchr::memmem::find(file.text().as_bytes(), word.as_bytes());
    let keeps = has("NOTRACK").or_else(|| has("notrack")).is_some();
    let mut reader = Reader {
        file,
        rules: Rules::new(file, keeps),
        finished: Vec::new(),
        family: None,
        open: None,
        saved: false,
        listing: Listing {
            typed: of_name(file.name()),
            ..Listing::default()
        },
        policies: false,
        filtered: None,
        repeats: false,
        begins: 0,
        root: false,
        prompts: false,
        parts: Vec::new(),
        written: Vec::new(),
        lost: None,
        keeps,
        dumped: None,
    };
    let mut words: Vec<Word<'_>> = Vec::new();
    for index in 0..file.line_count() {
        let text = file.line(index).unwrap_or_default();
        let (state, why) = reader.line(index, text, &mut words);
        ledger.set(index, state);
        if let Some(why) = why {
            ledger.note(state, why, reader.rules.builder.span(text.trim()));
        } else if state == LineState::Unrecognised {
            let why = "no line of a dump of iptables-save reads like this";
            ledger.note(state, why, reader.rules.builder.span(text.trim()));
        }
    }
    if reader.saved && reader.open.is_some() {
        let end = file.text().len();
        reader.rules.cut = Some(Span::of(file.id(), end..end));
    }
    let mut all = reader.finished;
    all.push(reader.rules);
    let cut: Vec<Problem> = all
        .iter()
        .filter_map(|rules| rules.cut.map(broken_off))
        .collect();
    let doubts = all.iter().filter_map(|rules| rules.doubt);
    let mut doubts: Vec<Problem> = doubts.map(|(doubt, at)| doubt.problem(at)).collect();
    if let Some(at) = reader.lost {
        doubts.push(Doubt::Lost.problem(at));
        for rules in &mut all {
            rules.doubt.get_or_insert((Doubt::Lost, at));
        }
    }
    let several = all.iter().filter(|rules| !rules.tables.is_empty()).count() > 1;
    let content = all
        .into_iter()
        .filter(|rules| !rules.tables.is_empty())
        .enumerate()
        .map(|(number, mut rules)| {
            let name = &mut rules.builder.firewall.name;
            if let Some(host) = rules.host {
                let span = file.span_of(host).unwrap_or(name.span);
                *name = Spanned::new(host.to_owned(), span);
            } else if several && number > 0 {
                name.value = format!("{}#{}", name.value, number.saturating_add(1));
            }
            Content::Firewall(Box::new(stages::compile(rules)))
        })
        .collect();
    Document {
        content,
        ledger,
        problems: reader
            .listing
            .partial
            .map(partial)
            .into_iter()
            .chain(cut)
            .chain(doubts)
            .collect(),
    }
}

/// Family and table by the name that sosreport gives to the output of a
/// command: the command with `_` for its blanks (`ip6tables_-t_nat_-nvL`).
fn of_name(name: &str) -> Option<(bool, usize)> {
    let base = name.rsplit(['/', '\\']).next()?;
    let named = ["iptables_-", "ip6tables_-"];
    if !named.iter().any(|start| base.starts_with(start)) {
        return None;
    }
    let typed = base.replace('_', " ");
    let typed = listing::commands(&typed).next()?;
    let table = TABLES.iter().position(|known| *known == typed.table)?;
    Some((typed.v6, table))
}

impl<'f> Reader<'f> {
    fn line(&mut self, index: usize, text: &'f str, words: &mut Vec<Word<'f>>) -> Outcome {
        let text = trimmed_of(text, |c| matches!(c, ' ' | '\t' | '\u{feff}' | '\0'));
        let text = typed::without_codes(text);
        let Some(first) = text.bytes().next() else {
            if let Some((chain, table)) = self.listing.chain.take().zip(self.open) {
                self.listing.last = Some((table, chain));
            }
            return IRRELEVANT;
        };
        let between = !self.saved || self.open.is_none();
        if between && self.typed(index, text) {
            self.prompts |= typed::prompted(text, self.root).is_some();
            return IRRELEVANT;
        }
        if between && let Some(line) = self.command_line(text) {
            self.prompts |= line.text.len() < text.len();
            return self.ran(line);
        }
        if between && self.may_have_run(text) {
            self.doubt(Doubt::Changed, text);
            return (LineState::NotModelled, Some(Doubt::Changed.why().into()));
        }
        if self.repeats && !matches!(first, b'*' | b'#') {
            if first == b':' || typed::changes(text) {
                self.doubt(Doubt::Changed, text);
            }
            return IRRELEVANT;
        }
        if !self.saved
            && let Some(outcome) = self.listed(index, text, words)
        {
            return outcome;
        }
        match first {
            b'#' => {
                self.comment(text);
                IRRELEVANT
            }
            b'*' if (self.open.is_none() || !self.saved) && !is_table(text) => self.outside(text),
            // `--- second try`, a line under a heading.
            b'-' if !self.saved && is_drawn(text) => self.outside(text),
            b'*' => self.table(index, text),
            b':' => self.declaration(text),
            b'[' | b'-' => self.command(index, text, words),
            b'C' if text == "COMMIT" => {
                if let Some(open) = self.open.take() {
                    self.committed(open, text);
                }
                IRRELEVANT
            }
            _ if self.open.is_none() || !self.saved => self.outside(text),
            _ => self.unread(text),
        }
    }

    /// Headers tell the family; typed commands the host, too.
    fn comment(&mut self, text: &'f str) {
        let has = |needle: &str| memchr::memmem::find(text.as_bytes(), needle.as_bytes()).is_some();
        if self.open.is_some() {
            return;
        }
        if has("Warning: ") && has("-legacy tables present") {
            self.doubt(Doubt::Backend, text);
            return;
        }
        let typed = text.trim_start_matches(['#', ' ']);
        if text.starts_with("# ") && typed::is_bare(typed) {
            self.root |= has("tables-save");
            self.filters(typed, Some(true));
        }
        if has("ip6tables") {
            self.family = Some(true);
        } else if has("iptables") && (has("Generated by") || text.ends_with("iptables-save")) {
            self.family = Some(false);
        }
    }

    /// A line that was typed, with a prompt or without.
    fn command_line(&self, text: &'f str) -> Option<typed::Line<'f>> {
        typed::prompted(text, self.root).or_else(|| {
            let line = typed::Line { host: None, text };
            typed::is_bare(text).then_some(line)
        })
    }

    /// What was typed prints a dump, changes rules, or neither.
    fn ran(&mut self, line: typed::Line<'f>) -> Outcome {
        (self.listing.chain, self.listing.last) = (None, None);
        self.repeats = false;
        let text = line.text;
        let here = typed::elsewhere(text).or(line.host);
        if text.contains("<<") && self.written.len() < MAX_FILES {
            self.written.extend(typed::written(text));
        } else {
            // It may write into the file before that is loaded.
            self.written.retain(|path| !typed::edits(text, path));
        }
        if typed::changes(text) && !self.restores_what_is_here(text) {
            let other = here.zip(self.rules.host).is_some_and(|(a, b)| a != b);
            if !other && !self.rules.tables.is_empty() {
                self.doubt(Doubt::Changed, text);
                return (LineState::NotModelled, Some(Doubt::Changed.why().into()));
            }
            let mut words = text.split_whitespace();
            if words
                .next()
                .is_some_and(|word| typed::is_tables(typed::base(word)))
            {
                let why =
                    "a script's own commands are not followed: give what iptables-save prints";
                return (LineState::NotModelled, Some(why.into()));
            }
        }
        let saves = text.contains("tables-save");
        if let Some(host) = here.filter(|_| text.contains("tables")) {
            self.at(host);
        }
        if saves {
            self.family = Some(text.contains("ip6tables"));
        }
        self.filters(text, saves.then_some(true));
        IRRELEVANT
    }

    /// What stands around a dump: a script, other output.
    fn outside(&mut self, text: &'f str) -> Outcome {
        if text.contains("<<") && self.written.len() < MAX_FILES {
            self.written.extend(typed::written(text));
            self.filters(text, None);
        } else {
            self.written.retain(|path| !typed::edits(text, path));
        }
        // The rest of a row that was broken.
        if let Some((table, chain)) = self.listing.last
            && !self.saved
            && listing::is_rest(text)
        {
            let why = format!("`{}` cannot be read, and may be any rule", short(text));
            self.let_do_anything(table, chain, &why, text);
            return (LineState::Unrecognised, None);
        }
        IRRELEVANT
    }

    /// A table of a dump is complete.
    fn committed(&mut self, table: (bool, usize), text: &'f str) {
        self.rules.done.insert(table, self.begins);
        let listed = self.rules.listed.get(&table).copied();
        if let Some((line, commands)) = listed {
            let command = self.file.line(line).unwrap_or_default();
            if !self
                .says_again((line, command), self.begins, table.0, commands)
                .0
            {
                self.doubt(Doubt::Listings, text);
            }
        }
    }

    /// A typed command that lists rules: what it prints follows.
    fn typed(&mut self, index: usize, text: &'f str) -> bool {
        let line = self.command_line(text);
        // A row of a listing may speak of a command, too.
        let rows = self.listing.chain.is_some() && self.listing.columns.is_some();
        if rows && line.is_none() {
            return false;
        }
        let mut all = listing::commands(text).filter_map(|typed| {
            let table = TABLES.iter().position(|name| *name == typed.table)?;
            Some(((typed.v6, table), typed.as_commands))
        });
        let Some((first, as_commands)) = all.next() else {
            return false;
        };
        let others: Vec<_> = all.collect();
        self.root |= text.starts_with("# ");
        let here = line.and_then(|line| typed::elsewhere(line.text).or(line.host));
        if let Some(host) = here {
            self.at(host);
        }
        if typed::changes(text) && !self.rules.tables.is_empty() {
            self.doubt(Doubt::Changed, text);
        }
        let again = |(key, _): &(_, bool)| self.rules.done.contains_key(key);
        self.repeats = again(&(first, as_commands)) || others.iter().any(again);
        if self.repeats {
            let mut last = index;
            for (key, commands) in std::iter::once((first, as_commands)).chain(others) {
                let dump = self.rules.done.get(&key).copied();
                // What only a listing shows beside what was dumped is not joined.
                let (same, end) = dump.map_or((false, last), |dump| {
                    self.says_again((last, text), dump, key.0, commands)
                });
                last = end;
                if !same {
                    self.doubt(Doubt::Listings, text);
                }
            }
            return true;
        }
        let before = self.rules.listed.insert(first, (index, as_commands));
        if let Some((line, false)) = before.filter(|_| !as_commands)
            && !self.say_the_same(line, index, first.0)
        {
            self.doubt(Doubt::Listings, text);
        }
        self.filters(line.map_or(text, |line| line.text), Some(false));
        let more = others.into_iter().rev().map(|(key, _)| key).collect();
        self.listing = Listing {
            typed: Some(first),
            more,
            partial: self.listing.partial,
            ..Listing::default()
        };
        self.policies = false;
        self.saved = false;
        self.open = as_commands.then_some(first);
        true
    }

    /// Rules follow: of a dump, or as a listing prints them.
    pub(super) fn printed(&mut self, dump: bool) {
        if let Some((text, saves)) = self.filtered.take()
            && saves.is_none_or(|saves| saves == dump)
        {
            self.doubt(Doubt::Part, text);
        }
    }

    /// Notes a command whose output another program may have cut down.
    fn filters(&mut self, text: &'f str, saves: Option<bool>) {
        let names =
            |text: &'f str| text.split(|c: char| c.is_whitespace() || "<;|&'\"()".contains(c));
        let of_part = || names(text).any(|word| self.parts.contains(&word));
        let part = typed::cuts_down(text) || text.ends_with('\\') || of_part();
        if part && self.parts.len() < MAX_FILES {
            self.parts.extend(typed::written(text));
        }
        self.filtered = part.then_some((text, saves));
    }

    /// Policies begin: what `iptables -S` prints of a table, which the typed
    /// command names, or the built-in chains.
    pub(super) fn list_policies(&mut self, index: usize) {
        let mut chains: Vec<&str> = Vec::new();
        let mut v6 = None;
        for line in index..self.file.line_count() {
            let text = self.file.line(line).unwrap_or_default().trim();
            if let Some(rest) = text.strip_prefix("-P ") {
                if v6.is_some() || line > index.saturating_add(chains.len()) {
                    break;
                }
                chains.extend(rest.split_whitespace().next());
            } else if listing::commands(text).next().is_some() {
                break;
            } else {
                v6 = v6.or_else(|| is_v6(text));
            }
        }
        let typed = self.listing.typed.take();
        if let Some(typed) = typed.or_else(|| self.listing.more.pop()) {
            let table = TABLES.get(typed.1).copied().unwrap_or_default();
            if chains.iter().all(|chain| listing::holds(table, chain)) {
                self.open = Some(typed);
                return;
            }
        }
        let table = listing::table_of(&chains);
        let table = TABLES.iter().position(|name| *name == table).unwrap_or(0);
        let open = self.open.map(|(v6, _)| v6);
        let v6 = v6.or(self.family).or(open).unwrap_or(false);
        self.open = Some((v6, table));
    }

    /// A line of what `iptables -L` prints; `None` for another line.
    fn listed(
        &mut self,
        index: usize,
        text: &'f str,
        words: &mut Vec<Word<'f>>,
    ) -> Option<Outcome> {
        if let Some((name, policy)) = listing::heading(text) {
            // `iptables -t raw -L && iptables -L`: another table begins.
            let other = self.open.is_some_and(|(_, table)| {
                !listing::holds(TABLES.get(table).copied().unwrap_or_default(), name)
            });
            let seen = &self.listing.seen;
            if policy.is_some() && (seen.is_empty() || seen.contains(&name) || other) {
                self.list_table(index);
            }
            self.listing.chain = Some(name);
            self.listing.columns = None;
            if policy.is_some() {
                self.listing.seen.push(name);
            }
            let (v6, table) = self.open?;
            return Some(self.declare(v6, table, name, policy.unwrap_or("-"), text));
        }
        let chain = self.listing.chain?;
        let Some(columns) = self.listing.columns else {
            let columns = listing::columns(text)?;
            if !columns.interfaces {
                let span = self.rules.builder.span(text);
                self.listing.partial.get_or_insert(span);
            }
            self.listing.columns = Some(columns);
            return Some(IRRELEVANT);
        };
        let (v6, table) = self.open?;
        words.clear();
        if listing::rule(columns, v6, text, words).is_none() {
            let why = format!("`{}` cannot be read, and may be any rule", short(text));
            self.let_do_anything((v6, table), chain, &why, text);
            return Some((LineState::Unrecognised, None));
        }
        Some(self.rule((v6, table), chain, None, words, text))
    }

    /// The table whose listing begins on a line.
    fn list_table(&mut self, index: usize) {
        let mut chains: Vec<&str> = Vec::new();
        let mut v6 = false;
        for line in index..self.file.line_count() {
            let text = self.file.line(line).unwrap_or_default();
            match listing::heading(text.trim()) {
                Some((name, Some(_))) if follows(&chains, name) => chains.push(name),
                Some((_, Some(_))) => break,
                _ if listing::commands(text).next().is_some() => break,
                _ => v6 |= text.contains("::/0"),
            }
        }
        let name = listing::table_of(&chains);
        let guessed = TABLES.iter().position(|known| *known == name).unwrap_or(0);
        let typed = self.listing.typed.take();
        let typed = typed.or_else(|| self.listing.more.pop());
        let key = typed.unwrap_or((v6, guessed));
        let held = self.rules.tables.get(&key);
        let again = |chain: &&str| held.is_some_and(|held| held.names.contains_key(*chain));
        if chains.iter().any(again) {
            self.next_host();
        }
        self.printed(false);
        self.listing.seen.clear();
        self.open = Some(key);
        self.rules.tables.entry(key).or_default();
    }

    /// What comes next was typed at this host.
    fn at(&mut self, host: &'f str) {
        if !self.rules.tables.is_empty() && self.rules.host.is_some_and(|old| old != host) {
            self.next_host();
        }
        self.rules.host = Some(host);
    }

    /// `*filter` opens a table.
    fn table(&mut self, index: usize, text: &'f str) -> Outcome {
        let name = text.get(1..).unwrap_or_default().trim();
        let Some(table) = TABLES.iter().position(|known| *known == name) else {
            self.open = None;
            return match name {
                // Tables of other tools (ebtables) or of older modules in the same form.
                "broute" | "rawpost" => (
                    LineState::NotModelled,
                    Some(format!("table `{name}` is not modelled").into()),
                ),
                _ => (LineState::Unrecognised, None),
            };
        };
        let v6 = self.family.unwrap_or_else(|| self.looks_v6(index));
        if self.saved && self.open.is_some() {
            // The table above has no end.
            self.rules.cut = Some(self.rules.builder.span(text));
        }
        if let Some(before) = self.rules.done.get(&(v6, table)).copied() {
            // The same table again: another capture begins, perhaps of the same
            // host on another day.
            if self.rules.host.is_some() && !self.are_alike(before, index) {
                self.doubt(Doubt::Listings, text);
            }
            self.next_host();
        }
        self.printed(true);
        self.repeats = false;
        self.saved = true;
        self.begins = index;
        self.open = Some((v6, table));
        self.rules.tables.entry((v6, table)).or_default();
        MODELLED
    }

    fn next_host(&mut self) {
        let file = self.file;
        let done = std::mem::replace(&mut self.rules, Rules::new(file, self.keeps));
        self.finished.push(done);
        self.open = None;
    }

    /// Whether the table that opens on a line holds addresses or words of
    /// IPv6, for dumps without a header.
    fn looks_v6(&self, index: usize) -> bool {
        for line in index.saturating_add(1)..self.file.line_count() {
            let text = self.file.line(line).unwrap_or_default().trim();
            if text == "COMMIT" || text.starts_with('*') {
                return false;
            }
            if let Some(v6) = is_v6(text) {
                return v6;
            }
        }
        false
    }

    /// `:INPUT DROP [12:3456]` and `:user - [0:0]`.
    fn declaration(&mut self, text: &'f str) -> Outcome {
        let mut words = Words::new(text.get(1..).unwrap_or_default());
        let name = words.next().map_or("", |word| word.text);
        let policy = words.next().map_or("-", |word| word.text);
        let Some((v6, table)) = self.open else {
            let counted = words.next().is_some_and(|word| word.text.starts_with('['));
            if counted || matches!(policy, "ACCEPT" | "DROP") {
                let span = self.rules.builder.span(text);
                self.lost.get_or_insert(span);
            }
            return (LineState::Unrecognised, None);
        };
        if name.is_empty() {
            return (LineState::Unrecognised, None);
        }
        self.declare(v6, table, name, policy, text)
    }

    fn declare(
        &mut self,
        v6: bool,
        table: usize,
        name: &'f str,
        policy: &'f str,
        text: &'f str,
    ) -> Outcome {
        let span = self.rules.builder.span(text);
        let place = self.rules.chain(v6, table, name, span);
        let built_in = is_built_in(name);
        let action = match policy {
            "ACCEPT" => Some(Action::Permit),
            "DROP" | "REJECT" => Some(Action::Deny),
            _ => None,
        };
        if !built_in {
            let at = self.rules.builder.span(name);
            let title = format!("{}/{name}", TABLES.get(table).copied().unwrap_or_default());
            self.rules.builder.refer("chain", &title, true, at);
        }
        let Some(chain) = self.rules.chain_mut(v6, table, place) else {
            return (LineState::Unrecognised, None);
        };
        chain.declared = true;
        let filter = chain.filter;
        if built_in {
            chain.policy = action.map(|action| (action, span));
        }
        if let Some(filter) = self.rules.builder.filter_mut(filter) {
            filter.span = span;
            filter.default.span = span;
        }
        match (built_in, action) {
            (true, None) if policy != "-" => (LineState::Unrecognised, None),
            _ => MODELLED,
        }
    }
}

/// Whether a rule is for IPv6, where its addresses or words tell.
fn is_v6(text: &str) -> Option<bool> {
    let signs = ["icmpv6", "icmp6-", "ipv6-icmp", "-m icmp6"];
    if signs.iter().any(|sign| text.contains(sign)) {
        return Some(true);
    }
    let mut words = Words::new(text);
    while let Some(word) = words.next() {
        if matches!(word.text, "-s" | "-d" | "--source" | "--destination") {
            let value = words.next()?;
            let base = value.text.split('/').next().unwrap_or_default();
            if let Ok(address) = base.parse::<std::net::IpAddr>() {
                return Some(address.is_ipv6());
            }
        }
    }
    None
}

/// Whether a built-in chain may be printed behind others of its table.
fn follows(chains: &[&str], name: &str) -> bool {
    const ORDER: [&str; 5] = ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"];
    let place = |name: &str| ORDER.iter().position(|known| *known == name);
    chains.is_empty() || chains.last().copied().and_then(place) < place(name)
}

/// Whether a line is drawn rather than an option.
fn is_drawn(text: &str) -> bool {
    let rest = text.trim_start_matches('-');
    text.starts_with("---") || rest.is_empty() || rest.starts_with(' ')
}

/// Whether a line names a table, and not an item of a list in a text.
fn is_table(text: &str) -> bool {
    text.strip_prefix('*')
        .is_some_and(|name| !name.is_empty() && !name.contains(' '))
}
