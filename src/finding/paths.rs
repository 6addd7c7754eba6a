//! The state of every data path of the catalogue in the estate.
//!
//! Puts the flow verdicts together per path and per pair of ends, and adds
//! what the findings say about them. A path is only `safe` when every service
//! that it needs is open on every way and nothing speaks against it.

use std::collections::{BTreeMap, BTreeSet};

use super::Finding;
use super::touch::touches;
use crate::model::path::{Catalogue, DataPath, Degree, Intent, Need, Party, PathService};
use crate::policy::Severity;
use crate::policy::facts::{DecisionFact, EffectFact, Facts, FlowFact, Ref};

/// State of a data path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PathState {
    /// It runs nowhere here.
    Absent,
    /// Closed, as it should be.
    BlockedAsIntended,
    /// Open, and nothing speaks against it.
    Safe,
    /// Not known.
    Undecided,
    /// Needed, and not (wholly) open.
    Blocked,
    /// Open, and it should not be, or not so.
    Unsafe,
}

impl PathState {
    /// The word in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::BlockedAsIntended => "blocked-as-intended",
            Self::Safe => "safe",
            Self::Undecided => "undecided",
            Self::Blocked => "blocked",
            Self::Unsafe => "unsafe",
        }
    }

    /// All states, worst first.
    pub const ALL: [Self; 6] = [
        Self::Unsafe,
        Self::Blocked,
        Self::Undecided,
        Self::Safe,
        Self::BlockedAsIntended,
        Self::Absent,
    ];
}

/// A data path and where it runs.
#[derive(Debug, Clone)]
pub struct PathReport<'a> {
    /// The path.
    pub path: &'a DataPath,
    /// The worst state of its ways.
    pub state: PathState,
    /// Pairs of ends, in order of their names.
    pub ways: Vec<Way<'a>>,
}

/// One pair of ends of a path.
#[derive(Debug, Clone)]
pub struct Way<'a> {
    /// Who opens the connection.
    pub source: &'a str,
    /// Who accepts it.
    pub destination: &'a str,
    /// State of this way.
    pub state: PathState,
    /// Its services.
    pub services: Vec<ServiceVerdict<'a>>,
    /// What happens to packets on the way.
    pub effects: Vec<&'a EffectFact>,
    /// What tells the ends.
    pub evidence: Vec<Ref>,
    /// Why it is so, in words.
    pub why: Vec<&'a str>,
    /// Findings that make it unsafe, by id of their rule.
    pub rules: Vec<&'a str>,
}

/// The verdict for one service of a way.
#[derive(Debug, Clone)]
pub struct ServiceVerdict<'a> {
    /// `tcp/25`.
    pub service: &'a str,
    /// `permit`, `deny`, `partial` or `inconclusive`.
    pub verdict: &'a str,
    /// The rules that decide.
    pub decided_by: &'a [DecisionFact],
}

/// The state of every path, in the order of the catalogue.
#[must_use]
pub fn path_reports<'a>(
    catalogue: &'a Catalogue,
    facts: &'a Facts,
    findings: &'a [Finding],
) -> Vec<PathReport<'a>> {
    let mut by_path: BTreeMap<&str, Vec<&'a FlowFact>> = BTreeMap::new();
    for flow in &facts.flows {
        by_path.entry(&flow.path.0).or_default().push(flow);
    }
    let needed = needed(catalogue, facts);
    catalogue
        .paths
        .iter()
        .map(|path| {
            let mut flows = by_path.remove(&*path.id.0).unwrap_or_default();
            if path.intent == Intent::LocalOnly {
                // What another path needs says nothing about this one.
                flows.retain(|flow| !needed.contains(&route(flow)));
            }
            let mut ways = ways(path, &flows, facts, findings);
            if path.destination == [Party::Dns] {
                one_is_enough(&mut ways);
            }
            PathReport {
                path,
                state: ways
                    .iter()
                    .map(|way| way.state)
                    .max()
                    .unwrap_or(PathState::Absent),
                ways,
            }
        })
        .collect()
}

type Route<'a> = (&'a str, &'a str, &'a str);

fn route(flow: &FlowFact) -> Route<'_> {
    (&flow.source, &flow.destination, &flow.service)
}

/// What paths between hosts need.
fn needed<'a>(catalogue: &Catalogue, facts: &'a Facts) -> BTreeSet<Route<'a>> {
    let local: BTreeSet<&str> = catalogue
        .paths
        .iter()
        .filter(|path| path.intent == Intent::LocalOnly)
        .map(|path| &*path.id.0)
        .collect();
    facts
        .flows
        .iter()
        .filter(|flow| !local.contains(&*flow.path.0))
        .filter(|flow| matches!(flow.need, "required" | "alternative" | "negotiated"))
        .map(route)
        .collect()
}

