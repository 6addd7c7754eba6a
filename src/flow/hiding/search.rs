//! What earlier rules take away from a rule, and what later ones would do with
//! the packets that it gets.

use std::cell::Cell;
use std::ops::Range;
use std::sync::OnceLock;

use super::calls::{Call, Limit, Way};
use crate::flow::evaluate::{Engine, Matched, RuleRef};
use crate::flow::overlap::{Found, Overlaps, Relation, TooMuch};
use crate::flow::packets::{Cube, subtract_all};
use crate::model::firewall::{Action, FilterId, Rule, StateMatch};

/// What is left of a rule may fall into so many pieces.
const MAX_PIECES: usize = 192;
/// Taking a cube away costs as much as so many comparisons.
const CUT: usize = 8;
/// Chains nest at most this deep.
const MAX_DEPTH: usize = 64;

/// Something that takes packets before they reach a rule.
#[derive(Debug, Clone)]
pub(super) struct Taker {
    pub(super) place: RuleRef,
    pub(super) action: Action,
    /// Packets that it keeps from the rule wherever it stands among the takers.
    pub(super) cuts: Vec<Cube>,
}

/// What is left of packets, and who took the rest.
#[derive(Debug, Clone, Default)]
pub(super) struct Taken {
    pub(super) takers: Vec<Taker>,
    pub(super) left: Vec<Cube>,
}

/// The rules of a filter by their addresses and ports, made when they are
/// first asked for.
#[derive(Debug, Default)]
pub(super) struct Lookup {
    /// By the packets that they may match.
    possibly: OnceLock<Overlaps>,
    /// By those that they surely match; `None` where all rules are certain.
    surely: OnceLock<Option<Overlaps>>,
}

impl Lookup {
    fn possibly(&self, engine: &Engine<'_>, id: FilterId) -> &Overlaps {
        self.possibly.get_or_init(|| {
            let around = |matched: Matched<'_>| hull(matched.possibly());
            overlaps(engine, id, around)
        })
    }

    fn surely(&self, engine: &Engine<'_>, id: FilterId) -> &Overlaps {
        let own = self.surely.get_or_init(|| {
            let doubtful = Cell::new(false);
            let sure = overlaps(engine, id, |matched| {
                doubtful.set(doubtful.get() || matched.possibly.is_some());
                hull(&matched.surely)
            });
            if doubtful.get() {
                return Some(sure);
            }
            // Where nothing is in doubt both are the same.
            let _ = self.possibly.set(sure);
            None
        });
        own.as_ref().unwrap_or_else(|| self.possibly(engine, id))
    }
}

fn overlaps(
    engine: &Engine<'_>,
    id: FilterId,
    around: impl Fn(Matched<'_>) -> Option<Cube>,
) -> Overlaps {
    let counts = |rule: &Rule| rule.enabled && rule.action != Action::Continue;
    let rules = engine.filter(id).map_or(&[][..], |filter| &filter.rules);
    Overlaps::new(rules.iter().enumerate().map(|(index, rule)| {
        let matched = counts(rule).then(|| engine.matched(id, index))??;
        around(matched)
    }))
}

/// Which packets of a rule count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Count {
    /// Those that it surely matches.
    Surely,
    /// Those that it may match.
    Possibly,
}

/// The search for one rule.
pub(super) struct Search<'s, 'a> {
    pub(super) engine: &'s Engine<'a>,
    pub(super) lookups: &'s [Lookup],
    /// What holds for all packets of the rule.
    pub(super) limits: &'s [Limit<'s>],
    /// Only rules with this action take packets.
    pub(super) only: Option<Action>,
    /// Steps that may still be made.
    pub(super) steps: usize,
}

/// The smallest cube around some with the same addresses.
fn hull(packets: &[Cube]) -> Option<Cube> {
    let (first, others) = packets.split_first()?;
    let mut hull = first.clone();
    for cube in others {
        hull.source = hull.source.union(&cube.source);
        hull.destination = hull.destination.union(&cube.destination);
        hull.protocols = hull.protocols.union(cube.protocols);
        hull.source_ports = hull.source_ports.union(&cube.source_ports);
        hull.destination_ports = hull.destination_ports.union(&cube.destination_ports);
    }
    Some(hull)
}

