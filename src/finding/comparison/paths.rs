//! Data paths whose state, or whose services' verdicts, a change turns.

use std::collections::{BTreeMap, BTreeSet};

use super::evidence::Evidence;
use super::findings::FindingChanges;
use crate::finding::{
    Filter, Finding, PathReport, PathState, Run, ServiceVerdict, Way, path_reports, touches,
};
use crate::model::path::{Catalogue, DataPath, Intent, Need};
use crate::policy::Severity;
use crate::policy::facts::DecisionFact;

/// How a place of a data path changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PathTurn {
    /// It was closed, and is open.
    Opened,
    /// It was open, and is closed, wholly or in part.
    Closed,
    /// It was safe, and is open in a way that it should not be.
    NewlyUnsafe,
    /// What was wrong with it is not any more.
    Cured,
    /// It was decided, and is not any more.
    NotDecided,
    /// It was not decided, or is not decided in another way.
    Undecided,
    /// It runs between ends of which one is new.
    Added,
    /// It ran between ends of which one is gone.
    Removed,
    /// Services of it are decided otherwise, in both directions.
    Changed,
}

impl PathTurn {
    /// The word in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Closed => "closed",
            Self::NewlyUnsafe => "newly-unsafe",
            Self::Cured => "cured",
            Self::NotDecided => "not-decided",
            Self::Undecided => "undecided",
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
        }
    }
}

/// What a change of a path means for whoever decides on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bearing {
    /// For the better, or as intended.
    Fine,
    /// Has to be looked at.
    Open,
    /// Mail, or its safety, suffers.
    Bad,
}

/// A place of a data path that changes; of a path as a whole where it has no
/// ends.
#[derive(Debug, Clone)]
pub struct PathChange<'r> {
    /// The path.
    pub path: &'r DataPath,
    /// Who opens the connection.
    pub source: Option<&'r str>,
    /// Who accepts it.
    pub destination: Option<&'r str>,
    /// How it changes.
    pub turn: PathTurn,
    /// Its state before; `Absent` where it did not run.
    pub before: PathState,
    /// Its state after.
    pub after: PathState,
    /// Services whose verdict changes.
    pub services: Vec<ServiceChange<'r>>,
    /// Rules whose findings made it unsafe before.
    pub rules_before: Vec<&'r str>,
    /// Rules whose findings make it unsafe after.
    pub rules_after: Vec<&'r str>,
    /// Whether exceptions hide all that is found about the change.
    pub excepted: bool,
}

/// A service of a place whose verdict changes.
#[derive(Debug, Clone)]
pub struct ServiceChange<'r> {
    /// `tcp/25`.
    pub service: &'r str,
    /// Verdict and deciding rules before.
    pub before: Option<(&'r str, &'r [DecisionFact])>,
    /// Verdict and deciding rules after.
    pub after: Option<(&'r str, &'r [DecisionFact])>,
}

