//! First-match evaluation of one filter over sets of packets.
//!
//! A rule whose match is only possible does not end the evaluation: it leaves
//! its decision behind as an alternative. A packet is inconclusive only when
//! its alternatives and its final decision differ, so an unknown condition in
//! a permit and one in a deny are both treated right.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use super::index::{Cuts, FilterIndex, Quick};
use super::packets::{Cube, PacketSet};
use super::resolve::{Objects, Reason, add_reasons};
use super::schedule::decide_schedule;
use super::sets::IpSet;
use super::translations::Translation;

pub(super) use super::schedule::Decision;
use crate::model::firewall::{
    Action, Condition, Filter, FilterId, Firewall, InterfaceId, Rule, StateMatch,
};

/// Filters with fewer rules are scanned without slices.
const SLICED_FROM: usize = 48;
/// Filters of at most so many rules are kept resolved.
const KEPT: usize = 16_384;
/// Chains nest at most this deep.
const MAX_DEPTH: usize = 64;
/// An evaluation may look at so many pairs of rule and cube that touch.
const MAX_STEPS: usize = 2_000_000;
/// An evaluation may hold so many cubes at once.
const MAX_CUBES: usize = 4096;

/// Whether a packet opens a connection or belongs to one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ConnectionState {
    /// The first packet of a connection.
    #[default]
    New,
    /// A later packet, or a reply.
    Established,
}

/// What is known of a packet besides its headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Context {
    /// Where it comes in; `None` when not told.
    pub ingress: Option<InterfaceId>,
    /// Where it goes out; `None` when not told.
    pub egress: Option<InterfaceId>,
    /// State of its connection.
    pub state: ConnectionState,
}

/// What a filter, a firewall or a network does with a part of the packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PartVerdict {
    /// All are let through.
    Permit,
    /// None is let through.
    Deny,
    /// Not known.
    Inconclusive,
}

/// A rule, or a filter's default (`rule` is `None`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleRef {
    /// The filter.
    pub filter: FilterId,
    /// Index in [`Filter::rules`].
    pub rule: Option<u32>,
}

/// What happens to a part of the packets, and why.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Outcome {
    /// Verdict.
    pub verdict: PartVerdict,
    /// The rule that decides; for `Inconclusive` all that may, in order.
    pub by: Vec<RuleRef>,
    /// Why it is not known; empty unless inconclusive.
    pub reasons: Vec<Reason>,
}

/// A part of the packets asked for, with one outcome.
#[derive(Debug, Clone)]
pub struct FilterPart {
    /// The packets.
    pub packets: PacketSet,
    /// What happens to them.
    pub outcome: Outcome,
}

/// What a rule matches.
#[derive(Debug)]
pub(super) struct RuleMatch {
    /// Packets that it matches without doubt; the cubes may overlap.
    pub(super) surely: Vec<Cube>,
    /// Packets that it may match; `None` when it is the same.
    pub(super) possibly: Option<Vec<Cube>>,
    /// Why the two differ.
    pub(super) reasons: Vec<Reason>,
}

impl RuleMatch {
    pub(super) fn possibly(&self) -> &[Cube] {
        self.possibly.as_deref().unwrap_or(&self.surely)
    }
}

/// What a rule matches, kept by the engine or made for one look.
pub(super) enum Matched<'e> {
    Kept(&'e RuleMatch),
    Made(RuleMatch),
}

impl Deref for Matched<'_> {
    type Target = RuleMatch;

    fn deref(&self) -> &RuleMatch {
        match self {
            Self::Kept(kept) => kept,
            Self::Made(made) => made,
        }
    }
}

/// One firewall, prepared for questions.
#[derive(Debug)]
pub struct Engine<'a> {
    /// The configuration.
    pub firewall: &'a Firewall,
    pub(super) objects: Objects,
    pub(super) matches: Vec<Vec<OnceLock<Box<RuleMatch>>>>,
    indexes: Vec<OnceLock<Option<FilterIndex>>>,
    pub(super) translations: OnceLock<Vec<Translation>>,
    cuts: Arc<Cuts>,
    reference_date: String,
}

