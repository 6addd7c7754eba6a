//! Which filters packets reach, and over which rules that call others.

use std::collections::{BTreeSet, HashMap};

use crate::flow::evaluate::{Engine, RuleRef};
use crate::flow::packets::Cube;
use crate::model::firewall::{Action, FilterId, InterfaceMatch, Rule, StateMatch};

/// A filter is looked at on at most so many ways that lead to it.
const MAX_WAYS: usize = 64;
/// Packets on a way are followed in at most so many pieces.
const MAX_CUBES: usize = 64;
/// Chains nest at most this deep.
const MAX_DEPTH: usize = 64;

/// What all packets on a way have in common besides their headers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Limit<'a> {
    pub(super) ingress: &'a InterfaceMatch,
    pub(super) egress: &'a InterfaceMatch,
    pub(super) state: StateMatch,
}

impl<'a> Limit<'a> {
    pub(super) fn of(rule: &'a Rule) -> Self {
        Self {
            ingress: &rule.ingress,
            egress: &rule.egress,
            state: rule.state,
        }
    }
}

/// A rule (or a default, which stands behind the last rule) that hands packets
/// to another filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) filter: FilterId,
    /// Index of the rule; the number of rules for a default.
    pub(super) at: usize,
    /// Whether packets that return go on behind it.
    pub(super) comes_back: bool,
}

/// One way to a filter, from a stage on.
#[derive(Debug, Clone)]
pub(super) struct Way<'a> {
    /// The calls, outermost first.
    pub(super) calls: Vec<Call>,
    /// What holds for all packets on it.
    pub(super) limits: Vec<Limit<'a>>,
    /// The packets that the calls let through; `None` for all.
    pub(super) packets: Option<Vec<Cube>>,
}

/// The ways to every filter that a stage reaches.
#[derive(Debug, Default)]
pub(super) struct Ways<'a> {
    ways: HashMap<FilterId, Vec<Way<'a>>>,
    /// Filters with more ways than are looked at.
    pub(super) many: BTreeSet<FilterId>,
    /// Rules that lead back to a filter that is already on their way.
    pub(super) circles: BTreeSet<RuleRef>,
}

impl<'a> Ways<'a> {
    pub(super) fn new(engine: &Engine<'a>) -> Self {
        let mut ways = Self::default();
        // Where a stage is bound only matters to rules that name interfaces.
        let named = engine.firewall.filters.iter().any(|filter| {
            let free = |rule: &Rule| rule.ingress.is_any() && rule.egress.is_any();
            !filter.rules.iter().all(free)
        });
        for stage in &engine.firewall.stages {
            let limits = if named {
                vec![Limit {
                    ingress: &stage.ingress,
                    egress: &stage.egress,
                    state: StateMatch::Any,
                }]
            } else {
                Vec::new()
            };
            let way = Way {
                calls: Vec::new(),
                limits,
                packets: None,
            };
            ways.follow(engine, stage.filter, way);
        }
        ways
    }

    pub(super) fn to(&self, filter: FilterId) -> &[Way<'a>] {
        self.ways.get(&filter).map_or(&[], Vec::as_slice)
    }

    fn follow(&mut self, engine: &Engine<'a>, id: FilterId, way: Way<'a>) {
        let known = self.ways.entry(id).or_default();
        let same = |other: &Way<'_>| other.calls == way.calls && other.limits == way.limits;
        if known.iter().any(same) {
            return;
        }
        if known.len() >= MAX_WAYS || way.calls.len() >= MAX_DEPTH {
            self.many.insert(id);
            return;
        }
        known.push(way.clone());
        let Some(filter) = engine.filter(id) else {
            return;
        };
        let rules = filter
            .rules
            .iter()
            .enumerate()
            .filter(|(_, rule)| rule.enabled);
        let calls = rules.map(|(at, rule)| (at, rule.action, Some(rule)));
        let end = (filter.rules.len(), filter.default.action, None);
        for (at, action, rule) in calls.chain(std::iter::once(end)) {
            let (Action::Jump(next) | Action::Goto(next)) = action else {
                continue;
            };
            if next == id || way.calls.iter().any(|call| call.filter == next) {
                self.circles
                    .extend(u32::try_from(at).ok().map(|at| RuleRef {
                        filter: id,
                        rule: rule.is_some().then_some(at),
                    }));
                continue;
            }
            let mut inner = way.clone();
            inner.calls.push(Call {
                filter: id,
                at,
                comes_back: matches!(action, Action::Jump(_)) && rule.is_some(),
            });
            if let Some(rule) = rule {
                inner.limits.push(Limit::of(rule));
                let Some(matched) = engine.rule_match(id, at) else {
                    continue;
                };
                let packets = narrowed(inner.packets.as_deref(), matched.possibly());
                if packets.len() > MAX_CUBES {
                    self.many.insert(next);
                    continue;
                }
                if packets.is_empty() {
                    continue;
                }
                inner.packets = Some(packets);
            }
            self.follow(engine, next, inner);
        }
    }
}

/// The packets of some cubes that are also in others; `None` stands for all.
pub(super) fn narrowed(to: Option<&[Cube]>, cubes: &[Cube]) -> Vec<Cube> {
    let Some(to) = to else {
        return cubes.to_vec();
    };
    cubes
        .iter()
        .flat_map(|cube| to.iter().filter_map(|other| cube.intersect(other)))
        .collect()
}