impl PathChange<'_> {
    /// What it means.
    #[must_use]
    pub fn bearing(&self) -> Bearing {
        match (self.turn, self.after) {
            // It was unsafe before: what counts is what else passes now.
            (PathTurn::Opened, PathState::Unsafe) if self.before == PathState::Unsafe => {
                if self.any_service(|service| service.gained() && self.must_stay(service)) {
                    Bearing::Bad
                } else {
                    Bearing::Fine
                }
            }
            (PathTurn::Closed | PathTurn::Changed, PathState::Unsafe)
                if self.any_service(|service| service.lost() && self.needs(service)) =>
            {
                Bearing::Bad
            }
            (PathTurn::NotDecided, _) => Bearing::Open,
            (PathTurn::Opened | PathTurn::NewlyUnsafe, PathState::Unsafe)
            | (PathTurn::Closed | PathTurn::Changed, PathState::Blocked) => Bearing::Bad,
            (
                PathTurn::Undecided,
                PathState::Undecided | PathState::Unsafe | PathState::Blocked,
            )
            | (PathTurn::Added, PathState::Blocked | PathState::Unsafe)
            | (PathTurn::Changed, PathState::Unsafe) => Bearing::Open,
            _ => Bearing::Fine,
        }
    }

    fn any_service(&self, test: impl Fn(&ServiceChange<'_>) -> bool) -> bool {
        self.services.iter().any(test)
    }

    fn need(&self, service: &ServiceChange<'_>) -> Option<Need> {
        let mut declared = self.path.services.iter();
        let declared = declared.find(|known| known.to_string() == service.service);
        declared.map(|known| known.need)
    }

    /// Whether the path needs a service; ports that were negotiated it does.
    fn needs(&self, service: &ServiceChange<'_>) -> bool {
        self.path.intent != Intent::LocalOnly
            && matches!(self.need(service), None | Some(Need::Required))
    }

    /// Whether a service should not leave its host.
    fn must_stay(&self, service: &ServiceChange<'_>) -> bool {
        self.path.intent == Intent::LocalOnly || self.need(service) == Some(Need::Local)
    }

    /// The severity at which it counts for `--fail-on`: an error where mail is
    /// blocked or a path becomes unsafe, a warning where that is not known any
    /// more; `None` for what is no fault, and where an exception is for it.
    #[must_use]
    pub fn severity(&self) -> Option<Severity> {
        match self.bearing() {
            Bearing::Bad if self.excepted => None,
            Bearing::Bad => Some(Severity::Error),
            Bearing::Open => Some(Severity::Warning),
            Bearing::Fine => None,
        }
    }
}

impl ServiceChange<'_> {
    fn ranks(&self) -> [u8; 2] {
        let rank = |told: Option<(&str, &[DecisionFact])>| match told.map(|told| told.0) {
            Some("permit") => 3,
            Some("partial") => 2,
            Some("inconclusive") => 1,
            _ => 0,
        };
        [rank(self.before), rank(self.after)]
    }

    /// Whether more passes than before.
    #[must_use]
    pub fn gained(&self) -> bool {
        let [before, after] = self.ranks();
        after > before
    }

    /// Whether less passes than before.
    #[must_use]
    pub fn lost(&self) -> bool {
        let [before, after] = self.ranks();
        after < before
    }
}

type Ends<'r> = (&'r str, &'r str);

/// The changes of all paths, in the order of the catalogue, then of the ends.
pub(super) fn changes<'r>(
    [base, head]: [&'r Run; 2],
    catalogue: &'r Catalogue,
    findings: &FindingChanges<'r>,
    evidence: &Evidence<'r>,
) -> Vec<PathChange<'r>> {
    let filter = Filter::default();
    let reports = |run: &'r Run| path_reports(catalogue, run, &filter);
    let (before, after) = (reports(base), reports(head));
    let known = Known {
        base,
        head,
        findings,
        evidence,
    };
    before
        .into_iter()
        .zip(after)
        .flat_map(|(before, after)| known.of_path(before, after))
        .collect()
}

/// What is known of the change besides the states of paths.
struct Known<'c, 'r> {
    base: &'r Run,
    head: &'r Run,
    findings: &'c FindingChanges<'r>,
    evidence: &'c Evidence<'r>,
}

