//! Commands of a dump: rules, chains, policies.

use super::{Doubt, IRRELEVANT, Outcome, Reader};
use crate::formats::LineState;
use crate::formats::firewall::iptables::lex::{Word, Words};
use crate::formats::firewall::iptables::nat::entry;
use crate::formats::firewall::iptables::rule::{self, ReadRule, Then, short};
use crate::formats::firewall::iptables::tables::{TABLES, Target};
use crate::formats::firewall::shared::netfilter::emit::Verdict;
use crate::formats::firewall::shared::netfilter::matching::Family;
use crate::formats::firewall::shared::netfilter::untracked::Exception;
use crate::model::firewall::Action;
use crate::source::Span;

impl<'f> Reader<'f> {
    /// `[1:60] -A INPUT …`, `-N chain`, `-P INPUT DROP` and so on.
    pub(super) fn command(
        &mut self,
        index: usize,
        text: &'f str,
        words: &mut Vec<Word<'f>>,
    ) -> Outcome {
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
                self.unread(text)
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
        if known && !self.saved {
            self.printed(false);
        }
        let policy = !self.saved && matches!(first.text, "-P" | "--policy");
        if policy && !self.policies {
            self.list_policies(index);
        }
        self.policies = policy;
        if self.open.is_none() {
            if !known {
                return self.outside(statement);
            }
            if self.saved {
                let why = "a command outside of the tables of a dump, which nothing runs";
                return (LineState::NotModelled, Some(why.into()));
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
                let known = self.rules.tables.get(&(v6, table));
                let known = known.and_then(|table| table.chain(second));
                if !self.saved && known.is_some_and(|chain| chain.policy.is_some()) {
                    self.doubt(Doubt::Listings, statement);
                }
                self.declare(v6, table, second, policy, statement)
            }
            "-Z" | "--zero" => IRRELEVANT,
            // Dumps that a person keeps often start with these.
            "-F" | "--flush" | "-X" | "--delete-chain" if self.is_empty((v6, table), second) => {
                IRRELEVANT
            }
            "-F" | "--flush" | "-X" | "--delete-chain" => {
                self.disturb((v6, table), second, statement)
            }
            "-D" | "--delete" | "-R" | "--replace" | "-E" | "--rename-chain" => {
                self.disturb((v6, table), second, statement)
            }
            "-C" | "--check" | "-L" | "--list" | "-S" | "--list-rules" | "-h" | "--help" => {
                IRRELEVANT
            }
            _ => self.unread(text),
        }
    }

    /// A line within a table that cannot be read: it may be a rule of any chain, or
    /// the rest of one.
    pub(super) fn unread(&mut self, text: &'f str) -> Outcome {
        if let Some(table) = self.open {
            let why = format!("`{}` cannot be read, and may be any rule", short(text));
            self.let_do_anything(table, "", &why, text);
        }
        (LineState::Unrecognised, None)
    }

    /// Whether the chain, or all chains of the table when it names none, have
    /// no rules yet.
    fn is_empty(&self, table: (bool, usize), chain: &str) -> bool {
        let Some(held) = self.rules.tables.get(&table) else {
            return true;
        };
        let mut chains = held
            .chains
            .iter()
            .filter(|held| chain.is_empty() || held.name == chain);
        chains.all(|held| self.rules.builder.rule_count(held.filter) == 0)
    }

    /// A command that changes rules which were read before: the chain, or all
    /// chains of the table, may now do anything.
    pub(super) fn disturb(
        &mut self,
        table: (bool, usize),
        chain: &'f str,
        text: &'f str,
    ) -> Outcome {
        let why = format!("`{}` changes rules that stand before it", short(text));
        self.let_do_anything(table, chain, &why, text);
        (LineState::NotModelled, Some(why.into()))
    }

    /// Opens a chain, or all chains of the table where it has none of the name;
    /// each once, whatever number of lines asks for it.
    pub(super) fn let_do_anything(
        &mut self,
        (v6, table): (bool, usize),
        chain: &str,
        why: &str,
        text: &'f str,
    ) {
        let Some(held) = self.rules.tables.get(&(v6, table)) else {
            return;
        };
        let named = held.names.get(chain).copied();
        let all = match named {
            Some(index) => index..index.saturating_add(1),
            None => 0..held.chains.len(),
        };
        let whole = (v6, table, None);
        if self.rules.unread.contains(&whole) || !self.rules.unread.insert((v6, table, named)) {
            return;
        }
        let span = self.rules.builder.span(text);
        let open = self.rules.builder.anything(why, span);
        for index in all {
            let filter = self.rules.chain_mut(v6, table, index).map(|chain| {
                chain.nat.unknown = true;
                chain.filter
            });
            if let Some(filter) = filter {
                self.rules.builder.insert_jump(filter, open, v6, span);
            }
        }
    }

    pub(super) fn rule(
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
