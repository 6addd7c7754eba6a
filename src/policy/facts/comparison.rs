//! What a change does to flows: `comparison`, for rules that judge a change.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;

use super::types::{DecisionFact, Facts, FlowFact};
use crate::source::Sources;

/// The kind of input that stands for an estate before a change.
pub const KIND: &str = "comparison";

/// The estate as it was before the change, as far as it differs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ComparisonFact {
    /// Flows that both estates have, and whose verdict differs.
    pub flows: Vec<ChangedFlowFact>,
}

/// A flow whose verdict a change turns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChangedFlowFact {
    /// Id of the flow, as in `flows`.
    pub id: Arc<str>,
    /// The verdict before.
    pub before: &'static str,
    /// The verdict after.
    pub after: &'static str,
    /// The rules that decided before.
    pub decided_by: Vec<FormerDecisionFact>,
}

/// A rule that decided before the change. Its file is none of `files`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FormerDecisionFact {
    /// Firewall.
    pub firewall: String,
    /// Access list, policy or chain.
    pub filter: Arc<str>,
    /// Text of the rule, or of the implicit rule.
    pub rule: Arc<str>,
    /// `permit` or `deny`.
    pub action: &'static str,
    /// Where it stood: `inner.cfg:12`.
    pub place: String,
}

/// Adds to the facts of an estate what is different from `base`, the same
/// estate before a change.
pub fn compare(base: &Facts, sources: &Sources, head: &mut Facts) {
    let before: HashMap<&str, &FlowFact> =
        base.flows.iter().map(|flow| (&*flow.id, flow)).collect();
    let flows = head
        .flows
        .iter()
        .filter_map(|flow| {
            let former = before.get(&*flow.id)?;
            let (before, after) = (former.verdict.verdict, flow.verdict.verdict);
            (before != after).then(|| ChangedFlowFact {
                id: Arc::clone(&flow.id),
                before,
                after,
                decided_by: former
                    .verdict
                    .decided_by
                    .iter()
                    .map(|decision| former_decision(decision, sources))
                    .collect(),
            })
        })
        .collect();
    head.comparison = Some(ComparisonFact { flows });
    let kind = KIND.to_owned();
    if let Err(place) = head.kinds.binary_search(&kind) {
        head.kinds.insert(place, kind);
    }
}

fn former_decision(decision: &DecisionFact, sources: &Sources) -> FormerDecisionFact {
    FormerDecisionFact {
        firewall: decision.firewall.clone(),
        filter: Arc::clone(&decision.filter),
        rule: Arc::clone(&decision.rule),
        action: decision.action,
        place: sources
            .locate(decision.at.0)
            .map_or_else(String::new, |(file, at)| format!("{file}:{}", at.line)),
    }
}
