//! Rules that cannot take effect, and what hides them.
//!
//! Only what earlier rules match *surely* hides, and a rule is hidden only
//! when everything that it *possibly* matches is. So an unknown condition
//! never makes a finding. A rule of a called chain is hidden when it is on every
//! way that leads to the chain.

mod calls;
mod search;

use std::collections::BTreeSet;

use rayon::prelude::*;

use self::calls::{Limit, Way, Ways, narrowed};
use self::search::{Lookup, Search, Taken, Taker};
use super::evaluate::{Engine, Matched, RuleMatch, RuleRef};
use super::packets::{Cube, subtract_all};
use super::resolve::{Reason, add_reasons};
use crate::model::firewall::{Action, FilterId, InterfaceId, InterfaceMatch, Rule, StateMatch};
use crate::source::Span;

/// Steps (comparisons of two cubes) for all rules of a firewall together,
/// shared evenly.
const STEPS: usize = 25_000_000;
/// Steps for one rule, at least and at most.
const RULE_STEPS: [usize; 2] = [600, 200_000];
/// Rules of a filter with fewer are looked at one after the other.
const SIDE_BY_SIDE: usize = 256;
/// Hiding sets of more rules are not minimised.
const MAX_MINIMISED: usize = 24;
/// At most so many rules are named for a partly hidden one.
const MAX_NAMED: usize = 8;

/// How a rule is kept from taking effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HidingKind {
    /// Earlier rules match all of its packets, and not those with the same
    /// action alone.
    Shadowed,
    /// Earlier rules with the same action match all of its packets, and take
    /// at least some of them before a rule with another action does.
    Redundant,
    /// Earlier rules with another action match some of its packets.
    PartlyHidden,
    /// Later rules (or the default) with the same action match all packets that
    /// it gets, before a rule with another action does.
    RedundantBelow,
    /// It matches nothing by itself, or nothing of what its callers let through.
    NeverMatches,
    /// It rests on a name that the file does not define.
    UndefinedReference,
    /// It contains or calls itself.
    Circle,
    /// No packet comes to its filter: nothing calls it, or it is not bound.
    NeverReached,
}

impl HidingKind {
    /// The word that facts use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Shadowed => "shadowed",
            Self::Redundant => "redundant",
            Self::PartlyHidden => "partly-hidden",
            Self::RedundantBelow => "redundant-below",
            Self::NeverMatches => "never-matches",
            Self::UndefinedReference => "undefined-reference",
            Self::Circle => "circle",
            Self::NeverReached => "never-reached",
        }
    }
}

/// A rule that takes no or not its full effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HiddenRule {
    /// The rule.
    pub rule: RuleRef,
    /// How.
    pub kind: HidingKind,
    /// The rules that hide it, in order. For a wholly hidden rule none of
    /// them can be left out (up to 24).
    pub by: Vec<RuleRef>,
    /// Why it takes no effect, where rules do not tell.
    pub why: Vec<Reason>,
}

/// What is without effect in a firewall.
#[derive(Debug, Clone, Default)]
pub struct Hiding {
    /// Rules that take no or not their full effect, by place.
    pub rules: Vec<HiddenRule>,
    /// Filters that no stage, translation, tunnel or inspection uses.
    pub unbound: Vec<FilterId>,
    /// Rules that are cut into too many pieces, or reached on too many ways, to
    /// tell whether others hide them.
    pub open: Vec<RuleRef>,
}

