//! The state of every data path of the catalogue in the estate.
//!
//! Puts the flow verdicts together per path and per pair of ends, and adds
//! what the findings say about them. A path is only `safe` when every service
//! that it needs is open on every way and nothing speaks against it.

use std::collections::{BTreeMap, BTreeSet};

mod against;
mod configured;
mod connectors;
mod filter;
mod openness;

use super::{Finding, Run};
use crate::model::path::{Catalogue, DataPath, Intent, Party};
use crate::policy::facts::{DecisionFact, EffectFact, Facts, FlowFact, Ref};
use against::{exposed, objections, overruled};
use openness::{Openness, expected_closed, local_service_open, may_be_closed, openness};

pub use configured::{Configured, Setting, Strength};
pub use filter::{Filter, Service};

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
    /// The worst state of its ways; worse where a finding speaks of the path
    /// as a whole.
    pub state: PathState,
    /// Pairs of ends, in order of their names.
    pub ways: Vec<Way<'a>>,
    /// Rules whose findings make it worse than its ways, by id.
    pub rules: Vec<&'a str>,
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
    /// What would settle it, where it is undecided.
    pub settle: Vec<&'a str>,
    /// Findings that make it unsafe, by id of their rule.
    pub rules: Vec<&'a str>,
    /// How it is protected as configured.
    pub configured: Configured<'a>,
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

/// The state of every path that a filter lets through, in the order of the
/// catalogue.
#[must_use]
pub fn path_reports<'a>(
    catalogue: &'a Catalogue,
    run: &'a Run,
    filter: &Filter,
) -> Vec<PathReport<'a>> {
    let facts = &run.facts;
    let mut by_path: BTreeMap<&str, Vec<&'a FlowFact>> = BTreeMap::new();
    for flow in &facts.flows {
        by_path.entry(&flow.path.0).or_default().push(flow);
    }
    let needed = needed(catalogue, facts);
    catalogue
        .paths
        .iter()
        .filter(|path| filter.row(path))
        .filter_map(|path| {
            let mut flows = by_path.remove(&*path.id.0).unwrap_or_default();
            if path.intent == Intent::LocalOnly {
                // What another path needs says nothing about this one.
                flows.retain(|flow| !needed.contains(&route(flow)));
            }
            let findings: Vec<&Finding> = run
                .found()
                .filter(|finding| finding.paths.iter().any(|id| **id == *path.id.0))
                // What a change did is no state.
                .filter(|finding| !finding.rule.judges_change())
                .collect();
            let mut ways = ways(path, &flows, facts, &findings);
            if path.destination == [Party::Dns] {
                one_is_enough(&mut ways);
            }
            let worst = |ways: &[Way<'_>]| ways.iter().map(|way| way.state).max();
            let mut state = worst(&ways).unwrap_or(PathState::Absent);
            let mut rules = Vec::new();
            if filter.everywhere() {
                (state, rules) = overruled(path, state, &findings, facts);
            } else {
                ways.retain_mut(|way| filter.way(way));
                state = worst(&ways)?;
            }
            Some(PathReport {
                path,
                state,
                ways,
                rules,
            })
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
    facts: &'a Facts,
    findings: &[&'a Finding],
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
            let mut settle: Vec<&str> = Vec::new();
            for step in flows.iter().flat_map(|flow| &flow.verdict.settle) {
                if !settle.contains(&&**step) {
                    settle.push(step);
                }
            }
            let rules = objections(source, destination, findings, facts);
            let configured = configured::configured(path, source, destination, facts);
            let exposed = exposed(path, source, destination, &effects, facts);
            let stripped = effects
                .iter()
                .any(|effect| effect.kind == "strips-starttls");
            let bare = configured::bare(path, &configured, &flows);
            let against = !rules.is_empty() || exposed || stripped || bare == Some(true);
            let state = match openness(&flows) {
                _ if local_service_open(&flows) => PathState::Unsafe,
                Openness::Open if expected_closed(path) || against => PathState::Unsafe,
                Openness::Open if bare.is_none() => PathState::Undecided,
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
                settle: if state == PathState::Undecided {
                    settle
                } else {
                    Vec::new()
                },
                rules: if state == PathState::Unsafe {
                    rules
                } else {
                    Vec::new()
                },
                configured,
            }
        })
        .collect()
}