impl<'s, 'a> Search<'s, 'a> {
    fn find(
        &self,
        id: FilterId,
        count: Count,
        relation: Relation,
        packets: &[Cube],
        within: Range<usize>,
    ) -> Option<Found<'s>> {
        let lookup = self.lookups.get(id.0 as usize)?;
        let overlaps = match count {
            Count::Surely => lookup.surely(self.engine, id),
            Count::Possibly => lookup.possibly(self.engine, id),
        };
        let bound = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
        let within = bound(within.start)..bound(within.end);
        Some(match packets {
            [cube] => overlaps.find(relation, cube, within),
            _ => overlaps.find(relation, &hull(packets)?, within),
        })
    }

    fn next(&mut self, found: &mut Found<'_>) -> Result<Option<usize>, TooMuch> {
        let rule = found.next(&mut self.steps)?;
        Ok(rule.map(|rule| rule as usize))
    }

    fn rule(&self, id: FilterId, index: usize) -> Option<(&'a Rule, Matched<'s>)> {
        let engine: &'s Engine<'a> = self.engine;
        Some((
            engine.filter(id)?.rules.get(index)?,
            engine.matched(id, index)?,
        ))
    }

    /// The first rule before a place whose box holds some packets and that
    /// passes a test.
    ///
    /// # Errors
    /// When it takes too many steps.
    pub(super) fn holder(
        &mut self,
        id: FilterId,
        packets: &[Cube],
        before: usize,
        holds: impl Fn(&Rule, &Matched<'_>) -> bool,
    ) -> Result<Option<usize>, TooMuch> {
        let Some(mut found) = self.find(id, Count::Surely, Relation::Hold, packets, 0..before)
        else {
            return Ok(None);
        };
        while let Some(index) = self.next(&mut found)? {
            if let Some((rule, matched)) = self.rule(id, index) {
                self.step(matched.surely.len())?;
                if holds(rule, &matched) {
                    return Ok(Some(index));
                }
            }
        }
        Ok(None)
    }

    /// Whether a rule is for all packets of the search as far as interfaces
    /// and states tell.
    pub(super) fn covers(&self, rule: &Rule) -> bool {
        let state = |limit: &Limit<'_>| rule.state == limit.state;
        (rule.ingress.is_any() || self.limits.iter().any(|l| rule.ingress.covers(l.ingress)))
            && (rule.egress.is_any() || self.limits.iter().any(|l| rule.egress.covers(l.egress)))
            && (rule.state == StateMatch::Any || self.limits.iter().any(state))
    }

    /// Whether a rule may be for any packet of the search.
    fn concerns(&self, rule: &Rule) -> bool {
        let other = |limit: &Limit<'_>| match (rule.state, limit.state) {
            (StateMatch::Any, _) | (_, StateMatch::Any) => false,
            (a, b) => a != b,
        };
        !self.limits.iter().any(other)
    }

    fn step(&mut self, pieces: usize) -> Result<(), TooMuch> {
        self.steps = self.steps.checked_sub(pieces.max(1)).ok_or(TooMuch)?;
        Ok(())
    }

    /// Takes cubes away, and gives what was taken.
    fn cut(&mut self, left: &mut Vec<Cube>, cuts: &[Cube]) -> Result<Vec<Cube>, TooMuch> {
        let mut cut_off = Vec::new();
        self.take_each(left, cuts, |left, cut| {
            cut_off.extend(left.iter().filter_map(|own| own.intersect(cut)));
        })?;
        Ok(cut_off)
    }

    /// Takes cubes away.
    fn take(&mut self, left: &mut Vec<Cube>, cuts: &[Cube]) -> Result<(), TooMuch> {
        self.take_each(left, cuts, |_, _| {})
    }

    /// Takes cubes away; `seen` sees what is there before each.
    fn take_each(
        &mut self,
        left: &mut Vec<Cube>,
        cuts: &[Cube],
        mut seen: impl FnMut(&[Cube], &Cube),
    ) -> Result<(), TooMuch> {
        for cut in cuts {
            if !left.iter().any(|own| own.overlaps(cut)) {
                continue;
            }
            self.step(left.len().saturating_mul(CUT))?;
            seen(left, cut);
            if left.iter().all(|own| cut.includes(own)) {
                left.clear();
            } else {
                *left = subtract_all(left, cut);
            }
        }
        if left.len() > MAX_PIECES {
            return Err(TooMuch);
        }
        Ok(())
    }

    /// What is left of packets before a place that a way leads to.
    pub(super) fn before(
        &mut self,
        way: &Way<'_>,
        id: FilterId,
        place: usize,
        packets: &[Cube],
        taken: &mut Taken,
    ) -> Result<(), TooMuch> {
        taken.left = packets.to_vec();
        let here = Call {
            filter: id,
            at: place,
            comes_back: false,
        };
        let mut stack = Vec::new();
        for call in way.calls.iter().chain(std::iter::once(&here)) {
            stack.push(call.filter);
            self.pass(call.filter, call.at, taken, &mut stack)?;
        }
        Ok(())
    }

    /// Lets the rules before a place take packets: what they end, and what
    /// leaves the filter.
    fn pass(
        &mut self,
        id: FilterId,
        end: usize,
        taken: &mut Taken,
        stack: &mut Vec<FilterId>,
    ) -> Result<(), TooMuch> {
        let Some(mut found) = self.find(id, Count::Surely, Relation::Touch, &taken.left, 0..end)
        else {
            return Ok(());
        };
        while let Some(index) = self.next(&mut found)? {
            let Some((rule, matched)) = self.rule(id, index) else {
                continue;
            };
            let sure = &matched.surely;
            self.step(sure.len().saturating_mul(taken.left.len()))?;
            let hit = sure
                .iter()
                .any(|cut| taken.left.iter().any(|own| own.overlaps(cut)));
            if !hit || !self.covers(rule) {
                continue;
            }
            match rule.action {
                Action::Continue => {}
                Action::Jump(next) => {
                    let inside = self.cut(&mut taken.left, sure)?;
                    let back = self.through(next, inside, &mut taken.takers, stack)?;
                    taken.left.extend(back);
                }
                action if self.only.is_none_or(|only| only == action) => {
                    self.take(&mut taken.left, sure)?;
                    taken.takers.push(Taker {
                        place: place(id, index),
                        action,
                        cuts: sure.clone(),
                    });
                }
                _ => {}
            }
            if taken.left.is_empty() {
                break;
            }
        }
        Ok(())
    }

    /// Sends packets through a called filter: those that may come back.
    fn through(
        &mut self,
        id: FilterId,
        packets: Vec<Cube>,
        takers: &mut Vec<Taker>,
        stack: &mut Vec<FilterId>,
    ) -> Result<Vec<Cube>, TooMuch> {
        let Some(filter) = self.engine.filter(id) else {
            return Ok(packets);
        };
        if packets.is_empty() || stack.contains(&id) || stack.len() >= MAX_DEPTH {
            return Ok(packets);
        }
        let Some(mut found) = self.find(
            id,
            Count::Possibly,
            Relation::Touch,
            &packets,
            0..filter.rules.len(),
        ) else {
            return Ok(packets);
        };
        stack.push(id);
        let mut left = packets;
        let mut back = Vec::new();
        while !left.is_empty()
            && let Some(index) = self.next(&mut found)?
        {
            let Some((rule, matched)) = self.rule(id, index) else {
                continue;
            };
            self.step(matched.possibly().len().saturating_mul(left.len()))?;
            let sure = self.covers(rule);
            match rule.action {
                Action::Continue => {}
                Action::Return => back.extend(self.cut(&mut left, matched.possibly())?),
                Action::Goto(next) => {
                    let inside = self.cut(&mut left, matched.possibly())?;
                    if sure && matched.possibly.is_none() {
                        back.extend(self.through(next, inside, takers, stack)?);
                    } else {
                        back.extend(inside);
                    }
                }
                Action::Jump(next) if sure => {
                    let inside = self.cut(&mut left, &matched.surely)?;
                    let returned = self.through(next, inside, takers, stack)?;
                    left.extend(returned);
                }
                action @ (Action::Permit | Action::Deny)
                    if sure && self.only.is_none_or(|only| only == action) =>
                {
                    let cuts = self.cut(&mut left, &matched.surely)?;
                    if !cuts.is_empty() {
                        takers.push(Taker {
                            place: place(id, index),
                            action,
                            cuts,
                        });
                    }
                }
                Action::Jump(_) | Action::Permit | Action::Deny => {}
            }
        }
        match filter.default.action {
            action @ (Action::Permit | Action::Deny)
                if self.only.is_none_or(|only| only == action) =>
            {
                if !left.is_empty() {
                    takers.push(Taker {
                        place: RuleRef {
                            filter: id,
                            rule: None,
                        },
                        action,
                        cuts: left,
                    });
                }
            }
            Action::Jump(next) | Action::Goto(next) => {
                back.extend(self.through(next, left, takers, stack)?);
            }
            _ => back.extend(left),
        }
        stack.pop();
        self.step(back.len())?;
        Ok(back)
    }

    /// Whether packets that do not meet a rule get its action all the same
    /// from what stands behind it. Adds the rules that see to it.
    pub(super) fn settled(
        &mut self,
        way: &Way<'_>,
        id: FilterId,
        place: usize,
        packets: Vec<Cube>,
        by: &mut Vec<Taker>,
    ) -> Result<bool, TooMuch> {
        let here = Call {
            filter: id,
            at: place,
            comes_back: true,
        };
        let mut left = packets;
        let mut stack: Vec<FilterId> = way.calls.iter().map(|call| call.filter).collect();
        for call in std::iter::once(&here).chain(way.calls.iter().rev()) {
            if stack.last() == Some(&call.filter) {
                stack.pop();
            }
            // A default that calls has no rules behind it, and what comes back
            // to a `goto` goes back further.
            if !call.comes_back {
                continue;
            }
            let from = call.at.saturating_add(1);
            match self.settle(call.filter, from, left, by, &mut stack)? {
                None => return Ok(false),
                Some(back) => left = back,
            }
            if left.is_empty() {
                return Ok(true);
            }
        }
        // What returns from the outermost filter gets its default.
        let root = way.calls.first().map_or(id, |call| call.filter);
        let default = self.engine.filter(root).map(|filter| filter.default.action);
        if default != self.only {
            return Ok(false);
        }
        by.push(default_of(root, left, self.only));
        Ok(true)
    }

    /// Sends packets through a filter from a rule on: those that come back, or
    /// `None` when some surely or possibly get another action.
    fn settle(
        &mut self,
        id: FilterId,
        from: usize,
        packets: Vec<Cube>,
        by: &mut Vec<Taker>,
        stack: &mut Vec<FilterId>,
    ) -> Result<Option<Vec<Cube>>, TooMuch> {
        let Some(filter) = self.engine.filter(id) else {
            return Ok(None);
        };
        if packets.is_empty() {
            return Ok(Some(packets));
        }
        if stack.contains(&id) || stack.len() >= MAX_DEPTH {
            return Ok(None);
        }
        let behind = from..filter.rules.len();
        let Some(mut found) = self.find(id, Count::Possibly, Relation::Touch, &packets, behind)
        else {
            return Ok(None);
        };
        stack.push(id);
        let mut left = packets;
        let mut back = Vec::new();
        while !left.is_empty()
            && let Some(index) = self.next(&mut found)?
        {
            let Some((rule, matched)) = self.rule(id, index) else {
                continue;
            };
            let may = matched.possibly();
            self.step(may.len().saturating_mul(left.len()))?;
            let hit = may
                .iter()
                .any(|cube| left.iter().any(|own| own.overlaps(cube)));
            if !hit || rule.action == Action::Continue || !self.concerns(rule) {
                continue;
            }
            let wanted = Some(rule.action) == self.only;
            let sure = self.covers(rule);
            if !wanted && (!sure || matched.possibly.is_some()) {
                // Whether it is met is not known.
                return Ok(None);
            }
            match rule.action {
                action if wanted => {
                    if sure {
                        let cuts = self.cut(&mut left, &matched.surely)?;
                        if !cuts.is_empty() {
                            by.push(Taker {
                                place: place(id, index),
                                action,
                                cuts,
                            });
                        }
                    }
                }
                Action::Return => back.extend(self.cut(&mut left, may)?),
                Action::Jump(next) | Action::Goto(next) => {
                    let inside = self.cut(&mut left, may)?;
                    let Some(returned) = self.settle(next, 0, inside, by, stack)? else {
                        return Ok(None);
                    };
                    if matches!(rule.action, Action::Jump(_)) {
                        left.extend(returned);
                    } else {
                        back.extend(returned);
                    }
                }
                Action::Permit | Action::Deny | Action::Continue => return Ok(None),
            }
        }
        if !left.is_empty() {
            match filter.default.action {
                Action::Return | Action::Continue => back.append(&mut left),
                Action::Jump(next) | Action::Goto(next) => {
                    let Some(returned) = self.settle(next, 0, left, by, stack)? else {
                        return Ok(None);
                    };
                    back.extend(returned);
                }
                action if Some(action) == self.only => {
                    by.push(default_of(id, left, self.only));
                }
                _ => return Ok(None),
            }
        }
        stack.pop();
        self.step(back.len())?;
        Ok(Some(back))
    }
}

fn place(filter: FilterId, index: usize) -> RuleRef {
    RuleRef {
        filter,
        rule: u32::try_from(index).ok(),
    }
}

fn default_of(filter: FilterId, cuts: Vec<Cube>, action: Option<Action>) -> Taker {
    Taker {
        place: RuleRef { filter, rule: None },
        action: action.unwrap_or(Action::Deny),
        cuts,
    }
}