impl Engine<'_> {
    /// Finds hidden rules in all filters that packets can reach, and filters
    /// that nothing uses.
    #[must_use]
    pub fn hidden_rules(&self) -> Hiding {
        let filtering = self.called(self.firewall.stages.iter().map(|stage| stage.filter));
        let selecting = self
            .firewall
            .nat
            .rules
            .iter()
            .filter_map(|rule| rule.policy)
            .chain(self.firewall.tunnels.iter().filter_map(|t| t.filter))
            .chain(self.firewall.inspections.iter().filter_map(|i| i.filter));
        let used = self.called(selecting.chain(filtering.iter().copied()));
        let mut hiding = Hiding::default();
        let ways = Ways::new(self);
        let lookups: Vec<Lookup> = std::iter::repeat_with(Lookup::default)
            .take(self.firewall.filters.len())
            .collect();
        let rules: usize = filtering
            .iter()
            .filter_map(|id| Some(self.filter(*id)?.rules.len()))
            .fold(0, usize::saturating_add);
        let [least, most] = RULE_STEPS;
        let inspector = Inspector {
            engine: self,
            ways: &ways,
            lookups: &lookups,
            steps: STEPS.checked_div(rules).unwrap_or(most).clamp(least, most),
            undefined: joined(self.firewall.references.undefined()),
        };
        // Chains of netfilter are many and short: all are looked at side by side.
        let reached: Vec<FilterId> = filtering.iter().copied().collect();
        let looked: Vec<Vec<Seen>> = reached.par_iter().map(|id| inspector.filter(*id)).collect();
        let mut looked = reached.into_iter().zip(looked).peekable();
        for (id, filter) in (0u32..).map(FilterId).zip(&self.firewall.filters) {
            if let Some((_, seen)) = looked.next_if(|(reached, _)| *reached == id) {
                hiding.add(id, seen);
            } else if filter.filters_traffic && !used.contains(&id) {
                hiding.unbound.push(id);
                self.unreached(id, &mut hiding.rules);
            }
        }
        hiding
    }

    /// Whether packets that enter one filter may reach another.
    #[must_use]
    pub fn calls(&self, from: FilterId, to: FilterId) -> bool {
        from == to || self.called(std::iter::once(from)).contains(&to)
    }

    /// Filters that are reached from the given ones.
    pub(super) fn called(&self, from: impl Iterator<Item = FilterId>) -> BTreeSet<FilterId> {
        let mut open: Vec<FilterId> = from.collect();
        let mut seen = BTreeSet::new();
        while let Some(id) = open.pop() {
            if !seen.insert(id) {
                continue;
            }
            let Some(filter) = self.filter(id) else {
                continue;
            };
            let actions = filter
                .rules
                .iter()
                .filter(|rule| rule.enabled)
                .map(|rule| rule.action)
                .chain(std::iter::once(filter.default.action));
            for action in actions {
                if let Action::Jump(next) | Action::Goto(next) = action {
                    open.push(next);
                }
            }
        }
        seen
    }

    /// The rules of a filter that no packet comes to.
    fn unreached(&self, id: FilterId, found: &mut Vec<HiddenRule>) {
        let Some(filter) = self.filter(id) else {
            return;
        };
        let rules = filter.rules.iter().enumerate();
        let counts = |rule: &Rule| rule.enabled && rule.action != Action::Continue;
        for (index, _) in rules.filter(|(_, rule)| counts(rule)) {
            found.push(HiddenRule {
                rule: place(id, index),
                kind: HidingKind::NeverReached,
                by: Vec::new(),
                why: vec![Reason::new(
                    format!("nothing calls or binds {}", filter.name),
                    Some(filter.span),
                )],
            });
        }
    }
}

/// Places in order, those that overlap as one.
fn joined(mut places: Vec<Span>) -> Vec<Span> {
    places.sort_unstable_by_key(|place| (place.file, place.start));
    places.dedup_by(|next, kept| {
        let overlap = next.file == kept.file && next.start < kept.end;
        if overlap {
            kept.end = kept.end.max(next.end);
        }
        overlap
    });
    places
}

/// What the search for every rule of a firewall has in common.
struct Inspector<'i, 'a> {
    engine: &'i Engine<'a>,
    ways: &'i Ways<'a>,
    lookups: &'i [Lookup],
    /// Steps for one rule.
    steps: usize,
    undefined: Vec<Span>,
}

/// What a look at a rule has shown.
struct Seen {
    index: u32,
    hidden: Option<Box<Found>>,
    /// Whether it stays open how the rule is hidden.
    open: bool,
}

/// One way to a rule, with the packets that it brings.
struct Visit<'i, 'a> {
    way: &'i Way<'a>,
    limits: Vec<Limit<'i>>,
    whole: Vec<Cube>,
    taken: Taken,
}

impl Hiding {
    /// Adds what was seen of the rules of a filter.
    fn add(&mut self, id: FilterId, all: Vec<Seen>) {
        for seen in all {
            let rule = RuleRef {
                filter: id,
                rule: Some(seen.index),
            };
            self.rules.extend(seen.hidden.map(|found| {
                let (kind, by, why) = *found;
                HiddenRule {
                    rule,
                    kind,
                    by,
                    why,
                }
            }));
            if seen.open {
                self.open.push(rule);
            }
        }
    }
}

