//! Rules that take precedence over others (`supersedes` in METADATA).
//!
//! A finding of a rule says all that the rules which it supersedes would say of
//! the same flow or of the same thing: what they found and could not decide
//! there is dropped. It was never a result, so no count holds it.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::error::PolicyError;
use super::host::Rule;
use super::result::{FlowKey, RawFinding, RuleResult};

/// Drops what findings of other rules supersede. What is dropped still
/// supersedes, so that the order of rules does not matter.
pub fn apply(results: &mut [RuleResult]) {
    let mut ruled: HashMap<String, Ruled> = HashMap::new();
    for result in &*results {
        for id in &result.rule.supersedes {
            let ruled = ruled.entry(id.clone()).or_default();
            result.findings.iter().for_each(|found| ruled.add(found));
        }
    }
    for result in results {
        if let Some(ruled) = ruled.get(&result.rule.id) {
            let left = |flows: &[FlowKey], subject: &str| !ruled.covers(flows, subject);
            result.findings.retain(|f| left(&f.flows, &f.subject));
            result.undecided.retain(|u| left(&u.flows, &u.subject));
        }
    }
}

/// What findings of superseding rules speak of.
#[derive(Default)]
struct Ruled {
    /// Things, and whether some finding on one is about no flow.
    subjects: HashMap<String, bool>,
    /// Services by source and destination; `None` for all of them.
    flows: HashMap<(String, String), HashSet<Option<String>>>,
}

impl Ruled {
    fn add(&mut self, finding: &RawFinding) {
        let whole = self.subjects.entry(finding.subject.clone()).or_default();
        *whole |= finding.flows.is_empty();
        for flow in &finding.flows {
            self.flows
                .entry((flow.source.clone(), flow.destination.clone()))
                .or_default()
                .insert(flow.service.clone());
        }
    }

    /// Whether nothing is left to say: every flow is among those, or the thing
    /// is the same. Two that are about flows are compared by these alone.
    fn covers(&self, flows: &[FlowKey], subject: &str) -> bool {
        let same = self.subjects.get(subject).filter(|_| !subject.is_empty());
        if flows.is_empty() {
            same.is_some()
        } else {
            same == Some(&true) || flows.iter().all(|flow| self.has(flow))
        }
    }

    fn has(&self, flow: &FlowKey) -> bool {
        let ends = (flow.source.clone(), flow.destination.clone());
        self.flows
            .get(&ends)
            .is_some_and(|services| services.contains(&None) || services.contains(&flow.service))
    }
}

/// What is wrong with `supersedes` of a set of rules: ids of no rule, and
/// circles, in which nothing would be left to say.
pub fn check<'a>(rules: &'a [Rule]) -> Vec<PolicyError> {
    let by_id: BTreeMap<&str, &'a Rule> = rules.iter().map(|r| (r.meta.id.as_str(), r)).collect();
    let mut errors = Vec::new();
    for rule in rules {
        for id in &rule.meta.supersedes {
            if !by_id.contains_key(id.as_str()) {
                let what = format!("METADATA: `supersedes` names {id}, and there is no such rule");
                errors.push(PolicyError::new(rule.file(), what));
            }
        }
        if reaches_itself(rule, &by_id) {
            let what = "METADATA: the rules that it supersedes supersede it";
            errors.push(PolicyError::new(rule.file(), what));
        }
    }
    errors
}

fn reaches_itself(rule: &Rule, by_id: &BTreeMap<&str, &Rule>) -> bool {
    let mut seen: HashSet<&str> = HashSet::new();
    let mut next: Vec<&str> = rule.meta.supersedes.iter().map(String::as_str).collect();
    while let Some(id) = next.pop() {
        if id == rule.meta.id {
            return true;
        }
        if let Some(rule) = by_id.get(id).filter(|_| seen.insert(id)) {
            next.extend(rule.meta.supersedes.iter().map(String::as_str));
        }
    }
    false
}

#[cfg(test)]
#[path = "supersede_tests.rs"]
mod tests;