impl<'a> Engine<'a> {
    /// Prepares a firewall. `reference_date` (`YYYY-MM-DD`) decides time
    /// ranges; `interesting` are the addresses that will be asked for (it
    /// only makes questions about them faster).
    #[must_use]
    pub fn new(firewall: &'a Firewall, reference_date: &str, interesting: &[IpSet]) -> Self {
        Self {
            firewall,
            objects: Objects::new(firewall),
            matches: firewall
                .filters
                .iter()
                .map(|filter| {
                    std::iter::repeat_with(OnceLock::new)
                        .take(filter.rules.len())
                        .collect()
                })
                .collect(),
            indexes: std::iter::repeat_with(OnceLock::new)
                .take(firewall.filters.len())
                .collect(),
            translations: OnceLock::new(),
            cuts: Arc::new(Cuts::new(interesting.iter())),
            reference_date: reference_date.to_owned(),
        }
    }

    /// Slices the rules to addresses, before anything was asked.
    pub(super) fn slice_to(&mut self, cuts: &Arc<Cuts>) {
        self.cuts = Arc::clone(cuts);
    }

    /// The firewall's objects, resolved.
    #[must_use]
    pub fn objects(&self) -> &Objects {
        &self.objects
    }

    /// A filter by its id.
    #[must_use]
    pub fn filter(&self, id: FilterId) -> Option<&'a Filter> {
        self.firewall.filters.get(id.0 as usize)
    }

    /// A rule by its place; `None` for a default.
    #[must_use]
    pub fn rule(&self, place: RuleRef) -> Option<&'a Rule> {
        self.filter(place.filter)?.rules.get(place.rule? as usize)
    }

    /// Evaluates one filter alone. Packets that return from it get its
    /// default; where that is `Return` too they count as denied by it.
    #[must_use]
    pub fn evaluate_filter(
        &self,
        filter: FilterId,
        packets: &PacketSet,
        context: &Context,
    ) -> Vec<FilterPart> {
        let mut run = Run::new(self, *context);
        let fragments = packets.cubes().iter().cloned().map(Fragment::new).collect();
        let (mut decided, returned) = run.filter(filter, 0, fragments);
        let end = self
            .end_of(filter)
            .unwrap_or(End::Deny(RuleRef { filter, rule: None }));
        decided.extend(returned.into_iter().map(|f| (f, end.clone())));
        group(decided)
    }

    /// How packets end that return from a filter which nothing called: a
    /// return there leads to the filter's default. `None` when the default
    /// does not decide either.
    fn end_of(&self, filter: FilterId) -> Option<End> {
        let default = RuleRef { filter, rule: None };
        match self.filter(filter)?.default.action {
            Action::Permit => Some(End::Permit(default)),
            Action::Deny => Some(End::Deny(default)),
            Action::Jump(_) | Action::Goto(_) | Action::Return | Action::Continue => None,
        }
    }

    /// Evaluates the filter of a stage: packets that it does not decide are
    /// inconclusive, because a stage must decide.
    pub(super) fn evaluate_stage(
        &self,
        filter: FilterId,
        cube: &Cube,
        context: &Context,
    ) -> Vec<FilterPart> {
        let mut run = Run::new(self, *context);
        let (mut decided, returned) = run.filter(filter, 0, vec![Fragment::new(cube.clone())]);
        if let Some(end) = self.end_of(filter) {
            decided.extend(returned.into_iter().map(|f| (f, end.clone())));
        } else if !returned.is_empty() {
            let (name, span) = self
                .filter(filter)
                .map_or(("?", None), |f| (f.name.as_str(), Some(f.default.span)));
            let reason = Reason::new(format!("{name} ends without a decision"), span);
            decided.extend(
                returned
                    .into_iter()
                    .map(|f| (f, End::Unknown(vec![reason.clone()]))),
            );
        }
        group(decided)
    }

    /// What a rule matches, resolved on first use.
    pub(super) fn rule_match(&self, filter: FilterId, index: usize) -> Option<&RuleMatch> {
        let rule = self.filter(filter)?.rules.get(index)?;
        let slot = self.matches.get(filter.0 as usize)?.get(index)?;
        Some(slot.get_or_init(|| Box::new(self.resolve(rule))))
    }

    /// What a rule matches; the rules of long filters are not kept resolved.
    pub(super) fn matched(&self, filter: FilterId, index: usize) -> Option<Matched<'_>> {
        let rules = &self.filter(filter)?.rules;
        if rules.len() <= KEPT {
            return self.rule_match(filter, index).map(Matched::Kept);
        }
        let slot = self.matches.get(filter.0 as usize)?.get(index)?;
        Some(match slot.get() {
            Some(known) => Matched::Kept(known),
            None => Matched::Made(self.resolve(rules.get(index)?)),
        })
    }

    /// Whether a rule may match one of some packets, as far as that can be told
    /// without resolving it.
    fn may_meet(&self, rule: &Rule, packets: &Cube) -> bool {
        self.objects.may_meet(&rule.source, &packets.source)
            && self.objects.may_meet(&rule.destination, &packets.destination)
            && Quick::new(&rule.service).touches(packets)
    }

    fn resolve(&self, rule: &Rule) -> RuleMatch {
        let never = RuleMatch {
            surely: Vec::new(),
            possibly: None,
            reasons: Vec::new(),
        };
        if !rule.enabled {
            return never;
        }
        let mut reasons = Vec::new();
        for condition in &rule.conditions {
            match self.decide(condition) {
                Decision::Holds => {}
                Decision::Fails => return never,
                Decision::Unknown(reason) => add_reasons(&mut reasons, &[reason]),
            }
        }
        let conditional = !reasons.is_empty();
        let source = self.objects.addresses(&rule.source);
        let destination = self.objects.addresses(&rule.destination);
        let service = self.objects.services(&rule.service);
        add_reasons(&mut reasons, &source.reasons);
        add_reasons(&mut reasons, &destination.reasons);
        add_reasons(&mut reasons, &service.reasons);
        let product = |source: &IpSet, destination: &IpSet, cubes: &super::sets::ServiceSet| {
            cubes
                .cubes()
                .iter()
                .map(|cube| Cube::new(source.clone(), destination.clone(), cube))
                .filter(|cube| !cube.is_empty())
                .collect::<Vec<_>>()
        };
        let possibly = product(&source.possibly, &destination.possibly, &service.possibly);
        if reasons.is_empty() {
            return RuleMatch {
                surely: possibly,
                possibly: None,
                reasons,
            };
        }
        let surely = if conditional {
            Vec::new()
        } else {
            product(&source.surely, &destination.surely, &service.surely)
        };
        RuleMatch {
            surely,
            possibly: Some(possibly),
            reasons,
        }
    }

    pub(super) fn decide(&self, condition: &Condition) -> Decision {
        match condition {
            Condition::Unknown(id) => Decision::Unknown(self.objects.reason(*id)),
            Condition::Schedule(schedule) => decide_schedule(schedule, &self.reference_date),
        }
    }

    fn index(&self, filter: FilterId) -> Option<&FilterIndex> {
        let slot = self.indexes.get(filter.0 as usize)?;
        slot.get_or_init(|| self.slice(filter)).as_ref()
    }

    /// The rules of a filter that may match one of the fragments, in order;
    /// `None` when all must be looked at.
    fn candidates(&self, filter: FilterId, fragments: &[Fragment]) -> Option<Vec<usize>> {
        let [only] = fragments else { return None };
        Some(self.index(filter)?.candidates(&only.cube))
    }

    /// The rules of a filter that may match the source or the destination of a
    /// packet, in order, disabled ones too; `None` when any may.
    pub(super) fn beside(&self, filter: FilterId, packet: &Cube) -> Option<Vec<usize>> {
        Some(self.index(filter)?.beside(packet))
    }

    fn slice(&self, id: FilterId) -> Option<FilterIndex> {
        let filter = self.filter(id)?;
        let count = filter.rules.len();
        if count < SLICED_FROM {
            return None;
        }
        let rules = filter
            .rules
            .iter()
            .enumerate()
            .filter(|(_, rule)| rule.action != Action::Continue)
            .map(|(index, rule)| {
                (
                    index,
                    self.objects.possible(&rule.source),
                    self.objects.possible(&rule.destination),
                )
            });
        let services = filter.rules.iter().map(|r| Quick::new(&r.service));
        Some(FilterIndex::new(&self.cuts, services.collect(), rules))
    }
}