impl<'a> Inspector<'_, 'a> {
    /// Looks at the rules of a filter; those that have nothing to tell are left
    /// out.
    fn filter(&self, id: FilterId) -> Vec<Seen> {
        let Some(filter) = self.engine.filter(id) else {
            return Vec::new();
        };
        let look = |(index, rule): (usize, &Rule)| {
            if !rule.enabled || rule.action == Action::Continue {
                return None;
            }
            let matched = self.engine.matched(id, index)?;
            let (hidden, open) = self.rule(id, index, rule, &matched);
            // Small, because in a bad list every rule stays open.
            let seen = Seen {
                index: u32::try_from(index).ok()?,
                open,
                hidden: hidden.map(Box::new),
            };
            (open || seen.hidden.is_some()).then_some(seen)
        };
        if filter.rules.len() < SIDE_BY_SIDE {
            filter.rules.iter().enumerate().filter_map(look).collect()
        } else {
            let rules = filter.rules.par_iter().enumerate();
            rules.filter_map(look).collect()
        }
    }

    /// How a rule is hidden, and whether that stays open.
    fn rule(
        &self,
        id: FilterId,
        index: usize,
        rule: &Rule,
        matched: &RuleMatch,
    ) -> (Option<Found>, bool) {
        let own = place(id, index);
        if self.ways.circles.contains(&own) {
            let name = self.engine.filter(id).map_or("", |f| f.name.as_str());
            let why = Reason::new(format!("it leads back to {name}"), Some(rule.span));
            return (Some((HidingKind::Circle, Vec::new(), vec![why])), false);
        }
        if matched.possibly().is_empty() {
            let why = self.why_never(rule, matched);
            return (Some((HidingKind::NeverMatches, Vec::new(), why)), false);
        }
        let (mut visits, other) = self.visits(id, rule, matched);
        let mut open = self.ways.many.contains(&id);
        if visits.is_empty() && !open {
            let why = other.unwrap_or_else(|| {
                Reason::new(
                    "what calls it lets none of its packets through",
                    Some(rule.span),
                )
            });
            return (
                Some((HidingKind::NeverMatches, Vec::new(), vec![why])),
                false,
            );
        }
        for visit in &mut visits {
            let mut search = self.search(&visit.limits, None);
            open |= search
                .before(visit.way, id, index, &visit.whole, &mut visit.taken)
                .is_err();
        }
        let found = self.verdict(id, index, rule, &visits, open);
        if found
            .as_ref()
            .is_some_and(|found| found.0 != HidingKind::PartlyHidden)
        {
            return (found, false);
        }
        if let Some(doubt) = self.doubt(matched) {
            return (Some(doubt), false);
        }
        if !open && let Some(by) = self.below(id, index, rule, visits) {
            return (Some((HidingKind::RedundantBelow, by, Vec::new())), false);
        }
        (found, open)
    }

    fn search<'s>(&'s self, limits: &'s [Limit<'s>], only: Option<Action>) -> Search<'s, 'a> {
        Search {
            engine: self.engine,
            lookups: self.lookups,
            limits,
            only,
            steps: self.steps,
        }
    }

    /// The ways to a rule with the packets that they bring, and why some bring
    /// none.
    fn visits<'s>(
        &'s self,
        id: FilterId,
        rule: &'s Rule,
        matched: &RuleMatch,
    ) -> (Vec<Visit<'s, 'a>>, Option<Reason>) {
        let mut visits = Vec::new();
        let mut other = None;
        for way in self.ways.to(id) {
            let limits: Vec<Limit<'s>> = way
                .limits
                .iter()
                .copied()
                .chain(std::iter::once(Limit::of(rule)))
                .collect();
            if !self.together(&limits) {
                other = Some(Reason::new(
                    "its list is asked for other interfaces or states of connections only",
                    Some(rule.span),
                ));
                continue;
            }
            let whole = narrowed(way.packets.as_deref(), matched.possibly());
            if !whole.is_empty() {
                visits.push(Visit {
                    way,
                    limits,
                    whole,
                    taken: Taken::default(),
                });
            }
        }
        (visits, other)
    }

    /// Whether limits can hold at the same time.
    fn together(&self, limits: &[Limit<'_>]) -> bool {
        let has = |state| limits.iter().any(|limit| limit.state == state);
        if has(StateMatch::New) && has(StateMatch::Established) {
            return false;
        }
        self.meet(limits.iter().map(|limit| limit.ingress))
            && self.meet(limits.iter().map(|limit| limit.egress))
    }

    /// Whether an interface is on all of these sides.
    fn meet<'m>(&self, sides: impl Iterator<Item = &'m InterfaceMatch> + Clone) -> bool {
        let count = u32::try_from(self.engine.firewall.interfaces.len()).unwrap_or(u32::MAX);
        let mut all = sides.clone();
        // An interface that the file does not name may be meant too.
        all.all(InterfaceMatch::is_any)
            || (0..=count)
                .map(InterfaceId)
                .any(|id| sides.clone().all(|side| side.contains(id)))
    }

    fn verdict(
        &self,
        id: FilterId,
        index: usize,
        rule: &Rule,
        visits: &[Visit<'_, 'a>],
        open: bool,
    ) -> Option<Found> {
        let takers = || visits.iter().flat_map(|visit| &visit.taken.takers);
        let same = |taker: &Taker| taker.action == rule.action;
        let hidden = !open && visits.iter().all(|visit| visit.taken.left.is_empty());
        let all_different = takers().all(|taker| !same(taker));
        if !hidden && !open {
            let mut by: Vec<RuleRef> = Vec::new();
            for taker in takers().filter(|taker| !same(taker)) {
                if by.len() < MAX_NAMED && !by.contains(&taker.place) {
                    by.push(taker.place);
                }
            }
            by.sort_unstable();
            return (!by.is_empty()).then_some((HidingKind::PartlyHidden, by, Vec::new()));
        }
        // One rule that holds all is the plainest explanation.
        let alone = |wanted: bool| {
            self.holder(id, index, visits, |other| {
                (other.action == rule.action) == wanted
            })
            .map(|by| vec![by])
        };
        if all_different && let Some(by) = alone(false) {
            return Some((HidingKind::Shadowed, by, Vec::new()));
        }
        if !all_different && let Some(by) = alone(true) {
            return Some((HidingKind::Redundant, by, Vec::new()));
        }
        if !hidden {
            // Cut into too many pieces to tell, unless one rule holds all.
            return alone(false).map(|by| (HidingKind::Shadowed, by, Vec::new()));
        }
        if !all_different {
            let mut alike = Vec::with_capacity(visits.len());
            for visit in visits {
                let mut taken = Taken::default();
                let mut search = self.search(&visit.limits, Some(rule.action));
                let done = search.before(visit.way, id, index, &visit.whole, &mut taken);
                if done.is_err() || !taken.left.is_empty() {
                    break;
                }
                alike.push((visit.whole.as_slice(), taken.takers));
            }
            if alike.len() == visits.len() {
                return Some((HidingKind::Redundant, minimal(&alike), Vec::new()));
            }
        }
        let all: Vec<_> = visits
            .iter()
            .map(|visit| (visit.whole.as_slice(), visit.taken.takers.clone()))
            .collect();
        Some((HidingKind::Shadowed, minimal(&all), Vec::new()))
    }

    /// An earlier rule of the same filter that surely holds all packets.
    fn holder(
        &self,
        id: FilterId,
        index: usize,
        visits: &[Visit<'_, 'a>],
        wanted: impl Fn(&Rule) -> bool,
    ) -> Option<RuleRef> {
        let packets: Vec<Cube> = visits
            .iter()
            .flat_map(|v| v.whole.iter().cloned())
            .collect();
        let first = visits.first()?;
        let holds = |rule: &Rule, matched: &Matched<'_>| {
            may_hide(rule)
                && wanted(rule)
                && visits
                    .iter()
                    .all(|visit| self.search(&visit.limits, None).covers(rule))
                && packets
                    .iter()
                    .all(|cube| matched.surely.iter().any(|mine| mine.includes(cube)))
        };
        let mut search = self.search(&first.limits, None);
        let found = search.holder(id, &packets, index, holds).ok()??;
        Some(place(id, found))
    }

    /// The rules behind a rule that decide its packets alike.
    fn below(
        &self,
        id: FilterId,
        index: usize,
        rule: &Rule,
        visits: Vec<Visit<'_, 'a>>,
    ) -> Option<Vec<RuleRef>> {
        if !matches!(rule.action, Action::Permit | Action::Deny) {
            return None;
        }
        let mut all = Vec::new();
        for visit in visits {
            let mut search = self.search(&visit.limits, Some(rule.action));
            let mut by = Vec::new();
            let left = visit.taken.left;
            if left.is_empty() {
                continue;
            }
            let settled = search.settled(visit.way, id, index, left.clone(), &mut by);
            if !settled.unwrap_or(false) {
                return None;
            }
            all.push((left, by));
        }
        // A last rule that logs what the default drops has a use.
        let defaults = |takers: &Vec<Taker>| takers.iter().all(|t| t.place.rule.is_none());
        if rule.logs && all.iter().all(|(_, by)| defaults(by)) {
            return None;
        }
        let all: Vec<_> = all
            .iter()
            .map(|(left, by)| (left.as_slice(), by.clone()))
            .collect();
        Some(minimal(&all))
    }

    /// Whether a rule rests on something undefined or on a group that contains
    /// itself, so that it surely matches nothing.
    fn doubt(&self, matched: &RuleMatch) -> Option<Found> {
        if !matched.surely.is_empty() {
            return None;
        }
        let about = |reason: &&Reason| {
            reason.span.is_some_and(|place| {
                // They do not overlap: the last one that begins before the end
                // of the place is the one to look at.
                let before = |name: &Span| (name.file, name.start) < (place.file, place.end);
                let upto = self.undefined.partition_point(before);
                let last = upto.checked_sub(1).and_then(|at| self.undefined.get(at));
                last.is_some_and(|name| name.file == place.file && place.start < name.end)
            })
        };
        let circle = |reason: &&Reason| reason.text.ends_with("contains itself");
        let collect = |kind, test: &dyn Fn(&&Reason) -> bool| {
            let mut why = Vec::new();
            for reason in matched.reasons.iter().filter(test) {
                add_reasons(&mut why, std::slice::from_ref(reason));
            }
            (!why.is_empty()).then_some((kind, Vec::new(), why))
        };
        collect(HidingKind::UndefinedReference, &about)
            .or_else(|| collect(HidingKind::Circle, &circle))
    }

    fn why_never(&self, rule: &Rule, matched: &RuleMatch) -> Vec<Reason> {
        if !matched.reasons.is_empty() {
            return matched.reasons.clone();
        }
        let ended = rule
            .conditions
            .iter()
            .find_map(|condition| match condition {
                crate::model::firewall::Condition::Schedule(schedule) => Some(Reason::new(
                    format!("time range {} does not hold any more", schedule.name),
                    Some(schedule.span),
                )),
                crate::model::firewall::Condition::Unknown(_)
                | crate::model::firewall::Condition::NewDestination(_)
                | crate::model::firewall::Condition::Profiles(_) => None,
            });
        vec![ended.unwrap_or_else(|| Reason::new("no packet can match it", Some(rule.span)))]
    }
}

