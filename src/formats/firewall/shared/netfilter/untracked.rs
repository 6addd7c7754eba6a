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

/// Packets that a rule before connection tracking decides about.
#[derive(Debug, Clone)]
pub struct Exception {
    /// The packets.
    pub matched: Match,
    /// Whether they keep their state: the rule ended the chain for them.
    pub keeps: bool,
}

/// Which packets have no state; the first exception that matches decides.
#[derive(Debug, Clone, Default)]
pub struct Untracked {
    /// Packets that come in.
    pub incoming: Vec<Exception>,
    /// Packets that the host sends.
    pub sent: Vec<Exception>,
    /// Why it is not known which.
    pub unknown: Option<ReasonId>,
}

impl Untracked {
    fn is_empty(&self) -> bool {
        let none = |list: &[Exception]| list.iter().all(|exception| exception.keeps);
        none(&self.incoming) && none(&self.sent) && self.unknown.is_none()
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
        let sends = untracked.sent.iter().any(|exception| !exception.keeps);
        if !own && unknown.is_none() && mixed.contains(&rule.filter) && sends {
            let why = "which packets of the host have no state depends on the way to this rule";
            unknown = Some(builder.reason(why, rule.verdict.span));
        }
        let met = met(list, &rule.matched);
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

/// The exceptions that a rule can meet, up to the last that takes a state away.
fn met<'e>(list: &'e [Exception], matched: &Match) -> Vec<&'e Exception> {
    let mut met: Vec<&Exception> = list
        .iter()
        .filter(|exception| matched.and(&exception.matched).is_possible())
        .collect();
    while met.last().is_some_and(|last| last.keeps) {
        met.pop();
    }
    met
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

fn rewrite(builder: &mut Builder<'_>, kept: &Kept, met: &[&Exception]) {
    let takes = kept.matched.states & states::UNTRACKED != 0;
    let exact = met
        .iter()
        .all(|exception| kept.matched.joins(&exception.matched));
    let calls = matches!(
        kept.verdict.action,
        Action::Permit | Action::Deny | Action::Jump(_)
    );
    let plain = met.iter().all(|exception| !exception.keeps);
    match kept.verdict.action {
        _ if takes && exact && plain => also_for(builder, kept, met),
        Action::Continue => {}
        _ if calls && takes && exact => also_for_others(builder, kept, met),
        _ if calls && !takes => only_for_others(builder, kept, met),
        _ => {
            let why = "connection tracking is switched off for some of these packets";
            let reason = builder.reason(why, kept.verdict.span);
            doubt(builder, kept, reason);
        }
    }
}

/// The rule also matches packets without state.
fn also_for(builder: &mut Builder<'_>, kept: &Kept, met: &[&Exception]) {
    let from = builder.rule_count(kept.filter);
    for exception in met {
        let mut both = kept.matched.and(&exception.matched);
        both.states = states::ALL;
        builder.push(kept.filter, &both, kept.verdict);
    }
    builder.move_new(kept.filter, from, kept.first);
}

/// The rule also matches packets without state, but for those that an earlier
/// exception lets keep theirs.
fn also_for_others(builder: &mut Builder<'_>, kept: &Kept, met: &[&Exception]) {
    let span = kept.verdict.span;
    let id = builder.filter("packets without a state".to_owned(), false, span);
    for exception in met {
        let verdict = Verdict {
            action: if exception.keeps {
                Action::Return
            } else {
                kept.verdict.action
            },
            ..kept.verdict
        };
        builder.push(id, &exception.matched, verdict);
    }
    let from = builder.rule_count(kept.filter);
    let mut any_state = kept.matched.clone();
    any_state.states = states::ALL;
    let call = Verdict {
        action: Action::Jump(id),
        ..kept.verdict
    };
    builder.push(kept.filter, &any_state, call);
    builder.move_new(kept.filter, from, kept.first);
}

/// Packets without state return; all others meet the verdict.
fn only_for_others(builder: &mut Builder<'_>, kept: &Kept, met: &[&Exception]) {
    let span = kept.verdict.span;
    let all = Match::all(kept.matched.family);
    let meets = builder.filter("packets with a state".to_owned(), false, span);
    builder.push(meets, &all, kept.verdict);
    let id = builder.filter("packets with a state".to_owned(), false, span);
    for exception in met {
        let action = if exception.keeps {
            Action::Goto(meets)
        } else {
            Action::Return
        };
        let verdict = Verdict {
            action,
            logs: false,
            span,
        };
        builder.push(id, &exception.matched, verdict);
    }
    builder.push(id, &all, kept.verdict);
    for rule in rules_of(builder, kept).into_iter().flatten() {
        rule.action = Action::Jump(id);
    }
}
