//! Rules that cannot take effect, and what hides them.
//!
//! Only what earlier rules match *surely* hides, and a rule is hidden only
//! when everything that it *possibly* matches is. So an unknown condition
//! never makes a finding.

use std::collections::BTreeSet;

use super::evaluate::{Engine, RuleMatch, RuleRef};
use super::index::Quick;
use super::overlap::Overlaps;
use super::packets::{Cube, subtract_all};
use super::resolve::Reason;
use crate::model::firewall::{Action, FilterId, Rule, StateMatch};

/// What is left of a rule may fall into so many pieces; beyond, it counts as
/// not hidden.
const MAX_PIECES: usize = 192;
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
    /// It matches nothing by itself.
    NeverMatches,
}

impl HidingKind {
    /// The word that facts use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Shadowed => "shadowed",
            Self::Redundant => "redundant",
            Self::PartlyHidden => "partly-hidden",
            Self::NeverMatches => "never-matches",
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
    /// them can be left out.
    pub by: Vec<RuleRef>,
    /// Why it matches nothing.
    pub why: Vec<Reason>,
}

/// What is without effect in a firewall.
#[derive(Debug, Clone, Default)]
pub struct Hiding {
    /// Rules of filters that are in use.
    pub rules: Vec<HiddenRule>,
    /// Filters that no stage, translation, tunnel or inspection uses.
    pub unbound: Vec<FilterId>,
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
        for (id, filter) in (0u32..).map(FilterId).zip(&self.firewall.filters) {
            if filtering.contains(&id) {
                self.hidden_in(id, &mut hiding.rules);
            } else if filter.filters_traffic && !used.contains(&id) {
                hiding.unbound.push(id);
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
    fn called(&self, from: impl Iterator<Item = FilterId>) -> BTreeSet<FilterId> {
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

    fn hidden_in(&self, id: FilterId, found: &mut Vec<HiddenRule>) {
        let Some(filter) = self.filter(id) else {
            return;
        };
        let place = |index: usize| RuleRef {
            filter: id,
            rule: u32::try_from(index).ok(),
        };
        let firsts = (0..filter.rules.len())
            .filter_map(|index| self.rule_match(id, index)?.possibly().first());
        let mut overlaps = Overlaps::new(firsts);
        let services: Vec<Quick> = filter
            .rules
            .iter()
            .map(|rule| Quick::new(&rule.service))
            .collect();
        for (number, rule) in filter.rules.iter().enumerate() {
            if !rule.enabled || rule.action == Action::Continue {
                continue;
            }
            let Some(matched) = self.rule_match(id, number) else {
                continue;
            };
            let Some(first) = matched.possibly().first() else {
                found.push(HiddenRule {
                    rule: place(number),
                    kind: HidingKind::NeverMatches,
                    by: Vec::new(),
                    why: self.why_never(rule, matched),
                });
                continue;
            };
            let mut reach = first.clone();
            for cube in matched.possibly() {
                reach.protocols = reach.protocols.union(cube.protocols);
                reach.destination_ports = reach.destination_ports.union(&cube.destination_ports);
            }
            let touches = |earlier: &usize| {
                let quick = services.get(*earlier);
                quick.is_some_and(|quick| quick.touches(&reach))
            };
            let earlier: Vec<(usize, &Rule, &RuleMatch)> = overlaps
                .candidates(&reach)
                .into_iter()
                .map(|earlier| earlier as usize)
                .filter(touches)
                .filter_map(|earlier| {
                    let other = filter.rules.get(earlier)?;
                    let matched = self.rule_match(id, earlier)?;
                    hides(other, rule).then_some((earlier, other, matched))
                })
                .collect();
            if !matched.surely.is_empty()
                && may_hide(rule)
                && let Ok(number) = u32::try_from(number)
            {
                overlaps.insert(number, first);
            }
            if let Some((kind, by)) = hidden_by(rule, matched, &earlier) {
                found.push(HiddenRule {
                    rule: place(number),
                    kind,
                    by: by.into_iter().map(place).collect(),
                    why: Vec::new(),
                });
            }
        }
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
                crate::model::firewall::Condition::Unknown(_) => None,
            });
        vec![ended.unwrap_or_else(|| Reason::new("no packet can match it", Some(rule.span)))]
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

/// Whether a match of `earlier` keeps packets of `later` from it.
fn hides(earlier: &Rule, later: &Rule) -> bool {
    may_hide(earlier)
        && earlier.ingress.covers(&later.ingress)
        && earlier.egress.covers(&later.egress)
        && (earlier.state == StateMatch::Any || earlier.state == later.state)
}

type Earlier<'e> = (usize, &'e Rule, &'e RuleMatch);

fn hidden_by(
    rule: &Rule,
    matched: &RuleMatch,
    earlier: &[Earlier<'_>],
) -> Option<(HidingKind, Vec<usize>)> {
    let whole = matched.possibly();
    let same = |entry: &Earlier<'_>| entry.1.action == rule.action;
    // Which rules take the packets first, as a device would.
    let (takers, left) = takers(whole, earlier.iter());
    if !left.is_empty() && left.len() <= MAX_PIECES {
        let different: Vec<usize> = takers
            .iter()
            .filter(|entry| !same(entry))
            .map(|(index, ..)| *index)
            .take(MAX_NAMED)
            .collect();
        return (!different.is_empty()).then_some((HidingKind::PartlyHidden, different));
    }
    let all_different = takers.iter().all(|entry| !same(entry));
    let covers = |entry: &&Earlier<'_>| {
        whole
            .iter()
            .all(|cube| entry.2.surely.iter().any(|mine| mine.includes(cube)))
    };
    let cover = |wanted: bool| {
        earlier
            .iter()
            .filter(|entry| same(entry) == wanted)
            .find(covers)
            .map(|(index, ..)| vec![*index])
    };
    // One rule that covers all is the plainest explanation.
    if all_different && let Some(by) = cover(false) {
        return Some((HidingKind::Shadowed, by));
    }
    if !all_different && let Some(by) = cover(true) {
        return Some((HidingKind::Redundant, by));
    }
    if !left.is_empty() {
        // Cut into too many pieces to tell, unless one rule covers all.
        return cover(false).map(|by| (HidingKind::Shadowed, by));
    }
    if !all_different {
        let (alike, left) = self::takers(whole, earlier.iter().filter(|entry| same(entry)));
        if left.is_empty() {
            return Some((HidingKind::Redundant, minimal(&alike, whole)));
        }
    }
    Some((HidingKind::Shadowed, minimal(&takers, whole)))
}

/// The rules that take packets away in order, and what is left at the end or
/// when there are too many pieces.
fn takers<'e>(
    whole: &[Cube],
    earlier: impl Iterator<Item = &'e Earlier<'e>>,
) -> (Vec<&'e Earlier<'e>>, Vec<Cube>) {
    let mut left = whole.to_vec();
    let mut takers = Vec::new();
    for entry in earlier {
        let cuts = &entry.2.surely;
        if !cuts
            .iter()
            .any(|cut| left.iter().any(|cube| cube.overlaps(cut)))
        {
            continue;
        }
        takers.push(entry);
        for cut in cuts {
            left = subtract_all(&left, cut);
        }
        if left.is_empty() || left.len() > MAX_PIECES {
            break;
        }
    }
    (takers, left)
}

/// Leaves out rules without which the others still hide everything.
fn minimal(takers: &[&Earlier<'_>], whole: &[Cube]) -> Vec<usize> {
    let mut by: Vec<&Earlier<'_>> = takers.to_vec();
    let mut position = 0;
    while by.len() <= MAX_MINIMISED && position < by.len() {
        let others = by
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != position)
            .map(|(_, entry)| *entry);
        if self::takers(whole, others).1.is_empty() {
            by.remove(position);
        } else {
            position = position.saturating_add(1);
        }
    }
    by.into_iter().map(|(index, ..)| *index).collect()
}
