//! Rules into filters, when sets and variables are known.

use super::super::lex::Token;
use super::super::rule::{self, Does, Place, ReadRule, short};
use super::super::stages::Chain;
use super::{MAX_INLINE, Pending, Reader, Table};
use crate::formats::LineState;
use crate::formats::firewall::shared::netfilter::emit::Verdict;
use crate::formats::firewall::shared::netfilter::matching::Match;
use crate::formats::firewall::shared::netfilter::nat::{self, Entry};
use crate::formats::firewall::shared::netfilter::untracked::Exception;
use crate::model::firewall::Action;
use crate::source::Span;

impl Reader<'_, '_, '_, '_> {
    /// Reads all rules, now that sets and variables are known.
    pub(super) fn rules(&mut self) {
        // Sets that rules write to change while they are used.
        if self
            .ruleset
            .tables
            .iter()
            .any(|table| !table.sets.is_empty())
        {
            self.mark_dynamic();
            self.mark_unlisted();
        }
        for table in &mut self.ruleset.tables {
            let base = |chain: &Chain| chain.base.as_ref().is_some_and(|base| base.kind == "nat");
            table.translates = table.chains.iter().any(base);
        }
        for rule in std::mem::take(&mut self.pending) {
            self.rule(rule, 0);
        }
    }

    /// Sets that rules write to change while they are used.
    fn mark_dynamic(&mut self) {
        let mut index = 0usize;
        while let Some((sign, _)) = self.tokens.sign(index) {
            if sign == b'{'
                && let Some(verb) = index.checked_sub(2)
                && let Some(name) = self.name(verb.saturating_add(1)).strip_prefix('@')
                && matches!(self.name(verb), "add" | "update" | "delete")
            {
                for table in &mut self.ruleset.tables {
                    if let Some(set) = table.sets.get_mut(name) {
                        set.dynamic = true;
                    }
                }
            }
            index = index.saturating_add(1);
        }
    }

    /// Sets without a member, where the members of all may have been left out.
    fn mark_unlisted(&mut self) {
        let text = self.ruleset.builder.file.text();
        let tables = &mut self.ruleset.tables;
        let left_out = super::captures::terse(text).unwrap_or_else(|| {
            let mut sets = tables.iter().flat_map(|table| table.sets.values());
            sets.all(|set| set.elements.is_empty())
        });
        let sets = tables.iter_mut().flat_map(|table| table.sets.values_mut());
        for set in sets.filter(|set| left_out && set.elements.is_empty()) {
            set.unlisted = true;
        }
    }

    fn rule(&mut self, pending: Pending, depth: usize) {
        let Pending {
            table,
            chain,
            range,
            front,
        } = pending;
        let span = self.span(&range);
        let mut tokens = std::mem::take(&mut self.statement);
        tokens.clear();
        self.expand_into(range.clone(), &mut tokens);
        let read = self.read(table, span, &tokens);
        self.statement = tokens;
        let Some(mut read) = read else { return };
        for name in std::mem::take(&mut read.uses) {
            let title = self.ruleset.tables.get(table).map(Table::title);
            let name = format!("{} {name}", title.unwrap_or_default());
            self.ruleset.builder.refer("set", &name, false, span);
        }
        if let Some(start) = read.inline {
            let body = range.start.saturating_add(start)..range.end.saturating_sub(1);
            self.inline(table, &mut read, body, depth);
        }
        let state = if read.bad {
            LineState::Unrecognised
        } else if read.cases.iter().all(|(_, does)| *does == Does::Continue) {
            read.why = None;
            LineState::Irrelevant
        } else if read.why.is_some() {
            LineState::NotModelled
        } else {
            LineState::Modelled
        };
        let why = read.why.take();
        self.write(table, chain, read, span, front);
        self.mark(range, state, why);
    }

