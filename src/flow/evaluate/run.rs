//! Packets on their way through the rules of a filter.

use super::{
    ConnectionState, Context, Decision, Engine, FilterPart, Outcome, PartVerdict, RuleRef,
};
use crate::flow::packets::{Cube, PacketSet};
use crate::flow::resolve::{Reason, add_reasons};
use crate::model::firewall::{Action, Condition, Filter, FilterId, Rule, StateMatch};

/// Chains nest at most this deep.
const MAX_DEPTH: usize = 64;
/// An evaluation may look at so many pairs of rule and cube that touch.
const MAX_STEPS: usize = 2_000_000;
/// An evaluation may hold so many cubes at once.
const MAX_CUBES: usize = 4096;

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
pub(super) struct Fragment {
    pub(super) cube: Cube,
    maybe: Maybe,
}

impl Fragment {
    pub(super) fn new(cube: Cube) -> Self {
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
pub(super) enum End {
    Permit(RuleRef),
    Deny(RuleRef),
    Unknown(Vec<Reason>),
}

pub(super) type Ended = Vec<(Fragment, End)>;

/// One evaluation with its bounds.
pub(super) struct Run<'e, 'a> {
    engine: &'e Engine<'a>,
    context: Context,
    steps: usize,
    stack: Vec<FilterId>,
}

impl<'e, 'a> Run<'e, 'a> {
    pub(super) fn new(engine: &'e Engine<'a>, context: Context) -> Self {
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
    pub(super) fn filter(
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
        let asks = |condition: &Condition| matches!(condition, Condition::NewDestination(_));
        let known = self.context.new_destination;
        let matched = match known.filter(|_| rule.conditions.iter().any(asks)) {
            Some(false) => return true,
            Some(true) => Some(self.engine.matched_with_new_destination(rule)),
            None => self.engine.matched(id, index),
        };
        let Some(matched) = matched else {
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
pub(in crate::flow) fn split(cube: &Cube, by: &[Cube]) -> (Vec<Cube>, Vec<Cube>) {
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
pub(super) fn group(ended: Ended) -> Vec<FilterPart> {
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