/// A decision that an undecided condition may bring about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Alternative {
    by: RuleRef,
    reasons: Vec<Reason>,
}

/// Decisions that may already have been taken for a fragment.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
struct Maybe {
    permit: Option<Alternative>,
    deny: Option<Alternative>,
    unknown: Vec<Reason>,
}

/// Packets on their way through a filter.
#[derive(Debug, Clone)]
struct Fragment {
    cube: Cube,
    maybe: Maybe,
}

impl Fragment {
    fn new(cube: Cube) -> Self {
        Self {
            cube,
            maybe: Maybe::default(),
        }
    }

    fn with(&self, cube: Cube) -> Self {
        Self {
            cube,
            maybe: self.maybe.clone(),
        }
    }

    /// Notes that the fragment may have ended like this.
    fn may_end(mut self, end: &End, reasons: &[Reason]) -> Self {
        let slot = match end {
            End::Permit(by) => Some((&mut self.maybe.permit, *by)),
            End::Deny(by) => Some((&mut self.maybe.deny, *by)),
            End::Unknown(why) => {
                add_reasons(&mut self.maybe.unknown, why);
                None
            }
        };
        if let Some((slot, by)) = slot {
            match slot {
                Some(known) => add_reasons(&mut known.reasons, reasons),
                None => {
                    *slot = Some(Alternative {
                        by,
                        reasons: reasons.to_vec(),
                    });
                }
            }
        }
        self
    }
}

