//! Whether a verdict rests on where packets go out.

use crate::flow::evaluate::Engine;
use crate::model::firewall::{Action, Firewall, Rule, Stage};

impl Engine<'_> {
    /// Whether a stage, or a rule of its filter, asks where packets go out.
    pub(super) fn asks_egress(&self, stage: &Stage) -> bool {
        let filters = self.by_egress.get_or_init(|| by_egress(self.firewall));
        !stage.egress.is_any() || filters.get(stage.filter.0 as usize) == Some(&true)
    }
}

/// For every filter whether a rule of it, or of one that it calls, asks.
fn by_egress(firewall: &Firewall) -> Vec<bool> {
    let asks = |rule: &Rule| !rule.egress.is_any();
    let filters = firewall.filters.iter();
    let mut known: Vec<bool> = filters
        .map(|filter| filter.rules.iter().any(asks))
        .collect();
    let mut callers: Vec<Vec<usize>> = vec![Vec::new(); known.len()];
    for (caller, filter) in firewall.filters.iter().enumerate() {
        let actions = filter.rules.iter().map(|rule| &rule.action);
        for action in actions.chain([&filter.default.action]) {
            if let Action::Jump(called) | Action::Goto(called) = action
                && let Some(callers) = callers.get_mut(called.0 as usize)
            {
                callers.push(caller);
            }
        }
    }
    let mut open: Vec<usize> = (0..known.len())
        .filter(|filter| known.get(*filter) == Some(&true))
        .collect();
    while let Some(filter) = open.pop() {
        for caller in callers.get(filter).into_iter().flatten() {
            if let Some(asks @ false) = known.get_mut(*caller) {
                *asks = true;
                open.push(*caller);
            }
        }
    }
    known
}