impl<'r> Known<'_, 'r> {
    fn of_path(&self, before: PathReport<'r>, after: PathReport<'r>) -> Vec<PathChange<'r>> {
        let path = after.path;
        let whole = [before.state, after.state];
        let rules = [before.rules.clone(), after.rules.clone()];
        let by_ends = |report: PathReport<'r>| -> BTreeMap<Ends<'r>, Way<'r>> {
            let ways = report.ways.into_iter();
            ways.map(|way| ((way.source, way.destination), way))
                .collect()
        };
        let (before, after) = (by_ends(before), by_ends(after));
        let all: BTreeSet<Ends<'r>> = before.keys().chain(after.keys()).copied().collect();
        let mut out: Vec<PathChange<'r>> = all
            .into_iter()
            .filter_map(|ends| self.of_way(path, ends, before.get(&ends), after.get(&ends)))
            .collect();
        // A finding about the path as a whole that no place shows.
        let [rules_before, rules_after] = rules;
        if out.is_empty() && whole[0] != whole[1] {
            let turn = match (whole[0], whole[1]) {
                // Only findings show that a path which stays on its server leaves it.
                (PathState::Unsafe, PathState::Absent) => Some(PathTurn::Cured),
                (PathState::Absent, PathState::Unsafe) => Some(PathTurn::NewlyUnsafe),
                (before, after) => turn(before, after, &[]),
            };
            let turn = turn.and_then(|turn| self.without(turn, path, None, &rules_before, &[]));
            out.extend(turn.map(|turn| PathChange {
                path,
                source: None,
                destination: None,
                turn,
                before: whole[0],
                after: reached(turn, whole[1]),
                services: Vec::new(),
                rules_before,
                rules_after,
                excepted: self.excepted(path, None),
            }));
        }
        out
    }

    fn of_way(
        &self,
        path: &'r DataPath,
        ends: Ends<'r>,
        before: Option<&Way<'r>>,
        after: Option<&Way<'r>>,
    ) -> Option<PathChange<'r>> {
        let services = services(before, after);
        let state = |way: Option<&Way<'r>>| way.map_or(PathState::Absent, |way| way.state);
        let rules = |way: Option<&Way<'r>>| way.map_or_else(Vec::new, |way| way.rules.clone());
        let (rules_before, rules_after) = (rules(before), rules(after));
        let (source, destination) = ends;
        let turn = match (before, after) {
            (None, _) => PathTurn::Added,
            (_, None) if self.evidence.lost_end(source) || self.evidence.lost_end(destination) => {
                PathTurn::NotDecided
            }
            (_, None) => PathTurn::Removed,
            (Some(way), Some(_)) => {
                let turn = turn(state(before), state(after), &services)?;
                if turn == PathTurn::Cured && self.lost_setting(way) {
                    PathTurn::NotDecided
                } else {
                    self.without(turn, path, Some(ends), &rules_before, &services)?
                }
            }
        };
        Some(PathChange {
            path,
            source: Some(source),
            destination: Some(destination),
            turn,
            before: state(before),
            after: reached(turn, state(after)),
            services,
            rules_before,
            rules_after,
            excepted: self.excepted(path, Some(ends)),
        })
    }

    /// Whether something is found about a place, and an exception of the head
    /// hides all of it.
    fn excepted(&self, path: &DataPath, ends: Option<Ends<'r>>) -> bool {
        let speaks = |finding: &Finding| {
            finding.severity >= Severity::Warning
                // What is about a change names the path that it changes.
                && (!finding.rule.judges_change() || *finding.subject == *path.id.0)
                && finding.paths.iter().any(|id| **id == *path.id.0)
                && ends.is_none_or(|(source, destination)| {
                    touches(finding, source, destination, &self.head.facts)
                })
        };
        let mut hidden = self.findings.hidden.iter();
        let mut told = self.findings.introduced.iter();
        hidden.any(|hidden| speaks(&hidden.finding)) && !told.any(|finding| speaks(finding))
    }

    /// Whether a setting that protects a way, or does not, is not known any more.
    fn lost_setting(&self, way: &Way<'_>) -> bool {
        let mut settings = way.configured.settings.iter();
        settings.any(|setting| self.evidence.lost(setting.at.0).is_some())
    }

    /// How a place turns where findings or firewalls that decided it are not
    /// there any more: what nobody decides is not cured, and what nobody asks
    /// about has not changed.
    fn without(
        &self,
        turn: PathTurn,
        path: &DataPath,
        ends: Option<Ends<'r>>,
        rules: &[&str],
        services: &[ServiceChange<'_>],
    ) -> Option<PathTurn> {
        let deciders = services.iter().filter_map(|service| service.before);
        let mut deciders = deciders.flat_map(|(_, by)| by);
        if turn != PathTurn::Undecided
            && deciders.any(|by| self.evidence.lost_firewall(&by.firewall))
        {
            return Some(PathTurn::NotDecided);
        }
        if !matches!(turn, PathTurn::Cured | PathTurn::Opened) || rules.is_empty() {
            return Some(turn);
        }
        let speaks = |finding: &Finding| {
            rules.contains(&&*finding.rule.id)
                && finding.paths.iter().any(|id| **id == *path.id.0)
                && ends.is_none_or(|(source, destination)| {
                    touches(finding, source, destination, &self.base.facts)
                })
        };
        let mut open = self.findings.not_decided.iter();
        if open.any(|open| speaks(open.finding)) {
            return Some(PathTurn::NotDecided);
        }
        let mut unasked = self.findings.unasked.iter();
        let mut cured = self.findings.cured.iter();
        if unasked.any(|finding| speaks(finding)) && !cured.any(|finding| speaks(finding)) {
            return by_services(services);
        }
        Some(turn)
    }
}

