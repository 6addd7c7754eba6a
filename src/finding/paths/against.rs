//! What speaks against a way of a data path: where it runs in the clear, and
//! what rules found on it.

use super::PathState;
use crate::finding::Finding;
use crate::finding::touch::touches;
use crate::model::path::{DataPath, Degree, Intent, Party};
use crate::policy::Severity;
use crate::policy::facts::{EffectFact, Facts};

/// Whether a way runs in the clear where others listen.
pub fn exposed(
    path: &DataPath,
    source: &str,
    destination: &str,
    effects: &[&EffectFact],
    facts: &Facts,
) -> bool {
    unprotected(path, effects) && untrusted(source, destination, facts)
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
pub fn objections<'a>(
    path: &DataPath,
    source: &str,
    destination: &str,
    findings: &'a [Finding],
    facts: &Facts,
) -> Vec<&'a str> {
    ids(findings
        .iter()
        .filter(|finding| finding.severity >= Severity::Warning)
        .filter(|finding| names(finding, path) && !only_blocks(finding))
        .filter(|finding| touches(finding, source, destination, facts)))
}

/// The state of a path with the errors that name it: none of them leaves it
/// safe, even where its own ways are not those that the finding shows. A path
/// that should not leave its server is unsafe where such an error shows that
/// the server can be asked.
pub fn overruled<'a>(
    path: &DataPath,
    state: PathState,
    findings: &'a [Finding],
    facts: &Facts,
) -> (PathState, Vec<&'a str>) {
    let errors = || {
        findings
            .iter()
            .filter(|finding| finding.severity == Severity::Error && names(finding, path))
    };
    let open = || errors().filter(|finding| !only_blocks(finding));
    match state {
        PathState::Safe if open().next().is_some() => (PathState::Unsafe, ids(open())),
        PathState::Safe if errors().next().is_some() => (PathState::Blocked, ids(errors())),
        PathState::Absent if path.intent == Intent::LocalOnly => {
            let here = || open().filter(|finding| reaches(finding, path, facts));
            match here().next() {
                Some(_) => (PathState::Unsafe, ids(here())),
                None => (state, Vec::new()),
            }
        }
        _ => (state, Vec::new()),
    }
}

/// Whether a finding shows that a server which the path ends at can be reached.
fn reaches(finding: &Finding, path: &DataPath, facts: &Facts) -> bool {
    facts
        .servers
        .iter()
        .filter(|server| {
            let roles = path.destination.iter().map(|party| role(*party));
            roles.flatten().any(|role| server.roles.contains(&role))
        })
        .any(|server| {
            let mut flows = finding.flows.iter();
            flows.any(|flow| flow.destination == server.name)
        })
}

/// The role of a server that stands for a party of the catalogue.
fn role(party: Party) -> Option<&'static str> {
    match party {
        Party::Edge | Party::Adam => Some("edge"),
        Party::Hub => Some("hub"),
        Party::Mailbox => Some("mailbox"),
        Party::Cas => Some("cas"),
        Party::Um => Some("um"),
        Party::Ad => Some("ad"),
        _ => None,
    }
}

fn names(finding: &Finding, path: &DataPath) -> bool {
    finding.paths.iter().any(|id| **id == *path.id.0)
}

/// Whether a finding only says that something is closed.
fn only_blocks(finding: &Finding) -> bool {
    finding.rule.name.ends_with("-blocked")
}

fn ids<'a>(findings: impl Iterator<Item = &'a Finding>) -> Vec<&'a str> {
    let mut rules: Vec<&str> = findings.map(|finding| finding.rule.id.as_str()).collect();
    rules.sort_unstable();
    rules.dedup();
    rules
}