/// How the way of a fragment ends.
#[derive(Debug, Clone)]
enum End {
    Permit(RuleRef),
    Deny(RuleRef),
    Unknown(Vec<Reason>),
}

type Ended = Vec<(Fragment, End)>;

/// One evaluation with its bounds.
struct Run<'e, 'a> {
    engine: &'e Engine<'a>,
    context: Context,
    steps: usize,
    stack: Vec<FilterId>,
}

impl<'e, 'a> Run<'e, 'a> {
    fn new(engine: &'e Engine<'a>, context: Context) -> Self {
        Self {
            engine,
            context,
            steps: 0,
            stack: Vec::new(),
        }
    }

    /// Ends all fragments for want of an answer.
    fn give_up(fragments: Vec<Fragment>, reason: &Reason) -> (Ended, Vec<Fragment>) {
        let ended = fragments
            .into_iter()
            .map(|fragment| (fragment, End::Unknown(vec![reason.clone()])))
            .collect();
        (ended, Vec::new())
    }

    /// Runs a filter from a rule on: what ended, and what returned.
    fn filter(
        &mut self,
        id: FilterId,
        from: usize,
        fragments: Vec<Fragment>,
    ) -> (Ended, Vec<Fragment>) {
        if fragments.is_empty() {
            return (Vec::new(), Vec::new());
        }
        let Some(filter) = self.engine.filter(id) else {
            return Self::give_up(fragments, &Reason::new("a filter is missing", None));
        };
        if from == 0 && self.stack.contains(&id) {
            let text = format!("{} calls itself", filter.name);
            return Self::give_up(fragments, &Reason::new(text, Some(filter.span)));
        }
        if self.stack.len() >= MAX_DEPTH {
            let text = format!("the calls that lead to {} nest too deep", filter.name);
            return Self::give_up(fragments, &Reason::new(text, Some(filter.span)));
        }
        self.stack.push(id);
        let result = self.rules(id, filter, from, fragments);
        self.stack.pop();
        result
    }

    fn rules(
        &mut self,
        id: FilterId,
        filter: &Filter,
        from: usize,
        fragments: Vec<Fragment>,
    ) -> (Ended, Vec<Fragment>) {
        let mut way = Way {
            left: fragments,
            ended: Vec::new(),
            returned: Vec::new(),
        };
        let sliced = self.engine.candidates(id, &way.left);
        match sliced {
            Some(candidates) => {
                for index in candidates.into_iter().skip_while(|index| *index < from) {
                    if !self.rule(id, filter, index, &mut way) {
                        break;
                    }
                }
            }
            None => {
                for index in from..filter.rules.len() {
                    if !self.rule(id, filter, index, &mut way) {
                        break;
                    }
                }
            }
        }
        let default = RuleRef {
            filter: id,
            rule: None,
        };
        let left = std::mem::take(&mut way.left);
        match filter.default.action {
            Action::Permit => way
                .ended
                .extend(left.into_iter().map(|f| (f, End::Permit(default)))),
            Action::Deny => way
                .ended
                .extend(left.into_iter().map(|f| (f, End::Deny(default)))),
            Action::Return | Action::Continue => way.returned.extend(left),
            Action::Jump(next) | Action::Goto(next) => {
                let (ended, returned) = self.filter(next, 0, left);
                way.ended.extend(ended);
                way.returned.extend(returned);
            }
        }
        (way.ended, way.returned)
    }