/// The state that a place is told to have after a change.
fn reached(turn: PathTurn, after: PathState) -> PathState {
    match turn {
        PathTurn::NotDecided => PathState::Undecided,
        _ => after,
    }
}

/// The services whose verdict differs.
fn services<'r>(before: Option<&Way<'r>>, after: Option<&Way<'r>>) -> Vec<ServiceChange<'r>> {
    type Told<'r> = (&'r str, &'r [DecisionFact]);
    let told = |way: Option<&Way<'r>>| -> BTreeMap<&'r str, Told<'r>> {
        let services = way.into_iter().flat_map(|way| &way.services);
        services
            .map(|known: &ServiceVerdict<'r>| (known.service, (known.verdict, known.decided_by)))
            .collect()
    };
    let (before, after) = (told(before), told(after));
    let all: BTreeSet<&'r str> = before.keys().chain(after.keys()).copied().collect();
    all.into_iter()
        .map(|service| ServiceChange {
            service,
            before: before.get(service).copied(),
            after: after.get(service).copied(),
        })
        .filter(|change| change.before.map(|b| b.0) != change.after.map(|a| a.0))
        .collect()
}

/// How a place turns from one state to another; `None` where nothing does.
fn turn(before: PathState, after: PathState, services: &[ServiceChange<'_>]) -> Option<PathTurn> {
    use PathState::{Absent, Blocked, BlockedAsIntended, Safe, Undecided, Unsafe};
    Some(match (before, after) {
        (Undecided, Undecided) | (Absent, Absent) => return by_services(services),
        (Undecided, _) => PathTurn::Undecided,
        (_, Undecided) => PathTurn::NotDecided,
        (Absent, _) => PathTurn::Added,
        (_, Absent) => PathTurn::Removed,
        (Blocked | BlockedAsIntended, Safe | Unsafe) => PathTurn::Opened,
        (Safe, Unsafe) => PathTurn::NewlyUnsafe,
        (Unsafe, Safe | BlockedAsIntended) => PathTurn::Cured,
        (Safe | Unsafe, Blocked) | (Safe, BlockedAsIntended) => PathTurn::Closed,
        (Blocked, Blocked | BlockedAsIntended)
        | (BlockedAsIntended, Blocked | BlockedAsIntended)
        | (Safe, Safe)
        | (Unsafe, Unsafe) => {
            let by_services = by_services(services);
            if before != after && by_services.is_none() {
                return Some(PathTurn::Changed);
            }
            return by_services;
        }
    })
}

/// How a place turns whose state stays: by what its services gain or lose.
fn by_services(services: &[ServiceChange<'_>]) -> Option<PathTurn> {
    if services.is_empty() {
        return None;
    }
    let doubtful = |known: [bool; 2]| {
        let mut services = services.iter();
        services.any(|change| change.ranks().map(|rank| rank != 1) == known)
    };
    if doubtful([true, false]) {
        return Some(PathTurn::NotDecided);
    }
    if doubtful([false, true]) {
        return Some(PathTurn::Undecided);
    }
    let gained = services.iter().any(ServiceChange::gained);
    let lost = services.iter().any(ServiceChange::lost);
    match (gained, lost) {
        (true, false) => Some(PathTurn::Opened),
        (false, true) => Some(PathTurn::Closed),
        _ => Some(PathTurn::Changed),
    }
}
