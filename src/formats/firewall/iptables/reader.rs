//! Walks the lines of a dump.

use std::collections::HashMap;

use super::lex::{Word, Words};
use super::listing::{self, Columns};
use super::nat::entry;
use super::rule::{self, ReadRule, Then, short};
use super::stages;
use super::tables::{TABLES, Target, is_built_in};
use crate::formats::firewall::shared::netfilter::build::Builder;
use crate::formats::firewall::shared::netfilter::emit::Verdict;
use crate::formats::firewall::shared::netfilter::matching::Family;
use crate::formats::firewall::shared::netfilter::nat::NatChain;
use crate::formats::firewall::shared::netfilter::untracked::Exception;
use crate::formats::{Content, Document, Ledger, LineState, Problem, ProblemLevel, Unit};
use crate::model::firewall::{Action, FilterId};
use crate::source::{SourceFile, Span, Spanned};

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
    names: HashMap<String, usize>,
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
    pub tables: HashMap<(bool, usize), Table>,
    /// Tables whose dump is complete.
    done: Vec<(bool, usize)>,
    /// The end of a dump whose last table is not committed: rules and tables
    /// may be lost, and iptables-restore takes nothing of such a table.
    pub cut: Option<Span>,
    /// Where the dump was taken, if a prompt tells.
    host: Option<&'f str>,
}

impl<'f> Rules<'f> {
    fn new(file: &'f SourceFile) -> Self {
        let mut builder = Builder::new(file, super::ID);
        let has = |word: &str| memchr::memmem::find(file.text().as_bytes(), word.as_bytes());
        builder.keeps = has("NOTRACK").or_else(|| has("notrack")).is_some();
        Self {
            builder,
            tables: HashMap::new(),
            done: Vec::new(),
            cut: None,
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
}

/// The listing that is being read.
#[derive(Default)]
struct Listing<'f> {
    /// Family and table that the command line names.
    typed: Option<(bool, usize)>,
    /// The built-in chains of the table so far.
    seen: Vec<&'f str>,
    /// The chain whose rows come.
    chain: Option<&'f str>,
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
    let mut reader = Reader {
        file,
        rules: Rules::new(file),
        finished: Vec::new(),
        family: None,
        open: None,
        saved: false,
        listing: Listing::default(),
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
    let cut = reader.rules.cut.map(broken_off);
    let mut all = reader.finished;
    all.push(reader.rules);
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
            .collect(),
    }
}

/// A dump without its last `COMMIT`.
fn broken_off(span: Span) -> Problem {
    Problem {
        level: ProblemLevel::Error,
        message: "the dump breaks off before the COMMIT of its last table, and decides nothing"
            .to_owned(),
        hint: Some("save the whole output of `iptables-save -c`".to_owned()),
        span,
    }
}

/// A listing that leaves out interfaces.
fn partial(span: Span) -> Problem {
    Problem {
        level: ProblemLevel::Warning,
        message: "this listing leaves out the interfaces of its rules, so that none of them \
                  is certain"
            .to_owned(),
        hint: Some(
            "export with `iptables-save -c` and `ip6tables-save -c`, or at least \
             `iptables -L -n -v`"
                .to_owned(),
        ),
        span,
    }
}

impl<'f> Reader<'f> {
    fn line(&mut self, index: usize, text: &'f str, words: &mut Vec<Word<'f>>) -> Outcome {
        let text = text.trim_matches([' ', '\t', '\u{feff}', '\0']);
        let Some(first) = text.bytes().next() else {
            self.listing.chain = None;
            return IRRELEVANT;
        };
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
            b'*' if self.open.is_none() && !is_table(text) => self.outside(text),
            b'*' => self.table(index, text),
            b':' => self.declaration(text),
            b'[' | b'-' => self.command(text, words),
            b'C' if text == "COMMIT" => {
                if let Some(open) = self.open.take() {
                    self.rules.done.push(open);
                }
                IRRELEVANT
            }
            _ if self.open.is_none() || !self.saved => self.outside(text),
            _ => (LineState::Unrecognised, None),
        }
    }

    /// Headers tell the family; typed commands the host, too.
    fn comment(&mut self, text: &'f str) {
        let has = |needle: &str| memchr::memmem::find(text.as_bytes(), needle.as_bytes()).is_some();
        if self.open.is_some() {
            return;
        }
        if has("ip6tables") {
            self.family = Some(true);
        } else if has("iptables") && (has("Generated by") || text.ends_with("iptables-save")) {
            self.family = Some(false);
        }
    }