    /// Applies one rule; `false` when nothing is left to decide.
    fn rule(&mut self, id: FilterId, filter: &Filter, index: usize, way: &mut Way) -> bool {
        if way.left.is_empty() {
            return false;
        }
        let Some(rule) = filter.rules.get(index) else {
            return true;
        };
        if !rule.enabled || rule.action == Action::Continue {
            return true;
        }
        let doubt = match self.applies(rule) {
            Decision::Fails => return true,
            Decision::Holds => None,
            Decision::Unknown(reason) => Some(reason),
        };
        let may_meet = |fragment: &Fragment| self.engine.may_meet(rule, &fragment.cube);
        if !way.left.iter().any(may_meet) {
            return true;
        }
        let Some(matched) = self.engine.matched(id, index) else {
            return true;
        };
        let touches = |fragment: &Fragment| {
            matched
                .possibly()
                .iter()
                .any(|cube| cube.overlaps(&fragment.cube))
        };
        if !way.left.iter().any(touches) {
            return true;
        }
        self.steps = self
            .steps
            .saturating_add(way.left.len().saturating_mul(matched.possibly().len()));
        if self.steps > MAX_STEPS || way.left.len() > MAX_CUBES {
            let reason = Reason::new(
                format!(
                    "the rules of {} cut these packets into too many pieces",
                    filter.name
                ),
                Some(rule.span),
            );
            let (ended, _) = Self::give_up(std::mem::take(&mut way.left), &reason);
            way.ended.extend(ended);
            return false;
        }
        let mut reasons = matched.reasons.clone();
        let unconditional = doubt.is_none();
        add_reasons(&mut reasons, doubt.as_slice());
        let (mut sure, mut unsure) = (Vec::new(), Vec::new());
        let mut rest = Vec::with_capacity(way.left.len());
        for fragment in std::mem::take(&mut way.left) {
            if !touches(&fragment) {
                rest.push(fragment);
                continue;
            }
            let (hits, missed) = split(&fragment.cube, matched.possibly());
            rest.extend(missed.into_iter().map(|cube| fragment.with(cube)));
            for hit in hits {
                if !unconditional {
                    unsure.push(fragment.with(hit));
                } else if matched.possibly.is_none() {
                    sure.push(fragment.with(hit));
                } else {
                    let (certain, open) = split(&hit, &matched.surely);
                    sure.extend(certain.into_iter().map(|cube| fragment.with(cube)));
                    unsure.extend(open.into_iter().map(|cube| fragment.with(cube)));
                }
            }
        }
        way.left = rest;
        let by = RuleRef {
            filter: id,
            rule: u32::try_from(index).ok(),
        };
        self.surely(rule.action, by, sure, way);
        if !unsure.is_empty() {
            self.possibly(rule.action, by, index, unsure, &reasons, way);
        }
        !way.left.is_empty()
    }

    /// Whether the rule is for packets of this context at all.
    fn applies(&self, rule: &Rule) -> Decision {
        let state = match rule.state {
            StateMatch::Any => true,
            StateMatch::New => self.context.state == ConnectionState::New,
            StateMatch::Established => self.context.state == ConnectionState::Established,
        };
        if !state {
            return Decision::Fails;
        }
        let mut unknown = None;
        for (wanted, given, way) in [
            (&rule.ingress, self.context.ingress, "incoming"),
            (&rule.egress, self.context.egress, "outgoing"),
        ] {
            match wanted.admits(given) {
                Some(true) => {}
                Some(false) => return Decision::Fails,
                None => {
                    unknown = Some(Reason::new(
                        format!("the {way} interface is not known"),
                        Some(rule.span),
                    ));
                }
            }
        }
        unknown.map_or(Decision::Holds, Decision::Unknown)
    }

    fn surely(&mut self, action: Action, by: RuleRef, hits: Vec<Fragment>, way: &mut Way) {
        if hits.is_empty() {
            return;
        }
        match action {
            Action::Permit => way
                .ended
                .extend(hits.into_iter().map(|f| (f, End::Permit(by)))),
            Action::Deny => way
                .ended
                .extend(hits.into_iter().map(|f| (f, End::Deny(by)))),
            Action::Return => way.returned.extend(hits),
            Action::Continue => way.left.extend(hits),
            Action::Jump(next) => {
                let (ended, returned) = self.filter(next, 0, hits);
                way.ended.extend(ended);
                way.left.extend(returned);
            }
            Action::Goto(next) => {
                let (ended, returned) = self.filter(next, 0, hits);
                way.ended.extend(ended);
                way.returned.extend(returned);
            }
        }
    }

