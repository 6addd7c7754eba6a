//! The firewall of a netfilter ruleset while it is read.

use std::collections::{BTreeSet, HashMap};

use super::asked;
use super::untracked::{Kept, Untracked};
use crate::formats::firewall::shared::reasons::record;
use crate::formats::firewall::shared::room::Progress;
use crate::formats::firewall::shared::tables::Map;
use crate::model::asks::Asks;
use crate::model::firewall::{
    Action, AddressMatch, AddressTerm, AddressView, Condition, Filter, FilterDefault, FilterId,
    Firewall, Interface, InterfaceId, InterfaceMatch, Nat, NotModelled, Passage, ReasonId, Rule,
    ServiceMatch, Stage, StateMatch,
};
use crate::source::{SourceFile, Span, Spanned};

/// Words before what a target that decides elsewhere is told.
const DECIDE_ELSEWHERE: [&str; 6] = ["-j ", "--jump ", "queue", "tproxy", "synproxy", "fwd"];
/// Chains that only call chains are followed this far.
const MAX_SETTLED: usize = 16;
/// The name of the interface that stands for all that a ruleset does not name.
pub const OTHER: &str = "*";

/// A firewall under construction.
pub struct Builder<'f> {
    /// The file.
    pub file: &'f SourceFile,
    /// The model so far.
    pub firewall: Firewall,
    interfaces: Map<String, InterfaceId>,
    /// Interfaces that stand for all whose names begin alike.
    wildcards: Vec<(String, InterfaceId)>,
    /// Whether rules that ask for a state are kept as they were read.
    pub keeps: bool,
    /// Those rules.
    pub kept: Vec<Kept>,
    /// Which packets have no state.
    pub untracked: Untracked,
    /// The words of rules that are records.
    pub written: HashMap<Span, Box<str>>,
    undecided: Map<String, FilterId>,
}

impl<'f> Builder<'f> {
    /// An empty firewall of a platform, named after the file.
    pub fn new(file: &'f SourceFile, platform: &'static str) -> Self {
        let start = Span::of(file.id(), 0..0);
        let stem = file.name().rsplit('/').next().unwrap_or_default();
        let short = |end: &str| end.len() <= 9 && end.bytes().all(|b| b.is_ascii_alphanumeric());
        let stem = match stem.rsplit_once('.') {
            Some((stem, end)) if short(end) && !stem.is_empty() => stem,
            _ => stem,
        };
        let mut builder = Self {
            file,
            firewall: Firewall {
                name: Spanned::new(stem.to_owned(), start),
                platform,
                software: None,
                transparent: None,
                // Replies are let through by rules that look at the state.
                stateful: false,
                interfaces: Vec::new(),
                routes: Vec::new(),
                dynamic_routing: Vec::new(),
                policy_routing: Vec::new(),
                address_objects: Vec::new(),
                service_objects: Vec::new(),
                filters: Vec::new(),
                stages: Vec::new(),
                nat: Nat::default(),
                inspections: Vec::new(),
                tunnels: Vec::new(),
                not_modelled: Vec::new(),
                references: Default::default(),
            },
            interfaces: Map::default(),
            wildcards: Vec::new(),
            keeps: false,
            kept: Vec::new(),
            untracked: Untracked::default(),
            written: HashMap::new(),
            undecided: Map::default(),
        };
        builder.interface(OTHER, start);
        builder
    }

    /// The place of a slice of the file's text.
    #[must_use]
    pub fn span(&self, part: &str) -> Span {
        let none = Span::of(self.file.id(), 0..0);
        self.file.span_of(part).unwrap_or(none)
    }

    /// Records why something is not modelled.
    pub fn reason(&mut self, reason: impl Into<String>, span: Span) -> ReasonId {
        let reason = NotModelled {
            reason: reason.into(),
            span,
            asks: Default::default(),
        };
        record(&mut self.firewall.not_modelled, reason)
    }

    /// Tells what the reasons from a number on ask, and whether each rule asks
    /// for itself.
    pub fn asked(&mut self, from: usize, asks: &Asks) {
        for known in self.firewall.not_modelled.iter_mut().skip(from) {
            known.asks.clone_from(asks);
        }
    }