    /// What stands around a dump: prompts, a script, other output.
    fn outside(&mut self, text: &'f str) -> Outcome {
        let mut words = Words::new(text).map(|word| word.text);
        let first = words.next().unwrap_or_default();
        if let Some(host) = prompt(first) {
            if text.contains("tables-save") || text.contains("tables -S") {
                self.at(host);
                self.family = Some(text.contains("ip6tables"));
            }
            return IRRELEVANT;
        }
        let program = first.rsplit('/').next().unwrap_or_default();
        let called = matches!(
            program,
            "iptables" | "ip6tables" | "$IPTABLES" | "$IPT" | "$IP6T"
        );
        if called && words.any(|word| matches!(word, "-A" | "-I" | "-P" | "-D")) {
            let why = "a script's own commands are not followed: give what iptables-save prints";
            return (LineState::NotModelled, Some(why.into()));
        }
        IRRELEVANT
    }

    /// A line of what `iptables -L` prints; `None` for another line.
    fn listed(
        &mut self,
        index: usize,
        text: &'f str,
        words: &mut Vec<Word<'f>>,
    ) -> Option<Outcome> {
        if let Some((v6, table)) = listing::command(text) {
            let table = TABLES.iter().position(|name| *name == table)?;
            if let Some(host) = text.split_whitespace().next().and_then(prompt) {
                self.at(host);
            }
            self.listing = Listing {
                typed: Some((v6, table)),
                partial: self.listing.partial,
                ..Listing::default()
            };
            return Some(IRRELEVANT);
        }
        if let Some((name, policy)) = listing::heading(text) {
            if policy.is_some()
                && (self.listing.seen.is_empty() || self.listing.seen.contains(&name))
            {
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
            // A row that cannot be read may be any rule.
            self.disturb((v6, table), chain, text);
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
                Some((name, Some(_))) if chains.contains(&name) => break,
                Some((name, Some(_))) => chains.push(name),
                _ if listing::command(text).is_some() => break,
                _ => v6 |= text.contains("::/0"),
            }
        }
        let name = listing::table_of(&chains);
        let guessed = TABLES.iter().position(|known| *known == name).unwrap_or(0);
        let key = self.listing.typed.take().unwrap_or((v6, guessed));
        if self.rules.tables.contains_key(&key) {
            self.next_host();
        }
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
                // Tables of other tools (ebtables, arptables) in the same form.
                "broute" | "rawpost" => (
                    LineState::NotModelled,
                    Some(format!("table `{name}` is not modelled").into()),
                ),
                _ => (LineState::Unrecognised, None),
            };
        };
        let v6 = self.family.unwrap_or_else(|| self.looks_v6(index));
        if self.rules.done.contains(&(v6, table)) {
            // The same table again: another capture begins.
            self.next_host();
        }
        self.saved = true;
        self.open = Some((v6, table));
        self.rules.tables.entry((v6, table)).or_default();
        MODELLED
    }

    fn next_host(&mut self) {
        let file = self.file;
        let done = std::mem::replace(&mut self.rules, Rules::new(file));
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
            let signs = ["icmpv6", "icmp6-", "ipv6-icmp", "-m icmp6"];
            if signs.iter().any(|sign| text.contains(sign)) {
                return true;
            }
            let mut words = Words::new(text);
            while let Some(word) = words.next() {
                if matches!(word.text, "-s" | "-d" | "--source" | "--destination") {
                    let Some(value) = words.next() else { break };
                    let base = value.text.split('/').next().unwrap_or_default();
                    if let Ok(address) = base.parse::<std::net::IpAddr>() {
                        return address.is_ipv6();
                    }
                }
            }
        }
        false
    }

    /// `:INPUT DROP [12:3456]` and `:user - [0:0]`.
    fn declaration(&mut self, text: &'f str) -> Outcome {
        let Some((v6, table)) = self.open else {
            return (LineState::Unrecognised, None);
        };
        let mut words = Words::new(text.get(1..).unwrap_or_default());
        let name = words.next().map_or("", |word| word.text);
        let policy = words.next().map_or("-", |word| word.text);
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

    /// `[1:60] -A INPUT …`, `-N chain`, `-P INPUT DROP` and so on.
    fn command(&mut self, text: &'f str, words: &mut Vec<Word<'f>>) -> Outcome {
        let statement = match text.strip_prefix('[') {
            Some(rest) => rest
                .split_once(']')
                .map_or("", |(_, rest)| rest.trim_start()),
            None => text,
        };
        words.clear();
        words.extend(Words::new(statement));
        let Some(first) = words.first().copied() else {
            return if self.open.is_none() {
                IRRELEVANT
            } else {
                (LineState::Unrecognised, None)
            };
        };
        let second = words.get(1).map_or("", |word| word.text);
        let known = matches!(
            first.text,
            "-A" | "--append"
                | "-I"
                | "--insert"
                | "-N"
                | "--new-chain"
                | "--new"
                | "-P"
                | "--policy"
                | "-t"
                | "--table"
        );
        if self.open.is_none() {
            if !known || self.saved {
                return self.outside(statement);
            }
            // `iptables -S`: rules of the table `filter` without a frame.
            let v6 = self.family.unwrap_or_else(|| self.looks_v6(0));
            let filter = TABLES
                .iter()
                .position(|name| *name == "filter")
                .unwrap_or(0);
            self.open = Some((v6, filter));
        }
        let Some((v6, mut table)) = self.open else {
            return (LineState::Unrecognised, None);
        };
        if matches!(first.text, "-t" | "--table") {
            if let Some(named) = TABLES.iter().position(|name| *name == second) {
                table = named;
            }
            words.drain(..2.min(words.len()));
        }
        let (first, second) = match words.as_slice() {
            [first, second, ..] => (first.text, second.text),
            [first] => (first.text, ""),
            [] => return (LineState::Unrecognised, None),
        };
        match first {
            "-A" | "--append" | "-I" | "--insert" if !second.is_empty() => {
                let insert = matches!(first, "-I" | "--insert");
                let place = words
                    .get(2)
                    .filter(|_| insert)
                    .and_then(|word| word.text.parse::<usize>().ok());
                let skip = if place.is_some() { 3 } else { 2 };
                let options = words.get(skip..).unwrap_or_default();
                let insert = insert.then(|| place.unwrap_or(1));
                self.rule((v6, table), second, insert, options, statement)
            }
            "-N" | "--new-chain" | "--new" => self.declare(v6, table, second, "-", statement),
            "-P" | "--policy" => {
                let policy = words.get(2).map_or("-", |word| word.text);
                self.declare(v6, table, second, policy, statement)
            }
            "-F" | "--flush" | "-X" | "--delete-chain" | "-Z" | "--zero" => {
                let chains = self.rules.tables.get(&(v6, table));
                let empty = chains.is_none_or(|table| table.chains.is_empty());
                if empty || matches!(first, "-Z" | "--zero") {
                    return IRRELEVANT;
                }
                self.disturb((v6, table), second, statement)
            }
            "-D" | "--delete" | "-R" | "--replace" | "-E" | "--rename-chain" => {
                self.disturb((v6, table), second, statement)
            }
            "-C" | "--check" | "-L" | "--list" | "-S" | "--list-rules" | "-h" | "--help" => {
                IRRELEVANT
            }
            _ => (LineState::Unrecognised, None),
        }
    }

    /// A command that changes rules which were read before: the chain, or all
    /// chains of the table, may now do anything.
    fn disturb(&mut self, (v6, table): (bool, usize), chain: &'f str, text: &'f str) -> Outcome {
        let span = self.rules.builder.span(text);
        let why = format!("`{}` changes rules that stand before it", short(text));
        let open = self.rules.builder.anything(&why, span);
        let all: Vec<usize> = match self.rules.tables.get(&(v6, table)) {
            Some(held) => match held.names.get(chain) {
                Some(index) => vec![*index],
                None => (0..held.chains.len()).collect(),
            },
            None => Vec::new(),
        };
        for index in all {
            let filter = self.rules.chain_mut(v6, table, index).map(|chain| {
                chain.nat.unknown = true;
                chain.filter
            });
            if let Some(filter) = filter {
                self.rules.builder.insert_jump(filter, open, v6, span);
            }
        }
        (LineState::NotModelled, Some(why.into()))
    }

    fn rule(
        &mut self,
        (v6, table): (bool, usize),
        chain: &'f str,
        insert: Option<usize>,
        options: &[Word<'f>],
        statement: &'f str,
    ) -> Outcome {
        let span = self.rules.builder.span(statement);
        let family = if v6 { Family::V6 } else { Family::V4 };
        let read = rule::read(&mut self.rules.builder, family, options, span);
        let table = read
            .table
            .and_then(|name| TABLES.iter().position(|known| *known == name))
            .unwrap_or(table);
        let place = self.rules.chain(v6, table, chain, span);
        let action = self.action((v6, table), &read, span);
        let Some(filter) = self
            .rules
            .chain_mut(v6, table, place)
            .map(|chain| chain.filter)
        else {
            return (LineState::Unrecognised, None);
        };
        let raw = self.rules.builder.keeps && TABLES.get(table) == Some(&"raw");
        match read.then {
            Then::Target(Target::NoTrack) => {
                let chain = if raw { chain } else { "" };
                self.untracked((v6, table, place), chain, &read, span);
            }
            Then::Target(Target::Accept | Target::Return) if raw => {
                self.except(chain, &read, true);
            }
            _ => {}
        }
        if raw || TABLES.get(table) == Some(&"nat") {
            let target = match read.then {
                Then::Jump(name) | Then::Goto(name) => {
                    Some(self.rules.chain(v6, table, name, span))
                }
                _ => None,
            };
            let entry = entry(&read, target, span);
            if let Some(chain) = self.rules.chain_mut(v6, table, place) {
                chain.nat.add(entry, insert);
            }
        }
        let before = self.rules.builder.rule_count(filter);
        let logs = matches!(read.then, Then::Target(Target::Continue));
        for matched in &read.matches {
            self.rules
                .builder
                .push(filter, matched, Verdict { action, logs, span });
        }
        if let Some(place) = insert {
            self.rules
                .builder
                .move_new(filter, before, place.saturating_sub(1));
        }
        let state = if read.bad {
            LineState::Unrecognised
        } else if action == Action::Continue && read.then != Then::Target(Target::NoTrack) {
            return IRRELEVANT;
        } else if read.why.is_some() {
            LineState::NotModelled
        } else {
            LineState::Modelled
        };
        (state, read.why)
    }

    /// Packets that connection tracking does not look at have no state.
    fn untracked(
        &mut self,
        (v6, table, place): (bool, usize, usize),
        chain: &str,
        read: &ReadRule<'f>,
        span: Span,
    ) {
        // What a called chain ended keeps its state: too rare to follow.
        let plain = self.rules.chain_mut(v6, table, place).is_some_and(|held| {
            let mut matches = read.matches.iter();
            !matches.any(|matched| held.nat.may_end_elsewhere(matched))
        });
        if plain && self.except(chain, read, false) {
            return;
        }
        let builder = &mut self.rules.builder;
        if builder.untracked.unknown.is_none() {
            let why =
                "connection tracking is switched off for some packets, which then have no state";
            builder.untracked.unknown = Some(builder.reason(why, span));
        }
    }

    /// Notes which packets keep their state or lose it at a hook; false for
    /// other chains.
    fn except(&mut self, chain: &str, read: &ReadRule<'f>, keeps: bool) -> bool {
        let untracked = &mut self.rules.builder.untracked;
        let list = match chain {
            "PREROUTING" => &mut untracked.incoming,
            "OUTPUT" => &mut untracked.sent,
            _ => return false,
        };
        let matches = read.matches.iter().cloned();
        list.extend(matches.map(|matched| Exception { matched, keeps }));
        true
    }

    fn action(&mut self, (v6, table): (bool, usize), read: &ReadRule<'f>, span: Span) -> Action {
        match read.then {
            Then::Nothing => Action::Continue,
            Then::Target(target) => match target {
                Target::Accept => Action::Permit,
                Target::Drop => Action::Deny,
                Target::Return => Action::Return,
                Target::Continue | Target::NoTrack => Action::Continue,
                // A translation ends the table.
                Target::Nat(_) => Action::Permit,
                Target::Unknown(why) => Action::Goto(self.rules.builder.undecided(why, span)),
            },
            Then::Jump(name) | Then::Goto(name) => {
                let at = self.rules.builder.span(name);
                let title = format!("{}/{name}", TABLES.get(table).copied().unwrap_or_default());
                self.rules.builder.refer("chain", &title, false, at);
                let place = self.rules.chain(v6, table, name, at);
                let Some(chain) = self.rules.chain_mut(v6, table, place) else {
                    return Action::Continue;
                };
                let filter = chain.filter;
                match read.then {
                    Then::Goto(_) => Action::Goto(filter),
                    _ => Action::Jump(filter),
                }
            }
        }
    }
}

/// The host of a prompt: `root@gw:~#`, `[root@gw`.
fn prompt(word: &str) -> Option<&str> {
    let (_, host) = word.split_once('@')?;
    if word.starts_with('[') {
        return Some(host);
    }
    Some(host.split_once(':')?.0)
}

/// Whether a line names a table, and not an item of a list in a text.
fn is_table(text: &str) -> bool {
    text.strip_prefix('*')
        .is_some_and(|name| !name.is_empty() && !name.contains(' '))
}