/// A server that reaches one of several equal hosts does not miss the others.
fn one_is_enough(ways: &mut [Way<'_>]) {
    let open = |way: &Way<'_>| matches!(way.state, PathState::Safe | PathState::Unsafe);
    let served: BTreeSet<&str> = ways
        .iter()
        .filter(|way| open(way))
        .map(|way| way.source)
        .collect();
    for way in ways {
        if way.state == PathState::Blocked && served.contains(way.source) {
            way.state = PathState::BlockedAsIntended;
        }
    }
}

fn ways<'a>(
    path: &DataPath,
    flows: &[&'a FlowFact],
    facts: &Facts,
    findings: &'a [Finding],
) -> Vec<Way<'a>> {
    let mut pairs: BTreeMap<(&str, &str), Vec<&'a FlowFact>> = BTreeMap::new();
    for flow in flows {
        pairs
            .entry((&flow.source, &flow.destination))
            .or_default()
            .push(flow);
    }
    pairs
        .into_iter()
        .map(|((source, destination), flows)| {
            let mut evidence: Vec<Ref> = Vec::new();
            let mut why: Vec<&str> = Vec::new();
            let mut effects: Vec<&EffectFact> = Vec::new();
            for flow in &flows {
                for at in &flow.verdict.at {
                    if !evidence.contains(at) {
                        evidence.push(*at);
                    }
                }
                for reason in &flow.verdict.why {
                    if !why.contains(&&**reason) {
                        why.push(reason);
                    }
                }
                for effect in &flow.verdict.effects {
                    if !effects.contains(&effect) {
                        effects.push(effect);
                    }
                }
            }
            let rules = speaking_against(path, source, destination, findings, facts);
            let exposed = unprotected(path, &effects) && untrusted(source, destination, facts);
            let stripped = effects
                .iter()
                .any(|effect| effect.kind == "strips-starttls");
            let state = match openness(path, &flows) {
                _ if local_service_open(path, &flows) => PathState::Unsafe,
                Openness::Open if expected_closed(path) => PathState::Unsafe,
                Openness::Open if !rules.is_empty() || exposed || stripped => PathState::Unsafe,
                Openness::Open => PathState::Safe,
                Openness::Closed if may_be_closed(path) => PathState::BlockedAsIntended,
                Openness::Partly if expected_closed(path) => PathState::Unsafe,
                Openness::NotNeeded => PathState::BlockedAsIntended,
                Openness::Closed | Openness::Partly => PathState::Blocked,
                Openness::Unknown => PathState::Undecided,
            };
            Way {
                source,
                destination,
                state,
                services: flows
                    .iter()
                    .map(|flow| ServiceVerdict {
                        service: &flow.service,
                        verdict: flow.verdict.verdict,
                        decided_by: &flow.verdict.decided_by,
                    })
                    .collect(),
                effects,
                evidence,
                why,
                rules: if state == PathState::Unsafe {
                    rules
                } else {
                    Vec::new()
                },
            }
        })
        .collect()
}

/// The catalogue's entry for the service of a flow; `None` for negotiated ports.
fn declared<'a>(path: &'a DataPath, flow: &FlowFact) -> Option<&'a PathService> {
    path.services
        .iter()
        .find(|service| *service.to_string() == *flow.service)
}

/// Whether a service that must stay on its host can be reached.
fn local_service_open(path: &DataPath, flows: &[&FlowFact]) -> bool {
    flows.iter().any(|flow| {
        declared(path, flow).is_some_and(|service| service.need == Need::Local)
            && matches!(flow.verdict.verdict, "permit" | "partial")
            && !flow.verdict.firewalls.is_empty()
    })
}

/// How far a way is open.
enum Openness {
    Open,
    Partly,
    Closed,
    Unknown,
    /// Closed, or open in part, and nothing says that it is used.
    NotNeeded,
}

/// Puts the verdicts of the services together: each required service counts;
/// of alternatives the best one. Optional and conditional services count only
/// where the path has no others.
fn openness(path: &DataPath, flows: &[&FlowFact]) -> Openness {
    let mut required: Vec<&str> = Vec::new();
    let mut alternatives: BTreeMap<&str, &str> = BTreeMap::new();
    let mut optional: Vec<&str> = Vec::new();
    for flow in flows {
        // Some of the Internet may be shut out on purpose: block lists.
        let verdict = match flow.verdict.verdict {
            "partial" if &*flow.source == "internet" => "permit",
            verdict => verdict,
        };
        let Some(service) = declared(path, flow) else {
            required.push(verdict);
            continue;
        };
        match service.need {
            Need::Required => required.push(verdict),
            Need::Alternative => {
                let group = service.group.as_deref().unwrap_or_default();
                let held = alternatives.entry(group).or_insert(verdict);
                if rank(verdict) > rank(held) {
                    *held = verdict;
                }
            }
            Need::Optional | Need::Conditional => optional.push(verdict),
            Need::Local => {}
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
fn expected_closed(path: &DataPath) -> bool {
    path.intent == Intent::LocalOnly
}

/// Whether it is no fault when the path is closed.
fn may_be_closed(path: &DataPath) -> bool {
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

/// Whether the path could be encrypted, is not by default, and no link
/// encrypts it. What nothing can encrypt (DNS) is no fault of anybody.
fn unprotected(path: &DataPath, effects: &[&EffectFact]) -> bool {
    path.encryption.by_default == Degree::No
        && path.encryption.supported != Degree::No
        && !effects.iter().any(|e| e.kind == "encrypted")
}

/// Whether an end lies where others listen.
fn untrusted(source: &str, destination: &str, facts: &Facts) -> bool {
    [source, destination].into_iter().any(|end| {
        end == "internet"
            || facts
                .servers
                .iter()
                .filter(|server| server.name == end)
                .flat_map(|server| &server.addresses)
                .any(|address| matches!(address.class, Some("internet" | "perimeter" | "partner")))
    })
}

/// Rules whose findings concern the path at one of the ends. What is only
/// blocked shows in the verdict.
fn speaking_against<'a>(
    path: &DataPath,
    source: &str,
    destination: &str,
    findings: &'a [Finding],
    facts: &Facts,
) -> Vec<&'a str> {
    let mut rules: Vec<&str> = findings
        .iter()
        .filter(|finding| finding.severity >= Severity::Warning)
        .filter(|finding| finding.paths.iter().any(|id| **id == *path.id.0))
        .filter(|finding| !finding.rule.name.ends_with("-blocked"))
        .filter(|finding| touches(finding, source, destination, facts))
        .map(|finding| finding.rule.id.as_str())
        .collect();
    rules.sort_unstable();
    rules.dedup();
    rules
}
