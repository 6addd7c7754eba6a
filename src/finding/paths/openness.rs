//! How far a way of a data path is open: the verdicts of its services put
//! together by what the path needs.

use std::collections::BTreeMap;

use crate::model::path::{DataPath, Intent};
use crate::policy::facts::FlowFact;

/// Whether a service that must stay on its host can be reached.
pub fn local_service_open(flows: &[&FlowFact]) -> bool {
    flows.iter().any(|flow| {
        flow.need == "local"
            && matches!(flow.verdict.verdict, "permit" | "partial")
            && !flow.verdict.firewalls.is_empty()
    })
}

/// How far a way is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Openness {
    /// Every service that it needs passes.
    Open,
    /// Some pass.
    Partly,
    /// None passes.
    Closed,
    /// Not known.
    Unknown,
    /// Closed, or open in part, and nothing says that it is used.
    NotNeeded,
}

/// Puts the verdicts of the services together: each required service counts;
/// of alternatives the best one. Optional and conditional services count only
/// where the path has no others.
pub fn openness(flows: &[&FlowFact]) -> Openness {
    let mut required: Vec<&str> = Vec::new();
    let mut alternatives: BTreeMap<&str, &str> = BTreeMap::new();
    let mut optional: Vec<&str> = Vec::new();
    for flow in flows {
        // What a part means: block lists shut nobody out who is meant.
        let verdict = match (flow.verdict.verdict, flow.works) {
            ("partial", "yes") => "permit",
            ("partial", "unknown") => "inconclusive",
            (verdict, _) => verdict,
        };
        match flow.need {
            "alternative" => {
                let group = flow.group.as_deref().unwrap_or_default();
                let held = alternatives.entry(group).or_insert(verdict);
                if rank(verdict) > rank(held) {
                    *held = verdict;
                }
            }
            "optional" | "conditional" => optional.push(verdict),
            "local" => {}
            _ => required.push(verdict),
        }
    }
    required.extend(alternatives.into_values());
    let all_optional = required.is_empty();
    if all_optional {
        required = optional;
    }
    let any = |word: &str| required.contains(&word);
    let all = |word: &str| required.iter().all(|verdict| *verdict == word);
    if all("permit") {
        Openness::Open
    } else if all_optional && !any("inconclusive") {
        Openness::NotNeeded
    } else if all("deny") {
        Openness::Closed
    } else if any("deny") || any("partial") {
        Openness::Partly
    } else {
        Openness::Unknown
    }
}

fn rank(verdict: &str) -> u8 {
    match verdict {
        "permit" => 3,
        "partial" => 2,
        "inconclusive" => 1,
        _ => 0,
    }
}

/// Whether no firewall should permit the path.
pub fn expected_closed(path: &DataPath) -> bool {
    path.intent == Intent::LocalOnly
}

/// Whether it is no fault when the path is closed.
pub fn may_be_closed(path: &DataPath) -> bool {
    matches!(
        path.intent,
        Intent::LocalOnly
            | Intent::ClientOptional
            | Intent::ConditionalClientInternal
            | Intent::Admin
            | Intent::OptionalBackup
            | Intent::LegacyOptional
            | Intent::OptionalEgress
    )
}
