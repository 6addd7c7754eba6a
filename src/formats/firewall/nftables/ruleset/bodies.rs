//! Bodies of chains, sets and maps, and elements that are added to them.

use super::{Pending, Reader, Set};
use crate::formats::LineState;
use crate::formats::firewall::nftables::stages::{self, Base, Chain};
use crate::formats::firewall::nftables::values::elements;
use crate::formats::firewall::shared::netfilter::nat::NatChain;
use crate::model::firewall::Action;

/// Of so many statements of a set it is kept where they stand.
const MAX_SPANS: usize = 16;

impl<'t> Reader<'_, '_, '_, 't> {
    pub(super) fn chain(&mut self, table: usize, name: &str, at: usize) -> usize {
        let span = self.span(&(at..at.saturating_add(1)));
        let Some(held) = self.ruleset.tables.get_mut(table) else {
            return 0;
        };
        if let Some(index) = held.chains.iter().position(|chain| chain.name == name) {
            return index;
        }
        let title = format!("{} {name}", held.title());
        let filter = self.ruleset.builder.filter(title.clone(), true, span);
        if !name.is_empty() {
            self.ruleset.builder.refer("chain", &title, true, span);
        }
        let Some(held) = self.ruleset.tables.get_mut(table) else {
            return 0;
        };
        held.chains.push(Chain {
            name: name.to_owned(),
            filter,
            base: None,
            nat: NatChain::default(),
            span,
        });
        held.chains.len().saturating_sub(1)
    }

    pub(super) fn chain_body(
        &mut self,
        table: usize,
        chain: usize,
        inside: std::ops::Range<usize>,
    ) {
        let mut at = inside.start;
        while at < inside.end {
            if self.text(at) == ";" {
                at = at.saturating_add(1);
                continue;
            }
            let end = self.end(at).min(inside.end).max(at.saturating_add(1));
            match self.text(at) {
                "type" if self.text(at.saturating_add(2)) == "hook" => {
                    self.base(table, chain, at, end)
                }
                "policy" => {
                    let words = self.expand(at..end);
                    let action = match words.get(1).map_or("", |token| token.text) {
                        "accept" => Some(Action::Permit),
                        "drop" => Some(Action::Deny),
                        _ => None,
                    };
                    let span = self.span(&(at..end));
                    let open = || {
                        let why = "the policy of the chain is not understood";
                        Action::Goto(self.ruleset.builder.undecided(why, span))
                    };
                    let policy = action.unwrap_or_else(open);
                    let held = self
                        .ruleset
                        .tables
                        .get_mut(table)
                        .and_then(|t| t.chains.get_mut(chain));
                    if let Some(base) = held.and_then(|chain| chain.base.as_mut()) {
                        base.policy = Some((policy, span));
                    }
                    let state = if action.is_some() {
                        LineState::Modelled
                    } else {
                        LineState::Unrecognised
                    };
                    self.mark(at..end, state, None);
                }
                "comment" | "flags" | "handle" => self.mark(at..end, LineState::Irrelevant, None),
                "include" => {
                    self.include(at..end);
                    let span = self.span(&(at..end));
                    let why = "an included file may hold rules of this chain";
                    self.open(table, Some(chain), why, span);
                }
                "define" | "redefine" => {
                    self.command(at);
                }
                _ => self.wait(Pending {
                    table,
                    chain,
                    range: at..end,
                    front: false,
                }),
            }
            at = end;
        }
    }

    /// `type filter hook forward priority filter + 10`.
    fn base(&mut self, table: usize, chain: usize, at: usize, end: usize) {
        let expanded = self.expand(at..end);
        let word = |wanted: &str, step: usize| {
            let place = expanded.iter().position(|token| token.is(wanted))?;
            expanded.get(place.saturating_add(step))
        };
        let kind = word("type", 1).map_or("", |token| token.text);
        let hook = word("hook", 1).map_or("", |token| token.text);
        let family = self
            .ruleset
            .tables
            .get(table)
            .map_or("", |table| table.family.as_str());
        let place = expanded.iter().position(|token| token.is("priority"));
        let rest = place
            .and_then(|place| expanded.get(place.saturating_add(1)..))
            .unwrap_or_default();
        let priority = stages::priority(
            family,
            &rest.iter().map(|token| token.text).collect::<Vec<_>>(),
        );
        let mut devices = Vec::new();
        if let Some(place) = expanded
            .iter()
            .position(|token| matches!(token.text, "device" | "devices"))
        {
            for token in expanded.iter().skip(place.saturating_add(1)) {
                match token.text {
                    "priority" => break,
                    "=" | "{" | "}" | "," => {}
                    name => devices.push(name.to_owned()),
                }
            }
        }
        let span = self.span(&(at..end));
        let known = stages::is_hook(hook) && priority.is_some();
        let state = if known {
            LineState::Modelled
        } else {
            LineState::Unrecognised
        };
        let base = Base {
            kind: kind.to_owned(),
            hook: hook.to_owned(),
            priority: priority.unwrap_or(0),
            devices,
            policy: None,
            span,
        };
        if let Some(chain) = self
            .ruleset
            .tables
            .get_mut(table)
            .and_then(|t| t.chains.get_mut(chain))
        {
            chain.base = Some(base);
        }
        if !stages::is_hook(hook) {
            // Where the chain stands is not known: it may decide anything.
            self.ruleset.included.get_or_insert(span);
        }
        self.mark(at..end, state, None);
    }

    pub(super) fn set_body(&mut self, inside: std::ops::Range<usize>) -> Set {
        let mut set = Set::default();
        let mut at = inside.start;
        while at < inside.end {
            if self.text(at) == ";" {
                at = at.saturating_add(1);
                continue;
            }
            let end = self.end(at).min(inside.end).max(at.saturating_add(1));
            if !matches!(
                self.text(at),
                "elements" | "comment" | "handle" | "counter" | "last"
            ) {
                let says: Vec<&str> = (at..end).map(|index| self.name(index)).collect();
                set.says.push(says.join(" "));
            }
            match self.text(at) {
                "elements" => {
                    let all = self.expand(at..end);
                    let open = all.iter().position(|token| token.is("{"));
                    if let Some(open) = open {
                        let (found, _) = elements(&all, open.saturating_add(1));
                        set.elements.extend(found);
                    }
                    self.mark(at..end, LineState::Modelled, None);
                }
                "flags" => {
                    set.dynamic |=
                        (at..end).any(|index| matches!(self.text(index), "dynamic" | "timeout"));
                    self.mark(at..end, LineState::Modelled, None);
                }
                "timeout" => {
                    set.dynamic = true;
                    self.mark(at..end, LineState::Modelled, None);
                }
                "type" | "typeof" => self.mark(at..end, LineState::Modelled, None),
                "size" | "gc-interval" | "auto-merge" | "policy" | "comment" | "counter"
                | "handle" => {
                    self.mark(at..end, LineState::Irrelevant, None);
                }
                "last" => self.mark(at..end, LineState::Irrelevant, None),
                // A limit of each element, or what may name more of them.
                "limit" | "quota" | "ct" => {
                    set.dynamic = true;
                    self.mark(at..end, LineState::Modelled, None);
                }
                _ => {
                    set.dynamic = true;
                    self.mark(at..end, LineState::Unrecognised, None);
                }
            }
            at = end;
        }
        set
    }

    /// `add element inet filter blocked { … }`.
    pub(super) fn element(&mut self, at: usize, end: usize) {
        let (table, next) = self.table_at(at, true);
        let name = self.name(next).to_owned();
        let all = self.expand(next..end);
        let open = all.iter().position(|token| token.is("{"));
        let span = self.span(&(at..end));
        if let (Some(table), Some(open)) =
            (table.and_then(|t| self.ruleset.tables.get_mut(t)), open)
        {
            let (found, _) = elements(&all, open.saturating_add(1));
            let set = table.sets.entry(name).or_default();
            set.elements.extend(found);
            if set.spans.len() < MAX_SPANS {
                set.spans.push(span);
            }
        }
        self.mark(at.saturating_sub(2)..end, LineState::Modelled, None);
    }
}