    /// What may be matched goes on, with the rule's effect as an alternative.
    fn possibly(
        &mut self,
        action: Action,
        by: RuleRef,
        index: usize,
        hits: Vec<Fragment>,
        reasons: &[Reason],
        way: &mut Way,
    ) {
        let next_rule = index.saturating_add(1);
        let noted = |ended: Ended| {
            ended
                .into_iter()
                .map(|(fragment, end)| fragment.may_end(&end, reasons))
        };
        match action {
            Action::Permit => way.left.extend(noted(
                hits.into_iter().map(|f| (f, End::Permit(by))).collect(),
            )),
            Action::Deny => way.left.extend(noted(
                hits.into_iter().map(|f| (f, End::Deny(by))).collect(),
            )),
            Action::Continue => way.left.extend(hits),
            Action::Jump(chain) => {
                let (ended, returned) = self.filter(chain, 0, hits);
                way.left.extend(noted(ended));
                way.left.extend(returned);
            }
            Action::Return => {
                // Either it returns, or the rest of this filter decides.
                let (ended, returned) = self.filter(by.filter, next_rule, hits);
                way.returned.extend(noted(ended));
                way.returned.extend(returned);
            }
            Action::Goto(chain) => {
                let (ended, returned) = self.filter(chain, 0, hits);
                let (rest, back) = self.filter(by.filter, next_rule, noted(ended).collect());
                way.ended.extend(rest);
                way.returned.extend(back);
                let (rest, back) = self.filter(by.filter, next_rule, returned);
                way.returned.extend(noted(rest));
                way.returned.extend(back);
            }
        }
    }
}

/// Fragments under way in one filter.
struct Way {
    left: Vec<Fragment>,
    ended: Ended,
    returned: Vec<Fragment>,
}

/// Divides a cube by a union of cubes into disjoint pieces inside and outside.
pub(super) fn split(cube: &Cube, by: &[Cube]) -> (Vec<Cube>, Vec<Cube>) {
    let (mut inside, mut outside) = (Vec::new(), vec![cube.clone()]);
    for cut in by {
        let mut next = Vec::with_capacity(outside.len());
        for piece in outside {
            match piece.intersect(cut) {
                Some(common) => {
                    inside.push(common);
                    piece.subtract(cut, &mut next);
                }
                None => next.push(piece),
            }
        }
        outside = next;
    }
    (inside, outside)
}

/// Joins cubes of equal outcome, in order of first appearance.
fn group(ended: Ended) -> Vec<FilterPart> {
    let mut order: Vec<(Outcome, Vec<Cube>)> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for (fragment, end) in ended {
        let outcome = conclude(fragment.maybe, end);
        // Mostly the same as the one before.
        if let Some((last, cubes)) = order.last_mut()
            && *last == outcome
        {
            cubes.push(fragment.cube);
            continue;
        }
        if order.is_empty() {
            order.push((outcome, vec![fragment.cube]));
            continue;
        }
        if places.is_empty() {
            let first = order.iter().enumerate();
            places.extend(first.map(|(place, (outcome, _))| (outcome.clone(), place)));
        }
        let place = *places.entry(outcome).or_insert_with_key(|outcome| {
            order.push((outcome.clone(), Vec::new()));
            order.len().saturating_sub(1)
        });
        if let Some((_, cubes)) = order.get_mut(place) {
            cubes.push(fragment.cube);
        }
    }
    order
        .into_iter()
        .map(|(outcome, cubes)| FilterPart {
            packets: PacketSet::of_disjoint(cubes),
            outcome,
        })
        .collect()
}

/// The outcome of a fragment: its final decision unless an alternative differs.
fn conclude(maybe: Maybe, end: End) -> Outcome {
    let inconclusive = |mut by: Vec<RuleRef>, last: Option<RuleRef>, reasons: Vec<Reason>| {
        by.extend(last);
        Outcome {
            verdict: PartVerdict::Inconclusive,
            by,
            reasons,
        }
    };
    let Maybe {
        permit,
        deny,
        unknown,
    } = maybe;
    let (verdict, by, against) = match end {
        End::Permit(by) => (PartVerdict::Permit, by, deny),
        End::Deny(by) => (PartVerdict::Deny, by, permit),
        End::Unknown(mut reasons) => {
            add_reasons(&mut reasons, &unknown);
            let by = permit.into_iter().chain(deny).map(|a| a.by).collect();
            return inconclusive(by, None, reasons);
        }
    };
    match against {
        None if unknown.is_empty() => Outcome {
            verdict,
            by: vec![by],
            reasons: Vec::new(),
        },
        None => inconclusive(Vec::new(), Some(by), unknown),
        Some(other) => {
            let mut reasons = other.reasons;
            add_reasons(&mut reasons, &unknown);
            inconclusive(vec![other.by], Some(by), reasons)
        }
    }
}