    /// How many reasons there are.
    #[must_use]
    pub fn reasons(&self) -> usize {
        self.firewall.not_modelled.len()
    }

    /// Records that a name is defined or used.
    pub fn refer(&mut self, kind: &'static str, name: &str, definition: bool, span: Span) {
        let progress = Progress::behind(span, self.file.text().len());
        progress.make_room_among(&mut self.firewall.references);
        self.firewall.references.push(kind, name, definition, span);
    }

    /// The interface of that name; made when it is not known yet. A name that
    /// ends in `wildcard` stands for all that begin like it.
    pub fn interface(&mut self, name: &str, span: Span) -> InterfaceId {
        if let Some(id) = self.interfaces.get(name) {
            return *id;
        }
        let id = InterfaceId(index(self.firewall.interfaces.len()));
        let interface = Interface::new(name.to_owned(), span);
        self.firewall.interfaces.push(interface);
        self.interfaces.insert(name.to_owned(), id);
        id
    }

    /// The interfaces that a name stands for. `wildcard` is the sign at its
    /// end that leaves the rest open (`+` of iptables, `*` of nft).
    pub fn interfaces(
        &mut self,
        name: &str,
        wildcard: char,
        negated: bool,
        span: Span,
    ) -> InterfaceMatch {
        let id = match name.strip_suffix(wildcard) {
            Some("") if negated => return InterfaceMatch::any_of([]),
            Some("") => return InterfaceMatch::Any,
            Some(start) => {
                let known = self.interfaces.contains_key(name);
                let id = self.interface(name, span);
                if !known {
                    self.wildcards.push((start.to_owned(), id));
                }
                id
            }
            None => self.interface(name, span),
        };
        if negated {
            InterfaceMatch::none_of([id])
        } else {
            InterfaceMatch::One(id)
        }
    }

    /// Whether an interface stands for all whose names begin alike.
    #[must_use]
    pub fn is_wildcard(&self, id: InterfaceId) -> bool {
        self.wildcards.iter().any(|(_, wildcard)| *wildcard == id)
    }

    /// A new filter without rules that falls through to its caller.
    pub fn filter(&mut self, name: String, filters_traffic: bool, span: Span) -> FilterId {
        let id = FilterId(index(self.firewall.filters.len()));
        self.firewall.filters.push(Filter {
            default: FilterDefault {
                action: Action::Return,
                label: format!("end of chain {name}"),
                span,
            },
            name,
            rules: Vec::new(),
            span,
            filters_traffic,
        });
        id
    }

    /// A filter that is already there.
    pub fn filter_mut(&mut self, id: FilterId) -> Option<&mut Filter> {
        self.firewall.filters.get_mut(id.0 as usize)
    }

    /// Appends a rule.
    pub(super) fn append(&mut self, filter: FilterId, rule: Rule) {
        if let Some(held) = self.firewall.filters.get_mut(filter.0 as usize) {
            let progress = Progress::behind(rule.span, self.file.text().len());
            progress.make_room(&mut held.rules);
            held.rules.push(rule);
        }
    }

    /// How many rules a filter has.
    #[must_use]
    pub fn rule_count(&self, filter: FilterId) -> usize {
        self.firewall
            .filters
            .get(filter.0 as usize)
            .map_or(0, |filter| filter.rules.len())
    }

    /// Moves the rules from `from` on to a place before.
    pub fn move_new(&mut self, filter: FilterId, from: usize, to: usize) {
        let Some(held) = self.firewall.filters.get_mut(filter.0 as usize) else {
            return;
        };
        let count = held.rules.len().saturating_sub(from);
        let to = to.min(from);
        if let Some(part) = held.rules.get_mut(to..) {
            part.rotate_right(count);
        }
        for kept in self.kept.iter_mut().filter(|kept| kept.filter == filter) {
            if kept.first >= from {
                kept.first = kept.first.saturating_sub(from).saturating_add(to);
            } else if kept.first >= to {
                kept.first = kept.first.saturating_add(count);
            }
        }
    }

    /// Puts a rule in front of all others of a filter.
    pub fn insert_first(&mut self, filter: FilterId, rule: Rule) {
        let from = self.rule_count(filter);
        self.append(filter, rule);
        self.move_new(filter, from, 0);
    }