type Found = (HidingKind, Vec<RuleRef>, Vec<Reason>);

fn place(filter: FilterId, index: usize) -> RuleRef {
    RuleRef {
        filter,
        rule: u32::try_from(index).ok(),
    }
}

/// Whether a match of the rule keeps packets from rules after it.
fn may_hide(rule: &Rule) -> bool {
    let ends = matches!(
        rule.action,
        Action::Permit | Action::Deny | Action::Return | Action::Goto(_)
    );
    rule.enabled && ends
}

/// The places of takers, without those that the others make needless.
fn minimal(all: &[(&[Cube], Vec<Taker>)]) -> Vec<RuleRef> {
    let mut by: Vec<RuleRef> = Vec::new();
    for taker in all.iter().flat_map(|(_, takers)| takers) {
        if !by.contains(&taker.place) {
            by.push(taker.place);
        }
    }
    by.sort_unstable();
    let needless = |by: &[RuleRef], out: RuleRef| {
        all.iter().all(|(whole, takers)| {
            let mut left = whole.to_vec();
            let others = takers
                .iter()
                .filter(|t| t.place != out && by.contains(&t.place));
            for cut in others.flat_map(|taker| &taker.cuts) {
                left = subtract_all(&left, cut);
            }
            left.is_empty()
        })
    };
    let mut position = 0;
    while by.len() <= MAX_MINIMISED
        && let Some(out) = by.get(position).copied()
    {
        if needless(&by, out) {
            by.remove(position);
        } else {
            position = position.saturating_add(1);
        }
    }
    by
}
