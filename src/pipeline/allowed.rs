//! What `[[allowed_flow]]` keeps rules from finding.
//!
//! Some rules look at allowed flows themselves and find nothing where all that
//! they would speak of is allowed. That is an exception like any other: it is
//! counted, shown and judged. So these rules are asked again as if the flows
//! were not there, and what they find then carries the flow that hides it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::estate::Estate;
use crate::model::path::Localised;
use crate::policy::facts::Facts;
use crate::policy::{Policies, RawFinding, RuleMeta, RuleResult, apply_precedence};
use crate::source::Span;

/// Flows that are taken away one by one; what more of them hide is laid to the
/// first.
const MOST_FLOWS: usize = 16;

/// The section of the facts that these rules read.
const SECTION: &str = "allowed_flows";

/// Findings that allowed flows hide, and those that flows past their end hid.
#[derive(Debug, Default)]
pub(super) struct Allowed {
    /// Findings with the flow that hides them.
    pub hidden: Vec<RawFinding>,
    /// Flows past their end that would hide something.
    pub over: BTreeSet<Span>,
    /// Flows that hide a part of what a finding would say.
    pub heeded: BTreeSet<Span>,
    /// How long rules took that were asked again, by id.
    pub took: BTreeMap<String, Duration>,
}

/// Asks the rules that look at allowed flows again. `results` are those of all
/// rules, before precedence.
pub(super) fn ask(
    policies: &Policies,
    facts: &Facts,
    estate: &Estate,
    results: &[RuleResult],
    unwanted: &dyn Fn(&RuleMeta) -> Option<Localised>,
) -> Allowed {
    let mut allowed = Allowed::default();
    if facts.allowed_flows.is_empty() {
        return allowed;
    }
    let readers = policies.reading(SECTION);
    let mut asking = Asking {
        took: BTreeMap::new(),
        policies,
        unwanted: &|rule: &RuleMeta| match readers.contains(&*rule.id) {
            true => unwanted(rule),
            false => Some(Localised {
                en: String::new(),
                ja: String::new(),
            }),
        },
        results,
        readers: &readers,
    };
    let mut facts = facts.clone();
    let flows = std::mem::take(&mut facts.allowed_flows);
    let base = asking.precedence(results.to_vec());
    let without_any = asking.again(&facts);
    let returned = missing(&without_any, &base);
    // Flows that change nothing all together need not be asked one by one.
    let idle = returned.is_empty() && missing(&base, &without_any).is_empty();
    let mut first = None;
    for (index, flow) in flows.iter().enumerate().take(MOST_FLOWS) {
        let over = flow.until.as_ref();
        let over = over.is_some_and(|day| *day < estate.reference_date);
        if idle && !over {
            continue;
        }
        facts.allowed_flows = flows.clone();
        match facts.allowed_flows.get_mut(index) {
            Some(flow) if over => flow.until = None,
            _ => drop(facts.allowed_flows.remove(index)),
        }
        let other = asking.again(&facts);
        let (back, gone) = (missing(&other, &base), missing(&base, &other));
        if back.is_empty() && gone.is_empty() {
            continue;
        }
        if over {
            allowed.over.insert(flow.at.0);
            continue;
        }
        allowed.heeded.insert(flow.at.0);
        first.get_or_insert(flow.at.0);
        for finding in back {
            let known = allowed.hidden.iter().any(|held| same(held, finding));
            if !known && whole(finding, &base) {
                allowed.hidden.push(RawFinding {
                    allowed: Some(flow.at.0),
                    ..finding.clone()
                });
            }
        }
    }
    // Only several flows together hide these.
    let by = first.or_else(|| flows.first().map(|flow| flow.at.0));
    for finding in returned {
        let known = allowed.hidden.iter().any(|held| same(held, finding));
        if !known && whole(finding, &base) {
            allowed.heeded.extend(by);
            allowed.hidden.push(RawFinding {
                allowed: by,
                ..finding.clone()
            });
        }
    }
    allowed.took = asking.took;
    allowed
}

struct Asking<'a> {
    policies: &'a Policies,
    unwanted: &'a dyn Fn(&RuleMeta) -> Option<Localised>,
    results: &'a [RuleResult],
    readers: &'a BTreeSet<&'a str>,
    /// How long rules took, by id.
    took: BTreeMap<String, Duration>,
}

impl Asking<'_> {
    /// The results of all rules, those of the readers on other facts.
    fn again(&mut self, facts: &Facts) -> Vec<RuleResult> {
        let mut results = self.results.to_vec();
        for result in self.policies.evaluate_wanted(facts, None, self.unwanted) {
            if !self.readers.contains(&*result.rule.id) {
                continue;
            }
            let took = self.took.entry(result.rule.id.clone()).or_default();
            *took = took.saturating_add(result.took);
            let mut held = results.iter_mut();
            if let Some(held) = held.find(|held| held.rule.id == result.rule.id) {
                *held = result;
            }
        }
        self.precedence(results)
    }

    fn precedence(&self, mut results: Vec<RuleResult>) -> Vec<RuleResult> {
        apply_precedence(&mut results);
        results.retain(|result| self.readers.contains(&*result.rule.id));
        results
    }
}

/// Findings of some results that others lack.
fn missing<'r>(some: &'r [RuleResult], others: &[RuleResult]) -> Vec<&'r RawFinding> {
    let others: Vec<&RawFinding> = others.iter().flat_map(|result| &result.findings).collect();
    let some = some.iter().flat_map(|result| &result.findings);
    some.filter(|finding| !others.contains(finding)).collect()
}

/// Whether a finding is there only without the flows: not with fewer servers,
/// or other ports, at the same place.
fn whole(finding: &RawFinding, base: &[RuleResult]) -> bool {
    let mut held = base.iter().flat_map(|result| &result.findings);
    !held.any(|held| held.rule.id == finding.rule.id && held.at.first() == finding.at.first())
}

fn same(one: &RawFinding, other: &RawFinding) -> bool {
    one.rule.id == other.rule.id && one.at == other.at && one.subject == other.subject
}