    /// Puts a call in front of all rules of a filter.
    pub fn insert_jump(&mut self, filter: FilterId, to: FilterId, v6: bool, span: Span) {
        self.insert_first(
            filter,
            by_family(Action::Jump(to), v6, "not modelled", span),
        );
    }

    /// A filter whose verdict nobody can tell from the file.
    pub fn undecided(&mut self, why: &str, span: Span) -> FilterId {
        self.open(why, span, false)
    }

    /// Leaves every packet undecided: a file that is broken or cut off may
    /// have lost what would decide.
    pub fn undecide_all(&mut self, why: &str, span: Span) {
        let filter = self.undecided(why, span);
        self.firewall.stages = every_passage(filter, why, span);
    }

    /// A filter that may decide anything, or nothing.
    pub fn anything(&mut self, why: &str, span: Span) -> FilterId {
        self.open(why, span, true)
    }

    fn open(&mut self, why: &str, span: Span, returns: bool) -> FilterId {
        // What a target that decides elsewhere is told: `-j NFQUEUE --queue-num 1`.
        let statement = self.file.slice(span);
        let told = DECIDE_ELSEWHERE
            .iter()
            .filter_map(|word| statement.rfind(word))
            .min()
            .and_then(|at| statement.get(at..))
            .map(|told| asked::words(told, &BTreeSet::new()));
        let key = format!("{returns}{why}{}", told.as_deref().unwrap_or_default());
        if let Some(id) = self.undecided.get(&key) {
            return *id;
        }
        let known = self.reasons();
        let reason = self.reason(why, span);
        if let Some(told) = told {
            self.asked(known, &Asks::of(format!("{why} {told}")));
        }
        let id = self.filter("not modelled".to_owned(), false, span);
        let rule = |action| Rule {
            conditions: Box::new([Condition::Unknown(reason)]),
            implicit: Some(why.into()),
            ..plain(action, AddressMatch::Any, span)
        };
        let rules = if returns {
            vec![rule(Action::Permit), rule(Action::Deny)]
        } else {
            vec![rule(Action::Permit)]
        };
        if let Some(filter) = self.filter_mut(id) {
            filter.rules = rules;
            filter.default.label = why.to_owned();
            if !returns {
                filter.default.action = Action::Deny;
            }
        }
        self.undecided.insert(key, id);
        id
    }

    /// Ends the construction: wildcards get their members.
    #[must_use]
    pub fn finish(mut self) -> Firewall {
        self.expand_wildcards();
        asked::settle(&mut self.firewall, self.file, &self.written);
        self.settle();
        self.firewall
    }

    /// Calls of chains that do the same with every packet (`LOG_DROP`) become
    /// that verdict: then the calling rule decides, and is what to cite.
    fn settle(&mut self) {
        for _ in 0..MAX_SETTLED {
            let fate: Vec<Option<(Action, bool)>> =
                self.firewall.filters.iter().map(always).collect();
            let mut changed = false;
            let filters = self.firewall.filters.iter_mut();
            for rule in filters.flat_map(|filter| &mut filter.rules) {
                if let Action::Jump(to) | Action::Goto(to) = rule.action
                    && rule.implicit.is_none()
                    && let Some(Some((action, logs))) = fate.get(to.0 as usize)
                {
                    rule.action = *action;
                    rule.logs |= logs;
                    changed = true;
                }
            }
            if !changed {
                return;
            }
        }
    }