    fn read(&mut self, table: usize, span: Span, tokens: &[Token<'_>]) -> Option<ReadRule> {
        let held = self.ruleset.tables.get_mut(table)?;
        let family = held.rules_family();
        let sets = std::mem::take(&mut held.sets);
        let objects = std::mem::take(&mut held.objects);
        let place = Place {
            family,
            sets: &sets,
            objects: &objects,
            span,
        };
        let read = rule::read(&mut self.ruleset.builder, place, tokens);
        let held = self.ruleset.tables.get_mut(table)?;
        held.sets = sets;
        held.objects = objects;
        Some(read)
    }

    /// The chain that stands in place of a jump's target.
    fn inline(
        &mut self,
        table: usize,
        read: &mut ReadRule,
        body: std::ops::Range<usize>,
        depth: usize,
    ) {
        let name = format!("__chain{}", body.start);
        let index = self.chain(table, &name, body.start);
        if depth < MAX_INLINE {
            let mut at = body.start;
            while at < body.end {
                if self.text(at) == ";" {
                    at = at.saturating_add(1);
                    continue;
                }
                let end = self.end(at).min(body.end).max(at.saturating_add(1));
                let rule = Pending {
                    table,
                    chain: index,
                    range: at..end,
                    front: false,
                };
                self.rule(rule, depth.saturating_add(1));
                at = end;
            }
        } else {
            read.bad = true;
        }
        for (_, does) in &mut read.cases {
            match does {
                Does::Jump(target) | Does::Goto(target) if target.is_empty() => {
                    target.clone_from(&name)
                }
                _ => {}
            }
        }
    }

    /// Writes the rule into its chain's filter, and into its translations.
    fn write(&mut self, table: usize, chain: usize, read: ReadRule, span: Span, front: bool) {
        let Some(filter) = self
            .ruleset
            .tables
            .get(table)
            .and_then(|t| t.chains.get(chain))
            .map(|c| c.filter)
        else {
            return;
        };
        let before = self.ruleset.builder.rule_count(filter);
        for (matches, does) in read.cases {
            let mut goes = nat::Does::Nothing;
            let action = match &does {
                Does::Accept => {
                    goes = nat::Does::Accept;
                    Action::Permit
                }
                Does::Drop => {
                    goes = nat::Does::Accept;
                    Action::Deny
                }
                Does::Return => {
                    goes = nat::Does::Return;
                    Action::Return
                }
                Does::Continue => Action::Continue,
                Does::NoTrack => {
                    self.untracked(table, chain, &matches, span);
                    Action::Continue
                }
                Does::Translate(how, _) => {
                    goes = nat::Does::Translate(*how);
                    Action::Permit
                }
                Does::Unknown(why) => {
                    goes = nat::Does::Unknown;
                    Action::Goto(self.ruleset.builder.undecided(why, span))
                }
                Does::Jump(name) | Does::Goto(name) => {
                    let jumps = matches!(does, Does::Jump(_));
                    match self.target(table, name, span) {
                        Ok((index, target)) => {
                            goes = if jumps {
                                nat::Does::Jump(index)
                            } else {
                                nat::Does::Goto(index)
                            };
                            if jumps {
                                Action::Jump(target)
                            } else {
                                Action::Goto(target)
                            }
                        }
                        Err(open) => {
                            goes = nat::Does::Unknown;
                            Action::Jump(open)
                        }
                    }
                }
            };
            let verdict = Verdict {
                action,
                logs: read.logs,
                span,
            };
            for matched in &matches {
                self.ruleset.builder.push(filter, matched, verdict);
            }
            let to = match does {
                Does::Translate(_, to) => to,
                _ => Vec::new(),
            };
            let keeps = self.ruleset.builder.keeps;
            let held = self
                .ruleset
                .tables
                .get_mut(table)
                .filter(|table| keeps || table.translates)
                .and_then(|t| t.chains.get_mut(chain));
            if let Some(held) = held {
                held.nat.add(
                    Entry {
                        matches,
                        does: goes,
                        to,
                        span,
                    },
                    front.then_some(1),
                );
            }
        }
        if front {
            self.ruleset.builder.move_new(filter, before, 0);
        }
    }

    /// The chain of a jump; a filter that may do anything when there is none.
    fn target(
        &mut self,
        table: usize,
        name: &str,
        span: Span,
    ) -> Result<(usize, crate::model::firewall::FilterId), crate::model::firewall::FilterId> {
        let title = self
            .ruleset
            .tables
            .get(table)
            .map_or(String::new(), Table::title);
        self.ruleset
            .builder
            .refer("chain", &format!("{title} {name}"), false, span);
        let found = self.ruleset.tables.get(table).and_then(|held| {
            let index = held.chains.iter().position(|chain| chain.name == name)?;
            Some((index, held.chains.get(index)?.filter))
        });
        found.ok_or_else(|| {
            let why = format!("chain `{}` is not in the file", short(name));
            self.ruleset.builder.anything(&why, span)
        })
    }

    fn untracked(&mut self, table: usize, chain: usize, matches: &[Match], span: Span) {
        let hook = self
            .ruleset
            .tables
            .get(table)
            .and_then(|t| t.chains.get(chain))
            .and_then(|c| c.base.as_ref())
            .filter(|base| base.priority < -200)
            .map_or("", |base| base.hook.as_str())
            .to_owned();
        let held = self
            .ruleset
            .tables
            .get(table)
            .and_then(|t| t.chains.get(chain));
        let plain = held.is_some_and(|held| !matches.iter().any(|one| held.nat.may_end(one)));
        let builder = &mut self.ruleset.builder;
        let taken = matches.iter().cloned().map(|matched| Exception {
            matched,
            keeps: false,
        });
        match hook.as_str() {
            "prerouting" if plain => builder.untracked.incoming.extend(taken),
            "output" if plain => builder.untracked.sent.extend(taken),
            _ => {
                let why = "connection tracking is switched off for some packets, which then have no state";
                builder.untracked.unknown = Some(builder.reason(why, span));
            }
        }
    }
}
