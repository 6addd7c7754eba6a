//! Packets that connection tracking does not look at.
//!
//! `NOTRACK` and `notrack` take packets out of connection tracking before the
//! filters. Those packets are neither new nor established, so a rule that
//! asks for a state does not match them, unless it asks for `UNTRACKED`.

use super::build::Builder;
use super::emit::Verdict;
use super::matching::{Match, states};
use crate::model::firewall::{Action, Condition, FilterId, ReasonId, Rule};

/// More exceptions than this are not told apart for one rule.
const MAX_EXCEPTIONS: usize = 256;

/// A rule that asks for a state, as it was read.
#[derive(Debug, Clone)]
pub struct Kept {
    /// Its filter.
    pub filter: FilterId,
    /// Index of the first rule of the model made from it.
    pub first: usize,
    /// How many were made.
    pub count: usize,
    /// What it looks for.
    pub matched: Match,
    /// What it does.
    pub verdict: Verdict,
}

/// Which packets have no state.
#[derive(Debug, Clone, Default)]
pub struct Untracked {
    /// Packets that come in.
    pub incoming: Vec<Match>,
    /// Packets that the host sends.
    pub sent: Vec<Match>,
    /// Why it is not known which.
    pub unknown: Option<ReasonId>,
}

impl Untracked {
    fn is_empty(&self) -> bool {
        self.incoming.is_empty() && self.sent.is_empty() && self.unknown.is_none()
    }
}

/// Takes packets without state out of the rules that ask for one. `sent` are
/// the filters that only packets from the host meet, `mixed` those that they
/// may meet.
pub fn apply(builder: &mut Builder<'_>, sent: &[FilterId], mixed: &[FilterId]) {
    let untracked = std::mem::take(&mut builder.untracked);
    let mut kept = std::mem::take(&mut builder.kept);
    if untracked.is_empty() {
        return;
    }
    // From the end on, so that indexes stay right.
    kept.sort_by_key(|rule| std::cmp::Reverse((rule.filter, rule.first)));
    for rule in kept {
        let own = sent.contains(&rule.filter);
        let list = if own {
            &untracked.sent
        } else {
            &untracked.incoming
        };
        let mut unknown = untracked.unknown;
        if !own && unknown.is_none() && mixed.contains(&rule.filter) && !untracked.sent.is_empty() {
            let why = "which packets of the host have no state depends on the way to this rule";
            unknown = Some(builder.reason(why, rule.verdict.span));
        }
        let met: Vec<&Match> = list
            .iter()
            .filter(|exception| rule.matched.and(exception).is_possible())
            .collect();
        if met.len() > MAX_EXCEPTIONS && unknown.is_none() {
            let why = "too many packets are taken out of connection tracking";
            unknown = Some(builder.reason(why, rule.verdict.span));
        }
        if let Some(reason) = unknown {
            doubt(builder, &rule, reason);
        } else if !met.is_empty() {
            rewrite(builder, &rule, &met);
        }
    }
}

fn rules_of<'b>(builder: &'b mut Builder<'_>, kept: &Kept) -> Option<&'b mut [Rule]> {
    let rules = &mut builder
        .firewall
        .filters
        .get_mut(kept.filter.0 as usize)?
        .rules;
    rules.get_mut(kept.first..kept.first.saturating_add(kept.count))
}

fn doubt(builder: &mut Builder<'_>, kept: &Kept, reason: ReasonId) {
    let takes = kept.matched.states & states::UNTRACKED != 0;
    for rule in rules_of(builder, kept).into_iter().flatten() {
        if takes {
            rule.enabled = true;
            rule.state = crate::model::firewall::StateMatch::Any;
        }
        let mut conditions = rule.conditions.to_vec();
        conditions.push(Condition::Unknown(reason));
        rule.conditions = conditions.into();
    }
}

fn rewrite(builder: &mut Builder<'_>, kept: &Kept, met: &[&Match]) {
    let span = kept.verdict.span;
    if kept.matched.states & states::UNTRACKED != 0 {
        if met.iter().any(|exception| !kept.matched.joins(exception)) {
            let why = "connection tracking is switched off for some of these packets";
            let reason = builder.reason(why, span);
            return doubt(builder, kept, reason);
        }
        // Also for packets without state, whatever they are.
        let from = builder.rule_count(kept.filter);
        for exception in met {
            let mut both = kept.matched.and(exception);
            both.states = states::ALL;
            builder.push(kept.filter, &both, kept.verdict);
        }
        builder.move_new(kept.filter, from, kept.first);
        return;
    }
    match kept.verdict.action {
        Action::Continue => {}
        Action::Permit | Action::Deny | Action::Jump(_) => {
            // Packets without state return; all others meet the verdict.
            let id = builder.filter("packets with a state".to_owned(), false, span);
            for exception in met {
                let verdict = Verdict {
                    action: Action::Return,
                    logs: false,
                    span,
                };
                builder.push(id, exception, verdict);
            }
            builder.push(id, &Match::all(kept.matched.family), kept.verdict);
            for rule in rules_of(builder, kept).into_iter().flatten() {
                rule.action = Action::Jump(id);
            }
        }
        Action::Goto(_) | Action::Return => {
            let why = "connection tracking is switched off for some of these packets";
            let reason = builder.reason(why, span);
            doubt(builder, kept, reason);
        }
    }
}