    fn expand_wildcards(&mut self) {
        if self.wildcards.is_empty() {
            return;
        }
        let names: Vec<(InterfaceId, String)> = (0u32..)
            .map(InterfaceId)
            .zip(
                self.firewall
                    .interfaces
                    .iter()
                    .map(|i| i.name.value.clone()),
            )
            .collect();
        let members: Map<InterfaceId, Vec<InterfaceId>> = self
            .wildcards
            .iter()
            .map(|(start, id)| {
                let all = names
                    .iter()
                    .filter(|(_, name)| name.starts_with(start.as_str()))
                    .map(|(id, _)| *id);
                (*id, all.collect())
            })
            .collect();
        let expand = |which: &mut InterfaceMatch| {
            let (except, ids) = match which {
                InterfaceMatch::Any => return,
                InterfaceMatch::One(id) => (false, vec![*id]),
                InterfaceMatch::Set(set) => (set.except, set.ids.to_vec()),
            };
            if !ids.iter().any(|id| members.contains_key(id)) {
                return;
            }
            let all = ids.into_iter().flat_map(|id| match members.get(&id) {
                Some(all) => all.clone(),
                None => vec![id],
            });
            *which = if except {
                InterfaceMatch::none_of(all)
            } else {
                InterfaceMatch::any_of(all)
            };
        };
        let rules = self.firewall.filters.iter_mut();
        for rule in rules.flat_map(|filter| &mut filter.rules) {
            expand(&mut rule.ingress);
            expand(&mut rule.egress);
        }
    }
}

/// What a filter does with every packet, and whether it logs them. All rules
/// of a chain are of one family, that of the rules that call it.
fn always(filter: &Filter) -> Option<(Action, bool)> {
    let mut logs = false;
    for rule in &filter.rules {
        if !rule.enabled {
            continue;
        }
        logs |= rule.logs;
        match rule.action {
            Action::Continue => {}
            Action::Permit | Action::Deny => {
                let every = matches!(
                    rule.source,
                    AddressMatch::Any | AddressMatch::One(AddressTerm::Any4 | AddressTerm::Any6)
                ) && rule.destination == AddressMatch::Any
                    && rule.service == ServiceMatch::Any
                    && rule.state == StateMatch::Any
                    && rule.conditions.is_empty()
                    && rule.ingress.is_any()
                    && rule.egress.is_any();
                // In a table of both families, one family is a condition.
                let both = filter.name.starts_with("inet ") || filter.name.starts_with("netdev ");
                let every = every && (!both || rule.source == AddressMatch::Any);
                return every.then_some((rule.action, logs));
            }
            Action::Jump(_) | Action::Goto(_) | Action::Return => return None,
        }
    }
    None
}

/// Leaves every packet of a finished firewall undecided: what was read is not
/// what is in force for certain.
pub fn undecide(firewall: &mut Firewall, why: &str, span: Span) {
    let reason = ReasonId(index(firewall.not_modelled.len()));
    firewall.not_modelled.push(NotModelled {
        reason: why.to_owned(),
        span,
        asks: Default::default(),
    });
    let filter = FilterId(index(firewall.filters.len()));
    firewall.filters.push(Filter {
        name: "not modelled".to_owned(),
        rules: vec![Rule {
            conditions: Box::new([Condition::Unknown(reason)]),
            implicit: Some(why.into()),
            ..plain(Action::Permit, AddressMatch::Any, span)
        }],
        default: FilterDefault {
            action: Action::Deny,
            label: why.to_owned(),
            span,
        },
        span,
        filters_traffic: false,
    });
    firewall.stages = every_passage(filter, why, span);
}

fn every_passage(filter: FilterId, why: &str, span: Span) -> Vec<Stage> {
    [Passage::Transit, Passage::ToHost, Passage::FromHost]
        .map(|passage| Stage {
            label: why.to_owned(),
            passage,
            ingress: InterfaceMatch::Any,
            egress: InterfaceMatch::Any,
            filter,
            view: AddressView::Real,
            span,
        })
        .into()
}

/// A rule without conditions but its source.
#[must_use]
pub fn plain(action: Action, source: AddressMatch, span: Span) -> Rule {
    Rule {
        action,
        enabled: true,
        logs: false,
        ingress: InterfaceMatch::Any,
        egress: InterfaceMatch::Any,
        source,
        destination: AddressMatch::Any,
        service: ServiceMatch::Any,
        state: StateMatch::Any,
        conditions: Box::default(),
        implicit: None,
        span,
    }
}

/// A rule for one family that the file does not hold.
#[must_use]
pub fn by_family(action: Action, v6: bool, label: &str, span: Span) -> Rule {
    let term = if v6 {
        AddressTerm::Any6
    } else {
        AddressTerm::Any4
    };
    Rule {
        implicit: Some(label.into()),
        ..plain(action, AddressMatch::One(term), span)
    }
}

fn index(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
